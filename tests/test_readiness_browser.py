"""The filters of the readiness notebook in a real JupyterLab: what is chosen is what the exhibits below show."""

from __future__ import annotations

from pathlib import Path

import lab_page
import pytest
import small

pytestmark = pytest.mark.browser


def test_the_exhibits_follow_the_lists(tmp_path: Path) -> None:
    if lab_page.BROWSER is None:
        pytest.skip("no Chromium browser on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    folder = small.write(tmp_path / "firm", hostile=True)
    call = ("explore", str(folder), "--as-of", "2025-07-31", "--out", str(tmp_path / "reports"))
    with lab_page.command(tmp_path, *call) as address, lab_page.browser(playwright) as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1400})
        page.goto(address)
        lab_page.run_all(page, playwright.expect)
        says = page.locator(".filter-says")
        playwright.expect(says).to_contain_text("Everybody is shown.", timeout=lab_page.LONG)
        says.scroll_into_view_if_needed()
        forecast = page.locator(".follows").filter(has_text="How the period will end")
        playwright.expect(forecast).to_contain_text("awareness", timeout=lab_page.LONG)
        cover = page.locator(".follows").filter(has_text="Cover through the period")
        exceptions = page.locator(".follows").filter(has=page.get_by_role("heading", name="Exceptions", exact=True))
        for exhibit in (cover, exceptions):
            playwright.expect(exhibit).to_contain_text("awareness", timeout=lab_page.LONG)
        page.locator(".filter-requirement select").select_option(index=1)
        playwright.expect(says).to_contain_text("A part only, requirement: aup.")
        playwright.expect(says).to_contain_text("the trend are always of the whole audit.")
        for exhibit in (cover, exceptions):
            playwright.expect(exhibit).to_contain_text("A part only, requirement: aup.")
            playwright.expect(exhibit).not_to_contain_text("awareness")
        playwright.expect(forecast).to_contain_text("A part only, requirement: aup.")
        playwright.expect(forecast).not_to_contain_text("awareness")
        page.locator(".filter-clear").click()
        playwright.expect(says).to_contain_text("Everybody is shown.")
        playwright.expect(forecast).to_contain_text("awareness")
        assert page.evaluate("window.fired") is None, "a text of the data ran as a script"
    assert not (tmp_path / "reports").exists()
