"""The tables of the pack: everything that the page shows, or only samples, as files that a spreadsheet opens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from workbook_lib import restatement
from workbook_lib.csv_tables import ESCAPED, write_csv
from workbook_lib.exhibits.chosen import ALL
from workbook_lib.exhibits.front import DONE_AFTER
from workbook_lib.exhibits.joiners import JOINERS
from workbook_lib.exhibits.outlook import TURNING
from workbook_lib.exhibits.readiness import AHEAD, DUE, UNCOVERED
from workbook_lib.exhibits.readings import WHY
from workbook_lib.procedures import Outcome, Result
from workbook_lib.spreadsheets import Sheet, write_workbook
from workbook_lib.tables import JUDGED, FileAccount, Finding, Quarantined, count
from workbook_lib.testsheet import COLUMNS, IN_STRATA, draw, lines
from workbook_lib.workpaper import VERDICTS, Workpaper

#: Rows of the people exports, readable or not; their person is in one stratum, or not in the population. Of a row that
#: is not readable an empty day is no open end.
POPULATION = f"""
SELECT person.person_id, person.name, person.email, listed.worker_type, listed.role, listed.department,
       listed.start_date, listed.end_date, listed.readable, placed.stratum IS NOT NULL AS in_population, placed.stratum,
       listed.source_no, listed.row_no
FROM (SELECT *, TRUE AS readable FROM people UNION ALL SELECT *, FALSE FROM unread_people) listed
JOIN person ON person.person_id = listed.person_id
LEFT JOIN ({IN_STRATA}) placed ON placed.person_no = person.person_no
ORDER BY person.person_id, listed.start_date NULLS LAST, listed.source_no, listed.row_no"""

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

ACCESS = """
SELECT person.person_id, person.name, access.account, account_person.via, granted_on, system, source_no, row_no
FROM access
JOIN account_person ON account_person.account = access.account
LEFT JOIN person ON person.person_no = account_person.person_no
ORDER BY person.person_id NULLS LAST, access.account, granted_on, source_no, row_no"""

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

READINGS = f"""
SELECT person.person_id, requirement.requirement_id, annual.own_reading, stood.judged_on AS last_accountable_on,
       stood.rolling, stood.trailing, stood.in_period, stood.campaign, stood.anchored, turned.why AS why_it_turns
FROM (SELECT person_no, requirement_no, judged_on, MAX(CASE reading WHEN 'rolling' THEN passes END) = 1 AS rolling,
             MAX(CASE reading WHEN 'trailing' THEN passes END) = 1 AS trailing,
             MAX(CASE reading WHEN 'in_period' THEN passes END) = 1 AS in_period,
             MAX(CASE reading WHEN 'campaign' THEN passes END) = 1 AS campaign,
             MAX(CASE reading WHEN 'anchored' THEN passes END) = 1 AS anchored
      FROM reading GROUP BY person_no, requirement_no, judged_on) stood
JOIN person ON person.person_no = stood.person_no
JOIN requirement ON requirement.requirement_no = stood.requirement_no
JOIN annual ON annual.requirement_no = stood.requirement_no
LEFT JOIN (SELECT person_no, requirement_no, {WHY} AS why
           FROM flip GROUP BY person_no, requirement_no, own_reading, own_why) turned
       ON turned.person_no = stood.person_no AND turned.requirement_no = stood.requirement_no
ORDER BY person.person_id, requirement.requirement_id"""

DECISIONS = """
SELECT decision_id, kind, decided_by, person_id, requirement_id, account, due_on, approved_on, new_due_on, reason_code,
       reason, evidence, approved_by, withdraws, withdrawn = 1 AS withdrawn, recorded_at, evidence_sha256
FROM decision ORDER BY source_no, row_no"""

REMINDERS = """
SELECT person_id, requirement_id, due_on, step AS days_after_due, audience, recipient, reminded_on, fate, message_id,
       recorded_at
