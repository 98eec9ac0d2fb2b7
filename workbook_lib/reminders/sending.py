"""Handing messages over to a mail server, each at most once, and the log that says so.

A message is claimed in the log, handed over, and its fate is recorded. Where a run is killed in between, the claim
stays without a fate: the message may have gone out, so it is *uncertain* and not sent again by itself. What a server
refused, or never got, is free again.
"""

from __future__ import annotations

import importlib
import smtplib
import ssl
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from workbook_lib import ledger
from workbook_lib.reminder_log import KEY, Reminder, reminders
from workbook_lib.reminders.planning import MESSAGES, Message
from workbook_lib.schedule import Fate, Reminders
from workbook_lib.tables import Problem, UserError

#: Seconds for which the server may keep us waiting.
PATIENCE = 60.0
#: A claim that is younger may belong to a run that still goes on.
STILL_RUNNING = timedelta(hours=1)
#: Variables of the environment with the login; and the service under which a keyring has the password.
USER, PASSWORD, SERVICE = "WORKBOOK_SMTP_USER", "WORKBOOK_SMTP_PASSWORD", "audit-workbook"


class RefusedError(Exception):
    """The server did not take a message over, for certain. ends : nothing more can be handed over."""

    def __init__(self, answer: str, *, ends: bool = False) -> None:
        super().__init__(answer)
        self.ends = ends


class UncertainError(Exception):
    """The connection ended before the server said whether it took the message over."""


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


class Courier:
    """An open connection to a mail server."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    def deliver(self, to: str, mail: EmailMessage) -> None:
        """Hand over one message to one address.

        Raises RefusedError where the server did not take it, UncertainError where nobody knows.
        """
        content = mail.as_bytes()
        try:
            self._expect(*self._smtp.mail(self._sender), ends=True)
            self._expect(*self._smtp.rcpt(to))
        except (smtplib.SMTPException, OSError) as error:
            raise RefusedError(f"the connection ended before the message: {error}", ends=True) from error
        try:
            answer = self._smtp.data(content)
        except smtplib.SMTPDataError as error:
            answer = (error.smtp_code, _bytes(error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            raise UncertainError(str(error)) from error
        self._expect(*answer)

    def _expect(self, code: int, said: bytes, *, ends: bool = False) -> None:
        if code in (250, 251):
            return
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.rset()
        raise RefusedError(f"{code} {said.decode('utf-8', 'replace')}", ends=ends or code == 421)


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

    One refused message does not stop the others; a lost connection does, and what was not tried is planned again.
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
            break
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
    """Declare the uncertain messages lost, so that they are sent once more under the same id; return how many.

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


# --- the server ---------------------------------------------------------------------------------------------------


def credentials(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password: from the environment, the password from a keyring where it is not there; None without a user.

    Raises UserError for a user without a password.
    """
    user = environment.get(USER, "")
    if not user:
        return None
    password = environment.get(PASSWORD, "") or _from_keyring(user)
    if not password:
        raise UserError(
            Problem(
                where=USER,
                what="it is set, and there is no password for it.",
                effect="nothing was sent.",
                do=f"set {PASSWORD}, or store the password: keyring set {SERVICE} USER (package keyring).",
                code="no_password",
            )
        )
    return user, password


def _from_keyring(user: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return ""
    return str(keyring.get_password(SERVICE, user) or "")


@contextmanager
def connect(
    schedule: Reminders, login: tuple[str, str] | None, context: ssl.SSLContext | None = None
) -> Iterator[Courier]:
    """A connection that is encrypted (STARTTLS, certificate checked) and logged in, for the time of a `with`.

    Raises UserError where there is none; nothing was sent then.
    """
    host, port = schedule.server
    where = f"audit.toml, reminders.smtp ({host}:{port})"
    try:
        smtp = smtplib.SMTP(host, port, timeout=PATIENCE)
    except (smtplib.SMTPException, OSError) as error:
        what = f"the mail server cannot be reached: {error}."
        raise _no_server(where, what, "see that host and port are right.") from None
    try:
        _open(smtp, where, login, context)
        yield Courier(smtp, schedule.sender)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        smtp.close()


def _open(smtp: smtplib.SMTP, where: str, login: tuple[str, str] | None, context: ssl.SSLContext | None) -> None:
    try:
        smtp.starttls(context=context or ssl.create_default_context())
        if login:
            smtp.login(*login)
    except smtplib.SMTPNotSupportedError as error:
        do = f"name a server that offers STARTTLS, port 587 as a rule: messages name people. Unset {USER} for no login."
        raise _no_server(where, str(error), do) from None
    except ssl.SSLError as error:
        do = "name the server as its certificate does; SSL_CERT_FILE names a file with the authorities of your own."
        raise _no_server(where, f"the connection cannot be encrypted: {error}.", do) from None
    except smtplib.SMTPAuthenticationError as error:
        raise _no_server(where, f"it refused the login ({error.smtp_code}).", f"check {USER} and {PASSWORD}.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise _no_server(where, f"the connection ended: {error}.", "try again; ask whoever runs the server.") from None


def _no_server(where: str, what: str, do: str) -> UserError:
    return UserError(Problem(where=where, what=what, effect="nothing was sent.", do=do, code="no_mail_server"))


def _bytes(said: bytes | str) -> bytes:
    return said.encode() if isinstance(said, str) else said
