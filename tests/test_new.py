"""`workbook new`: from raw exports to an audit folder, as a user types it."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from arrivals import Cell, archive, dated, parquet, sheet, workbook
from hypothesis import given
from hypothesis import strategies as st

from workbook_lib import cli
from workbook_lib.audit import load_audit
from workbook_lib.intake.date_formats import evidence
from workbook_lib.intake.profile_file import load_profile
from workbook_lib.intake.proposal import MOST_TEXTS, Seen
from workbook_lib.intake.values import MomentParser
from workbook_lib.new_audit import extracted_on
from workbook_lib.tables import UserError

NORTHWIND = Path(__file__).parent.parent / "data_samples" / "northwind" / "exports"
SHARED = Path(__file__).parent.parent.parent / "shared" / "exports"
UTC = ZoneInfo("UTC")

STAFF = "Employee #,Display Name,Work Email,Employment Status,Hire Date,Termination Date\n"
PEOPLE = STAFF + "1,Ada,ada@acme.example,Full-Time,2024-04-13,\n2,Bo,bo@acme.example,Contractor,2024-05-04,2025-06-30\n"
RECORDS = """account,module_id,completed_at,status
ada@acme.example,Security Awareness,2025-03-02,completed
bo@acme.example,Security Awareness,2025-04-02,completed
ada@acme.example,Secure Coding,2026-01-02,passed
bo@acme.example,Secure Coding,,in_progress
"""
#: What a training system nobody knows may write.
LMS = """Deelnemer;Cursus;Voltooid;Status;Uitslag
jörg@acme.example;SEC-101;31.01.2025;Done;85 %
mei@acme.example;SEC-101;;Open;
"""


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch, capsys) -> Run:
    """The command, in this process."""

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["workbook", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Done(ended.value.code or 0, *capsys.readouterr())

    return call


def put(folder: Path, **files: str | bytes) -> list[Path]:
    """Files as they were downloaded on 2026-01-05; `_` before the suffix stands for a dot."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, content in files.items():
        path = folder / re.sub(r"_(?=[a-z]+$)", ".", name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        at = datetime(2026, 1, 5, 12).timestamp()
        os.utime(path, (at, at))
        paths.append(path)
    return paths


def sources(folder: Path) -> list[tuple[str, str, str]]:
    """Table, file and profile of each active source."""
    return [(s.table, s.file.removeprefix("exports/"), s.profile) for s in load_audit(folder).sources]


# --- the whole ----------------------------------------------------------------------------------------------------

EXPECTED = """\
# Written by `workbook new` from the exports. What could not be known says TODO.
# Every key, with comments: data_samples/northwind/audit.toml.

[audit]
organisation = "TODO: name of the organisation"
time_zone = "UTC"                  # TODO: for example "Europe/Berlin"; a timestamp becomes the date there

# [programme]                      # TODO: the one-page programme document; without it P10 is not performed
# file = "programme.md"
# owner = "…"
# version = "…"
# approved_by = "…"
# approved_on = 2025-01-31

[[period]]                         # TODO confirm: the last full calendar year; the newest export is of 2026-01-05
name = "2025"
start = 2025-01-01
end = 2025-12-31

# --- Who works here --------------------------------------------------------------------------------------------------

[[source]]
table = "people"
file = "exports/staff.csv"
profile = "bamboohr"               # recognised by its columns
extracted_on = 2026-01-05          # TODO confirm: the day of the file's last change
system = "BambooHR"
report = "TODO: name of the report"
parameters = "TODO: its filters, and whether former people are included"
extracted_by = "TODO: who exported it"

# --- What they did ---------------------------------------------------------------------------------------------------

[[source]]
table = "completions"
file = "exports/records_20260104.csv"
profile = "generic"                # recognised by its columns
extracted_on = 2026-01-04          # TODO confirm: the date in the file's name
report = "TODO: name of the report"
parameters = "TODO: its filters, and whether former people are included"
extracted_by = "TODO: who exported it"
# covers_from = 2023-01-01         # TODO: where the system holds no older records, since when

# --- What is required ------------------------------------------------------------------------------------------------

# Suggestions, made from the records; your policy decides. The modules that people completed, those that look like
# awareness training first. Any one of the modules in satisfied_by is enough: a translation or a newer edition goes
# into the same list, another training into a [[requirement]] of its own.
#
#   records  first       last        module
#         2  2025-03-02  2025-04-02  'Security Awareness'
#         1  2026-01-02  2026-01-02  'Secure Coding'

[[requirement]]                    # a suggestion, TODO confirm
id = "awareness"
title = "Security awareness, every twelve months"
satisfied_by = ["Security Awareness"]
due_within_days = 30               # TODO confirm: how many days after joining
renewal = { every_months = 12 }    # TODO confirm: how often
# policy_reference = "…"           # TODO: where your policy says so
"""


def test_the_folder_that_is_written_is_valid_and_its_exports_are_the_files(run: Run, tmp_path: Path) -> None:
    files = put(tmp_path / "in", staff_csv=PEOPLE, records_20260104_csv=RECORDS)
    done = run("new", tmp_path / "acme", "--from", *files)
    assert (done.code, done.err) == (1, "")  # what says TODO is left to mend
    assert "MEND audit.toml says TODO in " in done.out
    assert (tmp_path / "acme" / "audit.toml").read_text(encoding="utf-8") == EXPECTED
    for path in files:
        assert (tmp_path / "acme" / "exports" / path.name).read_bytes() == path.read_bytes()
    assert {path.name for path in (tmp_path / "acme").iterdir()} == {"audit.toml", "exports"}
    audit = load_audit(tmp_path / "acme")
    assert audit.requirements[0].satisfied_by == ("Security Awareness",)
    assert done.out.splitlines()[:2] == [
        "staff.csv: people, by profile bamboohr (Custom report: all employees).",
        "records_20260104.csv: completions, by profile generic (Canonical headers).",
    ]
    assert "exports/staff.csv (people)\n    2 rows read, 2 used; 2024-04-13 to 2024-05-04" in done.out
    assert done.out.splitlines()[-4:] == [
        "Next:",
        f"  1. In {tmp_path / 'acme' / 'audit.toml'}: replace or confirm what says TODO (17 places).",
        f"  2. workbook check {tmp_path / 'acme'}   until nothing says MEND that you can mend",
        f"  3. workbook run {tmp_path / 'acme'}   makes the evidence pack",
    ]


def test_it_ends_with_the_exit_code_of_check(run: Run, tmp_path: Path) -> None:
    ghost = RECORDS + "ghost,Security Awareness,2025-05-05,completed\n"
    assert run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE, lms_csv=ghost)).code == 1
    checked = run("check", tmp_path / "acme")
    assert checked.code == 1
    assert "ghost" in checked.out


