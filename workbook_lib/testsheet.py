"""The auditor's test sheet: who is selected, what the exports say about each of their duties, and columns to tick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from workbook_lib.csv_tables import write_csv
from workbook_lib.engine import Row
from workbook_lib.procedures.people import IN_POPULATION, OUTSIDERS
from workbook_lib.sampling import (
    ATTRIBUTES,
    EVERYBODY,
    METHOD,
    STRATA,
    TENTH,
    Candidate,
    Rule,
    Selection,
    Stratum,
    select,
)
from workbook_lib.spreadsheets import MOST_ROWS, Sheet, write_workbook
from workbook_lib.tables import Problem, UserError
from workbook_lib.workpaper import Workpaper

#: The population of procedure P1, each person in one stratum: the first line that fits.
IN_STRATA = f"""
WITH engaged AS (
  SELECT person_no, MAX(spell_from) AS last_from, MAX(spell_to) AS last_to
  FROM spell CROSS JOIN settings WHERE spell_from <= window_to AND spell_to >= window_from GROUP BY person_no
), judged AS (
  SELECT person_no, MAX(CASE WHEN verdict IN ('late', 'missing') THEN 1 ELSE 0 END) AS deviates,
         MAX(CASE WHEN verdict = 'undetermined' THEN 1 ELSE 0 END) AS undetermined
  FROM verdict GROUP BY person_no
)
SELECT person.person_no, person.person_id,
       CASE WHEN person.person_no IN (SELECT person_no FROM ({OUTSIDERS}) outsider) THEN '{Stratum.CONTRACTORS}'
            WHEN person.person_id IN (SELECT person_id FROM unread_people) THEN '{Stratum.UNREADABLE}'
            WHEN last_from >= window_from THEN '{Stratum.JOINERS}'
            WHEN last_to < window_to THEN '{Stratum.LEAVERS}'
            ELSE '{Stratum.CURRENT}' END AS stratum,
       COALESCE(judged.deviates, 0) AS deviates, COALESCE(judged.undetermined, 0) AS undetermined
FROM ({IN_POPULATION}) present CROSS JOIN settings
JOIN person ON person.person_no = present.person_no
LEFT JOIN engaged ON engaged.person_no = person.person_no
LEFT JOIN judged ON judged.person_no = person.person_no
ORDER BY person.person_id"""

#: Who they are, with the last engagement that meets the judged days; no days where no row can be read.
PEOPLE = """
SELECT person.person_no, person.person_id, person.name, person.worker_type, MAX(spell_from) AS start_date,
       CASE WHEN MAX(spell_to) < far THEN MAX(spell_to) END AS end_date
