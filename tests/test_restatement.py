"""A pack that replaces another says what reads differently and why; one made again from the same is the same pack."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import packs
import pytest
from folders import make, plus, without

from workbook_lib import exhibits, pseudonyms, restatement, workpaper
from workbook_lib.audit import load_audit
from workbook_lib.pack import bag, recipe, verify
from workbook_lib.register import append
from workbook_lib.tables import UserError

DECISION = {
    "decision_id": "d1", "kind": "explain", "decided_by": "grc@acme.example", "person_id": "E1",
    "requirement_id": "awareness", "due_on": "2025-12-02", "reason_code": "workload", "reason": "Peak season",
    "evidence": "T-7", "approved_by": "ciso@acme.example",
}  # fmt: skip
NEWCOMER = "E3,Eve Ashdown,eve@acme.example,employee,Sales,2023-01-09,"
NOTHING_RESTATED = "0 verdicts are restated: where this pack was put there was no other pack of this audit and period."


def change(folder: Path) -> None:
    """One record less, one person more, one decision."""
    make(folder, without("completions", "2025-11-20") | plus("people", NEWCOMER))
    append(folder / "register.sqlite", [DECISION])


def data(root: Path) -> dict[str, bytes]:
    """Every file of data/ but run.json, which tells when."""
    files = (path for path in (root / "data").rglob("*") if path.is_file() and path.name != "run.json")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def rows(root: Path) -> list[list[str]]:
    with (root / "data/tables/restatement.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def restated(root: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((root / "data/result.json").read_text())["restatement"]
    return found


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an audit and, in out/, the pack that replaced the one made before the audit changed."""
    base = tmp_path_factory.mktemp("restatement")
    packs.seal(make(base / "acme"), base / "out")
    shutil.copytree(base / "out", base / "first")
    change(base / "acme")
    packs.seal(base / "acme", base / "out")
    return base


@pytest.fixture
def base(replaced: Path, tmp_path: Path) -> Path:
    return shutil.copytree(replaced, tmp_path / "base")


