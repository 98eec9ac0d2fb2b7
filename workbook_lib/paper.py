"""The sizes of paper that a page can be printed on."""

from __future__ import annotations

from enum import StrEnum


class Paper(StrEnum):
    """What the page is printed on."""

    A4 = "a4"
    LETTER = "letter"
