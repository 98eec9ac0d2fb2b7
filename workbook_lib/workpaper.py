"""The whole flow on one screen: exports → canonical tables → people and records → verdicts → results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook_lib import (
    caveats,
    coverage,
    forecast,
    identity,
    intake,
    procedures,
    readings,
    register,
    reminder_log,
    restatement,
    spark,
)
from workbook_lib.audit import Audit, Window, window
from workbook_lib.engine import Engine, Row
from workbook_lib.pseudonyms import Pseudonyms
from workbook_lib.received import Received, received
from workbook_lib.tables import FileAccount, Finding, Quarantined

if TYPE_CHECKING:
    import pandas as pd

#: The order in which the listings are printed.
VERDICTS = "SELECT * FROM verdicts ORDER BY person_id, requirement_id"
EXCEPTIONS = "SELECT * FROM exceptions ORDER BY person_id, requirement_id, due_on"


@dataclass(frozen=True, kw_only=True)
class Workpaper:
    """Everything that one audit of one period says; the faces print it and add nothing.

    files : one account per file read.  quarantine : rows that were not used.  remarks : what was found on reading.
    engine : holds the relations for the listings.
    pseudonymous : keyed ids stand for people, and texts that may name somebody are withheld.
    restated : the comparison with an older pack, where the folder holds what that one said.
    """

    audit: Audit
    window: Window
    files: tuple[FileAccount, ...]
    quarantine: tuple[Quarantined, ...]
    remarks: tuple[Finding, ...]
    engine: Engine
    pseudonymous: bool = False
    restated: restatement.Restatement | None = None

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the reader should know about the data, looked for when somebody asks. It changes no verdict."""
        return (
            *self.remarks,
            *intake.repetitions(self.engine, self.audit),
            *identity.doubts(self.engine),
            *caveats.gather(self.engine, self.audit, self.window),
        )

    @cached_property
    def results(self) -> tuple[procedures.Result, ...]:
        """The procedures, in the order of the catalogue, carried out when somebody asks for them.

        On the way they make the relations `rejected`, `unreviewed` and `programme_part`, which their listings read.
        """
        evidence = procedures.Evidence(
            engine=self.engine,
            audit=self.audit,
            window=self.window,
            files=self.files,
            quarantine=self.quarantine,
            findings=self.findings,
            pseudonymous=self.pseudonymous,
        )
        return procedures.perform(evidence)

    def frame(self, query: str) -> pd.DataFrame:
        """A listing, for people to look at."""
        return self.engine.frame(query)

    def rows(self, query: str) -> list[Row]:
        """A listing, as tuples."""
        return self.engine.rows(query)

    def number(self, query: str) -> int:
        """A single count."""
        return self.engine.number(query)

    def deepen(self) -> None:
        """Make what only a document needs, once: why each exception was due when it was, and the readings of "annual".

        Whoever judges by script does without. Nothing that was judged changes.
        """
        if "trace" not in self.engine.statements:
            coverage.trace(self.engine, self.audit)
            readings.judge(self.engine, self.audit, self.window)

    def look_ahead(self) -> None:
        """Make what only the look ahead needs, once: the verdicts at the period's end under two assumptions."""
        if "forecast" not in self.engine.statements:
            forecast.project(self.engine, self.audit, self.window)

    @property
    def received(self) -> tuple[Received, ...]:
        """The files as they were received, each row of each counted once."""
        return received(self.files, self.quarantine)

    @property
    def file_names(self) -> list[str]:
        """The files, each once, however often it was read."""
        return list(dict.fromkeys(file.file for file in self.files))

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """One row per person and requirement, with the columns of verdicts.csv."""
        return self.engine.dicts(VERDICTS)

    @property
    def exceptions(self) -> list[dict[str, Any]]:
        """One row per exception, with the columns of exceptions.csv."""
        return self.engine.dicts(EXCEPTIONS)


def perform(
    audit: Audit,
    period: str | None = None,
    as_of: date | None = None,
    pseudonym_key: Path | str | None = None,
    memory_limit: str | None = None,
    engine: Engine | None = None,
) -> Workpaper:
    """Read, reconcile, judge and test one period of an audit.

    period : its name; the last one by default.  as_of : the last full day that the exports cover (C1).
    pseudonym_key : a file; with it keyed ids stand for people in everything that comes after the judgement.
    memory_limit : what the engine may take of the memory, such as "2GB"; the rest waits on the disk.
    engine : an empty one; by default that of `spark` where the environment names a master, else DuckDB alone.

    Raises UserError where the input is wrong; nothing is written in any case.
    """
    days = window(audit, period, as_of)
    engine = engine or spark.open_engine(memory_limit)
    received = intake.read(audit, engine)
    decided = register.admit(engine, audit)
    reminded = reminder_log.load(engine, audit.folder, len(audit.files) + 2)
    accounts = (*received.files, *filter(None, (decided.account, reminded.account)))
    files = tuple(file.with_rejected(decided.refused) for file in accounts)
    quarantine = (*received.quarantine, *decided.refused)
    identity.resolve(engine, quarantine)
    coverage.judge(engine, audit, days)
    remarks = (*received.findings, *decided.findings, *reminded.findings)
    if pseudonym_key:
        hidden = Pseudonyms.read(pseudonym_key)
        hidden.hide(engine)
        audit, files = hidden.audit(audit), hidden.files(files)
        quarantine, remarks = hidden.quarantine(quarantine), hidden.findings(remarks, files)
    return Workpaper(
        audit=audit,
        window=days,
        files=files,
        quarantine=quarantine,
        remarks=remarks,
        engine=engine,
        pseudonymous=bool(pseudonym_key),
        restated=restatement.against_older(audit.folder, engine, pseudonymous=bool(pseudonym_key)),
    )
