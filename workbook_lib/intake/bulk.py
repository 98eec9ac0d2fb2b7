"""Many rows at once: the engine splits a large file and looks up what its texts mean; Python reads the rest.

What a text means is said by the parser of its column and by nobody else: each different text is parsed once, and the
engine joins the meanings to the rows. Two kinds of column differ in almost every row and are spared that: a plain id
stands for itself, and a time is looked up by its hour. A row that is not surely sound (it has too few cells, a text
that cannot be read, dates in the wrong order) is read by `Reading.take`, as it would be in a small file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from workbook_lib.engine import Engine, as_text, literal, parquet_rows, quoted
from workbook_lib.intake.closing_lines import BEGINS, MOST
from workbook_lib.intake.contradictions import DONE
from workbook_lib.intake.csv_records import CsvLines, plain_text
from workbook_lib.intake.mapping import Memo, Reader, Stored, is_key
from workbook_lib.intake.parquet import WHOLE
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.values import LONGEST, BadValueError
from workbook_lib.tables import Answer, Kind

#: Bytes from which on a CSV file is worth it.
LEAST = 4 << 20
#: A text without blanks around it and without a letter that has a second form; nothing is to be said about it.
PLAIN = "[!-~](?:[ -~]*[!-~])?"
#: A text with a time to the second; at the first colon it can be set to the full hour.
TIMED = "[^:]+:[0-5][0-9]:[0-5][0-9](?:[^0-9:].*)?"
WITHIN_AN_HOUR = timedelta(minutes=59, seconds=59)
#: So many different texts are told in the statement.
FEW = 32
TEXTS = (Kind.TEXT, Kind.ACCOUNT, Kind.EMAIL)
TIMES = (Kind.DATE, Kind.END, Kind.MOMENT)

#: What must hold between the columns of a row (`contradictions`), and the column that settles it where it is filled.
CHECKS = {
    "people": ("", "end_date IS NULL OR start_date <= end_date"),
    "leave": ("", "end_date IS NULL OR start_date <= end_date"),
    "completions": (
        "completed_on",
        f"completed_on IS NOT NULL OR status NOT IN ({', '.join(map(quoted, sorted(DONE)))})",
    ),
    "acknowledgements": (
        "acknowledged_on",
        f"acknowledged_on IS NOT NULL OR status <> {quoted(Answer.ACKNOWLEDGED.value)}",
    ),
}


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows of a file as the engine sees them: `rows` has `no`, from 1, and what `of` names.

    of : per column its SQL and SQL type.  whole : SQL; the row has a cell for each.  raw : a SELECT of `no` and of
    what Python reads of a row.  above : rows of the file above the first.  total : how many there are, counted without
    the engine.
    """

    rows: str
    of: list[tuple[str, str]]
    whole: str
    raw: str
    above: int
    total: int
    lines: CsvLines | None = None


# --- what a file looks like ---------------------------------------------------------------------------------------


def seen(engine: Engine, reading: Reading, path: Path) -> Cells | None:
    """The file as the engine sees it; None where it has to be read row by row: it is small, or its lines are not
    surely its records, or its profile has a rule that looks at several rows or splits one.
    """
    if reading.reader.window is not None or reading.reader.cancelling is not None:
        return None
    if reading.opened.types:
        return _of_parquet(engine, reading, path)
    lines = reading.opened.lines
    if lines is None or reading.content.size < LEAST or lines.encoding != "utf-8-sig":
        return None
    found = plain_text(path)
    if found is None or lines.lines_above() != lines.above:
        return None
    ends, new_line, has_quotes = found
    engine.see_lines(f"lines_{reading.source_no}", path, lines.above, new_line)
    cells = _of_lines(engine, reading, lines, ends + (not reading.content.ends_with_newline) - lines.above, has_quotes)
    if has_quotes:
        _, doubtful = engine.stream(_raw(cells, f"SELECT no FROM {cells.rows} WHERE width IS NULL"))
        if not all(lines.stands_alone(line) for _, line in doubtful):
            _forget(engine, reading, cells)
            return None
    return cells


