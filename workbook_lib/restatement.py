"""What an older pack of the same audit and period said, beside what is said now: verdict by verdict, and why.

Each pack holds its own *statement*. The pack that replaces it carries that statement among its inputs, in the file
`restated.json`, so that whoever makes the pack again from these inputs has the same comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbook_lib.engine import Engine
from workbook_lib.tables import TABLES, Problem, UserError

#: Among the inputs: what is different between the two in what they were made from, and what the older pack said.
FILE, OLDER = "restated.json", "restated.csv"
#: In data/ of each pack: what it says, for the pack that will replace it.
STATEMENT = "statement.csv"

#: what : verdict, exception, or what these rest on.  head : the verdict, the last day, or the digest of the latter.
COLUMNS = ("what", "person_id", "requirement_id", "due_on", "uncovered_from", "head", "says")
VERDICTS = """
SELECT 'verdict' AS what, person_id, requirement_id, '' AS due_on, '' AS uncovered_from, verdict AS head,
       CONCAT(verdict, CASE WHEN gap_days > 1 THEN CONCAT('; ', gap_days, ' days uncovered')
                            WHEN gap_days = 1 THEN '; 1 day uncovered' END,
              '; last record ', COALESCE(CAST(last_completed_on AS VARCHAR), 'none'),
              '; next due ', COALESCE(CAST(next_due_on AS VARCHAR), 'none')) AS says
FROM verdicts"""
EXCEPTIONS = """
SELECT 'exception' AS what, person_id, requirement_id, CAST(due_on AS VARCHAR) AS due_on,
       CAST("from" AS VARCHAR) AS uncovered_from, CAST("to" AS VARCHAR) AS head,
       CONCAT('to ', COALESCE(CAST("to" AS VARCHAR), 'no end'), ', ',
              days, CASE days WHEN 1 THEN ' day, ' ELSE ' days, ' END,
              REPLACE(cause, '_', ' '), '; ', COALESCE('explained by ' || explained_by, 'unexplained')) AS says
FROM exceptions"""

#: What a verdict rests on, person by person → relation, and whether its rows name an account in place of a person.
EVIDENCE = {
    "people rows": ("people", False),
    "leave": ("leave", False),
    "training records": ("completions", True),
    "acknowledgements": ("acknowledgements", True),
    "decisions": ("decision", False),
}
DECIDED = ("decision_id", "kind", "requirement_id", "due_on", "approved_on", "new_due_on", "withdrawn")

#: Verdicts and exceptions that are not the same in two statements, verdicts first.
DIFFERENCES = """
SELECT COALESCE(older.what, newer.what) AS what, COALESCE(older.person_id, newer.person_id) AS person_id,
       COALESCE(older.requirement_id, newer.requirement_id) AS requirement_id,
       COALESCE(older.due_on, newer.due_on) AS due_on,
       COALESCE(older.uncovered_from, newer.uncovered_from) AS uncovered_from,
       COALESCE(older.says, '') AS before, COALESCE(newer.says, '') AS after,
       older.head IS DISTINCT FROM newer.head AS is_another
FROM (SELECT * FROM statement_older WHERE what IN ('verdict', 'exception')) older
FULL JOIN (SELECT * FROM statement_newer WHERE what IN ('verdict', 'exception')) newer
  ON newer.what = older.what AND newer.person_id = older.person_id AND newer.requirement_id = older.requirement_id
 AND newer.due_on = older.due_on AND newer.uncovered_from = older.uncovered_from
WHERE older.says IS DISTINCT FROM newer.says
ORDER BY what DESC, person_id, requirement_id, due_on, uncovered_from"""
#: Whose evidence is not the same in two statements, and which.
CAUSES = """
SELECT COALESCE(older.person_id, newer.person_id), COALESCE(older.what, newer.what)
FROM (SELECT * FROM statement_older WHERE what NOT IN ('verdict', 'exception')) older
FULL JOIN (SELECT * FROM statement_newer WHERE what NOT IN ('verdict', 'exception')) newer
  ON newer.what = older.what AND newer.person_id = older.person_id
WHERE older.head IS DISTINCT FROM newer.head"""


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


def statement() -> str:
    """A SELECT of what is said now: every verdict and exception, and a digest per person of what these rest on."""
    said = [VERDICTS, EXCEPTIONS, *(_digests(name, *place) for name, place in EVIDENCE.items())]
    return f"SELECT * FROM ({' UNION ALL '.join(said)}) said ORDER BY {', '.join(COLUMNS[:5])}"


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
        older, reason = content["older"], str(content["not_compared"])
        return Restatement(
            made_at=str(older["made_at"]),
            result_digest=str(older["result_digest"]),
            holds=bool(older["holds"]),
            changes=changes,
            differences=() if reason else tuple(_differences(engine, folder / OLDER, changes)),
            not_compared=reason,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(_malformed(path)) from error


def _malformed(path: Path) -> Problem:
    return Problem(
        where=path.name,
        what="it is not the statement of an older pack, as a pack holds it among its inputs.",
        do="remove it, or give the file another name, in audit.toml too.",
        code="bad_restated",
    )


def _differences(engine: Engine, older: Path, changes: tuple[Change, ...]) -> Iterator[Difference]:
    """What the older statement and the one of now say differently. Raises OSError or ValueError for no statement."""
    engine.take_back("statement_older", older, COLUMNS)
    engine.derive("statement_newer", statement())
    of_everybody = ", ".join(dict.fromkeys(c.subject if c.what == "input" else c.what for c in changes))
    own: dict[str, set[str]] = {}
    for person_id, evidence in engine.rows(CAUSES):
        own.setdefault(person_id, set()).add(evidence)
    for what, person_id, requirement_id, due_on, uncovered_from, before, after, is_another in engine.rows(DIFFERENCES):
        causes = ", ".join(name for name in EVIDENCE if name in own.get(person_id, ()))
        yield Difference(
            what=what,
            person_id=person_id,
            requirement_id=requirement_id,
            subject=f"due {due_on}, uncovered from {uncovered_from}" if due_on else "",
            before=before,
            after=after,
            is_another=is_another,
            cause=causes or of_everybody or "nothing that is known",
        )
    engine.drop("statement_older")
    engine.drop("statement_newer")


def _digests(what: str, relation: str, by_account: bool) -> str:
    """One row per person: how many rows of a relation are theirs, and the sum of the digests of these, which is the
    same whatever their order and place in a file.

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
        f"SELECT '{what}' AS what, person_id, '' AS requirement_id, '' AS due_on, '' AS uncovered_from, "
        "CONCAT(COUNT(*), ' of ', SUM(CAST(md5_number_lower(line) AS HUGEINT))) AS head, '' AS says FROM "
        f"(SELECT {person_id} AS person_id, CONCAT_WS(chr(31), {texts}) AS line FROM {relation} "
        f"{join if by_account else ''}) lines WHERE person_id IS NOT NULL GROUP BY person_id"
    )
