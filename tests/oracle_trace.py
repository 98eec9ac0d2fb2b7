"""Why due then, once more: the chain of each exception, walked back day by day from its due day, in plain Python.

What is required, excused and covered is the oracle's; only the words are the product's, since they are what is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from oracle import NEVER, Case, Frame, Interval, Run, day, iso, read_people, renewal_day, text

if TYPE_CHECKING:
    from companies import Company

#: (person_id, requirement_id, due_on) → the sentence.
Chains = dict[tuple[str, str, str], str]


def chains(company: Company, period_name: str, as_of: date | None = None) -> Chains:
    """The sentence beside each exception."""
    frame = Frame.of(company, period_name, as_of)
    return {
        (row["person_id"], row["requirement_id"], row["due_on"]): row["why_due_then"]
        for person in read_people(company, frame)
        for requirement in company.requirements
        for row in Chained(frame, person, requirement).judged()[1]
    }


class Chained(Case):
    """One person and one requirement, each exception with its chain."""

    def exception(self, run: Run, first: int, last: int) -> dict[str, Any]:
        return super().exception(run, first, last) | {"why_due_then": self.chain(run, first)}

    def chain(self, run: Run, due_on: int) -> str:
        """From the first of the days without cover, over what excused some of them, to the due day."""
        begins = due_on
        while begins > max(run.q0, run.due) and begins - 1 not in self.covered:
            begins -= 1
        if begins == run.due:
            chain = f"{self.start(run)} {iso(run.s)}: due{self.within()}{iso(run.due)} (C5)"
        elif begins > run.q0 and begins - 1 in self.covered:
            chain = self.record(run, begins)
        else:
            chain = (
                f"back in scope on {iso(run.q0)}, the clock of {iso(run.s)} goes on (C5); {self.record(run, begins)}"
            )
        reliefs = [words for first, last, words in sorted(set(self.reliefs())) if first < due_on and last >= begins]
        chain += "".join(reliefs) + (f"; due on {iso(due_on)}" if reliefs else "")
        return f"{chain[0].upper()}{chain[1:]}."

    def start(self, run: Run) -> str:
        if run.s in {first for first, _ in self.person.spells()}:
            return "engaged on"
        return "requirement in force since" if run.s == self.effective[0] else "requirement applies since"

    def within(self) -> str:
        days = self.requirement["due_within_days"]
        return f" within {days} day{'' if days == 1 else 's'}, on "

    def record(self, run: Run, begins: int) -> str:
        """The record of the tenure whose cover ended last before a day, and why it ended (C8, C9)."""
        tenure = max(first for first, _ in self.person.tenures(self.frame.rehire_break) if first <= run.q0)
        ended = [(e, c) for c, e in self.records if c >= tenure - self.frame.preboarding and e <= begins]
        if not ended:
            return "no record counts"
        e, c = max(ended)
        if e == renewal_day(self.requirement, c):
            return f"last record {iso(c)}, renewed {renewed(self.requirement['renewal'])}: due on {iso(e)} (C8)"
        since = iso(e - self.requirement["due_within_days"])
        return f"last record {iso(c)}, a material version took effect on {since}: due{self.within()}{iso(e)} (C9)"

    def reliefs(self) -> Iterator[tuple[int, int, str]]:
        """First and last excused day, and the words (C10, C11)."""
        for first, last in self.person.leave:
            until = NEVER if last == NEVER else last + self.frame.return_days
            if last - first + 1 >= self.frame.minimum_days:
                yield first, until, f"; leave from {iso(first)} to {iso(last)} excuses until {iso(until)} (C10)"
        for approved, last in self.granted():
            yield approved, last, f"; extension approved on {iso(approved)} excuses until {iso(last)} (C11)"

    def granted(self) -> Iterator[Interval]:
        """First and last day that each extension excuses."""
        for decision in self.extensions():
            approved = day(text(decision, "approved_on"))
            used_up = [c for c, _ in self.records if c >= approved]
            if (last := min([day(text(decision, "new_due_on")), *used_up]) - 1) >= approved:
                yield approved, last


def renewed(renewal: dict[str, Any]) -> str:
    """How often, as the sentence has it.

    >>> renewed({"every_months": 1}), renewed({"due": "10-31", "opens": "09-01"})
    ('every month', 'each year by 31 October, window opens on 1 September')
    """
    if months := renewal.get("every_months"):
        return "every month" if months == 1 else f"every {months} months"
    due, opens = (
        f"{on.day} {on:%B}" for on in (date.fromisoformat(f"2025-{renewal[key]}") for key in ("due", "opens"))
    )
    return f"each year by {due}, window opens on {opens}"
