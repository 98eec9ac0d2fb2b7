-- Whose result another reading of "annual" turns round, and why: by that reading, and by the audit's own.
WITH turned AS (
  SELECT person_no, requirement_no FROM reading GROUP BY person_no, requirement_no HAVING MIN(passes) <> MAX(passes)
), told AS (
  SELECT reading.*,
         CASE WHEN reading = 'trailing' THEN COALESCE('record of ' || CAST(done_on AS STRING), 'no record')
                   || ' within the 12 months before ' || CAST(judged_on AS STRING)
              WHEN reading = 'in_period' THEN COALESCE('record of ' || CAST(done_on AS STRING), 'no record')
                   || ' from ' || CAST(window_from AS STRING) || ' to ' || CAST(judged_on AS STRING)
              WHEN gap_days = 0 THEN 'covered on every accountable day'
              WHEN gap_days = 1 THEN 'not covered on 1 accountable day, ' || CAST(first_gap_on AS STRING)
              ELSE 'not covered on ' || CAST(gap_days AS STRING) || ' accountable days between '
                   || CAST(first_gap_on AS STRING) || ' and ' || CAST(last_gap_on AS STRING) END AS why
  FROM reading
  CROSS JOIN settings
  JOIN turned ON turned.person_no = reading.person_no AND turned.requirement_no = reading.requirement_no
)
SELECT other.person_no, other.requirement_no, other.reading, other.passes, other.why, own.reading AS own_reading, own.why AS own_why
FROM told other
JOIN told own ON own.person_no = other.person_no AND own.requirement_no = other.requirement_no AND own.is_own = 1
WHERE other.passes <> own.passes
