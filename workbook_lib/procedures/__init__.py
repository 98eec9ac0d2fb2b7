"""The catalogue of procedures P1 … P14: what an auditor would test, tested on the whole population."""

from __future__ import annotations

from workbook_lib.procedures import access, content, followup, people, records
from workbook_lib.procedures.result import OUTCOMES, Check, Evidence, Outcome, Procedure, Result, carry_out

__all__ = ["CATALOGUE", "OUTCOMES", "Check", "Evidence", "Outcome", "Procedure", "Result", "perform"]

CATALOGUE: tuple[Procedure, ...] = (
    *people.PROCEDURES,
    *content.PROCEDURES,
    *records.PROCEDURES,
    *followup.PROCEDURES,
    *access.PROCEDURES,
)


def perform(evidence: Evidence) -> tuple[Result, ...]:
    """Carry out the whole catalogue, in order."""
    return tuple(carry_out(procedure, evidence) for procedure in CATALOGUE)
