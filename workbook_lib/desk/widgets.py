"""What the analyst sees. Text from the data is shown in lists and fields, which hold no markup, or through `markup`.

Labels and descriptions are ours alone: JupyterLab typesets formulas in them.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from workbook_lib import exhibits
from workbook_lib.desk.drawn import drawn, page
from workbook_lib.desk.form_view import LABELLED, WIDE, Form, told
from workbook_lib.desk.forms import subjects
from workbook_lib.desk.list_view import NARROW, ItemList
from workbook_lib.desk.queues import MEANS, Decision, Item, QueueName
from workbook_lib.desk.session import Outcome, Session
from workbook_lib.exhibits import markup
from workbook_lib.exhibits.exhibit import Exhibit
from workbook_lib.tables import DecisionKind

#: JupyterLab looks for this attribute of what has the focus before it takes a key for a shortcut; no widget can set it.
#: Ctrl+Enter saves from anywhere in the form: a text is sent to the kernel when it loses the focus, then the button.
KEYS_ARE_OURS = """
const save = (e) => {
  if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || !e.target.closest(".desk-form")) return;
  e.preventDefault();
  e.target.blur();
  e.currentTarget.querySelector(".desk-save").click();
};
const mark = (tries) => {
  const desk = element.closest(".desk");
  if (desk) {
    desk.addEventListener("focusin", (e) => e.target.setAttribute("data-lm-suppress-shortcuts", "true"));
    desk.addEventListener("keydown", save, true);  // a text field lets no key go up
    desk.querySelector(".desk-who input").focus();
  } else if (tries) setTimeout(() => mark(tries - 1), 50);
};
mark(100);
"""
#: Tables beside the form find room in a laptop's window.
SMALL = "<style>.desk-person table { font-size: 12px } .desk-person td, .desk-person th { padding: .1em .4em }</style>"
#: Decisions that are listed at most, the latest.
LISTED = 200


class Desk:
    """The widgets over one session. `box` is what a notebook shows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._quiet = False
        self._make_top()
        self._make_earlier()
        self.list = ItemList(self._show)
        self.form = Form(self._save)
        self.status = _html("desk-status", width="100%")
        self.person = _html("desk-person", width="100%")
        self.days = w.Output()
        left = w.VBox([self.form.box, self.earlier_box], layout={"width": "44%", "min_width": "24em"})
        right = w.VBox([self.days, self.person], layout={"width": "56%", "min_width": "0"})
        self.box = w.VBox(
            [
                w.HBox([self.who, self.who_problem]),
                self.queue,
                self.means,
                w.HBox([self.progress, self.progress_says, self.note, self.again]),
                self.list.box,
                self.status,
                w.HBox([left, right], layout={"align_items": "flex-start"}),
                _keys_are_ours(),
            ]
        )
        self.box.add_class("desk")
        self.who.observe(lambda _: self._remember(), "value")
        self.queue.observe(lambda _: self._turn_to(), "value")
        self.again.on_click(lambda _: self._judge())
        self._refresh()

    def _make_top(self) -> None:
        self.who = w.Text(
            value=self.session.decided_by,
            description="Decided by",
            placeholder="your name or e-mail address",
            style=NARROW,
            layout={"width": "30em"},
        )
        self.who.add_class("desk-who")
        self.who_problem = _html("desk-problem-decided_by")
        self.queue = w.ToggleButtons(options=[str(name) for name in QueueName], style={"button_width": "auto"})
        self.queue.add_class("desk-queue")
        self.means = _html("desk-means")
        self.progress = w.IntProgress(layout={"width": "20em"})
        self.progress_says = _html("desk-progress")
        self.note = _html("desk-note", margin="0 0 0 2em")
        self.again = w.Button(description="Judge again", icon="refresh", layout={"display": "none"})
        self.again.add_class("desk-again")

    def _make_earlier(self) -> None:
        self.scope = w.Dropdown(options=["about the chosen", "all"], description="Show", style=LABELLED)
        self.scope.add_class("desk-scope")
        self.earlier_says = _html("desk-earlier-says")
        self.earlier = w.Select(description="Decisions", rows=4, style=LABELLED, layout=WIDE)
        self.earlier.add_class("desk-earlier")
        self.whole = _html("desk-whole", margin="0 0 0 8.5em")
        self.why_withdraw = w.Text(
            description="Comment *",
            placeholder="what was wrong with it",
            continuous_update=False,
            style=LABELLED,
            layout=WIDE,
        )
        self.why_withdraw.add_class("desk-why-withdraw")
        self.withdraw = w.Button(description="Withdraw it", icon="times", layout={"width": "12em"})
        self.withdraw.add_class("desk-withdraw")
        button = w.HBox([self.withdraw], layout={"margin": "0 0 0 8.5em"})
        self.withdrawing = w.VBox([self.why_withdraw, button])
        self.withdrawn_says = _html("desk-withdrawn", margin="0 0 0 8.5em")
        heading = w.HTML("<h3>Earlier decisions</h3>")
        found = [heading, self.scope, self.earlier_says, self.earlier, self.whole, self.withdrawing]
        self.earlier_box = w.VBox([*found, self.withdrawn_says], layout={"width": "100%"})
        self.scope.observe(lambda _: self._show_earlier(), "value")
        self.earlier.observe(lambda _: self._show_whole(), "value")
        self.withdraw.on_click(lambda _: self._withdraw())

    # --- the queue ------------------------------------------------------------------------------------------------

    @property
    def queue_name(self) -> QueueName:
        """The queue that is shown."""
        return list(QueueName)[self.queue.index or 0]

    @property
    def items(self) -> list[Item]:
        """What is chosen."""
        return self.list.items

    def _remember(self) -> None:
        self.session.decided_by = self.who.value.strip()
        self.who_problem.value = ""

    def _turn_to(self) -> None:
        """Somebody chose another queue."""
        if not self._quiet:
            self._say("")
            self._refresh()

    def _refresh(self, at: int = 0) -> None:
        """Show queue and counts as they are now, and of the list the item at a place."""
        now, name = self.session.queues(), self.queue_name
        self._quiet = True
        with self.queue.hold_sync():
            self.queue.options = [f"{queue.name} ({len(queue.open):,})" for queue in now.values()]
            self.queue.index = list(QueueName).index(name)
        self._quiet = False
        shown = now[name]
        self.means.value = told(MEANS[name])
        self.progress.max, self.progress.value = max(shown.total, 1), shown.settled if shown.total else 1
        self.progress_says.value = told(f"{shown.settled:,} of {shown.total:,} decided, {len(shown.open):,} open.")
        self.list.show(shown, at)

    # --- the chosen -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Show who is chosen, and the form for them."""
        items = self.items
        suggestions = []
        if len(items) == 1 and items[0].queue in (QueueName.RECORDS, QueueName.PEOPLE):
            suggestions = self.session.suggested(items[0], self.session.queues()[QueueName.RECORDS].open)
        self.form.show(items, suggestions)
        exhibit = self._exhibit(items[0]) if items else None
        self.person.value = SMALL + page(exhibit) if exhibit else ""
        self.days.outputs = (drawn(exhibit),) if exhibit and exhibit.figure else ()
        self._show_earlier()

    def _exhibit(self, item: Item) -> Exhibit:
        if item.account:
            return exhibits.account(self.session.paper, item.account)
        return exhibits.person(self.session.paper, item.person_id)

    def _show_earlier(self) -> None:
        items = self.items
        about = items[0] if items and self.scope.index == 0 else None
        found = self.session.earlier(about) if about or self.scope.index else []
        shown = found[:LISTED]
        self.earlier.options = [(_line(one), one["decision_id"]) for one in shown]
        self.earlier.index = None
        self.earlier.layout.display = None if shown else "none"
        cut = f"The latest {LISTED:,} of {len(found):,}. " if len(found) > LISTED else ""
        says = "Choose one to read it whole, or to withdraw it: it then stays in the register, without effect."
        self.earlier_says.value = told(f"{cut}{says}" if shown else "None yet.")
        self._show_whole()

    def _show_whole(self) -> None:
        """The decision that is chosen, in full, and what takes it back."""
        one = next((one for one in self.session.decisions if one["decision_id"] == self.earlier.value), None)
        self.whole.value = told(_line(one, whole=True)) if one else ""
        self.withdrawing.layout.display = None if one and not one["withdrawn"] else "none"

    # --- deciding -------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        items, kind = self.items, self.form.chosen_kind
        place = self.list.place
        outcome = self.session.record(kind, subjects(kind, items), self.form.answers)
        self._answer(outcome, self.form.say(outcome.problems))
        if outcome.is_saved:
            self.form.clear()
            self._decided(place)
            self.list.focus()
        elif "decided_by" in outcome.problems:
            self.who.focus()
        else:
            self.form.focus(outcome.problems)

    def _withdraw(self) -> None:
        about = [{"withdraws": self.earlier.value}] if self.earlier.value else []
        kind = DecisionKind.WITHDRAW
        outcome = self.session.record(kind, about, {"reason": self.why_withdraw.value})
        self._answer(outcome, set())
        rest = " ".join(outcome.problems.values())
        self.withdrawn_says.value = told(rest or outcome.says, "bad" if rest else "good")
        if outcome.is_saved:
            self.why_withdraw.value = ""
            self._decided(self.list.place)
            self.earlier.focus()

    def _answer(self, outcome: Outcome, beside: set[str]) -> None:
        """Say how it ended; a problem of no question on the screen is said here."""
        self.who_problem.value = told(outcome.problems.get("decided_by", ""), "bad")
        rest = [text for column, text in outcome.problems.items() if column not in {*beside, "decided_by"}]
        self._say(" ".join([outcome.says, *rest]), "good" if outcome.is_saved else "bad")
        self.withdrawn_says.value = ""

    def _decided(self, place: int) -> None:
        """After something was saved: the queue at once, the verdicts where they may have changed."""
        self._refresh(place)
        if self.session.is_stale and self.session.judges_at_once:
            self._judge(place)
        elif self.session.is_stale:
            self.note.value = told(
                "A decision changed who is covered on which days. The queues know it; verdicts and exceptions are as "
                "they were until you judge again."
            )
            self.again.layout.display = None

    def _judge(self, place: int = 0) -> None:
        self.note.value = told("Judging everything again, with the decisions so far …")
        self.again.disabled = True
        try:
            self.session.judge()
        finally:
            self.again.disabled = False
        self.again.layout.display = "none"
        self.note.value = told("Everything was judged again, with the decisions so far.")
        self._refresh(place)

    def _say(self, text: str, kind: str = "") -> None:
        self.status.value = told(text, kind) if text else ""


