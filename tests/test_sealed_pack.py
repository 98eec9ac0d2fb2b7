"""What a sealed pack promises, proved by trying: a full disk, a folder that cannot be written to, a thousand tamperings,
another tool's opinion, other surroundings.

A few of each are tried in every run. Before a release: WORKBOOK_DISK_STEP=4096 (bytes between two limits of the disk).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import packs
import pytest
from folders import make

from workbook_lib import publish
from workbook_lib.exhibits import reference
from workbook_lib.pack import bag, placing, verify
from workbook_lib.tables import UserError

#: Bytes by which the largest file that can be written grows from one run to the next, and how often a pack is tampered.
STEP = int(os.environ.get("WORKBOOK_DISK_STEP", "16384"))
TAMPERINGS = int(os.environ.get("WORKBOOK_TAMPERINGS", "250"))
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="it needs limits and mounts as Linux has them")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("sealed")
    packs.seal(make(base / "acme"), base / "out", zips=True)
    return base


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    """A folder with the audit and, in out/, its pack and the archive of it."""
    return shutil.copytree(made, tmp_path / "base")


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# --- a full disk, a folder that cannot be written to --------------------------------------------------------------


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """While no file may grow beyond some bytes, as on a disk that is full at that moment."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system of its own; only root may make one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@on_linux
def test_a_disk_full_at_every_size_leaves_the_older_pack(base: Path) -> None:
    before = content(base / "out")
    (base / "acme/programme.md").write_text("# Another programme\n")
    largest = len(before["acme-2025.zip"])  # it holds all others
    sizes = range(4096, largest, STEP)
    assert len(sizes) >= 5
    for size in sizes:
        with largest_file(size), pytest.raises((UserError, publish.PublishError)) as error:
            packs.seal(base / "acme", base / "out", zips=True)
        assert "File too large" in str(error.value), size
        assert content(base / "out") == before, size
    packs.seal(base / "acme", base / "out", zips=True)
    assert verify.verify(base / "out/acme-2025").findings == ()
    assert content(base / "out") != before


@on_linux
def test_a_file_system_that_fills_up_leaves_the_older_pack(base: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "full", "size=256k") as full:
        older = full / "acme-2025"
        (older / "data").mkdir(parents=True)
        shutil.copy(base / "out/acme-2025/data/result.json", older / "data")
        bag.close_bag(older, bag.Seal(name=older.name))
        before = content(full)
        with pytest.raises((UserError, publish.PublishError), match="No space left on device"):
            packs.seal(base / "acme", full)
        assert content(full) == before
        assert verify.verify(older).findings == ()


@on_linux
def test_a_folder_that_cannot_be_written_to_is_refused_before_any_work(tmp_path: Path) -> None:
    with mounted(tmp_path / "out", "size=256k") as out:
        subprocess.run(["mount", "-o", "remount,ro", str(out)], check=True)
        with pytest.raises(UserError, match="it cannot be a folder to write to: out is not writable"):
            placing.refuse_unwritable(out)
        with pytest.raises(UserError, match="the pack cannot be written: Read-only file system"):
            packs.seal(make(tmp_path / "acme"), out)


@on_linux
def test_an_audit_folder_that_cannot_be_written_to_gives_a_pack(base: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "acme", "size=1m") as folder:
        make(folder)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        made = packs.seal(folder, tmp_path / "out")
        assert bag.read_info(made)["Result-Digest"] == bag.read_info(base / "out/acme-2025")["Result-Digest"]


# --- tampering ----------------------------------------------------------------------------------------------------


def flip(root: Path, path: Path, dice: random.Random) -> None:
    good = path.read_bytes()
    place = dice.randrange(len(good))
    path.write_bytes(good[:place] + bytes([good[place] ^ 1 << dice.randrange(8)]) + good[place + 1 :])


def truncate(root: Path, path: Path, dice: random.Random) -> None:
    os.truncate(path, dice.randrange(path.stat().st_size))


