"""The `workbook` command: thin over the library. Exit codes: 0 done, 1 needs attention, 2 wrong input or call."""

from __future__ import annotations

import sys
import traceback
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from workbook_lib.tables import Problem, UserError, listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbook_lib.tables import FileAccount, Quarantined
    from workbook_lib.workpaper import Workpaper

#: How many items of a list are printed before "and n more".
LISTED = 20
#: The verdicts that the on-time rate counts (C12).
JUDGED = ("met", "late", "missing", "undetermined")
#: Findings that somebody must mend; the others are for information.
TO_MEND = {
    "no_source_of_records",
    "module_of_nobody",
    "value_of_nobody",
    "shared_email",
    "account_of_several",
    "link_to_several",
    "decision_fits_nothing",
    "register_altered",
}

app = typer.Typer(
    help="Proves that security-awareness training reached everyone who had to have it, for a whole audit period.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

AuditPath = Annotated[Path, typer.Argument(help="The audit folder, or its audit.toml.", show_default=False)]
PeriodName = Annotated[str | None, typer.Option(help="Name of the period in audit.toml.", show_default="the last one")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="Last full day that the exports cover.", show_default="from extracted_on, rule C1"
    ),
]


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """`--debug` is taken out of the arguments before they reach here, so that it may stand anywhere."""


@app.command(epilog="Example: `workbook run data_samples/northwind --period 2025 --out reports`")
def run(
    audit: AuditPath,
    period: PeriodName = None,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="Where packs are put.")] = Path("reports"),
    prepared_by: Annotated[str, typer.Option(help="Name printed on the page.")] = "",
    fail_on_deviation: Annotated[bool, typer.Option(help="Exit with 1 where anything was noted.")] = False,
) -> None:
    """Make the evidence pack of one period: the page for the auditor, the notebook, the tables and the inputs."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from workbook_lib import batch
    from workbook_lib.audit import load_audit, refuse_later_than_exports, window

    checked = load_audit(audit)
    days = window(checked, period, _day(as_of))
    refuse_later_than_exports(checked, days)
    _make_folder(out)
    job = batch.Job(audit=checked, window=days, out=out, prepared_by=prepared_by)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        try:
            target = batch.produce(job, lambda what, share: bar.update(task, description=what, completed=share))
        except KeyboardInterrupt:
            typer.echo("Stopped; no pack was written, and an older one is as it was.", err=True)
            raise typer.Exit(130) from None
    result = json.loads((target / "data" / "result.json").read_text(encoding="utf-8"))
    for line in _bottom_lines(result):
        typer.echo(line)
    typer.echo(f"Evidence: {target / 'data' / 'evidence.html'}")
    noted = [p for p in result["procedures"].values() if p["outcome"] != "no exceptions noted"]
    if fail_on_deviation and noted:
        raise typer.Exit(1)


@app.command(epilog="Example: `workbook judge data_samples/northwind --period 2025 --out /tmp/verdicts`")
def judge(
    audit: AuditPath,
    period: PeriodName = None,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="Folder for verdicts.csv and exceptions.csv.")] = Path(),
) -> None:
    """Write the verdicts and exceptions of one period as CSV; no notebook, for scripts."""
    from workbook_lib.audit import load_audit
    from workbook_lib.workpaper import EXCEPTIONS, VERDICTS, perform

    paper = perform(load_audit(audit), period, _day(as_of))
    _make_folder(out)
    paper.engine.export(VERDICTS, out / "verdicts.csv")
    paper.engine.export(EXCEPTIONS, out / "exceptions.csv")
    typer.echo(
        f"{paper.number('SELECT COUNT(*) FROM verdicts'):,} verdicts and "
        f"{paper.number('SELECT COUNT(*) FROM exceptions'):,} exceptions written to {out.resolve()}."
    )
    _warn(paper)


@app.command(epilog="Example: `workbook check data_samples/northwind`")
def check(audit: AuditPath, period: PeriodName = None, as_of: AsOf = None) -> None:
    """Read and reconcile: files, rows, quarantine, who is not in the system. Exit 1 where something must be mended."""
    from workbook_lib.audit import load_audit
    from workbook_lib.workpaper import perform

    paper = perform(load_audit(audit), period, _day(as_of))
    _warn(paper)
    if _print_check(paper):
        raise typer.Exit(1)


@app.command(epilog="Example: `workbook decide data_samples/northwind decisions.csv`")
def decide(
    audit: AuditPath,
    file: Annotated[
        Path, typer.Argument(help="Decisions, with the headers of the table of decisions.", show_default=False)
    ],
) -> None:
    """Record decisions from a file in the register of the audit: all of them or, where one may not stand, none."""
    from workbook_lib import decide as desk
    from workbook_lib.audit import load_audit

    checked = load_audit(audit)
    decisions = desk.from_file(checked, file)
    people = desk.people_of(checked)
    done = desk.record(checked, decisions, people)
    for stranger in desk.strangers(decisions, people):
        typer.echo(f"warning: no people export names {stranger}; what was decided about them has no effect.", err=True)
    again = f"; {done.known:,} were recorded before" if done.known else ""
    typer.echo(f"{done.new:,} decisions recorded{again}. The register has {done.head.count:,} entries.")
    typer.echo(f"Its head: {done.head.hash}")


def _warn(paper: Workpaper) -> None:
    """What must be said wherever a result is: that it is INTERIM, and which exports end too early (C1)."""
    if paper.window.interim:
        end, as_of = paper.window.period.end, paper.window.as_of
        typer.echo(f"INTERIM: judged to {as_of}; period {paper.window.period.name} goes on to {end}.", err=True)
    for finding in paper.findings:
        if finding.code == "early_extract":
            typer.echo(f"warning: {finding.text}", err=True)


def _print_check(paper: Workpaper) -> bool:
    """Print the reconciliation; say whether something must be mended."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    for file in paper.files:
        console.print(_file_line(file, paper.quarantine))
    unread = [row for row in paper.quarantine if not row.by_rule]
    for line in _unread_lines(unread):
        console.print(f"MEND {line}")
    to_mend = [finding for finding in paper.findings if finding.code in TO_MEND]
    for finding in sorted(paper.findings, key=lambda finding: finding not in to_mend):
        if finding.code != "early_extract":
            console.print(f"{'MEND' if finding in to_mend else 'note'} {finding.text}")
    population = next(result for result in paper.results if result.procedure.id == "P1")
    console.print(f"\n{population.says}")
    for item in population.checks:
        console.print(
            f"{'MEND' if item.exceptions else 'ok  '} {item.says} {item.exceptions:,} of {item.tested:,} depart."
        )
        if item.exceptions and item.listing:
            listed = paper.rows(item.listing)
            for row in listed[:LISTED]:
                console.print("       " + ", ".join(str(value) for value in row if value is not None))
            if len(listed) > LISTED:
                console.print(f"       and {len(listed) - LISTED:,} more")
    return bool(unread or to_mend or any(item.exceptions for item in population.checks))


