"""Whom an account may belong to: who is suggested, in which order, and why."""

from __future__ import annotations

import pytest

from workbook_lib.lookalikes import Account, Person, Suggestion, suggestions

KIM = Person("E104", "Kim Lee", "kim.lee@firm.example")
BINTOU = Person("00153", "Bintou Koné", "b.kone@firm.example")
MIKAEL = Person("E106", "Sjöberg, Mikael", "ms@firm.example")
EVERYBODY = [KIM, BINTOU, MIKAEL]


def found(account: str, name: str = "", people: list[Person] = EVERYBODY) -> list[tuple[str, int, str]]:
    return [(s.person_id, s.score, s.why) for s in suggestions([Account(account, name)], people)]


@pytest.mark.parametrize(
    ("account", "name", "expected"),
    [
        ("Kim.Lee@firm.example", "", ("E104", 100, "same e-mail address")),
        ("kim.lee@old.example", "", ("E104", 99, "same part before the @")),
        ("KIM.LEE", "", ("E104", 99, "it is the part before their @")),
        ("u17@old.example", "Lee, Kim", ("E104", 98, "same name")),
        ("bintou_kone2@old.example", "", ("00153", 97, "the part before the @ is this name")),
        ("Kone, Bintou", "", ("00153", 97, "it is this name")),
        ("mikaelsjoberg@old.example", "", ("E106", 96, "this name in one word")),
        ("bkone-lab", "", ("00153", 95, "'bkone' is a first letter and the other name")),
        ("sjobergm@old.example", "", ("E106", 95, "'sjobergm' is a first letter and the other name")),
        ("lab-153@old.example", "", ("00153", 95, "the number 153")),
        ("mikael.sjoeberg@old.example", "", ("E106", 94, "'mikael sjoeberg' is much like 'mikael sjoberg'")),
        ("x1", "Mikhael Sjoberg", ("E106", 94, "'mikhael sjoberg' is much like 'mikael sjoberg'")),
    ],
)
def test_the_reason_is_what_they_have_in_common(account: str, name: str, expected: tuple[str, int, str]) -> None:
    assert found(account, name) == [expected]


@pytest.mark.parametrize("account", ["guest07", "svc-backup@firm.example", "42", "", "@", "ab@x.example"])
def test_what_resembles_nobody_gets_no_suggestion(account: str) -> None:
    assert found(account) == []


def test_people_without_name_and_address_resemble_nobody() -> None:
    assert found("", "", [Person("E1"), Person("000")]) == []
    assert suggestions([Account("kim.lee")], []) == []
    assert suggestions([], EVERYBODY) == []


def test_the_most_alike_come_first_and_at_most_three() -> None:
    people = [
        Person(f"E{n}", name) for n, name in enumerate(("Ada Lovelace", "Ada Loveless", "Ada Lovelane", "Ada Lovelacy"))
    ]
    assert [(person, score) for person, score, _ in found("x", "Ada Loveles", people)] == [
        ("E1", 94),
        ("E0", 86),
        ("E2", 86),
    ]
    same = [Person(f"E{n}", "Ada Lovelace") for n in range(5)]
    assert [person for person, *_ in found("a.lovelace", "", same)] == ["E0", "E1", "E2"]


def test_of_equal_scores_the_order_of_people_decides() -> None:
    first, second = Person("E2", "Kim Lee"), Person("E1", "Kim Lee")
    assert [person for person, *_ in found("klee", "", [first, second])] == ["E2", "E1"]


def test_similar_spellings_matter_only_where_nothing_is_the_same() -> None:
    near = Person("E9", "Kim Leeb", "kim.leeb@firm.example")
    assert [person for person, *_ in found("kim.lee@old.example", "", [near, KIM])] == ["E104"]


def test_accounts_keep_their_order_over_the_portions_in_which_they_are_compared() -> None:
    accounts = [Account(f"kim.lee@old{n}.example") for n in range(250)]
    assert [s.account for s in suggestions(accounts, EVERYBODY)] == [a.account for a in accounts]


def test_a_suggestion_reads_as_a_sentence() -> None:
    says = Suggestion("kim.lee@old.example", "E104", "Kim Lee", 99, "same part before the @")
    assert str(says) == "kim.lee@old.example resembles Kim Lee (E104): same part before the @"
    assert Suggestion("a", "E1", "", 99, "same name").whom == "E1"
