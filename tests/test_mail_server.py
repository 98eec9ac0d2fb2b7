"""`workbook remind --send` against a real mail server on the loopback device: TLS, login, refusals, lost connections."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from post_office import LOGIN, SECRET, TODAY, Handler, audit, certificate, server
from typer.testing import CliRunner

from workbook_lib import reminders
from workbook_lib.audit import load_audit
from workbook_lib.cli import app
from workbook_lib.schedule import Fate
from workbook_lib.tables import UserError

__all__ = ["certificate"]


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


class TestTlsAtOnce:
    """Encrypted from the first byte, as on port 465."""

    def test_messages_go_out(self, tmp_path: Path, certificate: Path) -> None:
        handler = Handler()
        with server(handler, certificate, tls_at_once=True) as port:
            done = remind(audit(tmp_path / "acme", port, "smtps://"), certificate)
        assert (done.returncode, done.stderr) == (0, "")
        assert [envelope.rcpt_tos[0][:2] for envelope in handler.got] == ["p1", "p2", "p3", "bo"]

    @pytest.mark.parametrize(
        ("scheme", "trusted", "says"),
        [
            ("smtps://", False, "the connection cannot be encrypted"),
            ("smtps://", True, "port 465, or smtps://, means TLS at once, any other port STARTTLS"),
        ],
    )
    def test_no_secure_connection_no_mail(
        self, scheme: str, trusted: bool, says: str, tmp_path: Path, certificate: Path
    ) -> None:
        """An authority that is not known; and a server that speaks STARTTLS."""
        handler = Handler()
        with server(handler, certificate, tls_at_once=not trusted) as port:
            more = {} if trusted else {"SSL_CERT_FILE": "/dev/null"}
            done = remind(audit(tmp_path / "acme", port, scheme), certificate, **more)
        assert done.returncode == 2
        assert says in done.stderr
        assert handler.got == []


@dataclass(frozen=True)
class Day:
    """A day on which four messages are planned, judged once for all tests that only send."""

    letterhead: reminders.Letterhead
    company: reminders.Company

    def send(self, log: Path, port: int, certificate: Path) -> reminders.Sent:
        """A run: what the log does not know is sent."""
        schedule = self.letterhead.schedule.model_copy(update={"smtp": f"127.0.0.1:{port}"})
        plan = reminders.plan(self.company, schedule, reminders.history(log))
        now = dt.datetime.now(dt.UTC)
        context = ssl.create_default_context(cafile=certificate)
        with reminders.connect(schedule, ("robot", SECRET), context) as courier:
            return reminders.send(
                log, plan.messages, lambda m: self.letterhead.write(m, now), courier, on=TODAY, now=lambda: now
            )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    checked = load_audit(audit(tmp_path_factory.mktemp("day") / "acme", 1))
    company = reminders.company_on(checked, TODAY)
    assert checked.reminders
    letterhead = reminders.Letterhead(audit=checked, schedule=checked.reminders, on=TODAY, as_of=company.as_of)
    return Day(letterhead, company)


class TestALostConnection:
    """It is opened again, and nothing goes out twice."""

    @pytest.fixture
    def run(self, day: Day, tmp_path: Path, certificate: Path) -> Callable[[Handler], tuple[str, str]]:
        """A run, and one after it that finds a sound server: what became of the messages, and whom they reached."""

        def runs(handler: Handler) -> tuple[str, str]:
            log, told = tmp_path / "reminders.sqlite", []
            with server(handler, certificate) as port:
                for _ in range(2):
                    done = day.send(log, port, certificate)
                    told.append(
                        f"{done.sent} sent, {len(done.refused)} refused, {len(done.uncertain)} uncertain, {done.left} left"
                    )
                    handler.on_data, handler.hangs_up_at = (lambda: "250 OK"), ()
            return "; ".join(told), " ".join(envelope.rcpt_tos[0][:2] for envelope in handler.got)

        return runs

    NOTHING = "0 sent, 0 refused, 0 uncertain, 0 left"

    def test_a_server_that_takes_one_message_per_connection(self, run: Callable[[Handler], tuple[str, str]]) -> None:
        assert run(Handler(at_most=1)) == (f"4 sent, 0 refused, 0 uncertain, 0 left; {self.NOTHING}", "p1 p2 p3 bo")

    def test_before_the_message_it_is_sent_nevertheless(self, run: Callable[[Handler], tuple[str, str]]) -> None:
        handler = Handler(hangs_up_at=(2,))
        assert run(handler) == (f"4 sent, 0 refused, 0 uncertain, 0 left; {self.NOTHING}", "p1 p2 p3 bo")

    def test_twice_without_a_message_between_ends_the_run(self, run: Callable[[Handler], tuple[str, str]]) -> None:
        assert run(Handler(hangs_up_at=(2, 3))) == (
            "1 sent, 1 refused, 0 uncertain, 2 left; 3 sent, 0 refused, 0 uncertain, 0 left",
            "p1 p2 p3 bo",
        )

    def test_in_a_message_it_is_not_sent_again(self, run: Callable[[Handler], tuple[str, str]]) -> None:
        handler = Handler()
        handler.on_data = lambda: "" if len(handler.sessions) == 2 else "250 OK"
        assert run(handler) == (f"3 sent, 0 refused, 1 uncertain, 0 left; {self.NOTHING}", "p1 p3 bo")

    def test_the_command_says_how_to_look_for_it(self, tmp_path: Path, certificate: Path) -> None:
        handler = Handler()
        handler.on_data = lambda: "" if len(handler.sessions) == 2 else "250 OK"
        with server(handler, certificate) as port:
            folder = audit(tmp_path / "acme", port)
            done = remind(folder, certificate)
        (doubtful,) = [one for one in reminders.history(folder / "reminders.sqlite") if one.fate is Fate.UNCERTAIN]
        assert done.returncode == 1
        assert "Sent: 3. Refused: 0. Not tried: 0. Uncertain: 1." in done.stdout
        assert done.stderr == (
            "uncertain: p2@acme.example: the run or the connection ended while it was handed over. Look for Message-ID "
            f"{doubtful.message_id} in the log of the mail server; after an hour --send --retry-uncertain sends it once "
            "more.\n"
        )

    def test_in_every_message_puts_two_in_doubt(self, run: Callable[[Handler], tuple[str, str]]) -> None:
        assert run(Handler(on_data=lambda: "")) == (
            "0 sent, 1 refused, 2 uncertain, 1 left; 2 sent, 0 refused, 0 uncertain, 0 left",
            "p3 bo",
        )


class TestKeyring:
    """The password in a keyring: `keyring` is the interface, and the store behind it the system's."""

    @pytest.fixture
    def store(self, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
        held: dict[tuple[str, str], str] = {}
        module = ModuleType("keyring")
        module.get_password = lambda service, user: held.get((service, user))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "keyring", module)
        return held

    def test_it_logs_in(self, store: dict[tuple[str, str], str], tmp_path: Path, certificate: Path) -> None:
        store["audit-workbook", "robot"] = SECRET
        handler = Handler()
        with server(handler, certificate) as port:
            done = remind(audit(tmp_path / "acme", port), certificate, WORKBOOK_SMTP_PASSWORD="")
        assert (done.returncode, len(handler.got)) == (0, 4)

    def test_the_environment_comes_first(self, store: dict[tuple[str, str], str]) -> None:
        store["audit-workbook", "robot"] = "older"
        assert reminders.credentials(LOGIN) == ("robot", SECRET)
        assert reminders.credentials({}) is None

    def test_without_a_password_it_says_how_to_store_one(self, store: dict[tuple[str, str], str]) -> None:
        store["another", "robot"] = SECRET
        with pytest.raises(UserError) as error:
            reminders.credentials({"WORKBOOK_SMTP_USER": "robot"})
        assert str(error.value).startswith(
            "WORKBOOK_SMTP_USER: there is no password for it: WORKBOOK_SMTP_PASSWORD is not set, and the keyring has "
            "none for robot."
        )
        assert "keyring set audit-workbook robot" in str(error.value)

    def test_a_store_that_is_locked(self, store: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch) -> None:
        def locked(service: str, user: str) -> str:
            raise RuntimeError("No recommended backend was available")

        monkeypatch.setattr(sys.modules["keyring"], "get_password", locked)
        with pytest.raises(UserError) as error:
            reminders.credentials({"WORKBOOK_SMTP_USER": "robot"})
        assert "the keyring gives no password: No recommended backend was available." in str(error.value)

    def test_without_the_package_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(UserError) as error:
            reminders.credentials({"WORKBOOK_SMTP_USER": "robot"})
        assert "the package keyring is not installed" in str(error.value)
        assert "pip install 'audit-workbook[keyring]'" in str(error.value)
