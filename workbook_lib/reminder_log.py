"""What was sent to whom about which duty, and when: the log of reminders, read.

A message is claimed in the log before it is sent and its fate is recorded afterwards, so it is sent at most once.
Where the second entry is missing, the run was killed between the two: nobody knows whether the message went out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from workbook_lib import ledger
from workbook_lib.engine import Engine
from workbook_lib.schedule import Audience, Fate
from workbook_lib.tables import FileAccount, Finding, Problem, UserError

#: Name of the log in an audit folder, and of its copy in a pack.
FILE, COPY = "reminders.sqlite", "reminders.jsonl"
#: The field that tells an entry of the log from every other.
KEY = "entry_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One duty in one message.

    step : days since the due day at which the schedule asked for it, negative before it; of a digest the days that had
    passed.  delivery : one attempt to send one message.
    """

    person_id: str
    requirement_id: str
    due_on: date
    step: int
    audience: Audience
    recipient: str
    reminded_on: date
    message_id: str
    delivery: str
    fate: Fate
    recorded_at: str


#: What an entry says that claims a duty; one that tells the fate of a delivery says `delivery` and `fate`.
CLAIMED = tuple(field.name for field in fields(Reminder) if field.name != "fate")
COLUMNS = {"due_on": "DATE", "step": "INTEGER", "reminded_on": "DATE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The log as the workpaper knows it. account : as a file that was read; None where there is none."""

    findings: tuple[Finding, ...]
    account: FileAccount | None


def path_in(folder: Path) -> Path:
    """The log of an audit folder; in a pack, the copy of it."""
    return ledger.kept_in(folder, FILE, COPY)


def load(engine: Engine, folder: Path, source_no: int) -> Log:
    """Make relation `reminder`, with the columns of `Reminder`, from the log of an audit folder; empty without one."""
    path = path_in(folder)
    recorded = ledger.entries(path)
    columns = {field.name: COLUMNS.get(field.name, "VARCHAR") for field in fields(Reminder)}
    engine.load("reminder", columns, map(astuple, reminders(recorded)))
    findings = tuple(
        Finding(
            code="reminders_altered",
            table="reminders",
            subject=path.name,
            text=f"{path.name} was changed behind its back. {problem}",
            source_no=source_no,
        )
        for problem in ledger.verify(path, key=KEY)
    )
    return Log(findings=findings, account=_account(path, source_no, recorded) if recorded else None)


def reminders(recorded: Sequence[ledger.Entry]) -> Iterator[Reminder]:
    """Each duty of each message that was ever claimed, in the order of the log, with its fate.

    Raises UserError for an entry that is none of a log of reminders.
    """
    fates: dict[str, Fate] = {}
    claims: list[dict[str, Any]] = []
    for entry in recorded:
        try:
            content = entry.content
            if "fate" in content:
                fates[content["delivery"]] = Fate(content["fate"])
            else:
                claims.append(_claimed(content))
        except (KeyError, TypeError, ValueError):
            raise UserError(
                Problem(
                    where=f"{FILE}, entry {entry.seq}",
                    what="it is no entry of a log of reminders.",
                    do="take the file from a copy that is sound.",
                    code="bad_log",
                )
            ) from None
    for claim in claims:
        yield Reminder(**claim, fate=fates.get(claim["delivery"], Fate.UNCERTAIN))


def _claimed(content: dict[str, Any]) -> dict[str, Any]:
    days = {name: date.fromisoformat(content[name]) for name in ("due_on", "reminded_on")}
    return {name: content[name] for name in CLAIMED} | days | {"audience": Audience(content["audience"])}


def _account(path: Path, source_no: int, recorded: Sequence[ledger.Entry]) -> FileAccount:
    days = [reminder.reminded_on for reminder in reminders(recorded)]
    return ledger.account(
        path, source_no, recorded, table="reminders", profile="reminders", system="Log of reminders", days=days
    )
