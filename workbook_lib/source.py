"""Sources: the exports that an audit names, the files behind each, and how they are read."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from workbook_lib.requirement import Day, Moment, Section, Text, did_you_mean, wrong
from workbook_lib.tables import TABLES, Problem, listing
from workbook_lib.wording import sentence

#: Code of the problem that `workbook fetch` solves.
NOT_FETCHED = "not_fetched"
PROFILES = Path(__file__).parent / "profiles"
#: What a BagIt manifest writes as %25, %0A, %0D (RFC 8493, 2.1.3), and sha256sum in a way of its own: with them in a
#: name a pack would hold for the one and not for the other.
UNLISTED = frozenset("%\n\r\\")


class Source(Section):
    """`[[source]]`: one export, or several of one shape (`file` may be a glob).

    catalogue_table : a table of a Spark catalogue, such as hr.people, which `workbook fetch` writes to `file`.
    """

    table: str
    file: Text
    catalogue_table: Text | None = None
    profile: Text = "generic"
    extracted_on: Day | None = None
    extracted_at: Moment | None = None
    system: str = ""
    report: str = ""
    parameters: str = ""
    extracted_by: str = ""
    covers_from: Day | None = None
    previous: str | None = None
    sheet: str | None = None
    allow_empty: bool = False
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)

    @field_validator("table")
    @classmethod
    def _known_table(cls, name: str) -> str:
        if name not in TABLES:
            near = difflib.get_close_matches(name, TABLES, 1)
            raise wrong(
                "unknown_table",
                "there is no table '{name}'{hint} (tables: {tables})",
                name=name,
                hint=did_you_mean(near),
                tables=", ".join(TABLES),
            )
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Source:
        known = TABLES[self.table].names
        for name in (*self.columns, *self.values):
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                raise wrong(
                    "unknown_column",
                    "table {table} has no column '{name}'{hint} (columns: {columns})",
                    table=self.table,
                    name=name,
                    hint=did_you_mean(near),
                    columns=", ".join(known),
                )
        for key, text in (*self.columns.items(), *self.values.items()):
            if text == "…":
                raise wrong("placeholder", "{key} still says '…'; write what holds for this file", key=key)
        if self.extracted_on and self.extracted_at:
            raise wrong("bad_extract_day", "extracted_on and extracted_at are both given; keep one")
        if self.extracted_at and self.extracted_at.tzinfo is None:
            raise wrong("bad_extract_day", "extracted_at needs an offset, for example 2026-01-05T08:00:00+01:00")
        if not (self.extracted_on or self.extracted_at) and self.table in ("people", "completions", "acknowledgements"):
            says = "extracted_on is missing: it says up to which day this export proves anything (C1)"
            raise wrong("missing_key", says)
        if self.covers_from and self.table not in ("completions", "acknowledgements"):
            says = "covers_from belongs to records (completions, acknowledgements), not to {t}"
            raise wrong("misplaced_key", says, t=self.table)
        if self.catalogue_table and not re.fullmatch(r"[^*?\[\]]+\.parquet", self.file):
            says = "file is '{file}'; a table of a catalogue is fetched into one file, whose name ends in .parquet"
            raise wrong("bad_fetched_file", says, file=self.file)
        return self

    @property
    def origin(self) -> str:
        """The report, or the table, that the export was made from; empty where it is not stated."""
        table = f"table {self.catalogue_table}" if self.catalogue_table else ""
        return ", ".join(filter(None, (self.report, table)))

    def extracted(self, zone: ZoneInfo) -> date | None:
        """The day of the extract, in the audit's time zone."""
        return self.extracted_at.astimezone(zone).date() if self.extracted_at else self.extracted_on


def profile_path(folder: Path, name: str) -> Path | None:
    """Where a profile's file is: the user's own in the audit folder first, then ours."""
    if not name.replace("-", "").replace("_", "").isalnum():
        return None
    candidates = (folder / f"{name}.toml", folder / "profiles" / f"{name}.toml", PROFILES / f"{name}.toml")
    return next((path for path in candidates if path.is_file()), None)


def own_files(folder: Path, profile: str) -> list[Path]:
    """The files of the user that make a profile: its own where it is the user's, and those that it extends.

    Their content is no matter here: a file that cannot be read extends nothing.
    """
    found: list[Path] = []
    while (path := profile_path(folder, profile)) and path.parent != PROFILES and path not in found:
        found.append(path)
        try:
            profile = str(tomllib.loads(path.read_bytes().decode("utf-8-sig")).get("extends", ""))
        except ValueError:
            break
    return found


