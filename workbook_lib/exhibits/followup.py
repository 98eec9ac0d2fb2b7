"""Who was reminded, when, and who was told of those who stayed overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, listed
from workbook_lib.procedures.followup import FOLLOWED
from workbook_lib.schedule import Audience, Fate, Reminders
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Rows that the page shows; the pack has every message.
SHOWN = 60

SENT_TO = {
    Audience.PERSON: "To the person",
    Audience.DIGEST: "To managers and sponsors",
    Audience.ESCALATION: "Escalated",
}
#: No table of the pack has the duties and the messages beside each other.
ELSEWHERE = "All duties: tables/exceptions.csv in the pack; all messages: tables/reminders.csv."
IN_PERIOD = "reminded_on BETWEEN window_from AND window_to"


def reminders(wp: Workpaper) -> Exhibit:
    """The messages of the period by whom they were for, and beside each duty that stayed overdue what was done."""
    schedule, key, title = wp.audit.reminders, "reminders", "Reminders"
    if not wp.engine.count("reminder"):
        given = "" if schedule else ", and no schedule of them is given"
        says = f"0 reminders are on record{given}, so follow-up on overdue people cannot be shown here."
        return Exhibit(key=key, title=title, says=(says,))
    counted = {
        (audience, fate): number
        for audience, fate, number in wp.rows(
            "SELECT audience, fate, COUNT(DISTINCT delivery) FROM reminder CROSS JOIN settings "
            f"WHERE {IN_PERIOD} GROUP BY audience, fate"
        )
    }
    rows = [(says, *(counted.get((to, fate), 0) for fate in Fate)) for to, says in SENT_TO.items()]
    messages = Table(
        frame=framed(rows, ("Messages", *(str(fate).capitalize() for fate in Fate))),
        caption="Messages of the period, by whom they were for",
    )
    sent = sum(number for (_, fate), number in counted.items() if fate == Fate.SENT)
    people = wp.number(
        f"SELECT COUNT(DISTINCT person_id) FROM reminder CROSS JOIN settings WHERE {IN_PERIOD} "
        f"AND fate = '{Fate.SENT}' AND audience = '{Audience.PERSON}'"
    )
    return Exhibit(
        key=key,
        title=title,
        says=(
            f"{count(sent, 'message')} of the period went out; {count(people, 'person was', 'people were')} reminded.",
            f"The schedule: {_in_words(schedule)}"
            if schedule
            else "No schedule of reminders is given, [reminders] in audit.toml, so it cannot be shown here whom they "
            "should have reached.",
        ),
        tables=(messages, *(_long_overdue(wp, schedule) if schedule else ())),
    )


def _long_overdue(wp: Workpaper, schedule: Reminders) -> Iterator[Table]:
    """The duties that stayed overdue, with what was done; none where there are none."""
    query = FOLLOWED.format(days=schedule.escalate_after_days)
    if wp.number(f"SELECT COUNT(*) FROM ({query}) listed"):
        days = count(schedule.escalate_after_days, "day")
        caption = f"Duties overdue for more than {days}, and the first message of each kind"
        table = listed(wp, query, caption, order="person", at_most=SHOWN)
        yield replace(table, note=f"{table.note} {ELSEWHERE}" if table.note else "")


def _in_words(schedule: Reminders) -> str:
    before = ", ".join(map(str, sorted(schedule.before_days, reverse=True))) or "no"
    after = ", ".join(map(str, sorted(schedule.after_days))) or "no"
    return (
        f"{before} days before a due day and {after} days after it the person is reminded; managers have a digest "
        f"every {count(schedule.digest_every_days, 'day')} while anybody of theirs is due or overdue; what is overdue "
        f"for {count(schedule.escalate_after_days, 'day')} is escalated."
    )
