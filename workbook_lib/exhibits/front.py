"""The first pages: the bottom line, what this is, the scope, the requirements and the results."""

from __future__ import annotations

from importlib.metadata import version

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, listed, percent, rate, spelled, were
from workbook_lib.exhibits.markup import named
from workbook_lib.exhibits.words import CRITERIA
from workbook_lib.procedures import CATALOGUE, Outcome
from workbook_lib.procedures.records import OPEN_LEAVE
from workbook_lib.requirement import Requirement
from workbook_lib.tables import JUDGED, count
from workbook_lib.workpaper import Workpaper

#: What the first exhibit of a copy without names says.
PSEUDONYMOUS = (
    "PSEUDONYMOUS COPY. A keyed id stands for each person, account and address, and texts that may name somebody are "
    "withheld. The verdicts and counts are those of the full pack, which the organisation keeps; the selection is "
    "drawn anew, by the ids of this copy."
)


#: The version of the tool that made the document.
TOOL = version("audit-workbook")


def title(wp: Workpaper, prepared_by: str = "") -> Exhibit:
    """Whose evidence this is, for which days, and from what."""
    window, settings = wp.window, wp.audit.settings
    files = len(wp.file_names)
    days = sorted({file.extracted_on for file in wp.files if file.extracted_on})
    drawn = "not stated" if not days else str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    undated = len({file.file for file in wp.files if not file.extracted_on})
    unstated = f", {undated:,} of them with no day stated" if undated else ""
    return Exhibit(
        key="title",
        title=f"Organisation and period{_interim_title(wp)}",
        banner=interim(wp),
        says=(
            f"This document tests whether everybody at {named(settings.organisation)} who had to have security "
            f"awareness training was covered on each day from {window.start} to {window.end}. Every number in it was "
            f"made from {_inputs(wp)}, by the rules printed at its end.",
        ),
        facts=(
            ("Organisation", named(settings.organisation), ""),
            ("Period", named(window.period.name), f"{window.period.start} to {window.period.end}"),
            ("Judged days", f"{window.start} to {window.end}", f"known as of {window.as_of}"),
            ("Data extracted", drawn, f"{count(files, 'file')}{unstated}"),
            ("Criteria", ", ".join(map(named, settings.criteria)), "SOC 2 Type 2 (a period), Trust Services Criteria"),
            (
                "Prepared by",
                named(prepared_by) if prepared_by else "not stated",
                f"with workbook {TOOL}",
            ),
        ),
    )


def _inputs(wp: Workpaper) -> str:
    """What the numbers were made from, as run.json lists it."""
    earlier = len({file.earlier.file for file in wp.files if file.earlier})
    parts = [f"{count(len(wp.file_names), 'file')} named under Sources"]
    parts += [count(earlier, "earlier export")] if earlier else []
    parts += ["the programme document"] if wp.audit.programme else []
    parts += ["what the older pack said"] if wp.restated else []
    return f"{', '.join(parts)} and audit.toml"


def _interim_title(wp: Workpaper) -> str:
    """Behind a title that the table of contents repeats."""
    return ", INTERIM" if wp.window.interim else ""


def interim(wp: Workpaper) -> str:
    """What is said wherever a result stands, when the exports end before the period does (C1)."""
    if not wp.window.interim:
        return ""
    return (
        f"INTERIM. It is judged up to {wp.window.as_of}, and the period goes on to {wp.window.period.end}. "
        "Nothing is said about the days after that."
    )


def verdict_counts(wp: Workpaper) -> dict[str, int]:
    """Verdict → number of duties."""
    return dict(wp.rows("SELECT verdict, COUNT(*) FROM verdict GROUP BY verdict ORDER BY verdict"))


#: Missing duties that were completed after the judged days, as far as the exports go.
DONE_AFTER = """
SELECT COUNT(*) FROM (
  SELECT DISTINCT verdict.person_no, verdict.requirement_no FROM verdict CROSS JOIN settings
  JOIN exception ON exception.person_no = verdict.person_no AND exception.requirement_no = verdict.requirement_no
  WHERE verdict.verdict = 'missing' AND exception.closed_on > window_to) done"""


