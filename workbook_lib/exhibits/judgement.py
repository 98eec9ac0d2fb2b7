"""What was judged: verdicts, cover through the period, the procedures one by one, and the exceptions."""

from __future__ import annotations

from dataclasses import replace

from workbook_lib.exhibits import figures
from workbook_lib.exhibits.chosen import ALL, Chosen
from workbook_lib.exhibits.exhibit import Exhibit, Table, cut_short, framed, listed, rate, spelled
from workbook_lib.exhibits.front import interim, verdict_counts
from workbook_lib.exhibits.markup import visible
from workbook_lib.exhibits.words import VERDICTS
from workbook_lib.procedures import Check, Outcome, Result
from workbook_lib.procedures.people import NOT_IN_THE_SYSTEM, RECORDS_OF_NOBODY, ROLL_FORWARD
from workbook_lib.procedures.records import LOST, UNEXPLAINED, UNREAD_ROWS
from workbook_lib.tables import JUDGED, count
from workbook_lib.workpaper import Workpaper

#: Rows that the section of a procedure shows of each of its listings; the whole is elsewhere.
PROCEDURE_ROWS = 20
#: So many more are shown rather than cut.
A_FEW_MORE = 20
EXCEPTION_ROWS = 150
CHAIN_ROWS = 50
TYPE_ROWS = 60


def verdicts(wp: Workpaper) -> Exhibit:
    """Requirement by verdict, with counts."""
    counted = {
        (no, verdict): number
        for no, verdict, number in wp.rows(
            "SELECT requirement_no, verdict, COUNT(*) FROM verdict GROUP BY requirement_no, verdict ORDER BY 1, 2"
        )
    }
    rows = []
    for no, requirement in enumerate(wp.audit.requirements, 1):
        line = [counted.get((no, verdict), 0) for verdict in VERDICTS]
        judged = sum(counted.get((no, verdict), 0) for verdict in JUDGED)
        rows.append((requirement.id, sum(line), *line, rate(counted.get((no, "met"), 0), judged)))
    totals = verdict_counts(wp)
    judged = sum(totals.get(verdict, 0) for verdict in JUDGED)
    deviations = totals.get("late", 0) + totals.get("missing", 0)
    table = framed(rows, ("Requirement", "Duties", *map(str.capitalize, VERDICTS), "Met on time"))
    shares = [[counted.get((no, verdict), 0) for verdict in VERDICTS] for no in range(1, len(rows) + 1)]
    return Exhibit(
        key="verdicts",
        title="Verdicts by requirement",
        banner=interim(wp),
        says=(
            f"Deviations: {rate(deviations, judged)} of the judged duties ({totals.get('late', 0):,} late, "
            f"{totals.get('missing', 0):,} missing). {count(totals.get('undetermined', 0), 'duty', 'duties')} "
            "undetermined.",
        ),
        figure=figures.verdict_bars([requirement.id for requirement in wp.audit.requirements], list(VERDICTS), shares),
        alt=f"Bars, one per requirement, divided by verdict. {rate(totals.get('met', 0), judged)} judged duties were "
        "met.",
        tables=(Table(frame=table, caption="Duties of each requirement by verdict"),),
    )


#: Duties of each requirement and worker type, by verdict.
BY_TYPE = """
SELECT requirement.requirement_id, COALESCE(person.worker_type, 'not readable'), verdict.verdict, COUNT(*)
FROM verdict
JOIN person ON person.person_no = verdict.person_no
JOIN requirement ON requirement.requirement_no = verdict.requirement_no
GROUP BY requirement.requirement_no, requirement.requirement_id, COALESCE(person.worker_type, 'not readable'),
         verdict.verdict
ORDER BY requirement.requirement_no, 2, 3"""
#: More bars than this are not read one by one; those with the lowest share met are drawn.
MOST_BARS = 30


