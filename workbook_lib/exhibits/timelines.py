"""Day by day, the duties behind the exceptions: covered, excused, not yet due, uncovered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workbook_lib.audit import Window
from workbook_lib.engine import quoted
from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, wrapped
from workbook_lib.exhibits.figures import GRID, filled, layout
from workbook_lib.exhibits.front import interim
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: So many people, and of theirs so many duties, are drawn; the others stand in the pack.
MOST_PEOPLE = 12
MOST_DUTIES = 36
MILLISECONDS = 86_400_000
LONGEST_ID = 14

#: State of a stretch of days → colour and hatch.
FILLS = {
    "covered": ("#0072b2", ""),
    "excused": ("#8296a5", "."),
    "not yet due": ("#7a8792", "-"),
    "uncovered": ("#d55e00", "x"),
}

#: The days of a stretch that are drawn, and what they are.
DAYS_AND_STATE = """GREATEST(from_day, window_from) AS first_day, LEAST(to_day, as_of) AS last_day,
       CASE WHEN gap THEN 'uncovered' WHEN covered THEN 'covered' WHEN required THEN 'excused'
            ELSE 'not yet due' END AS state"""

#: The stretches of the duties with an exception, of the first people: those with an unexplained exception first.
STRETCHES = f"""
WITH people AS (
  SELECT person_id, MIN(CASE WHEN explained_by IS NULL THEN 0 ELSE 1 END) AS explained
  FROM exceptions GROUP BY person_id
), duties AS (
  SELECT DISTINCT chosen.explained, person.person_no, person.person_id, requirement.requirement_no,
         requirement.requirement_id
  FROM (SELECT * FROM people ORDER BY explained, person_id LIMIT {MOST_PEOPLE}) chosen
  JOIN exceptions ON exceptions.person_id = chosen.person_id
  JOIN person ON person.person_id = chosen.person_id
  JOIN requirement ON requirement.requirement_id = exceptions.requirement_id
), numbered AS (
  SELECT duties.*, ROW_NUMBER() OVER (ORDER BY explained, person_id, requirement_no) AS place FROM duties
)
SELECT place, person_id, requirement_id, {DAYS_AND_STATE}
FROM numbered
CROSS JOIN settings
JOIN stretch ON stretch.person_no = numbered.person_no AND stretch.requirement_no = numbered.requirement_no
WHERE place <= {MOST_DUTIES} AND from_day <= as_of AND to_day >= window_from
ORDER BY place, from_day"""


#: The stretches of all duties of one person.
OF_PERSON = f"""
SELECT DENSE_RANK() OVER (ORDER BY requirement.requirement_no) AS place, person.person_id, requirement_id,
       {DAYS_AND_STATE}
FROM stretch
CROSS JOIN settings
JOIN person ON person.person_no = stretch.person_no
JOIN requirement ON requirement.requirement_no = stretch.requirement_no
WHERE person.person_id = {{person}} AND from_day <= as_of AND to_day >= window_from
ORDER BY place, from_day"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days of one duty in one state."""

    place: int
    person_id: str
    requirement: str
    first: date
    last: date
    state: str

    def days_to(self, end: date) -> int:
        """How many of its days lie before or on a day."""
        return max(0, (min(self.last, end) - self.first).days + 1)


