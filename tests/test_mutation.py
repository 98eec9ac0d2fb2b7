"""The long suite of mutants in brief: mutants are made, and planted ones die (tests/mutation/README.md)."""

from __future__ import annotations

import pytest
from mutation import programs
from mutation.cases import BY_CHAIN, BY_SENTENCE, Case, written
from mutation.statements import mutants
from test_oracle import YEARLY, away, hired, small, trained

from workbook_lib.coverage import RULES

SMALL = "SELECT a.x, MIN(b.y) AS y FROM a LEFT JOIN b ON b.k = a.k WHERE a.x BETWEEN 1 AND n - 1 OR COALESCE(b.y, n) > 3 GROUP BY a.x"


def test_a_statement_is_mutated_in_each_way() -> None:
    changes = {(mutant.before, mutant.after) for mutant in mutants(f"-- 3 > 2 is no code\n{SMALL}")}
    assert changes >= {
        ("MIN", "MAX"), ("LEFT", ""), ("=", "<>"), ("b.k = a.k", "TRUE"), ("OR", "AND"), ("AND", "+ 1 AND"), ("", " - 1"),
        ("- 1", ""), ("1", "2"), (">", ">="), ("COALESCE(b.y, n) > 3", "FALSE"), ("COALESCE(b.y, n)", "n"),
        ("b.y, n", "n, b.y"), ("BETWEEN", ">="),
    }  # fmt: skip
    assert all(mutant.line == 2 for mutant in mutants(f"-- 3 > 2 is no code\n{SMALL}"))


def test_a_module_is_mutated_in_each_way_but_for_its_words() -> None:
    source = '''"""Words."""
LIMIT = 3


class Shop:
    def price(self, n: int = 0) -> str | None:
        """More words."""
        if n > LIMIT and not self.shut:
            raise ValueError("too many")
        return f"{n}".strip() + "x"[1:]
'''
    found = programs.mutants(source)
    assert {mutant.lines for mutant in found if mutant.line == 8} == {range(8, 9)}  # the head of its statement
    changes = {(mutant.function, mutant.before, mutant.after) for mutant in found}
    inside = "Shop.price"
    assert changes == {
        ("", "3", "4"), ("", "0", "1"),
        (inside, "n > LIMIT and not self.shut", "(not (n > LIMIT and (not self.shut)))"),
        (inside, "n > LIMIT and not self.shut", "(n > LIMIT or not self.shut)"),
        (inside, "n > LIMIT and not self.shut", "(n > LIMIT)"), (inside, "n > LIMIT and not self.shut", "(not self.shut)"),
        (inside, "n > LIMIT", "(n >= LIMIT)"), (inside, "n > LIMIT", "(n <= LIMIT)"), (inside, "not self.shut", "(self.shut)"),
        (inside, 'raise ValueError("too many")', "pass"), (inside, 'return f"{n}".strip() + "x"[1:]', "return None"),
        (inside, 'f"{n}".strip() + "x"[1:]', "(f'{n}'.strip() - 'x'[1:])"), (inside, 'f"{n}".strip()', "(f'{n}')"),
        (inside, '"x"[1:]', "('x'[:])"), (inside, '"x"', "'XXx'"), (inside, "1", "2"),
    }  # fmt: skip


#: Statement, what stands there, and what is written in its place.
PLANTED = [
    ("relief", "leave.end_date + settings.return_days", "leave.end_date - settings.return_days"),
    ("cover", "renewal.due_on - 1", "renewal.due_on"),
    ("stretch", "covered_to >= from_day AS covered", "covered_to < from_day AS covered"),
    ("why", "'late' THEN 'Not", "'late' THEN 'Un"),
]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    facts = hired("2020-01-01"), trained("2024-06-10"), trained("2025-07-20"), away("2025-06-01", "2025-06-14")
    return Case(written(small(YEARLY, *facts), tmp_path_factory.mktemp("room")), BY_CHAIN | BY_SENTENCE, "2025")


@pytest.mark.parametrize(("rule", "right", "wrong"), PLANTED)
def test_a_planted_mistake_is_noticed_and_taken_back(case: Case, rule: str, right: str, wrong: str) -> None:
    statement = (RULES / f"{rule}.sql").read_text(encoding="utf-8")
    assert right in statement
    known, changed = case.try_out(statement, statement.replace(right, wrong, 1))
    assert (known, changed[0]) == (True, rule)
    assert case.try_out(statement, statement + " ") == (False, [])
