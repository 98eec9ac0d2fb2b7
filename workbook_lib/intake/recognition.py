"""Which profiles know a file: every layout of every profile is held against its header, and nothing else is guessed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from workbook_lib.intake import spreadsheet
from workbook_lib.intake.csv_records import open_csv
from workbook_lib.intake.files import BadFileError, Digest, digest, kind_of, normal
from workbook_lib.intake.json_records import open_json
from workbook_lib.intake.mapping import DATED_BY_STATUS
from workbook_lib.intake.opening import Groups, sought
from workbook_lib.intake.parquet import open_parquet
from workbook_lib.intake.profile import Layout, Profile, Reading, headers_in, headers_of
from workbook_lib.intake.profile_file import load_profile
from workbook_lib.intake.values import quoted
from workbook_lib.source import PROFILES, Source
from workbook_lib.tables import NO_END, TABLES, VOCABULARY, UserError

#: Among how many first rows a header is looked for, where a profile does not say.
DEPTH = 30
DELIMITERS = {",": "a comma", ";": "';'", "\t": "a tab", "|": "'|'"}
#: What audit.toml may tell of all rows where an export does not say it: that it is a list of contractors, for one.
TOLD = {"people": ("worker_type",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A first look at a file, or at one sheet of a workbook that has several.

    content : with the encoding that decodes it.  heads : delimiter → the first rows (JSON has none; a workbook has no
    delimiter).  sheet : named only where there are several.
    """

    path: Path
    kind: str
    content: Digest
    heads: dict[str, list[list[str]]]
    sheet: str | None = None