class TestAPackThatReplacesAnother:
    def test_lists_what_the_two_were_made_from_where_it_is_not_the_same(self, replaced: Path) -> None:
        head = bag.read_info(replaced / "out/acme-2025")["Register-Head"]
        first, second = (replaced / name / "acme-2025/data/inputs" for name in ("first", "out"))
        assert [row for row in rows(replaced / "out/acme-2025") if not row[1]] == [
            ["decisions", "", "", "decisions", "none", f"1 entries, the last one {head}", ""],
            *(
                ["input", "", "", name, bag.digest(first / name), bag.digest(second / name), ""]
                for name in ("completions.csv", "people.csv")
            ),
        ]

    def test_lists_each_verdict_and_exception_that_reads_differently_with_its_cause(self, replaced: Path) -> None:
        assert [row for row in rows(replaced / "out/acme-2025") if row[1]] == [
            [
                "verdict", "E1", "awareness", "", "met; last record 2025-11-20; next due 2026-11-20",
                "missing; 30 days uncovered; last record 2024-12-02; next due none", "training records, decisions",
            ],
            *(
                [
                    "verdict", "E3", requirement, "", "",
                    "missing; 365 days uncovered; last record none; next due none", "people rows",
                ]
                for requirement in ("awareness", "policy")
            ),
            [
                "exception", "E1", "awareness", "due 2025-12-02, uncovered from 2025-12-02", "",
                "to 2025-12-31, 30 days, renewal; explained by d1", "training records, decisions",
            ],
            [
                "exception", "E3", "awareness", "due 2023-02-08, uncovered from 2025-01-01", "",
                "to 2025-12-31, 365 days, onboarding; unexplained", "people rows",
            ],
            [
                "exception", "E3", "policy", "due 2024-07-01, uncovered from 2025-01-01", "",
                "to 2025-12-31, 365 days, new duty; unexplained", "people rows",
            ],
        ]  # fmt: skip

    def test_names_the_older_pack_and_counts(self, replaced: Path) -> None:
        older = replaced / "first/acme-2025"
        found = restated(replaced / "out/acme-2025")
        assert found["older"] == {
            "made_at": json.loads((older / "data/run.json").read_text())["run_at"],
            "result_digest": bag.read_info(older)["Result-Digest"],
            "holds": True,
        }
        assert (found["verdicts"], found["other_verdicts"], found["exceptions"]) == (3, 3, 3)
        assert (found["not_compared"], len(found["changes"])) == ("", 3)  # type: ignore[arg-type]

    def test_has_the_result_digest_of_one_that_replaces_nothing(self, base: Path) -> None:
        alone = packs.seal(base / "acme", base / "elsewhere")
        info, other = bag.read_info(alone), bag.read_info(base / "out/acme-2025")
        assert info["Result-Digest"] == other["Result-Digest"]
        assert info["Result-Digest"] != bag.read_info(base / "first/acme-2025")["Result-Digest"]
        assert (restated(alone), rows(alone)) == (None, [])

    def test_verifies_and_is_judged_again(self, replaced: Path) -> None:
        assert verify.verify(replaced / "out/acme-2025", recompute=True).findings == ()

    def test_names_for_everybody_what_no_record_of_theirs_explains(self, base: Path) -> None:
        settings = base / "acme/audit.toml"
        settings.write_text(settings.read_text().replace("due_within_days = 60", "due_within_days = 6"))
        settings.write_text(settings.read_text().replace("every_months = 12 }", "every_months = 11 }", 1))
        found = rows(packs.seal(base / "acme", base / "out"))
        assert [row[0] for row in found if not row[1]] == ["settings"]
        assert {(row[0], row[1], row[6]) for row in found if row[1] == "C1"} == {
            ("verdict", "C1", "settings"),
            ("exception", "C1", "settings"),
        }

    def test_of_other_days_says_so(self, base: Path) -> None:
        make(base / "acme", without("completions", "2025-11-20") | plus("people", NEWCOMER))
        text = (base / "acme/audit.toml").read_text()
        (base / "acme/audit.toml").write_text(text.replace("extracted_on = 2026-01-05", "extracted_on = 2025-10-02"))
        found = rows(packs.seal(base / "acme", base / "out"))
        days = ["2025-01-01 to 2025-12-31, as known on 2026-01-04", "2025-01-01 to 2025-10-01, as known on 2025-10-01"]
        assert ["days", "", "", "days", *days, ""] in found
        assert ["verdict", "E3", "policy"] in [row[:3] for row in found]


