-- "Annual" read as rolling: the runs (C4, C5) that are judged once more, since the audit reads the requirement in another way.
SELECT run.* FROM main.run JOIN annual ON annual.requirement_no = run.requirement_no WHERE annual.own_reading <> 'rolling'
