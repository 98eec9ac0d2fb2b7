-- The acknowledgements that are known, and those that are assumed: each of the version in force on its day (C9).
SELECT person_no, requirement_no, done_on, lapses_on FROM main.valid_acknowledgement
UNION
SELECT assumed.person_no, assumed.requirement_no, assumed.done_on,
       policy_version.replaced_on + requirement.due_within_days
FROM assumed
JOIN requirement ON requirement.requirement_no = assumed.requirement_no
JOIN policy_version ON policy_version.policy_id = requirement.policy_id
                   AND assumed.done_on BETWEEN policy_version.in_force_from AND policy_version.in_force_to
