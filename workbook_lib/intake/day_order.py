"""Dates in another order of day and month than the profile says: what they show of the others of their column."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbook_lib.intake.date_formats import read_by
from workbook_lib.intake.files import BadFileError
from workbook_lib.intake.mapping import Reader
from workbook_lib.intake.profile import Profile
from workbook_lib.intake.values import exchanged, fits_both_orders, quoted

#: The key under which the formats of a column are declared, and the formats.
Declared = tuple[str, tuple[str, ...]]


def refuse_other_order(readers: Iterable[Reader], profile: Profile, declared: Callable[[Reader], Declared]) -> None:
    """Refuse a file of which a column's dates may all have been misread. Raises BadFileError."""
    of_days = [(reader, *declared(reader)) for reader in readers if reader.foreign]
    for reader, key, _ in of_days:
        _refuse_ambiguous(reader, profile, key)
    for reader, key, formats in of_days:
        _refuse_exchanged(reader, profile, key, formats)


def header_of(reader: Reader) -> str:
    """How messages name the column that is read."""
    return " / ".join(reader.headers) or reader.column.name


def _refuse_ambiguous(reader: Reader, profile: Profile, key: str) -> None:
    both = [text for text in reader.foreign if fits_both_orders(text)]
    telling = both or len(reader.foreign) > 1  # one such date alone is a slip, and its row is quarantined
    if telling and not any(stored[0] for stored in reader.memo.values()):
        fits = " fit both day/month and month/day," if both else ""
        raise BadFileError(
            f"{len(both or reader.foreign):,} dates, for example {quoted((both or reader.foreign)[0])},{fits} "
            "and none is written as the profile expects.",
            f'{profile.declare} which it is, {key} = ["MM/DD/YYYY"] or {key} = ["DD/MM/YYYY"], {_place(key, profile)}.',
            place=f'column "{header_of(reader)}"',
            code="ambiguous_dates",
        )


def _refuse_exchanged(reader: Reader, profile: Profile, key: str, formats: Iterable[str]) -> None:
    """Dates in the other order of day and month: unless the declared order is certain, the others were misread.

    Where a user has stated the order, one such date is a slip, and two are a proof against it.
    """
    slips = 1 if profile.states_formats else 0
    if len(set(reader.exchanged)) <= slips or (reader.days is not None and reader.days.proves_order):
        return
    example = reader.exchanged[0]
    other = next(name for name in map(exchanged, formats) if read_by((name,), (example,)))
    raise BadFileError(
        f"day and month of {len(reader.exchanged):,} of its dates, for example {quoted(example)}, "
        "stand the other way round than the profile expects; the others may have been misread.",
        f'{profile.declare} the format, for example {key} = ["{other}"], {_place(key, profile)}.',
        place=f'column "{header_of(reader)}"',
        code="exchanged_dates",
    )


def _place(key: str, profile: Profile) -> str:
    """Where in a profile a key of formats stands."""
    return f"{'of this column' if key == 'formats' else 'below [reading]'} {profile.place}"
