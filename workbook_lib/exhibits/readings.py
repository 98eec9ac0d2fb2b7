"""The readings of "annual" side by side, and whose result depends on the reading."""

from __future__ import annotations

from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, listed, rate
from workbook_lib.exhibits.front import interim
from workbook_lib.readings import READINGS, Reading
from workbook_lib.tables import count
from workbook_lib.workpaper import Workpaper

FLIP_ROWS = 40

#: Of the lines of `flip` of one person and requirement: what decides it, by the audit's own reading and by the others.
WHY = """flip.own_reading || ': ' || flip.own_why || '; '
         || STRING_AGG(replace(flip.reading, '_', ' ') || ': ' || flip.why, '; ' ORDER BY flip.reading) || '.'"""

#: Whose result another reading turns round, with the days that decide it.
FLIPS = f"""
SELECT person.person_id, person.name, requirement.requirement_id,
       flip.own_reading || CASE WHEN flip.passes = 1 THEN ': fails' ELSE ': passes' END AS the_audits_own_reading,
       STRING_AGG(replace(flip.reading, '_', ' '), ', ' ORDER BY flip.reading)
         || CASE WHEN flip.passes = 1 AND COUNT(*) = 1 THEN ': passes' WHEN flip.passes = 1 THEN ': pass'
                 WHEN COUNT(*) = 1 THEN ': fails' ELSE ': fail' END AS read_otherwise,
       {WHY} AS why
FROM flip
JOIN person ON person.person_no = flip.person_no
JOIN requirement ON requirement.requirement_no = flip.requirement_no
GROUP BY person.person_id, person.name, requirement.requirement_id, flip.requirement_no, flip.passes, flip.own_reading,
         flip.own_why
ORDER BY person.person_id, flip.requirement_no"""


PASSED = """
SELECT requirement_no, reading, SUM(passes), COUNT(*) FROM reading GROUP BY requirement_no, reading"""
TURNED = "SELECT requirement_no, COUNT(DISTINCT person_no) FROM flip GROUP BY requirement_no"


def readings(wp: Workpaper) -> Exhibit:
    """Each annual requirement under five readings: n of N accountable people pass; and who flips."""
    wp.deepen()
    annual: dict[int, str] = dict(wp.rows("SELECT requirement_no, own_reading FROM annual ORDER BY requirement_no"))
    if not annual:
        return Exhibit(
            key="readings",
            title=TITLE,
            says=(f"0 of {count(len(wp.audit.requirements), 'requirement')} are due each year: no other reading.",),
        )
    accountable = wp.number("SELECT COUNT(DISTINCT person_no) FROM last_accountable")
    people = wp.number("SELECT COUNT(DISTINCT person_no) FROM flip")
    tables = [
        Table(
            frame=framed(_side_by_side(wp, annual), HEADINGS), caption="Accountable people who pass, under each reading"
        ),
        Table(
            frame=framed(
                [(_name(reading), says) for reading, says in READINGS.items()], ("Reading", "A person passes when")
            ),
            caption="What each reading asks",
            folded=True,
        ),
    ]
    if people:
        order = "person and requirement"
        caption = "Results that another reading turns, with the days that decide it"
        tables.append(listed(wp, FLIPS, caption, order=order, file="readings", at_most=FLIP_ROWS))
    return Exhibit(
        key="readings",
        title=TITLE,
        banner=interim(wp),
        says=(
            f"{rate(people, accountable)} accountable people would have another result under some other reading of "
            f"annual, for {count(len(annual), 'requirement that is', 'requirements that are')} due each year.",
            "The audit's own reading is the one that counts everywhere else; this changes no verdict. Accountable is "
            "who had to be covered, and was not excused, on some judged day; undetermined people are left out. Days "
            "required and days excused are the same under every reading, and so is the lapse of an acknowledgement "
            "after a material change of the policy.",
        ),
        tables=tuple(tables),
    )


TITLE = "Other readings of annual"
HEADINGS = (
    "Requirement",
    "The audit's own",
    *(str(reading).replace("_", " ").capitalize() for reading in Reading),
    "People whose result turns",
)


def _side_by_side(wp: Workpaper, annual: dict[int, str]) -> list[tuple[object, ...]]:
    counted = wp.rows(PASSED)
    passed = {(no, reading): rate(int(passing), of) for no, reading, passing, of in counted}
    turned: dict[int, int] = dict(wp.rows(TURNED))
    testable = set(wp.rows("SELECT requirement_no, reading FROM testable"))
    return [
        (
            wp.audit.requirements[no - 1].id,
            _name(own),
            *(
                passed.get((no, reading), "0 of 0") if (no, reading) in testable else WHY_NOT[reading]
                for reading in Reading
            ),
            turned.get(no, 0),
        )
        for no, own in annual.items()
    ]


#: What stands in place of a count.
WHY_NOT = {Reading.IN_PERIOD: "not testable", Reading.CAMPAIGN: "none named"}


def _name(reading: str) -> str:
    return reading.replace("_", " ")
