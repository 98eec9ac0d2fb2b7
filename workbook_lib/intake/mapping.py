"""One file's columns → the canonical columns of a table: which cell is read by which parser.

Each column keeps what it has parsed in a dictionary: exports repeat themselves, and a look-up is cheaper than a parse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from workbook_lib.intake import values
from workbook_lib.intake.cancelling import Cancelling
from workbook_lib.intake.columns import Columns
from workbook_lib.intake.days import Days, chosen
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.profile import Earliest, Entry, Filled, Join, Latest, Layout, Of, SetAside, headers_in
from workbook_lib.intake.spreadsheet import MARK
from workbook_lib.intake.values import ISO_DATE, ISO_TIMESTAMP, BadValueError, MomentParser
from workbook_lib.source import Source
from workbook_lib.tables import VOCABULARY, Answer, Column, Kind, Table, date_of

#: What is stored for a column: one value; two for a timestamp (day, moment) and for an account (text, e-mail).
Stored = tuple[Any, ...]
Key = Any
#: What an empty cell, or no column, means where it does not mean "unknown".
WHEN_EMPTY: dict[tuple[str, str], object] = {
    ("policies", "material"): True,
    ("accounts", "active"): True,
    ("acknowledgements", "status"): Answer.ACKNOWLEDGED.value,
}
#: A record that is not yet done has no date: whether one is needed depends on the row's status.
DATED_BY_STATUS = frozenset({("completions", "completed_at"), ("acknowledgements", "acknowledged_at")})
DAYS = (Kind.DATE, Kind.END, Kind.MOMENT)
#: Text columns by which rows are matched; characters that nobody can see make them differ without trace.
MATCHED = frozenset({"version", "withdraws", "decided_by", "approved_by"})
#: Constants, and what a spreadsheet or Parquet holds as a date, are written like this, whatever the profile expects.
CANONICAL = (ISO_DATE, ISO_TIMESTAMP)


class Memo(dict[Key, Stored]):
    """What a column's texts mean, parsed once each. A column with more different texts than that seldom repeats one."""

    __slots__ = ("_parse",)
    LIMIT = 50_000

    def __init__(self, parse: Callable[[Key], Stored]) -> None:
        self._parse = parse

    def __missing__(self, key: Key) -> Stored:
        value = self._parse(key)
        if len(self) < self.LIMIT:
            self[key] = value
        return value


@dataclass(slots=True)
class Reader:
    """How one canonical column is read: from which cells, by which parser, and that in words.

    fits_both : dates that could not be read and fit both orders of day and month.  exchanged : those that fit the
    profile only with day and month the other way round.  as_it_stands : it is read from one cell, of which nothing is
    removed or rewritten before it is parsed.  days : by what its texts are read, where they are dates.
    """

    column: Column
    places: tuple[int, ...]
    memo: Memo
    source: str
    headers: tuple[str, ...] = ()
    as_it_stands: bool = False
    days: Days | None = None
    foreign: list[str] = field(default_factory=list)
    exchanged: list[str] = field(default_factory=list)


def is_key(column: Column) -> bool:
    """Whether rows are matched by this column's text."""
    return column.name.endswith("_id") or column.name in MATCHED or column.kind in (Kind.ACCOUNT, Kind.EMAIL)


def entries(layout: Layout, source: Source) -> dict[str, Entry]:
    """The layout's columns, with those that the source overrides."""
    return {
        **{name: entry for name, entry in layout.columns.items() if name not in source.values},
        **{name: Of(of=(header,)) for name, header in source.columns.items() if name not in source.values},
    }


class Aside(NamedTuple):
    """A rule by which the text of a cell sets its row aside. exact : it knows the texts that it sets aside."""

    place: int
    memo: Memo
    reason: str
    exact: bool


class Demand(NamedTuple):
    """A stored value that must be there where a cell says so."""

    column: str
    slot: int
    place: int
    memo: Memo


