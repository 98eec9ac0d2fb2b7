"""Ahead of the as-of day: how the period will end under two assumptions, and what else falls due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from workbook_lib.exhibits.chosen import ALL, Chosen
from workbook_lib.exhibits.exhibit import Exhibit, Table, framed, rate, wrapped
from workbook_lib.exhibits.figures import GRID, filled, layout
from workbook_lib.exhibits.markup import named
from workbook_lib.exhibits.readiness import people_listed
from workbook_lib.procedures.content import IN_USE, REVIEW_MONTHS
from workbook_lib.requirement import add_months
from workbook_lib.tables import JUDGED, count
from workbook_lib.workpaper import Workpaper

#: What falls due within so many days is counted in the sentence.
SOON = 90

#: Duties of each requirement by verdict, so far and at the period's end under each assumption.
FORECAST = """
SELECT requirement.requirement_no, so_far, if_nobody, if_everybody, COUNT(*)
FROM forecast
JOIN person ON person.person_no = forecast.person_no
JOIN requirement ON requirement.requirement_no = forecast.requirement_no
WHERE {chosen} GROUP BY requirement.requirement_no, so_far, if_nobody, if_everybody"""

TURNING = """
SELECT forecast.turns_on AS complete_by, CAST(forecast.turns_on - as_of AS INTEGER) AS days_left, person.person_id,
       person.name, person.email, requirement.requirement_id, person.department, person.manager_email
FROM forecast CROSS JOIN settings
JOIN person ON person.person_no = forecast.person_no
JOIN requirement ON requirement.requirement_no = forecast.requirement_no
WHERE forecast.turns_on IS NOT NULL AND {chosen}
ORDER BY forecast.turns_on, person.person_id, requirement.requirement_id"""

#: The three results of a duty, and how its bar is filled.
RESULTS = (
    ("so far", ("#7f7f7f", "")),
    ("if nobody completes anything more", ("#d55e00", "x")),
    ("if everybody completes by the due day", ("#0072b2", "/")),
)


def forecast(wp: Workpaper, chosen: Chosen = ALL) -> Exhibit:
    """The on-time rate of the whole period between its two bounds, and the duties that lie between them."""
    wp.look_ahead()
    rates = _rates(wp, chosen)
    so_far, nobody, everybody = (_sum(rates, place) for place in range(3))
    lost = everybody[1] - everybody[0]
    turning = everybody[0] - nobody[0]
    end = wp.window.period.end
    known = wp.window.as_of >= end
    first = f"The period ended on {end}, and the exports cover it: nothing is left to come." if known else ""
    says = f"On time for the whole period: {rate(*nobody)} if nobody completes anything more, {rate(*everybody)} if "
    says += "everybody completes by their due day."
    rows = [(name, *(rate(*pair) for pair in pairs)) for name, pairs in rates.items()]
    rows.append(("all", rate(*so_far), rate(*nobody), rate(*everybody)))
    headings = ("Requirement", "So far", "If nobody", "If everybody")
    query = TURNING.format(chosen=chosen.condition)
    caption = "Duties that become deviations unless completed by their day"
    return Exhibit(
        key="forecast",
        title="How the period will end",
        banner=chosen.banner,
        says=(
            says,
            f"{count(turning, 'duty', 'duties')} can still go either way, and {count(lost, 'duty is', 'duties are')} "
            f"lost: late, missing or undetermined whatever happens. {first}".strip(),
            "This is arithmetic, no estimate: everybody is judged up to the last day of the period by the same rules, "
            "once with the records that there are, and once with a completion assumed on each due day; what is overdue "
            f"is assumed to be made up on {wp.window.as_of + timedelta(days=1)}, the first day that the exports do not "
            "cover. People, leave, policy versions and decisions stay as the exports know them: who will join or leave "
            "is not guessed.",
        ),
        figure=_bars(rates) if nobody[1] else None,
        alt=f"Three bars per requirement: the share met so far, if nobody does more, if everybody does. {says}",
        tables=(
            Table(frame=framed(rows, headings), caption="Duties met on time, of those judged"),
            *([people_listed(wp, query, caption, "the day")] if turning else []),
        ),
    )


def _rates(wp: Workpaper, chosen: Chosen) -> dict[str, list[tuple[int, int]]]:
    """Requirement → (met, judged) so far, if nobody, if everybody."""
    rates = {requirement.id: [(0, 0)] * 3 for requirement in wp.audit.requirements}
    names = list(rates)
    for no, *verdicts, number in wp.rows(FORECAST.format(chosen=chosen.condition)):
        for place, verdict in enumerate(verdicts):
            met, judged = rates[names[no - 1]][place]
            rates[names[no - 1]][place] = (met + number * (verdict == "met"), judged + number * (verdict in JUDGED))
    return {name: pairs for name, pairs in rates.items() if any(judged for _, judged in pairs)}


def _sum(rates: dict[str, list[tuple[int, int]]], place: int) -> tuple[int, int]:
    return sum(pairs[place][0] for pairs in rates.values()), sum(pairs[place][1] for pairs in rates.values())


def _bars(rates: dict[str, list[tuple[int, int]]]) -> dict[str, Any]:
    names = [wrapped(name, 40) for name in rates]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": names,
            "x": [
                round(100 * met / judged, 2) if judged else None for met, judged in (p[place] for p in rates.values())
            ],
            "customdata": [list(pairs[place]) for pairs in rates.values()],
            "marker": filled(*fill),
            "hovertemplate": f"%{{y}}, {name}: %{{customdata[0]:,}} of %{{customdata[1]:,}}<extra></extra>",
        }
        for place, (name, fill) in enumerate(RESULTS)
    ]
    frame = layout(
        110 + 62 * len(names),
        barmode="group",
        bargap=0.3,
        xaxis={"title": {"text": "met on time, % of the judged duties"}, "range": [0, 101], **GRID},
        yaxis={"autorange": "reversed", "automargin": True, "type": "category"},
    )
    return {"data": data, "layout": frame}


# --- content, policies, programme ---------------------------------------------------------------------------------

#: Each module in use, and its last review that is known.
REVIEWED = f"""
SELECT used.module_id, MAX(content_reviews.reviewed_on) FROM (SELECT DISTINCT module_id FROM ({IN_USE}) found) used
CROSS JOIN settings
LEFT JOIN content_reviews ON content_reviews.module_id = used.module_id AND content_reviews.reviewed_on <= as_of
GROUP BY used.module_id ORDER BY used.module_id"""

#: The version of each policy that a requirement names in force on the as-of day, with its approval in the exports.
IN_FORCE = """
SELECT DISTINCT policy_version.policy_id, policy_version.version, policies.approved_on
FROM policy_version CROSS JOIN settings
JOIN requirement ON requirement.policy_id = policy_version.policy_id
JOIN policies ON policies.policy_id = policy_version.policy_id AND policies.version = policy_version.version
WHERE as_of BETWEEN in_force_from AND in_force_to ORDER BY 1"""

#: Material versions whose acknowledgement falls due after the as-of day.
NEW_VERSIONS = """
SELECT DISTINCT requirement.requirement_id, policies.policy_id, policies.version, policies.effective_on,
       policies.effective_on + requirement.due_within_days AS due_on
