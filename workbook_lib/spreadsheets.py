"""The tables of the pack as one workbook for people who filter and count: typed cells, no formula, no link."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

#: Rows that a sheet can hold, its header apart; Excel's limit.
MOST_ROWS = 1_048_575
#: Rows above which a table is left to its CSV: nobody scrolls further, and the file would take minutes to open.
LARGEST = 20_000
#: Excel's calendar is wrong before this day; an earlier date is written as text.
FIRST_DAY = date(1900, 3, 1)
#: Characters that a cell holds at most; Excel's limit.
LONGEST = 32_767
#: Digits that Excel keeps of a number.
EXACT = 10**15
NARROWEST, WIDEST = 8, 60
CONTENTS = ("Sheet", "What it holds", "Rows", "Note")
#: Nothing is ever guessed from what a text looks like.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: `count` rows, each with a value for every column.

    name : of the sheet.  says : one sentence on what it holds.  frozen : columns that stay in sight.  file : where the
    whole table is; its CSV among the tables of a pack by default.  also : further words on where it is, behind that.
    """

    name: str
    says: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    count: int
    frozen: int = 0
    file: str = ""
    also: str = ""


def write_workbook(
    path: Path,
    sheets: Iterable[Sheet],
    day: date,
    *,
    title: str = "Tables of the evidence pack",
    largest: int = LARGEST,
) -> None:
    """Write each table as a sheet, in this order, after a sheet that says what they hold.

    day : stands in the file as the day on which it was made, so that equal tables give equal bytes.  largest : rows; a
    longer table is left out, and the first sheet says where it is.
    """
    with xlsxwriter.Workbook(path, OPTIONS) as book:
        book.set_properties({"title": title, "created": datetime.combine(day, time(), UTC)})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
        }
        first = book.add_worksheet("Contents")
        lines = []
        for sheet in sheets:
            file = sheet.file or f"tables/{sheet.name}.csv"
            note = f"Too long for a sheet; all rows are in {file}{sheet.also}."
            if sheet.count <= largest:
                cut = _fill(book.add_worksheet(sheet.name), formats, sheet.columns, sheet.rows, sheet.frozen)
                note = f"{cut:,} texts are cut here; whole in {file}." if cut else ""
            lines.append((sheet.name, sheet.says, sheet.count, note))
        _fill(first, formats, CONTENTS, lines)


def _fill(
    page: Any, formats: dict[str, Any], columns: Sequence[str], rows: Iterable[Sequence[object]], frozen: int = 0
) -> int:
    """Write header and rows to an empty sheet; return how many texts were too long for a cell."""
    writer = _Writer(page, formats, [len(name) for name in columns])
    for place, name in enumerate(columns):
        page.write_string(0, place, name, formats["head"])
    last = 0
    for last, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            writer.write(last, place, value)
    page.freeze_panes(1, frozen)
    page.autofilter(0, 0, last, len(columns) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})  # ids are text and shall look like it
    for place, width in enumerate(writer.widths):
        page.set_column(place, place, min(max(width + 2, NARROWEST), WIDEST))
    return writer.cut


@dataclass(slots=True)
class _Writer:
    """Writes the cells of one sheet by what they are, and remembers how wide each column is."""

    page: Any
    formats: dict[str, Any]
    widths: list[int]
    cut: int = field(default=0)

    def write(self, row: int, place: int, value: object) -> None:
        match value:
            case None | "":
                return
            case bool():
                self.page.write_boolean(row, place, value)
                width = 5
            case int() | float() if math.isfinite(value) and abs(value) < EXACT:
                self.page.write_number(row, place, value)
                width = len(f"{value:.10g}")
            case datetime() if value.date() >= FIRST_DAY:
                self.page.write_datetime(row, place, value, self.formats["moment"])
                width = 19
            case date() if not isinstance(value, datetime) and value >= FIRST_DAY:
                self.page.write_datetime(row, place, value, self.formats["day"])
                width = 10
            case _:
                width = self._text(row, place, str(value))
        self.widths[place] = max(self.widths[place], width)

    def _text(self, row: int, place: int, text: str) -> int:
        if text.startswith("<r>") and text.endswith("</r>"):
            # The library takes such a text for markup of its own and would not escape it; in parts it does.
            self.page.write_rich_string(row, place, text[0], text[1], text[2:])
        else:
            self.cut += self.page.write_string(row, place, text) == -2  # cut by the library at LONGEST
        return min(max(map(len, text.split("\n"))), WIDEST)
