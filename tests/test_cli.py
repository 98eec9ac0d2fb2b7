"""The command as a user types it: exit codes, messages, files."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import packs
import pytest
from commands import Done, here, workbook
from folders import AUDIT, SOUND, make, plus, without

from workbook_lib import sampling
from workbook_lib.cli.options import IN_ORDER_OF_USE
from workbook_lib.pack import placing, production, verify
from workbook_lib.publish import pdf

NORTHWIND = Path(__file__).parents[1] / "data_samples" / "northwind"
LAPSED = without("completions", "2025-11-20")


def quickly(*arguments: object) -> Done:
    """Run the command in this process, and make packs without a page."""
    with packs.without_pages():
        return here(*arguments)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    done = workbook("run", make(folder / "acme", LAPSED), "--out", folder / "out", "--prepared-by", "J. Doe")
    assert done.returncode == 0, done.stderr
    assert "Acme, period 2025, judged from 2025-01-01 to 2025-12-31, as known on 2026-01-04." in done.stdout
    assert "4 people. On time: 8 of 9 judged duties. Not on time: 1 missing. Not judged: none." in done.stdout
    assert "INTERIM" not in done.stdout
    assert "Exceptions: 1, of them unexplained: 1." in done.stdout
    return folder / "out" / "acme-2025"


def test_run_writes_what_the_specification_names(pack):
    expected = {
        "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "VERIFY.txt",
        "data/evidence.html", "data/evidence.ipynb", "data/tables.xlsx", "data/result.json", "data/run.json",
        "data/tables/verdicts.csv", "data/tables/exceptions.csv", "data/tables/completion_records.csv",
        "data/tables/population.csv", "data/tables/quarantine.csv",
        "data/rules/01_everybody.sql", "data/inputs/audit.toml", "data/inputs/people.csv", "data/inputs/programme.md",
    }  # fmt: skip
    there = {path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file()}
    assert expected <= there
    assert sorted(path.name for path in pack.parent.iterdir()) == ["acme-2025", "history.sqlite"]


@pytest.mark.browser
def test_the_page_is_printed_where_a_browser_is_found(tmp_path):
    try:
        browser = pdf.find_browser()
    except pdf.NoPdfError as error:
        pytest.skip(str(error))
    folder = make(tmp_path / "acme")
    done = workbook("run", folder, "--out", tmp_path / "out", "--paper", "letter", browser=browser)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    data = tmp_path / "out" / "acme-2025" / "data"
    assert (data / "evidence.pdf").read_bytes().startswith(b"%PDF-")
    facts = json.loads((data / "run.json").read_text())["pdf"]
    assert f"On paper: {data / 'evidence.pdf'}\n" in done.stdout
    assert facts["paper"] == "letter"
    assert facts["printed_by"].startswith("Chrome ")
    assert "size: letter" in (data / "evidence.html").read_text(encoding="utf-8")
    listed = (data.parent / "manifest-sha256.txt").read_text()
    assert listed.count("data/evidence.pdf") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["acme-2025", "history.sqlite"]


def test_without_a_browser_the_pack_is_whole_and_one_line_says_so(tmp_path):
    folder = make(tmp_path / "acme")
    done = quickly("run", folder, "--out", tmp_path / "out", "--browser", "netscape")
    assert done.returncode == 0
    says = "warning: no PDF was made: there is no browser 'netscape'. The pack is whole without it.\n"
    assert done.stderr.endswith(says)
    data = tmp_path / "out" / "acme-2025" / "data"
    assert not (data / "evidence.pdf").exists()
    assert (data / "evidence.html").is_file()


def test_the_pack_verifies_with_sha256sum(pack):
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        for line in (pack / manifest).read_text().splitlines():
            digest, name = line.split("  ", 1)
            assert hashlib.sha256((pack / name).read_bytes()).hexdigest() == digest
    listed = {line.split("  ", 1)[1] for line in (pack / "manifest-sha256.txt").read_text().splitlines()}
    assert listed == {p.relative_to(pack).as_posix() for p in (pack / "data").rglob("*") if p.is_file()}


def test_the_inputs_in_the_pack_are_the_exports_byte_for_byte(pack):
    source = pack.parent.parent / "acme"
    for path in (pack / "data/inputs").rglob("*"):
        assert path.read_bytes() == (source / path.relative_to(pack / "data/inputs")).read_bytes()


def test_the_table_of_sources_says_from_where_each_column_was_read(pack):
    sources = {row["table"]: row for row in rows(pack / "data/tables/sources.csv")}
    assert sources["policies"]["mapping"] == (
        'policy_id ← "policy_id"; version ← "version"; title ← not in the file; effective_on ← "effective_on"; '
        'material ← "material"; approved_by ← not in the file; approved_on ← not in the file'
    )
    assert {row["earlier_file"] for row in sources.values()} == {""}
    assert (pack / "data/tables/snapshot_changes.csv").read_text() == (
        "file,earlier_file,change,row_no,record,column_name,before,after\n"
    )


def test_result_json_says_what_the_tables_say(pack):
    result = json.loads((pack / "data/result.json").read_text())
    verdicts = rows(pack / "data/tables/verdicts.csv")
    assert sum(result["verdicts"].values()) == len(verdicts)
    assert result["exceptions"] == {"total": 1, "unexplained": 1}
    assert result["procedures"]["P11"]["outcome"] == "exceptions noted"
    assert result["period"]["as_of"] == "2026-01-04"
    assert not result["period"]["interim"]


def test_the_page_is_one_offline_file_that_holds_the_result(pack):
    page = (pack / "data/evidence.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 2_500_000
    assert "Acme" in page
    assert "J. Doe" in page
    assert 'src="http' not in page
    assert str(pack.parent.parent) not in page


def test_judge_agrees_with_the_pack(pack, tmp_path):
    source = pack.parent.parent / "acme"
    assert here("judge", source / "audit.toml", "--period", "2025", "--out", tmp_path).returncode == 0
    assert (tmp_path / "verdicts.csv").read_bytes() == (pack / "data/tables/verdicts.csv").read_bytes()
    assert rows(tmp_path / "exceptions.csv") == [
        {
            "person_id": "E1", "requirement_id": "awareness", "due_on": "2025-12-02", "from": "2025-12-02",
            "to": "2025-12-31", "days": "30", "cause": "renewal", "ended_by": "open", "closed_on": "",
            "unproven": "false", "explained_by": "",
        }
    ]  # fmt: skip


def test_the_columns_are_those_of_the_specification(tmp_path):
    here("judge", make(tmp_path / "acme"), "--out", tmp_path)
    verdicts = (tmp_path / "verdicts.csv").read_text().splitlines()[0]
    assert verdicts == "person_id,requirement_id,verdict,required_from,last_completed_on,gap_days,next_due_on,why"
    exceptions = (tmp_path / "exceptions.csv").read_text().splitlines()[0]
    assert exceptions == ("person_id,requirement_id,due_on,from,to,days,cause,ended_by,closed_on,unproven,explained_by")


def test_texts_that_a_spreadsheet_would_run_are_escaped_in_the_pack_and_plain_for_programs(tmp_path):
    folder = make(tmp_path / "acme", plus("people", "-7,=1+1,x@acme.example,employee,Sales,2023-01-09,"))
    assert quickly("run", folder, "--no-pdf", "--out", tmp_path / "out").returncode == 0
    pack = tmp_path / "out" / "acme-2025"
    assert {row["person_id"] for row in rows(pack / "data/tables/verdicts.csv")} == {"'-7", "C1", "E1", "E2", "E9"}
    assert [row["name"] for row in rows(pack / "data/tables/population.csv") if "7" in row["person_id"]] == ["'=1+1"]
    assert "remove one leading ' from" in (pack / "VERIFY.txt").read_text()
    here("judge", folder, "--out", tmp_path)
    assert {row["person_id"] for row in rows(tmp_path / "verdicts.csv")} == {"-7", "C1", "E1", "E2", "E9"}


def test_who_needs_the_key(tmp_path):
    done = here("who", make(tmp_path / "acme"), "aaaaaaaaaaaaaaaa")
    assert done.returncode == 2
    assert "pseudonyms.key: it is missing" in done.stderr
    assert not (tmp_path / "acme" / "pseudonyms.key").exists()


def test_an_interim_as_of_day_is_judged_to_that_day(tmp_path):
    here("judge", make(tmp_path / "acme", LAPSED), "--as-of", "2025-12-04", "--out", tmp_path)
    assert [(row["to"], row["days"]) for row in rows(tmp_path / "exceptions.csv")] == [("2025-12-04", "3")]


def test_a_wrong_audit_is_refused_with_2_and_nothing_is_written(tmp_path):
    folder = make(tmp_path / "acme", audit=AUDIT.replace("due_within_days", "due_within_day"))
    done = here("run", folder, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "did you mean 'due_within_days'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_trusted_is_refused_with_2_and_leaves_the_older_pack(pack):
    source = pack.parent.parent / "acme"
    good = (source / "completions.csv").read_text()
    before = (pack / "manifest-sha256.txt").read_bytes()
    try:
        (source / "completions.csv").write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
        done = workbook("run", source, "--out", pack.parent)
    finally:
        (source / "completions.csv").write_text(good)
    assert done.returncode == 2
    assert "completions.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert (pack / "manifest-sha256.txt").read_bytes() == before
    assert sorted(path.name for path in pack.parent.iterdir()) == ["acme-2025", "history.sqlite"]


def test_a_terminal_or_file_without_the_letters_of_a_name_gets_their_codes():
    for options in ([], ["--debug"]):
        command = [sys.executable, "-m", "workbook_lib.cli", "check", str(NORTHWIND), *options]
        environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"\\u" in done.stdout


def test_debug_shows_the_traceback(tmp_path):
    done = here("judge", tmp_path / "nowhere", "--out", tmp_path, "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_an_as_of_day_that_no_export_covers_is_no_evidence(tmp_path):
    folder = make(tmp_path / "acme")
    done = here("run", folder, "--as-of", "2026-03-31", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "the exports cover days up to 2026-01-04" in done.stderr
    assert not (tmp_path / "out").exists()
    looked_ahead = here("judge", folder, "--as-of", "2026-03-31", "--out", tmp_path / "v")
    assert looked_ahead.returncode == 0
    assert "warning: people.csv was extracted on 2026-01-05" in looked_ahead.stderr


def test_a_period_that_goes_on_is_said_to_be_interim(tmp_path):
    done = quickly("run", make(tmp_path / "acme"), "--no-pdf", "--as-of", "2025-06-30", "--out", tmp_path / "out")
    assert "INTERIM: the period goes on to 2025-12-31; nothing after 2025-06-30 was judged." in done.stdout
    for command in (["check"], ["judge", "--out", tmp_path / "v"]):
        done = here(*command, tmp_path / "acme", "--as-of", "2025-06-30")
        assert "INTERIM: judged to 2025-06-30; period 2025 goes on to 2025-12-31." in done.stderr


def test_an_output_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for command in ("run", "judge"):
        done = here(command, make(tmp_path / command), "--out", tmp_path / "file")
        assert done.returncode == 2
        assert "--out" in done.stderr
        assert "name another folder" in done.stderr


def test_a_requirement_without_a_source_of_its_records_must_be_mended(tmp_path):
    done = here("check", make(tmp_path / "acme", {"completions": None}))
    assert done.returncode == 1
    assert "MEND audit.toml names no source of completions: nobody can be covered for awareness." in done.stdout


def test_an_unknown_period_or_option_is_refused_with_2(tmp_path):
    folder = make(tmp_path / "acme")
    assert here("judge", folder, "--period", "2023", "--out", tmp_path).returncode == 2
    assert here("judge", folder, "--out", tmp_path, "--perod", "2023").returncode == 2
    assert here("judge", folder, "--out", tmp_path, "--as-of", "31.12.2025").returncode == 2


def test_a_folder_that_is_no_pack_is_never_replaced(tmp_path):
    folder = make(tmp_path / "acme")
    (tmp_path / "out" / "acme-2025").mkdir(parents=True)
    (tmp_path / "out" / "acme-2025" / "thesis.txt").write_text("precious")
    done = here("run", folder, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "not an evidence pack" in done.stderr
    assert (tmp_path / "out" / "acme-2025" / "thesis.txt").read_text() == "precious"


def test_check_is_0_for_a_sound_company_and_1_where_something_must_be_mended(tmp_path):
    sound = here("check", make(tmp_path / "a"))
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert sound.stdout.endswith("Nothing to mend.\n")
    ghost = here("check", make(tmp_path / "b", plus("completions", "ghost,SEC-101,2025-02-02,completed,,30")))
    assert ghost.returncode == 1
    assert "ghost" in ghost.stdout
    broken = plus("completions", "ada@acme.example,SEC-101,31/02/2025,completed,,30")
    unread = here("check", make(tmp_path / "c", broken))
    assert unread.returncode == 1
    assert "completions.csv, row 10" in unread.stdout
    assert "31/02/2025" in unread.stdout
    typo = here("check", make(tmp_path / "d", audit=AUDIT.replace("DEV-7", "DEV 7")))
    assert typo.returncode == 1
    assert "MEND Requirement coding accepts module 'DEV 7'" in typo.stdout
    assert "did you mean 'DEV-7'?" in typo.stdout


def test_fail_on_deviation_is_1_where_anything_was_noted(tmp_path):
    done = quickly("run", make(tmp_path / "acme", LAPSED), "--no-pdf", "--out", tmp_path / "out", "--fail-on-deviation")
    assert done.returncode == 1
    assert (tmp_path / "out" / "acme-2025").is_dir()
    assert "Procedures: exceptions noted in P3, P11; not performed: P13, P14.\n" in done.stdout


def test_fail_on_deviation_is_0_where_nothing_was_noted_and_names_what_was_not_performed(tmp_path):
    done = quickly("run", make(tmp_path / "acme"), "--no-pdf", "--out", tmp_path / "out", "--fail-on-deviation")
    assert done.returncode == 0
    assert "Procedures: exceptions noted in none; not performed: P13, P14.\n" in done.stdout
    assert "PDF" not in done.stderr
    facts = json.loads((tmp_path / "out" / "acme-2025" / "data" / "run.json").read_text())
    assert facts["pdf"] == {"not_made": "it was not asked for."}


def test_help_lists_the_commands_in_the_order_of_use_and_in_whole_sentences():
    listed = workbook("--help").stdout.partition("Commands:")[2].partition("\n\n")[0]
    lines = [line.split(maxsplit=1) for line in listed.strip().splitlines()]
    assert [name for name, _ in lines] == list(IN_ORDER_OF_USE)
    assert all(says.endswith(".") and not says.endswith("...") for _, says in lines)


@pytest.mark.parametrize("arguments", [["check", "acme", "--as-of"], ["remind", "acme", "--on"]])
def test_a_day_in_another_format_is_refused_with_the_format(arguments):
    done = here(*arguments, "31.12.2025")
    assert done.returncode == 2
    assert f"'{arguments[-1]}': '31.12.2025' is no day as it is written here; write it like 2025-12-31." in done.stderr
    for day in ("0001-01-01", "9999-12-31"):
        done = here(*arguments, day)
        assert (done.returncode, f"{day} is no real date (before" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["run", "judge", "check", "sample", "who", "remind"])
def test_every_command_has_help_with_an_example(command):
    done = here(command, "--help")
    assert done.returncode == 0
    assert f"workbook {command} data_samples/northwind" in done.stdout


def checked(folder: Path) -> tuple[int, list[str]]:
    """Exit code and lines of `workbook check`, without their indents."""
    done = here("check", folder)
    return done.returncode, [line.strip() for line in done.stdout.splitlines()]


def section(lines: list[str], title: str) -> list[str]:
    """The lines below a title, up to the next blank one."""
    below = lines[lines.index(title) + 1 :]
    return below[: below.index("")]


def test_check_says_what_became_of_each_file(tmp_path):
    broken = plus(
        "completions",
        "ada@acme.example,SEC-101,31/02/2025,completed,,30",
        "ada@acme.example,SEC-101,32/02/2025,completed,,30",
        ",SEC-101,2025-02-02,completed,,30",
        "Total: 11 rows",
    )
    people = {"people": SOUND["people"].replace("\n", ",x\n").replace("end_date,x", "end_date,Cost centre")}
    code, lines = checked(make(tmp_path / "acme", broken | people))
    assert code == 1
    assert section(lines, "7 files") == [
        "people.csv (people)",
        "4 rows read, 4 used; 2023-01-09 to 2025-03-03; 1 column ignored: 'Cost centre'",
        "accounts.csv (accounts)",
        "4 rows read, 4 used",
        "completions.csv (completions)",
        "12 rows read, 8 used; 2024-05-20 to 2025-11-21",
        "3 could not be read: 2 not a date, 1 missing value",
        "1 set aside by the profile: trailer",
        "policies.csv (policies)",
        "1 row read, 1 used; 2024-06-01",
        "acknowledgements.csv (acknowledgements)",
        "4 rows read, 4 used; 2024-06-10 to 2025-03-05",
        "modules.csv (modules)",
        "2 rows read, 2 used",
        "content_reviews.csv (content_reviews)",
        "4 rows read, 4 used; 2024-06-01 to 2025-08-01",
    ]
    assert section(lines, "Rows that could not be read")[:4] == [
        "MEND completions.csv, row 10, completed_at: '31/02/2025' is not a date; expected ISO timestamp.",
        "Effect: the record is quarantined; it covers nothing, and ada@acme.example may be reported late or missing.",
        "Do: export again from the source, or declare the format in a profile that extends generic.",
        "2 such rows: 10, 11.",
    ]


def test_check_tells_refused_decisions_from_rows_that_cannot_be_read(tmp_path):
    decisions = (
        "decision_id,kind,decided_by,person_id,requirement_id,due_on,reason,evidence,approved_by\n"
        "D1,explain,ada@acme.example,E1,awareness,2025-12-02,busy,T-1,ciso@acme.example\n"
    )
    code, lines = checked(make(tmp_path / "acme", {"decisions": decisions}))
    assert code == 1
    assert "Rows that could not be read" not in lines
    assert "1 refused: own decision" in lines
    assert section(lines, "Decisions that were refused") == [
        "MEND decisions.csv, row 2, decided_by: ada@acme.example cannot decide about themselves; the decision has no "
        "effect."
    ]


def test_check_suggests_whose_an_account_may_be_and_links_nothing(tmp_path):
    records = plus(
        "completions", "bo@old.example,SEC-101,2025-02-02,completed,,30", "guest,SEC-101,2025-02-02,completed,,30"
    )
    code, lines = checked(make(tmp_path / "acme", records | without("accounts", "bo@acme")))
    assert code == 1
    assert section(lines, "People against accounts and records") == [
        "ok   0 of 4 people in the population are in no training or policy system.",
        "MEND 2 of 6 accounts with records belong to no person.",
        "bo@old.example: 1 record, 2025-02-02",
        "resembles Bo (E2): same part before the @",
        "guest: 1 record, 2025-02-02",
        "A resemblance is no match: nothing is linked unless a decision says so.",
        "ok   0 of 4 people have rows that cannot be read.",
    ]


def test_check_rolls_the_headcount_forward(tmp_path):
    code, lines = checked(make(tmp_path / "acme"))
    assert code == 0
    assert section(lines, "Headcount") == [
        "ok   3 engaged before 2025-01-01 + 1 joined - 1 left = 3 engaged on 2025-12-31: it ties.",
        "ok   The exports hold people who left: 1 person whose last day is from 2025-01-01 to 2025-12-31.",
    ]


#: What else stands in the people export → what is said of those who left.
LEFT = {
    "a transfer": ("E2,Bo,bo@acme.example,employee,Engineer,2024-03-03,2025-03-02", "ok   {}: 1 person whose"),
    "an excluded person": ("T1,Test,t@acme.example,other,,2024-03-03,2025-03-02", "ok   {}: 1 person whose"),
    "one more": ("X1,Xi,x@acme.example,other,,2024-03-03,2025-03-02", "ok   {}: 2 people whose"),
}


@pytest.mark.parametrize(("line", "says"), LEFT.values(), ids=LEFT)
def test_check_counts_people_who_left_and_not_ended_rows(tmp_path, line, says):
    excluded = "decision_id,kind,decided_by,person_id,reason\nD1,exclude,grc,T1,test user\n"
    folder = make(tmp_path / "acme", {"people": f"{SOUND['people']}{line}\n", "decisions": excluded})
    said = says.format("The exports hold people who left") + " last day is from 2025-01-01 to 2025-12-31."
    assert said in section(checked(folder)[1], "Headcount")


def test_check_says_where_all_left_before_the_period(tmp_path):
    people = SOUND["people"].replace("2025-06-30", "2024-06-30")
    assert section(checked(make(tmp_path / "acme", {"people": people}))[1], "Headcount")[1] == (
        "note The exports hold people who left, but nobody whose last day is from 2025-01-01 to 2025-12-31."
    )


def test_check_says_which_unread_row_is_about_somebody_in_no_system(tmp_path):
    record = "cy@agency.example,SEC-101,20 May,completed,,30"
    changes = without("accounts", "cy@agency") | {
        "completions": "".join(
            line for line in SOUND["completions"].splitlines(keepends=True) if "cy@agency" not in line
        )
        + record
        + "\n",
        "acknowledgements": without("acknowledgements", "cy@agency")["acknowledgements"],
        "leave": "person_id,start_date,end_date\nC1,soon,\n",
    }
    lines = section(checked(make(tmp_path / "acme", changes))[1], "People against accounts and records")
    assert lines[:2] == [
        "MEND 1 of 4 people in the population are in no training or policy system.",
        "C1, Cy, cy@agency.example, contractor; but completions.csv, row 8, which could not be read, is about them",
    ]


def test_check_warns_where_no_export_holds_a_leaver(tmp_path):
    code, lines = checked(make(tmp_path / "acme", {"people": SOUND["people"].replace("2025-06-30", "")}))
    assert code == 0
    warning = "No export holds anybody who left: it may have been made without leavers; ask for former people too."
    assert section(lines, "Headcount")[1] == f"note {warning}"
    many = "".join(f"P{n},P {n},p{n}@acme.example,employee,Sales,2025-12-20,\n" for n in range(20))
    code, lines = checked(make(tmp_path / "many", {"people": SOUND["people"].replace("2025-06-30", "") + many}))
    assert code == 1
    assert section(lines, "Headcount")[1] == f"MEND {warning}"


def test_a_record_that_vanished_since_an_earlier_export_needs_attention(tmp_path):
    folder = make(tmp_path / "acme")
    (folder / "q3.csv").write_text(SOUND["completions"] + "bo@acme.example,DEV-7,2025-02-02,completed,,30\n")
    line = 'file = "completions.csv"\n'
    (folder / "audit.toml").write_text(
        (folder / "audit.toml").read_text().replace(line, f'{line}previous = "q3.csv"\n')
    )
    code, lines = checked(folder)
    assert code == 1
    assert (
        "MEND completions.csv: of 9 records in the earlier export q3.csv, 1 vanished and 0 changed; open "
        "records completed: 0, new ones: 0."
    ) in lines
    assert lines[-1] == "1 matter to mend."


def test_what_an_export_says_does_not_steer_the_terminal(tmp_path):
    people = SOUND["people"].replace("C1,Cy,cy@agency.example", "C1,C\x1b[31my\u202e,cy@new.example")
    done = here("check", make(tmp_path / "acme", {"people": people}))
    assert "\x1b" not in done.stdout
    assert "C1, C␛[31my‹U+202E›, cy@new.example, contractor" in done.stdout


def loaded(*arguments: object) -> tuple[str, set[str]]:
    """What a command printed, and the packages that it loaded."""
    code = (
        "import sys\n"
        "from workbook_lib.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print('loaded:', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    shown, _, names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition("loaded:")
    return shown, set(names.split())


#: Needed for a page only, and slow to load.
OF_PAGES = {"distributed", "jupyter_client", "nbconvert", "nbformat", "pandas", "papermill", "plotly"}


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        ("_seal", "Stopped; no pack was written, and an older one is as it was."),
        ("_remember", "Stopped; the pack is made."),
    ],
)
def test_a_run_that_is_stopped_says_what_stands(tmp_path, monkeypatch, stage, says):
    def stop(*_):
        raise KeyboardInterrupt

    audit = make(tmp_path / "acme")
    first = packs.seal(audit, tmp_path / "out")
    before = placing.identity(first)
    monkeypatch.setattr(production, stage, stop)
    with packs.without_pages():
        done = here("run", audit, "--out", tmp_path / "out", "--no-pdf")
    assert (done.returncode, done.stderr.strip()) == (130, says)  # the bar ends with a line of its own
    assert (placing.identity(first) == before) is (stage == "_seal")
    assert verify.verify(first).findings == ()


def test_help_loads_nothing_that_is_not_needed_to_show_it():
    shown, packages = loaded("--help")
    assert "Make the evidence pack of one period." in shown
    assert not {*OF_PAGES, "cryptography", "duckdb", "numpy", "pydantic", "rich", "zoneinfo"} & packages


def test_who_judges_by_script_does_not_load_what_makes_a_page(tmp_path):
    shown, packages = loaded("judge", make(tmp_path / "acme"), "--out", tmp_path / "out")
    assert "9 verdicts and 0 exceptions written to" in shown
    assert "duckdb" in packages
    assert not {*OF_PAGES, "cryptography"} & packages


def test_the_help_of_sample_states_the_defaults_of_the_rule_confidence():
    shown = here("sample", "--help").stdout
    assert [f"[default: ({text})]" in shown for text in (sampling.CONFIDENCE, sampling.TOLERABLE)] == [True, True]
