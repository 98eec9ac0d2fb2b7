"""Files → canonical tables: every row is accounted for, and what cannot be read is named with its place."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from arrivals import File, completions, parquet, people, receive, refusal, take
from folders import make, plus

from workbook_lib import intake
from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.tables import TABLES, Problem, UserError
from workbook_lib.workpaper import perform

# --- the tables ---------------------------------------------------------------------------------------------------


def test_every_table_is_there_with_its_stored_columns(tmp_path: Path) -> None:
    engine = receive(tmp_path).engine
    for name, table in TABLES.items():
        described = engine.rows(
            f"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{name}'"
        )
        assert dict(described) == table.stored
    unread = engine.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'unread_people'")
    assert [name for (name,) in unread] == list(TABLES["people"].stored)


def test_each_kind_of_column_is_read(tmp_path: Path) -> None:
    person = "E1,Zoë,Zoe@Acme.example,Employee,Engineer,R&D,Boss@Acme.example,2024-01-31,2025-06-30"
    got = receive(
        tmp_path,
        people(person, header="person_id,name,email,worker_type,role,department,manager_email,start_date,end_date"),
        File("leave", "leave.csv", "person_id,start_date,end_date,kind\nE1,2025-01-01,,parental\n"),
        File("accounts", "users.csv", "account,active\nZoe@Acme.example,\nu2,No\n"),
        completions("Zoe@Acme.example,SEC-101,2025-03-01T23:30:00Z,PASSED,92.5"),
        File("modules", "modules.csv", "module_id,assessed,minutes\nSEC-101,,30\n"),
        File(
            "policies",
            "policies.csv",
            "policy_id,version,effective_on,material\nAUP,1,2024-01-01,\nAUP,2,2025-01-01,false\n",
        ),
        File("acknowledgements", "acks.csv", "account,policy_id,acknowledged_at,status\nE1,AUP,2025-01-05,\n"),
        File("decisions", "decisions.csv", "kind,decided_by,account,person_id\nlink,boss,u2,E1\n"),
    )
    assert got.rows("people") == [
        ("E1", "Zoë", "zoe@acme.example", "employee", "Engineer", "R&D", "boss@acme.example", date(2024, 1, 31),
         date(2025, 6, 30), 1, 2)
    ]  # fmt: skip
    assert got.rows("leave") == [("E1", date(2025, 1, 1), None, "parental", 2, 2)]
    assert got.rows("accounts", "account, account_email, active") == [
        ("Zoe@Acme.example", "zoe@acme.example", True),
        ("u2", None, False),
    ]
    (record,) = got.rows("completions", "account_email, completed_on, completed_at, status, score")
    assert record == ("zoe@acme.example", date(2025, 3, 2), datetime(2025, 3, 2, 0, 30), "passed", 92.5)
    assert got.rows("modules", "module_id, assessed, minutes") == [("SEC-101", None, 30.0)]
    assert got.rows("policies", "version, material") == [("1", True), ("2", False)]
    assert got.rows("acknowledgements", "acknowledged_on, acknowledged_at, status") == [
        (date(2025, 1, 5), None, "acknowledged")
    ]
    assert got.rows("decisions", "kind, account, person_id") == [("link", "u2", "E1")]
    assert not got.quarantine


def test_the_account_of_a_file(tmp_path: Path) -> None:
    records = completions("E1,SEC-101,2025-03-01,completed,", "E1,SEC-101,2025-11-30,done,", "E2,SEC-101,,not_started,")
    got = receive(tmp_path, people("E1,,employee,2024-01-01,", "E2,,employee,2024-02-01,"), records)
    assert (got.intake.files[0].first_date, got.intake.files[0].last_date) == (date(2024, 1, 1), date(2024, 2, 1))
    account = got.intake.files[1]
    assert (account.source_no, account.table, account.file) == (2, "completions", "lms.csv")
    assert (account.rows_read, account.rows_quarantined, account.rows_used) == (3, 1, 2)
    assert (account.first_date, account.last_date) == (date(2025, 3, 1), date(2025, 3, 1))
    content = str(records.content).encode()
    assert (account.size, account.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert account.extracted_on == date(2026, 1, 5)
    assert account.confidence == "the workbook's own format"
    assert dict(account.mapping)["module_id"] == '"module_id"'
    assert dict(account.mapping)["method"] == "not in the file"


SPANS = [
    ("people", "person_id,worker_type,start_date,end_date", "E1,employee,{},2027-01-01"),
    ("leave", "person_id,start_date,end_date", "E1,{},2027-01-01"),
    ("completions", "account,module_id,completed_at,status", "a@x,M,{},passed"),
    ("content_reviews", "module_id,version,reviewed_on", "M,1,{}"),
    ("policies", "policy_id,version,effective_on", "AUP,1,{}"),
    ("acknowledgements", "account,policy_id,acknowledged_at", "a@x,AUP,{}"),
    ("access", "account,granted_on", "a@x,{}"),
]


@pytest.mark.parametrize(("table", "header", "line"), SPANS, ids=[case[0] for case in SPANS])
def test_the_account_of_a_file_says_from_when_to_when_its_rows_speak(
    tmp_path: Path, table: str, header: str, line: str
) -> None:
    days = date(2024, 1, 31), date(2025, 6, 30), date(2024, 12, 1)
    got = receive(tmp_path, File(table, "x.csv", "\n".join((header, *map(line.format, days))) + "\n"))
    assert (got.intake.files[0].first_date, got.intake.files[0].last_date) == (days[0], days[1])


def test_the_account_of_a_file_says_what_audit_toml_says_of_it(tmp_path: Path) -> None:
    keys = 'system = "LMS"\nreport = "R"\nparameters = "all"\nextracted_by = "Jo"\ncovers_from = 2020-01-01'
    (account, _) = receive(tmp_path, replace(completions("a@x,M,2025-01-01,passed,"), keys=keys)).intake.files
    assert (account.system, account.report, account.parameters) == ("LMS", "R", "all")
    assert (account.extracted_by, account.covers_from) == ("Jo", date(2020, 1, 1))
    assert (account.profile, account.part, account.warnings, account.ignored_columns) == ("generic", "", (), ())


def test_the_accounts_stand_in_the_order_of_audit_toml(tmp_path: Path) -> None:
    leave = File("leave", "leave.csv", "person_id,start_date\nE1,2025-01-01\n")
    got = receive(tmp_path, completions("a@x,M,2025-01-01,passed,"), leave, people("E1,,intern,2024-01-01,"))
    assert [(file.source_no, file.table) for file in got.intake.files] == [
        (1, "completions"), (2, "leave"), (3, "people")
    ]  # fmt: skip


def test_a_glob_is_one_account_per_file(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    receive(folder, people("E1,,employee,2024-01-01,"))
    (folder / "people2.csv").write_bytes((folder / "people.csv").read_bytes())
    text = (folder / "audit.toml").read_text().replace('"people.csv"', '"people*.csv"')
    (folder / "audit.toml").write_text(text)
    got = take(folder)
    assert [(file.source_no, file.file) for file in got.intake.files] == [(1, "people.csv"), (2, "people2.csv")]
    assert [row[-2:] for row in got.rows("people")] == [(1, 2), (2, 2)]
    assert got.finding("identical_rows").text.startswith("people: 1 row repeating another in every column")


def test_counts_that_do_not_agree_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(tmp_path, people("E1,,employee,2024-01-01,"))
    whole = intake._rows
    monkeypatch.setattr(intake, "_rows", lambda *given: (row for row in whole(*given) if row[0] != "E1"))
    with pytest.raises(AssertionError, match="rows read"):
        intake.read(load_audit(tmp_path), Engine())


# --- rows that are not used ---------------------------------------------------------------------------------------

BAD_PEOPLE = [
    ("E1,,employee,,", "start_date", "missing_value", "it is empty, and every row needs start_date."),
    ("E1,,employee,soon,", "start_date", "not_a_date", "'soon' is not a date; expected YYYY-MM-DD."),
    ("E1,,employee,2025-02-30,", "start_date", "not_a_date", "'2025-02-30' is not a date"),
    ("E1,,employee,2024,", "start_date", "not_a_date", "'2024' is not a date"),
    ("E1,,employee,45000,", "start_date", "not_a_date", "'45000' is not a date"),
    ("E1,,employee,1900-01-01,", "start_date", "date_out_of_range", "1900-01-01 is no real date"),
    ("E1,,employee,9999-12-31,", "start_date", "date_out_of_range", "9999-12-31 is no real date"),
    (
        "E1,,employee,2024-01-02,2024-01-01",
        "end_date",
        "end_before_start",
        "it ends on 2024-01-01, before it starts on",
    ),
    ("E1,,employee,2024-01-02,31/02/2025", "end_date", "not_a_date", "'31/02/2025' is not a date"),
    ("E1,,boss,2024-01-02,", "worker_type", "unknown_word", "'boss' is not a known word; known: employee, contractor"),
    ("E1,,,2024-01-02,", "worker_type", "missing_value", "it is empty"),
    ("E1,,employee, ,", "start_date", "missing_value", "it is empty, and every row needs start_date."),
    ("E1,,it is empty,2024-01-02,", "worker_type", "unknown_word", "'it is empty' is not a known word"),
]


@pytest.mark.parametrize(("line", "column", "code", "message"), BAD_PEOPLE)
def test_a_person_whose_row_cannot_be_read_stays_known(
    tmp_path: Path, line: str, column: str, code: str, message: str
) -> None:
    got = receive(tmp_path, people("Z1,,employee,2024-01-01,", line))
    (row,) = got.quarantine
    assert (row.table, row.file, row.row_no, row.column, row.code) == ("people", "people.csv", 3, column, code)
    assert row.message.startswith(message)
    assert "Effect: the row is quarantined; E1 is undetermined" in row.message
    assert "Do: " in row.message
    assert (row.subject, row.raw, row.by_rule) == ("E1", line, False)
    (unread,) = got.rows("unread_people", "person_id, source_no, row_no")
    assert unread == ("E1", 1, 3)


WHOLE = [
    ("people", "person_id,worker_type,start_date", "E1,employee,soon", "E1",
     "'soon' is not a date; expected YYYY-MM-DD. Effect: the row is quarantined; E1 is undetermined wherever a requirement "
     "may apply (C12). Do: export again from the source, or declare the format in a profile that extends generic."),
    ("leave", "person_id,start_date,end_date", "E1,2025-03-02,2025-03-01", "E1",
     "it ends on 2025-03-01, before it starts on 2025-03-02. Effect: the row is quarantined; it excuses nothing. "
     "Do: correct the dates in the source system and export again."),
    ("accounts", "account,active", "a@x,perhaps", "a@x",
     "'perhaps' is neither true nor false; expected true, yes, 1, false, no, 0. Effect: the row is quarantined; the account "
     "is not taken as listed. Do: correct it in the source system and export again; do not edit the file."),
    ("completions", "account,module_id,completed_at,status", "a@x,,2025-01-01,passed", "a@x",
     "it is empty, and every row needs module_id. Effect: the record is quarantined; it covers nothing, and a@x may be "
     "reported late or missing. Do: complete it in the source system and export again."),
    ("acknowledgements", "account,policy_id,acknowledged_at", ",AUP,2025-01-01", "",
     "it is empty, and every row needs account. Effect: the record is quarantined; it covers nothing, and the person it is "
     "about may be reported late or missing. Do: complete it in the source system and export again."),
    ("decisions", "kind,decided_by,account,person_id", "link,,u2,", "u2",
     "it is empty, and every row needs decided_by. Effect: the decision is quarantined; it explains, extends, links and "
     "excludes nothing. Do: complete it in the source system and export again."),
    ("modules", "module_id,minutes", "SEC-101,long", "",
     "'long' is not a plain decimal number, for example 85 or 72.5. Effect: the row is quarantined; it is not used. "
     "Do: correct it in the source system and export again; do not edit the file."),
]  # fmt: skip


@pytest.mark.parametrize(("table", "header", "line", "subject", "message"), WHOLE, ids=[case[0] for case in WHOLE])
def test_a_row_that_cannot_be_read_says_what_its_loss_means_and_what_mends_it(
    tmp_path: Path, table: str, header: str, line: str, subject: str, message: str
) -> None:
    (row,) = receive(tmp_path, File(table, "x.csv", f"{header}\n{line}\n")).quarantine
    assert (row.subject, row.message) == (subject, message)


def test_what_could_be_read_of_a_person_is_kept(tmp_path: Path) -> None:
    header = "person_id,worker_type,role,department,start_date,end_date"
    lines = "E1,boss,Engineer,R&D,2024-01-01,never", "E2,boss,Engineer,R&D,soon,never"
    got = receive(tmp_path, people(*lines, header=header))
    columns = "person_id, worker_type, role, department, start_date, end_date"
    assert got.rows("unread_people", columns) == [
        ("E1", None, "Engineer", "R&D", date(2024, 1, 1), None),
        ("E2", None, "Engineer", "R&D", None, None),
    ]
    assert [(row.column, row.value) for row in got.quarantine] == [("worker_type", "boss")] * 2
    start, end = (f" Also: {name}_date: '{text}' is not a date; expected YYYY-MM-DD." for name, text in
                  (("start", "soon"), ("end", "never")))  # fmt: skip
    assert f"other.{end} Effect: " in got.quarantine[0].message
    assert f"other.{start}{end} Effect: " in got.quarantine[1].message


def test_a_row_about_nobody_is_in_quarantine_only(tmp_path: Path) -> None:
    got = receive(tmp_path, people("Z1,,employee,2024-01-01,", ",Without an id,employee,2024-01-01,"))
    assert [(row.column, row.code, row.subject) for row in got.quarantine] == [("person_id", "missing_value", "")]
    assert not got.rows("unread_people")


BAD_RECORDS = [
    (
        "a@x,SEC-101,2025-01-01,finished,",
        "status",
        "unknown_word",
        "'finished' is not a known word; known: not_assigned",
    ),
    ("a@x,SEC-101,2025-01-01,,", "status", "missing_value", "it is empty"),
    ("a@x,SEC-101,,completed,", "completed_at", "missing_value", "it is empty, and a record that is completed needs"),
    ("a@x,SEC-101,,equivalent,", "completed_at", "missing_value", "it is empty, and a record that is equivalent needs"),
    ("a@x,SEC-101,2025-01-01T24:00,completed,", "completed_at", "not_a_date", "'2025-01-01T24:00' is not a date"),
    ("a@x,SEC-101,12:30,completed,", "completed_at", "not_a_date", "'12:30' is not a date"),
    ("a@x,SEC-101,yesterday,not_started,", "completed_at", "not_a_date", "'yesterday' is not a date"),
    ("a@x,SEC-101,2025-01-01,passed,85%", "score", "not_a_number", "'85%' is not a plain decimal number"),
    ('a@x,SEC-101,2025-01-01,passed,"0,85"', "score", "not_a_number", "'0,85' is not a plain decimal number"),
    ("a@x,,2025-01-01,passed,85", "module_id", "missing_value", "it is empty"),
    ("Total,,2025-01-01,passed,", "module_id", "missing_value", "it is empty"),  # no closing line
    ("a\u200b@x,SEC-101,2025-01-01,passed,85", "account", "invisible_character", "'a@x' holds an invisible character"),
    ("a@x,SEC\u202e-101,2025-01-01,passed,85", "module_id", "invisible_character", "'SEC-101' holds an invisible"),
    ("a@x,SEC-101,2025-01-01,passed", "", "too_short", "the row has 4 cells, the header has 5"),
    ("a@x,SEC-101,2025-01-01,passed,85,x", "", "too_long", "the row has 6 cells, the header has 5"),
    (",,,,,x", "", "too_long", "the row has 6 cells, the header has 5"),
    ("a@x,SEC-101,2025-01-01,pas\0sed,85", "", "nul_character", "the row holds a NUL character"),
    ('"a@x"y,SEC-101,2025-01-01,passed,85', "", "bad_quotes", "a quoted cell goes on after its closing quote"),
    (f"a@x,SEC-101,2025-01-01,passed,{'9' * 1_100_000}", "", "cell_too_long", "a cell is longer than 1,048,576"),
    (
        f"a@x,{'M' * 40_000},2025-01-01,passed,",
        "module_id",
        "cell_too_long",
        "it holds 40,000 characters, and a cell has",
    ),
]


@pytest.mark.parametrize(("line", "column", "code", "message"), BAD_RECORDS)
def test_a_record_that_cannot_be_read_is_quarantined_with_its_place(
    tmp_path: Path, line: str, column: str, code: str, message: str
) -> None:
    got = receive(tmp_path, completions("b@x,SEC-101,2025-01-01,passed,85", line, "c@x,SEC-101,2025-01-02,passed,85"))
    (row,) = got.quarantine
    assert (row.table, row.file, row.row_no, row.column, row.code) == ("completions", "lms.csv", 3, column, code)
    assert row.message.startswith(message)
    assert "it covers nothing" in row.message
    assert row.raw == line
    assert [r[0] for r in got.rows("completions")] == ["b@x", "c@x"]
    assert got.intake.files[0].rows_read == 3


def test_of_a_long_value_its_beginning_is_shown(tmp_path: Path) -> None:
    (row,) = receive(tmp_path, completions(f"a@x,M,2025-01-01,{'done' * 100},")).quarantine
    assert row.value == "done" * 50


@pytest.mark.parametrize(
    "status", ["not_started", "in_progress", "failed", "not_assigned", "waived", "withdrawn", "expired"]
)
def test_a_record_that_is_not_done_needs_no_date(tmp_path: Path, status: str) -> None:
    got = receive(tmp_path, completions(f"a@x,SEC-101,,{status},"))
    assert got.rows("completions", "account, completed_on, completed_at, status") == [("a@x", None, None, status)]


def test_an_acknowledgement_needs_a_date_where_it_is_one(tmp_path: Path) -> None:
    lines = "a@x,AUP,,sent\nb@x,AUP,,declined\nc@x,AUP,,viewed\nd@x,AUP,,acknowledged\ne@x,AUP,,\n"
    got = receive(tmp_path, File("acknowledgements", "a.csv", "account,policy_id,acknowledged_at,status\n" + lines))
    assert [r[0] for r in got.rows("acknowledgements")] == ["a@x", "b@x", "c@x"]
    assert [(row.row_no, row.column, row.code, row.subject) for row in got.quarantine] == [
        (5, "acknowledged_at", "missing_value", "d@x"),
        (6, "acknowledged_at", "missing_value", "e@x"),
    ]


def test_leave_that_ends_before_it_starts_is_unreadable(tmp_path: Path) -> None:
    lines = "E1,2025-03-01,2025-02-28\nE1,2025-03-01,2025-03-01\nE1,2025-03-01,2100-01-01\n"
    got = receive(tmp_path, File("leave", "leave.csv", "person_id,start_date,end_date\n" + lines))
    assert [(row.row_no, row.column, row.code, row.subject) for row in got.quarantine] == [
        (2, "end_date", "end_before_start", "E1")
    ]
    assert "it excuses nothing" in got.quarantine[0].message
    assert got.rows("leave", "person_id, end_date") == [("E1", date(2025, 3, 1)), ("E1", None)]


def test_a_row_too_short_of_people_still_names_its_person(tmp_path: Path) -> None:
    header = "person_id,name,worker_type,start_date,department"
    got = receive(tmp_path, people("E1,Ada", "E2,,employee,2024-01-01,", header=header))
    assert [(row.row_no, row.code, row.value, row.subject) for row in got.quarantine] == [(2, "too_short", "", "E1")]
    assert "Also:" not in got.quarantine[0].message  # its cells may stand under the wrong headers
    assert got.rows("unread_people", "person_id, name, start_date, department") == [("E1", "Ada", None, None)]


# --- a file as a whole --------------------------------------------------------------------------------------------


def test_all_files_are_looked_at_before_any_is_refused(tmp_path: Path) -> None:
    problems = refusal(
        tmp_path,
        people(header="person_id,worker_type"),
        File("completions", "lms.csv", "<html>sign in</html>"),
        File("leave", "leave.csv", 'person_id,start_date\nE1,"2025-01-01\n'),
    )
    assert [problem.where for problem in problems] == ["people.csv, header", "lms.csv", "leave.csv, row 2"]
    assert all(problem.effect == "nothing was judged and nothing was written." for problem in problems)


def test_dates_that_fit_both_orders_refuse_the_file(tmp_path: Path) -> None:
    (problem,) = refusal(
        tmp_path, people("E1,,employee,03/04/2024,", "E2,,employee,05/06/2024,", "E3,,employee,13/04/2024,")
    )
    assert problem.where == 'people.csv, column "start_date"'
    assert problem.what.startswith("2 dates, for example '03/04/2024', fit both day/month and month/day")
    assert problem.do == (
        'declare which it is, dates = ["MM/DD/YYYY"] or dates = ["DD/MM/YYYY"], below [reading] in a profile that extends '
        "generic."
    )
    assert problem.code == "ambiguous_dates"


def test_stray_dates_among_others_are_bad_rows(tmp_path: Path) -> None:
    stray = "E2,,employee,05/06/2024,", "E3,,employee,06/06/2024,"
    got = receive(tmp_path, people("E1,,employee,2024-04-03,", *stray))
    assert [row.subject for row in got.quarantine] == ["E2", "E3"]
    assert "Do: export again from the source, or declare the format in a profile that extends generic." in (
        got.quarantine[0].message
    )


def test_one_date_in_the_other_order_is_one_bad_row(tmp_path: Path) -> None:
    got = receive(tmp_path, people("E1,,employee,25/12/2024,"))
    assert [(row.subject, row.code) for row in got.quarantine] == [("E1", "not_a_date")]


def test_two_dates_in_the_other_order_and_none_in_the_declared_one_refuse_the_file(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, people("E1,,employee,25/12/2024,", "E2,,employee,26/12/2024,"))
    assert problem.what == "2 dates, for example '25/12/2024', and none is written as the profile expects."


def test_days_of_records_that_fit_both_orders_refuse_the_file_although_others_have_no_day(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, completions("a@x,M,03/04/2024,passed,", "b@x,M,,not_started,"))
    assert problem.where == 'lms.csv, column "completed_at"'
    assert 'timestamps = ["MM/DD/YYYY"] or timestamps = ["DD/MM/YYYY"]' in problem.do


@pytest.mark.parametrize("line_break", ["\n", "\r"])
def test_a_line_break_in_one_of_two_bad_cells_is_a_quote_that_is_not_closed(tmp_path: Path, line_break: str) -> None:
    (problem,) = refusal(tmp_path, people(f'E1,,"employee{line_break}E2,,intern",,'))
    assert (problem.code, problem.where) == ("unclosed_quote", "people.csv, row 2")


def test_a_line_break_in_a_bad_word_of_a_json_file_is_one_bad_row(tmp_path: Path) -> None:
    text = '[{"person_id": "E1", "worker_type": "employee\\nhere", "start_date": "2024-01-01"}]'
    (row,) = receive(tmp_path, File("people", "p.json", text)).quarantine
    assert (row.column, row.code, row.value) == ("worker_type", "unknown_word", "employee\nhere")


@pytest.mark.parametrize("table", ["people", "completions", "acknowledgements"])
def test_a_header_alone_is_a_broken_export(tmp_path: Path, table: str) -> None:
    header = ",".join(TABLES[table].names) + "\n"
    (problem,) = refusal(tmp_path, File(table, "x.csv", header))
    assert problem.what == "it has a header and no rows."


@pytest.mark.parametrize("table", sorted(TABLES.keys() - {"people", "completions", "acknowledgements"}))
def test_elsewhere_a_header_alone_is_a_finding(tmp_path: Path, table: str) -> None:
    got = receive(tmp_path, File(table, "x.csv", ",".join(TABLES[table].names) + "\n"))
    assert got.finding("no_rows").text == "x.csv has a header and no rows."
    assert got.intake.files[0].rows_read == 0


def test_a_json_file_without_a_record_has_no_rows_and_lacks_no_column(tmp_path: Path) -> None:
    assert receive(tmp_path, File("leave", "leave.json", "[]")).finding("no_rows").subject == "leave.json"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (" Total: 1 row ", "1 rows stand above it, as it says."),
        ("Total:,1,,,", "1 rows stand above it, as it says."),
        ("Grand total,,,,", "1 rows stand above it."),
        ("Anzahl Datensätze: 1,,,,", "1 rows stand above it, as it says."),
        ("Anzahl der Mitarbeiter,1,,,", "1 rows stand above it, as it says."),
        ("Summe,1,,,", "1 rows stand above it, as it says."),
        ("Gesamt,,,,", "1 rows stand above it."),
        ("Nombre d'enregistrements : 1,,,,", "1 rows stand above it, as it says."),
        ("Nombre de lignes,1,,,", "1 rows stand above it, as it says."),
        ("Total général,,,,", "1 rows stand above it."),
        ("Número de registros: 1,,,,", "1 rows stand above it, as it says."),
        ("Suma,,,,", "1 rows stand above it."),
        ("Report generated 2026-01-05 by HR,,,,", "1 rows stand above it."),
        ("Exported by: hr.ops,10/06/2026,,,", "1 rows stand above it."),
        ("Bericht erstellt am 05.01.2026,,,,", "1 rows stand above it."),
        ("Rapport généré le 05/01/2026,,,,", "1 rows stand above it."),
        ("Informe generado el 05/01/2026,,,,", "1 rows stand above it."),
        ("End of report,,,,", "1 rows stand above it."),
    ],
)
def test_a_closing_line_is_no_record(tmp_path: Path, line: str, says: str) -> None:
    got = receive(tmp_path, people("E1,,employee,2024-01-01,", line))
    (row,) = got.quarantine
    assert (row.row_no, row.column, row.code, row.by_rule) == (3, "person_id", "trailer", True)
    assert (row.value, row.subject) == (line.partition(",")[0].strip(), "")
    assert row.message == f"a closing line, not a record; {says}"
    assert not got.rows("unread_people")


def test_a_closing_line_may_lack_the_end_of_its_line(tmp_path: Path) -> None:
    text = "person_id,worker_type,start_date\nE1,employee,2024-01-01\nTotal: 1"
    assert [row.code for row in receive(tmp_path, File("people", "p.csv", text)).quarantine] == ["trailer"]


@pytest.mark.parametrize(
    "person", ["Summer", "Totally", "Anzahlung", "Generated", "Reporter", "Sumaya", "total@x.example"]
)
def test_an_id_that_begins_like_a_closing_line_is_none(tmp_path: Path, person: str) -> None:
    (row,) = receive(tmp_path, people("E1,,employee,2024-01-01,", f"{person},,employee,,")).quarantine
    assert (row.code, row.subject) == ("missing_value", person)


@pytest.mark.parametrize(
    "says",
    ["Total: 3 rows", "Total: 3,000 rows", "Anzahl Datensätze: 1.128", "Nombre de lignes : 1 128", "Filas: 3"],
)
def test_the_count_of_a_closing_line_must_agree(tmp_path: Path, says: str) -> None:
    (problem,) = refusal(tmp_path, people("E1,,employee,2024-01-01,", f'"{says}"'))
    assert (problem.where, problem.code) == ("people.csv, row 3", "count_mismatch")
    assert problem.what == f"its last line says '{says}', but 1 rows stand above it."


def test_a_record_of_blanks_is_a_bad_row_where_records_are_told_apart_by_the_format(tmp_path: Path) -> None:
    text = '[{"person_id": "", "worker_type": " ", "start_date": null}]'
    query = "SELECT '' AS person_id, ' ' AS worker_type, NULL::VARCHAR AS start_date"
    for file in (
        File("people", "p.json", text),
        File("people", "p.parquet", parquet(tmp_path / "made.parquet", query)),
    ):
        got = receive(tmp_path, file)
        assert [(row.row_no, row.column, row.code) for row in got.quarantine] == [(1, "person_id", "missing_value")]
        assert got.intake.files[0].rows_read == 1


def test_an_error_shows_each_of_its_problems_in_a_notebook() -> None:
    error = UserError(*(Problem(where=f"{name}.csv", what="it is empty.", do="export it again.") for name in "ab"))
    says = "  Effect: nothing was judged and nothing was written.", "  Do: export it again."
    assert error._render_traceback_() == ["a.csv: it is empty.", *says, "b.csv: it is empty.", *says]


# --- what audit.toml may override ---------------------------------------------------------------------------------


def test_columns_and_values_of_the_source_win(tmp_path: Path) -> None:
    keys = 'columns = { person_id = "Staff No" }\nvalues.worker_type = "Contractor"'
    header = "Staff No,person_id,worker_type,start_date"
    got = receive(tmp_path, people("007,x,employee,2024-01-01", header=header, keys=keys))
    assert got.rows("people", "person_id, worker_type") == [("007", "contractor")]
    mapping = dict(got.intake.files[0].mapping)
    assert (mapping["person_id"], mapping["worker_type"]) == ('"Staff No"', "always 'Contractor'")
    assert got.intake.files[0].ignored_columns == ("person_id", "worker_type")


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ('columns = { person_id = "Staff Number" }', "it has no column Staff Number. Columns found:"),
        ('columns = { role = "Title" }', "it has no column Title. Columns found:"),
        ('values.worker_type = "boss"', "the value given for worker_type cannot be used: 'boss' is not a known word"),
        ('values.start_date = "1.1.2024"', "the value given for start_date cannot be used"),
        ('columns = { role = "name" }\nvalues.role = "x"', "audit.toml gives role both a column and a value."),
        ('sheet = "Data"', "audit.toml names a sheet, but this is a CSV file."),
    ],
)
def test_an_override_that_makes_no_sense_refuses_the_file(tmp_path: Path, keys: str, what: str) -> None:
    (problem,) = refusal(tmp_path, people("E1,,employee,2024-01-01,", keys=keys))
    assert problem.what.startswith(what)
    assert problem.code == ("missing_column" if "no column" in what else "bad_override")


def test_overrides_of_a_json_file(tmp_path: Path) -> None:
    text = '[{"id": 7, "who": {"no": 12}, "worker_type": "intern", "start_date": "2024-01-01"}]'
    got = receive(tmp_path / "a", File("people", "p.json", text, keys='columns = { person_id = "who.no" }'))
    assert got.rows("people", "person_id, worker_type") == [("12", "intern")]
    assert got.intake.files[0].ignored_columns == ("id",)
    (problem,) = refusal(tmp_path / "b", File("people", "p.json", text, keys='columns = { person_id = "who[" }'))
    assert problem.what == "'who[' is not a path such as user.email or emails[primary=true].value."
    assert problem.code == "bad_override"
    (problem,) = refusal(tmp_path / "c", File("people", "p.json", text))
    assert (problem.where, problem.what[:28]) == ("p.json, records", "it has no column person_id. ")
    assert "header_depth" not in problem.do


def test_a_column_that_is_missing_is_proposed_from_the_headers_whatever_their_case(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, people(header="PERSON_NR,worker_type,start_date"))
    assert 'columns = { person_id = "PERSON_NR" }' in problem.do


def test_columns_without_a_name_are_passed_over(tmp_path: Path) -> None:
    got = receive(tmp_path, people("E1,x,employee,,2024-01-01", header="person_id,,worker_type, ,start_date"))
    assert got.rows("people", "person_id, start_date") == [("E1", date(2024, 1, 1))]
    assert got.intake.files[0].ignored_columns == ("(column 2, unnamed)", "(column 4, unnamed)")


# --- findings -----------------------------------------------------------------------------------------------------


def test_a_sound_file_has_no_finding(tmp_path: Path) -> None:
    """Blanks around a name, or alone in a cell, do no harm."""
    lines = "E1, Zoë\u00a0, ,employee,2024-01-01,2025-01-01", "100.05,Bo,bo@x.example,employee,2024-01-01,2025-01-01"
    got = receive(tmp_path, people(*lines, header="person_id,name,email,worker_type,start_date,end_date"))
    assert got.codes() == []
    assert len(got.rows("people")) == 2


FINDINGS = [
    ("line_breaks", "person_id,name,worker_type,start_date,end_date", "E1,\"A\nda\",employee,2024-01-01,2025-01-01",
     "people.csv: 1 record over several lines; compare the number of rows (1) with the source system."),
    ("ignored_columns", "person_id,worker_type,start_date,end_date,shoe size", "E1,employee,2024-01-01,2025-01-01,44",
     "people.csv: 1 column ignored, as no canonical column has that name: 'shoe size'."),
    ("header_spelling", "Person_ID,worker_type\u00a0, start_date,end_date", "E1,employee,2024-01-01,2025-01-01",
     "people.csv: column 'Person_ID' was taken for 'person_id'."),
    ("trimmed", "person_id,worker_type,start_date,end_date", " E1 ,employee,2024-01-01,2025-01-01",
     "people.csv, column 'person_id': blanks around 1 value trimmed, for example ' E1 '."),
    ("trimmed", "person_id,email,worker_type,start_date,end_date", "E1,a@x ,employee,2024-01-01,2025-01-01",
     "people.csv, column 'email': blanks around 1 value trimmed, for example 'a@x '."),
    ("decimal_ids", "person_id,worker_type,start_date,end_date", "12345.0,employee,2024-01-01,2025-01-01",
     "people.csv, column 'person_id': 1 id such as '12345.0', as a spreadsheet rewrites numbers."),
    ("decimal_ids", "person_id,worker_type,start_date,end_date", "417.0 ,employee,2024-01-01,2025-01-01",
     "people.csv, column 'person_id': 1 id such as '417.0 ', as a spreadsheet rewrites numbers."),
    ("invisible_characters", "person_id,name,worker_type,start_date,end_date", "E1,A\u200bda,employee,2024-01-01,2025-01-01",
     "people.csv, column 'name': 1 value with unseen characters, for example 'A\\u200bda'."),
    ("no_end_dates", "person_id,worker_type,start_date", "E1,employee,2024-01-01",
     "people.csv has no column for the last day: everybody in it counts as still engaged."),
    ("no_leavers", "person_id,worker_type,start_date,end_date", "E1,employee,2024-01-01,",
     "No row of people.csv has an end date: the export may leave out the people who left."),
    ("blank_rows", "person_id,worker_type,start_date,end_date", "\n, ,,\nE1,employee,2024-01-01,2025-01-01",
     "people.csv: 2 blank lines ignored; row numbers count them."),
    ("trailing_delimiter", "person_id,worker_type,start_date,end_date,", "E1,employee,2024-01-01,2025-01-01,",
     "people.csv: each line ends with a delimiter; the unnamed empty last column was ignored."),
]  # fmt: skip

#: What is said of such a file, too.
BESIDE = {"decimal_ids": "trimmed", "no_end_dates": "no_leavers"}


@pytest.mark.parametrize(("code", "header", "line", "text"), FINDINGS)
def test_what_a_reader_should_know(tmp_path: Path, code: str, header: str, line: str, text: str) -> None:
    got = receive(tmp_path, people(line, header=header))
    first = next(finding for finding in got.intake.findings if finding.code == code)
    assert (first.table, first.subject, first.source_no, first.text) == ("people", "people.csv", 1, text)
    assert set(got.codes()) <= {code, BESIDE.get(code)}
    assert len(got.rows("people")) == 1


def test_blanks_round_an_account_are_told_and_those_round_a_word_are_not(tmp_path: Path) -> None:
    got = receive(tmp_path, completions(" a@x,SEC-101,2025-01-01, completed,"))
    assert got.finding("trimmed").text == (
        "lms.csv, column 'account': blanks around 1 value trimmed, for example ' a@x'."
    )


def test_a_version_may_be_3_0(tmp_path: Path) -> None:
    lines = "policy_id,version,effective_on\n1234.0,300.0,2025-01-01\n"
    got = receive(tmp_path, File("policies", "p.csv", lines))
    assert got.finding("decimal_ids").text == (
        "p.csv, column 'policy_id': 1 id such as '1234.0', as a spreadsheet rewrites numbers."
    )


def test_records_from_after_the_export(tmp_path: Path) -> None:
    days = ("2026-01-05", "2026-01-06", "2026-01-07", "2027-01-01")
    got = receive(tmp_path, completions(*(f"a@x,SEC-101,{on},completed," for on in days)))
    finding = got.finding("after_export")
    assert finding.text == (
        "2 records of lms.csv are dated after the day of the export (2026-01-05), up to 2027-01-01; rows 4, 5."
    )
    assert (finding.source_no, finding.row_no, finding.subject) == (1, 4, "a@x")


def test_each_file_is_asked_for_records_from_after_its_export(tmp_path: Path) -> None:
    """One day is no sign of a wrong clock, for there are other zones; and a leave may well lie ahead."""
    acks = "account,policy_id,acknowledged_at\nb@x,AUP,2026-02-02\na@x,AUP,2026-02-01\n"
    got = receive(
        tmp_path,
        File("leave", "l.csv", "person_id,start_date\nE1,2027-01-01\n"),
        completions("a@x,M,2026-01-06,completed,", "a@x,M,,not_started,"),
        File("completions", "open.csv", "account,module_id,completed_at,status\na@x,M,,not_started\n"),
        File("acknowledgements", "a.csv", acks),
    )
    finding = got.finding("after_export")
    assert finding.text == (
        "2 records of a.csv are dated after the day of the export (2026-01-05), up to 2026-02-02; rows 2, 3."
    )
    assert (finding.table, finding.source_no, finding.row_no, finding.subject) == ("acknowledgements", 4, 2, "b@x")


def test_of_several_files_of_people_those_in_which_nobody_leaves_are_told(tmp_path: Path) -> None:
    texts = {
        "left.csv": "1,intern,2024-01-01,2025-01-01",
        "all.csv": "2,intern,2024-01-01,",
        "bad.csv": "3,boss,2024-01-01,",  # of no row it is known
    }
    header = "person_id,worker_type,start_date,end_date\n"
    got = receive(tmp_path, *(File("people", name, header + line + "\n") for name, line in texts.items()))
    finding = got.finding("no_leavers")
    assert (finding.table, finding.subject, finding.source_no) == ("people", "all.csv", 2)


@pytest.mark.parametrize(
    ("table", "header", "line", "subject"),
    [
        ("people", "person_id,worker_type,start_date,end_date", "E1,intern,2024-01-01,2025-01-01", "E1"),
        ("acknowledgements", "account,policy_id,acknowledged_at", "a@x,AUP,2025-01-01", "a@x"),
    ],
)
def test_one_row_that_repeats_another_is_told_with_its_place(
    tmp_path: Path, table: str, header: str, line: str, subject: str
) -> None:
    finding = receive(tmp_path, File(table, "x.csv", f"{header}\n{line}\n{line}\n")).finding("identical_rows")
    assert finding.text == (
        f"{table}: 1 row repeating another in every column that is read, for example x.csv, row 3 ({subject}); nothing "
        "counts twice."
    )
    assert (finding.table, finding.subject, finding.source_no, finding.row_no) == (table, subject, 1, 3)


def test_identical_rows_are_kept_and_counted(tmp_path: Path) -> None:
    line = "a@x,SEC-101,2025-01-01,completed,"
    got = receive(tmp_path, completions(line, line, "a@x,SEC-101,2025-01-01,completed,90", line))
    finding = got.finding("identical_rows")
    assert finding.text.startswith(
        "completions: 2 rows repeating another in every column that is read, for example lms.csv, row 5 (a@x)"
    )
    assert (finding.source_no, finding.row_no) == (1, 5)
    assert got.intake.files[0].rows_used == 4


def test_rows_that_only_look_equal_in_a_first_glance_are_none_that_repeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "may_repeat", lambda *_: True)
    got = receive(tmp_path, completions("a@x,SEC-101,2025-01-01,completed,", "a@x,SEC-101,2025-01-01,completed,90"))
    assert "identical_rows" not in got.codes()


def test_a_file_that_is_mended_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path).replace(b"\xff", b""))
    bad = b"person_id,name,worker_type,start_date,end_date\nE1,A\xffda,employee,2024-01-01,\n"
    (problem,) = refusal(tmp_path, File("people", "people.csv", bad))
    assert (problem.what, problem.code) == ("it changed while it was read.", "changed_file")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("workbook_lib.intake.opening.digest", denied)
    (problem,) = refusal(tmp_path, people("E1,,employee,2024-01-01,"))
    assert (problem.where, problem.what, problem.code) == ("people.csv", "Permission denied.", "unreadable_file")


def test_a_column_of_many_different_texts_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook_lib.intake.mapping.Memo.LIMIT", 3)
    got = receive(tmp_path, people(*(f"E{n},,employee,2024-01-{n:02},2025-01-01" for n in range(1, 21))))
    assert [row[0] for row in got.rows("people")] == [f"E{n}" for n in range(1, 21)]


def test_a_policy_version_that_cannot_be_read_refuses_the_audit(tmp_path):
    folder = make(tmp_path, plus("policies", "AUP,2,2025-07-01,maybe"))
    with pytest.raises(UserError, match=r"policies\.csv, row 3, material: 'maybe'") as caught:
        perform(load_audit(folder))
    assert "it is not known which acknowledgements count" in str(caught.value)
    (problem,) = caught.value.problems
    assert problem.what == "'maybe' is neither true nor false; expected true, yes, 1, false, no, 0."
    assert problem.code == "unread_policy"


def test_a_closing_line_of_a_policies_export_is_no_version(tmp_path):
    paper = perform(load_audit(make(tmp_path, plus("policies", "Total: 1 row,,,"))))
    assert [(row.table, row.code) for row in paper.quarantine] == [("policies", "trailer")]
