"""Time stamps: asked of an authority on this machine, which `openssl ts -reply` is, and checked as VERIFY.txt says."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import packs
import pytest
from commands import here
from folders import make

from workbook_lib.pack import bag, placing, timestamps, verify
from workbook_lib.tables import UserError

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
CONFIGURATION = """
[tsa]
default_tsa = authority
[authority]
serial = serial
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
tsa_name = yes
"""


def openssl(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout


class Authority:
    """A time-stamp authority with a certificate of its own; `answers` is what it does with a query."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: Callable[[bytes], tuple[int, str, bytes]] = self.rightly
        self.asked: list[bytes] = []
        new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9")
        openssl(folder, *new, "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
        usage = ("-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "basicConstraints=critical,CA:false")
        issued = ("-CA", "ca.pem", "-CAkey", "ca.key")
        openssl(folder, *new, *usage, *issued, "-subj", "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.pem")
        (folder / "tsa.cnf").write_text(CONFIGURATION)
        (folder / "serial").write_text("01\n")

    def rightly(self, query: bytes) -> tuple[int, str, bytes]:
        (self.folder / "query").write_bytes(query)
        reply = ("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
        openssl(self.folder, *reply)
        return 200, timestamps.ANSWERED, (self.folder / "reply").read_bytes()

    def for_something_else(self, query: bytes) -> tuple[int, str, bytes]:
        openssl(self.folder, "ts", "-query", "-digest", "ab" * 32, "-sha256", "-cert", "-out", "other")
        return self.rightly((self.folder / "other").read_bytes())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, str]]:
    authority = Authority(tmp_path_factory.mktemp("authority"))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(query)
            status, kind, body = authority.answers(query)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield authority, f"http://127.0.0.1:{server.server_port}/tsr"
    server.shutdown()
    server.server_close()


@pytest.fixture
def authority(served: tuple[Authority, str]) -> Authority:
    served[0].answers = served[0].rightly
    served[0].asked.clear()
    return served[0]


@pytest.fixture(scope="module")
def made(served: tuple[Authority, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("stamped")
    served[0].answers = served[0].rightly
    return packs.seal(make(base / "acme"), base / "out", timestamp_url=f"{served[1]}?token=of-mine", zips=True)


@pytest.fixture
def stamped(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made.parent, tmp_path / "out") / made.name


def test_an_authority_that_answers_byte_by_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "PATIENCE", 0.5)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", timestamps.ANSWERED)
            self.end_headers()
            with suppress(OSError):  # of who is not waited for
                for _ in range(300):
                    self.wfile.write(b".")
                    time.sleep(0.1)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(timestamps.BadTimestampError, match="the authority did not answer: timed out"):
            timestamps._ask(f"http://127.0.0.1:{server.server_port}/tsr", b"query")
        server.shutdown()


class TestAStampedPack:
    def test_says_whom_it_asked_and_holds(self, stamped: Path, served: tuple[Authority, str]) -> None:
        assert bag.read_info(stamped)["Timestamp-Authority"] == served[1]
        assert sorted(path.name for path in stamped.parent.iterdir()) == [
            "acme-2025", "acme-2025.tsr", "acme-2025.zip", "history.sqlite",
        ]  # fmt: skip
        assert b"of-mine" not in b"".join(path.read_bytes() for path in stamped.rglob("*") if path.is_file())
        own = verify.verify(stamped)
        vouched = verify.verify(stamped, timestamp_ca=served[0].folder / "ca.pem")
        assert (own.findings, vouched.findings) == ((), ())
        assert "whose it is was not checked: name its authority's certificate with --timestamp-ca." in own.checked
        at = timestamps.check(stamped.with_name("acme-2025.tsr"), (stamped / bag.TAGS).read_bytes()).at
        assert vouched.checked.endswith(f"it is not signed. Time stamp of {at}.")
        assert at.endswith(" GMT")
        assert verify.verify(stamped.with_name("acme-2025.zip")) == own

    def test_is_verified_by_the_commands_of_its_verify_txt(self, stamped: Path, served: tuple[Authority, str]) -> None:
        shutil.copy(served[0].folder / "ca.pem", stamped.parent / "tsa-ca.pem")
        lines = [line.strip() for line in (stamped / "VERIFY.txt").read_text().splitlines() if "openssl ts" in line]
        checks, shows = (subprocess.run(line.split(), cwd=stamped, capture_output=True, text=True) for line in lines)
        assert (checks.returncode, checks.stdout) == (0, "Verification: OK\n")
        assert "TSA: DirName:/CN=Test TSA\n" in shows.stdout
        assert served[1] in (stamped / "VERIFY.txt").read_text()

    def test_that_was_made_anew_is_convicted(self, stamped: Path, served: tuple[Authority, str]) -> None:
        (stamped / "data/statement.csv").write_text("{}")
        bag.close_bag(stamped, bag.Seal(name=stamped.name, authority=served[1]))
        for vouching in (None, served[0].folder / "ca.pem"):
            [found] = verify.verify(stamped, timestamp_ca=vouching).findings
            assert found == (
                "acme-2025.tsr: it is not the time stamp of this pack, or its certificates do not vouch for it (openssl: "
                "message imprint mismatch)."
            )

    @pytest.mark.parametrize("text", [b"", b"no time stamp", b"\x30\x03\x02\x01\x02"])
    def test_whose_stamp_is_none_is_told(self, stamped: Path, text: bytes) -> None:
        stamped.with_name("acme-2025.tsr").write_bytes(text)
        [found] = verify.verify(stamped).findings
        assert found.startswith("acme-2025.tsr: it is no granted time stamp (openssl: ")

    def test_whose_stamp_was_altered_is_told(self, stamped: Path) -> None:
        path = stamped.with_name("acme-2025.tsr")
        good, digest = path.read_bytes(), hashlib.sha256((stamped / bag.TAGS).read_bytes()).digest()
        for place in (good.index(digest), good.index(placing.OF_A_TIMESTAMP) + 20, len(good) - 1):
            path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            [found] = verify.verify(stamped).findings
            assert found.startswith("acme-2025.tsr: "), place

    def test_whose_stamp_was_taken_away_is_told(self, stamped: Path, served: tuple[Authority, str]) -> None:
        stamped.with_name("acme-2025.tsr").unlink()
        assert verify.verify(stamped).findings == (
            f"acme-2025.tsr: missing: bag-info.txt says that {served[1]} was asked for a time stamp.",
        )

    def test_is_not_vouched_for_by_a_stranger(self, stamped: Path, tmp_path: Path) -> None:
        (tmp_path / "stranger").mkdir()
        stranger = Authority(tmp_path / "stranger").folder / "ca.pem"
        [found] = verify.verify(stamped, timestamp_ca=stranger).findings
        assert found.startswith(
            "acme-2025.tsr: it is not the time stamp of this pack, or its certificates do not vouch"
        )

    def test_is_not_checked_without_openssl_and_says_so(self, stamped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        verified = verify.verify(stamped)
        assert verified.findings == ()
        assert "Its time stamp was not checked: the program openssl is not installed" in verified.checked


WRONG: dict[str, tuple[Callable[[Authority, bytes], tuple[int, str, bytes]], str]] = {
    "an error": (lambda tsa, query: (503, "text/plain", b"later"), "the authority answered with status 503."),
    "a page": (
        lambda tsa, query: (200, "text/html", b"<p>hello"),
        "the authority answered with text/html, 8 bytes, and no time stamp.",
    ),
    "nothing": (lambda tsa, query: (200, timestamps.ANSWERED, b""), "it is no granted time stamp (openssl: "),
    "a refusal": (
        lambda tsa, query: (200, timestamps.ANSWERED, bytes.fromhex("30053003020102")),
        "it is no granted time stamp (openssl: ",
    ),
    "another's": (lambda tsa, query: tsa.for_something_else(query), "it is not the time stamp of this pack, or"),
    "too much": (
        lambda tsa, query: (200, timestamps.ANSWERED, bytes(timestamps.LONGEST + 2)),
        "the authority answered with application/timestamp-reply, 1,048,577 bytes, and no time stamp.",
    ),
}


class TestAnAuthority:
    @pytest.mark.parametrize("wrong", WRONG)
    def test_that_answers_wrongly_is_told(
        self, authority: Authority, served: tuple[Authority, str], wrong: str
    ) -> None:
        answers, says = WRONG[wrong]
        authority.answers = lambda query: answers(authority, query)
        with pytest.raises(UserError) as error:
            timestamps.obtain(served[1], b"manifest")
        [problem] = error.value.problems
        assert (problem.where, problem.code) == (served[1], "no_timestamp")
        assert problem.what.startswith(says)

    def test_that_no_query_could_be_made_for_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As with an openssl that does not know what is asked of it."""
        (tmp_path / "openssl").write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / "openssl").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        with pytest.raises(UserError, match=r"openssl cannot read it \(openssl: status 3\)\."):
            timestamps.obtain("http://127.0.0.1:9/tsr", b"manifest")

    def test_that_does_not_answer_leaves_the_older_pack_as_it_was(self, stamped: Path, tmp_path: Path) -> None:
        before = {path: path.read_bytes() for path in stamped.parent.rglob("*") if path.is_file()}
        arguments = ("--no-pdf", "--out", stamped.parent, "--timestamp-url", "http://127.0.0.1:9/tsr")
        with packs.without_pages():
            done = here("run", make(tmp_path / "acme"), *arguments)
        assert done.returncode == 2
        assert "http://127.0.0.1:9/tsr: the authority did not answer: [Errno " in done.stderr
        assert "Effect: no pack was written; an older one is as it was." in done.stderr
        assert {path: path.read_bytes() for path in stamped.parent.rglob("*") if path.is_file()} == before

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("ftp://tsa.example", "it is no http or https address."),
            ("tsa.example", "it is no http or https address."),
            ("http://[", "it is no http or https address."),
            ("https://me:secret@tsa.example/tsr", "the address has a password in it."),
        ],
    )
    def test_at_an_address_that_cannot_be_asked_is_refused_before_any_work(self, url: str, says: str) -> None:
        with pytest.raises(UserError, match=says) as error:
            timestamps.refuse_unusable(url)
        assert "secret" not in str(error.value)

    def test_is_told_a_digest_and_nothing_else(self, authority: Authority, served: tuple[Authority, str]) -> None:
        reply = timestamps.obtain(served[1], b"manifest")
        [query] = authority.asked
        assert len(query) < 80
        assert hashlib.sha256(b"manifest").digest() in query
        assert placing.OF_A_TIMESTAMP in reply
