"""In which format the dates of a column are written: told by the values that fit only one, never by the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workbook_lib.intake.values import (
    DATE_MILLISECONDS,
    ISO_DATE,
    ISO_TIMESTAMP,
    BadValueError,
    MomentParser,
    date_format,
    quoted,
)

_DATE = re.compile(
    r"(?P<first>[0-9]{1,4})(?P<mark>[./-])(?P<second>[0-9]{1,2})(?P=mark)(?P<third>[0-9]{1,4})"
    r"(?:(?P<gap>T|,? )(?P<hour>[0-9]{1,2}):[0-9]{2}(?P<seconds>:[0-9]{2})?(?P<half> ?(?:AM|PM))?)?"
)
_UTC = ZoneInfo("UTC")
_NAMED = (ISO_DATE, ISO_TIMESTAMP, DATE_MILLISECONDS)
_PARSERS = {name: MomentParser((name,), _UTC, _UTC) for name in _NAMED}
_MAY_BE_NAMED = re.compile(r"[0-9]{4}-|/Date\(")
#: With the name of the month; nobody can take the day for it.
_WORDED = re.compile(
    r"(?P<weekday>[A-Za-z]{3,9}, )?"
    r"(?:(?P<day>[0-9]{1,2})(?P<mark>[ -])(?P<month>[A-Za-z]{3,9})(?P=mark)|"
    r"(?P<month_1>[A-Za-z]{3,9}) (?P<day_2>[0-9]{1,2}), )"
    r"[0-9]{4}(?:(?P<gap>,? )(?P<hour>[0-9]{1,2}):[0-9]{2}(?P<seconds>:[0-9]{2})?(?P<half> ?(?:AM|PM))?)?"
)
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the texts of a column say about their format.

    formats : those that read them, each proven.  why : by which values.
    doubts : sentences about texts that are dates in two formats, or contradict each other.
    """

    formats: tuple[str, ...] = ()
    why: str = ""
    doubts: tuple[str, ...] = ()


class _Shape(NamedTuple):
    """Texts of one shape are written in one format."""

    mark: str
    year_digits: int
    year_first: bool
    gap: str
    seconds: bool
    half: str


def evidence(texts: Mapping[str, int]) -> Evidence:
    """The formats of a column's texts, each text with the row in which it stands first.

    >>> evidence({"03/04/2025": 2, "13/04/2025": 7})
    Evidence(formats=('DD/MM/YYYY',), why="'13/04/2025' in row 7 shows the day first", doubts=())
    >>> evidence({"03/04/2025": 2}).doubts
    ("'03/04/2025' in row 2 can be DD/MM/YYYY or MM/DD/YYYY, and no value shows which",)
    """
    known = {text: _named(text) for text in texts}
    told = dict.fromkeys(name for name in known.values() if name)
    formats = [*(name for name in _NAMED if name in told), *(name for name in told if name not in _NAMED)]
    whys, doubts = [f"written as {' or '.join(formats)}"] if formats else [], list[str]()
    orders: dict[bool, str] = {}  # day first, or the month → what shows it
    for shape, group in _grouped({text: row_no for text, row_no in texts.items() if known[text] is None}).items():
        found = _of_shape(shape, group)
        formats += found.formats
        whys += [found.why] if found.formats else []
        doubts += found.doubts
        if found.formats and not shape.year_first:
            orders.setdefault(found.formats[0].index("D") < found.formats[0].index("M"), found.why)
    if len(orders) > 1:
        doubts.append(f"{orders[True]}, and {orders[False]}")
    return Evidence(tuple(formats), "; ".join(whys), tuple(doubts))


def read_by(formats: Iterable[str], texts: Iterable[str], none: Iterable[str] = ()) -> int:
    """How many of the texts are dates (or declared words for none) in these formats."""
    parse = MomentParser(tuple(formats), _UTC, _UTC, none=none)
    return sum(_reads(parse, text) for text in texts)


def is_date(text: str) -> bool:
    """Whether a text has the shape of a date in some format."""
    return _named(text) is not None or _shape(text) is not None


def is_no_day(text: str, name: str) -> bool:
    """Whether a text is written in a format, but its month has no such day.

    >>> is_no_day("31.02.2024", "DD.MM.YYYY"), is_no_day("2025-02-30", "YYYY-MM-DD"), is_no_day("soon", "YYYY-MM-DD")
    (True, True, False)
    """
    try:
        match = date_format(ISO_DATE if name == ISO_TIMESTAMP else name).match(text)
    except ValueError:  # a count of seconds has no day
        return False
    if match is None:
        return False
    another = f"{text[: match.start('day')]}11{text[match.end('day') :]}"
    return _reads(_parser(name), another) and not _reads(_parser(name), text)


