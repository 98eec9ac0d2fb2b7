"""The shapes in which files arrive: what is read, what is refused, and which row is which."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from arrivals import (
    ABOUT,
    MAIN,
    OFFICE,
    PACKAGE,
    RECORDS,
    STYLES,
    Cell,
    File,
    archive,
    arrange,
    completions,
    dated,
    people,
    read_by,
    receive,
    refusal,
    sheet,
    take,
    workbook,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbook_lib.intake import files, json_records, spreadsheet
from workbook_lib.intake.csv_records import open_csv
from workbook_lib.intake.files import BadFileError, digest, kind_of
from workbook_lib.intake.json_records import open_json, path_of

PEOPLE = "person_id,worker_type,start_date,end_date\nE1,employee,2024-01-01,2025-01-01\nE2,intern,2024-02-01,\n"
READ = [("E1", 2), ("E2", 3)]


def put(folder: Path, content: str | bytes, name: str = "people.csv", **keys: str) -> list[tuple[str, int]]:
    """Ids and row numbers of a people file."""
    return receive(folder, File("people", name, content, **keys)).rows("people", "person_id, row_no")  # type: ignore[return-value]


# --- CSV: read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE,
        PEOPLE.replace("\n", "\r\n"),
        PEOPLE.replace("\n", "\r"),
        PEOPLE.rstrip(),
        codecs.BOM_UTF8 + PEOPLE.encode(),
        PEOPLE.encode("utf-16"),
        codecs.BOM_UTF16_BE + PEOPLE.encode("utf-16-be"),
        PEOPLE.replace("person_id", "Person_ID ").replace("start_date", "\u00a0Start_Date"),
        PEOPLE.replace("person_id", "per\u200bson_id"),
        PEOPLE.replace("start_date", "\ufeffstart_date"),
        PEOPLE.replace("E1", '"E1"'),
    ],
    ids=[
        "LF",
        "CRLF",
        "CR",
        "no last line end",
        "BOM",
        "UTF-16LE",
        "UTF-16BE",
        "spelling",
        "zero width",
        "BOM inside",
        "quotes",
    ],
)
def test_the_same_rows_in_every_shape(tmp_path: Path, content: str | bytes) -> None:
    assert put(tmp_path, content) == READ


def test_utf_16_and_a_second_mark_are_remarked(tmp_path: Path) -> None:
    got = receive(tmp_path / "a", File("people", "p.csv", PEOPLE.encode("utf-16")))
    assert got.finding("utf_16").text == "p.csv: the file is UTF-16 (with a byte order mark); it was read as such."
    assert not {"second_mark", "line_breaks"} & set(got.codes())
    teams = PEOPLE.replace("person_id", "XTeam,person_id").replace("E", "a,E")
    twice = File("people", "p.csv", codecs.BOM_UTF8 * 2 + teams.encode())
    got = receive(tmp_path / "b", twice)
    assert (
        got.finding("second_mark").text
        == "p.csv: the file begins with more than one byte order mark; they were ignored."
    )
    assert got.intake.files[0].ignored_columns == ("XTeam",)
    assert got.rows("people", "person_id, row_no") == READ


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    content = (
        'person_id,name,worker_type,start_date\n\nE1,"two\nlines",employee,2024-01-01\n\n\nE2,x,employee,2024-01-01\n'
    )
    got = receive(tmp_path, File("people", "p.csv", content))
    assert got.rows("people", "person_id, name, row_no") == [("E1", "two\nlines", 3), ("E2", "x", 6)]
    assert got.intake.files[0].rows_read == 2
    assert got.finding("blank_rows").text == "p.csv: 3 blank lines ignored; row numbers count them."
    assert got.finding("line_breaks").text == (
        "p.csv: 1 record over several lines; compare the number of rows (2) with the source system."
    )


def test_a_row_over_several_lines_keeps_its_raw_text(tmp_path: Path) -> None:
    header = "person_id,name,worker_type,start_date"
    got = receive(tmp_path, people("Z1,,employee,2024-01-01", 'E1,"two\r\nlines",employee,soon', header=header))
    assert [(row.sheet, row.row_no, row.raw) for row in got.quarantine] == [("", 3, 'E1,"two\r\nlines",employee,soon')]
    assert got.finding("line_breaks").text.startswith("people.csv: 1 record over several lines")


def test_a_nul_character_in_the_second_line_of_a_row_is_found(tmp_path: Path) -> None:
    got = receive(tmp_path, people('E1,"two\nli\0nes",employee,2024-01-01,', "E2,x,intern,2024-02-01,"))
    assert [(row.row_no, row.column, row.code) for row in got.quarantine] == [(2, "", "nul_character")]
    assert [row[0] for row in got.rows("people")] == ["E2"]


def test_a_missing_trailing_delimiter_is_no_short_row(tmp_path: Path) -> None:
    for end in (",", ", "):
        content = f"person_id,worker_type,start_date{end}\nE1,employee,2024-01-01,\nE2,employee,2024-01-01\nE3,intern\n"
        got = receive(tmp_path / str(len(end)), File("people", "p.csv", content))
        assert got.rows("people", "person_id, row_no") == READ
        assert [(row.row_no, row.code) for row in got.quarantine] == [(4, "too_short")]
        assert got.finding("trailing_delimiter").text == (
            "p.csv: each line ends with a delimiter; the unnamed empty last column was ignored."
        )


def test_the_column_behind_a_trailing_delimiter_is_told_once(tmp_path: Path) -> None:
    got = receive(
        tmp_path, people("E1,intern,2024-01-01,,44,", header="person_id,worker_type,start_date,end_date,shoe,")
    )
    assert "trailing_delimiter" in got.codes()
    assert got.finding("ignored_columns").text == (
        "people.csv: 1 column ignored, as no canonical column has that name: 'shoe'."
    )
    assert got.intake.files[0].ignored_columns == ("shoe", "(column 6, unnamed)")


def test_one_column_and_a_trailing_delimiter(tmp_path: Path) -> None:
    got = receive(tmp_path, File("accounts", "a.csv", "account,\nada,\nbo\n"))
    assert got.rows("accounts", "account, row_no") == [("ada", 2), ("bo", 3)]
    assert "trailing_delimiter" in got.codes()


def test_the_raw_text_of_a_row_loses_its_line_end_and_nothing_else(tmp_path: Path) -> None:
    header = "person_id,worker_type,start_date,name"
    rows = "E1,employee,soon,Max X", "E2,employee,soon,Bo\t"
    got = receive(tmp_path, people(*rows, header=header))
    assert [row.raw for row in got.quarantine] == list(rows)


def test_a_long_cell_of_a_csv_is_told_with_its_column_and_length(tmp_path: Path) -> None:
    """Longer than what the csv module takes by itself, and shorter than what we take."""
    got = receive(tmp_path, people(f"E1,{'x' * 140_000},intern,2024-01-01,", "E2,y,intern,2024-01-01,"))
    (row,) = got.quarantine
    assert (row.row_no, row.column, row.code) == (2, "name", "cell_too_long")
    assert "it holds 140,000 characters" in row.message
    assert [row[0] for row in got.rows("people")] == ["E2"]


def test_how_long_a_cell_and_how_large_a_csv_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = "person_id,worker_type,start_date,end_date,other"
    rows = (f"E{n},intern,2024-01-01,,{'x' * n}" for n in (1_048_576, 1_048_577))
    got = receive(tmp_path, people(*rows, header=header))
    assert got.rows("people", "row_no") == [(2,)]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "cell_too_long")]
    path, eight_gb = tmp_path / "people.csv", 8 * 1024 * 1024 * 1024
    for size, refused in ((eight_gb, False), (eight_gb + 1, True)):
        monkeypatch.setattr(Path, "stat", lambda *_, size=size, **__: SimpleNamespace(st_size=size))
        with pytest.raises(BadFileError, match="it is larger than 8,589,934,592 bytes") if refused else nullcontext():
            digest(path, "csv")


def test_nothing_is_retyped(tmp_path: Path) -> None:
    ids = ["00123", "1E5", "12345.0", "True", "NA", "None", "null", "=cmd|x", "<script>"]
    got = receive(tmp_path, people(*(f"{n},NA,employee,2024-01-01," for n in ids)))
    assert [row[0] for row in got.rows("people")] == ids
    assert {name for _, name in got.rows("people", "person_id, name")} == {"NA"}


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), st.sampled_from(["\r\n", "\n"]))
def test_a_csv_cell_comes_back_as_it_was_written(tmp_path: Path, rows: list[tuple[str, ...]], line_end: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    path = tmp_path / "cells.csv"
    path.write_bytes(text.getvalue().encode())
    opened = open_csv(
        path, digest(path, "csv"), delimiter=",", header_depth=1, is_header=lambda cells: cells == ["a", "b", "c"]
    )
    taken = [(row.row_no, tuple(row.cells), opened.raw()) for row in opened.rows]
    assert [(row_no, cells) for row_no, cells, _ in taken] == list(enumerate(rows, 2))
    assert [next(csv.reader(io.StringIO(raw, newline=""), strict=True)) for _, _, raw in taken] == [
        list(r) for r in rows
    ]


# --- CSV: refused -------------------------------------------------------------------------------------------------

UNCLOSED = 'person_id,worker_type,start_date\nE1,employee,2024-01-01\nE2,"employee,2024-01-01\n'
REFUSED = [
    ("empty", "empty_file", b"", "people.csv", "the file is empty."),
    ("web page", "web_page", "\n <!DOCTYPE html><title>Sign in</title>", "people.csv", "it is a web page or XML"),
    ("gzip", "wrong_kind", gzip.compress(PEOPLE.encode()), "people.csv", "it is a gzip archive, not CSV."),
    ("zip", "wrong_kind",
     archive({"people.csv": PEOPLE}), "people.csv", "it is a zip archive or an .xlsx workbook, not CSV."),
    ("OLE", "wrong_kind",
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "people.csv", "it is an old or password-protected Office"),
    ("PDF", "wrong_kind", b"%PDF-1.7", "people.csv", "it is a PDF document, not CSV."),
    ("JSON", "wrong_kind", '[{"person_id": "E1"}]', "people.csv", "it is JSON, not CSV."),
    ("UTF-16 unmarked", "wrong_encoding",
     PEOPLE.encode("utf-16-le"), "people.csv", "it looks like UTF-16 without a byte order mark."),
    ("cp1252", "wrong_encoding", PEOPLE.encode() + "É1,intern,2024-01-01,\n".encode("cp1252"), "people.csv, row 4",
     f"byte 0xc9 at offset {len(PEOPLE)} is not valid UTF-8."),
    ("semicolon", "wrong_delimiter",
     PEOPLE.replace(",", ";"), "people.csv, row 1", "it looks like ';' separates its columns; profile generic"),
    ("semicolon in a header of two", "wrong_delimiter",
     "person_id;worker_type", "people.csv, row 1", "it looks like ';' separates its columns"),
    ("tab", "wrong_delimiter",
     PEOPLE.replace(",", "\t"), "people.csv, row 1", "it looks like a tab separates its columns"),
    ("web page with a mark", "web_page", codecs.BOM_UTF8 + b"<html>", "people.csv", "it is a web page or XML"),
    ("JSON with a mark", "wrong_kind", codecs.BOM_UTF8 + b'[{"person_id": "E1"}]', "people.csv", "it is JSON, not CSV."),
    ("cp1252 at once", "wrong_encoding", "É1".encode("cp1252"), "people.csv, row 1", "byte 0xc9 at offset 0 is not valid UTF-8."),
    ("cp1252 after CR", "wrong_encoding", PEOPLE.replace("\n", "\r").encode() + b"\xc91", "people.csv, row 4", "byte 0xc9"),
    ("cp1252 after a line that is none", "wrong_encoding", PEOPLE.replace("E2", "E\u2028").encode() + b"\xc91", "people.csv, row 4",
     "byte 0xc9"),
    ("NUL in the header", "missing_column", PEOPLE.replace("pers", "pers\0", 1), "people.csv, header", "it has no column person_id."),
    ("preamble", "missing_column", "People\n\n" + PEOPLE, "people.csv, header",
     'it has no column person_id, worker_type, start_date. Columns found: "People".'),
    ("missing column", "missing_column", PEOPLE.replace("worker_type", "type"), "people.csv, header",
     'it has no column worker_type. Columns found: "person_id", "type", "start_date", "end_date".'),
    ("two of one name", "duplicate_header", PEOPLE.replace("end_date", "Person_ID"), "people.csv, header",
     "the header has several columns 'person_id'; which is meant is not known."),
    ("unclosed quote", "unclosed_quote",
     UNCLOSED, "people.csv, row 3", 'a quote (") that is opened here is not closed properly'),
    ("swallowed rows", "unclosed_quote",
     UNCLOSED + 'E3,"employee",2024-01-01\n', "people.csv, row 3", 'a quote (") that is opened here'),
    ("unclosed quote behind a quote that is text", "unclosed_quote",
     'person_id,worker_type,start_date\n6" x,"intern,2024-01-01', "people.csv, row 2", 'a quote (") that is opened here'),
    ("short over two lines", "unclosed_quote",
     'person_id,worker_type,start_date\nE2,"x\ny"\n', "people.csv, row 2", 'a quote (") that is'),
    ("text behind a quote that is closed in the next line", "unclosed_quote",
     'person_id,worker_type,start_date\n6" x,"a\nb"c,2024-01-01\n',
     "people.csv, row 2", 'a quote (") that is opened here'),
    ("swallowed cells", "unclosed_quote",
     UNCLOSED + 'E3,employee",2024-01-01\n', "people.csv, row 3", 'a quote (") that is opened here'),
    ("cut off", "truncated", PEOPLE + "E3,emp", "people.csv, row 4", "the file is cut off: its last row is incomplete"),
    ("cut off in a letter", "wrong_encoding", PEOPLE.encode() + b"E3,\xc3", "people.csv, row 4", "byte 0xc3 at offset"),
    ("blank header", "missing_column",
     "\n" + PEOPLE, "people.csv, header", "it has no column person_id, worker_type, start_date."),
    ("mark alone", "missing_column",
     codecs.BOM_UTF8, "people.csv, header", "it has no column person_id, worker_type, start_date. Columns found: none."),
    ("broken header", "bad_header", 'person_id,"worker_type"x\n', "people.csv, row 1", "the header cannot be read:"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "content", "where", "what"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_file_that_cannot_be_trusted_is_refused(
    tmp_path: Path, code: str, content: str | bytes, where: str, what: str
) -> None:
    (problem,) = refusal(tmp_path, File("people", "people.csv", content))
    assert (problem.code, problem.where) == (code, where)
    assert problem.what.startswith(what)
    assert problem.do.endswith(".")


def test_a_header_that_was_renamed_is_offered_to_be_named_in_audit_toml(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, File("people", "people.csv", PEOPLE.replace("start_date", "started_date")))
    assert 'for example columns = { start_date = "started_date" } (profile generic, table people).' in problem.do
    (problem,) = refusal(tmp_path / "b", File("people", "people.csv", PEOPLE.replace("start_date", "Eintritt")))
    assert 'for example columns = { start_date = "…" } (profile generic' in problem.do


def test_a_title_above_the_header_is_declared_in_a_profile(tmp_path: Path) -> None:
    titled = "People\n\n" + PEOPLE
    (problem,) = refusal(tmp_path / "a", File("people", "people.csv", titled))
    assert problem.do.endswith(
        "say in a profile that extends generic among how many rows it is found: [reading] header_depth = 10."
    )
    profile = 'extends = "generic"\n[reading]\nheader_depth = 10\n'
    got = receive(tmp_path / "b", File("people", "people.csv", titled, profile="mine"), profiles={"mine": profile})
    assert [person for (person,) in got.rows("people", "person_id")] == ["E1", "E2"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_utf8_that_is_declared_as_something_else_is_refused(tmp_path: Path, encoding: str) -> None:
    profile = {"mine": f"extends = 'generic'\n[reading]\nencoding = '{encoding}'\n"}
    text = PEOPLE + "Zoë,intern,2024-01-01,\n"
    (problem,) = refusal(tmp_path / "a", File("people", "p.csv", text, profile="mine"), profiles=profile)
    assert problem.what == f"it is valid UTF-8, although its profile declares {encoding}."
    assert problem.code == "wrong_encoding"
    for folder, content in (("b", text.encode(encoding)), ("c", text.encode("utf-8-sig"))):
        got = receive(tmp_path / folder, File("people", "p.csv", content, profile="mine"), profiles=profile)
        assert [person for (person,) in got.rows("people", "person_id")] == ["E1", "E2", "Zoë"]
    got = receive(tmp_path / "d", File("people", "p.csv", PEOPLE, profile="mine"), profiles=profile)
    assert len(got.rows("people")) == 2


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("E3,intern,2024-03-01\n", "too_short"),
        ("E3,intern,2024-03-01\nZ1,intern,2024-03-01,", "too_short"),
        ("E3,intern,2024-03-01,,x", "too_long"),
    ],
    ids=["ended", "not the last", "long"],
)
def test_only_a_short_last_line_that_is_not_ended_is_cut_off(tmp_path: Path, end: str, code: str) -> None:
    got = receive(tmp_path, File("people", "p.csv", PEOPLE + end))
    assert got.rows("people", "person_id, row_no") == READ
    assert [(row.row_no, row.code) for row in got.quarantine] == [(4, code)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_short_last_line_that_is_ended_is_not_cut_off(tmp_path: Path, encoding: str) -> None:
    text = ("\ufeff" + PEOPLE + "E3,intern,2024-03-01\n").encode(encoding)
    got = receive(tmp_path, File("people", "p.csv", text))
    assert got.rows("people", "person_id, row_no") == READ
    assert [(row.row_no, row.code) for row in got.quarantine] == [(4, "too_short")]


def test_a_header_alone_may_lack_the_end_of_its_line(tmp_path: Path) -> None:
    """It is no row that is cut off, and a file without rows may be one of these."""
    got = receive(tmp_path, File("leave", "l.csv", "person_id,start_date,end_date"))
    assert got.finding("no_rows").subject == "l.csv"


def test_a_letter_may_lie_across_two_pieces_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(64, 68):  # "Zoë" has four bytes: one of these sizes cuts its last letter
        monkeypatch.setattr(files, "CHUNK", size)
        got = receive(tmp_path / str(size), people("Zoë" * 20 + ",,intern,2024-01-01,"))
        assert got.rows("people", "person_id") == [("Zoë" * 20,)]


def test_the_size_of_a_text_file_says_nothing_of_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_CSV", 1)
    assert put(tmp_path / "json", json.dumps([ROW]), "p.json") == [("E1", 1)]
    assert put(tmp_path / "xlsx", workbook(HEADER, SOUND), "p.xlsx") == [("E1", 2)]


def test_brackets_that_a_profile_strips_are_no_other_spelling(tmp_path: Path) -> None:
    profile = {"mine": "extends = 'generic'\n[reading]\nstrip_brackets = true\n"}
    text = PEOPLE.replace("start_date", "start_date [Required]")
    got = receive(tmp_path, File("people", "p.csv", text, profile="mine"), profiles=profile)
    assert got.rows("people", "person_id, row_no") == READ
    assert "header_spelling" not in got.codes()


def test_a_closing_line_without_a_line_end_is_not_cut_off(tmp_path: Path) -> None:
    got = receive(tmp_path, File("people", "p.csv", PEOPLE + "Total: 2 rows"))
    assert got.rows("people", "person_id, row_no") == READ


def test_quotes_inside_a_bare_cell_are_text(tmp_path: Path) -> None:
    got = receive(tmp_path, people('E1,6" pipe,employee,2024-01-01,'))
    assert got.rows("people", "name") == [('6" pipe',)]


def test_where_exactly_bytes_are_wrong_after_a_quoted_line_break(tmp_path: Path) -> None:
    content = b'person_id,worker_type,start_date\n"E\n1",employee,2024-01-01\n' + b"E\xff,employee,2024-01-01\n"
    (problem,) = refusal(tmp_path, File("people", "people.csv", content))
    assert problem.where == "people.csv, row 3"


# --- JSON ---------------------------------------------------------------------------------------------------------

ROW = {"person_id": "E1", "worker_type": "employee", "start_date": "2024-01-01"}


@pytest.mark.parametrize(
    "data", [[ROW], {"people": [ROW], "count": 1, "pages": [], "next": None}], ids=["list", "object with one list"]
)
def test_records_are_found(tmp_path: Path, data: object) -> None:
    assert put(tmp_path, json.dumps(data), "p.json") == [("E1", 1)]


def test_numbers_in_json_keep_their_text(tmp_path: Path) -> None:
    text = '[{"account": 12345678901234567890, "module_id": 1.50, "completed_at": null, "status": "failed", "score": 1.10}]'
    got = receive(tmp_path, File("completions", "c.json", text))
    assert got.rows("completions", "account, module_id, score") == [("12345678901234567890", "1.50", 1.1)]
    got = receive(tmp_path / "long", File("modules", "m.json", f'[{{"module_id": {"7" * 5000}, "title": -0}}]'))
    assert got.rows("modules", "module_id, title") == [("7" * 5000, "-0")]


def test_the_raw_text_of_a_record_is_its_object(tmp_path: Path) -> None:
    text = '[{"account": 7.10, "module_id": "M", "completed_at": "soon", "status": "passed", "x": [1, {"é": true}], "n": null}]'
    (row,) = receive(tmp_path, File("completions", "c.json", text)).quarantine
    assert row.raw == text[1:-1]
    assert (row.row_no, row.column, row.subject) == (1, "completed_at", "7.10")


def test_a_list_of_plain_values_is_joined(tmp_path: Path) -> None:
    text = '[{"module_id": "M", "topics": ["phishing", "passwords"], "assessed": true, "title": {"en": "x"}}, '
    text += '{"module_id": "N", "title": ["x", {"en": "y"}]}]'
    got = receive(tmp_path, File("modules", "m.json", text))
    assert got.rows("modules", "topics, assessed, title") == [
        ("phishing;passwords", True, '{"en": "x"}'),
        (None, None, '["x", {"en": "y"}]'),
    ]


BAD_JSON = [
    ("not JSON", "[{]", "p.json, line 1, column 3", "it is not valid JSON:", "bad_json"),
    ("cut off", '[{"person_id": "E1"', "p.json, line 1, column 20", "it is not valid JSON:", "bad_json"),
    ("twice", '[{"name": "Bo", "person_id": "E1", "person_id": "E2"}]', "p.json", "an object has the key 'person_id' twice", "duplicate_key"),
    ("NaN", '[{"person_id": NaN}]', "p.json", "it holds NaN, which is not JSON.", "bad_json"),
    ("no list", '{"person_id": "E1"}', "p.json", "no list of records was found; keys at the top: person_id.", "no_records"),
    ("two lists", '{"a": [{"x": 1}], "b": [{"x": 1}]}', "p.json", "no list of records was found; keys at the top: a, b.", "no_records"),
    ("a number", "7", "p.json", "no list of records was found; keys at the top: none.", "no_records"),
    ("web page", "<html>", "p.json", "it is a web page or XML", "web_page"),
    ("nobody", "[]", "p.json", "it has a header and no rows.", "no_rows"),
    ("missing key", '[{"person_id": "E1", "start_date": 1}, null, "worker_type"]', "p.json, records",
     'it has no column worker_type. Columns found: "person_id", "start_date".', "missing_column"),
    ("half a character", '[{"person_id": "E\\ud800"}]', "p.json", "it holds half of a character", "bad_json"),
    ("bottomless", "[" * 200_000, "p.json", "it is nested too deeply.", "bad_json"),
    ("deep inside a cell", json.dumps([ROW | {"name": "X"}]).replace('"X"', "[" * 600 + "]" * 600), "p.json",
     "it is nested too deeply.", "bad_json"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where", "what", "code"), [case[1:] for case in BAD_JSON], ids=[case[0] for case in BAD_JSON]
)
def test_json_that_cannot_be_trusted_is_refused(tmp_path: Path, text: str, where: str, what: str, code: str) -> None:
    (problem,) = refusal(tmp_path, File("people", "p.json", text))
    assert (problem.where, problem.code) == (where, code)
    assert problem.what.startswith(what)


def test_a_json_file_of_512_mb_is_read_and_a_larger_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([ROW]))
    largest = replace(digest(path, "json"), size=512 * 1024 * 1024)
    assert open_json(path, largest, records=(), explode="", wanted=tuple(ROW)).header == tuple(ROW)
    with pytest.raises(BadFileError) as refused:
        open_json(path, replace(largest, size=largest.size + 1), records=(), explode="", wanted=tuple(ROW))
    assert (refused.value.code, refused.value.what) == ("too_large", "it is larger than 512 MB.")


def test_what_is_no_object_is_quarantined(tmp_path: Path) -> None:
    got = receive(tmp_path, File("people", "p.json", json.dumps([ROW, "E2", {}, None])))
    assert [(row.row_no, row.code, row.raw) for row in got.quarantine] == [
        (2, "not_a_record", '"E2"'),
        (3, "missing_value", "{}"),
        (4, "not_a_record", "null"),
    ]


@pytest.mark.parametrize("text", ["a..b", "a[", "a[x]", ".a", "a.", "a[0]b", '"a'])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        path_of(text)


def test_paths() -> None:
    record = {"a": {"b.c": [{"x": 1, "y": True}, {"x": 2, "y": False}]}, "l": [5], "m": ["a@x", {"at": "b@x"}]}
    found = [json_records.value_at(record, path_of(text)) for text in ('a."b.c"[y=false].x', 'a."b.c"[1].x', "l[0]")]
    assert found == [2, 2, 5]
    assert json_records.value_at(record, path_of("m[type=].at")) == "b@x"
    assert json_records.value_at(record, path_of("a.nothing")) is json_records.MISSING
    assert [json_records.value_at(record, path_of(text)) for text in ("l[7]", 'a."b.c"[x=9]', "a[0]")] == [None] * 3


# --- XLSX ---------------------------------------------------------------------------------------------------------

HEADER: list[object] = ["person_id", "name", "worker_type", "start_date", "end_date"]
SOUND: list[object] = ["E1", "Zoë", "employee", "2024-01-01", "2025-01-01"]
ERROR = Cell('t="e"', "<f>1/0</f><v>#DIV/0!</v>")
NO_RESULT = Cell("", "<f>TODAY()</f><v></v>")
FIRST = "xl/worksheets/sheet1.xml"


def sheet_file(*rows: list[object], keys: str = "", **options: object) -> File:
    return File("people", "people.xlsx", workbook(HEADER, *rows, **options), keys=keys)  # type: ignore[arg-type]


def test_cells_of_a_workbook_as_text(tmp_path: Path) -> None:
    more = [7, 1.5, "intern", dated(45292), dated(45658.25, 2)], [], ["007", True, "other", dated(45292)]
    wrong = ["E3", False, "intern", 45292, dated(45658.25, 2)]
    got = receive(tmp_path, sheet_file(SOUND, *more, wrong))
    assert got.rows("people", "person_id, name, start_date, end_date, row_no") == [
        ("E1", "Zoë", date(2024, 1, 1), date(2025, 1, 1), 2),
        ("7", "1.5", date(2024, 1, 1), date(2025, 1, 1), 3),
        ("007", "true", date(2024, 1, 1), None, 5),
    ]
    (row,) = got.quarantine
    assert (row.sheet, row.row_no, row.column, row.value) == ("Data", 6, "start_date", "45292")
    assert row.raw == "E3\tfalse\tintern\t45292\t2025-01-01 06:00:00"
    assert got.finding("blank_rows").text.startswith("people.xlsx: 1 blank line ignored")
    assert got.finding("numeric_ids").text.startswith("people.xlsx, column 'person_id': 1 cell stored as numbers")


def test_the_part_of_a_sheet_may_be_named_from_the_root_of_the_archive(tmp_path: Path) -> None:
    link = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
    links = f'<Relationships xmlns="{PACKAGE}/relationships">{link}</Relationships>'
    got = receive(tmp_path, sheet_file(SOUND, more={"xl/_rels/workbook.xml.rels": links}))
    assert got.rows("people", "person_id") == [("E1",)]


def repacked(content: bytes, name_of: Callable[[str], str]) -> bytes:
    """A workbook whose parts are called otherwise; those without a name are left out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(packed, "w") as other:
        for name in whole.namelist():
            if name_of(name):
                other.writestr(name_of(name), whole.read(name))
    return packed.getvalue()


