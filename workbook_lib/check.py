"""What `workbook check` prints: each file, what must be mended, who is not in the system, and whether heads add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from workbook_lib import register
from workbook_lib.engine import Row
from workbook_lib.exhibits.markup import visible
from workbook_lib.intake.values import quoted
from workbook_lib.lookalikes import Account, Person, Suggestion, suggestions
from workbook_lib.procedures import Check
from workbook_lib.procedures.people import NOT_IN_THE_SYSTEM, RECORDS_OF_NOBODY, ROLL_FORWARD, UNREAD
from workbook_lib.tables import FileAccount, Finding, Quarantined, count, listing
from workbook_lib.workpaper import Workpaper

#: How many items of a list are printed before "and n more".
LISTED = 20
#: How many columns that nobody reads are named.
NAMED = 8
#: Findings that somebody must mend; the others are for information.
TO_MEND = {
    "no_source_of_records",
    "module_of_nobody",
    "value_of_nobody",
    "shared_email",
    "id_of_several",
    "leave_of_nobody",
    "account_of_several",
    "link_to_several",
    "decision_fits_nothing",
    "exchanged_dates",
    "zone_in_header",
    "register_altered",
    "reminders_altered",
    "left_to_do",
    "records_lost",
    "further_pages",
}
#: What becomes of a row that is not used.
UNREADABLE, REFUSED, SET_ASIDE = "could not be read", "refused", "set aside by the profile"
STYLES = {"MEND": "bold red", "ok": "green", "note": "yellow"}

#: Those who may own an account, first those whom no system knows: they lack one.
CANDIDATES = f"""
SELECT person_id, name, email FROM person
ORDER BY CASE WHEN person_id IN (SELECT person_id FROM ({NOT_IN_THE_SYSTEM}) unknown) THEN 0 ELSE 1 END, person_id"""

NAMES = "SELECT account, MIN(name) FROM accounts WHERE name IS NOT NULL GROUP BY account"

#: A transfer ends a row and no spell; whoever is excluded has none.
LEAVERS = """
SELECT COUNT(DISTINCT CASE WHEN spell_to BETWEEN window_from AND window_to THEN person_no END),
       COUNT(CASE WHEN spell_to <= as_of THEN 1 END)
FROM spell CROSS JOIN settings"""

#: People whom rows name that could not be read, and where these stand.
NAMED_IN_VAIN = """
SELECT person.person_id, place FROM unread_record JOIN account_person ON account_person.account = unread_record.account
JOIN person ON person.person_no = account_person.person_no ORDER BY place DESC"""
#: What a training or policy system exports.
OF_SYSTEMS = ("accounts", "completions", "acknowledgements")


def report(paper: Workpaper, console: Console) -> bool:
    """Print the reconciliation; say whether something must be mended."""
    page = _Page(console)
    _files(page, paper)
    bad = [row for row in paper.quarantine if not row.by_rule]
    _alike(page, "Rows that could not be read", [row for row in bad if not row.refused])
    _alike(page, "Decisions that were refused", [row for row in bad if row.refused])
    _findings(page, paper.findings)
    _supporting(page, paper)
    _people(page, paper)
    _headcount(page, paper)
    matters = page.matters
    page.heading(f"{matters:,} {'matter' if matters == 1 else 'matters'} to mend." if matters else "Nothing to mend.")
    return bool(matters)


class _Page:
    """Lines on a terminal, wrapped under their indent; elsewhere one line each, for other programs to search."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.matters = 0
        self.empty = True

    def line(self, text: str, indent: int = 2, state: str = "") -> None:
        """One statement; state is *MEND*, *ok* or *note*."""
        self.matters += state == "MEND"
        words = [Text(f"{state:<4}", STYLES[state])] if state else []
        words.append(Text(visible(text)))
        if self.console.is_terminal:
            grid = Table.grid(padding=(0, 1))
            grid.add_row(*words)
            self.console.print(Padding(grid, (0, 0, 0, indent)))
        else:
            self.console.print(Text(" " * indent) + Text(" ").join(words), soft_wrap=True)

    def heading(self, text: str) -> None:
        """What the lines below are about."""
        self.console.print(Text(text if self.empty else f"\n{text}", "bold"))
        self.empty = False

    def some(self, lines: Sequence[str], indent: int = 7) -> None:
        """The first of a list."""
        for line in lines[:LISTED]:
            self.line(line, indent)
        if len(lines) > LISTED:
            self.line(f"and {len(lines) - LISTED:,} more", indent)


