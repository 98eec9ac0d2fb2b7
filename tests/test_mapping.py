"""Which cell is read for a column, what is done to its text, and what the account of the file says of both."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from arrivals import ABOUT, File, Received, parquet, people, receive, refusal

PEOPLE = {"person_id": '"id"', "worker_type": '"type"', "start_date": '"start"'}
SOUND = {"id": "7", "type": "intern", "start": "2024-01-01"}
RECORD = {"account": '"who"', "module_id": '"what"', "completed_at": '"when"', "status": '"how"'}
DONE = {"who": "a", "what": "M", "when": "2025-01-01", "how": "passed"}


def layout(table: str, columns: dict[str, str], reading: str = "", rules: str = "") -> str:
    lines = "\n".join(f"{name} = {entry}" for name, entry in columns.items())
    return f'{ABOUT}{reading}[[layout]]\ntable = "{table}"\n[layout.columns]\n{lines}\n{rules}'


def read(folder: Path, table: str, profile: str, *rows: dict[str, str]) -> Received:
    """One CSV file with the columns of the first row."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return receive(folder, File(table, "x.csv", "\n".join(lines) + "\n", "mine"), profiles={"mine": profile})


# --- one column from several cells --------------------------------------------------------------------------------

#: An entry, the cells that it reads, what is stored, and how the account of the file says it.
READ = [
    ('["alias", "full"]', {"alias": " ", "full": "Ava"}, "Ava", '"alias", else "full"'),
    ('["alias", "full"]', {"full": "Ava"}, "Ava", '"full"'),
    ('["alias", "full"]', {"other": "Ava"}, None, "not in the file"),
    ('{ of = ["one", "two"], prefer = "@" }', {"one": "ava", "two": "a@x"}, "a@x",
     '"one", else "two" (one with \'@\' first)'),
    ('{ of = ["one", "two"], prefer = "@" }', {"one": "ava", "two": "bo"}, "ava",
     '"one", else "two" (one with \'@\' first)'),
    ('{ of = ["one", "two"], prefer = "@" }', {"one": "ava"}, "ava", '"one"'),
    ('{ join = ["first", "last"] }', {"first": " Ava ", "last": "Reyes"}, "Ava Reyes", '"first" + "last"'),
    ('{ join = ["first", "last"] }', {"last": "Reyes"}, "Reyes", '"last"'),
    ('{ join = ["first", "last"], with = " / " }', {"first": "Ava", "last": "Li"}, "Ava / Li", '"first" + "last"'),
    ('[{ join = ["first", "last"], with = "-" }, "full"]', {"first": "", "last": "", "full": "Ava"}, "Ava",
     '"first" + "last", else "full"'),
    ('{ of = ["full"], remove = "^Ms" }', {"full": "Ms Ava"}, "Ava", '"full"'),
    ('{ of = ["full"], remove = "^ID", pad = 4 }', {"full": "ID 12"}, "0012", '"full"'),
    ('{ of = ["full"], pad = 4 }', {"full": "12"}, "0012", '"full"'),
    ('{ of = ["full"], pad = 4 }', {"full": "1²"}, "1²", '"full"'),
    ('{ of = ["full"], replace = { pattern = "([a-z]+) ([a-z]+)", with = \'\\2 \\1\' } }', {"full": "ava reyes"}, "reyes ava",
     '"full"'),
    ('{ of = ["full"], replace = { pattern = "([a-z]+) ([a-z]+)", with = \'\\2 \\1\' } }', {"full": "ava reyes 2"},
     "ava reyes 2", '"full"'),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "cells", "stored", "words"), READ)
def test_a_text_is_read_from_where_it_stands(
    tmp_path: Path, entry: str, cells: dict[str, str], stored: str | None, words: str
) -> None:
    got = read(tmp_path, "people", layout("people", PEOPLE | {"name": entry}), SOUND | cells)
    assert got.rows("people", "name") == [(stored,)]
    mapping = dict(got.intake.files[0].mapping)
    assert (mapping["name"], mapping["email"]) == (words, "not in this kind of export")


def test_the_earliest_and_the_latest_of_several_days(tmp_path: Path) -> None:
    days = {"a": "2025-03-01", "b": " ", "c": "2025-02-01"}
    for choose, day in (("earliest", date(2025, 2, 1)), ("latest", date(2025, 3, 1))):
        entry = f'{{ {choose} = ["a", "b", "c"] }}'
        got = read(tmp_path / choose, "people", layout("people", PEOPLE | {"end_date": entry}), SOUND | days)
        assert got.rows("people", "end_date") == [(day,)]
        assert dict(got.intake.files[0].mapping)["end_date"] == f'the {choose} of "a", "b", "c"'


NONE = '[reading]\nnone_dates = ["0000-00-00", "Never logged in"]\n'


