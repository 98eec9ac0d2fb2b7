"""P1 … P14: a sound company passes each; one planted defect is noted by the procedure made for it."""

from __future__ import annotations

from datetime import date

import pytest
from folders import AUDIT, SOUND, make, plus, without

from workbook_lib.audit import load_audit
from workbook_lib.exhibits import bottom_line, content, joiners, procedure
from workbook_lib.procedures import CATALOGUE, Outcome
from workbook_lib.procedures.content import parts_found
from workbook_lib.workpaper import Workpaper, perform


def results(folder, changes=None, audit=AUDIT) -> tuple[Workpaper, dict]:
    paper = perform(load_audit(make(folder, changes, audit)))
    return paper, {result.procedure.id: result for result in paper.results}


def test_a_sound_company_has_no_exception(tmp_path):
    _, found = results(tmp_path, {"access": "account,granted_on,system\nE1,2025-04-03,vpn\n"})
    assert list(found) == [f"P{n}" for n in range(1, 15)] == [procedure.id for procedure in CATALOGUE]
    others = {id_: result.says for id_, result in found.items() if result.outcome != Outcome.NO_EXCEPTIONS}
    # Reminders are a log that grows with time; tests/test_followup.py has companies with one.
    assert list(others) == ["P13"]
    assert found["P13"].outcome == Outcome.NOT_PERFORMED
    assert all(result.tested for id_, result in found.items() if id_ not in ("P11", "P13"))


