"""The pack that a run replaces: whether it is as it was sealed, and what it was made from.

The basis of a pack (recipe.py) stands in its run.json. A pack with the same basis is the same pack made again: it keeps
the restatement of the one that it replaces. Any other restates the one that it replaces.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook_lib.pack import bag, verify
from workbook_lib.pack.recipe import Basis
from workbook_lib.restatement import FILE, OLDER, STATEMENT


@dataclass(frozen=True, slots=True)
class Restated:
    """What a pack keeps of the one that it replaces.

    text : of `restated.json`.  statement : the file with what the older pack said; None where it is not compared.
    """

    text: str
    statement: Path | None

    def lay_into(self, folder: Path) -> None:
        """Write both files into a folder."""
        (folder / FILE).write_text(self.text, encoding="utf-8", newline="\n")
        if self.statement:
            shutil.copyfile(self.statement, folder / OLDER)


def restated(target: Path, now: Basis, folder: Path) -> Restated | None:
    """What the pack that is made now keeps of an older one; None where there is nothing to restate.

    target : where the pack will be put, and the older one lies.  folder : of the audit; where it is the data/inputs
    of a pack, that pack is made again, and with it what it restated.
    """
    hides = bool(now["key of the ids"])
    if not (target / bag.PAYLOAD).is_file():
        carried = _json(folder / FILE)  # with names, it is not for a copy that names nobody
        return _kept(folder) if carried.get("pseudonymous") is hides else None
    holds = not verify.verify(target).findings
    facts = _json(target / "data" / "run.json") if holds else {}
    before = facts.get("basis", {})
    if holds and before == now:
        return _kept(target / "data" / "inputs") or _kept(target / "data")
    statement = target / "data" / STATEMENT
    reason = _not_comparable(before, now, holds=holds, says=statement.is_file())
    content = {
        "older": {
            "made_at": facts.get("run_at", ""),
            "result_digest": bag.read_info(target).get("Result-Digest", "") if holds else "",
            "holds": holds,
        },
        "pseudonymous": hides,
        "changes": [dict(zip(CHANGE, change, strict=True)) for change in _changes(before, now)] if before else [],
        "not_compared": reason,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n"
    return Restated(text, None if reason else statement)


def _not_comparable(before: Basis, now: Basis, *, holds: bool, says: bool) -> str:
    """Why what an older pack says is not set beside what is said now; empty where it is.

    says : whether the older pack has a statement.
    """
    if not holds:
        return "it is not as it was sealed, so nothing that it says is believed"
    if not before:
        return "it was made by an older workbook, and does not say from what"
    if before["key of the ids"] != now["key of the ids"]:
        return "its ids were made with another key"
    if not says:
        return "it was made by an older workbook, and has no statement that can be read"
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


def _kept(folder: Path) -> Restated | None:
    """What lies in a folder, laid there by `lay_into`."""
    if not (folder / FILE).is_file():
        return None
    statement = folder / OLDER
    return Restated((folder / FILE).read_text(encoding="utf-8"), statement if statement.is_file() else None)


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; an empty one where there is none, or it is none of ours."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
