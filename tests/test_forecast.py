"""The look ahead to the period's end: what the product says of the future is what it says once that future has come."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from companies import earlier_day, random_company, write
from folders import AUDIT, SOUND, make, plus, without
from oracle_forecast import Forecast, foresee

from workbook_lib import forecast as forecasting
from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.workpaper import Workpaper, perform

END = date(2025, 12, 31)
SEEDS = range(1, 5)
SIZE = 40


def looked_ahead(
    folder: Path, as_of: date, audit: str = AUDIT, changes: dict[str, str | None] | None = None
) -> Workpaper:
    paper = perform(load_audit(make(folder, changes, audit)), as_of=as_of)
    paper.look_ahead()
    return paper


def forecast(paper: Workpaper) -> dict[tuple[str, str], tuple[str | None, str, str, date | None]]:
    """(person, requirement) → verdict so far, if nobody, if everybody; the day on which it turns."""
    rows = paper.rows(
        "SELECT person_id, requirement_id, so_far, if_nobody, if_everybody, turns_on FROM forecast "
        "JOIN person USING (person_no) JOIN requirement USING (requirement_no)"
    )
    return {(row[0], row[1]): tuple(row[2:]) for row in rows}


def foretold(engine: Engine) -> Forecast:
    """As the oracle has it."""
    named = "JOIN person USING (person_no) JOIN requirement USING (requirement_no)"
    rows = engine.rows(
        "SELECT person_id, requirement_id, COALESCE(so_far, ''), if_nobody, if_everybody, "
        f"COALESCE(CAST(turns_on AS VARCHAR), '') FROM forecast {named}"
    )
    found: Forecast = {(row[0], row[1]): (*row[2:], []) for row in rows}
    assert len(found) == len(rows), "one line for each duty"
    query = f"SELECT person_id, requirement_id, CAST(done_on AS VARCHAR) FROM assumed {named} ORDER BY 3"
    for person, requirement, day in engine.rows(query):
        found[person, requirement][4].append(day)
    return found


def assumed(paper: Workpaper) -> list[tuple[str, str, date]]:
    return paper.rows(
        "SELECT person_id, requirement_id, done_on FROM assumed "
        "JOIN person USING (person_no) JOIN requirement USING (requirement_no) ORDER BY 1, 2, 3"
    )


def verdicts(paper: Workpaper) -> dict[tuple[str, str], str]:
    return {(row["person_id"], row["requirement_id"]): row["verdict"] for row in paper.verdicts}


def test_the_sound_company_by_hand(tmp_path: Path) -> None:
    # As of 30 June 2025 Ada's training of 2 December 2024 and her coding of the 3rd must be renewed, and nobody else's.
    paper = looked_ahead(tmp_path, date(2025, 6, 30))
    assert assumed(paper) == [("E1", "awareness", date(2025, 12, 2)), ("E1", "coding", date(2025, 12, 3))]
    turning = {duty: found for duty, found in forecast(paper).items() if found[3]}
    assert turning == {
        ("E1", "awareness"): ("met", "missing", "met", date(2025, 12, 2)),
        ("E1", "coding"): ("met", "missing", "met", date(2025, 12, 3)),
    }


def test_what_is_overdue_is_made_up_on_the_first_unknown_day_and_stays_late(tmp_path: Path) -> None:
    # Bo had to be trained by 2 April and never was.
    paper = looked_ahead(tmp_path, date(2025, 6, 30), changes=without("completions", "2025-03-20"))
    assert ("E2", "awareness", date(2025, 7, 1)) in assumed(paper)
    assert forecast(paper)["E2", "awareness"] == ("missing", "missing", "late", None)


def test_a_renewal_of_the_renewal_is_assumed_too(tmp_path: Path) -> None:
    paper = looked_ahead(tmp_path, date(2025, 9, 30), AUDIT.replace("every_months = 12", "every_months = 1"))
    ada = [day for person, requirement, day in assumed(paper) if (person, requirement) == ("E1", "awareness")]
    assert ada == [date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1)]


def test_one_completion_makes_up_for_two_gaps(tmp_path: Path) -> None:
    # Bo is overdue; a leave from 5 July to 1 August excuses up to 31 August, and on 1 September the gap would go on.
    leave = {"leave": "person_id,start_date,end_date\nE2,2025-07-05,2025-08-01\n"}
    paper = looked_ahead(tmp_path, date(2025, 6, 30), changes=without("completions", "2025-03-20") | leave)
    assert [day for person, requirement, day in assumed(paper) if requirement == "awareness" and person == "E2"] == [
        date(2025, 7, 1)
    ]


def test_a_policy_version_to_come_asks_for_another_acknowledgement(tmp_path: Path) -> None:
    paper = looked_ahead(tmp_path, date(2025, 6, 30), changes=plus("policies", "AUP,2,2025-08-01,true"))
    assert [row for row in assumed(paper) if row[1] == "policy"] == [
        (person, "policy", date(2025, 8, 31)) for person in ("C1", "E1", "E2")
    ]
    assert {found[1:3] for duty, found in forecast(paper).items() if duty[1] == "policy" and duty[0] != "E9"} == {
        ("missing", "met")
    }


@pytest.mark.parametrize(
    ("as_of", "days"),
    [
        (date(2025, 7, 30), [date(2025, 7, 31), date(2025, 8, 31)]),  # on the last day of version 1, and for version 2
        (date(2025, 7, 31), [date(2025, 8, 1)]),  # on the first day of version 2
    ],
)
def test_what_is_made_up_counts_for_the_version_of_its_day(tmp_path: Path, as_of: date, days: list[date]) -> None:
    # Bo had to acknowledge by 2 April and never did.
    changes = plus("policies", "AUP,2,2025-08-01,true") | without("acknowledgements", "bo@acme.example")
    paper = looked_ahead(tmp_path, as_of, changes=changes)
    assert [day for person, requirement, day in assumed(paper) if (person, requirement) == ("E2", "policy")] == days


def test_people_who_are_known_to_come_are_in_and_have_no_verdict_so_far(tmp_path: Path) -> None:
    changes = plus("people", "E7,Jo,jo@acme.example,employee,Sales,2025-09-01,")
    paper = looked_ahead(tmp_path, date(2025, 6, 30), changes=changes)
    assert forecast(paper)["E7", "awareness"] == (None, "missing", "met", date(2025, 10, 1))


@pytest.mark.parametrize("as_of", [END, date(2026, 1, 4)])
def test_at_the_end_of_the_period_all_three_are_the_result(tmp_path: Path, as_of: date) -> None:
    changes = without("completions", "2025-03-20", "2025-11-20")
    paper = looked_ahead(tmp_path, as_of, changes=changes)
    assert assumed(paper) == []
    assert {duty: found[0] for duty, found in forecast(paper).items()} == verdicts(paper)
    assert all(found[0] == found[1] == found[2] and found[3] is None for found in forecast(paper).values())


@pytest.mark.parametrize("seed", SEEDS)
def test_of_random_companies_the_oracle_foresees_the_same(tmp_path: Path, seed: int) -> None:
    company = random_company(seed, SIZE)
    paper = perform(load_audit(write(company, tmp_path / "audit")), as_of=earlier_day(company, seed))
    paper.look_ahead()
    expected, given = foresee(company, "P", earlier_day(company, seed)), foretold(paper.engine)
    odd = {duty: (expected.get(duty), given.get(duty)) for duty in expected | given}
    assert not {duty: pair for duty, pair in odd.items() if pair[0] != pair[1]}, "(oracle, product)"
    assert any(found[3] for found in expected.values()), "something turns"
    assert {duty: found[0] for duty, found in expected.items() if found[0]} == verdicts(paper)


def test_the_future_as_it_comes(tmp_path: Path) -> None:
    """Records up to July; what was foretold is what is judged in January without more records, and with those assumed."""
    day = date(2025, 7, 31)
    early = {name: known_by(name, day) for name in ("completions", "acknowledgements")}
    early |= plus("policies", "AUP,2,2025-08-01,true") | {
        "decisions": "decision_id,kind,decided_by,person_id,requirement_id,approved_on,new_due_on,reason,approved_by\n"
        "D1,extend,grc@acme.example,E1,awareness,2025-07-01,2025-12-20,busy,ciso@acme.example\n",
        "leave": "person_id,start_date,end_date,kind\nC1,2025-08-20,2025-10-10,parental\n",
    }
    paper = looked_ahead(tmp_path / "july", day, changes=early)
    told, more = forecast(paper), assumed(paper)
    assert ("E1", "awareness", date(2025, 12, 20)) in more
    nothing_came = perform(load_audit(tmp_path / "july"), as_of=END)
    assert verdicts(nothing_came) == {duty: found[1] for duty, found in told.items()}
    module = {"awareness": "SEC-101", "coding": "DEV-7"}
    records = [f"{who},{module[what]},{on},passed,,30" for who, what, on in more if what in module]
    answers = [f"{who},AUP,,{on},acknowledged" for who, what, on in more if what == "policy"]
    later: dict[str, Any] = early | {
        "completions": early["completions"] + "".join(f"{line}\n" for line in records),
        "acknowledgements": early["acknowledgements"] + "".join(f"{line}\n" for line in answers),
    }
    all_came = perform(load_audit(make(tmp_path / "january", later)), as_of=END)
    assert verdicts(all_came) == {duty: found[2] for duty, found in told.items()}


def known_by(table: str, day: date) -> str:
    """The sound export as it was on a day."""
    head, *lines = SOUND[table].splitlines(keepends=True)
    when = head.split(",").index({"completions": "completed_at", "acknowledgements": "acknowledged_at"}[table])
    return head + "".join(line for line in lines if line.split(",")[when][:10] <= day.isoformat())


def test_what_covers_nothing_is_not_assumed_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = "SELECT person_no, requirement_no, done_on FROM main.valid_completion"
    texts = forecasting._text
    monkeypatch.setattr(
        forecasting, "_text", lambda name: known if name == "forecast/valid_completion" else texts(name)
    )
    with pytest.raises(AssertionError, match="covers nothing"):
        looked_ahead(tmp_path, date(2025, 7, 30))