def _html(name: str, **layout: str) -> Any:
    """A place for text that went through `markup`."""
    widget = w.HTML(layout=layout)
    widget.add_class(name)
    return widget


def _keys_are_ours() -> Any:
    """JupyterLab's own shortcuts are off inside the desk: x would cut the cell, and Enter would leave a button."""
    data = {"application/javascript": KEYS_ARE_OURS, "text/plain": ""}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return w.Output(outputs=(output,), layout={"display": "none"})


def _line(one: Decision, *, whole: bool = False) -> str:
    """One recorded decision in a line. whole : with all that it says."""
    about = [one[name] for name in ("person_id", "account", "requirement_id", "due_on") if one[name]]
    when = str(one["recorded_at"])[:10] if one.get("recorded_at") else "from a file"
    why = "; ".join(one[name] for name in ("reason_code", "reason") if one[name])
    more = [f"{says} {one[name]}" for name, says in _MORE.items() if one.get(name)] if whole else []
    state = "WITHDRAWN: " if one["withdrawn"] else ""
    parts = (f"{state}{when}", f"{one['kind']} {', '.join(about)}", why, f"by {one['decided_by']}", *more)
    return markup.visible("  ·  ".join(filter(None, parts)))


_MORE = {
    "approved_on": "approved on",
    "new_due_on": "new due day",
    "evidence": "evidence:",
    "evidence_sha256": "SHA-256",
    "approved_by": "approved by",
    "decision_id": "decision",
}
