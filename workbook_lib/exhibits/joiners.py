"""When each joiner was first covered, against the due day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, listed, rate, wrapped
from workbook_lib.exhibits.figures import GRID, layout
from workbook_lib.exhibits.front import interim
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: The duties of people who joined, due inside the judged days (procedure P2), each with the day that ended its wait:
#: for an exception the day on which it was closed, for the others the first covered day. `until` is the last day of the
#: duty, or of the exports.
JOINERS = """
WITH joined AS (
  SELECT run.person_no, run.requirement_no, run.series_from AS first_day, run.first_due_on AS due_on,
         LEAST(run.run_to, settings.as_of) AS until
  FROM run
  CROSS JOIN settings
  JOIN spell ON spell.person_no = run.person_no AND spell.spell_from = run.series_from
  JOIN verdict ON verdict.person_no = run.person_no AND verdict.requirement_no = run.requirement_no
  WHERE run.first_due_on BETWEEN window_from AND window_to AND run.first_due_on BETWEEN run.run_from AND run.run_to
    AND verdict.verdict <> 'undetermined'
), covered AS (
  SELECT joined.person_no, joined.requirement_no, MIN(stretch.from_day) AS covered_on
  FROM joined
  JOIN stretch ON stretch.person_no = joined.person_no AND stretch.requirement_no = joined.requirement_no
              AND stretch.covered AND stretch.from_day BETWEEN joined.first_day AND joined.until
  GROUP BY joined.person_no, joined.requirement_no
), ended AS (
  SELECT joined.*, exception.due_on IS NOT NULL AS failed,
         CASE WHEN exception.due_on IS NULL THEN covered.covered_on ELSE exception.closed_on END AS covered_on
  FROM joined
  LEFT JOIN covered ON covered.person_no = joined.person_no AND covered.requirement_no = joined.requirement_no
  LEFT JOIN exception ON exception.person_no = joined.person_no AND exception.requirement_no = joined.requirement_no
                     AND exception.due_on = joined.due_on
)
SELECT person.person_id, person.name, requirement.requirement_id, first_day, due_on, covered_on,
       CASE WHEN failed AND covered_on IS NULL THEN 'not covered' WHEN failed THEN 'late'
            WHEN covered_on <= due_on THEN 'on time' ELSE 'excused' END AS state,
       CAST(COALESCE(covered_on, until) - first_day AS INTEGER) AS days_after_start
FROM ended
JOIN person ON person.person_no = ended.person_no
JOIN requirement ON requirement.requirement_no = ended.requirement_no
ORDER BY failed DESC, person.person_id, requirement.requirement_id"""

#: State → colour and symbol; the symbol tells them apart in print.
DOTS = {
    "on time": ("#0072b2", "circle"),
    "late": ("#e69f00", "diamond"),
    "not covered": ("#d55e00", "x"),
    "excused": ("#7f7f7f", "square-open"),
}
#: Those who were not on time come first; so many dots can still be told apart, and keep the page small.
MOST_DOTS = 300
ROWS = 40


@dataclass(frozen=True, slots=True)
class Dot:
    """One joiner and one requirement."""

    person_id: str
    requirement: str
    state: str
    days: int


def joiners(wp: Workpaper) -> Exhibit:
    """One dot per joiner and requirement: days from the first day to the first covered day."""
    days = wp.rows(f"SELECT requirement_id, state, days_after_start FROM ({JOINERS}) joiners")
    states = Counter(state for _, state, _ in days)
    total = states.total()
    if not total:
        return Exhibit(key="joiners", title=TITLE, says=("0 duties of joiners fell due on the judged days.",))
    lines = wp.rows(f"{JOINERS} LIMIT {MOST_DOTS}")
    dots = [Dot(line[0], line[2], line[6], line[7]) for line in lines]
    drawn = f" Drawn are {MOST_DOTS} of them, those not on time first." if total > MOST_DOTS else ""
    return Exhibit(
        key="joiners",
        title=TITLE,
        banner=interim(wp),
        says=(
            f"On or before the due day: {rate(states['on time'], total)} duties of joiners that fell due on the "
            f"judged days. {states['late']:,} were late, {states['not covered']:,} were not covered by the last day "
            f"known, and {states['excused']:,} were excused on the due day.",
            "A dot is one joiner and one requirement; the upright stroke is the due day. A cross stands at the last "
            f"day of the duty, or of the exports: no cover came up to there.{drawn}",
        ),
        figure=_dots(dots, [(r.id, r.due_within_days) for r in wp.audit.requirements]),
        alt="Dots, one per joiner and requirement, by days after the first day. "
        f"{rate(states['on time'], total)} stand on or left of the due day.",
        tables=(
            Table(frame=_summary(wp, days), caption="Duties of joiners by requirement"),
            listed(
                wp,
                JOINERS,
                "Each duty of a joiner",
                order="not on time first, then person",
                file="joiners",
                at_most=ROWS,
                folded=True,
            ),
        ),
    )


TITLE = "Joiners against their due day"


def _summary(wp: Workpaper, days: Sequence[tuple[Any, ...]]) -> Any:
    rows = []
    for requirement in wp.audit.requirements:
        mine = [(state, after) for name, state, after in days if name == requirement.id]
        states = Counter(state for state, _ in mine)
        covered = [after for state, after in mine if state in ("on time", "late")]
        if mine:
            half = median_low(covered) if covered else None
            rows.append((requirement.id, count(requirement.due_within_days, "day"), *(states[s] for s in DOTS), half))
    headings = ("Requirement", "Due within", *map(str.capitalize, DOTS), "Of those covered, half within days")
    return framed(rows, headings)


def _dots(dots: Sequence[Dot], requirements: Sequence[tuple[str, int]]) -> dict[str, Any]:
    rows = [(name, due) for name, due in requirements if any(dot.requirement == name for dot in dots)]
    place = {name: no for no, (name, _) in enumerate(rows)}
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "due day",
            "x": [x for _, due in rows for x in (due, due, None)],
            "y": [y for no in range(len(rows)) for y in (no - 0.42, no + 0.42, None)],
            "line": {"color": "#7f7f7f", "width": 2},
            "hoverinfo": "skip",
        }
    ]
    for state, (colour, symbol) in DOTS.items():
        mine = [(no, dot) for no, dot in enumerate(dots) if dot.state == state]
        if mine:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": state,
                    "x": [dot.days for _, dot in mine],
                    "y": [round(place[dot.requirement] + _aside(no), 3) for no, dot in mine],
                    "text": [wrapped(dot.person_id, 40) for _, dot in mine],
                    "marker": {"color": colour, "symbol": symbol, "size": 8, "opacity": 0.85},
                    "hovertemplate": f"%{{text}}: {state}, %{{x:,}} days after the first day<extra></extra>",
                }
            )
    longest = max([dot.days for dot in dots] + [due for _, due in rows])
    frame = layout(
        130 + 62 * len(rows),
        xaxis={
            "title": {"text": "days after the first day"},
            "range": [-longest / 50 - 1, longest * 1.03 + 1],
            **GRID,
        },
        yaxis={
            "range": [len(rows) - 0.5, -0.5],
            "tickvals": list(range(len(rows))),
            "ticktext": [wrapped(name, 24) for name, _ in rows],
            "automargin": True,
            "ticklabelstandoff": 6,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return {"data": data, "layout": frame}


def _aside(no: int) -> float:
    """Moves dots of one row apart, each always by the same: steps of the golden section never fall together."""
    return ((no * 0.618034) % 1 - 0.5) * 0.6