FROM policies CROSS JOIN settings
JOIN requirement ON requirement.policy_id = policies.policy_id
WHERE policies.material AND policies.effective_on + requirement.due_within_days > as_of ORDER BY due_on, 1, 2, 3"""

Line = tuple[str, str, date | None, date | None, str]


def reviews_due(wp: Workpaper) -> Exhibit:
    """Reviews of content, approvals of policies and the programme, new policy versions: by the day they are due."""
    as_of = wp.window.as_of
    lines = sorted(_lines(wp), key=lambda line: (line[3] or date.min, line[0], line[1]))
    rows = [
        (matter, item, last, due, (due - as_of).days if due else None, "overdue" if not due or due <= as_of else "")
        for matter, item, last, due, _ in lines
    ]
    overdue = sum(row[-1] == "overdue" for row in rows)
    soon = sum(due is not None and as_of < due <= as_of + timedelta(days=SOON) for _, _, _, due, _ in lines)
    headings = ("Matter", "Of what", "Last done on", "Next due", "Days left", "State")
    rules: dict[str, dict[str, None]] = {}
    for matter, _, _, _, rule in lines:
        rules.setdefault(rule, {})[matter] = None
    return Exhibit(
        key="reviews-due",
        title="Reviews, approvals and new versions",
        says=(
            f"{count(soon, 'matter falls', 'matters fall')} due within {SOON} days of {as_of}, and {overdue:,} "
            f"{'is' if overdue == 1 else 'are'} overdue, of {len(rows):,} in all.",
            *(f"{', '.join(matters).capitalize()}: {rule}" for rule, matters in rules.items()),
        ),
        tables=(Table(frame=framed(rows, headings), caption="By due day"),) if rows else (),
    )


def _lines(wp: Workpaper) -> Iterator[Line]:
    """Matter, of what, last done, next due (None: never done), and the rule. A due day is the first day without."""
    year = f"due {REVIEW_MONTHS} months after the one before"
    for module, last in wp.rows(REVIEWED):
        yield "content review", module, last, last and add_months(last, REVIEW_MONTHS), f"{year}, as P9 asks."
    rule = f"{year}; no rule of this audit asks for it, and auditors do."
    for policy, version, last in wp.rows(IN_FORCE):
        yield "policy approval", f"{policy} {version}", last, last and add_months(last, REVIEW_MONTHS), rule
    if described := wp.audit.programme:
        last = described.approved_on
        yield "programme approval", described.file, last, last and add_months(last, REVIEW_MONTHS), rule
    for requirement, policy, version, effective_on, due_on in wp.rows(NEW_VERSIONS):
        yield (
            "new policy version",
            f"{policy} {version} ({named(requirement)})",
            effective_on,
            due_on,
            "everybody concerned must acknowledge it by then (C9); last done is the day on which it takes effect.",
        )
