"""Many rows at once, and Parquet: exactly what reading row by row gives."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from arrivals import RECORDS, File, arrange, parquet, refusal, take
from hypothesis import assume, example, given
from hypothesis import strategies as st

from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.intake import bulk, csv_records, read
from workbook_lib.intake.reading import Reading
from workbook_lib.tables import TABLES, UserError

HERE = Path(__file__).parent
BAD = HERE / "exports" / "bad"
NORTHWIND = HERE.parent / "data_samples" / "northwind"
SEEN = bulk.seen


def everything(folder: Path, patch: pytest.MonkeyPatch, *, at_once: bool) -> dict[str, Any]:
    """All that intake says of an audit folder, and the relations that it makes."""
    patch.setattr(bulk, "LEAST", 0)
    patch.setattr(bulk, "seen", SEEN if at_once else lambda *_: None)
    engine = Engine()
    try:
        intake = read(load_audit(folder), engine)
    except UserError as error:
        return {"refused": error.problems}
    tables = {name: engine.rows(f"SELECT * FROM {name} ORDER BY source_no, row_no") for name in TABLES}
    tables["unread_people"] = engine.rows("SELECT * FROM unread_people ORDER BY source_no, row_no")
    tables["relations"] = sorted(engine.text_columns())
    return {"files": intake.files, "quarantine": intake.quarantine, "findings": intake.findings} | tables


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read many rows at once."""
    files, rows = list[str](), bulk.rows

    def noted(engine: Engine, reading: Reading, *more: Any) -> Any:
        files.append(reading.file)
        return rows(engine, reading, *more)

    monkeypatch.setattr(bulk, "rows", noted)
    return files


def assert_equal(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Both ways give the same; returns it."""
    row_by_row, at_once = (everything(folder, patch, at_once=way) for way in (False, True))
    assert at_once.keys() == row_by_row.keys()
    for name, found in row_by_row.items():
        assert at_once[name] == found, name
    return row_by_row


@pytest.mark.parametrize("path", sorted(BAD.glob("*.csv")), ids=lambda path: path.name[:3])
def test_a_bad_file_is_the_same_both_ways(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = path.read_bytes().replace(b"\0", b"")
    table = next((table for table, column in COLUMN.items() if column in first), "leave")
    assert_equal(arrange(tmp_path, File(table, "bad.csv", path.read_bytes())), monkeypatch)


#: A column that tells a table.
COLUMN = {
    "completions": b"completed_at",
    "acknowledgements": b"acknowledged_at",
    "policies": b"effective_on",
    "people": b"worker_type",
}


def test_northwind_is_the_same_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    found = assert_equal(NORTHWIND, monkeypatch)
    assert len(found["completions"]) > 100


#: What may stand in a cell, sound or not, per column.
TEXTS = {
    "account": [
        "ada@x.example",
        "Ada@X.example",
        " bo ",
        "00417",
        "417.0",
        "José",
        "Jose\u0301",
        "a\u200bb",
        "",
        "'x",
        "x y",
    ],
    "module_id": ["SEC-1", "SEC-1 ", "", "Straße", "100.0"],
    "completed_at": [
        "2025-03-30T01:30:00Z",
        "2025-03-30 02:30:00",
        "2025-10-26T00:59:59+00:00",
        "2025-10-26 02:15:07",
        "2025-12-31T23:59:59Z",
        "2025-12-31",
        "2025-06-01T10:00",
        "2025-06-01T10:00:00.750Z",
        "2025-06-01T10:61:00Z",
        "2025-02-30",
        "31/12/2025",
        "1899-01-01T10:00:00Z",
        "9999-12-31T23:00:00Z",
        "",
    ],
    "status": ["completed", "Passed", " in_progress", "done", ""],
    "score": ["85", "072", "72.5", "-3", "1e3", "", "85%", "9" * 20],
    "record_id": ["r1", "r2", ""],
    "minutes": ["30", "0", "x", ""],
    "method": ["system", "by hand", "käse", ""],
    "ignored": ["", "x", "Doe"],
}


def random_lines(seed: int, delimiter: str) -> str:
    """A file of mostly sound rows, with anything among them."""
    draw = random.Random(seed)
    lines = [delimiter.join(TEXTS)]
    for _ in range(120):
        cells = [texts[0] if draw.random() < 0.8 else draw.choice(texts) for texts in TEXTS.values()]
        kind = draw.random()
        if kind < 0.05:
            cells = cells[:-1] if draw.random() < 0.5 else [*cells, "more"]
        elif kind < 0.15 and seed % 3:
            at = draw.randrange(len(cells))
            cells[at] = '"' + cells[at] + draw.choice(["", delimiter, '""', " "]) + '"'
        elif kind < 0.17:
            cells = [""] * len(cells)
        elif kind < 0.18 and seed % 3:
            cells[0] += '"'
        lines.append(delimiter.join(cells))
    return "\n".join(lines) + ("\n" if draw.random() < 0.8 else "")


@pytest.mark.parametrize("seed", range(12))
def test_a_random_file_is_the_same_both_ways(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: list[str]
) -> None:
    delimiter = ";" if seed % 4 == 2 else ","
    text = random_lines(seed, delimiter)
    text = text.replace("\n", "\r\n") if seed % 4 == 1 else text
    own = {"own": f'extends = "generic"\n[reading]\ndelimiter = "{delimiter}"\n'}
    folder = arrange(tmp_path, File("completions", "lms.csv", text, profile="own"), profiles=own)
    found = assert_equal(folder, monkeypatch)
    assert 20 < len(found["completions"]) < 120
    assert found["quarantine"]
    assert "lms.csv" in at_once or seed % 3, "without a quote no line can be in doubt"


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize(
    "line", ['a,SEC-1,2025-01-02,"completed\n",', "a,SEC-1,2025-01-02,completed\n", '"a,SEC-1,2025-01-02,completed,\n']
)
def test_lines_that_are_no_records_are_read_row_by_row(
    line: str, delimiter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = "b,SEC-1,2025-01-02,completed,\n"
    text = "account,module_id,completed_at,status,score\n" + whole + line + "\n" + whole.replace("b", '"c ""d"""')
    file = File("completions", "lms.csv", text.replace(",", delimiter), "mine")
    own = {"mine": f'extends = "generic"\n[reading]\ndelimiter = "{delimiter}"\n'}
    assert_equal(arrange(tmp_path, file, profiles=own), monkeypatch)


def test_a_header_over_two_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'account;module_id;completed_at;status;"my\nnote"\na;SEC-1;2025-01-02;completed;\n'
    own = {"mine": 'extends = "generic"\n[reading]\ndelimiter = ";"\n'}
    found = assert_equal(arrange(tmp_path, File("completions", "lms.csv", text, "mine"), profiles=own), monkeypatch)
    assert [(row[0], row[-1]) for row in found["completions"]] == [("a", 2)]
    assert found["quarantine"] == ()


def test_a_quote_inside_a_cell_has_no_large_file_read_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: list[str]
) -> None:
    text = 'module_id,title\nSEC-1,"The ""safe"" way"\nSEC-2,"Passwords, long"\n"SEC-3,Mail"\n'
    found = assert_equal(arrange(tmp_path, File("modules", "modules.csv", text)), monkeypatch)
    assert [row[1] for row in found["modules"]] == ['The "safe" way', "Passwords, long"]
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [(4, "too_short")]
    assert "modules.csv" in at_once


