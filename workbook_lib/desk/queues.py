"""What waits for a decision: four queues, made from a workpaper and the decisions that stand now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from workbook_lib.procedures.people import NOT_IN_THE_SYSTEM
from workbook_lib.tables import DecisionKind, address_of
from workbook_lib.workpaper import Workpaper

#: A decision by column, dates as ISO text.
Decision = Mapping[str, Any]


class QueueName(StrEnum):
    """What waits, and why."""

    EXCEPTIONS = "Exceptions to explain"
    RECORDS = "Records with no person"
    PEOPLE = "People with no account"
    UNDETERMINED = "Undetermined people"


#: What a queue holds, and what to do about it.
MEANS: dict[QueueName, str] = {
    QueueName.EXCEPTIONS: "Days on which somebody had to be covered and was not. Say why it happened, or record an "
    "extension that was approved in advance.",
    QueueName.RECORDS: "Accounts with records of training that no export gives to a person. Say whose they are, or why "
    "they are left out.",
    QueueName.PEOPLE: "People who must train, and whom the training system does not know. Say which account is theirs, "
    "or why they are left out.",
    QueueName.UNDETERMINED: "People whose dates cannot be read, so that nobody can say what they had to do. Correct "
    "the people export and extract it again; leave out only who is not part of the workforce.",
}

#: Headings of the columns of its lines.
COLUMNS: dict[QueueName, tuple[str, ...]] = {
    QueueName.EXCEPTIONS: ("Person", "Name", "Requirement", "Due on", "Days", "Cause", "Ended by"),
    QueueName.RECORDS: ("Account", "Name", "Records", "First", "Last"),
    QueueName.PEOPLE: ("Person", "Name", "E-mail", "Worker type", "Department"),
    QueueName.UNDETERMINED: ("Person", "Name", "Cannot be read", "Says"),
}


class Order(StrEnum):
    """In which order a queue is shown."""

    PERSON = "by person or account"
    OLDEST = "oldest first"
    LARGEST = "most days or records first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits.

    name : of the person, or of the account in its system.  size : uncovered days, or records.  facets : what it can be
    filtered by, each a kind and a word.  says : the rest of its line, by column.
    """

    queue: QueueName
    person_id: str = ""
    account: str = ""
    requirement_id: str = ""
    due_on: str = ""
    name: str = ""
    size: int = 0
    facets: tuple[str, ...] = ()
    says: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other item, before and after judging again."""
        return (self.queue.name, self.person_id, self.account, self.requirement_id, self.due_on)

    @property
    def cells(self) -> tuple[str, ...]:
        """Its line, by column."""
        return (self.person_id or self.account, self.name, *self.says)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue: what is open, and how many items have been decided."""

    name: QueueName
    open: tuple[Item, ...]
    settled: int

    @property
    def total(self) -> int:
        """Open and settled."""
        return len(self.open) + self.settled


EXCEPTIONS = """
SELECT exceptions.person_id, person.name, person.department, exceptions.requirement_id, exceptions.due_on, days, cause,
       ended_by
FROM exceptions JOIN person ON person.person_id = exceptions.person_id
ORDER BY exceptions.person_id, exceptions.requirement_id, exceptions.due_on"""

#: Accounts with records that no export gives to a person, those included that a decision gave to one, or left out.
RECORDS = """
SELECT account_person.account_key, MIN(accounts.name), COUNT(*), MIN(heard.on_day), MAX(heard.on_day)
FROM (SELECT account, completed_on AS on_day FROM completions
      UNION ALL SELECT account, acknowledged_on FROM acknowledgements) heard
JOIN account_person ON account_person.account = heard.account
LEFT JOIN (SELECT COALESCE(account_email, account) AS account_key, MIN(name) AS name FROM accounts
           GROUP BY COALESCE(account_email, account)) accounts ON accounts.account_key = account_person.account_key
LEFT JOIN (SELECT DISTINCT COALESCE(account_email, account) AS account_key FROM decision
           WHERE kind IN ('link', 'exclude') AND account IS NOT NULL) decided
       ON decided.account_key = account_person.account_key
WHERE via = 'nobody' OR via IN ('link decision', 'excluded') AND decided.account_key IS NOT NULL
GROUP BY account_person.account_key ORDER BY account_person.account_key"""

UNDETERMINED = """
SELECT unread_people.person_id, MIN(everybody.name), COUNT(*) FROM unread_people
JOIN everybody ON everybody.person_id = unread_people.person_id
GROUP BY unread_people.person_id ORDER BY unread_people.person_id"""


def gather(paper: Workpaper) -> tuple[Item, ...]:
    """Everything in the workpaper that needs a decision, or had one; what stands is told apart by `queues`."""
    return (*_exceptions(paper), *_records(paper), *_people(paper), *_undetermined(paper))


