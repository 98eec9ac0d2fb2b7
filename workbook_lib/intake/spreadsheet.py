"""XLSX → raw rows. The archive is searched first: a small hostile file can exhaust the machine or end the process.

What a spreadsheet shows but does not hold (an error, a formula without its result, the inner cells of a merge) becomes
a marked cell, which every parser of a mapped column refuses; the reader library itself shows them as empty.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from workbook_lib.intake.files import BadFileError, Opened, RawRow, Rows
from workbook_lib.tables import listing

LARGEST_FILE = 50 << 20
LARGEST_INSIDE = 500 << 20
MOST_PARTS = 2_000
MOST_CELLS = 5_000_000
#: All cells of a workbook together, in characters: a text that is stored once may stand in many cells.
MOST_TEXT = 1 << 30
CHUNK = 1 << 20
#: The number format of a share that is shown as percent.
PERCENT = b"%"
#: Number formats that every workbook knows by their number.
BUILT_IN = {b"9": b"0%", b"10": b"0.00%"}
#: A cell whose value cannot be known begins with it.
MARK = "\0unknown: "

_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_SHARED = re.compile(rb"<(?:\w+:)?c\b[^>]*\st=[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>\s*([0-9]+)")
_SHARED_END = re.compile(rb"</(?:\w+:)?si>")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
#: Whatever is cut in two by a chunk is shorter than that.
OVERLAP = 64
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
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?/?>")
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b[^>]*>")
_CELL_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b[^>]*>")
_STYLED = re.compile(rb"<(?:\w+:)?c\b(?=[^>]*\ss=[\"']([0-9]+)[\"'])[^>]*\sr=[\"']([A-Z]+)([0-9]+)[\"']")
_STYLE_OF_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*\ss=[\"']([0-9]+)[\"']")
#: What a number format shows as it stands: texts in quotes, escaped signs, colours and conditions.
_LITERAL = re.compile(rb'(?:"|&quot;).*?(?:"|&quot;)|[\\_*].|\[[^\]]*\]')
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(slots=True)
class Marks:
    """What the text of a sheet says that the reader library does not: cells of unknown value, hidden rows, and cells
    that a number format shows otherwise than they are stored. Rows and columns count from 0.

    formats : of such a cell, `PERCENT` or the zeros of its format.
    """

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    formats: dict[tuple[int, int], bytes] = field(default_factory=dict)
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
    # The reader library asks for as much memory as a file claims to need. `examine` has bounded every claim (cells,
    # their reach, their text), so it needs no process of its own with a limit, which not every system knows.
    try:
        with closing(CalamineWorkbook.from_path(path)) as book:
            name, remarks = _chosen(book, sheet)
            found, index = book.get_sheet_by_name(name), book.sheet_names.index(name)
    except CalamineError as error:
        raise _broken(error) from None
    marks = _marks(path, index, remarks)
    _mark_merged(found, marks)
    if marks.hidden_rows:
        remarks["hidden_rows"] = f"{marks.hidden_rows:,} rows of the sheet are hidden; they were read like the others."
    current: list[str] = []
    opened = Opened((), lambda: "\t".join(cell.removeprefix(MARK) for cell in current), sheet=name, remarks=remarks)
    rows = _texts(found, marks, opened)
    header, row_no = _find_header(rows, header_depth, is_header)
    opened.header = tuple(header)
    opened.rows = _rows(rows, row_no + drop_rows, opened, current)
    opened.numeric.clear()
    opened.padded.clear()
    return opened


def filled_sheets(path: Path) -> list[str]:
    """The sheets that hold something. Raises BadFileError where the archive is unsafe or broken."""
    examine(path)
    try:
        with closing(CalamineWorkbook.from_path(path)) as book:
            return [name for name in book.sheet_names if book.get_sheet_by_name(name).height > 0]
    except CalamineError as error:
        raise _broken(error) from None


def _broken(error: CalamineError) -> BadFileError:
    return BadFileError(
        f"the workbook cannot be read: {error}.", "open it, save it as .xlsx, try again.", code="broken_workbook"
    )


# --- safety -------------------------------------------------------------------------------------------------------


def examine(path: Path) -> None:
    """Refuse an archive that is no plain workbook, inflates too far, declares entities, or claims too many cells, too
    long a text, or too much of it.
    """
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
        if len(parts) > MOST_PARTS or len({_plain(part.filename) for part in parts}) != len(parts):
            raise _unsafe("it has too many parts, or two parts with one name")
        if inflated > min(LARGEST_INSIDE, 200 * max(size, CHUNK)):
            raise _unsafe(f"it inflates to {inflated:,} bytes")
        cells = 0
        for part in parts:
            name = _plain(part.filename)
            if name.endswith("vbaproject.bin") or name.startswith("xl/externallinks/"):
                raise _unsafe("it holds macros or links to other workbooks")
            try:
                cells += _examine_part(archive, part)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
                raise _unsafe(f"{part.filename} cannot be unpacked ({error})") from None
        _refuse_repeated_texts(archive, [part.filename for part in parts], cells)


def _examine_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Look through one part; the number of its cells."""
    width, height, cells, tail = 0, 0, 0, b""
    name = _plain(part.filename)
    is_xml, says_kinds = name.endswith((".xml", ".rels")), name.endswith((".rels", "[content_types].xml"))
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            text = tail + chunk
            if is_xml and len(chunk) == CHUNK and b"<" not in chunk:
                raise _unsafe(f"{part.filename} holds a text of more than {CHUNK:,} characters")
            if says_kinds and (b"/relationships/externalLink" in text or b".macroEnabled." in text):
                raise _unsafe("it holds macros or links to other workbooks")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text or text.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise _unsafe(f"{part.filename} declares entities, or is not UTF-8")
            for letters, row in _REFERENCE.findall(text):
                width, height = max(width, _column(letters)), max(height, int(row))
            cells += len(_CELL.findall(chunk))
            tail = text[-OVERLAP:]
    if width * height > MOST_CELLS:
        raise _unsafe(f"{part.filename} reaches {width:,} columns x {height:,} rows")
    if cells > MOST_CELLS:
        raise _unsafe(f"{part.filename} holds {cells:,} cells")
    return cells