FROM reminder ORDER BY recorded_at, message_id, person_id, requirement_id, due_on, delivery"""

SNAPSHOT_CHANGES = """
SELECT file, earlier_file, fate AS change, row_no, record, column_name, before, after
FROM snapshot_change
ORDER BY done DESC, CASE fate WHEN 'vanished' THEN 1 WHEN 'changed' THEN 2 WHEN 'not compared' THEN 3 ELSE 4 END,
         source_no, row_no, place, column_no"""

#: The tables that are relations of the engine. Every listing has a fixed order.
LISTINGS: dict[str, str] = {
    "verdicts": VERDICTS,
    "exceptions": EXCEPTIONS_TRACED,
    "population": POPULATION,
    "completion_records": COMPLETION_RECORDS,
    "acknowledgements": ACKNOWLEDGEMENTS,
    "accounts": ACCOUNTS,
    "access": ACCESS,
    "covered_days": COVERED_DAYS,
    "readings": READINGS,
    "joiners": JOINERS,
    "decisions": DECISIONS,
    "reminders": REMINDERS,
    "snapshot_changes": SNAPSHOT_CHANGES,
}

#: The tables that the readiness notebook adds, as CSV.
READINESS: dict[str, str] = {
    "uncovered": UNCOVERED.format(chosen=ALL.condition),
    "due_next": DUE.format(days=AHEAD[-1], chosen=ALL.condition),
    "forecast": """
