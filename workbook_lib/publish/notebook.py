"""The notebooks that are published: where they lie, what is left of one that ran, and whether it ran to its end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbook_lib.publish.paper import Notebook
from workbook_lib.whole import draft_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

LIBRARY = Path(__file__).parents[1]
#: In an installed package the notebooks lie inside the library, in a checkout beside it.
SHELVES = (LIBRARY / "notebooks", LIBRARY.parent / "notebooks")
SOURCES = {Notebook.EVIDENCE: "3_evidence", Notebook.READINESS: "1_readiness"}
#: The word with which the last cell of a notebook says that it ran to its end.
SENTINEL = "COMPLETE"
WIDGET = "application/vnd.jupyter.widget-view+json"


class PublishError(Exception):
    """A notebook could not be run to its end, or its page could not be made. Nothing was published."""


def notebook_path(name: str) -> Path:
    """Where a notebook of ours is, in a checkout or in an installed package; `name` is without its ending."""
    for shelf in SHELVES:
        if (shelf / f"{name}.ipynb").is_file():
            return shelf / f"{name}.ipynb"
    raise PublishError(f"There is no notebook '{name}': the installation is not whole. Install the package again.")


def settle(nb: NotebookNode) -> NotebookNode:
    """Drop what differs between two equal runs, or tells about the machine; in place.

    Cell ids, times and papermill's notes (which hold paths) go, and so do widgets, which are dead without a kernel and
    have random ids; and what libraries wrote to standard error: warnings name the files of the installation.
    """
    import nbformat

    for number, cell in enumerate(nb.cells):
        cell["id"] = f"cell-{number:03d}"
        for key in ("execution", "papermill"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                output.get("metadata", {}).pop("papermill", None)
                output.get("data", {}).pop(WIDGET, None)
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    facts = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nb.metadata = nbformat.from_dict(facts)  # type: ignore[no-untyped-call]
    nb.nbformat_minor = max(nb.nbformat_minor, 5)  # the first that has cell ids
    return nb


def refuse_unfinished(nb: NotebookNode) -> None:
    """The gate: every cell ran, none failed, and the last one says so."""
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    if any(output.output_type == "error" for cell in cells for output in cell.outputs):
        raise PublishError("A cell of the notebook failed; it is no evidence.")
    if not all(cell.execution_count for cell in cells if cell.source.strip()):
        raise PublishError("Not every cell of the notebook was run; it is no evidence.")
    last = cells[-1].outputs if cells else []
    if not any(SENTINEL in output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in last):
        raise PublishError(f"The notebook's last cell does not say {SENTINEL}; it is no evidence.")


def write(nb: NotebookNode, target: Path) -> None:
    """Write whole or not at all."""
    import nbformat

    text: str = nbformat.writes(nb)  # type: ignore[no-untyped-call]
    with draft_of(target) as draft:
        draft.write_text(text + "\n", encoding="utf-8", newline="\n")


def spare_a_grammar() -> None:
    """Before nbformat is imported: a package that nobody here needs compiles a grammar for more than a second.

    Without it the check of one optional text format ("iri") is skipped in the notebook's schema, which does not use it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
