"""What a pack is made from, as digests: where nothing of it has changed, the pack need not be made again."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook_lib import pack, pdf, publish
from workbook_lib.register import Head
from workbook_lib.signing import Signer

if TYPE_CHECKING:
    from workbook_lib.production import Job

#: What reads, judges and prints; another version of one of them may give other bytes.
LIBRARIES = (
    "audit-workbook", "duckdb", "nbconvert", "pandas", "papermill", "plotly", "python-calamine", "XlsxWriter",
)  # fmt: skip
#: Parts of a job that are no option: what they say is among the inputs, or is no part of the pack.
NO_OPTIONS = ("audit", "window", "out")
HERE = Path(__file__).parent


def recipe(job: Job, folder: Path, head: Head | None) -> dict[str, str]:
    """Digests of the inputs, the options and the versions of a pack; the last holds rules, template and notebook too.

    folder : where the inputs lie, the audit's own or a copy of it.  head : where the register ends.
    """
    inputs = {name.as_posix(): pack.digest(folder / name) for name in pack.input_names(job.audit)}
    chosen = [field.name for field in fields(job) if field.name not in NO_OPTIONS]
    return {
        "inputs": _digest({"files": inputs, "register": asdict(head) if head else None}),
        "options": _digest(
            {
                "period": job.window.period.name,
                "as_of": job.window.as_of.isoformat(),
                "found": _browser(job),
                **{name: _fact(getattr(job, name)) for name in chosen},
            }
        ),
        "versions": _digest({**versions(), "library": _library()}),
    }


def versions() -> dict[str, str]:
    """Python and the libraries that make a pack, each with its version."""
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in LIBRARIES}}


def _fact(option: object) -> str:
    """An option as text; of a key only what it may be known by."""
    match option:
        case Signer():
            return option.fingerprint
        case Path() if option.is_file():
            return pack.digest(option)
        case _:
            return str(option)


def _browser(job: Job) -> str:
    """The browser that will print: a pack that was made where there was none is made again where there is one."""
    if not job.prints:
        return ""
    try:
        return pdf.find_browser(job.browser)
    except pdf.NoPdfError:
        return ""


@cache
def _library() -> str:
    """Of our own files, as they lie here: a change without a new version number counts too."""
    own = {path.relative_to(HERE).as_posix(): path for path in HERE.rglob("*") if path.is_file()}
    sources = {name: path for name, path in own.items() if "__pycache__" not in name and not name.startswith(".")}
    sources["notebook"] = publish.notebook_path("3_evidence")
    return _digest({name: pack.digest(path) for name, path in sources.items()})


def _digest(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
