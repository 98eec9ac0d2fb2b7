"""Handing messages over to a mail server, each at most once, and the log that says so.

A message is claimed in the log, handed over, and its fate is recorded. Where a run is killed in between, the claim
stays without a fate: the message may have gone out, so it is *uncertain* and not sent again by itself. What a server
refused, or never got, is free again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from workbook_lib import ledger
from workbook_lib.reminder_log import KEY, Reminder, reminders
from workbook_lib.reminders.mail_server import Courier, RefusedError, UncertainError
from workbook_lib.reminders.planning import MESSAGES, Message
from workbook_lib.schedule import Fate

#: A claim that is younger may belong to a run that still goes on.
STILL_RUNNING = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a run's messages. skipped : claimed by another run in the meantime.  left : not tried at all."""

    sent: int
    refused: tuple[tuple[Message, str], ...]
    uncertain: tuple[Message, ...]
    skipped: int
    left: int

    @property
    def is_whole(self) -> bool:
        """Whether every message went out."""
        return not (self.refused or self.uncertain or self.left)


def send(
    path: Path,
    messages: Sequence[Message],
    write: Callable[[Message], EmailMessage],
    courier: Courier,
    *,
    on: date,
    now: Callable[[], datetime],
) -> Sent:
    """Hand over each message at most once, and keep the log. path : the log.  on : the day of the plan.

    One message that is refused or uncertain does not stop the others; a server that is gone does, and what was not
    tried is planned again.
    """
    sent, skipped, tried = 0, 0, 0
    refused: list[tuple[Message, str]] = []
    uncertain: list[Message] = []
    for message in messages:
        mail = write(message)
        tried += 1
        if not _claim(path, message, on, now()):
            skipped += 1
            continue
        try:
            courier.deliver(message.to, mail)
        except RefusedError as error:
            _settle(path, str(message.delivery), Fate.REFUSED, now())
            refused.append((message, str(error)))
            if error.ends:
                break
        except UncertainError:
            uncertain.append(message)
        else:
            _settle(path, str(message.delivery), Fate.SENT, now())
            sent += 1
    return Sent(
        sent=sent,
        refused=tuple(refused),
        uncertain=tuple(uncertain),
        skipped=skipped,
        left=len(messages) - tried,
    )


def history(path: Path) -> tuple[Reminder, ...]:
    """Everything in the log."""
    return tuple(reminders(ledger.entries(path)))


def give_up(path: Path, log: Iterable[Reminder], now: datetime) -> int:
    """Declare the uncertain messages lost, so that what they said is sent once more; return how many.

    Those of the last hour are left alone: a run may still be at work on them.
    """
    lost = {
        one.delivery
        for one in log
        if one.fate is Fate.UNCERTAIN and now - datetime.fromisoformat(one.recorded_at) > STILL_RUNNING
    }
    for delivery in sorted(lost):
        _settle(path, delivery, Fate.GIVEN_UP, now)
    return len(lost)


def _claim(path: Path, message: Message, on: date, now: datetime) -> bool:
    """Whether the message is ours to send. Of two runs at one time only one can record a claim."""
    entries = [
        {
            KEY: str(message.entry_id(claim)),
            "person_id": claim.person_id,
            "requirement_id": claim.requirement_id,
            "due_on": claim.due_on.isoformat(),
            "step": claim.step,
            "audience": str(message.audience),
            "recipient": message.to,
            "reminded_on": on.isoformat(),
            "message_id": str(message.message_id),
            "delivery": str(message.delivery),
            "recorded_at": _moment(now),
        }
        for claim in message.claims
    ]
    try:
        return ledger.append(path, entries, KEY) == len(entries)
    except ledger.AlreadyRecordedError:
        return False


def _settle(path: Path, delivery: str, fate: Fate, now: datetime) -> None:
    entry_id = uuid.uuid5(MESSAGES, f"{delivery} {fate}")
    ledger.append(
        path, [{KEY: str(entry_id), "delivery": delivery, "fate": str(fate), "recorded_at": _moment(now)}], KEY
    )


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds")
