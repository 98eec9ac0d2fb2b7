"""The whole flow on one screen: exports → canonical tables → people and records → verdicts → results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from workbook_lib import caveats, coverage, identity, intake, procedures, register
from workbook_lib.audit import Audit, Window, window
from workbook_lib.engine import Engine, Row
from workbook_lib.tables import FileAccount, Finding, Quarantined

#: The order in which the listings are printed.
VERDICTS = "SELECT * FROM verdicts ORDER BY person_id, requirement_id"
EXCEPTIONS = "SELECT * FROM exceptions ORDER BY person_id, requirement_id, due_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workpaper:
    """Everything that one audit of one period says; the faces print it and add nothing.

    files : one account per file read.  quarantine : rows that were not used.  findings : what the reader should know.
    results : the procedures, in the order of the catalogue.  engine : holds the relations for the listings.
    """

    audit: Audit
    window: Window
    files: tuple[FileAccount, ...]
    quarantine: tuple[Quarantined, ...]
    findings: tuple[Finding, ...]
    results: tuple[procedures.Result, ...]
    engine: Engine

    def frame(self, query: str) -> pd.DataFrame:
        """A listing, for people to look at."""
        return self.engine.frame(query)

    def rows(self, query: str) -> list[Row]:
        """A listing, as tuples."""
        return self.engine.rows(query)

    def number(self, query: str) -> int:
        """A single count."""
        return int(self.engine.rows(query)[0][0] or 0)

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """One row per person and requirement, with the columns of verdicts.csv."""
        return self.engine.dicts(VERDICTS)

    @property
    def exceptions(self) -> list[dict[str, Any]]:
        """One row per exception, with the columns of exceptions.csv."""
        return self.engine.dicts(EXCEPTIONS)


def perform(audit: Audit, period: str | None = None, as_of: date | None = None) -> Workpaper:
    """Read, reconcile, judge and test one period of an audit.

    period : its name; the last one by default.  as_of : the last full day that the exports cover (C1).

    Raises UserError where the input is wrong; nothing is written in any case.
    """
    days = window(audit, period, as_of)
    engine = Engine()
    received = intake.read(audit, engine)
    decided = register.admit(engine, audit)
    accounts = (*received.files, *([decided.account] if decided.account else []))
    files = tuple(file.with_rejected(decided.refused) for file in accounts)
    quarantine = (*received.quarantine, *decided.refused)
    doubts = identity.resolve(engine, quarantine)
    coverage.judge(engine, audit, days)
    findings = (*received.findings, *decided.findings, *doubts, *caveats.gather(engine, audit, days))
    evidence = procedures.Evidence(
        engine=engine, audit=audit, window=days, files=files, quarantine=quarantine, findings=findings
    )
    return Workpaper(
        audit=audit,
        window=days,
        files=files,
        quarantine=quarantine,
        findings=findings,
        results=procedures.perform(evidence),
        engine=engine,
    )
