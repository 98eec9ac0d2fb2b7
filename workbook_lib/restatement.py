"""What an older pack of the same audit and period said, beside what is said now: verdict by verdict, and why.

Each pack holds its own *statement*. The pack that replaces it carries that statement among its inputs, in the file
`restated.json`, so that whoever makes the pack again from these inputs has the same comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbook_lib.engine import Engine
from workbook_lib.tables import TABLES, Problem, UserError

#: Among the inputs: what the older pack said, and what is different between the two in what they were made from.
FILE = "restated.json"
#: In data/ of each pack: what it says, for the pack that will replace it.
STATEMENT = "statement.json"

VERDICTS = """
SELECT person_id, requirement_id, verdict, gap_days, last_completed_on, next_due_on
FROM verdicts ORDER BY person_id, requirement_id"""
EXCEPTIONS = """
SELECT person_id, requirement_id, due_on, "from", "to", days, cause, explained_by
FROM exceptions ORDER BY person_id, requirement_id, due_on, "from\""""

#: What a verdict rests on, person by person → relation, and whether its rows name an account in place of a person.
EVIDENCE = {
    "people rows": ("people", False),
    "leave": ("leave", False),
    "training records": ("completions", True),
    "acknowledgements": ("acknowledgements", True),
    "decisions": ("decision", False),
}
DECIDED = ("decision_id", "kind", "requirement_id", "due_on", "approved_on", "new_due_on", "withdrawn")

Key = tuple[str, ...]
Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing from which the two packs were made, and which is not the same.

    what : its kind: settings, input, decisions, rules, version, days, key of the ids.  subject : its name.
    """

    what: str
    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One verdict or exception that reads differently; empty `before` or `after` where it is in one pack only.

    what : verdict or exception.  subject : of an exception, the days from which it is known.  is_another : whether
    more than its dates are different.  cause : what is not the same for that person; where nothing of their own is
    different, what is not the same for everybody.
    """

    what: str
    person_id: str
    requirement_id: str
    subject: str
    before: str
    after: str
    is_another: bool
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restatement:
    """The comparison with an older pack.

    made_at : when that was made.  result_digest : its own.  holds : whether it was as it had been sealed.
    not_compared : why its verdicts cannot be set beside those of now; empty where they are.
    """

    made_at: str
    result_digest: str
    holds: bool
    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]
    not_compared: str = ""

    @property
    def summary(self) -> dict[str, Any]:
        """The counts and the changes, for programs."""
        kinds = [difference.what for difference in self.differences]
        return {
            "older": {"made_at": self.made_at, "result_digest": self.result_digest, "holds": self.holds},
            "not_compared": self.not_compared,
            "changes": [asdict(change) for change in self.changes],
            "verdicts": kinds.count("verdict"),
            "other_verdicts": sum(d.is_another for d in self.differences if d.what == "verdict"),
            "exceptions": kinds.count("exception"),
        }


def statement(engine: Engine) -> Statement:
    """What is said now: every verdict and exception, and a digest per person of what these rest on."""
    return {
        "verdicts": [_texts(row) for row in engine.rows(VERDICTS)],
        "exceptions": [_texts(row) for row in engine.rows(EXCEPTIONS)],
        "evidence": {name: dict(engine.rows(_digests(*place))) for name, place in EVIDENCE.items()},
    }


def written(content: Mapping[str, Any]) -> str:
    """As it stands in a file: the same content gives the same bytes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n"


def against_older(folder: Path, engine: Engine, *, pseudonymous: bool) -> Restatement | None:
    """Compare what is said now with the older pack whose statement lies in an audit folder; None where none does.

    pseudonymous : ids stand for people; a statement with names is none to compare with, and the other way round.

    Raises UserError where the file is not one that a pack holds.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["pseudonymous"] is not pseudonymous:
            return None
        changes = tuple(Change(**change) for change in content["changes"])
        older = content["older"]
        return Restatement(
            made_at=str(older["made_at"]),
            result_digest=str(older["result_digest"]),
            holds=bool(older["holds"]),
            changes=changes,
            differences=tuple(_differences(content["statement"], statement(engine), changes)),
            not_compared=str(content["not_compared"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UserError(_malformed(path)) from error


def _malformed(path: Path) -> Problem:
    return Problem(
        where=path.name,
        what="it is not the statement of an older pack, as a pack holds it among its inputs.",
        do="remove it, or give the file another name, in audit.toml too.",
        code="bad_restated",
    )


def _differences(before: Statement | None, after: Statement, changes: tuple[Change, ...]) -> Iterator[Difference]:
    if before is None:
        return
    for_everybody = ", ".join(dict.fromkeys(c.subject if c.what == "input" else c.what for c in changes))
    for what, table, known_by, shown in (
        ("verdict", "verdicts", 2, _verdict),
        ("exception", "exceptions", 4, _exception),
    ):
        old, new = _by_key(before[table], known_by), _by_key(after[table], known_by)
        for key in sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)):
            was, now = old.get(key), new.get(key)
            person_id, requirement_id, *days = key
            own = ", ".join(n for n in EVIDENCE if _of(before, n, person_id) != _of(after, n, person_id))
            yield Difference(
                what=what,
                person_id=person_id,
                requirement_id=requirement_id,
                subject=f"due {days[0]}, uncovered from {days[1]}" if days else "",
                before=shown(was) if was else "",
                after=shown(now) if now else "",
                is_another=was is None or now is None or was[0] != now[0],
                cause=own or for_everybody or "nothing that is known",
            )


def _by_key(rows: list[list[str]], length: int) -> dict[Key, list[str]]:
    return {tuple(row[:length]): row[length:] for row in rows}


def _of(of: Statement, evidence: str, person_id: str) -> str:
    return str(of["evidence"].get(evidence, {}).get(person_id, ""))


def _verdict(row: list[str]) -> str:
    verdict, gap_days, last, due = row
    days = f"; {_days(gap_days)} uncovered" if gap_days not in ("", "0") else ""
    return f"{verdict}{days}; last record {last or 'none'}; next due {due or 'none'}"


def _exception(row: list[str]) -> str:
    to, days, cause, explained_by = row
    explained = f"explained by {explained_by}" if explained_by else "unexplained"
    return f"to {to or 'no end'}, {_days(days)}, {cause.replace('_', ' ')}; {explained}"


def _days(number: str) -> str:
    return f"{number} day" if number == "1" else f"{number} days"


def _texts(row: tuple[object, ...]) -> list[str]:
    return ["" if value is None else str(value) for value in row]


def _digests(relation: str, by_account: bool) -> str:
    """Person → digest of their rows in a relation, whatever the order and the place of these in a file.

    Columns are joined by signs that no export has (unit separator; record separator for none).
    """
    columns = DECIDED if relation == "decision" else [c for c in TABLES[relation].stored if not c.endswith("_no")]
    texts = ", ".join(f'COALESCE(CAST({relation}."{column}" AS VARCHAR), chr(30))' for column in columns)
    join = (
        f"JOIN account_person ON account_person.account = {relation}.account "
        "JOIN person ON person.person_no = account_person.person_no"
    )
    person_id = "person.person_id" if by_account else f"{relation}.person_id"
    return (
        "SELECT person_id, LEFT(sha256(STRING_AGG(line, chr(10) ORDER BY line)), 16) AS digest FROM "
        f"(SELECT {person_id} AS person_id, CONCAT_WS(chr(31), {texts}) AS line FROM {relation} "
        f"{join if by_account else ''}) lines WHERE person_id IS NOT NULL GROUP BY person_id ORDER BY person_id"
    )
