-- Other readings of "annual": the last day of W on which each person is accountable (C12: required and not excused), and the
-- tenure of that day. Everybody here is counted under every reading; nobody else is. What is required and what is excused is
-- the same under all of them.
SELECT tally.person_no, tally.requirement_no, tally.last_accountable_on AS judged_on, run.tenure_from
FROM tally
JOIN annual ON annual.requirement_no = tally.requirement_no
JOIN verdict ON verdict.person_no = tally.person_no AND verdict.requirement_no = tally.requirement_no
JOIN run ON run.person_no = tally.person_no AND run.requirement_no = tally.requirement_no
        AND tally.last_accountable_on BETWEEN run.run_from AND run.run_to
WHERE verdict.verdict <> 'undetermined'
