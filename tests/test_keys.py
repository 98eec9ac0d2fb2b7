"""A key is written whole or not at all: what a full disk or a kill left would block every later run."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest
from folders import make

from workbook_lib.audit import load_audit
from workbook_lib.pack import bag, keys, signing
from workbook_lib.tables import UserError


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    keys.write_key(tmp_path / "key", b"secret")
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("links", [True, False])
def test_one_that_is_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    keys.write_key(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        keys.write_key(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def no_links(path: Path, target: Path) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.usefixtures("full_disk")
def test_what_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        keys.write_key(tmp_path / "key", b"secret")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("full_disk")
def test_the_key_of_the_ids_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    audit = load_audit(make(tmp_path / "acme"))
    with pytest.raises(UserError, match="the key of the ids cannot be written: No space left on device") as refused:
        bag.pseudonym_key(audit)
    assert (refused.value.problems[0].where, refused.value.problems[0].code) == (
        str(audit.folder / "pseudonyms.key"),
        "cannot_write",
    )
    assert not [path for path in audit.folder.iterdir() if "pseudonyms.key" in path.name]


def test_two_runs_at_once_have_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run makes it between the look and the writing."""
    audit = load_audit(make(tmp_path / "acme"))
    write, others = bag.write_key, list[bytes]()

    def meanwhile(path: Path, content: bytes) -> None:
        write(path, b"of the other run")
        others.append(content)
        write(path, content)

    monkeypatch.setattr(bag, "write_key", meanwhile)
    path, is_new = bag.pseudonym_key(audit)
    assert (path.read_bytes(), is_new, len(others)) == (b"of the other run", False, 1)


@pytest.mark.parametrize("half", ["private", "public"])
def test_of_a_pair_of_keys_that_cannot_be_written_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.open("wb").close()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if half == "public":
            patch.setattr(Path, "write_bytes", full)
        else:
            patch.setattr(os, "fsync", lambda handle: full(tmp_path / "draft", b""))
        with pytest.raises(UserError, match="it cannot be written: No space left on device"):
            signing.new_key(tmp_path / "packs.pem")
    (tmp_path / "draft").unlink(missing_ok=True)
    assert list(tmp_path.iterdir()) == []
    assert signing.new_key(tmp_path / "packs.pem").fingerprint
