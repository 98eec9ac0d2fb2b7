"""What a batch has to make, and how one pack of it is made: nothing that goes wrong with it stops the others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from workbook_lib import publish
from workbook_lib.audit import Audit, load_audit, refuse_later_than_exports, window
from workbook_lib.pack import bag, production
from workbook_lib.pack.signing import Signer
from workbook_lib.publish.paper import Paper
from workbook_lib.requirement import did_you_mean
from workbook_lib.tables import JUDGED, Problem, UserError, listing
from workbook_lib.wording import sentence

#: Instead of names: every period of audit.toml.
ALL = "all"


class Outcome(StrEnum):
    """What became of one pack."""

    MADE = "made"
    UNCHANGED = "unchanged"  #: it stands, and its inputs, options and versions are the same
    NOT_BEGUN = "not begun"  #: the exports end before the period begins
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is the same for every pack of a batch; the names are those of `production.Job`.

    Paths are absolute and keys are named by their files, so that another process can be told what to make.
    """

    out: Path
    as_of: date | None = None
    prepared_by: str = ""
    paper: Paper = Paper.A4
    prints: bool = True
    browser: str = ""
    pseudonymous: bool = False
    sign_with: Path | None = None
    timestamp_url: str = ""
    zips: bool = False
    spark_master: str = ""
    memory_limit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One pack to make: the folder of an audit, the name of a period."""

    audit: Path
    period: str
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one pack, as the index and the summary tell it.

    audit : name of its folder.  period : empty where audit.toml could not be read.  why : why it was made, or was not.
    pack : its folder, beside the index.  digest : the result digest.  result : result.json of the pack.
    """

    audit: str
    period: str
    outcome: Outcome
    why: str = ""
    pack: str = ""
    digest: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def in_short(self) -> list[str]:
        """Each problem in a line: where and what, without its effect and what to do."""
        return [line for line in self.why.splitlines() if not line.startswith("  ")]

    @property
    def to_do(self) -> str:
        """What to do about the first problem, if it says so."""
        return next((line.strip() for line in self.why.splitlines() if line.startswith("  Do: ")), "")

    @property
    def on_time(self) -> tuple[int, int]:
        """Duties met on time, of duties judged (C12)."""
        verdicts = self.result.get("verdicts", {})
        return verdicts.get("met", 0), sum(verdicts.get(name, 0) for name in JUDGED)

    @property
    def deviations(self) -> int:
        """Late and missing verdicts."""
        verdicts = self.result.get("verdicts", {})
        return int(verdicts.get("late", 0) + verdicts.get("missing", 0))

    @property
    def noted(self) -> list[str]:
        """The procedures that noted exceptions."""
        return self._procedures("exceptions noted")

    @property
    def not_performed(self) -> list[str]:
        """The procedures that were not performed, which is never a pass."""
        return self._procedures("not performed")

    def _procedures(self, outcome: str) -> list[str]:
        procedures = self.result.get("procedures", {})
        found = (name for name, said in procedures.items() if said["outcome"] == outcome)
        return sorted(found, key=lambda name: (len(name), name))  # P9 comes before P10


# --- what is to be made -------------------------------------------------------------------------------------------


def plan(folders: Sequence[Path], periods: Sequence[str], options: Options) -> list[Task | Entry]:
    """One task per audit and period, in the order given; an entry where it is known already that there is no pack.

    periods : names, or `all`.

    Raises UserError where two packs would have the same name: neither may replace the other. And where no audit has a
    period of a name that is given.
    """
    found: list[Task | Entry] = []
    names: dict[str, Task] = {}
    audits = [(folder, _loaded(folder)) for folder in dict.fromkeys(map(_folder, folders))]
    _refuse_unknown(periods, [audit for _, audit in audits if isinstance(audit, Audit)])
    for folder, audit in audits:
        if isinstance(audit, UserError):
            found.append(Entry(audit=folder.name, period="", outcome=Outcome.FAILED, why=_told(audit, folder, options)))
            continue
        for name in [period.name for period in audit.periods] if ALL in periods else dict.fromkeys(periods):
            task = Task(audit=audit.folder, period=name, options=options)
            found.append(_unless_known(task, audit, is_named=ALL not in periods))
            target = production.pack_folder(options.out, audit.folder, name, pseudonymous=options.pseudonymous)
            first = names.setdefault(target.name.casefold(), task)
            if first != task:
                raise _same_name(first, task, target)
    return found


