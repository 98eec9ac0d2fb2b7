-- Why due then: for each exception the chain of days that led to its due day. It begins with the first due day (C5), with the end
-- of the cover of a record (C8, C9), or with the return after a short break (C5); relief that excused the days from there to the
-- due day follows in its order (C10, C11).
WITH placed AS (                                         -- the first day after the last cover of the run, if it had any
  SELECT exception.person_no, exception.requirement_no, exception.due_on,
         run.run_from, run.series_from, run.tenure_from, run.first_due_on, run.required_from, MAX(stretch.to_day) + 1 AS bare_on
  FROM exception
  JOIN run ON run.person_no = exception.person_no AND run.requirement_no = exception.requirement_no
          AND exception.due_on BETWEEN run.run_from AND run.run_to
  LEFT JOIN stretch ON stretch.person_no = run.person_no AND stretch.requirement_no = run.requirement_no
                   AND stretch.run_from = run.run_from AND stretch.covered AND stretch.to_day < exception.due_on
  GROUP BY exception.person_no, exception.requirement_no, exception.due_on,
           run.run_from, run.series_from, run.tenure_from, run.first_due_on, run.required_from
), begun AS (                                            -- the day on which the chain begins
  SELECT placed.*, CASE WHEN bare_on > required_from THEN bare_on ELSE required_from END AS begins_on FROM placed
), recorded AS (                                         -- the record whose cover ended last before
  SELECT begun.person_no, begun.requirement_no, begun.due_on, cover.done_on, cover.covers_to + 1 AS ends_on,
         ROW_NUMBER() OVER (PARTITION BY begun.person_no, begun.requirement_no, begun.due_on
                            ORDER BY cover.covers_to DESC, cover.done_on DESC) AS place
  FROM begun
  CROSS JOIN settings
  JOIN cover ON cover.person_no = begun.person_no AND cover.requirement_no = begun.requirement_no
            AND cover.done_on >= begun.tenure_from - preboarding_days AND cover.covers_to < begun.begins_on
), relieved AS (                                        -- a window puts the words in order; each row of a chain has them all
  SELECT person_no, requirement_no, due_on,
         ARRAY_AGG(words) OVER (PARTITION BY person_no, requirement_no, due_on ORDER BY from_day, to_day, words
                                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS chain
  FROM (SELECT DISTINCT begun.person_no, begun.requirement_no, begun.due_on, relief.from_day, relief.to_day,
               CASE WHEN kind = 'leave' THEN '; leave from ' || CAST(relief.from_day AS STRING) || ' to '
                         || CAST(relief.to_day - return_days AS STRING) || ' excuses until ' || CAST(relief.to_day AS STRING) || ' (C10)'
                    ELSE '; extension approved on ' || CAST(relief.from_day AS STRING)
                         || ' excuses until ' || CAST(relief.to_day AS STRING) || ' (C11)' END AS words
        FROM begun
        CROSS JOIN settings
        JOIN relief ON relief.person_no = begun.person_no AND relief.requirement_no = begun.requirement_no
                   AND relief.from_day < begun.due_on AND relief.to_day >= begun.begins_on) reliefs
), listed AS (
  SELECT DISTINCT person_no, requirement_no, due_on, ARRAY_TO_STRING(chain, '') AS words FROM relieved
), told AS (
  SELECT begun.*, requirement.due_within_days, requirement.effective_from, renewal_words.renews, recorded.done_on, recorded.ends_on,
         renewal.due_on AS renewal_on, listed.words AS relief, spell.spell_from AS engaged_on,
         CASE WHEN due_within_days = 1 THEN ' within 1 day, on ' ELSE ' within ' || CAST(due_within_days AS STRING) || ' days, on ' END
           AS within
  FROM begun
  JOIN requirement ON requirement.requirement_no = begun.requirement_no
  JOIN renewal_words ON renewal_words.requirement_no = begun.requirement_no
  LEFT JOIN spell ON spell.person_no = begun.person_no AND spell.spell_from = begun.series_from
  LEFT JOIN recorded ON recorded.person_no = begun.person_no AND recorded.requirement_no = begun.requirement_no
                    AND recorded.due_on = begun.due_on AND recorded.place = 1
  LEFT JOIN renewal ON renewal.requirement_no = recorded.requirement_no AND renewal.done_on = recorded.done_on
  LEFT JOIN listed ON listed.person_no = begun.person_no AND listed.requirement_no = begun.requirement_no
                  AND listed.due_on = begun.due_on
), worded AS (
  SELECT told.*, CASE WHEN done_on IS NULL THEN 'no record counts'
                      WHEN ends_on = renewal_on THEN 'last record ' || CAST(done_on AS STRING) || ', renewed ' || renews || ': due on '
                           || CAST(ends_on AS STRING) || ' (C8)'
                      ELSE 'last record ' || CAST(done_on AS STRING) || ', a material version took effect on '
                           || CAST(ends_on - due_within_days AS STRING) || ': due' || within || CAST(ends_on AS STRING) || ' (C9)'
                 END AS record_words
  FROM told
)
SELECT person_no, requirement_no, due_on, UPPER(SUBSTR(chain, 1, 1)) || SUBSTR(chain, 2) || '.' AS why_due_then
FROM (SELECT person_no, requirement_no, due_on,
             CASE WHEN begins_on = first_due_on THEN
                       CASE WHEN engaged_on IS NOT NULL THEN 'engaged on '
                            WHEN series_from = effective_from THEN 'requirement in force since '
                            ELSE 'requirement applies since ' END
                       || CAST(series_from AS STRING) || ': due' || within || CAST(first_due_on AS STRING) || ' (C5)'
                  WHEN begins_on = bare_on THEN record_words
                  ELSE 'back in scope on ' || CAST(run_from AS STRING) || ', the clock of ' || CAST(series_from AS STRING)
                       || ' goes on (C5); ' || record_words END
             || COALESCE(relief || '; due on ' || CAST(due_on AS STRING), '') AS chain
      FROM worded) chained
