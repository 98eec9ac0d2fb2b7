"""The rules of coverage (C1 … C15) once more: day by day, in plain Python, for one person after the other.

Written from the text of the rules alone and sharing nothing with the library, so that the two can be compared. Days are
ordinals (`date.toordinal`), sets of days are Python sets, and every name is the rules' own.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from companies import Company

Row = dict[str, Any]
Days = set[int]
Interval = tuple[int, int]

#: The last day of an interval that has no end.
NEVER = date.max.toordinal()
OPEN_FROM = date(2100, 1, 1).toordinal()
DECISION_NEEDS = {
    "explain": ("person_id", "requirement_id", "due_on"),
    "extend": ("person_id", "requirement_id", "approved_on", "new_due_on", "approved_by"),
    "link": ("account", "person_id"),
    "exclude": (),
    "withdraw": ("withdraws",),
}


def judge(company: Company, period_name: str, as_of: date | None = None) -> tuple[list[Row], list[Row]]:
    """The rows of verdicts.csv and of exceptions.csv, in their order, without `why`."""
    frame = Frame.of(company, period_name, as_of)
    verdicts: list[Row] = []
    exceptions: list[Row] = []
    for person in read_people(company, frame):
        for requirement in company.requirements:
            verdict, found = Case(frame, person, requirement).judged()
            verdicts += verdict
            exceptions += found
    verdicts.sort(key=lambda row: (row["person_id"], row["requirement_id"]))
    exceptions.sort(key=lambda row: (row["person_id"], row["requirement_id"], row["due_on"]))
    return verdicts, exceptions


# --- reading ------------------------------------------------------------------------------------------------------


def text(row: Row, column: str) -> str:
    """A cell without the spaces around it, in Unicode's composed form."""
    return unicodedata.normalize("NFC", row.get(column, "")).strip()


def day(iso: str) -> int:
    """The ordinal of an ISO date; ValueError for anything else, nothing included."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", iso):
        raise ValueError(iso)
    return date.fromisoformat(iso).toordinal()


def end_day(iso: str) -> int:
    """An end date: empty, or on or after 2100-01-01, is no end."""
    last = day(iso) if iso else NEVER
    return NEVER if last >= OPEN_FROM else last


def record_day(moment: str, zone: ZoneInfo) -> int:
    """The date of a timestamp in the audit's zone; a bare date and a timestamp without offset are in it (C6)."""
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}", moment):
        return day(moment)
    at = datetime.fromisoformat(moment)
    return (at.astimezone(zone) if at.tzinfo else at).date().toordinal()


def iso(ordinal: int | None) -> str:
    """The date, or nothing."""
    return "" if ordinal is None else date.fromordinal(ordinal).isoformat()


def interval(row: Row) -> Interval:
    """[start_date, end_date] of a people or leave row; ValueError where it cannot be read."""
    first, last = day(text(row, "start_date")), end_day(text(row, "end_date"))
    if last < first:
        raise ValueError("it ends before it starts")
    return first, last


# --- the frame: what holds for everybody --------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """A version of a policy (C9)."""

    name: str
    effective_on: int
    material: bool


