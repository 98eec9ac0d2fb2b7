-- "Annual" read as rolling: the runs that are judged once more, where the audit reads the requirement in another way (C4 and C5 are
-- the same). Elsewhere the verdict itself is this reading.
SELECT run.* FROM main.run JOIN annual ON annual.requirement_no = run.requirement_no WHERE annual.own_reading <> 'rolling'
