-- C9: an acknowledgement counts for the version that it names, or else for the one in force on its day. It lapses
-- due_within_days after a later material version took effect; made after that day, it covers nothing.
SELECT DISTINCT person_no, requirement_no, done_on, lapses_on
FROM (SELECT account_person.person_no, requirement.requirement_no, acknowledgements.acknowledged_on AS done_on,
             policy_version.replaced_on + requirement.due_within_days AS lapses_on
      FROM acknowledgements
      CROSS JOIN settings
      JOIN requirement ON requirement.policy_id = acknowledgements.policy_id
      JOIN account_person ON account_person.account = acknowledgements.account
      JOIN policy_version ON policy_version.policy_id = acknowledgements.policy_id
       AND (policy_version.version = acknowledgements.version
         OR acknowledgements.version IS NULL
            AND acknowledgements.acknowledged_on BETWEEN policy_version.in_force_from AND policy_version.in_force_to)
      WHERE account_person.person_no IS NOT NULL
        AND acknowledgements.acknowledged_on <= settings.as_of
        AND acknowledgements.status = 'acknowledged') acknowledged
WHERE lapses_on IS NULL OR lapses_on > done_on
