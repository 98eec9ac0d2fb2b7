-- One sentence beside each verdict, with the dates that led to it.
SELECT verdict.person_no, verdict.requirement_no,
       CASE verdict.verdict
         WHEN 'undetermined' THEN 'A row of this person in the people export cannot be read; no verdict is given (C12).'
         WHEN 'missing' THEN 'Not covered on ' || CAST(gap_days AS VARCHAR) || day_word || ' of the period, the last of them '
              || CAST(last_gap_on AS VARCHAR) || ', and not covered on any required day after that; ' || latest_record
         WHEN 'late' THEN 'Covered again in the period, after ' || CAST(gap_days AS VARCHAR) || day_word
              || ' without cover, the last of them ' || CAST(last_gap_on AS VARCHAR) || '; ' || latest_record
         WHEN 'excused' THEN 'Excused on every required day that was not covered; ' || latest_record
         WHEN 'met' THEN CASE WHEN required_from IS NULL THEN 'Covered before anything was due; '
              WHEN relief_days > 0 THEN 'Covered on every required day, but for '
                   || CAST(relief_days AS VARCHAR) || ' excused' || relief_word || '; '
              ELSE 'Covered on every required day since ' || CAST(required_from AS VARCHAR) || '; ' END || latest_record
         WHEN 'pending' THEN 'Nothing was due by the end of the judged period'
              || COALESCE('; due on ' || CAST(next_due_on AS VARCHAR), '') || '.'
         ELSE 'The requirement stopped applying before anything was due.' END AS why
FROM (SELECT verdict.*, CASE WHEN gap_days = 1 THEN ' required day' ELSE ' required days' END AS day_word,
             CASE WHEN relief_days = 1 THEN ' day' ELSE ' days' END AS relief_word,
             COALESCE('last valid record on ' || CAST(last_completed_on AS VARCHAR) || '.', 'no valid record.') AS latest_record
      FROM verdict) verdict