def _of_parquet(engine: Engine, reading: Reading, path: Path) -> Cells:
    name = f"lines_{reading.source_no}"
    engine.see_parquet(name, path)
    of = [(f"c{place}", kind) for place, kind in enumerate(reading.opened.types)]
    for reader in reading.reader.readers:
        for place in reader.places if is_key(reader.column) else ():
            if WHOLE.fullmatch(reading.opened.types[place]):
                ((numbers,),) = engine.rows(f"SELECT COUNT(c{place}) FROM {name}")
                reading.opened.numeric[place] = numbers
    return Cells(
        rows=name,
        of=of,
        whole="TRUE",
        raw=f"SELECT no, [{', '.join(as_text(*cell) for cell in of)}] AS raw FROM {name}",
        above=0,
        total=parquet_rows(path),
    )


def _of_lines(engine: Engine, reading: Reading, lines: CsvLines, total: int, has_quotes: bool) -> Cells:
    """Split each line once, and keep the cells that are looked at; where a row stands in the file is its number."""
    by, width, no = quoted(lines.delimiter), len(reading.opened.header), reading.source_no
    split = f"string_split(line, {by})"
    if has_quotes:  # quoted cells that hold neither a quote nor a delimiter: the quotes can go
        escaped = f"\\x{ord(lines.delimiter):02x}"
        part = f'(?:"[^"{escaped}]*"|[^"{escaped}]*)'
        simple = quoted(f"{part}(?:{escaped}{part})*")
        split = (
            f"CASE WHEN NOT contains(line, '\"') THEN {split} "
            f"WHEN regexp_full_match(line, {simple}) THEN string_split(replace(line, '\"', ''), {by}) END"
        )
    cells = "".join(f", f[{place + 1}] AS c{place}" for place in _looked_at(reading))
    taken = f"SELECT line, length(line) AS length, {split} AS f FROM lines_{no}"
    odd = f"({' OR '.join(_odd(reading)) or 'FALSE'}) AS is_odd"
    engine.derive(f"cells_{no}", f"SELECT length, len(f) AS width, {odd}{cells} FROM ({taken}) split")
    return Cells(
        rows=f"(SELECT rowid + 1 AS no, * FROM cells_{no}) cells",
        of=[(f"c{place}", "VARCHAR") for place in range(width)],
        whole=f"width = {width} AND length <= {LONGEST} AND NOT is_odd",
        raw=f"SELECT ROW_NUMBER() OVER () AS no, line AS raw FROM lines_{no}",
        above=lines.above,
        total=total,
        lines=lines,
    )


def _looked_at(reading: Reading) -> list[int]:
    """The places of the cells that a column or a rule of the profile looks at."""
    reader = reading.reader
    places = {place for one in reader.readers for place in one.places} | {place for place, *_ in reader.asides}
    return sorted(places | {demand.place for demand in reader.demands})


def _odd(reading: Reading) -> Iterator[str]:
    """SQL of what Python looks at, sound or not: perhaps a closing line, or something in a last column without name."""
    filled, needed = set[int](), 0
    for one in reading.reader.readers:
        if not filled & set(one.places) and _refuses_empty(one):
            needed, filled = needed + 1, filled | set(one.places)
    if needed <= MOST:
        yield f"regexp_matches(line, {quoted(BEGINS)})"
    if "trailing_delimiter" in reading.opened.remarks:
        yield f"trim(f[{len(reading.opened.header)}]) <> ''"


def _refuses_empty(reader: Reader) -> bool:
    """Whether some cell of this column must be filled."""
    try:
        reader.memo["" if len(reader.places) < 2 else ("",) * len(reader.places)]
    except BadValueError:
        return True
    return False


def _raw(cells: Cells, numbers: str) -> str:
    """A SELECT of the rows that a SELECT of their numbers names, as Python reads them."""
    return f"SELECT no, raw FROM ({cells.raw}) given WHERE no IN ({numbers}) ORDER BY no"


def _forget(engine: Engine, reading: Reading, cells: Cells) -> None:
    """Let go of a file."""
    if cells.lines:
        engine.drop(f"cells_{reading.source_no}")
    engine.hide(f"lines_{reading.source_no}")


# --- what its texts mean ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Column:
    """How the engine reads one canonical column.

    stored : the names of what is stored.  values : SQL for each.  known : SQL; whether they are right; where it is not
    true, Python reads the row.  keys : SQL of what is looked up, where the text does not stand for itself; kinds :
    their SQL types.  seconds : SQL; how long after the key, where that is the full hour.  has_empty : some row may have
    no value.
    """

    name: str
    reader: Reader | None
    memo: Memo
    stored: list[str]
    keys: list[str]
    kinds: list[str]
    values: list[str] = field(default_factory=list)
    known: str = "TRUE"
    seconds: str = ""
    join: str = ""
    has_empty: bool = True


