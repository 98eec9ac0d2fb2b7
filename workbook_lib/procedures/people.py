"""P1 … P6: is everybody there, and was everybody covered when they had to be?"""

from __future__ import annotations

from workbook_lib.procedures.result import Check, Evidence, NotPerformed, Procedure, Tested
from workbook_lib.tables import JUDGED, WorkerType, agreeing, count

#: From how many people on, a list without a single leaver is suspicious.
LEAVERS_EXPECTED_FROM = 20

IS_JUDGED = f"verdict IN {JUDGED}"
DEVIATES = f"verdict IN {JUDGED[1:]}"

IN_POPULATION = """
SELECT DISTINCT person_no FROM spell CROSS JOIN settings WHERE spell_from <= window_to AND spell_to >= window_from
UNION SELECT person.person_no FROM person JOIN unread_people ON unread_people.person_id = person.person_id"""

NOT_IN_THE_SYSTEM = f"""
SELECT person.person_id, person.name, person.email, person.worker_type, person.department
FROM person JOIN ({IN_POPULATION}) present ON present.person_no = person.person_no
LEFT JOIN (SELECT DISTINCT person_no FROM account_person WHERE person_no IS NOT NULL AND in_system = 1) known
       ON known.person_no = person.person_no
WHERE known.person_no IS NULL ORDER BY person.person_id"""

RECORDS_OF_NOBODY = """
SELECT MIN(heard.account) AS account, COUNT(*) AS records, MIN(heard.on_day) AS first_on, MAX(heard.on_day) AS last_on
FROM (SELECT account, completed_on AS on_day FROM completions
      UNION ALL SELECT account, acknowledged_on FROM acknowledgements) heard
JOIN account_person ON account_person.account = heard.account
WHERE account_person.via = 'nobody' GROUP BY account_person.account_key ORDER BY 1"""

#: Opening + joiners - leavers + changes of type = closing. Closing is counted from the rows, not from the spells.
ROLL_FORWARD = """
WITH present AS (
  SELECT spell.person_no, spell_from, spell_to, window_from, window_to,
         GREATEST(spell_from, window_from) AS first_seen, LEAST(spell_to, window_to) AS last_seen
  FROM spell CROSS JOIN settings WHERE spell_from <= window_to AND spell_to >= window_from
), typed AS (
  SELECT present.person_no, spell_from, spell_to, window_from, window_to,
         MIN(CASE WHEN first_seen BETWEEN start_date AND end_date THEN worker_type END) AS type_in,
         MIN(CASE WHEN last_seen BETWEEN start_date AND end_date THEN worker_type END) AS type_out
  FROM present
  JOIN engagement ON engagement.person_no = present.person_no
  JOIN profile ON profile.profile_no = engagement.profile_no
  GROUP BY present.person_no, spell_from, spell_to, window_from, window_to
), moves AS (
  SELECT type_in AS worker_type, 1 AS opening, 0 AS joiners, 0 AS leavers, 0 AS changed_in, 0 AS changed_out,
         0 AS closing
  FROM typed WHERE spell_from < window_from
  UNION ALL SELECT type_in, 0, 1, 0, 0, 0, 0 FROM typed WHERE spell_from >= window_from
  UNION ALL SELECT type_out, 0, 0, 1, 0, 0, 0 FROM typed WHERE spell_to < window_to
  UNION ALL SELECT type_out, 0, 0, 0, 1, 0, 0 FROM typed WHERE type_in <> type_out
  UNION ALL SELECT type_in, 0, 0, 0, 0, 1, 0 FROM typed WHERE type_in <> type_out
  UNION ALL SELECT worker_type, 0, 0, 0, 0, 0, 1
  FROM (SELECT DISTINCT person.person_no, people.worker_type FROM people CROSS JOIN settings
        JOIN person ON person.person_id = people.person_id
        WHERE people.start_date <= window_to AND (people.end_date IS NULL OR people.end_date >= window_to)) engaged
)
SELECT worker_type, SUM(opening) AS opening, SUM(joiners) AS joiners, SUM(leavers) AS leavers,
       SUM(changed_in) AS changed_in, SUM(changed_out) AS changed_out, SUM(closing) AS closing,
       SUM(opening) + SUM(joiners) - SUM(leavers) + SUM(changed_in) - SUM(changed_out) - SUM(closing) AS difference
FROM moves GROUP BY worker_type ORDER BY worker_type"""

