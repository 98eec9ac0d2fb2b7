"""An earlier export of the same report: what vanished from the newer one, what reads differently, what is expected."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from pathlib import Path
from typing import Any

import folders
import pytest
from arrivals import File, Received, arrange, people, receive, refusal, take

from workbook_lib import intake
from workbook_lib.audit import load_audit
from workbook_lib.exhibits import snapshots
from workbook_lib.intake import snapshots as pairing
from workbook_lib.listings import SNAPSHOT_CHANGES
from workbook_lib.pack.bag import copy_inputs
from workbook_lib.tables import Snapshot, UserError
from workbook_lib.workpaper import Workpaper, perform

PREVIOUS = 'previous = "old/export.csv"'
COMPLETIONS = "account,module_id,completed_at,status,score\n"
NUMBERED = "account,module_id,completed_at,status,record_id\n"
#: unchanged, changed, updated, vanished, new
Counts = tuple[int, int, int, int, int]


def compared(folder: Path, table: str, header: str, old: str, new: str, profile: str = "generic") -> Received:
    """Read an export with its earlier one."""
    (folder / "old").mkdir()
    (folder / "old" / "export.csv").write_text(header + old, encoding="utf-8")
    return receive(folder, File(table, "export.csv", header + new, profile=profile, keys=PREVIOUS))


def snapshot(got: Received) -> Snapshot:
    (found,) = [file.earlier for file in got.intake.files if file.earlier]
    return found


def counts(got: Received) -> Counts:
    s = snapshot(got)
    return s.unchanged, s.changed, s.updated, s.vanished, s.new


def changes(got: Received) -> list[tuple[Any, ...]]:
    """Change, row in the older file, column, before, after; in the order of the pack."""
    return [(row[2], row[3], *row[5:]) for row in got.engine.rows(SNAPSHOT_CHANGES)]


class TestCompletions:
    def test_what_is_the_same_is_unchanged_and_new_records_are_only_counted(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,2024-01-01,completed,80\n",
            "B,M,2025-01-01,completed,\nA,M,2024-01-01,completed,80.0\n",
        )  # fmt: skip
        assert counts(got) == (1, 0, 0, 0, 1)
        assert changes(got) == []
        assert got.finding("records_kept").text == (
            "export.csv: of 1 record in the earlier export old/export.csv, 0 vanished and 0 changed; open "
            "records completed: 0, new ones: 1."
        )

    def test_a_record_that_is_gone_has_vanished(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,2024-01-01,completed,\nA,N,2024-01-02,failed,40\n", "A,M,2024-01-01,completed,\n",
        )  # fmt: skip
        assert counts(got) == (1, 0, 0, 1, 0)
        whole = "account=A, module_id=N, completed_at=2024-01-02, status=failed, score=40"
        assert changes(got) == [("vanished", 3, None, whole, None)]
        assert got.finding("records_lost").subject == "export.csv"

    @pytest.mark.parametrize(
        ("new", "column", "before", "after"),
        [
            ("A,M,2024-01-02,completed,80", "completed_at", "2024-01-01", "2024-01-02"),
            ("A,M,2024-01-01,failed,80", "status", "completed", "failed"),
            ("A,M,2024-01-01,completed,", "score", "80", None),
        ],
    )
    def test_another_date_status_or_score_is_a_change(
        self, tmp_path: Path, new: str, column: str, before: str, after: str | None
    ) -> None:
        got = compared(tmp_path, "completions", COMPLETIONS, "A,M,2024-01-01,completed,80\n", new + "\n")
        assert counts(got) == (0, 1, 0, 0, 0)
        assert changes(got) == [("changed", 2, column, before, after)]

    def test_a_record_is_paired_with_the_nearest_in_time(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,2023-01-01,completed,\nA,M,2024-01-01,completed,\n",
            "A,M,2025-01-15,completed,\nA,M,2024-01-02,completed,\nA,M,2023-01-01,completed,\n",
        )  # fmt: skip
        assert counts(got) == (1, 1, 0, 0, 1)
        assert changes(got) == [("changed", 3, "completed_at", "2024-01-01", "2024-01-02")]

    def test_the_farther_of_two_has_vanished(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,2023-01-01,completed,\nA,M,2024-01-01,completed,\n", "A,M,2024-02-01,completed,\n",
        )  # fmt: skip
        assert counts(got) == (0, 1, 0, 1, 0)
        assert [(change, row) for change, row, *_ in changes(got)] == [("vanished", 2), ("changed", 3)]
        assert "1 vanished and 1 changed" in got.finding("records_lost").text

    def test_records_of_one_moment_are_paired_by_their_status(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,2024-01-01,completed,80\nA,M,2024-01-01,failed,40\n",
            "A,M,2024-01-01,completed,90\nA,M,2024-01-01,failed,50\n",
        )  # fmt: skip
        assert changes(got) == [("changed", 2, "score", "80", "90"), ("changed", 3, "score", "40", "50")]

    def test_a_row_that_stood_twice_and_stands_once_has_vanished_once(self, tmp_path: Path) -> None:
        row = "A,M,2024-01-01,completed,\n"
        got = compared(tmp_path, "completions", COMPLETIONS, row * 2, row)
        assert counts(got) == (1, 0, 0, 1, 0)
        assert [(change, place) for change, place, *_ in changes(got)] == [("vanished", 3)]

    def test_training_that_was_open_moves_on(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,,not_started,\nA,M,,not_started,\nB,M,,in_progress,\n",
            "A,M,2025-02-01,completed,\nA,M,2025-03-01,passed,90\nB,M,2025-04-01,completed,\n",
        )  # fmt: skip
        assert counts(got) == (0, 0, 3, 0, 0)
        assert {change for change, *_ in changes(got)} == {"updated"}
        assert "open records completed: 3, new ones: 0." in got.finding("records_kept").text

    def test_letter_case_of_an_address_is_no_change(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "Ada@Firm.example,M,2024-01-01,completed,\n", "ada@firm.example,M,2024-01-01,completed,\n",
        )  # fmt: skip
        assert counts(got) == (1, 0, 0, 0, 0)

    def test_every_record_has_one_fate_and_vanishes_only_where_fewer_are_left(self, tmp_path: Path) -> None:
        dice = random.Random(7)

        def rows() -> list[str]:
            status = ("completed", "failed", "in_progress")
            return [
                f"A{dice.randrange(60)},M,2024-01-{dice.randrange(1, 10):02},{dice.choice(status)},{dice.choice(('', '80'))}"
                for _ in range(400)
            ]

        old, new = rows(), rows()
        got = compared(tmp_path, "completions", COMPLETIONS, "\n".join(old) + "\n", "\n".join(new) + "\n")
        before, after = (Counter(row.split(",")[0] for row in side) for side in (old, new))
        unchanged, changed, updated, vanished, fresh = counts(got)
        assert unchanged == (Counter(old) & Counter(new)).total()
        assert vanished == (before - after).total()
        assert fresh == (after - before).total()
        assert unchanged + changed + updated + vanished == 400

    def test_what_said_done_comes_first(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS,
            "A,M,2024-01-01,failed,\nB,M,2024-01-01,completed,\nC,M,2024-01-01,completed,\n",
            "B,M,2024-01-09,completed,\n",
        )  # fmt: skip
        assert [(change, row) for change, row, *_ in changes(got)] == [("vanished", 4), ("changed", 3), ("vanished", 2)]


class TestRecordNumbers:
    def test_the_number_tells_records_apart_where_each_has_its_own(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", NUMBERED,
            "A,M,2024-01-01,completed,r1\nA,M,2024-05-01,completed,r2\n",
            "A,N,2024-01-01,completed,r1\nA,M,2024-05-02,completed,r3\n",
        )  # fmt: skip
        assert snapshot(got).matched_by == "record_id"
        assert counts(got) == (0, 1, 0, 1, 1)
        assert [(change, row, column) for change, row, column, *_ in changes(got)] == [
            ("vanished", 3, None),
            ("changed", 2, "module_id"),
        ]

    @pytest.mark.parametrize(
        ("first", "second"), [("r1", "r1"), ("r1", "")], ids=["a number stands twice", "a number is missing"]
    )
    def test_the_number_is_no_key_where_not_all_have_one(self, tmp_path: Path, first: str, second: str) -> None:
        rows = f"A,M,2024-01-01,completed,{first}\nB,M,2024-01-01,completed,{second}\n"
        got = compared(tmp_path, "completions", NUMBERED, rows, rows.replace("B,M,2024-01-01", "B,M,2024-01-03"))
        assert snapshot(got).matched_by == "account, module_id, then nearest in time"
        assert counts(got) == (1, 1, 0, 0, 0)

    def test_records_numbered_anew_have_changed_and_not_vanished(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", NUMBERED, "A,M,2024-01-01,completed,r1\n", "A,M,2024-01-01,completed,s1\n"
        )
        assert changes(got) == [("changed", 2, "record_id", "r1", "s1")]


@pytest.mark.parametrize(
    ("table", "header", "old", "new", "expected"),
    [
        ("people", "person_id,worker_type,start_date,end_date", "P1,employee,2020-01-01,",
         "P1,employee,2020-01-01,2025-06-30", [("updated", 2, "end_date", None, "2025-06-30")]),
        ("people", "person_id,worker_type,start_date,end_date", "P1,employee,2020-01-01,2024-06-30",
         "P1,employee,2020-01-01,2024-03-31", [("changed", 2, "end_date", "2024-06-30", "2024-03-31")]),
        ("people", "person_id,worker_type,start_date,end_date", "P1,employee,2020-01-01,",
         "P1,employee,2020-02-01,",
         [("vanished", 2, None, "person_id=P1, worker_type=employee, start_date=2020-01-01", None)]),
        ("accounts", "account,person_id,active", "a@x.example,P1,true", "a@x.example,P1,false",
         [("updated", 2, "active", "true", "false")]),
        ("accounts", "account,person_id", "a@x.example,P1", "b@x.example,P1",
         [("vanished", 2, None, "account=a@x.example, person_id=P1, active=true", None)]),
        ("leave", "person_id,start_date,end_date", "P1,2025-01-01,", "P1,2025-01-01,2025-03-01",
         [("updated", 2, "end_date", None, "2025-03-01")]),
        ("acknowledgements", "account,policy_id,version,acknowledged_at", "A,AUP,4,2024-01-01", "A,AUP,4,2024-02-01",
         [("changed", 2, "acknowledged_at", "2024-01-01", "2024-02-01")]),
        ("acknowledgements", "account,policy_id,version,acknowledged_at", "A,AUP,4,2024-01-01", "A,AUP,5,2024-01-01",
         [("vanished", 2, None, "account=A, policy_id=AUP, version=4, acknowledged_at=2024-01-01, status=acknowledged",
           None)]),
        ("acknowledgements", "account,policy_id,version,acknowledged_at,status", "A,AUP,4,,sent",
         "A,AUP,4,2024-01-01,acknowledged",
         [("updated", 2, "acknowledged_at", None, "2024-01-01"), ("updated", 2, "status", "sent", "acknowledged")]),
        ("modules", "module_id,title", "M,Old", "M,New", [("updated", 2, "title", "Old", "New")]),
        ("policies", "policy_id,version,effective_on", "AUP,4,2024-01-01", "AUP,4,2024-02-01",
         [("changed", 2, "effective_on", "2024-01-01", "2024-02-01")]),
        ("content_reviews", "module_id,version,reviewed_on", "M,4,2024-01-01", "M,4,2024-02-01",
         [("vanished", 2, None, "module_id=M, version=4, reviewed_on=2024-01-01", None)]),
    ],
)  # fmt: skip
def test_each_table_has_its_own_key(tmp_path: Path, table: str, header: str, old: str, new: str, expected: Any) -> None:
    assert changes(compared(tmp_path, table, header + "\n", old + "\n", new + "\n")) == expected


def test_of_acknowledgements_the_nearest_are_paired_and_what_was_acknowledged_comes_first(tmp_path: Path) -> None:
    got = compared(
        tmp_path, "acknowledgements", "account,policy_id,version,acknowledged_at,status\n",
        "A,AUP,4,2024-01-01,declined\nB,AUP,4,2023-01-01,acknowledged\nB,AUP,4,2024-01-01,acknowledged\n",
        "B,AUP,4,2024-01-02,acknowledged\n",
    )  # fmt: skip
    assert [(change, row) for change, row, *_ in changes(got)] == [("vanished", 3), ("changed", 4), ("vanished", 2)]


def test_acknowledgements_of_one_moment_keep_their_order(tmp_path: Path) -> None:
    header = "account,policy_id,version,acknowledged_at,status,method\n"
    rows = "A,AUP,4,2024-01-01,declined,web\nA,AUP,4,2024-01-01,acknowledged,web\n"
    got = compared(tmp_path, "acknowledgements", header, rows, rows.replace("web", "app"))
    assert changes(got) == [("changed", 3, "method", "web", "app"), ("changed", 2, "method", "web", "app")]


@pytest.mark.parametrize(
    ("table", "header", "row", "matched_by", "record"),
    [
        ("people", "person_id,name,worker_type,start_date", "P1,Ada,employee,2020-01-01", "person_id, start_date", "P1, 2020-01-01"),
        ("completions", NUMBERED.strip(), "A,M,2024-01-01,completed,", "account, module_id, then nearest in time", "A, M"),
        ("completions", NUMBERED.strip(), "A,M,2024-01-01,completed,r1", "record_id", "A, M, r1"),
        ("content_reviews", "module_id,version,reviewed_on", "M,4,2024-01-01",
         "module_id, version, reviewed_on, reviewed_by, change, threats", "M, 4"),
    ],
)  # fmt: skip
def test_a_record_is_named_by_what_tells_it_apart(
    tmp_path: Path, table: str, header: str, row: str, matched_by: str, record: str
) -> None:
    got = compared(tmp_path, table, header + "\n", row + "\n", row.replace("P1", "P2").replace("M", "N") + "\n")
    assert snapshot(got).matched_by == matched_by
    assert [found[4] for found in got.engine.rows(SNAPSHOT_CHANGES)] == [record]


class TestReading:
    def test_the_earlier_file_is_accounted_for_and_judged_by_nobody(self, tmp_path: Path) -> None:
        old = COMPLETIONS + "A,M,2024-01-01,failed,\nB,M,31/31/2024,completed,\nC,M,2024-01-03,failed,\n"
        got = compared(tmp_path, "completions", COMPLETIONS, old.removeprefix(COMPLETIONS), "C,M,2024-01-03,failed,\n")
        s = snapshot(got)
        assert (s.file, s.size, s.sha256) == ("old/export.csv", len(old), hashlib.sha256(old.encode()).hexdigest())
        assert (s.rows_read, s.rows_used, [row.row_no for row in s.unread]) == (3, 2, [3])
        assert changes(got) == [
            ("vanished", 2, None, "account=A, module_id=M, completed_at=2024-01-01, status=failed", None),
            ("not compared", 3, "completed_at", "31/31/2024", None),
        ]
        assert got.quarantine == ()
        assert got.rows("completions", "account") == [("C",)]
        assert got.finding("records_lost").text.endswith(
            "Not compared, as the earlier export cannot be read there: row 3."
        )

    def test_ten_rows_that_are_not_compared_are_named(self, tmp_path: Path) -> None:
        sound = "A,M,2024-01-01,completed,\n"
        got = compared(tmp_path, "completions", COMPLETIONS, sound + "B,M,soon,completed,\n" * 11, sound)
        assert got.finding("records_kept").text.endswith("row 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 1 more.")

    def test_a_vanished_record_may_be_one_that_the_newer_file_garbles(self, tmp_path: Path) -> None:
        got = compared(
            tmp_path, "completions", COMPLETIONS, "A,M,2024-01-01,completed,\n", "A,M,2024-31-01,completed,\n"
        )
        assert counts(got) == (0, 0, 0, 1, 0)
        assert got.finding("records_lost").text.endswith(
            "Some may be among the 1 row of the newer export that cannot be read."
        )

    def test_a_row_that_the_newer_file_garbles_is_not_sought_where_nothing_vanished(self, tmp_path: Path) -> None:
        sound = "A,M,2024-01-01,completed,\n"
        got = compared(tmp_path, "completions", COMPLETIONS, sound, sound + "B,M,2024-31-01,completed,\n")
        assert len(got.quarantine) == 1
        assert got.finding("records_kept").text.endswith("new ones: 0.")

    def test_records_of_one_row_are_told_apart(self, tmp_path: Path) -> None:
        json = '[{"who": "A", "done": [{"m": "M", "on": "2024-01-01"}, {"m": "N", "on": "2024-01-02"}]}]'
        exploding = (
            '[profile]\nsystem = "X"\ntitle = "x"\nconfidence = "seen in real files"\n'
            '[[layout]]\ntable = "completions"\nexplode = "done"\n'
            '[layout.columns]\naccount = "who"\nmodule_id = "done.m"\ncompleted_at = "done.on"\n'
            '[layout.constants]\nstatus = "completed"\n'
        )
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "x.json").write_text(json)
        new = json.replace("01-01", "01-05").replace("01-02", "01-06")
        file = File("completions", "x.json", new, profile="mine", keys='previous = "old/x.json"')
        got = receive(tmp_path, file, profiles={"mine": exploding})
        assert counts(got) == (0, 2, 0, 0, 0)

    def test_a_file_that_cannot_be_trusted_is_refused_by_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "export.csv").write_text("<!DOCTYPE html><html>Please log in</html>")
        rows = COMPLETIONS + "A,M,2024-01-01,completed,\n"
        (problem,) = refusal(tmp_path, File("completions", "export.csv", rows, keys=PREVIOUS))
        assert problem.where == "old/export.csv"

    def test_it_is_read_with_the_overrides_of_its_source(self, tmp_path: Path) -> None:
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "export.csv").write_text("Nr,start_date\nP1,2020-01-01\n")
        keys = f'{PREVIOUS}\ncolumns = {{ person_id = "Nr" }}\nvalues.worker_type = "contractor"'
        got = receive(tmp_path, File("people", "export.csv", "Nr,start_date\nP2,2020-01-01\n", keys=keys))
        whole = "person_id=P1, worker_type=contractor, start_date=2020-01-01"
        assert changes(got) == [("vanished", 2, None, whole, None)]


class TestPairingOfFiles:
    def folder(self, folder: Path, file: str, previous: str, *names: str) -> Path:
        """An audit folder with one source of several files, each with a record of its own."""
        arrange(folder)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{COMPLETIONS}{Path(name).stem},M,2024-01-01,completed,\n")
        with (folder / "audit.toml").open("a") as toml:
            toml.write(f'[[source]]\ntable = "completions"\nfile = "{file}"\nprevious = "{previous}"\n')
            toml.write("extracted_on = 2026-01-05\n")
        return folder

    def test_files_of_a_glob_are_paired_by_name(self, tmp_path: Path) -> None:
        names = "q3/a.csv", "q3/b.csv", "q4/a.csv", "q4/b.csv"
        got = take(self.folder(tmp_path, "q4/*.csv", "q3/*.csv", *names))
        assert [(file.file, file.earlier and file.earlier.file) for file in got.intake.files] == [
            ("staff.csv", None),
            ("q4/a.csv", "q3/a.csv"),
            ("q4/b.csv", "q3/b.csv"),
        ]
        assert [file.earlier.unchanged for file in got.intake.files if file.earlier] == [1, 1]
        kept = [(found.subject, found.source_no) for found in got.findings if found.code == "records_kept"]
        assert kept == [(file.file, file.source_no) for file in got.intake.files[1:]]

    @pytest.mark.parametrize(
        ("file", "previous", "names", "what"),
        [
            ("q4/*.csv", "q3/*.csv", ("q3/a.csv", "q3/b.csv", "q4/b.csv"), "a.csv has no counterpart: 'q4/*.csv' matches 1"),
            ("q4/*.csv", "q3/*.csv", ("q3/b.csv", "q4/a.csv", "q4/b.csv"), "a.csv has no counterpart: 'q4/*.csv' matches 2"),
            ("q4/*.csv", "q3/a.csv", ("q3/a.csv", "q4/a.csv", "q4/b.csv"), "b.csv has no counterpart: 'q4/*.csv' matches 2"),
            ("**/a.csv", "b/a.csv", ("a/a.csv", "b/a.csv"), "a.csv is both the export and its own earlier export."),
            ("a.csv", "a.csv", ("a.csv",), "a.csv is both the export and its own earlier export."),
            ("a.csv", "old.csv", ("a.csv",), "'old.csv' matches no file."),
        ],
    )  # fmt: skip
    def test_what_cannot_be_paired_is_refused(
        self, tmp_path: Path, file: str, previous: str, names: tuple[str, ...], what: str
    ) -> None:
        with pytest.raises(UserError) as refused:
            take(self.folder(tmp_path, file, previous, *names))
        (problem,) = refused.value.problems
        assert problem.where == "audit.toml, source[2].previous"
        assert problem.what.startswith(what)


def acme(folder: Path, earlier: str | None) -> Workpaper:
    """The sound company, with an earlier export of its training records."""
    folders.make(folder)
    if earlier is not None:
        (folder / "q3.csv").write_text(earlier, encoding="utf-8")
        toml = folder / "audit.toml"
        line = 'file = "completions.csv"\n'
        toml.write_text(toml.read_text().replace(line, line + 'previous = "q3.csv"\n'), encoding="utf-8")
    return perform(load_audit(folder))


class TestWorkpaper:
    def lost(self, wp: Workpaper) -> tuple[int, int] | None:
        (p12,) = [result for result in wp.results if result.procedure.id == "P12"]
        says = "No record of an earlier export has vanished or changed."
        return next(((check.exceptions, check.tested) for check in p12.checks if check.says == says), None)

    def test_p12_counts_records_of_the_earlier_export(self, tmp_path: Path) -> None:
        more = folders.plus("completions", "di@acme.example,DEV-7,2024-02-01T09:00:00Z,completed,,30")["completions"]
        wp = acme(tmp_path / "a", more)
        assert self.lost(wp) == (1, 9)
        exhibit = snapshots(wp)
        assert exhibit.says[0].startswith("1 of 9 (11.1 %) records of 1 earlier export have vanished")
        assert list(exhibit.table.iloc[0])[2:] == [9, 8, 0, 0, 1, 0]
        assert list(exhibit.tables[1].frame.iloc[0])[:2] == ["di@acme.example, DEV-7", "vanished"]

    def test_p12_notes_nothing_where_nothing_vanished(self, tmp_path: Path) -> None:
        wp = acme(tmp_path / "a", folders.without("completions", "2025-11")["completions"])
        assert self.lost(wp) == (0, 6)
        assert len(snapshots(wp).tables) == 1

    def test_without_an_earlier_export_it_says_so(self, tmp_path: Path) -> None:
        wp = acme(tmp_path / "a", None)
        assert self.lost(wp) is None
        exhibit = snapshots(wp)
        assert exhibit.tables == ()
        assert exhibit.says[0].startswith("No earlier export is given for any of the 7 files")

    def test_verdicts_do_not_know_the_earlier_export(self, tmp_path: Path) -> None:
        earlier = folders.plus("completions", "bo@acme.example,SEC-101,2020-01-01T09:00:00Z,completed,,30")[
            "completions"
        ]
        assert acme(tmp_path / "a", earlier).verdicts == acme(tmp_path / "b", None).verdicts

    def test_the_earlier_export_goes_into_the_pack(self, tmp_path: Path) -> None:
        acme(tmp_path / "a", folders.SOUND["completions"])
        copy_inputs(load_audit(tmp_path / "a"), tmp_path / "inputs")
        assert (tmp_path / "inputs" / "q3.csv").read_text() == folders.SOUND["completions"]


def test_people_who_vanish_are_in_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    header = "person_id,name,worker_type,start_date,end_date\n"
    (tmp_path / "old" / "export.csv").write_text(header + "P1,Ada,employee,2020-01-01,\nP2,Bo,employee,2020-01-01,\n")
    got = receive(tmp_path, people("P1,Ada,employee,2020-01-01,", keys=PREVIOUS))
    assert got.rows("people", "person_id") == [("P1",)]
    assert counts(got) == (1, 0, 0, 1, 0)


def test_a_closing_line_of_the_earlier_export_is_no_record_that_is_not_compared(tmp_path: Path) -> None:
    record = "A,M,2024-01-01,completed,80\n"
    got = compared(tmp_path, "completions", COMPLETIONS, f"{record}Total: 1 row,,,,\n", record)
    assert (counts(got), changes(got)) == ((1, 0, 0, 0, 0), [])
    assert "Not compared" not in got.finding("records_kept").text


def test_counts_of_an_earlier_export_that_do_not_agree_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = intake._rows
    monkeypatch.setattr(intake, "_rows", lambda engine, into, *given: (
        row for row in whole(engine, into, *given) if (into, row[0]) != ("earlier_1", "B")
    ))  # fmt: skip
    old = "A,M,2024-01-01,completed,\nB,M,2024-01-02,completed,\n"
    with pytest.raises(AssertionError, match=r"old/export\.csv: 2 rows read, 1 compared"):
        compared(tmp_path, "completions", COMPLETIONS, old, old)


def test_a_record_of_an_earlier_export_without_a_fate_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pairing._pairing
    monkeypatch.setattr(pairing, "_pairing", lambda *given: f"{whole(*given)} WHERE FALSE")
    row = "A,M,2024-01-01,completed,\n"
    with pytest.raises(AssertionError, match=r"old/export\.csv: 1 rows read, 1 compared, as \{\}"):
        compared(tmp_path, "completions", COMPLETIONS, row, row)