def _columns(reading: Reading, cells: Cells) -> list[Column]:
    """The columns of the table, and behind them what the profile's rules look at."""
    stored = iter(list(reading.table.stored))
    columns = []
    for n, reader in enumerate(reading.reader.readers):
        names = [next(stored) for _ in range(1 + (reader.column.kind in (Kind.MOMENT, Kind.ACCOUNT)))]
        columns.append(_column(f"m{n}", reader, names, cells, reading.layout.reading.none_dates))
    rules = [(place, memo) for place, memo, *_ in reading.reader.asides]
    rules += [(demand.place, demand.memo) for demand in reading.reader.demands]
    for n, (place, memo) in enumerate(rules, len(columns)):
        columns.append(Column(f"m{n}", None, memo, [], [as_text(*cells.of[place])], ["VARCHAR"]))
    return columns


def _column(name: str, reader: Reader, stored: list[str], cells: Cells, none_dates: tuple[str, ...]) -> Column:
    given = [cells.of[place] for place in reader.places]
    dated = reader.column.kind in TIMES and len(given) == 1
    kinds = [kind if dated and kind.startswith(("DATE", "TIMESTAMP")) else "VARCHAR" for _, kind in given]
    keys = [
        key if cells.lines or kind != "VARCHAR" else as_text(key, given_kind)
        for (key, given_kind), kind in zip(given, kinds, strict=True)
    ]
    column = Column(name, reader, reader.memo, stored, keys, kinds)
    if not keys:
        column.values = [literal(value) for value in reader.memo[""]]
    elif reader.as_it_stands and reader.column.kind in (*TEXTS, Kind.NUMBER):
        _let_stand(column, reader, *given[0])
    elif reader.as_it_stands and dated and not any(":" in text for text in none_dates):
        _by_the_hour(column)
    return column


def _let_stand(column: Column, reader: Reader, given: str, given_kind: str) -> None:
    """A plain text is stored as it is, and a plain number too, unless the profile changes its unit."""
    (key,) = column.keys
    if reader.column.kind is Kind.NUMBER:
        is_whole = WHOLE.fullmatch(given_kind) is not None
        if not _counts(reader.memo) or not (is_whole or given_kind == "VARCHAR"):
            return
        if is_whole:
            column.known, column.values = f"{given} BETWEEN 0 AND 999999999999999", [f"CAST({given} AS DOUBLE)"]
        else:
            column.known, column.values = f"regexp_full_match({key}, '[0-9]{{1,15}}')", [f"TRY_CAST({key} AS DOUBLE)"]
    else:
        column.known = f"regexp_full_match({key}, {quoted(PLAIN)}) AND strlen({key}) <= {LONGEST}"
        if is_key(reader.column):
            column.known += f" AND NOT suffix({key}, '.0')"
        column.values = [f"lower({key})" if reader.column.kind is Kind.EMAIL else f"NULLIF({key}, '')"]
        if reader.column.kind is Kind.ACCOUNT:
            column.values.append(f"CASE WHEN contains({key}, '@') THEN lower({key}) END")
    if not reader.column.required:
        column.known = f"({key} = '' OR {column.known})"
        column.values[0] = column.values[0].replace(f"lower({key})", f"NULLIF(lower({key}), '')")
    column.keys = []


def _counts(memo: Memo) -> bool:
    """Whether a plain number stands for itself: it is not divided, and no duration is expected in its place."""
    try:
        return memo["70"] == (70.0,)
    except BadValueError:
        return False


def _by_the_hour(column: Column) -> None:
    """Look a time up by its hour, and add what has passed since."""
    (key,), (kind,) = column.keys, column.kinds
    if kind == "DATE":
        return
    if kind == "VARCHAR":
        at, timed = f"strpos({key}, ':')", f"regexp_full_match({key}, {quoted(TIMED)})"
        column.keys = [
            f"CASE WHEN {timed} THEN left({key}, {at} - 1) || ':00:00' || substr({key}, {at} + 6) ELSE {key} END"
        ]
        minute, second = (f"TRY_CAST(substr({key}, {at} + {n}, 2) AS INTEGER)" for n in (1, 4))
        column.seconds = f"CASE WHEN {column.name}.is_hour THEN {minute} * 60 + {second} ELSE 0 END"
    else:
        column.keys = [f"date_trunc('hour', {key})"]
        column.seconds = f"date_diff('second', {column.keys[0]}, {key})"