def append(root: Path, path: Path, dice: random.Random) -> None:
    with path.open("ab") as file:
        file.write(dice.choice((b"\n", b" ", b"\0", b"x")))


def rename(root: Path, path: Path, dice: random.Random) -> None:
    path.rename(path.with_name(path.name + dice.choice((".bak", "2", " "))))


def add(root: Path, path: Path, dice: random.Random) -> None:
    name = dice.choice((".hidden", "more.csv", "Thumbs.db", "manifest-sha512.txt"))
    path.with_name(name).write_bytes(path.read_bytes())


def delete(root: Path, path: Path, dice: random.Random) -> None:
    path.unlink()


def swap(root: Path, path: Path, dice: random.Random) -> None:
    mine = path.read_bytes()
    other = dice.choice([p for p in files(root) if p.read_bytes() != mine])
    path.write_bytes(other.read_bytes())
    other.write_bytes(mine)


TAMPERS: tuple[Callable[[Path, Path, random.Random], None], ...] = (flip, truncate, append, rename, add, delete, swap)


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_every_one_of_many_random_tamperings_is_found(base: Path) -> None:
    root, dice = base / "out/acme-2025", random.Random(4711)
    good = content(root)
    for number in range(TAMPERINGS):
        tamper = TAMPERS[number % len(TAMPERS)]
        path = dice.choice([path for path in files(root) if path.stat().st_size])
        tamper(root, path, dice)
        name = path.relative_to(root).as_posix()
        assert verify.verify(root).findings, f"{number}: {tamper.__name__} {name} was not found"
        restore(root, good)
    assert verify.verify(root).findings == ()


def restore(root: Path, good: dict[str, bytes]) -> None:
    for path in files(root):
        name = path.relative_to(root).as_posix()
        if name not in good:
            path.unlink()
    for name, data in good.items():
        if not (root / name).is_file() or (root / name).read_bytes() != data:
            (root / name).write_bytes(data)


# --- another tool, other surroundings -----------------------------------------------------------------------------


def test_the_command_of_the_page_finds_a_file_that_was_added_anywhere(base: Path) -> None:
    root = base / "out/acme-2025"
    command = reference.SEALED.splitlines()[3]
    assert command in (root / "VERIFY.txt").read_text(encoding="utf-8")

    def found() -> str:
        return subprocess.run(["sh", "-c", command], cwd=root, capture_output=True, text=True, check=True).stdout

    assert found() == ""
    for name in ("beside.txt", "data/inside.txt", "data/tables/.hidden"):
        (root / name).write_text("x", encoding="utf-8")
    assert found().split() == ["beside.txt", "data/inside.txt", "data/tables/.hidden"]


def test_the_library_of_congress_s_bagit_says_that_it_is_valid(base: Path) -> None:
    bagit = pytest.importorskip("bagit")
    root = base / "out/acme-2025"
    bagit.Bag(str(root)).validate()
    append(root, root / "data/result.json", random.Random(1))
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(root)).validate()


def test_real_runs_in_other_surroundings_give_the_same_bytes_but_run_json(tmp_path: Path) -> None:
    surroundings: list[dict[str, str]] = [
        {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1", "LOGNAME": "ada-lovelace"},
        {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "LOGNAME": "bo-chen", "PYTHONUTF8": "1"},
    ]
    results = []
    for number, environment in enumerate(surroundings):
        place = tmp_path / f"place {number}" / ("deeper" * number)
        home = place / "home"
        home.mkdir(parents=True)
        make(place / "acme")
        command = [sys.executable, "-m", "workbook_lib.cli", "run", "acme", "--no-pdf", "--zip"]
        env = os.environ | environment | {"HOME": str(home)}
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stderr
        root = place / "reports/acme-2025"
        assert environment["LOGNAME"] in (root / "data/run.json").read_text()
        manifest = (root / bag.PAYLOAD).read_text().splitlines()
        results.append({line for line in manifest if not line.endswith("  data/run.json")})
        results.append(bag.read_info(root)["Result-Digest"])
    assert results[:2] == results[2:]
