"""From an audit folder to a pack: the notebook is executed on copies of the inputs, inside the pack."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from workbook_lib import history, publish, spark
from workbook_lib.audit import Audit, Window
from workbook_lib.pack import bag, gate, placing, predecessor, recipe, timestamps, verify
from workbook_lib.pack.signing import Signer
from workbook_lib.pseudonyms import KEY_FILE
from workbook_lib.publish import pdf
from workbook_lib.publish.paper import Notebook, Paper
from workbook_lib.register import Head
from workbook_lib.tables import Problem, UserError, listing

#: Told what is being done now, and which share of the whole is done (0 … 1).
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One pack to make: one audit, one period.

    notebook : what it shows; it gives its name to the page, the notebook and, where it is no evidence, the folder.
    prints : whether the page is printed as a PDF, where a browser is found.  browser : the one that prints; by default
    the first that is found.  pseudonym_key : the file with the key of a copy that names nobody.  signer : signs the
    closed pack.  timestamp_url : the time-stamp authority that is asked; nobody where it is empty.  zips : whether one
    archive of the pack is laid beside it.  memory_limit : what the judgement may take, such as "2GB".
    spark_master : of the Spark that runs the rules; DuckDB does where it is empty. The pack says the same.
    """

    audit: Audit
    window: Window
    out: Path
    notebook: Notebook = Notebook.EVIDENCE
    prepared_by: str = ""
    paper: Paper = Paper.A4
    prints: bool = True
    browser: str = ""
    pseudonym_key: Path | None = None
    signer: Signer | None = None
    timestamp_url: str = ""
    zips: bool = False
    memory_limit: str = ""
    spark_master: str = ""

    @property
    def target(self) -> Path:
        """The folder of the pack: the audit folder's name and the period's; one that is no evidence, or names nobody,
        says so.
        """
        period, hides = self.window.period.name, bool(self.pseudonym_key)
        return pack_folder(self.out, self.audit.folder, period, self.notebook, pseudonymous=hides)

    @property
    def page(self) -> str:
        """The name of its page, in data/."""
        return f"{self.notebook}.html"


def pack_folder(
    out: Path, audit: Path, period: str, notebook: Notebook = Notebook.EVIDENCE, *, pseudonymous: bool
) -> Path:
    """The folder of the pack of one audit, known by its own folder, and one period."""
    name = f"{audit.name}-{period}" + ("" if notebook is Notebook.EVIDENCE else f"-{notebook}")
    name += "-pseudonymous" if pseudonymous else ""
    return out / re.sub(r"[^\w.-]+", "-", name)


def reason_to_make(job: Job) -> str:
    """Why the pack has to be made; empty where the one that is there holds, and was made from the same.

    A pack is made from its inputs, its options, and the versions of what makes it.
    """
    if not job.target.exists():
        return "there was none"
    now = recipe.basis(job.audit, job.audit.folder, job.window, job.pseudonym_key)
    known = _run_facts_of(job.target)
    if not isinstance(known.get("basis"), dict):
        return "the one there does not say what it was made from"
    changed = [name for name, content in now.items() if known["basis"].get(name) != content]
    if known.get("asked") != recipe.options(job):
        changed.append("options")
    if changed:
        return f"other {listing(changed)}"
    beside = [
        *([placing.SIGNATURE, placing.PUBLIC_KEY] if job.signer else []),
        *([placing.TIMESTAMP] if job.timestamp_url else []),
        *([placing.ARCHIVE] if job.zips else []),
    ]
    if not all(job.target.with_name(job.target.name + ending).is_file() for ending in beside):
        return "what lay beside it was gone"
    return "the one there did not verify" if verify.verify(job.target).findings else ""