DEFECTS = {
    "person without account or record": (
        "P1", plus("people", "E5,Eve,eve@acme.example,employee,Sales,2025-01-02,2025-01-20"), "1 of 5 people",
    ),
    "record of nobody": (
        "P1", plus("completions", "ghost@acme.example,SEC-101,2025-02-02,completed,,30"), "1 of 5 accounts with records cannot be given",
    ),
    "records of nobody in two letter cases are one account": (
        "P1", plus("completions", "Ghost@acme.example,SEC-101,2025-02-02,completed,,30",
                   "ghost@acme.example,SEC-101,2025-03-02,completed,,30"), "1 of 5 accounts with records cannot be given",
    ),
    "row that cannot be read": (
        "P1", plus("people", "E5,Eve,bo2@acme.example,employee,Sales,,"), "rows of 1 person cannot be read",
    ),
    "joiner late": (
        "P2", {"completions": SOUND["completions"].replace("2025-03-20T", "2025-04-03T")}, "1 of 2",
    ),
    "joiner from before still open": (
        "P2", without("completions", "cy@agency"), "1 more was due before",
    ),
    "not repeated": ("P3", without("completions", "2025-11-20"), "1 of 5"),
    "role training missing": ("P4", without("completions", "DEV-7"), "1 of 1"),
    "contractor lapsed": ("P5", without("completions", "2025-05-10"), "1 of 2"),
    "policy not acknowledged": ("P6", without("acknowledgements", "bo@"), "1 of 4"),
    "topic not taught": (
        "P7", {"modules": SOUND["modules"].replace("passwords;", "")}, "passwords",
    ),
    "module without assessment": (
        "P8", {"modules": SOUND["modules"].replace("code review,true", "code review,false")}, "1 of 2",
    ),
    "module that nobody describes": ("P8", without("modules", "DEV-7"), "1 of 2"),
    "review lapsed": ("P9", without("content_reviews", "2025-05-20"), "1 of 2"),
    "review unsigned": (
        "P9", {"content_reviews": SOUND["content_reviews"].replace("2025-08-01,ciso", "2025-08-01,")}, "1 of 2",
    ),
    "exception unexplained": ("P11", without("completions", "2025-11-20"), "1 of 1"),
    "unreadable record": (
        "P12", plus("completions", "ada@acme.example,SEC-101,31/02/2025,completed,,30"), "1 could not be read",
    ),
    "completion without time": (
        "P12", plus("completions", "ada@acme.example,SEC-101,2025-02-02T09:00:00Z,completed,,0"), "and 1 record is remarked upon",
    ),
    "completed long before the first day": (
        "P12", plus("completions", "bo@acme.example,SEC-101,2024-06-01T09:00:00Z,completed,,30"), "and 1 record is remarked upon",
    ),
    "the same record twice": (
        "P12", plus("completions", "bo@acme.example,SEC-101,2025-03-20T09:00:00Z,completed,,30"), "and 1 record is remarked upon",
    ),
    "completed after the export": (
        "P12", plus("completions", "bo@acme.example,SEC-101,2026-03-20T09:00:00Z,completed,,30"), "and 1 record is remarked upon",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("procedure", "changes", "says"), DEFECTS.values(), ids=DEFECTS.keys())
def test_a_planted_defect_is_noted(tmp_path, procedure, changes, says):
    paper, found = results(tmp_path, changes)
    result = found[procedure]
    assert result.outcome == Outcome.EXCEPTIONS
    assert says in result.says
    noted = [check for check in result.checks if check.exceptions]
    assert noted
    for check in noted:
        assert not check.listing or paper.rows(check.listing)


def test_many_people_at_one_second_are_noted(tmp_path):
    people = [f"E{n},Name,e{n}@acme.example,employee,Sales,2025-01-02," for n in range(10, 16)]
    records = [f"e{n}@acme.example,SEC-101,2025-01-20T17:00:05Z,completed,,30" for n in range(10, 15)]
    paper, found = results(tmp_path, plus("people", *people) | plus("completions", *records))
    check = next(check for check in found["P12"].checks if "same second" in check.says)
    assert check.exceptions == 1
    assert paper.rows(check.listing)[0][2] == 5


def test_times_of_full_minutes_tell_no_second(tmp_path):
    people = [f"E{n},Name,e{n}@acme.example,employee,Sales,2025-01-02," for n in range(10, 16)]
    records = [f"e{n}@acme.example,SEC-101,2025-01-20T17:03:00Z,completed,,30" for n in range(10, 15)]
    _, found = results(tmp_path, plus("people", *people) | plus("completions", *records))
    (check,) = (check for check in found["P12"].checks if "same second" in check.says)
    assert (check.tested, str(check.outcome)) == (0, "not performed")


def parts(found, part):
    """The parts of P12 that say this: exceptions, and of how many."""
    return [(check.exceptions, check.tested) for check in found["P12"].checks if part in check.says]


def test_a_row_counts_once_however_much_is_remarked_upon_it(tmp_path):
    # Two rows are one record, without time and long before the first day; the third has no time and a day to come.
    line = "bo@acme.example,SEC-101,{day}T09:00:00Z,completed,,0"
    _, found = results(
        tmp_path, plus("completions", *[line.format(day="2024-06-01")] * 2, line.format(day="2026-03-20"))
    )
    assert (found["P12"].exceptions, found["P12"].tested) == (3, 30)
    assert found["P12"].says == (
        "3 of 30 rows, read from 7 files and each counted once, need a look: 0 could not be read, 0 decisions were "
        "refused, and 3 records are remarked upon."
    )
    assert parts(found, "repeats another") == [(1, 15)]
    assert parts(found, "took no time") == [(3, 11)]


def test_a_row_that_one_reading_cannot_use_and_another_remarks_upon_is_one(tmp_path):
    again = """
[[source]]
table = "acknowledgements"
file = "completions.csv"
extracted_on = 2026-01-05
columns = { policy_id = "score", acknowledged_at = "completed_at" }
"""
    late = plus("completions", "ada@acme.example,SEC-101,2025-02-02T09:00:00Z,completed,,0")  # no row has a score
    _, found = results(tmp_path, late, AUDIT + again)
    assert parts(found, "took no time") == [(1, 9)]
    assert (found["P12"].exceptions, found["P12"].tested) == (9, 28)
    assert "9 could not be read, 0 decisions were refused, and 0 records are remarked upon" in found["P12"].says


def test_seconds_leaves_and_earlier_records_are_counted_apart_from_rows(tmp_path):
    people = [f"E{n},Name,e{n}@acme.example,employee,Sales,2025-01-02," for n in range(10, 15)]
    records = [f"e{n}@acme.example,SEC-101,2025-01-20T17:00:05Z,completed,,30" for n in range(10, 15)]
    leave = "person_id,start_date,end_date\nE2,2025-03-10,\n"
    changes = plus("people", *people) | plus("completions", *records) | {"leave": leave}
    _, found = results(tmp_path, changes)
    assert found["P12"].exceptions == 0
    assert found["P12"].outcome == Outcome.EXCEPTIONS
    assert found["P12"].says.endswith(
        "0 records are remarked upon. Counted apart: 1 second at which 5 people or more completed a module; 1 leave "
        "without an end that has records during it."
    )
    assert parts(found, "same second") == [(1, 9)]  # eight seconds of the sound company, and the one of the five


def test_one_person_with_five_accounts_is_not_five_people(tmp_path):
    users = [f"bo{n},E2,Bo,true" for n in range(5)]
    records = [f"bo{n},SEC-101,2025-03-20T17:00:05Z,completed,,30" for n in range(5)]
    _, found = results(tmp_path, plus("accounts", *users) | plus("completions", *records))
    assert parts(found, "same second") == [(0, 9)]


def test_what_no_record_tells_is_not_performed(tmp_path):
    rows = [line.split(",") for line in SOUND["completions"].splitlines()]
    rows = [[*row[:2], row[2].partition("T")[0] if row[2].startswith("2") else row[2], *row[3:5]] for row in rows]
    paper, found = results(tmp_path, {"completions": "".join(f"{','.join(row)}\n" for row in rows)})
    assert found["P12"].outcome == Outcome.NO_EXCEPTIONS
    ended = {check.says: str(check.outcome) for check in found["P12"].checks}
    assert [says for says, outcome in ended.items() if outcome == "not performed"] == [
        "Nobody decides about themselves, or approves what they decided.",
        "Every other decision says what its kind needs, and is recorded once.",
        "No completion took no time at all, where the time is recorded.",
        "Fewer than 5 people completed a module in the same second; counted are the seconds.",
        "Nobody engaged on the last judged day has valid records during a leave without an end (C10).",
    ]
    assert dict(procedure(paper, "P12").table[["Expected", "Result"]].values) == ended


def test_an_open_leave_of_somebody_who_left_excuses_nobody_to_this_day(tmp_path):
    leave = "person_id,start_date,end_date\nE9,2024-12-01,\n"  # Di has a record of 2024-12-05, and left in June
    paper, found = results(tmp_path, {"leave": leave})
    assert parts(found, "leave without an end") == [(0, 0)]
    assert "open leave" not in str(bottom_line(paper))


UNREAD = "E2,Bo,bo@acme.example,employee,Sales,,"


def test_who_has_an_unreadable_row_passes_no_procedure(tmp_path):
    renewed = plus("completions", "bo@acme.example,SEC-101,2025-04-03T09:00:00Z,completed,,30")
    paper, found = results(tmp_path, plus("people", UNREAD) | renewed)
    assert (found["P2"].exceptions, found["P2"].tested) == (2, 2)
    assert found["P2"].says == (
        "0 of 2 onboarding duties due in the period were neither met nor excused by the due day; 2 that were, or may "
        "have been, due in it are undetermined; 0 more were due before the period and still open in it."
    )
    assert (found["P3"].exceptions, found["P3"].tested) == (1, 5)
    assert found["P3"].says == "0 of 5 repeated duties were lapsed on some day of the period, and 1 is undetermined."
    for name, duties in (("P2", ["awareness", "policy"]), ("P3", ["awareness"])):
        check = found[name].checks[1]
        assert [row[2] for row in paper.rows(check.listing)] == duties


@pytest.mark.parametrize(
    ("start", "end", "onboarding"),
    [
        ("no date", "", 2),  # nobody can tell when they fell due
        ("2025-03-03", "soon", 2),  # on 2 April
        ("2024-03-03", "soon", 0),  # in April of 2024
        ("2025-12-15", "soon", 0),  # in January of 2026
    ],
)
def test_who_has_no_readable_row_at_all_is_not_left_out(tmp_path, start, end, onboarding):
    people = {"people": SOUND["people"].replace("Sales,2025-03-03,", f"Sales,{start},{end}")}
    paper, found = results(tmp_path, people)
    assert (found["P2"].exceptions, found["P2"].tested) == (onboarding, onboarding)
    if onboarding:
        assert found["P2"].says.startswith(
            "0 of 0 onboarding duties due in the period were neither met nor excused by the due day; 2 that were, or "
            "may have been, due in it are undetermined"
        )
        assert [row[::2] for row in paper.rows(found["P2"].checks[1].listing)] == [
            ("E2", "awareness"),
            ("E2", "policy"),
        ]
    # Of the repeated ones Bo had done awareness; Ada awareness and coding, Cy and Di awareness.
    assert (found["P3"].exceptions, found["P3"].tested) == (1, 5)
    assert [row[::2] for row in paper.rows(found["P3"].checks[1].listing)] == [("E2", "awareness")]


def test_leave_on_the_due_day_excuses_a_joiner_as_the_exhibit_of_joiners_says(tmp_path):
    leave = "person_id,start_date,end_date\nE2,2025-03-10,2025-05-31\n"
    late = {"completions": SOUND["completions"].replace("2025-03-20T", "2025-06-20T")}
    paper, found = results(tmp_path, late | {"leave": leave})
    assert found["P2"].outcome == Outcome.NO_EXCEPTIONS
    assert found["P2"].says.startswith("0 of 2 onboarding duties due in the period were neither met nor excused")
    assert "1 were excused on the due day" in joiners(paper).says[0]


def test_where_nothing_was_tested_no_procedure_passes(tmp_path):
    audit = AUDIT.replace('time_zone = "UTC"', 'time_zone = "UTC"\nrequired_topics = []')
    _, found = results(tmp_path / "topics", audit=audit)
    assert found["P7"].outcome == Outcome.NOT_PERFORMED
    assert found["P7"].says == "The audit requires no topic: required_topics in audit.toml is empty."

    people = {"people": SOUND["people"].replace("contractor,Sales,2024-05-01", "contractor,Sales,2025-12-15")}
    records = without("completions", "cy@agency") | without("acknowledgements", "cy@agency")
    _, found = results(tmp_path / "contractor", people | records)
    assert found["P5"].outcome == Outcome.NOT_PERFORMED
    assert (
        found["P5"].says == "1 contractor or third party in the population. No duty of theirs fell due in the period."
    )

    for_employees = AUDIT.replace(
        "due_within_days = 30", 'due_within_days = 30\napplies_to = { worker_type = ["employee"] }'
    )
    _, found = results(tmp_path / "nothing_asked", audit=for_employees)
    assert found["P5"].outcome == Outcome.EXCEPTIONS
    assert (found["P5"].tested, [check.exceptions for check in found["P5"].checks]) == (0, [1])

    _, found = results(tmp_path / "once", audit=AUDIT.replace("renewal = { every_months = 12 }", ""))
    assert (found["P3"].outcome, found["P3"].tested) == (Outcome.EXCEPTIONS, 0)
    assert [(check.exceptions, check.tested) for check in found["P3"].checks] == [(1, 1)]


@pytest.mark.parametrize(
    ("procedure", "changes", "why"),
    [
        ("P5", without("people", "contractor"), "no contractor and no third party"),
        ("P7", {"modules": None}, "No source describes the modules"),
        ("P8", {"modules": None}, "No source describes the modules"),
        ("P9", {"content_reviews": None}, "No source holds reviews"),
        ("P2", {"people": SOUND["people"].replace("2025-03-03", "2023-03-03")}, "did not operate"),
    ],
)
def test_what_cannot_be_tested_is_not_performed_and_says_why(tmp_path, procedure, changes, why):
    changes = dict(changes)
    if procedure == "P2":  # Bo joined long ago: nothing falls due for joiners, and nothing is carried in
        changes |= plus("completions", "bo@acme.example,SEC-101,2024-03-21,completed,,30")
        changes |= plus("acknowledgements", "bo@acme.example,AUP,1,2024-06-21,acknowledged")
    _, found = results(tmp_path, changes)
    assert found[procedure].outcome == Outcome.NOT_PERFORMED
    assert why in found[procedure].says


def test_training_that_is_never_repeated_is_noted(tmp_path):
    _, found = results(tmp_path, audit=AUDIT.replace("renewal = { every_months = 12 }", ""))
    assert found["P3"].outcome == Outcome.EXCEPTIONS
    assert "never repeated" in found["P3"].says or "ever repeated" in found["P3"].says


def test_a_programme_without_its_parts_or_approval_is_noted(tmp_path):
    folder = make(tmp_path)
    (folder / "programme.md").write_text("# Programme\n## How often\nYearly.\n## Who\nAll.\n")
    toml = (folder / "audit.toml").read_text().replace("approved_on = 2024-02-01", "approved_on = 2026-01-02")
    (folder / "audit.toml").write_text(toml)
    result = next(result for result in perform(load_audit(folder)).results if result.procedure.id == "P10")
    assert (result.tested, result.exceptions) == (5, 3)
    assert "how completion is tracked" in result.says
    assert "approval" in result.says


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("# Programme\n## How often\nYearly.\n## Who\nAll.", 2),
        ("## How often\nYearly.\n## Who\nAll.", 2),  # the first heading is no title
        ("# How often\nYearly.\n# Who\nAll.\n## Tracking\nIn the system.", 1),
        ("# Programme\n## How often\n\n## Who\n \n## Tracking\n## Updates\n", 4),  # no heading has text below it
        ("# Programme\n## How often\n### For engineers\nYearly.\n## Who\n### All\n# Annex\nText.", 3),
        ("# Who must take which training\n## How often\nYearly.", 3),  # the words of a title show nothing
    ],
)
def test_the_first_heading_is_a_title_where_no_other_is_of_its_level(text, missing):
    assert sum(not headings for headings in parts_found(text).values()) == missing


