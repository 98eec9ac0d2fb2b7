"""The one place where data become HTML. Everything that comes from an export is escaped here, and nowhere else.

No Styler, no Markdown made from data, no random ids: the same data give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

import pandas as pd

#: Control, bidirectional and invisible characters: nothing may hide in a name or change the order of a line.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
#: A name inside a sentence stands between these two (Unicode's isolates); they become <bdi>.
ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")
DAY = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")
#: A rule that a sentence of ours cites, as in "(C12)" or "(C4, C5)".
RULE = re.compile(r"(?<=[( ])(C1?[0-9])(?=[,)])")
COUNTED = re.compile(r"[\d,]+ of [\d,]+( \([<>]? ?[\d.]+ %\))?")
DIGEST = re.compile(r"[0-9a-f]{64}")
#: From this many characters a column holds sentences, and is given room.
SENTENCE = 60
#: From this many characters, a few words; a single word of this length may be broken.
WORDS = 16
#: From this many rows a table scrolls within itself, under its own header.
TALL = 60
#: So long a word may be divided behind these characters: a file, an account, an address reads on in the next line.
LONG_WORD = re.compile(r"(\S{24,})")
DIVIDED = re.compile(r"(?<=\w\w[/_@.])(?=\w\w)")
#: On a small screen the rows of a table with so many columns become cards; page.css knows no more labels.
CARDS = range(3, 13)

#: A longer text is cut: one cell of an export must not make a page of it.
LONGEST_CELL = 600

#: Closed words that the page marks with a sign and a colour; the word itself always stands beside the sign.
MARKS = {
    "met": "good",
    "late": "warn",
    "missing": "bad",
    "undetermined": "bad",
    "excused": "calm",
    "pending": "calm",
    "left": "calm",
    "no exceptions noted": "good",
    "exceptions noted": "bad",
    "not performed": "warn",
    "ties": "good",
    "does not tie": "bad",
    "covered": "good",
    "not covered": "bad",
    "overdue": "bad",
    "unexplained": "bad",
    "explained": "calm",
    "made": "good",
    "unchanged": "good",
    "not begun": "calm",
    "failed": "bad",
}
#: Only the columns with these headings hold such words.
MARKED = frozenset({"Verdict", "Result", "Control total", "State", "Explanation"})

#: The first two columns of a listing of people.
PERSON_AND_NAME = ["Person", "Name"]

#: Columns of numbers that are names of places: no comma in them.
UNGROUPED = frozenset({"Row", "No.", "File no."})

#: For JupyterLab, whose own table style sets every cell to the right. The page brings its own and drops this.
LAB_STYLE = (
    "<style>"
    ".exhibit table { border-collapse: collapse } .exhibit tbody th { font-weight: 400 }"
    ".exhibit td, .exhibit th { text-align: left !important; vertical-align: top; padding: .2em .6em }"
    ".exhibit td.n, .exhibit th.n { text-align: right !important; font-variant-numeric: tabular-nums }"
    ".exhibit .n, .exhibit .d { white-space: nowrap }"
    ".exhibit .h { font-family: monospace; word-break: break-all }"
    ".exhibit .sub { display: block; opacity: .8 }"
    ".exhibit caption, .exhibit .note { text-align: left; opacity: .8 }"
    ".exhibit .scroll { max-height: 32em; overflow: auto } .exhibit pre { white-space: pre-wrap }"
    ".exhibit dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1em }"
    ".exhibit dl > div { display: contents } .exhibit dt { width: auto !important } .exhibit dd { margin: 0 }"
    "</style>"
)


def visible(text: str) -> str:
    r"""Show every character that would otherwise be invisible.

    >>> visible("a\u202eb\x00")
    'a‹U+202E›b␀'
    """
    return HIDDEN.sub(lambda found: _sign(ord(found[0])), text)


def _sign(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else f"‹U+{code:04X}›"


def named(text: object) -> str:
    """A name or another word from the data, ready to stand in a sentence of ours without turning it round."""
    return f"\u2068{visible(str(text))}\u2069"


def prose(text: str) -> str:
    """A sentence as HTML.

    >>> prose(f"{named('<Ana>')} was late on 2025-01-02.")
    '<bdi>&lt;Ana&gt;</bdi> was late on <time>2025-01-02</time>.'
    """
    parts, end = [], 0
    for found in ISOLATED.finditer(text):
        parts += [_words(text[end : found.start()]), f"<bdi>{_words(found[1])}</bdi>"]
        end = found.end()
    whole = "".join([*parts, _words(text[end:])])
    whole = RULE.sub(r'<a href="#rule-\1">\1</a>', _days(whole))
    return whole.replace(" %", "&nbsp;%")


def verbatim(text: str) -> str:
    """A whole text, line by line as it stands in the file."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return f'<pre tabindex="0">{chr(10).join(content(line.replace(chr(9), "    ")) for line in lines)}</pre>'


