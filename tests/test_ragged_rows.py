"""Rows whose cells do not stand under their headers: whom they are about, and what a column without a name holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from arrivals import ABOUT, WIDE, File, arrange, completions, people, read_by, receive
from test_bulk import assert_equal

HEADER = "name,person_id,worker_type,start_date,end_date"
NOBODY = "Effect: the row is quarantined; nobody knows whom it is about, and no person is judged by it. Do: "


@pytest.mark.parametrize(
    "line", ["Smith, John,E1,employee,2024-01-01,", "John,E1,employee", 'Smith, John,E1,"employee"s,2024-01-01,']
)
def test_a_row_that_has_moved_makes_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Of a row too short the cells that are missing may be any."""
    file = people("Ada,E2,employee,2024-01-01,", line, header=HEADER)
    found = assert_equal(arrange(tmp_path, file), monkeypatch)
    (row,) = found["quarantine"]
    assert (row.row_no, row.subject, NOBODY in row.message) == (3, "", True)
    assert " Also: " not in row.message, "what stands under another header is not wrong by itself"
    assert not found["unread_people"]


def test_a_row_with_as_many_cells_as_the_header_has_not_moved(tmp_path: Path) -> None:
    file = people("Ada,E2,employee,2024-01-01,", 'John,E1,"employee"s,2024-01-01,', header=HEADER)
    (row,) = receive(tmp_path, file).quarantine
    assert (row.code, row.subject) == ("bad_quotes", "E1")


@pytest.mark.parametrize("line", ["B7,ada", "B7,Lovelace,ada,passed,2025-01-01"])
def test_a_row_of_a_wide_report_that_has_moved_is_about_nobody(tmp_path: Path, line: str) -> None:
    """Its reader fills it up, or cuts it off: its cells cannot be counted any more."""
    text = f"badge,who,A,A date\nB1,bo,passed,2025-01-01\n{line}\n"
    (row,) = read_by(tmp_path, ABOUT + WIDE.replace("fixed = 1", "fixed = 2"), "completions", text).quarantine
    assert (row.code in ("too_short", "too_long"), row.subject) == (True, "")


def test_an_address_is_no_id_of_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would make a person who is nobody."""
    header = "name,person_id,email,worker_type,start_date"
    lines = "Ada,E2,ada@x.example,employee,2024-01-01", "Lovelace, ada@x.example,employee"
    found = assert_equal(arrange(tmp_path, people(*lines, header=header)), monkeypatch)
    assert [row.subject for row in found["quarantine"]] == [""]
    assert not found["unread_people"]


def test_rows_of_several_files_and_of_an_earlier_export_have_moved(tmp_path: Path) -> None:
    """Also in a table that has both columns by which a row may name somebody."""
    text = "name,account,person_id\nAda,ada,E1\nBo,bo\nBo,bo,E2\n"
    (tmp_path / "old.csv").write_text(text, encoding="utf-8")
    files = [File("accounts", f"{n}.csv", text, keys='previous = "old.csv"' * (not n)) for n in range(2)]
    got = receive(tmp_path, *files)
    assert [row.subject for row in got.quarantine] == ["bo", "bo"]
    earlier = got.intake.files[0].earlier
    assert earlier is not None
    assert [row.subject for row in earlier.quarantine] == ["bo"]
    assert "shifted" not in got.engine.text_columns()


@pytest.mark.parametrize("above", [True, False])
def test_a_row_that_has_moved_is_about_somebody_where_a_sound_row_has_that_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, above: bool
) -> None:
    """Wherever that row stands."""
    lines = ["John,E1,employee", "John,E1,employee,2023-01-01,2023-12-31"]
    found = assert_equal(arrange(tmp_path, people(*(reversed(lines) if above else lines), header=HEADER)), monkeypatch)
    (row,) = found["quarantine"]
    assert (row.subject, "E1 is undetermined wherever a requirement may apply (C12)" in row.message) == ("E1", True)
    assert [(one[0], one[-1]) for one in found["unread_people"]] == [("E1", row.row_no)]


def test_the_first_column_has_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = people("E1,Ada,employee,2024-01-01,", "E3,Smith, John,employee,2024-01-01,")
    found = assert_equal(arrange(tmp_path, file), monkeypatch)
    assert [row.subject for row in found["quarantine"]] == ["E3"]
    assert [row[0] for row in found["unread_people"]] == ["E3"]


def test_a_record_that_has_moved_is_about_a_known_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that a sound record has, or a person."""
    staff = "person_id,email,worker_type,start_date\nE1,ada@x.example,employee,2024-01-01\n"
    lines = ["SEC,cy,2025-01-01,passed", *(f"SEC,{who}" for who in ("cy", "E1", "ada@x.example", "John"))]
    records = completions(*lines, header="module_id,account,completed_at,status")
    found = assert_equal(arrange(tmp_path, File("people", "staff.csv", staff), records), monkeypatch)
    assert [row.subject for row in found["quarantine"]] == ["cy", "E1", "ada@x.example", ""]
    assert "; it covers nothing, and the person it is about may be" in found["quarantine"][-1].message


def test_what_audit_toml_says_of_every_row_has_not_moved(tmp_path: Path) -> None:
    text = "module_id,completed_at,status\nSEC,2025-01-01\nSEC,2025-01-01,passed\n"
    got = receive(tmp_path, File("completions", "x.csv", text, keys='values.account = "ada"'))
    assert [row.subject for row in got.quarantine] == ["ada"]


def test_a_whole_row_about_nobody_is_told_as_such(tmp_path: Path) -> None:
    got = receive(tmp_path, people("E1,,employee,2024-01-01,", ",Ada,employee,2024-01-01,"))
    (row,) = got.quarantine
    assert (row.code, NOBODY in row.message) == ("missing_value", True)
    assert not got.rows("unread_people")


# --- a last column without a name ---------------------------------------------------------------------------------


def test_what_stands_in_a_last_column_without_a_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = "person_id,name,worker_type,start_date,"
    lines = [f"E1,,employee,2024-01-01,{last}" for last in ("2024-12-31", "", " ", "x", "\u00a0")]
    file = people(*lines, "E2,,employee,2024-01-01", header=header)
    found = assert_equal(arrange(tmp_path / "a", file), monkeypatch)
    assert len(found["people"]) == 6
    (finding,) = [one for one in found["findings"] if one.code in ("unnamed_column", "trailing_delimiter")]
    assert finding.code == "unnamed_column"
    assert finding.text == (
        "people.csv: its last column has no name, and 2 rows hold something there, which nothing reads. Effect: it "
        "is in no verdict. Do: see what it is; where it is a last day, say, or a status, export again with a name above it."
    )
    assert found["files"][0].ignored_columns == ("(column 5, unnamed)",)
    file = people(*(line for line in lines if not line[-1].isalnum()), header=header)
    found = assert_equal(arrange(tmp_path / "b", file), monkeypatch)
    assert "trailing_delimiter" in [one.code for one in found["findings"]]


def test_what_else_a_file_without_a_last_name_tells_is_told_too(tmp_path: Path) -> None:
    text = "person_id,worker_type,start_date,\nE1,employee,2024-01-01,x\n"
    codes = receive(tmp_path, File("people", "p.csv", text.encode("utf-16"))).codes()
    assert [code for code in codes if code in ("utf_16", "unnamed_column")] == ["utf_16", "unnamed_column"]
