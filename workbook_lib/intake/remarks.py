"""What a reader should know about the files themselves; it changes no verdict by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from workbook_lib.intake.columns import ZONE, zone_at_end
from workbook_lib.intake.files import normal
from workbook_lib.intake.mapping import Key, Reader, Stored, entries, is_key
from workbook_lib.intake.profile import headers_in
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.values import quoted
from workbook_lib.tables import Column, Finding, Kind, agreeing, count, listing

_DECIMAL = re.compile(r"[0-9]{3,}\.0")
_OFFSET = re.compile(r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)\s*$")
#: Text by which rows are matched: blanks around it, leading zeros and unseen characters matter.
_IDS = (Kind.TEXT, Kind.ACCOUNT, Kind.EMAIL)


def remarks(readings: Iterable[Reading], zone: ZoneInfo) -> Iterator[Finding]:
    """Findings on each file, in the order of audit.toml. zone : the audit's."""
    for reading in readings:
        for code, text in (*_of_file(reading), *_of_columns(reading), *_of_zones(reading, zone)):
            yield Finding(
                code=code, table=reading.table.name, subject=reading.file, text=text, source_no=reading.source_no
            )


def further_pages(readings: Iterable[Reading]) -> Iterator[Finding]:
    """Reports whose every page says that another one follows: their last page is not here.

    Which report a page belongs to is told by its table and its profile.
    """
    reports: dict[tuple[str, str], list[Reading]] = {}
    for reading in readings:
        reports.setdefault((reading.table.name, reading.profile.name), []).append(reading)
    for (table, _), pages in reports.items():
        if all(page.opened.goes_on for page in pages):
            last = pages[-1]
            yield Finding(
                code="further_pages",
                table=table,
                subject=last.file,
                text=f"{last.file} says by its key '{last.opened.goes_on}' that another page follows, and no file "
                f"holds it. Effect: the {table} on it are missing. Do: export all pages, and name each as a source.",
                source_no=last.source_no,
            )


def _of_file(reading: Reading) -> Iterator[tuple[str, str]]:
    opened = reading.opened
    for code, text in opened.remarks.items():
        if code == "trailing_delimiter" and opened.unnamed:
            yield (
                "unnamed_column",
                f"{reading.file}: its last column has no name, and {count(opened.unnamed, 'row')} "
                f"{agreeing(opened.unnamed, 'holds', 'hold')} something there, which nothing reads. "
                "Effect: it is in no verdict. Do: see what it is; where it is a last day, say, or a status, export "
                "again with a name above it.",
            )
        else:
            yield code, f"{reading.file}: {text}"
    if reading.layout.pairs and reading.ignored:
        yield (
            "unpaired_columns",
            f"{reading.file}: columns with no date column beside them were not read: "
            f"{listing([quoted(name) for name in reading.ignored], 12)}. See that none of them is a training.",
        )
    if reading.reader.cancelling and (told := reading.reader.cancelling.in_vain(reading.file)):
        yield "takes_back_nothing", f"{reading.file}: {told}"
    if opened.blank_rows:
        yield (
            "blank_rows",
            f"{reading.file}: {count(opened.blank_rows, 'blank line')} ignored; row numbers count them.",
        )
    if opened.broken_lines:
        yield (
            "line_breaks",
            f"{reading.file}: {count(opened.broken_lines, 'record')} over several lines; compare the number of rows "
            f"({reading.rows_read:,}) with the source system.",
        )
    if not reading.rows_read:
        yield "no_rows", f"{reading.file} has a header and no rows."
    # An unnamed last column is told by itself.
    strangers = reading.ignored[: -1 if "trailing_delimiter" in opened.remarks else None]
    if reading.profile.name == "generic" and strangers:
        yield (
            "ignored_columns",
            f"{reading.file}: {count(len(strangers), 'column')} ignored, as no canonical column has that name: "
            f"{listing([quoted(name) for name in strangers], 20)}.",
        )
    if reading.table.name == "people" and not reading.reader.of("end_date").headers:
        yield "no_end_dates", f"{reading.file} has no column for the last day: everybody in it counts as still engaged."


