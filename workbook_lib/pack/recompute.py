"""The exports in a pack, judged again, and compared with what the pack says."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from workbook_lib import listings
from workbook_lib.audit import load_audit
from workbook_lib.csv_tables import unescape
from workbook_lib.tables import Problem, UserError
from workbook_lib.workpaper import Workpaper, perform

#: Table → the columns that tell its rows apart.
KEYS = {
    "verdicts": ("person_id", "requirement_id"),
    "exceptions": ("person_id", "requirement_id", "due_on", "from"),
}
NOTHING = "nothing"
Row = dict[str, str]


def differences(root: Path, *, holds: bool) -> tuple[str, list[str]]:
    """Judge again; say in words what was compared, and in a line each what differs.

    holds : whether the pack is as it was sealed, for what is said of one that has no exports.

    Raises UserError for a pseudonymous pack that holds: there is nothing in it to judge.
    """
    data = root / "data"
    if _is_pseudonymous(data):
        if not holds:
            return "", []
        raise _no_inputs(root)
    try:
        said = json.loads((data / "result.json").read_text(encoding="utf-8"))
        period, as_of = str(said["period"]["name"]), date.fromisoformat(said["period"]["as_of"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ["data/result.json: it does not say which period was judged, and to which day."]
    try:
        paper = perform(load_audit(data / "inputs"), period, as_of)
    except UserError as error:
        return "", [
            f"data/inputs: it cannot be judged again: {problem.where}: {problem.what}" for problem in error.problems
        ]
    paper.deepen()
    found = [*_of_tables(paper, data / "tables"), *_of_counts(said, listings.summary(paper))]
    verdicts, exceptions = paper.engine.count("verdicts"), paper.engine.count("exceptions")
    return f"Judged again: {verdicts:,} verdicts, {exceptions:,} exceptions and every count are the same.", found


def _is_pseudonymous(data: Path) -> bool:
    try:
        facts = json.loads((data / "run.json").read_text(encoding="utf-8"))
        return bool(facts["options"]["pseudonymous"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _no_inputs(root: Path) -> UserError:
    return UserError(
        Problem(
            where=root.name,
            what="it is a pseudonymous copy, and holds no inputs.",
            effect="its files hold, but nothing was judged again.",
            do="verify it without --recompute, or ask the organisation for the full pack.",
            code="no_inputs",
        )
    )


def _of_tables(paper: Workpaper, tables: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="workbook-verify-") as scratch:
        for name, keys in KEYS.items():
            again = Path(scratch) / f"{name}.csv"
            paper.engine.export(listings.LISTINGS[name], again)
            place = f"data/tables/{name}.csv"
            try:
                sealed = _rows(tables / f"{name}.csv", keys, escaped=True)
            except (OSError, ValueError, KeyError, AttributeError, csv.Error) as error:
                yield f"{place}: it cannot be read as the table of {name} ({type(error).__name__})."
            else:
                yield from (f"{place}: {line}" for line in _of_rows(sealed, _rows(again, keys, escaped=False)))


def _rows(path: Path, keys: tuple[str, ...], *, escaped: bool) -> dict[tuple[str, ...], Row]:
    """The rows of a table by their key; in a pack texts are escaped."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = ({k: unescape(v) if escaped else v for k, v in row.items()} for row in csv.DictReader(file, strict=True))
        return {tuple(row[key] for key in keys): row for row in rows}


def _of_rows(sealed: Mapping[tuple[str, ...], Row], again: Mapping[tuple[str, ...], Row]) -> Iterator[str]:
    for key in sorted({*sealed, *again}):
        name = ", ".join(key)
        if key not in again:
            yield f"{name}: stands in the pack only."
        elif key not in sealed:
            yield f"{name}: stands in the new judgement only."
        else:
            yield from (f"{name}: {line}" for line in _of_values(sealed[key], again[key]))


def _of_counts(said: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"data/result.json: {line}" for line in _of_values(dict(_leaves(said)), dict(_leaves(again))))


def _of_values(sealed: Mapping[str, object], again: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys([*sealed, *again]):
        before, now = sealed.get(name, NOTHING), again.get(name, NOTHING)
        if before != now:
            yield f"{name} is {before!r} in the pack, {now!r} when judged again."


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every count of a nested object by its path.

    >>> dict(_leaves({"rows": {"read": 4}, "criteria": ["CC1.4"]}))
    {'rows.read': 4, 'criteria': ['CC1.4']}
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
