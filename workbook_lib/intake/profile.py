"""Profiles: what an export looks like, as data. One TOML per system; the grammar is in profiles/README.md."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from workbook_lib.intake.json_records import WHOLE, path_of
from workbook_lib.intake.values import ISO_DATE, ISO_TIMESTAMP, fold, is_format
from workbook_lib.tables import TABLES, VOCABULARY, Kind

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
#: Words to compare with; "" is an empty cell.
Words = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]

#: How well a format is known. The report prints the words.
Confidence = Literal[
    "seen in real files",
    "seen in third-party code",
    "vendor documentation",
    "from memory, unverified",
    "the workbook's own format",
    "the organisation's own profile",
]
#: What a profile in the audit folder is, unless it says otherwise: whoever wrote the one it extends has not seen it.
OWN: Confidence = "the organisation's own profile"
_DATED = (Kind.DATE, Kind.END)


def _wrong(message: str, **context: object) -> PydanticCustomError:
    return PydanticCustomError("profile", message, context)


class Part(BaseModel):
    """A part of a profile: frozen, and no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Join(Part):
    """`{ join = ["First Name", "Last Name"] }`: several texts with a blank (or `with`) between them."""

    join: Texts
    between: str = Field(default=" ", alias="with")


class Filled(Part):
    """`{ filled = ["contract_vendor_name"], then = "contractor", otherwise = "employee" }`: told by presence."""

    filled: Texts
    then: Text
    otherwise: Text


class Replace(Part):
    """`replace = { pattern = '…', with = '…' }`: a text that is written as the pattern becomes another; others stay."""

    pattern: Text
    template: str = Field(alias="with")

    @model_validator(mode="after")
    def _expression(self) -> Replace:
        _check_expression(self.pattern, self.template)
        return self


class Of(Part):
    """`{ of = ["mail", "userPrincipalName"], … }`: the first that is filled, and how its text is read.

    prefer : of several that are filled, the first that holds this text.
    """

    of: Annotated[tuple[Text | Join, ...], Field(min_length=1, strict=False)]
    formats: Texts | None = None
    divide_by: Annotated[float, Field(gt=0, strict=False)] = 1.0
    duration: bool = False
    suffix: str = ""
    remove: str = ""
    replace: Replace | None = None
    prefer: str = ""
    pad: Annotated[int, Field(ge=0, le=40)] = 0

    @field_validator("remove")
    @classmethod
    def _expression(cls, pattern: str) -> str:
        _check_expression(pattern)
        return pattern


class Earliest(Part):
    """`{ earliest = ["Termination Date", "End Date"] }`: the first of several days; empty ones do not count."""

    earliest: Texts


class Latest(Part):
    """`{ latest = ["Hire Date", "Rehire Date"] }`: the last of several days; empty ones do not count."""

    latest: Texts


#: The key by which each form of an entry is told.
_FORMS = ("of", "join", "filled", "earliest", "latest")
Entry = Annotated[
    Annotated[Of, Tag("of")]
    | Annotated[Join, Tag("join")]
    | Annotated[Filled, Tag("filled")]
    | Annotated[Earliest, Tag("earliest")]
    | Annotated[Latest, Tag("latest")],
    Discriminator(lambda given: next((f for f in _FORMS if f in given), None) if isinstance(given, dict) else None),
]


class SetAside(Part):
    """`[[layout.set_aside]]`: rows that are not of this table, and why. Words are compared without regard to case.

    unknown_to : a column with a closed vocabulary; rows are set aside whose text is none of its words.
    """

    where: Text
    equals: Words | None = None
    not_equals: Words | None = None
    matches: Text | None = None
    unknown_to: Text | None = None
    reason: Text

    @model_validator(mode="after")
    def _one_test(self) -> SetAside:
        if sum(test is not None for test in (self.equals, self.not_equals, self.matches, self.unknown_to)) != 1:
            raise _wrong("it needs exactly one of equals, not_equals, matches and unknown_to")
        _check_expression(self.matches or "")
        return self

    def applies(self, given: str, known: Collection[str] = ()) -> bool:
        """Whether a row with this text is set aside; `known` are the words of the column `unknown_to`, folded."""
        found = fold(given)
        if self.unknown_to is not None:
            return found != "" and found not in known
        if self.matches is not None:
            return re.fullmatch(self.matches, given.strip()) is not None
        if self.equals is not None:
            return found in {fold(word) for word in self.equals}
        return found not in {fold(word) for word in self.not_equals or ()}


class Needs(Part):
    """`[[layout.needs]]`: a column that must be filled where another says so; such a row contradicts itself."""

    column: Text
    where: Text
    equals: Words

    def applies(self, given: str) -> bool:
        """Whether a row with this text must have the column filled."""
        return fold(given) in {fold(word) for word in self.equals}


