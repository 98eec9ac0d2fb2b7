"""The files that decisions name as their evidence: which file it was is recorded, and can be asked later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from workbook_lib.engine import Engine

#: The decisions in force whose evidence was a file of the audit folder.
NAMED = """
SELECT decision_id, evidence, evidence_sha256 FROM decision
WHERE evidence_sha256 IS NOT NULL AND withdrawn = 0 ORDER BY decision_id"""


def digest_of(evidence: str, folder: Path) -> str:
    """SHA-256 of the file of the audit folder that is named as evidence; empty where it is a ticket or a link."""
    try:
        path = (folder / evidence).resolve()
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_relative_to(folder) and path.is_file() else ""
    except (OSError, ValueError):
        return ""


def compared(engine: Engine, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Decision, name of its file, and what is not as it was recorded: "gone", "another file", or nothing.

    Needs `decision`; folder is the audit's.
    """
    for decision_id, evidence, recorded in engine.rows(NAMED):
        now = digest_of(evidence, folder)
        yield decision_id, evidence, "gone" if not now else "another file" if now != recorded else ""
