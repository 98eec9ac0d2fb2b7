-- Who is in the population: everybody whom an export of people names, once, described by their latest row.
-- Nobody is dropped because a row cannot be read; people whom a recorded decision excludes are left out and listed.
WITH named AS (
  SELECT person_id, name, email, worker_type, role, department, manager_email, start_date, source_no, row_no FROM people
  UNION ALL
  SELECT person_id, name, email, worker_type, role, department, manager_email, start_date, source_no, row_no FROM unread_people
), listed AS (
  SELECT person_id, MIN(name) AS name FROM accounts WHERE person_id IS NOT NULL GROUP BY person_id
), described AS (
  SELECT named.*, ROW_NUMBER() OVER (PARTITION BY named.person_id
                                     ORDER BY named.start_date DESC NULLS LAST, named.source_no DESC, named.row_no DESC) AS latest
  FROM named
  LEFT JOIN decision ON decision.kind = 'exclude' AND decision.withdrawn = 0 AND decision.person_id = named.person_id
  WHERE decision.person_id IS NULL
)
SELECT ROW_NUMBER() OVER (ORDER BY described.person_id) AS person_no, described.person_id,
       COALESCE(described.name, listed.name) AS name,
       described.email, described.worker_type, described.role, described.department, described.manager_email
FROM described LEFT JOIN listed ON listed.person_id = described.person_id
WHERE latest = 1