@dataclass(frozen=True)
class Frame:
    """Settings, the judged window [first, last] (C1), policies, and the decisions that stand."""

    zone: ZoneInfo
    rehire_break: int
    preboarding: int
    return_days: int
    minimum_days: int
    first: int
    last: int
    as_of: int
    policies: dict[str, list[Version]]
    covers_from: dict[str, int]
    decisions: list[Row]

    @classmethod
    def of(cls, company: Company, period_name: str, as_of: date | None) -> Frame:
        period = next(p for p in company.periods if p["name"] == period_name)
        today = (as_of or default_as_of(company)).toordinal()
        if today < period["start"].toordinal():
            raise ValueError("as_of is before the period starts (C1)")
        return cls(
            zone=ZoneInfo(company.audit["time_zone"]),
            rehire_break=company.audit["rehire_break_days"],
            preboarding=company.audit["preboarding_days"],
            return_days=company.leave["return_days"],
            minimum_days=company.leave["minimum_days"],
            first=period["start"].toordinal(),
            last=min(period["end"].toordinal(), today),
            as_of=today,
            policies=read_policies(company),
            covers_from=read_covers_from(company),
            decisions=standing_decisions(company),
        )

    def about(self, kind: str, person_id: str, requirement_id: str) -> list[Row]:
        """The standing decisions of a kind about a person's requirement."""
        return self.decided.get((kind, person_id, requirement_id), [])

    @cached_property
    def decided(self) -> dict[tuple[str, str, str], list[Row]]:
        """The standing decisions by kind, person and requirement."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.decisions:
            found[text(row, "kind"), text(row, "person_id"), text(row, "requirement_id")].append(row)
        return found


def default_as_of(company: Company) -> date:
    """The day before the earliest extract of the people and of the records that some requirement needs (C1)."""
    needed = {"people"} | {records_of(requirement) for requirement in company.requirements}
    earliest = min(source.extracted_on for source in company.sources if source.table in needed)
    return date.fromordinal(earliest.toordinal() - 1)


def records_of(requirement: Row) -> str:
    """The table of the records that a requirement needs."""
    return "acknowledgements" if requirement.get("policy") else "completions"


def read_policies(company: Company) -> dict[str, list[Version]]:
    """Each policy's versions by effective_on, then by their order in the file (C9)."""
    policies: dict[str, list[Version]] = defaultdict(list)
    for row in company.rows("policies"):
        version = Version(text(row, "version"), day(text(row, "effective_on")), text(row, "material") != "false")
        policies[text(row, "policy_id")].append(version)
    return {policy: sorted(versions, key=lambda v: v.effective_on) for policy, versions in policies.items()}


def read_covers_from(company: Company) -> dict[str, int]:
    """Per table of records, the latest day from which some source of it states that it covers (C15)."""
    days: dict[str, int] = {}
    for source in company.sources:
        if source.covers_from:
            days[source.table] = max(days.get(source.table, 0), source.covers_from.toordinal())
    return days


def standing_decisions(company: Company) -> list[Row]:
    """Decisions that are whole, taken by others than the person, and not withdrawn (C11)."""
    emails = read_emails(company)
    whole = [row for row in company.rows("decisions") if is_whole(row) and is_impartial(row, emails)]
    withdrawn = {text(row, "withdraws") for row in whole if text(row, "kind") == "withdraw"}
    return [row for row in whole if text(row, "decision_id") not in withdrawn]


def is_whole(row: Row) -> bool:
    """Whether a decision has what its kind needs, dates that can be read included."""
    needs = DECISION_NEEDS.get(text(row, "kind"))
    if needs is None or not all(text(row, column) for column in ("decided_by", *needs)):
        return False
    try:
        for column in ("due_on", "approved_on", "new_due_on"):
            if text(row, column):
                day(text(row, column))
    except ValueError:
        return False
    return text(row, "kind") != "exclude" or bool(text(row, "account") or text(row, "person_id"))


def is_impartial(row: Row, emails: dict[str, set[str]]) -> bool:
    """decided_by ≠ the person; approved_by ≠ decided_by and ≠ the person."""
    person = text(row, "person_id")
    decided_by, approved_by = text(row, "decided_by").casefold(), text(row, "approved_by").casefold()
    themselves = {person.casefold(), *emails[person]} - {""}
    return decided_by not in themselves and approved_by not in themselves | {decided_by}


def read_emails(company: Company) -> dict[str, set[str]]:
    """Each person's e-mail addresses, casefolded."""
    emails: dict[str, set[str]] = defaultdict(set)
    for row in company.rows("people"):
        if text(row, "email"):
            emails[text(row, "person_id")].add(text(row, "email").casefold())
    return emails


# --- people and their records -------------------------------------------------------------------------------------


