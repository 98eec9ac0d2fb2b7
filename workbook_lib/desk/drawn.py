"""An exhibit inside a widget: its HTML, and its figure as an output that JupyterLab draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbook_lib.exhibits import markup
from workbook_lib.exhibits.exhibit import FIGURE, Exhibit


def page(exhibit: Exhibit) -> str:
    """The exhibit as HTML, without its figure, in the line height of a document and not that of a form."""
    return _spaced(replace(exhibit, figure=None).html)


def tables(exhibit: Exhibit) -> str:
    """The tables of the exhibit as HTML."""
    return _spaced(f'<article class="exhibit">{exhibit.tables_html}</article>')


def drawn(exhibit: Exhibit) -> dict[str, Any]:
    """The figure as an output that JupyterLab draws, without a row of buttons to tab through."""
    data = {FIGURE: {**(exhibit.figure or {}), "config": {"displayModeBar": False}}, "text/plain": exhibit.alt}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _spaced(html: str) -> str:
    return f'<div style="line-height: 1.4">{markup.LAB_STYLE}{html}</div>'
