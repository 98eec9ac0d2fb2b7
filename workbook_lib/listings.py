"""The tables of the pack: everything that the page shows, or only samples, as files that a spreadsheet opens."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from workbook_lib.exhibits.joiners import JOINERS
from workbook_lib.procedures import Result
from workbook_lib.tables import FileAccount, Finding, Quarantined
from workbook_lib.workpaper import VERDICTS, Workpaper

POPULATION = """
SELECT person.person_id, person.name, person.email, people.worker_type, people.role, people.department,
       people.start_date, people.end_date, people.source_no, people.row_no
FROM people JOIN person ON person.person_id = people.person_id
ORDER BY person.person_id, people.start_date, people.source_no, people.row_no"""

COMPLETION_RECORDS = """
SELECT person.person_id, person.name, completions.account, account_person.via, module_id, completed_on, completed_at,
       status, score, minutes, method, record_id, source_no, row_no
FROM completions
JOIN account_person ON account_person.account = completions.account
LEFT JOIN person ON person.person_no = account_person.person_no
ORDER BY person.person_id NULLS LAST, completions.account, module_id, completed_on NULLS LAST, source_no, row_no"""

ACKNOWLEDGEMENTS = """
SELECT person.person_id, person.name, acknowledgements.account, account_person.via, policy_id, version,
       acknowledged_on, status, method, source_no, row_no
FROM acknowledgements
JOIN account_person ON account_person.account = acknowledgements.account
LEFT JOIN person ON person.person_no = account_person.person_no
ORDER BY person.person_id NULLS LAST, acknowledgements.account, policy_id, acknowledged_on NULLS LAST,
         source_no, row_no"""

ACCOUNTS = """
SELECT account_person.account, person.person_id, via
FROM account_person LEFT JOIN person ON person.person_no = account_person.person_no ORDER BY account_person.account"""

COVERED_DAYS = """
SELECT person.person_id, requirement.requirement_id, from_day, to_day, required, excused, covered, gap
FROM stretch
CROSS JOIN settings
JOIN person ON person.person_no = stretch.person_no
JOIN requirement ON requirement.requirement_no = stretch.requirement_no
WHERE from_day <= as_of AND to_day >= window_from
ORDER BY person.person_id, requirement.requirement_id, from_day"""

#: As `judge` writes them, and beside each the chain of days that led to its due day.
EXCEPTIONS_TRACED = """
SELECT exceptions.*, trace.why_due_then
FROM exceptions
JOIN person ON person.person_id = exceptions.person_id
JOIN requirement ON requirement.requirement_id = exceptions.requirement_id
JOIN trace ON trace.person_no = person.person_no AND trace.requirement_no = requirement.requirement_no
          AND trace.due_on = exceptions.due_on
ORDER BY exceptions.person_id, exceptions.requirement_id, exceptions.due_on"""

READINGS = """
SELECT person.person_id, requirement.requirement_id, reading.reading, reading.is_own = 1 AS is_own,
       reading.passes = 1 AS passes, reading.judged_on AS last_accountable_on, reading.why
FROM reading
JOIN person ON person.person_no = reading.person_no
JOIN requirement ON requirement.requirement_no = reading.requirement_no
ORDER BY person.person_id, requirement.requirement_id, reading.reading"""

DECISIONS = """
SELECT decision_id, kind, decided_by, person_id, requirement_id, account, due_on, approved_on, new_due_on, reason_code,
       reason, evidence, approved_by, withdraws, withdrawn = 1 AS withdrawn
FROM decision ORDER BY source_no, row_no"""

#: Name of a table in the pack → the listing that it holds. Every listing has a fixed order.
LISTINGS: dict[str, str] = {
    "verdicts": VERDICTS,
    "exceptions": EXCEPTIONS_TRACED,
    "population": POPULATION,
    "completion_records": COMPLETION_RECORDS,
    "acknowledgements": ACKNOWLEDGEMENTS,
    "accounts": ACCOUNTS,
    "covered_days": COVERED_DAYS,
    "readings": READINGS,
    "joiners": JOINERS,
    "decisions": DECISIONS,
}

#: The columns of tables that are not relations of the engine.
QUARANTINE = [field.name for field in fields(Quarantined)]
FINDINGS = [field.name for field in fields(Finding)]
SOURCES = [field.name for field in fields(FileAccount) if field.type in ("int", "str", "date | None")]
RESULTS = ["procedure", "title", "criteria", "outcome", "tested", "exceptions", "says"]


def write_tables(paper: Workpaper, folder: Path) -> None:
    """Write every listing as CSV into `folder`/tables, the counts of the front page into `folder`/result.json, and the
    statements that judged, in their order, into `folder`/rules.
    """
    paper.deepen()
    rules = folder / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    for no, (name, statement) in enumerate(paper.engine.statements.items(), 1):
        (rules / f"{no:02}_{name}.sql").write_text(statement, encoding="utf-8", newline="\n")
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    for name, query in LISTINGS.items():
        paper.engine.export(query, tables / f"{name}.csv")
    _write_csv(tables / "sources.csv", SOURCES, _attributes(paper.files, SOURCES))
    _write_csv(tables / "quarantine.csv", QUARANTINE, _attributes(paper.quarantine, QUARANTINE))
    _write_csv(tables / "findings.csv", FINDINGS, _attributes(paper.findings, FINDINGS))
    _write_csv(tables / "results.csv", RESULTS, map(_result_row, paper.results))
    text = json.dumps(summary(paper), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / "result.json").write_text(text, encoding="utf-8", newline="\n")


def summary(paper: Workpaper) -> dict[str, Any]:
    """Every count on the front page, for programs."""
    by_verdict = "SELECT verdict, COUNT(*) FROM verdict GROUP BY verdict ORDER BY verdict"
    verdicts: dict[str, int] = dict(paper.rows(by_verdict))
    return {
        "organisation": paper.audit.settings.organisation,
        "criteria": list(paper.audit.settings.criteria),
        "period": {
            "name": paper.window.period.name,
            "start": paper.window.start.isoformat(),
            "end": paper.window.period.end.isoformat(),
            "judged_to": paper.window.end.isoformat(),
            "as_of": paper.window.as_of.isoformat(),
            "interim": paper.window.interim,
        },
        "people": paper.number("SELECT COUNT(DISTINCT person_no) FROM verdict"),
        "verdicts": verdicts,
        "exceptions": {
            "total": paper.number("SELECT COUNT(*) FROM exceptions"),
            "unexplained": paper.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NULL"),
        },
        "rows": {
            "read": sum(file.rows_read for file in paper.files),
            "used": sum(file.rows_used for file in paper.files),
            "quarantined": sum(file.rows_quarantined for file in paper.files),
            "set_aside_by_rule": sum(row.by_rule for row in paper.quarantine),
            "unreadable": sum(not row.by_rule for row in paper.quarantine),
        },
        "procedures": {
            result.procedure.id: {
                "outcome": str(result.outcome),
                "tested": result.tested,
                "exceptions": result.exceptions,
            }
            for result in paper.results
        },
    }


def _result_row(result: Result) -> list[object]:
    plan = result.procedure
    counts = [result.outcome, result.tested, result.exceptions, result.says]
    return [plan.id, plan.title, "; ".join(plan.criteria), *counts]


def _attributes(items: Iterable[object], names: Sequence[str]) -> Iterable[list[object]]:
    return ([getattr(item, name) for name in names] for item in items)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case Enum():
            return value.value
        case _:
            return value
