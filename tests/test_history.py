"""What each run said, kept beside the packs; and the result of earlier days, judged again."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import small
from companies import random_company, write
from folders import make, without

from workbook_lib import exhibits, history
from workbook_lib.audit import load_audit
from workbook_lib.history import Entry, append, entries, export
from workbook_lib.tables import UserError
from workbook_lib.trend import look_back, month_ends
from workbook_lib.workpaper import perform

RUN = Entry(
    made_at="2025-07-02T08:00:00+00:00",
    audit="acme",
    period="2025",
    as_of="2025-07-01",
    notebook="readiness",
    digest="0" * 64,
    counts={"awareness": {"met": 2, "missing": 1, "pending": 4}, "policy": {"met": 3}},
)


def test_entries_come_back_as_they_were_and_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / history.FILE
    assert entries(path, "acme", "2025") == ()
    later = replace(RUN, as_of="2025-08-01", notebook="evidence")
    for run in (RUN, replace(RUN, audit="other"), replace(RUN, period="2024"), later):
        append(path, run)
    assert entries(path, "acme", "2025") == (RUN, later)
    assert (RUN.of("met"), RUN.of("met", "missing"), RUN.day) == (5, 6, date(2025, 7, 1))


def test_a_copy_names_no_other_audit(tmp_path: Path) -> None:
    append(tmp_path / history.FILE, RUN)
    append(tmp_path / history.FILE, replace(RUN, audit="another client"))
    export(tmp_path / history.FILE, "acme", "2025", tmp_path / history.COPY)
    assert len((tmp_path / history.COPY).read_text(encoding="utf-8").splitlines()) == 1
    assert "another" not in (tmp_path / history.COPY).read_text(encoding="utf-8")
    assert entries(tmp_path / history.COPY, "the folder has another name in a pack", "2025") == (RUN,)


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / history.FILE
    runs = [replace(RUN, digest=f"{n:064}") for n in range(40)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda run: append(path, run), runs))
    assert {run.digest for run in entries(path, "acme", "2025")} == {run.digest for run in runs}


def test_a_writer_that_is_killed_leaves_no_half_of_an_entry(tmp_path: Path) -> None:
    path = tmp_path / history.FILE
    append(path, RUN)
    with closing(sqlite3.connect(path, isolation_level=None)) as killed:
        killed.execute("BEGIN IMMEDIATE")
        killed.execute("INSERT INTO run (entry) VALUES (?)", (json.dumps({"made_at": "half"}),))
    append(path, RUN)
    assert entries(path, "acme", "2025") == (RUN, RUN)


def test_a_history_that_its_first_writer_has_not_finished_is_empty(tmp_path: Path) -> None:
    path = tmp_path / history.FILE
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(history.SCHEMA)
        assert entries(path, "acme", "2025") == ()
    assert entries(path, "acme", "2025") == ()
    append(path, RUN)
    assert entries(path, "acme", "2025") == (RUN,)


def test_what_a_killed_writer_left_half_written_is_undone_by_who_reads(tmp_path: Path) -> None:
    path = tmp_path / "a # folder?" / history.FILE
    path.parent.mkdir()
    append(path, RUN)
    dying = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('PRAGMA cache_size = 1'); db.execute('BEGIN IMMEDIATE');"
        "db.executemany('INSERT INTO run (entry) VALUES (?)', [('\"' + 'x' * 9000 + '\"',)] * 99); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", dying, str(path)], check=False).returncode == 9
    assert path.with_name(f"{history.FILE}-journal").exists()
    assert entries(path, "acme", "2025") == (RUN,)


def test_a_line_of_the_copy_ends_where_its_entry_does(tmp_path: Path) -> None:
    odd = replace(RUN, audit="acme", counts={"a\u2028b\u2029c\x85d": {"met": 1}})
    append(tmp_path / history.FILE, odd)
    export(tmp_path / history.FILE, "acme", "2025", tmp_path / history.COPY)
    assert entries(tmp_path / history.COPY, "acme", "2025") == (odd,)
    export(tmp_path / history.FILE, "nobody", "2025", tmp_path / history.COPY)
    assert entries(tmp_path / history.COPY, "nobody", "2025") == ()


@pytest.mark.parametrize("name", [history.FILE, history.COPY])
def test_what_is_no_history_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("something else entirely\n", encoding="utf-8")
    with pytest.raises(UserError) as refused:
        entries(tmp_path / name, "acme", "2025")
    assert [problem.code for problem in refused.value.problems] == ["no_history"]


@pytest.mark.parametrize("seed", [3, 4])
def test_an_earlier_day_judged_again_is_that_day_judged(tmp_path: Path, seed: int) -> None:
    audit = load_audit(write(random_company(seed, 40), tmp_path / "audit"))
    paper = perform(audit)
    days = month_ends(paper.window)[::4]
    again = look_back(paper.engine, audit, paper.window, days)
    for day in days:
        then = perform(audit, as_of=day)
        query = "SELECT requirement_no, verdict, COUNT(*) FROM verdict GROUP BY 1, 2"
        assert again[day] == {(no, verdict): number for no, verdict, number in then.rows(query)}


def test_the_trend_compares_what_a_run_said_with_what_is_known_now(tmp_path: Path) -> None:
    # Bo's training of 20 March came into the export only after the run of 1 July, which found it missing.
    before = perform(
        load_audit(make(tmp_path / "before", without("completions", "2025-03-20"))), as_of=date(2025, 7, 1)
    )
    told = {name: {} for name in ("awareness", "coding", "policy")}
    for row in before.verdicts:
        counts = told[row["requirement_id"]]
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    append(tmp_path / history.FILE, replace(RUN, audit="acme", counts=told))
    paper = perform(load_audit(make(tmp_path / "acme")))
    exhibit = exhibits.trend(paper, str(tmp_path / history.FILE))
    assert exhibit.says[0] == (
        "On time on 2025-12-31: 9 of 9 (100 %). 1 earlier run of this period is known; judged again from these exports, "
        "1 of them comes out differently."
    )
    months, runs = (table.frame for table in exhibit.tables)
    assert len(months) == 12
    assert list(runs[["As of", "On time then", "Judged again", "Compared"]].iloc[0]) == [
        *(date(2025, 7, 1), "8 of 9 (88.9 %)", "9 of 9 (100 %)", "differs"),
    ]


def test_without_a_history_the_months_alone_are_shown(tmp_path: Path) -> None:
    paper = perform(load_audit(small.write(tmp_path / "firm")))
    exhibit = exhibits.trend(paper, str(tmp_path / "reports" / history.FILE))
    assert "0 earlier runs of this period are known" in exhibit.says[0]
    assert len(exhibit.tables) == 1
