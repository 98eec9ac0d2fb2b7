"""What a pack is made from. Where nothing of it has changed, the pack need not be made again.

Its result follows from the *basis*: inputs, decisions, reminders, period and days, rules, versions. How it looks, and
what lies beside it, follows from the options too.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook_lib import ledger, reminder_log
from workbook_lib.audit import Audit, Window
from workbook_lib.pack import bag
from workbook_lib.pack.signing import Signer
from workbook_lib.pseudonyms import Pseudonyms
from workbook_lib.publish import notebook_path, pdf
from workbook_lib.register import register_of

if TYPE_CHECKING:
    from workbook_lib.pack.production import Job

Basis = dict[str, Any]

#: What reads, judges and prints; another version of one of them may give other bytes.
LIBRARIES = (
    "audit-workbook", "duckdb", "nbconvert", "pandas", "papermill", "plotly", "python-calamine", "XlsxWriter",
)  # fmt: skip
LIBRARY = Path(__file__).parents[1]
#: Parts of a job that are no option: what they say is in the basis, or is no part of the pack.
NO_OPTIONS = ("audit", "window", "out", "pseudonym_key", "memory_limit", "spark_master")


def basis(audit: Audit, folder: Path, window: Window, pseudonym_key: Path | None) -> Basis:
    """All from which the result of a pack follows: each input and version by name, the rest by digest or in words.

    folder : where the inputs lie, the audit's own or a copy of it.  pseudonym_key : of a copy that names nobody; an id
    made with it stands for the key.
    """
    return {
        "inputs": {name.as_posix(): bag.digest(folder / name) for name in bag.input_names(audit)},
        "decisions": _end_of(register_of(folder)),
        "reminders": _end_of(reminder_log.path_in(folder)),
        "days": f"{window.start} to {window.end}, as known on {window.as_of}",
        "rules": _own_files(("rules",)),
        "versions": {
            **versions(),
            "files of the workbook": _own_files(but=("rules", "notebooks")),
            "notebooks": _digest_of([(path.name, path) for path in notebook_path("3_evidence").parent.glob("*.ipynb")]),
        },
        "key of the ids": Pseudonyms.read(pseudonym_key)("the key of the ids") if pseudonym_key else "",
    }


def options(job: Job) -> str:
    """One digest of what was asked for beside the basis; of a key only what it may be known by."""
    asked = {field.name: _fact(getattr(job, field.name)) for field in fields(job) if field.name not in NO_OPTIONS}
    return _sha256(json.dumps(asked | {"found": _browser(job)}, sort_keys=True))


def _end_of(path: Path) -> str:
    """Where a ledger ends, which says all that is in it."""
    end = ledger.head(path)
    return f"{end.count} entries, the last one {end.hash}" if end.count else "none"


def versions() -> dict[str, str]:
    """Python and the libraries that make a pack, each with its version."""
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in LIBRARIES}}


def _fact(option: object) -> str:
    return option.fingerprint if isinstance(option, Signer) else str(option)


def _browser(job: Job) -> str:
    """The browser that will print: a pack that was made where there was none is made again where there is one."""
    if not job.prints:
        return ""
    try:
        return pdf.find_browser(job.browser)
    except pdf.NoPdfError:
        return ""


@cache
def _own_files(only: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> str:
    """One digest of the library's files as they lie here: a change without a new version number counts too.

    only, but : folders of it that are meant, or left out.
    """
    left_out = {"__pycache__", ".ipynb_checkpoints", *but}
    files = ((path.relative_to(LIBRARY), path) for path in LIBRARY.rglob("*") if path.is_file())
    return _digest_of(
        (name.as_posix(), path)
        for name, path in files
        if not left_out & set(name.parts) and (not only or name.parts[0] in only)
    )


def _digest_of(files: Iterable[tuple[str, Path]]) -> str:
    """One digest for files, by name and content."""
    return _sha256("".join(f"{bag.digest(path)}  {name}\n" for name, path in sorted(files)))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
