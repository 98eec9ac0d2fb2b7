-- The facts of C12 and C14 for each person and requirement: days counted inside the judged window W, and the first gap after it.
WITH clipped AS (
  SELECT stretch.*, window_to, GREATEST(from_day, window_from) AS first_day, LEAST(to_day, window_to) AS last_day,
         from_day <= window_to AS inside
  FROM stretch CROSS JOIN settings WHERE to_day >= window_from
)
SELECT person_no, requirement_no,
       MIN(CASE WHEN inside AND required THEN first_day END) AS required_from,
       MAX(CASE WHEN inside AND required THEN last_day END) AS last_required_on,
       MAX(CASE WHEN inside AND required AND NOT excused THEN last_day END) AS last_accountable_on,
       MAX(CASE WHEN inside AND required AND NOT covered THEN 1 ELSE 0 END) AS is_uncovered,
       MAX(CASE WHEN inside AND covered THEN 1 ELSE 0 END) AS is_covered,
       MAX(CASE WHEN inside AND to_day >= window_to THEN 1 ELSE 0 END) AS applies_at_end,
       MIN(CASE WHEN inside AND gap THEN first_day END) AS first_gap_on,
       MAX(CASE WHEN inside AND gap THEN last_day END) AS last_gap_on,
       MAX(CASE WHEN inside AND required AND covered THEN last_day END) AS last_covered_on,
       CAST(SUM(CASE WHEN inside AND gap THEN CAST(last_day - first_day AS INTEGER) + 1 ELSE 0 END) AS INTEGER) AS gap_days,
       CAST(SUM(CASE WHEN inside AND required AND excused AND NOT covered
                     THEN CAST(last_day - first_day AS INTEGER) + 1 ELSE 0 END) AS INTEGER) AS relief_days,
       MIN(CASE WHEN gap AND to_day > window_to THEN GREATEST(from_day, window_to + 1) END) AS next_due_on
FROM clipped
GROUP BY person_no, requirement_no
HAVING MAX(CASE WHEN inside THEN 1 ELSE 0 END) = 1
