"""The state of the desk: a workpaper, the decisions that stand now, and what waits. Nothing here needs a browser.

Whatever is decided is in the register before the desk says so: a kernel that dies loses nothing that was confirmed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from workbook_lib import decide, register
from workbook_lib.audit import Audit, load_audit
from workbook_lib.desk import forms
from workbook_lib.desk.queues import Decision, Item, Queue, QueueName, account_key, gather, queues
from workbook_lib.lookalikes import Account, Index, Person, Suggestion, suggestions
from workbook_lib.tables import TABLES, DecisionKind, UserError
from workbook_lib.workpaper import Workpaper, perform

#: Up to so many people everything is judged again by itself; beyond, when the analyst asks for it.
JUDGED_AT_ONCE = 2_000
#: So many people or accounts are suggested.
SUGGESTED = 8

ALL_PEOPLE = "SELECT person_id, email FROM people UNION SELECT person_id, email FROM unread_people"
WITHOUT_ACCOUNT_FIRST = """
SELECT everybody.person_id, everybody.name, everybody.email FROM everybody
LEFT JOIN (SELECT DISTINCT person_no FROM account_person WHERE in_system = 1) known
       ON known.person_no = everybody.person_no
ORDER BY CASE WHEN known.person_no IS NULL THEN 0 ELSE 1 END, everybody.person_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a try to record ended. problems : column → sentence; empty where it is recorded.  says : for the analyst."""

    says: str
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def is_saved(self) -> bool:
        """Whether the register has the decisions."""
        return not self.problems


class Session:
    """One analyst at one audit and period."""

    def __init__(
        self, audit: Audit, period: str | None = None, as_of: date | None = None, decided_by: str = ""
    ) -> None:
        self.audit = audit
        self.period = period
        self.as_of = as_of
        self.decided_by = decided_by
        #: Ids of decisions that were tried and are not known to be recorded: a second try must be the same decision.
        self._ids: dict[tuple[object, ...], str] = {}
        self.judge()

    def judge(self) -> None:
        """Judge everything, with the decisions as they are now."""
        self.paper: Workpaper = perform(self.audit, self.period, self.as_of)
        self.items: tuple[Item, ...] = gather(self.paper)
        self.people: list[tuple[object, ...]] = list(self.paper.rows(ALL_PEOPLE))
        self.named: list[tuple[object, ...]] = list(self.paper.rows(register.NAMED))
        self.accounts = {key for (key,) in self.paper.rows("SELECT account_key FROM account_person")}
        judged = (file.rows_read for file in self.paper.files if file.file in (register.FILE, register.COPY))
        self._judged = sum(judged)
        self._look_alikes: dict[str, list[Suggestion]] = {}
        self.__dict__.pop("_index", None)
        self.is_stale = False
        self.refresh()

    def refresh(self) -> None:
        """Take the decisions that were recorded since from the register: at once, for a company of any size."""
        since = register.entries(self._register)[self._judged :]
        names = TABLES["decisions"].names
        found = [
            {name: row[name].isoformat() if isinstance(row[name], date) else row[name] for name in row}
            for row in self.paper.engine.dicts("SELECT * FROM decision ORDER BY source_no, row_no")
        ]
        found += [dict.fromkeys(names) | entry.content for entry in since]
        taken_back = {one["withdraws"] for one in found if one["kind"] == DecisionKind.WITHDRAW}
        self.decisions: list[dict[str, Any]] = [one | {"withdrawn": one["decision_id"] in taken_back} for one in found]

    @cached_property
    def _index(self) -> Index:
        rows = self.paper.rows(WITHOUT_ACCOUNT_FIRST)
        return Index([Person(person_id, name or "", email or "") for person_id, name, email in rows])

    @property
    def _register(self) -> Path:
        return self.audit.folder / register.FILE

    @property
    def known(self) -> forms.Known:
        """What answers are held against."""
        people = {str(person_id) for person_id, _ in self.people}
        return forms.Known(people=people, named=self.named, accounts=self.accounts, decisions=self.decisions)

    def queues(self) -> dict[QueueName, Queue]:
        """What waits now."""
        standing = [one for one in self.decisions if not one["withdrawn"]]
        return queues(self.items, standing, (str(person_id) for person_id, *_ in self.people))

    def earlier(self, item: Item | None = None) -> list[Decision]:
        """Decisions about the person or account of an item, or all, the latest first; withdrawals are their ends."""
        return [
            one
            for one in reversed(self.decisions)
            if one["kind"] != DecisionKind.WITHDRAW and (item is None or _is_about(one, item))
        ]

    def suggested(self, item: Item, accounts: Iterable[Item] = ()) -> list[Suggestion]:
        """Whom an account resembles; for a person, which of the accounts resemble them. Ranked, with the reason.

        accounts : items of the queue of records.
        """
        if item.account:
            if item.account not in self._look_alikes:
                self._look_alikes[item.account] = self._index.suggestions([Account(item.account, item.name)])
            return self._look_alikes[item.account]
        emails = (str(email or "") for person_id, email in self.people if person_id == item.person_id)
        person = Person(item.person_id, item.name, next(emails, ""))
        found = suggestions((Account(one.account, one.name) for one in accounts), [person])
        return sorted(found, key=lambda one: (-one.score, one.account))[:SUGGESTED]

    def record(self, kind: DecisionKind, about: Sequence[dict[str, str]], answers: forms.Answers) -> Outcome:
        """Record one decision about each subject, all or none.

        about : from `forms.subjects`; for a withdrawal, one with the key withdraws.
        """
        if not about:
            return Outcome(says="Nothing was saved: choose something first.", problems={"": "Nothing is chosen."})
        keys = [(kind, *sorted(subject.items())) for subject in about]
        made = [
            forms.decision(kind, subject, answers, decided_by=self.decided_by, decision_id=self._id_of(key))
            for key, subject in zip(keys, about, strict=True)
        ]
        if found := forms.problems(kind, made, self.known):
            return Outcome(says="Nothing was saved: see the remarks beside the questions.", problems=found)
        try:
            done = decide.record(self.audit, made, self.named)
        except UserError as error:
            self.refresh()
            self._forget(keys)
            return Outcome(says="Nothing was saved.", problems={"": " ".join(p.what for p in error.problems)})
        self.refresh()
        self._forget(keys)
        self.is_stale = self.is_stale or self._changes_cover(kind, made)
        return Outcome(says=self._confirmed(kind, made, done))

    @property
    def judges_at_once(self) -> bool:
        """Whether judging again takes no time to speak of."""
        return len(self.people) <= JUDGED_AT_ONCE

    def _changes_cover(self, kind: DecisionKind, made: Sequence[Decision]) -> bool:
        withdrawn = {one["withdraws"] for one in made}
        kinds = [kind, *(one["kind"] for one in self.decisions if one["decision_id"] in withdrawn)]
        return any(one in forms.REJUDGED for one in kinds)

    def _id_of(self, key: tuple[object, ...]) -> str:
        return self._ids.setdefault(key, str(uuid.uuid4()))

    def _forget(self, keys: Iterable[tuple[object, ...]]) -> None:
        """Ids that the register has: what is decided next about the same subject is another decision."""
        recorded = {one["decision_id"] for one in self.decisions}
        for key in keys:
            if self._ids.get(key) in recorded:
                del self._ids[key]

    def _confirmed(self, kind: DecisionKind, made: Sequence[Decision], done: decide.Recorded) -> str:
        ids = {one["decision_id"] for one in made}
        digests = [one for one in self.decisions if one["decision_id"] in ids and one.get("evidence_sha256")]
        sealed = " The evidence file was found, and its digest recorded with it." if digests else ""
        named = f" No file '{made[0]['evidence']}' is in the audit folder: the evidence was recorded as a name only."
        evidence = sealed or (named if made[0]["evidence"] else "")
        what = f"{len(made):,} {'decision' if len(made) == 1 else 'decisions'} ({kind})"
        return f"Saved: {what} by {self.decided_by}. The register has {_entries(done.head.count)}.{evidence}"


def open_session(audit_folder: str | Path, period: str = "", as_of: str = "", decided_by: str = "") -> Session:
    """Open an audit for decisions. Parameters as in the notebook; empty ones are left to audit.toml."""
    return Session(
        load_audit(audit_folder), period or None, date.fromisoformat(as_of) if as_of else None, decided_by.strip()
    )


def _is_about(one: Decision, item: Item) -> bool:
    if item.account and one["account"]:
        return account_key(one["account"]) == item.account
    return bool(item.person_id) and one["person_id"] == item.person_id


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


def summary(session: Session) -> str:
    """The queues in a few lines, where there is nobody to click."""
    lines = [
        f"{queue.name}: {len(queue.open):,} open, {queue.settled:,} decided" for queue in session.queues().values()
    ]
    head = register.head(session.audit.folder / register.FILE)
    return "\n".join([*lines, f"The register has {_entries(head.count)}. Open this notebook in JupyterLab to decide."])
