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
from pathlib import Path
from typing import TYPE_CHECKING

from workbook_lib import coverage, identity
from workbook_lib.engine import Engine, quoted
from workbook_lib.tables import Problem, UserError

if TYPE_CHECKING:
    from pyspark.sql import DataFrameReader, SparkSession

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
        self._spark = session(master)
        self._folder = Path(tempfile.mkdtemp(prefix="workbook-spark-"))
        self._forget_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
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
            rows = self._write(name, statement)
        except (PySparkException, Py4JError) as error:
            raise _failed(name, str(error)) from error
        self.derive(name, f"SELECT * FROM read_parquet({quoted(str(self._folder / f'{name}.parquet' / '*.parquet'))})")
        if (back := self.count(name)) != rows:
            raise _failed(name, f"it made {rows:,} rows, and {back:,} came back.")

    def _suit_rows(self) -> None:
        """Before the first statement: settings for few rows, where there are few."""
        ((rows,),) = self.rows("SELECT SUM(estimated_size) FROM duckdb_tables()")
        if not self._known and rows <= FEW:
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

    def _write(self, name: str, statement: str) -> int:
        """Run a statement, write and show what it makes, and return how many rows Spark counted on the way."""
        from pyspark.sql import Observation
        from pyspark.sql.functions import count, lit

        observed = Observation()
        made = self._spark.sql(statement).observe(observed, count(lit(1)).alias("rows"))
        made.write.parquet(self._uri(name))
        self._show(name, self._spark.read.schema(made.schema))
        return int(observed.get["rows"])


def open_engine(memory_limit: str | None = None) -> Engine:
    """An empty engine: Spark's where the environment names a master, as in the notebook of a run; else DuckDB."""
    master = os.environ.get(VARIABLE, "")
    return SparkEngine(master, memory_limit) if master else Engine(memory_limit)


def session(master: str) -> SparkSession:
    """A session of its own, with the settings that the rules need. Raises UserError where there is none to be had."""
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
    for name, value in quiet.items():
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
