"""One person, or one account that belongs to nobody: what an analyst looks at before deciding. Not for the auditor."""

from __future__ import annotations

from workbook_lib.engine import quoted
from workbook_lib.exhibits.exhibit import Exhibit, Table, listed
from workbook_lib.exhibits.front import interim
from workbook_lib.exhibits.markup import named
from workbook_lib.exhibits.timelines import bars_of, lines
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Rows of each listing of one person.
SHOWN = 50

WHO = "SELECT person_id, name, email, worker_type, role, department FROM everybody WHERE person_id = {person}"

ENGAGED = """
SELECT start_date AS engaged_from, end_date AS engaged_to, worker_type, role, department, source_no AS file_no, row_no
FROM (SELECT * FROM people UNION ALL SELECT * FROM unread_people) named WHERE person_id = {person}
ORDER BY start_date NULLS LAST, source_no, row_no"""

LEAVE = "SELECT start_date AS away_from, end_date AS away_to, kind FROM leave WHERE person_id = {person} ORDER BY 1, 2"

EXCEPTIONS = """
SELECT requirement_id, due_on, "from", "to", days, cause, ended_by, closed_on FROM exceptions
WHERE person_id = {person} ORDER BY requirement_id, due_on"""

RECORDS = """
SELECT done_on, module_or_policy, status, score, account, file_no, row_no FROM (
  SELECT completed_on AS done_on, module_id AS module_or_policy, status, score, account, source_no AS file_no, row_no
  FROM completions
  UNION ALL
  SELECT acknowledged_on, CONCAT(policy_id, ' ', version), COALESCE(status, 'acknowledged'), NULL, account,
         source_no, row_no
  FROM acknowledgements
) heard WHERE account IN ({accounts}) ORDER BY done_on DESC NULLS LAST, file_no, row_no"""

ACCOUNTS_OF_PERSON = """
SELECT account FROM account_person JOIN person ON person.person_no = account_person.person_no
WHERE person.person_id = {person}"""

ACCOUNTS_ALIKE = "SELECT account FROM account_person WHERE account_key = {account}"


def person(wp: Workpaper, person_id: str) -> Exhibit:
    """Engagements, leave, exceptions and records of one person, and the days of each of their duties.

    Raises LookupError where no people export names the person.
    """
    who = quoted(person_id)
    found = wp.rows(WHO.format(person=who))
    if not found:
        raise LookupError(f"No people export names {person_id}.")
    _, name, email, worker_type, role, department = found[0]
    described = ", ".join(named(text) for text in (worker_type, role, department, email) if text)
    bars = bars_of(wp, person_id)
    uncovered = sum((bar.last - bar.first).days + 1 for bar in bars if bar.state == "uncovered")
    days = f"{count(uncovered, 'uncovered day')} in {count(len({bar.place for bar in bars}), 'duty', 'duties')}."
    unread = [row for row in wp.quarantine if row.table == "people" and row.subject == person_id]
    tables = (
        listed(wp, EXCEPTIONS.format(person=who), "Exceptions", order="requirement", at_most=SHOWN),
        listed(wp, ENGAGED.format(person=who), "Rows of the people exports", order="start", at_most=SHOWN),
        listed(wp, LEAVE.format(person=who), "Leave", order="start", at_most=SHOWN),
        _records(wp, ACCOUNTS_OF_PERSON.format(person=who)),
    )
    return Exhibit(
        key="person",
        title=f"{named(name)} ({named(person_id)})" if name else named(person_id),
        banner=interim(wp),
        says=(*([days] if bars else []), *(f"{row.file}, row {row.row_no}: {named(row.message)}" for row in unread)),
        facts=(("Worker", described, ""),) if described else (),
        tables=tuple(table for table in tables if len(table.frame)),
        figure=lines(bars, wp.window, of_one=True) if bars else None,
        alt=f"A line of days for each duty: covered, excused, not yet due, uncovered. {days}",
    )


def account(wp: Workpaper, key: str) -> Exhibit:
    """The records of an account that belongs to nobody.

    key : the account; an e-mail address in small letters.
    """
    records = _records(wp, ACCOUNTS_ALIKE.format(account=quoted(key)))
    return Exhibit(
        key="account",
        title=f"Account {named(key)}",
        says=(f"{count(len(records.frame), 'record')} shown; they cover nobody while the account belongs to nobody.",),
        tables=(records,),
    )


def _records(wp: Workpaper, accounts: str) -> Table:
    return listed(wp, RECORDS.format(accounts=accounts), "Records, the latest first", order="day", at_most=SHOWN)
