"""Days that hardly anybody has, by hand: found by mutating the rules where the random companies noticed nothing.

Each example stands for a mistake in a statement that nothing else would have shown (tests/mutation/README.md).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from companies import Company, Source, plain, row, write
from oracle import judge
from test_oracle import (
    CAMPAIGN,
    ENGINEERS,
    EXCEPTION_COLUMNS,
    ONCE,
    POLICY,
    VERDICT_COLUMNS,
    VERDICTS,
    YEARLY,
    away,
    differences,
    extended,
    hired,
    policy,
    signed,
    trained,
)
from test_oracle import small as company_of

from workbook_lib.audit import load_audit
from workbook_lib.workpaper import Workpaper, perform

#: An engineer for two weeks, elsewhere over the end of 2025, an engineer again in 2026: nothing of 2025 is ever due.
TWICE = (
    hired("2025-11-20", "2025-12-05", role="Engineer"),
    hired("2025-12-06", "2026-01-03", role="Sales"),
    hired("2026-01-04", role="Engineer"),
)
SAME_START = (hired("2025-05-01", "2025-05-10", role="Sales"), hired("2025-05-01", "2025-06-30"))
ANOTHER = {"policy_id": "ISP"}
UNREADABLE = (hired("2024-01-01"), hired("2025-07-01", "31/02/2025"))
YEAR_END = CAMPAIGN | {"renewal": {"due": "12-31", "opens": "12-15"}, "applies_to": ENGINEERS["applies_to"]}
# Requirement, facts, then: verdict, required_from, last_completed_on, gap_days, next_due_on.
RARE: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    # Covered from 20 December; but then the requirement does not apply to her, and it is no cover of her days of 2025.
    "covered between two runs": (
        (ENGINEERS, *TWICE, trained("2025-12-20")),
        ("left", "", "2025-12-20", 0, "2026-12-20"),
    ),
    # Covered from 10 to 30 December alone; required again from 4 January.
    "cover that ends between two runs": (
        (YEAR_END, *TWICE, trained("2025-12-10")),
        ("left", "", "2025-12-10", 0, "2026-01-04"),
    ),
    # Excused until 24 January: the first required day without is the 25th.
    "on leave between two runs": (
        (ENGINEERS, *TWICE, away("2025-12-06", "2025-12-25")),
        ("left", "", "", 0, "2026-01-25"),
    ),
    # 31 January, and 31 May to 30 June: the shorter of two rows that begin on one day joins nothing to the time before.
    "two rows from one day on": (
        (YEARLY, hired("2025-01-01", "2025-01-31"), *SAME_START),
        ("missing", "2025-01-31", "", 32, ""),
    ),
    # 59 days away; in the new tenure a second row lies within the first one's days (C2, C3).
    "one row within another, in a new tenure": (
        (
            ONCE,
            hired("2024-01-01", "2024-12-31"),
            hired("2025-03-01"),
            hired("2025-04-01", "2025-04-30"),
            trained("2024-06-01"),
        ),
        ("missing", "2025-03-31", "2024-06-01", 276, ""),
    ),
    # 89 days away: the record of January does not count for the new tenure (C3, C7).
    "two rows from one day on, in a new tenure": (
        (YEARLY, hired("2025-01-01", "2025-01-31"), *SAME_START, trained("2025-01-05")),
        ("missing", "2025-01-31", "2025-01-05", 31, ""),
    ),
    # Due on 31 January; the last day, 10 February, is the first of the leave.
    "on leave from the last day": (
        (YEARLY, hired("2025-01-01", "2025-02-10"), away("2025-02-10", "2025-03-31")),
        ("missing", "2025-01-31", "", 10, ""),
    ),
    "trained on the last day": (
        (YEARLY, hired("2025-01-01", "2025-02-10"), trained("2025-02-10")),
        ("late", "2025-01-31", "2025-02-10", 10, ""),
    ),
    # Due on 31 March alone; one tenure since January, in which the record of 10 January counts (C7).
    "a role within a longer engagement": (
        (ENGINEERS, hired("2025-01-01"), hired("2025-03-01", "2025-03-31", role="Engineer"), trained("2025-01-10")),
        ("met", "2025-03-31", "2025-01-10", 0, ""),
    ),
    "a role within a longer engagement, and no record": (
        (ENGINEERS, hired("2025-01-01"), hired("2025-03-01", "2025-03-31", role="Engineer")),
        ("missing", "2025-03-31", "", 1, ""),
    ),
    # An explanation never changes a verdict, whatever else its row says (C11, C13).
    "an explanation that names a new due day": (
        (YEARLY, hired("2025-03-01"), extended("2025-03-05", "2026-12-31", kind="explain", due_on="2025-03-31")),
        ("missing", "2025-03-31", "", 276, ""),
    ),
    # 31 March to 4 April: explained twice, and listed once; the extension explains nothing, although it names the day.
    "explained twice, and extended": (
        (
            *(YEARLY, hired("2025-03-01"), trained("2025-04-20")),
            extended("2025-04-05", "2025-04-30", due_on="2025-03-31"),
            *(extended("", "", decision, kind="explain", due_on="2025-03-31") for decision in ("D2", "D3")),
        ),
        ("late", "2025-03-31", "2025-04-20", 5, "2026-04-20"),
    ),
    # Every required day, 31 March to 30 June, is excused; the record covers the last of them and days after the end.
    "trained in the last days of a leave": (
        (YEARLY, hired("2025-03-01", "2025-06-30"), away("2025-03-15", "2025-06-30"), trained("2025-06-20")),
        ("excused", "2025-03-31", "2025-06-20", 0, ""),
    ),
    # 30 days in another role: the clock of 1 January goes on, and every day from 20 February is required (9 and 306 days).
    "a break of 30 days in the role": (
        (
            ENGINEERS,
            hired("2025-01-01", "2025-01-20", role="Engineer"),
            hired("2025-01-21", "2025-02-19", role="Sales"),
            hired("2025-02-20", role="Engineer"),
        ),
        ("missing", "2025-02-20", "", 315, ""),
    ),
    # Version 1 lapses on 1 July: what is signed on that day is no valid record.
    "acknowledged on the day on which the old version lapses": (
        (
            *(POLICY, hired("2024-01-01"), policy("1", "2024-01-01"), policy("2", "2025-06-01")),
            *(signed("2024-01-31", "1"), signed("2025-07-01", "1")),
        ),
        ("missing", "2025-01-01", "2024-01-31", 184, ""),
    ),
    "acknowledged on the last day of a version, none named": (
        (
            *(POLICY, hired("2025-05-01"), policy("1", "2024-01-01"), policy("2", "2025-06-01", "false")),
            signed("2025-05-31"),
        ),
        ("met", "2025-05-31", "2025-05-31", 0, ""),
    ),
    "acknowledged another policy": (
        (
            *(POLICY, hired("2025-11-01"), policy("1", "2024-01-01"), policy("1", "2024-01-01") | ANOTHER),
            signed("2025-11-01", "1") | ANOTHER,
        ),
        ("missing", "2025-12-01", "", 31, ""),
    ),
    # An unreadable row makes every requirement undetermined that is in force on a judged day, were it one day (C12).
    "undetermined, in force from the last day on": (
        (YEARLY | {"effective_from": date(2025, 12, 31)}, *UNREADABLE),
        ("undetermined", "", "", "", ""),
    ),
    "undetermined, in force until the first day": (
        (YEARLY | {"retired_on": date(2025, 1, 1)}, *UNREADABLE),
        ("undetermined", "2025-01-01", "", "", ""),
    ),
    # Breaks of 30 and of 31 days, which the random companies seldom hit.
    **{name: VERDICTS[name] for name in ("rehired after 30 days", "rehired after 31 days", "long break in the role")},
}


def performed(company: Company, folder: Path) -> Workpaper:
    """The company's workpaper; an export without a row is left out."""
    whole = replace(company, sources=[source for source in company.sources if source.rows])
    return perform(load_audit(write(whole, folder)), "2025")


