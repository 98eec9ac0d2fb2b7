"""What the page says in one sentence, in companies in which that is easily not so. Counted by hand."""

from __future__ import annotations

from pathlib import Path

from folders import AUDIT, make, plus

from workbook_lib import exhibits, listings
from workbook_lib.audit import load_audit
from workbook_lib.exhibits import words
from workbook_lib.workpaper import Workpaper, perform


def performed(folder: Path, changes: dict[str, str | None] | None = None, audit: str = AUDIT) -> Workpaper:
    return perform(load_audit(make(folder, changes, audit)))


def test_every_policy_version_is_counted_and_not_only_those_shown(tmp_path: Path) -> None:
    drafts = [f"AUP,0.{n},2024-01-01,false" for n in range(129)]
    exhibit = exhibits.acknowledgements(performed(tmp_path, plus("policies", *drafts)))
    assert exhibit.says[0].endswith("There are 130 policy versions.")
    assert len(exhibit.table) == 100


def test_one_policy_version_is_one(tmp_path: Path) -> None:
    assert exhibits.acknowledgements(performed(tmp_path)).says[0].endswith("There is 1 policy version.")


DECISIONS = "decision_id,kind,decided_by,person_id,account,reason,reason_code\n"


def test_the_scope_counts_accounts_and_not_decisions(tmp_path: Path) -> None:
    decided = (
        f"{DECISIONS}D1,exclude,grc@acme.example,,Svc@acme.example,runs at night,service account\n"
        "D2,exclude,grc@acme.example,,svc@acme.example,runs at night,service account\n"
        "D3,exclude,grc@acme.example,E77,,never worked here,test user\n"
    )
    scope = exhibits.scope(performed(tmp_path, {"decisions": decided}))
    assert scope.says[0].endswith("leavers are among them. 1 account is left out by a recorded decision.")


def test_whoever_is_said_to_be_named_below_is(tmp_path: Path) -> None:
    audit = AUDIT.replace("due_within_days = 30", 'due_within_days = 30\napplies_to = { worker_type = ["employee"] }')
    people = plus("people", "C7,Gil,gil@agency.example,contractor,Sales,no date,")
    scope = exhibits.scope(performed(tmp_path, people, audit))
    assert "3 of 5 people in the exports had" in scope.says[0]
    assert "The other 2 are named below." in scope.says[0]
    assert scope.tables[1].frame[["Person", "Why not"]].values.tolist() == [
        ["C1", "engaged, and no requirement applies"],
        ["C7", "no row can be read, and no requirement applies"],
    ]


def test_no_exception_is_claimed_only_of_people_who_were_judged(tmp_path: Path) -> None:
    people = "person_id,name,worker_type,start_date\nE1,Ada,employee,2023-01-09\nE2,Bo,employee,2025-12-20\n"
    done = "account,module_id,completed_at,status\nE1,SEC-101,2024-12-02,completed\nE1,SEC-101,2025-11-20,completed\n"
    audit = AUDIT.partition('[[requirement]]\nid = "coding"')[0]
    paper = performed(tmp_path, {"people": people, "completions": done, "acknowledgements": None}, audit)
    assert {row["person_id"]: row["verdict"] for row in paper.verdicts} == {"E1": "met", "E2": "pending"}
    assert (
        exhibits.bottom_line(paper).says[0].endswith("Yes, by the records: 0 exceptions in 1 judged duty of 1 person.")
    )


def test_an_id_in_an_unreadable_row_is_no_account_of_nobody(tmp_path: Path) -> None:
    leave = {"leave": "person_id,start_date,end_date\nE55,2025-04-31,2025-05-30\n"}
    records = plus(
        "completions", *(f"{name}@acme.example,SEC-101,2025-02-02,completed,,30" for name in ("Ghost", "ghost"))
    )
    to_do = exhibits.attention(performed(tmp_path, leave | records)).table
    assert dict(zip(to_do["Matter"], to_do["Count"], strict=True))["Accounts with records that belong to nobody"] == 1


def test_the_list_of_contents_says_what_each_table_holds(tmp_path: Path) -> None:
    leave = {"leave": "person_id,start_date,end_date\nE55,2025-04-31,2025-05-30\n"}
    gone = plus("people", "E3,Eli,eli@acme.example,employee,Sales,2020-01-01,2021-01-01")
    paper = performed(tmp_path, gone | leave)
    rows = {name: paper.rows(listings.LISTINGS[name]) for name in ("population", "accounts", "joiners")}
    assert "E3" in [row[0] for row in rows["population"]]
    assert "whenever its person worked here" in listings.SAYS["population"]
    assert "E55" in [row[0] for row in rows["accounts"]]
    assert "a row that cannot be read" in listings.SAYS["accounts"]
    assert {row[0] for row in rows["joiners"]} == {"E2"}  # Ada, Cy and Di joined, too, in other years
    assert "fell due on a judged day" in listings.SAYS["joiners"]


def test_the_order_of_matching_is_told_in_full() -> None:
    told = words.CHOICES["accounts"]
    ways = [told.index(way) for way in ("exact id", "list of users", "e-mail address", "recorded link")]
    assert ways == sorted(ways)
