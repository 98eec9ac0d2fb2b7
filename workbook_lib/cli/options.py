"""What several commands share: the program, the options that mean the same everywhere, what is always said."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from workbook_lib.publish.paper import Paper

if TYPE_CHECKING:
    from workbook_lib.audit import Audit
    from workbook_lib.workpaper import Workpaper

#: The commands as --help lists them: in the order in which they are needed.
IN_ORDER_OF_USE = (
    *("new", "fetch", "check", "run", "batch", "verify", "judge", "sample"),
    *("explore", "triage", "decide", "remind", "who", "key"),
)


class _InOrderOfUse(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=IN_ORDER_OF_USE.index)


def _day(text: str) -> date:
    from workbook_lib.tables import LONG_AGO, NO_END

    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day as it is written here; write it like 2025-12-31.") from None
    if not LONG_AGO < day < NO_END:
        raise typer.BadParameter(f"{day} is no real date (before 1900-01-02 or after 2099-12-31).")
    return day


def day_option(text: str, *, default: str) -> Any:
    """An option whose value is a day, YYYY-MM-DD; `default` says in words which day it is without it."""
    return typer.Option(parser=_day, metavar="YYYY-MM-DD", help=text, show_default=default)


app = typer.Typer(
    cls=_InOrderOfUse,
    help="Proves that security-awareness training reached everyone who had to have it, for a whole audit period.",
    epilog="Start with `workbook new DIR --from FILE...`; a sample: `workbook run data_samples/northwind`. Exit codes: "
    "0 done, 1 something needs attention, 2 wrong input or call, 3 a pack does not verify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its boxes take as long as all the rest of --help
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

AuditPath = Annotated[
    Path, typer.Argument(metavar="AUDIT", help="The audit folder, or its audit.toml.", show_default=False)
]
PeriodName = Annotated[str | None, typer.Option(help="Name of the period in audit.toml.", show_default="the last one")]
AsOf = Annotated[date | None, day_option("Last full day that the exports cover.", default="from extracted_on, rule C1")]
MemoryLimit = Annotated[
    str | None,
    typer.Option(help="Memory to judge with, such as 2GB; the rest waits on the disk.", show_default="what there is"),
]

#: How packs are made: of `run` and `batch`.
PreparedBy = Annotated[str, typer.Option(help="Name printed on the page.")]
PrintsPdf = Annotated[bool, typer.Option("--pdf/--no-pdf", help="Print the page as a PDF, where a browser is found.")]
Browser = Annotated[
    str, typer.Option(help="Chromium, Chrome or Edge that prints.", show_default="$WORKBOOK_BROWSER, or one found")
]
PaperSize = Annotated[Paper, typer.Option(help="Size of the paper.")]
Pseudonymous = Annotated[bool, typer.Option("--pseudonymous", help="A copy that names nobody, for sharing.")]
SignWith = Annotated[
    Path | None, typer.Option(help="Private key that signs the pack; see `workbook key new`.", show_default=False)
]
TimestampUrl = Annotated[
    str, typer.Option(help="Address of an RFC 3161 authority that confirms the time.", show_default=False)
]
Zips = Annotated[bool, typer.Option("--zip", help="Also one archive of the pack, beside it.")]


class EngineName(StrEnum):
    """What runs the statements of the rules."""

    DUCKDB = "duckdb"
    SPARK = "spark"


EngineChoice = Annotated[
    EngineName, typer.Option("--engine", help="What runs the rules; spark needs the extra spark, and Java.")
]
SparkMaster = Annotated[
    str | None,
    typer.Option("--spark-master", metavar="URL", help="With --engine spark: its master.", show_default="local[*]"),
]


def spark_master(engine: EngineName, master: str | None) -> str:
    """The master of the Spark that runs the rules; empty where DuckDB does."""
    if engine is EngineName.SPARK:
        return master or "local[*]"
    if master:
        raise typer.BadParameter("it goes with --engine spark.", param_hint="--spark-master")
    return ""


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """`--debug` is taken out of the arguments before they reach here, so that it may stand anywhere."""


def warn(paper: Workpaper) -> None:
    """What must be said wherever a result is: that it is INTERIM, and which exports end too early (C1)."""
    from workbook_lib import caveats

    if paper.window.interim:
        end, as_of = paper.window.period.end, paper.window.as_of
        typer.echo(f"INTERIM: judged to {as_of}; period {paper.window.period.name} goes on to {end}.", err=True)
    for finding in caveats.early_extracts(paper.audit, paper.window):
        typer.echo(f"warning: {finding.text}", err=True)
    warn_of_the_future(paper.audit)


def warn_of_the_future(audit: Audit) -> None:
    """An export that is said to be made on a day to come would prove days that have not happened."""
    for no, source in enumerate(audit.sources, 1):
        day = source.extracted(audit.settings.zone)
        if day and day > datetime.now(audit.settings.zone).date():
            typer.echo(
                f"warning: audit.toml, source[{no}]: {source.file} is said to be extracted on {day}, which is to come. "
                "Days that have not happened are judged as if they had; correct the day.",
                err=True,
            )
