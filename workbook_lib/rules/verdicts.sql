-- The verdicts as they are printed: C12 with C14, and the sentence beside each.
SELECT person.person_id, requirement.requirement_id, verdict.verdict, verdict.required_from, verdict.last_completed_on,
       verdict.gap_days, verdict.next_due_on, why.why
FROM verdict
JOIN why ON why.person_no = verdict.person_no AND why.requirement_no = verdict.requirement_no
JOIN person ON person.person_no = verdict.person_no
JOIN requirement ON requirement.requirement_no = verdict.requirement_no
