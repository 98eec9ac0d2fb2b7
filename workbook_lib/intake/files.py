"""Files → raw rows: what all kinds of file have in common; nothing is guessed that a profile can declare.

A reader gives each row with the number that a spreadsheet shows for it. Nothing is dropped: a row that is not whole
comes with its fault. A file that cannot be trusted as a whole is refused.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workbook_lib.intake.values import fold

if TYPE_CHECKING:
    from workbook_lib.intake.csv_records import CsvLines

#: A longer cell, even of a column that nobody reads, is no cell of an export.
LONGEST_CELL = 1 << 20
#: Fifteen million records take about 2 GB; a text file several times larger is no export of one report.
LARGEST_CSV = 8 << 30
CHUNK = 1 << 20
#: Kinds of file that are not text.
BINARY = ("xlsx", "parquet")


class BadFileError(Exception):
    """A file cannot be trusted as a whole. `place` is where in it, `do` what mends it."""

    def __init__(self, what: str, do: str, place: str = "", *, code: str) -> None:
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

    rows : set when all else is known; they note here what they meet.
    raw : the text of the row taken last, as it stands in the file.  remarks : code → what a reader should know.
    others : what the records hold beside the header.  empty : there is no record at all.
    numeric : per column, how many cells a spreadsheet holds as numbers (their leading zeros are lost).
    padded : per column, how many such cells a number format shows with leading zeros; they were read as shown.
    broken_lines : how many records run over several lines.  unnamed : how many hold something in a last column that
    has no name.
    cut_off : the number of the last row where it is too short and its line has no end.
    goes_on : the key by which a page of an answer says that another one follows.
    short_row : the number of the row found last that is too short.
    lines : how a CSV file's records can be taken one line at a time.  types : of the columns of a Parquet file.
    """

    header: tuple[str, ...]
    rows: Rows = field(init=False)
    raw: Callable[[], str]
    sheet: str = ""
    remarks: dict[str, str] = field(default_factory=dict)
    numeric: Counter[int] = field(default_factory=Counter)
    padded: Counter[int] = field(default_factory=Counter)
    others: tuple[str, ...] = ()
    empty: bool = False
    blank_rows: int = 0
    broken_lines: int = 0
    unnamed: int = 0
    cut_off: int = 0
    goes_on: str = ""
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
    if b"\0" in start[:4]:
        raise BadFileError(
            "it looks like UTF-16 without a byte order mark.", "export it as UTF-8.", code="wrong_encoding"
        )
    head = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"<"):
        raise BadFileError(
            "it is a web page or XML (perhaps a login page), not an export.",
            "sign in to the source system and export again.",
            code="web_page",
        )
    if kind == "csv" and head.startswith((b"{", b"[{")):
        raise BadFileError("it is JSON, not CSV.", "rename it to .json.", code="wrong_kind")
    return "utf-8-sig" if declared == "utf-8" or start.startswith(codecs.BOM_UTF8) else declared


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
        before = content[: error.start].decode(encoding)
        row = sum(1 for _ in csv.reader(io.StringIO(before, newline=""))) or 1
        row += before.endswith(("\n", "\r"))
        name = encoding.removesuffix("-sig").upper()
        return BadFileError(
            f"byte 0x{content[error.start]:02x} at offset {error.start} is not valid {name}.",
            'export as UTF-8; or, where the source only writes a Windows encoding, declare encoding = "cp1252" '
            "in a profile.",
            place=f"row {row}",
            code="wrong_encoding",
        )
    return BadFileError("it changed while it was read.", "run it again once nothing writes to it.", code="changed_file")
