"""`workbook remind --send` against a real mail server on the loopback device: STARTTLS, login, refusals, kills."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from folders import AUDIT, make
from typer.testing import CliRunner

from workbook_lib import reminders
from workbook_lib.cli import app
from workbook_lib.schedule import Fate
from workbook_lib.tables import UserError

TODAY = dt.datetime.now(dt.UTC).date()
SECRET = "correct-horse-battery"
LOGIN = {"WORKBOOK_SMTP_USER": "robot", "WORKBOOK_SMTP_PASSWORD": SECRET}


@dataclass
class Handler:
    """Takes messages over, unless told otherwise. on_data : done before the answer to a message."""

    refuses: str = ""
    on_data: Callable[[], str] = lambda: "250 OK"
    got: list[Any] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address == self.refuses:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.on_data()
        if answer.startswith("250"):
            self.got.append(envelope)
        return answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def server(handler: Handler, certificate: Path | None) -> Iterator[int]:
    """A mail server that asks for STARTTLS and a login; without a certificate it offers neither. Gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options: dict[str, Any] = {}
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)

        def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            fits = (data.login, data.password) == (b"robot", SECRET.encode())
            return AuthResult(success=fits, handled=fits)

        options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": check}
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def audit(folder: Path, port: int) -> Path:
    """Three people who fell due yesterday; the exports are of today."""
    due = TODAY - dt.timedelta(1)
    start = due - dt.timedelta(30)
    rows = [f"E{n},P{n},p{n}@acme.example,employee,Sales,boss@acme.example,{start},\n" for n in (1, 2, 3)]
    accounts = [f"p{n}@acme.example,E{n},P{n},true\n" for n in (1, 2, 3)]
    changes = {
        "people": "person_id,name,email,worker_type,role,manager_email,start_date,end_date\n" + "".join(rows),
        "accounts": "account,person_id,name,active\n" + "".join(accounts),
    }
    text = AUDIT.split("[[requirement]]")[0] + "[[requirement]]" + AUDIT.split("[[requirement]]")[1]
    text = text.replace('"2025"', '"now"').replace("2025-01-01", str(start)).replace("2025-12-31", str(TODAY))
    text += f'\n[reminders]\nfrom = "training@acme.example"\nsmtp = "127.0.0.1:{port}"\n'
    make(folder, changes, text)
    written = folder / "audit.toml"
    written.write_text(written.read_text().replace("extracted_on = 2026-01-05", f"extracted_on = {TODAY}"))
    return folder


def command(folder: Path, certificate: Path, **more: str) -> tuple[list[str], dict[str, str]]:
    call = [sys.executable, "-m", "workbook_lib.cli", "remind", str(folder), "--send"]
    known = {key: value for key, value in os.environ.items() if not key.startswith("WORKBOOK_")}
    return call, known | {"SSL_CERT_FILE": str(certificate)} | more


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def remind(folder: Path, certificate: Path, *options: str, **more: str) -> Done:
    """`workbook remind --send` in this process, which is quicker than in one of its own."""
    environment = LOGIN | {"SSL_CERT_FILE": str(certificate)} | more
    done = CliRunner().invoke(app, ["remind", str(folder), "--send", *options], env=environment)
    if isinstance(done.exception, UserError):
        return Done(2, done.stdout, str(done.exception))
    return Done(done.exit_code, done.stdout, done.stderr)


def fates(folder: Path) -> list[str]:
    return [one.fate for one in reminders.history(folder / "reminders.sqlite")]


