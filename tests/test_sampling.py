"""The auditor's selection: anybody can draw it again; sizes are exact; the sheet says what the exports say."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from commands import here
from companies import random_company
from companies import write as write_company
from folders import SOUND, make, plus, without
from python_calamine import CalamineWorkbook

from workbook_lib import exhibits, listings, testsheet
from workbook_lib.audit import load_audit
from workbook_lib.csv_tables import unescape
from workbook_lib.procedures.people import NOT_IN_THE_SYSTEM
from workbook_lib.sampling import (
    ATTRIBUTES,
    EVERYBODY,
    METHOD,
    STRATA,
    TENTH,
    Candidate,
    Selection,
    Stratum,
    chance_of_meeting,
    confidence,
    fewest,
    fixed,
    rule_for,
    select,
)
from workbook_lib.tables import UserError
from workbook_lib.workpaper import Workpaper, perform

NORTHWIND = Path(__file__).parents[1] / "data_samples" / "northwind"
FORMULAS = ("=1+1", "+49 30 1", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0", "https://acme.example/", "00123")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def candidate(person_id: str, stratum: Stratum = Stratum.CURRENT, *, deviates: bool = False) -> Candidate:
    return Candidate(person_no=0, person_id=person_id, stratum=stratum, deviates=deviates, undetermined=False)


def chosen(selection: Selection) -> list[tuple[str, str]]:
    return [(str(part.stratum), drawn.candidate.person_id) for part in selection.parts for drawn in part.drawn]


def sheet(wp: Workpaper, selection: Selection) -> list[dict[str, object]]:
    return [dict(zip(testsheet.COLUMNS, line, strict=True)) for line in testsheet.lines(wp, selection)]


def sheet_of(folder: Path) -> dict[tuple[object, object], dict[str, object]]:
    """Every duty of a small company, by person and requirement."""
    wp = perform(load_audit(folder))
    return {(line["person_id"], line["requirement_id"]): line for line in sheet(wp, testsheet.draw(wp, EVERYBODY))}


@pytest.fixture(scope="module")
def northwind() -> Workpaper:
    return perform(load_audit(NORTHWIND), "2025")


class TestSelection:
    def test_is_the_smallest_digests_of_seed_stratum_and_person(self) -> None:
        people = [candidate(f"{no:05}", stratum) for no in range(40) for stratum in (Stratum.JOINERS, Stratum.CURRENT)]
        expected = []
        for stratum in ("joiners", "current"):
            digests = sorted(
                (hashlib.sha256(f"4711|{stratum}|{no:05}".encode()).hexdigest(), f"{no:05}") for no in range(40)
            )
            expected += [(stratum, person_id) for _, person_id in digests[:7]]
        assert chosen(select(people, fixed(7), "4711")) == expected

    def test_does_not_depend_on_the_order_of_the_input(self) -> None:
        people = [candidate(f"p{no}") for no in range(100)]
        assert chosen(select(people, TENTH, "x")) == chosen(select(people[::-1], TENTH, "x"))

    def test_is_another_for_another_seed(self) -> None:
        people = [candidate(f"p{no}") for no in range(100)]
        drawn = [frozenset(chosen(select(people, TENTH, seed))) for seed in ("2024", "2025", "2026")]
        assert len(set(drawn)) == 3

    def test_of_fewer_is_the_beginning_of_a_selection_of_more(self) -> None:
        people = [candidate(f"p{no}") for no in range(50)]
        assert chosen(select(people, fixed(30), "x"))[:12] == chosen(select(people, fixed(12), "x"))

    def test_lists_strata_without_people_too(self) -> None:
        selection = select([candidate("p1")], TENTH, "x")
        assert [(part.stratum, part.people, part.size) for part in selection.parts] == [
            (stratum, int(stratum is Stratum.CURRENT), int(stratum is Stratum.CURRENT)) for stratum in Stratum
        ]

    def test_takes_ids_that_are_not_ascii_as_utf_8(self) -> None:
        selection = select([candidate("Zoë|1")], TENTH, "ä")
        [drawn] = next(part for part in selection.parts if part.people).drawn
        assert drawn.rank == hashlib.sha256(b"\xc3\xa4|current|Zo\xc3\xab|1").hexdigest()


def no_deviation_seen(people: int, deviating: int, size: int) -> Fraction:
    """Share of all possible selections that hold none of the first `deviating` people, counted one by one."""
    selections = list(combinations(range(people), size))
    return Fraction(sum(min(selection, default=people) >= deviating for selection in selections), len(selections))


class TestSizes:
    def test_the_chance_is_that_of_counting_every_selection(self) -> None:
        for people in range(1, 10):
            for deviating in range(people + 1):
                for size in range(people + 1):
                    expected = 1 - no_deviation_seen(people, deviating, size)
                    assert chance_of_meeting(people, deviating, size) == expected

    def test_the_chance_is_the_published_one(self) -> None:
        known = [(100, 1, "0.2500"), (200, 2, "0.2349"), (500, 5, "0.2270"), (40, 1, "0.6250")]
        assert [f"{float(chance_of_meeting(people, d, 25)):.4f}" for people, d, _ in known] == [x for *_, x in known]

    @pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(9, 10), Fraction(95, 100)])
    @pytest.mark.parametrize("tolerable", [Fraction(1, 20), Fraction(1, 10), Fraction(1, 3)])
    def test_the_size_is_the_smallest_that_is_enough(self, level: Fraction, tolerable: Fraction) -> None:
        for people in range(1, 11):
            deviating = next(n for n in range(people + 1) if Fraction(n, people) >= tolerable)
            enough = [n for n in range(people + 1) if no_deviation_seen(people, deviating, n) <= 1 - level]
            assert fewest(people, level, tolerable) == min(enough)

    def test_exactly_on_the_limit_is_enough(self) -> None:
        """20 people, one deviation: 18 selected leave a chance of 2/20, exactly 10 %. In floating point it is more."""
        assert fewest(20, Fraction(9, 10), Fraction(1, 20)) == 18

    def test_a_large_population_gives_the_known_sizes(self) -> None:
        pairs = [(90, 10, 22), (95, 10, 29), (90, 5, 45), (95, 5, 59)]
        assert [fewest(10**6, Fraction(c, 100), Fraction(t, 100)) for c, t, _ in pairs] == [n for *_, n in pairs]

    def test_more_confidence_takes_more_and_more_tolerance_takes_fewer(self) -> None:
        for people in (1, 7, 40, 52, 300):
            by_level = [fewest(people, Fraction(c, 100), Fraction(1, 10)) for c in (50, 80, 90, 95, 99)]
            by_rate = [fewest(people, Fraction(9, 10), Fraction(t, 100)) for t in (1, 5, 10, 20, 50)]
            assert by_level == sorted(by_level)
            assert by_rate == sorted(by_rate, reverse=True)
            assert 1 <= min(by_level + by_rate) <= max(by_level + by_rate) <= people

    def test_a_tenth_is_at_least_3_and_at_most_30(self) -> None:
        sizes = {0: 0, 1: 1, 2: 2, 3: 3, 30: 3, 31: 4, 40: 4, 41: 5, 300: 30, 301: 30, 10**6: 30}
        assert {people: TENTH.size(people) for people in sizes} == sizes

    def test_all_and_fixed_never_take_more_than_there_are(self) -> None:
        assert [EVERYBODY.size(n) for n in (0, 1, 700)] == [0, 1, 700]
        assert [fixed(25).size(n) for n in (0, 24, 25, 26)] == [0, 24, 25, 25]

    def test_the_chance_of_all_strata_is_that_of_none_missing_each(self) -> None:
        people = [candidate(f"j{n}", Stratum.JOINERS, deviates=n == 0) for n in range(6)]
        people += [candidate(f"l{n}", Stratum.LEAVERS, deviates=n < 2) for n in range(8)]
        selection = select(people, fixed(3), "x")
        assert [part.chance for part in selection.parts if part.people] == [Fraction(1, 2), Fraction(9, 14)]
        assert selection.chance == 1 - Fraction(1, 2) * Fraction(5, 14)


class TestRule:
    @pytest.mark.parametrize(
        ("options", "name"),
        [
            ((None, None, None, None), "tenth"),
            ((None, 25, None, None), "fixed"),
            (("fixed", 25, None, None), "fixed"),
            ((None, None, "95", None), "confidence"),
            ((None, None, None, "5%"), "confidence"),
            (("confidence", None, None, None), "confidence"),
            (("all", None, None, None), "all"),
        ],
    )
    def test_is_named_or_follows_from_the_options(self, options: tuple, name: str) -> None:
        assert rule_for(*options).name == name

    def test_takes_per_cent_exactly(self) -> None:
        rule = rule_for(None, None, "97.5 %", "2.5")
        assert rule.size(400) == fewest(400, Fraction(39, 40), Fraction(1, 40)) == 123
        assert rule.says.startswith("confidence 97.5 %, tolerable rate 2.5 %: ")
        assert rule.says.endswith("is at most 2.5 %; hypergeometric")
        assert rule_for("confidence", None, None, None).says == confidence(Decimal(90), Decimal(10)).says

    @pytest.mark.parametrize(
        ("options", "where"),
        [
            (("half", None, None, None), "--rule half"),
            (("fixed", None, None, None), "--size"),
            ((None, 0, None, None), "--size"),
            (("all", 3, None, None), "--size"),
            (("tenth", None, "90", None), "--confidence and --tolerable-rate"),
            ((None, 3, None, "5"), "--confidence and --tolerable-rate"),
            ((None, None, "0.95", None), "--confidence 0.95"),
            ((None, None, "100", None), "--confidence 100"),
            ((None, None, "high", None), "--confidence high"),
            ((None, None, "NaN", None), "--confidence NaN"),
            ((None, None, None, "0.05"), "--tolerable-rate 0.05"),
            ((None, None, None, "51"), "--tolerable-rate 51"),
        ],
    )
    def test_is_refused_where_it_makes_no_sense(self, options: tuple, where: str) -> None:
        with pytest.raises(UserError) as refused:
            rule_for(*options)
        [problem] = refused.value.problems
        assert problem.where == where
        assert problem.effect == "nothing was selected and nothing was written."


class TestStrata:
    def test_are_what_their_definition_says(self, tmp_path: Path) -> None:
        people = plus(
            "people",
            "E3,Jo,jo@acme.example,employee,Sales,2025-02-01,2025-03-31",
            "E4,Re,re@acme.example,employee,Sales,2020-01-01,2025-02-28",
            "E4,Re,re@acme.example,employee,Sales,2025-09-01,",
            "E5,Tr,tr@acme.example,contractor,Sales,2024-01-01,2025-05-31",
            "E5,Tr,tr@acme.example,employee,Sales,2025-06-01,",
            "E6,Un,un@acme.example,employee,Sales,soon,",
            "C2,Uc,uc@agency.example,third_party,Sales,soon,",
            "E7,Ol,ol@acme.example,employee,Sales,2020-01-01,2024-12-31",
            "E8,La,la@acme.example,employee,Sales,2020-01-01,2025-12-31",
            "F1,Fi,fi@acme.example,employee,Sales,2025-01-01,",
            "F2,Ch,ch@acme.example,employee,Sales,2020-01-01,2025-06-30",
            "F2,Ch,ch@acme.example,employee,Engineer,2025-07-01,",
        )
        wp = perform(load_audit(make(tmp_path / "acme", people)))
        strata = {person.person_id: str(person.stratum) for person in testsheet.candidates(wp)}
        assert strata == {
            "C1": "contractors",
            "C2": "contractors",  # their type is known, though their days are not
            "E1": "current",
            "E2": "joiners",
            "E3": "joiners",  # left again
            "E4": "joiners",  # came back
            "E5": "contractors",  # on some judged day
            "E6": "unreadable",
            "E8": "current",  # the last day of the period is a judged day
            "E9": "leavers",
            "F1": "joiners",  # on the first day of the period
            "F2": "current",  # a change of role begins no engagement
        }

    def test_stand_in_the_pack_beside_every_row_of_the_people_exports(self, tmp_path: Path) -> None:
        people = plus(
            "people",
            "E6,Un,un@acme.example,employee,Sales,soon,",
            "C2,Uc,uc@agency.example,contractor,Sales,2025-02-01,soon",
            "E7,Ol,ol@acme.example,employee,Sales,2020-01-01,2024-12-31",
            "E8,Tw,tw@acme.example,employee,Sales,soon,",
            "E8,Tw,tw@acme.example,employee,Engineer,2025-02-01,",
        )
        listings.write_tables(perform(load_audit(make(tmp_path / "acme", people))), tmp_path)
        columns = ("person_id", "start_date", "readable", "in_population", "stratum")
        assert [tuple(map(row.get, columns)) for row in rows(tmp_path / "tables/population.csv")] == [
            ("C1", "2024-05-01", "true", "true", "contractors"),
            ("C2", "2025-02-01", "false", "true", "contractors"),  # its last day, empty here, is no open end
            ("E1", "2023-01-09", "true", "true", "current"),
            ("E2", "2025-03-03", "true", "true", "joiners"),
            ("E6", "", "false", "true", "unreadable"),
            ("E7", "2020-01-01", "true", "false", ""),
            ("E8", "2025-02-01", "true", "true", "unreadable"),
            ("E8", "", "false", "true", "unreadable"),
            ("E9", "2023-01-09", "true", "true", "leavers"),
        ]
        says = listings.SAYS["population"]
        assert "in_population" in says
        assert "stratum" in says

    @pytest.mark.parametrize("seed", range(2))
    def test_part_the_population_of_procedure_p1(self, tmp_path: Path, seed: int) -> None:
        wp = perform(load_audit(write_company(random_company(seed, 150), tmp_path / "audit")))
        people = list(testsheet.candidates(wp))
        (of_people,) = [check.tested for check in wp.results[0].checks if check.listing == NOT_IN_THE_SYSTEM]
        assert len({person.person_id for person in people}) == len(people) == of_people
        assert {row["person_id"] for row in wp.verdicts} <= {person.person_id for person in people}
        deviating = {row["person_id"] for row in wp.verdicts if row["verdict"] in ("late", "missing")}
        assert {person.person_id for person in people if person.deviates} == deviating
        assert len({person.stratum for person in people}) >= 4

    def test_are_all_defined(self) -> None:
        assert set(STRATA) == set(Stratum)


class TestSheet:
    def test_has_each_duty_of_each_person_selected(self, northwind: Workpaper) -> None:
        selection = testsheet.draw(northwind)
        selected = {person_id for _, person_id in chosen(selection)}
        expected = [row for row in northwind.verdicts if row["person_id"] in selected]
        lines = sheet(northwind, selection)
        assert {(line["person_id"], line["requirement_id"], line["verdict"], line["why"]) for line in lines} == {
            (row["person_id"], row["requirement_id"], row["verdict"], row["why"]) for row in expected
        }
        assert len(lines) == len(expected)

    def test_says_what_the_exports_say(self, tmp_path: Path) -> None:
        line = sheet_of(make(tmp_path / "acme"))["E1", "awareness"]
        assert line == {
            "stratum": "current", "place": 1, "person_id": "E1", "name": "Ada", "worker_type": "employee",
            "start_date": date(2023, 1, 9), "end_date": None, "requirement_id": "awareness",
            "due_on": date(2025, 12, 2), "completed_on": date(2025, 11, 20), "verdict": "met",
            "why": "Covered on every required day since 2025-01-01; last completed on 2025-11-20.",
            "exceptions": 0, "explained_by": None, "content": "SEC-101", "file": "completions.csv", "row": 3,
            "sha256": hashlib.sha256(b"2025|current|E1").hexdigest(),
            "A": None, "B": None, "C": None, "D": None, "E": None, "remarks": None,
        }  # fmt: skip

    def test_shows_the_first_due_day_of_a_joiner_and_no_older_gap_of_a_leaver(self, tmp_path: Path) -> None:
        lines = sheet_of(make(tmp_path / "acme"))
        facts = {key: (line["due_on"], line["completed_on"], line["file"], line["row"]) for key, line in lines.items()}
        assert facts["E2", "awareness"] == (date(2025, 4, 2), date(2025, 3, 20), "completions.csv", 6)
        assert facts["E2", "policy"] == (date(2025, 4, 2), date(2025, 3, 5), "acknowledgements.csv", 3)
        assert lines["E2", "policy"]["content"] == "AUP, version 1"
        assert facts["E9", "awareness"] == (date(2025, 1, 1), date(2024, 12, 5), "completions.csv", 9)
        assert lines["E9", "awareness"]["end_date"] == date(2025, 6, 30)

    def test_shows_the_renewal_that_was_missed(self, tmp_path: Path) -> None:
        never = sheet_of(make(tmp_path / "a", without("completions", "2025-11-20")))["E1", "awareness"]
        assert (never["verdict"], never["due_on"], never["completed_on"]) == ("missing", date(2025, 12, 2), None)
        assert (never["exceptions"], never["file"], never["row"]) == (1, None, None)
        later = without("completions", "2025-11-20")
        later["completions"] = f"{later['completions']}ada@acme.example,SEC-101,2025-12-20T10:00:00Z,completed,,30\n"
        late = sheet_of(make(tmp_path / "b", later))["E1", "awareness"]
        assert (late["verdict"], late["due_on"], late["completed_on"]) == (
            "late",
            date(2025, 12, 2),
            date(2025, 12, 20),
        )
        assert (late["exceptions"], late["row"]) == (1, 9)

    def test_names_the_record_that_counts_among_those_of_one_day(self, tmp_path: Path) -> None:
        lines = ["ada@acme.example,SEC-101,2025-11-20T07:00:00Z,failed,,30", *SOUND["completions"].splitlines()[1:]]
        failed_first = "\n".join((SOUND["completions"].splitlines()[0], *lines)) + "\n"
        line = sheet_of(make(tmp_path / "acme", {"completions": failed_first}))["E1", "awareness"]
        assert (line["completed_on"], line["row"]) == (date(2025, 11, 20), 4)

    @pytest.mark.parametrize("seed", range(3))
    def test_takes_a_record_for_one_that_counts_where_the_rules_do(self, tmp_path: Path, seed: int) -> None:
        wp = perform(load_audit(write_company(random_company(seed, 150), tmp_path / "audit")))
        valid = "SELECT person_no, requirement_no, done_on FROM {}"
        by_rule = wp.rows(" UNION ".join(valid.format(f"valid_{kind}") for kind in ("completion", "acknowledgement")))
        shown = testsheet.RECORD.format(numbers="SELECT person_no FROM person")
        of_sheet = wp.rows(f"SELECT person_no, requirement_no, done_on FROM ({shown}) shown WHERE place = 1")
        assert sorted(of_sheet) == sorted(by_rule)

    def test_shows_the_due_day_after_a_leave(self, tmp_path: Path) -> None:
        leave = {"leave": "person_id,start_date,end_date\nE1,2025-11-01,2025-11-25\n"}
        lines = sheet_of(make(tmp_path / "acme", without("completions", "2025-11-20") | leave))
        line = lines["E1", "awareness"]  # excused to 2025-12-25, thirty days after the return
        assert (line["verdict"], line["due_on"], line["completed_on"]) == ("missing", date(2025, 12, 26), None)

    def test_shows_what_is_not_due_yet(self, tmp_path: Path) -> None:
        joiner = "E3,Jo,jo@acme.example,employee,Sales,2025-12-15,"
        line = sheet_of(make(tmp_path / "acme", plus("people", joiner)))["E3", "awareness"]
        assert (line["verdict"], line["due_on"], line["completed_on"]) == ("pending", date(2026, 1, 14), None)

    def test_keeps_a_person_to_whom_no_requirement_applies(self, tmp_path: Path) -> None:
        from folders import AUDIT

        audit = AUDIT.replace("due_within_days = 30", 'due_within_days = 30\napplies_to = { role = ["Engineer"] }')
        line = sheet_of(make(tmp_path / "acme", audit=audit))["E2", None]
        assert line["why"] == "No requirement applied to this person on a judged day."
        assert (line["verdict"], line["exceptions"], line["start_date"]) == (None, 0, date(2025, 3, 3))

    @pytest.mark.parametrize("seed", range(2))
    def test_agrees_with_the_verdicts_and_exceptions(self, tmp_path: Path, seed: int) -> None:
        wp = perform(load_audit(write_company(random_company(seed, 150), tmp_path / "audit")))
        first: dict[tuple[object, object], dict[str, object]] = {}
        for row in wp.exceptions:
            first.setdefault((row["person_id"], row["requirement_id"]), row)
        lines = [line for line in sheet(wp, testsheet.draw(wp, EVERYBODY)) if line["verdict"]]
        assert len(lines) == len(wp.verdicts)
        for line in lines:
            completed, due = line["completed_on"], line["due_on"]
            assert (completed is None) == (line["file"] is None) == (line["row"] is None), line
            if row := first.get((line["person_id"], line["requirement_id"])):
                assert (due, completed) == (row["due_on"], row["closed_on"])
            elif line["verdict"] == "met":
                assert completed <= (due or wp.window.end), line
            elif line["verdict"] in ("left", "undetermined"):
                assert (due, completed) == (None, None)
            elif line["verdict"] == "pending":
                assert due is None or due > wp.window.end, line
        assert {line["verdict"] for line in lines} >= {"met", "late", "missing", "left", "pending"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("written")
    names = [f"N{no},{name},n{no}@acme.example,employee,Sales,2024-01-01," for no, name in enumerate(FORMULAS)]
    done = here("sample", make(tmp_path / "acme", plus("people", *names)), "--rule", "all", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    return tmp_path / "out"


class TestFiles:
    def test_the_workbook_holds_what_the_csv_holds_cell_by_cell(self, written: Path) -> None:
        table = CalamineWorkbook.from_path(str(written / "sample.xlsx")).get_sheet_by_name("Test sheet").to_python()
        lines = rows(written / "sample.csv")
        assert table[0] == [*testsheet.COLUMNS.values()]
        assert len(table) == len(lines) + 1
        for cells, line in zip(table[1:], lines, strict=True):
            cells += [""] * (len(testsheet.COLUMNS) - len(cells))
            for (name, text), cell in zip(line.items(), cells, strict=True):
                if text and name in ("start_date", "end_date", "due_on", "completed_on"):
                    assert cell == date.fromisoformat(text)
                elif text and name in ("place", "exceptions", "row"):
                    assert cell == int(text)
                else:
                    assert cell == unescape(text)

    def test_texts_stay_texts(self, written: Path) -> None:
        assert {unescape(line["name"]) for line in rows(written / "sample.csv")} >= set(FORMULAS)
        assert not [line for line in rows(written / "sample.csv") if line["name"].startswith(("=", "+", "-", "@"))]
        table = CalamineWorkbook.from_path(str(written / "sample.xlsx")).get_sheet_by_name("Test sheet").to_python()
        assert {row[3] for row in table} >= set(FORMULAS)
        with zipfile.ZipFile(written / "sample.xlsx") as book:
            parts = {name: book.read(name).decode() for name in book.namelist()}
        assert not [name for name in parts if "hyperlink" in parts[name]]
        assert "<f>" not in parts["xl/worksheets/sheet2.xml"]

    def test_the_sheet_is_ready_to_fill(self, written: Path) -> None:
        with zipfile.ZipFile(written / "sample.xlsx") as book:
            page = book.read("xl/worksheets/sheet2.xml").decode()
        last = len(rows(written / "sample.csv")) + 1
        assert 'ySplit="1" topLeftCell="D2" activePane="bottomRight" state="frozen"' in page
        assert f'<autoFilter ref="A1:X{last}"/>' in page
        for line in rows(written / "sample.csv"):
            assert [line[name] for name in ("A", "B", "C", "D", "E", "remarks")] == [""] * 6

    def test_the_sheet_of_a_large_selection_is_in_the_workbook_too(self, tmp_path: Path) -> None:
        names = (f"N{no},N,n{no}@acme.example,employee,Sales,2024-01-01," for no in range(10_000))
        done = here("sample", make(tmp_path / "acme", plus("people", *names)), "--rule", "all", "--out", tmp_path)
        assert done.returncode == 0, done.stderr
        book = CalamineWorkbook.from_path(str(tmp_path / "sample.xlsx"))
        assert len(book.get_sheet_by_name("Test sheet").to_python()) == 1 + len(rows(tmp_path / "sample.csv")) == 20_010
        assert [row[3] for row in book.get_sheet_by_name("Contents").to_python()[1:]] == ["", ""]

    def test_the_csv_has_a_line_per_row_whatever_a_name_holds(self, tmp_path: Path) -> None:
        odd = {f"N{no}": f"Bo{end}X" for no, end in enumerate(("\r", "\n", "\r\n", ",", '"', "\x85", "\u2028"))}
        quoted = ('"' + name.replace('"', '""') + '"' for name in odd.values())
        lines = [f"{no},{name},n@acme.example,employee,Sales,2024-01-01," for no, name in zip(odd, quoted, strict=True)]
        assert here("sample", make(tmp_path / "acme", plus("people", *lines)), "--rule", "all", "--out", tmp_path)
        assert odd.items() <= {row["person_id"]: row["name"] for row in rows(tmp_path / "sample.csv")}.items()

    def test_the_method_says_all_that_is_needed(self, written: Path) -> None:
        method = CalamineWorkbook.from_path(str(written / "sample.xlsx")).get_sheet_by_name("Method").to_python()
        assert method.pop(0) == ["What", "In words"]
        said = dict(method)
        assert said["Audit"] == "Acme, period 2025, judged days 2025-01-01 to 2025-12-31."
        assert (said["Seed"], said["Rule"], said["Order"]) == ("2025", "all: everybody.", METHOD)
        assert said["Selected"] == "11 of 11 people."
        assert said["Stratum current"] == f"8 of 8 people selected. {STRATA[Stratum.CURRENT]}"
        assert said["Stratum unreadable"].startswith("0 of 0 people selected. ")
        assert {name: said[f"Attribute {name}"] for name in "ABCDE"} == {name: says for name, _, says in ATTRIBUTES}
        text = (written / "method.txt").read_text(encoding="utf-8")
        assert text == "".join(f"{heading}: {says}\n" for heading, says in method)

    def test_the_selection_can_be_drawn_again_from_what_is_written(self, tmp_path: Path) -> None:
        done = here("sample", NORTHWIND, "--period", "2025", "--size", "4", "--seed", "auditor 7", "--out", tmp_path)
        assert done.returncode == 0, done.stderr
        population: dict[str, list[tuple[str, str]]] = {}
        for line in rows(tmp_path / "ranking.csv"):
            digest = hashlib.sha256(f"auditor 7|{line['stratum']}|{line['person_id']}".encode()).hexdigest()
            assert line["sha256"] == digest
            population.setdefault(line["stratum"], []).append((digest, line["person_id"]))
        again = {(name, person) for name, group in population.items() for _, person in sorted(group)[:4]}
        assert {(line["stratum"], line["person_id"]) for line in rows(tmp_path / "sample.csv")} == again
        marked = [line for line in rows(tmp_path / "ranking.csv") if line["selected"] == "yes"]
        assert {(line["stratum"], line["person_id"]) for line in marked} == again
        assert {name: len(group) for name, group in population.items()} == {
            "joiners": 17, "current": 43, "leavers": 1, "contractors": 7, "unreadable": 1,
        }  # fmt: skip

    def test_the_files_are_the_same_wherever_the_rows_stand(self, tmp_path: Path) -> None:
        header, *lines = SOUND["people"].splitlines(keepends=True)
        here("sample", make(tmp_path / "a" / "acme"), "--out", tmp_path / "one")
        here(
            "sample",
            make(tmp_path / "b" / "acme", {"people": header + "".join(lines[::-1])}),
            "--out",
            tmp_path / "two",
        )
        for name in ("sample.csv", "sample.xlsx", "ranking.csv", "method.txt"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


class TestCommand:
    def test_prints_sizes_definitions_and_what_was_written(self, tmp_path: Path) -> None:
        done = here("sample", make(tmp_path / "acme"), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Seed: 2025\nRule: tenth: 10 % of each stratum, rounded up" in done.stdout
        assert "\nBy stratum: joiners 1 of 1, current 1 of 1, leavers 1 of 1, " in done.stdout
        assert len(done.stdout.splitlines()) == 7, "the rest is in method.txt"
        method = (tmp_path / "sample-acme-2025" / "method.txt").read_text(encoding="utf-8")
        assert f"Stratum leavers: 1 of 1 people selected. {STRATA[Stratum.LEAVERS]}\n" in method
        assert "0 people have a late or missing duty, so there is nothing that a selection could" in done.stdout
        assert f"9 lines to test: {Path('sample-acme-2025/sample.xlsx')}, and sample.csv" in done.stdout
        assert {path.name for path in (tmp_path / "sample-acme-2025").iterdir()} == {
            "sample.xlsx", "sample.csv", "ranking.csv", "method.txt",
        }  # fmt: skip

    def test_never_replaces_a_sheet_that_somebody_may_have_filled_in(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "sample.xlsx").write_text("ticked")
        done = here("sample", make(tmp_path / "acme"), "--out", tmp_path / "out")
        assert done.returncode == 2
        assert "a test sheet is there already; what the auditor has filled in would be lost." in done.stderr
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["sample.xlsx"]
        assert (tmp_path / "out" / "sample.xlsx").read_text() == "ticked"

    def test_refuses_with_2_and_writes_nothing(self, tmp_path: Path) -> None:
        folder = make(tmp_path / "acme")
        for wrong in (["--rule", "half"], ["--period", "1999"], ["--as-of", "2026-03-31"], ["--size", "many"]):
            done = here("sample", folder, *wrong, "--out", tmp_path / "out")
            assert done.returncode == 2, wrong
            assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()

    def test_is_interim_where_the_period_goes_on(self, tmp_path: Path) -> None:
        done = here("sample", make(tmp_path / "acme"), "--as-of", "2025-06-30", "--out", tmp_path / "out")
        assert "judged days 2025-01-01 to 2025-06-30. INTERIM: the period goes on to 2025-12-31." in done.stdout
        assert "INTERIM: the period goes on to 2025-12-31." in (tmp_path / "out" / "method.txt").read_text()


class TestExhibit:
    def test_states_sizes_and_chances_with_their_counts(self, northwind: Workpaper) -> None:
        exhibit = exhibits.sampling(northwind)
        assert exhibit.says == (
            "13 of 69 (18.8 %) people are selected. The results of this document rest on all 69.",
            "33 of 69 (47.8 %) people have a late or missing duty, as the test of everybody shows. A random selection "
            "of these sizes meets at least one of them with a chance of 99.9 %; this one holds 7.",
            "Stratum joiners: 8 of 17 people deviate. A random selection of 3 meets at least one of them with a chance "
            "of 87.6 %; this one holds 2.",
            "Stratum current: 23 of 43 people deviate. A random selection of 5 meets at least one of them with a "
            "chance of 98.4 %; this one holds 4.",
            "Stratum contractors: 2 of 7 people deviate. A random selection of 3 meets at least one of them with a "
            "chance of 71.4 %; this one holds 1.",
        )
        strata = exhibit.table
        assert list(strata["People"]) == [17, 43, 1, 7, 1]
        assert list(strata["Selected"]) == [3, 5, 1, 3, 1]
        assert list(strata["With an undetermined duty"]) == [0, 0, 0, 1, 1]
        assert list(strata["Chance of meeting a deviation"]) == ["87.6 %", "98.4 %", None, "71.4 %", None]

    def test_is_the_selection_of_the_pack(self, northwind: Workpaper, tmp_path: Path) -> None:
        from workbook_lib import listings

        listings.write_tables(northwind, tmp_path)
        lines = rows(tmp_path / "tables" / "sample.csv")
        shown = exhibits.sampling(northwind).tables[2].frame
        drawn = dict.fromkeys((line["stratum"], line["place"], line["person_id"], line["sha256"]) for line in lines)
        assert list(drawn) == [
            (s, str(place), person, rank) for s, place, person, rank in shown.itertuples(index=False)
        ]
        done = here("sample", NORTHWIND, "--period", "2025", "--out", tmp_path / "out")
        assert done.returncode == 0
        assert (tmp_path / "out" / "sample.csv").read_bytes() == (tmp_path / "tables" / "sample.csv").read_bytes()

    def test_is_bounded_and_says_where_the_rest_is(self, northwind: Workpaper) -> None:
        listing = exhibits.sampling(northwind, EVERYBODY).tables[2]
        assert len(listing.frame) == 60
        assert listing.note == (
            "The first 60 of 69 rows, in the order of stratum and place. All rows: tables/sample.csv in the pack."
        )
