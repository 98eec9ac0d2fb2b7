"""What the grammar of profiles makes of a file: each key, on small files that none of our profiles is made for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from arrivals import ABOUT, PEOPLE, RECORDS, File, arrange, dated, parquet, read_by, receive, refusal, workbook
from test_bulk import assert_equal

# --- how a file is written ----------------------------------------------------------------------------------------


def test_encoding_delimiter_and_dates_as_declared(tmp_path: Path) -> None:
    reading = "[reading]\nencoding = 'cp1252'\ndelimiter = ';'\ndates = ['DD.MM.YYYY', 'YYYY-MM-DD']\n"
    content = "id;type;start\nÉ1;Employee;31.01.2024\nE2;employee;2024-02-01\nE3;employee;1.2.2024\n".encode("cp1252")
    got = read_by(tmp_path, ABOUT + reading + PEOPLE, "people", content)
    assert got.rows("people", "person_id, start_date") == [("É1", date(2024, 1, 31)), ("E2", date(2024, 2, 1))]
    assert "'1.2.2024' is not a date; expected DD.MM.YYYY or YYYY-MM-DD" in got.quarantine[0].message


def test_a_list_of_delimiters_is_tried_in_order(tmp_path: Path) -> None:
    profile = ABOUT + '[reading]\ndelimiter = ["|", ";"]\n' + PEOPLE
    for n, delimiter in enumerate("|;"):
        content = delimiter.join(("id", "type", "start")) + "\n" + delimiter.join(("7", "intern", "2024-01-01")) + "\n"
        got = read_by(tmp_path / str(n), profile, "people", content)
        assert got.rows("people", "person_id, start_date") == [("7", date(2024, 1, 1))]
    file = File("people", "x.csv", "id\ttype\tstart\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile})
    assert problem.what == "it looks like a tab separates its columns; profile mine expects '|' or ';'."


def test_a_quoted_header_of_another_delimiter_is_no_broken_header(tmp_path: Path) -> None:
    profile = ABOUT + '[reading]\ndelimiter = [",", ";"]\n' + PEOPLE
    got = read_by(tmp_path, profile, "people", '"id";"type";"start"\n"7";"intern";"2024-01-01"\n')
    assert got.rows("people", "person_id") == [("7",)]


@pytest.mark.parametrize(
    ("header", "found"), [("id,type,start\n", True), ("x\nid,type,start\n", False), ("id [ID],type,start\n", False)]
)
def test_unless_declared_the_header_stands_in_the_first_row_and_brackets_are_part_of_it(
    tmp_path: Path, header: str, found: bool
) -> None:
    file = File("people", "x.csv", header + "7,intern,2024-01-01\n", profile="mine")
    if found:
        assert receive(tmp_path, file, profiles={"mine": ABOUT + PEOPLE}).rows("people", "person_id") == [("7",)]
    else:
        (problem,) = refusal(tmp_path, file, profiles={"mine": ABOUT + PEOPLE})
        assert problem.what.startswith("it has no column id")


def test_a_second_header_row_is_dropped(tmp_path: Path) -> None:
    content = "title\n\nid,type,start\nUser ID,Type,Hire Date\n7,intern,2024-01-01\n"
    got = read_by(tmp_path, ABOUT + "[reading]\nheader_depth = 3\ndrop_rows = 1\n" + PEOPLE, "people", content)
    assert got.rows("people", "person_id, row_no") == [("7", 5)]
    assert got.intake.files[0].rows_read == 1


def test_a_second_header_row_that_is_broken(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndrop_rows = 1\n" + PEOPLE
    file = File("people", "x.csv", 'id,type,start\n"User" ID,Type,Date\n7,intern,2024-01-01\n', profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile})
    assert problem.where == "x.csv, row 2"


def test_the_place_of_a_zone_in_a_header_is_plain_text_in_json(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"start"', '"start {zone}"') + 'name = "start of day"\n'
    row = {"id": "7", "type": "intern", "start of day": "2024-01-01"}
    (problem,) = refusal(
        tmp_path / "a", File("people", "x.json", json.dumps([row]), "mine"), profiles={"mine": profile}
    )
    assert problem.what.startswith("it has no column start {zone}. ")
    got = read_by(tmp_path / "b", profile, "people", json.dumps([row | {"start {zone}": "2024-01-02"}]), "x.json")
    assert got.rows("people", "start_date") == [(date(2024, 1, 2),)]


# --- dates, and the order of day and month ------------------------------------------------------------------------


def test_a_column_may_have_formats_of_its_own(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE + "end_date = { of = ['end'], formats = ['DD.MM.YYYY'] }\n"
    lines = "1,intern,2024-01-01,31.12.2024\n2,intern,2024-01-01,2024-12-31\n"
    got = read_by(tmp_path, profile, "people", "id,type,start,end\n" + lines)
    assert got.rows("people", "person_id, start_date, end_date") == [("1", date(2024, 1, 1), date(2024, 12, 31))]
    assert [(row.subject, row.column, row.code) for row in got.quarantine] == [("2", "end", "not_a_date")]


def test_two_formats_of_figures_alone_are_no_contradiction_where_no_year_begins_like_a_month(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['YYYYMMDD', 'MMDDYYYY']\n" + PEOPLE
    got = read_by(tmp_path, profile, "people", "id,type,start\n1,intern,20240203\n2,intern,02032024\n")
    assert got.rows("people", "start_date") == [(date(2024, 2, 3),)] * 2


def test_dates_with_and_without_leading_zeros_are_no_contradiction(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['M/D/YYYY', 'MM/DD/YYYY']\n" + PEOPLE
    got = read_by(tmp_path, profile, "people", "id,type,start\n1,intern,3/4/2024\n2,intern,03/04/2024\n")
    assert got.rows("people", "start_date") == [(date(2024, 3, 4),), (date(2024, 3, 4),)]


ZONED = ABOUT + RECORDS.replace('"when"', '"done (UTC)"')
LATE = "who,what,done (UTC),status\na,M,2025-03-01 23:30:00,passed\n"


def test_a_zone_in_a_header_that_nobody_declares_is_told(tmp_path: Path) -> None:
    got = read_by(tmp_path, ZONED, "completions", LATE)
    assert got.finding("zone_in_header").text == (
        "x.csv, column 'done (UTC)': its times are in UTC, as the header says, and were read as those of Europe/Berlin. "
        "Effect: what was done near midnight falls on another day. Do: write 'done ({zone})' for it in mine.toml."
    )
    assert got.rows("completions", "day(completed_on)") == [(1,)]


def test_a_zone_in_a_header_of_a_file_of_ours_is_declared_in_a_profile_that_extends_ours(tmp_path: Path) -> None:
    file = File("completions", "x.csv", LATE.replace("done", "completed_at").replace("who,what", "account,module_id"))
    keys = 'columns = { completed_at = "completed_at (UTC)" }'
    says = receive(tmp_path, replace(file, keys=keys)).finding("zone_in_header").text
    assert says.endswith('Do: declare zone = "UTC" below [reading] in a profile that extends generic.')


@pytest.mark.parametrize(
    ("profile", "content"),
    [
        (ZONED.replace("(UTC)", "({zone})"), LATE),
        (ZONED.replace("[[layout]]", '[reading]\nzone = "UTC"\n[[layout]]'), LATE),
        (ZONED, LATE.replace("23:30:00", "23:30:00Z")),
        (ZONED, LATE.replace("23:30:00", "23:30:00-05:00")),
        (ZONED, LATE.replace(" 23:30:00", "")),
        (ZONED.replace("UTC", "Europe/Berlin"), LATE.replace("UTC", "Europe/Berlin")),
        (ZONED.replace("UTC", "of each"), LATE.replace("UTC", "of each")),
        (
            ABOUT + RECORDS.replace('"when"', '["done ({zone})", "ended"]'),
            "who,what,done (UTC),ended,status\na,M,2025-03-01 23:30:00,,passed\n",
        ),
        (ZONED + 'method = "how (UTC)"\n', "who,what,done (UTC),status,how (UTC)\na,M,2025-03-01,passed,Note: none\n"),
        (
            ZONED.replace("[[layout]]", "[reading]\nnone_dates = ['--:--']\n[[layout]]"),
            LATE.replace("2025-03-01 23:30:00,passed", "--:--,in_progress"),
        ),
        (
            ZONED.replace("[[layout]]", "[reading]\ntimestamps = ['YYYY:MM:DD']\n[[layout]]"),
            LATE.replace("2025-03-01 23:30:00", "2025:03:01"),
        ),
    ],
    ids=[
        "its place",
        "declared",
        "an offset",
        "another offset",
        "a day",
        "the audit's",
        "no zone",
        "of one of two",
        "no time",
        "none",
        "a day with colons",
    ],
)
def test_a_zone_in_a_header_is_no_matter_where_it_is_known(tmp_path: Path, profile: str, content: str) -> None:
    assert "zone_in_header" not in read_by(tmp_path, profile, "completions", content).codes()


def test_a_zone_in_the_header_of_one_time_of_several_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one text of the column says its zone itself, and another does not."""
    lines = "who,what,done (UTC),status\na,M,2025-03-01 23:30:00Z,passed\na,M,2025-04-01 23:30:00,passed\n"
    assert "zone_in_header" in read_by(tmp_path / "a", ZONED, "completions", lines).codes()
    profile = {"mine": ABOUT + RECORDS.replace('"when"', '["done (UTC)", "closed (UTC)", "ended"]')}
    text = "who,what,done (UTC),closed (UTC),ended,status\na,M,2025-03-01 23:30:00Z,,,passed\na,M,,2025-03-01 23:30:00,,passed\n"
    found = assert_equal(
        arrange(tmp_path / "b", File("completions", "x.csv", text, "mine"), profiles=profile), monkeypatch
    )
    says = [one.text.partition(": ")[0] for one in found["findings"] if one.code == "zone_in_header"]
    assert says == ["x.csv, column 'closed (UTC)'"], (
        "the other header's texts name their zone, and no zone is in the third"
    )


