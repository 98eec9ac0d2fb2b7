-- Other readings of "annual": the last day of W on which each person is accountable (C12: required and not excused), and the
-- tenure of that day. Everybody here is counted under every reading; nobody else is. What is required and what is excused is
-- the same under all of them.
SELECT run.person_no, run.requirement_no, stood.judged_on, run.tenure_from
FROM (SELECT stretch.person_no, stretch.requirement_no, MAX(LEAST(to_day, window_to)) AS judged_on
      FROM stretch
      CROSS JOIN settings
      JOIN annual ON annual.requirement_no = stretch.requirement_no
      WHERE required AND NOT excused AND from_day <= window_to AND to_day >= window_from
      GROUP BY stretch.person_no, stretch.requirement_no) stood
JOIN run ON run.person_no = stood.person_no AND run.requirement_no = stood.requirement_no
        AND stood.judged_on BETWEEN run.run_from AND run.run_to
JOIN verdict ON verdict.person_no = stood.person_no AND verdict.requirement_no = stood.requirement_no
WHERE verdict.verdict <> 'undetermined'
