"""A workpaper as exhibits: `exhibits.<noun>(wp)` gives an object that shows itself in a notebook.

Each has a title, a sentence made from the data that states the number and what it means, tables, and perhaps a figure.
Everything that comes from the data is escaped in one place, `markup`. Nothing here judges: the numbers are those of the
workpaper.
"""

from __future__ import annotations

from workbook_lib.exhibits.chosen import Chosen, choices
from workbook_lib.exhibits.crosswalk import crosswalk
from workbook_lib.exhibits.decisions import decisions
from workbook_lib.exhibits.exhibit import Exhibit, Table, Text, rate
from workbook_lib.exhibits.followup import reminders
from workbook_lib.exhibits.front import bottom_line, requirements, results, scope, title
from workbook_lib.exhibits.joiners import joiners
from workbook_lib.exhibits.judgement import (
    coverage,
    exceptions,
    people_and_verdicts,
    procedure,
    verdicts,
    verdicts_by_type,
)
from workbook_lib.exhibits.lateness import lateness
from workbook_lib.exhibits.outlook import forecast, reviews_due
from workbook_lib.exhibits.person import account, person
from workbook_lib.exhibits.population import people, population, reconciliation
from workbook_lib.exhibits.provenance import quarantine, sources, totals
from workbook_lib.exhibits.readiness import attention, covered_now, due_next, ready, uncovered
from workbook_lib.exhibits.readings import readings
from workbook_lib.exhibits.records import acknowledgements, completion_records, content, content_reviews, programme
from workbook_lib.exhibits.reference import complete, glossary, limitations, rules, verify
from workbook_lib.exhibits.remarks import findings
from workbook_lib.exhibits.restatement import restatement
from workbook_lib.exhibits.sampling import sampling
from workbook_lib.exhibits.snapshots import snapshots
from workbook_lib.exhibits.timelines import timelines
from workbook_lib.exhibits.trend import trend

__all__ = [
    "Chosen",
    "Exhibit",
    "Table",
    "Text",
    "account",
    "acknowledgements",
    "attention",
    "bottom_line",
    "choices",
    "complete",
    "completion_records",
    "content",
    "content_reviews",
    "coverage",
    "covered_now",
    "crosswalk",
    "decisions",
    "due_next",
    "exceptions",
    "findings",
    "forecast",
    "glossary",
    "joiners",
    "lateness",
    "limitations",
    "people",
    "people_and_verdicts",
    "person",
    "population",
    "procedure",
    "programme",
    "quarantine",
    "rate",
    "readings",
    "ready",
    "reconciliation",
    "reminders",
    "requirements",
    "restatement",
    "results",
    "reviews_due",
    "rules",
    "sampling",
    "scope",
    "snapshots",
    "sources",
    "timelines",
    "title",
    "totals",
    "trend",
    "uncovered",
    "verdicts",
    "verdicts_by_type",
    "verify",
]
