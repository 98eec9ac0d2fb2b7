"""Which layout of a profile fits a file, what it must have for that, and what a refusal tells the user."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from arrivals import ABOUT, PEOPLE, RECORDS, File, Received, parquet, people, receive, refusal, workbook

from workbook_lib.tables import Problem

SOUND = "id,type,start\n7,intern,2024-01-01\n"
CANCELS = RECORDS + '[layout.cancels]\nwhere = "kind"\nequals = ["undo"]\nnames = "what"\nrecord = "no"\n'


def read(folder: Path, profile: str, content: str | bytes, name: str = "x.csv", table: str = "people") -> Received:
    return receive(folder, File(table, name, content, profile="mine"), profiles={"mine": ABOUT + profile})


def refused(folder: Path, profile: str, content: str | bytes, name: str = "x.csv", keys: str = "") -> Problem:
    """Why a people export is refused that a profile of one's own reads."""
    file = File("people", name, content, profile="mine", keys=keys)
    (problem,) = refusal(folder, file, profiles={"mine": ABOUT + profile})
    return problem


# --- what a file of a layout has ----------------------------------------------------------------------------------

WINDOW = '[layout.window]\nfrom = "from"\nto = "to"\n'
SET_ASIDE = '[[layout.set_aside]]\nwhere = "kind"\nequals = ["test"]\nreason = "a test"\n'
NEEDS = '[[layout.needs]]\ncolumn = "end_date"\nwhere = "state"\nequals = ["gone"]\n'


@pytest.mark.parametrize(("rule", "columns"), [(WINDOW, ["from", "to"]), (SET_ASIDE, ["kind"])])
def test_the_columns_of_a_rule_must_be_there(tmp_path: Path, rule: str, columns: list[str]) -> None:
    for lacking in columns:
        header = ",".join(["id", "type", "start", *(column for column in columns if column != lacking)])
        problem = refused(tmp_path / lacking, PEOPLE + rule, f"{header}\n7,intern,2024-01-01,x\n")
        assert (problem.code, problem.what[: 20 + len(lacking)]) == ("missing_column", f"it has no column {lacking}. C")


def test_a_column_whose_presence_tells_something_must_be_there(tmp_path: Path) -> None:
    """Else everybody would seem to have left it empty."""
    profile = ABOUT + '[[layout]]\ntable = "accounts"\n[layout.columns]\naccount = "mail"\n'
    profile += 'active = { filled = ["suspended on"], then = "false", otherwise = "true" }\n'
    file = File("accounts", "x.csv", "mail,note\na@x.example,\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile})
    assert problem.what.startswith("it has no column suspended on. ")


def test_what_takes_records_back_must_be_there(tmp_path: Path) -> None:
    file = File("completions", "x.csv", "who,what,when,status,no\na,M,2025-01-01,passed,1\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": ABOUT + CANCELS})
    assert problem.what.startswith("it has no column kind. ")


def test_every_part_of_a_joined_text_that_each_row_needs_must_be_there(tmp_path: Path) -> None:
    """Of one that a row may lack, some part will do."""
    profile = ABOUT + RECORDS.replace('"what"', '{ join = ["Course", "Version"] }')
    profile += '[[layout]]\ntable = "people"\n[layout.columns]\nperson_id = "id"\nworker_type = "type"\n'
    profile += 'start_date = "start"\nname = { join = ["first", "last"] }\n'
    for lacking in ("Course", "Version"):
        header = "who,Course,Version,when,status".replace(lacking, "other")
        file = File("completions", "x.csv", f"{header}\na,M,3,2025-01-01,passed\n", "mine")
        (problem,) = refusal(tmp_path / lacking, file, profiles={"mine": profile})
        assert problem.what.startswith(f"it has no column {lacking}. ")
    got = read(
        tmp_path / "b", profile.removeprefix(ABOUT), SOUND.replace("start", "start,last").replace("01\n", "01,Li\n")
    )
    assert got.rows("people", "person_id, name") == [("7", "Li")]


