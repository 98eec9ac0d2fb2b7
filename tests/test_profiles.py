"""The grammar of profiles: what it refuses, and that it carries the formats it was made for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from arrivals import ABOUT, PEOPLE, File, Received, read_by, receive, refusal

from workbook_lib.intake.profile import (
    OWN,
    Cancels,
    Filled,
    Join,
    Layout,
    Needs,
    Of,
    Pairs,
    Profile,
    Reading,
    Replace,
    SetAside,
    Span,
)
from workbook_lib.intake.profile_file import UNWRITTEN, load_profile
from workbook_lib.source import PROFILES
from workbook_lib.tables import TABLES, Answer, Status, UserError

OURS = sorted(path.stem for path in PROFILES.glob("*.toml"))


# --- ours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_our_profiles_are_sound(tmp_path: Path, name: str) -> None:
    profile = load_profile(tmp_path, name)
    assert profile.name == name
    assert profile.knowledge
    assert profile.layouts


def test_the_generic_profile_reads_every_column_by_its_name(tmp_path: Path) -> None:
    layouts = {layout.table: layout for layout in load_profile(tmp_path, "generic").layouts}
    assert layouts.keys() == TABLES.keys()
    for name, layout in layouts.items():
        assert list(layout.columns) == TABLES[name].names
        assert all(entry.of == (column,) for column, entry in layout.columns.items())  # type: ignore[union-attr]


def test_the_page_on_the_grammar_names_every_key() -> None:
    page = (PROFILES / "README.md").read_text()
    models = (Profile, Layout, Reading, SetAside, Needs, Cancels, Span, Pairs, Of, Join, Filled, Replace)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()} - {
        *UNWRITTEN,
    }
    assert not [key for key in keys if not re.search(rf"\b{key}\b", page)]


def test_the_example_on_the_page_works_as_it_stands(tmp_path: Path) -> None:
    page = (PROFILES / "README.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## A new system in ten minutes, without code")
    export, profile, source = re.findall(r"```(?:csv|toml)\n(.*?)```", section, re.DOTALL)[:3]
    keys = tomllib.loads(source)["source"][0]
    file = File(keys["table"], keys["file"], export.encode("cp1252"), profile=keys["profile"])
    got = receive(tmp_path, file, profiles={"acme": profile})
    assert got.rows("completions", "account, module_id, completed_on, status, score") == [
        ("jörg@acme.example", "SEC-101", date(2025, 1, 31), "completed", 85.0),
        ("mei@acme.example", "SEC-101", None, "not_started", None),
    ]
    assert not got.quarantine
    command = [sys.executable, "-m", "workbook_lib.cli", "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 1  # two accounts belong to nobody: the only person of this audit has long left
    assert "exports/lms.csv (completions)\n    2 rows read, 2 used; 2025-01-31\n" in done.stdout


# --- refused ------------------------------------------------------------------------------------------------------

REFUSED = [
    ("[profile", "mine.toml", "it is not valid TOML"),
    (PEOPLE, "mine.toml, profile.title", "'title' is missing"),
    (ABOUT, "mine.toml, layout", "there is no layout"),
    (ABOUT.replace('"x"', '""') + PEOPLE, "mine.toml, profile.title", "it is empty."),
    (ABOUT + PEOPLE.replace("[layout.", "window = 1\n[layout."), "mine.toml, layout[1].window", "1 is not a table, for example { a = 1 }"),
    (ABOUT + "[readings]\n[word]\n" + PEOPLE, "mine.toml", "readings, word is not known here"),
    (ABOUT.replace("from memory, unverified", "sure") + PEOPLE, "mine.toml, profile.confidence", "'sure' is none of 'seen in real"),
    (ABOUT + "[words.worker_type]\na = 'other'\n" + PEOPLE + PEOPLE.replace("people", "persons"), "mine.toml, layout[2].table",
     "there is no table 'persons' (tables: people, leave, "),
    (ABOUT + PEOPLE.replace("person_id", "persn_id"), "mine.toml, layout[1]",
     "table people has no column 'persn_id'; did you mean 'person_id'? (columns: person_id, "),
    (ABOUT + PEOPLE + "xyz = 'x'\n", "mine.toml, layout[1]", "table people has no column 'xyz' (columns: person_id, "),
    (ABOUT + PEOPLE + "[layout.words.role]\na = 'b'\n", "mine.toml, layout[1]", "role has no closed vocabulary"),
    (ABOUT + PEOPLE + "[layout.words.worker_type]\na = 'boss'\n", "mine.toml, layout[1]", "'a' means 'boss', which is none"),
    (ABOUT + PEOPLE + "[layout.words.worker_type]\na = 'other'\n'A ' = 'intern'\n", "mine.toml, layout[1]",
     "words of worker_type: two of them differ only in case or blanks"),
    (ABOUT + PEOPLE + "[[layout.set_aside]]\nwhere = 'x'\nreason = 'y'\n", "mine.toml, layout[1].set_aside[1]",
     "it needs exactly one of equals, not_equals, matches and unknown_to"),
    (ABOUT + PEOPLE + "[[layout.set_aside]]\nwhere = 'x'\nreason = 'y'\nmatches = '('\n", "mine.toml, layout[1].set_aside[1]",
     "'(' is not a regular expression: missing )"),
    (ABOUT + PEOPLE + "[[layout.set_aside]]\nwhere = 'x'\nreason = 'y'\nequals = []\n", "mine.toml, layout[1].set_aside[1].equals",
     "it is empty."),
    (ABOUT + PEOPLE + "[[layout.set_aside]]\nwhere = 'x'\nreason = 'y'\nunknown_to = 'role'\n", "mine.toml, layout[1]",
     "unknown_to: role has no closed vocabulary"),
    (ABOUT + PEOPLE + "[[layout.set_aside]]\nwhere = 'x'\nreason = 'y'\nunknown_to = 'rank'\n", "mine.toml, layout[1]",
     "unknown_to: rank has no closed vocabulary"),
    (ABOUT + PEOPLE + "[layout.cancels]\nwhere = 'x'\nequals = ['y']\nnames = 'z'\n", "mine.toml, layout[1].cancels.record",
     "'record' is missing"),
    (ABOUT + PEOPLE + "[layout.pairs]\nitem = 'x'\n", "mine.toml, layout[1].pairs", "it needs exactly one of fixed and second"),
    (ABOUT + PEOPLE + "[layout.pairs]\nfixed = 1\nsecond = ''\n", "mine.toml, layout[1].pairs",
     "it needs exactly one of fixed and second"),
    (ABOUT + PEOPLE + "[layout.pairs]\nsecond = '(' \n", "mine.toml, layout[1].pairs", "'(' is not a regular expression"),
    (ABOUT + "[reading]\ndelimiter = ['#']\n" + PEOPLE, "mine.toml, reading.delimiter[1]", "'#' is none of ',', ';', "),
    (ABOUT + "[reading]\ndelimiter = []\n" + PEOPLE, "mine.toml, reading.delimiter", "it is empty"),
    (ABOUT + "[reading]\ndates = ['DD/MM/YYYY hh:mm', 'M/D/YYYY h:mm']\n" + PEOPLE, "mine.toml, reading.dates",
     "a date can fit both DD/MM/YYYY hh:mm and M/D/YYYY h:mm; declare one"),
    (ABOUT + "[reading]\ndates = ['soon']\n" + PEOPLE, "mine.toml, reading.dates", "'soon' is not a date format"),
    (ABOUT + "[reading]\ntimestamps = ['DD.MM.YYYY HH:mm']\n" + PEOPLE, "mine.toml, reading.timestamps",
     "'DD.MM.YYYY HH:mm' is not a date format such as YYYY-MM-DD or MM/DD/YYYY hh:mm"),
    (ABOUT + "[reading]\ndates = ['DD/MM/YY', 'YY/MM/DD']\n" + PEOPLE, "mine.toml, reading.dates",
     "a date can fit both DD/MM/YY and YY/MM/DD; declare one"),
    (ABOUT + "[reading]\ntimestamps = ['ISO timestamp', 'YYYY-DD-MM']\n" + PEOPLE, "mine.toml, reading.timestamps",
     "a date can fit both ISO timestamp and YYYY-DD-MM; declare one"),
    (ABOUT + "[reading]\ndates = ['DD/MM/YYYY', 'M/D/YYYY']\n" + PEOPLE, "mine.toml, reading.dates",
     "a date can fit both DD/MM/YYYY and M/D/YYYY; declare one"),
    (ABOUT + "[reading]\ndates = ['M/D/YYYY', 'YYYY-MM-DD', 'M/D/YYYY']\n" + PEOPLE, "mine.toml, reading.dates",
     "a date can fit both M/D/YYYY and M/D/YYYY; declare one"),
    (ABOUT + "[reading]\nzone = 'Mars/Olympus'\n" + PEOPLE, "mine.toml, reading.zone", "'Mars/Olympus' is not an"),
    (ABOUT + "[reading]\ndelimeter = ';'\n" + PEOPLE, "mine.toml, reading.delimeter", "the key 'delimeter' is unknown; did you mean 'delimiter'?"),
    (ABOUT + PEOPLE + "role = { earliest = ['a'] }\n", "mine.toml, layout[1]", "role is not a date: earliest and latest"),
    (ABOUT + PEOPLE + "role = { of = ['a'], remove = '[' }\n", "mine.toml, layout[1].columns.role", "'[' is not a regular"),
    (ABOUT + PEOPLE + "end_date = { of = ['a'], formats = ['x'] }\n", "mine.toml, layout[1]", "'x' is not a date format"),
    (ABOUT + PEOPLE.replace('"type"', "{ filled = ['a'], then = 'boss', otherwise = 'other' }"), "mine.toml, layout[1]",
     "'then' means 'boss', which is none of"),
    (ABOUT + PEOPLE.replace('"type"', "{ filled = ['a'], then = 'other', otherwise = 'boss' }"), "mine.toml, layout[1]",
     "'otherwise' means 'boss', which is none of employee, contractor, "),
    (ABOUT + PEOPLE.replace('"id"', '"a["').replace("[layout.", "format = 'json'\n[layout."), "mine.toml, layout[1]",
     "'a[' is not a path"),
    (ABOUT + PEOPLE.replace("people", "leave").replace("worker_type", "kind").replace("[layout.", "window = { from = 'a', to = 'b' }\n[layout."),
     "mine.toml, layout[1]", "window belongs to people (an effective-dated history), not to leave."),
    ("[profile]\nextends = 'generic'\n", "mine.toml, profile.extends", "it stands below [profile]"),
    ("[reading]\nextends = 'generic'\n", "mine.toml, reading.extends", "it stands below [reading]"),
    ("[words]\nstatus = 3\n", "mine.toml", "a section that is not a table"),
    (ABOUT + PEOPLE + "words = 3\n", "mine.toml, layout[1].columns.words", "3 is neither a header"),
    (ABOUT + PEOPLE + "[layout.words]\nworker_type = 3\n", "mine.toml, layout[1].words.worker_type", "3 is not a table"),
    (ABOUT + '[words.status]\na = "passed"\n[[layout]]\ntable = "completions"\ncolumns = 3\n', "mine.toml, layout[1].columns", "3 is not a table"),
    (ABOUT + PEOPLE + "role = []\n", "mine.toml, layout[1].columns.role", "it is empty"),
    (ABOUT + PEOPLE + "role = { join = [] }\n", "mine.toml, layout[1].columns.role", "it is empty"),
    (ABOUT + PEOPLE + "role = { join = ['a'], with = 3 }\n", "mine.toml, layout[1].columns.role", "3 is not a text in quotes"),
    (ABOUT + PEOPLE + "role = { of = ['a'], sufix = '%' }\n", "mine.toml, layout[1].columns.role",
     "the key 'sufix' is unknown; did you mean 'suffix'?"),
    (ABOUT + PEOPLE + "role = { of = ['a'], divide_by = 0 }\n", "mine.toml, layout[1].columns.role", "0 is not more than 0"),
    (ABOUT + PEOPLE + "role = { of = ['a'], divide_by = 'x' }\n", "mine.toml, layout[1].columns.role", "'x' is not a number."),
    (ABOUT + PEOPLE + "role = { of = ['a'], divide_by = [2] }\n", "mine.toml, layout[1].columns.role", "[2] is not a number."),
    (ABOUT + PEOPLE + "role = { of = ['a'], pad = 1.5 }\n", "mine.toml, layout[1].columns.role", "1.5 is not a whole number."),
    (ABOUT + PEOPLE + "role = { of = ['a'], pad = 'x' }\n", "mine.toml, layout[1].columns.role", "'x' is not a whole number"),
    (ABOUT + "[reading]\nheader_depth = 0\n" + PEOPLE, "mine.toml, reading.header_depth", "0 is not 1 or more"),
    (ABOUT + "[reading]\ndrop_rows = 11\n" + PEOPLE, "mine.toml, reading.drop_rows", "11 is not 10 or less"),
    (ABOUT + "[reading]\nstrip_brackets = 1\n" + PEOPLE, "mine.toml, reading.strip_brackets", "1 is not true or false"),
    (ABOUT + "[reading]\ndates = 'YYYY'\n" + PEOPLE, "mine.toml, reading.dates", "'YYYY' is not a list, for example"),
    (ABOUT + "color = 1\n" + PEOPLE, "mine.toml, profile.color", "the key 'color' is unknown"),
    ("extends = 'generic'\n[words.satus]\na = 'passed'\n", "mine.toml, words.satus", "no layout of this profile has a column"),
    ("extends = 'generic'\n[words.status]\na = 'complet'\n", "mine.toml, words.status", "'a' means 'complet', which is none"),
    ("extends = 'bamboohr'\n[words.worker_type]\na = 'other'\n'A ' = 'intern'\n", "mine.toml, layout[1]",
     "words of worker_type: two of them differ"),
    ('extends = "mine"\n', "mine.toml, extends", "mine extends mine: a circle."),
    ('extends = "nobody"\n', "mine.toml, extends", "there is no profile 'nobody'."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "what"), REFUSED, ids=[case[2][:40] for case in REFUSED])
def test_a_profile_that_is_wrong_says_where(tmp_path: Path, text: str, where: str, what: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(UserError) as refused:
        load_profile(tmp_path, "mine")
    (problem,) = [problem for problem in refused.value.problems if problem.where == where]
    assert problem.what.startswith(what)
    assert not re.search(r"field required|should be|should have|extra inputs|unable to parse", str(refused.value))


#: What holds the key, a key that it does not have, and the one that is meant.
UNKNOWN = [
    ("[[layout]]\n{} = 'people'\ncolumns = {{}}\n", "tabel", "table"),
    ("[[layout.set_aside]]\nwhere = 'x'\nreason = 'y'\n{} = ['z']\n", "equal", "equals"),
    ("[[layout.needs]]\nwhere = 'x'\nequals = ['y']\n{} = 'role'\n", "colum", "column"),
    ("[layout.cancels]\nwhere = 'x'\nequals = ['y']\nnames = 'z'\n{} = 'id'\n", "recrd", "record"),
    ("[layout.window]\n{} = 'x'\nto = 'y'\n", "form", "from"),
    ("[layout.pairs]\n{} = 2\n", "fixt", "fixed"),
    ("role = {{ of = ['a'], {} = '%' }}\n", "sufix", "suffix"),
    ("role = {{ of = ['a'], replace = {{ pattern = 'a', {} = 'b' }} }}\n", "wth", "with"),
    ("role = {{ join = ['a'], {} = '-' }}\n", "wth", "with"),
    ("role = {{ filled = ['a'], then = 'b', {} = 'c' }}\n", "otherwhise", "otherwise"),
    ("role = {{ earliest = ['a'], {} = ['b'] }}\n", "earlyest", "earliest"),
    ("role = {{ latest = ['a'], {} = ['b'] }}\n", "last", "latest"),
]


@pytest.mark.parametrize(("part", "key", "meant"), UNKNOWN)
def test_of_a_key_that_is_unknown_the_nearest_one_of_that_part_is_offered(
    tmp_path: Path, part: str, key: str, meant: str
) -> None:
    (tmp_path / "mine.toml").write_text(ABOUT + PEOPLE + part.format(key))
    with pytest.raises(UserError) as refused:
        load_profile(tmp_path, "mine")
    assert f"the key '{key}' is unknown; did you mean '{meant}'?" in [p.what for p in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "do"),
    [
        (ABOUT, 'add a [[layout]], or put extends = "…" at the top of the file.'),
        (PEOPLE, "add it; the grammar is in profiles/README.md."),
        (ABOUT + "role = 3\n" + PEOPLE, "correct or remove it. Known here: system, title, knowledge, confidence, warnings."),
        (ABOUT + PEOPLE + "[layout.window]\nform = 1\n", "correct or remove it. Known here: from, to, formats."),
        (ABOUT.replace("from memory, unverified", "sure") + PEOPLE, "use one of them."),
        (ABOUT + PEOPLE + "role = 3\n", "correct the profile; the grammar is in profiles/README.md."),
    ],
)  # fmt: skip
def test_a_profile_that_is_wrong_says_what_to_do(tmp_path: Path, text: str, do: str) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load_profile(tmp_path, "mine")
    assert do in [problem.do for problem in refused.value.problems]


def test_a_wrong_profile_refuses_the_audit_once(tmp_path: Path) -> None:
    files = [File("people", f"{n}.csv", "id,type,start\n", profile="mine") for n in "ab"]
    files.append(replace(files[0], name="c.csv", keys='previous = "a.csv"'))
    (problem,) = refusal(tmp_path, *files, profiles={"mine": ABOUT + PEOPLE + "role = 7\n"})
    assert problem.where == "mine.toml, layout[1].columns.role"
    assert problem.what.startswith("7 is neither a header, nor a list of headers, nor a table")


def test_a_table_that_the_profile_does_not_know(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, File("leave", "x.csv", "a\n", profile="bamboohr"))
    assert problem.code == "no_layout"
    assert problem.what == (
        "profile bamboohr reads no leave from a CSV file; it reads people (csv or xlsx), people (json)."
    )


def test_a_wrong_header_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(ABOUT + PEOPLE + "role = [1]\n")
    with pytest.raises(UserError) as refused:
        load_profile(tmp_path, "mine")
    told = [(problem.where, problem.what) for problem in refused.value.problems]
    assert told == [("mine.toml, layout[1].columns.role", "1 is not a text in quotes.")]


# --- extends ------------------------------------------------------------------------------------------------------

BAMBOO = "Employee #,Employment Status,Hire Date,Termination Date\n"


def test_three_lines_change_a_date_format(tmp_path: Path) -> None:
    profile = 'extends = "bamboohr"\n[reading]\ndates = ["MM/DD/YYYY"]\n'
    got = read_by(tmp_path, profile, "people", BAMBOO + "7,Full-Time,03/04/2024,00/00/0000\n8,Intern,03/04/2024,\n")
    assert got.rows("people", "person_id, start_date") == [("8", date(2024, 3, 4))]
    account = got.intake.files[0]
    assert (account.profile, account.system, account.confidence) == ("mine", "BambooHR", OWN)


def test_words_of_ones_own_are_added(tmp_path: Path) -> None:
    profile = 'extends = "bamboohr"\n[words.worker_type]\n"Temporaty Contractor" = "contractor"\n"" = "other"\n'
    lines = "1,Temporaty Contractor,2024-01-01,\n2,,2024-01-01,\n3,Full-Time,2024-01-01,\n4,Boss,2024-01-01,\n"
    got = read_by(tmp_path, profile, "people", BAMBOO + lines)
    assert got.rows("people", "person_id, worker_type") == [("1", "contractor"), ("2", "other"), ("3", "employee")]
    assert [(row.subject, row.code) for row in got.quarantine] == [("4", "unknown_word")]


RECORDS = "account,module_id,completed_at,status\na@x,M,2025-01-01,{}\n"


def test_the_lines_that_a_message_gives_mend_the_file(tmp_path: Path) -> None:
    """Pasted as they stand they are refused; with a meaning chosen they mend it; then once more for a second word."""
    records = RECORDS.format(" Erfüllt") + "b@x,M,2025-01-01,passed\n"
    (row,) = receive(tmp_path / "a", File("completions", "c.csv", records)).quarantine
    assert "save a file my-generic.toml beside audit.toml" in row.message
    assert 'profile = "my-generic"' in row.message
    lines = re.findall("`(.*?)`", row.message)
    assert lines == ['extends = "generic"', "[words.status]", '"Erfüllt" = "…"']
    with pytest.raises(UserError, match="…"):
        receive(tmp_path / "z", File("completions", "c.csv", records, profile="my-generic"),
                profiles={"my-generic": "\n".join(lines)})  # fmt: skip
    profile = {"my-generic": "\n".join(lines).replace("…", "completed")}
    files = (
        File("completions", "c.csv", records + 'c@x,M,2025-01-01,"So ""la la"""\n', profile="my-generic"),
        File(
            "acknowledgements", "a.csv", "account,policy_id,acknowledged_at\na@x,AUP,2025-01-01\n", profile="my-generic"
        ),
    )
    got = receive(tmp_path / "b", *files, profiles=profile)
    assert got.rows("completions", "account, status") == [("a@x", "completed"), ("b@x", "passed")]
    assert got.rows("acknowledgements", "status") == [("acknowledged",)]
    (row,) = got.quarantine
    assert "add to my-generic.toml the lines" in row.message
    profile["my-generic"] += "\n" + re.findall("`(.*?)`", row.message)[1].replace("…", "completed")
    assert not receive(tmp_path / "c", *files, profiles=profile).quarantine