def bottom_line(wp: Workpaper) -> Exhibit:
    """The answer first, then what it is made of: exceptions, people, duties, procedures; counts before percentages."""
    counts = verdict_counts(wp)
    judged = sum(counts.get(verdict, 0) for verdict in JUDGED)
    met = counts.get("met", 0)
    outcomes = [result.outcome for result in wp.results]
    clean, noted = outcomes.count(Outcome.NO_EXCEPTIONS), outcomes.count(Outcome.EXCEPTIONS)
    skipped = outcomes.count(Outcome.NOT_PERFORMED)
    people = wp.number("SELECT COUNT(DISTINCT person_no) FROM verdict")
    excepted = wp.number("SELECT COUNT(DISTINCT person_id) FROM exceptions")
    exceptions = wp.number("SELECT COUNT(*) FROM exceptions")
    unexplained = wp.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NULL")
    says = (
        _answer(wp, judged, exceptions, unexplained, excepted, people),
        _rated(met, judged, counts),
        _missing(wp, counts.get("missing", 0)),
        _undetermined(counts.get("undetermined", 0)),
        _open_leave(wp),
        f"Procedures performed: {clean + noted} of {len(outcomes)}. No exceptions noted: {clean}. "
        f"Exceptions noted: {noted}. Not performed: {skipped}. Whether the control is effective is for the auditor to "
        "judge.",
    )
    return Exhibit(
        key="bottom-line",
        title=f"Result{_interim_title(wp)}",
        banner=" ".join(filter(None, (PSEUDONYMOUS if wp.pseudonymous else "", interim(wp)))),
        says=tuple(filter(None, says)),
        facts=(
            ("Exceptions", f"{exceptions:,}", f"{unexplained:,} of them without an explanation"),
            ("People with an exception", f"{excepted:,} of {people:,}", percent(excepted, people)),
            ("Duties met on time", f"{met:,} of {judged:,}", f"{percent(met, judged)}: {_split(counts)}"),
            (
                "Procedures with no exceptions",
                f"{clean} of {len(outcomes)}",
                f"{noted} with exceptions, {skipped} not performed",
            ),
        ),
    )


def _answer(wp: Workpaper, judged: int, exceptions: int, unexplained: int, excepted: int, people: int) -> str:
    """Was everybody covered on every day on which they had to be? The days stand in it: it is also on the cover."""
    asked = f"Was everybody covered on every day from {wp.window.start} to {wp.window.end} on which they had to be?"
    unread = wp.number("SELECT COUNT(DISTINCT person_no) FROM verdict WHERE verdict = 'undetermined'")
    cannot = f"{count(unread, 'person', 'people')} cannot be judged"
    if exceptions:
        return (
            f"{asked} No: {count(exceptions, 'exception')}, by {excepted:,} of {count(people, 'person', 'people')}; "
            f"{_unexplained(unexplained, exceptions)}{f'; {cannot}' if unread else ''}."
        )
    if unread:
        return f"{asked} Not shown: 0 exceptions, but {cannot}."
    if not judged:
        return f"{asked} Nothing was due: 0 duties could be judged."
    held = wp.number(f"SELECT COUNT(DISTINCT person_no) FROM verdict WHERE verdict IN {JUDGED}")
    return (
        f"{asked} Yes, by the records: 0 exceptions in {count(judged, 'judged duty', 'judged duties')} of "
        f"{count(held, 'person', 'people')}."
    )


def _unexplained(unexplained: int, exceptions: int) -> str:
    if exceptions == 1:
        return f"it has {'no' if unexplained else 'a'} recorded explanation"
    has = "has" if unexplained == 1 else "have"
    return f"{unexplained:,} of the exceptions {has} no recorded explanation"


def _missing(wp: Workpaper, missing: int) -> str:
    """What the exports say of missing duties after the judged days."""
    if not missing:
        return ""
    later = wp.number(DONE_AFTER)
    if wp.window.as_of <= wp.window.end:
        after = f"nothing after {wp.window.as_of} was looked at"
    else:
        never = missing - later
        after = (
            f"{later:,} of them {were(later)} completed after those days, by {wp.window.as_of}, and {never:,} "
            f"{were(never)} not"
        )
    return f"{count(missing, 'duty is', 'duties are')} missing: cover did not come back on a judged day; {after}."


def _undetermined(undetermined: int) -> str:
    if not undetermined:
        return ""
    return (
        f"{count(undetermined, 'duty is', 'duties are')} undetermined because a row of the people export cannot be "
        "read. They count against the rate, and no conclusion covers them."
    )


def _open_leave(wp: Workpaper) -> str:
    """Leaves that excuse to this day, of people who seem to be back."""
    people = wp.number(f"SELECT COUNT(DISTINCT person_id) FROM ({OPEN_LEAVE}) doubted")
    if not people:
        return ""
    are = count(people, "person with an open leave is", "people with an open leave are")
    return f"{are} excused to this day, although there are records from during that leave (P12)."


