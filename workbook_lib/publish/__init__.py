"""One executed notebook, one page, and that on paper.

`running` executes a `notebook` of ours afresh (papermill), `rendering` makes a page with its `contents` (nbconvert) of
it, and `pdf` prints that on `paper`. What is published holds no path, no time and no name of a machine, and the same
input gives the same bytes. A notebook that did not run to its end is never rendered.
"""

from __future__ import annotations

from workbook_lib.publish.notebook import SOURCES, PublishError, notebook_path
from workbook_lib.publish.rendering import page, render
from workbook_lib.publish.running import execute

__all__ = ["SOURCES", "PublishError", "execute", "notebook_path", "page", "render"]