def test_words_at_the_top_are_for_the_layouts_that_know_their_meaning(tmp_path: Path) -> None:
    words = "'Done' = 'completed'\n'Yes' = 'acknowledged'\n'PASSED ' = 'failed'\n"
    (tmp_path / "acme.toml").write_text(
        "extends = 'generic'\n[words.status]\n" + words + "[words.active]\nJa = 'true'\n"
    )
    layouts = {layout.table: layout.words for layout in load_profile(tmp_path, "acme").layouts}
    assert layouts["completions"]["status"] == {word: word for word in Status if word != "passed"} | {
        "Done": "completed",
        "PASSED ": "failed",
    }
    assert layouts["acknowledgements"]["status"] == {word: word for word in Answer} | {"Yes": "acknowledged"}
    assert layouts["accounts"]["active"] == {
        "Ja": "true", "true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"
    }  # fmt: skip
    assert layouts["people"] == {}
    (tmp_path / "acme.toml").write_text("extends = 'generic'\n[words.status]\n'Done' = 'completed'\n")
    layouts = {layout.table: layout.words for layout in load_profile(tmp_path, "acme").layouts}
    assert layouts["acknowledgements"] == {}


def test_words_at_the_top_are_for_a_column_that_audit_toml_names_too(tmp_path: Path) -> None:
    profile = ABOUT + "[words.worker_type]\nBoss = 'employee'\n" + PEOPLE.replace('worker_type = "type"\n', "")
    content = "id,kind,start\n7,Boss,2024-01-01\n8,intern,2024-01-01\n"
    got = read_by(tmp_path, profile, "people", content, keys='columns.worker_type = "kind"')
    assert got.rows("people", "person_id, worker_type") == [("7", "employee"), ("8", "intern")]


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("extends = 'generic'\n", False),
        ("extends = 'generic'\n[reading]\nzone = 'UTC'\n", False),
        ("extends = 'generic'\n[reading]\ndates = ['D/M/YYYY']\n", True),
        ("extends = 'generic'\n[reading]\ntimestamps = ['D/M/YYYY']\n", True),
        ("extends = 'generic'\n" + PEOPLE, True),
        ("extends = 'stated'\n", True),
        ("extends = 'unstated'\n", False),
    ],
)
def test_whoever_writes_a_layout_or_its_formats_knows_the_order_of_day_and_month(
    tmp_path: Path, text: str, stated: bool
) -> None:
    (tmp_path / "stated.toml").write_text("extends = 'generic'\n[reading]\ndates = ['D/M/YYYY']\n")
    (tmp_path / "unstated.toml").write_text("extends = 'generic'\n")
    (tmp_path / "mine.toml").write_text(text)
    assert load_profile(tmp_path, "mine").states_formats is stated
    assert load_profile(tmp_path, "generic").states_formats is False


