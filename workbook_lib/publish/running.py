"""A notebook run afresh by papermill, in a kernel that no setting of the machine reaches."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from workbook_lib.publish import rendering
from workbook_lib.publish.notebook import PublishError, refuse_unfinished, settle, spare_a_grammar, write
from workbook_lib.tables import Problem, UserError, listing

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Seconds for which a busy machine may keep a kernel from starting, and from sending what a cell printed.
PATIENCE = {"start_timeout": 600, "iopub_timeout": 600}
#: A socket's name has about a hundred bytes; in a folder with a longer name the kernel listens on the loopback device.
LONGEST_SOCKET_FOLDER = 80
#: What Python and the engine raise where the disk is full. A file that is not there has a name of its own.
CANNOT_WRITE = ("OSError", "IOException")

#: Told which share of the notebook is done (0 … 1).
Progress = Callable[[float], None]


def execute(
    notebook: Path,
    parameters: Mapping[str, object],
    target: Path,
    *,
    cwd: Path | None = None,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
    scratch: Path | None = None,
) -> NotebookNode:
    """Run a notebook from its first to its last cell in a fresh kernel; write it, settled, to `target`.

    cwd : where the notebook's relative paths start: by default the folder of `target`, where they mean the same to
    whoever opens the notebook there. Absolute paths are refused, so none is ever stored.  environment : variables of
    the kernel beside those of this process; what names a machine belongs here, for parameters are printed.  scratch :
    an existing folder for what the kernel writes on its way, which may name people; by default one that ends with it.

    Raises UserError with the user's own message where a cell raised one, OSError where a cell could not write a file,
    PublishError where a cell failed in any other way. `target` is written only when every cell ran.
    """
    spare_a_grammar()
    import papermill

    _refuse_parameters(papermill, notebook, parameters)
    threading.Thread(target=rendering.get_ready, daemon=True).start()
    with _told_by_name(papermill, notebook.name):
        nb: NotebookNode = papermill.execute_notebook(
            str(notebook),
            None,
            dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            log_output=False,
            kernel_manager_class=_kernel_in(cwd or target.parent, environment or {}, scratch),
            shutdown_kernel="immediate",
            **PATIENCE,
            store_widget_state=False,
            on_cell_executed=_counting(notebook, progress),
        )
    settle(nb)
    refuse_unfinished(nb)
    write(nb, target)
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


def _kernel_in(folder: Path, environment: Mapping[str, str], scratch: Path | None) -> type:
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
                    "TMPDIR": str(scratch or self._private),  # a kernel is ended at once, and clears nothing away
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
