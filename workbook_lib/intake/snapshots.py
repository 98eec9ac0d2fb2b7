"""What became of the records of an earlier export: systems of training delete and overwrite history without a word.

An earlier export is read like the newer one, by the same profile, into a relation of its own that no judgement reads.
Its rows are paired with the rows of the newer export, set by set: first those that are equal in every column, then by
the key of their table, then (records that can repeat) with the nearest in time. What finds no partner has vanished.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workbook_lib.engine import Engine
from workbook_lib.intake.contradictions import DONE
from workbook_lib.intake.reading import Reading
from workbook_lib.tables import Answer, Column, FileAccount, Finding, Kind, Snapshot, Table, count, date_of, listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """How a record of a table is found again in another export.

    keys : columns that name it, tried in turn on the rows that have no partner yet.  nearest : columns of those among
    whom the nearest in time is taken.  moment : when it happened.  is_open : SQL; true for a record that is expected to
    move on.  is_done : SQL; true for a record that can cover somebody: losing it matters most.
    """

    keys: tuple[tuple[str, ...], ...] = ()
    nearest: tuple[str, ...] = ()
    moment: str = ""
    is_open: str = "FALSE"
    is_done: str = "FALSE"


RECOGNITION: dict[str, Recognition] = {
    "people": Recognition(keys=(("person_id", "start_date"),), is_open="end_date IS NULL"),
    "leave": Recognition(keys=(("person_id", "start_date"),), is_open="end_date IS NULL"),
    "accounts": Recognition(keys=(("account",),), is_open="TRUE"),
    "completions": Recognition(
        keys=(("account", "module_id", "completed_at", "status"), ("account", "module_id", "completed_at")),
        nearest=("account", "module_id"),
        moment="completed_at",
        is_open="status IN ('not_assigned', 'not_started', 'in_progress')",
        is_done=f"status IN ({', '.join(repr(status) for status in sorted(DONE))})",
    ),
    "modules": Recognition(keys=(("module_id",),), is_open="TRUE"),
    "policies": Recognition(keys=(("policy_id", "version"),)),
    "acknowledgements": Recognition(
        keys=(("account", "policy_id", "version", "acknowledged_at"),),
        nearest=("account", "policy_id", "version"),
        moment="acknowledged_at",
        is_open="status IN ('sent', 'viewed')",
        is_done=f"status = '{Answer.ACKNOWLEDGED}'",
    ),
}
#: A column that numbers its records, where every record of both exports has a number of its own.
RECORD_ID = "record_id"

CHANGES = {
    "source_no": "INTEGER",
    "file": "VARCHAR",
    "earlier_file": "VARCHAR",
    "fate": "VARCHAR",
    "done": "BOOLEAN",
    "place": "BIGINT",
    "row_no": "INTEGER",
    "record": "VARCHAR",
    "column_no": "INTEGER",
    "column_name": "VARCHAR",
    "before": "VARCHAR",
    "after": "VARCHAR",
}


def compare(engine: Engine, files: Sequence[FileAccount], earlier: Sequence[Reading]) -> tuple[FileAccount, ...]:
    """Compare each earlier export with the newer one. Needs the canonical tables and `earlier_<source_no>` of each.

    Makes `snapshot_change`: one row per column of a record that reads differently, and one per record that vanished
    or could not be read; fate is *vanished*, *changed*, *updated* or *not compared*.

    Returns the files, those with an earlier export with what became of its records.
    """
    names = {file.source_no: file.file for file in files}
    engine.load("snapshot_file", {"source_no": "INTEGER", "file": "VARCHAR", "earlier_file": "VARCHAR"}, (
        (reading.source_no, names[reading.source_no], reading.file) for reading in earlier
    ))  # fmt: skip
    engine.load("snapshot_unread", CHANGES, _unread(earlier, names))
    changes = ["SELECT * FROM snapshot_unread"]
    snapshots = {}
    for reading in earlier:
        no, table = reading.source_no, reading.table
        keys, nearest = _recognition(engine, table, no)
        engine.derive(f"paired_{no}", _pairing(table, no, keys, nearest))
        changes += _changes(table, no)
        snapshots[no] = _snapshot(engine, reading, keys, nearest)
    engine.derive("snapshot_change", "\nUNION ALL\n".join(changes))
    return tuple(replace(file, earlier=snapshots.get(file.source_no)) for file in files)


def findings(files: Sequence[FileAccount], newer: Sequence[Reading]) -> Iterator[Finding]:
    """What became of the records of each earlier export, in a sentence or two."""
    unread = Counter(row.source_no for reading in newer for row in reading.quarantine if not row.by_rule)
    for file in files:
        old = file.earlier
        if old is None:
            continue
        gone = old.vanished + old.changed
        text = (
            f"{file.file}: of {count(old.rows_used, 'record')} in the earlier export {old.file}, {old.vanished:,} "
            f"vanished and {old.changed:,} changed; open records completed: {old.updated:,}, new ones: {old.new:,}."
        )
        if old.unread:
            rows = listing([row.row_no for row in old.unread], 10)
            text += f" Not compared, as the earlier export cannot be read there: row {rows}."
        if gone and (lost := unread[file.source_no]):
            text += f" Some may be among the {count(lost, 'row')} of the newer export that cannot be read."
        code = "records_lost" if gone else "records_kept"
        yield Finding(code=code, table=file.table, subject=file.file, text=text, source_no=file.source_no)


def _snapshot(engine: Engine, reading: Reading, keys: Sequence[Sequence[str]], nearest: Sequence[str]) -> Snapshot:
    """The counts of one earlier export; each is counted by itself, and together they must be its rows."""
    no, names = reading.source_no, reading.table.names
    fates: dict[str, int] = dict(engine.rows(f"SELECT fate, COUNT(*) FROM paired_{no} GROUP BY fate"))
    used = engine.count(f"earlier_{no}")
    if used != sum(fates.values()) or reading.rows_read != used + len(reading.quarantine):
        raise AssertionError(f"{reading.file}: {reading.rows_read} rows read, {used} compared, as {fates}")
    newer = engine.rows(f"SELECT COUNT(*) FROM {reading.table.name} WHERE source_no = {no}")[0][0]
    return Snapshot(
        file=reading.file,
        sha256=reading.content.sha256,
        size=reading.content.size,
        rows_read=reading.rows_read,
        rows_used=used,
        unchanged=fates.get("unchanged", 0),
        changed=fates.get("changed", 0),
        updated=fates.get("updated", 0),
        vanished=fates.get("vanished", 0),
        new=newer - used + fates.get("vanished", 0),
        matched_by=f"{', '.join(nearest)}, then nearest in time" if nearest else ", ".join(keys[0] if keys else names),
        quarantine=tuple(reading.quarantine),
    )


def _unread(earlier: Sequence[Reading], names: dict[int, str]) -> Iterator[list[object]]:
    for reading in earlier:
        for row in reading.quarantine:
            if not row.by_rule:
                found = [None, row.row_no, row.subject, 0, row.column, row.value, None]
                yield [reading.source_no, names[reading.source_no], reading.file, "not compared", False, *found]


def _recognition(engine: Engine, table: Table, no: int) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Keys and nearest columns of a table; the record's own number alone, where both exports number every record."""
    how = RECOGNITION.get(table.name, Recognition())
    if RECORD_ID not in table.names:
        return how.keys, how.nearest
    sides = f"earlier_{no}", f"(SELECT * FROM {table.name} WHERE source_no = {no}) newer"
    for side in sides:
        (numbers,) = engine.rows(f"SELECT COUNT(*), COUNT({RECORD_ID}), COUNT(DISTINCT {RECORD_ID}) FROM {side}")
        if len(set(numbers)) > 1:
            return how.keys, how.nearest
    old, new = (f"SELECT {RECORD_ID} FROM {side}" for side in sides)
    shared = engine.rows(f"SELECT COUNT(*) FROM ({old} INTERSECT {new}) shared")[0][0]
    # Where no number is in both, the system numbered its records anew: then the number is no key.
    return (((RECORD_ID,),), ()) if shared else (how.keys, how.nearest)


