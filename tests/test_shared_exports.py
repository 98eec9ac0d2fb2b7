"""The sample exports of real systems: every row of them, counted.

The samples are shared beside the project and are no part of it; without them these tests are skipped.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from arrivals import ABOUT, File, Received, receive, refusal

EXPORTS = Path(__file__).parent.parent.parent / "shared" / "exports"
pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the shared sample exports are not beside the project")


def export(table: str, sample: str, profile: str = "mine") -> File:
    path = EXPORTS / sample
    return File(table, path.name, path.read_bytes(), profile=profile)


def counts(got: Received) -> list[tuple[str, int, int]]:
    """Table, rows read and rows used of each file, the small staff file aside."""
    return [(f.table, f.rows_read, f.rows_used) for f in got.intake.files if f.file != "staff.csv"]


def test_every_sample_that_a_profile_of_ours_reads(tmp_path: Path) -> None:
    got = receive(
        tmp_path,
        export("people", "workday/workday_worker_history_data.csv", "workday"),
        export("people", "workday/workday_worker_position_history_data.csv", "workday"),
        export("leave", "workday/workday_worker_leave_status_data.csv", "workday"),
        export("accounts", "workday/workday_person_contact_email_address_data.csv", "workday"),
        export("completions", "knowbe4/training-enrollments.json", "knowbe4"),
        export("acknowledgements", "knowbe4/training-enrollments.json", "knowbe4"),
        export("accounts", "knowbe4/users.json", "knowbe4"),
    )
    assert counts(got) == [
        ("people", 7, 7),
        ("people", 7, 4),
        ("leave", 5, 5),
        ("accounts", 5, 5),
        ("completions", 5, 1),
        ("acknowledgements", 5, 4),
        ("accounts", 6, 6),
    ]
    assert [(row.source_no, row.row_no, row.code, row.by_rule) for row in got.quarantine] == [
        (2, 4, "missing_value", False),
        (2, 7, "end_before_start", False),
        (2, 8, "end_before_start", False),
        (5, 2, "set_aside", True),
        (5, 3, "set_aside", True),
        (5, 4, "set_aside", True),
        (5, 5, "set_aside", True),
        (6, 1, "set_aside", True),
    ]


def test_workday_history_is_clipped_to_its_versions(tmp_path: Path) -> None:
    got = receive(tmp_path, export("people", "workday/workday_worker_history_data.csv", "workday"))
    rows = got.rows("people", "person_id, worker_type, start_date, end_date")
    assert len(rows) == 7
    assert rows[0] == ("3aa5550b7fe348b98d7b5741afc65534", "employee", date(2020, 3, 1), date(2020, 11, 13))
    assert rows[5:] == [
        ("aabbccdd11223344aabbccdd11223344", "employee", date(2024, 1, 1), date(2025, 3, 31)),
        ("aabbccdd11223344aabbccdd11223344", "employee", date(2025, 4, 1), None),
    ]


def test_workday_positions_that_contradict_themselves(tmp_path: Path) -> None:
    sample = "workday/workday_worker_position_history_data.csv"
    got = receive(tmp_path, export("people", sample, "workday"))
    assert got.rows("people", "role, end_date") == [
        ("Customer Service Representative", date(2010, 8, 20)),
        ("HR Manager", date(2020, 10, 15)),
        ("Senior Customer Services Representative", date(2021, 2, 5)),
        ("Manager, Global Support", None),
    ]
    lines = (EXPORTS / sample).read_text().splitlines()
    assert [(row.column, row.raw) for row in got.quarantine] == [
        ("employee_type", lines[3]),
        ("end_date / end_employment_date", lines[6]),
        ("end_date / end_employment_date", lines[7]),
    ]
    assert got.rows("unread_people", "role, worker_type, start_date") == [
        ("Senior Manager, Marketing Communications", None, date(2021, 1, 2)),
        ("Software Engineer", "employee", date(2024, 1, 1)),
        ("Senior Software Engineer", "employee", date(2025, 4, 1)),
    ]


def test_workday_leave_is_open_until_it_is_closed(tmp_path: Path) -> None:
    got = receive(tmp_path, export("leave", "workday/workday_worker_leave_status_data.csv", "workday"))
    assert [row[1:] for row in got.rows("leave", "person_id, start_date, end_date")] == [
        (date(2021, 2, 1), None),
        (date(2021, 1, 18), None),
        (date(2021, 2, 23), None),
        (date(2021, 9, 4), None),
        (date(2021, 2, 23), None),
    ]


def test_workday_addresses(tmp_path: Path) -> None:
    got = receive(tmp_path, export("accounts", "workday/workday_person_contact_email_address_data.csv", "workday"))
    assert got.rows("accounts", "account, person_id")[0] == ("sponge@bob.com", "3aa5550b7fe348b98d7b5741afc65534")


def test_knowbe4_a_passed_policy_is_no_acknowledgement(tmp_path: Path) -> None:
    files = [
        export(table, "knowbe4/training-enrollments.json", "knowbe4") for table in ("completions", "acknowledgements")
    ]
    got = receive(tmp_path, *files)
    assert got.rows("completions", "account, module_id, completed_on, status, record_id, row_no") == [
        ("jblake@kb4-demo.com", "Phishing Gameshow Trivia", None, "in_progress", "1525526", 1)
    ]
    assert got.rows("completions", "round(minutes, 2)") == [(8.28,)]
    assert got.rows("acknowledgements", "account, policy_id, acknowledged_at, status, row_no") == [
        ("bjones@kb4-demo.com", "Data Protection Policy", None, "sent", 2),
        ("sfisher@kb4-demo.com", "Acceptable Use Policy", None, "sent", 3),
        ("sfisher@kb4-demo.com", "Acceptable Use Policy", datetime(2018, 6, 18, 23, 49), "sent", 4),
        ("sfisher@kb4-demo.com", "Acceptable Use Policy", None, "sent", 5),
    ]
    assert got.finding("identical_rows").row_no == 5


def test_knowbe4_users(tmp_path: Path) -> None:
    got = receive(tmp_path, export("accounts", "knowbe4/users.json", "knowbe4"))
    rows = got.rows("accounts", "account, account_email, person_id, name, active")
    assert rows[1] == ("LStephens@kb4-demo.com", "lstephens@kb4-demo.com", "19583", "Linda Stephens", True)
    assert rows[5] == ("shea.o@kb4-demo.com", "shea.o@kb4-demo.com", "00000", "Shea O'Malley", True)


# --- training systems ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", ["moodle_progress.csv", "moodle_progress_excel.csv"])
def test_moodle_pairs_of_columns(tmp_path: Path, sample: str) -> None:
    got = receive(tmp_path, export("completions", f"moodle/{sample}", "moodle"))
    assert counts(got) == [("completions", 6, 6)]
    assert got.rows("completions", "account, module_id, completed_at, status, row_no") == [
        ("ava.reyes@example.com", "Security Awareness 2026", datetime(2026, 2, 11, 14, 3, 22), "completed", 2),
        ("ava.reyes@example.com", "Phishing '101' quiz", datetime(2026, 2, 11, 14, 21, 9), "passed", 2),
        ("noah.okafor@example.com", "Security Awareness 2026", None, "not_started", 3),
        ("noah.okafor@example.com", "Phishing '101' quiz", datetime(2026, 2, 12, 9, 0, 1), "failed", 3),
        ("mei.tan@example.com", "Security Awareness 2026", datetime(2026, 4, 2, 17, 45), "completed", 4),
        ("mei.tan@example.com", "Phishing '101' quiz", None, "not_started", 4),
    ]
    assert not got.quarantine


def test_moodle_day_first_with_two_digits_of_the_year(tmp_path: Path) -> None:
    got = receive(tmp_path, export("completions", "moodle/moodle_completion.csv", "moodle"))
    assert counts(got) == [("completions", 2, 2)]
    assert got.rows("completions", "account, module_id, completed_at, status, row_no") == [
        ("ava.reyes@example.com", "Security Awareness 2026", datetime(2026, 2, 11, 14, 3), "completed", 2),
        ("noah.okafor@example.com", "Security Awareness 2026", None, "not_started", 3),
    ]
    assert got.intake.files[0].ignored_columns == ("ID", "Name", "Course complete")


def test_cornerstone_with_title_rows_above_the_header(tmp_path: Path) -> None:
    sample = "cornerstone/cornerstone_report_20261123_09_15_00_AM.csv"
    profiles = {"mine": 'extends = "cornerstone"\n[reading]\nzone = "America/New_York"\n'}
    got = receive(tmp_path, export("completions", sample), profiles=profiles)
    assert counts(got) == [("completions", 4, 3)]
    assert got.rows("completions", "account, completed_at, status, method, row_no") == [
        ("000417", datetime(2026, 2, 11, 20, 3), "completed", "Online Class", 8),
        ("000418", None, "not_started", "Online Class", 9),
        ("000419", datetime(2026, 4, 2, 23, 45), "equivalent", "Online Class", 10),
    ]
    assert [(row.row_no, row.column, row.value) for row in got.quarantine] == [
        (11, "Transcript - Transcript Status", "Exception Requested")
    ]


# --- what later profiles need: the grammar carries these formats ----------------------------------------------------


def test_entra_guests_and_fallbacks(tmp_path: Path) -> None:
    got = receive(tmp_path, export("accounts", "entra/entra_exportUsers.csv", "entra"))
    assert counts(got) == [("accounts", 3, 3)]
    assert got.rows("accounts", "account, account_email, person_id, name, active") == [
        ("Ava.Reyes@contoso.example", "ava.reyes@contoso.example", None, "Ava Reyes", True),
        ("liam@partner.example", "liam@partner.example", None, "Liam Ng (Partner)", True),
        ("scanner-3f@contoso.onmicrosoft.com", "scanner-3f@contoso.onmicrosoft.com", None, "=Scanner 3F", False),
    ]
    assert len(got.intake.files[0].ignored_columns) == 25


def test_google_headers_with_brackets(tmp_path: Path) -> None:
    sample = "google_workspace/google_User_Download_23112026_091500.csv"
    got = receive(tmp_path, export("accounts", sample, "google_workspace"))
    assert counts(got) == [("accounts", 4, 4)]
    assert got.rows("accounts", "account, person_id, name, active") == [
        ("ava.reyes@example.com", "00417", "Ava Reyes", True),
        ("areyes@example.com", None, "ava reyes", True),
        ("noah.okafor@example.com", "C-118", "Noah Okafor", False),
        ("reception@example.com", None, "Reception Desk", True),
    ]


def test_adp_one_row_per_assignment(tmp_path: Path) -> None:
    samples = [f"adp/hr-worker-demographics-200-{name}response.json" for name in ("", "terminated-worker-")]
    got = receive(tmp_path, *(export("people", sample, "adp") for sample in samples))
    assert counts(got) == [("people", 1, 0), ("people", 2, 2)]
    columns = "person_id, name, email, worker_type, role, department, start_date, end_date, row_no"
    assert got.rows("people", columns) == [
        ("1001006", "Jane Smith", "jane.smith@adp.com", "employee", "FIN Job", "Sales NY", date(2020, 6, 18), None, 1),
        ("1001006", "Jane Smith", "jane.smith@adp.com", "employee", "Operational Support", "Finance A", date(2020, 4, 8), None, 1),
    ]  # fmt: skip
    assert [(row.subject, row.column, row.value) for row in got.quarantine] == [
        ("100462", "workAssignments.workerTypeCode.codeValue", "OTHER")
    ]
    assert got.rows("unread_people", "person_id, worker_type, end_date") == [("100462", None, date(2020, 7, 6))]


def test_adp_events(tmp_path: Path) -> None:
    samples = [f"adp/hr-worker-{name}-request.json" for name in ("onLeave", "rehire", "terminate")]
    got = receive(tmp_path, *(export("leave", sample, "adp") for sample in samples), zone="America/New_York")
    assert counts(got) == [("leave", 1, 1), ("leave", 1, 0), ("leave", 1, 0)]
    assert got.rows("leave", "person_id, start_date, end_date") == [("G3Q5M8RYP3FGAJWR", date(2020, 8, 26), None)]
    assert [(row.value, row.code, row.by_rule) for row in got.quarantine] == [
        ("worker.rehire", "set_aside", True),
        ("worker.terminate", "set_aside", True),
    ]


@pytest.mark.parametrize("name", ["onLeave", "rehire", "terminate"])
def test_adp_events_are_no_people(tmp_path: Path, name: str) -> None:
    (problem,) = refusal(tmp_path, export("people", f"adp/hr-worker-{name}-request.json", "adp"))
    assert problem.what == "no list of records was found at workers; keys at the top: events."
    assert problem.do.startswith("choose the profile and the table that fit")


def test_a_hand_kept_register_with_aggregate_rows(tmp_path: Path) -> None:
    got = receive(tmp_path, export("completions", "registers/training-register.csv", "register"))
    assert counts(got) == [("completions", 14, 10)]
    assert got.rows("completions", "account, module_id, completed_on, status, record_id, row_no") == [
        ("Anna Weber", "ISO 27001 Lead Implementer", date(2025, 11, 12), "completed", "Cert #LI-27001-44821", 2),
        ("Anna Weber", "Incident response tabletop", date(2026, 3, 20), "completed", "Drill report 2026-Q1", 3),
        ("Markus Schulz", "CIS Linux Benchmark workshop", None, "not_started", None, 4),
        ("Markus Schulz", "Backup restore drill", date(2026, 4, 2), "completed", "Drill report BCM-2026-01", 5),
        ("Sophie Lang", "OWASP Top 10 workshop", date(2026, 3, 28), "completed", "Attendance sheet 2026-03-28", 6),
        ("Sophie Lang", "SAST tool onboarding", None, "in_progress", None, 7),
        ("Julia Hoffmann", "CIPP/E refresher", None, "not_started", None, 8),
        ("Julia Hoffmann", "DPIA workshop", date(2026, 2, 14), "completed", "Cert DPIA-2026-112", 9),
        ("Thomas Krüger", "Background screening refresher", None, "not_started", None, 10),
        (
            "Elena Fischer",
            "CEO fraud / BEC workshop",
            date(2026, 4, 3),
            "completed",
            "Workshop confirmation BEC-26",
            11,
        ),
    ]
    assert [(row.row_no, row.value, row.by_rule) for row in got.quarantine] == [
        (12, "All Employees (42)", True),
        (13, "All Employees (42)", True),
        (14, "All Employees (42)", True),
        (15, "New Hires (4)", True),
    ]


def test_xapi_statements(tmp_path: Path) -> None:
    got = receive(tmp_path, export("completions", "xapi/xapi_spec_statements.json", "xapi"))
    assert counts(got) == [("completions", 9, 3)]
    assert got.rows("completions", "account, completed_at, status, score, round(minutes, 2), row_no") == [
        ("example.learner@adlnet.gov", datetime(2015, 12, 18, 13, 17), "in_progress", 95.0, 20.57, 5),
        ("example@example.com", datetime(2013, 4, 1, 14, 0), "in_progress", None, None, 8),
        ("example@example.com", datetime(2013, 4, 1, 14, 0), "in_progress", None, None, 9),
    ]
    assert [(row.row_no, row.by_rule, row.message) for row in got.quarantine] == [
        (1, True, "set aside: it is no record, but takes back the record 'e05aa883-acaf-40ad-bf54-02c8ce485fb0'."),
        (2, True, "set aside: no verb of training."),
        (3, True, "set aside: no verb of training."),
        (4, True, "set aside: no verb of training."),
        (6, True, "set aside: a group, not a person."),
        (7, True, "set aside: no verb of training."),
    ]


@pytest.mark.parametrize(
    ("name", "person", "says"),
    [
        ("1-user-minimal", None, None),
        ("2-user-full", "701984", "Babs Jensen"),
        ("3-enterprise_user", "701984", "Babs Jensen"),
    ],
)
def test_scim_one_user_alone(tmp_path: Path, name: str, person: str | None, says: str | None) -> None:
    got = receive(tmp_path, export("accounts", f"scim/rfc7643-8.{name}.json", "scim"))
    assert counts(got) == [("accounts", 1, 1)]
    assert got.rows("accounts", "account, person_id, name, active") == [("bjensen@example.com", person, says, True)]


def test_one_user_alone_is_no_list_where_the_profile_does_not_say_so(tmp_path: Path) -> None:
    profile = ABOUT + '[[layout]]\ntable = "accounts"\nrecords = "Resources"\n[layout.columns]\naccount = "userName"\n'
    (problem,) = refusal(tmp_path, export("accounts", "scim/rfc7643-8.1-user-minimal.json"), profiles={"mine": profile})
    assert problem.what == ("no list of records was found at Resources; keys at the top: schemas, id, userName, meta.")


@pytest.mark.parametrize(
    ("table", "sample", "profile"),
    [
        ("completions", "moodle/moodle_progress.csv", "generic"),
        ("completions", "cornerstone/cornerstone_report_20261123_09_15_00_AM.csv", "generic"),
        ("completions", "registers/training-register.csv", "generic"),
        ("accounts", "google_workspace/google_User_Download_23112026_091500.csv", "generic"),
        ("people", "workday/workday_person_name_data.csv", "workday"),
        ("accounts", "workday/workday_person_name_data.csv", "workday"),
        ("leave", "workday/workday_worker_history_data.csv", "workday"),
        ("accounts", "google_workspace/google_User_Download_23112026_091500.csv", "entra"),
        ("accounts", "entra/entra_exportUsers.csv", "google_workspace"),
        ("people", "entra/entra_exportUsers.csv", "bamboohr"),
        ("accounts", "scim/rfc7643-8.2-user-full.json", "okta"),
        ("people", "knowbe4/users.json", "generic"),
        ("completions", "knowbe4/groups.json", "knowbe4"),
        ("accounts", "knowbe4/training-campaigns.json", "knowbe4"),
        ("completions", "moodle/moodle_progress.csv", "cornerstone"),
        ("completions", "cornerstone/cornerstone_report_20261123_09_15_00_AM.csv", "moodle"),
        ("completions", "registers/training-register.csv", "adobe_learning_manager"),
        ("completions", "knowbe4/training-enrollments.json", "xapi"),
        ("completions", "moodle/moodle_completion.csv", "register"),
    ],
)
def test_a_file_given_to_the_wrong_profile_is_refused(tmp_path: Path, table: str, sample: str, profile: str) -> None:
    (problem,) = refusal(tmp_path, export(table, sample, profile))
    assert problem.what.startswith("it has no column ")
    assert "Columns found: " in problem.what
