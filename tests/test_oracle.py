"""The product against the oracle, on random companies; and the oracle against examples worked out by hand.

ORACLE_PEOPLE=100000 raises the number of people, ORACLE_SEED=7000 starts with another company.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from companies import COLUMNS, Company, Source, earlier_day, plain, random_company, row, write
from oracle import default_as_of, judge, text

from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

SIZE = 60
FIRST_SEED = int(os.environ.get("ORACLE_SEED", "0"))
SEEDS = range(FIRST_SEED, FIRST_SEED + max(1, int(os.environ.get("ORACLE_PEOPLE", "1200")) // SIZE))
VERDICT_COLUMNS = [
    *("person_id", "requirement_id", "verdict"),
    *("required_from", "last_completed_on", "gap_days", "next_due_on"),
]
EXCEPTION_COLUMNS = [
    *("person_id", "requirement_id", "due_on", "from", "to", "days"),
    *("cause", "ended_by", "closed_on", "unproven", "explained_by"),
]

Rows = list[dict[str, Any]]


# --- the product agrees with the oracle -----------------------------------------------------------------------------


#: Stretches that do not begin where the one before them ended, or do not end where the next begins.
TORN = """
SELECT person_no, requirement_no, run_from, from_day, to_day
FROM (SELECT stretch.*, run_to, LAG(to_day) OVER days AS before, LEAD(from_day) OVER days AS after
      FROM stretch JOIN run USING (person_no, requirement_no, run_from)
      WINDOW days AS (PARTITION BY person_no, requirement_no, run_from ORDER BY from_day))
WHERE to_day < from_day OR from_day <> COALESCE(before + 1, run_from) OR to_day <> COALESCE(after - 1, run_to)"""

#: Lines of nobody, or of no requirement: an excluded person's, or what nobody asks for; and runs without a day.
STRAY = " UNION ALL ".join(
    [f"SELECT '{name}' FROM {name} WHERE person_no IS NULL" for name in ("engagement", "spell")]
    + [
        f"SELECT '{name}' FROM {name} WHERE person_no IS NULL OR requirement_no IS NULL"
        for name in ("run", "valid_completion", "valid_acknowledgement", "cover", "extension", "relief", "verdict")
    ]
    + ["SELECT 'run' FROM run WHERE run_to < run_from"]
)


@pytest.mark.parametrize("seed", SEEDS)
def test_product_and_oracle_agree(seed: int, tmp_path: Path) -> None:
    company = random_company(seed, SIZE)
    audit = load_audit(write(company, tmp_path / "company"))
    for as_of in (None, earlier_day(company, seed)):
        ours = judge(company, "P", as_of)
        theirs = perform(audit, "P", as_of=as_of)
        assert not (report := differences(company, ours[0], theirs.verdicts, VERDICT_COLUMNS)), f"{as_of=}\n{report}"
        assert not (report := differences(company, ours[1], theirs.exceptions, EXCEPTION_COLUMNS)), (
            f"{as_of=}\n{report}"
        )
        assert theirs.rows(TORN) == [], "the stretches of a run are not its days, each once"
        assert theirs.rows(STRAY) == []
        for name, column, rows in (("verdict", "verdict", ours[0]), ("exception", "cause", ours[1])):
            kept = theirs.rows(f"SELECT {column} FROM {name} ORDER BY {column}")
            assert kept == sorted((row[column],) for row in rows), f"{name} holds rows that are not printed"


def differences(company: Company, ours: Rows, theirs: Rows, columns: list[str]) -> str:
    """Every row that only one of the two has, and all that the company knows about the first such person."""
    expected, given = ({tuple(plain(r[c]) for c in columns) for r in rows} for rows in (ours, theirs))
    if expected == given and len(ours) == len(theirs):
        return ""
    odd = sorted([*((r, "oracle ") for r in expected - given), *((r, "product") for r in given - expected)])
    lines = [f"{len(odd)} rows differ, of {len(ours)} and {len(theirs)}. Columns: {' '.join(columns)}"]
    lines += [f"  {who}: {' | '.join(r)}" for r, who in odd[:20]]
    return "\n".join(lines + (facts(company, *odd[0][0][:2]) if odd else ["  a row occurs twice"]))


def facts(company: Company, person_id: str, requirement_id: str) -> list[str]:
    """The settings, the requirement and the person's raw rows, for a human to judge who is right."""
    requirement = next((r for r in company.requirements if r["id"] == requirement_id), {})
    policies = [r for r in company.rows("policies") if r["policy_id"] == requirement.get("policy")]
    lines = [f"{company.audit}", f"leave: {company.leave}", f"period: {company.periods}", f"{requirement}"]
    lines += [f"{s.table}: extracted_on {s.extracted_on}, covers_from {s.covers_from}" for s in company.sources]
    lines += [f"policies: {shown(r)}" for r in policies]
    tables = ("people", "accounts", "decisions", "leave", "completions", "acknowledgements")
    rows = [(table, r, {text(r, c).casefold() for c in r} - {""}) for table in tables for r in company.rows(table)]
    names = {person_id.casefold()}
    for _ in range(2):  # once for the person's accounts, addresses and decisions, once for what else names those
        mine = [(table, r) for table, r, cells in rows if cells & names]
        names |= {text(r, c).casefold() for _, r in mine for c in ("email", "account", "decision_id")} - {""}
    return lines + [f"{table}: {shown(r)}" for table, r, cells in rows if cells & names]