def part(result, says):
    """The one part of a procedure that says this."""
    (check,) = (check for check in result.checks if says in check.says)
    return check


def test_a_topic_may_be_taught_by_one_requirement_for_everyone_and_not_by_another(tmp_path):
    # The tour is for everyone, too, and teaches nothing that is required; nor does the coding of engineers, who alone
    # take it. Of the tour and of coding every topic is absent, and no topic is missing.
    tour = '\n[[requirement]]\nid = "tour"\nsatisfied_by = ["TOUR"]\ndue_within_days = 30\n'
    taken = [f"{name},TOUR,2025-03-10,completed,,30" for name in ("ada@acme.example", "bo@acme.example")]
    changes = plus("modules", "TOUR,Tour,fire exits,true") | plus("completions", *taken)
    paper, found = results(tmp_path, changes, AUDIT + tour)
    assert found["P7"].outcome == Outcome.NO_EXCEPTIONS
    check = part(found["P7"], "there is a requirement for everyone of which every module in use teaches it")
    assert [row[:2] for row in paper.rows(check.listing)] == [("awareness", "SEC-101"), ("tour", "TOUR")]


def test_where_nothing_is_for_everyone_no_topic_is_taught(tmp_path):
    audit = AUDIT.replace("due_within_days = 30", 'due_within_days = 30\napplies_to = { role = ["Sales"] }')
    paper, found = results(tmp_path, audit=audit)
    assert (found["P7"].exceptions, found["P7"].tested) == (4, 4)
    assert paper.rows(found["P7"].checks[0].listing) == []