def _mean(engine: Engine, reading: Reading, cells: Cells, columns: list[Column]) -> None:
    """Have each different text parsed, and say in each column how its meaning is looked up."""
    sought = [column for column in columns if column.keys]
    if not sought:
        return
    keys = f"keys_{reading.source_no}"
    named = [(f"{column.name}_{n}", key) for column in sought for n, key in enumerate(column.keys)]
    given = ", ".join(f"{key} AS {name}" for name, key in named)
    sets = ", ".join(f"({', '.join(_names(column))})" for column in sought)
    names = ", ".join(name for name, _ in named)
    which = ", ".join(f"GROUPING({column.name}_0) AS {column.name}_away" for column in sought)
    engine.derive(
        keys,
        f"SELECT {names}, {which} FROM (SELECT {given} FROM {cells.rows} WHERE {cells.whole}) texts "
        f"GROUP BY GROUPING SETS ({sets})",
    )
    for column in sought:
        _look_up(engine, reading, keys, column)
    engine.drop(keys)


def _names(column: Column) -> list[str]:
    return [f"{column.name}_{n}" for n in range(len(column.keys))]


def _look_up(engine: Engine, reading: Reading, keys: str, column: Column) -> None:
    """Parse the different texts of a column, and say where what they mean is found."""
    texts = [as_text(name, kind) for name, kind in zip(_names(column), column.kinds, strict=True)]
    parsed = f"parsed_{reading.source_no}_{column.name}"
    is_hour = f"regexp_full_match({texts[0]}, {quoted(TIMED)}) AS is_hour"
    engine.derive(
        f"{parsed}_key", f"SELECT ROW_NUMBER() OVER () AS id, *, {is_hour} FROM {keys} WHERE {column.name}_away = 0"
    )
    types = [reading.table.stored[name] for name in column.stored] or ["BOOLEAN"]
    slots = {f"v{n}": kind for n, kind in enumerate(types)}
    _, rows = engine.stream(f"SELECT id, {', '.join(texts)} FROM {parsed}_key")
    engine.load(f"{parsed}_value", {"id": "BIGINT", "spans": "BOOLEAN", **slots}, _parsed(column, rows))
    engine.derive(parsed, f"SELECT * FROM {parsed}_key JOIN {parsed}_value USING (id)")
    engine.drop(f"{parsed}_key")
    engine.drop(f"{parsed}_value")
    ((entries, empty, all_span),) = engine.rows(
        f"SELECT COUNT(*), COUNT(*) - COUNT(v0), COALESCE(BOOL_AND(spans), TRUE) FROM {parsed}"
    )
    column.has_empty = bool(empty)
    column.values = [f"{column.name}.v{n}" for n in range(len(types))]
    if entries <= FEW and len(column.keys) == len(types) == 1 and not column.seconds:
        _tell(engine, parsed, column)
    else:
        same = zip(_names(column), column.keys, strict=True)
        on = " AND ".join(f"{column.name}.{name} IS NOT DISTINCT FROM {key}" for name, key in same)
        column.join, column.known = f" LEFT JOIN {parsed} {column.name} ON {on}", f"{column.name}.id IS NOT NULL"
    if column.seconds and not all_span:
        column.known += f" AND ({column.name}.spans OR {column.seconds} = 0)"
    if column.seconds and len(types) > 1:
        later = f"{column.name}.v1 + to_seconds({column.seconds})"
        column.values = [f"COALESCE(CAST({later} AS DATE), {column.name}.v0)", later]
    if not column.stored:
        column.known, column.values = f"{column.known} AND NOT {column.values[0]}", []