def test_a_zone_in_a_key_of_json_is_declared(tmp_path: Path) -> None:
    """Its keys are spelt exactly: no place for a zone can stand in them."""
    record = {"who": "a", "what": "M", "done (UTC)": "2025-03-01 23:30:00", "status": "passed"}
    says = read_by(tmp_path, ZONED, "completions", json.dumps([record]), "x.json").finding("zone_in_header").text
    assert says.endswith('Do: declare zone = "UTC" below [reading] in mine.toml.')


@pytest.mark.parametrize(("declared", "day"), [("midnight_utc_is_a_date = true\n", 1), ("", 31)])
def test_dates_at_midnight_utc_are_not_moved_where_that_is_declared(tmp_path: Path, declared: str, day: int) -> None:
    profile = ABOUT + "[reading]\ndates = ['ISO timestamp']\n" + declared + PEOPLE
    text = '[{"id": 1, "type": "other", "start": "2024-01-01T00:00:00.000Z"}]'
    file = File("people", "x.json", text, profile="mine")
    got = receive(tmp_path, file, zone="America/New_York", profiles={"mine": profile})
    assert got.rows("people", "day(start_date)") == [(day,)]


def test_what_a_spreadsheet_or_parquet_holds_as_a_date_needs_no_format(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['DD/MM/YYYY']\n" + PEOPLE
    rows = ["id", "type", "start"], ["1", "intern", dated(45658)], ["2", "intern", "31/12/2024"]
    query = "SELECT '1' AS id, 'intern' AS type, DATE '2025-01-01' AS start"
    got = read_by(tmp_path / "a", profile, "people", workbook(*rows), "x.xlsx")
    assert got.rows("people", "start_date") == [(date(2025, 1, 1),), (date(2024, 12, 31),)]
    got = read_by(tmp_path / "b", profile, "people", parquet(tmp_path / "x.parquet", query), "x.parquet")
    assert got.rows("people", "start_date") == [(date(2025, 1, 1),)]


def test_a_date_the_other_way_round_is_a_bad_row_where_the_order_is_stated(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE
    lines = "id,type,start\n1,intern,03/04/2024\n2,intern,31/04/2024\n3,intern,13/04/2024\n"
    got = read_by(tmp_path, profile, "people", lines)
    assert got.rows("people", "person_id, start_date") == [("1", date(2024, 3, 4))]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "not_a_date"), (4, "exchanged_date")]
    assert got.quarantine[1].message == (
        "'13/04/2024' is not a date; expected MM/DD/YYYY; its day and month stand the other way round. Effect: the row is "
        "quarantined; 3 is undetermined wherever a requirement may apply (C12). Do: correct the order of day and month in "
        "mine.toml, or export again."
    )
    assert (
        "day and month of 1 date, for example '13/04/2024', stand the other way" in got.finding("exchanged_dates").text
    )


