"""P13: was somebody who fell overdue written to, and did those responsible for them hear of it?"""

from __future__ import annotations

from workbook_lib.procedures.result import Check, Evidence, NotPerformed, Procedure, Tested
from workbook_lib.schedule import Audience, Fate
from workbook_lib.tables import count

#: Each exception that lasted longer than `days`, with the first message about it of each kind that a server took over.
#: A reminder before the due day must have named that very day.
FOLLOWED = f"""
SELECT person.person_id, person.name, requirement.requirement_id, exception.due_on, exception.last_day AS overdue_to,
       CAST(exception.last_day - exception.due_on AS INTEGER) AS days_overdue,
       MIN(CASE WHEN audience = '{Audience.PERSON}' AND reminded_on <= exception.due_on
                 AND reminder.due_on = exception.due_on THEN reminded_on END) AS told_before,
       MIN(CASE WHEN audience = '{Audience.PERSON}' AND reminded_on > exception.due_on THEN reminded_on END)
         AS told_after,
       MIN(CASE WHEN audience = '{Audience.DIGEST}' AND reminded_on > exception.due_on THEN reminded_on END)
         AS manager_told,
       MIN(CASE WHEN audience = '{Audience.ESCALATION}' AND reminded_on > exception.due_on THEN reminded_on END)
         AS escalated
FROM exception
JOIN person ON person.person_no = exception.person_no
JOIN requirement ON requirement.requirement_no = exception.requirement_no
LEFT JOIN reminder ON reminder.person_id = person.person_id
      AND reminder.requirement_id = requirement.requirement_id AND reminder.fate = '{Fate.SENT}'
      AND reminder.reminded_on <= exception.last_day
WHERE exception.last_day - exception.due_on > {{days}}
GROUP BY person.person_id, person.name, requirement.requirement_id, exception.due_on, exception.last_day
ORDER BY person.person_id, requirement.requirement_id, exception.due_on"""


def follow_up(evidence: Evidence) -> Tested | NotPerformed:
    """P13: each duty that stayed open was followed up, and escalated, as the schedule of reminders says."""
    schedule = evidence.audit.reminders
    if schedule is None:
        return NotPerformed("The audit has no schedule of reminders, [reminders] in audit.toml.")
    altered = any(finding.code == "reminders_altered" for finding in evidence.findings)
    if not evidence.engine.count("reminder") and not altered:
        return NotPerformed("There is no log of reminders: none was sent with this workbook.")
    days = schedule.escalate_after_days
    followed = FOLLOWED.format(days=days)
    duties, sent = evidence.count(followed), f"SELECT * FROM ({followed}) followed WHERE"
    reminded = evidence.check(
        f"Whoever was overdue for more than {count(days, 'day')} was reminded after the due day, or the manager was.",
        duties,
        f"{sent} told_after IS NULL AND manager_told IS NULL ORDER BY person_id, requirement_id, due_on",
    )
    escalated = evidence.check(
        f"Whoever was overdue for more than {count(days, 'day')} was escalated.",
        duties,
        f"{sent} escalated IS NULL ORDER BY person_id, requirement_id, due_on",
    )
    whole = Check(says="The log of reminders is as it was recorded.", tested=1, exceptions=int(altered))
    noted = evidence.count(f"{sent} (told_after IS NULL AND manager_told IS NULL) OR escalated IS NULL")
    before = evidence.count(f"{sent} told_before IS NOT NULL")
    after = evidence.count(f"{sent} told_after IS NOT NULL")
    return Tested(
        tested=duties + whole.tested,
        exceptions=noted + whole.exceptions,
        says=f"{count(duties, 'duty was', 'duties were')} overdue for more than {count(days, 'day')}. Reminded "
        f"before the due day: {before:,}; after it: {after:,}; escalated: {duties - escalated.exceptions:,}. "
        f"{_says_of_log(evidence, altered)}",
        checks=(reminded, escalated, whole),
    )


def _says_of_log(evidence: Evidence, altered: bool) -> str:
    """From when the log tells anything, which of its messages count for nothing, and whether it was changed."""
    [(begins, messages)] = evidence.engine.rows(
        "SELECT MIN(reminded_on), COUNT(DISTINCT CASE WHEN fate <> 'sent' THEN delivery END) FROM reminder"
    )
    starts = f"begins on {begins}" if begins else "names no duty"
    changed = " The log was changed after it was recorded, so nothing in it is sure." if altered else ""
    return f"The log {starts}; messages in it that no server took over, which count for nothing: {messages:,}.{changed}"


PROCEDURES = (
    Procedure(
        id="P13",
        unit="overdue duties and the log",
        title="Follow-up happened",
        criteria=("CC1.5", "CC4.2"),
        objective="Nobody stays overdue unnoticed: people are reminded, and those responsible for them hear of it.",
        population="Every duty that was overdue in the period for longer than the days after which it is escalated.",
        source="log of reminders, people, completions, acknowledgements, leave, decisions",
        done="Each such duty was looked up in the log: a message about it that a mail server took over after its due "
        "day and while it was open. The chain of the log was checked.",
        perform=follow_up,
    ),
)
