"""The gate before a pack is sealed: nothing of the machine that made it, no secret of its environment, may be in it.

What stands in the exports is the company's own and may be shown; so may the words of this library, and in run.json the
name of who made the pack.
"""

from __future__ import annotations

import getpass
import html
import json
import mmap
import re
import socket
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from workbook_lib.tables import Problem, UserError

#: A shorter value of the environment is a setting, not a secret; a shorter name is a word.
SHORTEST_VALUE, SHORTEST_NAME = 8, 5
#: In data/: tells by whom the pack was made; and the page again, packed, which is not searched.
RUN, NOT_SEARCHED = "run.json", ("evidence.pdf", "readiness.pdf")
LIBRARY = Path(__file__).parents[1]
#: Values that are no secret: days, which stand everywhere, and names of people, as typed for --prepared-by.
DAY = re.compile(r"\d{4}-\d\d-\d\d")
PERSON = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)+\.?")


@dataclass(frozen=True)
class Forbidden:
    """A text that must not be in a pack, and what it is, in words that do not give it away.

    is_word : it is found as a whole word only.  meant_in : the file of data/ in which it may stand.
    """

    text: str
    what: str
    is_word: bool = False
    meant_in: str = ""

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        """The text in UTF-8, and as it stands in JSON and in HTML."""
        in_html = html.escape(self.text)
        forms = {self.text, html.escape(self.text, quote=False), in_html}
        forms.add(in_html.replace("&quot;", "&#34;").replace("&#x27;", "&#39;"))  # as Jinja writes them
        for _ in range(2):  # JSON, and what is Python in JSON
            forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
        return tuple(form.encode("utf-8", "surrogateescape") for form in sorted(forms))

    def is_in(self, whole: bytes | mmap.mmap, absent: set[int]) -> bool:
        """Whether a file holds the text. Looking for a form as it stands is many times faster than for a pattern.

        absent : bytes that are known not to be in the file; those found out here are added.
        """
        there = [form for form in self.forms if _may_hold(whole, form, absent) and whole.find(form) >= 0]
        if not there or not self.is_word:
            return bool(there)
        found = b"|".join(map(re.escape, there))
        return bool(re.search(rb"(?:(?<![\w./-])|(?<=\\[nrt])|(?<=file://))(?:" + found + rb")(?![\w-])", whole))


def _may_hold(whole: bytes | mmap.mmap, form: bytes, absent: set[int]) -> bool:
    """Whether a file has each byte of a text: to see that one is nowhere is quick, and settles it for other texts."""
    for byte in set(form) - absent:
        if whole.find(bytes([byte])) < 0:
            absent.add(byte)
    return absent.isdisjoint(form)


def refuse_secrets(data: Path, inputs: Path, forbidden: Iterable[Forbidden]) -> None:
    """Refuse to seal where a forbidden text is in a file of the pack, and neither in its inputs nor in this library.

    data : the folder data/ of the pack.  inputs : the folder with the copies of the exports, never searched itself.

    Raises UserError that names each file and the kind of text; never the text.
    """
    kinds = tuple(forbidden)
    found = [
        (path, kind)
        for path in _searched(data, inputs)
        for kind in _within(path, kinds)
        if path.relative_to(data).as_posix() != kind.meant_in
    ]
    known = {kind for kind in {kind for _, kind in found} if _is_known(kind, inputs)}
    problems = [
        Problem(
            where=f"data/{path.relative_to(data).as_posix()}",
            what=f"it would hold {kind.what}.",
            effect="the pack was not sealed; nothing was written, and an older pack is as it was.",
            do="take it out of what you type (--prepared-by) or of audit.toml; unset a variable that is no secret.",
            code="secret",
        )
        for path, kind in found
        if kind not in known
    ]
    if problems:
        raise UserError(*problems)


def user_name() -> str:
    """Who runs this; empty where the system has no name for them, as in a container that runs under a bare number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # which of them, depends on Python's version and on the system
        return ""


def of_machine(environment: Mapping[str, str], folders: Iterable[Path], prepared_by: str = "") -> Iterator[Forbidden]:
    """What this machine and this environment must not leave in a pack.

    folders : those of this run.  prepared_by : typed to be printed; a login in it, or a person's name, is meant.
    """
    user = user_name()
    if len(user) >= SHORTEST_NAME and user not in prepared_by:
        yield Forbidden(user, "the name of the user", is_word=True, meant_in=RUN)
    host = socket.gethostname()
    if len(host) >= SHORTEST_NAME:
        yield Forbidden(host, "the name of the host", is_word=True)
    named = {"the folder of temporary files": Path(tempfile.gettempdir()), "the working folder": Path.cwd()}
    named |= {"Python's folder": Path(sys.prefix), "this library": LIBRARY}
    with suppress(RuntimeError):  # whoever has no name has no home either
        named["the home folder"] = Path.home()
    paths = [*named.items(), *(("a folder of this run", folder) for folder in folders)]
    for what, path in paths:
        for text in dict.fromkeys((str(path), str(path.resolve()))):
            if path.is_absolute() and len(Path(text).parts) > 1:
                yield Forbidden(text, f"the path of {what}", is_word=True)
    for name, value in environment.items():
        secret = value.strip()
        harmless = DAY.fullmatch(secret) or secret == user or (secret == prepared_by and PERSON.fullmatch(secret))
        if len(secret) >= SHORTEST_VALUE and not harmless:
            yield Forbidden(secret, f"the value of the environment variable {name}")


def _searched(data: Path, inputs: Path) -> Iterator[Path]:
    for path in sorted(path for path in data.rglob("*") if path.is_file() and path.stat().st_size):
        if path.relative_to(data).as_posix() not in NOT_SEARCHED and not path.is_relative_to(inputs):
            yield path


def _within(path: Path, kinds: Iterable[Forbidden]) -> Iterator[Forbidden]:
    """Which of these texts a file holds; what is packed is unpacked."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            parts = [(packed.read(name), set[int]()) for name in packed.namelist()]
        yield from (kind for kind in kinds if any(kind.is_in(*part) for part in parts))
    else:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            absent: set[int] = set()
            yield from (kind for kind in kinds if kind.is_in(whole, absent))


def _is_known(kind: Forbidden, inputs: Path) -> bool:
    """Whether a text stands in the inputs, in any encoding that they are read in, or among this library's words."""
    texts = {kind.text.encode(encoding, "surrogateescape") for encoding in ("utf-8", "utf-16-le")}
    if any(text in _library() for text in texts):
        return True
    for path in (path for path in inputs.rglob("*") if path.is_file() and path.stat().st_size):
        if next(_within(path, [kind]), None):
            return True
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            if any(whole.find(text) >= 0 for text in texts):
                return True
    return False


@cache
def _library() -> bytes:
    """Every text of this library: what it says, its rules, profiles, templates and notebooks."""
    endings = {".py", ".sql", ".toml", ".md", ".j2", ".css", ".js", ".ipynb", ".json", ".txt"}
    shelves = (LIBRARY, LIBRARY.parent / "notebooks")
    return b"\n".join(p.read_bytes() for shelf in shelves for p in sorted(shelf.rglob("*")) if p.suffix in endings)
