-- C12, C14: one verdict for each person and requirement, by the first line that fits. Nothing is guessed: a person with a row
-- that could not be read is undetermined for every requirement that may apply to them.
WITH doubtful AS (
  SELECT DISTINCT person.person_no, applies.requirement_no
  FROM (SELECT person_id, worker_type, role, department FROM people
        UNION ALL SELECT person_id, worker_type, role, department FROM unread_people) described
  JOIN (SELECT DISTINCT person_id FROM unread_people) unread ON unread.person_id = described.person_id
  JOIN person ON person.person_id = described.person_id
  JOIN profile ON COALESCE(profile.worker_type, '') = COALESCE(described.worker_type, '')
              AND COALESCE(profile.role, '') = COALESCE(described.role, '')
              AND COALESCE(profile.department, '') = COALESCE(described.department, '')
  JOIN applies ON applies.profile_no = profile.profile_no
  JOIN requirement ON requirement.requirement_no = applies.requirement_no
  CROSS JOIN settings
  WHERE requirement.effective_from <= window_to AND requirement.retired_on >= window_from
    AND requirement.effective_from <= requirement.retired_on
), lines AS (
  SELECT COALESCE(tally.person_no, doubtful.person_no) AS person_no,
         COALESCE(tally.requirement_no, doubtful.requirement_no) AS requirement_no,
         CASE WHEN doubtful.person_no IS NOT NULL THEN 'undetermined'
              WHEN last_gap_on IS NOT NULL AND (last_covered_on IS NULL OR last_covered_on < last_gap_on) THEN 'missing'
              WHEN last_gap_on IS NOT NULL THEN 'late'
              WHEN last_accountable_on IS NULL AND is_uncovered = 1 THEN 'excused'
              WHEN required_from IS NOT NULL OR is_covered = 1 THEN 'met'
              WHEN applies_at_end = 1 THEN 'pending'
              ELSE 'left' END AS verdict,
         required_from, last_required_on, gap_days, relief_days, next_due_on, first_gap_on, last_gap_on
  FROM tally
  FULL OUTER JOIN doubtful ON doubtful.person_no = tally.person_no AND doubtful.requirement_no = tally.requirement_no
), latest AS (
  SELECT person_no, requirement_no, MAX(done_on) AS last_completed_on
  FROM cover CROSS JOIN settings WHERE done_on <= window_to GROUP BY person_no, requirement_no
)
SELECT lines.person_no, lines.requirement_no, lines.verdict, lines.required_from, latest.last_completed_on,
       CASE WHEN verdict <> 'undetermined' THEN gap_days END AS gap_days, relief_days,
       CASE WHEN verdict NOT IN ('missing', 'undetermined') THEN next_due_on END AS next_due_on,
       first_gap_on, last_gap_on, last_required_on
FROM lines
LEFT JOIN latest ON latest.person_no = lines.person_no AND latest.requirement_no = lines.requirement_no
