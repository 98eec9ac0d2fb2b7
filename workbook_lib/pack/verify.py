"""Whether an evidence pack is as it was sealed: what was altered, is missing or was added; who signed it, and when.

Believes nothing that the pack says about itself: each file is read, a link is no file, an archive is unpacked in a
temporary folder only. What cannot be told is that a whole pack was made anew: for that there is the signature, and the
fingerprint of its key, which a reader must have from elsewhere.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from workbook_lib.pack import bag, signing, timestamps
from workbook_lib.pack.bag import PAYLOAD, TAGS, digest
from workbook_lib.pack.placing import ARCHIVE, DAMAGED, PUBLIC_KEY, SIGNATURE, TIMESTAMP, identity
from workbook_lib.tables import Problem, UserError, offered

TAG_FILES = ("bagit.txt", "bag-info.txt", PAYLOAD, "VERIFY.txt")
LINE = re.compile(r"([0-9a-f]{64})  (.+)")
#: What an archive may hold at most: members; bytes unpacked for each byte packed, small ones apart; bytes unpacked.
MOST_MEMBERS, MOST_INFLATION, MOST_BYTES = 20_000, 200, 64 << 30
SMALL = 64 << 20
#: Errors of the system over the name of a member; any other, a full disk say, is no fault of the archive.
OF_A_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOENT}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, a sentence each, none where the pack holds; and what was checked, one sentence."""

    findings: tuple[str, ...]
    checked: str


def verify(path: Path, *, recompute: bool = False, timestamp_ca: Path | None = None) -> Verified:
    """Check a pack: a folder, or a .zip of one; a signature and a time stamp are looked for beside it.

    recompute : judge the exports in it again, and compare verdicts, exceptions and counts.  timestamp_ca : certificates
    (PEM) that vouch for the authority of the time stamp.

    Raises UserError where there is no pack, where it cannot be read or a run replaces it meanwhile, or where one
    without exports is to be judged again.
    """
    place = path.resolve()  # the folder in which one stands has a name, too
    target = place.parent / place.name.removesuffix(ARCHIVE)
    before = identity(target)
    try:
        verified = _verified(path, recompute=recompute, timestamp_ca=timestamp_ca)
    except OSError as error:
        if identity(target) == before:
            raise _unsure(path, f"it cannot be read: {error.strerror or error}.", "mend that") from error
        raise _replaced(path) from None
    if verified.findings and identity(target) != before:
        raise _replaced(path)
    return verified


def _replaced(path: Path) -> UserError:
    return _unsure(path, "it was replaced while it was read.", "wait until the run has ended that makes it")


def _unsure(path: Path, what: str, do: str) -> UserError:
    do = f"{do}, and verify it again."
    return UserError(Problem(where=str(path), what=what, effect="nothing was verified.", do=do, code="not_verified"))


def _verified(path: Path, *, recompute: bool, timestamp_ca: Path | None) -> Verified:
    with _opened(path) as (root, refused):
        if refused:
            return Verified(tuple(refused), "")
        files = Files(root)
        findings = [*files.findings(), *_bag_findings(root, files)]
        signed, of_signature = _signature(path, root)
        stamped, of_timestamp = _timestamp(path, root, timestamp_ca)
        findings += [*of_signature, *of_timestamp]
        checked = f"{len(files.there)} files, none altered, missing or added; {signed}{stamped}"
        if recompute:
            from workbook_lib.pack.recompute import differences

            again, differing = differences(root, holds=not findings)
            findings += differing
            checked += f" {again}"
    return Verified(tuple(findings), checked)


# --- what lies there ----------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Path, list[str]]]:
    """The folder of a pack, and why its archive is not unpacked."""
    if path.is_dir():
        if not _is_pack(path):
            raise _no_pack(path, "it is a folder, and holds no pack.", _nearby(path))
        yield path, []
    elif not path.is_file():
        raise _no_pack(path, "there is no such folder or file.")
    elif not zipfile.is_zipfile(path):
        raise _no_pack(path, "it is a file, and no zip archive.")
    else:
        with tempfile.TemporaryDirectory(prefix="workbook-verify-") as scratch:
            refused = [f"{path.name}: {reason}" for reason in _unpacked(path, Path(scratch))]
            yield (Path(scratch) if refused else _top(Path(scratch), path)), refused


def _is_pack(path: Path) -> bool:
    return any((path / name).exists() for name in (*TAG_FILES, TAGS))


def _nearby(path: Path) -> str:
    """The tail of a message that offers the packs around a wrong folder: the one that it lies in, or those in it."""
    above = [folder for folder in path.absolute().parents[:2] if _is_pack(folder)]
    return offered(above or sorted(folder for folder in path.iterdir() if folder.is_dir() and _is_pack(folder)))


