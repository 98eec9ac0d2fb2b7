"""The end of the document: the rules that judged, what the words mean, what was chosen, and that it is complete."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from workbook_lib.exhibits import words
from workbook_lib.exhibits.exhibit import Exhibit, Links, Table, Text, framed, rate, spelled, were
from workbook_lib.procedures import OUTCOMES
from workbook_lib.readings import READINGS
from workbook_lib.schedule import FATES
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper


def rules(wp: Workpaper) -> Exhibit:
    """The text of every statement that judged, in the order in which they were run."""
    wp.deepen()
    statements = wp.engine.statements
    judged = list(statements).index("exceptions") + 1
    cites = {name: _cited(text) for name, text in statements.items()}
    rows = [(rule, says, _texts(rule, cites)) for rule, says in words.RULES.items()]
    return Exhibit(
        key="rules",
        title="The rules that judged",
        says=(
            f"{count(judged, 'statement')} in SQL turned the exports into the verdicts; {len(statements) - judged} "
            "more say why each exception was due when it was, and judge the other readings of annual. This is their "
            "very text; the pack holds them as files. The numbers are those that the sentences of this document cite.",
        ),
        tables=(
            Table(
                frame=framed(rows, ("Rule", "In words", "Text")),
                caption="The rules of coverage by number, and the statements below that hold them",
                note="C1 is a setting of the audit, shown under Scope; it has no statement of its own.",
                kind="rule",
            ),
        ),
        texts=tuple(
            Text(caption=name, text=text.strip(), key=f"rule-text-{name}") for name, text in statements.items()
        ),
    )


def _texts(rule: str, cites: Mapping[str, set[str]]) -> Links:
    """Where the text of a rule stands below."""
    return Links.to([(f"rule-text-{name}", name) for name, cited in cites.items() if rule in cited])


def _cited(statement: str) -> set[str]:
    r"""The rules that the comments of a statement name.

    >>> sorted(_cited("-- C8, C15: cover.\nSELECT 'C2'"))
    ['C15', 'C8']
    """
    return set(re.findall(r"\bC1?[0-9]\b", " ".join(re.findall("--.*", statement))))


#: Caption → the words of a closed vocabulary; a word may stand in two of them.
GLOSSARY = {
    "Words": words.WORDS,
    "Verdicts": words.VERDICTS,
    "Results of a procedure": {str(outcome): says for outcome, says in OUTCOMES.items()},
    "Causes of an exception": words.CAUSES,
    "How an exception ended": words.ENDINGS,
    "Readings of annual": {str(reading): says for reading, says in READINGS.items()},
    "Status of a training record": words.STATUSES,
    "Status of an acknowledgement": words.ANSWERS,
    "Worker types": words.WORKER_TYPES,
    "Kinds of decision": words.DECISIONS,
    "What became of a reminder": FATES,
    "How an account was matched": words.MATCHES,
}


def glossary(wp: Workpaper) -> Exhibit:
    """What each word of this document means, and the code that stands for it in the tables of the pack."""
    duties = {
        r.id: f"{r.name}: due within {count(r.due_within_days, 'day')}; {r.recurs}." for r in wp.audit.requirements
    }
    groups = {**GLOSSARY, "Requirements": duties}
    return Exhibit(
        key="glossary",
        title="Glossary",
        says=(f"{sum(map(len, groups.values()))} entries: each word has one meaning in its list.",),
        tables=tuple(_meanings(caption, group) for caption, group in groups.items()),
    )


def _meanings(caption: str, group: Mapping[str, str]) -> Table:
    """Words and what they mean; where a word is written with underscores in the pack, its code beside it."""
    rows = [(spelled(word), says, word) for word, says in group.items()]
    coded = caption != "Requirements" and any("_" in word for word in group)
    if caption == "Requirements":
        rows = [(word, says, word) for word, says in group.items()]
    headings = ("Word", "Meaning", "Code in the pack")[: 2 + coded]
    return Table(frame=framed([row[: 2 + coded] for row in rows], headings), caption=caption, folded=caption != "Words")


def limitations(wp: Workpaper) -> Exhibit:
    """The choices that an auditor may see differently, each with its number in this audit."""
    numbers = _numbers(wp)
    rows = [(no, says, numbers[key]) for no, (key, says) in enumerate(words.CHOICES.items(), 1)]
    return Exhibit(
        key="limitations",
        title="Choices and limits, stated openly",
        says=(
            f"{count(len(rows), 'choice')} that a reader may want to weigh, each with what it concerns in this audit. "
            "Settings are under Scope.",
        ),
        tables=(Table(frame=framed(rows, ("No.", "Choice", "In this audit")), caption="Choices made in the rules"),),
    )


#: Rows of people exports that have one row per person (C4).
ONE_ROW_EACH = """
WITH named AS (SELECT source_no, person_id FROM people UNION ALL SELECT source_no, person_id FROM unread_people)
SELECT COUNT(*) FROM named WHERE source_no IN (
  SELECT source_no FROM named GROUP BY source_no HAVING COUNT(*) = COUNT(DISTINCT person_id))"""

SHORT_LEAVES = """
SELECT COUNT(*) FROM leave CROSS JOIN settings
WHERE end_date IS NOT NULL AND end_date < start_date + (minimum_days - 1)"""

SHORT_BREAKS = """
SELECT COUNT(*) FROM (
  SELECT person_no, tenure_from FROM spell GROUP BY person_no, tenure_from HAVING COUNT(*) > 1) broken"""

#: Extensions that were approved when days were already uncovered.
APPROVED_LATE = """
SELECT COUNT(*) FROM extension
JOIN exception ON exception.person_no = extension.person_no AND exception.requirement_no = extension.requirement_no
              AND exception.last_day = extension.approved_on - 1"""

WITHOUT_SCORE = """
SELECT COUNT(*) FROM (
  SELECT DISTINCT completions.source_no, completions.row_no FROM completions
  JOIN satisfies ON satisfies.module_id = completions.module_id
  JOIN requirement ON requirement.requirement_no = satisfies.requirement_no AND requirement.pass_mark IS NOT NULL
  WHERE completions.status IN ('completed', 'equivalent') AND completions.score IS NULL) unscored"""

DATED = """
SELECT COUNT(*), COUNT(done_at) FROM (
  SELECT completed_on AS done_on, completed_at AS done_at FROM completions
  UNION ALL SELECT acknowledged_on, acknowledged_at FROM acknowledgements) records WHERE done_on IS NOT NULL"""


def _numbers(wp: Workpaper) -> dict[str, str]:
    """What each choice concerns in this audit, by its key."""
    wp.deepen()
    by_role = sum(bool({"role", "department"} & set(r.applies_to)) for r in wp.audit.requirements)
    rows = wp.number("SELECT (SELECT COUNT(*) FROM people) + (SELECT COUNT(*) FROM unread_people)")
    campaigns = sum(bool(r.renewal and r.renewal.due) for r in wp.audit.requirements)
    early = len({finding.subject for finding in wp.findings if finding.code == "too_early_for_campaign"})
    [(dated, timed)] = wp.rows(DATED)
    exceptions = wp.number("SELECT COUNT(*) FROM exception")
    unread, refused = sum(one.unread for one in wp.received), sum(one.refused for one in wp.received)
    settings = wp.audit.settings
    return {
        "role history": f"{rate(wp.number(ONE_ROW_EACH), rows)} people rows are from such exports; "
        f"{count(by_role, 'requirement asks', 'requirements ask')} for a role or department.",
        "campaign": f"{count(campaigns, 'campaign')}; {count(early, 'person', 'people')} trained too early for one.",
        "short leave": f"{rate(wp.number(SHORT_LEAVES), wp.engine.count('leave'))} leave rows are shorter than "
        f"{wp.audit.leave.minimum_days} days.",
        "annual": f"{count(wp.number(TURNED), 'person has', 'people have')} another result under some other reading.",
        "short break": f"Up to {settings.rehire_break_days} days; "
        f"{count(wp.number(SHORT_BREAKS), 'tenure has', 'tenures have')} such a break.",
        "left": f"{count(wp.number(VERDICT_LEFT), 'duty has', 'duties have')} the verdict left.",
        "extension": f"{count(wp.engine.count('extension'), 'extension stands', 'extensions stand')}; days before the "
        f"approval stay uncovered in {count(wp.number(APPROVED_LATE), 'exception')}.",
        "score": f"{count(wp.number(WITHOUT_SCORE), 'completion')} not counted for want of a score.",
        "unproven": f"{rate(wp.number('SELECT COUNT(*) FROM exceptions WHERE unproven'), exceptions)} exceptions.",
        "unreadable": f"{count(unread, 'row')} could not be read; "
        f"{count(refused, 'decision')} {were(refused)} refused; "
        f"{count(wp.number(UNDETERMINED), 'person is', 'people are')} undetermined.",
        "timestamps": f"{rate(timed, dated)} dated records carry a time; zone {settings.time_zone}.",
        "accounts": f"{rate(wp.number(OF_NOBODY), wp.number(ACCOUNTS))} accounts of the systems, with records or "
        f"without, belong to nobody; {count(wp.number(LEFT_OUT), 'account is', 'accounts are')} left out by a decision "
        "and not among them.",
        "whole": f"{count(wp.engine.count('verdict'), 'duty', 'duties')} of "
        f"{count(wp.number('SELECT COUNT(DISTINCT person_no) FROM verdict'), 'person', 'people')}.",
        "effective": "",
    }


TURNED = "SELECT COUNT(DISTINCT person_no) FROM flip"
VERDICT_LEFT = "SELECT COUNT(*) FROM verdict WHERE verdict = 'left'"
UNDETERMINED = "SELECT COUNT(DISTINCT person_no) FROM verdict WHERE verdict = 'undetermined'"
IN_SYSTEM = "SELECT COUNT(DISTINCT account_key) FROM account_person WHERE in_system = 1"
ACCOUNTS = f"{IN_SYSTEM} AND via <> 'excluded'"
OF_NOBODY = f"{IN_SYSTEM} AND via = 'nobody'"
LEFT_OUT = f"{IN_SYSTEM} AND via = 'excluded'"


def verify(wp: Workpaper, prepared_by: str = "") -> Exhibit:
    """The commands that verify the pack and make its result again; of a copy without names only the first of these."""
    chosen = f"--period {shlex.quote(wp.window.period.name)} --as-of {wp.window.as_of}"
    name = f" --prepared-by {shlex.quote(prepared_by)}" if prepared_by else ""
    steps = SEALED if wp.pseudonymous else SEALED + AGAIN.format(chosen=chosen, name=name)
    commands = sum(bool(line) and not line.startswith("#") for line in steps.splitlines())
    more = (
        " The exports are not in this copy, as they name people: its numbers can be made again from the full pack."
        if wp.pseudonymous
        else " The others need the workbook that made the pack; its version is in data/run.json."
    )
    again = "" if wp.pseudonymous else " and make its numbers again from the exports in it"
    return Exhibit(
        key="verify",
        title="How to verify" if wp.pseudonymous else "How to verify and recompute",
        says=(
            f"{count(commands, 'command')}, run in the folder of the pack, show that nothing in it was changed{again}.",
            f"Steps 1 and 2 need no software of ours.{more}",
        ),
        texts=(Text(caption="Commands", text=steps, folded=False),),
    )


SEALED = """\
# 1. Nothing was changed since the pack was closed: prints "unchanged".
sha256sum -c --strict --quiet manifest-sha256.txt tagmanifest-sha256.txt && echo unchanged
# 2. Nothing was added: prints nothing.
{ cut -c67- manifest-sha256.txt tagmanifest-sha256.txt; find . ! -type d ! -name tagmanifest-sha256.txt | cut -c3-; } \
| LC_ALL=C sort | LC_ALL=C uniq -u
"""
AGAIN = """\
# 3. Judge the exports again, and name each verdict and exception that is not the same.
workbook verify . --recompute
# 4. Make the whole pack again, with the options that data/run.json names: the second line prints nothing where all is
# the same but run.json, which tells when.
workbook run data/inputs {chosen}{name} --out ../made-again
diff -rq --exclude=run.json data ../made-again/*/data
# 5. Look further, in a copy of the pack, for a run writes beside the notebook: it reads the exports in data/inputs.
jupyter lab data/evidence.ipynb
"""


def complete(wp: Workpaper) -> Exhibit:
    """The last line: every cell ran. Without it nothing is published."""
    procedures = len(wp.results)
    verdicts = wp.number("SELECT COUNT(*) FROM verdict")
    exceptions = wp.number("SELECT COUNT(*) FROM exceptions")
    found = wp.received
    read, quarantined = sum(one.rows for one in found), sum(one.quarantined for one in found)
    return Exhibit(
        key="complete",
        title="End of the document",
        says=(
            f"COMPLETE: {count(procedures, 'procedure')}, {count(verdicts, 'verdict')}, "
            f"{count(exceptions, 'exception')}; {count(read, 'row')} of {count(len(wp.file_names), 'file')} "
            f"read, {quarantined:,} of them quarantined.",
        ),
    )
