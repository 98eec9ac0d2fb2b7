"""Files + profiles → the canonical tables, and an account of every row.

Per file, rows read = rows used + rows quarantined: three independent counts, of the reader, the engine and the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from workbook_lib.audit import Audit
from workbook_lib.engine import Engine
from workbook_lib.intake import bulk, snapshots
from workbook_lib.intake.cancelling import share
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.opening import open_reading
from workbook_lib.intake.profile import Profile
from workbook_lib.intake.profile_file import load_profile
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.remarks import further_pages, remarks
from workbook_lib.intake.strangers import strangers
from workbook_lib.source import Source
from workbook_lib.tables import TABLES, FileAccount, Finding, Problem, Quarantined, UserError, count, listing

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
    `unread_people`, the rows of people that could not be read but say whom they are about (C12); and what became of
    the records of earlier exports, `snapshot_change`.

    Raises UserError with the problems of all files that cannot be trusted as a whole.
    """
    readings, problems = _open_all(audit, ((no, source, path) for no, (source, path) in enumerate(audit.files, 1)))
    earlier, more = _open_all(audit, ((no, audit.files[no - 1][0], path) for no, path in audit.earlier.items()))
    problems += [problem for problem in more if problem not in problems]
    for name, table in TABLES.items():
        mine = [reading for reading in readings if reading.table.name == name]
        engine.load(name, table.stored, _rows(engine, name, mine, audit, problems))
    for reading in earlier:
        name = f"earlier_{reading.source_no}"
        engine.load(name, reading.table.stored, _rows(engine, name, [reading], audit, problems))
    problems += _unread_policies(readings)
    if problems:
        raise UserError(*problems)
    for reading in readings:
        _name_shifted(engine, reading, reading.table.name)
    for reading in earlier:
        _name_shifted(engine, reading, f"earlier_{reading.source_no}")
    engine.load("unread_people", TABLES["people"].stored, (row for reading in readings for row in reading.unread))
    files = tuple(account for name in TABLES for account in _accounts(engine, name, readings, audit))
    files = snapshots.compare(engine, sorted(files, key=lambda account: account.source_no), earlier)
    return Intake(
        files=files,
        quarantine=tuple(row for reading in readings for row in reading.quarantine),
        findings=(
            *remarks(readings, audit.settings.zone),
            *further_pages(readings),
            *snapshots.findings(files, readings),
            *_early_exports(engine, files),
            *_endless(engine, files),
            *strangers(engine, readings),
        ),
    )


def _open_all(audit: Audit, files: Iterable[tuple[int, Source, Path]]) -> tuple[list[Reading], list[Problem]]:
    readings, problems = [], list[Problem]()
    profiles: dict[str, Profile] = {}
    for no, source, path in files:
        file = path.relative_to(audit.folder).as_posix()
        try:
            if source.profile not in profiles:
                profiles[source.profile] = load_profile(audit.folder, source.profile)
            readings.append(open_reading(no, source, path, file, profiles[source.profile], audit.settings.zone))
        except BadFileError as problem:
            problems.append(_refused(file, problem))
        except OSError as error:
            problems.append(
                _refused(file, BadFileError(f"{error.strerror}.", "make the file readable.", code="unreadable_file"))
            )
        except UserError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    for reports in {(reading.table.name, reading.profile.name) for reading in readings}:
        same = (reading for reading in readings if (reading.table.name, reading.profile.name) == reports)
        share(reading.reader.cancelling for reading in same if reading.reader.cancelling)
    return readings, problems


def _rows(engine: Engine, into: str, readings: list[Reading], audit: Audit, problems: list[Problem]) -> Iterator[Any]:
    """The used rows of some files, but those that the engine itself puts into relation `into`."""
    for reading in readings:
        try:
            cells = bulk.seen(engine, reading, audit.folder / reading.file)
            yield from reading.rows() if cells is None else bulk.rows(engine, reading, cells, into)
        except BadFileError as problem:
            problems.append(_refused(reading.file, problem))


def _name_shifted(engine: Engine, reading: Reading, relation: str) -> None:
    """Whom rows are about whose cells may have moved: an id that a sound row of the table, or of people, has, too."""
    if not reading.shifted:
        return
    engine.load("shifted", {"subject": "VARCHAR"}, ([subject] for subject in {one.subject for one in reading.shifted}))
    known = " UNION ".join(f"SELECT {n} FROM {relation}" for n in ("person_id", "account") if n in reading.table.names)
    if reading.table.name != "people":
        known += " UNION SELECT person_id FROM people UNION SELECT email FROM people"
    found = engine.rows(f"SELECT subject FROM shifted WHERE subject IN ({known})")
    reading.name_shifted({subject for (subject,) in found})
    engine.drop("shifted")


def _unread_policies(readings: list[Reading]) -> Iterator[Problem]:
    """C9: a version that cannot be read could be the one that ends everybody's cover, so none may be left out."""
    for reading in readings:
        for row in reading.quarantine if reading.table.name == "policies" else ():
            if not row.by_rule:
                yield Problem(
                    where=f"{row.file}, row {row.row_no}, {row.column}",
                    what=row.message.partition(" Effect: ")[0],
                    effect="nothing was judged: without this version it is not known which acknowledgements count.",
                    do="correct the row in the source system and export again.",
                    code="unread_policy",
                )


