-- "Annual" read as anchored: in each tenure, from record to record. A record in the three months before the day on which the
-- cover of the record before it ends moves that day by a year; any other starts from its own date. It takes the place of `cover`;
-- since the same record may end on another day in another tenure, each line is kept to the days of its tenure.
WITH RECURSIVE tenure AS (
  SELECT run.person_no, run.requirement_no, run.tenure_from, MAX(spell.spell_to) AS tenure_to
  FROM run
  JOIN spell ON spell.person_no = run.person_no AND spell.tenure_from = run.tenure_from
  GROUP BY run.person_no, run.requirement_no, run.tenure_from
), ordered AS (
  SELECT record.person_no, record.requirement_no, tenure_from, tenure_to, done_on, a_year_later, MAX(lapses_on) AS lapses_on,
         ROW_NUMBER() OVER (PARTITION BY record.person_no, record.requirement_no, tenure_from ORDER BY done_on) AS place
  FROM annual_record record
  CROSS JOIN settings
  JOIN tenure ON tenure.person_no = record.person_no AND tenure.requirement_no = record.requirement_no
             AND record.done_on BETWEEN tenure_from - preboarding_days AND tenure_to
  GROUP BY record.person_no, record.requirement_no, tenure_from, tenure_to, done_on, a_year_later  -- those of one day are one
), chained AS (
  SELECT person_no, requirement_no, tenure_from, tenure_to, done_on, place, LEAST(a_year_later, lapses_on) AS ends_on
  FROM ordered WHERE place = 1
  UNION ALL
  SELECT ordered.person_no, ordered.requirement_no, ordered.tenure_from, ordered.tenure_to, ordered.done_on, ordered.place,
         LEAST(CASE WHEN ordered.done_on >= months.three_months_before AND ordered.done_on < chained.ends_on
                    THEN months.a_year_later ELSE ordered.a_year_later END, ordered.lapses_on)
  FROM chained
  JOIN ordered ON ordered.person_no = chained.person_no AND ordered.requirement_no = chained.requirement_no
              AND ordered.tenure_from = chained.tenure_from AND ordered.place = chained.place + 1
  JOIN months ON months.on_day = chained.ends_on
)
SELECT person_no, requirement_no, GREATEST(done_on, tenure_from) AS done_on, LEAST(ends_on - 1, tenure_to) AS covers_to
FROM chained