STATED = ABOUT + PEOPLE.replace('"start"', '{ of = ["start"], formats = ["MM.DD.YYYY"] }')


@pytest.mark.parametrize(
    ("profile", "do"),
    [
        (STATED, 'correct the format, for example formats = ["DD.MM.YYYY"], of this column in mine.toml.'),
        (
            ABOUT + "[reading]\ndates = ['M.D.YYYY', 'MM.DD.YYYY']\n" + PEOPLE,
            'correct the format, for example dates = ["DD.MM.YYYY"], below [reading] in mine.toml.',
        ),
    ],
)
def test_two_dates_the_other_way_round_prove_a_stated_order_wrong(tmp_path: Path, profile: str, do: str) -> None:
    lines = "id,type,start\n1,intern,03.04.2024\n2,intern,13.04.2024\n3,intern,14.04.2024\n"
    (problem,) = refusal(tmp_path, File("people", "x.csv", lines, "mine"), profiles={"mine": profile})
    assert (problem.where, problem.code) == ('x.csv, column "start"', "exchanged_dates")
    assert problem.what.startswith("day and month of 2 of its dates, for example '13.04.2024', stand the other way")
    assert problem.do == do


@pytest.mark.parametrize(
    ("second", "third"), [("13.04.2024", "13.04.2024"), ("14.04.2024", "04.13.2024")], ids=["one date", "a proof"]
)
def test_one_date_the_other_way_round_or_a_proof_of_the_stated_order_refuses_no_file(
    tmp_path: Path, second: str, third: str
) -> None:
    lines = f"id,type,start\n1,intern,13.04.2024\n2,intern,{second}\n3,intern,{third}\n4,intern,03.04.2024\n"
    got = read_by(tmp_path, STATED, "people", lines)
    assert got.rows("people", "person_id")[-1] == ("4",)


@pytest.mark.parametrize(("text", "code"), [("soon", "not_a_date"), ("01/01/1900", "date_out_of_range")])
def test_a_text_that_is_no_date_in_any_order_is_a_bad_row_and_no_sign_of_another_order(
    tmp_path: Path, text: str, code: str
) -> None:
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE
    got = read_by(tmp_path, profile, "people", f"id,type,start\n1,intern,{text}\n2,intern,{text}\n")
    assert [(row.subject, row.code) for row in got.quarantine] == [("1", code), ("2", code)]


@pytest.mark.parametrize(
    ("third", "refused"),
    [("4/3/2026", True), ("2026-04-25T10:00:00", True), ("31/12/9999", True), ("4/25/2026", False)],
)
def test_a_date_the_other_way_round_refuses_the_file_where_the_order_is_only_usual(
    tmp_path: Path, third: str, refused: bool
) -> None:
    """A timestamp of another format and what stands for no date do not show the order either."""
    header = "User ID,Training Title,Transcript Status,Transcript Completed Date\n"
    content = header + f"1,T,Completed,3/4/2026\n2,T,Completed,13/4/2026\n3,T,Registered,{third}\n"
    file = File("completions", "r.csv", content, profile="mine")
    mine = {"mine": 'extends = "cornerstone"\n[reading]\nnone_dates = ["31/12/9999"]\n'}
    if refused:
        (problem,) = refusal(tmp_path, file, profiles=mine)
        assert (problem.where, problem.code) == ('r.csv, column "Transcript Completed Date"', "exchanged_dates")
        assert problem.what == (
            "day and month of 1 of its dates, for example '13/4/2026', stand the other way round than the profile "
            "expects; the others may have been misread."
        )
        assert problem.do == 'declare the format, for example timestamps = ["D/M/YYYY"], below [reading] in mine.toml.'
    else:
        got = receive(tmp_path, file, profiles=mine)
        assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "exchanged_date")]


def test_a_date_the_other_way_round_in_one_of_two_columns(tmp_path: Path) -> None:
    header = (
        "User ID,Training Title,Transcript Status,Transcript - Transcript Completed Date,Transcript Completed Date\n"
    )
    content = header + "1,T,Completed,3/4/2026,\n2,T,Completed,,13/4/2026\n"
    (problem,) = refusal(tmp_path, File("completions", "r.csv", content, profile="cornerstone"))
    assert problem.where == ('r.csv, column "Transcript - Transcript Completed Date / Transcript Completed Date"')


