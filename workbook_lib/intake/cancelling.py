"""Rows that take back another row, as a voided xAPI statement does: neither of the two is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple
from unicodedata import normalize

from workbook_lib.intake.files import Opened
from workbook_lib.intake.profile import Cancels
from workbook_lib.intake.values import BadValueError, fold, quoted
from workbook_lib.tables import count

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class By(NamedTuple):
    """A row that takes back a record: its own name, where it has one, and where it stands."""

    own: str
    file: str
    row_no: int

    def __str__(self) -> str:
        place = f"{self.file}, row {self.row_no}"
        return f"{quoted(self.own)} ({place})" if self.own else place


@dataclass(slots=True)
class Cancelling:
    """Which records of one file are taken back, and by which row.

    where, names, record : the places of the rule's columns.  taken_back : record → the row that takes it back; other
    files of the profile add theirs (`share`).  met : the records among these that some file holds.
    """

    words: frozenset[str]
    where: int
    names: int | None
    record: int | None
    taken_back: dict[str, By] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    @property
    def places(self) -> set[int]:
        """The places of the columns that the rule reads."""
        return {place for place in (self.where, self.names, self.record) if place is not None}

    def set_aside(self, cells: Sequence[str]) -> tuple[int, str] | None:
        """The cell and the reason for which a row is not used: it takes another back, or is taken back itself.

        Raises BadValueError where a row that takes another back does not say which.
        """
        own = self._text(cells, self.record)
        if own in self.taken_back:
            self.met.add(own)
        if self._takes_back(cells):
            named = self._text(cells, self.names)
            if not named:
                raise BadValueError("missing_value", "it takes back a record and does not say which")
            return self.where, f"it is no record, but takes back the record {quoted(named)}"
        if self.record is None:
            return None
        by = self.taken_back.get(own)
        return None if by is None else (self.record, f"it is taken back by {by}")

    def note(self, row_no: int, cells: Sequence[str], file: str) -> None:
        """Remember what this row takes back, if it does."""
        named = self._text(cells, self.names)
        if self._takes_back(cells) and named:
            self.taken_back.setdefault(named, By(self._text(cells, self.record), file, row_no))

    def in_vain(self, file: str) -> str:
        """What rows of this file take back in vain, for no file holds it, in words; empty where that is nothing."""
        found = [(by.row_no, record) for record, by in self.taken_back.items() if by.file == file]
        missed = [one for one in found if one[1] not in self.met]
        if not missed:
            return ""
        row_no, record = missed[0]
        return (
            f"rows take back {count(len(missed), 'record')} that no file of this profile holds, for example row "
            f"{row_no} the record {quoted(record)}. Effect: nothing is taken back by them. Do: see whether the export "
            "leaves out records, and whether names and record of [layout.cancels] stand for one and the same id."
        )

    def _takes_back(self, cells: Sequence[str]) -> bool:
        return fold(cells[self.where]) in self.words

    def _text(self, cells: Sequence[str], place: int | None) -> str:
        """The text of an id: as everywhere, its case matters, and blanks around it do not.

        A UUID, as xAPI has them, is the same one in any case (RFC 9562).
        """
        found = "" if place is None else normalize("NFC", cells[place]).strip()
        return found.lower() if _UUID.fullmatch(found) else found


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
    every, met = dict[str, By](), set[str]()
    for one in found:
        for record, by in one.taken_back.items():
            every.setdefault(record, by)
        one.taken_back, one.met = every, met