UNREAD = """
SELECT unread_people.person_id, MIN(person.name) AS name FROM unread_people
JOIN person ON person.person_id = unread_people.person_id
GROUP BY unread_people.person_id ORDER BY unread_people.person_id"""


#: Exclusions and links in force that no second person approved, or that name no evidence.
UNSUPPORTED = """
SELECT kind, COALESCE(person_id, account) AS about, decided_by, approved_by, evidence, decision_id FROM decision
WHERE kind IN ('exclude', 'link') AND withdrawn = 0 AND (approved_by IS NULL OR evidence IS NULL)
ORDER BY kind, 2, decision_id"""

RECORDED_ACCOUNTS = """
SELECT DISTINCT account_key FROM account_person WHERE has_records = 1 AND via <> 'excluded'"""


def population_complete(evidence: Evidence) -> Tested:
    """P1: both directions, the roll-forward, whether the list holds leavers at all, and who was left out or joined."""
    people, accounts = evidence.count(IN_POPULATION), evidence.count(RECORDED_ACCOUNTS)
    ended = evidence.number("SELECT COUNT(*) FROM spell CROSS JOIN settings WHERE spell_to < as_of")
    known = evidence.check(
        "Everybody in the population is known to a training or policy system.", people, NOT_IN_THE_SYSTEM
    )
    owned = evidence.check(
        "Every account with records belongs to one person in the people export.",
        accounts,
        RECORDS_OF_NOBODY,
        order="account",
        table="accounts",
    )
    rolled = evidence.engine.rows(ROLL_FORWARD)
    balanced = Check(
        says="Per worker type, opening plus joiners minus leavers, with changes of type, gives the closing headcount.",
        tested=len(rolled),
        exceptions=sum(difference != 0 for *_, difference in rolled),
        listing=ROLL_FORWARD,
        order="worker type",
    )
    leavers = Check(
        says=f"The people export holds leavers ({count(ended, 'engagement')} ended before the as-of day).",
        tested=1,
        exceptions=int(people >= LEAVERS_EXPECTED_FROM and not ended),
    )
    readable = evidence.check("Every person's rows in the people export can be read.", people, UNREAD)
    concerned = f"SELECT person_id FROM ({NOT_IN_THE_SYSTEM}) unknown UNION SELECT person_id FROM ({UNREAD}) unread"
    supported = evidence.check(
        "Each exclusion and each link was approved by a second person, and names its evidence.",
        evidence.number("SELECT COUNT(*) FROM decision WHERE kind IN ('exclude', 'link') AND withdrawn = 0"),
        UNSUPPORTED,
        order="kind",
        table="decisions",
    )
    are = agreeing(known.exceptions, "is", "are")
    return Tested(
        tested=people + accounts,
        exceptions=evidence.count(concerned) + owned.exceptions,
        says=f"{known.exceptions:,} of {count(people, 'person', 'people')} in the population {are} in no training or "
        f"policy system. {owned.exceptions:,} of {count(accounts, 'account')} with records cannot be given to one "
        f"person in the people export. The rows of {count(readable.exceptions, 'person', 'people')} cannot be read.",
        checks=(known, owned, balanced, leavers, readable, supported),
    )


#: Duties of joiners, due on a judged day.
DUE = """
SELECT run.person_no, run.requirement_no FROM run CROSS JOIN settings
JOIN spell ON spell.person_no = run.person_no AND spell.spell_from = run.series_from
WHERE run.first_due_on BETWEEN window_from AND window_to AND run.first_due_on BETWEEN run.run_from AND run.run_to"""

#: Duties of people with a row that cannot be read and may be that of a joiner: its first day, where it has one, says
#: so, or nothing does.
PERHAPS_DUE = """
SELECT verdict.person_no, verdict.requirement_no FROM verdict CROSS JOIN settings
JOIN requirement ON requirement.requirement_no = verdict.requirement_no
JOIN person ON person.person_no = verdict.person_no
JOIN unread_people unread ON unread.person_id = person.person_id
WHERE verdict.verdict = 'undetermined'
  AND (unread.start_date IS NULL OR unread.start_date >= requirement.effective_from
       AND unread.start_date + requirement.due_within_days BETWEEN window_from AND window_to)"""

ONBOARDING = f"{DUE} UNION ALL ({PERHAPS_DUE} EXCEPT {DUE})"

