"""Many rows at once: the engine splits a large file and looks up what its texts mean; Python reads the rest.

What a text means is said by the parser of its column and by nobody else: each different text is parsed once, and the
engine joins the meanings to the rows. Two kinds of column differ in almost every row and are spared that: a plain id
stands for itself, and a time is looked up by its hour. A row that is not surely sound (it has too few cells, a text that
cannot be read, dates in the wrong order) is read by `Reading.take`, as it would be in a small file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from workbook_lib.engine import Engine, as_text, literal, parquet_rows, quoted
from workbook_lib.intake.files import CsvLines
from workbook_lib.intake.mapping import Memo, Reader, Stored, is_key
from workbook_lib.intake.parquet import WHOLE
from workbook_lib.intake.reading import DONE, Reading
from workbook_lib.intake.values import LONGEST, BadValueError
from workbook_lib.tables import Answer, Kind

#: Bytes from which on a CSV file is worth it.
LEAST = 4 << 20
CHUNK = 4 << 20
#: A text without blanks around it and without a letter that has a second form; nothing is to be said about it.
PLAIN = "[!-~](?:[ -~]*[!-~])?"
#: An id as a spreadsheet rewrites it, of which the reader is told.
REWRITTEN = "[0-9]{3,}[.]0"
#: A text with a time to the second; at the first colon it can be set to the full hour.
TIMED = "[^:]+:[0-5][0-9]:[0-5][0-9](?:[^0-9:].*)?"
WITHIN_AN_HOUR = timedelta(minutes=59, seconds=59)
TEXTS = (Kind.TEXT, Kind.ACCOUNT, Kind.EMAIL)
TIMES = (Kind.DATE, Kind.END, Kind.MOMENT)

#: What must hold between the columns of a row (`reading._check`).
CHECKS = {
    "people": "end_date IS NULL OR start_date <= end_date",
    "leave": "end_date IS NULL OR start_date <= end_date",
    "completions": f"completed_on IS NOT NULL OR status NOT IN ({', '.join(map(quoted, sorted(DONE)))})",
    "acknowledgements": f"acknowledged_on IS NOT NULL OR status <> {quoted(Answer.ACKNOWLEDGED.value)}",
}


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows of a file as the engine sees them: `rows` has `no`, from 1, and what `of` and `raw` name.

    of : per column its SQL and SQL type.  whole : SQL; the row has a cell for each.  raw : SQL of what `record` needs.
    above : rows of the file above the first.  total : how many there are, counted without the engine.
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
    found = _plain_text(path)
    if found is None or lines.lines_above() != lines.above:
        return None
    ends, new_line, has_quotes = found
    name = f"lines_{reading.source_no}"
    engine.see_lines(name, path, lines.above, new_line)
    cells = _of_lines(reading, lines, name, ends + (not reading.content.ends_with_newline) - lines.above, has_quotes)
    if has_quotes:
        _, doubtful = engine.stream(f"SELECT line FROM {cells.rows} WHERE f IS NULL")
        if not all(lines.stands_alone(line) for (line,) in doubtful):
            engine.hide(name)
            return None
    return cells


def _of_parquet(engine: Engine, reading: Reading, path: Path) -> Cells:
    engine.see_parquet(f"lines_{reading.source_no}", path)
    of = [(f"c{place}", kind) for place, kind in enumerate(reading.opened.types)]
    for reader in reading.reader.readers:
        for place in reader.places if is_key(reader.column) else ():
            if WHOLE.fullmatch(reading.opened.types[place]):
                reading.opened.numeric[place] = engine.rows(f"SELECT COUNT(c{place}) FROM lines_{reading.source_no}")[0][0]
    return Cells(
        rows=f"lines_{reading.source_no}",
        of=of,
        whole="TRUE",
        raw=", ".join(as_text(*cell) for cell in of),
        above=0,
        total=parquet_rows(path),
    )


def _of_lines(reading: Reading, lines: CsvLines, name: str, total: int, has_quotes: bool) -> Cells:
    by, width = quoted(lines.delimiter), len(reading.opened.header)
    split = f"string_split(line, {by})"
    if has_quotes:  # quoted cells that hold neither a quote nor a delimiter: the quotes can go
        part = f'(?:"[^"{_escaped(lines.delimiter)}]*"|[^"{_escaped(lines.delimiter)}]*)'
        simple = quoted(f"{part}(?:{_escaped(lines.delimiter)}{part})*")
        split = (
            f"CASE WHEN NOT contains(line, '\"') THEN {split} "
            f"WHEN regexp_full_match(line, {simple}) THEN string_split(replace(line, '\"', ''), {by}) END"
        )
    return Cells(
        rows=f"(SELECT no, line, {split} AS f FROM {name}) split",
        of=[(f"f[{place}]", "VARCHAR") for place in range(1, width + 1)],
        whole=f"len(f) = {width} AND length(line) <= {LONGEST}",
        raw="line",
        above=lines.above,
        total=total,
        lines=lines,
    )


def _escaped(delimiter: str) -> str:
    return f"\\x{ord(delimiter):02x}"


def _plain_text(path: Path) -> tuple[int, str, bool] | None:
    """How many ends of lines a text has, how they are written, and whether it has quotes.

    None for a text that the engine might split in other ways: with empty lines, ends of several kinds, control
    characters, or lines that go on for megabytes.
    """
    ends = returns = pairs = 0
    has_quotes, last = False, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text = last + chunk
            if b"\0" in chunk or b"\1" in chunk or b"\n\n" in text or b"\n\r" in text:
                return None
            if len(chunk) == CHUNK and b"\n" not in chunk:
                return None
            ends, returns, pairs = ends + chunk.count(b"\n"), returns + chunk.count(b"\r"), pairs + text.count(b"\r\n")
            has_quotes, last = has_quotes or b'"' in chunk, chunk[-1:]
    return (ends, "\\r\\n" if pairs else "\\n", has_quotes) if returns == pairs and pairs in (0, ends) else None


# --- what its texts mean ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Column:
    """How one canonical column is looked up.

    keys : SQL, per cell that it is read from.  kinds : their SQL types.  stored : the names of what is stored.
    stands : SQL; where it is true the text stands for itself.  seconds : SQL, since the hour that the key names.
    exact : SQL; the key is the cell itself, not its hour.
    """

    name: str
    memo: Memo
    keys: list[str]
    kinds: list[str]
    stored: list[str]
    kind: Kind | None = None
    stands: str = ""
    seconds: str = ""
    exact: str = "TRUE"
    values: list[str] = field(default_factory=list)
    known: str = "TRUE"
    join: str = ""


def _columns(reading: Reading, cells: Cells) -> list[Column]:
    """The columns of the table, and behind them what the profile's rules look at."""
    stored = iter(list(reading.table.stored))
    columns = []
    for n, reader in enumerate(reading.reader.readers):
        names = [next(stored) for _ in range(1 + (reader.column.kind in (Kind.MOMENT, Kind.ACCOUNT)))]
        columns.append(_column(f"m{n}", reader, names, cells, reading.layout.reading.none_dates))
    rules = [(place, memo) for place, memo, _ in reading.reader.asides]
    rules += [(demand.place, demand.memo) for demand in reading.reader.demands]
    for n, (place, memo) in enumerate(rules, len(columns)):
        text = as_text(*cells.of[place])
        columns.append(Column(f"m{n}", memo, [text], ["VARCHAR"], []))
    return columns


