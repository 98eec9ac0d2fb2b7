"""The evidence pack: one folder that holds the page, the notebook, the tables, the rules and the inputs (BagIt 1.0)."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook_lib import reminder_log
from workbook_lib.audit import Audit
from workbook_lib.pack.keys import write_key
from workbook_lib.pseudonyms import KEY_FILE
from workbook_lib.register import COPY, Head, export, register_of
from workbook_lib.source import own_files
from workbook_lib.tables import Problem, UserError

#: The two manifests of a bag: of data/, and of the files beside it.
PAYLOAD, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"
#: The folders of the result proper, and the files in them that tell of an older pack: no part of the result digest.
RESULT = ("data/inputs/", "data/rules/", "data/tables/")
OF_AN_OLDER_PACK = ("data/inputs/restated.json", "data/inputs/restated.csv", "data/tables/restatement.csv")
#: Label of the fingerprint of the key that signs, in bag-info.txt.
SIGNING_KEY = "Signing-Key-SHA256"
#: Label of the address of the time-stamp authority that was asked.
AUTHORITY = "Timestamp-Authority"
HERE = Path(__file__).parents[1] / "template" / "pack"


def input_names(audit: Audit) -> list[Path]:
    """All files that the result rests on, relative to the audit's folder: audit.toml, exports, programme, the user's
    own profiles and those that they extend. The register and the log of reminders are ledgers, and apart.
    """
    names = {Path("audit.toml")}
    names |= {path.relative_to(audit.folder) for _, path in audit.files}
    names |= {path.relative_to(audit.folder) for path in audit.earlier.values()}
    if audit.programme:
        names.add(Path(audit.programme.file))
    for source in audit.sources:
        names |= {path.relative_to(audit.folder) for path in own_files(audit.folder, source.profile)}
    return sorted(names)


def copy_inputs(audit: Audit, folder: Path) -> Head | None:
    """Copy all that the result rests on, byte for byte; and the entries of the register and of the log of reminders,
    one per line.

    Returns where the register ends, where there is one.
    """
    for name in input_names(audit):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(audit.folder / name, target)
    if (log := reminder_log.path_in(audit.folder)).exists():
        export(log, folder / reminder_log.COPY)
    if not register_of(audit.folder).exists():
        return None
    return export(register_of(audit.folder), folder / COPY)


def pseudonym_key(audit: Audit) -> tuple[Path, bool]:
    """The file with the key of this audit's pseudonyms, beside audit.toml, and whether it was made just now.

    It never goes into a pack. Only its owner may read it.
    """
    path = audit.folder / KEY_FILE
    if path.exists():
        return path, False
    try:
        write_key(path, f"{secrets.token_hex(32)}\n".encode("ascii"))
    except FileExistsError:
        return path, False
    except OSError as error:
        raise UserError(
            Problem(
                where=str(path),
                what=f"the key of the ids cannot be written: {error.strerror}.",
                effect="no pack was made.",
                do="make room, or let the audit folder be written to: without its key nobody can say who is who.",
                code="cannot_write",
            )
        ) from None
    return path, True


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What is true of the pack as a whole, for bag-info.txt and VERIFY.txt.

    name : of the folder of the pack.  head : where the register ends; None where there is none.  fingerprint : of the
    key that will sign the closed bag; empty where none will.  authority : the address of the time-stamp authority that
    will be asked; empty where none will.  describes : what the pack is where it is no evidence.
    """

    name: str
    head: Head | None = None
    fingerprint: str = ""
    authority: str = ""
    describes: str = ""


def close_bag(root: Path, seal: Seal) -> None:
    """Turn a folder that holds data/ into a BagIt 1.0 bag that `sha256sum -c` verifies.

    A bag does not change once it is closed: its signature lies beside it, and its own *result digest* stands in
    bag-info.txt and in the terminal but not on the page, which is part of what is digested.
    """
    payload = sorted(path.relative_to(root).as_posix() for path in root.glob("data/**/*") if path.is_file())
    (root / PAYLOAD).write_text(_manifest(root, payload), encoding="utf-8", newline="\n")
    result = json.loads((root / "data" / "result.json").read_text(encoding="utf-8"))
    size = sum((root / name).stat().st_size for name in payload)
    info = {"Payload-Oxum": f"{size}.{len(payload)}", **_info(result, seal), "Result-Digest": result_digest(root)}
    texts = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{label}: {' '.join(value.split())}\n" for label, value in info.items()),
        "VERIFY.txt": instructions(seal, pseudonymous=result["pseudonymous"]),
    }
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")
    (root / TAGS).write_text(_manifest(root, sorted((*texts, PAYLOAD))), encoding="utf-8", newline="\n")


