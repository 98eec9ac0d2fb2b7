"""The sample company against what was reasoned by hand: every story must end as expected.csv says."""

import csv
from enum import Enum
from pathlib import Path

import pytest

from workbook_lib import exhibits, listings
from workbook_lib.audit import load_audit
from workbook_lib.workpaper import perform

NORTHWIND = Path(__file__).parents[1] / "data_samples" / "northwind"
COMPARED = ("person_id", "requirement_id", "verdict", "gap_days", "next_due_on")
EXCEPTION = ("person_id", "requirement_id", "due_on", "from", "to", "days", "cause", "ended_by", "closed_on")


def table(name):
    with (NORTHWIND / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stories():
    """Person id → story, from the roster in the folder's README."""
    text = (NORTHWIND / "README.md").read_text(encoding="utf-8")
    roster = text.split("## The roster of 2025")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in roster.splitlines() if line[:2] == "| "]
    return {person_id: story for person_id, _, story, _ in rows[1:]}


STORIES = stories()
EXPECTED = table("expected.csv")
EXPECTED_EXCEPTIONS = table("expected_exceptions.csv")


def text(value):
    """A value as it stands in a CSV file: dates ISO, none empty."""
    if isinstance(value, Enum):
        value = value.value
    return "" if value is None else str(value)


def plain(rows, columns):
    return sorted(tuple(text(row[column]) for column in columns) for row in rows)


@pytest.fixture(scope="module")
def judged():
    return perform(load_audit(NORTHWIND), "2025")


def test_every_person_of_the_roster_is_expected_and_no_other():
    assert {row["person_id"] for row in EXPECTED} == set(STORIES)
    assert len(set(STORIES.values())) == len(STORIES)


def test_the_same_people_and_requirements_are_judged(judged):
    key = COMPARED[:2]
    assert plain(judged.verdicts, key) == plain(EXPECTED, key)


@pytest.mark.parametrize("person_id", STORIES, ids=STORIES.values())
def test_story_ends_as_expected(judged, person_id):
    mine = [row for row in EXPECTED if row["person_id"] == person_id]
    theirs = [row for row in judged.verdicts if text(row["person_id"]) == person_id]
    assert plain(theirs, COMPARED) == plain(mine, COMPARED)


def test_exceptions_are_those_expected(judged):
    assert plain(judged.exceptions, EXCEPTION) == plain(EXPECTED_EXCEPTIONS, EXCEPTION)


def test_exceptions_are_explained_where_a_decision_says_so(judged):
    key = EXCEPTION[:3]
    explained = [row for row in judged.exceptions if text(row["explained_by"])]
    assert plain(explained, key) == plain([row for row in EXPECTED_EXCEPTIONS if row["explained"] == "yes"], key)


def test_every_deviation_has_its_exceptions_and_their_days_add_up():
    days = {}
    for row in EXPECTED_EXCEPTIONS:
        key = row["person_id"], row["requirement_id"]
        days[key] = days.get(key, 0) + int(row["days"])
    deviations = [row for row in EXPECTED if row["verdict"] in ("late", "missing")]
    assert days == {(row["person_id"], row["requirement_id"]): int(row["gap_days"]) for row in deviations}


def test_every_reason_cites_the_rules():
    assert [row for row in EXPECTED if "(C" not in row["reason"]] == []


def test_the_earlier_export_of_the_lab_shows_what_changed_since(judged):
    (lab,) = [file.earlier for file in judged.files if file.earlier]
    assert (lab.rows_used, lab.unchanged, lab.changed, lab.updated, lab.vanished, lab.new) == (20, 18, 1, 0, 1, 1)
    changes = judged.rows("SELECT fate, row_no, column_name, before, after FROM snapshot_change ORDER BY row_no")
    assert [row[:3] for row in changes] == [("vanished", 10, None), ("changed", 19, "completed_at")]
    assert changes[1][3:] == ("2025-07-13 13:03:00", "2025-07-03 13:03:00")


def test_the_evidence_answers_first(judged):
    says = exhibits.bottom_line(judged).says
    assert says[:3] == (
        "Was everybody covered on every day from 2025-01-01 to 2025-12-31 on which they had to be? No: 44 exceptions, by "
        "33 of 69 people; 26 of the exceptions have no recorded explanation; 2 people cannot be judged.",
        "Duties met on time: 220 of 273 (80.6 %). A duty is one person and one requirement; 14 more were excused, not "
        "yet due, or ended before anything was due.",
        "26 duties are missing: cover did not come back on a judged day; 2 of them were completed after those days, by "
        "2026-01-11, and 24 were not.",
    )
    assert says[4] == (
        "1 person with an open leave is excused to this day, although there are records from during that leave (P12)."
    )


def test_the_reason_of_a_missing_duty_names_what_came_after(judged):
    why = {(row["person_id"], row["requirement_id"]): row["why"] for row in judged.verdicts}
    assert why["00113", "awareness"] == (
        "Not covered on 27 required days between 2025-12-05 and 2025-12-31; completed on 2026-01-07, after the judged "
        "days; before that on 2024-12-05."
    )
    assert why["00105", "awareness"] == (
        "Not covered on 163 required days between 2025-07-22 and 2025-12-31; last completed on 2024-07-22."
    )


