-- The verdicts as they are printed: C12 with C14, and the sentence beside each.
SELECT person.person_id, requirement.requirement_id, why.verdict, why.required_from, why.last_completed_on, why.gap_days,
       why.next_due_on, why.why
FROM why
JOIN person ON person.person_no = why.person_no
JOIN requirement ON requirement.requirement_no = why.requirement_no