class Change(NamedTuple):
    """A key of `[reading]` that must be another one than the profile declares, and why."""

    value: str | int | tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A profile that knows a file.

    tables : what it makes of it.  changes : how the file is written otherwise than the profile declares.
    untold : table → required columns that the file does not have, to be given as `values` in audit.toml.
    certain : told by the header; else by the values, if any record of it can be read.
    rank : how many columns of the file it reads, how many it insists on, whether it is the user's own.
    sheet : as in Glance.  signed : whether it has columns by which the system is known; else others may write the same.
    """

    profile: Profile
    tables: tuple[str, ...]
    changes: dict[str, Change]
    untold: dict[str, tuple[str, ...]]
    certain: bool
    rank: tuple[int, int, bool]
    sheet: str | None
    signed: bool

    def varied(self) -> Profile:
        """The profile with the changes, as one that extends it in a file of its own would be."""
        changes = {key: change.value for key, change in self.changes.items()}
        layouts = [
            layout.model_copy(update={"reading": Reading.model_validate(layout.reading.model_dump() | changes)})
            for layout in self.profile.layouts
        ]
        return self.profile.model_copy(update={"layouts": tuple(layouts)})

    def changed(self, changes: Mapping[str, Change]) -> Match:
        """The match with further changes."""
        return replace(self, changes={**self.changes, **changes})


def known_profiles(folder: Path) -> tuple[list[Profile], list[str]]:
    """Ours and those of the audit folder, by name; and what is wrong with those that cannot be used."""
    places = (folder, folder / "profiles", PROFILES)
    names = {path.stem for place in places for path in place.glob("*.toml")} - {"audit"}
    profiles, problems = [], []
    for name in sorted(names):
        try:
            profiles.append(load_profile(folder, name))
        except UserError as error:
            problems += [f"{problem.where}: {problem.what}" for problem in error.problems]
    return profiles, problems


def glances(path: Path) -> list[Glance]:
    """Look at a file, or at each filled sheet of a workbook.

    Raises BadFileError where it cannot be an export: empty, a web page, an archive, no text …
    """
    kind = kind_of(path)
    try:
        content = digest(path, kind)
    except BadFileError:  # perhaps it is no UTF-8; whatever else is wrong with it is wrong with these letters, too
        content = digest(path, kind, "cp1252")
    if kind == "parquet":
        return [Glance(path=path, kind=kind, content=content, heads={"": _parquet_head(path)})]
    if kind != "xlsx":
        heads = {delimiter: _head(path, content, delimiter) for delimiter in DELIMITERS} if kind == "csv" else {}
        return [Glance(path=path, kind=kind, content=content, heads=heads)]
    sheets = spreadsheet.filled_sheets(path)
    return [
        Glance(path=path, kind=kind, content=content, heads={"": _sheet_head(path, sheet)}, sheet=sheet)
        for sheet in (sheets if len(sheets) > 1 else [None])
    ]


def _into(rows: list[list[str]]) -> Callable[[Sequence[str]], bool]:
    """Takes no row for the header, and keeps each."""

    def keep(cells: Sequence[str]) -> bool:
        rows.append(list(cells))
        return False

    return keep


def _sheet_head(path: Path, sheet: str | None) -> list[list[str]]:
    rows: list[list[str]] = []
    spreadsheet.open_xlsx(path, sheet=sheet, header_depth=DEPTH, is_header=_into(rows))
    return rows


def _parquet_head(path: Path) -> list[list[str]]:
    opened = open_parquet(path)
    with closing(opened.rows) as rows:
        return [list(opened.header), *(row.cells for row in islice(rows, DEPTH))]


def _head(path: Path, content: Digest, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(BadFileError):  # quotes that make no sense with this delimiter
        open_csv(path, content, delimiter=delimiter, header_depth=DEPTH, is_header=_into(rows))
    return rows


# --- a file and a profile -----------------------------------------------------------------------------------------


def recognise(file: Glance, profiles: Iterable[Profile]) -> list[Match]:
    """The profiles that know a file best: none, one, or several that know it equally well.

    The best reads the most columns of the file, then insists on the most; the user's own comes before ours.
    Raises BadFileError where a JSON file is broken.
    """
    matches = [match for profile in profiles if (match := _match(file, profile)) is not None]
    best = max((match.rank for match in matches), default=None)
    return [match for match in matches if match.rank == best]


class _Fit(NamedTuple):
    """A layout whose columns a file has."""

    layout: Layout
    changes: dict[str, Change]
    untold: tuple[str, ...]
    read: int
    insists: int
    certain: bool


def _match(file: Glance, profile: Profile) -> Match | None:
    """What a profile makes of a file: the table that fits best, and those of which it says that they are in it, too."""
    fits: dict[str, _Fit] = {}
    for layout in profile.layouts:
        fit = _fit(file, layout)
        if fit and (layout.table not in fits or len(fit.changes) < len(fits[layout.table].changes)):
            fits[layout.table] = fit
    if not fits:
        return None
    best = max(fits.values(), key=lambda fit: (fit.read, fit.insists))
    # A layout that names what it requires says itself that this is its file; columns alone may fit by chance.
    also = [
        fit
        for fit in fits.values()
        if best.layout.requires and fit.layout.requires and fit.changes == best.changes and fit is not best
    ]
    return Match(
        profile=profile,
        tables=tuple(fit.layout.table for fit in (best, *also)),
        changes=best.changes,
        untold={fit.layout.table: fit.untold for fit in (best, *also)},
        certain=best.certain,
        rank=(best.read, best.insists, profile.own),
        sheet=file.sheet,
        signed=bool(best.layout.requires),
    )


def _fit(file: Glance, layout: Layout) -> _Fit | None:
    """The layout, if it fits; where it insists on no header of its own, also without what audit.toml can tell."""
    if layout.format and file.kind not in layout.format:
        return None
    told = () if layout.requires else TOLD.get(layout.table, ())
    for untold in dict.fromkeys((_left_open(layout), (*_left_open(layout), *told))):
        found = _found(file, layout, source_of(file.path, layout.table, untold))
        if found is not None:
            changes, read, width, insists = found
            # Without a header of its own it must know half of the columns: one may bear a name by chance. What the
            # columns of a wide report are called nobody can know; there the values must show it.
            certain = bool(layout.requires) or 2 * read >= width
            return _Fit(layout, changes, untold, read, insists, certain) if certain or layout.pairs else None
    return None


def _left_open(layout: Layout) -> tuple[str, ...]:
    """The required columns that a layout leaves to audit.toml."""
    said = layout.columns.keys() | layout.constants.keys()
    required = [column.name for column in TABLES[layout.table].columns if column.required]
    return tuple(name for name in required if name not in said and (layout.table, name) not in DATED_BY_STATUS)


def source_of(path: Path, table: str, untold: Iterable[str], sheet: str | None = None) -> Source:
    """A source to try a file with. What is still untold has any value that can be read, and the day is no day yet."""
    kinds = {name: TABLES[table][name].kind for name in untold}
    values = {name: VOCABULARY[kind][0] if kind in VOCABULARY else "2000-01-01" for name, kind in kinds.items()}
    late = NO_END - timedelta(days=1)
    return Source(table=table, file=path.name, sheet=sheet, extracted_on=late, values=values)


#: The changes, how many columns are read, how many the file has, and on how many the layout insists.
Found = tuple[dict[str, Change], int, int, int]


def _found(file: Glance, layout: Layout, source: Source) -> Found | None:
    groups, is_header = sought(layout, source)
    if not groups:
        return None
    found = _in_json(file, layout, groups) if file.kind == "json" else _in_rows(file, layout, is_header)
    return (*found, len(groups)) if found else None


def _in_json(file: Glance, layout: Layout, groups: Groups) -> tuple[dict[str, Change], int, int] | None:
    wanted = headers_of(layout)
    try:
        opened = open_json(file.path, file.content, records=layout.records, explode=layout.explode, wanted=wanted)
    except BadFileError as problem:
        if problem.code == "no_records":
            return None
        raise
    except ValueError:  # a header that is no path: the layout was made for other formats
        return None
    there = set(opened.header)
    if not all(there & set(group) for group in groups):
        return None
    return _encoded(file, layout), len(there & _columns(layout)), len(opened.header) + len(opened.others)


def _in_rows(
    file: Glance, layout: Layout, is_header: Callable[[Sequence[str]], bool]
) -> tuple[dict[str, Change], int, int] | None:
    """The first row that has what the layout needs, however the columns are separated."""
    brackets, declared = layout.reading.strip_brackets, tuple(layout.reading.delimiter)
    for delimiter in sorted(file.heads, key=lambda given: given not in declared):
        for row_no, cells in enumerate(file.heads[delimiter], 1):
            if is_header(cells):
                filled = {normal(cell, strip_brackets=brackets) for cell in cells if cell.strip()}
                read = {normal(header, strip_brackets=brackets) for header in _columns(layout)} & filled
                return _encoded(file, layout) | _shaped(layout, delimiter, row_no), len(read), len(filled)
    return None


def _columns(layout: Layout) -> set[str]:
    return {header for entry in layout.columns.values() for header in headers_in(entry)}


def _shaped(layout: Layout, delimiter: str, row_no: int) -> dict[str, Change]:
    changes = {}
    if delimiter and delimiter not in layout.reading.delimiter:
        changes["delimiter"] = Change(delimiter, f"{DELIMITERS[delimiter]} stands between the columns of its header")
    if row_no > layout.reading.header_depth:
        changes["header_depth"] = Change(DEPTH, f"its header is row {row_no}")
    return changes


def _encoded(file: Glance, layout: Layout) -> dict[str, Change]:
    """UTF-8 and single bytes tell themselves apart, unless all is ASCII or a mark at the beginning says it."""
    declared, is_utf8 = layout.reading.encoding, file.content.encoding != "cp1252"
    if is_utf8 == (declared == "utf-8"):
        return {}
    if is_utf8:
        try:
            digest(file.path, file.kind, declared)
        except BadFileError:
            return {"encoding": Change("utf-8", "it is valid UTF-8")}
        return {}
    return {"encoding": cp1252(file)}


def cp1252(file: Glance) -> Change:
    """That a file is not UTF-8, with a word by which a reader sees whether the guess at its letters is right."""
    with file.path.open(encoding="cp1252") as lines:
        line = next(line for line in lines if not line.isascii())
    (cells,) = csv.reader([line], delimiter=max(DELIMITERS, key=line.count))
    example = next(cell for cell in cells if not cell.isascii())
    return Change("cp1252", f"it is not UTF-8; confirm that its letters are right: {quoted(example.strip())}")
