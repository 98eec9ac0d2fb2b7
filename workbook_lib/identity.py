"""Whose record is it? Accounts are mapped to people, in both directions, and never by a guess."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from workbook_lib.engine import Engine
from workbook_lib.tables import Finding, Quarantined, address_of, folded

RULES = Path(__file__).parent / "rules"
#: The statements, in the order in which they are run; each makes the relation that it is named after.
STATEMENTS = ("everybody", "person", "account_person")
UNREAD = {"account": "VARCHAR", "account_email": "VARCHAR", "place": "VARCHAR"}


def resolve(engine: Engine, quarantine: Sequence[Quarantined]) -> None:
    """Map accounts to people. Needs the canonical tables and `decision`.

    quarantine : rows that were not used; those that name an account or a person are shown beside that person.

    Makes `everybody` and `person` (person_no, person_id, name, email and the attributes of the latest row; excluded
    people are in the first only), `account_person` (account, person_no or NULL, via: how it was mapped, in_system: 1
    where a training or policy system knows it, has_records: 1 where it has records there) and
    `unread_record` (account, place).
    """
    engine.load("unread_record", UNREAD, _unread(quarantine))
    for name in STATEMENTS:
        engine.make(name, (RULES / f"{name}.sql").read_text(encoding="utf-8"))


def doubts(engine: Engine) -> tuple[Finding, ...]:
    """What an analyst must look at, once `resolve` is done: shared e-mail addresses, accounts that are given to several
    people, decisions about accounts that change nothing, and texts that look alike and are not the same.
    """
    return (
        *_shared_addresses(engine),
        *_contradictions(engine),
        *_idle_decisions(engine),
        *_look_alikes(engine),
        *_in_capitals(engine),
    )


def _unread(quarantine: Sequence[Quarantined]) -> Iterator[tuple[str, str | None, str]]:
    """The rows that could not be read and say whom they are about. People rows have a relation of their own (C12)."""
    for row in quarantine:
        if row.subject and not row.by_rule and row.table != "people":
            yield row.subject, address_of(row.subject), f"{row.file}, row {row.row_no}"


#: Addresses that several people have, and whose the records under each are; one that a decision settles is no doubt.
SHARED = """
WITH addressed AS (SELECT email, person_id FROM people UNION ALL SELECT email, person_id FROM unread_people)
SELECT addressed.email, STRING_AGG(DISTINCT addressed.person_id, ', ' ORDER BY addressed.person_id),
       MIN(owner.person_id), MIN(known.via)
FROM addressed
LEFT JOIN account_person known ON known.account_key = addressed.email AND known.person_no IS NOT NULL
LEFT JOIN everybody owner ON owner.person_no = known.person_no
WHERE addressed.email IN (SELECT email FROM addressed GROUP BY email HAVING MIN(person_id) < MAX(person_id))
GROUP BY addressed.email HAVING COALESCE(MIN(known.via), '') <> 'link decision' ORDER BY addressed.email"""


def _shared_addresses(engine: Engine) -> Iterator[Finding]:
    for email, people, owner, via in engine.rows(SHARED):
        whose = f"those of {owner}, by the {via}" if owner else "given to none of them"
        yield Finding(
            code="shared_email",
            table="people",
            subject=email,
            text=f"{email} belongs to several people ({people}); records under it are {whose}.",
        )


#: Where an account is given to people: table, code, wording, and the SELECT of (account, person_id).
GIVEN = (
    (
        "accounts",
        "account_of_several",
        "the lists of users give it to",
        "SELECT COALESCE(account_email, account) AS account, everybody.person_id FROM accounts "
        "JOIN everybody ON everybody.person_id = accounts.person_id",
    ),
    (
        "decisions",
        "link_to_several",
        "recorded links give it to",
        "SELECT COALESCE(account_email, account) AS account, person_id FROM decision "
        "WHERE kind = 'link' AND withdrawn = 0",
    ),
)


def _contradictions(engine: Engine) -> Iterator[Finding]:
    for table, code, says, given in GIVEN:
        rows = engine.rows(
            f"SELECT account, STRING_AGG(DISTINCT person_id, ', ' ORDER BY person_id) FROM ({given}) given "
            "GROUP BY account HAVING COUNT(DISTINCT person_id) > 1 ORDER BY account"
        )
        for account, people in rows:
            text = f"Account {account} is ambiguous: {says} {people}; that is no key."
            yield Finding(code=code, table=table, subject=account, text=text)


#: Decisions in force about one account, and whose it is without them, where they change nothing.
IDLE = """
SELECT DISTINCT decision.decision_id, decision.kind, decision.account, decision.source_no, decision.row_no,
       owner.person_id, known.via
