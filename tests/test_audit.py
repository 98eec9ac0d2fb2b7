"""audit.toml: every problem is found before any work, named by its key path, with what to do."""

import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook_lib.audit import load_audit, window
from workbook_lib.requirement import Renewal, add_months
from workbook_lib.tables import UserError

BASE = """
[audit]
organisation = "Acme"
time_zone = "Europe/Berlin"

[[period]]
name = "2025"
start = 2025-01-01
end = 2025-12-31

[[source]]
table = "people"
file = "people.csv"
extracted_on = 2026-01-05

[[source]]
table = "completions"
file = "completions.csv"
extracted_at = 2026-01-04T23:30:00Z

[[requirement]]
id = "awareness"
satisfied_by = ["SEC-101"]
due_within_days = 30
renewal = { every_months = 12 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text("person_id\n")
    (tmp_path / "completions.csv").write_text("account\n")
    (tmp_path / "audit.toml").write_text(BASE)
    return tmp_path


def problems(folder: Path, old: str = "", new: str = "") -> list[str]:
    (folder / "audit.toml").write_text(BASE.replace(old, new, 1) if old else new)
    with pytest.raises(UserError) as caught:
        load_audit(folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_audit_is_read_from_the_folder_or_the_file(folder):
    audit = load_audit(folder)
    assert load_audit(folder / "audit.toml") == audit
    assert audit.settings.criteria == ("CC1.4", "CC2.2")
    assert [path.name for _, path in audit.files] == ["people.csv", "completions.csv"]
    assert audit.leave.return_days == 30
    assert audit.requirements[0].renews == "every 12 months"


def test_the_default_as_of_day_is_the_day_before_the_earliest_needed_extract(folder):
    days = window(load_audit(folder))  # 23:30 UTC on the 4th is the 5th in Berlin
    assert (days.start, days.end, days.as_of) == (date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 4))
    assert not days.interim


def test_an_as_of_day_inside_the_period_makes_it_interim(folder):
    days = window(load_audit(folder), "2025", date(2025, 6, 30))
    assert days.interim
    assert days.end == date(2025, 6, 30)


def test_an_as_of_day_before_the_period_is_refused(folder):
    with pytest.raises(UserError, match="before period 2025 starts on 2025-01-01"):
        window(load_audit(folder), as_of=date(2024, 12, 31))


def test_a_wrong_folder_names_the_audit_folders_around_it(folder):
    exports = folder / "acme" / "exports"
    exports.mkdir(parents=True)
    (folder / "audit.toml").rename(folder / "acme" / "audit.toml")
    (exports / "hr.csv").write_text("person_id\n")
    says = f"Do: name an audit folder, or its audit.toml; there is one in {folder / 'acme'}."
    for wrong in (folder, exports, exports / "hr.csv"):
        with pytest.raises(UserError) as refused:
            load_audit(wrong)
        assert str(refused.value).endswith(says), wrong
    with pytest.raises(UserError, match=r"or its audit\.toml\.$"):
        load_audit(folder / "nowhere")


def test_a_file_that_is_not_there_is_answered_with_the_one_that_is_meant(folder):
    (found,) = problems(folder, 'file = "people.csv"', 'file = "poeple.csv"')
    assert "'poeple.csv' matches no file; did you mean 'people.csv'?" in found


def test_an_unknown_period_lists_those_that_there_are(folder):
    with pytest.raises(UserError, match="no period '2024'"):
        window(load_audit(folder), "2024")


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("due_within_days", "due_within_day", "requirement[1].due_within_day", "did you mean 'due_within_days'?"),
        ('time_zone = "Europe/Berlin"', 'time_zone = "Europe/Berln"', "audit.time_zone", "did you mean 'Europe/Berlin'?"),
        ("end = 2025-12-31", "end = 2024-12-31", "period[1]", "ends on 2024-12-31, before it starts on 2025-01-01"),
        ('organisation = "Acme"', "", "audit.organisation", "missing"),
        ("start = 2025-01-01", 'start = "2025-01-01"', "period[1].start", "not a date such as 2025-01-31"),
        ('table = "people"', 'table = "peopel"', "source[1].table", "did you mean 'people'?"),
        ('file = "people.csv"', 'file = "people.xlsx"', "source[1].file", "matches no file"),
        ('file = "people.csv"', 'file = "../people.csv"', "source[1].file", "points outside the audit folder"),
        ('file = "people.csv"', 'file = "/etc/passwd"', "source[1].file", "points outside the audit folder"),
        ("extracted_on = 2026-01-05", "", "source[1]", "extracted_on is missing"),
        ("extracted_at = 2026-01-04T23:30:00Z", "extracted_at = 2026-01-04T23:30:00", "source[2]", "needs an offset"),
        (
            "extracted_on = 2026-01-05",
            "extracted_on = 2026-01-05\nextracted_at = 2026-01-05T08:00:00Z",
            "source[1]",
            "extracted_on and extracted_at are both given",
        ),
        (
            "extracted_on = 2026-01-05",
            "extracted_on = 2026-01-05\ncovers_from = 2025-01-01",
            "source[1]",
            "covers_from belongs to records",
        ),
        (
            'file = "people.csv"',
            'file = "people.csv"\ncatalogue_table = "hr.people"',
            "source[1]",
            "file is 'people.csv'; a table of a catalogue is fetched into one file, whose name ends in .parquet",
        ),
        (
            'file = "people.csv"',
            'file = "people.csv"\ncolumns = { persn_id = "No" }',
            "source[1]",
            "table people has no column 'persn_id'; did you mean 'person_id'? (columns: person_id, name, ",
        ),
        (
            'file = "people.csv"',
            'file = "people.csv"\nvalues.worker_type = "…"',
            "source[1]",
            "worker_type still says '…'; write what holds for this file",
        ),
        ('file = "people.csv"', 'file = "people.csv"\nprofile = "workdya"', "source[1].profile", "no profile 'workdya'"),
        ('satisfied_by = ["SEC-101"]', 'satisfied_by = "SEC-101"', "requirement[1].satisfied_by", "not a list"),
        ('satisfied_by = ["SEC-101"]', "", "requirement[1]", "either satisfied_by (modules) or policy"),
        ('satisfied_by = ["SEC-101"]', 'policy = "AUP"', "requirement[1].policy", "table = 'policies'"),
        ("due_within_days = 30", "due_within_days = -1", "requirement[1].due_within_days", "greater than or equal to 0"),
        ("{ every_months = 12 }", "{ every_months = 0 }", "requirement[1].renewal.every_months", "greater than"),
        ("{ every_months = 12 }", '{ due = "10-31" }', "requirement[1].renewal", "needs both due and opens"),
        ("{ every_months = 12 }", '{ due = "02-29", opens = "01-01" }', "requirement[1].renewal", "02-29 is not allowed"),
        ("{ every_months = 12 }", "{ }", "requirement[1].renewal", "either every_months, or due and opens"),
        ("due_within_days = 30", "due_within_days = 30\napplies_to = { rol = ['x'] }", "applies_to.rol", "'role'?"),
        (
            "due_within_days = 30",
            "due_within_days = 30\napplies_to = { worker_type = ['employe'] }",
            "requirement[1]",
            "did you mean 'employee'?",
        ),
        (
            "due_within_days = 30",
            "due_within_days = 30\neffective_from = 2025-02-01\nretired_on = 2025-01-01",
            "requirement[1]",
            "retired on 2025-01-01, before it takes effect",
        ),
        ("start = 2025-01-01", "start = 0001-01-01", "period[1].start", "0001-01-01 is no real date (before 1900-01-02"),
        ("end = 2025-12-31", "end = 9999-12-31", "period[1].end", "9999-12-31 is no real date"),
        ("extracted_on = 2026-01-05", "extracted_on = 0001-01-01", "source[1].extracted_on", "is no real date"),
        ("extracted_at = 2026-", "extracted_at = 9999-", "source[2].extracted_at", "9999-01-04 is no real date"),
        ("extracted_at", "covers_from = 0001-01-01\nextracted_at", "source[2].covers_from", "is no real date"),
        ("due_within", "effective_from = 1900-01-01\ndue_within", "requirement[1].effective_from", "is no real date"),
        ("due_within", "retired_on = 2100-01-01\ndue_within", "requirement[1].retired_on", "or after 2099-12-31)"),
        ("[[period]]", "[programme]\nfile = 'people.csv'\napproved_on = 0001-01-01\n[[period]]",
         "programme.approved_on", "is no real date"),
        ("[[period]]", "[programme]\nfile = 'p*.csv'\n[[period]]", "programme.file",
         "'p*.csv' is a pattern, and the programme is one document."),
        ("Europe/Berlin", "localtime", "audit.time_zone", "'localtime' is not an IANA time zone"),
        ("Europe/Berlin", "posixrules", "audit.time_zone", "'posixrules' is not an IANA time zone"),
        ("Europe/Berlin", "Factory", "audit.time_zone", "'Factory' is not an IANA time zone"),
        ('name = "2025"', 'name = "../2025"', "period[1].name", "pattern"),
        ('id = "awareness"', 'id = "awareness"\nid = "b"', "", "not valid TOML"),
    ],
)  # fmt: skip
def test_each_problem_names_its_key_path_and_what_to_do(folder, old, new, where, says):
    found = problems(folder, old, new)
    assert any(where in problem and says in problem for problem in found), "\n".join(found)
    assert all("\n  Effect: " in problem and "\n  Do: " in problem for problem in found)


def test_days_at_the_edge_of_what_is_real_are_taken(folder):
    text = BASE.replace("start = 2025-01-01", "start = 1900-01-02").replace("end = 2025-12-31", "end = 2099-12-31")
    (folder / "audit.toml").write_text(text)
    assert load_audit(folder).period().end == date(2099, 12, 31)


@pytest.mark.parametrize("letter", ["%", "\\", "\n", "\r"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_name_that_manifests_write_in_different_ways_is_refused(folder, letter):
    odd = f"peo{letter}20ple.csv"
    (folder / "people.csv").rename(folder / odd)
    (found,) = problems(folder, 'file = "people.csv"', 'file = "peo*.csv"')
    assert found.startswith(f"audit.toml, source[1].file: the name {odd!r} has a %, a backslash or a line break in it")


def test_a_file_that_cannot_be_read_is_not_said_to_be_missing(folder):
    (folder / "audit.toml").unlink()
    with pytest.raises(UserError, match="there is no such file"):
        load_audit(folder)
    with pytest.raises(UserError, match="there is no such file"):
        load_audit(folder / "people.csv" / "audit.toml")
    (folder / "audit.toml").mkdir()
    with pytest.raises(UserError, match=r"audit.toml: it cannot be read: (Is a directory|Permission denied)\."):
        load_audit(folder)


def test_all_problems_are_reported_at_once(folder):
    text = BASE.replace("Europe/Berlin", "Mars/Base").replace("every_months = 12", "every_moths = 12")
    found = problems(folder, new=text)
    assert len(found) >= 2
    assert "audit.time_zone" in found[0]
    assert any("every_moths" in problem for problem in found)


def test_the_same_file_may_not_be_read_twice_as_the_same_table(folder):
    again = '[[source]]\ntable = "people"\nfile = "peop*.csv"\nextracted_on = 2026-01-05\n'
    assert "already read as people by source[1]" in problems(folder, new=BASE + again)[0]
    (folder / "people-too.csv").symlink_to(folder / "people.csv")
    assert any("people-too.csv is already read as people" in problem for problem in problems(folder, new=BASE + again))


def test_a_sheet_that_is_not_named_may_be_the_one_that_is(folder):
    (folder / "p.xlsx").write_bytes(b"x")
    source = '[[source]]\ntable = "leave"\nfile = "p.xlsx"\nextracted_on = 2026-01-05\n'
    one, other = (f'{source}sheet = "{name}"\n' for name in ("S1", "S2"))
    (folder / "audit.toml").write_text(BASE + one + other)
    assert load_audit(folder).sources[-1].sheet == "S2"
    for more in (one + one, source + one, one + source):
        assert "p.xlsx is already read as leave by source[" in problems(folder, new=BASE + more)[0]


def test_a_link_that_leads_outside_is_refused(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "people.csv"
    outside.write_text("person_id\n")
    (folder / "people.csv").unlink()
    (folder / "people.csv").symlink_to(outside)
    with pytest.raises(UserError, match="link to a file outside the audit folder"):
        load_audit(folder)


def test_requirement_ids_are_unique(folder):
    double = '[[requirement]]\nid = "awareness"\nsatisfied_by = ["X"]\ndue_within_days = 0\n'
    assert "'awareness' is given 2 times" in problems(folder, new=BASE + double)[0]


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 120))
def test_months_are_calendar_months_clamped_to_the_last_day(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and add_months(later, 0).replace(day=1) != later)
    assert Renewal(every_months=months).due_after(day) == later


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.dates(date(2001, 1, 1), date(2001, 12, 31)),
    st.dates(date(2001, 1, 1), date(2001, 12, 31)),
)  # fmt: skip
def test_a_campaign_covers_until_the_first_due_day_whose_window_opens_later(day, due, opens):
    """C8, against a walk over all years."""
    renewal = Renewal(due=f"{due:%m-%d}", opens=f"{opens:%m-%d}")
    candidates = []
    for year in range(day.year - 2, day.year + 4):
        due_on = date(year, due.month, due.day)
        opens_on = max(candidate for y in (year - 1, year) if (candidate := date(y, opens.month, opens.day)) <= due_on)
        if opens_on > day:
            candidates.append(due_on)
    assert renewal.due_after(day) == min(candidates)


def test_problems_of_every_kind_are_reported_at_once(folder):
    text = BASE.replace('organisation = "Acme"', 'organisaton = "Acme"').replace("people.csv", "nope.csv")
    text += '[[requirement]]\nid = "awareness"\nsatisfied_by = ["X"]\ndue_within_days = 0\n'
    text += '[[requirement]]\nid = "p"\npolicy = "AUP"\ndue_within_days = "x"\n'
    text += '[[requirement]]\nid = "q"\npolicy = "AUP"\ndue_within_days = 1\npass_mark = 180\n'
    found = "\n".join(problems(folder, new=text))
    for says in (
        "did you mean 'organisation'?",
        "'nope.csv' matches no file",
        "'awareness' is given 2 times",
        "requirement[3].due_within_days",
        "requirement[4].pass_mark",
    ):
        assert says in found
    assert "constrained" not in found
