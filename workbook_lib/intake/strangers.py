"""Ids laid side by side across files: one that two people have, and absences of whom no file names.

Both are told and change no verdict: whose row it is, is for the user to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from workbook_lib.engine import Engine, Row
from workbook_lib.intake.reading import Reading
from workbook_lib.intake.values import quoted
from workbook_lib.tables import Finding, count, listing
from workbook_lib.wording import toml_text

#: Whoever marries has another name, whoever changes the company another address; one of two files that differ in both
#: is about somebody else. A name is the same in another order, and with a second given name.
TWO_PEOPLE = """
WITH named AS (
  SELECT *, list_sort(string_split_regex(trim(lower(strip_accents(name)), ' ,.'), '[ ,.]+')) AS words
  FROM (SELECT person_id, name, email, source_no, row_no FROM people
        UNION ALL SELECT person_id, name, email, source_no, row_no FROM unread_people) listed
  WHERE name IS NOT NULL AND email IS NOT NULL
), several AS (
  SELECT person_id FROM named GROUP BY person_id
  HAVING MIN(source_no) < MAX(source_no) AND MIN(name) < MAX(name) AND MIN(email) < MAX(email)
), met AS (
  SELECT person_id, one.source_no AS one_no, other.source_no AS other_no, MIN(one.row_no) AS one_row,
         MIN(other.row_no) AS other_row, ARG_MIN(one.name, one.row_no) AS one_name,
         ARG_MIN(one.email, one.row_no) AS one_email, ARG_MIN(other.name, other.row_no) AS other_name,
         ARG_MIN(other.email, other.row_no) AS other_email
  FROM several JOIN named one USING (person_id) JOIN named other USING (person_id)
  WHERE one.source_no < other.source_no GROUP BY person_id, one.source_no, other.source_no
  HAVING NOT BOOL_OR(one.email = other.email OR list_has_all(one.words, other.words)
                     OR list_has_all(other.words, one.words))
)
SELECT one_no, other_no, person_id, one_row, one_name, one_email, other_row, other_name, other_email
FROM met ORDER BY one_no, other_no, other_row"""

#: Absences of nobody, each with the id that somebody has and that differs in leading zeros only.
OF_NOBODY = """
WITH known AS (SELECT person_id FROM people UNION SELECT person_id FROM unread_people),
plain AS (SELECT LTRIM(person_id, '0') AS id, MIN(person_id) AS person_id FROM known GROUP BY LTRIM(person_id, '0'))
SELECT leave.source_no, leave.row_no, leave.person_id, plain.person_id FROM leave
LEFT JOIN plain ON plain.id = LTRIM(leave.person_id, '0')
WHERE leave.person_id NOT IN (SELECT person_id FROM known) ORDER BY leave.source_no, leave.row_no"""

PREFIXED = r"replace = { pattern = '(.+)', with = 'X-\1' }"


def strangers(engine: Engine, readings: Sequence[Reading]) -> Iterator[Finding]:
    """The findings, once all tables are there."""
    by_no = {reading.source_no: reading for reading in readings}
    for (one, other), rows in groupby(engine.rows(TWO_PEOPLE), itemgetter(0, 1)):
        yield _two_people(by_no[one], by_no[other], [row[2:] for row in rows])
    for source_no, rows in groupby(engine.rows(OF_NOBODY), itemgetter(0)):
        yield _of_nobody(by_no[source_no], [row[1:] for row in rows])


def _two_people(one: Reading, other: Reading, rows: list[Row]) -> Finding:
    """Ids that two lists give to different people: all of them together, the first in full."""
    person_id, one_row, one_name, one_email, other_row, other_name, other_email = rows[0]
    ids = [quoted(row[0]) for row in rows]
    such = f" ({count(len(ids), 'such id')}: {listing(ids)})" if len(ids) > 1 else ""
    return Finding(
        code="id_of_several",
        table="people",
        subject=person_id,
        text=f"{one.file}, row {one_row}, gives the id {ids[0]} to {one_name}, {one_email}, and {other.file}, row "
        f"{other_row}, to {other_name}, {other_email}{such}. Effect: the two count as one person, and a record of one "
        f"covers both. Do: where they are two, set the ids of one list apart, for example {other.profile.place}: "
        f"{_id_read(other, PREFIXED)}; the same for its leave and accounts.",
        source_no=other.source_no,
        row_no=other_row,
    )


def _of_nobody(reading: Reading, rows: list[Row]) -> Finding:
    """Absences of people whom no list of people names; they excuse nobody."""
    ids = list(dict.fromkeys(row[1] for row in rows))
    alike = next(((given, known) for _, given, known in rows if known is not None), None)
    does = "name the list of people that has them, or correct the ids in the source system and export again."
    differs = ""
    if alike:
        given, known = alike
        differs = (
            f" {quoted(given)} and the person {quoted(known)} differ in leading zeros only; they were not matched."
        )
        does = f"read the ids as the people export writes them, {reading.profile.place}: "
        does += _id_read(reading, f"pad = {len(known)}" if len(known) > len(given) else "remove = '^0+'") + "."
    return Finding(
        code="leave_of_nobody",
        table="leave",
        subject=ids[0],
        text=f"{reading.file}: {count(len(rows), 'row')} about people whom no people export names: "
        f"{listing([quoted(name) for name in ids])}, in rows {listing([row[0] for row in rows])}.{differs} Effect: "
        f"the absence excuses nobody. Do: {does}",
        source_no=reading.source_no,
        row_no=rows[0][0],
    )


def _id_read(reading: Reading, how: str) -> str:
    """The line of a profile that reads a person's id otherwise."""
    header = toml_text(next(iter(reading.reader.of("person_id").headers), "…"))
    return f"person_id = {{ of = [{header}], {how} }}"
