"""Who is due or overdue on a day, who is responsible for them, and who is not to be written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from workbook_lib.audit import Audit, last_full_day
from workbook_lib.schedule import is_address
from workbook_lib.workpaper import Workpaper, perform

#: Each duty with its first open or coming gap: C13's exception where it has begun, C14's next due day where it has not.
#: Where the people export has no address, the only one that a list of users gives to a person stands for it.
#: A leave holds a message back where it excuses (C10).
STATE = """
SELECT person.person_no, person.person_id, person.name, COALESCE(person.email, listed.email) AS email,
       person.worker_type, person.manager_email,
       CASE WHEN person.person_id IN (SELECT person_id FROM unread_people)
              THEN 'a row of theirs in the people export cannot be read'
            WHEN person.person_no NOT IN (SELECT person_no FROM engagement
                                          WHERE DATE '{on}' BETWEEN start_date AND end_date) THEN 'not engaged that day'
            WHEN person.person_id IN (SELECT person_id FROM leave CROSS JOIN settings
                                      WHERE start_date <= DATE '{on}' AND (end_date IS NULL OR (end_date >= DATE '{on}'
                                        AND end_date >= start_date + (minimum_days - 1)))) THEN 'on leave'
            ELSE '' END AS held_back
FROM person
LEFT JOIN (SELECT person_no, MIN(account_key) AS email FROM account_person
           WHERE via = 'list of users' AND account_key LIKE '%@%'
           GROUP BY person_no HAVING COUNT(DISTINCT account_key) = 1) listed ON listed.person_no = person.person_no"""

OPEN = f"""
SELECT state.person_id, state.name, state.email, state.worker_type, state.manager_email, state.held_back,
       stretch.requirement_no, MIN(stretch.from_day) AS due_on
FROM stretch JOIN ({STATE}) state ON state.person_no = stretch.person_no
WHERE gap AND to_day >= DATE '{{on}}' AND from_day <= DATE '{{until}}'
GROUP BY ALL ORDER BY state.person_id, due_on, stretch.requirement_no"""

COLLEAGUES = (
    f"SELECT email, name, manager_email, held_back = '' FROM ({STATE}) state WHERE email IS NOT NULL ORDER BY email"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What one person must complete. days_overdue : since the due day; negative before it."""

    requirement_id: str
    title: str
    due_on: date
    days_overdue: int

    @property
    def is_overdue(self) -> bool:
        """Whether the due day has passed; done on the due day is in time (C5)."""
        return self.days_overdue > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with duties that are due or overdue. held_back : why nothing is sent about them today; mostly empty."""

    person_id: str
    name: str
    email: str
    worker_type: str
    manager_email: str
    held_back: str
    duties: tuple[Duty, ...]

    @property
    def called(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.person_id

    @property
    def unreachable(self) -> str:
        """Why no message can be sent to them; empty where one can."""
        if is_address(self.email):
            return ""
        return f"'{self.email}' is not an e-mail address" if self.email else "no e-mail address"

    @property
    def overdue(self) -> tuple[Duty, ...]:
        """The duties whose due day has passed."""
        return tuple(duty for duty in self.duties if duty.is_overdue)

    @property
    def upcoming(self) -> tuple[Duty, ...]:
        """The duties that can still be met in time."""
        return tuple(duty for duty in self.duties if not duty.is_overdue)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may be a manager. is_here : engaged, and not on leave."""

    name: str
    manager_email: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company on one day, as known on another. colleagues : by e-mail address."""

    on: date
    as_of: date
    owner: str
    people: tuple[Person, ...]
    colleagues: Mapping[str, Colleague]

    def responsible(self, person: Person) -> str:
        """Who answers for somebody: the manager; of contractors and third parties the export's manager is the sponsor.

        A manager who left or is on leave is passed over for theirs. Where nobody is left, the owner of the programme;
        empty where there is none, or the owner is the person.
        """
        return self._first_here(person.manager_email, person, {person.email})

    def above(self, person: Person) -> str:
        """Who stands above the one responsible, in the same way."""
        manager = self.responsible(person)
        known = self.colleagues.get(manager)
        return self._first_here(known.manager_email if known else "", person, {person.email, manager})

    def name_of(self, address: str) -> str:
        """How somebody is called; empty where no people export says so."""
        known = self.colleagues.get(address)
        return known.name if known else ""

    def _first_here(self, address: str, person: Person, passed: set[str]) -> str:
        while address and address not in passed:
            passed.add(address)
            known = self.colleagues.get(address)
            if is_address(address) and (known is None or known.is_here):
                return address
            address = known.manager_email if known else ""
        return "" if self.owner == person.email else self.owner


def company_on(audit: Audit, on: date) -> Company:
    """Judge everybody as known on the day before `on`, or on the last full day of the exports where that is earlier.

    Raises UserError where the input is wrong, or no period has begun.
    """
    paper = _judged(audit, on)
    farthest = audit.reminders.farthest if audit.reminders else 0
    colleagues = {
        email: Colleague(name or "", manager or "", bool(is_here))
        for email, name, manager, is_here in paper.rows(COLLEAGUES.format(on=on))
    }
    return Company(
        on=on,
        as_of=paper.window.as_of,
        owner=audit.owner.casefold(),
        people=tuple(_people(paper, on, on + timedelta(days=farthest))),
        colleagues=colleagues,
    )


def _judged(audit: Audit, on: date) -> Workpaper:
    as_of = min(last_full_day(audit), on - timedelta(days=1))
    begun = [period for period in audit.periods if period.start <= as_of]
    latest = max(begun, key=lambda period: period.start, default=None)
    return perform(audit, latest.name if latest else None, as_of)


def _people(paper: Workpaper, on: date, until: date) -> Iterator[Person]:
    rows = paper.rows(OPEN.format(on=on, until=until))
    for described, group in groupby(rows, key=lambda row: row[:6]):
        person_id, name, email, worker_type, manager_email, held_back = described
        requirements = ((paper.audit.requirements[no - 1], due_on) for *_, no, due_on in group)
        yield Person(
            person_id=person_id,
            name=name or "",
            email=email or "",
            worker_type=worker_type or "",
            manager_email=manager_email or "",
            held_back=held_back,
            duties=tuple(
                Duty(
                    requirement_id=requirement.id,
                    title=requirement.name,
                    due_on=due_on,
                    days_overdue=(on - due_on).days,
                )
                for requirement, due_on in requirements
            ),
        )