@pytest.mark.parametrize("name_of", [str.upper, lambda name: name.replace("/", "\\")], ids=["capitals", "backslashes"])
def test_parts_are_found_whatever_a_program_calls_them(tmp_path: Path, name_of: Callable[[str], str]) -> None:
    rows = [Cell('s="3"', "<v>7</v>"), *SOUND[1:]], ["E2", "x", "intern", "2024-01-01", ERROR]
    got = receive(tmp_path, File("people", "people.xlsx", repacked(workbook(HEADER, *rows), name_of)))
    assert got.rows("people", "person_id") == [("00007",)]
    assert [row.code for row in got.quarantine] == ["unknown_cell"]


def test_a_sheet_in_a_comment_is_no_sheet(tmp_path: Path) -> None:
    got = receive(tmp_path, sheet_file(SOUND, book='<!-- <sheet name="Old"\n sheetId="9" r:id="rId9"/> -->'))
    assert got.rows("people", "person_id") == [("E1",)]


@pytest.mark.parametrize(
    ("style", "number", "person_id", "code"),
    [
        ("00000", 7, "00007", "shown_with_zeros"),
        ("00", 7, "07", "shown_with_zeros"),
        ("0", 7, "7", "numeric_ids"),
        ("#,##0", 7, "7", "numeric_ids"),
        ("General", 7, "7", "numeric_ids"),
        ("00000", 7.5, "7.5", "numeric_ids"),
        ("00000", 999_999_999_999_999, "999999999999999", "shown_with_zeros"),
        ("General", 10**15 - 1, "999999999999999", "numeric_ids"),
    ],
)
def test_a_number_is_an_id_as_far_as_its_cell_shows_it(
    tmp_path: Path, style: str, number: float, person_id: str, code: str
) -> None:
    """The sheet begins in its second column, and other numbers stand in it."""
    styles = STYLES.replace('formatCode="00000"', f'formatCode="{style}"')
    text = Cell('s="3" t="inlineStr"', "<is><t>7</t></is>")
    row = [None, Cell('s="3"', f"<v>{number}</v>"), text, *SOUND[2:4], None, 12]
    content = workbook([None, *HEADER, "age"], row, more={"xl/styles.xml": styles})
    got = receive(tmp_path, File("people", "people.xlsx", content))
    assert got.rows("people", "person_id, name") == [(person_id, "7")]
    assert got.intake.files[0].ignored_columns == ("(column 1, unnamed)", "age")
    assert {"shown_with_zeros", "numeric_ids"}.intersection(got.codes()) == {code}


