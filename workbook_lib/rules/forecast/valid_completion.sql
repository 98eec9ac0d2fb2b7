-- The training records that are known, and those that are assumed.
SELECT person_no, requirement_no, done_on FROM main.valid_completion
UNION
SELECT assumed.person_no, assumed.requirement_no, assumed.done_on
FROM assumed JOIN requirement ON requirement.requirement_no = assumed.requirement_no WHERE requirement.policy_id IS NULL
