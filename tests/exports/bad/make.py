"""The bad exports that are too large or too binary to be kept as files: each is made when a test asks for it.

By hand, into a folder: `PYTHONPATH=tests:. python tests/exports/bad/make.py FOLDER`.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

from arrivals import MAIN, OFFICE, Cell, archive, dated, sheet, workbook

HEADER: list[object] = ["person_id", "name", "worker_type", "start_date", "end_date"]
ADA: list[object] = ["E1", "Ada", "employee", "2023-01-09"]
DI: list[object] = ["E9", "Di", "employee", "2023-01-09", "2025-06-30"]
CSV = "person_id,name,worker_type,start_date,end_date\nE1,Ada,employee,2023-01-09,\n"
#: What old and password-protected Office documents begin with.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FIRST = "xl/worksheets/sheet1.xml"


def with_cell(place: str) -> str:
    """A sheet that reaches to one far cell."""
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return sheet(HEADER, DI).replace("</sheetData>", f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>')


def with_entities(declaration: str) -> str:
    """A sheet whose first name is an entity."""
    return declaration + sheet(HEADER, ADA, DI).replace(">Ada<", ">&a;<")


def with_hidden_sheet() -> bytes:
    """The only sheet that holds something is hidden."""
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/>'
        '<sheet name="Staff" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>'
    )
    return workbook(sheets={"Staff": sheet(HEADER, ADA, DI)}, more={"xl/workbook.xml": book})


def one_text_in_many_cells() -> bytes:
    """A text of 32,000 characters, stored once, in 100,000 cells: 3.2 billion characters from a file of 300 KB."""
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100_001))
    return workbook(
        more={
            FIRST: f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>{"x" * 32_000}</t></si></sst>',
        }
    )


ENTITIES = "<!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)
)
MERGED = '<mergeCells><mergeCell ref="C2:C3"/></mergeCells>'
MERGED_TO_THE_END = '<mergeCells><mergeCell ref="G2:XFD1048576"/></mergeCells>'

MAKERS: dict[str, Callable[[], bytes]] = {
    "019_gzip.csv": lambda: gzip.compress(CSV.encode(), mtime=0),
    "019_zip.csv": lambda: archive({"people.csv": CSV}),
    "027_password.xlsx": lambda: OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le"),
    "028_old_xls_renamed.xlsx": lambda: OLE + bytes(504) + "Workbook".encode("utf-16-le"),
    "029_merged_cells.xlsx": lambda: workbook(HEADER, DI, ["E2", "Bo", None, "2025-03-03"], after=MERGED),
    "029_merged_to_the_end.xlsx": lambda: workbook(HEADER, ADA, DI, after=MERGED_TO_THE_END),
    "030_formula_without_result.xlsx": lambda: workbook(
        HEADER, DI, ["E2", "Bo", "employee", Cell("", "<f>TODAY()</f>")]
    ),
    "031_errors.xlsx": lambda: workbook(
        HEADER,
        DI,
        [Cell('t="e"', "<f>VLOOKUP(1,A1,2)</f><v>#N/A</v>"), "Bo", "employee", "2025-03-03"],
        ["E3", "Cy", "employee", "2025-03-03", Cell('t="e"', "<v>#REF!</v>")],
    ),
    "032_hidden_sheet.xlsx": with_hidden_sheet,
    "032_hidden_row.xlsx": lambda: workbook(HEADER, ADA, DI, row_attributes={2: 'hidden="1"'}),
    "033_wrong_sheet.xlsx": lambda: workbook(HEADER, ADA, DI),
    "034_two_sheets.xlsx": lambda: workbook(HEADER, ADA, DI, sheets={"Former": sheet(HEADER, DI)}),
    "035_zeros_shown_by_a_format.xlsx": lambda: workbook(
        HEADER, [Cell('s="3"', "<v>123</v>"), *ADA[1:]], [Cell('s="3"', "<v>1234567</v>"), *DI[1:]]
    ),
    "035_ids_as_numbers.xlsx": lambda: workbook(HEADER, [123, *ADA[1:]], DI),
    "036_dates_from_1904.xlsx": lambda: workbook(
        HEADER, [*ADA[:3], dated(43_473)], DI, book='<workbookPr date1904="1"/>'
    ),
    "037_date_as_text.xlsx": lambda: workbook(HEADER, DI, [*ADA[:3], "09.01.2023"]),
    "038_serial_without_format.xlsx": lambda: workbook(HEADER, DI, [*ADA[:3], 45_000]),
    "039_far_cell.xlsx": lambda: workbook(more={FIRST: with_cell("XFD1048576")}),
    "040_entity_bomb.xlsx": lambda: workbook(more={FIRST: with_entities(ENTITIES + "<!ENTITY a '&a9;'>]>")}),
    "041_external_entity.xlsx": lambda: workbook(
        more={FIRST: with_entities('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>')}
    ),
    "042_zip_bomb.xlsx": lambda: workbook(HEADER, ADA, DI, more={"xl/media/image1.png": "0" * (210 << 20)}),
    "043_cell_of_50_mb.xlsx": lambda: workbook(HEADER, DI, ["E1", "x" * (50 << 20), "employee", "2023-01-09"]),
    "043_cell_of_32768.xlsx": lambda: workbook(HEADER, DI, ["E1", "x" * 32_768, "employee", "2023-01-09"]),
    "043_one_text_in_many_cells.xlsx": one_text_in_many_cells,
    "043_cells_without_a_place.xlsx": lambda: workbook(
        more={FIRST: f'<worksheet xmlns="{MAIN}"><sheetData><row>{"<c/>" * 5_000_001}</row></sheetData></worksheet>'}
    ),
    "044_link_to_a_workbook.xlsx": lambda: workbook(
        HEADER, ADA, DI, more={"xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}"/>'}
    ),
    "044_macros.xlsm": lambda: workbook(HEADER, ADA, DI, more={"xl/vbaProject.bin": "Attribute VB_Name"}),
}


def make(name: str, folder: Path) -> Path:
    """Make one of these files in a folder."""
    path = folder / name
    path.write_bytes(MAKERS[name]())
    return path


if __name__ == "__main__":
    for each in MAKERS:
        make(each, Path(sys.argv[1]))
