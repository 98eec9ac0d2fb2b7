"""The names that users' files and scripts depend on: the canonical tables and their vocabularies, as they are specified."""

from __future__ import annotations

import pytest

from workbook_lib.tables import (
    REASONS,
    TABLES,
    VOCABULARY,
    Answer,
    DecisionKind,
    Kind,
    Problem,
    Quarantined,
    Snapshot,
    Status,
    UserError,
    WorkerType,
)

#: Table → its columns; a star marks those that a file must have.
COLUMNS = {
    "people": "person_id* name email worker_type* role department manager_email start_date* end_date",
    "leave": "person_id* start_date* end_date kind",
    "accounts": "account* person_id name active",
    "completions": "account* module_id* completed_at* status* score record_id minutes method",
    "modules": "module_id* title topics version assessed minutes sample",
    "content_reviews": "module_id* version* reviewed_on* reviewed_by change threats",
    "policies": "policy_id* version* title effective_on* material approved_by approved_on",
    "acknowledgements": "account* policy_id* version acknowledged_at* status method",
    "access": "account* granted_on* system",
    "decisions": "decision_id kind* decided_by* person_id requirement_id account due_on approved_on new_due_on reason_code "
    "reason evidence approved_by withdraws",
}
#: SQL type → the columns that are stored so; all others are text.
TYPES = {
    "DATE": "start_date end_date completed_on reviewed_on effective_on approved_on acknowledged_on granted_on due_on "
    "new_due_on",
    "TIMESTAMP": "completed_at acknowledged_at",
    "DOUBLE": "score minutes",
    "BOOLEAN": "active assessed material",
    "INTEGER": "source_no row_no",
}


def test_the_tables_have_the_columns_that_are_specified() -> None:
    assert list(TABLES) == list(COLUMNS)
    for name, table in TABLES.items():
        assert table.name == name
        assert " ".join(c.name + "*" * c.required for c in table.columns) == COLUMNS[name]
        assert table.says


def test_columns_are_stored_in_their_types() -> None:
    kinds = {column: type_ for type_, columns in TYPES.items() for column in columns.split()}
    for table in TABLES.values():
        assert table.stored == {name: kinds.get(name, "VARCHAR") for name in table.stored}
        assert list(table.stored)[-2:] == ["source_no", "row_no"]


def test_the_vocabularies_are_those_that_are_specified() -> None:
    assert " ".join(Status) == (
        "not_assigned not_started in_progress completed passed failed equivalent waived withdrawn expired"
    )
    assert " ".join(Answer) == "acknowledged declined sent viewed"
    assert " ".join(WorkerType) == "employee contractor third_party intern other"
    assert " ".join(DecisionKind) == "explain extend link exclude withdraw"
    assert {
        Kind.STATUS: tuple(Status),
        Kind.ANSWER: tuple(Answer),
        Kind.WORKER_TYPE: tuple(WorkerType),
        Kind.DECISION: tuple(DecisionKind),
        Kind.FLAG: ("true", "false"),
    } == VOCABULARY


def test_the_reasons_that_the_desk_offers_are_those_that_are_written_down() -> None:
    """They stand in registers, and are counted by their words."""
    assert REASONS == {
        DecisionKind.EXPLAIN: (
            "on leave", "onboarding delayed", "system error", "late extension request", "left soon after", "other",
        ),
        DecisionKind.EXCLUDE: ("service account", "duplicate", "test user", "not part of the workforce", "other"),
    }  # fmt: skip


def test_a_column_is_found_by_its_name() -> None:
    assert TABLES["people"]["end_date"].kind is Kind.END
    assert TABLES["people"]["email"].kind is TABLES["people"]["manager_email"].kind is Kind.EMAIL
    with pytest.raises(StopIteration):
        TABLES["people"]["account"]


def test_an_error_says_each_problem_and_in_a_notebook_nothing_else() -> None:
    problems = (
        Problem(where="a.csv", what="it is empty.", do="export it."),
        Problem(where="b", what="w.", effect="e.", do="d."),
    )
    error = UserError(*problems)
    assert error.problems == problems
    assert str(error) == (
        "a.csv: it is empty.\n  Effect: nothing was judged and nothing was written.\n  Do: export it.\n"
        "b: w.\n  Effect: e.\n  Do: d."
    )
    assert error._render_traceback_() == str(error).splitlines()


def test_of_an_earlier_export_those_rows_are_unread_that_no_rule_sets_aside() -> None:
    rows = tuple(
        Quarantined(source_no=1, table="people", file="p.csv", row_no=no, column="", value="", code="x", message="",
                    subject="", raw="", by_rule=no == 2)
        for no in (2, 3)
    )  # fmt: skip
    snapshot = Snapshot(file="p.csv", sha256="", size=1, rows_read=2, rows_used=0, unchanged=0, changed=0, updated=0,
                        vanished=0, new=0, matched_by="", quarantine=rows)  # fmt: skip
    assert [row.row_no for row in snapshot.unread] == [3]
