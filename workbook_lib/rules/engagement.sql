-- C2: each readable people row is an engagement, first and last day included; an empty end is no end.
SELECT person.person_no, profile.profile_no, people.start_date, COALESCE(people.end_date, settings.far) AS end_date
FROM people
CROSS JOIN settings
JOIN person ON person.person_id = people.person_id
JOIN profile ON profile.worker_type = people.worker_type
            AND COALESCE(profile.role, '') = COALESCE(people.role, '')
            AND COALESCE(profile.department, '') = COALESCE(people.department, '')
