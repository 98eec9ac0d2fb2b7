"""A new audit folder from raw exports: which profile reads each, what is proposed, and what is left to the user.

The exports are copied byte for byte, nothing is overwritten, and nothing that is only guessed is active.
"""

from __future__ import annotations

import errno
import filecmp
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from workbook_lib.audit import time_zones
from workbook_lib.audit_draft import Draft, SourceDraft, audit_text, profile_text
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.profile import Profile
from workbook_lib.intake.proposal import Thesaurus, columns_of, found_in, propose
from workbook_lib.intake.recognition import Glance, Match, glances, known_profiles, recognise
from workbook_lib.intake.survey import Survey, Tally, date_changes, is_respelled, survey
from workbook_lib.intake.values import quoted
from workbook_lib.source import UNLISTED
from workbook_lib.tables import TABLES, VOCABULARY, Problem, UserError, listing
from workbook_lib.whole import draft_of
from workbook_lib.wording import toml_text

#: Asks the user: the question, the answer by default, and the answers that are allowed (any, where there are none).
Ask = Callable[[str, str, Collection[str]], str]
#: Tells the user a line, as soon as it is known.
Tell = Callable[[str], None]

NOTHING = "nothing was written."
_NAME_DATE = re.compile(
    r"(?<![0-9])(?:([0-9]{8})(?:[0-9]{6})?|([0-9]{4})([-_.])([0-9]{2})\3([0-9]{2})|([0-9]{2})([-_.])([0-9]{2})\7([0-9]{4}))"
    r"(?![0-9])"
)


@dataclass(slots=True)
class Plan:
    """What will be written, and what the user is told.

    texts : name in the folder → text.  extended : a profile and its changes → the name of the profile that holds them.
    """

    folder: Path
    files: list[Path]
    zone: ZoneInfo
    profiles: list[Profile]
    tell: Tell
    ask: Ask | None
    sources: list[SourceDraft] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    modules: dict[str, Tally] = field(default_factory=dict)
    policies: dict[str, Tally] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    extended: dict[tuple[object, ...], str] = field(default_factory=dict)


def create(folder: Path, files: Sequence[Path], tell: Tell, ask: Ask | None = None, *, today: date) -> Plan:
    """Write an audit folder from exports; without `ask`, what must be asked is left as TODO.

    today : tells the period where no export does.

    Raises UserError, before anything is written, where the call is wrong or something would be overwritten.
    """
    _refuse(folder, files)
    organisation = ask("Name of the organisation", "", ()) if ask else ""
    zone = ask("Its time zone, in which a timestamp becomes a date", "UTC", time_zones()) if ask else ""
    profiles, problems = known_profiles(folder)
    plan = Plan(folder, list(files), ZoneInfo(zone or "UTC"), profiles, tell, ask)
    for problem in problems:
        tell(f"warning: {problem} The profile is not used.")
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
        today=today,
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
    steps += [f"Mend {name}, write a profile that reads it, or leave it out." for name in plan.unread]
    steps.append(f"workbook check {plan.folder}   until nothing says MEND that you can mend")
    steps.append(f"workbook run {plan.folder}   makes the evidence pack")
    yield from (f"  {n}. {step}" for n, step in enumerate(steps, 1))


# --- one file -----------------------------------------------------------------------------------------------------


def _take(plan: Plan, path: Path, known: Thesaurus) -> None:
    """Find out what a file is, each of its sheets where it has several, and plan for it."""
    try:
        for seen in glances(path):
            matches = [match for match in recognise(seen, plan.profiles) if _is_credible(match, plan, path)]
            if not matches:
                _propose(plan, seen, known, "no profile knows it.")
            elif all(whys := [_unread(match, seen, known) for match in matches]):
                _propose(plan, seen, known, whys[0])
            elif len(matches) == 1 or plan.ask:
                _plan_for(plan, path, _chosen(plan, path, matches))
            else:
                _leave_open(plan, path, matches)
    except BadFileError as problem:
        plan.unread[path.name] = f"{problem.what} Do: {problem.do}"
        plan.tell(f"{path.name}: it cannot be read: {problem.what} Do: {problem.do}")


