"""One executed notebook, one page: papermill runs the notebook afresh, nbconvert renders it. Nothing else imports them.

What is published holds no path, no time and no name of a machine, and the same input gives the same bytes. A notebook
that did not run to its end is never rendered.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import html
import json
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from workbook_lib import contents
from workbook_lib.paper import Notebook, Paper
from workbook_lib.tables import Problem, UserError, listing

if TYPE_CHECKING:
    from nbformat import NotebookNode

HERE = Path(__file__).parent
TEMPLATES = HERE / "template"
#: In an installed package the notebooks lie inside the library, in a checkout beside it.
SHELVES = (HERE / "notebooks", HERE.parent / "notebooks")
#: The word with which the last cell of a notebook says that it ran to its end.
SENTINEL = "COMPLETE"
FIGURE = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
#: Seconds for which a busy machine may keep a kernel from starting, and from sending what a cell printed.
PATIENCE = {"start_timeout": 600, "iopub_timeout": 600}
#: A socket's name has about a hundred bytes; in a folder with a longer name the kernel listens on the loopback device.
LONGEST_SOCKET_FOLDER = 80


SOURCES = {Notebook.EVIDENCE: "3_evidence", Notebook.READINESS: "1_readiness"}

#: Told which share of the notebook is done (0 … 1).
Progress = Callable[[float], None]


#: What Python and the engine raise where the disk is full. A file that is not there has a name of its own.
CANNOT_WRITE = ("OSError", "IOException")


class PublishError(Exception):
    """A notebook could not be run to its end, or its page could not be made. Nothing was published."""


def notebook_path(name: str) -> Path:
    """Where a notebook of ours is, in a checkout or in an installed package; `name` is without its ending."""
    for shelf in SHELVES:
        if (shelf / f"{name}.ipynb").is_file():
            return shelf / f"{name}.ipynb"
    raise PublishError(f"There is no notebook '{name}': the installation is not whole. Install the package again.")


# --- running ------------------------------------------------------------------------------------------------------


def execute(
    notebook: Path,
    parameters: Mapping[str, object],
    target: Path,
    *,
    cwd: Path | None = None,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> NotebookNode:
    """Run a notebook from its first to its last cell in a fresh kernel; write it, settled, to `target`.

    cwd : where the notebook's relative paths start: by default the folder of `target`, where they mean the same to
    whoever opens the notebook there. Absolute paths are refused, so none is ever stored.  environment : variables of
    the kernel beside those of this process; what names a machine belongs here, for parameters are printed.

    Raises UserError with the user's own message where a cell raised one, OSError where a cell could not write a file,
    PublishError where a cell failed in any other way. `target` is written only when every cell ran.
    """
    papermill = _papermill()
    _refuse_parameters(papermill, notebook, parameters)
    threading.Thread(target=_get_ready, daemon=True).start()
    with _told_by_name(papermill, notebook.name):
        nb: NotebookNode = papermill.execute_notebook(
            str(notebook),
            None,
            dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            log_output=False,
            kernel_manager_class=_kernel_in(cwd or target.parent, environment or {}),
            shutdown_kernel="immediate",
            **PATIENCE,
            store_widget_state=False,
            on_cell_executed=_counting(notebook, progress),
        )
    settle(nb)
    _refuse_unfinished(nb)
    _write(nb, target)
    return nb


@contextlib.contextmanager
def _told_by_name(papermill: Any, name: str) -> Iterator[None]:
    """What ends the run of a notebook, in our words."""
    try:
        yield
    except papermill.PapermillExecutionError as error:
        raise _told(error, name) from None
    except TimeoutError as error:  # an OSError, but no file is concerned
        raise PublishError(f"{name}: its cells did not answer in time: {error}. Nothing was published.") from error
    except RuntimeError as error:  # what nbclient raises when the kernel is gone
        raise PublishError(
            f"{name}: the Python process that ran it ended ({error}). Was the memory enough? Nothing was published."
        ) from error


def _get_ready() -> None:
    """Do what `render` will need while the kernel works. What fails here fails there again, and is told there."""
    with contextlib.suppress(Exception):
        _packed_plotly()
        _exporter()


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


def _papermill() -> Any:
    # A package that nobody here needs compiles a grammar at import, for more than a second. Without it the check of one
    # optional text format ("iri") is skipped in the notebook's schema, which does not use it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill

    return papermill


def _refuse_parameters(papermill: Any, notebook: Path, parameters: Mapping[str, object]) -> None:
    """Refuse what papermill would accept: unknown names (it pastes names into the code as they are), absolute paths."""
    known = papermill.inspect_notebook(str(notebook))
    unknown = [name for name in parameters if name not in known or not name.isidentifier()]
    if unknown:
        raise UserError(
            Problem(
                where=notebook.name,
                what=f"it has no parameter {listing([repr(name) for name in unknown])}.",
                do=f"use one of {', '.join(sorted(known))}.",
                code="unknown_parameter",
            )
        )
    for name, value in parameters.items():
        if isinstance(value, os.PathLike) or (isinstance(value, str) and _is_absolute(value)):
            raise PublishError(f"Parameter {name} is the path {value}: it would be printed. Give it relative to cwd.")


def _is_absolute(text: str) -> bool:
    return PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute() or text.startswith("~")


def _kernel_in(folder: Path, environment: Mapping[str, str]) -> type:
    """A kernel class for this interpreter, whatever is configured on the machine, that starts in `folder`.

    It listens on Unix sockets in a folder of its own where the system has them: no port, and no race for one. Neither
    start-up files nor settings of the user run in it, and no file beside the notebook can stand in for a library.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class PrivateKernel(AsyncKernelManager):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._private = Path(tempfile.mkdtemp(prefix="wb-"))
            kwargs["connection_file"] = str(self._private / "connection.json")
            if os.name == "posix" and len(str(self._private)) <= LONGEST_SOCKET_FOLDER:
                kwargs |= {"transport": "ipc", "ip": str(self._private / "k")}
            super().__init__(*args, **kwargs)

        @property
        def kernel_spec(self) -> KernelSpec:
            """Never one that was found on the machine: it may start another interpreter."""
            alone = ["--InteractiveShellApp.exec_PYTHONSTARTUP=False", "--HistoryManager.enabled=False"]
            command = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}", *alone]
            return KernelSpec(argv=command, language="python", display_name="Python 3")

        async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
            kwargs["cwd"] = str(folder)
            kwargs["env"] = (
                os.environ
                | dict(environment)
                | {
                    "IPYTHONDIR": str(self._private / "ipython"),
                    "TMPDIR": str(self._private),  # a kernel is ended at once, and clears nothing away itself
                    "PYTHONWARNINGS": "ignore",
                    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                }
            )
            prepared: tuple[list[str], dict[str, Any]] = await super()._async_pre_start_kernel(**kwargs)
            return prepared

        def cleanup_ipc_files(self) -> None:
            """Called when the kernel has ended."""
            super().cleanup_ipc_files()
            shutil.rmtree(self._private, ignore_errors=True)

    return PrivateKernel


