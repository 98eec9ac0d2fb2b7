"""A file of entries that are appended and never changed, each chained to the one before: decisions, reminders.

Four calls: append, entries, head, verify. What was recorded cannot be altered unseen: SQLite refuses changes, the chain
shows those made behind its back, and the head printed in every pack shows a chain that was cut or written anew.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import date
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from workbook_lib.tables import FileAccount, Problem, UserError

#: How a copy ends that a pack holds: one entry per line, readable without SQLite.
COPY = ".jsonl"
#: The field that tells one entry from every other: chosen by whoever records it.
KEY = "decision_id"
#: What the first entry is chained to.
NOTHING = "0" * 64
#: Seconds for which a writer waits for others.
PATIENCE = 60.0

_TRIGGERS = {
    "no_update": "BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "no_delete": "BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "chain": "BEFORE INSERT ON entry WHEN NEW.seq <> COALESCE((SELECT MAX(seq) FROM entry), 0) + 1 "
    f"OR NEW.prev <> COALESCE((SELECT hash FROM entry ORDER BY seq DESC LIMIT 1), '{NOTHING}') "
    "BEGIN SELECT RAISE(ABORT, 'broken chain'); END",
}
_SCHEMA = (
    "CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL CHECK (json_valid(body)), "
    "prev TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT",
    "CREATE UNIQUE INDEX one_per_id ON entry (json_extract(body, '$.{key}'))",
    *(f"CREATE TRIGGER {name} {action}" for name, action in _TRIGGERS.items()),
)


class AlreadyRecordedError(UserError):
    """The id of an entry is already that of another. Nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number, its text, the hash of the entry before, and its own."""

    seq: int
    body: str
    prev: str
    hash: str

    @property
    def content(self) -> dict[str, Any]:
        """What was recorded, by field."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Head:
    """Where a ledger ends: how many entries it has, and the hash of the last one, which stands for them all."""

    count: int = 0
    hash: str = NOTHING


def append(path: Path, contents: Sequence[Mapping[str, object]], key: str = KEY) -> int:
    """Record entries, all or none; return how many were new.

    Each has in the field `key` an id that whoever records it has chosen (a UUID): recorded a second time, after a
    failure of which nobody knows how far it got, it adds nothing.

    Raises UserError where the file cannot be written; AlreadyRecordedError where an id is that of another entry.
    """
    told = _told(path, effect="nothing was recorded.")
    with told, closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")  # a connection that is closed before its COMMIT has recorded nothing
        _begin(db, path, key)
        new = sum(_append(db, path, content, key) for content in contents)
        db.execute("COMMIT")
        return new


