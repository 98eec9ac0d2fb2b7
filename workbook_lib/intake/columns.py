"""The header of a file: where each column stands, however its name is spelt, and the time zone that it may name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from zoneinfo import ZoneInfo

from workbook_lib.intake.files import BadFileError, normal
from workbook_lib.intake.values import fold, quoted, zone_names
from workbook_lib.tables import listing

#: In a header that is sought: the place of the time zone in which the column's timestamps are written.
ZONE = "{zone}"
_IN_BRACKETS = re.compile(r"(.*\()([^()]+)\)\s*")


def zone_at_end(header: str) -> tuple[str, str] | None:
    """A header whose last brackets hold a time zone: with `{zone}` in that place, and the zone.

    >>> zone_at_end("Signed (UTC)"), zone_at_end("Signed (Required)")
    (('Signed ({zone})', 'UTC'), None)
    """
    match = _IN_BRACKETS.fullmatch(header)
    if match is None or (zone := zone_names().get(fold(match[2]))) is None:
        return None
    return f"{match[1]}{ZONE})", zone


class Columns:
    """The headers of a file, and where each stands. `{zone}` in a header that is sought fits any text (not in JSON)."""

    def __init__(self, header: Sequence[str], *, strip_brackets: bool, exact: bool) -> None:
        self.header, self._exact = header, exact
        self._form = (lambda h: h) if exact else partial(normal, strip_brackets=strip_brackets)
        self._at = {self._form(name): place for place, name in reversed(list(enumerate(header)))}

    def at(self, header: str) -> int | None:
        """The place of a header; None where the file does not have it."""
        if ZONE in header and not self._exact:
            return next((place for place, _ in self._zoned(header)), None)
        return self._at.get(self._form(header))

    def spelt(self, header: str) -> str:
        """A header that the file has, as messages name it: one with a zone as it stands in the file."""
        place = self.at(header) if ZONE in header else None
        return header if place is None else self.header[place].strip()

    def zone(self, headers: Sequence[str]) -> ZoneInfo | None:
        """The time zone that headers name in the place of `{zone}`. Raises BadFileError where it is not one known."""
        fits = [fit for header in headers if ZONE in header and not self._exact for fit in self._zoned(header)]
        zones = {zone_names().get(text, "") for _, text in fits}
        if "" in zones or len(zones) > 1:
            raise BadFileError(
                f"its header {listing([quoted(self.header[at].strip()) for at, _ in fits])} names "
                f"{'no time zone that is known' if '' in zones else 'several time zones'}.",
                'name the column in audit.toml as it stands, columns = { … = "…" }, and declare its zone (an IANA name '
                "such as Asia/Kolkata) in a profile.",
                place="header",
                code="unknown_zone",
            )
        return ZoneInfo(zones.pop()) if zones else None

    def _zoned(self, header: str) -> list[tuple[int, str]]:
        """The places of the headers that fit one with `{zone}`, each with the text that stands there."""
        before, _, after = self._form(header).partition(ZONE)
        forms = enumerate(map(self._form, self.header))
        ends = len(before) + len(after)
        return [
            (place, form[len(before) : len(form) - len(after)])
            for place, form in forms
            if form.startswith(before) and form.endswith(after) and len(form) > ends
        ]

    def lacks(self, groups: Sequence[tuple[str, ...]]) -> list[str]:
        """The groups of headers of which none is there, in words."""
        return [" or ".join(group) for group in groups if all(self.at(header) is None for header in group)]
