"""Files → raw rows: CSV, read strictly; nothing is guessed that a profile can declare.

A reader gives each row with the number that a spreadsheet shows for it. Nothing is dropped: a row that is not whole
comes with its fault. A file that cannot be trusted as a whole is refused.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from workbook_lib.intake.values import fold

#: A longer cell, even of a column that nobody reads, is no cell of an export.
LONGEST_CELL = 1 << 20
#: Fifteen million records take about 2 GB; a text file several times larger is no export of one report.
LARGEST_CSV = 8 << 30
CHUNK = 1 << 20
#: Kinds of file that are not text.
BINARY = ("xlsx", "parquet")


class BadFileError(Exception):
    """A file cannot be trusted as a whole. `place` is where in it, `do` what mends it."""

    def __init__(self, what: str, do: str, place: str = "", code: str = "refused") -> None:
        super().__init__(what)
        self.what, self.do, self.place, self.code = what, do, place, code


class Fault(NamedTuple):
    """Why a row is not whole."""

    code: str
    message: str


class RawRow(NamedTuple):
    """One row: its number as a spreadsheet shows it, its cells in the order of the header, and what is wrong."""

    row_no: int
    cells: list[str]
    fault: Fault | None


#: Closed when they are no longer wanted: the file is open as long as they are.
Rows = Generator[RawRow, None, None]


@dataclass(slots=True)
class Opened:
    """An opened file: its columns, and its rows to be taken once, in order.

    raw : the text of the row taken last, as it stands in the file.  remarks : code → what a reader should know.
    others : what the records hold beside the header.  empty : there is no record at all.
    numeric : per column, how many cells a spreadsheet holds as numbers (their leading zeros are lost).
    padded : per column, how many such cells a number format shows with leading zeros; they were read as shown.
    broken_lines : how many records run over several lines.
    cut_off : the number of the last row where it is too short and its line has no end.
    short_row : the number of the row found last that is too short.
    lines : how a CSV file's records can be taken one line at a time.  types : of the columns of a Parquet file.
    """

    header: tuple[str, ...]
    rows: Rows
    raw: Callable[[], str]
    sheet: str = ""
    remarks: dict[str, str] = field(default_factory=dict)
    numeric: Counter[int] = field(default_factory=Counter)
    padded: Counter[int] = field(default_factory=Counter)
    others: tuple[str, ...] = ()
    empty: bool = False
    blank_rows: int = 0
    broken_lines: int = 0
    cut_off: int = 0
    short_row: int = 0
    lines: CsvLines | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What a first pass over the bytes found."""

    size: int
    sha256: str
    encoding: str
    ends_with_newline: bool


def no_rows() -> Rows:
    """For a file of which the rows are told later."""
    yield from ()


def normal(header: str, *, strip_brackets: bool = False) -> str:
    """The form in which headers are compared.

    >>> normal("\ufeff Employee\u00a0ID  [Required]", strip_brackets=True)
    'employee id'
    """
    header = header.replace("\ufeff", "").replace("\u200b", "")
    if strip_brackets:
        header = re.sub(r"\s*\[[^\]]*\]\s*$", "", header)
    return fold(header)


# --- the bytes ----------------------------------------------------------------------------------------------------

_MAGIC = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive or an .xlsx workbook",
    b"\xd0\xcf\x11\xe0": "an old or password-protected Office document",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
}