def _tell(engine: Engine, parsed: str, column: Column) -> None:
    """A few meanings are told in the statement itself: that is faster than to look them up."""
    ((key,), (name,), (kind,)) = column.keys, _names(column), column.kinds
    meanings = [
        (f"CAST({quoted(text)} AS {kind})", literal(value))
        for text, value in engine.rows(f"SELECT {as_text(name, kind)}, v0 FROM {parsed} WHERE {name} IS NOT NULL")
    ]
    column.known = f"{key} IN ({', '.join(text for text, _ in meanings)})" if meanings else "FALSE"
    cases = " ".join(f"WHEN {text} THEN {value}" for text, value in meanings)
    column.values = [f"CASE {key} {cases} END" if meanings else "NULL"]
    ((empty,),) = engine.rows(f"SELECT COUNT(*) FROM {parsed} WHERE {name} IS NULL")
    if empty:
        column.known = f"({key} IS NULL OR {column.known})"
    engine.drop(parsed)


def _parsed(column: Column, rows: Iterator[tuple[Any, ...]]) -> Iterator[list[object]]:
    """What each text means, as the column's parser says it; without those that it refuses."""
    memo = column.memo
    for number, *texts in rows:
        key = texts[0] if len(texts) == 1 else tuple(texts)
        try:
            stored = memo[key]
        except BadValueError:
            continue
        yield [number, bool(column.seconds) and _spans(memo, texts[0], stored), *stored]


def _spans(memo: Memo, hour: str, stored: Stored) -> bool:
    """Whether the text of a full hour says what all others of its hour mean: no time is skipped or set back in it."""
    before, colon, after = hour.partition(":")
    if not colon or not after.startswith("00:00"):
        return True
    try:
        last = memo[f"{before}:59:59{after[5:]}"]
    except BadValueError:
        return False
    if len(stored) == 1:
        return stored == last
    return None not in (stored[1], last[1]) and bool(last[1] - stored[1] == WITHIN_AN_HOUR)


# --- the rows -----------------------------------------------------------------------------------------------------


def rows(engine: Engine, reading: Reading, cells: Cells, into: str) -> Iterator[list[Any]]:
    """Put the sound rows into relation `into`; give those that Python read, and quarantine the others."""
    columns = _columns(reading, cells)
    _mean(engine, reading, cells, columns)
    judged = _judged(reading, cells, columns)
    names = [name for column in columns for name in column.stored]
    used = engine.append(
        into,
        f"SELECT {', '.join(names)}, {reading.source_no}, no + {cells.above} FROM ({judged}) judged WHERE is_sound",
    )
    if used < cells.total:
        doubtful = f"SELECT no FROM ({judged}) judged WHERE is_sound IS NOT TRUE"
        yield from _taken(reading, cells, engine.stream(_raw(cells, doubtful))[1])
    reading.rows_read = cells.total - reading.opened.blank_rows
    if cells.lines:
        cells.lines.end(cells.total + cells.above)
    reading.finish()
    for column in columns:
        if column.join:
            engine.drop(f"parsed_{reading.source_no}_{column.name}")
    _forget(engine, reading, cells)


def _judged(reading: Reading, cells: Cells, columns: list[Column]) -> str:
    """A SELECT of no, the stored columns, and whether the row is surely sound."""
    values = [
        f"{value} AS {name}" for column in columns for name, value in zip(column.stored, column.values, strict=True)
    ]
    known = " AND ".join((cells.whole, *(f"({column.known})" for column in columns if column.known != "TRUE")))
    inner = f"SELECT no, {', '.join(values)}, {known} AS is_known FROM {cells.rows}"
    inner += "".join(column.join for column in columns)
    name, check = CHECKS.get(reading.table.name, ("", "TRUE"))
    if name and not any(column.has_empty for column in columns if name in column.stored):
        check = "TRUE"
    return f"SELECT *, is_known AND ({check}) AS is_sound FROM ({inner}) known"


def _taken(reading: Reading, cells: Cells, doubtful: Iterator[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Read rows one by one, each counted as if all those before it had been read so, too."""
    opened, current = reading.opened, list[str]()
    if cells.lines is None:
        opened.raw = lambda: "\t".join(current)
    for number, raw in doubtful:
        reading.rows_read = number - opened.blank_rows
        row_no = number + cells.above
        if cells.lines:
            _, texts, fault = cells.lines.record(row_no, raw)
        else:
            texts, fault = list(raw), None
            current[:] = raw
        if (stored := reading.take(row_no, texts, fault)) is not None:
            yield stored
