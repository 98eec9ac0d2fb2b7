"""A hundred bad inputs: what each must lead to, and that nothing of it is lost.

Every case is a file in tests/exports/bad, named after its number and its defect, or made by make.py there. It takes the
place of the export of its table in the sound company of `folders`. A case may have several files. A file is refused, or
its rows are read, and those that cannot be are in quarantine; what a reader should know is a finding. An audit.toml is
refused before any work.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import packs
import pytest
from exports.bad.make import MAKERS
from exports.bad.make import make as made
from folders import SOUND, make

from workbook_lib import publish
from workbook_lib.audit import load_audit
from workbook_lib.engine import Engine
from workbook_lib.exhibits.markup import table
from workbook_lib.intake import read, repetitions
from workbook_lib.listings import write_tables
from workbook_lib.tables import Finding, UserError
from workbook_lib.workpaper import Workpaper, perform

BAD = Path(__file__).parent / "exports" / "bad"


class Refused(NamedTuple):
    """The file, or the audit, is refused: the code, where (after the file's name), and words of the message."""

    code: str
    place: str
    what: str


class Row(NamedTuple):
    """A row in quarantine: its number as a spreadsheet shows it, the column's header, code, words of the message."""

    row_no: int
    column: str
    code: str
    message: str


class Note(NamedTuple):
    """A finding of intake about this file: with the other notes of the case, all that there are."""

    code: str
    text: str


class Remark(NamedTuple):
    """A finding of a later stage."""

    code: str
    text: str


class Holds(NamedTuple):
    """What the table holds of this file, row by row."""

    columns: str
    rows: list[object]


class Verdict(NamedTuple):
    """How somebody is judged."""

    person_id: str
    requirement_id: str
    verdict: str
    gap_days: int


class Listed(NamedTuple):
    """A check of a procedure that is not met, and an item that it lists."""

    procedure: str
    says: str
    exceptions: int
    item: str


class By(NamedTuple):
    """A case that has a test of its own below."""

    test: str


Outcome = Refused | Row | Note | Remark | Holds | Verdict | Listed | By


@dataclass(frozen=True)
class Case:
    """One file: its case, what it is read as, and what must come.

    read : how many rows are read of it, where it is not refused.  keys : further keys of its [[source]].
    reading : keys of [reading] in a profile that extends generic.  beside : table → file of an export that goes with it.
    """

    file: str
    table: str
    outcomes: tuple[Outcome, ...]
    read: int
    keys: str
    reading: str
    beside: dict[str, str]

    @property
    def no(self) -> int:
        return int(self.file[:3])

    def of(self, kind: type) -> list[Any]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, kind)]


def case(
    file: str,
    table: str,
    *outcomes: Outcome,
    read: int = 0,
    keys: str = "",
    reading: str = "",
    beside: dict[str, str] | None = None,
) -> Case:
    return Case(file, table, outcomes, read, keys, reading, beside or {})


def accounts(*names: str) -> Holds:
    return Holds("account", list(names))


def ids(*names: str) -> Holds:
    return Holds("person_id", list(names))


ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@agency.example"
NO_DATE = "is not a date; expected YYYY-MM-DD"
MISSING = Verdict("E1", "awareness", "missing", 365)
MET = Verdict("E1", "awareness", "met", 0)
UNSAFE = "unsafe_workbook"

