"""How quick the desk is with 5,000 open items: a company of so many people, each with one exception, in a real browser.

python tests/bench/desk.py [people]

Times run from the key or click until the page shows the result, in one JupyterLab, by the browser's own clock.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

import folders  # noqa: E402
import lab_page  # noqa: E402
from playwright import sync_api  # noqa: E402

from workbook_lib import register  # noqa: E402

AUDIT = folders.AUDIT.partition('[[requirement]]\nid = "coding"')[0]
ROUNDS = 5
#: Shown when an action has reached the page: what the browser looks for, at every frame.
OPEN = "document.querySelector('.desk-queue button')?.innerText.includes('({number:,})')"
CHOSEN = "document.querySelector('.desk-about')?.innerText.includes('{text}')"


def company(folder: Path, size: int) -> Path:
    """People who each completed their first training ten days late, and 100 accounts that nobody knows."""
    people = ["person_id,name,email,worker_type,role,department,start_date,end_date"]
    accounts = ["account,person_id,name,active"]
    completions = ["account,module_id,completed_at,status,score,minutes"]
    for n in range(size):
        mail = f"given{n:05}.family{n * 7919 % size:05}@acme.example"
        people.append(f"E{n:05},Given{n:05} Family{n * 7919 % size:05},{mail},employee,Sales,D{n % 40},2025-01-13,")
        accounts.append(f"{mail},E{n:05},,true")
        completions.append(f"{mail},SEC-101,2025-02-22T09:00:00Z,completed,,30")
    completions += [f"stranger{n}@else.example,SEC-101,2025-02-22T09:00:00Z,completed,,30" for n in range(100)]
    tables = {"people": people, "accounts": accounts, "completions": completions}
    changes: dict[str, str | None] = dict.fromkeys(folders.SOUND, None)
    return folders.make(folder, changes | {name: "\n".join(lines) + "\n" for name, lines in tables.items()}, AUDIT)


class Clock:
    """Times of what was done at the page, by name."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.times: dict[str, list[float]] = {}

    def time(self, name: str, act: Callable[[], object], until: str) -> None:
        """Do something, and wait until the page shows it."""
        start = time.perf_counter()
        act()
        self.page.wait_for_function(until, polling="raf", timeout=10 * lab_page.LONG)
        self.times.setdefault(name, []).append(time.perf_counter() - start)

    def table(self) -> str:
        """The times, a line each."""
        lines = [f"{'':34}{'rounds':>6}  {'fastest':>8}  {'slowest':>8}"]
        for name, times in self.times.items():
            lines.append(f"{name:34}{len(times):6}  {min(times):6.2f} s  {max(times):6.2f} s")
        return "\n".join(lines)


def work(page: Any, size: int) -> Clock:
    """Use the desk: choose, search, filter, save one and many, look at the other queues."""
    clock, left = Clock(page), size
    clock.time("open the notebook: queues shown", lambda: lab_page.run_all(page, sync_api.expect), _open(size))
    page.locator(".desk-who input").fill("grc@acme.example")
    page.locator(".desk-who input").press("Tab")
    rows = page.locator(".desk-list select")
    for n in range(ROUNDS):
        clock.time("choose another person", lambda: rows.press("ArrowDown"), _chosen(n + 1))
    search = page.locator(".desk-search input")
    for n in range(ROUNDS):
        clock.time("search", lambda n=n: search.fill(f"E{size - 9 + n:05}"), _chosen(size - 9 + n))
        clock.time("end the search", lambda: search.fill(""), _chosen(0))
    facet = page.locator(".desk-facet select")
    for n in range(1, ROUNDS + 1):
        line = f"department: D{n} ({size // 40:,})"
        clock.time("filter", lambda line=line: facet.select_option(label=line), _chosen(n))
    clock.time("end the filter", lambda: facet.select_option(label="everything"), _chosen(0))
    reason, save = page.locator(".desk-reason_code select"), page.locator(".desk-save")
    for n in range(ROUNDS):
        reason.select_option("system error")
        left -= 1
        clock.time("save one: the next is shown", save.click, f"{_open(left)} && {_chosen(n + 1)}")
    for n in (100, 200):
        rows.evaluate("(list, n) => { for (let at = 0; at < n; at++) list.options[at].selected = true; "
                      "list.dispatchEvent(new Event('change', {bubbles: true})) }", n)  # fmt: skip
        sync_api.expect(save).to_have_text(f"Save {n} at once")
        reason.select_option("system error")
        left -= n
        clock.time(f"save {n} at once", save.click, f"{_open(left)} && {_chosen(size - left)}")
    queue = page.locator(".desk-queue button")
    for _ in range(ROUNDS):
        clock.time("the queue of records", queue.nth(1).click, CHOSEN.format(text="stranger0@"))
        clock.time("back to the exceptions", queue.first.click, _chosen(size - left))
    return clock


def _open(number: int) -> str:
    return OPEN.format(number=number)


def _chosen(number: int) -> str:
    return CHOSEN.format(text=f"(E{number:05})")


def main(size: int) -> None:
    """Make the company, work at the desk, print the times."""
    with tempfile.TemporaryDirectory() as name:
        folder = company(Path(name) / "acme", size)
        busy = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before it began"
        with (
            lab_page.command(Path(name), "triage", str(folder)) as address,
            lab_page.browser(sync_api) as browser,
        ):
            page = browser.new_page(viewport={"width": 1500, "height": 1000})
            page.goto(address)
            clock = work(page, size)
        saved = register.head(folder / register.FILE).count
        print(f"{size:,} people, one exception each; {saved:,} decisions saved; load {busy}")
        print(clock.table())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
