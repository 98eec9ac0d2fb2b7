"""Spark runs the same rules to the same results; and what is said where it cannot.

pyspark is not in the extra dev: it takes 450 MB. Without it, or without Java, the comparison is skipped.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import nbformat
import packs
import pytest
from click.testing import Result
from companies import random_company, write
from folders import AUDIT, SOUND, make
from nbformat import v4
from test_batch import line, until
from typer.testing import CliRunner

from workbook_lib import coverage, identity, publish, spark
from workbook_lib.audit import load_audit
from workbook_lib.cli import app
from workbook_lib.pack.bag import read_info
from workbook_lib.pack.verify import verify
from workbook_lib.spark import SparkEngine
from workbook_lib.tables import Problem, UserError
from workbook_lib.workpaper import perform

NORTHWIND = Path(__file__).parent.parent / "data_samples" / "northwind"
needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or not spark.has_java(),
    reason="needs the package pyspark (extra spark) and Java",
)
harmless = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")


#: A session that starts quickly and compiles little: the machine code of few rows costs more than it saves.
JAVA = "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'"


#: Records late in the day: in India they are of the next one.
LATE = SOUND["completions"].replace("T09:00:00Z", "T20:30:00Z")
DAYS = "SELECT completed_on FROM completions WHERE account LIKE 'ada@%' AND module_id = 'SEC-101' ORDER BY completed_on"
#: Table → its columns as a catalogue has them, with types.
COLUMNS = {
    "people": ["* EXCEPT (start_date)", "CAST(start_date AS DATE) AS start_date"],
    "completions": ["* EXCEPT (completed_at)", "CAST(completed_at AS TIMESTAMP) AS completed_at"],
}


def workbook(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def problems(done: Result) -> tuple[Problem, ...]:
    assert isinstance(done.exception, UserError), done.output
    return done.exception.problems


@pytest.fixture(scope="module", autouse=True)
def quick_java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    warehouse = f"--conf spark.sql.warehouse.dir={tmp_path_factory.mktemp('warehouse')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"{JAVA} {warehouse} pyspark-shell")
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


@pytest.fixture
def catalogued(tmp_path: Path) -> Path:
    """The sound company in India; its people and completions are tables of the database hr, and files no longer."""
    folder = make(tmp_path / "acme", {"completions": LATE}, AUDIT.replace('"UTC"', '"Asia/Kolkata"'))
    shutil.copytree(folder, tmp_path / "files")
    with_catalogue = spark.session("local[1]")
    with_catalogue.sql("DROP DATABASE IF EXISTS hr CASCADE")
    with_catalogue.sql(f"CREATE DATABASE hr LOCATION '{(tmp_path / 'hr').as_uri()}'")
    for name, columns in COLUMNS.items():
        table = with_catalogue.read.csv((folder / f"{name}.csv").as_uri(), header=True).selectExpr(*columns)
        table.repartition(2).write.saveAsTable(f"hr.{name}")
        (folder / f"{name}.csv").unlink()
    text = (folder / "audit.toml").read_text(encoding="utf-8")
    for name in COLUMNS:
        text = text.replace(f'"{name}.csv"', f'"exports/{name}.parquet"\ncatalogue_table = "hr.{name}"')
    (folder / "audit.toml").write_text(text, encoding="utf-8")
    return folder


@needs_spark
@harmless
def test_tables_of_a_catalogue_are_fetched_and_judged_like_files(catalogued: Path, tmp_path: Path) -> None:
    waiting = workbook("check", catalogued)
    assert [problem.code for problem in problems(waiting)] == ["not_fetched", "not_fetched"]
    fetched = workbook("fetch", catalogued, "--spark-master", "local[1]")
    assert fetched.exit_code == 0
    assert "hr.people: 4 rows written to exports/people.parquet.\n" in fetched.output
    assert "source[3] says that it was extracted on 2026-01-05; the table was read on" in fetched.output
    files, tables = perform(load_audit(tmp_path / "files")), perform(load_audit(catalogued))
    assert tables.verdicts == files.verdicts
    assert tables.rows(DAYS) == files.rows(DAYS) == [(date(2024, 12, 3),), (date(2025, 11, 20),)]
    assert [file.report for file in tables.files if file.table == "people"] == ["table hr.people"]


@needs_spark
@harmless
def test_a_pack_holds_the_table_that_it_judged(catalogued: Path, tmp_path: Path) -> None:
    assert workbook("fetch", catalogued, "--spark-master", "local[1]").exit_code == 0
    kept = (catalogued / "exports" / "people.parquet").read_bytes()
    spark.session("local[1]").sql("INSERT INTO hr.people SELECT 'E5', 'Ed', '', 'employee', '', '', DATE '2025-01-01'")
    again = workbook("fetch", catalogued, "--spark-master", "local[1]")
    assert "exports/people.parquet is there, 4 rows; --again fetches it anew." in again.output
    pack = packs.seal(catalogued, tmp_path / "out")
    assert (pack / "data" / "inputs" / "exports" / "people.parquet").read_bytes() == kept
    assert verify(pack, recompute=True).findings == ()
    assert "hr.people: 5 rows" in workbook("fetch", catalogued, "--spark-master", "local[1]", "--again").output


@needs_spark
@harmless
def test_a_table_that_is_not_in_the_catalogue_is_named(catalogued: Path) -> None:
    spark.session("local[1]").sql("DROP TABLE hr.completions")
    done = workbook("fetch", catalogued, "--spark-master", "local[1]")
    [problem] = problems(done)
    assert problem.where == "audit.toml, source[3].catalogue_table"
    assert "'hr.completions' could not be read" in problem.what
    assert not (catalogued / "exports" / "completions.parquet").exists()


def test_without_a_table_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    done = workbook("fetch", make(tmp_path / "acme"))
    assert [problem.code for problem in problems(done)] == ["nothing_to_fetch"]


@pytest.mark.parametrize("file", ["exports/*.parquet", "people.csv"])
def test_a_table_is_fetched_into_one_parquet_file(file: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "acme")
    text = (folder / "audit.toml").read_text(encoding="utf-8")
    text = text.replace('"people.csv"', f'"{file}"\ncatalogue_table = "hr.people"')
    (folder / "audit.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        load_audit(folder)
    assert "whose name ends in .parquet" in str(refused.value)


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


IN_SPARK = ("--engine", "spark", "--spark-master")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A master and a worker of Spark as processes on this machine: the address of the master, the worker's folder."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_NO_DAEMONIZE": "1"}
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, *arguments: object) -> Path:
        said = tmp_path / f"{kind}.log"
        command = [
            home / "bin" / "spark-class",
            f"org.apache.spark.deploy.{kind.lower()}.{kind}",
            "--host",
            "127.0.0.1",
        ]
        with said.open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in (*command, "--webui-port", "0", *arguments)],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        started.append(process)
        return said

    try:
        address = until_said(start("Master", "--port", "0"), r"Starting Spark master at (spark://\S+)")
        work = tmp_path / "work"
        until_said(
            start("Worker", "-c", "1", "-m", "1g", "-d", work, address), r"Successfully registered with (master)"
        )
        yield address, work
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until_said(log: Path, pattern: str) -> str:
    """Wait until a process says something, and return the part of it that is asked for."""
    found: re.Match[str] = until(lambda: re.search(pattern, log.read_text(encoding="utf-8", errors="replace")))
    return found[1]


@needs_spark
@harmless
def test_a_batch_on_a_cluster_gives_the_same_pack(cluster: tuple[str, Path], tmp_path: Path) -> None:
    """The statements run in the worker's process, which shares nothing with this one but the temporary folder."""
    address, work = cluster
    done = subprocess.run(
        line(NORTHWIND, "--periods", "2025", "--no-pdf", "--out", tmp_path / "batch", *IN_SPARK, address),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYSPARK_SUBMIT_ARGS": f"{JAVA} --executor-memory 512m pyspark-shell"},
    )
    assert done.returncode == 0, done.stderr
    ours = packs.seal(NORTHWIND, tmp_path / "ours")
    assert read_info(tmp_path / "batch" / "northwind-2025")["Result-Digest"] == read_info(ours)["Result-Digest"]
    facts = json.loads((tmp_path / "batch" / "northwind-2025" / "data" / "run.json").read_text(encoding="utf-8"))
    assert facts["options"]["engine"] == "spark"
    assert list(work.glob("app-*/0/stderr")), "an executor has worked"


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
    done = workbook(command, folder, "--out", tmp_path / "out", "--spark-master", "local[1]")
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
