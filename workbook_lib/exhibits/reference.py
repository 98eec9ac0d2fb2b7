"""The end of the document: the rules that judged, what the words mean, what was chosen, and that it is complete."""

from __future__ import annotations

from workbook_lib.exhibits.exhibit import Exhibit, Table, Text, count, framed
from workbook_lib.exhibits.words import CAUSES, CHOICES, DECISIONS, ENDINGS, RULES, STATUSES, VERDICTS, WORDS
from workbook_lib.procedures import OUTCOMES
from workbook_lib.tables import DecisionKind, Status
from workbook_lib.workpaper import Workpaper


def rules(wp: Workpaper) -> Exhibit:
    """The text of every statement that judged, in the order in which they were run."""
    statements = wp.engine.statements
    return Exhibit(
        key="rules",
        title="The rules that judged",
        says=(
            f"{count(len(statements), 'statement')} in SQL turned the exports into the verdicts. This is their very "
            "text; the pack holds them as files. The numbers are those that the sentences of this document cite.",
        ),
        tables=(
            Table(
                frame=framed(list(RULES.items()), ("Rule", "In words")),
                caption="The rules of coverage by number",
                kind="rule",
            ),
        ),
        texts=tuple(Text(caption=name, text=text.strip()) for name, text in statements.items()),
    )


def glossary(wp: Workpaper) -> Exhibit:
    """What each word of this document means."""
    groups = {
        "Words": WORDS,
        "Verdicts, in the order in which the rules look": VERDICTS,
        "Results of a procedure": {str(outcome): says for outcome, says in OUTCOMES.items()},
        "Causes of an exception": CAUSES,
        "How an exception ended": ENDINGS,
        "Status of a training record": {str(status): STATUSES[status] for status in Status},
        "Kinds of decision": {str(kind): DECISIONS[kind] for kind in DecisionKind},
    }
    return Exhibit(
        key="glossary",
        title="Glossary",
        says=(f"{sum(map(len, groups.values()))} words, each with one meaning.",),
        tables=tuple(
            Table(
                frame=framed([(word.replace("_", " "), says) for word, says in group.items()], ("Word", "Meaning")),
                caption=caption,
                folded=caption != "Words",
            )
            for caption, group in groups.items()
        ),
    )


def limitations(wp: Workpaper) -> Exhibit:
    """The choices that an auditor may see differently, and what these exports cannot show."""
    rows = [(number, choice) for number, choice in enumerate(CHOICES, 1)]
    return Exhibit(
        key="limitations",
        title="Choices and limits, stated openly",
        says=(
            f"{count(len(rows), 'choice')} that a reader may want to weigh. Settings of this audit are under Scope.",
        ),
        tables=(Table(frame=framed(rows, ("No.", "Choice")), caption="Choices made in the rules"),),
    )


def complete(wp: Workpaper) -> Exhibit:
    """The last line: every cell ran. Without it nothing is published."""
    procedures = len(wp.results)
    verdicts = wp.number("SELECT COUNT(*) FROM verdict")
    exceptions = wp.number("SELECT COUNT(*) FROM exceptions")
    read = sum(file.rows_read for file in wp.files)
    quarantined = sum(file.rows_quarantined for file in wp.files)
    return Exhibit(
        key="complete",
        title="End of the document",
        says=(
            f"COMPLETE: {count(procedures, 'procedure')}, {count(verdicts, 'verdict')}, "
            f"{count(exceptions, 'exception')}; {count(read, 'row')} read, {quarantined:,} of them quarantined.",
        ),
    )
