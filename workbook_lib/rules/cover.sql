-- C8: from which day to which day each valid record covers. The calendar says on which day its renewal is due; that day itself
-- is no longer covered. Without a renewal the cover has no end.
SELECT done.person_no, done.requirement_no, done.done_on,
       LEAST(COALESCE(renewal.due_on - 1, settings.far), COALESCE(done.lapses_on - 1, settings.far)) AS covers_to
FROM (SELECT person_no, requirement_no, done_on, CAST(NULL AS DATE) AS lapses_on FROM valid_completion
      UNION ALL
      SELECT person_no, requirement_no, done_on, lapses_on FROM valid_acknowledgement) done
CROSS JOIN settings
JOIN renewal ON renewal.requirement_no = done.requirement_no AND renewal.done_on = done.done_on
