"""The five readings of "annual": against a program that goes day by day, and against examples worked out by hand.

READINGS_PEOPLE=20000 raises the number of random people, ORACLE_SEED=7000 starts with another company.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from companies import Company, earlier_day, random_company, write
from oracle_readings import READINGS, Outcomes, explain, own_reading, read
from test_oracle import CAMPAIGN, POLICY, YEARLY, away, hired, policy, signed, small, trained

from workbook_lib import listings
from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.readings import Reading
from workbook_lib.workpaper import Workpaper, perform

SIZE = 60
FIRST_SEED = int(os.environ.get("ORACLE_SEED", "0"))
SEEDS = range(FIRST_SEED, FIRST_SEED + max(1, int(os.environ.get("READINGS_PEOPLE", "360")) // SIZE))

#: Person, requirement, reading, and what is said of it.
Line = tuple[Any, ...]
PASSES = """
SELECT person.person_id, requirement.requirement_id, reading.reading, reading.passes = 1, reading.is_own = 1 FROM reading
JOIN person ON person.person_no = reading.person_no
JOIN requirement ON requirement.requirement_no = reading.requirement_no"""
FLIPS = """
SELECT person.person_id, requirement.requirement_id, flip.reading, flip.why, flip.own_reading, flip.own_why FROM flip
JOIN person ON person.person_no = flip.person_no
JOIN requirement ON requirement.requirement_no = flip.requirement_no"""


def judged(company: Company, folder: Path, as_of: date | None = None) -> Workpaper:
    whole = replace(company, sources=[source for source in company.sources if source.rows])
    paper = perform(load_audit(write(whole, folder)), company.periods[0]["name"], as_of=as_of)
    paper.deepen()
    return paper


def outcomes(paper: Workpaper) -> Outcomes:
    rows = paper.rows(PASSES)
    found = {(person, requirement, reading): passes for person, requirement, reading, passes, _ in rows}
    assert len(found) == len(rows), "one line per person, requirement and reading"
    return found


# --- the product agrees with the program that goes day by day -----------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_product_and_oracle_agree(seed: int, tmp_path: Path) -> None:
    company = random_company(seed, SIZE)
    as_of = earlier_day(company, seed) if seed % 2 else None
    paper = judged(company, tmp_path / "company", as_of)
    expected, given = told(company, as_of), told_by(paper.engine)
    for ours, theirs in zip(expected, given, strict=True):
        assert sorted(set(ours) - set(theirs)) == sorted(set(theirs) - set(ours)) == [], "(oracle, product)"
        assert len(ours) == len(theirs), "one line per person, requirement and reading"


def told(company: Company, as_of: date | None) -> tuple[list[Line], list[Line]]:
    """By the oracle: each outcome; and those that are not the audit's own, both with what decides them."""
    passes, words = read(company, "P", as_of), explain(company, "P", as_of)
    own = {requirement["id"]: own_reading(requirement) for requirement in company.requirements}
    lines: list[Line] = [(*key, passes[key], key[2] == own[key[1]]) for key in passes]
    flips: list[Line] = []
    for person, requirement, reading in passes:
        mine = person, requirement, own[requirement]
        if passes[person, requirement, reading] != passes[mine]:
            flips.append((person, requirement, reading, words[person, requirement, reading], mine[2], words[mine]))
    return lines, flips


def told_by(engine: Engine) -> tuple[list[Line], list[Line]]:
    return engine.rows(PASSES), engine.rows(FLIPS)


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_the_own_reading_is_the_verdict(seed: int, tmp_path: Path) -> None:
    paper = judged(random_company(seed, SIZE), tmp_path / "company")
    verdicts = {(row["person_id"], row["requirement_id"]): row["verdict"] for row in paper.verdicts}
    own = [row for row in paper.rows(PASSES) if row[4]]
    assert own
    for person, requirement, _, passes, _ in own:
        assert verdicts[person, requirement] in (("met",) if passes else ("late", "missing"))


@cache
def flips() -> Counter[str]:
    """How often each reading turns the audit's own result, and which way."""
    found: Counter[str] = Counter()
    for seed in range(20):
        company = random_company(seed, SIZE)
        own = {requirement["id"]: own_reading(requirement) for requirement in company.requirements}
        passes = read(company, "P")
        for (person, requirement, reading), result in passes.items():
            if result != passes[person, requirement, own[requirement]]:
                found[f"{reading} {'passes' if result else 'fails'}"] += 1
    return found