class TestAPackMadeAgain:
    def test_is_the_same_bytes_and_says_nothing_new(self, base: Path) -> None:
        before = data(base / "out/acme-2025")
        assert data(packs.seal(base / "acme", base / "out")) == before
        assert data(packs.seal(base / "acme", base / "out")) == before

    def test_of_the_first_one_has_nothing_to_restate(self, base: Path) -> None:
        before = data(packs.seal(base / "acme", base / "new"))
        assert "data/inputs/restated.json" not in before
        assert data(packs.seal(base / "acme", base / "new")) == before

    def test_from_the_inputs_of_a_pack_restates_what_that_one_did(self, base: Path) -> None:
        remade = packs.seal(base / "out/acme-2025/data/inputs", base / "remade")
        assert data(remade) == data(base / "out/acme-2025")
        assert data(packs.seal(base / "out/acme-2025/data/inputs", base / "remade")) == data(base / "out/acme-2025")

    def test_where_an_altered_one_lies_says_so(self, base: Path) -> None:
        with (base / "out/acme-2025/data/statement.csv").open("a") as file:
            file.write("x")
        root = packs.seal(base / "acme", base / "out")
        assert restated(root) == {
            "older": {"made_at": "", "result_digest": "", "holds": False},
            "not_compared": "it is not as it was sealed, so nothing that it says is believed",
            "changes": [], "verdicts": 0, "other_verdicts": 0, "exceptions": 0,
        }  # fmt: skip
        shown = str(exhibits.restatement(workpaper.perform(load_audit(root / "data/inputs"))))
        assert "THE OLDER PACK DOES NOT VERIFY." in shown
        again = data(root)
        assert data(packs.seal(base / "acme", base / "out")) == again

    def test_where_the_one_of_another_organisation_lies_leaves_it(self, base: Path) -> None:
        text = (base / "acme/audit.toml").read_text(encoding="utf-8")
        (base / "acme/audit.toml").write_text(text.replace('"Acme"', '"Acme  of Bern"'), encoding="utf-8")
        before = data(base / "out/acme-2025")
        with pytest.raises(UserError) as refused:
            packs.seal(base / "acme", base / "out")
        assert str(refused.value) == (
            f"{base / 'out/acme-2025'}: there is a pack of this name, of another organisation: Acme.\n"
            "  Effect: that pack is as it was, and none was made.\n"
            "  Do: name another folder with --out. Where the organisation has a new name, move the older pack away."
        )
        assert data(base / "out/acme-2025") == before
        other = packs.seal(base / "acme", base / "elsewhere")
        assert packs.seal(base / "acme", base / "elsewhere") == other, "its own it replaces"

    def test_where_one_of_an_older_workbook_lies_says_so(self, base: Path) -> None:
        root = base / "out/acme-2025"
        facts = json.loads((root / "data/run.json").read_text())
        del facts["basis"]
        (root / "data/run.json").write_text(json.dumps(facts))
        (root / "data/statement.csv").unlink()
        bag.close_bag(root, bag.Seal(name=root.name))
        found = restated(packs.seal(base / "acme", base / "out"))
        assert found["not_compared"] == "it was made by an older workbook, and does not say from what"
        assert found["older"]["holds"] is True  # type: ignore[index]

    def test_where_one_without_a_statement_lies_says_so(self, base: Path) -> None:
        root = base / "out/acme-2025"
        (root / "data/statement.csv").unlink()
        bag.close_bag(root, bag.Seal(name=root.name))
        make(base / "acme")
        found = restated(packs.seal(base / "acme", base / "out"))
        assert found["not_compared"] == "it was made by an older workbook, and has no statement that can be read"
        assert found["older"]["holds"] is True  # type: ignore[index]


class TestACopyThatNamesNobody:
    def test_restates_the_older_copy_by_its_ids_and_names_nobody(self, tmp_path: Path) -> None:
        packs.seal(make(tmp_path / "acme"), tmp_path / "out", pseudonymous=True)
        change(tmp_path / "acme")
        root = packs.seal(tmp_path / "acme", tmp_path / "out", pseudonymous=True)
        pseudonym = pseudonyms.Pseudonyms.read(tmp_path / "acme" / pseudonyms.KEY_FILE)
        found = [row[:3] for row in rows(root) if row[0] == "verdict"]
        expected = [("E1", "awareness"), ("E3", "awareness"), ("E3", "policy")]
        assert sorted(found) == sorted(["verdict", pseudonym(person_id), name] for person_id, name in expected)
        assert not (root / "data/inputs").exists()
        with zipfile.ZipFile(root / "data/tables.xlsx") as sheets:
            inside = [sheets.read(name) for name in sheets.namelist()]
        texts = [path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".xlsx"]
        assert not re.findall(rb"Eve Ashdown|eve@acme|Peak season|grc@", b"\n".join(texts + inside))
        assert not re.findall(rb"\bE[13]\b", b"\n".join(texts)), "ids; in a sheet these are names of cells"
        before = data(root)
        assert data(packs.seal(tmp_path / "acme", tmp_path / "out", pseudonymous=True)) == before

    def test_under_another_key_is_not_compared(self, tmp_path: Path) -> None:
        packs.seal(make(tmp_path / "acme"), tmp_path / "out", pseudonymous=True)
        (tmp_path / "acme" / pseudonyms.KEY_FILE).write_text("ab" * 32)
        root = packs.seal(tmp_path / "acme", tmp_path / "out", pseudonymous=True)
        assert restated(root)["not_compared"] == "its ids were made with another key"
        assert [row[0] for row in rows(root)] == ["key of the ids"]

    def test_of_a_full_pack_s_inputs_takes_nothing_from_a_statement_with_names(self, base: Path) -> None:
        root = packs.seal(base / "out/acme-2025/data/inputs", base / "hidden", pseudonymous=True)
        assert (restated(root), rows(root)) == (None, [])
        assert not (root / "data/restated.json").exists()

    def test_is_judged_without_a_statement_with_names_that_lies_beside_its_exports(self, base: Path) -> None:
        inputs = load_audit(base / "out/acme-2025/data/inputs")
        assert workpaper.perform(inputs).restated is not None
        assert workpaper.perform(inputs, pseudonym_key=bag.pseudonym_key(inputs)[0]).restated is None