def _supporting(page: _Page, paper: Workpaper) -> None:
    """Whether the files that decisions name as evidence are those that they were when it was recorded."""
    found = list(register.compared(paper.engine, paper.audit.folder))
    if not found:
        return
    page.heading("Files that decisions name as evidence")
    for decision_id, evidence, fault in found:
        if fault:
            said = f"{evidence}, the evidence of decision {decision_id}, is {fault}: what it rests on cannot be shown."
            page.line(f"{said} Put the file back, or withdraw the decision and decide again.", state="MEND")
    whole = sum(not fault for *_, fault in found)
    page.line(f"{whole:,} of {len(found):,} as recorded.", state="ok" if whole == len(found) else "note")


# --- files --------------------------------------------------------------------------------------------------------


def _files(page: _Page, paper: Workpaper) -> None:
    page.heading(count(len(paper.files), "file"))
    reasons: dict[tuple[int, str], Counter[str]] = {}
    for row in paper.quarantine:
        reasons.setdefault((row.source_no, _fate(row)), Counter())[_reason(row)] += 1
    for file in paper.files:
        page.line(f"{file.file} ({file.table})")
        for line in _of_file(file, reasons):
            page.line(line, 4)


def _of_file(file: FileAccount, reasons: dict[tuple[int, str], Counter[str]]) -> Iterator[str]:
    """What became of one file; rows that are wrong, decisions that were refused, and rows set aside by rule apart."""
    parts = [f"{count(file.rows_read, 'row')} read, {file.rows_used:,} used"]
    parts += [_span(file.first_date, file.last_date)] if file.first_date else []
    if ignored := [quoted(name) for name in file.ignored_columns]:
        parts.append(f"{count(len(ignored), 'column')} ignored: {listing(ignored, NAMED)}")
    yield "; ".join(parts)
    for fate in (UNREADABLE, REFUSED, SET_ASIDE):
        if found := reasons.get((file.source_no, fate)):
            counts = ", ".join(f"{number:,} {reason}" for reason, number in found.most_common())
            yield f"{found.total():,} {fate}: {counts if len(found) > 1 else next(iter(found))}"


def _fate(row: Quarantined) -> str:
    """What became of a row that was not used."""
    if row.refused:
        return REFUSED
    return SET_ASIDE if row.by_rule else UNREADABLE


def _reason(row: Quarantined) -> str:
    """The code in words; for a rule of a profile the reason that it states."""
    if row.code == "set_aside":
        return row.message.removeprefix("set aside: ").rstrip(".")
    return row.code.replace("_", " ")


def _alike(page: _Page, heading: str, rows: Iterable[Quarantined]) -> None:
    """All rows of a file with one problem in one column together: the first in full, the others by number."""
    alike: dict[tuple[str, str, str], list[Quarantined]] = {}
    for row in rows:
        alike.setdefault((row.file, row.column, row.code), []).append(row)
    if alike:
        page.heading(heading)
    for (file, column, _), group in alike.items():
        # A message is made of up to three sentences' worth: what, "Effect: …", "Do: …".
        what, *more = re.split(r" (?=Effect: |Do: )", group[0].message)
        page.line(f"{file}, row {group[0].row_no}{column and f', {column}'}: {what}", state="MEND")
        for line in more:
            page.line(line, 7)
        if len(group) > 1:
            page.line(f"{len(group):,} such rows: {listing([row.row_no for row in group], 10)}.", 7)


def _findings(page: _Page, findings: Iterable[Finding]) -> None:
    found = [finding for finding in findings if finding.code != "early_extract"]
    if found:
        page.heading("Findings")
    for finding in sorted(found, key=lambda finding: finding.code not in TO_MEND):
        page.line(finding.text, state="MEND" if finding.code in TO_MEND else "note")


# --- people -------------------------------------------------------------------------------------------------------


