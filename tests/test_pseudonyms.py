"""A copy that names nobody: searched byte by byte for everybody in the sample, and equal to the full pack in its counts."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import packs
import pytest
import small

from workbook_lib import audit, listings, pseudonyms, workpaper
from workbook_lib.cli import packs as cli_packs
from workbook_lib.engine import Engine
from workbook_lib.pseudonyms import EMPTIED, KEYED, OFFERED, PUBLIC, Pseudonyms
from workbook_lib.publish import pdf
from workbook_lib.tables import UserError

NORTHWIND = Path(__file__).parent.parent / "data_samples" / "northwind"
KEY = "ab" * 32


def workbook(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbook_lib.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample, with both packs made of it in out/; of the full one only what is not the page is needed."""
    folder = tmp_path_factory.mktemp("pseudonyms")
    shutil.copytree(NORTHWIND, folder / "northwind")
    (folder / "northwind" / pseudonyms.KEY_FILE).write_text(KEY)
    done = workbook("run", folder / "northwind", "--pseudonymous", "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    packs.seal(folder / "northwind", folder / "out")
    return folder


@pytest.fixture(scope="module")
def copy(folder: Path) -> Path:
    return folder / "out" / "northwind-2025-pseudonymous"


@pytest.fixture(scope="module")
def forbidden() -> dict[str, set[str]]:
    """Everybody in the raw exports and in audit.toml, found without the library: ids, names, addresses, local parts."""
    texts = [path.read_text(encoding="utf-8-sig") for path in (NORTHWIND / "exports").rglob("*") if path.is_file()]
    texts.append((NORTHWIND / "audit.toml").read_text(encoding="utf-8"))
    addresses = {found for text in texts for found in re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text)}
    ids, names = set(), set()
    for path in (NORTHWIND / "exports").rglob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                ids |= {
                    row[column] for column in ("person_id", "Employee #", "worker_id", "account") if row.get(column)
                }
                names |= {row[column] for column in ("name", "Display Name") if row.get(column)}
    for user in json.loads((NORTHWIND / "exports/knowbe4_users.json").read_text(encoding="utf-8")):
        ids |= {user["employee_number"] or "", str(user["id"])}
        names.add(f"{user['first_name']} {user['last_name']}")
    names |= {"Folasade Adeyemi", "Ingrid Solheim"}
    # A local part of one word ("contact") is an ordinary word of our own sentences as well.
    locals_ = {address.split("@")[0] for address in addresses if re.search(r"[._-]", address.split("@")[0])}
    extracted = set(re.findall(r'extracted_by = "([^"]+)"', texts[-1]))
    return {
        "ids": ids - {"", "00000"},  # a placeholder, which our remark on that kind of export names as an example
        "names": {text for text in names if " " in text.strip()},
        "addresses": addresses,
        "local parts": locals_ | extracted,
    }


def contents(pack: Path) -> Iterator[tuple[str, str]]:
    """Every file of a pack as text; what is packed is unpacked."""
    for path in sorted(path for path in pack.rglob("*") if path.is_file()):
        name = path.relative_to(pack).as_posix()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as packed:
                yield from ((f"{name}/{part}", packed.read(part).decode()) for part in packed.namelist())
        elif path.suffix == ".pdf":
            # Its numbers are places on paper, and some look like an id; the ids are looked for in its text below.
            yield name, re.sub(r"[\d.]*\d", "", path.read_bytes().decode("latin-1"))
            if shutil.which("pdftotext"):
                done = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True)
                yield f"{name} as text", done.stdout.decode()
        elif path.suffix == ".html":
            yield name, re.sub(r'<script type="text/plain".*?</script>', "", path.read_text(encoding="utf-8"))
        else:
            text = path.read_text(encoding="utf-8")
            yield name, text.encode().decode("unicode_escape", "ignore") if path.suffix == ".json" else text
            yield name, text


@pytest.fixture(scope="module")
def lowered(copy: Path) -> list[tuple[str, str]]:
    return [(name, text.lower()) for name, text in contents(copy)]


