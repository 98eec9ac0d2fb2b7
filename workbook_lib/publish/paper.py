"""Which document is made, and on which paper: choices of the command, known without loading what makes them."""

from __future__ import annotations

from enum import StrEnum


class Paper(StrEnum):
    """What the page is printed on."""

    A4 = "a4"
    LETTER = "letter"


class Notebook(StrEnum):
    """What is made: the document of a period for the auditor, or a look at one day for the analyst."""

    EVIDENCE = "evidence"
    READINESS = "readiness"