def test_each_procedure_says_what_it_counts(judged):
    told = {result.procedure.id: (result.exceptions, result.tested, result.says) for result in judged.results}
    assert told["P1"] == (
        8,
        69 + 72,
        "3 of 69 people in the population are in no training or policy system. 3 of 72 accounts with records cannot be "
        "given to one person in the people export. The rows of 2 people cannot be read.",
    )
    # 59 duties of joiners fell due; 00193 has no first day, and five duties.
    assert told["P2"] == (
        15 + 5 + 5,
        59 + 5 + 5,
        "15 of 59 onboarding duties due in the period were neither met nor excused by the due day; 5 that were, or may "
        "have been, due in it are undetermined; 5 more were due before the period and still open in it.",
    )
    # Of the verdicts of repeated requirements with a record: 158 met, but one of them had nothing required (00190), 17
    # late, 9 missing, 7 undetermined (4 of 00193, 3 of C-004). 3 are excused.
    assert told["P3"] == (
        23 + 7,
        157 + 17 + 9 + 7,
        "23 of 190 repeated duties were lapsed on some day of the period, and 7 are undetermined.",
    )
    assert told["P7"][2] == (
        "All 4 required topics are taught by the training that everyone takes. The catalogue does not describe 6 "
        "versions that, by the days of the reviews, were in use, so they were not tested: Code of Conduct (1.0), "
        "Fundamentos de concienciación en seguridad (3.1, 4.0), Recognise and Report Phishing (2024), Security "
        "Awareness Foundations (3.1, 4.0)."
    )
    assert told["P8"][2].startswith(
        "1 of 6 modules in use has no assessment, or none is stated. The catalogue does not describe 11 versions that"
    )
    assert told["P11"][2] == (
        "26 of 44 exceptions have no recorded explanation. 21 explanations and extensions were read: 0 are without a "
        "second person, 0 without evidence, 0 without a reason, 18 without a day, so that nobody can tell when they were "
        "written."
    )
    assert told["P12"] == (
        8,
        847,
        "8 of 847 rows, read from 15 files and each counted once, need a look: 2 could not be read, 1 decision was "
        "refused, and 5 records are remarked upon. Counted apart: 1 leave without an end that has records during it; 2 "
        "records of an earlier export that vanished or changed.",
    )


def test_the_parts_of_p12_count_what_they_can_reach(judged):
    p12 = next(result for result in judged.results if result.procedure.id == "P12")
    told = {check.says.partition(",")[0]: (check.exceptions, check.tested) for check in p12.checks}
    # 438 training records: 421 have a day; 418 are completions, 18 of them of nobody known or without a first day.
    assert told["No training record is dated after the day of the export"] == (0, 421)
    assert told["No completion lies long before the person's first day"] == (1, 400)
    repeated = next(check for check in p12.checks if "repeats another" in check.says)
    # Rows of knowbe4_enrollments.json. The campaigns of all but the first differ, and are not read.
    assert [row[-2:] for row in judged.rows(repeated.listing)] == [
        (363, "row 362"),
        (384, "row 382"),
        (528, "row 526"),
        (255, "row 253"),
    ]


def test_the_scope_names_who_was_not_asked_and_who_was_left_out(judged):
    scope = exhibits.scope(judged)
    assert scope.says == (
        "67 of 71 people in the exports had at least one requirement that applied on a judged day; leavers are among "
        "them. 2 more people have rows that cannot be read. The other 2 are named below. 1 account is left out by a recorded decision.",
    )
    assert scope.tables[1].frame[["Person", "Why not"]].values.tolist() == [
        ["00117", "left before the judged days"],
        ["00195", "joins after the judged days"],
    ]
    assert ("CC2.1", "P12 bears on it") in scope.table[["Matter", "Meaning"]].itertuples(index=False, name=None)


def test_each_remark_says_what_it_does_to_the_verdicts(judged):
    frame = exhibits.findings(judged).table
    told = dict(zip(frame["About"], frame[["Effect on the verdicts", "Concerns"]].values.tolist(), strict=True))
    assert told["00129"] == [
        "Every day since is excused; days without cover are no exceptions.",
        "1 person, 4 duties, 0 of them late or missing",
    ]
    assert told["reception@northwind.example"] == [
        "Records under the address cover one of them at most.",
        "2 people, 8 duties, 5 of them late or missing",
    ]
    assert told["bamboohr_employees.csv"][1] == "7 people, 7 duties, 3 of them late or missing"
    assert told["agency_staff.csv"][1] == "nobody"


def test_every_record_of_so_small_a_company_is_shown(judged):
    records, (_, acknowledged) = exhibits.completion_records(judged).table, exhibits.acknowledgements(judged).tables
    assert (len(records), len(acknowledged.frame)) == (430, 168)
    assert acknowledged.frame["Version"].value_counts().to_dict() == {
        "5 (in force then)": 60,
        "4 (in force then)": 96,
        "4.1 (in force then)": 8,
    }