@pytest.mark.parametrize(
    ("style", "number", "score"),
    [
        ("0%", 0.85, 85.0),
        ("0%", 0.07, 7.0),
        ("0%", 0.796, 79.6),
        ("0.00%", 0.7955, 79.55),
        ("0%;[Red]-0%", 1, 100.0),
        ("0%", 0, 0.0),
        ("0%", 0.1 + 0.7, 80.0),
        ("0&quot;%&quot;", 85, None),
        ("0\\%", 85, None),
        ("General", 0.85, None),
    ],
)
def test_a_share_that_is_shown_as_percent_is_read_as_shown_and_not_rounded(
    tmp_path: Path, style: str, number: float, score: float | None
) -> None:
    """A number without that format stays what it is."""
    profile = ABOUT + RECORDS + 'score = { of = ["score"], suffix = "%" }\n'
    row = ["a", "M", "2025-01-01", "passed", Cell('s="3"', f"<v>{number}</v>")]
    styles = STYLES.replace('formatCode="00000"', f'formatCode="{style}"')
    content = workbook(["who", "what", "when", "status", "score"], row, more={"xl/styles.xml": styles})
    got = read_by(tmp_path, profile, "completions", content, "x.xlsx")
    assert got.rows("completions", "score") == [(number if score is None else score,)]


