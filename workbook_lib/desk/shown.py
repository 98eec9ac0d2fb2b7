"""The desk as an object of a notebook: widgets where somebody can click, the counts as text where nobody can."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbook_lib.desk.session import Session, open_session, summary
from workbook_lib.workpaper import Workpaper


class Shown:
    """What `open_desk` gives to a notebook."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._widget: Any = None

    def judged(self) -> Workpaper:
        """The workpaper with all decisions so far, for a look at an exhibit."""
        self.session.judge()
        return self.session.paper

    def __str__(self) -> str:
        return summary(self.session)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """The widgets, and as text what waits: for papermill, and for an editor that draws no widgets."""
        bundle = {"text/plain": str(self)}
        if not find_spec("ipywidgets"):
            return bundle
        from workbook_lib.desk.widgets import Desk

        self._widget = self._widget or Desk(self.session)
        drawn: dict[str, Any] = self._widget.box._repr_mimebundle_()
        return drawn | bundle


def open_desk(audit_folder: str | Path, period: str = "", as_of: str = "", decided_by: str = "") -> Shown:
    """Open the desk at an audit. Parameters as in the notebook; empty ones are left to audit.toml."""
    return Shown(open_session(audit_folder, period, as_of, decided_by))
