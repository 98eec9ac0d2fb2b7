"""The register's file: nothing lost, nothing doubled, nothing changed unseen."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from hashlib import sha256
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import writers

from workbook_lib import ledger
from workbook_lib.ledger import NOTHING, account
from workbook_lib.register import Head, append, entries, export, head, register_of, verify
from workbook_lib.tables import UserError

#: How many writers are killed: a few in each run, 500 before a release.
KILLS = int(os.environ.get("REGISTER_KILLS", "25"))
WRITERS, EACH = (16, 250) if "REGISTER_KILLS" in os.environ else (3, 20)
#: Writers begin as copies of a process that has imported all they need, and nothing of the tests' own process.
START: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
if os.name == "posix":
    START.set_forkserver_preload(["__main__", "workbook_lib.register"])


def decision(name: str, **more: object) -> dict[str, object]:
    return {"decision_id": name, "kind": "explain", "decided_by": "grc", **more}


def ids(path: Path) -> list[Any]:
    return [entry.content["decision_id"] for entry in entries(path)]


def forced(path: Path, *statements: str) -> list[Any]:
    """Change the file behind the register's back, as somebody who knows SQLite would."""
    db = sqlite3.connect(path)
    try:
        with db:
            return [db.execute(statement).fetchone() for statement in statements]
    finally:
        db.close()


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.sqlite"
    append(path, [decision(f"d{n}", reason=f"naïve {n}") for n in range(1, 6)])
    return path


def writer(path: Path, name: str, count: int) -> tuple[BaseProcess, Connection]:
    """A process that records decisions one by one, and where it acknowledges each."""
    heard, told = START.Pipe(duplex=False)
    process = START.Process(target=writers.write, args=(path, name, count, told))
    process.start()
    told.close()  # the writer has its own end: when it is dead, there is no more to be heard
    return process, heard


def heard_from(connection: Connection) -> Iterator[str]:
    """What a writer acknowledged, until its end."""
    with connection:
        while True:
            try:
                yield connection.recv_bytes().decode()
            except (EOFError, OSError):
                return


def test_what_was_recorded_comes_back_in_order(register: Path) -> None:
    assert ids(register) == ["d1", "d2", "d3", "d4", "d5"]
    assert entries(register)[1].content == decision("d2", reason="naïve 2")
    first, second = entries(register)[:2]
    assert (first.seq, first.prev, second.prev) == (1, NOTHING, first.hash)
    assert head(register) == Head(5, entries(register)[-1].hash)
    assert verify(register) == ()


def test_without_a_register_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite"
    assert (entries(path), head(path), verify(path)) == ((), Head(0, "0" * 64), ())
    assert not path.exists()


def test_in_a_file_that_a_writer_was_killed_in_before_its_first_entry_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite"
    path.touch()
    assert (entries(path), head(path), verify(path)) == ((), Head(), ())
    append(path, [decision("d1")])
    assert (ids(path), verify(path)) == (["d1"], ())


def test_what_is_recorded_is_one_text_in_whatever_order_its_fields_come(tmp_path: Path) -> None:
    for path in (tmp_path / "a.sqlite", tmp_path / "b.sqlite"):
        fields = [("reason", "naïve"), ("decision_id", "d1")]
        append(path, [dict(fields if path.name == "a.sqlite" else reversed(fields))])
        assert entries(path)[0].body == '{"decision_id":"d1","reason":"naïve"}'
    assert head(tmp_path / "a.sqlite") == head(tmp_path / "b.sqlite")


def test_the_head_of_an_empty_register_fits_every_later_one(register: Path) -> None:
    assert verify(register, Head()) == ()


def test_a_second_try_adds_nothing(register: Path) -> None:
    assert append(register, [decision("d5", reason="naïve 5", recorded_at="later"), decision("d6")]) == 1
    assert ids(register) == ["d1", "d2", "d3", "d4", "d5", "d6"]


