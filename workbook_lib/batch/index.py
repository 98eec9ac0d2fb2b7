"""The index of a batch: one page with a row per pack and the trend across periods, and the same for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbook_lib import publish
from workbook_lib.batch.tasks import Entry, Outcome
from workbook_lib.exhibits.exhibit import Exhibit, Table, Text, framed, rate, wrapped
from workbook_lib.exhibits.figures import GRID, MOST_LINES, STROKES, layout
from workbook_lib.exhibits.markup import Linked
from workbook_lib.tables import Problem, UserError, count
from workbook_lib.whole import draft_of

PAGE, SUMMARY = "index.html", "batch.json"
TITLE = "Evidence packs"
WORDS = f"# {TITLE}\n\n## One per audit and period\n\nEach pack says for itself what was tested and how it ended."
#: A word that only files of ours have in their first bytes.
MARKS = {PAGE: f"<title>{TITLE}</title>", SUMMARY: '{\n  "counts": {'}

#: Up to so many periods each has its own mark on the axis of time.
MOST_TICKS = 5

#: The packs of one audit, first period first.
Line = list[Entry]


def refuse_foreign(out: Path) -> None:
    """Before any work: refuse to replace a page or a summary that is not of a batch."""
    for name, mark in MARKS.items():
        path = out / name
        if path.exists() and not (path.is_file() and mark.encode() in path.read_bytes()[:2000]):
            raise UserError(
                Problem(
                    where=str(path),
                    what="this exists and was not written by a batch.",
                    effect="no pack was made.",
                    do="choose another --out, or move it away.",
                    code="not_an_index",
                )
            )


def write(out: Path, entries: Sequence[Entry]) -> None:
    """Write index.html and batch.json beside the packs, each whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    texts = {SUMMARY: summary(entries), PAGE: page(out, entries)}
    for name, text in texts.items():
        try:
            with draft_of(out / name) as draft:
                draft.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UserError(
                Problem(
                    where=str(out / name),
                    what=f"it cannot be written: {error.strerror}.",
                    effect="the packs that were made stand; no index of them was written.",
                    do="make room, and give the command again: packs that stand are not made again.",
                    code="cannot_write",
                )
            ) from None


def summary(entries: Sequence[Entry]) -> str:
    """JSON for programs: how many packs of each outcome, and one object per pack, in the order of the batch."""
    packs = [
        {
            "audit": entry.audit,
            "period": entry.period,
            "outcome": entry.outcome,
            "why": entry.why,
            "pack": entry.pack or None,
            "result_digest": entry.digest or None,
            "on_time": dict(zip(("met", "judged"), entry.on_time, strict=True)) if entry.result else None,
            "deviations": entry.deviations if entry.result else None,
            "result": entry.result or None,
        }
        for entry in entries
    ]
    return json.dumps({"counts": counted(entries), "packs": packs}, indent=2, ensure_ascii=False) + "\n"


def counted(entries: Sequence[Entry]) -> dict[str, int]:
    """Outcome → number of packs; every outcome is named."""
    found = Counter(entry.outcome for entry in entries)
    return {str(outcome): found[outcome] for outcome in Outcome}


# --- the page -----------------------------------------------------------------------------------------------------


def page(out: Path, entries: Sequence[Entry]) -> str:
    """The index as one offline page, by the template of the evidence."""
    lines = _lines(entries)
    shown = [_packs(out, entries), *_not_made(entries), *([_on_time(lines), _deviations(lines)] if lines else [])]
    return publish.page(WORDS, [exhibit._repr_mimebundle_() for exhibit in shown], TITLE)


def _packs(out: Path, entries: Sequence[Entry]) -> Exhibit:
    counts = counted(entries)
    stand = sum(bool(entry.pack) for entry in entries)
    headings = (
        "Pack", "State", "On time", "Deviations", "Exceptions", "Unexplained", "Noted in", "Judged days",
        "Organisation", "PDF",
    )  # fmt: skip
    return Exhibit(
        key="packs",
        title="Packs",
        says=(
            f"{count(stand, 'pack')} of {len(entries):,} {'stands' if stand == 1 else 'stand'}: made now "
            f"{counts['made']:,}, unchanged {counts['unchanged']:,}. Failed: {counts['failed']:,}. Of a period that "
            f"has not begun: {counts['not begun']:,}.",
        ),
        tables=(
            Table(
                frame=framed([_row(out, entry) for entry in entries], headings),
                caption="Each pack, with its counts",
                note="On time: duties met, of those judged. Deviations: late and missing. Noted in: the procedures "
                "that noted exceptions. Unchanged: inputs, options and versions are the same as "
                "before, and the pack holds.",
            ),
        ),
    )


