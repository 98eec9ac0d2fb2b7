"""One file being read as one table: which layout fits it, which rows are used, and what becomes of the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from workbook_lib.intake import spreadsheet
from workbook_lib.intake.advice import mending, set_aside
from workbook_lib.intake.closing_lines import MOST, Below, Line, closing_line
from workbook_lib.intake.contradictions import Wrong, contradiction, places_of, reversed_days
from workbook_lib.intake.csv_records import unclosed_quote
from workbook_lib.intake.day_order import header_of, refuse_other_order
from workbook_lib.intake.days import BadDayError
from workbook_lib.intake.files import BadFileError, Digest, Fault, Opened
from workbook_lib.intake.mapping import CANONICAL, Reader, RowReader, Stored, entries
from workbook_lib.intake.profile import Layout, Of, Profile
from workbook_lib.intake.values import BadValueError, is_numeric_date, quoted
from workbook_lib.source import Source
from workbook_lib.tables import Column, Kind, Quarantined, Table

#: Tables of which an export without rows is a broken export; of the others it is worth a finding.
NEVER_EMPTY = frozenset({"people", "completions", "acknowledgements"})
CLIPPED = 200
#: Kinds of file whose lines may be no records; elsewhere the format tells the records apart.
LINES = frozenset({"csv", "xlsx"})

EFFECT = {
    "people": "the row is quarantined; {subject} is undetermined wherever a requirement may apply (C12).",
    "leave": "the row is quarantined; it excuses nothing.",
    "accounts": "the row is quarantined; the account is not taken as listed.",
    "completions": "the record is quarantined; it covers nothing, and {subject} may be reported late or missing.",
    "acknowledgements": "the record is quarantined; it covers nothing, and {subject} may be reported late or missing.",
    "decisions": "the decision is quarantined; it explains, extends, links and excludes nothing.",
}
NOBODY = "the row is quarantined; nobody knows whom it is about, and no person is judged by it."
#: Codes of rows whose cells may stand under the wrong headers.
RAGGED = frozenset({"too_short", "too_long"})
#: Codes of a text that is perhaps a date in another order of its parts.
DOUBTFUL_DATES = frozenset({"not_a_date", "exchanged_date"})


class Shifted(NamedTuple):
    """A row in quarantine with too few or too many cells: its place there, whom it seems to be about, and of people
    what was read of it.
    """

    at: int
    subject: str
    unread: list[Any] | None


@dataclass(slots=True, kw_only=True)
class Reading:
    """A file that is read row by row; what it says about itself is whole once the rows have been taken.

    shifted : rows of which it is not sure whom they are about (`name_shifted`).  _whole_line : the row found last that
    needs no further cell.  _wide : of a wide report, the row taken last and how many there were.
    """

    source_no: int
    source: Source
    table: Table
    file: str
    profile: Profile
    layout: Layout
    content: Digest
    opened: Opened
    kind: str
    reader: RowReader
    ignored: tuple[str, ...]
    rows_read: int = 0
    quarantine: list[Quarantined] = field(default_factory=list)
    unread: list[list[Any]] = field(default_factory=list)
    shifted: list[Shifted] = field(default_factory=list)
    _below: Below = field(default_factory=Below)
    _whole_line: int = 0
    _wide: tuple[int, int] = (0, 0)
    _wrong: Callable[[list[Any]], Wrong | None] | None = field(init=False)

    def __post_init__(self) -> None:
        self._wrong = contradiction(self.table)

    def rows(self) -> Iterator[list[Any]]:
        """The used rows, as they are stored; every other row goes to quarantine."""
        take = self.take
        with contextlib.closing(self.opened.rows) as rows:
            for row_no, cells, fault in rows:
                self.rows_read += 1
                if (stored := take(row_no, cells, fault)) is not None:
                    yield stored
        self.finish()

    def take(self, row_no: int, cells: list[str], fault: Fault | None = None) -> list[Any] | None:
        """The row as it is stored; None where it goes to quarantine. It is counted in rows_read."""
        reader = self.reader
        if self.kind in LINES and self._is_no_record(row_no, cells, fault):
            return None
        if fault is not None:
            self._reject(row_no, cells, ("", BadValueError(fault.code, fault.message)))
            return None
        if reader.sets_aside and self._is_set_aside(row_no, cells):
            return None
        stored, wrong = self._read(cells)
        if stored is None:
            self._reject(row_no, cells, wrong)
            return None
        if reader.window is not None and not self._clip(row_no, cells, stored):
            return None
        stored.append(self.source_no)
        stored.append(row_no)
        return stored

    def _read(self, cells: list[str]) -> tuple[list[Any] | None, Wrong | None]:
        """A whole row as it is stored; else what is wrong between its columns, or nothing where a cell is."""
        try:
            stored = self.reader.stored(cells)
        except BadValueError:
            return None, None
        wrong = self._wrong(stored) if self._wrong is not None else None
        if wrong is None and self.reader.demands:
            wrong = self.reader.unmet(cells, stored)
        return (stored, None) if wrong is None else (None, wrong)

    def finish(self) -> None:
        """All rows were taken: refuse the file where what they say together makes no sense."""
        self._settle_closing_lines()
        self._refuse_cut_off()
        refuse_other_order(self.reader.readers, self.profile, self._formats)
        self._refuse_empty()

    # rows that are not used

    def _is_set_aside(self, row_no: int, cells: list[str]) -> bool:
        try:
            found = self.reader.set_aside(cells)
        except BadValueError as problem:
            assert self.reader.cancelling is not None  # noqa: S101
            where = self.reader.cancelling.where
            self._reject(row_no, cells, (self.opened.header[where], problem), cells[where])
            return True
        if found is None:
            return False
        place, reason = found
        header = self.opened.header[place]
        self._put_aside(row_no, cells, header, cells[place], "set_aside", f"set aside: {reason}.")
        return True

    def _is_no_record(self, row_no: int, cells: list[str], fault: Fault | None) -> bool:
        """A line that is none: of delimiters only, or one with a cell or two that a rule sets aside or that closes the
        file.
        """
        filled = list(filter(None, map(str.strip, cells)))
        if self.layout.pairs and row_no != self._wide[0]:
            self._wide = row_no, self._wide[1] + bool(filled)
        if len(filled) > MOST + bool(self.layout.pairs):
            return False
        if not filled:
            self.rows_read -= 1
            self.opened.blank_rows += 1
            return True
        if fault is None and self.reader.sets_aside and self._is_set_aside(row_no, cells):
            return True
        return self._is_footer(row_no, cells, fault) or self._may_close(row_no, cells, fault)

    def _filled(self, cells: Sequence[str]) -> list[str]:
        """The texts of a row, but for the name of an item that a wide report puts into each."""
        width = len(self.opened.header)  # behind it stands what the reader put there
        item = width - len(self.layout.pairs.names) if self.layout.pairs else None
        return [text.strip() for place, text in enumerate(cells[:width]) if place != item and text.strip()]

    def _is_footer(self, row_no: int, cells: list[str], fault: Fault | None) -> bool:
        """A line of one cell that a rule of the profile sets aside: a record is cut off there, or it is none."""
        if fault is None or fault.code != "too_short" or len(self._filled(cells)) > 1:
            return False
        rule = next((rule for rule in self.reader.asides if rule.place == 0 and rule.memo[cells[0]][0]), None)
        if rule is None:
            return False
        self._put_aside(row_no, cells, self.opened.header[0], cells[0], "set_aside", f"set aside: {rule.reason}.")
        if rule.exact:
            self._whole_line = row_no
        return True

    def _may_close(self, row_no: int, cells: list[str], fault: Fault | None) -> bool:
        """A line such as "Total: n rows", set aside until it is known what stands below it."""
        filled, header = self._filled(cells), self.opened.header
        found = closing_line(filled)
        if found is None:
            return False
        # Reading puts cells behind a row; this one may have to be read once more.
        stored, wrong = (
            self._read([*cells]) if fault is None else (None, ("", BadValueError(fault.code, fault.message)))
        )
        if stored is not None:
            if not found.plain:
                return False
            place = next(place for place, text in enumerate(cells) if text.strip())
            says = "it reads like a closing line, and rows stand below it"
            wrong = header[place], BadValueError("closing_line_inside", says)
        rows = self._wide[1] if self.layout.pairs else self.rows_read
        line = Line(row_no, list(cells), found, wrong, len(self.quarantine), rows, self._below.footers)
        self._below.note(self.rows_read, line)
        self._whole_line = row_no
        self._keep(self._row(row_no, header[0], filled[0], "trailer", "", "", by_rule=True))
        return True

    def _settle_closing_lines(self) -> None:
        """Only the last lines of a file close it, and a count among them must agree; others are bad rows."""
        self._below.close(self.rows_read)
        for line in self._below.inside:
            given = self._filled(line.cells)[0] if line.wrong and line.wrong[0] else ""
            self._reject(line.row_no, line.cells, line.wrong, given, at=line.at)
        for line in self._below.closing:
            above, records = self._below.above(line)
            if line.says.numbers and not {above, records} & set(line.says.numbers):
                line_says = quoted(" ".join(self._filled(line.cells)))
                raise BadFileError(
                    f"its last line says {line_says}, but {above:,} rows stand above it.",
                    "export it again and copy it whole; where it counts something else, set it aside "
                    f"{self.profile.place}, by a [[layout.set_aside]].",
                    place=f"row {line.row_no}",
                    code="count_mismatch",
                )
            agrees = ", as it says." if line.says.numbers else "."
            says = f"a closing line, not a record; {above:,} rows stand above it{agrees}"
            self.quarantine[line.at] = replace(self.quarantine[line.at], message=says)

    def _clip(self, row_no: int, cells: list[str], stored: list[Any]) -> bool:
        """A row of an effective-dated history speaks for the days of its window only (C2)."""
        assert self.reader.window is not None  # noqa: S101
        try:
            bounds = [bound.memo[cells[bound.places[0]]][0] for bound in self.reader.window]
        except BadValueError:
            self._reject(row_no, cells)
            return False
        start, end = places_of(self.table, "start_date", "end_date")
        if None not in bounds and bounds[1] < bounds[0]:
            self._reject(row_no, cells, (self.reader.window[1].column.name, reversed_days(*bounds)[1]))
            return False
        first = max(filter(None, (stored[start], bounds[0])))
        last = min(filter(None, (stored[end], bounds[1])), default=None)
        if last is not None and last < first:
            says = f"set aside: this version of the row ({bounds[0]} to {bounds[1]}) holds no engaged day."
            self._put_aside(row_no, cells, self.reader.window[0].headers[0], str(bounds[0]), "no_engaged_day", says)
            return False
        stored[start], stored[end] = first, _no_end(last)
        return True

    def _put_aside(self, row_no: int, cells: list[str], column: str, value: str, code: str, message: str) -> None:
        subject, _ = self._subject({r.column.name: (r, s) for r, _, s in self.reader.piecemeal(cells)})
        if len(self._filled(cells)) <= MOST:
            self._below.note(self.rows_read, footer=True)
        self._keep(self._row(row_no, column, value, code, message, subject, by_rule=True))

    def _reject(
        self, row_no: int, cells: list[str], first: Wrong | None = None, given: str = "", at: int | None = None
    ) -> None:
        """Quarantine a row with its first problem in the order of the columns; the message names the others.

        at : where in quarantine it was put before.
        """
        if first is None or first[0]:
            del cells[len(self.opened.header) :]  # what the reader put behind a whole row
        if at is None and len(self._filled(cells)) <= MOST:
            self._below.note(self.rows_read)
        results = [(r, text, stored) for r, text, stored in self.reader.piecemeal(cells)]
        problems = _problems(results, first, given)
        for reader, _, stored in results:
            if isinstance(stored, BadDayError) and stored.code in DOUBTFUL_DATES and is_numeric_date(stored.text):
                reader.foreign.append(stored.text)
                if stored.code == "exchanged_date":
                    reader.exchanged.append(stored.text)
        if self.kind == "csv" and any("\n" in text or "\r" in text for _, text, _ in problems):
            raise unclosed_quote(row_no)  # no id, date or word holds a line break
        subject, about = self._subject({r.column.name: (r, stored) for r, _, stored in results})
        unread = self._as_read(results, row_no) if self.table.name == "people" and subject else None
        if about and about.places and about.places[0] and _is_shifted(first, cells, self.opened.header):
            self.shifted.append(Shifted(len(self.quarantine) if at is None else at, subject, unread))
            subject, unread = "", None
        header, given, problem = problems[0]
        others = "".join(f" Also: {column}: {other.message}." for column, _, other in problems[1:])
        message = (
            f"{problem.message}.{others} Effect: {self._effect(subject)} Do: {self._do(cells, header, given, problem)}"
        )
        self._keep(self._row(row_no, header, given, problem.code, message, subject), at)
        if unread:
            self.unread.append(unread)

    def _effect(self, subject: str) -> str:
        """What it means that a row about this person or account is not used."""
        if self.table.name == "people" and not subject:
            return NOBODY
        effect = EFFECT.get(self.table.name, "the row is quarantined; it is not used.")
        return effect.format(subject=subject or "the person it is about")

    def name_shifted(self, known: Container[str]) -> None:
        """Say of rows whose cells may have moved whom they are about, where what stands there is an id known to be one.

        known : the ids that sound rows have.
        """
        for at, subject, unread in self.shifted:
            if subject in known:
                row = self.quarantine[at]
                message = row.message.replace(self._effect(""), self._effect(subject))
                self.quarantine[at] = replace(row, subject=subject, message=message)
                if unread:
                    self.unread.append(unread)

    def _do(self, cells: Sequence[str], header: str, given: str, problem: BadValueError) -> str:
        """What mends a row. One with a single filled cell is perhaps no record."""
        alone = [(name.strip(), text) for name, text in zip(self.opened.header, cells, strict=False) if text.strip()]
        is_line = bool(header) or len(cells) == 1  # of a row that is not whole nothing else can be looked at
        if is_line and len(alone) == 1 and alone[0][0] and len(self.opened.header) > 2 and self.kind in LINES:
            return set_aside(self.profile, *alone[0], problem)
        reader = next((reader for reader in self.reader.readers if header_of(reader) == header), None)
        column, formats = (reader.column, self._formats(reader)[1]) if reader else (None, ())
        return mending(self.profile, column, header, given, problem, (*formats, *CANONICAL))

    def _as_read(self, results: Sequence[tuple[Any, str, Stored | BadValueError]], row_no: int) -> list[Any]:
        """A people row that could not be read: what of it could, for its person is undetermined (C12)."""
        row: list[Any] = []
        for _, _, stored in results[: len(self.reader.readers)]:
            row += [None] if isinstance(stored, BadValueError) else stored
        return [*row, self.source_no, row_no]

    def _subject(self, found: dict[str, tuple[Reader, Stored | BadValueError]]) -> tuple[str, Reader | None]:
        """The person or the account that a row seems to be about, and by which column."""
        for name in ("person_id", "account"):
            reader, stored = found.get(name, (None, None))
            if isinstance(stored, tuple) and stored[0]:
                return str(stored[0]), reader
        return "", None

    def _keep(self, row: Quarantined, at: int | None = None) -> None:
        """Put a row into quarantine, or there in the place of what was said of it before."""
        if at is None:
            self.quarantine.append(row)
        else:
            self.quarantine[at] = replace(row, raw=self.quarantine[at].raw)

    def _row(
        self, row_no: int, column: str, value: str, code: str, message: str, subject: str, *, by_rule: bool = False
    ) -> Quarantined:
        return Quarantined(
            source_no=self.source_no,
            table=self.table.name,
            file=self.file,
            sheet=self.opened.sheet,
            row_no=row_no,
            column=column,
            value=value.removeprefix(spreadsheet.MARK)[:CLIPPED],
            code=code,
            message=message,
            subject=subject,
            raw=self.opened.raw(),
            by_rule=by_rule,
        )

    # the file as a whole

    def _refuse_cut_off(self) -> None:
        """A short last row without the end of its line; a line that is no record may lack it."""
        row_no = self.opened.cut_off
        if row_no and row_no != self._whole_line:
            raise BadFileError(
                "the file is cut off: its last row is incomplete, and its last line has no end.",
                "export it again and copy it whole.",
                place=f"row {row_no}",
                code="truncated",
            )

    def _formats(self, reader: Reader) -> tuple[str, tuple[str, ...]]:
        """By which key of the profile the formats of a column are declared, and which they are."""
        entry = entries(self.layout, self.source).get(reader.column.name)
        if isinstance(entry, Of) and entry.formats:
            return "formats", entry.formats
        key = "timestamps" if reader.column.kind is Kind.MOMENT else "dates"
        return key, getattr(self.layout.reading, key)

    def _refuse_empty(self) -> None:
        if not self.rows_read and self.table.name in NEVER_EMPTY and not self.source.allow_empty:
            raise BadFileError(
                "it has a header and no rows.",
                "export it again; check the report's filters. Where it may be empty, say so in audit.toml: "
                "allow_empty = true.",
                code="no_rows",
            )

    def mapping(self) -> tuple[tuple[str, str], ...]:
        """Canonical column → where it was read from, in words."""
        return tuple((reader.column.name, reader.source) for reader in self.reader.readers)


def _problems(
    results: Sequence[tuple[Reader, str, Stored | BadValueError]], first: Wrong | None, given: str
) -> list[tuple[str, str, BadValueError]]:
    """What is wrong with a row: per problem its header, what stands there and why; `first`, if any, is the first."""
    problems = [
        (header_of(reader), text, _in_its_words(reader.column, text, stored))
        for reader, text, stored in results
        if isinstance(stored, BadValueError)
    ]
    if first is None:
        return problems
    column, problem = first
    about, given = next(((r, text) for r, text, _ in results if r.column.name == column), (None, given))
    if about is not None:
        column, problem = header_of(about), _in_its_words(about.column, given, problem)
    return [(column, given, problem), *(() if column == "" else problems)]


def _in_its_words(column: Column, given: str, problem: BadValueError) -> BadValueError:
    """A cell that counts as empty although it holds something: a declared word for none, or what a profile removes."""
    if problem.code != "missing_value" or not given.strip():
        return problem
    means = "no date" if column.kind in (Kind.DATE, Kind.END, Kind.MOMENT) else "nothing"
    return BadValueError(problem.code, problem.message.replace("it is empty", f"{quoted(given)} means {means}"))


def _no_end(day: date | None) -> date | None:
    return None if day is None or day.year >= 2100 else day


def _is_shifted(wrong: Wrong | None, cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether the cells of a row may stand under the wrong headers."""
    return wrong is not None and (wrong[1].code in RAGGED or len(cells) != len(header))
