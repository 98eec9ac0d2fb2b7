"""Other readings of "annual": the same data judged under each, beside the audit's own, which stays the one that counts.

A reading that is another renewal calendar is judged by the very statements of `rules/`, in a schema of its own. One
that looks at a single day is a short statement under `rules/readings/`. Nothing here changes a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from workbook_lib.audit import Audit, Window
from workbook_lib.engine import Engine
from workbook_lib.requirement import Renewal, Requirement, add_months

RULES = Path(__file__).parent / "rules"
#: Judged again where the calendar is another one; the same texts that `coverage` runs.
JUDGEMENT = ("stretch", "tally", "verdict")
A_YEAR = Renewal(every_months=12)
#: The window before the end of a cover in which a record moves that end by a year, in months.
ANCHOR_MONTHS = 3
CENTURY = 1200


class Reading(StrEnum):
    """What "annual" may mean."""

    ROLLING = "rolling"
    TRAILING = "trailing"
    IN_PERIOD = "in_period"
    CAMPAIGN = "campaign"
    ANCHORED = "anchored"


#: What each reading asks; the report's glossary is made from it.
READINGS: dict[Reading, str] = {
    Reading.ROLLING: "On each accountable day there is a record within the 12 months before it.",
    Reading.TRAILING: "On the last accountable day alone there is a record within the 12 months before it.",
    Reading.IN_PERIOD: "On the last accountable day alone there is a record dated inside the period. A period of less "
    "than 12 months cannot be tested so.",
    Reading.CAMPAIGN: "One due day each year for everybody, where the requirement names one. A record inside the "
    "window covers until the next year's due day.",
    Reading.ANCHORED: "As rolling, but a record in the 3 months before the cover of the record before it ends moves "
    "that end by 12 months, instead of starting from its own day.",
}


def own_reading(requirement: Requirement) -> Reading | None:
    """The audit's own reading of a requirement that is due each year; None for one that is not annual.

    >>> str(own_reading(Requirement(id="a", satisfied_by=("m",), due_within_days=30, renewal=A_YEAR)))
    'rolling'
    >>> own_reading(Requirement(id="a", satisfied_by=("m",), due_within_days=30, renewal=Renewal(every_months=24)))
    """
    if requirement.renewal is None:
        return None
    if requirement.renewal.every_months is None:
        return Reading.CAMPAIGN
    return Reading.ROLLING if requirement.renewal == A_YEAR else None


def is_testable(reading: Reading, requirement: Requirement, window: Window) -> bool:
    """Whether an annual requirement can be judged under a reading.

    A campaign is the one that the requirement itself names: the due day of another one is not borrowed. `in_period`
    needs a period of 12 months or more, as the audit names it, whether or not the exports reach its end.
    """
    match reading:
        case Reading.CAMPAIGN:
            return own_reading(requirement) is Reading.CAMPAIGN
        case Reading.IN_PERIOD:
            return add_months(window.period.start, 12) <= window.period.end + timedelta(days=1)
        case _:
            return True


def judge(engine: Engine, audit: Audit, window: Window) -> None:
    """Judge every annual requirement under each reading. Needs the relations of `coverage`.

    Makes `reading` (person_no, requirement_no, reading, judged_on, passes, is_own, gap_days, first_gap_on, last_gap_on,
    done_on), one row per accountable person, requirement and reading that can be tested; judged_on is the last
    accountable day, and what decides it are the days without cover, or the record accepted on that day. And `flip`
    (person_no, requirement_no, reading, passes, why, own_reading, own_why), one row for each result that is not the
    audit's own.

    A person is accountable who has an accountable day in W (C12) and no undetermined verdict. The choices where the
    definitions leave room: under every reading an acknowledgement lapses after a material version (C9), and a record
    counts in a tenure as C7 says. Anchored goes through the records of one tenure in the order of their days, those of
    one day being one; "the previous cover" is that of the record before, e the day after its end (C8, C9), and the 3
    months are [e − 3 calendar months, clamped to the month's last day, e − 1].
    """
    own = {no: own_reading(requirement) for no, requirement in enumerate(audit.requirements, 1)}
    annual = [(no, reading) for no, reading in own.items() if reading]
    engine.load("annual", {"requirement_no": "INTEGER", "own_reading": "VARCHAR"}, annual)
    testable = [
        (no, reading)
        for no, _ in annual
        for reading in Reading
        if is_testable(reading, audit.requirements[no - 1], window)
    ]
    engine.load("testable", {"requirement_no": "INTEGER", "reading": "VARCHAR"}, testable)
    _load_months(engine, window.as_of)
    for name in ("annual_record", "last_accountable", "last_record"):
        engine.make(name, _text(f"readings/{name}"))
    _judge_rolling(engine)
    _judge_anchored(engine)
    for name in ("reading", "flip"):
        engine.make(name, _text(f"readings/{name}"))
    engine.drop_aside(Reading.ROLLING)
    engine.drop_aside(Reading.ANCHORED)


def _judge_rolling(engine: Engine) -> None:
    """Once more with C8 for twelve months where the audit has another calendar; elsewhere its own verdict is this."""
    with engine.aside(Reading.ROLLING):
        engine.make("run", _text("readings/rolling_run"))
        calendar = engine.rows("SELECT DISTINCT requirement_no, done_on, a_year_later FROM annual_record")
        engine.load("renewal", {"requirement_no": "INTEGER", "done_on": "DATE", "due_on": "DATE"}, calendar)
        for name in ("cover", *JUDGEMENT):
            engine.make(name, _text(name))


def _judge_anchored(engine: Engine) -> None:
    """Once more with the cover of the anchored reading, for whom rolling finds uncovered."""
    with engine.aside(Reading.ANCHORED):
        engine.make("run", _text("readings/anchored_run"))
        engine.make("cover", _text("readings/anchored_cover"))
        for name in JUDGEMENT:
            engine.make(name, _text(name))


def _load_months(engine: Engine, as_of: date) -> None:
    """The arithmetic of months for every day on which a record or the end of a cover can fall; the SQL holds none."""
    [(first,)] = engine.rows(
        "SELECT MIN(done_on) FROM (SELECT done_on FROM valid_completion "
        "UNION ALL SELECT done_on FROM valid_acknowledgement) records"
    )
    columns = {"on_day": "DATE", "a_year_later": "DATE", "three_months_before": "DATE"}
    # A record of another century, a slip of the pen, covers no day of today.
    first = max(first, add_months(as_of, -CENTURY)) if first else as_of
    engine.load("months", columns, _months(first, add_months(as_of, 12 + ANCHOR_MONTHS)))


def _months(first: date, last: date) -> Iterator[tuple[date, date, date]]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        yield day, add_months(day, 12), add_months(day, -ANCHOR_MONTHS)


def _text(name: str) -> str:
    return (RULES / f"{name}.sql").read_text(encoding="utf-8")
