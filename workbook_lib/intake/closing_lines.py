"""Lines below the records that are none: "Total: 128", "Anzahl Datensätze: 128", "Report generated on …"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workbook_lib.intake.values import BadValueError

#: A line with more filled cells is no such line.
MOST = 2
#: How a sum or a number of rows begins: English, German, French, Spanish. Whole words: Ms Summer is no sum.
_COUNTS = (
    r"(?:grand )?total\b",
    r"(?:number of )?(?:records|rows|entries)\s*:",
    r"(?:gesamt)?summe\b",
    r"gesamt(?:zahl|anzahl)?\b",
    r"(?:anzahl )?(?:der )?(?:datensätze|zeilen|einträge)\s*:",
    r"anzahl (?:der )?[^ :]",
    r"(?:nombre )?(?:de |d['’])?(?:lignes|enregistrements)\s*:",
    r"nombre (?:de |d['’])(?:lignes|enregistrements)\b",
    r"suma\b",
    r"(?:número )?(?:de )?(?:registros|filas)\s*:",
    r"número de (?:registros|filas)\b",
)
#: When, and by whom, a report was made, or that it ends here: the figures are those of a date.
_MADE = (
    r"(?:report |list |file |data )?(?:generated|created|exported|printed|run)(?:\s*:| (?:on|at|by|[0-9]))",
    r"(?:bericht |liste |datei |export )?(?:erstellt|erzeugt|exportiert|gedruckt)(?:\s*:| (?:am|von|[0-9]))",
    r"(?:rapport |liste |fichier |export )?(?:généré|créé|exporté|imprimé)e?(?:\s*:| (?:le|par|[0-9]))",
    r"(?:informe |lista |listado |archivo )?(?:generad|cread|exportad|impres)[oa](?:\s*:| (?:el|por|[0-9]))",
    r"end of (?:the )?(?:report|file|list|data)\b",
    r"ende (?:des berichts|der (?:liste|datei))\b",
    r"fin (?:du rapport|de la liste|del informe|de la lista)\b",
)
_COUNT_LINE, _MADE_LINE = (re.compile("|".join(words), re.IGNORECASE) for words in (_COUNTS, _MADE))
_NUMBER = r"(?:[0-9]{1,3}(?:[,.'’\u00a0\u202f ][0-9]{3})+(?![0-9])|[0-9]+)"
_NUMBERS = re.compile(_NUMBER)
#: Days and times, the figures of which count nothing.
_WHEN = re.compile(r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{2,4}|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
#: What is counted, as far as a line may name it that says nothing else.
_UNITS = (
    "rows|records|entries|lines|users|accounts|people|employees|modules|courses|items|zeilen|datensätze|einträge|"
    "benutzer|konten|personen|mitarbeiter|kurse|lignes|enregistrements|utilisateurs|comptes|filas|registros|usuarios"
)
_UNIT = rf"(?:{_UNITS}|row|record|entry|line|user|account|person|employee|module|course|item)"
_PLAIN = re.compile(
    rf"(?:{'|'.join(_COUNTS)}\w*)(?:\s+{_UNIT})?\s*:?\s*(?:{_NUMBER}(?:\s+(?:of|von|de)\s+{_NUMBER})?)?(?:\s+{_UNIT})?",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"(?:report|list|file|data|bericht|liste|datei|rapport|fichier|informe|listado|end|ende|fin)\b", re.I
)
#: How a line begins that may close a file, for the engine: at least all that are closing lines begin so.
BEGINS = r'(?i)^[\s\p{Z}",;|]*(?:' + "|".join((*_COUNTS, *_MADE)).replace(r"\s", r"[\s\p{Z}]") + ")"


class ClosingLine(NamedTuple):
    """What it says. numbers : those of which one is perhaps the number of rows.  plain : no record reads like it."""

    numbers: tuple[int, ...]
    plain: bool


def closing_line(filled: Sequence[str]) -> ClosingLine | None:
    """What a row with these filled cells says, if it closes a file; a record has more of them, and begins otherwise.

    >>> closing_line(["Anzahl Datensätze: 1.128"]), closing_line(["Report generated 2026-01-05 by HR"])
    (ClosingLine(numbers=(1128,), plain=True), ClosingLine(numbers=(), plain=True))
    >>> closing_line(["Total Security 2025"]), closing_line(["Gesamt (Stand 05.01.2026)", "7"])
    (ClosingLine(numbers=(2025,), plain=False), ClosingLine(numbers=(7,), plain=False))
    """
    if not 0 < len(filled) <= MOST:
        return None
    line = " ".join(filled)
    if _MADE_LINE.match(filled[0]):
        return ClosingLine((), bool(_WHOLE.match(line) or _WHEN.search(line)))
    if not _COUNT_LINE.match(filled[0]) or "@" in filled[0]:
        return None
    said = _NUMBERS.findall(_WHEN.sub(" ", line))
    return ClosingLine(tuple(int(re.sub("[^0-9]", "", number)) for number in said), bool(_PLAIN.fullmatch(line)))


class Line(NamedTuple):
    """A row that may close its file.

    wrong : what is wrong with it where it does not.  at : its place in quarantine.  rows : how many rows were read up
    to it.  footers : how many of them a rule has set aside that may be no records either.
    """

    row_no: int
    cells: list[str]
    says: ClosingLine
    wrong: tuple[str, BadValueError] | None
    at: int
    rows: int
    footers: int


@dataclass(slots=True)
class Below:
    """The rows that may stand below the records of a file: which of them do is known once the last one was read.

    closing : lines below which no record was read so far.  inside : those below which there are some.  last : the
    number of the row noted last, among all that were read.
    """

    closing: list[Line] = field(default_factory=list)
    inside: list[Line] = field(default_factory=list)
    last: int = 0
    footers: int = 0

    def note(self, rows_read: int, line: Line | None = None, *, footer: bool = False) -> None:
        """Note a row that is no record, or cannot be read as one; `rows_read` is its number."""
        self.close(rows_read - 1)
        self.last = rows_read
        self.footers += footer
        if line is not None:
            self.closing.append(line)

    def close(self, rows_read: int) -> None:
        """So many rows have been read: where the last one was not noted, it is a record."""
        if self.last != rows_read:
            self.inside += self.closing
            self.closing = []

    def above(self, line: Line) -> tuple[int, int]:
        """How many rows stand above a closing line: at most, and without all that may be no records."""
        closing = {other.row_no for other in self.closing if other.row_no <= line.row_no}
        most = line.rows - len(closing)
        return most, most - line.footers - len({other.row_no for other in self.inside})
