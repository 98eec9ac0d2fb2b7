"""Figures as plain data for plotly.js: no theme, no random ids.

Lines and bars are told apart without their colours: each line has its own dash, each verdict its own hatch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from workbook_lib.audit import Window
from workbook_lib.exhibits.exhibit import framed, rate, wrapped

#: Okabe and Ito's colours, those that hold on white and on black, each with a dash and a sign of its own: on grey
#: paper, and for whoever sees colours otherwise, these two tell the lines apart.
STROKES = (
    ("#0072b2", "solid", "circle"),
    ("#d55e00", "9px,4px", "square"),
    ("#009e73", "2px,3px", "diamond"),
    ("#cc79a7", "12px,3px,2px,3px", "triangle-up"),
    ("#e69f00", "18px,5px", "x"),
    ("#56b4e9", "18px,3px,2px,3px,2px,3px", "star"),
    ("#7f7f7f", "solid", "triangle-down"),
    ("#0072b2", "5px,5px", "cross"),
)
#: So many signs stand on a line.
SIGNS = 12
#: Verdict → colour and hatch; the hatch tells them apart in print. Those that nobody has to look at are of middle
#: greys, which neither shine on a dark page nor fade on a light one.
FILLS = {
    "met": ("#0072b2", ""),
    "late": ("#e69f00", "/"),
    "missing": ("#d55e00", "x"),
    "undetermined": ("#a05195", "+"),
    "excused": ("#8296a5", "."),
    "pending": ("#7a8792", "-"),
    "left": ("#7f7f7f", "|"),
}
#: More lines than this cannot be told apart; those with the lowest cover are drawn.
MOST_LINES = len(STROKES)


def layout(height: int, **axes: Any) -> dict[str, Any]:
    """What all figures have in common; the colours of text and ground are the page's."""
    return {
        "height": height,
        "margin": {"l": 64, "r": 16, "t": 12, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": "#5a6570"},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "hoverlabel": {"namelength": -1},
        **axes,
    }


def filled(colour: str, hatch: str) -> dict[str, Any]:
    """How a bar is filled: the hatch tells it apart from the others without its colour."""
    pattern = {"shape": hatch, "fillmode": "overlay", "fgcolor": "#000", "size": 6, "solidity": 0.2}
    return {"color": colour, "line": {"width": 0}, "pattern": pattern}


GRID = {"gridcolor": "rgba(128,128,128,.25)", "zeroline": False}

# --- verdicts -----------------------------------------------------------------------------------------------------


def verdict_bars(
    labels: Sequence[str], verdicts: Sequence[str], counts: Sequence[Sequence[int]], *, as_shares: bool = False
) -> dict[str, Any]:
    """One bar per label, divided by verdict; verdicts that nobody has are left out.

    as_shares : every bar has the same length, so that small groups can be compared with large ones.
    """
    names = [wrapped(label, 40) for label in labels]
    data = []
    for place, verdict in enumerate(verdicts):
        numbers = [row[place] for row in counts]
        if any(numbers):
            lengths = [_share(row, place) for row in counts] if as_shares else numbers
            data.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": verdict,
                    "y": names,
                    "x": lengths,
                    "customdata": numbers,
                    "marker": filled(*FILLS[verdict]),
                    "hovertemplate": f"%{{y}}: %{{customdata:,}} {verdict}<extra></extra>",
                }
            )
    frame = layout(
        110 + (22 if as_shares else 34) * len(names),
        barmode="stack",
        bargap=0.35,
        xaxis={"title": {"text": "share, %" if as_shares else "duties"}, "rangemode": "tozero", **GRID},
        # With steps of its own choice the axis leaves out labels where the page is narrow.
        yaxis={"autorange": "reversed", "automargin": True, "type": "category", "dtick": 1},
    )
    return {"data": data, "layout": frame}


def _share(row: Sequence[int], place: int) -> float:
    return round(100 * row[place] / sum(row), 2)


