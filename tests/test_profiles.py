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
from arrivals import ABOUT, File, Received, dated, parquet, receive, refusal, workbook

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
PEOPLE = (
    '[[layout]]\ntable = "people"\n[layout.columns]\nperson_id = "id"\nworker_type = "type"\nstart_date = "start"\n'
)


def read(folder: Path, profile: str, table: str, content: str | bytes, name: str = "x.csv", keys: str = "") -> Received:
    """One file, read by a profile that lies in the audit folder."""
    file = File(table, name, content, profile="mine", keys=keys)
    return receive(folder, file, profiles={"mine": profile})


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
     "table people has no column 'persn_id'; did you mean 'person_id'?"),
    (ABOUT + PEOPLE + "xyz = 'x'\n", "mine.toml, layout[1]", "table people has no column 'xyz'."),
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
    got = read(tmp_path, profile, "people", BAMBOO + "7,Full-Time,03/04/2024,00/00/0000\n8,Intern,03/04/2024,\n")
    assert got.rows("people", "person_id, start_date") == [("8", date(2024, 3, 4))]
    account = got.intake.files[0]
    assert (account.profile, account.system, account.confidence) == ("mine", "BambooHR", OWN)


def test_words_of_ones_own_are_added(tmp_path: Path) -> None:
    profile = 'extends = "bamboohr"\n[words.worker_type]\n"Temporaty Contractor" = "contractor"\n"" = "other"\n'
    lines = "1,Temporaty Contractor,2024-01-01,\n2,,2024-01-01,\n3,Full-Time,2024-01-01,\n4,Boss,2024-01-01,\n"
    got = read(tmp_path, profile, "people", BAMBOO + lines)
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
    got = read(tmp_path, profile, "people", content, keys='columns.worker_type = "kind"')
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
    (row,) = read(tmp_path, profile, table, text).quarantine
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


# --- the grammar, on what our profiles do not use yet --------------------------------------------------------------


SETS_ASIDE = [
    ("unknown_to = 'worker_type'", ["Robot"], ["", "intern", " INTERN "]),
    ("matches = 'r\\d'", ["r1", " r2 "], ["", "intern", "r12", "xr1"]),
    ("equals = ['Robot', '']", ["robot", " ROBOT ", ""], ["intern"]),
    ("not_equals = ['Intern', '']", ["robot", "r1"], ["intern", " INTERN ", ""]),
]


@pytest.mark.parametrize(("rule", "aside", "others"), SETS_ASIDE)
def test_rows_that_are_set_aside_by_a_text(tmp_path: Path, rule: str, aside: list[str], others: list[str]) -> None:
    profile = ABOUT + PEOPLE + f'[[layout.set_aside]]\nwhere = "type"\n{rule}\nreason = "no person"\n'
    lines = "".join(f"{no},{text},2024-01-01\n" for no, text in enumerate(aside + others))
    got = read(tmp_path, profile, "people", "id,type,start\n" + lines)
    assert [int(str(row.subject)) for row in got.quarantine if row.by_rule] == list(range(len(aside)))


def test_encoding_delimiter_and_dates_as_declared(tmp_path: Path) -> None:
    reading = "[reading]\nencoding = 'cp1252'\ndelimiter = ';'\ndates = ['DD.MM.YYYY', 'YYYY-MM-DD']\n"
    content = "id;type;start\nÉ1;Employee;31.01.2024\nE2;employee;2024-02-01\nE3;employee;1.2.2024\n".encode("cp1252")
    got = read(tmp_path, ABOUT + reading + PEOPLE, "people", content)
    assert got.rows("people", "person_id, start_date") == [("É1", date(2024, 1, 31)), ("E2", date(2024, 2, 1))]
    assert "'1.2.2024' is not a date; expected DD.MM.YYYY or YYYY-MM-DD" in got.quarantine[0].message


