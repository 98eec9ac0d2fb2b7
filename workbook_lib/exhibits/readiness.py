"""For the analyst, on any day: who is covered now, who is not, who falls due next, what needs attention."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from workbook_lib.audit import Window
from workbook_lib.engine import Row
from workbook_lib.exhibits.chosen import ALL, Chosen
from workbook_lib.exhibits.exhibit import (
    Exhibit,
    Table,
    cut_short,
    framed,
    heading,
    listed,
    percent,
    rate,
    wrapped,
)
from workbook_lib.exhibits.figures import GRID, filled, layout
from workbook_lib.exhibits.markup import visible
from workbook_lib.procedures.people import RECORDS_OF_NOBODY
from workbook_lib.tables import JUDGED, count
from workbook_lib.workpaper import Workpaper

#: How far ahead the analyst looks, in days.
AHEAD = (7, 30, 90)
SHOWN = 200
#: More departments than this cannot be read in one figure; those with the most uncovered duties are drawn.
MOST_DEPARTMENTS = 24
#: As many departments are named where they share the first place.
MOST_NAMED = 3

NOT_EVIDENCE = (
    "READINESS, AND NO EVIDENCE. This looks at one day, and ahead of it. The evidence of a period is another document."
)

#: How each duty stands on the as-of day.
NOW = """
SELECT stretch.person_no, stretch.requirement_no, requirement.requirement_id,
       COALESCE(person.department, 'none stated') AS department, stretch.from_day AS since,
       CASE WHEN gap THEN 'not covered' WHEN required AND excused AND NOT covered THEN 'excused'
            WHEN required THEN 'covered' WHEN covered THEN 'ahead' ELSE 'not yet due' END AS state
FROM stretch CROSS JOIN settings
JOIN person ON person.person_no = stretch.person_no
JOIN requirement ON requirement.requirement_no = stretch.requirement_no
WHERE as_of BETWEEN from_day AND to_day AND {chosen}"""

#: The first gap of each duty that begins after the as-of day.
DUE = """
SELECT MIN(stretch.from_day) AS due_on, person.person_id, person.name, person.email, requirement.requirement_id,
       person.department, person.manager_email
FROM stretch CROSS JOIN settings
JOIN person ON person.person_no = stretch.person_no
JOIN requirement ON requirement.requirement_no = stretch.requirement_no
WHERE gap AND from_day > as_of AND from_day <= as_of + {days} AND {chosen}
GROUP BY person.person_id, person.name, person.email, requirement.requirement_no, requirement.requirement_id,
         person.department, person.manager_email
ORDER BY MIN(stretch.from_day), person.person_id, requirement.requirement_id"""

UNCOVERED = """
SELECT stretch.from_day AS due_on, CAST(as_of - stretch.from_day AS INTEGER) + 1 AS days_overdue, person.person_id,
       person.name, person.email, requirement.requirement_id, person.department, person.manager_email,
       verdict.last_completed_on
