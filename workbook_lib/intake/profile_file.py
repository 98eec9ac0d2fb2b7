"""Profile files: read, laid over what they extend, checked, and every problem told in the user's words."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workbook_lib.intake.profile import (
    OWN,
    Cancels,
    Earliest,
    Filled,
    Join,
    Latest,
    Layout,
    Needs,
    Of,
    Pairs,
    Part,
    Profile,
    Reading,
    Replace,
    SetAside,
    Span,
)
from workbook_lib.intake.values import FLAGS, fold
from workbook_lib.requirement import did_you_mean
from workbook_lib.source import PROFILES, profile_path
from workbook_lib.tables import TABLES, VOCABULARY, Kind, Problem, UserError
from workbook_lib.wording import sentence

Model = TypeVar("Model", bound=BaseModel)
#: What a profile has and no file of it says.
UNWRITTEN = ("name", "own", "states_formats", "layouts")
GRAMMAR = "the grammar is in profiles/README.md"


def load_profile(folder: Path, name: str) -> Profile:
    """The profile of that name: the user's own in the audit folder first, then ours.

    Raises UserError with every problem of the file: each with its key path and what to do.
    """
    data = _unfolded(folder, name, ()) | {"name": name, "own": _is_own(folder, name)}
    return _sound(Profile, data, name)


def _sound(model: type[Model], data: Any, name: str, *at: str) -> Model:
    """The data as what they should be. Raises UserError with each place where they are not, `at` before it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UserError(*(_problem(name, at, details) for details in _telling(error.errors()))) from None


def _is_own(folder: Path, name: str) -> bool:
    path = profile_path(folder, name)
    return path is not None and path.parent != PROFILES


def _unfolded(folder: Path, name: str, seen: tuple[str, ...]) -> dict[str, Any]:
    """The data of a profile: its own `[reading]` and `[words]` laid over each layout, those it extends included."""
    data = _toml(folder, name, seen)
    base: dict[str, Any] = {}
    if "extends" in data:
        base = _unfolded(folder, str(data.pop("extends")), (*seen, name))
    reading, words = data.pop("reading", {}), data.pop("words", {})
    about, own = data.pop("profile", {}), data.pop("layout", [])
    if data or not _are_tables(reading, words, about, *_listed(own), *_values(words)):
        unknown = ", ".join(data) or "a section that is not a table"
        raise UserError(
            Problem(
                where=f"{name}.toml",
                what=f"{unknown} is not known here.",
                do="use extends, [profile], [reading], [words.…] and [[layout]]; see profiles/README.md.",
            )
        )
    for section, keys in (("profile", about), ("reading", reading)):
        if "extends" in keys:
            raise UserError(
                Problem(
                    where=f"{name}.toml, {section}.extends",
                    what=f"it stands below [{section}], and so belongs to that section.",
                    do=f"move `extends` to the top of the file, above [{section}].",
                )
            )
    _sound(Reading, reading, name, "reading")
    inherited = base.pop("layouts", ())
    _check_top_words(name, words, (*_listed(own), *inherited))
    layouts = [_laid_over(layout, reading, words, win=False) for layout in _listed(own)]
    known = {"confidence": OWN} if _is_own(folder, name) else {}
    anew = {"confidence": None} if known else {}
    stated = bool(known and (own or {"dates", "timestamps"} & reading.keys() or base.get("states_formats")))
    layouts += [_laid_over(layout, reading, words, win=True) | anew for layout in inherited]
    return {**base, **known, **about, "layouts": tuple(layouts), "states_formats": stated}


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _values(given: Any) -> Iterable[Any]:
    return given.values() if isinstance(given, dict) else ()


def _are_tables(*parts: Any) -> bool:
    return all(isinstance(part, dict) for part in parts)


def _allowed(layout: dict[str, Any], name: str) -> tuple[str, ...]:
    """The words that a column of a layout may hold; none where it has no closed vocabulary."""
    table = TABLES.get(str(layout.get("table")))
    return VOCABULARY.get(table[name].kind, ()) if table and name in table.names else ()


def _check_top_words(name: str, words: dict[str, dict[str, Any]], layouts: Iterable[dict[str, Any]]) -> None:
    """Words at the top are for every layout whose column knows their meaning: there must be one."""
    problems = []
    for column, meanings in words.items():
        allowed = tuple(dict.fromkeys(word for layout in layouts for word in _allowed(layout, column)))
        where = f"{name}.toml, words.{column}"
        if not allowed:
            what = f"no layout of this profile has a column '{column}' with a closed vocabulary."
            problems.append(Problem(where=where, what=what, do=f"correct or remove it; {GRAMMAR}."))
        problems += [
            Problem(
                where=where,
                what=f"'{word}' means {meaning!r}, which is none of {', '.join(allowed)}.",
                do="correct the meaning.",
            )
            for word, meaning in meanings.items()
            if allowed and meaning not in allowed
        ]
    if problems:
        raise UserError(*problems)