@dataclass
class Person:
    """What the tables say about one person; records are (day, row)."""

    person_id: str
    seen: list[Row] = field(default_factory=list)
    engaged: list[tuple[int, int, Row]] = field(default_factory=list)
    unreadable: bool = False
    leave: list[Interval] = field(default_factory=list)
    completions: list[tuple[int, Row]] = field(default_factory=list)
    acknowledgements: list[tuple[int, Row]] = field(default_factory=list)

    def spells(self) -> list[Interval]:
        """Rows merged where they overlap or touch (C2)."""
        return merged(((first, last) for first, last, _ in self.engaged), 0)

    def tenures(self, rehire_break: int) -> list[Interval]:
        """Spells merged over short breaks (C3)."""
        return merged(self.spells(), rehire_break)


def read_people(company: Company, frame: Frame) -> list[Person]:
    """Everybody who is not excluded, with their leave and records."""
    people: dict[str, Person] = {}
    for row in company.rows("people"):
        if not text(row, "person_id"):
            continue
        person = people.setdefault(text(row, "person_id"), Person(text(row, "person_id")))
        person.seen.append(row)
        try:
            person.engaged.append((*interval(row), row))
        except ValueError:
            person.unreadable = True
    read_leave(company, people)
    read_records(company, frame, people)
    excluded = {text(d, "person_id") for d in frame.decisions if text(d, "kind") == "exclude"}
    return [person for person in people.values() if person.person_id not in excluded]


def read_leave(company: Company, people: dict[str, Person]) -> None:
    """Leave by exact person_id; rows that cannot be read excuse nothing (C10)."""
    for row in company.rows("leave"):
        try:
            absence = interval(row)
        except ValueError:
            continue
        if text(row, "person_id") in people:
            people[text(row, "person_id")].leave.append(absence)


def read_records(company: Company, frame: Frame, people: dict[str, Person]) -> None:
    """Completions and acknowledgements of accounts that are somebody's; unreadable ones cover nothing."""
    owners = Owners(company, frame, people)
    for table, moment in (("completions", "completed_at"), ("acknowledgements", "acknowledged_at")):
        for row in company.rows(table):
            person_id = owners.of(row)
            try:
                on = record_day(text(row, moment), frame.zone)
                float(text(row, "score") or 0)
            except ValueError:
                continue
            if person_id is not None:
                getattr(people[person_id], table).append((on, row))


class Owners:
    """Whose account it is: person_id, the accounts list, e-mail, link; never a guess.

    Read to the letter: people who are excluded still own what they are called, and two different links contradict each
    other even where one of them names nobody.
    """

    def __init__(self, company: Company, frame: Frame, people: dict[str, Person]) -> None:
        self.people = people
        self.listed: dict[str, set[str]] = defaultdict(set)
        for row in company.rows("accounts"):
            self.listed[account(row)].add(text(row, "person_id"))
        self.by_email: dict[str, set[str]] = defaultdict(set)
        for person_id, emails in read_emails(company).items():
            for email in emails:
                self.by_email[email].add(person_id)
        self.linked: dict[str, set[str]] = defaultdict(set)
        self.excluded: set[str] = set()
        for row in frame.decisions:
            if text(row, "kind") == "link":
                self.linked[account(row)].add(text(row, "person_id"))
            if text(row, "kind") == "exclude":
                self.excluded.add(account(row))

    def of(self, record: Row) -> str | None:
        """The person_id, or None."""
        name = account(record)
        if not name or name in self.excluded:
            return None
        if text(record, "account") in self.people:
            return text(record, "account")
        listed = self.listed[name] & self.people.keys()
        for candidates in (listed, self.by_email[name], self.linked[name]):
            if len(candidates) == 1:
                (person_id,) = candidates
                return person_id if person_id in self.people else None
        return None


def account(row: Row) -> str:
    """An account as it is compared: an e-mail address in any letter case."""
    name = text(row, "account")
    return name.casefold() if "@" in name else name


# --- days ---------------------------------------------------------------------------------------------------------