def matching(folder: Path, pattern: str) -> list[Path]:
    """Files that a path or a glob names; a file whose very name holds brackets comes before the glob reading."""
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        return []
    if (folder / pattern).is_file():
        return [folder / pattern]
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError):
        return []


def source_problems(folder: Path, n: int, source: Source) -> Iterator[Problem]:
    """What is wrong with the files and the profile that the n-th source names."""
    for problem in file_problems(folder, f"source[{n}].file", source.file):
        is_to_fetch = problem.code == "no_such_file" and source.catalogue_table
        yield _to_fetch(problem, source) if is_to_fetch else problem
    if source.previous:
        unsound = list(file_problems(folder, f"source[{n}].previous", source.previous))
        yield from unsound or _unpaired(folder, n, source)
    if profile_path(folder, source.profile) is None:
        known = sorted(path.stem for place in (PROFILES, folder / "profiles") for path in place.glob("*.toml"))
        near = difflib.get_close_matches(source.profile, known, 1)
        yield Problem(
            where=f"audit.toml, source[{n}].profile",
            what=sentence(f"there is no profile '{source.profile}'{did_you_mean(near)}"),
            do=f"use one of {listing(known, 30)}, or put {source.profile}.toml into the audit folder.",
            code="unknown_profile",
        )


def _to_fetch(problem: Problem, source: Source) -> Problem:
    return Problem(
        where=problem.where,
        what=f"'{source.file}' is not there yet; it is fetched from the table {source.catalogue_table}.",
        do="run `workbook fetch` on this folder, where Spark has that table.",
        code=NOT_FETCHED,
    )


def file_problems(folder: Path, key: str, pattern: str) -> Iterator[Problem]:
    """What is wrong with the files that a key names: there are none, or they lie outside the audit folder."""
    where = f"audit.toml, {key}"
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        yield Problem(
            where=where,
            what=f"'{pattern}' points outside the audit folder.",
            do="copy the file into the folder: the evidence holds every input.",
            code="outside_the_folder",
        )
    elif not (paths := matching(folder, pattern)):
        what = sentence(f"'{pattern}' matches no file{did_you_mean(_similar(folder, pattern))}")
        yield Problem(where=where, what=what, do="correct the name, or add the file.", code="no_such_file")
    else:
        for path in paths:
            if UNLISTED & set(path.relative_to(folder).as_posix()):
                yield Problem(
                    where=where,
                    what=f"the name {path.name!r} has a %, a backslash or a line break in it, or its folder has.",
                    do="give it another name: not every program that verifies the evidence would find the file.",
                    code="bad_file_name",
                )
            if not path.resolve().is_relative_to(folder):
                yield Problem(
                    where=where,
                    what=f"'{path.name}' is a link to a file outside the audit folder.",
                    do="copy the file into the folder: the evidence holds every input.",
                    code="outside_the_folder",
                )


def _similar(folder: Path, pattern: str) -> list[str]:
    """The file beside it whose name is nearest to one that is not there, as audit.toml would name it."""
    beside = (folder / pattern).parent
    if not beside.is_dir():
        return []
    names = [path.relative_to(folder).as_posix() for path in sorted(beside.iterdir()) if path.is_file()]
    return difflib.get_close_matches(pattern, names, 1, cutoff=0.8)


def paired(folder: Path, source: Source) -> dict[Path, Path]:
    """Each file of a source → its earlier export: the only one there is, or the one of the same name."""
    files, earlier = matching(folder, source.file), matching(folder, source.previous or "")
    if len(files) == len(earlier) == 1:
        return {files[0]: earlier[0]}
    names = [path.name for path in files]
    return {new: old for new in files for old in earlier if new.name == old.name and names.count(new.name) == 1}


def _unpaired(folder: Path, n: int, source: Source) -> Iterator[Problem]:
    """Earlier exports that cannot be compared with anything, or only with themselves."""
    where = f"audit.toml, source[{n}].previous"
    files, earlier, pairs = (
        matching(folder, source.file),
        matching(folder, source.previous or ""),
        paired(folder, source),
    )
    if both := sorted(path.name for path in {*files} & {*earlier}):
        yield Problem(
            where=where,
            what=f"{listing(both)} is both the export and its own earlier export.",
            do="name the file as it was exported before, kept in a folder of its own.",
        )
    elif alone := sorted(path.name for path in {*files, *earlier} - {*pairs, *pairs.values()}):
        yield Problem(
            where=where,
            what=f"{listing(alone)} has no counterpart: '{source.file}' matches {len(files)} and '{source.previous}' "
            f"matches {len(earlier)}, and of several files each is compared with the one of the same name.",
            do="keep both exports under the same file names in two folders, or give each file a source of its own.",
        )