# --- the statements -----------------------------------------------------------------------------------------------


def _as_text(column: Column) -> str:
    """SQL for a column as text that is equal where the column is: e-mail addresses whatever their case, none as ''."""
    name = column.name
    if column.kind is Kind.ACCOUNT:
        return f"COALESCE({name}_email, {name}, '')"
    if column.kind is Kind.MOMENT:
        return f"COALESCE(CAST({name} AS VARCHAR), CAST({date_of(name)} AS VARCHAR), '')"
    if column.kind is Kind.NUMBER:
        return rf"COALESCE(REGEXP_REPLACE(CAST({name} AS VARCHAR), '\.0$', ''), '')"
    return f"COALESCE(CAST({name} AS VARCHAR), '')"


def _rows(table: Table, relation: str, where: str = "TRUE") -> str:
    """SELECT of a relation's rows as text, each with its place; row numbers repeat where one row holds many records."""
    how = RECOGNITION.get(table.name, Recognition())
    texts = ", ".join(f"{_as_text(column)} AS {column.name}" for column in table.columns)
    moment = f"COALESCE({how.moment}, {date_of(how.moment)}, TIMESTAMP '9000-01-01')" if how.moment else "NULL"
    says = f"{how.is_open} AS is_open, {how.is_done} AS is_done, {moment} AS moment"
    return f"SELECT rowid AS place, row_no, {says}, {texts} FROM {relation} WHERE {where}"


