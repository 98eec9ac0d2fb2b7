"""Lines below the records that are none: what is set aside, what is counted, and what is a bad row all the same."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from arrivals import ABOUT, PEOPLE, WIDE, File, arrange, people, read_by, receive, refusal, workbook
from test_bulk import assert_equal

from workbook_lib.intake.closing_lines import BEGINS, closing_line

E1 = "E1,,employee,2024-01-01,"
FOOTER = '[[layout.set_aside]]\nwhere = "id"\n{}\nreason = "a footer"\n'


# --- tables of which a record has one cell ------------------------------------------------------------------------

#: A table, its header, and a record.
SMALL = [
    ("accounts", "account,person_id,name,active", "ada,E1,Ada,true"),
    ("modules", "module_id,title", "M,Safe"),
    ("modules", "module_id", "M"),
]
CLOSES = [
    "Total: 1",
    "Total: 1 rows",
    "total",
    "Grand total, 1",
    "Report generated on 2026-01-05",
    "Nombre de lignes\u00a0: 1",
    "End of report",
    " Total: 1",
]


@pytest.mark.parametrize(("table", "header", "record"), SMALL)
@pytest.mark.parametrize("line", CLOSES)
@pytest.mark.parametrize("is_padded", [False, True])
def test_a_line_that_could_be_a_record_closes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, header: str, record: str, line: str, is_padded: bool
) -> None:
    width = header.count(",")
    if "," in line and not width:
        return
    line += "," * (width - line.count(",")) if is_padded else ""
    folder = arrange(tmp_path, File(table, "x.csv", f"{header}\n{record}\n{line}\n"))
    found = assert_equal(folder, monkeypatch)
    assert [(row.row_no, row.code, row.by_rule) for row in found["quarantine"]] == [(3, "trailer", True)]
    assert len(found[table]) == 1


@pytest.mark.parametrize(("table", "header", "record"), SMALL)
def test_its_count_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, header: str, record: str
) -> None:
    line = "Total: 7 rows" + "," * header.count(",")
    found = assert_equal(arrange(tmp_path, File(table, "x.csv", f"{header}\n{record}\n{line}\n")), monkeypatch)
    (problem,) = found["refused"]
    assert problem.code == "count_mismatch"
    assert problem.what == "its last line says 'Total: 7 rows', but 1 rows stand above it."


def test_a_count_in_a_cell_of_its_own_is_told_with_its_words(tmp_path: Path) -> None:
    (problem,) = refusal(tmp_path, people(E1, "E2,,employee,2024-01-01,", "Total,1,,,"))
    assert problem.what == "its last line says 'Total 1', but 2 rows stand above it."


def test_in_a_workbook_each_row_has_all_its_cells(tmp_path: Path) -> None:
    rows = ["account", "name"], ["ada", "Ada"], ["Total: 1", None], ["Printed on 2026-01-05", ""]
    got = receive(tmp_path, File("accounts", "a.xlsx", workbook(*map(list, rows))))
    assert [row[0] for row in got.rows("accounts")] == ["ada"]
    assert [(row.row_no, row.code) for row in got.quarantine] == [(3, "trailer"), (4, "trailer")]


@pytest.mark.parametrize(
    "module",
    ["Total Security", "Total Security 2025", "Run 2 Win", "Total: M1", "Total,Everything", "Summe 3 von Teil"],
)
def test_a_record_may_begin_like_a_closing_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    line = module if "," in module else f"{module},"
    found = assert_equal(arrange(tmp_path, File("modules", "m.csv", f"module_id,title\nM,Safe\n{line}\n")), monkeypatch)
    assert [row[0] for row in found["modules"]] == ["M", module.partition(",")[0]]


BEGUN = (
    ABOUT + '[[layout]]\ntable = "completions"\n[layout.columns]\naccount = "who"\nmodule_id = "what"\n'
    'score = "score"\nminutes = "minutes"\n'
)


@pytest.mark.parametrize(
    "more",
    [
        'completed_at = "when"\nstatus = { of = ["what"], replace = { pattern = ".+", with = "in_progress" } }\n',
        'completed_at = ["when", "done"]\n[layout.constants]\nstatus = "in_progress"\n',
    ],
    ids=["status from the module's cell", "day from one of two cells"],
)
def test_a_line_that_fills_the_two_cells_of_a_record_closes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """All that a large file's record needs stands in two cells, whatever number of columns reads them."""
    text = "who,what,when,done,score,minutes\nada,M,,,,\nTotal,1,,,,\n"
    folder = arrange(tmp_path, File("completions", "x.csv", text, "mine"), profiles={"mine": BEGUN + more})
    found = assert_equal(folder, monkeypatch)
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [(3, "trailer")]
    assert len(found["completions"]) == 1


