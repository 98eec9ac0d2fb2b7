"""Whose record is it? Accounts are mapped to people, in both directions, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from workbook_lib.engine import Engine
from workbook_lib.tables import Finding, Quarantined

RULES = Path(__file__).parent / "rules"
#: The statements, in the order in which they are run; each makes the relation that it is named after.
STATEMENTS = ("person", "account_person")
UNREAD = {"account": "VARCHAR", "account_email": "VARCHAR", "place": "VARCHAR"}


def resolve(engine: Engine, quarantine: Sequence[Quarantined]) -> tuple[Finding, ...]:
    """Map accounts to people. Needs the canonical tables and `decision`.

    quarantine : rows that were not used; those that name an account or a person are shown beside that person.

    Makes `person` (person_no, person_id, name, email and the attributes of the latest row; excluded people are not in
    it), `account_person` (account, person_no or NULL, via: how it was mapped, in_system: 1 where a training or
    policy system knows it) and `unread_record` (account, where).

    Returns what an analyst must look at: shared e-mail addresses, accounts that a list gives to several people.
    """
    engine.load("unread_record", UNREAD, _unread(quarantine))
    for name in STATEMENTS:
        engine.make(name, (RULES / f"{name}.sql").read_text(encoding="utf-8"))
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
        "JOIN person ON person.person_id = addressed.person_id WHERE addressed.email IS NOT NULL "
        "GROUP BY addressed.email HAVING COUNT(DISTINCT person.person_id) > 1 ORDER BY addressed.email"
    )
    for email, people in rows:
        yield Finding(
            code="shared_email",
            table="people",
            subject=email,
            text=f"{email} belongs to several people ({people}); records under it are given to none of them.",
        )


def _contradictions(engine: Engine) -> Iterator[Finding]:
    for relation, code, says in (
        ("accounts", "account_of_several", "the lists of users give it to"),
        ("decision", "link_to_several", "recorded links give it to"),
    ):
        condition = "WHERE kind = 'link' AND withdrawn = 0" if relation == "decision" else ""
        rows = engine.rows(
            f"SELECT listed.account, STRING_AGG(DISTINCT listed.person_id, ', ' ORDER BY listed.person_id) "
            f"FROM (SELECT COALESCE(account_email, account) AS account, person_id FROM {relation} {condition}) listed "
            "JOIN person ON person.person_id = listed.person_id "
            "GROUP BY listed.account HAVING COUNT(DISTINCT listed.person_id) > 1 ORDER BY listed.account"
        )
        for account, people in rows:
            yield Finding(
                code=code,
                table="accounts" if relation == "accounts" else "decisions",
                subject=account,
                text=f"Account {account} is ambiguous: {says} {people}; that is no key.",
            )
