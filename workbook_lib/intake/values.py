"""Text → value: small pure parsers, one declared format at a time, nothing guessed.

A parser gives the values that the engine stores (one, or two for a timestamp and for an account) or raises
BadValueError. Every parser of a date is strict: ASCII digits only, and what was parsed prints as the same text again.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from workbook_lib.tables import LONG_AGO, NO_END, address_of, folded

#: What a cell of a spreadsheet can hold.
LONGEST = 32_767
ISO_DATE = "YYYY-MM-DD"
ISO_TIMESTAMP = "ISO timestamp"
EPOCH_SECONDS = "epoch seconds"
EPOCH_MILLISECONDS = "epoch milliseconds"
DATE_MILLISECONDS = "/Date(ms)/"

T = TypeVar("T")
#: The day, and the moment on that day in the audit's time zone (None for a bare date).
Moment = tuple[date, datetime | None]
Parser = Callable[[str], T]


class BadValueError(Exception):
    """A text is not the value that its column needs. `code` is a short stable name, the message what was expected."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# --- text ---------------------------------------------------------------------------------------------------------


def text(given: str) -> str | None:
    """Any text: trimmed, in Unicode's composed form (never NFKC, which makes other letters of some); empty is None.

    >>> text(" Jose\u0301 ") == "José"
    True
    """
    found = (given if given.isascii() else unicodedata.normalize("NFC", given)).strip()
    if len(found) > LONGEST:
        raise BadValueError("cell_too_long", f"it holds {len(found):,} characters, and a cell has at most {LONGEST:,}")
    if "\0" in found:
        raise BadValueError("nul_character", "it holds a NUL character")
    return found or None


def identifier(given: str) -> str | None:
    """The text of an id: refused where it holds characters that nobody can see, for two such ids look the same.

    >>> identifier(" 00123 ")
    '00123'
    >>> identifier("E1\u200b")
    Traceback (most recent call last):
    workbook_lib.intake.values.BadValueError: 'E1' holds an invisible character (U+200B at place 3); an id has none
    """
    found = text(given)
    if found is not None and not found.isprintable():
        refuse_invisible(found)
    return found


def refuse_invisible(found: str) -> None:
    """Raise BadValueError at the first control or formatting character; other blanks inside are allowed."""
    for place, character in enumerate(found, 1):
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
            seen = "".join(c for c in found if c.isprintable())
            raise BadValueError(
                "invisible_character",
                f"'{seen}' holds an invisible character (U+{ord(character):04X} at place {place}); an id has none",
            )


def email(given: str) -> str | None:
    """An e-mail address, case-folded."""
    found = identifier(given)
    return None if found is None else folded(found)


def account(given: str) -> tuple[str | None, str | None]:
    """The account as it stands, and its case-folded copy where it is an e-mail address.

    >>> account("Ava@Example.com"), account("417")
    (('Ava@Example.com', 'ava@example.com'), ('417', None))
    """
    found = identifier(given)
    return found, address_of(found)


# --- numbers, flags, words ----------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?")
_AMOUNT = r"([0-9]{1,15}(?:\.[0-9]{1,30})?)"
_DURATION = re.compile(
    rf"P(?:0+Y)?(?:0+M)?(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?(?:T(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?"
)
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def number(given: str, divide_by: float = 1.0, suffix: str = "") -> float | None:
    """A plain decimal number; a suffix such as "%" only where the profile declares it. A share of 0.95 is 95 percent.

    >>> number("497", divide_by=60), number("0.95", divide_by=0.01)
    (8.283333333333333, 95.0)
    """
    found = given.strip()
    if not found:
        return None
    plain = found.removesuffix(suffix).rstrip() if suffix else found
    if not _NUMBER.fullmatch(plain):
        raise BadValueError("not_a_number", f"{quoted(given)} is not a plain decimal number, for example 85 or 72.5")
    return float(Decimal(plain) / Decimal(str(divide_by)))


