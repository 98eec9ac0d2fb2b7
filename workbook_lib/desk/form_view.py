"""The form: it asks only what the kind of decision needs, and says beside each question what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import ipywidgets as w

from workbook_lib.desk.forms import KINDS, SAYS, Field, fields
from workbook_lib.desk.queues import Item
from workbook_lib.exhibits import markup
from workbook_lib.lookalikes import Suggestion
from workbook_lib.tables import REASONS, DecisionKind

#: Width of the questions, so that the answers stand in one line.
LABELLED = {"description_width": "8em"}
#: What a sentence is: its colour, in JupyterLab's theme or without.
COLOURS = {
    "strong": "inherit",
    "bad": "var(--jp-error-color1, #b00020)",
    "good": "var(--jp-success-color0, #1b5e20)",
}
WIDE = {"width": "98%", "max_width": "44em"}


def told(text: str, kind: str = "") -> str:
    """A sentence as HTML, escaped; read aloud by a screen reader when it changes."""
    colour = f"color: {COLOURS[kind]}; font-weight: 600; " if kind else ""
    role = "alert" if kind == "bad" else "status"
    return f'<div role="{role}" style="{colour}line-height: 1.4; white-space: normal">{markup.prose(text)}</div>'


class Question:
    """One field of a form, and what is wrong with its answer."""

    def __init__(self, field: Field, kind: DecisionKind) -> None:
        self.field = field
        label = f"{field.label}{' *' if field.required else ''}"
        common: dict[str, Any] = {"description": label, "style": LABELLED, "layout": WIDE}
        match field.wants:
            case "reason":
                self.input: Any = w.Dropdown(options=[("choose one", ""), *((r, r) for r in REASONS[kind])], **common)
            case "day":
                self.input = w.DatePicker(**common | {"layout": {"width": "22em"}})
            case "lines":
                self.input = w.Textarea(placeholder=field.hint, rows=2, continuous_update=False, **common)
            case _:
                self.input = w.Text(placeholder=field.hint, continuous_update=False, **common)
        self.input.add_class(f"desk-{field.column}")
        self.problem = w.HTML(layout={"margin": "0 0 0 8.5em", "display": "none"})
        self.problem.add_class(f"desk-problem-{field.column}")
        self.input.observe(lambda _: self.say(""), "value")
        self.box = w.VBox([self.input, self.problem])

    @property
    def answer(self) -> str:
        """What was answered, a day as ISO text."""
        return "" if self.input.value is None else str(self.input.value)

    def clear(self) -> None:
        """Make it ready for the next decision."""
        self.input.value = None if self.field.wants == "day" else ""

    def say(self, problem: str) -> None:
        """Show what is wrong, or nothing."""
        self.problem.value = told(problem, "bad") if problem else ""
        self.problem.layout.display = None if problem else "none"


class Form:
    """The kinds that can be decided about the chosen item, the questions of one, and the suggestions for a link."""

    def __init__(self, save: Callable[[], None]) -> None:
        self.kind = w.ToggleButtons(
            options=["explain"],
            style={"button_width": "auto"},
            layout={"width": "100%", "margin": "0 0 0 8.5em"},
        )
        self.kind.add_class("desk-kind")
        self.says = w.HTML(layout={"margin": "0 0 0 8.5em"})
        self.suggested = w.Select(description="Alike", rows=3, style=LABELLED, layout={**WIDE, "display": "none"})
        self.suggested.add_class("desk-suggested")
        self.questions: list[Question] = []
        self.asked = w.VBox()
        self.save = w.Button(description="Save", button_style="primary", icon="check", layout={"width": "12em"})
        self.save.add_class("desk-save")
        self.save.on_click(lambda _: save())
        saving = w.HBox([self.save, w.HTML("or Ctrl+Enter")], layout={"margin": "0.3em 0 0 8.5em"})
        self.about = w.HTML()
        self.about.add_class("desk-about")
        self.box = w.VBox(
            [self.about, self.kind, self.says, self.suggested, self.asked, saving], layout={"width": "100%"}
        )
        self.box.add_class("desk-form")
        self.kind.observe(lambda _: self._ask(), "value")
        self.suggested.observe(lambda _: self._take_suggestion(), "value")
        self._item: Item | None = None
        self._suggestions: Sequence[Suggestion] = ()
        #: Questions are made once: a widget that was made stays in the browser as long as the notebook.
        self._made: dict[tuple[DecisionKind, tuple[Field, ...]], list[Question]] = {}

    def show(self, items: Sequence[Item], suggestions: Sequence[Suggestion]) -> None:
        """Make the form for the chosen items. suggestions : for a link."""
        self.box.layout.display = None if items else "none"
        if not items:
            return
        self._item, self._suggestions = items[0], suggestions
        kinds = [kind for kind in KINDS[items[0].queue] if len(items) == 1 or kind is not DecisionKind.LINK]
        if list(self.kind.options) != [str(kind) for kind in kinds]:
            self.kind.options = [str(kind) for kind in kinds]
        self.about.value = told(_about(items), "strong")
        number = f"{len(items):,} at once" if len(items) > 1 else ""
        self.save.description = f"Save {number}".strip()
        self._ask()

    @property
    def chosen_kind(self) -> DecisionKind:
        """The kind that is asked for."""
        return DecisionKind(self.kind.value)

    @property
    def answers(self) -> dict[str, str]:
        """Every question with its answer."""
        return {question.field.column: question.answer for question in self.questions}

    def say(self, problems: Mapping[str, str]) -> set[str]:
        """Put each problem beside its question; return the columns that have one."""
        for question in self.questions:
            question.say(problems.get(question.field.column, ""))
        return {question.field.column for question in self.questions}

    def focus(self, columns: Container[str]) -> None:
        """Lead the keyboard to the first of the questions."""
        for question in self.questions:
            if question.field.column in columns:
                question.input.focus()
                return

    def clear(self) -> None:
        """Make ready for the next decision; the approver stays, the same person approves many."""
        for question in self.questions:
            if question.field.column != "approved_by":
                question.clear()

    def _ask(self) -> None:
        """Ask the questions of the kind; those that are on the screen already stay, with their answers."""
        kind, item = self.chosen_kind, self._item
        self.says.value = told(SAYS[kind])
        wanted = fields(kind, item)
        if (kind, wanted) not in self._made:
            self._made[kind, wanted] = [Question(field, kind) for field in wanted]
        if self.questions is not self._made[kind, wanted]:
            self.questions = self._made[kind, wanted]
            self.clear()
            self.asked.children = [question.box for question in self.questions]
        self.say({})
        self._suggest(kind)

    def _suggest(self, kind: DecisionKind) -> None:
        found = self._suggestions if kind is DecisionKind.LINK else ()
        self.suggested.layout.display = None if found else "none"
        if not found:
            return
        by_account = bool(self._item and self._item.account)
        lines = [(_line(one, by_account), place) for place, one in enumerate(found)]
        self.suggested.options = [("choose one, or fill in below", -1), *lines]
        self.suggested.rows = max(2, min(len(lines) + 1, 6))

    def _take_suggestion(self) -> None:
        place = self.suggested.value
        if place is None or place < 0:
            return
        one = self._suggestions[place]
        offered = {"account": one.account, "person_id": one.person_id, "reason": f"{one}."}
        for question in self.questions:
            if question.field.column in offered:
                question.input.value = offered[question.field.column]


def _about(items: Sequence[Item]) -> str:
    """Whom or what the form is about."""
    first = items[0]
    who = f"{markup.named(first.name)} ({markup.named(first.person_id)})" if first.name else first.person_id
    duty = f", {markup.named(first.requirement_id)}, due {first.due_on}" if first.requirement_id else ""
    more = f", and {len(items) - 1:,} more" if len(items) > 1 else ""
    return f"{f'Account {markup.named(first.account)}' if first.account else who}{duty}{more}"


def _line(one: Suggestion, by_account: bool) -> str:
    who = one.whom if by_account else one.account
    return markup.visible(f"{who}  ·  {one.score} of 100: {one.why}")
