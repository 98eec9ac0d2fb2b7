"""JSON → raw rows: one per record, its cells at the paths that a profile names; numbers keep their text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from workbook_lib.intake.files import BadFileError, Digest, Fault, Opened, RawRow, Rows

LARGEST_JSON = 512 << 20
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_STEP = re.compile(r'(?:"([^"]+)"|([^.\[\]"]+))(?:\[(?:([0-9]+)|([^\]=]+)=([^\]]*))\])?(?:\.|$)')


class Step(NamedTuple):
    """One step of a path: a key, then perhaps one element of a list, by number or by what it holds."""

    key: str
    number: int | None
    where: tuple[tuple[Step, ...], str] | None


def path_of(text: str) -> tuple[Step, ...]:
    """`emails[primary=true].value` → steps; a key that holds a dot stands in double quotes. ValueError otherwise.

    >>> path_of('workAssignments[0].hireDate')[0]
    Step(key='workAssignments', number=0, where=None)
    """
    steps, at = [], 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or text.endswith("."):
            raise ValueError(f"'{text}' is not a path such as user.email or emails[primary=true].value")
        quoted, plain, number, key, value = match.groups()
        steps.append(Step(quoted or plain, int(number) if number else None, (path_of(key), value) if key else None))
        at = match.end()
    return tuple(steps)


#: Stands for "there is no such key".
MISSING = object()
#: The path of the document itself: a list of records, or one record alone.
WHOLE = "."
#: Where a page of an answer says that another one follows, by true or by its address: xAPI; Vanta and GraphQL; OData 2
#: (SuccessFactors) and 4 (Entra); HAL; Google.
NEXT_PAGE = (
    "more",
    "hasNextPage",
    "pageInfo.hasNextPage",
    "results.pageInfo.hasNextPage",
    "d.__next",
    '"@odata.nextLink"',
    "_links.next",
    "nextPageToken",
)


def value_at(record: object, path: Sequence[Step]) -> object:
    """What stands at a path; MISSING where a key on the way does not exist. Behind a null there is nothing but null."""
    for depth, step in enumerate(path):
        if record is None and depth:
            return None
        if not isinstance(record, dict) or step.key not in record:
            return MISSING
        record = record[step.key]
        elements = record if isinstance(record, list) else []
        if step.number is not None:
            record = elements[step.number] if step.number < len(elements) else None
        elif step.where is not None:
            inner, wanted = step.where
            record = next((e for e in elements if isinstance(e, dict) and cell(value_at(e, inner)) == wanted), None)
    return record


def cell(value: object) -> str:
    """A JSON value as the text of a cell; numbers keep their text, a list of plain values is joined by `;`."""
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(element, dict | list) for element in value):
        return ";".join(map(cell, value))
    return as_json(value)


class _Number(str):
    """The text of a JSON number: an id or an amount never passes through a float."""

    __slots__ = ()


def open_json(path: Path, content: Digest, *, records: Sequence[str], explode: str, wanted: Sequence[str]) -> Opened:
    """Open a JSON file: one row per object of the list of `records`, its cells at the `wanted` paths.

    records : the list is at the first of these paths that has one; "." is the document: a list, or one record alone.
    None: the top-level list, or the only list of objects that a top-level object holds.
    explode : a list inside each record that makes one row per element; paths go on through its keys alone.

    The header holds the wanted paths that exist in some record; `others` the remaining keys of the records.
    """
    data = _load_json(path, content)
    items = _records(data, records)
    listed = path_of(explode) if explode else ()
    paths = {text: path_of(text) for text in wanted}
    parts = [(no, item, part) for no, item in enumerate(items, 1) for part in _exploded(item, listed)]
    header = tuple(
        text for text, steps in paths.items() if any(value_at(part, steps) is not MISSING for _, _, part in parts)
    )
    used = {paths[text][0].key for text in header}
    keys = dict.fromkeys(key for item in items if isinstance(item, dict) for key in item)
    current: list[object] = [None]

    def rows() -> Rows:
        for no, item, part in parts:
            current[0] = item
            fault = None if isinstance(item, dict) else Fault("not_a_record", "a record must be an object { … }")
            yield RawRow(no, [cell(value_at(part, paths[text])) for text in header], fault)

    opened = Opened(
        header,
        lambda: as_json(current[0]),
        others=tuple(k for k in keys if k not in used),
        empty=not items,
        goes_on=_next_page(data),
    )
    opened.rows = rows()
    return opened


def _next_page(data: object) -> str:
    """The key by which the answer says that another page follows; empty where it says nothing of that."""
    told = (key for key in NEXT_PAGE if value_at(data, path_of(key)) not in (MISSING, None, False, ""))
    return next(told, "")


def as_json(value: object) -> str:
    """A JSON value as text again, its numbers as they stood. Raises BadFileError where it is nested too deeply."""
    try:
        return _as_json(value)
    except RecursionError:
        raise _bottomless() from None


def _as_json(value: object) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_as_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _bottomless() -> BadFileError:
    return BadFileError("it is nested too deeply.", "export it again.", code="bad_json")


def _load_json(path: Path, content: Digest) -> object:
    if content.size > LARGEST_JSON:
        raise BadFileError(
            f"it is larger than {LARGEST_JSON >> 20} MB.", "export it in parts, or as CSV.", code="too_large"
        )
    text = path.read_bytes().decode(content.encoding)
    try:
        data: object = json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
        if _SURROGATE.search(text):
            as_json(data).encode()
        return data
    except json.JSONDecodeError as error:
        raise BadFileError(
            f"it is not valid JSON: {error.msg}.",
            "export it again and copy it whole.",
            place=f"line {error.lineno}, column {error.colno}",
            code="bad_json",
        ) from None
    except UnicodeEncodeError:
        raise BadFileError("it holds half of a character (\\ud…).", "export it again.", code="bad_json") from None
    except RecursionError:
        raise _bottomless() from None


def _refuse_constant(name: str) -> None:
    raise BadFileError(f"it holds {name}, which is not JSON.", "export it again.", code="bad_json")


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        double = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise BadFileError(
            f"an object has the key '{double}' twice; which of the two holds is not known.",
            "export it again.",
            code="duplicate_key",
        )
    return found


def _records(data: object, records: Sequence[str]) -> list[object]:
    """The list of records: at the first path that has one, or the only list of objects in the top-level object."""
    found = _listed(data, records) if records else _only_list(data)
    if found is None:
        keys = ", ".join(data) if isinstance(data, Mapping) else "none"
        at = f" at {' or '.join(records)}" if records else ""
        raise BadFileError(
            f"no list of records was found{at}; keys at the top: {keys}.",
            "choose the profile and the table that fit, or declare in a profile where the records are (records = …).",
            code="no_records",
        )
    return found


def _listed(data: object, records: Sequence[str]) -> list[object] | None:
    for path in records:
        found = data if path == WHOLE else value_at(data, path_of(path))
        if isinstance(found, list):
            return found
        if path == WHOLE and isinstance(found, dict):
            return [found]
    return None


def _only_list(data: object) -> list[object] | None:
    if isinstance(data, dict):
        lists = [v for v in data.values() if isinstance(v, list) and any(isinstance(e, dict) for e in v)]
        return lists[0] if len(lists) == 1 else None
    return data if isinstance(data, list) else None


def _exploded(record: Any, listed: Sequence[Step]) -> list[object]:
    """The record, or one copy of it per element of the exploded list (the element in the list's place)."""
    if not listed:
        return [record]
    elements = value_at(record, listed)
    if elements is MISSING:
        # No such list at all is the sign of another report, and must not look like an empty one.
        return [record]
    if not isinstance(elements, list) or not elements:
        return [_replaced(record, listed, None)]
    return [_replaced(record, listed, element) for element in elements]


def _replaced(record: Any, listed: Sequence[Step], element: object) -> object:
    head, rest = listed[0].key, listed[1:]
    inner = element if not rest else _replaced(value_at(record, listed[:1]) or {}, rest, element)
    return record | {head: inner}
