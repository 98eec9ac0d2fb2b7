"""Text → value: strict, and whatever was parsed prints as the same text again."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook_lib.intake import values
from workbook_lib.intake.values import BadValueError, MomentParser

BERLIN, UTC_ZONE, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC"), ZoneInfo("America/New_York")
ISO = MomentParser((values.ISO_DATE,), BERLIN, BERLIN)
STAMP = MomentParser((values.ISO_TIMESTAMP,), BERLIN, BERLIN)
DAYS = st.dates(date(1900, 1, 2), date(2099, 12, 31))


def parser(*formats: str, zone: ZoneInfo = BERLIN, **options: object) -> MomentParser:
    return MomentParser(formats, zone, BERLIN, **options)  # type: ignore[arg-type]


def day(read: MomentParser, text: str) -> date | None:
    moment = read(text)
    return moment and moment[0]


# --- dates --------------------------------------------------------------------------------------------------------


@given(DAYS)
def test_an_iso_date_prints_as_it_stood(on: date) -> None:
    assert day(ISO, on.isoformat()) == on


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_no_other_text_is_an_iso_date(text: str) -> None:
    try:
        moment = ISO(text)
    except BadValueError:
        return
    assert moment is None or moment[0].isoformat() == text.strip()


@given(
    DAYS,
    st.sampled_from(
        [
            ("MM/DD/YYYY", "{d:%m/%d/%Y}"),
            ("DD.MM.YYYY", "{d:%d.%m.%Y}"),
            ("YYYY/MM/DD", "{d:%Y/%m/%d}"),
            ("D/M/YYYY", "{d.day}/{d.month}/{d.year}"),
            ("M/D/YYYY", "{d.month}/{d.day}/{d.year}"),
            ("YYYYMMDD", "{d:%Y%m%d}"),
            ("DMMYYYY", "{d.day}{d:%m%Y}"),
            ("MMMD, YYYY", "{d:%b}{d.day}, {d.year}"),
        ]
    ),
)
def test_a_date_in_a_declared_format_prints_as_it_stood(on: date, form: tuple[str, str]) -> None:
    pattern, printed = form
    assert day(parser(pattern), printed.format(d=on)) == on


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-30", "2025-2-03", "2025-02-3", "25-02-03", "20250203", "2025", "12:30", "45000", "2025-W01-1",
        "000١-01-01", "２０２５-01-01", "2025-01-01T00:00:00", "03/04/2025", "2025-01-01 ?", "soon", "0000-00-00",
    ],
)  # fmt: skip
def test_what_is_no_iso_date_is_refused(text: str) -> None:
    with pytest.raises(BadValueError, match="is not a date; expected YYYY-MM-DD") as refused:
        ISO(text)
    assert refused.value.code == "not_a_date"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("MM/DD/YYYY", "13/04/2025"),
        ("MM/DD/YYYY", "3/4/2025"),
        ("MM/DD/YYYY", "03-04-2025"),
        ("MM/DD/YYYY", "03/04/2025 ?"),
        ("DD/MM/YYYY", "31/02/2025"),
        ("D/M/YYYY", "03/4/2025"),
        ("D/M/YYYY", "0/4/2025"),
        ("M/D/YYYY h:mm:ss AM", "3/4/2025 13:00:00 PM"),
        ("M/D/YYYY h:mm:ss AM", "3/4/2025 0:30:00 AM"),
        ("D MMM YYYY", "31 Feb 2025"),
        ("D MMM YYYY", "3 4 2025"),
        ("D MMM YYYY", "3 March 2025"),
        ("YYYY-MM-DD hh:mm", "2025-01-01 24:00"),
    ],
)
def test_what_does_not_fit_a_declared_format_is_refused(pattern: str, text: str) -> None:
    with pytest.raises(BadValueError, match="is not a date"):
        parser(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text", "moment"),
    [
        ("M/D/YYYY h:mm:ss AM", "8/19/2021 1:25:31 PM", datetime(2021, 8, 19, 13, 25, 31)),
        ("DD-MMM-YYYY hh:mm", "19-AUG-2021 13:25", datetime(2021, 8, 19, 13, 25)),
        ("dddd, D MMMM YYYY, h:mm AM", "Thursday, 19 August 2021, 1:25 PM", datetime(2021, 8, 19, 13, 25)),
        ("M/D/YYYY h:mm:ss AM", "12/31/2024 12:00:05 AM", datetime(2024, 12, 31, 0, 0, 5)),
        ("M/D/YYYY h:mm:ss AM", "12/31/2024 12:00:05 PM", datetime(2024, 12, 31, 12, 0, 5)),
        ("DD/MM/YY, hh:mm", "11/02/26, 14:21", datetime(2026, 2, 11, 14, 21)),
        ("DD/MM/YY, hh:mm", "11/02/68, 14:21", datetime(2068, 2, 11, 14, 21)),
        ("DD/MM/YY, hh:mm", "11/02/69, 14:21", datetime(1969, 2, 11, 14, 21)),
        ("YYYY/MM/DD hh:mm:ss", "2016/04/04 00:24:13", datetime(2016, 4, 4, 0, 24, 13)),
        ("M/D/YYYY h AM", "8/19/2021 1 PM", datetime(2021, 8, 19, 13, 0)),
        ("on D/M/YYYY at hh:mm", "on 4/3/2025 at 00:24", datetime(2025, 3, 4, 0, 24)),
    ],
)
def test_a_timestamp_in_a_declared_format(pattern: str, text: str, moment: datetime) -> None:
    assert parser(pattern)(text) == (moment.date(), moment)


#: The first day of each month of 2026; each weekday is among them.
FIRST_DAYS = (
    "Thursday 1 January", "Sunday 1 February", "Sunday 1 March", "Wednesday 1 April", "Friday 1 May", "Monday 1 June",
    "Wednesday 1 July", "Saturday 1 August", "Tuesday 1 September", "Thursday 1 October", "Sunday 1 November",
    "Tuesday 1 December",
)  # fmt: skip


@pytest.mark.parametrize(("month", "text"), list(enumerate(FIRST_DAYS, 1)))
def test_each_month_and_weekday_is_read_by_its_whole_and_by_its_short_name(month: int, text: str) -> None:
    short = " ".join(name[:3] for name in text.split())
    assert day(parser("dddd D MMMM YYYY"), f"{text} 2026") == date(2026, month, 1)
    assert day(parser("ddd D MMM YYYY"), f"{short} 2026") == date(2026, month, 1)


@pytest.mark.parametrize(
    ("pattern", "text", "code", "says"),
    [
        ("DD/MM/YYYY", "12/31/2025", "exchanged_date", "expected DD/MM/YYYY; its day and month stand the other way round"),
        ("M/D/YYYY h:mm AM", "31/1/2025 1:00 AM", "exchanged_date", "expected M/D/YYYY h:mm AM; its day and month stand the other way round"),
        ("DD/MM/YYYY", "31/31/2025", "not_a_date", "expected DD/MM/YYYY"),
        (values.ISO_DATE, "2025-31-12", "not_a_date", "expected YYYY-MM-DD"),
        (values.EPOCH_SECONDS, "soon", "not_a_date", "expected epoch seconds"),
        (values.EPOCH_MILLISECONDS, "soon", "not_a_date", "expected epoch milliseconds"),
    ],
)  # fmt: skip
def test_day_and_month_the_other_way_round_are_named_as_such(pattern: str, text: str, code: str, says: str) -> None:
    with pytest.raises(BadValueError) as refused:
        parser(pattern)(text)
    assert (refused.value.code, refused.value.message) == (code, f"'{text}' is not a date; {says}")


def test_of_several_formats_the_one_that_fits_is_meant() -> None:
    read = parser("YYYY-MM-DD", "MM/DD/YYYY")
    assert [day(read, text) for text in ("2025-03-04", "03/04/2025")] == [date(2025, 3, 4)] * 2


@pytest.mark.parametrize(
    "pattern",
    ["MM/YYYY", "DD/DD/YYYY", "hh:mm", "YYYY YY-MM-DD", "soon", "YYYYMD", "DMYYYY", "MMDYYYY", "D/M/YYYYh:mm"],
)
def test_what_is_no_format(pattern: str) -> None:
    """In figures that nothing divides, only the first part may go without its leading zero: 1112024 is two days."""
    assert not values.is_format(pattern)
    with pytest.raises(ValueError, match=pattern):
        values.date_format(pattern)


def test_what_is_declared_as_none_is_none() -> None:
    read = parser("YYYY-MM-DD", none=("0000-00-00", "N/A - still employed"))
    assert [read(text) for text in ("", "  ", "0000-00-00", "n/a -  still employed")] == [None] * 4
    assert read(" 2025-03-04\t") == (date(2025, 3, 4), None)


# --- timestamps ---------------------------------------------------------------------------------------------------

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1900, 1, 3), datetime(2099, 12, 30), timezones=OFFSETS), st.sampled_from("T "))
def test_a_timestamp_with_an_offset_is_the_same_instant(at: datetime, between: str) -> None:
    moment = STAMP(at.isoformat(sep=between))
    assert moment is not None
    on, local = moment
    assert local is not None
    expected = at.replace(microsecond=0).astimezone(BERLIN)
    assert local == expected.replace(tzinfo=None)
    assert on == expected.date()


@given(st.datetimes(datetime(1900, 1, 3), datetime(2099, 12, 30)))
def test_a_timestamp_without_an_offset_stays_as_it_is_in_the_audit_zone(at: datetime) -> None:
    at = at.replace(microsecond=0)
    assert STAMP(at.isoformat()) == (at.date(), at)


PARTS = st.tuples(
    st.integers(1900, 2099), st.integers(0, 13), st.integers(0, 32), st.integers(0, 25), st.integers(0, 61),
    st.integers(0, 61),
)  # fmt: skip


@given(PARTS, st.sampled_from(["", "Z", "+02:00", "-0830", "+14"]))
def test_exactly_what_is_a_moment_is_read_as_one(parts: tuple[int, ...], offset: str) -> None:
    text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*parts)
    try:
        expected = datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        with pytest.raises(BadValueError):
            STAMP(text + offset)
        return
    moment = STAMP(text + offset)
    assert moment is not None
    assert moment[1] is not None
    at = expected if not offset else datetime.fromisoformat(text + offset).astimezone(BERLIN).replace(tzinfo=None)
    assert moment == (at.date(), at)
    assert offset or moment[1].isoformat() == text


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("2025-06-30", date(2025, 6, 30)),
        ("2025-06-30T22:30:00Z", date(2025, 7, 1)),
        ("2025-12-31T22:30:00Z", date(2025, 12, 31)),
        ("2025-12-31T23:30:00.123Z", date(2026, 1, 1)),
        ("2025-12-31T23:30:00.123456789Z", date(2026, 1, 1)),
        ("2025-12-31 23:30-08:00", date(2026, 1, 1)),
        ("2025-12-31T23:30:00+0100", date(2025, 12, 31)),
        ("2026-01-01T00:30:00+05", date(2025, 12, 31)),
    ],
)
def test_the_date_of_a_timestamp_is_that_of_the_audit_zone(text: str, on: date) -> None:
    assert day(STAMP, text) == on


def test_a_timestamp_without_an_offset_is_in_the_declared_zone() -> None:
    read = parser(values.ISO_TIMESTAMP, zone=NEW_YORK)
    assert read("2025-12-31 20:00:00") == (date(2026, 1, 1), datetime(2026, 1, 1, 2, 0))
    assert read("2025-12-31") == (date(2025, 12, 31), None)


@pytest.mark.parametrize("offset", ["", "+01:00"])
def test_parts_of_a_second_are_left_out(offset: str) -> None:
    assert STAMP(f"2025-12-31T23:30:00.999{offset}") == (date(2025, 12, 31), datetime(2025, 12, 31, 23, 30))


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-01T24:00:00", "2025-01-01T23:60", "2025-01-01T23:59:60", "2025-01-01T9:00", "2025-01-01T",
        "2025-01-01T09:00:00 Z", "2025-01-01T09:00:00z", "2025-01-01T09:00:00+25:00", "2025-02-29T09:00:00Z",
        "2025-01-01T09:00.5", "2025-01-01X09:00", "٢٠٢٥-01-01T09:00", "0001-01-01T00:00:00+14:00",
    ],
)  # fmt: skip
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(BadValueError, match="is not a date"):
        STAMP(text)


def test_midnight_utc_is_a_date_where_that_is_declared() -> None:
    new_york = MomentParser((values.ISO_TIMESTAMP,), UTC_ZONE, NEW_YORK, midnight_utc_is_a_date=True)
    assert new_york("2020-08-26T00:00:00.000Z") == (date(2020, 8, 26), None)
    assert new_york("2020-08-26T00:00:01Z") == (date(2020, 8, 25), datetime(2020, 8, 25, 20, 0, 1))
    assert new_york("2020-08-26T02:00:00+02:00") == (date(2020, 8, 25), datetime(2020, 8, 25, 20, 0))
    assert new_york("2020-08-26T00:00:00+02:00") == (date(2020, 8, 25), datetime(2020, 8, 25, 18, 0))


def test_midnight_utc_is_a_time_where_nothing_is_declared() -> None:
    assert STAMP("2020-08-26T00:00:00Z") == (date(2020, 8, 26), datetime(2020, 8, 26, 2, 0))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)))
def test_seconds_since_1970(at: datetime) -> None:
    at = at.replace(microsecond=0)
    seconds = int(at.timestamp())
    expected = STAMP(at.isoformat())
    assert parser(values.EPOCH_SECONDS)(str(seconds)) == expected
    assert parser(values.EPOCH_MILLISECONDS)(f"{seconds}999") == expected
    assert parser(values.DATE_MILLISECONDS)(f"/Date({seconds}000)/") == expected
    assert parser(values.DATE_MILLISECONDS)(f"/Date({seconds}000+0000)/") == expected


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this machine cannot be changed for a moment")
def test_seconds_since_1970_count_from_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert parser(values.EPOCH_SECONDS)("0") == (date(1970, 1, 1), datetime(1970, 1, 1, 1, 0))
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["1.5", "007", "1e9", "9" * 15, "+5", "-0", "1_0", "١", "9" * 5000])
def test_what_does_not_count_seconds(text: str) -> None:
    for form, written in ((values.EPOCH_SECONDS, text), (values.DATE_MILLISECONDS, f"/Date({text}000)/")):
        with pytest.raises(BadValueError, match="is not a date"):
            parser(form)(written)


@pytest.mark.parametrize("text", ["/Date(1700000000000)/ ?", "1700000000000", "Date(1700000000000)"])
def test_what_are_no_ticks(text: str) -> None:
    with pytest.raises(BadValueError, match="is not a date"):
        parser(values.DATE_MILLISECONDS)(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1900-01-01", "2100-01-01", "9999-12-31"])
def test_a_placeholder_is_no_start(text: str) -> None:
    with pytest.raises(BadValueError, match="is no real date") as refused:
        values.within_reason(ISO(text))
    assert refused.value.code == "date_out_of_range"


@pytest.mark.parametrize("text", ["1900-01-02", "2099-12-31"])
def test_the_first_and_the_last_day_that_are_no_placeholders(text: str) -> None:
    assert values.within_reason(ISO(text)) == (date.fromisoformat(text), None)
    assert values.end_day(ISO(text)) == date.fromisoformat(text)


def test_an_end_far_away_is_no_end() -> None:
    ends = [values.end_day(ISO(text)) for text in ("2099-12-31", "2100-01-01", "9999-12-31", "")]
    assert ends == [date(2099, 12, 31), None, None, None]
    with pytest.raises(BadValueError):
        values.end_day(ISO("1900-01-01"))


@pytest.mark.parametrize(
    ("text", "both"),
    [("03/04/2025", True), (" 3.4.25", True), ("1-2-2025 10:00", True), ("13/04/2025", False), ("2025-03-04", False)],
)
def test_which_texts_fit_both_orders(text: str, both: bool) -> None:
    assert values.fits_both_orders(text) is both


# --- ids ----------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=30))
def test_an_id_is_its_text_trimmed_and_composed(text: str) -> None:
    found = values.identifier(f" {text}\t")
    assert (found or "") == unicodedata.normalize("NFC", f" {text}\t").strip()
    assert found is None or values.identifier(found) == found


@pytest.mark.parametrize("text", ["00123", "1E5", "12345.0", "True", "NA", "None", "null", "NaN", "=cmd|x", "Ａlice"])
def test_an_id_is_never_something_else(text: str) -> None:
    assert values.identifier(text) == text


@pytest.mark.parametrize(
    "text", ["E1\u200b", "E\u202e1", "E\u00ad1", "E\n1", "E\u20281", "E\u20291", "\ufeffE1", "E\x7f1"]
)
def test_an_id_has_no_character_that_nobody_sees(text: str) -> None:
    with pytest.raises(BadValueError, match="holds an invisible character") as refused:
        values.identifier(text)
    assert refused.value.code == "invisible_character"


def test_an_accent_written_in_two_ways_is_one_id() -> None:
    assert values.identifier("Jose\u0301") == values.identifier("José")


def test_an_address_is_folded_and_the_account_kept() -> None:
    assert values.account(" Ava@Example.COM ") == ("Ava@Example.COM", "ava@example.com")
    assert values.account("AVA") == ("AVA", None)
    assert values.account(" ") == (None, None)
    assert values.email("STRASSE@X.example") == values.email("straße@x.example")


def test_a_text_is_as_long_as_a_cell_of_a_spreadsheet_at_most() -> None:
    assert values.text(f" {'x' * 32_767} ") == "x" * 32_767
    with pytest.raises(BadValueError) as refused:
        values.text("x" * 32_768)
    assert (refused.value.code, refused.value.message) == (
        "cell_too_long",
        "it holds 32,768 characters, and a cell has at most 32,767",
    )


def test_free_text_keeps_its_lines() -> None:
    assert values.text(" two\nlines ") == "two\nlines"
    assert values.text("\u00a0") is None
    with pytest.raises(BadValueError) as refused:
        values.text("a\0b")
    assert (refused.value.code, refused.value.message) == ("nul_character", "it holds a NUL character")


# --- numbers, flags, words ----------------------------------------------------------------------------------------


@given(st.decimals(-10_000_000, 10_000_000, places=4))
def test_a_plain_number_prints_as_it_stood(number: Decimal) -> None:
    found = values.number(f" {number:f} ")
    assert found is not None
    assert f"{found:.4f}".removeprefix("-") == f"{number:f}".removeprefix("-")
    assert found == float(number)


@given(st.text(st.sampled_from("0123456789.,+-eE %_\u0661\u00bd"), max_size=8))
def test_no_other_text_is_a_number(text: str) -> None:
    try:
        found = values.number(text)
    except BadValueError:
        return
    whole, _, fraction = text.strip().lstrip("+-").partition(".")
    assert found is None or (whole.isascii() and whole.isdigit() and (fraction.isdigit() or "." not in text))
    assert (found is None) == (not text.strip())


@pytest.mark.parametrize("text", ["85%", "0,85", "1,000", "1e3", "٨٥", "NaN", "inf", "0x10", "1_000", "--1", ".", "1."])
def test_what_is_no_plain_number(text: str) -> None:
    with pytest.raises(BadValueError, match="is not a plain decimal number") as refused:
        values.number(text)
    assert refused.value.code == "not_a_number"


def test_a_declared_suffix_and_scale() -> None:
    assert values.number("85 %", suffix="%") == 85
    assert values.number("90", divide_by=60) == 1.5
    assert values.number(" ") is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("P1W", 10_080), ("P1D", 1_440), ("PT1H", 60), ("PT1M", 1), ("PT30S", 0.5), ("P1W2DT3H4M6S", 13_144.1), ("PT1.5H", 90),
        (" PT1H\t", 60), ("P0Y0M1D", 1_440), ("PT0S", 0), ("", None), (" ", None),
    ],
)  # fmt: skip
def test_a_duration_in_minutes(text: str, minutes: float | None) -> None:
    assert values.minutes(text) == minutes


@pytest.mark.parametrize("text", ["P", "PT", "P1Y", "P1M", "1H", "PT1H30", "PT1H30M ago", "-PT1H", "PT1,5H", "P0Y"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(BadValueError) as refused:
        values.minutes(text)
    assert (refused.value.code, refused.value.message) == (
        "not_a_duration",
        f"'{text}' is not a duration such as PT1H30M",
    )


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("31/12/2025", True), ("12/31/2025", True), ("1.2.25", True), (" 29-2-24, 10:00", True), ("29/02/2025", False),
        ("13/13/2025", False), ("0/5/2025", False), ("31/04/2025", False), ("30/04/2025", True), ("1/2-2025", False),
        ("12/12/2025", True), ("1/2/202", False), ("2025-03-04", False), ("", False),
    ],
)  # fmt: skip
def test_which_texts_are_a_day_in_figures(text: str, is_one: bool) -> None:
    assert values.is_numeric_date(text) is is_one


IN_ANY_CASE = st.sampled_from([str.lower, str.upper, str.title])


@given(st.sampled_from(sorted(values.FLAGS)), IN_ANY_CASE, st.text(" \t\u00a0", max_size=3))
def test_a_flag_in_any_case_with_blanks_around_it(word: str, written: Callable[[str], str], blank: str) -> None:
    assert values.flag(blank + written(word) + blank) is values.FLAGS[word]


@given(st.text(st.characters(codec="utf-8"), max_size=6))
def test_no_other_text_is_a_flag(text: str) -> None:
    known = text.strip().casefold()
    if known and known not in values.FLAGS:
        with pytest.raises(BadValueError):
            values.flag(text)
    else:
        assert values.flag(text) is values.FLAGS.get(known)


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12).filter(
    values.fold
)


@given(
    st.lists(WORDS, min_size=1, max_size=6, unique_by=values.fold), st.text(st.characters(codec="utf-8"), max_size=8)
)
def test_each_word_of_a_vocabulary_means_what_is_declared_and_no_other_does(words: list[str], other: str) -> None:
    table = values.folded_words({word: n for n, word in enumerate(words)})
    assert [values.word(f" {word}  ", table) for word in words] == list(range(len(words)))
    assert [values.word(unicodedata.normalize("NFD", word), table) for word in words] == list(range(len(words)))
    if values.fold(other) and values.fold(other) not in map(values.fold, words):
        with pytest.raises(BadValueError):
            values.word(other, table)


def test_flags() -> None:
    assert [values.flag(text) for text in ("TRUE", " yes", "1", "False", "no", "0")] == [True] * 3 + [False] * 3
    assert values.flag("") is None
    with pytest.raises(BadValueError, match="neither true nor false; expected true, yes, 1, false, no, 0") as refused:
        values.flag("maybe")
    assert refused.value.code == "not_a_flag"


def test_words_are_matched_whole() -> None:
    words = values.folded_words({"Completed": "completed", "Completed (did not achieve pass grade)": "failed"})
    assert values.word(" COMPLETED ", words) == "completed"
    assert values.word("completed  (did not achieve pass grade)", words) == "failed"
    assert values.word("", words) is None
    with pytest.raises(BadValueError, match="is not a known word; known: completed, completed") as refused:
        values.word("Completed (Equivalent)", words)
    assert refused.value.code == "unknown_word"
    with pytest.raises(BadValueError, match=r"known: yes, \(empty\)$"):
        values.word("no", {"yes": True, "": False})


def test_a_value_in_a_message_is_clipped_and_shows_what_is_hidden() -> None:
    assert values.quoted("a\u202eb") == "'a\\u202eb'"
    assert values.quoted("x" * 80) == f"'{'x' * 80}'"
    assert values.quoted("x" * 81) == f"'{'x' * 77}...'"
