"""A choice of duties that the exhibits of a notebook follow: lists to choose from where somebody can click.

Where nobody can (papermill, an editor that draws no widgets) everybody is shown, as plain exhibits.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from workbook_lib.exhibits import Chosen, Exhibit
from workbook_lib.workpaper import Workpaper

#: An exhibit that can be made of a part of the duties.
Make = Callable[[Workpaper, Chosen], Exhibit]
EVERYBODY = "All people are shown. In JupyterLab, lists here choose a department, worker type, requirement or manager."


class View:
    """What `open_view` gives to a notebook: the lists, and through `show` the exhibits that follow them."""

    def __init__(self, wp: Workpaper) -> None:
        self.wp = wp
        self.chosen = Chosen()
        self.followers: list[Callable[[], None]] = []
        self._filters: Any = None

    def show(self, make: Make) -> Following:
        """An exhibit that follows the choice."""
        return Following(self, make)

    def choose(self, chosen: Chosen) -> None:
        """Show a part, or all, in every exhibit that was shown so far."""
        self.chosen = chosen
        for follow in self.followers:
            follow()

    def __str__(self) -> str:
        return self.chosen.banner or EVERYBODY

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle = {"text/plain": str(self)}
        if not find_spec("ipywidgets"):
            return bundle
        from workbook_lib.desk.filters import Filters

        self._filters = self._filters or Filters(self)
        drawn: dict[str, Any] = self._filters.box._repr_mimebundle_()
        return drawn | bundle


class Following:
    """One exhibit of a view, shown in a cell of its own."""

    def __init__(self, view: View, make: Make) -> None:
        self.view = view
        self.make = make

    @property
    def exhibit(self) -> Exhibit:
        """The exhibit of what is chosen now."""
        return self.make(self.view.wp, self.view.chosen)

    def __str__(self) -> str:
        return str(self.exhibit)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """The exhibit as it shows itself, and as a widget that follows the choice."""
        exhibit = self.exhibit
        bundle, metadata = exhibit._repr_mimebundle_()
        if not find_spec("ipywidgets"):
            return bundle, metadata
        from workbook_lib.desk.filters import place

        box, show = place(exhibit)
        self.view.followers.append(lambda: show(self.exhibit))
        drawn: dict[str, Any] = box._repr_mimebundle_()
        return drawn | bundle, metadata


def open_view(wp: Workpaper) -> View:
    """A view of a workpaper, everybody chosen."""
    return View(wp)