def _people(page: _Page, paper: Workpaper) -> None:
    page.heading("People against accounts and records")
    nobody = _verdict(page, paper, NOT_IN_THE_SYSTEM, "people in the population are in no training or policy system")
    unread = {f"{row.file}, row {row.row_no}" for row in paper.quarantine if row.table in OF_SYSTEMS}
    named = {person: place for person, place in paper.rows(NAMED_IN_VAIN) if place in unread} if nobody else {}
    page.some([_joined(row) + _named_in(named.get(row[0])) for row in nobody])
    orphans = _verdict(page, paper, RECORDS_OF_NOBODY, "accounts with records belong to no person")
    if orphans:
        _orphans(page, paper, orphans)
    page.some([_joined(row) for row in _verdict(page, paper, UNREAD, "people have rows that cannot be read")])


def _named_in(place: str | None) -> str:
    """That a file names somebody all the same, in a row that could not be read."""
    return f"; but {place}, which could not be read, is about them" if place else ""


def _orphans(page: _Page, paper: Workpaper, orphans: Sequence[Row]) -> None:
    """Accounts with records and no person, each with those whom it resembles."""
    names: dict[str, str] = dict(paper.rows(NAMES))
    people = [Person(person_id, name or "", email or "") for person_id, name, email in paper.rows(CANDIDATES)]
    shown = [Account(account, names.get(account, "")) for account, *_ in orphans[:LISTED]]
    alike: dict[str, list[Suggestion]] = {}
    for suggestion in suggestions(shown, people):
        alike.setdefault(suggestion.account, []).append(suggestion)
    for account, records, first, last in orphans[:LISTED]:
        page.line(f"{account}: {count(records, 'record')}, {_span(first, last)}", 7)
        for suggestion in alike.get(account, ()):
            page.line(f"resembles {suggestion.whom}: {suggestion.why}", 9)
    if len(orphans) > LISTED:
        page.line(f"and {len(orphans) - LISTED:,} more", 7)
    if alike:
        page.line("A resemblance is no match: nothing is linked unless a decision says so.", 7)


def _verdict(page: _Page, paper: Workpaper, query: str, says: str) -> list[Row]:
    """Print n of N for a check of P1, and return the items concerned."""
    check = _check(paper, query)
    state = "MEND" if check.exceptions else "ok"
    page.line(f"{check.exceptions:,} of {check.tested:,} {says}.", state=state)
    return paper.rows(query) if check.exceptions else []


def _headcount(page: _Page, paper: Workpaper) -> None:
    """Engaged at the start + joined - left = engaged at the end, and whether the exports hold those who left."""
    page.heading("Headcount")
    window, check = paper.window, _check(paper, ROLL_FORWARD)
    opening, joined, left, closing = (
        paper.number(f"SELECT SUM({name}) FROM ({ROLL_FORWARD}) moves")
        for name in ("opening", "joiners", "leavers", "closing")
    )
    ties = (
        "it ties" if not check.exceptions else f"it does not tie for {check.exceptions} of {check.tested} worker types"
    )
    page.line(
        f"{opening:,} engaged before {window.start} + {joined:,} joined - {left:,} left = {closing:,} engaged on "
        f"{window.end}: {ties}.",
        state="MEND" if check.exceptions else "ok",
    )
    ((ended, ever),) = paper.rows(LEAVERS)
    if ever:
        whom = f": {count(ended, 'person', 'people')}" if ended else ", but nobody"
        says = f"The exports hold people who left{whom} whose last day is from {window.start} to {window.end}."
        page.line(says, state="ok" if ended else "note")
    suspicious = any(c.exceptions for c in _population(paper) if c.says.startswith("The people export holds leavers"))
    if not ever or suspicious:
        says = "No export holds anybody who left: it may have been made without leavers; ask for former people too."
        page.line(says, state="MEND" if suspicious else "note")


def _check(paper: Workpaper, query: str) -> Check:
    return next(check for check in _population(paper) if check.listing == query)


def _population(paper: Workpaper) -> tuple[Check, ...]:
    return next(result.checks for result in paper.results if result.procedure.id == "P1")


def _span(first: object, last: object) -> str:
    if first is None:
        return "none with a date"
    return f"{first}" if first == last else f"{first} to {last}"


def _joined(row: Iterable[object]) -> str:
    return ", ".join(str(value) for value in row if value is not None)
