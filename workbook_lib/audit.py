"""audit.toml: who is audited, for which period, from which exports, and what is required of whom.

Everything is checked before any work begins, and all problems are reported at once.
"""

from __future__ import annotations

import contextlib
import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from workbook_lib.requirement import Day, Days, Renewal, Requirement, Section, Text, did_you_mean, wrong
from workbook_lib.schedule import Reminders, is_address
from workbook_lib.source import NOT_FETCHED, Source, file_problems, matching, paired, source_problems
from workbook_lib.tables import Problem, UserError, listing, offered
from workbook_lib.wording import problem, sentence

Part = TypeVar("Part", bound=Section)


@cache
def time_zones() -> frozenset[str]:
    """The names that mean the same on every machine; a system's own files have a few more beside them."""
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


class Settings(Section):
    """`[audit]`: the organisation and the rules of counting (C3, C5, C7)."""

    organisation: Text
    time_zone: Text
    criteria: tuple[Text, ...] = Field(default=("CC1.4", "CC2.2"), strict=False)
    rehire_break_days: Days = 30
    preboarding_days: Days = 30
    required_topics: tuple[Text, ...] = Field(
        default=("phishing", "passwords", "data handling", "incident reporting"), strict=False
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in time_zones():
            near = difflib.get_close_matches(name, time_zones(), 1)
            says = "'{name}' is not an IANA time zone{hint}"
            raise wrong("unknown_zone", says, name=name, hint=did_you_mean(near))
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which timestamps become dates."""
        return ZoneInfo(self.time_zone)


class Programme(Section):
    """`[programme]`: the one-page programme document and its approval."""

    file: Text
    owner: str = ""
    version: str = ""
    approved_by: str = ""
    approved_on: Day | None = None


class LeaveRules(Section):
    """`[leave]`: which absences excuse, and for how long after the return (C10)."""

    return_days: Days = 30
    minimum_days: Days = 14


class Period(Section):
    """`[[period]]`: the days [start, end] on which the requirements are judged."""

    name: Annotated[str, Field(pattern=r"^[\w][\w. -]*$", max_length=60)]
    start: Day
    end: Day

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.end < self.start:
            says = "it ends on {end}, before it starts on {start}"
            raise wrong("end_before_start", says, start=self.start, end=self.end)
        return self


class Audit(Section):
    """A whole audit.toml, and the folder that it lies in."""

    folder: Path
    settings: Settings = Field(alias="audit")
    programme: Programme | None = None
    leave: LeaveRules = LeaveRules()
    reminders: Reminders | None = None
    periods: tuple[Period, ...] = Field(alias="period", min_length=1, strict=False)
    sources: tuple[Source, ...] = Field(alias="source", min_length=1, strict=False)
    requirements: tuple[Requirement, ...] = Field(alias="requirement", min_length=1, strict=False)

    @property
    def owner(self) -> str:
        """The address of whoever hears of people without a manager; empty where none is given."""
        named = (self.reminders.owner if self.reminders else "", self.programme.owner if self.programme else "")
        return next(filter(is_address, named), "")

    @cached_property
    def files(self) -> tuple[tuple[Source, Path], ...]:
        """Each source with each of its files, in the order of audit.toml, names sorted within a glob."""
        return tuple((source, path) for source in self.sources for path in matching(self.folder, source.file))

    @cached_property
    def earlier(self) -> dict[int, Path]:
        """Number of a file (from 1, in the order of `files`) → the earlier export of the same report, where given."""
        pairs = ((no, paired(self.folder, source).get(path)) for no, (source, path) in enumerate(self.files, 1))
        return {no: path for no, path in pairs if path is not None}

    def period(self, name: str | None = None) -> Period:
        """The period of that name; the last one by default."""
        if name is None:
            return self.periods[-1]
        for period in self.periods:
            if period.name == name:
                return period
        known = [period.name for period in self.periods]
        raise UserError(
            Problem(
                where="--period",
                what=sentence(
                    f"audit.toml has no period '{name}'{did_you_mean(difflib.get_close_matches(name, known, 1))}"
                ),
                do=f"use one of {listing(known, 20)}.",
                code="unknown_period",
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """W, the judged window (C1): the days [start, end] on which everybody is judged, as known on `as_of`."""

    period: Period
    as_of: date

    @property
    def start(self) -> date:
        """First judged day."""
        return self.period.start

    @property
    def end(self) -> date:
        """Last judged day: the period's end, or the as-of day where that comes first."""
        return min(self.period.end, self.as_of)

    @property
    def interim(self) -> bool:
        """Whether the exports end before the period does."""
        return self.as_of < self.period.end


def window(audit: Audit, period: str | None = None, as_of: date | None = None) -> Window:
    """The judged window of a period (C1).

    as_of : the last full day that the exports cover. By default the earliest extract of the people and of the records
    that some requirement needs, minus one day.

    Raises UserError where no day of the period is covered.
    """
    chosen = audit.period(period)
    last_day = as_of or last_full_day(audit)
    if last_day < chosen.start:
        raise UserError(
            Problem(
                where="--as-of" if as_of else "audit.toml, extracted_on",
                what=f"the as-of day {last_day} is before period {chosen.name} starts on {chosen.start}.",
                do="choose a period that has begun, or export again and correct extracted_on.",
                code="before_the_period",
            )
        )
    return Window(period=chosen, as_of=last_day)


def refuse_later_than_exports(audit: Audit, days: Window) -> None:
    """Refuse an as-of day that the exports do not cover (C1): days of which nothing is known would count as gaps.

    Raises UserError. A script that wants to look ahead nevertheless uses `judge`, which only warns.
    """
    known = last_full_day(audit)
    if days.as_of > known:
        raise UserError(
            Problem(
                where=f"--as-of {days.as_of}",
                what=f"the exports cover days up to {known}; of the days after it nothing is known.",
                effect="no evidence was written: people would be missing on days that no record can show.",
                do=f"export again, or choose {known} or an earlier day.",
                code="after_the_exports",
            )
        )


def last_full_day(audit: Audit) -> date:
    """The last full day that the exports cover (C1)."""
    needed = {"people"} | {requirement.records for requirement in audit.requirements}
    days = [source.extracted(audit.settings.zone) for source in audit.sources if source.table in needed]
    return min(day for day in days if day is not None) - timedelta(days=1)


def load_audit(path: Path | str) -> Audit:
    """Read and check audit.toml (or the folder that holds it).

    Raises UserError with every problem found: each with its key path, the nearest known name and what to do.
    """
    audit, problems = _checked(path)
    if problems or audit is None:
        raise UserError(*problems)
    return audit


def load_unfetched(path: Path | str) -> Audit:
    """As `load_audit`, although files that are fetched from a catalogue may not be there yet."""
    audit, problems = _checked(path)
    others = [problem for problem in problems if problem.code != NOT_FETCHED]
    if others or audit is None:
        raise UserError(*others)
    return audit


def _nearby(path: Path) -> str:
    """The tail of a message that offers the audit folders around a wrong one: that it lies in, or that lie in it."""
    if not path.is_dir():
        return ""
    above = [folder for folder in path.absolute().parents[:2] if (folder / "audit.toml").is_file()]
    below = sorted(file.parent for shape in ("*/audit.toml", "*/*/audit.toml") for file in path.glob(shape))
    return offered(above or below)


def _no_audit(file: Path, what: str, around: Path) -> UserError:
    do = f"name an audit folder, or its audit.toml{_nearby(around)}."
    return UserError(Problem(where=str(file), what=what, do=do, code="no_such_file"))


def _checked(path: Path | str) -> tuple[Audit | None, list[Problem]]:
    """What audit.toml says, None where a section is unsound, and all that is wrong. Raises UserError for no TOML."""
    path = Path(path)
    file = path / "audit.toml" if path.is_dir() else path
    try:
        text = file.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        raise _no_audit(file, "there is no such file.", path) from None
    except OSError as error:
        what, do = f"it cannot be read: {error.strerror or error}.", "see that it is a file, and that you may read it."
        raise UserError(Problem(where=str(file), what=what, do=do, code="unreadable")) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if file.suffix != ".toml":
            raise _no_audit(file, "it is no audit.toml.", file.parent) from None
        raise UserError(
            Problem(
                where=file.name,
                what=f"it is not valid TOML: {error}.",
                do="correct that place and try again.",
                code="bad_toml",
            )
        ) from None
    folder = file.resolve().parent
    problems, audit = [], None
    try:
        audit = Audit.model_validate(data | {"folder": folder})
    except ValidationError as error:
        # A list that only looks empty because its entries are wrong is no problem of its own.
        details = [item for item in error.errors() if not (item["type"] == "too_short" and item["input"])]
        problems = [problem(item, _SECTIONS) for item in details]
    problems += _cross_checks(folder, _Parts(data))
    return audit, problems


class _Parts:
    """The sections of audit.toml that are sound by themselves, each with its number, whatever is wrong with others."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.periods = [*self._sound(Period, data.get("period"))]
        self.sources = [*self._sound(Source, data.get("source"))]
        self.requirements = [*self._sound(Requirement, data.get("requirement"))]
        self.programme = next((section for _, section in self._sound(Programme, [data.get("programme")])), None)
        given = data.get("source")
        entries = given if isinstance(given, list) else []
        self.tables = {entry.get("table") for entry in entries if isinstance(entry, dict)}

    @staticmethod
    def _sound(model: type[Part], entries: object) -> Iterator[tuple[int, Part]]:
        for n, entry in enumerate(entries if isinstance(entries, list) else [], 1):
            with contextlib.suppress(ValidationError):
                yield n, model.model_validate(entry)


def _cross_checks(folder: Path, parts: _Parts) -> Iterator[Problem]:
    """What one section alone cannot know."""
    yield from _doubles("period", [period.name for _, period in parts.periods])
    yield from _doubles("requirement", [requirement.id for _, requirement in parts.requirements])
    if "people" not in parts.tables:
        yield Problem(
            where="audit.toml, source",
            what="no source has table = 'people'.",
            do="add the HR system's export: without it nobody is known to be in scope.",
            code="no_people",
        )
    for n, requirement in parts.requirements:
        if requirement.policy and "policies" not in parts.tables:
            yield Problem(
                where=f"audit.toml, requirement[{n}].policy",
                what=f"'{requirement.policy}' needs a source with table = 'policies', and there is none.",
                do="add a file that lists the policy's versions and from when each is in force.",
                code="no_policies",
            )
    seen: dict[tuple[str, Path], list[tuple[int, str | None]]] = {}
    for n, source in parts.sources:
        yield from source_problems(folder, n, source)
        for path in matching(folder, source.file):
            earlier = seen.setdefault((source.table, path.resolve()), [])
            # A sheet that is not named is the only one, and so the one that is named elsewhere.
            if first := next(
                (no for no, sheet in earlier if None in (sheet, source.sheet) or sheet == source.sheet), 0
            ):
                yield Problem(
                    where=f"audit.toml, source[{n}].file",
                    what=f"{path.relative_to(folder).as_posix()} is already read as {source.table} by source[{first}].",
                    do="remove one of the two: every row would count twice.",
                    code="same_file_twice",
                )
            earlier.append((n, source.sheet))
    if parts.programme:
        yield from _programme_problems(folder, parts.programme.file)


def _programme_problems(folder: Path, file: str) -> Iterator[Problem]:
    """The programme is one document: its file is named, and not looked for."""
    yield from file_problems(folder, "programme.file", file)
    if (found := matching(folder, file)) and not (folder / file).is_file():
        yield Problem(
            where="audit.toml, programme.file",
            what=f"'{file}' is a pattern, and the programme is one document.",
            do=f"name its file: {listing([path.relative_to(folder).as_posix() for path in found])}.",
            code="no_single_file",
        )


def _doubles(section: str, names: list[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(
            where=f"audit.toml, {section}",
            what=f"'{name}' is given {names.count(name)} times.",
            do="give each its own name.",
            code="same_name_twice",
        )


_SECTIONS: dict[str, type[BaseModel]] = {
    "audit": Settings,
    "programme": Programme,
    "leave": LeaveRules,
    "reminders": Reminders,
    "period": Period,
    "source": Source,
    "requirement": Requirement,
    "renewal": Renewal,
}