FROM decision
LEFT JOIN account_person known ON known.account_key = COALESCE(decision.account_email, decision.account)
LEFT JOIN everybody owner ON owner.person_no = known.person_no
WHERE decision.withdrawn = 0 AND decision.account IS NOT NULL
  AND (known.account_key IS NULL AND decision.kind IN ('link', 'exclude')
       OR decision.kind = 'link' AND owner.person_id <> decision.person_id AND known.via <> 'link decision')
ORDER BY decision.source_no, decision.row_no"""


def _idle_decisions(engine: Engine) -> Iterator[Finding]:
    for decision_id, kind, account, source_no, row_no, owner, via in engine.rows(IDLE):
        why = f"which is that of {owner} anyway, by the {via}" if owner else "which no export names"
        yield Finding(
            code="decision_fits_nothing",
            table="decisions",
            subject=decision_id,
            text=f"Decision {decision_id} ({kind}) is about account {account}, {why}. It has no effect.",
            source_no=source_no,
            row_no=row_no,
        )


# --- what looks alike ---------------------------------------------------------------------------------------------

#: Letters of other scripts that look like a Latin one, each above it.
_LIKE_LATIN = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0443\u0445\u03bf\u03bd\u03c1\u0131\u043a\u043c\u0442",
    "acdehijlopqsyxovpikmt",
)


def skeleton(name: str) -> str:
    """What is left of a name when all that the eye or a spreadsheet confuses is levelled; never used to match.

    >>> skeleton("12345.0") == skeleton("0012345"), skeleton("\u0410da@X.example") == skeleton("ada@x.example")
    (True, True)
    """
    found = name.casefold()
    if not found.isascii():
        found = unicodedata.normalize("NFKC", found).translate(_LIKE_LATIN)
    plain = found.removesuffix(".0")
    return plain.lstrip("0") or "0" if plain.isdigit() else found


def _look_alikes(engine: Engine) -> Iterator[Finding]:
    """Ids of people that look alike, and accounts of nobody that look like somebody's: nothing is matched by it."""
    people = engine.rows("SELECT person_id, email FROM everybody ORDER BY person_id")
    for alike in _grouped(person_id for person_id, _ in people):
        yield Finding(
            code="look_alike_people",
            table="people",
            subject=alike[0],
            text=f"The ids {' and '.join(map(_told, alike))} look alike; they count as different people.",
        )
    strangers = [a for (a,) in engine.rows("SELECT account FROM account_person WHERE via = 'nobody' ORDER BY account")]
    names = {skeleton(name): name for pair in people for name in pair if name} if strangers else {}
    for account in strangers:
        known = names.get(skeleton(account))
        if known and known != folded(account):  # else it is a shared address
            yield Finding(
                code="look_alike_account",
                table="accounts",
                subject=account,
                text=f"Account {_told(account)} belongs to nobody, and looks like {_told(known)}; it was not matched.",
            )


def _grouped(names: Iterable[str]) -> Iterable[list[str]]:
    """Those of different names that look alike."""
    first: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for name in names:
        key = skeleton(name)
        if (other := first.setdefault(key, name)) != name:
            groups.setdefault(key, [other]).append(name)
    return groups.values()


def _told(name: str) -> str:
    """A name, with the codes of the letters that make the difference invisible."""
    codes = dict.fromkeys(f"U+{ord(letter):04X}" for letter in name if not letter.isascii())
    return f"'{name}'" + (f" (with {', '.join(codes)})" if codes else "")


def _in_capitals(engine: Engine) -> Iterator[Finding]:
    """E-mail addresses that differ from the person's in case only."""
    matched = "account_person WHERE person_no IS NOT NULL AND account <> account_key"
    ((number, example),) = engine.rows(f"SELECT COUNT(DISTINCT account_key), MIN(account) FROM {matched}")
    if number:
        yield Finding(
            code="matched_without_case",
            table="accounts",
            subject=example,
            text=f"Accounts that are e-mail addresses with capital letters: {number:,}, for example {example}; they "
            "were matched without regard to case.",
        )
