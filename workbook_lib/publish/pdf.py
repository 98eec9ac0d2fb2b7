"""The page on paper: a browser of this machine prints it, with bookmarks, tags and page numbers.

The pack is whole without it. A browser writes the day of printing into the file; the as-of day stands there instead, so
that the same page gives the same bytes from the same browser.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

#: How a browser that can print is called, first choice first.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
#: Where macOS and Windows keep one; there it is not on the path.
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "%ProgramFiles%/Google/Chrome/Application/chrome.exe",
    "%ProgramFiles(x86)%/Google/Chrome/Application/chrome.exe",
    "%LocalAppData%/Google/Chrome/Application/chrome.exe",
    "%ProgramFiles(x86)%/Microsoft/Edge/Application/msedge.exe",
    "%ProgramFiles%/Microsoft/Edge/Application/msedge.exe",
)
#: Names a browser for every run; the option of the command comes first.
VARIABLE = "WORKBOOK_BROWSER"
#: Seconds after which a browser that has not printed is ended.
PATIENCE = 180
#: Milliseconds of the page's own time in which its figures are drawn. Only work counts, waiting is skipped.
DRAWING = 30_000
#: The window in which the figures are drawn before they are scaled to the paper: with it their letters have its size.
WINDOW = "1000,1400"

ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-breakpad",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    f"--window-size={WINDOW}",
    f"--virtual-time-budget={DRAWING}",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    "--export-tagged-pdf",
)


class NoPdfError(Exception):
    """The page could not be printed; the message says why, in one line."""


def find_browser(named: str = "") -> str:
    """The browser that prints.

    named : the one that the user wants, a path or a name; otherwise the environment names it, or the first is taken
    that is found.

    Raises NoPdfError where there is none.
    """
    wanted = named or os.environ.get(VARIABLE, "")
    if wanted:
        if found := shutil.which(wanted):
            return found
        raise NoPdfError(f"there is no browser '{Path(wanted).name}'.")  # its folder is not for the pack
    candidates = (*NAMES, *map(os.path.expandvars, PLACES))
    if found := next(filter(None, map(shutil.which, candidates)), None):
        return found
    raise NoPdfError("no Chromium, Chrome or Edge was found; name one with --browser.")


def print_page(
    page: Path, target: Path, as_of: date, *, scratch: Path, browser: str = "", patience: float = PATIENCE
) -> str:
    """Print a page to `target`, and return what printed it, with its version.

    as_of : stands in the file as its day.  scratch : an existing folder, in which the browser gets one of its own: a
    confined browser may not see the system's.  browser : as for `find_browser`.  patience : seconds.

    Raises NoPdfError where it cannot be done; `target` is written whole or not at all.
    """
    program = find_browser(browser)
    with tempfile.TemporaryDirectory(prefix="print-", dir=scratch, ignore_cleanup_errors=True) as private:
        own = Path(private).resolve()
        draft = own / "page.pdf"
        command = [program, *ARGUMENTS, f"--user-data-dir={own / 'profile'}", f"--print-to-pdf={draft}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses root otherwise; the page runs two scripts of ours alone
        _run([*command, page.resolve().as_uri()], patience)
        printed = draft.read_bytes() if draft.is_file() else b""
    if not (printed.startswith(b"%PDF-") and printed.rstrip().endswith(b"%%EOF")):
        raise NoPdfError(f"{Path(program).name} wrote no PDF.")
    target.write_bytes(_dated(printed, as_of))
    return _producer(printed)


def _run(command: list[str], patience: float) -> None:
    """Run a browser to its end; one that hangs is ended with all its helpers."""
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise NoPdfError(f"{name} cannot be started ({error.strerror or error}).") from None
    try:
        status = process.wait(patience)
    except subprocess.TimeoutExpired:
        raise NoPdfError(f"{name} did not print within {patience:g} seconds.") from None
    finally:
        if process.poll() is None:
            _end(process)
    if status:
        raise NoPdfError(f"{name} ended with {status} and printed nothing.")


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its helpers are in its session
    process.wait()


def _dated(printed: bytes, day: date) -> bytes:
    """The file with another day in it, at the same length: every place in a PDF is known by its distance.

    >>> _dated(b"/CreationDate (D:20260102030405+01'00')", date(2025, 12, 31))
    b"/CreationDate (D:20251231000000+00'00')"
    """
    stamp = day.strftime("%Y%m%d").encode() + b"000000+00'00'"
    return re.sub(
        rb"/(CreationDate|ModDate) \(D:\d{14}[+-]\d\d'\d\d'\)",
        lambda found: b"/" + found[1] + b" (D:" + stamp + b")",
        printed,
    )


def _producer(printed: bytes) -> str:
    """Which browser printed.

    >>> _producer(b"/Creator (Mozilla/5.0 HeadlessChrome/156.0.0.0 Safari/537.36)")
    'Chrome 156.0.0.0'
    """
    found = re.search(rb"(?:Headless)?(Chrome|Edg)/([\d.]+)", printed)
    return f"{found[1].decode()} {found[2].decode()}" if found else "a browser that does not say its name"
