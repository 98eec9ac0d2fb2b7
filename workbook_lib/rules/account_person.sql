-- Whose account is it? By the exact person id (written as the account, or in the system's own list of users), then by an
-- e-mail address that one person alone has, then by a recorded link. Never by a guess: what fits two people fits nobody.
WITH heard AS (
  SELECT account, account_email, 1 AS in_system FROM completions
  UNION SELECT account, account_email, 1 FROM acknowledgements
  UNION SELECT account, account_email, 1 FROM accounts
  UNION SELECT account, account_email, 0 FROM access
  UNION SELECT account, account_email, 0 FROM unread_record
), known AS (
  SELECT account, COALESCE(account_email, account) AS account_key, account_email, MAX(in_system) AS in_system
  FROM heard GROUP BY account, account_email
), by_list AS (
  SELECT COALESCE(accounts.account_email, accounts.account) AS account_key, MIN(person.person_no) AS person_no
  FROM accounts JOIN person ON person.person_id = accounts.person_id
  GROUP BY COALESCE(accounts.account_email, accounts.account) HAVING MIN(person.person_no) = MAX(person.person_no)
), addressed AS (
  SELECT email, person_id FROM people UNION SELECT email, person_id FROM unread_people
), by_email AS (
  SELECT addressed.email, MIN(person.person_no) AS person_no
  FROM addressed JOIN person ON person.person_id = addressed.person_id
  GROUP BY addressed.email HAVING MIN(person.person_no) = MAX(person.person_no)
), by_link AS (
  SELECT COALESCE(decision.account_email, decision.account) AS account_key, MIN(person.person_no) AS person_no
  FROM decision JOIN person ON person.person_id = decision.person_id
  WHERE decision.kind = 'link' AND decision.withdrawn = 0
  GROUP BY COALESCE(decision.account_email, decision.account) HAVING MIN(person.person_no) = MAX(person.person_no)
), excluded AS (
  SELECT DISTINCT COALESCE(account_email, account) AS account_key
  FROM decision WHERE kind = 'exclude' AND withdrawn = 0 AND account IS NOT NULL
)
SELECT known.account, known.in_system,
       CASE WHEN excluded.account_key IS NULL
            THEN COALESCE(by_id.person_no, by_list.person_no, by_email.person_no, by_link.person_no) END AS person_no,
       CASE WHEN excluded.account_key IS NOT NULL THEN 'excluded'
            WHEN by_id.person_no IS NOT NULL THEN 'person id'
            WHEN by_list.person_no IS NOT NULL THEN 'list of users'
            WHEN by_email.person_no IS NOT NULL THEN 'e-mail address'
            WHEN by_link.person_no IS NOT NULL THEN 'link decision'
            ELSE 'nobody' END AS via
FROM known
LEFT JOIN person by_id ON by_id.person_id = known.account
LEFT JOIN by_list ON by_list.account_key = known.account_key
LEFT JOIN by_email ON by_email.email = known.account_email
LEFT JOIN by_link ON by_link.account_key = known.account_key
LEFT JOIN excluded ON excluded.account_key = known.account_key
