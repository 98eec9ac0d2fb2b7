"""P7 … P10: is the training fit for its purpose, kept up to date, and part of a documented programme?"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from workbook_lib.audit import Window
from workbook_lib.engine import Engine
from workbook_lib.procedures.result import Check, Evidence, NotPerformed, Procedure, Tested
from workbook_lib.requirement import add_months
from workbook_lib.tables import agreeing, count, listing

REVIEW_MONTHS = 12

#: What the programme document must say (domain: how often, who, how tracked, how updated) and the words that show it.
SECTIONS: dict[str, str] = {
    "how often training takes place": r"how often|frequen|annual|yearly|schedule|every \d+ months",
    "who must take it": r"\bwho\b|audience|scope|applies to|workforce|participants",
    "how completion is tracked": r"track|record|monitor|completion",
    "how content is updated": r"updat|review|revis|maint[ae]",
}

#: The records that covered somebody on some day of the period, and the days on which modules were so taken.
TAKEN = """
SELECT DISTINCT satisfies.requirement_no, completions.module_id, completions.completed_on FROM completions
CROSS JOIN settings
JOIN satisfies ON satisfies.module_id = completions.module_id
JOIN account_person ON account_person.account = completions.account
JOIN cover ON cover.person_no = account_person.person_no AND cover.requirement_no = satisfies.requirement_no
          AND cover.done_on = completions.completed_on
WHERE cover.covers_to >= window_from AND cover.done_on <= window_to
  AND completions.status IN ('completed', 'passed', 'equivalent')"""

#: The content that was in use.
IN_USE = f"SELECT DISTINCT requirement_no, module_id FROM ({TAKEN}) taken"

#: Versions that were taken and are not in the catalogue. A record names no version: it is of the one that had been
#: reviewed last by its day. A line of the catalogue without a version is of every version.
UNDESCRIBED = f"""
SELECT DISTINCT latest.requirement_no, review.module_id, review.version
FROM (SELECT taken.requirement_no, taken.module_id, MAX(reviewed_on) AS reviewed_on FROM ({TAKEN}) taken
      JOIN content_reviews ON content_reviews.module_id = taken.module_id AND reviewed_on <= completed_on
      GROUP BY taken.requirement_no, taken.module_id, completed_on) latest
JOIN content_reviews review ON review.module_id = latest.module_id AND review.reviewed_on = latest.reviewed_on
LEFT JOIN modules ON modules.module_id = review.module_id
     AND COALESCE(modules.version, review.version) = review.version