ONBOARDING_FAILED = """
SELECT person.person_id, person.name, requirement.requirement_id, exception.due_on, exception.closed_on, exception.days
FROM exception JOIN person ON person.person_no = exception.person_no
JOIN requirement ON requirement.requirement_no = exception.requirement_no
CROSS JOIN settings WHERE exception.cause = 'onboarding' AND exception.due_on {when} window_from
ORDER BY person.person_id, requirement.requirement_id"""


#: Duties of people with a row that cannot be read: nobody can say whether they passed.
UNDETERMINED = """
SELECT person.person_id, person.name, requirement.requirement_id FROM ({tested}) tested
JOIN verdict ON verdict.person_no = tested.person_no AND verdict.requirement_no = tested.requirement_no
JOIN person ON person.person_no = tested.person_no
JOIN requirement ON requirement.requirement_no = tested.requirement_no
WHERE verdict.verdict = 'undetermined' ORDER BY person.person_id, requirement.requirement_id"""


def onboarding(evidence: Evidence) -> Tested | NotPerformed:
    """P2: duties of people who joined, due inside the period; those due before it and still open are carried in.

    A duty that a leave or an extension excuses on its due day passes; one that is undetermined does not.
    """
    carried_in = ONBOARDING_FAILED.format(when="<")
    due, carried = evidence.count(DUE), evidence.count(carried_in)
    judged = _can_be_judged(
        evidence, "Every onboarding duty that fell due in the period, or may have, can be judged.", ONBOARDING
    )
    if not judged.tested and not carried:
        return NotPerformed("No onboarding duty fell due in the period, so the control did not operate.")
    in_time = evidence.check(
        "Every onboarding duty that fell due in the period was met or excused by its due day.",
        due,
        ONBOARDING_FAILED.format(when=">="),
        table="exceptions",
    )
    closed = evidence.check(
        "No onboarding duty from before the period was still open in it.", carried, carried_in, table="exceptions"
    )
    return Tested(
        tested=judged.tested + carried,
        exceptions=in_time.exceptions + judged.exceptions + carried,
        says=f"{in_time.exceptions:,} of {count(due, 'onboarding duty', 'onboarding duties')} due in the period "
        f"{agreeing(in_time.exceptions, 'was', 'were')} neither met nor excused by the due day; "
        f"{judged.exceptions:,} that {agreeing(judged.exceptions, 'was', 'were')}, or may have been, due in it "
        f"{agreeing(judged.exceptions, 'is', 'are')} undetermined; {carried:,} more "
        f"{agreeing(carried, 'was', 'were')} due before the period and still open in it.",
        checks=(in_time, judged, closed),
    )


def _can_be_judged(evidence: Evidence, says: str, tested: str) -> Check:
    """A part of a procedure: which of the duties tested are undetermined. tested : a SELECT for their numbers."""
    return evidence.check(says, evidence.count(tested), UNDETERMINED.format(tested=tested), table="verdicts")


LAPSED = """
SELECT person.person_id, person.name, requirement.requirement_id, exception.due_on, exception.cause,
       exception.ended_by, exception.closed_on, exception.days
FROM exception JOIN person ON person.person_no = exception.person_no
JOIN requirement ON requirement.requirement_no = exception.requirement_no
WHERE exception.cause IN ('renewal', 'relief_ended', 'returned') AND {requirements}
ORDER BY person.person_id, requirement.requirement_id, exception.due_on"""

ONCE_COVERED = f"""
SELECT verdict.person_no, verdict.requirement_no FROM verdict
JOIN requirement ON requirement.requirement_no = verdict.requirement_no
WHERE (verdict.required_from IS NOT NULL OR verdict.verdict = 'undetermined')
  AND verdict.last_completed_on IS NOT NULL AND {IS_JUDGED} AND {{requirements}}
UNION
SELECT exception.person_no, exception.requirement_no FROM exception
JOIN requirement ON requirement.requirement_no = exception.requirement_no
WHERE exception.cause IN ('renewal', 'relief_ended', 'returned') AND {{requirements}}"""


