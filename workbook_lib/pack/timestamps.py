"""Time stamps of packs (RFC 3161): an authority confirms that the text of tagmanifest-sha256.txt existed at a time.

Optional. What is asked and what is answered is made and checked by the program `openssl`, as VERIFY.txt tells the
reader to do; only the digest of the manifest leaves this machine.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbook_lib.tables import Problem, UserError

#: Seconds that an authority, and openssl, may take; bytes that an answer may have.
PATIENCE, LONGEST = 30.0, 1 << 20
ASKED, ANSWERED = "application/timestamp-query", "application/timestamp-reply"


class BadTimestampError(ValueError):
    """A time stamp is not what it should be; the message says how, as the rest of a sentence."""


class NoOpensslError(Exception):
    """The program that makes and checks time stamps is not installed."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a time stamp says: `at`, as openssl prints it; `vouched`, whether a certificate that the reader has named
    vouches for the authority.
    """

    at: str
    vouched: bool


def refuse_unusable(url: str) -> None:
    """Refuse an address that cannot be asked, and one that would put a password in the pack. Before any work."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused(url, "it is no http or https address.", "name the address of a time-stamp authority.")
    if parts.username or parts.password:
        raise _refused(parts.hostname, "the address has a password in it.", "name an authority that asks for none.")
    try:
        _program()
    except NoOpensslError as error:
        raise _refused("openssl", str(error), "install OpenSSL 3, or leave out --timestamp-url.") from None


def authority(url: str) -> str:
    """An address as it may be printed: what follows a question mark may be a secret.

    >>> authority("https://tsa.example:8443/tsr?key=abc")
    'https://tsa.example:8443/tsr'
    """
    return urlsplit(url)._replace(query="", fragment="").geturl()


def obtain(url: str, signed: bytes) -> bytes:
    """The answer of an authority for some bytes, checked.

    Raises UserError where it does not answer, or not rightly.
    """
    with _scratch() as folder:
        query, reply = folder / "query.tsq", folder / "reply.tsr"
        digest = hashlib.sha256(signed).hexdigest()
        try:
            _openssl("ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", str(query))
            reply.write_bytes(_ask(url, query.read_bytes()))
            _certified(folder, reply, "-queryfile", str(query))
        except BadTimestampError as error:
            raise _refused(authority(url), f"{error}.", "try again later, or leave out --timestamp-url.") from None
        return reply.read_bytes()


def check(reply: Path, signed: bytes, vouching: Path | None = None) -> Stamp:
    """What a time stamp says of some bytes.

    vouching : certificates (PEM) of the authority that the reader trusts. Without them the stamp is checked by the
    certificates that lie in it, which shows that it belongs to these bytes, and not who made it.

    Raises BadTimestampError, and NoOpensslError.
    """
    digest = hashlib.sha256(signed).hexdigest()
    with _scratch() as folder:
        if vouching:
            _verified(reply, "-digest", digest, "-CAfile", str(vouching))
        else:
            _certified(folder, reply, "-digest", digest)
    found = re.search(r"^Time stamp: (.+)$", _openssl("ts", "-reply", "-in", str(reply), "-text"), re.MULTILINE)
    return Stamp(at=found[1] if found else "a time that it does not say", vouched=bool(vouching))


def _certified(folder: Path, reply: Path, *of: str) -> None:
    """Check a time stamp by the certificates that lie in it."""
    token, certificates = folder / "token.der", folder / "certificates.pem"
    _openssl("ts", "-reply", "-in", str(reply), "-token_out", "-out", str(token), wrong="it is no granted time stamp")
    _openssl("pkcs7", "-inform", "DER", "-in", str(token), "-print_certs", "-out", str(certificates))
    if b"BEGIN CERTIFICATE" not in certificates.read_bytes():
        raise BadTimestampError("there is no certificate in it")
    _verified(reply, *of, "-CAfile", str(certificates), "-partial_chain")


def _verified(reply: Path, *options: str) -> None:
    wrong = "it is not the time stamp of this pack, or its certificates do not vouch for it"
    _openssl("ts", "-verify", "-in", str(reply), *options, wrong=wrong)


def _ask(url: str, query: bytes) -> bytes:
    """Post a query. Raises BadTimestampError."""
    request = urllib.request.Request(url, query, {"Content-Type": ASKED, "Accept": ANSWERED})  # noqa: S310 -- http(s)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            kind, body = answer.headers.get_content_type(), _read(answer, time.monotonic() + PATIENCE)
    except urllib.error.HTTPError as error:
        error.close()
        raise BadTimestampError(f"the authority answered with status {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise BadTimestampError(f"the authority did not answer: {reason}") from None
    if kind != ANSWERED or len(body) > LONGEST:
        raise BadTimestampError(f"the authority answered with {kind}, {len(body):,} bytes, and no time stamp")
    return bytes(body)


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    """An answer, no longer than may be: the patience of the connection is that for one part of it."""
    body = b""
    while len(body) <= LONGEST and (part := answer.read1(LONGEST + 1 - len(body))):
        body += part
        if time.monotonic() > until:
            raise TimeoutError("timed out")
    return body


def _program() -> str:
    if program := shutil.which("openssl"):
        return program
    raise NoOpensslError("the program openssl is not installed, and it makes and checks time stamps.")


def _openssl(*arguments: str, wrong: str = "openssl cannot read it") -> str:
    """Run openssl, and return what it printed. Raises BadTimestampError, which says what is wrong and why."""
    command = [_program(), *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadTimestampError(f"openssl did not end within {PATIENCE:g} seconds") from None
    if done.returncode:
        reasons = re.findall(r":([a-z][^:\n]+):[^:\n]*\.c:\d+", done.stderr)
        raise BadTimestampError(f"{wrong} (openssl: {reasons[-1] if reasons else f'status {done.returncode}'})")
    return done.stdout


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="workbook-timestamp-") as folder:
        yield Path(folder)


def _refused(where: str, what: str, do: str) -> UserError:
    effect = "no pack was written; an older one is as it was."
    return UserError(Problem(where=where, what=what, effect=effect, do=do, code="no_timestamp"))
