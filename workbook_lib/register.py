"""Decisions: what analysts recorded, and whether each may stand.

Nobody decides about themselves, and nobody approves their own decision. A decision that breaks this, or lacks what
its kind needs, is quarantined: it explains, excuses and links nothing. A withdrawn decision stays visible, without
effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbook_lib.audit import Audit
from workbook_lib.engine import Engine, Row
from workbook_lib.tables import TABLES, DecisionKind, Finding, Quarantined

#: What each kind of decision must say.
NEEDS: dict[DecisionKind, tuple[str, ...]] = {
    DecisionKind.EXPLAIN: ("person_id", "requirement_id", "due_on"),
    DecisionKind.EXTEND: ("person_id", "requirement_id", "approved_on", "new_due_on", "approved_by"),
    DecisionKind.LINK: ("account", "person_id"),
    DecisionKind.EXCLUDE: (),
    DecisionKind.WITHDRAW: ("withdraws",),
}

Decision = Mapping[str, Any]


def admit(engine: Engine, audit: Audit) -> tuple[tuple[Quarantined, ...], tuple[Finding, ...]]:
    """Make relation `decision`: every decision that may stand, with `withdrawn` 1 where it was taken back later.

    Returns the decisions that may not stand, as quarantined rows, and findings on those that fit nothing.
    """
    decisions = engine.dicts("SELECT * FROM decisions ORDER BY source_no, row_no")
    for decision in decisions:
        decision["decision_id"] = decision["decision_id"] or f"row {decision['row_no']}"
    people = engine.rows("SELECT person_id, email FROM people UNION SELECT person_id, email FROM unread_people")
    names = _names(people)
    kinds = {decision["decision_id"]: decision["kind"] for decision in decisions}
    standing, refused, seen = [], [], set[str]()
    for decision in decisions:
        fault = _fault(decision, names, kinds) or _repeated(decision, seen)
        if fault:
            refused.append(_quarantined(decision, *fault, audit=audit))
        else:
            standing.append(decision)
            seen.add(decision["decision_id"])
    withdrawn = {decision["withdraws"] for decision in standing if decision["kind"] == DecisionKind.WITHDRAW}
    columns = TABLES["decisions"].stored | {"account_email": "VARCHAR", "withdrawn": "INTEGER"}
    engine.load(
        "decision",
        columns,
        (
            [
                *(decision.get(name) for name in TABLES["decisions"].stored),
                _email(decision),
                int(_id(decision) in withdrawn),
            ]
            for decision in standing
        ),
    )
    return tuple(refused), tuple(_astray(standing, {person_id for person_id, _ in people}, audit))


def _fault(decision: Decision, names: Mapping[str, set[str]], kinds: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Column, code and message of the first reason why a decision may not stand."""
    kind = DecisionKind(decision["kind"])
    for column in NEEDS[kind]:
        if decision[column] is None:
            return column, "missing_value", f"a decision of kind {kind} needs {column}"
    if kind is DecisionKind.EXCLUDE and not (decision["account"] or decision["person_id"]):
        return "account", "missing_value", "a decision of kind exclude needs an account or a person_id"
    if kind is DecisionKind.WITHDRAW and kinds.get(decision["withdraws"]) == DecisionKind.WITHDRAW:
        return "withdraws", "withdraws_withdrawal", "a withdrawal cannot itself be withdrawn"
    subject = _folded(decision["person_id"])
    decider = names.get(_folded(decision["decided_by"]), set()) | {_folded(decision["decided_by"])}
    approver = names.get(_folded(decision["approved_by"]), set()) | {_folded(decision["approved_by"])} - {""}
    if decider & ({subject, _folded(decision["account"])} - {""}):
        return "decided_by", "own_decision", f"{decision['decided_by']} cannot decide about themselves"
    if approver & decider:
        return "approved_by", "own_approval", f"{decision['approved_by']} cannot approve their own decision"
    if approver & ({subject} - {""}):
        return "approved_by", "own_approval", f"{decision['approved_by']} cannot approve a decision about themselves"
    return None


def _repeated(decision: Decision, seen: set[str]) -> tuple[str, str, str] | None:
    if decision["decision_id"] in seen:
        return "decision_id", "repeated_id", f"decision {decision['decision_id']} is already recorded"
    return None


def _astray(decisions: list[dict[str, Any]], people: set[str], audit: Audit) -> Iterator[Finding]:
    """Decisions that may stand but fit nothing: reported, never ignored."""
    requirements = {requirement.id for requirement in audit.requirements}
    known = {decision["decision_id"] for decision in decisions}
    for decision in decisions:
        what = None
        if decision["person_id"] and decision["person_id"] not in people:
            what = f"person {decision['person_id']}, whom no people export names"
        elif decision["requirement_id"] and decision["requirement_id"] not in requirements:
            what = f"requirement {decision['requirement_id']}, which audit.toml does not have"
        elif decision["kind"] == DecisionKind.WITHDRAW and decision["withdraws"] not in known:
            what = f"decision {decision['withdraws']}, which is not recorded"
        if what:
            yield Finding(
                code="decision_fits_nothing",
                table="decisions",
                subject=decision["decision_id"],
                text=f"Decision {decision['decision_id']} ({decision['kind']}) is about {what}; it has no effect.",
                source_no=decision["source_no"],
                row_no=decision["row_no"],
            )


def _names(people: list[Row]) -> dict[str, set[str]]:
    """Everything by which a person may be named (the id, an e-mail address) → the ids of those who are named so."""
    names: dict[str, set[str]] = {}
    for person_id, email in people:
        for name in filter(None, (_folded(person_id), _folded(email))):
            names.setdefault(name, set()).add(_folded(person_id))
    return names


def _quarantined(decision: Decision, column: str, code: str, message: str, *, audit: Audit) -> Quarantined:
    path = audit.files[decision["source_no"] - 1][1]
    return Quarantined(
        source_no=decision["source_no"],
        table="decisions",
        file=path.relative_to(audit.folder).as_posix(),
        row_no=decision["row_no"],
        column=column,
        value=str(decision[column] or ""),
        code=code,
        message=f"{message}; the decision has no effect.",
        subject=str(decision["person_id"] or decision["account"] or ""),
        raw=", ".join(f"{name}={decision[name]}" for name in TABLES["decisions"].names if decision[name] is not None),
    )


def _id(decision: Decision) -> str:
    return str(decision["decision_id"])


def _email(decision: Decision) -> str | None:
    account = decision["account"]
    return account.casefold() if account and "@" in account else None


def _folded(text: str | None) -> str:
    return (text or "").casefold()
