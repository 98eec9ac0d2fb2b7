"""How the result of a period stood on earlier days, judged again from today's exports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from workbook_lib import coverage
from workbook_lib.audit import Audit, Window
from workbook_lib.coverage import RULES
from workbook_lib.engine import Engine

#: The schema in which everybody is judged once more.
EARLIER = "earlier"
Counts = dict[tuple[int, str], int]


def look_back(engine: Engine, audit: Audit, window: Window, days: Iterable[date]) -> dict[date, Counts]:
    """As-of day → number of duties by (requirement_no, verdict), for days of the judged window. Needs `coverage`.

    It is what would have been judged on that day, had these exports been known: a later record covers no earlier day,
    and a later decision excuses none (C8, C11), so the stretches of days stay as they are.
    """
    found: dict[date, Counts] = {}
    for day in days:
        with engine.aside(EARLIER):
            coverage.load_settings(engine, audit, Window(period=window.period, as_of=day))
            for name in ("tally", "verdict"):
                engine.make(name, (RULES / f"{name}.sql").read_text(encoding="utf-8"))
            rows = engine.rows("SELECT requirement_no, verdict, COUNT(*) FROM verdict GROUP BY 1, 2 ORDER BY 1, 2")
        engine.drop_aside(EARLIER)
        found[day] = {(no, verdict): number for no, verdict, number in rows}
    return found


def month_ends(window: Window) -> list[date]:
    """The last day of each month of the judged window, and its last day.

    >>> from workbook_lib.audit import Period
    >>> year = Period(name="2025", start=date(2025, 1, 1), end=date(2025, 12, 31))
    >>> [str(day) for day in month_ends(Window(period=year, as_of=date(2025, 3, 10)))]
    ['2025-01-31', '2025-02-28', '2025-03-10']
    """
    ends, day = [], window.start
    while day < window.end:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        ends.append(min(day - timedelta(days=1), window.end))
    return ends or [window.end]