def test_versions_that_people_took_and_the_catalogue_does_not_describe_are_named(tmp_path):
    # Version 7 of awareness was reviewed in June 2024, and 8 on 20 May 2025: all took 7 but Ada in November 2025, and
    # Cy on 20 May 2024, before any review. Ada's coding of December 2024 is of version 2, that of November 2025 of 3.
    catalogue = SOUND["modules"].replace("assessed\n", "assessed,version\n").replace(",true\n", ",true,{}\n")
    _, found = results(tmp_path / "a", {"modules": catalogue.format(8, 3)})
    says = "The catalogue does not describe {} that, by the days of the reviews, {} in use, so {} not tested: {}."
    assert found["P7"].outcome == found["P8"].outcome == Outcome.NO_EXCEPTIONS
    assert found["P7"].says.endswith(f"takes. {says.format('1 version', 'was', 'it was', 'SEC-101 (7)')}")
    assert found["P8"].says.endswith(
        f"is stated. {says.format('2 versions', 'were', 'they were', 'DEV-7 (2), SEC-101 (7)')}"
    )
    _, found = results(tmp_path / "b", {"modules": catalogue.format(6, 3)})
    assert found["P7"].says.endswith("not tested: SEC-101 (7, 8).")
    # A line that names no version is of every version.
    _, found = results(tmp_path / "c", {"modules": catalogue.format("", 3)})
    assert found["P7"].says.endswith("takes.")
    assert found["P8"].says.endswith("not tested: DEV-7 (2).")