CASES = [
    # the file as a whole
    case("001_empty.csv", "completions", Refused("empty_file", "", "the file is empty.")),
    case("002_header_only.csv", "completions", Refused("no_rows", "", "it has a header and no rows.")),
    case("002_header_only.csv", "completions", Note("no_rows", "has a header and no rows"), keys="allow_empty = true"),
    case("003_login_page.csv", "completions", Refused("web_page", "", "it is a web page or XML (perhaps a login page)")),
    case("004_utf_16.csv", "completions", Note("utf_16", "it was read as such"), accounts(ADA, BO), read=2),
    case("005_cp1252.csv", "people", Refused("wrong_encoding", ", row 3", "byte 0xeb at offset 80 is not valid UTF-8.")),
    case("006_two_byte_order_marks.csv", "completions", Note("second_mark", "more than one"), accounts(ADA, BO), read=2),
    case("007_cr_line_ends.csv", "completions", accounts(ADA, BO), read=2),
    case("008_semicolons.csv", "completions", Refused("wrong_delimiter", ", row 1", "it looks like ';' separates")),
    case("009_tabs.csv", "completions", Refused("wrong_delimiter", ", row 1", "it looks like a tab separates")),
    case("010_preamble.csv", "completions", Refused("missing_column", ", header", 'Columns found: "Training report".')),
    case("010_preamble.csv", "completions", accounts(ADA, BO), read=2, reading="header_depth = 10"),
    case("011_total_line.csv", "completions", Row(4, "account", "trailer", "2 rows stand above it, as it says"), read=3),
    case("012_unclosed_quote.csv", "completions", Refused("unclosed_quote", ", row 3", "is not closed properly")),
    case("013_quote_in_bare_cell.csv", "people", Holds("name", ['Ada 6" Long', "Di"]), read=2),
    case("014_row_too_short.csv", "completions", Row(3, "", "too_short", "4 cells, the header has 5"), read=3),
    case("015_row_too_long.csv", "completions", Row(3, "", "too_long", "6 cells, the header has 5"), read=2),
    case("016_first_row_too_long.csv", "completions", Row(2, "", "too_long", "6 cells"), accounts(BO), read=2),
    case("017_trailing_comma_everywhere.csv", "completions", Note("trailing_delimiter", "the unnamed empty last column"),
         Holds("account, score", [(ADA, 90.0), (BO, 85.0)]), read=2),
    case("018_nul.csv", "completions", Row(3, "", "nul_character", "the row holds a NUL character"), read=2),
    case("019_gzip.csv", "people", Refused("wrong_kind", "", "it is a gzip archive, not CSV.")),
    case("019_zip.csv", "people", Refused("wrong_kind", "", "it is a zip archive or an .xlsx workbook, not CSV.")),
    case("020_cut_off.csv", "completions", Refused("truncated", ", row 3", "its last row is incomplete")),
    case("020_fewer_rows_than_declared.csv", "completions",
         Refused("count_mismatch", ", row 4", "its last line says 'Total: 3 rows', but 2 rows stand above it.")),
    case("021_header_twice.csv", "completions", Refused("duplicate_header", ", header", "several columns 'status'")),
    case("022_header_spelling.csv", "completions", Note("header_spelling", "'Account' was taken for 'account'"),
         Note("header_spelling", "'module_id\\u00a0'"), Note("header_spelling", "' completed_at'"),
         Note("header_spelling", "'STATUS'"), accounts(ADA, BO), read=2),
    case("023_missing_column.csv", "completions", Refused("missing_column", ", header",
         'no column completed_at. Columns found: "account", "module_id", "date", "status", "score".')),
    case("024_extra_column.csv", "completions", Note("ignored_columns", "1 column ignored"), accounts(ADA, BO), read=2),
    case("025_blank_lines.csv", "completions", Note("blank_rows", "3 blank lines ignored; row numbers count them"),
         Row(6, "completed_at", "not_a_date", "'20 March' is not a date"), read=2),
    case("026_larger_than_the_limit.csv", "completions", By("test_a_text_file_has_a_largest_size")),
    # workbooks
    case("027_password.xlsx", "people", Refused("wrong_kind", "", "old .xls files and password-protected ones")),
    case("028_old_xls_renamed.xlsx", "people", Refused("wrong_kind", "", "it is not an .xlsx workbook")),
    case("029_merged_cells.xlsx", "people", Row(3, "worker_type", "unknown_cell", "it is a cell that is merged"), read=2),
    case("029_merged_to_the_end.xlsx", "people", ids("E1", "E9"), read=2),
    case("030_formula_without_result.xlsx", "people",
         Row(3, "start_date", "unknown_cell", "it is a formula whose result is not stored in the file"), read=2),
    case("031_errors.xlsx", "people", Row(3, "person_id", "unknown_cell", "it is the spreadsheet error #N/A"),
         Row(4, "end_date", "unknown_cell", "it is the spreadsheet error #REF!"), read=3),
    case("032_hidden_sheet.xlsx", "people", Note("hidden_sheet", "'Staff' is hidden; it was read"), ids("E1", "E9"), read=2),
    case("032_hidden_row.xlsx", "people", Note("hidden_rows", "1 rows of the sheet are hidden"), ids("E1", "E9"), read=2),
    case("033_wrong_sheet.xlsx", "people", Refused("no_such_sheet", "", "it has no sheet 'People'; it has 'Data'."),
         keys='sheet = "People"'),
    case("034_two_sheets.xlsx", "people", Refused("several_sheets", "", "holds something: 'Data', 'Former'.")),
    case("034_two_sheets.xlsx", "people", ids("E9"), read=1, keys='sheet = "Former"'),
    case("035_zeros_shown_by_a_format.xlsx", "people", Note("shown_with_zeros", "'person_id': 2 cells"),
         ids("00123", "1234567"), read=2),
    case("035_ids_as_numbers.xlsx", "people", Note("numeric_ids", "'person_id': 1 cell stored as numbers"),
         ids("123", "E9"), read=2),
    case("036_dates_from_1904.xlsx", "people", Note("dates_from_1904", "its dates were converted"),
         Holds("start_date", [date(2023, 1, 9)] * 2), read=2),
    case("037_date_as_text.xlsx", "people", Row(3, "start_date", "not_a_date", f"'09.01.2023' {NO_DATE}"), read=2),
    case("037_date_as_text.xlsx", "people", ids("E9", "E1"), read=2, reading='dates = ["DD.MM.YYYY"]'),
    case("038_serial_without_format.xlsx", "people", Row(3, "start_date", "not_a_date", f"'45000' {NO_DATE}"), read=2),
    case("039_far_cell.xlsx", "people", Refused(UNSAFE, "", "reaches 16,384 columns x 1,048,576 rows")),
    case("040_entity_bomb.xlsx", "people", Refused(UNSAFE, "", "declares entities")),
    case("041_external_entity.xlsx", "people", Refused(UNSAFE, "", "declares entities")),
    case("042_zip_bomb.xlsx", "people", Refused(UNSAFE, "", "it inflates to 220,2")),
    case("043_cell_of_50_mb.xlsx", "people", Refused(UNSAFE, "", "holds a text of more than 1,048,576 characters")),
    case("043_cell_of_32768.xlsx", "people", Row(3, "name", "cell_too_long", "it holds 32,768 characters"), read=2),
    case("043_one_text_in_many_cells.xlsx", "people",
         Refused(UNSAFE, "", "its cells together hold more than 1,073,741,824 characters")),
    case("043_cells_without_a_place.xlsx", "people", Refused(UNSAFE, "", "holds 5,000,001 cells")),
    case("044_link_to_a_workbook.xlsx", "people", Refused(UNSAFE, "", "it holds macros or links to other workbooks")),
    case("044_macros.xlsm", "people", Refused(UNSAFE, "", "it holds macros or links to other workbooks")),
    # who it is
    case("045_blank_id.csv", "people", Row(3, "person_id", "missing_value", "every row needs person_id"), read=3),
    case("046_leading_zeros.csv", "people", ids("00123", "00124"), read=2),
    case("047_exponent.csv", "people", ids("1E5", "2e10"), read=2),
    case("048_decimal_id.csv", "completions", Note("decimal_ids", "1 id such as '12345.0'"), accounts("12345.0"),
         Remark("look_alike_account", "Account '12345.0' belongs to nobody, and looks like '12345'"), read=1,
         beside={"people": "048_people.csv"}),
    case("049_names_like_missing_values.csv", "people", Holds("name", ["NA", "None", "Null"]), read=3),
    case("050_id_true.csv", "people", ids("True", "FALSE"), read=2),
    case("051_same_row_twice.csv", "people", Note("identical_rows", "1 row repeating another in every column"),
         ids("E1", "E1", "E9"), Remark("overlapping_rows", "E1 that starts on 2023-01-09"), read=3),
    # C2: both rows count; that they share days is a finding
    case("052_same_id_other_data.csv", "people", Holds("person_id, worker_type", [
         ("E1", "employee"), ("E1", "contractor"), ("E9", "employee")]),
         Remark("overlapping_rows", "E1 that starts on 2024-02-01 overlaps an earlier one; both count (C2)"), read=3),
    case("053_one_email_two_people.csv", "people", Remark("shared_email", f"{ADA} belongs to several people (E1, E2)"),
         read=2),
    case("054_email_in_capitals.csv", "completions", MET, Remark("matched_without_case", "1, for example ADA@Acme.Example"),
         read=2),
    case("055_email_changed.csv", "completions", MISSING, accounts(*["ada.lovelace@acme.example"] * 2),
         Listed("P1", "Every account with records belongs to one person", 1, "ada.lovelace@acme.example"), read=2),
    case("056_unknown_person.csv", "completions", MET, accounts(ADA, ADA, "ghost"),
         Listed("P1", "Every account with records belongs to one person", 1, "ghost"), read=3),
    case("057_homoglyph.csv", "completions", MISSING,
         Remark("look_alike_account", f"(with U+0430) belongs to nobody, and looks like '{ADA}'"), read=2),
    case("058_zero_width_id.csv", "completions", MET,
         Row(4, "account", "invisible_character", "an invisible character (U+200B at place 3)"), read=3),
    case("058_bidi_name.csv", "people", Note("invisible_characters", "'Ada\\u202egnp.exe'"), ids("E1", "E9"), read=2),
    case("059_decomposed_accent.csv", "completions", Verdict("José", "awareness", "met", 0), read=2,
         beside={"people": "059_people.csv"}),
    case("060_blanks_round_id.csv", "people", Note("trimmed", "blanks around 2 values trimmed"), ids("E1", "E9"), read=2),
    case("061_formula_name.csv", "people", Holds("name", ["=cmd|'/C calc'!A0", "@SUM(1,1)", "'t Hart"]),
         By("test_no_table_holds_a_formula"), read=3),
    case("062_script_name.csv", "people", Holds("name", ["<script>window.fired=1</script>", "Di"]),
         By("test_a_script_is_printed_as_text"), read=2),
    case("063_managers_in_a_circle.csv", "people",
         Remark("manager_cycle", "E1 reports to E2 reports to E3 reports to E1; nobody stands above them"), read=4),
    # dates
    case("064_day_or_month_first.csv", "people", Refused("ambiguous_dates", ', column "start_date"',
         "2 dates, for example '03/04/2023', fit both day/month and month/day")),
    case("065_day_first_among_month_first.csv", "people", Row(3, "start_date", "exchanged_date",
         "'13/04/2023' is not a date; expected MM/DD/YYYY"), Note("exchanged_dates", "day and month of 1 date"),
         ids("E1", "E9"), read=3, reading='dates = ["MM/DD/YYYY"]'),
    case("066_iso_among_day_first.csv", "people", Holds("start_date", [date(2025, 3, 4)] * 2), read=2,
         reading='dates = ["DD/MM/YYYY", "YYYY-MM-DD"]'),
    case("067_30_february.csv", "people", Row(3, "start_date", "not_a_date", f"'2025-02-30' {NO_DATE}"), read=3),
    case("068_two_digit_year.csv", "people", Row(3, "start_date", "not_a_date", f"'25-03-03' {NO_DATE}"), read=3),
    case("069_leaves_before_start.csv", "people", Row(3, "end_date", "end_before_start",
         "it ends on 2025-03-02, before it starts on 2025-03-03"), read=3),
    case("070_completed_before_hire.csv", "completions", Listed("P12", "before the person's first day", 1, "E2"), read=1),
    # C6: it is read, and counts for nothing up to the as-of day
    case("071_after_the_export.csv", "completions", MISSING, Note("after_export",
         "1 record of 071_after_the_export.csv are dated after the day of the export (2026-01-05), up to 2026-03-01"),
         Listed("P12", "dated after the day of the export", 1, ADA), read=1),
    case("072_placeholder_start.csv", "people", Row(2, "start_date", "date_out_of_range", "1900-01-01 is no real date"),
         Row(3, "start_date", "date_out_of_range", "9999-12-31 is no real date"), read=3),
    case("072_placeholder_end.csv", "people", Row(2, "end_date", "date_out_of_range", "1900-01-01 is no real date"),
         Holds("person_id, end_date", [("E2", None), ("E9", date(2025, 6, 30))]), read=3),
    case("072_placeholder_end.csv", "people", Holds("end_date", [None, None, date(2025, 6, 30)]), read=3,
         reading='none_dates = ["1900-01-01"]'),
    case("073_serial_number.csv", "people", Row(3, "start_date", "not_a_date", f"'45000' {NO_DATE}"), read=3),
    case("074_year_only.csv", "people", Row(3, "start_date", "not_a_date", f"'2025' {NO_DATE}"), read=3),
    case("075_time_only.csv", "completions", Row(3, "completed_at", "not_a_date", "'12:30' is not a date"), read=2),
    case("076_offsets.csv", "completions", Holds("completed_on", [
         date(2025, 7, 1), date(2025, 6, 29), date(2025, 6, 30)]), read=3),
    case("077_hour_24.csv", "completions", Row(3, "completed_at", "not_a_date", "'2025-03-20T24:00:00Z' is not a date"),
         read=2),
    case("078_digits_of_another_script.csv", "people", Row(3, "start_date", "not_a_date", f"'000١-01-01' {NO_DATE}"),
         read=3),
    case("079_overlapping_spells.csv", "people", Remark("overlapping_rows", "starts on 2025-06-01 overlaps"),
         ids("E1", "E1"), read=2),
    case("080_leave_reversed.csv", "leave", Row(2, "end_date", "end_before_start",
         "it ends on 2025-04-01, before it starts on 2025-05-01"), read=2),
    case("081_open_leave.csv", "leave", Holds("person_id, end_date", [("E2", None)]),
         Remark("open_leave_with_records", "E2 is on leave since 2025-03-10 with no end"), read=1),
    # records
    case("082_percent_and_decimal_comma.csv", "completions",
         Row(3, "score", "not_a_number", "'85%' is not a plain decimal number"),
         Row(4, "score", "not_a_number", "'0,85' is not a plain decimal number"), read=3),
    case("083_unknown_status.csv", "completions", Verdict("E1", "awareness", "missing", 30),
         Row(3, "status", "unknown_word", "'Completed?' is not a known word; known: not_assigned"), read=2),
    case("084_module_not_listed.csv", "completions", accounts(ADA, BO),
         Remark("modules_not_listed", "'SEC-999' (1 record); they count only where a requirement names them"), read=2),
    case("085_completion_twice.csv", "completions", MET, Note("identical_rows", "1 row repeating another"),
         Listed("P12", "repeats another in every column", 1, ADA), read=3),
    # C9: version 1 is not credited from 30 days after version 2 on; whoever acknowledges early is covered
    case("086_old_version_acknowledged.csv", "acknowledgements", Verdict("E1", "policy", "missing", 365), read=1,
         beside={"policies": "086_policies.csv"}),
    case("087_acknowledged_before_publication.csv", "acknowledgements", Verdict("E1", "policy", "met", 0), read=1),
    # audit.toml
    case("088_period_ends_before_it_starts.toml", "audit",
         Refused("end_before_start", ", period[1]", "it ends on 2024-12-31, before it starts on 2025-01-01.")),
    case("089_unknown_key.toml", "audit", Refused("unknown_key", ", requirement[1].due_within_day",
         "the key 'due_within_day' is unknown; did you mean 'due_within_days'?"),
         Refused("missing_key", ", requirement[1].due_within_days", "it is missing.")),
    case("090_rule_for_no_role.toml", "audit", Refused("wrong_value", ", requirement[1].applies_to.role", "at least 1 item")),
    case("090_rule_for_a_role_of_nobody.toml", "audit",
         Remark("value_of_nobody", "role 'Salse', which nobody has; did you mean 'Sales'?"),
         Remark("nothing_required", "No requirement applies to C1, E2, E9, who were engaged in the period (C4).")),
    case("091_due_within_fewer_than_0_days.toml", "audit",
         Refused("wrong_value", ", requirement[1].due_within_days", "-1: input should be greater than or equal to 0.")),
    case("091_due_within_0_days.toml", "audit", Verdict("E2", "awareness", "late", 17)),
    case("092_period_that_goes_on.toml", "audit", By("test_an_unfinished_period_is_said_to_be_interim")),
    case("093_path_outside.toml", "audit", Refused("outside_the_folder", ", source[1].file",
         "'../../people.csv' points outside the audit folder.")),
    case("093_absolute_path.toml", "audit", Refused("outside_the_folder", ", source[1].file",
         "'/etc/passwd' points outside the audit folder.")),
    case("094_undeclared_parameter.toml", "audit", By("test_a_parameter_that_the_notebook_does_not_have")),
    case("095_key_twice.toml", "audit", Refused("bad_toml", "", "it is not valid TOML: Cannot overwrite a value")),
    # C11: until the day before the new due day it excuses, and then no more
    case("096_extension_expired_and_unknown_person.csv", "decisions", Verdict("E1", "awareness", "missing", 17),
         Remark("decision_fits_nothing", "Decision D2 (extend) is about person E7, whom no people export names"), read=2,
         beside={"completions": "096_completions.csv"}),
    case("097_people_older_than_the_period_end.toml", "audit", By("test_an_unfinished_period_is_said_to_be_interim")),
    case("098_same_file_twice.toml", "audit", Refused("same_file_twice", ", source[3].file",
         "people.csv is already read as people by source[1].")),
    case("099_output_below_a_file.toml", "audit", By("test_an_output_that_cannot_be_is_refused_before_any_work")),
    case("100_disk_full.toml", "audit", By("test_a_full_disk_leaves_the_older_pack")),
]  # fmt: skip


