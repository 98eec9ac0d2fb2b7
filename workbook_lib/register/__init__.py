"""Decisions: recorded once and for all, and admitted where they may stand.

A ledger keeps them; `standing` says which may stand, `admission` brings them to the data that they are about.
"""

from __future__ import annotations

from workbook_lib.ledger import Entry, Head, append, entries, export, head, verify
from workbook_lib.register.admission import COPY, FILE, Admission, admit, register_of
from workbook_lib.register.standing import NEEDS, refusals

__all__ = [
    "COPY",
    "FILE",
    "NEEDS",
    "Admission",
    "Entry",
    "Head",
    "admit",
    "append",
    "entries",
    "export",
    "head",
    "refusals",
    "register_of",
    "verify",
]
