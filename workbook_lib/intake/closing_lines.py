"""Lines below the records that are none: "Total: 128", "Anzahl Datensätze: 128", "Report generated on …"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: How a sum or a number of rows begins: English, German, French, Spanish. Whole words: Ms Summer is no sum.
_COUNTS = (
    r"(?:grand )?total\b",
    r"(?:number of )?(?:records|rows|entries)\s*:",
    r"(?:gesamt)?summe\b",
    r"gesamt(?:zahl|anzahl)?\b",
    r"(?:anzahl )?(?:der )?(?:datensätze|zeilen|einträge)\s*:",
    r"anzahl (?:der )?\w+",
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
_COUNT = re.compile(r"[0-9]{1,3}(?:[,.'’\u00a0\u202f ][0-9]{3})+(?![0-9])|[0-9]+")


@dataclass(frozen=True, slots=True)
class ClosingLine:
    """What it says: how many rows there are, where it says that."""

    count: int | None


def closing_line(filled: Sequence[str]) -> ClosingLine | None:
    """What a row with these filled cells says, if it closes a file; a record has more of them, and begins otherwise.

    >>> closing_line(["Anzahl Datensätze: 1.128"]), closing_line(["Report generated 2026-01-05 by HR"])
    (ClosingLine(count=1128), ClosingLine(count=None))
    """
    if len(filled) > 2:
        return None
    if _MADE_LINE.match(filled[0]):
        return ClosingLine(None)
    said = _COUNT.search(" ".join(filled))
    count = int(re.sub("[^0-9]", "", said.group())) if said else None
    return ClosingLine(count) if _COUNT_LINE.match(filled[0]) and "@" not in filled[0] else None
