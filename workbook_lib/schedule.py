"""When people are reminded of training that is due, by whom, and who hears of it: `[reminders]` of an audit."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from workbook_lib.requirement import Days, Section, Text, wrong

#: Days between a reminder and the due day.
Steps = Annotated[tuple[Annotated[int, Field(ge=1, le=3650)], ...], Field(strict=False)]
#: What mail servers everywhere accept: RFC 5321 without quoted names, comments and characters beyond ASCII.
ADDRESS = re.compile(
    r"(?=.{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@"
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
#: Where mail is submitted: with STARTTLS, and encrypted from the first byte (RFC 8314).
PORT, TLS_PORT = 587, 465
TLS = "smtps://"
#: A host, with the port of its server where one is named.
SERVER = re.compile(rf"({TLS})?([A-Za-z0-9-]{{1,63}}\.)*[A-Za-z0-9-]{{1,63}}(:(?P<port>[0-9]{{1,5}}))?", re.ASCII)


def is_address(text: str | None) -> bool:
    r"""Whether a message can be sent there. Nothing is mended or guessed.

    >>> [is_address(text) for text in ("ada@acme.example", "ada@acme", "a da@acme.example", "a@b.example\nBcc: c")]
    [True, False, False, False]
    """
    return bool(text and ADDRESS.fullmatch(text))


class Audience(StrEnum):
    """Whom a message is for."""

    PERSON = "person"  #: who must complete something
    DIGEST = "digest"  #: the manager or sponsor, or the owner of the programme where there is none
    ESCALATION = "escalation"  #: who stands above the manager


class Fate(StrEnum):
    """What became of a message."""

    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    GIVEN_UP = "given up"


#: What each fate means; the glossary of the report is made from it.
FATES: dict[str, str] = {
    Fate.SENT: "The mail server took the message over.",
    Fate.REFUSED: "The mail server refused it, or it was never handed over. It is sent again with the next run.",
    Fate.UNCERTAIN: "The run ended while it was handed over. It may have gone out, so it is not sent again by itself.",
    Fate.GIVEN_UP: "It was uncertain, and somebody had it sent once more. It keeps its message id only where it names "
    "the same duties, as many days after they were due: a digest or an escalation of another day is another message.",
}


class Reminders(Section):
    """`[reminders]`: one message per person on certain days, a digest for managers, escalation after some days.

    before_days, after_days : days before and after a due day on which its person is reminded.  escalate_after_days :
    days overdue after which the manager's manager hears of it.  digest_every_days : a manager's digest comes at most
    that often.  max_export_age_days : nothing is sent that rests on older exports.  sender : `from`.  smtp : host, or
    host:port, spoken to with STARTTLS; port 465, or smtps:// before the host, means TLS from the first byte.  owner :
    who hears of people without a manager; by default the owner of the programme.  link : where the training is.
    """

    before_days: Steps = (14, 3)
    after_days: Steps = (1, 7, 30)
    escalate_after_days: Annotated[int, Field(ge=1, le=3650)] = 14
    digest_every_days: Annotated[int, Field(ge=1, le=366)] = 7
    max_export_age_days: Days = 3
    sender: Text = Field(alias="from")
    smtp: str = ""
    owner: str = ""
    link: str = ""

    @field_validator("sender", "owner")
    @classmethod
    def _an_address(cls, text: str) -> str:
        if text and not is_address(text):
            raise wrong("no_address", "'{text}' is not an e-mail address such as training@example.com", text=text)
        return text

    @field_validator("smtp")
    @classmethod
    def _a_server(cls, text: str) -> str:
        found = SERVER.fullmatch(text)
        if text and not (found and 1 <= int(found["port"] or PORT) <= 65_535):
            raise wrong("no_server", "'{text}' is not a host, host:port, or smtps://host", text=text)
        return text

    @field_validator("link")
    @classmethod
    def _a_link(cls, text: str) -> str:
        if text and (urlsplit(text).scheme not in ("https", "http") or not urlsplit(text).netloc):
            raise wrong("no_link", "'{text}' is not a link that begins with https://", text=text)
        return text

    @property
    def server(self) -> tuple[str, int]:
        """Host and port of the mail server; where mail is submitted, unless another port is named.

        >>> schedule = Reminders.model_validate({"from": "training@acme.example", "smtp": "smtps://mail.acme.example"})
        >>> schedule.server, schedule.is_tls_at_once
        (('mail.acme.example', 465), True)
        """
        host, _, port = self.smtp.removeprefix(TLS).partition(":")
        return host, int(port or (TLS_PORT if self.smtp.startswith(TLS) else PORT))

    @property
    def is_tls_at_once(self) -> bool:
        """Whether the connection is encrypted from its first byte, and not by STARTTLS."""
        return self.smtp.startswith(TLS) or self.server[1] == TLS_PORT

    @property
    def domain(self) -> str:
        """The part of the sender's address after the @: where the ids of our messages are unique."""
        return self.sender.rpartition("@")[2]

    @property
    def farthest(self) -> int:
        """How many days before a due day it is first spoken of."""
        return max(self.before_days, default=0)

    def step(self, days_overdue: int) -> int | None:
        """The last step of the schedule that has come; negative: days before the due day. None before the first.

        days_overdue : days since the due day; negative before it.

        >>> schedule = Reminders.model_validate({"from": "training@acme.example"})
        >>> [schedule.step(days) for days in (-15, -14, -4, 0, 1, 29, 400)]
        [None, -14, -14, -3, 1, 7, 30]
        """
        steps = (*(-days for days in self.before_days), *self.after_days)
        return max((step for step in steps if step <= days_overdue), default=None)