def test_an_id_cannot_mean_two_decisions_and_all_or_none_are_recorded(register: Path) -> None:
    says = r"^register\.sqlite: decision d5 is already recorded, and says something else\.\n  Effect: nothing was recorded\."
    with pytest.raises(UserError, match=says):
        append(register, [decision("d6"), decision("d5", reason="another")])
    assert ids(register) == ["d1", "d2", "d3", "d4", "d5"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET body = '{}' WHERE seq = 2",
        "DELETE FROM entry WHERE seq = 5",
        "INSERT OR REPLACE INTO entry SELECT seq, body, prev, hash || 'x' FROM entry WHERE seq = 5",
        "INSERT INTO entry SELECT seq + 2, '{}', hash, 'x' FROM entry WHERE seq = 5",
        "INSERT INTO entry SELECT seq + 1, '{}', prev, 'x' FROM entry WHERE seq = 5",
        "INSERT INTO entry SELECT seq + 1, 'no json', hash, 'x' FROM entry WHERE seq = 5",
        "INSERT INTO entry SELECT seq + 1, body, hash, 'x' FROM entry WHERE seq = 5",
    ],
)
def test_the_file_itself_refuses_changes(register: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        forced(register, statement)
    assert verify(register) == ()


def test_a_change_behind_its_back_is_found(register: Path) -> None:
    forced(register, "DROP TRIGGER no_update", "UPDATE entry SET body = replace(body, 'naïve 3', 'fine') WHERE seq = 3")
    assert verify(register) == (
        "Entry 3 was altered, or one before it: its hash does not fit.",
        "The guard no_update is missing or altered: changes would not be refused.",
    )
    append(register, [decision("d6")])
    assert "The guard no_update is missing" in verify(register)[1]


def test_a_change_whose_hash_was_made_to_fit_is_found_by_the_next_entry(register: Path) -> None:
    third = entries(register)[2]
    body = third.body.replace("naïve 3", "fine")
    fits = sha256(f"{third.prev}\n{body}".encode()).hexdigest()
    ((guard,),) = forced(register, "SELECT sql FROM sqlite_master WHERE name = 'no_update'")
    change = f"UPDATE entry SET body = '{body}', hash = '{fits}' WHERE seq = 3"
    forced(register, "DROP TRIGGER no_update", change, guard)
    assert verify(register) == ("Entry 4 was altered, or one before it: its hash does not fit.",)


def test_an_entry_taken_out_is_found(register: Path) -> None:
    forced(register, "DROP TRIGGER no_delete", "DELETE FROM entry WHERE seq = 3")
    assert verify(register)[0] == "Entry 3 has the number 4: entries are missing or out of order."


def test_a_register_cut_short_is_found_by_the_head_of_the_last_pack(register: Path) -> None:
    before = head(register)
    ((guard,),) = forced(register, "SELECT sql FROM sqlite_master WHERE name = 'no_delete'")
    forced(register, "DROP TRIGGER no_delete", "DELETE FROM entry WHERE seq = 5", guard)
    assert verify(register) == ()
    assert verify(register, before) == ("It has 4 entries; an earlier pack was made when it had 5.",)


def test_a_register_written_anew_is_found_by_the_head_of_the_last_pack(register: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    append(other, [entry.content | {"reason": "nicer"} for entry in entries(register)] + [decision("d6")])
    assert verify(other) == ()
    assert verify(other, head(register)) == ("Entry 5 is not the one that an earlier pack was made with.",)
    before = head(register)
    append(register, [decision("d6")])
    assert verify(register, before) == ()


def test_the_copy_for_a_pack_says_the_same(register: Path, tmp_path: Path) -> None:
    copy = tmp_path / "register.jsonl"
    assert export(register, copy) == head(register) == head(copy)
    assert entries(copy) == entries(register)
    assert verify(copy, head(register)) == ()
    lines = copy.read_text(encoding="utf-8").splitlines()
    copy.write_text("\n".join([*lines[:2], lines[2].replace("naïve", "fine"), *lines[3:]]), encoding="utf-8")
    assert verify(copy) == ("Entry 3 was altered, or one before it: its hash does not fit.",)
    copy.write_text("no json\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"register\.jsonl, line 1: it is no entry of a register"):
        entries(copy)


def test_a_folder_that_has_only_the_copy_of_a_pack_goes_on_from_it(register: Path, tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    folder.mkdir()
    before = export(register, folder / "register.jsonl")
    there = folder / "register.sqlite"
    assert entries(there) == entries(register)
    assert append(there, [decision("d5", reason="naïve 5"), decision("d6")]) == 1
    assert ids(there) == ["d1", "d2", "d3", "d4", "d5", "d6"]
    assert register_of(folder) == there
    assert verify(there, before) == ()


def test_nothing_is_recorded_after_a_copy_that_is_not_whole(register: Path, tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    folder.mkdir()
    copy, there = folder / "register.jsonl", folder / "register.sqlite"
    export(register, copy)
    lines = copy.read_text(encoding="utf-8").splitlines()
    for content, why in (("\n".join([*lines[:2], *lines[3:]]), r"\(broken chain\)"), ("x", "line 1: it is no entry")):
        copy.write_text(content, encoding="utf-8")
        with pytest.raises(UserError, match=why):
            append(there, [decision("d6")])
        with pytest.raises(UserError, match=why):
            append(there, [decision("d6")])


def test_a_text_may_hold_any_line_end(tmp_path: Path) -> None:
    """Pasted texts hold those that are no line end in JSON, and are one for Python."""
    path, copy = tmp_path / "register.sqlite", tmp_path / "register.jsonl"
    append(path, [decision(f"d{n}", reason=f"a{end}b") for n, end in enumerate("\u2028\u2029\x85\x0b\x0c\x1c\r\n")])
    export(path, copy)
    assert entries(copy) == entries(path)
    copy.write_text("")
    assert entries(copy) == ()


def test_an_id_that_stands_twice_in_a_copy_is_found(register: Path, tmp_path: Path) -> None:
    """The register itself refuses it; a copy can be written anew, with hashes that fit."""
    copy = tmp_path / "register.jsonl"
    last = export(register, copy)
    body = entries(register)[1].body
    added = {"seq": 6, "body": body, "prev": last.hash, "hash": sha256(f"{last.hash}\n{body}".encode()).hexdigest()}
    copy.write_text(copy.read_text(encoding="utf-8") + json.dumps(added), encoding="utf-8")
    assert verify(copy) == ("Entry 6 repeats decision d2.",)


def test_a_guard_of_the_same_name_that_guards_nothing_is_found(register: Path) -> None:
    harmless = "CREATE TRIGGER no_delete BEFORE DELETE ON entry BEGIN SELECT 1; END"
    forced(register, "DROP TRIGGER no_delete", harmless)
    assert verify(register) == ("The guard no_delete is missing or altered: changes would not be refused.",)


def test_the_register_of_a_folder_is_the_file_and_in_a_pack_its_copy(register: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "register.jsonl", tmp_path / "pack"
    export(register, copy)
    other.mkdir()
    assert register_of(tmp_path) == register
    assert register_of(other) == other / "register.sqlite"
    assert register_of(Path(copy.rename(other / copy.name)).parent) == other / "register.jsonl"


def test_among_the_files_a_ledger_stands_with_its_first_and_its_last_day(register: Path) -> None:
    days = [date(2025, 3, 1), date(2025, 1, 7), date(2025, 5, 4)]
    found = account(register, 9, entries(register), table="reminders", profile="log", system="Reminders", days=days)
    assert (found.first_date, found.last_date) == (date(2025, 1, 7), date(2025, 5, 4))
    assert (found.source_no, found.file, found.rows_read, found.rows_used, found.rows_quarantined) == (
        9,
        register.name,
        5,
        5,
        0,
    )
    assert found.parameters == f"head: entry 5, {entries(register)[-1].hash}"
    hashes = "".join(f"{entry.hash}\n" for entry in entries(register))
    assert (found.size, found.sha256) == (len(hashes), sha256(hashes.encode()).hexdigest())
    assert found.report == "append-only, each entry chained to the one before"
    assert found.confidence == "the workbook's own format"
    assert (found.extracted_on, found.extracted_by, found.covers_from) == (None, "", None)


def test_what_is_no_register_is_told(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite"
    path.write_text("this is no database, but long enough to be looked at as one. " * 20)
    read, recorded = "nothing was judged and nothing was written.", "nothing was recorded."
    for call, effect in ((entries, read), (verify, read), (lambda place: append(place, [decision("d1")]), recorded)):
        with pytest.raises(UserError) as refused:
            call(path)
        assert str(refused.value).startswith(
            f"register.sqlite: the register cannot be used (file is not a database).\n  Effect: {effect}"
        )


ENTRY = {"seq": 1, "body": "{}", "prev": NOTHING, "hash": "0"}


@pytest.mark.parametrize(
    "line",
    [b"\xff", b"[]", b"7", b"{}", *(json.dumps(ENTRY | odd).encode() for odd in (
        {"seq": "1"}, {"seq": True}, {"body": "[]"}, {"body": "x"}, {"body": 7}, {"prev": None}, {"hash": 1}, {"more": 1}))],
)  # fmt: skip
def test_a_damaged_copy_is_told_with_the_line(tmp_path: Path, line: bytes) -> None:
    copy = tmp_path / "register.jsonl"
    copy.write_bytes(json.dumps(ENTRY).encode() + b"\n" + line + b"\n")
    with pytest.raises(UserError, match=r"^register\.jsonl, line 2: it is no entry of a register\."):
        entries(copy)


def test_reading_changes_nothing(register: Path) -> None:
    before = register.read_bytes(), register.stat().st_mtime_ns, sorted(register.parent.iterdir())
    assert len(entries(register)) == 5
    assert verify(register, head(register)) == ()
    assert (register.read_bytes(), register.stat().st_mtime_ns, sorted(register.parent.iterdir())) == before


@pytest.mark.parametrize("use", [lambda path: append(path, [decision("d9")]), entries], ids=["write", "read"])
def test_who_finds_the_file_held_by_another_waits_as_long_as_is_set_and_no_longer(
    register: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[Path], object]
) -> None:
    """SQLite's own wait would be five seconds: too short for a file on a slow share."""
    monkeypatch.setattr(ledger, "PATIENCE", 0.1)
    with closing(sqlite3.connect(register, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(UserError, match="locked"):
            use(register)
        assert time.monotonic() - began < 4


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite"
    started = [writer(path, f"w{n}", EACH) for n in range(WRITERS)]
    acknowledged = [name for _, connection in started for name in heard_from(connection)]
    for process, _ in started:
        process.join(600)
        assert process.exitcode == 0
    assert sorted(ids(path)) == sorted(f"w{n}-{m}" for n in range(WRITERS) for m in range(EACH))
    assert sorted(ids(path)) == sorted(acknowledged)
    assert verify(path) == ()


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of Unix")
def test_no_acknowledged_decision_is_lost_when_writers_are_killed(tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite"
    acknowledged: list[str] = []
    for n in range(KILLS):
        process, connection = writer(path, f"k{n}", 10_000)
        said = heard_from(connection)
        acknowledged.append(next(said))
        time.sleep(0.001 * (n % 23))
        process.kill()
        acknowledged += said
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
    there = ids(path)
    assert len(acknowledged) >= KILLS
    assert set(acknowledged) <= set(there)
    assert len(there) == len(set(there))
    assert verify(path) == ()
    assert append(path, [json.loads(entry.body) for entry in entries(path)]) == 0


def test_what_a_killed_writer_left_half_written_is_undone_by_whoever_reads(register: Path, tmp_path: Path) -> None:
    """The files as they lie there at that moment: the half-written pages, and the journal by which they are undone."""
    left = tmp_path / "left"
    left.mkdir()
    before = entries(register)
    db = sqlite3.connect(register, isolation_level=None)
    db.execute("PRAGMA cache_size = 1")
    db.execute("BEGIN IMMEDIATE")
    for statement in (
        "DROP TRIGGER no_update",
        "UPDATE entry SET body = json_set(body, '$.reason', printf('%.9000c', 'x'))",
    ):
        db.execute(statement)
    for name in ("register.sqlite", "register.sqlite-journal"):
        (left / name).write_bytes((register.parent / name).read_bytes())
    db.close()
    assert b"xxxxx" in (left / "register.sqlite").read_bytes()
    assert entries(left / "register.sqlite") == before
    assert verify(left / "register.sqlite", head(register)) == ()
