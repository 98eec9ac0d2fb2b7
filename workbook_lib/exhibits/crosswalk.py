"""Which procedure bears on which clause of other frameworks, and the measures of CIS 14.1 from the same data."""

from __future__ import annotations

from datetime import date, timedelta

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, rate
from workbook_lib.exhibits.front import interim
from workbook_lib.exhibits.markup import named
from workbook_lib.procedures import Outcome
from workbook_lib.requirement import add_months
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

#: Framework, clause, what it asks in our words, and the procedures of the catalogue that bear on it.
CLAUSES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "ISO/IEC 27001:2022",
        "A.6.3",
        "awareness, education and training of the people concerned, and regular updates",
        ("P2", "P3", "P4", "P5", "P7", "P9", "P14"),
    ),
    ("ISO/IEC 27001:2022", "7.2", "competence for one's work, with documented evidence of it", ("P4", "P8", "P12")),
    ("ISO/IEC 27001:2022", "7.3", "people know the policy and their own part in it", ("P2", "P3", "P6")),
    ("NIST SP 800-53 r5", "AT-1", "policy and procedures for awareness and training", ("P10",)),
    (
        "NIST SP 800-53 r5",
        "AT-2",
        "literacy training for all users: at the start, repeated, with content kept up to date",
        ("P2", "P3", "P5", "P7", "P9"),
    ),
    ("NIST SP 800-53 r5", "AT-3", "training for particular roles, before access is authorised", ("P4", "P14")),
    ("NIST SP 800-53 r5", "AT-4", "training records: documented, monitored, kept", ("P1", "P12")),
    ("NIST SP 800-53 r5", "AT-6", "feedback on training results to those who need it", ("P13",)),
    ("NIST CSF 2.0", "PR.AT-01", "awareness and training for everybody", ("P2", "P3", "P5", "P7")),
    ("NIST CSF 2.0", "PR.AT-02", "awareness and training for people in specialised roles", ("P4",)),
    ("PCI DSS 4.0.1", "12.6.1", "a formal security awareness programme", ("P10",)),
    ("PCI DSS 4.0.1", "12.6.2", "the programme is reviewed at least once every 12 months, and updated", ("P9",)),
    (
        "PCI DSS 4.0.1",
        "12.6.3",
        "training upon hire and at least once every 12 months; the policy is acknowledged as often",
        ("P2", "P3", "P6"),
    ),
    ("PCI DSS 4.0.1", "12.6.3.1", "training covers phishing and other social engineering", ("P7",)),
    ("PCI DSS 4.0.1", "12.6.3.2", "training covers the acceptable use of end-user technologies", ("P7",)),
    (
        "HIPAA, 45 CFR",
        "164.308(a)(5)(i)",
        "a programme for all members of the workforce, management included",
        ("P1", "P2", "P3", "P5", "P10"),
    ),
    ("HIPAA, 45 CFR", "164.308(a)(5)(ii)(A)", "periodic security reminders", ("P3",)),
    (
        "HIPAA, 45 CFR",
        "164.308(a)(5)(ii)(B) to (D)",
        "malicious software, log-in monitoring, password management",
        ("P7",),
    ),
    (
        "CIS Controls v8.1",
        "14.1",
        "a programme: training at hire and at least once a year, content reviewed once a year",
        ("P2", "P3", "P9", "P10"),
    ),
    ("CIS Controls v8.1", "14.2 to 14.8", "training covers seven named topics", ("P7",)),
    ("CIS Controls v8.1", "14.9", "training for particular roles", ("P4",)),
)

#: People engaged on the last judged day, and each one's latest record that counts for a training requirement.
WORKFORCE = """
SELECT COUNT(*), COUNT(trained.done_on), SUM(CASE WHEN trained.done_on >= DATE '{since}' THEN 1 ELSE 0 END)
FROM (SELECT DISTINCT person_no FROM spell CROSS JOIN settings WHERE window_to BETWEEN spell_from AND spell_to) engaged
LEFT JOIN (SELECT person_no, MAX(done_on) AS done_on FROM valid_completion CROSS JOIN settings
           WHERE done_on <= window_to GROUP BY person_no) trained ON trained.person_no = engaged.person_no"""


def crosswalk(wp: Workpaper) -> Exhibit:
    """Clauses of other frameworks, with the procedures that bear on them; and the measures of CIS 14.1."""
    idle = {result.procedure.id for result in wp.results if result.outcome is Outcome.NOT_PERFORMED}
    rows = [
        (framework, clause, asks, ", ".join(f"{id_} ({Outcome.NOT_PERFORMED})" if id_ in idle else id_ for id_ in bear))
        for framework, clause, asks, bear in CLAUSES
    ]
    topics = ", ".join(map(named, wp.audit.settings.required_topics))
    untested = sum(idle.issuperset(bear) for _, _, _, bear in CLAUSES)
    return Exhibit(
        key="crosswalk",
        title="Where else these procedures bear",
        banner=interim(wp),
        says=(
            f"{count(len(CLAUSES), 'clause')} of {len({clause[0] for clause in CLAUSES})} other frameworks ask for "
            "what these procedures look at, or for something near it; no procedure that was performed here bears on "
            f"{untested} of them.",
            "This is a pointer for the reader and no claim of compliance: a procedure that bears on a clause tests a "
            "part of it, against the organisation's own requirements.",
        ),
        tables=(
            Table(
                frame=framed(rows, ("Framework", "Clause", "Asks for", "Procedures")),
                caption="Clauses and the procedures that bear on them",
                note=f"P7 looks at the topics that the audit names, which need not be those of a clause: {topics}."
                if topics
                else "",
            ),
            Table(
                frame=framed(_cis_measures(wp), ("Measure", "Counts", "Value")),
                caption=f"CIS Controls Assessment Specification 14.1, on {wp.window.end}",
                note="Counted are the people engaged on that day, and records that count for a training requirement of "
                "this audit (C6). CIS looks at the latest record only; the verdicts here look at every day.",
                folded=True,
            ),
        ),
    )


def _cis_measures(wp: Workpaper) -> list[tuple[str, str, str]]:
    """M1 … M7 and the two metrics, in the numbering of the specification."""
    since = add_months(wp.window.end, -12) + timedelta(days=1)
    [(workforce, trained, recent)] = wp.rows(WORKFORCE.format(since=since))
    recent = int(recent or 0)
    [(reviewed,)] = wp.rows(
        "SELECT MAX(reviewed_on) FROM content_reviews CROSS JOIN settings WHERE reviewed_on <= window_to"
    )
    age = "no review known" if reviewed is None else f"{months_between(reviewed, wp.window.end)} (on {reviewed})"
    return [
        ("M1", "a programme exists: 1, else 0", str(int(wp.audit.programme is not None))),
        ("M2", "whole months since content was last reviewed; above 12 scores 0", age),
        ("M3", "workforce", f"{workforce:,}"),
        ("M4", "of these, with at least one completion", f"{trained:,}"),
        ("M5", "of these, with none", f"{workforce - trained:,}"),
        ("M6", f"latest completion within 12 months, since {since}", f"{recent:,}"),
        ("M7", "latest completion longer ago", f"{trained - recent:,}"),
        ("M4 / M3", "trained at all", rate(trained, workforce)),
        ("M6 / M3", "trained within 12 months", rate(recent, workforce)),
    ]


def months_between(earlier: date, later: date) -> int:
    """Whole months from one day to another.

    >>> months_between(date(2025, 1, 31), date(2025, 2, 28)), months_between(date(2024, 3, 2), date(2025, 3, 1))
    (1, 11)
    """
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (add_months(earlier, months) > later)
