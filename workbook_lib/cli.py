"""The `workbook` command: thin over the library. Exit codes: 0 done, 1 attention, 2 wrong call, 3 no sound pack."""

from __future__ import annotations

import difflib
import re
import sys
import traceback
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from workbook_lib import sampling
from workbook_lib.placing import refuse_unwritable
from workbook_lib.publish import Paper
from workbook_lib.requirement import did_you_mean
from workbook_lib.tables import UserError

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbook_lib.audit import Audit
    from workbook_lib.workpaper import Workpaper

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
    pdf: Annotated[bool, typer.Option(help="Print the page as a PDF, where a browser is found.")] = True,
    browser: Annotated[
        str, typer.Option(help="Chromium, Chrome or Edge that prints.", show_default="$WORKBOOK_BROWSER, or one found")
    ] = "",
    paper: Annotated[Paper, typer.Option(help="Size of the paper.")] = Paper.A4,
    pseudonymous: Annotated[bool, typer.Option(help="A copy that names nobody, for sharing.")] = False,
    sign_with: Annotated[
        Path | None, typer.Option(help="Private key that signs the pack; see `workbook key new`.", show_default=False)
    ] = None,
    archive: Annotated[bool, typer.Option("--zip", help="Also one archive of the pack, beside it.")] = False,
    fail_on_deviation: Annotated[bool, typer.Option(help="Exit with 1 where anything was noted.")] = False,
) -> None:
    """Make the evidence pack of one period: the page for the auditor, the notebook, the tables and the inputs."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from workbook_lib import batch, listings
    from workbook_lib.audit import load_audit, refuse_later_than_exports, window
    from workbook_lib.pack import read_info
    from workbook_lib.signing import Signer

    refuse_unwritable(out)
    signer = Signer.read(sign_with) if sign_with else None
    checked = load_audit(audit)
    days = window(checked, period, _day(as_of))
    refuse_later_than_exports(checked, days)
    job = batch.Job(
        audit=checked,
        window=days,
        out=out,
        prepared_by=prepared_by,
        paper=paper,
        prints=pdf,
        browser=browser,
        pseudonym_key=_pseudonym_key(checked) if pseudonymous else None,
        signer=signer,
        zips=archive,
    )
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        try:
            target = batch.produce(job, lambda what, share: bar.update(task, description=what, completed=share))
        except KeyboardInterrupt:
            typer.echo("Stopped; no pack was written, and an older one is as it was.", err=True)
            raise typer.Exit(130) from None
    result = json.loads((target / "data" / "result.json").read_text(encoding="utf-8"))
    for line in listings.bottom_lines(result):
        typer.echo(line)
    printed = json.loads((target / "data" / "run.json").read_text(encoding="utf-8"))["pdf"]
    if pdf and "not_made" in printed:
        typer.echo(f"warning: no PDF was made: {printed['not_made']} The pack is whole without it.", err=True)
    typer.echo(f"Evidence: {target / 'data' / 'evidence.html'}")
    typer.echo(f"Result digest: {read_info(target)['Result-Digest']}")
    if signer:
        typer.echo(f"Signed with key {signer.fingerprint}: tell the reader this fingerprint by another way.")
    noted = [p for p in result["procedures"].values() if p["outcome"] != "no exceptions noted"]
    if fail_on_deviation and noted:
        raise typer.Exit(1)


def _pseudonym_key(audit: Audit) -> Path:
    """The key beside audit.toml; one that is made now is announced."""
    from workbook_lib import pack

    path, is_new = pack.pseudonym_key(audit)
    if is_new:
        typer.echo(
            f"Key of the pseudonyms made: {path}. Keep it: only with it `workbook who` finds the person behind an id. "
            "It belongs neither in a pack nor in version control (name it in .gitignore).",
            err=True,
        )
    return path


@app.command(epilog="Example: `workbook who data_samples/northwind k3jr5zq2x7mwv6ta`")
def who(
    audit: AuditPath,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of a pseudonymous copy.", show_default=False)],
) -> None:
    """Say whom an id of a pseudonymous copy stands for. Needs the key and the exports. Exit 1 where one is unknown."""
    from workbook_lib.audit import load_audit
    from workbook_lib.pseudonyms import KEY_FILE, Pseudonyms, known_texts
    from workbook_lib.workpaper import perform

    checked = load_audit(audit)
    pseudonym = Pseudonyms.read(checked.folder / KEY_FILE)
    paper = perform(checked)
    others = [row.subject for row in paper.quarantine] + [file.extracted_by for file in paper.files]
    others += [checked.programme.owner, checked.programme.approved_by] if checked.programme else []
    behind = {pseudonym(text): text for text in (*known_texts(paper.engine), *others)}
    names: dict[str | None, str] = dict(paper.rows("SELECT person_id, name FROM everybody WHERE name IS NOT NULL"))
    for wanted in ids:
        known = behind.get(wanted.lower())
        typer.echo(f"{wanted}: {', '.join(filter(None, (known, names.get(known)))) or 'unknown under this key'}")
    if not all(wanted.lower() in behind for wanted in ids):
        raise typer.Exit(1)


@app.command(epilog="Example: `workbook verify reports/northwind-2025 --recompute`")
def verify(
    pack: Annotated[Path, typer.Argument(help="The folder of a pack, or a .zip of it.", show_default=False)],
    recompute: Annotated[bool, typer.Option("--recompute", help="Judge the exports in it again, and compare.")] = False,
) -> None:
    """Check that a pack is as it was sealed: nothing altered, missing or added. Exit 3 where it does not hold."""
    from workbook_lib import verify as verification
    from workbook_lib.exhibits.markup import visible

    verified = verification.verify(pack, recompute=recompute)
    for finding in verified.findings:
        typer.echo(visible(finding))
    if verified.findings:
        raise typer.Exit(3)
    typer.echo(f"{pack}: it holds: {verified.checked}")


keys = typer.Typer(help="Keys that sign packs.", no_args_is_help=True)
app.add_typer(keys, name="key")


@keys.command("new", epilog="Example: `workbook key new ~/keys/packs.pem`")
def key_new(
    file: Annotated[Path, typer.Argument(help="Where the private key is written; FILE.pub too.", show_default=False)],
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Also inside a pack or an audit folder, which is handed on.")
    ] = False,
) -> None:
    """Make a key pair (ed25519) that signs packs: `workbook run --sign-with FILE`."""
    from workbook_lib.signing import new_key

    made = new_key(file, anywhere=anywhere)
    typer.echo(f"Private key: {file}. Keep it to yourself. Public key: {file}.pub.")
    typer.echo(f"Fingerprint: {made.fingerprint}")


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

    refuse_unwritable(out)
    paper = perform(load_audit(audit), period, _day(as_of))
    out.mkdir(parents=True, exist_ok=True)
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
    from rich.console import Console

    from workbook_lib import check as reconciliation
    from workbook_lib.audit import load_audit
    from workbook_lib.workpaper import perform

    paper = perform(load_audit(audit), period, _day(as_of))
    _warn(paper)
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
        str | None, typer.Option(help="Per cent, for the rule confidence.", show_default=sampling.CONFIDENCE)
    ] = None,
    tolerable_rate: Annotated[
        str | None, typer.Option(help="Per cent, for the rule confidence.", show_default=sampling.TOLERABLE)
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="Any text; the same one draws the same people.", show_default="the period's name")
    ] = None,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="Folder.", show_default="sample-AUDIT-PERIOD")] = None,
) -> None:
    """Draw the auditor's selection, and write its test sheet, ready to fill in, as a spreadsheet and as CSV."""
    from workbook_lib import testsheet
    from workbook_lib.audit import load_audit, refuse_later_than_exports, window
    from workbook_lib.exhibits.sampling import would_have_met
    from workbook_lib.workpaper import perform

    chosen = sampling.rule_for(rule, size, confidence, tolerable_rate)
    checked = load_audit(audit)
    days = window(checked, period, _day(as_of))
    refuse_later_than_exports(checked, days)
    paper = perform(checked, days.period.name, days.as_of)
    selection = testsheet.draw(paper, chosen, seed)
    folder = out or Path(re.sub(r"[^\w.-]+", "-", f"sample-{checked.folder.name}-{days.period.name}"))
    refuse_unwritable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines = testsheet.write(paper, selection, folder)
    for heading, text in testsheet.method(paper, selection):
        typer.echo(f"{heading}: {text}")
    for sentence in would_have_met(selection):
        typer.echo(sentence)
    typer.echo(
        f"{lines:,} lines to test: {folder / 'sample.xlsx'}, and sample.csv, ranking.csv and method.txt beside it."
    )
    _warn(paper)


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
    """Write an audit folder from raw exports: recognise each file, propose the rest, check. Nothing is overwritten.

    The files are copied to DIR/exports byte for byte. What a file is, is told by its columns; where no profile knows
    them, a profile is proposed for you to confirm. Exit 1 where something is left to mend.
    """
    from workbook_lib.new_audit import create, next_steps

    asks = not no_input and sys.stdin.isatty() and sys.stderr.isatty()
    plan = create(folder, [*(exports or []), *(more or [])], typer.echo, _ask if asks else None)
    typer.echo(f"\nWritten: {', '.join(str(folder / name) for name in (*sorted(plan.texts), 'exports'))}\n")
    code = _check_new(folder)
    typer.echo("\nNext:")
    for line in next_steps(plan):
        typer.echo(line)
    raise typer.Exit(code)


