"""Files + profiles → the canonical tables, and an account of every row.

rows read = rows used + rows quarantined, per file: the reader counts the first, the engine and the quarantine the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workbook_lib.audit import Audit
from workbook_lib.engine import Engine
from workbook_lib.files import FileProblem
from workbook_lib.profile import Profile, load_profile
from workbook_lib.reading import Reading, open_reading
from workbook_lib.tables import TABLES, FileAccount, Finding, Kind, Problem, Quarantined, UserError, listing

#: The date that says from when to when a file's rows speak.
MAIN_DATE = {
    "people": "start_date",
    "leave": "start_date",
    "completions": "completed_on",
    "content_reviews": "reviewed_on",
    "policies": "effective_on",
    "acknowledgements": "acknowledged_on",
    "access": "granted_on",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was read.

    files : one account per file, in the order of audit.toml.  quarantine : the rows that were not used.
    findings : what a reader should know about the data; it changes no verdict by itself.
    """

    files: tuple[FileAccount, ...]
    quarantine: tuple[Quarantined, ...]
    findings: tuple[Finding, ...]


def read(audit: Audit, engine: Engine) -> Intake:
    """Read every source into the engine: each canonical table under its name (empty where there is no source), and
    `unread_people`, the rows of people that could not be read but say whom they are about (C12).

    Raises UserError with the problems of all files that cannot be trusted as a whole.
    """
    readings, problems = _open_all(audit)
    for name, table in TABLES.items():
        mine = [reading for reading in readings if reading.table.name == name]
        engine.load(name, table.stored, _rows(mine, problems))
    if problems:
        raise UserError(*problems)
    engine.load("unread_people", TABLES["people"].stored, (row for reading in readings for row in reading.unread))
    spans = {name: _spans(engine, name) for name in TABLES}
    files = tuple(_account(reading, *spans[reading.table.name].get(reading.source_no, (0, None, None)), audit) for reading in readings)
    quarantine = tuple(row for reading in readings for row in reading.quarantine)
    return Intake(files=files, quarantine=quarantine, findings=())


def _open_all(audit: Audit) -> tuple[list[Reading], list[Problem]]:
    readings, problems = [], list[Problem]()
    profiles: dict[str, Profile] = {}
    for no, (source, path) in enumerate(audit.files, 1):
        file = path.relative_to(audit.folder).as_posix()
        try:
            if source.profile not in profiles:
                profiles[source.profile] = load_profile(audit.folder, source.profile)
            readings.append(open_reading(no, source, path, file, profiles[source.profile], audit.settings.zone))
        except FileProblem as problem:
            problems.append(_refused(file, problem))
        except UserError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    return readings, problems


def _rows(readings: list[Reading], problems: list[Problem]) -> Iterator[list[Any]]:
    for reading in readings:
        try:
            yield from reading.rows()
        except FileProblem as problem:
            problems.append(_refused(reading.file, problem))


def _refused(file: str, problem: FileProblem) -> Problem:
    where = f"{file}, {problem.place}" if problem.place else file
    return Problem(where=where, what=problem.what, do=problem.do)


def _spans(engine: Engine, name: str) -> dict[int, tuple[int, date | None, date | None]]:
    """Per file: the rows that stand in the engine, and the first and the last day of the table's main date."""
    day = MAIN_DATE.get(name, "CAST(NULL AS DATE)")
    rows = engine.rows(f"SELECT source_no, COUNT(*), MIN({day}), MAX({day}) FROM {name} GROUP BY source_no")
    return {source_no: (used, first, last) for source_no, used, first, last in rows}


def _account(reading: Reading, used: int, first: date | None, last: date | None, audit: Audit) -> FileAccount:
    source, profile = reading.source, reading.profile
    if reading.rows_read != used + len(reading.quarantine):
        raise AssertionError(
            f"{reading.file}: {reading.rows_read} rows read, but {used} used + {len(reading.quarantine)} quarantined"
        )
    return FileAccount(
        source_no=reading.source_no,
        table=reading.table.name,
        file=reading.file,
        profile=profile.name,
        confidence=profile.confidence,
        system=source.system or profile.system,
        report=source.report,
        parameters=source.parameters,
        extracted_on=source.extracted(audit.settings.zone),
        extracted_by=source.extracted_by,
        covers_from=source.covers_from,
        size=reading.content.size,
        sha256=reading.content.sha256,
        rows_read=reading.rows_read,
        rows_quarantined=len(reading.quarantine),
        first_date=first,
        last_date=last,
        mapping=reading.mapping(),
        ignored_columns=reading.ignored,
        warnings=(*profile.warnings, *reading.layout.warnings),
    )
