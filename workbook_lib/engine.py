"""The one seam to the SQL engine: DuckDB in this process. Nothing else imports it.

A relation is made once, from rows or from a statement, and never changed afterwards, but to hide what it names.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

#: Every relation made so far is known by one of these plain names; they never come from a user.
Row = tuple[Any, ...]
#: Rows that a stream takes at a time.
FETCHED = 10_000


class Engine:
    """An empty in-memory database; each run has its own."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._schema = ""
        self.statements: dict[str, str] = {}

    def load(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
        """Make relation `name` (column → SQL type) from rows; None is NULL, and no value is an empty text.

        The rows pass through a file on disk: memory stays flat however many there are, and every type is declared.
        """
        schema = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._connection.execute(f"CREATE TABLE {name} ({schema})")
        handle, name_of_spool = tempfile.mkstemp(prefix="workbook-", suffix=".csv")
        spool = Path(name_of_spool)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([_text(value) for value in row] for row in rows)
            if spool.stat().st_size:
                self._connection.execute(f"INSERT INTO {name} SELECT * FROM {_reader(columns)}", [str(spool)])
        finally:
            spool.unlink()

    def make(self, name: str, statement: str) -> None:
        """Make relation `name` from a SELECT, and remember its text: it is part of the evidence.

        A text that ran before is remembered once, under its first name.
        """
        if statement not in self.statements.values():
            self.statements[f"{self._schema}_{name}" if self._schema else name] = statement
        self.derive(name, statement)

    def derive(self, name: str, statement: str) -> None:
        """Make relation `name` from a SELECT that judges nobody."""
        self._connection.execute(f"CREATE TABLE {name} AS {statement}")

    @contextmanager
    def aside(self, schema: str) -> Iterator[None]:
        """Make relations in a schema of their own, as if some of the existing ones were different.

        Inside, a statement finds the relations made inside and, where there is none of that name, those outside. From
        outside they are `schema.name`. What was made before is not changed.
        """
        self._connection.execute(f"CREATE SCHEMA {schema}")
        self._connection.execute(f"SET search_path = '{schema},main'")
        self._schema = schema
        try:
            yield
        finally:
            self._schema = ""
            self._connection.execute("SET search_path = 'main'")

    def drop_aside(self, schema: str) -> None:
        """Let go of what was made `aside`."""
        self._connection.execute(f"DROP SCHEMA {schema} CASCADE")

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
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * REPLACE ({others}) FROM {name}")

    def drop(self, name: str) -> None:
        """Forget a relation."""
        self._connection.execute(f"DROP TABLE {name}")

    def rows(self, query: str) -> list[Row]:
        """Fetch the result of a SELECT."""
        return self._connection.execute(query).fetchall()

    def dicts(self, query: str) -> list[dict[str, Any]]:
        """Fetch the result of a SELECT, each row by column name."""
        cursor = self._connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, query: str) -> pd.DataFrame:
        """Fetch the result of a SELECT for people to look at; dates stay dates, ids stay text."""
        cursor = self._connection.execute(query)
        names = [column[0] for column in cursor.description]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)

    def count(self, relation: str) -> int:
        """Number of rows of a relation."""
        return int(self.rows(f"SELECT COUNT(*) FROM {relation}")[0][0])

    def stream(self, query: str) -> tuple[list[str], Iterator[Row]]:
        """The column names of a SELECT, and its rows a few at a time: no more of them are in memory."""
        cursor = self._connection.cursor().execute(query)
        return [column[0] for column in cursor.description], _fetched(cursor)

    def export(self, query: str, path: Path, text: str = "{0}") -> None:
        """Write the result of a SELECT as UTF-8 CSV with a header; NULL is empty, dates are ISO.

        text : an SQL expression for what is written of a text, which stands in it as `{0}`.
        """
        described = self._connection.execute(f"DESCRIBE {query}").fetchall()
        named = [(f'"{name}"', kind) for name, kind, *_ in described]
        columns = ", ".join(f"{text.format(name)} AS {name}" if kind == "VARCHAR" else name for name, kind in named)
        query = f"SELECT {columns} FROM ({query}) listed"
        self._connection.execute(f"COPY ({query}) TO {quoted(str(path))} (HEADER, DELIMITER ',')")

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()


def quoted(text: str) -> str:
    """A text from the data as an SQL literal.

    >>> quoted("O'Hara")
    "'O''Hara'"
    """
    return "'" + text.replace("'", "''") + "'"


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
