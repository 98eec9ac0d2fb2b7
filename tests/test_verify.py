"""`workbook verify`, VERIFY.txt, signatures and the archive: on one real pack, to which each test does one thing."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import packs
import pytest
from commands import here, workbook
from folders import make, plus, without

from workbook_lib.pack import bag, placing, signing, verify
from workbook_lib.register import append
from workbook_lib.tables import UserError

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
needs_sh = pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed")
DECISION = {
    "decision_id": "d1", "kind": "explain", "decided_by": "grc@acme.example", "person_id": "E1",
    "requirement_id": "awareness", "due_on": "2025-12-02", "reason_code": "workload", "reason": "Peak season",
    "evidence": "T-7", "approved_by": "ciso@acme.example",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and, in out/, a signed pack with an archive of a company with a deviation and a formula."""
    folder = tmp_path_factory.mktemp("verify")
    key = here("key", "new", folder / "key.pem")
    assert key.returncode == 0, key.stderr
    exports = without("completions", "2025-11-20") | plus("people", "-7,=1+1,x@acme.example,employee,Sales,2023-01-09,")
    append(make(folder / "acme", exports) / "register.sqlite", [DECISION])
    done = workbook(
        "run", folder / "acme", "--out", folder / "out", "--no-pdf", "--sign-with", folder / "key.pem", "--zip"
    )
    assert done.returncode == 0, done.stderr
    fingerprint = signing.fingerprint((folder / "key.pem.pub").read_bytes())
    assert key.stdout.endswith(f"Fingerprint: {fingerprint}\n")
    assert f"Signed with key {fingerprint}: " in done.stdout
    assert f"Result digest: {bag.read_info(folder / 'out/acme-2025')['Result-Digest']}\n" in done.stdout
    return folder


@pytest.fixture
def sealed(made: Path, tmp_path: Path) -> Path:
    """A copy of the pack, with its signature beside it."""
    for ending in (".sig", ".pub.pem"):
        shutil.copy(made / f"out/acme-2025{ending}", tmp_path)
    return shutil.copytree(made / "out/acme-2025", tmp_path / "acme-2025")


def findings(path: Path) -> list[str]:
    return list(verify.verify(path).findings)


def reseal(root: Path) -> None:
    """Close the bag again over what stands there now, as a forger would who has no key."""
    info = bag.read_info(root)
    payload = sorted(p.relative_to(root).as_posix() for p in (root / "data").rglob("*") if p.is_file())
    (root / bag.PAYLOAD).write_text("".join(f"{bag.digest(root / n)}  {n}\n" for n in payload))
    info["Payload-Oxum"] = f"{sum((root / n).stat().st_size for n in payload)}.{len(payload)}"
    info["Result-Digest"] = bag.result_digest(root)
    (root / "bag-info.txt").write_text("".join(f"{label}: {value}\n" for label, value in info.items()))
    retag(root)


def retag(root: Path) -> None:
    tags = sorted(p.name for p in root.iterdir() if p.is_file() and p.name != bag.TAGS)
    (root / bag.TAGS).write_text("".join(f"{bag.digest(root / n)}  {n}\n" for n in tags))