def _pairing(table: Table, no: int, keys: Sequence[Sequence[str]], nearest: Sequence[str]) -> str:
    """SELECT of each row of the earlier export: its place, the place of its partner (NULL: none), and its fate."""
    steps = [_by_key(table.names), *map(_by_key, keys)]
    steps += [_by_time(nearest), _by_key(nearest)] if nearest else []
    parts = [
        f"old_0 AS ({_rows(table, f'earlier_{no}')})",
        f"new_0 AS ({_rows(table, table.name, f'source_no = {no}')})",
    ]
    for n, step in enumerate(steps):
        parts += [f"pair_{n} AS ({step.format(old=f'old_{n}', new=f'new_{n}')})"]
        parts += [
            f"{side}_{n + 1} AS (SELECT * FROM {side}_{n} WHERE place NOT IN (SELECT {side}_place FROM pair_{n}))"
            for side in ("old", "new")
        ]
    pairs = " UNION ALL ".join(f"SELECT *, {n} AS step FROM pair_{n}" for n in range(len(steps)))
    return (
        f"WITH {', '.join(parts)} SELECT old_0.place AS old_place, pair.new_place, "
        "CASE WHEN step IS NULL THEN 'vanished' WHEN step = 0 THEN 'unchanged' WHEN is_open THEN 'updated' "
        f"ELSE 'changed' END AS fate FROM old_0 LEFT JOIN ({pairs}) pair ON pair.old_place = old_0.place"
    )


def _by_key(key: Sequence[str]) -> str:
    """Pairs of equal keys; of several with one key the first with the first, the second with the second …"""
    columns = ", ".join(key)
    side = (
        f"SELECT place, {columns}, ROW_NUMBER() OVER (PARTITION BY {columns} ORDER BY moment, place) AS nth FROM {{%s}}"
    )
    return (
        f"SELECT o.place AS old_place, n.place AS new_place FROM ({side % 'old'}) o "
        f"JOIN ({side % 'new'}) n USING ({columns}, nth)"
    )


def _by_time(among: Sequence[str]) -> str:
    """Pairs of an older and a newer row that are neighbours in time and nearer to each other than to the next one."""
    columns = ", ".join(among)
    window = f"OVER (PARTITION BY {columns} ORDER BY moment, is_old, place)"
    side = f"SELECT place, {columns}, moment, {{is_old}} AS is_old FROM {{side}}"
    both = f"{side.format(is_old='TRUE', side='{old}')} UNION ALL {side.format(is_old='FALSE', side='{new}')}"
    following = f"SELECT *, LEAD(place) {window} AS next_place, LEAD(is_old) {window} AS next_is_old, "
    following += f"LEAD(moment) {window} AS next_moment FROM ({both}) both_sides"
    gap = "CASE WHEN is_old <> next_is_old THEN EPOCH(next_moment) - EPOCH(moment) END"
    gaps = f"SELECT *, {gap} AS gap FROM ({following}) following"
    beside = f"SELECT *, LAG(gap) {window} AS gap_before, LEAD(gap) {window} AS gap_after FROM ({gaps}) gaps"
    return (
        "SELECT CASE WHEN is_old THEN place ELSE next_place END AS old_place, "
        f"CASE WHEN is_old THEN next_place ELSE place END AS new_place FROM ({beside}) beside WHERE gap IS NOT NULL "
        "AND (gap_before IS NULL OR gap < gap_before) AND (gap_after IS NULL OR gap <= gap_after)"
    )


def _changes(table: Table, no: int) -> Iterator[str]:
    """SELECTs of what differs, column by column, and of the records that vanished."""
    how = RECOGNITION.get(table.name, Recognition())
    named = dict.fromkeys((*(how.nearest or (how.keys[0] if how.keys else table.names[:2])), RECORD_ID))
    record = ", ".join(f"NULLIF(o.{name}, '')" for name in named if name in table.names)
    head = (
        f"SELECT f.source_no, f.file, f.earlier_file, p.fate, o.is_done AS done, o.place, "
        f"o.row_no, CONCAT_WS(', ', {record}) AS record"
    )
    pairs = (
        f"FROM paired_{no} p JOIN ({_rows(table, f'earlier_{no}')}) o ON o.place = p.old_place "
        f"JOIN snapshot_file f ON f.source_no = {no}"
    )
    newer = f"JOIN ({_rows(table, table.name, f'source_no = {no}')}) n ON n.place = p.new_place"
    for place, name in enumerate(table.names, 1):
        yield (
            f"{head}, {place}, '{name}', NULLIF(o.{name}, ''), NULLIF(n.{name}, '') {pairs} {newer} "
            f"WHERE p.fate IN ('changed', 'updated') AND o.{name} <> n.{name}"
        )
    whole = ", ".join(f"'{name}=' || NULLIF(o.{name}, '')" for name in table.names)
    yield f"{head}, 0, NULL, CONCAT_WS(', ', {whole}), NULL {pairs} WHERE p.fate = 'vanished'"
