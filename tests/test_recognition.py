"""Which profile knows a file, how the file is written otherwise, and what stands in it: asked without the command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from arrivals import dated, sheet, workbook

from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.profile import Profile
from workbook_lib.intake.profile_file import load_profile
from workbook_lib.intake.recognition import Match, glances, known_profiles, recognise
from workbook_lib.intake.survey import Tally, date_changes, is_respelled, survey

UTC = ZoneInfo("UTC")
#: A list of users that a profile of the user's own reads.
USERS = '[[layout]]\ntable = "accounts"\n{}[layout.columns]\naccount = "Who"\nname = "Name"\n'
ROWS = "Who,Name\nada,Ada\n"

Make = Callable[..., Profile]
Ask = Callable[..., list[Match]]


def written(layout: str, how: str) -> str:
    """The layout, with a `[layout.reading]` of its own."""
    return layout.replace("[layout.columns]", f"[layout.reading]\n{how}\n[layout.columns]")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A profile with these layouts, and this `[reading]`."""

    def call(*layouts: str, reading: str = "", name: str = "ours") -> Profile:
        text = f'[profile]\ntitle = "{name}"\n[reading]\n{reading}\n' + "".join(layouts or [USERS.format("")])
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        return load_profile(tmp_path, name)

    return call


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """The profiles that know a file with this content best."""

    def call(content: str | bytes, *profiles: Profile, name: str = "users.csv") -> list[Match]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return [match for file in glances(path) for match in recognise(file, profiles)]

    return call


# --- how it is written --------------------------------------------------------------------------------------------

CP1252 = "it is not UTF-8; confirm that its letters are right: 'Jörg'"
WRITTEN: dict[str, tuple[str, str | bytes, dict[str, tuple[object, str]]]] = {
    "as declared": ("", ROWS, {}),
    "semicolons": (
        "",
        ROWS.replace(",", ";"),
        {"delimiter": (";", "';' stands between the columns of its header")},
    ),
    "tabs": ("", ROWS.replace(",", "\t"), {"delimiter": ("\t", "a tab stands between the columns of its header")}),
    "bars": ("", ROWS.replace(",", "|"), {"delimiter": ("|", "'|' stands between the columns of its header")}),
    "commas, where others are declared": (
        'delimiter = [";", "|"]',
        ROWS,
        {"delimiter": (",", "a comma stands between the columns of its header")},
    ),
    "one of the delimiters that are declared": ('delimiter = [";", "|"]', ROWS.replace(",", "|"), {}),
    "a header in two ways, of which one is declared": ('delimiter = ";"', "Who;Name,Who,Name\nada;Ada\n", {}),
    "rows above the header": ("", f"All users\n\n{ROWS}", {"header_depth": (30, "its header is row 3")}),
    "rows above the header, as declared": ("header_depth = 3", f"All users\n\n{ROWS}", {}),
    "both": (
        "",
        "All users\n" + ROWS.replace(",", ";"),
        {
            "delimiter": (";", "';' stands between the columns of its header"),
            "header_depth": (30, "its header is row 2"),
        },
    ),
    "the letters of Windows": ("", "Who,Name\nada,Ada\nj1,Jörg\n".encode("cp1252"), {"encoding": ("cp1252", CP1252)}),
    "the letters of Windows between semicolons": (
        'delimiter = ";"',
        'Who;Name\n"x y";"Jörg"\r\nü;Ü\n'.encode("cp1252"),
        {"encoding": ("cp1252", CP1252)},
    ),
    "the letters of Windows, as declared": ('encoding = "cp1252"', "Who,Name\nj1,Jörg\n".encode("cp1252"), {}),
    "UTF-8 where others are declared": (
        'encoding = "latin-1"',
        "Who,Name\nj1,Jörg\n",
        {"encoding": ("utf-8", "it is valid UTF-8")},
    ),
    "no letters beyond ASCII": ('encoding = "cp1252"', ROWS, {}),
    "a mark says it": ('encoding = "cp1252"', "Who,Name\nj1,Jörg\n".encode("utf-16"), {}),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_otherwise_than_declared_is_told_with_the_reason(ask: Ask, make: Make, name: str) -> None:
    reading, content, changes = WRITTEN[name]
    (match,) = ask(content, make(reading=reading))
    assert match.changes == changes
    declared = match.profile.layouts[0].reading
    varied = match.varied().layouts[0].reading
    assert varied.delimiter == ((changes["delimiter"][0],) if "delimiter" in changes else declared.delimiter)
    assert varied.header_depth == changes.get("header_depth", (declared.header_depth,))[0]
    assert varied.encoding == changes.get("encoding", (declared.encoding,))[0]


@pytest.mark.parametrize(("row", "known"), [(30, True), (31, False)])
@pytest.mark.parametrize("name", ["users.csv", "users.xlsx"])
def test_a_header_is_sought_in_the_first_thirty_rows(ask: Ask, make: Make, name: str, row: int, known: bool) -> None:
    rows = [[f"note {n}"] for n in range(1, row)] + [["Who", "Name"], ["ada", "Ada"]]
    content = workbook(*rows) if name.endswith("x") else "".join(",".join(cells) + "\n" for cells in rows)
    assert bool(ask(content, make(), name=name)) is known


def test_of_several_sheets_the_one_that_is_known_is_named(ask: Ask, make: Make) -> None:
    users = sheet(["Who", "Name"], ["ada", "Ada"])
    (match,) = ask(workbook(["Report", "2026"], sheets={"Users": users}), make(), name="users.xlsx")
    assert match.sheet == "Users"
    (match,) = ask(workbook(["Who", "Name"], ["jörg", "Jörg"]), make(reading='encoding = "cp1252"'), name="users.xlsx")
    assert (match.sheet, match.changes) == (None, {})


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("users.csv", "", "empty_file"),
        ("users.csv", b"PK\x03\x04....", "wrong_kind"),
        ("users.csv", b"\xff\xfeW\x00h", "wrong_encoding"),
        ("users.json", '[{"Who": ', "bad_json"),
        ("users.xlsx", b"no workbook", "wrong_kind"),
    ],
)
def test_what_can_be_no_export_is_refused(ask: Ask, make: Make, name: str, content: str | bytes, code: str) -> None:
    with pytest.raises(BadFileError) as refused:
        ask(content, make(), name=name)
    assert refused.value.code == code


