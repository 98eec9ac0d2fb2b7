-- The first day after the known ones on which each duty has a gap, up to the period's end: there a completion is assumed.
-- What is overdue already is assumed to be made up on the first day of which nothing is known yet.
SELECT stretch.person_no, stretch.requirement_no, MIN(GREATEST(from_day, known.as_of + 1)) AS done_on
FROM stretch
CROSS JOIN settings
CROSS JOIN main.settings known
WHERE gap AND to_day > known.as_of AND from_day <= settings.window_to AND settings.window_to > known.as_of
GROUP BY stretch.person_no, stretch.requirement_no