@pytest.mark.parametrize("name", RARE)
def test_verdict_by_hand(name: str, tmp_path: Path) -> None:
    facts, expected = RARE[name]
    company = company_of(*(dict(fact) for fact in facts))
    paper, ((ours,), exceptions) = performed(company, tmp_path / "company"), judge(company, "2025")
    (theirs,) = paper.verdicts
    assert tuple(ours[column] for column in VERDICT_COLUMNS[2:]) == expected
    assert tuple(plain(theirs[column]) for column in VERDICT_COLUMNS[2:]) == tuple(map(plain, expected))
    assert not differences(company, exceptions, paper.exceptions, EXCEPTION_COLUMNS)


def versions_in_two_files() -> Company:
    """Versions 1 and 2 take effect on one day, and 2 stands in the later file, though nearer to its top (C9)."""
    facts = POLICY, hired("2024-01-01"), policy("0", "2023-01-01"), policy("1", "2025-06-01"), signed("2025-06-10", "1")
    company = company_of(*facts)
    later = row("policies", policy_id="AUP", version="2", effective_on="2025-06-01", material="true")
    company.sources.append(Source("policies", [later], company.sources[0].extracted_on))
    return company


def test_of_versions_of_one_day_the_later_row_is_the_later_version(tmp_path: Path) -> None:
    company = versions_in_two_files()
    paper, ((ours,), _) = performed(company, tmp_path / "company"), judge(company, "2025")
    (theirs,) = paper.verdicts
    # 1 January to 9 June are bare; version 1, replaced on its first day, lapses on 1 July.
    assert (theirs["verdict"], theirs["gap_days"]) == (ours["verdict"], ours["gap_days"]) == ("missing", 160 + 184)
    times = "SELECT version, in_force_from, in_force_to FROM policy_version ORDER BY version"
    assert [tuple(map(str, version)) for version in paper.rows(times)] == [
        ("0", "0001-01-01", "2025-05-31"),
        ("1", "2025-06-01", "2025-05-31"),
        ("2", "2025-06-01", "9000-01-01"),
    ]


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2026, 1, 1)])
def test_an_unreadable_row_says_nothing_of_a_requirement_that_is_not_in_force(day: date, tmp_path: Path) -> None:
    company = company_of(
        YEARLY | {("retired_on" if day.year == 2024 else "effective_from"): day}, *map(dict, UNREADABLE)
    )
    assert performed(company, tmp_path / "company").verdicts == [] == judge(company, "2025")[0]