TWO_DAYS = '"start"', "{ latest = ['start', 'rehire'] }"


@pytest.mark.parametrize(
    "entry", ["{ latest = ['start', 'rehire'] }", "{ earliest = ['start', 'rehire'] }", "['start', 'rehire']"]
)
def test_dates_the_other_way_round_in_two_filled_cells_are_told_one_by_one(tmp_path: Path, entry: str) -> None:
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE.replace('"start"', entry)
    lines = "id,type,start,rehire\n1,intern,31/12/2025,31/12/2025\n2,intern,30/12/2025,03/04/2025\n"
    (problem,) = refusal(tmp_path, File("people", "x.csv", lines, "mine"), profiles={"mine": profile})
    assert (problem.where, problem.code) == ('x.csv, column "start / rehire"', "ambiguous_dates")
    assert "for example '31/12/2025'," in problem.what
    lines += "3,intern,03/04/2025,\n"
    (problem,) = refusal(tmp_path, File("people", "x.csv", lines, "mine"), profiles={"mine": profile})
    assert (problem.where, problem.code) == ('x.csv, column "start / rehire"', "exchanged_dates")
    assert problem.what.startswith("day and month of 2 of its dates, for example '31/12/2025', stand")
    assert 'dates = ["DD/MM/YYYY"]' in problem.do


def test_dates_the_other_way_round_are_told_without_what_the_profile_removes(tmp_path: Path) -> None:
    entry = "{ of = ['start'], remove = ' \\(est\\)' }"
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE.replace('"start"', entry)
    lines = "id,type,start\n1,intern,31/12/2025 (est)\n2,intern,30/12/2025 (est)\n3,intern,03/04/2025 (est)\n"
    (problem,) = refusal(tmp_path, File("people", "x.csv", lines, "mine"), profiles={"mine": profile})
    assert (problem.code, "for example '31/12/2025', stand" in problem.what) == ("exchanged_dates", True)


def test_a_date_in_one_of_two_cells_proves_the_order_and_one_that_nobody_reads_does_not(tmp_path: Path) -> None:
    bad = "2,intern,31/12/2025,\n3,intern,30/12/2025,\n"
    profile = ABOUT + "[reading]\ndates = ['MM/DD/YYYY']\n" + PEOPLE.replace(*TWO_DAYS)
    lines = "id,type,start,rehire\n1,intern,01/02/2025,12/30/2025\n" + bad
    got = read_by(tmp_path / "a", profile, "people", lines)
    assert got.rows("people", "person_id") == [("1",)]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "exchanged_date"), (4, "exchanged_date")]
    first = profile.replace("{ latest = ['start', 'rehire'] }", "['start', 'rehire']")  # the second is not read
    (problem,) = refusal(tmp_path / "b", File("people", "x.csv", lines, "mine"), profiles={"mine": first})
    assert problem.code == "exchanged_dates"


# --- what a column is read from -----------------------------------------------------------------------------------