def shown(row: dict[str, str]) -> str:
    return ", ".join(f"{column}={value!r}" for column, value in row.items() if value)


# --- the generator reaches what the rules name ----------------------------------------------------------------------


@cache
def reached() -> tuple[Counter[str], Counter[str]]:
    """How often each value occurs among the verdicts and among the exceptions."""
    verdicts: Counter[str] = Counter()
    exceptions: Counter[str] = Counter()
    for seed in range(20):
        company = random_company(seed, SIZE)
        end = min(company.periods[0]["end"], default_as_of(company)).isoformat()
        found = judge(company, "P")
        verdicts.update(r["verdict"] for r in found[0])
        verdicts.update("due ahead" for r in found[0] if r["next_due_on"])
        for r in found[1]:
            exceptions.update([r["cause"], r["ended_by"], f"unproven {r['unproven']}"])
            exceptions.update(["explained"] if r["explained_by"] else [])
            exceptions.update(["began before W"] if r["due_on"] < r["from"] else [])
            exceptions.update(["closed after W"] if r["closed_on"] > end else [])
    return verdicts, exceptions


@pytest.mark.parametrize("value", ["met", "late", "missing", "excused", "pending", "left", "undetermined", "due ahead"])
def test_every_verdict_is_reached(value: str) -> None:
    assert reached()[0][value] >= 25, reached()[0]


@pytest.mark.parametrize(
    "value",
    [
        *("onboarding", "new_duty", "renewal", "relief_ended", "returned", "scope", "completion", "relief", "open"),
        *("unproven true", "unproven false", "explained", "began before W", "closed after W"),
    ],
)
def test_every_kind_of_exception_is_reached(value: str) -> None:
    assert reached()[1][value] >= 25, reached()[1]


# --- the oracle, by hand --------------------------------------------------------------------------------------------

YEARLY = {"id": "R", "satisfied_by": ["M"], "due_within_days": 30, "renewal": {"every_months": 12}}
ONCE = {"id": "R", "satisfied_by": ["M"], "due_within_days": 30}


def small(requirement: dict[str, Any], *facts: dict[str, str], covers_from: date | None = None) -> Company:
    """A company in Berlin, period 2025, exports up to 2026-02-28; each fact is a row of the table that its keys fit."""
    tables: dict[str, list[dict[str, str]]] = {name: [] for name in COLUMNS}
    for fact in facts:
        tables[fact.pop("table")].append(fact)
    return Company(
        audit={
            "organisation": "Small",
            "time_zone": "Europe/Berlin",
            "rehire_break_days": 30,
            "preboarding_days": 30,
        },
        leave={"return_days": 30, "minimum_days": 14},
        periods=[{"name": "2025", "start": date(2025, 1, 1), "end": date(2025, 12, 31)}],
        requirements=[requirement],
        sources=[
            Source(table, rows, date(2026, 3, 1), covers_from if table == "completions" else None)
            for table, rows in tables.items()
            if rows or table in ("people", "completions", "acknowledgements")
        ],
    )


def hired(start: str, end: str = "", **cells: str) -> dict[str, str]:
    cells = {"person_id": "P", "worker_type": "employee", "start_date": start, "end_date": end} | cells
    return row("people", **cells) | {"table": "people"}


