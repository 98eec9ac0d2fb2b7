"""The exhibits: what they say is what was judged, and nothing of the data becomes markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from inspect import signature
from itertools import pairwise
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest
import small

from workbook_lib import exhibits
from workbook_lib.audit import load_audit
from workbook_lib.exhibits import Exhibit, figures, markup, words
from workbook_lib.procedures import CATALOGUE, OUTCOMES, Outcome
from workbook_lib.publish import rendering
from workbook_lib.readings import READINGS, Reading
from workbook_lib.tables import Answer, DecisionKind, Status, WorkerType
from workbook_lib.workpaper import Workpaper, perform

#: Every exhibit that takes a workpaper alone.
ALL: tuple[Callable[[Workpaper], Exhibit], ...] = tuple(
    getattr(exhibits, name)
    for name in exhibits.__all__
    if name not in {"Chosen", "Exhibit", "Table", "Text", "choices", "rate", "procedure", "person", "account"}
)
#: The rooms behind the functions of the same name.
crosswalk, joiners, lateness, timelines = (
    import_module(f"workbook_lib.exhibits.{name}") for name in ("crosswalk", "joiners", "lateness", "timelines")
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
            "wbr",
            "details",
            "summary",
            "pre",
            "a",
        }
        attributes = {name for tag in re.findall(r"<[^>]+>", page) for name in re.findall(r"\s([a-zA-Z-]+)=", tag)}
        assert attributes <= {
            "class",
            "id",
            "tabindex",
            "role",
            "aria-label",
            "aria-labelledby",
            "scope",
            "href",
            "style",
        }
        styles = re.findall(r' style="([^"]*)"', page)
        label = r"--c\d+:'(\\[0-9A-F]+ |[\w ,.-])*'"
        assert all(re.fullmatch(rf"{label}(;{label})*", style) for style in styles), "a style holds headings alone"
        links = re.findall(r"<a [^>]*>", page)
        assert all(re.fullmatch(r'<a href="#[\w-]+">', link) for link in links), "links lead to places of the page"

    def test_shows_payloads_as_text(self, hostile: Workpaper) -> None:
        page = "".join(exhibit.html for exhibit in shown(hostile))
        assert "&lt;script&gt;window.fired=1&lt;/script&gt;" in page
        assert "Ada‹U+202E›gnp.exe ‹U+200B›Nul" in page

    def test_is_interim_where_the_exports_end_early(self, interim: Workpaper, wp: Workpaper) -> None:
        for make in (exhibits.title, exhibits.bottom_line, exhibits.results, exhibits.verdicts, exhibits.exceptions):
            assert make(interim).banner.startswith(
                "INTERIM. It is judged up to 2025-07-31, and the period goes on to 2025-12-31."
            )
            assert not make(wp).banner
        titled = [make(interim).title for make in (exhibits.title, exhibits.bottom_line)]
        assert titled == ["Organisation and period, INTERIM", "Result, INTERIM"], "the contents repeat the titles"


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
        assert "<td class=n>2,345<td" in page
        assert "<td class=n>1 of 3 (33.3 %)<td" in page
        assert "<td class=d>2025-01-02</tr>" in page
        assert "<td></tr>" in page

    def test_leads_from_a_person_to_the_first_row_about_them(self) -> None:
        frame = pd.DataFrame({"Person": ["E 1", "E 1", None], "Days": [1, 2, 3]})
        shown = markup.table(frame, "c", kind="person", leads="record")
        assert shown.count('<tr id="person-E_20_1">') == shown.count(" id=") == 1
        assert shown.count('<a href="#record-E_20_1">E 1</a>') == shown.count("<a ") == 1
        assert "</tr>\n<tr><td><td class=n>3</tr>" in shown
        assert "<thead><tr><th scope=col>Person</th><th class=n scope=col>Days</th></tr></thead>" in shown

    def test_leads_from_a_cited_rule_to_its_words(self, wp: Workpaper) -> None:
        assert markup.prose("late (C4, C13), not C5") == (
            'late (<a href="#rule-C4">C4</a>, <a href="#rule-C13">C13</a>), not C5'
        )
        assert all(f'<tr id="rule-C{n}">' in exhibits.rules(wp).html for n in range(1, 16))

    def test_a_rule_cited_in_a_cell_leads_to_its_words_and_those_to_its_text(self, tmp_path: Path) -> None:
        wp = perform(load_audit(small.write(tmp_path / "audit")))
        page = exhibits.people_and_verdicts(wp).html
        assert 'no verdict is given (<a href="#rule-C12">C12</a>).' in page
        rules = exhibits.rules(wp)
        texts = dict(zip(rules.table["Rule"], rules.table["Text"], strict=True))
        assert [name for _, name in texts["C12"].places] == ["tally", "verdict", "verdicts", "last_accountable"]
        assert {rule for rule, links in texts.items() if not links.places} == {"C1"}
        for place, name in (pair for links in texts.values() for pair in links.places):
            assert f'<a href="#{place}">{name}</a>' in rules.html
            assert f'<details id="{place}"><summary>{name}</summary>' in rules.html

    def test_marks_closed_words_in_their_column_only(self) -> None:
        page = self.html(who=["missing"], Verdict=["missing"], Name=["met"])
        assert page.count('class="m ') == 1
        assert '<td class="m bad">missing<td' in page

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


@pytest.mark.parametrize(("people", "duties"), [(150, 475), (1200, 3775)])
def test_the_page_stays_small_however_large_the_company(tmp_path: Path, people: int, duties: int) -> None:
    from companies import random_company, write

    audit = load_audit(write(random_company(5, people), tmp_path / "audit"))
    wp = perform(audit)
    for_the_analyst = {
        *("ready", "covered-now", "uncovered", "due-next", "forecast", "reviews-due", "attention", "trend"),
    }
    printed = [exhibit for exhibit in shown(wp) if exhibit.key not in for_the_analyst]
    figures_drawn = [exhibit._repr_mimebundle_()[0][exhibits.exhibit.FIGURE] for exhibit in printed if exhibit.figure]
    size = sum(len(json.dumps(figure, separators=(",", ":"))) for figure in figures_drawn)
    size += sum(len(exhibit.html.encode()) for exhibit in printed)
    assert len(wp.verdicts) == duties
    records = exhibits.completion_records(wp).tables[0]
    assert bool(records.note) == (people > exhibits.records.EVERYBODY), "a small company's records are all there"
    assert size < 630_000, "with plotly.js, 1.84 MB, and the page around it that is close to 2.5 MB"


def test_the_effect_of_a_remark_is_told_for_codes_that_exist() -> None:
    library = Path(markup.__file__).parent.parent
    rooms = [path.read_text(encoding="utf-8") for path in library.rglob("*.py") if path.name != "remarks.py"]
    rooms.append((library / "intake" / "remarks.py").read_text(encoding="utf-8"))
    known = set(re.findall(r'"([a-z0-9_]+)"', "".join(rooms)))
    effects = import_module("workbook_lib.exhibits.remarks").EFFECTS
    assert set(effects) <= known
    assert all(says.endswith(".") for says in effects.values())


class TestFigures:
    def test_are_what_plotly_can_draw(self, wp: Workpaper) -> None:
        drawn = [exhibit for exhibit in shown(wp) if exhibit.figure]
        assert {exhibit.key for exhibit in drawn} == {
            *("coverage", "verdicts", "verdicts-by-type", "joiners", "lateness", "timelines"),
            *("covered-now", "due-next", "forecast", "trend"),
        }
        for exhibit in drawn:
            go.Figure(json.loads(json.dumps(exhibit.figure)), skip_invalid=False)
            assert exhibit.tables, "a figure comes with its data"
            assert len(exhibit.alt) > 40, "and with words for those who cannot see it"
            assert len(json.dumps(exhibit.plot().to_plotly_json(), default=list)) > 100

    def test_say_so_where_there_is_none(self, wp: Workpaper) -> None:
        with pytest.raises(LookupError, match="has no figure"):
            exhibits.sources(wp).plot()

    def test_the_cover_of_each_day_is_that_of_the_stretches(self, wp: Workpaper) -> None:
        lines = figures.lines_by_day(
            wp.rows(exhibits.judgement.COVER_BY_DAY.format(chosen="TRUE")), wp.window, ["awareness", "aup"]
        )
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
        (told,) = [says for says in exhibit.says if says.startswith("2 duties are undetermined")]
        assert "They count against the rate" in told

    def test_a_procedure_that_was_not_performed_is_no_pass(self, wp: Workpaper) -> None:
        outcomes = [str(result.outcome) for result in wp.results]
        clean, noted = outcomes.count("no exceptions noted"), outcomes.count("exceptions noted")
        assert exhibits.bottom_line(wp).says[-1] == (
            f"Procedures performed: {clean + noted} of {len(outcomes)}. No exceptions noted: {clean}. "
            f"Exceptions noted: {noted}. Not performed: {outcomes.count('not performed')}. Whether the control is "
            "effective is for the auditor to judge."
        )

    def test_answers_first(self, wp: Workpaper) -> None:
        assert exhibits.bottom_line(wp).says[0] == (
            "Was everybody covered on every day from 2025-01-01 to 2025-12-31 on which they had to be? "
            "No: 7 exceptions, by 4 of 8 people; 6 of the "
            "exceptions have no recorded explanation; 1 person cannot be judged."
        )

    def test_says_yes_only_where_nothing_was_found(self, tmp_path: Path) -> None:
        from folders import make

        line = exhibits.bottom_line(perform(load_audit(make(tmp_path))))
        assert line.says[0] == (
            "Was everybody covered on every day from 2025-01-01 to 2025-12-31 on which they had to be? "
            "Yes, by the records: 0 exceptions in 9 judged "
            "duties of 4 people."
        )

    def test_does_not_say_that_the_exports_end_where_the_user_set_the_day(self, interim: Workpaper) -> None:
        (told,) = [says for says in exhibits.bottom_line(interim).says if " missing: " in says]
        assert told.endswith("; nothing after 2025-07-31 was looked at.")

    def test_tells_a_person_who_cannot_be_judged_from_an_exception(self, tmp_path: Path) -> None:
        from folders import make, plus

        folder = make(tmp_path, plus("people", "E5,Eve,bo2@acme.example,employee,Sales,,"))
        assert exhibits.bottom_line(perform(load_audit(folder))).says[0] == (
            "Was everybody covered on every day from 2025-01-01 to 2025-12-31 on which they had to be? "
            "Not shown: 0 exceptions, but 1 person cannot be "
            "judged."
        )

    def test_says_which_missing_duties_were_completed_after_the_period(self, tmp_path: Path) -> None:
        from folders import SOUND, make

        late = {"completions": SOUND["completions"].replace("2025-11-20T", "2026-01-02T")}
        wp = perform(load_audit(make(tmp_path, late)))
        assert (
            exhibits.bottom_line(wp)
            .says[0]
            .endswith(" No: 1 exception, by 1 of 4 people; it has no recorded explanation.")
        )
        assert exhibits.bottom_line(wp).says[2] == (
            "1 duty is missing: cover did not come back on a judged day; 1 of them was completed after those days, by "
            "2026-01-04, and 0 were not."
        )
        (why,) = [row["why"] for row in wp.verdicts if row["verdict"] == "missing"]
        assert why == (
            "Not covered on 30 required days between 2025-12-02 and 2025-12-31; completed on 2026-01-02, after the "
            "judged days; before that on 2024-12-02."
        )


class TestWhatIsListed:
    def test_control_totals_tie(self, wp: Workpaper) -> None:
        frame, readings = (table.frame for table in exhibits.totals(wp).tables)
        assert list(frame["Rows read"]) == [u + q for u, q in zip(frame["Used"], frame["Quarantined"], strict=True)]
        assert frame["Rows read"].iloc[-1] == sum(frame["Rows read"].iloc[:-1])
        assert [
            used + left + quarantined
            for used, left, quarantined in zip(
                readings["Used"], readings["Left to another reading"], readings["Quarantined"], strict=True
            )
        ] == list(readings["Rows read"])
        assert {*frame["Control total"], *readings["Control total"]} == {"ties"}

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
        assert exhibit.says[1].startswith("Below the table stands how each file was read"), "on paper nothing opens"
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
        assert (len(wp.quarantine), len(unread)) == (4, 4)
        assert exhibit.says[0].startswith(
            "0 rows were set aside by a rule of the format and used by no other reading, 3 could not be read, and 1 "
            "decision was refused."
        )
        assert [table.caption for table in exhibit.tables[1:]] == [
            "Rows that could not be read",
            "Decisions that were refused",
        ]
        assert exhibit.tables[2].frame["Value"].tolist() == ["p3"]
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
            "People with no account or record of their own",
        ]
        assert "p6" in list(exhibit.tables[1].frame["Person"])

    def test_requirements_show_the_rule_in_words(self, wp: Workpaper) -> None:
        awareness, aup = exhibits.requirements(wp).table.to_dict("records")
        assert awareness["Met by"] == "SEC-1"
        assert awareness["Rule"] == "due within 30 days; every 12 months"
        assert awareness["Policy"] == "ISP-07 section 3.2"
        assert aup["Applies to"] == "worker type: employee"
        assert aup["Rule"] == "due within 30 days; once, and again with each material version; in force from 2023-01-01"

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

    def test_a_procedure_does_not_repeat_what_another_exhibit_lists(self, wp: Workpaper) -> None:
        exhibit = exhibits.procedure(wp, "P1")
        assert [table.caption for table in exhibit.tables] == [
            "What was expected, and how many items are not so",
            "Details: Every person's rows in the people export can be read.",
            "Details: Each exclusion and each link was approved by a second person, and names its evidence.",
        ]
        assert '<a href="#reconciliation">People against accounts and records</a>' in exhibit.html
        assert dict(exhibit.plan)["Exceptions"] == "2 of 13 (15.4 %) people and accounts"

    def test_the_programme_says_what_is_missing_in_it(self, wp: Workpaper) -> None:
        says = exhibits.programme(wp).says
        assert markup.prose(says[0]).endswith(
            "Missing in it: how completion is tracked; how content is updated. P10 shows where each part was found."
        )
        assert says[1].startswith("It was approved on 2025-01-10: for 9 judged days before that")
        assert exhibits.procedure(wp, "P10").tables[1].frame["Found in"].tolist() == [
            "How often",
            "Who must",
            None,
            None,
            "stated in audit.toml",
        ]

    def test_an_unknown_procedure_is_refused(self, wp: Workpaper) -> None:
        with pytest.raises(LookupError, match="There is no procedure P99; there are P1, P2"):
            exhibits.procedure(wp, "P99")


class TestGlossary:
    def test_claims_one_meaning_within_a_list_only(self, wp: Workpaper) -> None:
        exhibit = exhibits.glossary(wp)
        words_of_it = [word for table in exhibit.tables for word in table.frame.iloc[:, 0]]
        assert exhibit.says == (f"{len(words_of_it)} entries: each word has one meaning in its list.",)
        assert len(set(words_of_it)) < len(words_of_it)
        assert all(table.frame.iloc[:, 0].is_unique for table in exhibit.tables)
        assert "Verdicts" in [table.caption for table in exhibit.tables]  # and not in the order of C12

    def test_explains_every_word_of_the_enums(self, wp: Workpaper) -> None:
        explained = {
            (table.caption, line[0]): line[1]
            for table in exhibits.glossary(wp).tables
            for line in table.frame.itertuples(index=False)
        }
        assert all(len(says.split()) >= 3 for says in explained.values())
        for caption, enum in (
            ("Results of a procedure", Outcome),
            ("Readings of annual", Reading),
            ("Status of a training record", Status),
            ("Status of an acknowledgement", Answer),
            ("Worker types", WorkerType),
            ("Kinds of decision", DecisionKind),
        ):
            words_of_it = [word for group, word in explained if group == caption]
            assert sorted(words_of_it) == sorted(str(member).replace("_", " ") for member in enum)

    def test_explains_how_accounts_are_matched(self) -> None:
        text = (RULES / "account_person.sql").read_text(encoding="utf-8")
        assert set(re.findall(r"(?:THEN|ELSE) '([\w -]+)'", text)) == set(words.MATCHES)

    def test_explains_every_word_of_the_rules(self) -> None:
        def said(name: str) -> set[str]:
            return set(re.findall(r"(?:THEN|ELSE) '(\w+)'", (RULES / f"{name}.sql").read_text(encoding="utf-8")))

        assert said("verdict") == set(words.VERDICTS)
        assert said("exception") == set(words.CAUSES) | set(words.ENDINGS)

    def test_marks_only_words_that_exist(self) -> None:
        assert set(words.VERDICTS) | {str(outcome) for outcome in OUTCOMES} <= set(markup.MARKS)
        assert set(figures.FILLS) == set(words.VERDICTS)


def test_worker_types_are_spelled_as_in_the_tables(wp: Workpaper) -> None:
    spelled = {str(kind).replace("_", " ") for kind in WorkerType}
    assert set(exhibits.population(wp).table["Worker type"]) <= spelled
    (types,) = [table.frame for table in exhibits.glossary(wp).tables if table.caption == "Worker types"]
    codes = dict(zip(types["Word"], types["Code in the pack"], strict=True))
    assert codes == {str(kind).replace("_", " "): str(kind) for kind in WorkerType}


class TestReadings:
    def test_counts_who_passes_under_each(self, wp: Workpaper) -> None:
        exhibit = exhibits.readings(wp)
        assert exhibit.says[0].startswith(
            "3 of 6 (50.0 %) accountable people would have another result under some other"
        )
        assert list(exhibit.table.itertuples(index=False, name=None)) == [
            (
                *("awareness", "rolling", "3 of 6 (50.0 %)", "5 of 6 (83.3 %)", "4 of 6 (66.7 %)", "none named"),
                *("3 of 6 (50.0 %)", 3),
            )
        ]
        assert list(exhibit.tables[1].frame["A person passes when"]) == list(READINGS.values())

    def test_names_whose_result_turns_and_why(self, wp: Workpaper) -> None:
        frame = exhibits.readings(wp).tables[2].frame
        assert list(frame["Person"]) == ["p2", "p4", "p8"]
        assert list(frame["The audit's own reading"]) == ["rolling: fails", "rolling: passes", "rolling: fails"]
        assert list(frame["Read otherwise"]) == [
            "in period, trailing: pass",
            "in period: fails",
            "in period, trailing: pass",
        ]
        assert frame["Why"].iloc[1] == (
            "rolling: covered on every accountable day; in period: no record from 2025-01-01 to 2025-06-30."
        )

    def test_a_short_period_is_not_testable(self, tmp_path: Path) -> None:
        folder = small.write(tmp_path / "audit")
        toml = folder / "audit.toml"
        toml.write_text(
            toml.read_text(encoding="utf-8").replace("end = 2025-12-31", "end = 2025-06-30"), encoding="utf-8"
        )
        assert exhibits.readings(perform(load_audit(folder))).table["In period"].tolist() == ["not testable"]


class TestTimesOfExceptions:
    def test_lengths_add_up_to_the_exceptions(self, wp: Workpaper) -> None:
        exhibit = exhibits.lateness(wp)
        days = sorted(row["days"] for row in wp.exceptions)
        assert days == [7, 59, 74, 154, 154, 181, 195]
        assert exhibit.says[0] == (
            "Half of 7 exceptions lasted 154 days or less, the longest 195 days. Longer than 30 days: 6 of 7 (85.7 %)."
        )
        assert exhibit.table["Exceptions"].tolist() == [1, 0, 2, 2, 2]
        figure = exhibit.figure or {}
        assert [sum(heights) for heights in zip(*(bar["y"] for bar in figure["data"]), strict=True)] == [1, 0, 2, 2, 2]

    def test_every_cause_and_state_has_its_fill(self) -> None:
        assert set(lateness.FILLS) == set(words.CAUSES)
        fills = [*lateness.FILLS.values(), *timelines.FILLS.values(), *figures.FILLS.values()]
        assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour, _ in fills)
        for group in (lateness.FILLS, timelines.FILLS, figures.FILLS, joiners.DOTS):
            assert len({sign for _, sign in group.values()}) == len(group), "told apart without their colours"

    def test_the_greys_of_verdicts_have_shades_of_their_own_on_paper(self) -> None:
        style = (rendering.TEMPLATES / "audit/print.css").read_text(encoding="utf-8")
        shades = dict(re.findall(r'pattern > \[fill="rgb\(([0-9, ]+)\)"\] { fill: (#[0-9a-f]{6}); }', style))
        grey = {verdict: figures.FILLS[verdict][0] for verdict in ("excused", "pending", "left")}
        rgb = {verdict: ", ".join(str(part) for part in bytes.fromhex(grey[verdict][1:])) for verdict in grey}
        assert set(shades) <= set(rgb.values()), "a colour of the figures changed"
        printed = sorted(int(shades.get(rgb[verdict], grey[verdict])[3:5], 16) for verdict in grey)
        assert min(lighter - darker for darker, lighter in pairwise(printed)) > 60

    def test_each_day_of_a_drawn_duty_is_in_one_bar(self, wp: Workpaper) -> None:
        exhibit = exhibits.timelines(wp)
        assert "Drawn are 6 duties of 4 of 4 people with an exception" in exhibit.says[0]
        frame = exhibit.table
        uncovered = frame[frame["Days are"] == "uncovered"]
        drawn = {(row.Person, row.Requirement, max(row.From, wp.window.start)) for row in uncovered.itertuples()}
        assert {(row["person_id"], row["requirement_id"], row["from"]) for row in wp.exceptions} <= drawn
        for _, bars in frame.groupby(["Person", "Requirement"]):
            assert all(to < following for to, following in zip(bars["To"], bars["From"].iloc[1:], strict=False))
        data = (exhibit.figure or {})["data"]
        assert sum(len(trace["y"]) for trace in data) == len(frame)
        told = f"{sum(row['days'] for row in wp.exceptions)} uncovered days in all, up to 2025-12-31."
        assert told in exhibit.says[0]  # the days after the period are drawn, and not counted
        assert max(uncovered["To"]) == wp.window.as_of > wp.window.end
        days = sum(length for trace in data for length in trace["x"]) / timelines.MILLISECONDS
        assert days == sum((row.To - row.From).days + 1 for row in frame.itertuples())

    def test_only_the_first_people_are_drawn(self, tmp_path: Path) -> None:
        from companies import random_company, write

        wp = perform(load_audit(write(random_company(5, 120), tmp_path / "audit")))
        exhibit = exhibits.timelines(wp)
        assert exhibit.table["Person"].nunique() == timelines.MOST_PEOPLE
        unexplained = {row["person_id"] for row in wp.exceptions if not row["explained_by"]}
        assert set(exhibit.table["Person"]) == set(sorted(unexplained)[: timelines.MOST_PEOPLE])
        assert len(unexplained) > timelines.MOST_PEOPLE

    def test_stretches_that_touch_are_one_bar(self) -> None:
        bars = [
            timelines.Bar(1, "p", "r", date(2025, 1, 1), date(2025, 1, 31), "covered"),
            timelines.Bar(1, "p", "r", date(2025, 2, 1), date(2025, 2, 9), "covered"),
            timelines.Bar(1, "p", "r", date(2025, 2, 11), date(2025, 2, 12), "covered"),
            timelines.Bar(2, "p", "s", date(2025, 2, 13), date(2025, 2, 14), "covered"),
        ]
        assert [(bar.place, bar.first.day, bar.last.day) for bar in timelines.joined(bars)] == [
            (1, 1, 9),
            (1, 11, 12),
            (2, 13, 14),
        ]


class TestJoiners:
    def test_stand_where_they_were_first_covered(self, tmp_path: Path) -> None:
        from companies import row
        from test_oracle import YEARLY, hired, trained
        from test_oracle import small as company_of
        from test_readings import judged

        people = [
            *(hired("2025-03-01", person_id="in time"), trained("2025-03-31", account="in time")),
            *(hired("2025-03-01", person_id="late"), trained("2025-04-10", account="late")),
            *(hired("2025-03-01", "2025-05-20", person_id="left without"), hired("2025-11-01", person_id="never")),
            *(hired("2025-03-01", person_id="before"), trained("2025-02-20", account="before")),
            *(hired("2025-03-01", person_id="away"), trained("2025-06-01", account="away")),
            row("leave", person_id="away", start_date="2025-03-10", end_date="2025-05-31") | {"table": "leave"},
            hired("2025-12-20", person_id="not yet due"),
        ]
        exhibit = exhibits.joiners(judged(company_of(YEARLY, *people), tmp_path / "company"))
        frame = exhibit.tables[1].frame
        assert list(frame[["Person", "State", "Days after start"]].itertuples(index=False, name=None)) == [
            ("late", "late", 40),
            ("left without", "not covered", 80),
            ("never", "not covered", 119),
            ("away", "excused", 92),
            ("before", "on time", 0),
            ("in time", "on time", 30),
        ]
        assert exhibit.says[0].startswith("On or before the due day: 2 of 6 (33.3 %) duties of joiners")
        assert exhibit.table.iloc[0].tolist() == ["R", "30 days", 2, 1, 2, 1, 30]
        assert exhibit.table.columns[-1] == "Of those covered, half within days"
        dots = {trace["name"]: trace["x"] for trace in (exhibit.figure or {})["data"]}
        assert dots == {
            "due day": [30, 30, None],
            "on time": [0, 30],
            "late": [40],
            "not covered": [80, 119],
            "excused": [92],
        }


class TestWorkerTypes:
    def test_each_group_is_counted_once(self, wp: Workpaper) -> None:
        exhibit = exhibits.verdicts_by_type(wp)
        assert exhibit.says[0] == (
            "The lowest share met of any requirement and worker type is 0 of 1 (0 %): awareness, third party. Every duty "
            "was met in 1 of 4 groups."
        )
        assert exhibit.table["Duties"].sum() == len(wp.verdicts)
        bars = (exhibit.figure or {})["data"]
        assert [round(sum(lengths)) for lengths in zip(*(bar["x"] for bar in bars), strict=True)] == [100] * 4
        axis = (exhibit.figure or {})["layout"]["yaxis"]
        assert axis["dtick"] == 1, "each bar has its label, however narrow the page is"

    def test_many_groups_are_cut(self, wp: Workpaper, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exhibits.judgement, "MOST_BARS", 2)
        exhibit = exhibits.verdicts_by_type(wp)
        assert (exhibit.figure or {})["data"][0]["y"] == ["awareness, third party (1)", "aup, employee (5)"]
        assert exhibit.says[1].endswith("Drawn are the 2 groups with the lowest share met.")


class TestCrosswalk:
    def test_names_only_procedures_of_the_catalogue(self, wp: Workpaper) -> None:
        known = {plan.id for plan in CATALOGUE}
        used = {number for _, _, _, procedures in crosswalk.CLAUSES for number in procedures}
        assert used <= known
        assert len({clause[:2] for clause in crosswalk.CLAUSES}) == len(crosswalk.CLAUSES)
        says = exhibits.crosswalk(wp).says
        assert says[0].startswith("21 clauses of 6 other frameworks")
        # AT-3, PR.AT-02 and 14.9, for no requirement of this audit names a role; AT-6, for there is no log of reminders.
        assert says[0].endswith("no procedure that was performed here bears on 4 of them.")
        assert "no claim of compliance" in says[1]

    def test_says_where_nothing_bears_and_which_topics_were_looked_for(self, wp: Workpaper) -> None:
        table = exhibits.crosswalk(wp).tables[0]
        bears = dict(zip(table.frame["Clause"], table.frame["Procedures"], strict=True))
        assert (bears["12.6.2"], bears["AT-6"]) == ("P9", "P13 (not performed)")
        topics = re.sub("[\u2068\u2069]", "", table.note).split(": ")[1]
        assert topics == ", ".join(wp.audit.settings.required_topics) + "."

    def test_counts_the_measures_of_cis(self, wp: Workpaper) -> None:
        frame = exhibits.crosswalk(wp).tables[1].frame
        assert dict(zip(frame["Measure"], frame["Value"], strict=True)) == {
            "M1": "1",
            "M2": "10 (on 2025-02-01)",
            "M3": "6",
            "M4": "4",
            "M5": "2",
            "M6": "4",
            "M7": "0",
            "M4 / M3": "4 of 6 (66.7 %)",
            "M6 / M3": "4 of 6 (66.7 %)",
        }


class TestLimits:
    def test_each_choice_has_its_number(self, wp: Workpaper) -> None:
        frame = exhibits.limitations(wp).table
        told = dict(zip(words.CHOICES, frame["In this audit"], strict=True))
        assert told["role history"] == (
            "8 of 8 (100 %) people rows are from such exports; 0 requirements ask for a role or department."
        )
        assert told["campaign"] == "0 campaigns; 0 people trained too early for one."
        assert told["short leave"] == "0 of 1 (0 %) leave rows are shorter than 14 days."
        assert told["annual"] == "3 people have another result under some other reading."
        assert told["unreadable"] == ("3 rows could not be read; 1 decision was refused; 1 person is undetermined.")
        assert told["accounts"] == (
            "0 of 6 (0 %) accounts of the systems, with records or without, belong to nobody; 1 account is left out by a "
            "decision and not among them."
        )
        assert [key for key, says in told.items() if not re.search(r"\d", says)] == ["effective"]

    def test_the_commands_name_this_period(self, wp: Workpaper) -> None:
        commands = exhibits.verify(wp, "J. O'Doe").texts[0].text.splitlines()
        assert "workbook verify . --recompute" in commands
        assert (
            "workbook run data/inputs --period 2025 --as-of 2026-01-10 --prepared-by 'J. O'\"'\"'Doe' --out ../made-again"
        ) in commands


def test_every_listing_ends_in_its_order_and_is_counted_without_it(
    wp: Workpaper, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []
    frame = Workpaper.frame
    monkeypatch.setattr(Workpaper, "frame", lambda self, query: (queries.append(query), frame(self, query))[1])
    for make in (getattr(exhibits, name) for name in exhibits.__all__):
        needed = [one.name for one in signature(make).parameters.values() if one.default is one.empty]
        if needed == ["wp"]:
            make(wp)
    listings = [query.rpartition(" LIMIT ")[0] for query in queries if " LIMIT " in query]
    listings += [check.listing for result in wp.results for check in result.checks if check.listing]
    assert len(listings) > 20
    for query in listings:
        unsorted, order, _ = query.rpartition("ORDER BY")
        assert order, query
        assert wp.number(f"SELECT COUNT(*) FROM ({unsorted}) l") == wp.number(f"SELECT COUNT(*) FROM ({query}) l"), (
            query
        )
