"""The records themselves: who completed what and when, who acknowledged what, what was taught, and the programme."""

from __future__ import annotations

from dataclasses import replace

from workbook_lib.exhibits.exhibit import Exhibit, Table, Text, framed, listed, rate
from workbook_lib.exhibits.markup import named
from workbook_lib.procedures.content import described, parts_found, unapproved
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Up to so many people the page shows every record; of a larger company the first ones, so that it stays small.
EVERYBODY = 150
RECORD_ROWS = 300
ACKNOWLEDGEMENT_ROWS = 80
#: No company of that size has so many records that the page could not hold them; an export of many years may.
MOST_ROWS = 1_100
#: Characters of the programme document that the page shows; it is meant to be one page.
DOCUMENT = 30_000


def completion_records(wp: Workpaper) -> Exhibit:
    """Every person, every module, the date and the status."""
    query = (
        "SELECT person.person_id, person.name, completions.module_id, completions.completed_on, completions.status, "
        'completions.score, completions.source_no AS "File no.", completions.row_no FROM completions '
        "JOIN account_person ON account_person.account = completions.account "
        "JOIN person ON person.person_no = account_person.person_no "
        "ORDER BY person.person_id, completions.module_id, completions.completed_on, completions.status, "
        "completions.score, completions.source_no, completions.row_no"
    )
    total = wp.number("SELECT COUNT(*) FROM completions")
    owned = wp.number(
        "SELECT COUNT(*) FROM completions JOIN account_person ON account_person.account = completions.account "
        "WHERE account_person.person_no IS NOT NULL"
    )
    days = "SELECT DISTINCT person_no, requirement_no, done_on FROM valid_completion"
    valid = wp.number(f"SELECT COUNT(*) FROM ({days}) days")
    records = listed(
        wp, query, "Person, module, date and status", order="person, module and date", file="completion_records",
        at_most=_rows(wp, RECORD_ROWS),
    )  # fmt: skip
    return Exhibit(
        key="completion-records",
        title="Completion records",
        says=(
            f"{rate(owned, total)} records belong to a person of the exports. What counts of them is done {valid:,} "
            "times: one person, one requirement, one day (C6).",
            "A record from before the period is listed too: it may cover days of the period. A record without a date "
            "is one that was assigned and not completed. Each is found again in its file by the number of the row.",
        ),
        tables=(replace(records, kind="record"),),
    )


def _rows(wp: Workpaper, bounded: int) -> int:
    """How many records are shown: all of a small company, the first ones of a large one."""
    return MOST_ROWS if wp.number("SELECT COUNT(DISTINCT person_no) FROM verdict") <= EVERYBODY else bounded


VERSIONS = """
SELECT policies.policy_id, policies.version, policies.title, policies.effective_on, policies.material,
       policies.approved_by, policies.approved_on,
       COUNT(DISTINCT account_person.person_no) AS people_who_acknowledged_it,
       CAST(MIN(taken.acknowledged_on) AS VARCHAR) || ' to ' || CAST(MAX(taken.acknowledged_on) AS VARCHAR)
         AS acknowledged_between
FROM policies
LEFT JOIN policy_version bound ON bound.policy_id = policies.policy_id AND bound.version = policies.version
LEFT JOIN acknowledgements taken ON taken.policy_id = policies.policy_id AND taken.status = 'acknowledged'
      AND (taken.version = policies.version
        OR taken.version IS NULL AND taken.acknowledged_on BETWEEN bound.in_force_from AND bound.in_force_to)
LEFT JOIN account_person ON account_person.account = taken.account
GROUP BY policies.policy_id, policies.version, policies.title, policies.effective_on, policies.material,
         policies.approved_by, policies.approved_on, policies.source_no, policies.row_no
ORDER BY policies.policy_id, policies.effective_on, policies.source_no, policies.row_no"""

ACKNOWLEDGED = """
SELECT person.person_id, person.name, acknowledgements.policy_id,
       COALESCE(acknowledgements.version, bound.version || ' (in force then)') AS version,
       acknowledgements.acknowledged_on, acknowledgements.status
FROM acknowledgements
LEFT JOIN policy_version bound ON bound.policy_id = acknowledgements.policy_id AND acknowledgements.version IS NULL
      AND acknowledgements.acknowledged_on BETWEEN bound.in_force_from AND bound.in_force_to
JOIN account_person ON account_person.account = acknowledgements.account
JOIN person ON person.person_no = account_person.person_no
ORDER BY person.person_id, acknowledgements.policy_id, acknowledgements.acknowledged_on, acknowledgements.status"""