# --- cover by day -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """From this day on, so many of the required people were covered; where nobody was required there is no share."""

    on_day: date
    covered: int
    required: int

    @property
    def share(self) -> float:
        """A fraction in [0, 1]. Raises ZeroDivisionError where nobody was required."""
        return self.covered / self.required

    @property
    def pair(self) -> tuple[int, int]:
        """Covered, of required."""
        return self.covered, self.required


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement through the judged days: a point on each day on which a number changed."""

    name: str
    points: tuple[Point, ...]

    @property
    def shared(self) -> list[Point]:
        """The points at which somebody was required."""
        return [point for point in self.points if point.required]

    @property
    def first(self) -> Point:
        """On the first day on which anybody had to be covered."""
        return self.shared[0]

    @property
    def last(self) -> Point:
        """On the last judged day on which anybody had to be covered."""
        return self.shared[-1]

    @property
    def lowest(self) -> Point:
        """On the first of the days with the lowest share."""
        return min(self.shared, key=lambda point: (point.share, point.on_day))


def lines_by_day(rows: Iterable[tuple[Any, ...]], window: Window, names: Sequence[str]) -> list[Line]:
    """Changes (requirement_no, day, required, covered) as lines, in the order of the requirements.

    A requirement that asked cover of nobody on any judged day has no line.
    """
    points: dict[int, list[Point]] = {}
    for no, on_day, required, covered in rows:
        if on_day <= window.end:
            points.setdefault(no, []).append(Point(on_day, int(covered), int(required)))
    lines = [Line(names[no - 1], tuple(points[no])) for no in sorted(points)]
    return [line for line in lines if line.shared]


def cover_lines(lines: Sequence[Line], window: Window) -> dict[str, Any]:
    """The lines as a figure; where there are too many to tell apart, those with the lowest cover."""
    ends = {line.name: (*line.points, replace(line.points[-1], on_day=window.end)) for line in lines}
    drawn = sorted(lines, key=lambda line: line.lowest.share)[:MOST_LINES]
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": wrapped(line.name, 40),
            "x": [point.on_day.isoformat() for point in ends[line.name]],
            "y": [round(100 * point.share, 2) if point.required else None for point in ends[line.name]],
            "customdata": [list(point.pair) for point in ends[line.name]],
            "line": {"shape": "hv", "width": 2, "color": colour, "dash": dash},
            "marker": {"symbol": sign, "size": 8, "color": colour, "maxdisplayed": SIGNS},
            "hovertemplate": "%{x|%Y-%m-%d}: %{customdata[0]:,} of %{customdata[1]:,} (%{y:.1f} %)",
        }
        for line, (colour, dash, sign) in zip([line for line in lines if line in drawn], STROKES, strict=False)
    ]
    lowest = min(line.lowest.share for line in drawn)
    floor = max(0, int(100 * lowest) // 10 * 10 - 5)
    frame = layout(
        360,
        xaxis={"type": "date", "gridcolor": "rgba(128,128,128,.15)", "tickformat": "%b\n%Y"},
        yaxis={
            "title": {"text": f"covered, % (axis from {floor} %)" if floor else "covered, %"},
            "range": [floor, 101],
            "gridcolor": "rgba(128,128,128,.25)",
            "zeroline": False,
        },
    )
    return {"data": data, "layout": frame}


def months(lines: Sequence[Line], window: Window) -> pd.DataFrame:
    """For each month the day with the lowest share of each requirement."""
    rows = []
    first = window.start
    while first <= window.end:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        lows = [_low(line, first, min(following - timedelta(days=1), window.end)) for line in lines]
        rows.append((f"{first:%Y-%m}", *(rate(*low.pair) if low else None for low in lows)))
        first = following
    return framed(rows, ("Month", *(line.name for line in lines)))


def _low(line: Line, first: date, last: date) -> Point | None:
    """The lowest point on the days [first, last], the one that they began with included."""
    before = [point for point in line.points if point.on_day <= first][-1:]
    within = [point for point in line.points if first < point.on_day <= last]
    required = [point for point in (*before, *within) if point.required]
    return min(required, key=lambda point: point.share, default=None)