@pytest.mark.parametrize(
    ("text", "short"),
    [("E1,2025-05-01\nE2,2025-05-01,", 2), ("E1,2025-05-01,\nE2,2025-05-01\n", 3), ("E1,2025-05-01,\nE2,2025-05", 0)],
    ids=["not the last", "ended", "cut off"],
)
def test_only_a_short_last_line_that_is_not_ended_cuts_off_a_large_file(
    text: str, short: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = File("leave", "leave.csv", "person_id,start_date,end_date\n" + text)
    found = assert_equal(arrange(tmp_path, file), monkeypatch)
    if short:
        assert [(row.row_no, row.code) for row in found["quarantine"]] == [(short, "too_short")]
    else:
        assert [problem.code for problem in found["refused"]] == ["truncated"]


@pytest.mark.parametrize(
    "days", ["2025-05-01,2025-04-01", "2025-05-01,2025-05-01", "2025-05-01,", "2025-05-01,9999-12-31"]
)
def test_an_end_is_not_before_its_start(days: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without other rows that have no end."""
    for n, others in enumerate(("E2,2025-01-01,2025-02-01\n", "E2,2025-01-01,\n")):
        text = f"person_id,start_date,end_date\nE1,{days}\n{others}"
        found = assert_equal(arrange(tmp_path / str(n), File("leave", "leave.csv", text)), monkeypatch)
        assert len(found["leave"]) == 1 + (days != "2025-05-01,2025-04-01")


@pytest.mark.parametrize(
    ("status", "day", "is_read"),
    [("acknowledged", "", 0), ("acknowledged", "2025-01-01", 1), ("sent", "", 1), ("sent", "2025-01-01", 1)],
)
def test_what_is_done_has_a_day(
    status: str, day: str, is_read: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = f"account,policy_id,version,acknowledged_at,status\na,AUP,1,{day},{status}\n"
    done = {"acknowledged": "completed", "sent": "in_progress"}[status]
    records = f"account,module_id,completed_at,status\na,SEC-1,{day},{done}\n"
    files = (
        File("policies", "policies.csv", "policy_id,version,effective_on\nAUP,1,2024-01-01\n"),
        File("acknowledgements", "answers.csv", answers),
        File("completions", "lms.csv", records),
    )
    found = assert_equal(arrange(tmp_path, *files), monkeypatch)
    assert (len(found["acknowledgements"]), len(found["completions"])) == (is_read, is_read)


def test_what_is_done_has_a_day_where_every_text_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each column is tidied and filled in each row, but for one day."""
    columns = "account", "policy_id", "version", "acknowledged_at", "status", "method"
    profile = 'extends = "generic"\n[[layout]]\ntable = "acknowledgements"\n[layout.columns]\n'
    profile += "".join(f'{name} = {{ of = ["{name}"], remove = "~" }}\n' for name in columns)
    rows = "a,~AUP,1,2025-01-01,acknowledged,mail", "b,AUP,1,,acknowledged,mail"
    answers = File("acknowledgements", "answers.csv", "\n".join((",".join(columns), *rows)) + "\n", "mine")
    policies = File("policies", "policies.csv", "policy_id,version,effective_on\nAUP,1,2024-01-01\n")
    found = assert_equal(arrange(tmp_path, answers, policies, profiles={"mine": profile}), monkeypatch)
    assert [row[0] for row in found["acknowledgements"]] == ["a"]
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [(3, "missing_value")]


@pytest.mark.parametrize("said", [2, 3])
def test_the_rows_that_a_large_file_says_it_has_are_counted(
    said: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of delimiters only is none."""
    text = f"person_id,start_date\nE1,2025-01-01\n,\nE2,2025-01-01\nTotal: {said} rows,\n"
    found = assert_equal(arrange(tmp_path, File("leave", "leave.csv", text)), monkeypatch)
    if said == 2:
        assert [(row.row_no, row.code) for row in found["quarantine"]] == [(5, "trailer")]
    else:
        assert [problem.code for problem in found["refused"]] == ["count_mismatch"]


def test_a_row_above_the_records_that_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = 'extends = "generic"\n[reading]\ndrop_rows = 1\n'
    text = 'account,module_id,completed_at,status\n"a"b,,,\na,SEC-1,2025-01-01,completed\n'
    folder = arrange(tmp_path, File("completions", "lms.csv", text, "mine"), profiles={"mine": profile})
    assert [problem.code for problem in assert_equal(folder, monkeypatch)["refused"]] == ["unclosed_quote"]


def test_a_row_above_the_records_that_is_no_data_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = 'extends = "generic"\n[reading]\ndrop_rows = 1\n'
    text = "account,module_id,completed_at,status\nWho,What,When,How\na,SEC-1,2025-01-01,completed\n"
    folder = arrange(tmp_path, File("completions", "lms.csv", text, "mine"), profiles={"mine": profile})
    found = assert_equal(folder, monkeypatch)
    assert [(row[0], row[-1]) for row in found["completions"]] == [("a", 3)]
    assert found["quarantine"] == ()


def test_midnight_in_utc_stays_a_day_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = 'extends = "generic"\n[reading]\nmidnight_utc_is_a_date = true\n'
    text = "account,module_id,completed_at,status\n" + "".join(
        f"a,SEC-1,2025-06-0{n}T00:{minute}:00Z,completed\n" for n in range(1, 9) for minute in ("00", "30")
    )
    folder = arrange(tmp_path, File("completions", "lms.csv", text, "mine"), profiles={"mine": profile})
    found = assert_equal(folder, monkeypatch)
    moments = [str(row[4]) for row in found["completions"]]
    assert moments[:2] == ["None", "2025-06-01 02:30:00"]


# --- Parquet ------------------------------------------------------------------------------------------------------


TYPED = """
SELECT * FROM (VALUES
  ('ada@x.example', 'SEC-1', TIMESTAMP '2025-03-30 02:30:00', 'completed', 85, 30.5),
  ('Bo@x.example', 'SEC-1', TIMESTAMP '2025-12-31 23:59:59.9', 'passed', NULL, NULL),
  (NULL, 'SEC-1', TIMESTAMP '2025-01-01 00:00:00', 'passed', 1, 1),
  (' Cy ', 'SEC-1', NULL, 'completed', 1, 1),
  ('Di', 'SEC-1', NULL, 'in_progress', 1, 1),
  ('Eva', 'SEC-1', TIMESTAMP '2025-01-01 10:00:00', 'finished', 1, 1)
) rows(account, module_id, completed_at, status, score, minutes)"""


def test_typed_columns_are_taken_as_they_are(tmp_path: Path) -> None:
    received = take(arrange(tmp_path / "a", File("completions", "lms.parquet", parquet(tmp_path / "x", TYPED))))
    columns = "account, account_email, completed_on, completed_at, status, score, minutes, row_no"
    found = [(*row[:2], str(row[2]), str(row[3]), *row[4:]) for row in received.rows("completions", columns)]
    assert found == [
        ("ada@x.example", "ada@x.example", "2025-03-30", "2025-03-30 02:30:00", "completed", 85.0, 30.5, 1),
        ("Bo@x.example", "bo@x.example", "2025-12-31", "2025-12-31 23:59:59", "passed", None, None, 2),
        ("Di", None, "None", "None", "in_progress", 1.0, 1.0, 5),
    ]
    assert [(row.row_no, row.column, row.code) for row in received.quarantine] == [
        (3, "account", "missing_value"),
        (4, "completed_at", "missing_value"),
        (6, "status", "unknown_word"),
    ]
    account = (
        received.intake.files[-1] if received.intake.files[-1].table == "completions" else received.intake.files[0]
    )
    assert (account.rows_read, account.rows_used, account.rows_quarantined) == (6, 3, 3)


#: Per file, what columns of a type may hold. Each row has one of these values, and otherwise the first ones.
HELD = [
    {
        "account": ("BIGINT", "417, NULL, -3"),
        "completed_at": ("DATE", "'2025-06-01', '1899-01-01', NULL, '9999-12-31'"),
        "score": ("BIGINT", "85, 0, -3, 9999999999999999, NULL"),
        "method": ("DATE", "'2025-01-01', NULL"),
        "record_id": ("INTEGER", "100, NULL"),
    },
    {
        "account": ("DECIMAL(5, 0)", "417, NULL"),
        "completed_at": ("TIMESTAMP", "'2025-06-01 10:15:20.75', '2025-03-30 02:30:00', '2025-06-01 00:00:00', NULL"),
        "score": ("DOUBLE", "85.5, 1e3, 85, NULL"),
        "method": ("BOOLEAN", "TRUE, NULL"),
    },
    {
        "account": ("VARCHAR", "'417', '417.0', 'Ada@X.example', ' bo ', ''"),
        "completed_at": ("VARCHAR", "'2025-06-01T10:15:20Z', '2025-06-01', 'soon', '', NULL"),
        "score": ("VARCHAR", "'85', '072', '72.5', '', NULL"),
        "method": ("VARCHAR", "'by hand', ' x ', 'käse', '', NULL"),
    },
    {
        "account": ("VARCHAR", "'a'"),
        "completed_at": ("TIMESTAMPTZ", "'2025-06-01 10:15:20+00', '2025-03-30 01:15:20+00', '2025-12-31 23:30:00+00'"),
    },
]


def test_columns_of_any_type_are_the_same_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for n, held in enumerate(HELD):
        columns = {column: [f"CAST({v} AS {kind})" for v in vs.split(", ")] for column, (kind, vs) in held.items()}
        first = {column: values[0] for column, values in columns.items()}
        rows = [first | {column: value} for column, values in columns.items() for value in values]
        lines = ", ".join(f"({', '.join(row.values())}, 'M', 'in_progress')" for row in rows)
        query = f"SELECT * FROM (VALUES {lines}) held({', '.join(columns)}, module_id, status)"
        files.append(File("completions", f"{n}.parquet", parquet(tmp_path / "x", query)))
    found = assert_equal(arrange(tmp_path / "a", *files), monkeypatch)
    assert len(found["completions"]) == 46
    assert [(row.source_no, row.row_no, row.code) for row in found["quarantine"]] == [
        (1, 2, "missing_value"),
        (1, 5, "date_out_of_range"),
        (1, 7, "date_out_of_range"),
        (2, 2, "missing_value"),
        (3, 5, "missing_value"),
        (3, 8, "not_a_date"),
    ]


def test_a_parquet_file_says_what_the_same_csv_says(tmp_path: Path) -> None:
    """Timestamps with an offset, days, whole numbers as ids; the audit's zone is not UTC."""
    query = """SELECT 1000 + i AS account, 'SEC-1' AS module_id,
        TIMESTAMPTZ '2025-03-29 20:15:03+00' + INTERVAL 1 HOUR * i AS completed_at, 'completed' AS status
        FROM range(40) numbers(i)"""
    typed = take(arrange(tmp_path / "p", File("completions", "lms.parquet", parquet(tmp_path / "x", query))))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        stamp = "strftime(timezone('UTC', completed_at), '%Y-%m-%dT%H:%M:%SZ')"
        lines = connection.execute(f"SELECT account, module_id, {stamp}, status FROM ({query}) rows").fetchall()
    text = "account,module_id,completed_at,status\n" + "".join(",".join(map(str, line)) + "\n" for line in lines)
    plain = take(arrange(tmp_path / "c", File("completions", "lms.csv", text)))
    columns = "account, module_id, completed_on, completed_at, status"
    assert typed.rows("completions", columns) == plain.rows("completions", columns)
    assert [row[0] for row in typed.rows("completions", "row_no")] == list(range(1, 41))
    assert "numeric_ids" in typed.codes()


def test_people_with_days(tmp_path: Path) -> None:
    query = """SELECT * FROM (VALUES
      ('E1', 'employee', DATE '2025-01-01', DATE '9999-12-31'), ('E2', 'employee', DATE '2025-02-01', DATE '2025-01-01'),
      ('E3', 'employee', DATE '0001-01-01', NULL), ('E4', 'contractor', DATE '2024-02-29', NULL)
      ) rows("Person_ID", worker_type, start_date, end_date)"""
    received = take(arrange(tmp_path / "a", File("people", "people.parquet", parquet(tmp_path / "x", query))))
    found = received.rows("people", "person_id, CAST(start_date AS VARCHAR), end_date")
    assert found == [("E1", "2025-01-01", None), ("E4", "2024-02-29", None)]
    assert [(row.row_no, row.code) for row in received.quarantine] == [
        (2, "end_before_start"),
        (3, "date_out_of_range"),
    ]


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ("SELECT 'a' AS account, 'M' AS module_id, 'completed' AS status", "missing_column", "no column completed_at"),
        ("SELECT 1.5 AS account, 'M' AS module_id, DATE '2025-01-01' AS completed_at, 'completed' AS status",
         "column_type", "it holds decimal numbers (DECIMAL(2,1)), and account is an id"),
        ("SELECT 'a' AS account, ['M'] AS module_id, DATE '2025-01-01' AS completed_at, 'completed' AS status",
         "column_type", "it holds nested or binary values (VARCHAR[])"),
        ("SELECT 'a' AS account, 'M' AS module_id, 20250101 AS completed_at, 'completed' AS status",
         "column_type", "it holds whole numbers (INTEGER), and completed_at is a date"),
        ("SELECT 'a' AS account, 'M' AS module_id, DATE '2025-01-01' AS completed_at, DATE '2025-01-01' AS status",
         "column_type", "it holds dates (DATE), and status is a word."),
        ("SELECT 'a' AS account, 'M' AS module_id, DATE '2025-01-01' AS completed_at, 'completed' AS status, "
         "TRUE AS score", "column_type", "it holds true or false (BOOLEAN), and score is a number."),
        ("SELECT 'a' AS account, 'M' AS module_id, DATE '2025-01-01' AS completed_at, 'completed' AS status, "
         "['x'] AS method", "column_type", "it holds nested or binary values (VARCHAR[]), and method is text."),
        ("SELECT 'a' AS account, 'M' AS module_id, DATE '2025-01-01' AS completed_at, 'completed' AS status WHERE FALSE",
         "no_rows", "no rows"),
        ("SELECT 'a' AS account, 'b' AS \"Account \", 'M' AS module_id, DATE '2025-01-01' AS completed_at, "
         "'completed' AS status", "duplicate_header", "account"),
    ],
)  # fmt: skip
def test_a_parquet_file_that_cannot_be_used(query: str, code: str, says: str, tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path / "a", File("completions", "lms.parquet", parquet(tmp_path / "x", query)))
    assert (problem.code, says in problem.what) == (code, True), problem


def test_floating_numbers_are_scores_and_no_ids(tmp_path: Path) -> None:
    query = """SELECT {} AS account, 'M' AS module_id, DATE '2025-01-01' AS completed_at, 'completed' AS status,
        CAST(85.5 AS FLOAT) AS score, CAST(30.5 AS DOUBLE) AS minutes"""
    sound = parquet(tmp_path / "x", query.format("'a'"))
    got = take(arrange(tmp_path / "a", File("completions", "lms.parquet", sound)))
    assert got.rows("completions", "score, minutes") == [(85.5, 30.5)]
    numbered = parquet(tmp_path / "y", query.format("CAST(417 AS FLOAT)"))
    (problem,) = refusal(tmp_path / "b", File("completions", "lms.parquet", numbered))
    assert problem.where == "lms.parquet, column 'account'"
    assert problem.what == "it holds decimal numbers (FLOAT), and account is an id, which is text or a whole number."


@pytest.mark.parametrize("keep", [0, 3, 40, -20])
def test_a_parquet_file_that_is_not_whole(keep: int, tmp_path: Path) -> None:
    whole = parquet(tmp_path / "x", TYPED)
    (problem,) = refusal(tmp_path / "a", File("completions", "lms.parquet", whole[:keep]))
    assert problem.code == ("broken_parquet" if keep else "empty_file")


def test_parquet_under_a_name_of_csv_is_refused(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path / "a", File("completions", "lms.csv", parquet(tmp_path / "x", TYPED)))
    assert (problem.code, "a Parquet file" in problem.what) == ("wrong_kind", True)


def test_other_columns_are_named_and_left(tmp_path: Path) -> None:
    query = f"SELECT *, {{'a': 1, 'b': [2]}} AS nested, 'x'::BLOB AS bytes FROM ({TYPED}) rows"
    received = take(arrange(tmp_path / "a", File("completions", "lms.parquet", parquet(tmp_path / "x", query))))
    assert "nested" in received.finding("ignored_columns").text
    assert len(received.rows("completions")) == 3


def test_a_line_of_many_megabytes_is_read_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine takes no line of more than 16 megabytes."""
    header, sound = "account,module_id,completed_at,status\n", "a,SEC-1,2025-01-02,completed\n"
    endless = f"b,SEC-1,2025-01-02,{'x' * (17 << 20)}\n"
    found = assert_equal(
        arrange(tmp_path, File("completions", "lms.csv", header + sound + endless + sound)), monkeypatch
    )
    assert [row[0] for row in found["completions"]] == ["a", "a"]
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [(3, "cell_too_long")]


def test_an_hour_in_which_the_last_day_ends_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In India the day turns at half past an hour of UTC: 2099 ends within it, and 2100 is no real date."""
    times = [f"2099-12-31T18:{minute}:00Z" for minute in ("00", "29", "30", "59")]
    text = "account,module_id,completed_at,status\n" + "".join(f"a,SEC-1,{at},completed\n" for at in times)
    folder = arrange(tmp_path, File("completions", "lms.csv", text), zone="Asia/Kolkata")
    found = assert_equal(folder, monkeypatch)
    assert [str(row[4]) for row in found["completions"]] == ["2099-12-31 23:30:00", "2099-12-31 23:59:00"]
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [
        (4, "date_out_of_range"),
        (5, "date_out_of_range"),
    ]


def test_a_clock_that_is_put_forward_within_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Lord Howe Island by half an hour, at half past an hour of UTC."""
    times = [f"2025-10-04T15:{minute}:00Z" for minute in ("00", "29", "30", "45")]
    text = "account,module_id,completed_at,status\n" + "".join(f"a,M,{at},completed\n" for at in times)
    file = File("completions", "lms.csv", text)
    found = assert_equal(arrange(tmp_path, file, zone="Australia/Lord_Howe"), monkeypatch)
    assert [f"{row[4]:%H:%M}" for row in found["completions"]] == ["01:30", "01:59", "02:30", "02:45"]


def test_a_day_that_turns_within_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = 'extends = "generic"\n[reading]\ndates = ["ISO timestamp"]\n'
    days = [f"E{n},2025-06-01T18:{minute}:00Z\n" for n, minute in enumerate(("00", "29", "30", "59"), 1)]
    file = File("leave", "leave.csv", "person_id,start_date\n" + "".join(days), "mine")
    found = assert_equal(arrange(tmp_path, file, zone="Asia/Kolkata", profiles={"mine": profile}), monkeypatch)
    assert [str(row[1]) for row in found["leave"]] == ["2025-06-01", "2025-06-01", "2025-06-02", "2025-06-02"]


def test_a_list_of_texts_alone_stands_as_it_is(tmp_path: Path) -> None:
    """Nothing of it has to be looked up."""
    query = "SELECT * FROM (VALUES ('SEC-1', 'Awareness'), (NULL, 'Nobody''s'), ('SEC-2', NULL)) rows(module_id, title)"
    received = take(arrange(tmp_path / "a", File("modules", "modules.parquet", parquet(tmp_path / "x", query))))
    assert received.rows("modules", "module_id, title, row_no") == [("SEC-1", "Awareness", 1), ("SEC-2", None, 3)]
    assert [(row.row_no, row.column, row.code) for row in received.quarantine] == [(2, "module_id", "missing_value")]


def test_a_text_of_which_something_is_removed_or_that_stands_in_one_of_two_columns(tmp_path: Path) -> None:
    profile = 'extends = "generic"\n[[layout]]\ntable = "modules"\n[layout.columns]\n'
    profile += "module_id = { of = ['id'], remove = '^M-' }\ntitle = ['long', 'short']\n"
    query = "SELECT * FROM (VALUES ('M-1', NULL, 'Awareness'), ('2', 'Security', NULL)) rows(id, long, short)"
    file = File("modules", "modules.parquet", parquet(tmp_path / "x", query), "mine")
    received = take(arrange(tmp_path / "a", file, profiles={"mine": profile}))
    assert received.rows("modules", "module_id, title") == [("1", "Awareness"), ("2", "Security")]


HISTORY = """extends = "generic"
[[layout]]
table = "people"
window = { from = "valid_from", to = "valid_to" }
[layout.columns]
person_id = "person_id"
worker_type = "worker_type"
start_date = "start_date"
"""


def test_a_history_in_parquet_is_clipped_to_the_days_of_each_row(tmp_path: Path) -> None:
    """A rule that the engine does not know: the rows are read one by one, their types as in any Parquet file."""
    query = """SELECT * FROM (VALUES
      (417, 'employee', DATE '2020-01-01', DATE '2020-01-01', DATE '2024-12-31'),
      (417, 'contractor', DATE '2020-01-01', DATE '2025-01-01', NULL),
      (NULL, 'employee', DATE '2020-01-01', DATE '2025-01-01', NULL)
      ) rows(person_id, worker_type, start_date, valid_from, valid_to)"""
    file = File("people", "people.parquet", parquet(tmp_path / "x", query), "history")
    received = take(arrange(tmp_path / "a", file, profiles={"history": HISTORY}))
    found = received.rows("people", "person_id, worker_type, CAST(start_date AS VARCHAR), CAST(end_date AS VARCHAR)")
    assert found == [("417", "employee", "2020-01-01", "2024-12-31"), ("417", "contractor", "2025-01-01", None)]
    (row,) = received.quarantine
    assert (row.row_no, row.column, row.raw) == (3, "person_id", "\temployee\t2020-01-01\t2025-01-01\t")
    assert received.finding("numeric_ids").text == (
        "people.parquet, column 'person_id': 2 cells stored as numbers; leading zeros, if there were any, are lost."
    )


def test_rows_that_take_back_others_do_so_in_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = 'extends = "generic"\n' + RECORDS
    profile += '[layout.cancels]\nwhere = "status"\nequals = ["undo"]\nnames = "what"\nrecord = "no"\n'
    lines = "no,who,what,when,status\n1,a,M,2025-01-01,passed\n2,a,1,2025-01-02,undo\n3,a,M,2025-01-03,passed\n"
    file = File("completions", "lms.csv", lines, "mine")
    found = assert_equal(arrange(tmp_path, file, profiles={"mine": profile}), monkeypatch)
    assert [row[-1] for row in found["completions"]] == [4]


def test_rules_of_a_profile_hold_in_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: list[str]
) -> None:
    """Rows that are set aside, a date that some rows need, texts of several columns, and texts that are changed."""
    profile = """extends = "generic"
[[layout]]
table = "completions"
set_aside = [{ where = "kind", equals = ["test"], reason = "a test" }]
[layout.columns]
account = ["mail", "login"]
module_id = { join = ["course", "part"], with = "-" }
completed_at = ["first", "last"]
status = "state"
score = { of = ["score"], suffix = "%" }
minutes = { of = ["seconds"], divide_by = 60 }
[[layout.needs]]
column = "completed_at"
where = "state"
equals = ["failed"]
[[layout]]
table = "leave"
[layout.columns]
person_id = "who"
start_date = { latest = ["first", "last"] }
"""
    lines = """mail,login,course,part,first,last,state,score,seconds,kind
a@x.example,a,SEC,1,,2025-01-02T10:20:30Z,passed,85%,90,
,b,SEC,,2025-01-03T23:30:00Z,,passed,72,,
c,,SEC,1,,,failed,,,
d,,SEC,1,,,in_progress,,x,
e,,SEC,2,2025-01-04,,failed,,60,test
f,,SEC,2,2025-01-04,,failed,,60,real
g,,SEC,2,2025-01-04,,in_progress,,120,
"""
    leave = File("leave", "leave.csv", "who,first,last\nE1,2025-01-01,\nE2,2025-01-01,2025-02-01\n", "mine")
    file = File("completions", "lms.csv", lines, "mine")
    found = assert_equal(arrange(tmp_path, file, leave, profiles={"mine": profile}), monkeypatch)
    assert [str(row[1]) for row in found["leave"]] == ["2025-01-01", "2025-02-01"]
    days = [(row[0], row[2], str(row[3]), row[6], row[8]) for row in found["completions"]]
    assert days == [
        ("a@x.example", "SEC-1", "2025-01-02", 85.0, 1.5),
        ("b", "SEC", "2025-01-04", 72.0, None),
        ("f", "SEC-2", "2025-01-04", None, 1.0),
        ("g", "SEC-2", "2025-01-04", None, 2.0),
    ]
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [
        (4, "missing_value"),
        (5, "not_a_number"),
        (6, "set_aside"),
    ]
    assert {"lms.csv", "leave.csv"} <= set(at_once)


@pytest.mark.parametrize(
    ("option", "text", "minutes"), [("duration = true", "PT1H30M", 90.0), ("divide_by = 2", 70, 35.0)]
)
def test_minutes_that_a_large_file_gives_otherwise(
    option: str, text: str | int, minutes: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = f"""extends = "generic"
[[layout]]
table = "completions"
[layout.columns]
account = "account"
module_id = "module_id"
completed_at = "completed_at"
status = "status"
minutes = {{ of = ["spent"], {option} }}
"""
    row = {"account": "a", "module_id": "M", "completed_at": "2025-01-01", "status": "passed", "spent": text}
    lines = ",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n"
    query = "SELECT " + ", ".join(f"{value!r} AS {column}" for column, value in row.items())
    files = (
        File("completions", "lms.csv", lines, "mine"),
        File("completions", "lms.parquet", parquet(tmp_path / "x", query), "mine"),
    )
    found = assert_equal(arrange(tmp_path / "a", *files, profiles={"mine": profile}), monkeypatch)
    assert [row[8] for row in found["completions"]] == [minutes, minutes]


def test_a_time_that_a_profile_replaces_is_replaced_in_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = """extends = "generic"
[[layout]]
table = "completions"
[layout.columns]
account = "account"
module_id = "module_id"
completed_at = { of = ["completed_at"], replace = { pattern = '(.+) 12:34:56', with = '\\1' } }
status = "status"
"""
    times = "2025-06-01 12:00:00", "2025-06-01 12:34:56", "2025-06-01 12:34:57"
    lines = "account,module_id,completed_at,status\n" + "".join(f"a,M,{time},passed\n" for time in times)
    file = File("completions", "lms.csv", lines, "mine")
    found = assert_equal(arrange(tmp_path, file, profiles={"mine": profile}), monkeypatch)
    assert [str(row[4]) for row in found["completions"]] == [times[0], "None", times[2]]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_large_file_in_another_encoding(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f'extends = "generic"\n[reading]\nencoding = "{encoding}"\n' if encoding == "cp1252" else ""
    text = "person_id,worker_type,start_date,name\nE1,employee,2024-01-01,Zoë\n".encode(encoding)
    file = File("people", "people.csv", text, "mine" if own else "generic")
    found = assert_equal(arrange(tmp_path, file, profiles={"mine": own} if own else None), monkeypatch)
    assert [(row[0], row[1]) for row in found["people"]] == [("E1", "Zoë")]


def test_a_large_file_that_is_no_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[{"account": "a", "module_id": "M", "completed_at": "2025-01-01", "status": "passed"}]'
    found = assert_equal(arrange(tmp_path, File("completions", "lms.json", text)), monkeypatch)
    assert [(row[0], row[-1]) for row in found["completions"]] == [("a", 1)]


def test_an_address_that_is_not_given_and_a_list_that_nobody_understands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "person_id,email,worker_type,start_date\n"
    staff = File("people", "staff.csv", header + "E1,,employee,2024-01-01\nE2,Bo@X.example,intern,2024-01-01\n")
    others = File("people", "others.csv", header + "E3,,robot,2024-01-01\nE4,,,2024-01-01\n")
    found = assert_equal(arrange(tmp_path, staff, others), monkeypatch)
    assert [row[:3] for row in found["people"]] == [("E1", None, None), ("E2", None, "bo@x.example")]
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [(2, "unknown_word"), (3, "missing_value")]


def test_a_record_that_is_done_needs_its_date_where_a_large_file_has_no_column_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = '[profile]\ntitle = "x"\nconfidence = "from memory, unverified"\n[[layout]]\ntable = "completions"\n'
    profile += '[layout.columns]\naccount = "who"\nmodule_id = "what"\nstatus = "status"\n'
    file = File("completions", "lms.csv", "who,what,status\na,M,passed\na,M,not_started\n", "mine")
    found = assert_equal(arrange(tmp_path, file, profiles={"mine": profile}), monkeypatch)
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [(2, "missing_value")]


@pytest.mark.parametrize("ends", [("\r\n", "\n", "\n"), ("\n", "\r\n", "\r\n")])
def test_lines_that_end_in_two_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: tuple[str, ...]) -> None:
    lines = ("person_id,start_date", "E1,2025-01-01", "E2,2025-01-02")
    text = "".join(line + end for line, end in zip(lines, ends, strict=True))
    found = assert_equal(arrange(tmp_path, File("leave", "leave.csv", text)), monkeypatch)
    assert [row[0] for row in found["leave"]] == ["E1", "E2"]


def test_a_time_that_stands_for_no_date_is_none_in_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = "2000-01-01 00:30:00", "2000-01-01 00:45:00"
    lines = "account,module_id,completed_at,status\n" + "".join(f"a,M,{day},in_progress\n" for day in days)
    for word in ("", '"never", '):
        profile = f'extends = "generic"\n[reading]\nnone_dates = [{word}"2000-01-01 00:30:00"]\n'
        file = File("completions", "lms.csv", lines, "mine")
        found = assert_equal(arrange(tmp_path / str(len(word)), file, profiles={"mine": profile}), monkeypatch)
        assert [str(row[3]) for row in found["completions"]] == ["None", "2000-01-01"]


ENDS = st.sampled_from(["\n"]) | st.sampled_from(["\r\n"]) | st.sampled_from(["\n", "\r\n", "\r", "\n\r", "\n\n"])


@example(["aa", "aaa", "b"], [], ["\r\n"] * 6, False, 8)  # a part ends between the two
@example(["a", "", "b"], [], ["\r\n"] * 6, False, 8)  # an empty line
@example(["a", "b"], ["\r", "\n"], None, True, 8)  # the first line ends in another way
@example(['"a"', "bbbbb", "bbbbb"], [], ["\n"] * 6, True, 8)  # quotes in the first part alone
@given(
    st.lists(st.text('ab,"\0\1', max_size=5), min_size=1, max_size=6),
    st.lists(ENDS, min_size=6, max_size=6),
    st.sampled_from([["\n"] * 6, ["\r\n"] * 6, None]),
    st.booleans(),
    st.integers(8, 24),
)
def test_what_a_text_looks_like_is_the_same_whatever_parts_it_is_read_in(
    lines: list[str], any_ends: list[str], even: list[str] | None, ends_so: bool, part: int
) -> None:
    """Parts are longer than a line. A text is plain whose lines end in one way, and none of which is empty."""
    ends = even or any_ends
    text = "".join(line + end for line, end in zip(lines, ends, strict=False))
    text = text if ends_so else text.removesuffix(ends[len(lines) - 1])
    assume(text)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "x.csv")
        path.write_bytes(text.encode())
        patch.setattr(csv_records, "CHUNK", part)
        found = csv_records.plain_text(path)
    end = "\r\n" if "\r" in text else "\n"
    rows = text.removesuffix(end).split(end)
    is_plain = not set(text) & {"\0", "\1"} and all(row and not set(row) & {"\r", "\n"} for row in rows)
    assert found == (
        (text.count("\n"), end.replace("\r", "\\r").replace("\n", "\\n"), '"' in text) if is_plain else None
    )


NAMES = ["c[1].csv", "c*.csv", "c?.csv", "x=1/c1.csv", "c1.gz", "a[1]/c1.csv"]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_file_is_read_that_is_named_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    """A name that the engine would take for a pattern, for a partition or for a compressed file."""
    query = "SELECT 'E1' AS person_id, 'intern' AS worker_type, DATE '{}-01-01' AS start_date, NULL::DATE AS end_date"
    contents: dict[str, str | bytes] = {
        year: f"person_id,worker_type,start_date,end_date\nE1,intern,{year}-01-01,\n"
        if kind == "csv"
        else parquet(tmp_path / f"made-{year}", query.format(year))
        for year in ("2024", "2020")
    }
    if kind == "parquet":
        name = f"{name.rpartition('.')[0]}.parquet"
    beside = "a1/" if name.startswith("a") else ""
    folder = arrange(tmp_path / "a", File("people", name, contents["2024"]))
    for other in ("c1", "c2"):
        path = folder / f"{beside}{other}.{kind}"
        path.parent.mkdir(exist_ok=True)
        if path != folder / name:
            content = contents["2020"]
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    text = (folder / "audit.toml").read_text().replace(f'"{name}"', f"'{name}'")
    (folder / "audit.toml").write_text(text)
    found = assert_equal(folder, monkeypatch)
    assert [str(row[7]) for row in found["people"]] == ["2024-01-01"]