def _counting(notebook: Path, progress: Progress | None) -> Callable[..., None]:
    cells = len(json.loads(notebook.read_text(encoding="utf-8"))["cells"]) + 1  # one is injected

    def executed(cell_index: int, **_: object) -> None:
        if progress:
            progress(min(1.0, (cell_index + 1) / cells))

    return executed


def _told(error: Any, name: str) -> Exception:
    """What a failed cell means to the user: their own problems word for word, or which cell failed and why."""
    if error.ename == "UserError" and (problems := _problems(error.evalue)):
        return UserError(*problems)
    if error.ename in CANNOT_WRITE:
        return OSError(re.sub(r"^\[Errno \d+\] ", "", error.evalue))
    code = error.source.strip().splitlines()
    return PublishError(
        f"{name}, cell {error.exec_count} ({code[0] if code else 'empty'}): {error.ename}: {error.evalue}. "
        "Nothing was published."
    )


def _problems(message: str) -> list[Problem]:
    r"""The problems of a UserError that crossed from the kernel as text.

    >>> [problem] = _problems("a.csv, row 2: no date.\n  Effect: quarantined.\n  Do: mend it.")
    >>> problem.where, problem.do
    ('a.csv, row 2', 'mend it.')
    """
    shape = r"(?:\A|\n)(.+?): (.+?)\n  Effect: (.+?)\n  Do: (.+?)(?=\n\S[^\n]*: |\Z)"
    return [
        Problem(where=where, what=what, effect=effect, do=do)
        for where, what, effect, do in re.findall(shape, message, re.DOTALL)
    ]


def _refuse_unfinished(nb: NotebookNode) -> None:
    """The gate: every cell ran, none failed, and the last one says so."""
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    if any(output.output_type == "error" for cell in cells for output in cell.outputs):
        raise PublishError("A cell of the notebook failed; it is no evidence.")
    if not all(cell.execution_count for cell in cells if cell.source.strip()):
        raise PublishError("Not every cell of the notebook was run; it is no evidence.")
    last = cells[-1].outputs if cells else []
    if not any(SENTINEL in output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in last):
        raise PublishError(f"The notebook's last cell does not say {SENTINEL}; it is no evidence.")


def _write(nb: NotebookNode, target: Path) -> None:
    """Write whole or not at all."""
    import nbformat

    draft = target.with_name(f".{target.name}.{os.getpid()}")
    text: str = nbformat.writes(nb)  # type: ignore[no-untyped-call]
    draft.write_text(text + "\n", encoding="utf-8", newline="\n")
    draft.replace(target)


# --- rendering ----------------------------------------------------------------------------------------------------


def render(nb: NotebookNode, name: str, paper: Paper = Paper.A4, *, as_of: str = "", interim: bool = False) -> str:
    """One offline page from an executed notebook: no network, and no script but the two whose digests it states.

    name : whose page it is; it stands with the notebook's title in the title of the window and above every sheet of
    paper.  paper : what it is printed on.  as_of : the day to which the data go, as text.  interim : whether the period
    goes on after that day; then everything that names the page says so.

    Raises PublishError for a notebook that did not run to its end.
    """
    _refuse_unfinished(nb)
    return _page(nb, name, paper, as_of=as_of, interim=interim)


