"""The tables as files that a spreadsheet opens: typed cells, nothing that runs, everything that can be undone."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import small
from hypothesis import example, given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from workbook_lib import audit, listings, workpaper
from workbook_lib.csv_tables import ESCAPED, TRIGGERS, escape, unescape
from workbook_lib.engine import Engine
from workbook_lib.spreadsheets import LONGEST, Sheet, write_workbook

#: What spreadsheets are known to run, to follow or to rewrite.
HARMFUL = (
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "'=1+1", "＝1+1",
    "＋1", "－1", "＠SUM(A1)", "\0=1", '=HYPERLINK("http://x.example")', "http://x.example", "mailto:x@x.example",
    "internal:Sheet1!A1", "{=1+1}", "00123", "1E5", "<r><t>x</t></r>", "<r></c></row><row/></r>", "_x0041_", "NaN", "-",
    "]]>&<",
)  # fmt: skip
DAY = date(2026, 1, 10)


def sheet(rows: list[tuple[object, ...]], columns: tuple[str, ...] = ("id", "value"), name: str = "t") -> Sheet:
    return Sheet(name=name, says="Some rows.", columns=columns, rows=rows, count=len(rows))


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def texts(path: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name("t").to_python()


class TestTheWorkbook:
    def test_keeps_the_type_of_each_value(self, tmp_path: Path) -> None:
        row = ("00123", date(2025, 3, 1), datetime(2025, 3, 1, 9, 30), 7, 2.5, True, None, "")
        write_workbook(tmp_path / "x.xlsx", [sheet([row], columns=tuple("abcdefgh"))], DAY)
        assert texts(tmp_path / "x.xlsx") == [
            list("abcdefgh"),
            ["00123", date(2025, 3, 1), datetime(2025, 3, 1, 9, 30), 7.0, 2.5, True, "", ""],
        ]

    @pytest.mark.parametrize("value", [date(1900, 2, 28), date(1, 1, 1), 10**15, -(10**15), float("inf"), float("nan")])
    def test_writes_what_excel_would_change_as_text(self, tmp_path: Path, value: object) -> None:
        write_workbook(tmp_path / "x.xlsx", [sheet([("a", value)])], DAY)
        assert texts(tmp_path / "x.xlsx")[1] == ["a", str(value)]

    @pytest.mark.parametrize("text", HARMFUL)
    def test_text_stays_text(self, tmp_path: Path, text: str) -> None:
        write_workbook(tmp_path / "x.xlsx", [sheet([("a", text)])], DAY)
        inside = parts(tmp_path / "x.xlsx")
        page = inside["xl/worksheets/sheet2.xml"]
        assert not [name for name in inside if "rels/sheet" in name], "no link of any kind"
        assert "<f>" not in page
        assert page.count("<row ") == 2
        assert page.count('<c r="B2" t="inlineStr"><is>') == 1
        if "\0" not in text and "_x" not in text:  # which this reader does not undo
            assert texts(tmp_path / "x.xlsx")[1] == ["a", text]

    def test_says_on_its_first_sheet_what_it_holds(self, tmp_path: Path) -> None:
        long, cut = sheet([("a", 1)] * 4, name="long"), sheet([("a", "x" * (LONGEST + 1))], name="cut")
        elsewhere = replace(cut, name="elsewhere", file="sample.csv")
        write_workbook(tmp_path / "x.xlsx", [sheet([("a", 1)]), long, cut, elsewhere], DAY, largest=3)
        book = CalamineWorkbook.from_path(tmp_path / "x.xlsx")
        assert book.sheet_names == ["Contents", "t", "cut", "elsewhere"]
        assert book.get_sheet_by_name("Contents").to_python() == [
            ["Sheet", "What it holds", "Rows", "Note"],
            ["t", "Some rows.", 1.0, ""],
            ["long", "Some rows.", 4.0, "Too long for a sheet; all rows are in tables/long.csv."],
            ["cut", "Some rows.", 1.0, "1 texts are cut here; whole in tables/cut.csv."],
            ["elsewhere", "Some rows.", 1.0, "1 texts are cut here; whole in sample.csv."],
        ]
        assert book.get_sheet_by_name("cut").to_python()[1] == ["a", "x" * LONGEST]

    def test_has_a_frozen_header_a_filter_and_columns_as_wide_as_their_content(self, tmp_path: Path) -> None:
        write_workbook(tmp_path / "x.xlsx", [sheet([("a", "x" * 30), ("b", "y" * 500)])], DAY)
        page = parts(tmp_path / "x.xlsx")["xl/worksheets/sheet2.xml"]
        assert '<pane ySplit="1" topLeftCell="A2"' in page
        assert '<autoFilter ref="A1:B3"/>' in page
        assert '<ignoredError sqref="A1:XFD3" numberStoredAsText="1"/>' in page
        assert [word.split('"')[1] for word in page.split(" width=")[1:]] == ["8.7109375", "60.7109375"]

    def test_is_the_same_file_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_workbook(tmp_path / "x.xlsx", [sheet([("a", "=1")])], DAY)
        monkeypatch.setenv("TZ", "Pacific/Auckland")
        write_workbook(tmp_path / "y.xlsx", [sheet([("a", "=1")])], DAY)
        assert (tmp_path / "x.xlsx").read_bytes() == (tmp_path / "y.xlsx").read_bytes()
        assert "2026-01-10T00:00:00Z" in parts(tmp_path / "x.xlsx")["docProps/core.xml"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.builds(
    "{}{}{}".format, st.sampled_from(["", " ", "  "]), st.sampled_from(TRIGGERS), st.text(max_size=5)
)


class TestEscapes:
    @given(TEXT)
    @example("'")
    @example("''=1")
    @example("")
    def test_can_be_undone_and_leave_no_trigger(self, text: str) -> None:
        assert unescape(escape(text)) == text
        assert escape(text) == text or escape(text)[0] == "'"
        assert not escape(text).lstrip(" ").startswith(tuple(set(TRIGGERS) - {"'"}))

    def test_in_sql_are_the_same(self, tmp_path: Path) -> None:
        beginnings = (f"{chr(place)}=1" for place in range(0x100))
        cells = [
            text
            for text in (*HARMFUL, *(f" {sign}x" for sign in TRIGGERS), *beginnings, "plain", "a=b", "")
            if "\0" not in text
        ]
        engine = Engine()
        engine.load("cell", {"no": "INTEGER", "says": "VARCHAR"}, enumerate(cells))
        engine.export("SELECT no, says FROM cell ORDER BY no", tmp_path / "x.csv", ESCAPED)
        with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
            assert [row["says"] for row in csv.DictReader(file)] == [escape(text) for text in cells]

    def test_keep_the_order_of_a_long_listing(self, tmp_path: Path) -> None:
        engine = Engine()
        engine.make("big", "SELECT CAST(range AS VARCHAR) AS id, (range * 7919) % 300007 AS place FROM range(300007)")
        engine.export("SELECT place, id FROM big ORDER BY place", tmp_path / "x.csv", ESCAPED)
        with (tmp_path / "x.csv").open(encoding="utf-8") as file:
            assert [int(line.split(",")[0]) for line in file.readlines()[1:]] == list(range(300_007))


class TestTheTablesOfThePack:
    @pytest.fixture(scope="class")
    @staticmethod
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("tables")
        small.write(folder / "firm")
        people = folder / "firm/exports/people.csv"
        people.write_text(people.read_text(encoding="utf-8").replace("Bo Chen", '"=HYPERLINK(""http://x"")"'), "utf-8")
        listings.write_tables(workpaper.perform(audit.load_audit(folder / "firm")), folder)
        return folder

    def test_are_the_same_in_both_files(self, folder: Path) -> None:
        book = CalamineWorkbook.from_path(folder / "tables.xlsx")
        names = sorted(path.stem for path in (folder / "tables").iterdir())
        assert sorted(book.sheet_names) == sorted([*names, "Contents"])
        assert book.sheet_names[1:] == list(listings.SAYS)
        counts = {row[0]: row[2] for row in book.get_sheet_by_name("Contents").to_python()[1:]}
        for name in names:
            with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            sheet_header, *sheet_rows = book.get_sheet_by_name(name).to_python()
            assert sheet_header == header
            assert len(sheet_rows) == len(rows) == counts[name]

    def test_run_nothing(self, folder: Path) -> None:
        with (folder / "tables/population.csv").open(encoding="utf-8", newline="") as file:
            (bo,) = [row for row in csv.DictReader(file) if row["person_id"] == "p2"]
        assert bo["name"] == '\'=HYPERLINK("http://x")'
        book = CalamineWorkbook.from_path(folder / "tables.xlsx")
        header, *rows = book.get_sheet_by_name("population").to_python()
        (row,) = [dict(zip(header, row, strict=True)) for row in rows if row[0] == "p2"]
        assert row["name"] == '=HYPERLINK("http://x")'
        assert row["start_date"] == date(2021, 5, 3)
        assert not [text for text in parts(folder / "tables.xlsx").values() if "<f>" in text or "<hyperlink" in text]

    def test_read_as_the_relations_do(self, folder: Path) -> None:
        """On their way through Parquet whole numbers stay whole, and nothing is spelled in another way."""
        paper = workpaper.perform(audit.load_audit(folder / "firm"))
        paper.deepen()
        for name, query in listings.LISTINGS.items():
            paper.engine.export(query, folder / "as_it_is.csv", ESCAPED)
            assert (folder / "tables" / f"{name}.csv").read_bytes() == (folder / "as_it_is.csv").read_bytes(), name


def test_a_long_table_is_written_as_parquet_too_and_the_contents_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(listings, "LONG", 3)
    monkeypatch.setattr(write_workbook, "__kwdefaults__", {**write_workbook.__kwdefaults__, "largest": 3})
    listings.write_tables(workpaper.perform(audit.load_audit(small.write(tmp_path / "firm"))), tmp_path)
    tables = {path.stem for path in (tmp_path / "tables").glob("*.parquet")}
    assert "verdicts" in tables
    assert "snapshot_changes" not in tables
    for name in tables:
        with duckdb.connect() as connection:
            typed = connection.execute(f"SELECT * FROM '{tmp_path}/tables/{name}.parquet'").fetchall()
        with (tmp_path / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))[1:]
        assert [len(row) for row in typed] == [len(line) for line in lines]
        assert [str(row[0] or "") for row in typed] == [unescape(line[0]) for line in lines]
    contents = CalamineWorkbook.from_path(tmp_path / "tables.xlsx").get_sheet_by_name("Contents").to_python()
    (note,) = [row[3] for row in contents if row[0] == "verdicts"]
    assert note == "Too long for a sheet; all rows are in tables/verdicts.csv and, for programs, .parquet."
