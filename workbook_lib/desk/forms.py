"""What each kind of decision asks for, what is wrong with an answer, and the decision that is made of it."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from workbook_lib import register
from workbook_lib.desk.queues import Decision, Item, QueueName, account_key
from workbook_lib.tables import TABLES, DecisionKind

#: Field → what was answered.
Answers = Mapping[str, str]

#: What can be decided about the items of each queue, the usual decision first.
KINDS: dict[QueueName, tuple[DecisionKind, ...]] = {
    QueueName.EXCEPTIONS: (DecisionKind.EXPLAIN, DecisionKind.EXTEND, DecisionKind.EXCLUDE),
    QueueName.RECORDS: (DecisionKind.LINK, DecisionKind.EXCLUDE),
    QueueName.PEOPLE: (DecisionKind.LINK, DecisionKind.EXCLUDE),
    QueueName.UNDETERMINED: (DecisionKind.EXCLUDE,),
}

#: Kinds that change who is covered on which days, so that everything is judged again.
REJUDGED = (DecisionKind.EXTEND, DecisionKind.LINK, DecisionKind.EXCLUDE)

#: What a decision of each kind does, in one sentence.
SAYS: dict[DecisionKind, str] = {
    DecisionKind.EXPLAIN: "Says why the exception happened. It stays an exception.",
    DecisionKind.EXTEND: "Moves a due day that was approved in advance. Days before the approval are not excused.",
    DecisionKind.LINK: "Says whose account this is. Its records then count for that person.",
    DecisionKind.EXCLUDE: "Leaves out an account or a person that is not part of the workforce.",
    DecisionKind.WITHDRAW: "Takes back an earlier decision, as if it had never been. It stays in the register.",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. column : of the table of decisions.  wants : "text", "reason", "day" or "lines"."""

    column: str
    label: str
    wants: str = "text"
    required: bool = False
    hint: str = ""


REASON_CODE = Field("reason_code", "Reason", "reason", required=True)
COMMENT = Field("reason", "Comment", "lines", hint="what the auditor should read")
EVIDENCE = Field("evidence", "Evidence", hint="a file of the audit folder, a ticket or a link")
APPROVER = Field("approved_by", "Approved by", hint="another person")

FIELDS: dict[DecisionKind, tuple[Field, ...]] = {
    DecisionKind.EXPLAIN: (REASON_CODE, COMMENT, EVIDENCE, APPROVER),
    DecisionKind.EXTEND: (
        Field("approved_on", "Approved on", "day", required=True),
        Field("new_due_on", "New due day", "day", required=True),
        Field("approved_by", "Approved by", required=True, hint="another person"),
        COMMENT,
        EVIDENCE,
    ),
    DecisionKind.LINK: (
        Field("account", "Account", required=True, hint="as the training system writes it"),
        Field("person_id", "Person id", required=True),
        Field("reason", "Comment", "lines", required=True, hint="how you know"),
        EVIDENCE,
    ),
    DecisionKind.EXCLUDE: (REASON_CODE, COMMENT, EVIDENCE, APPROVER),
    DecisionKind.WITHDRAW: (Field("reason", "Comment", "lines", required=True, hint="what was wrong with it"),),
}

#: Columns that the item answers, by kind.
ABOUT: dict[DecisionKind, tuple[str, ...]] = {
    DecisionKind.EXPLAIN: ("person_id", "requirement_id", "due_on"),
    DecisionKind.EXTEND: ("person_id", "requirement_id"),
    DecisionKind.LINK: ("account", "person_id"),
    DecisionKind.EXCLUDE: ("person_id", "account"),
    DecisionKind.WITHDRAW: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What answers are held against.

    people : their ids.  named : person_id and one of their names.  accounts : as they are compared.  decisions : all
    that are recorded.
    """

    people: Container[str]
    named: Sequence[tuple[object, ...]]
    accounts: Collection[str]
    decisions: Sequence[Decision]


def fields(kind: DecisionKind, item: Item | None = None) -> tuple[Field, ...]:
    """The questions that are left when the item is known."""
    return tuple(field for field in FIELDS[kind] if item is None or not getattr(item, field.column, ""))


def subjects(kind: DecisionKind, items: Iterable[Item]) -> list[dict[str, str]]:
    """What the decisions will be about, each once: two exceptions of one duty need one extension."""
    found = ({column: getattr(item, column) for column in ABOUT[kind] if getattr(item, column)} for item in items)
    return list({tuple(subject.items()): subject for subject in found}.values())


def decision(
    kind: DecisionKind, subject: Mapping[str, str], answers: Answers, *, decided_by: str, decision_id: str
) -> dict[str, Any]:
    """One decision with the columns of the table of decisions; what was not answered is None."""
    asked = {field.column for field in FIELDS[kind]}
    said = {name: text.strip() for name, text in answers.items() if name in asked}
    whole = {**said, **subject, "kind": str(kind), "decided_by": decided_by.strip(), "decision_id": decision_id}
    return {name: whole.get(name) or None for name in TABLES["decisions"].names}


def problems(kind: DecisionKind, decisions: Sequence[Decision], known: Known) -> dict[str, str]:
    """Column → what is wrong, a sentence; none where all of the decisions may be recorded."""
    found: dict[str, str] = {}
    for one in decisions:
        found |= {column: says for column, says in _of_one(kind, one, known).items() if column not in found}
    faults = register.refusals(decisions, known.named, known.decisions)
    for fault in faults:
        if fault and fault[0] not in found:
            found[fault[0]] = f"{fault[2]}."
    return found


def _of_one(kind: DecisionKind, one: Decision, known: Known) -> dict[str, str]:
    found = {}
    if not one["decided_by"]:
        found["decided_by"] = "Say who decides: your name or e-mail address, at the top."
    for field in FIELDS[kind]:
        if field.required and not one[field.column]:
            found[field.column] = f"{field.label} is needed."
        elif field.wants == "day" and one[field.column] and not _is_day(one[field.column]):
            found[field.column] = f"'{one[field.column]}' is not a date; expected YYYY-MM-DD."
    if one["reason_code"] == "other" and not one["reason"]:
        found["reason"] = "Say in a comment what the other reason is."
    if kind is DecisionKind.EXTEND and not found and one["new_due_on"] <= one["approved_on"]:
        found["new_due_on"] = "The new due day must be later than the approval: days before it are not excused."
    if kind is DecisionKind.LINK:
        if one["person_id"] and one["person_id"] not in known.people:
            found["person_id"] = f"No people export names {one['person_id']}."
        if one["account"] and account_key(one["account"]) not in known.accounts:
            found["account"] = f"No export knows the account {one['account']}."
    return found


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
