"""What mends a row that cannot be read: the Do of its message, and that what it says is of use."""

from __future__ import annotations

from pathlib import Path

import pytest
from arrivals import ABOUT, PEOPLE, RECORDS, File, read_by, receive, workbook

ENDED = ABOUT + PEOPLE + 'end_date = "end"\n'
AGAIN = "correct it in the source system and export again; do not edit the file."


def do(message: str) -> str:
    return message.partition(" Do: ")[2]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-01-01", "open", "export again from the source; or, where it means that there is no date, say so in "
         'mine.toml: none_dates = ["open"] below [reading].'),
        ("soon", "", "export again from the source, or correct the format in mine.toml."),
        ("2024-02-31", "", f"there is no such day: {AGAIN}"),
        ("2024-01-01", "2025-06-31", f"there is no such day: {AGAIN}"),
        ("2025-31-12", "", "export again from the source, or correct the format in mine.toml."),
        ("45680", "", "it looks like the number by which a spreadsheet holds 2025-01-23: export the column as a date."),
        ("45680.5", "", "it looks like the number by which a spreadsheet holds 2025-01-23: export the column as a date."),
        ("20250123", "", "export again from the source, or correct the format in mine.toml."),
        ("12345", "", "export again from the source, or correct the format in mine.toml."),
        ("45680 or so", "", "export again from the source, or correct the format in mine.toml."),
        ("2024-01-01", "Q1", "export again from the source, or correct the format in mine.toml."),
        ("2024-01-01", " open ", "export again from the source; or, where it means that there is no date, say so in "
         'mine.toml: none_dates = ["open"] below [reading].'),
    ],
)  # fmt: skip
def test_what_is_no_date(tmp_path: Path, start: str, end: str, expected: str) -> None:
    got = read_by(tmp_path, ENDED, "people", f"id,type,start,end\n1,intern,{start},{end}\n")
    assert [do(row.message) for row in got.quarantine] == [expected]


@pytest.mark.parametrize("pattern", ["DD.MM.YYYY", "D.M.YYYY", "DD.MM.YY", "DD.MM.YYYY hh:mm"])
def test_a_day_that_does_not_exist_in_the_declared_format(tmp_path: Path, pattern: str) -> None:
    text = {"D.M.YYYY": "31.2.2024", "DD.MM.YY": "31.02.24", "DD.MM.YYYY hh:mm": "31.02.2024 10:00"}
    profile = ABOUT + f"[reading]\ndates = ['{pattern}']\n" + PEOPLE
    got = read_by(tmp_path, profile, "people", f"id,type,start\n1,intern,{text.get(pattern, '31.02.2024')}\n")
    assert [do(row.message) for row in got.quarantine] == [f"there is no such day: {AGAIN}"]


def test_a_record_that_is_done_on_no_day(tmp_path: Path) -> None:
    got = read_by(tmp_path, ABOUT + RECORDS, "completions", "who,what,when,status\na,M,pending,in_progress\n")
    assert do(got.quarantine[0].message).endswith('none_dates = ["pending"] below [reading].')


@pytest.mark.parametrize("entry", ['{ of = ["result"], divide_by = 2 }', '["result", "grade"]'])
def test_an_entry_that_says_more_keeps_it(tmp_path: Path, entry: str) -> None:
    """A new entry in its place would read another number, or a column that is not there."""
    content = "who,what,when,status,result,grade\na,M,2025-01-01,passed,85%,\n"
    got = read_by(tmp_path, ABOUT + RECORDS + f"score = {entry}\n", "completions", content)
    assert do(got.quarantine[0].message) == (
        'say in mine.toml how it is written: add suffix = "%" to what its entry of score says already.'
    )


SCORES = [
    ("85%", 'score = { of = ["result"], suffix = "%" }', 85.0),
    (" 85% ", 'score = { of = ["result"], suffix = "%" }', 85.0),
    ("85,5", r"""score = { of = ["result"], replace = { pattern = '([0-9]+),([0-9]+)(.*)', with = '\1.\2\3' } }""", 85.5),
    ("85,5 %", r"""score = { of = ["result"], replace = { pattern = '([0-9]+),([0-9]+)(.*)', with = '\1.\2\3' }, """
     'suffix = "%" }', 85.5),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "score"), SCORES)
