"""The command as a user types it: in a process of its own, or, which is quicker, in this one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import chdir, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from workbook_lib import cli

Done = subprocess.CompletedProcess[str]


def workbook(*arguments: object, cwd: Path | None = None, browser: str = "none", **environment: str) -> Done:
    """Run the command; unless a test names a browser no PDF is printed, which takes longer than all the rest."""
    command = [sys.executable, "-m", "workbook_lib.cli", *map(str, arguments)]
    env = os.environ | {"COLUMNS": "200", "WORKBOOK_BROWSER": browser} | environment
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, env=env)


def here(*arguments: object, cwd: Path | None = None) -> Done:
    """Run the command in this process: nothing is imported again."""
    typed, out, err = ["workbook", *map(str, arguments)], io.StringIO(), io.StringIO()
    code: object = None
    with (
        mock.patch.object(sys, "argv", typed),
        mock.patch.dict(os.environ, {"COLUMNS": "200", "WORKBOOK_BROWSER": "none"}),
        chdir(cwd) if cwd else nullcontext(),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
    return subprocess.CompletedProcess(typed, int(str(code or 0)), out.getvalue(), err.getvalue())
