"""The days of one column: what its texts mean, and whether they show in which order day and month are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbook_lib.intake import values
from workbook_lib.intake.values import BadValueError, MomentParser, fits_both_orders, is_numeric_date
from workbook_lib.tables import Kind


class BadDayError(BadValueError):
    """A text that cannot be read as a day. `text` is that text alone: a column may be read from several cells."""

    def __init__(self, problem: BadValueError, text: str) -> None:
        super().__init__(problem.code, problem.message)
        self.text = text


class Days:
    """Reads the texts of one column as days.

    proves_order : some text that was read is a day in the declared order of day and month only.
    """

    def __init__(self, kind: Kind, parse: MomentParser) -> None:
        self._parse = _dated(kind, parse)
        self.proves_order = False

    def __call__(self, text: str) -> tuple[Any, ...]:
        """What is stored for this text. Raises BadDayError where it is no day."""
        try:
            stored = self._parse(text)
        except BadValueError as problem:
            raise BadDayError(problem, text) from None
        if not self.proves_order and stored[0] is not None:
            self.proves_order = is_numeric_date(text) and not fits_both_orders(text)
        return stored


def _dated(kind: Kind, parse: MomentParser) -> Callable[[str], tuple[Any, ...]]:
    match kind:
        case Kind.END:
            return lambda text: (values.end_day(parse(text)),)
        case Kind.DATE:
            return lambda text: ((moment := values.within_reason(parse(text))) and moment[0],)
        case _:
            return lambda text: values.within_reason(parse(text)) or (None, None)


def chosen(
    parse: Callable[[str], tuple[Any, ...]], choose: Callable[..., Any], texts: Sequence[str], *, required: bool
) -> tuple[Any, ...]:
    """The earliest or the latest of several days; `texts` are those that are filled."""
    days = [day for text in texts if (day := parse(text)[0]) is not None]
    return (choose(days),) if days else parse("") if required else (None,)