def content(text: str) -> str:
    """A text between two tags."""
    return escape(visible(text), quote=False)


def attribute(text: str) -> str:
    """A text between the quotes of an attribute."""
    return escape(visible(text), quote=True)


def css_text(text: str) -> str:
    r"""A text between the quotes of a style sheet: no character in it can end the text, or the element around it.

    >>> css_text('Ada</style>"')
    'Ada\\3C \\2F style\\3E \\22 '
    """
    return re.sub(r"[^\w ,.-]", lambda found: f"\\{ord(found[0]):X} ", visible(text))


def _words(text: str) -> str:
    """A text between two tags, in which the parts of a long word are escaped one by one.

    >>> _words("in exports/bamboohr_a<b_people.csv")
    'in exports/<wbr>bamboohr_a&lt;b_people.<wbr>csv'
    """
    return "".join(
        "<wbr>".join(map(content, DIVIDED.split(piece))) if place % 2 else content(piece)
        for place, piece in enumerate(LONG_WORD.split(text))
    )


def _days(says: str) -> str:
    """Days of a text that is HTML already: none of them is divided."""
    return DAY.sub(r"<time>\1</time>", says)


def place(kind: str, name: object) -> str:
    """The id of a row that links lead to; no two names have the same.

    >>> place("rule", "C12"), place("person", "E 1/2")
    ('rule-C12', 'person-E_20_1_2f_2')
    """
    return f"{kind}-" + re.sub("[^A-Za-z0-9-]", lambda found: f"_{ord(found[0]):x}_", str(name))


def table(frame: pd.DataFrame, caption: str, *, kind: str = "", leads: str = "") -> str:
    """A table as HTML: one header row, the first column as the head of its row, numbers to the right. A person's name
    stands below their id, once where several rows about them follow each other.

    kind : links of that kind lead to the first row of each name in the first column.  leads : the kind of place to
    which a name leads from its first row here; a page takes away the links to rows that it does not show.

    The only way in which data become a table. Values are escaped; text that is not plain ASCII is isolated, so that a
    name written from right to left leaves its neighbours alone.
    """
    named_people = list(frame.columns[:2]) == PERSON_AND_NAME
    rest = 1 + named_people
    columns = [_Column.of(str(name), frame.iloc[:, place], place) for place, name in enumerate(frame.columns)]
    del columns[1:rest]
    headings = "".join(f"<th{column.classes} scope=col>{content(column.name)}</th>" for column in columns)
    seen, above, rows = {""}, "", []
    for row in frame.itertuples(index=False, name=None):
        name = written(row[0])
        again = name in seen
        mark = "" if again or not kind else f' id="{place(kind, name)}"'
        seen.add(name)
        below = written(row[1]) if named_people and name != above else ""
        above = name
        head = columns[0].cell(row[0], "" if again else leads, below)
        cells = (column.cell(value) for column, value in zip(columns[1:], row[rest:], strict=True))
        rows.append(f"<tr{mark}>{head}{''.join(cells)}</tr>\n")
    body = "".join(rows)
    tall = " tall" if len(frame) > TALL else ""
    return (
        f'<div class="scroll{tall}" tabindex="0" role="group" aria-label="{attribute(caption)}">'
        f"<table{_labels(columns)}>"
        f"<caption>{prose(caption)}</caption><thead><tr>{headings}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


def _labels(columns: Sequence[_Column]) -> str:
    """The headings once more, as texts for the style sheet, which sets each before its cell where a row is a card."""
    if len(columns) not in CARDS:
        return ""
    texts = (f"--c{place}:'{css_text(column.name)}'" for place, column in enumerate(columns[1:], 2))
    return f' style="{";".join(texts)}"'


@dataclass(frozen=True, slots=True)
class Stacked:
    """A cell of two lines, the second one smaller: a table of few columns instead of one that is too wide."""

    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.first} ({self.second})" if self.second else self.first

    @property
    def html(self) -> str:
        """Both lines, escaped."""
        kind = "sub h" if DIGEST.fullmatch(self.second) else "sub"
        below = f'<span class="{kind}">{_isolated(written(self.second))}</span>' if self.second else ""
        return f"{_isolated(written(self.first))}{below}"