def page(words: str, shown: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], name: str) -> str:
    """One offline page of exhibits that stand in no notebook, by the same template.

    words : Markdown of ours, nothing from the data.  shown : what each exhibit gives to be displayed: its forms and
    what is said of them.
    """
    from nbformat import v4

    cells = [v4.new_markdown_cell(words)]  # type: ignore[no-untyped-call]
    for forms, about in shown:
        output = v4.new_output("display_data", dict(forms), metadata=dict(about))  # type: ignore[no-untyped-call]
        cells.append(v4.new_code_cell(outputs=[output]))  # type: ignore[no-untyped-call]
    return _page(v4.new_notebook(cells=cells), name, Paper.A4)  # type: ignore[no-untyped-call]


def _page(nb: NotebookNode, name: str, paper: Paper, *, as_of: str = "", interim: bool = False) -> str:
    has_figures = any(FIGURE in output.get("data", {}) for cell in nb.cells for output in cell.get("outputs", []))
    plotly, digest = _packed_plotly() if has_figures else ("", "")
    draw = (TEMPLATES / "audit" / "draw.js").read_text(encoding="utf-8")
    scripts = f"{digest} {_digest(draw)}" if has_figures else "'none'"
    body, _ = _exporter().from_notebook_node(
        nb,
        resources={
            "metadata": {"name": name},
            "heading": _heading(nb) or name,
            "state": ", ".join(filter(None, ("INTERIM" if interim else "", f"as of {as_of}" if as_of else ""))),
            "interim": interim,
            "answer": _answer(nb),
            "paper": paper.value,
            "scripts": scripts,
            "draw": draw if has_figures else "",
        },
    )
    listed, body = contents.numbered(contents.linked(body))
    return str(body).replace("<!--contents-->", listed, 1).replace("<!--plotly-->", plotly, 1)


def _exporter() -> Any:
    _papermill()
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter
    from traitlets.config import Config

    from workbook_lib.exhibits.markup import css_text

    class Page(HTMLExporter):
        """Without HTMLExporter's second parse of the page, which costs as much as the first rendering."""

        def from_notebook_node(self, nb: Any, resources: Any = None, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
            return TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **kwargs)  # type: ignore[no-untyped-call]

    config = Config()
    config.HTMLExporter.exclude_anchor_links = True
    page: Any = Page(config=config, template_name="audit", extra_template_basedirs=[str(TEMPLATES)])  # type: ignore[no-untyped-call]
    page.register_filter("anchored", _anchored)
    page.register_filter("css_text", css_text)
    page.register_filter("exhibit", _exhibit)
    page.register_filter("island", _island)
    return page


def _heading(nb: NotebookNode) -> str:
    """The title of a notebook, the first line of its first text; empty where there is none."""
    first = nb.cells[0]
    found = re.match(r"# (.+)", first.source) if first.cell_type == "markdown" else None
    return found[1].strip() if found else ""


def _answer(nb: NotebookNode) -> str:
    """The first sentence of the first exhibit; it stands above the contents on paper and on a telephone."""
    outputs = (output for cell in nb.cells for output in cell.get("outputs", []))
    shown = (output["data"].get("text/html", "") for output in outputs if output.get("metadata", {}).get("exhibit"))
    found = re.search(r'<p class="says">(.*?)</p>', next(shown, ""), re.DOTALL)
    return found[1] if found else ""


def _anchored(markup: str) -> str:
    """Give the headings of a text the ids to which the table of contents points; the title has its own place above."""
    markup = re.sub(r"^<h1>.*?</h1>\s*", "", markup, count=1)
    return re.sub(r"<h2>(.*?)</h2>", lambda found: f'<h2 id="{_anchor(found[1])}">{found[1]}</h2>', markup)


def _anchor(heading: str) -> str:
    """A heading's id; no exhibit has one like it.

    >>> _anchor("Sources &amp; totals")
    'part-sources-totals'
    """
    return re.sub(r"\W+", "-", f"part {html.unescape(heading).lower()}").strip("-")


def _exhibit(markup: str) -> str:
    """An exhibit as the page wants it: without the style that it carries for JupyterLab."""
    return re.sub(r"^<style>.*?</style>", "", markup, count=1, flags=re.DOTALL)


def _island(figure: Mapping[str, object]) -> str:
    """A figure as data, never as code: no label can close the element that holds it."""
    data = json.dumps(figure, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return data


def _digest(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


@cache
def _packed_plotly() -> tuple[str, str]:
    """The plotly.js of the installed plotly package, compressed, and the digest by which the page allows it to run."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise PublishError("plotly is not installed, so no figure can be drawn. Install the package again.")
    source = (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()
    packed = gzip.compress(source, compresslevel=9, mtime=0)
    # Base 85 is a sixteenth smaller than base 64. The characters that mean something in HTML give way to others.
    text = base64.b85encode(packed, pad=True).decode().translate(str.maketrans("<>&", "[],"))
    return f'<script type="text/plain" id="plotly" data-bytes="{len(packed)}">{text}</script>', _digest(source.decode())
