"""A pack in its place: whole or not at all, whenever the run is killed or the disk is full.

A run works in a *workshop*, a hidden folder beside its target that it holds locked. What it replaces is moved into the
workshop first: whoever finds a workshop that nobody holds puts back what was not replaced, and clears the rest away.
"""

from __future__ import annotations

import errno
import lzma
import os
import re
import shutil
import struct
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path

from workbook_lib.tables import Problem, UserError

#: What lies beside the folder of a pack and belongs to it, by the ending of its name.
SIGNATURE, PUBLIC_KEY, TIMESTAMP, ARCHIVE = ".sig", ".pub.pem", ".tsr", ".zip"
BESIDE = (SIGNATURE, PUBLIC_KEY, TIMESTAMP, ARCHIVE)
#: In the order in which they are moved: the folder last, so that the pack is whole once it stands.
ENDINGS = (*BESIDE, "")
#: In a workshop: what was moved away from the target, while that goes on; once all of it was; and once the new pack
#: stands, from when on nothing is put back.
REPLACED, ALL_REPLACED, OLDER = "replaced", "all-replaced", "older"
#: Stands in every time stamp: 1.2.840.113549.1.9.16.1.4, the kind of its content, in DER.
OF_A_TIMESTAMP = bytes.fromhex("060b2a864886f70d0109100104")
#: Seconds after which a workshop is left over, where no lock can tell.
LONGEST_RUN = 86_400
#: What Python raises over an archive that is damaged, or packed as it cannot unpack; OSError apart.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, RuntimeError)


