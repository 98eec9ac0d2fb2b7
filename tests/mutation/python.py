"""Would the tests notice a mistake in a module? Each is mutated, and the tests that use the mutated function are run.

PYTHONPATH=.:tests python -m mutation.python ROOM [MODULE ...] [--share 1/4] [--again FILE] [--seconds 12]

ROOM is one of ROOMS. The tests are collected once and run once, to learn which run which lines and how long they take. For
each mutant a process is forked, in which the function's code is exchanged, and those that run the mutated statement are asked
until one fails: first those that noticed other mutants of the function, then those that are quick and run what few others
run, of the function, of the module and of all. What a module computes when it is imported cannot be exchanged so: there pytest runs anew on a copy of the project.
--share 1/4 does the first of every four mutants; --again those that survived in a run whose output FILE holds.
--seconds is how long the tests may take that one mutant is given. --learned FILE keeps what was learned for further runs of
rooms with the same tests; tests that it does not know are learned in addition. Delete it where a module or a test was changed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutation.exchange import code_of, forget, function_of, rebind, values_of
from mutation.programs import Mutant, mutants

PROJECT = Path(__file__).parents[2]
LIBRARY = PROJECT / "workbook_lib"
#: The tests of all that reads files.
INTAKE = (
    "test_values test_date_formats test_opening test_mapping test_grammar test_intake test_files test_bulk test_snapshots "
    "test_closing_lines test_ragged_rows "
    "test_spreadsheets test_roster_profiles test_training_profiles test_profiles test_new test_proposal test_recognition "
    "test_audit test_lookalikes test_bad_inputs test_advice test_strangers"
)
#: Room → its modules, and the tests that defend them.
ROOMS: dict[str, tuple[str, str]] = {
    "values": ("intake.values", INTAKE),
    "csv": ("intake.csv_records intake.columns", INTAKE),
    "dates": ("intake.date_formats", "test_date_formats"),
    "ledger": ("ledger", "test_ledger test_decide"),
    "reading": (
        "intake.mapping intake.reading intake.opening intake.remarks intake.files intake.cancelling intake.pairs intake "
        "intake.advice intake.closing_lines intake.strangers intake.days intake.day_order intake.contradictions",
        INTAKE,
    ),
    "bulk": ("intake.bulk intake.parquet", INTAKE),
    "profiles": ("intake.profile intake.profile_file intake.recognition intake.proposal intake.survey", INTAKE),
    "formats": ("intake.json_records intake.spreadsheet intake.snapshots", INTAKE),
    "judgement": (
        "coverage tables register.standing register.admission",
        "test_tables test_coverage test_trace test_why test_oracle test_rare test_register test_decide test_identity "
        "test_northwind test_intake test_snapshots",
    ),
}
#: The tests that a mutant is given, at most.
MOST = 250
#: The exit code of a process that broke; more than the number of tests.
BROKEN = 255
#: The cost of a test that fails by itself when it is watched.
NEVER = 1e9
#: Test → how long it takes, and the lines that it runs.
Learned = dict[str, tuple[float, set[tuple[str, int]]]]


class Judge:
    """A plug-in for pytest that runs the collected tests against mutants."""

    def __init__(self, chosen: argparse.Namespace, scratch: Path) -> None:
        self.chosen, self.scratch = chosen, scratch
        self.uses: dict[tuple[str, int], set[int]] = {}
        self.costs: list[float] = []
        #: Lines → what each test, for its time, tells of them.
        self.worths: dict[tuple[str, int, int], list[float]] = {}
        self.total: Counter[str] = Counter()
        #: How often a test noticed a mutant of a function.
        self.noticed: Counter[tuple[str, int]] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        report = self.chosen.learned or self.scratch / "learned"
        known: Learned = pickle.loads(report.read_bytes()) if report.exists() else {}
        if _forked(lambda: report.write_bytes(pickle.dumps(known | self.learn(known))) and 0, 3600):
            raise RuntimeError("the tests fail without any mutant")
        known = pickle.loads(report.read_bytes())
        self.costs = [known[item.nodeid][0] for item in self.items]
        for no, item in enumerate(self.items):
            for place in known[item.nodeid][1]:
                self.uses.setdefault(place, set()).add(no)
        print(f"{len(self.items)} tests, {self.costs.count(NEVER)} of which cannot be used", flush=True)
        first, step = map(int, self.chosen.share.split("/"))
        for name in self.chosen.modules:
            module = importlib.import_module(f"workbook_lib.{name}")
            found = mutants(Path(str(module.__file__)).read_text(encoding="utf-8"))
            if self.chosen.again:
                found = [mutant for mutant in found if mutant.change in self.chosen.again.read_text(encoding="utf-8")]
            self.judge_module(name, module, found[first - 1 :: step])
        score = self.total["killed"] / max(1, self.total["killed"] + self.total["survived"])
        print(f"all: {dict(self.total)}; score {score:.1%}", flush=True)
        return True

    def learn(self, known: Learned) -> Learned:
        """How long each test takes that is not known yet, and which lines it runs. Runs in a process of its own."""
        learned: Learned = {}
        for item in self.items:
            if item.nodeid not in known:
                seen, watch = _watch(self.chosen.watched)
                forget()
                begun = time.process_time()
                sys.settrace(watch)
                failed = _fails(item)
                sys.settrace(None)
                learned[item.nodeid] = (time.process_time() - begun if not failed else NEVER), seen
        return learned

    def judge_module(self, name: str, module: Any, found: list[Mutant]) -> None:
        counted: Counter[str] = Counter()
        for mutant in found:
            fate = self.fate(module, Path(str(module.__file__)), mutant)
            counted[fate.split()[0]] += 1
            if fate.startswith("survived"):
                print(f"SURVIVED {name}, {mutant}: {fate}", flush=True)
        self.total += counted
        print(f"{name}: {dict(counted)}", flush=True)

    def fate(self, module: Any, path: Path, mutant: Mutant) -> str:
        function, place = function_of(module, mutant.function), f"{path} {mutant.function}"
        used = self.users(path, mutant.lines)
        if not function or not self.users(path, _lines(function.__code__)):
            # It is the module's own level, or called while the module is imported: whoever reads the name is asked.
            function, used = None, self.readers(path, mutant)
        asked, seconds = [], 0.0
        lines = _lines(function.__code__) if function else set(mutant.lines)
        for no in self.order(used, place, path, lines):
            seconds += self.costs[no]
            if self.costs[no] < NEVER and len(asked) < MOST and (seconds < self.chosen.seconds or not asked):
                asked.append(no)
        code = code_of(mutant, path) if function else None
        values = {} if function else values_of(module, path, mutant)
        patience, anew = int(30 + 3 * seconds), False
        if function and code and len(code.co_freevars) == len(function.__code__.co_freevars):
            killed = _forked(lambda: self.run(asked, lambda: setattr(function, "__code__", code)), patience)
        elif values:
            killed = _forked(lambda: self.run(asked, lambda: rebind(module, values)), patience)
        else:
            anew, killed = True, self.run_anew(path, mutant, asked) if asked else 0
        if 0 < killed <= len(asked) and not anew:
            self.noticed[place, asked[killed - 1]] += 1
        return "killed" if killed else f"survived {len(asked)} of {len(used)} tests"

    def order(self, used: set[int], place: str, path: Path, lines: set[int]) -> list[int]:
        """Who is asked when: who noticed something, then in turn who tells most of the lines, of the module, and of all."""
        by_worth = [
            [no for _, no in sorted((-self.worth(*key)[no], no) for no in used)]
            for key in ((str(path), min(lines), max(lines)), (str(path), 0, 10**9), ("", 0, 0))
        ]
        first = sorted((no for no in used if self.noticed[place, no]), key=lambda no: -self.noticed[place, no])
        return list(dict.fromkeys([*first, *(no for some in zip(*by_worth, strict=True) for no in some)]))

    def worth(self, file: str, first: int, last: int) -> list[float]:
        """What each test tells, for its time, of these lines: more, where it runs what few others run. No file: of all."""
        if (file, first, last) not in self.worths:
            tells = [0.0] * len(self.items)
            for (other, line), users in self.uses.items():
                if not file or (other == file and first <= line <= last):
                    for no in users:
                        tells[no] += 1 / len(users)
            self.worths[file, first, last] = [
                told / (0.05 + cost) for told, cost in zip(tells, self.costs, strict=True)
            ]
        return self.worths[file, first, last]

    def users(self, path: str | Path, lines: Iterable[int]) -> set[int]:
        """The tests that run one of these lines."""
        return {no for line in lines for no in self.uses.get((str(path), line), ())}

    def readers(self, path: Path, mutant: Mutant) -> set[int]:
        """The tests of the module's own file, and those that run a line with the name that is set; without one, all."""
        found: set[int] = set()
        statement = path.read_text(encoding="utf-8").splitlines()[mutant.lines.start - 1]
        if not mutant.function and (name := re.match(r"\s*(\w+)\s*[:=]", statement)):
            word = re.compile(rf"\b{name[1]}\b")
            for other in self.chosen.watched:
                lines = Path(other).read_text(encoding="utf-8").splitlines()
                found |= self.users(other, (no for no, line in enumerate(lines, 1) if word.search(line)))
        found = found or {no for (file, _), users in self.uses.items() if file == str(path) for no in users}
        return found | {no for no, item in enumerate(self.items) if item.path.stem == f"test_{path.stem}"}

    def run(self, asked: list[int], mutate: Callable[[], None]) -> int:
        """Which of the tests notices, counted from 1; 0 where none does."""
        mutate()
        forget()
        return next((place for place, no in enumerate(asked, 1) if _fails(self.items[no])), 0)

    def run_anew(self, path: Path, mutant: Mutant, asked: list[int]) -> int:
        copy = self.scratch / "project"
        place = copy / path.relative_to(PROJECT)
        place.write_text(mutant.text, encoding="utf-8")
        tests = [self.items[no].nodeid for no in asked]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        try:
            environment = os.environ | {"PYTHONPATH": str(copy)}
            return subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=300).returncode
        except subprocess.TimeoutExpired:
            return 1
        finally:
            place.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")