class TestAFileInPlaceOfTheStatement:
    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"pseudonymous": false, "changes": 1}', "\ufeffx"])
    def test_that_is_none_is_refused(self, tmp_path: Path, text: str) -> None:
        folder = make(tmp_path / "acme")
        (folder / restatement.FILE).write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match="it is not the statement of an older pack"):
            workpaper.perform(load_audit(folder))

    @pytest.mark.parametrize(
        "text", [None, "", "what\n", "what,person_id,requirement_id,due_on,uncovered_from,head,says\nx\n"]
    )
    def test_that_is_no_statement_is_refused_too(self, base: Path, text: str | None) -> None:
        inputs = base / "out/acme-2025/data/inputs"
        (inputs / restatement.OLDER).unlink()
        if text is not None:
            (inputs / restatement.OLDER).write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match="it is not the statement of an older pack"):
            workpaper.perform(load_audit(inputs))


def test_every_input_rule_version_and_day_is_in_the_basis(replaced: Path) -> None:
    basis = json.loads((replaced / "out/acme-2025/data/run.json").read_text())["basis"]
    assert set(basis) == {"inputs", "decisions", "reminders", "days", "rules", "versions", "key of the ids"}
    inputs = replaced / "out/acme-2025/data/inputs"
    copied = {path.relative_to(inputs).as_posix() for path in inputs.rglob("*") if path.is_file()}
    assert set(basis["inputs"]) == copied - {"register.jsonl", "reminders.jsonl", "restated.json", "restated.csv"}
    assert basis["versions"].keys() >= {"python", "duckdb", "audit-workbook", "files of the workbook", "notebooks"}
    assert recipe.versions().items() <= basis["versions"].items()


def test_the_page_of_a_real_run_restates_and_is_the_same_made_again(base: Path) -> None:
    """Through the command and the notebook: replaced, and made again from the inputs of the pack."""

    def run(folder: Path, out: Path) -> str:
        command = [sys.executable, "-m", "workbook_lib.cli", "run", str(folder), "--no-pdf", "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shutil.rmtree(base / "out")
    shutil.copytree(base / "first", base / "out")
    said = run(base / "acme", base / "out")
    assert ": 3 verdicts (of them other verdicts: 3) and 3 exceptions read differently. See tables/" in said
    made = data(base / "out/acme-2025")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", made["data/evidence.html"].decode()))
    older = bag.read_info(base / "first/acme-2025")["Result-Digest"]
    assert (
        "3 duties have another verdict than in the older pack, or stand in one of the two alone; 0 more keep their verdict and have other days;"
        in text
    )
    assert older in text
    assert NOTHING_RESTATED not in text
    run(base / "out/acme-2025/data/inputs", base / "remade")
    assert data(base / "remade/inputs-2025") == made
