"""What the end of the period will bring if nobody completes anything more, and if everybody does by the due day.

That is arithmetic and no estimate. Everybody is judged twice more, up to the period's last day, by the very statements
of `rules/`: once with the records that there are, once with a completion assumed wherever a duty falls due. People,
leave, policy versions and decisions are taken as they stand in the exports: nobody is guessed to join or to leave.
"""

from __future__ import annotations

from workbook_lib import coverage
from workbook_lib.audit import Audit, Window
from workbook_lib.coverage import RULES
from workbook_lib.engine import Engine, Row

#: The schemas in which everybody is judged once more.
NOBODY, EVERYBODY = "if_nobody", "if_everybody"
COLUMNS = {"person_no": "INTEGER", "requirement_no": "INTEGER", "done_on": "DATE"}


def project(engine: Engine, audit: Audit, window: Window) -> None:
    """Judge up to the period's end under both assumptions. Needs the relations of `coverage`.

    Makes `forecast` (person_no, requirement_no, so_far, if_nobody, if_everybody, turns_on), one row per person and
    requirement with a day in the period: its verdicts, and the due day on which it becomes a deviation if nothing
    happens. And `assumed` (person_no, requirement_no, done_on): the completions that the second assumption adds. Each
    lies on its due day; what is overdue on the as-of day lies on the day after it, the first of which nothing is known.

    Where the as-of day is the last of the period or later, nothing is assumed and all three verdicts are the same. No
    duty that is met under the first assumption is not met under the second: a record more never makes a gap (C12).
    """
    ahead = Window(period=window.period, as_of=max(window.period.end, window.as_of))
    with engine.aside(NOBODY):
        coverage.load_settings(engine, audit, ahead)
        due = engine.rows(_text("forecast/due"))
        _judge(engine, "tally", "verdict")
    assumed: list[Row] = []
    while True:
        assumed += due
        with engine.aside(EVERYBODY):
            coverage.load_settings(engine, audit, ahead)
            due = _judge_with(engine, audit, assumed)
        if not due:
            break
        if stuck := set(due).intersection(assumed):
            raise AssertionError(f"{min(stuck)}: what was assumed covers nothing, and would be assumed for ever")
        engine.drop_aside(EVERYBODY)
    engine.make("forecast", _text("forecast/forecast"))
    engine.load("assumed", COLUMNS, sorted(assumed))
    engine.drop_aside(NOBODY)
    engine.drop_aside(EVERYBODY)


def _judge_with(engine: Engine, audit: Audit, assumed: list[Row]) -> list[Row]:
    """Judge with assumed completions; returns those that fall due once more after them.

    Relief stays as it is: an extension is used up by the next record, and none is assumed on an excused day (C11).
    """
    engine.load("assumed", COLUMNS, assumed)
    for name in ("valid_completion", "valid_acknowledgement"):
        engine.make(name, _text(f"forecast/{name}"))
    coverage.load_renewals(engine, audit)
    _judge(engine, "cover", "stretch", "tally", "verdict")
    return engine.rows(_text("forecast/due"))


def _judge(engine: Engine, *names: str) -> None:
    for name in names:
        engine.make(name, _text(name))


def _text(name: str) -> str:
    return (RULES / f"{name}.sql").read_text(encoding="utf-8")
