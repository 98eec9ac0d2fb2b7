"""Rows of the files: each counted once, however many tables a file is read as."""

from __future__ import annotations

from dataclasses import replace

import pytest
from folders import make, plus
from test_northwind import NORTHWIND

from workbook_lib.audit import load_audit
from workbook_lib.listings import summary
from workbook_lib.received import received
from workbook_lib.tables import Quarantined
from workbook_lib.workpaper import Workpaper, perform


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workpaper:
    return perform(load_audit(make(tmp_path_factory.mktemp("sound") / "audit")))


def rejected(paper: Workpaper, row_no: int, source_no: int = 1, **how: bool) -> Quarantined:
    file = paper.files[source_no - 1]
    words = {"table": file.table, "file": file.file, "code": "x", "message": "x."}
    words |= dict.fromkeys(("column", "value", "subject", "raw"), "")
    return Quarantined(source_no=source_no, row_no=row_no, **words, **how)


def twice(paper: Workpaper, *rows: Quarantined, part: str = "") -> tuple[int, ...]:
    """The first file read twice, with these rows rejected: rows, used, by rule, refused, unread, left, left."""
    first = replace(paper.files[0], rows_read=10, part=part)
    second = replace(paper.files[1], file=first.file, rows_read=10)
    one, *others = received((first, second), rows)
    assert len(others) == bool(part)
    return (one.rows, one.used, one.by_rule, one.refused, one.unread, *map(len, one.left))


class TestAFileReadTwice:
    def test_counts_a_row_once_where_both_readings_use_it(self, sound: Workpaper) -> None:
        assert twice(sound) == (10, 10, 0, 0, 0, 0, 0)

    def test_leaves_a_row_to_the_other_reading(self, sound: Workpaper) -> None:
        rows = [rejected(sound, 2, by_rule=True), rejected(sound, 3, by_rule=True), rejected(sound, 4, 2, by_rule=True)]
        assert twice(sound, *rows) == (10, 10, 0, 0, 0, 2, 1)

    def test_quarantines_what_neither_reading_uses(self, sound: Workpaper) -> None:
        both = [rejected(sound, 2, by_rule=True), rejected(sound, 2, 2, by_rule=True)]
        assert twice(sound, *both, rejected(sound, 3, by_rule=True)) == (10, 9, 1, 0, 0, 1, 0)

    def test_quarantines_what_one_reading_cannot_read_though_the_other_uses_it(self, sound: Workpaper) -> None:
        assert twice(sound, rejected(sound, 2)) == (10, 9, 0, 0, 1, 0, 0)
        assert twice(sound, rejected(sound, 2), rejected(sound, 2, 2, by_rule=True)) == (10, 9, 0, 0, 1, 0, 0)

    def test_counts_two_sheets_apart(self, sound: Workpaper) -> None:
        assert twice(sound, rejected(sound, 2, by_rule=True), part="Leavers") == (10, 9, 1, 0, 0, 0)


def test_each_row_is_used_or_quarantined(tmp_path):
    changes = plus("completions", "ada@acme.example,SEC-101,31/02/2025,completed,,30")
    changes |= {"decisions": "decision_id,kind,decided_by,person_id,account,reason\nD1,link,E1,E1,kiosk,mine\n"}
    paper = perform(load_audit(make(tmp_path, changes)))
    assert all(one.rows == one.used + one.quarantined for one in paper.received)
    assert {one.file: (one.unread, one.refused) for one in paper.received if one.quarantined} == {
        "completions.csv": (1, 0),
        "decisions.csv": (0, 1),
    }


def test_the_sample_company_has_fifteen_files_in_sixteen_readings():
    assert summary(perform(load_audit(NORTHWIND), "2025"))["rows"] == {
        "files": 15,
        "readings": 16,
        "read": 847,
        "used": 844,
        "quarantined": 3,
        "set_aside_by_rule": 0,
        "unreadable": 2,
        "refused": 1,
    }