def _column(name: str, reader: Reader, stored: list[str], cells: Cells, none_dates: tuple[str, ...]) -> Column:
    given = [cells.of[place] for place in reader.places]
    column = Column(name, reader.memo, [], [], stored, reader.column.kind)
    for expression, kind in given:
        typed = kind.startswith(("DATE", "TIMESTAMP")) or kind in ("DOUBLE", "FLOAT", "BOOLEAN") or "INT" in kind
        typed = typed and reader.column.kind not in TEXTS and len(given) == 1
        column.keys.append(expression if typed or cells.lines else as_text(expression, kind))
        column.kinds.append(kind if typed else "VARCHAR")
    if not reader.as_it_stands:
        return column
    key, kind = column.keys[0], column.kinds[0]
    if reader.column.kind in TEXTS:
        column.stands = (
            f"regexp_full_match({key}, {quoted(PLAIN)}) AND NOT regexp_full_match({key}, {quoted(REWRITTEN)})"
            f" AND length({key}) <= {LONGEST}"
        )
    elif reader.column.kind in TIMES and not any(":" in text for text in none_dates):
        if kind.startswith("TIMESTAMP"):
            hour = f"date_trunc('hour', {key})"
            column.seconds = f"date_diff('second', {hour}, {key})"
        elif kind == "VARCHAR":
            at = f"strpos({key}, ':')"
            timed = f"regexp_full_match({key}, {quoted(TIMED)})"
            hour = f"CASE WHEN {timed} THEN left({key}, {at} - 1) || ':00:00' || substr({key}, {at} + 6) ELSE {key} END"
            minute, second = (f"TRY_CAST(substr({key}, {at} + {n}, 2) AS INTEGER)" for n in (1, 4))
            column.seconds = f"CASE WHEN {timed} THEN {minute} * 60 + {second} ELSE 0 END"
        else:
            return column
        column.keys, column.exact = [hour], f"{hour} IS NOT DISTINCT FROM {key}"
    return column


