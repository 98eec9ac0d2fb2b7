"""Commands about evidence packs: make one, verify one, sign, name who is behind a pseudonym."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbook_lib.cli.options import (
    AsOf,
    AuditPath,
    Browser,
    EngineChoice,
    EngineName,
    MemoryLimit,
    PaperSize,
    PeriodName,
    PreparedBy,
    PrintsPdf,
    Pseudonymous,
    SignWith,
    SparkMaster,
    TimestampUrl,
    Zips,
    app,
    spark_master,
    warn_of_the_future,
)
from workbook_lib.publish.paper import Notebook, Paper

if TYPE_CHECKING:
    from workbook_lib.audit import Audit
    from workbook_lib.pack.production import Job


@app.command(epilog="Example: `workbook run data_samples/northwind --period 2025 --out reports`")
def run(
    audit: AuditPath,
    period: PeriodName = None,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="Where packs are put.")] = Path("reports"),
    notebook: Annotated[
        Notebook, typer.Option(help="`readiness`: a look at one day, in a folder of its own; no evidence of a period.")
    ] = Notebook.EVIDENCE,
    prepared_by: PreparedBy = "",
    pdf: PrintsPdf = True,
    browser: Browser = "",
    paper: PaperSize = Paper.A4,
    pseudonymous: Pseudonymous = False,
    sign_with: SignWith = None,
    timestamp_url: TimestampUrl = "",
    archive: Zips = False,
    memory_limit: MemoryLimit = None,
    engine: EngineChoice = EngineName.DUCKDB,
    master: SparkMaster = None,
    fail_on_deviation: Annotated[
        bool, typer.Option(help="Exit with 1 where a procedure noted exceptions; one not performed is named only.")
    ] = False,
) -> None:
    """Make the evidence pack of one period. The page for the auditor, the notebook, the tables and the inputs.

    With `--notebook readiness` the page is `data/readiness.html` in `AUDIT-PERIOD-readiness`: who is covered today, who
    falls due, how the period will end. Each run adds its result to `history.sqlite` beside the packs, and the readiness
    page shows them.
    """
    import json

    from workbook_lib import caveats
    from workbook_lib.audit import load_audit, refuse_later_than_exports, window
    from workbook_lib.engine import checked_limit
    from workbook_lib.pack import production, timestamps
    from workbook_lib.pack.placing import refuse_unwritable
    from workbook_lib.pack.signing import Signer
    from workbook_lib.procedures import Outcome

    refuse_unwritable(out)
    if notebook is Notebook.READINESS and (pseudonymous or prepared_by):
        raise typer.BadParameter("a readiness page names people and is prepared by nobody; it has neither option.")
    chosen = spark_master(engine, master)
    signer = Signer.read(sign_with) if sign_with else None
    if timestamp_url:
        timestamps.refuse_unusable(timestamp_url)
    checked = load_audit(audit)
    days = window(checked, period, as_of)
    refuse_later_than_exports(checked, days)
    warn_of_the_future(checked)
    for finding in caveats.left_to_do(checked):
        typer.echo(f"warning: {finding.text}", err=True)
    job = production.Job(
        audit=checked,
        window=days,
        out=out,
        notebook=notebook,
        prepared_by=prepared_by,
        paper=paper,
        prints=pdf,
        browser=browser,
        pseudonym_key=pseudonym_key(checked) if pseudonymous else None,
        signer=signer,
        timestamp_url=timestamp_url,
        zips=archive,
        memory_limit=checked_limit(memory_limit) if memory_limit else "",
        spark_master=chosen,
    )
    target = _produced(job)
    result = json.loads((target / "data" / "result.json").read_text(encoding="utf-8"))
    _tell(job, target, result)
    if fail_on_deviation and any(one["outcome"] == Outcome.EXCEPTIONS for one in result["procedures"].values()):
        raise typer.Exit(1)


def _produced(job: Job) -> Path:
    """Make the pack behind a progress bar; Ctrl-C ends it."""
    from rich.console import Console
    from rich.progress import Progress

    from workbook_lib.pack import placing, production

    before = placing.identity(job.target)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        try:
            return production.produce(job, lambda what, share: bar.update(task, description=what, completed=share))
        except KeyboardInterrupt:
            is_new = placing.identity(job.target) != before
            now = "the pack is made" if is_new else "no pack was written, and an older one is as it was"
            typer.echo(f"Stopped; {now}.", err=True)
            raise typer.Exit(130) from None


def _tell(job: Job, target: Path, result: dict[str, Any]) -> None:
    """The result in a few lines, and where everything was put."""
    import json

    from workbook_lib import listings
    from workbook_lib.pack import timestamps
    from workbook_lib.pack.bag import read_info

    for line in listings.bottom_lines(result):
        typer.echo(line)
    page = target / "data" / job.page
    printed = json.loads((target / "data" / "run.json").read_text(encoding="utf-8"))["pdf"]
    if job.prints and "not_made" in printed:
        typer.echo(f"warning: no PDF was made: {printed['not_made']} The pack is whole without it.", err=True)
    typer.echo(f"{job.notebook.capitalize()}: {page}")
    if "not_made" not in printed:
        typer.echo(f"On paper: {page.with_suffix('.pdf')}")
    if job.zips:
        typer.echo(f"In one file: {target.with_name(f'{target.name}.zip')}")
    typer.echo(f"Result digest: {read_info(target)['Result-Digest']}")
    if job.signer:
        typer.echo(f"Signed with key {job.signer.fingerprint}: tell the reader this fingerprint by another way.")
    if job.timestamp_url:
        typer.echo(f"Time stamp of {timestamps.authority(job.timestamp_url)} beside the pack.")


def pseudonym_key(audit: Audit) -> Path:
    """The key beside audit.toml; one that is made now is announced."""
    from workbook_lib.pack import bag

    path, is_new = bag.pseudonym_key(audit)
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
    pack: Annotated[
        Path, typer.Argument(metavar="PACK", help="The folder of a pack, or a .zip of it.", show_default=False)
    ],
    recompute: Annotated[bool, typer.Option("--recompute", help="Judge the exports in it again, and compare.")] = False,
    timestamp_ca: Annotated[
        Path | None,
        typer.Option(
            help="Certificates (PEM) that vouch for its time stamp.", show_default=False, exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Check that a pack is as it was sealed. Nothing altered, missing or added; exit 3 where it does not hold."""
    from workbook_lib.exhibits.markup import visible
    from workbook_lib.pack import verify as verification

    verified = verification.verify(pack, recompute=recompute, timestamp_ca=timestamp_ca)
    for finding in verified.findings:
        typer.echo(visible(finding))
    if verified.findings:
        raise typer.Exit(3)
    typer.echo(f"{pack}: it holds: {verified.checked}")


keys = typer.Typer(help="Make a key that signs packs.", no_args_is_help=True)
app.add_typer(keys, name="key")


@keys.command("new", epilog="Example: `workbook key new ~/keys/packs.pem`")
def key_new(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the private key is written; FILE.pub too.", show_default=False)
    ],
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Also inside a pack or an audit folder, which is handed on.")
    ] = False,
) -> None:
    """Make a key pair (ed25519). `workbook run --sign-with FILE` signs with it."""
    from workbook_lib.pack.signing import new_key

    made = new_key(file, anywhere=anywhere)
    typer.echo(f"Private key: {file}. Keep it to yourself. Public key: {file}.pub.")
    typer.echo(f"Fingerprint: {made.fingerprint}")
