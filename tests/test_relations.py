"""What must hold between two judgements, whatever the company: each relation follows from the rules, and says how.

Every relation is asked of the product, and of the oracle too: a relation that the oracle breaks was wrongly derived.
RELATIONS_PEOPLE=6000 raises the number of people, ORACLE_SEED=7000 starts with another company.
"""

from __future__ import annotations

import os
import random
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import oracle
import pytest
from companies import Company, Row, Source, earlier_day, plain, random_company, row, write

from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

SIZE = 60
FIRST_SEED = int(os.environ.get("ORACLE_SEED", "1000"))
SEEDS = range(FIRST_SEED, FIRST_SEED + max(1, int(os.environ.get("RELATIONS_PEOPLE", "120")) // SIZE))

RANK = {"met": 0, "pending": 0, "left": 0, "excused": 0, "late": 1, "missing": 2}
DATES = {
    *("start_date", "end_date", "completed_at", "effective_on", "acknowledged_at"),
    *("due_on", "approved_on", "new_due_on", "required_from", "last_completed_on", "next_due_on", "from", "to"),
    "closed_on",
}
PERSONAL = {"people", "leave", "accounts", "completions", "acknowledgements", "decisions"}

Key = tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """Verdicts by person and requirement, exceptions by due_on too."""

    verdicts: dict[Key, Row]
    exceptions: dict[Key, Row]

    def without(self, *columns: str) -> Judged:
        """The same, some columns left out of the comparison."""

        def cut(rows: dict[Key, Row]) -> dict[Key, Row]:
            return {key: {c: v for c, v in row.items() if c not in columns} for key, row in rows.items()}

        return Judged(cut(self.verdicts), cut(self.exceptions))

    def where(self, holds: Callable[[Key], bool]) -> Judged:
        """Only some people or requirements."""
        return Judged(
            {key: row for key, row in self.verdicts.items() if holds(key)},
            {key: row for key, row in self.exceptions.items() if holds(key)},
        )

    def each(self, change: Callable[[Row], Row]) -> Judged:
        """The same with every row changed, its key included."""
        return judged_rows(map(change, self.verdicts.values()), map(change, self.exceptions.values()))


def judged_rows(verdicts: Iterable[dict[str, Any]], exceptions: Iterable[dict[str, Any]]) -> Judged:
    """Rows as texts, by their keys; `why` is a sentence and not compared."""
    texts = ({c: plain(v) for c, v in r.items() if c != "why"} for r in verdicts)
    found = ({c: plain(v) for c, v in r.items()} for r in exceptions)
    return Judged(
        {(r["person_id"], r["requirement_id"]): r for r in texts},
        {(r["person_id"], r["requirement_id"], r["due_on"]): r for r in found},
    )


Judge = Callable[..., Judged]


def by_oracle(company: Company, as_of: date | None, _: Path) -> Judged:
    return judged_rows(*oracle.judge(company, "P", as_of))


def by_product(company: Company, as_of: date | None, folder: Path) -> Judged:
    found = perform(load_audit(write(company, folder)), "P", as_of=as_of)
    return judged_rows(found.verdicts, found.exceptions)


@pytest.fixture(params=[by_oracle, by_product])
def judge(request: pytest.FixtureRequest, tmp_path: Path) -> Judge:
    """Either program, as a function of a company and an as-of day; it judges each company as drawn only once."""

    def judged(company: Company, as_of: date | None = None) -> Judged:
        key = (request.param, id(company))
        if as_of is None and key in BEFORE:
            return BEFORE[key]
        result: Judged = request.param(company, as_of, tmp_path / str(len(list(tmp_path.iterdir()))))
        if as_of is None and id(company) in {id(kept) for seed in SEEDS for kept in (drawn(seed), drawn_simple(seed))}:
            BEFORE[key] = result
        return result

    return judged


BEFORE: dict[tuple[Any, int], Judged] = {}


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def company(seed: int) -> Company:
    return drawn(seed)


@pytest.fixture
def simple(seed: int) -> Company:
    """The company without extensions: a completion may use one up, and so have more days to answer for (C11)."""
    return drawn_simple(seed)


@cache
def drawn(seed: int) -> Company:
    return random_company(seed, SIZE)


@cache
def drawn_simple(seed: int) -> Company:
    return changed(drawn(seed), lambda _, r: [] if r.get("kind") == "extend" else [r])


# --- changing a company ---------------------------------------------------------------------------------------------


def changed(company: Company, change: Callable[[str, Row], list[Row]]) -> Company:
    """Each row replaced by any number of rows; a file that is left without rows is dropped."""
    sources = [replace(s, rows=[new for r in s.rows for new in change(s.table, dict(r))]) for s in company.sources]
    return replace(company, sources=[source for source in sources if source.rows])


def added(company: Company, table: str, rows: list[Row]) -> Company:
    """Rows in a file of their own, extracted after all the others: as_of stays what it is."""
    latest = max(source.extracted_on for source in company.sources)
    return replace(company, sources=[*company.sources, Source(table, rows, latest)]) if rows else company


def renamed(company: Company) -> Company:
    """The same company with other people: ids, addresses and accounts have a z in front."""
    people = list(company.rows("people"))
    names = {oracle.text(r, c).casefold() for r in people for c in ("person_id", "email")} - {""}

    def rename(_: str, r: Row) -> list[Row]:
        for column in ("person_id", "email", "account", "decision_id", "withdraws"):
            if r.get(column):
                r[column] = z(r[column])
        for column in ("decided_by", "approved_by"):
            if oracle.text(r, column).casefold() in names:
                r[column] = z(r[column])
        return [r]

    return changed(company, rename)


def z(name: str) -> str:
    return "z" + unicodedata.normalize("NFC", name).strip()


def with_z(r: Row) -> Row:
    """A verdict or an exception of the renamed company."""
    ids = ";".join(f"z{name}" for name in r.get("explained_by", "").split(";") if name)
    return r | {"person_id": z(r["person_id"])} | ({"explained_by": ids} if "explained_by" in r else {})


def ids(company: Company) -> list[str]:
    return sorted({oracle.text(r, "person_id") for r in company.rows("people")} - {""})


def first_days(company: Company) -> dict[str, date]:
    """The first day of each person's first readable engagement."""
    days: dict[str, date] = {}
    for r in company.rows("people"):
        try:
            first = date.fromordinal(oracle.interval(r)[0])
        except ValueError:
            continue
        days[oracle.text(r, "person_id")] = min(first, days.get(oracle.text(r, "person_id"), first))
    return days


def proofs(person_id: str, requirement: dict[str, Any], day: date) -> tuple[str, Row]:
    """A record that covers something, whatever the mark: an acknowledgement, or a test passed with 100."""
    if "policy" in requirement:
        cells = {"policy_id": requirement["policy"], "acknowledged_at": day.isoformat(), "status": "acknowledged"}
        return "acknowledgements", row("acknowledgements", account=person_id, **cells)
    cells = {"module_id": requirement["satisfied_by"][0], "completed_at": day.isoformat()}
    return "completions", row("completions", account=person_id, status="passed", score="100", **cells)


def with_proofs(company: Company, days: dict[str, date], dice: random.Random) -> Company:
    """One more record for each of these people, each for some requirement."""
    records = [proofs(person, dice.choice(company.requirements), day) for person, day in days.items()]
    for table in ("completions", "acknowledgements"):
        company = added(company, table, [r for t, r in records if t == table])
    return company


def assert_never_worse(after: Judged, before: Judged) -> None:
    """No verdict worse, no gap longer, nothing due earlier than before."""
    assert after.verdicts.keys() == before.verdicts.keys()
    for key, new in after.verdicts.items():
        old = before.verdicts[key]
        if old["verdict"] == "undetermined":
            assert new["verdict"] == "undetermined"
            continue
        assert RANK[new["verdict"]] <= RANK[old["verdict"]], (old, new)
        assert int(new["gap_days"]) <= int(old["gap_days"]), (old, new)
        if old["verdict"] != "missing" and new["next_due_on"]:
            assert "" < old["next_due_on"] <= new["next_due_on"], (old, new)


# --- nothing but the facts matters ----------------------------------------------------------------------------------


def test_strangers_change_nobody_else(judge: Judge, company: Company) -> None:
    """Every rule speaks of one person."""
    cells = {"worker_type": "employee", "start_date": "2020-01-01", "email": "z@elsewhere.example"}
    more = added(company, "people", [row("people", person_id="Z1", **cells)])
    more = added(more, "leave", [row("leave", person_id="Z1", start_date="2023-01-01")])
    more = with_proofs(more, {"Z1": company.periods[0]["start"]}, random.Random(0))
    assert judge(more).where(lambda key: key[0] != "Z1") == judge(company)


def test_order_of_rows_columns_and_files_is_nothing(judge: Judge, company: Company, seed: int) -> None:
    """Only a policy's versions of one day are ordered by the file (C9), so that file keeps its order."""
    dice = random.Random(seed)
    sources = []
    for source in reversed(company.sources):
        rows = [dict(reversed(r.items())) for r in source.rows]
        sources.append(replace(source, rows=rows if source.table == "policies" else dice.sample(rows, len(rows))))
    assert judge(replace(company, sources=sources)) == judge(company)


def test_files_may_be_split(judge: Judge, company: Company) -> None:
    """A table is the rows of all its files."""
    halves = []
    for source in company.sources:
        half = len(source.rows) // 2
        halves += [replace(source, rows=part) for part in (source.rows[:half], source.rows[half:]) if part]
    assert judge(replace(company, sources=halves)) == judge(company)


def test_records_may_come_twice(judge: Judge, company: Company) -> None:
    """A union of covers has each day once (C8)."""
    records = ("completions", "acknowledgements")
    assert judge(changed(company, lambda table, r: [r, r] if table in records else [r])) == judge(company)


def test_other_columns_are_only_printed(judge: Judge, company: Company) -> None:
    """No rule asks for a name, a manager, a title or a kind of leave."""
    printed = {"name": "=1+1", "manager_email": "boss@firm.example", "title": "<b>", "method": "online"}

    def change(table: str, r: Row) -> list[Row]:
        other = {column: text for column, text in printed.items() if column in r}
        return [r | other | ({"kind": "parental"} if table == "leave" else {})]

    assert judge(changed(company, change)) == judge(company)


def test_names_are_only_names(judge: Judge, company: Company) -> None:
    """Other ids of people, accounts and requirements: the same rows under them."""
    requirements = [requirement | {"id": f"z{requirement['id']}"} for requirement in company.requirements]
    other = changed(renamed(company), lambda _, r: [r | {k: f"z{r[k]}" for k in ("requirement_id",) if r.get(k)}])
    expected = judge(company).each(lambda r: with_z(r) | {"requirement_id": f"z{r['requirement_id']}"})
    assert judge(replace(other, requirements=requirements)) == expected


def test_two_companies_in_one_are_both(judge: Judge, company: Company) -> None:
    """The union of disjoint companies has the union of their rows."""
    twin = [source for source in renamed(company).sources if source.table in PERSONAL]
    one = judge(company)
    other = one.each(with_z)
    both = Judged(one.verdicts | other.verdicts, one.exceptions | other.exceptions)
    assert judge(replace(company, sources=[*company.sources, *twin])) == both


def test_a_requirement_under_two_names_is_judged_twice(judge: Judge, company: Company) -> None:
    """One record may serve several requirements (C6)."""
    first = company.requirements[0]
    twin = replace(company, requirements=[*company.requirements, first | {"id": "twin"}])

    def copied(_: str, r: Row) -> list[Row]:
        if r.get("requirement_id") != first["id"]:
            return [r]
        return [r, r | {"requirement_id": "twin", "decision_id": f"{r['decision_id']}t"}]

    def untwinned(r: Row) -> Row:
        names = r.get("explained_by", "").replace("t", "")
        return r | {"requirement_id": first["id"]} | ({"explained_by": names} if "explained_by" in r else {})

    withdrawals = [
        r | {"decision_id": f"{r['decision_id']}t", "withdraws": f"{r['withdraws']}t"}
        for r in company.rows("decisions")
        if r["kind"] == "withdraw"
    ]
    found = judge(added(changed(twin, copied), "decisions", withdrawals))
    assert found.where(lambda key: key[1] == "twin").each(untwinned) == found.where(lambda key: key[1] == first["id"])
    assert found.where(lambda key: key[1] != "twin") == judge(company)


def test_all_may_happen_28_years_later(judge: Judge, company: Company) -> None:
    """28 years are a whole number of weeks and of leap years: the clocks change on the same days as well."""
    shifted = changed(company, lambda _, r: [r | {c: later(r[c]) for c in DATES & r.keys()}])
    sources = [
        replace(s, extracted_on=in_28_years(s.extracted_on), covers_from=s.covers_from and in_28_years(s.covers_from))
        for s in shifted.sources
    ]
    moved = [{k: in_28_years(v) if isinstance(v, date) else v for k, v in r.items()} for r in company.requirements]
    period = {k: in_28_years(v) if isinstance(v, date) else v for k, v in company.periods[0].items()}
    future = replace(shifted, sources=sources, requirements=moved, periods=[period])
    assert judge(future) == judge(company).each(lambda r: r | {c: later(r[c]) for c in DATES & r.keys()})


def in_28_years(day: date) -> date:
    return day.replace(year=day.year + 28)


def later(moment: str) -> str:
    """An ISO date or timestamp, 28 years later; what begins in 2072 or after it stays: it is as good as no end."""
    if not re.match(r"\d{4}-\d\d-\d\d", moment) or moment >= "2072":
        return moment
    return f"{int(moment[:4]) + 28}{moment[4:]}"


# --- more of it helps, or at least does no harm ---------------------------------------------------------------------


def test_another_record_never_worsens(judge: Judge, simple: Company, seed: int) -> None:
    """covered only grows, so the gap only shrinks (C12); and the covered day after the last gap day stays (late)."""
    dice = random.Random(seed)
    start, last = simple.periods[0]["start"].toordinal(), oracle.default_as_of(simple).toordinal()
    days = {person: date.fromordinal(dice.randint(start - 300, last)) for person in ids(simple)}
    assert_never_worse(judge(with_proofs(simple, days, dice)), judge(simple))


def test_more_leave_never_worsens(judge: Judge, company: Company, seed: int) -> None:
    """excused only grows (C10)."""
    dice = random.Random(seed)
    start = company.periods[0]["start"]
    leave = []
    for person in ids(company):
        first = start + timedelta(days=dice.randint(-60, 300))
        last = first + timedelta(days=dice.choice((0, 13, 14, 15, 60)))
        leave.append(row("leave", person_id=person, start_date=first.isoformat(), end_date=last.isoformat()))
    assert_never_worse(judge(added(company, "leave", leave)), judge(company))


@pytest.mark.parametrize("days", [1, 100])
def test_a_later_deadline_never_lengthens_a_gap(judge: Judge, simple: Company, days: int) -> None:
    """required only shrinks (C5), and an old version's cover only grows (C9).

    A late verdict may become missing: the covered days after the gap may be those that are not required any more.
    """
    easier = [r | {"due_within_days": r["due_within_days"] + days} for r in simple.requirements]
    before, after = judge(simple).verdicts, judge(replace(simple, requirements=easier)).verdicts
    assert after.keys() == before.keys()
    assert all(int(r["gap_days"] or 0) <= int(before[key]["gap_days"] or 0) for key, r in after.items())


# --- what changes nothing -------------------------------------------------------------------------------------------


def test_records_before_preboarding_are_ignored(judge: Judge, simple: Company, seed: int) -> None:
    """They count in no tenure (C7); only last_completed_on shows them."""
    early = timedelta(days=simple.audit["preboarding_days"] + 1)
    records = with_proofs(simple, {p: day - early for p, day in first_days(simple).items()}, random.Random(seed))
    assert judge(records).without("last_completed_on") == judge(simple).without("last_completed_on")


def test_explanations_change_no_verdict(judge: Judge, company: Company) -> None:
    """They are printed beside the exception (C13)."""
    before = judge(company)
    decisions = []
    for n, (person, requirement, due_on) in enumerate(before.exceptions):
        cells = {"decision_id": f"X{n}", "decided_by": "grc-lead", "reason_code": "absence", "reason": "was ill"}
        about = {"person_id": person, "requirement_id": requirement, "due_on": due_on}
        decisions.append(row("decisions", kind="explain", **cells, **about))
    after = judge(added(company, "decisions", decisions))
    assert after.without("explained_by") == before.without("explained_by")
    explained = [r["explained_by"].split(";")[-1] for r in after.exceptions.values()]
    assert sorted(explained) == sorted(f"X{n}" for n in range(len(decisions)))


def test_a_withdrawn_extension_never_was(judge: Judge, company: Company) -> None:
    """As if it had never been, whenever it was withdrawn (C11)."""
    extensions = [r for r in company.rows("decisions") if r["kind"] == "extend"][::2]
    gone = {r["decision_id"] for r in extensions}
    cells = {"kind": "withdraw", "decided_by": "grc-lead", "reason": "a mistake"}
    withdrawals = [row("decisions", decision_id=f"W{name}", withdraws=name, **cells) for name in sorted(gone)]
    without = changed(company, lambda _, r: [] if r.get("decision_id") in gone else [r])
    assert judge(added(company, "decisions", withdrawals)) == judge(without)


def test_a_leaver_after_as_of_has_not_left(judge: Judge, company: Company) -> None:
    """Days up to as_of and the day after it are as before; only what is due later may be no more (C14)."""
    last = oracle.default_as_of(company) + timedelta(days=200)
    engagements = [oracle.text(r, "person_id") for r in company.rows("people")]

    def give_notice(table: str, r: Row) -> list[Row]:
        alone = table == "people" and engagements.count(oracle.text(r, "person_id")) == 1
        started = alone and "2" < r["start_date"] < last.isoformat()
        return [r | ({"end_date": last.isoformat()} if started and r["end_date"] == "" else {})]

    after, before = judge(changed(company, give_notice)), judge(company)
    assert after.without("next_due_on") == before.without("next_due_on")


def test_excluded_people_are_gone_and_nobody_else(judge: Judge, company: Company) -> None:
    """Of people whose accounts and addresses are only theirs: whose records the others' are stays as it is."""
    shared = {oracle.text(r, "person_id") for t in ("accounts", "decisions") for r in company.rows(t)}
    owners: dict[str, set[str]] = {}
    for r in company.rows("people"):
        owners.setdefault(r["email"].casefold(), set()).add(oracle.text(r, "person_id"))
    shared |= {person for email, people in owners.items() if email and len(people) > 1 for person in people}
    gone = sorted(set(ids(company)) - shared)[:5]
    assert gone
    cells = {"kind": "exclude", "decided_by": "grc-lead", "reason": "a test user", "reason_code": "test user"}
    exclusions = [row("decisions", decision_id=f"X{n}", person_id=p, **cells) for n, p in enumerate(gone)]
    found = judge(added(company, "decisions", exclusions))
    assert found == judge(company).where(lambda key: key[0] not in gone)


def test_time_removes_no_exception(judge: Judge, company: Company, seed: int) -> None:
    """What is known later covers or excuses later days only, so that the days up to the earlier as_of stay as they are.

    The judged window may grow: an exception goes on longer than was known, it does not begin on another day.
    """
    before, after = judge(company, earlier_day(company, seed)), judge(company)
    for key, old in before.exceptions.items():
        new = after.exceptions[key]
        same = ("from", "cause", "unproven", "explained_by")
        assert [new[column] for column in same] == [old[column] for column in same]
        assert int(new["days"]) >= int(old["days"])


def test_nothing_known_after_the_period_changes_a_verdict(judge: Judge, company: Company) -> None:
    """A completion after the period closes an exception, and the verdict stays (C13)."""
    end = company.periods[0]["end"]
    if oracle.default_as_of(company) > end:
        now, then = judge(company), judge(company, end)
        assert now.without("next_due_on").verdicts == then.without("next_due_on").verdicts
        assert now.exceptions.keys() == then.exceptions.keys()
