"""P13: the log of reminders as evidence that whoever fell overdue was followed up."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from folders import without
from test_reminders import SCHEDULE, Box, company, sent

from workbook_lib import exhibits, ledger, listings, reminder_log, reminders
from workbook_lib.audit import Audit, load_audit
from workbook_lib.pack import bag
from workbook_lib.procedures import Outcome, Result
from workbook_lib.pseudonyms import known_texts
from workbook_lib.reminders.mail_server import RefusedError, UncertainError
from workbook_lib.tables import UserError
from workbook_lib.workpaper import Workpaper, perform

#: Cy's training is due again on 20 May 2025, and is not done in that year.
LAPSED = without("completions", "2025-05-10")
#: Two weeks before, the day after, and two weeks after.
BEFORE, AFTER, LONG_AFTER = date(2025, 5, 6), date(2025, 5, 21), date(2025, 6, 3)


def lapsed(folder: Path, schedule: str = SCHEDULE) -> Audit:
    return company(folder, LAPSED, schedule)


def log_of(audit: Audit) -> Path:
    return audit.folder / reminder_log.FILE


def p13(audit: Audit) -> tuple[Workpaper, Result]:
    paper = perform(audit)
    (result,) = [result for result in paper.results if result.procedure.id == "P13"]
    return paper, result


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Cy was reminded before and after, Bo as the sponsor had the digest, Ada above Bo heard of it."""
    audit = lapsed(tmp_path_factory.mktemp("followed"))
    for on in (BEFORE, AFTER, LONG_AFTER):
        sent(audit, on, log_of(audit), Box())
    return audit


@pytest.fixture(scope="module")
def judged(followed: Audit) -> tuple[Workpaper, Result]:
    return p13(followed)


def test_follow_up_is_counted(judged: tuple[Workpaper, Result]) -> None:
    _, result = judged
    assert (result.outcome, result.tested, result.exceptions) == (Outcome.NO_EXCEPTIONS, 1 + 1, 0)
    assert result.says == (
        "1 duty was overdue for more than 14 days. Reminded before the due day: 1; after it: 1; escalated: 1. The log "
        "begins on 2025-05-06; messages in it that no server took over, which count for nothing: 0."
    )


def test_the_exhibit_shows_the_messages_and_the_first_of_each_kind(judged: tuple[Workpaper, Result]) -> None:
    shown = exhibits.reminders(judged[0])
    assert shown.says[0] == "7 messages of the period went out; 1 person was reminded."
    messages, duties = shown.tables
    assert messages.frame.to_numpy().tolist() == [
        ["To the person", 3, 0, 0, 0],
        ["To managers and sponsors", 3, 0, 0, 0],
        ["Escalated", 1, 0, 0, 0],
    ]
    assert [*duties.frame.iloc[0]] == [
        "C1", "Cy", "awareness", date(2025, 5, 20), date(2025, 12, 31), 225, BEFORE, AFTER, AFTER, LONG_AFTER,
    ]  # fmt: skip


def test_the_log_is_a_source_and_a_table(judged: tuple[Workpaper, Result]) -> None:
    paper, _ = judged
    (account,) = [file for file in paper.files if file.table == "reminders"]
    assert (account.file, account.rows_read, account.first_date, account.last_date) == (
        "reminders.sqlite", 14, BEFORE, LONG_AFTER,
    )  # fmt: skip
    first = paper.engine.dicts(listings.REMINDERS)[0]
    assert (first["person_id"], first["days_after_due"], first["fate"]) == ("C1", -14, "sent")


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ("", "The audit has no schedule of reminders, [reminders] in audit.toml."),
        (SCHEDULE, "There is no log of reminders: none was sent with this workbook."),
    ],
)
def test_without_a_schedule_or_a_log_it_is_not_performed(tmp_path: Path, schedule: str, says: str) -> None:
    paper, result = p13(lapsed(tmp_path, schedule))
    assert (result.outcome, result.says) == (Outcome.NOT_PERFORMED, says)
    assert "cannot be shown here" in exhibits.reminders(paper).says[0]


def test_messages_on_record_are_shown_though_no_schedule_is_given(followed: Audit, tmp_path: Path) -> None:
    copy = tmp_path / "acme"
    bag.copy_inputs(followed, copy)
    toml = (copy / "audit.toml").read_text(encoding="utf-8")
    (copy / "audit.toml").write_text(toml.replace(SCHEDULE, ""), encoding="utf-8")
    paper, result = p13(load_audit(copy))
    assert result.outcome == Outcome.NOT_PERFORMED
    shown = exhibits.reminders(paper)
    assert shown.says[0] == "7 messages of the period went out; 1 person was reminded."
    assert shown.says[1].startswith("No schedule of reminders is given")
    assert [table.caption for table in shown.tables] == ["Messages of the period, by whom they were for"]


