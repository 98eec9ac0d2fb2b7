-- Each duty of the whole period: its verdict so far (none for a duty that has not begun), and at the period's end under both
-- assumptions. turns_on: the due day on which it becomes a deviation if nothing happens; it can still be met up to that day.
SELECT nobody.person_no, nobody.requirement_no, verdict.verdict AS so_far, nobody.verdict AS if_nobody,
       everybody.verdict AS if_everybody,
       CASE WHEN everybody.verdict = 'met' THEN nobody.first_gap_on END AS turns_on
FROM if_nobody.verdict nobody
JOIN if_everybody.verdict everybody ON everybody.person_no = nobody.person_no
                                   AND everybody.requirement_no = nobody.requirement_no
LEFT JOIN verdict ON verdict.person_no = nobody.person_no AND verdict.requirement_no = nobody.requirement_no
