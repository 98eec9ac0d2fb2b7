"""A finding of the checker, in the user's words: where, what, the nearest known name, and what to do."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from datetime import date, time

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from workbook_lib.requirement import ATTRIBUTES, did_you_mean
from workbook_lib.tables import Problem

#: Section of audit.toml → its model.
Sections = Mapping[str, type[BaseModel]]

_TYPES = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "date_type": "a date such as 2025-01-31, without quotes",
    "date_from_datetime_parsing": "a date such as 2025-01-31, without quotes",
    "date_from_datetime_inexact": "a date without a time",
    "datetime_type": "a timestamp with an offset, without quotes",
    "tuple_type": 'a list, for example ["a", "b"]',
    "dict_type": "a table, for example { a = 1 }",
    "model_type": "a section",
    "model_attributes_type": "a section",
}


def problem(details: ErrorDetails, sections: Sections) -> Problem:
    """A pydantic finding in our words."""
    path = _key_path(details["loc"])
    kind, given = details["type"], details["input"]
    where = f"audit.toml, {path}" if path else "audit.toml"
    if kind == "extra_forbidden":
        known = _known_keys(details["loc"], sections)
        name = str(details["loc"][-1])
        near = difflib.get_close_matches(name, known, 1)
        return Problem(
            where=where,
            what=sentence(f"the key '{name}' is unknown{did_you_mean(near)}"),
            do=f"correct or remove it. Known here: {', '.join(known)}.",
            code="unknown_key",
        )
    if kind == "missing":
        return Problem(where=where, what="it is missing.", do="add it.", code="missing_key")
    if kind == "literal_error":
        near = difflib.get_close_matches(str(details["loc"][-2]), ATTRIBUTES, 1)
        return Problem(
            where=where,
            what=sentence(f"people have no attribute '{details['loc'][-2]}'{did_you_mean(near)}"),
            do=f"use one of {', '.join(ATTRIBUTES)}.",
            code="unknown_attribute",
        )
    if kind in _TYPES:
        what = f"{_as_written(given)} is not {_TYPES[kind]}."
        return Problem(where=where, what=what, do="correct the value.", code="wrong_type")
    if kind.startswith("audit."):
        what, code = sentence(details["msg"]), kind.removeprefix("audit.")
        return Problem(where=where, what=what, do="correct the value.", code=code)
    what = f"{_as_written(given)}: {details['msg'].lower()}."
    return Problem(where=where, what=what, do="correct the value.", code="wrong_value")


def _as_written(given: object) -> str:
    """A value as it stands in audit.toml.

    >>> _as_written(date(2025, 1, 31)), _as_written(True), _as_written("E1")
    ('2025-01-31', 'true', "'E1'")
    """
    if isinstance(given, bool):
        return str(given).lower()
    return given.isoformat() if isinstance(given, date | time) else repr(given)


def _key_path(loc: tuple[int | str, ...]) -> str:
    """`("requirement", 1, "renewal", "due")` → `requirement[2].renewal.due`; people count from one."""
    path = ""
    for part in loc:
        if part == "[key]":
            continue
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _known_keys(loc: tuple[int | str, ...], sections: Sections) -> list[str]:
    names = [part for part in loc[:-1] if isinstance(part, str)]
    model = sections.get(names[-1]) if names else None
    if model is None:
        return [name for name in sections if name != "renewal"]
    return [field.alias or name for name, field in model.model_fields.items()]


def sentence(text: str) -> str:
    """The text with its full stop, unless it ends as a question."""
    return text if text.endswith("?") else f"{text}."


def toml_text(text: str) -> str:
    r"""A text as it is written in TOML, in double quotes.

    >>> print(toml_text('a "b"\n'))
    "a \"b\"\n"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
