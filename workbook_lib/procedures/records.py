"""P11, P12: are the exceptions explained, and can the records be relied on?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbook_lib.procedures.result import Check, Evidence, NotPerformed, Procedure, Tested
from workbook_lib.received import Received, received
from workbook_lib.tables import TABLES, Quarantined, agreeing, count

#: From how many people on, completions at one same second look like an entry by hand.
SAME_SECOND_PEOPLE = 5

UNEXPLAINED = """
SELECT person_id, requirement_id, due_on, "from", "to", days, cause, ended_by, closed_on
FROM exceptions WHERE explained_by IS NULL ORDER BY person_id, requirement_id, due_on"""

#: Explanations in force of this period's exceptions, and extensions in force that reach into its judged days.
GIVEN = """
SELECT decision.decision_id, decision.kind, decision.person_id, decision.requirement_id, decision.due_on,
       decision.evidence, decision.approved_by, decision.decided_by,
       COALESCE(decision.reason, decision.reason_code) AS reason,
       COALESCE(decision.recorded_at, CAST(decision.approved_on AS VARCHAR)) AS dated
FROM decision
CROSS JOIN settings
LEFT JOIN exceptions ON exceptions.person_id = decision.person_id
      AND exceptions.requirement_id = decision.requirement_id AND exceptions.due_on = decision.due_on
WHERE decision.withdrawn = 0
  AND (decision.kind = 'explain' AND exceptions.person_id IS NOT NULL
    OR decision.kind = 'extend' AND decision.approved_on <= as_of AND decision.new_due_on >= window_from)"""

#: What each of them must say, and the column that says it.
SAID: dict[str, str] = {
    "Each explanation and extension names the second person who approved it.": "approved_by",
    "Each explanation and extension names its evidence.": "evidence",
    "Each explanation and extension gives a reason.": "reason",
    "Each explanation and extension says on which day it was made or approved.": "dated",
}

UNSAID = f"""
SELECT decision_id, kind, person_id, requirement_id, due_on, decided_by FROM ({GIVEN}) given
WHERE {{column}} IS NULL ORDER BY decision_id"""


#: Table of records → what a record is about.
ITEMS = {"completions": "module_id", "acknowledgements": "policy_id"}


def _said_in(name: str) -> str:
    """All columns of a table but those that tell where a row stood."""
    return ", ".join(column for column in TABLES[name].stored if column not in ("source_no", "row_no"))


def _repeating() -> str:
    """Rows of training and policy records that agree with an earlier one in every column that is read, and with which.

    The remarks on the data count the same rows.
    """
    selects = [
        f"""SELECT account, {item} AS item, '{name}' AS read_as, source_no AS file_no, row_no,
       CASE WHEN first_file = source_no THEN CONCAT('row ', first_row)
            ELSE CONCAT('row ', first_row, ' of file ', first_file) END AS repeats
FROM (SELECT *, FIRST_VALUE(source_no) OVER alike AS first_file, FIRST_VALUE(row_no) OVER alike AS first_row,
             ROW_NUMBER() OVER alike AS place FROM {name}
      WINDOW alike AS (PARTITION BY {_said_in(name)} ORDER BY source_no, row_no)) numbered WHERE place > 1"""
        for name, item in ITEMS.items()
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(selects)}) repeating ORDER BY account, item, file_no, row_no"


REPEATING = _repeating()

DONE = "completions.status IN ('completed', 'passed', 'equivalent')"
#: Records that say the second: a date alone tells none, nor does a file whose times are all of full minutes.
TO_THE_SECOND = f"""{DONE} AND completions.completed_at IS NOT NULL AND completions.source_no IN (
  SELECT source_no FROM completions WHERE EXTRACT(SECOND FROM completed_at) <> 0)"""
SECONDS = f"SELECT DISTINCT module_id, completed_at FROM completions WHERE {TO_THE_SECOND}"
#: Somebody with several accounts is one person; accounts of nobody are nobody's records.
SAME_SECOND = f"""
SELECT module_id, completed_at, COUNT(DISTINCT account_person.person_no) AS people
FROM completions
JOIN (SELECT module_id, completed_at FROM completions WHERE {TO_THE_SECOND}
      GROUP BY module_id, completed_at HAVING COUNT(*) >= {SAME_SECOND_PEOPLE}) crowded USING (module_id, completed_at)