@dataclass(frozen=True, slots=True)
class Linked:
    """A cell that leads to another file. The address is relative and made by us; it holds no text of the data."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text

    @property
    def html(self) -> str:
        """The link, escaped."""
        return f'<a href="{attribute(self.address)}">{_isolated(written(self.text))}</a>'


def _isolated(shown: str) -> str:
    return _words(shown) if shown.isascii() else f"<bdi>{_words(shown)}</bdi>"


@dataclass(frozen=True, slots=True)
class _Column:
    """How one column of a table is set."""

    name: str
    kind: str
    is_head: bool

    @classmethod
    def of(cls, name: str, values: pd.Series, place: int) -> _Column:
        return cls(name, _kind(values), place == 0)

    @property
    def classes(self) -> str:
        quote = '"' if " " in self.kind else ""
        return f" class={quote}{self.kind}{quote}" if self.kind else ""

    def cell(self, value: object, leads: str = "", below: str = "") -> str:
        """A cell, which ends where the next one begins: a page has ten thousand, and HTML asks for no end tags."""
        tag = "th" if self.is_head else "td"
        if isinstance(value, Stacked | Linked):
            return f"<{tag}{self.classes}>{value.html}"
        shown = written(value, plain=self.name in UNGROUPED)
        if not shown:
            return "<td>"
        if self.name in MARKED and shown in MARKS:
            return f'<{tag} class="m {MARKS[shown]}">{shown}'
        says = _isolated(shown)
        if leads:
            says = f'<a href="#{place(leads, shown)}">{says}</a>'
        elif self.kind not in ("d", "n"):
            says = _days(says)
        under = f'<span class="sub">{_isolated(below)}</span>' if below else ""
        return f"<{tag}{self.classes}>{says}{under}"


def facts(pairs: Iterable[tuple[str, str, str]]) -> str:
    """Term, value and a remark for each, as a list of definitions."""
    remarks = ((term, value, f" <span>{prose(more)}</span>" if more else "") for term, value, more in pairs)
    return "".join(
        f"<div><dt>{prose(term)}</dt><dd><strong>{prose(value)}</strong>{more}</dd></div>"
        for term, value, more in remarks
    )


def badge(word: str) -> str:
    """A word of the closed vocabulary, with its sign."""
    return f'<p class="m {MARKS[word]} result">{content(word)}</p>'


def written(value: object, *, plain: bool = False) -> str:
    """A value as people read it; nothing for none.

    >>> written(1234), written(1234, plain=True), written(True), written(date(2025, 1, 2)), written(None)
    ('1,234', '1234', 'yes', '2025-01-02', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value) if plain else f"{value:,}"
        case float():
            return "" if value != value else f"{value:,.2f}".rstrip("0").rstrip(".")
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            text = str(value)
            return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}… ({len(text):,} characters)"


def _kind(values: pd.Series) -> str:
    """How a column is set.

    n : numbers, to the right.  d : dates.  h : digests.  t : a few words.  w : sentences.  x : may break inside a word.
    s : two lines in one cell.
    """
    known = [value for value in values if value is not None and value == value]
    if not known:
        return ""
    if any(isinstance(value, Stacked) for value in known):
        return "s"
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        return "n"
    if all(isinstance(value, date) for value in known):
        return "d"
    texts = [str(value) for value in known]
    if all(COUNTED.fullmatch(text) for text in texts):
        return "n"
    if all(DIGEST.fullmatch(text) for text in texts):
        return "h"
    longest = max(map(len, texts))
    word = max((len(part) for text in texts for word in text.split() for part in DIVIDED.split(word)), default=0)
    kinds = ["w" if longest > SENTENCE else "t" if longest > WORDS else "", "x" if word > WORDS else ""]
    return " ".join(filter(None, kinds))
