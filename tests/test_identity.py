"""Accounts are mapped to people by id, list, e-mail, link; what fits two people fits nobody."""

from __future__ import annotations

import pytest
from folders import AUDIT, SOUND, make, plus

from workbook_lib import register
from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

DECISIONS = "decision_id,kind,decided_by,person_id,account,reason\n"


def mapped(tmp_path, changes):
    paper = perform(load_audit(make(tmp_path, changes)))
    rows = paper.rows(
        "SELECT account, person_id, via FROM account_person LEFT JOIN person ON person.person_no = account_person.person_no"
    )
    found = {account: (person, via) for account, person, via in rows}
    assert len(found) == len(rows), "each account once"
    return paper, found


#: It names an account, and links nothing.
EXPLAINED = (
    "decision_id,kind,decided_by,person_id,account,requirement_id,due_on,reason\n"
    "D1,explain,grc,E2,x,awareness,2025-04-02,started late\n"
)
WITHDRAWN = "decision_id,kind,decided_by,account,withdraws,reason\nD1,exclude,grc,E1,,test user\nD2,withdraw,grc,,D1,a mistake\n"
#: An account with a record, what else there is, and whose the account is by what.
WHOSE = [
    ("E1", {}, ("E1", "person id")),
    ("u-17", plus("accounts", "u-17,E2,Bo,true"), ("E2", "list of users")),
    ("CY@Agency.example", {}, ("C1", "e-mail address")),
    ("old@acme.example", {"decisions": DECISIONS + "D1,link,grc,E2,OLD@acme.example,renamed\n"}, ("E2", "link decision")),
    ("ghost", {}, (None, "nobody")),
    ("e1", {}, (None, "nobody")),
    ("E1", {"decisions": DECISIONS + "D1,exclude,grc,,E1,test user\n"}, (None, "excluded")),
    ("Temp@acme.example", {"decisions": DECISIONS + "D1,exclude,grc,,TEMP@acme.example,test user\n"}, (None, "excluded")),
    ("u-17", plus("accounts", "u-17,E2,Bo,true", "u-17,E1,Ada,true"), (None, "nobody")),
    ("x", {"decisions": DECISIONS + "D1,link,grc,E2,x,a\nD2,link,grc,E1,x,b\n"}, (None, "nobody")),
    ("x", {"decisions": EXPLAINED}, (None, "nobody")),
    ("E1", {"decisions": DECISIONS + "D1,exclude,grc,,E1,a user\nD2,exclude,grc,,E1,for tests\n"}, (None, "excluded")),
    ("E1", {"decisions": WITHDRAWN}, ("E1", "person id")),
]  # fmt: skip
SOUND_MAPPING = {
    "ada@acme.example": ("E1", "list of users"),
    "bo@acme.example": ("E2", "list of users"),
    "cy@agency.example": ("C1", "e-mail address"),
    "di@acme.example": ("E9", "list of users"),
}


def claimed(account, more):
    return plus("completions", f"{account},SEC-101,2025-05-05,completed,,30") | more


@pytest.mark.parametrize(("account", "more", "expected"), WHOSE)
def test_whose_account_it_is(tmp_path, account, more, expected):
    paper, found = mapped(tmp_path, claimed(account, more))
    assert found == SOUND_MAPPING | {account: expected}
    assert set(paper.rows("SELECT in_system FROM account_person")) == {(1,)}


HEARD_OF = (
    plus("completions", "by-record,SEC-101,2025-05-05,completed,,30", "by-nothing,SEC-101,2025-02-31,completed,,30")
    | plus("acknowledgements", "by-policy,AUP,1,2025-05-05,acknowledged")
    | plus("accounts", "by-list,E2,Bo,true")
    | {"access": "account,granted_on,system\nby-access,2025-05-05,vpn\n"}
)


def test_a_system_knows_an_account_by_any_of_its_exports_and_an_unread_row_is_none(tmp_path):
    paper, _ = mapped(tmp_path, HEARD_OF)
    assert paper.rows("SELECT account, in_system, has_records FROM account_person ORDER BY account") == [
        ("ada@acme.example", 1, 1),
        ("bo@acme.example", 1, 1),
        ("by-access", 0, 0),
        ("by-list", 1, 0),
        ("by-nothing", 0, 0),
        ("by-policy", 1, 1),
        ("by-record", 1, 1),
        ("cy@agency.example", 1, 1),
        ("di@acme.example", 1, 1),
    ]


def test_an_address_whose_small_letters_come_apart_is_one_account_in_every_hand(tmp_path):
    # Without regard to case the first letter is three characters, which Unicode writes as one again.
    address = "\u0390ris@acme.example"
    person = plus("people", f"E3,\u0390ris,{address},employee,Sales,2023-01-09,")
    _, found = mapped(tmp_path / "a", person | plus("completions", f"{address},SEC-101,2025-02-31,completed,,30"))
    assert found == SOUND_MAPPING | {address: ("E3", "e-mail address")}
    more = plus("completions", *(f"{address},SEC-101,2025-{day},completed,,30" for day in ("02-31", "02-28")))
    _, found = mapped(tmp_path / "b", more)
    assert found == SOUND_MAPPING | {address: (None, "nobody")}
    link = {"decision_id": "D1", "kind": "link", "decided_by": "grc", "account": address, "person_id": "E2"}
    register.append(tmp_path / "b" / "register.sqlite", [link])
    assert mapped(tmp_path / "b", more)[1] == SOUND_MAPPING | {address: ("E2", "link decision")}


