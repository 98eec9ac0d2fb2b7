-- One sentence beside each verdict, with the dates that led to it; for a missing one also the completion after the judged days
-- that the exports hold, if any (C13): it changes no verdict. A second sentence where a row that seems to be about the person
-- could not be used: it covers and excuses nothing.
SELECT verdict.person_no, verdict.requirement_no, verdict.verdict, verdict.required_from, verdict.last_completed_on,
       verdict.gap_days, verdict.next_due_on,
       CASE verdict.verdict
         WHEN 'undetermined' THEN 'A row of this person in the people export cannot be read; no verdict is given (C12).'
         WHEN 'missing' THEN 'Not covered on ' || gap_words
              || CASE WHEN last_gap_on < last_required_on THEN ', and on no required day after that' ELSE '' END
              || COALESCE('; completed on ' || CAST(closed_on AS STRING) || ', after the judged days; before that '
                          || COALESCE('on ' || CAST(last_completed_on AS STRING) || '.', 'no valid record.'),
                          '; ' || latest_record)
         WHEN 'late' THEN 'Not covered on ' || gap_words || ', then covered again; ' || latest_record
         WHEN 'excused' THEN 'Excused on every required day that was not covered; ' || latest_record
         WHEN 'met' THEN CASE WHEN required_from IS NULL THEN 'Covered before anything was due; '
              WHEN relief_days > 0 THEN 'Covered on every required day, but for '
                   || CAST(relief_days AS STRING) || ' excused' || relief_word || '; '
              ELSE 'Covered on every required day since ' || CAST(required_from AS STRING) || '; ' END || latest_record
         WHEN 'pending' THEN 'Nothing was due by the end of the judged period'
              || COALESCE('; next due on ' || CAST(next_due_on AS STRING), '') || '.'
         ELSE 'The requirement stopped applying before anything was due.' END || unread_rows AS why
FROM (SELECT verdict.*, closed.closed_on, CASE WHEN gap_days = 1 THEN '1 required day, ' || CAST(first_gap_on AS STRING)
                                   ELSE CAST(gap_days AS STRING) || ' required days between ' || CAST(first_gap_on AS STRING)
                                        || ' and ' || CAST(last_gap_on AS STRING) END AS gap_words,
             CASE WHEN relief_days = 1 THEN ' day' ELSE ' days' END AS relief_word,
             COALESCE('last completed on ' || CAST(last_completed_on AS STRING) || '.', 'no valid record by the end of the judged period.') AS latest_record,
             CASE WHEN unread.how_many IS NULL THEN ''
                  WHEN unread.how_many = 1 THEN ' A row that seems to be about this person could not be used: ' || place || '.'
                  ELSE ' ' || CAST(unread.how_many AS STRING) || ' rows that seem to be about this person could not be used, '
                       || 'among them ' || place || '.' END AS unread_rows
      FROM verdict
      LEFT JOIN (SELECT person_no, requirement_no, MAX(closed_on) AS closed_on FROM exception
                 CROSS JOIN settings WHERE closed_on > window_to GROUP BY person_no, requirement_no) closed
             ON closed.person_no = verdict.person_no AND closed.requirement_no = verdict.requirement_no
      LEFT JOIN (SELECT account_person.person_no, COUNT(*) AS how_many, MIN(unread_record.place) AS place
                 FROM unread_record JOIN account_person ON account_person.account = unread_record.account
                 GROUP BY account_person.person_no) unread
             ON unread.person_no = verdict.person_no) verdict
