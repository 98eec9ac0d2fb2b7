"""CSV → raw rows, read strictly: record by record, or a line at a time where each line is a record."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from workbook_lib.intake.files import LONGEST_CELL, BadFileError, Digest, Fault, Opened, RawRow, Rows

#: Bytes of which a text is looked at together.
CHUNK = 4 << 20


class _Lines:
    """The lines of a file, and those that make up the record taken last. Open only while they are taken."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self.taken: list[str] = []

    def __iter__(self) -> Generator[str, None, None]:
        taken = self.taken
        with self._path.open(encoding=self._encoding, newline="") as file:
            for line in file:
                taken.append(line)
                yield line

    def raw(self) -> str:
        return "".join(self.taken).rstrip("\r\n")


def open_csv(
    path: Path,
    content: Digest,
    *,
    delimiter: str,
    header_depth: int,
    is_header: Callable[[Sequence[str]], bool],
    drop_rows: int = 0,
    paired: bool = False,
) -> Opened:
    """Open a CSV file at its header: the first row, of the first `header_depth`, that `is_header` accepts.

    drop_rows : rows right below the header that are not data (a second header, say).  paired : the report has pairs of
    columns, the second of which may have no name.

    Where no row is the header, the first row stands for it. The rows raise BadFileError where a quote is never closed.
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = _Lines(path, content.encoding)
    with closing(iter(lines)) as text:
        header, at = _find_header(csv.reader(text, delimiter=delimiter, strict=True), header_depth, is_header)
    remarks = {}
    if content.encoding == "utf-16":
        remarks["utf_16"] = "the file is UTF-16 (with a byte order mark); it was read as such."
    if header and header[0].startswith("\ufeff"):
        remarks["second_mark"] = "the file begins with more than one byte order mark; they were ignored."
        header[0] = header[0].lstrip("\ufeff")
    unnamed_last = not paired and len(header) > 1 and not header[-1].strip()
    if unnamed_last:
        remarks["trailing_delimiter"] = "each line ends with a delimiter; the unnamed empty last column was ignored."
    opened = Opened(tuple(header), lines.raw, remarks=remarks)
    shape = _Shape(delimiter, at + drop_rows, len(header), unnamed_last, content.ends_with_newline)
    opened.rows = _csv_rows(lines, opened, shape)
    opened.lines = CsvLines(path, content.encoding, lines, opened, shape)
    return opened


class _Shape(NamedTuple):
    """What is known of a CSV file once its header is found. `above`: rows above the first record, the header too."""

    delimiter: str
    above: int
    width: int
    unnamed_last: bool
    ends_with_newline: bool


def _find_header(reader: Any, depth: int, is_header: Callable[[Sequence[str]], bool]) -> tuple[list[str], int]:
    """The header and its row number; where none is accepted, the first row, for the caller's message."""
    first: list[str] | None = None
    try:
        for row_no, cells in enumerate(reader, 1):
            if is_header(cells):
                return cells, row_no
            first = cells if first is None else first
            if row_no >= depth:
                break
    except csv.Error as error:
        raise BadFileError(
            f"the header cannot be read: {error}.", "export the file again.", place="row 1", code="bad_header"
        ) from None
    return first or [], 1


def _csv_rows(lines: _Lines, opened: Opened, shape: _Shape) -> Rows:
    """The rows below the header."""
    with closing(iter(lines)) as text:
        reader = csv.reader(text, delimiter=shape.delimiter, strict=True)
        for row_no in range(1, shape.above + 1):
            try:
                next(reader, None)
            except csv.Error:
                raise unclosed_quote(row_no) from None
        last = yield from _records(reader, lines.taken, opened, shape, shape.above)
    opened.cut_off = last if opened.short_row == last and not shape.ends_with_newline else 0


def _records(reader: Any, taken: list[str], opened: Opened, shape: _Shape, row_no: int) -> Generator[RawRow, None, int]:
    """The records that a CSV reader still has, numbered after `row_no`; returns the number of the last."""
    width = shape.width
    while True:
        taken.clear()
        row_no += 1
        try:
            cells = next(reader)
        except StopIteration:
            return row_no - 1
        except csv.Error as error:
            yield _broken(row_no, error, taken, shape.delimiter)
            continue
        fault = None
        if len(cells) != width:
            if not cells:
                opened.blank_rows += 1
                continue
            fault = _ragged(row_no, cells, taken, shape)
            opened.short_row = row_no if fault and fault.code == "too_short" else 0
        elif shape.unnamed_last and cells[-1].strip():
            opened.unnamed += 1
        opened.broken_lines += len(taken) > 1
        if "\0" in "".join(taken):
            fault = Fault("nul_character", "the row holds a NUL character")
        yield RawRow(row_no, cells, fault)