def _check_new(folder: Path) -> int:
    """Check what was written; where too little is known yet to judge, say why."""
    try:
        check(folder)
    except typer.Exit as done:
        return done.exit_code
    except UserError as error:
        typer.echo(f"It cannot be judged yet:\n{error}")
        return 1
    return 0


def _ask(question: str, default: str, allowed: Collection[str]) -> str:
    """Ask on the terminal, until the answer is one of those allowed."""

    def allow(answer: str) -> str:
        if allowed and answer not in allowed:
            near = difflib.get_close_matches(answer, allowed, 1)
            raise typer.BadParameter(f"'{answer}' is not known here{did_you_mean(near)}.")
        return answer

    answer: str = typer.prompt(question, default=default, value_proc=allow, err=True, show_default=bool(default))
    return answer


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


NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address only.")]


@app.command(epilog="Example: `workbook triage data_samples/northwind --decided-by grc@northwind.example`")
def triage(
    audit: AuditPath,
    period: PeriodName = None,
    as_of: AsOf = None,
    decided_by: Annotated[str, typer.Option(help="Who decides: a name or an e-mail address.")] = "",
    no_browser: NoBrowser = False,
) -> None:
    """Open the desk in JupyterLab: explain exceptions, link accounts, extend, exclude, withdraw. Ctrl-C ends it."""
    _open_notebook("2_triage", audit, period, as_of, browser=not no_browser, decided_by=decided_by)