def _noted(entry: Entry) -> str:
    """The procedures that noted exceptions, and those that say nothing because they were not performed."""
    noted = ", ".join(entry.noted) or "none"
    return f"{noted}; not performed: {', '.join(entry.not_performed)}" if entry.not_performed else noted


def _row(out: Path, entry: Entry) -> tuple[object, ...]:
    label = f"{entry.audit} {entry.period}".strip()
    if not entry.result:
        return label, str(entry.outcome), *[None] * 8
    period, exceptions = entry.result["period"], entry.result["exceptions"]
    data = f"{quote(entry.pack)}/data"
    return (
        Linked(label, f"{data}/evidence.html"),
        str(entry.outcome),
        rate(*entry.on_time),
        entry.deviations,
        exceptions["total"],
        exceptions["unexplained"],
        _noted(entry),
        f"{period['start']} to {period['judged_to']}{', INTERIM' if period['interim'] else ''}",
        entry.result["organisation"],
        Linked("PDF", f"{data}/evidence.pdf") if (out / entry.pack / "data" / "evidence.pdf").is_file() else None,
    )


def _not_made(entries: Sequence[Entry]) -> list[Exhibit]:
    without = [entry for entry in entries if not entry.pack]
    rows = [(entry.audit, entry.period or None, str(entry.outcome), " ".join(entry.in_short)) for entry in without]
    shown = Exhibit(
        key="not-made",
        title="Packs that were not made",
        says=(f"{count(len(without), 'pack was', 'packs were')} not made. The others do not depend on it.",),
        tables=(
            Table(
                frame=framed(rows, ("Audit", "Period", "State", "Why")),
                caption="Why each was not made",
            ),
        ),
        texts=tuple(
            Text(caption=f"{entry.audit} {entry.period}".strip() + ": the whole message", text=entry.why)
            for entry in without
        ),
    )
    return [shown] if without else []


# --- the trend ----------------------------------------------------------------------------------------------------


def _lines(entries: Sequence[Entry]) -> list[Line]:
    """The packs with a result, by audit; first period first."""
    lines: dict[tuple[str, str], Line] = {}
    for entry in entries:
        if entry.result:
            lines.setdefault((entry.audit, entry.result["organisation"]), []).append(entry)
    return [sorted(line, key=lambda entry: (_end(entry), entry.period)) for line in lines.values()]


def _end(entry: Entry) -> str:
    day: str = entry.result["period"]["judged_to"]
    return day


def _share(entry: Entry) -> float | None:
    """Duties met on time, per cent of those judged; None where none was."""
    met, judged = entry.on_time
    return round(100 * met / judged, 2) if judged else None


