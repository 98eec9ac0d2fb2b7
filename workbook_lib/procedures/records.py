"""P11, P12: are the exceptions explained, and can the records be relied on?"""

from __future__ import annotations

from workbook_lib.procedures.result import Check, Evidence, NotPerformed, Procedure, Tested, counted

#: From how many people on, completions at one same second look like an entry by hand.
SAME_SECOND_PEOPLE = 5

UNEXPLAINED = """
SELECT person_id, requirement_id, due_on, "from", "to", days, cause, ended_by, closed_on
FROM exceptions WHERE explained_by IS NULL ORDER BY person_id, requirement_id, due_on"""

#: The columns in which a record that stands twice is equal.
DOUBLED = "account, module_id, completed_on, completed_at, status, score, record_id"
DUPLICATES = f"""
SELECT account, module_id, completed_on, status, COUNT(*) AS records FROM completions
WHERE completed_on IS NOT NULL GROUP BY {DOUBLED}
HAVING COUNT(*) > 1 ORDER BY account, module_id, completed_on"""

SAME_SECOND = f"""
SELECT module_id, completed_at, COUNT(DISTINCT account) AS people
FROM completions
JOIN (SELECT module_id, completed_at FROM completions
      WHERE completed_at IS NOT NULL AND status IN ('completed', 'passed', 'equivalent')
      GROUP BY module_id, completed_at HAVING COUNT(*) >= {SAME_SECOND_PEOPLE}) crowded USING (module_id, completed_at)
WHERE status IN ('completed', 'passed', 'equivalent')
GROUP BY module_id, completed_at HAVING COUNT(DISTINCT account) >= {SAME_SECOND_PEOPLE}
ORDER BY module_id, completed_at"""

NO_TIME = """
SELECT account, module_id, completed_on, status, minutes FROM completions
WHERE minutes <= 0 AND status IN ('completed', 'passed', 'equivalent') ORDER BY account, module_id, completed_on"""

LOST = """
SELECT record, fate AS change,
       STRING_AGG(CASE WHEN fate = 'vanished' THEN before
                       ELSE CONCAT(column_name, ': ', COALESCE(before, 'empty'), ' → ', COALESCE(after, 'empty')) END,
                  '; ' ORDER BY column_no) AS what,
       earlier_file, row_no
FROM snapshot_change WHERE fate IN ('vanished', 'changed')
GROUP BY source_no, earlier_file, place, row_no, fate, done, record
ORDER BY done DESC, fate DESC, source_no, row_no, place"""

BEFORE_START = """
SELECT person.person_id, completions.module_id, completions.completed_on, first_spell.spell_from AS engaged_from
FROM completions CROSS JOIN settings
JOIN account_person ON account_person.account = completions.account
JOIN person ON person.person_no = account_person.person_no
JOIN (SELECT person_no, MIN(spell_from) AS spell_from FROM spell GROUP BY person_no) first_spell
  ON first_spell.person_no = person.person_no
WHERE completions.status IN ('completed', 'passed', 'equivalent')
  AND completions.completed_on < first_spell.spell_from - preboarding_days
ORDER BY person.person_id, completions.completed_on"""


def explanations(evidence: Evidence) -> Tested:
    """P11: each exception has a recorded explanation. It stays an exception."""
    tested = evidence.engine.count("exceptions")
    unexplained = evidence.number(f"SELECT COUNT(*) FROM ({UNEXPLAINED}) unexplained")
    says = (
        f"{unexplained:,} of {counted(tested, 'exception')} have no recorded explanation."
        if tested
        else "There was no exception to explain."
    )
    check = evidence.check("Each exception has a recorded explanation.", tested, UNEXPLAINED)
    return Tested(tested=tested, exceptions=unexplained, says=says, checks=(check,))


def reliability(evidence: Evidence) -> Tested | NotPerformed:
    """P12: the records are whole and look like the work of a system, not of a hand."""
    rows_read = sum(file.rows_read for file in evidence.files)
    if not rows_read:
        return NotPerformed("The exports hold no row.")
    unread = sum(not row.by_rule for row in evidence.quarantine)
    records = evidence.engine.count("completions")
    by_test = [
        (f"Fewer than {SAME_SECOND_PEOPLE} people completed a module in the same second.", SAME_SECOND),
        ("No completion took no time at all, where the time is recorded.", NO_TIME),
        ("No completion lies long before the person's first day.", BEFORE_START),
        ("No completion is dated after the day of the export.", _after_export(evidence)),
    ]
    checks: tuple[Check, ...] = (
        Check(says="Every row of the exports can be read.", tested=rows_read, exceptions=unread),
        _doubles(evidence, records),
        *(evidence.check(says, records, listing) for says, listing in by_test),
    )
    earlier = [file.earlier for file in evidence.files if file.earlier]
    if earlier:
        records = sum(old.rows_used for old in earlier)
        checks = (*checks, evidence.check("No record of an earlier export has vanished or changed.", records, LOST))
    noted = sum(check.exceptions for check in checks)
    return Tested(
        tested=rows_read,
        exceptions=noted,
        says=f"{counted(rows_read, 'row')} were read from {counted(len(evidence.files), 'file')}; {unread:,} could not "
        f"be read, and {counted(noted - unread, 'observation')} on the records need a look.",
        checks=checks,
    )


def _doubles(evidence: Evidence, records: int) -> Check:
    """Whether a record stands twice. The records are gone through in full only where two may be equal."""
    says = "No record stands twice in the export."
    if evidence.engine.may_repeat("completions", DOUBLED):
        return evidence.check(says, records, DUPLICATES)
    return Check(says=says, tested=records, exceptions=0, listing=DUPLICATES)


def _after_export(evidence: Evidence) -> str:
    """Completions dated after the extract of their own file, with a day's grace for other time zones."""
    late = " OR ".join(
        f"source_no = {file.source_no} AND completed_on > DATE '{file.extracted_on}' + 1"
        for file in evidence.files
        if file.table == "completions" and file.extracted_on
    )
    return (
        f"SELECT account, module_id, completed_on, status FROM completions WHERE {late or 'FALSE'} "
        "ORDER BY account, module_id, completed_on"
    )


PROCEDURES = (
    Procedure(
        id="P11",
        title="Every exception is explained",
        criteria=("CC1.4",),
        perform=explanations,
        objective="Somebody looked at each exception and recorded why it happened.",
        population="Every exception of the period.",
        source="decisions",
        done="Recorded explanations were matched to exceptions by person, requirement and due day.",
    ),
    Procedure(
        id="P12",
        title="The records are reliable",
        criteria=("CC2.1", "CC2.2"),
        perform=reliability,
        objective="The information produced by the entity is complete and accurate enough to rest on.",
        population="Every row of every export.",
        source="all exports",
        done="Rows read were reconciled with rows used and quarantined. Records were searched for doubles, for many "
        "people at one second, for completions without time, before the first day, and after the export. Where an "
        "earlier export of the same report is kept, its records were looked up in the newer one.",
    ),
)
