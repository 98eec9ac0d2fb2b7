"""A recognised file read through once: whether it can be read as its profile says, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from workbook_lib.intake.contradictions import DONE
from workbook_lib.intake.date_formats import evidence, read_by
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.mapping import CANONICAL
from workbook_lib.intake.opening import open_reading
from workbook_lib.intake.profile import Of
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.recognition import Change, Match, source_of
from workbook_lib.intake.remarks import respelled
from workbook_lib.tables import Answer, Kind

#: Which key of `[reading]` declares the formats of a column.
FORMATS_OF = {Kind.DATE: "dates", Kind.END: "dates", Kind.MOMENT: "timestamps"}
#: Of the records: which column names what was done, on which day, and which statuses say that it was.
RECORDS = {
    "completions": ("module_id", "completed_on", DONE),
    "acknowledgements": ("policy_id", "acknowledged_on", frozenset({Answer.ACKNOWLEDGED.value})),
}


@dataclass(slots=True)
class Tally:
    """How often something was done, and from when to when."""

    times: int = 0
    first: date = date.max
    last: date = date.min

    def add(self, other: Tally) -> None:
        """What another tally counted as well."""
        self.times += other.times
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)


@dataclass(slots=True)
class Survey:
    """What stands in a file, read as one table.

    rows_used : of those read.  tallies : per module or policy, the records that say it was done.  titles : module → its
    title.  refused : why the file cannot be trusted as a whole.
    """

    rows_read: int = 0
    rows_used: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    refused: BadFileError | None = None


def _reading(path: Path, match: Match, table: str, zone: ZoneInfo) -> Reading:
    source = source_of(path, table, match.untold[table], match.sheet)
    return open_reading(1, source, path, path.name, match.varied(), zone)


def is_respelled(path: Path, match: Match, table: str, zone: ZoneInfo) -> bool:
    """Whether a system whose headers these are would write them in other letters."""
    with suppress(BadFileError):  # the survey tells why the file is refused
        reading = _reading(path, match, table, zone)
        with closing(reading.opened.rows):
            return any(any(respelled(reading, reader)) for reader in reading.reader.readers)
    return False


def date_changes(path: Path, match: Match, zone: ZoneInfo) -> dict[str, Change]:
    """The formats in which a file's dates are provably written, where those that its profile declares read fewer."""
    changes: dict[str, Change] = {}
    for table in match.tables:
        with suppress(BadFileError):  # the survey tells why the file is refused
            reading = _reading(path, match, table, zone)
            for key, columns in _dated_texts(reading).items():
                change = _change(key, columns, reading)
                changes |= {key: change} if change else {}
    return changes


def _change(key: str, columns: dict[str, dict[str, int]], reading: Reading) -> Change | None:
    """Other formats for the columns that share a key; one word that is no date in any format is no reason for them."""
    declared = reading.layout.reading
    formats = getattr(declared, key) + (CANONICAL if reading.kind == "xlsx" else ())
    texts = {text: row_no for found in columns.values() for text, row_no in found.items()}
    read = read_by(formats, texts, declared.none_dates)
    if read == len(texts):
        return None
    found = evidence(texts)
    if found.doubts or read_by(found.formats, texts, declared.none_dates) <= read:
        return None
    return Change(found.formats, f"{found.why} ({_column_of(found.why, columns)})")


def _column_of(why: str, columns: dict[str, dict[str, int]]) -> str:
    """The column whose value is the proof: a file has one format for all of them."""
    shown = [
        name for name, texts in columns.items() if any(f"'{text}' in row {no}" in why for text, no in texts.items())
    ]
    return ", ".join(shown or columns)


def _dated_texts(reading: Reading) -> dict[str, dict[str, dict[str, int]]]:
    """Key of `[reading]` → column → each text of it, with the row in which it stands first."""
    texts: dict[str, dict[str, dict[str, int]]] = {}
    places = []
    for reader in reading.reader.readers:
        entry = reading.layout.columns.get(reader.column.name)
        if reader.column.kind in FORMATS_OF and not (isinstance(entry, Of) and entry.formats):
            of_key = texts.setdefault(FORMATS_OF[reader.column.kind], {})
            places += [(at, of_key.setdefault(h, {})) for h, at in zip(reader.headers, reader.places, strict=True)]
    with closing(reading.opened.rows) as rows:
        for row_no, cells, fault in rows:
            for at, found in places if fault is None else ():
                if text := cells[at].strip():
                    found.setdefault(text, row_no)
    return texts


def survey(path: Path, match: Match, table: str, zone: ZoneInfo) -> Survey:
    """Read a file through as one of its tables; nothing of it is kept but counts."""
    seen = Survey()
    try:
        reading = _reading(path, match, table, zone)
        for stored in _rows(reading):
            seen.rows_used += 1
            _count(seen, table, stored)
        seen.rows_read = reading.rows_read
    except BadFileError as problem:
        seen.refused = problem
    return seen


def _rows(reading: Reading) -> Iterator[dict[str, object]]:
    names = list(reading.table.stored)
    for row in reading.rows():
        yield dict(zip(names, row, strict=True))


def _count(seen: Survey, table: str, row: dict[str, object]) -> None:
    if table == "modules" and row["title"]:
        seen.titles[str(row["module_id"])] = str(row["title"])
    elif table in RECORDS:
        what, when, done = RECORDS[table]
        day = row[when]
        if row["status"] in done and isinstance(day, date):
            seen.tallies.setdefault(str(row[what]), Tally()).add(Tally(1, day, day))
