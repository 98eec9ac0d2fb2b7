"""The other readings of "annual" once more: day by day, in plain Python, for one person after the other.

Written from the section of that name in the rules. What is required and excused, and which records count, is the oracle's;
the days that each reading covers are laid out here, one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    iso,
    read_people,
    renewal_day,
    text,
)

if TYPE_CHECKING:
    from companies import Company

READINGS = ("rolling", "trailing", "in_period", "campaign", "anchored")
#: (person_id, requirement_id, reading) → whether the person passes.
Outcomes = dict[tuple[str, str, str], bool]
#: The same keys → the words for what decides it.
Words = dict[tuple[str, str, str], str]


def own_reading(requirement: dict[str, Any]) -> str:
    """The audit's own reading; '' for a requirement that is not due each year."""
    renewal = requirement.get("renewal", {})
    if "due" in renewal:
        return "campaign"
    return "rolling" if renewal.get("every_months") == 12 else ""


def read(company: Company, period_name: str, as_of: date | None = None) -> Outcomes:
    """Every accountable person, annual requirement and reading that can be tested."""
    return {key: passes for key, passes, _ in _told(company, period_name, as_of)}


def explain(company: Company, period_name: str, as_of: date | None = None) -> Words:
    """What decides it, of each of them."""
    return {key: words for key, _, words in _told(company, period_name, as_of)}


def _told(company: Company, period_name: str, as_of: date | None) -> Iterator[tuple[tuple[str, str, str], bool, str]]:
    frame = Frame.of(company, period_name, as_of)
    period = next(p for p in company.periods if p["name"] == period_name)
    for person in read_people(company, frame):
        if person.unreadable:
            continue
        for requirement in filter(own_reading, company.requirements):
            case = Annual(frame, person, requirement)
            for reading, passes, words in case.outcomes(is_a_year(period)):
                yield (person.person_id, requirement["id"], reading), passes, words


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

    def outcomes(self, year: bool) -> list[tuple[str, bool, str]]:
        """(reading, passes, what decides it), for a person with an accountable day."""
        self.lay_out()
        window = set(range(self.frame.first, self.frame.last + 1))
        accountable = (self.required & window) - self.excused
        if not accountable:
            return []
        last = max(accountable)
        found = [
            self.by_days("rolling", accountable),
            self.by_record("trailing", last, f"within the 12 months before {iso(last)}"),
            self.by_days("anchored", accountable),
        ]
        if year:
            found.append(self.by_record("in_period", last, f"from {iso(self.frame.first)} to {iso(last)}"))
        if own_reading(self.requirement) == "campaign":
            found.append(self.by_days("campaign", accountable))
        return found

    def by_days(self, reading: str, accountable: Days) -> tuple[str, bool, str]:
        """Whether each accountable day is covered, and how many are not."""
        bare = accountable - self.days_of(reading)
        if not bare:
            return reading, True, "covered on every accountable day"
        first, last = iso(min(bare)), iso(max(bare))
        words = (
            f"1 accountable day, {first}"
            if len(bare) == 1
            else f"{len(bare)} accountable days between {first} and {last}"
        )
        return reading, False, f"not covered on {words}"

    def by_record(self, reading: str, last: int, where: str) -> tuple[str, bool, str]:
        """Whether the last accountable day is covered, and by which record: the latest of those that cover it."""
        tenure = next(first for first, end in self.person.tenures(self.frame.rehire_break) if first <= last <= end)
        covering = [
            c
            for c, until in self.dated()
            if tenure - self.frame.preboarding <= c <= last < min(self.renewal(reading, c, None), until)
        ]
        record = f"record of {iso(max(covering))}" if covering else "no record"
        return reading, last in self.days_of(reading), f"{record} {where}"

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
