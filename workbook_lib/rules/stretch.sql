-- gap = required - excused - covered. Each run is swept from its first day on. Wherever a record or a relief begins, those that
-- have begun say until when the days are covered and excused; so the days up to the next beginning need at most three more
-- cuts: where the requirement falls due, where the cover ends, and where the relief ends. Between two cuts nothing changes.
WITH judged AS (
  SELECT run.*, settings.preboarding_days, run_from - 1 AS not_yet FROM run CROSS JOIN settings WHERE run_to >= window_from
), begun AS (
  SELECT person_no, requirement_no, run_from, run_to, required_from, run_from AS on_day, not_yet AS covered_to, not_yet AS excused_to
  FROM judged
  UNION ALL                                              -- C7: a record counts in a tenure from shortly before its start
  SELECT judged.person_no, judged.requirement_no, run_from, run_to, required_from,
         GREATEST(cover.done_on, run_from), cover.covers_to, not_yet
  FROM judged
  JOIN cover ON cover.person_no = judged.person_no AND cover.requirement_no = judged.requirement_no
  WHERE cover.done_on >= tenure_from - preboarding_days AND cover.done_on <= run_to
  UNION ALL
  SELECT judged.person_no, judged.requirement_no, run_from, run_to, required_from,
         GREATEST(relief.from_day, run_from), not_yet, relief.to_day
  FROM judged
  JOIN relief ON relief.person_no = judged.person_no AND relief.requirement_no = judged.requirement_no
  WHERE relief.from_day <= run_to
), swept AS (                                            -- of those that begin on one day, only the last is followed by days
  SELECT person_no, requirement_no, run_from, required_from, on_day,
         COALESCE(LEAD(on_day) OVER (PARTITION BY person_no, requirement_no, run_from ORDER BY on_day) - 1, run_to) AS last_day,
         MAX(covered_to) OVER (PARTITION BY person_no, requirement_no, run_from ORDER BY on_day ROWS UNBOUNDED PRECEDING) AS covered_to,
         MAX(excused_to) OVER (PARTITION BY person_no, requirement_no, run_from ORDER BY on_day ROWS UNBOUNDED PRECEDING) AS excused_to
  FROM begun
), cut AS (
  SELECT swept.*, CASE cuts.no WHEN 1 THEN on_day WHEN 2 THEN required_from WHEN 3 THEN covered_to + 1 ELSE excused_to + 1 END AS from_day
  FROM swept CROSS JOIN (VALUES (1), (2), (3), (4)) AS cuts(no)
  WHERE cuts.no = 1 OR cuts.no = 2 AND required_from > on_day
     OR cuts.no = 3 AND covered_to >= on_day AND covered_to + 1 <> required_from
     OR cuts.no = 4 AND excused_to >= on_day AND excused_to + 1 <> required_from AND excused_to <> covered_to
)
SELECT person_no, requirement_no, run_from, from_day,
       LEAST(last_day, CASE WHEN required_from > from_day THEN required_from - 1 ELSE last_day END,
             CASE WHEN covered_to >= from_day THEN covered_to ELSE last_day END,
             CASE WHEN excused_to >= from_day THEN excused_to ELSE last_day END) AS to_day,
       from_day >= required_from AS required, excused_to >= from_day AS excused, covered_to >= from_day AS covered,
       from_day >= required_from AND excused_to < from_day AND covered_to < from_day AS gap
FROM cut
WHERE from_day <= last_day
