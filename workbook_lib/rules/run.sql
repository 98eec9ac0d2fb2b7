-- C4, C5: the runs of consecutive days on which a requirement applies to a person, and from which day they must be covered.
-- Runs with a short break between them share one clock: it does not start again after a brief absence. Whoever has a single
-- engagement has a single run; only the others' stretches of days are put in order and merged.
WITH several AS (
  SELECT person_no, 1 AS engagements FROM engagement GROUP BY person_no HAVING COUNT(*) > 1
), scoped AS (                                           -- each stretch of days once: equal rows have no order
  SELECT DISTINCT engagement.person_no, applies.requirement_no, requirement.due_within_days,
         GREATEST(engagement.start_date, requirement.effective_from) AS from_day,
         LEAST(engagement.end_date, requirement.retired_on) AS to_day, COALESCE(several.engagements, 0) AS has_several
  FROM engagement
  JOIN applies ON applies.profile_no = engagement.profile_no
  JOIN requirement ON requirement.requirement_no = applies.requirement_no
  LEFT JOIN several ON several.person_no = engagement.person_no
  WHERE engagement.start_date <= requirement.retired_on AND engagement.end_date >= requirement.effective_from
    AND requirement.effective_from <= requirement.retired_on
), ordered AS (
  SELECT scoped.*, MAX(to_day) OVER (PARTITION BY person_no, requirement_no ORDER BY from_day, to_day
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS applied_until
  FROM scoped WHERE has_several = 1
), marked AS (
  SELECT person_no, requirement_no, due_within_days, from_day, to_day,
         CASE WHEN from_day <= applied_until + 1 THEN 0 ELSE 1 END AS opens_run,
         CASE WHEN from_day <= applied_until + 1 + rehire_break_days THEN 0 ELSE 1 END AS opens_series
  FROM ordered CROSS JOIN settings
), numbered AS (
  SELECT person_no, requirement_no, due_within_days, from_day, to_day,
         SUM(opens_run) OVER (PARTITION BY person_no, requirement_no ORDER BY from_day, to_day ROWS UNBOUNDED PRECEDING) AS run_no,
         SUM(opens_series) OVER (PARTITION BY person_no, requirement_no ORDER BY from_day, to_day ROWS UNBOUNDED PRECEDING) AS series_no
  FROM marked
), merged AS (
  SELECT person_no, requirement_no, run_no, MIN(series_no) AS series_no, MIN(due_within_days) AS due_within_days,
         MIN(from_day) AS run_from, MAX(to_day) AS run_to
  FROM numbered GROUP BY person_no, requirement_no, run_no
), timed AS (
  SELECT person_no, requirement_no, due_within_days, run_from, run_to,
         MIN(run_from) OVER (PARTITION BY person_no, requirement_no, series_no) AS series_from
  FROM merged
  UNION ALL
  SELECT person_no, requirement_no, due_within_days, from_day, to_day, from_day AS series_from FROM scoped WHERE has_several = 0
)
SELECT timed.person_no, timed.requirement_no, run_from, run_to, series_from, spell.tenure_from,
       series_from + due_within_days AS first_due_on,
       GREATEST(run_from, series_from + due_within_days) AS required_from
FROM timed
JOIN spell ON spell.person_no = timed.person_no AND run_from BETWEEN spell.spell_from AND spell.spell_to
