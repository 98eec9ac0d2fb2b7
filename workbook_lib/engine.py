"""The one seam to the SQL engine: DuckDB in this process. Nothing else imports it.

A relation is made once, from rows or from a statement, and never changed afterwards, but to hide what it names.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from workbook_lib.tables import Problem, UserError

if TYPE_CHECKING:
    import pandas as pd

#: Every relation made so far is known by one of these plain names; they never come from a user.
Row = tuple[Any, ...]
#: Rows that a stream takes at a time.
FETCHED = 10_000
#: Bytes that a line of a text file has at most.
LONGEST_LINE = 1 << 24


class Engine:
    """An empty in-memory database; each run has its own.

    memory_limit : such as "2GB"; by default four fifths of the machine's. What needs more is spilled to a folder of its
    own, which goes with the engine. Raises UserError where even that is not enough.
    """

    def __init__(self, memory_limit: str | None = None) -> None:
        self._connection = duckdb.connect(":memory:")
        self._execute("SET TimeZone = 'UTC'")
        spill = tempfile.mkdtemp(prefix="workbook-")
        self._forget_spill = weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
        self._execute(f"SET temp_directory = {quoted(spill)}")
        if memory_limit:
            self._execute(f"SET memory_limit = {quoted(checked_limit(memory_limit))}")
        self._schema = ""
        self._numbers: dict[str, int] = {}
        self.statements: dict[str, str] = {}

    def load(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
        """Make relation `name` (column → SQL type) from rows; None is NULL, and no value is an empty text.

        The rows pass through a file on disk: memory stays flat however many there are, and every type is declared.
        """
        self.declare(name, columns)
        self.add(name, columns, rows)

    def declare(self, name: str, columns: Mapping[str, str]) -> None:
        """Make an empty relation `name` (column → SQL type)."""
        schema = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._create(f"CREATE TABLE {name} ({schema})")

    def add(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
        """Put rows into a declared relation; None is NULL, and no value is an empty text."""
        handle, name_of_spool = tempfile.mkstemp(prefix="workbook-", suffix=".csv")
        spool = Path(name_of_spool)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([_text(value) for value in row] for row in rows)
            if spool.stat().st_size:
                self._change(f"INSERT INTO {name} SELECT * FROM {_reader(columns)}", [pattern(spool)])
        finally:
            spool.unlink()

    def append(self, name: str, statement: str) -> int:
        """Put the rows of a SELECT into a declared relation; return how many."""
        ((rows,),) = self._change(f"INSERT INTO {name} {statement}").fetchall()
        return int(rows)

    def see_lines(self, name: str, path: Path, skip: int, new_line: str) -> None:
        """Make `name`: the lines of a text file after the first `skip`, (line), in their order.

        The file is UTF-8, has no empty line and no character U+0001; each line ends with `new_line`. It is read again
        whenever the relation is.
        """
        reader = (
            f"read_csv({quoted(pattern(path))}, compression='none', auto_detect=false, header=false, skip={skip}, "
            f"delim='\x01', quote='', escape='', new_line={quoted(new_line)}, max_line_size={LONGEST_LINE}, "
            "columns={'line': 'VARCHAR'})"
        )
        self._execute(f"CREATE VIEW {name} AS SELECT line FROM {reader}")

    def see_parquet(self, name: str, path: Path) -> None:
        """Make `name`: the rows of a Parquet file under the names c0, c1 … of its columns, and `no`, from 1."""
        columns = ", ".join(f"c{place}" for place in range(len(parquet_columns(path))))
        self._execute(
            f"CREATE VIEW {name} AS SELECT *, file_row_number + 1 AS no "
            f"FROM {_parquet(path, 'file_row_number=true')} AS file({columns}, file_row_number)"
        )

    def hide(self, name: str) -> None:
        """Forget a file that was seen."""
        self._change(f"DROP VIEW {name}")

    def make(self, name: str, statement: str) -> None:
        """Make relation `name` from a SELECT, and remember its text: it is part of the evidence.

        A text that ran before is remembered once, under its first name.
        """
        if statement not in self.statements.values():
            self.statements[f"{self._schema}_{name}" if self._schema else name] = statement
        self._judge(name, statement)

    def _judge(self, name: str, statement: str) -> None:
        """Run a statement that is part of the evidence; `spark` does it elsewhere."""
        self.derive(name, statement)

    def derive(self, name: str, statement: str) -> None:
        """Make relation `name` from a SELECT that judges nobody."""
        self._create(f"CREATE TABLE {name} AS {statement}")

    @contextmanager
    def aside(self, schema: str) -> Iterator[None]:
        """Make relations in a schema of their own, as if some of the existing ones were different.

        Inside, a statement finds the relations made inside and, where there is none of that name, those outside. From
        outside they are `schema.name`. What was made before is not changed.
        """
        self._execute(f"CREATE SCHEMA {schema}")
        self._change(f"SET search_path = '{schema},main'")
        self._schema = schema
        try:
            yield
        finally:
            self._schema = ""
            self._change("SET search_path = 'main'")

    def drop_aside(self, schema: str) -> None:
        """Let go of what was made `aside`."""
        self._change(f"DROP SCHEMA {schema} CASCADE")

    def text_columns(self) -> dict[str, list[str]]:
        """Relation → its columns of text."""
        found: dict[str, list[str]] = {}
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR' ORDER BY 1, 2"
        )
        for relation, column in self.rows(query):
            found.setdefault(relation, []).append(column)
        return found

    def rewrite(self, name: str, columns: Mapping[str, str]) -> None:
        """Make a relation again with other values in some columns (column → SQL): for a copy that hides something."""
        others = ", ".join(f'{expression} AS "{column}"' for column, expression in columns.items())
        self._change(f"CREATE OR REPLACE TABLE {name} AS SELECT * REPLACE ({others}) FROM {name}")

    def drop(self, name: str) -> None:
        """Forget a relation."""
        self._change(f"DROP TABLE {name}")

    def rows(self, query: str) -> list[Row]:
        """Fetch the result of a SELECT."""
        return self._execute(query).fetchall()

    def dicts(self, query: str) -> list[dict[str, Any]]:
        """Fetch the result of a SELECT, each row by column name."""
        cursor = self._execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, query: str) -> pd.DataFrame:
        """Fetch the result of a SELECT for people to look at; dates stay dates, ids stay text."""
        import pandas as pd

        cursor = self._execute(query)
        names = [column[0] for column in cursor.description]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)

    def number(self, query: str) -> int:
        """A single count. Asked again, it is not counted again, unless some relation has changed since."""
        if query not in self._numbers:
            self._numbers[query] = int(self.rows(query)[0][0] or 0)
        return self._numbers[query]

    def count(self, relation: str) -> int:
        """Number of rows of a relation."""
        return self.number(f"SELECT COUNT(*) FROM {relation}")

    def may_repeat(self, relation: str, columns: str) -> bool:
        """Whether some rows of a relation may be equal in these columns: a cheap look before a dear one."""
        hashed = f"SELECT HASH({columns}) AS trace FROM {relation}"
        repeated = f"SELECT trace FROM ({hashed}) hashed GROUP BY trace HAVING COUNT(*) > 1 LIMIT 1"
        return bool(self.number(f"SELECT COUNT(*) FROM ({repeated}) repeated"))

    def stream(self, query: str) -> tuple[list[str], Iterator[Row]]:
        """The column names of a SELECT, and its rows a few at a time: it runs when the first of them is asked for."""

        def rows() -> Iterator[Row]:
            yield from _fetched(self._connection.cursor().execute(query))

        return [name for name, *_ in self.rows(f"DESCRIBE {query}")], rows()

    def export(self, query: str, path: Path, text: str = "{0}") -> None:
        """Write the result of a SELECT as UTF-8 CSV with a header; NULL is empty, dates are ISO.

        text : an SQL expression for what is written of a text, which stands in it as `{0}`.
        """
        described = self._execute(f"DESCRIBE {query}").fetchall()
        named = [(f'"{name}"', kind) for name, kind, *_ in described]
        columns = ", ".join(f"{text.format(name)} AS {name}" if kind == "VARCHAR" else name for name, kind in named)
        query = f"SELECT {columns} FROM ({query}) listed"
        self._execute(f"COPY ({query}) TO {quoted(str(path))} (HEADER, DELIMITER ',')")

    def take_back(self, name: str, path: Path, columns: Sequence[str]) -> None:
        """Make relation `name` from a CSV that `export` wrote, all of it text, without the sign before a formula.

        Raises ValueError for any other file.
        """
        with path.open(encoding="utf-8") as file:
            if file.readline().rstrip("\n") != ",".join(columns):
                raise ValueError(f"{path.name} has another header.")
        kinds = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
        reader = (
            f"read_csv({quoted(pattern(path))}, compression='none', auto_detect=false, header=true, delim=',', "
            f"quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false, new_line='\\n', "
            f"max_line_size={LONGEST_LINE}, columns={{{kinds}}})"
        )
        plain = "CASE WHEN {0} LIKE '''%' THEN substring({0}, 2) ELSE {0} END AS {0}"
        texts = ", ".join(plain.format(f'"{column}"') for column in columns)
        try:
            self._execute(f"CREATE TABLE {name} AS SELECT {texts} FROM {reader}")
        except duckdb.Error as error:
            raise ValueError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error

    def export_parquet(self, query: str, path: Path) -> int:
        """Write the result of a SELECT as Parquet, in its order and with its types; return how many rows."""
        into = f"{quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        ((rows,),) = self._execute(f"COPY ({query}) TO {into}").fetchall()
        return int(rows)

    def in_parquet(self, path: Path) -> str:
        """A SELECT of the rows of a file that `export_parquet` wrote, in its order."""
        return f"SELECT * FROM {_parquet(path)}"

    def close(self) -> None:
        """Let go of the memory, and of what was spilled."""
        self._connection.close()
        self._forget_spill()

    def _create(self, statement: str) -> None:
        """Make a relation: no count is another, unless it is made aside and hides one of the same name."""
        (self._change if self._schema else self._execute)(statement)

    def _change(self, statement: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run a statement after which a count may be another."""
        self._numbers.clear()
        return self._execute(statement, values)

    def _execute(self, statement: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(statement, values or None)
        except duckdb.OutOfMemoryException:
            raise _too_little_memory() from None


#: How much memory an engine may take, as it is written.
LIMIT = re.compile(r"[1-9][0-9]*(?:\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)


def checked_limit(text: str) -> str:
    """An amount of memory such as 2GB or 500 MB. Raises UserError where it is none."""
    if LIMIT.fullmatch(text.strip()):
        return text.strip()
    raise UserError(
        Problem(
            where="memory_limit",
            what=f"'{text}' is no amount of memory, such as 2GB or 500MB.",
            do="give a number and a unit.",
            code="bad_memory_limit",
        )
    )


def _too_little_memory() -> UserError:
    return UserError(
        Problem(
            where="memory_limit",
            what="the memory that is allowed is too little, although what can be is put on the disk meanwhile.",
            do="allow more, for example --memory-limit 2GB.",
            code="out_of_memory",
        )
    )


def quoted(text: str) -> str:
    """A text from the data as an SQL literal.

    >>> quoted("O'Hara")
    "'O''Hara'"
    """
    return "'" + text.replace("'", "''") + "'"


def literal(value: object) -> str:
    """A value as an SQL literal.

    >>> literal(date(2025, 1, 31)), literal(None), literal(True), literal(0.5)
    ("DATE '2025-01-31'", 'NULL', 'TRUE', '0.5')
    """
    match value:
        case None:
            return "NULL"
        case bool() | int() | float():
            return repr(value).upper()
        case datetime():
            return f"TIMESTAMP '{_text(value)}'"
        case date():
            return f"DATE '{value}'"
        case _:
            return quoted(str(value))


def pattern(path: Path) -> str:
    """The name of a file as the engine takes it, which looks for patterns in names: that file alone.

    >>> pattern(Path("c[1]*.csv"))
    'c[[]1][*].csv'
    """
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def _parquet(path: Path, *more: str) -> str:
    """The reader of a Parquet file; what a folder is called, such as year=2025, is no column."""
    return f"read_parquet({', '.join((quoted(pattern(path)), 'hive_partitioning=false', *more))})"


def parquet_columns(path: Path) -> list[tuple[str, str]]:
    """The columns of a Parquet file, name and SQL type. Raises BrokenParquetError where it is none, or not whole."""
    with duckdb.connect(":memory:") as connection:
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {_parquet(path)}").fetchall()
            tree = connection.execute(
                f"SELECT name, num_children FROM parquet_schema({quoted(pattern(path))})"
            ).fetchall()
        except duckdb.Error as error:
            raise BrokenParquetError(str(error).splitlines()[0]) from None
    names, at = [], 1
    while at < len(tree):  # the tree is told depth first, below one root; equal names are renamed in the description
        names.append(str(tree[at][0]))
        ahead = 1
        while ahead:
            ahead += (tree[at][1] or 0) - 1
            at += 1
    return [(name, str(kind)) for name, (_, kind, *_) in zip(names, described, strict=True)]


def parquet_rows(path: Path) -> int:
    """How many rows a Parquet file says that it has."""
    with duckdb.connect(":memory:") as connection:
        query = f"SELECT CAST(SUM(num_rows) AS BIGINT) FROM parquet_file_metadata({quoted(pattern(path))})"
        ((rows,),) = connection.execute(query).fetchall()
    return int(rows)


def parquet_texts(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file: their number, from 1, and each value as text."""
    columns = parquet_columns(path)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        names = ", ".join(f"c{place}" for place in range(len(columns)))
        texts = ", ".join(as_text(f"c{place}", kind) for place, (_, kind) in enumerate(columns))
        file = f"{_parquet(path, 'file_row_number=true')} AS file({names}, no)"
        yield from _fetched(connection.execute(f"SELECT no + 1, {texts} FROM {file}"))


def as_text(expression: str, kind: str) -> str:
    """SQL for a value of some type as canonical text: ISO dates, an offset where there is one, nothing for NULL."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"COALESCE(CAST(timezone('UTC', {expression}) AS VARCHAR) || '+00:00', '')"
    return f"COALESCE(CAST({expression} AS VARCHAR), '')"


class BrokenParquetError(Exception):
    """A file is no Parquet file, or is not whole."""


def _fetched(cursor: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    while rows := cursor.fetchmany(FETCHED):
        yield from rows


def _reader(columns: Mapping[str, str]) -> str:
    """The CSV reader with nothing left to its own detection: it would drop rows and change types silently."""
    declared = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
    return (
        "read_csv(?, auto_detect=false, header=false, delim=',', quote='\"', escape='\"', nullstr='', "
        "new_line='\\r\\n', dateformat='%Y-%m-%d', timestampformat='%Y-%m-%d %H:%M:%S', "
        f"columns={{{declared}}})"
    )


def _text(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value