def _no_pack(path: Path, what: str, nearby: str = "") -> UserError:
    do = f"name the folder of a pack, or a .zip of it{nearby}."
    return UserError(Problem(where=str(path), what=what, effect="nothing was verified.", do=do, code="no_pack"))


def _refusals(archive: zipfile.ZipFile, path: Path) -> Iterator[str]:
    """Why an archive must not be unpacked; the first reason of each kind of its members."""
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS:
        yield f"it holds {len(members):,} members, more than {MOST_MEMBERS:,}."
    if size > MOST_BYTES or size > max(SMALL, MOST_INFLATION * path.stat().st_size):
        yield f"it would grow from {path.stat().st_size:,} to {size:,} bytes."
    for name, times in Counter(member.filename for member in members).items():
        if times > 1:
            yield f"{times} members have the name {name!r}."
    for member in members:
        if not _is_plain(member.filename.removesuffix("/")):
            yield f"member {member.filename!r} would lie outside of the folder."
        elif stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            yield f"member {member.filename!r} is a link, or no file."
        elif member.flag_bits & 1:
            yield f"member {member.filename!r} is encrypted."


def _is_plain(name: str) -> bool:
    r"""Whether a name leads nowhere but down, on every system.

    >>> [_is_plain(name) for name in ("data/x.csv", "/x", "../x", "a/../../x", "C:x", "a\\\\b", "a//b", "")]
    [True, False, False, False, False, False, False, False]
    """
    outside = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or "\\" in name or "\0" in name
    return not outside and not {"", ".", ".."} & set(name.split("/"))


def _unpacked(path: Path, folder: Path) -> list[str]:
    """Unpack an archive; or why it is not unpacked, or what of it is damaged."""
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        return [f"the list of its members is damaged ({error}). Nothing was unpacked."]
    with archive:
        refused = [f"{reason} Nothing was unpacked." for reason in _refusals(archive, path)]
        return refused or [*_damages(archive, folder)]


