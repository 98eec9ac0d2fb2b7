"""Readiness over time: the on-time rate at the end of each month, and what each run said then."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, rate
from workbook_lib.exhibits.figures import GRID, layout
from workbook_lib.history import Entry, entries
from workbook_lib.tables import JUDGED, count
from workbook_lib.trend import Counts, look_back, month_ends
from workbook_lib.workpaper import Workpaper

#: So many of the latest runs are shown and judged again.
MOST_RUNS = 24


def trend(wp: Workpaper, history: str = "") -> Exhibit:
    """The on-time rate through the period, judged again from these exports, beside what earlier runs said.

    history : the file with the results of earlier runs; empty where there is none.
    """
    known = entries(Path(history), wp.audit.folder.name, wp.window.period.name) if history else ()
    runs = [entry for entry in known if wp.window.start <= entry.day <= wp.window.as_of][-MOST_RUNS:]
    ends = month_ends(wp.window)
    judged_to = {entry.as_of: min(entry.day, wp.window.end) for entry in runs}
    again = look_back(wp.engine, wp.audit, wp.window, sorted({*ends, *judged_to.values()}))
    line = [(day, *_pair(again[day])) for day in ends]
    compared = [(entry, _pair(again[judged_to[entry.as_of]])) for entry in runs]
    restated = sum((entry.of("met"), entry.of(*JUDGED)) != pair for entry, pair in compared)
    last_day, *last = line[-1]
    says = (
        f"On time on {last_day}: {rate(*last)}. {count(len(runs), 'earlier run')} of this period "
        f"{'is' if len(runs) == 1 else 'are'} known; judged again from these exports, {restated:,} of them "
        f"{'comes' if restated == 1 else 'come'} out differently."
    )
    tables = [Table(frame=_months(line, again), caption="At the end of each month, judged again from these exports")]
    if compared:
        tables.append(Table(frame=_runs(compared), caption="What each run said, and what these exports say of its day"))
    return Exhibit(
        key="trend",
        title="Readiness over time",
        says=(
            says,
            "Each month is judged as on its last day. A run that comes out differently was made from exports that said "
            "something else of the same days: records came late, were changed, or were decided upon since.",
        ),
        figure=_drawn(line, compared),
        alt=f"A line of the on-time rate at each month's end, and a point for each earlier run. {says}",
        tables=tuple(tables),
    )


def _pair(counts: Counts) -> tuple[int, int]:
    """Met, of judged."""
    met = sum(number for (_, verdict), number in counts.items() if verdict == "met")
    return met, sum(number for (_, verdict), number in counts.items() if verdict in JUDGED)


def _months(line: list[tuple[date, int, int]], again: dict[date, Counts]) -> Any:
    rows = [
        (
            day,
            rate(met, judged),
            *(sum(n for (_, v), n in again[day].items() if v == verdict) for verdict in JUDGED[1:]),
        )
        for day, met, judged in line
    ]
    return framed(rows, ("As of", "On time", *map(str.capitalize, JUDGED[1:])))


def _runs(compared: list[tuple[Entry, tuple[int, int]]]) -> Any:
    rows = []
    for entry, pair in reversed(compared):
        then = entry.of("met"), entry.of(*JUDGED)
        same = "the same" if then == pair else "differs"
        rows.append((entry.day, entry.made_at[:10], entry.notebook, rate(*then), rate(*pair), same, entry.digest[:12]))
    headings = ("As of", "Made on", "Made", "On time then", "Judged again", "Compared", "Result digest begins")
    return framed(rows, headings)


def _drawn(line: list[tuple[date, int, int]], compared: list[tuple[Entry, tuple[int, int]]]) -> dict[str, Any]:
    points = [(entry.day, entry.of("met"), entry.of(*JUDGED)) for entry, _ in compared]
    data = [
        _series("judged again from these exports", line, mode="lines+markers", colour="#0072b2", symbol="circle"),
        *(
            [_series("as a run said then", points, mode="markers", colour="#d55e00", symbol="diamond-open")]
            if points
            else []
        ),
    ]
    drawn = [100 * met / judged for _, met, judged in (*line, *points) if judged]
    floor = max(0, int(min(drawn, default=0)) // 10 * 10 - 5)
    title = f"met on time, % (axis from {floor} %)" if floor else "met on time, %"
    frame = layout(
        320,
        xaxis={"type": "date", "gridcolor": "rgba(128,128,128,.15)", "tickformat": "%b\n%Y"},
        yaxis={"title": {"text": title}, "range": [floor, 101], **GRID},
    )
    return {"data": data, "layout": frame}


def _series(name: str, points: list[tuple[date, int, int]], *, mode: str, colour: str, symbol: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": mode,
        "name": name,
        "x": [day.isoformat() for day, _, _ in points],
        "y": [round(100 * met / judged, 2) if judged else None for _, met, judged in points],
        "customdata": [[met, judged] for _, met, judged in points],
        "line": {"color": colour, "width": 2},
        "marker": {"color": colour, "symbol": symbol, "size": 9 if symbol == "circle" else 15, "line": {"width": 2}},
        "hovertemplate": "%{x|%Y-%m-%d}: %{customdata[0]:,} of %{customdata[1]:,} (%{y:.1f} %)",
    }