FROM person CROSS JOIN settings
LEFT JOIN spell ON spell.person_no = person.person_no AND spell_from <= window_to AND spell_to >= window_from
WHERE person.person_no IN ({numbers})
GROUP BY person.person_no, person.person_id, person.name, person.worker_type, far"""

#: The last accountable judged day of each duty, the earliest record that covers it, and the day on which that record
#: was due: the first accountable day that no earlier record covers; a gap that was closed before the judged days is not
#: looked at again. Where nothing was due yet: the first due day.
DUE = """
WITH asked AS (
  SELECT run.person_no, run.requirement_no, run.run_from, run.tenure_from - preboarding_days AS counts_from,
         COALESCE(MAX(CASE WHEN required AND (covered OR NOT excused)
                            AND from_day <= window_to AND to_day >= window_from THEN LEAST(to_day, window_to) END),
                  MAX(CASE WHEN required_from > window_to AND required_from <= run_to THEN required_from END)) AS on_day
  FROM run CROSS JOIN settings
  JOIN stretch ON stretch.person_no = run.person_no AND stretch.requirement_no = run.requirement_no
              AND stretch.run_from = run.run_from
  WHERE run.person_no IN ({numbers}) AND run.run_from <= window_to AND run.run_to >= window_from
  GROUP BY run.person_no, run.requirement_no, run.run_from, run.tenure_from, preboarding_days
), chosen AS (
  SELECT asked.*, ROW_NUMBER() OVER (PARTITION BY person_no, requirement_no
                                     ORDER BY CASE WHEN on_day <= window_to THEN 0 ELSE 1 END, on_day DESC) AS place
  FROM asked CROSS JOIN settings WHERE on_day IS NOT NULL
), answered AS (
  SELECT chosen.person_no, chosen.requirement_no, run_from, counts_from, on_day, MIN(cover.done_on) AS completed_on
  FROM chosen
  LEFT JOIN cover ON cover.person_no = chosen.person_no AND cover.requirement_no = chosen.requirement_no
                 AND cover.done_on >= counts_from AND on_day BETWEEN cover.done_on AND cover.covers_to
  WHERE place = 1 GROUP BY chosen.person_no, chosen.requirement_no, run_from, counts_from, on_day
), before AS (
  SELECT answered.person_no, answered.requirement_no, run_from, completed_on, MAX(cover.covers_to) AS covered_to
  FROM answered
  LEFT JOIN cover ON cover.person_no = answered.person_no AND cover.requirement_no = answered.requirement_no
                 AND cover.done_on >= counts_from AND cover.done_on <= COALESCE(completed_on - 1, on_day)
  GROUP BY answered.person_no, answered.requirement_no, run_from, completed_on
)
SELECT person_no, requirement_no, completed_on, CASE WHEN completed_on > due_on THEN due_then ELSE due_on END AS due_on
FROM (
  SELECT before.person_no, before.requirement_no, completed_on,
         MIN(GREATEST(from_day, COALESCE(covered_to + 1, from_day))) AS due_on,
         MIN(CASE WHEN to_day >= window_from
                  THEN GREATEST(from_day, COALESCE(covered_to + 1, from_day), window_from) END) AS due_then
  FROM before CROSS JOIN settings
  LEFT JOIN stretch ON stretch.person_no = before.person_no AND stretch.requirement_no = before.requirement_no
                   AND stretch.run_from = before.run_from AND required AND NOT excused
                   AND (covered_to IS NULL OR to_day > covered_to)
  GROUP BY before.person_no, before.requirement_no, completed_on
) dated"""

#: Which records count: the rules that judge (C6, C9), each record with its place and what it is about.
RULES = Path(__file__).parent / "rules"
TRAINED = (
    (RULES / "valid_completion.sql")
    .read_text(encoding="utf-8")
    .replace(" AS done_on", " AS done_on, completions.source_no, completions.row_no, completions.module_id AS content")
)
ACKNOWLEDGED = (
    (RULES / "valid_acknowledgement.sql")
    .read_text(encoding="utf-8")
    .replace(
        " AS done_on",
        " AS done_on, acknowledgements.source_no, acknowledgements.row_no, effective_on, "
        "policy_version.policy_id || ', version ' || policy_version.version AS content",
    )
    .replace("SELECT DISTINCT person_no, requirement_no, done_on, lapses_on", "SELECT *")
)

#: Where each record stands: of one day's records, the first that counts (C6), or that of the latest version (C9).
RECORD = f"""
SELECT person_no, requirement_no, done_on, source_no, row_no, content,
       ROW_NUMBER() OVER (PARTITION BY person_no, requirement_no, done_on
                          ORDER BY effective_on DESC, source_no, row_no) AS place
FROM (SELECT person_no, requirement_no, done_on, source_no, row_no, content, CAST(NULL AS DATE) AS effective_on
      FROM ({TRAINED}) trained
      UNION ALL
      SELECT person_no, requirement_no, done_on, source_no, row_no, content, effective_on
      FROM ({ACKNOWLEDGED}) agreed) counting
WHERE person_no IN ({{numbers}})"""

#: Each duty of some people, its due day and the record that answered it. A duty with exceptions shows the first one.
DUTIES = f"""
WITH due AS ({DUE}), record AS ({RECORD}), excepted AS (
  SELECT exceptions.*, ROW_NUMBER() OVER (PARTITION BY person_id, requirement_id ORDER BY due_on) AS place,
         COUNT(*) OVER (PARTITION BY person_id, requirement_id) AS how_many
  FROM exceptions
), duty AS (
  SELECT verdict.person_no, verdict.requirement_no, requirement.requirement_id, verdict.verdict, why.why,
         CASE WHEN how_many IS NOT NULL THEN excepted.due_on
              WHEN verdict.verdict <> 'undetermined' THEN due.due_on END AS due_on,
         CASE WHEN how_many IS NOT NULL THEN excepted.closed_on
              WHEN verdict.verdict = 'met' THEN COALESCE(due.completed_on, verdict.last_completed_on)
              WHEN verdict.verdict <> 'undetermined' THEN due.completed_on END AS completed_on,
         COALESCE(how_many, 0) AS exceptions, excepted.explained_by
  FROM verdict
  JOIN why ON why.person_no = verdict.person_no AND why.requirement_no = verdict.requirement_no
  JOIN person ON person.person_no = verdict.person_no
  JOIN requirement ON requirement.requirement_no = verdict.requirement_no
  LEFT JOIN due ON due.person_no = verdict.person_no AND due.requirement_no = verdict.requirement_no
  LEFT JOIN excepted ON excepted.person_id = person.person_id AND excepted.requirement_id = requirement.requirement_id
                    AND excepted.place = 1
  WHERE verdict.person_no IN ({{numbers}})
)
SELECT duty.person_no, requirement_id, due_on, completed_on, verdict, why, exceptions, explained_by, content,
       source_no, row_no
