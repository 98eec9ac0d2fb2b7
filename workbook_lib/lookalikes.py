"""Whom an account without a person may belong to. Suggestions are shown to an analyst, who decides; none is applied.

What two spellings have in common is said in words, so that the analyst can judge it: the same address, the same part
before the @, the same number, the same name, or a similar one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rapidfuzz import fuzz, process

#: How many suggestions one account gets at most.
AT_MOST = 3
#: From how many of 100 points on two spellings are similar (a normalised edit distance).
SIMILAR = 85
#: Accounts whose spellings are compared at once: 100 of them against 100,000 people need 20 MB.
AT_ONCE = 100
#: Shorter spellings are alike by chance.
SHORTEST = 4

#: A way of naming somebody: its kind, and the text.
Mark = tuple[str, str]

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_WORDS = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d{3,}")


@dataclass(frozen=True, slots=True)
class Account:
    """An account that belongs to nobody: how it is written, and the name that its system gives it, if any."""

    account: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the people export names."""

    person_id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person whom an account resembles.

    score : 85 to 100; from 95 on something is the same letter by letter.  why : in words.
    """

    account: str
    person_id: str
    name: str
    score: int
    why: str

    def __str__(self) -> str:
        return f"{self.account} resembles {self.whom}: {self.why}"

    @property
    def whom(self) -> str:
        """The person by name and id."""
        return f"{self.name} ({self.person_id})" if self.name else self.person_id


def suggestions(accounts: Iterable[Account], people: Iterable[Person]) -> list[Suggestion]:
    """At most three people for each account, the most alike first; accounts in their order.

    Of equal scores the order of `people` decides: put first those who have no account.
    """
    return Index(list(people)).suggestions(accounts)


class Index:
    """People by each way of naming them: made once where accounts are looked up one by one."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people
        self.same: dict[Mark, list[int]] = {}
        self.spelled: dict[str, list[int]] = {}
        for place, person in enumerate(people):
            for mark in dict.fromkeys(_marks_of_person(person)):
                if mark[1]:
                    self.same.setdefault(mark, []).append(place)
            for spelling in _spellings(person.email, person.name):
                self.spelled.setdefault(spelling, []).append(place)
        self.spellings = list(self.spelled)

    def suggestions(self, accounts: Iterable[Account]) -> list[Suggestion]:
        """As the function of this name."""
        wanted = list(accounts)
        return [
            suggestion
            for start in range(0, len(wanted), AT_ONCE)
            for found in self._look_up(wanted[start : start + AT_ONCE])
            for suggestion in islice(found, AT_MOST)
        ]

    def _look_up(self, accounts: Sequence[Account]) -> Iterator[list[Suggestion]]:
        """For each account its suggestions, ranked. Similar spellings matter only where nothing is the same."""
        same = [self._same(account) for account in accounts]
        spelled = [() if found else _spellings(a.account, a.name) for a, found in zip(accounts, same, strict=True)]
        similar = self._similar({spelling for spellings in spelled for spelling in spellings})
        for account, found, spellings in zip(accounts, same, spelled, strict=True):
            for spelling in spellings:
                for other, score in similar[spelling]:
                    for place in self.spelled[other]:
                        found[place] = max(found.get(place, (0, "")), (score, f"'{spelling}' is much like '{other}'"))
            ranked = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
            people = ((self.people[place], score, why) for place, (score, why) in ranked)
            yield [Suggestion(account.account, p.person_id, p.name, score, why) for p, score, why in people]

    def _same(self, account: Account) -> dict[int, tuple[int, str]]:
        """Place of a person → score and reason, by what is the same letter by letter."""
        found: dict[int, tuple[int, str]] = {}
        for mark, score, why in _marks_of_account(account):
            for place in self.same.get(mark, ()):
                found[place] = max(found.get(place, (0, "")), (score, why))
        return found

    def _similar(self, spellings: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
        """Each spelling → those of people that are much alike, never scored like one that is the same."""
        asked = sorted(spellings)
        if not asked or not self.spellings:
            return {spelling: [] for spelling in asked}
        scores = process.cdist(asked, self.spellings, scorer=fuzz.ratio, score_cutoff=SIMILAR, workers=-1)
        near: dict[str, list[tuple[str, int]]] = {spelling: [] for spelling in asked}
        for row, column in zip(*scores.nonzero(), strict=True):
            near[asked[row]].append((self.spellings[column], min(int(scores[row, column]), 94)))
        return near


def _marks_of_person(person: Person) -> Iterator[Mark]:
    """What an account may have letter by letter in common with a person: a kind, and the text."""
    email, letters = person.email.casefold(), _letters(person.name)
    yield "address", email
    yield "local part", email.partition("@")[0]
    yield "name", letters
    yield "number", person.person_id.lstrip("0") if person.person_id.isdigit() else ""
    words = _words(person.name)
    if len(words) > 1:
        for one, other in ((words[0], words[-1]), (words[-1], words[0])):
            yield "joined", one + other
            yield from (("initial", one[0] + other), ("initial", other + one[0]))


def _marks_of_account(account: Account) -> Iterator[tuple[Mark, int, str]]:
    """The same of an account, each with its score and the reason in words."""
    address = account.account.casefold()
    local, at, _ = address.partition("@")
    yield ("address", address), 100, "same e-mail address"
    yield ("local part", local), 99, "same part before the @" if at else "it is the part before their @"
    yield ("name", _letters(account.name)), 98, "same name"
    yield ("name", _letters(local)), 97, "the part before the @ is this name" if at else "it is this name"
    words = _words(local)
    yield ("joined", "".join(words)), 96, "this name in one word"
    for text in dict.fromkeys(("".join(words), *words)):
        if len(text) >= SHORTEST:
            yield ("initial", text), 95, f"'{text}' is a first letter and the other name"
    for digits in _NUMBER.findall(local):
        yield ("number", digits.lstrip("0")), 95, f"the number {digits}"


def _spellings(address: str, name: str) -> tuple[str, ...]:
    """The words of a name, and those of the part before the @, whatever their order, accents and separators."""
    both = dict.fromkeys((_letters(name), _letters(address.partition("@")[0])))
    return tuple(spelling for spelling in both if len(spelling) >= SHORTEST)


def _letters(text: str) -> str:
    """Plain letters, word by word, in the order of the alphabet.

    >>> _letters("Yıldız, Elif"), _letters("elif.yildiz2")
    ('elif yildiz', 'elif yildiz')
    """
    return " ".join(sorted(_words(text)))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    return _WORDS.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
