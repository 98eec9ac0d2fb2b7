"""Rows that take back another row, as a voided xAPI statement does: neither of the two is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from workbook_lib.intake.files import Opened
from workbook_lib.intake.profile import Cancels
from workbook_lib.intake.values import BadValueError, fold, quoted


@dataclass(slots=True)
class Cancelling:
    """Which records of one file are taken back, and by which row.

    where, names, record : the places of the rule's columns.  taken_back : record → the row that takes it back, in
    words; other files of the profile add theirs (`shared`).
    """

    words: frozenset[str]
    where: int
    names: int | None
    record: int | None
    taken_back: dict[str, str] = field(default_factory=dict)

    @property
    def places(self) -> set[int]:
        """The places of the columns that the rule reads."""
        return {place for place in (self.where, self.names, self.record) if place is not None}

    def set_aside(self, cells: Sequence[str]) -> tuple[int, str] | None:
        """The cell and the reason for which a row is not used: it takes another back, or is taken back itself.

        Raises BadValueError where a row that takes another back does not say which.
        """
        if self._takes_back(cells):
            named = self._text(cells, self.names)
            if not named:
                raise BadValueError("missing_value", "it takes back a record and does not say which")
            return self.where, f"it is no record, but takes back the record {quoted(named)}"
        if self.record is None:
            return None
        by = self.taken_back.get(fold(cells[self.record]))
        return None if by is None else (self.record, f"it is taken back by {by}")

    def note(self, row_no: int, cells: Sequence[str], file: str) -> None:
        """Remember what this row takes back, if it does."""
        named = self._text(cells, self.names)
        if self._takes_back(cells) and named:
            own = self._text(cells, self.record)
            says = f"{quoted(own)} ({file}, row {row_no})" if own else f"{file}, row {row_no}"
            self.taken_back.setdefault(fold(named), says)

    def _takes_back(self, cells: Sequence[str]) -> bool:
        return fold(cells[self.where]) in self.words

    def _text(self, cells: Sequence[str], place: int | None) -> str:
        return "" if place is None else cells[place].strip()


def cancelling(
    rule: Cancels, at: Callable[[str], int | None], reopened: Callable[[], Opened], file: str
) -> Cancelling | None:
    """What a first pass over a file finds: a row may well stand above the one that takes it back.

    at : the place of a header.  reopened : the file, opened once more.
    """
    where = at(rule.where)
    if where is None:
        return None
    found = Cancelling(frozenset(map(fold, rule.equals)), where, at(rule.names), at(rule.record))
    with closing(reopened().rows) as rows:
        for row_no, cells, fault in rows:
            if fault is None:
                found.note(row_no, cells, file)
    return found


def share(found: Iterable[Cancelling]) -> None:
    """Files of one report, one a day, say: a row may take back a record of another file."""
    every: dict[str, str] = {}
    for one in found:
        for record, by in one.taken_back.items():
            every.setdefault(record, by)
        one.taken_back = every
