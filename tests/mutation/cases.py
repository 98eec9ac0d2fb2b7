"""What judges a mutant of a statement in a moment: companies whose right answers the tests know, loaded once.

Of each company only the relations from the mutated statement on are made again, in a transaction that is taken back.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import oracle
import oracle_forecast
import oracle_trace
import test_forecast
import test_northwind
import test_readings
import test_trace
from companies import Company, earlier_day, random_company, write
from folders import make
from test_identity import DESCRIBED, EXCLUDED, HEARD_OF, WHOSE, claimed, in_two_files
from test_oracle import EXCEPTION_COLUMNS, SIZE, STRAY, TORN, VERDICT_COLUMNS, YEARLY, differences, small
from test_rare import RARE, UNREADABLE, a_robot, versions_in_two_files
from test_trace import CHAINS
from test_why import SENTENCES, SEVERAL, several

from workbook_lib import coverage, forecast, identity, intake, readings, register
from workbook_lib.audit import load_audit, window
from workbook_lib.engine import Engine

#: Seconds after which a mutant that does not end is stopped; that is noticed, too.
PATIENCE = 20
WORD = re.compile(r"\w+")
#: Which relations the tests compare with answers of their own, and which columns of them.
BY_ORACLE = {
    "verdicts": VERDICT_COLUMNS,
    "exceptions": EXCEPTION_COLUMNS,
    "verdict": ["verdict"],
    "exception": ["cause"],
}
BY_STORY = {"verdicts": list(test_northwind.COMPARED), "exceptions": list(test_northwind.EXCEPTION)}
BY_RARITY = {"verdicts": VERDICT_COLUMNS, "exceptions": EXCEPTION_COLUMNS}
BY_CHAIN = {"trace": ["due_on", "why_due_then"]}
BY_CHAINS = {"trace": ["person_no", "requirement_no", "due_on", "why_due_then"]}
BY_SENTENCE = {"verdicts": ["why"]}
BY_SENTENCES = {"verdicts": ["person_id", "requirement_id", "why"]}
BY_VERSION = {"policy_version": ["version", "in_force_from", "in_force_to"]}
BY_DESCRIPTION = {"everybody": ["person_id", "name", "email", "role", "is_excluded"]}
BY_MAPPING = {"account_person": ["account", "person_no", "via", "in_system"]}
BY_SYSTEM = {"account_person": ["account", "in_system", "has_records"]}
#: How many random companies are asked, each on two as-of days.
COMPANIES = int(os.environ.get("ORACLE_PEOPLE", "1200")) // SIZE


class UnchangedError(Exception):
    """A mutant makes the very rows that the right statement makes."""


class Bench(Engine):
    """An engine that notes in which order relations are made, and can use another text for a statement."""

    _until = float("inf")

    def __init__(self) -> None:
        super().__init__()
        self._execute("SET threads = 1")
        self.order: list[tuple[str, str]] = []
        self.swapped: dict[str, str] = {}
        self.expected: dict[str, object] = {}

    def make(self, name: str, statement: str) -> None:
        self.order.append((name, statement))
        super().make(name, self.swapped.get(statement, statement))
        if statement in self.swapped and self.expected.get(statement) == self.print_of(name):
            raise UnchangedError

    def rows(self, query: str) -> list[Any]:
        return super().rows(self.swapped.get(query, query))

    def load(self, name: str, columns: Any, rows: Any) -> None:
        self.order.append((name, ""))
        super().load(name, columns, rows)

    def print_of(self, name: str, columns: list[str] | None = None) -> object:
        """What changes when the rows of a relation do; their order is nothing."""
        chosen = ", ".join(f'"{column}"' for column in columns) if columns else "*"
        return self.rows(
            f"SELECT COUNT(*), SUM(CAST(HASH(CAST(seen AS VARCHAR)) AS HUGEINT)) FROM (SELECT {chosen} FROM {name}) seen"
        )

    @contextmanager
    def attempt(self, mutant: dict[str, str]) -> Iterator[None]:
        """Use other texts, take back what is made inside, and stop what takes too long."""
        watch = threading.Timer(PATIENCE, self._connection.interrupt)
        self.swapped = mutant
        self._execute("BEGIN")
        self._until = time.monotonic() + PATIENCE
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            self._until = float("inf")
            self._execute("ROLLBACK")
            self._execute("SET search_path = 'main'")
            self.swapped, self._schema = {}, ""

    def _execute(self, statement: str, values: Any = ()) -> Any:
        """What goes from statement to statement for ever is stopped, too."""
        if time.monotonic() > self._until:
            raise duckdb.InterruptException("it does not end")
        return super()._execute(statement, values)


class Case:
    """One company on one as-of day, judged; `defended` are the relations and columns whose values a test knows."""

    def __init__(self, folder: Path, defended: dict[str, list[str]], period: str, as_of: date | None = None) -> None:
        self.audit, self.defended, self.engine = load_audit(folder), defended, Bench()
        self.days = window(self.audit, period, as_of)
        received = intake.read(self.audit, self.engine)
        decided = register.admit(self.engine, self.audit)
        self.engine.order.clear()
        identity.resolve(self.engine, (*received.quarantine, *decided.refused))
        coverage.judge(self.engine, self.audit, self.days)
        if "trace" in defended:
            coverage.trace(self.engine, self.audit)
        self.order = list(self.engine.order)
        self.right = {name: self.engine.print_of(name) for name, _ in self.order}
        self.known = self.answers()

    def answers(self) -> list[object]:
        """What the tests look at."""
        return [
            *(self.engine.rows(f"SELECT COUNT(*) FROM ({wrong}) wrong") for wrong in (TORN, STRAY)),
            *(self.engine.print_of(name, columns) for name, columns in self.defended.items()),
        ]

    def try_out(self, statement: str, mutant: str) -> tuple[bool, list[str]]:
        """Whether the tests know better than the mutant; and the relations that it changes."""
        changed: list[str] = []
        first = next((place for place, (_, text) in enumerate(self.order) if text == statement), len(self.order))
        with self.engine.attempt({statement: mutant}):
            for name, text in self.order[first:]:
                if changed and text and not set(changed) & set(WORD.findall(text)):
                    continue
                if text or name == "renewal":
                    self.engine.drop(name)
                    self.engine.make(name, text) if text else coverage.load_renewals(self.engine, self.audit)
                changed += [name] if self.engine.print_of(name) != self.right[name] else []
                if not changed:
                    break
            return bool(changed) and self.answers() != self.known, changed


class ReadingsCase(Case):
    """A company that is judged under the other readings of "annual", too; the whole chapter is made again."""

    def __init__(self, folder: Path, period: str, as_of: date | None = None) -> None:
        super().__init__(folder, {}, period, as_of)
        with self.engine.attempt({}):
            self.known = self.read()
            once = ("annual_record", "last_accountable", "last_record", "reading", "flip")
            for name in once:  # they are there still, while those of a schema of its own are made and gone
                text = (coverage.RULES / "readings" / f"{name}.sql").read_text(encoding="utf-8")
                self.engine.expected[text] = self.engine.print_of(name)

    def read(self) -> list[object]:
        readings.judge(self.engine, self.audit, self.days)
        told = [sorted(lines) for lines in test_readings.told_by(self.engine)]
        return [told, *(self.engine.print_of(name) for name in ("reading", "flip"))]

    def try_out(self, statement: str, mutant: str) -> tuple[bool, list[str]]:
        try:
            with self.engine.attempt({statement: mutant}):
                now = self.read()
        except UnchangedError:
            return False, []
        return now[0] != self.known[0], ["reading"] if now != self.known else []


class ForecastCase(Case):
    """A company that is judged up to the period's end, too, under both assumptions."""

    def __init__(self, folder: Path, period: str, as_of: date | None = None) -> None:
        super().__init__(folder, {}, period, as_of)
        with self.engine.attempt({}):
            self.foretold = self.foresee()
            self.right = self.prints()

    def foresee(self) -> oracle_forecast.Forecast:
        forecast.project(self.engine, self.audit, self.days)
        return test_forecast.foretold(self.engine)

    def prints(self) -> dict[str, object]:
        return {name: self.engine.print_of(name) for name in ("forecast", "assumed")}

    def try_out(self, statement: str, mutant: str) -> tuple[bool, list[str]]:
        with self.engine.attempt({statement: mutant}):
            known = self.foresee() != self.foretold
            now = self.prints()
        return known, [name for name in now if now[name] != self.right[name]]