def test_a_column_may_have_formats_of_its_own(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE + "end_date = { of = ['end'], formats = ['DD.MM.YYYY'] }\n"
    lines = "1,intern,2024-01-01,31.12.2024\n2,intern,2024-01-01,2024-12-31\n"
    got = read(tmp_path, profile, "people", "id,type,start,end\n" + lines)
    assert got.rows("people", "person_id, start_date, end_date") == [("1", date(2024, 1, 1), date(2024, 12, 31))]
    assert [(row.subject, row.column, row.code) for row in got.quarantine] == [("2", "end", "not_a_date")]


def test_a_second_header_row_is_dropped(tmp_path: Path) -> None:
    content = "title\n\nid,type,start\nUser ID,Type,Hire Date\n7,intern,2024-01-01\n"
    got = read(tmp_path, ABOUT + "[reading]\nheader_depth = 3\ndrop_rows = 1\n" + PEOPLE, "people", content)
    assert got.rows("people", "person_id, row_no") == [("7", 5)]
    assert got.intake.files[0].rows_read == 1


def test_a_second_header_row_that_is_broken(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndrop_rows = 1\n" + PEOPLE
    file = File("people", "x.csv", 'id,type,start\n"User" ID,Type,Date\n7,intern,2024-01-01\n', profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile})
    assert problem.where == "x.csv, row 2"


def test_ids_that_a_spreadsheet_has_changed(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"id"', "{ of = ['id'], remove = ',', pad = 6 }")
    ids = '"1,915"', "X1", "١٩١٥", "1234567"
    got = read(tmp_path, profile, "people", "id,type,start\n" + "".join(f"{text},intern,2024-01-01\n" for text in ids))
    assert got.rows("people", "person_id") == [("001915",), ("X1",), ("١٩١٥",), ("1234567",)]


def test_an_id_of_which_nothing_is_left_is_missing(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"id"', "{ of = ['id'], remove = 'n/a' }")
    (row,) = read(tmp_path, profile, "people", "id,type,start\nn/a,intern,2024-01-01\n").quarantine
    assert row.message.startswith("'n/a' means nothing, and every row needs person_id.")


def test_a_score_with_a_sign_and_as_a_share(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "m"\ncompleted_at = "t"\n'
    layout += "score = { of = ['s'], suffix = '%' }\nminutes = { of = ['x'], divide_by = 0.01 }\n"
    profile = ABOUT + layout + '[layout.constants]\nstatus = "passed"\nmethod = "online"\n'
    got = read(tmp_path, profile, "completions", "a,m,t,s,x\nu,M,2025-01-01,85%,0.5\n")
    assert got.rows("completions", "account, status, score, minutes, method") == [("u", "passed", 85.0, 50.0, "online")]


def test_a_word_by_which_of_several_columns_is_filled(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace(
        '"type"', "{ filled = ['vendor', 'until'], then = 'contractor', otherwise = 'employee' }"
    )
    lines = "1,2024-01-01,,\n2,2024-01-01,Agency,\n3,2024-01-01, ,2025-01-01\n4,2024-01-01, , \n"
    got = read(tmp_path, profile, "people", "id,start,vendor,until\n" + lines)
    assert [word for (_, word) in got.rows("people", "person_id, worker_type")] == [
        "employee", "contractor", "contractor", "employee"
    ]  # fmt: skip
    assert dict(got.intake.files[0].mapping)["worker_type"] == (
        "'contractor' where \"vendor\" or \"until\" is filled, else 'employee'"
    )


def test_several_columns_that_make_one_text(tmp_path: Path) -> None:
    joined = "name = { join = ['first', 'last'], with = ' / ' }\n"
    profile = ABOUT + PEOPLE + joined + "role = [{ join = ['a', 'b'] }, 'c']\n"
    lines = "1,intern,2024-01-01,Ada , Li,x,y,z\n2,intern,2024-01-01,,Li, ,,z\n3,intern,2024-01-01,,,x,,\n"
    got = read(tmp_path, profile, "people", "id,type,start,first,last,a,b,c\n" + lines)
    assert got.rows("people", "name, role") == [("Ada / Li", "x y"), ("Li", "z"), (None, "x")]
    mapping = dict(got.intake.files[0].mapping)
    assert (mapping["name"], mapping["role"]) == ('"first" + "last"', '"a" + "b", else "c"')


def test_the_latest_of_several_days(tmp_path: Path) -> None:
    profile = (
        ABOUT + PEOPLE.replace('"start"', "{ latest = ['start', 'rehire'] }") + "end_date = { latest = ['e', 'f'] }\n"
    )
    lines = "1,intern,2020-01-01,2024-01-01,,\n2,intern,2020-01-01,,2025-01-01,2100-01-01\n3,intern,,,,\n4,intern,2024-01-01,x,,\n"
    got = read(tmp_path, profile, "people", "id,type,start,rehire,e,f\n" + lines)
    assert got.rows("people", "person_id, start_date, end_date") == [
        ("1", date(2024, 1, 1), None),
        ("2", date(2020, 1, 1), date(2025, 1, 1)),
    ]
    assert [(row.subject, row.column, row.value, row.code) for row in got.quarantine] == [
        ("3", "start / rehire", "", "missing_value"),
        ("4", "start / rehire", "2024-01-01 | x", "not_a_date"),
    ]
    assert dict(got.intake.files[0].mapping)["start_date"] == 'the latest of "start", "rehire"'


@pytest.mark.parametrize("entry", ["earliest = ['s', 't']", "latest = ['s', 't']", "of = ['s', 't'], prefer = '2'"])
def test_of_several_columns_of_which_the_file_has_one_this_one_is_named(tmp_path: Path, entry: str) -> None:
    got = read(
        tmp_path, ABOUT + PEOPLE.replace('"start"', f"{{ {entry} }}"), "people", "id,type,t\n1,intern,2024-01-01\n"
    )
    assert dict(got.intake.files[0].mapping)["start_date"] == '"t"'
    assert dict(got.intake.files[0].mapping)["role"] == "not in this kind of export"


def test_the_text_by_which_one_of_several_columns_is_preferred_is_told(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"id"', "{ of = ['s', 't'], prefer = '@' }")
    got = read(tmp_path, profile, "people", "s,t,type,start\n7,a@x,intern,2024-01-01\n")
    assert got.rows("people", "person_id") == [("a@x",)]
    assert dict(got.intake.files[0].mapping)["person_id"] == '"s", else "t" (one with \'@\' first)'


@pytest.mark.parametrize(
    ("header", "found"), [("id,type,start\n", True), ("x\nid,type,start\n", False), ("id [ID],type,start\n", False)]
)
def test_unless_declared_the_header_stands_in_the_first_row_and_brackets_are_part_of_it(
    tmp_path: Path, header: str, found: bool
) -> None:
    file = File("people", "x.csv", header + "7,intern,2024-01-01\n", profile="mine")
    if found:
        assert receive(tmp_path, file, profiles={"mine": ABOUT + PEOPLE}).rows("people", "person_id") == [("7",)]
    else:
        (problem,) = refusal(tmp_path, file, profiles={"mine": ABOUT + PEOPLE})
        assert problem.what.startswith("it has no column id")


@pytest.mark.parametrize(("declared", "day"), [("midnight_utc_is_a_date = true\n", 1), ("", 31)])
def test_dates_at_midnight_utc_are_not_moved_where_that_is_declared(tmp_path: Path, declared: str, day: int) -> None:
    profile = ABOUT + "[reading]\ndates = ['ISO timestamp']\n" + declared + PEOPLE
    text = '[{"id": 1, "type": "other", "start": "2024-01-01T00:00:00.000Z"}]'
    file = File("people", "x.json", text, profile="mine")
    got = receive(tmp_path, file, zone="America/New_York", profiles={"mine": profile})
    assert got.rows("people", "day(start_date)") == [(day,)]


def test_one_row_per_element_of_a_list(tmp_path: Path) -> None:
    columns = (
        PEOPLE.replace('"type"', '"jobs.type"')
        .replace('"start"', '"jobs.start"')
        .replace("[layout.", "records = 'staff'\nexplode = 'jobs'\n[layout.")
    )
    jobs = [{"type": "intern", "start": "2023-01-01"}, {"type": "employee", "start": "2024-01-01"}]
    data = [{"id": 1, "jobs": jobs}, {"id": 2, "jobs": []}, {"id": 3}, {"id": 4, "jobs": jobs[0]}]
    got = read(tmp_path, ABOUT + columns, "people", json.dumps({"staff": data}), "x.json")
    assert got.rows("people", "person_id, worker_type, row_no") == [("1", "intern", 1), ("1", "employee", 1)]
    assert [(row.subject, row.row_no) for row in got.quarantine] == [("2", 2), ("3", 3), ("4", 4)]
    assert got.intake.files[0].rows_read == 5
    assert got.intake.files[0].part == "staff, jobs"


def test_one_row_per_element_of_a_list_inside_an_object_keeps_what_stands_beside_it(tmp_path: Path) -> None:
    columns = (
        PEOPLE.replace('"id"', '"who.id"').replace('"type"', '"who.jobs.type"').replace('"start"', '"who.jobs.start"')
    )
    data = [
        {
            "who": {
                "id": 7,
                "jobs": [{"type": "intern", "start": "2024-01-01"}, {"type": "other", "start": "2025-01-01"}],
            }
        },
        {"who": None},
    ]
    profile = ABOUT + columns.replace("[layout.", "explode = 'who.jobs'\n[layout.")
    got = read(tmp_path, profile, "people", json.dumps(data), "x.json")
    assert got.rows("people", "person_id, worker_type") == [("7", "intern"), ("7", "other")]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(2, "missing_value")]


def test_one_row_per_element_of_a_list_inside_one_element_of_another(tmp_path: Path) -> None:
    columns = PEOPLE.replace('"type"', '"firms.jobs.type"').replace('"start"', '"firms.since"')
    jobs = [{"type": "intern"}, {"type": "other"}]
    data = [{"id": 7, "firms": [{"of": "old", "jobs": []}, {"of": "new", "since": "2024-01-01", "jobs": jobs}]}]
    profile = ABOUT + columns.replace("[layout.", "explode = 'firms[of=new].jobs'\n[layout.")
    got = read(tmp_path, profile, "people", json.dumps(data), "x.json")
    assert got.rows("people", "worker_type, start_date") == [
        ("intern", date(2024, 1, 1)),
        ("other", date(2024, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("records", "data", "top"),
    [("rows", {"rows": {"id": 7, "type": "intern", "start": "2024-01-01"}}, "rows"), (".", 7, "none")],
)
def test_one_record_alone_is_taken_only_where_the_profile_says_the_document(
    tmp_path: Path, records: str, data: object, top: str
) -> None:
    profile = {"mine": ABOUT + PEOPLE.replace("[layout.", f"records = '{records}'\n[layout.")}
    (problem,) = refusal(tmp_path, File("people", "x.json", json.dumps(data), profile="mine"), profiles=profile)
    assert problem.what == f"no list of records was found at {records}; keys at the top: {top}."
    assert problem.code == "no_records"


@pytest.mark.parametrize(
    "more",
    [
        {"more": True},
        {"hasNextPage": True},
        {"pageInfo": {"hasNextPage": True}},
        {"results": {"pageInfo": {"hasNextPage": True}}},
        {"d": {"__next": "https://x.example?page=2"}},
        {"@odata.nextLink": "https://x.example?page=2"},
        {"_links": {"next": "https://x.example?page=2"}},
        {"nextPageToken": "x"},
    ],
)
def test_each_way_to_say_that_another_page_follows_is_known(tmp_path: Path, more: dict[str, object]) -> None:
    profile = ABOUT + PEOPLE.replace("[layout.", "records = 'rows'\n[layout.")
    rows = {"rows": [{"id": 7, "type": "intern", "start": "2024-01-01"}]}
    assert "further_pages" in read(tmp_path, profile, "people", json.dumps(rows | more), "x.json").codes()


def test_columns_in_pairs_that_are_none(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\npairs = { fixed = 1 }\n[layout.columns]\naccount = "user"\n'
    layout += 'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
    (problem,) = refusal(
        tmp_path,
        File("completions", "x.csv", "user,A,,B\nu,passed,,passed\n", profile="mine"),
        profiles={"mine": ABOUT + layout},
    )
    assert (problem.where, problem.code) == ("x.csv, header", "odd_pairs")
    assert problem.what == "after its 1 fixed columns come 3, which are no pairs of state and date."


def test_columns_in_pairs_with_a_row_too_short(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\npairs = { fixed = 1 }\n[layout.columns]\naccount = "user"\n'
    layout += 'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
    got = read(tmp_path, ABOUT + layout, "completions", "user,A,,B,\nu,passed,2025-01-01,failed,\nv,passed\n")
    assert got.rows("completions", "account, module_id, status, row_no") == [
        ("u", "A", "passed", 2),
        ("u", "B", "failed", 2),
    ]
    assert [(row.row_no, row.code, row.subject) for row in got.quarantine] == [(3, "too_short", "v")]
    assert got.codes() == []  # the last column is no trailing delimiter, but the date of B
    assert got.intake.files[0].ignored_columns == ()


WIDE = (
    '[[layout]]\ntable = "completions"\npairs = { second = "when {item}" }\n[layout.columns]\naccount = "user"\n'
    'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
)


def test_pairs_known_by_the_second_header(tmp_path: Path) -> None:
    """Wherever they stand: what belongs to no pair is in every row; `(B)` is text and no expression."""
    content = "A ,when A,(B),when (B),group,when C,user\n,,,,,,\npassed,2025-01-01,failed,2025-01-02,g,\n"
    content += "passed,2025-01-01,failed,2025-01-02,g,,u\n"
    got = read(tmp_path, ABOUT + WIDE, "completions", content)
    assert got.rows("completions", "account, module_id, completed_on, status, row_no") == [
        ("u", "A", date(2025, 1, 1), "passed", 4),
        ("u", "(B)", date(2025, 1, 2), "failed", 4),
    ]
    assert [(row.row_no, row.code, row.subject) for row in got.quarantine] == [(3, "too_short", "")]
    assert "1 blank line ignored" in got.finding("blank_rows").text
    assert got.intake.files[0].ignored_columns == ("group", "when C")
    assert got.finding("unpaired_columns").text == (
        "x.csv: columns with no date column beside them were not read: 'group', 'when C'. "
        "See that none of them is a training."
    )
    assert got.intake.files[0].part == "pairs of columns, as completions"


def test_neither_a_column_without_a_header_nor_the_date_of_another_one_is_an_item(tmp_path: Path) -> None:
    content = "user,A,When,When noted,,When else\nu,passed,2025-01-01,2025-01-02,passed,2025-01-03\n"
    got = read(tmp_path, ABOUT + WIDE.replace("when {item}", "When.*"), "completions", content)
    assert got.rows("completions", "module_id, completed_on") == [("A", date(2025, 1, 1))]
    assert got.quarantine == ()
    assert got.intake.files[0].ignored_columns == ("When noted", "(column 3, unnamed)", "When else")


def test_one_value_may_name_the_only_item_of_a_wide_report(tmp_path: Path) -> None:
    keys = 'values.module_id = "SEC-1"'
    got = read(tmp_path, ABOUT + WIDE, "completions", "A,when A,user\npassed,2025-01-01,u\n", keys=keys)
    assert got.rows("completions", "account, module_id") == [("u", "SEC-1")]


def test_a_row_above_the_header_of_a_wide_report_has_no_pairs(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\nheader_depth = 2\n" + WIDE
    got = read(tmp_path, profile, "completions", "user,report\nuser,A,when A\nu,passed,2025-01-01\n")
    assert got.rows("completions", "account, module_id, row_no") == [("u", "A", 3)]


def test_a_wide_report_without_a_pair(tmp_path: Path) -> None:
    file = File("completions", "x.csv", "user,A,B\nu,passed,passed\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": ABOUT + WIDE})
    assert problem.what == ('it has no column with its date in the column beside it. Columns found: "user", "A", "B".')


def test_a_column_by_which_rows_are_set_aside_must_be_there_but_in_json_no_record_may_have_it(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE + '[[layout.set_aside]]\nwhere = "gone"\nequals = ["yes"]\nreason = "it is gone"\n'
    text = '[{"id": "7", "type": "intern", "start": "2024-01-01"}]'
    assert read(tmp_path / "a", profile, "people", text, "x.json").rows("people", "person_id") == [("7",)]
    file = File("people", "x.csv", "id,type,start\n7,intern,2024-01-01\n", profile="mine")
    (problem,) = refusal(tmp_path / "b", file, profiles={"mine": profile})
    assert problem.what.startswith("it has no column gone. ")


def test_the_place_of_a_zone_in_a_header_is_plain_text_in_json(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"start"', '"start {zone}"') + 'name = "start of day"\n'
    row = {"id": "7", "type": "intern", "start of day": "2024-01-01"}
    (problem,) = refusal(
        tmp_path / "a", File("people", "x.json", json.dumps([row]), "mine"), profiles={"mine": profile}
    )
    assert problem.what.startswith("it has no column start {zone}. ")
    got = read(tmp_path / "b", profile, "people", json.dumps([row | {"start {zone}": "2024-01-02"}]), "x.json")
    assert got.rows("people", "start_date") == [(date(2024, 1, 2),)]


def test_rows_may_be_set_aside_whose_word_is_no_word_of_a_column(tmp_path: Path) -> None:
    profile = (
        ABOUT + PEOPLE + '[[layout.set_aside]]\nwhere = "type"\nunknown_to = "worker_type"\nreason = "no person"\n'
    )
    got = read(tmp_path, profile, "people", "id,type,start\n1,Intern,2024-01-01\n2,robot,2024-01-01\n")
    assert got.rows("people", "person_id") == [("1",)]
    assert [(row.subject, row.code, row.message) for row in got.quarantine] == [
        ("2", "set_aside", "set aside: no person.")
    ]


def test_what_a_spreadsheet_or_parquet_holds_as_a_date_needs_no_format(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['DD/MM/YYYY']\n" + PEOPLE
    rows = ["id", "type", "start"], ["1", "intern", dated(45658)], ["2", "intern", "31/12/2024"]
    query = "SELECT '1' AS id, 'intern' AS type, DATE '2025-01-01' AS start"
    got = read(tmp_path / "a", profile, "people", workbook(*rows), "x.xlsx")
    assert got.rows("people", "start_date") == [(date(2025, 1, 1),), (date(2024, 12, 31),)]
    got = read(tmp_path / "b", profile, "people", parquet(tmp_path / "x.parquet", query), "x.parquet")
    assert got.rows("people", "start_date") == [(date(2025, 1, 1),)]


def test_a_list_of_delimiters_is_tried_in_order(tmp_path: Path) -> None:
    profile = ABOUT + '[reading]\ndelimiter = ["|", ";"]\n' + PEOPLE
    for n, delimiter in enumerate("|;"):
        content = delimiter.join(("id", "type", "start")) + "\n" + delimiter.join(("7", "intern", "2024-01-01")) + "\n"
        got = read(tmp_path / str(n), profile, "people", content)
        assert got.rows("people", "person_id, start_date") == [("7", date(2024, 1, 1))]
    file = File("people", "x.csv", "id\ttype\tstart\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile})
    assert problem.what == "it looks like a tab separates its columns; profile mine expects '|' or ';'."


def test_a_quoted_header_of_another_delimiter_is_no_broken_header(tmp_path: Path) -> None:
    profile = ABOUT + '[reading]\ndelimiter = [",", ";"]\n' + PEOPLE
    got = read(tmp_path, profile, "people", '"id";"type";"start"\n"7";"intern";"2024-01-01"\n')
    assert got.rows("people", "person_id") == [("7",)]


CANCELS = (
    '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "who"\nmodule_id = "what"\nstatus = "status"\n'
    'completed_at = "when"\n[layout.words.status]\nok = "completed"\n'
    '[layout.cancels]\nwhere = "status"\nequals = ["Storno", "undo"]\nnames = "what"\nrecord = "no"\n'
)


def test_rows_that_take_back_others_in_a_table(tmp_path: Path) -> None:
    first = (
        "no,who,what,when,status\n1,a,M,2025-01-01,ok\n2,a,1,2025-01-02,STORNO\n3,a,M,2025-01-03,ok\n4,a,M,2025-01-04\n"
    )
    second = "no,who,what,when,status\n5,b,3,2025-01-05,undo\n,b,4,,undo\n6,b, ,,undo\n"
    second += "7,b,8,2025-01-06,ok\n8,b,M,2025-01-07,ok\n"  # 7 is of a module that is called like record 8
    second += ",b,M,2025-01-08,ok\n"
    files = [File("completions", f"{n}.csv", text, profile="mine") for n, text in enumerate((first, second))]
    got = receive(tmp_path, *files, profiles={"mine": ABOUT + CANCELS})
    assert got.rows("completions", "source_no, row_no") == [(2, 5), (2, 6), (2, 7)]
    assert {account.ignored_columns for account in got.intake.files} == {()}  # the rule reads "no"
    assert [(row.source_no, row.row_no, row.column, row.value, row.code, row.by_rule) for row in got.quarantine] == [
        (1, 2, "no", "1", "set_aside", True),
        (1, 3, "status", "STORNO", "set_aside", True),
        (1, 4, "no", "3", "set_aside", True),
        (1, 5, "", "", "too_short", False),
        (2, 2, "status", "undo", "set_aside", True),
        (2, 3, "status", "undo", "set_aside", True),
        (2, 4, "status", "undo", "missing_value", False),
    ]
    assert got.quarantine[0].message == "set aside: it is taken back by '2' (0.csv, row 3)."
    assert got.quarantine[2].message == "set aside: it is taken back by '5' (1.csv, row 2)."


def test_records_of_json_that_take_back_others_need_not_have_every_key(tmp_path: Path) -> None:
    """A key that no record of a file has is no column of it."""
    contents = (
        '[{"no": "1", "who": "a", "what": "M", "when": "2025-01-01", "status": "ok"}]',
        '[{"who": "a", "what": "M", "when": "2025-01-01", "status": "undo", "undoes": "1"}]',
        '[{"no": "2", "who": "a", "what": "M", "when": "2025-01-01", "status": "undo"}]',
    )
    files = [File("completions", f"{n}.json", text, profile="mine") for n, text in enumerate(contents)]
    profile = ABOUT + CANCELS.replace('names = "what"', 'names = "undoes"')
    got = receive(tmp_path, *files, profiles={"mine": profile})
    assert [row.message.partition(". ")[0] for row in got.quarantine] == [
        "set aside: it is taken back by 1.json, row 1.",
        "set aside: it is no record, but takes back the record '1'.",
        "it takes back a record and does not say which",
    ]


def test_in_json_too_what_a_row_takes_back_may_stand_in_fields_that_no_column_reads(tmp_path: Path) -> None:
    profile = ABOUT + CANCELS.replace('names = "what"', 'names = "undoes"').replace('record_id = "no"\n', "")
    record = {"who": "a", "what": "M", "when": "2025-01-01", "status": "ok"}
    data = [record | {"no": 1}, record | {"no": 2}, record | {"no": 3, "status": "undo", "undoes": 1}]
    got = read(tmp_path, profile, "completions", json.dumps(data), "x.json")
    assert got.rows("completions", "row_no") == [(2,)]
    assert [(row.row_no, row.by_rule) for row in got.quarantine] == [(1, True), (3, True)]


def test_in_json_too_a_version_speaks_for_its_own_days(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace("[layout.", 'window = { from = "since", to = "until" }\n[layout.')
    days = {"since": "2025-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    text = json.dumps([{"id": "7", "type": "intern", "start": "2024-01-01"} | days])
    assert read(tmp_path, profile, "people", text, "x.json").rows("people", "start_date") == [(date(2025, 1, 1),)]


def test_a_row_takes_back_no_record_of_another_report(tmp_path: Path) -> None:
    header = "no,who,what,when,status\n"
    files = [
        File("completions", "a.csv", header + "1,a,M,2025-01-01,ok\n", profile="mine"),
        File("completions", "b.csv", header + "2,b,1,2025-01-02,undo\n1,b,M,2025-01-02,ok\n", profile="other"),
    ]
    got = receive(tmp_path, *files, profiles={"mine": ABOUT + CANCELS, "other": 'extends = "mine"\n'})
    assert got.rows("completions", "account, row_no") == [("a", 2)]


def test_a_required_column_that_audit_toml_must_give(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('worker_type = "type"\n', "")
    (problem,) = refusal(tmp_path / "a", File("people", "x.csv", "id,start\n1,2024-01-01\n", profile="mine"),
                         profiles={"mine": profile})  # fmt: skip
    assert problem.what == "such an export does not say worker_type, which every row of people needs."
    keys = 'values.worker_type = "contractor"'
    got = read(tmp_path / "b", profile, "people", "id,start\n1,2024-01-01\n", keys=keys)
    assert got.rows("people", "person_id, worker_type") == [("1", "contractor")]


def test_a_record_that_is_done_has_no_day_where_the_profile_reads_none(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "m"\nstatus = "s"\n'
    got = read(tmp_path, ABOUT + layout, "completions", "a,m,s\nu,M,passed\nv,M,failed\n")
    assert got.rows("completions", "account, completed_on") == [("v", None)]
    assert [(row.subject, row.column, row.code) for row in got.quarantine] == [("u", "completed_at", "missing_value")]


def test_dates_with_and_without_leading_zeros_are_no_contradiction(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['M/D/YYYY', 'MM/DD/YYYY']\n" + PEOPLE
    got = read(tmp_path, profile, "people", "id,type,start\n1,intern,3/4/2024\n2,intern,03/04/2024\n")
    assert got.rows("people", "start_date") == [(date(2024, 3, 4),), (date(2024, 3, 4),)]


def test_a_date_the_other_way_round_is_a_bad_row_where_the_order_is_stated(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE
    lines = "id,type,start\n1,intern,03/04/2024\n2,intern,31/04/2024\n3,intern,13/04/2024\n"
    got = read(tmp_path, profile, "people", lines)
    assert got.rows("people", "person_id, start_date") == [("1", date(2024, 3, 4))]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "not_a_date"), (4, "exchanged_date")]
    assert got.quarantine[1].message == (
        "'13/04/2024' is not a date; expected MM/DD/YYYY; its day and month stand the other way round. Effect: the row is "
        "quarantined; 3 is undetermined wherever a requirement may apply (C12). Do: declare the order of day and month in "
        "a profile that extends mine, or export again."
    )
    assert (
        "day and month of 1 date, for example '13/04/2024', stand the other way" in got.finding("exchanged_dates").text
    )


@pytest.mark.parametrize(("text", "code"), [("soon", "not_a_date"), ("01/01/1900", "date_out_of_range")])
def test_a_text_that_is_no_date_in_any_order_is_a_bad_row_and_no_sign_of_another_order(
    tmp_path: Path, text: str, code: str
) -> None:
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE
    got = read(tmp_path, profile, "people", f"id,type,start\n1,intern,{text}\n2,intern,{text}\n")
    assert [(row.subject, row.code) for row in got.quarantine] == [("1", code), ("2", code)]


@pytest.mark.parametrize(
    ("third", "refused"),
    [("4/3/2026", True), ("2026-04-25T10:00:00", True), ("31/12/9999", True), ("4/25/2026", False)],
)
def test_a_date_the_other_way_round_refuses_the_file_where_the_order_is_only_usual(
    tmp_path: Path, third: str, refused: bool
) -> None:
    """A timestamp of another format and what stands for no date do not show the order either."""
    header = "User ID,Training Title,Transcript Status,Transcript Completed Date\n"
    content = header + f"1,T,Completed,3/4/2026\n2,T,Completed,13/4/2026\n3,T,Registered,{third}\n"
    file = File("completions", "r.csv", content, profile="mine")
    mine = {"mine": 'extends = "cornerstone"\n[reading]\nnone_dates = ["31/12/9999"]\n'}
    if refused:
        (problem,) = refusal(tmp_path, file, profiles=mine)
        assert (problem.where, problem.code) == ('r.csv, column "Transcript Completed Date"', "exchanged_dates")
        assert problem.what == (
            "day and month of 1 of its dates, for example '13/4/2026', stand the other way round than the profile "
            "expects; the others may have been misread."
        )
        assert (
            problem.do == 'declare the format, for example timestamps = ["DD/MM/YYYY"], in a profile that extends mine.'
        )
    else:
        got = receive(tmp_path, file, profiles=mine)
        assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "exchanged_date")]


def test_a_date_the_other_way_round_in_one_of_two_columns(tmp_path: Path) -> None:
    header = (
        "User ID,Training Title,Transcript Status,Transcript - Transcript Completed Date,Transcript Completed Date\n"
    )
    content = header + "1,T,Completed,3/4/2026,\n2,T,Completed,,13/4/2026\n"
    (problem,) = refusal(tmp_path, File("completions", "r.csv", content, profile="cornerstone"))
    assert problem.where == ('r.csv, column "Transcript - Transcript Completed Date / Transcript Completed Date"')


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT1H30M", 90.0),
        ("PT90S", 1.5),
        ("P1DT1M", 1441.0),
        ("PT0.6S", 0.01),
        ("P0Y0M0DT0H12M3S", 12.05),
        ("P1W", 10_080.0),
        ("", None),
    ],
)
def test_a_duration_in_minutes(tmp_path: Path, text: str, minutes: float | None) -> None:
    layout = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "m"\ncompleted_at = "t"\n'
    layout += "minutes = { of = ['d'], duration = true }\n[layout.constants]\nstatus = 'passed'\n"
    lines = f"a,m,t,d\nu,M,2025-01-01,{text}\nv,M,2025-01-01,P1M\nw,M,2025-01-01,PT\n"
    got = read(tmp_path, ABOUT + layout, "completions", lines)
    assert got.rows("completions", "account, minutes") == [("u", minutes)]
    assert [(row.subject, row.code) for row in got.quarantine] == [("v", "not_a_duration"), ("w", "not_a_duration")]
    assert dict(got.intake.files[0].mapping)["minutes"] == '"d", a duration in minutes'