def verdicts_by_type(wp: Workpaper) -> Exhibit:
    """Requirement and worker type by verdict: whether one group is trained less than the others."""
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for requirement, worker_type, verdict, number in wp.rows(BY_TYPE):
        counted.setdefault((requirement, worker_type.replace("_", " ")), {})[verdict] = number
    lines = {group: [found.get(verdict, 0) for verdict in VERDICTS] for group, found in counted.items()}
    judged = {group: sum(found.get(verdict, 0) for verdict in JUDGED) for group, found in counted.items()}
    met = {group: found.get("met", 0) for group, found in counted.items()}
    groups = sorted((group for group in lines if judged[group]), key=lambda group: met[group] / judged[group])
    rows = [(*group, sum(line), *line, rate(met[group], judged[group])) for group, line in lines.items()]
    worst = groups[0] if groups else None
    drawn = [group for group in lines if group in groups[:MOST_BARS]]
    says = "0 duties were judged."
    if worst:
        says = (
            f"The lowest share met of any requirement and worker type is {rate(met[worst], judged[worst])}: "
            f"{visible(worst[0])}, {worst[1]}. Every duty was met in {sum(met[g] == judged[g] for g in groups)} of "
            f"{count(len(groups), 'group')}."
        )
    labels = [f"{', '.join(group)} ({sum(lines[group]):,})" for group in drawn]
    headings = ("Requirement", "Worker type", "Duties", *map(str.capitalize, VERDICTS), "Met on time")
    cut = f" Drawn are the {MOST_BARS} groups with the lowest share met." if len(groups) > MOST_BARS else ""
    return Exhibit(
        key="verdicts-by-type",
        title="Verdicts by requirement and worker type",
        banner=interim(wp),
        says=(
            says,
            "The worker type is that of the person's latest row. Each bar is a whole group, large or small; the number "
            f"of its duties stands in brackets.{cut}",
        ),
        figure=figures.verdict_bars(labels, list(VERDICTS), [lines[group] for group in drawn], as_shares=True)
        if drawn
        else None,
        alt=f"Bars of equal length, one per requirement and worker type, divided by verdict. {says}",
        tables=(
            Table(
                frame=framed(rows[:TYPE_ROWS], headings),
                caption="Duties of each group by verdict",
                note=cut_short(TYPE_ROWS, len(rows), "requirement", "verdicts") if len(rows) > TYPE_ROWS else "",
                folded=len(rows) > 8,
            ),
        ),
    )


#: Required people and covered people of each requirement, on each day on which either number changes.
COVER_BY_DAY = """
WITH accountable AS (
  SELECT stretch.requirement_no, GREATEST(from_day, window_from) AS first_day, LEAST(to_day, window_to) AS last_day,
         CASE WHEN covered THEN 1 ELSE 0 END AS covers
  FROM stretch CROSS JOIN settings
  JOIN verdict ON verdict.person_no = stretch.person_no AND verdict.requirement_no = stretch.requirement_no
  JOIN person ON person.person_no = stretch.person_no
  JOIN requirement ON requirement.requirement_no = stretch.requirement_no
  WHERE required AND NOT excused AND verdict.verdict <> 'undetermined' AND {chosen}
    AND from_day <= window_to AND to_day >= window_from
), changes AS (
  SELECT requirement_no, first_day AS on_day, 1 AS required, covers AS covered FROM accountable
  UNION ALL SELECT requirement_no, last_day + 1, -1, -covers FROM accountable
), dated AS (
  SELECT requirement_no, on_day, SUM(required) AS required, SUM(covered) AS covered FROM changes
  GROUP BY requirement_no, on_day
)
SELECT requirement_no, on_day, SUM(required) OVER days AS required, SUM(covered) OVER days AS covered
FROM dated WINDOW days AS (PARTITION BY requirement_no ORDER BY on_day) ORDER BY requirement_no, on_day"""


def coverage(wp: Workpaper, chosen: Chosen = ALL) -> Exhibit:
    """The share of required people who were covered, day by day, for each requirement."""
    rows = wp.rows(COVER_BY_DAY.format(chosen=chosen.condition))
    lines = figures.lines_by_day(rows, wp.window, [r.id for r in wp.audit.requirements])
    if not lines:
        return Exhibit(
            key="coverage",
            title="Cover through the period",
            banner=chosen.banner,
            says=("0 people had to be covered on a judged day.",),
        )
    lowest = min(lines, key=lambda line: line.lowest.share)
    low = lowest.lowest
    summary = [
        (line.name, rate(*line.first.pair), rate(*line.lowest.pair), line.lowest.on_day, rate(*line.last.pair))
        for line in lines
    ]
    whole = sum(line.lowest.share == 1 for line in lines)
    months = figures.months(lines, wp.window)
    return Exhibit(
        key="coverage",
        title="Cover through the period",
        banner=_banner(wp, chosen),
        says=(
            f"The lowest cover of any requirement was {rate(*low.pair)} required people, on {low.on_day} "
            f"({visible(lowest.name)}). Everybody was covered on every day for {whole} of "
            f"{count(len(lines), 'requirement')}.",
            "A person counts on the days on which cover was required and not excused. Undetermined duties are not in "
            "the figure, nor is a requirement that asked cover of nobody.",
        ),
        figure=figures.cover_lines(lines, wp.window),
        alt="Lines, one per requirement: the share of required people who were covered on each day from "
        f"{wp.window.start} to {wp.window.end}. The lowest point is {rate(*low.pair)} on {low.on_day}.",
        tables=(
            Table(
                frame=framed(summary, ("Requirement", "First day", "Lowest day", "Lowest on", "Last day")),
                caption="Required people who were covered",
            ),
            Table(frame=months, caption="Lowest day of each month", folded=len(lines) > 3),
        ),
    )