def judges_of(rule: str) -> Callable[[Path], Iterator[Case]]:
    """The companies for a statement, those that find most first; they are written into an empty folder."""
    return {"trace": _trace, "readings": _readings, "forecast": _forecast}.get(rule.partition("/")[0], _coverage)


def _coverage(room: Path) -> Iterator[Case]:
    for seed in range(COMPANIES):
        company = random_company(seed, SIZE)
        folder = written(company, room)
        for as_of in (None, earlier_day(company, seed)):
            case = Case(folder, BY_ORACLE, "P", as_of)
            for ours, (name, columns) in zip(oracle.judge(company, "P", as_of), BY_ORACLE.items(), strict=False):
                theirs = case.engine.dicts(f"SELECT * FROM {name}")
                if report := differences(company, ours, theirs, columns):
                    raise AssertionError(f"without any mutant the oracle disagrees: {report}")
            yield case
    for defended, examples in ((BY_RARITY, RARE), (BY_CHAIN, CHAINS), (BY_SENTENCE, SENTENCES)):
        for facts, _ in examples.values():
            yield Case(written(small(*(dict(fact) for fact in facts)), room), defended, "2025")
    for facts, _ in SEVERAL.values():
        yield Case(written(several(*facts), room), BY_SENTENCES, "2025")
    yield Case(written(a_robot(), room), BY_RARITY, "2025")
    retired = YEARLY | {"retired_on": date(2024, 12, 31)}
    yield Case(written(small(retired, *map(dict, UNREADABLE)), room), BY_RARITY, "2025")
    yield Case(written(versions_in_two_files(), room), BY_RARITY | BY_VERSION, "2025")
    for account, more, _ in WHOSE:
        yield Case(make(Path(tempfile.mkdtemp(dir=room)), claimed(account, more)), BY_MAPPING, "2025")
    for changes, defended in ((HEARD_OF, BY_SYSTEM), (EXCLUDED, BY_MAPPING), (DESCRIBED, BY_DESCRIPTION)):
        yield Case(make(Path(tempfile.mkdtemp(dir=room)), changes), defended, "2025")
    yield Case(in_two_files(Path(tempfile.mkdtemp(dir=room))), BY_DESCRIPTION, "2025")
    yield Case(test_northwind.NORTHWIND, BY_STORY, "2025")