def test_every_export_of_northwind_is_recognised(run: Run, tmp_path: Path) -> None:
    done = run("new", tmp_path / "nw", "--from", *sorted(path for path in NORTHWIND.iterdir() if path.is_file()))
    assert done.code == 1  # northwind has people in no system
    assert "no profile knows it" not in done.out
    assert sources(tmp_path / "nw") == [
        ("people", "agency_staff.csv", "generic"),
        ("people", "bamboohr_employees.csv", "bamboohr"),
        ("people", "workday_worker_position_history.csv", "workday"),
        ("leave", "leave.csv", "generic"),
        ("leave", "workday_worker_leave_status.csv", "workday"),
        ("accounts", "knowbe4_users.json", "knowbe4"),
        ("accounts", "workday_person_contact_email_address.csv", "workday"),
        ("access", "access.csv", "generic"),
        ("completions", "knowbe4_enrollments.json", "knowbe4"),
        ("completions", "secure_coding_lab.csv", "generic"),
        ("acknowledgements", "knowbe4_enrollments.json", "knowbe4"),
        ("modules", "modules.csv", "generic"),
        ("content_reviews", "content_reviews.csv", "generic"),
        ("policies", "policies.csv", "generic"),
        ("decisions", "decisions.csv", "generic"),
    ]
    text = (tmp_path / "nw" / "audit.toml").read_text(encoding="utf-8")
    assert 'satisfied_by = ["Security Awareness Foundations"]' in text
    assert '# policy = "Acceptable Use Policy"\n' in text
    assert "#        12  2022-03-14  2025-08-18  'SCL-200' 'Secure Coding Lab: web services'\n" in text


def test_headers_that_any_system_may_write_leave_its_name_to_the_user(run: Run, tmp_path: Path) -> None:
    report = "Employee ID,Full Name,Employee Type,Hire Date,Termination Date\n1,Ada,Regular,2024-04-13,\n"
    run("new", tmp_path / "acme", "--from", *put(tmp_path / "in", staff_csv=report, people_csv=PEOPLE))
    text = (tmp_path / "acme" / "audit.toml").read_text("utf-8")
    assert 'system = "TODO: name of the system; Workday, if it comes from there"' in text
    assert 'system = "BambooHR"' in text
    assert "source[1].system" in run("check", tmp_path / "acme").out + run("check", tmp_path / "acme").err


def test_a_header_in_other_letters_whose_rows_mean_something_else_is_of_another_system(
    run: Run, tmp_path: Path
) -> None:
    records = (
        "First name,Last name,Email address,Course,Status,Time completed\nAda,Oz,a@x.example,SEC,Completed,2025-03-01\n"
    )
    users = "First name,Last name,Email address,Status\nAda,Oz,a@x.example,Active\n"
    found = put(tmp_path / "in", records_csv=records, users_csv=users)
    told = run("new", tmp_path / "acme", "--from", *found).out
    assert "records.csv: no profile knows it." in told
    assert "It may hold completions: my-records.toml is a proposal" in told
    assert "users.csv: accounts, by profile google_workspace" in told, "its rows can be read"


def test_a_list_that_does_not_say_what_its_people_are_waits_for_one_word(run: Run, tmp_path: Path) -> None:
    done = run("new", tmp_path / "nw", "--from", NORTHWIND / "bamboohr_employees.csv", NORTHWIND / "contractors.csv")
    assert "people is not read yet: the file has no worker_type. Write it in place of …, one of employee," in done.out
    audit = tmp_path / "nw" / "audit.toml"
    text = audit.read_text(encoding="utf-8").replace('worker_type = "…"', 'worker_type = "contractor"')
    audit.write_text(activated(text), encoding="utf-8")
    assert ("people", "contractors.csv", "generic") in sources(tmp_path / "nw")
    assert "exports/contractors.csv (people)\n    4 rows read, 3 used" in run("check", tmp_path / "nw").out


def test_a_known_list_that_says_what_its_people_are_in_other_words_gets_a_proposal(run: Run, tmp_path: Path) -> None:
    report = (
        "Employee ID,Full Name,Job Title,Hire Date,Employment Type\n1,Ada,Engineer,2024-04-13,Contractor\n"
        "2,Bo,Clerk,2024-04-13,Full time\n"
    )
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path / "in", staff_csv=report))
    assert (
        "staff.csv: profile workday knows its headers, but not its worker_type, which 'Employment Type' seems to be. "
        "Its columns: 'Employee ID', 'Full Name', 'Job Title', 'Hire Date', 'Employment Type'.\n"
        "  It may hold people: my-staff.toml is a proposal, and not used yet.\n"
    ) in done.out
    text = (tmp_path / "acme" / "my-staff.toml").read_text("utf-8")
    assert 'worker_type = "Employment Type"' in text
    assert 'role = "Job Title"' in text


