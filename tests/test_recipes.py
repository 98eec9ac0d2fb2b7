"""The recipes for a schedule, run as they are written: only the folder, the zone, the downloads and the mail server are others."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from post_office import LOGIN, TODAY, Handler, audit, certificate, server

from workbook_lib import reminders

__all__ = ["certificate"]
ROOT = Path(__file__).parent.parent
RECIPES = (ROOT / "workbook_lib" / "template" / "reminders" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", RECIPES, re.MULTILINE | re.DOTALL)
[FETCH, CRON] = [text for language, text in BLOCKS if language == "sh"]
[WORKFLOW] = [yaml.safe_load(text) for language, text in BLOCKS if language == "yaml"]
[DAG] = [text for language, text in BLOCKS if language == "python"]
STEPS = {step["name"]: step for step in WORKFLOW["jobs"]["remind"]["steps"] if "name" in step}
TOKENS = {"HR_TOKEN": "hr'$token", "LMS_TOKEN": "lms token"}
EVERYBODY = ["p1@acme.example", "p2@acme.example", "p3@acme.example", "boss@acme.example"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cron, and the shell of the recipes")

#: Gives the file that the address names, to whoever has the token that belongs to it.
CURL = """#!/bin/sh
set -eu
[ "$1" = -fsS ] && [ "$2" = -H ] && [ "$4" = -o ]
case "$3" in "Authorization: Bearer $HR_TOKEN") ;; "Authorization: Bearer $LMS_TOKEN") ;; *) exit 22 ;; esac
cp "{served}/${{6##*/}}" "$5"
"""


class Site:
    """A folder such as the recipes ask for; its exports are a week old, and those of today are served."""

    def __init__(self, tmp: Path, port: int) -> None:
        self.home = tmp / "srv"
        self.acme = audit(self.home / "acme", port)
        self.bin, self.served = tmp / "bin", tmp / "served"
        self.served.mkdir()
        text = (self.acme / "audit.toml").read_text()
        for table, served in (("people", "employees.csv"), ("completions", "enrollments.json")):
            text = text.replace(
                f'"{table}.csv"\nextracted_on = {TODAY}', f'"exports/{served}"\nextracted_on = 2020-01-01  # daily'
            )
        (self.acme / "audit.toml").write_text(text)
        (self.acme / "people.csv").rename(self.served / "employees.csv")
        rows = [line.split(",") for line in (self.acme / "completions.csv").read_text().splitlines()]
        (self.served / "enrollments").write_text(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]))
        self.program(self.home / "fetch-exports", FETCH.replace("TZ=Europe/Berlin", "TZ=UTC"))
        self.program(self.bin / "curl", CURL.format(served=self.served))
        self.program(self.bin / "date", f"#!/bin/sh\necho {TODAY}\n")  # midnight may come between
        workbook = f'#!/bin/sh\nexec "{sys.executable}" -m workbook_lib.cli "$@"\n'
        self.program(self.home / ".venv" / "bin" / "workbook", workbook)
        self.program(self.bin / "workbook", workbook)

    def program(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def secrets(self, certificate: Path) -> None:
        """What a user writes once; the last two stand for a machine on which the workbook is installed."""
        said = LOGIN | TOKENS | {"SSL_CERT_FILE": str(certificate), "PYTHONPATH": str(ROOT)}
        quoted = ((name, value.replace("'", "'\\''")) for name, value in said.items())
        (self.home / "secrets.env").write_text("".join(f"{name}='{value}'\n" for name, value in quoted))

    @property
    def days(self) -> list[str]:
        return re.findall(r"extracted_on = (.*)", (self.acme / "audit.toml").read_text())


@pytest.fixture
def site(tmp_path: Path, certificate: Path) -> Iterator[tuple[Site, Handler]]:
    handler = Handler()
    with server(handler, certificate) as port:
        made = Site(tmp_path, port)
        made.secrets(certificate)
        yield made, handler


def to(handler: Handler) -> list[str]:
    return [envelope.rcpt_tos[0] for envelope in handler.got]


def shell(line: str, site: Site, **more: str) -> subprocess.CompletedProcess[str]:
    """A line in the shell and the environment of cron."""
    environment = {"HOME": str(site.home), "SHELL": "/bin/sh", "PATH": f"{site.bin}:/usr/bin:/bin"} | more
    return subprocess.run(
        ["/bin/sh", "-c", line], cwd="/", env=environment, capture_output=True, text=True, timeout=120, check=False
    )


class TestCron:
    def line(self, site: Site) -> str:
        [line] = [line for line in CRON.splitlines() if not line.startswith("MAILTO")]
        *when, command = line.split(None, 5)
        assert len(when) == 5
        assert "%" not in command  # cron takes it for the end of the line
        return command.replace("/srv/audit", str(site.home))

    def test_the_line_runs(self, site: tuple[Site, Handler]) -> None:
        there, handler = site
        done = shell(self.line(there), there)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Sent: 4. Refused: 0. Not tried: 0." in done.stdout
        assert to(handler) == EVERYBODY
        assert sorted(there.days) == sorted([f"{TODAY}  # daily"] * 2 + [str(TODAY)] * (len(there.days) - 2))
        assert not list(there.acme.glob("fetch.*"))

    def test_a_download_that_fails_sends_and_changes_nothing(self, site: tuple[Site, Handler]) -> None:
        there, handler = site
        (there.served / "enrollments").unlink()
        before = there.days
        done = shell(self.line(there), there)
        assert (done.returncode, done.stdout, to(handler)) == (1, "", [])
        assert there.days == before
        assert not (there.acme / "exports").exists()
        assert not list(there.acme.glob("fetch.*"))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
class TestActions:
    """The steps of the workflow in a fresh clone for each run, as the service makes one."""

    def git(self, *call: str, cwd: Path) -> str:
        known = {"HOME": str(cwd), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
        identity = ("-c", "user.name=me", "-c", "user.email=me@acme.example", "-c", "init.defaultBranch=main")
        return subprocess.run(
            ["git", *identity, *call], cwd=cwd, env=known, capture_output=True, text=True, check=True
        ).stdout

    def remote(self, site: Site, tmp: Path) -> str:
        """A remote repository with what the user has committed."""
        self.git("init", "-q", "--bare", "remote.git", cwd=tmp)
        for ours in (".venv", "secrets.env"):
            shutil.rmtree(site.home / ours) if (site.home / ours).is_dir() else (site.home / ours).unlink()
        for call in (("init", "-q"), ("add", "."), ("commit", "-qm", "audit"), ("push", "-q", "../remote.git", "HEAD")):
            self.git(*call, cwd=site.home)
        return (tmp / "remote.git").as_uri()

    def run(
        self, site: Site, clone: Path, certificate: Path, *names: str
    ) -> dict[str, subprocess.CompletedProcess[str]]:
        secrets = {"SMTP_USER": LOGIN["WORKBOOK_SMTP_USER"], "SMTP_PASSWORD": LOGIN["WORKBOOK_SMTP_PASSWORD"]} | TOKENS
        known = {"HOME": str(clone), "PATH": f"{site.bin}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        done = {}
        for name in names:
            given = {
                key: re.sub(r"\$\{\{ secrets\.(\w+) \}\}", lambda found: secrets[found[1]], value)
                for key, value in STEPS[name].get("env", {}).items()
            }
            done[name] = subprocess.run(
                ["bash", "-e", "-c", STEPS[name]["run"]], cwd=clone, capture_output=True, text=True, timeout=120,
                check=False, env=known | {"SSL_CERT_FILE": str(certificate)} | given,
            )  # fmt: skip
        return done

    def test_each_is_written_to_once(self, site: tuple[Site, Handler], certificate: Path, tmp_path: Path) -> None:
        there, handler = site
        remote = self.remote(there, tmp_path)
        for number in (1, 2):
            clone = tmp_path / f"runner-{number}"
            self.git("clone", "-q", "--depth", "1", remote, str(clone), cwd=tmp_path)
            done = self.run(there, clone, certificate, "fetch", "remind")
            other = tmp_path / f"other-{number}"  # somebody pushes in the meantime
            self.git("clone", "-q", remote, str(other), cwd=tmp_path)
            (other / f"note-{number}").write_text("a decision")
            for call in (("add", "."), ("commit", "-qm", "note"), ("push", "-q")):
                self.git(*call, cwd=other)
            done |= self.run(there, clone, certificate, "keep the log")
            assert [(name, one.returncode, one.stderr) for name, one in done.items() if one.returncode] == []
            assert to(handler) == EVERYBODY
        assert "There is nothing to send today." in done["remind"].stdout
        checked = self.run(there, clone, certificate, "check")["check"]
        assert (checked.returncode, checked.stdout.splitlines()[-1]) == (1, "1 matter to mend.")
        log = self.git("log", "--format=%s", "main", cwd=tmp_path / "remote.git").splitlines()
        assert log == ["note", "Log of reminders", "note", "audit"]
        assert self.git("show", "--stat=200", "--format=", "HEAD~1", cwd=tmp_path / "remote.git").count("|") == 1
        self.git("clone", "-q", remote, "last", cwd=tmp_path)
        assert {one.fate for one in reminders.history(tmp_path / "last" / "acme" / "reminders.sqlite")} == {"sent"}

    def test_every_step_is_known_here(self) -> None:
        assert [*STEPS] == ["install", "fetch", "remind", "keep the log", "check", "run"]
        assert STEPS["run"]["run"] == "workbook run acme --no-pdf --fail-on-deviation"
        asked = [STEPS[name].get("if") for name in STEPS]
        assert asked == [None, None, None, "${{ always() }}", "${{ !cancelled() }}", "${{ !cancelled() }}"]

    def test_without_a_log_there_is_nothing_to_keep(
        self, site: tuple[Site, Handler], certificate: Path, tmp_path: Path
    ) -> None:
        there, _ = site
        self.git("clone", "-q", self.remote(there, tmp_path), "runner", cwd=tmp_path)
        [done] = self.run(there, tmp_path / "runner", certificate, "keep the log").values()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestAirflow:
    """What can be told without Airflow; the recipe was executed with `dag.test()` of Airflow 3.0.6."""

    def calls(self) -> dict[str, dict[str, Any]]:
        """Task → its arguments, where they are plain."""
        names = {node.targets[0].id: node.value for node in ast.walk(ast.parse(DAG)) if isinstance(node, ast.Assign)}  # type: ignore[attr-defined]
        ready = ast.literal_eval(names.pop("READY"))

        def plain(value: ast.expr) -> Any:
            return eval(ast.unparse(value), {"READY": ready})

        return {
            name: {word.arg: plain(word.value) for word in call.keywords if word.arg}
            for name, call in names.items()
            if isinstance(call, ast.Call)
        }

    def test_the_shell_tasks_are_what_cron_runs(self) -> None:
        calls = self.calls()
        assert [*calls] == ["fetch", "remind", "readiness", "pack"]
        fetch, remind = (calls[task]["bash_command"] for task in ("fetch", "remind"))
        assert CRON.rstrip().endswith(
            f"  {fetch} && {remind.removeprefix('cd /srv/audit && set -a && . ./secrets.env && ')}"
        )
        assert calls["pack"]["bash_command"] == "cd /srv/audit && .venv/bin/workbook run acme --out out"

    def test_the_notebook_knows_what_it_is_given(self) -> None:
        task = self.calls()["readiness"]
        notebook = ROOT / Path(task["input_nb"]).relative_to("/srv/audit")
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        [known] = [cell["source"] for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        assert set(task["parameters"]) <= set(re.findall(r"^(\w+): str = ", "".join(known), re.MULTILINE))
        paths = [task["input_nb"], task["output_nb"], *task["parameters"].values()]
        assert [path for path in paths if not path.startswith("/srv/audit/")] == []
        assert f"--name {task['kernel_name']}`" in RECIPES
