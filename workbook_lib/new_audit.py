"""A new audit folder from raw exports: which profile reads each, what is proposed, and what is left to the user.

The exports are copied byte for byte, nothing is overwritten, and nothing that is only guessed is active.
"""

from __future__ import annotations

import filecmp
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from workbook_lib.audit_draft import Draft, SourceDraft, audit_text, profile_text
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.profile import Profile
from workbook_lib.intake.proposal import Thesaurus, columns_of, propose
from workbook_lib.intake.recognition import Glance, Match, glance, known_profiles, recognise
from workbook_lib.intake.survey import Tally, date_changes, survey
from workbook_lib.intake.values import quoted
from workbook_lib.tables import TABLES, VOCABULARY, Problem, UserError, listing

#: Asks the user: the question, the answer by default, and the answers that are allowed (any, where there are none).
Ask = Callable[[str, str, Collection[str]], str]

NOTHING = "nothing was written."
_NAME_DATE = re.compile(
    r"(?<![0-9])(?:([0-9]{8})(?:[0-9]{6})?|([0-9]{4})([-_.])([0-9]{2})\3([0-9]{2})|([0-9]{2})([-_.])([0-9]{2})\7([0-9]{4}))"
    r"(?![0-9])"
)


@dataclass(slots=True)
class Plan:
    """What will be written, and what the user is told.

    texts : name in the folder → text.  lines : one and more per file.
    """

    folder: Path
    files: list[Path]
    zone: ZoneInfo
    profiles: list[Profile]
    ask: Ask | None
    sources: list[SourceDraft] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    modules: dict[str, Tally] = field(default_factory=dict)
    policies: dict[str, Tally] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def create(folder: Path, files: Sequence[Path], ask: Ask | None = None) -> Plan:
    """Write an audit folder from exports; without `ask`, what must be asked is left as TODO.

    Raises UserError, before anything is written, where the call is wrong or something would be overwritten.
    """
    _refuse(folder, files)
    organisation = ask("Name of the organisation", "", ()) if ask else ""
    zone = ask("Its time zone, in which a timestamp becomes a date", "UTC", available_timezones()) if ask else ""
    profiles, problems = known_profiles(folder)
    plan = Plan(folder, list(files), ZoneInfo(zone or "UTC"), profiles, ask)
    plan.lines += [f"warning: {problem} The profile is not used." for problem in problems]
    known = Thesaurus.of(profiles)
    for path in files:
        _take(plan, path, known)
    draft = Draft(
        organisation=organisation,
        time_zone=zone,
        sources=tuple(plan.sources),
        unread=plan.unread,
        modules=plan.modules,
        policies=plan.policies,
        titles=plan.titles,
    )
    plan.texts["audit.toml"] = audit_text(draft)
    _write(plan)
    return plan


def next_steps(plan: Plan) -> Iterator[str]:
    """What is left to the user, in the order in which it is done."""
    where = plan.folder / "audit.toml"
    places = sum("TODO" in line for line in plan.texts["audit.toml"].splitlines()[1:])
    steps = [f"In {where}: replace or confirm what says TODO ({places} places)."]
    steps += [f"Confirm {plan.folder / name}." for name in plan.texts if name != "audit.toml"]
    steps.append(f"workbook check {plan.folder}   until nothing says MEND that you can mend")
    steps.append(f"workbook run {plan.folder}   makes the evidence pack")
    yield from (f"  {n}. {step}" for n, step in enumerate(steps, 1))


# --- one file -----------------------------------------------------------------------------------------------------


def _take(plan: Plan, path: Path, known: Thesaurus) -> None:
    """Find out what a file is, and plan for it."""
    try:
        seen = glance(path)
        matches = recognise(seen, plan.profiles)
        if not matches:
            _propose(plan, seen, known)
        elif len(matches) == 1 or plan.ask:
            _plan_for(plan, path, _chosen(plan, path, matches))
        else:
            _leave_open(plan, path, matches)
    except BadFileError as problem:
        plan.unread[path.name] = f"{problem.what} Do: {problem.do}"
        plan.lines.append(f"{path.name}: it cannot be read: {problem.what} Do: {problem.do}")


def _chosen(plan: Plan, path: Path, matches: list[Match]) -> Match:
    names = [match.profile.name for match in matches]
    if len(names) == 1 or plan.ask is None:
        return matches[0]
    answer = plan.ask(f"{path.name}: which profile reads it ({', '.join(names)})?", names[0], names)
    return matches[names.index(answer)]


