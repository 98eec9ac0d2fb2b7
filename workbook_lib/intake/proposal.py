"""A profile for a file that no profile knows, proposed from its headers and its values, for the user to confirm.

Nothing of it is ever active by itself. What the values do not prove, and what a word means that no profile knows,
stands in it as "…", which a profile refuses.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rapidfuzz import fuzz, utils

from workbook_lib.intake.advice import number_keys
from workbook_lib.intake.columns import zone_at_end
from workbook_lib.intake.csv_records import open_csv
from workbook_lib.intake.date_formats import Evidence, evidence, is_date
from workbook_lib.intake.files import Opened
from workbook_lib.intake.json_records import open_json
from workbook_lib.intake.parquet import open_parquet
from workbook_lib.intake.profile import Of, Profile
from workbook_lib.intake.recognition import DELIMITERS, DEPTH, Glance, cp1252
from workbook_lib.intake.spreadsheet import MARK, open_xlsx
from workbook_lib.intake.values import FLAGS, ISO_DATE, ISO_TIMESTAMP, fold, quoted
from workbook_lib.tables import TABLES, VOCABULARY, Column, Kind, Table, listing
from workbook_lib.wording import toml_text

#: The placeholder that a profile refuses.
CHOOSE = "…"
#: How alike two headers must be, of 100, to be proposed as the same.
ALIKE = 80
#: How much more an account is worth, of 100, whose values are addresses: a name belongs to nobody.
ADDRESSED = 20
#: A column with more different texts holds no closed vocabulary.
MOST_WORDS = 30
MOST_TEXTS = 50_000
#: What a column is not by its values where its name says one of these.
OTHERWISE = frozenset({"manager_email", "completed_at", "acknowledged_at"})
DATED = (Kind.DATE, Kind.END, Kind.MOMENT)
#: What columns and words are called where no profile of ours says so.
ELSEWHERE = tomllib.loads((Path(__file__).parent / "headers.toml").read_text(encoding="utf-8"))
ABOUT = """\
# A proposal for {file}, made from its headers and values: nothing of it is used yet.
# 1. Confirm or correct every line, and write what is meant in place of each "…".
# 2. Then remove the # signs before its [[source]] in audit.toml.
# The grammar: workbook_lib/profiles/README.md.

"""
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+|,[0-9]{1,2})?\s*%?")
_EMAIL = re.compile(r"\S+@\S+")
_NESTED = re.compile(r"[{\[].*", re.DOTALL)
_OTHER_DAY = re.compile(ELSEWHERE["other_days"].replace("\n", ""))


@dataclass(slots=True)
class Seen:
    """A column of the file: each of its texts, with the row in which it stands first, and how often."""

    header: str
    first: dict[str, int] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)

    def add(self, text: str, row_no: int) -> None:
        """One more filled cell."""
        if len(self.first) < MOST_TEXTS or text in self.first:
            self.first.setdefault(text, row_no)
            self.times[text] += 1

    def mostly(self, passes: Callable[[str], object]) -> bool:
        """Whether at least half of its texts pass, of the first thousand."""
        texts = list(islice(self.first, 1_000))
        return bool(texts) and 2 * sum(bool(passes(text)) for text in texts) >= len(texts)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile to confirm. table : what the file seems to be.  text : the profile's TOML.  open : how many "…"."""

    table: str
    text: str
    open: int


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """What the columns and the words of the known profiles are called. Names per canonical column, words per kind."""

    names: dict[str, set[str]]
    words: dict[Kind, dict[str, set[str]]]

    @classmethod
    def of(cls, profiles: Iterable[Profile]) -> Thesaurus:
        """Everything that the profiles know, and the canonical names and words."""
        called = ELSEWHERE["columns"]
        names = {c.name: {c.name, *called.get(c.name, ())} for table in TABLES.values() for c in table.columns}
        words = {kind: {fold(word): {str(word)} for word in known} for kind, known in VOCABULARY.items()}
        for kind, meanings in ELSEWHERE["words"].items():
            words[Kind(kind)] |= {fold(word): {meaning} for meaning, others in meanings.items() for word in others}
        for layout in (layout for profile in profiles for layout in profile.layouts):
            for name, entry in layout.columns.items():
                if isinstance(entry, Of):  # else a header is only a part: of a name, or of several days
                    names[name].update(part for part in entry.of if isinstance(part, str))
            guarded = {fold(word) for need in layout.needs for word in need.equals}  # a rule of its own goes with these
            for name, meanings in layout.words.items():
                of_kind = words[TABLES[layout.table][name].kind]
                for word, meaning in meanings.items():
                    if fold(word) not in guarded:
                        of_kind.setdefault(fold(word), set()).add(meaning)
        return cls({name: {_plain(text) for text in texts} for name, texts in names.items()}, words)

    def likeness(self, header: str, name: str) -> float:
        """How alike a header is to what a canonical column is called, 0 to 100."""
        plain = _plain(header)
        return max((fuzz.token_sort_ratio(plain, n) + fuzz.token_set_ratio(plain, n)) / 2 for n in self.names[name])

    def meaning(self, word: str, kind: Kind) -> str:
        """The one meaning that a word has wherever it is known."""
        meanings = self.words[kind].get(fold(word), set())
        return next(iter(meanings)) if len(meanings) == 1 else CHOOSE