def trained(at: str, status: str = "completed", **cells: str) -> dict[str, str]:
    cells = {"account": "P", "module_id": "M", "completed_at": at, "status": status} | cells
    return row("completions", **cells) | {"table": "completions"}


def away(start: str, end: str) -> dict[str, str]:
    return row("leave", person_id="P", start_date=start, end_date=end) | {"table": "leave"}


def policy(version: str, effective_on: str, material: str = "true") -> dict[str, str]:
    cells = {"policy_id": "AUP", "version": version, "effective_on": effective_on, "material": material}
    return row("policies", **cells) | {"table": "policies"}


def signed(at: str, version: str = "") -> dict[str, str]:
    cells = {"account": "P", "policy_id": "AUP", "version": version, "acknowledged_at": at}
    return row("acknowledgements", **cells) | {"table": "acknowledgements"}


def extended(approved_on: str, new_due_on: str, decision_id: str = "D1", **cells: str) -> dict[str, str]:
    cells = {"decided_by": "ciso", "approved_by": "coo", "reason": "illness", "requirement_id": "R"} | cells
    cells |= {"person_id": "P", "approved_on": approved_on, "new_due_on": new_due_on}
    return row("decisions", decision_id=decision_id, **{"kind": "extend"} | cells) | {"table": "decisions"}


def withdrawn(decision_id: str, withdrawal_id: str = "D2") -> dict[str, str]:
    cells = {"kind": "withdraw", "decided_by": "ciso", "withdraws": decision_id, "reason": "a mistake"}
    return row("decisions", decision_id=withdrawal_id, **cells) | {"table": "decisions"}


POLICY = {"id": "R", "policy": "AUP", "due_within_days": 30}
CAMPAIGN = YEARLY | {"renewal": {"due": "10-31", "opens": "09-01"}}
ENGINEERS = YEARLY | {"applies_to": {"role": ["Engineer"]}}
MARKED = YEARLY | {"pass_mark": 80}

