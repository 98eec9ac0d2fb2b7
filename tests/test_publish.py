"""From an audit folder to a page: real notebooks, real kernels, and a real browser where there is one."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import small

from workbook_lib import exhibits, publish
from workbook_lib.publish import contents, rendering, running
from workbook_lib.tables import UserError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
PARAMETERS = {"audit_folder": "inputs", "period": "2025", "as_of": "2026-01-10", "prepared_by": "J. Doe"}
#: The most that a page may weigh, whatever the size of the company.
HEAVIEST = 2_500_000
#: Pixels between the margins of an A4 sheet, 182 mm.
A4 = 688
#: The tables, facts and texts that are wider than their box; code is folded, and scrolls.
WIDER = """[...document.querySelectorAll('.scroll, dd, main pre:not(.code pre)')]
    .filter(box => box.scrollWidth > box.clientWidth)
    .map(box => (box.getAttribute('aria-label') || box.textContent).slice(0, 60))"""


class Page(NamedTuple):
    """An evidence run: the settled notebook, its file, and the page."""

    notebook: Any
    file: Path
    html: str


def publish_evidence(folder: Path, as_of: str = "2026-01-10", **options: Any) -> Page:
    small.write(folder / "inputs", **options)
    target = folder / "evidence.ipynb"
    notebook = publish.execute(publish.notebook_path("3_evidence"), PARAMETERS | {"as_of": as_of}, target)
    html = publish.render(notebook, "Small Firm, 2025", as_of=as_of, interim=as_of < "2025-12-31")
    target.with_suffix(".html").write_text(html, encoding="utf-8")
    return Page(notebook, target, html)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return publish_evidence(tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return publish_evidence(tmp_path_factory.mktemp("hostile"), hostile=True)


@pytest.fixture(scope="module")
def interim(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return publish_evidence(tmp_path_factory.mktemp("interim"), as_of="2025-10-31")


def notebook(folder: Path, *cells: str, last: str = "print('COMPLETE: 1 cell')") -> Path:
    """A notebook with a parameter x and these cells."""
    sources = ["x: int = 1  # a number", *cells, last]
    path = folder / "test.ipynb"
    content = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {"tags": ["parameters"]} if n == 0 else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": content, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def printed(nb: Any) -> str:
    return "".join(output.get("text", "") for cell in nb.cells for output in cell.get("outputs", []))


def held_back(seconds: float) -> str:
    """A cell that shows something, and whose kernel sends that only so much later."""
    sending = "get_ipython().kernel.iopub_thread.io_loop.add_callback"
    hurried = "import sys, time; sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0.1"  # the cell is done before
    return f"{hurried}; {sending}(lambda: time.sleep({seconds})); display('at last')"


class TestRunning:
    def test_starts_in_the_folder_of_the_result(self, tmp_path: Path) -> None:
        nb = publish.execute(
            notebook(tmp_path, "import os, sys", "print(os.getcwd() == sys.argv[0])", "print(os.getcwd())"),
            {"x": 2},
            tmp_path / "out.ipynb",
        )
        assert str(tmp_path) in printed(nb)

    def test_writes_on_its_way_where_it_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "scratch").mkdir()
        cells = ("import tempfile", "print(tempfile.mkstemp(prefix='names-')[1])")
        nb = publish.execute(notebook(tmp_path, *cells), {}, tmp_path / "out.ipynb", scratch=tmp_path / "scratch")
        (left,) = (tmp_path / "scratch").iterdir()
        assert str(left) in printed(nb)

    def test_passes_its_parameters_and_tells_how_far_it_is(self, tmp_path: Path) -> None:
        shares: list[float] = []
        nb = publish.execute(
            notebook(tmp_path, "print('x =', x)"), {"x": 42}, tmp_path / "out.ipynb", progress=shares.append
        )
        assert "x = 42" in printed(nb)
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_uses_this_interpreter_whatever_the_machine_says(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stray = tmp_path / "jupyter" / "kernels" / "python3"
        stray.mkdir(parents=True)
        (stray / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
        startup = tmp_path / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00.py").write_text("import builtins; builtins.meddled = True")
        (tmp_path / "rc.py").write_text("import builtins; builtins.meddled = True")
        (tmp_path / "pandas.py").write_text("raise ImportError('a file beside the notebook')")
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
        monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "rc.py"))
        cells = ("import sys, builtins, pandas", "print(sys.executable, hasattr(builtins, 'meddled'))")
        nb = publish.execute(notebook(tmp_path, *cells), {}, tmp_path / "out.ipynb")
        assert f"{sys.executable} False" in printed(nb)

    def test_leaves_nothing_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        private = tmp_path / "tmp"
        private.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(private))
        publish.execute(notebook(tmp_path), {}, tmp_path / "out.ipynb")
        assert list(private.iterdir()) == []

    def test_works_where_names_of_sockets_would_be_too_long(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deep = tmp_path / ("d" * 90)
        deep.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(deep))
        assert "COMPLETE" in printed(publish.execute(notebook(tmp_path), {}, tmp_path / "out.ipynb"))

    @pytest.mark.parametrize("name", ["y", "x=1;import os;os._exit(3)#", "x y", ""])
    def test_refuses_unknown_parameters(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(UserError, match=r"it has no parameter .*\n.*\n  Do: use one of x\."):
            publish.execute(notebook(tmp_path), {name: 1}, tmp_path / "out.ipynb")
        assert not (tmp_path / "out.ipynb").exists()

    @pytest.mark.parametrize("value", ["/home/ada/audit", "C:\\audit", "\\\\host\\audit", "~/audit", Path("audit")])
    def test_refuses_paths_that_would_be_printed(self, tmp_path: Path, value: object) -> None:
        with pytest.raises(publish.PublishError, match="it would be printed"):
            publish.execute(notebook(tmp_path), {"x": value}, tmp_path / "out.ipynb")


class TestFailing:
    def test_a_failed_cell_is_named_and_nothing_is_written(self, tmp_path: Path) -> None:
        target = tmp_path / "out.ipynb"
        target.write_text("the old one")
        with pytest.raises(publish.PublishError, match=r"test.ipynb, cell 2 \(1 / 0\): ZeroDivisionError: division by"):
            publish.execute(notebook(tmp_path, "1 / 0"), {}, target)
        assert target.read_text() == "the old one"

    def test_the_users_own_error_comes_back_word_for_word(self, tmp_path: Path) -> None:
        cell = (
            "from workbook_lib.tables import Problem, UserError\n"
            "raise UserError(Problem(where='a.csv, row 2, \"On\": x', what='it: is not a date.', effect='none.', do='mend'),"
            " Problem(where='b.csv', what='too short.', do='export\\nagain.'))"
        )
        with pytest.raises(UserError) as caught:
            publish.execute(notebook(tmp_path, cell), {}, tmp_path / "out.ipynb")
        assert str(caught.value) == (
            'a.csv, row 2, "On": x: it: is not a date.\n  Effect: none.\n  Do: mend\n'
            "b.csv: too short.\n  Effect: nothing was judged and nothing was written.\n  Do: export\nagain."
        )
        assert not (tmp_path / "out.ipynb").exists()

    def test_a_wrong_audit_is_the_users_error(self, tmp_path: Path) -> None:
        small.write(tmp_path / "inputs")
        with pytest.raises(UserError, match=r"audit\.toml has no period '2099'"):
            publish.execute(
                publish.notebook_path("3_evidence"), PARAMETERS | {"period": "2099"}, tmp_path / "evidence.ipynb"
            )

    def test_a_kernel_that_dies_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(publish.PublishError, match="the Python process that ran it ended"):
            publish.execute(notebook(tmp_path, "import os; os._exit(7)"), {}, tmp_path / "out.ipynb")

    def test_waits_for_output_that_a_busy_machine_holds_back(self, tmp_path: Path) -> None:
        nb = publish.execute(notebook(tmp_path, held_back(6)), {}, tmp_path / "out.ipynb")
        assert nb.cells[-2].outputs[0].data == {"text/plain": "'at last'"}

    def test_output_that_never_comes_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(running.PATIENCE, "iopub_timeout", 1)
        with pytest.raises(publish.PublishError, match=r"test.ipynb: its cells did not answer in time: (?s:.*)IOPub"):
            publish.execute(notebook(tmp_path, held_back(60)), {}, tmp_path / "out.ipynb")

    def test_a_notebook_without_its_last_word_is_no_evidence(self, tmp_path: Path) -> None:
        with pytest.raises(publish.PublishError, match="does not say COMPLETE"):
            publish.execute(notebook(tmp_path, last="x"), {}, tmp_path / "out.ipynb")
        assert not (tmp_path / "out.ipynb").exists()

    def test_neither_a_failed_nor_an_unfinished_notebook_is_rendered(self, tmp_path: Path) -> None:
        nb = publish.execute(notebook(tmp_path, "x"), {}, tmp_path / "out.ipynb")
        assert "COMPLETE: 1 cell" in publish.render(nb, "x")
        nb.cells[1].execution_count = None
        with pytest.raises(publish.PublishError, match="Not every cell"):
            publish.render(nb, "x")
        nb.cells[1].execution_count = 2
        nb.cells[1].outputs = [type(nb)(output_type="error", ename="E", evalue="", traceback=[])]
        with pytest.raises(publish.PublishError, match="failed"):
            publish.render(nb, "x")

    def test_an_unknown_notebook_is_told(self) -> None:
        with pytest.raises(publish.PublishError, match="installation is not whole"):
            publish.notebook_path("4_nothing")


class TestThePage:
    def test_holds_every_exhibit_numbered_in_order(self, page: Page) -> None:
        keys = [output.metadata.exhibit for cell in page.notebook.cells for output in cell.get("outputs", [])]
        assert len(keys) > 30
        assert re.findall(r'<article class="exhibit"[^>]* aria-labelledby="([^"]+)">', page.html) == keys
        numbers = re.findall(r'<h3 id="[^"]+"><span class="no">([^<]+)</span>', page.html)
        assert [n for n in numbers if n.startswith("Exhibit")] == [f"Exhibit {n}" for n in range(1, len(keys) - 14 + 1)]
        assert [n for n in numbers if n.startswith("P")] == [f"P{n}" for n in range(1, 15)]

    def test_has_a_table_of_contents_that_leads_somewhere(self, page: Page) -> None:
        targets = re.findall(r'<a href="#([^"]+)"', page.html)
        ids = re.findall(r'\bid="([^"]+)"', page.html)
        assert set(targets) <= set(ids)
        assert len(ids) == len(set(ids))
        assert {"part-bottom-line", "bottom-line", "part-procedures", "P1", "part-rules-words-and-limits"} <= set(
            targets
        )
        assert {"person-p2", "record-p2", "procedure-P2", "rule-C12"} <= set(targets)

    def test_is_one_file_that_needs_no_network(self, page: Page) -> None:
        assert len(page.html.encode()) <= HEAVIEST
        assert not re.findall(r"<(?:script|link|img|iframe|object|embed)[^>]+(?:src|href)=", page.html)
        assert "url(" not in re.sub(r"<script.*?</script>", "", page.html, flags=re.DOTALL)

    def test_allows_only_the_scripts_that_it_names(self, page: Page) -> None:
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.html)
        assert policy
        assert "default-src 'none'" in policy[1]
        allowed = re.findall(r"'sha256-([^']+)'", policy[1])
        code = re.findall(r"<script>(.*?)</script>", page.html, re.DOTALL)
        assert len(allowed) == 2
        assert [b64encode(sha256(script.encode()).digest()).decode() for script in code] == allowed[1:]
        assert "unsafe" not in policy[1].split("script-src")[1]

    def test_allows_no_script_where_there_is_no_figure(self, tmp_path: Path) -> None:
        html = publish.render(publish.execute(notebook(tmp_path), {}, tmp_path / "out.ipynb"), "x")
        assert "script-src 'none'" in html
        assert "<script" not in html

    def test_shows_outputs_that_are_no_exhibits_too(self, tmp_path: Path) -> None:
        cells = ("import pandas as pd\npd.DataFrame({'<b>': ['<i>']})", "'<u>text</u>'")
        html = publish.render(publish.execute(notebook(tmp_path, *cells), {}, tmp_path / "out.ipynb"), "<x>")
        assert "&lt;i&gt;" in html
        assert "&#39;&lt;u&gt;text&lt;/u&gt;&#39;" in html
        assert "<title>&lt;x&gt;</title>" in html

    def test_tells_nothing_about_the_machine(self, page: Page) -> None:
        told = page.file.read_text(encoding="utf-8") + re.sub(r'<script type="text/plain".*?</script>', "", page.html)
        secrets = {str(page.file.parent), str(Path.home()), sys.prefix, socket.gethostname(), str(Path.cwd())}
        secrets |= {value for value in os.environ.values() if len(value) >= 12 and "/" in value}
        if getpass.getuser() != "root":
            secrets.add(getpass.getuser())
        assert not [secret for secret in secrets if len(secret) > 4 and secret in told]
        assert not re.findall(r"papermill|start_time|/tmp/|\.py\b", page.file.read_text(encoding="utf-8"))

    def test_is_the_same_again_in_another_place(
        self, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", "Pacific/Auckland")
        monkeypatch.setenv("PYTHONHASHSEED", "7")
        monkeypatch.setenv("LC_ALL", "C")
        again = publish_evidence(tmp_path / "elsewhere")
        assert again.file.read_bytes() == page.file.read_bytes()
        assert again.html == page.html

    def test_is_titled_once_with_whose_it_is_and_its_day(self, page: Page) -> None:
        assert "<title>Small Firm, 2025: Evidence of security awareness training</title>" in page.html
        heading = '<h1>Evidence of security awareness training</h1><p class="name">Small Firm, 2025</p>'
        assert page.html.count(heading) == page.html.count("<h1") == 1
        assert page.html.count('<p class="state">as of 2026-01-10</p>') == 2
        assert '--running: "Small Firm, 2025"; --state: "as of 2026-01-10"' in page.html
        assert "INTERIM" not in re.sub(r"<article.*?</article>", "", page.html, flags=re.DOTALL)

    def test_says_interim_wherever_it_is_named(self, interim: Page) -> None:
        assert "<title>INTERIM: Small Firm, 2025: Evidence of security awareness training</title>" in interim.html
        says = '<p class="state interim">INTERIM, as of 2025-10-31</p>'
        assert re.findall(r"<(header|nav)\b[^>]*>(?:(?!</\1>).)*?" + says, interim.html, re.DOTALL) == ["header", "nav"]
        assert '--state: "INTERIM, as of 2025-10-31"' in interim.html

    def test_prints_no_letter_smaller_than_seven_points(self) -> None:
        style = (rendering.TEMPLATES / "audit" / "print.css").read_text(encoding="utf-8")
        sizes = [float(size) for size in re.findall(r"\bfont(?:-size)?:[^;}]*?([\d.]+)pt", style)]
        assert len(sizes) > 20
        assert min(sizes) == 7

    def test_answers_before_everything_else(self, page: Page) -> None:
        header, main = re.split(r"<nav.*?</nav>", page.html, maxsplit=1, flags=re.DOTALL)
        answer = re.search(r'<p class="says">(Was everybody covered on every day .*?)</p>', main)
        assert answer
        assert main.index("<h3") == main.index('<h3 id="bottom-line"')
        assert main.index('<p class="says">') == answer.start()
        assert f'<p class="answer">{answer[1]}</p></header>' in header, "the contents stand before it on paper"

    def test_lists_a_title_with_a_day_in_it_as_one_thing(self) -> None:
        listed, _ = contents.numbered('<h3 id="a"><span class="no"></span>On <time>2026-01-11</time>?</h3>')
        assert listed == (
            '<ol><li><a href="#a"><span>1</span> <span>On <time>2026-01-11</time>?</span></a></li></ol>'
        ), "a grid of two cells"

    def test_says_the_bottom_line(self, page: Page) -> None:
        assert "Procedures performed: " in page.html
        assert exhibits.bottom_line.__doc__
        assert page.html.index('id="bottom-line"') < page.html.index('id="sources"') < page.html.index('id="P1"')


class TestHostileData:
    def test_puts_no_element_into_the_page(self, hostile: Page, page: Page) -> None:
        def elements(html: str) -> set[str]:
            html = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
            return set(re.findall(r"<([a-z][a-z0-9]*)", html))

        assert elements(hostile.html) == elements(page.html)

    def test_keeps_the_shape_of_the_page(self, hostile: Page, page: Page) -> None:
        assert hostile.html.count("<h3 id=") == page.html.count("<h3 id=")
        assert hostile.html.count("<script") == page.html.count("<script")
        assert hostile.html.count("<nav") == 1


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if BROWSER is None:
        pytest.skip("no Chromium browser on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    arguments = ["--disable-gpu", "--disable-background-networking"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=arguments)
        yield browser
        browser.close()


class Visit:
    """A page as a reader opens it, and everything that it did."""

    def __init__(self, browser: Any, published: Page, **context: Any) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.view = browser.new_context(**context).new_page()
        self.view.on("request", lambda request: self.requests.append(request.url))
        self.view.on("console", lambda message: self.complaints.append(message.text))
        self.view.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.view.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.address = published.file.with_suffix(".html").as_uri()
        self.view.goto(self.address)
        if context.get("java_script_enabled", True):
            self.view.wait_for_function("document.documentElement.dataset.figures")

    def outside(self) -> list[str]:
        """Requests to anywhere but the file itself and what is inside it."""
        return [url for url in self.requests if url != self.address and not url.startswith(("data:", "blob:"))]


@pytest.mark.browser
class TestInTheBrowser:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_draws_every_figure_and_asks_nobody(self, chromium: Any, page: Page, scheme: str) -> None:
        visit = Visit(chromium, page, color_scheme=scheme)
        assert visit.view.evaluate("document.documentElement.dataset.figures") == "6"
        assert visit.view.locator(".plot .main-svg:first-child").count() == page.html.count("data-plot=") == 6
        assert visit.view.locator("#coverage-figure .scatterlayer path.js-line").count() == 2
        for bars in ("verdicts", "verdicts-by-type", "lateness", "timelines"):
            assert visit.view.locator(f"#{bars}-figure .barlayer .point path").count() > 2
        assert visit.view.locator("#joiners-figure .scatterlayer .point").count() == 1
        assert visit.complaints == []
        assert visit.outside() == []

    def test_lets_no_data_run(self, chromium: Any, hostile: Page) -> None:
        visit = Visit(chromium, hostile)
        for handle in visit.view.locator("article bdi, article td").all()[:40]:
            handle.dispatch_event("mouseover")
        assert visit.view.evaluate("window.fired") is None
        assert visit.view.evaluate("document.documentElement.dataset.figures") == "6"
        assert (
            visit.view.locator(
                "main script:not([type='application/json']), main img, main iframe, main svg:not(.plot svg)"
            ).count()
            == 0
        )
        assert visit.complaints == []
        assert visit.outside() == []

    @pytest.mark.parametrize(
        ("kind", "width"), [("page", 1280), ("page", 390), ("hostile", 1280), ("hostile", 390), ("interim", 390)]
    )
    def test_fits_screen_and_telephone(
        self, chromium: Any, request: pytest.FixtureRequest, kind: str, width: int
    ) -> None:
        view = Visit(chromium, request.getfixturevalue(kind), viewport={"width": width, "height": 800}).view
        view.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true; })")
        assert view.evaluate("document.documentElement.scrollWidth") == width
        assert view.evaluate(WIDER) == []

    def test_fits_the_paper(self, chromium: Any, page: Page, hostile: Page) -> None:
        for published in (page, hostile):
            visit = Visit(chromium, published, viewport={"width": A4, "height": 800})
            visit.view.emulate_media(media="print")
            assert visit.view.evaluate("document.documentElement.scrollWidth") == A4
            assert visit.view.evaluate(WIDER) == []

    def test_names_each_cell_on_a_telephone(self, chromium: Any, page: Page) -> None:
        view = Visit(chromium, page, viewport={"width": 390, "height": 800}).view
        row = view.locator("#results ~ .scroll tbody tr").first
        labels = row.evaluate(
            "row => [...row.cells].slice(1).filter(cell => cell.textContent)"
            ".map(cell => getComputedStyle(cell, '::before').content.split('\"')[1])"
        )
        heads = view.locator("#results ~ .scroll th[scope]").all_text_contents()
        assert labels == [head for head in heads[1:] if head in labels]
        assert {"Procedure", "Exceptions", "Result"} <= set(labels)
        box = row.locator("td.m").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390

    def test_says_the_same_without_scripts(self, chromium: Any, page: Page) -> None:
        view = Visit(chromium, page, java_script_enabled=False).view
        assert view.locator("#coverage ~ .scroll table").first.is_visible()
        assert not view.locator(".plot").first.is_visible()

    def test_prints_what_is_folded_and_no_code(self, chromium: Any, page: Page) -> None:
        visit = Visit(chromium, page)
        visit.view.emulate_media(media="print")
        assert visit.view.locator("details.code").first.is_hidden()
        rule = visit.view.locator("#rules ~ details pre").first
        assert rule.evaluate("element => element.getBoundingClientRect().height") > 20

    @pytest.mark.parametrize(
        ("kind", "scheme", "width"),
        [("page", "light", 1280), ("interim", "dark", 390)],
    )
    def test_is_open_to_everybody(
        self, chromium: Any, request: pytest.FixtureRequest, kind: str, scheme: str, width: int
    ) -> None:
        """No violation of WCAG 2 A, AA or of best practice, as axe finds them."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
        context = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True}
        found = axe.run(Visit(chromium, request.getfixturevalue(kind), **context).view)
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found.response["violations"]] == []
        assert len(found.response["passes"]) > 20

    def test_every_table_has_a_name_and_headers(self, chromium: Any, page: Page) -> None:
        view = Visit(chromium, page).view
        assert view.evaluate("[...document.querySelectorAll('table')].every(t => t.caption.textContent.trim())")
        assert view.evaluate("[...document.querySelectorAll('th')].every(t => t.textContent.trim())")
        assert view.evaluate(
            "[...document.querySelectorAll('table')].every(t => t.tHead.rows[0].cells.length == t.tBodies[0].rows[0]"
            "?.cells.length || !t.tBodies[0].rows.length)"
        )
        levels = view.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