def _loaded(folder: Path) -> Audit | UserError:
    try:
        return load_audit(folder)
    except UserError as error:
        return error


def _refuse_unknown(periods: Sequence[str], audits: Sequence[Audit]) -> None:
    """Refuse a name that is a period of no audit, before any work: it is a slip of the call."""
    known = list(dict.fromkeys(period.name for audit in audits for period in audit.periods))
    unknown = [] if ALL in periods or not known else [name for name in periods if name not in known]
    if unknown:
        raise UserError(
            *(
                Problem(
                    where="--periods",
                    what=sentence(f"no audit has a period '{name}'{did_you_mean(get_close_matches(name, known, 1))}"),
                    effect="no pack was made.",
                    do=f"use `{ALL}`, or names out of {listing(known, 20)}.",
                    code="unknown_period",
                )
                for name in unknown
            )
        )


def _folder(path: Path) -> Path:
    """The folder of an audit, for either name of it."""
    whole = path.resolve()
    return whole.parent if whole.name == "audit.toml" else whole


def _unless_known(task: Task, audit: Audit, *, is_named: bool) -> Task | Entry:
    try:
        window(audit, task.period, task.options.as_of)
    except UserError as error:
        waits = not is_named and error.problems[0].code == "before_the_period"
        return _without_pack(task, Outcome.NOT_BEGUN if waits else Outcome.FAILED, error)
    return task


def _same_name(first: Task, second: Task, target: Path) -> UserError:
    return UserError(
        Problem(
            where=str(target),
            what=f"two packs would have this name: period {first.period} of {first.audit} and period {second.period} "
            f"of {second.audit}.",
            effect="no pack was made.",
            do="rename one of the folders or periods, or make them with two calls, each with its own --out.",
            code="same_pack_twice",
        )
    )


# --- one of them --------------------------------------------------------------------------------------------------


def make(task: Task) -> Entry:
    """Make one pack, unless the one that stands was made from the same; what goes wrong is told in the entry."""
    try:
        job = _job(task)
        if why := production.reason_to_make(job):
            production.produce(job, lambda what, share: None)
        return _with_pack(task, job.target, why)
    except Exception as error:
        return _without_pack(task, Outcome.FAILED, error)


def lost(task: Task, why: str) -> Entry:
    """The entry of a pack whose process has ended before it could say anything."""
    return Entry(audit=task.audit.name, period=task.period, outcome=Outcome.FAILED, why=why)


def _job(task: Task) -> production.Job:
    audit, options = load_audit(task.audit), task.options
    days = window(audit, task.period, options.as_of)
    refuse_later_than_exports(audit, days)
    return production.Job(
        audit=audit,
        window=days,
        out=options.out,
        prepared_by=options.prepared_by,
        paper=options.paper,
        prints=options.prints,
        browser=options.browser,
        pseudonym_key=bag.pseudonym_key(audit)[0] if options.pseudonymous else None,
        signer=Signer.read(options.sign_with) if options.sign_with else None,
        timestamp_url=options.timestamp_url,
        zips=options.zips,
        spark_master=options.spark_master,
        memory_limit=options.memory_limit,
    )


def _with_pack(task: Task, target: Path, why: str) -> Entry:
    return Entry(
        audit=task.audit.name,
        period=task.period,
        outcome=Outcome.MADE if why else Outcome.UNCHANGED,
        why=why,
        pack=target.name,
        digest=bag.read_info(target)["Result-Digest"],
        result=json.loads((target / "data" / "result.json").read_text(encoding="utf-8")),
    )


def _without_pack(task: Task, outcome: Outcome, error: Exception) -> Entry:
    return Entry(audit=task.audit.name, period=task.period, outcome=outcome, why=_told(error, task.audit, task.options))


def _told(error: Exception, folder: Path, options: Options) -> str:
    """What went wrong, without where on this machine: the index is handed on."""
    is_worded = isinstance(error, UserError | OSError | publish.PublishError)
    text = str(error) if is_worded else f"{type(error).__name__}: {error}"
    for place in (options.out, *folder.parents[:3]):  # a message names packs, and audits around a wrong folder
        text = text.replace(f"{place}{os.sep}", "")
    return text


def in_order(plan: Iterable[Task | Entry], made: Mapping[Task, Entry]) -> Iterator[Entry]:
    """All entries in the order of the plan, whichever was finished first."""
    for item in plan:
        yield item if isinstance(item, Entry) else made[item]
