"""The pack that a run replaces: whether it is as it was sealed, and what it was made from.

The *basis* of a pack is all from which its result follows: inputs, decisions, period and days, rules, versions. It
stands in run.json. A pack with the same basis is the same pack made again: it keeps the restatement of the one that it
replaces. Any other restates the one that it replaces.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from workbook_lib import pack, verify
from workbook_lib.audit import Window
from workbook_lib.pseudonyms import Pseudonyms
from workbook_lib.publish import notebook_path
from workbook_lib.register import COPY, Head
from workbook_lib.restatement import FILE, STATEMENT
from workbook_lib.restatement import written as as_text

LIBRARIES = ("audit-workbook", "duckdb", "nbconvert", "pandas", "papermill", "plotly")
LIBRARY = Path(__file__).parent

Basis = dict[str, Any]


def basis(inputs: Path, window: Window, head: Head | None, pseudonym_key: Path | None) -> Basis:
    """From what a pack is made.

    inputs : the folder with the copies.  head : where the register ends.  pseudonym_key : of a copy that names nobody;
    an id made with it stands for the key.
    """
    others = {FILE, COPY}
    files = sorted(path for path in inputs.rglob("*") if path.is_file())
    names = {path.relative_to(inputs).as_posix(): path for path in files}
    return {
        "inputs": {name: pack.digest(path) for name, path in names.items() if name not in others},
        "decisions": f"{head.count} entries, the last one {head.hash}" if head else "no register",
        "days": f"{window.start} to {window.end}, as known on {window.as_of}",
        "rules": _digest_of(LIBRARY / "rules"),
        "versions": {
            **versions(),
            "files of the workbook": _digest_of(LIBRARY, but=("rules", "notebooks")),
            "notebooks": _digest_of(notebook_path("3_evidence").parent),
        },
        "key of the ids": Pseudonyms.read(pseudonym_key)("the key of the ids") if pseudonym_key else "",
    }


def versions() -> dict[str, str]:
    """The libraries that make a pack."""
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in LIBRARIES}}


def restated(target: Path, now: Basis, folder: Path) -> str | None:
    """The text of `restated.json` for the pack that is made now; None where there is nothing to restate.

    target : where the pack will be put, and the older one lies.  folder : of the audit; where it is the data/inputs
    of a pack, that pack is made again, and with it what it restated.
    """
    hides = bool(now["key of the ids"])
    if not (target / pack.PAYLOAD).is_file():
        carried = _json(folder / FILE)  # with names, it is not for a copy that names nobody
        return _text(folder / FILE) if carried.get("pseudonymous") is hides else None
    holds = not verify.verify(target).findings
    facts = _json(target / "data" / "run.json") if holds else {}
    before = facts.get("basis", {})
    if holds and before == now:
        return _text(target / "data" / "inputs" / FILE) or _text(target / "data" / FILE)
    reason = _not_comparable(before, now, holds=holds)
    content = {
        "older": {
            "made_at": facts.get("run_at", ""),
            "result_digest": pack.read_info(target).get("Result-Digest", "") if holds else "",
            "holds": holds,
        },
        "pseudonymous": hides,
        "changes": [dict(zip(CHANGE, change, strict=True)) for change in _changes(before, now)] if before else [],
        "statement": None if reason else _json(target / "data" / STATEMENT),
        "not_compared": reason,
    }
    return as_text(content)


def _not_comparable(before: Basis, now: Basis, *, holds: bool) -> str:
    """Why what an older pack says is not set beside what is said now; empty where it is."""
    if not holds:
        return "it is not as it was sealed, so nothing that it says is believed"
    if not before:
        return "it was made by an older workbook, and does not say from what"
    if before["key of the ids"] != now["key of the ids"]:
        return "its ids were made with another key"
    return ""


CHANGE = ("what", "subject", "before", "after")


def _changes(before: Basis, now: Basis) -> Iterator[tuple[str, str, str, str]]:
    """What is not the same in two bases: kind, name, before, after; empty where it is in one alone."""
    for kind in sorted(before.keys() | now.keys()):
        old, new = before.get(kind, ""), now.get(kind, "")
        if not (isinstance(old, dict) and isinstance(new, dict)):
            if old != new:
                yield kind, kind, str(old), str(new)
            continue
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                what = "settings" if name == "audit.toml" else kind.removesuffix("s")
                yield what, name, str(old.get(name, "")), str(new.get(name, ""))


def _digest_of(folder: Path, but: tuple[str, ...] = ()) -> str:
    """One digest for the files below a folder of the library, by name and content; `but` names folders left out."""
    left_out = {"__pycache__", ".ipynb_checkpoints", *but}
    names = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    kept = sorted((name.as_posix(), path) for name, path in names.items() if not left_out & set(name.parts))
    return hashlib.sha256("".join(f"{pack.digest(path)}  {name}\n" for name, path in kept).encode()).hexdigest()


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; an empty one where there is none, or it is none of ours."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
