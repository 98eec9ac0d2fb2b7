-- C6: a training record counts when its module is one that the requirement accepts, it is dated within the exports, and its
-- status says done; where a pass mark is set, a record of "completed" needs a score that reaches it. Whoever did it twice on one
-- day has two lines here: what follows are sets of days, in which nothing counts twice.
SELECT account_person.person_no, satisfies.requirement_no, completions.completed_on AS done_on
FROM completions
CROSS JOIN settings
JOIN satisfies ON satisfies.module_id = completions.module_id
JOIN requirement ON requirement.requirement_no = satisfies.requirement_no
JOIN account_person ON account_person.account = completions.account
WHERE account_person.person_no IS NOT NULL
  AND completions.completed_on <= settings.as_of
  AND (requirement.pass_mark IS NULL AND completions.status IN ('completed', 'equivalent', 'passed')
    OR completions.status = 'passed' AND (completions.score IS NULL OR completions.score >= requirement.pass_mark)
    OR completions.status IN ('completed', 'equivalent') AND completions.score >= requirement.pass_mark)
