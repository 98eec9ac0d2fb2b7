"""For the analyst, on any day: who is covered now, who falls due next, what needs attention."""

from __future__ import annotations

from datetime import timedelta

from workbook_lib.exhibits.exhibit import Exhibit, Table, count, framed, listed, rate
from workbook_lib.workpaper import Workpaper

#: How far ahead the analyst looks unless told otherwise.
DAYS_AHEAD = 60
SHOWN = 200

#: How each duty stands on the as-of day.
NOW = """
SELECT stretch.person_no, stretch.requirement_no, required, excused, covered, gap FROM stretch CROSS JOIN settings
WHERE as_of BETWEEN from_day AND to_day"""


def covered_now(wp: Workpaper) -> Exhibit:
    """Who is covered on the as-of day, for each requirement."""
    counted = {
        row[0]: row[1:]
        for row in wp.rows(
            "SELECT requirement_no, COUNT(*), SUM(CASE WHEN required AND NOT excused THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN required AND NOT excused AND covered THEN 1 ELSE 0 END), SUM(CASE WHEN gap THEN 1 ELSE 0 "
            "END), "
            "SUM(CASE WHEN required AND excused THEN 1 ELSE 0 END), SUM(CASE WHEN NOT required THEN 1 ELSE 0 END) "
            f"FROM ({NOW}) now GROUP BY requirement_no ORDER BY requirement_no"
        )
    }
    rows = []
    for no, requirement in enumerate(wp.audit.requirements, 1):
        people, required, covered, gaps, excused, not_yet = (int(n) for n in counted.get(no, (0,) * 6))
        rows.append((requirement.id, people, rate(covered, required), gaps, excused, not_yet))
    required = sum(int(row[1]) for row in counted.values())
    covered = sum(int(row[2]) for row in counted.values())
    headings = ("Requirement", "People", "Covered of required", "Not covered", "Excused", "Not yet due")
    return Exhibit(
        key="covered-now",
        title="Who is covered on the as-of day",
        says=(f"On {wp.window.as_of}, {rate(covered, required)} duties that must be covered are covered.",),
        tables=(Table(frame=framed(rows, headings), caption=f"Duties on {wp.window.as_of}"),),
    )


def due_next(wp: Workpaper, days: int = DAYS_AHEAD) -> Exhibit:
    """Whose cover ends, or whose first training falls due, in the days after the as-of day."""
    until = wp.window.as_of + timedelta(days=days)
    query = (
        "SELECT stretch.from_day AS due_on, person.person_id, person.name, person.email, requirement.requirement_id, "
        "person.manager_email FROM stretch CROSS JOIN settings "
        "JOIN person ON person.person_no = stretch.person_no "
        "JOIN requirement ON requirement.requirement_no = stretch.requirement_no "
        f"WHERE gap AND from_day > as_of AND from_day <= DATE '{until}' ORDER BY from_day, person.person_id, "
        "requirement_id"
    )
    total = wp.number(f"SELECT COUNT(*) FROM ({query}) listed")
    people = wp.number(f"SELECT COUNT(DISTINCT person_id) FROM ({query}) listed")
    return Exhibit(
        key="due-next",
        title="Who falls due next",
        says=(
            f"{count(total, 'duty falls', 'duties fall')} due from {wp.window.as_of + timedelta(days=1)} to {until}, "
            f"of {count(people, 'person', 'people')}, unless they complete it before.",
        ),
        tables=(listed(wp, query, "By due day", order="due day", at_most=SHOWN),) if total else (),
    )


def attention(wp: Workpaper) -> Exhibit:
    """Who is not covered on the as-of day, since when; and what keeps the evidence from being whole."""
    query = (
        "SELECT stretch.from_day AS due_on, CAST(as_of - stretch.from_day AS INTEGER) + 1 AS days_overdue, "
        "person.person_id, "
        "person.name, person.email, requirement.requirement_id, person.manager_email FROM stretch CROSS JOIN settings "
        "JOIN person ON person.person_no = stretch.person_no "
        "JOIN requirement ON requirement.requirement_no = stretch.requirement_no "
        "WHERE gap AND as_of BETWEEN from_day AND to_day ORDER BY stretch.from_day, person.person_id, requirement_id"
    )
    overdue = wp.number(f"SELECT COUNT(*) FROM ({query}) listed")
    unread = sum(not row.by_rule and not row.refused for row in wp.quarantine)
    refused = sum(row.refused for row in wp.quarantine)
    unexplained = wp.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NULL")
    nobody = wp.number("SELECT COUNT(*) FROM account_person WHERE via = 'nobody'")
    undetermined = wp.number("SELECT COUNT(*) FROM verdict WHERE verdict = 'undetermined'")
    tasks = [
        ("Duties not covered on the as-of day", overdue, "remind these people, or record an extension"),
        ("Exceptions without an explanation", unexplained, "explain them in decisions.csv"),
        ("Rows that could not be read", unread, "mend them at the source and export again"),
        ("Decisions that were refused", refused, "have them taken by somebody whom they are not about"),
        ("Undetermined duties", undetermined, "mend the rows of these people at the source"),
        ("Accounts that belong to nobody", nobody, "link or exclude them in decisions.csv"),
    ]
    listing = listed(wp, query, "Overdue on the as-of day", order="due day", at_most=SHOWN)
    return Exhibit(
        key="attention",
        title="What needs attention",
        says=(f"{count(sum(task[1] for task in tasks), 'item')} to look at, {overdue:,} of them overdue duties.",),
        tables=(
            Table(frame=framed(tasks, ("Matter", "Count", "What to do")), caption="To do"),
            *([listing] if overdue else []),
        ),
    )
