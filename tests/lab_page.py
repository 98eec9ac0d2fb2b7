"""JupyterLab as a user meets it: started by a command of ours, a notebook open in a browser, every cell run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Milliseconds for what takes long on a busy machine.
LONG = 60_000
#: What makes JupyterLab and IPython forget the settings of whoever runs the tests.
HOMES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
         "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")  # fmt: skip
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@contextmanager
def command(tmp_path: Path, *arguments: str) -> Iterator[str]:
    """Run a `workbook` command that opens JupyterLab; the address that it prints."""
    homes = {name: str(tmp_path / "homes" / name.lower()) for name in HOMES}
    line = [sys.executable, "-m", "workbook_lib.cli", *arguments, "--no-browser"]
    environment = os.environ | homes | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        told = process.stdout.readline()
        found = re.fullmatch(r"JupyterLab: (http://127\.0\.0\.1:\d+/doc/tree/\S+\?token=\S+)\n", told)
        assert found, told
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def browser(playwright: Any) -> Iterator[Any]:
    arguments = ["--disable-gpu", "--disable-background-networking"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=arguments)
        yield found
        found.close()


def run_all(page: Any, expect: Any) -> None:
    """Run all cells, once the kernel is there: before, JupyterLab would ask which one to take."""
    page.locator(".jp-NotebookPanel").wait_for(timeout=LONG)
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle", timeout=LONG)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
