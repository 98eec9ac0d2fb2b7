"""The auditor's selection: strata, sizes, who is selected, what to tick, and what such a selection would have met."""

from __future__ import annotations

from workbook_lib.exhibits.exhibit import Exhibit, Table, cut_short, framed, percent, rate
from workbook_lib.exhibits.markup import named
from workbook_lib.sampling import ATTRIBUTES, METHOD, STRATA, TENTH, Part, Rule, Selection
from workbook_lib.tables import count
from workbook_lib.testsheet import draw
from workbook_lib.workpaper import Workpaper

#: People selected that the page shows; the test sheet has them all.
SHOWN = 60


def sampling(wp: Workpaper, rule: Rule = TENTH, seed: str | None = None) -> Exhibit:
    """The selection by a rule and a seed; the seed is the name of the period where none is given."""
    selection = draw(wp, rule, seed)
    return Exhibit(
        key="sampling",
        title="The auditor's selection",
        says=(
            f"{rate(selection.size, selection.people)} people are selected. The results of this document rest on all "
            f"{selection.people:,}.",
            *would_have_met(selection),
        ),
        facts=(
            ("Rule", rule.name, f"{rule.says}."),
            ("Seed", named(selection.seed), ""),
        ),
        plan=(
            ("Order", METHOD),
            ("Test sheet", "tables/sample.csv in the pack, or workbook sample for a spreadsheet."),
        ),
        tables=(_strata(selection), _attributes(), _selected(selection)),
    )


def would_have_met(selection: Selection) -> list[str]:
    """For each stratum with known deviations, the chance that a random selection of that size holds one of them."""
    affected = [part for part in selection.parts if part.deviating]
    if not affected:
        return ["0 people have a late or missing duty, so there is nothing that a selection could have met."]
    deviating = sum(part.deviating for part in affected)
    whole = (
        f"{rate(deviating, selection.people)} people have a late or missing duty, as the test of everybody shows. A "
        f"random selection of these sizes meets at least one of them with a chance of {_chance(selection)}; this one "
        f"holds {sum(part.met for part in affected):,}."
    )
    return [whole, *map(_would_have_met, affected)]


def _would_have_met(part: Part) -> str:
    of_all = f"{part.deviating:,} of {count(part.people, 'person', 'people')}"
    return (
        f"Stratum {part.stratum}: {of_all} {'deviates' if part.deviating == 1 else 'deviate'}. A random "
        f"selection of {part.size:,} meets at least one of them with a chance of {_chance(part)}; this one holds "
        f"{part.met:,}."
    )


def _chance(of: Part | Selection) -> str:
    return percent(of.chance.numerator, of.chance.denominator)


def _strata(selection: Selection) -> Table:
    rows = [
        (
            str(part.stratum),
            STRATA[part.stratum],
            part.people,
            part.size,
            part.deviating,
            part.met,
            part.undetermined,
            _chance(part) if part.deviating else None,
        )
        for part in selection.parts
    ]
    columns = ("Stratum", "Who is in it", "People", "Selected", "With a deviation", "Of them selected",
               "With an undetermined duty", "Chance of meeting a deviation")  # fmt: skip
    return Table(frame=framed(rows, columns), caption="Strata: each person of the population is in exactly one")


def _attributes() -> Table:
    rows = [(letter, heading, says) for letter, heading, says in ATTRIBUTES]
    return Table(frame=framed(rows, ("Attribute", "In short", "What is tested")), caption="What the auditor ticks")


def _selected(selection: Selection) -> Table:
    rows = [
        (str(part.stratum), drawn.place, drawn.candidate.person_id, drawn.rank)
        for part in selection.parts
        for drawn in part.drawn
    ]
    note = cut_short(SHOWN, len(rows), "stratum and place", "sample") if len(rows) > SHOWN else ""
    columns = ("Stratum", "Place", "Person", "SHA-256 of seed|stratum|person id")
    return Table(frame=framed(rows[:SHOWN], columns), caption="People selected", note=note, folded=True)