class TestAPackThatHolds:
    def test_says_in_one_line_what_was_checked(self, sealed: Path) -> None:
        done = here("verify", sealed, "--recompute")
        fingerprint = bag.read_info(sealed)["Signing-Key-SHA256"]
        count = sum(path.is_file() for path in sealed.rglob("*"))
        assert done.stdout == (
            f"{sealed}: it holds: {count} files, none altered, missing or added; signed with key {fingerprint}: compare "
            "it with the fingerprint that you have from the signer. Judged again: 11 verdicts, 3 exceptions and every "
            "count are the same.\n"
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_holds_where_one_stands_in_it(self, sealed: Path) -> None:
        for place in (".", "../acme-2025", ""):
            done = here("verify", place, cwd=sealed)
            assert (done.returncode, done.stderr) == (0, "")
            assert ": it holds: " in done.stdout

    def test_is_the_same_as_an_archive(self, made: Path, tmp_path: Path) -> None:
        assert verify.verify(made / "out/acme-2025.zip") == verify.verify(made / "out/acme-2025")
        flat = tmp_path / "flat.zip"
        with zipfile.ZipFile(flat, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in (made / "out/acme-2025").rglob("*"):
                archive.write(path, path.relative_to(made / "out/acme-2025"))
        [missing] = findings(flat)
        assert missing.startswith("flat.sig: missing: bag-info.txt says that the pack was signed with key ")

    def test_states_what_it_is_about(self, made: Path) -> None:
        root = made / "out/acme-2025"
        info = bag.read_info(root)
        copy = (root / "data/inputs/register.jsonl").read_text().splitlines()
        assert list(info) == [
            "Payload-Oxum", "Source-Organization", "Period", "As-Of", "People", "Verdicts", "Exceptions",
            "Register-Entries", "Register-Head", "Signing-Key-SHA256", "Result-Digest",
        ]  # fmt: skip
        assert (info["Source-Organization"], info["As-Of"]) == ("Acme", "2026-01-04")
        assert info["Period"] == "2025, 2025-01-01 to 2025-12-31"
        assert (info["People"], info["Verdicts"], info["Exceptions"]) == ("5", "11", "3")
        assert (info["Register-Entries"], info["Register-Head"]) == ("1", json.loads(copy[-1])["hash"])

    def test_has_the_same_result_digest_wherever_and_by_whomever_it_is_made(self, made: Path, tmp_path: Path) -> None:
        shutil.copytree(made / "acme", tmp_path / "acme")
        info = bag.read_info(packs.seal(tmp_path / "acme", tmp_path / "elsewhere", prepared_by="Ada"))
        assert info["Result-Digest"] == bag.read_info(made / "out/acme-2025")["Result-Digest"]
        assert "Signing-Key-SHA256" not in info

    def test_has_a_result_digest_over_inputs_rules_and_tables_alone(self, sealed: Path) -> None:
        digest = bag.result_digest(sealed)
        for name in ("data/evidence.html", "data/evidence.ipynb", "data/run.json", "data/tables.xlsx"):
            (sealed / name).write_text("x")
        reseal(sealed)
        assert bag.result_digest(sealed) == digest
        for name in ("data/inputs/people.csv", "data/rules/01_everybody.sql", "data/tables/verdicts.csv"):
            (sealed / name).write_text("x")
            reseal(sealed)
            assert bag.result_digest(sealed) != digest, name
            digest = bag.result_digest(sealed)


class TestWhatIsFound:
    def test_an_altered_a_missing_and_an_added_file(self, sealed: Path) -> None:
        with (sealed / "data/tables/verdicts.csv").open("a") as file:
            file.write("\n")
        (sealed / "data/result.json").unlink()
        (sealed / "data/inputs/more.csv").write_text("x")
        (sealed / "NOTES.txt").write_text("x")
        done = here("verify", sealed)
        oxum = bag.read_info(sealed)["Payload-Oxum"]
        lines = done.stdout.splitlines()
        assert lines[:4] == [
            "NOTES.txt: added: no manifest lists it.",
            "data/inputs/more.csv: added: no manifest lists it.",
            "data/result.json: missing.",
            "data/tables/verdicts.csv: altered.",
        ]
        assert lines[4].startswith(f"bag-info.txt: Payload-Oxum is {oxum}; the files in data have ")
        assert (len(lines), done.returncode) == (5, 3)

    @pytest.mark.parametrize("name", ["bagit.txt", "bag-info.txt", "VERIFY.txt", "manifest-sha256.txt"])
    def test_a_tag_file_that_was_altered_or_taken_away(self, sealed: Path, name: str) -> None:
        text = (sealed / name).read_bytes()
        (sealed / name).write_bytes(text + b"\n")
        assert f"{name}: altered." in findings(sealed)
        (sealed / name).unlink()
        assert f"{name}: missing." in findings(sealed)

    def test_a_link_in_place_of_a_file_or_beside_one(self, sealed: Path) -> None:
        target = sealed.parent / "verdicts.csv"
        (sealed / "data/tables/verdicts.csv").rename(target)
        (sealed / "data/tables/verdicts.csv").symlink_to(target)
        (sealed / "data/more").symlink_to(sealed / "data/inputs")
        assert findings(sealed)[:2] == [
            "data/more: added: it is a link, or no file.",
            "data/tables/verdicts.csv: added: it is a link, or no file.",
        ]

    @pytest.mark.parametrize(
        "line", [f"{'0' * 64}  ../outside", f"{'0' * 64}  /etc/passwd", "no digest", f"{'0' * 64}  bagit.txt", ""]
    )
    def test_a_line_of_the_manifest_that_lists_no_payload(self, sealed: Path, line: str) -> None:
        lines = (sealed / bag.PAYLOAD).read_text()
        (sealed / bag.PAYLOAD).write_text(f"{lines}{line}\n")
        number = lines.count("\n") + 1
        assert f"{bag.PAYLOAD}, line {number}: it lists no file of its kind by its SHA-256." in findings(sealed)

    def test_a_file_listed_twice(self, sealed: Path) -> None:
        (sealed / bag.PAYLOAD).write_text((sealed / bag.PAYLOAD).read_text() + f"{'0' * 64}  data/result.json\n")
        assert findings(sealed)[0].endswith(": it lists data/result.json a second time.")

    @pytest.mark.parametrize("text", ["BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n", "", "\xff"])
    def test_a_bag_of_another_version(self, sealed: Path, text: str) -> None:
        (sealed / "bagit.txt").write_text(text, encoding="latin-1")
        retag(sealed)
        assert "bagit.txt: it does not declare a bag of BagIt 1.0 in UTF-8." in findings(sealed)

    def test_sums_that_do_not_fit_a_pack_that_was_sealed_again(self, sealed: Path) -> None:
        info = (sealed / "bag-info.txt").read_text()
        oxum = bag.read_info(sealed)["Payload-Oxum"]
        forged = info.replace(oxum, "1.1").replace("Result-Digest: ", "Result-Digest: 0")
        (sealed / "bag-info.txt").write_text(forged)
        retag(sealed)
        digest = bag.result_digest(sealed)
        assert findings(sealed)[:2] == [
            f"bag-info.txt: Payload-Oxum is 1.1; the files in data have {oxum}.",
            f"bag-info.txt: Result-Digest is 0{digest}; that of manifest-sha256.txt is {digest}.",
        ]

    def test_nothing_of_a_pack_that_a_run_replaces_meanwhile(
        self, sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        newer, digest = shutil.copytree(sealed, tmp_path / "newer"), verify.digest
        (newer / "data/report.csv").write_text("x")
        reseal(newer)

        def meanwhile(path: Path) -> str:
            if newer.exists() and path.name == "manifest-sha256.txt":
                sealed.rename(tmp_path / "older")
                newer.rename(sealed)
            return digest(path)

        monkeypatch.setattr(verify, "digest", meanwhile)
        with pytest.raises(UserError) as refused:
            verify.verify(sealed)
        (problem,) = refused.value.problems
        assert (problem.where, problem.what) == (str(sealed), "it was replaced while it was read.")
        assert problem.do == "wait until the run has ended that makes it, and verify it again."

    def test_nothing_of_a_pack_that_is_moved_away_meanwhile(
        self, sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        digest = verify.digest

        def meanwhile(path: Path) -> str:
            if path.name == "manifest-sha256.txt":
                sealed.rename(tmp_path / "older")
            return digest(path)

        monkeypatch.setattr(verify, "digest", meanwhile)
        with pytest.raises(UserError, match="it was replaced while it was read"):
            verify.verify(sealed)

    def test_a_file_that_may_not_be_read(self, sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        digest, read = verify.digest, Path.read_bytes

        def denied(path: Path) -> str:
            if path.name == "verdicts.csv":
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return digest(path)

        def all_denied(path: Path) -> bytes:
            if path.name == "bagit.txt":
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return read(path)

        monkeypatch.setattr(verify, "digest", denied)
        assert findings(sealed) == ["data/tables/verdicts.csv: it cannot be read (Permission denied)."]
        monkeypatch.setattr(Path, "read_bytes", all_denied)
        with pytest.raises(UserError, match="it cannot be read: Permission denied"):
            verify.verify(sealed)

    def test_nothing_that_is_no_pack(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        (tmp_path / "empty").mkdir()
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
            archive.writestr("readme", "x")
        for name in ("nowhere", "file", "empty", "other.zip", "/"):
            done = here("verify", tmp_path / name)
            assert (done.returncode, done.stdout) == (2, "")
            assert "Do: name the folder of a pack, or a .zip of it." in done.stderr

    def test_a_folder_of_packs_or_in_a_pack_names_the_pack(self, tmp_path: Path) -> None:
        (tmp_path / "reports/acme-2025/data/tables").mkdir(parents=True)
        (tmp_path / "reports/acme-2025/bagit.txt").write_text("x")
        for wrong in ("reports", "reports/acme-2025/data", "reports/acme-2025/data/tables"):
            done = here("verify", tmp_path / wrong)
            assert done.returncode == 2
            assert f"or a .zip of it; there is one in {tmp_path / 'reports/acme-2025'}." in done.stderr


class TestTheSignature:
    def test_convicts_a_pack_that_was_made_anew(self, sealed: Path) -> None:
        (sealed / "data/result.json").write_text("{}")
        reseal(sealed)
        assert findings(sealed) == ["acme-2025.sig: it is not the signature of this pack by acme-2025.pub.pem."]

    def test_by_another_key_than_the_pack_names(self, sealed: Path, tmp_path: Path) -> None:
        other = signing.new_key(tmp_path / "other.pem")
        (tmp_path / "acme-2025.sig").write_bytes(other.sign((sealed / bag.TAGS).read_bytes()))
        (tmp_path / "acme-2025.pub.pem").write_bytes(other.public)
        named = bag.read_info(sealed)["Signing-Key-SHA256"]
        assert findings(sealed) == [
            f"acme-2025.pub.pem: it is key {other.fingerprint}; bag-info.txt names key {named}."
        ]

    def test_that_was_taken_away_or_cannot_be_checked(self, sealed: Path, tmp_path: Path) -> None:
        named = bag.read_info(sealed)["Signing-Key-SHA256"]
        (tmp_path / "acme-2025.pub.pem").write_text("no key")
        assert findings(sealed) == ["acme-2025.pub.pem: it is no public ed25519 key in PEM."]
        (tmp_path / "acme-2025.pub.pem").unlink()
        assert findings(sealed) == [
            "acme-2025.pub.pem: missing: without the public key the signature beside the pack proves nothing."
        ]
        (tmp_path / "acme-2025.sig").unlink()
        assert findings(sealed) == [
            f"acme-2025.sig: missing: bag-info.txt says that the pack was signed with key {named}."
        ]

    @needs_openssl
    def test_is_what_openssl_verifies(self, sealed: Path, tmp_path: Path) -> None:
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "acme-2025.pub.pem", "-rawin"]
        command += ["-in", "acme-2025/tagmanifest-sha256.txt", "-sigfile", "acme-2025.sig"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n")
        (sealed / bag.TAGS).write_text((sealed / bag.TAGS).read_text().replace("a", "b", 1))
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


class TestTheKey:
    def test_is_for_its_owner_alone_and_never_overwritten(self, made: Path) -> None:
        key = made / "key.pem"
        if sys.platform != "win32":
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
        before = key.read_bytes()
        done = here("key", "new", key)
        assert done.returncode == 2
        assert "it exists; a key is never overwritten." in done.stderr
        assert key.read_bytes() == before

    @pytest.mark.parametrize("place", ["acme/key.pem", "acme/exports/key.pem", "out/acme-2025/data/key.pem"])
    def test_is_not_made_where_it_would_be_handed_on_unless_asked(self, made: Path, tmp_path: Path, place: str) -> None:
        for name in ("acme", "out"):
            shutil.copytree(made / name, tmp_path / name)
        file = tmp_path / place
        file.parent.mkdir(exist_ok=True)
        done = here("key", "new", file)
        assert (done.returncode, file.exists()) == (2, False)
        assert "is a pack or an audit folder, which is handed on; a private key is not." in done.stderr
        assert here("key", "new", file, "--anywhere").returncode == 0
        assert b"PRIVATE KEY" in file.read_bytes()

    def test_is_in_no_file_of_the_pack(self, made: Path) -> None:
        secret = (made / "key.pem").read_text().splitlines()[1]
        assert not [p for p in (made / "out").rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]

    @pytest.mark.parametrize("text", [None, "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    def test_that_cannot_sign_is_refused_before_any_work(self, made: Path, tmp_path: Path, text: str | None) -> None:
        if text is not None:
            (tmp_path / "key").write_text(text)
        done = workbook("run", made / "acme", "--out", tmp_path / "out", "--sign-with", tmp_path / "key")
        assert done.returncode == 2
        assert "is no private ed25519 key in PEM without a passphrase." in done.stderr
        assert not (tmp_path / "out").exists()

    def test_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        signing.new_key(tmp_path / "key")
        with pytest.raises(UserError, match="no private ed25519 key"):
            signing.Signer.read(tmp_path / "key.pub")


def commands(root: Path) -> Iterator[str]:
    """The commands of VERIFY.txt for Linux and macOS, and for every system."""
    text = (root / "VERIFY.txt").read_text()
    windows = text[text.index("\nWINDOWS") : text.index("\nIn data/tables")]
    yield from re.findall(r"^  (?=.* )(.+)$", text.replace(windows, ""), re.MULTILINE)


def follow(root: Path, path: str = os.environ["PATH"]) -> list[str]:
    """What each step of VERIFY.txt prints when its commands are typed as they stand there."""
    prelude, *steps = commands(root)
    env = {"PATH": path, "LANG": "C.UTF-8"}
    sh = shutil.which("sh") or "sh"
    return [
        subprocess.run(
            [sh, "-c", f"{prelude}\n{step}"], cwd=root, env=env, stdout=subprocess.PIPE, text=True, check=False
        ).stdout
        for step in steps
    ]


class TestVerifyTxt:
    @needs_sh
    @needs_openssl
    def test_holds_commands_that_work_as_written(self, sealed: Path) -> None:
        unchanged, added, digest, signature, fingerprint = follow(sealed)
        info = bag.read_info(sealed)
        assert (unchanged, added) == ("unchanged\n", "")
        assert digest.split()[0] == info["Result-Digest"]
        assert signature == "Signature Verified Successfully\n"
        assert info["Signing-Key-SHA256"] in fingerprint
        assert f"\n  {info['Signing-Key-SHA256']}\n" in (sealed / "VERIFY.txt").read_text()

    @needs_sh
    def test_finds_what_was_altered_and_what_was_added(self, sealed: Path) -> None:
        (sealed / "data/inputs/more.csv").write_text("x")
        (sealed / "NOTES.txt").write_text("x")
        assert follow(sealed)[:2] == ["unchanged\n", "NOTES.txt\ndata/inputs/more.csv\n"]
        (sealed / "data/result.json").unlink()
        assert follow(sealed)[:2] == ["", "NOTES.txt\ndata/inputs/more.csv\ndata/result.json\n"]

    @pytest.mark.skipif(not shutil.which("shasum"), reason="shasum, which a Mac has, is not installed")
    def test_works_with_the_command_of_a_mac(self, sealed: Path, tmp_path: Path) -> None:
        tools = tmp_path / "tools"
        tools.mkdir()
        for name in ("shasum", "perl", "cut", "find", "sort", "uniq", "grep"):
            (tools / name).symlink_to(str(shutil.which(name)))
        unchanged, added, digest = follow(sealed, str(tools))[:3]
        assert (unchanged, added) == ("unchanged\n", "")
        assert digest.split()[0] == bag.read_info(sealed)["Result-Digest"]

    def test_says_nothing_of_a_signature_that_is_none(self) -> None:
        text = bag.instructions(bag.Seal(name="acme-2025"), pseudonymous=False)
        assert "openssl" not in text
        assert "PowerShell" in text


class TestJudgingAgain:
    def test_names_each_difference(self, sealed: Path) -> None:
        verdicts = sealed / "data/tables/verdicts.csv"
        text = verdicts.read_text()
        assert text.count("E1,awareness,late") + text.count("E1,awareness,missing") == 1
        lines = [line for line in text.splitlines() if not line.startswith("E2,policy")]
        forged = [re.sub("^E1,awareness,(late|missing)", "E1,awareness,met", line) for line in lines]
        verdicts.write_text("\n".join(forged) + "\n")
        result = json.loads((sealed / "data/result.json").read_text())
        result["exceptions"]["total"] = 1
        (sealed / "data/result.json").write_text(json.dumps(result))
        reseal(sealed)
        verified = verify.verify(sealed, recompute=True)
        assert verified.findings[1:] == (
            "data/tables/verdicts.csv: E1, awareness: verdict is 'met' in the pack, 'missing' when judged again.",
            "data/tables/verdicts.csv: E2, policy: stands in the new judgement only.",
            "data/result.json: exceptions.total is 1 in the pack, 3 when judged again.",
        )

    def test_names_a_row_that_was_added_and_a_table_that_is_none(self, sealed: Path) -> None:
        verdicts = sealed / "data/tables/verdicts.csv"
        (row,) = [line for line in verdicts.read_text().splitlines() if line.startswith("E2,policy")]
        verdicts.write_text(verdicts.read_text() + row.replace("E2", "E8") + "\n")
        (sealed / "data/tables/exceptions.csv").write_text("exceptions\nnone\n")
        reseal(sealed)
        assert verify.verify(sealed, recompute=True).findings[1:] == (
            "data/tables/verdicts.csv: E8, policy: stands in the pack only.",
            "data/tables/exceptions.csv: it cannot be read as the table of exceptions (KeyError).",
        )

    def test_is_done_where_run_json_does_not_say_whether_the_pack_names_nobody(self, sealed: Path) -> None:
        (sealed / "data/run.json").write_text("[]")
        (sealed / "data/tables/exceptions.csv").unlink()
        found = verify.verify(sealed, recompute=True).findings
        assert "data/tables/exceptions.csv: it cannot be read as the table of exceptions (FileNotFoundError)." in found

    def test_reads_the_exports_by_the_profiles_of_the_user_that_the_pack_holds(self, tmp_path: Path) -> None:
        folder = make(tmp_path / "acme")
        text = (folder / "audit.toml").read_text()
        text = text[: text.index("[programme]")].replace('"people.csv"', '"people.csv"\nprofile = "mine"')
        (folder / "audit.toml").write_text(text)
        (folder / "profiles").mkdir()
        texts = {"mine": 'extends = "house"\n', "profiles/house": 'extends = "generic"\n[reading]\nheader_depth = 2\n'}
        for name, profile in texts.items():
            (folder / f"{name}.toml").write_text(profile)
        root = packs.seal(folder, tmp_path / "out")
        for name in texts:
            assert (root / f"data/inputs/{name}.toml").read_bytes() == (folder / f"{name}.toml").read_bytes()
        assert not (root / "data/inputs/programme.md").exists()
        shutil.rmtree(folder)
        assert verify.verify(root, recompute=True).findings == ()

    def test_an_escaped_id_is_the_same_id(self, sealed: Path) -> None:
        assert "\n'-7,awareness" in (sealed / "data/tables/verdicts.csv").read_text()
        assert "\nverdict,'-7,awareness" in (sealed / "data/statement.csv").read_text()
        assert verify.verify(sealed, recompute=True).findings == ()

    def test_of_inputs_that_cannot_be_read_is_a_finding(self, sealed: Path) -> None:
        (sealed / "data/inputs/audit.toml").write_text("[audit")
        found = verify.verify(sealed, recompute=True).findings
        assert found[-1].startswith("data/inputs: it cannot be judged again: audit.toml: it is not valid TOML")
        (sealed / "data/result.json").write_text("[]")
        found = verify.verify(sealed, recompute=True).findings
        assert found[-1] == "data/result.json: it does not say which period was judged, and to which day."

    def test_of_a_copy_that_names_nobody_is_refused(self, made: Path, tmp_path: Path) -> None:
        shutil.copytree(made / "acme", tmp_path / "acme")
        copy = packs.seal(tmp_path / "acme", tmp_path, pseudonymous=True)
        assert here("verify", copy).returncode == 0
        done = here("verify", copy, "--recompute")
        assert done.returncode == 2
        assert "it is a pseudonymous copy, and holds no inputs.\n  Effect: its files hold, but nothing" in done.stderr
        (copy / "VERIFY.txt").unlink()
        done = here("verify", copy, "--recompute")
        assert (done.returncode, done.stdout) == (3, "VERIFY.txt: missing.\n")


class TestAHostileArchive:
    @pytest.mark.parametrize(
        "name", ["../evil.txt", "/evil.txt", "acme/../../evil.txt", "C:evil.txt", "a\\..\\evil.txt"]
    )
    def test_that_would_write_elsewhere_is_not_unpacked(self, tmp_path: Path, name: str) -> None:
        archive = tmp_path / "in" / "pack.zip"
        archive.parent.mkdir()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("acme/bagit.txt", "BagIt-Version: 1.0\n")
            packed.writestr(name, "x")
        assert findings(archive) == [
            f"pack.zip: member {name!r} would lie outside of the folder. Nothing was unpacked."
        ]
        assert not list(tmp_path.rglob("evil.txt"))
        assert here("verify", archive).returncode == 3

    def test_with_two_members_of_one_name(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            packed.writestr("bagit.txt", "one")
            with pytest.warns(UserWarning, match="Duplicate name"):
                packed.writestr("bagit.txt", "two")
        assert findings(tmp_path / "pack.zip") == [
            "pack.zip: 2 members have the name 'bagit.txt'. Nothing was unpacked."
        ]

    def test_that_would_grow_without_measure(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "pack.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("bagit.txt", bytes(65 << 20))
        size = (tmp_path / "pack.zip").stat().st_size
        assert findings(tmp_path / "pack.zip") == [
            f"pack.zip: it would grow from {size:,} to 68,157,440 bytes. Nothing was unpacked."
        ]

    def test_with_more_members_than_any_pack(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify, "MOST_MEMBERS", 2)
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            for number in range(3):
                packed.writestr(f"{number}", "x")
        assert findings(tmp_path / "pack.zip") == ["pack.zip: it holds 3 members, more than 2. Nothing was unpacked."]

    def test_with_a_link(self, tmp_path: Path) -> None:
        link = zipfile.ZipInfo("bagit.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            packed.writestr(link, "/etc/passwd")
        assert findings(tmp_path / "pack.zip") == [
            "pack.zip: member 'bagit.txt' is a link, or no file. Nothing was unpacked."
        ]

    def test_with_a_member_that_is_encrypted(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            packed.writestr("bagit.txt", "BagIt-Version: 1.0\n")
        data = bytearray((tmp_path / "pack.zip").read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the archive's directory
        (tmp_path / "pack.zip").write_bytes(data)
        assert findings(tmp_path / "pack.zip") == ["pack.zip: member 'bagit.txt' is encrypted. Nothing was unpacked."]

    def test_that_is_damaged(self, made: Path, tmp_path: Path) -> None:
        data = bytearray((made / "out/acme-2025.zip").read_bytes())
        place = data.index(b"BagIt-Version: 1.0")
        data[place] ^= 1
        (tmp_path / "acme-2025.zip").write_bytes(data)
        assert findings(tmp_path / "acme-2025.zip") == [
            "acme-2025.zip: member 'acme-2025/bagit.txt' cannot be unpacked: its data are damaged (Bad CRC-32 for file "
            "'acme-2025/bagit.txt')."
        ]

    @pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_whose_data_are_damaged_however_it_is_packed(self, tmp_path: Path, method: int) -> None:
        with zipfile.ZipFile(tmp_path / "pack.zip", "w", method) as packed:
            packed.writestr("bagit.txt", "BagIt-Version: 1.0\n" * 20)
        data = bytearray((tmp_path / "pack.zip").read_bytes())
        place = data.index(b"bagit.txt") + len("bagit.txt")
        data[place + 9 : place + 20] = b"\xff" * 11
        (tmp_path / "pack.zip").write_bytes(data)
        done = here("verify", tmp_path / "pack.zip")
        assert done.stdout.startswith("pack.zip: member 'bagit.txt' cannot be unpacked: its data are damaged (")
        assert (done.returncode, done.stderr) == (3, "")

    @pytest.mark.parametrize(
        ("sign", "offset", "value", "says"),
        [
            (b"PK\x01\x02", 0, b"PX", "the list of its members is damaged (Bad magic number"),
            (b"PK\x01\x02", 6, b"\xff", "the list of its members is damaged (zip file version 25.5"),
            (b"PK\x01\x02", 8, b"\0\x08", "the list of its members is damaged ('utf-8' codec can't decode"),
            (
                b"PK\x01\x02",
                10,
                b"\x63",
                "member 'caf\xe9.txt' cannot be unpacked: its data are damaged (That compress",
            ),
            (b"PK\x05\x06", 16, b"\xff", ""),  # Python's versions see it at different moments
        ],
        ids=["signature", "version", "encoding of a name", "method", "place"],
    )
    def test_whose_directory_is_damaged(
        self, tmp_path: Path, sign: bytes, offset: int, value: bytes, says: str
    ) -> None:
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            packed.writestr("cafe.txt", "x")
        data = bytearray((tmp_path / "pack.zip").read_bytes().replace(b"cafe", b"caf\x82"))  # é of code page 437
        place = data.rindex(sign) + offset
        data[place : place + len(value)] = value
        (tmp_path / "pack.zip").write_bytes(data)
        done = here("verify", tmp_path / "pack.zip")
        assert done.stdout.startswith(f"pack.zip: {says}")
        assert (done.returncode, done.stderr) == (3, "")

    def test_with_a_name_that_no_file_can_have(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            packed.writestr("x" * 5000, "x")
        assert findings(tmp_path / "pack.zip") == [
            f"pack.zip: member '{'x' * 5000}' cannot be unpacked: File name too long."
        ]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
    def test_is_not_blamed_where_there_is_no_room(self, tmp_path: Path) -> None:
        import resource

        with zipfile.ZipFile(tmp_path / "pack.zip", "w") as packed:
            packed.writestr("bagit.txt", bytes(1 << 20))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, before[1]))
        try:
            done = here("verify", tmp_path / "pack.zip")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert done.returncode == 2
        assert "the archive cannot be unpacked there: File too large.\n  Effect: nothing was verified." in done.stderr


def test_the_archive_is_the_same_for_the_same_folder(made: Path, tmp_path: Path) -> None:
    archive = made / "out/acme-2025.zip"
    copy = shutil.copytree(made / "out/acme-2025", tmp_path / "acme-2025", copy_function=shutil.copyfile)
    placing.write_archive(copy, tmp_path / "again.zip", date(2026, 1, 4))
    assert (
        hashlib.sha256((tmp_path / "again.zip").read_bytes()).digest() == hashlib.sha256(archive.read_bytes()).digest()
    )
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
    assert [m.filename for m in members] == sorted(m.filename for m in members)
    assert {(m.date_time, m.compress_type) for m in members} == {((2026, 1, 4, 0, 0, 0), zipfile.ZIP_STORED)}


def test_names_that_are_not_one_file_on_every_system_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a\nb.csv").write_text("x")
    with pytest.raises(UserError, match="a line break, a backslash or a %"):
        bag.close_bag(tmp_path, bag.Seal(name="x"))