def test_a_review_that_is_twelve_months_old_is_too_old(tmp_path):
    # DEV-7 was reviewed on 2024-09-01; a year later to the day that review no longer counts.
    reviewed = {"content_reviews": SOUND["content_reviews"].replace("DEV-7,3,2025-08-01", "DEV-7,3,2025-09-02")}
    paper, found = results(tmp_path, reviewed)
    check = part(found["P9"], "the last review was less than 12 months old")
    assert paper.rows(check.listing) == [("DEV-7", date(2025, 9, 1), date(2025, 9, 1))]


VERSIONS = "module_id,title,topics,version,assessed\n"
BOTH = "SEC-101,Awareness,phishing;passwords;data handling;incident reporting,{},{}\n"
CODING = "DEV-7,Secure coding,code review,1,true\n"


@pytest.mark.parametrize("order", [1, -1])
def test_a_module_with_a_line_per_version_is_one_module(tmp_path, order):
    lines = [BOTH.format(7, "true"), BOTH.format(8, "false"), "SEC-101,Awareness,phishing;passwords,6,\n"][::order]
    paper, found = results(tmp_path, {"modules": VERSIONS + "".join(lines) + CODING})
    assert found["P8"].says == (  # the reviews know DEV-7 in versions 2 and 3 only
        "1 of 2 modules in use has no assessment, or none is stated. The catalogue does not describe 2 versions that, by "
        "the days of the reviews, were in use, so they were not tested: DEV-7 (2, 3)."
    )
    assert [row[:3] for row in paper.rows(found["P8"].checks[0].listing)] == [
        ("SEC-101", "Awareness", "has no assessment")
    ]
    assert found["P7"].says == "2 of 4 required topics are not taught to everyone: data handling, incident reporting."
    shown = content(paper)
    assert shown.says[0].startswith(
        "2 of 4 (50.0 %) required topics are taught by some module; 1 of 2 (50.0 %) modules have an assessment"
    )
    assert shown.tables[1].frame["Taught by"].tolist() == ["SEC-101", "SEC-101", None, None]


