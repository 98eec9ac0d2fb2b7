"""Ids laid side by side across files: two people under one, and absences of nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from arrivals import File, Received, people, receive

from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

HEADER = "person_id,name,email,worker_type,start_date,end_date"
ANNA = "1001,Anna Berg,anna@x.example,employee,2020-01-01,"
VENDOR = "1001,Viktor Vendor,viktor@vendor.example,contractor,2025-03-01,2025-09-30"


def lists(folder: Path, *files: tuple[str, ...]) -> Received:
    """People of several lists."""
    made = [File("people", f"{n}.csv", "\n".join((HEADER, *lines)) + "\n") for n, lines in enumerate(files, 1)]
    return receive(folder, *made)


def codes(got: Received) -> set[str]:
    return {"id_of_several", "leave_of_nobody"} & set(got.codes())


def test_an_id_that_two_lists_give_to_two_people_is_told_with_what_helps(tmp_path: Path) -> None:
    got = lists(tmp_path, (ANNA,), ("7,Ute Au,ute@v.example,other,2020-01-01,", VENDOR))
    found = got.finding("id_of_several")
    assert (found.table, found.subject, found.source_no, found.row_no) == ("people", "1001", 2, 3)
    assert found.text == (
        "1.csv, row 2, gives the id '1001' to Anna Berg, anna@x.example, and 2.csv, row 3, to Viktor Vendor, "
        "viktor@vendor.example. Effect: the two count as one person, and a record of one covers both. Do: where they are "
        "two, set the ids of one list apart, for example in a profile that extends generic: person_id = { of = "
        "[\"person_id\"], replace = { pattern = '(.+)', with = 'X-\\1' } }; the same for its leave and accounts."
    )


def test_of_many_such_ids_the_first_is_told_in_full(tmp_path: Path) -> None:
    one = tuple(f"{n},Ada {'ABCDEF'[n]}nders,a{n}@x.example,employee,2020-01-01," for n in range(6))
    got = lists(tmp_path, one, tuple(line.replace("Ada ", "Bo ").replace("@x", "@v") for line in one))
    says = got.finding("id_of_several").text
    assert "gives the id '0' to Ada Anders, a0@x.example, and 2.csv, row 2, to Bo Anders, a0@v.example" in says
    assert " (6 such ids: '0', '1', '2', '3', '4' and 1 more). Effect" in says
    two = lists(tmp_path / "two", one[:2], tuple(line.replace("Ada ", "Bo ").replace("@x", "@v") for line in one[:2]))
    assert " (2 such ids: '0', '1'). Effect" in two.finding("id_of_several").text


def test_the_very_line_that_it_names_sets_the_ids_apart(tmp_path: Path) -> None:
    layout = (
        '[[layout]]\ntable = "people"\n[layout.columns]\nname = "name"\nemail = "email"\nworker_type = "worker_type"\n'
        "start_date = \"start_date\"\nperson_id = { of = [\"person_id\"], replace = { pattern = '(.+)', with = 'X-\\1' } }\n"
    )
    vendors = File("people", "v.csv", f"{HEADER}\n{VENDOR}\n", profile="mine")
    files = people(ANNA, header=HEADER), vendors
    got = receive(tmp_path, *files, profiles={"mine": 'extends = "generic"\n' + layout})
    assert [row[0] for row in got.rows("people", "person_id")] == ["1001", "X-1001"]
    assert not codes(got)


#: The same person in another file.
SAME = {
    "married": "1001,Anna Kurz,anna@x.example,employee,2025-01-01,",
    "another company": "1001,Anna Berg,anna@y.example,contractor,2025-01-01,",
    "surname first": '1001,"BERG, Anna",a.berg@y.example,contractor,2025-01-01,',
    "an accent": "1001,Ánna Berg,a.berg@y.example,contractor,2025-01-01,",
    "a second name": "1001,Anna Eva Berg,a.berg@y.example,contractor,2025-01-01,",
    "no address": "1001,Viktor Vendor,,contractor,2025-01-01,",
    "no name": "1001,,viktor@vendor.example,contractor,2025-01-01,",
}


@pytest.mark.parametrize("line", SAME.values(), ids=SAME)
def test_one_of_the_two_alone_does_not_make_another_person(tmp_path: Path, line: str) -> None:
    assert not codes(lists(tmp_path, (ANNA,), (line,)))


def test_rows_of_one_file_are_the_history_of_one_person(tmp_path: Path) -> None:
    later = "1001,Anna Kurz,kurz@x.example,employee,2025-01-01,"
    assert not codes(lists(tmp_path / "a", (ANNA, later)))
    assert not codes(lists(tmp_path / "b", (ANNA, later), (ANNA,)))


def test_a_row_that_cannot_be_read_names_somebody_all_the_same(tmp_path: Path) -> None:
    got = lists(tmp_path, (ANNA,), (VENDOR.replace("2025-03-01", "soon"),))
    assert codes(got) == {"id_of_several"}


def leave(*lines: str) -> File:
    return File("leave", "leave.csv", "\n".join(("person_id,start_date,end_date", *lines)) + "\n")


def test_absences_of_nobody_are_counted_and_told(tmp_path: Path) -> None:
    rows = [f"{name},2025-02-01,2025-03-01" for name in ("E7", "E1", "E8", "E7")]
    got = receive(tmp_path, people("E1,Ada,employee,2020-01-01,"), leave(*rows))
    found = got.finding("leave_of_nobody")
    assert (found.table, found.subject, found.source_no, found.row_no) == ("leave", "E7", 2, 2)
    assert found.text == (
        "leave.csv: 3 rows about people whom no people export names: 'E7', 'E8', in rows 2, 4, 5. Effect: the absence "
        "excuses nobody. Do: name the list of people that has them, or correct the ids in the source system and export "
        "again."
    )


@pytest.mark.parametrize(
    ("person", "away", "do"), [("002006", "2006", "pad = 6"), ("2006", "002006", "remove = '^0+'")]
)
def test_an_id_without_its_leading_zeros_is_told_and_not_matched(
    tmp_path: Path, person: str, away: str, do: str
) -> None:
    got = receive(
        tmp_path, people(f"{person},Ada,employee,2020-01-01,"), leave("E7,2025-01-01,", f"{away},2025-02-01,2025-03-01")
    )
    says = got.finding("leave_of_nobody").text
    assert f" '{away}' and the person '{person}' differ in leading zeros only; they were not matched. Effect" in says
    assert says.endswith(f'in a profile that extends generic: person_id = {{ of = ["person_id"], {do} }}.')


def test_an_id_that_audit_toml_gives_to_every_row_has_no_header(tmp_path: Path) -> None:
    absence = File("leave", "l.csv", "start_date,end_date\n2025-02-01,2025-03-01\n", keys='values.person_id = "7"')
    says = receive(tmp_path, people("007,Ada,employee,2020-01-01,"), absence).finding("leave_of_nobody").text
    assert says.endswith('person_id = { of = ["…"], pad = 3 }.')


def test_whoever_is_in_quarantine_is_no_stranger_to_the_leave(tmp_path: Path) -> None:
    assert not codes(receive(tmp_path, people("E1,Ada,employee,soon,"), leave("E1,2025-02-01,2025-03-01")))


def test_neither_changes_a_verdict(tmp_path: Path) -> None:
    """What a pair of ids means is told; the one who has both is judged as before."""
    got = lists(tmp_path, (ANNA,), (VENDOR,))
    paper = perform(load_audit(got.audit.folder))
    assert paper.rows("SELECT person_id, verdict FROM verdicts") == [("1001", "missing")]