def test_an_address_that_two_people_share_is_no_key_and_is_listed(tmp_path):
    people = SOUND["people"].replace("bo@acme.example", "ADA@acme.example")
    accounts = SOUND["accounts"].replace("ada@acme.example,E1", "ada@acme.example,")
    paper, found = mapped(tmp_path, {"people": people, "accounts": accounts})
    assert found["ada@acme.example"] == (None, "nobody")
    assert [f.text for f in paper.findings if f.code == "shared_email"] == [
        "ada@acme.example belongs to several people (E1, E2); records under it are given to none of them."
    ]
    paper, _ = mapped(tmp_path / "listed", {"people": people})
    assert [f.text for f in paper.findings if f.code == "shared_email"] == [
        "ada@acme.example belongs to several people (E1, E2); records under it are those of E1, by the list of users."
    ]
    link = DECISIONS + "D1,link,grc,E2,ada@acme.example,hers\n"
    paper, found = mapped(tmp_path / "linked", {"people": people, "accounts": accounts, "decisions": link})
    assert found["ada@acme.example"] == ("E2", "link decision")
    assert not [f for f in paper.findings if f.code == "shared_email"], "a decision settles it"


def test_contradictions_are_listed(tmp_path):
    changes = plus("accounts", "u-17,E2,Bo,true", "u-17,E1,Ada,true")
    changes |= {"decisions": DECISIONS + "D1,link,grc,E2,x,a\nD2,link,grc,E1,x,b\n"}
    paper, _ = mapped(tmp_path, changes)
    assert {f.code for f in paper.findings} >= {"account_of_several", "link_to_several"}


EXCLUDED = {"decisions": DECISIONS + "D1,exclude,grc,E1,,test user\n"}


def test_the_records_of_an_excluded_person_are_excluded_and_not_of_nobody(tmp_path):
    paper, found = mapped(tmp_path, EXCLUDED)
    assert found["ada@acme.example"] == (None, "excluded")
    population = next(result for result in paper.results if result.procedure.id == "P1")
    assert "0 of 3 accounts with records cannot be given to one person in the people export" in population.says


def test_a_link_to_somebody_unknown_still_contradicts_another_link(tmp_path):
    record = plus("completions", "x,SEC-101,2025-05-05,completed,,30")
    links = {"decisions": DECISIONS + "D1,link,grc,E2,x,a\nD2,link,grc,E99,x,b\n"}
    assert mapped(tmp_path, record | links)[1]["x"] == (None, "nobody")


PEOPLE = (
    "E1,Ada Byron,ada@acme.example,employee,Head,2024-05-01,2024-12-31",  # begins later than the row of 2023
    "E2,Bo Early,bo@acme.example,employee,Support,2024-03-03,2025-03-02",  # begins earlier, and stands later
    "C1,Cy Later,cy@agency.example,contractor,Support,2024-05-01,",  # begins on the same day, and stands later
    "E4,,,employee,Sales,2025-01-01,",
    "E5,,eve@acme.example,employee,Sales,2025-01-01,",
    "E6,,fay@acme.example,employee,Sales,2025-01-01,",
    "E9,Di Unread,di@acme.example,employee,Support,soon,2025-12-31",
)
USERS = (
    *("fay@acme.example,E6,Fay,true", "gay@acme.example,E6,Gay,true", "other@acme.example,E2,Nobody,true"),
    *("hal@acme.example,E4,,true", "ian@acme.example,E4,,true"),  # of several, the first by the alphabet
)
DESCRIBED = (
    plus("people", *PEOPLE) | plus("accounts", *USERS) | {"decisions": DECISIONS + "D1,exclude,grc,E6,,test user\n"}
)


def test_everybody_is_described_once_by_the_latest_row_and_called_by_the_best_name(tmp_path):
    paper, _ = mapped(tmp_path, DESCRIBED)
    assert paper.rows("SELECT person_id, name, email, role, is_excluded FROM everybody ORDER BY person_no") == [
        ("C1", "Cy Later", "cy@agency.example", "Support", 0),
        ("E1", "Ada Byron", "ada@acme.example", "Head", 0),
        ("E2", "Bo", "bo@acme.example", "Sales", 0),
        ("E4", "hal@acme.example", None, "Sales", 0),
        ("E5", "eve@acme.example", "eve@acme.example", "Sales", 0),
        ("E6", "Fay", "fay@acme.example", "Sales", 1),
        ("E9", "Di", "di@acme.example", "Sales", 0),
    ]
    assert [person for (person,) in paper.rows("SELECT person_id FROM person ORDER BY 1")] == [
        "C1",
        "E1",
        "E2",
        "E4",
        "E5",
        "E9",
    ]


def test_ids_of_people_that_look_alike_are_listed_together_and_stay_different_people(tmp_path):
    people = [f"{number},Name,,employee,Sales,2023-01-09," for number in ("417", "00417", "0417", "418")]
    paper, _ = mapped(tmp_path, plus("people", *people))
    assert [(f.subject, f.text) for f in paper.findings if f.code == "look_alike_people"] == [
        ("00417", "The ids '00417' and '0417' and '417' look alike; they count as different people.")
    ]
    assert {"417", "00417", "0417", "418"} <= {row["person_id"] for row in paper.verdicts}


def in_two_files(folder):
    """In the earlier file E2 stands in row 4, in the later one in row 3."""
    header = SOUND["people"].splitlines()[0]
    rows = (f"E{n},Bo,bo{n}@acme.example,employee,Support,2025-03-03," for n in (7, 8, 2))
    (folder / "earlier.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    earlier = '\n[[source]]\ntable = "people"\nfile = "earlier.csv"\nextracted_on = 2026-01-05\n'
    return make(folder, audit=AUDIT + earlier)


def test_the_later_of_two_files_describes_whoever_stands_in_both_from_the_same_day(tmp_path):
    paper = perform(load_audit(in_two_files(tmp_path)))
    assert paper.rows("SELECT role, email FROM person WHERE person_id = 'E2'") == [("Sales", "bo@acme.example")]
