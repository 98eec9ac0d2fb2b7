"""A pack in a second, in this process: as `workbook run` makes it, without executing the notebook and printing its page.

Everything else is what a run does: inputs, restatement, tables, gate, seal, place. The tests of these need no page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from workbook_lib import audit, listings, publish, workpaper
from workbook_lib.pack import bag, production

#: Stands for the page and the notebook.
PAGE = "<!doctype html><title>Evidence</title>"


def seal(folder: Path, out: Path, *, period: str = "2025", pseudonymous: bool = False, **options: Any) -> Path:
    """Make the pack of an audit folder in `out`; further options are those of a Job."""
    checked = audit.load_audit(folder)
    key = bag.pseudonym_key(checked)[0] if pseudonymous else None
    job = production.Job(
        audit=checked, window=audit.window(checked, period), out=out, prints=False, pseudonym_key=key, **options
    )
    with without_pages():
        return production.produce(job, lambda what, share: None)


def without_pages() -> AbstractContextManager[object]:
    """While packs are made so, by whatever command."""
    return mock.patch.multiple(publish, execute=_execute, render=lambda *_, **__: PAGE)


def _execute(
    source: Path,
    parameters: dict[str, str],
    target: Path,
    cwd: Path,
    progress: Callable[[float], None],
    environment: dict[str, str],
    scratch: Path,
) -> None:
    assert scratch in cwd.parents  # what names people is cleared away with the workshop
    try:
        with mock.patch.dict(os.environ, environment):
            _perform(parameters, target, cwd)
    except Exception as error:  # as the notebook's run tells of a cell that failed
        raise publish.PublishError(f"{type(error).__name__}: {error}. Nothing was published.") from error


def _perform(parameters: dict[str, str], target: Path, cwd: Path) -> None:
    key = parameters.get("pseudonym_key")
    paper = workpaper.perform(
        audit.load_audit(cwd / parameters["audit_folder"]),
        parameters["period"],
        date.fromisoformat(parameters["as_of"]),
        cwd / key if key else None,
    )
    listings.write_tables(paper, cwd / parameters["tables_folder"])
    target.write_text("{}", encoding="utf-8")
    paper.engine.close()
