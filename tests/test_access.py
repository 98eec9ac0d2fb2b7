"""P14, training before access: each grant of the period against the records up to its day, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from folders import AUDIT, SOUND, make, plus, without

from workbook_lib.audit import load_audit
from workbook_lib.procedures import Outcome, Result
from workbook_lib.workpaper import Workpaper, perform

HEADER = "account,granted_on,system\n"


def performed(folder: Path, *grants: str, changes: dict[str, str | None] | None = None) -> tuple[Workpaper, Result]:
    paper = perform(load_audit(make(folder, {"access": HEADER + "\n".join(grants) + "\n", **(changes or {})}, AUDIT)))
    return paper, next(result for result in paper.results if result.procedure.id == "P14")


def listed(paper: Workpaper, result: Result) -> list[list[tuple[object, ...]]]:
    """Of each check the rows of its listing, without the name of the person."""
    found = [paper.rows(check.listing) for check in result.checks]
    return [[(row[0], *row[2:]) if no < 2 else row for row in rows] for no, rows in enumerate(found)]


def test_without_a_table_of_access_it_is_not_performed(tmp_path: Path) -> None:
    paper = perform(load_audit(make(tmp_path)))
    result = next(result for result in paper.results if result.procedure.id == "P14")
    assert (result.outcome, result.says) == (Outcome.NOT_PERFORMED, "No source says who was given access to what.")


def test_grants_of_other_days_only_are_no_test(tmp_path: Path) -> None:
    _, result = performed(tmp_path, "bo@acme.example,2026-01-02,vpn")
    assert (result.outcome, result.says) == (Outcome.NOT_PERFORMED, "No access was granted on a judged day.")


def test_access_before_the_first_training_is_an_exception_for_as_many_days(tmp_path: Path) -> None:
    # Bo joined on 3 March, accepted the policy on the 5th and did the training on the 20th.
    paper, result = performed(tmp_path, "Bo@acme.example,2025-03-03,vpn", "E2,2025-03-19,crm", "E2,2025-03-20,erp")
    day = date(2025, 3, 20)
    assert listed(paper, result) == [
        [
            ("E2", "vpn", date(2025, 3, 3), "awareness", None, day, 17),
            ("E2", "vpn", date(2025, 3, 3), "policy", None, date(2025, 3, 5), 2),
            ("E2", "crm", date(2025, 3, 19), "awareness", None, day, 1),
        ],
        [],
        [],
    ]
    assert paper.frame(result.checks[0].listing).columns[-1] == "days_without_cover"
    assert (result.outcome, result.tested, result.exceptions) == (Outcome.EXCEPTIONS, 6, 3)
    assert result.says.startswith(
        "6 requirements applied to the people who were given access: 3 were not covered on the day of the grant (3 not "
        "completed by then, 0 lapsed). Of 3 grants on judged days 3 were tested,"
    )


def test_access_in_cover_is_none(tmp_path: Path) -> None:
    _, result = performed(tmp_path, "E1,2025-01-01,vpn", "E1,2025-12-31,vpn", "cy@agency.example,2025-05-19,crm")
    assert (result.outcome, result.tested, result.exceptions) == (Outcome.NO_EXCEPTIONS, 8, 0)


def test_the_last_day_of_cover_is_in_time_and_the_day_after_is_lapsed(tmp_path: Path) -> None:
    # Ada's training of 2 December 2024 covers up to 1 December 2025; that of 20 November is taken away.
    paper, result = performed(
        tmp_path, "E1,2025-12-01,vpn", "E1,2025-12-02,vpn", changes=without("completions", "2025-11-20")
    )
    never, lapsed, _ = listed(paper, result)
    assert never == []
    # Known are the days up to 4 January: 2 December to 4 January are 34 days.
    assert lapsed == [("E1", "vpn", date(2025, 12, 2), "awareness", date(2024, 12, 2), None, 34)]
    assert result.exceptions == 1


def test_access_before_the_first_working_day_is_held_against_the_requirements_of_that_day(tmp_path: Path) -> None:
    paper, result = performed(tmp_path, "E2,2025-02-20,vpn")
    never, _, _ = listed(paper, result)
    assert [(row[3], row[-1]) for row in never] == [("awareness", 28), ("policy", 13)]


def test_training_before_the_first_working_day_precedes_access(tmp_path: Path) -> None:
    changes = plus("completions", "bo@acme.example,SEC-101,2025-02-19T09:00:00Z,completed,,30")
    paper, result = performed(tmp_path, "E2,2025-02-20,vpn", changes=changes)
    assert [row[3] for row in listed(paper, result)[0]] == ["policy"]


def test_a_role_that_came_later_is_not_asked_of_an_earlier_grant(tmp_path: Path) -> None:
    people = "E2,Bo,bo@acme.example,employee,Sales,2025-03-03,"
    moved = "E2,Bo,bo@acme.example,employee,Sales,2025-03-03,2025-06-30\nE2,Bo,bo@acme.example,employee,Engineer,2025-07-01,"
    changes = {"people": SOUND["people"].replace(people, moved)}
    paper, result = performed(tmp_path, "E2,2025-06-30,crm", "E2,2025-07-01,git", changes=changes)
    assert [(row[1], row[3]) for row in listed(paper, result)[0]] == [("git", "coding")]


def test_nobody_is_dropped(tmp_path: Path) -> None:
    changes = plus("people", "E7,Gil,gil@acme.example,employee,Sales,no date,")
    changes["decisions"] = (
        "decision_id,kind,decided_by,account,reason,reason_code\n"
        "D1,exclude,grc@acme.example,svc-backup,runs at night,service account\n"
    )
    paper, result = performed(
        tmp_path,
        "ghost@acme.example,2025-04-01,vpn",  # nobody's
        "gil@acme.example,2025-04-02,vpn",  # of a person who cannot be judged
        "di@acme.example,2025-08-01,vpn",  # who left in June
        "svc-backup,2025-04-03,vpn",  # excluded by a decision
        "E1,2024-04-03,vpn",  # before the period
        "E1,2025-04-03,vpn",
        changes=changes,
    )
    assert listed(paper, result)[2] == [
        ("ghost@acme.example", "vpn", date(2025, 4, 1), "cannot be given to one person in the people export"),
        ("gil@acme.example", "vpn", date(2025, 4, 2), "a row of this person cannot be read"),
    ]
    assert (result.outcome, result.tested, result.exceptions) == (Outcome.EXCEPTIONS, 3, 0)
    assert result.says == (
        "3 requirements applied to the people who were given access: 0 were not covered on the day of the grant (0 not "
        "completed by then, 0 lapsed). Of 4 grants on judged days 1 was tested, 2 are to nobody who can be judged, and "
        "1 to somebody to whom no requirement applied. Left out: 2 grants of other days or to excluded accounts."
    )


def test_a_grant_to_somebody_with_a_row_of_each_kind_counts_once(tmp_path: Path) -> None:
    changes = plus("people", "E1,Ada,ada@acme.example,employee,Engineer,,")
    paper, result = performed(tmp_path, "E1,2025-04-03,vpn", "E2,2025-04-03,vpn", changes=changes)
    assert [row[0] for row in listed(paper, result)[2]] == ["E1"]
    assert "Of 2 grants on judged days 1 was tested, 1 is to nobody who can be judged, and 0 to somebody" in result.says
    assert result.tested == 2


def test_where_nothing_was_required_nothing_was_tested(tmp_path: Path) -> None:
    _, result = performed(tmp_path, "E9,2025-07-03,vpn")
    assert result.outcome == Outcome.NOT_PERFORMED
    assert result.says == "No requirement applied to anybody who was given access on a judged day."


def test_a_row_that_cannot_be_read_is_quarantined_and_counted(tmp_path: Path) -> None:
    paper, result = performed(tmp_path, "E1,31/02/2025,vpn", "E1,2025-04-03,vpn")
    assert [(row.table, row.row_no) for row in paper.quarantine] == [("access", 2)]
    assert result.tested == 3


@pytest.mark.parametrize("as_of", [date(2025, 3, 10), date(2025, 3, 19)])
def test_an_earlier_as_of_day_knows_no_later_record(tmp_path: Path, as_of: date) -> None:
    audit = load_audit(make(tmp_path, {"access": HEADER + "E2,2025-03-03,vpn\n"}, AUDIT))
    paper = perform(audit, as_of=as_of)
    result = next(result for result in paper.results if result.procedure.id == "P14")
    assert [row[-1] for row in listed(paper, result)[0]] == [(as_of - date(2025, 3, 3)).days + 1, 2]