def respelled(reading: Reading, reader: Reader) -> Iterator[tuple[str, str]]:
    """Headers of a column in other letters than the profile writes them: as found, and as written there."""
    for header, place in zip(reader.headers, reader.places, strict=True):
        found = reading.opened.header[place]
        if found != header and normal(found) == normal(header):
            yield found, header


def _of_columns(reading: Reading) -> Iterator[tuple[str, str]]:
    for reader in reading.reader.readers:
        for found, header in respelled(reading, reader):
            yield "header_spelling", f"{reading.file}: column {quoted(found)} was taken for '{header}'."
        if reader.exchanged:
            yield (
                "exchanged_dates",
                f"{reading.file}, column '{' / '.join(reader.headers)}': day and month of "
                f"{count(len(reader.exchanged), 'date')}, for example {quoted(reader.exchanged[0])}, stand the other "
                "way round than the profile states; their rows were not used. See whether the others mean what they "
                "seem to.",
            )
        if reader.column.kind in _IDS:
            yield from ((code, f"{reading.file}, {text}") for code, text in _of_ids(reader, reading))


def _of_zones(reading: Reading, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Times whose header names their zone, read in the audit's because nobody has declared it."""
    for reader in reading.reader.readers if not reading.layout.reading.zone else ():
        entry = entries(reading.layout, reading.source).get(reader.column.name)
        declared = entry is not None and any(ZONE in header for header in headers_in(entry))
        if reader.column.kind is not Kind.MOMENT or declared:
            continue
        for place, header in enumerate(reader.headers):
            found = zone_at_end(header)
            if found and found[1] != zone.key and any(_has_no_offset(item, place) for item in reader.memo.items()):
                own = reading.profile.own and reading.kind != "json"
                do = f"write {quoted(found[0])} for it" if own else f'declare zone = "{found[1]}" below [reading]'
                yield (
                    "zone_in_header",
                    f"{reading.file}, column {quoted(header)}: its times are in {found[1]}, as the header says, and "
                    f"were read as those of {zone.key}. Effect: what was done near midnight falls on another day. "
                    f"Do: {do} {reading.profile.place}.",
                )


def _has_no_offset(item: tuple[Key, Stored], place: int) -> bool:
    """Whether the text under one header of a column is a time on a day that does not say itself in which zone."""
    key, stored = item
    text = key if isinstance(key, str) else key[place]
    return ":" in text and not _OFFSET.search(text) and stored[-1] is not None


def _is_id(column: Column) -> bool:
    """Whether a spreadsheet that takes its text for a number does harm: a version may well be 3.0."""
    return column.name.endswith("_id") or column.kind is Kind.ACCOUNT


def _of_ids(reader: Reader, reading: Reading) -> Iterator[tuple[str, str]]:
    """Texts that are not quite what they seem."""
    name = f"column '{' / '.join(reader.headers)}'"
    texts = [part for key in reader.memo for part in ((key,) if isinstance(key, str) else key)]
    padded = [text for text in texts if text != text.strip() and text.strip()]
    if padded and is_key(reader.column):
        yield (
            "trimmed",
            f"{name}: blanks around {count(len(padded), 'value')} trimmed, for example {quoted(padded[0])}.",
        )
    unseen = [text for text in texts if not text.isascii() and not text.strip().isprintable()]
    if unseen:
        yield (
            "invisible_characters",
            f"{name}: {count(len(unseen), 'value')} with unseen characters, for example {quoted(unseen[0])}.",
        )
    decimal = [text for text in texts if _DECIMAL.fullmatch(text.strip())]
    if decimal and _is_id(reader.column):
        yield (
            "decimal_ids",
            f"{name}: {count(len(decimal), 'id')} such as {quoted(decimal[0])}, as a spreadsheet rewrites numbers.",
        )
    shown = sum(reading.opened.padded[place] for place in reader.places)
    if shown:
        yield (
            "shown_with_zeros",
            f"{name}: {count(shown, 'cell')} stored as numbers and shown with leading zeros by a number format; "
            "they were read as shown.",
        )
    numbers = sum(reading.opened.numeric[place] for place in reader.places)
    if numbers and _is_id(reader.column):
        yield (
            "numeric_ids",
            f"{name}: {count(numbers, 'cell')} stored as numbers; leading zeros, if there were any, are lost.",
        )
