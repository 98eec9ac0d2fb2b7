-- "Annual" read as trailing, and as in the period: the last record that each of them accepts on the last accountable day of W, of
-- the twelve months before it or dated inside the period. Other days are not looked at. Which records count in the tenure is C7,
-- as ever; a record that is a year old when W begins is accepted by neither.
SELECT stood.person_no, stood.requirement_no, stood.judged_on,
       MAX(CASE WHEN record.a_year_later > stood.judged_on THEN record.done_on END) AS trailing_on,
       MAX(CASE WHEN record.done_on >= settings.window_from THEN record.done_on END) AS in_period_on
FROM last_accountable stood
CROSS JOIN settings
LEFT JOIN annual_record record
       ON record.person_no = stood.person_no AND record.requirement_no = stood.requirement_no
      AND record.done_on BETWEEN stood.tenure_from - settings.preboarding_days AND stood.judged_on
      AND record.a_year_later > settings.window_from AND record.lapses_on > stood.judged_on
GROUP BY stood.person_no, stood.requirement_no, stood.judged_on