@dataclass(slots=True)
class RowReader:
    """Everything that turns the cells of one file into stored rows."""

    readers: list[Reader]
    asides: list[Aside]
    window: tuple[Reader, Reader] | None
    demands: list[Demand]
    cancelling: Cancelling | None = None
    _memos: list[Memo] = field(init=False)
    _gather: list[Callable[[list[Any]], Key]] = field(init=False)
    _pick: Callable[[list[Any]], tuple[Key, ...]] = field(init=False)

    def prepare(self, width: int) -> RowReader:
        """Behind the file's own cells stand an empty one, for columns without a place, and the texts of several."""
        several = [reader.places for reader in self.readers if len(reader.places) > 1]
        behind = {places: width + 1 + n for n, places in enumerate(several)}
        slots = [behind[r.places] if len(r.places) > 1 else r.places[0] if r.places else width for r in self.readers]
        self._memos = [reader.memo for reader in self.readers]
        self._gather = [itemgetter(*places) for places in several]
        self._pick = itemgetter(*slots)
        return self

    def of(self, name: str) -> Reader:
        """The reader of a canonical column."""
        return next(reader for reader in self.readers if reader.column.name == name)

    def stored(self, cells: list[Any]) -> list[Any]:
        """The stored values, without source_no and row_no. Raises BadValueError at the first that cannot be read."""
        cells.append("")
        for gather in self._gather:
            cells.append(gather(cells))
        return [value for memo, key in zip(self._memos, self._pick(cells), strict=True) for value in memo[key]]

    @property
    def sets_aside(self) -> bool:
        """Whether a rule of the profile may set a row aside."""
        return bool(self.asides) or self.cancelling is not None

    def set_aside(self, cells: list[str]) -> tuple[int, str] | None:
        """The cell and the reason for which a rule of the profile sets this row aside.

        Raises BadValueError where a row that takes another back does not say which.
        """
        if self.cancelling is not None and (found := self.cancelling.set_aside(cells)) is not None:
            return found
        for rule in self.asides:
            if rule.memo[cells[rule.place]][0]:
                return rule.place, rule.reason
        return None

    def unmet(self, cells: list[str], stored: list[Any]) -> tuple[str, BadValueError] | None:
        """The first column that this row must have filled, and has not."""
        for demand in self.demands:
            if stored[demand.slot] is None and demand.memo[cells[demand.place]][0]:
                says = f"it is empty, and a row that says {values.quoted(cells[demand.place])} needs it"
                return demand.column, BadValueError("missing_value", says)
        return None

    def piecemeal(self, cells: list[str]) -> Iterator[tuple[Reader, str, Stored | BadValueError]]:
        """Column by column: the text, and what it means or why it means nothing."""
        for reader in (*self.readers, *(self.window or ())):
            key = _key(reader, cells)
            try:
                result: Stored | BadValueError = reader.memo[key]
            except BadValueError as problem:
                result = problem
            yield reader, " | ".join(filter(None, _texts(key))), result


def _key(reader: Reader, cells: list[str]) -> Key:
    found = tuple(cells[place] if place < len(cells) else "" for place in reader.places)
    return found[0] if len(found) == 1 else found


