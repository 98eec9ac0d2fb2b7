"""The seam to the SQL engine: whatever goes in comes out, and nothing is re-typed on the way."""

import tempfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbook_lib.csv_tables import ESCAPED
from workbook_lib.engine import Engine, checked_limit, literal
from workbook_lib.tables import UserError

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
COLUMNS = {
    "n": "INTEGER",
    "id": "VARCHAR",
    "on_day": "DATE",
    "done_at": "TIMESTAMP",
    "score": "DOUBLE",
    "yes": "BOOLEAN",
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | TEXT,
            st.none() | st.dates(date(1, 1, 1), date(9000, 1, 1)),
            st.none()
            | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda t: t.replace(microsecond=0)),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.booleans(),
        ),
        max_size=8,
    )
)
def test_every_row_comes_back_as_it_went_in(values):
    engine = Engine()
    rows = [(n, *row) for n, row in enumerate(values)]
    engine.load("thing", COLUMNS, rows)
    assert engine.rows("SELECT * FROM thing ORDER BY n") == rows
    assert engine.count("thing") == len(rows)
    engine.close()


def test_a_count_is_counted_again_when_something_has_changed():
    engine = Engine()
    engine.load("thing", {"id": "VARCHAR"}, [["a"]])
    changes = {
        "added": (lambda: engine.add("thing", {"id": "VARCHAR"}, [["b"]]), 2),
        "appended": (lambda: engine.append("thing", "SELECT 'c'"), 3),
        "rewritten": (lambda: engine.rewrite("thing", {"id": "'a'"}), 3),
        "gone": (lambda: engine.drop("thing"), None),
    }
    distinct = "SELECT COUNT(DISTINCT id) FROM thing"
    assert (engine.count("thing"), engine.number(distinct)) == (1, 1)
    for what, (change, rows) in changes.items():
        change()
        if rows is not None:
            assert (engine.count("thing"), engine.number(distinct)) == (rows, 1 if what == "rewritten" else rows)
    engine.load("thing", {"id": "VARCHAR"}, [])
    with engine.aside("elsewhere"):
        assert engine.count("thing") == 0
        engine.derive("thing", "SELECT 'x' AS id")
        assert engine.count("thing") == 1
    assert engine.count("thing") == 0


def test_ids_stay_text():
    engine = Engine()
    engine.load("thing", {"id": "VARCHAR"}, [["00123"], ["1E5"], ["True"], ["NA"], ["2025-01-01"], ["NULL"]])
    assert [row[0] for row in engine.rows("SELECT id FROM thing ORDER BY id")] == sorted(
        ["00123", "1E5", "True", "NA", "2025-01-01", "NULL"]
    )


def test_a_frame_holds_dates_and_ids_as_they_are():
    engine = Engine()
    engine.load("thing", {"id": "VARCHAR", "on_day": "DATE"}, [["007", date(2025, 1, 2)], ["008", None]])
    frame = engine.frame("SELECT * FROM thing ORDER BY id")
    assert frame.to_dict("list") == {"id": ["007", "008"], "on_day": [date(2025, 1, 2), None]}


def test_export_writes_empty_cells_and_iso_dates(tmp_path):
    engine = Engine()
    engine.load("thing", {"id": "VARCHAR", "on_day": "DATE"}, [['it\'s, "so"', date(2025, 1, 2)], ["b", None]])
    engine.export("SELECT * FROM thing ORDER BY id", tmp_path / "o'ut.csv")
    assert (tmp_path / "o'ut.csv").read_text() == 'id,on_day\nb,\n"it\'s, ""so""",2025-01-02\n'


@settings(max_examples=50)
@example([("=1+1", "'=1+1", "''"), ("", None, "'")])
@given(st.lists(st.tuples(st.just("") | TEXT, st.none() | TEXT, TEXT), max_size=8))
def test_what_was_exported_is_taken_back_as_it_was(rows):
    with tempfile.TemporaryDirectory() as folder:
        path, engine = Path(folder) / "x.csv", Engine()
        engine.load("thing", {"no": "INTEGER"}, [[no] for no in range(len(rows))])
        texts = [f"({no}, {', '.join(map(literal, row))})" for no, row in enumerate(rows)] or ["(NULL, '', '', '')"]
        listed = f"(VALUES {', '.join(texts)}) t(no, a, b, c)"
        engine.export(f"SELECT a, b, c FROM thing JOIN {listed} ON t.no = thing.no ORDER BY t.no", path, ESCAPED)
        engine.take_back("back", path, ("a", "b", "c"))
        assert engine.rows("SELECT a, b, c FROM back ORDER BY rowid") == rows


@pytest.mark.parametrize("text", ["", "a,b\n", "a,b,c\n1,2\n", 'a,b,c\n1,2,"3\n'])
def test_another_file_is_not_taken_back(tmp_path, text):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ValueError, match=r"x\.csv"):
        Engine().take_back("back", tmp_path / "x.csv", ("a", "b", "c"))


def test_what_is_made_aside_hides_its_namesake_and_changes_nothing():
    engine = Engine()
    engine.make("one", "SELECT 1 AS a")
    engine.make("two", "SELECT a + 1 AS a FROM one")
    with engine.aside("other"):
        engine.load("one", {"a": "INTEGER"}, [[10]])
        engine.make("two", "SELECT a + 1 AS a FROM one")
        engine.make("three", "SELECT a + 1 AS a FROM two")
    assert engine.rows("SELECT one.a, two.a FROM one, two") == [(1, 2)]
    assert engine.rows("SELECT one.a, two.a, three.a FROM other.one, other.two, other.three") == [(10, 11, 12)]
    engine.make("four", "SELECT a FROM other.three")
    engine.drop_aside("other")
    assert engine.rows("SELECT * FROM four") == [(12,)]
    assert list(engine.statements) == ["one", "two", "other_three", "four"], "a text that ran before is kept once"


def test_a_failure_aside_leaves_the_engine_as_it_was():
    engine = Engine()
    engine.make("one", "SELECT 1 AS a")
    with pytest.raises(Exception, match="nowhere"), engine.aside("other"):
        engine.make("one", "SELECT * FROM nowhere")
    assert engine.rows("SELECT a FROM one") == [(1,)]
    engine.make("two", "SELECT a FROM one")
    assert list(engine.statements)[-1] == "two"


def test_the_text_of_each_statement_is_remembered():
    engine = Engine()
    engine.make("one", "SELECT 1 AS a")
    assert engine.statements == {"one": "SELECT 1 AS a"}
    assert engine.rows("SELECT * FROM one") == [(1,)]


def test_what_exceeds_the_memory_waits_on_the_disk_and_is_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = Engine("100MB")
    engine.derive("many", "SELECT n, 'a text that is too long to be kept short ' || n AS said FROM range(2000000) t(n)")
    assert [path for path in tmp_path.rglob("*") if path.is_file()], "nothing was spilled"
    ((rows, different),) = engine.rows("SELECT COUNT(*), COUNT(DISTINCT said) FROM many WHERE n < 1000")
    assert (rows, different) == (1000, 1000)
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_said_in_words():
    engine = Engine("1MB")
    with pytest.raises(UserError, match="--memory-limit 2GB"):
        engine.rows("SELECT n, LIST(n) OVER (ORDER BY -n) FROM range(300000) t(n)")


@pytest.mark.parametrize("text", ["", "lots", "2", "-1GB", "0GB", "2GB; DROP"])
def test_an_amount_of_memory_is_a_number_and_a_unit(text):
    with pytest.raises(UserError, match="no amount of memory"):
        checked_limit(text)
    assert checked_limit(" 1.5 GiB ") == "1.5 GiB"