# --- several of them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ("Report generated on 2026-01-05", "Total: 1"),
        ("Total: 1", "Report generated on 2026-01-05"),
        ("Total: 1", "Records: 1", "End of report"),
        ("Total: 1", "", ",,,,", "End of report,,,,"),
        ("Total 2025: 1 employees",),
        ("Gesamt (Stand 05.01.2026): 1",),
        ("Total employees: 1 of 1", "Printed 05/01/2026 10:05"),
    ],
)
def test_a_closing_line_is_no_record_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    found = assert_equal(arrange(tmp_path, people(E1, *lines)), monkeypatch)
    assert {row.code for row in found["quarantine"]} == {"trailer"}
    assert all("; 1 rows stand above it" in row.message for row in found["quarantine"])
    assert len(found["people"]) == 1


@pytest.mark.parametrize("line", ["Gesamt (Stand 01.02.2026): 3", "Total 2025: 3 employees", "Total at 1:01: 3"])
def test_a_day_counts_nothing(tmp_path: Path, line: str) -> None:
    (problem,) = refusal(tmp_path, people(E1, line))
    assert (problem.code, problem.where) == ("count_mismatch", "people.csv, row 3")


@pytest.mark.parametrize("line", ["Total: 2", "Total: 2,,,,", "Total,2,,,"])
def test_in_a_wide_report_its_rows_are_counted(tmp_path: Path, line: str) -> None:
    done = "passed,2025-01-01,passed,2025-01-01"
    text = f"who,A,A date,B,B date\nada,{done}\n,,,,\nbo,{done}\n"
    got = read_by(tmp_path / "a", ABOUT + WIDE, "completions", f"{text}{line}\nEnd of report\n")
    assert len(got.rows("completions")) == 4
    assert {row.code for row in got.quarantine} == {"trailer"}
    assert all("; 2 rows stand above it" in row.message for row in got.quarantine)
    assert {row.subject for row in got.quarantine} == {""}
    file = File("completions", "x.csv", text + line.replace("2", "4") + "\n", "mine")
    (problem,) = refusal(tmp_path / "b", file, profiles={"mine": ABOUT + WIDE})
    assert problem.code == "count_mismatch"


def test_a_line_of_a_wide_report_that_names_nobody_is_a_bad_row(tmp_path: Path) -> None:
    """All that it has is the name of an item, which every row has."""
    text = "who,A,A date,B,B date\n,,,passed,2025-01-01\n"
    got = read_by(tmp_path, ABOUT + WIDE, "completions", text)
    assert [(row.column, row.code) for row in got.quarantine] == [("who", "missing_value")] * 2


# --- where they stand ---------------------------------------------------------------------------------------------


