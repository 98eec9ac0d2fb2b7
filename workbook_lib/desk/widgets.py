"""What the analyst sees. Text from the data is shown in lists and fields, which hold no markup, or through `markup`.

Labels and descriptions are ours alone: JupyterLab typesets formulas in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as w

from workbook_lib import exhibits
from workbook_lib.desk.drawn import drawn, page
from workbook_lib.desk.form_view import LABELLED, WIDE, Form, told
from workbook_lib.desk.forms import subjects
from workbook_lib.desk.queues import Decision, Item, Order, QueueName, chosen, facets
from workbook_lib.desk.session import Outcome, Session
from workbook_lib.exhibits import markup
from workbook_lib.exhibits.exhibit import Exhibit
from workbook_lib.tables import DecisionKind

#: Lines of a list that the browser holds at a time: it stays quick with any number of open items.
PAGE = 200
#: JupyterLab looks for this attribute of what has the focus before it takes a key for a shortcut; no widget can set it.
KEYS_ARE_OURS = """
const mark = (tries) => {
  const desk = element.closest(".desk");
  if (desk) desk.addEventListener("focusin", (e) => e.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  else if (tries) setTimeout(() => mark(tries - 1), 50);
};
mark(100);
"""
NARROW = {"description_width": "5em"}


class Desk:
    """The widgets over one session. `box` is what a notebook shows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._quiet = False
        self._at = 0
        self._found: list[Item] = []
        self._make_queue()
        self._make_right()
        self.form = Form(self._save)
        self.status = _html("desk-status", width="100%")
        head = w.HBox([self.who, self.who_problem])
        left = w.VBox(
            [self.search, self.facet, self.order, self.list, w.HBox([self.before, self.after, self.all]), self.counted],
            layout={"width": "42%", "min_width": "24em"},
        )
        right = w.VBox([self.form.box, self.status, self.days, self.person], layout={"width": "58%", "min_width": "0"})
        self.box = w.VBox(
            [
                head,
                self.queue,
                w.HBox([self.progress, self.progress_says]),
                w.HBox([self.note, self.again]),
                w.HBox([left, right], layout={"align_items": "flex-start"}),
                self.earlier_box,
            ]
        )
        self.box.add_class("desk")
        self.box.children = (*self.box.children, _keys_are_ours())
        self._listen()
        self._refresh()

    def _make_queue(self) -> None:
        wide = {"width": "98%"}
        self.who = w.Text(
            value=self.session.decided_by,
            description="Decided by",
            placeholder="your name or e-mail address",
            style=LABELLED,
            layout={"width": "30em"},
        )
        self.who.add_class("desk-who")
        self.who_problem = _html("desk-problem-decided_by")
        self.queue = w.ToggleButtons(options=[str(name) for name in QueueName], style={"button_width": "auto"})
        self.queue.add_class("desk-queue")
        self.progress = w.IntProgress(layout={"width": "20em"})
        self.progress_says = _html("desk-progress")
        self.note = _html("desk-note")
        self.again = w.Button(description="Judge again", icon="refresh", layout={"display": "none"})
        self.again.add_class("desk-again")
        self.search = w.Text(description="Search", placeholder="words of the line", style=NARROW, layout=wide)
        self.search.add_class("desk-search")
        self.facet = w.Dropdown(options=[("everything", "")], description="Only", style=NARROW, layout=wide)
        self.facet.add_class("desk-facet")
        self.order = w.Dropdown(
            options=[(str(order), order) for order in Order], description="Sort", style=NARROW, layout=wide
        )
        self.order.add_class("desk-order")
        self.list = w.SelectMultiple(description="Open", rows=16, style=NARROW, layout=wide)
        self.list.add_class("desk-list")
        self.before = w.Button(description="Lines before", icon="chevron-left", layout={"width": "auto"})
        self.after = w.Button(description="Lines after", icon="chevron-right", layout={"width": "auto"})
        self.all = w.Button(description="Choose all shown", layout={"width": "auto"})
        self.all.add_class("desk-all")
        self.counted = _html("desk-counted")

    def _make_right(self) -> None:
        self.person = _html("desk-person", width="100%")
        self.days = w.Output()
        self.scope = w.Dropdown(options=["about the chosen", "all"], description="Show", style=LABELLED)
        self.scope.add_class("desk-scope")
        self.earlier = w.Select(description="Decisions", rows=5, style=LABELLED, layout={"width": "98%"})
        self.earlier.add_class("desk-earlier")
        self.why_withdraw = w.Text(
            description="Comment *", placeholder="what was wrong with it", style=LABELLED, layout=WIDE
        )
        self.why_withdraw.add_class("desk-why-withdraw")
        self.withdraw = w.Button(description="Withdraw it", icon="times", layout={"width": "12em"})
        self.withdraw.add_class("desk-withdraw")
        self.withdrawn_says = _html("desk-withdrawn")
        heading = w.HTML("<h3>Earlier decisions</h3><p>One that was wrong is withdrawn; it stays in the register.</p>")
        button = w.HBox([self.withdraw, self.withdrawn_says], layout={"margin": "0 0 0 8.5em"})
        self.earlier_box = w.VBox([heading, self.scope, self.earlier, self.why_withdraw, button])

    def _listen(self) -> None:
        self.who.observe(lambda _: self._remember(), "value")
        for widget in (self.queue, self.search, self.facet, self.order):
            widget.observe(lambda _, widget=widget: self._look(widget), "value")
        self.list.observe(lambda _: self._show(), "value")
        self.scope.observe(lambda _: self._show_earlier(), "value")
        self.before.on_click(lambda _: self._turn(-PAGE))
        self.after.on_click(lambda _: self._turn(PAGE))
        self.all.on_click(lambda _: self._choose(range(len(self._page))))
        self.again.on_click(lambda _: self._judge())
        self.withdraw.on_click(lambda _: self._withdraw())

    # --- the queue ------------------------------------------------------------------------------------------------

    @property
    def queue_name(self) -> QueueName:
        """The queue that is shown."""
        return list(QueueName)[self.queue.index or 0]

    @property
    def _page(self) -> list[Item]:
        return self._found[self._at : self._at + PAGE]

    @property
    def items(self) -> list[Item]:
        """What is chosen."""
        return [self._page[place] for place in self.list.index or () if place < len(self._page)]

    def _remember(self) -> None:
        self.session.decided_by = self.who.value.strip()
        self.who_problem.value = ""

    def _look(self, changed: Any) -> None:
        """Somebody chose another queue, filter or order."""
        if self._quiet:
            return
        if changed is self.queue:
            self._set(self.facet, value="")
            self._set(self.search, value="")
            self._say("")
        self._at = 0
        self._refresh()

    def _refresh(self, at: int = 0) -> None:
        """Show queue and counts as they are now, and of the list the item at a place."""
        now, name = self.session.queues(), self.queue_name
        index = list(QueueName).index(name)
        self._set(self.queue, options=[f"{queue.name} ({len(queue.open):,})" for queue in now.values()], index=index)
        shown = now[name]
        self.progress.max, self.progress.value = max(shown.total, 1), shown.settled if shown.total else 1
        self.progress_says.value = told(f"{shown.settled:,} of {shown.total:,} decided, {len(shown.open):,} open.")
        found, kept = facets(shown.open), self.facet.value
        lines = [("everything", ""), *((f"{markup.visible(one)} ({number:,})", one) for one, number in found.items())]
        self._set(self.facet, options=lines, value=kept if kept in found else "")
        self._found = chosen(shown.open, self.search.value, self.facet.value, self.order.value)
        self._at = min(self._at, max(0, (len(self._found) - 1) // PAGE * PAGE))
        self._set(self.list, index=())  # before the lines go that it counts
        self._set(self.list, options=[(item.label, item.key) for item in self._page])
        page = self._page
        many = len(self._found) > PAGE
        for button in (self.before, self.after):
            button.layout.display = None if many else "none"
        of = (
            f"Lines {self._at + 1:,} to {self._at + len(page):,} of {len(self._found):,}." if page else "Nothing waits."
        )
        self.counted.value = told(f"{of} Hold Shift or Ctrl to choose several." if page else of)
        self._choose([min(at, len(page) - 1)] if page else [])

    def _turn(self, by: int) -> None:
        if 0 <= self._at + by < len(self._found):
            self._at += by
            self._refresh()

    def _choose(self, places: Sequence[int]) -> None:
        self._set(self.list, index=tuple(places))
        self._show()

    def _set(self, widget: Any, **values: Any) -> None:
        """Change a widget without acting upon it as if somebody had."""
        self._quiet = True
        try:
            for name, value in values.items():
                if getattr(widget, name) != value:
                    setattr(widget, name, value)
        finally:
            self._quiet = False

    # --- the chosen -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Show who is chosen, and the form for them."""
        if self._quiet:
            return
        items = self.items
        suggestions = []
        if len(items) == 1 and items[0].queue in (QueueName.RECORDS, QueueName.PEOPLE):
            suggestions = self.session.suggested(items[0], self.session.queues()[QueueName.RECORDS].open)
        self.form.show(items, suggestions)
        exhibit = self._exhibit(items[0]) if items else None
        self.person.value = page(exhibit) if exhibit else ""
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
        self.earlier.options = [(_line(one), one["decision_id"]) for one in found[:PAGE]]
        self.withdraw.disabled = not found

    # --- deciding -------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        items, kind = self.items, self.form.chosen_kind
        place = min(self.list.index, default=0)
        outcome = self.session.record(kind, subjects(kind, items), self.form.answers)
        self._answer(outcome, self.form.say(outcome.problems))
        if outcome.is_saved:
            self.form.clear()
            self._decided(place)

    def _withdraw(self) -> None:
        about = [{"withdraws": self.earlier.value}] if self.earlier.value else []
        kind = DecisionKind.WITHDRAW
        outcome = self.session.record(kind, about, {"reason": self.why_withdraw.value})
        self._answer(outcome, set())
        rest = " ".join(outcome.problems.values())
        self.withdrawn_says.value = told(rest or outcome.says, "bad" if rest else "good")
        if outcome.is_saved:
            self.why_withdraw.value = ""
            self._decided(0)

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


def _line(one: Decision) -> str:
    """One recorded decision in a line."""
    about = [one[name] for name in ("person_id", "account", "requirement_id", "due_on") if one[name]]
    why = [one[name] for name in ("reason_code", "reason") if one[name]]
    when = str(one["recorded_at"])[:10] if one.get("recorded_at") else "from a file"
    state = "WITHDRAWN: " if one["withdrawn"] else ""
    return markup.visible(
        f"{state}{when}  ·  {one['kind']} {', '.join(about)}  ·  {'; '.join(why)}  ·  {one['decided_by']}"
    )