JOIN account_person ON account_person.account = completions.account
WHERE {TO_THE_SECOND}
GROUP BY module_id, completed_at HAVING COUNT(DISTINCT account_person.person_no) >= {SAME_SECOND_PEOPLE}
ORDER BY module_id, completed_at"""

TIMED = f"SELECT COUNT(*) FROM completions WHERE minutes IS NOT NULL AND {DONE}"
NO_TIME = f"""
SELECT account, module_id, completed_on, status, minutes, source_no AS file_no, row_no FROM completions
WHERE minutes <= 0 AND {DONE} ORDER BY account, module_id, completed_on, source_no, row_no"""

LOST = """
SELECT record, fate AS change,
       STRING_AGG(CASE WHEN fate = 'vanished' THEN before
                       ELSE CONCAT(column_name, ': ', COALESCE(before, 'empty'), ' → ', COALESCE(after, 'empty')) END,
                  '; ' ORDER BY column_no) AS what,
       earlier_file, row_no
FROM snapshot_change WHERE fate IN ('vanished', 'changed')
GROUP BY source_no, earlier_file, place, row_no, fate, done, record
ORDER BY done DESC, fate DESC, source_no, row_no, place"""

#: Completions that have a day, of people whose first day is known.
SINCE_START = f"""
SELECT person.person_id, completions.module_id, completions.completed_on, first_spell.spell_from AS engaged_from,
       completions.source_no AS file_no, completions.row_no
FROM completions
JOIN account_person ON account_person.account = completions.account
JOIN person ON person.person_no = account_person.person_no
JOIN (SELECT person_no, MIN(spell_from) AS spell_from FROM spell GROUP BY person_no) first_spell
  ON first_spell.person_no = person.person_no
WHERE {DONE} AND completions.completed_on IS NOT NULL"""

BEFORE_START = f"""
SELECT since.* FROM ({SINCE_START}) since CROSS JOIN settings WHERE completed_on < engaged_from - preboarding_days
ORDER BY person_id, completed_on, file_no, row_no"""

#: Leaves without an end of people who are engaged on the last judged day: they excuse to this day (C10).
AWAY = """
SELECT leave.source_no, leave.row_no FROM leave CROSS JOIN settings
JOIN person ON person.person_id = leave.person_id
JOIN spell ON spell.person_no = person.person_no AND window_to BETWEEN spell_from AND spell_to
WHERE leave.end_date IS NULL AND leave.start_date <= window_to"""

#: Those of them during which there are records: the people may be back, and are excused all the same.
OPEN_LEAVE = f"""
SELECT leave.person_id, person.name, leave.start_date AS away_since, COUNT(DISTINCT cover.done_on) AS days_with_records,
       MIN(cover.done_on) AS first_record, MAX(cover.done_on) AS last_record
