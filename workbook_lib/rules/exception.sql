-- C13, C15: the rows behind each deviation. Each maximal stretch of days that are required, not excused and not covered is one
-- exception if it meets W. What came the day before says why it began; what comes the day after says how it ended.
WITH gapped AS (
  SELECT DISTINCT person_no, requirement_no, run_from FROM stretch CROSS JOIN settings
  WHERE gap AND from_day <= window_to AND to_day >= window_from
), told AS (
  SELECT stretch.*,
         LAG(covered) OVER days AS was_covered, LAG(excused) OVER days AS was_excused,
         LEAD(from_day) OVER days AS next_from, LEAD(covered) OVER days AS then_covered, LEAD(excused) OVER days AS then_excused,
         MIN(CASE WHEN covered THEN from_day END) OVER (
             PARTITION BY stretch.person_no, stretch.requirement_no, stretch.run_from ORDER BY from_day
             ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS covered_again_on
  FROM stretch
  JOIN gapped ON gapped.person_no = stretch.person_no AND gapped.requirement_no = stretch.requirement_no
             AND gapped.run_from = stretch.run_from
  WINDOW days AS (PARTITION BY stretch.person_no, stretch.requirement_no, stretch.run_from ORDER BY from_day)
)
SELECT told.person_no, told.requirement_no, told.from_day AS due_on,
       GREATEST(told.from_day, window_from) AS first_day, LEAST(told.to_day, window_to) AS last_day,
       CAST(LEAST(told.to_day, window_to) - GREATEST(told.from_day, window_from) AS INTEGER) + 1 AS days,
       CASE WHEN told.from_day = run.first_due_on AND spell.person_no IS NOT NULL THEN 'onboarding'
            WHEN told.from_day = run.first_due_on THEN 'new_duty'
            WHEN was_covered THEN 'renewal'
            WHEN was_excused THEN 'relief_ended'
            ELSE 'returned' END AS cause,
       CASE WHEN told.to_day > as_of THEN 'open'
            WHEN next_from IS NULL THEN 'scope'
            WHEN then_covered THEN 'completion'
            WHEN then_excused THEN 'relief'
            ELSE 'open' END AS ended_by,
       CASE WHEN covered_again_on <= as_of THEN covered_again_on END AS closed_on,
       CASE WHEN evidence.requirement_no IS NULL THEN 0
            WHEN evidence.proves_from IS NULL OR told.from_day < evidence.proves_from THEN 1 ELSE 0 END AS unproven
FROM told
CROSS JOIN settings
JOIN run ON run.person_no = told.person_no AND run.requirement_no = told.requirement_no AND run.run_from = told.run_from
JOIN verdict ON verdict.person_no = told.person_no AND verdict.requirement_no = told.requirement_no
LEFT JOIN spell ON spell.person_no = run.person_no AND spell.spell_from = run.series_from
LEFT JOIN evidence ON evidence.requirement_no = told.requirement_no
WHERE gap AND told.from_day <= window_to AND told.to_day >= window_from AND verdict.verdict <> 'undetermined'