def test_ids_that_a_spreadsheet_has_changed(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"id"', "{ of = ['id'], remove = ',', pad = 6 }")
    ids = '"1,915"', "X1", "١٩١٥", "1234567"
    got = read_by(
        tmp_path, profile, "people", "id,type,start\n" + "".join(f"{text},intern,2024-01-01\n" for text in ids)
    )
    assert got.rows("people", "person_id") == [("001915",), ("X1",), ("١٩١٥",), ("1234567",)]


def test_an_id_of_which_nothing_is_left_is_missing(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('"id"', "{ of = ['id'], remove = 'n/a' }")
    (row,) = read_by(tmp_path, profile, "people", "id,type,start\nn/a,intern,2024-01-01\n").quarantine
    assert row.message.startswith("'n/a' means nothing, and every row needs person_id.")


def test_a_score_with_a_sign_and_as_a_share(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "m"\ncompleted_at = "t"\n'
    layout += "score = { of = ['s'], suffix = '%' }\nminutes = { of = ['x'], divide_by = 0.01 }\n"
    profile = ABOUT + layout + '[layout.constants]\nstatus = "passed"\nmethod = "online"\n'
    got = read_by(tmp_path, profile, "completions", "a,m,t,s,x\nu,M,2025-01-01,85%,0.5\n")
    assert got.rows("completions", "account, status, score, minutes, method") == [("u", "passed", 85.0, 50.0, "online")]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT1H30M", 90.0),
        ("PT90S", 1.5),
        ("P1DT1M", 1441.0),
        ("PT0.6S", 0.01),
        ("P0Y0M0DT0H12M3S", 12.05),
        ("P1W", 10_080.0),
        ("", None),
    ],
)
def test_a_duration_in_minutes(tmp_path: Path, text: str, minutes: float | None) -> None:
    layout = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "m"\ncompleted_at = "t"\n'
    layout += "minutes = { of = ['d'], duration = true }\n[layout.constants]\nstatus = 'passed'\n"
    lines = f"a,m,t,d\nu,M,2025-01-01,{text}\nv,M,2025-01-01,P1M\nw,M,2025-01-01,PT\n"
    got = read_by(tmp_path, ABOUT + layout, "completions", lines)
    assert got.rows("completions", "account, minutes") == [("u", minutes)]
    assert [(row.subject, row.code) for row in got.quarantine] == [("v", "not_a_duration"), ("w", "not_a_duration")]
    assert dict(got.intake.files[0].mapping)["minutes"] == '"d", a duration in minutes'


def test_a_word_by_which_of_several_columns_is_filled(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace(
        '"type"', "{ filled = ['vendor', 'until'], then = 'contractor', otherwise = 'employee' }"
    )
    lines = "1,2024-01-01,,\n2,2024-01-01,Agency,\n3,2024-01-01, ,2025-01-01\n4,2024-01-01, , \n"
    got = read_by(tmp_path, profile, "people", "id,start,vendor,until\n" + lines)
    assert [word for (_, word) in got.rows("people", "person_id, worker_type")] == [
        "employee", "contractor", "contractor", "employee"
    ]  # fmt: skip
    assert dict(got.intake.files[0].mapping)["worker_type"] == (
        "'contractor' where \"vendor\" or \"until\" is filled, else 'employee'"
    )


def test_the_latest_of_several_days(tmp_path: Path) -> None:
    profile = (
        ABOUT + PEOPLE.replace('"start"', "{ latest = ['start', 'rehire'] }") + "end_date = { latest = ['e', 'f'] }\n"
    )
    lines = "1,intern,2020-01-01,2024-01-01,,\n2,intern,2020-01-01,,2025-01-01,2100-01-01\n3,intern,,,,\n4,intern,2024-01-01,x,,\n"
    got = read_by(tmp_path, profile, "people", "id,type,start,rehire,e,f\n" + lines)
    assert got.rows("people", "person_id, start_date, end_date") == [
        ("1", date(2024, 1, 1), None),
        ("2", date(2020, 1, 1), date(2025, 1, 1)),
    ]
    assert [(row.subject, row.column, row.value, row.code) for row in got.quarantine] == [
        ("3", "start / rehire", "", "missing_value"),
        ("4", "start / rehire", "2024-01-01 | x", "not_a_date"),
    ]
    assert dict(got.intake.files[0].mapping)["start_date"] == 'the latest of "start", "rehire"'


@pytest.mark.parametrize("entry", ["earliest = ['s', 't']", "latest = ['s', 't']", "of = ['s', 't'], prefer = '2'"])
def test_of_several_columns_of_which_the_file_has_one_this_one_is_named(tmp_path: Path, entry: str) -> None:
    got = read_by(
        tmp_path, ABOUT + PEOPLE.replace('"start"', f"{{ {entry} }}"), "people", "id,type,t\n1,intern,2024-01-01\n"
    )
    assert dict(got.intake.files[0].mapping)["start_date"] == '"t"'
    assert dict(got.intake.files[0].mapping)["role"] == "not in this kind of export"


def test_a_required_column_that_audit_toml_must_give(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace('worker_type = "type"\n', "")
    (problem,) = refusal(tmp_path / "a", File("people", "x.csv", "id,start\n1,2024-01-01\n", profile="mine"),
                         profiles={"mine": profile})  # fmt: skip
    assert problem.what == "such an export does not say worker_type, which every row of people needs."
    keys = 'values.worker_type = "contractor"'
    got = read_by(tmp_path / "b", profile, "people", "id,start\n1,2024-01-01\n", keys=keys)
    assert got.rows("people", "person_id, worker_type") == [("1", "contractor")]


def test_a_record_that_is_done_has_no_day_where_the_profile_reads_none(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "a"\nmodule_id = "m"\nstatus = "s"\n'
    got = read_by(tmp_path, ABOUT + layout, "completions", "a,m,s\nu,M,passed\nv,M,failed\n")
    assert got.rows("completions", "account, completed_on") == [("v", None)]
    assert [(row.subject, row.column, row.code) for row in got.quarantine] == [("u", "completed_at", "missing_value")]


# --- rows that are not of the table -------------------------------------------------------------------------------

SETS_ASIDE = [
    ("unknown_to = 'worker_type'", ["Robot"], ["", "intern", " INTERN "]),
    ("matches = 'r\\d'", ["r1", " r2 "], ["", "intern", "r12", "xr1"]),
    ("equals = ['Robot', '']", ["robot", " ROBOT ", ""], ["intern"]),
    ("not_equals = ['Intern', '']", ["robot", "r1"], ["intern", " INTERN ", ""]),
]


@pytest.mark.parametrize(("rule", "aside", "others"), SETS_ASIDE)
def test_rows_that_are_set_aside_by_a_text(tmp_path: Path, rule: str, aside: list[str], others: list[str]) -> None:
    profile = ABOUT + PEOPLE + f'[[layout.set_aside]]\nwhere = "type"\n{rule}\nreason = "no person"\n'
    lines = "".join(f"{no},{text},2024-01-01\n" for no, text in enumerate(aside + others))
    got = read_by(tmp_path, profile, "people", "id,type,start\n" + lines)
    assert [int(str(row.subject)) for row in got.quarantine if row.by_rule] == list(range(len(aside)))


def test_rows_may_be_set_aside_whose_word_is_no_word_of_a_column(tmp_path: Path) -> None:
    profile = (
        ABOUT + PEOPLE + '[[layout.set_aside]]\nwhere = "type"\nunknown_to = "worker_type"\nreason = "no person"\n'
    )
    got = read_by(tmp_path, profile, "people", "id,type,start\n1,Intern,2024-01-01\n2,robot,2024-01-01\n")
    assert got.rows("people", "person_id") == [("1",)]
    assert [(row.subject, row.code, row.message) for row in got.quarantine] == [
        ("2", "set_aside", "set aside: no person.")
    ]


def test_a_column_by_which_rows_are_set_aside_must_be_there_but_in_json_no_record_may_have_it(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE + '[[layout.set_aside]]\nwhere = "gone"\nequals = ["yes"]\nreason = "it is gone"\n'
    text = '[{"id": "7", "type": "intern", "start": "2024-01-01"}]'
    assert read_by(tmp_path / "a", profile, "people", text, "x.json").rows("people", "person_id") == [("7",)]
    file = File("people", "x.csv", "id,type,start\n7,intern,2024-01-01\n", profile="mine")
    (problem,) = refusal(tmp_path / "b", file, profiles={"mine": profile})
    assert problem.what.startswith("it has no column gone. ")


# --- rows that take back others, and versions ---------------------------------------------------------------------

CANCELS = (
    '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "who"\nmodule_id = "what"\nstatus = "status"\n'
    'completed_at = "when"\n[layout.words.status]\nok = "completed"\n'
    '[layout.cancels]\nwhere = "status"\nequals = ["Storno", "undo"]\nnames = "what"\nrecord = "no"\n'
)


def test_rows_that_take_back_others_in_a_table(tmp_path: Path) -> None:
    first = (
        "no,who,what,when,status\n1,a,M,2025-01-01,ok\n2,a,1,2025-01-02,STORNO\n3,a,M,2025-01-03,ok\n4,a,M,2025-01-04\n"
    )
    second = "no,who,what,when,status\n5,b,3,2025-01-05,undo\n,b,4,,undo\n6,b, ,,undo\n"
    second += "7,b,8,2025-01-06,ok\n8,b,M,2025-01-07,ok\n"  # 7 is of a module that is called like record 8
    second += ",b,M,2025-01-08,ok\n"
    files = [File("completions", f"{n}.csv", text, profile="mine") for n, text in enumerate((first, second))]
    got = receive(tmp_path, *files, profiles={"mine": ABOUT + CANCELS})
    assert got.rows("completions", "source_no, row_no") == [(2, 5), (2, 6), (2, 7)]
    assert {account.ignored_columns for account in got.intake.files} == {()}  # the rule reads "no"
    assert [(row.source_no, row.row_no, row.column, row.value, row.code, row.by_rule) for row in got.quarantine] == [
        (1, 2, "no", "1", "set_aside", True),
        (1, 3, "status", "STORNO", "set_aside", True),
        (1, 4, "no", "3", "set_aside", True),
        (1, 5, "", "", "too_short", False),
        (2, 2, "status", "undo", "set_aside", True),
        (2, 3, "status", "undo", "set_aside", True),
        (2, 4, "status", "undo", "missing_value", False),
    ]
    assert got.quarantine[0].message == "set aside: it is taken back by '2' (0.csv, row 3)."
    assert got.quarantine[2].message == "set aside: it is taken back by '5' (1.csv, row 2)."


def test_records_of_json_that_take_back_others_need_not_have_every_key(tmp_path: Path) -> None:
    """A key that no record of a file has is no column of it."""
    contents = (
        '[{"no": "1", "who": "a", "what": "M", "when": "2025-01-01", "status": "ok"}]',
        '[{"who": "a", "what": "M", "when": "2025-01-01", "status": "undo", "undoes": "1"},'
        ' {"who": "a", "what": "M", "when": "2025-01-02", "status": "ok"}]',
        '[{"no": "2", "who": "a", "what": "M", "when": "2025-01-01", "status": "undo"}]',
    )
    files = [File("completions", f"{n}.json", text, profile="mine") for n, text in enumerate(contents)]
    profile = ABOUT + CANCELS.replace('names = "what"', 'names = "undoes"')
    got = receive(tmp_path, *files, profiles={"mine": profile})
    assert [row.message.partition(". ")[0] for row in got.quarantine] == [
        "set aside: it is taken back by 1.json, row 1.",
        "set aside: it is no record, but takes back the record '1'.",
        "it takes back a record and does not say which",
    ]
    assert got.rows("completions", "source_no, row_no") == [(2, 2)]


@pytest.mark.parametrize("column", ["undoes", "no"])
def test_what_a_row_takes_back_and_what_it_is_called_must_be_there(tmp_path: Path, column: str) -> None:
    """Else the records that are taken back would count."""
    profile = ABOUT + CANCELS.replace('names = "what"', 'names = "undoes"')
    header = "no,who,what,when,status,undoes".replace(column, "other")
    lines = f"{header}\n1,a,M,2025-01-01,ok,\n2,a,M,2025-01-02,undo,1\n"
    (problem,) = refusal(tmp_path, File("completions", "x.csv", lines, "mine"), profiles={"mine": profile})
    assert (problem.code, problem.what.split(". ")[0]) == ("missing_column", f"it has no column {column}")


def test_records_are_taken_back_by_their_very_id(tmp_path: Path) -> None:
    """R1 is not r1, and what no file holds is told."""
    first = "no,who,what,when,status\nR1,a,M,2025-01-01,ok\nr1,b,M,2025-01-01,ok\nJosé,c,M,2025-01-01,ok\n"
    second = "no,who,what,when,status\n,a, R1 ,,undo\n,c,Jose\u0301,,undo\n,c,R9,,undo\n,c,JOSÉ,,undo\n"
    files = [File("completions", f"{n}.csv", text, profile="mine") for n, text in enumerate((first, second))]
    got = receive(tmp_path, *files, profiles={"mine": ABOUT + CANCELS})
    assert got.rows("completions", "account") == [("b",)]
    found = got.finding("takes_back_nothing")
    assert (found.table, found.subject, found.source_no) == ("completions", "1.csv", 2)
    assert found.text.startswith(
        "1.csv: rows take back 2 records that no file of this profile holds, for example row 4 the record 'R9'. "
    )


def test_a_uuid_is_the_same_record_in_any_case(tmp_path: Path) -> None:
    """RFC 9562, and xAPI leans on it."""
    uuid = "e05aa883-acaf-40ad-bf54-02c8ce485fb0"
    longer = f"{uuid}-X,c,M,2025-01-01,ok\n,c,{uuid}-x,,undo\n"
    assert read_by(tmp_path / "a", ABOUT + CANCELS, "completions", f"no,who,what,when,status\n{longer}").rows(
        "completions", "account"
    ) == [("c",)], "what only begins like one is another id"
    lines = f"no,who,what,when,status\n{uuid.upper()},a,M,2025-01-01,ok\n,a,{uuid},,undo\n2,b,M,2025-01-01,ok\n"
    got = read_by(tmp_path, ABOUT + CANCELS, "completions", lines)
    assert got.rows("completions", "account") == [("b",)]


def test_in_json_too_what_a_row_takes_back_may_stand_in_fields_that_no_column_reads(tmp_path: Path) -> None:
    profile = ABOUT + CANCELS.replace('names = "what"', 'names = "undoes"').replace('record_id = "no"\n', "")
    record = {"who": "a", "what": "M", "when": "2025-01-01", "status": "ok"}
    data = [record | {"no": 1}, record | {"no": 2}, record | {"no": 3, "status": "undo", "undoes": 1}]
    got = read_by(tmp_path, profile, "completions", json.dumps(data), "x.json")
    assert got.rows("completions", "row_no") == [(2,)]
    assert [(row.row_no, row.by_rule) for row in got.quarantine] == [(1, True), (3, True)]


def test_a_row_takes_back_no_record_of_another_report(tmp_path: Path) -> None:
    header = "no,who,what,when,status\n"
    files = [
        File("completions", "a.csv", header + "1,a,M,2025-01-01,ok\n", profile="mine"),
        File("completions", "b.csv", header + "2,b,1,2025-01-02,undo\n1,b,M,2025-01-02,ok\n", profile="other"),
    ]
    got = receive(tmp_path, *files, profiles={"mine": ABOUT + CANCELS, "other": 'extends = "mine"\n'})
    assert got.rows("completions", "account, row_no") == [("a", 2)]


def test_in_json_too_a_version_speaks_for_its_own_days(tmp_path: Path) -> None:
    profile = ABOUT + PEOPLE.replace("[layout.", 'window = { from = "since", to = "until" }\n[layout.')
    days = {"since": "2025-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    text = json.dumps([{"id": "7", "type": "intern", "start": "2024-01-01"} | days])
    assert read_by(tmp_path, profile, "people", text, "x.json").rows("people", "start_date") == [(date(2025, 1, 1),)]


# --- records of JSON ----------------------------------------------------------------------------------------------


def test_one_row_per_element_of_a_list(tmp_path: Path) -> None:
    columns = (
        PEOPLE.replace('"type"', '"jobs.type"')
        .replace('"start"', '"jobs.start"')
        .replace("[layout.", "records = 'staff'\nexplode = 'jobs'\n[layout.")
    )
    jobs = [{"type": "intern", "start": "2023-01-01"}, {"type": "employee", "start": "2024-01-01"}]
    data = [{"id": 1, "jobs": jobs}, {"id": 2, "jobs": []}, {"id": 3}, {"id": 4, "jobs": jobs[0]}]
    got = read_by(tmp_path, ABOUT + columns, "people", json.dumps({"staff": data}), "x.json")
    assert got.rows("people", "person_id, worker_type, row_no") == [("1", "intern", 1), ("1", "employee", 1)]
    assert [(row.subject, row.row_no) for row in got.quarantine] == [("2", 2), ("3", 3), ("4", 4)]
    assert got.intake.files[0].rows_read == 5
    assert got.intake.files[0].part == "staff, jobs"


def test_one_row_per_element_of_a_list_inside_an_object_keeps_what_stands_beside_it(tmp_path: Path) -> None:
    columns = (
        PEOPLE.replace('"id"', '"who.id"').replace('"type"', '"who.jobs.type"').replace('"start"', '"who.jobs.start"')
    )
    data = [
        {
            "who": {
                "id": 7,
                "jobs": [{"type": "intern", "start": "2024-01-01"}, {"type": "other", "start": "2025-01-01"}],
            }
        },
        {"who": None},
    ]
    profile = ABOUT + columns.replace("[layout.", "explode = 'who.jobs'\n[layout.")
    got = read_by(tmp_path, profile, "people", json.dumps(data), "x.json")
    assert got.rows("people", "person_id, worker_type") == [("7", "intern"), ("7", "other")]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(2, "missing_value")]


def test_one_row_per_element_of_a_list_inside_one_element_of_another(tmp_path: Path) -> None:
    columns = PEOPLE.replace('"type"', '"firms.jobs.type"').replace('"start"', '"firms.since"')
    jobs = [{"type": "intern"}, {"type": "other"}]
    data = [{"id": 7, "firms": [{"of": "old", "jobs": []}, {"of": "new", "since": "2024-01-01", "jobs": jobs}]}]
    profile = ABOUT + columns.replace("[layout.", "explode = 'firms[of=new].jobs'\n[layout.")
    got = read_by(tmp_path, profile, "people", json.dumps(data), "x.json")
    assert got.rows("people", "worker_type, start_date") == [
        ("intern", date(2024, 1, 1)),
        ("other", date(2024, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("records", "data", "top"),
    [("rows", {"rows": {"id": 7, "type": "intern", "start": "2024-01-01"}}, "rows"), (".", 7, "none")],
)
def test_one_record_alone_is_taken_only_where_the_profile_says_the_document(
    tmp_path: Path, records: str, data: object, top: str
) -> None:
    profile = {"mine": ABOUT + PEOPLE.replace("[layout.", f"records = '{records}'\n[layout.")}
    (problem,) = refusal(tmp_path, File("people", "x.json", json.dumps(data), profile="mine"), profiles=profile)
    assert problem.what == f"no list of records was found at {records}; keys at the top: {top}."
    assert problem.code == "no_records"


@pytest.mark.parametrize(
    "more",
    [
        {"more": True},
        {"hasNextPage": True},
        {"pageInfo": {"hasNextPage": True}},
        {"results": {"pageInfo": {"hasNextPage": True}}},
        {"d": {"__next": "https://x.example?page=2"}},
        {"@odata.nextLink": "https://x.example?page=2"},
        {"_links": {"next": "https://x.example?page=2"}},
        {"nextPageToken": "x"},
    ],
)
def test_each_way_to_say_that_another_page_follows_is_known(tmp_path: Path, more: dict[str, object]) -> None:
    profile = ABOUT + PEOPLE.replace("[layout.", "records = 'rows'\n[layout.")
    rows = {"rows": [{"id": 7, "type": "intern", "start": "2024-01-01"}]}
    assert "further_pages" in read_by(tmp_path, profile, "people", json.dumps(rows | more), "x.json").codes()


# --- reports in pairs of columns ----------------------------------------------------------------------------------


def test_columns_in_pairs_that_are_none(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\npairs = { fixed = 1 }\n[layout.columns]\naccount = "user"\n'
    layout += 'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
    (problem,) = refusal(
        tmp_path,
        File("completions", "x.csv", "user,A,,B\nu,passed,,passed\n", profile="mine"),
        profiles={"mine": ABOUT + layout},
    )
    assert (problem.where, problem.code) == ("x.csv, header", "odd_pairs")
    assert problem.what == "after its 1 fixed columns come 3, which are no pairs of state and date."


def test_columns_in_pairs_with_a_row_too_short(tmp_path: Path) -> None:
    layout = '[[layout]]\ntable = "completions"\npairs = { fixed = 1 }\n[layout.columns]\naccount = "user"\n'
    layout += 'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
    got = read_by(tmp_path, ABOUT + layout, "completions", "user,A,,B,\nu,passed,2025-01-01,failed,\nv,passed\n")
    assert got.rows("completions", "account, module_id, status, row_no") == [
        ("u", "A", "passed", 2),
        ("u", "B", "failed", 2),
    ]
    assert [(row.row_no, row.code, row.subject) for row in got.quarantine] == [(3, "too_short", "v")]
    assert got.codes() == []  # the last column is no trailing delimiter, but the date of B
    assert got.intake.files[0].ignored_columns == ()


WIDE = (
    '[[layout]]\ntable = "completions"\npairs = { second = "when {item}" }\n[layout.columns]\naccount = "user"\n'
    'module_id = "item"\ncompleted_at = "date"\nstatus = "state"\n'
)


def test_pairs_known_by_the_second_header(tmp_path: Path) -> None:
    """Wherever they stand: what belongs to no pair is in every row; `(B)` is text and no expression."""
    content = "A ,when A,(B),when (B),group,when C,user\n,,,,,,\npassed,2025-01-01,failed,2025-01-02,g,\n"
    content += "passed,2025-01-01,failed,2025-01-02,g,,u\n"
    got = read_by(tmp_path, ABOUT + WIDE, "completions", content)
    assert got.rows("completions", "account, module_id, completed_on, status, row_no") == [
        ("u", "A", date(2025, 1, 1), "passed", 4),
        ("u", "(B)", date(2025, 1, 2), "failed", 4),
    ]
    assert [(row.row_no, row.code, row.subject) for row in got.quarantine] == [(3, "too_short", "")]
    assert "1 blank line ignored" in got.finding("blank_rows").text
    assert got.intake.files[0].ignored_columns == ("group", "when C")
    assert got.finding("unpaired_columns").text == (
        "x.csv: columns with no date column beside them were not read: 'group', 'when C'. "
        "See that none of them is a training."
    )
    assert got.intake.files[0].part == "pairs of columns, as completions"


def test_neither_a_column_without_a_header_nor_the_date_of_another_one_is_an_item(tmp_path: Path) -> None:
    content = "user,A,When,When noted,,When else\nu,passed,2025-01-01,2025-01-02,passed,2025-01-03\n"
    got = read_by(tmp_path, ABOUT + WIDE.replace("when {item}", "When.*"), "completions", content)
    assert got.rows("completions", "module_id, completed_on") == [("A", date(2025, 1, 1))]
    assert got.quarantine == ()
    assert got.intake.files[0].ignored_columns == ("When noted", "(column 3, unnamed)", "When else")


def test_one_value_may_name_the_only_item_of_a_wide_report(tmp_path: Path) -> None:
    keys = 'values.module_id = "SEC-1"'
    got = read_by(tmp_path, ABOUT + WIDE, "completions", "A,when A,user\npassed,2025-01-01,u\n", keys=keys)
    assert got.rows("completions", "account, module_id") == [("u", "SEC-1")]


def test_a_row_above_the_header_of_a_wide_report_has_no_pairs(tmp_path: Path) -> None:
    profile = ABOUT + "[reading]\nheader_depth = 2\n" + WIDE
    got = read_by(tmp_path, profile, "completions", "user,report\nuser,A,when A\nu,passed,2025-01-01\n")
    assert got.rows("completions", "account, module_id, row_no") == [("u", "A", 3)]


def test_two_items_of_one_name_refuse_a_wide_report(tmp_path: Path) -> None:
    profile = ABOUT + RECORDS.replace('"what"', '"item"').replace('"when"', '"date"').replace('"status"\n', '"state"\n')
    file = File("completions", "x.csv", "who,A,,A ,\na,passed,2025-01-01,,\n", "mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": profile + "[layout.pairs]\nfixed = 1\n"})
    assert (problem.where, problem.code) == ("x.csv, header", "duplicate_header")
    assert problem.what == "two of its items are called 'A', so nobody can tell which of them was completed."


def test_a_wide_report_without_a_pair(tmp_path: Path) -> None:
    file = File("completions", "x.csv", "user,A,B\nu,passed,passed\n", profile="mine")
    (problem,) = refusal(tmp_path, file, profiles={"mine": ABOUT + WIDE})
    assert problem.what == ('it has no column with its date in the column beside it. Columns found: "user", "A", "B".')
