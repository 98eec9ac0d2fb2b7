"""The format of a column of dates: only what its values prove."""

from __future__ import annotations

import pytest

from workbook_lib.intake.date_formats import Evidence, evidence, is_date, is_no_day, read_by

#: Texts, in the order of their rows from 2; then the formats, why, and the doubts.
COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]] = {
    "nothing": ((), (), "", ()),
    "no dates": (("soon", "1.2", "2025"), (), "", ()),
    "ISO dates": (("2025-03-04",), ("YYYY-MM-DD",), "written as YYYY-MM-DD", ()),
    "ISO in both ways": (
        ("2025-03-04T10:00:00Z", "2025-03-04"),
        ("YYYY-MM-DD", "ISO timestamp"), "written as YYYY-MM-DD or ISO timestamp", (),
    ),
    "milliseconds": (("/Date(1700000000000)/",), ("/Date(ms)/",), "written as /Date(ms)/", ()),
    "day first": (("03/04/2025", "13/04/2025"), ("DD/MM/YYYY",), "'13/04/2025' in row 3 shows the day first", ()),
    "month first": (("04.13.2025", "4.3.2025"), ("M.D.YYYY",), "'04.13.2025' in row 2 shows the month first", ()),
    "two shapes that prove two orders": (
        ("13/02/2025", "02/14/2025 10:00"), ("DD/MM/YYYY", "MM/DD/YYYY hh:mm"),
        "'13/02/2025' in row 2 shows the day first; '02/14/2025 10:00' in row 3 shows the month first",
        ("'13/02/2025' in row 2 shows the day first, and '02/14/2025 10:00' in row 3 shows the month first",),
    ),
    "two shapes of one order": (
        ("2025/02/13", "13/02/2025", "14/02/2025 10:00"), ("YYYY/MM/DD", "DD/MM/YYYY", "DD/MM/YYYY hh:mm"),
        "'2025/02/13' in row 2 shows the year first; '13/02/2025' in row 3 shows the day first; "
        "'14/02/2025 10:00' in row 4 shows the day first", (),
    ),
    "a part of two digits": (("1/13/2025",), ("M/DD/YYYY",), "'1/13/2025' in row 2 shows the month first", ()),
    "twelve proves nothing": (
        ("12/12/2025",), (), "", ("'12/12/2025' in row 2 can be DD/MM/YYYY or MM/DD/YYYY, and no value shows which",),
    ),
    "contradiction": (
        ("13/04/2025", "04/13/2025"), (), "", ("'13/04/2025' in row 2 shows the day first, '04/13/2025' in row 3 the month",),
    ),
    "year first": (("2025/03/04", "2025/3/14"), ("YYYY/M/DD",), "'2025/03/04' in row 2 shows the year first", ()),
    "day or year of two digits": (
        ("13.04.25",), (), "", ("'13.04.25' in row 2 can begin with the day or with a year of two digits",),
    ),
    "month, then a year of two digits": (("04/13/25",), ("MM/DD/YY",), "'04/13/25' in row 2 shows the month first", ()),
    "a clock of twelve hours": (
        ("1/13/2025 9:05 PM", "1/14/2025 12:05 AM"),
        ("M/DD/YYYY h:mm AM",), "'1/13/2025 9:05 PM' in row 2 shows the month first", (),
    ),
    "a clock with seconds": (
        ("13.01.2025, 09:05:59",), ("DD.MM.YYYY, hh:mm:ss",), "'13.01.2025, 09:05:59' in row 2 shows the day first", (),
    ),
    "two shapes": (
        ("13/04/2025", "13-04-2025", "2025-01-01"),
        ("YYYY-MM-DD", "DD/MM/YYYY", "DD-MM-YYYY"),
        "written as YYYY-MM-DD; '13/04/2025' in row 2 shows the day first; '13-04-2025' in row 3 shows the day first", (),
    ),
    "words among dates": (
        ("31/12/2025 soon", "soon", "13/04/2025"), ("DD/MM/YYYY",), "'13/04/2025' in row 4 shows the day first", (),
    ),
    "the month by its name": (
        ("10-MAR-2024", "5-Mar-2024"), ("DD-MMM-YYYY", "D-MMM-YYYY"), "written as DD-MMM-YYYY or D-MMM-YYYY", (),
    ),
    "a weekday and a clock beside it": (
        ("Sunday, 10 March 2024, 10:00 PM",),
        ("dddd, DD MMMM YYYY, h:mm AM",), "written as dddd, DD MMMM YYYY, h:mm AM", (),
    ),
    "the name before the day": (("Mar 5, 2024 13:05",), ("MMM D, YYYY hh:mm",), "written as MMM D, YYYY hh:mm", ()),
    "no such day, no such month": (("31 Feb 2024", "1 Foo 2024", "Awareness, 2024"), (), "", ()),
    "years of one or three digits": (("13/04/5", "13/04/205", "205/04/13", "2025/04/2025"), (), "", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_what_the_values_of_a_column_prove(name: str) -> None:
    texts, formats, why, doubts = COLUMNS[name]
    assert evidence({text: row_no for row_no, text in enumerate(texts, 2)}) == Evidence(formats, why, doubts)


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("2025-03-04", True), ("2025-03-04T10:00:00Z", True), ("/Date(1700000000000)/", True), ("31/12/2025", True),
        ("99.99.99", True), ("1/2-2025", False), ("31/12/2025 soon", False), ("2025", False), ("", False),
        ("1.0.2", False), ("13/04/205", False), ("2025/04/2025", False),
    ],
)  # fmt: skip
def test_what_has_the_shape_of_a_date(text: str, shaped: bool) -> None:
    assert is_date(text) is shaped


def test_how_many_texts_a_format_reads() -> None:
    texts = ("13/04/2025", "04/13/2025", "2025-01-01", "never")
    assert read_by(["DD/MM/YYYY"], texts) == 1
    assert read_by(["DD/MM/YYYY", "YYYY-MM-DD"], texts) == 2
    assert read_by(["DD/MM/YYYY"], texts, none=["Never"]) == 2


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("31.02.2024", "DD.MM.YYYY", True), ("29.02.2024", "DD.MM.YYYY", False), ("29.02.2023", "DD.MM.YYYY", True),
        ("00.02.2024", "DD.MM.YYYY", True), ("31.13.2024", "DD.MM.YYYY", False), ("31.2.2024", "DD.MM.YYYY", False),
        ("31.2.2024", "D.M.YYYY", True), ("Feb 31, 2024", "MMM D, YYYY", True), ("2025-02-30", "YYYY-MM-DD", True),
        ("2025-02-30T10:00:00Z", "ISO timestamp", True), ("2025-02-20T24:00:00Z", "ISO timestamp", False),
        ("31.02.2024 10:00", "DD.MM.YYYY hh:mm", True), ("31.02.2024 soon", "DD.MM.YYYY", False),
        ("1700000000", "epoch seconds", False), ("/Date(x)/", "/Date(ms)/", False),
    ],
)  # fmt: skip
def test_a_month_without_such_a_day(text: str, name: str, expected: bool) -> None:
    assert is_no_day(text, name) is expected
