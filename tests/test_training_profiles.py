"""The profiles of training systems: what becomes of every row of small replicas of their exports."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path

import pytest
from arrivals import Cell, File, Received, receive, refusal, workbook

EXPORTS = Path(__file__).parent / "exports"
RECORD = "account, module_id, completed_at, status, row_no"


def export(path: str, profile: str, table: str = "completions", keys: str = "") -> File:
    sample = EXPORTS / path
    return File(table, sample.name, sample.read_bytes(), profile=profile, keys=keys)


def counts(got: Received) -> list[tuple[int, int, int]]:
    """Rows read, used and quarantined of each file, the small staff file aside."""
    files = [file for file in got.intake.files if file.file != "staff.csv"]
    return [(file.rows_read, file.rows_used, file.rows_quarantined) for file in files]


def quarantined(got: Received) -> list[tuple[int, str, str, str, bool]]:
    return [(row.row_no, row.column, row.value, row.code, row.by_rule) for row in got.quarantine]


def rewritten(path: str, delimiter: str, encoding: str = "utf-8") -> bytes:
    """A CSV file re-saved with another delimiter."""
    text = io.StringIO(newline="")
    rows = csv.reader(io.StringIO((EXPORTS / path).read_text(encoding="utf-8"), newline=""))
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


# --- Moodle -------------------------------------------------------------------------------------------------------

#: What activity completion says of the invented people, however the file was saved.
PROGRESS = [
    ("ada@example.com", "Security basics", datetime(2026, 2, 11, 14, 3, 22), "completed", 2),
    ("ada@example.com", "Phishing quiz", datetime(2026, 2, 11, 14, 21, 9), "passed", 2),
    ("ada@example.com", "Policy 'signed'", datetime(2026, 2, 12, 8, 0), "completed", 2),
    ("E2", "Security basics", datetime(2026, 2, 1, 10, 0), "not_started", 3),
    ("E2", "Phishing quiz", datetime(2026, 2, 12, 9, 0, 1), "failed", 3),
    ("E2", "Policy 'signed'", datetime(2026, 2, 13, 9, 0, 1), "not_started", 3),
    ("cyode", "Policy 'signed'", None, "not_started", 4),
]
#: The same of course completion: its activities.
ACTIVITIES = [
    ("ada@example.com", "Security basics", datetime(2026, 2, 11, 14, 3), "completed", 2),
    ("ada@example.com", "Phishing quiz", datetime(2026, 2, 11, 14, 21), "passed", 2),
    ("bo@example.com", "Security basics", datetime(2026, 2, 5, 9, 0), "completed", 3),
    ("bo@example.com", "Phishing quiz", None, "failed", 3),
]


def test_moodle_activity_completion_with_any_identity_columns(tmp_path: Path) -> None:
    got = receive(tmp_path, export("moodle/progress.security.csv", "moodle"))
    assert "trailing_delimiter" not in got.codes(), "the last column of a pair has no name, and is no empty one"
    assert counts(got) == [(9, 7, 2)]
    assert got.rows("completions", RECORD) == PROGRESS
    assert quarantined(got) == [
        (4, "activity date", "", "missing_value", False),
        (4, "activity state", "Viewed", "unknown_word", False),
    ]
    account = got.intake.files[0]
    assert account.ignored_columns == ("(column 1, unnamed)", "Department", "Cost centre")
    assert (account.system, account.confidence) == ("Moodle", "seen in real files")
    assert account.warnings[0].startswith("The reports list only who is enrolled now")


@pytest.mark.parametrize(("delimiter", "encoding"), [("\t", "utf-16"), ("\t", "utf-8-sig"), (";", "utf-8")])
def test_moodle_activity_completion_saved_in_another_way(tmp_path: Path, delimiter: str, encoding: str) -> None:
    content = rewritten("moodle/progress.security.csv", delimiter, encoding)
    got = receive(tmp_path, File("completions", "progress.csv", content, profile="moodle"))
    assert counts(got) == [(9, 7, 2)]
    assert got.rows("completions", RECORD) == PROGRESS


def test_moodle_activity_completion_as_a_workbook(tmp_path: Path) -> None:
    text = (EXPORTS / "moodle/progress.security.csv").read_text(encoding="utf-8")
    rows = [[cell or None for cell in row] for row in csv.reader(io.StringIO(text))]
    got = receive(tmp_path, File("completions", "progress.xlsx", workbook(*rows), profile="moodle"))
    assert counts(got) == [(9, 7, 2)]
    assert got.rows("completions", RECORD) == PROGRESS


def test_moodle_activity_completion_without_identity_is_refused(tmp_path: Path) -> None:
    content = ',"Security basics",""\n"Ada Byron","Completed","2026-02-11 14:03:22"\n'
    (problem,) = refusal(tmp_path, File("completions", "progress.csv", content, profile="moodle"))
    assert problem.what == (
        'it has no column Email address or ID number or Username. Columns found: "", "Security basics", "".'
    )


def test_moodle_a_blank_line_of_delimiters_is_no_person(tmp_path: Path) -> None:
    content = ',"Email address","A","","B",""\n,,,,,\nx,a@example.com,Completed,2026-02-11 14:03:22,Not completed,\n'
    got = receive(tmp_path, File("completions", "progress.csv", content, profile="moodle"))
    assert counts(got) == [(2, 2, 0)]
    assert got.finding("blank_rows").text == "progress.csv: 1 blank line ignored; row numbers count them."


@pytest.mark.parametrize("name", ["completion.security.csv", "completion.security_excel.csv"])
def test_moodle_course_completion_activities(tmp_path: Path, name: str) -> None:
    got = receive(tmp_path, export(f"moodle/{name}", "moodle"))
    assert counts(got) == [(4, 4, 0)]
    assert got.rows("completions", RECORD) == ACTIVITIES
    account = got.intake.files[0]
    assert account.ignored_columns == ("ID", "Name", "Self completion", "Date: 31 March 2026", "Course complete")
    assert [w for w in account.warnings if "values.module_id" in w]


def test_moodle_course_complete_is_the_module_that_the_audit_names(tmp_path: Path) -> None:
    keys = 'values.module_id = "SEC-101"'
    got = receive(tmp_path, export("moodle/completion.security.csv", "moodle", keys=keys))
    assert counts(got) == [(2, 2, 0)]
    assert got.rows("completions", RECORD) == [
        ("ada@example.com", "SEC-101", datetime(2026, 2, 11, 15, 0), "completed", 2),
        ("bo@example.com", "SEC-101", None, "not_started", 3),
    ]


def test_moodle_course_completion_without_activities_says_what_it_needs(tmp_path: Path) -> None:
    content = 'ID,Name,"Email address","Self completion","Course complete"\n1,A,a@example.com,,"11/02/26, 15:00"\n'
    file = File("completions", "completion.csv", content, profile="moodle")
    (problem,) = refusal(tmp_path / "a", file)
    assert problem.what == "such an export does not say module_id, which every row of completions needs."
    assert problem.code == "unsaid_column"
    assert 'values.module_id = "…"' in problem.do
    named = File("completions", "completion.csv", content, profile="moodle", keys='values.module_id = "SEC-101"')
    got = receive(tmp_path / "b", named)
    assert got.rows("completions", "account, module_id, completed_on") == [
        ("a@example.com", "SEC-101", date(2026, 2, 11))
    ]


def test_moodle_one_value_does_not_name_several_activities(tmp_path: Path) -> None:
    keys = 'values.module_id = "SEC-101"'
    (problem,) = refusal(tmp_path, export("moodle/progress.security.csv", "moodle", keys=keys))
    assert problem.what == "audit.toml makes all its 3 items one: module_id = 'SEC-101'."


def test_moodle_dates_of_another_language_pack_are_not_misread(tmp_path: Path) -> None:
    content = 'ID,Name,"Email address",A,"A - Completion date","Course complete"\n'
    content += '1,A,a@x.example,Completed,"02/03/26, 15:00",\n2,B,b@x.example,Completed,"02/13/26, 15:00",\n'
    (problem,) = refusal(tmp_path / "a", File("completions", "c.csv", content, profile="moodle"))
    assert problem.where == 'c.csv, column "activity date"'
    assert problem.what == (
        "day and month of 1 of its dates, for example '02/13/26, 15:00', stand the other way round than the profile "
        "expects; the others may have been misread."
    )
    own = 'extends = "moodle"\n[reading]\ntimestamps = ["ISO timestamp", "MM/D/YY, hh:mm", "MM/DD/YY, hh:mm"]\n'
    got = receive(tmp_path / "b", File("completions", "c.csv", content, profile="us"), profiles={"us": own})
    assert got.rows("completions", "completed_on") == [(date(2026, 2, 3),), (date(2026, 2, 13),)]


# --- Cornerstone --------------------------------------------------------------------------------------------------


def test_cornerstone_with_prefixes_and_a_header_on_row_seven(tmp_path: Path) -> None:
    got = receive(tmp_path, export("cornerstone/cornerstone_report_20261123_09_15_00_AM.csv", "cornerstone"))
    assert counts(got) == [(4, 3, 1)]
    assert got.rows("completions", RECORD) == [
        ("000417", "Security Awareness 2026", datetime(2026, 2, 11, 14, 3), "completed", 8),
        ("000418", "Security Awareness 2026", None, "not_started", 9),
        ("000419", "Security Awareness 2026", datetime(2026, 4, 2, 17, 45), "equivalent", 10),
    ]
    assert quarantined(got) == [
        (11, "Transcript - Transcript Status", "Exception Requested", "unknown_word", False),
    ]


def test_cornerstone_without_prefixes_and_a_header_on_row_twenty_one(tmp_path: Path) -> None:
    got = receive(tmp_path, export("cornerstone/report_20260601_08_00_00_AM.csv", "cornerstone"))
    assert counts(got) == [(14, 11, 3)]
    assert got.rows("completions", "account, completed_on, completed_at, status, method, row_no") == [
        ("000417", None, None, "in_progress", "Event", 22),
        ("000417", date(2026, 2, 11), None, "completed", "Session", 23),
        ("000418", date(2026, 5, 2), datetime(2026, 5, 2, 8, 30), "completed", "Online Class", 24),
        ("000419", None, None, "not_started", "Online Class", 25),
        ("000420", None, None, "withdrawn", "Online Class", 26),
        ("000421", None, None, "in_progress", "Online Class", 27),
        ("000422", None, None, "not_assigned", "Online Class", 28),
        ("000423", None, None, "not_assigned", "Online Class", 29),
        ("000424", None, None, "not_started", "Online Class", 30),
        ("000425", None, None, "not_started", "Online Class", 31),
        ("000426", date(2026, 2, 12), datetime(2026, 2, 12, 0, 5), "equivalent", "Online Class", 32),
    ]
    assert quarantined(got) == [
        (33, "Transcript Status", "Approved", "unknown_word", False),
        (34, "Transcript Completed Date", "46064", "not_a_date", False),
        (35, "Transcript Completed Date", "", "missing_value", False),
    ]


def test_cornerstone_in_the_zone_that_the_audit_declares(tmp_path: Path) -> None:
    own = {"acme": 'extends = "cornerstone"\n[reading]\nzone = "America/New_York"\n'}
    sample = "cornerstone/cornerstone_report_20261123_09_15_00_AM.csv"
    got = receive(tmp_path, export(sample, "acme"), profiles=own)
    assert got.rows("completions", "completed_at")[0] == (datetime(2026, 2, 11, 20, 3),)


def test_cornerstone_day_first_is_not_read_month_first(tmp_path: Path) -> None:
    header = "User ID,Training Title,Transcript Status,Transcript Completed Date\n"
    content = header + "1,T,Completed,3/4/2026\n2,T,Completed,13/4/2026\n"
    (problem,) = refusal(tmp_path / "a", File("completions", "r.csv", content, profile="cornerstone"))
    assert problem.what.startswith("day and month of 1 of its dates, for example '13/4/2026', stand the other way")
    own = {"uk": 'extends = "cornerstone"\n[reading]\ntimestamps = ["D/M/YYYY"]\n'}
    got = receive(tmp_path / "b", File("completions", "r.csv", content, profile="uk"), profiles=own)
    assert got.rows("completions", "completed_on") == [(date(2026, 4, 3),), (date(2026, 4, 13),)]


def test_cornerstone_a_header_below_row_thirty_is_not_found(tmp_path: Path) -> None:
    content = "x\n" * 30 + "User ID,Training Title,Transcript Status,Transcript Completed Date\n1,T,Registered,\n"
    (problem,) = refusal(tmp_path, File("completions", "r.csv", content, profile="cornerstone"))
    assert problem.what.startswith("it has no column User - User ID or User ID or User - User Email or User Email, ")
    assert "header_depth = 60" in problem.do


# --- Adobe Learning Manager ---------------------------------------------------------------------------------------


def test_adobe_reads_the_zone_from_the_header(tmp_path: Path) -> None:
    """Asia/Calcutta (a link to Asia/Kolkata) is 4.5 hours ahead of Berlin in winter."""
    got = receive(tmp_path, export("adobe_learning_manager/learner_transcript.csv", "adobe_learning_manager"))
    assert counts(got) == [(8, 7, 1)]
    assert got.rows("completions", "account, module_id, completed_at, status, score, minutes, method, row_no") == [
        ("ada@example.com", "Security", datetime(2026, 2, 11, 21, 0), "passed", None, 32.0, None, 2),
        ("ada@example.com", "Security / Security", datetime(2026, 2, 11, 20, 55), "passed", None, 30.0, "eLearning", 3),
        ("bo@example.com", "Onboarding", datetime(2026, 2, 13, 13, 30), "completed", None, None, None, 4),
        ("bo@example.com", "Security", datetime(2026, 2, 13, 12, 30), "failed", None, 12.0, None, 5),
        ("E3", "Security", None, "not_started", None, None, None, 6),
        ("di@example.com", "Security", None, "in_progress", None, 5.0, None, 7),
        ("ed@example.com", "Security", None, "withdrawn", None, None, None, 8),
    ]
    assert quarantined(got) == [(9, "Status / Grade", "Pending Acceptance", "unknown_word", False)]
    mapping = dict(got.intake.files[0].mapping)
    assert mapping["completed_at"] == '"Completion Date (Asia/Calcutta TimeZone)"'
    assert mapping["module_id"] == '"Course" + "Module", else "LP/Certification/Course"'


def adobe(zone: str) -> File:
    content = (EXPORTS / "adobe_learning_manager/learner_transcript.csv").read_text()
    return File("completions", "t.csv", content.replace("Asia/Calcutta", zone), profile="adobe_learning_manager")


def test_adobe_zones_however_they_are_spelt(tmp_path: Path) -> None:
    for zone, day in (("Asia/Kolkata", 11), ("america/new_york", 12), ("UTC", 12)):
        got = receive(tmp_path / zone.replace("/", "-"), adobe(zone))
        assert got.rows("completions", "completed_on")[0] == (date(2026, 2, day),)


def test_adobe_a_zone_that_is_not_known_refuses_the_file(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path / "a", adobe("IST"))
    assert (problem.where, problem.code) == ("t.csv, header", "unknown_zone")
    assert problem.what == "its header 'Completion Date (IST TimeZone)' names no time zone that is known."
    mended = adobe("IST")
    keys = 'columns = { completed_at = "Completion Date (IST TimeZone)" }'
    own = {"acme": 'extends = "adobe_learning_manager"\n[reading]\nzone = "Asia/Kolkata"\n'}
    got = receive(tmp_path / "b", File("completions", "t.csv", mended.content, profile="acme", keys=keys), profiles=own)
    assert got.rows("completions", "completed_at")[0] == (datetime(2026, 2, 11, 21, 0),)


def test_adobe_two_columns_that_name_a_zone(tmp_path: Path) -> None:
    header = "email,Course,Status,Grade,Completion Date (UTC TimeZone) ,Completion Date (Asia/Tokyo TimeZone)\n"
    file = File("completions", "t.csv", header + "a@x.example,C,Completed,,,\n", profile="adobe_learning_manager")
    (problem,) = refusal(tmp_path, file)
    assert problem.what == (
        "its header 'Completion Date (UTC TimeZone)', 'Completion Date (Asia/Tokyo TimeZone)' names several time zones."
    )


def test_adobe_a_header_that_only_resembles_one_with_a_zone(tmp_path: Path) -> None:
    """One that goes on behind the zone is another column, and so is one that names none."""
    header = "email,Course,Status,Grade,Completion Date (UTC TimeZone) ,Completion Date (UTC TimeZone) of the group\n"
    row = "a@x.example,C,Completed,,2026-02-11 10:00:00,\n"
    file = File("completions", "t.csv", header + row, profile="adobe_learning_manager")
    mapping = dict(receive(tmp_path / "a", file).intake.files[0].mapping)
    assert mapping["completed_at"] == '"Completion Date (UTC TimeZone)"'
    nameless = File("completions", "t.csv", header.replace("UTC ", " ") + row, profile="adobe_learning_manager")
    (problem,) = refusal(tmp_path / "b", nameless)
    assert problem.what.startswith("it has no column Completion Date")


# --- xAPI, cmi5 ---------------------------------------------------------------------------------------------------

SEC = "https://lms.example.com/sec-101"
AT = datetime(2026, 2, 12, 0, 30)


def test_xapi_statements_of_two_days(tmp_path: Path) -> None:
    got = receive(tmp_path, *(export(f"xapi/2026-02-{day}.json", "xapi") for day in (11, 12)))
    assert counts(got) == [(18, 7, 11), (3, 2, 1)]
    assert got.rows("completions", "account, module_id, completed_at, status, score, minutes, method, record_id") == [
        ("ada@example.com", SEC, AT, "passed", 95.0, 90.0, None, "s1"),
        ("E2", SEC, datetime(2026, 2, 11, 15, 30), "completed", None, 90.5 / 60, None, "s2"),
        ("8cf3caba1003af9cbac3cd302281ebb25a1ce589", SEC, AT, "failed", 29.0, None, None, "s3"),
        ("ada@example.com", SEC, AT, "waived", None, None, "Tested Out", "s4"),
        ("ada@example.com", "https://lms.example.com/course", AT, "equivalent", None, None, None, "s5"),
        ("ada@example.com", SEC, AT, "in_progress", None, None, None, "s6"),
        ("ada@example.com", SEC, datetime(2026, 2, 12, 9, 0), "completed", None, None, None, "s9"),
        ("E2", SEC, AT, "in_progress", None, None, None, "t1"),
        ("E2", SEC, AT, "in_progress", None, None, None, "t2"),
    ]


def test_xapi_a_last_page_that_says_another_one_follows(tmp_path: Path) -> None:
    first = '{"statements": [], "more": "/xapi/statements?cursor=2"}'
    pages = [File("completions", f"{n}.json", first, profile="xapi", keys="allow_empty = true") for n in (1, 2)]
    last = File("completions", "3.json", '{"statements": [], "more": ""}', profile="xapi", keys="allow_empty = true")
    assert "further_pages" not in receive(tmp_path / "whole", *pages, last).codes()
    found = receive(tmp_path / "cut", *pages).finding("further_pages")
    assert (found.table, found.subject, found.source_no) == ("completions", "2.json", 2)
    assert found.text == (
        "2.json says by its key 'more' that another page follows, and no file holds it. Effect: the completions on it "
        "are missing. Do: export all pages, and name each as a source."
    )


def test_xapi_what_is_not_used_and_why(tmp_path: Path) -> None:
    got = receive(tmp_path, *(export(f"xapi/2026-02-{day}.json", "xapi") for day in (11, 12)))
    said = [(row.source_no, row.row_no, row.by_rule, row.message.partition(" Effect")[0]) for row in got.quarantine]
    assert said == [
        (1, 1, True, "set aside: it is no record, but takes back the record 's-voided-early'."),
        (1, 3, True, "set aside: it is taken back by 'v1' (2026-02-11.json, row 1)."),
        (1, 5, True, "set aside: it is taken back by 'v2' (2026-02-11.json, row 16)."),
        (1, 10, True, "set aside: no verb of training."),
        (1, 11, True, "set aside: a group, not a person."),
        (1, 13, False, "it is empty, and a record that is completed needs its date."),
        (1, 14, False, "it is empty, and every row needs account."),
        (1, 15, True, "set aside: it is taken back by 'v5' (2026-02-12.json, row 2)."),
        (1, 16, True, "set aside: it is no record, but takes back the record 's-voided-late'."),
        (1, 17, False, said[9][3]),
        (1, 18, True, "set aside: it is no record, but takes back the record 's-elsewhere'."),
        (2, 2, True, "set aside: it is no record, but takes back the record 's-next-day'."),
    ]
    assert said[9][3].startswith("it takes back a record and does not say which.")
    assert got.quarantine[9].column == "verb.id"


def test_xapi_a_verb_of_ones_own(tmp_path: Path) -> None:
    own = 'extends = "xapi"\n[words.status]\n"http://example.com/commented" = "completed"\n'
    got = receive(tmp_path, export("xapi/2026-02-11.json", "acme"), profiles={"acme": own})
    assert counts(got) == [(18, 9, 9)]
    assert ("s7", "completed") in got.rows("completions", "record_id, status")


# --- a register kept by hand --------------------------------------------------------------------------------------

REGISTER = [
    ("Ada Byron", "Secure coding", date(2026, 3, 28), "completed", "Attendance sheet 7", "Workshop", 2),
    ("Bo Li", "Invoice fraud", None, "in_progress", None, "E-learning", 3),
    ("Cy Ode", "Screening", None, "not_started", None, "E-learning", 4),
]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_register_with_rows_about_several_people(tmp_path: Path, delimiter: str) -> None:
    content = rewritten("register/training-register.csv", delimiter)
    got = receive(tmp_path, File("completions", "register.csv", content, profile="register"))
    assert counts(got) == [(8, 3, 5)]
    columns = "account, module_id, completed_on, status, record_id, method, row_no"
    assert got.rows("completions", columns) == REGISTER
    assert quarantined(got) == [
        (5, "Completion Date", "", "missing_value", False),
        (6, "Status", "Postponed", "unknown_word", False),
        (7, "Person", "All Employees (12)", "set_aside", True),
        (8, "Person", "All Employees (12)", "set_aside", True),
        (9, "Person", "New Hires (4)", "set_aside", True),
    ]


def test_a_register_with_addresses(tmp_path: Path) -> None:
    content = "Person,E-mail,Training,Completion Date,Status\nAda,Ada@Example.com,T,2026-01-02,Completed\n"
    content += "Bo,,T,2026-01-03,Completed\n"
    got = receive(tmp_path, File("completions", "register.csv", content, profile="register"))
    assert got.rows("completions", "account, account_email") == [("Ada@Example.com", "ada@example.com"), ("Bo", None)]


def test_a_register_as_a_workbook(tmp_path: Path) -> None:
    header = ["Person", "Training", "Completion Date", "Status"]
    day = Cell('s="1"', "<v>46054</v>")
    content = workbook(list(header), ["Ada", "T", day, "Completed"], ["All Staff (9)", "T", None, "Planned"])
    got = receive(tmp_path, File("completions", "register.xlsx", content, profile="register"))
    assert got.rows("completions", "account, completed_on, row_no") == [("Ada", date(2026, 2, 1), 2)]
    assert quarantined(got) == [(3, "Person", "All Staff (9)", "set_aside", True)]


# --- KnowBe4 ------------------------------------------------------------------------------------------------------


def test_knowbe4_enrolments_that_contradict_themselves(tmp_path: Path) -> None:
    sample = "knowbe4/training-enrollments.json"
    got = receive(tmp_path, export(sample, "knowbe4"), export(sample, "knowbe4", "acknowledgements"))
    assert counts(got) == [(12, 8, 4), (12, 2, 10)]
    assert got.rows("completions", "account_email, completed_at, status, record_id, row_no") == [
        ("ada@example.com", None, "not_started", "1", 1),
        ("ada@example.com", AT, "passed", "1", 2),
        ("ada@example.com", None, "not_started", "1", 3),
        ("bo@example.com", None, "not_started", "2", 4),
        ("bo@example.com", None, "in_progress", "3", 5),
        ("bo@example.com", AT, "completed", "4", 6),
        ("bo@example.com", None, "in_progress", "5", 7),
        ("bo@example.com", None, "not_started", "6", 8),
    ]
    assert got.rows("acknowledgements", "account_email, policy_id, acknowledged_at, status") == [
        ("bo@example.com", "AUP", AT, "sent"),
        ("bo@example.com", "AUP", AT, "acknowledged"),
    ]
    assert quarantined(got)[:4] == [
        (9, "completion_date", "", "missing_value", False),
        (10, "status", "EXPIRED", "unknown_word", False),
        (11, "content_type", "Uploaded Policy", "set_aside", True),
        (12, "content_type", "Uploaded Policy", "set_aside", True),
    ]
    assert got.finding("identical_rows").row_no == 3
