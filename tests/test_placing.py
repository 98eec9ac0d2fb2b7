"""Runs killed at every moment: the older or the new pack is whole, and the next run leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from folders import make

from workbook_lib.pack import bag, placing, signing, verify
from workbook_lib.tables import UserError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these locks nor SIGKILL")
#: How many real runs are killed; 200 before a release.
KILLS = int(os.environ.get("WORKBOOK_KILLS", "2"))
#: Puts a pack in place and dies before the n-th move, as if killed: nothing is tidied up.
DYING = """
import os, sys
from pathlib import Path
from workbook_lib.pack import placing

target, moves_left = Path(sys.argv[1]), int(sys.argv[2])

def dying(original):
    def move(self, to):
        global moves_left
        if moves_left == 0:
            os._exit(9)
        moves_left -= 1
        return original(self, to)
    return move

Path.replace, Path.rename = dying(Path.replace), dying(Path.rename)
with placing.workshop(target) as workshop:
    for path in Path(sys.argv[3]).iterdir():
        os.rename(path, workshop / path.name)
    placing.put_in_place(workshop, target)
    os._exit(9)
"""
#: Away, the word that all are away, and in place; then comes the word that the new pack stands.
MOVES = 2 * len(placing.ENDINGS) + 1
RESULT = {
    "organisation": "Acme", "pseudonymous": False, "people": 1, "verdicts": {"met": 1}, "exceptions": {"total": 0},
    "period": {"name": "2025", "start": "2025-01-01", "end": "2025-12-31", "as_of": "2026-01-04"},
}  # fmt: skip


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> signing.Signer:
    return signing.new_key(tmp_path_factory.mktemp("key") / "key")


def write(folder: Path, says: str, signer: signing.Signer | None) -> Path:
    """A small closed pack in a folder, with what belongs beside it."""
    root = folder / "acme-2025"
    (root / "data").mkdir(parents=True)
    (root / "data/result.json").write_text(json.dumps(RESULT | {"organisation": says}))
    bag.close_bag(root, bag.Seal(name=root.name, fingerprint=signer.fingerprint if signer else ""))
    if signer:
        (folder / "acme-2025.sig").write_bytes(signer.sign((root / bag.TAGS).read_bytes()))
        (folder / "acme-2025.pub.pem").write_bytes(signer.public)
        (folder / "acme-2025.tsr").write_bytes(placing.OF_A_TIMESTAMP + says.encode())
        placing.write_archive(root, folder / "acme-2025.zip", date(2026, 1, 4))
    return root


def write_new(folder: Path, signer: signing.Signer | None) -> dict[str, bytes]:
    """What a whole new pack consists of."""
    write(folder / "elsewhere", "new", signer)
    return content(folder / "elsewhere")


def replace(
    target: Path, signer: signing.Signer | None, put: Callable[[Path, Path], None] = placing.put_in_place
) -> None:
    """Put a new pack in the place of an older one."""
    with placing.workshop(target) as workshop:
        write(workshop, "new", signer)
        put(workshop, target)


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def faults(target: Path) -> list[str]:
    """What does not hold, but for the time stamp, which is none."""
    return [
        found for found in verify.verify(target).findings if not found.startswith("acme-2025.tsr: it is no granted")
    ]


@pytest.mark.parametrize("was_signed", [True, False])
@pytest.mark.parametrize("is_signed", [True, False])
def test_a_kill_before_each_move_leaves_one_whole_pack(
    tmp_path: Path, signer: signing.Signer, was_signed: bool, is_signed: bool
) -> None:
    outcomes = []
    for at in range(MOVES + 2):
        base = tmp_path / str(at)
        target = write(base / "out", "old", signer if was_signed else None)
        write(base / "stage", "new", signer if is_signed else None)
        old, new = content(base / "out"), content(base / "stage")
        command = [sys.executable, "-c", DYING, str(target), str(at), str(base / "stage")]
        assert subprocess.run(command, check=False).returncode == 9
        with placing.workshop(target):
            pass
        assert content(base / "out") in (old, new)
        assert faults(target) == []
        outcomes.append(content(base / "out") == new)
    assert outcomes == [False] * MOVES + [True, True]


def test_a_pack_that_was_replaced_does_not_come_back(tmp_path: Path) -> None:
    """The run was killed while it cleared away what it had replaced; then the new pack is moved to an archive."""
    target = write(tmp_path / "out", "old", None)
    write(tmp_path / "stage", "new", None)
    command = [sys.executable, "-c", DYING, str(target), "99", str(tmp_path / "stage")]
    assert subprocess.run(command, check=False).returncode == 9
    target.rename(tmp_path / "archive")
    with placing.workshop(target):
        assert not target.exists()
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_a_run_that_is_told_to_end_at_a_move_leaves_one_whole_pack(
    tmp_path: Path, signer: signing.Signer, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    """Ctrl-C, or SIGTERM to a process of a batch."""
    outcomes = []
    for at in range(MOVES + 1):
        base = tmp_path / str(at)
        target = write(base / "out", "old", signer)
        old, left = content(base / "out"), list(range(at))

        def ending(original: Any, left: list[int] = left) -> Any:
            def move(path: Path, to: Path) -> Path:
                if not left:
                    raise end
                left.pop()
                return Path(original(path, to))

            return move

        def put(workshop: Path, target: Path, ending: Any = ending) -> None:
            with monkeypatch.context() as told:
                told.setattr(Path, "replace", ending(Path.replace))
                told.setattr(Path, "rename", ending(Path.rename))
                placing.put_in_place(workshop, target)

        with pytest.raises(end):
            replace(target, signer, put)
        assert content(base / "out") in (old, write_new(base, signer))
        outcomes.append(content(base / "out") != old)
    assert outcomes == [False] * MOVES + [True]


def test_what_cannot_be_put_back_stays_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = write(tmp_path / "out", "old", None)
    old, move = content(tmp_path / "out"), placing._move

    def full(path: Path, folder: Path) -> None:
        if folder == target.parent and path.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        move(path, folder)

    with monkeypatch.context() as patch:
        patch.setattr(placing, "_move", full)
        with pytest.raises(OSError, match="No space left"):
            replace(target, None)
    with placing.workshop(target):
        assert content(tmp_path / "out") == old


def test_what_a_killed_run_left_is_cleared_away_but_not_what_a_live_one_holds(tmp_path: Path) -> None:
    target = tmp_path / "acme-2025"
    for name in (".acme-2025.run-abcd1234", ".acme-2025.b.run-abcd1234", ".acme-2025.backup"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    with placing.workshop(target) as live:
        (live / "file").write_text("x")
        with pytest.raises(UserError, match="another run is making this pack") as refused, placing.workshop(target):
            pass
        assert (refused.value.problems[0].where, refused.value.problems[0].code) == (str(target), "run_in_progress")
        assert (live / "file").exists()
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {live.name, ".acme-2025.b.run-abcd1234", ".acme-2025.backup"}
    assert not live.exists()


def test_a_run_that_begins_meanwhile_does_not_take_a_new_workshop_for_one_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "acme-2025"
    make_folder, others, said = tempfile.mkdtemp, list[threading.Thread](), list[str]()

    def enter() -> None:
        try:
            with placing.workshop(target):
                said.append("made one")
        except UserError as refused:
            said.append(refused.problems[0].code)

    def made_while_another_begins(**where: Any) -> str:
        folder = make_folder(**where)
        if not others:
            others.append(threading.Thread(target=enter))
            others[0].start()
            others[0].join(0.5)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", made_while_another_begins)
    with placing.workshop(target) as folder:
        others[0].join()
        assert folder.is_dir()
    assert said == ["run_in_progress"]
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_ends_while_another_looks_for_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, listed = tmp_path / "acme-2025", Path.iterdir

    def and_then_it_ends(folder: Path) -> Iterator[Path]:
        for path in list(listed(folder)):
            yield path
            if path.name.startswith(".acme-2025.run-"):
                path.rmdir()

    (tmp_path / ".acme-2025.run-abcd1234").mkdir()
    monkeypatch.setattr(Path, "iterdir", and_then_it_ends)
    with placing.workshop(target) as folder:
        assert folder.is_dir()
    assert list(listed(tmp_path)) == []


class TestWhereThereAreNoLocks:
    """As on a network drive: what is younger than a day is taken for another run's."""

    @pytest.fixture(autouse=True)
    def no_locks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(handle: int, how: int) -> None:
            raise OSError(errno.EBADF, "Bad file descriptor")

        monkeypatch.setattr("fcntl.flock", refused)

    def test_a_run_replaces_a_pack(self, tmp_path: Path) -> None:
        target = write(tmp_path / "out", "old", None)
        replace(target, None)
        assert content(tmp_path / "out") == write_new(tmp_path, None)

    @pytest.mark.parametrize("at", range(MOVES))
    def test_what_a_killed_run_left_harms_no_pack_that_was_made_since(
        self, tmp_path: Path, signer: signing.Signer, at: int
    ) -> None:
        target = write(tmp_path / "out", "old", signer)
        write(tmp_path / "stage", "killed", signer)
        without = "import fcntl\ndef refused(*_): raise OSError(9, '')\nfcntl.flock = refused\n"
        command = [sys.executable, "-c", without + DYING, str(target), str(at), str(tmp_path / "stage")]
        assert subprocess.run(command, check=False).returncode == 9
        replace(target, signer)
        days_ago = time.time() - 2 * placing.LONGEST_RUN
        for left in target.parent.glob(".*"):
            os.utime(left, (days_ago, days_ago))
        with placing.workshop(target):
            pass
        assert content(tmp_path / "out") == write_new(tmp_path, signer)

    def test_only_what_is_older_than_a_day_is_cleared_away(self, tmp_path: Path) -> None:
        target, now = tmp_path / "acme-2025", time.time()
        young, old = tmp_path / ".acme-2025.run-young123", tmp_path / ".acme-2025.run-old12345"
        for left, age in (young, placing.LONGEST_RUN - 60), (old, placing.LONGEST_RUN + 60):
            left.mkdir()
            os.utime(left, (now - age, now - age))
        with placing.workshop(target):
            assert (young.exists(), old.exists()) == (True, False)
        assert list(tmp_path.iterdir()) == [young]


