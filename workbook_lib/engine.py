"""The one seam to the SQL engine: DuckDB in this process. Nothing else imports it.

A relation is made once, from rows or from a statement, and never changed afterwards.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

#: Every relation made so far is known by one of these plain names; they never come from a user.
Row = tuple[Any, ...]
#: A text that begins like this is a formula to a spreadsheet; or it has the quote that makes it text already.
FORMULA = r"^ *[=+\-@\t\r\n\x27＝＋－＠]"


class Engine:
    """An empty in-memory database; each run has its own."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'UTC'")
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
        """Make relation `name` from a SELECT, and remember its text: it is part of the evidence."""
        self.statements[name] = statement
        self.derive(name, statement)

    def derive(self, name: str, statement: str) -> None:
        """Make relation `name` from a SELECT that judges nobody."""
        self._connection.execute(f"CREATE TABLE {name} AS {statement}")

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

    def export(self, query: str, path: Path) -> None:
        """Write the result of a SELECT as UTF-8 CSV with a header; NULL is empty, dates are ISO, texts are harmless."""
        columns = self._connection.execute(f"DESCRIBE {query}").fetchall()
        shown = ", ".join(_harmless(name) if kind == "VARCHAR" else f'"{name}"' for name, kind, *_ in columns)
        target = str(path).replace("'", "''")
        self._connection.execute(f"COPY (SELECT {shown} FROM ({query}) listed) TO '{target}' (HEADER, DELIMITER ',')")

    def close(self) -> None:
        """Let go of the memory."""
        self._connection.close()


def _reader(columns: Mapping[str, str]) -> str:
    """The CSV reader with nothing left to its own detection: it would drop rows and change types silently."""
    declared = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
    return (
        "read_csv(?, auto_detect=false, header=false, delim=',', quote='\"', escape='\"', nullstr='', "
        "new_line='\\r\\n', dateformat='%Y-%m-%d', timestampformat='%Y-%m-%d %H:%M:%S', "
        f"columns={{{declared}}})"
    )


def harmless(text: str) -> str:
    """A text as a table for people holds it: a quote before what a spreadsheet would take for a formula.

    Removing one leading quote gives the text again, for a quote gets one, too (OWASP ASVS 1.2.10, CWE-1236).

    >>> harmless("=1+1"), harmless("Ada")
    ("'=1+1", 'Ada')
    """
    return "'" + text if re.match(FORMULA, text) else text


def _harmless(column: str) -> str:
    """The same in SQL."""
    test = f"regexp_matches(\"{column}\", '{FORMULA}')"
    return f'CASE WHEN {test} THEN chr(39) || "{column}" ELSE "{column}" END AS "{column}"'


def _text(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value
