"""Whose record is it? Accounts are mapped to people, in both directions, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbook_lib.engine import Engine
from workbook_lib.tables import Finding

RULES = Path(__file__).parent / "rules"
#: The statements, in the order in which they are run; each makes the relation that it is named after.
STATEMENTS = ("person", "account_person")


def resolve(engine: Engine) -> tuple[Finding, ...]:
    """Map accounts to people. Needs the canonical tables and `decision`.

    Makes `person` (person_no, person_id, name, email and the attributes of the latest row; excluded people are not in
    it) and `account_person` (account, person_no or NULL, via: how it was mapped).

    Returns what an analyst must look at: shared e-mail addresses, accounts that a list gives to several people.
    """
    for name in STATEMENTS:
        engine.make(name, (RULES / f"{name}.sql").read_text(encoding="utf-8"))
    return (*_shared_addresses(engine), *_contradictions(engine))


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
