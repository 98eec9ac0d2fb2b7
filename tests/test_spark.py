"""Spark runs the same rules to the same results; and what is said where it cannot.

pyspark is not in the extra dev: it takes 450 MB. Without it, or without Java, the comparison is skipped.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
import packs
import pytest
from companies import random_company, write
from folders import make
from nbformat import v4
from typer.testing import CliRunner

from workbook_lib import coverage, identity, publish, spark
from workbook_lib.audit import load_audit
from workbook_lib.cli import app
from workbook_lib.pack import read_info
from workbook_lib.spark import SparkEngine
from workbook_lib.tables import UserError
from workbook_lib.workpaper import perform

NORTHWIND = Path(__file__).parent.parent / "data_samples" / "northwind"
needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or not spark.has_java(),
    reason="needs the package pyspark (extra spark) and Java",
)
harmless = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")


#: A session that starts quickly and compiles little: the machine code of few rows costs more than it saves.
QUICK = "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"


@pytest.fixture(scope="module", autouse=True)
def quick_java() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", QUICK)
        yield


@needs_spark
@harmless
@pytest.mark.parametrize("name", ["northwind", "200", "201", "202"])
def test_spark_judges_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row for row. Companies of chance have rows that cannot be read; for one of them plans are compiled as for many."""
    if name == "202":
        monkeypatch.setattr(spark, "FEW", 0)
    folder = NORTHWIND if name == "northwind" else write(random_company(int(name), 60), tmp_path / name)
    audit = load_audit(folder)
    ours, theirs = perform(audit), perform(audit, engine=SparkEngine("local[1]"))
    assert ours.verdicts
    assert ours.exceptions
    assert ours.quarantine
    assert theirs.verdicts == ours.verdicts
    assert theirs.exceptions == ours.exceptions
    for relation in (*identity.STATEMENTS, *coverage.STATEMENTS):
        query = f"SELECT * FROM {relation}"
        assert Counter(theirs.rows(query)) == Counter(ours.rows(query)), relation
    assert theirs.engine.statements == ours.engine.statements


@needs_spark
@harmless
def test_the_pack_is_the_same(tmp_path: Path) -> None:
    """All but run.json: when it was made, by whom, and with which engine."""
    ours, theirs = packs.seal(NORTHWIND, tmp_path / "a"), packs.seal(NORTHWIND, tmp_path / "b", spark_master="local[1]")
    manifests = [(pack / "manifest-sha256.txt").read_text(encoding="utf-8").splitlines() for pack in (ours, theirs)]
    assert {line[66:] for line in {*manifests[0]} ^ {*manifests[1]}} == {"data/run.json"}
    assert read_info(theirs)["Result-Digest"] == read_info(ours)["Result-Digest"]
    engines = [json.loads((pack / "data" / "run.json").read_text())["options"]["engine"] for pack in (ours, theirs)]
    assert engines == ["duckdb", "spark"]


def test_the_notebook_is_told_the_master_and_does_not_print_it(tmp_path: Path) -> None:
    notebook = v4.new_notebook(
        cells=[
            v4.new_code_cell("n = 0", metadata={"tags": ["parameters"]}),
            v4.new_code_cell("from workbook_lib import spark; spark.open_engine()"),
        ],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, tmp_path / "any.ipynb")
    with pytest.raises(UserError) as refused:
        publish.execute(tmp_path / "any.ipynb", {}, tmp_path / "done.ipynb", environment={spark.VARIABLE: "local[0]"})
    assert "'local[0]' is no master of Spark" in str(refused.value)


def code(master: str) -> str:
    with pytest.raises(UserError) as refused:
        SparkEngine(master)
    return refused.value.problems[0].code


@pytest.mark.parametrize("command", ["judge", "run"])
def test_a_master_goes_with_spark(command: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "acme")
    done = CliRunner().invoke(app, [command, str(folder), "--out", str(tmp_path / "out"), "--spark-master", "local[1]"])
    assert done.exit_code == 2
    assert "it goes with --engine spark" in done.output
    assert not (tmp_path / "out").exists()


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