def _begin(db: sqlite3.Connection, path: Path, key: str) -> None:
    """Make what a ledger needs, with its first entry only: a guard that somebody took away stays away, and is found by
    `verify`. In a folder that has only the copy that a pack holds, the ledger goes on from that.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'entry'").fetchone():
        for statement in _SCHEMA:
            db.execute(statement.replace("{key}", key))
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", map(astuple, entries(path.with_suffix(COPY))))


def _append(db: sqlite3.Connection, path: Path, content: Mapping[str, object], key: str) -> bool:
    body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    given = content[key]
    known = db.execute(f"SELECT body FROM entry WHERE json_extract(body, '$.{key}') = ?", (given,)).fetchone()
    if known:
        if _said(known[0]) != _said(body):
            raise AlreadyRecordedError(
                Problem(
                    where=path.name,
                    what=f"{key.removesuffix('_id')} {given} is already recorded, and says something else.",
                    effect="nothing was recorded.",
                    do="give each an id of its own; to change a decision, withdraw it and record another.",
                )
            )
        return False
    seq, prev = db.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone() or (0, NOTHING)
    db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (seq + 1, body, prev, _digest(prev, body)))
    return True


def entries(path: Path) -> tuple[Entry, ...]:
    """Every entry, in the order in which it was recorded; none where there is no file yet.

    path : the ledger, or the copy of it that a pack holds (`.jsonl`). Of a folder that has only the copy those of the
    copy: a ledger that is begun there goes on from it.
    """
    if path.suffix == COPY:
        return tuple(_copied(path)) if path.exists() else ()
    if path.exists():
        with _told(path), closing(_reading(path)) as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'entry'").fetchone():
                rows = db.execute("SELECT seq, body, prev, hash FROM entry ORDER BY seq").fetchall()
                return tuple(Entry(*row) for row in rows)
    return entries(path.with_suffix(COPY))


def kept_in(folder: Path, file: str, copy: str) -> Path:
    """The ledger of an audit folder; in a pack, the copy of it."""
    return folder / copy if (folder / copy).exists() and not (folder / file).exists() else folder / file


def head(path: Path) -> Head:
    """Where the ledger ends now."""
    found = entries(path)
    return Head(len(found), found[-1].hash) if found else Head()


def verify(path: Path, known: Head | None = None, key: str = KEY) -> tuple[str, ...]:
    """What is wrong with a ledger, a sentence each; none where it holds.

    known : the head that an earlier pack printed. Without one, a ledger that was cut short or written anew as a whole
    cannot be told from a sound one.
    """
    found = entries(path)
    problems = [*_broken_links(found, key)]
    if path.suffix != COPY and path.exists():
        problems += _missing_guards(path)
    if known is not None and known.count:
        if len(found) < known.count:
            problems.append(f"It has {len(found):,} entries; an earlier pack was made when it had {known.count:,}.")
        elif found[known.count - 1].hash != known.hash:
            problems.append(f"Entry {known.count} is not the one that an earlier pack was made with.")
    return tuple(problems)


def _broken_links(found: Sequence[Entry], key: str) -> Iterator[str]:
    prev, seen = NOTHING, set[object]()
    for number, entry in enumerate(found, 1):
        if entry.seq != number:
            yield f"Entry {number} has the number {entry.seq}: entries are missing or out of order."
            return
        if entry.prev != prev or entry.hash != _digest(entry.prev, entry.body):
            yield f"Entry {number} was altered, or one before it: its hash does not fit."
            return
        given = entry.content.get(key)
        if given in seen:
            yield f"Entry {number} repeats {key.removesuffix('_id')} {given}."
        seen.add(given)
        prev = entry.hash


def _missing_guards(path: Path) -> list[str]:
    """Triggers that somebody took away: then the next change would not be refused."""
    with _told(path), closing(_reading(path)) as db:
        there = dict(db.execute("SELECT name, sql FROM sqlite_master").fetchall())
    begun = bool(there)  # a file whose first writer was killed, or is at it now, has nothing to guard yet
    return [
        f"The guard {name} is missing or altered: changes would not be refused."
        for name, action in (_TRIGGERS.items() if begun else ())
        if there.get(name) != f"CREATE TRIGGER {name} {action}"
    ]


def export(path: Path, target: Path) -> Head:
    """Write the copy for a pack, one entry per line, and return the head that it ends with."""
    found = entries(path)
    lines = (json.dumps(asdict(entry), ensure_ascii=False) for entry in found)
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return Head(len(found), found[-1].hash) if found else Head()


def account(
    path: Path,
    source_no: int,
    recorded: Sequence[Entry],
    *,
    table: str,
    profile: str,
    system: str,
    days: Sequence[date],
) -> FileAccount:
    """A ledger among the files that were read.

    days : of which its entries tell.  Its digest is over the hashes of the entries, the same for the copy in a pack.
    """
    text = "".join(f"{entry.hash}\n" for entry in recorded)
    return FileAccount(
        source_no=source_no,
        table=table,
        file=path.name,
        profile=profile,
        confidence="the workbook's own format",
        system=system,
        report="append-only, each entry chained to the one before",
        parameters=f"head: entry {len(recorded)}, {recorded[-1].hash}",
        extracted_on=None,
        extracted_by="",
        covers_from=None,
        size=len(text),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        rows_read=len(recorded),
        rows_used=len(recorded),
        rows_quarantined=0,
        first_date=min(days, default=None),
        last_date=max(days, default=None),
        mapping=(),
        ignored_columns=(),
        warnings=(),
    )


def _copied(path: Path) -> Iterator[Entry]:
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")  # a text may hold other line ends
    for number, line in enumerate(lines if lines != [b""] else [], 1):
        try:
            entry = Entry(**json.loads(line.decode()))
            said = isinstance(json.loads(entry.body), dict) and type(entry.seq) is int
            is_one = said and all(isinstance(text, str) for text in (entry.prev, entry.hash))
        except (ValueError, TypeError):
            is_one = False
        if not is_one:
            raise UserError(
                Problem(
                    where=f"{path.name}, line {number}",
                    what=f"it is no entry of a {path.stem}.",
                    do="take the file from the pack again.",
                )
            )
        yield entry


def _said(body: str) -> dict[str, object]:
    """An entry apart from the moment of its recording: a second try comes later."""
    return {name: value for name, value in json.loads(body).items() if name != "recorded_at"}


def _digest(prev: str, body: str) -> str:
    return hashlib.sha256(f"{prev}\n{body}".encode()).hexdigest()


def read_only(path: PurePath) -> str:
    """The address by which SQLite opens a file only to read it. It has no host: SQLite refuses that of a network share.

    >>> from pathlib import PurePosixPath, PureWindowsPath
    >>> read_only(PurePosixPath("/audits/100 %/register.sqlite"))
    'file:///audits/100%20%25/register.sqlite?mode=ro'
    >>> read_only(PureWindowsPath("C:/audits/register.sqlite"))
    'file:///C%3A/audits/register.sqlite?mode=ro'
    >>> read_only(PureWindowsPath("//server/share/register.sqlite"))
    'file:////server/share/register.sqlite?mode=ro'
    """
    place = quote(path.as_posix())
    return f"file://{place if place.startswith('/') else f'/{place}'}?mode=ro"


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, unless a writer was killed and its half-written entry must be undone."""
    db = sqlite3.connect(read_only(path.absolute()), uri=True, timeout=PATIENCE)
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError:
        db.close()
        db = sqlite3.connect(path, timeout=PATIENCE)
    return db


@contextmanager
def _told(path: Path, effect: str = "nothing was judged and nothing was written.") -> Iterator[None]:
    """SQLite's complaints in our words."""
    try:
        yield
    except sqlite3.Error as error:
        raise UserError(
            Problem(
                where=path.name,
                what=f"the {path.stem} cannot be used ({error}).",
                effect=effect,
                do="see that the file is that of this audit, and that its folder can be written to.",
            )
        ) from None