def _leave_open(plan: Plan, path: Path, matches: list[Match]) -> None:
    names = listing([match.profile.name for match in matches], 10)
    reason = f"profiles {names} know this file equally well: name the one that is meant, and remove the # signs."
    plan.lines.append(f"{path.name}: several profiles know it equally well: {names}. TODO in audit.toml: choose one.")
    plan.sources += [_draft(path, matches[0], table, "", waits_for=(reason,)) for table in matches[0].tables]


def _plan_for(plan: Plan, path: Path, match: Match) -> None:
    """The sources of a recognised file; a profile of its own where it is written otherwise than is declared."""
    match = match.changed(date_changes(path, match, plan.zone))
    name, why = match.profile.name, "recognised by its columns"
    title = " ".join(filter(None, (match.profile.system, "export")))
    told = [f"{path.name}: {' and '.join(match.tables)}, by profile {name} ({title})."]
    if match.changes:
        name, why = _extended(plan, path, match), f"{name}, but written otherwise: see its file"
        told += [
            f"  {key} is another one than {match.profile.name} declares: {c.why}." for key, c in match.changes.items()
        ]
        told.append(f"  So {name}.toml extends it; confirm it.")
    for table in match.tables:
        read = survey(path, match, table, plan.zone)
        keys, waits = [], []
        for column in match.untold:
            words = ", ".join(VOCABULARY[TABLES[table][column].kind])
            keys.append(f'values.{column} = "…"')
            waits.append(f"the file has no {column}. Write it in place of …, one of {words}; then remove the # signs.")
        if read.refused:
            waits.append(f"as it is, the file is refused: {read.refused.what} Do: {read.refused.do}")
        told += [f"  {table} is not read yet: {reason}" for reason in waits]
        source = _draft(path, match, table, why, profile=name, keys=tuple(keys), waits_for=tuple(waits))
        plan.sources.append(source)
        tallies = plan.modules if table == "completions" else plan.policies
        for what, tally in read.tallies.items():
            if tally.first and tally.last:
                tallies.setdefault(what, Tally()).add(tally.first, tally.last, tally.times)
        plan.titles |= read.titles
    plan.lines += told


def _extended(plan: Plan, path: Path, match: Match) -> str:
    """The name of the profile that holds the changes: one for all files with the same."""
    text = profile_text(match.profile.name, path.name, match.changes)
    for name, planned in plan.texts.items():
        if _settings(planned) == _settings(text):
            return name.removesuffix(".toml")
    name = _free_name(plan, match.profile.name)
    plan.texts[f"{name}.toml"] = text
    return name


def _settings(text: str) -> list[str]:
    """The lines of a profile without their comments."""
    return [line.partition("  # ")[0] for line in text.splitlines() if not line.startswith("#")]


def _free_name(plan: Plan, base: str) -> str:
    """A name for a profile of the user's own that no profile has."""
    stem = "my-" + (re.sub(r"[^a-z0-9]+", "-", base.casefold().removeprefix("my-")).strip("-") or "profile")
    taken = {profile.name for profile in plan.profiles} | {name.removesuffix(".toml") for name in plan.texts}
    taken |= {path.stem for path in plan.folder.glob("*.toml")}
    return next(name for n in range(1, 10_000) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)


def _propose(plan: Plan, seen: Glance, known: Thesaurus) -> None:
    """For a file that no profile knows: its columns, and a profile to confirm, which nothing uses yet."""
    path = seen.path
    shape = columns_of(seen)
    columns = listing([quoted(column.header) for column in shape.columns], 40) or "none"
    plan.lines.append(f"{path.name}: no profile knows it. Its columns: {columns}.")
    proposal = propose(path.name, seen, shape, known)
    if proposal is None:
        plan.unread[path.name] = f"no profile knows it, and its columns resemble no table: {columns}."
        plan.lines.append("  Its columns resemble no table; leave it out, or write a profile (profiles/README.md).")
        return
    name = _free_name(plan, path.stem)
    plan.texts[f"{name}.toml"] = proposal.text
    plan.lines.append(f"  It may be {proposal.table}: {name}.toml is a proposal to confirm. Nothing of it is used yet.")
    reason = f'confirm {name}.toml, choose a meaning for each of its {proposal.open} "…", then remove the # signs.'
    day, dated_by = extracted_on(path)
    draft = SourceDraft(
        table=proposal.table,
        file=path.name,
        profile=name,
        why="a proposal",
        system="",
        extracted_on=day,
        dated_by=dated_by,
        waits_for=(reason,),
    )
    plan.sources.append(draft)


