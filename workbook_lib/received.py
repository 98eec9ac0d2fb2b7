"""The files as they were received. One that is read as several tables is one file, and each of its rows counts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbook_lib.tables import FileAccount, Quarantined


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of the rows of one file: rows = used + quarantined, each row counted once.

    readings : the file's accounts, one per table as which it was read.  used : rows that some reading used, and none
    failed at.  by_rule : set aside by a stated rule, and used by no other reading.  refused : decisions that were read
    and may not stand.  unread : rows that could not be read.  left : for each reading, the numbers of the rows that it
    set aside and another one used.
    """

    file: str
    readings: tuple[FileAccount, ...]
    rows: int
    used: int
    by_rule: int
    refused: int
    unread: int
    left: tuple[frozenset[int], ...]

    @property
    def quarantined(self) -> int:
        """Rows that no reading used, and rows that one could not use."""
        return self.by_rule + self.refused + self.unread


def received(files: Sequence[FileAccount], quarantine: Iterable[Quarantined]) -> tuple[Received, ...]:
    """The accounts of all files, readings of the same rows together, in the order of audit.toml.

    A sheet of a workbook, and a list of a JSON file, is counted like a file of its own: its rows are others.
    """
    rejected: dict[int, list[Quarantined]] = defaultdict(list)
    for row in quarantine:
        rejected[row.source_no].append(row)
    groups: dict[tuple[str, str], list[FileAccount]] = {}
    for account in files:
        groups.setdefault((account.file, account.part), []).append(account)
    return tuple(_received(readings, [rejected[file.source_no] for file in readings]) for readings in groups.values())


def _received(readings: list[FileAccount], rejected: list[list[Quarantined]]) -> Received:
    """A row that one reading sets aside is quarantined only where no other reading uses it."""
    aside = [[row.row_no for row in rows if row.by_rule] for rows in rejected]
    failed = {(row.row_no, row.refused) for rows in rejected for row in rows if not row.by_rule}
    places, kept, left = {place for place, _ in failed}, len(aside[0]), [frozenset[int]()]
    refused = sum(row.refused for row in rejected[0])
    unread = sum(not row.by_rule and not row.refused for row in rejected[0])
    if len(readings) > 1:
        unused = set.intersection(*({row.row_no for row in rows} for rows in rejected)) - places
        refused = sum(was_refused for _, was_refused in failed)
        kept, unread = len(unused), len(places) - refused
        left = [frozenset(set(rows) - unused - places) for rows in aside]
    rows = readings[0].rows_read
    return Received(
        file=readings[0].file,
        readings=tuple(readings),
        rows=rows,
        used=rows - kept - refused - unread,
        by_rule=kept,
        refused=refused,
        unread=unread,
        left=tuple(left),
    )