def merged(intervals: Iterable[Interval], gap: int) -> list[Interval]:
    """Intervals joined where at most `gap` days lie between them."""
    joined: list[Interval] = []
    for first, last in sorted(intervals):
        if joined and first - joined[-1][1] - 1 <= gap:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def stretches(days: Days) -> list[Interval]:
    """Maximal stretches of consecutive days.

    >>> stretches({5, 1, 2, 6, 9})
    [(1, 2), (5, 6), (9, 9)]
    """
    firsts = sorted(d for d in days if d - 1 not in days)
    lasts = sorted(d for d in days if d + 1 not in days)
    return list(zip(firsts, lasts, strict=True))


def add_months(on: date, months: int) -> date:
    """The same day so many months later, clamped to the month's last day (C8).

    >>> add_months(date(2024, 2, 29), 12), add_months(date(2025, 12, 31), 2)
    (datetime.date(2025, 2, 28), datetime.date(2026, 2, 28))
    """
    years, month = divmod(on.month - 1 + months, 12)
    last = calendar.monthrange(on.year + years, month + 1)[1]
    return date(on.year + years, month + 1, min(on.day, last))


def renewal_day(requirement: Row, completed: int) -> int:
    """e of C8: the day on which the renewal of a completion is due; NEVER without a renewal.

    >>> campaign = {"renewal": {"due": "01-31", "opens": "12-01"}}
    >>> iso(renewal_day(campaign, day("2024-11-30"))), iso(renewal_day(campaign, day("2024-12-01")))
    ('2025-01-31', '2026-01-31')
    """
    renewal = requirement.get("renewal")
    if not renewal:
        return NEVER
    on = date.fromordinal(completed)
    if "every_months" in renewal:
        return add_months(on, renewal["every_months"]).toordinal()
    for year in range(on.year, on.year + 3):
        due = date.fromisoformat(f"{year}-{renewal['due']}")
        opens = [date.fromisoformat(f"{y}-{renewal['opens']}") for y in (year - 1, year)]
        if max(o for o in opens if o <= due) > on:
            return due.toordinal()
    raise AssertionError("one of three years' campaigns opens later")


# --- one person, one requirement ----------------------------------------------------------------------------------


def is_valid(requirement: Row, completion: Row) -> bool:
    """Whether a completion counts for a requirement, its date aside (C6)."""
    status, mark = text(completion, "status"), requirement.get("pass_mark")
    score = float(text(completion, "score")) if text(completion, "score") else None
    if text(completion, "module_id") not in requirement.get("satisfied_by", ()):
        return False
    if mark is None:
        return status in {"completed", "equivalent", "passed"}
    if status == "passed":
        return score is None or score >= mark
    return status in {"completed", "equivalent"} and score is not None and score >= mark


def acknowledgement_ends(requirement: Row, versions: list[Version], on: int, version: str) -> int:
    """e of C9; 0 for a version that the policies table does not have."""
    names = [v.name for v in versions]
    if version and version not in names:
        return 0
    in_force = max(bisect_right([v.effective_on for v in versions], on) - 1, 0)
    acknowledged = names.index(version) if version else in_force
    changes = [v.effective_on for v in versions[acknowledged + 1 :] if v.material]
    renewal = renewal_day(requirement, on)
    return min(renewal, changes[0] + requirement["due_within_days"]) if changes else renewal


@dataclass(frozen=True)
class Run:
    """A run [q0, q1] (C4), the first day s of its series, and s + due_within_days (C5)."""

    q0: int
    q1: int
    s: int
    due: int

    def required(self, until: int = NEVER) -> Days:
        """[max(q0, s + due_within_days), q1] (C5)."""
        return set(range(max(self.q0, self.due), min(self.q1, until) + 1))


