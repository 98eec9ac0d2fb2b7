"""XLSX → raw rows. The archive is searched first: a small hostile file can exhaust the machine or end the process.

What a spreadsheet shows but does not hold (an error, a formula without its result, the inner cells of a merge) becomes
a marked cell, which every parser of a mapped column refuses; the reader library itself shows them as empty.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from workbook_lib.intake.files import BadFileError, Opened, RawRow, Rows, no_rows
from workbook_lib.tables import listing

LARGEST_FILE = 50 << 20
LARGEST_INSIDE = 500 << 20
MOST_PARTS = 2_000
MOST_CELLS = 5_000_000
CHUNK = 1 << 20
#: A cell whose value cannot be known begins with it.
MARK = "\0"

_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b[^>]*\shidden=[\"'](?:1|true)[\"']")
_FORMULA = rb"<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)"
_ERROR_TYPE = re.compile(rb"<(?:\w+:)?c\b[^>]*\st=[\"']e[\"']")
_ERROR = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\st=[\"']e[\"'])[^>]*\sr=[\"']([A-Z]+)([0-9]+)[\"'][^>]*>\s*(?:"
    + _FORMULA
    + rb")?\s*<(?:\w+:)?v>([^<]*)<"
)
_NO_RESULT = re.compile(
    rb"<(?:\w+:)?c\b(?![^>]*\st=[\"']str[\"'])[^>]*\sr=[\"']([A-Z]+)([0-9]+)[\"'][^>]*>\s*"
    + _FORMULA
    + rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?/?>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(slots=True)
class Marks:
    """What the text of a sheet says that the reader library does not: cells of unknown value, hidden rows."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: int = 0


def open_xlsx(
    path: Path,
    *,
    sheet: str | None,
    header_depth: int,
    is_header: Callable[[Sequence[str]], bool],
    drop_rows: int = 0,
) -> Opened:
    """Open one sheet of a workbook at its header.

    sheet : its name; needed where more than one sheet holds something.

    Raises BadFileError where the archive is unsafe or broken, and where the sheet is not known.
    """
    examine(path)
    try:
        with closing(CalamineWorkbook.from_path(path)) as book:
            name, remarks = _chosen(book, sheet)
            found, index = book.get_sheet_by_name(name), book.sheet_names.index(name)
    except CalamineError as error:
        raise BadFileError(f"the workbook cannot be read: {error}.", "open it, save it as .xlsx, try again.") from None
    marks = _marks(path, index, remarks)
    for start, end in found.merged_cell_ranges or ():
        inner = [(r, c) for r in range(start[0], end[0] + 1) for c in range(start[1], end[1] + 1)]
        marks.cells.update(dict.fromkeys(inner[1:], "a cell that is merged with the one above or before it"))
    if marks.hidden_rows:
        remarks["hidden_rows"] = f"{marks.hidden_rows:,} rows of the sheet are hidden; they were read like the others."
    opened = Opened((), no_rows(), lambda: "", sheet=name, remarks=remarks)
    rows = _texts(found, marks, opened.numeric)
    header, row_no = _find_header(rows, header_depth, is_header)
    opened.header = tuple(header)
    current: list[str] = []
    opened.raw = lambda: "\t".join(cell.removeprefix(MARK) for cell in current)
    opened.rows = _rows(rows, row_no + drop_rows, opened, current)
    opened.numeric.clear()
    return opened


def filled_sheets(path: Path) -> list[str]:
    """The sheets that hold something. Raises BadFileError where the archive is unsafe or broken."""
    examine(path)
    try:
        with closing(CalamineWorkbook.from_path(path)) as book:
            return [name for name in book.sheet_names if book.get_sheet_by_name(name).height > 0]
    except CalamineError as error:
        raise BadFileError(f"the workbook cannot be read: {error}.", "open it, save it as .xlsx, try again.") from None


# --- safety -------------------------------------------------------------------------------------------------------