@pytest.mark.parametrize(
    "turn",
    [
        *("rolling passes", "rolling fails", "trailing passes", "trailing fails"),
        *("in_period passes", "in_period fails", "anchored passes", "anchored fails"),
    ],
)
def test_random_companies_reach_every_turn(turn: str) -> None:
    assert flips()[turn] >= 10, flips()


def test_both_name_the_same_readings() -> None:
    assert tuple(Reading) == READINGS


# --- by hand ------------------------------------------------------------------------------------------------------

SIGNED = POLICY | {"renewal": {"every_months": 12}}
HALF = {"name": "2025", "start": date(2025, 1, 1), "end": date(2025, 6, 30)}

#: Requirement, facts, then the readings that the person passes; period 2025, exports up to 2026-02-28.
EXAMPLES: dict[str, tuple[tuple[Any, ...], set[str]]] = {
    # On 5 February 2024 for the last time before: covered to 4 February 2025. 5 February to 9 March are bare; on the last
    # day of the year the record of 10 March is there, and it is of the year.
    "late, and covered at the end": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-05"), trained("2025-03-10")),
        {"trailing", "in_period"},
    ),
    # 10 November 2024 is in the 3 months before 1 February 2025, on which the first cover ends: anchored it covers to
    # 31 January 2026. From its own day it ends on 9 November 2025.
    "renewed early": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-01"), trained("2024-11-10"), trained("2026-01-20")),
        {"anchored"},
    ),
    # A break of 19 days makes no new tenure: the cover that began before it goes on after it.
    "renewed early, and away for a short time": (
        (YEARLY, hired("2020-01-01", "2025-05-31"), hired("2025-06-20"), trained("2024-02-01"), trained("2024-11-10")),
        {"anchored"},
    ),
    # 30 days before the first day; it covers to 14 January 2025, and 20 October 2024 is in the 3 months before that.
    "renewed early after a record before the first day": (
        (YEARLY, hired("2024-02-14"), trained("2024-01-15"), trained("2024-10-20")),
        {"anchored"},
    ),
    # Anchored to 31 December 2025, on which the next record, and the last day of all, is.
    "renewed early, and once more on the last day": (
        (
            YEARLY,
            hired("2020-01-01", "2025-12-31"),
            trained("2023-12-31"),
            trained("2024-10-05"),
            trained("2025-12-31"),
        ),
        {"trailing", "in_period", "anchored"},
    ),
    # The chain of the tenure of now begins anew, whatever there was in an earlier one.
    "renewed early in a second tenure": (
        (
            *(YEARLY, hired("2015-01-01", "2018-12-31"), hired("2023-01-01")),
            *(trained("2016-01-01"), trained("2017-01-01"), trained("2024-02-01"), trained("2024-11-10")),
        ),
        {"anchored"},
    ),
    # On 10 December both versions: version 1 lapses on 4 January 2025, version 2 does not.
    "two versions acknowledged on one day": (
        (
            *(SIGNED, hired("2020-01-01"), policy("1", "2020-01-01"), policy("2", "2024-12-05")),
            *(signed("2024-01-10", "1"), signed("2024-12-10", "1"), signed("2024-12-10", "2")),
        ),
        {"anchored"},
    ),
    # The record of February 2024 came after the cover before it had ended, and starts from its own day.
    "renewed early after a late one": (
        (YEARLY, hired("2020-01-01"), trained("2022-01-10"), trained("2024-02-01"), trained("2024-11-10")),
        {"anchored"},
    ),
    # 3 months before 31 May 2024 is 29 February, clamped. A record on that day moves the end to 31 May 2025; from its own
    # day it covers to 27 February, as does, for both, one of the day before.
    "on the first day of the three months, clamped": (
        (YEARLY, hired("2020-01-01"), trained("2023-05-31"), trained("2024-02-29"), trained("2025-05-30")),
        {"trailing", "in_period", "anchored"},
    ),
    "on the day before the three months, clamped": (
        (YEARLY, hired("2020-01-01"), trained("2023-05-31"), trained("2024-02-28"), trained("2025-05-30")),
        {"trailing", "in_period"},
    ),
    # Two steps: 1 October 2023 → 1 October 2024; 5 July 2024 moves it to 1 October 2025; 2 July 2025 to 1 October 2026.
    # From their own days the two cover to 4 July 2025 and 1 July 2026 without a hole.
    "renewed early twice": (
        (YEARLY, hired("2020-01-01"), trained("2023-10-01"), trained("2024-07-05"), trained("2025-07-02")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # 15 December 2023 moves the end to 1 March 2025, so that 1 November 2024 is a month too early; it would not be before
    # 15 December 2024, the end from its own day. It covers to 31 October 2025, where the 10th of December is the last day.
    "too early for an end that was moved": (
        (
            YEARLY,
            hired("2020-01-01", "2025-12-10"),
            trained("2023-03-01"),
            trained("2023-12-15"),
            trained("2024-11-01"),
        ),
        set(),
    ),
    "completed on the last day of all": (
        (YEARLY, hired("2025-05-31", "2025-06-30"), trained("2025-06-30")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # 31 October 2024 is a day before the 3 months before 1 February 2025 begin: it counts from its own day.
    "a day too early for the anchor": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-01"), trained("2024-10-31")),
        set(),
    ),
    "on the first day of the anchor": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-01"), trained("2024-11-01")),
        {"anchored"},
    ),
    # On the day of e itself the previous cover has ended: it starts from its own day, which here is the same.
    "on the day of the end": (
        (YEARLY, hired("2020-01-01"), trained("2024-03-01"), trained("2025-03-01")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # 29 February 2024 + 12 months = 28 February 2025, which is no longer covered.
    "leap day, renewed a day late": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-29"), trained("2025-03-01")),
        {"trailing", "in_period"},
    ),
    # 29 February 2024 covers to 27 February 2025; 20 February is in the 3 months before: anchored to 28 February 2026.
    "leap day, renewed in time": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-29"), trained("2025-02-20")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # Only the last day has a record, and that day is the first covered one of the year.
    "completed on the last accountable day": (
        (YEARLY, hired("2020-01-01"), trained("2025-12-31")),
        {"trailing", "in_period"},
    ),
    "completed on the day after": ((YEARLY, hired("2020-01-01"), trained("2026-01-01")), set()),
    # 31 December 2024 is not of the year, and on 31 December 2025 it is twelve months old.
    "completed on the day before the period": ((YEARLY, hired("2020-01-01"), trained("2024-12-31")), set()),
    # Left on 15 March: that is the last accountable day. The record of 2024 is within 12 months, and not of the year.
    "left in March": (
        (YEARLY, hired("2020-01-01", "2025-03-15"), trained("2024-06-01")),
        {"rolling", "trailing", "anchored"},
    ),
    # Away from 1 December on: 30 November is the last accountable day.
    "last accountable day before a leave": (
        (YEARLY, hired("2020-01-01"), trained("2024-11-30"), trained("2025-12-20"), away("2025-12-01", "2026-01-31")),
        set(),
    ),
    "covered up to a leave": (
        (YEARLY, hired("2020-01-01"), trained("2024-12-01"), away("2025-12-01", "2026-01-31")),
        {"rolling", "trailing", "anchored"},
    ),
    # A day before the window opens: not for the campaign of 2025, but within twelve months all year long.
    "trained just before the campaign opened": (
        (CAMPAIGN, hired("2020-01-01"), trained("2024-09-15"), trained("2025-08-31")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # In the window of each year, though fourteen months apart.
    "early in one campaign, late in the next": (
        (CAMPAIGN, hired("2020-01-01"), trained("2024-09-01"), trained("2025-10-30")),
        {"trailing", "in_period", "campaign"},
    ),
    # 1 March 2024 → 1 March 2025; 10 February moves it to 1 March 2026; from its own day to 10 February 2026.
    "acknowledged each year": (
        (SIGNED, hired("2020-01-01"), policy("1", "2020-01-01"), signed("2024-03-01", "1"), signed("2025-02-10", "1")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # Version 2 of 1 June lapses version 1 on 1 July under every reading, although it was acknowledged in the period.
    "acknowledged, and a material version since": (
        (
            *(SIGNED, hired("2020-01-01"), policy("1", "2020-01-01"), policy("2", "2025-06-01")),
            *(signed("2024-03-01", "1"), signed("2025-02-10", "1")),
        ),
        set(),
    ),
    # The same, gone on the last day before the lapse, and on the day of it.
    "left before the old version lapses": (
        (
            *(SIGNED, hired("2020-01-01", "2025-06-30"), policy("1", "2020-01-01"), policy("2", "2025-06-01")),
            *(signed("2024-03-01", "1"), signed("2025-02-10", "1")),
        ),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    "left on the day on which the old version lapses": (
        (
            *(SIGNED, hired("2020-01-01", "2025-07-01"), policy("1", "2020-01-01"), policy("2", "2025-06-01")),
            *(signed("2024-03-01", "1"), signed("2025-02-10", "1")),
        ),
        set(),
    ),
    # Of two versions that are acknowledged on one day, the later one lapses no more.
    "both versions acknowledged on one day": (
        (
            *(SIGNED, hired("2020-01-01"), policy("1", "2024-01-01"), policy("2", "2025-06-01")),
            *(signed("2024-03-01", "1"), signed("2025-03-01", "1"), signed("2025-03-01", "2")),
        ),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # Version 1 lapses on 1 July 2024. 20 June 2024 is in the 3 months before: anchored it covers to 30 June 2025, from
    # its own day to 19 June. The record of 30 June comes in time for one of them.
    "anchored at the lapse of an old version": (
        (
            *(SIGNED, hired("2020-01-01"), policy("1", "2020-01-01"), policy("2", "2024-06-01")),
            *(signed("2024-01-10", "1"), signed("2024-06-20", "2"), signed("2025-06-30", "2")),
        ),
        {"trailing", "in_period", "anchored"},
    ),
    "a record of another century": ((YEARLY, hired("1920-01-01"), trained("1921-01-01")), set()),
    "due on the first day, which is the last of the year": (
        (YEARLY | {"due_within_days": 0}, hired("2025-12-31"), trained("2025-12-31")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    # 30 days before the first day count, 31 do not (C7), although both are in the period.
    "trained 30 days before the first day": (
        (YEARLY, hired("2025-06-01"), trained("2025-05-02")),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
    "trained 31 days before the first day": ((YEARLY, hired("2025-06-01"), trained("2025-05-01")), set()),
    # Rehired after 31 days: in the new tenure the first record is that of 10 February 2025, the day before the start (C7).
    # In the old one it would be anchored at 1 March; here nothing comes before it.
    "anchored in a tenure of its own": (
        (
            *(YEARLY, hired("2020-01-01", "2025-01-10"), hired("2025-02-11")),
            *(trained("2024-03-01"), trained("2025-02-10"), trained("2026-02-28")),
        ),
        {"rolling", "trailing", "in_period", "anchored"},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_by_hand(name: str, tmp_path: Path) -> None:
    facts, passed = EXAMPLES[name]
    company = small(*(dict(fact) for fact in facts))
    expected = {reading: reading in passed for reading in READINGS if reading != "campaign" or facts[0] is CAMPAIGN}
    for found in (read(company, "2025"), outcomes(judged(company, tmp_path / "company"))):
        assert {reading: passes for (_, _, reading), passes in found.items()} == expected


def test_everybody_is_anchored_to_records_of_their_own(tmp_path: Path) -> None:
    # P's first cover ends on 1 February 2025; Q's second record, of 10 November 2024, would be in the 3 months before.
    theirs = [trained(day, account="Q") for day in ("2023-06-01", "2024-11-10")]
    company = small(YEARLY, hired("2020-01-01"), hired("2020-01-01", person_id="Q"), trained("2024-02-01"), *theirs)
    for found in (read(company, "2025"), outcomes(judged(company, tmp_path / "company"))):
        assert not found["Q", "R", "anchored"]


def test_the_anchor_starts_anew_in_a_new_tenure(tmp_path: Path) -> None:
    # As above, judged in 2026: from its own day the record of 10 February 2025 covers to 9 February 2026, so that
    # 10 to 27 February are bare. Anchored at 1 March 2025, as in the old tenure, nothing would be.
    facts = [hired("2020-01-01", "2025-01-10"), hired("2025-02-11"), trained("2024-03-01"), trained("2025-02-10")]
    company = small(YEARLY, *facts, trained("2026-02-28"))
    company.periods[0] |= {"start": date(2025, 12, 1), "end": date(2026, 2, 28)}
    for found in (read(company, "2025"), outcomes(judged(company, tmp_path / "company"))):
        assert {reading for (_, _, reading), passes in found.items() if passes} == {"trailing"}


#: Where training long before the first day counts, one record stands in two tenures, and ends on another day in each.
#: Preboarding days, facts; anchored, the last days of what is judged, December to February, are bare.
IN_TWO_TENURES = {
    # In the old tenure 5 January 2025 is anchored at 1 March: to 28 February 2026. In the new one to 4 January 2026.
    "the longer end is of the old tenure": (
        60,
        (hired("2020-01-01", "2025-01-10"), hired("2025-02-11"), trained("2024-03-01"), trained("2025-01-05")),
    ),
    # In the new tenure 20 January 2025 is anchored at 15 March, to 14 March 2026. In the old one, where the record
    # before ends on 1 June 2025, it starts from its own day and ends on 19 January 2026; that tenure on 10 February.
    "the longer end is of the new tenure": (
        735,
        (
            *(hired("2020-01-01", "2026-02-10"), hired("2026-03-15")),
            *(trained("2023-06-01"), trained("2024-03-15"), trained("2025-01-20")),
        ),
    ),
}


@pytest.mark.parametrize("name", IN_TWO_TENURES)
def test_a_record_ends_in_each_tenure_by_itself(name: str, tmp_path: Path) -> None:
    preboarding, facts = IN_TWO_TENURES[name]
    company = small(YEARLY, *(dict(fact) for fact in facts))
    company.audit["preboarding_days"] = preboarding
    company.periods[0] |= {"start": date(2025, 12, 1), "end": date(2026, 2, 28)}
    for found in (read(company, "2025"), outcomes(judged(company, tmp_path / "company"))):
        assert {reading for _, _, reading in found} == {"rolling", "trailing", "anchored"}
        assert not found["P", "R", "anchored"]


def test_a_period_of_six_months_has_no_reading_in_the_period(tmp_path: Path) -> None:
    company = small(YEARLY, hired("2020-01-01"), trained("2024-07-05"))
    company.periods[0] = HALF
    for found in (read(company, "2025"), outcomes(judged(company, tmp_path / "company"))):
        assert {reading: passes for (_, _, reading), passes in found.items()} == dict.fromkeys(
            ("rolling", "trailing", "anchored"), True
        )


@pytest.mark.parametrize(
    ("last", "testable"), [(date(2025, 12, 31), True), (date(2025, 12, 30), False), (date(2026, 3, 31), True)]
)
def test_in_period_needs_twelve_months(last: date, testable: bool, tmp_path: Path) -> None:
    company = small(YEARLY, hired("2020-01-01"), trained("2025-01-01"))
    company.periods[0] |= {"end": last}
    for found in (read(company, "2025"), outcomes(judged(company, tmp_path / "company"))):
        assert ("in_period" in {reading for _, _, reading in found}) == testable


@pytest.mark.parametrize("renewal", [None, {"every_months": 6}, {"every_months": 24}])
def test_only_what_is_annual_has_readings(renewal: dict[str, int] | None, tmp_path: Path) -> None:
    requirement = YEARLY | {"renewal": renewal} if renewal else {k: v for k, v in YEARLY.items() if k != "renewal"}
    company = small(requirement, hired("2020-01-01"), trained("2025-01-01"))
    assert read(company, "2025") == outcomes(judged(company, tmp_path / "company")) == {}


def test_who_is_not_accountable_is_not_counted(tmp_path: Path) -> None:
    facts = [hired("2025-12-20"), hired("2020-01-01", person_id="Q"), hired("2020-01-01", "31/02/2025", person_id="R")]
    company = small(YEARLY, *facts, trained("2025-01-01", account="R"))
    found = outcomes(judged(company, tmp_path / "company"))
    assert read(company, "2025") == found
    assert {person for person, _, _ in found} == {"Q"}


def test_a_chain_takes_no_record_of_another_person_or_requirement(tmp_path: Path) -> None:
    """P renewed M early. Q, of the same first day, and N came late, and start from their own day."""
    late = [trained("2023-06-01", **whose) for whose in ({"account": "Q"}, {"module_id": "N"})]
    late += [trained("2024-11-10", **whose) for whose in ({"account": "Q"}, {"module_id": "N"})]
    people = hired("2020-01-01"), hired("2020-01-01", person_id="Q")
    company = small(YEARLY, *people, trained("2024-02-01"), trained("2024-11-10"), *late)
    company.requirements.append(YEARLY | {"id": "S", "satisfied_by": ["N"]})
    found = outcomes(judged(company, tmp_path / "company"))
    assert read(company, "2025") == found
    assert [key[:2] for key, passes in found.items() if key[2] == "anchored" and passes] == [("P", "R")]


def test_a_record_of_two_tenures_ends_in_each_by_the_chain_of_that_one(tmp_path: Path) -> None:
    """10 November 2024 moves the end to 31 January 2026 in the first tenure; in the second it is the first record."""
    spells = hired("2020-01-01", "2024-11-30"), hired("2025-01-15")
    company = small(YEARLY, *spells, trained("2024-02-01"), trained("2024-11-10"))
    company.audit["preboarding_days"] = 90
    found = outcomes(judged(company, tmp_path / "company"))
    assert read(company, "2025") == found
    assert not found["P", "R", "anchored"]


def test_a_flip_says_what_decides_it_under_both_readings(tmp_path: Path) -> None:
    query = "SELECT reading, passes, why, own_reading, own_why FROM flip ORDER BY reading"
    early = (hired("2020-01-01"), trained("2024-02-01"), trained("2024-11-10"), trained("2026-01-20"))
    paper = judged(small(YEARLY, *early), tmp_path / "early")
    bare = "not covered on 52 accountable days between 2025-11-10 and 2025-12-31"
    assert paper.rows(query) == [("anchored", 1, "covered on every accountable day", "rolling", bare)]
    paper = judged(small(YEARLY, hired("2020-01-01"), trained("2025-12-31")), tmp_path / "last")
    own = ("rolling", "not covered on 364 accountable days between 2025-01-01 and 2025-12-30")
    assert paper.rows(query) == [
        ("in_period", 1, "record of 2025-12-31 from 2025-01-01 to 2025-12-31", *own),
        ("trailing", 1, "record of 2025-12-31 within the 12 months before 2025-12-31", *own),
    ]
    a_day = (hired("2020-01-01", "2025-03-20"), trained("2024-03-15"), trained("2025-03-16"))
    paper = judged(small(YEARLY, *a_day), tmp_path / "one day")
    own = ("rolling", "not covered on 1 accountable day, 2025-03-15")
    assert paper.rows(query) == [
        ("in_period", 1, "record of 2025-03-16 from 2025-01-01 to 2025-03-20", *own),
        ("trailing", 1, "record of 2025-03-16 within the 12 months before 2025-03-20", *own),
    ]
    before = (hired("2020-01-01", "2025-03-20"), trained("2024-12-31"), trained("2025-01-10", status="failed"))
    paper = judged(small(YEARLY, *before), tmp_path / "before")
    own = ("rolling", "covered on every accountable day")
    assert paper.rows(query) == [("in_period", 0, "no record from 2025-01-01 to 2025-03-20", *own)]
    facts = (hired("2020-01-01", "2025-10-20"), trained("2023-09-05"), trained("2024-09-05"))
    paper = judged(small(CAMPAIGN, *facts), tmp_path / "campaign")
    own, since = ("campaign", "covered on every accountable day"), "accountable days between 2025-09-05 and 2025-10-20"
    assert paper.rows(query) == [
        ("anchored", 0, f"not covered on 46 {since}", *own),
        ("in_period", 0, "no record from 2025-01-01 to 2025-10-20", *own),
        ("rolling", 0, f"not covered on 46 {since}", *own),
        ("trailing", 0, "no record within the 12 months before 2025-10-20", *own),
    ]


def test_the_table_of_the_pack_sets_the_readings_side_by_side(tmp_path: Path) -> None:
    half = {"name": "2025", "start": date(2025, 1, 1), "end": date(2025, 6, 30)}
    company = small(YEARLY, hired("2020-01-01"), hired("2020-01-01", person_id="Q"))
    company = replace(company, periods=[half])
    company.sources[1].rows.extend(
        {name: value for name, value in trained(day, account=who).items() if name != "table"}
        for who, day in (("P", "2024-07-01"), ("Q", "2024-05-01"), ("Q", "2025-05-11"))
    )
    header = "person_id", "requirement_id", "own_reading", "last_accountable_on", *READINGS, "why_it_turns"
    names, rows = judged(company, tmp_path / "company").engine.stream(listings.READINGS)
    bare = "not covered on 10 accountable days between 2025-05-01 and 2025-05-10"
    assert tuple(names) == header
    assert list(rows) == [
        ("P", "R", "rolling", date(2025, 6, 30), True, True, None, None, True, None),
        (
            *("Q", "R", "rolling", date(2025, 6, 30), False, True, None, None, False),
            f"rolling: {bare}; trailing: record of 2025-05-11 within the 12 months before 2025-06-30.",
        ),
    ]


def test_readings_change_nothing_that_was_judged(tmp_path: Path) -> None:
    paper = perform(load_audit(write(random_company(3, SIZE), tmp_path / "company")))
    before = paper.verdicts, paper.exceptions, paper.rows("SELECT * FROM stretch ORDER BY ALL")
    assert "reading" not in paper.engine.statements, "who judges by script does without"
    paper.deepen()
    paper.deepen()
    assert (paper.verdicts, paper.exceptions, paper.rows("SELECT * FROM stretch ORDER BY ALL")) == before