def _plain(header: str) -> str:
    """`hireDate`, `hire_date` and `Hire Date [Required]` as the same words."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"\[[^\]]*\]$", "", header.strip()))
    return str(utils.default_process(split.replace("_", " ")))


# --- the file -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """How the file is written: the lines of `[reading]`, each with its reason."""

    columns: list[Seen]
    reading: list[tuple[str, str]]


def columns_of(file: Glance) -> Shape:
    """The columns of a file, whatever they mean. Raises BadFileError where it cannot be read to its end."""
    opened, reading = _opened(file)
    columns = [Seen(header) for header in opened.header]
    with closing(opened.rows) as rows:
        for row_no, cells, fault in rows:
            for seen, text in zip(columns, cells, strict=False) if fault is None else ():
                if text.strip() and not text.startswith(MARK):
                    seen.add(text.strip(), row_no)
    named = [seen for seen in columns if seen.header.strip()]
    return Shape(named, reading)


def _opened(file: Glance) -> tuple[Opened, list[tuple[str, str]]]:
    if file.kind == "json":
        return _opened_json(file), []
    if file.kind == "parquet":
        return open_parquet(file.path), []
    delimiter, width = max(((given, _width(rows)) for given, rows in file.heads.items()), key=lambda found: found[1])
    rows = file.heads[delimiter]
    header_at = next((n for n, cells in enumerate(rows, 1) if sum(map(bool, cells)) * 2 > width), 1)
    header = rows[header_at - 1] if rows else []
    reading = []
    if file.content.encoding == "cp1252":
        reading.append(('encoding = "cp1252"', cp1252(file).why))
    if delimiter not in ("", ","):
        reading.append((f"delimiter = {toml_text(delimiter)}", f"{DELIMITERS[delimiter]} stands between the columns"))
    if header_at > 1:
        reading.append((f"header_depth = {DEPTH}", f"the header seems to be row {header_at}"))

    def is_header(cells: Sequence[str]) -> bool:
        return list(cells) == header

    if file.kind == "xlsx":
        return open_xlsx(file.path, sheet=file.sheet, header_depth=header_at, is_header=is_header), reading
    opened = open_csv(file.path, file.content, delimiter=delimiter, header_depth=header_at, is_header=is_header)
    return opened, reading


def _width(rows: list[list[str]]) -> int:
    """How many columns most rows have."""
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    return max(widths, key=lambda width: (widths[width], width), default=1)


def _opened_json(file: Glance) -> Opened:
    """The keys of the records, and those of the objects that they hold."""
    keys = [_step(key) for key in open_json(file.path, file.content, records="", explode="", wanted=()).others]
    opened = open_json(file.path, file.content, records="", explode="", wanted=keys)
    inner: dict[str, None] = {}
    with closing(opened.rows) as rows:
        for _, cells, _ in rows:
            for key, text in zip(opened.header, cells, strict=True):
                inner |= dict.fromkeys(f"{key}.{_step(k)}" for k in _keys(text))
    outer = {key for path in inner for key in opened.header if path.startswith(f"{key}.")}
    wanted = [key for key in opened.header if key not in outer]
    return open_json(file.path, file.content, records="", explode="", wanted=[*wanted, *inner])


def _keys(text: str) -> list[str]:
    """The keys of an object that a cell holds; none where it is a text that only looks like one."""
    try:
        return list(json.loads(text)) if text[:1] == "{" else []
    except ValueError:
        return []


def _step(key: str) -> str:
    return key if re.fullmatch(r'[^.\[\]"]+', key) else f'"{key}"'


# --- what it may be -----------------------------------------------------------------------------------------------

#: Canonical column → the file's column, and how sure that is: likeness of the names, or "by its values".
Mapping = dict[str, tuple[Seen, float]]
BY_VALUES = 60.0


def propose(name: str, file: Glance, shape: Shape, known: Thesaurus) -> Proposal | None:
    """A profile for the table that the file's columns resemble most; None where they resemble nothing.

    name : of the file, for the profile's comments.
    """
    columns = shape.columns
    tables = [table for table in TABLES.values() if table.name != "decisions"]
    mappings = {table.name: _mapping(table, columns, known) for table in tables}
    table = max(tables, key=lambda table: _score(table, mappings[table.name]))
    mapping = mappings[table.name]
    required = [column.name in mapping for column in table.columns if column.required]
    if 2 * sum(required) < len(required):
        return None
    body = "\n".join(_profile(name, file, shape, table, mapping, known)) + "\n"
    return Proposal(table.name, ABOUT.format(file=quoted(name)) + body, body.count(f'"{CHOOSE}"'))


def found_in(shape: Shape, table: Table, name: str, known: Thesaurus) -> str:
    """The header of the column that a canonical one would be read from; nothing where none resembles it."""
    seen, _ = _mapping(table, shape.columns, known).get(name, (None, 0.0))
    return seen.header if seen else ""


def _score(table: Table, mapping: Mapping) -> float:
    """A required column counts twice, and as much against a table that does not find it.

    Less where it is the worker type: lists of one kind of people are common, and their source says which by `values`.
    """
    found = sum(sure * (2 if table[name].required else 1) for name, (_, sure) in mapping.items())
    missing = (column for column in table.columns if column.required and column.name not in mapping)
    return found - sum(50 if column.kind is Kind.WORKER_TYPE else 200 for column in missing)


def _mapping(table: Table, columns: list[Seen], known: Thesaurus) -> Mapping:
    """The best names first, each column once; then what must be there, told by the values of only one column."""
    pairs = [
        (alike, column, seen)
        for column in table.columns
        for seen in columns
        if (alike := _likely(seen, column, known)) >= ALIKE and _may_be(column.kind, seen)
    ]
    mapping: Mapping = {}
    for alike, column, seen in sorted(pairs, key=lambda pair: -pair[0] - pair[1].required - _addressed(*pair[1:])):
        if column.name not in mapping and all(seen is not other for other, _ in mapping.values()):
            mapping[column.name] = (seen, alike)
    for column in table.columns:
        # Without its status an acknowledgement counts, so that a column of refusals may not be passed over.
        if (column.required or column.kind is Kind.ANSWER) and column.name not in mapping:
            free = [seen for seen in columns if all(seen is not other for other, _ in mapping.values())]
            fitting = [(known.likeness(seen.header, column.name), seen) for seen in free if _looks(column, seen, known)]
            best = max((alike for alike, _ in fitting), default=0.0)
            if len(chosen := [seen for alike, seen in fitting if alike == best]) == 1:
                mapping[column.name] = (chosen[0], BY_VALUES)
    return mapping


def _addressed(column: Column, seen: Seen) -> int:
    """Of two columns that may be the account, and whose names are about as alike, the one with addresses is better."""
    return ADDRESSED if column.kind is Kind.ACCOUNT and seen.mostly(_EMAIL.fullmatch) else 0


def _likely(seen: Seen, column: Column, known: Thesaurus) -> float:
    """How alike the names are; a column without values has nothing else to show, and must be named all the better."""
    alike = known.likeness(seen.header, column.name)
    return alike if seen.first else alike - 20


def _may_be(kind: Kind, seen: Seen) -> bool:
    """Whether the values of a column do not speak against it."""
    if not seen.first:
        return True
    dated = seen.mostly(is_date)
    if kind in DATED:
        return dated
    if kind is Kind.NUMBER:
        return seen.mostly(_NUMBER.fullmatch)
    if kind is Kind.EMAIL:
        return seen.mostly(_EMAIL.fullmatch)
    if kind in VOCABULARY:
        only_flags = all(fold(text) in FLAGS for text in seen.first)
        return len(seen.first) <= MOST_WORDS and not (only_flags and kind is Kind.WORKER_TYPE)
    return not dated and not seen.mostly(_NESTED.fullmatch)


def _looks(column: Column, seen: Seen, known: Thesaurus) -> bool:
    """Whether the values alone make it likely: an address, a day on which something was done, a known word.

    A column that is called otherwise is something else: the address of a manager, the day of a signature.
    """
    if any(known.likeness(seen.header, other) >= ALIKE for other in OTHERWISE - {column.name}):
        return False
    if column.kind is Kind.MOMENT:
        return seen.mostly(is_date) and not _OTHER_DAY.search(seen.header)
    if column.kind is Kind.ACCOUNT:
        return seen.mostly(_EMAIL.fullmatch)
    if column.kind is Kind.ANSWER and seen.first and all(fold(text) in FLAGS for text in seen.first):
        return True
    if column.kind in VOCABULARY and len(seen.first) <= MOST_WORDS:
        return any(known.meaning(text, column.kind) != CHOOSE for text in seen.first)
    return False


# --- the text of the profile --------------------------------------------------------------------------------------


def _profile(name: str, file: Glance, shape: Shape, table: Table, mapping: Mapping, known: Thesaurus) -> Iterator[str]:
    yield from ("[profile]", f"title = {toml_text(name)}", "")
    if shape.reading:
        yield from ("[reading]", *(f"{line}  # {why}" for line, why in shape.reading), "")
    yield from ("[[layout]]", f'table = "{table.name}"  # {table.says}', f'format = "{file.kind}"', "")
    yield "[layout.columns]"
    for column in table.columns:
        if column.name in mapping:
            yield _line(column, *mapping[column.name], file.kind)
        elif column.required:
            yield f'{column.name} = "{CHOOSE}"  # required, and no column looks like it'
    yield from _unused(shape.columns, mapping)
    for column in table.columns:
        if column.name in mapping and column.kind in VOCABULARY:
            yield from _words(column, mapping[column.name][0], known)


def _line(column: Column, seen: Seen, sure: float, kind: str) -> str:
    """One column, how it is read, and why it is proposed."""
    zoned = zone_at_end(seen.header) if column.kind is Kind.MOMENT and kind != "json" else None
    header = toml_text(zoned[0] if zoned else seen.header)
    why = "by its values" if sure == BY_VALUES else "by its name"
    why += f", which says that its times are in {zoned[1]}" if zoned else ""
    example = f", for example {quoted(next(iter(seen.first)))}" if seen.first else ", and it is empty"
    if column.kind in DATED and seen.first:
        found = evidence(seen.first)
        others = [text for text in seen.first if not is_date(text)]
        no_dates = f"; no dates (see none_dates): {_some(others)}" if others else ""
        if _needs_formats(column, found):
            formats = ", ".join(map(toml_text, found.formats if not found.doubts else (CHOOSE,)))
            says = "; ".join(found.doubts) or found.why
            return f"{column.name} = {{ of = [{header}], formats = [{formats}] }}  # {why}; {says}{no_dates}"
        return f"{column.name} = {header}  # {why}; {found.why}{no_dates}"
    if column.kind is Kind.NUMBER and (how := number_keys(seen.first)):
        return f"{column.name} = {{ of = [{header}], {how} }}  # {why}{example}"
    return f"{column.name} = {header}  # {why}{example}"


def _needs_formats(column: Column, found: Evidence) -> bool:
    usual = {ISO_DATE, ISO_TIMESTAMP} if column.kind is Kind.MOMENT else {ISO_DATE}
    return bool(found.doubts) or not usual.issuperset(found.formats)


def _words(column: Column, seen: Seen, known: Thesaurus) -> Iterator[str]:
    """The words of the file, each with the meaning that it has in the profiles that know it."""
    if column.kind is Kind.FLAG and all(fold(text) in FLAGS for text in seen.first):
        return
    yield from ("", f"[layout.words.{column.name}]  # one of {', '.join(VOCABULARY[column.kind])}")
    folded = {fold(text): text for text in reversed(seen.first)}
    for text in seen.first:
        if folded[fold(text)] == text:
            rows = sum(count for other, count in seen.times.items() if fold(other) == fold(text))
            yield f'{toml_text(text)} = "{known.meaning(text, column.kind)}"  # rows: {rows:,}'


def _unused(columns: list[Seen], mapping: Mapping) -> Iterator[str]:
    used = [seen for seen, _ in mapping.values()]
    rest = [seen for seen in columns if all(seen is not other for other in used)]
    if rest:
        yield "# Not read:"
        yield from (f"#   {quoted(seen.header)}: {_some(list(seen.first)) or 'empty'}" for seen in rest)


def _some(texts: list[str]) -> str:
    """The first three of many texts."""
    return listing([*map(quoted, texts[:3]), *texts[3:]], 3)
