"""Decisions from a file into the register, and from there into the evidence."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import folders
import packs
import pytest
from typer.testing import CliRunner

from workbook_lib import decide, register
from workbook_lib.audit import load_audit
from workbook_lib.cli import app
from workbook_lib.ledger import export
from workbook_lib.tables import UserError
from workbook_lib.workpaper import perform

HEADER = "decision_id,kind,decided_by,person_id,requirement_id,account,due_on,approved_on,new_due_on,reason_code,reason,evidence,approved_by,withdraws"
#: The number of the register among the files: after all exports.
LAST = len(folders.SOUND) + 1
GAP = folders.without("completions", "bo@acme.example")
EXPLAIN = ",explain,grc@acme.example,E2,awareness,,2025-04-02,,,onboarding,Forgot,ticket.txt,ciso@acme.example,"


def file_of(folder: Path, *lines: str) -> Path:
    path = folder / "new.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def imported(folder: Path, *lines: str) -> decide.Recorded:
    audit = load_audit(folder)
    return decide.record(audit, decide.from_file(audit, file_of(folder, *lines)), decide.names_in(audit))


def test_an_explanation_reaches_the_exception_and_the_evidence_is_sealed(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    (tmp_path / "ticket.txt").write_text("TICKET-7", encoding="utf-8")
    before = perform(load_audit(folder)).exceptions
    done = imported(folder, EXPLAIN)
    (entry,) = register.entries(tmp_path / "register.sqlite")
    assert (done.new, done.known, done.head) == (1, 0, register.Head(1, entry.hash))
    assert entry.content["evidence_sha256"] == hashlib.sha256(b"TICKET-7").hexdigest()
    paper = perform(load_audit(folder))
    assert [row | {"explained_by": None} for row in paper.exceptions] == before
    assert {row["explained_by"] for row in paper.exceptions if row["person_id"] == "E2"} == {
        entry.content["decision_id"]
    }
    account = paper.files[-1]
    assert (account.file, account.rows_read, account.rows_used) == ("register.sqlite", 1, 1)
    assert account.parameters == f"head: entry 1, {entry.hash}"
    assert (account.table, account.profile, account.system) == ("decisions", "register", "Register of decisions")
    text = f"{entry.hash}\n"
    assert (account.size, account.sha256) == (len(text), hashlib.sha256(text.encode()).hexdigest())
    assert (account.source_no, account.rows_quarantined, account.first_date) == (LAST, 0, None)


@pytest.mark.parametrize(
    "evidence", ["", "TICKET-7", "https://tickets.example/7", "a\0b", "../ticket.txt", "x" * 5000, "."]
)
def test_what_names_no_file_of_the_audit_folder_has_no_digest(tmp_path: Path, evidence: str) -> None:
    (tmp_path / "ticket.txt").write_text("7")
    (tmp_path / "audit").mkdir()
    assert register.digest_of(evidence, tmp_path / "audit") == ""
    assert register.digest_of("ticket.txt", tmp_path) == hashlib.sha256(b"7").hexdigest()


def test_check_says_whether_the_files_named_as_evidence_are_those_of_then(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    ticket = tmp_path / "ticket.txt"
    ticket.write_text("TICKET-7", encoding="utf-8")
    imported(folder, EXPLAIN)
    (entry,) = register.entries(tmp_path / "register.sqlite")
    decision_id = entry.content["decision_id"]

    def checked() -> tuple[int, str]:
        done = CliRunner().invoke(app, ["check", str(folder)])
        return done.exit_code, done.stdout.partition("Files that decisions name as evidence\n")[2].split("\n\n")[0]

    assert checked() == (0, "  ok   1 of 1 as recorded.")
    ticket.write_text("TICKET-8", encoding="utf-8")
    code, said = checked()
    assert (code, said.splitlines()[-1]) == (1, "  note 0 of 1 as recorded.")
    assert f"MEND ticket.txt, the evidence of decision {decision_id}, is another file: what it rests on cannot" in said
    ticket.unlink()
    assert "is gone: what it rests on cannot be shown." in checked()[1]
    imported(folder, f",withdraw,ciso@acme.example,,,,,,,,Wrong ticket,,,{decision_id}")
    assert checked()[1] == "", "what is withdrawn needs no evidence"


def test_a_file_imported_twice_adds_nothing(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    first = imported(folder, EXPLAIN)
    second = imported(folder, EXPLAIN)
    assert (second.new, second.known, second.head) == (0, 1, first.head)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_file_that_a_spreadsheet_program_wrote_in_another_country_is_read(tmp_path: Path, delimiter: str) -> None:
    folder = folders.make(tmp_path, GAP)
    file = file_of(folder, EXPLAIN)
    file.write_text(file.read_text().replace(",", delimiter), encoding="utf-8-sig")
    (decision,) = decide.from_file(load_audit(folder), file)
    assert (decision["person_id"], decision["reason"], decision["approved_by"]) == ("E2", "Forgot", "ciso@acme.example")


def test_a_withdrawn_decision_imported_again_is_told_with_what_to_do(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    imported(folder, EXPLAIN)
    (entry,) = register.entries(tmp_path / "register.sqlite")
    decision_id = entry.content["decision_id"]
    imported(folder, f",withdraw,ciso@acme.example,,,,,,,,Wrong ticket,,,{decision_id}")
    again = CliRunner().invoke(app, ["decide", str(folder), str(file_of(folder, EXPLAIN))])
    assert (again.exit_code, again.stdout.splitlines()[0]) == (
        0, "0 decisions recorded; 1 were recorded before. The register has 2 entries."
    )  # fmt: skip
    assert again.stderr == (
        f"warning: new.csv, row 2: decision {decision_id} was recorded before and is withdrawn; it has no effect. Do: "
        "give the row a decision_id of its own, if it shall count again.\n"
    )
    explained = "SELECT DISTINCT explained_by FROM exceptions WHERE person_id = 'E2'"
    assert perform(load_audit(folder)).rows(explained) == [(None,)]
    imported(folder, f"D9{EXPLAIN}")
    assert perform(load_audit(folder)).rows(explained) == [("D9",)]


@pytest.mark.parametrize(("content", "what"), [
    (f"{HEADER}\n{EXPLAIN}\n".replace("Forgot", "vergaß").encode("cp1252"), "is not valid UTF-8"),
    (f"{HEADER}\n{EXPLAIN}\n".replace(",", "|").encode(), "separates its columns"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_to_be_saved_otherwise_and_needs_no_profile(
    tmp_path: Path, content: bytes, what: str
) -> None:
    folder = folders.make(tmp_path, GAP)
    (tmp_path / "new.csv").write_bytes(content)
    with pytest.raises(UserError) as refused:
        decide.from_file(load_audit(folder), tmp_path / "new.csv")
    (problem,) = refused.value.problems
    assert what in problem.what
    assert problem.do.startswith("save it as CSV in UTF-8, with commas, semicolons or tabs between the columns")


def test_equal_rows_without_an_id_are_one_decision(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    done = imported(folder, EXPLAIN, EXPLAIN)
    assert (done.new, done.known, done.head.count) == (1, 0, 1)
    with pytest.raises(UserError, match="decision D1 is already recorded"):
        imported(folder, f"D1{EXPLAIN}", f"D1{EXPLAIN}")


REFUSED = [
    (EXPLAIN.replace("grc@acme.example", "E2"), "new.csv, row 3, decided_by", "E2 cannot decide about themselves."),
    (EXPLAIN.replace("ciso@acme.example", "grc@acme.example"), "new.csv, row 3, approved_by",
     "grc@acme.example cannot approve their own decision."),
    (EXPLAIN.replace("ciso@acme.example", "bo@acme.example"), "new.csv, row 3, approved_by",
     "bo@acme.example cannot approve a decision about themselves."),
    (EXPLAIN.replace("2025-04-02", ""), "new.csv, row 3, due_on", "a decision of kind explain needs due_on."),
    (EXPLAIN.replace("2025-04-02", "soon"), "new.csv, row 3, due_on", "'soon' is not a date; expected YYYY-MM-DD."),
    (EXPLAIN.replace("explain", "forgive"), "new.csv, row 3, kind",
     "'forgive' is not a known word; known: explain, extend, link, exclude, withdraw."),
    ("D1,withdraw,grc@acme.example,,,,,,,,mistake,,,D2\nD2,withdraw,grc@acme.example,,,,,,,,mistake,,,X1",
     "new.csv, row 3, withdraws", "a withdrawal cannot itself be withdrawn."),
    ("D1,withdraw,grc@acme.example,,,,,,,,mistake,,,X11", "new.csv, row 3, withdraws",
     "no decision 'X11' is recorded; did you mean 'X1'?"),
    (",extend,grc@acme.example,E2,awareness,,,2099-01-01,2099-06-01,,busy,,ciso@acme.example,", "new.csv, row 3, approved_on",
     "2099-01-01 is still to come, and nobody can have approved anything on it."),
    (",extend,grc@acme.example,E2,awareness,,,2025-03-10,2025-03-10,,busy,,ciso@acme.example,", "new.csv, row 3, new_due_on",
     "2025-03-10 is not after the approval on 2025-03-10: no day would be excused (C11)."),
]  # fmt: skip


@pytest.mark.parametrize(("line", "where", "what"), REFUSED, ids=[case[2][:40] for case in REFUSED])
def test_one_that_may_not_stand_keeps_all_out(tmp_path: Path, line: str, where: str, what: str) -> None:
    folder = folders.make(tmp_path, GAP)
    with pytest.raises(UserError) as refused:
        imported(folder, "X1,link,grc@acme.example,E1,,ada2,,,,,same person,,,", line)
    (problem,) = refused.value.problems
    assert (problem.where, problem.what) == (where, what)
    assert not (folder / "register.sqlite").exists()


def test_a_file_that_is_not_there_is_named_with_its_path(tmp_path: Path) -> None:
    audit = load_audit(folders.make(tmp_path / "acme"))
    with pytest.raises(UserError) as refused:
        decide.from_file(audit, tmp_path / "decisons.csv")
    assert str(refused.value) == (
        f"{tmp_path / 'decisons.csv'}: there is no such file.\n  Effect: nothing was recorded.\n  Do: correct the name."
    )


def test_withdrawn_decisions_stay_visible_and_excuse_nothing(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    imported(folder, EXPLAIN.replace(",explain", "D1,explain", 1))
    imported(folder, "D2,withdraw,grc@acme.example,,,,,,,,mistake,,,D1")
    paper = perform(load_audit(folder))
    assert {row["explained_by"] for row in paper.exceptions} == {None}
    assert paper.rows("SELECT decision_id, withdrawn FROM decision ORDER BY decision_id") == [("D1", 1), ("D2", 0)]


def test_an_approval_dated_back_is_reported(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    extend = "D1,extend,grc@acme.example,E2,awareness,,,2025-03-10,2099-06-01,,busy,,ciso@acme.example,"
    today = datetime.now(UTC).date()
    later = [
        today.isoformat(),
        (today + timedelta(days=1)).isoformat(),
    ]  # the day of the record itself is no earlier one
    imported(folder, extend, *(extend.replace("D1", day).replace("2025-03-10", day) for day in later))
    if datetime.now(UTC).date() != today:
        pytest.skip("midnight has passed since: the record may be of another day")
    paper = perform(load_audit(folder))
    (finding,) = [f for f in paper.findings if f.code == "dated_back"]
    assert (finding.table, finding.subject, finding.source_no, finding.row_no) == ("decisions", "D1", LAST, 1)
    recorded = register.entries(folder / "register.sqlite")[0].content["recorded_at"][:10]
    assert finding.text == (
        f"Decision D1 was recorded on {recorded} and says that it was approved on 2025-03-10: ask for the approval itself."
    )


def test_a_register_altered_behind_its_back_must_be_mended(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    imported(folder, EXPLAIN)
    db = sqlite3.connect(folder / "register.sqlite")
    db.execute("DROP TRIGGER no_update")
    db.execute("UPDATE entry SET body = replace(body, 'Forgot', 'On leave')")
    db.commit()
    db.close()
    findings = [f for f in perform(load_audit(folder)).findings if f.code == "register_altered"]
    assert {(f.table, f.subject, f.source_no) for f in findings} == {("decisions", "register.sqlite", LAST)}
    assert [f.text for f in findings] == [
        "register.sqlite was changed behind its back. Entry 1 was altered, or one before it: its hash does not fit.",
        "register.sqlite was changed behind its back. The guard no_update is missing or altered: changes would not be "
        "refused.",
    ]
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exit_code == 1
    assert "MEND register.sqlite was changed behind its back." in result.output


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    path = file_of(folder, EXPLAIN, EXPLAIN.replace("E2", "E77").replace("awareness", "awarenes"))
    result = CliRunner().invoke(app, ["decide", str(folder), str(path)])
    assert result.exit_code == 0
    assert "2 decisions recorded. The register has 2 entries." in result.output
    assert register.head(folder / "register.sqlite").hash in result.output
    (id_of_known, id_of_unknown) = (
        entry.content["decision_id"] for entry in register.entries(folder / "register.sqlite")
    )
    assert f"  {id_of_known}: explain, new.csv, row 2\n  {id_of_unknown}: explain, new.csv, row 3\n" in result.stdout
    assert [line for line in result.output.splitlines() if line.startswith("warning")] == [
        f"warning: Decision {id_of_unknown} (explain) is about person E77, whom no people export names. It has no effect.",
        f"warning: Decision {id_of_unknown} (explain) is about requirement awarenes, which audit.toml does not have; "
        "did you mean 'awareness'? It has no effect.",
    ]


IDLE = [
    ("link,grc@acme.example,E2,,ada3", "(link) is about account ada3, which no export names. It has no effect."),
    ("exclude,grc@acme.example,,,ada3", "(exclude) is about account ada3, which no export names. It has no effect."),
    ("link,grc@acme.example,E2,,ada@acme.example",
     "(link) is about account ada@acme.example, which is that of E1 anyway, by the list of users. It has no effect."),
    ("link,grc@acme.example,E1,,ada@acme.example", ""),
    ("explain,grc@acme.example,E2,awareness,,2025-04-03", "(explain) is about an exception of E2, awareness, due on"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "warning"), IDLE)
def test_a_decision_that_changes_nothing_is_told_at_once_and_until_it_is_withdrawn(
    tmp_path: Path, line: str, warning: str
) -> None:
    folder = folders.make(tmp_path, GAP)
    line = f"D1,{line}" + "," * (HEADER.count(",") - line.count(",") - 1)
    result = CliRunner().invoke(app, ["decide", str(folder), str(file_of(folder, line))])
    assert result.exit_code == 0
    assert (f"warning: Decision D1 {warning}" in result.output) is bool(warning)
    imported(folder, "D2,withdraw,grc@acme.example,,,,,,,,mistake,,,D1")
    assert "decision_fits_nothing" not in {finding.code for finding in perform(load_audit(folder)).findings}


def test_nothing_is_recorded_in_a_register_that_was_altered(tmp_path: Path) -> None:
    folder = folders.make(tmp_path, GAP)
    imported(folder, EXPLAIN)
    with closing(sqlite3.connect(folder / "register.sqlite")) as db, db:
        db.execute("DROP TRIGGER no_delete")
    with pytest.raises(UserError) as refused:
        imported(folder, EXPLAIN.replace("Forgot", "On leave"))
    assert str(refused.value) == (
        "register.sqlite: it was changed behind its back. The guard no_delete is missing or altered: changes would not be "
        "refused.\n  Effect: nothing was recorded.\n  Do: find out who did it; then put register.jsonl of the last sound "
        "pack (data/inputs) in its place."
    )
    export(folder / "register.sqlite", folder / "register.jsonl")
    (folder / "register.sqlite").unlink()
    assert imported(folder, EXPLAIN.replace("Forgot", "On leave")).head.count == 2


def test_the_pack_holds_the_register_and_judges_by_it(tmp_path: Path) -> None:
    from workbook_lib.cli import app as command

    folder = folders.make(tmp_path / "acme", GAP)
    imported(folder, EXPLAIN)
    with packs.without_pages():
        result = CliRunner().invoke(command, ["run", str(folder), "--no-pdf", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    data = tmp_path / "acme-2025" / "data"
    assert register.entries(data / "inputs" / "register.jsonl") == register.entries(folder / "register.sqlite")
    assert not (data / "inputs" / "register.sqlite").exists()
    again = perform(load_audit(data / "inputs"))
    assert again.exceptions == perform(load_audit(folder)).exceptions
    with (data / "tables" / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        explained = [row["explained_by"] for row in csv.DictReader(file) if row["person_id"] == "E2"]
    body = json.loads((data / "inputs" / "register.jsonl").read_text(encoding="utf-8"))["body"]
    assert json.loads(body)["decision_id"] in explained