def _rated(met: int, judged: int, counts: dict[str, int]) -> str:
    if not judged:
        return "No duty fell due on the judged days, so there is no on-time rate."
    outside = sum(counts.values()) - judged
    return (
        f"Duties met on time: {rate(met, judged)}. A duty is one person and one requirement; {outside:,} more were "
        "excused, not yet due, or ended before anything was due."
    )


def _split(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts.get(verdict, 0):,} {verdict}" for verdict in JUDGED[1:])


def results(wp: Workpaper) -> Exhibit:
    """Procedure by criterion: n of N, and how it ended."""
    tested = sorted({criterion for result in wp.results for criterion in result.procedure.criteria})
    rows = [
        (
            result.procedure.id,
            result.procedure.title,
            *(criterion in result.procedure.criteria or None for criterion in tested),
            None if result.outcome is Outcome.NOT_PERFORMED else rate(result.exceptions, result.tested),
            result.procedure.unit,
            f"{sum(check.exceptions > 0 for check in result.checks)} of {len(result.checks)}"
            if result.checks
            else None,
            str(result.outcome),
        )
        for result in wp.results
    ]
    noted = [result.procedure.id for result in wp.results if result.outcome is Outcome.EXCEPTIONS]
    skipped = [result.procedure.id for result in wp.results if result.outcome is Outcome.NOT_PERFORMED]
    says = f"Exceptions were noted in {rate(len(noted), len(rows))} procedures{_named(noted)}."
    if skipped:
        says += (
            f" {count(len(skipped), 'procedure was', 'procedures were')} not performed{_named(skipped)}: never a pass."
        )
    headings = ("No.", "Procedure", *tested, "Exceptions", "Counted are", "Parts with exceptions", "Result")
    return Exhibit(
        key="results",
        title="Results of the procedures",
        banner=interim(wp),
        says=(says,),
        tables=(
            Table(
                frame=framed(rows, headings),
                caption="Each procedure, the criteria that it bears on, exceptions of items tested, and result",
                note="A procedure has one or more parts; an exception in one part is enough for exceptions noted.",
                leads="procedure",
            ),
        ),
    )


def _named(ids: list[str]) -> str:
    return f" ({', '.join(ids)})" if ids else ""


EXCLUDED = """
SELECT COALESCE(person_id, account) AS excluded, reason_code, reason, evidence, decided_by, approved_by, decision_id
FROM decision WHERE kind = 'exclude' AND withdrawn = 0 ORDER BY 1, decision_id"""

EXCLUDED_ACCOUNTS = """
SELECT COUNT(DISTINCT COALESCE(account_email, account)) FROM decision
WHERE kind = 'exclude' AND withdrawn = 0 AND account IS NOT NULL"""

#: People to whom a requirement is known to have applied on a judged day.
ASKED = """
SELECT COUNT(DISTINCT person_no) FROM run CROSS JOIN settings WHERE run_from <= window_to AND run_to >= window_from"""

#: People whom the exports name and nothing was asked of, and why. Whoever has no row that can be read has no days.
OUT_OF_SCOPE = """
SELECT person.person_id, person.name, person.worker_type, first_day AS engaged_from,
       CASE WHEN last_day < far THEN last_day END AS engaged_to,
       CASE WHEN first_day IS NULL THEN 'no row can be read, and no requirement applies'
            WHEN first_day > window_to THEN 'joins after the judged days'
            WHEN last_day < window_from THEN 'left before the judged days'
            WHEN meets = 0 THEN 'away on every judged day'
            ELSE 'engaged, and no requirement applies' END AS why_not
FROM person
CROSS JOIN settings
LEFT JOIN (SELECT person_no, MIN(spell_from) AS first_day, MAX(spell_to) AS last_day,
                  MAX(CASE WHEN spell_from <= window_to AND spell_to >= window_from THEN 1 ELSE 0 END) AS meets
           FROM spell CROSS JOIN settings GROUP BY person_no) engaged ON engaged.person_no = person.person_no
LEFT JOIN (SELECT DISTINCT person_no FROM verdict) judged ON judged.person_no = person.person_no
WHERE judged.person_no IS NULL ORDER BY person.person_id"""


