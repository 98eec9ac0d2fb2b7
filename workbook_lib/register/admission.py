"""The decisions of an audit: those of its register and those of files, and what does not fit the data.

A withdrawn decision stays visible, without effect. Nothing is ignored: a decision that may not stand is quarantined,
and one that fits nothing is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workbook_lib import ledger
from workbook_lib.audit import Audit
from workbook_lib.engine import Engine, Row
from workbook_lib.register.standing import NAMED, Decision, refusals
from workbook_lib.requirement import did_you_mean
from workbook_lib.tables import TABLES, DecisionKind, FileAccount, Finding, Kind, Quarantined, address_of
from workbook_lib.wording import sentence

#: Name of the register in an audit folder, and of its copy in a pack.
FILE, COPY = "register.sqlite", "register.jsonl"
#: What the register knows of a decision beside the columns that a file of decisions has.
RECORDED = {"recorded_at": "VARCHAR", "evidence_sha256": "VARCHAR"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of the decisions.

    refused : those that may not stand.  findings : those that fit nothing, approvals dated back, a register that was
    altered.  account : the register as a file that was read; None where there is none.
    """

    refused: tuple[Quarantined, ...]
    findings: tuple[Finding, ...]
    account: FileAccount | None


def admit(engine: Engine, audit: Audit) -> Admission:
    """Make relation `decision`: every decision that may stand, with `withdrawn` 1 where it was taken back later.

    They come from the register of the audit folder and from files of decisions. Needs the canonical tables.
    """
    path = register_of(audit.folder)
    recorded = ledger.entries(path)
    source_no = len(audit.files) + 1
    decisions = engine.dicts("SELECT * FROM decisions ORDER BY source_no, row_no")
    files = {no: file.relative_to(audit.folder).as_posix() for no, (_, file) in enumerate(audit.files, 1)}
    files[source_no] = path.name
    decisions += [_read(entry, source_no) for entry in recorded]
    for decision in decisions:
        place = f"{files[decision['source_no']]} row {decision['row_no']}"
        decision["decision_id"] = decision["decision_id"] or place
    named = engine.rows(NAMED) if decisions else []  # a large company without a decision is not fetched for nothing
    standing, refused = _sorted_out(decisions, named, files)
    _load(engine, standing)
    findings = (
        *_altered(path, source_no),
        *_astray(standing, _people(engine) if standing else set(), audit),
        *_dated_back(standing, audit.settings.zone),
    )
    account = _account(path, source_no, recorded) if recorded else None
    return Admission(refused=refused, findings=findings, account=account)


def register_of(folder: Path) -> Path:
    """The register of an audit folder; in a pack, the copy of it."""
    return ledger.kept_in(folder, FILE, COPY)


def _sorted_out(
    decisions: list[dict[str, Any]], named: Sequence[Row], files: Mapping[int, str]
) -> tuple[list[dict[str, Any]], tuple[Quarantined, ...]]:
    faults = refusals(decisions, named, ())
    judged = list(zip(decisions, faults, strict=True))
    refused = (_quarantined(decision, *fault, file=files[decision["source_no"]]) for decision, fault in judged if fault)
    return [decision for decision, fault in judged if not fault], tuple(refused)


def _people(engine: Engine) -> set[str]:
    everybody = "SELECT person_id FROM people UNION SELECT person_id FROM unread_people"
    return {person_id for (person_id,) in engine.rows(everybody)}


def _load(engine: Engine, standing: list[dict[str, Any]]) -> None:
    withdrawn = _withdrawn(standing)
    columns = TABLES["decisions"].stored | {"account_email": "VARCHAR", "withdrawn": "INTEGER"} | RECORDED
    rows = (
        decision
        | {"account_email": address_of(decision["account"]), "withdrawn": int(decision["decision_id"] in withdrawn)}
        for decision in standing
    )
    engine.load("decision", columns, ([row.get(name) for name in columns] for row in rows))