def _mean(engine: Engine, reading: Reading, cells: Cells, columns: list[Column]) -> None:
    """Have each different text parsed, and say in each column how its meaning is looked up."""
    sought = [column for column in columns if column.keys]
    keys = f"keys_{reading.source_no}"
    named = [(f"{column.name}_{n}", key, column) for column in sought for n, key in enumerate(column.keys)]
    given = ", ".join(
        f"CASE WHEN {column.stands} THEN NULL ELSE {key} END AS {name}" if column.stands else f"{key} AS {name}"
        for name, key, column in named
    )
    sets = ", ".join(f"({', '.join(name for name, _, of in named if of is column)})" for column in sought)
    names = ", ".join(name for name, _, _ in named)
    grouping = ", ".join(f"GROUPING({column.name}_0) AS {column.name}_away" for column in sought)
    engine.derive(
        keys,
        f"SELECT {names}, {grouping} FROM (SELECT {given} FROM {cells.rows} WHERE {cells.whole}) texts "
        f"GROUP BY GROUPING SETS ({sets})",
    )
    for column in columns:
        if column.keys:
            _look_up(engine, reading, keys, column)
        else:
            column.values = [literal(value) for value in column.memo[""]]
    engine.drop(keys)


def _look_up(engine: Engine, reading: Reading, keys: str, column: Column) -> None:
    """Parse the different texts of a column, and load what they mean."""
    meant = f"meant_{reading.source_no}_{column.name}"
    names = [f"{column.name}_{n}" for n in range(len(column.keys))]
    some = f"{column.name}_away = 0" + (f" AND {names[0]} IS NOT NULL" if column.stands else "")
    numbered = f"SELECT ROW_NUMBER() OVER () AS id, {', '.join(names)} FROM {keys} WHERE {some}"
    engine.derive(f"{meant}_key", numbered)
    texts = ", ".join(as_text(name, kind) for name, kind in zip(names, column.kinds, strict=True))
    _, rows = engine.stream(f"SELECT id, {texts} FROM {meant}_key")
    types = dict(zip(column.stored, _types(reading, column), strict=True)) or {"hit": "BOOLEAN"}
    slots = {f"v{n}": kind for n, kind in enumerate(types.values())}
    engine.load(f"{meant}_value", {"id": "BIGINT", "spans": "BOOLEAN", **slots}, _parsed(column, rows))
    engine.derive(meant, f"SELECT * FROM {meant}_key JOIN {meant}_value USING (id)")
    engine.drop(f"{meant}_key")
    engine.drop(f"{meant}_value")
    values = [f"{column.name}.v{n}" for n in range(len(slots))]
    if not engine.count(meant) and column.stands:
        engine.drop(meant)
        column.known, column.values = column.stands, _standing(column)
        return
    same = " AND ".join(f"{column.name}.{n} IS NOT DISTINCT FROM {k}" for n, k in zip(names, column.keys, strict=True))
    column.join = f" LEFT JOIN {meant} {column.name} ON {same}"
    column.known = f"{column.name}.id IS NOT NULL"
    if not column.stored:
        column.known += f" AND NOT {values[0]}"
    elif column.stands:
        column.known = f"({column.stands} OR {column.known})"
        own = _standing(column)
        column.values = [
            f"CASE WHEN {column.stands} THEN {text} ELSE {value} END" for text, value in zip(own, values, strict=True)
        ]
    elif column.seconds:
        column.known += f" AND ({column.name}.spans OR {column.exact})"
        column.values = values if column.kind is not Kind.MOMENT else _timed(values, column.seconds)
    else:
        column.values = values


