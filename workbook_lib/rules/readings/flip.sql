-- Whose result another reading of "annual" turns round, and why: by that reading, and by the audit's own.
SELECT other.person_no, other.requirement_no, other.reading, other.passes, other.why, own.reading AS own_reading, own.why AS own_why
FROM reading other
JOIN reading own ON own.person_no = other.person_no AND own.requirement_no = other.requirement_no AND own.is_own = 1
WHERE other.passes <> own.passes
