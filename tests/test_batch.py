"""Many packs at once: what fails stops nothing, what stands is not made again, and an index tells of all."""

from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import small
from folders import AUDIT, make, without
from test_publish import BROWSER, Page, Visit

from workbook_lib.batch import index, processes, tasks
from workbook_lib.batch.tasks import Entry, Options, Outcome, Task
from workbook_lib.cli import batching
from workbook_lib.pack import production, recipe, signing, verify
from workbook_lib.publish.paper import Paper
from workbook_lib.tables import UserError

#: Two periods that can be judged, and one that begins after the exports.
PERIODS = """[[period]]
name = "2024"
start = 2024-01-01
end = 2024-12-31

[[period]]
name = "2025"
start = 2025-01-01
end = 2025-12-31

[[period]]
name = "2026"
start = 2026-02-01
end = 2026-12-31

"""
THREE = PERIODS + AUDIT.replace('[[period]]\nname = "2025"\nstart = 2025-01-01\nend = 2025-12-31\n', "")
#: Seconds after which something that should happen has not.
LONG = 300


def environment(tmp_path: Path) -> dict[str, str]:
    """Of a command that prints no PDF and leaves what it leaves where the test can see it."""
    (tmp_path / "tmp").mkdir(exist_ok=True)
    return os.environ | {"WORKBOOK_BROWSER": "none", "TMPDIR": str(tmp_path / "tmp"), "COLUMNS": "200"}


def line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "workbook_lib.cli", "batch", *map(str, arguments)]


def batch(tmp_path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line(*arguments), capture_output=True, text=True, check=False, env=environment(tmp_path))


def until(happened: Callable[[], Any]) -> Any:
    """Wait for something to happen, and return what it is."""
    end = time.monotonic() + LONG
    while not (found := happened()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "batch.json").read_text(encoding="utf-8"))
    return found


