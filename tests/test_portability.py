"""The rules are portable SQL: a second engine, DataFusion, runs the very same text and comes to the same results."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from companies import random_company, write

from workbook_lib import coverage, identity
from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.workpaper import Workpaper, perform

datafusion = pytest.importorskip("datafusion", reason="needs the package datafusion (extra dev)")

STATEMENTS = (*identity.STATEMENTS, *coverage.STATEMENTS, "trace")
NORTHWIND = Path(__file__).parent.parent / "data_samples" / "northwind"


def test_datafusion_judges_random_companies_alike(tmp_path: Path) -> None:
    for seed in range(100, 103):
        paper = perform(load_audit(write(random_company(seed, 60), tmp_path / str(seed))), "P")
        assert_alike(paper, tmp_path / str(seed))


def test_datafusion_judges_northwind_alike(tmp_path: Path) -> None:
    paper = perform(load_audit(NORTHWIND), "2025")
    assert paper.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NOT NULL"), "or that is not compared"
    assert_alike(paper, tmp_path)


def assert_alike(paper: Workpaper, folder: Path) -> None:
    """Each relation that the rules make is the same, row for row, when another engine makes it from the same base."""
    paper.deepen()
    other = datafusion.SessionContext()
    for name in base(paper.engine):
        paper.engine.export_parquet(f"SELECT * FROM {name}", folder / f"{name}.parquet")
        other.register_parquet(name, str(folder / f"{name}.parquet"))
    for name in STATEMENTS:
        other.sql(f"CREATE TABLE {name} AS {paper.engine.statements[name]}").collect()
        theirs = [tuple(row.values()) for row in other.sql(f"SELECT * FROM {name}").to_pylist()]
        assert Counter(theirs) == Counter(paper.rows(f"SELECT * FROM {name}")), name


def base(engine: Engine) -> list[str]:
    """The relations that no statement of the rules makes: what was read, decided and laid out."""
    tables: list[Any] = engine.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'")
    return [name for (name,) in tables if name not in STATEMENTS]
