"""Commands for people who decide: a file of decisions, and the notebooks opened in JupyterLab."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from workbook_lib.cli.options import AsOf, AuditPath, PeriodName, app
from workbook_lib.tables import count

#: How many decisions are listed with their ids.
MOST_LISTED = 50


@app.command(epilog="Example: `workbook decide data_samples/northwind decisions.csv`")
def decide(
    audit: AuditPath,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Decisions, with the headers of the table of decisions.", show_default=False
        ),
    ],
) -> None:
    """Record decisions from a file in the register of the audit. All of them or, where one may not stand, none."""
    from workbook_lib import decide as desk
    from workbook_lib.audit import load_audit
    from workbook_lib.workpaper import perform

    checked = load_audit(audit)
    decisions = desk.from_file(checked, file)
    done = desk.record(checked, decisions, desk.names_in(checked))
    for withdrawn in done.withdrawn:
        typer.echo(
            f"warning: {withdrawn} was recorded before and is withdrawn; it has no effect. Do: give the row a "
            "decision_id of its own, if it shall count again.",
            err=True,
        )
    again = f"; {done.known:,} were recorded before" if done.known else ""
    new, entries = count(done.new, "decision"), count(done.head.count, "entry", "entries")
    typer.echo(f"{new} recorded{again}. The register has {entries}.")
    for decision in decisions[:MOST_LISTED]:
        typer.echo(f"  {decision['decision_id']}: {decision['kind']}, {decision['place']}")
    if len(decisions) > MOST_LISTED:
        typer.echo(f"  and {len(decisions) - MOST_LISTED:,} more")
    typer.echo(f"Its head: {done.head.hash}")
    ids = {decision["decision_id"] for decision in decisions}
    for finding in perform(checked).findings:
        if finding.table == "decisions" and finding.subject in ids:
            typer.echo(f"warning: {finding.text}", err=True)


NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address only.")]


@app.command(epilog="Example: `workbook triage data_samples/northwind --decided-by grc@northwind.example`")
def triage(
    audit: AuditPath,
    period: PeriodName = None,
    as_of: AsOf = None,
    decided_by: Annotated[str, typer.Option(help="Who decides: a name or an e-mail address.")] = "",
    no_browser: NoBrowser = False,
) -> None:
    """Open the desk in JupyterLab. Explain exceptions, link accounts, extend, exclude, withdraw. Ctrl-C ends it."""
    _open_notebook("2_triage", audit, period, as_of, browser=not no_browser, decided_by=decided_by)


@app.command(epilog="Example: `workbook explore data_samples/northwind`")
def explore(
    audit: AuditPath,
    period: PeriodName = None,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="Where packs are put; earlier runs are known from there.")] = Path(
        "reports"
    ),
    no_browser: NoBrowser = False,
) -> None:
    """Open the readiness notebook in JupyterLab. Who is covered today, who falls due, how the period will end."""
    from workbook_lib.history import FILE

    history = str((out / FILE).resolve())
    _open_notebook("1_readiness", audit, period, as_of, browser=not no_browser, history=history)


def _open_notebook(
    name: str, audit: Path, period: str | None, as_of: date | None, *, browser: bool, **more: str
) -> None:
    from workbook_lib import lab
    from workbook_lib.audit import load_audit, window

    checked = load_audit(audit)
    window(checked, period, as_of)
    days = {"period": period or "", "as_of": as_of.isoformat() if as_of else ""}
    parameters = {"audit_folder": str(checked.folder.resolve()), **days, **more}
    lab.work_on(name, parameters, browser=browser, tell=typer.echo)
