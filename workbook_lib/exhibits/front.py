"""The first pages: what this is, the bottom line, the scope, the requirements and the results."""

from __future__ import annotations

from workbook_lib.exhibits.exhibit import Exhibit, Table, count, framed, listed, percent, rate
from workbook_lib.exhibits.markup import named
from workbook_lib.exhibits.words import CRITERIA, JUDGED
from workbook_lib.procedures import Outcome
from workbook_lib.requirement import Requirement
from workbook_lib.workpaper import Workpaper

#: What the first exhibit of a copy without names says.
PSEUDONYMOUS = (
    "PSEUDONYMOUS COPY. A keyed id stands for each person, account and address, and texts that may name somebody are "
    "withheld. The verdicts and all counts are those of the full pack, which the organisation keeps."
)


def title(wp: Workpaper, prepared_by: str = "") -> Exhibit:
    """Whose evidence this is, for which days, and from what."""
    window, settings = wp.window, wp.audit.settings
    exports = count(len(wp.files), "export")
    return Exhibit(
        key="title",
        title="Organisation and period",
        banner=" ".join(filter(None, (PSEUDONYMOUS if wp.pseudonymous else "", interim(wp)))),
        says=(
            f"This document tests whether everybody at {named(settings.organisation)} who had to have security "
            f"awareness training was covered on each day from {window.start} to {window.end}. Every number in it was "
            f"made from {exports} by the rules printed at its end.",
        ),
        facts=(
            ("Organisation", named(settings.organisation), ""),
            ("Period", named(window.period.name), f"{window.period.start} to {window.period.end}"),
            ("Judged days", f"{window.start} to {window.end}", f"known as of {window.as_of}"),
            ("Criteria", ", ".join(map(named, settings.criteria)), "SOC 2, Trust Services Criteria"),
            ("Prepared by", named(prepared_by) if prepared_by else "not stated", ""),
        ),
    )


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


def bottom_line(wp: Workpaper) -> Exhibit:
    """The result in four lines: procedures, duties, people, exceptions; counts before percentages."""
    counts = verdict_counts(wp)
    judged = sum(counts.get(verdict, 0) for verdict in JUDGED)
    met, undetermined = counts.get("met", 0), counts.get("undetermined", 0)
    outcomes = [result.outcome for result in wp.results]
    clean, noted = outcomes.count(Outcome.NO_EXCEPTIONS), outcomes.count(Outcome.EXCEPTIONS)
    skipped = outcomes.count(Outcome.NOT_PERFORMED)
    people = wp.number("SELECT COUNT(DISTINCT person_no) FROM verdict")
    exceptions = wp.number("SELECT COUNT(*) FROM exceptions")
    unexplained = wp.number("SELECT COUNT(*) FROM exceptions WHERE explained_by IS NULL")
    says = [
        f"Procedures performed: {clean + noted} of {len(outcomes)}. No exceptions noted: {clean}. "
        f"Exceptions noted: {noted}. Not performed: {skipped}.",
        _rated(met, judged, counts),
    ]
    if undetermined:
        says.append(
            f"{count(undetermined, 'duty is', 'duties are')} undetermined because a row of the people export cannot be "
            "read. They count against the rate, and no conclusion covers them."
        )
    return Exhibit(
        key="bottom-line",
        title="Result",
        banner=interim(wp),
        says=tuple(says),
        facts=(
            (
                "Procedures with no exceptions",
                f"{clean} of {len(outcomes)}",
                f"{noted} with exceptions, {skipped} not performed",
            ),
            ("Duties met on time", f"{met:,} of {judged:,}", f"{percent(met, judged)}: {_split(counts)}"),
            ("People judged", f"{people:,}", f"{count(sum(counts.values()), 'duty', 'duties')} in all"),
            ("Exceptions", f"{exceptions:,}", f"{unexplained:,} without an explanation"),
        ),
    )


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
    return Exhibit(
        key="results",
        title="Results of the procedures",
        banner=interim(wp),
        says=(says,),
        tables=(
            Table(
                frame=framed(rows, ("No.", "Procedure", *tested, "Exceptions", "Parts that depart", "Result")),
                caption="Each procedure, the criteria that it bears on, exceptions of items tested, and result",
                note="A procedure has one or more parts; one part that departs is enough for exceptions noted.",
                leads="procedure",
            ),
        ),
    )


def _named(ids: list[str]) -> str:
    return f" ({', '.join(ids)})" if ids else ""


def scope(wp: Workpaper) -> Exhibit:
    """Which days, which people, which criteria, and the settings that decide it."""
    window, settings, leave = wp.window, wp.audit.settings, wp.audit.leave
    people = wp.number("SELECT COUNT(DISTINCT person_no) FROM verdict")
    known = wp.number("SELECT COUNT(*) FROM person")
    excluded = (
        "SELECT COALESCE(person_id, account) AS excluded, reason_code, reason, decided_by, approved_by, decision_id "
        "FROM decision WHERE kind = 'exclude' AND withdrawn = 0 ORDER BY 1, decision_id"
    )
    left_out = wp.number(f"SELECT COUNT(*) FROM ({excluded}) listed")
    rows = [
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
    ]
    tables = [Table(frame=framed(rows, ("Matter", "Value", "Meaning")), caption="What decides the scope")]
    if left_out:
        tables.append(
            listed(
                wp,
                excluded,
                "People and accounts that a recorded decision leaves out",
                order="name",
                file="decisions",
                at_most=50,
            )
        )
    return Exhibit(
        key="scope",
        title="Days, people and settings",
        banner=interim(wp),
        says=(
            f"{count(people, 'person', 'people')} of {known:,} in the exports had at least one requirement that "
            "applied on a judged day; leavers are among them. "
            f"{count(left_out, 'person or account is', 'people or accounts are')} left out by a recorded decision.",
        ),
        tables=tuple(tables),
    )


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
    return "; ".join(filter(None, (due, requirement.renews, mark, days and f"in force {days}")))


def _applies(requirement: Requirement) -> str:
    if not requirement.applies_to:
        return "everyone"
    return "; ".join(f"{name.replace('_', ' ')}: {', '.join(words)}" for name, words in requirement.applies_to.items())
