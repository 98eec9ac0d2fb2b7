"""Would the tests notice a mistake in a module? Each is mutated, and the tests that use the mutated function are run.

PYTHONPATH=.:tests python -m mutation.python ROOM [MODULE ...] [--share 1/4] [--again FILE] [--seconds 12]

ROOM is one of ROOMS. The tests are collected once and run once, to learn which use which function and how long they take. For
each mutant a process is forked, in which the function's code is exchanged, and those tests run until one fails: first those
that noticed other mutants of the function, then the quickest. What a module computes when it is imported cannot be exchanged so: there pytest runs anew on a copy of the project.
--share 1/4 does the first of every four mutants; --again those that survived in a run whose output FILE holds.
--seconds is how long the tests may take that one mutant is given.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutation.exchange import code_of, forget, function_of, rebind, values_of
from mutation.programs import Mutant, mutants

PROJECT = Path(__file__).parents[2]
LIBRARY = PROJECT / "workbook_lib"
#: Room → its modules, and the tests that defend them.
ROOMS: dict[str, tuple[str, str]] = {
    "values": ("intake.values", "test_values test_intake test_files"),
    "csv": ("intake.csv_records intake.columns", "test_files test_bulk test_training_profiles"),
    "dates": ("intake.date_formats", "test_date_formats"),
    "ledger": ("ledger", "test_ledger test_decide"),
    "reading": (
        "intake.mapping intake.reading intake.opening intake.remarks intake.files intake.cancelling intake.pairs intake",
        "test_intake test_files test_snapshots test_roster_profiles test_training_profiles",
    ),
    "bulk": ("intake.bulk intake.parquet", "test_bulk test_files"),
    "profiles": (
        "intake.profile intake.profile_file intake.recognition intake.proposal intake.survey",
        "test_profiles test_new test_audit",
    ),
    "formats": (
        "intake.json_records intake.spreadsheet intake.snapshots", "test_files test_spreadsheets test_snapshots test_intake",
    ),
    "judgement": ("coverage", "test_coverage test_trace test_why test_oracle"),
    "tables": ("tables", "test_intake test_register test_decide test_snapshots"),
    "register": ("register.standing register.admission", "test_register test_decide test_identity"),
}  # fmt: skip
#: The tests that a mutant is given, at most.
MOST = 150
#: The exit code of a process that broke; more than the number of tests.
BROKEN = 255
#: The cost of a test that fails by itself when it is watched.
NEVER = 1e9
Use = dict[tuple[str, int], set[int]]


class Judge:
    """A plug-in for pytest that runs the collected tests against mutants."""

    def __init__(self, chosen: argparse.Namespace, scratch: Path) -> None:
        self.chosen, self.scratch = chosen, scratch
        self.uses: Use = {}
        self.costs: list[float] = []
        self.total: Counter[str] = Counter()
        #: How often a test noticed a mutant of a function.
        self.noticed: Counter[tuple[str, int]] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        report = self.scratch / "learned"
        if _forked(lambda: report.write_bytes(pickle.dumps(self.learn())) and 0, 3600):
            raise RuntimeError("the tests fail without any mutant")
        self.uses, self.costs = pickle.loads(report.read_bytes())
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

    def learn(self) -> tuple[Use, list[float]]:
        """Which test uses which function (file, first line), and how long each takes. Runs in a process of its own."""
        uses: Use = {}
        costs = []
        for no, item in enumerate(self.items):

            def seen(frame: FrameType, event: str, _: object, no: int = no) -> None:
                if event == "call" and frame.f_code.co_filename.startswith(str(LIBRARY)):
                    uses.setdefault((frame.f_code.co_filename, frame.f_code.co_firstlineno), set()).add(no)

            begun = time.process_time()
            sys.setprofile(seen)
            failed = _fails(item)
            sys.setprofile(None)
            costs.append(time.process_time() - begun if not failed else NEVER)
        return uses, costs

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
        used = self.uses.get((str(path), function.__code__.co_firstlineno)) if function else None
        if not used:  # it is the module's own level, or called while the module is imported: all its tests are asked
            function, used = None, {n for (file, _), numbers in self.uses.items() if file == str(path) for n in numbers}
        asked, seconds = [], 0.0
        for no in sorted(used, key=lambda no: (-self.noticed[place, no], self.costs[no])):
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
    chosen = options.parse_args()
    modules, tests = ROOMS[chosen.room]
    chosen.modules = chosen.modules or modules.split()
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        scratch = Path(place)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(scratch / "hypothesis")
        shutil.copytree(PROJECT, scratch / "project", ignore=shutil.ignore_patterns(".git", "reports", "__pycache__"))
        files = [str(PROJECT / "tests" / f"{test}.py") for test in tests.split()]
        files += [str(importlib.import_module(f"workbook_lib.{name}").__file__) for name in chosen.modules]  # doctests
        settings = ["-q", "-s", "-p", "no:cacheprovider", f"--basetemp={scratch / 'work'}", "--rootdir", str(PROJECT)]
        return int(pytest.main([*settings, *files], plugins=[Judge(chosen, scratch)]))


if __name__ == "__main__":
    sys.exit(main())
