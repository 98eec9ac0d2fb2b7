-- The runs of the requirements that a reading judges once more (C4, C5 are the same in all of them).
SELECT run.* FROM main.run JOIN rejudged ON rejudged.requirement_no = run.requirement_no
