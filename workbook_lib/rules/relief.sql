-- C10, C11: the days on which a person is excused. A long enough leave excuses until some days after the return. An approved
-- extension excuses from the day of its approval, never before it, until the new due day or until the person's next record.
SELECT person.person_no, requirement.requirement_no, leave.start_date AS from_day,
       COALESCE(leave.end_date + settings.return_days, settings.far) AS to_day, 'leave' AS kind
FROM leave
CROSS JOIN settings
CROSS JOIN requirement
JOIN person ON person.person_id = leave.person_id
WHERE leave.end_date IS NULL OR leave.end_date >= leave.start_date + (settings.minimum_days - 1)
UNION ALL
SELECT person_no, requirement_no, approved_on, used_up_on - 1, 'extension'
FROM (SELECT extension.person_no, extension.requirement_no, extension.approved_on,
             LEAST(extension.new_due_on, COALESCE(MIN(cover.done_on), extension.new_due_on)) AS used_up_on
      FROM extension
      CROSS JOIN settings
      LEFT JOIN cover ON cover.person_no = extension.person_no AND cover.requirement_no = extension.requirement_no
                     AND cover.done_on >= extension.approved_on
      WHERE extension.approved_on <= settings.as_of
      GROUP BY extension.person_no, extension.requirement_no, extension.approved_on, extension.new_due_on) granted
WHERE used_up_on > approved_on