def test_a_layout_of_ones_own_keeps_its_reading_and_words_and_an_inherited_one_does_not(tmp_path: Path) -> None:
    about = "[reading]\ndates = ['D/M/YYYY']\nencoding = 'cp1252'\n[words.worker_type]\nX = 'intern'\nZ = 'other'\n"
    layout = PEOPLE.replace("[layout.", 'confidence = "seen in real files"\n[layout.')
    layout += "[layout.reading]\ndates = ['M/D/YYYY']\n[layout.words.worker_type]\n'x ' = 'employee'\n"
    (tmp_path / "base.toml").write_text(ABOUT + layout)
    (tmp_path / "mine.toml").write_text("extends = 'base'\n" + about + layout)
    own, inherited = load_profile(tmp_path, "mine").layouts
    assert (own.reading.dates, own.reading.encoding) == (("M/D/YYYY",), "cp1252")
    assert own.words == {"worker_type": {"x ": "employee", "Z": "other"}}
    assert (own.confidence, inherited.confidence) == ("seen in real files", None)
    assert (inherited.reading.dates, inherited.reading.encoding) == (("D/M/YYYY",), "cp1252")
    assert inherited.words == {"worker_type": {"X": "intern", "Z": "other"}}


def test_a_profile_of_ones_own_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "generic"\n')
    (tmp_path / "sure.toml").write_text(
        'extends = "mine"\n[profile]\nsystem = "Us"\nconfidence = "seen in real files"\n'
    )
    told = [load_profile(tmp_path, name) for name in ("generic", "mine", "sure", "bamboohr")]
    assert [(profile.system, profile.confidence, profile.own) for profile in told] == [
        ("", "the workbook's own format", False),
        ("", OWN, True),
        ("Us", "seen in real files", True),
        ("BambooHR", "seen in real files", False),
    ]