class Cancels(Part):
    """`[layout.cancels]`: rows that take back another row of this table, above or below, in any file of this profile.

    where, equals : which rows these are.  names : the column in which they name the record that they take back.
    record : the column with the name of each record.
    """

    where: Text
    equals: Texts
    names: Text
    record: Text


class Span(Part):
    """`window = { from = "…", to = "…" }`: in an effective-dated history a row speaks for these days only."""

    first: Text = Field(alias="from")
    last: Text = Field(alias="to")
    formats: Texts = ("ISO timestamp",)


class Pairs(Part):
    """`pairs = { fixed = 2, … }` or `{ second = '{item} - Completion date', … }`: per item its state, and when.

    fixed : how many columns come before the pairs.  second : a regular expression that tells a pair by the header of
    its second column; `{item}` in it stands for the header of the first.

    Each row becomes one row per pair; the names given here stand for the item (the header of the pair's first column),
    its state and its date. A column that belongs to no pair is in each of these rows.
    """

    fixed: Annotated[int, Field(ge=1)] | None = None
    second: str | None = None
    item: Text = "item"
    state: Text = "state"
    date: Text = "date"

    @model_validator(mode="after")
    def _one_way(self) -> Pairs:
        if (self.fixed is None) == (self.second is None):
            raise _wrong("it needs exactly one of fixed and second")
        self.is_second("", "x")
        return self

    def is_second(self, header: str, first: str) -> bool:
        """Whether a column with this header is the second of a pair whose first has the other."""
        pattern = (self.second or "").replace("{item}", re.escape(first))
        _check_expression(pattern)
        return re.fullmatch(pattern, header) is not None

    @property
    def names(self) -> tuple[str, str, str]:
        """The columns that each pair becomes."""
        return self.item, self.state, self.date


