"""From a message to mail: text and HTML from templates that the audit folder may override, due days as a calendar.

Whatever comes from the exports stays text: one line, escaped in HTML, and in no header anything but a name.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from workbook_lib.audit import Audit
from workbook_lib.reminders.due import Duty, Person
from workbook_lib.reminders.planning import MESSAGES, Message
from workbook_lib.schedule import Audience, Reminders
from workbook_lib.tables import Problem, UserError

if TYPE_CHECKING:
    from icalendar import Event

OURS = Path(__file__).parent.parent / "template" / "reminders"
#: Where templates of the user's own are, in the audit folder; each of ours has a counterpart of the same name.
FOLDER = "reminders"
#: The first line of a text template is the subject.
SUBJECT = "Subject:"
#: Of a name in a header: it stays on one line.
LONGEST_NAME = 50
#: Lines of a mail may be folded anywhere, and no server has to accept more than seven bits.
POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """Everything that the messages of one day have in common. on : that day.  as_of : the last day that is known."""

    audit: Audit
    schedule: Reminders
    on: date
    as_of: date

    def write(self, message: Message, at: datetime) -> EmailMessage:
        """The mail. at : its date; it has no influence on anything else.

        Raises UserError where a template of the user's own cannot be rendered.
        """
        said = self._said(message)
        subject, text = self._text(f"{message.audience}.txt", said)
        mail = EmailMessage(policy=POLICY)
        mail["Subject"] = subject
        mail["From"] = Address(phrase(self.audit.settings.organisation), addr_spec=self.schedule.sender)
        mail["To"] = Address(phrase(message.name), addr_spec=message.to)
        mail["Date"] = at
        mail["Message-ID"] = f"<{message.message_id}@{self.schedule.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        mail.set_content(text)
        mail.add_alternative(self._render(f"{message.audience}.html", said), subtype="html")
        if calendar := self._calendar(message, at):
            mail.add_attachment(calendar, subtype="calendar", filename="due-days.ics", params={"method": "PUBLISH"})
        _settle_boundaries(mail, message.message_id)
        return mail

    def _said(self, message: Message) -> dict[str, object]:
        """What the templates may use."""
        duties = [duty for person in message.about for duty in person.duties]
        return {
            "organisation": self.audit.settings.organisation,
            "name": message.name,
            "to": message.to,
            "people": message.about,
            "overdue": [duty for duty in duties if duty.is_overdue],
            "upcoming": [duty for duty in duties if not duty.is_overdue],
            "on": self.on,
            "as_of": self.as_of,
            "link": self.schedule.link,
            "owner": self.audit.owner.casefold(),
            "escalate_after_days": self.schedule.escalate_after_days,
        }

    def _text(self, template: str, said: dict[str, object]) -> tuple[str, str]:
        first, _, rest = self._render(template, said).partition("\n")
        if not first.startswith(SUBJECT):
            raise _unusable(template, f"its first line does not begin with '{SUBJECT}'")
        return one_line(first.removeprefix(SUBJECT)), rest.strip("\n") + "\n"

    def _render(self, template: str, said: dict[str, object]) -> str:
        try:
            return self._template(template).render(said)
        except TemplateSyntaxError as error:
            raise _unusable(error.name or template, f"line {error.lineno}: {error.message}") from None
        except (TemplateError, ArithmeticError, TypeError, ValueError, OSError) as error:
            raise _unusable(template, str(error)) from None

    def _template(self, name: str) -> Template:
        return self._templates.get_template(name)

    @cached_property
    def _templates(self) -> SandboxedEnvironment:
        return SandboxedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(self.audit.folder / FOLDER), FileSystemLoader(OURS)]),
            autoescape=lambda name: bool(name and name.endswith(".html")),
            undefined=StrictUndefined,
            finalize=lambda value: one_line(value) if type(value) is str else value,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def _calendar(self, message: Message, at: datetime) -> str:
        """The due days that are still to come, for the person concerned; empty where there are none."""
        if message.audience is not Audience.PERSON or not any(person.upcoming for person in message.about):
            return ""
        # icalendar folds and escapes as RFC 5545 wants: few programs forgive a line folded inside a character.
        from icalendar import Calendar

        calendar = Calendar()
        calendar.add("prodid", "-//audit-workbook//reminders//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        for person, duty in _each(message):
            calendar.add_component(self._event(person, duty, at))
        text: str = calendar.to_ical().decode()
        return text

    def _event(self, person: Person, duty: Duty, at: datetime) -> Event:
        from icalendar import Event

        event = Event()
        # The same due day is the same event, however often somebody is reminded of it.
        name = uuid.uuid5(MESSAGES, f"{person.person_id}\n{duty.requirement_id}\n{duty.due_on}")
        event.add("uid", f"{name}@{self.schedule.domain}")
        event.add("dtstamp", at)
        event.add("dtstart", duty.due_on)
        event.add("dtend", duty.due_on + timedelta(days=1))
        event.add("summary", f"Due: {one_line(duty.title)}")
        event.add("transp", "TRANSPARENT")
        if self.schedule.link:
            event.add("url", self.schedule.link)
        return event


def one_line(text: str) -> str:
    r"""A text on one line, without characters that steer: no header ends in it, and nothing is turned around.

    >>> one_line("Ada\r\nBcc: all@acme.example"), one_line("a\u202eb")
    ('Ada Bcc: all@acme.example', 'ab')
    """
    return "".join(sign for sign in " ".join(text.split()) if not unicodedata.category(sign).startswith("C"))


def phrase(text: str) -> str:
    r"""A name as it may stand before an address: without the signs that mean something there.

    Python folds a long quoted name in the middle of the quotes, and a program that reads it then finds other addresses.

    >>> phrase('Ada "x" <eve@acme.example>, Lovelace')
    'Ada x eveacme.example Lovelace'
    """
    return re.sub(r"[^\w '.&+/-]", "", one_line(text))[:LONGEST_NAME].strip()


def _each(message: Message) -> Iterator[tuple[Person, Duty]]:
    return ((person, duty) for person in message.about for duty in person.upcoming)


def _settle_boundaries(mail: EmailMessage, name: uuid.UUID) -> None:
    """Boundaries that are the same in each run, so that a dry run can be compared with another."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{name.hex}-{number}")


def _unusable(template: str, why: str) -> UserError:
    return UserError(
        Problem(
            where=f"{FOLDER}/{template}",
            what=f"the template cannot be used: {why}.",
            effect="this message and those after it were not written; none of them was sent.",
            do="correct it, or remove it: then the workbook's own is used.",
            code="bad_template",
        )
    )