@pytest.mark.parametrize("number", [9, 10])
def test_the_formats_of_percent_that_every_workbook_knows(tmp_path: Path, number: int) -> None:
    row = ["a", "M", "2025-01-01", "passed", Cell('s="1"', "<v>0.85</v>")]
    styles = STYLES.replace('numFmtId="14"', f'numFmtId="{number}"')
    content = workbook(["account", "module_id", "completed_at", "status", "score"], row, more={"xl/styles.xml": styles})
    got = receive(tmp_path, File("completions", "x.xlsx", content))
    assert [(row.column, row.value, row.code) for row in got.quarantine] == [("score", "85%", "not_a_number")]


def test_of_a_long_number_in_a_workbook_the_last_digits_are_lost_so_it_is_no_id(tmp_path: Path) -> None:
    rows = [[number, *SOUND[1:]] for number in (123456789012345678, 123456789012345679, 10**15)]
    got = receive(tmp_path, sheet_file(*rows))
    assert not got.rows("people")
    assert [(row.row_no, row.column, row.code) for row in got.quarantine] == [
        (2, "person_id", "unknown_cell"),
        (3, "person_id", "unknown_cell"),
        (4, "person_id", "unknown_cell"),
    ]
    assert "it is a number with more digits than a spreadsheet keeps" in got.quarantine[0].message


