"""The command that makes many packs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook_lib.cli.options import (
    AsOf,
    Browser,
    EngineChoice,
    EngineName,
    MemoryLimit,
    PaperSize,
    PreparedBy,
    PrintsPdf,
    Pseudonymous,
    SignWith,
    SparkMaster,
    TimestampUrl,
    Zips,
    app,
    spark_master,
)
from workbook_lib.cli.packs import pseudonym_key
from workbook_lib.publish.paper import Paper
from workbook_lib.tables import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbook_lib.batch.tasks import Entry, Task


@app.command(epilog="Example: `workbook batch data_samples/northwind --periods all --out reports`")
def batch(
    audits: Annotated[
        list[Path], typer.Argument(metavar="AUDIT", help="Audit folders, or their audit.toml.", show_default=False)
    ],
    periods: Annotated[str, typer.Option(help="`all`, or names of periods, with commas between them.")] = "all",
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="Where packs and their index are put.")] = Path("reports"),
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Packs made at once.", show_default="number of processors")
    ] = None,
    executor: Annotated[
        str,
        typer.Option(metavar="dask://HOST:PORT", help="A Dask cluster that makes them.", show_default="this machine"),
    ] = "",
    prepared_by: PreparedBy = "",
    pdf: PrintsPdf = True,
    browser: Browser = "",
    paper: PaperSize = Paper.A4,
    pseudonymous: Pseudonymous = False,
    sign_with: SignWith = None,
    timestamp_url: TimestampUrl = "",
    archive: Zips = False,
    engine: EngineChoice = EngineName.DUCKDB,
    master: SparkMaster = None,
    memory_limit: MemoryLimit = None,
    fail_on_deviation: Annotated[bool, typer.Option(help="Exit with 1 where a procedure noted exceptions.")] = False,
) -> None:
    """Make one evidence pack per audit and period, in parallel. With an index page, and a summary for programs.

    A pack that fails does not stop the others. One whose inputs, options and versions are unchanged is not made again.
    Exit 0: every pack stands. 1: some could not be made. 2: none could, or the call is wrong.
    """
    from workbook_lib.audit import load_audit
    from workbook_lib.batch import index, tasks
    from workbook_lib.engine import checked_limit
    from workbook_lib.pack import timestamps
    from workbook_lib.pack.placing import refuse_unwritable
    from workbook_lib.pack.signing import Signer

    refuse_unwritable(out)
    index.refuse_foreign(out)
    signer = Signer.read(sign_with) if sign_with else None
    if timestamp_url:
        timestamps.refuse_unusable(timestamp_url)
    options = tasks.Options(
        out=out.resolve(),
        as_of=as_of,
        prepared_by=prepared_by,
        paper=paper,
        prints=pdf,
        browser=browser,
        pseudonymous=pseudonymous,
        sign_with=sign_with and sign_with.resolve(),
        timestamp_url=timestamp_url,
        zips=archive,
        spark_master=spark_master(engine, master),
        memory_limit=checked_limit(memory_limit) if memory_limit else "",
    )
    named = [name.strip() for name in periods.split(",") if name.strip()]
    plan = tasks.plan(audits, named or [tasks.ALL], options)
    waiting = [item for item in plan if isinstance(item, tasks.Task)]
    if pseudonymous:
        for folder in dict.fromkeys(task.audit for task in waiting):  # before two processes make one key each
            pseudonym_key(load_audit(folder))
    made = _told(_finished(waiting, jobs, executor), len(waiting))
    entries = list(tasks.in_order(plan, made))
    for entry in entries:
        if entry not in made.values():
            typer.echo(_line(entry), err=entry.outcome is tasks.Outcome.FAILED)
    index.write(out, entries)
    typer.echo(f"Index: {out / index.PAGE}. For programs: {out / index.SUMMARY}.")
    if signer:
        typer.echo(f"Signed with key {signer.fingerprint}: tell the reader this fingerprint by another way.")
    raise typer.Exit(_code(entries, fail_on_deviation=fail_on_deviation))


def _finished(waiting: Sequence[Task], jobs: int | None, executor: str) -> Iterator[tuple[Task, Entry]]:
    """The packs as they are finished, made here or on a cluster."""
    import os

    from workbook_lib.batch import cluster, processes

    if not executor:
        return processes.make_all(waiting, jobs or os.cpu_count() or 1)
    return cluster.make_all(waiting, executor)


def _told(finished: Iterator[tuple[Task, Entry]], total: int) -> dict[Task, Entry]:
    """Say a line for each pack as it is finished; on a terminal a bar says how many are left."""
    import sys

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn, TimeRemainingColumn

    made = {}
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    spent = TimeElapsedColumn(), "spent,", TimeRemainingColumn(), "left"
    columns = (SpinnerColumn(), "{task.description}", MofNCompleteColumn(), *spent)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, redirect_stdout=False
    ) as bar:
        # A line on the terminal stands above the bar; in a file or another program it stands alone.
        say = partial(console.print, soft_wrap=True) if console.is_terminal and sys.stdout.isatty() else typer.echo
        task = bar.add_task("packs", total=total)
        try:
            for what, entry in finished:
                made[what] = entry
                bar.update(task, advance=1)
                say(f"[{len(made)}/{total}] {_line(entry)}")
        except KeyboardInterrupt:
            typer.echo(
                f"Stopped after {len(made)} of {total} packs. They stand; the index is as it was. Run it again: what "
                "stands is not made again.",
                err=True,
            )
            raise typer.Exit(130) from None
    return made


def _line(entry: Entry) -> str:
    from workbook_lib.batch.tasks import Outcome
    from workbook_lib.exhibits.exhibit import rate
    from workbook_lib.exhibits.markup import visible

    label = f"{entry.audit} {entry.period}".strip()
    if not entry.pack:
        first, *more = entry.in_short
        do = f" {entry.to_do}" if entry.to_do and entry.outcome is Outcome.FAILED else ""
        rest = f" And {count(len(more), 'problem')} more; the index tells." if more else ""
        return visible(f"{label}: {entry.outcome}: {first}{do}") + rest
    why = f" ({entry.why})" if entry.why else ""
    interim = "INTERIM. " if entry.result["period"]["interim"] else ""
    deviations = count(entry.deviations, "deviation")
    return visible(f"{label}: {entry.outcome}{why}. {interim}On time: {rate(*entry.on_time)}, {deviations}.")


def _code(entries: Sequence[Entry], *, fail_on_deviation: bool) -> int:
    from workbook_lib.batch.tasks import Outcome

    failed = [entry for entry in entries if entry.outcome is Outcome.FAILED]
    if failed and not any(entry.pack for entry in entries):
        return 2
    return int(bool(failed) or (fail_on_deviation and any(entry.noted for entry in entries)))
