"""The text of a new audit.toml and of the profiles beside it: what is known stands in it, what is not says TODO."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from workbook_lib.intake.recognition import Change
from workbook_lib.intake.survey import Tally
from workbook_lib.intake.values import quoted
from workbook_lib.wording import toml_text

#: Where the comments begin, as in the sample company's audit.toml.
MARGIN = 35
#: How many modules and policies are listed before "and n more".
LISTED = 20
SECTIONS = {
    "Who works here": ("people", "leave"),
    "Who has an account": ("accounts", "access"),
    "What they did": ("completions", "acknowledgements"),
    "What they were taught, and decided": ("modules", "content_reviews", "policies", "decisions"),
}
RECORDS = ("completions", "acknowledgements")
#: Tables of which an auditor asks how their export was made.
PRINTED = ("people", "leave", "accounts", *RECORDS)
PROVENANCE = (
    'report = "TODO: name of the report"',
    'parameters = "TODO: its filters, and whether former people are included"',
    'extracted_by = "TODO: who exported it"',
)
#: Titles of training that a policy on security awareness may mean, the likelier ones first.
AWARENESS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in ("aware", "security|cyber|phish"))
WAITING = "# Files with training records wait to be read, see above: they may suggest a requirement."
NO_TRAINING = "# The files hold no completed training that could suggest a requirement."
SUGGESTED = """\
# Suggestions, made from the records; your policy decides. The modules that people completed, those that look like
# awareness training first. Any one of the modules in satisfied_by is enough: a translation or a newer edition goes
# into the same list, another training into a [[requirement]] of its own.
#
#   records  first       last        module"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """One `[[source]]`.

    why : how its profile was found.  dated_by : where extracted_on comes from.  keys : further lines.
    waits_for : what must be done before it can be read; until then it is commented out.
    """

    table: str
    file: str
    profile: str
    why: str
    system: str
    extracted_on: date
    dated_by: str
    keys: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that is known of a new audit.

    unread : file → why it cannot be read at all.  modules, policies : what the records are about.
    titles : module → its title, where a catalogue says it.  today : tells the period where no export does.
    """

    organisation: str
    time_zone: str
    sources: tuple[SourceDraft, ...]
    unread: Mapping[str, str]
    modules: Mapping[str, Tally]
    policies: Mapping[str, Tally]
    titles: Mapping[str, str]
    today: date


def audit_text(draft: Draft) -> str:
    """The text of audit.toml."""
    return "\n".join(_lines(draft)) + "\n"


def profile_text(base: str, file: str, changes: Mapping[str, Change]) -> str:
    """A profile that extends another with other keys of `[reading]`."""
    lines = [
        f"# {quoted(file)} is written otherwise than profile {base} declares.",
        f'extends = "{base}"',
        "",
        "[reading]",
    ]
    lines += [f"{key} = {_value(change.value)}  # {_one_line(change.why)}" for key, change in changes.items()]
    return "\n".join(lines) + "\n"


def _value(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_text, value))}]"
    return toml_text(value) if isinstance(value, str) else str(value)


def _lines(draft: Draft) -> Iterator[str]:
    yield "# Written by `workbook new` from the exports. What could not be known says TODO."
    yield "# Every key, with comments: data_samples/northwind/audit.toml."
    yield from ("", "[audit]")
    yield f"organisation = {toml_text(draft.organisation or 'TODO: name of the organisation')}"
    zone = draft.time_zone or "UTC"
    says = "" if draft.time_zone else 'TODO: for example "Europe/Berlin"; a timestamp becomes the date there'
    yield _noted(f"time_zone = {toml_text(zone)}", says)
    yield from (
        "",
        "# [programme]                      # TODO: the one-page programme document; without it P10 is not performed",
    )
    yield from (
        '# file = "programme.md"',
        '# owner = "…"',
        '# version = "…"',
        '# approved_by = "…"',
        "# approved_on = 2025-01-31",
    )
    yield from _period(draft)
    for title, tables in SECTIONS.items():
        drafts = [source for source in draft.sources if source.table in tables]
        if drafts:
            yield from ("", _heading(title))
            for source in sorted(drafts, key=lambda source: tables.index(source.table)):
                yield from ("", *_source(source))
    if draft.unread:
        yield from ("", _heading("Not read"), "")
        yield "# TODO: mend each of them, write a profile that reads it (profiles/README.md), or leave it out."
        yield from (f"# {quoted(file)}: {_one_line(why)}" for file, why in draft.unread.items())
    yield from ("", _heading("What is required"), "", *_requirements(draft))


def _heading(title: str) -> str:
    return f"# --- {title} ".ljust(119, "-")


def _noted(line: str, comment: str) -> str:
    return f"{line.ljust(MARGIN - 2)}  # {_one_line(comment)}" if comment else line