def _banner(wp: Workpaper, chosen: Chosen) -> str:
    return f"{chosen.banner} {interim(wp)}".strip()


def procedure(wp: Workpaper, number: str) -> Exhibit:
    """One procedure: objective, criterion, population and its source, what was done, n of N, result, and the details.

    Raises LookupError where the catalogue has no such procedure.
    """
    result = next((result for result in wp.results if result.procedure.id == number), None)
    if result is None:
        raise LookupError(f"There is no procedure {number}; there are {', '.join(r.procedure.id for r in wp.results)}.")
    plan = result.procedure
    performed = result.outcome is not Outcome.NOT_PERFORMED
    steps = (
        ("Objective", plan.objective),
        ("Criteria", ", ".join(plan.criteria)),
        ("Population", plan.population),
        ("Source", spelled(plan.source)),
        ("What was done", plan.done),
        ("Exceptions", _counted(result) if performed else "none counted: not performed"),
    )
    tables = []
    if result.checks:
        tables.append(
            Table(
                frame=framed(
                    [(c.says, rate(c.exceptions, c.tested), str(c.outcome)) for c in result.checks],
                    ("Expected", "Exceptions", "Result"),
                ),
                caption="What was expected, and how many items are not so",
                more=tuple({ELSEWHERE[c.listing]: None for c in result.checks if c.listing in ELSEWHERE}),
            )
        )
    tables += [table for check in result.checks if (table := _details(wp, check))]
    return Exhibit(
        key=plan.id,
        label=plan.id,
        title=plan.title,
        result=str(result.outcome),
        says=(result.says,),
        plan=steps,
        tables=tuple(tables),
    )


#: Listings that another exhibit shows in full: they are not repeated.
ELSEWHERE = {
    ROLL_FORWARD: ("population", "Population"),
    NOT_IN_THE_SYSTEM: ("reconciliation", "People against accounts and records"),
    RECORDS_OF_NOBODY: ("reconciliation", "People against accounts and records"),
    UNEXPLAINED: ("exceptions", "Exceptions"),
    LOST: ("snapshots", "What changed since the earlier export"),
    UNREAD_ROWS: ("quarantine", "Quarantine"),
}


def _details(wp: Workpaper, check: Check) -> Table | None:
    """The items of one part of a procedure, unless they stand elsewhere or there are none."""
    if not check.listing or check.listing in ELSEWHERE:
        return None
    total = wp.number(f"SELECT COUNT(*) FROM ({check.listing}) listed")
    if not total:
        return None
    at_most = total if total <= PROCEDURE_ROWS + A_FEW_MORE else PROCEDURE_ROWS
    table = listed(wp, check.listing, f"Details: {check.says}", order=check.order, file=check.table, at_most=at_most)
    more = (("exceptions", "Exceptions"),) if check.table == "exceptions" and total > at_most else ()
    return replace(table, more=more, folded=not check.exceptions and total > 10)


def _counted(result: Result) -> str:
    return f"{rate(result.exceptions, result.tested)} {result.procedure.unit}"


#: The exceptions with their recorded explanations in words; those without one first.
EXPLAINED = """
SELECT exceptions.person_id, person.name, exceptions.requirement_id, exceptions.due_on,
       CAST(exceptions."from" AS VARCHAR) || ' to ' || CAST(exceptions."to" AS VARCHAR) AS uncovered, exceptions.days,
       CASE WHEN unproven THEN replace(cause, '_', ' ') || ' (unproven)' ELSE replace(cause, '_', ' ') END AS cause,
       ended_by || COALESCE(', ' || CAST(closed_on AS VARCHAR), '') AS ended_by,
       COALESCE(said.reason, 'unexplained') AS explanation
FROM exceptions
JOIN person ON person.person_id = exceptions.person_id
JOIN requirement ON requirement.requirement_id = exceptions.requirement_id
LEFT JOIN (SELECT person_id, requirement_id, due_on, STRING_AGG(
             decision_id || ': ' || COALESCE(reason_code || ', ', '') || COALESCE(reason, 'no reason given')
             || '; evidence: ' || COALESCE(evidence, 'none') || '; decided by ' || decided_by
             || COALESCE(', approved by ' || approved_by, ', approved by nobody'), ' | ' ORDER BY decision_id) AS reason
           FROM decision WHERE kind = 'explain' AND withdrawn = 0 GROUP BY person_id, requirement_id, due_on) said
       ON said.person_id = exceptions.person_id AND said.requirement_id = exceptions.requirement_id
      AND said.due_on = exceptions.due_on
WHERE {chosen}
ORDER BY CASE WHEN exceptions.explained_by IS NULL THEN 0 ELSE 1 END, exceptions.person_id, exceptions.requirement_id,
         exceptions.due_on"""