def a_robot() -> Company:
    """The oracle reads no worker types, so that the product stands alone here (C12)."""
    return company_of(YEARLY, hired("2025-03-01", worker_type="robot"), trained("2025-03-02"))


def test_a_worker_type_that_cannot_be_read_may_be_any(tmp_path: Path) -> None:
    (verdict,) = performed(a_robot(), tmp_path / "company").verdicts
    assert (verdict["verdict"], verdict["gap_days"], verdict["next_due_on"]) == ("undetermined", None, None)


def test_where_it_cannot_be_read_the_duties_of_one_type_are_undetermined_and_those_of_other_roles_none(
    tmp_path: Path,
) -> None:
    contractors = YEARLY | {"id": "contractors", "applies_to": {"worker_type": ["contractor"]}}
    engineers = YEARLY | {"id": "engineers", "applies_to": {"worker_type": ["contractor"], "role": ["Engineer"]}}
    robot = hired("2025-03-01", worker_type="robot", role="Sales")
    company = company_of(contractors, robot, hired("2025-03-01", person_id="Q"), trained("2025-03-02"))
    company.requirements.append(engineers)
    found = performed(company, tmp_path / "company").verdicts
    assert [(row["person_id"], row["requirement_id"], row["verdict"]) for row in found] == [
        ("P", "contractors", "undetermined")
    ]
