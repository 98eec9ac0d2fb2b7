"""What the period's end will bring, once more: day by day, in plain Python, for one person after the other.

Written from what `workbook_lib.forecast` promises. Required, excused and covered days and the verdicts are the oracle's, of all
days up to the period's end, while what is known ends with the as-of day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from oracle import Case, Frame, Interval, acknowledgement_ends, iso, read_people, renewal_day

if TYPE_CHECKING:
    from companies import Company

#: (person_id, requirement_id) → the verdicts so far, if nobody completes anything more and if everybody does, the day on which it
#: turns, and the days of the completions that the last of these verdicts assumes.
Forecast = dict[tuple[str, str], tuple[str, str, str, str, list[str]]]


def foresee(company: Company, period_name: str, as_of: date | None = None) -> Forecast:
    """Every person and requirement with a day in the period."""
    now = Frame.of(company, period_name, as_of)
    end = next(period["end"] for period in company.periods if period["name"] == period_name)
    ahead = replace(now, last=end.toordinal())
    found: Forecast = {}
    for person in read_people(company, now):
        for requirement in company.requirements:
            case = Foreseen(ahead, person, requirement)
            if nobody := case.name():
                so_far = Foreseen(now, person, requirement).name()
                found[person.person_id, requirement["id"]] = so_far, nobody, *case.completed(nobody)
    return found


@dataclass
class Foreseen(Case):
    """One person and one requirement, with completions that are assumed."""

    assumed: list[int] = field(default_factory=list)

    def name(self) -> str:
        """The verdict; '' for a duty without a day in the judged window."""
        rows, _ = self.judged()
        return str(rows[0]["verdict"]) if rows else ""

    def completed(self, nobody: str) -> tuple[str, str, list[str]]:
        """The verdict with a completion on each day after the known ones on which something falls due; what turns when."""
        everybody, turns_on = nobody, min(self.gaps(), default=None)
        while due := min((on for on in self.gaps() if on > self.frame.as_of), default=None):
            self.assumed.append(due)
            everybody = self.name()
        turns = nobody in ("late", "missing") and everybody == "met"
        return everybody, iso(turns_on) if turns else "", [iso(on) for on in self.assumed]

    def gaps(self) -> set[int]:
        """The days of the period on which something is missing."""
        return (self.required - self.excused - self.covered) & set(range(self.frame.first, self.frame.last + 1))

    def covering_records(self) -> Iterator[Interval]:
        yield from super().covering_records()
        policy = self.requirement.get("policy")
        for on in self.assumed:
            if policy:
                yield on, acknowledgement_ends(self.requirement, self.frame.policies[policy], on, "")
            else:
                yield on, renewal_day(self.requirement, on)
