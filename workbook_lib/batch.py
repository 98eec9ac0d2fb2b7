"""From an audit folder to an evidence pack: the notebook is executed on copies of the inputs, inside the pack."""

from __future__ import annotations

import getpass
import json
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path

from workbook_lib import pack, publish
from workbook_lib.audit import Audit, Window
from workbook_lib.tables import Problem, UserError

#: Told what is being done now, and which share of the whole is done (0 … 1).
Progress = Callable[[str, float], None]
LIBRARIES = ("audit-workbook", "duckdb", "nbconvert", "pandas", "papermill", "plotly")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One pack to make: one audit, one period."""

    audit: Audit
    window: Window
    out: Path
    prepared_by: str = ""

    @property
    def target(self) -> Path:
        """The folder of the pack: the audit folder's name and the period's."""
        name = f"{self.audit.folder.name}-{self.window.period.name}"
        return self.out / re.sub(r"[^\w.-]+", "-", name)


def produce(job: Job, progress: Progress) -> Path:
    """Make one evidence pack and return its folder.

    Everything is written to a staging folder beside the target, which is moved into place when it is whole: a run that
    fails or is killed leaves an older pack as it was.

    Raises UserError where the input is wrong, or the pack cannot be written (a full disk, say).
    """
    pack.refuse_foreign(job.target)
    try:
        return _staged(job, progress)
    except OSError as error:
        raise UserError(
            Problem(
                where=str(job.target),
                what=f"the pack cannot be written: {error.strerror or error}.",
                effect="no pack was written; an older one is as it was.",
                do="make room on the disk, or name another --out.",
                code="cannot_write",
            )
        ) from error


def _staged(job: Job, progress: Progress) -> Path:
    job.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{job.target.name}.", dir=job.out) as scratch:
        stage = Path(scratch) / job.target.name
        data = stage / "data"
        progress("copying the inputs", 0.0)
        pack.copy_inputs(job.audit, data / "inputs")
        progress("running the evidence notebook", 0.05)
        notebook = publish.execute(
            publish.notebook_path("3_evidence"),
            parameters={
                "audit_folder": "inputs",
                "period": job.window.period.name,
                "as_of": job.window.as_of.isoformat(),
                "prepared_by": job.prepared_by,
                "tables_folder": ".",
            },
            target=data / "evidence.ipynb",
            cwd=data,
            progress=lambda done: progress("running the evidence notebook", 0.05 + 0.8 * done),
        )
        progress("rendering the page", 0.85)
        title = f"{job.audit.settings.organisation}, {job.window.period.name}"
        (data / "evidence.html").write_text(publish.render(notebook, title), encoding="utf-8", newline="\n")
        progress("closing the pack", 0.95)
        (data / "run.json").write_text(_run_facts(job), encoding="utf-8", newline="\n")
        pack.close_bag(stage)
        pack.put_in_place(stage, job.target)
    progress("done", 1.0)
    return job.target


def _run_facts(job: Job) -> str:
    """When, by whom and with which versions: true of this run alone, so kept apart from the result."""
    facts = {
        "run_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "run_by": job.prepared_by or getpass.getuser(),
        "python": sys.version.split()[0],
        "versions": {name: metadata.version(name) for name in LIBRARIES},
        "options": {"period": job.window.period.name, "as_of": _iso(job.window.as_of)},
    }
    return json.dumps(facts, indent=2, sort_keys=True) + "\n"


def _iso(day: date) -> str:
    return day.isoformat()