def _types(reading: Reading, column: Column) -> list[str]:
    return [reading.table.stored[name] for name in column.stored]


def _standing(column: Column) -> list[str]:
    """What is stored of a text that stands for itself."""
    (key,) = column.keys
    if column.kind is Kind.ACCOUNT:
        return [key, f"CASE WHEN contains({key}, '@') THEN lower({key}) END"]
    return [f"lower({key})" if column.kind is Kind.EMAIL else key]


def _timed(values: list[str], seconds: str) -> list[str]:
    """The day and the moment, so many seconds after the hour."""
    day, moment = values
    later = f"{moment} + to_seconds({seconds})"
    return [f"COALESCE(CAST({later} AS DATE), {day})", later]


def _parsed(column: Column, rows: Iterator[tuple[Any, ...]]) -> Iterator[list[object]]:
    """What each text means, as the column's parser says it; without those that it refuses."""
    memo = column.memo
    for number, *texts in rows:
        key = texts[0] if len(texts) == 1 else tuple(texts)
        try:
            stored = memo[key]
        except BadValueError:
            continue
        yield [number, bool(column.seconds) and _spans(memo, key, stored), *stored]


def _spans(memo: Memo, hour: str, stored: Stored) -> bool:
    """Whether the text of a full hour says what all others of its hour mean: no time is skipped or set back in it."""
    before, colon, after = hour.partition(":")
    if not colon or not after.startswith("00:00"):
        return False
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
        query = f"SELECT no, raw FROM ({judged}) judged WHERE is_sound IS NOT TRUE ORDER BY no"
        yield from _taken(reading, cells, engine.stream(query)[1])
    reading.rows_read = cells.total - reading.opened.blank_rows
    if cells.lines:
        cells.lines.end(cells.total + cells.above)
    reading.finish()
    for column in columns:
        if column.join:
            engine.drop(f"meant_{reading.source_no}_{column.name}")
    engine.hide(f"lines_{reading.source_no}")


def _judged(reading: Reading, cells: Cells, columns: list[Column]) -> str:
    """A SELECT of no, raw, the stored columns, and whether the row is surely sound."""
    values = [
        f"{value} AS {name}"
        for column in columns
        for name, value in zip(column.stored, column.values, strict=True)
    ]
    known = " AND ".join((cells.whole, *(f"({column.known})" for column in columns if column.known != "TRUE")))
    raw = "line" if cells.lines else f"[{cells.raw}]"
    inner = f"SELECT no, {raw} AS raw, {', '.join(values)}, {known} AS is_known FROM {cells.rows}"
    inner += "".join(column.join for column in columns)
    return f"SELECT *, is_known AND ({CHECKS.get(reading.table.name, 'TRUE')}) AS is_sound FROM ({inner}) known"


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
