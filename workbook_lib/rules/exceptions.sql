-- The exceptions as they are printed: C13, with the recorded explanations beside them. An explanation never changes one.
SELECT person.person_id, requirement.requirement_id, exception.due_on, exception.first_day AS "from", exception.last_day AS "to",
       exception.days, exception.cause, exception.ended_by, exception.closed_on, exception.unproven = 1 AS unproven,
       explanation.explained_by
FROM exception
JOIN person ON person.person_no = exception.person_no
JOIN requirement ON requirement.requirement_no = exception.requirement_no
LEFT JOIN (SELECT DISTINCT person_id, requirement_id, due_on, ARRAY_TO_STRING(decision_ids, ';') AS explained_by
           FROM (SELECT person_id, requirement_id, due_on,
                        ARRAY_AGG(decision_id) OVER (PARTITION BY person_id, requirement_id, due_on ORDER BY decision_id
                                                     ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS decision_ids
                 FROM decision WHERE kind = 'explain' AND withdrawn = 0) told) explanation
       ON explanation.person_id = person.person_id AND explanation.requirement_id = requirement.requirement_id
      AND explanation.due_on = exception.due_on