def _unread(match: Match, seen: Glance, known: Thesaurus) -> str:
    """What a profile would leave to one word for all rows, although a column of the file seems to say it of each."""
    untold = [(TABLES[table], name) for table, names in match.untold.items() for name in names]
    shape = columns_of(seen) if untold and not match.profile.own else None
    found = [(name, found_in(shape, table, name, known)) for table, name in untold if shape]
    whys = [f"but not its {name}, which {quoted(header)} seems to be." for name, header in found if header]
    return f"profile {match.profile.name} knows its headers, {whys[0]}" if whys else ""


def _is_credible(match: Match, plan: Plan, path: Path) -> bool:
    """Where the header alone is no proof, some record must be readable; where its letters are not those that the
    system writes, some row.
    """
    if not match.certain:
        return any(survey(path, match, table, plan.zone).tallies for table in match.tables)
    if not all(is_respelled(path, match, table, plan.zone) for table in match.tables):
        return True
    dated = match.changed(date_changes(path, match, plan.zone))
    read = [survey(path, dated, table, plan.zone) for table in match.tables]
    return any(one.rows_used or one.refused or not one.rows_read for one in read)


def _chosen(plan: Plan, path: Path, matches: list[Match]) -> Match:
    names = [match.profile.name for match in matches]
    if len(names) == 1 or plan.ask is None:
        return matches[0]
    answer = plan.ask(f"{path.name}: which profile reads it ({', '.join(names)})?", names[0], names)
    return matches[names.index(answer)]


def _leave_open(plan: Plan, path: Path, matches: list[Match]) -> None:
    names = listing([match.profile.name for match in matches], 10)
    plan.tell(f"{path.name}: several profiles know it equally well: {names}. TODO in audit.toml: choose one.")
    reason = f"profiles {names} know this file equally well: name the one that is meant, and remove the # signs."
    for table in matches[0].tables:
        plan.sources.append(_source(path, table, matches[0].profile, matches[0].sheet, waits_for=(reason,)))


def _plan_for(plan: Plan, path: Path, match: Match) -> None:
    """The sources of a recognised file; a profile of its own where it is written otherwise than is declared."""
    match = match.changed(date_changes(path, match, plan.zone))
    profile, why = match.profile, "recognised by its columns"
    told = [f"{_named(path, match.sheet)}: {' and '.join(match.tables)}, by profile {profile.name} ({profile.title})."]
    name = profile.name
    if match.changes:
        name, why = _extended(plan, path, match), f"{profile.name}, with what is written otherwise in this file"
        told += [f"  {key} is not as {profile.name} declares: {change.why}." for key, change in match.changes.items()]
        told.append(f"  So {name}.toml extends {profile.name}: confirm it.")
    for table in match.tables:
        read = survey(path, match, table, plan.zone)
        waits = [_untold(table, column) for column in match.untold[table]]
        if read.refused:
            waits.append(f"as it is, the file is refused: {read.refused.what} Do: {read.refused.do}")
        told += [f"  {table} is not read yet: {reason}" for reason in waits]
        keys = tuple(f'values.{column} = "…"' for column in match.untold[table])
        source = _source(path, table, profile, match.sheet, name=name, why=why, keys=keys, waits_for=tuple(waits))
        if table == "people" and profile.system and not match.signed:
            source = replace(source, system=f"TODO: name of the system; {profile.system}, if it comes from there")
        plan.sources.append(source)
        if not match.untold[table]:
            _add_up(plan, table, read)
    for line in told:
        plan.tell(line)


def _untold(table: str, column: str) -> str:
    words = ", ".join(VOCABULARY.get(TABLES[table][column].kind, ()))
    one_of = f", one of {words}" if words else ""
    return f"the file has no {column}. Write it in place of …{one_of}; then remove the # signs."


