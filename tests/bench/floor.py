"""The floor of the judgement: read the columns that it needs, join records to people, one window sort. Nothing is judged.

python tests/bench/floor.py FOLDER
"""

import sys

import duckdb

QUERY = """
SELECT COUNT(*), SUM(EXTRACT(epoch FROM since)) FROM (
  SELECT completed_at - LAG(completed_at) OVER (PARTITION BY person.place, module_id ORDER BY completed_at) AS since
  FROM '{0}/completions.parquet' record
  JOIN (SELECT email, MIN(file_row_number) AS place FROM read_parquet('{0}/people.parquet', file_row_number=true)
        GROUP BY email) person ON person.email = record.account
  WHERE status IN ('completed', 'passed')) records"""

if __name__ == "__main__":
    print(duckdb.sql(QUERY.format(sys.argv[1])).fetchall())
