"""Wide reports: a pair of columns per item (its state, and when) becomes one row per item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbook_lib.intake.files import BadFileError, Opened, RawRow, Rows
from workbook_lib.intake.profile import Pairs


def pair_starts(header: Sequence[str], pairs: Pairs) -> list[int]:
    """Where in the header each pair begins; empty where it has none.

    >>> pair_starts(["Name", "Quiz", "Quiz - Date", "Group"], Pairs(second="{item} - Date"))
    [1]
    """
    if pairs.fixed is not None:
        return list(range(pairs.fixed, len(header), 2))
    names = [name.strip() for name in header]
    starts, at = [], 0
    while at + 1 < len(names):
        if names[at] and pairs.is_second(names[at + 1], names[at]):
            starts.append(at)
            at += 1
        at += 1
    return starts


def unpivoted(opened: Opened, pairs: Pairs) -> Opened:
    """A report with a pair of columns per item as one row per item; every other column is in each of these rows.

    Raises BadFileError where what comes after the fixed columns are no pairs, and where two items have one name.
    """
    header, inner = opened.header, opened.rows
    if pairs.fixed is not None and (len(header) - pairs.fixed) % 2:
        raise BadFileError(
            f"after its {pairs.fixed} fixed columns come {len(header) - pairs.fixed}, which are no pairs of state and "
            "date.",
            "correct pairs.fixed in the profile.",
            place="header",
            code="odd_pairs",
        )
    starts = pair_starts(header, pairs)
    items = Counter(header[start].strip() for start in starts)
    if twice := [item for item, times in items.items() if times > 1]:
        raise BadFileError(
            f"two of its items are called '{twice[0]}', so nobody can tell which of them was completed.",
            "give one of them another name in the source system, and export again.",
            place="header",
            code="duplicate_header",
        )
    paired = {at for start in starts for at in (start, start + 1)}
    single = [at for at in range(len(header)) if at not in paired]

    def rows() -> Rows:
        for row_no, cells, fault in inner:
            kept = [cells[at] if at < len(cells) else "" for at in single]
            if fault is not None or not any(map(str.strip, cells)):
                yield RawRow(row_no, [*kept, "", "", ""], fault)
                continue
            for start in starts:
                yield RawRow(row_no, [*kept, header[start], cells[start], cells[start + 1]], None)

    opened.header, opened.rows = (*(header[at] for at in single), pairs.item, pairs.state, pairs.date), rows()
    opened.lines, opened.types = None, ()
    return opened