def test_the_line_that_reads_a_number(tmp_path: Path, text: str, line: str, score: float) -> None:
    profile, content = ABOUT + RECORDS, f'who,what,when,status,result\na,M,2025-01-01,passed,"{text}"\n'
    got = read_by(tmp_path / "a", profile + 'score = "result"\n', "completions", content)
    assert do(got.quarantine[0].message) == f"say in mine.toml how it is written: {line}."
    assert read_by(tmp_path / "b", profile + line + "\n", "completions", content).rows("completions", "score") == [
        (score,)
    ]


@pytest.mark.parametrize("text", ["many", "1,234", "85 points"])
def test_a_number_that_no_key_of_a_profile_reads(tmp_path: Path, text: str) -> None:
    content = f'who,what,when,status,result\na,M,2025-01-01,passed,"{text}"\n'
    got = read_by(tmp_path, ABOUT + RECORDS + 'score = "result"\n', "completions", content)
    assert do(got.quarantine[0].message) == AGAIN


@pytest.mark.parametrize("blanks", [",,", ""], ids=["a whole row", "a line of one cell"])
def test_a_row_with_one_filled_cell_is_perhaps_no_record(tmp_path: Path, blanks: str) -> None:
    """The rule that it names sets the row aside; nobody is undetermined then."""
    lines = f"id,type,start\n1,intern,2024-01-01\nHR Department{blanks}\n2,intern,2024-01-01\n"
    rule = 'where = "id", equals = ["HR Department"], reason = "…"'
    got = read_by(tmp_path / "a", ABOUT + PEOPLE, "people", lines)
    assert do(got.quarantine[0].message).startswith(
        f"where it is no record, set it aside in mine.toml, by a [[layout.set_aside]]: {rule}; else "
    )
    rule = "[[layout.set_aside]]\n" + rule.replace(", equals", "\nequals").replace(", reason", "\nreason")
    got = read_by(tmp_path / "b", ABOUT + PEOPLE + rule, "people", lines)
    assert [(row.code, row.by_rule, row.message) for row in got.quarantine] == [("set_aside", True, "set aside: ….")]
    assert not got.rows("unread_people")
    assert got.rows("people", "person_id") == [("1",), ("2",)]


@pytest.mark.parametrize("line", ["HR Department,intern", "Sales"])
def test_a_row_that_is_cut_off_and_any_other_line_is_not_set_aside(tmp_path: Path, line: str) -> None:
    rule = '[[layout.set_aside]]\nwhere = "id"\nequals = ["HR Department"]\nreason = "a footer"\n'
    lines = f"id,type,start\n{line}\n2,intern,2024-01-01\n"
    (row,) = read_by(tmp_path, ABOUT + PEOPLE + rule, "people", lines).quarantine
    assert (row.code, row.by_rule) == ("too_short", False)


def test_a_rule_about_another_column_says_nothing_of_a_line_of_one_cell(tmp_path: Path) -> None:
    rule = '[[layout.set_aside]]\nwhere = "type"\nnot_equals = ["intern"]\nreason = "others"\n'
    (row,) = read_by(tmp_path, ABOUT + PEOPLE + rule, "people", "id,type,start\nE2\n2,intern,2024-01-01\n").quarantine
    assert (row.code, row.by_rule) == ("too_short", False)


def test_the_same_in_a_workbook(tmp_path: Path) -> None:
    content = workbook(["id", "type", "start"], ["1", "intern", "2024-01-01"], ["HR Department"])
    got = read_by(tmp_path, ABOUT + PEOPLE, "people", content, "x.xlsx")
    assert do(got.quarantine[0].message).startswith("where it is no record, set it aside in mine.toml")


def test_a_key_alone_in_json_is_mended_in_the_source(tmp_path: Path) -> None:
    got = receive(tmp_path, File("people", "x.json", '[{"person_id": "E1", "worker_type": "", "start_date": ""}]'))
    assert "[[layout.set_aside]]" not in got.quarantine[0].message