FROM stretch CROSS JOIN settings
JOIN person ON person.person_no = stretch.person_no
JOIN requirement ON requirement.requirement_no = stretch.requirement_no
LEFT JOIN verdict ON verdict.person_no = stretch.person_no AND verdict.requirement_no = stretch.requirement_no
WHERE gap AND as_of BETWEEN from_day AND to_day AND {chosen}
ORDER BY stretch.from_day, person.person_id, requirement.requirement_id"""


def ready(wp: Workpaper) -> Exhibit:
    """The answer first: covered today, overdue, due soon, and the on-time rate between its two bounds."""
    wp.look_ahead()
    window = wp.window
    states = _by(wp, ALL, "state")
    required = states.get("covered", 0) + states.get("not covered", 0)
    overdue = states.get("not covered", 0)
    soon = [wp.number(f"SELECT COUNT(*) FROM ({DUE.format(days=days, chosen=ALL.condition)}) due") for days in AHEAD]
    met, judged = {}, 0
    for assumption in ("if_nobody", "if_everybody"):
        found: dict[str, int] = dict(wp.rows(f"SELECT {assumption}, COUNT(*) FROM forecast GROUP BY {assumption}"))
        met[assumption], judged = found.get("met", 0), sum(found.get(verdict, 0) for verdict in JUDGED)
    low, high = met["if_nobody"], met["if_everybody"]
    period, bounds = _bounds(window, low, high, judged)
    return Exhibit(
        key="ready",
        title=f"Ready on {window.as_of}?",
        banner=NOT_EVIDENCE,
        says=(
            f"On {window.as_of}, {rate(required - overdue, required)} duties that must be covered are covered, and "
            f"{overdue:,} are overdue.",
            period,
        ),
        facts=(
            ("Covered now", f"{required - overdue:,} of {required:,}", percent(required - overdue, required)),
            ("Overdue now", f"{overdue:,}", "duties that must be covered and are not"),
            ("Due in 7, 30, 90 days", ", ".join(f"{number:,}" for number in soon), "unless completed before"),
            *bounds,
        ),
    )


def _bounds(window: Window, low: int, high: int, judged: int) -> tuple[str, list[tuple[str, str, str]]]:
    """How the period will end, or has ended: a sentence, and facts."""
    name, end = window.period.name, window.period.end
    if window.as_of >= end:
        says = (
            f"Period {name} has ended: its on-time rate is {rate(low, judged)}, and nothing that is completed from now "
            "on changes it."
        )
        return says, [
            (f"Period {name}", f"{low:,} of {judged:,}", f"{percent(low, judged)} on time; it ended on {end}")
        ]
    says = (
        f"The on-time rate of period {name} will end between {rate(low, judged)}, if nobody completes anything more, "
        f"and {rate(high, judged)}, if everybody completes by their due day."
    )
    on_time = f"on time for the period to {end}"
    return says, [
        ("If nobody does more", f"{low:,} of {judged:,}", f"{percent(low, judged)} {on_time}"),
        ("If everybody does, on time", f"{high:,} of {judged:,}", f"{percent(high, judged)} {on_time}"),
    ]


def _by(wp: Workpaper, chosen: Chosen, *columns: str) -> dict[Any, int]:
    """Numbers of duties on the as-of day by the named columns of NOW."""
    names = ", ".join(columns)
    query = (
        f"SELECT {names}, COUNT(*) FROM ({NOW.format(chosen=chosen.condition)}) now GROUP BY {names} ORDER BY {names}"
    )
    return {row[0] if len(columns) == 1 else tuple(row[:-1]): int(row[-1]) for row in wp.rows(query)}


def people_listed(wp: Workpaper, query: str, caption: str, order: str) -> Table:
    """A bounded listing of people's duties, without the addresses: they stand in the tables that a run writes."""
    table = listed(wp, query, caption, order=order, at_most=SHOWN)
    return replace(table, frame=table.frame.drop(columns=heading("email")))


# --- now ----------------------------------------------------------------------------------------------------------


def covered_now(wp: Workpaper, chosen: Chosen = ALL) -> Exhibit:
    """Who is covered on the as-of day, by requirement and by department."""
    found = _by(wp, chosen, "requirement_id", "department", "state")
    requirements = [r.id for r in wp.audit.requirements if any(key[0] == r.id for key in found)]
    departments = sorted({key[1] for key in found})
    per_requirement = {name: _states(found, 0, name) for name in requirements}
    per_department = {name: _states(found, 1, name) for name in departments}
    whole = _states(found, 0, "")
    headings = ("People", "Covered of required", "Not covered", "Excused", "Not yet due")
    tables = [
        Table(
            frame=framed([(name, *_line(s)) for name, s in per_requirement.items()], ("Requirement", *headings)),
            caption=f"Duties on {wp.window.as_of} by requirement",
        ),
        _table_of_departments(per_department, headings),
    ]
    worst = sorted(departments, key=lambda name: (-per_department[name].get("not covered", 0), name))
    drawn = [name for name in departments if name in worst[:MOST_DEPARTMENTS]]
    cut = (
        f" Drawn are the {MOST_DEPARTMENTS} departments with the most of them." if len(departments) > len(drawn) else ""
    )
    most = most_in({name: states.get("not covered", 0) for name, states in per_department.items()}) + cut
    says = f"On {wp.window.as_of}, {_share(whole)} duties that must be covered are covered."
    return Exhibit(
        key="covered-now",
        title="Who is covered today",
        banner=chosen.banner,
        says=(
            says,
            f"{count(whole.get('not covered', 0), 'duty is', 'duties are')} not covered.{most} A duty is one person "
            "and one requirement; the department is that of the person's latest row.",
        ),
        figure=_map(drawn, requirements, found) if found else None,
        alt=f"A field for each department and requirement, with the covered of the required. {says}",
        tables=tuple(tables) if found else (),
    )


