"""Decisions on their way into the register: from a file, or from the desk; all of them or none.

What this adds to a decision: an id where it has none, when it was recorded, and the digest of the file that it names as
evidence.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

from workbook_lib import register
from workbook_lib.audit import Audit
from workbook_lib.engine import Engine
from workbook_lib.intake import read
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.opening import open_reading
from workbook_lib.intake.profile_file import load_profile
from workbook_lib.requirement import did_you_mean
from workbook_lib.source import Source
from workbook_lib.tables import TABLES, DecisionKind, Problem, UserError
from workbook_lib.wording import sentence

Decision = Mapping[str, object]
#: Ids of rows that have none: equal rows have equal ids, so a file that is imported twice adds nothing.
ROWS = uuid.UUID("6f1d7a52-3c5e-5b0e-9f0a-2f4f6f0b7c11")
SAVE_AS = "save it as CSV in UTF-8, with commas, semicolons or tabs between the columns, or as .xlsx."


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many decisions were new, how many the register had already, which of these are withdrawn (where each stands,
    and its id), and where the register ends now.
    """

    new: int
    known: int
    withdrawn: tuple[str, ...]
    head: register.Head


def record(audit: Audit, decisions: Sequence[Decision], named: Sequence[tuple[object, ...]]) -> Recorded:
    """Record decisions, all or none.

    decisions : each with a decision_id and the columns of the table of decisions, dates as ISO text; `place` says where
    it stands, for messages.  named : from `names_in`, to know who may not decide about whom.

    Raises UserError with every decision that may not stand.
    """
    path, now = audit.folder / register.FILE, datetime.now(UTC)
    if altered := register.verify(path):
        raise UserError(*(_altered(path, what) for what in altered))
    earlier = [dict.fromkeys(TABLES["decisions"].names) | entry.content for entry in register.entries(path)]
    there = {decision["decision_id"] for decision in earlier}
    whole = [dict.fromkeys(TABLES["decisions"].names) | dict(decision) for decision in decisions]
    new = [decision for decision in whole if decision["decision_id"] not in there]
    known = there | {decision["decision_id"] for decision in new}
    tomorrow = (now + timedelta(days=1)).date().isoformat()  # it may have begun where the decision was made
    standing = register.refusals(new, named, earlier)
    faults = [fault or _idle(decision, known, tomorrow) for decision, fault in zip(new, standing, strict=True)]
    if any(faults):
        raise UserError(*(_refused(decision, fault) for decision, fault in zip(new, faults, strict=True) if fault))
    bodies = [_body(decision, audit.folder, now.isoformat(timespec="seconds")) for decision in whole]
    added = register.append(path, bodies)
    gone = there & {decision["withdraws"] for decision in earlier if decision["kind"] == DecisionKind.WITHDRAW}
    withdrawn = tuple(f"{_place(one)}: decision {one['decision_id']}" for one in whole if one["decision_id"] in gone)
    return Recorded(new=added, known=len(whole) - added, withdrawn=withdrawn, head=register.head(path))


def _place(decision: Decision) -> str:
    return str(decision.get("place", register.FILE))


def _refused(decision: Decision, fault: register.Fault) -> Problem:
    column, _, why = fault
    return Problem(
        where=f"{_place(decision)}, {column}",
        what=sentence(why),
        effect="none of these decisions was recorded.",
        do="correct it and record them again.",
    )


def _altered(path: Path, fault: str) -> Problem:
    return Problem(
        where=path.name,
        what=f"it was changed behind its back. {fault}",
        effect="nothing was recorded.",
        do="find out who did it; then put register.jsonl of the last sound pack (data/inputs) in its place.",
    )


def _idle(decision: Decision, known: Collection[object], tomorrow: str) -> register.Fault | None:
    """Why a decision that may stand could have no effect, whatever the exports say."""
    approved, due = (str(decision[name] or "") for name in ("approved_on", "new_due_on"))
    if decision["kind"] == DecisionKind.WITHDRAW and decision["withdraws"] not in known:
        near = did_you_mean(get_close_matches(str(decision["withdraws"]), map(str, known), 1))
        return "withdraws", "not_recorded", f"no decision '{decision['withdraws']}' is recorded{near}"
    if approved > tomorrow:
        return "approved_on", "not_yet", f"{approved} is still to come, and nobody can have approved anything on it"
    if decision["kind"] == DecisionKind.EXTEND and due <= approved:
        return (
            "new_due_on",
            "no_day",
            f"{due} is not after the approval on {approved}: no day would be excused (C11)",
        )
    return None


def _body(decision: Decision, folder: Path, now: str) -> dict[str, object]:
    said = {name: value for name, value in decision.items() if name != "place" and value not in (None, "")}
    body = said | {"recorded_at": now}
    digest = register.digest_of(str(decision.get("evidence") or ""), folder)
    return body | {"evidence_sha256": digest} if digest else body


def from_file(audit: Audit, path: Path) -> list[dict[str, object]]:
    """The decisions of a file with the headers of the table of decisions (CSV, XLSX or JSON).

    Raises UserError with every row that cannot be read.
    """
    source = Source(table="decisions", file=path.name)
    try:
        reading = open_reading(1, source, path, path.name, load_profile(audit.folder, "generic"), audit.settings.zone)
        rows = list(reading.rows())
    except BadFileError as error:
        do = SAVE_AS if "profile" in error.do else error.do  # none goes with a file of decisions
        raise UserError(_no_file(path, error.what, do)) from None
    except FileNotFoundError:
        raise UserError(_no_file(path, "there is no such file.", "correct the name.")) from None
    except OSError as error:
        raise UserError(_no_file(path, f"it cannot be read: {error.strerror}.", "name a file.")) from None
    unread = [row for row in reading.quarantine if not row.by_rule]
    if unread:
        raise UserError(
            *(
                Problem(
                    where=f"{path.name}, row {row.row_no}{row.column and f', {row.column}'}",
                    what=row.message.partition(" Effect: ")[0],
                    effect="none of the file's decisions was recorded.",
                    do="correct the row and import the file again.",
                )
                for row in unread
            )
        )
    decisions: dict[object, dict[str, object]] = {}
    for row in rows:
        decision, is_named = _from_row(row, path.name)
        decisions.setdefault((decision["decision_id"], decision["place"] if is_named else ""), decision)
    return list(decisions.values())


def _no_file(path: Path, what: str, do: str) -> Problem:
    return Problem(where=str(path), what=what, effect="nothing was recorded.", do=do)


def _from_row(row: Sequence[object], file: str) -> tuple[dict[str, object], bool]:
    """A decision, and whether it has an id of its own: equal rows without one are one decision."""
    stored = dict(zip(TABLES["decisions"].stored, row, strict=True))
    decision: dict[str, object] = {
        name: None if stored[name] is None else str(stored[name]) for name in TABLES["decisions"].names
    }
    text = "\n".join(f"{name}={value or ''}" for name, value in decision.items())
    decision["decision_id"] = decision["decision_id"] or str(uuid.uuid5(ROWS, text))
    return decision | {"place": f"{file}, row {stored['row_no']}"}, stored["decision_id"] is not None


def names_in(audit: Audit) -> list[tuple[object, ...]]:
    """person_id and one of their names, for `record`."""
    engine = Engine()
    read(audit, engine)
    return engine.rows(register.NAMED)
