-- Other readings of "annual": every record that counts for a requirement which renews each year, and the day a year later (the
-- renewal day that C8 gives for twelve months). An acknowledgement lapses as before (C9), whichever the reading.
SELECT done.person_no, done.requirement_no, done.done_on, months.a_year_later, COALESCE(done.lapses_on, settings.far) AS lapses_on
FROM (SELECT person_no, requirement_no, done_on, CAST(NULL AS DATE) AS lapses_on FROM valid_completion
      UNION ALL
      SELECT person_no, requirement_no, done_on, lapses_on FROM valid_acknowledgement) done
CROSS JOIN settings
JOIN annual ON annual.requirement_no = done.requirement_no
JOIN months ON months.on_day = done.done_on
