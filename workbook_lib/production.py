"""From an audit folder to an evidence pack: the notebook is executed on copies of the inputs, inside the pack."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from workbook_lib import gate, pack, pdf, placing, publish, register, verify
from workbook_lib.audit import Audit, Window
from workbook_lib.paper import Paper
from workbook_lib.pseudonyms import KEY_FILE
from workbook_lib.recipe import recipe, versions
from workbook_lib.register import Head
from workbook_lib.signing import Signer
from workbook_lib.tables import Problem, UserError, listing

#: Told what is being done now, and which share of the whole is done (0 … 1).
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One pack to make: one audit, one period.

    prints : whether the page is printed as a PDF, where a browser is found.  browser : the one that prints; by default
    the first that is found.  pseudonym_key : the file with the key of a copy that names nobody.  signer : signs the
    closed pack.  zips : whether one archive of the pack is laid beside it.
    """

    audit: Audit
    window: Window
    out: Path
    prepared_by: str = ""
    paper: Paper = Paper.A4
    prints: bool = True
    browser: str = ""
    pseudonym_key: Path | None = None
    signer: Signer | None = None
    zips: bool = False

    @property
    def target(self) -> Path:
        """The folder of the pack: the audit folder's name and the period's; a copy without names says so."""
        return pack_folder(self.out, self.audit.folder, self.window.period.name, pseudonymous=bool(self.pseudonym_key))


def pack_folder(out: Path, audit: Path, period: str, *, pseudonymous: bool) -> Path:
    """The folder of the pack of one audit, known by its own folder, and one period."""
    name = f"{audit.name}-{period}" + ("-pseudonymous" if pseudonymous else "")
    return out / re.sub(r"[^\w.-]+", "-", name)


def reason_to_make(job: Job) -> str:
    """Why the pack has to be made; empty where the one that is there holds, and was made from the same.

    A pack is made from its inputs, its options, and the versions of what makes it.
    """
    known = _made_from(job.target)
    if known is None:
        return "there was none"
    file = register.register_of(job.audit.folder)
    now = recipe(job, job.audit.folder, register.head(file) if file.exists() else None)
    if changed := [name for name, digest in now.items() if known.get(name) != digest]:
        return f"other {listing(changed)}"
    beside = [
        *([placing.SIGNATURE, placing.PUBLIC_KEY] if job.signer else []),
        *([placing.ARCHIVE] if job.zips else []),
    ]
    if not all(job.target.with_name(job.target.name + ending).is_file() for ending in beside):
        return "what lay beside it was gone"
    return "the one there did not verify" if verify.verify(job.target).findings else ""


def _made_from(target: Path) -> dict[str, str] | None:
    """What run.json says about a pack; None where there is no pack."""
    if not target.exists():
        return None
    try:
        facts = json.loads((target / "data" / "run.json").read_text(encoding="utf-8"))
        return dict(facts["made_from"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


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
        (data / "run.json").write_text(
            _run_facts(job, printed, recipe(job, inputs_there, head)), encoding="utf-8", newline="\n"
        )
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


def _run_facts(job: Job, printed: dict[str, str], made_from: dict[str, str]) -> str:
    """When, by whom and with which versions: true of this run alone, so kept apart from the result."""
    facts = {
        "run_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "run_by": job.prepared_by or ("not stated" if job.pseudonym_key else getpass.getuser()),
        "versions": versions(),
        "made_from": made_from,
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
