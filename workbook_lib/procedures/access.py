"""P14: was anybody given access before they were trained for it?"""

from __future__ import annotations

from workbook_lib.procedures.result import Evidence, NotPerformed, Procedure, Tested
from workbook_lib.tables import agreeing, count

#: What was granted on a judged day, and to whom. One row per row of the export; an account may be nobody's.
GRANTED = """
SELECT access.source_no, access.row_no, access.account, access.system, access.granted_on,
       account_person.person_no, account_person.via
FROM access CROSS JOIN settings
JOIN account_person ON account_person.account = access.account
WHERE access.granted_on BETWEEN window_from AND window_to AND account_person.via <> 'excluded'"""

#: Each grant with each requirement that applied to its person on that day; where access came before the first day of an
#: engagement, on that first day. last_done_on and covers_to are of the records up to the grant (C7, C8), next_done_on
#: of those after it. Leave and extensions excuse a day and train nobody, so they play no part. Nothing is asked of
#: people with a row that cannot be read: they are among OF_NOBODY.
ASKED = f"""
WITH engaged AS (
  SELECT granted.source_no, granted.row_no, granted.system, granted.granted_on, granted.person_no,
         GREATEST(granted.granted_on, MIN(spell.spell_from)) AS asked_on
  FROM ({GRANTED}) granted
  JOIN person ON person.person_no = granted.person_no
  JOIN spell ON spell.person_no = granted.person_no AND spell.spell_to >= granted.granted_on
  WHERE person.person_id NOT IN (SELECT person_id FROM unread_people)
  GROUP BY granted.source_no, granted.row_no, granted.system, granted.granted_on, granted.person_no
)
SELECT engaged.source_no, engaged.row_no, engaged.system, engaged.granted_on, engaged.person_no,
       run.requirement_no, run.run_to,
       MAX(CASE WHEN cover.done_on <= granted_on THEN cover.done_on END) AS last_done_on,
       MAX(CASE WHEN cover.done_on <= granted_on THEN cover.covers_to END) AS covers_to,
       MIN(CASE WHEN cover.done_on > granted_on THEN cover.done_on END) AS next_done_on
FROM engaged
CROSS JOIN settings
JOIN run ON run.person_no = engaged.person_no AND engaged.asked_on BETWEEN run.run_from AND run.run_to
LEFT JOIN cover ON cover.person_no = run.person_no AND cover.requirement_no = run.requirement_no
      AND cover.done_on BETWEEN run.tenure_from - preboarding_days AND run.run_to
GROUP BY engaged.source_no, engaged.row_no, engaged.system, engaged.granted_on, engaged.person_no,
         run.requirement_no, run.run_to"""

#: The days without cover begin with the grant, and end before the next record, or with the days that are known: first
#: and last are counted, as those of an exception are (C13).
UNTRAINED = f"""
SELECT person.person_id, person.name, asked.system, asked.granted_on, requirement.requirement_id, asked.last_done_on,
       asked.next_done_on AS completed_on,
       CAST(COALESCE(asked.next_done_on, LEAST(as_of, asked.run_to) + 1) - asked.granted_on AS INTEGER)
         AS days_without_cover
FROM ({ASKED}) asked
CROSS JOIN settings
JOIN person ON person.person_no = asked.person_no
JOIN requirement ON requirement.requirement_no = asked.requirement_no
WHERE {{state}}
ORDER BY person.person_id, asked.granted_on, requirement.requirement_id, asked.source_no, asked.row_no"""
NEVER = UNTRAINED.format(state="asked.last_done_on IS NULL")
LAPSED = UNTRAINED.format(state="asked.covers_to < asked.granted_on")

OF_NOBODY = f"""
SELECT granted.account, granted.system, granted.granted_on,
       CASE WHEN granted.person_no IS NULL THEN 'cannot be given to one person in the people export'
            ELSE 'a row of this person cannot be read' END AS reason
FROM ({GRANTED}) granted
LEFT JOIN person ON person.person_no = granted.person_no
WHERE granted.person_no IS NULL OR person.person_id IN (SELECT person_id FROM unread_people)
ORDER BY granted.account, granted.granted_on, granted.source_no, granted.row_no"""

#: Grants to people who can be judged, and of whom nothing was required: those who had left, or were not concerned.
FREE = f"""
SELECT granted.source_no, granted.row_no FROM ({GRANTED}) granted
JOIN person ON person.person_no = granted.person_no
LEFT JOIN (SELECT DISTINCT source_no, row_no FROM ({ASKED}) pairs) asked
  ON asked.source_no = granted.source_no AND asked.row_no = granted.row_no
WHERE asked.row_no IS NULL AND person.person_id NOT IN (SELECT person_id FROM unread_people)"""


def access(evidence: Evidence) -> Tested | NotPerformed:
    """P14: each grant of the period against the records up to that day, requirement by requirement."""
    if not evidence.has("access"):
        return NotPerformed("No source says who was given access to what.")
    grants = evidence.count(GRANTED)
    if not grants:
        return NotPerformed("No access was granted on a judged day.")
    tested = evidence.count(ASKED)
    never = evidence.check("Each requirement had been completed by the day of the grant.", tested, NEVER)
    lapsed = evidence.check("Where it had been, its cover had not lapsed by that day.", tested, LAPSED)
    known = evidence.check("Each grant is to somebody whose rows in the people export can be read.", grants, OF_NOBODY)
    if not tested and not known.exceptions:
        return NotPerformed("No requirement applied to anybody who was given access on a judged day.")
    failed = never.exceptions + lapsed.exceptions
    return Tested(
        tested=tested,
        exceptions=failed,
        says=f"{count(tested, 'requirement')} applied to the people who were given access: {failed:,} "
        f"{agreeing(failed, 'was', 'were')} not covered on the day of the grant ({never.exceptions:,} not completed "
        f"by then, {lapsed.exceptions:,} lapsed). {_grants(evidence, grants, known.exceptions)}",
        checks=(never, lapsed, known),
    )


def _grants(evidence: Evidence, grants: int, to_nobody: int) -> str:
    """What became of every grant of the export: tested, to nobody who can be judged, or left out, and why."""
    asked = evidence.count(f"SELECT DISTINCT source_no, row_no FROM ({ASKED}) asked")
    free = evidence.count(FREE)
    others = evidence.engine.count("access") - grants
    return (
        f"Of {count(grants, 'grant')} on judged days {asked:,} {agreeing(asked, 'was', 'were')} tested, "
        f"{to_nobody:,} {agreeing(to_nobody, 'is', 'are')} to nobody who can be judged, and {free:,} to somebody to "
        f"whom no requirement applied. Left out: {count(others, 'grant')} of other days or to excluded accounts."
    )


PROCEDURES = (
    Procedure(
        id="P14",
        unit="requirements at a grant",
        title="Training comes before access",
        criteria=("CC1.4", "CC2.2"),
        perform=access,
        objective="Nobody is given access to a system before they are covered by each requirement that applies to "
        "them.",
        population="Every grant of access on a judged day, with each requirement that applied to its person then.",
        source="access, people, completions, acknowledgements",
        done="Accounts were matched to people as for training records. A grant passes where a valid record of the "
        "requirement, dated on or before the day of the grant, covers that day (C6 to C9). For access given before the "
        "first day of an engagement the requirements of that first day were taken. Days without cover run from the day "
        "of the grant to the day before the next record, or to the last day known; both are counted, as in C13.",
    ),
)
