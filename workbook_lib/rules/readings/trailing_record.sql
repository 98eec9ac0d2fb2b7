-- "Annual" read as trailing: on the last accountable day of W there is a record within the twelve months before it. Other days
-- are not looked at. Which records count in the tenure is C7, as ever.
SELECT last_accountable.person_no, last_accountable.requirement_no, last_accountable.judged_on,
       MAX(annual_record.done_on) AS done_on
FROM last_accountable
CROSS JOIN settings
LEFT JOIN annual_record
       ON annual_record.person_no = last_accountable.person_no AND annual_record.requirement_no = last_accountable.requirement_no
      AND annual_record.done_on BETWEEN last_accountable.tenure_from - settings.preboarding_days AND last_accountable.judged_on
      AND annual_record.a_year_later > last_accountable.judged_on AND annual_record.lapses_on > last_accountable.judged_on
GROUP BY last_accountable.person_no, last_accountable.requirement_no, last_accountable.judged_on
