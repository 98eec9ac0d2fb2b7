"""The command that reminds people, as a dry run unless told otherwise."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook_lib.cli.options import AuditPath, app, day_option
from workbook_lib.pack.placing import refuse_unwritable
from workbook_lib.tables import Problem, UserError, count

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from workbook_lib.audit import Audit
    from workbook_lib.reminder_log import Reminder
    from workbook_lib.reminders import Company, Letterhead, Plan
    from workbook_lib.schedule import Reminders

#: What is known of a message that was claimed and neither sent nor refused.
IN_DOUBT = (
    "the run or the connection ended while it was handed over. Look for Message-ID {message_id} in the log of the mail "
    "server; after an hour --send --retry-uncertain sends it once more."
)
#: How many messages of a dry run are listed; all are written.
MOST_LISTED = 40


@app.command(epilog="Example: `workbook remind data_samples/northwind --on 2026-01-12`")
def remind(
    audit: AuditPath,
    on: Annotated[
        date | None,
        day_option("The day to look at.", default="today, in the audit's time zone"),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send today's messages; otherwise they are written as files.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the .eml files of a dry run.", show_default="reminders-AUDIT-DAY")
    ] = None,
    stale_exports: Annotated[bool, typer.Option("--stale-exports", help="Send although the exports are old.")] = False,
    retry_uncertain: Annotated[
        bool, typer.Option("--retry-uncertain", help="Send once more what a killed run may have sent or not.")
    ] = False,
) -> None:
    """Remind whoever is due or overdue. Their managers are told, too: each step of [reminders] in audit.toml once.

    Nothing is sent without --send. The password is taken from WORKBOOK_SMTP_USER and WORKBOOK_SMTP_PASSWORD, or a
    keyring. Exit 1 where a message was refused or may be lost.
    """
    from workbook_lib import reminders
    from workbook_lib.audit import load_audit
    from workbook_lib.reminder_log import FILE

    if out and not send:
        refuse_unwritable(out)
    checked = load_audit(audit)
    schedule = _schedule(checked, sends=send)
    today = today_in(checked.settings.zone)
    day = on or today
    _refuse_another_day(day, today, sends=send)
    _judge_age(checked, schedule, day, sends=send, is_known=stale_exports)
    company = reminders.company_on(checked, day)
    log_file = checked.folder / FILE
    if send and retry_uncertain:
        lost = reminders.give_up(log_file, reminders.history(log_file), datetime.now(UTC))
        typer.echo(f"Uncertain messages that are sent once more: {lost:,}.")
    log = reminders.history(log_file)
    planned = reminders.plan(company, schedule, log)
    letterhead = reminders.Letterhead(audit=checked, schedule=schedule, on=day, as_of=company.as_of)
    _tell(company, planned)
    whole = True
    if send:
        whole = _send(log_file, planned, letterhead, day)
    else:
        _write(planned, letterhead, day, out or Path(f"reminders-{checked.folder.name}-{day}"))
    whole = not _tell_uncertain(log) and whole
    if not whole:
        raise typer.Exit(1)


def today_in(zone: ZoneInfo) -> date:
    """The day of the clock. Nothing else here asks it for one: what is looked at is `--on`."""
    return datetime.now(zone).date()


def _schedule(audit: Audit, *, sends: bool) -> Reminders:
    schedule = audit.reminders
    if schedule is None or (sends and not schedule.smtp):
        lacking = "smtp" if schedule else "[reminders]"
        raise UserError(
            Problem(
                where="audit.toml, reminders",
                what=f"{lacking} is missing.",
                effect="nothing was sent.",
                do='add it, for example:\n      [reminders]\n      from = "training@example.com"\n'
                '      smtp = "smtp.example.com:587"',
                code="missing_key",
            )
        )
    return schedule


def _refuse_another_day(day: date, today: date, *, sends: bool) -> None:
    if sends and day != today:
        raise UserError(
            Problem(
                where=f"--on {day}",
                what=f"it is {today}, and what is sent is sent today.",
                effect="nothing was sent.",
                do="leave out --on to send, or --send to look at another day.",
                code="another_day",
            )
        )


def _judge_age(audit: Audit, schedule: Reminders, day: date, *, sends: bool, is_known: bool) -> None:
    """Warn of exports that are too old to say who is overdue today, or refuse to send by them."""
    from workbook_lib.audit import last_full_day

    known = last_full_day(audit)
    age = (day - known).days - 1
    if age <= schedule.max_export_age_days:
        return
    what = f"the exports cover days up to {known}, and are {age:,} days old on {day}: people may have completed since."
    if sends and not is_known:
        raise UserError(
            Problem(
                where="audit.toml, extracted_on",
                what=what,
                effect="nothing was sent.",
                do="export again, or say --stale-exports; [reminders] max_export_age_days sets the limit.",
                code="stale_exports",
            )
        )
    typer.echo(f"warning: {what}", err=True)


def _tell(company: Company, planned: Plan) -> None:
    from workbook_lib.exhibits.markup import visible
    from workbook_lib.schedule import Audience

    overdue = sum(bool(person.overdue) for person in company.people)
    typer.echo(
        f"{company.on}, as known on {company.as_of}: {count(len(company.people), 'person', 'people')} due or "
        f"overdue, {overdue:,} of them overdue."
    )
    digests = count(planned.number(Audience.DIGEST), "digest")
    escalations = count(planned.number(Audience.ESCALATION), "escalation")
    typer.echo(f"Messages: {planned.number(Audience.PERSON):,} to people, {digests}, {escalations}.")
    for person, why in planned.unwritten:
        typer.echo(visible(f"not written to: {person.person_id} {person.name}: {why}"))
    for person in planned.alone:
        why = "they have no manager, and no owner of the programme has an address"
        typer.echo(visible(f"in no digest: {person.person_id} {person.name}: {why}"))


def _write(planned: Plan, letterhead: Letterhead, day: date, folder: Path) -> None:
    """One .eml per message. Those of an earlier dry run in this folder go: they are not of this plan."""
    refuse_unwritable(folder)
    at = datetime.combine(day, time(), letterhead.audit.settings.zone)
    mails = {f"{m.audience}-{m.message_id}.eml": letterhead.write(m, at).as_bytes() for m in planned.messages}
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("person", "digest", "escalation"):
        for older in folder.glob(f"{kind}-{'?' * 8}-{'?' * 4}-{'?' * 4}-{'?' * 4}-{'?' * 12}.eml"):
            older.unlink()
    for name, mail in mails.items():
        (folder / name).write_bytes(mail)
    _list(planned)
    typer.echo(f"Dry run: nothing was sent. Written to {folder}: {count(len(mails), 'message')}; --send sends them.")


def _list(planned: Plan) -> None:
    """To whom each message would go, and about what; the names of the files say neither."""
    from workbook_lib.exhibits.markup import visible

    for message in planned.messages[:MOST_LISTED]:
        duties = [duty for person in message.about for duty in person.duties]
        about = ", ".join(f"{duty.requirement_id} due {duty.due_on}" for duty in duties)
        if len(message.about) > 1 or message.to != message.about[0].email:
            about = f"{count(len(duties), 'duty', 'duties')} of {count(len(message.about), 'person', 'people')}"
        typer.echo(visible(f"  {message.audience} to {message.to}: {about}"))
    if len(planned.messages) > MOST_LISTED:
        typer.echo(f"  and {len(planned.messages) - MOST_LISTED:,} more")


def _send(log_file: Path, planned: Plan, letterhead: Letterhead, day: date) -> bool:
    """Send, and say what became of it; whether every message went out."""
    from workbook_lib import reminders
    from workbook_lib.exhibits.markup import visible

    if not planned.messages:
        typer.echo("There is nothing to send today.")
        return True

    def now() -> datetime:
        return datetime.now(UTC)

    with reminders.connect(letterhead.schedule, reminders.credentials(os.environ)) as courier:
        done = reminders.send(
            log_file, planned.messages, lambda message: letterhead.write(message, now()), courier, on=day, now=now
        )
    doubtful = f" Uncertain: {len(done.uncertain):,}." if done.uncertain else ""
    typer.echo(f"Sent: {done.sent:,}. Refused: {len(done.refused):,}. Not tried: {done.left:,}.{doubtful}")
    if done.skipped:
        typer.echo(f"Another run had taken {done.skipped:,} of them at the same time.")
    for message, answer in done.refused:
        typer.echo(visible(f"refused: {message.to}: {answer}; it is sent again with the next run."), err=True)
    for message in done.uncertain:
        typer.echo(visible(f"uncertain: {message.to}: {IN_DOUBT.format(message_id=message.message_id)}"), err=True)
    if done.left:
        typer.echo("The connection ended. What was not tried is sent with the next run.", err=True)
    return done.is_whole


def _tell_uncertain(log: tuple[Reminder, ...]) -> bool:
    """Name the messages of earlier runs of which nobody knows whether they went out; whether there are any."""
    from workbook_lib.exhibits.markup import visible
    from workbook_lib.schedule import Fate

    found = {one.message_id: one for one in log if one.fate is Fate.UNCERTAIN}
    for one in found.values():
        doubt = IN_DOUBT.format(message_id=one.message_id)
        typer.echo(visible(f"uncertain: {one.recipient}, {one.audience}, {one.recorded_at}: {doubt}"), err=True)
    return bool(found)
