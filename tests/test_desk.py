"""The desk without a browser: what waits, what a form asks, what is recorded, and what is shown."""

from __future__ import annotations

import copy
import http.server
import json
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folders
import lab_page
import pytest
import small

from workbook_lib import desk, lab, publish, register
from workbook_lib.desk import forms, queues
from workbook_lib.desk.queues import Item, Order, QueueName
from workbook_lib.desk.session import Session
from workbook_lib.tables import DecisionKind, UserError

REGISTER = "register.sqlite"
WHY = {"reason_code": "on leave", "reason": "Parental leave, not in HR", "approved_by": "ciso@firm.example"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return desk.open_session(small.write(tmp_path_factory.mktemp("desk") / "firm"), decided_by="grc@firm.example")


@pytest.fixture
def session(judged: Session) -> Iterator[Session]:
    """The small company, judged once for all tests, with a register of its own in each."""
    folder = judged.audit.folder
    before = set(folder.iterdir())
    one = copy.copy(judged)
    one._ids = {}
    yield one
    for path in set(folder.iterdir()) - before:
        path.unlink()


def counts(session: Session) -> dict[str, tuple[int, int]]:
    return {name.name: (len(queue.open), queue.settled) for name, queue in session.queues().items()}


def first(session: Session, name: QueueName) -> Item:
    return session.queues()[name].open[0]


def save(session: Session, kind: DecisionKind, items: list[Item], **answers: str) -> Any:
    return session.record(kind, forms.subjects(kind, items), answers)


def bodies(session: Session) -> list[dict[str, Any]]:
    return [entry.content for entry in register.entries(session.audit.folder / REGISTER)]


def test_what_waits_is_in_four_queues(session: Session) -> None:
    assert counts(session) == {"EXCEPTIONS": (6, 1), "RECORDS": (0, 1), "PEOPLE": (2, 0), "UNDETERMINED": (1, 0)}
    assert [item.cells for item in session.queues()[QueueName.UNDETERMINED].open] == [
        ("p7", "Gil Haas", "start_date", "no date yet")
    ]
    assert first(session, QueueName.EXCEPTIONS).cells == (
        "p2", "Bo Chen", "aup", "2025-07-31", "154", "renewal", "open",
    )  # fmt: skip
    for name, queue in session.queues().items():
        assert {len(item.cells) for item in queue.open} <= {len(queues.COLUMNS[name])}


def test_search_filter_and_order(session: Session) -> None:
    items = session.queues()[QueueName.EXCEPTIONS].open
    assert [item.due_on for item in queues.chosen(items, "eva open")] == ["2025-07-31"]
    assert queues.facets(items)["requirement: aup"] == 3
    assert [item.person_id for item in queues.chosen(items, facet="requirement: aup")] == ["p2", "p4", "p8"]
    assert [item.due_on for item in queues.chosen(items, order=Order.OLDEST)][:2] == ["2018-03-03", "2023-01-31"]
    assert [item.size for item in queues.chosen(items, order=Order.LARGEST)] == [195, 181, 154, 154, 59, 7]


def test_an_explained_exception_leaves_the_queue_at_once_and_a_withdrawn_one_returns(session: Session) -> None:
    item = first(session, QueueName.EXCEPTIONS)
    outcome = save(session, DecisionKind.EXPLAIN, [item], **WHY)
    assert (outcome.problems, session.is_stale) == ({}, False)
    assert outcome.says == "Saved: 1 decision (explain) by grc@firm.example. The register has 1 entry."
    assert counts(session)["EXCEPTIONS"] == (5, 2)
    (body,) = bodies(session)
    assert {name: body[name] for name in body if name not in ("decision_id", "recorded_at")} == {
        "kind": "explain", "decided_by": "grc@firm.example", "person_id": "p2", "requirement_id": "aup",
        "due_on": "2025-07-31", **WHY,
    }  # fmt: skip
    taken_back = session.record(DecisionKind.WITHDRAW, [{"withdraws": body["decision_id"]}], {"reason": "wrong person"})
    assert taken_back.problems == {}
    assert counts(session)["EXCEPTIONS"] == (6, 1)
    about = [(one["decision_id"], one["withdrawn"]) for one in session.earlier(item)]
    assert about == [(body["decision_id"], True), ("d1", False)]
    session.judge()
    assert counts(session)["EXCEPTIONS"] == (6, 1)


def test_a_restart_finds_everything(session: Session) -> None:
    save(session, DecisionKind.EXPLAIN, list(session.queues()[QueueName.EXCEPTIONS].open[:3]), **WHY)
    again = desk.open_session(session.audit.folder)
    assert counts(again) == counts(session)
    assert counts(again)["EXCEPTIONS"] == (3, 4)


def test_many_are_recorded_all_or_none(session: Session) -> None:
    session.decided_by = "p5"
    outcome = save(session, DecisionKind.EXPLAIN, list(session.queues()[QueueName.EXCEPTIONS].open), **WHY)
    assert outcome.problems == {"decided_by": "p5 cannot decide about themselves."}
    assert bodies(session) == []


FAULTS = [
    (DecisionKind.EXPLAIN, {}, {"reason_code": "Reason is needed."}),
    (DecisionKind.EXPLAIN, {"reason_code": "other"}, {"reason": "Say in a comment what the other reason is."}),
    (DecisionKind.EXPLAIN, WHY | {"approved_by": "grc@firm.example"},
     {"approved_by": "grc@firm.example cannot approve their own decision."}),
    (DecisionKind.EXTEND, {"approved_on": "2025-07-01", "approved_by": "ciso@firm.example"},
     {"new_due_on": "New due day is needed."}),
    (DecisionKind.EXTEND, {"approved_on": "2025-07-01", "new_due_on": "2025-07-01", "approved_by": "ciso@firm.example"},
     {"new_due_on": "The new due day must be later than the approval: days before it are not excused."}),
    (DecisionKind.EXTEND, {"approved_on": "soon", "new_due_on": "2025-07-01", "approved_by": "bo@firm.example"},
     {"approved_on": "'soon' is not a date; expected YYYY-MM-DD.",
      "approved_by": "bo@firm.example cannot approve a decision about themselves."}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "answers", "problems"), FAULTS, ids=[str(case[2])[:50] for case in FAULTS])
def test_a_problem_stands_beside_its_question(
    session: Session, kind: DecisionKind, answers: dict[str, str], problems: dict[str, str]
) -> None:
    outcome = save(session, kind, [first(session, QueueName.EXCEPTIONS)], **answers)
    assert outcome.problems == problems
    assert bodies(session) == []


def test_who_decides_is_asked(session: Session) -> None:
    session.decided_by = " "
    outcome = save(session, DecisionKind.EXPLAIN, [first(session, QueueName.EXCEPTIONS)], **WHY)
    assert outcome.problems == {"decided_by": "Say who decides: your name or e-mail address, at the top."}


def test_a_form_asks_only_what_its_kind_needs(session: Session) -> None:
    item = first(session, QueueName.PEOPLE)
    asked = {kind: [field.column for field in forms.fields(kind, item)] for kind in DecisionKind}
    assert asked == {
        "explain": ["reason_code", "reason", "evidence", "approved_by"],
        "extend": ["approved_on", "new_due_on", "approved_by", "reason", "evidence"],
        "link": ["account", "reason", "evidence"],
        "exclude": ["reason_code", "reason", "evidence", "approved_by"],
        "withdraw": ["reason"],
    }


def test_two_exceptions_of_one_duty_need_one_extension(session: Session) -> None:
    items = queues.chosen(session.queues()[QueueName.EXCEPTIONS].open, "p5")
    assert forms.subjects(DecisionKind.EXTEND, items) == [{"person_id": "p5", "requirement_id": "awareness"}]
    assert [subject["due_on"] for subject in forms.subjects(DecisionKind.EXPLAIN, items)] == [
        "2024-12-04",
        "2025-07-31",
    ]


def test_a_link_is_suggested_recorded_and_judged(tmp_path: Path) -> None:
    changes = {"completions": folders.SOUND["completions"].replace("cy@agency.example", "c.y@agency.example")}
    changes["completions"] = str(changes["completions"]).replace("c.y@", "cy@mail.")
    session = desk.open_session(folders.make(tmp_path / "acme", changes), decided_by="grc@acme.example")
    item = first(session, QueueName.RECORDS)
    (one,) = session.suggested(item)
    assert (item.account, one.person_id, one.why) == ("cy@mail.agency.example", "C1", "same part before the @")
    wrong = save(session, DecisionKind.LINK, [item], person_id="C9", reason="same name")
    assert wrong.problems == {"person_id": "No people export names C9."}
    done = save(session, DecisionKind.LINK, [item], person_id="C1", reason="same name")
    assert (done.is_saved, session.is_stale) == (True, True)
    assert counts(session)["RECORDS"] == (0, 1)
    assert counts(session)["EXCEPTIONS"] == (1, 0)
    session.judge()
    assert counts(session)["EXCEPTIONS"] == (0, 0)
    assert counts(session)["RECORDS"] == (0, 1)


def test_accounts_are_suggested_for_a_person(tmp_path: Path) -> None:
    changes = {"completions": folders.SOUND["completions"].replace("ada@acme.example", "ada@mail.example")}
    session = desk.open_session(folders.make(tmp_path / "acme", changes))
    person = Item(queue=QueueName.PEOPLE, person_id="E1", name="Ada")
    found = session.suggested(person, session.queues()[QueueName.RECORDS].open)
    assert [(one.account, one.score) for one in found] == [("ada@mail.example", 99)]


def test_evidence_is_sealed_where_it_is_a_file_of_the_audit(session: Session) -> None:
    one, two, *_ = session.queues()[QueueName.EXCEPTIONS].open
    (session.audit.folder / "ticket.txt").write_text("7", encoding="utf-8")
    found = save(session, DecisionKind.EXPLAIN, [one], **WHY, evidence="ticket.txt").says
    named = save(session, DecisionKind.EXPLAIN, [two], **WHY, evidence="TICKET-8").says
    assert found.endswith("The evidence file was found, and its digest recorded with it.")
    assert named.endswith("No file 'TICKET-8' is in the audit folder: the evidence was recorded as a name only.")


def test_a_second_try_is_the_same_decision(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The register has the decision, and the desk does not know: a second try adds nothing."""
    from workbook_lib import decide

    item, whole = first(session, QueueName.EXCEPTIONS), decide.record

    def dies_afterwards(*arguments: Any) -> None:
        whole(*arguments)
        raise OSError("the disk went away")

    monkeypatch.setattr(decide, "record", dies_afterwards)
    with pytest.raises(OSError, match="went away"):
        save(session, DecisionKind.EXPLAIN, [item], **WHY)
    monkeypatch.setattr(decide, "record", whole)
    outcome = save(session, DecisionKind.EXPLAIN, [item], **WHY)
    assert outcome.is_saved
    assert len(bodies(session)) == 1


# --- what is shown ------------------------------------------------------------------------------------------------


def test_widgets_hold_no_markup_from_the_data(tmp_path: Path) -> None:
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    from workbook_lib.desk.widgets import Desk

    shown = Desk(desk.open_session(small.write(tmp_path / "firm", hostile=True), decided_by="<b>grc</b>"))
    seen = 0
    for place in range(len(QueueName)):
        shown.queue.index = place
        for line in range(len(shown.list.lines.options)):
            shown.list.lines.index = (line,)
            shown.form.save.click()
            for html in (
                shown.person.value,
                shown.form.about.value,
                shown.status.value,
                shown.whole.value,
                shown.list.heads.value,
            ):
                assert not [text for text in small.PAYLOADS if "<" in text and text in html]
                seen += "&lt;" in html
    assert seen > 4


def test_widgets_follow_the_queue_and_say_what_is_wrong(session: Session) -> None:
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    from workbook_lib.desk.widgets import Desk

    shown = Desk(session)
    assert shown.queue.options[0] == "Exceptions to explain (6)"
    shown.form.save.click()
    assert "Reason is needed." in next(q for q in shown.form.questions if q.field.column == "reason_code").problem.value
    shown.list.lines.index = (0, 1)
    assert shown.form.save.description == "Save 2 at once"
    shown.form.questions[0].input.value = "on leave"
    shown.form.save.click()
    assert shown.queue.options[0] == "Exceptions to explain (4)"
    assert "Saved: 2 decisions (explain) by grc@firm.example." in shown.status.value
    assert [item.key for item in shown.items] == [first(session, QueueName.EXCEPTIONS).key]
    assert [question.answer for question in shown.form.questions] == ["", "", "", ""]


def test_a_long_queue_is_shown_page_by_page(session: Session) -> None:
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    from workbook_lib.desk.list_view import PAGE
    from workbook_lib.desk.widgets import Desk

    said = [(f"r{n:04}", "2025-01-01", "1", "renewal", "open") for n in range(5_000)]
    session.items = tuple(
        Item(queue=QueueName.EXCEPTIONS, person_id="p2", requirement_id=says[0], due_on=says[1], says=says)
        for says in said
    )
    shown = Desk(session)
    listed = shown.list
    assert len(listed.lines.options) == PAGE
    listed.after.click()
    assert listed.lines.options[0][0].split() == ["p2", "r0200", "2025-01-01", "1", "renewal", "open"]
    assert "Lines 201 to 400 of 5,000." in listed.counted.value
    listed.search.value = "r4999"
    assert [item.requirement_id for item in shown.items] == ["r4999"]
    assert len(listed.lines.options) == 1


def test_the_notebook_runs_where_nobody_can_click(tmp_path: Path) -> None:
    small.write(tmp_path / "firm")
    nb = publish.execute(publish.notebook_path("2_triage"), {"audit_folder": "firm"}, tmp_path / "triage.ipynb")
    html = publish.render(nb, "Triage")
    assert "Exceptions to explain: 6 open, 1 decided" in html
    assert "jupyter-widget" not in html


# --- in the evidence ----------------------------------------------------------------------------------------------


def test_every_decision_is_listed_with_its_evidence_and_those_taken_back_last(session: Session) -> None:
    from workbook_lib import exhibits

    one, two, *_ = session.queues()[QueueName.EXCEPTIONS].open
    (session.audit.folder / "ticket.txt").write_text("7", encoding="utf-8")
    save(session, DecisionKind.EXPLAIN, [one], **WHY, evidence="ticket.txt")
    save(session, DecisionKind.EXPLAIN, [two], **WHY)
    given, taken_back = bodies(session)
    session.record(DecisionKind.WITHDRAW, [{"withdraws": taken_back["decision_id"]}], {"reason": "wrong"})
    session.judge()
    exhibit = exhibits.decisions(session.paper)
    head = register.head(session.audit.folder / REGISTER).hash
    assert exhibit.says[0] == (  # refused: d3, in which p3 extends the own due day
        "5 decisions were recorded; 1 of them was withdrawn later and has no effect; 1 more was refused (Quarantine)."
    )
    assert f"3 entries, each chained to the one before; head: entry 3, {head}." in exhibit.says[1]
    kinds = [str(cell) for cell in exhibit.table["Decision"]]
    assert kinds[0] == "explain (d1)"
    assert kinds[-1] == f"explain, withdrawn ({taken_back['decision_id']})"
    assert f"ticket.txt ({given['evidence_sha256']})" in [str(cell) for cell in exhibit.table["Evidence"]]


@pytest.mark.parametrize("due_on", ["2025-02-01", "2022-06-03", "2019-01-01"], ids=["in it", "before", "before hire"])
def test_an_explanation_of_nothing_is_reported_whenever_it_was_due(session: Session, due_on: str) -> None:
    gone = Item(queue=QueueName.EXCEPTIONS, person_id="p2", requirement_id="awareness", due_on=due_on)
    assert save(session, DecisionKind.EXPLAIN, [gone], **WHY).is_saved
    session.judge()
    (finding,) = [finding for finding in session.paper.findings if finding.code == "decision_fits_nothing"]
    assert finding.text == (
        f"Decision {bodies(session)[0]['decision_id']} (explain) is about an exception of p2, awareness, due on "
        f"{due_on}, and there is none (C13): the data changed, or another decision covers it."
    )


def test_an_explanation_of_an_earlier_period_is_left_to_that_period(session: Session) -> None:
    open_since = [("p2", "awareness", "2021-06-02"), ("p5", "awareness", "2024-12-04")]
    for person_id, requirement_id, due_on in open_since:
        item = Item(queue=QueueName.EXCEPTIONS, person_id=person_id, requirement_id=requirement_id, due_on=due_on)
        assert save(session, DecisionKind.EXPLAIN, [item], **WHY).is_saved
    session.judge()
    assert not [finding for finding in session.paper.findings if finding.code == "decision_fits_nothing"]


def test_an_account_is_linked_as_the_training_system_writes_it(session: Session) -> None:
    item = first(session, QueueName.PEOPLE)
    link = {"account": "Kiosk-1", "reason": "the screen in the hall"}
    unknown = session.record(DecisionKind.LINK, [{"person_id": item.person_id}], link)
    assert unknown.problems == {"account": "No export knows the account Kiosk-1."}, "only an address has no case"
    link = {"account": "Ada@Firm.example", "reason": "their own"}
    assert session.record(DecisionKind.LINK, [{"person_id": item.person_id}], link).is_saved


# --- JupyterLab ---------------------------------------------------------------------------------------------------


def test_a_copy_has_the_parameters_and_the_original_stays(tmp_path: Path) -> None:
    original = publish.notebook_path("2_triage").read_bytes()
    path = lab.write_copy("2_triage", {"audit_folder": '/x/it\'s "mine"', "decided_by": "grc"}, tmp_path)
    cell = next(cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code")
    given: dict[str, str] = {}
    exec("".join(cell["source"]), given)
    assert (given["audit_folder"], given["period"], given["decided_by"]) == ('/x/it\'s "mine"', "", "grc")
    assert publish.notebook_path("2_triage").read_bytes() == original
    with pytest.raises(LookupError, match="no parameter colour"):
        lab.write_copy("2_triage", {"colour": "red"}, tmp_path)


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    with pytest.raises(UserError) as refused:
        lab.work_on("2_triage", {}, browser=False, tell=print)
    (problem,) = refused.value.problems
    assert problem.what == "jupyterlab and ipywidgets are not installed."
    assert problem.do == "pip install 'audit-workbook[lab]' (in a checkout: pip install -e '.[lab]')."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_jupyterlab_is_ended_too_where_the_command_or_its_terminal_is(name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), lab._ended_by_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


def test_jupyterlab_is_asked_past_the_proxy_of_a_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jupyterlab")
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['Authorization']}")
            self.send_error(502)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        with lab_page.command(tmp_path, "triage", str(small.write(tmp_path / "firm"))) as address:
            assert "?token=" in address
        proxy.shutdown()
    assert asked == []