@pytest.mark.parametrize("table", ["people", "completions"])
def test_a_word_for_no_date_where_one_is_needed(tmp_path: Path, table: str) -> None:
    text = {
        "people": "person_id,worker_type,start_date\nE1,other,0000-00-00\n",
        "completions": RECORDS.format("passed").replace("2025-01-01", "0000-00-00"),
    }[table]
    profile = "extends = 'generic'\n[reading]\nnone_dates = ['0000-00-00']\n"
    (row,) = read_by(tmp_path, profile, table, text).quarantine
    assert row.message.startswith("'0000-00-00' means no date, and ")


def test_a_layout_of_ones_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir(parents=True)
    (tmp_path / "profiles" / "mine.toml").write_text('extends = "generic"\n' + PEOPLE)
    got = receive(tmp_path, File("people", "x.csv", "id,type,start\n7,intern,2024-01-01\n", profile="mine"))
    assert got.rows("people", "person_id") == [("7",)]
    layouts = load_profile(tmp_path, "mine").for_table("people")
    assert [len(layout.columns) for layout in layouts] == [3, 9]


# --- BambooHR -----------------------------------------------------------------------------------------------------


def test_bamboohr_report(tmp_path: Path) -> None:
    header = (
        "Display Name,First Name,Last Name,Preferred Name,Job Title,Work Phone,Mobile Phone,Work Email,Department,Location,"
        "Division,Supervisor name,Status,Employee #,Employment Status,Termination Date,Hire Date\n"
    )
    lines = (
        'Ava Reyes,Ava,Reyes,,Engineer,,,Ava.Reyes@x.example,R&D,,,"Tan, Mei",Active,00417,Full-Time,0000-00-00,2021-05-03\n'
        ",Noah,Okafor,,Sales,,,noah@x.example,Sales,,,,Inactive,418,Terminated,2025-03-31,2022-01-10\n"
        "Rui,,,,,,,,,,,,Active,419,On Sabbatical,0000-00-00,2022-01-10\n"
        "Mei,,,,,,,,,,,,Active,420,Contractor,0000-00-00,0000-00-00\n"
    )
    got = receive(tmp_path, File("people", "bamboo.csv", header + lines, profile="bamboohr"))
    assert got.rows("people", "person_id, name, email, worker_type, role, department, start_date, end_date") == [
        ("00417", "Ava Reyes", "ava.reyes@x.example", "employee", "Engineer", "R&D", date(2021, 5, 3), None),
        ("418", "Noah Okafor", "noah@x.example", "employee", "Sales", "Sales", date(2022, 1, 10), date(2025, 3, 31)),
    ]
    assert [(row.row_no, row.column, row.code) for row in got.quarantine] == [
        (4, "Employment Status", "unknown_word"),
        (5, "Hire Date", "missing_value"),
    ]
    account = got.intake.files[0]
    assert dict(account.mapping)["name"] == '"Display Name", else "First Name" + "Last Name"'
    assert any("Terminated for every leaver" in warning for warning in account.warnings)
    assert any("onlyCurrent=false" in warning for warning in account.warnings)
    assert "Supervisor name" in account.ignored_columns
    assert "Status" not in account.ignored_columns
    assert "ignored_columns" not in got.codes()


