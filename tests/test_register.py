"""Decisions: who may decide what; what breaks that is quarantined and has no effect."""

from __future__ import annotations

import re

import pytest
from folders import make, plus, without

from workbook_lib.audit import load_audit
from workbook_lib.register import FILE, append
from workbook_lib.workpaper import perform

HEADER = "decision_id,kind,decided_by,person_id,requirement_id,account,due_on,approved_on,new_due_on,reason,approved_by,withdraws"
#: Ada's awareness training lapses on 2025-12-02 once its repetition is taken away.
LAPSED = without("completions", "2025-11-20")
#: The training system says whose account this is.
KNOWN = plus("accounts", "u1,E1,Ada,true")


def decided(tmp_path, *lines: str):
    return perform(load_audit(make(tmp_path, LAPSED | KNOWN | {"decisions": "\n".join([HEADER, *lines]) + "\n"})))


def ada(paper):
    return next(row for row in paper.verdicts if (row["person_id"], row["requirement_id"]) == ("E1", "awareness"))


EXPLAIN = "D1,explain,grc@acme.example,E1,awareness,,2025-12-02,,,outage,,"
EXTEND = "D1,extend,grc@acme.example,E1,awareness,,,2025-11-25,2026-01-31,long leave,ciso@acme.example,"


def test_without_a_decision_the_training_lapses(tmp_path):
    assert ada(decided(tmp_path, EXPLAIN.replace("E1", "E2")))["gap_days"] == 30


def test_an_extension_approved_before_the_due_day_excuses(tmp_path):
    paper = decided(tmp_path, EXTEND)
    assert (ada(paper)["verdict"], ada(paper)["gap_days"]) == ("met", 0)
    assert "30 excused days" in ada(paper)["why"]
    assert not [finding for finding in paper.findings if finding.table == "decisions"]  # none is said to be dated back


def test_days_before_the_approval_stay_a_gap(tmp_path):
    assert ada(decided(tmp_path, EXTEND.replace("2025-11-25", "2025-12-12")))["gap_days"] == 10


def test_a_withdrawn_extension_excuses_nothing_as_if_it_had_never_been(tmp_path):
    withdrawal = "D2,withdraw,grc@acme.example,,,,,,,mistake,,D1"
    paper = decided(tmp_path, EXTEND, withdrawal)
    assert ada(paper)["gap_days"] == 30
    assert "decision_fits_nothing" not in [finding.code for finding in paper.findings]


def test_a_withdrawal_of_what_is_not_recorded_is_reported(tmp_path):
    paper = decided(tmp_path, "D2,withdraw,grc@acme.example,,,,,,,mistake,,D1")
    (finding,) = [finding for finding in paper.findings if finding.code == "decision_fits_nothing"]
    assert (finding.subject, "decision D1, which is not recorded" in finding.text) == ("D2", True)


def test_a_withdrawal_cannot_be_withdrawn(tmp_path):
    paper = decided(
        tmp_path, EXTEND, "D2,withdraw,g@acme.example,,,,,,,oops,,D1", "D3,withdraw,g@acme.example,,,,,,,oops,,D2"
    )
    assert ada(paper)["gap_days"] == 30
    assert [(row.code, row.row_no) for row in paper.quarantine] == [("withdraws_withdrawal", 4)]


@pytest.mark.parametrize("approved_by", ["boss", "grc@acme.example"])
def test_a_row_that_may_not_stand_says_nothing_of_the_decision_with_its_id(tmp_path, approved_by):
    """It is refused for its approver, or as it repeats the id."""
    paper = decided(
        tmp_path,
        EXTEND,
        f"D1,withdraw,grc@acme.example,,,,,,,oops,{approved_by},D9",
        "D2,withdraw,grc@acme.example,,,,,,,oops,,D1",
    )
    assert [row.row_no for row in paper.quarantine if row.table == "decisions"] == [3]
    assert ada(paper)["gap_days"] == 30


