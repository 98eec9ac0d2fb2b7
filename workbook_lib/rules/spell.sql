-- C2, C3: engagements that overlap or touch form one spell; spells with a short break between them form one tenure.
-- A tenure decides which earlier training still counts after somebody comes back.
WITH ordered AS (                                        -- each engagement once: equal rows have no order
  SELECT person_no, start_date, end_date,
         MAX(end_date) OVER (PARTITION BY person_no ORDER BY start_date, end_date
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS engaged_until
  FROM (SELECT DISTINCT person_no, start_date, end_date FROM engagement) engaged
), marked AS (
  SELECT person_no, start_date, end_date,
         CASE WHEN start_date <= engaged_until + 1 THEN 0 ELSE 1 END AS opens_spell,
         CASE WHEN start_date <= engaged_until + 1 + rehire_break_days THEN 0 ELSE 1 END AS opens_tenure
  FROM ordered CROSS JOIN settings
), numbered AS (
  SELECT person_no, start_date, end_date,
         SUM(opens_spell) OVER (PARTITION BY person_no ORDER BY start_date, end_date ROWS UNBOUNDED PRECEDING) AS spell_no,
         SUM(opens_tenure) OVER (PARTITION BY person_no ORDER BY start_date, end_date ROWS UNBOUNDED PRECEDING) AS tenure_no
  FROM marked
), merged AS (
  SELECT person_no, spell_no, MIN(tenure_no) AS tenure_no, MIN(start_date) AS spell_from, MAX(end_date) AS spell_to
  FROM numbered GROUP BY person_no, spell_no
)
SELECT person_no, spell_from, spell_to, MIN(spell_from) OVER (PARTITION BY person_no, tenure_no) AS tenure_from FROM merged
