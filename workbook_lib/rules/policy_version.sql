-- C9: the versions of each policy in order; when each was in force; and the first later version that matters (material).
SELECT policy_id, version, effective_on,
       CASE WHEN version_no = 1 THEN DATE '0001-01-01' ELSE effective_on END AS in_force_from,
       COALESCE(LEAD(effective_on) OVER (PARTITION BY policy_id ORDER BY version_no) - 1, far) AS in_force_to,
       MIN(CASE WHEN material THEN effective_on END) OVER (PARTITION BY policy_id ORDER BY version_no
           ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS replaced_on
FROM (SELECT policy_id, version, effective_on, material,
             ROW_NUMBER() OVER (PARTITION BY policy_id ORDER BY effective_on, source_no, row_no) AS version_no
      FROM policies) versions
CROSS JOIN settings