def test_a_header_that_a_layout_asks_for_is_asked_for_no_more_where_its_column_is_overridden(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"people"', '"people"\nrequires = ["type", "start"]')
    without = File("people", "x.csv", "id,start\n7,2024-01-01\n", "mine", 'values.worker_type = "intern"')
    got = receive(tmp_path / "a", without, profiles={"mine": profile})
    assert got.rows("people", "person_id, worker_type") == [("7", "intern")]
    renamed = File(
        "people", "x.csv", "id,kind,start\n7,intern,2024-01-01\n", "mine", 'columns = { worker_type = "kind" }'
    )
    got = receive(tmp_path / "b", renamed, profiles={"mine": profile})
    assert got.rows("people", "person_id, worker_type") == [("7", "intern")]
    role = ABOUT + PEOPLE.replace('"people"', '"people"\nrequires = ["title"]') + 'role = "job"\n'
    file = File("people", "x.csv", SOUND, "mine", 'values.role = "any"')
    (problem,) = refusal(tmp_path / "c", file, profiles={"mine": role})
    assert problem.what.startswith("it has no column title. ")


def test_what_a_rule_reads_is_not_told_as_left_aside(tmp_path: Path) -> None:
    header, row = "id,type,start,from,to,kind,state, note \n", "7,intern,2024-01-01,2024-01-01,2024-12-31,x,gone,n\n"
    profile = PEOPLE + 'end_date = "end"\n' + WINDOW + SET_ASIDE + NEEDS
    (account,) = read(tmp_path / "a", profile, header + row).intake.files
    assert account.ignored_columns == ("note",)
    lines = "who,what,when,status,kind,no,more\na,M,2025-01-01,passed,,1,x\n"
    got = read(tmp_path / "b", CANCELS, lines, table="completions")
    assert got.intake.files[0].ignored_columns == ("more",)


def test_a_report_in_pairs_has_its_other_columns_above_which_there_may_be_a_title(tmp_path: Path) -> None:
    """A row of pairs without the columns that the layout needs is no header."""
    profile = '[reading]\nheader_depth = 3\n[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "mail"\n'
    profile += 'module_id = "item"\nstatus = "state"\ncompleted_at = "date"\n'
    profile += '[layout.pairs]\nsecond = "{item} - Date"\n'
    lines = "Report,Quiz,Quiz - Date\n,,\nmail,Quiz,Quiz - Date\na@x.example,completed,2025-01-01\n"
    got = read(tmp_path, profile, lines, table="completions")
    assert got.rows("completions", "account, module_id, completed_on, row_no") == [
        ("a@x.example", "Quiz", date(2025, 1, 1), 4)
    ]


def test_the_last_column_of_a_report_in_pairs_may_have_no_name(tmp_path: Path) -> None:
    """Elsewhere a last column without a name is what a delimiter at the end of each line leaves."""
    profile = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "mail"\n'
    profile += 'module_id = "item"\nstatus = "state"\ncompleted_at = "date"\n[layout.pairs]\nfixed = 1\n'
    lines = "mail,Quiz,\na@x.example,completed,2025-01-01\n"
    got = read(tmp_path, profile, lines, table="completions")
    assert got.rows("completions", "account, module_id, completed_on") == [("a@x.example", "Quiz", date(2025, 1, 1))]
    assert got.codes() == []


def test_one_value_for_two_items_is_refused_and_one_for_their_account_is_not(tmp_path: Path) -> None:
    lines = "a,Quiz,Quiz - Date,Video,Video - Date\nx,completed,2025-01-01,completed,2025-01-02\n"
    profile = ABOUT + '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "item"\n'
    profile += 'status = "state"\ncompleted_at = "date"\n[layout.pairs]\nsecond = "{item} - Date"\n'
    file = File("completions", "x.csv", lines, "mine", 'values.module_id = "SEC-101"')
    (problem,) = refusal(tmp_path / "a", file, profiles={"mine": profile})
    assert (problem.code, problem.what) == (
        "bad_override",
        "audit.toml makes all its 2 items one: module_id = 'SEC-101'.",
    )
    file = File("completions", "x.csv", lines, "mine", 'values.account = "ada"')
    got = receive(tmp_path / "b", file, profiles={"mine": profile})
    assert got.rows("completions", "account, module_id") == [("ada", "Quiz"), ("ada", "Video")]


# --- how headers are spelt ----------------------------------------------------------------------------------------


def test_a_header_below_a_title_may_be_spelt_in_capitals(tmp_path: Path) -> None:
    got = read(tmp_path, "[reading]\nheader_depth = 3\n" + PEOPLE, "People of 2024\n\n" + SOUND.replace("id,", "ID ,"))
    assert got.rows("people", "person_id, row_no") == [("7", 4)]


def test_keys_of_json_are_spelt_exactly(tmp_path: Path) -> None:
    """Two keys that differ in their case are two columns."""
    record = {"ID": "8", "id": "7", "type": "intern", "start": "2024-01-01"}
    got = read(tmp_path / "a", PEOPLE + 'role = "ID"\n', json.dumps([record]), "x.json")
    assert got.rows("people", "person_id, role") == [("7", "8")]
    del record["id"]
    problem = refused(tmp_path / "b", PEOPLE, json.dumps([record]), "x.json")
    assert problem.what == 'it has no column id. Columns found: "type", "start", "ID".'


def test_two_columns_are_one_where_the_profile_passes_over_what_stands_in_brackets(tmp_path: Path) -> None:
    brackets, content = "[reading]\nstrip_brackets = true\n", SOUND.replace("id,", "id[b],id[a],").replace("7", "7,8")
    problem = refused(tmp_path / "a", brackets + PEOPLE, content.replace("start", "start,,type [x]"))
    assert problem.code == "duplicate_header"
    assert problem.what == "the header has several columns 'id', 'type'; which is meant is not known."
    got = read(tmp_path / "b", PEOPLE.replace('"id"', '"id[a]"'), content)
    assert got.rows("people", "person_id") == [("8",)]


# --- delimiters ---------------------------------------------------------------------------------------------------


def test_of_several_delimiters_the_one_that_makes_columns_is_told(tmp_path: Path) -> None:
    either = "[reading]\ndelimiter = [',', ';']\n" + PEOPLE
    problem = refused(tmp_path / "a", either, "id;type;begin\n7;intern;2024-01-01\n")
    assert problem.what == 'it has no column start. Columns found: "id", "type", "begin".'
    problem = refused(tmp_path / "b", either, '"id;type;start"\n')
    assert problem.what.startswith('it has no column id, type, start. Columns found: "id;type;start".')
    problem = refused(tmp_path / "c", either, '"id";type;begin\n')
    assert problem.what.startswith("it has no column start. ")


def test_a_delimiter_that_is_not_declared_is_told(tmp_path: Path) -> None:
    problem = refused(tmp_path / "a", PEOPLE, SOUND.replace(",", "|"))
    assert (problem.code, problem.where, problem.what) == (
        "wrong_delimiter",
        "x.csv, row 1",
        "it looks like '|' separates its columns; profile mine expects ','.",
    )
    problem = refused(tmp_path / "b", PEOPLE, workbook(["id;type;start"], ["7;intern;2024-01-01"]), "x.xlsx")
    assert (problem.code, problem.what[:37]) == ("missing_column", "it has no column id, type, start. Col")


# --- what a refusal tells ---------------------------------------------------------------------------------------


def test_a_column_that_is_missing_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    more = [f"c{n}" for n in range(1, 40)]
    problem = refused(tmp_path / "a", PEOPLE, f"id,type,{','.join(more)}\n")
    found = ", ".join(f'"{header}"' for header in ["id", "type", *more[:38]])
    assert problem.what == f"it has no column start. Columns found: {found} and 1 more."
    assert problem.do == (
        "choose the profile that fits, or name the column in audit.toml, for example "
        'columns = { start_date = "…" } (profile mine, table people). Where other rows stand above the header, say in '
        "mine.toml among how many rows it is found: [reading] header_depth = 10."
    )


def test_nothing_is_proposed_that_is_read_already_or_has_no_name(tmp_path: Path) -> None:
    """`starts` resembles what is missing, and is the end."""
    profile = PEOPLE + 'end_date = "starts"\n'
    problem = refused(tmp_path / "a", profile, "id,type,starts,,Start_on\n")
    assert 'columns = { start_date = "Start_on" }' in problem.do
    problem = refused(tmp_path / "b", profile, "id,type,starts,\n")
    assert 'columns = { start_date = "…" }' in problem.do


def test_of_several_headers_that_a_column_may_have_the_nearest_is_proposed(tmp_path: Path) -> None:
    profile = PEOPLE.replace('"start"', '["hired on", "START"]')
    problem = refused(tmp_path, profile, "id,type,Started\n")
    assert problem.what.startswith("it has no column hired on or START. ")
    assert 'columns = { start_date = "Started" }' in problem.do
    problem = refused(tmp_path / "b", PEOPLE + SET_ASIDE, "id,type,start\n")
    assert "columns = { … = " in problem.do


def test_what_a_parquet_file_lacks(tmp_path: Path) -> None:
    content = parquet(tmp_path / "x", "SELECT '7' AS id, 'intern' AS type")
    problem = refused(tmp_path / "a", PEOPLE, content, "x.parquet")
    assert (problem.where, "header_depth" in problem.do) == ("x.parquet, columns", False)


def test_a_column_and_a_value_for_one_thing(tmp_path: Path) -> None:
    names = ["email", "role", "department", "name"]
    keys = "\n".join(f'columns.{name} = "x"\nvalues.{name} = "y"' for name in names)
    (problem,) = refusal(tmp_path, people("E1,,employee,2024-01-01,", keys=keys))
    assert problem.what == "audit.toml gives department, email, name, role both a column and a value."


@pytest.mark.parametrize("name", ["epoch seconds", "epoch milliseconds"])
@pytest.mark.parametrize("where", ["reading", "column"])
def test_whole_numbers_of_a_parquet_file_are_times_where_the_profile_says_so(
    tmp_path: Path, name: str, where: str
) -> None:
    second = 1 if name == "epoch seconds" else 1000
    query = f"SELECT 'a' AS account, 'M' AS module_id, {1735732800 * second} AS completed_at, 'passed' AS status"
    if where == "reading":
        profile = f"extends = 'generic'\n[reading]\ntimestamps = ['{name}']\n"
    else:
        profile = RECORDS.replace("who", "account").replace("what", "module_id")
        profile = ABOUT + profile.replace('"when"', f"{{ of = ['completed_at'], formats = ['{name}'] }}")
    file = File("completions", "x.parquet", parquet(tmp_path / "x", query), "mine")
    got = receive(tmp_path / "a", file, profiles={"mine": profile})
    assert got.rows("completions", "account, completed_on") == [("a", date(2025, 1, 1))]