@pytest.mark.parametrize(
    "entry", ['{ latest = ["h", "r"] }', '{ earliest = ["h", "r"] }', '["r", "h"]', '{ of = ["r", "h"], remove = "~" }']
)
def test_of_several_days_a_word_for_none_does_not_count(tmp_path: Path, entry: str) -> None:
    profile = layout("people", PEOPLE | {"start_date": entry}, NONE)
    days = [("2025-03-01", "0000-00-00"), ("2025-03-01", " never  logged in "), ("0000-00-00", "0000-00-00")]
    got = read(tmp_path, "people", profile, *(SOUND | {"h": h, "r": r} for h, r in days))
    assert got.rows("people", "start_date") == [(date(2025, 3, 1),), (date(2025, 3, 1),)]
    (row,) = got.quarantine
    assert (row.row_no, row.code) == (4, "missing_value")
    assert row.message.startswith("'0000-00-00 | 0000-00-00' means no date, and every row needs start_date")


def test_of_several_days_a_word_for_none_that_is_left_by_a_rule_does_not_count(tmp_path: Path) -> None:
    profile = layout("people", PEOPLE | {"end_date": '{ of = ["r", "h"], remove = " 00:00$" }'}, NONE)
    got = read(tmp_path, "people", profile, SOUND | {"h": "2025-03-01", "r": "0000-00-00 00:00"})
    assert got.rows("people", "end_date") == [(date(2025, 3, 1),)]


def test_no_end_is_no_word_for_none(tmp_path: Path) -> None:
    profile = layout("people", PEOPLE | {"end_date": '["r", "h"]'}, NONE)
    got = read(tmp_path, "people", profile, SOUND | {"h": "2025-03-01", "r": "9999-12-31"})
    assert got.rows("people", "end_date") == [(None,)]


def test_a_word_for_no_date_fills_no_cell_and_is_a_text_among_texts(tmp_path: Path) -> None:
    until = '{ filled = ["until"], then = "contractor", otherwise = "employee" }'
    profile = layout("people", PEOPLE | {"worker_type": until, "name": '["until", "type"]'}, NONE)
    rows = [SOUND | {"until": text} for text in ("0000-00-00", "2025-01-01", "")]
    got = read(tmp_path, "people", profile, *rows)
    assert got.rows("people", "worker_type, name") == [
        ("employee", "0000-00-00"), ("contractor", "2025-01-01"), ("employee", "intern")
    ]  # fmt: skip


def test_a_value_that_cannot_be_read_is_shown_with_all_its_cells(tmp_path: Path) -> None:
    profile = layout("people", PEOPLE | {"end_date": '["end", "gone"]'})
    (row,) = read(tmp_path, "people", profile, SOUND | {"end": "soon", "gone": "2025-01-01"}).quarantine
    assert (row.column, row.value, row.code) == ("end / gone", "soon | 2025-01-01", "not_a_date")


# --- numbers and times --------------------------------------------------------------------------------------------


def test_a_column_may_have_formats_of_its_own_and_a_header_names_its_zone(tmp_path: Path) -> None:
    """Else the formats and the zone of the profile hold, and where it has none, the zone of the audit."""
    named = RECORD | {"completed_at": '{ of = ["when ({zone})"], formats = ["DD.MM.YYYY hh:mm"] }'}
    india = {"who": "a", "what": "M", "when (Asia/Kolkata)": "01.02.2025 01:00", "how": "passed"}
    got = read(tmp_path / "a", "completions", layout("completions", named), india)
    assert got.rows("completions", "completed_at") == [(datetime(2025, 1, 31, 20, 30),)]
    new_york = '[reading]\nzone = "America/New_York"\n'
    for name, reading, hour in (("b", new_york, 16), ("c", "", 10)):
        profile = layout("completions", RECORD, reading)
        got = read(tmp_path / name, "completions", profile, DONE | {"when": "2025-01-01 10:00:00"})
        assert got.rows("completions", "completed_at") == [(datetime(2025, 1, 1, hour),)]


def test_what_a_parquet_file_holds_as_a_date_is_one_whatever_the_profile_expects(tmp_path: Path) -> None:
    query = "SELECT '7' AS id, 'intern' AS type, DATE '2024-01-02' AS start, DATE '2025-01-02' AS since"
    rules = '[layout.window]\nfrom = "since"\nto = "until"\nformats = ["DD.MM.YYYY"]\n'
    profile = layout("people", PEOPLE, '[reading]\ndates = ["DD.MM.YYYY"]\n', rules)
    content = parquet(tmp_path / "x", f"{query}, NULL::DATE AS until")
    got = receive(tmp_path / "a", File("people", "x.parquet", content, "mine"), profiles={"mine": profile})
    assert got.rows("people", "start_date") == [(date(2025, 1, 2),)]


