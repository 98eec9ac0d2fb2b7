"""One file being read as one table: which layout fits it, which rows are used, and what becomes of the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from workbook_lib.intake import spreadsheet
from workbook_lib.intake.advice import mending, set_aside
from workbook_lib.intake.closing_lines import closing_line
from workbook_lib.intake.csv_records import unclosed_quote
from workbook_lib.intake.date_formats import read_by
from workbook_lib.intake.days import BadDayError
from workbook_lib.intake.files import BadFileError, Digest, Fault, Opened
from workbook_lib.intake.mapping import CANONICAL, Reader, RowReader, Stored, entries
from workbook_lib.intake.profile import Layout, Of, Profile
from workbook_lib.intake.values import BadValueError, exchanged, fits_both_orders, is_numeric_date, quoted
from workbook_lib.source import Source
from workbook_lib.tables import Answer, Column, Kind, Quarantined, Status, Table, date_of

#: Statuses that can count as a completion (C6): such a record needs a date.
DONE = frozenset({Status.COMPLETED.value, Status.PASSED.value, Status.EQUIVALENT.value})
#: Tables of which an export without rows is a broken export; of the others it is worth a finding.
NEVER_EMPTY = frozenset({"people", "completions", "acknowledgements"})
CLIPPED = 200

EFFECT = {
    "people": "the row is quarantined; {subject} is undetermined wherever a requirement may apply (C12).",
    "leave": "the row is quarantined; it excuses nothing.",
    "accounts": "the row is quarantined; the account is not taken as listed.",
    "completions": "the record is quarantined; it covers nothing, and {subject} may be reported late or missing.",
    "acknowledgements": "the record is quarantined; it covers nothing, and {subject} may be reported late or missing.",
    "decisions": "the decision is quarantined; it explains, extends, links and excludes nothing.",
}
#: Codes of a text that is perhaps a date in another order of its parts.
DOUBTFUL_DATES = frozenset({"not_a_date", "exchanged_date"})


@dataclass(slots=True, kw_only=True)
class Reading:
    """A file that is read row by row; what it says about itself is whole once the rows have been taken."""

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
    _wrong: Callable[[list[Any]], Wrong | None] | None = field(init=False)

    def __post_init__(self) -> None:
        self._wrong = _check(self.table)

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
        if fault is not None:
            if not self._is_footer(row_no, cells, fault):
                self._reject(row_no, cells, ("", BadValueError(fault.code, fault.message)))
            return None
        if reader.sets_aside and self._is_set_aside(row_no, cells):
            return None
        try:
            stored = reader.stored(cells)
        except BadValueError:
            self._reject(row_no, cells)
            return None
        if self._wrong is not None and (wrong := self._wrong(stored)) is not None:
            self._reject(row_no, cells, wrong)
            return None
        if reader.demands and (wrong := reader.unmet(cells, stored)) is not None:
            self._reject(row_no, cells, wrong)
            return None
        if reader.window is not None and not self._clip(row_no, cells, stored):
            return None
        stored.append(self.source_no)
        stored.append(row_no)
        return stored

    def finish(self) -> None:
        """All rows were taken: refuse the file where what they say together makes no sense."""
        self._refuse_cut_off()
        self._refuse_ambiguous()
        self._refuse_exchanged()
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

    def _is_footer(self, row_no: int, cells: list[str], fault: Fault) -> bool:
        """A line of one cell that a rule of the profile sets aside: a record is cut off there, or it is none."""
        rules = self.reader.asides if fault.code == "too_short" and len(cells) == 1 else ()
        reason = next((reason for place, memo, reason in rules if place == 0 and memo[cells[0]][0]), None)
        if reason is not None:
            self._put_aside(row_no, cells, self.opened.header[0], cells[0], "set_aside", f"set aside: {reason}.")
        return reason is not None

    def _clip(self, row_no: int, cells: list[str], stored: list[Any]) -> bool:
        """A row of an effective-dated history speaks for the days of its window only (C2)."""
        assert self.reader.window is not None  # noqa: S101
        try:
            bounds = [bound.memo[cells[bound.places[0]]][0] for bound in self.reader.window]
        except BadValueError:
            self._reject(row_no, cells)
            return False
        start, end = _places(self.table, "start_date", "end_date")
        first = max(filter(None, (stored[start], bounds[0])))
        last = min(filter(None, (stored[end], bounds[1])), default=None)
        if last is not None and last < first:
            says = f"set aside: this version of the row ({bounds[0]} to {bounds[1]}) holds no engaged day."
            self._put_aside(row_no, cells, self.reader.window[0].headers[0], str(bounds[0]), "no_engaged_day", says)
            return False
        stored[start], stored[end] = first, _no_end(last)
        return True

    def _put_aside(self, row_no: int, cells: list[str], column: str, value: str, code: str, message: str) -> None:
        subject = self._subject({r.column.name: s for r, _, s in self.reader.piecemeal(cells)})
        self._quarantine(row_no, column, value, code, message, subject, by_rule=True)

    def _reject(self, row_no: int, cells: list[str], first: Wrong | None = None, given: str = "") -> None:
        """Quarantine a row with its first problem in the order of the columns; the message names the others."""
        if first is None or first[0]:
            del cells[len(self.opened.header) :]  # what the reader put behind a whole row
        if self._is_blank_or_trailer(row_no, cells):
            return
        results = [(r, text, stored) for r, text, stored in self.reader.piecemeal(cells)]
        problems = [
            (_header(r), text, _in_its_words(r.column, text, s))
            for r, text, s in results
            if isinstance(s, BadValueError)
        ]
        for reader, _, stored in results:
            if isinstance(stored, BadDayError) and stored.code in DOUBTFUL_DATES and is_numeric_date(stored.text):
                reader.foreign.append(stored.text)
                if stored.code == "exchanged_date":
                    reader.exchanged.append(stored.text)
        if first is not None:
            column, problem = first
            about, given = next(((r, text) for r, text, _ in results if r.column.name == column), (None, given))
            if about is not None:
                column, problem = _header(about), _in_its_words(about.column, given, problem)
            problems = [(column, given, problem)] + ([] if column == "" else problems)
        if self.kind == "csv" and any("\n" in text or "\r" in text for _, text, _ in problems):
            raise unclosed_quote(row_no)  # no id, date or word holds a line break
        subject = self._subject({r.column.name: stored for r, _, stored in results})
        header, given, problem = problems[0]
        others = "".join(f" Also: {column}: {other.message}." for column, _, other in problems[1:])
        effect = EFFECT.get(self.table.name, "the row is quarantined; it is not used.")
        message = (
            f"{problem.message}.{others} Effect: {effect.format(subject=subject or 'the person it is about')} "
            f"Do: {self._do(cells, header, given, problem)}"
        )
        self._quarantine(row_no, header, given, problem.code, message, subject)
        if self.table.name == "people" and subject:
            self.unread.append(self._as_read(results, row_no))
        return

    def _do(self, cells: Sequence[str], header: str, given: str, problem: BadValueError) -> str:
        """What mends a row. One with a single filled cell is perhaps no record."""
        alone = [(name.strip(), text) for name, text in zip(self.opened.header, cells, strict=False) if text.strip()]
        is_line = bool(header) or len(cells) == 1  # of a row that is not whole nothing else can be looked at
        if is_line and len(alone) == 1 and alone[0][0] and len(self.opened.header) > 2 and self.kind in ("csv", "xlsx"):
            return set_aside(self.profile, *alone[0], problem)
        reader = next((reader for reader in self.reader.readers if _header(reader) == header), None)
        column, formats = (reader.column, self._formats(reader)[1]) if reader else (None, ())
        return mending(self.profile, column, header, given, problem, (*formats, *CANONICAL))

    def _as_read(self, results: Sequence[tuple[Any, str, Stored | BadValueError]], row_no: int) -> list[Any]:
        """A people row that could not be read: what of it could, for its person is undetermined (C12)."""
        row: list[Any] = []
        for _, _, stored in results[: len(self.reader.readers)]:
            row += [None] if isinstance(stored, BadValueError) else stored
        return [*row, self.source_no, row_no]

    def _subject(self, found: dict[str, Stored | BadValueError]) -> str:
        """The person or the account that a row seems to be about."""
        for name in ("person_id", "account"):
            stored = found.get(name)
            if isinstance(stored, tuple) and stored[0]:
                return str(stored[0])
        return ""

    def _quarantine(
        self, row_no: int, column: str, value: str, code: str, message: str, subject: str, *, by_rule: bool = False
    ) -> None:
        self.quarantine.append(
            Quarantined(
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
        )

    def _is_blank_or_trailer(self, row_no: int, cells: Sequence[str]) -> bool:
        """A line of delimiters only is blank; "Total: n rows" is no record, but its count must agree."""
        filled = [text.strip() for text in cells if text.strip()]
        if self.kind in ("json", "parquet"):
            return False
        if not filled:
            self.rows_read -= 1
            self.opened.blank_rows += 1
            return True
        before = self.rows_read - 1
        found = closing_line(filled)
        if found is None:
            return False
        if found.count not in (None, before):
            raise BadFileError(
                f"its last line says {quoted(' '.join(filled))}, but {before:,} rows stand above it.",
                "export it again and copy it whole; where it counts something else, set it aside "
                f"{self.profile.place}, by a [[layout.set_aside]].",
                place=f"row {row_no}",
                code="count_mismatch",
            )
        agrees = "." if found.count is None else ", as it says."
        says = f"a closing line, not a record; {before:,} rows stand above it{agrees}"
        self._quarantine(row_no, self.opened.header[0], filled[0], "trailer", says, "", by_rule=True)
        return True

    # the file as a whole

    def _refuse_cut_off(self) -> None:
        """A short last row without the end of its line; a closing line may lack it."""
        row_no = self.opened.cut_off
        if row_no and self.quarantine[-1].code != "trailer":
            raise BadFileError(
                "the file is cut off: its last row is incomplete, and its last line has no end.",
                "export it again and copy it whole.",
                place=f"row {row_no}",
                code="truncated",
            )

    def _refuse_ambiguous(self) -> None:
        for reader in self.reader.readers:
            both = [text for text in reader.foreign if fits_both_orders(text)]
            telling = both or len(reader.foreign) > 1  # one such date alone is a slip, and its row is quarantined
            if telling and not any(stored[0] for stored in reader.memo.values()):
                fits = " fit both day/month and month/day," if both else ""
                key, _ = self._formats(reader)
                where = f"{_among(key)} {self.profile.place}"
                raise BadFileError(
                    f"{len(both or reader.foreign):,} dates, for example {quoted((both or reader.foreign)[0])},{fits} "
                    "and none is written as the profile expects.",
                    f'{self.profile.declare} which it is, {key} = ["MM/DD/YYYY"] or {key} = ["DD/MM/YYYY"], {where}.',
                    place=f'column "{_header(reader)}"',
                    code="ambiguous_dates",
                )

    def _refuse_exchanged(self) -> None:
        """Dates in the other order of day and month: unless the declared order is certain, the others were misread.

        Where a user has stated the order, one such date is a slip, and two are a proof against it.
        """
        slips = 1 if self.profile.states_formats else 0
        for reader in self.reader.readers:
            if len(set(reader.exchanged)) <= slips or (reader.days and reader.days.proves_order):
                continue
            example = reader.exchanged[0]
            key, formats = self._formats(reader)
            where = f"{_among(key)} {self.profile.place}"
            other = next(name for name in map(exchanged, formats) if read_by((name,), (example,)))
            raise BadFileError(
                f"day and month of {len(reader.exchanged):,} of its dates, for example {quoted(example)}, "
                "stand the other way round than the profile expects; the others may have been misread.",
                f'{self.profile.declare} the format, for example {key} = ["{other}"], {where}.',
                place=f'column "{_header(reader)}"',
                code="exchanged_dates",
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


def _in_its_words(column: Column, given: str, problem: BadValueError) -> BadValueError:
    """A cell that counts as empty although it holds something: a declared word for none, or what a profile removes."""
    if problem.code != "missing_value" or not given.strip():
        return problem
    means = "no date" if column.kind in (Kind.DATE, Kind.END, Kind.MOMENT) else "nothing"
    return BadValueError(problem.code, problem.message.replace("it is empty", f"{quoted(given)} means {means}"))


def _header(reader: Any) -> str:
    return " / ".join(reader.headers) or reader.column.name


def _among(key: str) -> str:
    """Where in a profile a key of formats stands."""
    return "of this column" if key == "formats" else "below [reading]"


def _no_end(day: date | None) -> date | None:
    return None if day is None or day.year >= 2100 else day


def _places(table: Table, *names: str) -> list[int]:
    stored = list(table.stored)
    return [stored.index(name) for name in names]


Wrong = tuple[str, BadValueError]


def _check(table: Table) -> Callable[[list[Any]], Wrong | None] | None:
    """What must hold between the columns of one row."""
    match table.name:
        case "people" | "leave":
            start, end = _places(table, "start_date", "end_date")
            return lambda row: None if row[end] is None or row[start] <= row[end] else _reversed(row[start], row[end])
        case "completions":
            day, status = _places(table, date_of("completed_at"), "status")
            return lambda row: (
                _undated("completed_at", row[status]) if row[day] is None and row[status] in DONE else None
            )
        case "acknowledgements":
            day, status = _places(table, date_of("acknowledged_at"), "status")
            done = Answer.ACKNOWLEDGED.value
            return lambda row: (
                _undated("acknowledged_at", row[status]) if row[day] is None and row[status] == done else None
            )
    return None


def _reversed(start: date, end: date) -> Wrong:
    return "end_date", BadValueError("end_before_start", f"it ends on {end}, before it starts on {start}")


def _undated(column: str, status: str) -> Wrong:
    return column, BadValueError("missing_value", f"it is empty, and a record that is {status} needs its date")