def renewal(evidence: Evidence) -> Tested | NotPerformed:
    """P3: whoever was covered once stayed covered."""
    repeated = _among([requirement.renewal is not None for requirement in evidence.audit.requirements])
    if not repeated:
        once = Check(says="At least one requirement is repeated.", tested=1, exceptions=1)
        says = "No requirement is ever repeated: training once is not an ongoing programme."
        return Tested(tested=0, exceptions=0, says=says, checks=(once,))
    duties = ONCE_COVERED.format(requirements=repeated)
    tested = evidence.count(duties)
    if not tested:
        return NotPerformed("Nobody had training to renew in the period, so the control did not operate.")
    listing = LAPSED.format(requirements=repeated)
    lapsed = evidence.number(
        f"SELECT COUNT(*) FROM (SELECT DISTINCT person_id, requirement_id FROM ({listing}) l) lapsed"
    )
    says = "Training that was done once was repeated before it lapsed."
    judged = _can_be_judged(evidence, "Every repeated duty that was once done can be judged.", duties)
    return Tested(
        tested=tested,
        exceptions=lapsed + judged.exceptions,
        says=f"{lapsed:,} of {count(tested, 'repeated duty', 'repeated duties')} {agreeing(lapsed, 'was', 'were')} "
        f"lapsed on some day of the period, and {judged.exceptions:,} {agreeing(judged.exceptions, 'is', 'are')} "
        "undetermined.",
        checks=(Check(says=says, tested=tested, exceptions=lapsed, listing=listing, table="exceptions"), judged),
    )


def role_based(evidence: Evidence) -> Tested | NotPerformed:
    """P4: requirements that only some roles or departments have."""
    by_role = [bool({"role", "department"} & set(r.applies_to)) for r in evidence.audit.requirements]
    if not any(by_role):
        return NotPerformed("The audit names no requirement for particular roles or departments.")
    found = _judged(evidence, _among(by_role), "People in the roles concerned were covered by their role's training.")
    return found or NotPerformed("Nobody in the roles concerned had anything due in the period.")


OUTSIDE = f"('{WorkerType.CONTRACTOR}', '{WorkerType.THIRD_PARTY}')"

#: Those whose row cannot be read are among them: they are undetermined, not absent.
OUTSIDERS = f"""
SELECT person.person_no, person.person_id, person.name, profile.worker_type FROM engagement
CROSS JOIN settings JOIN profile ON profile.profile_no = engagement.profile_no
JOIN person ON person.person_no = engagement.person_no
WHERE engagement.start_date <= window_to AND engagement.end_date >= window_from AND profile.worker_type IN {OUTSIDE}
UNION
SELECT person.person_no, person.person_id, person.name, unread_people.worker_type FROM unread_people
JOIN person ON person.person_id = unread_people.person_id WHERE unread_people.worker_type IN {OUTSIDE}"""

OUTSIDERS_UNJUDGED = f"""
SELECT DISTINCT present.person_id, present.name, present.worker_type FROM ({OUTSIDERS}) present
LEFT JOIN verdict ON verdict.person_no = present.person_no WHERE verdict.person_no IS NULL ORDER BY present.person_id"""


def outsiders(evidence: Evidence) -> Tested | NotPerformed:
    """P5: contractors and third parties are in the population, and judged like everybody else."""
    people = evidence.number(f"SELECT COUNT(DISTINCT person_no) FROM ({OUTSIDERS}) present")
    if not people:
        return NotPerformed(
            "The people exports hold no contractor and no third party. Either there are none, or their list is missing."
        )
    scope = evidence.check(
        "At least one requirement applies to every contractor and third party.", people, OUTSIDERS_UNJUDGED
    )
    present = f"{count(people, 'contractor or third party', 'contractors and third parties')} in the population. "
    found = _judged(
        evidence,
        f"verdict.person_no IN (SELECT person_no FROM ({OUTSIDERS}) present)",
        "Contractors and third parties were covered like everybody else.",
    )
    if found is None:
        says = present + "No duty of theirs fell due in the period."
        return Tested(tested=0, exceptions=0, says=says, checks=(scope,)) if scope.exceptions else NotPerformed(says)
    return Tested(
        tested=found.tested, exceptions=found.exceptions, says=present + found.says, checks=(scope, *found.checks)
    )


def acknowledgements(evidence: Evidence) -> Tested | NotPerformed:
    """P6: policies acknowledged, in the version that was in force."""
    by_policy = [requirement.policy is not None for requirement in evidence.audit.requirements]
    if not any(by_policy):
        return NotPerformed("The audit names no policy that must be acknowledged.")
    found = _judged(
        evidence,
        _among(by_policy),
        "Everybody concerned had acknowledged the policy in a version that still counted.",
    )
    return found or NotPerformed("No acknowledgement fell due in the period.")