# --- keys ---------------------------------------------------------------------------------------------------------

KEYS = [
    ("people", "person_id", {"worker_type": "intern", "start_date": "2024-01-01"}),
    ("people", "email", {"person_id": "7", "worker_type": "intern", "start_date": "2024-01-01"}),
    ("completions", "account", {"module_id": "M", "completed_at": "2025-01-01", "status": "passed"}),
    ("completions", "module_id", {"account": "a", "completed_at": "2025-01-01", "status": "passed"}),
    ("acknowledgements", "version", {"account": "a", "policy_id": "AUP", "acknowledged_at": "2025-01-01"}),
    ("decisions", "decided_by", {"kind": "link"}),
    ("decisions", "approved_by", {"kind": "link", "decided_by": "boss"}),
    ("decisions", "withdraws", {"kind": "link", "decided_by": "boss"}),
]


@pytest.mark.parametrize(("table", "column", "others"), KEYS)
def test_a_key_with_a_character_that_nobody_can_see_is_refused(
    tmp_path: Path, table: str, column: str, others: dict[str, str]
) -> None:
    cells = {column: "a@x\u200b", **others}
    text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    (row,) = receive(tmp_path, File(table, "x.csv", text)).quarantine
    assert (row.column, row.code) == (column, "invisible_character")


def test_a_name_may_hold_any_character(tmp_path: Path) -> None:
    got = receive(tmp_path, people("E1,A\u200dva,employee,2024-01-01,"))
    assert got.rows("people", "name") == [("A\u200dva",)]


# --- what an empty cell means -------------------------------------------------------------------------------------


def test_what_is_left_empty_means_what_most_systems_mean(tmp_path: Path) -> None:
    accounts = File("accounts", "a.csv", "account,active\na@x,\nb@x,no\n")
    answers = "account,policy_id,acknowledged_at,status\na@x,AUP,2025-01-01,\nb@x,AUP,,sent\n"
    versions = "policy_id,version,effective_on,material\nAUP,1,2024-01-01,\nAUP,2,2025-01-01,no\n"
    files = accounts, File("acknowledgements", "k.csv", answers), File("policies", "p.csv", versions)
    got = receive(tmp_path, *files)
    assert got.rows("accounts", "account, active") == [("a@x", True), ("b@x", False)]
    assert got.rows("acknowledgements", "account, acknowledged_on, status") == [
        ("a@x", date(2025, 1, 1), "acknowledged"),
        ("b@x", None, "sent"),
    ]
    assert got.rows("policies", "version, material") == [("1", True), ("2", False)]
    assert not got.quarantine


# --- rules of a profile -------------------------------------------------------------------------------------------


def test_a_version_of_no_day_is_set_aside_by_its_window_alone(tmp_path: Path) -> None:
    profile = layout("people", PEOPLE, rules='[layout.window]\nfrom = "since"\nto = "until"\n')
    ended = {"since": "2020-01-01", "until": "2023-12-31"}
    got = read(tmp_path, "people", profile, SOUND | ended, SOUND | {"since": "2024-02-01", "until": ""})
    assert got.rows("people", "start_date") == [(date(2024, 2, 1),)]
    assert [(row.column, row.code) for row in got.quarantine] == [("since", "no_engaged_day")]


def test_a_version_that_ends_before_it_begins_contradicts_itself(tmp_path: Path) -> None:
    """Set aside, it would take its person along without a word."""
    profile = layout("people", PEOPLE, rules='[layout.window]\nfrom = "since"\nto = "until"\n')
    days = {"since": "2025-02-01", "until": "2025-01-31"}
    same = SOUND | {"id": "8", "since": "2025-02-01", "until": "2025-02-01"}
    got = read(tmp_path, "people", profile, SOUND | days, same)
    assert got.rows("people", "person_id") == [("8",)]
    (row,) = got.quarantine
    assert (row.row_no, row.column, row.value, row.code) == (2, "until", "2025-01-31", "end_before_start")
    assert (row.subject, row.by_rule) == ("7", False)
    assert row.message.startswith(
        "it ends on 2025-01-31, before it starts on 2025-02-01. Effect: the row is quarantined"
    )
    assert got.rows("unread_people", "person_id, row_no") == [("7", 2)]


def test_a_value_that_the_source_gives_is_read_by_the_words_of_the_table(tmp_path: Path) -> None:
    words = '[layout.words.worker_type]\n"Extern" = "contractor"\n'
    file = File("people", "x.csv", "id,start\n7,2024-01-01\n", "mine", 'values.worker_type = "Extern"')
    (problem,) = refusal(tmp_path, file, profiles={"mine": layout("people", PEOPLE, rules=words)})
    assert problem.code == "bad_override"
    assert problem.what.startswith("the value given for worker_type cannot be used: 'Extern' is not a known word")
