"""The auditor's selection: strata, sizes by a named rule, and an order that anybody can compute again.

There is no random generator in it. Each person of a stratum has a rank, the SHA-256 of `seed|stratum|person_id`; the
smallest ranks are selected. The same people give the same selection in any order, on any machine, with any tool.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from math import comb
from operator import itemgetter
from typing import NamedTuple, NoReturn

from workbook_lib.tables import Problem, UserError


class Stratum(StrEnum):
    """A group of people from which a selection of its own is drawn. Each person is in exactly one."""

    JOINERS = "joiners"
    CURRENT = "current"
    LEAVERS = "leavers"
    CONTRACTORS = "contractors"
    UNREADABLE = "unreadable"


#: Who is in each stratum. The judged days are the part of the period that the exports cover.
STRATA: dict[Stratum, str] = {
    Stratum.JOINERS: "An engagement began on a judged day, even if it also ended on one. Contractors and third parties "
    "apart.",
    Stratum.CURRENT: "Engaged on every judged day. Contractors and third parties apart.",
    Stratum.LEAVERS: "Engaged before the first judged day, and no longer on the last one. Contractors and third "
    "parties apart.",
    Stratum.CONTRACTORS: "A contractor or third party on some judged day, or in a row that cannot be read.",
    Stratum.UNREADABLE: "A row of this person in the people export cannot be read, so no day is known for certain. "
    "Contractors and third parties apart.",
}

#: What the auditor ticks for each line of the test sheet: column, short heading, what is tested.
ATTRIBUTES: tuple[tuple[str, str, str], ...] = (
    ("A", "in scope", "The person is in the HR roster with these dates, and the requirement applies to them."),
    ("B", "record", "The record of completion exists in the source system and agrees with this line."),
    (
        "C",
        "on time",
        "Completed on or before the due day, of the first time or of the renewal.",
    ),
    ("D", "content", "Content, version and assessment were those that the requirement asks for."),
    ("E", "exception", "There is no exception, or each is explained, with evidence, and approved by a second person."),
)

#: How the selection is made, in the words of the sheet and of the page.
METHOD = (
    "Within each stratum people are ranked by the SHA-256 of the text seed|stratum|person id (UTF-8, no line end), in "
    "ascending order of its 64 hexadecimal digits. The first ones are selected."
)


class Candidate(NamedTuple):
    """One person of the population; a tuple, since there may be a million of them.

    person_no : the number under which the relations know them.  deviates : has a late or missing duty.
    """

    person_no: int
    person_id: str
    stratum: Stratum
    deviates: bool
    undetermined: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A person with a place in their stratum: 1 has the smallest rank."""

    place: int
    rank: str
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Rule:
    """How many people of a stratum are selected. size : people of the stratum → people selected, at most all."""

    name: str
    says: str
    size: Callable[[int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was drawn from one stratum, in the order of rank.

    people : all of the stratum.  deviating : those with a late or missing duty.  undetermined : those with such a duty.
    """

    stratum: Stratum
    people: int
    deviating: int
    undetermined: int
    drawn: tuple[Drawn, ...]

    @property
    def size(self) -> int:
        """How many people are selected."""
        return len(self.drawn)

    @property
    def met(self) -> int:
        """People selected who have a late or missing duty."""
        return sum(drawn.candidate.deviates for drawn in self.drawn)

    @property
    def chance(self) -> Fraction:
        """Chance that a random selection of this size holds at least one person with a late or missing duty."""
        return chance_of_meeting(self.people, self.deviating, self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All strata, in the order of `Stratum`; those without people too."""

    rule: Rule
    seed: str
    parts: tuple[Part, ...]

    @property
    def people(self) -> int:
        """How many people the population has."""
        return sum(part.people for part in self.parts)

    @property
    def size(self) -> int:
        """How many of them are selected."""
        return sum(part.size for part in self.parts)

    @property
    def chance(self) -> Fraction:
        """Chance that random selections of these sizes hold at least one person with a late or missing duty."""
        none = Fraction(1)
        for part in self.parts:
            none *= 1 - part.chance
        return 1 - none


def select(population: Iterable[Candidate], rule: Rule, seed: str) -> Selection:
    """Draw from each stratum as many people as the rule asks for."""
    groups: dict[Stratum, list[Candidate]] = {stratum: [] for stratum in Stratum}
    for candidate in population:
        groups[candidate.stratum].append(candidate)
    return Selection(rule=rule, seed=seed, parts=tuple(_draw(*group, rule, seed) for group in groups.items()))


def _draw(stratum: Stratum, group: list[Candidate], rule: Rule, seed: str) -> Part:
    ranks = ((rank(seed, stratum, candidate.person_id), candidate) for candidate in group)
    first = heapq.nsmallest(rule.size(len(group)), ranks, key=itemgetter(0))
    return Part(
        stratum=stratum,
        people=len(group),
        deviating=sum(candidate.deviates for candidate in group),
        undetermined=sum(candidate.undetermined for candidate in group),
        drawn=tuple(Drawn(place, digest, candidate) for place, (digest, candidate) in enumerate(first, 1)),
    )


def rank(seed: str, stratum: str, person_id: str) -> str:
    """The rank of a person, as `printf '%s' '2025|joiners|00104' | sha256sum` prints it.

    >>> rank("2025", "joiners", "00104")[:16]
    '977625cd998f0aae'
    """
    return hashlib.sha256(f"{seed}|{stratum}|{person_id}".encode()).hexdigest()


def chance_of_meeting(people: int, deviating: int, size: int) -> Fraction:
    """Chance that `size` of `people`, chosen at random, hold at least one of the `deviating` (hypergeometric, exact).

    >>> chance_of_meeting(100, 1, 25), chance_of_meeting(40, 0, 25), chance_of_meeting(3, 1, 3)
    (Fraction(1, 4), Fraction(0, 1), Fraction(1, 1))
    """
    return 1 - Fraction(comb(people - deviating, size), comb(people, size))


# --- sizes --------------------------------------------------------------------------------------------------------

EVERYBODY = Rule("all", "everybody", lambda people: people)
TENTH = Rule(
    "tenth",
    "10 % of each stratum, rounded up, at least 3 and at most 30, or all where there are fewer",
    lambda people: min(people, max(3, min(30, -(-people // 10)))),
)
#: The words that `--rule` knows.
RULES = (EVERYBODY.name, "fixed", TENTH.name, "confidence")
#: Per cent; what `--rule confidence` takes where nothing is said.
CONFIDENCE, TOLERABLE = "90", "10"


def fixed(size: int) -> Rule:
    """The same number from each stratum.

    >>> fixed(25).size(40), fixed(25).size(7)
    (25, 7)
    """
    return Rule("fixed", f"{size:,} of each stratum, or all where there are fewer", lambda people: min(people, size))


def confidence(level: Decimal, tolerable: Decimal) -> Rule:
    """As many as it takes to see at least one deviation, with this confidence, if the tolerable rate were present.

    level, tolerable : in per cent.
    """
    return Rule(
        "confidence",
        f"confidence {level} %, tolerable rate {tolerable} %: the fewest people of each stratum for which the chance "
        "of seeing no deviation, if that rate of them (rounded up to whole people) had one, is at most "
        f"{100 - level} %; hypergeometric",
        lambda people: fewest(people, Fraction(level) / 100, Fraction(tolerable) / 100),
    )


def fewest(people: int, level: Fraction, tolerable: Fraction) -> int:
    """Smallest n with C(N - D, n) / C(N, n) <= 1 - level, where D of the N people have a deviation: N x tolerable,
    rounded up. Whole numbers only, so that no rounding moves the answer.

    >>> [fewest(people, Fraction(95, 100), Fraction(10, 100)) for people in (0, 1, 20, 100, 500, 10**6)]
    [0, 1, 16, 25, 28, 29]
    """
    deviating = -(-people * tolerable.numerator // tolerable.denominator)
    risk = 1 - level
    return next(
        (
            size
            for size in range(1, people + 1)
            if comb(people - deviating, size) * risk.denominator <= comb(people, size) * risk.numerator
        ),
        0,
    )


# --- what the user asked for --------------------------------------------------------------------------------------


def rule_for(name: str | None, size: int | None, level: str | None, tolerable: str | None) -> Rule:
    """The rule that the options of the command name; an option that belongs to one rule alone names it too.

    level, tolerable : in per cent, as typed.  Raises UserError where they contradict each other or make no sense.
    """
    implied = {"fixed": size is not None, "confidence": level is not None or tolerable is not None}
    wanted = name or next((rule for rule, is_implied in implied.items() if is_implied), TENTH.name)
    if wanted not in RULES:
        _refuse(f"--rule {wanted}", f"there is no such rule; there are {', '.join(RULES)}.", "choose one of these.")
    for rule, options in (("fixed", "--size"), ("confidence", "--confidence and --tolerable-rate")):
        if implied[rule] and wanted != rule:
            _refuse(
                options, f"this belongs to the rule '{rule}', and the rule is '{wanted}'.", "leave one of them out."
            )
    if wanted == "fixed":
        if size is None or size < 1:
            _refuse(
                "--size",
                f"{'it is missing' if size is None else size}; the rule 'fixed' takes 1 or more.",
                "name how many people of each stratum you want.",
            )
        return fixed(size)
    if wanted == "confidence":
        return confidence(
            _per_cent("--confidence", level or CONFIDENCE, Decimal(50), Decimal("99.9")),
            _per_cent("--tolerable-rate", tolerable or TOLERABLE, Decimal(1), Decimal(50)),
        )
    return EVERYBODY if wanted == EVERYBODY.name else TENTH


def _per_cent(option: str, text: str, lowest: Decimal, highest: Decimal) -> Decimal:
    try:
        number = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not lowest <= number <= highest:
        what = f"it is in per cent, a number from {lowest} to {highest}."
        _refuse(f"{option} {text}", what, "write 95 for 95 %, for example.")
    return number


def _refuse(where: str, what: str, do: str) -> NoReturn:
    raise UserError(Problem(where=where, what=what, effect="nothing was selected and nothing was written.", do=do))
