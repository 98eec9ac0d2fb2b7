"""Corners of the coverage rules that need many rows, or rows that a random company seldom has."""

from __future__ import annotations

import random

import pytest
from folders import AUDIT, SOUND, make, plus

from workbook_lib.audit import load_audit
from workbook_lib.tables import UserError
from workbook_lib.workpaper import perform

ONE = AUDIT[: AUDIT.index('[[requirement]]\nid = "coding"')]
PEOPLE = "person_id,name,worker_type,role,start_date,end_date\n"
RECORDS = "account,module_id,completed_at,status\n"
#: Engaged, away for four months, back for three weeks, away for half a year, back at the end of 2025 (C2, C3).
SPELLS = ("2024-01-01,2025-01-31", "2025-06-01,2025-06-20", "2025-12-20,")
NOTHING_ELSE = dict.fromkeys(("accounts", "policies", "acknowledgements", "modules", "content_reviews"))


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_stand_several_times_change_nothing(tmp_path, seed):
    """C2, C4: equal rows have no order of their own, so no result may depend on one."""
    dice = random.Random(seed)
    rows = [
        f"p{n:03},Name,employee,{role},{days}\n"
        for n in range(150)
        for days in SPELLS
        for role in dice.choices(["Sales", "Support"], k=dice.randint(1, 5))
    ]
    dice.shuffle(rows)
    records = "".join(f"p{n:03},SEC-101,2024-02-15,completed\n" for n in range(150))
    changes = NOTHING_ELSE | {"people": PEOPLE + "".join(rows), "completions": RECORDS + records}
    paper = perform(load_audit(make(tmp_path, changes, ONE)))
    assert {(row["verdict"], row["gap_days"], str(row["next_due_on"])) for row in paper.verdicts} == {
        ("met", 0, "2026-01-19")
    }
    assert len(paper.verdicts) == 150
    assert paper.exceptions == []


def test_an_exception_stands_once_however_many_rows_describe_the_person(tmp_path):
    rows = [
        f"p{n:03},Name,{kind},Sales,2025-01-01,2025-03-31\n" for n in range(200) for kind in ("employee", "intern") * 3
    ]
    random.Random(1).shuffle(rows)
    nobody = "nobody,SEC-101,2024-02-15,completed\n"
    changes = NOTHING_ELSE | {"people": PEOPLE + "".join(rows), "completions": RECORDS + nobody}
    paper = perform(load_audit(make(tmp_path, changes, ONE)))
    keys = [(row["person_id"], str(row["due_on"]), row["days"], row["cause"]) for row in paper.exceptions]
    assert keys == [(f"p{n:03}", "2025-01-31", 60, "onboarding") for n in range(200)]


def test_a_requirement_that_was_retired_before_it_took_effect_applies_to_nobody(tmp_path):
    audit = AUDIT.replace(
        'policy = "AUP"\ndue_within_days = 30', 'policy = "AUP"\ndue_within_days = 30\nretired_on = 2024-05-01'
    )
    paper = perform(load_audit(make(tmp_path, audit=audit)))
    assert not [row for row in paper.verdicts if row["requirement_id"] == "policy"]


def refused(folder):
    """Code, where and what: the problems for which an audit is not judged."""
    with pytest.raises(UserError) as caught:
        perform(load_audit(folder))
    assert {problem.effect for problem in caught.value.problems} == {"nothing was judged and nothing was written."}
    return [(problem.code, problem.where, problem.what) for problem in caught.value.problems]


def test_a_requirement_of_a_policy_that_no_export_lists_is_refused(tmp_path):
    folder = make(tmp_path, {"policies": SOUND["policies"].replace("AUP", "ISP")})
    assert refused(folder) == [
        ("unknown_policy", "audit.toml, requirement[3].policy", "the policies export lists ISP, and not 'AUP'.")
    ]


def test_a_policy_version_that_stands_twice_is_refused_with_each_of_its_places(tmp_path):
    """C9: in one file or in two; other versions, and the same version of another policy, are none of it."""
    folder = make(tmp_path, plus("policies", "AUP,2,2025-02-01,true", "ISP,1,2024-06-01,true", "AUP,1,2025-03-01,true"))
    (folder / "more.csv").write_text("policy_id,version,effective_on\nAUP,2,2025-04-01\n", encoding="utf-8")
    more = '\n[[source]]\ntable = "policies"\nfile = "more.csv"\nextracted_on = 2026-01-05\n'
    (folder / "audit.toml").write_text((folder / "audit.toml").read_text("utf-8") + more, "utf-8")
    twice = "policy 'AUP' has version '{}' more than once; one line per version is expected."
    assert refused(folder) == [
        ("version_twice", "policies.csv, row 2 and policies.csv, row 5", twice.format(1)),
        ("version_twice", "policies.csv, row 3 and more.csv, row 2", twice.format(2)),
    ]
