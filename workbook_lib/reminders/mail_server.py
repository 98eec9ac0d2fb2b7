"""The mail server: who may log in, a connection that is encrypted, and one message at a time through it.

A connection that is lost is opened again. A message that the server may have by then is not handed over a second time.
"""

from __future__ import annotations

import importlib
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from functools import partial

from workbook_lib.schedule import Reminders
from workbook_lib.tables import Problem, UserError

#: Seconds for which the server may keep us waiting.
PATIENCE = 60.0
#: Variables of the environment with the login; and the service under which a keyring has the password.
USER, PASSWORD, SERVICE = "WORKBOOK_SMTP_USER", "WORKBOOK_SMTP_PASSWORD", "audit-workbook"
#: The server closes the connection (RFC 5321, 3.8).
CLOSING = 421


class RefusedError(Exception):
    """The server did not take a message over, for certain. ends : nothing more can be handed over."""

    def __init__(self, answer: str, *, ends: bool = False) -> None:
        super().__init__(answer)
        self.ends = ends


class LostError(RefusedError):
    """The connection was lost before the server had the message."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer, ends=True)


class UncertainError(Exception):
    """The connection ended before the server said whether it took the message over."""


class Courier:
    """A connection to a mail server. reach : opens it, and opens it again where it was lost.

    Lost twice without a message taken over in between, it stays closed.
    """

    def __init__(self, reach: Callable[[], smtplib.SMTP], sender: str) -> None:
        self._reach = reach
        self._sender = sender
        self._smtp = reach()
        self._was_lost = False

    def deliver(self, to: str, mail: EmailMessage) -> None:
        """Hand over one message to one address.

        Raises RefusedError where the server did not take it, UncertainError where nobody knows.
        """
        content = mail.as_bytes()
        try:
            self._hand_over(to, content)
        except LostError:
            if self._was_lost or not self._reopen():
                raise
            self._hand_over(to, content)
        self._was_lost = False

    def close(self) -> None:
        """Take leave of the server, if it still listens."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    def _reopen(self) -> bool:
        self._was_lost = True
        self._smtp.close()
        with suppress(UserError):
            self._smtp = self._reach()
            return True
        return False

    def _hand_over(self, to: str, content: bytes) -> None:
        try:
            self._expect(*self._smtp.mail(self._sender), ends=True)
            self._expect(*self._smtp.rcpt(to))
        except (smtplib.SMTPException, OSError) as error:
            raise LostError(f"the connection ended before the message: {error}") from error
        try:
            answer = self._smtp.data(content)
        except smtplib.SMTPDataError as error:
            answer = (error.smtp_code, _bytes(error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise UncertainError(str(error)) from error
        self._expect(*answer)

    def _expect(self, code: int, said: bytes, *, ends: bool = False) -> None:
        if code in (250, 251):
            return
        answer = f"{code} {said.decode('utf-8', 'replace')}"
        if code == CLOSING:
            raise LostError(answer)
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.rset()
        raise RefusedError(answer, ends=ends)


# --- login --------------------------------------------------------------------------------------------------------


def credentials(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password: from the environment, the password from a keyring where it is not there; None without a user.

    Raises UserError for a user without a password.
    """
    user = environment.get(USER, "")
    if not user:
        return None
    return user, environment.get(PASSWORD, "") or _from_keyring(user)


def _from_keyring(user: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise _no_password(
            "there is no password for it, and no keyring to ask: the package keyring is not installed.",
            f"set {PASSWORD}, or install the extra: pip install 'audit-workbook[keyring]'.",
        ) from None
    try:
        password = keyring.get_password(SERVICE, user)
    except Exception as error:  # each backend raises what it likes
        what = f"the keyring gives no password: {str(error).rstrip('.')}."
        raise _no_password(what, f"set {PASSWORD}, or unlock it.") from None
    if not password:
        what = f"there is no password for it: {PASSWORD} is not set, and the keyring has none for {user}."
        raise _no_password(what, f"set {PASSWORD}, or store the password: keyring set {SERVICE} {user}.")
    return str(password)


def _no_password(what: str, do: str) -> UserError:
    return UserError(Problem(where=USER, what=what, effect="nothing was sent.", do=do, code="no_password"))


# --- connection ---------------------------------------------------------------------------------------------------


@contextmanager
def connect(
    schedule: Reminders, login: tuple[str, str] | None, context: ssl.SSLContext | None = None
) -> Iterator[Courier]:
    """A connection that is encrypted (certificate checked) and logged in, for the time of a `with`.

    Raises UserError where there is none; nothing was sent then.
    """
    context = context or ssl.create_default_context()
    courier = Courier(partial(_reach, schedule, login, context), schedule.sender)
    try:
        yield courier
    finally:
        courier.close()


def _reach(schedule: Reminders, login: tuple[str, str] | None, context: ssl.SSLContext) -> smtplib.SMTP:
    """TLS from the first byte where the schedule says so (RFC 8314), else STARTTLS before anything is said."""
    host, port = schedule.server
    where = f"audit.toml, reminders.smtp ({host}:{port})"
    try:
        if schedule.is_tls_at_once:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
        else:
            smtp = smtplib.SMTP(host, port, timeout=PATIENCE)
    except ssl.SSLError as error:
        raise _no_encryption(where, error) from None
    except (smtplib.SMTPException, OSError) as error:
        what = f"the mail server cannot be reached: {error}."
        do = "see that host and port are right; port 465, or smtps://, means TLS at once, any other port STARTTLS."
        raise _no_server(where, what, do) from None
    try:
        _introduce(smtp, where, login, None if schedule.is_tls_at_once else context)
    except UserError:
        smtp.close()
        raise
    return smtp


def _introduce(smtp: smtplib.SMTP, where: str, login: tuple[str, str] | None, context: ssl.SSLContext | None) -> None:
    """Encrypt, where a context is given, and log in."""
    try:
        if context:
            smtp.starttls(context=context)
        if login:
            smtp.login(*login)
    except smtplib.SMTPNotSupportedError as error:
        do = f"name a server that offers STARTTLS, port 587 as a rule: messages name people. Unset {USER} for no login."
        raise _no_server(where, str(error), do) from None
    except ssl.SSLError as error:
        raise _no_encryption(where, error) from None
    except smtplib.SMTPAuthenticationError as error:
        raise _no_server(where, f"it refused the login ({error.smtp_code}).", f"check {USER} and {PASSWORD}.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise _no_server(where, f"the connection ended: {error}.", "try again; ask whoever runs the server.") from None


def _no_encryption(where: str, error: ssl.SSLError) -> UserError:
    do = "name the server as its certificate does; SSL_CERT_FILE names a file with the authorities of your own."
    if not isinstance(error, ssl.SSLCertVerificationError):
        do = "port 465, or smtps://, means TLS at once, any other port STARTTLS: see which one the server speaks."
    return _no_server(where, f"the connection cannot be encrypted: {error}.", do)


def _no_server(where: str, what: str, do: str) -> UserError:
    return UserError(Problem(where=where, what=what, effect="nothing was sent.", do=do, code="no_mail_server"))


def _bytes(said: bytes | str) -> bytes:
    return said.encode() if isinstance(said, str) else said
