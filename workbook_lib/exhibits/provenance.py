"""Where everything came from, and what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from workbook_lib.exhibits.exhibit import Card, Exhibit, Table, cut_short, framed, spelled, were
from workbook_lib.exhibits.markup import Stacked, named
from workbook_lib.received import Received
from workbook_lib.tables import FileAccount, Quarantined, count, listing
from workbook_lib.workpaper import Workpaper

#: Rows of the quarantine and remarks that the page shows; the pack has all.
SHOWN = 20


def sources(wp: Workpaper) -> Exhibit:
    """Each file: from which system, which report, who extracted it and when, its digest, and how it was read."""
    rows = [
        (
            file.source_no,
            Stacked(file.file, file.sha256),
            spelled(file.table),
            Stacked(_joined(file.system, file.report, file.parameters) or "not stated", _extracted(file)),
        )
        for file in wp.files
    ]
    headings = ("No.", "File and SHA-256", "Table", "System, report, parameters; extracted")
    tables = [Table(frame=framed(rows, headings), caption="Each export, as it was received")]
    left = {no: len(places) for no, places in _left(wp.received).items()}
    remarks: dict[str, list[int]] = {}
    for file in wp.files:
        for warning in file.warnings:
            remarks.setdefault(warning, []).append(file.source_no)
    if remarks:
        lines = [(warning, ", ".join(map(str, numbers))) for warning, numbers in remarks.items()]
        caption = "What such exports cannot show"
        tables.append(Table(frame=framed(lines, ("Remark", "Files")), caption=caption, folded=len(lines) > 10))
    files, named = len(wp.file_names), {file.file for file in wp.files if file.system}
    systems = count(len({file.system for file in wp.files if file.system}), "system")
    drawn = f" from {systems}" if len(named) == files else ""
    partly = "" if drawn else f" The system is stated for {len(named):,} of them."
    return Exhibit(
        key="sources",
        title="Sources",
        says=(
            f"{count(files, 'file')}{drawn} {were(files)} read, unedited, as {count(len(rows), 'table')}: one that "
            f"holds several kinds of records is read once for each.{partly} The digest of a file changes when one "
            "character of it changes.",
            "Below the table stands how each file was read: which of its columns became which of ours, and which were "
            "not used.",
        ),
        tables=tuple(tables),
        cards=tuple(_card(file, left[file.source_no]) for file in wp.files),
    )


def _extracted(file: FileAccount) -> str:
    """When and by whom a file was extracted, as far as audit.toml says."""
    day = f"extracted on {file.extracted_on}" if file.extracted_on else "day of the extract not stated"
    return f"{day} by {file.extracted_by}" if file.extracted_by else day


def _rows(file: FileAccount, left: int) -> str:
    """Rows read = used + left to another reading of the same file + quarantined."""
    elsewhere = f" + {left:,} left to another reading" if left else ""
    quarantined = file.rows_quarantined - left
    return f"{file.rows_read:,} read = {file.rows_used:,} used{elsewhere} + {quarantined:,} quarantined"


def _card(file: FileAccount, left: int) -> Card:
    """How one file was read."""
    old, ignored = file.earlier, file.ignored_columns
    pairs = (
        ("Read by", f"profile {named(file.profile)} ({file.confidence})"),
        ("Sheet or list", named(file.part) if file.part else ""),
        ("Rows", _rows(file, left)),
        ("Dates", f"{file.first_date} to {file.last_date}" if file.first_date else ""),
        ("Records since", f"{file.covers_from}, as stated" if file.covers_from else ""),
        ("Not used", f"{count(len(ignored), 'column')}: {named(listing(ignored, 12))}" if ignored else ""),
        ("Earlier export", f"{named(old.file)}; SHA-256 {old.sha256}" if old else ""),
    )
    return Card(
        caption=f"{file.source_no} · {named(file.file)}, read as {spelled(file.table)}",
        plan=tuple(pair for pair in pairs if pair[1]),
        table=Table(frame=framed(file.mapping, ("Column", "Read from")), caption="Where each column was read from"),
    )


def _joined(*words: str) -> str:
    return ", ".join(word for word in words if word)


def totals(wp: Workpaper) -> Exhibit:
    """Rows read = rows used + rows quarantined: file by file, each row once, and reading by reading."""
    found = wp.received
    rows = [
        (
            one.file,
            ", ".join(spelled(reading.table) for reading in one.readings),
            one.rows,
            one.used,
            one.quarantined,
            _tie(one.rows, one.used + one.quarantined),
        )
        for one in found
    ]
    read, used = sum(one.rows for one in found), sum(one.used for one in found)
    quarantined = sum(one.quarantined for one in found)
    total = ("All files", None, read, used, quarantined, _tie(read, used + quarantined))
    headings = ("File", "Read as", "Rows read", "Used", "Quarantined", "Control total")
    readings = [line for one in found for line in _readings(one)]
    untied = [row[5] for row in rows].count(NOT) + [line[7] for line in readings].count(NOT)
    twice = sum(one.rows for one in found if len(one.readings) > 1)
    again = f" {twice:,} of them stand in a file that is read as more than one table." if twice else ""
    return Exhibit(
        key="totals",
        title="Control totals",
        says=(
            f"{count(read, 'row')} of {count(len(wp.file_names), 'file')} were read = {used:,} used + {quarantined:,} "
            f"quarantined. Each row counts once.{again} {_unused(found)}",
            f"The totals tie for all {count(len(rows), 'file')} and {count(len(readings), 'reading')}."
            if not untied
            else f"{untied:,} of {len(rows) + len(readings):,} totals do not tie.",
        ),
        tables=(
            Table(frame=framed([*rows, total], headings), caption="Rows of each file, each counted once"),
            Table(
                frame=framed(sorted(readings), READING),
                caption="Each reading of a file: rows, and the days that its records span",
                note="Rows read = used + left to another reading + quarantined.",
            ),
        ),
    )


NOT = "does not tie"
READING = ("No.", "File", "Table", "Rows read", "Used", "Left to another reading", "Quarantined", "Control total",
           "First date", "Last date")  # fmt: skip


def _readings(one: Received) -> list[tuple[Any, ...]]:
    """What became of the rows of a file in each of its readings."""
    return [
        (
            file.source_no,
            file.file,
            spelled(file.table),
            file.rows_read,
            file.rows_used,
            len(left),
            file.rows_quarantined - len(left),
            _tie(file.rows_read, file.rows_used + file.rows_quarantined),
            file.first_date,
            file.last_date,
        )
        for file, left in zip(one.readings, one.left, strict=True)
    ]


def _unused(found: Sequence[Received]) -> str:
    """How many rows were not used, by reason."""
    by_rule, unread = sum(one.by_rule for one in found), sum(one.unread for one in found)
    refused = sum(one.refused for one in found)
    return (
        f"{count(by_rule, 'row')} {were(by_rule)} set aside by a rule of the format and used by no other reading, "
        f"{unread:,} could not be read, and {count(refused, 'decision')} {were(refused)} refused."
    )


def _tie(left: int, right: int) -> str:
    return "ties" if left == right else NOT


def quarantine(wp: Workpaper) -> Exhibit:
    """What was not used, and why: by reason, then row by row."""
    rows = wp.quarantine
    if not rows:
        return Exhibit(
            key="quarantine", title="Quarantine", says=("0 rows were quarantined: every row read was used.",)
        )
    found = wp.received
    left = _left(found)
    tally = Counter((spelled(row.code), spelled(row.table), _kind(row, left[row.source_no])) for row in rows)
    by_reason = [(*key, number) for key, number in sorted(tally.items())]
    shared = sum(map(len, left.values()))
    elsewhere = f" {shared:,} of them are left to another reading of the same file, which uses them." if shared else ""
    return Exhibit(
        key="quarantine",
        title="Quarantine",
        says=(
            f"{_unused(found)} Rows that could not be read cover and excuse nothing; a refused decision has no effect.",
            f"{count(len(rows), 'row is', 'rows are')} in tables/quarantine.csv of the pack, once for each reading, "
            + ("with its place and its reason." if wp.pseudonymous else "as it stands in its file.")
            + elsewhere,
        ),
        tables=(
            Table(
                frame=framed(by_reason, ("Reason", "Table", "What became of it", "Rows")),
                caption="Rows by reason, in each reading",
            ),
            *_rejected("Rows that could not be read", [row for row in rows if not row.by_rule and not row.refused]),
            *_rejected("Decisions that were refused", [row for row in rows if row.refused]),
        ),
    )


def _left(found: Sequence[Received]) -> dict[int, frozenset[int]]:
    """For each reading the numbers of the rows that it leaves to another one."""
    return {file.source_no: rows for one in found for file, rows in zip(one.readings, one.left, strict=True)}


def _kind(row: Quarantined, left: frozenset[int]) -> str:
    if not row.by_rule:
        return "refused" if row.refused else "could not be read"
    return "left to another reading" if row.row_no in left else "set aside by rule"


def _rejected(caption: str, rows: list[Quarantined]) -> list[Table]:
    """One row of a file by one; no table where there is none."""
    lines = [(row.file, row.row_no, row.column, row.value, row.message, row.subject) for row in rows[:SHOWN]]
    table = Table(
        frame=framed(lines, ("File", "Row", "Column", "Value", "Message", "About")),
        caption=caption,
        note=cut_short(SHOWN, len(rows), "file and row", "quarantine") if len(rows) > SHOWN else "",
        folded=len(lines) > 10,
    )
    return [table] if rows else []