def test_whom_no_export_calls_by_a_name_an_address_stands_for(judged):
    named = dict(judged.rows("SELECT person_id, name FROM person WHERE LENGTH(person_id) = 32"))
    assert len(named) == 10
    assert all(name.endswith("@lindqvist-sensors.example") for name in named.values())


def test_access_before_training(judged):
    [result] = [result for result in judged.results if result.procedure.id == "P14"]
    never, lapsed, known = [judged.rows(check.listing) for check in result.checks]
    assert [(row[0], row[4], row[7]) for row in never] == [
        ("00177", "awareness", 2),  # 13 May to 15 May
        ("00180", "aup", 1),
        ("00180", "awareness", 245),  # 12 May to 11 January, and still not done
        ("00180", "code-of-conduct", 8),
        ("00180", "phishing", 245),
        ("00182", "aup", 8),  # from 26 May, a week before her first day
        ("00182", "code-of-conduct", 2),
        ("00182", "phishing", 21),
    ]
    assert [(row[0], row[4], row[7]) for row in lapsed] == [("00105", "awareness", 133)]
    assert [row[0] for row in known] == ["packing.temp@northwind.example"]
    assert (result.tested, result.exceptions) == (25, 9)
    assert result.says == (
        "25 requirements applied to the people who were given access: 9 were not covered on the day of the grant (8 not "
        "completed by then, 1 lapsed). Of 7 grants on judged days 6 were tested, 1 is to nobody who can be judged, and "
        "0 to somebody to whom no requirement applied. Left out: 2 grants of other days or to excluded accounts."
    )


def test_only_judged_days_are_counted_as_uncovered(judged):
    exhibit = exhibits.timelines(judged)
    drawn = set(zip(exhibit.table["Person"], exhibit.table["Requirement"], strict=True))
    days = sum(row["days"] for row in judged.exceptions if (row["person_id"], row["requirement_id"]) in drawn)
    assert days == 1567
    assert "1,567 uncovered days in all, up to 2025-12-31." in exhibit.says[0]
    assert "1,567 days up to 2025-12-31 are uncovered." in exhibit.alt


def test_a_completion_counts_once_for_each_person_and_day(judged):
    """Not the row that stands twice, nor those of reception@, which two people share, and of the excluded account."""
    frame = exhibits.content(judged).table
    assert dict(zip(frame["Module"], frame["Completions in the period"], strict=True)) == {
        "Code of Conduct": 15,
        "Fundamentos de concienciación en seguridad": 1,
        "Recognise and Report Phishing": 63,
        "SCL-200": 5,
        "SCL-210": 2,
        "Security Awareness Foundations": 52,
        "Working Safely from Home": 3,
    }


def test_the_title_names_what_the_numbers_were_made_from(judged):
    """Eighteen files: what run.json of the pack lists as its inputs."""
    assert (
        exhibits.title(judged)
        .says[0]
        .endswith(
            "was made from 15 files named under Sources, 1 earlier export, the programme document and audit.toml, by the "
            "rules printed at its end."
        )
    )


def test_a_refused_decision_is_counted_apart(judged):
    assert exhibits.decisions(judged).says[0].endswith("; 1 more was refused (Quarantine).")


def test_what_one_reading_leaves_to_another_is_not_quarantined(judged):
    """Each of the 587 rows of exports/knowbe4_enrollments.json is of training, 169, or of a policy, 418."""
    exhibit = exhibits.quarantine(judged)
    assert exhibit.says[0].startswith("0 rows were set aside by a rule of the format and used by no other reading, 2 ")
    assert exhibit.says[1].endswith("587 of them are left to another reading of the same file, which uses them.")
    became = exhibit.table.groupby("What became of it")["Rows"].sum().to_dict()
    assert became == {"could not be read": 2, "left to another reading": 587, "refused": 1}
    rows = [dict(card.plan)["Rows"] for card in exhibits.sources(judged).cards]
    assert "587 read = 418 used + 169 left to another reading + 0 quarantined" in rows
    note = exhibits.totals(judged).tables[1].note
    assert note == "Rows read = used + left to another reading + quarantined."


def test_accounts_are_counted_and_not_their_spellings(judged):
    """63 spellings with a capital letter, of 49 accounts that belong to somebody."""
    (remark,) = [finding.text for finding in judged.findings if finding.code == "matched_without_case"]
    assert remark.startswith("Accounts that are e-mail addresses with capital letters: 49, for example ")


def test_whoever_shares_an_address_has_no_account_of_their_own(judged):
    exhibit = exhibits.reconciliation(judged)
    assert exhibit.says[0].startswith("People with no account or record of their own: 3 of 69")
    assert "an address that several people have cannot be given to one person" in exhibit.says[1]


def test_what_is_not_on_time_and_what_was_met_make_up_the_judged_duties(judged):
    told = "\n".join(listings.bottom_lines(listings.summary(judged)))
    assert "On time: 220 of 273 judged duties. Not on time: 18 late, 26 missing, 9 undetermined." in told
    assert 220 + 18 + 26 + 9 == 273
    assert "Not judged: 5 excused, 3 left, 6 pending." in told