def _refused(file: str, problem: BadFileError) -> Problem:
    where = f"{file}, {problem.place}" if problem.place else file
    return Problem(where=where, what=problem.what, do=problem.do, code=problem.code)


def _accounts(engine: Engine, name: str, readings: list[Reading], audit: Audit) -> Iterator[FileAccount]:
    """The account of each file of a table, with what stands in the engine: how many rows, and their span of days."""
    day = MAIN_DATE.get(name, "CAST(NULL AS DATE)")
    rows = engine.rows(f"SELECT source_no, COUNT(*), MIN({day}), MAX({day}) FROM {name} GROUP BY source_no")
    spans = {source_no: (used, first, last) for source_no, used, first, last in rows}
    for reading in readings:
        if reading.table.name == name:
            yield _account(reading, *spans.get(reading.source_no, (0, None, None)), audit)


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
        confidence=reading.layout.confidence or profile.confidence,
        system=source.system or profile.system,
        report=source.origin,
        parameters=source.parameters,
        extracted_on=source.extracted(audit.settings.zone),
        extracted_by=source.extracted_by,
        covers_from=source.covers_from,
        size=reading.content.size,
        sha256=reading.content.sha256,
        rows_read=reading.rows_read,
        rows_used=used,
        rows_quarantined=len(reading.quarantine),
        first_date=first,
        last_date=last,
        mapping=reading.mapping(),
        ignored_columns=reading.ignored,
        warnings=(*profile.warnings, *reading.layout.warnings),
        part=_part(reading),
    )


def _part(reading: Reading) -> str:
    """Which rows of a file are read, where it holds several kinds; those of a wide report are pairs of columns."""
    layout = reading.layout
    if layout.pairs:
        return f"pairs of columns, as {reading.table.name}"
    lists = (*layout.records, layout.explode) if reading.kind == "json" else ()
    return reading.opened.sheet or ", ".join(filter(None, lists))


# --- findings across files ----------------------------------------------------------------------------------------


def repetitions(engine: Engine, audit: Audit) -> Iterator[Finding]:
    """Rows that repeat another in every column that is read. They are kept: sets of days do not count anything twice.

    To look for them takes as long as a good part of the reading, so it is done for those who want to know.
    """
    for name in ("people", "completions", "acknowledgements"):
        columns = ", ".join(column for column in TABLES[name].stored if column not in ("source_no", "row_no"))
        subject = TABLES[name].columns[0].name
        if not engine.may_repeat(name, columns):
            continue
        (found,) = engine.rows(
            f"SELECT COALESCE(SUM(times - 1), 0), MIN(place) FROM (SELECT COUNT(*) AS times, "
            f"MAX(source_no * CAST(10000000000 AS BIGINT) + row_no) AS place FROM {name} GROUP BY {columns} "
            "HAVING COUNT(*) > 1) doubled"
        )
        if found[0]:
            source_no, row_no = divmod(int(found[1]), 10_000_000_000)
            file = audit.files[source_no - 1][1].name
            says = engine.rows(f"SELECT {subject} FROM {name} WHERE source_no = {source_no} AND row_no = {row_no}")[0][
                0
            ]
            yield Finding(
                code="identical_rows",
                table=name,
                subject=says,
                text=f"{name}: {count(int(found[0]), 'row')} repeating another in every column that is read, for "
                f"example {file}, row {row_no} ({says}); nothing counts twice.",
                source_no=source_no,
                row_no=row_no,
            )


def _early_exports(engine: Engine, files: tuple[FileAccount, ...]) -> Iterator[Finding]:
    """Records dated after the export was made (a day's grace for other time zones): a clock or a date is wrong."""
    for file in files:
        if file.table not in ("completions", "acknowledgements") or file.extracted_on is None or file.last_date is None:
            continue
        latest = file.extracted_on + timedelta(days=1)
        if file.last_date <= latest:
            continue
        condition = f"source_no = {file.source_no} AND {MAIN_DATE[file.table]} > DATE '{latest}'"
        rows = engine.rows(f"SELECT account, row_no FROM {file.table} WHERE {condition} ORDER BY row_no")
        yield Finding(
            code="after_export",
            table=file.table,
            subject=rows[0][0],
            text=f"{count(len(rows), 'record')} of {file.file} are dated after the day of the export "
            f"({file.extracted_on}), up to {file.last_date}; rows {listing([row_no for _, row_no in rows])}.",
            source_no=file.source_no,
            row_no=rows[0][1],
        )


def _endless(engine: Engine, files: tuple[FileAccount, ...]) -> Iterator[Finding]:
    """People exports in which nobody ever leaves: the report was probably made without leavers."""
    ended = {no for (no,) in engine.rows("SELECT DISTINCT source_no FROM people WHERE end_date IS NOT NULL")}
    for file in files:
        if file.table == "people" and file.rows_used and file.source_no not in ended:
            yield Finding(
                code="no_leavers",
                table="people",
                subject=file.file,
                text=f"No row of {file.file} has an end date: the export may leave out the people who left.",
                source_no=file.source_no,
            )
