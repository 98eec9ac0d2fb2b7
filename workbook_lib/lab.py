"""Starts JupyterLab on a notebook of ours, for one audit.

The notebook is a copy in a private folder, with the audit as its parameter: the one that belongs to the package stays
as it is, and nothing is written beside the exports. JupyterLab is reached from this machine alone, with a token.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from workbook_lib.publish import notebook_path
from workbook_lib.tables import Problem, UserError

HOST = "127.0.0.1"
#: What JupyterLab says, in the private folder; it is told only where JupyterLab does not start.
LOG = "jupyterlab.log"
#: Seconds that JupyterLab may take to start, and to end.
PATIENCE = 60.0
#: What JupyterLab need not do here: fetch news, look for a newer version, write an address to a file.
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.use_redirect_file=False",
    "--log-level=ERROR",
)
#: Settings that hold unless the user has others: no question about news over the notebook.
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def work_on(name: str, parameters: Mapping[str, str], *, browser: bool, tell: Callable[[str], None]) -> None:
    """Open a notebook in JupyterLab and wait until the user ends it with Ctrl-C, or JupyterLab ends.

    name : of the notebook, without its ending.  parameters : its parameters, by name.  browser : open one.
    tell : is called with each line for the user.

    Raises UserError where JupyterLab is not installed, or does not start.
    """
    _refuse_without_jupyterlab()
    with _private_folder() as folder, _ended_by_signals():
        notebook = write_copy(name, parameters, folder / "notebooks")
        port, token = _free_port(), secrets.token_urlsafe(24)
        with _jupyterlab(folder, port, token) as process:
            _wait_for(process, f"http://{HOST}:{port}/api/status", token, folder / LOG)
            address = f"http://{HOST}:{port}/doc/tree/{notebook.name}?token={token}"
            tell(f"JupyterLab: {address}")
            tell("Choose Run, then Run All Cells. Ctrl-C here ends it. The notebook is a copy, which is then deleted;")
            tell("decisions are in the register of the audit.")
            if browser:
                webbrowser.open(address)
            try:
                process.wait()
            except KeyboardInterrupt:
                tell("JupyterLab ends.")


def write_copy(name: str, parameters: Mapping[str, str], folder: Path) -> Path:
    """Write a copy of a notebook with other values in its cell of parameters.

    Raises LookupError where it has no such parameter.
    """
    nb = json.loads(notebook_path(name).read_text(encoding="utf-8"))
    cell = next(cell for cell in nb["cells"] if "parameters" in cell["metadata"].get("tags", []))
    lines = "".join(cell["source"]).splitlines(keepends=True)
    for parameter, value in parameters.items():
        place = next((no for no, line in enumerate(lines) if line.startswith(f"{parameter}: ")), None)
        if place is None:
            raise LookupError(f"{name} has no parameter {parameter}.")
        declared, _, rest = lines[place].partition(" = ")
        lines[place] = f"{declared} = {value!r}  #{rest.partition('  #')[2]}"
    cell["source"] = lines
    target = folder / f"{name}.ipynb"
    target.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def _refuse_without_jupyterlab() -> None:
    missing = [name for name in ("jupyterlab", "ipywidgets") if not find_spec(name)]
    if missing:
        raise UserError(
            Problem(
                where="JupyterLab",
                what=f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed.",
                effect="nothing was opened. `workbook decide` records decisions from a file without it.",
                do="pip install 'audit-workbook[lab]' (in a checkout: pip install -e '.[lab]').",
                code="no_jupyterlab",
            )
        )


@contextmanager
def _private_folder() -> Iterator[Path]:
    """With a room for the notebook, and one for settings that stand behind those of the user."""
    folder = Path(tempfile.mkdtemp(prefix="workbook-"))
    try:
        (folder / "notebooks").mkdir()
        (folder / "config" / "labconfig").mkdir(parents=True)
        overrides = folder / "config" / "labconfig" / "default_setting_overrides.json"
        overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A signal to end, or that the terminal is closed, is taken like Ctrl-C, so that JupyterLab is ended, too."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    known = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP"))
    ends = [number for number in known if number and signal.getsignal(number) is not signal.SIG_IGN]  # nohup has it so
    before = [signal.signal(number, interrupt) for number in ends]
    try:
        yield
    finally:
        for number, handler in zip(ends, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _jupyterlab(folder: Path, port: int, token: str) -> Iterator[subprocess.Popen[bytes]]:
    """JupyterLab as a process of its own: Ctrl-C reaches this command alone, which then ends it without asking."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.ip={HOST}", f"--ServerApp.port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder / 'notebooks'}", *QUIET]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    paths = [str(folder / "config"), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    # The token does not stand in the command, which other users of the machine can see.
    environment = os.environ | {"JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], address: str, token: str, log: Path) -> None:
    asked = urllib.request.Request(address, headers={"Authorization": f"token {token}"})  # noqa: S310
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would be told the token
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            straight.open(asked, timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise UserError(
        Problem(
            where="JupyterLab",
            what=f"it did not start. {said[-1] if said else ''}".strip(),
            effect="nothing was opened.",
            do=f"try it by itself: {sys.executable} -m jupyterlab",
            code="no_jupyterlab",
        )
    )