def _info(result: dict[str, Any], seal: Seal) -> dict[str, str]:
    """What the pack is about, in a label each; the first is one that BagIt names."""
    period = result["period"]
    info = {
        "Source-Organization": result["organisation"],
        "Period": f"{period['name']}, {period['start']} to {period['end']}",
        "As-Of": period["as_of"],
        "People": str(result["people"]),
        "Verdicts": str(sum(result["verdicts"].values())),
        "Exceptions": str(result["exceptions"]["total"]),
    }
    if seal.describes:
        info["External-Description"] = seal.describes
    if seal.head:
        info |= {"Register-Entries": str(seal.head.count), "Register-Head": seal.head.hash}
    if seal.fingerprint:
        info[SIGNING_KEY] = seal.fingerprint
    if seal.authority:
        info[AUTHORITY] = seal.authority
    return info


def read_info(root: Path) -> dict[str, str]:
    """Label → value of bag-info.txt, as `close_bag` writes it."""
    lines = (root / "bag-info.txt").read_bytes().decode("utf-8", "replace").splitlines()
    return {label: value for label, _, value in (line.partition(": ") for line in lines)}


def result_digest(root: Path) -> str:
    """SHA-256 over those lines of manifest-sha256.txt, sorted, that list the inputs, the rules and the tables.

    The same exports, decisions, rules and options give the same digest, wherever, whenever and by whomever the pack is
    made, and whatever older pack it replaces. So it is not over the page and the notebook, which print the same tables
    and may carry a name, the PDF, whose bytes depend on the browser, run.json, or what restates an older pack. All of
    these stand in the manifest, which the tag manifest and the signature cover.
    """
    lines = (root / PAYLOAD).read_bytes().splitlines(keepends=True)
    names = {line: line[66:].rstrip(b"\n").decode("utf-8", "replace") for line in lines}
    kept = (line for line, name in names.items() if name.startswith(RESULT) and name not in OF_AN_OLDER_PACK)
    return hashlib.sha256(b"".join(sorted(kept))).hexdigest()


def instructions(seal: Seal, *, pseudonymous: bool) -> str:
    """VERIFY.txt: how to verify the pack without software of ours."""
    text = (HERE / "VERIFY.txt").read_text(encoding="utf-8")
    if seal.fingerprint:
        text += (HERE / "VERIFY-signed.txt").read_text(encoding="utf-8")
    if seal.authority:
        text += (HERE / "VERIFY-timestamp.txt").read_text(encoding="utf-8")
    if pseudonymous:
        text = text.replace(" --recompute\n", "\n", 1)
        text += (HERE / "VERIFY-pseudonymous.txt").read_text(encoding="utf-8")
    text = text.replace("{name}", seal.name).replace("{fingerprint}", seal.fingerprint)
    return text.replace("{authority}", seal.authority)


def _manifest(root: Path, names: Iterable[str]) -> str:
    """A line per file: its SHA-256, two spaces, its name. Not every name means one file on every system."""
    names = list(names)
    for name in names:
        if {"\n", "\r", "\\", "%"} & set(name):
            raise UserError(
                Problem(
                    where=repr(name),
                    what="the name of the file has a line break, a backslash or a % in it.",
                    effect="nothing was written.",
                    do="give the file another name, in audit.toml too.",
                    code="bad_file_name",
                )
            )
    with ThreadPoolExecutor() as pool:
        digests = pool.map(digest, [root / name for name in names])
        return "".join(f"{found}  {name}\n" for found, name in zip(digests, names, strict=True))


def digest(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
