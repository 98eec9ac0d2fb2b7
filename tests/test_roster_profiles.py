"""Rosters and directories: what each of our profiles makes of replicas of the real exports, row by row."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from arrivals import File, Received, arrange, receive, refusal

from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

EXPORTS = Path(__file__).parent / "exports"
WHO = "person_id, name, email, worker_type, role, department, start_date, end_date"
USER = "account, account_email, person_id, name, active"


def export(table: str, sample: str, keys: str = "") -> File:
    """A replica, read by the profile that its folder is named after."""
    path = EXPORTS / sample
    return File(table, path.name, path.read_bytes(), profile=path.parent.name, keys=keys)


def counts(got: Received) -> list[tuple[str, int, int, int]]:
    """Table, rows read, used and quarantined of each file, the small staff file aside."""
    files = [file for file in got.intake.files if file.file != "staff.csv"]
    return [(f.table, f.rows_read, f.rows_used, f.rows_quarantined) for f in files]


def quarantined(got: Received) -> list[tuple[int, str, str, str, bool]]:
    return [(row.row_no, row.subject, row.column, row.code, row.by_rule) for row in got.quarantine]


# --- ADP ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_adp_workers(tmp_path: Path, zone: str) -> None:
    got = receive(tmp_path, export("people", "adp/workers.json"), zone=zone)
    assert counts(got) == [("people", 7, 4, 3)]
    assert got.rows("people", WHO) == [
        ("100200", "Ana Silva", "ana.silva@acme.example", "employee", "Analyst", "Risk", date(2024, 9, 2), None),
        ("100200", "Ana Silva", "ana.silva@acme.example", "employee", "Clerk", None, date(2019, 2, 1), date(2023, 6, 30)),
        ("G3AAAAAAAAAAAAA2", "Okoro,Ben", None, "contractor", "Consultant", None, date(2025, 1, 7), None),
        ("100205", "Eve Moss", None, "employee", None, None, date(2023, 1, 1), date(2025, 3, 31)),
    ]  # fmt: skip
    assert quarantined(got) == [
        (3, "100203", "workAssignments.terminationDate", "missing_value", False),
        (4, "100204", "workAssignments.workerTypeCode.codeValue", "unknown_word", False),
        (5, "100205", "workAssignments.terminationDate", "missing_value", False),
    ]
    assert got.quarantine[0].message.startswith("it is empty, and a row that says 'T' needs it.")
    assert [row[0] for row in got.rows("unread_people", "person_id")] == ["100203", "100204", "100205"]


def test_adp_leave_events(tmp_path: Path) -> None:
    people = export("people", "adp/workers.json", 'columns = { person_id = "associateOID" }')
    got = receive(tmp_path, people, export("leave", "adp/events.json"), zone="America/Los_Angeles")
    assert counts(got) == [("people", 7, 4, 3), ("leave", 3, 1, 2)]
    assert got.rows("leave", "person_id, start_date, end_date, kind") == [
        ("G3AAAAAAAAAAAAA1", date(2025, 8, 26), None, "worker.onLeave")
    ]
    assert got.rows("people", "person_id")[0] == ("G3AAAAAAAAAAAAA1",)
    assert [(row.value, row.message) for row in got.quarantine if row.table == "leave"] == [
        ("INPROGRESS", "set aside: an event that is not completed."),
        ("worker.terminate", "set aside: an event of another kind, not a leave."),
    ]


def test_adp_events_are_no_people(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, export("people", "adp/events.json"))
    assert problem.what == "no list of records was found at workers; keys at the top: events."


def test_adp_report(tmp_path: Path) -> None:
    got = receive(tmp_path, export("people", "adp/report.csv"))
    assert counts(got) == [("people", 6, 3, 3)]
    assert got.rows("people", "person_id, name, worker_type, start_date, end_date") == [
        ("000417", "Silva, Ana", "employee", date(2024, 9, 2), None),
        ("000418", "Okoro, Ben", "employee", date(2022, 1, 10), date(2025, 3, 31)),
        ("AAAAAAAAAAAAAAA3", "Ito, Cal", "contractor", date(2022, 1, 10), None),
    ]
    assert quarantined(got) == [
        (5, "000420", "Termination Date", "missing_value", False),
        (6, "000421", "Termination Date", "end_before_start", False),
        (7, "000422", "Worker Category Description", "unknown_word", False),
    ]
    assert got.intake.files[0].confidence == "from memory, unverified"


# --- SAP SuccessFactors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_successfactors_people_with_their_employments(tmp_path: Path, zone: str) -> None:
    sample = "successfactors/per_person.json"
    got = receive(tmp_path, export("people", sample), export("accounts", sample), zone=zone)
    assert counts(got) == [("people", 4, 3, 1), ("accounts", 4, 4, 0)]
    assert got.rows("people", WHO) == [
        ("5001", "Ana Silva", "ana.silva@acme.example", "employee", "Clerk", "Operations", date(2019, 2, 1), date(2023, 6, 30)),
        ("5001", "Ana Silva", "ana.silva@acme.example", "employee", "Analyst", "RISK", date(2024, 9, 2), None),
        ("5002", None, None, "contractor", "Consultant", None, date(2025, 1, 7), None),
    ]  # fmt: skip
    assert [(row.subject, row.value) for row in got.quarantine] == [("5003", "Expat")]
    assert got.rows("accounts", "account, person_id") == [
        ("5001", "5001"),
        ("5001-1", "5001"),
        ("5002", "5002"),
        ("5003", "5003"),
    ]


def test_successfactors_one_person_alone(tmp_path: Path) -> None:
    data = json.loads((EXPORTS / "successfactors/per_person.json").read_text())["d"]["results"][1]
    file = File("people", "one.json", json.dumps({"d": {"results": [data]}}), profile="successfactors")
    assert receive(tmp_path, file).rows("people", "person_id, end_date") == [("5002", None)]


def test_successfactors_employments_without_their_people_are_not_taken_for_people(tmp_path: Path) -> None:
    employment = {"personIdExternal": "5001", "userId": "5001", "startDate": "/Date(1725235200000)/", "endDate": None}
    file = File("people", "emp_employment.json", json.dumps({"d": {"results": [employment]}}), profile="successfactors")
    assert [problem.code for problem in refusal(tmp_path, file)] == ["missing_column"]


def test_successfactors_jobs_are_a_history(tmp_path: Path) -> None:
    got = receive(tmp_path, export("people", "successfactors/emp_job.json"))
    assert counts(got) == [("people", 3, 2, 1)]
    assert got.rows("people", "person_id, name, role, department, manager_email, start_date, end_date") == [
        ("5001", "Ana Silva", "Analyst", "Risk", "mei.tan@acme.example", date(2024, 9, 2), date(2025, 3, 31)),
        ("5001", "Ana Silva", "Lead Analyst", "Risk", None, date(2025, 4, 1), None),
    ]
    assert quarantined(got) == [(3, "5004", "startDate", "no_engaged_day", True)]


def test_successfactors_jobs_without_their_own_days(tmp_path: Path) -> None:
    data = json.loads((EXPORTS / "successfactors/emp_job.json").read_text())
    for job in data["d"]["results"]:
        del job["startDate"], job["endDate"]
        job["employmentNav"] = {"results": [job["employmentNav"]]}
    got = receive(tmp_path, File("people", "jobs.json", json.dumps(data), profile="successfactors"))
    assert got.rows("people", "person_id, start_date, end_date") == [
        ("5001", date(2024, 9, 2), None),
        ("5001", date(2024, 9, 2), None),
        ("5004", date(2020, 1, 1), date(2025, 6, 30)),
    ]


def test_successfactors_flat_users(tmp_path: Path) -> None:
    sample = "successfactors/user.json"
    people = export("people", sample, 'values.worker_type = "employee"')
    got = receive(tmp_path, people, export("accounts", sample))
    assert counts(got) == [("people", 3, 2, 1), ("accounts", 3, 2, 1)]
    assert got.rows("people", "person_id, name, worker_type, role, start_date, end_date") == [
        ("5001", "Ana Silva", "employee", "Analyst", date(2024, 9, 2), None),
        ("5005", "Cy Chen", "employee", None, date(2020, 1, 1), None),
    ]
    assert got.rows("accounts", USER) == [
        ("asilva", None, "5001", "Ana Silva", True),
        ("blee", None, "5004", "Bo Lee", False),
    ]
    assert quarantined(got) == [
        (2, "5004", "end_date", "missing_value", False),
        (3, "5005", "status", "unknown_word", False),
    ]


def test_successfactors_users_need_a_worker_type(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, export("people", "successfactors/user.json"))
    assert problem.what == "such an export does not say worker_type, which every row of people needs."
    assert 'values.worker_type = "…", with one of these in place of …: employee, contractor' in problem.do


def test_successfactors_user_data_file(tmp_path: Path) -> None:
    text = "STATUS,USERID,FIRSTNAME,LASTNAME,HIREDATE,EMPID\nStatus,User ID,First,Last,Hired,Employee\n"
    text += "active,asilva,Ana,Silva,2024-09-02,5001\ninactive,blee,Bo,Lee,2020-01-01,\n"
    got = receive(tmp_path, File("accounts", "udf.csv", text, profile="successfactors"))
    assert got.rows("accounts", USER) == [
        ("asilva", None, "5001", "Ana Silva", True),
        ("blee", None, "blee", "Bo Lee", False),
    ]


# --- directories --------------------------------------------------------------------------------------------------


def test_google_downloads(tmp_path: Path) -> None:
    names = ("google_User_Download_23112026_091500.csv", "bare.csv", "semicolons.csv")
    got = receive(tmp_path, *(export("accounts", f"google_workspace/{name}") for name in names))
    assert counts(got) == [("accounts", 4, 4, 0), ("accounts", 3, 2, 1), ("accounts", 1, 1, 0)]
    assert got.rows("accounts", USER) == [
        ("ava.reyes@example.com", "ava.reyes@example.com", "00417", "Ava Reyes", True),
        ("areyes@example.com", "areyes@example.com", None, "ava reyes", True),
        ("noah.okafor@example.com", "noah.okafor@example.com", "C-118", "Noah Okafor", False),
        ("reception@example.com", "reception@example.com", None, "Reception Desk", True),
        ("ava.reyes@example.com", "ava.reyes@example.com", None, "Ava Reyes", True),
        ("noah.okafor@example.com", "noah.okafor@example.com", None, "Noah Okafor", False),
        ("ava.reyes@example.com", "ava.reyes@example.com", "00417", "Ava Reyes", True),
    ]
    assert [(row.row_no, row.subject, row.value) for row in got.quarantine] == [(4, "mei.tan@example.com", "Archived")]
    assert "Employee Type" in got.intake.files[0].ignored_columns
    assert "header_spelling" not in got.codes()  # brackets are as the profile expects them


def test_entra_downloads(tmp_path: Path) -> None:
    names = ("entra_exportUsers.csv", "older.csv", "microsoft365.csv")
    got = receive(tmp_path, *(export("accounts", f"entra/{name}") for name in names))
    assert counts(got) == [("accounts", 3, 3, 0), ("accounts", 4, 3, 1), ("accounts", 2, 2, 0)]
    assert got.rows("accounts", "account, name, active") == [
        ("Ava.Reyes@contoso.example", "Ava Reyes", True),
        ("liam@partner.example", "Liam Ng (Partner)", True),
        ("scanner-3f@contoso.onmicrosoft.com", "=Scanner 3F", False),
        ("a_b@partner-group.co.example", "Ada B", True),
        ("Odd#EXT#@contoso.onmicrosoft.com", "Odd", True),
        ("sam_lee@contoso.example", "Sam Lee", False),
        ("ava.reyes@contoso.example", "Ava Reyes", True),
        ("noah@partner.example", "Noah Okafor", False),
    ]
    assert [(row.row_no, row.subject, row.value) for row in got.quarantine] == [
        (4, "first_last@contoso.example", "Blocked")
    ]
    assert got.rows("accounts", "person_id, account_email")[1] == (None, "liam@partner.example")


def test_okta_users(tmp_path: Path) -> None:
    got = receive(tmp_path, export("accounts", "okta/users.json"))
    assert counts(got) == [("accounts", 5, 4, 1)]
    assert got.rows("accounts", USER) == [
        ("Ava.Reyes@acme.example", "ava.reyes@acme.example", "00417", "Ava Reyes", True),
        ("noah@acme.example", "noah@acme.example", None, "Noah O.", False),
        ("kiosk", None, None, "Kiosk", True),
        ("mei@acme.example", "mei@acme.example", "418", "Mei Tan", False),
    ]
    assert quarantined(got) == [(5, "x@acme.example", "status", "unknown_word", False)]
    mapping = dict(got.intake.files[0].mapping)
    assert mapping["account"] == '"profile.login", else "profile.email" (one with \'@\' first)'
    assert any("DEPROVISIONED" in warning for warning in got.intake.files[0].warnings)


@pytest.mark.parametrize("status", ["ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"])
def test_okta_users_who_can_sign_in_again_are_active(tmp_path: Path, status: str) -> None:
    users = [{"status": status, "profile": {"login": "a@x"}}, {"status": "SUSPENDED", "profile": {"login": "b@x"}}]
    got = receive(tmp_path, File("accounts", "okta.json", json.dumps(users), profile="okta"))
    assert got.rows("accounts", "account, active") == [("a@x", True), ("b@x", False)]


SCIM = [
    ("Ava.Reyes@acme.example", "ava.reyes@acme.example", "00417", "Ava Reyes", True),
    ("noah@acme.example", "noah@acme.example", "C-118", "Noah", False),
    ("kiosk", None, None, None, True),
]


def test_scim_a_response_a_list_and_one_user_alone(tmp_path: Path) -> None:
    users = json.loads((EXPORTS / "scim/list_response.json").read_text())["Resources"]
    listed = File("accounts", "list.json", json.dumps(users), profile="scim")
    got = receive(tmp_path, export("accounts", "scim/list_response.json"), listed, export("accounts", "scim/user.json"))
    assert counts(got) == [("accounts", 3, 3, 0), ("accounts", 3, 3, 0), ("accounts", 1, 1, 0)]
    mei = ("mei@acme.example", "mei@acme.example", None, None, True)
    assert got.rows("accounts", USER) == [*SCIM, *SCIM, mei]
    assert not got.quarantine


@pytest.mark.parametrize(
    "data", [{"schemas": ["x"], "status": "401", "detail": "no token"}, {"Resources": [{"displayName": "Tour Guides"}]}]
)
def test_scim_what_is_no_user_is_refused(tmp_path: Path, data: object) -> None:
    (problem,) = refusal(tmp_path, File("accounts", "x.json", json.dumps(data), profile="scim"))
    assert problem.what.startswith("it has no column userName")


# --- Vanta --------------------------------------------------------------------------------------------------------


def test_vanta_people_and_leave(tmp_path: Path) -> None:
    people = export("people", "vanta/people.json", 'values.worker_type = "employee"')
    got = receive(tmp_path, people, export("leave", "vanta/people.json"), zone="America/Los_Angeles")
    assert counts(got) == [("people", 5, 4, 1), ("leave", 5, 2, 3)]
    assert got.rows("people", "person_id, name, email, role, start_date, end_date") == [
        ("65a1", "Ava Reyes", "ava@acme.example", "Engineer", date(2021, 1, 1), None),
        ("65a2", "Noah Okafor", "noah@acme.example", None, date(2022, 5, 3), None),
        ("65a3", "Mei Tan", "mei@acme.example", None, date(2020, 1, 1), date(2025, 3, 31)),
        ("65a5", "Zoe", "zoe@acme.example", None, date(2026, 2, 1), None),
    ]
    assert got.rows("leave", "person_id, start_date, end_date") == [
        ("65a2", date(2025, 6, 1), None),
        ("65a3", date(2025, 2, 1), date(2025, 2, 28)),
    ]
    assert quarantined(got) == [
        (4, "65a4", "employment.endDate", "missing_value", False),
        (1, "65a1", "leaveInfo.startDate", "set_aside", True),
        (4, "65a4", "leaveInfo.startDate", "set_aside", True),
        (5, "65a5", "leaveInfo.startDate", "set_aside", True),
    ]


def test_vanta_nobody_on_leave_is_an_export_all_the_same(tmp_path: Path) -> None:
    data = {"results": {"data": [{"id": "1", "emailAddress": "a@x", "leaveInfo": None}]}}
    got = receive(tmp_path, File("leave", "vanta.json", json.dumps(data), profile="vanta"))
    assert counts(got) == [("leave", 1, 0, 1)]


def test_vanta_tasks_are_records_under_names_of_their_own(tmp_path: Path) -> None:
    tables = ("completions", "acknowledgements")
    got = receive(tmp_path, *(export(table, "vanta/people.json") for table in tables), zone="America/Los_Angeles")
    assert counts(got) == [("completions", 5, 3, 2), ("acknowledgements", 5, 2, 3)]
    trainings, policies = "Vanta: complete trainings", "Vanta: accept policies"
    assert got.rows("completions", "account, module_id, completed_on, completed_at, status") == [
        ("Ava@acme.example", trainings, date(2025, 11, 1), None, "completed"),
        ("noah@acme.example", trainings, None, None, "not_started"),
        ("rui@acme.example", trainings, None, None, "not_assigned"),
    ]
    assert got.rows("acknowledgements", "account, policy_id, version, acknowledged_on, status") == [
        ("Ava@acme.example", policies, None, date(2025, 10, 1), "acknowledged"),
        ("noah@acme.example", policies, None, None, "sent"),
    ]
    column = "tasksSummary.details.{}.{}"
    assert quarantined(got) == [
        (3, "mei@acme.example", column.format("completeTrainings", "status"), "set_aside", True),
        (5, "zoe@acme.example", column.format("completeTrainings", "completionDate"), "missing_value", False),
        (3, "mei@acme.example", column.format("acceptPolicies", "status"), "set_aside", True),
        (4, "rui@acme.example", column.format("acceptPolicies", "status"), "unknown_word", False),
        (5, "zoe@acme.example", column.format("acceptPolicies", "completionDate"), "missing_value", False),
    ]
    assert any("One date for all trainings together" in warning for warning in got.intake.files[0].warnings)


# --- BambooHR -----------------------------------------------------------------------------------------------------


def test_bamboohr_leavers_without_a_date_are_undetermined(tmp_path: Path) -> None:
    got = receive(tmp_path, export("people", "bamboohr/report.csv"))
    assert counts(got) == [("people", 5, 3, 2)]
    assert got.rows("people", "person_id, worker_type, manager_email, end_date") == [
        ("00417", "employee", None, None),
        ("418", "employee", None, date(2025, 3, 31)),
        ("419", "contractor", None, None),
    ]
    assert quarantined(got) == [
        (5, "420", "Termination Date", "missing_value", False),
        (6, "421", "Employment Status", "unknown_word", False),
    ]
    assert got.quarantine[0].message.startswith("'0000-00-00' means no date, and a row that says 'Inactive' needs it.")


def test_bamboohr_one_address_for_everybody_is_no_key(tmp_path: Path) -> None:
    records = "account,module_id,completed_at,status\nstaff@acme.example,SEC-101,2025-05-05,completed\n"
    records += "00417,SEC-101,2025-05-06,completed\n"
    folder = arrange(tmp_path, export("people", "bamboohr/report.csv"), File("completions", "lms.csv", records))
    paper = perform(load_audit(folder))
    assert paper.rows("SELECT account, via FROM account_person ORDER BY account") == [
        ("00417", "person id"),
        ("staff@acme.example", "nobody"),
    ]
    (shared,) = [finding.text for finding in paper.findings if finding.code == "shared_email"]
    assert shared == (
        "staff@acme.example belongs to several people (00417, 418, 419, 420, 421); records under it are given to none of them."
    )


@pytest.mark.parametrize(
    ("dates", "what"),
    [
        (("05/31/2021", "12/13/2022"), "2 dates, for example '05/31/2021', and none is written as the profile expects."),
        (("05/31/2021", "01/02/2022"), "1 dates, for example '01/02/2022', fit both day/month and month/day, and none is written as"),
    ],
)  # fmt: skip
def test_bamboohr_dates_in_the_format_of_the_account_are_one_problem(
    tmp_path: Path, dates: tuple[str, str], what: str
) -> None:
    header = "Employee #,Employment Status,Hire Date,Termination Date\n"
    text = header + "".join(f"{n},Full-Time,{day},\n" for n, day in enumerate(dates))
    (problem,) = refusal(tmp_path / "a", File("people", "bamboo.csv", text, profile="bamboohr"))
    assert problem.where == 'bamboo.csv, column "Hire Date"'
    assert problem.what.startswith(what)
    assert problem.do == (
        'declare which it is, dates = ["MM/DD/YYYY"] or dates = ["DD/MM/YYYY"], below [reading] in a profile that extends '
        "bamboohr."
    )
    profile = 'extends = "bamboohr"\n[reading]\ndates = ["MM/DD/YYYY"]\n'
    got = receive(tmp_path / "b", File("people", "bamboo.csv", text, profile="mine"), profiles={"mine": profile})
    assert counts(got) == [("people", 2, 2, 0)]


# --- Workday ------------------------------------------------------------------------------------------------------


def test_workday_custom_reports(tmp_path: Path) -> None:
    got = receive(tmp_path, export("people", "workday/raas.json"), export("people", "workday/raas.csv"))
    assert [file.part for file in got.intake.files] == ["Report_Entry", ""], "a CSV file has no list of its own"
    assert counts(got) == [("people", 3, 2, 1), ("people", 2, 2, 0)]
    assert got.rows("people", "person_id, name, email, worker_type, start_date, end_date") == [
        ("21001", "Ava Reyes", "ava@acme.example", "employee", date(2021, 5, 3), None),
        ("21002", "Noah Okafor", "noah@acme.example", "contractor", date(2022, 1, 10), date(2025, 3, 31)),
        ("21001", "Ava Reyes", "ava@acme.example", "employee", date(2024, 5, 3), None),
        ("21002", "Noah Okafor", "noah@acme.example", "intern", date(2022, 1, 10), date(2025, 3, 31)),
    ]
    assert [(row.subject, row.value) for row in got.quarantine] == [("21003", "Board Member")]
    assert {file.confidence for file in got.intake.files} == {"seen in third-party code"}
    assert "Original Hire Date" in got.intake.files[1].ignored_columns


def test_workday_a_terminated_worker_without_an_end(tmp_path: Path) -> None:
    header = (
        "id,_fivetran_start,_fivetran_end,_fivetran_deleted,hire_date,end_employment_date,termination_date,worker_code,"
        "contract_vendor_name,contract_end_date,terminated\n"
    )
    lines = "A,2020-01-01 00:00:00,9999-12-31 23:59:59,false,2024-01-01,,,1,,,{}\n"
    got = receive(
        tmp_path, File("people", "w.csv", header + lines.format("true") + lines.format(""), profile="workday")
    )
    assert counts(got) == [("people", 2, 1, 1)]
    assert quarantined(got) == [(2, "A", "end_employment_date / termination_date", "missing_value", False)]


# --- the grammar that they need -----------------------------------------------------------------------------------

ABOUT = '[profile]\ntitle = "x"\nconfidence = "from memory, unverified"\n'
RECORDS = ABOUT + '[[layout]]\ntable = "completions"\n'
COLUMNS = '[layout.columns]\naccount = "a"\nmodule_id = "m"\ncompleted_at = "t"\nstatus = "s"\n'


def test_a_confidence_of_one_layout_is_not_inherited(tmp_path: Path) -> None:
    file = File("people", "report.csv", (EXPORTS / "adp/report.csv").read_bytes(), profile="mine")
    got = receive(tmp_path, file, profiles={"mine": 'extends = "adp"\n'})
    assert got.intake.files[0].confidence == "the organisation's own profile"


def test_a_timestamp_can_be_needed_too(tmp_path: Path) -> None:
    needs = '[[layout.needs]]\ncolumn = "completed_at"\nwhere = "s"\nequals = ["failed"]\n'
    text = "a,m,t,s\nu,M,,failed\nu,M,2025-01-01,failed\nu,M,,in_progress\n"
    got = receive(
        tmp_path, File("completions", "x.csv", text, profile="mine"), profiles={"mine": RECORDS + COLUMNS + needs}
    )
    assert got.rows("completions", "completed_at, status") == [(None, "failed"), (None, "in_progress")]
    assert quarantined(got) == [(2, "u", "t", "missing_value", False)]


def test_the_last_day_there_is_ends_nothing_in_any_zone(tmp_path: Path) -> None:
    text = '[{"id": "1", "type": "intern", "start": "2024-01-01T10:00:00Z", "end": "9999-12-31T23:59:59Z"}]'
    profile = ABOUT + '[reading]\ndates = ["ISO timestamp"]\n[[layout]]\ntable = "people"\n[layout.columns]\n'
    profile += 'person_id = "id"\nworker_type = "type"\nstart_date = "start"\nend_date = "end"\n'
    got = receive(tmp_path, File("people", "x.json", text, profile="mine"), profiles={"mine": profile})
    assert got.rows("people", "person_id, end_date") == [("1", None)]


@pytest.mark.parametrize(
    ("layout", "what"),
    [
        ('[[layout.needs]]\ncolumn = "endt"\nwhere = "x"\nequals = ["y"]\n', "table completions has no column 'endt'"),
        ("[layout.columns]\naccount = { of = ['a'], replace = { pattern = '(', with = 'x' } }\n", "'(' is not a regular"),
        ("[layout.columns]\naccount = { of = ['a'], replace = { pattern = '(a)', with = '\\2' } }\n", "'\\2' cannot stand for '(a)': invalid group reference 2"),
        ("[layout.columns]\naccount = { of = ['a'], replace = { pattern = 'a', wth = 'x' } }\n", "did you mean 'with'?"),
        ("[layout.columns]\naccount = { of = ['a'], replace = { patern = 'a', with = 'x' } }\n", "did you mean 'pattern'?"),
        ("format = 'json'\nrecords = ['a[']\n" + COLUMNS, "'a[' is not a path"),
    ],
)  # fmt: skip
def test_a_profile_that_is_wrong_says_so(tmp_path: Path, layout: str, what: str) -> None:
    text = RECORDS + (layout if "[layout.columns]" in layout else COLUMNS + layout)
    problems = refusal(tmp_path, File("completions", "x.csv", "a\n", profile="mine"), profiles={"mine": text})
    assert any(what in problem.what for problem in problems), problems


def test_a_moment_in_the_zone_of_the_audit(tmp_path: Path) -> None:
    data = {"results": {"data": [json.loads((EXPORTS / "vanta/people.json").read_text())["results"]["data"][0]]}}
    task = data["results"]["data"][0]["tasksSummary"]["details"]["completeTrainings"]
    task["completionDate"] = "2025-11-01T03:30:00.000Z"
    file = File("completions", "v.json", json.dumps(data), profile="vanta")
    got = receive(tmp_path, file, zone="America/Los_Angeles")
    assert got.rows("completions", "account, completed_at") == [("Ava@acme.example", datetime(2025, 10, 31, 20, 30))]