def _unread_lines(rows: Sequence[Quarantined]) -> Iterator[str]:
    """One line for all rows of a file with one problem in one column: the first in full, the others by number."""
    alike: dict[tuple[str, str, str], list[Quarantined]] = {}
    for row in rows:
        alike.setdefault((row.file, row.column, row.code), []).append(row)
    for (file, column, _), group in alike.items():
        first = group[0]
        more = f" {len(group):,} such rows: {listing([row.row_no for row in group], 10)}." if len(group) > 1 else ""
        yield f"{file}, row {first.row_no}, {column}: {first.message}{more}"


def _file_line(file: FileAccount, quarantine: Sequence[Quarantined]) -> str:
    """What became of one file; rows that a profile sets aside by rule are told apart from those that are wrong."""
    mine = [row.by_rule for row in quarantine if row.source_no == file.source_no]
    parts = [f"{file.rows_read:,} rows read", f"{file.rows_used:,} used"]
    parts += [f"{sum(mine):,} set aside by the profile"] if sum(mine) else []
    parts += [f"{len(mine) - sum(mine):,} unreadable"] if len(mine) > sum(mine) else []
    span = f"; {file.first_date} to {file.last_date}" if file.first_date else ""
    return f"{file.file} ({file.table}): {', '.join(parts)}{span}"


def _bottom_lines(result: dict[str, Any]) -> Iterator[str]:
    """The result in a few lines: counts before percentages, INTERIM wherever it is."""
    period, verdicts, exceptions = result["period"], result["verdicts"], result["exceptions"]
    days = f"{period['start']} to {period['judged_to']}"
    yield f"{result['organisation']}, period {period['name']}, judged from {days}, as known on {period['as_of']}."
    if period["interim"]:
        yield f"INTERIM: the period goes on to {period['end']}; the exports do not."
    met, judged = verdicts.get("met", 0), sum(verdicts.get(name, 0) for name in JUDGED)
    others = ", ".join(f"{count:,} {name}" for name, count in verdicts.items() if name != "met")
    yield f"{result['people']:,} people. On time: {met:,} of {judged:,} judged duties. Others: {others or 'none'}."
    yield f"Exceptions: {exceptions['total']:,}, of them unexplained: {exceptions['unexplained']:,}."
    if unreadable := result["rows"]["unreadable"]:
        yield f"Rows that could not be used: {unreadable:,}; they cover nothing. `workbook check` lists them."


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            Problem(
                where=f"--out {out}",
                what=f"it cannot be a folder to write to ({error.strerror or error}).",
                effect="nothing was written.",
                do="name another folder.",
            )
        ) from None


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def main() -> NoReturn:
    """Run the command; every error is one message on standard error, without a traceback unless `--debug` is given."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments, prog_name="workbook")
    except Exception as error:
        if debug:
            traceback.print_exc()
        elif isinstance(error, UserError):
            sys.stderr.write(f"{error}\n")
        else:
            sys.stderr.write(f"workbook: {type(error).__name__}: {error}\nRun it again with --debug to see where.\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
