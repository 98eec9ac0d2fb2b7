"""What a reader should know about the judged data, beside the verdicts. None of it changes one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from workbook_lib.audit import Audit, Window
from workbook_lib.engine import Engine, literal
from workbook_lib.tables import Finding, listing


def gather(engine: Engine, audit: Audit, window: Window) -> tuple[Finding, ...]:
    """All caveats, after the judgement. Needs the relations of `identity` and `coverage`."""
    return (
        *left_to_do(audit),
        *early_extracts(audit, window),
        *_without_records(audit),
        *_records_begin_late(engine, audit, window),
        *_overlapping_rows(engine),
        *_roles_without_history(engine, audit),
        *_values_of_nobody(engine, audit),
        *_nothing_required(engine),
        *_modules_of_nobody(engine, audit),
        *_modules_not_listed(engine, audit),
        *_manager_cycles(engine),
        *_unknown_versions(engine),
        *_completions_on_leave(engine),
        *_too_early_for_the_campaign(engine, audit),
        *_explanations_of_nothing(engine),
    )


def left_to_do(audit: Audit) -> Iterator[Finding]:
    """What `workbook new` could not know and nobody has filled in: it would be printed as it stands."""
    places = ["organisation"] if audit.settings.organisation.startswith("TODO") else []
    for number, source in enumerate(audit.sources, 1):
        texts = {name: getattr(source, name) for name in ("system", "report", "parameters", "extracted_by")}
        places += [f"source[{number}].{name}" for name, text in texts.items() if text.startswith("TODO")]
    if places:
        yield Finding(
            code="left_to_do",
            table="",
            subject="audit.toml",
            text=f"audit.toml says TODO in {len(places):,} places, which the evidence would print: {listing(places)}.",
        )


def early_extracts(audit: Audit, window: Window) -> Iterator[Finding]:
    """C1: exports that end before the as-of day: leave, decisions, or all where the as-of day was chosen later."""
    timely = ("people", "leave", "completions", "acknowledgements", "decisions")
    for source in audit.sources:
        extracted = source.extracted(audit.settings.zone)
        if source.table in timely and extracted and extracted <= window.as_of:
            yield Finding(
                code="early_extract",
                table=source.table,
                subject=source.file,
                text=f"{source.file} was extracted on {extracted} and does not cover the as-of day {window.as_of}; "
                "what happened since is not in it (C1).",
            )


def _without_records(audit: Audit) -> Iterator[Finding]:
    """Requirements whose records no source of the audit can hold."""
    tables = {source.table for source in audit.sources}
    for requirement in audit.requirements:
        if requirement.records not in tables:
            yield Finding(
                code="no_source_of_records",
                table=requirement.records,
                subject=requirement.id,
                text=f"audit.toml names no source of {requirement.records}: nobody can be covered "
                f"for {requirement.id}.",
            )


def _records_begin_late(engine: Engine, audit: Audit, window: Window) -> Iterator[Finding]:
    """C15: records that begin inside the period, where nobody has stated since when the system holds them."""
    for table, day, kind in (("completions", "completed_on", "training"), ("acknowledgements", "acknowledged_on", "")):
        sources = [source for source in audit.sources if source.table == table]
        numbers = [str(no) for no, r in enumerate(audit.requirements, 1) if r.records == table]
        [(first,)] = engine.rows(f"SELECT MIN({day}) FROM {table}")
        if not first or first <= window.start or not numbers or any(source.covers_from for source in sources):
            continue
        due = f"SELECT COUNT(*) FROM exception WHERE due_on < {literal(first)} AND requirement_no IN"
        [(exceptions,)] = engine.rows(f"{due} ({', '.join(numbers)})")
        if exceptions:
            were = "exception was" if exceptions == 1 else "exceptions were"
            yield Finding(
                code="records_begin_late",
                table=table,
                subject=sources[0].file,
                text=f"The first {kind or 'policy'} record is of {first}, after the period began, and {exceptions:,} "
                f"{were} due before it. If the system holds no older records, covers_from in its [[source]] says so; "
                "what an older record could have covered is then marked as unproven (C15).",
            )


def _overlapping_rows(engine: Engine) -> Iterator[Finding]:
    """C2: people rows of one person that share days."""
    rows = engine.rows(
        "SELECT person_id, start_date, source_no, row_no FROM (SELECT people.*, MAX(COALESCE(end_date, far)) OVER "
        "(PARTITION BY person_id ORDER BY start_date, end_date, source_no, row_no "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS engaged_until FROM people CROSS JOIN settings) ordered "
        "WHERE start_date <= engaged_until ORDER BY person_id, start_date, source_no, row_no"
    )
    for person_id, start, source_no, row_no in rows:
        yield Finding(
            code="overlapping_rows",
            table="people",
            subject=person_id,
            text=f"The row of {person_id} that starts on {start} overlaps an earlier one; both count (C2).",
            source_no=source_no,
            row_no=row_no,
        )


def _roles_without_history(engine: Engine, audit: Audit) -> Iterator[Finding]:
    """C4: an export with one row per person and a role applies today's role back to the first day."""
    by_role = [r.id for r in audit.requirements if {"role", "department"} & set(r.applies_to)]
    columns = "source_no, person_id, COALESCE(role, department) AS attribute"
    rows = f"SELECT {columns} FROM people UNION ALL SELECT {columns} FROM unread_people"
    single = (
        f"SELECT source_no FROM ({rows}) named GROUP BY source_no "
        "HAVING COUNT(*) = COUNT(DISTINCT person_id) AND COUNT(attribute) > 0"
    )
    if not by_role:
        return
    for (source_no,) in engine.rows(f"{single} ORDER BY source_no"):
        name = audit.files[source_no - 1][1].name
        yield Finding(
            code="roles_without_history",
            table="people",
            subject=name,
            text=f"{name} has one row per person: today's role is applied back to the first day of engagement. "
            f"It matters for {listing(by_role)} (C4).",
            source_no=source_no,
        )