def test_a_profile_of_ones_own_reads_its_file_whatever_else_stands_in_it(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    columns = "person_id = 'Employee ID'\nstart_date = 'Hire Date'\nworker_type = 'Kind'\nname = 'Full Name'\n"
    put(folder, mine_toml=f"[profile]\ntitle = 'x'\n[[layout]]\ntable = 'people'\n[layout.columns]\n{columns}")
    report = "Employee ID,Full Name,Hire Date,Employment Type\n1,Ada,2024-04-13,Contractor\n"
    done = run("new", folder, "--from", *put(tmp_path / "in", staff_csv=report))
    assert "staff.csv: people, by profile mine (x)." in done.out
    assert "the file has no worker_type. Write it in place of …" in done.out


def activated(text: str) -> str:
    """audit.toml with the # signs removed before each [[source]] that waits."""
    return re.sub(r"(?m)^# \[\[source\]\](?:\n# .+)+", lambda block: block.group().replace("\n# ", "\n")[2:], text)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample exports are not beside the project")
def test_the_shared_samples_of_our_profiles_are_recognised(run: Run, tmp_path: Path) -> None:
    names = [
        "workday/workday_worker_history_data.csv",
        "workday/workday_worker_position_history_data.csv",
        "workday/workday_worker_leave_status_data.csv",
        "workday/workday_person_contact_email_address_data.csv",
        "knowbe4/training-enrollments.json",
        "knowbe4/users.json",
    ]
    run("new", tmp_path / "all", "--from", *(SHARED / name for name in names))
    assert sources(tmp_path / "all") == [
        ("people", "workday_worker_history_data.csv", "workday"),
        ("people", "workday_worker_position_history_data.csv", "workday"),
        ("leave", "workday_worker_leave_status_data.csv", "workday"),
        ("accounts", "workday_person_contact_email_address_data.csv", "workday"),
        ("accounts", "users.json", "knowbe4"),
        ("completions", "training-enrollments.json", "knowbe4"),
        ("acknowledgements", "training-enrollments.json", "knowbe4"),
    ]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample exports are not beside the project")
def test_no_shared_sample_breaks_the_command(run: Run, tmp_path: Path) -> None:
    files = [path for path in sorted(SHARED.rglob("*")) if path.suffix in (".csv", ".json")]
    done = run("new", tmp_path / "all", "--from", *files)
    assert done.code == 1
    assert done.err == ""
    text = (tmp_path / "all" / "audit.toml").read_text(encoding="utf-8")
    assert not [path.name for path in files if path.name not in text]


# --- nothing is lost or overwritten -------------------------------------------------------------------------------


def test_an_audit_that_is_there_is_refused_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    files = put(tmp_path / "in", staff_csv=PEOPLE)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "audit.toml").write_text("mine")
    done = run("new", tmp_path / "acme", "--from", *files)
    assert done.code == 2
    assert "audit.toml: there is one already, and it is never overwritten.\n  Effect: nothing was written." in done.err
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["audit.toml"]
    assert (tmp_path / "acme" / "audit.toml").read_text() == "mine"


def test_all_that_is_wrong_with_the_call_is_said_at_once(run: Run, tmp_path: Path) -> None:
    one, two = put(tmp_path / "a", staff_csv=PEOPLE), put(tmp_path / "b", Staff_csv=PEOPLE)
    done = run("new", tmp_path / "acme", "--from", *one, *two, tmp_path / "a", tmp_path / "nowhere.csv")
    assert done.code == 2
    assert "another file is called staff.csv, too, and both go to exports/." in done.err
    assert f"{tmp_path / 'a'}: it is a folder, and not every file in a folder is an export." in done.err
    assert f"{tmp_path / 'nowhere.csv'}: there is no such file." in done.err
    odd = tmp_path / "staff%20list.csv"
    odd.write_text(PEOPLE)
    done = run("new", tmp_path / "acme", "--from", odd)
    assert f"{odd}: its name has a % or a backslash in it, and no audit file may." in done.err
    assert not (tmp_path / "acme").exists()
    assert not (tmp_path / "acme").exists()
    assert run("new", tmp_path / "acme").code == 2


def test_another_file_of_that_name_in_exports_is_kept(run: Run, tmp_path: Path) -> None:
    files = put(tmp_path / "in", staff_csv=PEOPLE)
    (tmp_path / "acme" / "exports").mkdir(parents=True)
    (tmp_path / "acme" / "exports" / "staff.csv").write_text("older")
    done = run("new", tmp_path / "acme", "--from", *files)
    assert done.code == 2
    assert "another file of that name is there" in done.err
    assert (tmp_path / "acme" / "exports" / "staff.csv").read_text() == "older"
    assert not (tmp_path / "acme" / "audit.toml").exists()


def test_a_place_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "exports").write_text("a file")
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE))
    assert done.code == 2
    assert f"{tmp_path / 'acme' / 'exports'}: it cannot be written (File exists).\n" in done.err
    assert "Effect: no audit.toml was written." in done.err
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["exports"]


@pytest.mark.parametrize("half", ["staff.csv", "audit.toml"])
def test_after_a_full_disk_the_command_can_be_given_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    files, replace = put(tmp_path, staff_csv=PEOPLE), Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == half:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        done = run("new", tmp_path / "acme", "--from", *files)
        assert (done.code, "it cannot be written (No space left on device)." in done.err) == (2, True)
    left = [path.name for path in (tmp_path / "acme").rglob("*") if path.is_file()]
    assert left == (["staff.csv"] if half == "audit.toml" else [])
    assert "Written: " in run("new", tmp_path / "acme", "--from", *files).out
    assert (tmp_path / "acme" / "exports" / "staff.csv").read_bytes() == files[0].read_bytes()
    assert (tmp_path / "acme" / "audit.toml").is_file()


def test_files_that_lie_in_exports_already_are_taken_where_they_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    files = put(tmp_path / "acme" / "exports", staff_csv=PEOPLE, lms_csv=RECORDS)
    assert run("new", tmp_path / "acme", "--from", *files).code == 1
    assert sources(tmp_path / "acme") == [("people", "staff.csv", "bamboohr"), ("completions", "lms.csv", "generic")]


# --- written otherwise than the profile declares ------------------------------------------------------------------


def test_dates_that_prove_another_format_get_a_profile_with_the_evidence(run: Run, tmp_path: Path) -> None:
    american = STAFF + "1,Ada,a@x.example,Full-Time,04/05/2024,\n2,Bo,b@x.example,Full-Time,04/13/2024,06/07/2025\n"
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=american, lms_csv=RECORDS))
    assert "  dates is not as bamboohr declares: '04/13/2024' in row 3 shows the month first (Hire Date)." in done.out
    assert (tmp_path / "acme" / "my-bamboohr.toml").read_text(encoding="utf-8") == (
        "# 'staff.csv' is written otherwise than profile bamboohr declares.\n"
        'extends = "bamboohr"\n\n[reading]\n'
        "dates = [\"MM/DD/YYYY\"]  # '04/13/2024' in row 3 shows the month first (Hire Date)\n"
    )
    assert sources(tmp_path / "acme")[0] == ("people", "staff.csv", "my-bamboohr")
    assert "exports/staff.csv (people)\n    2 rows read, 2 used; 2024-04-05 to 2024-04-13" in done.out


