"""The gate: secrets of the environment, names and paths of the machine never reach a pack."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
import zipfile
from pathlib import Path

import packs
import pytest
from commands import workbook
from folders import AUDIT, make
from hypothesis import given
from hypothesis import strategies as st

from workbook_lib.pack.gate import Forbidden, of_machine, refuse_secrets
from workbook_lib.tables import UserError

TOKEN = "tok-5f3a<&\"'91c7"
SECRET = Forbidden(TOKEN, "the value of the environment variable DEPLOY_TOKEN")


@given(st.lists(st.text("ab/é=", max_size=6), min_size=1, max_size=8), st.text("ab/é=", max_size=30))
def test_each_text_is_found_where_it_is_whatever_was_looked_for_before(texts: list[str], file: str) -> None:
    whole, absent = file.encode(), set[int]()
    assert [Forbidden(text, "a secret").is_in(whole, absent) for text in texts] == [text in file for text in texts]


class TestARun:
    def test_with_a_token_on_the_page_is_not_sealed(self, tmp_path: Path) -> None:
        folder = make(tmp_path / "acme")
        done = workbook(
            "run", folder, "--no-pdf", "--out", tmp_path / "out", "--prepared-by", TOKEN, DEPLOY_TOKEN=TOKEN
        )
        assert done.returncode == 2
        for name in ("evidence.html", "evidence.ipynb"):
            assert f"data/{name}: it would hold the value of the environment variable DEPLOY_TOKEN.\n" in done.stderr
        assert TOKEN not in done.stdout + done.stderr
        assert list((tmp_path / "out").iterdir()) == []

    def test_with_the_same_text_in_its_exports_is_sealed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = make(tmp_path / "acme", audit=AUDIT.replace('"Acme"', '"Acme Holding Ltd"'))
        monkeypatch.setenv("COMPANY", "Acme Holding Ltd")
        monkeypatch.setenv("AS_OF", "2026-01-04")
        root = packs.seal(folder, tmp_path / "out")
        assert "Acme Holding Ltd" in (root / "data/result.json").read_text()
        assert "2026-01-04" in (root / "data/result.json").read_text()

    def test_prepared_by_somebody_whom_the_environment_names_is_sealed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_AUTHOR_NAME", "Jane O'Doe-Smith")
        root = packs.seal(make(tmp_path / "acme"), tmp_path / "out", prepared_by="Jane O'Doe-Smith")
        assert '"run_by": "Jane O\'Doe-Smith"' in (root / "data/run.json").read_text()

    def test_whose_run_json_would_hold_a_token_is_not_sealed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEPLOY_TOKEN", TOKEN)
        with pytest.raises(UserError, match=r"data/run.json: it would hold the value of the environment variable DEP"):
            packs.seal(make(tmp_path / "acme"), tmp_path / "out", prepared_by=TOKEN)
        assert list((tmp_path / "out").iterdir()) == []


def place(folder: Path, name: str, text: str) -> Path:
    """A folder data/ with one file, and inputs/."""
    data = folder / "data"
    (data / "inputs").mkdir(parents=True)
    path = data / name
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/sharedStrings.xml", text)
    else:
        path.write_text(text, encoding="utf-8")
    return data


def refused(data: Path, *kinds: Forbidden) -> list[str]:
    try:
        refuse_secrets(data, data / "inputs", kinds)
    except UserError as error:
        return [f"{problem.where}: {problem.what}" for problem in error.problems]
    return []


class TestASecret:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("tables/verdicts.csv", f"E1,{TOKEN}"),
            ("result.json", json.dumps({"organisation": TOKEN})),
            ("evidence.ipynb", json.dumps({"source": f"prepared_by = {json.dumps(TOKEN)}"})),
            ("evidence.ipynb", json.dumps({"text/html": "<p>tok-5f3a&lt;&amp;&quot;&#x27;91c7</p>"})),
            ("evidence.html", "<p>tok-5f3a&lt;&amp;&quot;&#x27;91c7</p>"),
            ("tables.xlsx", "<t>tok-5f3a&lt;&amp;&quot;&#x27;91c7</t>"),
            ("rules/01_everybody.sql", TOKEN),
        ],
    )
    def test_is_found_as_it_is_written_in_each_kind_of_file(self, tmp_path: Path, name: str, text: str) -> None:
        data = place(tmp_path, name, text)
        assert refused(data, SECRET) == [f"data/{name}: it would hold {SECRET.what}."]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_is_none_where_the_exports_have_it(self, tmp_path: Path, encoding: str) -> None:
        data = place(tmp_path, "evidence.html", "Acme Holding")
        kind = Forbidden("Acme Holding", "the value of the environment variable COMPANY")
        assert len(refused(data, kind)) == 1
        (data / "inputs/people.csv").write_text("id,company\n1,Acme Holding\n", encoding=encoding)
        assert refused(data, kind) == []

    def test_is_none_where_it_is_a_word_of_ours(self, tmp_path: Path) -> None:
        data = place(tmp_path, "evidence.html", "security-awareness training")
        assert refused(data, Forbidden("security-awareness", "a value")) == []

    def test_in_the_inputs_is_not_looked_for(self, tmp_path: Path) -> None:
        data = place(tmp_path, "inputs/x.csv", TOKEN)
        assert refused(data, SECRET) == []

    def test_in_run_json_is_one_but_who_made_the_pack(self, tmp_path: Path) -> None:
        data = place(tmp_path, "run.json", json.dumps({"run_by": "jdoe7", "pdf": {"not_made": f"no {TOKEN}"}}))
        user = Forbidden("jdoe7", "the name of the user", is_word=True, meant_in="run.json")
        assert refused(data, SECRET, user) == [f"data/run.json: it would hold {SECRET.what}."]
        (data / "evidence.html").write_text("made by jdoe7")
        assert refused(data, user) == ["data/evidence.html: it would hold the name of the user."]


class TestAPathOrAName:
    @pytest.mark.parametrize(
        ("text", "is_found"),
        [
            ("in /home/jdoe/audits", True),
            ("file:///home/jdoe", True),
            ('"a\\n/home/jdoe"', True),
            ("/home/jdoe", True),
            ("/home/jdoerr", False),
            ("../home/jdoe", False),
            ("/mnt/home/jdoe", False),
        ],
    )
    def test_is_found_as_a_whole(self, tmp_path: Path, text: str, is_found: bool) -> None:
        data = place(tmp_path, "evidence.ipynb", text)
        kind = Forbidden("/home/jdoe", "the path of the home folder", is_word=True)
        assert refused(data, kind) == ["data/evidence.ipynb: it would hold the path of the home folder."] * is_found

    def test_of_this_machine_is_known(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(getpass, "getuser", lambda: "jdoe7")
        monkeypatch.setattr(socket, "gethostname", lambda: "nb-4711")
        monkeypatch.setenv("HOME", str(tmp_path))
        kinds = {kind.text: kind.what for kind in of_machine({"A": "short", "B": " 12345678 ", "C": "2025-12-31"}, [])}
        assert kinds["jdoe7"] == "the name of the user"
        assert kinds["nb-4711"] == "the name of the host"
        assert kinds[str(Path.cwd())] in {"the path of the working folder", "the path of this library"}
        if sys.platform != "win32":
            assert kinds[str(tmp_path)] == "the path of the home folder"
        assert kinds["12345678"] == "the value of the environment variable B"
        assert not {"short", "2025-12-31", "/"} & kinds.keys()
        meant = {kind.text for kind in of_machine({"USER": "jdoe7"}, [], prepared_by="jdoe7")}
        assert "jdoe7" not in meant

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such numbers")
    def test_of_a_user_who_is_but_a_number_is_none_and_the_pack_is_made(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(os, "getuid", lambda: 54_321)
        assert not [kind for kind in of_machine({}, []) if kind.what == "the name of the user"]
        root = packs.seal(make(tmp_path / "acme"), tmp_path / "out")
        assert json.loads((root / "data/run.json").read_text(encoding="utf-8"))["run_by"] == "not stated"

    def test_that_is_the_beginning_of_every_path_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a container the home folder may be the root."""
        monkeypatch.setenv("HOME", "/")
        assert "/" not in {kind.text for kind in of_machine({}, [])}
