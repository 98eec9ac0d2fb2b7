-- "Annual" read as anchored: the runs that are judged once more. A record never ends earlier under it than a year after its day,
-- so it covers every day that rolling covers: only whom rolling finds uncovered can stand otherwise.
SELECT run.*
FROM main.run
JOIN (SELECT verdict.person_no, verdict.requirement_no
      FROM main.verdict JOIN annual ON annual.requirement_no = verdict.requirement_no
      WHERE annual.own_reading = 'rolling' AND verdict.gap_days > 0
      UNION ALL
      SELECT person_no, requirement_no FROM rolling.verdict WHERE gap_days > 0) uncovered
  ON uncovered.person_no = run.person_no AND uncovered.requirement_no = run.requirement_no
