-- The readings of "annual" side by side: one line for each accountable person, requirement and reading that can be tested, with
-- the days that decide it. The audit's own reading is the verdict that counts; here it stands beside the others.
WITH by_days AS (
  SELECT annual.own_reading AS reading, verdict.person_no, verdict.requirement_no, gap_days, first_gap_on, last_gap_on
  FROM verdict JOIN annual ON annual.requirement_no = verdict.requirement_no
  UNION ALL SELECT 'rolling', person_no, requirement_no, gap_days, first_gap_on, last_gap_on FROM rolling.verdict
  UNION ALL                                              -- whom it did not judge once more is covered, as under rolling
  SELECT 'anchored', stood.person_no, stood.requirement_no, COALESCE(gap_days, 0), first_gap_on, last_gap_on
  FROM last_accountable stood
  LEFT JOIN anchored.verdict ON verdict.person_no = stood.person_no AND verdict.requirement_no = stood.requirement_no
), said AS (
  SELECT by_days.reading, stood.person_no, stood.requirement_no, stood.judged_on,
         CASE WHEN gap_days = 0 THEN 1 ELSE 0 END AS passes, gap_days, first_gap_on, last_gap_on, CAST(NULL AS DATE) AS done_on
  FROM last_accountable stood
  JOIN by_days ON by_days.person_no = stood.person_no AND by_days.requirement_no = stood.requirement_no
  UNION ALL
  SELECT 'trailing', person_no, requirement_no, judged_on, CASE WHEN trailing_on IS NULL THEN 0 ELSE 1 END,
         NULL, NULL, NULL, trailing_on
  FROM last_record
  UNION ALL
  SELECT 'in_period', person_no, requirement_no, judged_on, CASE WHEN in_period_on IS NULL THEN 0 ELSE 1 END,
         NULL, NULL, NULL, in_period_on
  FROM last_record
)
SELECT said.person_no, said.requirement_no, said.reading, judged_on, passes,
       CASE WHEN said.reading = annual.own_reading THEN 1 ELSE 0 END AS is_own, gap_days, first_gap_on, last_gap_on, done_on
FROM said
JOIN annual ON annual.requirement_no = said.requirement_no
JOIN testable ON testable.requirement_no = said.requirement_no AND testable.reading = said.reading
