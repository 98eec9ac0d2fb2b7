"""The page on paper: real browsers where there is one, and browsers that misbehave."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import small

from workbook_lib import publish
from workbook_lib.publish import pdf
from workbook_lib.publish.paper import Paper

AS_OF = date(2026, 1, 10)
PARAMETERS = {"audit_folder": "inputs", "period": "2025", "as_of": "2026-01-10"}
MINIMAL = b"%PDF-1.4\n/CreationDate (D:20261124150645+01'00')\n/ModDate (D:20261124150645-05'30')>>\n%%EOF\n"

needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="the browsers of this test are shell scripts")


@pytest.fixture(scope="module")
def browser() -> str:
    try:
        return pdf.find_browser()
    except pdf.NoPdfError as error:
        pytest.skip(str(error))


def fake(folder: Path, *lines: str) -> str:
    """A browser that does what these lines of shell say; $out is where it should print to."""
    script = folder / "browser"
    find = 'for a in "$@"; do case $a in --print-to-pdf=*) out=${a#*=};; esac; done'
    script.write_text("\n".join(["#!/bin/sh", find, *lines, ""]))
    script.chmod(0o755)
    return str(script)


def printed(folder: Path, browser: str, patience: float = 30) -> bytes:
    page = folder / "page.html"
    page.write_text("<!DOCTYPE html><title>Page</title><h1>Page</h1>")
    made = folder / "page.pdf"
    pdf.print_page(page, made, AS_OF, scratch=folder, browser=browser, patience=patience)
    return made.read_bytes()


class TestWhichBrowser:
    def test_the_named_one_comes_before_the_environments_and_that_before_any(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a", "b", "chromium"):
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv(pdf.VARIABLE, raising=False)
        assert pdf.find_browser() == str(tmp_path / "chromium")
        monkeypatch.setenv(pdf.VARIABLE, str(tmp_path / "b"))
        assert pdf.find_browser() == str(tmp_path / "b")
        assert pdf.find_browser(str(tmp_path / "a")) == str(tmp_path / "a")

    def test_none_is_told_in_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv(pdf.VARIABLE, raising=False)
        monkeypatch.setattr(pdf, "PLACES", ())
        with pytest.raises(pdf.NoPdfError) as caught:
            pdf.find_browser()
        assert str(caught.value) == "no Chromium, Chrome or Edge was found; name one with --browser."
        with pytest.raises(pdf.NoPdfError, match=r"^there is no browser 'netscape'\.$"):
            pdf.find_browser("netscape")


@needs_shell
class TestABrowserThatMisbehaves:
    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            (("exit 0",), "browser wrote no PDF."),
            (("exit 7",), "browser ended with 7 and printed nothing."),
            (('printf "%%PDF-1.4 half a file" > "$out"',), "browser wrote no PDF."),
            (("sleep 60 & sleep 60",), "browser did not print within 0.5 seconds."),
        ],
    )
    def test_is_told_and_leaves_nothing(self, tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
        with pytest.raises(pdf.NoPdfError) as caught:
            printed(tmp_path, fake(tmp_path, *lines), patience=0.5 if "sleep" in lines[0] else 30)
        assert str(caught.value) == message
        assert sorted(path.name for path in tmp_path.iterdir()) == ["browser", "page.html"]

    def test_one_that_hangs_is_ended_with_its_helpers(self, tmp_path: Path) -> None:
        script = fake(tmp_path, f'sleep 60 & echo $! > "{tmp_path}/helper"', "wait")
        with pytest.raises(pdf.NoPdfError, match="did not print within"):
            printed(tmp_path, script, patience=4)  # a busy machine takes a while to start it
        helper = (tmp_path / "helper").read_text().strip()
        state = subprocess.run(["ps", "-o", "stat=", "-p", helper], capture_output=True, text=True, check=False).stdout
        assert state.strip()[:1] in ("", "Z")

    def test_a_file_that_is_no_program_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "browser").write_bytes(b"\x00\x01")
        (tmp_path / "browser").chmod(0o755)
        with pytest.raises(pdf.NoPdfError, match=r"^browser cannot be started"):
            printed(tmp_path, str(tmp_path / "browser"))


@needs_shell
class TestHowItIsCalled:
    def test_with_a_folder_of_its_own_and_without_network(self, tmp_path: Path) -> None:
        (tmp_path / "minimal").write_bytes(MINIMAL)
        tell = f'printf "%s\\n" "$@" > "{tmp_path}/said"'
        printed(tmp_path, fake(tmp_path, tell, f'cp "{tmp_path}/minimal" "$out"'))
        said = (tmp_path / "said").read_text().splitlines()
        assert said[-1] == (tmp_path / "page.html").as_uri()
        assert {
            "--headless",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            "--export-tagged-pdf",
        } <= set(said)
        assert "--host-resolver-rules=MAP * ~NOTFOUND" in said
        (profile,) = [Path(word.partition("=")[2]) for word in said if word.startswith("--user-data-dir=")]
        assert profile.parent.parent == tmp_path
        assert not profile.parent.exists()
        assert ("--no-sandbox" in said) == (os.geteuid() == 0)

    def test_the_day_of_printing_gives_way_to_the_as_of_day(self, tmp_path: Path) -> None:
        (tmp_path / "minimal").write_bytes(MINIMAL)
        made = printed(tmp_path, fake(tmp_path, f'cp "{tmp_path}/minimal" "$out"'))
        assert made == re.sub(rb"D:20261124150645[+-]\d\d'\d\d", b"D:20260110000000+00'00", MINIMAL)
        assert len(made) == len(MINIMAL)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a4.html and letter.html, of a company whose name wants to break out of the running header."""
    folder = tmp_path_factory.mktemp("print")
    small.write(folder / "inputs")
    nb = publish.execute(publish.notebook_path("3_evidence"), PARAMETERS, folder / "evidence.ipynb")
    for paper in Paper:
        html = publish.render(nb, 'Small "Firm" </style>\\, 2025', paper, as_of="2025-10-31", interim=True)
        (folder / f"{paper.value}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(pages: Path, browser: str) -> bytes:
    pdf.print_page(pages / "a4.html", pages / "a4.pdf", AS_OF, scratch=pages, browser=browser)
    return (pages / "a4.pdf").read_bytes()


@pytest.mark.browser
class TestTheRealPage:
    def test_has_bookmarks_tags_and_the_as_of_day(self, made: bytes) -> None:
        titles = re.findall(rb"/Title \(([^)]*)\)", made)
        assert b"Bottom line" in titles
        assert b"P1 The population is complete" in titles
        assert b"Evidence of security awareness training" in titles
        assert any(title.startswith(b"INTERIM: Small ") for title in titles)
        assert b"/StructTreeRoot" in made
        dates = re.findall(rb"/(?:CreationDate|ModDate) \(([^)]*)\)", made)
        assert dates == [b"D:20260110000000+00'00'"] * 2

    def test_is_the_same_file_again_in_another_place(
        self, made: bytes, pages: Path, browser: str, tmp_path: Path
    ) -> None:
        shutil.copyfile(pages / "a4.html", tmp_path / "evidence.html")
        pdf.print_page(tmp_path / "evidence.html", tmp_path / "x.pdf", AS_OF, scratch=tmp_path, browser=browser)
        assert (tmp_path / "x.pdf").read_bytes() == made
        assert str(pages).encode() not in made
        assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence.html", "x.pdf"]

    def test_is_on_the_paper_that_was_asked_for(self, made: bytes, pages: Path, browser: str) -> None:
        pdf.print_page(pages / "letter.html", pages / "letter.pdf", AS_OF, scratch=pages, browser=browser)
        for content, size in ((made, (595, 842)), ((pages / "letter.pdf").read_bytes(), (612, 792))):
            boxes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content))
            assert [(round(float(width)), round(float(height))) for width, height in boxes] == [size]

    def test_shows_header_numbers_figures_and_what_is_folded_but_no_code(self, made: bytes, pages: Path) -> None:
        if not shutil.which("pdftotext"):
            pytest.skip("pdftotext is not installed")
        done = subprocess.run(["pdftotext", "-raw", str(pages / "a4.pdf"), "-"], capture_output=True, check=True)
        leaves = done.stdout.decode().split("\f")[:-1]
        assert len(leaves) == len(re.findall(rb"/Type /Page\b", made))
        for number, leaf in enumerate(leaves, 1):
            assert f"Page {number} of {len(leaves)}" in leaf
            assert leaf.count('Small "Firm" </style>\\, 2025') == 1
            assert leaf.count("INTERIM, as of 2025-10-31") == 1
        assert "\nEvidence of security awareness training\nSmall " in leaves[0]
        whole = " ".join("".join(leaves).split())
        assert "covered, % (axis from 45 %)" in whole  # drawn with the figure
        assert "SELECT person_no, person_id" in whole  # a rule, folded on the screen
        assert "exhibits.bottom_line" not in whole  # code
        assert "Skip to the evidence" not in whole
