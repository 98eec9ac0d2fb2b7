"""The canonical tables: what every export becomes, whatever system it came from; and the wording of errors.

A profile maps the columns of an export to the columns below. After intake nothing else exists: the stages read only
these tables. Ids and names are text, always; e-mail addresses are case-folded; dates are calendar dates in the audit's
time zone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

#: A day up to the first, or from the second on, is none: systems write it for "unknown" and for "never".
LONG_AGO, NO_END = date(1900, 1, 1), date(2100, 1, 1)


class Kind(StrEnum):
    """What a column holds, and therefore how its text is read; the words are those of the tables below."""

    TEXT = "text"  #: any text, trimmed, Unicode NFC
    EMAIL = "email"  #: text, case-folded
    ACCOUNT = "account"  #: text as it stands; a case-folded copy is kept when it is an e-mail address
    DATE = "date"
    END = "end"  #: a date; empty, or on or after 2100-01-01, is no end
    MOMENT = "moment"  #: becomes a date in the audit's time zone; the moment itself is kept where there is one
    NUMBER = "number"
    FLAG = "flag"  #: true or false
    STATUS = "status"  #: of a training record
    WORKER_TYPE = "worker_type"
    ANSWER = "answer"  #: the status of an acknowledgement
    DECISION = "decision"  #: the kind of one


class Status(StrEnum):
    """What a training record says about one person and one module."""

    NOT_ASSIGNED = "not_assigned"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"
    EQUIVALENT = "equivalent"
    WAIVED = "waived"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Answer(StrEnum):
    """What a person did with a policy that was put before them."""

    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    SENT = "sent"
    VIEWED = "viewed"


class WorkerType(StrEnum):
    """In which capacity a person is engaged."""

    EMPLOYEE = "employee"
    CONTRACTOR = "contractor"
    THIRD_PARTY = "third_party"
    INTERN = "intern"
    OTHER = "other"


class DecisionKind(StrEnum):
    """What an analyst can decide; every decision stays in the register and is printed."""

    EXPLAIN = "explain"
    EXTEND = "extend"
    LINK = "link"
    EXCLUDE = "exclude"
    WITHDRAW = "withdraw"


#: Reason codes that the desk offers; a file of decisions may hold others. The reason itself says the rest.
REASONS: dict[DecisionKind, tuple[str, ...]] = {
    DecisionKind.EXPLAIN: (
        "on leave",
        "onboarding delayed",
        "system error",
        "late extension request",
        "left soon after",
        "other",
    ),
    DecisionKind.EXCLUDE: ("service account", "duplicate", "test user", "not part of the workforce", "other"),
}

#: The words each closed vocabulary allows.
VOCABULARY: dict[Kind, tuple[str, ...]] = {
    Kind.STATUS: tuple(Status),
    Kind.ANSWER: tuple(Answer),
    Kind.WORKER_TYPE: tuple(WorkerType),
    Kind.DECISION: tuple(DecisionKind),
    Kind.FLAG: ("true", "false"),
}

#: The verdicts that the on-time rate counts, first the one that meets the requirement (C12).
JUDGED = ("met", "late", "missing", "undetermined")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table.

    `stored` lists what a reader of the table finds: the columns below, with each timestamp `x_at` split in the date
    `x_on` and the moment `x_at`, and each account with its case-folded e-mail address; then `source_no` and `row_no`,
    which lead back to the line in the file.
    """

    name: str
    says: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        """The column names, as the generic profile reads them."""
        return [column.name for column in self.columns]

    @property
    def stored(self) -> dict[str, str]:
        """Column name → SQL type, as the table stands in the engine."""
        types: dict[str, str] = {}
        for column in self.columns:
            if column.kind is Kind.MOMENT:
                types |= {date_of(column.name): "DATE", column.name: "TIMESTAMP"}
            elif column.kind is Kind.ACCOUNT:
                types |= {column.name: "VARCHAR", f"{column.name}_email": "VARCHAR"}
            else:
                types[column.name] = _SQL_TYPES.get(column.kind, "VARCHAR")
        return types | {"source_no": "INTEGER", "row_no": "INTEGER"}