WHERE modules.module_id IS NULL"""


@dataclass(frozen=True, slots=True)
class Module:
    """What a module teaches, and whether it ends with an assessment: what is so in each of its versions."""

    topics: frozenset[str]
    assessed: bool


def described(engine: Engine) -> dict[str, Module]:
    """Each module that the exports describe, once, however many lines it has.

    A line describes a version, and no record says which version somebody took. So a module has a topic, or an
    assessment, only where each of its lines says so.
    """
    found: dict[str, Module] = {}
    for module_id, text, assessed in engine.rows("SELECT module_id, topics, assessed FROM modules ORDER BY module_id"):
        topics = frozenset(topic.strip().casefold() for topic in (text or "").split(";")) - {""}
        before = found.get(module_id, Module(topics, assessed=True))
        found[module_id] = Module(before.topics & topics, before.assessed and bool(assessed))
    return found


def topics(evidence: Evidence) -> Tested | NotPerformed:
    """P7: each required topic is taught to everyone, whichever of the accepted modules a person takes."""
    if not evidence.has("modules"):
        return NotPerformed("No source describes the modules, so their topics are not known.")
    required = evidence.audit.settings.required_topics
    if not required:
        return NotPerformed("The audit requires no topic: required_topics in audit.toml is empty.")
    taught = {module: said.topics for module, said in described(evidence.engine).items()}
    in_use: dict[int, list[str]] = {}
    for requirement_no, module in evidence.engine.rows(f"{IN_USE} ORDER BY 1, 2"):
        in_use.setdefault(requirement_no, []).append(module)
    if not in_use:
        return NotPerformed("No module was in use in the period.")
    everyones = [
        no
        for no, requirement in enumerate(evidence.audit.requirements, 1)
        if no in in_use and not {"role", "department"} & set(requirement.applies_to)
    ]
    for_everyone = set[str]()
    for no in everyones:
        for_everyone |= frozenset.intersection(*(taught.get(module, frozenset()) for module in in_use[no]))
    missing = [topic for topic in required if topic.casefold() not in for_everyone]
    topics_required = count(len(required), "required topic")
    are = agreeing(len(missing), "is", "are")
    says = (
        f"{len(missing)} of {topics_required} {are} not taught to everyone: {', '.join(missing)}."
        if missing
        else f"All {topics_required} are taught by the training that everyone takes."
    )
    among = f"requirement_no IN ({', '.join(map(str, everyones)) or 'NULL'})"
    check = Check(
        says="For each required topic there is a requirement for everyone of which every module in use teaches it.",
        tested=len(required),
        exceptions=len(missing),
        listing=OF_EVERYONE.format(among=among),
        order="requirement and module",
    )
    says += _undescribed(evidence, among)
    return Tested(tested=len(required), exceptions=len(missing), says=says, checks=(check,))


#: What the modules in use teach, requirement by requirement.
OF_EVERYONE = f"""
SELECT requirement.requirement_id, modules.module_id, title, version, topics
FROM (SELECT * FROM ({IN_USE}) used WHERE {{among}}) used
JOIN modules ON modules.module_id = used.module_id
JOIN requirement ON requirement.requirement_no = used.requirement_no
ORDER BY used.requirement_no, modules.module_id, modules.source_no, modules.row_no"""


def _undescribed(evidence: Evidence, among: str = "TRUE") -> str:
    """Which versions in use nobody can tell anything about. among : a condition for the requirements."""
    versions: dict[str, list[str]] = {}
    for module, version in evidence.engine.rows(
        f"SELECT DISTINCT module_id, version FROM ({UNDESCRIBED}) untold WHERE {among} ORDER BY module_id, version"
    ):
        versions.setdefault(module, []).append(version)
    if not versions:
        return ""
    number = sum(map(len, versions.values()))
    named = listing([f"{module} ({listing(of_it)})" for module, of_it in versions.items()], at_most=10)
    return (
        f" The catalogue does not describe {count(number, 'version')} that, by the days of the reviews, "
        f"{agreeing(number, 'was', 'were')} in use, so {agreeing(number, 'it was', 'they were')} not tested: {named}."
    )


#: One line per module: a version without an assessment is enough, as in `described`.
UNASSESSED = f"""
SELECT used.module_id, MIN(modules.title) AS title,
       CASE WHEN MIN(modules.module_id) IS NULL THEN 'not described by any source'
            WHEN MAX(CASE WHEN modules.assessed IS FALSE THEN 1 ELSE 0 END) = 1 THEN 'has no assessment'
            ELSE 'not stated' END AS assessment,
       STRING_AGG(modules.version, ', ' ORDER BY modules.source_no, modules.row_no) AS versions_without_it