def _one_line(comment: str) -> str:
    """A comment that holds what a file says: no line of it may begin anew."""
    return "".join(character if character.isprintable() else " " for character in comment)


def _period(draft: Draft) -> Iterator[str]:
    """The last full calendar year that the exports can show: a year that begins quietly has no record yet."""
    newest = max((source.extracted_on for source in draft.sources), default=draft.today)
    year = newest.year - 1
    why = f"the newest export is of {newest}"
    yield from ("", _noted("[[period]]", f"TODO confirm: the last full calendar year; {why}"))
    yield from (f'name = "{year}"', f"start = {year}-01-01", f"end = {year}-12-31")


def _source(source: SourceDraft) -> Iterator[str]:
    waits = bool(source.waits_for)
    yield from (f"# TODO: {_one_line(reason)}" for reason in source.waits_for)
    lines = [
        "[[source]]",
        f'table = "{source.table}"',
        f"file = {toml_text('exports/' + source.file)}",
        _noted(f"profile = {toml_text(source.profile)}", source.why),
        _noted(f"extracted_on = {source.extracted_on}", f"TODO confirm: {source.dated_by}"),
        *([f"system = {toml_text(source.system)}"] if source.system else []),
        *(PROVENANCE if source.table in PRINTED else ()),
        *source.keys,
    ]
    if source.table in RECORDS and not waits:
        lines.append(_noted("# covers_from = 2023-01-01", "TODO: where the system holds no older records, since when"))
    yield from (f"# {line}" if waits else line for line in lines)


# --- what is required ---------------------------------------------------------------------------------------------


def _requirements(draft: Draft) -> Iterator[str]:
    modules = sorted(draft.modules.items(), key=lambda item: (_unlike(draft, item[0]), -item[1].times, item[0]))
    if modules:
        yield SUGGESTED
        yield from _listed(modules, draft.titles)
        yield from ("", *_training(draft, modules[0][0]))
    else:
        waits = any(source.table == "completions" and source.waits_for for source in draft.sources)
        yield WAITING if waits else NO_TRAINING
        yield from ("", *_training(draft, ""))
    if draft.policies:
        yield from ("", *_policies(draft))


def _unlike(draft: Draft, module: str) -> int:
    """How little a module looks like awareness training: its place among the patterns."""
    title = f"{module} {draft.titles.get(module, '')}"
    return next((n for n, pattern in enumerate(AWARENESS) if pattern.search(title)), len(AWARENESS))


def _listed(tallies: Iterable[tuple[str, Tally]], titles: Mapping[str, str]) -> Iterator[str]:
    items = list(tallies)
    for name, tally in items[:LISTED]:
        title = titles.get(name, name)
        shown = quoted(name) + ("" if title == name else f" {quoted(title)}")
        yield f"#   {tally.times:>7,}  {tally.first}  {tally.last}  {shown}"
    if len(items) > LISTED:
        yield f"#   and {len(items) - LISTED:,} more"


def _training(draft: Draft, module: str) -> Iterator[str]:
    if not module:
        name, title, why = "awareness", "Security awareness, every twelve months", "TODO: which training is required"
    elif _unlike(draft, module) < len(AWARENESS):
        name, title, why = "awareness", "Security awareness, every twelve months", "a suggestion, TODO confirm"
    else:
        name, title = "training", draft.titles.get(module, module)
        why = "a suggestion, TODO confirm: no title looks like awareness training, this one is the most frequent"
    yield _noted("[[requirement]]", why)
    yield from (f'id = "{name}"', f"title = {toml_text(title)}")
    yield f"satisfied_by = [{toml_text(module or 'TODO: the module that your policy requires')}]"
    yield _noted("due_within_days = 30", "TODO confirm: how many days after joining")
    yield _noted("renewal = { every_months = 12 }", "TODO confirm: how often")
    yield _noted('# policy_reference = "…"', "TODO: where your policy says so")


def _policies(draft: Draft) -> Iterator[str]:
    there = any(source.table == "policies" and not source.waits_for for source in draft.sources)
    needs = "" if there else '; it needs a source with table = "policies": the versions, and from when each is in force'
    yield "# The policies that people acknowledged:"
    yield from ("#", "#   records  first       last        policy")
    items = sorted(draft.policies.items(), key=lambda item: (-item[1].times, item[0]))
    yield from _listed(items, {})
    for policy, _ in items[:LISTED]:
        slug = re.sub(r"\W+", "-", policy.casefold()).strip("-") or "policy"
        yield from ("", _noted("# [[requirement]]", f"TODO: remove the # signs where it is required{needs}"))
        yield from (f"# id = {toml_text(slug[:100])}", f"# policy = {toml_text(policy)}", "# due_within_days = 30")
        yield _noted("# renewal = { every_months = 12 }", "without it: once, and again after each material change")