def fetch(name: str, folder: Path) -> Path:
    """The file of a case, copied or made."""
    folder.mkdir(parents=True, exist_ok=True)
    if name in MAKERS:
        return made(name, folder)
    target = folder / name
    target.write_bytes((BAD / name).read_bytes())
    return target


def arrange(bad: Case, folder: Path) -> Path:
    """The sound company with the file of the case in the place of its export, or as its audit.toml."""
    if bad.table == "audit":
        make(folder)
        fetch(bad.file, folder).replace(folder / "audit.toml")
        return folder
    files = {bad.table: bad.file} | bad.beside
    make(folder, dict.fromkeys(files))
    sources = ""
    for name, file in files.items():
        fetch(file, folder)
        sources += f'\n[[source]]\ntable = "{name}"\nfile = "{file}"\nextracted_on = 2026-01-05\n'
        sources += f"{bad.keys}\n" + ('profile = "declared"\n' if bad.reading else "") if file == bad.file else ""
    if bad.reading:
        (folder / "declared.toml").write_text(f'extends = "generic"\n[reading]\n{bad.reading}\n')
    with (folder / "audit.toml").open("a") as audit:
        audit.write(sources)
    return folder


def judged(bad: Case, folder: Path) -> Workpaper:
    return perform(load_audit(arrange(bad, folder)))


