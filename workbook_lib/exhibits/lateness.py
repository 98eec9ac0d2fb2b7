"""How long the exceptions lasted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, rate
from workbook_lib.exhibits.figures import GRID, filled, layout
from workbook_lib.exhibits.front import interim
from workbook_lib.exhibits.words import CAUSES
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: The longest stretch of each class, in days; the last class has no end.
CLASSES = (7, 30, 90, 180)
#: Cause → colour and hatch.
FILLS = {
    "onboarding": ("#0072b2", ""),
    "new_duty": ("#56b4e9", "."),
    "renewal": ("#d55e00", "/"),
    "relief_ended": ("#009e73", "x"),
    "returned": ("#7f7f7f", "-"),
}


def lateness(wp: Workpaper) -> Exhibit:
    """How many days each exception lasted inside the judged days, by cause."""
    counted = {
        (days, cause): number
        for days, cause, number in wp.rows(
            "SELECT days, cause, COUNT(*) FROM exceptions GROUP BY days, cause ORDER BY days, cause"
        )
    }
    total = sum(counted.values())
    if not total:
        return Exhibit(key="lateness", title=TITLE, banner=interim(wp), says=("0 exceptions lasted 0 days.",))
    classes: Counter[tuple[int, str]] = Counter()
    for (days, cause), number in counted.items():
        classes[class_of(days), cause] += number
    causes = [cause for cause in CAUSES if any(cause == other for _, other in classes)]
    shares = [[classes[place, cause] for cause in causes] for place in range(len(CLASSES) + 1)]
    long = sum(sum(row) for row in shares[2:])
    headings = ("Length", *(cause.replace("_", " ").capitalize() for cause in causes), "Exceptions")
    rows = [(name, *row, sum(row)) for name, row in zip(NAMES, shares, strict=True)]
    lengths = Counter({days: 0 for days, _ in counted})
    for (days, _), number in counted.items():
        lengths[days] += number
    return Exhibit(
        key="lateness",
        title=TITLE,
        banner=interim(wp),
        says=(
            f"Half of {count(total, 'exception')} lasted {count(median(lengths), 'day')} or less, the longest "
            f"{count(max(lengths), 'day')}. Longer than {CLASSES[1]} days: {rate(long, total)}.",
            "Counted are the uncovered days inside the judged days; an exception that began before or goes on after "
            "them is longer.",
        ),
        figure=_bars(causes, shares),
        alt=f"Bars, one per length, divided by cause. Of {count(total, 'exception')}, {long:,} lasted longer than "
        f"{CLASSES[1]} days.",
        tables=(Table(frame=framed(rows, headings), caption="Exceptions by length and cause"),),
    )


TITLE = "How long the exceptions lasted"
NAMES = (
    *(f"{first + 1} to {last} days" for first, last in zip((0, *CLASSES), CLASSES, strict=False)),
    f"more than {CLASSES[-1]} days",
)


def class_of(days: int) -> int:
    """The class of a length.

    >>> [class_of(days) for days in (1, 7, 8, 180, 181)]
    [0, 0, 1, 3, 4]
    """
    return sum(days > longest for longest in CLASSES)


def median(lengths: Counter[int]) -> int:
    """The shortest length that at least half of them do not exceed.

    >>> median(Counter({1: 2, 5: 1, 9: 1})), median(Counter({3: 1}))
    (1, 3)
    """
    seen = 0
    for days in sorted(lengths):
        seen += lengths[days]
        if 2 * seen >= lengths.total():
            return days
    raise ValueError("there is no length")


def _bars(causes: list[str], shares: list[list[int]]) -> dict[str, Any]:
    data = [
        {
            "type": "bar",
            "name": cause.replace("_", " "),
            "x": list(NAMES),
            "y": [row[place] for row in shares],
            "marker": filled(*FILLS[cause]),
            "hovertemplate": f"%{{x}}: %{{y:,}} {cause.replace('_', ' ')}<extra></extra>",
        }
        for place, cause in enumerate(causes)
    ]
    frame = layout(
        320,
        barmode="stack",
        bargap=0.3,
        xaxis={"type": "category", "title": {"text": "length of the exception"}},
        yaxis={"title": {"text": "exceptions"}, "rangemode": "tozero", "tickformat": ",d", **GRID},
    )
    return {"data": data, "layout": frame}
