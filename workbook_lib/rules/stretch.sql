-- gap = required - excused - covered. Each run is cut wherever one of the three begins or ends; between two cuts nothing
-- changes. A running balance of what has begun and not yet ended says what holds on the days of each stretch.
WITH judged AS (
  SELECT run.*, settings.preboarding_days FROM run CROSS JOIN settings WHERE run.run_to >= settings.window_from
), counted AS (                                          -- C7: a record counts in a tenure from shortly before its start
  SELECT judged.person_no, judged.requirement_no, judged.run_from,
         GREATEST(cover.done_on, judged.run_from) AS from_day, LEAST(cover.covers_to, judged.run_to) AS to_day
  FROM judged
  JOIN cover ON cover.person_no = judged.person_no AND cover.requirement_no = judged.requirement_no
  WHERE cover.done_on >= judged.tenure_from - judged.preboarding_days
    AND cover.done_on <= judged.run_to AND cover.covers_to >= judged.run_from
), relieved AS (
  SELECT judged.person_no, judged.requirement_no, judged.run_from,
         GREATEST(relief.from_day, judged.run_from) AS from_day, LEAST(relief.to_day, judged.run_to) AS to_day
  FROM judged
  JOIN relief ON relief.person_no = judged.person_no AND relief.requirement_no = judged.requirement_no
  WHERE relief.from_day <= judged.run_to AND relief.to_day >= judged.run_from
), cut AS (
  SELECT person_no, requirement_no, run_from, run_from AS on_day, 0 AS requires, 0 AS excuses, 0 AS covers FROM judged
  UNION ALL SELECT person_no, requirement_no, run_from, run_to + 1, 0, 0, 0 FROM judged
  UNION ALL SELECT person_no, requirement_no, run_from, required_from, 1, 0, 0 FROM judged WHERE required_from <= run_to
  UNION ALL SELECT person_no, requirement_no, run_from, from_day, 0, 1, 0 FROM relieved
  UNION ALL SELECT person_no, requirement_no, run_from, to_day + 1, 0, -1, 0 FROM relieved
  UNION ALL SELECT person_no, requirement_no, run_from, from_day, 0, 0, 1 FROM counted
  UNION ALL SELECT person_no, requirement_no, run_from, to_day + 1, 0, 0, -1 FROM counted
), balanced AS (                                         -- cuts on one day are peers: each carries the sum of them all
  SELECT person_no, requirement_no, run_from, on_day AS from_day, LEAD(on_day) OVER days - 1 AS to_day,
         SUM(requires) OVER days AS requires, SUM(excuses) OVER days AS excuses, SUM(covers) OVER days AS covers
  FROM cut
  WINDOW days AS (PARTITION BY person_no, requirement_no, run_from ORDER BY on_day)
)
SELECT person_no, requirement_no, run_from, from_day, to_day,
       requires > 0 AS required, excuses > 0 AS excused, covers > 0 AS covered,
       requires > 0 AND excuses = 0 AND covers = 0 AS gap
FROM balanced
WHERE to_day >= from_day