REFUSED = [bad for bad in CASES if bad.of(Refused)]
ACCEPTED = [bad for bad in CASES if bad.table != "audit" and bad not in REFUSED and bad.no != 26]
JUDGED = [bad for bad in CASES if {Remark, Verdict, Listed} & {type(outcome) for outcome in bad.outcomes}]


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: bad.file)
def test_a_file_or_an_audit_is_refused(bad: Case, tmp_path: Path) -> None:
    folder = arrange(bad, tmp_path)
    with pytest.raises(UserError) as refused:
        read(load_audit(folder), Engine())
    file = "audit.toml" if bad.table == "audit" else bad.file
    for problem, expected in zip(by_code(refused.value.problems), by_code(bad.of(Refused)), strict=True):
        assert (problem.code, problem.where) == (expected.code, file + expected.place)
        assert expected.what in problem.what
        assert problem.effect == "nothing was judged and nothing was written."
        assert problem.do.endswith(".")


def by_code(problems: Iterable[Any]) -> list[Any]:
    return sorted(problems, key=attrgetter("code"))


@pytest.mark.parametrize("bad", ACCEPTED, ids=lambda bad: f"{bad.file} {bad.keys}{bad.reading}")
def test_every_row_is_used_or_in_quarantine(bad: Case, tmp_path: Path) -> None:
    engine = Engine()
    audit = load_audit(arrange(bad, tmp_path))
    intake = read(audit, engine)
    for file in intake.files:
        assert file.rows_read == file.rows_used + file.rows_quarantined
    (account,) = [file for file in intake.files if file.file == bad.file]
    rows = [row for row in intake.quarantine if row.file == bad.file]
    assert (account.rows_read, account.rows_quarantined) == (bad.read, len(bad.of(Row)))
    assert len(intake.quarantine) == len(rows)
    for row, expected in zip(rows, bad.of(Row), strict=True):
        assert (row.table, row.row_no, row.column, row.code) == (bad.table, *expected[:3])
        assert expected.message in row.message
        assert row.raw == as_it_stands(tmp_path / bad.file, row.row_no)
    for columns, expected in bad.of(Holds):
        found = engine.rows(f"SELECT {columns} FROM {bad.table} WHERE source_no = {account.source_no} ORDER BY row_no")
        assert [row[0] if len(row) == 1 else row for row in found] == expected
    _compare_notes(bad, [*intake.findings, *repetitions(engine, audit)], account.source_no)


