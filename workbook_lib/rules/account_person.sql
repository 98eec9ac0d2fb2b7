-- Whose account is it? By the exact person id (written as the account, or in the system's own list of users), then by an
-- e-mail address that one person alone has, then by a recorded link. Never by a guess: what fits two people fits nobody.
WITH heard AS (
  SELECT account, account_email, 1 AS in_system, 1 AS has_records FROM completions
  UNION ALL SELECT account, account_email, 1, 1 FROM acknowledgements
  UNION ALL SELECT account, account_email, 1, 0 FROM accounts
  UNION ALL SELECT account, account_email, 0, 0 FROM access
  UNION ALL SELECT account, account_email, 0, 0 FROM unread_record
), known AS (
  SELECT account, COALESCE(account_email, account) AS account_key, account_email, MAX(in_system) AS in_system,
         MAX(has_records) AS has_records
  FROM heard GROUP BY account, account_email
), by_list AS (
  SELECT COALESCE(accounts.account_email, accounts.account) AS account_key, MIN(everybody.person_no) AS person_no
  FROM accounts JOIN everybody ON everybody.person_id = accounts.person_id
  GROUP BY COALESCE(accounts.account_email, accounts.account) HAVING MIN(everybody.person_no) = MAX(everybody.person_no)
), addressed AS (
  SELECT email, person_id FROM people UNION SELECT email, person_id FROM unread_people
), by_email AS (
  SELECT addressed.email, MIN(everybody.person_no) AS person_no
  FROM addressed JOIN everybody ON everybody.person_id = addressed.person_id
  GROUP BY addressed.email HAVING MIN(everybody.person_no) = MAX(everybody.person_no)
), linked AS (
  SELECT COALESCE(account_email, account) AS account_key, MIN(person_id) AS person_id
  FROM decision WHERE kind = 'link' AND withdrawn = 0
  GROUP BY COALESCE(account_email, account) HAVING MIN(person_id) = MAX(person_id)
), by_link AS (
  SELECT linked.account_key, everybody.person_no FROM linked JOIN everybody ON everybody.person_id = linked.person_id
), excluded AS (
  SELECT DISTINCT COALESCE(account_email, account) AS account_key
  FROM decision WHERE kind = 'exclude' AND withdrawn = 0 AND account IS NOT NULL
), found AS (
  SELECT known.account, known.account_key, known.in_system, known.has_records, excluded.account_key AS excluded_key,
         COALESCE(by_id.person_no, by_list.person_no, by_email.person_no, by_link.person_no) AS person_no,
         CASE WHEN by_id.person_no IS NOT NULL THEN 'person id'
              WHEN by_list.person_no IS NOT NULL THEN 'list of users'
              WHEN by_email.person_no IS NOT NULL THEN 'e-mail address'
              WHEN by_link.person_no IS NOT NULL THEN 'link decision'
              ELSE 'nobody' END AS via
  FROM known
  LEFT JOIN everybody by_id ON by_id.person_id = known.account
  LEFT JOIN by_list ON by_list.account_key = known.account_key
  LEFT JOIN by_email ON by_email.email = known.account_email
  LEFT JOIN by_link ON by_link.account_key = known.account_key
  LEFT JOIN excluded ON excluded.account_key = known.account_key
)
SELECT found.account, found.account_key, found.in_system, CASE WHEN excluded_key IS NULL THEN person.person_no END AS person_no,
       CASE WHEN excluded_key IS NOT NULL OR found.person_no IS NOT NULL AND person.person_no IS NULL THEN 'excluded'
            ELSE via END AS via, found.has_records
FROM found LEFT JOIN person ON person.person_no = found.person_no