def test_a_table_that_is_cut_names_where_each_half_of_it_is(
    judged: tuple[Workpaper, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, _ = judged
    assert not exhibits.reminders(paper).tables[1].note
    monkeypatch.setattr("workbook_lib.exhibits.followup.SHOWN", 0)
    note = exhibits.reminders(paper).tables[1].note
    assert note == (
        "The first 0 of 1 rows, in the order of person. All duties: tables/exceptions.csv in the pack; all messages: "
        "tables/reminders.csv."
    )


@pytest.mark.parametrize(
    ("days", "box", "failed"),
    [
        ((AFTER,), Box(), [0, 1, 0]),
        ((BEFORE,), Box(), [1, 1, 0]),
        (
            (LONG_AFTER,),
            Box(cy_at_agency_example=RefusedError("550"), bo_at_acme_example=RefusedError("550")),
            [1, 0, 0],
        ),
        (
            (AFTER, LONG_AFTER),
            Box(
                cy_at_agency_example=UncertainError(),
                bo_at_acme_example=UncertainError(),
                ada_at_acme_example=UncertainError(),
            ),
            [1, 1, 0],
        ),
    ],
    ids=["not escalated", "before only", "refused", "uncertain"],
)
def test_what_did_not_go_out_in_time_is_an_exception(
    tmp_path: Path, days: tuple[date, ...], box: Box, failed: list[int]
) -> None:
    audit = lapsed(tmp_path)
    for on in (*days, *days):
        sent(audit, on, log_of(audit), box)
    _, result = p13(audit)
    assert result.outcome == Outcome.EXCEPTIONS
    assert [check.exceptions for check in result.checks] == failed


def test_a_log_that_was_changed_is_found(followed: Audit, tmp_path: Path) -> None:
    copy = tmp_path / "acme"
    bag.copy_inputs(followed, copy)
    text = (copy / reminder_log.COPY).read_text(encoding="utf-8")
    (copy / reminder_log.COPY).write_text(text.replace("2025-05-21", "2025-05-22"), encoding="utf-8")
    paper, result = p13(load_audit(copy))
    assert [check.exceptions for check in result.checks] == [0, 0, 1]
    assert (result.outcome, result.tested, result.exceptions) == (Outcome.EXCEPTIONS, 1 + 1, 1)
    assert result.says.endswith(": 0. The log was changed after it was recorded, so nothing in it is sure.")
    (finding,) = [finding for finding in paper.findings if finding.code == "reminders_altered"]
    assert finding.text.startswith("reminders.jsonl was changed behind its back. Entry 5 was altered")


def test_a_log_that_lost_every_message_is_no_log_that_never_was(followed: Audit, tmp_path: Path) -> None:
    copy = tmp_path / "acme"
    bag.copy_inputs(followed, copy)
    lines = (copy / reminder_log.COPY).read_text(encoding="utf-8").splitlines(keepends=True)
    fates = [line for line in lines if "message_id" not in line]
    assert (len(lines), len(fates)) == (14, 7)
    (copy / reminder_log.COPY).write_text("".join(fates), encoding="utf-8")
    _, result = p13(load_audit(copy))
    assert [check.exceptions for check in result.checks] == [1, 1, 1]
    assert (result.outcome, result.tested, result.exceptions) == (Outcome.EXCEPTIONS, 1 + 1, 2)
    assert "The log names no duty;" in result.says


def test_a_pack_holds_the_log_and_gives_the_same_result(
    followed: Audit, judged: tuple[Workpaper, Result], tmp_path: Path
) -> None:
    bag.copy_inputs(followed, tmp_path / "inputs")
    _, again = p13(load_audit(tmp_path / "inputs"))
    assert again == judged[1]


def test_a_copy_that_names_nobody_names_no_recipient(followed: Audit) -> None:
    key, _ = bag.pseudonym_key(followed)
    paper = perform(followed, pseudonym_key=key)
    assert paper.engine.count("reminder") == 7
    told = str(paper.rows(listings.REMINDERS)) + str(exhibits.reminders(paper).tables[1].frame.to_dict())
    ids = {str(one.message_id) for one in reminders.history(log_of(followed))}
    assert not [text for text in ("@", "C1", "Cy", *ids) if text in told]
    assert not [text for text in known_texts(paper.engine) if "@" in text]


def test_a_log_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    audit = lapsed(tmp_path)
    ledger.append(log_of(audit), [{"entry_id": "1", "person_id": "C1"}], reminder_log.KEY)
    with pytest.raises(UserError, match=r"reminders\.sqlite, entry 1: it is no entry of a log of reminders"):
        perform(audit)


def test_the_log_refuses_changes(followed: Audit) -> None:
    with sqlite3.connect(log_of(followed)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("DELETE FROM entry")


def test_an_audit_whose_people_were_all_in_time_has_nothing_to_follow_up(tmp_path: Path) -> None:
    audit = company(tmp_path, schedule=SCHEDULE)
    sent(audit, date(2025, 11, 18), log_of(audit), Box())
    _, result = p13(audit)
    assert (result.outcome, result.tested) == (Outcome.NO_EXCEPTIONS, 1)