def test_above_a_record_it_is_a_bad_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the end is known, also for the rows that nobody reads one by one."""
    lines = E1, "Total Recall Ltd,,,,", "Total: 1", "E2,,employee,2024-01-01,", "Total: 2"
    found = assert_equal(arrange(tmp_path, people(*lines)), monkeypatch)
    assert [(row.row_no, row.column, row.value, row.code, row.subject, row.raw) for row in found["quarantine"]] == [
        (3, "worker_type", "", "missing_value", "Total Recall Ltd", "Total Recall Ltd,,,,"),
        (4, "", "", "too_short", "Total: 1", "Total: 1"),
        (6, "person_id", "Total: 2", "trailer", "", "Total: 2"),
    ]
    assert [row.by_rule for row in found["quarantine"]] == [False, False, True]
    assert [row[0] for row in found["unread_people"]] == ["Total Recall Ltd", "Total: 1"]


def test_above_a_record_a_line_that_could_be_one_is_a_bad_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "account,name,active\nada,Ada,\nTotal: 1,,\nbo,Bo,\n"
    found = assert_equal(arrange(tmp_path, File("accounts", "a.csv", text)), monkeypatch)
    (row,) = found["quarantine"]
    assert (row.row_no, row.column, row.value, row.code) == (3, "account", "Total: 1", "closing_line_inside")
    assert row.message.startswith("it reads like a closing line, and rows stand below it. Effect: ")
    assert 'by a [[layout.set_aside]]: where = "account", equals = ["Total: 1"]' in row.message


def test_it_is_told_under_the_header_that_it_stands_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = ABOUT + '[[layout]]\ntable = "accounts"\n[layout.columns]\naccount = "login"\nname = "note"\n'
    file = File("accounts", "a.csv", "note,login\nAda,ada\n ,Total: 1\nBo,bo\n", "mine")
    found = assert_equal(arrange(tmp_path, file, profiles={"mine": profile}), monkeypatch)
    assert [(row.column, row.value, row.code) for row in found["quarantine"]] == [
        ("login", "Total: 1", "closing_line_inside")
    ]


@pytest.mark.parametrize(("below", "closes"), [("Sales", True), ("HR,Berlin,", True), ("9,intern,soon", False)])
def test_a_bad_row_below_it_is_a_record_where_it_has_as_many_cells(tmp_path: Path, below: str, closes: bool) -> None:
    got = read_by(tmp_path, ABOUT + PEOPLE, "people", f"id,type,start\n1,intern,2024-01-01\nTotal: 1,,\n{below}\n")
    assert [row.by_rule for row in got.quarantine] == [closes, False]


@pytest.mark.parametrize(("below", "closes"), [("x,,", True), ("x,Berlin,", True), ("x,intern,2024-01-01", False)])
def test_a_row_that_a_rule_sets_aside_below_it_is_a_record_where_it_has_as_many_cells(
    tmp_path: Path, below: str, closes: bool
) -> None:
    profile = ABOUT + PEOPLE + FOOTER.format("equals = ['x']")
    got = read_by(tmp_path, profile, "people", f"id,type,start\n1,intern,2024-01-01\nTotal: 1,,\n{below}\n")
    assert [(row.row_no, row.by_rule) for row in got.quarantine] == [(3, closes), (4, True)]


@pytest.mark.parametrize("count", [1, 2])
def test_a_row_that_a_rule_sets_aside_is_counted_or_not(tmp_path: Path, count: int) -> None:
    """Nobody knows which of them the source counts; others it does."""
    profile = {"mine": ABOUT + PEOPLE + FOOTER.format("equals = ['x']")}
    above = "id,type,start\n1,intern,2024-01-01\nx,,\n"
    got = receive(tmp_path / "a", File("people", "x.csv", f"{above}Total: {count}\n", "mine"), profiles=profile)
    assert [row.code for row in got.quarantine] == ["set_aside", "trailer"]
    text = f"{above.replace('x,,', '2,intern,2024-01-01')}Total: 1\n"
    (problem,) = refusal(tmp_path / "b", File("people", "x.csv", text, "mine"), profiles=profile)
    assert problem.code == "count_mismatch"


def test_other_lines_may_stand_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A footer that a rule sets aside, and one that nobody has declared: no record has as few cells."""
    profile = ABOUT + PEOPLE + FOOTER.format("equals = ['Confidential']")
    lines = "id,type,start\n1,intern,2024-01-01\nConfidential\nTotal: 1\nConfidential,,\nHR\n"
    found = assert_equal(
        arrange(tmp_path, File("people", "x.csv", lines, "mine"), profiles={"mine": profile}), monkeypatch
    )
    assert [(row.row_no, row.code) for row in found["quarantine"]] == [
        (3, "set_aside"), (4, "trailer"), (5, "set_aside"), (6, "too_short")
    ]  # fmt: skip
    assert [(row.column, row.value) for row in found["quarantine"][:2]] == [("id", "Confidential"), ("id", "Total: 1")]


def test_a_rule_says_nothing_of_a_row_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = ABOUT + PEOPLE + FOOTER.format("equals = ['Confidential']")
    file = File("people", "x.csv", "id,type,start\n1,intern,2024-01-01\nConfidential,,,,\n", "mine")
    found = assert_equal(arrange(tmp_path, file, profiles={"mine": profile}), monkeypatch)
    assert [row.code for row in found["quarantine"]] == ["too_long"]


