"""Commands that write an audit folder from raw exports, and tables of a catalogue into one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook_lib.cli.judging import check
from workbook_lib.cli.options import AuditPath, app

if TYPE_CHECKING:
    from collections.abc import Collection


@app.command(epilog="Example: `workbook new acme --from ~/Downloads/*.csv enrollments.json staff.xlsx`")
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The audit folder to write.", show_default=False)],
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Further files, as after --from.", show_default=False)
    ] = None,
    exports: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="The exports, as they came out of the systems: CSV, JSON or XLSX files, no folders.",
            show_default=False,
        ),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing; leave TODO for what is not known.")
    ] = False,
) -> None:
    """Write an audit folder from raw exports. Each file is recognised or proposed; nothing is overwritten.

    The files are copied to DIR/exports byte for byte. What a file is, is told by its columns; where no profile knows
    them, a profile is proposed for you to confirm. Exit 1 where something is left to mend.
    """
    from datetime import date

    from workbook_lib.new_audit import create, next_steps

    asks = not no_input and sys.stdin.isatty() and sys.stderr.isatty()
    files = [*(exports or []), *(more or [])]
    plan = create(folder, files, typer.echo, _ask if asks else None, today=date.today())
    typer.echo(f"\nWritten: {', '.join(str(folder / name) for name in (*sorted(plan.texts), 'exports'))}\n")
    code = _check_new(folder)
    typer.echo("\nNext:")
    for line in next_steps(plan):
        typer.echo(line)
    raise typer.Exit(code)


@app.command(epilog="Example: `workbook fetch acme --spark-master yarn`")
def fetch(
    audit: AuditPath,
    master: Annotated[str, typer.Option("--spark-master", metavar="URL", help="Master of Spark.")] = "local[*]",
    again: Annotated[bool, typer.Option("--again", help="Also where the file is there; it is replaced.")] = False,
) -> None:
    """Write tables of a Spark catalogue into the audit folder. For each source with a `catalogue_table`.

    From then on the folder stands for itself: every other command reads the file, and a pack holds it.
    """
    from datetime import datetime

    from workbook_lib import spark
    from workbook_lib.audit import load_unfetched

    checked = load_unfetched(audit)
    today = datetime.now(checked.settings.zone).date()
    for done in spark.fetch(checked, master, again=again):
        source = done.source
        if not done.is_new:
            typer.echo(f"{source.file} is there, {done.rows:,} rows; --again fetches it anew.")
            continue
        typer.echo(f"{source.catalogue_table}: {done.rows:,} rows written to {source.file}.")
        said = source.extracted(checked.settings.zone)
        if said and said != today:
            typer.echo(
                f"warning: audit.toml, source[{done.no}] says that it was extracted on {said}; the table was read on "
                f"{today}. Write that day (C1).",
                err=True,
            )


def _check_new(folder: Path) -> int:
    """Check what was written; where too little is known yet to judge, say why."""
    from workbook_lib.tables import UserError

    try:
        check(folder)
    except typer.Exit as done:
        return done.exit_code
    except UserError as error:
        waits = "# [[source]]" in (folder / "audit.toml").read_text(encoding="utf-8")
        found = [(p, CONFIRM if waits and p.where == "audit.toml, source" else p.do) for p in error.problems]
        told = "\n".join(f"{problem.where}: {problem.what}\n  Do: {do}" for problem, do in found)
        typer.echo(f"It cannot be judged yet:\n{told}")
        return 1
    return 0


#: What is done about a source that is missing only because it waits.
CONFIRM = "confirm what is said below, then remove the # signs before its [[source]]."


def _ask(question: str, default: str, allowed: Collection[str]) -> str:
    """Ask on the terminal, until the answer is one of those allowed."""
    import difflib

    from workbook_lib.requirement import did_you_mean

    def allow(answer: str) -> str:
        if allowed and answer not in allowed:
            near = difflib.get_close_matches(answer, allowed, 1)
            raise typer.BadParameter(f"'{answer}' is not known here{did_you_mean(near)}.")
        return answer

    answer: str = typer.prompt(question, default=default, value_proc=allow, err=True, show_default=bool(default))
    return answer
