"""Ed25519 signatures of frozen records: who vouches for one, and that no byte of it has changed since.

A signature is one line, `ed25519:PUBLIC KEY:SIGNATURE`, both in base64, over the very bytes that are hashed. Any tool
that knows Ed25519 can check it. Private keys lie in PEM files that the user alone can read; public ones beside them.
"""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ingest.errors import SigningKeyError

_KIND = "ed25519"


@dataclass(frozen=True)
class Signature:
    """A signature as records carry it."""

    public_key: bytes
    value: bytes

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read the line.

        Raises:
            ValueError: It is no such line.
        """
        kind, *parts = line.split(":")
        if kind != _KIND or len(parts) != 2:
            raise ValueError("it is not of the form ed25519:PUBLIC KEY:SIGNATURE")
        try:
            key, value = (base64.b64decode(part, validate=True) for part in parts)
        except binascii.Error as problem:
            raise ValueError("it is no base64") from problem
        if len(key) != 32 or len(value) != 64:
            raise ValueError("its parts are not of 32 and 64 bytes")
        return cls(key, value)

    @property
    def signer(self) -> str:
        """The public key in base64, by which a signer is known."""
        return base64.b64encode(self.public_key).decode("ascii")

    def fits(self, text: str) -> bool:
        """Whether this key signed this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.value, text.encode("utf-8"))
        except InvalidSignature:
            return False
        return True


def sign(text: str, key: Ed25519PrivateKey) -> str:
    """The signature of a frozen text, as one line."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    parts = (base64.b64encode(part).decode("ascii") for part in (public, key.sign(text.encode("utf-8"))))
    return ":".join((_KIND, *parts))


def make_key(file: Path) -> Path:
    """Write a fresh private key, and its public key beside it as FILE.pub.

    Raises:
        SigningKeyError: One of the files is there already, or cannot be written.
    """
    public_file = file.with_name(f"{file.name}.pub")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # Created with these rights, never readable by others for a moment, and never over an existing key.
    for path, content, rights in ((file, secret, 0o600), (public_file, public, 0o644)):
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights), "wb") as opened:
                opened.write(content)
        except FileExistsError as problem:
            raise SigningKeyError(f"{path} is there already: name another file.") from problem
        except OSError as problem:
            raise SigningKeyError(f"{path} cannot be written ({problem.strerror}): name another file.") from problem
    return public_file


def read_private_key(file: Path) -> Ed25519PrivateKey:
    """The key to sign with.

    Raises:
        SigningKeyError: The file holds no private Ed25519 key in PEM without a password.
    """
    try:
        key = load_pem_private_key(_read(file), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise SigningKeyError(f"{file} holds no private key: `headcat keys sign-key FILE` makes one.") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{file} holds a key of another kind than Ed25519.")
    return key


def read_public_key(file: Path) -> bytes:
    """The key of a signer, 32 bytes.

    Raises:
        SigningKeyError: The file holds no public Ed25519 key in PEM.
    """
    try:
        key = load_pem_public_key(_read(file))
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise SigningKeyError(f"{file} holds no public key: it is the file that ends in .pub.") from problem
    if not isinstance(key, Ed25519PublicKey):
        raise SigningKeyError(f"{file} holds a key of another kind than Ed25519.")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _read(file: Path) -> bytes:
    try:
        return file.expanduser().read_bytes()
    except OSError as problem:
        raise SigningKeyError(f"{file} cannot be read ({problem.strerror}).") from problem
