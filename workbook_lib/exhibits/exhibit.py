"""What the notebooks show: a title, a sentence that states the number and its meaning, a table, perhaps a figure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbook_lib.exhibits import markup
from workbook_lib.workpaper import Workpaper

FIGURE = "application/vnd.plotly.v1+json"
#: How many rows a listing shows; the page stays readable, and small, for a company of any size.
AT_MOST = 300

#: Pixels that a figure grows by its title and first sentence.
TITLE_HEIGHT = 110

#: Column of a relation → heading. Any other is its own name, without the underscores.
HEADINGS = {
    "person_id": "Person",
    "requirement_id": "Requirement",
    "worker_type": "Worker type",
    "module_id": "Module",
    "policy_id": "Policy",
    "decision_id": "Decision",
    "row_no": "Row",
    "why": "Why",
    "manager_email": "Manager",
    "email": "E-mail",
    "acknowledged_on": "Acknowledged on",
    "from": "From",
    "to": "To",
    "gap_days": "Days uncovered",
    "last_completed_on": "Last record",
    "next_due_on": "Next due",
    "due_on": "Due on",
    "closed_on": "Closed on",
    "explained_by": "Explained by",
    "the_audits_own_reading": "The audit's own reading",
}


#: Columns whose codes are shown as words.
CODES = frozenset({"worker_type", "cause", "ended_by", "kind", "status", "read_as", "table"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table of an exhibit.

    note : said below it, where rows are left out for instance.  folded : opened by a click; printed in any case.
    kind : what the names in its first column are; links lead to them.  leads : the kind to which they lead from here.
    more : keys and titles of exhibits that show the whole, or more of it.
    """

    frame: pd.DataFrame
    caption: str
    note: str = ""
    folded: bool = False
    kind: str = ""
    leads: str = ""
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A whole text, as it stands in its file: a rule, a document. key : the anchor to which links lead."""

    caption: str
    text: str
    folded: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Links(markup.Stacked):
    """A cell of links. places : the anchors in the page and their names."""

    places: tuple[tuple[str, str], ...] = ()

    @classmethod
    def to(cls, places: Sequence[tuple[str, str]]) -> Links:
        """A cell that leads to these places."""
        return cls(", ".join(name for _, name in places), "", tuple(places))

    @property
    def html(self) -> str:
        """The names, escaped, each a link."""
        return ", ".join(map(_link, self.places))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Card:
    """What is to be said of one item of an exhibit, opened by a click; printed in any case.

    plan : term and text.
    """

    caption: str
    plan: tuple[tuple[str, str], ...]
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exhibit:
    """One numbered part of a workpaper, which shows itself in a notebook.

    key : its stable name, the anchor in the page.  label : its own number where it has one ("P1"); otherwise the page
    numbers the exhibits in order.  banner : printed before everything else.  result : how a procedure ended.  says :
    generated sentences, the first one states the number.  facts : term, value, remark.  plan : term and text.
    figure : a plotly figure as plain data.  alt : the same in words, for those who cannot see it.
    """

    key: str
    title: str
    label: str = ""
    banner: str = ""
    result: str = ""
    says: tuple[str, ...] = ()
    facts: tuple[tuple[str, str, str], ...] = ()
    plan: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    cards: tuple[Card, ...] = ()
    texts: tuple[Text, ...] = ()
    figure: Mapping[str, Any] | None = None
    alt: str = ""

    @property
    def table(self) -> pd.DataFrame:
        """The first table, for people who look further.

        Raises LookupError where there is none.
        """
        return self.tables[0].frame

    def plot(self) -> Any:
        """The figure as a plotly object, to be looked at from another side.

        Raises LookupError where there is none.
        """
        if self.figure is None:
            raise LookupError(f"{self.title} has no figure.")
        import plotly.graph_objects as go

        return go.Figure(json.loads(json.dumps(self.figure)))

    def __str__(self) -> str:
        """Title, sentences and facts, without the tables."""
        heading = " ".join(filter(None, (self.label, self.title)))
        facts = (f"{term}: {value} {more}".rstrip() for term, value, more in self.facts)
        return "\n".join(filter(None, (heading, self.banner, self.result, *self.says, *facts)))

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """HTML for reading, text for terminals, and the figure as data where there is one."""
        bundle: dict[str, Any] = {"text/html": markup.LAB_STYLE + self.html, "text/plain": str(self)}
        if self.figure is not None:
            bundle[FIGURE] = self._titled(self.figure)
        return bundle, {"exhibit": self.key}

    def _titled(self, figure: Mapping[str, Any]) -> dict[str, Any]:
        """The figure with title and first sentence in it: JupyterLab shows nothing else where there is a figure."""
        layout = figure["layout"]
        place = {"x": 0, "xref": "paper", "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 12}}
        title = {"text": wrapped(self.title), "subtitle": {"text": wrapped(self.says[0])}, **place}
        margin = layout["margin"] | {"t": layout["margin"]["t"] + TITLE_HEIGHT}
        height = layout["height"] + TITLE_HEIGHT
        meta = {"height": layout["height"], "top": layout["margin"]["t"]}
        return {**figure, "layout": {**layout, "title": title, "margin": margin, "height": height, "meta": meta}}

    @property
    def html(self) -> str:
        """The exhibit as HTML; every value in it is escaped by `markup`."""
        banner = f'<p class="banner" role="note">{markup.prose(self.banner)}</p>' if self.banner else ""
        result = markup.badge(self.result) if self.result else ""
        sentences = "".join(f'<p class="says">{markup.prose(sentence)}</p>' for sentence in self.says)
        facts = f'<dl class="facts">{markup.facts(self.facts)}</dl>' if self.facts else ""
        plan = _plan(self.plan)
        alt = markup.attribute(self.alt)
        place = f'<div class="plot" id="{self.key}-figure" role="img" aria-label="{alt}"></div>' if self.figure else ""
        own = f' id="{markup.place("procedure", self.label)}"' if self.label else ""
        return (
            f'<article class="exhibit"{own} aria-labelledby="{self.key}"><h3 id="{self.key}">'
            f'<span class="no">{self.label}</span>{markup.prose(self.title)}</h3>\n'
            f"{banner}{result}{sentences}{facts}{plan}{place}"
            f"{self.tables_html}{_cards(self.cards)}{''.join(map(_text, self.texts))}</article>"
        )

    @property
    def tables_html(self) -> str:
        """Its tables alone, as they stand in `html`."""
        return "".join(map(_table, self.tables))


def _plan(pairs: Sequence[tuple[str, str]]) -> str:
    return f'<dl class="plan">{markup.facts((*pair, "") for pair in pairs)}</dl>' if pairs else ""


def _cards(cards: Sequence[Card]) -> str:
    folded = (_folded(card.caption, _plan(card.plan) + _table(card.table), folded=True) for card in cards)
    return f'<div class="cards">{"".join(folded)}</div>' if cards else ""


#: A cell that holds a sentence. What it cites as a rule, as in "(C12)", leads to the rule.
SENTENCE = re.compile(r'<td class="?w\b.*?(?=<td|$)', re.MULTILINE)
#: In HTML a cell and a row end where the next one begins. Without these tags a page of many records is a fifth smaller.
ENDS = re.compile("</t[dhr]>")


def _table(item: Table) -> str:
    note = f'<p class="note">{markup.prose(item.note)}{_elsewhere(item.more)}</p>' if item.note or item.more else ""
    whole = markup.table(item.frame, item.caption, kind=item.kind, leads=item.leads) + note
    cited = SENTENCE.sub(lambda cell: markup.RULE.sub(r'<a href="#rule-\1">\1</a>', cell[0]), whole)
    return _folded(item.caption, ENDS.sub("", cited), item.folded)


def _link(place: tuple[str, str]) -> str:
    return f'<a href="#{markup.attribute(place[0])}">{markup.content(place[1])}</a>'


def _elsewhere(more: Sequence[tuple[str, str]]) -> str:
    return f" See {', '.join(map(_link, more))}." if more else ""


def _text(item: Text) -> str:
    return _folded(item.caption, markup.verbatim(item.text), item.folded, item.key)


def _folded(caption: str, content: str, folded: bool, key: str = "") -> str:
    own = f' id="{markup.attribute(key)}"' if key else ""
    return (
        f"<details{own}><summary>{markup.prose(caption)}</summary>{content}</details>\n" if folded else f"{content}\n"
    )


# --- counting and listing -----------------------------------------------------------------------------------------


def rate(n: int, of: int) -> str:
    """A share as counts and per cent; a rounded figure never claims all or none.

    >>> rate(411, 412), rate(412, 412), rate(9999, 10000), rate(1, 10000), rate(0, 0)
    ('411 of 412 (99.8 %)', '412 of 412 (100 %)', '9,999 of 10,000 (> 99.9 %)', '1 of 10,000 (< 0.1 %)', '0 of 0')
    """
    return f"{n:,} of {of:,} ({percent(n, of)})" if of else f"{n:,} of 0"


def percent(n: int, of: int) -> str:
    """A share in per cent; 100 only when it is all, 0 only when it is none.

    >>> percent(1, 3), percent(0, 3), percent(0, 0)
    ('33.3 %', '0 %', 'no rate')
    """
    if not of:
        return "no rate"
    if n in (0, of):
        return f"{100 * n // of} %"
    rounded = f"{100 * n / of:.1f} %"
    return {"100.0 %": "> 99.9 %", "0.0 %": "< 0.1 %"}.get(rounded, rounded)


def were(number: int) -> str:
    """The verb of a count in the past.

    >>> were(1), were(2)
    ('was', 'were')
    """
    return "was" if number == 1 else "were"


def listed(
    wp: Workpaper, query: str, caption: str, *, order: str, file: str = "", at_most: int = AT_MOST, folded: bool = False
) -> Table:
    """The first rows of a listing, and where the rest is; people lead to their verdicts.

    query : a SELECT that ends in its ORDER BY; `order` says that in words.  file : table of the pack with all rows.
    """
    frame = wp.frame(f"{query} LIMIT {at_most + 1}")
    note = ""
    if len(frame) > at_most:
        unsorted, _, _ = query.rpartition("ORDER BY")
        total = wp.number(f"SELECT COUNT(*) FROM ({unsorted}) listed")
        note = cut_short(at_most, total, order, file)
        frame = frame.head(at_most)
    for column in CODES & set(frame.columns):
        frame[column] = [spelled(code) if isinstance(code, str) else code for code in frame[column]]
    frame = frame.rename(columns=heading)
    leads = "person" if len(frame.columns) and frame.columns[0] == heading("person_id") else ""
    return Table(frame=frame, caption=caption, note=note, folded=folded, leads=leads)


def spelled(code: str) -> str:
    """A code as words; the glossary has both.

    >>> spelled("third_party")
    'third party'
    """
    return code.replace("_", " ")


def framed(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows that we made ourselves as a table."""
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def cut_short(shown: int, total: int, order: str, file: str) -> str:
    """What to say where rows are left out.

    >>> cut_short(500, 1234, "person", "verdicts")
    'The first 500 of 1,234 rows, in the order of person. All rows: tables/verdicts.csv in the pack.'
    """
    rest = f" All rows: tables/{file}.csv in the pack." if file else ""
    return f"The first {shown:,} of {total:,} rows, in the order of {order}.{rest}"


def heading(column: str) -> str:
    """A column's name as a heading.

    >>> heading("person_id"), heading("engaged_from"), heading("Verdict")
    ('Person', 'Engaged from', 'Verdict')
    """
    known = HEADINGS.get(column)
    return known or column[:1].upper() + column[1:].replace("_", " ")


def wrapped(text: str, width: int = 110) -> str:
    """A text for a plotly label, which knows a little HTML of its own and breaks no lines by itself."""
    return "<br>".join(markup.content(line) for line in textwrap.wrap(text, width))