def test_only_a_withdrawal_is_asked_what_it_withdraws(tmp_path):
    paper = decided(tmp_path, "D2,withdraw,g@acme.example,,,,,,,oops,,D1", EXTEND + "D2")
    assert [row.code for row in paper.quarantine] == []
    assert paper.rows("SELECT decision_id, withdrawn FROM decision ORDER BY decision_id") == [("D1", 1), ("D2", 0)]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (EXTEND.replace("grc@", "Ada@"), "decided_by", "own_decision"),
        (EXTEND.replace("grc@acme.example", "e1"), "decided_by", "own_decision"),
        (EXTEND.replace("ciso@", "grc@"), "approved_by", "own_approval"),
        (EXTEND.replace("ciso@", "ADA@"), "approved_by", "own_approval"),
        (EXTEND.replace("grc@acme.example", "E2").replace("ciso@", "bo@"), "approved_by", "own_approval"),
        (EXTEND.replace("ciso@acme.example", ""), "approved_by", "missing_value"),
        (EXTEND.replace("2026-01-31", ""), "new_due_on", "missing_value"),
        ("D1,exclude,grc@acme.example,,,,,,,test user,,", "account", "missing_value"),
        ("D1,exclude,grc@acme.example,,,GRC@acme.example,,,,test user,,", "decided_by", "own_decision"),
        ("D1,exclude,E1,,,Ada@acme.example,,,,test user,,", "decided_by", "own_decision"),
        ("D1,link,E1,E2,,ada@acme.example,,,,she has it,,", "decided_by", "own_decision"),
        ("D1,exclude,E1,,,u1,,,,duplicate,,", "decided_by", "own_decision"),
        (EXTEND.replace("grc@acme.example", "U1"), "decided_by", "own_decision"),
        (EXTEND.replace("ciso@acme.example", "u1"), "approved_by", "own_approval"),
        ("D1,exclude,grc@acme.example,,,ada@acme.example,,,,test user,E1,", "approved_by", "own_approval"),
    ],
)
def test_a_decision_that_may_not_stand_is_quarantined_and_has_no_effect(tmp_path, line, column, code):
    paper = decided(tmp_path, line)
    row = paper.quarantine[0]
    assert (row.table, row.file, row.row_no, row.column, row.code) == ("decisions", "decisions.csv", 2, column, code)
    assert "no effect" in row.message
    _, _, _, person, _, account, *_ = line.split(",")
    assert row.subject == (person or account)
    assert (row.value == "") == (code == "missing_value")
    assert ada(paper)["gap_days"] == 30
    file = next(file for file in paper.files if file.table == "decisions")
    assert (file.rows_read, file.rows_used, file.rows_quarantined) == (1, 0, 1)


def test_decisions_of_several_files_need_no_ids(tmp_path):
    """In each of them the second line holds the first decision."""
    lines = {"decisions.csv": EXPLAIN.replace("D1", ""), "more.csv": EXPLAIN.replace("D1", "").replace("E1", "E2")}
    folder = make(tmp_path, LAPSED | {"decisions": f"{HEADER}\n{lines['decisions.csv']}\n"})
    (folder / "more.csv").write_text(f"{HEADER}\n{lines['more.csv']}\n")
    audit = (folder / "audit.toml").read_text()
    source = '\n[[source]]\ntable = "decisions"\nfile = "more.csv"\nextracted_on = 2026-01-05\n'
    (folder / "audit.toml").write_text(audit + source)
    paper = perform(load_audit(folder))
    assert not paper.quarantine
    assert paper.rows("SELECT decision_id, person_id FROM decision ORDER BY 2") == [
        ("decisions.csv row 2", "E1"),
        ("more.csv row 2", "E2"),
    ]


def test_an_entry_of_the_register_that_makes_no_sense_is_quarantined_there(tmp_path):
    folder = make(tmp_path, LAPSED)
    entry = {"kind": "explain", "decided_by": "grc@acme.example", "person_id": "E1", "requirement_id": "awareness"}
    entries = entry | {"decision_id": "D1", "kind": "forgive"}, entry | {"decision_id": "D2", "due_on": "soon"}
    append(folder / "register.sqlite", entries)
    paper = perform(load_audit(folder))
    assert [(row.file, row.row_no, row.column, row.code, row.subject) for row in paper.quarantine] == [
        ("register.sqlite", 1, "kind", "unknown_word", "E1"),
        ("register.sqlite", 2, "due_on", "missing_value", "E1"),
    ]
    assert (paper.quarantine[0].sheet, paper.quarantine[0].value, paper.quarantine[0].refused) == ("", "forgive", True)
    assert paper.quarantine[0].raw == (
        "decision_id=D1, kind=forgive, decided_by=grc@acme.example, person_id=E1, requirement_id=awareness"
    )
    assert ada(paper)["gap_days"] == 30


