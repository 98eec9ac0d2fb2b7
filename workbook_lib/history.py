"""What each run said, kept beside the packs: one entry per run, appended and never changed.

It lies in `--out` and in no pack, so the pack of the same exports has the same bytes however often it was made. SQLite
keeps it whole when a run is killed or when two write at the same time. Nobody is named in it: it holds counts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from workbook_lib.tables import Problem, UserError

#: Name of the history beside the packs; and of the copy, of one audit and period, that a readiness page was made from.
FILE, COPY = "history.sqlite", "history.jsonl"
#: Seconds for which a writer waits for others.
PATIENCE = 60.0
SCHEMA = "CREATE TABLE IF NOT EXISTS run (no INTEGER PRIMARY KEY, entry TEXT NOT NULL CHECK (json_valid(entry))) STRICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One run. made_at : UTC, ISO.  audit : name of its folder.  as_of : ISO date.  notebook : what was made.

    digest : the result digest of its pack.  counts : requirement → verdict → number of duties.
    """

    made_at: str
    audit: str
    period: str
    as_of: str
    notebook: str
    digest: str
    counts: dict[str, dict[str, int]]

    @property
    def day(self) -> date:
        """The as-of day."""
        return date.fromisoformat(self.as_of)

    def of(self, *verdicts: str) -> int:
        """Number of duties with one of these verdicts."""
        return sum(found.get(verdict, 0) for found in self.counts.values() for verdict in verdicts)


def append(path: Path, entry: Entry) -> None:
    """Add one run; it is on the disk when this returns. Raises sqlite3.Error where it cannot be written."""
    with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        database.execute(SCHEMA)
        database.execute("INSERT INTO run (entry) VALUES (?)", (_line(entry),))
        database.execute("COMMIT")


def entries(path: Path, audit: str, period: str) -> tuple[Entry, ...]:
    """The runs of one audit and period in the order in which they were made; none where there is no file.

    path : the history, or a copy of it, which is of one audit and period alone.

    Raises UserError where it is no history.
    """
    if not path.exists():
        return ()
    try:
        if path.suffix == Path(COPY).suffix:
            # Not splitlines: a name may hold what Python also takes for the end of a line.
            return _parsed(list(filter(None, path.read_text(encoding="utf-8").split("\n"))))
        # Not read-only: what a killed writer left half-written is undone by the first who reads.
        with closing(sqlite3.connect(path, timeout=PATIENCE)) as database:
            begun = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchone()
            lines = database.execute("SELECT entry FROM run ORDER BY no").fetchall() if begun else []
            found = _parsed([line for (line,) in lines])
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise UserError(
            Problem(
                where=str(path.name),
                what=f"it is not a history of runs: {error}.",
                do="move it away; the next run begins a new one.",
                code="no_history",
            )
        ) from error
    return tuple(entry for entry in found if (entry.audit, entry.period) == (audit, period))


def export(path: Path, audit: str, period: str, target: Path) -> None:
    """Write the runs of one audit and period, one per line, readable without SQLite."""
    lines = "".join(f"{_line(entry)}\n" for entry in entries(path, audit, period))
    target.write_text(lines, encoding="utf-8", newline="\n")


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False)


def _parsed(lines: Sequence[str]) -> tuple[Entry, ...]:
    return tuple(Entry(**json.loads(line)) for line in lines)
