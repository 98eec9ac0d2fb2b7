-- One sentence beside each verdict, with the dates that led to it; and a second one where a row that seems to be about the
-- person could not be read: it covers and excuses nothing.
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
         ELSE 'The requirement stopped applying before anything was due.' END || unread_rows AS why
FROM (SELECT verdict.*, CASE WHEN gap_days = 1 THEN ' required day' ELSE ' required days' END AS day_word,
             CASE WHEN relief_days = 1 THEN ' day' ELSE ' days' END AS relief_word,
             COALESCE('last valid record on ' || CAST(last_completed_on AS VARCHAR) || '.', 'no valid record.') AS latest_record,
             CASE WHEN unread.how_many IS NULL THEN ''
                  WHEN unread.how_many = 1 THEN ' A row that seems to be about this person could not be read: ' || place || '.'
                  ELSE ' ' || CAST(unread.how_many AS VARCHAR) || ' rows that seem to be about this person could not be read, '
                       || 'among them ' || place || '.' END AS unread_rows
      FROM verdict
      LEFT JOIN (SELECT account_person.person_no, COUNT(*) AS how_many, MIN(unread_record.place) AS place
                 FROM unread_record JOIN account_person ON account_person.account = unread_record.account
                 WHERE account_person.person_no IS NOT NULL GROUP BY account_person.person_no) unread
             ON unread.person_no = verdict.person_no) verdict
