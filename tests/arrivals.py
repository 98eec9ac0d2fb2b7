"""Files that arrive: an audit folder with the exports that a test hands in, and what intake makes of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import pytest

from workbook_lib.audit import Audit, load_audit
from workbook_lib.engine import Engine
from workbook_lib.intake import Intake, read, repetitions
from workbook_lib.tables import Finding, Problem, Quarantined, UserError

AUDIT = """
[audit]
organisation = "Acme"
time_zone = "{zone}"

[[period]]
name = "2025"
start = 2025-01-01
end = 2025-12-31

[[requirement]]
id = "awareness"
satisfied_by = ["SEC-101"]
due_within_days = 30
"""
#: How a profile of one's own begins.
ABOUT = '[profile]\nsystem = "X"\ntitle = "x"\nconfidence = "from memory, unverified"\n'
#: A layout of one's own for people.
PEOPLE = (
    '[[layout]]\ntable = "people"\n[layout.columns]\nperson_id = "id"\nworker_type = "type"\nstart_date = "start"\n'
)
#: One for training records.
RECORDS = (
    '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "who"\nmodule_id = "what"\n'
    'completed_at = "when"\nstatus = "status"\n'
)
#: One for a wide report: behind one column of its own, a state and a day for each item.
WIDE = """[[layout]]
table = "completions"
pairs = { fixed = 1, item = "item", state = "state", date = "date" }
[layout.columns]
account = "who"
module_id = "item"
status = "state"
completed_at = "date"
"""
#: Every audit needs somebody.
STAFF = "person_id,worker_type,start_date,end_date\nZ1,employee,2020-01-01,2020-12-31\n"


@dataclass(frozen=True)
class File:
    """One export: its table, its name, its bytes, and further keys of its [[source]]."""

    table: str
    name: str
    content: str | bytes
    profile: str = "generic"
    keys: str = ""


@dataclass(frozen=True)
class Received:
    """What intake made of the files of an audit, and the engine that holds the tables."""

    intake: Intake
    engine: Engine
    audit: Audit

    @property
    def quarantine(self) -> tuple[Quarantined, ...]:
        return self.intake.quarantine

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """The rows of a table, in the order of the files, Z1 aside."""
        query = f"SELECT {columns} FROM {table} ORDER BY source_no, row_no"
        return [row for row in self.engine.rows(query) if row[0] != "Z1"]

    @property
    def findings(self) -> list[Finding]:
        """What reading found, and the rows that repeat another."""
        return [*self.intake.findings, *repetitions(self.engine, self.audit)]

    def codes(self) -> list[str]:
        """The codes of the findings, the one about the small staff file aside."""
        return [finding.code for finding in self.findings]

    def finding(self, code: str) -> Finding:
        """The one finding of that code."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return found


def receive(
    folder: Path, *files: File, zone: str = "Europe/Berlin", profiles: dict[str, str] | None = None
) -> Received:
    """Write an audit folder and read it."""
    return take(arrange(folder, *files, zone=zone, profiles=profiles))


def read_by(
    folder: Path, profile: str, table: str, content: str | bytes, name: str = "x.csv", keys: str = ""
) -> Received:
    """One file, read by a profile that lies in the audit folder."""
    return receive(folder, File(table, name, content, "mine", keys), profiles={"mine": profile})


def arrange(folder: Path, *files: File, zone: str = "Europe/Berlin", profiles: dict[str, str] | None = None) -> Path:
    """Write an audit folder; people are added where no file holds any."""
    audit = AUDIT.format(zone=zone)
    if not any(file.table == "people" for file in files):
        files = (*files, File("people", "staff.csv", STAFF))
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content.encode() if isinstance(file.content, str) else file.content)
        audit += f'\n[[source]]\ntable = "{file.table}"\nfile = "{file.name}"\nprofile = "{file.profile}"\n'
        audit += f"extracted_on = 2026-01-05\n{file.keys}\n"
    for name, text in (profiles or {}).items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    (folder / "audit.toml").write_text(audit, encoding="utf-8")
    return folder


def take(folder: Path) -> Received:
    """Read an audit folder."""
    engine = Engine()
    audit = load_audit(folder)
    return Received(read(audit, engine), engine, audit)


def refusal(folder: Path, *files: File, profiles: dict[str, str] | None = None) -> tuple[Problem, ...]:
    """The problems for which an audit folder is refused as a whole."""
    with pytest.raises(UserError) as refused:
        receive(folder, *files, profiles=profiles)
    return refused.value.problems


def people(*lines: str, header: str = "person_id,name,worker_type,start_date,end_date", keys: str = "") -> File:
    """A people export, generic."""
    return File("people", "people.csv", "\n".join((header, *lines)) + "\n", keys=keys)


def completions(*lines: str, header: str = "account,module_id,completed_at,status,score") -> File:
    """An export of training records, generic."""
    return File("completions", "lms.csv", "\n".join((header, *lines)) + "\n")


def parquet(path: Path, query: str) -> bytes:
    """The bytes of a Parquet file with the rows of a SELECT."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


# --- workbooks ----------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: Cell styles: 1 is a date, 2 a date with time, 3 five digits.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="00000"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Cell:
    """A cell in its own XML: `attributes` beside r, and what stands inside."""

    attributes: str
    inside: str


def dated(serial: float, style: int = 1) -> Cell:
    """A day as Excel counts them; 45658 is 2025-01-01."""
    return Cell(f's="{style}"', f"<v>{serial}</v>")


def workbook(
    *rows: list[object],
    more: Mapping[str, str | bytes] | None = None,
    sheets: dict[str, str] | None = None,
    book: str = "",
    after: str = "",
    row_attributes: dict[int, str] | None = None,
) -> bytes:
    """An .xlsx with one sheet of these rows; `sheets` adds others, `more` any part, `book` text to workbook.xml."""
    names = ["Data", *(sheets or {})]
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SPREADSHEET}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{book}<sheets>'
        + "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(names, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        + f'<Relationship Id="rId99" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet(*rows, after=after, row_attributes=row_attributes),
    }
    for i, text in enumerate((sheets or {}).values(), 2):
        parts[f"xl/worksheets/sheet{i}.xml"] = text
    return archive({**parts, **(more or {})})


def sheet(*rows: list[object], after: str = "", row_attributes: dict[int, str] | None = None) -> str:
    """The XML of a sheet."""
    lines = []
    for row_no, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{chr(64 + n)}{row_no}", value) for n, value in enumerate(row, 1) if value is not None)
        lines.append(f'<row r="{row_no}" {(row_attributes or {}).get(row_no, "")}>{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{after}</worksheet>'


def _cell(place: str, value: object) -> str:
    if isinstance(value, Cell):
        return f'<c r="{place}" {value.attributes}>{value.inside}</c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()