def as_it_stands(path: Path, row_no: int) -> str:
    """The line of a CSV file, and the row of a workbook as make.py wrote it."""
    if path.suffix == ".csv":
        text = path.read_bytes().decode("utf-8-sig")
        return re.split(r"\r\n|\r|\n", text)[row_no - 1]
    return RAW[path.name][row_no]


RAW = {
    "029_merged_cells.xlsx": {3: "E2\tBo\ta cell that is merged with the one above or before it\t2025-03-03\t"},
    "030_formula_without_result.xlsx": {3: "E2\tBo\temployee\ta formula whose result is not stored in the file\t"},
    "031_errors.xlsx": {
        3: "the spreadsheet error #N/A\tBo\temployee\t2025-03-03\t",
        4: "E3\tCy\temployee\t2025-03-03\tthe spreadsheet error #REF!",
    },
    "037_date_as_text.xlsx": {3: "E1\tAda\temployee\t09.01.2023\t"},
    "038_serial_without_format.xlsx": {3: "E1\tAda\temployee\t45000\t"},
    "043_cell_of_32768.xlsx": {3: f"E1\t{'x' * 32_768}\temployee\t2023-01-09\t"},
}


def _compare_notes(bad: Case, findings: list[Finding], source_no: int) -> None:
    notes = [finding for finding in findings if finding.source_no == source_no]
    assert sorted(note.code for note in notes) == sorted(note.code for note in bad.of(Note))
    for code, text in bad.of(Note):
        assert any(note.code == code and text in note.text for note in notes), notes