# --- whose it is --------------------------------------------------------------------------------------------------

SIGNED = 'requires = ["Team"]\n'
USER = USERS.format("")
STRIPPED = "strip_brackets = true"
#: What the profile says, the name of the file and what stands in it, and whether the profile knows it.
KNOWN: dict[str, tuple[str, str, str, bool]] = {
    "half of the columns": (USER, "csv", "Who,Name,a,b\n", True),
    "less than half": (USER, "csv", "Who,Name,a,b,c\n", False),
    "columns without a name count for none": (USER, "csv", "Who,Name,a,b, ,\n", True),
    "less than half, and a header of its own": (USERS.format(SIGNED), "csv", "Who,Name,Team,b,c\n", True),
    "a header of its own is missing": (USERS.format(SIGNED), "csv", "Who,Name\n", False),
    "brackets": (written(USER, STRIPPED), "csv", "Who [Required],Name [Optional],a,b\n", True),
    "brackets in the profile": (written(USER, STRIPPED).replace('"Name"', '"Name [x]"'), "csv", "Who,Name,a,b\n", True),
    "brackets that are not stripped": (USER, "csv", "Who [Required],Name [Optional]\n", False),
    "another format": (USERS.format('format = ["json", "xlsx"]\n'), "csv", ROWS, False),
    "that format": (USERS.format('format = "csv"\n'), "csv", ROWS, True),
    "the keys of the records": (USER, "json", '[{"Who": "ada"}, {"Name": "Ada", "a": 1, "b": 2}]', True),
    "more keys": (USER, "json", '[{"Who": "ada"}, {"Name": "Ada", "a": 1, "b": 2, "c": 3}]', False),
    "columns that no record has count for none": (USER, "json", '[{"Who": "ada", "a": 1, "b": 2}]', False),
    "a key is missing": (USERS.format(SIGNED), "json", '[{"Who": "ada", "Name": "Ada"}]', False),
    "where the records lie": (USERS.format('records = "users"\n'), "json", '{"users": [{"Who": "ada"}]}', True),
    "no records there": (USERS.format('records = "users"\n'), "json", '{"people": [{"Who": "ada"}]}', False),
    "no records at all": (USER, "json", '{"people": 1}', False),
    "a header that is no path": (USERS.format('requires = ["No."]\n'), "json", '[{"Who": "ada", "No.": 1}]', False),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_profile_knows_a_file(ask: Ask, make: Make, name: str) -> None:
    said, suffix, content, known = KNOWN[name]
    found = ask(
        content, make(said.removeprefix(STRIPPED), reading=STRIPPED * said.startswith(STRIPPED)), name=f"users.{suffix}"
    )
    assert [(match.tables, match.certain, match.signed) for match in found] == [
        (("accounts",), True, SIGNED in said)
    ] * known


def test_the_records_of_a_list_inside_each_record_are_found(ask: Ask, make: Make) -> None:
    layout = USERS.format('format = "json"\nexplode = "jobs"\n').replace('"Name"', '"jobs.name"')
    (match,) = ask('[{"Who": "ada", "jobs": [{"name": "CEO"}]}]', make(layout), name="users.json")
    assert match.rank == (2, 1, True)


def test_a_wide_report_is_known_and_not_for_certain(ask: Ask, make: Make) -> None:
    wide = (
        '[[layout]]\ntable = "completions"\npairs = { fixed = 1 }\n[layout.columns]\naccount = "Who"\n'
        'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
    )
    (match,) = ask("Who,Awareness,,Phishing,\nada,passed,2025-01-01,,\n", make(wide))
    assert not match.certain


def test_the_profile_that_reads_and_insists_on_most_knows_it_best(ask: Ask, make: Make) -> None:
    few = make(USERS.format("").replace('name = "Name"\n', ""), name="few")
    more = make(USERS.format(""), name="more")
    most = make(USERS.format('requires = ["Name"]\n'), name="most")
    twin = make(USERS.format('requires = ["Name"]\n'), name="twin")
    ours = twin.model_copy(update={"own": False})

    def best(*profiles: Profile) -> list[str]:
        return [match.profile.name for match in ask("Who,Name\nada,Ada\n", *profiles)]

    assert best() == []
    assert best(few, more) == ["more"]
    assert best(more, most) == ["most"]
    assert best(most, few, twin) == ["most", "twin"]
    assert best(ours, most) == ["most"], "the user's own comes before ours"


LAYOUT = '[[layout]]\ntable = "{}"\n{}[layout.columns]\n'
RECORDS = (
    LAYOUT.format("completions", "{}") + 'account = "Who"\nmodule_id = "What"\ncompleted_at = "When"\nstatus = "How"\n'
)
ANSWERS = LAYOUT.format("acknowledgements", "{}") + 'account = "Who"\npolicy_id = "What"\nacknowledged_at = "When"\n'
LOG = "Who,What,When,How\nada,S1,2025-03-02,completed\n"
NEEDS_WHAT = 'requires = ["What"]\n'


@pytest.mark.parametrize(
    ("layouts", "tables"),
    [
        ([RECORDS.format("")], ("completions",)),
        ([ANSWERS.format(NEEDS_WHAT), RECORDS.format(NEEDS_WHAT)], ("completions", "acknowledgements")),
        ([ANSWERS.format(""), RECORDS.format(NEEDS_WHAT)], ("completions",)),
        ([ANSWERS.format(NEEDS_WHAT), RECORDS.format("")], ("completions",)),
        (
            [
                written(ANSWERS.format(NEEDS_WHAT), 'delimiter = ";"'),
                RECORDS.format(NEEDS_WHAT),
            ],
            ("completions",),
        ),
    ],
)
def test_a_file_is_of_several_tables_where_each_layout_says_so(
    ask: Ask, make: Make, layouts: list[str], tables: tuple[str, ...]
) -> None:
    (match,) = ask(LOG, make(*layouts))
    assert match.tables == tables
    assert match.untold == dict.fromkeys(tables, ())


def test_of_two_layouts_of_a_table_the_one_that_needs_no_change_is_taken(ask: Ask, make: Make) -> None:
    plain, semi = USER, written(USERS.format(SIGNED), 'delimiter = ";"')
    for layouts in ((semi, plain), (plain, semi)):
        (match,) = ask("Who,Name,Team\nada,Ada,A\n", make(*layouts))
        assert (match.changes, match.signed) == ({}, False)
    (match,) = ask("Who,Name,Team\nada,Ada,A\n", make(USERS.format(SIGNED), USER))
    assert match.signed, "the first of two that fit as well"


PEOPLE = LAYOUT.format("people", "{}") + 'person_id = "No"\nname = "Name"\nstart_date = "Since"\n'
KIND = 'worker_type = "Kind"\n'
STAFF = "No,Name,Since\n1,Ada,2024-05-06\n"
UNTOLD: dict[str, tuple[str, str, dict[str, tuple[str, ...]] | None]] = {
    "the profile leaves it open": (PEOPLE.format(""), STAFF, {"people": ("worker_type",)}),
    "the profile reads it, and the file has it": (PEOPLE.format("") + KIND, "No,Kind,Since\n1,x,2024-05-06\n", {"people": ()}),
    "the profile reads it, and the file has it not": (PEOPLE.format("") + KIND, STAFF, {"people": ("worker_type",)}),
    "the same, but this is the file for certain": (PEOPLE.format('requires = ["Name"]\n') + KIND, STAFF, None),
    "the profile says it of all": (
        PEOPLE.format("") + '[layout.constants]\nworker_type = "intern"\n', STAFF, {"people": ()},
    ),
    "a day is missing": (PEOPLE.format("").replace('start_date = "Since"\n', ""), STAFF, {"people": ("worker_type", "start_date")}),
    "a training, and the day of what is not done": (
        LAYOUT.format("completions", "") + 'account = "No"\nstatus = "Name"\n', STAFF, {"completions": ("module_id",)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTOLD)
def test_what_the_file_does_not_say_is_left_to_the_user(ask: Ask, make: Make, name: str) -> None:
    layout, content, untold = UNTOLD[name]
    assert [match.untold for match in ask(content, make(layout))] == ([] if untold is None else [untold])


def test_a_file_can_be_read_before_all_is_told(ask: Ask, make: Make, tmp_path: Path) -> None:
    (match,) = ask(STAFF, make(PEOPLE.format("").replace('start_date = "Since"\n', "")))
    seen = survey(tmp_path / "users.csv", match, "people", UTC)
    assert (seen.rows_read, seen.rows_used, seen.refused) == (1, 1, None)


def test_the_profiles_are_ours_and_those_of_the_folder(make: Make, tmp_path: Path) -> None:
    ours = [profile.name for profile in known_profiles(tmp_path)[0]]
    assert ours == sorted(ours)
    assert {"generic", "workday", "moodle"} <= set(ours)
    make(name="zeta")
    make(name="alpha")
    make(name="knowbe4")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "alpha.toml").rename(tmp_path / "profiles" / "alpha.toml")
    (tmp_path / "audit.toml").write_text("this is no profile")
    (tmp_path / "broken.toml").write_text('[profile]\ntitle = "x"\n[[layout]]\ntable = "none"\n[layout.columns]\n')
    profiles, problems = known_profiles(tmp_path)
    assert [profile.name for profile in profiles] == sorted([*ours, "alpha", "zeta"])
    assert [profile.name for profile in profiles if profile.own] == ["alpha", "knowbe4", "zeta"]
    (problem,) = problems
    assert problem.startswith("broken.toml")
    assert "there is no table 'none'" in problem


# --- what stands in it --------------------------------------------------------------------------------------------

DONE = """Who,What,When,How
ada,S1,2025-03-02,completed
bo,S1,2024-03-02,passed
cy,S1,2026-03-02,failed
di,S1,,completed
ed,S1,2025-01-01,equivalent
ada,S2,2025-06-02,passed
bo,S2,2025-06-31,passed
bo,S3,,in_progress
"""


def test_the_records_that_say_it_was_done_are_counted(ask: Ask, make: Make, tmp_path: Path) -> None:
    (match,) = ask(DONE, make(RECORDS.format("")))
    seen = survey(tmp_path / "users.csv", match, "completions", UTC)
    assert (seen.rows_read, seen.rows_used, seen.titles, seen.refused) == (8, 6, {}, None)
    assert seen.tallies == {
        "S1": Tally(3, date(2024, 3, 2), date(2025, 3, 2)),
        "S2": Tally(1, date(2025, 6, 2), date(2025, 6, 2)),
    }
    seen.tallies["S2"].add(seen.tallies["S1"])
    assert seen.tallies["S2"] == Tally(4, date(2024, 3, 2), date(2025, 6, 2))


def test_what_people_accepted_is_counted_and_what_they_declined_is_not(ask: Ask, make: Make, tmp_path: Path) -> None:
    (match,) = ask(LOG.replace("How", "Note"), make(ANSWERS.format("")))
    assert survey(tmp_path / "users.csv", match, "acknowledgements", UTC).tallies == {
        "S1": Tally(1, date(2025, 3, 2), date(2025, 3, 2))
    }
    rows = "Who,What,When,How\nada,S1,2025-03-02,declined\nbo,S2,2025-03-03,acknowledged\nada,S2,2025-03-02,viewed\n"
    (match,) = ask(rows, make(ANSWERS.format("") + 'status = "How"\n'))
    assert survey(tmp_path / "users.csv", match, "acknowledgements", UTC).tallies == {
        "S2": Tally(1, date(2025, 3, 3), date(2025, 3, 3))
    }


def test_modules_tell_their_titles_and_no_other_table_does(ask: Ask, make: Make, tmp_path: Path) -> None:
    modules = LAYOUT.format("modules", "") + 'module_id = "Id"\ntitle = "Title"\n'
    (match,) = ask("Id,Title\nS1,Awareness\nS2,\n", make(modules))
    assert survey(tmp_path / "users.csv", match, "modules", UTC).titles == {"S1": "Awareness"}
    policies = LAYOUT.format("policies", "") + 'policy_id = "Id"\ntitle = "Title"\nversion = "V"\neffective_on = "On"\n'
    (match,) = ask("Id,Title,V,On\nP1,Use,1,2025-01-01\n", make(policies))
    seen = survey(tmp_path / "users.csv", match, "policies", UTC)
    assert (seen.rows_used, seen.titles, seen.tallies) == (1, {}, {})


def test_a_file_that_cannot_be_trusted_says_why(ask: Ask, make: Make, tmp_path: Path) -> None:
    broken = 'Who,Name\nada,"Ada\n'
    (match,) = ask(broken, make())
    seen = survey(tmp_path / "users.csv", match, "accounts", UTC)
    assert (seen.rows_read, seen.rows_used) == (0, 0)
    assert seen.refused
    assert seen.refused.code == "unclosed_quote"
    assert date_changes(tmp_path / "users.csv", match, UTC) == {}
    (tmp_path / "users.csv").write_text("")
    assert not is_respelled(tmp_path / "users.csv", match, "accounts", UTC)


@pytest.mark.parametrize(
    ("header", "respelled"), [("Who,Name", False), ("who,Name", True), ("Who,name,NOTE", True), ("Who,Name,who", False)]
)
def test_a_header_in_other_letters_is_noticed(
    ask: Ask, make: Make, tmp_path: Path, header: str, respelled: bool
) -> None:
    (match,) = ask(f"{header}\nada,Ada,x\n", make())
    assert is_respelled(tmp_path / "users.csv", match, "accounts", UTC) is respelled


DATES = PEOPLE.format("") + 'worker_type = "Kind"\nend_date = {}\n'
CHANGED: dict[str, tuple[str, str, str, dict[str, tuple[tuple[str, ...], str]]]] = {
    "as declared": ("", '"Until"', "2024-05-06,2025-06-30", {}),
    "all in another format": (
        "", '"Until"', "05/06/2024,06/30/2025",
        {"dates": (("MM/DD/YYYY",), "'06/30/2025' in row 2 shows the month first (Until)")},
    ),
    "one column in another format": (
        "", '"Until"', "31.05.2024,",
        {"dates": (("DD.MM.YYYY",), "'31.05.2024' in row 2 shows the day first (Since)")},
    ),
    "dates with the names of months": (
        "", '"Until"', "6 May 2024,30 June 2025",
        {"dates": (("D MMM YYYY", "DD MMMM YYYY"), "written as D MMM YYYY or DD MMMM YYYY (Since, Until)")},
    ),
    "no value proves which": ("", '"Until"', "05/06/2024,06/07/2025", {}),
    "one column proves its format, and the other does not": ("", '"Until"', "31.05.2024,05/06/2024", {}),
    "no format reads more": ("", '"Until"', "2024-05-06,soon", {}),
    "a word for no date": ('none_dates = ["open"]', '"Until"', "2024-05-06,open", {}),
    "the column has its own format": ("", '{ of = ["Until"], formats = ["DD.MM.YYYY"] }', "2024-05-06,30.06.2025", {}),
    "the first of two columns": ("", '{ of = ["Left", "Until"] }', "2024-05-06,2025-06-30", {}),
    "the earlier of two columns, and blanks around a date": (
        "", '{ earliest = ["Until", "Left"] }', " 31.05.2024 ,30.06.2025",
        {"dates": (("DD.MM.YYYY",), "'31.05.2024' in row 2 shows the day first (Since)")},
    ),
    "nothing but blanks is no date": ("", '"Until"', "2024-05-06 ,  ", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_dates_that_prove_another_format_are_told(ask: Ask, make: Make, tmp_path: Path, name: str) -> None:
    reading, end, days, changes = CHANGED[name]
    content = f"No,Kind,Name,Since,Until\n1,intern,Ada,{days}\n"
    (match,) = ask(content, make(DATES.format(end), reading=reading))
    found = date_changes(tmp_path / "users.csv", match, UTC)
    assert found == changes
    assert match.changed(found).changes == {**match.changes, **changes}


def test_a_row_that_cannot_be_read_proves_no_format(ask: Ask, make: Make, tmp_path: Path) -> None:
    rows = "No,Kind,Name,Since,Until\n1,intern,Ada,05/06/2024,\n2,intern,Bo,13/06/2024,,,\n"
    (match,) = ask(rows, make(DATES.format('"Until"')))
    assert date_changes(tmp_path / "users.csv", match, UTC) == {}


def test_moments_are_told_apart_from_days(ask: Ask, make: Make, tmp_path: Path) -> None:
    (match,) = ask("Who,What,When,How\nada,S1,31.05.2024 10:00,completed\n", make(RECORDS.format("")))
    assert date_changes(tmp_path / "users.csv", match, UTC) == {
        "timestamps": (("DD.MM.YYYY hh:mm",), "'31.05.2024 10:00' in row 2 shows the day first (When)")
    }


def test_dates_of_a_spreadsheet_need_no_format(ask: Ask, make: Make, tmp_path: Path) -> None:
    header = ["No", "Kind", "Name", "Since", "Until"]
    book = workbook(header, ["1", "intern", "Ada", dated(45395), ""], ["2", "intern", "Bo", dated(45416), ""])
    profile = make(DATES.format('"Until"'), reading='dates = ["DD.MM.YYYY"]')
    (match,) = ask(book, profile, name="users.xlsx")
    assert date_changes(tmp_path / "users.xlsx", match, UTC) == {}
    (match,) = ask("No,Kind,Name,Since,Until\n1,intern,Ada,2024-05-06,\n", profile)
    assert date_changes(tmp_path / "users.csv", match, UTC) == {
        "dates": (("YYYY-MM-DD",), "written as YYYY-MM-DD (Since, Until)")
    }