def minutes(given: str) -> float | None:
    """An ISO 8601 duration in minutes; months and years have no exact length and are refused.

    >>> minutes("PT1H30M"), minutes("PT1234S")
    (90.0, 20.566666666666666)
    """
    found = given.strip()
    if not found:
        return None
    match = _DURATION.fullmatch(found)
    if match is None or not any(match.groups()):
        raise BadValueError("not_a_duration", f"{quoted(given)} is not a duration such as PT1H30M")
    parts = zip(match.groups("0"), (604_800, 86_400, 3_600, 60, 1), strict=True)
    return float(sum(Decimal(part) * seconds for part, seconds in parts) / Decimal(60))


def flag(given: str) -> bool | None:
    """true, false, yes, no, 1 or 0, in any case."""
    found = given.strip().casefold()
    if not found:
        return None
    if found not in FLAGS:
        raise BadValueError("not_a_flag", f"{quoted(given)} is neither true nor false; expected {known(FLAGS)}")
    return FLAGS[found]


def folded_words(words: Mapping[str, T]) -> dict[str, T]:
    """The words of a closed vocabulary, as they are compared."""
    return {fold(word): meaning for word, meaning in words.items()}


def word(given: str, words: Mapping[str, T]) -> T | None:
    """What a word of a closed vocabulary means, by an exact table (never by its beginning); unknown is refused.

    >>> word(" Passed ", {"passed": "passed"})
    'passed'
    """
    found = fold(given)
    if found in words:
        return words[found]
    if not found:
        return None
    raise BadValueError("unknown_word", f"{quoted(given)} is not a known word; known: {known(words)}")


def fold(given: str) -> str:
    """A text as words are compared: composed, blanks collapsed, without regard to case."""
    return " ".join(unicodedata.normalize("NFC", given).casefold().split())


# --- dates --------------------------------------------------------------------------------------------------------

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _words(*words: str) -> str:
    return f"(?i:{'|'.join(words)})"


#: Parts of a date format: how each is written, and which field it fills. Names are English, in any case; that of a
#: weekday is read over.
_PARTS = {
    "MMMM": f"(?P<month>{_words(*_MONTHS)})",
    "MMM": f"(?P<month>{_words(*(name[:3] for name in _MONTHS))})",
    "dddd": _words(*_WEEKDAYS),
    "ddd": _words(*(name[:3] for name in _WEEKDAYS)),
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short_year>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[1-9][0-9]?)",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[1-9][0-9]?)",
    "hh": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]|[1-9][0-9])",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
    "AM": r"(?P<half>AM|PM)",
}
_PART = re.compile("|".join(_PARTS))
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_TICKS = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")


@lru_cache(maxsize=256)
def date_format(pattern: str) -> re.Pattern[str]:
    """The regular expression of a format such as `MM/DD/YYYY` or `D/M/YYYY h:mm:ss AM`.

    Raises ValueError where it lacks a year, a month or a day, or the hour of its minutes, or names one twice; or where
    nobody can tell at which figure a part without leading zeros begins: in `YYYYMD`, 2024111 would be two days.
    """
    expression, at, figures = "", 0, False
    for part in _PART.finditer(pattern):
        if figures and part.start() == at and part.group() in ("M", "D", "h"):
            raise ValueError(f"'{pattern}' needs something before {part.group()} that is no figure")
        figures = "[0-9]" in _PARTS[part.group()]
        expression += re.escape(pattern[at : part.start()]) + _PARTS[part.group()]
        at = part.end()
    try:
        compiled = re.compile(expression + re.escape(pattern[at:]))
    except re.error:
        raise ValueError(f"'{pattern}' names a part of the date twice") from None
    fields = compiled.groupindex.keys()
    if not {"month", "day"} <= fields or len(fields & {"year", "short_year"}) != 1:
        raise ValueError(f"'{pattern}' needs one year (YYYY), one month (MM, M or MMM) and one day (DD or D)")
    if "minute" in fields and "hour" not in fields:
        raise ValueError(f"'{pattern}' needs an hour (hh or h) before its minutes")
    return compiled