def test_percent_cells_that_do_not_say_where_they_are_refuse_the_workbook(tmp_path: Path) -> None:
    part = sheet([*HEADER, "score"], [*SOUND, Cell('s="3"', "<v>0.85</v>")])
    more = {"xl/styles.xml": STYLES.replace('formatCode="00000"', 'formatCode="0%"')}
    assert receive(tmp_path / "a", sheet_file(more={FIRST: part, **more})).rows("people", "person_id") == [("E1",)]
    (problem,) = refusal(tmp_path / "b", sheet_file(more={FIRST: part.replace(' r="', ' n="'), **more}))
    assert problem.what.endswith("it holds cells whose number format matters, and that do not say where they are.")


def test_a_format_of_a_cell_left_of_all_values_shows_nothing(tmp_path: Path) -> None:
    row = [Cell('s="3"', ""), *SOUND[:3], "soon", None, 12]
    styles = STYLES.replace('formatCode="00000"', 'formatCode="0%"')
    content = workbook([None, *HEADER, "age"], row, more={"xl/styles.xml": styles})
    (rejected,) = receive(tmp_path, File("people", "people.xlsx", content)).quarantine
    assert rejected.raw == "\tE1\tZoë\temployee\tsoon\t\t12"


def test_a_time_in_a_workbook_is_kept_to_the_second(tmp_path: Path) -> None:
    """Of a day the digits behind the eighth may be cut off: less than a thousandth of a second."""
    rows = workbook(
        ["account", "module_id", "completed_at", "status"], ["a", "M", dated(45658.6666898148, 2), "passed"],
        ["b", "M", dated(45658, 2), "passed"], ["c", "M", 45658, "passed"],
        ["d", "M", dated(45658 + 57601.499 / 86_400, 2), "passed"],
        ["e", "M", dated(45658 + 86399.7 / 86_400, 2), "passed"], ["f", "M", dated(45658.00002314, 2), "passed"],
        ["g", "M", dated(45658 + 57601.998 / 86_400, 2), "passed"],
    )  # fmt: skip
    got = receive(tmp_path, File("completions", "c.xlsx", rows))
    assert got.rows("completions", "account, completed_on, completed_at") == [
        ("a", date(2025, 1, 1), datetime(2025, 1, 1, 16, 0, 2)),
        ("b", date(2025, 1, 1), None),
        ("d", date(2025, 1, 1), datetime(2025, 1, 1, 16, 0, 1)),
        ("e", date(2025, 1, 1), datetime(2025, 1, 1, 23, 59, 59)),
        ("f", date(2025, 1, 1), datetime(2025, 1, 1, 0, 0, 2)),
        ("g", date(2025, 1, 1), datetime(2025, 1, 1, 16, 0, 1)),
    ]
    assert [(row.row_no, row.code, row.value) for row in got.quarantine] == [(4, "not_a_date", "45658")]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (ERROR, "it is the spreadsheet error #DIV/0!, so its value is not known"),
        (Cell('t="e"', "<v>#N/A</v>"), "it is the spreadsheet error #N/A"),
        (NO_RESULT, "it is a formula whose result is not stored in the file"),
        (Cell("", '<f t="shared" si="0"/>'), "it is a formula whose result is not stored in the file"),
    ],
)
def test_a_cell_of_unknown_value_is_not_empty(tmp_path: Path, cell: Cell, what: str) -> None:
    got = receive(tmp_path, sheet_file(SOUND, ["E2", "x", "employee", "2024-01-01", cell]))
    (row,) = got.quarantine
    assert (row.sheet, row.row_no, row.column, row.code) == ("Data", 3, "end_date", "unknown_cell")
    assert row.message.startswith(what)
    assert row.raw.startswith("E2\tx\temployee\t2024-01-01\t")
    assert "\0" not in row.raw + row.value
    assert [person for (person,) in got.rows("unread_people", "person_id")] == ["E2"]


