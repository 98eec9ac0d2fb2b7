-- Whose result another reading of "annual" turns round, and one sentence why.
WITH worded AS (
  SELECT reading.*,
         CASE WHEN reading = 'trailing' THEN COALESCE('record of ' || CAST(done_on AS VARCHAR), 'no record')
                   || ' within the 12 months before ' || CAST(judged_on AS VARCHAR)
              WHEN reading = 'in_period' THEN COALESCE('record of ' || CAST(done_on AS VARCHAR), 'no record')
                   || ' between ' || CAST(window_from AS VARCHAR) || ' and ' || CAST(judged_on AS VARCHAR)
              WHEN gap_days = 0 THEN 'covered on every accountable day'
              WHEN gap_days = 1 THEN 'not covered on 1 accountable day, ' || CAST(first_gap_on AS VARCHAR)
              ELSE 'not covered on ' || CAST(gap_days AS VARCHAR) || ' accountable days between '
                   || CAST(first_gap_on AS VARCHAR) || ' and ' || CAST(last_gap_on AS VARCHAR) END AS words
  FROM reading CROSS JOIN settings
)
SELECT other.person_no, other.requirement_no, other.reading, other.passes,
       'As the audit reads it (' || own.reading || '): ' || own.words || '. Read as ' || replace(other.reading, '_', ' ') || ': '
       || other.words || '.' AS why
FROM worded other
JOIN worded own ON own.person_no = other.person_no AND own.requirement_no = other.requirement_no AND own.is_own = 1
WHERE other.passes <> own.passes