def test_dates_that_fit_both_orders_are_left_to_the_user(run: Run, tmp_path: Path) -> None:
    either = STAFF + "1,Ada,a@x.example,Full-Time,04/05/2024,\n"
    files = put(tmp_path, agency_csv=either, staff_csv=PEOPLE, lms_csv=RECORDS)
    done = run("new", tmp_path / "acme", "--from", *files)
    assert "  people is not read yet: as it is, the file is refused: 1 dates, for example '04/05/2024'," in done.out
    assert [source[1] for source in sources(tmp_path / "acme")] == ["staff.csv", "lms.csv"]
    text = (tmp_path / "acme" / "audit.toml").read_text(encoding="utf-8")
    assert '# [[source]]\n# table = "people"\n# file = "exports/agency.csv"\n# profile = "bamboohr"' in text
    assert not (tmp_path / "acme" / "my-bamboohr.toml").exists()


def test_one_word_that_is_no_date_is_no_reason_for_another_format(run: Run, tmp_path: Path) -> None:
    odd = PEOPLE + "3,Cy,c@x.example,Full-Time,2024-05-04,end of Q3 2025\n"
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=odd, lms_csv=RECORDS))
    assert sources(tmp_path / "acme")[0] == ("people", "staff.csv", "bamboohr")
    assert "MEND exports/staff.csv, row 4, Termination Date: 'end of Q3 2025' is not a date" in done.out


def test_another_delimiter_and_encoding_get_a_profile(run: Run, tmp_path: Path) -> None:
    german = PEOPLE.replace(",", ";").replace("Ada", "Jörg").encode("cp1252")
    files = put(tmp_path, staff_csv=german, more_csv=german.replace(b"ada@", b"joerg@"), lms_csv=RECORDS)
    done = run("new", tmp_path / "acme", "--from", *files)
    assert (tmp_path / "acme" / "my-bamboohr.toml").read_text(encoding="utf-8") == (
        "# 'staff.csv' is written otherwise than profile bamboohr declares.\n"
        'extends = "bamboohr"\n\n[reading]\n'
        "encoding = \"cp1252\"  # it is not UTF-8; confirm that its letters are right: 'Jörg'\n"
        "delimiter = \";\"  # ';' stands between the columns of its header\n"
    )
    assert sources(tmp_path / "acme")[:2] == [
        ("people", "staff.csv", "my-bamboohr"),
        ("people", "more.csv", "my-bamboohr"),
    ]
    assert "exports/staff.csv (people)\n    2 rows read, 2 used" in done.out
    # Another change is another profile, and a name that is taken is left alone.
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "my-bamboohr.toml").write_text('extends = "bamboohr"\n')
    tabs = put(tmp_path, tabs_csv=PEOPLE.replace(",", "\t"))
    run("new", tmp_path / "b", "--from", *tabs, *put(tmp_path, lms_csv=RECORDS))
    assert sources(tmp_path / "b")[0] == ("people", "tabs.csv", "my-bamboohr-2")
    assert (tmp_path / "b" / "my-bamboohr.toml").read_text() == 'extends = "bamboohr"\n'


def test_rows_above_the_header_are_passed_over(run: Run, tmp_path: Path) -> None:
    titled = "All employees\nRun date,2026-01-05\n" + PEOPLE
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=titled, lms_csv=RECORDS))
    assert "  header_depth is not as bamboohr declares: its header is row 3." in done.out
    assert "exports/staff.csv (people)\n    2 rows read, 2 used" in done.out


def test_each_sheet_of_a_workbook_is_looked_at(run: Run, tmp_path: Path) -> None:
    rows = [line.split(",") for line in PEOPLE.splitlines()]
    rows[1][4], rows[2][4] = dated(45395), dated(45416)
    book = workbook(["Report", "2026"], sheets={"Staff": sheet(*rows), "Empty": sheet()})
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_xlsx=book, lms_csv=RECORDS))
    assert "staff.xlsx, sheet 'Staff': people, by profile bamboohr" in done.out
    assert "staff.xlsx, sheet 'Data': no profile knows it. Its columns: 'Report', '2026'." in done.out
    assert "sheet 'Empty'" not in done.out
    assert load_audit(tmp_path / "acme").sources[0].sheet == "Staff"
    assert "exports/staff.xlsx (people)\n    2 rows read, 2 used; 2024-04-13 to 2024-05-04" in done.out


WIDE = """[profile]
title = "Activity completion"
[[layout]]
table = "completions"
pairs = { fixed = 2 }
[layout.columns]
account = "Email address"
module_id = "item"
completed_at = "date"
status = "state"
"""


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        ("Email address,Name,Awareness,,Phishing,\na@x.example,Ava,completed,2025-02-11,not_started,\n", True),
        ("Email address,Name,Course,Remark\na@x.example,Ava,Awareness,none\n", False),
    ],
)
def test_a_wide_report_is_known_by_its_values(run: Run, tmp_path: Path, rows: str, known: bool) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "wide.toml").write_text(WIDE)
    run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE, progress_csv=rows))
    assert (("completions", "progress.csv", "wide") in sources(tmp_path / "acme")) is known


# --- files that nobody knows --------------------------------------------------------------------------------------