@dataclass(slots=True)
class CsvLines:
    """The records of a CSV file one line at a time, for whoever has the lines from elsewhere."""

    path: Path
    encoding: str
    _lines: _Lines
    _opened: Opened
    _shape: _Shape

    @property
    def delimiter(self) -> str:
        """What stands between two cells."""
        return self._shape.delimiter

    @property
    def above(self) -> int:
        """How many rows stand above the first record, the header among them."""
        return self._shape.above

    def lines_above(self) -> int:
        """How many lines these rows take: more, where a cell of them holds a line break; 0 where one is broken."""
        with closing(iter(self._lines)) as text:
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            try:
                for _ in range(self.above):
                    next(reader, None)
            except csv.Error:
                return 0
            return int(reader.line_num)

    def stands_alone(self, line: str) -> bool:
        """Whether a line is a record by itself, whatever comes after it."""
        try:
            return len(list(csv.reader([line], delimiter=self.delimiter, strict=True))) == 1
        except csv.Error:
            return False

    def record(self, row_no: int, line: str) -> RawRow:
        """The record that is this line."""
        text = self._taking(line)
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        return next(_records(reader, self._lines.taken, self._opened, self._shape, row_no - 1))

    def end(self, row_no: int) -> None:
        """Say that the row of this number was the last."""
        if self._opened.short_row == row_no and not self._shape.ends_with_newline:
            self._opened.cut_off = row_no

    def _taking(self, line: str) -> Generator[str, None, None]:
        self._lines.taken.append(line)
        yield line


def _broken(row_no: int, error: csv.Error, taken: list[str], delimiter: str) -> RawRow:
    """A record that the CSV reader refuses. Over several lines it may have swallowed others: that refuses the file.

    Its cells are read once more without strictness: it may tell whom it is about.
    """
    if len(taken) > 1 or "unexpected end" in str(error) or taken[0].count('"') % 2:
        raise unclosed_quote(row_no)
    if "field limit" in str(error):
        cells = taken[0].split(delimiter)
        return RawRow(row_no, cells, Fault("cell_too_long", f"a cell is longer than {LONGEST_CELL:,} characters"))
    cells = next(csv.reader(taken, delimiter=delimiter))
    return RawRow(row_no, cells, Fault("bad_quotes", "a quoted cell goes on after its closing quote"))


def unclosed_quote(row_no: int) -> BadFileError:
    """A record over several lines that is not whole: it has probably swallowed others."""
    return BadFileError(
        'a quote (") that is opened here is not closed properly, and everything after it is in doubt.',
        "export the file again from the source; do not mend it by hand.",
        place=f"row {row_no}",
        code="unclosed_quote",
    )


def _ragged(row_no: int, cells: list[str], taken: list[str], shape: _Shape) -> Fault | None:
    """A row with too few or too many cells; where the unnamed last column is missing, it is filled."""
    if shape.unnamed_last and len(cells) == shape.width - 1:
        cells.append("")
        return None
    if len(taken) > 1:
        raise unclosed_quote(row_no)
    code = "too_short" if len(cells) < shape.width else "too_long"
    return Fault(code, f"the row has {len(cells)} cells, the header has {shape.width}")


def plain_text(path: Path) -> tuple[int, str, bool] | None:
    """How many ends of lines a text has, how they are written, and whether it has quotes.

    None for a text that the engine might split in other ways: with empty lines, ends of several kinds, control
    characters, or lines that go on for megabytes.
    """
    ends = returns = pairs = 0
    has_quotes, last = False, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text, has_returns = last + chunk, last == b"\r" or b"\r" in chunk
            if b"\0" in chunk or b"\1" in chunk or b"\n\n" in text or (has_returns and b"\n\r" in text):
                return None
            if len(chunk) == CHUNK and b"\n" not in chunk:
                return None
            ends += chunk.count(b"\n")
            if has_returns:
                returns, pairs = returns + chunk.count(b"\r"), pairs + text.count(b"\r\n")
            has_quotes, last = has_quotes or b'"' in chunk, chunk[-1:]
    return (ends, "\\r\\n" if pairs else "\\n", has_quotes) if returns == pairs and pairs in (0, ends) else None