def _values_of_nobody(engine: Engine, audit: Audit) -> Iterator[Finding]:
    """C4: what a requirement asks for and nobody has, which may be a slip of the pen."""
    for attribute in ("worker_type", "role", "department"):
        known = {value for (value,) in engine.rows(f"SELECT DISTINCT {attribute} FROM profile")}
        for requirement in audit.requirements:
            for value in requirement.applies_to.get(attribute, ()):
                if value not in known:
                    yield Finding(
                        code="value_of_nobody",
                        table="people",
                        subject=requirement.id,
                        text=f"Requirement {requirement.id} applies to {attribute} '{value}', which nobody has"
                        + _nearest(value, known.difference(requirement.applies_to[attribute])),
                    )


def _modules_of_nobody(engine: Engine, audit: Audit) -> Iterator[Finding]:
    """C6: modules that a requirement accepts and that neither a record nor the list of modules names."""
    heard = "SELECT module_id FROM completions UNION SELECT module_id FROM modules"
    known = {module for (module,) in engine.rows(heard)}
    for requirement in audit.requirements:
        for module in requirement.satisfied_by:
            if module not in known:
                yield Finding(
                    code="module_of_nobody",
                    table="completions",
                    subject=requirement.id,
                    text=f"Requirement {requirement.id} accepts module '{module}', which no record and no list names"
                    + _nearest(module, known.difference(requirement.satisfied_by)),
                )


def _nothing_required(engine: Engine) -> Iterator[Finding]:
    """C4: people engaged on a judged day to whom no requirement applies; perhaps one of them forgets their role."""
    rows = engine.rows(
        "SELECT DISTINCT person.person_id FROM engagement CROSS JOIN settings "
        "JOIN person ON person.person_no = engagement.person_no "
        "LEFT JOIN verdict ON verdict.person_no = engagement.person_no "
        "WHERE start_date <= window_to AND end_date >= window_from AND verdict.person_no IS NULL "
        "ORDER BY person.person_id"
    )
    if rows:
        people = [person_id for (person_id,) in rows]
        were = "was" if len(people) == 1 else "were"
        yield Finding(
            code="nothing_required",
            table="people",
            subject=people[0],
            text=f"No requirement applies to {listing(people)}, who {were} engaged in the period (C4).",
        )


