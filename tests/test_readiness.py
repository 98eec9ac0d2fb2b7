"""Readiness on a day: who is covered, who falls due, what else does; for everybody, and for a chosen part."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import small
from folders import AUDIT, make, plus, without

from workbook_lib import desk, exhibits, history
from workbook_lib.audit import load_audit, window
from workbook_lib.exhibits import Chosen, Exhibit
from workbook_lib.exhibits.readiness import most_in
from workbook_lib.pack import production, verify
from workbook_lib.pack.bag import read_info
from workbook_lib.publish import notebook
from workbook_lib.publish.paper import Notebook
from workbook_lib.workpaper import Workpaper, perform


@pytest.fixture(scope="module")
def wp(tmp_path_factory: pytest.TempPathFactory) -> Workpaper:
    """As of 10 January 2026, after the period."""
    return perform(load_audit(small.write(tmp_path_factory.mktemp("small") / "audit")))


@pytest.fixture(scope="module")
def july(tmp_path_factory: pytest.TempPathFactory) -> Workpaper:
    """As of 31 July 2025, within the period."""
    return perform(load_audit(small.write(tmp_path_factory.mktemp("july") / "audit")), as_of=date(2025, 7, 31))


class TestOnADay:
    def test_who_falls_due_by_hand(self, wp: Workpaper) -> None:
        exhibit = exhibits.due_next(wp)
        assert wp.window.as_of == date(2026, 1, 10)
        frame = exhibit.tables[1].frame
        assert list(zip(frame["Person"], frame["Due on"], strict=True)) == [
            ("p6", date(2026, 1, 14)),
            ("p3", date(2026, 2, 14)),
            ("p2", date(2026, 3, 30)),
        ]
        assert exhibit.says[0] == (
            "3 duties fall due from 2026-01-11 to 2026-04-10, of 3 people, unless they complete it before: 1 within 7 "
            "days, 1 within 30, 3 within 90."
        )
        assert list(exhibit.table.itertuples(index=False, name=None)) == [("awareness", 1, 1, 3), ("aup", 0, 0, 0)]
        assert sum(exhibit.figure["data"][0]["y"]) == 3  # type: ignore[index]

    def test_the_fields_of_the_figure_add_up_to_the_table(self, july: Workpaper) -> None:
        exhibit = exhibits.covered_now(july)
        [field] = exhibit.figure["data"]  # type: ignore[index]
        pairs = [[text.split(" of ") if text else ("0", "0") for text in row] for row in field["text"]]
        for place, requirement in enumerate(field["x"]):
            [told] = [
                row["Covered of required"] for _, row in exhibit.table.iterrows() if row["Requirement"] == requirement
            ]
            covered, required = (sum(int(row[place][part]) for row in pairs) for part in (0, 1))
            assert told == exhibits.rate(covered, required)

    def test_who_is_not_covered_is_who_is_open(self, july: Workpaper) -> None:
        shown = exhibits.uncovered(july).table
        open_now = [row for row in july.exceptions if row["ended_by"] == "open"]
        assert sorted(zip(shown["Person"], shown["Requirement"], shown["Due on"], strict=True)) == sorted(
            (row["person_id"], row["requirement_id"], row["due_on"]) for row in open_now
        )

    @pytest.mark.parametrize(
        ("counts", "told"),
        [
            ({"Facilities": 5, "Product": 5, "Sales": 4}, " The most are in Facilities and in Product: 5 each."),
            ({"Facilities": 5, "Product": 4}, " The most are in Facilities: 5."),
            (dict.fromkeys("abcd", 1), ""),
            ({"Facilities": 0}, ""),
            ({}, ""),
        ],
    )
    def test_all_that_share_the_first_place_are_named(self, counts: dict[str, int], told: str) -> None:
        assert most_in(counts) == told

    def test_the_answer_comes_first_and_is_no_evidence(self, july: Workpaper) -> None:
        exhibit = exhibits.ready(july)
        assert exhibit.banner.startswith("READINESS, AND NO EVIDENCE.")
        forecast = exhibits.forecast(july)
        bounds = [forecast.table.iloc[-1][name] for name in ("If nobody", "If everybody")]
        assert all(bound in exhibit.says[1] for bound in bounds)

    def test_a_period_that_is_over_is_not_said_to_end(self, wp: Workpaper) -> None:
        exhibit = exhibits.ready(wp)
        rated = exhibits.forecast(wp).table.iloc[-1]["If nobody"]
        assert exhibit.says[1] == (
            f"Period 2025 has ended: its on-time rate is {rated}, and nothing that is completed from now on changes it."
        )
        assert [term for term, _, _ in exhibit.facts][3:] == ["Period 2025"]

    def test_a_period_that_is_over_ends_as_it_did(self, wp: Workpaper) -> None:
        exhibit = exhibits.forecast(wp)
        assert "The period ended on 2025-12-31, and the exports cover it" in exhibit.says[1]
        for row in exhibit.table.itertuples(index=False):
            assert row[1] == row[2] == row[3]
        assert len(exhibit.tables) == 1


class TestAChosenPart:
    @pytest.mark.parametrize("name", ["department", "worker_type", "requirement", "manager"])
    def test_the_parts_add_up_to_the_whole(self, july: Workpaper, name: str) -> None:
        def total(chosen: Chosen) -> list[int]:
            overdue = exhibits.uncovered(july, chosen).says[0].split()[0]
            now = exhibits.covered_now(july, chosen)
            due = exhibits.due_next(july, chosen).says[0].split()[0]
            turning = exhibits.forecast(july, chosen).says[1].split()[0]
            found = exhibits.exceptions(july, chosen)
            by_cause = sum(found.table["Exceptions"]) if found.tables else 0
            listed = len(found.tables[1].frame) if found.tables else 0
            days = [now.table["People"] if now.tables else [], *cover(chosen)]
            return [int(overdue), by_cause, listed, int(due), int(turning), *(sum(day) for day in days)]

        def cover(chosen: Chosen) -> list[list[int]]:
            """Covered people, and required people, on the last day, by requirement."""
            exhibit = exhibits.coverage(july, chosen)
            last = [text.split(" of ") for text in exhibit.table["Last day"]] if exhibit.tables else []
            return [[int(pair[0]) for pair in last], [int(pair[1].split()[0]) for pair in last]]

        values = [value for value, _ in exhibits.choices(july)[name]]
        parts = [total(Chosen(**{name: value})) for value in values]
        assert [sum(column) for column in zip(*parts, strict=True)] == total(Chosen())
        assert len(values) > 1

    def test_says_that_it_is_a_part(self, july: Workpaper) -> None:
        chosen = Chosen(department="R&D", manager="")
        assert (
            exhibits.covered_now(july, chosen).banner
            == "A part only, department: \u2068R&D\u2069; manager: none stated."
        )
        assert exhibits.covered_now(july).banner == ""
        for make_exhibit in (exhibits.coverage, exhibits.exceptions):
            assert make_exhibit(july, Chosen(requirement="aup")).banner.startswith(
                "A part only, requirement: \u2068aup\u2069. INTERIM."
            )
            assert make_exhibit(july).banner.startswith("INTERIM.")

    def test_is_no_place_for_a_statement(self, july: Workpaper) -> None:
        chosen = Chosen(department="x' OR 'a' = 'a", requirement="'; DROP TABLE verdict; --")
        assert exhibits.uncovered(july, chosen).says[0].startswith("0 duties are overdue")

    def test_of_nobody_is_shown_too(self, july: Workpaper) -> None:
        for make_exhibit in (
            exhibits.covered_now, exhibits.uncovered, exhibits.coverage, exhibits.due_next, exhibits.forecast,
            exhibits.exceptions,
        ):  # fmt: skip
            exhibit = make_exhibit(july, Chosen(department="no such"))
            assert exhibit.html
            assert exhibit.figure is None


class TestReviewsDue:
    def lines(self, folder: Path, as_of: date, **changes: Any) -> tuple[Exhibit, list[tuple[Any, ...]]]:
        exhibit = exhibits.reviews_due(perform(load_audit(make(folder, changes, AUDIT)), as_of=as_of))
        columns = ["Matter", "Of what", "Next due", "Days left", "State"]
        return exhibit, list(exhibit.table[columns].itertuples(index=False, name=None))

    def test_by_hand(self, tmp_path: Path) -> None:
        changes = plus("policies", "AUP,2,2025-07-01,true") | without("content_reviews", "2025-05-20")
        exhibit, lines = self.lines(tmp_path, date(2025, 6, 30), **changes)
        assert lines == [
            ("policy approval", "AUP 1", None, None, "overdue"),
            ("programme approval", "programme.md", date(2025, 2, 1), -149, "overdue"),
            ("content review", "SEC-101", date(2025, 6, 1), -29, "overdue"),
            ("new policy version", "AUP 2 (\u2068policy\u2069)", date(2025, 7, 31), 31, ""),
            ("content review", "DEV-7", date(2025, 9, 1), 63, ""),
        ]
        assert exhibit.says[0] == "2 matters fall due within 90 days of 2025-06-30, and 3 are overdue, of 5 in all."

    def test_a_review_of_a_later_day_is_not_known_yet(self, tmp_path: Path) -> None:
        _, lines = self.lines(tmp_path, date(2025, 5, 19))
        assert ("content review", "SEC-101", date(2025, 6, 1), 13, "") in lines


class TestView:
    def test_every_exhibit_that_was_shown_follows(self, july: Workpaper) -> None:
        pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
        from workbook_lib.desk.filters import Filters

        view = desk.open_view(july)
        shown = view.show(exhibits.uncovered)
        data, metadata = shown._repr_mimebundle_()
        assert metadata == {"exhibit": "uncovered"}
        assert {notebook.WIDGET, "text/html", "text/plain"} <= data.keys()
        lists = Filters(view)
        before = len(shown.exhibit.table)
        lists.lists["requirement"].value = ("aup",)
        assert set(shown.exhibit.table["Requirement"]) == {"aup"}
        assert 0 < len(shown.exhibit.table) < before
        assert "A part only, requirement: <bdi>aup</bdi>." in lists.says.value
        lists.clear.click()
        assert view.chosen == Chosen()
        assert lists.lists["requirement"].label == "all"

    def test_lists_hold_what_the_data_say_as_text(self, tmp_path: Path) -> None:
        pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
        from workbook_lib.desk.filters import Filters, place

        paper = perform(load_audit(small.write(tmp_path / "firm", hostile=True)))
        view = desk.open_view(paper)
        lists = Filters(view)
        for _, value in lists.lists["department"].options:
            lists.lists["department"].value = value
            box, _ = place(view.show(exhibits.covered_now).exhibit)
            page = lists.says.value + "".join(part.value for part in box.children if hasattr(part, "value"))
            assert not [payload for payload in small.PAYLOADS if "<" in payload and payload in page]


def test_a_run_makes_a_page_of_its_own_and_remembers_it(tmp_path: Path) -> None:
    audit = load_audit(small.write(tmp_path / "firm"))
    job = production.Job(
        audit=audit,
        window=window(audit, None, date(2025, 7, 31)),
        out=tmp_path,
        notebook=Notebook.READINESS,
        prints=False,
    )
    target = production.produce(job, lambda *_: None)
    assert target == tmp_path / "firm-2025-readiness"
    page = (target / "data" / "readiness.html").read_text(encoding="utf-8")
    assert "READINESS, AND NO EVIDENCE." in page
    assert "<title>INTERIM: Small Firm, 2025: Readiness</title>" in page
    assert "jupyter.widget-view" not in (target / "data" / "readiness.ipynb").read_text(encoding="utf-8")
    assert not (target / "data" / "evidence.html").exists()
    assert {"forecast.csv", "due_next.csv", "uncovered.csv", "turning.csv"} <= {
        path.name for path in (target / "data" / "tables").iterdir()
    }
    assert verify.verify(target, recompute=True).findings == ()
    assert read_info(target)["External-Description"] == "Readiness on a day, and no evidence"
    [run] = history.entries(tmp_path / history.FILE, "firm", "2025")
    assert (run.as_of, run.notebook, run.digest) == ("2025-07-31", "readiness", read_info(target)["Result-Digest"])
    result = json.loads((target / "data" / "result.json").read_text(encoding="utf-8"))
    assert run.counts == result["requirements"]
    assert {name: sum(found.values()) for name, found in run.counts.items()} == {"awareness": 7, "aup": 5}