def _laid_over(layout: dict[str, Any], reading: dict[str, Any], words: dict[str, Any], *, win: bool) -> dict[str, Any]:
    """A layout with the profile's reading and words, which win over those of an inherited layout, not of an own one.

    A column without words of its own knows the canonical ones, and goes on knowing them.
    """
    own, own_words = (layout.get(key, {}) for key in ("reading", "words"))
    if not _are_tables(own, own_words, *_values(own_words)):
        return layout  # refused as what it is
    merged = dict(own_words)
    for name, meanings in words.items():
        allowed = _allowed(layout, name)
        fitting = {word: meaning for word, meaning in meanings.items() if meaning in allowed}
        if fitting:
            known = own_words.get(name)
            merged[name] = _over(fitting, known) if known and not win else _over(known or _canonical(allowed), fitting)
    return layout | {"reading": own | reading if win else reading | own, "words": merged}


def _canonical(allowed: tuple[str, ...]) -> dict[str, str]:
    """What is understood where no words are declared."""
    if allowed == VOCABULARY[Kind.FLAG]:
        return {word: str(meaning).lower() for word, meaning in FLAGS.items()}
    return {word: str(word) for word in allowed}


def _over(under: dict[str, str], over: dict[str, str]) -> dict[str, str]:
    """Two tables of words as one; where both have a word, however it is written, the second is meant."""
    taken = {fold(word) for word in over}
    return {word: meaning for word, meaning in under.items() if fold(word) not in taken} | over


def _toml(folder: Path, name: str, seen: tuple[str, ...]) -> dict[str, Any]:
    path = profile_path(folder, name)
    if path is None or name in seen:
        what = f"there is no profile '{name}'." if path is None else f"{' extends '.join((*seen, name))}: a circle."
        raise UserError(Problem(where=f"{seen[-1] if seen else name}.toml, extends", what=what, do="correct it."))
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            Problem(where=path.name, what=f"it is not valid TOML: {error}.", do="correct that place and try again.")
        ) from None


# --- what is wrong, in words --------------------------------------------------------------------------------------

_SHOULD_BE = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "tuple_type": 'a list, for example ["a", "b"]',
    "dict_type": "a table, for example { a = 1 }",
    "model_type": "a table, for example { a = 1 }",
}
_BOUNDS = {"greater_than": "more than {gt:g}", "greater_than_equal": "{ge} or more", "less_than_equal": "{le} or less"}
_MODELS: dict[str, type[Part]] = {
    "reading": Reading, "layouts": Layout, "set_aside": SetAside, "needs": Needs, "cancels": Cancels, "window": Span,
    "pairs": Pairs, "replace": Replace,
    "of": Of, "join": Join, "filled": Filled, "earliest": Earliest, "latest": Latest,
}  # fmt: skip


def _telling(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """No problem of its own: that a list with a wrong entry looks empty, and that a wrong header is no join either."""
    for details in errors:
        looks_empty = details["type"] == "too_short" and details["input"]
        if not looks_empty and details["loc"][-1:] != ("Join",):
            yield details


def _problem(name: str, at: tuple[str, ...], details: ErrorDetails) -> Problem:
    """A finding of the checker in our words."""
    loc = (*at, *details["loc"])
    what, do = _what_and_do(loc, details)
    if "columns" in loc:
        loc = loc[: loc.index("columns") + 2]
    elif loc[0] not in ("layouts", "reading"):
        loc = ("profile", *loc)
    place = ""
    for part in loc:
        place += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return Problem(where=f"{name}.toml, {place.replace('layouts', 'layout')}", what=sentence(what), do=do)


def _what_and_do(loc: tuple[int | str, ...], details: ErrorDetails) -> tuple[str, str]:
    kind, given, context = details["type"], details["input"], details.get("ctx", {})
    last, do = str(loc[-1]), f"correct the profile; {GRAMMAR}."
    if kind == "profile":
        return details["msg"], do
    if kind == "missing":
        return f"'{last}' is missing", f"add it; {GRAMMAR}."
    if kind == "extra_forbidden":
        holder = next((part for part in reversed(loc[:-1]) if isinstance(part, str)), "")
        fields = _MODELS.get(holder, Profile).model_fields
        known = [field.alias or key for key, field in fields.items() if key not in UNWRITTEN]
        near = difflib.get_close_matches(last, known, 1)
        return (
            f"the key '{last}' is unknown{did_you_mean(near)}",
            f"correct or remove it. Known here: {', '.join(known)}.",
        )
    if loc == ("layouts",):
        return "there is no layout", 'add a [[layout]], or put extends = "…" at the top of the file.'
    if kind in ("too_short", "string_too_short"):
        return "it is empty", do
    if kind.startswith("union_tag"):
        return f"{given!r} is neither a header, nor a list of headers, nor a table such as {{ join = […] }}", do
    if kind == "literal_error":
        return f"{given!r} is none of {context['expected']}", "use one of them."
    if kind in _BOUNDS:
        return f"{given!r} is not {_BOUNDS[kind].format(**context)}", do
    return f"{given!r} is not {_SHOULD_BE.get(kind, 'what is expected here')}", do