def exchanged(pattern: str) -> str:
    """A format with day and month the other way round.

    >>> exchanged("M/DD/YYYY h:mm AM")
    'D/MM/YYYY h:mm AM'
    """
    other = {"MM": "DD", "M": "D", "DD": "MM", "D": "M"}
    return _PART.sub(lambda part: other.get(part.group(), part.group()), pattern)


def is_format(pattern: str) -> bool:
    """Whether it is one of the named formats, or made of the parts of a date."""
    if pattern in _NAMED:
        return True
    try:
        date_format(pattern)
    except ValueError:
        return False
    return True


def _month(given: str) -> int:
    """The number of a month, from figures or from its name.

    >>> _month("03"), _month("MAR"), _month("March")
    (3, 3, 3)
    """
    if given.isdigit():
        return int(given)
    return 1 + [name[:3] for name in _MONTHS].index(given[:3].casefold())


class MomentParser:
    """Reads the dates and timestamps of one column, in the declared formats, into the audit's time zone (C6).

    formats : the first that fits the text's shape is meant; two that read one text differently are refused by the
    profile.  zone : of timestamps without an offset.  audit_zone : in which a timestamp becomes a date.
    midnight_utc_is_a_date : some systems write dates as midnight UTC; these are not moved to another day.
    """

    def __init__(
        self,
        formats: Sequence[str],
        zone: ZoneInfo,
        audit_zone: ZoneInfo,
        *,
        midnight_utc_is_a_date: bool = False,
        none: Iterable[str] = (),
    ) -> None:
        self._readers = [(_NAMED.get(name) or MomentParser._patterned, name) for name in formats]
        self._exchanged = [(MomentParser._patterned, exchanged(name)) for name in formats if name not in _NAMED]
        self._expected = " or ".join(formats)
        self._zone = None if zone.key == audit_zone.key else zone
        self._audit_zone = audit_zone
        self._midnight_utc_is_a_date = midnight_utc_is_a_date
        self._none = {fold(sentinel) for sentinel in none}

    def __call__(self, given: str) -> Moment | None:
        """The day, and the moment where there is one; None for an empty text or a declared "none"."""
        found = given.strip()
        if not found or (self._none and fold(found) in self._none):
            return None
        moment = self._first(self._readers, found)
        if moment is None:
            code = "exchanged_date" if self._first(self._exchanged, found) else "not_a_date"
            other = "; its day and month stand the other way round" if code == "exchanged_date" else ""
            raise BadValueError(code, f"{quoted(given)} is not a date; expected {self._expected}{other}")
        return moment

    def _first(self, readers: Iterable[tuple[_Read, str]], found: str) -> Moment | None:
        for read, name in readers:
            try:
                moment = read(self, found, name)
            except (ValueError, OverflowError):
                continue
            if moment is not None:
                return moment
        return None

    def _iso_date(self, found: str, _name: str) -> Moment | None:
        """The only form that `generic` allows for dates."""
        day = date.fromisoformat(found)
        return (day, None) if day.isoformat() == found else None

    def _iso_timestamp(self, found: str, _name: str) -> Moment | None:
        if _ISO.fullmatch(found) is None:
            return None
        if len(found) == 10:
            return date.fromisoformat(found), None
        at = datetime.fromisoformat(found)
        return self._local(at) if at.tzinfo is None else self._from_instant(at)

    def _epoch(self, found: str, name: str) -> Moment | None:
        return self._since_1970(int(found), 1 if name == EPOCH_SECONDS else 1000, found)

    def _ticks(self, found: str, _name: str) -> Moment | None:
        match = _TICKS.fullmatch(found)
        return None if match is None else self._since_1970(int(match.group(1)), 1000, match.group(1))

    def _since_1970(self, count: int, per_second: int, digits: str) -> Moment:
        if str(count) != digits:
            raise ValueError(digits)
        return self._from_instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=count // per_second))

    def _patterned(self, found: str, name: str) -> Moment | None:
        match = date_format(name).fullmatch(found)
        if match is None:
            return None
        parts = match.groupdict()
        year = int(parts["year"] if "year" in parts else parts["short_year"])
        if "year" not in parts:
            year += 2000 if year < 69 else 1900  # as POSIX and Python have it
        day = date(year, _month(parts["month"]), int(parts["day"]))
        if "hour" not in parts:
            return day, None
        hour = int(parts["hour"])
        if "half" in parts:
            if not 1 <= hour <= 12:
                raise ValueError(found)
            hour = hour % 12 + (12 if parts["half"] == "PM" else 0)
        clock = (hour, int(parts.get("minute", 0)), int(parts.get("second", 0)))
        return self._local(datetime(day.year, day.month, day.day, *clock))

    def _local(self, at: datetime) -> Moment:
        """A timestamp without an offset: in the declared zone, which by default is the audit's own."""
        if self._zone is None:
            return at.date(), at.replace(microsecond=0)
        return self._from_instant(at.replace(tzinfo=self._zone))

    def _from_instant(self, at: datetime) -> Moment:
        if self._midnight_utc_is_a_date and at.time() == time.min and not at.utcoffset():
            return at.date(), None
        if at.year == date.max.year:  # the last day there is stands for "no end", and has no later hour in any zone
            return at.date(), None
        local = at.astimezone(self._audit_zone).replace(microsecond=0, tzinfo=None)
        return local.date(), local


