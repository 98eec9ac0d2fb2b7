"""The evidence pack: one folder that holds the page, the notebook, the tables, the rules and the inputs (BagIt 1.0)."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from workbook_lib.audit import Audit
from workbook_lib.pseudonyms import KEY_FILE
from workbook_lib.register import COPY, export, register_of
from workbook_lib.source import profile_path
from workbook_lib.tables import Problem, UserError


def copy_inputs(audit: Audit, folder: Path) -> None:
    """Copy all that the result rests on, byte for byte: audit.toml, exports, programme, the user's own
    profiles; and the decisions of the register, one per line.
    """
    names = {Path("audit.toml")}
    names |= {path.relative_to(audit.folder) for _, path in audit.files}
    names |= {path.relative_to(audit.folder) for path in audit.earlier.values()}
    if audit.programme:
        names.add(Path(audit.programme.file))
    for source in audit.sources:
        profile = profile_path(audit.folder, source.profile)
        if profile and profile.is_relative_to(audit.folder):
            names.add(profile.relative_to(audit.folder))
    for name in sorted(names):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(audit.folder / name, target)
    if register_of(audit.folder).exists():
        export(register_of(audit.folder), folder / COPY)


def pseudonym_key(audit: Audit) -> tuple[Path, bool]:
    """The file with the key of this audit's pseudonyms, beside audit.toml, and whether it was made just now.

    It never goes into a pack. Only its owner may read it.
    """
    path = audit.folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path, False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{secrets.token_hex(32)}\n")
    return path, True


def close_bag(root: Path, *, pseudonymous: bool = False) -> None:
    """Turn a folder that holds data/ into a BagIt 1.0 bag that `sha256sum -c` verifies.

    pseudonymous : the inputs are not in it, and it says so.
    """
    payload = sorted(path.relative_to(root).as_posix() for path in root.glob("data/**/*") if path.is_file())
    size = sum((root / name).stat().st_size for name in payload)
    texts = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Payload-Oxum: {size}.{len(payload)}\n",
        "VERIFY.txt": VERIFY + (NO_INPUTS if pseudonymous else ""),
        "manifest-sha256.txt": _manifest(root, payload),
    }
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")
    (root / "tagmanifest-sha256.txt").write_text(_manifest(root, sorted(texts)), encoding="utf-8", newline="\n")


VERIFY = """How to verify this pack, in this folder:

  sha256sum -c --strict manifest-sha256.txt tagmanifest-sha256.txt

Each line must end in OK. The files listed must be all the files under data/:

  cut -c67- manifest-sha256.txt | LC_ALL=C sort > ../listed
  find data -type f | LC_ALL=C sort | diff - ../listed

In data/tables/*.csv a text that a spreadsheet would take for a formula (it begins with = + - @ ' a tab or a line
break, also after blanks) has a ' before it, ids too. To read such a file with a program, remove one leading ' from
each text. In data/tables.xlsx every text stands as it is.
"""
NO_INPUTS = """
This is a pseudonymous copy. data/inputs is not in it, because the exports name everybody: whoever is to judge them
again needs the full pack, which the organisation keeps together with the key of the ids.
"""


def put_in_place(stage: Path, target: Path) -> None:
    """Move a finished pack to its name; an older pack of that name stays until the new one is whole."""
    replaced = target.with_name(f".{target.name}.replaced-{os.getpid()}")
    if target.exists():
        target.rename(replaced)
    try:
        stage.rename(target)
    except OSError:
        if replaced.exists():
            replaced.rename(target)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def refuse_foreign(target: Path) -> None:
    """Refuse to replace a folder that is not one of our packs."""
    if target.exists() and not (target / "bagit.txt").is_file():
        raise UserError(
            Problem(
                where=str(target),
                what="this exists and is not an evidence pack.",
                effect="nothing was written.",
                do="choose another --out, or move it away.",
                code="not_a_pack",
            )
        )


def _manifest(root: Path, names: Iterable[str]) -> str:
    return "".join(f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