def test_formulas_with_a_result_and_errors_in_other_columns_do_no_harm(tmp_path: Path) -> None:
    header = [*HEADER, "age"]
    rows = [*SOUND[:4], Cell('t="str"', "<f>IF(1,,)</f><v></v>"), ERROR], ["E2", "x", Cell('t="str"', "<f>A</f><v>intern</v>"), "2024-01-01"]  # fmt: skip
    got = receive(tmp_path, File("people", "p.xlsx", workbook(header, *rows)))
    assert got.rows("people", "person_id, worker_type, end_date") == [("E1", "employee", None), ("E2", "intern", None)]


def test_an_error_in_a_cell_without_a_place_refuses_the_workbook(tmp_path: Path) -> None:
    text = sheet(HEADER, SOUND).replace("</sheetData>", '<row r="3"><c t="e"><v>#N/A</v></c></row></sheetData>')
    (problem,) = refusal(tmp_path, sheet_file(more={FIRST: text}))
    assert "spreadsheet errors in cells that do not say where they are" in problem.what


def test_merged_cells_are_not_empty(tmp_path: Path) -> None:
    merged = sheet_file(
        SOUND, ["E2", "x", None, "2024-01-01"], after='<mergeCells><mergeCell ref="C2:C3"/></mergeCells>'
    )
    (row,) = receive(tmp_path, merged).quarantine
    assert (row.row_no, row.column, row.code) == (3, "worker_type", "unknown_cell")
    assert row.value == "a cell that is merged with the one above or before it"
    assert row.message.startswith("it is a cell that is merged with the one above or before it")


def test_exactly_the_inner_cells_of_a_merge_are_unknown(tmp_path: Path) -> None:
    rows = [f"E{n}" for n in (1, 2, 3)]
    after = '<mergeCells><mergeCell ref="C2:D3"/></mergeCells>'
    got = receive(tmp_path, sheet_file(*([person, *SOUND[1:]] for person in rows), after=after))
    assert [(row.row_no, row.column) for row in got.quarantine] == [(2, "start_date"), (3, "worker_type")]
    assert got.rows("people", "person_id") == [("E3",)]
    assert got.rows("unread_people", "person_id, worker_type, end_date") == [
        ("E1", "employee", date(2025, 1, 1)),
        ("E2", None, date(2025, 1, 1)),
    ]


def test_a_cell_of_unknown_value_names_no_column(tmp_path: Path) -> None:
    """Here a title over several columns, and one word over three of them that nobody reads."""
    header = [*HEADER, "further", None, None, ERROR]
    after = '<mergeCells><mergeCell ref="A1:I1"/><mergeCell ref="F2:H2"/></mergeCells>'
    content = workbook(["People"], header, [*SOUND, "a", "b", "c", "d"], after=after)
    (problem,) = refusal(tmp_path / "a", File("people", "people.xlsx", content))
    assert problem.what.endswith('Columns found: "People", "", "", "", "", "", "", "", "".')
    deep = {"deep": 'extends = "generic"\n[reading]\nheader_depth = 2\n'}
    got = receive(tmp_path / "b", File("people", "people.xlsx", content, profile="deep"), profiles=deep)
    assert got.rows("people", "person_id") == [("E1",)]
    assert got.intake.files[0].ignored_columns == ("further", *(f"(column {n}, unnamed)" for n in (7, 8, 9)))


def test_a_nul_character_in_a_workbook_is_told_as_such(tmp_path: Path) -> None:
    text = sheet(HEADER, ["E1", "\0Zoë", *SOUND[2:]])
    (row,) = receive(tmp_path, sheet_file(more={FIRST: text})).quarantine
    assert (row.row_no, row.column, row.code) == (2, "name", "nul_character")


def test_hidden_rows_and_1904_are_remarked(tmp_path: Path) -> None:
    got = receive(
        tmp_path,
        sheet_file(
            SOUND,
            ["E2", "x", "intern", dated(43830)],
            row_attributes={3: 'hidden="1"'},
            book='<workbookPr date1904="1"/>',
        ),
    )
    assert got.rows("people", "person_id, start_date") == [("E1", date(2024, 1, 1)), ("E2", date(2024, 1, 1))]
    assert got.finding("hidden_rows").text.startswith("people.xlsx: 1 rows of the sheet are hidden")
    assert got.finding("dates_from_1904").text == (
        "people.xlsx: the workbook counts days from 1904; its dates were converted accordingly."
    )