@app.command(epilog="Example: `workbook explore data_samples/northwind`")
def explore(audit: AuditPath, period: PeriodName = None, as_of: AsOf = None, no_browser: NoBrowser = False) -> None:
    """Open the readiness notebook in JupyterLab: are the exports whole, who is covered, who falls due next."""
    _open_notebook("1_readiness", audit, period, as_of, browser=not no_browser)


def _open_notebook(
    name: str, audit: Path, period: str | None, as_of: datetime | None, *, browser: bool, **more: str
) -> None:
    from workbook_lib import lab
    from workbook_lib.audit import load_audit, window

    checked = load_audit(audit)
    window(checked, period, _day(as_of))
    days = {"period": period or "", "as_of": as_of.date().isoformat() if as_of else ""}
    parameters = {"audit_folder": str(checked.folder.resolve()), **days, **more}
    lab.work_on(name, parameters, browser=browser, tell=typer.echo)


def _warn(paper: Workpaper) -> None:
    """What must be said wherever a result is: that it is INTERIM, and which exports end too early (C1)."""
    if paper.window.interim:
        end, as_of = paper.window.period.end, paper.window.as_of
        typer.echo(f"INTERIM: judged to {as_of}; period {paper.window.period.name} goes on to {end}.", err=True)
    for finding in paper.findings:
        if finding.code == "early_extract":
            typer.echo(f"warning: {finding.text}", err=True)


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