def examine(path: Path) -> None:
    """Refuse an archive that is no plain workbook, inflates too far, declares entities, or reaches too many cells."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise _unsafe(f"it is larger than {LARGEST_FILE >> 20} MB")
    if not zipfile.is_zipfile(path):
        raise BadFileError(
            "it is not an .xlsx workbook (old .xls files and password-protected ones look like this).",
            "open it, save it as .xlsx without a password, and try again.",
            code="wrong_kind",
        )
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        inflated = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or len({part.filename for part in parts}) != len(parts):
            raise _unsafe("it has too many parts, or two parts with one name")
        if inflated > min(LARGEST_INSIDE, 200 * max(size, CHUNK)):
            raise _unsafe(f"it inflates to {inflated:,} bytes")
        for part in parts:
            if part.filename.endswith("vbaProject.bin") or part.filename.startswith("xl/externalLinks/"):
                raise _unsafe("it holds macros or links to other workbooks")
            try:
                _examine_part(archive, part)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
                raise _unsafe(f"{part.filename} cannot be unpacked ({error})") from None


def _examine_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    width, height, tail = 0, 0, b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            text = tail + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text or text.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise _unsafe(f"{part.filename} declares entities, or is not UTF-8")
            for letters, row in _REFERENCE.findall(text):
                width, height = max(width, _column(letters)), max(height, int(row))
            tail = text[-64:]
    if width * height > MOST_CELLS:
        raise _unsafe(f"{part.filename} reaches {width:,} columns x {height:,} rows")


def _unsafe(what: str) -> BadFileError:
    return BadFileError(
        f"the workbook is refused: {what}.",
        "export it again, as CSV if it is really that large.",
        code="unsafe_workbook",
    )


def _column(letters: bytes) -> int:
    """`b"XFD"` → 16384."""
    return reduce(lambda n, c: n * 26 + c - 64, letters.upper(), 0)


# --- the sheet ----------------------------------------------------------------------------------------------------


def _chosen(book: CalamineWorkbook, wanted: str | None) -> tuple[str, dict[str, str]]:
    """The sheet to read, and a remark where it is hidden."""
    hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}
    shown = listing([f"'{name}'{' (hidden)' if name in hidden else ''}" for name in book.sheet_names], 20)
    if wanted is not None and wanted not in book.sheet_names:
        raise BadFileError(
            f"it has no sheet '{wanted}'; it has {shown}.", "correct sheet in audit.toml.", code="no_such_sheet"
        )
    filled = [name for name in book.sheet_names if book.get_sheet_by_name(name).height > 0]
    if wanted is None and len(filled) != 1:
        what = f"more than one of its sheets holds something: {shown}." if filled else "all its sheets are empty."
        code = "several_sheets" if filled else "empty_file"
        raise BadFileError(what, 'name one in audit.toml: sheet = "…".', code=code)
    name = wanted if wanted is not None else filled[0]
    return name, {"hidden_sheet": f"sheet '{name}' is hidden; it was read."} if name in hidden else {}


def _marks(path: Path, index: int, remarks: dict[str, str]) -> Marks:
    """What stands in the sheet's own text beside its values."""
    marks = Marks()
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml")
        links = archive.read("xl/_rels/workbook.xml.rels")
        if re.search(rb"date1904\s*=\s*[\"'](?:1|true)", book):
            remarks["dates_from_1904"] = "the workbook counts days from 1904; its dates were converted accordingly."
        sheets = [dict(_ATTRIBUTE.findall(tag)) for tag in _SHEET.findall(book)]
        link = next(value for key, value in sheets[index].items() if key.endswith(b":id"))
        targets = [dict(_ATTRIBUTE.findall(tag)) for tag in re.findall(rb"<Relationship\b[^>]*>", links)]
        target = next(found[b"Target"] for found in targets if found.get(b"Id") == link).decode()
        name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        with archive.open(name) as file:
            for block in _blocks(file.read, CHUNK):
                _note(block, marks)
    return marks


def _blocks(read: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """The text of a sheet in blocks that end with a row."""
    rest = b""
    while chunk := read(size):
        rest += chunk
        ends = [match.end() for match in _ROW_END.finditer(rest)]
        if ends:
            yield rest[: ends[-1]]
            rest = rest[ends[-1] :]
    yield rest


def _note(block: bytes, marks: Marks) -> None:
    marks.hidden_rows += len(_HIDDEN.findall(block))
    errors = _ERROR.findall(block)
    if len(errors) != len(_ERROR_TYPE.findall(block)):
        raise _unsafe("it holds spreadsheet errors in cells that do not say where they are")
    for letters, row, error in errors:
        marks.cells[int(row) - 1, _column(letters) - 1] = f"the spreadsheet error {error.decode(errors='replace')}"
    for letters, row in _NO_RESULT.findall(block):
        marks.cells[int(row) - 1, _column(letters) - 1] = "a formula whose result is not stored in the file"


def _texts(sheet: CalamineSheet, marks: Marks, numeric: Counter[int]) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells as text; what is left of the used area is empty."""
    if sheet.start is None:
        return
    top, left = sheet.start
    marked_rows = {row for row, _ in marks.cells}
    for row, values in enumerate(sheet.iter_rows(), top):
        cells = [""] * left + [_text(value) for value in values]
        for n, value in enumerate(values, left):
            if isinstance(value, float):
                numeric[n] += 1
        if row in marked_rows:
            for n in range(len(cells)):
                if (row, n) in marks.cells:
                    cells[n] = MARK + marks.cells[row, n]
        yield row + 1, cells


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, dates and times in ISO form, to the second."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return (value + timedelta(milliseconds=500)).replace(microsecond=0).isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _find_header(
    rows: Iterator[tuple[int, list[str]]], depth: int, is_header: Callable[[Sequence[str]], bool]
) -> tuple[list[str], int]:
    """The header and its row number; where none is accepted, the first row, for the caller's message."""
    first: list[str] | None = None
    for row_no, cells in rows:
        if is_header(cells):
            return cells, row_no
        first = cells if first is None else first
        if row_no >= depth:
            break
    return first or [], 1


def _rows(rows: Iterator[tuple[int, list[str]]], after: int, opened: Opened, current: list[str]) -> Rows:
    for row_no, cells in rows:
        if row_no <= after:
            continue
        if not any(cells):
            opened.blank_rows += 1
            continue
        current[:] = cells
        yield RawRow(row_no, cells, None)