def kind_of(path: Path) -> str:
    """How a file is read, told by its name: csv, json, xlsx or parquet."""
    suffix = path.suffix.casefold()
    kinds = {".json": "json", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xlsx", ".parquet": "parquet"}
    return kinds.get(suffix, "csv")


def digest(path: Path, kind: str, encoding: str = "utf-8") -> Digest:
    """Hash a file, and check that its bytes are the text that they are said to be.

    Raises BadFileError for an empty file and one too large, for something else than text, at the first byte that does
    not decode, and for UTF-8 that is declared as something else.
    """
    sha, size, last = hashlib.sha256(), 0, b""
    decoder = None
    if kind == "csv" and path.stat().st_size > LARGEST_CSV:
        raise BadFileError(
            f"it is larger than {LARGEST_CSV:,} bytes.", "export it in parts, one [[source]] each.", code="too_large"
        )
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            sha.update(chunk)
            if kind not in BINARY:
                if decoder is None:
                    encoding = _encoding(chunk, encoding, kind)
                    decoder = codecs.getincrementaldecoder(encoding)()
                _decode(decoder, chunk, path, encoding)
            size, last = size + len(chunk), chunk[-2:]
    if not size:
        raise BadFileError("the file is empty.", "export it again; an empty file proves nothing.", code="empty_file")
    if decoder is not None:
        _decode(decoder, b"", path, encoding, final=True)
        if encoding in ("cp1252", "latin-1"):
            _refuse_utf8(path, encoding)
    return Digest(size, sha.hexdigest(), encoding, last.strip(b"\0")[-1:] in (b"\n", b"\r"))


def _encoding(start: bytes, declared: str, kind: str) -> str:
    """The encoding told by the byte order mark, else the declared one."""
    for magic, what in _MAGIC.items():
        if start.startswith(magic):
            raise BadFileError(
                f"it is {what}, not {kind.upper()}.",
                "unpack it, or export again, and give the file its proper suffix.",
                code="wrong_kind",
            )
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if b"\0" in start[:4]:
        raise BadFileError(
            "it looks like UTF-16 without a byte order mark.", "export it as UTF-8.", code="wrong_encoding"
        )
    head = start.removeprefix(codecs.BOM_UTF8).lstrip()[:64].lower()
    if head.startswith(b"<"):
        raise BadFileError(
            "it is a web page or XML (perhaps a login page), not an export.",
            "sign in to the source system and export again.",
            code="web_page",
        )
    if kind == "csv" and head.startswith((b"{", b"[{")):
        raise BadFileError("it is JSON, not CSV.", "rename it to .json.", code="wrong_kind")
    return "utf-8-sig" if declared in ("utf-8", "utf-8-sig") else declared


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, path: Path, encoding: str, *, final: bool = False
) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        raise _undecodable(path, encoding) from None


def _refuse_utf8(path: Path, encoding: str) -> None:
    """Every byte is some letter of cp1252 and latin-1, so that UTF-8 decodes, too, but into other letters."""
    beyond_ascii = False
    try:
        with path.open(encoding="utf-8") as file:
            while chunk := file.read(CHUNK):
                beyond_ascii |= not chunk.isascii()
    except UnicodeDecodeError:
        return
    if beyond_ascii:
        raise BadFileError(
            f"it is valid UTF-8, although its profile declares {encoding}.",
            f'remove encoding = "{encoding}" from the profile, or use one without it for this file.',
            code="wrong_encoding",
        )


def _undecodable(path: Path, encoding: str) -> BadFileError:
    """Where exactly the first wrong byte is. The file is read whole: this happens once, on the way out."""
    content = path.read_bytes()
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        row = sum(1 for _ in csv.reader(before.splitlines(keepends=True))) or 1
        row += before.endswith(("\n", "\r"))
        name = encoding.removesuffix("-sig").upper()
        return BadFileError(
            f"byte 0x{content[error.start]:02x} at offset {error.start} is not valid {name}.",
            'export as UTF-8; or, where the source only writes a Windows encoding, declare encoding = "cp1252" '
            "in a profile.",
            place=f"row {row}",
            code="wrong_encoding",
        )
    raise AssertionError("the file changed while it was read")


# --- CSV ----------------------------------------------------------------------------------------------------------


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
    opened = Opened(tuple(header), no_rows(), lines.raw, remarks=remarks)
    shape = _Shape(delimiter, at, drop_rows, len(header), unnamed_last, content.ends_with_newline)
    opened.rows = _csv_rows(lines, opened, shape)
    opened.lines = CsvLines(path, content.encoding, lines, opened, shape)
    return opened


class _Shape(NamedTuple):
    """What is known of a CSV file once its header is found."""

    delimiter: str
    header_at: int
    drop_rows: int
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
    row_no = 0
    with closing(iter(lines)) as text:
        reader = csv.reader(text, delimiter=shape.delimiter, strict=True)
        for row_no in range(1, shape.header_at + shape.drop_rows + 1):
            try:
                next(reader, None)
            except csv.Error:
                raise unclosed_quote(row_no) from None
        row_no = yield from _records(reader, lines.taken, opened, shape, row_no)
    opened.cut_off = opened.short_row if opened.short_row == row_no and not shape.ends_with_newline else 0


def _records(
    reader: Any, taken: list[str], opened: Opened, shape: _Shape, row_no: int
) -> Generator[RawRow, None, int]:
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
        opened.broken_lines += len(taken) > 1
        if "\0" in taken[0] or (len(taken) > 1 and any("\0" in line for line in taken)):
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
        return self._shape.header_at + self._shape.drop_rows

    def lines_above(self) -> int:
        """How many lines these rows take: more, where a cell of them holds a line break."""
        with closing(iter(self._lines)) as text:
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            for _ in range(self.above):
                next(reader, None)
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