def _refuse_repeated_texts(archive: zipfile.ZipFile, parts: list[str], cells: int) -> None:
    """A text that is stored once and stands in very many cells: the reader library makes a copy of it for each."""
    tables = [name for name in parts if _plain(name).endswith("sharedstrings.xml")]
    lengths = [len(text) for name in tables for text in _SHARED_END.split(archive.read(name))]
    if not lengths or cells * max(lengths) <= MOST_TEXT:
        return
    whole = 0
    for name in parts:
        with archive.open(name) as file:
            for block in _blocks(file.read, CHUNK):
                numbers = map(int, _SHARED.findall(block))
                whole += sum(lengths[number] for number in numbers if number < len(lengths))
        if whole > MOST_TEXT:
            raise _unsafe(f"its cells together hold more than {MOST_TEXT:,} characters")


def _unsafe(what: str) -> BadFileError:
    return BadFileError(
        f"the workbook is refused: {what}.",
        "export it again, as CSV if it is really that large.",
        code="unsafe_workbook",
    )


def _plain(name: str) -> str:
    """A part's name as the reader library finds it: in small or capital letters, and with slashes of either kind."""
    return name.replace("\\", "/").casefold()


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
        parts = {_plain(name): name for name in archive.namelist()}
        book = _COMMENT.sub(b"", archive.read(parts["xl/workbook.xml"]))
        links = _COMMENT.sub(b"", archive.read(parts["xl/_rels/workbook.xml.rels"]))
        if re.search(rb"date1904\s*=\s*[\"'](?:1|true)", book):
            remarks["dates_from_1904"] = "the workbook counts days from 1904; its dates were converted accordingly."
        sheets = [dict(_ATTRIBUTE.findall(tag)) for tag in _SHEET.findall(book)]
        link = next(value for key, value in sheets[index].items() if key.endswith(b":id"))
        targets = [dict(_ATTRIBUTE.findall(tag)) for tag in re.findall(rb"<Relationship\b[^>]*>", links)]
        target = next(found[b"Target"] for found in targets if found.get(b"Id") == link).decode()
        name = target[1:] if target.startswith("/") else f"xl/{target}"
        formats = _telling_formats(archive, parts)
        with archive.open(parts[_plain(name)]) as file:
            for block in _blocks(file.read, CHUNK):
                _note(block, marks, formats)
    return marks


def _telling_formats(archive: zipfile.ZipFile, parts: dict[str, str]) -> dict[bytes, bytes]:
    """Cell style → its format, where it shows a number with leading zeros (`00000`) or as percent (`0.0%`)."""
    if "xl/styles.xml" not in parts:
        return {}
    text = archive.read(parts["xl/styles.xml"])
    own = [dict(_ATTRIBUTE.findall(tag)) for tag in _FORMAT.findall(text)]
    codes = BUILT_IN | {found.get(b"numFmtId", b""): found.get(b"formatCode", b"") for found in own}
    section = _CELL_STYLES.search(text)
    styles = [dict(_ATTRIBUTE.findall(tag)) for tag in _STYLE.findall(section.group())] if section else []
    shown = {b"%d" % no: codes.get(style.get(b"numFmtId", b""), b"") for no, style in enumerate(styles)}
    shares = {no: PERCENT for no, code in shown.items() if PERCENT in _LITERAL.sub(b"", code)}
    return shares | {no: code for no, code in shown.items() if len(code) > 1 and not code.strip(b"0")}