@contextmanager
def workshop(target: Path) -> Iterator[Path]:
    """A new folder beside the target, in which one run makes a pack; what killed runs left is cleared away first.

    However this run ends, what it had moved away and not replaced is put back. Raises UserError where another run is
    making the same pack.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _locked(target.parent, wait=True):  # until it is locked, a new folder looks like one left behind
            _recover(target)
            folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.run-", dir=target.parent))
            held.enter_context(_locked(folder))
            held.callback(_clear, folder, target)  # while it is held: nobody else clears it away
        yield folder


def put_in_place(folder: Path, target: Path) -> None:
    """Move a finished pack, and what belongs beside it, from a workshop to its name.

    At each moment either the older or the new pack is whole: at its name, or in the workshop, from where the run's own
    end, or the next run, puts it back. Everything is on the disk before anything is moved. Raises OSError.
    """
    for ending in ENDINGS:
        _flush(folder / f"{target.name}{ending}")
    (folder / REPLACED).mkdir()
    for ending in ENDINGS:
        _move(target.with_name(target.name + ending), folder / REPLACED)
    (folder / REPLACED).rename(folder / ALL_REPLACED)
    _flush_folder(folder)
    for ending in ENDINGS:
        _move(folder / f"{target.name}{ending}", target.parent)
    _flush_folder(target.parent)
    (folder / ALL_REPLACED).rename(folder / OLDER)


def identity(target: Path) -> tuple[tuple[int, int] | None, ...]:
    """Which files stand at the name of a pack, and beside it: it changes where the pack is replaced."""
    return tuple(_number(target.parent / f"{target.name}{ending}") for ending in ENDINGS)


def _number(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def refuse_foreign(target: Path) -> None:
    """Refuse to replace what is no pack of ours, nor belongs to one."""
    ours: dict[str, Callable[[Path], bool]] = {
        "": lambda path: (path / "bagit.txt").is_file(),
        SIGNATURE: lambda path: path.stat().st_size == 64,
        PUBLIC_KEY: lambda path: path.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----"),
        TIMESTAMP: lambda path: OF_A_TIMESTAMP in path.read_bytes(),
        ARCHIVE: lambda path: _is_archive_of(path, target.name),
    }
    for ending, is_ours in ours.items():
        path = target.with_name(target.name + ending)
        if path.exists() and not (path.is_dir() is (ending == "") and is_ours(path)):
            raise UserError(
                Problem(
                    where=str(path),
                    what="this exists and is not an evidence pack, nor part of one.",
                    effect="nothing was written.",
                    do="choose another --out, or move it away.",
                    code="not_a_pack",
                )
            )


def write_archive(folder: Path, archive: Path, day: date) -> None:
    """A folder as one zip archive with that folder in it; the same files give the same bytes.

    day : stands as the time of every file.  Nothing is compressed: bytes would differ between versions of zlib.
    """
    moment = (max(day.year, 1980), day.month, day.day, 0, 0, 0)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(
            (p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.relative_to(folder).as_posix()
        ):
            member = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", moment)
            member.create_system, member.external_attr = 3, 0o100644 << 16
            member.file_size = path.stat().st_size  # so that a large one gets the fields for it
            with path.open("rb") as file, packed.open(member, "w") as inside:
                shutil.copyfileobj(file, inside, 1 << 20)


def _is_archive_of(path: Path, name: str) -> bool:
    try:
        with zipfile.ZipFile(path) as packed:
            return f"{name}/bagit.txt" in packed.namelist()
    except DAMAGED:
        return False


def _recover(target: Path) -> None:
    """Put back what a killed run had moved away and not replaced; clear away what it left."""
    name = re.compile(rf"\.{re.escape(target.name)}\.run-\w{{8}}")
    for folder in sorted(path for path in target.parent.iterdir() if name.fullmatch(path.name)):
        try:
            with _locked(folder) as locked:
                begun = folder.stat().st_mtime
                if not locked and time.time() - begun < LONGEST_RUN:
                    continue
                if locked or not target.exists() or target.stat().st_mtime <= begun:  # else it was made since
                    _put_back(folder, target)
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:  # its run has just ended
            continue
        except BlockingIOError:
            raise UserError(
                Problem(
                    where=str(target),
                    what="another run is making this pack.",
                    effect="this run made none.",
                    do="wait until the other one has ended, and give the command again.",
                    code="run_in_progress",
                )
            ) from None


def _clear(folder: Path, target: Path) -> None:
    """However a run ended: put back what it had moved away and not replaced, and only then clear away its workshop."""
    _put_back(folder, target)
    shutil.rmtree(folder, ignore_errors=True)


def _put_back(folder: Path, target: Path) -> None:
    """Undo what was done from a workshop, unless the new pack stands: then it was done to its end."""
    away, all_away = folder / REPLACED, folder / ALL_REPLACED
    if all_away.is_dir():
        if target.exists():
            return
        for ending in BESIDE:  # of the new pack, which never came
            target.with_name(target.name + ending).unlink(missing_ok=True)
    elif not away.is_dir():
        return
    for replaced in (all_away, away):
        for ending in ENDINGS:
            _move(replaced / f"{target.name}{ending}", target.parent)
    _flush_folder(target.parent)


def _move(path: Path, folder: Path) -> None:
    with suppress(FileNotFoundError):
        path.replace(folder / path.name)


# --- the disk and the others --------------------------------------------------------------------------------------


def _flush(path: Path) -> None:
    """Everything below a path on the disk, files before the folders that name them."""
    if path.is_dir():
        for inner in path.iterdir():
            _flush(inner)
        _flush_folder(path)
    elif path.exists():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":  # it has no such call
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EBADF, errno.EINVAL):  # a network file system may not do it for folders
            raise
    finally:
        os.close(handle)


@contextmanager
def _locked(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a folder; whether the system can: a network file system may have no locks, and Windows has none for folders.

    The lock ends with the process, however that ends.  wait : until another lets go; else BlockingIOError.
    """
    if sys.platform == "win32":
        yield False
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            locked = False
        else:
            locked = True
        yield locked
    finally:
        os.close(handle)


def refuse_unwritable(out: Path) -> None:
    """Before any work, and without making a folder for a result that may not come."""
    there = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return
    why = "is not writable" if there.is_dir() else "is a file"
    raise UserError(
        Problem(
            where=f"--out {out}",
            what=f"it cannot be a folder to write to: {there.name or there} {why}.",
            effect="nothing was written.",
            do="name another folder.",
            code="unwritable_out",
        )
    )
