-- Everybody whom an export of people names, once, described by their latest row. Nobody is dropped because a row cannot be
-- read. Whom no export calls by a name, an e-mail address stands for: their own, or that of their account. Whoever a recorded
-- decision excludes (a test user, a duplicate) is marked, and listed with its reason.
WITH named AS (
  SELECT person_id, name, email, worker_type, role, department, manager_email, start_date, source_no, row_no FROM people
  UNION ALL
  SELECT person_id, name, email, worker_type, role, department, manager_email, start_date, source_no, row_no FROM unread_people
), described AS (
  SELECT named.*, ROW_NUMBER() OVER (PARTITION BY person_id
                                     ORDER BY start_date DESC NULLS LAST, source_no DESC, row_no DESC) AS latest
  FROM named
), listed AS (
  SELECT person_id, MIN(name) AS name, MIN(account_email) AS email FROM accounts GROUP BY person_id
), excluded AS (
  SELECT DISTINCT person_id FROM decision WHERE kind = 'exclude' AND withdrawn = 0
)
SELECT CAST(ROW_NUMBER() OVER (ORDER BY described.person_id) AS INTEGER) AS person_no, described.person_id,
       COALESCE(described.name, listed.name, described.email, listed.email) AS name, described.email,
       described.worker_type, described.role, described.department, described.manager_email, CASE WHEN excluded.person_id IS NULL THEN 0 ELSE 1 END AS is_excluded
FROM described
LEFT JOIN listed ON listed.person_id = described.person_id
LEFT JOIN excluded ON excluded.person_id = described.person_id
WHERE latest = 1
