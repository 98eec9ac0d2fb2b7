"""Commands that read and judge, and write no pack: check, judge, sample."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from workbook_lib.cli.options import (
    AsOf,
    AuditPath,
    EngineChoice,
    EngineName,
    MemoryLimit,
    PeriodName,
    SparkMaster,
    app,
    spark_master,
    warn,
)
from workbook_lib.tables import count


@app.command(epilog="Example: `workbook judge data_samples/northwind --period 2025 --out /tmp/verdicts`")
def judge(
    audit: AuditPath,
    out: Annotated[Path, typer.Option(help="Folder for verdicts.csv and exceptions.csv.", show_default=False)],
    period: PeriodName = None,
    as_of: AsOf = None,
    memory_limit: MemoryLimit = None,
    engine: EngineChoice = EngineName.DUCKDB,
    master: SparkMaster = None,
) -> None:
    """Write the verdicts and exceptions of one period as CSV. No notebook, for scripts."""
    from workbook_lib.audit import load_audit
    from workbook_lib.pack.placing import refuse_unwritable
    from workbook_lib.spark import SparkEngine
    from workbook_lib.workpaper import EXCEPTIONS, VERDICTS, perform

    refuse_unwritable(out)
    chosen = spark_master(engine, master)
    checked = load_audit(audit)
    using = SparkEngine(chosen, memory_limit) if chosen else None
    paper = perform(checked, period, as_of, memory_limit=memory_limit, engine=using)
    out.mkdir(parents=True, exist_ok=True)
    paper.engine.export(VERDICTS, out / "verdicts.csv")
    paper.engine.export(EXCEPTIONS, out / "exceptions.csv")
    typer.echo(
        f"{count(paper.number('SELECT COUNT(*) FROM verdicts'), 'verdict')} and "
        f"{count(paper.number('SELECT COUNT(*) FROM exceptions'), 'exception')} written to {out.resolve()}."
    )
    warn(paper)


@app.command(epilog="Example: `workbook check data_samples/northwind`")
def check(audit: AuditPath, period: PeriodName = None, as_of: AsOf = None, memory_limit: MemoryLimit = None) -> None:
    """Read and reconcile the exports. Files, rows, quarantine, who is not in the system; exit 1: mend something."""
    from rich.console import Console

    from workbook_lib import check as reconciliation
    from workbook_lib.audit import load_audit
    from workbook_lib.workpaper import perform

    paper = perform(load_audit(audit), period, as_of, memory_limit=memory_limit)
    warn(paper)
    if reconciliation.report(paper, Console(highlight=False, markup=False, emoji=False)):
        raise typer.Exit(1)


@app.command(epilog="Example: `workbook sample data_samples/northwind --period 2025 --size 25 --seed 4711`")
def sample(
    audit: AuditPath,
    period: PeriodName = None,
    rule: Annotated[
        str | None,
        typer.Option(
            help="Size of each stratum: all, fixed, tenth (10 %, min 3, max 30) or confidence.", show_default="tenth"
        ),
    ] = None,
    size: Annotated[int | None, typer.Option(help="People of each stratum, for the rule fixed.")] = None,
    confidence: Annotated[
        str | None, typer.Option(help="Per cent, for the rule confidence.", show_default="90")
    ] = None,
    tolerable_rate: Annotated[
        str | None, typer.Option(help="Per cent, for the rule confidence.", show_default="10")
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="Any text; the same one draws the same people.", show_default="the period's name")
    ] = None,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="Folder.", show_default="sample-AUDIT-PERIOD")] = None,
) -> None:
    """Draw the auditor's selection, and write its test sheet. Ready to fill in, as a spreadsheet and as CSV."""
    from workbook_lib import sampling, testsheet
    from workbook_lib.audit import load_audit, refuse_later_than_exports, window
    from workbook_lib.exhibits.sampling import would_have_met
    from workbook_lib.pack.placing import refuse_unwritable
    from workbook_lib.workpaper import perform

    chosen = sampling.rule_for(rule, size, confidence, tolerable_rate)
    checked = load_audit(audit)
    days = window(checked, period, as_of)
    refuse_later_than_exports(checked, days)
    paper = perform(checked, days.period.name, days.as_of)
    selection = testsheet.draw(paper, chosen, seed)
    folder = out or Path(re.sub(r"[^\w.-]+", "-", f"sample-{checked.folder.name}-{days.period.name}"))
    refuse_unwritable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines = testsheet.write(paper, selection, folder)
    for heading, text in testsheet.in_short(paper, selection):
        typer.echo(f"{heading}: {text}")
    typer.echo(would_have_met(selection)[0])
    typer.echo(
        f"{count(lines, 'line')} to test: {folder / 'sample.xlsx'}, and sample.csv beside it. How they were drawn, "
        "how to repeat it and what to tick: method.txt. Everybody in the order of rank: ranking.csv."
    )
    warn(paper)