def acknowledgements(wp: Workpaper) -> Exhibit:
    """Which version of which policy was acknowledged, by how many people and by whom."""
    key, title = "acknowledgements", "Policy acknowledgements"
    known, total = wp.engine.count("policies"), wp.engine.count("acknowledgements")
    if not total and not known:
        return Exhibit(key=key, title=title, says=("0 policies and 0 acknowledgements in the exports.",))
    taken = wp.number("SELECT COUNT(*) FROM acknowledgements WHERE status = 'acknowledged'")
    owned = wp.number(f"SELECT COUNT(*) FROM ({ACKNOWLEDGED}) listed")
    versions = listed(wp, VERSIONS, "Versions of each policy", order="policy and day", at_most=100)
    records = listed(
        wp, ACKNOWLEDGED, "Person, policy, version and day", order="person and policy", file="acknowledgements",
        at_most=_rows(wp, ACKNOWLEDGEMENT_ROWS), folded=True,
    )  # fmt: skip
    return Exhibit(
        key=key,
        title=title,
        says=(
            f"{rate(owned, total)} policy records belong to a person of the exports; {taken:,} of all {total:,} say "
            f"acknowledged. There {'is' if known == 1 else 'are'} {count(known, 'policy version')}.",
            "An acknowledgement that names no version is of the version in force on its day, and marked so. These "
            "records are kept apart from training.",
        ),
        tables=(versions, *([records] if len(records.frame) else [])),
    )


#: Who did which module on which judged day, each once; accounts of nobody and excluded ones did nothing.
DONE = """
SELECT DISTINCT module_id, person_no, completed_on
FROM completions CROSS JOIN settings
JOIN account_person ON account_person.account = completions.account
WHERE person_no IS NOT NULL AND completed_on BETWEEN window_from AND window_to
  AND status IN ('completed', 'passed', 'equivalent')"""


def content(wp: Workpaper) -> Exhibit:
    """What was taught: topics, version, assessment; and which required topic each module teaches."""
    query = (
        "SELECT modules.module_id, modules.title, REPLACE(modules.topics, ';', '; ') AS topics, modules.version, "
        "modules.assessed, modules.minutes, modules.sample, COALESCE(used.records, 0) AS completions_in_the_period "
        "FROM modules "
        f"LEFT JOIN (SELECT module_id, COUNT(*) AS records FROM ({DONE}) done GROUP BY module_id) used "
        "ON used.module_id = modules.module_id "
        "ORDER BY modules.module_id, modules.source_no, modules.row_no"
    )
    modules = listed(wp, query, "Modules", order="module", at_most=100)
    if not len(modules.frame):
        return Exhibit(key="content", title="Training content", says=("0 modules are described by the exports.",))
    found = described(wp.engine)
    assessed = sum(module.assessed for module in found.values())
    required = wp.audit.settings.required_topics
    matrix = [
        (topic, ", ".join(name for name, module in found.items() if topic.casefold() in module.topics))
        for topic in required
    ]
    covered = sum(bool(modules_with_it) for _, modules_with_it in matrix)
    return Exhibit(
        key="content",
        title="Training content",
        says=(
            f"{rate(covered, len(required))} required topics are taught by some module; {rate(assessed, len(found))} "
            "modules have an assessment, in each of their versions. Procedures P7 and P8 test this for the modules in "
            "use.",
            "A completion counts once for each person and day; records of accounts that belong to nobody, or that are "
            "left out, do not count.",
        ),
        tables=(
            modules,
            Table(
                frame=framed([(topic, names or None) for topic, names in matrix], ("Required topic", "Taught by")),
                caption="Required topics",
            ),
        ),
    )


def content_reviews(wp: Workpaper) -> Exhibit:
    """When content was looked at again, by whom, what changed, and for which threats."""
    query = (
        "SELECT module_id, version, reviewed_on, reviewed_by, change, threats FROM content_reviews "
        "ORDER BY module_id, reviewed_on, version"
    )
    table = listed(wp, query, "Reviews of the content", order="module and day", at_most=100)
    within = wp.number(
        "SELECT COUNT(*) FROM content_reviews CROSS JOIN settings WHERE reviewed_on BETWEEN window_from AND window_to"
    )
    total = wp.number("SELECT COUNT(*) FROM content_reviews")
    says = (
        f"{rate(within, total)} reviews lie in the judged days."
        if total
        else "0 reviews of the content in the exports."
    )
    return Exhibit(key="content-reviews", title="Content reviews", says=(says,), tables=(table,) if total else ())


def programme(wp: Workpaper) -> Exhibit:
    """The programme document, as it stands in its file."""
    described = wp.audit.programme
    if described is None:
        return Exhibit(
            key="programme", title="Programme document", says=("0 programme documents: the audit names none.",)
        )
    text = (wp.audit.folder / described.file).read_text(encoding="utf-8-sig", errors="replace")
    lines = len(text.splitlines())
    shown = text if len(text) <= DOCUMENT else f"{text[:DOCUMENT]}\n… the rest is in the file."
    stated = {
        "Owner": described.owner,
        "Version": described.version,
        "Approved by": described.approved_by,
        "Approved on": str(described.approved_on or ""),
    }
    stands = "Its text may name people and is withheld." if wp.pseudonymous else "It stands below as it is in the file."
    missing = [part for part, headings in parts_found(text).items() if not headings]
    lacks = f"Missing in it: {'; '.join(missing)}." if missing else "0 of its expected parts are missing."
    signed = described.approved_on if described.approved_by else None
    return Exhibit(
        key="programme",
        title="Programme document",
        says=(
            f"{named(described.file)} has {count(lines, 'line')}. {lacks} P10 shows where each part was found.",
            unapproved(signed, wp.window),
            stands,
        ),
        facts=tuple((term, named(value) if value else "not stated", "") for term, value in stated.items()),
        texts=() if wp.pseudonymous else (Text(caption=f"Text of {described.file}", text=shown, folded=False),),
    )
