-- C11: the extensions that stand: recorded, impartial, not withdrawn.
SELECT person.person_no, requirement.requirement_no, decision.approved_on, decision.new_due_on
FROM decision
JOIN person ON person.person_id = decision.person_id
JOIN requirement ON requirement.requirement_id = decision.requirement_id
WHERE decision.kind = 'extend' AND decision.withdrawn = 0
