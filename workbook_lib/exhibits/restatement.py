"""What reads differently than in the older pack that this one replaced, and why."""

from __future__ import annotations

from collections.abc import Sequence

from workbook_lib.exhibits.exhibit import Exhibit, Table, cut_short, framed
from workbook_lib.exhibits.markup import DIGEST, Stacked
from workbook_lib.restatement import Change, Difference, Restatement
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Rows that the page shows of each table; the pack has all.
SHOWN = 60
ABSENT = "not in this one"
TITLE = "Restatement of an older pack"


def restatement(wp: Workpaper) -> Exhibit:
    """The older pack, what is not the same in what the two were made from, and each verdict that reads differently."""
    of = wp.restated
    if not of:
        says = (
            "0 verdicts are restated: where this pack was put there was no other pack of this audit and period. A pack "
            "of the same exports, decisions, rules and versions is the same pack made again."
        )
        return Exhibit(key="restatement", title=TITLE, says=(says,))
    tables = [_changes(of.changes)] if of.changes else []
    for what, heading in (("verdict", "Verdicts"), ("exception", "Exceptions")):
        if found := [difference for difference in of.differences if difference.what == what]:
            tables.append(_differences(found, f"{heading} that read differently"))
    return Exhibit(
        key="restatement",
        title=TITLE,
        banner=_warning(of),
        says=tuple(_says(of)),
        facts=_facts(of),
        tables=tuple(tables),
    )


def _warning(of: Restatement) -> str:
    if of.holds:
        return ""
    return (
        "THE OLDER PACK DOES NOT VERIFY. A file of it was altered, added or taken away after it was sealed, or its "
        "signature is not that of its content. Ask who did so, and for a copy from before."
    )


def _says(of: Restatement) -> list[str]:
    if of.not_compared:
        return [f"0 verdicts of the older pack were compared: {of.not_compared}."]
    counts = of.summary
    others, all_of_them = counts["other_verdicts"], counts["verdicts"]
    return [
        f"{count(others, 'duty has', 'duties have')} another verdict than in the older pack, or "
        f"{'stands' if others == 1 else 'stand'} in one of the two alone; "
        f"{count(all_of_them - others, 'more keeps its verdict and has', 'more keep their verdict and have')} other "
        "days; "
        f"{count(counts['exceptions'], 'exception reads', 'exceptions read')} differently.",
        f"The two packs differ in {count(len(of.changes), 'thing')} from which they were made. The cause of each line "
        "is what is not the same for that person; where nothing of their own is different, what is not the same for "
        "everybody.",
    ]


def _facts(of: Restatement) -> tuple[tuple[str, str, str], ...]:
    if not of.holds:
        return ()
    return (
        ("Older pack made at", of.made_at or "not stated", "as its run.json says"),
        ("Its result digest", of.result_digest or "not stated", "as its bag-info.txt says"),
    )


def _changes(changes: Sequence[Change]) -> Table:
    rows = [
        (Stacked(c.subject, "" if c.subject == c.what else c.what), _cell(c.before), _cell(c.after)) for c in changes
    ]
    return Table(
        frame=framed(rows[:SHOWN], ("What", "Older pack", "This pack")),
        caption="What the two packs were made from, where it is not the same",
        note=cut_short(SHOWN, len(rows), "kind and name", "restatement") if len(rows) > SHOWN else "",
    )


def _cell(text: str) -> object:
    """A digest below its name, where it may break; nothing where the thing was in the other pack alone."""
    return Stacked("SHA-256", text) if DIGEST.fullmatch(text) else text or "none"


def _differences(found: Sequence[Difference], caption: str) -> Table:
    rows = [
        (d.person_id, Stacked(d.requirement_id, d.subject), d.before or ABSENT, d.after or ABSENT, d.cause)
        for d in found[:SHOWN]
    ]
    return Table(
        frame=framed(rows, ("Person", "Requirement", "Older pack", "This pack", "Cause")),
        caption=caption,
        note=cut_short(SHOWN, len(found), "person and requirement", "restatement") if len(found) > SHOWN else "",
        leads="person",
    )
