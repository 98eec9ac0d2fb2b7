"""Tables as CSV for people: UTF-8, ISO dates, and no text that a spreadsheet would take for a formula.

The escape can be undone: CWE-1236, OWASP ASVS 1.2.10.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import IO

#: What makes a spreadsheet take a text for a formula; and the sign that is put before such a text.
TRIGGERS = tuple("=+-@\t\r\n\0'＝＋－＠")
#: `escape` in SQL; `{0}` is the text. Most texts begin with a letter or a digit, and are seen to be harmless at once.
ESCAPED = (
    "CASE WHEN {0} BETWEEN 'A' AND '~' OR {0} BETWEEN '0' AND '9~' THEN {0} "
    r"WHEN regexp_matches({0}, '^ *[=+\-@\t\r\n\x00''＝＋－＠]') THEN '''' || {0} ELSE {0} END"
)


def escape(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `unescape` gives it back.

    >>> escape("=1+1"), escape(" -x"), escape("x-1"), escape("'")
    ("'=1+1", "' -x", 'x-1', "''")
    """
    return f"'{text}" if text.lstrip(" ").startswith(TRIGGERS) else text


def unescape(text: str) -> str:
    """What stood in the cell before `escape`.

    >>> unescape("'=1+1"), unescape("x-1")
    ('=1+1', 'x-1')
    """
    return text.removeprefix("'")


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with its header: none is empty, dates are ISO, texts are escaped."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(_Lines(file), lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


class _Lines:
    """A file whose lines end in LF, for a writer that ends them in CR LF: it quotes only what its line ends hold, and a
    CR by itself must be quoted, too.
    """

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def write(self, line: str) -> None:
        self.file.write(line.removesuffix("\r\n") + "\n")


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case str():
            return escape(value)
        case _:
            return value