class Compiler:
    """Makes the RowReader of one file."""

    def __init__(
        self, table: Table, layout: Layout, source: Source, columns: Columns, zone: ZoneInfo, kind: str
    ) -> None:
        self.table, self.layout, self.source, self.columns, self.zone = table, layout, source, columns, zone
        self.extra = CANONICAL if kind in ("xlsx", "parquet") else ()
        self.marked = kind == "xlsx"
        self.none = {values.fold(word) for word in layout.reading.none_dates}
        self.days: dict[str, Days] = {}

    def compile(self) -> RowReader:
        """All columns of the table, in the order of its stored columns."""
        read = entries(self.layout, self.source)
        constants = self.layout.constants | self.source.values
        readers = [self._reader(column, read.get(column.name), constants) for column in self.table.columns]
        window = None
        if self.layout.window:
            span = self.layout.window
            window = (self._bound(span.first, span.formats), self._bound(span.last, span.formats))
        asides = [
            Aside(place, Memo(self._aside(rule)), rule.reason, bool(rule.equals or rule.matches))
            for rule in self.layout.set_aside
            if (place := self.columns.at(rule.where)) is not None
        ]
        return RowReader(readers, asides, window, list(self._demands())).prepare(len(self.columns.header))

    def _demands(self) -> Iterator[Demand]:
        stored = list(self.table.stored)
        for need in self.layout.needs:
            name = date_of(need.column) if self.table[need.column].kind is Kind.MOMENT else need.column
            place = self.columns.at(need.where)
            if place is not None:
                memo = Memo(lambda text, need=need: (need.applies(text),))  # type: ignore[misc]
                yield Demand(need.column, stored.index(name), place, memo)

    def _aside(self, rule: SetAside) -> Callable[[str], Stored]:
        """Whether a text sets its row aside."""
        name = rule.unknown_to
        words = (self.layout.words.get(name) or VOCABULARY[self.table[name].kind]) if name else ()
        known = frozenset(values.fold(str(word)) for word in words)
        return lambda text: (rule.applies(text, known),)

    def _reader(self, column: Column, entry: Entry | None, constants: Mapping[str, str]) -> Reader:
        if column.name in constants:
            text = constants[column.name]
            stored = self._constant(column, text)
            return Reader(column, (), Memo(lambda _: stored), f"always {values.quoted(text)}")
        present = tuple(h for h in headers_in(entry) if self.columns.at(h) is not None) if entry else ()
        if entry is None or not present:
            absent = "not in the file" if entry else "not in this kind of export"
            stored = self._empty(column)
            return Reader(column, (), Memo(lambda _: stored), absent)
        places = tuple(at for header in present if (at := self.columns.at(header)) is not None)
        parse = self._parse(column, entry, present)
        parse = partial(_unmarked, parse) if self.marked else parse
        spelt = {header: self.columns.spelt(header) for header in present}
        return Reader(
            column,
            places,
            Memo(parse),
            _in_words(entry, spelt),
            tuple(spelt.values()),
            as_it_stands=isinstance(entry, Of) and _is_one_cell(entry, present) and _tidied(entry) is None,
            days=self.days.get(column.name),
        )

    def _constant(self, column: Column, text: str) -> Stored:
        try:
            return self._parser(column, CANONICAL, words=None)(text)
        except BadValueError as problem:
            raise BadFileError(
                f"the value given for {column.name} cannot be used: {problem.message}.",
                f"correct values.{column.name} of this source in audit.toml.",
                code="bad_override",
            ) from None

    def _empty(self, column: Column) -> Stored:
        value = WHEN_EMPTY.get((self.table.name, column.name))
        return (value, None) if column.kind in (Kind.MOMENT, Kind.ACCOUNT) else (value,)

    def _bound(self, header: str, formats: tuple[str, ...]) -> Reader:
        """A bound of the window for which a row of a history speaks."""
        parse = self._moments((*formats, *self.extra))
        place = self.columns.at(header)
        memo = Memo(lambda text: ((moment := parse(text)) and moment[0],))
        return Reader(
            Column(f"window.{header}", Kind.DATE), () if place is None else (place,), memo, f'"{header}"', (header,)
        )

    def _parse(self, column: Column, entry: Entry, present: tuple[str, ...]) -> Callable[[Key], Stored]:
        """The parser of a key: the text of one cell, or the texts of several."""
        own = entry if isinstance(entry, Of) else Of(of=("x",))
        formats, zone = own.formats or self._formats(column), self.columns.zone(present)
        words = self.layout.words.get(column.name)
        parse = self._parser(column, (*formats, *self.extra), words=words, of=own, zone=zone)
        match entry:
            case Earliest() | Latest():
                choose = min if isinstance(entry, Earliest) else max
                return lambda key: chosen(parse, choose, self._filled(_texts(key)), required=column.required)
            case Filled():
                canonical = self._parser(column, formats, words=None)
                yes, no = canonical(entry.then), canonical(entry.otherwise)
                return lambda key: yes if self._filled(_texts(key)) else no
            case Join():
                return lambda key: parse(entry.between.join(filter(None, map(str.strip, _texts(key)))))
        return _of(entry, present, parse, self.none if column.kind in DAYS else ())

    def _filled(self, texts: Iterable[str]) -> list[str]:
        """The texts that say something: a declared word for no date says no more than an empty cell."""
        return [text for text in texts if text.strip() and not (self.none and values.fold(text) in self.none)]

    def _formats(self, column: Column) -> tuple[str, ...]:
        reading = self.layout.reading
        return reading.timestamps if column.kind is Kind.MOMENT else reading.dates

    def _moments(self, formats: tuple[str, ...], zone: ZoneInfo | None = None) -> MomentParser:
        reading = self.layout.reading
        return MomentParser(
            formats,
            zone or (ZoneInfo(reading.zone) if reading.zone else self.zone),
            self.zone,
            midnight_utc_is_a_date=reading.midnight_utc_is_a_date,
            none=reading.none_dates,
        )

    def _parser(
        self,
        column: Column,
        formats: tuple[str, ...],
        *,
        words: Mapping[str, str] | None,
        of: Of | None = None,
        zone: ZoneInfo | None = None,
    ) -> Callable[[str], Stored]:
        """The parser of a column's text, by what the column holds."""
        of = of or Of(of=("x",))
        kind = column.kind
        plain: Callable[[str], Stored]
        if kind in DAYS:
            plain = self.days[column.name] = Days(kind, self._moments(tuple(dict.fromkeys(formats)), zone))
        else:
            plain = self._plain(column, words, of)
        tidy = _tidied(of)
        parse = plain if tidy is None else lambda text: plain(tidy(text))
        empty = self._empty(column)
        if not column.required or (self.table.name, column.name) in DATED_BY_STATUS:
            return parse if empty[0] is None else lambda text: found if (found := parse(text))[0] is not None else empty

        def required(text: str) -> Stored:
            stored = parse(text)
            if stored[0] is None:
                raise BadValueError("missing_value", f"it is empty, and every row needs {column.name}")
            return stored

        return required

    def _plain(self, column: Column, words: Mapping[str, str] | None, of: Of) -> Callable[[str], Stored]:
        kind = column.kind
        if kind in VOCABULARY:
            return self._worded(kind, words)
        if kind is Kind.NUMBER:
            amount = values.minutes if of.duration else partial(values.number, divide_by=of.divide_by, suffix=of.suffix)
            return lambda text: (amount(text),)
        if kind is Kind.ACCOUNT:
            return values.account
        read = values.email if kind is Kind.EMAIL else values.identifier if is_key(column) else values.text
        return lambda text: (read(text),)

    def _worded(self, kind: Kind, words: Mapping[str, str] | None) -> Callable[[str], Stored]:
        if kind is Kind.FLAG and words is None:
            return lambda text: (values.flag(text),)
        table = values.folded_words(words or {word: str(word) for word in VOCABULARY[kind]})
        if kind is Kind.FLAG:
            return lambda text: ({"true": True, "false": False, None: None}[values.word(text, table)],)
        return lambda text: (values.word(text, table),)


