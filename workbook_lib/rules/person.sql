-- Who may be in the population: everybody but those whom a recorded decision excludes.
SELECT person_no, person_id, name, email, worker_type, role, department, manager_email FROM everybody WHERE is_excluded = 0