FROM duty
LEFT JOIN record ON record.person_no = duty.person_no AND record.requirement_no = duty.requirement_no
                AND record.done_on = duty.completed_on AND record.place = 1
ORDER BY duty.person_no, duty.requirement_no"""

#: Columns of the test sheet: name in the CSV → heading and width in the workbook.
COLUMNS: dict[str, str] = {
    "stratum": "Stratum",
    "place": "Place",
    "person_id": "Person",
    "name": "Name",
    "worker_type": "Worker type",
    "start_date": "Start",
    "end_date": "End",
    "requirement_id": "Requirement",
    "due_on": "Due on",
    "completed_on": "Completed on",
    "verdict": "Verdict",
    "why": "Why",
    "exceptions": "Exceptions",
    "explained_by": "Explained by",
    "content": "Module, or policy and version",
    "file": "File of the record",
    "row": "Row",
    "sha256": "SHA-256 of seed|stratum|person",
    **{letter: f"{letter} {heading}" for letter, heading, _ in ATTRIBUTES},
    "remarks": "Remarks",
}
#: What stands for the duties of a person who has none.
NO_DUTY: Row = (
    None,
    None,
    None,
    None,
    "No requirement applied to this person on a judged day.",
    0,
    None,
    None,
    None,
    None,
)

Line = tuple[object, ...]


def draw(wp: Workpaper, rule: Rule = TENTH, seed: str | None = None) -> Selection:
    """Select people of the population. seed : any text; the name of the period where none is given."""
    return select(candidates(wp), rule, wp.window.period.name if seed is None else seed)


def candidates(wp: Workpaper) -> Iterator[Candidate]:
    """Everybody in the population, each in one stratum."""
    for person_no, person_id, stratum, deviates, undetermined in wp.rows(IN_STRATA):
        yield Candidate(
            person_no=person_no,
            person_id=person_id,
            stratum=Stratum(stratum),
            deviates=bool(deviates),
            undetermined=bool(undetermined),
        )


def lines(wp: Workpaper, selection: Selection) -> Iterator[Line]:
    """The rows of the test sheet, one per person selected and requirement, with the values of COLUMNS."""
    numbers = ", ".join(str(drawn.candidate.person_no) for part in selection.parts for drawn in part.drawn) or "NULL"
    people = {row[0]: row[1:] for row in wp.rows(PEOPLE.format(numbers=numbers))}
    duties: dict[int, list[Row]] = {}
    for person_no, *facts in wp.rows(DUTIES.format(numbers=numbers)):
        duties.setdefault(person_no, []).append(tuple(facts))
    files = {file.source_no: file.file for file in wp.files}
    to_tick = (None,) * (len(ATTRIBUTES) + 1)
    for part in selection.parts:
        for drawn in part.drawn:
            number = drawn.candidate.person_no
            for *facts, source_no, row_no in duties.get(number, [NO_DUTY]):
                place = (files.get(source_no), row_no, drawn.rank)
                yield (str(part.stratum), drawn.place, *people[number], *facts, *place, *to_tick)


# --- writing ------------------------------------------------------------------------------------------------------


def write(wp: Workpaper, selection: Selection, folder: Path) -> int:
    """Write the test sheet (sample.xlsx, sample.csv), everybody in the order of rank (ranking.csv), and how the
    selection was made (method.txt). Returns the number of lines to test.

    Raises UserError where a test sheet is there already, which somebody may have filled in, or where it would be larger
    than a spreadsheet can be.
    """
    _refuse_to_replace(folder)
    sheet = list(lines(wp, selection))
    _refuse_too_many(sheet, selection)
    write_csv(folder / "sample.csv", COLUMNS, sheet)
    everybody = select(candidates(wp), EVERYBODY, selection.seed)
    write_csv(
        folder / "ranking.csv", ("stratum", "place", "person_id", "sha256", "selected"), ranking(everybody, selection)
    )
    text = "".join(f"{heading}: {says}\n" for heading, says in method(wp, selection))
    (folder / "method.txt").write_text(text, encoding="utf-8", newline="\n")
    sheets = _sheets(wp, selection, sheet)
    write_workbook(folder / "sample.xlsx", sheets, wp.window.as_of, title="Test sheet", largest=MOST_ROWS)
    return len(sheet)


def _sheets(wp: Workpaper, selection: Selection, sheet: Sequence[Line]) -> Iterator[Sheet]:
    words = method(wp, selection)
    yield Sheet(
        name="Test sheet",
        says="Who is selected, what the exports say about each of their duties, and a column to tick per attribute.",
        columns=list(COLUMNS.values()),
        rows=sheet,
        count=len(sheet),
        frozen=list(COLUMNS).index("name"),
        file="sample.csv",
    )
    yield Sheet(
        name="Method",
        says="How they were drawn.",
        columns=("What", "In words"),
        rows=words,
        count=len(words),
        file="method.txt",
    )


def ranking(everybody: Selection, selection: Selection) -> Iterator[Line]:
    """Everybody of each stratum in the order of rank, and whether they are selected."""
    for whole, part in zip(everybody.parts, selection.parts, strict=True):
        for drawn in whole.drawn:
            chosen = "yes" if drawn.place <= part.size else "no"
            yield str(whole.stratum), drawn.place, drawn.candidate.person_id, drawn.rank, chosen


def method(wp: Workpaper, selection: Selection) -> list[tuple[str, str]]:
    """How the selection was made and what is to be ticked: heading and text."""
    return [
        *_drawn_from(wp, selection),
        ("Order", METHOD),
        ("To repeat it", f"printf '%s' '{selection.seed}|stratum|person id' | sha256sum"),
        *(
            (f"Stratum {part.stratum}", f"{part.size:,} of {part.people:,} people selected. {STRATA[part.stratum]}")
            for part in selection.parts
        ),
        ("Strata", "Each person is in one stratum: contractors first, then unreadable, joiners, leavers, current."),
        *((f"Attribute {letter}", says) for letter, _, says in ATTRIBUTES),
    ]


def in_short(wp: Workpaper, selection: Selection) -> list[tuple[str, str]]:
    """What was drawn, for the terminal: heading and text."""
    strata = (f"{part.stratum} {part.size:,} of {part.people:,}" for part in selection.parts)
    return [*_drawn_from(wp, selection), ("By stratum", f"{', '.join(strata)}.")]


def _drawn_from(wp: Workpaper, selection: Selection) -> list[tuple[str, str]]:
    days = f"{wp.window.start} to {wp.window.end}"
    interim = f" INTERIM: the period goes on to {wp.window.period.end}." if wp.window.interim else ""
    return [
        ("Audit", f"{wp.audit.settings.organisation}, period {wp.window.period.name}, judged days {days}.{interim}"),
        ("Seed", selection.seed),
        ("Rule", f"{selection.rule.name}: {selection.rule.says}."),
        ("Selected", f"{selection.size:,} of {selection.people:,} people."),
    ]


def _refuse_to_replace(folder: Path) -> None:
    there = [name for name in ("sample.xlsx", "sample.csv") if (folder / name).exists()]
    if there:
        raise UserError(
            Problem(
                where=str(folder / there[0]),
                what="a test sheet is there already; what the auditor has filled in would be lost.",
                effect="nothing was written.",
                do="name another folder with --out, or move the sheet away.",
            )
        )


def _refuse_too_many(sheet: Sequence[Line], selection: Selection) -> None:
    if len(sheet) > MOST_ROWS:
        raise UserError(
            Problem(
                where=f"--rule {selection.rule.name}",
                what=f"{selection.size:,} people have {len(sheet):,} duties; a sheet holds {MOST_ROWS:,} rows.",
                effect="nothing was written.",
                do="choose a smaller selection.",
            )
        )