def test_a_run_that_fails_to_move_puts_the_older_pack_back(
    tmp_path: Path, signer: signing.Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = write(tmp_path / "out", "old", signer)
    before = content(tmp_path / "out")
    move, moved = placing._move, []

    def failing(path: Path, folder: Path) -> None:
        moved.append(path)
        if len(moved) == 7:
            raise OSError(28, "No space left on device")
        move(path, folder)

    with placing.workshop(target) as workshop:
        write(workshop, "new", None)
        monkeypatch.setattr(placing, "_move", failing)
        with pytest.raises(OSError, match="No space left"):
            placing.put_in_place(workshop, target)
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize(("number", "is_placed"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_folder_that_cannot_be_flushed_is_put_up_with_and_a_broken_disk_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_placed: bool
) -> None:
    """Some network file systems flush files only."""
    target = write(tmp_path / "out", "old", None)
    old, flush = content(tmp_path / "out"), os.fsync

    def failing(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        flush(handle)

    with placing.workshop(target) as workshop:
        new = content(write(workshop, "new", None).parent)
        monkeypatch.setattr(os, "fsync", failing)
        with nullcontext() if is_placed else pytest.raises(OSError, match=os.strerror(errno.EIO)):
            placing.put_in_place(workshop, target)
    assert content(tmp_path / "out") == (new if is_placed else old)


@pytest.mark.parametrize(
    ("name", "text"),
    [("acme-2025.zip", "PK of my own"), ("acme-2025.sig", "Ada"), ("acme-2025.pub.pem", "x"), ("acme-2025.tsr", "x")],
)
def test_a_file_beside_the_pack_that_is_not_ours_is_never_replaced(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match="not an evidence pack, nor part of one"):
        placing.refuse_foreign(tmp_path / "acme-2025")


def test_a_damaged_archive_beside_the_pack_is_told_and_never_replaced(tmp_path: Path) -> None:
    root = write(tmp_path, "old", None)
    placing.write_archive(root, tmp_path / "acme-2025.zip", date(2026, 1, 4))
    placing.refuse_foreign(root)
    data = (tmp_path / "acme-2025.zip").read_bytes()
    (tmp_path / "acme-2025.zip").write_bytes(data.replace(b"PK\x01\x02", b"PX\x01\x02"))
    with pytest.raises(UserError, match="not an evidence pack, nor part of one"):
        placing.refuse_foreign(root)


def run(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "workbook_lib.cli", "run", str(folder / "acme"), "--out", str(folder / "out")]
    return subprocess.Popen([*command, "--no-pdf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_real_runs_killed_at_spread_moments_leave_one_whole_pack(tmp_path: Path) -> None:
    make(tmp_path / "acme")
    target = tmp_path / "out" / "acme-2025"
    started = time.monotonic()
    assert run(tmp_path).wait() == 0
    lasts = time.monotonic() - started
    killed = 0
    for number in range(KILLS):
        process = run(tmp_path)
        while not any(target.parent.glob(".acme-2025.run-*")) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(lasts * number / KILLS)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        if not target.exists():  # between the two renames: the older one lies in the workshop
            with placing.workshop(target):
                pass
        assert verify.verify(target).findings == ()
    assert killed > 0
    assert run(tmp_path).wait() == 0
    assert verify.verify(target).findings == ()
    with placing.workshop(target):
        pass
    assert sorted(path.name for path in target.parent.iterdir()) == ["acme-2025", "history.sqlite"]
