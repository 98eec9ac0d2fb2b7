"""The exhibits: what they say is what was judged, and nothing of the data becomes markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest
import small

from workbook_lib import exhibits
from workbook_lib.audit import load_audit
from workbook_lib.exhibits import Exhibit, figures, markup, words
from workbook_lib.procedures import OUTCOMES
from workbook_lib.tables import DecisionKind, Status, WorkerType
from workbook_lib.workpaper import Workpaper, perform

#: Every exhibit that takes a workpaper alone.
ALL: tuple[Callable[[Workpaper], Exhibit], ...] = tuple(
    getattr(exhibits, name)
    for name in exhibits.__all__
    if name not in {"Exhibit", "Table", "Text", "rate", "procedure"}
)
RULES = Path(markup.__file__).parent.parent / "rules"


@pytest.fixture(scope="module")
def wp(tmp_path_factory: pytest.TempPathFactory) -> Workpaper:
    return perform(load_audit(small.write(tmp_path_factory.mktemp("small") / "audit")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Workpaper:
    return perform(load_audit(small.write(tmp_path_factory.mktemp("hostile") / "audit", hostile=True)))


@pytest.fixture(scope="module")
def interim(tmp_path_factory: pytest.TempPathFactory) -> Workpaper:
    return perform(load_audit(small.write(tmp_path_factory.mktemp("interim") / "audit", extracted_on="2025-08-01")))


def shown(wp: Workpaper) -> list[Exhibit]:
    return [make(wp) for make in ALL] + [exhibits.procedure(wp, result.procedure.id) for result in wp.results]


class TestEveryExhibit:
    @pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
    def test_says_the_number_and_what_it_means(self, wp: Workpaper, make: Callable[[Workpaper], Exhibit]) -> None:
        exhibit = make(wp)
        assert exhibit.says
        assert re.search(r"\d", exhibit.says[0]), "the first sentence states the number"
        assert all(sentence.endswith(".") for sentence in exhibit.says)

    def test_has_a_key_of_its_own(self, wp: Workpaper) -> None:
        keys = [exhibit.key for exhibit in shown(wp)]
        assert len(keys) == len(set(keys))
        assert all(re.fullmatch(r"[A-Za-z][\w-]*", key) for key in keys)

    def test_shows_itself_as_html_and_as_text(self, wp: Workpaper) -> None:
        for exhibit in shown(wp):
            data, metadata = exhibit._repr_mimebundle_()
            assert metadata == {"exhibit": exhibit.key}
            assert f'<h3 id="{exhibit.key}">' in data["text/html"]
            assert exhibit.title in data["text/plain"]
            assert ("application/vnd.plotly.v1+json" in data) == (exhibit.figure is not None)

    def test_shows_the_same_twice(self, wp: Workpaper) -> None:
        assert [exhibit.html for exhibit in shown(wp)] == [exhibit.html for exhibit in shown(wp)]

    def test_keeps_what_the_data_say_out_of_the_markup(self, hostile: Workpaper) -> None:
        page = "".join(exhibit.html for exhibit in shown(hostile))
        for payload in small.PAYLOADS:
            assert "<" not in payload or payload not in page
        tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z!][\w-]*)", page)}
        assert tags <= {
            "article",
            "h3",
            "span",
            "p",
            "dl",
            "div",
            "dt",
            "dd",
            "strong",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "bdi",
            "time",
            "details",
            "summary",
            "pre",
            "a",
        }
        attributes = {name for tag in re.findall(r"<[^>]+>", page) for name in re.findall(r"\s([a-zA-Z-]+)=", tag)}
        assert attributes <= {"class", "id", "tabindex", "role", "aria-label", "aria-labelledby", "scope", "href"}
        links = re.findall(r"<a [^>]*>", page)
        assert all(re.fullmatch(r'<a href="#[\w-]+">', link) for link in links), "links lead to places of the page"

    def test_shows_payloads_as_text(self, hostile: Workpaper) -> None:
        page = "".join(exhibit.html for exhibit in shown(hostile))
        assert "&lt;script&gt;window.fired=1&lt;/script&gt;" in page
        assert "Ada‹U+202E›gnp.exe ‹U+200B›Nul" in page

    def test_is_interim_where_the_exports_end_early(self, interim: Workpaper, wp: Workpaper) -> None:
        for make in (exhibits.title, exhibits.bottom_line, exhibits.results, exhibits.verdicts, exhibits.exceptions):
            assert make(interim).banner.startswith("INTERIM. The exports end on 2025-07-31, before the period ends")
            assert not make(wp).banner


class TestTable:
    def html(self, **columns: list[object]) -> str:
        return markup.table(pd.DataFrame(columns, dtype=object), "Caption")

    def test_escapes_headers_cells_and_caption(self) -> None:
        page = markup.table(pd.DataFrame({"<b>": ["<i>"]}), '"<u>')
        assert "<b>" not in page
        assert "<i>" not in page
        assert "<u>" not in page
        assert 'aria-label="&quot;&lt;u&gt;"' in page

    def test_sets_numbers_counts_and_dates(self) -> None:
        page = self.html(
            who=["a", "b"],
            number=[1, 2345],
            share=[exhibits.rate(1, 3), exhibits.rate(3, 3)],
            day=[date(2025, 1, 2), None],
        )
        assert "<td class=n>2,345</td>" in page
        assert "<td class=n>1 of 3 (33.3 %)</td>" in page
        assert "<td class=d>2025-01-02</td>" in page
        assert "<td></td>" in page

    def test_leads_from_a_person_to_the_first_row_about_them(self) -> None:
        frame = pd.DataFrame({"Person": ["E 1", "E 1", None], "Days": [1, 2, 3]})
        shown = markup.table(frame, "c", kind="person", leads="record")
        assert shown.count('<tr id="person-E_20_1">') == shown.count(" id=") == 1
        assert shown.count('<a href="#record-E_20_1">E 1</a>') == shown.count("<a ") == 2
        assert "</tr>\n<tr><td></td><td class=n>3</td></tr>" in shown

    def test_leads_from_a_cited_rule_to_its_words(self, wp: Workpaper) -> None:
        assert markup.prose("late (C4, C13), not C5") == (
            'late (<a href="#rule-C4">C4</a>, <a href="#rule-C13">C13</a>), not C5'
        )
        assert all(f'<tr id="rule-C{n}">' in exhibits.rules(wp).html for n in range(1, 16))

    def test_marks_closed_words_in_their_column_only(self) -> None:
        page = self.html(who=["missing"], Verdict=["missing"], Name=["met"])
        assert page.count('class="m ') == 1
        assert '<td class="m bad">missing</td>' in page

    def test_isolates_names_that_are_not_plain(self) -> None:
        assert "<bdi>محمد</bdi>" in self.html(who=["x"], name=["محمد"])

    def test_shows_what_hides(self) -> None:
        assert "a␀b‹U+202E›" in self.html(who=["x"], name=["a\0b\u202e"])

    def test_cuts_a_cell_that_is_a_page_of_its_own(self) -> None:
        page = self.html(who=["x"], text=["long " * 1000])
        assert "(5,000 characters)" in page
        assert len(page) < 2000

    def test_changes_nothing_in_what_it_is_given(self) -> None:
        frame = pd.DataFrame({"a": [1, None]}, dtype=object)
        before = frame.copy()
        markup.table(frame, "x")
        pd.testing.assert_frame_equal(frame, before)


class TestRate:
    @pytest.mark.parametrize("of", [1, 2, 3, 7, 999, 1000, 1001, 20_000, 1_000_000])
    def test_claims_all_or_none_only_when_it_is(self, of: int) -> None:
        for n in {0, 1, of // 2, of - 1, of}:
            text = exhibits.rate(n, of)
            assert text.startswith(f"{n:,} of {of:,} (")
            assert text.endswith("(100 %)") == (n == of)
            assert text.endswith("(0 %)") == (n == 0)
            assert "(100.0" not in text
            assert "(0.0" not in text


class TestListing:
    def test_is_bounded_and_says_where_the_rest_is(self, wp: Workpaper, monkeypatch: pytest.MonkeyPatch) -> None:
        from workbook_lib.exhibits.exhibit import listed

        query = "SELECT person_id FROM person ORDER BY person_id"
        table = listed(wp, query, "People", order="person", file="population", at_most=3)
        assert list(table.frame["Person"]) == ["p1", "p2", "p3"]
        assert table.note == (
            "The first 3 of 8 rows, in the order of person. All rows: tables/population.csv in the pack."
        )
        assert not listed(wp, query, "People", order="person", at_most=8).note


def test_the_page_stays_small_however_large_the_company(tmp_path: Path) -> None:
    from companies import random_company, write

    audit = load_audit(write(random_company(5, 1200), tmp_path / "audit"))
    wp = perform(audit)
    bundles = [exhibit._repr_mimebundle_()[0] for exhibit in shown(wp)]
    size = sum(len(json.dumps(bundle.get(exhibits.exhibit.FIGURE, ""))) for bundle in bundles)
    size += sum(len(bundle["text/html"].encode()) for bundle in bundles)
    assert len(wp.verdicts) > 2000
    assert size < 640_000, "with plotly.js, 1.84 MB, and the page around it that is more than 2.5 MB"


class TestFigures:
    def test_are_what_plotly_can_draw(self, wp: Workpaper) -> None:
        drawn = [exhibit for exhibit in shown(wp) if exhibit.figure]
        assert {exhibit.key for exhibit in drawn} == {"coverage", "verdicts"}
        for exhibit in drawn:
            go.Figure(json.loads(json.dumps(exhibit.figure)), skip_invalid=False)
            assert exhibit.tables, "a figure comes with its data"
            assert len(exhibit.alt) > 40, "and with words for those who cannot see it"
            assert len(json.dumps(exhibit.plot().to_plotly_json(), default=list)) > 100

    def test_say_so_where_there_is_none(self, wp: Workpaper) -> None:
        with pytest.raises(LookupError, match="has no figure"):
            exhibits.sources(wp).plot()

    def test_the_cover_of_each_day_is_that_of_the_stretches(self, wp: Workpaper) -> None:
        lines = figures.lines_by_day(wp.rows(exhibits.judgement.COVER_BY_DAY), wp.window, ["awareness", "aup"])
        stretches = wp.rows(
            "SELECT stretch.requirement_no, from_day, to_day, covered FROM stretch "
            "JOIN verdict USING (person_no, requirement_no) "
            "WHERE required AND NOT excused AND verdict <> 'undetermined'"
        )
        day = wp.window.start
        while day <= wp.window.end:
            for no, line in enumerate(lines, 1):
                today = [covered for n, first, last, covered in stretches if n == no and first <= day <= last]
                point = [point for point in line.points if point.on_day <= day][-1:]
                assert [point.pair for point in point] == [(sum(today), len(today))] or not (point or today)
            day += timedelta(days=1)

    def test_a_line_has_a_hole_where_nobody_was_required(self, wp: Workpaper) -> None:
        day = wp.window.start
        rows = [(1, day, 2, 1), (1, day + timedelta(9), 0, 0), (1, day + timedelta(20), 1, 1)]
        [line] = figures.lines_by_day(rows, wp.window, ["x"])
        drawn = figures.cover_lines([line], wp.window)["data"][0]
        assert drawn["y"] == [50.0, None, 100.0, 100.0]
        assert drawn["x"][-1] == wp.window.end.isoformat()
        assert line.lowest.pair == (1, 2)

    def test_more_lines_than_can_be_told_apart_are_not_drawn(self, wp: Workpaper) -> None:
        rows = [(no, wp.window.start, 10, no % 10) for no in range(1, 21)]
        lines = figures.lines_by_day(rows, wp.window, [f"r{no}" for no in range(1, 21)])
        drawn = figures.cover_lines(lines, wp.window)["data"]
        assert len(drawn) == figures.MOST_LINES
        assert {"r10", "r20", "r1", "r11"} <= {line["name"] for line in drawn}
        assert len({(line["line"]["color"], line["line"]["dash"]) for line in drawn}) == len(drawn)


class TestBottomLine:
    def test_counts_what_was_judged(self, wp: Workpaper) -> None:
        verdicts = [row["verdict"] for row in wp.verdicts]
        judged = [verdict for verdict in verdicts if verdict in ("met", "late", "missing", "undetermined")]
        said = " ".join(exhibits.bottom_line(wp).says)
        assert f"Duties met on time: {exhibits.rate(judged.count('met'), len(judged))}." in said
        assert f"{len(verdicts) - len(judged)} more were excused, not yet due, or ended" in said

    def test_undetermined_people_count_against_the_rate(self, wp: Workpaper) -> None:
        exhibit = exhibits.bottom_line(wp)
        assert sum(row["verdict"] == "undetermined" for row in wp.verdicts) == 2
        assert "2 duties are undetermined" in exhibit.says[2]
        assert "They count against the rate" in exhibit.says[2]

    def test_a_procedure_that_was_not_performed_is_no_pass(self, wp: Workpaper) -> None:
        outcomes = [str(result.outcome) for result in wp.results]
        clean, noted = outcomes.count("no exceptions noted"), outcomes.count("exceptions noted")
        assert exhibits.bottom_line(wp).says[0] == (
            f"Procedures performed: {clean + noted} of {len(outcomes)}. No exceptions noted: {clean}. "
            f"Exceptions noted: {noted}. Not performed: {outcomes.count('not performed')}."
        )


class TestWhatIsListed:
    def test_control_totals_tie(self, wp: Workpaper) -> None:
        frame = exhibits.totals(wp).table
        assert list(frame["Read"]) == [u + q for u, q in zip(frame["Used"], frame["Quarantined"], strict=True)]
        assert set(frame["Control total"]) == {"ties"}
        assert frame["Read"].iloc[-1] == sum(frame["Read"].iloc[:-1])

    def test_sources_show_each_file_with_its_digest(self, wp: Workpaper) -> None:
        exhibit = exhibits.sources(wp)
        cells = list(exhibit.table["File and SHA-256"])
        assert [(cell.first, cell.second) for cell in cells] == [(file.file, file.sha256) for file in wp.files]
        origin = exhibit.table["System, report, parameters; extracted"][0]
        assert (origin.first, origin.second) == ("HR, all rows", "extracted on 2026-01-11 by j.doe")
        assert f'{wp.files[0].file}<span class="sub h">{wp.files[0].sha256}</span>' in exhibit.html

    def test_sources_show_from_where_each_column_was_read(self, wp: Workpaper) -> None:
        exhibit = exhibits.sources(wp)
        assert len(exhibit.cards) == len(wp.files)
        card = exhibit.cards[1]
        assert markup.prose(card.caption) == "2 · <bdi>exports/leave.csv</bdi>, read as leave"
        assert dict(card.plan)["Rows"] == "2 read = 1 used + 1 quarantined"
        assert dict(card.plan)["Dates"] == "2025-03-01 to 2025-03-01"
        assert "Earlier export" not in dict(card.plan)
        assert [tuple(row) for row in card.table.frame.itertuples(index=False)] == [
            ("person_id", '"person_id"'),
            ("start_date", '"start_date"'),
            ("end_date", '"end_date"'),
            ("kind", '"kind"'),
        ]

    def test_what_several_exports_cannot_show_is_said_once(self, wp: Workpaper) -> None:
        files = (
            replace(wp.files[0], warnings=("No leavers.", "No dates.")),
            replace(wp.files[1], warnings=("No dates.",)),
        )
        (table,) = exhibits.sources(replace(wp, files=files)).tables[1:]
        assert [tuple(row) for row in table.frame.itertuples(index=False)] == [
            ("No leavers.", "1"),
            ("No dates.", "1, 2"),
        ]

    def test_quarantine_lists_what_could_not_be_read(self, wp: Workpaper) -> None:
        exhibit = exhibits.quarantine(wp)
        unread = [row for row in wp.quarantine if not row.by_rule]
        assert exhibit.says[0].startswith(
            f"{len(wp.quarantine)} rows were quarantined: {len(unread)} could not be read"
        )
        assert set(exhibit.tables[1].frame["Value"]) >= {"someday", "2025-04-31"}

    def test_rows_that_could_not_be_read_stand_beside_their_person(self, wp: Workpaper) -> None:
        frame = exhibits.people_and_verdicts(wp).table
        ends = "2 rows that seem to be about this person could not be used, among them exports/completions.csv, row 10."
        assert {person: why.endswith(ends) for person, why in zip(frame["Person"], frame["Why"], strict=True)} == {
            person: person == "p2" for person in frame["Person"]
        }

    def test_a_subject_with_a_quote_in_it_is_no_sql(self, hostile: Workpaper) -> None:
        assert len(exhibits.people_and_verdicts(hostile).table) == len(hostile.verdicts)

    def test_exceptions_without_an_explanation_come_first(self, wp: Workpaper) -> None:
        frame = exhibits.exceptions(wp).tables[1].frame
        unexplained = [text == "unexplained" for text in frame["Explanation"]]
        assert len(frame) == len(wp.exceptions)
        assert unexplained == sorted(unexplained, reverse=True)
        assert frame["Explanation"].iloc[-1] == (
            "d1: workload, Peak season, trained in March; evidence: TICKET-7; decided by grc@firm.example, "
            "approved by ciso@firm.example"
        )

    def test_both_directions_are_reconciled(self, wp: Workpaper) -> None:
        exhibit = exhibits.reconciliation(wp)
        assert [table.caption for table in exhibit.tables] == [
            "How accounts were matched to people",
            "People with no account and no record",
        ]
        assert "p6" in list(exhibit.tables[1].frame["Person"])

    def test_requirements_show_the_rule_in_words(self, wp: Workpaper) -> None:
        awareness, aup = exhibits.requirements(wp).table.to_dict("records")
        assert awareness["Met by"] == "SEC-1"
        assert awareness["Rule"] == "due within 30 days; every 12 months"
        assert awareness["Policy"] == "ISP-07 section 3.2"
        assert aup["Applies to"] == "worker type: employee"
        assert aup["Rule"] == "due within 30 days; once; in force from 2023-01-01"

    def test_acknowledgements_are_bound_to_a_version(self, wp: Workpaper) -> None:
        frame = exhibits.acknowledgements(wp).table
        assert dict(zip(frame["Version"], frame["People who acknowledged it"], strict=True)) == {"1": 2, "2": 2}

    def test_the_rules_are_the_text_that_ran(self, wp: Workpaper) -> None:
        texts = {text.caption: text.text for text in exhibits.rules(wp).texts}
        for name in ("person", "stretch", "verdict", "exception"):
            assert texts[name] == (RULES / f"{name}.sql").read_text(encoding="utf-8").strip()

    def test_a_procedure_shows_plan_count_and_details(self, wp: Workpaper) -> None:
        for result in wp.results:
            exhibit = exhibits.procedure(wp, result.procedure.id)
            assert exhibit.result == str(result.outcome)
            assert dict(exhibit.plan)["What was done"] == result.procedure.done
            for check in result.checks:
                assert check.says in exhibit.tables[0].frame["Expected"].tolist()

    def test_an_unknown_procedure_is_refused(self, wp: Workpaper) -> None:
        with pytest.raises(LookupError, match="There is no procedure P99; there are P1, P2"):
            exhibits.procedure(wp, "P99")


class TestGlossary:
    def test_explains_every_word_of_the_enums(self, wp: Workpaper) -> None:
        explained = {word for table in exhibits.glossary(wp).tables for word in table.frame["Word"]}
        assert {str(word).replace("_", " ") for word in (*Status, *DecisionKind, *OUTCOMES)} <= explained

    def test_explains_every_word_of_the_rules(self) -> None:
        def said(name: str) -> set[str]:
            return set(re.findall(r"(?:THEN|ELSE) '(\w+)'", (RULES / f"{name}.sql").read_text(encoding="utf-8")))

        assert said("verdict") == set(words.VERDICTS)
        assert said("exception") == set(words.CAUSES) | set(words.ENDINGS)

    def test_marks_only_words_that_exist(self) -> None:
        assert set(words.VERDICTS) | {str(outcome) for outcome in OUTCOMES} <= set(markup.MARKS)
        assert set(figures.FILLS) == set(words.VERDICTS)


def test_readiness_looks_ahead_from_the_as_of_day(wp: Workpaper) -> None:
    assert wp.window.as_of == date(2026, 1, 10)
    exhibit = exhibits.due_next(wp, days=60)
    assert list(exhibit.table["Person"]) == ["p6", "p3"]
    assert list(exhibit.table["Due on"]) == [date(2026, 1, 14), date(2026, 2, 14)]
    assert "2 duties fall due from 2026-01-11 to 2026-03-11, of 2 people" in exhibit.says[0]


def test_worker_types_are_spelled_as_in_the_tables(wp: Workpaper) -> None:
    assert set(exhibits.population(wp).table["Worker type"]) <= set(WorkerType)