def test_a_list_of_twenty_people_without_a_leaver_is_suspicious(tmp_path):
    people = SOUND["people"].replace("2025-06-30", "")
    more = "".join(f"X{n},Name,x{n}@acme.example,employee,Sales,2024-01-01,\n" for n in range(16))
    _, found = results(tmp_path, {"people": people + more})
    assert [check.exceptions for check in found["P1"].checks if "holds leavers" in check.says] == [1]


def test_the_roll_forward_balances_per_worker_type_with_changes_of_type(tmp_path):
    changes = {
        "people": SOUND["people"].replace(
            "C1,Cy,cy@agency.example,contractor,Sales,2024-05-01,",
            "C1,Cy,cy@agency.example,contractor,Sales,2024-05-01,2025-07-31\n"
            "C1,Cy,cy@agency.example,employee,Sales,2025-08-01,",
        )
    }
    paper, found = results(tmp_path, changes)
    check = next(check for check in found["P1"].checks if "closing headcount" in check.says)
    assert check.exceptions == 0
    assert [tuple(map(str, row)) for row in paper.rows(check.listing)] == [
        ("contractor", "1", "0", "0", "0", "1", "0", "0"),
        ("employee", "2", "1", "1", "1", "0", "3", "0"),
    ]


def test_overlapping_rows_of_two_types_break_the_roll_forward(tmp_path):
    changes = plus("people", "E1,Ada,ada@acme.example,contractor,Engineer,2025-02-01,")
    _, found = results(tmp_path, changes)
    check = next(check for check in found["P1"].checks if "closing headcount" in check.says)
    assert check.exceptions