def test_a_rule_of_the_profile_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts something else is set aside."""
    profile = ABOUT + PEOPLE + FOOTER.format("matches = 'Total: .*'")
    for n, line in enumerate(("Total: 99", "Total: 99,,")):
        text = f"id,type,start\n1,intern,2024-01-01\n{line}\n"
        folder = arrange(tmp_path / str(n), File("people", "x.csv", text, "mine"), profiles={"mine": profile})
        assert [row.code for row in assert_equal(folder, monkeypatch)["quarantine"]] == ["set_aside"]


@pytest.mark.parametrize(
    ("rule", "is_whole"),
    [("equals = ['Confidential']", True), ("matches = 'Conf.*'", True), ("not_equals = ['1']", False)],
)
def test_a_footer_without_a_line_end_is_not_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, is_whole: bool
) -> None:
    """Where the rule knows it: what is only not among some words may be the beginning of one of them."""
    profile = {"mine": ABOUT + PEOPLE + FOOTER.format(rule)}
    text = "id,type,start\n1,intern,2024-01-01\nConfidential"
    found = assert_equal(arrange(tmp_path, File("people", "x.csv", text, "mine"), profiles=profile), monkeypatch)
    if is_whole:
        assert [row.code for row in found["quarantine"]] == ["set_aside"]
    else:
        assert [problem.code for problem in found["refused"]] == ["truncated"]


def test_a_record_is_cut_off_though_a_closing_line_stands_above_it(tmp_path: Path) -> None:
    text = "person_id,name,worker_type,start_date\nE1,,employee,2024-01-01\nTotal: 1\nE2,,empl"
    (problem,) = refusal(tmp_path, File("people", "p.csv", text))
    assert problem.code == "truncated"


# --- the words ----------------------------------------------------------------------------------------------------

SAID = [
    "Grand total: 5", "Total 5", "Number of records: 5", "Rows: 5", "entries : 5", "Gesamtsumme 5", "Summe: 5", "Gesamt: 5",
    "Gesamtzahl 5", "Datensätze: 5", "Anzahl der Zeilen: 5", "Einträge : 5", "Anzahl Personen 5", "Lignes : 5",
    "Nombre d’enregistrements : 5", "Nombre de lignes 5", "Suma 5", "Registros: 5", "Número de filas: 5", "Número de registros 5",
]  # fmt: skip
MADE = [
    "Generated on 2026-01-05", "Report created by HR", "Data run: 10:00", "List printed 2026", "File exported at 10:00",
    "Erstellt am 05.01.2026", "Bericht erzeugt von HR", "Datei gedruckt: 05.01.2026", "Export exportiert 2026",
    "Généré le 05/01/2026", "Liste imprimée par RH", "Rapport créé : 05/01/2026", "Fichier exporté 2026",
    "Generado el 05/01/2026", "Lista impresa por RR", "Listado creado: 05/01/2026", "Archivo exportado 2026",
    "End of report", "End of the file", "Ende des Berichts", "Ende der Liste", "Fin du rapport", "Fin de la lista",
    "Fin del informe", "Fin de la liste",
]  # fmt: skip
NEITHER = [
    "Totally 5",
    "Summer 5",
    "Recorder: 5",
    "Gesamtschule 5",
    "Anzahlung 5",
    "Endicott",
    "Finn du Rap",
    "Generator on",
    "total@firm.example",
    "",
]


@pytest.mark.parametrize("text", SAID)
def test_a_line_that_counts_is_known_by_its_first_words(text: str) -> None:
    for written in (text, text.upper(), text.lower()):
        found = closing_line([written])
        assert found is not None
        assert found.numbers == (5,)
    words, _, number = text.rpartition(" ")
    assert closing_line([words, number]) == closing_line([text])
    assert closing_line([words, number, "more"]) is None, "so many cells has a record"


@pytest.mark.parametrize("text", MADE)
def test_a_line_that_tells_of_the_report_counts_nothing(text: str) -> None:
    found = closing_line([text])
    assert found is not None
    assert found.numbers == ()


def test_the_engine_finds_every_line_that_may_close_a_file() -> None:
    """However it is padded: it looks for them in whole lines, and hands them over to be read one by one."""
    padded = [f"{before}{text}" for text in (*SAID, *MADE) for before in ("", " ", '"', ",,", ";\u00a0")]
    lines = [*padded, *(line for text in SAID if closing_line([line := text.replace(" ", "\u00a0")]))]
    assert "Suma\u00a05" in lines
    with duckdb.connect() as connection:
        query = "SELECT line FROM unnest(?) t(line) WHERE NOT regexp_matches(line, ?)"
        assert connection.execute(query, [lines, BEGINS]).fetchall() == []
        others = [text for text in NEITHER if text and "@" not in text]
        assert connection.execute(query, [others, BEGINS]).fetchall() == [(text,) for text in others]


@pytest.mark.parametrize("text", NEITHER)
def test_a_line_that_only_begins_alike_is_none(text: str) -> None:
    assert closing_line([text]) is None