# Requirement, facts, then: verdict, required_from, last_completed_on, gap_days, next_due_on.
VERDICTS = {
    # 1 March + 30 days = 31 March: the due day itself must be covered by its end (C5).
    "completed on the due day": (
        (YEARLY, hired("2025-03-01"), trained("2025-03-31")),
        ("met", "2025-03-31", "2025-03-31", 0, "2026-03-31"),
    ),
    "completed one day late": (
        (YEARLY, hired("2025-03-01"), trained("2025-04-01")),
        ("late", "2025-03-31", "2025-04-01", 1, "2026-04-01"),
    ),
    # 1 day of March, 275 days from April to December.
    "never completed": ((YEARLY, hired("2025-03-01")), ("missing", "2025-03-31", "", 276, "")),
    # Completed in January 2026, before as_of: the verdict of 2025 does not change (C13).
    "completed after the period": (
        (YEARLY, hired("2025-12-01"), trained("2026-01-02")),
        ("missing", "2025-12-31", "", 1, ""),
    ),
    # 29 February 2024 + 12 months = 28 February 2025 (C8), so 28 February and 1 to 9 March are bare.
    "renewal of a leap day": (
        (YEARLY, hired("2020-01-01"), trained("2024-02-29"), trained("2025-03-10")),
        ("late", "2025-01-01", "2025-03-10", 10, "2026-03-10"),
    ),
    "pending": ((YEARLY, hired("2025-12-20")), ("pending", "", "", 0, "2026-01-19")),
    "left before due": ((YEARLY, hired("2025-12-01", "2025-12-15")), ("left", "", "", 0, "")),
    # 20 December + 36,500 days is a hundred years less the 24 leap days of 2028 … 2124.
    "due in a hundred years": (
        (YEARLY | {"due_within_days": 36500}, hired("2025-12-20")),
        ("pending", "", "", 0, "2125-11-26"),
    ),
    "covered before due": (
        (ONCE, hired("2025-12-20"), trained("2025-12-24")),
        ("met", "", "2025-12-24", 0, ""),
    ),
    # A day 31 days before the start is too early for preboarding of 30 days (C7); it is still the last completion.
    "preboarding, a day too early": (
        (ONCE, hired("2025-03-01"), trained("2025-01-29")),
        ("missing", "2025-03-31", "2025-01-29", 276, ""),
    ),
    "preboarding, in time": (
        (ONCE, hired("2025-03-01"), trained("2025-01-30")),
        ("met", "2025-03-31", "2025-01-30", 0, ""),
    ),
    # 14 days of leave excuse up to 30 days after: 1 June … 14 July. Bare: 15 … 19 July.
    "leave of 14 days": (
        (YEARLY, hired("2020-01-01"), trained("2024-06-10"), trained("2025-07-20"), away("2025-06-01", "2025-06-14")),
        ("late", "2025-01-01", "2025-07-20", 5, "2026-07-20"),
    ),
    # 13 days excuse nothing: 10 … 30 June and 1 … 19 July.
    "leave of 13 days": (
        (YEARLY, hired("2020-01-01"), trained("2024-06-10"), trained("2025-07-20"), away("2025-06-01", "2025-06-13")),
        ("late", "2025-01-01", "2025-07-20", 40, "2026-07-20"),
    ),
    "open leave": ((YEARLY, hired("2020-01-01"), away("2024-12-24", "")), ("excused", "2025-01-01", "", 0, "")),
    # 31 March … 4 April are before the approval and stay a gap (C11).
    "extension after the due day": (
        (YEARLY, hired("2025-03-01"), trained("2025-04-20"), extended("2025-04-05", "2025-04-30")),
        ("late", "2025-03-31", "2025-04-20", 5, "2026-04-20"),
    ),
    "extension withdrawn, and the withdrawal too": (
        (
            *(YEARLY, hired("2025-03-01"), trained("2025-04-20"), extended("2025-04-05", "2025-04-30")),
            *(withdrawn("D1"), withdrawn("D2", "D3")),
        ),
        ("late", "2025-03-31", "2025-04-20", 20, "2026-04-20"),
    ),
    "extension that one gives oneself": (
        (YEARLY, hired("2025-03-01", email="p@x"), extended("2025-03-05", "2026-12-31", approved_by="P@X")),
        ("missing", "2025-03-31", "", 276, ""),
    ),
    # Used up by the completion of 1 April, whose cover ends on 1 May; 1 May … 31 December are bare.
    "extension used up": (
        (
            YEARLY | {"renewal": {"every_months": 1}},
            *(hired("2025-03-01"), trained("2025-04-01"), extended("2025-03-20", "2026-12-31")),
        ),
        ("missing", "2025-03-31", "2025-04-01", 245, ""),
    ),
    # A day before the window opens, it does not count for that year: 31 October … 31 December.
    "campaign, too early": (
        (CAMPAIGN, hired("2020-01-01"), trained("2024-09-15"), trained("2025-08-31")),
        ("missing", "2025-01-01", "2025-08-31", 62, ""),
    ),
    "campaign, on its first day": (
        (CAMPAIGN, hired("2020-01-01"), trained("2024-09-15"), trained("2025-09-01")),
        ("met", "2025-01-01", "2025-09-01", 0, "2026-10-31"),
    ),
    # Version 2 of 1 June must be acknowledged by 1 July (C9); version 1 on that day covers nothing.
    "old version after the changeover": (
        (
            *(POLICY, hired("2024-01-01"), policy("1", "2024-01-01"), policy("2", "2025-06-01")),
            *(signed("2024-01-31", "1"), signed("2025-07-01", "1"), signed("2025-07-03", "2")),
        ),
        ("late", "2025-01-01", "2025-07-03", 2, ""),
    ),
    "immaterial version, none named": (
        (
            *(POLICY, hired("2024-01-01"), policy("1", "2024-01-01"), policy("2", "2025-06-01", "false")),
            signed("2023-12-31"),
        ),
        ("met", "2025-01-01", "2023-12-31", 0, ""),
    ),
    "unknown version": (
        (POLICY, hired("2025-11-01"), policy("1", "2024-01-01"), signed("2025-11-01", "3")),
        ("missing", "2025-12-01", "", 31, ""),
    ),
    # In force from 1 October: due on 31 October, though he came in 2020 (C4, C5).
    "new policy": (
        (POLICY, hired("2020-01-01"), policy("1", "2025-10-01"), signed("2025-11-01")),
        ("late", "2025-10-31", "2025-11-01", 1, ""),
    ),
    # 30 days away from the role: the clock goes on, and 1 May is required at once (C5).
    "short break in the role": (
        (
            ENGINEERS,
            hired("2025-01-01", "2025-03-31", role="Engineer"),
            hired("2025-04-01", "2025-04-30", role="Sales"),
            hired("2025-05-01", role="Engineer"),
            trained("2025-01-05", account=" P "),
        ),
        ("met", "2025-01-31", "2025-01-05", 0, "2026-01-05"),
    ),
    # 31 days away: a new series, due 30 days after 2 May. The tenure goes on, and so does the cover.
    "long break in the role": (
        (
            ENGINEERS,
            hired("2025-01-01", "2025-01-20", role="Engineer"),
            hired("2025-01-21", "2025-02-20", role="Sales"),
            hired("2025-02-21", "2025-12-31", role="Engineer"),
        ),
        ("missing", "2025-03-23", "", 284, ""),
    ),
    # Rehired after 31 days: another tenure, and the completion of the first is too old (C3, C7).
    "rehired after 31 days": (
        (ONCE, hired("2024-01-01", "2025-01-31"), hired("2025-03-04"), trained("2024-01-05")),
        ("missing", "2025-01-01", "2024-01-05", 273, ""),
    ),
    "rehired after 30 days": (
        (ONCE, hired("2024-01-01", "2025-01-31"), hired("2025-03-03"), trained("2024-01-05")),
        ("met", "2025-01-01", "2024-01-05", 0, ""),
    ),
    # 23:30 in Los Angeles on 31 March is 1 April in Berlin; 23:30 in Berlin is not (C6).
    "timestamp of another zone": (
        (YEARLY, hired("2025-03-01"), trained("2025-03-31T23:30:00-08:00")),
        ("late", "2025-03-31", "2025-04-01", 1, "2026-04-01"),
    ),
    "timestamp without offset": (
        (YEARLY, hired("2025-03-01"), trained("2025-03-31 23:30:00")),
        ("met", "2025-03-31", "2025-03-31", 0, "2026-03-31"),
    ),
    "completed without the score": (
        (MARKED, hired("2025-12-01"), trained("2025-12-01"), trained("2025-12-02", "passed", score="79")),
        ("missing", "2025-12-31", "", 1, ""),
    ),
    "passed without a score": (
        (MARKED, hired("2025-12-01"), trained("2025-12-02", "passed")),
        ("met", "2025-12-31", "2025-12-02", 0, "2026-12-02"),
    ),
    "completed at the mark": (
        (MARKED, hired("2025-12-01"), trained("2025-12-02", score="80.0")),
        ("met", "2025-12-31", "2025-12-02", 0, "2026-12-02"),
    ),
    # The sales row cannot be read, but it could be an engineer's time as well: never guessed (C12).
    "undetermined": (
        (
            ENGINEERS,
            hired("2025-03-01", "2025-06-30", role="Engineer"),
            hired("2025-07-01", "31/02/2025", role="Sales"),
            trained("2025-03-02"),
        ),
        ("undetermined", "2025-03-31", "2025-03-02", "", ""),
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict_by_hand(name: str) -> None:
    facts, expected = VERDICTS[name]
    (verdict,), _ = judge(small(*(dict(fact) for fact in facts)), "2025")
    assert tuple(verdict[column] for column in VERDICT_COLUMNS[2:]) == expected


# Facts, then: due_on, from, to, days, cause, ended_by, closed_on.
EXCEPTIONS = {
    "late joiner": (
        (YEARLY, hired("2025-03-01"), trained("2025-04-01")),
        [("2025-03-31", "2025-03-31", "2025-03-31", 1, "onboarding", "completion", "2025-04-01")],
    ),
    # Bare since 2024, shown from 1 January; trained after the period, which closes it and changes nothing.
    "before and after the period": (
        (YEARLY, hired("2024-12-01"), trained("2026-01-02")),
        [("2024-12-31", "2025-01-01", "2025-12-31", 365, "onboarding", "completion", "2026-01-02")],
    ),
    "left without": (
        (YEARLY, hired("2025-03-01", "2025-04-02")),
        [("2025-03-31", "2025-03-31", "2025-04-02", 3, "onboarding", "scope", "")],
    ),
    "approved too late, then forgotten": (
        (YEARLY, hired("2025-11-01"), extended("2025-12-03", "2025-12-20")),
        [
            ("2025-12-01", "2025-12-01", "2025-12-02", 2, "onboarding", "relief", ""),
            ("2025-12-20", "2025-12-20", "2025-12-31", 12, "relief_ended", "open", ""),
        ],
    ),
    "new role, then a lapse": (
        (
            ENGINEERS,
            hired("2023-01-01", "2023-12-31", role="Sales"),
            hired("2024-01-01", role="Engineer"),
            *(trained("2024-12-01"), trained("2025-12-05")),
        ),
        [("2025-12-01", "2025-12-01", "2025-12-04", 4, "renewal", "completion", "2025-12-05")],
    ),
    "new role": (
        (
            *(ENGINEERS, hired("2023-01-01", "2024-12-31"), hired("2025-01-01", role="Engineer")),
            trained("2025-02-01"),
        ),
        [("2025-01-31", "2025-01-31", "2025-01-31", 1, "new_duty", "completion", "2025-02-01")],
    ),
    # Neither the waiver nor the short leave helps. Ten days in another role end no tenure: the cover goes on.
    "waived, then on a short leave": (
        (
            ENGINEERS,
            hired("2024-01-01", "2025-05-10", role="Engineer"),
            hired("2025-05-11", "2025-05-20", role="Sales"),
            hired("2025-05-21", role="Engineer"),
            *(trained("2024-01-10"), trained("2025-01-10", "waived"), trained("2025-01-12"), trained("2026-01-12")),
            away("2025-01-10", "2025-01-20"),
        ),
        [("2025-01-10", "2025-01-10", "2025-01-11", 2, "renewal", "completion", "2025-01-12")],
    ),
    # Back in the role after ten days, its cover ended meanwhile: bare from the first day.
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
            ("2025-05-21", "2025-05-21", "2025-05-23", 3, "returned", "completion", "2025-05-24"),
            ("2025-06-24", "2025-06-24", "2025-06-30", 7, "renewal", "scope", ""),
        ],
    ),
    # The leave begins on 1 March 2026, the day after as_of.
    "leave after the exports end": (
        (YEARLY, hired("2025-12-01"), away("2026-03-01", "")),
        [("2025-12-31", "2025-12-31", "2025-12-31", 1, "onboarding", "relief", "")],
    ),
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_by_hand(name: str) -> None:
    facts, expected = EXCEPTIONS[name]
    _, exceptions = judge(small(*(dict(fact) for fact in facts)), "2025")
    assert [tuple(row[column] for column in EXCEPTION_COLUMNS[2:9]) for row in exceptions] == expected


@pytest.mark.parametrize(
    ("requirement", "start", "expected"),
    [
        # Records begin on 1 May 2024, and a year later is 1 May 2025: due on 30 April and on 1 May (C15).
        (YEARLY, "2025-03-31", "true"),
        (YEARLY, "2025-04-01", "false"),
        (ONCE, "2025-11-01", "true"),
        (POLICY, "2025-04-01", "false"),
    ],
)
def test_unproven_by_hand(requirement: dict[str, Any], start: str, expected: str) -> None:
    company = small(requirement, hired(start), policy("1", "2020-01-01"), covers_from=date(2024, 5, 1))
    _, (exception,) = judge(company, "2025")
    assert exception["unproven"] == expected


def test_excluded_people_and_accounts_by_hand() -> None:
    about = {"kind": "exclude", "decided_by": "ciso", "reason": "a test user", "reason_code": "test user"}
    nobody = row("decisions", decision_id="D1", person_id="P", **about) | {"table": "decisions"}
    account = row("decisions", decision_id="D1", account="P", **about) | {"table": "decisions"}
    assert judge(small(ONCE, hired("2025-12-01"), nobody), "2025") == ([], [])
    (verdict,), _ = judge(small(ONCE, hired("2025-12-01"), trained("2025-12-02"), account), "2025")
    assert (verdict["verdict"], verdict["last_completed_on"]) == ("missing", "")


def test_as_of_before_the_period_is_an_error() -> None:
    with pytest.raises(ValueError, match="C1"):
        judge(small(ONCE, hired("2025-12-01")), "2025", date(2024, 12, 31))


def test_companies_are_reproducible() -> None:
    assert random_company(7, 10) == random_company(7, 10) != random_company(8, 10)