class Made(NamedTuple):
    """A batch that was run: where its audits and packs are, and what it said."""

    folder: Path
    done: subprocess.CompletedProcess[str]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def again(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return batch(self.folder, self.folder / "acme", self.folder / "broken", *arguments, "--out", self.out)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("batch")
    make(folder / "acme", without("completions", "2025-11-20"), THREE)
    make(folder / "broken", audit=AUDIT.replace("due_within_days = 60", "due_within_day = 60"))
    paths = (folder / "broken", folder / "acme", folder / "acme/audit.toml")
    return Made(folder, batch(folder, *paths, "--jobs", 2, "--out", folder / "out"))


class TestOneThatFails:
    def test_stops_no_other_and_ends_in_1(self, made: Made) -> None:
        assert made.done.returncode == 1, made.done.stderr
        lines = sorted(line.partition("] ")[2] or line for line in made.done.stdout.splitlines())
        assert lines == [
            f"Index: {made.out / 'index.html'}. For programs: {made.out / 'batch.json'}.",
            "acme 2024: made (there was none). On time: 4 of 7 (57.1 %), 3 deviations.",
            "acme 2025: made (there was none). On time: 8 of 9 (88.9 %), 1 deviation.",
            "acme 2026: not begun: audit.toml, extracted_on: the as-of day 2026-01-04 is before period 2026 starts on "
            "2026-02-01.",
        ]
        assert made.done.stderr.splitlines() == [
            "broken: failed: audit.toml, requirement[2].due_within_days: it is missing. Do: add it. And 1 "
            "problem more; the index tells."
        ]
        names = {path.name for path in made.out.iterdir()}
        assert names == {"acme-2024", "acme-2025", "index.html", "batch.json", "history.sqlite"}
        for pack in ("acme-2024", "acme-2025"):
            assert verify.verify(made.out / pack).findings == ()

    def test_is_in_the_summary_with_the_whole_message(self, made: Made) -> None:
        made.again()
        found = summary(made.out)
        assert found["counts"] == {"made": 0, "unchanged": 2, "not begun": 1, "failed": 1}
        keys = ("audit", "period", "outcome", "pack", "on_time", "deviations")
        assert [tuple(pack[key] for key in keys) for pack in found["packs"]] == [
            ("acme", "2024", "unchanged", "acme-2024", {"met": 4, "judged": 7}, 3),
            ("acme", "2025", "unchanged", "acme-2025", {"met": 8, "judged": 9}, 1),
            ("acme", "2026", "not begun", None, None, None),
            ("broken", "", "failed", None, None, None),
        ]
        told = found["packs"][3]["why"]
        assert "did you mean 'due_within_days'?" in told
        assert "  Do: correct or remove it." in told
        assert str(made.folder) not in json.dumps(found)
        pack = made.out / "acme-2025"
        assert found["packs"][1]["result"] == json.loads((pack / "data/result.json").read_text(encoding="utf-8"))
        assert f"Result-Digest: {found['packs'][1]['result_digest']}\n" in (pack / "bag-info.txt").read_text()

    def test_is_in_the_index_which_leads_to_the_others(self, made: Made) -> None:
        page = (made.out / "index.html").read_text(encoding="utf-8")
        assert '<a href="acme-2024/data/evidence.html">acme 2024</a>' in page
        assert "did you mean 'due_within_days'?" in page
        assert str(made.folder) not in page

    def test_ends_in_2_where_there_is_no_other(self, made: Made, tmp_path: Path) -> None:
        done = batch(tmp_path, made.folder / "broken", made.folder / "nowhere", "--out", tmp_path / "out")
        assert done.returncode == 2
        assert summary(tmp_path / "out")["counts"]["failed"] == 2

    def test_a_period_that_is_named_and_has_not_begun_is_one(self, made: Made) -> None:
        options = Options(out=made.out)
        (named,) = tasks.plan([made.folder / "acme"], ["2026"], options)
        assert isinstance(named, Entry)
        assert named.outcome is Outcome.FAILED


class TestAnUnchangedPack:
    def test_is_not_made_again_and_the_exit_code_is_0(self, made: Made) -> None:
        before = {name: (made.out / name).stat().st_ino for name in ("acme-2024", "acme-2025")}
        done = batch(made.folder, made.folder / "acme", "--periods", "2025, 2024", "--out", made.out)
        assert (done.returncode, done.stderr) == (0, "")
        assert "acme 2025: unchanged. On time: 8 of 9 (88.9 %), 1 deviation." in done.stdout
        assert {name: (made.out / name).stat().st_ino for name in before} == before
        assert [pack["period"] for pack in summary(made.out)["packs"]] == ["2025", "2024"]

    @pytest.fixture
    def copy(self, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        """The audit and its pack, elsewhere."""
        monkeypatch.setenv("WORKBOOK_BROWSER", "none")
        shutil.copytree(made.folder / "acme", tmp_path / "acme")
        shutil.copytree(made.out / "acme-2025", tmp_path / "out/acme-2025")
        return tmp_path

    def reason(self, folder: Path, **options: Any) -> str:
        task = Task(audit=folder / "acme", period="2025", options=Options(out=folder / "out", **options))
        return production.reason_to_make(tasks._job(task))

    def test_is_one_wherever_it_lies_and_in_whatever_memory(self, copy: Path) -> None:
        assert self.reason(copy) == ""
        assert self.reason(copy, memory_limit="512MB") == ""

    def test_is_told_every_option(self, copy: Path) -> None:
        asked = Options(
            out=copy, paper=Paper.LETTER, prints=False, timestamp_url="http://t.example", memory_limit="1GB"
        )
        job = tasks._job(Task(audit=copy / "acme", period="2025", options=asked))
        shared = {field.name for field in fields(Options)} & {field.name for field in fields(production.Job)}
        assert {name: getattr(job, name) for name in shared} == {name: getattr(asked, name) for name in shared}
        assert shared >= {"prepared_by", "browser", "zips", "timestamp_url", "memory_limit"}

    @pytest.mark.parametrize("file", ["completions.csv", "audit.toml", "programme.md"])
    def test_is_none_with_another_byte_in_an_input(self, copy: Path, file: str) -> None:
        with (copy / "acme" / file).open("a") as input_file:
            input_file.write("\n")
        assert self.reason(copy) == "other inputs"

    def test_is_none_after_a_decision(self, copy: Path) -> None:
        from workbook_lib import register

        decision = {
            "decision_id": "d1",
            "kind": "exclude",
            "decided_by": "grc@acme.example",
            "account": "x",
            "reason": "a robot",
        }
        register.append(register.register_of(copy / "acme"), [decision])
        assert self.reason(copy) == "other decisions"

    def test_is_none_with_other_options(self, copy: Path) -> None:
        assert self.reason(copy, prepared_by="J. Doe") == "other options"
        assert self.reason(copy, zips=True) == "other options"
        assert self.reason(copy, timestamp_url="http://127.0.0.1:9/tsr") == "other options"
        signing.new_key(copy / "key")
        assert self.reason(copy, sign_with=copy / "key") == "other options"

    def test_is_none_where_a_browser_is_found_now(self, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WORKBOOK_BROWSER", sys.executable)
        assert self.reason(copy) == "other options"
        assert self.reason(copy, prints=False) == "other options"

    def test_is_none_with_another_version_or_another_rule(self, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recipe, "_own_files", lambda only=(), but=(): "another")
        assert self.reason(copy) == "other rules, versions"

    def test_is_none_where_it_was_altered(self, copy: Path) -> None:
        (copy / "out/acme-2025/data/evidence.html").write_text("all is well")
        assert self.reason(copy) == "the one there did not verify"

    def test_is_none_where_it_does_not_say_what_it_was_made_from(self, copy: Path) -> None:
        (copy / "out/acme-2025/data/run.json").write_text("{}")
        assert self.reason(copy) == "the one there does not say what it was made from"
        shutil.rmtree(copy / "out/acme-2025")
        assert self.reason(copy) == "there was none"


class TestNothingIsReplacedThatIsAnothers:
    def test_two_packs_of_one_name_are_refused_before_any_work(self, tmp_path: Path) -> None:
        folders = [make(tmp_path / "x/acme"), make(tmp_path / "y/Acme")]
        done = batch(tmp_path, *folders, "--out", tmp_path / "out")
        assert done.returncode == 2
        assert "two packs would have this name: period 2025 of" in done.stderr
        assert not (tmp_path / "out").exists()

    def test_a_period_that_no_audit_has_is_refused_before_any_work(self, tmp_path: Path) -> None:
        done = batch(tmp_path, make(tmp_path / "acme"), "--periods", "2025,20255", "--out", tmp_path / "out")
        assert done.returncode == 2
        assert done.stderr == (
            "--periods: no audit has a period '20255'; did you mean '2025'?\n  Effect: no pack was made.\n"
            "  Do: use `all`, or names out of 2025.\n"
        )
        assert not (tmp_path / "out").exists()

    def test_a_period_that_another_audit_has_fails_where_it_is_not(self, tmp_path: Path) -> None:
        later = AUDIT.replace('name = "2025"', 'name = "later"')
        folders = [make(tmp_path / "acme"), make(tmp_path / "other", audit=later)]
        plan = tasks.plan(folders, ["2025"], Options(out=tmp_path / "out"))
        assert [getattr(item, "to_do", "") for item in plan] == ["", "Do: use one of later."]

    def test_no_message_of_the_index_says_where_the_audits_lie(self, tmp_path: Path) -> None:
        folder = make(tmp_path / "acme")
        (folder / "exports").mkdir()
        (wrong,) = tasks.plan([folder / "exports"], ["all"], Options(out=tmp_path / "out"))
        assert isinstance(wrong, Entry)
        assert wrong.to_do == "Do: name an audit folder, or its audit.toml; there is one in acme."

    def test_a_folder_given_twice_is_one_audit(self, tmp_path: Path) -> None:
        folder = make(tmp_path / "acme")
        plan = tasks.plan([folder, folder / "audit.toml", folder / ".." / "acme"], ["all"], Options(out=tmp_path))
        assert plan == [Task(audit=folder, period="2025", options=Options(out=tmp_path))]

    def test_the_pack_of_another_organisation_stands(self, made: Made, tmp_path: Path) -> None:
        shutil.copytree(made.out / "acme-2025", tmp_path / "out/acme-2025")
        make(tmp_path / "acme", audit=AUDIT.replace('"Acme"', '"Acme Two"'))
        entry = tasks.make(Task(audit=tmp_path / "acme", period="2025", options=Options(out=tmp_path / "out")))
        assert entry.outcome is Outcome.FAILED
        assert entry.in_short == ["acme-2025: there is a pack of this name, of another organisation: Acme."]

    @pytest.mark.parametrize("name", ["index.html", "batch.json"])
    def test_a_file_that_is_no_index_of_ours_stands(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("<title>My own</title>")
        with pytest.raises(UserError, match="was not written by a batch"):
            index.refuse_foreign(tmp_path)


# --- processes ----------------------------------------------------------------------------------------------------


def at_work(out: Path) -> list[Path]:
    """The workshops of the runs that go on, once their notebooks do."""
    return list(out.glob(".*.run-*/*/data/inputs/audit.toml")) if out.exists() else []


def processes_of(tmp_path: Path) -> list[str]:
    """Processes whose command line or temporary folder is of this test: runs, their workers, their kernels."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if str(tmp_path).encode() in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes():
                    found.append(folder.name)
            except OSError:
                continue
    return found


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed_takes_its_own_pack_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: signal.Signals
) -> None:
    monkeypatch.setenv("WORKBOOK_BROWSER", "none")
    plan = tasks.plan([make(tmp_path / "acme"), make(tmp_path / "bolt")], ["all"], Options(out=tmp_path / "out"))
    wanted = [item for item in plan if isinstance(item, Task)]

    def kill() -> None:
        until(lambda: at_work(tmp_path / "out"))
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, end)

    thread = threading.Thread(target=kill)
    thread.start()
    (first, lost), (second, stands) = processes.make_all(wanted, 1)
    thread.join()
    assert (first, lost.outcome, lost.why) == (wanted[0], Outcome.FAILED, processes.LOST)
    assert (second, stands.outcome, stands.pack) == (wanted[1], Outcome.MADE, "bolt-2025")
    until(lambda: multiprocessing.active_children() == [])


def test_a_worker_that_ends_between_two_packs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_made", of_no_work)
    wanted = [Task(audit=tmp_path / name, period="2025", options=Options(out=tmp_path)) for name in ("acme", "bolt")]
    made = []
    for _, entry in processes.make_all(wanted, 1):
        made.append(entry.audit)
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        time.sleep(0.5)  # until its pool knows
    assert made == ["acme", "bolt"]


def of_no_work(task: Task) -> Entry:
    return Entry(audit=task.audit.name, period=task.period, outcome=Outcome.MADE)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells which processes are left")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_when_a_batch_is_ended(tmp_path: Path, end: signal.Signals) -> None:
    make(tmp_path / "acme", audit=THREE)
    command = line(tmp_path / "acme", "--out", tmp_path / "out", "--jobs", 2)
    process = subprocess.Popen(
        command,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever starts these tests in the background hands down that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until(lambda: at_work(tmp_path / "out"))
    process.send_signal(end)
    _, said = process.communicate(timeout=LONG)
    until(lambda: not processes_of(tmp_path))
    if end is signal.SIGINT:
        assert process.returncode == 130
        assert said == (
            "Stopped after 0 of 2 packs. They stand; the index is as it was. Run it again: what stands is not made again.\n"
        )
        assert list((tmp_path / "out").iterdir()) == []


# --- Dask ---------------------------------------------------------------------------------------------------------


def test_no_scheduler_is_a_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    from workbook_lib.batch import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 1)
    task = Task(audit=tmp_path, period="2025", options=Options(out=tmp_path))
    with pytest.raises(UserError, match=r"--executor dask://127.0.0.1:9: no scheduler answers"):
        list(cluster.make_all([task], "dask://127.0.0.1:9"))


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts parts of a cluster, and ends them with the test."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running.append(subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), **quiet))  # type: ignore[call-overload]
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_cluster_makes_the_packs_though_a_worker_is_killed(
    tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    make(tmp_path / "acme", audit=THREE)
    facts = tmp_path / "scheduler.json"
    started("scheduler", "--port", "0", "--scheduler-file", str(facts))
    address = until(lambda: facts.exists() and facts.read_text() and json.loads(facts.read_text())["address"])
    ones = ("--nworkers", "1", "--nthreads", "1", "--no-nanny")
    workers = [started("worker", address, *ones, "--name", name) for name in ("one", "two")]
    command = line(tmp_path / "acme", "--out", tmp_path / "out", "--executor", address.replace("tcp", "dask"))
    process = subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: len(at_work(tmp_path / "out")) == 2)
    workers[0].kill()
    said, complaints = process.communicate(timeout=LONG)
    assert process.returncode == 0, complaints
    assert "acme 2024: made (there was none). On time: 4 of 7 (57.1 %), 3 deviations." in said
    assert "acme 2025: made (there was none). On time: 9 of 9 (100 %), 0 deviations." in said
    assert summary(tmp_path / "out")["counts"] == {"made": 2, "unchanged": 0, "not begun": 1, "failed": 0}
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"acme-2024", "acme-2025", "index.html", "batch.json", "history.sqlite"}
    for pack in ("acme-2024", "acme-2025"):
        assert verify.verify(tmp_path / "out" / pack).findings == ()
    assert workers[1].poll() is None


# --- the index ----------------------------------------------------------------------------------------------------


def entry(audit: str, year: int, met: int, late: int, missing: int, organisation: str = "Acme", **more: Any) -> Entry:
    """The entry of a pack of a year, as a batch gives it."""
    period = {"name": str(year), "start": f"{year}-01-01", "end": f"{year}-12-31", "judged_to": f"{year}-12-31"}
    result = {
        "organisation": organisation,
        "period": {**period, "interim": False},
        "verdicts": {"met": met, "late": late, "missing": missing, "left": 2},
        "exceptions": {"total": late + missing, "unexplained": missing},
        "procedures": {"P1": {"outcome": "no exceptions noted"}, "P3": {"outcome": "exceptions noted"}},
    }
    known = {"outcome": Outcome.MADE, "pack": f"{audit}-{year}", "digest": "0" * 64, "result": result}
    return Entry(audit=audit, period=str(year), **known | more)


def test_the_procedures_that_noted_something_are_in_the_order_of_their_numbers() -> None:
    said = {name: {"outcome": "exceptions noted"} for name in ("P1", "P10", "P2", "P9")}
    known = {"outcome": Outcome.MADE, "pack": "a", "digest": "", "result": {"procedures": said}}
    assert list(Entry(audit="a", period="1", **known).noted) == ["P1", "P2", "P9", "P10"]


def test_a_procedure_that_was_not_performed_is_named_and_fails_nothing() -> None:
    said = {"P1": {"outcome": "no exceptions noted"}, "P13": {"outcome": "not performed"}}
    known = Entry(audit="a", period="1", outcome=Outcome.MADE, pack="a", digest="", result={"procedures": said})
    assert (known.noted, index._noted(known)) == ([], "none; not performed: P13")
    assert batching._code([known], fail_on_deviation=True) == 0


@pytest.mark.parametrize(
    ("outcomes", "fails_on_deviation", "code"),
    [
        ("made made", False, 0),
        ("made made", True, 1),
        ("made failed", False, 1),
        ("not_begun", True, 0),
        ("failed", True, 2),
    ],
)
def test_the_exit_code(outcomes: str, fails_on_deviation: bool, code: int) -> None:
    entries = [
        entry("a", 2025, 5, 1, 0) if name == "made" else Entry(audit="b", period="1", outcome=Outcome[name.upper()])
        for name in outcomes.split()
    ]
    assert batching._code(entries, fail_on_deviation=fails_on_deviation) == code


TELLS = """
import time
from pathlib import Path
from workbook_lib.batch.tasks import Entry, Options, Outcome, Task
from workbook_lib.cli.batching import _told

def finished():
    for period in ("2024", "2025"):
        time.sleep(0.3)
        task = Task(audit=Path("acme"), period=period, options=Options(out=Path("out")))
        yield task, Entry(audit="acme", period=period, outcome=Outcome.FAILED, why="no [bold]such[/] file")

print(len(_told(finished(), 2)), "told")
"""
LINES = ["[1/2] acme 2024: failed: no [bold]such[/] file", "[2/2] acme 2025: failed: no [bold]such[/] file", "2 told"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_each_pack_has_a_line_above_the_bar() -> None:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", TELLS],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the end of a pseudo-terminal is an error
            while part := os.read(ours, 1 << 16):
                said += part
    os.close(ours)
    assert process.returncode == 0
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode()).replace("\r", "\n").splitlines()
    assert [line.rstrip() for line in shown if line.startswith(("[", "2 told"))] == LINES
    assert any("packs 1/2" in line and line.endswith("left") for line in map(str.rstrip, shown))


def test_elsewhere_each_pack_has_a_line_and_there_is_no_bar() -> None:
    done = subprocess.run([sys.executable, "-c", TELLS], capture_output=True, text=True, check=True)
    assert (done.stdout.splitlines(), done.stderr) == (LINES, "")


def test_the_trend_states_each_period_and_what_changed() -> None:
    entries = [entry("b", 2025, 5, 0, 0, "Bolt"), entry("a", 2025, 9, 1, 0), entry("a", 2024, 6, 2, 2)]
    lines = index._lines(entries)
    rates, deviations = index._on_time(lines), index._deviations(lines)
    assert rates.says == (
        "The on-time rate rose in 1 of 1 audit from the period before to the last one. It fell in 0 and was the same in 0.",
    )
    assert [tuple(row)[-2:] for row in rates.table.itertuples(index=False)] == [
        ("5 of 5 (100 %)", None), ("6 of 10 (60.0 %)", None), ("9 of 10 (90.0 %)", "up 30.0 points"),
    ]  # fmt: skip
    assert [tuple(row)[-4:] for row in deviations.table.itertuples(index=False)] == [
        (0, 0, "0 of 5 (0 %)", None), (2, 2, "4 of 10 (40.0 %)", None), (1, 0, "1 of 10 (10.0 %)", "down 3"),
    ]  # fmt: skip
    assert rates.figure is not None
    drawn = {trace["name"]: (trace["x"], trace["y"]) for trace in rates.figure["data"]}
    assert drawn == {"Acme": (["2024-12-31", "2025-12-31"], [60.0, 90.0]), "Bolt": (["2025-12-31"], [100.0])}


def test_a_full_disk_at_the_index_is_told_and_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "batch.json").write_text("older")

    def full(path: Path, text: str, **_: Any) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match="it cannot be written: No space left on device") as refused:
        index.write(tmp_path, [entry("a", 2025, 1, 0, 0)])
    (problem,) = refused.value.problems
    assert problem.effect == "the packs that were made stand; no index of them was written."
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("batch.json", "older")]


def test_a_single_period_is_no_trend_and_no_judged_duty_is_no_rate() -> None:
    lines = index._lines([entry("a", 2025, 0, 0, 0)])
    assert index._on_time(lines).says == (
        "No audit has two periods here, so there is no trend of the on-time rate yet.",
    )
    assert index._on_time(lines).table["On time"].tolist() == ["0 of 0"]
    assert index._on_time(lines).figure is index._deviations(lines).figure is None


def test_more_audits_than_can_be_told_apart_are_all_in_the_table() -> None:
    lines = index._lines([entry(f"a{n}", year, n, 1, 0) for n in range(9) for year in (2024, 2025)])
    shown = index._on_time(lines)
    assert shown.says[1] == "Drawn are the 8 of 9 audits with the lowest last rates; the table has all."
    assert shown.figure is not None
    assert len(shown.figure["data"]) == 8
    assert len(shown.table) == 18


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """An index in which every text that comes from outside tries to run a script."""
    out = tmp_path_factory.mktemp("index")
    entries = [
        *(
            entry(text, year, year - 2020, 1, n % 3, text)
            for n, text in enumerate(small.PAYLOADS)
            for year in (2024, 2025)
        ),
        *(
            Entry(audit=text, period=text, outcome=Outcome.FAILED, why=f"{text}: {text}\n  Effect: x")
            for text in small.PAYLOADS
        ),
    ]
    index.write(out, entries)
    return Page(None, out / "index.ipynb", (out / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--disable-gpu", *alone])
        yield browser
        browser.close()


@pytest.mark.browser
class TestTheIndexInTheBrowser:
    def test_lets_no_data_run_and_asks_nobody(self, chromium: Any, hostile: Page) -> None:
        visit = Visit(chromium, hostile)
        assert visit.view.evaluate("document.documentElement.dataset.figures") == "2"
        assert visit.view.evaluate("window.fired") is None
        assert visit.complaints == []
        assert visit.outside() == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_is_open_to_everybody(self, chromium: Any, hostile: Page, scheme: str) -> None:
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
        found = axe.run(Visit(chromium, hostile, color_scheme=scheme, bypass_csp=True).view)
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found.response["violations"]] == []

    def test_fits_a_telephone(self, chromium: Any, hostile: Page) -> None:
        view = Visit(chromium, hostile, viewport={"width": 390, "height": 800}).view
        assert view.evaluate("document.documentElement.scrollWidth") <= 390

    def test_leads_only_to_what_lies_below_it(self, chromium: Any, hostile: Page) -> None:
        view = Visit(chromium, hostile).view
        here = hostile.file.parent.as_uri()
        links = view.evaluate("[...document.querySelectorAll('td a, th a')].map(a => a.href)")
        assert len(links) == 2 * len(small.PAYLOADS)
        assert all(link.startswith(f"{here}/") and link.endswith("/data/evidence.html") for link in links)