def _draft(
    path: Path,
    match: Match,
    table: str,
    why: str,
    *,
    profile: str = "",
    keys: tuple[str, ...] = (),
    waits_for: tuple[str, ...] = (),
) -> SourceDraft:
    day, dated_by = extracted_on(path)
    return SourceDraft(
        table=table,
        file=path.name,
        profile=profile or match.profile.name,
        why=why,
        system=match.profile.system,
        extracted_on=day,
        dated_by=dated_by,
        keys=keys,
        waits_for=waits_for,
    )


def extracted_on(path: Path) -> tuple[date, str]:
    """The day of an export as its name says it, where it says one day only; else the day of the file's last change."""
    days = {day for match in _NAME_DATE.finditer(path.name) for day in _days(match)}
    if len(days) == 1:
        return days.pop(), "the date in the file's name"
    return date.fromtimestamp(path.stat().st_mtime), "the day of the file's last change"


def _days(match: re.Match[str]) -> Iterator[date]:
    digits, y, _, m, d, d2, _, m2, y2 = match.groups()
    readings = [(y, m, d)] if y else [(y2, m2, d2), (y2, d2, m2)] if y2 else []
    if digits:
        readings = [
            (digits[:4], digits[4:6], digits[6:]),
            (digits[4:], digits[2:4], digits[:2]),
            (digits[4:], digits[:2], digits[2:4]),
        ]
    for reading in readings:
        year, month, day = map(int, reading)
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if 2000 <= year < 2100:
            yield found


# --- refusing and writing -----------------------------------------------------------------------------------------


def _refuse(folder: Path, files: Sequence[Path]) -> None:
    """Refuse what would lose or overwrite something, all of it at once."""
    problems = [*_folder_problems(folder), *_file_problems(folder, files)]
    if not files:
        problems.append(_problem("--from", "no file is named.", "name the exports, for example --from exports/*.csv."))
    if problems:
        raise UserError(*problems)


def _folder_problems(folder: Path) -> Iterator[Problem]:
    if (folder / "audit.toml").exists():
        do = "name another folder; or remove that audit.toml, if it is not needed any more."
        yield _problem(str(folder / "audit.toml"), "there is one already, and it is never overwritten.", do)
    elif folder.exists() and not folder.is_dir():
        yield _problem(str(folder), "it is a file.", "name a folder.")


def _file_problems(folder: Path, files: Sequence[Path]) -> Iterator[Problem]:
    names = Counter(path.name.casefold() for path in files)
    for path in files:
        target = folder / "exports" / path.name
        if path.is_dir():
            do = f"name its files, for example {path / '*.csv'}."
            yield _problem(str(path), "it is a folder, and not every file in a folder is an export.", do)
        elif not path.is_file():
            yield _problem(str(path), "there is no such file.", "correct the name.")
        elif names[path.name.casefold()] > 1:
            do = "rename one of the two, or leave it out."
            yield _problem(str(path), f"another file is called {path.name}, too, and both go to exports/.", do)
        elif target.exists() and not filecmp.cmp(path, target, shallow=False):
            yield _problem(
                str(target), "another file of that name is there, and it is never overwritten.", "rename one."
            )


def _problem(where: str, what: str, do: str) -> Problem:
    return Problem(where=where, what=what, effect=NOTHING, do=do)


def _write(plan: Plan) -> None:
    """The exports first, audit.toml last: a folder without it is not whole, and the command can be given again."""
    exports = plan.folder / "exports"
    try:
        exports.mkdir(parents=True, exist_ok=True)
        for path in plan.files:
            target = exports / path.name
            if not target.exists():
                with path.open("rb") as source, target.open("xb") as copy:
                    shutil.copyfileobj(source, copy)
                shutil.copystat(path, target)
        for name, text in plan.texts.items():
            with (plan.folder / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        what = f"it cannot be written ({error.strerror or error})."
        do = "make room, or name another folder, and give the command again."
        raise UserError(
            Problem(where=str(error.filename or plan.folder), what=what, effect="no audit.toml was written.", do=do)
        ) from None
