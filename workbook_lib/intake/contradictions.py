"""What must hold between the columns of one row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from workbook_lib.intake.values import BadValueError
from workbook_lib.tables import Answer, Status, Table, date_of

#: Statuses that can count as a completion (C6): such a record needs a date.
DONE = frozenset({Status.COMPLETED.value, Status.PASSED.value, Status.EQUIVALENT.value})
#: The column in which a row contradicts itself, and how.
Wrong = tuple[str, BadValueError]


def places_of(table: Table, *names: str) -> list[int]:
    """Where in a stored row these columns stand."""
    stored = list(table.stored)
    return [stored.index(name) for name in names]


def contradiction(table: Table) -> Callable[[list[Any]], Wrong | None] | None:
    """What must hold between the columns of one row."""
    match table.name:
        case "people" | "leave":
            start, end = places_of(table, "start_date", "end_date")
            return lambda row: (
                None if row[end] is None or row[start] <= row[end] else reversed_days(row[start], row[end])
            )
        case "completions":
            day, status = places_of(table, date_of("completed_at"), "status")
            return lambda row: (
                _undated("completed_at", row[status]) if row[day] is None and row[status] in DONE else None
            )
        case "acknowledgements":
            day, status = places_of(table, date_of("acknowledged_at"), "status")
            done = Answer.ACKNOWLEDGED.value
            return lambda row: (
                _undated("acknowledged_at", row[status]) if row[day] is None and row[status] == done else None
            )
    return None


def reversed_days(start: date, end: date) -> Wrong:
    """An end before its start."""
    return "end_date", BadValueError("end_before_start", f"it ends on {end}, before it starts on {start}")


def _undated(column: str, status: str) -> Wrong:
    return column, BadValueError("missing_value", f"it is empty, and a record that is {status} needs its date")
