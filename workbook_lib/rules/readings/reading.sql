-- The readings of "annual" side by side: one line for each accountable person, requirement and reading that can be tested, with
-- the days that decide it. The audit's own reading is the verdict that counts; here it stands beside the others.
WITH by_days AS (
  SELECT annual.own_reading AS reading, verdict.person_no, verdict.requirement_no, gap_days, first_gap_on, last_gap_on
  FROM verdict JOIN annual ON annual.requirement_no = verdict.requirement_no
  UNION ALL SELECT 'rolling', person_no, requirement_no, gap_days, first_gap_on, last_gap_on FROM rolling.verdict
  UNION ALL SELECT 'anchored', person_no, requirement_no, gap_days, first_gap_on, last_gap_on FROM anchored.verdict
), said AS (
  SELECT by_days.reading, last_accountable.person_no, last_accountable.requirement_no, last_accountable.judged_on,
         CASE WHEN gap_days = 0 THEN 1 ELSE 0 END AS passes, gap_days, first_gap_on, last_gap_on, CAST(NULL AS DATE) AS done_on
  FROM last_accountable
  JOIN by_days ON by_days.person_no = last_accountable.person_no AND by_days.requirement_no = last_accountable.requirement_no
  UNION ALL
  SELECT 'trailing', person_no, requirement_no, judged_on, CASE WHEN done_on IS NULL THEN 0 ELSE 1 END, NULL, NULL, NULL, done_on
  FROM trailing_record
  UNION ALL
  SELECT 'in_period', person_no, requirement_no, judged_on, CASE WHEN done_on IS NULL THEN 0 ELSE 1 END, NULL, NULL, NULL, done_on
  FROM in_period_record
)
SELECT said.person_no, said.requirement_no, said.reading, said.judged_on, said.passes,
       CASE WHEN said.reading = annual.own_reading THEN 1 ELSE 0 END AS is_own,
       CASE WHEN said.reading = 'trailing' THEN COALESCE('record of ' || CAST(done_on AS STRING), 'no record')
                 || ' within the 12 months before ' || CAST(judged_on AS STRING)
            WHEN said.reading = 'in_period' THEN COALESCE('record of ' || CAST(done_on AS STRING), 'no record')
                 || ' from ' || CAST(window_from AS STRING) || ' to ' || CAST(judged_on AS STRING)
            WHEN gap_days = 0 THEN 'covered on every accountable day'
            WHEN gap_days = 1 THEN 'not covered on 1 accountable day, ' || CAST(first_gap_on AS STRING)
            ELSE 'not covered on ' || CAST(gap_days AS STRING) || ' accountable days between '
                 || CAST(first_gap_on AS STRING) || ' and ' || CAST(last_gap_on AS STRING) END AS why
FROM said
CROSS JOIN settings
JOIN annual ON annual.requirement_no = said.requirement_no
JOIN testable ON testable.requirement_no = said.requirement_no AND testable.reading = said.reading
