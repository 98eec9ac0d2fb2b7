"""Decisions: recorded once and for all, and admitted where they may stand.

A ledger keeps them; `standing` says which may stand, `admission` brings them to the data that they are about,
`supporting` knows the files that they name as evidence.
"""

from __future__ import annotations

from workbook_lib.ledger import Entry, Head, append, entries, export, head, verify
from workbook_lib.register.admission import COPY, FILE, Admission, admit, register_of
from workbook_lib.register.standing import NAMED, NEEDS, Fault, refusals
from workbook_lib.register.supporting import compared, digest_of

__all__ = [
    "COPY",
    "FILE",
    "NAMED",
    "NEEDS",
    "Admission",
    "Entry",
    "Fault",
    "Head",
    "admit",
    "append",
    "compared",
    "digest_of",
    "entries",
    "export",
    "head",
    "refusals",
    "register_of",
    "verify",
]