def _withdrawn(decisions: Sequence[Decision]) -> set[str]:
    """The ids of those that others of them take back."""
    return {decision["withdraws"] for decision in decisions if decision["kind"] == DecisionKind.WITHDRAW}


def _read(entry: ledger.Entry, source_no: int) -> dict[str, Any]:
    """An entry of the register as a row of decisions."""
    said = {name: None if value is None else str(value) for name, value in entry.content.items()}
    decision: dict[str, Any] = dict.fromkeys(TABLES["decisions"].names) | said
    for column in TABLES["decisions"].columns:
        if column.kind is Kind.DATE:
            decision[column.name] = _day(decision[column.name])
    return decision | {"source_no": source_no, "row_no": entry.seq}


def _day(text: str | None) -> date | None:
    """A day of an entry; None where it is none, for which the decision is then refused."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _altered(path: Path, source_no: int) -> Iterator[Finding]:
    for problem in ledger.verify(path):
        yield Finding(
            code="register_altered",
            table="decisions",
            subject=path.name,
            text=f"{path.name} was changed behind its back. {problem}",
            source_no=source_no,
        )


def _dated_back(standing: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[Finding]:
    """C11: an approval that is said to be older than its record; what the recorder says is all that there is of it."""
    for decision in standing:
        recorded, approved = _day_in(zone, decision.get("recorded_at")), decision["approved_on"]
        if recorded and approved and approved < recorded:
            yield Finding(
                code="dated_back",
                table="decisions",
                subject=decision["decision_id"],
                text=f"Decision {decision['decision_id']} was recorded on {recorded} and says that it was approved on "
                f"{approved}: ask for the approval itself.",
                source_no=decision["source_no"],
                row_no=decision["row_no"],
            )


def _day_in(zone: ZoneInfo, moment: str | None) -> date | None:
    """The day of a moment where the audit is; None where none is told."""
    try:
        return datetime.fromisoformat(moment or "").astimezone(zone).date()
    except ValueError:
        return None


def _account(path: Path, source_no: int, recorded: Sequence[ledger.Entry]) -> FileAccount:
    return ledger.account(
        path, source_no, recorded, table="decisions", profile="register", system="Register of decisions", days=()
    )


def _astray(decisions: list[dict[str, Any]], people: set[str], audit: Audit) -> Iterator[Finding]:
    """Decisions that may stand and are in force but fit nothing: reported, never ignored."""
    requirements = [requirement.id for requirement in audit.requirements]
    known = {decision["decision_id"] for decision in decisions}
    withdrawn = _withdrawn(decisions)
    for decision in decisions:
        person, requirement = decision["person_id"], decision["requirement_id"]
        whats = []
        if person and person not in people:
            whats.append(f"person {person}, whom no people export names")
        if requirement and requirement not in requirements:
            near = did_you_mean(get_close_matches(requirement, requirements, 1))
            whats.append(f"requirement {requirement}, which audit.toml does not have{near}")
        if decision["kind"] == DecisionKind.WITHDRAW and decision["withdraws"] not in known:
            whats.append(f"decision {decision['withdraws']}, which is not recorded")
        for what in whats if decision["decision_id"] not in withdrawn else ():
            says = f"Decision {decision['decision_id']} ({decision['kind']}) is about {sentence(what)}"
            yield Finding(
                code="decision_fits_nothing",
                table="decisions",
                subject=decision["decision_id"],
                text=f"{says} It has no effect.",
                source_no=decision["source_no"],
                row_no=decision["row_no"],
            )


def _quarantined(decision: Decision, column: str, code: str, message: str, *, file: str) -> Quarantined:
    return Quarantined(
        source_no=decision["source_no"],
        table="decisions",
        file=file,
        row_no=decision["row_no"],
        column=column,
        value=str(decision[column] or ""),
        code=code,
        message=f"{message}; the decision has no effect.",
        subject=str(decision["person_id"] or decision["account"] or ""),
        raw=", ".join(f"{name}={decision[name]}" for name in TABLES["decisions"].names if decision[name] is not None),
        refused=True,
    )