def _add_up(plan: Plan, table: str, read: Survey) -> None:
    """What the records of all files are about."""
    tallies = plan.modules if table == "completions" else plan.policies
    for what, tally in read.tallies.items():
        tallies.setdefault(what, Tally()).add(tally)
    plan.titles |= read.titles


def _named(path: Path, sheet: str | None) -> str:
    return path.name if sheet is None else f"{path.name}, sheet {quoted(sheet)}"


def _source(
    path: Path,
    table: str,
    profile: Profile | None,
    sheet: str | None,
    *,
    name: str = "",
    why: str = "",
    keys: tuple[str, ...] = (),
    waits_for: tuple[str, ...] = (),
) -> SourceDraft:
    """The source of one file; without a profile, `name` is that of the one proposed."""
    day, dated_by = extracted_on(path)
    return SourceDraft(
        table=table,
        file=path.name,
        profile=name or (profile.name if profile else ""),
        why=why,
        system=profile.system if profile else "",
        extracted_on=day,
        dated_by=dated_by,
        keys=(*((f"sheet = {toml_text(sheet)}",) if sheet else ()), *keys),
        waits_for=waits_for,
    )


def _extended(plan: Plan, path: Path, match: Match) -> str:
    """The name of the profile that holds the changes: one for all files with the same."""
    same = (match.profile.name, *sorted((key, change.value) for key, change in match.changes.items()))
    if same not in plan.extended:
        plan.extended[same] = name = _free_name(plan, match.profile.name)
        plan.texts[f"{name}.toml"] = profile_text(match.profile.name, path.name, match.changes)
    return plan.extended[same]


def _free_name(plan: Plan, base: str) -> str:
    """A name for a profile of the user's own that no profile has."""
    stem = "my-" + (re.sub(r"[^a-z0-9]+", "-", base.casefold().removeprefix("my-")).strip("-") or "profile")
    taken = {profile.name for profile in plan.profiles} | {name.removesuffix(".toml") for name in plan.texts}
    taken |= {path.stem for path in plan.folder.glob("*.toml")}
    return next(name for n in range(1, 10_000) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)


def _propose(plan: Plan, seen: Glance, known: Thesaurus, why: str) -> None:
    """For a file that no profile reads, and why: its columns, and a profile to confirm, which nothing uses yet."""
    path, named = seen.path, _named(seen.path, seen.sheet)
    shape = columns_of(seen)
    columns = listing([quoted(column.header) for column in shape.columns], 40) or "none"
    plan.tell(f"{named}: {why} Its columns: {columns}.")
    proposal = propose(named, seen, shape, known)
    if proposal is None:
        plan.unread[named] = f"no profile knows it, and its columns resemble no table: {columns}."
        plan.tell("  They resemble no table: leave the file out, or write a profile (profiles/README.md).")
        return
    name = _free_name(plan, path.stem if seen.sheet is None else f"{path.stem}-{seen.sheet}")
    plan.texts[f"{name}.toml"] = proposal.text
    plan.tell(f"  It may hold {proposal.table}: {name}.toml is a proposal, and not used yet.")
    chosen = f', write what is meant in place of its {proposal.open} "…"' if proposal.open else ""
    reason = f"confirm {name}.toml{chosen}, then remove the # signs."
    plan.sources.append(
        _source(path, proposal.table, None, seen.sheet, name=name, why="a proposal", waits_for=(reason,))
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
        elif not path.name.isprintable():
            yield _problem(repr(path.name), "its name holds characters that cannot be shown.", "rename it.")
        elif UNLISTED & set(path.name):
            yield _problem(str(path), "its name has a % or a backslash in it, and no audit file may.", "rename it.")
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
            if not (exports / path.name).exists():
                with draft_of(exports / path.name) as draft:
                    shutil.copy2(path, draft)
        for name, text in plan.texts.items():
            target = plan.folder / name
            if target.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            with draft_of(target) as draft:
                draft.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        what = f"it cannot be written ({error.strerror or error})."
        do = "make room, or name another folder, and give the command again."
        raise UserError(
            Problem(where=str(error.filename or plan.folder), what=what, effect="no audit.toml was written.", do=do)
        ) from None
