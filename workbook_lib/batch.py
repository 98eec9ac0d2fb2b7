"""From an audit folder to an evidence pack: the notebook is executed on copies of the inputs, inside the pack."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path

from workbook_lib import gate, pack, pdf, placing, publish
from workbook_lib.audit import Audit, Window
from workbook_lib.pseudonyms import KEY_FILE
from workbook_lib.register import Head
from workbook_lib.signing import Signer
from workbook_lib.tables import Problem, UserError

#: Told what is being done now, and which share of the whole is done (0 … 1).
Progress = Callable[[str, float], None]
LIBRARIES = ("audit-workbook", "duckdb", "nbconvert", "pandas", "papermill", "plotly")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One pack to make: one audit, one period.

    prints : whether the page is printed as a PDF, where a browser is found.  browser : the one that prints; by default
    the first that is found.  pseudonym_key : the file with the key of a copy that names nobody.  signer : signs the
    closed pack.  zips : whether one archive of the pack is laid beside it.  memory_limit : what the judgement may
    take, such as "2GB".
    """

    audit: Audit
    window: Window
    out: Path
    prepared_by: str = ""
    paper: publish.Paper = publish.Paper.A4
    prints: bool = True
    browser: str = ""
    pseudonym_key: Path | None = None
    signer: Signer | None = None
    zips: bool = False
    memory_limit: str = ""

    @property
    def target(self) -> Path:
        """The folder of the pack: the audit folder's name and the period's; a copy without names says so."""
        name = f"{self.audit.folder.name}-{self.window.period.name}"
        name += "-pseudonymous" if self.pseudonym_key else ""
        return self.out / re.sub(r"[^\w.-]+", "-", name)


def produce(job: Job, progress: Progress) -> Path:
    """Make one evidence pack and return its folder.

    Everything is written to a workshop beside the target, and moved into place when it is whole: a run that fails
    leaves an older pack as it was, and what a killed one leaves is cleared away by the next.

    Raises UserError where the input is wrong, or the pack cannot be written (a full disk, say).
    """
    placing.refuse_foreign(job.target)
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
    with placing.workshop(job.target) as workshop:
        stage = workshop / job.target.name
        data = stage / "data"
        progress("copying the inputs", 0.0)
        inputs, head = _place_inputs(job, data, workshop)
        progress("running the evidence notebook", 0.05)
        notebook = publish.execute(
            publish.notebook_path("3_evidence"),
            parameters={
                **inputs,
                "period": job.window.period.name,
                "as_of": job.window.as_of.isoformat(),
                "prepared_by": job.prepared_by,
                "tables_folder": ".",
                **({"memory_limit": job.memory_limit} if job.memory_limit else {}),
            },
            target=data / "evidence.ipynb",
            cwd=data,
            progress=lambda done: progress("running the evidence notebook", 0.05 + 0.75 * done),
        )
        progress("rendering the page", 0.8)
        title = f"{job.audit.settings.organisation}, {job.window.period.name}"
        page = publish.render(notebook, title, job.paper)
        (data / "evidence.html").write_text(page, encoding="utf-8", newline="\n")
        progress("printing the page", 0.85)
        printed = _print(job, data, workshop)
        progress("closing the pack", 0.98)
        inputs_there = data / "inputs" if job.pseudonym_key is None else workshop / "inputs"
        folders = (workshop, job.audit.folder)
        gate.refuse_secrets(data, inputs_there, gate.of_machine(os.environ, folders, job.prepared_by))
        (data / "run.json").write_text(_run_facts(job, printed), encoding="utf-8", newline="\n")
        _seal(job, stage, head)
        placing.put_in_place(workshop, job.target)
    progress("done", 1.0)
    return job.target


def _seal(job: Job, stage: Path, head: Head | None) -> None:
    """Close the bag; beside it, lay its signature and its archive where they are asked for."""
    fingerprint = job.signer.fingerprint if job.signer else ""
    pack.close_bag(stage, pack.Seal(name=stage.name, head=head, fingerprint=fingerprint))
    if job.signer:
        signature = job.signer.sign((stage / pack.TAGS).read_bytes())
        stage.with_name(stage.name + placing.SIGNATURE).write_bytes(signature)
        stage.with_name(stage.name + placing.PUBLIC_KEY).write_bytes(job.signer.public)
    if job.zips:
        placing.write_archive(stage, stage.with_name(stage.name + placing.ARCHIVE), job.window.as_of)


def _place_inputs(job: Job, data: Path, workshop: Path) -> tuple[dict[str, str], Head | None]:
    """Copy what the notebook reads: into the pack, or beside a pack that must name nobody.

    Returns the notebook's parameters that say where, relative to the folder in which it runs; and where the register
    ends.
    """
    if job.pseudonym_key is None:
        return {"audit_folder": "inputs"}, pack.copy_inputs(job.audit, data / "inputs")
    data.mkdir(parents=True)
    head = pack.copy_inputs(job.audit, workshop / "inputs")
    shutil.copy(job.pseudonym_key, workshop / KEY_FILE)
    return {"audit_folder": "../../inputs", "pseudonym_key": f"../../{KEY_FILE}"}, head


def _print(job: Job, data: Path, scratch: Path) -> dict[str, str]:
    """Print the page; the pack is whole without it. Returns what printed it, or why nothing did."""
    if not job.prints:
        return {"not_made": "it was not asked for."}
    try:
        printer = pdf.print_page(
            data / "evidence.html", data / "evidence.pdf", job.window.as_of, scratch=scratch, browser=job.browser
        )
    except pdf.NoPdfError as error:
        return {"not_made": str(error)}
    return {"printed_by": printer, "paper": job.paper.value}


def _run_facts(job: Job, printed: dict[str, str]) -> str:
    """When, by whom and with which versions: true of this run alone, so kept apart from the result."""
    facts = {
        "run_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "run_by": job.prepared_by or ("not stated" if job.pseudonym_key else getpass.getuser()),
        "python": sys.version.split()[0],
        "versions": {name: metadata.version(name) for name in LIBRARIES},
        "pdf": printed,
        "options": {
            "period": job.window.period.name,
            "as_of": _iso(job.window.as_of),
            "pseudonymous": bool(job.pseudonym_key),
        },
        "inputs": "not in this pack: they name people." if job.pseudonym_key else "data/inputs",
    }
    return json.dumps(facts, indent=2, sort_keys=True) + "\n"


def _iso(day: date) -> str:
    return day.isoformat()
