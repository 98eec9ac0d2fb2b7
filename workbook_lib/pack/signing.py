"""Signatures of packs: ed25519 keys, made here or by openssl. Nothing else imports cryptography.

What is signed is the text of tagmanifest-sha256.txt, which stands for every file of a pack;
`openssl pkeyutl` verifies it. A key is known by its *fingerprint*: SHA-256 over the public key (SubjectPublicKeyInfo,
DER), as openssl prints it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbook_lib.pack.keys import write_key
from workbook_lib.tables import Problem, UserError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class BadKeyError(ValueError):
    """A text is no ed25519 public key in PEM."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs; `public` is its public half, PEM."""

    _key: Ed25519PrivateKey
    public: bytes
    fingerprint: str

    @classmethod
    def read(cls, path: Path) -> Signer:
        """The private key in a PEM file.

        Raises UserError where the file holds none that can sign: another kind of key, a passphrase, no key at all.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise UserError(
                Problem(
                    where=str(path),
                    what="it is missing, or is no private ed25519 key in PEM without a passphrase.",
                    effect="nothing was written.",
                    do="name the file that `workbook key new FILE` has made.",
                    code="bad_key",
                )
            )
        public = _pem(key.public_key())
        return cls(key, public, fingerprint(public))

    def sign(self, data: bytes) -> bytes:
        """The signature of some bytes: 64 bytes, the same on each call."""
        return self._key.sign(data)


def new_key(path: Path, *, anywhere: bool = False) -> Signer:
    """Make a key pair: the private one in `path`, which only its owner may read, the public one in `path`.pub.

    anywhere : also inside a pack or an audit folder, from where it may be handed on by mistake.

    Raises UserError where one of the two files exists, or would lie in such a folder.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    public = path.with_name(f"{path.name}.pub")
    for file in (path, public):
        if file.exists():
            raise _refused(file, "it exists; a key is never overwritten.", "name another file.")
    if not anywhere and (folder := _handed_on(path)):
        raise _refused(
            path,
            f"{folder.name} is a pack or an audit folder, which is handed on; a private key is not.",
            "name a file elsewhere, or add --anywhere.",
        )
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        write_key(path, private)
        _write_public(public, key, path)
    except OSError as error:
        raise _refused(path, f"it cannot be written: {error.strerror}.", "name a file in a folder of yours.") from None
    return Signer.read(path)


def _write_public(public: Path, key: Ed25519PrivateKey, private: Path) -> None:
    """Without its public half the private one, made just now, is taken back: the command can be given again."""
    try:
        public.write_bytes(_pem(key.public_key()))
    except OSError:
        public.unlink(missing_ok=True)
        private.unlink()
        raise


def fingerprint(public: bytes) -> str:
    """The fingerprint of a public key in PEM, 64 hexadecimal digits.

    Raises BadKeyError.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = _public(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def holds(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether a signature is that of these bytes under this public key (PEM).

    Raises BadKeyError.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        _public(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _public(pem: bytes) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKeyError("it is no public ed25519 key in PEM.")
    return key


def _pem(key: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _handed_on(path: Path) -> Path | None:
    """The pack or audit folder in which a file would lie."""
    folders = path.absolute().resolve().parents
    return next((f for f in folders if any((f / name).exists() for name in ("audit.toml", "bagit.txt"))), None)


def _refused(path: Path, what: str, do: str) -> UserError:
    return UserError(Problem(where=str(path), what=what, effect="no key was made.", do=do, code="no_new_key"))
