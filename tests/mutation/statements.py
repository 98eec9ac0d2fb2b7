"""Mutants of an SQL statement: the same text with one small mistake in it.

The mistakes are those that a person makes: a bound one day off, `<` for `<=`, a condition forgotten, an inner join for an
outer one, the start of something for its end, the first value for the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TOKEN = re.compile(r"(?P<skip>\s+|--[^\n]*)|'(?:[^']|'')*'|\"[^\"]*\"|\w+|<>|<=|>=|\|\||.", re.DOTALL)
#: What may stand in the place of a word or an operator.
SWAPS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "=": ("<>",), "<>": ("=",),
    "+": ("-",), "-": ("+",), "AND": ("OR",), "OR": ("AND",), "NOT": ("",), "DISTINCT": ("",), "DESC": ("",),
    "MIN": ("MAX",), "MAX": ("MIN",), "SUM": ("MAX",), "COUNT": ("MAX",), "LEAD": ("LAG",), "LAG": ("LEAD",),
    "LEAST": ("GREATEST",), "GREATEST": ("LEAST",), "PRECEDING": ("FOLLOWING",), "FOLLOWING": ("PRECEDING",),
    "LAST": ("FIRST",), "FULL": ("LEFT", "RIGHT"), "TRUE": ("FALSE",), "FALSE": ("TRUE",),
}  # fmt: skip
#: Names of which one is easily written for the other.
TWINS = [("from", "to"), ("start", "end"), ("first", "last"), ("covered", "excused"), ("covers", "excuses"), ("run", "series"),
         ("spell", "tenure"), ("approved", "new_due"), ("done", "lapses"), ("if_nobody", "if_everybody")]  # fmt: skip
TWIN = {one: other for pair in TWINS for one, other in (pair, pair[::-1])}
#: Where a condition ends that stands at the same depth.
ENDS = {"AND", "OR", "WHERE", "ON", "HAVING", "WHEN", "THEN", "ELSE", "LEFT", "FULL", "CROSS", "JOIN", "GROUP", "ORDER",
        "UNION", "WINDOW", "SELECT", "FROM", "ROWS", ",", "AS"}  # fmt: skip


class Token(NamedTuple):
    """A word of a statement, where it stands, and how many brackets (or CASE) are open around it."""

    text: str
    start: int
    end: int
    depth: int


class Mutant(NamedTuple):
    """A statement with a mistake: the line it is in, and what stands for what."""

    line: int
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.before!r} → {self.after!r}"


def tokens(statement: str) -> list[Token]:
    """The words of a statement, without its comments."""
    found, depth = [], 0
    for match in TOKEN.finditer(statement):
        if match["skip"]:
            continue
        depth -= match[0] in (")", "END")
        found.append(Token(match[0], match.start(), match.end(), depth))
        depth += match[0] in ("(", "CASE")
    return found


def mutants(statement: str) -> list[Mutant]:
    """All mutants of a statement, each text once."""
    words = tokens(statement)
    found: dict[str, Mutant] = {}
    for start, end, after in _edits(words):
        after = re.sub("\0(\\d+):(\\d+)\0", lambda part: statement[int(part[1]) : int(part[2])], after)
        text = statement[:start] + after + statement[end:]
        line = statement.count("\n", 0, start) + 1
        if text != statement:
            found.setdefault(text, Mutant(line, " ".join(statement[start:end].split()), after, text))
    return list(found.values())


def _edits(words: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    for at, word in enumerate(words):
        yield from _of_one_word(words, at)
        if word.text in ("AND", "OR", "WHERE", "ON", "HAVING", "WHEN") and not _is_range(words, at):
            yield from _without_condition(words, at)
        if word.text in ("COALESCE", "LEAST", "GREATEST"):
            yield from _of_arguments(words, at)
        if word.text == "BY" or (word.text == "IN" and words[at + 1].text == "("):
            yield from _of_list(words, at)
        if word.text in "+-" and (last := _operand(words, at + 1)):
            yield word.start, last.end, ""


def _of_one_word(words: Sequence[Token], at: int) -> Iterator[tuple[int, int, str]]:
    word, before = words[at], words[at - 1].text if at else ""
    start, end, text = word.start, word.end, word.text
    for other in SWAPS.get(text, ()):
        if not (text in ("AND", "OR") and _is_range(words, at)):
            yield start, end, other
    yield from _of_constant(word, before)
    if text == "UNION":
        yield (start, words[at + 1].end, "UNION") if words[at + 1].text == "ALL" else (start, end, "UNION ALL")
    if text == "JOIN" and before not in ("LEFT", "CROSS", "OUTER"):
        yield start, end, "LEFT JOIN"
    if text == "LEFT":
        yield start, end, ""
    if text == "BETWEEN" and words[at - 1].text != "ROWS":
        yield start, end, ">="
    if text == "ELSE" and (last := _condition_end(words, at)):
        yield words[at + 1].start, last.end, "NULL"
    for one, other in TWIN.items():
        if re.search(rf"(?:^|_){one}(?:_|$)", text):
            yield start, end, re.sub(rf"(^|_){one}(_|$)", rf"\g<1>{other}\g<2>", text, count=1)


def _of_constant(word: Token, before: str) -> Iterator[tuple[int, int, str]]:
    """One more, one less; another word; something instead of nothing."""
    start, end, text = word.start, word.end, word.text
    if text.isdigit():
        yield start, end, str(int(text) + 1)
        yield start, end, f"({int(text) - 1})" if before != "BETWEEN" else str(int(text) - 1)
    if text[0] == "'" and before != "DATE":
        yield start, end, text[:-1] + "!'"
    if text == "NULL" and before == "IS":
        yield start, end, "NOT NULL"


def _is_range(words: Sequence[Token], at: int) -> bool:
    """Whether an AND belongs to a BETWEEN."""
    for word in reversed(words[:at]):
        if word.depth == words[at].depth:
            if word.text == "BETWEEN":
                return words[at].text == "AND"
            if word.text in ENDS:
                return False
    return False


def _condition_end(words: Sequence[Token], at: int) -> Token | None:
    """The last word of the condition that begins after `at`."""
    last = None
    for place in range(at + 1, len(words)):
        word = words[place]
        ends = word.depth < words[at].depth or (word.depth == words[at].depth and word.text in ENDS)
        if ends and not _is_range(words, place):
            break
        last = word
    return last


def _without_condition(words: Sequence[Token], at: int) -> Iterator[tuple[int, int, str]]:
    """Without one of several conditions; with a branch that is always taken, or never; with a bound one day off."""
    last = _condition_end(words, at)
    if not last:
        return
    following = words[words.index(last) + 1 :]
    joined_by_or = words[at].text == "OR" or bool(following and following[0].text == "OR")
    start = words[at + 1].start
    if words[at].text == "WHEN" or not joined_by_or:
        yield start, last.end, "TRUE"
    if words[at].text == "WHEN" or joined_by_or:
        yield start, last.end, "FALSE"
    for place in range(at, words.index(last)):
        if words[place].text == "AND" and _is_range(words, place):
            yield words[place].start, words[place].end, "+ 1 AND"
            yield last.end, last.end, " - 1"


def _operand(words: Sequence[Token], at: int) -> Token | None:
    """The last word of what is added or taken away."""
    if at + 2 < len(words) and words[at + 1].text == ".":
        return words[at + 2]
    if words[at].text == "(":
        return next(word for word in words[at + 1 :] if word.text == ")" and word.depth == words[at].depth)
    return words[at] if at < len(words) and re.match(r"\w", words[at].text) else None


def _items(words: Sequence[Token], at: int, depth: int) -> list[tuple[int, int]]:
    """Where each item of a list begins and ends."""
    found, start = [], at
    for place in range(at, len(words) + 1):
        word = words[place] if place < len(words) else Token(")", 0, 0, depth - 1)
        ends = word.depth < depth or (word.depth == depth and word.text in ENDS)
        if ends and place > start:
            found.append((words[start].start, words[place - 1].end))
            start = place + 1
        if ends and word.text != ",":
            break
    return found


def _of_arguments(words: Sequence[Token], at: int) -> Iterator[tuple[int, int, str]]:
    """One argument for the whole; and for COALESCE the last one first."""
    (close,) = [word for word in words[at + 2 :] if word.text == ")" and word.depth == words[at].depth][:1]
    items = _items(words, at + 2, words[at].depth + 1)
    for start, end in items:
        yield words[at].start, close.end, f"\0{start}:{end}\0"
    if words[at].text == "COALESCE" and len(items) == 2:
        (a, b), (c, d) = items
        yield a, d, f"\0{c}:{d}\0, \0{a}:{b}\0"


def _of_list(words: Sequence[Token], at: int) -> Iterator[tuple[int, int, str]]:
    """A list without one of its items; or in the opposite order."""
    place, depth = (at + 1, words[at].depth) if words[at].text == "BY" else (at + 2, words[at].depth + 1)
    items = _items(words, place, depth)
    for no, (start, end) in enumerate(items):
        if len(items) > 1:
            yield (start, items[1][0], "") if no == 0 else (items[no - 1][1], end, "")
    if words[at - 1].text == "ORDER":
        yield from ((end, end, " DESC") for _, end in items)