_Read = Callable[[MomentParser, str, str], Moment | None]
_NAMED: dict[str, _Read] = {
    ISO_DATE: MomentParser._iso_date,
    ISO_TIMESTAMP: MomentParser._iso_timestamp,
    EPOCH_SECONDS: MomentParser._epoch,
    EPOCH_MILLISECONDS: MomentParser._epoch,
    DATE_MILLISECONDS: MomentParser._ticks,
}


@lru_cache(maxsize=1)
def zone_names() -> dict[str, str]:
    """The names of the time zones, links such as Asia/Calcutta among them, by their folded form."""
    return {fold(name): name for name in available_timezones()}


def within_reason(moment: Moment | None) -> Moment | None:
    """Refuse a day that only stands for "unknown": up to 1900-01-01, or on and after 2100-01-01."""
    if moment is not None and not LONG_AGO < moment[0] < NO_END:
        raise BadValueError(
            "date_out_of_range",
            f"{moment[0]} is no real date (before 1900-01-02 or after 2099-12-31); a profile may declare it as none",
        )
    return moment


def end_day(moment: Moment | None) -> date | None:
    """The last day; empty, or on or after 2100-01-01, is no end."""
    if moment is None or moment[0] >= NO_END:
        return None
    return within_reason(moment)[0]  # type: ignore[index]


_YEAR_LAST = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2((?:[0-9]{2}){1,2})")
_EITHER_ORDER = re.compile(r"(0?[1-9]|1[0-2])([./-])(0?[1-9]|1[0-2])\2(?:[0-9]{2}){1,2}")


def is_numeric_date(given: str) -> bool:
    """Whether a text is a day in figures, its year last, by one order of day and month or the other.

    >>> is_numeric_date("31/12/2025"), is_numeric_date("31/02/2025"), is_numeric_date("2025-03-04")
    (True, False, False)
    """
    match = _YEAR_LAST.fullmatch(given.strip().split(" ")[0].rstrip(","))
    if match is None:
        return False
    low, high = sorted((int(match[1]), int(match[3])))
    return 1 <= low <= 12 and high <= monthrange(2000 + int(match[4]) % 100, low)[1]


def fits_both_orders(given: str) -> bool:
    """Whether a text is a date both when its day stands first and when its month does.

    >>> fits_both_orders("03/04/2025"), fits_both_orders("31/02/2025"), fits_both_orders("2025-03-04")
    (True, False, False)
    """
    return _EITHER_ORDER.fullmatch(given.strip().split(" ")[0].rstrip(",")) is not None


# --- words for messages -------------------------------------------------------------------------------------------


def quoted(given: str) -> str:
    """A value in a message: clipped, invisible characters shown as their codes."""
    shown = given if len(given) <= 80 else given[:77] + "..."
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + "'"


def known(words: Iterable[object]) -> str:
    """The words that would have been understood."""
    return ", ".join(str(word) or "(empty)" for word in words)
