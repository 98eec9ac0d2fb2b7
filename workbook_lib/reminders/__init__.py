"""Reminders: who is due or overdue is written to, and those responsible for them hear of it.

`due` says who, from the same judgement as the evidence; `planning` what is sent to whom today and was not sent before;
`writing` makes the message; `sending` hands it over to the `mail_server`, at most once, and keeps the log that the
evidence rests on.
"""

from __future__ import annotations

from workbook_lib.reminders.due import Company, Duty, Person, company_on
from workbook_lib.reminders.mail_server import Courier, connect, credentials
from workbook_lib.reminders.planning import Claim, Message, Plan, plan
from workbook_lib.reminders.sending import Sent, give_up, history, send
from workbook_lib.reminders.writing import Letterhead

__all__ = [
    "Claim",
    "Company",
    "Courier",
    "Duty",
    "Letterhead",
    "Message",
    "Person",
    "Plan",
    "Sent",
    "company_on",
    "connect",
    "credentials",
    "give_up",
    "history",
    "plan",
    "send",
]