def test_an_explanation_is_shown_and_changes_nothing_else(tmp_path):
    lapsed = without("completions", "2025-11-20")
    decisions = (
        "decision_id,kind,decided_by,person_id,requirement_id,due_on,approved_on,reason,evidence,approved_by\n"
        "D1,explain,grc@acme.example,E1,awareness,2025-12-02,2025-12-20,system outage,T-1,ciso@acme.example\n"
    )
    before, _ = results(tmp_path / "a", lapsed)
    after, found = results(tmp_path / "b", lapsed | {"decisions": decisions})
    assert [row["explained_by"] for row in after.exceptions] == ["D1"]
    assert found["P11"].outcome == Outcome.NO_EXCEPTIONS
    assert found["P3"].outcome == Outcome.EXCEPTIONS
    assert before.verdicts == after.verdicts


DECISIONS = "decision_id,kind,decided_by,person_id,account,requirement_id,due_on,reason,evidence,approved_by\n"


def test_an_explanation_without_approver_evidence_reason_or_day_is_noted(tmp_path):
    decided = DECISIONS + "D1,explain,grc@acme.example,E1,,awareness,2025-12-02,,,\n"
    paper, found = results(tmp_path, without("completions", "2025-11-20") | {"decisions": decided})
    checks = found["P11"].checks
    assert [check.exceptions for check in checks] == [0, 1, 1, 1, 1]
    assert [check.tested for check in checks] == [1, 1, 1, 1, 1]
    assert found["P11"].outcome == Outcome.EXCEPTIONS
    assert found["P11"].says == (
        "0 of 1 exception have no recorded explanation. 1 explanation or extension was read: 1 is without a second "
        "person, 1 without evidence, 1 without a reason, 1 without a day, so that nobody can tell when it was written."
    )
    assert [[row[0] for row in paper.rows(check.listing)] for check in checks[1:]] == [["D1"]] * 4


def test_an_exclusion_or_link_without_approver_or_evidence_is_noted(tmp_path):
    records = plus("completions", "kiosk,SEC-101,2025-02-02,completed,,30", "lab7,SEC-101,2025-02-03,completed,,30")
    decided = (
        f"{DECISIONS}D1,exclude,grc@acme.example,,kiosk,,,shared screen,T-1,\n"
        "D2,link,grc@acme.example,E1,lab7,,,their own account,T-2,ciso@acme.example\n"
    )
    paper, found = results(tmp_path, records | {"decisions": decided})
    check = found["P1"].checks[-1]
    assert (check.tested, check.exceptions) == (2, 1)
    assert [row[-1] for row in paper.rows(check.listing)] == ["D1"]
    assert found["P1"].outcome == Outcome.EXCEPTIONS


def test_a_decision_about_oneself_has_a_line_of_its_own(tmp_path):
    decided = (
        f"{DECISIONS}D1,explain,ada@acme.example,E1,,awareness,2025-12-02,busy,T-1,ciso@acme.example\n"
        "D2,link,grc@acme.example,E1,,,,no account named,T-2,ciso@acme.example\n"
    )
    paper, found = results(tmp_path, {"decisions": decided})
    assert "0 could not be read, 2 decisions were refused, and 0 records are remarked upon" in found["P12"].says
    own, other = found["P12"].checks[1:3]
    assert [(check.tested, check.exceptions) for check in (own, other)] == [(2, 1), (2, 1)]
    assert [row[1] for check in (own, other) for row in paper.rows(check.listing)] == [2, 3]


