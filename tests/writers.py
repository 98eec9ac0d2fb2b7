"""A process that records decisions, one after the other, and says so after each: for the tests of the register."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from workbook_lib.register import append


def write(path: Path, name: str, count: int, told: Connection) -> None:
    """Record so many decisions; each is acknowledged by its id once it is recorded."""
    for n in range(count):
        append(path, [{"decision_id": f"{name}-{n}", "kind": "explain", "reason": "x" * 200}])
        told.send_bytes(f"{name}-{n}".encode())