def test_messages_go_out_encrypted_and_once(tmp_path: Path, certificate: Path) -> None:
    handler = Handler()
    with server(handler, certificate) as port:
        folder = audit(tmp_path / "acme", port)
        first, second = remind(folder, certificate), remind(folder, certificate)
    assert (first.returncode, first.stderr) == (0, "")
    assert "Sent: 4. Refused: 0. Not tried: 0." in first.stdout
    assert "There is nothing to send today." in second.stdout
    assert [envelope.rcpt_tos for envelope in handler.got] == [
        ["p1@acme.example"], ["p2@acme.example"], ["p3@acme.example"], ["boss@acme.example"],
    ]  # fmt: skip
    assert fates(folder) == [Fate.SENT] * 6  # three of the digest
    assert all(SECRET.encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_refused_address_is_named_and_tried_again(tmp_path: Path, certificate: Path) -> None:
    handler = Handler(refuses="p2@acme.example")
    with server(handler, certificate) as port:
        folder = audit(tmp_path / "acme", port)
        first = remind(folder, certificate)
        handler.refuses = ""
        second = remind(folder, certificate)
    assert first.returncode == 1
    assert "refused: p2@acme.example: 550 no such user; it is sent again with the next run." in first.stderr
    assert (second.returncode, "Sent: 1." in second.stdout) == (0, True)
    assert [envelope.rcpt_tos[0][:2] for envelope in handler.got] == ["p1", "p3", "bo", "p2"]


def test_a_server_that_closes_loses_nothing(tmp_path: Path, certificate: Path) -> None:
    handler = Handler()
    handler.on_data = lambda: "421 too many messages" if len(handler.got) == 1 else "250 OK"
    with server(handler, certificate) as port:
        folder = audit(tmp_path / "acme", port)
        first = remind(folder, certificate)
        handler.on_data = lambda: "250 OK"
        second = remind(folder, certificate)
    assert "Sent: 1. Refused: 1. Not tried: 2." in first.stdout
    assert first.returncode == 1
    assert (second.returncode, "Sent: 3." in second.stdout) == (0, True)
    assert sorted(envelope.rcpt_tos[0][:2] for envelope in handler.got) == ["bo", "p1", "p2", "p3"]


def test_a_killed_run_sends_nothing_twice(tmp_path: Path, certificate: Path) -> None:
    """The server has the message, and kills the sender before it says so."""
    handler, running = Handler(), []

    def kill() -> str:
        if len(handler.got) == 1 and running:
            os.kill(running.pop().pid, signal.SIGKILL)
        return "250 OK"

    handler.on_data = kill
    with server(handler, certificate) as port:
        folder = audit(tmp_path / "acme", port)
        call, environment = command(folder, certificate, **LOGIN)
        with subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL) as process:
            running.append(process)
            assert process.wait(60) == -signal.SIGKILL
        assert fates(folder) == [Fate.SENT, Fate.UNCERTAIN]
        second, third = remind(folder, certificate), remind(folder, certificate)
    assert "Sent: 2." in second.stdout
    assert (second.returncode, third.returncode) == (1, 1)
    (doubtful,) = [one for one in reminders.history(folder / "reminders.sqlite") if one.fate is Fate.UNCERTAIN]
    assert f"uncertain: p2@acme.example, person, {doubtful.recorded_at}" in third.stderr
    assert f"Message-ID {doubtful.message_id}" in third.stderr
    assert [envelope.rcpt_tos[0][:2] for envelope in handler.got] == ["p1", "p2", "p3", "bo"]
    assert f"Message-ID: <{doubtful.message_id}@acme.example>".encode() in handler.got[1].content


@pytest.mark.parametrize(
    ("encrypts", "more", "says"),
    [
        (False, {}, "STARTTLS extension not supported by server"),
        (True, {"WORKBOOK_SMTP_PASSWORD": "wrong-password"}, "it refused the login (535)"),
        (True, {"SSL_CERT_FILE": "/dev/null"}, "the connection cannot be encrypted"),
        (True, {"WORKBOOK_SMTP_PASSWORD": ""}, "WORKBOOK_SMTP_USER: it is set, and there is no password for it"),
    ],
)
def test_no_secure_connection_no_mail(
    encrypts: bool, more: dict[str, str], says: str, tmp_path: Path, certificate: Path
) -> None:
    handler = Handler()
    with server(handler, certificate if encrypts else None) as port:
        folder = audit(tmp_path / "acme", port)
        done = remind(folder, certificate, **more)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Effect: nothing was sent." in done.stderr
    assert "wrong-password" not in done.stderr
    assert (handler.got, (folder / "reminders.sqlite").exists()) == ([], False)


def test_a_server_that_is_not_there(tmp_path: Path, certificate: Path) -> None:
    with socket.socket() as taken:  # bound, not listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = remind(audit(tmp_path / "acme", port), certificate)
    assert done.returncode == 2
    assert (
        textwrap.dedent(f"""\
        audit.toml, reminders.smtp (127.0.0.1:{port}): the mail server cannot be reached: """)
        in done.stderr
    )