def test_the_second_of_two_decisions_with_one_id_is_quarantined(tmp_path):
    paper = decided(tmp_path, EXPLAIN, EXPLAIN.replace("outage", "another"))
    assert [(row.code, row.row_no) for row in paper.quarantine] == [("repeated_id", 3)]


@pytest.mark.parametrize(
    ("line", "subject", "says"),
    [
        (EXPLAIN.replace("E1", "E77"), "D1", "person E77, whom no people export names"),
        (
            EXPLAIN.replace("D1", "").replace("E1", "E77"),
            "decisions.csv row 2",
            "person E77, whom no people export names",
        ),
        (EXPLAIN.replace("awareness", "awarness"), "D1", "requirement awarness, which audit.toml does not have"),
        ("D2,withdraw,grc@acme.example,,,,,,,mistake,,D9", "D2", "decision D9, which is not recorded"),
    ],
)
def test_a_decision_that_fits_nothing_is_reported(tmp_path, line, subject, says):
    paper = decided(tmp_path, line)
    (finding,) = (finding for finding in paper.findings if finding.code == "decision_fits_nothing")
    source_no = next(file.source_no for file in paper.files if file.table == "decisions")
    assert finding.text.startswith(f"Decision {subject} (")
    assert says in finding.text
    assert (finding.table, finding.subject) == ("decisions", subject)
    assert (finding.source_no, finding.row_no) == (source_no, 2)


@pytest.mark.parametrize(("zone", "dated_back"), [("America/New_York", False), ("Europe/Berlin", True)])
def test_the_day_of_a_record_is_that_of_the_audits_zone(tmp_path, zone, dated_back):
    """Approved in New York on the evening of the fifth, and recorded at once, when it was the sixth in Europe."""
    folder = make(tmp_path, LAPSED)
    text = (folder / "audit.toml").read_text()
    (folder / "audit.toml").write_text(re.sub('time_zone = ".*"', f'time_zone = "{zone}"', text))
    said = {
        "decision_id": "D1",
        "kind": "extend",
        "decided_by": "grc@acme.example",
        "person_id": "E1",
        "reason": "leave",
    }
    said |= {"requirement_id": "awareness", "approved_by": "ciso@acme.example", "new_due_on": "2026-02-01"}
    append(folder / FILE, [said | {"approved_on": "2026-01-05", "recorded_at": "2026-01-06T02:00:00+00:00"}])
    found = {finding.code for finding in perform(load_audit(folder)).findings}
    assert ("dated_back" in found) is dated_back


def test_an_excluded_person_is_not_judged_and_stays_in_the_table_of_decisions(tmp_path):
    paper = decided(tmp_path, "D1,exclude,grc@acme.example,E1,,,,,,test user,,")
    assert not [row for row in paper.verdicts if row["person_id"] == "E1"]
    assert paper.rows("SELECT person_id FROM decision WHERE kind = 'exclude'") == [("E1",)]


def test_a_decision_of_a_kind_that_is_not_known_here_has_no_effect(tmp_path):
    """A register may come from a newer version of the workbook."""
    make(tmp_path, LAPSED)
    said = {"decided_by": "grc@acme.example", "person_id": "E1", "requirement_id": "awareness"}
    append(tmp_path / FILE, [{"decision_id": "D1", "kind": "forgive", **said}])
    paper = perform(load_audit(tmp_path))
    (row,) = paper.quarantine
    assert (row.file, row.row_no, row.column, row.value, row.code) == (FILE, 1, "kind", "forgive", "unknown_word")
    assert (row.sheet, row.by_rule, row.refused) == ("", False, True)
    assert "known: explain, extend, link, exclude, withdraw; the decision has no effect." in row.message
    assert ada(paper)["gap_days"] == 30
