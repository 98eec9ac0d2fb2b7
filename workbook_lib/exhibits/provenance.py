"""Where everything came from, and what became of each row."""

from __future__ import annotations

from collections import Counter

from workbook_lib.exhibits.exhibit import Card, Exhibit, Table, count, cut_short, framed, rate
from workbook_lib.exhibits.markup import Stacked, named
from workbook_lib.tables import FileAccount, listing
from workbook_lib.workpaper import Workpaper

#: Rows of the quarantine and remarks that the page shows; the pack has all.
SHOWN = 40


def sources(wp: Workpaper) -> Exhibit:
    """Each file: from which system, which report, who extracted it and when, its digest, and how it was read."""
    rows = [
        (
            file.source_no,
            Stacked(file.file, file.sha256),
            file.table,
            Stacked(_joined(file.system, file.report, file.parameters) or "not stated", _extracted(file)),
        )
        for file in wp.files
    ]
    headings = ("No.", "File and SHA-256", "Table", "System, report, parameters; extracted")
    tables = [Table(frame=framed(rows, headings), caption="Each export, as it was received")]
    remarks: dict[str, list[int]] = {}
    for file in wp.files:
        for warning in file.warnings:
            remarks.setdefault(warning, []).append(file.source_no)
    if remarks:
        lines = [(warning, ", ".join(map(str, numbers))) for warning, numbers in remarks.items()]
        caption = "What such exports cannot show"
        tables.append(Table(frame=framed(lines, ("Remark", "Files")), caption=caption, folded=len(lines) > 10))
    systems = len({file.system or file.file for file in wp.files})
    return Exhibit(
        key="sources",
        title="Sources",
        says=(
            f"{count(len(rows), 'export')} from {count(systems, 'system')} {'was' if len(rows) == 1 else 'were'} read, "
            "unedited. The digest of a file changes when one character of it changes.",
            "Below the table, each file opens to show how it was read: which of its columns became which of ours, and "
            "which were not used.",
        ),
        tables=tuple(tables),
        cards=tuple(map(_card, wp.files)),
    )


def _extracted(file: FileAccount) -> str:
    """When and by whom a file was extracted, as far as audit.toml says."""
    day = f"extracted on {file.extracted_on}" if file.extracted_on else "day of the extract not stated"
    return f"{day} by {file.extracted_by}" if file.extracted_by else day


def _card(file: FileAccount) -> Card:
    """How one file was read."""
    old, ignored = file.earlier, file.ignored_columns
    pairs = (
        ("Read by", f"profile {named(file.profile)} ({file.confidence})"),
        ("Rows", f"{file.rows_read:,} read = {file.rows_used:,} used + {file.rows_quarantined:,} quarantined"),
        ("Dates", f"{file.first_date} to {file.last_date}" if file.first_date else ""),
        ("Records since", f"{file.covers_from}, as stated" if file.covers_from else ""),
        ("Not used", f"{count(len(ignored), 'column')}: {named(listing(ignored, 12))}" if ignored else ""),
        ("Earlier export", f"{named(old.file)}; SHA-256 {old.sha256}" if old else ""),
    )
    return Card(
        caption=f"{file.source_no} · {named(file.file)}, read as {file.table}",
        plan=tuple(pair for pair in pairs if pair[1]),
        table=Table(frame=framed(file.mapping, ("Column", "Read from")), caption="Where each column was read from"),
    )


def _joined(*words: str) -> str:
    return ", ".join(word for word in words if word)


def totals(wp: Workpaper) -> Exhibit:
    """Rows read = rows used + rows quarantined, file by file."""
    rows = [
        (
            file.source_no,
            file.file,
            file.table,
            file.rows_read,
            file.rows_used,
            file.rows_quarantined,
            _tie(file.rows_read, file.rows_used + file.rows_quarantined),
            file.first_date,
            file.last_date,
        )
        for file in wp.files
    ]
    read, used = sum(file.rows_read for file in wp.files), sum(file.rows_used for file in wp.files)
    quarantined = sum(file.rows_quarantined for file in wp.files)
    by_rule = sum(row.by_rule for row in wp.quarantine)
    total = (None, "All files", None, read, used, quarantined, _tie(read, used + quarantined), None, None)
    headings = ("No.", "File", "Table", "Read", "Used", "Quarantined", "Control total", "First date", "Last date")
    untied = sum(row[6] != "ties" for row in rows)
    return Exhibit(
        key="totals",
        title="Control totals",
        says=(
            f"{read:,} rows read = {used:,} used + {quarantined:,} quarantined. Of the latter {by_rule:,} were set "
            "aside by a stated rule of the format, for example a policy row in a training export, and "
            f"{quarantined - by_rule:,} could not be used. The total ties for "
            f"{rate(len(rows) - untied, len(rows))} files.",
        ),
        tables=(
            Table(
                frame=framed([*rows, total], headings), caption="Rows of each file, and the days that its records span"
            ),
        ),
    )


def _tie(left: int, right: int) -> str:
    return "ties" if left == right else "does not tie"


def quarantine(wp: Workpaper) -> Exhibit:
    """What was not used, and why: by reason, then row by row."""
    rows = wp.quarantine
    if not rows:
        return Exhibit(
            key="quarantine", title="Quarantine", says=("0 rows were quarantined: every row read was used.",)
        )
    tally = Counter((row.code, row.table, row.by_rule) for row in rows)
    first = {(row.code, row.table, row.by_rule): row for row in reversed(rows)}
    by_reason = [
        (
            key[0].replace("_", " "),
            key[1],
            number,
            "set aside by rule" if key[2] else "could not be read",
            first[key].message,
        )
        for key, number in sorted(tally.items())
    ]
    unread = [row for row in rows if not row.by_rule]
    lines = [(row.file, row.row_no, row.column, row.value, row.message, row.subject) for row in unread[:SHOWN]]
    by_row = Table(
        frame=framed(lines, ("File", "Row", "Column", "Value", "Message", "About")),
        caption="Rows that could not be read",
        note=cut_short(SHOWN, len(unread), "file and row", "quarantine") if len(unread) > SHOWN else "",
        folded=len(lines) > 10,
    )
    headings = ("Reason", "Table", "Rows", "Kind", "First message")
    return Exhibit(
        key="quarantine",
        title="Quarantine",
        says=(
            f"{count(len(rows), 'row was', 'rows were')} quarantined: {len(unread):,} could not be read, "
            f"{len(rows) - len(unread):,} were set aside by a stated rule of the format. Rows that could not be read "
            "cover and excuse nothing. Every row is in tables/quarantine.csv of the pack, "
            + ("with its place and its reason." if wp.pseudonymous else "as it stands in its file."),
        ),
        tables=(
            Table(frame=framed(by_reason, headings), caption="Rows by reason"),
            *([by_row] if unread else []),
        ),
    )


def findings(wp: Workpaper) -> Exhibit:
    """What the reader should know about the data, which changes no verdict by itself."""
    found = wp.findings
    if not found:
        return Exhibit(key="findings", title="Remarks on the data", says=("0 remarks on the data.",))
    rows = [(item.table, item.subject, item.text) for item in found[:SHOWN]]
    return Exhibit(
        key="findings",
        title="Remarks on the data",
        says=(
            f"{count(len(found), 'remark')} on the data. The verdicts were made by the rules all the "
            "same; each may need a look.",
        ),
        tables=(
            Table(
                frame=framed(rows, ("Table", "About", "Remark")),
                caption="Remarks",
                note=cut_short(SHOWN, len(found), "discovery", "findings") if len(found) > SHOWN else "",
            ),
        ),
    )
