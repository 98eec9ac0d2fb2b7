"""What a procedure works on and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from workbook_lib.audit import Audit, Window
from workbook_lib.engine import Engine
from workbook_lib.tables import FileAccount, Finding, Quarantined


class Outcome(StrEnum):
    """How a procedure ended. *Effective* is the auditor's word, not ours."""

    NO_EXCEPTIONS = "no exceptions noted"
    EXCEPTIONS = "exceptions noted"
    NOT_PERFORMED = "not performed"


#: What each outcome means; the report's glossary is made from it.
OUTCOMES: dict[Outcome, str] = {
    Outcome.NO_EXCEPTIONS: "The whole population was tested. Nothing was found that departs from the requirement.",
    Outcome.EXCEPTIONS: "At least one item departs from the requirement. Each is listed; explained ones count too.",
    Outcome.NOT_PERFORMED: "The test could not be made, for the reason stated. It never counts as passed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part of a procedure: `exceptions` of `tested` items depart from what `says` expects.

    listing : a SELECT for the items concerned, each with a sentence or the facts; empty where there is nothing to list.
    order : the order of the listing in words.  table : the table of the pack that holds all of it.
    """

    says: str
    tested: int
    exceptions: int
    listing: str = ""
    order: str = "person"
    table: str = ""

    @property
    def outcome(self) -> Outcome:
        """How this part ended; where there was nothing to test it was not performed."""
        if self.exceptions:
            return Outcome.EXCEPTIONS
        return Outcome.NO_EXCEPTIONS if self.tested else Outcome.NOT_PERFORMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the earlier stages left for the tests. pseudonymous : texts that may name somebody are withheld."""

    engine: Engine
    audit: Audit
    window: Window
    files: tuple[FileAccount, ...]
    quarantine: tuple[Quarantined, ...]
    findings: tuple[Finding, ...]
    pseudonymous: bool = False

    def number(self, query: str) -> int:
        """A single count."""
        return self.engine.number(query)

    def count(self, listing: str) -> int:
        """How many rows a listing has."""
        return self.number(f"SELECT COUNT(*) FROM ({listing}) listed")

    def check(self, says: str, tested: int, listing: str, order: str = "person", table: str = "") -> Check:
        """A check whose exceptions are the rows of its listing."""
        exceptions = self.count(listing)
        return Check(says=says, tested=tested, exceptions=exceptions, listing=listing, order=order, table=table)

    def has(self, table: str) -> bool:
        """Whether any source gives this table."""
        return any(source.table == table for source in self.audit.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a procedure found: n of N, a sentence, and the checks it is made of."""

    tested: int
    exceptions: int
    says: str
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class NotPerformed:
    """Why a procedure could not be made."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One test of the catalogue, as it is planned: the same for every audit.

    unit : what is counted, n of N.
    """

    id: str
    title: str
    criteria: tuple[str, ...]
    objective: str
    population: str
    source: str
    done: str
    perform: Callable[[Evidence], Tested | NotPerformed]
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A procedure that was carried out, or the reason why not."""

    procedure: Procedure
    outcome: Outcome
    tested: int = 0
    exceptions: int = 0
    says: str
    checks: tuple[Check, ...] = ()


def carry_out(procedure: Procedure, evidence: Evidence) -> Result:
    """Perform one procedure. One exception is enough for *exceptions noted*; there is no threshold that forgives."""
    found = procedure.perform(evidence)
    if isinstance(found, NotPerformed):
        return Result(procedure=procedure, outcome=Outcome.NOT_PERFORMED, says=found.why)
    failed = found.exceptions or any(check.exceptions for check in found.checks)
    return Result(
        procedure=procedure,
        outcome=Outcome.EXCEPTIONS if failed else Outcome.NO_EXCEPTIONS,
        tested=found.tested,
        exceptions=found.exceptions,
        says=found.says,
        checks=found.checks,
    )