def _modules_not_listed(engine: Engine, audit: Audit) -> Iterator[Finding]:
    """C6: modules that records name and the list of modules does not; one may be a required module under a new name."""
    if not any(source.table == "modules" for source in audit.sources):
        return
    rows = engine.rows(
        "SELECT completions.module_id, COUNT(*) FROM completions "
        "LEFT JOIN modules ON modules.module_id = completions.module_id "
        "WHERE modules.module_id IS NULL GROUP BY completions.module_id ORDER BY completions.module_id"
    )
    if rows:
        named = [f"'{module}' ({count:,} {'record' if count == 1 else 'records'})" for module, count in rows]
        yield Finding(
            code="modules_not_listed",
            table="completions",
            subject=rows[0][0],
            text=f"Records name modules that the list of modules does not have: {listing(named)}; they count only "
            "where a requirement names them (C6).",
        )


def _manager_cycles(engine: Engine) -> Iterator[Finding]:
    """People who, by the export, are each other's managers. Who is their own manager leads the company."""
    rows = engine.rows(
        "SELECT email, manager_email, person_id FROM person "
        "WHERE email IS NOT NULL AND manager_email IS NOT NULL AND email <> manager_email ORDER BY person_id"
    )
    manager = {email: above for email, above, _ in rows}
    person = {email: person_id for email, _, person_id in rows}
    seen = set[str]()
    for email in manager:
        path, at = list[str](), email
        while at in manager and at not in seen:
            seen.add(at)
            path.append(at)
            at = manager[at]
        if at in path:
            cycle = [person[name] for name in path[path.index(at) :]]
            yield Finding(
                code="manager_cycle",
                table="people",
                subject=cycle[0],
                text=f"Managers in a circle: {' reports to '.join((*cycle, cycle[0]))}; nobody stands above them.",
            )


def _nearest(word: str, known: Collection[str | None]) -> str:
    near = difflib.get_close_matches(word, [name for name in known if name], 1)
    return f"; did you mean '{near[0]}'?" if near else "."


def _unknown_versions(engine: Engine) -> Iterator[Finding]:
    """C9: acknowledgements of a version that the policies export does not have."""
    rows = engine.rows(
        "SELECT a.account, a.policy_id, a.version, a.source_no, a.row_no FROM acknowledgements a "
        "JOIN (SELECT DISTINCT policy_id FROM requirement) r ON r.policy_id = a.policy_id "
        "LEFT JOIN policies p ON p.policy_id = a.policy_id AND p.version = a.version "
        "WHERE a.version IS NOT NULL AND p.version IS NULL ORDER BY a.source_no, a.row_no"
    )
    for account, policy, version, source_no, row_no in rows:
        yield Finding(
            code="unknown_version",
            table="acknowledgements",
            subject=account,
            text=f"{account} acknowledged version {version} of {policy}, which the policies export does not list; "
            "it covers nothing (C9).",
            source_no=source_no,
            row_no=row_no,
        )


def _completions_on_leave(engine: Engine) -> Iterator[Finding]:
    """C10: open leaves that have completions inside them; the person may be back."""
    rows = engine.rows(
        "SELECT leave.person_id, leave.start_date, COUNT(DISTINCT cover.done_on), leave.source_no, leave.row_no "
        "FROM leave JOIN person ON person.person_id = leave.person_id "
        "JOIN cover ON cover.person_no = person.person_no AND cover.done_on >= leave.start_date "
        "WHERE leave.end_date IS NULL GROUP BY leave.person_id, leave.start_date, leave.source_no, leave.row_no "
        "ORDER BY leave.source_no, leave.row_no"
    )
    for person_id, start, days, source_no, row_no in rows:
        yield Finding(
            code="open_leave_with_records",
            table="leave",
            subject=person_id,
            text=f"{person_id} is on leave since {start} with no end, yet has valid records on {days} later "
            f"{'day' if days == 1 else 'days'}; the leave may have ended (C10).",
            source_no=source_no,
            row_no=row_no,
        )


