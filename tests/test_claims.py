"""What the page says in one sentence, in companies in which that is easily not so. Counted by hand."""

from __future__ import annotations

from pathlib import Path

from folders import AUDIT, make, plus

from workbook_lib import exhibits
from workbook_lib.audit import load_audit
from workbook_lib.workpaper import Workpaper, perform


def performed(folder: Path, changes: dict[str, str | None] | None = None, audit: str = AUDIT) -> Workpaper:
    return perform(load_audit(make(folder, changes, audit)))


def test_every_policy_version_is_counted_and_not_only_those_shown(tmp_path: Path) -> None:
    drafts = [f"AUP,0.{n},2024-01-01,false" for n in range(129)]
    exhibit = exhibits.acknowledgements(performed(tmp_path, plus("policies", *drafts)))
    assert exhibit.says[0].endswith("There are 130 policy versions.")
    assert len(exhibit.table) == 100


def test_one_policy_version_is_one(tmp_path: Path) -> None:
    assert exhibits.acknowledgements(performed(tmp_path)).says[0].endswith("There is 1 policy version.")