def test_a_proposal_is_not_used_until_it_is_confirmed_and_then_reads_the_file(run: Run, tmp_path: Path) -> None:
    files = put(tmp_path, staff_csv=PEOPLE, lms_csv=LMS.encode("cp1252"))
    done = run("new", tmp_path / "acme", "--from", *files)
    assert done.code == 1  # there are no records yet
    columns = "'Deelnemer', 'Cursus', 'Voltooid', 'Status', 'Uitslag'"
    assert f"lms.csv: no profile knows it. Its columns: {columns}." in done.out
    assert "  It may hold completions: my-lms.toml is a proposal, and not used yet." in done.out
    assert sources(tmp_path / "acme") == [("people", "staff.csv", "bamboohr")]
    audit, profile = tmp_path / "acme" / "audit.toml", tmp_path / "acme" / "my-lms.toml"
    assert 'confirm my-lms.toml, write what is meant in place of its 3 "…", then remove' in audit.read_text("utf-8")
    proposed = profile.read_text("utf-8")
    assert proposed.split("\n\n", 1)[1] == PROPOSED
    with pytest.raises(UserError, match="'Done' means '…', which is none of not_assigned, "):
        load_profile(tmp_path / "acme", "my-lms")
    chosen = proposed.replace('"Done" = "…"', '"Done" = "completed"').replace('"Open" = "…"', '"Open" = "not_started"')
    profile.write_text(chosen.replace('module_id = "…"', 'module_id = "Cursus"'), encoding="utf-8")
    audit.write_text(activated(audit.read_text("utf-8")), encoding="utf-8")
    assert sources(tmp_path / "acme")[1] == ("completions", "lms.csv", "my-lms")
    checked = run("check", tmp_path / "acme")
    assert "exports/lms.csv (completions)\n    2 rows read, 2 used; 2025-01-31" in checked.out


PROPOSED = """\
[profile]
title = "lms.csv"

[reading]
encoding = "cp1252"  # it is not UTF-8; confirm that its letters are right: 'jörg@acme.example'
delimiter = ";"  # ';' stands between the columns

[[layout]]
table = "completions"  # one training record
format = "csv"

[layout.columns]
account = "Deelnemer"  # by its values, for example 'jörg@acme.example'
module_id = "…"  # required, and no column looks like it
completed_at = { of = ["Voltooid"], formats = ["DD.MM.YYYY"] }  # by its values; '31.01.2025' in row 2 shows the day first
status = "Status"  # by its name, for example 'Done'
# Not read:
#   'Cursus': 'SEC-101'
#   'Uitslag': '85 %'

[layout.words.status]  # one of not_assigned, not_started, in_progress, completed, passed, failed, equivalent, waived, withdrawn, expired
"Done" = "…"  # rows: 1
"Open" = "…"  # rows: 1
"""


def proposal(run: Run, tmp_path: Path, content: str | bytes, suffix: str = "csv") -> str:
    """The lines of the proposal that map columns and words."""
    run("new", tmp_path / "acme", "--from", *put(tmp_path, **{f"new_{suffix}": content}))
    text = (tmp_path / "acme" / "my-new.toml").read_text("utf-8")
    assert [source for source in text.splitlines() if source.startswith("table")]
    return text


def test_an_ambiguous_date_in_a_proposal_is_a_placeholder(run: Run, tmp_path: Path) -> None:
    text = proposal(run, tmp_path, "User,Course,Completed On,Status\nava@x.example,S1,03/04/2025,Completed\n")
    assert 'account = "User"' in text
    assert 'module_id = "Course"' in text
    assert 'completed_at = { of = ["Completed On"], formats = ["…"] }' in text
    assert "'03/04/2025' in row 2 can be DD/MM/YYYY or MM/DD/YYYY, and no value shows which" in text
    assert '"Completed" = "completed"  # rows: 1' in text
    with pytest.raises(UserError, match="'…' is not a date format"):
        load_profile(tmp_path / "acme", "my-new")


def test_yes_and_no_are_no_worker_types(run: Run, tmp_path: Path) -> None:
    text = proposal(
        run,
        tmp_path,
        "Employee Number,Work E-Mail,Job Title,Department,Name,Contractor Type,Date of Hire\n"
        "7,ava@x.example,Engineer,R&D,Ava,Yes,2024-05-06\n8,bo@x.example,Sales,Sales,Bo,No,2024-05-07\n",
    )
    assert 'worker_type = "…"' in text
    assert "#   'Contractor Type': 'Yes', 'No'" in text


def test_headers_of_known_systems_are_a_thesaurus(run: Run, tmp_path: Path) -> None:
    text = proposal(
        run,
        tmp_path,
        "Employee Number,Work E-Mail,Job Title,Employment Type,Date of Hire,Termination Date\n"
        "7,ava@x.example,Engineer,Full-Time,2024-05-06,\n8,bo@x.example,Sales,Werkstudent,2024-05-07,\n",
    )
    assert 'table = "people"' in text
    for line in (
        'person_id = "Employee Number"',
        'email = "Work E-Mail"',
        'role = "Job Title"',
        'worker_type = "Employment Type"',
        'start_date = "Date of Hire"',
        'end_date = "Termination Date"',
        '"Full-Time" = "employee"  # rows: 1',
        '"Werkstudent" = "…"  # rows: 1',
    ):
        assert f"\n{line}" in text


def test_a_due_date_is_not_taken_for_a_completion(run: Run, tmp_path: Path) -> None:
    text = proposal(run, tmp_path, "User,Course,Due Date,Status\nava@x.example,S1,2025-03-14,Completed\n")
    assert '\ncompleted_at = "…"' in text


def test_an_unknown_json_shows_the_keys_of_its_objects(run: Run, tmp_path: Path) -> None:
    text = proposal(
        run,
        tmp_path,
        '{"rows": [{"learner": {"email": "ava@x.example"}, "courseName": "S1", "completionDate": "2025-03-14",'
        ' "status": "passed", "note": "{not json"}]}',
        "json",
    )
    assert 'account = "learner.email"' in text
    assert 'completed_at = "completionDate"' in text
    assert "#   'note': '{not json'" in text


def test_what_a_file_says_cannot_begin_a_line_of_the_configuration(run: Run, tmp_path: Path) -> None:
    evil = 'User,"Course\n[[requirement]]\nid = ""x""",Completed On,Status\nava@x.example,S1,2025-03-14,"Do""ne"\n'
    records = RECORDS.replace("Secure Coding", '"Secure\n[audit]\nCoding ""x"""')
    run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE, records_csv=records, new_csv=evil))
    audit = load_audit(tmp_path / "acme")
    assert [requirement.id for requirement in audit.requirements] == ["awareness"]
    assert '\n"Do\\"ne" = "…"' in (tmp_path / "acme" / "my-new.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "the file is empty."),
        ("<html><body>Sign in</body></html>", "it is a web page or XML (perhaps a login page), not an export."),
        ("colour,shape\nred,round\n", "no profile knows it, and its columns resemble no table: 'colour', 'shape'."),
    ],
)
def test_a_file_that_is_no_export_is_named_and_the_others_are_used(
    run: Run, tmp_path: Path, content: str, why: str
) -> None:
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, odd_csv=content, staff_csv=PEOPLE, lms_csv=RECORDS))
    assert done.code == 1
    assert "odd.csv: " in done.out
    assert f"leave it out.\n# 'odd.csv': {why}" in (tmp_path / "acme" / "audit.toml").read_text("utf-8")
    assert "  2. Mend odd.csv, write a profile that reads it, or leave it out.\n" in done.out
    assert len(sources(tmp_path / "acme")) == 2


