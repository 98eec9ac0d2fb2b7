"""What is required of whom, by when, and how long a completion lasts: the requirements of an audit (C4, C5, C8)."""

from __future__ import annotations

import calendar
import difflib
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from workbook_lib.tables import LONG_AGO, NO_END, WorkerType

#: People columns that a requirement may ask for in `applies_to`.
ATTRIBUTES = ("worker_type", "role", "department")

Point = TypeVar("Point", bound=date)


def wrong(code: str, message: str, **context: object) -> PydanticCustomError:
    """A finding about a value in audit.toml, in our words; `code` is its short stable name."""
    return PydanticCustomError(f"audit.{code}", message, context)


def _within_reason(point: Point) -> Point:
    """Refuse a day that stands for "unknown" or "never", as in the exports: what is counted from it has no date."""
    day = date(point.year, point.month, point.day)
    if not LONG_AGO < day < NO_END:
        raise wrong("date_out_of_range", "{day} is no real date (before 1900-01-02 or after 2099-12-31)", day=day)
    return point


Day = Annotated[date, AfterValidator(_within_reason)]
Moment = Annotated[datetime, AfterValidator(_within_reason)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A section of audit.toml: frozen, and no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=False)


class Renewal(Section):
    """`renewal`: how long a completion lasts (C8); months, or a campaign each year."""

    every_months: Annotated[int, Field(ge=1, le=600)] | None = None
    due: str | None = None
    opens: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Renewal:
        if (self.every_months is None) == (self.due is None and self.opens is None):
            raise wrong("bad_renewal", "it needs either every_months, or due and opens")
        if self.every_months is None and (self.due is None or self.opens is None):
            raise wrong("bad_renewal", "a campaign needs both due and opens")
        for text in filter(None, (self.due, self.opens)):
            _month_day(text)
        return self

    def due_after(self, completed_on: date) -> date:
        """The day on which the renewal is due after a completion: e in C8.

        >>> Renewal(every_months=12).due_after(date(2024, 2, 29))
        datetime.date(2025, 2, 28)
        >>> campaign = Renewal(due="10-31", opens="09-01")
        >>> campaign.due_after(date(2025, 8, 31)), campaign.due_after(date(2025, 9, 1))
        (datetime.date(2025, 10, 31), datetime.date(2026, 10, 31))
        """
        if self.every_months is not None:
            return add_months(completed_on, self.every_months)
        due, opens = _month_day(self.due or ""), _month_day(self.opens or "")
        # The opening belongs to the year before where the campaign runs over New Year.
        years_back = 1 if opens > due else 0
        year = completed_on.year
        while date(year - years_back, *opens) <= completed_on:
            year += 1
        return date(year, *due)

    def __str__(self) -> str:
        if self.every_months is not None:
            return "every month" if self.every_months == 1 else f"every {self.every_months} months"
        return f"each year by {_spoken(self.due or '')}, window opens on {_spoken(self.opens or '')}"


class Requirement(Section):
    """`[[requirement]]`: one promise: who must be covered, by what, from when, how often."""

    id: Annotated[str, Field(pattern=r"^\S(.*\S)?$", max_length=100)]
    title: str = ""
    satisfied_by: tuple[Text, ...] = Field(default=(), strict=False)
    policy: Text | None = None
    due_within_days: Days
    renewal: Renewal | None = None
    pass_mark: Annotated[float, Field(ge=0, le=100)] | None = None
    applies_to: dict[Literal[ATTRIBUTES], Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]] = {}  # type: ignore[valid-type]
    effective_from: Day | None = None
    retired_on: Day | None = None
    policy_reference: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Requirement:
        if bool(self.satisfied_by) == bool(self.policy):
            raise wrong("satisfied_by_or_policy", "it needs either satisfied_by (modules) or policy, and not both")
        if self.policy and self.pass_mark is not None:
            raise wrong("misplaced_key", "pass_mark belongs to training; an acknowledgement has no score")
        if self.effective_from and self.retired_on and self.retired_on < self.effective_from:
            says = "it is retired on {r}, before it takes effect on {e}"
            raise wrong("end_before_start", says, r=self.retired_on, e=self.effective_from)
        for word in self.applies_to.get("worker_type", ()):
            if word not in tuple(WorkerType):
                near = difflib.get_close_matches(word, tuple(WorkerType), 1)
                says = "applies_to.worker_type: '{word}' is not a worker type{h}"
                raise wrong("unknown_worker_type", says, word=word, h=did_you_mean(near))
        return self

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.id

    @property
    def records(self) -> str:
        """The table that holds its records."""
        return "acknowledgements" if self.policy else "completions"

    @property
    def renews(self) -> str:
        """How often, in words; a policy's versions apart."""
        return str(self.renewal) if self.renewal else "once"

    @property
    def recurs(self) -> str:
        """How often, in words, with what else asks for it again (C9)."""
        return f"{self.renews}, and again with each material version" if self.policy else self.renews


def add_months(day: date, months: int) -> date:
    """The same day so many months later, clamped to the month's last day (C8).

    >>> add_months(date(2025, 1, 31), 1)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _spoken(text: str) -> str:
    """`"09-01"` → `1 September`: it may be read as 9 January otherwise."""
    month, day = _month_day(text)
    return f"{day} {MONTHS[month - 1]}"


def _month_day(text: str) -> tuple[int, int]:
    """`"10-31"` → (10, 31); 29 February is refused, it does not exist each year (C8)."""
    try:
        if len(text) != 5 or not text.isascii():
            raise ValueError
        day = date.fromisoformat(f"2001-{text}")
    except ValueError:
        says = "'{text}' is not a day of every year; write MM-DD, for example 10-31 (02-29 is not allowed)"
        raise wrong("bad_renewal", says, text=text) from None
    return day.month, day.day


def did_you_mean(near: list[str]) -> str:
    """The tail of a message that offers the nearest known name, if there is one."""
    return f"; did you mean '{near[0]}'?" if near else ""
