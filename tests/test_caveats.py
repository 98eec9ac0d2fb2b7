"""What a reader should know about the data; each remark is made for its defect and for nothing else."""

from __future__ import annotations

import pytest
from folders import AUDIT, SOUND, make, plus, without

from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

CAMPAIGN = AUDIT.replace("renewal = { every_months = 12 }", 'renewal = { due = "10-31", opens = "09-01" }', 1)
DEFECTS = {
    "overlapping_rows": (
        plus("people", "E1,Ada,ada@acme.example,employee,Engineer,2024-01-01,"),
        "E1 that starts on 2024-01-01",
    ),
    "unknown_version": (plus("acknowledgements", "bo@acme.example,AUP,9,2025-05-05,acknowledged"), "version 9 of AUP"),
    "open_leave_with_records": (
        {"leave": "person_id,start_date,end_date\nE2,2025-03-10,\n"},
        "E2 is on leave since 2025-03-10",
    ),
}


def caveats(folder, changes=None, audit=AUDIT):
    return {finding.code: finding for finding in perform(load_audit(make(folder, changes, audit))).findings}


def test_a_sound_company_with_roles_gets_the_warning_about_roles_alone(tmp_path):
    assert set(caveats(tmp_path)) == {"roles_without_history"}


@pytest.mark.parametrize(("code", "changes", "says"), [(code, *rest) for code, rest in DEFECTS.items()], ids=DEFECTS)
def test_each_defect_is_remarked(tmp_path, code, changes, says):
    assert says in caveats(tmp_path, changes)[code].text


def test_a_slip_in_the_audit_is_remarked(tmp_path):
    found = caveats(tmp_path, audit=AUDIT.replace('["Engineer"]', '["Enginer"]').replace('["DEV-7"]', '["DEV-8"]'))
    assert "role 'Enginer', which nobody has" in found["value_of_nobody"].text
    assert "accepts module 'DEV-8'" in found["module_of_nobody"].text


def test_what_the_audit_names_already_is_not_proposed_instead(tmp_path):
    audit = AUDIT.replace('["DEV-7"]', '["DEV-7", "DEV-8"]').replace('["Engineer"]', '["Engineer", "Engineer 2"]')
    found = caveats(tmp_path, audit=audit)
    assert "module 'DEV-8', which no record and no list names." in found["module_of_nobody"].text
    assert "role 'Engineer 2', which nobody has." in found["value_of_nobody"].text


LATE = without("completions", ",2024-")


def test_records_that_begin_inside_the_period_are_remarked_unless_somebody_says_since_when(tmp_path):
    folder = make(tmp_path, LATE)
    says = {finding.code: finding.text for finding in perform(load_audit(folder)).findings}["records_begin_late"]
    assert says.startswith(
        "The first training record is of 2025-03-20, after the period began, and 4 exceptions were due"
    )
    toml = (folder / "audit.toml").read_text()
    (folder / "audit.toml").write_text(
        toml.replace('file = "completions.csv"', 'file = "completions.csv"\ncovers_from = 2025-03-01')
    )
    assert "records_begin_late" not in {finding.code for finding in perform(load_audit(folder)).findings}


def test_training_before_the_window_of_a_campaign_is_remarked(tmp_path):
    records = SOUND["completions"].replace("2024-12-02", "2024-09-02").replace("2025-11-20", "2025-08-20")
    paper = perform(load_audit(make(tmp_path, {"completions": records}, CAMPAIGN)))
    early = {finding.subject: finding.text for finding in paper.findings if finding.code == "too_early_for_campaign"}
    assert set(early) == {"C1", "E1", "E2"}
    assert "on 2025-08-20, before the window of the campaign due on 2025-10-31" in early["E1"]


def test_leave_extracted_before_the_judged_days_end_is_remarked(tmp_path):
    folder = make(tmp_path, {"leave": "person_id,start_date,end_date\nE9,2025-02-10,2025-02-20\n"})
    toml = (folder / "audit.toml").read_text()
    toml = toml.replace(
        'file = "leave.csv"\nextracted_on = 2026-01-05', 'file = "leave.csv"\nextracted_on = 2025-11-01'
    )
    (folder / "audit.toml").write_text(toml)
    codes = {finding.code: finding.text for finding in perform(load_audit(folder)).findings}
    assert "leave.csv was extracted on 2025-11-01" in codes["early_extract"]


def test_a_row_that_could_not_be_read_is_named_beside_the_verdicts_of_its_person(tmp_path):
    broken = plus("completions", "BO@acme.example,SEC-101,31/02/2025,completed,,30", "ghost,SEC-101,x,completed,,30")
    paper = perform(load_audit(make(tmp_path, broken)))
    beside = {(row["person_id"], "could not be used: completions.csv, row 10." in row["why"]) for row in paper.verdicts}
    assert beside == {("E1", False), ("E2", True), ("C1", False), ("E9", False)}


def test_a_leave_row_that_could_not_be_read_puts_nobody_into_a_training_system(tmp_path):
    people = plus("people", "E5,Eve,eve@acme.example,employee,Sales,2025-01-02,2025-01-20")
    paper = perform(load_audit(make(tmp_path, people | {"leave": "person_id,start_date,end_date\nE5,oops,\n"})))
    population = next(result for result in paper.results if result.procedure.id == "P1")
    assert "1 of 5 people in the population is in no training" in population.says
