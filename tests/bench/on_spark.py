"""The same company judged by DuckDB and by Spark: how long each takes, and whether each relation is the same, row for row.

PYSPARK_SUBMIT_ARGS="--driver-memory 8g pyspark-shell" python tests/bench/on_spark.py FOLDER [MASTER]

FOLDER holds an audit, such as `company.py` writes; MASTER is local[*] by default.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from workbook_lib import coverage, identity
from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.spark import SparkEngine
from workbook_lib.workpaper import perform

RELATIONS = (*identity.STATEMENTS, *coverage.STATEMENTS)


def judged(engine: Engine, folder: Path, into: Path) -> float:
    """Judge, and write each relation of the rules; returns the seconds of the judgement."""
    start = time.perf_counter()
    perform(load_audit(folder), engine=engine)
    seconds = time.perf_counter() - start
    into.mkdir()
    for name in RELATIONS:
        engine.export_parquet(f"SELECT * FROM {name}", into / f"{name}.parquet")
    engine.close()
    return seconds


def main(folder: Path, master: str) -> None:
    """Print a line per relation; ends with 1 where one is not the same."""
    with tempfile.TemporaryDirectory() as scratch:
        duckdb, spark = Path(scratch, "duckdb"), Path(scratch, "spark")
        print(f"DuckDB: {judged(Engine(), folder, duckdb):.0f} s", flush=True)
        print(f"Spark, {master}: {judged(SparkEngine(master), folder, spark):.0f} s, its start included", flush=True)
        others = 0
        for name in RELATIONS:
            others += not same(Engine(), duckdb / f"{name}.parquet", spark / f"{name}.parquet", name)
    raise SystemExit(others > 0)


def same(engine: Engine, one: Path, other: Path, name: str) -> bool:
    """Whether two relations hold the same rows, each as often; says how many."""
    mine, theirs = engine.in_parquet(one), engine.in_parquet(other)
    only_mine, only_theirs = (
        engine.number(f"SELECT COUNT(*) FROM ({left} EXCEPT ALL {right}) only_there")
        for left, right in ((mine, theirs), (theirs, mine))
    )
    rows = engine.number(f"SELECT COUNT(*) FROM ({mine}) rows")
    print(f"{name}: {rows:,} rows; only in DuckDB {only_mine:,}, only in Spark {only_theirs:,}", flush=True)
    return not only_mine and not only_theirs


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(sys.argv[2:] or ["local[*]"]))