def most_in(not_covered: dict[str, int]) -> str:
    """Where the most are not covered; all the departments that have as many, and none where these are many."""
    most = max(not_covered.values(), default=0)
    names = [visible(name) for name, number in not_covered.items() if number == most]
    if not most or len(names) > MOST_NAMED:
        return ""
    return f" The most are in {' and in '.join(names)}: {most:,}{' each' if len(names) > 1 else ''}."


def _states(found: dict[Any, int], place: int, name: str) -> dict[str, int]:
    """State → duties, of one requirement (place 0) or department (place 1); of all where the name is empty."""
    states: dict[str, int] = {}
    for key, number in found.items():
        if name in ("", key[place]):
            states[key[2]] = states.get(key[2], 0) + number
    return states


def _line(states: dict[str, int]) -> tuple[object, ...]:
    not_yet = states.get("not yet due", 0) + states.get("ahead", 0)
    return sum(states.values()), _share(states), states.get("not covered", 0), states.get("excused", 0), not_yet


def _share(states: dict[str, int]) -> str:
    covered = states.get("covered", 0)
    return rate(covered, covered + states.get("not covered", 0))


def _table_of_departments(per_department: dict[str, dict[str, int]], headings: tuple[str, ...]) -> Table:
    rows = [(name, *_line(states)) for name, states in per_department.items()]
    note = cut_short(SHOWN, len(rows), "department", "") if len(rows) > SHOWN else ""
    frame = framed(rows[:SHOWN], ("Department", "Duties", *headings[1:]))
    return Table(frame=frame, caption="The same by department", note=note, folded=len(rows) > 8)


def _map(departments: list[str], requirements: list[str], found: dict[Any, int]) -> dict[str, Any]:
    """A field per department and requirement: the share as colour, the counts as text; empty where nobody must."""
    shares, texts = [], []
    for department in departments:
        pairs = []
        for requirement in requirements:
            covered = found.get((requirement, department, "covered"), 0)
            pairs.append((covered, covered + found.get((requirement, department, "not covered"), 0)))
        shares.append([round(100 * n / of, 2) if of else None for n, of in pairs])
        texts.append([f"{n:,} of {of:,}" if of else "" for n, of in pairs])
    field = {
        "type": "heatmap",
        "x": [wrapped(name, 24) for name in requirements],
        "y": [wrapped(name, 30) for name in departments],
        "z": shares,
        "text": texts,
        "texttemplate": "%{text}",
        "textfont": {"color": "#1c2126"},
        "hovertemplate": "%{y}, %{x}: %{text} covered (%{z:.1f} %)<extra></extra>",
        "zmin": 0,
        "zmax": 100,
        "xgap": 3,
        "ygap": 3,
        "colorscale": [[0, "#b3450b"], [0.5, "#e69f00"], [0.999, "#f5e3b5"], [1, "#bcd9ea"]],
        "showscale": False,
    }
    axis: dict[str, Any] = {"type": "category", "showgrid": False, "automargin": True}
    frame = layout(90 + 34 * len(departments), xaxis={**axis, "side": "top"}, yaxis={**axis, "autorange": "reversed"})
    return {"data": [field], "layout": frame}


def uncovered(wp: Workpaper, chosen: Chosen = ALL) -> Exhibit:
    """Who is not covered on the as-of day, and since when."""
    query = UNCOVERED.format(chosen=chosen.condition)
    total = wp.number(f"SELECT COUNT(*) FROM ({query}) listed")
    people = wp.number(f"SELECT COUNT(DISTINCT person_id) FROM ({query}) listed")
    return Exhibit(
        key="uncovered",
        title="Who is not covered today",
        banner=chosen.banner,
        says=(
            f"{count(total, 'duty is', 'duties are')} overdue on {wp.window.as_of}, of "
            f"{count(people, 'person', 'people')}.",
            "Each day makes the exception longer, and no later training takes it away. Remind these people; a reason "
            "that holds belongs into the register as an explanation or an extension.",
        ),
        tables=(people_listed(wp, query, "Overdue, the longest first", "due day"),) if total else (),
    )


# --- next ---------------------------------------------------------------------------------------------------------