def _reads(parse: MomentParser, text: str) -> bool:
    try:
        parse(text)
    except BadValueError:
        return False
    return True


def _named(text: str) -> str | None:
    if _MAY_BE_NAMED.match(text):
        return next((name for name, parse in _PARSERS.items() if _reads(parse, text)), None)
    worded = _WORDED.fullmatch(text)
    name = _worded(worded) if worded else ""
    return name if name and _reads(_parser(name), text) else None


def _worded(match: re.Match[str]) -> str:
    """The format of a date with the name of its month."""
    day = "D" * len(match["day"] or match["day_2"])
    month = _name("M", match["month"] or match["month_1"])
    date = f"{day}{match['mark']}{month}{match['mark']}YYYY" if match["day"] else f"{month} {day}, YYYY"
    weekday = f"{_name('d', match['weekday'][:-2])}, " if match["weekday"] else ""
    if not match["hour"]:
        return weekday + date
    half = "" if match["half"] is None else match["half"].replace("PM", "AM")
    hour = "h" if half else "h" * len(match["hour"])
    return f"{weekday}{date}{match['gap']}{hour}:mm{':ss' if match['seconds'] else ''}{half}"


def _name(letter: str, word: str) -> str:
    """The part of a format for a name: cut to three letters, or whole."""
    return letter * (3 if len(word) == 3 else 4)


@lru_cache(maxsize=64)
def _parser(name: str) -> MomentParser:
    return MomentParser((name,), _UTC, _UTC)


def _grouped(texts: Mapping[str, int]) -> dict[_Shape, dict[str, int]]:
    groups: dict[_Shape, dict[str, int]] = {}
    for text, row_no in texts.items():
        if shape := _shape(text):
            groups.setdefault(shape, {})[text] = row_no
    return groups


def _shape(text: str) -> _Shape | None:
    """The shape of a date; none for what has no year, such as the number of a version."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year_first = len(match["first"]) == 4
    year, other = (match["first"], match["third"]) if year_first else (match["third"], match["first"])
    if len(year) not in (2, 4) or len(other) > 2:
        return None
    half = re.sub("[AP]M", "AM", match["half"] or "")
    return _Shape(match["mark"], len(year), year_first, match["gap"] or "", bool(match["seconds"]), half)


def _of_shape(shape: _Shape, texts: dict[str, int]) -> Evidence:
    """Which of the two numbers beside the year is the day: one that is greater than 12."""
    parts = {text: _DATE.fullmatch(text) for text in texts}
    fields = ("second", "third") if shape.year_first else ("first", "second")
    numbers = {text: tuple(match[field] for field in fields) for text, match in parts.items() if match}
    hours = [match["hour"] for match in parts.values() if match and match["hour"]]
    shows = [next((text for text, pair in numbers.items() if int(pair[n]) > _MONTHS), None) for n in (0, 1)]
    day_first, month_first = (_format(shape, numbers.values(), hours, day_first=first) for first in (True, False))
    if shape.year_first:
        # Nobody writes the day between the year and the month.
        return Evidence((month_first,), f"{_place(next(iter(texts)), texts)} shows the year first")
    if shows[0] and shows[1]:
        first, second = (_place(text, texts) for text in shows if text)
        return Evidence(doubts=(f"{first} shows the day first, {second} the month",))
    if shows[0] and shape.year_digits == 2:
        # A two-digit year may stand first as well.
        return Evidence(doubts=(f"{_place(shows[0], texts)} can begin with the day or with a year of two digits",))
    if shows[0] or shows[1]:
        order = "day" if shows[0] else "month"
        shown = _place(shows[0] or shows[1] or "", texts)
        return Evidence((day_first if shows[0] else month_first,), f"{shown} shows the {order} first")
    example = _place(next(iter(texts)), texts)
    return Evidence(doubts=(f"{example} can be {day_first} or {month_first}, and no value shows which",))


def _place(text: str, texts: Mapping[str, int]) -> str:
    return f"{quoted(text)} in row {texts[text]}"


def _format(shape: _Shape, numbers: Iterable[tuple[str, ...]], hours: list[str], *, day_first: bool) -> str:
    """The format of texts of one shape; a part has two letters where every text has two digits there."""
    widths = [all(len(pair[n]) == 2 for pair in numbers) for n in (0, 1)]
    letters = ("D", "M") if day_first else ("M", "D")
    pair = [letter * (1 + wide) for letter, wide in zip(letters, widths, strict=True)]
    year = "Y" * shape.year_digits
    day = shape.mark.join([year, *pair] if shape.year_first else [*pair, year])
    if not hours:
        return day
    hour = "hh" if all(len(given) == 2 for given in hours) else "h"
    clock = f"{hour}:mm{':ss' if shape.seconds else ''}"
    return f"{day}{shape.gap}{clock}{shape.half}"
