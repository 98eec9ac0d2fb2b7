"""Is everybody there? The headcount, and people against accounts and records in both directions."""

from __future__ import annotations

from dataclasses import replace

from workbook_lib.exhibits.exhibit import Exhibit, listed, rate
from workbook_lib.procedures import Check
from workbook_lib.procedures.people import IN_POPULATION, NOT_IN_THE_SYSTEM, RECORDS_OF_NOBODY, ROLL_FORWARD
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: People and accounts that a listing of the page shows.
SHOWN = 100
#: From how many rows on the list of people is folded: it is looked up, not read.
FOLDED_FROM = 20


def population(wp: Workpaper) -> Exhibit:
    """The headcount rolled forward from the first to the last judged day, per worker type."""
    check = _check(wp, ROLL_FORWARD)
    table = listed(wp, check.listing, "Headcount per worker type", order="worker type")
    frame = table.frame
    opening, joiners, leavers, closing = (
        sum(int(number) for number in frame[name]) for name in ("Opening", "Joiners", "Leavers", "Closing")
    )
    balanced = "This balances" if not check.exceptions else f"{check.exceptions} of {check.tested} types do not balance"
    return Exhibit(
        key="population",
        title="Population",
        says=(
            f"{opening:,} engaged at the start + {joiners:,} joiners − {leavers:,} leavers = {closing:,} engaged at "
            f"the end. {balanced} for each worker type, changes of type included.",
            "The closing headcount is counted from the rows of the exports, apart from the other figures. A break "
            "inside the period counts as a leaver and a joiner.",
        ),
        tables=(table,),
    )


def reconciliation(wp: Workpaper) -> Exhibit:
    """People that no system knows, records that no person owns, and how each account found its person."""
    nobody, orphans = _check(wp, NOT_IN_THE_SYSTEM), _check(wp, RECORDS_OF_NOBODY)
    via = (
        "SELECT via AS matched_by, COUNT(DISTINCT account_person.account_key) AS accounts, "
        "COUNT(DISTINCT CASE WHEN heard.account IS NOT NULL THEN account_person.account_key END) AS with_records "
        "FROM account_person "
        "LEFT JOIN (SELECT account FROM completions UNION SELECT account FROM acknowledgements) heard "
        "ON heard.account = account_person.account WHERE in_system = 1 GROUP BY via "
        "ORDER BY CASE via WHEN 'person id' THEN 1 WHEN 'list of users' THEN 2 WHEN 'e-mail address' THEN 3 "
        "WHEN 'link decision' THEN 4 WHEN 'excluded' THEN 5 ELSE 6 END"
    )
    tables = [listed(wp, via, "How accounts were matched to people", order="way of matching")]
    if nobody.exceptions:
        tables.append(
            listed(
                wp,
                nobody.listing,
                "People with no account or record of their own",
                order="person",
                file="population",
                at_most=SHOWN,
            )
        )
    if orphans.exceptions:
        tables.append(
            listed(
                wp,
                orphans.listing,
                "Accounts with records and no person",
                order="account",
                file="accounts",
                at_most=SHOWN,
            )
        )
    return Exhibit(
        key="reconciliation",
        title="People against accounts and records",
        says=(
            f"People with no account or record of their own: {rate(nobody.exceptions, nobody.tested)}. They are judged "
            "like everybody else.",
            f"Accounts with records that belong to no person: {rate(orphans.exceptions, orphans.tested)}. Their "
            "records cover nobody: an address that several people have cannot be given to one person. Not among them "
            "are accounts without a record, and those that a recorded decision excludes.",
        ),
        tables=tuple(tables),
    )


def people(wp: Workpaper) -> Exhibit:
    """Everybody in the population, with the days of each engagement."""
    query = (
        "SELECT person.person_id, person.name, person.worker_type, person.role, person.department, "
        "spell_from AS engaged_from, CASE WHEN spell_to < far THEN spell_to END AS engaged_to "
        "FROM spell CROSS JOIN settings "
        "JOIN person ON person.person_no = spell.person_no WHERE spell_from <= window_to AND spell_to >= window_from "
        "ORDER BY person.person_id, spell_from"
    )
    total = wp.number(f"SELECT COUNT(DISTINCT person_id) FROM ({query}) listed")
    gone = (
        f"SELECT person_id FROM ({query}) listed CROSS JOIN settings GROUP BY person_id "
        "HAVING MAX(COALESCE(engaged_to, far)) < MAX(window_to)"
    )
    left = wp.number(f"SELECT COUNT(*) FROM ({gone}) listed")
    population = wp.number(f"SELECT COUNT(*) FROM ({IN_POPULATION}) present")
    unread = population - total
    table = listed(wp, query, "Engagements that meet the judged days", order="person", file="population", at_most=SHOWN)
    return Exhibit(
        key="people",
        title="Who is in the population",
        says=(
            f"{count(total, 'person was', 'people were')} engaged on at least one judged day; {left:,} of them "
            "were gone on the last one. An empty last day means that the engagement goes on.",
            f"{count(unread, 'more person has', 'more people have')} rows that cannot be read, and no day is guessed. "
            f"They are in the population, with the verdict undetermined: {population:,} in all.",
        ),
        tables=(replace(table, folded=len(table.frame) > FOLDED_FROM),),
    )


def _check(wp: Workpaper, listing: str) -> Check:
    """The check of procedure P1 that has this listing."""
    return next(check for result in wp.results for check in result.checks if check.listing == listing)