def test_records_during_a_leave_without_an_end_are_noted(tmp_path):
    leave = "person_id,start_date,end_date\nE2,2025-03-10,\nE1,2025-12-20,\n"
    paper, found = results(tmp_path, {"leave": leave})
    check = next(check for check in found["P12"].checks if "leave without an end" in check.says)
    assert (check.tested, check.exceptions) == (2, 1)
    assert [row[0] for row in paper.rows(check.listing)] == ["E2"]


def test_doubles_are_counted_as_the_remarks_count_them(tmp_path):
    twice = "di@acme.example,AUP,1,2024-06-12,acknowledged"
    changes = plus("acknowledgements", twice, twice) | plus("completions", SOUND["completions"].splitlines()[1])
    paper, found = results(tmp_path, changes)
    check = part(found["P12"], "repeats another in every column that is read")
    assert (check.tested, check.exceptions) == (9 + 6, 3)
    # The first record of training is repeated in the last row; what Di accepted stands in row 5, and in two more.
    assert [row[2:3] + row[-2:] for row in paper.rows(check.listing)] == [
        ("completions", 10, "row 2"),
        ("acknowledgements", 6, "row 5"),
        ("acknowledgements", 7, "row 5"),
    ]
    told = [finding.text for finding in paper.findings if finding.code == "identical_rows"]
    assert [text.partition(" repeating")[0] for text in told] == ["completions: 1 row", "acknowledgements: 2 rows"]


@pytest.mark.parametrize(
    ("approved_on", "says"),
    [
        ("2024-02-01", "An approved version was in force on every judged day."),
        ("2025-01-20", "for 19 judged days before that, 2025-01-01 to 2025-01-19, no approved version is shown"),
        ("2026-01-02", "for 365 judged days before that, 2025-01-01 to 2025-12-31, no approved version is shown"),
        (None, "No approval is stated"),
    ],
)
def test_the_days_before_the_approval_are_told(tmp_path, approved_on, says):
    folder = make(tmp_path)
    stated = f"approved_on = {approved_on}" if approved_on else ""
    toml = (folder / "audit.toml").read_text().replace("approved_on = 2024-02-01", stated)
    (folder / "audit.toml").write_text(toml)
    paper = perform(load_audit(folder))
    result = next(result for result in paper.results if result.procedure.id == "P10")
    assert says in result.says
    assert [row[1] for row in paper.rows(result.checks[0].listing)][:4] == [
        "How often",
        "Who must take it",
        "How completion is tracked",
        "How content is updated",
    ]


def test_a_row_that_stands_in_two_files_names_the_other_file(tmp_path):
    (tmp_path / "more.csv").write_text("".join(SOUND["completions"].splitlines(keepends=True)[:2]))
    more = '\n[[source]]\ntable = "completions"\nfile = "more.csv"\nextracted_on = 2026-01-05\n'
    paper, found = results(tmp_path, audit=AUDIT + more)
    first, second = sorted((file.source_no, file.file) for file in paper.files if file.table == "completions")
    assert (first[1], second[1]) == ("more.csv", "completions.csv")
    check = part(found["P12"], "repeats another")
    assert [row[3:] for row in paper.rows(check.listing)] == [(second[0], 2, f"row 2 of file {first[0]}")]


def test_only_days_that_are_known_are_compared(tmp_path):
    # Of the 8 completions all have a day. The ninth record has none, the tenth failed, the eleventh is nobody's.
    records = plus(
        "completions",
        "bo@acme.example,SEC-101,,not_started,,",
        "bo@acme.example,SEC-101,2025-03-04,failed,,3",
        "ghost@acme.example,SEC-101,2025-03-04,completed,,30",
    )
    _, found = results(tmp_path, records)
    assert parts(found, "before the person's first day, where both days are known") == [(0, 8)]
    assert parts(found, "dated after the day of the export, where both days are known") == [(0, 10)]


def test_an_early_as_of_day_makes_no_later_record_suspicious(tmp_path):
    paper = perform(load_audit(make(tmp_path)), as_of=date(2025, 6, 30))
    result = next(result for result in paper.results if result.procedure.id == "P12")
    assert [check.exceptions for check in result.checks if "after the day of the export" in check.says] == [0]
