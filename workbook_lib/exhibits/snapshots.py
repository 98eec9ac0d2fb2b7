"""What an earlier export of the same report still had: history that a training system deleted or overwrote."""

from __future__ import annotations

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, listed, rate
from workbook_lib.exhibits.markup import Stacked
from workbook_lib.procedures.records import LOST
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Records that the page shows; the pack has all.
SHOWN = 60

UNREAD = """
SELECT earlier_file AS file, row_no, column_name AS column, before AS value, record AS about
FROM snapshot_change WHERE fate = 'not compared' ORDER BY source_no, row_no"""


def snapshots(wp: Workpaper) -> Exhibit:
    """Per earlier export what became of its records, then the records that vanished or changed."""
    pairs = [(file, file.earlier) for file in wp.files if file.earlier]
    key, title = "snapshots", "What changed since the earlier export"
    if not pairs:
        says = (
            f"No earlier export is given for any of the {count(len(wp.files), 'file')}, so nothing was compared. "
            "Records that were removed from a system before its export was made cannot be seen in it."
        )
        return Exhibit(key=key, title=title, says=(says,))
    rows = [
        (
            file.source_no,
            Stacked(old.file, old.sha256),
            old.rows_used,
            old.unchanged,
            old.updated,
            old.changed,
            old.vanished,
            old.new,
        )
        for file, old in pairs
    ]
    headings = ("No.", "Earlier export", "Records", "Unchanged", "Moved on", "Changed", "Vanished", "New since")
    told_apart = "; ".join(f"{file.source_no} by {old.matched_by}" for file, old in pairs)
    caption = "Records of each earlier export, looked up in the newer one"
    tables = [Table(frame=framed(rows, headings), caption=caption, note=f"Records are told apart: {told_apart}.")]
    lost = sum(old.vanished + old.changed for _, old in pairs)
    unread = sum(len(old.unread) for _, old in pairs)
    if lost:
        order = "those that say done first"
        caption = "Records that vanished or changed"
        tables.append(listed(wp, LOST, caption, order=order, file="snapshot_changes", at_most=SHOWN))
    if unread:
        caption = "Rows of an earlier export that cannot be read, and were not compared"
        tables.append(
            listed(wp, UNREAD, caption, order="file", file="snapshot_changes", at_most=SHOWN, folded=unread > 10)
        )
    return Exhibit(key=key, title=title, says=_says(wp, lost, unread), tables=tuple(tables))


def _says(wp: Workpaper, lost: int, unread: int) -> tuple[str, ...]:
    earlier = [file.earlier for file in wp.files if file.earlier]
    total, moved = sum(old.rows_used for old in earlier), sum(old.updated for old in earlier)
    fresh = sum(old.new for old in earlier)
    return (
        f"{rate(lost, total)} records of {count(len(earlier), 'earlier export')} have vanished from the newer one or "
        "read differently there. Verdicts rest on the newer exports alone; each such record needs an answer from its "
        "system.",
        f"Expected: {count(fresh, 'record is', 'records are')} new, and "
        f"{count(moved, 'open record was', 'open records were')} completed, as when a training is finished or an "
        "engagement ends." + (f" {count(unread, 'row')} could not be read, so not compared." if unread else ""),
    )