def _damages(archive: zipfile.ZipFile, folder: Path) -> Iterator[str]:
    """Unpack, or say what is damaged. Raises UserError where it is not the archive that cannot be unpacked."""
    for member in archive.infolist():
        try:
            _unpack(archive, member, folder / member.filename)
        except OSError as error:
            if error.errno and error.errno not in OF_A_NAME:
                raise _no_room(error) from error
            why = error.strerror if error.errno else f"its data are damaged ({error})"  # bzip2 numbers none
            yield f"member {member.filename!r} cannot be unpacked: {why}."
            return
        except DAMAGED as error:
            yield f"member {member.filename!r} cannot be unpacked: its data are damaged ({error or 'cut short'})."
            return


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("xb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)


def _no_room(error: OSError) -> UserError:
    return UserError(
        Problem(
            where=tempfile.gettempdir(),
            what=f"the archive cannot be unpacked there: {error.strerror}.",
            effect="nothing was verified.",
            do="make room there, or name another folder in the environment variable TMPDIR.",
            code="cannot_unpack",
        )
    )


def _top(folder: Path, path: Path) -> Path:
    """Where the pack is in an unpacked archive: at the top, or in the only folder there."""
    inside = list(folder.iterdir())
    roots = [folder, *inside] if len(inside) == 1 else [folder]
    for root in roots:
        if _is_pack(root):
            return root
    raise _no_pack(path, "it is an archive, and holds no pack.")


# --- files and manifests ------------------------------------------------------------------------------------------


class Files:
    """The files of a bag, as they lie there and as its two manifests list them (name → SHA-256)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.there, self.links = _walk(root)
        self.listed: dict[str, str] = {}
        self.malformed: list[str] = []
        for manifest, is_payload in ((PAYLOAD, True), (TAGS, False)):
            if manifest in self.there:
                self._read(manifest, is_payload)

    def _read(self, manifest: str, is_payload: bool) -> None:
        text = (self.root / manifest).read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            found = LINE.fullmatch(line)
            if not found or not _is_plain(found[2]) or found[2].startswith("data/") is not is_payload:
                self.malformed.append(f"{manifest}, line {number}: it lists no file of its kind by its SHA-256.")
            elif found[2] in self.listed:
                self.malformed.append(f"{manifest}, line {number}: it lists {found[2]} a second time.")
            else:
                self.listed[found[2]] = found[1]

    def findings(self) -> Iterator[str]:
        """Every altered, missing and added file, by name."""
        yield from self.malformed
        for name in self.links:
            yield f"{name}: added: it is a link, or no file."
        for name in sorted({*self.listed, *TAG_FILES, TAGS} | self.there):
            if name not in self.there:
                if name not in self.links:
                    yield f"{name}: missing."
            elif name not in self.listed:
                if name != TAGS:
                    yield f"{name}: added: no manifest lists it."
            elif found := self._altered(name):
                yield f"{name}: {found}."

    def _altered(self, name: str) -> str:
        try:
            return "altered" if digest(self.root / name) != self.listed[name] else ""
        except PermissionError as error:
            return f"it cannot be read ({error.strerror})"


def _walk(root: Path) -> tuple[set[str], list[str]]:
    """Every file below a folder; and what is neither file nor folder, links first of all: never followed."""
    files, others = set[str](), list[str]()
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(folder, name)
            kind = path.lstat().st_mode
            if stat.S_ISREG(kind):
                files.add(path.relative_to(root).as_posix())
            elif not stat.S_ISDIR(kind):
                others.append(path.relative_to(root).as_posix())
    return files, sorted(others)


def _bag_findings(root: Path, files: Files) -> Iterator[str]:
    """What BagIt 1.0 asks for (RFC 8493), and the two sums of bag-info.txt."""
    if "bagit.txt" in files.there:
        declared = (root / "bagit.txt").read_bytes().decode("utf-8", "replace").splitlines()
        if declared != ["BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"]:
            yield "bagit.txt: it does not declare a bag of BagIt 1.0 in UTF-8."
    if "bag-info.txt" not in files.there:
        return
    said = bag.read_info(root)
    payload = sorted(name for name in files.there if name.startswith("data/"))
    oxum = f"{sum((root / name).stat().st_size for name in payload)}.{len(payload)}"
    if said.get("Payload-Oxum") != oxum:
        yield f"bag-info.txt: Payload-Oxum is {said.get('Payload-Oxum', 'not stated')}; the files in data have {oxum}."
    if PAYLOAD in files.there and said.get("Result-Digest") != (found := bag.result_digest(root)):
        stated = said.get("Result-Digest", "not stated")
        yield f"bag-info.txt: Result-Digest is {stated}; that of manifest-sha256.txt is {found}."


# --- the signature and the time stamp -----------------------------------------------------------------------------


def _beside(path: Path, ending: str) -> Path:
    """What belongs to a pack and lies beside it, or beside its archive."""
    place = path.resolve()
    return place.with_name(f"{place.stem if path.is_file() else place.name}{ending}")


def _announced(root: Path) -> Mapping[str, str]:
    return bag.read_info(root) if (root / "bag-info.txt").is_file() else {}


def _signature(path: Path, root: Path) -> tuple[str, list[str]]:
    """Whether the pack is signed, in words, and what is wrong with the signature beside it."""
    signature, public = _beside(path, SIGNATURE), _beside(path, PUBLIC_KEY)
    key = _announced(root).get(bag.SIGNING_KEY, "")
    if not signature.is_file():
        if key:
            return "", [f"{signature.name}: missing: bag-info.txt says that the pack was signed with key {key}."]
        return "it is not signed.", []
    if not public.is_file():
        return "", [f"{public.name}: missing: without the public key the signature beside the pack proves nothing."]
    try:
        fingerprint = signing.fingerprint(public.read_bytes())
        signed = (root / TAGS).read_bytes() if (root / TAGS).is_file() else b""
        good = signing.holds(public.read_bytes(), signature.read_bytes(), signed)
    except signing.BadKeyError as error:
        return "", [f"{public.name}: {error}"]
    findings = [] if good else [f"{signature.name}: it is not the signature of this pack by {public.name}."]
    if key != fingerprint:
        stated = f"key {key}" if key else "no key"
        findings.append(f"{public.name}: it is key {fingerprint}; bag-info.txt names {stated}.")
    return f"signed with key {fingerprint}: compare it with the fingerprint that you have from the signer.", findings


def _timestamp(path: Path, root: Path, vouching: Path | None) -> tuple[str, list[str]]:
    """What the time stamp beside the pack says, in words that follow others, and what is wrong with it."""
    reply, asked = _beside(path, TIMESTAMP), _announced(root).get(bag.AUTHORITY, "")
    if not reply.is_file():
        if asked:
            return "", [f"{reply.name}: missing: bag-info.txt says that {asked} was asked for a time stamp."]
        return "", ["there is no time stamp beside the pack that --timestamp-ca could vouch for."] if vouching else []
    signed = (root / TAGS).read_bytes() if (root / TAGS).is_file() else b""
    try:
        stamp = timestamps.check(reply, signed, vouching)
    except timestamps.BadTimestampError as error:
        return "", [f"{reply.name}: {error}."]
    except timestamps.NoOpensslError as error:
        return ("", [f"{reply.name}: {error}"]) if vouching else (f" Its time stamp was not checked: {error}", [])
    who = "" if stamp.vouched else "; whose it is was not checked: name its authority's certificate with --timestamp-ca"
    return f" Time stamp of {stamp.at}{who}.", []
