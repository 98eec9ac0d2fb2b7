"""Why due then: the chain of days and rules beside each exception, in exact words; and one for every exception."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import folders
import pytest
from companies import earlier_day, random_company
from oracle_trace import Chains
from oracle_trace import chains as oracle_chains
from test_oracle import CAMPAIGN, ENGINEERS, POLICY, SIZE, YEARLY, away, extended, hired, policy, trained
from test_oracle import signed as acknowledged
from test_oracle import small as company_of
from test_readings import judged

from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.workpaper import perform

#: Requirement and facts, then the sentence beside each exception of 2025.
CHAINS: dict[str, tuple[tuple[Any, ...], list[str]]] = {
    "joiner": (
        (YEARLY, hired("2025-03-03"), trained("2025-05-01")),
        ["Engaged on 2025-03-03: due within 30 days, on 2025-04-02 (C5)."],
    ),
    "a single day": (
        (YEARLY | {"due_within_days": 1}, hired("2025-03-03"), trained("2025-05-01")),
        ["Engaged on 2025-03-03: due within 1 day, on 2025-03-04 (C5)."],
    ),
    "new role": (
        (ENGINEERS, hired("2023-01-01", "2024-12-31"), hired("2025-01-01", role="Engineer"), trained("2025-02-01")),
        ["Requirement applies since 2025-01-01: due within 30 days, on 2025-01-31 (C5)."],
    ),
    "new policy": (
        (POLICY, hired("2020-01-01"), policy("1", "2025-10-01"), acknowledged("2025-11-01")),
        ["Requirement in force since 2025-10-01: due within 30 days, on 2025-10-31 (C5)."],
    ),
    "renewal": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-29"), trained("2025-03-10")),
        ["Last record 2024-02-29, renewed every 12 months: due on 2025-02-28 (C8)."],
    ),
    "campaign": (
        (CAMPAIGN, hired("2020-01-01"), trained("2024-09-15"), trained("2025-08-31")),
        [
            "Last record 2025-08-31, renewed each year by 31 October, window opens on 1 September: due on 2025-10-31 (C8)."
        ],
    ),
    "material version": (
        (
            *(POLICY, hired("2024-01-01"), policy("1", "2024-01-01"), policy("2", "2025-06-01")),
            *(acknowledged("2024-01-31", "1"), acknowledged("2025-07-03", "2")),
        ),
        [
            "Last record 2024-01-31, a material version took effect on 2025-06-01: due within 30 days, on 2025-07-01 (C9)."
        ],
    ),
    "leave": (
        (YEARLY, hired("2020-01-01"), trained("2024-06-10"), trained("2025-07-20"), away("2025-06-01", "2025-06-14")),
        [
            "Last record 2024-06-10, renewed every 12 months: due on 2025-06-10 (C8); leave from 2025-06-01 to 2025-06-14 "
            "excuses until 2025-07-14 (C10); due on 2025-07-15."
        ],
    ),
    # The second chain begins where the first one does, and goes on over the days that the extension excused.
    "approved too late": (
        (YEARLY, hired("2025-11-01"), extended("2025-12-03", "2025-12-20")),
        [
            "Engaged on 2025-11-01: due within 30 days, on 2025-12-01 (C5).",
            "Engaged on 2025-11-01: due within 30 days, on 2025-12-01 (C5); extension approved on 2025-12-03 excuses until "
            "2025-12-19 (C11); due on 2025-12-20.",
        ],
    ),
    "two leaves, one after the other": (
        (YEARLY, hired("2025-02-01"), away("2025-02-20", "2025-03-20"), away("2025-04-10", "2025-05-01")),
        [
            "Engaged on 2025-02-01: due within 30 days, on 2025-03-03 (C5); leave from 2025-02-20 to 2025-03-20 excuses "
            "until 2025-04-19 (C10); leave from 2025-04-10 to 2025-05-01 excuses until 2025-05-31 (C10); due on 2025-06-01."
        ],
    ),
    # The end of the longer cover counts, however early it was signed; version 1 lapsed on 1 July 2024.
    "an older version acknowledged later": (
        (
            POLICY | {"renewal": {"every_months": 12}},
            *(hired("2024-01-01"), policy("1", "2024-01-01"), policy("2", "2024-06-01")),
            *(acknowledged("2024-06-20", "2"), acknowledged("2024-06-25", "1")),
        ),
        ["Last record 2024-06-20, renewed every 12 months: due on 2025-06-20 (C8)."],
    ),
    # Relief is told in the order in which it began, then ended.
    "an extension within a leave": (
        (YEARLY, hired("2025-02-01"), away("2025-02-20", "2025-03-20"), extended("2025-03-01", "2025-03-11")),
        [
            "Engaged on 2025-02-01: due within 30 days, on 2025-03-03 (C5); leave from 2025-02-20 to 2025-03-20 excuses "
            "until 2025-04-19 (C10); extension approved on 2025-03-01 excuses until 2025-03-10 (C11); due on 2025-04-20."
        ],
    ),
    "an extension approved on the first day of a leave": (
        (YEARLY, hired("2025-02-01"), away("2025-02-20", "2025-03-10"), extended("2025-02-20", "2025-05-01")),
        [
            "Engaged on 2025-02-01: due within 30 days, on 2025-03-03 (C5); leave from 2025-02-20 to 2025-03-10 excuses "
            "until 2025-04-09 (C10); extension approved on 2025-02-20 excuses until 2025-04-30 (C11); due on 2025-05-01."
        ],
    ),
    "a leave and an extension of the same days": (
        (YEARLY, hired("2025-02-01"), away("2025-02-20", "2025-03-10"), extended("2025-02-20", "2025-04-10")),
        [
            "Engaged on 2025-02-01: due within 30 days, on 2025-03-03 (C5); extension approved on 2025-02-20 excuses until "
            "2025-04-09 (C11); leave from 2025-02-20 to 2025-03-10 excuses until 2025-04-09 (C10); due on 2025-04-10."
        ],
    ),
    "a leave that stands twice": (
        (YEARLY, hired("2025-02-01"), away("2025-02-20", "2025-03-10"), away("2025-02-20", "2025-03-10")),
        [
            "Engaged on 2025-02-01: due within 30 days, on 2025-03-03 (C5); leave from 2025-02-20 to 2025-03-10 excuses "
            "until 2025-04-09 (C10); due on 2025-04-10."
        ],
    ),
    # The clock began on the first day as an engineer, and went on over the ten days without.
    "a break before anything was due": (
        (
            *(ENGINEERS, hired("2025-01-01", "2025-01-10", role="Engineer")),
            *(hired("2025-01-11", "2025-01-20", role="Sales"), hired("2025-01-21", role="Engineer")),
        ),
        ["Engaged on 2025-01-01: due within 30 days, on 2025-01-31 (C5)."],
    ),
    "a break in a new requirement before anything was due": (
        (
            ENGINEERS | {"effective_from": date(2025, 1, 1)},
            hired("2020-01-01", "2025-01-10", role="Engineer"),
            *(hired("2025-01-11", "2025-01-20", role="Sales"), hired("2025-01-21", role="Engineer")),
        ),
        ["Requirement in force since 2025-01-01: due within 30 days, on 2025-01-31 (C5)."],
    ),
    "returned": (
        (
            ENGINEERS | {"renewal": {"every_months": 1}},
            hired("2024-12-01", "2025-05-10", role="Engineer"),
            hired("2025-05-11", "2025-05-20", role="Sales"),
            hired("2025-05-21", "2025-06-30", role="Engineer"),
            *(trained(f"2025-0{month}-15") for month in (1, 2, 3)),
            *(trained("2024-12-15"), trained("2025-04-15"), trained("2025-05-24")),
        ),
        [
            "Back in scope on 2025-05-21, the clock of 2024-12-01 goes on (C5); last record 2025-04-15, renewed every "
            "month: due on 2025-05-15 (C8).",
            "Last record 2025-05-24, renewed every month: due on 2025-06-24 (C8).",
        ],
    ),
    "returned without a record": (
        (
            ENGINEERS,
            hired("2024-12-01", "2024-12-20", role="Engineer"),
            hired("2024-12-21", "2025-01-10", role="Sales"),
            hired("2025-01-11", "2025-02-28", role="Engineer"),
        ),
        ["Back in scope on 2025-01-11, the clock of 2024-12-01 goes on (C5); no record counts."],
    ),
}


SEEDS = range(8)


def chains_in(engine: Engine) -> Chains:
    rows = engine.rows(
        "SELECT person_id, requirement_id, CAST(due_on AS VARCHAR), why_due_then FROM trace "
        "JOIN person ON person.person_no = trace.person_no "
        "JOIN requirement ON requirement.requirement_no = trace.requirement_no"
    )
    chains = {tuple(key): chain for *key, chain in rows}
    assert len(chains) == len(rows) == engine.count("trace"), "one chain for each exception"
    return chains


@pytest.mark.parametrize("name", CHAINS)
def test_chain_by_hand(name: str, tmp_path: Path) -> None:
    facts, chains = CHAINS[name]
    paper = judged(company_of(*(dict(fact) for fact in facts)), tmp_path / "company")
    assert [chain for (chain,) in paper.rows("SELECT why_due_then FROM trace ORDER BY due_on")] == chains


@pytest.mark.parametrize("seed", SEEDS[:4])  # the mutants are judged by all of them
def test_of_random_companies_each_exception_has_the_chain_of_the_oracle(seed: int, tmp_path: Path) -> None:
    company = random_company(seed, SIZE)
    as_of = earlier_day(company, seed) if seed % 2 else None
    paper = judged(company, tmp_path / "company", as_of)
    expected, given = oracle_chains(company, "P", as_of), chains_in(paper.engine)
    odd = {key: (expected.get(key), given.get(key)) for key in expected | given}
    assert not {key: pair for key, pair in odd.items() if pair[0] != pair[1]}, "(oracle, product)"
    assert len(expected) > 10


def test_each_of_several_people_and_requirements_has_a_chain_of_its_own(tmp_path: Path) -> None:
    changes = folders.without("completions", "2025-11-2", "bo@acme.example")
    changes |= {"leave": "person_id,start_date,end_date\nE2,2025-03-20,2025-04-10\nC1,2025-01-10,2025-02-10\n"}
    paper = perform(load_audit(folders.make(tmp_path, changes)))
    paper.deepen()
    chains = paper.rows(
        "SELECT person_id, requirement_id, why_due_then FROM trace JOIN person ON person.person_no = trace.person_no "
        "JOIN requirement ON requirement.requirement_no = trace.requirement_no ORDER BY person_id, requirement_id"
    )
    assert chains == [
        ("E1", "awareness", "Last record 2024-12-02, renewed every 12 months: due on 2025-12-02 (C8)."),
        ("E1", "coding", "Last record 2024-12-03, renewed every 12 months: due on 2025-12-03 (C8)."),
        (
            *("E2", "awareness"),
            "Engaged on 2025-03-03: due within 30 days, on 2025-04-02 (C5); leave from 2025-03-20 to 2025-04-10 excuses "
            "until 2025-05-10 (C10); due on 2025-05-11.",
        ),
    ]
