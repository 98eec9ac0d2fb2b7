"""Which decisions may stand.

Nobody decides about themselves, and nobody approves their own decision. A decision that breaks this, or lacks what its
kind needs, is refused by the register, and quarantined when it comes from a file: it explains, excuses and links
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbook_lib.engine import Row
from workbook_lib.tables import DecisionKind, folded

Decision = Mapping[str, Any]
#: Column, code and message of the first reason why a decision may not stand.
Fault = tuple[str, str, str]
#: Everything by which a person may be named → the ids of those who are named so.
Names = Mapping[str, set[str]]

#: People by all that an export calls them, rows included that cannot be read.
NAMED = """
SELECT person_id, email AS name FROM people UNION SELECT person_id, email FROM unread_people
UNION SELECT person_id, account FROM accounts WHERE person_id IS NOT NULL"""

#: What each kind of decision must say.
NEEDS: dict[DecisionKind, tuple[str, ...]] = {
    DecisionKind.EXPLAIN: ("person_id", "requirement_id", "due_on"),
    DecisionKind.EXTEND: ("person_id", "requirement_id", "approved_on", "new_due_on", "approved_by"),
    DecisionKind.LINK: ("account", "person_id"),
    DecisionKind.EXCLUDE: (),
    DecisionKind.WITHDRAW: ("withdraws",),
}


def refusals(new: Sequence[Decision], named: Iterable[Row], earlier: Sequence[Decision]) -> list[Fault | None]:
    """For each new decision why it may not stand; None where it may.

    named : person_id and one of their names, from `NAMED`.  earlier : what is recorded already.
    """
    if not new:
        return []
    names, seen = _names(named), {decision["decision_id"] for decision in earlier}
    own = [_fault(decision, names) for decision in new]
    sound = [decision for decision, fault in zip(new, own, strict=True) if fault is None]
    kinds = {decision["decision_id"]: decision["kind"] for decision in reversed((*earlier, *sound))}
    found = []
    for decision, of_its_own in zip(new, own, strict=True):
        fault = of_its_own or _endless(decision, kinds) or _repeated(decision, seen)
        if fault is None:
            seen.add(decision["decision_id"])
        found.append(fault)
    return found


def _fault(decision: Decision, names: Names) -> Fault | None:
    if decision["kind"] not in tuple(DecisionKind):
        return "kind", "unknown_word", f"'{decision['kind']}' is no kind of decision; known: {', '.join(DecisionKind)}"
    kind = DecisionKind(decision["kind"])
    for column in NEEDS[kind]:
        if decision[column] is None:
            return column, "missing_value", f"a decision of kind {kind} needs {column}"
    if kind is DecisionKind.EXCLUDE and not (decision["account"] or decision["person_id"]):
        return "account", "missing_value", "a decision of kind exclude needs an account or a person_id"
    decider, approver = (_meant(decision[column], names) for column in ("decided_by", "approved_by"))
    about = _meant(decision["person_id"], names) | _meant(decision["account"], names)
    if decider & about:
        return "decided_by", "own_decision", f"{decision['decided_by']} cannot decide about themselves"
    if approver & decider:
        return "approved_by", "own_approval", f"{decision['approved_by']} cannot approve their own decision"
    if approver & about:
        return "approved_by", "own_approval", f"{decision['approved_by']} cannot approve a decision about themselves"
    return None


def _endless(decision: Decision, kinds: Mapping[str, str]) -> Fault | None:
    if decision["kind"] == DecisionKind.WITHDRAW and kinds.get(decision["withdraws"]) == DecisionKind.WITHDRAW:
        return "withdraws", "withdraws_withdrawal", "a withdrawal cannot itself be withdrawn"
    return None


def _repeated(decision: Decision, seen: set[str]) -> Fault | None:
    if decision["decision_id"] in seen:
        return "decision_id", "repeated_id", f"decision {decision['decision_id']} is already recorded"
    return None


def _meant(text: str | None, names: Names) -> set[str]:
    """The ids of those whom a text names, and the text itself; nothing where there is no text."""
    return (names.get(_folded(text), set()) | {_folded(text)}) - {""}


def _names(named: Iterable[Row]) -> dict[str, set[str]]:
    """People by their id and by their other names."""
    names: dict[str, set[str]] = {}
    for person_id, other in named:
        for name in filter(None, (_folded(person_id), _folded(other))):
            names.setdefault(name, set()).add(_folded(person_id))
    return names


def _folded(text: str | None) -> str:
    return folded(text or "")
