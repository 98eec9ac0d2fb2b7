"""The desk in a real JupyterLab, driven as an analyst would: what is saved is in the register, whatever happens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import lab_page
import pytest
import small

from workbook_lib import register

pytestmark = pytest.mark.browser

ACCOUNT = "someone@else.example,SEC-1,2025-03-03T09:00:00Z,completed,,r77,25,system\n"


def shot(page: Any, name: str) -> None:
    """A picture for people, where a folder for it is named."""
    if folder := os.environ.get("WORKBOOK_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_the_desk(tmp_path: Path) -> None:
    if lab_page.BROWSER is None:
        pytest.skip("no Chromium browser on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    folder = small.write(tmp_path / "firm", hostile=True)
    records = folder / "exports" / "completions.csv"
    records.write_text(records.read_text(encoding="utf-8") + ACCOUNT, encoding="utf-8")
    with lab_page.command(tmp_path, "triage", str(folder)) as address, lab_page.browser(playwright) as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1500})
        outside: list[str] = []
        page.on("request", lambda request: outside.append(request.url) if _is_elsewhere(request.url) else None)
        page.goto(address)
        lab_page.run_all(page, playwright.expect)
        told = _work(page, playwright.expect, folder / register.FILE)
        _finds_it_again(page, playwright.expect, told)
        assert page.evaluate("window.fired") is None, "a text of the data ran as a script"
        assert outside == []
    assert register.verify(folder / register.FILE) == ()


def _work(page: Any, expect: Any, path: Path) -> str:
    """Explain one by keyboard alone, several at once, link an account, withdraw; return what the queues say."""
    queue = page.locator(".desk-queue button")
    expect(queue.first).to_have_text("Exceptions to explain (7)", timeout=lab_page.LONG)
    expect(page.locator(".desk .js-plotly-plot .point").first).to_be_visible(timeout=lab_page.LONG)
    shot(page, "1_begin")
    _explain_by_keyboard(page, expect, path)

    page.locator(".desk-search input").fill("p8")
    expect(page.locator(".desk-list option")).to_have_count(2)
    page.locator(".desk-all").click()
    expect(page.locator(".desk-save")).to_have_text("Save 2 at once")
    page.locator(".desk-reason_code select").select_option("system error")
    page.locator(".desk-save").click()
    expect(page.locator(".desk-status")).to_contain_text("Saved: 2 decisions (explain)")
    expect(queue.first).to_have_text("Exceptions to explain (4)")
    shot(page, "3_several")

    queue.nth(1).click()
    page.locator(".desk-list option", has_text="someone@else.example").click()
    expect(page.locator(".desk-about")).to_contain_text("someone@else.example")
    page.locator(".desk-person_id input").fill("p5")
    page.locator(".desk-person_id input").press("Tab")
    page.locator(".desk-reason textarea").fill("moved to another address")
    page.locator(".desk-reason textarea").press("Tab")
    shot(page, "4_link")
    page.locator(".desk-save").click()
    expect(page.locator(".desk-note")).to_contain_text("Everything was judged again", timeout=lab_page.LONG)
    assert [entry.content["kind"] for entry in register.entries(path)] == ["explain"] * 3 + ["link"]

    page.locator(".desk-scope select").select_option("all")
    page.locator(".desk-earlier option", has_text="system error").first.click()
    page.locator(".desk-why-withdraw input").fill("wrong reason")
    page.locator(".desk-withdraw").click()
    expect(page.locator(".desk-withdrawn")).to_contain_text("Saved: 1 decision (withdraw)")
    expect(page.locator(".desk-earlier option").nth(1)).to_contain_text("WITHDRAWN")
    shot(page, "5_withdrawn")
    last = register.entries(path)[-1].content
    assert (last["kind"], last["reason"]) == ("withdraw", "wrong reason")
    return "|".join(queue.all_inner_texts())


def _explain_by_keyboard(page: Any, expect: Any, path: Path) -> None:
    """No mouse: the name, a try that lacks a reason, the reason, and on to the next."""
    cells = page.locator(".jp-Cell").count()
    expect(page.locator(".desk-who input")).to_be_focused()
    page.keyboard.type("grc@firm.example")
    _tab_to(page, ".desk-list")
    page.keyboard.press("x")  # would cut the cell, were the desk not there first
    page.keyboard.press("Home")
    _tab_to(page, ".desk-reason textarea")
    page.keyboard.type("no reason chosen")
    _tab_to(page, ".desk-save")
    page.keyboard.press("Enter")
    expect(page.locator(".desk-problem-reason_code")).to_contain_text("Reason is needed.")
    expect(page.locator(".desk-reason_code select")).to_be_focused()
    shot(page, "2_problem")
    assert register.entries(path) == ()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".desk-problem-reason_code")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk-status")).to_contain_text("Saved: 1 decision (explain) by grc@firm.example.")
    expect(page.locator(".desk-queue button").first).to_have_text("Exceptions to explain (6)")
    expect(page.locator(".desk-list select")).to_be_focused()
    expect(page.locator(".desk-about")).to_contain_text("p4")
    assert page.locator(".jp-Cell").count() == cells
    (entry,) = register.entries(path)
    assert (entry.content["reason_code"], entry.content["reason"]) == ("on leave", "no reason chosen")


def _tab_to(page: Any, place: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("(place) => document.activeElement.closest(place) !== null", place):
            return
    raise AssertionError(f"Tab does not lead to {place}")


def _finds_it_again(page: Any, expect: Any, told: str) -> None:
    """Restart the kernel, run everything, and find the same queues and decisions."""
    decided = page.locator(".desk-earlier option").all_inner_texts()
    page.evaluate("document.querySelector('.desk').setAttribute('data-before', '')")
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.locator(".desk:not([data-before]) .desk-queue button").first.wait_for(timeout=lab_page.LONG)
    assert page.locator(".desk-queue button").all_inner_texts() == told.split("|")
    page.locator(".desk-scope select").select_option("all")
    expect(page.locator(".desk-earlier option")).to_have_count(len(decided))
    assert page.locator(".desk-earlier option").all_inner_texts() == decided


def _is_elsewhere(address: str) -> bool:
    return address.startswith("http") and not address.startswith("http://127.0.0.1:")