def test_bamboohr_api(tmp_path: Path) -> None:
    employee = {
        "id": 5, "employeeNumber": "00417", "displayName": None, "firstName": "Ava", "lastName": "Reyes",
        "workEmail": "ava@x.example", "employmentHistoryStatus": "Part-Time", "hireDate": "2021-05-03",
        "terminationDate": "0000-00-00", "jobTitle": "Engineer", "department": "R&D",
    }  # fmt: skip
    data = {
        "title": "All",
        "fields": [{"id": "displayName", "type": "text", "name": "Display Name"}],
        "employees": [employee],
    }
    got = receive(tmp_path, File("people", "bamboo.json", json.dumps(data), profile="bamboohr"))
    columns = "person_id, name, worker_type, start_date, end_date"
    assert got.rows("people", columns) == [("00417", "Ava Reyes", "employee", date(2021, 5, 3), None)]
    assert got.intake.files[0].ignored_columns == ("id",)


# --- Workday ------------------------------------------------------------------------------------------------------

HISTORY = (
    "id,_fivetran_start,_fivetran_end,_fivetran_deleted,hire_date,end_employment_date,termination_date,worker_code,"
    "contract_vendor_name,contract_end_date\n"
)


def history(folder: Path, *lines: str) -> Received:
    return receive(folder, File("people", "w.csv", HISTORY + "\n".join(lines) + "\n", profile="workday"))