def _texts(key: Key) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _is_one_cell(entry: Of, present: tuple[str, ...]) -> bool:
    return len(present) == 1 and present[0] in entry.of


def _of(
    entry: Of, present: tuple[str, ...], parse: Callable[[str], Stored], none: Container[str]
) -> Callable[[Key], Stored]:
    """The first alternative that is filled; alternatives whose headers the file lacks are passed over.

    none : words that say no more than an empty cell.
    """
    if _is_one_cell(entry, present):
        return parse
    place, tidy = {header: n for n, header in enumerate(present)}, _tidied(entry) or str

    def filled(key: Key) -> Iterator[str]:
        cells = _texts(key)
        for part in entry.of:
            headers, between = ((part,), "") if isinstance(part, str) else (part.join, part.between)
            found = between.join(filter(None, (cells[place[h]].strip() for h in headers if h in place)))
            if found and not (none and values.fold(tidy(found)) in none):
                yield found

    def first_filled(key: Key) -> Stored:
        preferred = next((text for text in filled(key) if entry.prefer in text), None)
        return parse(preferred if preferred is not None else next(filled(key), ""))

    return first_filled


def _tidied(of: Of) -> Callable[[str], str] | None:
    """What a profile declares about a text: a pattern to remove or to rewrite, leading zeros that a spreadsheet ate."""
    if not of.remove and not of.pad and not of.replace:
        return None
    pattern = re.compile(of.remove) if of.remove else None
    whole = re.compile(of.replace.pattern) if of.replace else None

    def tidy(text: str) -> str:
        text = (pattern.sub("", text) if pattern else text).strip()
        if whole and of.replace and (match := whole.fullmatch(text)):
            text = match.expand(of.replace.template)
        return text.zfill(of.pad) if text.isascii() and text.isdigit() else text

    return tidy


def _unmarked(parse: Callable[[Key], Stored], key: Key) -> Stored:
    """Refuse a spreadsheet's cell of which the value is not known."""
    for text in _texts(key):
        if text.startswith(MARK):
            raise BadValueError("unknown_cell", f"it is {text.removeprefix(MARK)}, so its value is not known")
    return parse(key)


def _in_words(entry: Entry, spelt: Mapping[str, str]) -> str:
    """Where a column was read from, for the sources page; `spelt` has the headers that are there.

    >>> both = Of(of=("Display Name", Join(join=("First", "Last"))))
    >>> _in_words(both, {"Display Name": "Display Name", "First": "First", "Last": "Last"})
    '"Display Name", else "First" + "Last"'
    """
    named = [f'"{header}"' for header in spelt.values()]
    match entry:
        case Earliest():
            return f"the earliest of {', '.join(named)}" if len(named) > 1 else named[0]
        case Latest():
            return f"the latest of {', '.join(named)}" if len(named) > 1 else named[0]
        case Join():
            return " + ".join(named)
        case Filled():
            return f"'{entry.then}' where {' or '.join(named)} is filled, else '{entry.otherwise}'"
    parts = [(part,) if isinstance(part, str) else part.join for part in entry.of]
    kept = [[f'"{spelt[h]}"' for h in part if h in spelt] for part in parts]
    words = ", else ".join(" + ".join(part) for part in kept if part)
    words += f" (one with '{entry.prefer}' first)" if entry.prefer and len(spelt) > 1 else ""
    words += ", a duration in minutes" if entry.duration else ""
    return words if entry.divide_by == 1.0 else f"{words}, divided by {entry.divide_by:g}"