def test_what_a_long_sheet_hides_is_found_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the text of the sheet is cut into pieces, and behind its last row."""
    hidden = dict.fromkeys(range(2, 42, 2), 'hidden="1"')
    rows = [[f"E{n}", "x", "intern", "2024-01-01", ERROR if n % 3 == 0 else None] for n in range(2, 42)]
    text = sheet(HEADER, *rows, row_attributes=hidden)
    text = text.replace("</sheetData>", '<row r="42" hidden="1"/></sheetData>')
    for size in (300, 500, 700):
        monkeypatch.setattr(spreadsheet, "CHUNK", size)
        got = receive(tmp_path / str(size), sheet_file(more={FIRST: text}))
        assert got.finding("hidden_rows").text.startswith("people.xlsx: 21 rows of the sheet are hidden")
        assert [row.row_no for row in got.quarantine] == list(range(3, 42, 3))


def test_a_cell_longer_than_a_spreadsheet_allows(tmp_path: Path) -> None:
    (row,) = receive(tmp_path, sheet_file(SOUND, ["E2", "x" * 32_768, "intern", "2024-01-01"])).quarantine
    assert (row.row_no, row.column, row.code, len(row.value)) == (3, "name", "cell_too_long", 200)


def test_the_named_sheet_is_read(tmp_path: Path) -> None:
    two = {"sheets": {"Other": sheet(HEADER, ["E7", "x", "intern", "2024-01-01"])}}
    got = receive(tmp_path / "a", sheet_file(SOUND, keys='sheet = "Other"', **two))
    assert got.intake.files[0].part == "Other"
    assert got.rows("people", "person_id") == [("E7",)]
    (problem,) = refusal(tmp_path / "b", sheet_file(SOUND, **two))
    assert problem.what == "more than one of its sheets holds something: 'Data', 'Other'."
    (problem,) = refusal(tmp_path / "c", sheet_file(SOUND, keys='sheet = "Nobody"', **two))
    assert problem.what == "it has no sheet 'Nobody'; it has 'Data', 'Other'."


def test_an_empty_second_sheet_does_no_harm(tmp_path: Path) -> None:
    got = receive(tmp_path / "a", sheet_file(SOUND, sheets={"Sheet2": sheet()}))
    assert got.rows("people", "person_id") == [("E1",)]
    empty = File("people", "people.xlsx", workbook())
    (problem,) = refusal(tmp_path / "b", empty)
    assert (problem.what, problem.code) == ("all its sheets are empty.", "empty_file")
    named = sheet_file(SOUND, sheets={"Sheet2": sheet()}, keys='sheet = "Sheet2"')
    (problem,) = refusal(tmp_path / "c", named)
    assert problem.what == "it has no column person_id, worker_type, start_date. Columns found: none."


def test_a_sheet_with_a_header_alone_is_not_empty(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path / "a", sheet_file())
    assert problem.what == "it has a header and no rows."
    (problem,) = refusal(tmp_path / "b", sheet_file(SOUND, sheets={"Former": sheet(HEADER)}))
    assert problem.what == "more than one of its sheets holds something: 'Data', 'Former'."


def test_of_many_sheets_twenty_are_named(tmp_path: Path) -> None:
    many = {f"S{n}": sheet() for n in range(2, 23)}
    (problem,) = refusal(tmp_path, sheet_file(SOUND, keys='sheet = "S23"', sheets=many))
    assert problem.what.endswith("'S19', 'S20' and 2 more.")


FAR = sheet(HEADER).replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + sheet(HEADER)
LINK = f'<Relationships><Relationship Id="rId1" Type="{OFFICE}/externalLink" Target="other.xml"/></Relationships>'
MACROS = '<Types><Override PartName="/xl/book.xml" ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
UNSAFE = "unsafe_workbook"
REFUSED_BOOKS = [
    ("OLE", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "it is not an .xlsx workbook", "wrong_kind"),
    ("text", PEOPLE, "it is not an .xlsx workbook", "wrong_kind"),
    ("empty", b"", "the file is empty.", "empty_file"),
    ("no workbook", archive({"hello.txt": "hi"}), "the workbook cannot be read", "broken_workbook"),
    ("no sheet", workbook(more={FIRST: ""}), "the workbook cannot be read", "broken_workbook"),
    ("as many parts as may be", archive({f"p{n}": "" for n in range(2_000)}), "cannot be read", "broken_workbook"),
    ("many parts", archive({f"p{n}": "" for n in range(2_001)}), "it has too many parts", UNSAFE),
    ("far cell", workbook(more={FIRST: FAR}), "reaches 16,384 columns x 1,048,576 rows", UNSAFE),
    ("far cell quoted", workbook(more={FIRST: FAR.replace('"XFD1048576"', "'XFD1048576'")}), "reaches", UNSAFE),
    ("far cell in small letters", workbook(more={FIRST: FAR.replace("XFD", "xfd")}), "reaches 16,384 columns", UNSAFE),
    ("entities", workbook(more={FIRST: ENTITIES}), "declares entities", UNSAFE),
    ("an entity alone", workbook(more={FIRST: '<!ENTITY a "aaaa">' + sheet(HEADER)}), "declares entities", UNSAFE),
    ("external entity", workbook(more={"xl/sharedStrings.xml": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>'}),
     "xl/sharedStrings.xml declares entities", UNSAFE),
    ("UTF-16", workbook(more={FIRST: sheet(HEADER).encode("utf-16")}), f"{FIRST} declares entities, or is not UTF-8", UNSAFE),
    ("bomb", workbook(more={"xl/media/x.bin": "0" * (201 << 20)}), "inflates to", UNSAFE),
    ("endless text", workbook(more={"xl/worksheets/_rels/sheet1.xml.rels": "x" * (1 << 20)}),
     "sheet1.xml.rels holds a text of more than 1,048,576 characters", UNSAFE),
    ("endless comment", workbook(more={"xl/comments1.xml": "x" * (1 << 20)}), "comments1.xml holds a text of more than", UNSAFE),
    ("macros", workbook(HEADER, more={"xl/vbaProject.bin": "x"}), "it holds macros or links to other workbooks", UNSAFE),
    ("links", workbook(HEADER, more={"xl/externalLinks/externalLink1.xml": "<x/>"}), "it holds macros or links", UNSAFE),
    ("links elsewhere", workbook(HEADER, more={"xl/worksheets/_rels/sheet1.xml.rels": LINK}), "it holds macros or links", UNSAFE),
    ("macros elsewhere", workbook(HEADER, more={"[Content_Types].xml": MACROS}), "it holds macros or links", UNSAFE),
]  # fmt: skip


@pytest.mark.parametrize(("content", "what", "code"), [c[1:] for c in REFUSED_BOOKS], ids=[c[0] for c in REFUSED_BOOKS])
def test_an_unsafe_workbook_is_refused(tmp_path: Path, content: str | bytes, what: str, code: str) -> None:
    (problem,) = refusal(tmp_path, File("people", "people.xlsx", content))
    assert (problem.where, problem.code) == ("people.xlsx", code)
    assert what in problem.what


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("of /relationships/externalLink and .macroEnabled.", {}),
        ("with a picture", {"xl/media/image1.png": "x" * (2 << 20)}),
        ("with room behind the sheet", {FIRST: sheet(HEADER, SOUND) + " " * (1 << 20)}),
    ],
)
def test_what_only_looks_unsafe_does_no_harm(tmp_path: Path, name: str, more: dict[str, str]) -> None:
    got = receive(tmp_path, sheet_file([SOUND[0], name, *SOUND[2:]], more=more))
    assert got.rows("people", "person_id") == [("E1",)]


def test_a_workbook_has_a_largest_size(tmp_path: Path) -> None:
    for beyond, what in ((0, "it is not an .xlsx workbook"), (1, "the workbook is refused: it is larger than 50 MB.")):
        (problem,) = refusal(tmp_path, File("people", "people.xlsx", bytes((50 << 20) + beyond)))
        assert problem.what.startswith(what)


def inflating(to: int, padding: int = 0) -> bytes:
    """A workbook whose parts say of themselves that they hold so many bytes."""
    content = io.BytesIO(workbook(HEADER, SOUND))
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("xl/media/image1.png", bytes(padding))
        file.filelist[-1].file_size += to - sum(part.file_size for part in file.filelist)
    return content.getvalue()


@pytest.mark.parametrize(("size", "most"), [(0, 200 << 20), (2 << 20, 400 << 20), (3 << 20, 500 << 20)])
def test_how_far_a_workbook_may_inflate(tmp_path: Path, size: int, most: int) -> None:
    """To 200 times its size, a small one to 200 MB, a large one to 500 MB."""
    padding = max(0, size - len(inflating(most)))
    book = File("people", "people.xlsx", inflating(most, padding))
    assert receive(tmp_path / "a", book).rows("people", "person_id") == [("E1",)]
    (problem,) = refusal(tmp_path / "b", File("people", "people.xlsx", inflating(most + 1, padding)))
    assert problem.what == f"the workbook is refused: it inflates to {most + 1:,} bytes."


def test_how_many_cells_a_workbook_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 10)
    assert receive(tmp_path / "a", sheet_file(SOUND)).rows("people", "person_id") == [("E1",)]
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 9)
    (problem,) = refusal(tmp_path / "b", sheet_file(SOUND))
    assert f"{FIRST} reaches 5 columns x 2 rows" in problem.what
    (problem,) = refusal(tmp_path / "c", sheet_file(more={FIRST: sheet(HEADER, SOUND).replace(' r="', ' n="')}))
    assert f"{FIRST} holds 10 cells" in problem.what


def test_how_far_a_sheet_may_reach_and_how_much_its_cells_may_hold(tmp_path: Path) -> None:
    """Five million cells; a thousand million characters (2^30), as many as 32,768 cells of that many hold."""
    path = tmp_path / "people.xlsx"
    begin = f'<sst xmlns="{MAIN}"><si><t>'
    shared = f"{begin}{'x' * (32_768 - len(begin))}</si></sst>"
    for beyond in (0, 1):
        far = f'<worksheet xmlns="{MAIN}"><sheetData><row><c r="E{1_000_000 + beyond}"/></row></sheetData></worksheet>'
        cells = "<row>" + '<c t="s"><v>0</v></c>' * (32_768 + beyond) + "</row>"
        full = f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
        books = {"reaches 5 columns x 1,000,001 rows": {FIRST: far}}
        books |= {"hold more than 1,073,741,824 characters": {FIRST: full, "xl/sharedStrings.xml": shared}}
        for what, more in books.items():
            path.write_bytes(workbook(more=more))
            with pytest.raises(BadFileError, match=what) if beyond else nullcontext():
                spreadsheet.examine(path)


def test_cells_that_are_merged_again_and_again_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 100)
    for times, folder in ((10, "a"), (11, "b")):
        after = "<mergeCells>" + '<mergeCell ref="A1:E2"/>' * times + "</mergeCells>"
        problems = refusal(tmp_path / folder, sheet_file(SOUND, after=after))
        assert ("reach over more than 100 cells" in problems[0].what) is (times == 11)


def test_a_workbook_that_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    content = workbook(HEADER, SOUND)
    at = content.index(b"xl/worksheets/sheet1.xml") + 40
    (problem,) = refusal(tmp_path, File("people", "p.xlsx", content[:at] + b"\xff\xff\xff" + content[at + 3 :]))
    assert "xl/worksheets/sheet1.xml cannot be unpacked" in problem.what


def test_two_parts_with_one_name_are_refused(tmp_path: Path) -> None:
    """Nor in other letters, which are one name to the reader library."""
    content = workbook(HEADER, SOUND, more={"xl/worksheets/sheet9.xml": "<x/>"})
    for name in (b"sheet1.xml", b"Sheet1.xml"):
        (problem,) = refusal(tmp_path / name.decode(), File("people", "p.xlsx", content.replace(b"sheet9.xml", name)))
        assert "two parts with one name" in problem.what


def test_a_header_below_the_first_row_of_a_workbook(tmp_path: Path) -> None:
    profile = 'extends = "generic"\n[reading]\nheader_depth = 5\ndrop_rows = 1\n'
    content = workbook([2025, Cell('s="3"', "<v>7</v>")], [], HEADER, ["labels"], SOUND)
    got = receive(tmp_path / "a", File("people", "p.xlsx", content, profile="deep"), profiles={"deep": profile})
    assert got.rows("people", "person_id, row_no") == [("E1", 5)]
    assert not got.quarantine
    assert not {"numeric_ids", "shown_with_zeros"}.intersection(got.codes())
    (problem,) = refusal(tmp_path / "b", File("people", "p.xlsx", workbook(["Report"], HEADER, SOUND)))
    assert problem.what.endswith('Columns found: "Report", "", "", "", "".')


def test_namespaces_with_a_prefix(tmp_path: Path) -> None:
    text = sheet(HEADER, SOUND, ["E2", "x", "intern", "2024-01-01", ERROR]).replace("<", "<x:").replace("<x:/", "</x:")
    text = text.replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
    got = receive(tmp_path, sheet_file(more={FIRST: text}))
    assert got.rows("people", "person_id") == [("E1",)]
    assert [row.code for row in got.quarantine] == ["unknown_cell"]


def test_the_kind_of_a_file_is_told_by_its_name() -> None:
    names = ["a.csv", "a.JSON", "a.xlsx", "a.xlsm", "a.xls", "a.txt", "a"]
    assert [kind_of(Path(name)) for name in names] == ["csv", "json", "xlsx", "xlsx", "xlsx", "csv", "csv"]


def test_records_in_a_text_file(tmp_path: Path) -> None:
    got = receive(tmp_path, File("completions", "c.txt", str(completions("a@x,M,2025-01-01,passed,").content)))
    assert len(got.rows("completions")) == 1


def test_half_a_character_beside_a_whole_one(tmp_path: Path) -> None:
    text = '[{"person_id": "E\\ud83d\\ude00", "worker_type": "intern", "start_date": "2024-01-01"}]'
    assert put(tmp_path, text, "p.json") == [("E😀", 1)]


def test_a_nul_in_json_is_quarantined(tmp_path: Path) -> None:
    text = '[{"person_id": "E1", "name": "a\\u0000b", "worker_type": "intern", "start_date": "2024-01-01"}]'
    (row,) = receive(tmp_path, File("people", "p.json", text)).quarantine
    assert (row.column, row.code, row.subject) == ("name", "nul_character", "E1")


@pytest.mark.parametrize(
    ("line", "code"),
    [('E1,"Bo"b,intern,2024-01-01', "bad_quotes"), (f"E1,{'x' * 1_100_000},intern,2024-01-01", "cell_too_long")],
)
def test_a_broken_row_of_people_still_names_its_person(tmp_path: Path, line: str, code: str) -> None:
    lines = "person_id,name,worker_type,start_date", "Z1,,intern,2024-01-01", line
    file = File("people", "p.csv", "\n".join(lines).replace(",", ";"), profile="mine")
    got = receive(tmp_path, file, profiles={"mine": 'extends = "generic"\n[reading]\ndelimiter = ";"\n'})
    assert [(row.row_no, row.code, row.subject) for row in got.quarantine] == [(3, code, "E1")]
    assert got.rows("unread_people", "person_id, worker_type, start_date") == [("E1", "intern", date(2024, 1, 1))]


def test_a_cell_too_long_that_goes_on_in_the_next_line_refuses_the_file(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, people(f'E1,"{"x" * 1_100_000}\nE2",intern,2024-01-01'))
    assert problem.where == "people.csv, row 2"


def test_files_are_not_open_all_at_once(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    leave = [File("leave", f"leave/{n}.csv", "person_id,start_date\nE1,2025-01-01\n") for n in range(200)]
    folder = arrange(tmp_path, *leave)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(150, limits[0]), limits[1]))
    try:
        assert len(take(folder).intake.files) == 201
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_workbook_without_styles(tmp_path: Path) -> None:
    """Some programs write none: then no cell is a date or has a number format."""
    bare = repacked(workbook(HEADER, SOUND), lambda name: "" if name == "xl/styles.xml" else name)
    got = receive(tmp_path, File("people", "people.xlsx", bare))
    assert got.rows("people", "person_id, start_date") == [("E1", date(2024, 1, 1))]


def test_one_long_text_among_many_cells_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest text in every cell would be too much; as the cells are, it is not."""
    shared = f'<sst xmlns="{MAIN}"><si><t>E1</t></si><si><t>{"x" * 3_000}</t></si></sst>'
    row = [Cell('t="s"', "<v>0</v>"), Cell('t="s"', "<v>1</v>"), "employee", "2024-01-01"]
    content = workbook(HEADER[:4], row, more={"xl/sharedStrings.xml": shared})
    held = len(shared.removesuffix("</si></sst>").replace("</si>", ""))
    monkeypatch.setattr(spreadsheet, "MOST_TEXT", held)
    got = receive(tmp_path / "a", File("people", "people.xlsx", content))
    assert got.rows("people", "person_id, LENGTH(name)") == [("E1", 3_000)]
    beyond = workbook(HEADER[:4], [Cell('t="s"', "<v>3</v>"), *row[1:]], more={"xl/sharedStrings.xml": shared})
    (problem,) = refusal(tmp_path / "b", File("people", "people.xlsx", beyond))
    assert problem.what.startswith("the workbook cannot be read")
    monkeypatch.setattr(spreadsheet, "MOST_TEXT", held - 1)
    (problem,) = refusal(tmp_path / "c", File("people", "people.xlsx", content))
    assert f"its cells together hold more than {held - 1:,} characters" in problem.what