def _too_early_for_the_campaign(engine: Engine, audit: Audit) -> Iterator[Finding]:
    """C8: people who trained in the year of a campaign, but before its window opened, and not again by its due day."""
    campaigns = [str(no) for no, r in enumerate(audit.requirements, 1) if r.renewal and r.renewal.every_months is None]
    if not campaigns:
        return
    rows = engine.rows(
        "SELECT person.person_id, requirement.requirement_id, MAX(cover.done_on), exception.due_on FROM exception "
        "JOIN cover ON cover.person_no = exception.person_no AND cover.requirement_no = exception.requirement_no "
        "AND cover.covers_to = exception.due_on - 1 AND cover.done_on > exception.due_on - 365 "
        "JOIN person ON person.person_no = exception.person_no "
        "JOIN requirement ON requirement.requirement_no = exception.requirement_no "
        f"WHERE exception.requirement_no IN ({', '.join(campaigns)}) "
        "GROUP BY person.person_id, requirement.requirement_id, exception.due_on "
        "ORDER BY person.person_id, requirement.requirement_id, exception.due_on"
    )
    for person_id, requirement_id, done_on, due_on in rows:
        yield Finding(
            code="too_early_for_campaign",
            table="completions",
            subject=person_id,
            text=f"{person_id} completed {requirement_id} on {done_on}, before the window of the campaign due on "
            f"{due_on} opened; it does not count for that campaign (C8).",
        )


#: Days outside the period are looked up in the stretches; those of a run that ended before the period are not judged.
EXPLAINS_NOTHING = """
SELECT decision.decision_id, decision.person_id, decision.requirement_id, decision.due_on, decision.source_no,
       decision.row_no
FROM decision
JOIN everybody ON everybody.person_id = decision.person_id
JOIN requirement ON requirement.requirement_id = decision.requirement_id
CROSS JOIN settings
LEFT JOIN exceptions ON exceptions.person_id = decision.person_id
     AND exceptions.requirement_id = decision.requirement_id AND exceptions.due_on = decision.due_on
LEFT JOIN (SELECT DISTINCT person_no, requirement_no, from_day FROM stretch WHERE gap) gapped
       ON gapped.person_no = everybody.person_no AND gapped.requirement_no = requirement.requirement_no
      AND gapped.from_day = decision.due_on AND decision.due_on NOT BETWEEN window_from AND window_to
LEFT JOIN run ON run.person_no = everybody.person_no AND run.requirement_no = requirement.requirement_no
     AND decision.due_on BETWEEN run.run_from AND run.run_to AND run.run_to < window_from
WHERE decision.kind = 'explain' AND decision.withdrawn = 0 AND decision.due_on <= as_of
  AND exceptions.person_id IS NULL AND gapped.person_no IS NULL AND run.person_no IS NULL
ORDER BY decision.source_no, decision.row_no"""


def _explanations_of_nothing(engine: Engine) -> Iterator[Finding]:
    """C13: explanations whose exception is gone, since the data changed or another decision covered it."""
    explained = engine.rows("SELECT COUNT(*) FROM decision WHERE kind = 'explain' AND withdrawn = 0")
    rows = engine.rows(EXPLAINS_NOTHING) if explained[0][0] else []
    for decision_id, person_id, requirement_id, due_on, source_no, row_no in rows:
        yield Finding(
            code="decision_fits_nothing",
            table="decisions",
            subject=decision_id,
            text=f"Decision {decision_id} (explain) is about an exception of {person_id}, {requirement_id}, due on "
            f"{due_on}, and there is none (C13): the data changed, or another decision covers it.",
            source_no=source_no,
            row_no=row_no,
        )
