"""The open items of one queue as a list in columns: searched, filtered, sorted, and shown a page at a time.

A list box of the browser and not a grid: arrows, Shift, Ctrl and the first letters work as everywhere, a screen reader
knows it, and what it shows can hold no markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from workbook_lib.desk.form_view import told
from workbook_lib.desk.queues import COLUMNS, Item, Order, Queue, chosen, facets
from workbook_lib.exhibits import markup

#: Lines that the browser holds at a time: it stays quick with any number of open items.
PAGE = 200
#: Characters of a column at most; the whole text stands beside the form.
WIDEST = 40
NARROW = {"description_width": "6em"}
#: Keeps the order of a line whatever direction a name is written in: it begins and ends an isolated text.
ISOLATE = ("\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}")
GAP = "\N{NO-BREAK SPACE}"
STYLE = (
    "<style>.desk-list select, .desk-heads { font-family: var(--jp-code-font-family, monospace) !important; "
    "font-size: 12px !important } .desk-heads { white-space: pre; font-weight: 600; line-height: 1.4; "
    "margin-left: calc(6em * 13 / 12 + 11px); overflow: hidden }</style>"
)


class ItemList:
    """The list. `box` is what is shown; `on_choice` is called when other items are chosen than before."""

    def __init__(self, on_choice: Callable[[], None]) -> None:
        self._on_choice = on_choice
        self._quiet = False
        self._at = 0
        self._queue: Queue | None = None
        self._found: list[Item] = []
        self.search = w.Text(description="Search", placeholder="words of the line", style=NARROW)
        self.facet = w.Dropdown(options=[("everything", "")], description="Filter", style=NARROW)
        self.order = w.Dropdown(options=[(str(order), order) for order in Order], description="Sort", style=NARROW)
        self.heads = w.HTML()
        self.lines = w.SelectMultiple(description="Open", rows=10, style=NARROW, layout={"width": "99%"})
        self.before = w.Button(description="Lines before", icon="chevron-left", layout={"width": "auto"})
        self.after = w.Button(description="Lines after", icon="chevron-right", layout={"width": "auto"})
        self.all = w.Button(description="Choose all shown", layout={"width": "auto"})
        self.counted = w.HTML()
        below = w.HBox([self.before, self.after, self.all, self.counted], layout={"margin": "0 0 0 6.4em"})
        above = w.HBox([self.search, self.facet, self.order], layout={"flex_flow": "row wrap"})
        self.box = w.VBox([w.HTML(STYLE), above, self.heads, self.lines, below], layout={"width": "100%"})
        named = {"search": self.search, "facet": self.facet, "order": self.order, "list": self.lines, "all": self.all}
        for name, widget in named.items():
            widget.add_class(f"desk-{name}")
        self._listen()

    def _listen(self) -> None:
        for widget in (self.search, self.facet, self.order):
            widget.observe(lambda _: self._look(), "value")
        self.lines.observe(lambda _: self._choice(), "value")
        self.before.on_click(lambda _: self._turn(-PAGE))
        self.after.on_click(lambda _: self._turn(PAGE))
        self.all.on_click(lambda _: self._choose(range(len(self._page))))

    @property
    def _page(self) -> list[Item]:
        return self._found[self._at : self._at + PAGE]

    @property
    def items(self) -> list[Item]:
        """What is chosen."""
        return [self._page[place] for place in self.lines.index or () if place < len(self._page)]

    @property
    def place(self) -> int:
        """The first line that is chosen."""
        return min(self.lines.index, default=0)

    def focus(self) -> None:
        """Lead the keyboard to the list; where nothing is left in it, to the search."""
        (self.lines if self._page else self.search).focus()

    def show(self, queue: Queue, at: int = 0) -> None:
        """Show a queue as it is now, and choose the line at a place. Another queue is shown from its beginning."""
        if self._queue is None or self._queue.name != queue.name:
            self._set(self.search, value="")
            self._set(self.facet, value="")
            self._at = 0
        self._queue = queue
        found, kept = facets(queue.open), self.facet.value
        options = [("everything", ""), *((f"{markup.visible(one)} ({number:,})", one) for one, number in found.items())]
        self._set(self.facet, options=options, value=kept if kept in found else "")
        self._found = chosen(queue.open, self.search.value, self.facet.value, self.order.value)
        self._at = min(self._at, max(0, (len(self._found) - 1) // PAGE * PAGE))
        with self.lines.hold_sync():  # one message, one drawing
            self._fill(COLUMNS[queue.name])
            self._set(self.lines, index=(min(at, len(self._page) - 1),) if self._page else ())
        self._on_choice()

    def _fill(self, columns: Sequence[str]) -> None:
        page, total = self._page, len(self._found)
        heads, *lines = in_columns([columns, *([markup.visible(cell) for cell in item.cells] for item in page)])
        self.heads.value = f'<div class="desk-heads">{heads}</div>' if page else ""
        self._set(self.lines, index=())  # before the lines go that it counts
        self._set(self.lines, options=[(line, item.key) for line, item in zip(lines, page, strict=True)])
        for button in (self.before, self.after):
            button.layout.display = None if total > PAGE else "none"
        self.before.disabled, self.after.disabled = self._at == 0, self._at + PAGE >= total
        self.all.layout.display = None if page else "none"
        waits = "Nothing in this queue has these words." if self._queue and self._queue.open else "Nothing waits here."
        of = f"Lines {self._at + 1:,} to {self._at + len(page):,} of {total:,}. Hold Shift or Ctrl to choose several."
        self.counted.value = told(of if page else waits)

    def _look(self) -> None:
        """Somebody chose another search, filter or order."""
        if not self._quiet and self._queue:
            self._at = 0
            self.show(self._queue)

    def _turn(self, by: int) -> None:
        if self._queue and 0 <= self._at + by < len(self._found):
            self._at += by
            self.show(self._queue)

    def _choose(self, places: Sequence[int]) -> None:
        self._set(self.lines, index=tuple(places))
        self._on_choice()

    def _choice(self) -> None:
        if not self._quiet:
            self._on_choice()

    def _set(self, widget: Any, **values: Any) -> None:
        """Change a widget without acting upon it as if somebody had."""
        self._quiet = True
        try:
            for name, value in values.items():
                if getattr(widget, name) != value:
                    setattr(widget, name, value)
        finally:
            self._quiet = False


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines whose columns stand below each other in a font of one width; numbers to the right.

    >>> [line.replace("\N{NO-BREAK SPACE}", ".") for line in in_columns([("Who", "Days"), ("Bo Chen", "7")])]
    ['Who......Days', 'Bo Chen.....7']
    """
    cut = [[cell if len(cell) <= WIDEST else f"{cell[: WIDEST - 1]}…" for cell in row] for row in rows]
    columns = list(zip(*cut, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    numbers = [all(cell.replace(",", "").isdigit() for cell in column[1:]) for column in columns]
    return [(2 * GAP).join(map(_filled, row, widths, numbers)).rstrip(GAP) for row in cut]


def _filled(cell: str, width: int, is_number: bool) -> str:
    space = GAP * (width - _width(cell))
    text = cell if cell.isascii() else cell.join(ISOLATE)
    return f"{space}{text}" if is_number else f"{text}{space}"


def _width(text: str) -> int:
    """How many places of a line a text takes: wide letters two, marks above a letter none."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else not unicodedata.combining(one) for one in text)