def scope(wp: Workpaper) -> Exhibit:
    """Which days, which people, which criteria, and the settings that decide it."""
    people = wp.number("SELECT COUNT(DISTINCT person_no) FROM verdict")
    asked = wp.number(ASKED)
    known = wp.engine.count("person")
    accounts = wp.number(EXCLUDED_ACCOUNTS)
    gone = wp.number("SELECT SUM(is_excluded) FROM everybody")
    tables = [Table(frame=framed(_settings(wp), ("Matter", "Value", "Meaning")), caption="What decides the scope")]
    if people < known:
        says = "People in the exports to whom no requirement applied on a judged day"
        tables.append(listed(wp, OUT_OF_SCOPE, says, order="person", file="population", at_most=50))
    if accounts or gone:
        says = "People and accounts that a recorded decision leaves out"
        tables.append(listed(wp, EXCLUDED, says, order="name", file="decisions", at_most=50))
    left_out = " and ".join(
        count(number, *noun) for number, noun in ((gone, ("person", "people")), (accounts, ("account",))) if number
    )
    says = (
        f"{asked:,} of {count(known, 'person', 'people')} in the exports had at least one requirement that applied on "
        "a judged day; leavers are among them."
    )
    if asked < people:
        says += f" {count(people - asked, 'more person has', 'more people have')} rows that cannot be read."
    if people < known:
        says += f" The other {known - people:,} {'is' if known - people == 1 else 'are'} named below."
    verb = "is" if gone + accounts == 1 else "are"
    return Exhibit(
        key="scope",
        title="Days, people and settings",
        banner=interim(wp),
        says=(f"{says} {left_out or 'Nobody'} {verb if left_out else 'is'} left out by a recorded decision.",),
        tables=tuple(tables),
    )


def _settings(wp: Workpaper) -> list[tuple[str, str, str]]:
    """The days, the settings and the criteria, each with its meaning."""
    window, settings, leave = wp.window, wp.audit.settings, wp.audit.leave
    borne = {criterion: plan.id for plan in CATALOGUE for criterion in plan.criteria}
    more = [criterion for criterion in sorted(borne) if criterion not in settings.criteria]
    return [
        ("Period", f"{window.period.start} to {window.period.end}", "as named in the audit's description"),
        ("Judged days", f"{window.start} to {window.end}", "the period, up to the as-of day"),
        ("As-of day", f"{window.as_of}", "the last full day that the exports of people and of records cover"),
        ("Time zone", settings.time_zone, "timestamps become dates in it"),
        (
            "Short break",
            f"{settings.rehire_break_days} days",
            "after a break up to this long the clock does not start again",
        ),
        ("Before the first day", f"{settings.preboarding_days} days", "training done up to this long before counts"),
        (
            "Leave",
            f"{leave.minimum_days} days or more",
            f"excuses, and so do {leave.return_days} days after the return",
        ),
        *((criterion, CRITERIA.get(criterion, ""), "criterion tested") for criterion in settings.criteria),
        *((criterion, CRITERIA.get(criterion, ""), f"{borne[criterion]} bears on it") for criterion in more),
    ]


def requirements(wp: Workpaper) -> Exhibit:
    """The requirements as tested."""
    in_force = wp.rows(
        "SELECT CASE WHEN effective_from > DATE '0001-01-01' THEN 'from ' || effective_from ELSE '' END, "
        "CASE WHEN retired_on < far THEN 'until ' || retired_on ELSE '' END "
        "FROM requirement CROSS JOIN settings ORDER BY requirement_no"
    )
    rows = [
        (
            requirement.id,
            requirement.name,
            _satisfied(requirement),
            _applies(requirement),
            _rule(requirement, days),
            requirement.policy_reference,
        )
        for requirement, days in zip(wp.audit.requirements, in_force, strict=True)
    ]
    headings = ("Requirement", "Title", "Met by", "Applies to", "Rule", "Policy")
    return Exhibit(
        key="requirements",
        title="Requirements as tested",
        says=(
            f"{count(len(rows), 'requirement')} of the organisation's own policy {'was' if len(rows) == 1 else 'were'} "
            "tested. The days and renewals below are the ones that the test used.",
        ),
        tables=(Table(frame=framed(rows, headings), caption="Each requirement with the rule that was tested"),),
    )


def _satisfied(requirement: Requirement) -> str:
    if requirement.policy:
        return f"acknowledging {requirement.policy}"
    return " or ".join(requirement.satisfied_by)


def _rule(requirement: Requirement, in_force: tuple[str, ...]) -> str:
    """When it is due, how long it lasts, which score it takes, and on which days it was in force."""
    mark = "" if requirement.pass_mark is None else f"pass mark {requirement.pass_mark:g} %"
    due = f"due within {count(requirement.due_within_days, 'day')}"
    days = " ".join(filter(None, in_force))
    return "; ".join(filter(None, (due, requirement.recurs, mark, days and f"in force {days}")))


def _applies(requirement: Requirement) -> str:
    if not requirement.applies_to:
        return "everyone"
    wanted = (
        (name, map(spelled, words) if name == "worker_type" else words)
        for name, words in requirement.applies_to.items()
    )
    return "; ".join(f"{spelled(name)}: {', '.join(words)}" for name, words in wanted)
