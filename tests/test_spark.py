"""Spark runs the same rules to the same results; and what is said where it cannot.

pyspark is not in the extra dev: it takes 450 MB. Without it, or without Java, the comparison is skipped.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest
from companies import random_company, write
from folders import make
from typer.testing import CliRunner

from workbook_lib import spark
from workbook_lib.audit import load_audit
from workbook_lib.cli import app
from workbook_lib.spark import SparkEngine
from workbook_lib.tables import UserError
from workbook_lib.workpaper import perform

NORTHWIND = Path(__file__).parent.parent / "data_samples" / "northwind"
needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or not spark.has_java(),
    reason="needs the package pyspark (extra spark) and Java",
)


@needs_spark
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("name", ["northwind", "200", "201"])
def test_spark_judges_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = "--conf spark.sql.shuffle.partitions=2 --conf spark.sql.codegen.wholeStage=false pyspark-shell"
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", quick)  # compiling each step takes longer than so few rows
    folder = NORTHWIND if name == "northwind" else write(random_company(int(name), 60), tmp_path / name)
    audit = load_audit(folder)
    ours, theirs = perform(audit), perform(audit, engine=SparkEngine("local[1]"))
    assert ours.verdicts
    assert ours.exceptions
    assert theirs.verdicts == ours.verdicts
    assert theirs.exceptions == ours.exceptions
    for relation in ("person", "account_person", "cover", "stretch", "why"):
        query = f"SELECT * FROM {relation}"
        assert Counter(theirs.rows(query)) == Counter(ours.rows(query)), relation
    assert theirs.engine.statements == ours.engine.statements


def code(master: str) -> str:
    with pytest.raises(UserError) as refused:
        SparkEngine(master)
    return refused.value.problems[0].code


@pytest.mark.parametrize("master", ["", "locally", "local[0]", "sc://host", "spark://"])
def test_a_master_that_spark_does_not_know_is_refused(master: str) -> None:
    assert code(master) == "bad_spark_master"


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    assert code("local[1]") == "no_pyspark"


def test_without_java_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyspark.sql", reason="needs the package pyspark (extra spark)")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert code("local[1]") == "no_java"


def test_a_master_goes_with_spark(tmp_path: Path) -> None:
    folder = make(tmp_path / "acme")
    done = CliRunner().invoke(app, ["judge", str(folder), "--out", str(tmp_path / "out"), "--spark-master", "local[1]"])
    assert done.exit_code == 2
    assert "it goes with --engine spark" in done.output
    assert not (tmp_path / "out").exists()