class Reading(Part):
    """`[reading]`: how text is written in the files. For the whole profile, or for one layout."""

    dates: Texts = (ISO_DATE,)
    timestamps: Texts = (ISO_TIMESTAMP,)
    zone: str = ""
    midnight_utc_is_a_date: bool = False
    none_dates: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    delimiter: Annotated[tuple[Literal[",", ";", "\t", "|"], ...], Field(min_length=1, strict=False)] = (",",)
    header_depth: Annotated[int, Field(ge=1, le=100)] = 1
    drop_rows: Annotated[int, Field(ge=0, le=10)] = 0
    strip_brackets: bool = False

    @field_validator("delimiter", mode="before")
    @classmethod
    def _one_delimiter(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _wrong("'{name}' is not an IANA time zone", name=name) from None
        return name

    @field_validator("dates", "timestamps")
    @classmethod
    def _unambiguous(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        _check_formats(formats)
        return formats


class Layout(Part):
    """`[[layout]]`: one kind of file of this system, and the table that it becomes."""

    table: str
    format: Annotated[tuple[Literal["csv", "json", "xlsx", "parquet"], ...], Field(strict=False)] = ()
    requires: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    columns: dict[str, Entry]
    constants: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    set_aside: Annotated[tuple[SetAside, ...], Field(strict=False)] = ()
    needs: Annotated[tuple[Needs, ...], Field(strict=False)] = ()
    cancels: Cancels | None = None
    window: Span | None = None
    pairs: Pairs | None = None
    records: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    explode: str = ""
    reading: Reading = Reading()
    confidence: Confidence | None = None
    warnings: Annotated[tuple[Text, ...], Field(strict=False)] = ()

    @field_validator("table")
    @classmethod
    def _known_table(cls, name: str) -> str:
        if name not in TABLES:
            raise _wrong("there is no table '{name}' (tables: {tables})", name=name, tables=", ".join(TABLES))
        return name

    @field_validator("format", "records", mode="before")
    @classmethod
    def _one_alone(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("columns", mode="before")
    @classmethod
    def _short_forms(cls, columns: Any) -> Any:
        return {name: _entry(given) for name, given in columns.items()} if isinstance(columns, dict) else columns

    @model_validator(mode="after")
    def _consistent(self) -> Layout:
        table = TABLES[self.table]
        for name in (*self.columns, *self.constants, *self.words, *(need.column for need in self.needs)):
            if name not in table.names:
                near = difflib.get_close_matches(name, table.names, 1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                says = "table {table} has no column '{name}'{hint} (columns: {columns})"
                raise _wrong(says, table=self.table, name=name, hint=hint, columns=", ".join(table.names))
        for name, entry in self.columns.items():
            if isinstance(entry, Earliest | Latest) and table[name].kind not in _DATED:
                raise _wrong("{name} is not a date: earliest and latest do not apply to it", name=name)
            if isinstance(entry, Of) and entry.formats:
                _check_formats(entry.formats)
            if isinstance(entry, Filled):
                _check_words(name, table[name].kind, {"then": entry.then, "otherwise": entry.otherwise})
        for name, words in self.words.items():
            _check_words(name, table[name].kind, words)
        if self.window and self.table != "people":
            raise _wrong("window belongs to people (an effective-dated history), not to {table}", table=self.table)
        if self.format == ("json",):
            _check_paths((*headers_of(self), *(p for p in self.records if p != WHOLE), self.explode))
        return self

    @model_validator(mode="after")
    def _worded(self) -> Layout:
        table = TABLES[self.table]
        for name in filter(None, (rule.unknown_to for rule in self.set_aside)):
            if name not in table.names or table[name].kind not in VOCABULARY:
                raise _wrong("unknown_to: {name} has no closed vocabulary", name=name)
        return self


class Profile(Part):
    """A whole profile.

    own : it lies in the audit folder; it is not one of ours.  states_formats : whoever wrote it there says how dates
    are written, so the order of day and month is known and not only usual.
    """

    name: str
    own: bool
    states_formats: bool
    system: str = ""
    title: Text
    knowledge: str = ""
    confidence: Confidence
    warnings: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1, strict=False)]

    def for_table(self, table: str) -> tuple[Layout, ...]:
        """The layouts that become this table, in the order in which they are tried."""
        return tuple(layout for layout in self.layouts if layout.table == table)

    @property
    def declare(self) -> str:
        """What the user does with a format: whoever has stated one corrects it."""
        return "correct" if self.states_formats else "declare"

    @property
    def place(self) -> str:
        """Where its user can say something else: in the file itself, where it is the user's own."""
        return f"in {self.name}.toml" if self.own else f"in a profile that extends {self.name}"


def headers_in(entry: Entry) -> tuple[str, ...]:
    """The headers that an entry reads."""
    match entry:
        case Join():
            return entry.join
        case Filled():
            return entry.filled
        case Earliest():
            return entry.earliest
        case Latest():
            return entry.latest
    return tuple(h for part in entry.of for h in ((part,) if isinstance(part, str) else part.join))


def headers_of(layout: Layout) -> tuple[str, ...]:
    """Every header or path that a layout may read, each once."""
    found = [header for entry in layout.columns.values() for header in headers_in(entry)]
    found += [rule.where for rule in layout.set_aside] + [need.where for need in layout.needs]
    found += [layout.window.first, layout.window.last] if layout.window else []
    found += [layout.cancels.where, layout.cancels.names, layout.cancels.record] if layout.cancels else []
    return tuple(dict.fromkeys((*found, *layout.requires)))


def _entry(given: Any) -> Any:
    """The short forms: a header, or a list of headers of which the first that is filled is meant."""
    if isinstance(given, str):
        return {"of": (given,)}
    return {"of": tuple(given)} if isinstance(given, list) else given


def _check_words(name: str, kind: Kind, words: dict[str, str]) -> None:
    allowed = VOCABULARY.get(kind)
    if allowed is None:
        raise _wrong("{name} has no closed vocabulary, so it needs no words", name=name)
    for word, meaning in words.items():
        if meaning not in allowed:
            raise _wrong(
                "'{word}' means '{meaning}', which is none of {allowed}",
                word=word, meaning=meaning, allowed=", ".join(allowed),
            )  # fmt: skip
    if len({fold(word) for word in words}) != len(words):
        raise _wrong("words of {name}: two of them differ only in case or blanks", name=name)


def _check_expression(pattern: str, template: str = "") -> None:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise _wrong("'{p}' is not a regular expression: {e}", p=pattern, e=str(error)) from None
    try:
        expression.sub(template, "")
    except (re.error, IndexError) as error:
        raise _wrong("'{t}' cannot stand for '{p}': {e}", t=template, p=pattern, e=str(error)) from None


def _check_paths(paths: Iterable[str]) -> None:
    for path in paths:
        try:
            path_of(path)
        except ValueError as error:
            raise _wrong("{error}", error=str(error)) from None


def _check_formats(formats: tuple[str, ...]) -> None:
    """Each is a format, and no text fits two of them with its parts exchanged."""
    shapes: dict[str, str] = {}
    for given in formats:
        if not is_format(given):
            raise _wrong("'{given}' is not a date format such as YYYY-MM-DD or MM/DD/YYYY hh:mm", given=given)
        other = shapes.setdefault(re.sub("YYYY|(YY|[MD])", lambda m: "#" if m[1] else m[0], _unpadded(given)), given)
        if _unpadded(other) != _unpadded(given) or formats.count(given) > 1:
            raise _wrong("a date can fit both {a} and {b}; declare one", a=other, b=given)


def _unpadded(given: str) -> str:
    """A format without regard to leading zeros, which read no text differently; a timestamp may be a date alone."""
    given = ISO_DATE if given == ISO_TIMESTAMP else given
    return given.replace("MM", "M").replace("DD", "D").replace("hh", "h")