def _lines(code: CodeType) -> set[int]:
    return {line for *_, line in code.co_lines() if line}


def _watch(files: Collection[str]) -> tuple[set[tuple[str, int]], Callable[[FrameType, str, object], Any]]:
    """A set, and what notes there which lines of the files are run, each once: a frame with nothing new is left alone."""
    seen: set[tuple[str, int]] = set()
    unseen: dict[CodeType, set[int]] = {}

    def watch(frame: FrameType, event: str, _: object) -> Callable[[FrameType, str, object], Any] | None:
        code = frame.f_code
        if code.co_filename not in files:
            return None
        left = unseen.setdefault(code, _lines(code))
        left.discard(frame.f_lineno)
        seen.add((code.co_filename, frame.f_lineno))
        return watch if left else None

    return seen, watch


def _fails(item: pytest.Item) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _forked(work: Any, patience: int) -> int:
    """The exit code of some work in a process of its own that says nothing; not 0 where it takes too long, or breaks."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.setitimer(signal.ITIMER_PROF, patience)  # of computing: the machine may have more to do
    signal.alarm(10 * patience)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        code = work()
    except BaseException:
        code = BROKEN
    os._exit(code)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("room", choices=ROOMS)
    options.add_argument("modules", nargs="*")
    options.add_argument("--share", default="1/1")
    options.add_argument("--again", type=Path)
    options.add_argument("--seconds", type=float, default=12.0)
    options.add_argument("--learned", type=Path)
    chosen = options.parse_args()
    modules, chosen.tests = ROOMS[chosen.room]
    chosen.modules = chosen.modules or modules.split()
    shared = " ".join(names for names, tests in ROOMS.values() if tests == chosen.tests).split()
    chosen.watched = [str(importlib.import_module(f"workbook_lib.{name}").__file__) for name in shared]
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        scratch = Path(place)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(scratch / "hypothesis")
        shutil.copytree(PROJECT, scratch / "project", ignore=shutil.ignore_patterns(".git", "reports", "__pycache__"))
        files = [str(PROJECT / "tests" / f"{test}.py") for test in chosen.tests.split()]
        files += chosen.watched  # their doctests
        settings = ["-q", "-s", "-p", "no:cacheprovider", f"--basetemp={scratch / 'work'}", "--rootdir", str(PROJECT)]
        return int(pytest.main([*settings, *files], plugins=[Judge(chosen, scratch)]))


if __name__ == "__main__":
    sys.exit(main())