SELECT person.person_id, requirement.requirement_id, so_far, if_nobody, if_everybody, turns_on
FROM forecast
JOIN person ON person.person_no = forecast.person_no
JOIN requirement ON requirement.requirement_no = forecast.requirement_no
ORDER BY person.person_id, requirement.requirement_id""",
    "turning": TURNING.format(chosen=ALL.condition),
}
#: Rows above which a table is written as Parquet, too: a CSV of that length is no longer opened, but loaded.
LONG = 200_000

#: Tables that are no relations: name → columns and rows.
Lists = dict[str, tuple[list[str], list[list[object]]]]
#: Their columns.
QUARANTINE = [field.name for field in fields(Quarantined)]
FINDINGS = [field.name for field in fields(Finding)]
SOURCES = [field.name for field in fields(FileAccount) if field.type in ("int", "str", "date | None")]
MORE_OF_SOURCES = ["mapping", "earlier_file", "earlier_sha256"]
RESTATEMENT = ["what", "person_id", "requirement_id", "subject", "before", "after", "cause"]
RESULTS = ["procedure", "title", "criteria", "outcome", "tested", "exceptions", "says"]

#: Every table of the pack in reading order, and what it holds.
SAYS: dict[str, str] = {
    "results": "One row per procedure: what was tested, how many exceptions, and the result.",
    "sources": "One row per export: where it came from, its digest, and what became of its rows.",
    "quarantine": "Every row that was not used, with its place in the file and the reason.",
    "findings": "What a reader should know about the data, beside the verdicts.",
    "population": "Every row of the people exports that says whom it is about, whenever its person worked here: "
    "in_population tells who counts, stratum from which group they are selected. Where a row is not readable, its days "
    "are not known. Only people whom a recorded decision leaves out are not in it.",
    "accounts": "Every account that a system, a grant of access or a row that cannot be read names, and how its person "
    "was found.",
    "verdicts": "One row per person and requirement: the verdict, and why.",
    "exceptions": "One row per stretch of days on which a person had to be covered and was not, with why it was due.",
    "completion_records": "Every training record.",
    "acknowledgements": "Every acknowledged policy.",
    "access": "Every grant of access.",
    "covered_days": "For each person and requirement the days that were required, excused, covered, or none of these.",
    "readings": "Who passes under which reading of annual (empty: not testable), and why the result turns.",
    "joiners": "Each duty of a joiner that fell due on a judged day, and the day of cover against the due day.",
    "decisions": "What analysts decided, and what was taken back.",
    "reminders": "Each duty in each message that was sent, or tried: to whom, when, and what became of it.",
    "snapshot_changes": "Records of an earlier export that vanished or changed since.",
    "restatement": "What reads differently than in the older pack that this one replaced, and why.",
    "sample": "A selection of people per stratum, drawn by a stated rule, with what the exports say about each duty.",
}


def write_tables(paper: Workpaper, folder: Path) -> None:
    """Write every table into `folder`/tables as CSV, a long one also as Parquet, and all as sheets of
    `folder`/tables.xlsx; the counts of the front page into `folder`/result.json, what a later pack compares itself with
    into `folder`/statement.csv, and the statements that judged, in their order, into `folder`/rules.

    In a CSV a text that a spreadsheet would take for a formula is escaped; in a sheet its cell says that it is text.
    """
    paper.deepen()
    rules = folder / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    for no, (name, statement) in enumerate(paper.engine.statements.items(), 1):
        (rules / f"{no:02}_{name}.sql").write_text(statement, encoding="utf-8", newline="\n")
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    counts = {name: _write_listing(paper, query, tables / name) for name, query in LISTINGS.items()}
    lists = _lists(paper)
    for name, (columns, rows) in lists.items():
        write_csv(tables / f"{name}.csv", columns, rows)
    write_workbook(folder / "tables.xlsx", _sheets(paper, counts, lists), paper.window.as_of)
    paper.engine.export(restatement.statement(), folder / restatement.STATEMENT, ESCAPED)
    text = json.dumps(summary(paper), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / "result.json").write_text(text, encoding="utf-8", newline="\n")


def write_readiness(paper: Workpaper, folder: Path) -> None:
    """Write what `write_tables` does, and as CSV who is not covered, who falls due, and how the period may end."""
    paper.look_ahead()
    write_tables(paper, folder)
    for name, query in READINESS.items():
        paper.engine.export(query, folder / "tables" / f"{name}.csv", ESCAPED)


def _write_listing(paper: Workpaper, query: str, path: Path) -> int:
    """One table, sorted once: as Parquet, which stays where it is long, and from that as CSV. Returns its rows."""
    parquet = path.with_suffix(".parquet")
    rows = paper.engine.export_parquet(query, parquet)
    paper.engine.export(paper.engine.in_parquet(parquet), path.with_suffix(".csv"), ESCAPED)
    if rows <= LONG:
        parquet.unlink()
    return rows


def _sheets(paper: Workpaper, counts: dict[str, int], lists: Lists) -> Iterator[Sheet]:
    """Every table of the pack, in reading order.

    counts : rows of each listing.  lists : the tables that are none.
    """
    for name, says in SAYS.items():
        if name in lists:
            columns, rows = lists[name]
            yield Sheet(name=name, says=says, columns=columns, rows=rows, count=len(rows))
        else:
            columns, stream = paper.engine.stream(LISTINGS[name])
            also = " and, for programs, .parquet" if counts[name] > LONG else ""
            yield Sheet(name=name, says=says, columns=columns, rows=stream, count=counts[name], also=also)


def _lists(paper: Workpaper) -> Lists:
    """The tables that are no relations: columns and rows."""
    return {
        "sources": ([*SOURCES, *MORE_OF_SOURCES], [_source_row(file) for file in paper.files]),
        "quarantine": (QUARANTINE, _attributes(paper.quarantine, QUARANTINE)),
        "findings": (FINDINGS, _attributes(paper.findings, FINDINGS)),
        "restatement": (RESTATEMENT, _restatement_rows(paper)),
        "results": (RESULTS, [_result_row(result) for result in paper.results]),
        "sample": (list(COLUMNS), [list(line) for line in lines(paper, draw(paper))]),
    }


BY_REQUIREMENT = """
SELECT requirement.requirement_id, verdict.verdict, COUNT(*) FROM verdict
JOIN requirement ON requirement.requirement_no = verdict.requirement_no
GROUP BY requirement.requirement_id, verdict.verdict ORDER BY requirement.requirement_id, verdict.verdict"""


def summary(paper: Workpaper) -> dict[str, Any]:
    """Every count on the front page, for programs."""
    by_verdict = "SELECT verdict, COUNT(*) FROM verdict GROUP BY verdict ORDER BY verdict"
    verdicts: dict[str, int] = dict(paper.rows(by_verdict))
    requirements: dict[str, dict[str, int]] = {requirement.id: {} for requirement in paper.audit.requirements}
    for requirement, verdict, number in paper.rows(BY_REQUIREMENT):
        requirements[requirement][verdict] = number
    return {
        "pseudonymous": paper.pseudonymous,
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
        "people_with_an_exception": paper.number("SELECT COUNT(DISTINCT person_id) FROM exceptions"),
        "verdicts": verdicts,
        "requirements": requirements,
        "exceptions": {
            "total": paper.number("SELECT COUNT(*) FROM exceptions"),
            "unexplained": paper.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NULL"),
        },
        "missing_completed_after_the_judged_days": paper.number(DONE_AFTER),
        "rows": _rows(paper),
        "procedures": {
            result.procedure.id: {
                "outcome": str(result.outcome),
                "tested": result.tested,
                "exceptions": result.exceptions,
            }
            for result in paper.results
        },
        "restatement": paper.restated.summary if paper.restated else None,
    }


def _rows(paper: Workpaper) -> dict[str, int]:
    """Rows of the files, each counted once: read = used + quarantined; and how often the files were read."""
    files = paper.received
    return {
        "files": len(paper.file_names),
        "readings": len(paper.files),
        "read": sum(one.rows for one in files),
        "used": sum(one.used for one in files),
        "quarantined": sum(one.quarantined for one in files),
        "set_aside_by_rule": sum(one.by_rule for one in files),
        "unreadable": sum(one.unread for one in files),
        "refused": sum(one.refused for one in files),
    }


def bottom_lines(result: dict[str, Any]) -> Iterator[str]:
    """The result in a few lines: counts before percentages, INTERIM wherever it is."""
    period, verdicts, exceptions = result["period"], result["verdicts"], result["exceptions"]
    days = f"{period['start']} to {period['judged_to']}"
    yield f"{result['organisation']}, period {period['name']}, judged from {days}, as known on {period['as_of']}."
    if period["interim"]:
        yield f"INTERIM: the period goes on to {period['end']}; nothing after {period['judged_to']} was judged."
    met, judged = verdicts.get("met", 0), sum(verdicts.get(name, 0) for name in JUDGED)
    late, rest = _told(verdicts, JUDGED[1:]), _told(verdicts, [name for name in verdicts if name not in JUDGED])
    people, duties = count(result["people"], "person", "people"), count(judged, "judged duty", "judged duties")
    yield f"{people}. On time: {met:,} of {duties}. Not on time: {late}. Not judged: {rest}."
    yield f"Exceptions: {exceptions['total']:,}, of them unexplained: {exceptions['unexplained']:,}."
    yield procedures_line(result["procedures"])
    if restated := result["restatement"]:
        yield restated_line(restated)
    unreadable, refused = result["rows"]["unreadable"], result["rows"]["refused"]
    if unreadable or refused:
        yield (
            f"Rows that could not be read: {unreadable:,}; they cover nothing. Decisions refused: {refused:,}. "
            "`workbook check` lists them."
        )


def _told(verdicts: dict[str, int], names: Iterable[str]) -> str:
    return ", ".join(f"{verdicts[name]:,} {name}" for name in names if name in verdicts) or "none"


def procedures_line(procedures: dict[str, dict[str, Any]]) -> str:
    """Which procedures noted exceptions, and which were not performed, in one sentence."""
    by_outcome: dict[str, list[str]] = {outcome: [] for outcome in Outcome}
    for name in sorted(procedures, key=lambda name: int(name[1:])):
        by_outcome[procedures[name]["outcome"]].append(name)
    noted, left_out = by_outcome[Outcome.EXCEPTIONS], by_outcome[Outcome.NOT_PERFORMED]
    return (
        f"Procedures: exceptions noted in {', '.join(noted) or 'none'}; not performed: {', '.join(left_out) or 'none'}."
    )


def restated_line(restated: dict[str, Any]) -> str:
    """The restatement of an older pack in one sentence."""
    made = restated["older"]["made_at"][:10]
    older = f"Restates the pack made on {made}" if made else "Replaces an older pack"
    if reason := restated["not_compared"]:
        return f"{older}; not compared with it: {reason}."
    verdicts = count(restated["verdicts"], "verdict") if restated["verdicts"] else "no verdict"
    others = f" (of them other verdicts: {restated['other_verdicts']:,})" if restated["verdicts"] else ""
    exceptions = count(restated["exceptions"], "exception") if restated["exceptions"] else "no exception"
    return f"{older}: {verdicts}{others} and {exceptions} read differently. See tables/restatement.csv."


def _restatement_rows(paper: Workpaper) -> list[list[object]]:
    """What the two packs were made from, where it is not the same; then each verdict and exception."""
    if not paper.restated:
        return []
    of = paper.restated
    changes: list[list[object]] = [[c.what, "", "", c.subject, c.before, c.after, ""] for c in of.changes]
    return [*changes, *_attributes(of.differences, RESTATEMENT)]


def _source_row(file: FileAccount) -> list[object]:
    """One file; the mapping as a reader says it: canonical column ← where it was read from."""
    mapping = "; ".join(f"{column} ← {read_from}" for column, read_from in file.mapping)
    earlier = [file.earlier.file, file.earlier.sha256] if file.earlier else [None, None]
    return [*(getattr(file, name) for name in SOURCES), mapping, *earlier]


def _result_row(result: Result) -> list[object]:
    plan = result.procedure
    counts = [str(result.outcome), result.tested, result.exceptions, result.says]
    return [plan.id, plan.title, "; ".join(plan.criteria), *counts]


def _attributes(items: Iterable[object], names: Sequence[str]) -> list[list[object]]:
    return [[getattr(item, name) for name in names] for item in items]
