"""The notebooks as they are stored: thin, typed, without outputs; and that each runs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import small
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from workbook_lib import exhibits, publish

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
#: Notebooks that are a document from end to end, and end by saying so.
DOCUMENTS = [path for path in NOTEBOOKS if path.stem in ("1_readiness", "2_triage", "3_evidence")]
#: Exhibits that look at one day, or at one person, and are no evidence of a period.
FOR_THE_ANALYST = {
    *("ready", "covered_now", "uncovered", "due_next", "forecast", "reviews_due", "attention", "trend"),
    *("person", "account"),
}


def cells(path: Path, kind: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in ("", cell["cell_type"])]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def lines(cell: dict[str, Any]) -> list[str]:
    return [line for line in source(cell).splitlines() if line.strip()]


def is_parameters(cell: dict[str, Any]) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


def test_the_documents_are_there() -> None:
    assert [path.stem for path in DOCUMENTS] == ["1_readiness", "2_triage", "3_evidence"]
    assert all(publish.notebook_path(path.stem) == path for path in DOCUMENTS)


def test_a_message_for_the_user_is_shown_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        shell.run_cell(
            "from workbook_lib.tables import Problem, UserError\n"
            "raise UserError(Problem(where='a.csv, row 2', what='it is no date.', effect='none.', do='mend it.'))"
        )
    finally:
        shell.restore_sys_module_state()
    assert capsys.readouterr() == ("a.csv, row 2: it is no date.\n  Effect: none.\n  Do: mend it.\n", "")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestAsStored:
    def test_holds_no_output(self, path: Path) -> None:
        for cell in cells(path, "code"):
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
        assert metadata["kernelspec"]["name"] == "python3"
        assert set(metadata) == {"kernelspec", "language_info"}

    def test_is_thin(self, path: Path) -> None:
        code = cells(path, "code")
        assert len(code) <= 30
        for cell in code:
            assert is_parameters(cell) or len(lines(cell)) <= 4, source(cell)
        assert sum(len(lines(cell)) for cell in code) <= 70

    def test_defines_nothing(self, path: Path) -> None:
        for cell in cells(path, "code"):
            nodes = set(map(type, ast.walk(ast.parse(source(cell)))))
            assert not nodes & {ast.FunctionDef, ast.ClassDef, ast.For, ast.While}, source(cell)
            assert "%" not in source(cell)

    def test_begins_with_its_name_and_typed_parameters(self, path: Path) -> None:
        assert source(cells(path)[0]).startswith("# ")
        parameters = next(cell for cell in cells(path) if is_parameters(cell))
        for line in lines(parameters):
            assert re.fullmatch(r'[a-z_]+: (str|int) = ("[^"]*"|\d+)  # [a-z].+', line), line


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
class TestAsDocument:
    def test_every_group_begins_with_words(self, path: Path) -> None:
        kinds = [cell["cell_type"] for cell in cells(path)]
        titles = [source(cell) for cell in cells(path, "markdown")]
        assert not re.search("mm", "".join(kind[0] for kind in kinds)), "each paragraph has something to show"
        assert all(len(title.split()) > 20 for title in titles), "a heading alone explains nothing"

    def test_words_are_ours_and_hold_no_markup(self, path: Path) -> None:
        for cell in cells(path, "markdown"):
            assert "<" not in source(cell)
            assert "http" not in source(cell)

    def test_ends_by_saying_that_it_is_complete(self, path: Path) -> None:
        assert re.search(r"exhibits\.complete\(wp\)\)?$", lines(cells(path)[-1])[-1])


def test_the_evidence_shows_every_exhibit() -> None:
    text = "\n".join(source(cell) for cell in cells(NOTEBOOKS[0].with_name("3_evidence.ipynb"), "code"))
    names = {name for name in exhibits.__all__ if name[0].islower()} - {"rate", "choices"} - FOR_THE_ANALYST
    assert names == set(re.findall(r"exhibits\.(\w+)\(", text))
    assert re.findall(r'procedure\(wp, "(P\d+)"\)', text) == [f"P{n}" for n in range(1, 15)]


def test_the_evidence_says_what_to_look_out_for() -> None:
    words = [source(cell) for cell in cells(NOTEBOOKS[0].with_name("3_evidence.ipynb"), "markdown")]
    assert [text.splitlines()[0] for text in words if "Look out for" not in text] == ["## Procedures"]


def test_the_evidence_writes_its_tables_where_it_is_told(tmp_path: Path) -> None:
    small.write(tmp_path / "inputs")
    parameters = {"audit_folder": "inputs", "tables_folder": "."}
    publish.execute(publish.notebook_path("3_evidence"), parameters, tmp_path / "evidence.ipynb")
    assert (tmp_path / "tables" / "verdicts.csv").is_file()
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["organisation"] == "Small Firm"


def test_the_prose_holds_in_a_period_that_has_ended() -> None:
    prose = "".join(source(cell) for path in DOCUMENTS for cell in cells(path, "markdown"))
    assert "needs an explanation before the audit." in prose
    assert "before the period ends" not in prose
