"""The contents of a page: its exhibits numbered in the order in which they stand, and links that lead somewhere."""

from __future__ import annotations

import re

LINK = re.compile(r'<a href="#(?P<place>[A-Za-z0-9_-]+)">(?P<says>.*?)</a>')


def linked(page: str) -> str:
    """Links inside the page, without those to a row that a bounded listing does not show."""
    places = set(re.findall(r' id="([A-Za-z0-9_-]+)"', page))
    return LINK.sub(lambda link: link[0] if link["place"] in places else link["says"], page)


HEADING = re.compile(
    r'<h2 id="(?P<section>[^"]+)">(?P<says>.*?)</h2>|'
    r'<h3 id="(?P<exhibit>[^"]+)"><span class="no">(?P<own>[^<]*)</span>(?P<title>.*?)</h3>'
)


def numbered(page: str) -> tuple[str, str]:
    """Number the exhibits in the order in which they stand, and list them.

    Nothing in the data can look like a heading: it is escaped.
    """
    entries: list[str] = []
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found["section"]:
            entries.append(f'<li class="section"><a href="#{found["section"]}">{found["says"]}</a></li>')
            return found[0]
        count += not found["own"]
        label = found["own"] or f"Exhibit {count}"
        short = label.removeprefix("Exhibit ")
        # The title has an element of its own: a day in it is one already, and would be a cell of the grid.
        entries.append(f'<li><a href="#{found["exhibit"]}"><span>{short}</span> <span>{found["title"]}</span></a></li>')
        return f'<h3 id="{found["exhibit"]}"><span class="no">{label}</span> {found["title"]}</h3>'

    page = HEADING.sub(number, page)
    return f"<ol>{''.join(entries)}</ol>", page
