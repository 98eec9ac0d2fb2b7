"""The judgement run by Spark: the same statements, over the same relations. Nothing else imports pyspark.

Whose an account is (`identity`) and who was covered (`coverage`) go through Spark. Reading, quarantine, other readings
of "annual", the forecast and whatever looks at the results stay in DuckDB. What a statement needs goes to Spark as
Parquet, once; what it makes comes back as Parquet, and every row is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbook_lib import coverage, identity
from workbook_lib.audit import Audit
from workbook_lib.engine import Engine, parquet_rows, quoted
from workbook_lib.source import Source
from workbook_lib.tables import Problem, UserError
from workbook_lib.whole import draft_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

#: Masters that are served. Spark Connect (`sc://`) is not: files are handed over, and it need not see them.
MASTER = re.compile(r"local(\[(\*|[1-9][0-9]*)(,[0-9]+)?\])?|yarn|(spark|k8s)://\S+")
#: Variable of the environment that names a master to a process that is told nothing else: the notebook's.
VARIABLE = "WORKBOOK_SPARK_MASTER"
#: Spark reads the statements as the standard has them, and days long ago as everybody else does.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # by default a moment would lose its time zone
}
#: The statements that Spark runs.
JUDGEMENT = frozenset((*identity.STATEMENTS, *coverage.STATEMENTS))
#: So few rows are judged before Spark has compiled a plan for them, or shared them out.
FEW = 100_000
FOR_FEW = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
#: The one function of the rules that Spark has under another name.
JOINED = (
    "CREATE OR REPLACE TEMPORARY FUNCTION ARRAY_TO_STRING(items ARRAY<STRING>, mark STRING) RETURNS STRING "
    "RETURN ARRAY_JOIN(items, mark)"
)


class SparkEngine(Engine):
    """An engine whose rules are run by a Spark session.

    master : the URL of a Spark master, such as local[2] or spark://host:7077. The workers of a cluster must see the
    folder of temporary files (TMPDIR) under the same name.  memory_limit : as for `Engine`; Spark has its own settings.

    Raises UserError where Spark cannot be had, or fails.
    """

    def __init__(self, master: str, memory_limit: str | None = None) -> None:
        super().__init__(memory_limit)
        self._folder = Path(tempfile.mkdtemp(prefix="workbook-spark-"))
        self._forget_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        # By default Spark makes its warehouse in the working folder; nothing is kept in this one.
        self._spark = session(master, {"spark.sql.warehouse.dir": self._folder.as_uri()})
        self._known: set[str] = set()

    def close(self) -> None:
        """Let go of the memory, and of the files that went to and fro. The session may serve others, and stays."""
        super().close()
        self._forget_folder()

    def _judge(self, name: str, statement: str) -> None:
        if self._schema or name not in JUDGEMENT:
            super()._judge(name, statement)
            return
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            self._suit_rows()
            for relation in self._named_in(statement) - self._known:
                self.export_parquet(f"SELECT * FROM {relation}", self._folder / f"{relation}.parquet")
                self._show(relation, self._spark.read)
            made = self._spark.sql(statement)
            rows = _written(made, self._uri(name))
            self._show(name, self._spark.read.schema(made.schema))
        except (PySparkException, Py4JError) as error:
            raise _failed(name, str(error)) from error
        self.derive(name, f"SELECT * FROM read_parquet({quoted(str(self._folder / f'{name}.parquet' / '*.parquet'))})")
        if (back := self.count(name)) != rows:
            raise _failed(name, f"it made {rows:,} rows, and {back:,} came back.")

    def _suit_rows(self) -> None:
        """Before the first statement: settings for few rows, where there are few."""
        if self._known:
            return
        ((rows,),) = self.rows("SELECT SUM(estimated_size) FROM duckdb_tables()")
        if rows <= FEW:
            for name, value in FOR_FEW.items():
                self._spark.conf.set(name, value)

    def _named_in(self, statement: str) -> set[str]:
        """The relations that a statement may read."""
        there = self.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'")
        return {name for (name,) in there} & set(re.findall(r"\w+", statement))

    def _show(self, relation: str, reader: DataFrameReader) -> None:
        """Let Spark see the file of a relation under its name."""
        reader.parquet(self._uri(relation)).createOrReplaceTempView(relation)
        self._known.add(relation)

    def _uri(self, relation: str) -> str:
        return (self._folder / f"{relation}.parquet").as_uri()


def _written(made: DataFrame, uri: str) -> int:
    """Write a relation of Spark as Parquet; how many rows Spark counted on the way."""
    from pyspark.sql import Observation
    from pyspark.sql.functions import count, lit

    observed = Observation()
    made.observe(observed, count(lit(1)).alias("rows")).write.parquet(uri)
    return int(observed.get["rows"])


def open_engine(memory_limit: str | None = None) -> Engine:
    """An empty engine: Spark's where the environment names a master, as in the notebook of a run; else DuckDB."""
    master = os.environ.get(VARIABLE, "")
    return SparkEngine(master, memory_limit) if master else Engine(memory_limit)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A table of the catalogue that was written to the file of the n-th source, or whose file was there."""

    no: int
    source: Source
    rows: int
    is_new: bool


def fetch(audit: Audit, master: str, *, again: bool = False) -> Iterator[Fetched]:
    """Write each table of Spark's catalogue that audit.toml names to its file in the audit folder, as one Parquet file.

    again : also where the file is there. What Spark counts must be what the file holds. The catalogue is the one that
    Spark is configured with (spark-defaults.conf); a file is written whole or not at all.

    Raises UserError where a table cannot be read, or no source names one.
    """
    wanted = [(no, source) for no, source in enumerate(audit.sources, 1) if source.catalogue_table]
    if not wanted:
        raise UserError(
            Problem(
                where="audit.toml, source",
                what="no source names a catalogue_table.",
                do='add to a source, for example, catalogue_table = "hr.people" and file = "exports/people.parquet".',
                code="nothing_to_fetch",
            )
        )
    spark = session(master)
    for no, source in wanted:
        file = audit.folder / source.file
        is_new = again or not file.exists()
        if is_new:
            _fetch(spark, no, source, file)
        yield Fetched(no, source, parquet_rows(file), is_new)


def _fetch(spark: SparkSession, no: int, source: Source, file: Path) -> None:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    where = f"audit.toml, source[{no}].catalogue_table"
    with tempfile.TemporaryDirectory(prefix="workbook-spark-") as scratch:
        into = Path(scratch) / "table"
        try:
            rows = _written(spark.table(str(source.catalogue_table)).coalesce(1), into.as_uri())
        except (PySparkException, Py4JError) as error:
            what = f"'{source.catalogue_table}' could not be read: {_first_line(str(error))}"
            do = "correct the name, or see that Spark is configured with the catalogue that has it."
            raise UserError(Problem(where=where, what=what, do=do, code="unread_table")) from error
        parts = [*into.glob("*.parquet")]
        there = parquet_rows(parts[0]) if parts else 0
        if len(parts) != 1 or there != rows:
            what = f"Spark wrote {rows:,} rows of '{source.catalogue_table}', and {there:,} arrived."
            do = "see that the workers see the folder of temporary files (TMPDIR) as this machine does."
            raise UserError(Problem(where=where, what=what, do=do, code="rows_lost"))
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft_of(file) as draft:
            shutil.copyfile(parts[0], draft)


def session(master: str, settings: Mapping[str, str] | None = None) -> SparkSession:
    """A session of its own, with the settings that the rules need. Raises UserError where there is none to be had.

    settings : further ones, which count where Spark is not running yet.
    """
    if not MASTER.fullmatch(master):
        raise UserError(
            _problem(
                "bad_spark_master",
                f"'{master}' is no master of Spark.",
                "give local[2], spark://host:7077, yarn or k8s://https://host:443.",
            )
        )
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UserError(
            _problem("no_pyspark", "the package pyspark is not installed.", "pip install 'audit-workbook[spark]'")
        ) from None
    if not has_java():
        raise UserError(
            _problem("no_java", "Spark needs Java, and there is none.", "install Java 17 or newer, or set JAVA_HOME.")
        )
    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    builder = SparkSession.builder.master(master).appName("audit-workbook")
    for name, value in {**quiet, **(settings or {})}.items():
        builder = builder.config(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of pandas, which is not used
            mine = builder.getOrCreate().newSession()
        for name, value in SETTINGS.items():
            mine.conf.set(name, value)
        mine.sql(JOINED)
    except Exception as error:  # whatever the gateway, the master or the JVM has to say
        raise UserError(
            _problem("no_spark", f"no session with {master}: {_first_line(str(error))}", "see that the master runs.")
        ) from error
    return mine


def has_java() -> bool:
    """Whether there is a Java that Spark would find."""
    home = os.environ.get("JAVA_HOME")
    return bool(shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java"))


def _failed(name: str, why: str) -> UserError:
    return UserError(
        _problem(
            "spark_failed",
            f"rules/{name}.sql: {_first_line(why)}",
            "see that the workers have memory enough, and see the folder of temporary files (TMPDIR) as this machine "
            "does; or leave out --engine spark.",
        )
    )


def _problem(code: str, what: str, do: str) -> Problem:
    return Problem(where="--engine spark", what=what, do=do, code=code)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