_SQL_TYPES = {Kind.DATE: "DATE", Kind.END: "DATE", Kind.NUMBER: "DOUBLE", Kind.FLAG: "BOOLEAN"}


def date_of(moment: str) -> str:
    """Name of the date column that stands beside a timestamp column.

    >>> date_of("completed_at")
    'completed_on'
    """
    return moment.removesuffix("_at") + "_on"


def _columns(text: str) -> tuple[Column, ...]:
    """`"*person_id name start_date:date"` → columns; a star marks a required one, text is the default kind."""
    fields = (word.partition(":") for word in text.split())
    return tuple(Column(name.lstrip("*"), Kind(kind or "text"), name.startswith("*")) for name, _, kind in fields)


TABLES: dict[str, Table] = {
    name: Table(name, says, _columns(columns))
    for name, says, columns in [
        (
            "people",
            "one row per engagement, or per change of attributes",
            "*person_id name email:email *worker_type:worker_type role department manager_email:email "
            "*start_date:date end_date:end",
        ),
        ("leave", "absences that may excuse", "*person_id *start_date:date end_date:end kind"),
        (
            "accounts",
            "the training system's or directory's own list of users",
            "*account:account person_id name active:flag",
        ),
        (
            "completions",
            "one training record",
            "*account:account *module_id *completed_at:moment *status:status score:number record_id minutes:number "
            "method",
        ),
        (
            "modules",
            "the training content",
            "*module_id title topics version assessed:flag minutes:number sample",
        ),
        (
            "content_reviews",
            "when the content was looked at again, by whom, and what changed",
            "*module_id *version *reviewed_on:date reviewed_by change threats",
        ),
        (
            "policies",
            "the versions of each policy",
            "*policy_id *version title *effective_on:date material:flag approved_by approved_on:date",
        ),
        (
            "acknowledgements",
            "who accepted which policy",
            "*account:account *policy_id version *acknowledged_at:moment status:answer method",
        ),
        ("access", "who was given access to what", "*account:account *granted_on:date system"),
        (
            "decisions",
            "what analysts decided",
            "decision_id *kind:decision *decided_by person_id requirement_id account due_on:date approved_on:date "
            "new_due_on:date reason_code reason evidence approved_by withdraws",
        ),
    ]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with the input, in the words that the user reads.

    where : file, row and column, or key path.  what : what was found and what was expected.
    effect : what it does to the result.  do : what mends it.
    code : short stable name of the kind of problem, for programs and tests; it is not printed.
    """

    where: str
    what: str
    effect: str = "nothing was judged and nothing was written."
    do: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  Effect: {self.effect}\n  Do: {self.do}"


class UserError(Exception):
    """The input or the call is wrong. Carries every problem found, so that all can be mended at once."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def _render_traceback_(self) -> list[str]:
        """In a notebook the message shows without the library's traceback (read by IPython)."""
        return str(self).splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in the data that the reader should know, which changes no verdict by itself.

    code : short stable name.  table : canonical table.  subject : person, account, file … it is about.
    text : one sentence.  source_no, row_no : where it stands (0 = no single place).
    """

    code: str
    table: str
    subject: str
    text: str
    source_no: int = 0
    row_no: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row that was not used, and why; nothing of it is lost.

    row_no : as a spreadsheet shows it (header = 1); in JSON the number of the record.  value : clipped.
    subject : the person or account it seems to be about.  raw : the whole row as it stands in the file.
    by_rule : the profile sets such rows aside for a stated reason.  refused : a decision that was read, and may not
    stand.  Where it is neither, the row could not be read.
    """

    source_no: int
    table: str
    file: str
    sheet: str = ""
    row_no: int
    column: str
    value: str
    code: str
    message: str
    subject: str
    raw: str
    by_rule: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An earlier export of the same report, and what became of its records in the newer one.

    rows_used = unchanged + changed + updated + vanished.  changed : the record reads differently.  updated : it was
    open (a training not done yet, an engagement without an end), and such a record moves on.  vanished : it is no
    longer there.  new : records that only the newer export has.  matched_by : what tells one record from another.
    quarantine : rows that were not used; their row_no is that of the earlier file.
    """

    file: str
    sha256: str
    size: int
    rows_read: int
    rows_used: int
    unchanged: int
    changed: int
    updated: int
    vanished: int
    new: int
    matched_by: str
    quarantine: tuple[Quarantined, ...]

    @property
    def unread(self) -> tuple[Quarantined, ...]:
        """The rows that could not be read, so that nobody knows whether they are still there."""
        return tuple(row for row in self.quarantine if not row.by_rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccount:
    """What became of one file: every row read is either used or quarantined. Each of the three is counted by itself.

    source_no : 1-based number of the file in the order of audit.toml; stored rows carry it.  size : bytes.
    part : the sheet, or the list of a JSON file, whose rows were read; empty where a file has one alone.
    first_date, last_date : span of the table's main date among the used rows.  mapping : canonical column → where it
    was read from.  confidence : how well the format is known.  warnings : what such an export cannot show.
    earlier : the comparison with an earlier export of the same report, where one is given.
    """

    source_no: int
    table: str
    file: str
    profile: str
    confidence: str
    system: str
    report: str
    parameters: str
    extracted_on: date | None
    extracted_by: str
    covers_from: date | None
    size: int
    sha256: str
    rows_read: int
    rows_used: int
    rows_quarantined: int
    first_date: date | None
    last_date: date | None
    mapping: tuple[tuple[str, str], ...]
    ignored_columns: tuple[str, ...]
    warnings: tuple[str, ...]
    part: str = ""
    earlier: Snapshot | None = None

    def with_rejected(self, rejected: Sequence[Quarantined]) -> FileAccount:
        """The same file after a later stage refused some of its rows."""
        mine = sum(row.source_no == self.source_no for row in rejected)
        return replace(self, rows_used=self.rows_used - mine, rows_quarantined=self.rows_quarantined + mine)


def count(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun.

    >>> count(1, "person", "people"), count(1200, "record")
    ('1 person', '1,200 records')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def agreeing(number: int, one: str, several: str) -> str:
    """The verb that agrees with a count.

    >>> agreeing(1, "has", "have"), agreeing(0, "has", "have")
    ('has', 'have')
    """
    return one if number == 1 else several


def listing(items: Sequence[object], at_most: int = 5) -> str:
    """The first few of many, for a message.

    >>> listing([418, 502, 733], at_most=2)
    '418, 502 and 1 more'
    """
    shown = ", ".join(str(item) for item in items[:at_most])
    return shown if len(items) <= at_most else f"{shown} and {len(items) - at_most:,} more"


def offered(places: Sequence[object]) -> str:
    """The tail of a message that says where what is meant may lie; nothing where it lies nowhere near.

    >>> offered(["audits/acme", "audits/bolt"]), offered([])
    ('; there is one each in audits/acme, audits/bolt', '')
    """
    return f"; there is {'one' if len(places) == 1 else 'one each'} in {listing(places)}" if places else ""


def folded(address: str) -> str:
    """An e-mail address as it is compared: without regard to case, each letter in Unicode's composed form.

    >>> folded("Ava@Example.com"), folded("ΐ@example.gr") == "ΐ@example.gr"
    ('ava@example.com', True)
    """
    return unicodedata.normalize("NFC", address.casefold())


def address_of(account: str | None) -> str | None:
    """The e-mail address that an account is, as it is compared; None where it is none.

    >>> address_of("Ava@Example.com"), address_of("417"), address_of(None)
    ('ava@example.com', None, None)
    """
    return folded(account) if account and "@" in account else None
