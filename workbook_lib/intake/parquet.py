"""Parquet → raw rows: its columns have types, which are taken as they are where the canonical column can hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from workbook_lib.engine import BrokenParquetError, parquet_columns, parquet_texts
from workbook_lib.intake.files import BadFileError, Opened, RawRow, Rows
from workbook_lib.intake.mapping import Reader, is_key
from workbook_lib.intake.values import quoted
from workbook_lib.tables import VOCABULARY, Kind

TEXT = re.compile(r"VARCHAR|UUID|ENUM\(.*")
WHOLE = re.compile(r"U?(?:TINY|SMALL|HUGE|BIG)?INT(?:EGER)?|DECIMAL\(\d+,0\)")
BROKEN = re.compile(r"FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)")
DAY = re.compile(r"DATE|TIMESTAMP.*")
FLAG = re.compile(r"BOOLEAN")
#: What the file calls a type → what a reader calls it. Text fits every column.
SAID = ((WHOLE, "whole numbers"), (BROKEN, "decimal numbers"), (DAY, "dates"), (FLAG, "true or false"))


def open_parquet(path: Path) -> Opened:
    """Open a Parquet file. Rows are numbered from 1; there is no header row."""
    try:
        columns = parquet_columns(path)
    except BrokenParquetError as error:
        raise BadFileError(
            f"it is no whole Parquet file ({error}).", "export it again and copy it whole.", code="broken_parquet"
        ) from None
    current: list[str] = []
    opened = Opened(tuple(name for name, _ in columns), lambda: "\t".join(current))
    opened.types = tuple(kind for _, kind in columns)
    opened.rows = _rows(path, opened, current)
    return opened


def _rows(path: Path, opened: Opened, current: list[str]) -> Rows:
    numbers = [place for place, kind in enumerate(opened.types) if WHOLE.fullmatch(kind)]
    for row_no, *cells in parquet_texts(path):
        current[:] = cells
        opened.numeric.update(place for place in numbers if cells[place])
        yield RawRow(row_no, list(cells), None)


def refuse_types(readers: Iterable[Reader], opened: Opened, *, epochs: bool) -> None:
    """Refuse columns whose type cannot hold what the canonical column needs. `epochs`: whole numbers may be times."""
    for reader in readers:
        for place in reader.places:
            kind = opened.types[place]
            if not any(allowed.fullmatch(kind) for allowed in _allowed(reader, epochs=epochs)):
                holds = next((says for types, says in SAID if types.fullmatch(kind)), "nested or binary values")
                raise BadFileError(
                    f"it holds {holds} ({kind if len(kind) <= 40 else kind[:37] + '...'}), and {reader.column.name} "
                    f"is {_wanted(reader)}.",
                    "write the column with a fitting type, or name another one in audit.toml.",
                    place=f"column {quoted(opened.header[place])}",
                    code="column_type",
                )


def _allowed(reader: Reader, *, epochs: bool) -> tuple[re.Pattern[str], ...]:
    column = reader.column
    if column.kind in (Kind.DATE, Kind.END, Kind.MOMENT):
        return (TEXT, DAY, WHOLE) if epochs else (TEXT, DAY)
    if column.kind is Kind.NUMBER:
        return (TEXT, WHOLE, BROKEN)
    if column.kind in VOCABULARY:
        return (TEXT, WHOLE, FLAG)
    if is_key(column):
        return (TEXT, WHOLE)
    return (TEXT, WHOLE, BROKEN, DAY, FLAG)


def _wanted(reader: Reader) -> str:
    column = reader.column
    if column.kind in (Kind.DATE, Kind.END, Kind.MOMENT):
        return "a date or a timestamp"
    if column.kind is Kind.NUMBER:
        return "a number"
    if column.kind in VOCABULARY:
        return "a word"
    return "an id, which is text or a whole number" if is_key(column) else "text"