class TestThePack:
    @pytest.mark.parametrize("kind", ["ids", "names", "addresses", "local parts"])
    def test_names_nobody(self, lowered: list[tuple[str, str]], forbidden: dict[str, set[str]], kind: str) -> None:
        assert len(forbidden[kind]) > 60
        words = {text.lower(): re.compile(rf"(?<!\w){re.escape(text.lower())}(?!\w)") for text in forbidden[kind]}
        found = {(name, word) for name, text in lowered for word in words if word in text and words[word].search(text)}
        assert found == set()

    def test_the_search_finds_them_in_the_full_pack(self, folder: Path, forbidden: dict[str, set[str]]) -> None:
        whole = "".join(text for name, text in contents(folder / "out/northwind-2025") if "/inputs/" not in name)
        for texts in forbidden.values():
            assert sum(text in whole for text in texts) > 50

    def test_says_the_same_numbers(self, copy: Path, folder: Path) -> None:
        hidden = json.loads((copy / "data/result.json").read_text())
        full = json.loads((folder / "out/northwind-2025/data/result.json").read_text())
        assert hidden.pop("pseudonymous") is True
        assert full.pop("pseudonymous") is False
        assert hidden == full
        for name in listings.SAYS.keys() - {"sample"}:  # drawn by the id, so other people are
            one, other = ((pack / f"data/tables/{name}.csv") for pack in (copy, folder / "out/northwind-2025"))
            with one.open(newline="", encoding="utf-8") as left, other.open(newline="", encoding="utf-8") as right:
                assert len(list(csv.reader(left))) == len(list(csv.reader(right))), name

    def test_holds_neither_inputs_nor_the_key_and_says_so(self, copy: Path) -> None:
        assert sorted(path.name for path in (copy / "data").iterdir() if path.is_dir()) == ["rules", "tables"]
        assert not [name for name, text in contents(copy) if KEY in text]
        verify = (copy / "VERIFY.txt").read_text()
        assert verify.startswith("How to verify this pack, without software of ours. With it: workbook verify .\n\n")
        assert "data/inputs is not in it" in verify
        page = (copy / "data/evidence.html").read_text(encoding="utf-8")
        assert "its numbers can be made again from the full pack" in page
        assert "workbook run data/inputs" not in page
        facts = json.loads((copy / "data/run.json").read_text())
        assert facts["options"]["pseudonymous"] is True
        assert facts["inputs"] == "not in this pack: they name people."
        assert facts["run_by"] == "not stated"
        assert "PSEUDONYMOUS COPY." in (copy / "data/evidence.html").read_text(encoding="utf-8")

    def test_gives_a_person_one_id_everywhere(self, copy: Path) -> None:
        ada = Pseudonyms(bytes.fromhex(KEY))("00127")
        assert ada == "pfrqo7on5q5gmd5j"
        for name in ("verdicts", "population", "completion_records", "accounts"):
            assert ada in (copy / f"data/tables/{name}.csv").read_text(), name

    def test_the_key_finds_the_person_again(self, copy: Path, folder: Path) -> None:
        ada = Pseudonyms(bytes.fromhex(KEY))("00127")
        done = workbook("who", folder / "northwind", ada, "aaaaaaaaaaaaaaaa")
        assert done.stdout == f"{ada}: 00127, Grace Achieng\naaaaaaaaaaaaaaaa: unknown under this key\n"
        assert done.returncode == 1

    @pytest.mark.browser
    def test_is_printed_too(self, copy: Path) -> None:
        try:
            pdf.find_browser()
        except pdf.NoPdfError as error:
            pytest.skip(str(error))
        assert (copy / "data/evidence.pdf").is_file()
        if not shutil.which("pdftotext"):
            pytest.skip("pdftotext is not installed: the text of the PDF was not searched")


class TestTheKey:
    def test_is_made_once_for_its_owner_alone(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        small.write(tmp_path / "firm")
        firm = audit.load_audit(tmp_path / "firm")
        key = cli_packs.pseudonym_key(firm)
        said = capsys.readouterr().err
        assert "Key of the pseudonyms made" in said
        assert ".gitignore" in said
        assert key == firm.folder / pseudonyms.KEY_FILE
        assert len(bytes.fromhex(key.read_text())) == 32
        if sys.platform != "win32":
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
        made = key.read_text()
        assert cli_packs.pseudonym_key(firm) == key
        assert capsys.readouterr().err == ""
        assert key.read_text() == made

    def test_gives_the_same_ids_again(self, tmp_path: Path) -> None:
        small.write(tmp_path / "firm")
        tables = [
            (packs.seal(tmp_path / "firm", tmp_path / out, pseudonymous=True) / "data/tables/verdicts.csv").read_bytes()
            for out in ("out", "again")
        ]
        assert tables[0] == tables[1]

    @pytest.mark.parametrize("text", ["", "ab", "no key", "ab" * 33])
    def test_that_is_none_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "k").write_text(text)
        with pytest.raises(UserError, match="it is missing, or is not a key of 64 hexadecimal digits"):
            Pseudonyms.read(tmp_path / "k")

    def test_decides_the_ids(self) -> None:
        assert Pseudonyms(bytes(32))("E1042") == "ufu3rwhrn46eeaaj"
        assert Pseudonyms(bytes([1]) * 32)("E1042") != "ufu3rwhrn46eeaaj"
        assert Pseudonyms(bytes(32))("") == ""