#: Beside each exception the chain of days that led to its due day, in the same order.
DUE_THEN = """
SELECT exceptions.person_id, exceptions.requirement_id, exceptions.due_on, replace(exceptions.cause, '_', ' ') AS cause,
       trace.why_due_then
FROM exceptions
JOIN person ON person.person_id = exceptions.person_id
JOIN requirement ON requirement.requirement_id = exceptions.requirement_id
JOIN trace ON trace.person_no = person.person_no AND trace.requirement_no = requirement.requirement_no
          AND trace.due_on = exceptions.due_on
WHERE {chosen}
ORDER BY CASE WHEN exceptions.explained_by IS NULL THEN 0 ELSE 1 END, exceptions.person_id, exceptions.requirement_id,
         exceptions.due_on"""


#: The exceptions of a part of the duties.
EXCEPTIONS = """
SELECT exceptions.* FROM exceptions
JOIN person ON person.person_id = exceptions.person_id
JOIN requirement ON requirement.requirement_id = exceptions.requirement_id
WHERE {chosen}"""


def exceptions(wp: Workpaper, chosen: Chosen = ALL) -> Exhibit:
    """Every exception, the unexplained first, with cause, days, how it ended, and the explanation."""
    part = EXCEPTIONS.format(chosen=chosen.condition)
    total = wp.number(f"SELECT COUNT(*) FROM ({part}) part")
    unexplained = wp.number(f"SELECT COUNT(*) FROM ({part}) part WHERE explained_by IS NULL")
    banner = _banner(wp, chosen)
    if not total:
        return Exhibit(key="exceptions", title="Exceptions", banner=banner, says=("0 exceptions.",))
    wp.deepen()
    causes = wp.frame(
        "SELECT replace(cause, '_', ' ') AS cause, COUNT(*) AS exceptions, COUNT(DISTINCT person_id) AS people, "
        "SUM(days) AS days, "
        "SUM(CASE WHEN explained_by IS NULL THEN 1 ELSE 0 END) AS without_explanation, "
        "SUM(CASE WHEN ended_by = 'open' THEN 1 ELSE 0 END) AS still_open "
        f"FROM ({part}) part GROUP BY cause ORDER BY COUNT(*) DESC, cause"
    ).rename(columns=lambda name: str(name).capitalize().replace("_", " "))
    order = "unexplained first, then person"
    listing = listed(
        wp,
        EXPLAINED.format(chosen=chosen.condition),
        "Every exception",
        order=order,
        file="exceptions",
        at_most=EXCEPTION_ROWS,
    )
    says = "Why each was due on its day: the chain of days and rules"
    chains = listed(
        wp,
        DUE_THEN.format(chosen=chosen.condition),
        says,
        order=order,
        file="exceptions",
        at_most=CHAIN_ROWS,
        folded=True,
    )
    return Exhibit(
        key="exceptions",
        title="Exceptions",
        banner=banner,
        says=(
            f"{count(total, 'exception')}; without an explanation: {rate(unexplained, total)}.",
            "An exception is one unbroken stretch of days on which a person had to be covered and was not. An "
            "explanation says why it happened; it never removes the exception. Why each was due on its day stands "
            "below.",
        ),
        tables=(Table(frame=causes, caption="Exceptions by cause"), listing, chains),
    )


def people_and_verdicts(wp: Workpaper) -> Exhibit:
    """Everybody, each duty with its verdict, the sentence that says why, and rows about them that could not be read."""
    query = (
        "SELECT verdicts.person_id, person.name, requirement_id, verdict, required_from, last_completed_on, "
        "gap_days, next_due_on, why FROM verdicts JOIN person ON person.person_id = verdicts.person_id "
        "ORDER BY verdicts.person_id, requirement_id"
    )
    table = listed(wp, query, "Every duty and its verdict", order="person and requirement", file="verdicts")
    duties = wp.number("SELECT COUNT(*) FROM verdict")
    return Exhibit(
        key="verdict-listing",
        title="Verdict on each person",
        banner=interim(wp),
        says=(f"{count(duties, 'duty', 'duties')}, each with the dates that led to its verdict.",),
        tables=(replace(table, kind="person", leads="record"),),
    )