def _trace(room: Path) -> Iterator[Case]:
    for seed in test_trace.SEEDS:
        company = random_company(seed, SIZE)
        as_of = earlier_day(company, seed) if seed % 2 else None
        case = Case(written(company, room), BY_CHAINS, "P", as_of)
        if test_trace.chains_in(case.engine) != oracle_trace.chains(company, "P", as_of):
            raise AssertionError(f"without any mutant the oracle of the chains disagrees: company {seed}")
        yield case
    for facts, _ in CHAINS.values():
        yield Case(written(small(*(dict(fact) for fact in facts)), room), BY_CHAIN, "2025")


def _forecast(room: Path) -> Iterator[Case]:
    for seed in test_forecast.SEEDS:
        company = random_company(seed, test_forecast.SIZE)
        as_of = earlier_day(company, seed)
        case = ForecastCase(written(company, room), "P", as_of)
        if case.foretold != oracle_forecast.foresee(company, "P", as_of):
            raise AssertionError(f"without any mutant the oracle of the forecast disagrees: company {seed}")
        yield case


def _readings(room: Path) -> Iterator[Case]:
    for seed in test_readings.SEEDS[: COMPANIES // 2]:
        company = random_company(seed, SIZE)
        as_of = earlier_day(company, seed) if seed % 2 else None
        case = ReadingsCase(written(company, room), "P", as_of)
        if case.known[0] != [sorted(lines) for lines in test_readings.told(company, as_of)]:
            raise AssertionError(f"without any mutant the oracle of the readings disagrees: company {seed}")
        yield case
    for facts, _ in test_readings.EXAMPLES.values():
        yield ReadingsCase(written(small(*(dict(fact) for fact in facts)), room), "2025")


def written(company: Company, room: Path) -> Path:
    """The folder of a company, in a new place in `room`; an export without a row is left out."""
    whole = replace(company, sources=[source for source in company.sources if source.rows])
    return write(whole, Path(tempfile.mkdtemp(dir=room)) / "company")