FROM leave
JOIN person ON person.person_id = leave.person_id
JOIN cover ON cover.person_no = person.person_no AND cover.done_on >= leave.start_date
JOIN ({AWAY}) away ON away.source_no = leave.source_no AND away.row_no = leave.row_no
GROUP BY leave.person_id, person.name, leave.start_date, leave.source_no, leave.row_no
ORDER BY leave.person_id, leave.start_date"""


def explanations(evidence: Evidence) -> Tested:
    """P11: each exception has a recorded explanation, approved, evidenced and dated. It stays an exception."""
    tested = evidence.engine.count("exceptions")
    unexplained = evidence.number(f"SELECT COUNT(*) FROM ({UNEXPLAINED}) unexplained")
    given = evidence.count(GIVEN)
    checks = (
        evidence.check("Each exception has a recorded explanation.", tested, UNEXPLAINED, table="exceptions"),
        *(
            evidence.check(says, given, UNSAID.format(column=column), order="decision", table="decisions")
            for says, column in SAID.items()
        ),
    )
    _, approver, proof, why, day = (check.exceptions for check in checks)
    says = (
        f"{unexplained:,} of {count(tested, 'exception')} {agreeing(unexplained, 'has', 'have')} no recorded "
        "explanation."
        if tested
        else "There was no exception to explain."
    )
    if given:
        late = f", so that nobody can tell when {agreeing(day, 'it was', 'they were')} written" if day else ""
        says += (
            f" {count(given, 'explanation or extension was', 'explanations and extensions were')} read: {approver:,} "
            f"{agreeing(approver, 'is', 'are')} without a second person, {proof:,} without evidence, {why:,} without a "
            f"reason, {day:,} without a day{late}."
        )
    return Tested(tested=tested, exceptions=unexplained, says=says, checks=checks)


def reliability(evidence: Evidence) -> Tested | NotPerformed:
    """P12: the records are whole and look like the work of a system, not of a hand.

    The result counts rows of the files, each once, whatever is remarked upon it. Parts that count something else are
    told apart.
    """
    files = received(evidence.files, evidence.quarantine)
    rows = sum(one.rows for one in files)
    if not rows:
        return NotPerformed("The exports hold no row.")
    unread, refused = sum(one.unread for one in files), sum(one.refused for one in files)
    whole = Check(says="Every row of the exports can be read.", tested=rows, exceptions=unread, listing=UNREAD_ROWS)
    _load_rejected(evidence, files)
    of_rows = tuple(_of_rows(evidence))
    others = tuple(_of_others(evidence))
    noted = _noted(evidence, [check.listing for check in of_rows if check.exceptions])
    remarked, names = noted - unread - refused, len({one.file for one in files})
    says = (
        f"{noted:,} of {count(rows, 'row')}, read from {count(names, 'file')} and each counted once, "
        f"{agreeing(noted, 'needs', 'need')} a look: {unread:,} could not be read, {count(refused, 'decision')} "
        f"{agreeing(refused, 'was', 'were')} refused, and {count(remarked, 'record')} "
        f"{agreeing(remarked, 'is', 'are')} remarked upon."
    )
    apart = [count(check.exceptions, *unit) for check, *unit in others if check.exceptions]
    return Tested(
        tested=rows,
        exceptions=noted,
        says=f"{says} Counted apart: {'; '.join(apart)}." if apart else says,
        checks=(whole, *_of_decisions(evidence), *of_rows, *(check for check, *_ in others)),
    )


def _noted(evidence: Evidence, listings: list[str]) -> int:
    """How many rows are rejected or in one of these listings; a row that was read as several tables is one."""
    marked = [f"SELECT file_no, row_no FROM ({listing}) listed" for listing in listings]
    rows = " UNION ALL ".join(("SELECT source_no AS file_no, row_no FROM rejected", *marked))
    return evidence.count(
        f"SELECT DISTINCT received.received_no, marked.row_no FROM ({rows}) marked "
        "JOIN received ON received.source_no = marked.file_no"
    )


UNREAD_ROWS = """
SELECT file, row_no, column_name, message, about FROM rejected WHERE refused = 0 ORDER BY source_no, row_no"""


def _load_rejected(evidence: Evidence, files: Sequence[Received]) -> None:
    """Make `rejected`, the rows that could not be read and the decisions that were refused, and `received`: of which
    file each reading is one.
    """
    columns = {"file": "VARCHAR", "row_no": "BIGINT", "column_name": "VARCHAR", "code": "VARCHAR", "message": "VARCHAR",
               "about": "VARCHAR", "source_no": "INTEGER", "refused": "INTEGER"}  # fmt: skip
    rows = [_rejected(row) for row in evidence.quarantine if not row.by_rule]
    evidence.engine.load("rejected", columns, rows)
    readings = [(reading.source_no, no) for no, one in enumerate(files, 1) for reading in one.readings]
    evidence.engine.load("received", {"source_no": "INTEGER", "received_no": "INTEGER"}, readings)


def _rejected(row: Quarantined) -> tuple[object, ...]:
    told = (row.file, row.row_no, row.column, row.code, row.message, row.subject)
    return (*told, row.source_no, int(row.refused))


def _of_decisions(evidence: Evidence) -> tuple[Check, ...]:
    """Decisions that may not stand: those about the person who took or approved them, and all other ones."""
    tested = evidence.engine.count("decision") + sum(row.refused for row in evidence.quarantine)
    listing = "SELECT file, row_no, message, about FROM rejected WHERE refused = 1 AND code {among} ORDER BY 1, 2"
    own = "IN ('own_decision', 'own_approval')"
    return (
        evidence.check(
            "Nobody decides about themselves, or approves what they decided.", tested, listing.format(among=own),
            order="file and row", table="quarantine",
        ),
        evidence.check(
            "Every other decision says what its kind needs, and is recorded once.", tested,
            listing.format(among=f"NOT {own}"), order="file and row", table="quarantine",
        ),
    )  # fmt: skip


def _of_rows(evidence: Evidence) -> Iterator[Check]:
    """What on single rows of the records needs a look."""
    repeated = _repeated(evidence)
    yield Check(
        says="No row of training or policy records repeats another in every column that is read; a repeated one counts "
        "once.",
        tested=sum(evidence.engine.count(name) for name in ITEMS),
        exceptions=repeated,
        listing=REPEATING if repeated else "",
        order="account",
    )
    for says, tested, listing in (
        ("No completion took no time at all, where the time is recorded.", evidence.number(TIMED), NO_TIME),
        (
            "No completion lies long before the person's first day, where both days are known.",
            evidence.count(SINCE_START),
            BEFORE_START,
        ),
        (
            "No training record is dated after the day of the export, where both days are known.",
            evidence.count(_of_exports(evidence, "completed_on IS NOT NULL")),
            _of_exports(evidence, "completed_on > DATE '{extracted_on}' + 1"),  # a day's grace for other time zones
        ),
    ):
        yield evidence.check(says, tested, listing, order="account or person", table="completion_records")


def _of_others(evidence: Evidence) -> Iterator[tuple[Check, str, str]]:
    """What needs a look and is no row of these files, each with its unit: one, and several."""
    yield (
        evidence.check(
            f"Fewer than {SAME_SECOND_PEOPLE} people completed a module in the same second; counted are the seconds.",
            evidence.count(SECONDS), SAME_SECOND, order="module", table="completion_records",
        ),
        f"second at which {SAME_SECOND_PEOPLE} people or more completed a module",
        f"seconds at which {SAME_SECOND_PEOPLE} people or more completed a module",
    )  # fmt: skip
    yield (
        evidence.check(
            "Nobody engaged on the last judged day has valid records during a leave without an end (C10).",
            evidence.count(AWAY), OPEN_LEAVE,
        ),
        "leave without an end that has records during it",
        "leaves without an end that have records during them",
    )  # fmt: skip
    compared = sum(file.earlier.rows_used for file in evidence.files if file.earlier)
    if compared:
        says = "No record of an earlier export has vanished or changed."
        yield (
            evidence.check(says, compared, LOST, order="those that say done first", table="snapshot_changes"),
            "record of an earlier export that vanished or changed",
            "records of an earlier export that vanished or changed",
        )


def _repeated(evidence: Evidence) -> int:
    """How many rows repeat another. The records are gone through in full only where two may be equal."""
    if not any(evidence.engine.may_repeat(name, _said_in(name)) for name in ITEMS):
        return 0
    return evidence.count(REPEATING)


def _of_exports(evidence: Evidence, condition: str) -> str:
    """Training records that meet a condition, which may name the day on which their own file was extracted."""
    chosen = " OR ".join(
        f"source_no = {file.source_no} AND {condition.format(extracted_on=file.extracted_on)}"
        for file in evidence.files
        if file.table == "completions" and file.extracted_on
    )
    return (
        "SELECT account, module_id, completed_on, status, source_no AS file_no, row_no FROM completions "
        f"WHERE {chosen or 'FALSE'} ORDER BY account, module_id, completed_on, source_no, row_no"
    )


PROCEDURES = (
    Procedure(
        id="P11",
        unit="exceptions",
        title="Every exception is explained",
        criteria=("CC1.4",),
        perform=explanations,
        objective="Somebody looked at each exception and recorded why it happened.",
        population="Every exception of the period.",
        source="decisions",
        done="Recorded explanations were matched to exceptions by person, requirement and due day. They, and the "
        "extensions that reach into the judged days, were read for a second person's approval, evidence, a reason and "
        "a day: when the register recorded it or, in a file, when it was approved.",
    ),
    Procedure(
        id="P12",
        unit="rows of the files",
        title="The records are reliable",
        criteria=("CC2.1", "CC2.2"),
        perform=reliability,
        objective="The information produced by the entity is complete and accurate enough to rest on.",
        population="Every row of every file, once, however many tables a file is read as.",
        source="all exports",
        done="Rows read were reconciled with rows used and quarantined. Decisions were checked for impartiality. "
        "Records were searched for rows that agree in every column that is read, for many people at one second, for "
        "completions without time, before the first day, during an open leave, and after the export. Where an earlier "
        "export of the same report is kept, its records were looked up in the newer one. A row counts once, however "
        "much is remarked upon it. A second with many people, an open leave and a record that vanished or changed are "
        "no rows of these files, and are counted apart.",
    ),
)
