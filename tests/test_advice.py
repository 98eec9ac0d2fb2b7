"""What mends a row that cannot be read: the Do of its message, and that what it says is of use."""

from __future__ import annotations

from pathlib import Path

import pytest
from arrivals import ABOUT, PEOPLE, RECORDS, File, people, read_by, receive, workbook

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


def test_all_that_is_wrong_with_a_row_is_told_and_the_first_is_mended(tmp_path: Path) -> None:
    """A missing id makes it a row about nobody."""
    (row,) = receive(tmp_path, people("E1,,employee,2024-01-01,", ",Ada,guru,soon,open")).quarantine
    assert row.message == (
        "it is empty, and every row needs person_id. Also: worker_type: 'guru' is not a known word; known: employee, "
        "contractor, third_party, intern, other. Also: start_date: 'soon' is not a date; expected YYYY-MM-DD. Also: "
        "end_date: 'open' is not a date; expected YYYY-MM-DD. Effect: the row is quarantined; nobody knows whom it is "
        "about, and no person is judged by it. Do: complete it in the source system and export again."
    )


def test_a_row_of_a_table_that_nobody_is_judged_by_is_not_used(tmp_path: Path) -> None:
    got = receive(tmp_path, File("modules", "m.csv", "module_id,title\nM,Safe\n,Safe\n"))
    assert got.quarantine[0].message == (
        "it is empty, and every row needs module_id. Effect: the row is quarantined; it is not used. Do: complete it in "
        "the source system and export again."
    )


def test_a_last_day_that_audit_toml_gives_to_all_rows_may_be_too_early(tmp_path: Path) -> None:
    text = "person_id,worker_type,start_date\nE1,employee,2024-01-01\n"
    (row,) = receive(tmp_path, File("people", "p.csv", text, keys='values.end_date = "2023-12-31"')).quarantine
    assert (row.column, row.code) == ("end_date", "end_before_start")
    assert do(row.message) == "correct the dates in the source system and export again."


def test_a_row_that_is_not_whole_is_mended_in_the_source(tmp_path: Path) -> None:
    (row,) = receive(tmp_path, people("E1,Ada,employee")).quarantine
    assert (row.code, do(row.message)) == ("too_short", AGAIN)


WORDS = '`[words.worker_type]` and `{} = "…"` with one of these in place of …: employee, contractor, third_party'


@pytest.mark.parametrize(("word", "written"), [("Übrige", '"Übrige"'), (" guru ", '"guru"'), ('a "b"', r'"a \"b\""')])
def test_what_a_word_means_is_said_in_a_profile(tmp_path: Path, word: str, written: str) -> None:
    content = workbook(["id", "type", "start"], ["1", word, "2024-01-01"])
    (row,) = read_by(tmp_path, ABOUT + PEOPLE, "people", content, "x.xlsx").quarantine
    begins = "export again from the source, or say what the word means: add to mine.toml the lines "
    assert do(row.message).startswith(begins + WORDS.format(written))


def test_what_an_empty_word_means_may_be_said_and_what_no_id_means_may_not(tmp_path: Path) -> None:
    got = read_by(tmp_path, ABOUT + PEOPLE, "people", "id,type,start\n1,,2024-01-01\n,intern,2024-01-01\n")
    assert do(got.quarantine[0].message).startswith(
        "complete it in the source system and export again, or state in a profile what an empty word means: add to "
        "mine.toml the lines " + WORDS.format('""')
    )
    assert do(got.quarantine[1].message) == "complete it in the source system and export again."


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


def test_an_entry_that_says_more_in_one_of_two_layouts_keeps_it(tmp_path: Path) -> None:
    """The line is meant for the profile, and nobody says for which of its layouts."""
    first = RECORDS.replace("[layout.columns]", 'requires = ["result"]\n[layout.columns]') + 'score = "result"\n'
    other = RECORDS.replace("[layout.columns]", 'requires = ["grade"]\n[layout.columns]')
    profile = ABOUT + first + other + 'score = { of = ["result"], divide_by = 2 }\n'
    content = "who,what,when,status,result\na,M,2025-01-01,passed,85%\n"
    (row,) = read_by(tmp_path, profile, "completions", content).quarantine
    assert do(row.message).endswith("to what its entry of score says already.")


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


@pytest.mark.parametrize("blanks", [",,", ", , ", ""], ids=["a whole row", "blanks", "a line of one cell"])
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


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("id,type,start", ",HR"),
        ("id,type,start,", ",,,HR"),
        ("id,type,start, ", ",,,HR"),
        ("id,start", "HR,"),
    ],
    ids=["too short", "below no header", "below blanks", "of two columns"],
)
def test_no_rule_is_proposed_that_could_set_aside_a_record_or_nothing(tmp_path: Path, header: str, line: str) -> None:
    """A row of two columns may well be a record with one cell left empty, and a rule needs the name of its column."""
    profile = ABOUT + (PEOPLE.replace('worker_type = "type"\n', "") if "type" not in header else PEOPLE)
    profile += "" if "type" in header else '[layout.constants]\nworker_type = "employee"\n'
    (row,) = read_by(tmp_path, profile, "people", f"{header}\n{line}\n").quarantine
    assert "[[layout.set_aside]]" not in row.message


def test_a_single_cell_that_is_no_date_is_set_aside_or_has_another_format(tmp_path: Path) -> None:
    text = "completed_at,status,score\nHR,,\n2025-01-01,passed,\n"
    file = File("completions", "x.csv", text, keys='values = { account = "ada", module_id = "M" }')
    assert do(receive(tmp_path, file).quarantine[0].message) == (
        "where it is no record, set it aside in a profile that extends generic, by a [[layout.set_aside]]: where = "
        '"completed_at", equals = ["HR"], reason = "…"; else export again from the source, or declare the format in a '
        "profile that extends generic."
    )


def test_a_cell_of_a_workbook_that_is_not_known_is_shown_by_what_is_known_of_it(tmp_path: Path) -> None:
    """It is no empty word, whose meaning a profile may state."""
    content = workbook(["id", "type", "start"], ["1", 1e20, "2024-01-01"])
    (row,) = read_by(tmp_path, ABOUT + PEOPLE, "people", content, "x.xlsx").quarantine
    assert (row.code, row.value) == ("unknown_cell", "a number with more digits than a spreadsheet keeps")
    assert do(row.message) == AGAIN


def test_the_same_in_a_workbook(tmp_path: Path) -> None:
    content = workbook(["id", "type", "start"], ["1", "intern", "2024-01-01"], ["HR Department"])
    got = read_by(tmp_path, ABOUT + PEOPLE, "people", content, "x.xlsx")
    assert do(got.quarantine[0].message).startswith("where it is no record, set it aside in mine.toml")


def test_a_key_alone_in_json_is_mended_in_the_source(tmp_path: Path) -> None:
    got = receive(tmp_path, File("people", "x.json", '[{"person_id": "E1", "worker_type": "", "start_date": ""}]'))
    assert "[[layout.set_aside]]" not in got.quarantine[0].message