def test_a_version_speaks_for_its_own_days(tmp_path: Path) -> None:
    got = history(
        tmp_path,
        "A,2020-01-01 00:00:00,2025-03-31 23:59:59,false,2024-01-01,,,1,,",
        "A,2025-04-01 00:00:00,9999-12-31 23:59:59,false,2024-01-01,2025-09-01,2025-08-31,1,,",
        "B,2020-01-01 00:00:00,9999-12-31 23:59:59,false,2021-01-01,,,2,Agency Ltd,",
        "C,2020-01-01 00:00:00,9999-12-31 23:59:59,false,2021-01-01,,,3,,2025-12-31",
        "D,2025-04-01 00:00:00,2025-04-01 23:59:59,false,2024-01-01,,,1,,",
        "E,2025-04-01 00:00:00,2100-01-01 00:00:00,false,2024-01-01,,,1,,",
        "F,2025-04-01 00:00:00,2099-12-31 00:00:00,false,2024-01-01,,,1,,",
        "G,2025-04-01 00:00:00,,false,2024-01-01,,,1,,",
    )
    assert got.rows("people", "person_id, worker_type, start_date, end_date") == [
        ("A", "employee", date(2024, 1, 1), date(2025, 3, 31)),
        ("A", "employee", date(2025, 4, 1), date(2025, 8, 31)),
        ("B", "contractor", date(2021, 1, 1), None),
        ("C", "contractor", date(2021, 1, 1), None),
        ("D", "employee", date(2025, 4, 1), date(2025, 4, 1)),
        ("E", "employee", date(2025, 4, 1), None),
        ("F", "employee", date(2025, 4, 1), date(2099, 12, 31)),
        ("G", "employee", date(2025, 4, 1), None),
    ]
    assert not got.quarantine
    (account,) = got.intake.files
    assert account.ignored_columns == ("worker_code",)
    assert dict(account.mapping)["end_date"] == 'the earliest of "end_employment_date", "termination_date"'