def queues(items: Iterable[Item], decisions: Sequence[Decision], people: Iterable[str]) -> dict[QueueName, Queue]:
    """The queues as they are now, whenever the workpaper was judged.

    decisions : those that stand and are not withdrawn.  people : ids that the people exports name.
    """
    explained = {
        (decision["person_id"], decision["requirement_id"], decision["due_on"])
        for decision in decisions
        if decision["kind"] == DecisionKind.EXPLAIN
    }
    excluded = [decision for decision in decisions if decision["kind"] == DecisionKind.EXCLUDE]
    gone = {decision["person_id"] for decision in excluded if decision["person_id"]}
    linked = _linked(decisions, set(people))
    left_out = {account_key(decision["account"]) for decision in excluded if decision["account"]}

    def is_settled(item: Item) -> bool:
        match item.queue:
            case QueueName.EXCEPTIONS:
                return (item.person_id, item.requirement_id, item.due_on) in explained or item.person_id in gone
            case QueueName.RECORDS:
                return item.account in linked or item.account in left_out
            case QueueName.PEOPLE:
                return item.person_id in gone or item.person_id in linked.values()
            case QueueName.UNDETERMINED:
                return item.person_id in gone

    found: dict[QueueName, list[Item]] = {name: [] for name in QueueName}
    settled = dict.fromkeys(QueueName, 0)
    for item in items:
        if is_settled(item):
            settled[item.queue] += 1
        else:
            found[item.queue].append(item)
    return {name: Queue(name=name, open=tuple(found[name]), settled=settled[name]) for name in QueueName}


def account_key(account: str) -> str:
    """How accounts are compared: e-mail addresses without regard to case, others as they are written."""
    return address_of(account) or account


def _linked(decisions: Iterable[Decision], people: set[str]) -> dict[str, str]:
    """Account → person, by recorded links; an account that is given to several belongs to none of them."""
    given: dict[str, set[str]] = {}
    for decision in decisions:
        if decision["kind"] == DecisionKind.LINK:
            given.setdefault(account_key(decision["account"]), set()).add(decision["person_id"])
    return {account: min(to) for account, to in given.items() if len(to) == 1 and to <= people}


# --- filter, search, sort -----------------------------------------------------------------------------------------


def facets(items: Iterable[Item]) -> dict[str, int]:
    """What the items can be filtered by, and how many each would leave, in alphabetical order."""
    found: dict[str, int] = {}
    for item in items:
        for facet in item.facets:
            found[facet] = found.get(facet, 0) + 1
    return dict(sorted(found.items()))


def chosen(items: Iterable[Item], search: str = "", facet: str = "", order: Order = Order.PERSON) -> list[Item]:
    """The items that have all words of the search in their line, and the facet, in order."""
    words = search.casefold().split()
    kept = [
        item
        for item in items
        if (not facet or facet in item.facets) and _has(" ".join((*item.cells, *item.facets)).casefold(), words)
    ]
    match order:
        case Order.PERSON:
            return sorted(kept, key=lambda item: (item.person_id or item.account, item.requirement_id, item.due_on))
        case Order.OLDEST:
            return sorted(kept, key=lambda item: (item.due_on or date.max.isoformat(), item.key))
        case Order.LARGEST:
            return sorted(kept, key=lambda item: (-item.size, item.key))


def _has(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


# --- what waits ---------------------------------------------------------------------------------------------------


def _exceptions(paper: Workpaper) -> list[Item]:
    return [
        Item(
            queue=QueueName.EXCEPTIONS,
            person_id=person_id,
            name=name or "",
            requirement_id=requirement_id,
            due_on=due_on.isoformat(),
            size=days,
            facets=_facets(requirement=requirement_id, cause=cause, ended=ended_by, department=department),
            says=(requirement_id, due_on.isoformat(), f"{days:,}", cause, ended_by),
        )
        for person_id, name, department, requirement_id, due_on, days, cause, ended_by in paper.rows(EXCEPTIONS)
    ]


def _records(paper: Workpaper) -> list[Item]:
    return [
        Item(
            queue=QueueName.RECORDS,
            account=account,
            name=name or "",
            due_on=first.isoformat() if first else "",
            size=records,
            says=(f"{records:,}", *(day.isoformat() if day else "no date" for day in (first, last))),
        )
        for account, name, records, first, last in paper.rows(RECORDS)
    ]


def _people(paper: Workpaper) -> list[Item]:
    return [
        Item(
            queue=QueueName.PEOPLE,
            person_id=person_id,
            name=name or "",
            facets=_facets(type=worker_type, department=department),
            says=(email or "", worker_type or "", department or ""),
        )
        for person_id, name, email, worker_type, department in paper.rows(NOT_IN_THE_SYSTEM)
    ]


def _undetermined(paper: Workpaper) -> list[Item]:
    unread = {row.subject: row for row in paper.quarantine if row.table == "people"}
    return [
        Item(
            queue=QueueName.UNDETERMINED,
            person_id=person_id,
            name=name or "",
            size=rows,
            says=(unread[person_id].column, unread[person_id].value or "nothing") if person_id in unread else ("", ""),
        )
        for person_id, name, rows in paper.rows(UNDETERMINED)
    ]


def _facets(**words: str | None) -> tuple[str, ...]:
    return tuple(f"{kind}: {word}" for kind, word in words.items() if word)