def _on_time(lines: Sequence[Line]) -> Exhibit:
    rows = []
    for line in lines:
        for before, entry in zip([None, *line], line, strict=False):
            change = _change(_share(before) if before else None, _share(entry), "points")
            rows.append((*_place(entry), rate(*entry.on_time), change))
    drawn = sorted(lines, key=lambda line: (_share(line[-1]) is None, _share(line[-1])))[:MOST_LINES]
    shares = [share for line in drawn for entry in line if (share := _share(entry)) is not None]
    floor = max(0, int(min(shares, default=0)) // 10 * 10 - 5)
    axis = {"title": {"text": f"met on time, % (axis from {floor} %)" if floor else "met on time, %"}}
    return Exhibit(
        key="on-time",
        title="On-time rate by period",
        says=(_moves(lines, "on-time rate", _share), *_left_out(lines, drawn, "the lowest last rates")),
        figure=_trend(
            drawn, {**axis, "range": [floor, 101]}, _share, "%{customdata[0]:,} of %{customdata[1]:,} (%{y:.1f} %)"
        ),
        alt="For each audit the share of the duties that were met on time, period by period. The table says the same.",
        tables=(
            Table(
                frame=framed(rows, ("Audit", "Period", "From", "To", "On time", "Since the period before")),
                caption="Duties met on time, by audit and period",
            ),
        ),
    )


def _deviations(lines: Sequence[Line]) -> Exhibit:
    rows = []
    for line in lines:
        for before, entry in zip([None, *line], line, strict=False):
            verdicts = entry.result["verdicts"]
            parts = (verdicts.get("late", 0), verdicts.get("missing", 0), rate(entry.deviations, entry.on_time[1]))
            rows.append((*_place(entry), *parts, _change(before.deviations if before else None, entry.deviations)))
    drawn = sorted(lines, key=lambda line: -line[-1].deviations)[:MOST_LINES]
    headings = ("Audit", "Period", "From", "To", "Late", "Missing", "Deviations", "Since the period before")
    return Exhibit(
        key="deviations",
        title="Deviations by period",
        says=(
            _moves(lines, "number of deviations", lambda entry: entry.deviations),
            *_left_out(lines, drawn, "the most deviations in their last period"),
        ),
        figure=_trend(
            drawn,
            {"title": {"text": "deviations"}, "rangemode": "tozero"},
            lambda entry: entry.deviations,
            "%{y:,} of %{customdata[1]:,} judged duties",
        ),
        alt="For each audit the number of late and missing verdicts, period by period. The table says the same.",
        tables=(Table(frame=framed(rows, headings), caption="Deviations, by audit and period"),),
    )


def _place(entry: Entry) -> tuple[object, ...]:
    """Audit, period, first and last judged day."""
    return (
        entry.audit,
        entry.period,
        date.fromisoformat(entry.result["period"]["start"]),
        date.fromisoformat(_end(entry)),
    )


def _change(then: float | None, now: float | None, unit: str = "") -> str | None:
    """In words, for nobody takes a dash for a minus.

    >>> _change(90.0, 92.3, "points"), _change(3, 1), _change(3, 3), _change(None, 3)
    ('up 2.3 points', 'down 2', 'the same', None)
    """
    if then is None or now is None:
        return None
    size = f"{abs(now - then):,.1f}" if unit else f"{abs(now - then):,}"
    return " ".join(filter(None, ("up" if now > then else "down", size, unit))) if now != then else "the same"


def _moves(lines: Sequence[Line], noun: str, value: Callable[[Entry], float | None]) -> str:
    """In how many audits it rose and fell between their last two periods."""
    pairs = [(value(line[-2]), value(line[-1])) for line in lines if len(line) > 1]
    known = [(then, now) for then, now in pairs if then is not None and now is not None]
    if not known:
        return f"No audit has two periods here, so there is no trend of the {noun} yet."
    rose, fell = sum(now > then for then, now in known), sum(now < then for then, now in known)
    return (
        f"The {noun} rose in {rose:,} of {count(len(known), 'audit')} from the period before to the last one. It fell "
        f"in {fell:,} and was the same in {len(known) - rose - fell:,}."
    )


def _left_out(lines: Sequence[Line], drawn: Sequence[Line], which: str) -> list[str]:
    more = len(lines) > len(drawn)
    return [f"Drawn are the {len(drawn)} of {len(lines):,} audits with {which}; the table has all."] if more else []


def _trend(
    lines: Sequence[Line], axis: Mapping[str, Any], value: Callable[[Entry], float | None], hover: str
) -> dict[str, Any] | None:
    """A line per audit, a point per period, at its last judged day; nothing where every line is a point."""
    if all(len(line) < 2 for line in lines):
        return None
    organisations = Counter(line[0].result["organisation"] for line in lines)
    data = []
    for line, (colour, dash, sign) in zip(lines, STROKES, strict=False):
        organisation = line[0].result["organisation"]
        label = organisation if organisations[organisation] == 1 else f"{organisation}, {line[0].audit}"
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": wrapped(label, 40),
                "x": [_end(entry) for entry in line],
                "y": [value(entry) for entry in line],
                "customdata": [list(entry.on_time) for entry in line],
                "line": {"width": 2, "color": colour, "dash": dash},
                "marker": {"size": 8, "symbol": sign},
                "cliponaxis": False,
                "hovertemplate": f"to %{{x|%Y-%m-%d}}: {hover}",
            }
        )
    ends = sorted({_end(entry) for line in lines for entry in line})
    ticks = {"tickvals": ends, "ticktext": ends} if len(ends) <= MOST_TICKS else {}
    days = {"type": "date", "gridcolor": "rgba(128,128,128,.15)", **ticks}
    return {"data": data, "layout": layout(300, showlegend=True, xaxis=days, yaxis={**axis, **GRID})}