@pytest.mark.parametrize("bad", JUDGED, ids=lambda bad: bad.file)
def test_what_becomes_of_it_in_the_judgement(bad: Case, tmp_path: Path) -> None:
    paper = judged(bad, tmp_path)
    for code, text in bad.of(Remark):
        assert [text in finding.text for finding in paper.findings if finding.code == code] == [True]
    verdicts = {(row["person_id"], row["requirement_id"]): row for row in paper.verdicts}
    for person_id, requirement_id, verdict, gap_days in bad.of(Verdict):
        row = verdicts[person_id, requirement_id]
        assert (row["verdict"], row["gap_days"]) == (verdict, gap_days)
    for procedure, says, exceptions, item in bad.of(Listed):
        (result,) = [result for result in paper.results if result.procedure.id == procedure]
        (check,) = [check for check in result.checks if says in check.says]
        assert check.exceptions == exceptions
        assert [item in row for row in paper.rows(check.listing)] == [True]


# --- cases with a test of their own -------------------------------------------------------------------------------


def the(no: int, name: str = "") -> Case:
    (found,) = [bad for bad in CASES if bad.no == no and bad.file.endswith(name)]
    return found


def command(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; with a limit, no file may grow beyond so many bytes, as on a full disk."""
    code = "from workbook_lib.cli import main; main()"
    if limit is not None:
        code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); {code}"
    env = os.environ | {"WORKBOOK_BROWSER": "none"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False, env=env
    )


def test_a_text_file_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, size = arrange(the(26), tmp_path), len((BAD / the(26).file).read_bytes())
    monkeypatch.setattr("workbook_lib.intake.files.LARGEST_CSV", size)
    assert read(load_audit(folder), Engine()).files[-1].rows_read == 20
    monkeypatch.setattr("workbook_lib.intake.files.LARGEST_CSV", size - 1)
    with pytest.raises(UserError) as refused:
        read(load_audit(folder), Engine())
    (problem,) = refused.value.problems
    assert (problem.code, problem.where) == ("too_large", the(26).file)
    assert problem.what == f"it is larger than {size - 1:,} bytes."


def test_no_table_holds_a_formula(tmp_path: Path) -> None:
    write_tables(judged(the(61), tmp_path / "audit"), tmp_path)
    cells = [cell for path in sorted((tmp_path / "tables").glob("*.csv")) for cell in _cells(path)]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    with (tmp_path / "tables" / "population.csv").open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert names == ["'=cmd|'/C calc'!A0", "'@SUM(1,1)", "''t Hart"]


def _cells(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from (cell for row in csv.reader(file) for cell in row)


def test_a_script_is_printed_as_text(tmp_path: Path) -> None:
    page = table(judged(the(62), tmp_path).frame("SELECT person_id, name FROM person ORDER BY person_id"), "People")
    assert "&lt;script&gt;window.<wbr>fired=1&lt;/script&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("no", "judged_to", "goes_on_to"), [(92, "2026-01-04", "2026-06-30"), (97, "2025-06-30", "2025-12-31")]
)
def test_an_unfinished_period_is_said_to_be_interim(tmp_path: Path, no: int, judged_to: str, goes_on_to: str) -> None:
    folder = arrange(the(no), tmp_path / "audit")
    done = command("judge", folder, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert f"INTERIM: judged to {judged_to}; period 2025 goes on to {goes_on_to}." in done.stderr
    refused = command("run", folder, "--as-of", goes_on_to, "--out", tmp_path / "packs")
    assert refused.returncode == 2
    assert f"the exports cover days up to {judged_to}; of the days after it nothing is known." in refused.stderr
    assert not (tmp_path / "packs").exists()


def test_a_parameter_that_the_notebook_does_not_have(tmp_path: Path) -> None:
    parameters = tomllib.loads((BAD / the(94).file).read_text())
    with pytest.raises(UserError) as refused:
        publish.execute(publish.notebook_path("3_evidence"), parameters, tmp_path / "evidence.ipynb")
    (problem,) = refused.value.problems
    assert (problem.code, problem.where) == ("unknown_parameter", "3_evidence.ipynb")
    assert problem.what == "it has no parameter 'as_off'."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["run", "judge"])
def test_an_output_that_cannot_be_is_refused_before_any_work(tmp_path: Path, verb: str) -> None:
    folder = arrange(the(99), tmp_path / "audit")
    (folder / "completions.csv").write_text("<html>")  # work would find this
    done = command(verb, folder, "--out", folder / "programme.md" / "out")
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"--out {folder}/programme.md/out: it cannot be a folder to write to: programme.md is a"
    )
    assert "completions.csv" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file can be set")
def test_a_full_disk_leaves_the_older_pack(tmp_path: Path, older_pack: Path) -> None:
    """When the page is written; at each other moment: test_sealed_pack.py."""
    before = contents(older_pack)
    done = command("run", arrange(the(100), tmp_path / "acme"), "--out", older_pack.parent, limit=1 << 20)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"{older_pack}: the pack cannot be written: File too large.\n  Effect: no pack was written;" in done.stderr
    assert contents(older_pack) == before
    assert sorted(path.name for path in older_pack.parent.iterdir()) == ["acme-2025", "history.sqlite"]


@pytest.fixture(scope="module")
def older_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("older")
    return packs.seal(arrange(the(100), folder / "acme"), folder / "out")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the table itself ---------------------------------------------------------------------------------------------


def test_the_table_has_exactly_a_hundred_cases_and_every_file_is_used() -> None:
    assert {bad.no for bad in CASES} == set(range(1, 101))
    used = {bad.file for bad in CASES} | {file for bad in CASES for file in bad.beside.values()}
    kept = {path.name for path in BAD.iterdir() if path.suffix not in (".py", "")}
    assert not kept & MAKERS.keys()
    assert kept | MAKERS.keys() == used
    tests = {by.test for bad in CASES for by in bad.of(By)}
    assert tests <= globals().keys()
    assert all(bad.outcomes for bad in CASES)
    assert all(bad.table in SOUND or bad.table in ("leave", "decisions", "audit") for bad in CASES)
