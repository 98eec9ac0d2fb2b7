"""One offline page, rendered by nbconvert from an executed notebook.

No network, and no script but the two whose digests the page states; the same notebook gives the same bytes.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook_lib.publish import contents
from workbook_lib.publish.notebook import PublishError, refuse_unfinished, spare_a_grammar
from workbook_lib.publish.paper import Paper

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parents[1] / "template"
FIGURE = "application/vnd.plotly.v1+json"


def render(nb: NotebookNode, name: str, paper: Paper = Paper.A4, *, as_of: str = "", interim: bool = False) -> str:
    """One offline page from an executed notebook: no network, and no script but the two whose digests it states.

    name : whose page it is; it stands with the notebook's title in the title of the window and above every sheet of
    paper.  paper : what it is printed on.  as_of : the day to which the data go, as text.  interim : whether the period
    goes on after that day; then everything that names the page says so.

    Raises PublishError for a notebook that did not run to its end.
    """
    refuse_unfinished(nb)
    return _page(nb, name, paper, as_of=as_of, interim=interim)


def page(words: str, shown: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], name: str) -> str:
    """One offline page of exhibits that stand in no notebook, by the same template.

    words : Markdown of ours, nothing from the data.  shown : what each exhibit gives to be displayed: its forms and
    what is said of them.
    """
    from nbformat import v4

    cells = [v4.new_markdown_cell(words)]  # type: ignore[no-untyped-call]
    for forms, about in shown:
        output = v4.new_output("display_data", dict(forms), metadata=dict(about))  # type: ignore[no-untyped-call]
        cells.append(v4.new_code_cell(outputs=[output]))  # type: ignore[no-untyped-call]
    return _page(v4.new_notebook(cells=cells), name, Paper.A4)  # type: ignore[no-untyped-call]


def _page(nb: NotebookNode, name: str, paper: Paper, *, as_of: str = "", interim: bool = False) -> str:
    has_figures = any(FIGURE in output.get("data", {}) for cell in nb.cells for output in cell.get("outputs", []))
    plotly, digest = _packed_plotly() if has_figures else ("", "")
    draw = (TEMPLATES / "audit" / "draw.js").read_text(encoding="utf-8")
    scripts = f"{digest} {_digest(draw)}" if has_figures else "'none'"
    body, _ = _exporter().from_notebook_node(
        nb,
        resources={
            "metadata": {"name": name},
            "heading": _heading(nb) or name,
            "state": ", ".join(filter(None, ("INTERIM" if interim else "", f"as of {as_of}" if as_of else ""))),
            "interim": interim,
            "answer": _answer(nb),
            "paper": paper.value,
            "scripts": scripts,
            "draw": draw if has_figures else "",
        },
    )
    listed, body = contents.numbered(contents.linked(body))
    return str(body).replace("<!--contents-->", listed, 1).replace("<!--plotly-->", plotly, 1)


def get_ready() -> None:
    """Do what `render` will need while the kernel works. What fails here fails there again, and is told there."""
    with contextlib.suppress(Exception):
        _packed_plotly()
        _exporter()


def _exporter() -> Any:
    spare_a_grammar()
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter
    from traitlets.config import Config

    from workbook_lib.exhibits.markup import css_text

    class Page(HTMLExporter):
        """Without HTMLExporter's second parse of the page, which costs as much as the first rendering."""

        def from_notebook_node(self, nb: Any, resources: Any = None, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
            return TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **kwargs)  # type: ignore[no-untyped-call]

    config = Config()
    config.HTMLExporter.exclude_anchor_links = True
    page: Any = Page(config=config, template_name="audit", extra_template_basedirs=[str(TEMPLATES)])  # type: ignore[no-untyped-call]
    page.register_filter("anchored", _anchored)
    page.register_filter("css_text", css_text)
    page.register_filter("exhibit", _exhibit)
    page.register_filter("island", _island)
    return page


def _heading(nb: NotebookNode) -> str:
    """The title of a notebook, the first line of its first text; empty where there is none."""
    first = nb.cells[0]
    found = re.match(r"# (.+)", first.source) if first.cell_type == "markdown" else None
    return found[1].strip() if found else ""


def _answer(nb: NotebookNode) -> str:
    """The first sentence of the first exhibit; it stands above the contents on paper and on a telephone."""
    outputs = (output for cell in nb.cells for output in cell.get("outputs", []))
    shown = (output["data"].get("text/html", "") for output in outputs if output.get("metadata", {}).get("exhibit"))
    found = re.search(r'<p class="says">(.*?)</p>', next(shown, ""), re.DOTALL)
    return found[1] if found else ""


def _anchored(markup: str) -> str:
    """Give the headings of a text the ids to which the table of contents points; the title has its own place above."""
    markup = re.sub(r"^<h1>.*?</h1>\s*", "", markup, count=1)
    return re.sub(r"<h2>(.*?)</h2>", lambda found: f'<h2 id="{_anchor(found[1])}">{found[1]}</h2>', markup)


def _anchor(heading: str) -> str:
    """A heading's id; no exhibit has one like it.

    >>> _anchor("Sources &amp; totals")
    'part-sources-totals'
    """
    return re.sub(r"\W+", "-", f"part {html.unescape(heading).lower()}").strip("-")


def _exhibit(markup: str) -> str:
    """An exhibit as the page wants it: without the style that it carries for JupyterLab."""
    return re.sub(r"^<style>.*?</style>", "", markup, count=1, flags=re.DOTALL)


def _island(figure: Mapping[str, object]) -> str:
    """A figure as data, never as code: no label can close the element that holds it."""
    data = json.dumps(figure, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return data


def _digest(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


@cache
def _packed_plotly() -> tuple[str, str]:
    """The plotly.js of the installed plotly package, compressed, and the digest by which the page allows it to run."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise PublishError("plotly is not installed, so no figure can be drawn. Install the package again.")
    source = (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()
    packed = gzip.compress(source, compresslevel=9, mtime=0)
    # Base 85 is a sixteenth smaller than base 64. The characters that mean something in HTML give way to others.
    text = base64.b85encode(packed, pad=True).decode().translate(str.maketrans("<>&", "[],"))
    return f'<script type="text/plain" id="plotly" data-bytes="{len(packed)}">{text}</script>', _digest(source.decode())