def _mark_merged(sheet: CalamineSheet, marks: Marks) -> None:
    """The cells of a merge but its first. What lies outside the used area is empty in any case."""
    last_row, last_column = sheet.end or (-1, -1)
    reach = 0
    for start, end in sheet.merged_cell_ranges or ():
        rows = range(start[0], min(end[0], last_row) + 1)
        columns = range(start[1], min(end[1], last_column) + 1)
        reach += len(rows) * len(columns)
        if reach > MOST_CELLS:
            raise _unsafe(f"its merged cells reach over more than {MOST_CELLS:,} cells")
        inner = ((row, column) for row in rows for column in columns if (row, column) != start)
        marks.cells.update(dict.fromkeys(inner, "a cell that is merged with the one above or before it"))


def _blocks(read: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """The text of a sheet in blocks that end with a row."""
    rest = bytearray()
    while chunk := read(size):
        rest += chunk
        ends = [match.end() for match in _ROW_END.finditer(rest, max(0, len(rest) - len(chunk) - OVERLAP))]
        if ends:
            yield bytes(rest[: ends[-1]])
            del rest[: ends[-1]]
    yield bytes(rest)


def _note(block: bytes, marks: Marks, formats: dict[bytes, bytes]) -> None:
    marks.hidden_rows += len(_HIDDEN.findall(block))
    errors = _ERROR.findall(block)
    if len(errors) != len(_ERROR_TYPE.findall(block)):
        raise _unsafe("it holds spreadsheet errors in cells that do not say where they are")
    for letters, row, error in errors:
        marks.cells[int(row) - 1, _column(letters) - 1] = f"the spreadsheet error {error.decode(errors='replace')}"
    for letters, row in _NO_RESULT.findall(block):
        marks.cells[int(row) - 1, _column(letters) - 1] = "a formula whose result is not stored in the file"
    styled = [found for found in _STYLED.findall(block) if found[0] in formats] if formats else []
    if formats and len(styled) != sum(style in formats for style in _STYLE_OF_CELL.findall(block)):
        raise _unsafe("it holds cells whose number format matters, and that do not say where they are")
    for style, letters, row in styled:
        marks.formats[int(row) - 1, _column(letters) - 1] = formats[style]


def _texts(sheet: CalamineSheet, marks: Marks, opened: Opened) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells as text; what is left of the used area is empty."""
    if sheet.start is None:
        return
    top, left = sheet.start
    marked_rows = {row for row, _ in (*marks.cells, *marks.formats)}
    for row, values in enumerate(sheet.iter_rows(), top):
        cells = [""] * left + [_text(value) for value in values]
        for n, value in enumerate(values, left):
            if isinstance(value, float):
                opened.numeric[n] += 1
        for n in range(len(cells)) if row in marked_rows else ():
            if (row, n) in marks.cells:
                cells[n] = MARK + marks.cells[row, n]
            elif (row, n) in marks.formats and n >= left and isinstance(value := values[n - left], float):
                if marks.formats[row, n] == PERCENT:
                    cells[n] = _percent(value)
                elif cells[n].isdigit():
                    opened.numeric[n] -= 1
                    opened.padded[n] += 1
                    cells[n] = cells[n].zfill(len(marks.formats[row, n]))
        yield row + 1, cells


def _percent(share: float) -> str:
    """A share as it is shown, but not rounded by the format: 79.6% is no 80%. A spreadsheet counts to 15 digits.

    >>> _percent(0.07), _percent(0.1 + 0.7), _percent(0.7955), _percent(1.0)
    ('7%', '80%', '79.55%', '100%')
    """
    return f"{(Decimal(f'{share:.15g}') * 100).normalize():f}%"


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, dates and times in ISO form, to the second."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        if value != int(value):
            return repr(value)
        return str(int(value)) if abs(value) < 1e15 else f"{MARK}a number with more digits than a spreadsheet keeps"
    if isinstance(value, datetime):
        as_meant = value + timedelta(milliseconds=1)  # a day is a fraction, and the last digits of one are noise
        return as_meant.replace(microsecond=0).isoformat(sep=" ")
    return str(value)


def _find_header(
    rows: Iterator[tuple[int, list[str]]], depth: int, is_header: Callable[[Sequence[str]], bool]
) -> tuple[list[str], int]:
    """The header and its row number; where none is accepted, the first row, for the caller's message."""
    first: list[str] | None = None
    for row_no, texts in rows:
        cells = ["" if text.startswith(MARK) else text for text in texts]  # what is not known names no column
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