def _run_facts_of(target: Path) -> dict[str, Any]:
    """What run.json says about a pack; nothing where it is none of ours."""
    try:
        facts = json.loads((target / "data" / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def produce(job: Job, progress: Progress) -> Path:
    """Make one pack and return its folder; its result is added to the history beside it.

    Everything is written to a workshop beside the target, and moved into place when it is whole: a run that fails
    leaves an older pack as it was, and what a killed one leaves is cleared away by the next.

    Raises UserError where the input is wrong, or the pack cannot be written (a full disk, say).
    """
    placing.refuse_foreign(job.target)
    _refuse_another(job)
    try:
        target = _staged(job, progress)
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
    _remember(job)
    return target


def _refuse_another(job: Job) -> None:
    """Refuse to replace the pack of another organisation, whose folder has the same name: it would be restated."""
    if not (job.target / "bag-info.txt").is_file():
        return
    there = bag.read_info(job.target).get("Source-Organization", "not stated")
    if there != " ".join(job.audit.settings.organisation.split()):
        raise UserError(
            Problem(
                where=str(job.target),
                what=f"there is a pack of this name, of another organisation: {there}.",
                effect="that pack is as it was, and none was made.",
                do="name another folder with --out. Where the organisation has a new name, move the older pack away.",
                code="pack_of_another",
            )
        )


def _remember(job: Job) -> None:
    """Add the result to the history. The pack stands, so where that fails it is said and changes nothing else.

    A copy that names nobody is no result of its own.
    """
    if job.pseudonym_key:
        return
    result = json.loads((job.target / "data" / "result.json").read_text(encoding="utf-8"))
    entry = history.Entry(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        audit=job.audit.folder.name,
        period=job.window.period.name,
        as_of=_iso(job.window.as_of),
        notebook=job.notebook.value,
        digest=bag.read_info(job.target)["Result-Digest"],
        counts=result["requirements"],
    )
    try:
        history.append(job.out / history.FILE, entry)
    except sqlite3.Error as error:
        logging.getLogger(__name__).warning("%s: this run could not be added (%s).", job.out / history.FILE, error)


def _staged(job: Job, progress: Progress) -> Path:
    with placing.workshop(job.target) as workshop:
        stage = workshop / job.target.name
        data = stage / "data"
        progress("copying the inputs", 0.0)
        parameters, head = _place_inputs(job, data, workshop)
        basis = _restate(job, data, workshop)
        running = f"running the {job.notebook} notebook"
        progress(running, 0.05)
        notebook = publish.execute(
            publish.notebook_path(publish.SOURCES[job.notebook]),
            parameters={
                **parameters,
                **_stated(job, data),
                "period": job.window.period.name,
                "as_of": job.window.as_of.isoformat(),
                "tables_folder": ".",
                **({"memory_limit": job.memory_limit} if job.memory_limit else {}),
            },
            target=data / f"{job.notebook}.ipynb",
            cwd=data,
            progress=lambda done: progress(running, 0.05 + 0.75 * done),
            environment={spark.VARIABLE: job.spark_master},
            scratch=workshop,
        )
        progress("rendering the page", 0.8)
        title = f"{job.audit.settings.organisation}, {job.window.period.name}"
        window = job.window
        page = publish.render(notebook, title, job.paper, as_of=window.as_of.isoformat(), interim=window.interim)
        (data / job.page).write_text(page, encoding="utf-8", newline="\n")
        progress("printing the page", 0.85)
        printed = _print(job, data, workshop)
        progress("closing the pack", 0.98)
        (data / "run.json").write_text(_run_facts(job, printed, basis), encoding="utf-8", newline="\n")
        folders = (workshop, job.audit.folder)
        gate.refuse_secrets(data, _inputs(job, data, workshop), gate.of_machine(os.environ, folders, job.prepared_by))
        _seal(job, stage, head)
        placing.put_in_place(workshop, job.target)
    progress("done", 1.0)
    return job.target


def _seal(job: Job, stage: Path, head: Head | None) -> None:
    """Close the bag; beside it, lay its signature, its time stamp and its archive where they are asked for."""
    fingerprint = job.signer.fingerprint if job.signer else ""
    asked = timestamps.authority(job.timestamp_url)
    describes = "" if job.notebook is Notebook.EVIDENCE else f"{job.notebook.capitalize()} on a day, and no evidence"
    seal = bag.Seal(name=stage.name, head=head, fingerprint=fingerprint, authority=asked, describes=describes)
    bag.close_bag(stage, seal)
    manifest = (stage / bag.TAGS).read_bytes()
    if job.signer:
        stage.with_name(stage.name + placing.SIGNATURE).write_bytes(job.signer.sign(manifest))
        stage.with_name(stage.name + placing.PUBLIC_KEY).write_bytes(job.signer.public)
    if job.timestamp_url:
        stamp = timestamps.obtain(job.timestamp_url, manifest)
        stage.with_name(stage.name + placing.TIMESTAMP).write_bytes(stamp)
    if job.zips:
        placing.write_archive(stage, stage.with_name(stage.name + placing.ARCHIVE), job.window.as_of)


def _place_inputs(job: Job, data: Path, workshop: Path) -> tuple[dict[str, str], Head | None]:
    """Copy what the notebook reads: into the pack, or beside a pack that must name nobody.

    Returns the notebook's parameters that say where, relative to the folder in which it runs; and where the register
    ends.
    """
    if job.pseudonym_key is None:
        return {"audit_folder": "inputs"}, bag.copy_inputs(job.audit, data / "inputs")
    data.mkdir(parents=True)
    head = bag.copy_inputs(job.audit, workshop / "inputs")
    shutil.copy(job.pseudonym_key, workshop / KEY_FILE)
    return {"audit_folder": "../../inputs", "pseudonym_key": f"../../{KEY_FILE}"}, head


def _inputs(job: Job, data: Path, workshop: Path) -> Path:
    return data / "inputs" if job.pseudonym_key is None else workshop / "inputs"


def _restate(job: Job, data: Path, workshop: Path) -> recipe.Basis:
    """Lay what an older pack said among the inputs, and in a copy that has no inputs beside them; return the basis.

    A page of one day restates nothing.
    """
    inputs = _inputs(job, data, workshop)
    basis = recipe.basis(job.audit, inputs, job.window, job.pseudonym_key)
    if job.notebook is not Notebook.EVIDENCE:
        return basis
    if said := predecessor.restated(job.target, basis, job.audit.folder):
        for folder in {inputs, data} if job.pseudonym_key else {inputs}:
            said.lay_into(folder)
    return basis


def _stated(job: Job, data: Path) -> dict[str, str]:
    """The parameters that one notebook has and the other has not.

    What earlier runs said is one of the inputs of a readiness page, and is copied to them like the others.
    """
    if job.notebook is Notebook.EVIDENCE:
        return {"prepared_by": job.prepared_by}
    copy = data / "inputs" / history.COPY
    history.export(job.out / history.FILE, job.audit.folder.name, job.window.period.name, copy)
    return {"history": copy.relative_to(data).as_posix()}


def _print(job: Job, data: Path, scratch: Path) -> dict[str, str]:
    """Print the page; the pack is whole without it. Returns what printed it, or why nothing did."""
    if not job.prints:
        return {"not_made": "it was not asked for."}
    try:
        printer = pdf.print_page(
            data / job.page, data / f"{job.notebook}.pdf", job.window.as_of, scratch=scratch, browser=job.browser
        )
    except pdf.NoPdfError as error:
        return {"not_made": str(error)}
    return {"printed_by": printer, "paper": job.paper.value}


def _run_facts(job: Job, printed: dict[str, str], basis: recipe.Basis) -> str:
    """When, by whom and with which versions: true of this run alone, so kept apart from the result."""
    user = "" if job.pseudonym_key else gate.user_name()
    facts = {
        "run_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "run_by": job.prepared_by or user or "not stated",
        "basis": basis,
        "asked": recipe.options(job),
        "pdf": printed,
        "options": {
            "period": job.window.period.name,
            "as_of": _iso(job.window.as_of),
            "pseudonymous": bool(job.pseudonym_key),
            "engine": "spark" if job.spark_master else "duckdb",
        },
        "inputs": "not in this pack: they name people." if job.pseudonym_key else "data/inputs",
    }
    return json.dumps(facts, indent=2, sort_keys=True) + "\n"


def _iso(day: date) -> str:
    return day.isoformat()
