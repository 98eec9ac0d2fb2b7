"""Would the tests notice a mistake in the rules? Each statement is mutated, and judged by companies and by tests.

PYTHONPATH=.:tests python -m mutation.rules [RULE ...] [--tests] [--share 1/4] [--again FILE]

RULE is a statement such as `stretch` or `readings/reading`; all by default. --tests asks the rule's own tests, too, where no
company knows better; that takes long. --share 1/4 does the first of every four mutants; --again those only that survived in
a run whose output is in FILE. Prints a line for each rule and one for each survivor: with the relations that it changes, or
that it changes nothing in any company.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
from mutation.cases import BY_ORACLE, Case, judges_of
from mutation.statements import Mutant, mutants

from workbook_lib.coverage import RULES

#: Seconds that the tests of a rule may take, on a machine that has more to do; a mutant may never end.
PATIENCE = 900
#: Companies in which a mutant may change something that no test looks at, before the other random ones are left out.
GIVEN_UP = 12
PROJECT = Path(__file__).parents[2]
#: The tests that defend a rule besides the companies, in the order in which they are asked; none judges twice.
TESTS = {
    "everybody": ("test_identity.py", "test_northwind.py"),
    "person": ("test_identity.py",),
    "account_person": ("test_identity.py", "test_access.py"),
    "readings": ("test_readings.py",),
    "forecast": ("test_forecast.py",),
    "trace": ("test_trace.py",),
    "tally": ("test_readings.py",),
    "run": ("test_coverage.py",),
    "spell": ("test_coverage.py",),
}


class Outcome(NamedTuple):
    """What became of a mutant: `fate` is killed, survived, or invalid where the engine cannot read it."""

    fate: str
    by: str


def judge(mutant: Mutant, statement: str, cases: list[Case]) -> Outcome:
    """Ask the companies, one after the other; who noticed something comes first the next time."""
    seen: set[str] = set()
    unnoticed = 0
    for no, case in enumerate(cases):
        if case.defended is BY_ORACLE and unnoticed >= GIVEN_UP:
            continue
        try:
            known, changed = case.try_out(statement, mutant.text)
        except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
            return Outcome("invalid", str(error).splitlines()[0])
        except Exception as error:  # whatever it is, no test goes on after it
            known, changed = True, [str(error)]
        if known:
            cases.insert(0, cases.pop(no))
            return Outcome("killed", ", ".join(changed))
        seen.update(changed)
        unnoticed += bool(changed) and case.defended is BY_ORACLE
    return Outcome("survived", f"changes {', '.join(sorted(seen))}" if seen else "changes nothing")


def ask_tests(rule: str, text: str, copy: Path) -> bool:
    """Whether the rule's own tests notice, in a copy of the project in which it is written so."""
    tests = TESTS.get(rule) or TESTS.get(rule.partition("/")[0], ())
    path = copy / "workbook_lib" / "rules" / f"{rule}.sql"
    right = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        *(f"tests/{test}" for test in tests),
    ]
    try:
        done = subprocess.run(
            command, cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, capture_output=True, timeout=PATIENCE
        )
        return bool(done.returncode)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(right, encoding="utf-8")


def fates(
    rule: str, chosen: list[Mutant], statement: str, cases: list[Case], copy: Path | None
) -> Iterator[tuple[Mutant, Outcome]]:
    """Each mutant with its fate: first by the companies, then, where none knows better, by the tests."""
    for mutant in chosen:
        outcome = judge(mutant, statement, cases)
        if outcome.fate == "survived" and copy and ask_tests(rule, mutant.text, copy):
            outcome = Outcome("killed", "tests")
        yield mutant, outcome


def names() -> list[str]:
    """All statements, those of one folder together."""
    return sorted(
        (str(path.relative_to(RULES))[:-4] for path in RULES.rglob("*.sql")), key=lambda name: ("/" in name, name)
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("rules", nargs="*", default=names())
    options.add_argument("--tests", action="store_true")
    options.add_argument("--share", default="1/1")
    options.add_argument("--again", type=Path)
    chosen = options.parse_args()
    first, step = map(int, chosen.share.split("/"))
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        copy, room, cases = Path(place) / "project", Path(place), {}
        if chosen.tests:
            shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".git", "reports", "__pycache__"))
        for rule in chosen.rules:
            statement, judges = (RULES / f"{rule}.sql").read_text(encoding="utf-8"), judges_of(rule)
            if judges not in cases:
                cases[judges] = list(judges(room))
            mine = mutants(statement)[first - 1 :: step]
            if chosen.again:
                survived = chosen.again.read_text(encoding="utf-8")
                mine = [mutant for mutant in mine if f"SURVIVED {rule}, {mutant}: " in survived]
            counted: Counter[str] = Counter()
            for mutant, outcome in fates(rule, mine, statement, cases[judges], copy if chosen.tests else None):
                counted[outcome.fate] += 1
                if outcome.fate == "survived":
                    print(f"SURVIVED {rule}, {mutant}: {outcome.by}", flush=True)
            total += counted
            print(f"{rule}: {dict(counted)}", flush=True)
    print(f"all: {dict(total)}; score {total['killed'] / max(1, total['killed'] + total['survived']):.1%}")


if __name__ == "__main__":
    main()
