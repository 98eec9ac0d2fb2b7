"""The other readings of "annual" once more: day by day, in plain Python, for one person after the other.

Written from the section of that name in the rules. What is required and excused, and which records count, is the oracle's;
the days that each reading covers are laid out here, one by one.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from oracle import (
    NEVER,
    Case,
    Days,
    Frame,
    acknowledgement_ends,
    add_months,
    is_valid,
    read_people,
    renewal_day,
    text,
)

if TYPE_CHECKING:
    from companies import Company

READINGS = ("rolling", "trailing", "in_period", "campaign", "anchored")
#: (person_id, requirement_id, reading) → whether the person passes.
Outcomes = dict[tuple[str, str, str], bool]


def own_reading(requirement: dict[str, Any]) -> str:
    """The audit's own reading; '' for a requirement that is not due each year."""
    renewal = requirement.get("renewal", {})
    if "due" in renewal:
        return "campaign"
    return "rolling" if renewal.get("every_months") == 12 else ""


def read(company: Company, period_name: str, as_of: date | None = None) -> Outcomes:
    """Every accountable person, annual requirement and reading that can be tested."""
    frame = Frame.of(company, period_name, as_of)
    period = next(p for p in company.periods if p["name"] == period_name)
    outcomes: Outcomes = {}
    for person in read_people(company, frame):
        if person.unreadable:
            continue
        for requirement in filter(own_reading, company.requirements):
            case = Annual(frame, person, requirement)
            for reading, passes in case.outcomes(is_a_year(period)):
                outcomes[person.person_id, requirement["id"], reading] = passes
    return outcomes


def is_a_year(period: dict[str, Any]) -> bool:
    """Whether twelve months fit into the period.

    >>> is_a_year({"start": date(2025, 1, 1), "end": date(2025, 12, 31)})
    True
    >>> is_a_year({"start": date(2025, 1, 1), "end": date(2025, 12, 30)})
    False
    """
    return add_months(period["start"], 12).toordinal() - 1 <= period["end"].toordinal()


def a_year_after(day: int) -> int:
    return add_months(date.fromordinal(day), 12).toordinal()


class Annual(Case):
    """One person and one annual requirement, under each reading."""

    def outcomes(self, year: bool) -> list[tuple[str, bool]]:
        """(reading, passes), for a person with an accountable day."""
        self.lay_out()
        window = set(range(self.frame.first, self.frame.last + 1))
        accountable = (self.required & window) - self.excused
        if not accountable:
            return []
        last = max(accountable)
        found = [
            ("rolling", accountable <= self.days_of("rolling")),
            ("trailing", last in self.days_of("rolling")),
            ("anchored", accountable <= self.days_of("anchored")),
        ]
        if year:
            found.append(("in_period", last in self.days_of("in_period")))
        if own_reading(self.requirement) == "campaign":
            found.append(("campaign", accountable <= self.days_of("campaign")))
        return found

    def days_of(self, reading: str) -> Days:
        """The days that the records of each tenure cover (C7)."""
        days: Days = set()
        for first, last in self.person.tenures(self.frame.rehire_break):
            counting = [(c, until) for c, until in self.dated() if c >= first - self.frame.preboarding]
            ends = dict.fromkeys(sorted({c for c, _ in counting}), 0)
            previous = None
            for c in ends:
                lapse = max(until for day, until in counting if day == c)
                ends[c] = min(self.renewal(reading, c, previous), lapse)
                previous = ends[c]
            for c, e in ends.items():
                days |= set(range(max(c, first), min(e - 1, last, self.frame.last) + 1))
        return days

    def renewal(self, reading: str, c: int, previous: int | None) -> int:
        """e of a record on day c; `previous` is the e of the record before it."""
        if reading == "campaign":
            return renewal_day(self.requirement, c)
        if reading == "in_period":
            return NEVER if c >= self.frame.first else c
        if reading == "anchored" and previous is not None:
            opens = add_months(date.fromordinal(previous), -3).toordinal()
            if opens <= c < previous:
                return a_year_after(previous)
        return a_year_after(c)

    def dated(self) -> list[tuple[int, int]]:
        """(c, the day on which a later material version makes it lapse) of each record that counts (C6, C9)."""
        r, f = self.requirement, self.frame
        if not r.get("policy"):
            return [(on, NEVER) for on, row in self.person.completions if on <= f.as_of and is_valid(r, row)]
        forever = r | {"renewal": None}
        found = []
        for on, row in self.person.acknowledgements:
            if text(row, "policy_id") == r["policy"] and text(row, "status") in {"acknowledged", ""} and on <= f.as_of:
                lapses = acknowledgement_ends(forever, f.policies[r["policy"]], on, text(row, "version"))
                if on < lapses:
                    found.append((on, lapses))
        return found