def test_without_people_the_folder_is_written_and_the_reason_told(run: Run, tmp_path: Path) -> None:
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, lms_csv=RECORDS))
    assert done.code == 1
    told = "It cannot be judged yet:\naudit.toml, source: no source has table = 'people'.\n  Do: add the HR system's export"
    assert told in done.out
    assert "nothing was written" not in done.out, "the folder was"
    assert (tmp_path / "acme" / "exports" / "lms.csv").is_file()


def test_a_source_that_waits_is_to_be_confirmed_and_not_to_be_added(run: Run, tmp_path: Path) -> None:
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, lms_csv=LMS.encode("cp1252")))
    assert "no source has table = 'people'.\n  Do: confirm what is said below, then remove the # signs" in done.out


def test_without_records_the_requirement_is_a_todo(run: Run, tmp_path: Path) -> None:
    run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE))
    (requirement,) = load_audit(tmp_path / "acme").requirements
    assert requirement.satisfied_by == ("TODO: the module that your policy requires",)
    assert "\n# The files hold no completed training" in (tmp_path / "acme" / "audit.toml").read_text("utf-8")
    assert "the newest export is of 2026-01-05" in (tmp_path / "acme" / "audit.toml").read_text("utf-8")


def test_records_that_wait_for_a_profile_are_not_said_to_be_none(run: Run, tmp_path: Path) -> None:
    records = "Login,Course,Done on,Progress\na@x.example,S1,2025-03-14,Finished\n"
    run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE, lms_csv=records))
    text = (tmp_path / "acme" / "audit.toml").read_text("utf-8")
    assert "\n# Files with training records wait to be read, see above: they may suggest a requirement.\n" in text
    assert "hold no completed training" not in text


def test_a_parquet_file_is_recognised_by_its_columns_and_another_one_gets_a_proposal(run: Run, tmp_path: Path) -> None:
    query = "SELECT 'ada@acme.example' AS account, 'Security Awareness' AS module_id, TIMESTAMP '2025-03-02 10:00:00' AS {}, 'completed' AS status"
    known, unknown = query.format("completed_at"), query.format("day") + ", 7 AS shoe_size"
    files = put(
        tmp_path,
        staff_csv=PEOPLE,
        lms_parquet=parquet(tmp_path / "x", known),
        more_parquet=parquet(tmp_path / "y", unknown),
    )
    done = run("new", tmp_path / "acme", "--from", *files)
    assert sources(tmp_path / "acme") == [
        ("people", "staff.csv", "bamboohr"),
        ("completions", "lms.parquet", "generic"),
    ]
    assert "exports/lms.parquet (completions)\n    1 row read, 1 used; 2025-03-02" in done.out
    assert (
        "more.parquet: no profile knows it. Its columns: 'account', 'module_id', 'day', 'status', 'shoe_size'."
        in done.out
    )
    text = (tmp_path / "acme" / "my-more.toml").read_text("utf-8")
    assert 'format = "parquet"' in text
    assert '\ncompleted_at = "day"  # by its values; ' in text
    assert "#   'shoe_size': '7'" in text


def test_a_title_above_the_header_of_an_unknown_file_is_passed_over(run: Run, tmp_path: Path) -> None:
    titled = "Training report\n\n" + "User,Course,Completed On,Status\nava@x.example,S1,2025-03-14,Completed\n"
    run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE, new_csv=titled))
    assert "header_depth = 30  # the header seems to be row 3" in (tmp_path / "acme" / "my-new.toml").read_text("utf-8")
    audit = tmp_path / "acme" / "audit.toml"
    audit.write_text(activated(audit.read_text("utf-8")), encoding="utf-8")
    assert "exports/new.csv (completions)\n    1 row read, 1 used; 2025-03-14" in run("check", tmp_path / "acme").out


def test_rows_that_lack_the_delimiter_at_the_end_of_the_header_are_looked_at(run: Run, tmp_path: Path) -> None:
    text = proposal(run, tmp_path, "User,Course,Completed On,Status,\nava@x.example,S1,2025-03-14,Fertig\n")
    assert '"Fertig" = "…"  # rows: 1' in text


def test_a_score_in_percent_is_read_without_its_sign(run: Run, tmp_path: Path) -> None:
    text = proposal(run, tmp_path, "User,Course,Completed On,Status,Score\nava@x.example,S1,2025-03-14,Passed,85 %\n")
    assert '\nscore = { of = ["Score"], suffix = "%" }  # by its name, for example \'85 %\'' in text
    assert load_profile(tmp_path / "acme", "my-new")


def test_one_word_in_two_spellings_is_asked_for_once(run: Run, tmp_path: Path) -> None:
    rows = "".join(
        f"ava@x.example,S{n},2025-03-14,{word}\n" for n, word in enumerate(("Fertig", "fertig", " FERTIG", "Offen"))
    )
    text = proposal(run, tmp_path, "User,Course,Completed On,Status\n" + rows)
    words = text.partition("[layout.words.status]")[2].splitlines()[1:]
    assert words == ['"Fertig" = "…"  # rows: 3', '"Offen" = "…"  # rows: 1']


def test_yes_and_no_need_no_words(run: Run, tmp_path: Path) -> None:
    text = proposal(run, tmp_path, "Module,Module Title,Topics,Assessed\nS1,Awareness,phishing,Yes\nS2,Coding,,no\n")
    assert 'table = "modules"' in text
    assert '\nassessed = "Assessed"' in text
    assert "[layout.words" not in text
    assert load_profile(tmp_path / "acme", "my-new")


