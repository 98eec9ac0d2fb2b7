"""Who was covered on which days: the rules of coverage (C2 … C15), run as the statements in `rules/`.

The statements hold the judgement and can be read by an auditor. Python only lays out what they need: the settings, the
requirements, and the renewal calendar, which holds all arithmetic of months and campaigns, so that the SQL holds none.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from workbook_lib.audit import Audit, Window
from workbook_lib.engine import Engine
from workbook_lib.requirement import Requirement
from workbook_lib.tables import Problem, UserError, listing

RULES = Path(__file__).parent / "rules"
#: The statements, in the order in which they are run; each makes the relation that it is named after.
STATEMENTS = (
    "engagement",
    "spell",
    "run",
    "valid_completion",
    "policy_version",
    "valid_acknowledgement",
    "cover",
    "extension",
    "relief",
    "stretch",
    "tally",
    "verdict",
    "exception",
    "why",
    "verdicts",
    "exceptions",
)
#: Stands for "no end". Every date of an export is earlier.
FAR = date(9000, 1, 1)
LONG_AGO = date(1, 1, 1)


def judge(engine: Engine, audit: Audit, window: Window) -> None:
    """Judge everybody (C2 … C15). Needs the canonical tables, `person`, `account_person` and `decision`.

    Makes the relations named in STATEMENTS; among them `verdict` (one row per person and requirement), `exception` (the
    rows behind each deviation), `stretch` (the days of each run: required, excused, covered, gap) and `why`.

    Raises UserError where the policies contradict themselves (C9).
    """
    _refuse_double_versions(engine, audit)
    load_settings(engine, audit, window)
    _load_requirements(engine, audit)
    _load_scope(engine, audit)
    for name in STATEMENTS:
        if name == "cover":
            load_renewals(engine, audit)
        engine.make(name, (RULES / f"{name}.sql").read_text(encoding="utf-8"))


def trace(engine: Engine, audit: Audit) -> None:
    """Make `trace`: beside each exception one sentence with the chain of days and rules that led to its due day.

    Needs what `judge` made; columns person_no, requirement_no, due_on, why_due_then.
    """
    words = [(no, requirement.renews) for no, requirement in enumerate(audit.requirements, 1)]
    engine.load("renewal_words", {"requirement_no": "INTEGER", "renews": "VARCHAR"}, words)
    engine.make("trace", (RULES / "trace.sql").read_text(encoding="utf-8"))


def load_settings(engine: Engine, audit: Audit, window: Window) -> None:
    """Make `settings`, one row: the judged window and the lengths of time that the statements need."""
    settings: dict[str, tuple[str, object]] = {
        "window_from": ("DATE", window.start),
        "window_to": ("DATE", window.end),
        "as_of": ("DATE", window.as_of),
        "far": ("DATE", FAR),
        "rehire_break_days": ("INTEGER", audit.settings.rehire_break_days),
        "preboarding_days": ("INTEGER", audit.settings.preboarding_days),
        "return_days": ("INTEGER", audit.leave.return_days),
        "minimum_days": ("INTEGER", audit.leave.minimum_days),
    }
    engine.load(
        "settings", {name: kind for name, (kind, _) in settings.items()}, [[value for _, value in settings.values()]]
    )


def _load_requirements(engine: Engine, audit: Audit) -> None:
    """The requirements, the modules that satisfy them, and from when the records prove anything (C15)."""
    first_effective = "SELECT policy_id, MIN(effective_on) FROM policies GROUP BY policy_id"
    first_versions: dict[str, date] = dict(engine.rows(first_effective))
    _refuse_unknown_policies(audit, first_versions)
    requirements, satisfies, evidence = [], [], []
    for no, requirement in enumerate(audit.requirements, 1):
        begins = requirement.effective_from or first_versions.get(requirement.policy or "") or LONG_AGO
        requirements.append(
            (
                no,
                requirement.id,
                requirement.policy,
                requirement.due_within_days,
                begins,
                requirement.retired_on or FAR,
                requirement.pass_mark,
            )
        )
        satisfies += [(module, no) for module in dict.fromkeys(requirement.satisfied_by)]
        if starts := _records_begin(audit, requirement):
            evidence.append((no, requirement.renewal.due_after(starts) if requirement.renewal else None))
    engine.load(
        "requirement",
        {
            "requirement_no": "INTEGER",
            "requirement_id": "VARCHAR",
            "policy_id": "VARCHAR",
            "due_within_days": "INTEGER",
            "effective_from": "DATE",
            "retired_on": "DATE",
            "pass_mark": "DOUBLE",
        },
        requirements,
    )
    engine.load("satisfies", {"module_id": "VARCHAR", "requirement_no": "INTEGER"}, satisfies)
    engine.load("evidence", {"requirement_no": "INTEGER", "proves_from": "DATE"}, evidence)


def _records_begin(audit: Audit, requirement: Requirement) -> date | None:
    """The day from which all sources of a requirement's records are said to be whole (C15)."""
    return max(
        (source.covers_from for source in audit.sources if source.covers_from and source.table == requirement.records),
        default=None,
    )


