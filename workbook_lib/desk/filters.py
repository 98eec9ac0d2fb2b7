"""The lists from which the analyst chooses a part of the duties, and the places in which exhibits follow the choice.

Text from the data is shown in the lists, which hold no markup, or through `markup`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from workbook_lib.desk.drawn import drawn, page, tables
from workbook_lib.desk.form_view import told
from workbook_lib.exhibits import Chosen, Exhibit, choices
from workbook_lib.exhibits.markup import visible

if TYPE_CHECKING:
    from workbook_lib.desk.view import View

#: A value is held in a tuple: a list of ipywidgets shows nothing where None is chosen, and "" means "none stated".
EVERYTHING = ("all", ())
#: More lines than this make a browser slow; the first ones are offered.
MOST_LINES = 2_000
FOLLOWS = (
    "Cover, who falls due, the forecast and the exceptions follow; reviews, what needs attention and the trend are "
    "always of the whole audit."
)


class Filters:
    """Four lists over one view. `box` is what a notebook shows."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.lists: dict[str, Any] = {}
        for name, found in choices(view.wp).items():
            lines = [(f"{visible(value) or 'none stated'} ({number:,})", (value,)) for value, number in found]
            self.lists[name] = w.Dropdown(
                options=[EVERYTHING, *lines[:MOST_LINES]],
                description=name.replace("_", " ").capitalize(),
                style={"description_width": "7em"},
                layout={"width": "24em"},
            )
            self.lists[name].add_class(f"filter-{name.replace('_', '-')}")
            self.lists[name].observe(lambda _: self._choose(), "value")
        self.clear = w.Button(description="Show all", icon="times", layout={"width": "auto"})
        self.clear.add_class("filter-clear")
        self.clear.on_click(lambda _: self._clear())
        self.says = w.HTML()
        self.says.add_class("filter-says")
        rows = w.HBox(list(self.lists.values()), layout={"flex_flow": "row wrap"})
        self.box = w.VBox([rows, w.HBox([self.clear, self.says])])
        self._quiet = False
        self._choose()

    def _choose(self) -> None:
        """Show what is chosen, everywhere."""
        if self._quiet:
            return
        chosen = Chosen(**{name: value for name, one in self.lists.items() for value in one.value})
        self.clear.disabled = chosen == Chosen()
        self.says.value = told(f"{chosen.banner or 'Everybody is shown.'} {FOLLOWS}")
        self.view.choose(chosen)

    def _clear(self) -> None:
        """All lists back to everything, and the exhibits made once."""
        self._quiet = True
        for one in self.lists.values():
            one.value = ()
        self._quiet = False
        self._choose()


def place(exhibit: Exhibit) -> tuple[Any, Callable[[Exhibit], None]]:
    """Where an exhibit is shown: its sentences, its figure, its tables; and what shows another one there."""
    text, below = w.HTML(layout={"width": "100%"}), w.HTML(layout={"width": "100%"})
    for words in (text, below):
        words.add_class("jp-RenderedHTMLCommon")  # JupyterLab's own style of tables and headings
    figure = w.Output()

    def show(exhibit: Exhibit) -> None:
        text.value = page(replace(exhibit, tables=()))
        figure.outputs = (drawn(exhibit),) if exhibit.figure else ()
        below.value = tables(exhibit)

    show(exhibit)
    box = w.VBox([text, figure, below])
    box.add_class("follows")
    return box, show