def test_of_a_column_of_many_texts_the_first_are_kept() -> None:
    """What is kept of a file does not grow without end; the texts that are kept are counted to the last row."""
    seen = Seen("Note")
    for n in range(MOST_TEXTS + 10):
        seen.add(f"note {n}", n)
    seen.add("note 0", MOST_TEXTS + 10)
    assert (len(seen.first), seen.first["note 0"], seen.times["note 0"]) == (MOST_TEXTS, 0, 2)
    assert f"note {MOST_TEXTS}" not in seen.times


def test_a_merged_title_is_no_header_and_a_cell_of_unknown_value_is_no_word(run: Run, tmp_path: Path) -> None:
    header = ["Login", "Module", "Finished", "Status", "Note"]
    wrong = Cell('t="e"', "<v>#N/A</v>")
    rows = [["a@x", "M-1", dated(45658), wrong, wrong], ["b@x", "M-2", wrong, "Done", "later"]]
    book = workbook(["Report"], header, *rows, after='<mergeCells><mergeCell ref="A1:E1"/></mergeCells>')
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, log_xlsx=book, staff_csv=PEOPLE))
    assert "log.xlsx: no profile knows it. Its columns: 'Login', 'Module', 'Finished', 'Status', 'Note'." in done.out
    proposal = (tmp_path / "acme" / "my-log.toml").read_text(encoding="utf-8")
    assert "header_depth = 30  # the header seems to be row 2\n" in proposal
    assert '"Done" = "…"  # rows: 1\n' in proposal
    assert "'Note': 'later'\n" in proposal
    assert "spreadsheet error" not in proposal


# --- what stands in the way ---------------------------------------------------------------------------------------


def test_broken_files_are_named_and_the_others_are_used(run: Run, tmp_path: Path) -> None:
    broken = put(
        tmp_path,
        book_xlsx=archive({"hello.txt": "hi"}),
        old_xls=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        log_json='[{"user": ',
        users_csv='User,Course\nava,"S1\n',
    )
    done = run("new", tmp_path / "acme", "--from", *broken, *put(tmp_path, staff_csv=PEOPLE, lms_csv=RECORDS))
    assert (done.code, done.err) == (1, "")
    for name, why in (
        ("book.xlsx", "the workbook cannot be read"),
        ("old.xls", "it is not an .xlsx workbook (old .xls files and password-protected ones look like this)"),
        ("log.json", "it is not valid JSON"),
        ("users.csv", 'a quote (") that is opened here is not closed properly'),
    ):
        assert f"{name}: it cannot be read: {why}" in done.out
    assert sources(tmp_path / "acme") == [("people", "staff.csv", "bamboohr"), ("completions", "lms.csv", "generic")]


def test_quotes_around_the_header_are_no_obstacle_to_another_delimiter(run: Run, tmp_path: Path) -> None:
    quoted = '"' + PEOPLE.rstrip().replace(",", '";"').replace("\n", '"\n"') + '"\n'
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=quoted, lms_csv=RECORDS))
    assert sources(tmp_path / "acme")[0] == ("people", "staff.csv", "my-bamboohr")
    assert "exports/staff.csv (people)\n    2 rows read, 2 used" in done.out


def test_a_profile_that_cannot_be_used_is_named_and_the_others_are_tried(run: Run, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "ours.toml").write_text("[profil]\n")
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=PEOPLE, lms_csv=RECORDS))
    assert "ours.toml" in done.out
    assert sources(tmp_path / "acme")[0] == ("people", "staff.csv", "bamboohr")


OWN = '[profile]\ntitle = "Ours"\n{reading}[[layout]]\ntable = "{table}"\n[layout.columns]\n{columns}\n'


def own(folder: Path, columns: str, table: str = "people", reading: str = "") -> None:
    """A profile of the user's own in the audit folder."""
    folder.mkdir()
    (folder / "ours.toml").write_text(OWN.format(table=table, columns=columns, reading=reading), encoding="utf-8")


def test_a_header_that_is_no_path_of_a_json_file_is_not_sought_there(run: Run, tmp_path: Path) -> None:
    own(tmp_path / "acme", 'person_id = "No."\nworker_type = "Kind"\nstart_date = "Since"')
    numbered = "No.,Kind,Since\n1,employee,2024-04-13\n2,intern,2024-05-04\n"
    keys = '[{"account": "1", "module_id": "S1", "completed_at": "2025-03-14", "status": "passed"}]'
    run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=numbered, lms_json=keys))
    assert sources(tmp_path / "acme") == [("people", "staff.csv", "ours"), ("completions", "lms.json", "generic")]


def test_a_profile_that_asks_for_no_column_knows_no_file(run: Run, tmp_path: Path) -> None:
    own(tmp_path / "acme", 'name = "Full name"')
    files = put(tmp_path, staff_csv=PEOPLE, odd_csv="Full name,colour\nAda,red\n")
    done = run("new", tmp_path / "acme", "--from", *files)
    assert "odd.csv: no profile knows it. Its columns: 'Full name', 'colour'." in done.out


@pytest.mark.parametrize(("name", "profile"), [("Jörg", "my-ours"), ("Ada", "ours")])
def test_utf_8_where_a_profile_declares_another_encoding(run: Run, tmp_path: Path, name: str, profile: str) -> None:
    """Without a letter beyond ASCII both are the same."""
    columns = 'person_id = "Id"\nname = "Who"\nworker_type = "Kind"\nstart_date = "Since"'
    own(tmp_path / "acme", columns, reading='[reading]\nencoding = "cp1252"\n')
    rows = f"Id,Who,Kind,Since\n1,{name},employee,2024-04-13\n"
    done = run("new", tmp_path / "acme", "--from", *put(tmp_path, staff_csv=rows, lms_csv=RECORDS))
    assert sources(tmp_path / "acme")[0] == ("people", "staff.csv", profile)
    assert ("  encoding is not as ours declares: it is valid UTF-8." in done.out) is (name == "Jörg")
    assert "exports/staff.csv (people)\n    1 row read, 1 used" in done.out


# --- what is asked ------------------------------------------------------------------------------------------------

TWIN = '[profile]\ntitle = "x"\n[[layout]]\ntable = "{table}"\nrequires = ["Who"]\n[layout.columns]\n{columns}\n'


