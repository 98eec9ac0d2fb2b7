"""What is sent to whom today: each step of the schedule once, and nothing that was sent before."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from workbook_lib.reminder_log import Reminder
from workbook_lib.reminders.due import Company, Duty, Person
from workbook_lib.schedule import Audience, Fate, Reminders

#: Equal messages have equal ids, so that one that is sent once more can be recognised.
MESSAGES = uuid.UUID("0b7a5a0e-5d0b-5a43-9d4e-6b2d4b8c2f57")
#: What had such a fate did not go out, as far as anybody knows, and may be sent again.
FREE = (Fate.REFUSED, Fate.GIVEN_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a message reminds of: one duty at one step of the schedule. attempt : how often it failed before."""

    person_id: str
    requirement_id: str
    due_on: date
    step: int
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message. about : the people it speaks of, with the duties it lists; its claims are part of these."""

    audience: Audience
    to: str
    name: str
    about: tuple[Person, ...]
    claims: tuple[Claim, ...]

    @cached_property
    def message_id(self) -> uuid.UUID:
        """The same for each attempt to send the same claims to the same address."""
        claimed = [(c.person_id, c.requirement_id, c.due_on.isoformat(), c.step) for c in self.claims]
        return _id(self.audience, self.to, claimed)

    @cached_property
    def delivery(self) -> uuid.UUID:
        """Another one for each attempt."""
        return _id(str(self.message_id), [claim.attempt for claim in self.claims])

    def entry_id(self, claim: Claim) -> uuid.UUID:
        """Under which a claim is recorded: no other message can claim the same."""
        said = [claim.person_id, claim.requirement_id, claim.due_on.isoformat(), claim.step, claim.attempt]
        return _id(self.audience, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The messages of a day. unwritten : person, and why nothing is sent to them.  alone : people who are in no digest,
    as nobody answers for them.
    """

    messages: tuple[Message, ...]
    unwritten: tuple[tuple[Person, str], ...]
    alone: tuple[Person, ...]

    def number(self, audience: Audience) -> int:
        """How many messages are for this audience."""
        return sum(message.audience is audience for message in self.messages)


class _History:
    """What the log says of messages that went out, or may have, and of those that failed."""

    def __init__(self, log: Iterable[Reminder]) -> None:
        self._steps: dict[tuple[object, ...], int] = {}
        self._failed: Counter[tuple[object, ...]] = Counter()
        self._digests: dict[str, date] = {}
        for one in log:
            duty = (one.audience, one.person_id, one.requirement_id, one.due_on)
            if one.fate in FREE:
                self._failed[(*duty, one.step)] += 1
                continue
            self._steps[duty] = max(one.step, self._steps.get(duty, one.step))
            if one.audience is Audience.DIGEST:
                self._digests[one.recipient] = max(one.reminded_on, self._digests.get(one.recipient, one.reminded_on))

    def reached(self, audience: Audience, person: Person, duty: Duty) -> int | None:
        """The last step that was sent; None where none was."""
        return self._steps.get((audience, person.person_id, duty.requirement_id, duty.due_on))

    def had_digest_within(self, days: int, address: str, on: date) -> bool:
        """Whether somebody had a digest on one of the days before `on`, or on that very day."""
        last = self._digests.get(address)
        return last is not None and (on - last).days < days

    def claim(self, audience: Audience, person: Person, duty: Duty, step: int) -> Claim:
        """A claim, with the number of its attempts that failed."""
        failed = self._failed[(audience, person.person_id, duty.requirement_id, duty.due_on, step)]
        return Claim(
            person_id=person.person_id,
            requirement_id=duty.requirement_id,
            due_on=duty.due_on,
            step=step,
            attempt=failed,
        )


def plan(company: Company, schedule: Reminders, log: Sequence[Reminder]) -> Plan:
    """What is to be sent today.

    A step that was missed is caught up by the next run, once: of several only the last one that has come is sent. One
    message per person lists everything that is due or overdue, and one digest per manager everybody of theirs.
    """
    history = _History(log)
    written = [person for person in company.people if not person.held_back]
    messages = (
        *_to_people(written, schedule, history),
        *_digests(written, company, schedule, history),
        *_escalations(written, company, schedule, history),
    )
    alone = tuple(person for person in written if not company.responsible(person))
    return Plan(messages=messages, unwritten=tuple(_unwritten(company)), alone=alone)


def _to_people(people: Iterable[Person], schedule: Reminders, history: _History) -> Iterator[Message]:
    for person in people:
        claims = []
        for duty in person.duties:
            step, sent = schedule.step(duty.days_overdue), history.reached(Audience.PERSON, person, duty)
            if step is not None and (sent is None or sent < step):
                claims.append(history.claim(Audience.PERSON, person, duty, step))
        if claims and not person.unreachable:
            yield Message(
                audience=Audience.PERSON, to=person.email, name=person.called, about=(person,), claims=tuple(claims)
            )


def _digests(people: Iterable[Person], company: Company, schedule: Reminders, history: _History) -> Iterator[Message]:
    teams: dict[str, list[Person]] = {}
    for person in people:
        teams.setdefault(company.responsible(person), []).append(person)
    for address, team in sorted(teams.items()):
        if address and not history.had_digest_within(schedule.digest_every_days, address, company.on):
            yield _to_manager(Audience.DIGEST, address, team, company, history)


def _escalations(
    people: Iterable[Person], company: Company, schedule: Reminders, history: _History
) -> Iterator[Message]:
    teams: dict[str, list[Person]] = {}
    for person in people:
        duties = tuple(
            duty
            for duty in person.duties
            if duty.days_overdue >= schedule.escalate_after_days
            and history.reached(Audience.ESCALATION, person, duty) is None
        )
        if duties:
            teams.setdefault(company.above(person), []).append(replace(person, duties=duties))
    for address, team in sorted(teams.items()):
        if address:
            yield _to_manager(Audience.ESCALATION, address, team, company, history)


def _to_manager(
    audience: Audience, address: str, team: Sequence[Person], company: Company, history: _History
) -> Message:
    claims = (history.claim(audience, person, duty, duty.days_overdue) for person in team for duty in person.duties)
    name = company.name_of(address)
    return Message(audience=audience, to=address, name=name, about=tuple(team), claims=tuple(claims))


def _unwritten(company: Company) -> Iterator[tuple[Person, str]]:
    for person in company.people:
        if person.held_back:
            yield person, person.held_back
            continue
        manager = company.responsible(person)
        if person.unreachable:
            yield person, f"{person.unreachable}{f'; in the digest to {manager}' if manager else ''}"


def _id(*parts: object) -> uuid.UUID:
    return uuid.uuid5(MESSAGES, json.dumps(parts))
