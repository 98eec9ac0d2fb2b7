"""A mail server on the loopback device, and a small audit that sends through it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
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

TODAY = dt.datetime.now(dt.UTC).date()
SECRET = "correct-horse-battery"
LOGIN = {"WORKBOOK_SMTP_USER": "robot", "WORKBOOK_SMTP_PASSWORD": SECRET}


@dataclass
class Handler:
    """Takes messages over, unless told otherwise. on_data : done before the answer to a message; no answer: it hangs up.

    hangs_up_at : numbers of the MAIL commands at which it hangs up.  at_most : messages that one connection may bring.
    """

    refuses: str = ""
    on_data: Callable[[], str] = lambda: "250 OK"
    hangs_up_at: tuple[int, ...] = ()
    at_most: int = 99
    got: list[Any] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        self.sessions.append(session)
        envelope.mail_from = address
        if len(self.sessions) in self.hangs_up_at:
            server.transport.abort()
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address == self.refuses:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if sum(one is session for one in self.sessions) > self.at_most:
            return "421 too many messages in one connection"
        answer = self.on_data()
        if not answer:
            server.transport.abort()
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
def server(handler: Handler, certificate: Path | None, *, tls_at_once: bool = False) -> Iterator[int]:
    """A mail server that asks for STARTTLS and a login; without a certificate it offers neither. Gives its port.

    tls_at_once : it is encrypted from the first byte instead.
    """
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

        options = {"authenticator": check, "auth_require_tls": not tls_at_once, "auth_required": not tls_at_once}
        options |= {"ssl_context": context} if tls_at_once else {"tls_context": context, "require_starttls": True}
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=60, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def audit(folder: Path, port: int, scheme: str = "") -> Path:
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
    text += f'\n[reminders]\nfrom = "training@acme.example"\nsmtp = "{scheme}127.0.0.1:{port}"\n'
    make(folder, changes, text)
    written = folder / "audit.toml"
    written.write_text(written.read_text().replace("extracted_on = 2026-01-05", f"extracted_on = {TODAY}"))
    return folder