def timelines(wp: Workpaper) -> Exhibit:
    """A line of days for each duty behind an exception, of the first people."""
    bars = joined([Bar(*row) for row in wp.rows(STRETCHES)])
    people = wp.number("SELECT COUNT(DISTINCT person_id) FROM exceptions")
    if not bars:
        return Exhibit(key="timelines", title=TITLE, says=("0 people have an exception.",))
    duties = len({bar.place for bar in bars})
    drawn = len({bar.person_id for bar in bars})
    uncovered = sum(bar.days_to(wp.window.end) for bar in bars if bar.state == "uncovered")
    rows = [(bar.person_id, bar.requirement, bar.first, bar.last, bar.state) for bar in bars]
    rest = "All others: tables/covered_days.csv in the pack."
    return Exhibit(
        key="timelines",
        title=TITLE,
        banner=interim(wp),
        says=(
            f"Drawn are {count(duties, 'duty', 'duties')} of {drawn:,} of {count(people, 'person', 'people')} with an "
            f"exception, those without an explanation first: {count(uncovered, 'uncovered day')} in all, up to "
            f"{wp.window.end}. {rest}",
            f"Each line runs from {wp.window.start} to the as-of day {wp.window.as_of}; where it is empty the "
            "requirement did not apply. Only uncovered days inside the judged days count.",
        ),
        figure=lines(bars, wp.window),
        alt=f"A line of days for each of {count(duties, 'duty', 'duties')}: covered, excused, not yet due, uncovered. "
        f"{count(uncovered, 'day')} up to {wp.window.end} are uncovered.",
        tables=(
            Table(
                frame=framed(rows, ("Person", "Requirement", "From", "To", "Days are")),
                caption="The same days as a table",
                folded=True,
            ),
        ),
    )


TITLE = "Day by day, where cover was missing"


def bars_of(wp: Workpaper, person_id: str) -> list[Bar]:
    """The days of every duty of one person, inside the judged days and up to the as-of day."""
    return joined([Bar(*row) for row in wp.rows(OF_PERSON.format(person=quoted(person_id)))])


def joined(bars: Sequence[Bar]) -> list[Bar]:
    """Stretches that touch and are in the same state as one: cover by one record after the other is no news here."""
    found: list[Bar] = []
    for bar in bars:
        before = found[-1] if found else None
        if (
            before
            and (before.place, before.state) == (bar.place, bar.state)
            and bar.first - before.last == timedelta(1)
        ):
            found[-1] = Bar(bar.place, bar.person_id, bar.requirement, before.first, bar.last, bar.state)
        else:
            found.append(bar)
    return found


def lines(bars: Sequence[Bar], window: Window, *, of_one: bool = False) -> dict[str, Any]:
    """A line of days for each duty, as a figure. of_one : all are of one person, whom the labels need not name."""
    labels = {bar.place: wrapped(bar.requirement, 200) if of_one else _label(bar) for bar in bars}
    data = []
    for state, fill in FILLS.items():
        mine = [bar for bar in bars if bar.state == state]
        if mine:
            data.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": state,
                    "y": [bar.place for bar in mine],
                    "base": [bar.first.isoformat() for bar in mine],
                    "x": [((bar.last - bar.first).days + 1) * MILLISECONDS for bar in mine],
                    "customdata": [[bar.first.isoformat(), bar.last.isoformat()] for bar in mine],
                    "marker": filled(*fill),
                    "hovertemplate": f"{state} %{{customdata[0]}} to %{{customdata[1]}}<extra></extra>",
                }
            )
    after = window.end + timedelta(days=1)
    end = {"type": "line", "x0": after.isoformat(), "x1": after.isoformat(), "yref": "paper", "y0": 0, "y1": 1}
    frame = layout(
        100 + 24 * len(labels),
        barmode="overlay",
        bargap=0.3,
        shapes=[end | {"line": {"color": "#7f7f7f", "width": 1, "dash": "dot"}}] if window.as_of > window.end else [],
        xaxis={
            "type": "date",
            "tickformat": "%b\n%Y",
            "range": [window.start.isoformat(), (window.as_of + timedelta(days=1)).isoformat()],
            **GRID,
        },
        yaxis={
            "tickvals": list(labels),
            "ticktext": list(labels.values()),
            "range": [max(labels) + 0.6, 0.4],
            "automargin": True,
            "ticklabelstandoff": 6,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return {"data": data, "layout": frame}


def _label(bar: Bar) -> str:
    person = bar.person_id if len(bar.person_id) <= LONGEST_ID else f"{bar.person_id[: LONGEST_ID - 1]}…"
    return wrapped(f"{person}, {bar.requirement}", 200)