def test_versions_without_an_engaged_day_are_set_aside_and_contradictions_are_not(tmp_path: Path) -> None:
    got = history(
        tmp_path,
        "A,2020-01-01 00:00:00,2023-12-31 23:59:59,false,2024-01-01,,,1,,",
        "A,2025-10-01 00:00:00,9999-12-31 23:59:59,false,2024-01-01,2025-09-01,,1,,",
        "A,2020-01-01 00:00:00,9999-12-31 23:59:59,TRUE,2024-01-01,,,1,,",
        "B,2020-01-01 00:00:00,9999-12-31 23:59:59,false,2024-01-01,2023-01-01,,2,,",
        "C,some day,9999-12-31 23:59:59,false,2024-01-01,,,3,,",
        "D,2024-06-01 00:00:00,9999-12-31 23:59:59,false,2024-01-01,,,4,,",
    )
    assert got.rows("people", "person_id, start_date") == [("D", date(2024, 6, 1))]
    assert [(row.row_no, row.column, row.value, row.code, row.by_rule, row.subject) for row in got.quarantine] == [
        (2, "_fivetran_start", "2020-01-01", "no_engaged_day", True, "A"),
        (3, "_fivetran_start", "2025-10-01", "no_engaged_day", True, "A"),
        (4, "_fivetran_deleted", "TRUE", "set_aside", True, "A"),
        (5, "end_employment_date / termination_date", "2023-01-01", "end_before_start", False, "B"),
        (6, "_fivetran_start", "some day", "not_a_date", False, "C"),
    ]
    assert got.quarantine[-1].message.count("'some day' is not a date") == 1
    assert [person for (person,) in got.rows("unread_people", "person_id")] == ["B", "C"]