def _load_scope(engine: Engine, audit: Audit) -> None:
    """C4: which requirement applies to which combination of attributes, all of them in one people row."""
    combinations = engine.rows(
        "SELECT worker_type, role, department FROM people UNION SELECT worker_type, role, department FROM unread_people"
    )
    profiles = [(no, *row) for no, row in enumerate(sorted(combinations, key=str), 1)]
    applies = [
        (no, requirement_no)
        for no, worker_type, role, department in profiles
        for requirement_no, requirement in enumerate(audit.requirements, 1)
        if _applies(requirement, {"worker_type": worker_type, "role": role, "department": department})
    ]
    columns = {"profile_no": "INTEGER", "worker_type": "VARCHAR", "role": "VARCHAR", "department": "VARCHAR"}
    engine.load("profile", columns, profiles)
    engine.load("applies", {"profile_no": "INTEGER", "requirement_no": "INTEGER"}, applies)


def _applies(requirement: Requirement, attributes: dict[str, str | None]) -> bool:
    """Whether all the named attributes fit (C4). A worker type that could not be read may be any of them (C12)."""
    return all(
        attributes[name] in wanted or (name == "worker_type" and attributes[name] is None)
        for name, wanted in requirement.applies_to.items()
    )


def load_renewals(engine: Engine, audit: Audit) -> None:
    """The renewal calendar (C8): for each day on which anything was completed, the day on which it must be renewed."""
    days = engine.rows(
        "SELECT requirement_no, done_on FROM valid_completion "
        "UNION SELECT requirement_no, done_on FROM valid_acknowledgement"
    )
    renewals = {no: requirement.renewal for no, requirement in enumerate(audit.requirements, 1)}
    calendar = []
    for no, done_on in days:
        renewal = renewals[no]
        calendar.append((no, done_on, renewal.due_after(done_on) if renewal else None))
    engine.load("renewal", {"requirement_no": "INTEGER", "done_on": "DATE", "due_on": "DATE"}, calendar)


def _refuse_unknown_policies(audit: Audit, known: dict[str, date]) -> None:
    problems = [
        Problem(
            where=f"audit.toml, requirement[{no}].policy",
            what=f"the policies export lists {listing(sorted(known)) or 'no policy'}, and not '{requirement.policy}'.",
            do="correct the name, or add the policy's versions to the export.",
            code="unknown_policy",
        )
        for no, requirement in enumerate(audit.requirements, 1)
        if requirement.policy and requirement.policy not in known
    ]
    if problems:
        raise UserError(*problems)


def _refuse_double_versions(engine: Engine, audit: Audit) -> None:
    places: dict[tuple[str, str], list[str]] = {}
    rows = engine.rows("SELECT policy_id, version, source_no, row_no FROM policies ORDER BY source_no, row_no")
    for policy, version, source_no, row_no in rows:
        places.setdefault((policy, version), []).append(f"{audit.files[source_no - 1][1].name}, row {row_no}")
    problems = [
        Problem(
            where=" and ".join(found),
            what=f"policy '{policy}' has version '{version}' more than once; one line per version is expected.",
            do="keep the line that is right: which version replaces which depends on it (C9).",
            code="version_twice",
        )
        for (policy, version), found in places.items()
        if len(found) > 1
    ]
    if problems:
        raise UserError(*problems)