def due_next(wp: Workpaper, chosen: Chosen = ALL) -> Exhibit:
    """Whose cover ends, or whose first training falls due, in the days after the as-of day."""
    as_of, furthest = wp.window.as_of, AHEAD[-1]
    query = DUE.format(days=furthest, chosen=chosen.condition)
    found = wp.rows(
        "SELECT requirement_id, CAST(due_on - as_of AS INTEGER) AS days, COUNT(*) "
        f"FROM ({query}) due CROSS JOIN settings GROUP BY requirement_id, due_on, as_of"
    )
    people = wp.number(f"SELECT COUNT(DISTINCT person_id) FROM ({query}) due")
    within = [_within(found, most) for most in AHEAD]
    rows = [
        (r.id, *(_within([row for row in found if row[0] == r.id], most) for most in AHEAD))
        for r in wp.audit.requirements
    ]
    until = as_of + timedelta(days=furthest)
    says = (
        f"{count(within[-1], 'duty falls', 'duties fall')} due from {as_of + timedelta(days=1)} to {until}, of "
        f"{count(people, 'person', 'people')}, unless they complete it before: {within[0]:,} within {AHEAD[0]} days, "
        f"{within[1]:,} within {AHEAD[1]}, {within[2]:,} within {AHEAD[2]}."
    )
    in_days = tuple(f"In {most} days" for most in AHEAD)
    return Exhibit(
        key="due-next",
        title="Who falls due next",
        banner=chosen.banner,
        says=(
            says,
            "Done on the due day is in time. People, leave and policies are taken as the exports know them now.",
        ),
        figure=_weeks(found, wp) if found else None,
        alt=f"Bars, one per week from {as_of + timedelta(days=1)}: duties that fall due in it. {says}",
        tables=(
            Table(
                frame=framed(rows, ("Requirement", *in_days)),
                caption="Duties that fall due, each count with the one before",
            ),
            people_listed(wp, query, "By due day", "due day"),
        )
        if found
        else (),
    )


def _within(found: list[Row], most: int, least: int = 1) -> int:
    """How many fall due in [least, most] days; a row is requirement, days ahead, number of duties."""
    return sum(number for _, days, number in found if least <= days <= most)


def _weeks(found: list[Row], wp: Workpaper) -> dict[str, Any]:
    """A bar per week of the days ahead; the last one has the days that are left."""
    starts = range(1, AHEAD[-1] + 1, 7)
    numbers = [_within(found, first + 6, first) for first in starts]
    bars = {
        "type": "bar",
        "x": [(wp.window.as_of + timedelta(days=first)).isoformat() for first in starts],
        "y": numbers,
        "text": [str(number) if number else "" for number in numbers],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": filled("#0072b2", ""),
        "hovertemplate": "week from %{x}: %{y:,}<extra></extra>",
    }
    axis = {"type": "category", "title": {"text": "week that begins on"}, "tickangle": -45, "automargin": True}
    return {"data": [bars], "layout": layout(260, xaxis=axis, yaxis={"title": {"text": "duties"}, **GRID})}


def attention(wp: Workpaper) -> Exhibit:
    """What keeps the evidence from being whole, and what mends it."""
    overdue = wp.number(f"SELECT COUNT(*) FROM ({UNCOVERED.format(chosen=ALL.condition)}) listed")
    unread = sum(not row.by_rule and not row.refused for row in wp.quarantine)
    refused = sum(row.refused for row in wp.quarantine)
    unexplained = wp.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NULL")
    nobody = wp.number(f"SELECT COUNT(*) FROM ({RECORDS_OF_NOBODY}) listed")
    undetermined = wp.number("SELECT COUNT(*) FROM verdict WHERE verdict = 'undetermined'")
    tasks = [
        ("Duties not covered on the as-of day", overdue, "remind these people, or record an extension"),
        ("Exceptions without an explanation", unexplained, "explain them at the desk (workbook triage)"),
        ("Rows that could not be read", unread, "mend them at the source and export again"),
        ("Decisions that were refused", refused, "have them taken by somebody whom they are not about"),
        ("Undetermined duties", undetermined, "mend the rows of these people at the source"),
        ("Accounts with records that belong to nobody", nobody, "link or exclude them at the desk"),
    ]
    return Exhibit(
        key="attention",
        title="What needs attention",
        says=(f"{count(sum(task[1] for task in tasks), 'item')} to look at, {overdue:,} of them overdue duties.",),
        tables=(Table(frame=framed(tasks, ("Matter", "Count", "What to do")), caption="To do"),),
    )