def test_the_layout_is_told_by_its_headers(tmp_path: Path) -> None:
    header = "position_id,worker_id,business_title,employee_type,start_date,end_date,_fivetran_start,_fivetran_end,_fivetran_deleted\n"
    lines = (
        "p,A,Engineer,regular,2024-01-01,,2020-01-01 00:00:00,9999-12-31 23:59:59,false\n"
        "p,B,Engineer,,2024-01-01,,2020-01-01 00:00:00,9999-12-31 23:59:59,false\n"
    )
    got = receive(tmp_path, File("people", "p.csv", header + lines, profile="workday"))
    assert got.rows("people", "person_id, worker_type, role") == [("A", "employee", "Engineer")]
    (row,) = got.quarantine
    assert (row.subject, row.column, row.code) == ("B", "employee_type", "missing_value")
    assert "state in a profile what an empty word means" in row.message
    assert re.findall("`(.*?)`", row.message) == ['extends = "workday"', "[words.worker_type]", '"" = "…"']


def test_a_file_that_fits_no_layout_is_refused_for_the_nearest(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, File("people", "w.csv", HISTORY.replace("hire_date,", ""), profile="workday"))
    assert problem.what.startswith('it has no column hire_date. Columns found: "id", "_fivetran_start"')


def test_of_two_layouts_that_are_as_near_the_first_is_meant(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"id"', '"Number"') + PEOPLE.replace('"id"', '"Code"')
    file = File("people", "x.csv", "type,start\nintern,2024-01-01\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile})
    assert problem.what.startswith("it has no column Number. ")


# --- KnowBe4 ------------------------------------------------------------------------------------------------------

ENROLMENT = {
    "enrollment_id": 1, "content_type": "Store Purchase", "module_name": "Phishing", "time_spent": 90,
    "user": {"id": 7, "email": "a@x.example"}, "completion_date": "2025-06-18T21:49:00.000Z", "status": "Passed",
    "policy_acknowledged": False,
}  # fmt: skip


def enrolment(**changes: object) -> dict[str, object]:
    return ENROLMENT | changes


def test_knowbe4_enrolments(tmp_path: Path) -> None:
    policy = {"content_type": "Uploaded Policy", "module_name": "AUP"}
    data = [
        enrolment(),
        enrolment(user={"id": 7, "email": None}, status="Past Due", completion_date=None),
        enrolment(**policy, policy_acknowledged=True),
        enrolment(**policy),
        enrolment(**policy, policy_acknowledged=True, completion_date=None),
        enrolment(status="Done"),
        enrolment(user={}),
    ]
    files = [
        File(table, "e.json", json.dumps(data), profile="knowbe4") for table in ("completions", "acknowledgements")
    ]
    got = receive(tmp_path, *files, zone="UTC")
    assert got.rows("completions", "account, module_id, completed_at, status, record_id, minutes") == [
        ("a@x.example", "Phishing", datetime(2025, 6, 18, 21, 49), "passed", "1", 1.5),
        ("7", "Phishing", None, "not_started", "1", 1.5),
    ]
    assert got.rows("acknowledgements", "account, policy_id, acknowledged_on, status") == [
        ("a@x.example", "AUP", date(2025, 6, 18), "acknowledged"),
        ("a@x.example", "AUP", date(2025, 6, 18), "sent"),
    ]
    assert [(row.table, row.row_no, row.code, row.by_rule) for row in got.quarantine] == [
        ("completions", 3, "set_aside", True),
        ("completions", 4, "set_aside", True),
        ("completions", 5, "set_aside", True),
        ("completions", 6, "unknown_word", False),
        ("completions", 7, "missing_value", False),
        ("acknowledgements", 1, "set_aside", True),
        ("acknowledgements", 2, "set_aside", True),
        ("acknowledgements", 5, "missing_value", False),
        ("acknowledgements", 6, "set_aside", True),
        ("acknowledgements", 7, "set_aside", True),
    ]
    assert got.quarantine[0].message == "set aside: a policy; it is read as an acknowledgement."
    assert [(file.rows_read, file.rows_used) for file in got.intake.files[:2]] == [(7, 2), (7, 2)]


def test_knowbe4_users(tmp_path: Path) -> None:
    users = [
        {
            "id": 1,
            "employee_number": "007",
            "email": "A@x.example",
            "first_name": "Ada",
            "last_name": "L",
            "status": "active",
        },
        {
            "id": 2,
            "employee_number": None,
            "email": "b@x.example",
            "first_name": "Bo",
            "last_name": None,
            "status": "archived",
        },
    ]
    got = receive(tmp_path, File("accounts", "users.json", json.dumps(users), profile="knowbe4"))
    assert got.rows("accounts", "account, person_id, name, active") == [
        ("A@x.example", "007", "Ada L", True),
        ("b@x.example", None, "Bo", False),
    ]