FROM (SELECT DISTINCT module_id FROM ({IN_USE}) used) used LEFT JOIN modules ON modules.module_id = used.module_id
WHERE modules.assessed IS NOT TRUE GROUP BY used.module_id ORDER BY used.module_id"""


def assessments(evidence: Evidence) -> Tested | NotPerformed:
    """P8: modules that only play a film show presence, not understanding."""
    if not evidence.has("modules"):
        return NotPerformed("No source describes the modules, so it is not known which have an assessment.")
    tested = len(_modules_in_use(evidence))
    if not tested:
        return NotPerformed("No module was in use in the period.")
    check = evidence.check("Each module in use ends with an assessment.", tested, UNASSESSED, order="module")
    return Tested(
        tested=tested,
        exceptions=check.exceptions,
        says=f"{check.exceptions:,} of {count(tested, 'module')} in use "
        f"{agreeing(check.exceptions, 'has', 'have')} no assessment, or none is stated.{_undescribed(evidence)}",
        checks=(check,),
    )


def unreviewed_days(reviews: list[date], window: Window) -> list[tuple[date, date]]:
    """The stretches of W on which no review was less than 12 months old.

    A review on day r counts on the days from r to the day before r plus 12 months.

    >>> from workbook_lib.audit import Period
    >>> w = Window(period=Period(name="2025", start=date(2025, 1, 1), end=date(2025, 12, 31)), as_of=date(2025, 12, 31))
    >>> unreviewed_days([date(2024, 3, 1), date(2025, 3, 11)], w)
    [(datetime.date(2025, 3, 1), datetime.date(2025, 3, 10))]
    """
    stretches = []
    day = window.start
    for reviewed_on in sorted(reviews):
        if reviewed_on > window.end:
            break
        if reviewed_on > day:
            stretches.append((day, reviewed_on - timedelta(days=1)))
        day = max(day, add_months(reviewed_on, REVIEW_MONTHS))
    if day <= window.end:
        stretches.append((day, window.end))
    return stretches


UNREVIEWED = "SELECT * FROM unreviewed ORDER BY module_id, first_day"

UNSIGNED = f"""
SELECT DISTINCT content_reviews.module_id, version, reviewed_on, reviewed_by, change FROM content_reviews
CROSS JOIN settings JOIN ({IN_USE}) used ON used.module_id = content_reviews.module_id
WHERE reviewed_on <= window_to AND (reviewed_by IS NULL OR change IS NULL)
ORDER BY content_reviews.module_id, reviewed_on"""


def content_reviews(evidence: Evidence) -> Tested | NotPerformed:
    """P9: on every day of the period the content in use had been reviewed within 12 months; somebody answers for it."""
    if not evidence.has("content_reviews"):
        return NotPerformed("No source holds reviews of the training content.")
    modules = _modules_in_use(evidence)
    if not modules:
        return NotPerformed("No module was in use in the period.")
    reviews: dict[str, list[date]] = {module: [] for module in modules}
    for module, reviewed_on in evidence.engine.rows("SELECT module_id, reviewed_on FROM content_reviews"):
        if module in reviews:
            reviews[module].append(reviewed_on)
    rows = [(module, *days) for module in modules for days in unreviewed_days(reviews[module], evidence.window)]
    columns = {"module_id": "VARCHAR", "first_day": "DATE", "last_day": "DATE"}
    evidence.engine.load("unreviewed", columns, rows)
    stale = {module for module, *_ in rows}
    unsigned = {module for module, *_ in evidence.engine.rows(UNSIGNED)}
    return Tested(
        tested=len(modules),
        exceptions=len(stale | unsigned),
        says=f"{len(stale | unsigned):,} of {count(len(modules), 'module')} in use "
        f"{agreeing(len(stale | unsigned), 'was', 'were')} not reviewed within "
        f"{REVIEW_MONTHS} months on every day of the period, or a review names neither reviewer nor change.",
        checks=(
            Check(
                says=f"On every day of the period the last review was less than {REVIEW_MONTHS} months old.",
                tested=len(modules),
                exceptions=len(stale),
                listing=UNREVIEWED,
                order="module",
            ),
            Check(
                says="Each review names the reviewer and what changed.",
                tested=len(modules),
                exceptions=len(unsigned),
                listing=UNSIGNED,
                order="module",
            ),
        ),
    )


PARTS = "SELECT part, found_in FROM programme_part ORDER BY part_no"


def programme(evidence: Evidence) -> Tested | NotPerformed:
    """P10: the one-page programme document exists, says what it must, and was approved before the period ended."""
    described = evidence.audit.programme
    if described is None:
        return NotPerformed("The audit names no programme document.")
    found = parts_found((evidence.audit.folder / described.file).read_text(encoding="utf-8-sig", errors="replace"))
    missing = [part for part, headings in found.items() if not headings]
    signed = bool(described.approved_by and described.approved_on)
    approved = signed and described.approved_on is not None and described.approved_on <= evidence.window.end
    lacking = [*missing, *([] if approved else ["an approval dated by the end of the period"])]
    _load_parts(evidence, found, approved)
    expected = len(SECTIONS) + 1
    are, which = agreeing(len(lacking), "is", "are"), f": {'; '.join(lacking)}" if lacking else ""
    return Tested(
        tested=expected,
        exceptions=len(lacking),
        says=f"{len(lacking)} of {expected} expected parts {are} missing from {described.file}{which}. "
        + unapproved(described.approved_on if signed else None, evidence.window),
        checks=(
            Check(
                says="A heading of the document, with text below it, is about each of: how often, who, how completion "
                "is tracked, how content is updated.",
                tested=len(SECTIONS),
                exceptions=len(missing),
                listing=PARTS,
                order="part",
            ),
            Check(
                says="It was approved, by a named person, by the end of the period.",
                tested=1,
                exceptions=int(not approved),
            ),
        ),
    )


def _load_parts(evidence: Evidence, found: dict[str, list[str]], approved: bool) -> None:
    """Make `programme_part`: each expected part, and the headings under which it was found."""
    shown = {part: "withheld" if evidence.pseudonymous else "; ".join(headings) for part, headings in found.items()}
    rows = [(no, part, shown[part] if found[part] else None) for no, part in enumerate(found, 1)]
    said = "stated in audit.toml" if approved else None
    columns = {"part_no": "INTEGER", "part": "VARCHAR", "found_in": "VARCHAR"}
    rows.append((len(rows) + 1, "an approval dated by the end of the period", said))
    evidence.engine.load("programme_part", columns, rows)


def parts_found(text: str) -> dict[str, list[str]]:
    r"""Each part that a programme document must have, and the headings that show it; the text where there are none.

    The first heading is the title of the document, and shows nothing, where no other is of its level. A heading without
    text below it, before the next one of its level or a higher one, shows nothing either.

    >>> parts_found("# Programme\n## Who\nAll.\n## How often\n## Tracking\nIn the system.")["who must take it"]
    ['Who']
    """
    lines = [line for line in text.splitlines() if line.strip()]
    places = [no for no, line in enumerate(lines) if line.startswith("#")]
    levels = Counter(_level(lines[no]) for no in places)
    is_titled = bool(places) and levels[_level(lines[places[0]])] == 1
    if not places[is_titled:]:
        return {part: ["the text"] * bool(re.search(words, text, re.IGNORECASE)) for part, words in SECTIONS.items()}
    headings = [lines[no].lstrip("#").strip() for no in places[is_titled:] if _has_text(lines[no:])]
    return {
        part: [heading for heading in headings if re.search(words, heading, re.IGNORECASE)]
        for part, words in SECTIONS.items()
    }


def _level(heading: str) -> int:
    return len(heading) - len(heading.lstrip("#"))


def _has_text(lines: list[str]) -> bool:
    """Whether text stands below the heading that is the first of these lines, under itself or a lower heading."""
    below = itertools.takewhile(lambda line: not 0 < _level(line) <= _level(lines[0]), lines[1:])
    return any(not line.startswith("#") for line in below)


def unapproved(approved_on: date | None, window: Window) -> str:
    """On how many judged days no approved version is shown; an earlier version may have been approved then."""
    if approved_on is None:
        return "No approval is stated, so no judged day is shown to have had an approved version."
    last = min(approved_on - timedelta(days=1), window.end)
    days = max((last - window.start).days + 1, 0)
    if not days:
        return "An approved version was in force on every judged day."
    return (
        f"It was approved on {approved_on}: for {count(days, 'judged day')} before that, {window.start} to {last}, "
        "no approved version is shown; ask for the one before."
    )


def _modules_in_use(evidence: Evidence) -> list[str]:
    return [module for (module,) in evidence.engine.rows(f"SELECT DISTINCT module_id FROM ({IN_USE}) used ORDER BY 1")]


#: What P7 and P8 rest on.
STATED = (
    "Topics and assessments are those that the catalogue states on the day of its export. No record names a version; "
    "each is taken to be of the one reviewed last by its day."
)

PROCEDURES = (
    Procedure(
        id="P7",
        unit="required topics",
        title="Content covers the required topics",
        criteria=("CC1.4", "CC2.2"),
        perform=topics,
        objective="The training that everyone takes covers the topics that the audit requires.",
        population="The required topics.",
        source="modules, completions",
        done="The topics of every module in use were compared with the required ones. Where several modules satisfy "
        "one requirement, a topic counts only when each of them teaches it; where a module has several versions, only "
        f"when each version does. {STATED}",
    ),
    Procedure(
        id="P8",
        unit="modules in use",
        title="Content has an assessment",
        criteria=("CC1.4",),
        perform=assessments,
        objective="Training is more than a film to click through.",
        population="Every module that covered somebody in the period.",
        source="modules, completions",
        done=f"Each module was checked for an assessment; where it has several versions, each of them. {STATED}",
    ),
    Procedure(
        id="P9",
        unit="modules in use",
        title="Content is reviewed and updated",
        criteria=("CC1.4", "CC2.2"),
        perform=content_reviews,
        objective="Content was looked at again within 12 months, on every day of the period.",
        population="Every module that covered somebody in the period.",
        source="content_reviews, completions",
        done="The days since the last review were counted. Reviewer and change were read.",
    ),
    Procedure(
        id="P10",
        unit="expected parts",
        title="The programme is documented and approved",
        criteria=("CC1.4", "CC2.2"),
        perform=programme,
        objective="One document says how often, who, how completion is tracked and how content is updated.",
        population="The parts that the document must have.",
        source="the programme document",
        done="The document's headings, but for its title and those without text below them, were searched for words "
        "about each part; in a document without headings, its text. What the text says was not judged. The approval, "
        "and the days before it, were read from audit.toml.",
    ),
)