@dataclass
class Case:
    """One person and one requirement."""

    frame: Frame
    person: Person
    requirement: Row

    def judged(self) -> tuple[list[Row], list[Row]]:
        """The verdict (none where no run meets W) and the exceptions."""
        f = self.frame
        self.lay_out()
        window = set(range(f.first, f.last + 1))
        records = [on for on, _ in self.records if on <= f.last]
        required = self.required & window
        gap = required - self.excused - self.covered
        name = self.verdict(window, required, gap)
        if not name:
            return [], []
        row = {
            "person_id": self.person.person_id,
            "requirement_id": self.requirement["id"],
            "verdict": name,
            "required_from": iso(min(required, default=None)),
            "last_completed_on": iso(max(records, default=None)),
            "gap_days": "" if name == "undetermined" else len(gap),
            "next_due_on": "" if name in {"undetermined", "missing"} else iso(self.next_due()),
        }
        return [row], [] if name == "undetermined" else list(self.exceptions())

    def lay_out(self) -> None:
        """Every set of days, up to a horizon after which nothing changes any more."""
        self.records = list(self.covering_records())
        self.effective = self.effective_days()
        horizon = self.horizon()
        self.in_scope = self.scope_days(horizon)
        self.runs = list(self.series())
        self.required = set().union(*(run.required() for run in self.runs))
        self.excused = self.excused_days(horizon)
        self.covered = self.covered_days(horizon)

    def effective_days(self) -> Interval:
        """[effective_from, retired_on]; a policy's is by default that of its first version (C4)."""
        first, last = self.requirement.get("effective_from"), self.requirement.get("retired_on")
        if first is None and self.requirement.get("policy"):
            first = date.fromordinal(self.frame.policies[self.requirement["policy"]][0].effective_on)
        return (first or date.min).toordinal(), last.toordinal() if last else NEVER

    def horizon(self) -> int:
        """A day after every day on which anything begins or ends: sweeping up to it is exact."""
        f = self.frame
        days = [f.last, f.as_of, *self.effective]
        days += [d for first, last, _ in self.person.engaged for d in (first, last)]
        days += [d for first, last in self.person.leave for d in (first, last + f.return_days)]
        days += [e for _, e in self.records]
        days += [day(text(d, "new_due_on")) for d in self.extensions()]
        margin: int = self.requirement["due_within_days"] + 3
        return max(d for d in days if d < NEVER) + margin

    def matches(self, row: Row) -> bool:
        """Whether one people row has all the named attributes (C4)."""
        return all(text(row, key) in values for key, values in self.requirement.get("applies_to", {}).items())

    def scope_days(self, horizon: int) -> Days:
        """The days on which the requirement applies (C4)."""
        days: Days = set()
        for first, last, row in self.person.engaged:
            if self.matches(row):
                days |= set(range(max(first, self.effective[0]), min(last, self.effective[1], horizon) + 1))
        return days

    def series(self) -> Iterator[Run]:
        """The runs; those with short breaks between them share one clock (C5)."""
        runs = stretches(self.in_scope)
        for first, last in merged(runs, self.frame.rehire_break):
            for q0, q1 in runs:
                if first <= q0 <= last:
                    yield Run(q0, q1, first, first + self.requirement["due_within_days"])

    def covering_records(self) -> Iterator[Interval]:
        """(c, e) of the records that C6 or C9 lets cover something, C7 aside."""
        r = self.requirement
        if r.get("policy"):
            for on, row in self.person.acknowledgements:
                if text(row, "policy_id") == r["policy"] and text(row, "status") in {"acknowledged", ""}:
                    e = acknowledgement_ends(r, self.frame.policies[r["policy"]], on, text(row, "version"))
                    if on < e and on <= self.frame.as_of:
                        yield on, e
        else:
            for on, row in self.person.completions:
                if on <= self.frame.as_of and is_valid(r, row):
                    yield on, renewal_day(r, on)

    def covered_days(self, horizon: int) -> Days:
        """[c, e - 1] within each tenure in which the record counts (C7, C8, C9)."""
        days: Days = set()
        for first, last in self.person.tenures(self.frame.rehire_break):
            for c, e in self.records:
                if c >= first - self.frame.preboarding:
                    days |= set(range(max(c, first), min(e - 1, last, horizon) + 1))
        return days

    def extensions(self) -> list[Row]:
        """Standing extensions approved on or before as_of (C11)."""
        found = self.frame.about("extend", self.person.person_id, self.requirement["id"])
        return [d for d in found if day(text(d, "approved_on")) <= self.frame.as_of]

    def excused_days(self, horizon: int) -> Days:
        """Leave (C10) and extensions (C11)."""
        days: Days = set()
        for first, last in self.person.leave:
            if last - first + 1 >= self.frame.minimum_days:
                days |= set(range(first, min(last + self.frame.return_days, horizon) + 1))
        for decision in self.extensions():
            approved, new_due = day(text(decision, "approved_on")), day(text(decision, "new_due_on"))
            used_up = min((c for c, _ in self.records if c >= approved), default=NEVER)
            days |= set(range(approved, min(new_due, used_up)))
        return days

    def verdict(self, window: Days, required: Days, gap: Days) -> str:
        """The first line of C12's table that fits; '' for a person outside the population."""
        f = self.frame
        if self.person.unreadable:
            meets = max(self.effective[0], f.first) <= min(self.effective[1], f.last)
            return "undetermined" if meets and any(map(self.matches, self.person.seen)) else ""
        if not self.in_scope & window:
            return ""
        if gap:
            after = {d for d in required if d > max(gap)}
            return "late" if after & self.covered else "missing"
        if not required - self.excused and required - self.covered:
            return "excused"
        if required or self.in_scope & window & self.covered:
            return "met"
        return "pending" if f.last in self.in_scope else "left"

    def next_due(self) -> int | None:
        """The first day after W that is required, not excused and not covered (C14)."""
        return min((d for d in self.required - self.excused - self.covered if d > self.frame.last), default=None)

    def exceptions(self) -> Iterator[Row]:
        """Stretches of uncovered days of one run, up to as_of, that meet W (C13)."""
        f = self.frame
        for run in self.runs:
            for first, last in stretches(run.required(until=f.as_of) - self.excused - self.covered):
                if first <= f.last and last >= f.first:
                    yield self.exception(run, first, last)

    def exception(self, run: Run, first: int, last: int) -> Row:
        """One row of exceptions.csv (C13)."""
        f = self.frame
        shown_from, shown_to = max(first, f.first), min(last, f.last)
        closed = (d for d in range(last + 1, min(run.q1, f.as_of) + 1) if d in self.covered)
        explained = f.about("explain", self.person.person_id, self.requirement["id"])
        decisions = sorted(text(d, "decision_id") for d in explained if text(d, "due_on") == iso(first))
        return {
            "person_id": self.person.person_id,
            "requirement_id": self.requirement["id"],
            "due_on": iso(first),
            "from": iso(shown_from),
            "to": iso(shown_to),
            "days": shown_to - shown_from + 1,
            "cause": self.cause(run, first),
            "ended_by": self.ended_by(run, last),
            "closed_on": iso(next(closed, None)),
            "unproven": "true" if self.unproven(first) else "false",
            "explained_by": ";".join(decisions),
        }

    def cause(self, run: Run, first: int) -> str:
        """Why it began: the first that fits (C13)."""
        if first == run.due:
            return "onboarding" if run.s in {spell[0] for spell in self.person.spells()} else "new_duty"
        if first > run.q0 and first - 1 in self.covered:
            return "renewal"
        if first > run.q0 and first - 1 in self.excused:
            return "relief_ended"
        return "returned"

    def ended_by(self, run: Run, last: int) -> str:
        """What the day after it is: the first that fits (C13)."""
        if last == run.q1:
            return "scope"
        if last + 1 in self.covered:
            return "completion"
        return "relief" if last + 1 in self.excused else "open"

    def unproven(self, due_on: int) -> bool:
        """Whether a record from before the records begin could still have covered due_on (C15)."""
        begins = self.frame.covers_from.get(records_of(self.requirement))
        return begins is not None and due_on < renewal_day(self.requirement, begins)
