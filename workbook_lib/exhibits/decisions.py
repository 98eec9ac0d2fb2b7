"""What analysts decided: who, when, about whom, why, and what was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbook_lib.exhibits.exhibit import Exhibit, Table, cut_short, framed, were
from workbook_lib.exhibits.markup import Stacked
from workbook_lib.register import COPY, FILE
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Rows of the listing; all of them stand in the pack.
SHOWN = 60

#: Decisions in force first, each part in the order of its recording.
DECIDED = """
SELECT kind, person_id, account, requirement_id, due_on, approved_on, new_due_on, reason_code, reason, evidence,
       evidence_sha256, decided_by, approved_by, recorded_at, decision_id, withdrawn, withdraws
FROM decision ORDER BY withdrawn, source_no, row_no"""

HEADINGS = ("Decision", "About", "Days", "Reason", "Evidence", "Decided by", "Approved by", "Recorded")


def decisions(wp: Workpaper) -> Exhibit:
    """Every decision of the register and of files, withdrawn ones as history, and where the register ends."""
    found = wp.engine.dicts(f"{DECIDED} LIMIT {SHOWN}")
    total = wp.engine.count("decision")
    taken_back = wp.number("SELECT SUM(withdrawn) FROM decision")
    turned_down = sum(one.refused for one in wp.received)
    refused = f"; {turned_down:,} more {were(turned_down)} refused (Quarantine)" if turned_down else ""
    register = next((file for file in wp.files if file.file in (FILE, COPY)), None)
    head = (
        f"The register has {count(register.rows_read, 'entry', 'entries')}, each chained to the one before; "
        f"{register.parameters}. Whoever has a later pack compares that line."
        if register
        else "There is no register of decisions in the audit folder; all of them come from files."
        if total
        else "There is no register of decisions in the audit folder, and no file of them either."
    )
    table = Table(
        frame=framed([_row(one) for one in found], HEADINGS),
        caption="Decisions, those in force first",
        note=cut_short(SHOWN, total, "force and recording", "decisions") if total > SHOWN else "",
        folded=len(found) > 20,
    )
    return Exhibit(
        key="decisions",
        title="Decisions",
        says=(
            f"{count(total, 'decision was', 'decisions were')} recorded; {taken_back:,} of them "
            f"{'was' if taken_back == 1 else 'were'} withdrawn later and {'has' if taken_back == 1 else 'have'} no "
            f"effect{refused}.",
            head,
        ),
        tables=(table,) if found else (),
    )


def _row(one: dict[str, Any]) -> Sequence[object]:
    about = [one[name] for name in ("person_id", "account", "requirement_id", "withdraws") if one[name]]
    days = [f"{says} {one[name]}" for name, says in _DAYS.items() if one[name]]
    kind = f"{one['kind']}, withdrawn" if one["withdrawn"] else one["kind"]
    return (
        Stacked(kind, one["decision_id"]),
        ", ".join(about),
        ", ".join(days),
        ": ".join(filter(None, (one["reason_code"], one["reason"]))),
        Stacked(one["evidence"] or "", one["evidence_sha256"] or ""),
        one["decided_by"],
        one["approved_by"],
        one["recorded_at"] or "in a file",
    )


_DAYS = {"due_on": "due", "approved_on": "approved", "new_due_on": "new due day"}
