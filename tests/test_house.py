"""House rules: who may know whom, what is imported where, how large a room may grow."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
LIBRARY = PROJECT / "workbook_lib"
FILES = sorted(path for path in LIBRARY.rglob("*.py") if "notebooks" not in path.parts)

FOUNDATION = {
    "audit",
    "source",
    "requirement",
    "wording",
    "tables",
    "received",
    "engine",
    "ledger",
    "schedule",
    "whole",
}
#: Stage → the files and packages that belong to it. Stages meet in `workpaper` and do not know each other.
STAGES = {
    "intake": {"intake"},
    "identity": {"identity"},
    "coverage": {"coverage", "forecast", "trend"},
    "readings": {"readings"},
    "caveats": {"caveats"},
    "lookalikes": {"lookalikes"},
    "procedures": {"procedures"},
    "register": {"register"},
    "reminder_log": {"reminder_log"},
    "sampling": {"sampling"},
    "pseudonyms": {"pseudonyms"},
    "restatement": {"restatement"},
}
STAGE_OF = {room: stage for stage, rooms in STAGES.items() for room in rooms}
#: What people meet; and `workpaper`, where the stages do.
FACES = {
    "__init__", "workpaper", "spark", "exhibits", "listings", "testsheet", "spreadsheets", "csv_tables", "publish", "pack",
    "batch", "history", "check", "cli", "desk", "lab", "decide", "reminders", "new_audit", "audit_draft",
}  # fmt: skip

#: Library → the only rooms, or files of a room, that may import it.
HOMES = {
    "plotly": {"exhibits"},
    "papermill": {"publish.running"},
    "nbconvert": {"publish.rendering"},
    "nbclient": {"publish.running"},
    "jupyter_client": {"publish.running"},
    "ipywidgets": {"desk"},
    "duckdb": {"engine"},
    "rapidfuzz": {"intake", "lookalikes"},
    "xlsxwriter": {"spreadsheets"},
    "cryptography": {"pack.signing"},
    "distributed": {"batch"},
    "pyspark": {"spark"},
    "py4j": {"spark"},
    "jinja2": {"reminders"},
    "icalendar": {"reminders"},
    "smtplib": {"reminders"},
}
#: What stands at the top of the project.
TOP = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
TOP |= {"notebooks", "workbook_lib", "data_samples", "reports", "tests"}
#: Never in a stage or in what prints its results: a clock, chance, the environment.
UNSTEADY = {"random", "uuid", "secrets", "time"}


def room(path: Path) -> str:
    """The module or package directly under workbook_lib."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, those inside functions too, with their full names."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "workbook_lib":
                yield from (f"workbook_lib.{alias.name}" for alias in node.names)


def rooms_known(path: Path) -> set[str]:
    """The rooms of ours that a file imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("workbook_lib.")} - {room(path)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(LIBRARY)))
class TestEachFile:
    def test_has_a_place_in_the_house(self, path: Path) -> None:
        assert room(path) in FOUNDATION | FACES | set(STAGE_OF), f"say above to which stage {room(path)} belongs"

    def test_imports_a_library_only_at_its_home(self, path: Path) -> None:
        for name in imports(path):
            homes = HOMES.get(name.split(".")[0])
            file = ".".join(path.relative_to(LIBRARY).with_suffix("").parts)
            assert homes is None or {room(path), file} & homes, f"{path.name} imports {name}, which belongs to {homes}"

    def test_knows_nobody_where_it_is_foundation(self, path: Path) -> None:
        if room(path) in FOUNDATION:
            assert rooms_known(path) <= FOUNDATION

    def test_knows_no_other_stage_where_it_is_one(self, path: Path) -> None:
        if stage := STAGE_OF.get(room(path)):
            strangers = rooms_known(path) - FOUNDATION - STAGES[stage]
            assert not strangers, f"{path.name} is of stage {stage} and knows {strangers}"

    def test_uses_no_clock_and_no_chance_in_stages_and_exhibits(self, path: Path) -> None:
        if room(path) in STAGE_OF or room(path) in FOUNDATION | {"exhibits", "workpaper", "testsheet", "audit_draft"}:
            assert not UNSTEADY & {name.split(".")[0] for name in imports(path)}
            text = path.read_text(encoding="utf-8")
            assert not [word for word in (".today(", ".now(", "os.environ", "getenv", "hash(") if word in text]

    def test_is_not_a_god_file(self, path: Path) -> None:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 450, f"{path.name} has {lines} lines; a room that passes about 400 wants a second room"


@pytest.mark.parametrize("path", sorted((LIBRARY / "exhibits").glob("*.py")), ids=lambda path: path.name)
def test_exhibits_use_nothing_that_prints_data_unescaped(path: Path) -> None:
    names = {
        node.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert not names & {"style", "to_html", "Markdown", "HTML"}, "data become HTML in markup.table and nowhere else"


def test_nothing_is_left_lying_at_the_top_of_the_project() -> None:
    if not (PROJECT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert {name.split("/")[0] for name in listed.stdout.splitlines() if not name.startswith(".")} == TOP