def twins(folder: Path) -> list[Path]:
    """Two profiles that know one file equally well, and the file."""
    folder.mkdir()
    columns = 'account = "Who"\nmodule_id = "What"\ncompleted_at = "When"\nstatus = "How"'
    for name in ("left", "right"):
        (folder / f"{name}.toml").write_text(TWIN.format(table="completions", columns=columns))
    log = "Who,What,When,How\nada@acme.example,Security Awareness,2025-03-02,completed\n"
    return put(folder.parent, staff_csv=PEOPLE, log_csv=log)


@pytest.mark.parametrize("options", [(), ("--no-input",)])
def test_a_tie_is_left_open_where_nobody_can_be_asked(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run("new", tmp_path / "acme", *options, "--from", *twins(tmp_path / "acme"))
    assert "log.csv: several profiles know it equally well: left, right. TODO in audit.toml: choose one." in done.out
    assert sources(tmp_path / "acme") == [("people", "staff.csv", "bamboohr")]
    text = (tmp_path / "acme" / "audit.toml").read_text("utf-8")
    assert "# TODO: profiles left, right know this file equally well" in text


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    files = twins(tmp_path / "acme")
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "workbook_lib.cli", "new", tmp_path / "acme", "--from", *files]
    process = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.write(ours, b"Acme\nEurope/Berln\nEurope/Berlin\nright\n")
    process.communicate()
    os.close(theirs)
    asked = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "Name of the organisation" in asked
    assert "'Europe/Berln' is not known here; did you mean 'Europe/Berlin'?" in asked
    assert "log.csv: which profile reads it (left, right)?" in asked
    audit = load_audit(tmp_path / "acme")
    assert (audit.settings.organisation, audit.settings.time_zone) == ("Acme", "Europe/Berlin")
    assert sources(tmp_path / "acme")[1] == ("completions", "log.csv", "right")


def test_the_most_specific_profile_wins(run: Run, tmp_path: Path) -> None:
    files = twins(tmp_path / "acme")
    (tmp_path / "acme" / "left.toml").write_text(
        TWIN.format(table="accounts", columns='account = "Who"\nname = "What"')
    )
    run("new", tmp_path / "acme", "--from", *files)
    assert sources(tmp_path / "acme")[1] == ("completions", "log.csv", "right")


def test_what_a_profile_leaves_to_audit_toml_is_left_to_the_user(run: Run, tmp_path: Path) -> None:
    files = twins(tmp_path / "acme")
    (tmp_path / "acme" / "left.toml").unlink()
    columns = 'account = "Who"\ncompleted_at = "When"\nstatus = "How"'
    (tmp_path / "acme" / "right.toml").write_text(TWIN.format(table="completions", columns=columns))
    done = run("new", tmp_path / "acme", "--from", *files)
    assert "  completions is not read yet: the file has no module_id. Write it in place of …; then remove" in done.out
    audit = tmp_path / "acme" / "audit.toml"
    assert '\n# values.module_id = "…"\n' in audit.read_text("utf-8")
    assert "\n# Files with training records wait to be read, see above:" in audit.read_text("utf-8")
    audit.write_text(activated(audit.read_text("utf-8")).replace('module_id = "…"', 'module_id = "SEC-1"'), "utf-8")
    assert "exports/log.csv (completions)\n    1 row read, 1 used" in run("check", tmp_path / "acme").out


# --- small parts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("cornerstone_report_20261123_09_15_00_AM.csv", date(2026, 11, 23)),
        ("staff-2026-11-23.csv", date(2026, 11, 23)),
        ("User_Download_23112026_091500.csv", date(2026, 11, 23)),
        ("lms_20261123091500.csv", date(2026, 11, 23)),
        ("staff 03.04.2026.csv", date(2026, 1, 5)),  # the third of April, or the fourth of March
        ("2025-01-01_2025-12-31.csv", date(2026, 1, 5)),  # two days
        ("20261345.csv", date(2026, 1, 5)),
        ("report_99999999.csv", date(2026, 1, 5)),
    ],
)
def test_the_day_of_an_export_is_in_its_name_only_where_it_can_be_no_other(
    tmp_path: Path, name: str, day: date
) -> None:
    (path,) = put(tmp_path, x_csv="a")
    assert extracted_on(path.rename(tmp_path / name))[0] == day


FORMATS = ["DD/MM/YYYY", "MM/DD/YYYY", "D.M.YYYY", "M-D-YYYY hh:mm", "YYYY/MM/DD", "D/M/YYYY h:mm:ss AM", "YYYY-MM-DD"]


def written(day: date, pattern: str) -> str:
    """A day in a format, as a system writes it."""
    at = datetime(day.year, day.month, day.day, 9, 5, 7)
    parts = {"YYYY": f"{at.year:04}", "MM": f"{at.month:02}", "M": str(at.month), "DD": f"{at.day:02}"}
    parts |= {"D": str(at.day), "hh": "09", "h": "9", "mm": "05", "ss": "07", "AM": "AM"}
    return re.sub("YYYY|MM|M|DD|D|hh|h|mm|ss|AM", lambda part: parts[part.group()], pattern)


@given(
    st.lists(st.integers(0, 3_000).map(lambda n: date(2020, 1, 1) + timedelta(days=n)), min_size=1, max_size=8),
    st.sampled_from(FORMATS),
)
def test_a_proven_format_reads_every_date_as_it_was_meant(days: list[date], pattern: str) -> None:
    texts = {written(day, pattern): day for day in days}
    found = evidence({text: n for n, text in enumerate(texts, 2)})
    assert bool(found.formats) != bool(found.doubts)
    if found.formats:
        parse = MomentParser(found.formats, UTC, UTC)
        assert {text: moment[0] for text in texts if (moment := parse(text))} == texts
    else:
        assert max(day.day for day in days) <= 12


def test_days_that_contradict_each_other_prove_nothing() -> None:
    found = evidence({"13/04/2025": 2, "04/13/2025": 3})
    assert (found.formats, found.doubts) == (
        (),
        ("'13/04/2025' in row 2 shows the day first, '04/13/2025' in row 3 the month",),
    )
    assert evidence({"23/02/26": 2}).doubts == (
        "'23/02/26' in row 2 can begin with the day or with a year of two digits",
    )


def test_help_has_an_example(run: Run) -> None:
    done = run("new", "--help")
    assert done.code == 0
    assert "workbook new acme --from ~/Downloads/*.csv" in done.out
