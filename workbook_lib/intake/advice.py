"""What mends a row: for a word, a number or a date that is written otherwise, the very lines of a profile."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, timedelta

from workbook_lib.intake.date_formats import is_no_day
from workbook_lib.intake.profile import Of, Profile
from workbook_lib.intake.values import BadValueError
from workbook_lib.tables import VOCABULARY, Column, Kind
from workbook_lib.wording import toml_text

DO = {
    "not_a_date": "export again from the source, or {declare} the format {place}.",
    "missing_value": "complete it in the source system and export again.",
    "exchanged_date": "{declare} the order of day and month {place}, or export again.",
    "end_before_start": "correct the dates in the source system and export again.",
}
OTHERWISE = "correct it in the source system and export again; do not edit the file."
#: A day as spreadsheets count them, from 1990 to 2049, perhaps with a time.
_DAY_NUMBER = re.compile(r"(3[3-9][0-9]{3}|4[0-9]{4}|5[0-4][0-9]{3})(?:\.[0-9]+)?")
_DAY_ZERO = date(1899, 12, 30)
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}(?![0-9])")
#: A comma as a point.
_POINT = r"replace = { pattern = '([0-9]+),([0-9]+)(.*)', with = '\1.\2\3' }"


def mending(
    profile: Profile, column: Column | None, header: str, given: str, problem: BadValueError, formats: Iterable[str]
) -> str:
    """What mends a row whose cell under this header could not be read.

    column : what was to be read from it.  formats : of its dates.
    """
    do = DO.get(problem.code, OTHERWISE).format(declare=profile.declare, place=profile.place)
    if column is None:
        return do
    if problem.code == "unknown_word":
        return f"export again from the source, or say what the word means: {_words_to_add(profile, column, given)}"
    if column.kind in VOCABULARY and problem.code == "missing_value":
        return f"{do[:-1]}, or state in a profile what an empty word means: {_words_to_add(profile, column, '')}"
    if problem.code == "not_a_number":
        how = number_keys([given.strip()])
        line = f"{column.name} = {{ of = [{toml_text(header)}], {how} }}"
        if not _is_plain(profile, column, header):
            line = f"add {how} to what its entry of {column.name} says already"
        return f"say {profile.place} how it is written: {line}." if how else do
    if problem.code == "not_a_date":
        return _date(profile, column, given.strip(), formats) or do
    return do


def _is_plain(profile: Profile, column: Column, header: str) -> bool:
    """Whether the profile says of this column nothing but that header: then a new entry may stand for the old one."""
    entries = [layout.columns.get(column.name) for layout in profile.layouts]
    return all(entry in (None, Of(of=(header,))) for entry in entries)


def set_aside(profile: Profile, header: str, given: str, problem: BadValueError) -> str:
    """What is done with a row that has one filled cell only."""
    rule = f'where = {toml_text(header)}, equals = [{toml_text(given.strip())}], reason = "…"'
    elsewhere = DO.get(problem.code, OTHERWISE).format(declare=profile.declare, place=profile.place)
    return f"where it is no record, set it aside {profile.place}, by a [[layout.set_aside]]: {rule}; else {elsewhere}"


def _date(profile: Profile, column: Column, text: str, formats: Iterable[str]) -> str:
    """For what is no date: whether it is an impossible day, a number of a day, or a word for none."""
    if any(is_no_day(text, name) for name in formats):
        return f"there is no such day: {OTHERWISE}"
    if number := _DAY_NUMBER.fullmatch(text):
        day = _DAY_ZERO + timedelta(days=int(number[1]))
        return f"it looks like the number by which a spreadsheet holds {day}: export the column as a date."
    needed = column.required and column.kind is not Kind.MOMENT
    if needed or any(letter.isdigit() for letter in text):
        return ""
    return (
        f"export again from the source; or, where it means that there is no date, say so {profile.place}: "
        f"none_dates = [{toml_text(text)}] below [reading]."
    )


def number_keys(texts: Iterable[str]) -> str:
    """The keys by which a profile reads numbers that are written like these; nothing where they need none.

    >>> number_keys(["85", "90 %"]), number_keys(["85"]), number_keys(["90", "85,5"]).partition("{")[0]
    ('suffix = "%"', '', 'replace = ')
    """
    given = list(texts)
    point = _POINT if any(map(_DECIMAL_COMMA.match, given)) else ""
    suffix = 'suffix = "%"' if any(text.endswith("%") for text in given) else ""
    return ", ".join(filter(None, (point, suffix)))


def _words_to_add(profile: Profile, column: Column, word: str) -> str:
    """The lines of a profile that give a word its meaning, and where they go."""
    says, allowed = json.dumps(word.strip(), ensure_ascii=False), VOCABULARY[column.kind]
    # No meaning is proposed: "Overdue" pasted as completed would count as done. A profile refuses "…".
    lines = f'`[words.{column.name}]` and `{says} = "…"`'
    means = f"with one of these in place of …: {', '.join(allowed)}"
    name = profile.name
    if profile.own:
        return f"add to {name}.toml the lines {lines} {means}."
    return (
        f'save a file my-{name}.toml beside audit.toml with the lines `extends = "{name}"`, {lines} {means}, '
        f'and give this source profile = "my-{name}".'
    )