def test_every_text_column_is_judged_public_or_hidden(tmp_path: Path) -> None:
    """A column of a later version that is in no list is withheld, never printed by oversight."""
    engine = Engine()
    engine.load(
        "thing", {"person_id": "VARCHAR", "nickname": "VARCHAR", "n": "INTEGER"}, [("p1", "Bob", 1), (None, None, 2)]
    )
    Pseudonyms(bytes(32)).hide(engine)
    assert engine.rows("SELECT * FROM thing ORDER BY n") == [
        (Pseudonyms(bytes(32))("p1"), "withheld", 1),
        (None, None, 2),
    ]
    small.write(tmp_path / "firm")
    paper = workpaper.perform(audit.load_audit(tmp_path / "firm"))
    assert paper.results
    columns = {column for columns in paper.engine.text_columns().values() for column in columns}
    of_procedures = {"part", "found_in", "code", "message", "about"}  # made after the hiding, of what is hidden by then
    withheld = {"reason", "evidence", "change", "record", "before", "after"}
    assert columns - {*KEYED, *EMPTIED, *OFFERED, *PUBLIC} == withheld | of_procedures


def test_what_is_written_freely_names_nobody(tmp_path: Path) -> None:
    """Ids and reasons of decisions, and what is said of a source, may name somebody."""
    folder = small.write(tmp_path / "firm")
    header = "decision_id,kind,decided_by,person_id,account,reason_code,reason,withdraws\n"
    lines = "for-ann.lee,exclude,grc,,robot,asked by ann.lee,x,\nX2,exclude,grc,,robot,service account,x,\n"
    (folder / "more.csv").write_text(f"{header}{lines}of-ann.lee,withdraw,grc,,,,,for-ann.lee\n", encoding="utf-8")
    said = (
        'report = "drawn by ann.lee"\nparameters = "for ann.lee"\nextracted_by = "ann.lee"\nextracted_on = 2026-01-05\n'
    )
    with (folder / "audit.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[source]]\ntable = "decisions"\nfile = "more.csv"\n{said}')
    copy = packs.seal(folder, tmp_path / "out", pseudonymous=True)
    assert [name for name, text in contents(copy) if "ann.lee" in text] == []
    with (copy / "data/tables/decisions.csv").open(encoding="utf-8", newline="") as file:
        told = [(row["decision_id"], row["withdraws"], row["reason_code"]) for row in csv.DictReader(file)]
    known = Pseudonyms.read(folder / pseudonyms.KEY_FILE)
    assert {
        (known("for-ann.lee"), "", "withheld"),
        (known("X2"), "", "service account"),
        (known("of-ann.lee"), known("for-ann.lee"), ""),
    } <= set(told)


def test_what_procedures_tell_is_hidden_too(tmp_path: Path) -> None:
    """Rows that were rejected, and the headings of the programme document."""
    folder = small.write(tmp_path / "firm")
    (tmp_path / "key").write_text("0" * 64, encoding="utf-8")
    paper = workpaper.perform(audit.load_audit(folder), pseudonym_key=tmp_path / "key")
    assert paper.results
    assert paper.rows("SELECT DISTINCT found_in FROM programme_part WHERE part_no < 5 ORDER BY 1") == [
        ("withheld",),
        (None,),
    ]
    told = paper.rows("SELECT about, message FROM rejected ORDER BY source_no, row_no")
    assert len(told) == 4
    assert all(message.endswith("the text of the row is withheld.") for _, message in told)
    assert {about for about, _ in told} & {"p2", "p3", "p7", "bo@firm.example"} == set()
