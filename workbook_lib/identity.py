"""Whose record is it? Accounts are mapped to people, in both directions, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from workbook_lib.engine import Engine
from workbook_lib.tables import Finding, Quarantined

RULES = Path(__file__).parent / "rules"
#: The statements, in the order in which they are run; each makes the relation that it is named after.
STATEMENTS = ("everybody", "person", "account_person")
UNREAD = {"account": "VARCHAR", "account_email": "VARCHAR", "place": "VARCHAR"}


def resolve(engine: Engine, quarantine: Sequence[Quarantined]) -> None:
    """Map accounts to people. Needs the canonical tables and `decision`.

    quarantine : rows that were not used; those that name an account or a person are shown beside that person.

    Makes `everybody` and `person` (person_no, person_id, name, email and the attributes of the latest row; excluded
    people are in the first only), `account_person` (account, person_no or NULL, via: how it was mapped, in_system: 1
    where a training or policy system knows it) and `unread_record` (account, place).
    """
    engine.load("unread_record", UNREAD, _unread(quarantine))
    for name in STATEMENTS:
        engine.make(name, (RULES / f"{name}.sql").read_text(encoding="utf-8"))


def doubts(engine: Engine) -> tuple[Finding, ...]:
    """What an analyst must look at, once `resolve` is done: shared addresses, accounts that are given to several."""
    return (*_shared_addresses(engine), *_contradictions(engine))


def _unread(quarantine: Sequence[Quarantined]) -> Iterator[tuple[str, str | None, str]]:
    """The rows that could not be read and say whom they are about. People rows have a relation of their own (C12)."""
    for row in quarantine:
        if row.subject and not row.by_rule and row.table != "people":
            email = row.subject.casefold() if "@" in row.subject else None
            yield row.subject, email, f"{row.file}, row {row.row_no}"


def _shared_addresses(engine: Engine) -> Iterator[Finding]:
    rows = engine.rows(
        "SELECT addressed.email, STRING_AGG(DISTINCT person.person_id, ', ' ORDER BY person.person_id) "
        "FROM (SELECT email, person_id FROM people UNION SELECT email, person_id FROM unread_people) addressed "
        "JOIN everybody person ON person.person_id = addressed.person_id WHERE addressed.email IS NOT NULL "
        "GROUP BY addressed.email HAVING COUNT(DISTINCT person.person_id) > 1 ORDER BY addressed.email"
    )
    for email, people in rows:
        yield Finding(
            code="shared_email",
            table="people",
            subject=email,
            text=f"{email} belongs to several people ({people}); records under it are given to none of them.",
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
