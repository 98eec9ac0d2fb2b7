"""The `workbook` command: thin over the library. Exit codes: 0 done, 1 attention, 2 wrong call, 3 no sound pack."""

from __future__ import annotations

import io
import sys
from typing import NoReturn

from workbook_lib.cli import batching, beginning, deciding, judging, packs, reminding
from workbook_lib.cli.options import app

#: Importing them names their commands, in the order of their imports.
COMMANDS = (packs, batching, judging, beginning, deciding, reminding)


def main() -> NoReturn:
    """Run the command; every error is one message on standard error, without a traceback unless `--debug` is given."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # written to a file, Windows has no letter for most names
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments, prog_name="workbook")
    except Exception as error:
        from workbook_lib.tables import UserError

        if debug:
            import traceback

            traceback.print_exc()
        elif isinstance(error, UserError):
            sys.stderr.write(f"{error}\n")
        else:
            sys.stderr.write(f"workbook: {type(error).__name__}: {error}\nRun it again with --debug to see where.\n")
    sys.exit(2)