def _judged(evidence: Evidence, among: str, says: str) -> Tested | None:
    """Count the verdicts that meet the condition `among`; None where nobody was judged."""
    lines = f"""
SELECT person.person_id, person.name, person.worker_type, requirement.requirement_id, verdict.verdict,
       verdict.gap_days, why.why
FROM verdict
JOIN why ON why.person_no = verdict.person_no AND why.requirement_no = verdict.requirement_no
JOIN person ON person.person_no = verdict.person_no
JOIN requirement ON requirement.requirement_no = verdict.requirement_no
WHERE {among} AND verdict.{{which}} ORDER BY person.person_id, requirement.requirement_id"""
    tested = evidence.count(lines.format(which=IS_JUDGED))
    if not tested:
        return None
    check = evidence.check(says, tested, lines.format(which=DEVIATES), table="verdicts")
    duties = count(tested, "judged duty", "judged duties")
    return Tested(
        tested=tested,
        exceptions=check.exceptions,
        says=f"{check.exceptions:,} of {duties} {agreeing(check.exceptions, 'was', 'were')} late, missing or "
        "undetermined.",
        checks=(check,),
    )


def _among(wanted: list[bool]) -> str:
    """A condition that holds for the wanted requirements; empty where none is wanted."""
    numbers = [str(no) for no, is_wanted in enumerate(wanted, 1) if is_wanted]
    return f"requirement.requirement_no IN ({', '.join(numbers)})" if numbers else ""


PROCEDURES = (
    Procedure(
        id="P1",
        unit="people and accounts",
        title="The population is complete",
        criteria=("CC1.4", "CC2.2"),
        objective="Nobody who worked here in the period is missing from the test, and no record is without a person.",
        population="Everybody engaged on any day of the period, leavers included.",
        source="people, accounts, completions, acknowledgements",
        done="People were compared with accounts and records in both directions. Headcounts were rolled forward per "
        "worker type. The list was searched for leavers and for rows that cannot be read. Decisions that leave "
        "somebody out, or give an account to somebody, were read for approval and evidence.",
        perform=population_complete,
    ),
    Procedure(
        id="P2",
        unit="onboarding duties",
        title="New people are trained as part of onboarding",
        criteria=("CC1.4", "CC2.2"),
        objective="Everybody who joins completes what is required within the days that the policy allows.",
        population="Every duty of a joiner whose due day lies in the period, and those still open from before. Where a "
        "row that cannot be read hides the due day, it may lie in the period: such duties are among them.",
        source="people, completions, acknowledgements, decisions",
        done="Each joiner's due day was computed from the first day of engagement (C5) and compared with the day of "
        "the first valid record. A due day that a leave or an extension excuses is no exception (C10, C11).",
        perform=onboarding,
    ),
    Procedure(
        id="P3",
        unit="repeated duties",
        title="Training is repeated, not done just once",
        criteria=("CC1.4", "CC2.2"),
        objective="Whoever was covered once stays covered on every required day.",
        population="Every person and repeated requirement with a valid record by the end of the period, or due when a "
        "leave, an extension or a break ended: where cover was required in the period and the verdict is met, late or "
        "missing, or where it is undetermined.",
        source="people, completions, acknowledgements, leave, decisions",
        done="The days covered by each record were compared with the days on which cover was required (C8, C12).",
        perform=renewal,
    ),
    Procedure(
        id="P4",
        unit="judged duties",
        title="Training fits roles and responsibilities",
        criteria=("CC1.4",),
        objective="People in particular roles complete the training that their role requires.",
        population="Every person in such a role on any day of the period.",
        source="people, completions",
        done="Roles were taken from the people export on each day; the requirement was judged on those days (C4).",
        perform=role_based,
    ),
    Procedure(
        id="P5",
        unit="judged duties",
        title="Contractors and third parties are included",
        criteria=("CC1.4", "CC2.2"),
        objective="Contractors and third-party staff are trained like employees.",
        population="Every contractor and third party engaged on any day of the period.",
        source="people, completions, acknowledgements",
        done="Worker types were taken from the people exports. Each of these people was checked for a requirement "
        "that applies, and judged.",
        perform=outsiders,
    ),
    Procedure(
        id="P6",
        unit="judged duties",
        title="Policies are acknowledged",
        criteria=("CC1.4", "CC2.2"),
        objective="Everybody concerned acknowledged the policy, again after each material change.",
        population="Every person to whom a policy requirement applied on any day of the period.",
        source="acknowledgements, policies, people",
        done="Each acknowledgement was bound to the version that it names, or to the one in force on its day (C9).",
        perform=acknowledgements,
    ),
)
