"""Ed25519 signatures of manifests (RFC 8032), by `cryptography`; keys as PEM files. Start-up only.

A signed manifest is its text, and one last line with key and signature. What is signed begins with a word of
our own, so that a signature of something else is none of a manifest.
"""

import hashlib
import os
import re
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

from firmware_runtime.vehicle.problems import ConfigurationError, Problem

_WORD = b"firmware-runtime manifest\n"
_LAST_LINE = re.compile(rb"ed25519 ([0-9a-f]{16}) ([0-9a-f]{128})\n")


class SignatureRefused(Exception):  # noqa: N818
    """A text that the key's holder did not sign; the message says what was expected and what came."""


def make_keys(private: Path, public: Path) -> str:
    """Writes a new pair of keys; returns the public one's name. Neither file may exist."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_new(private, pem, 0o600)
    _write_new(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return key_name(key.public_key())


def key_name(key: Ed25519PublicKey) -> str:
    """First 16 hex digits of the SHA-256 over its 32 bytes: for people; trusted is the key itself."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """ConfigurationError where the file holds none, or one with a passphrase."""
    try:
        key = load_pem_private_key(read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "an Ed25519 private key (PEM, without a passphrase)") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "an Ed25519 private key (PEM, without a passphrase)")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """ConfigurationError where the file holds none."""
    try:
        key = load_pem_public_key(read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "an Ed25519 public key (PEM)") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, "an Ed25519 public key (PEM)")
    return key


def read(path: Path) -> bytes:
    """ConfigurationError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem(str(path), None, "", "a file that can be read", error.strerror or "an error")
        raise ConfigurationError([problem]) from error


def sign(text: bytes, key: Ed25519PrivateKey) -> bytes:
    """The signed manifest. text: ends with a line break."""
    signature = key.sign(_WORD + text).hex()
    return text + f"ed25519 {key_name(key.public_key())} {signature}\n".encode()


def signed_text(content: bytes, key: Ed25519PublicKey) -> bytes:
    """The text that was signed; SignatureRefused where that is not so."""
    text, line_break, rest = content.removesuffix(b"\n").rpartition(b"\n")
    match = _LAST_LINE.fullmatch(rest + b"\n") if content.endswith(b"\n") else None
    if match is None:
        raise SignatureRefused("expected a last line with a signature, got none")
    by, signature = match[1].decode(), bytes.fromhex(match[2].decode())
    try:
        key.verify(signature, _WORD + text + line_break)
    except InvalidSignature as error:
        expected = f"a signature of this text by key {key_name(key)}"
        raise SignatureRefused(
            f"expected {expected}, got one of another text or key (it names {by})"
        ) from error
    return text + line_break


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        problem = Problem(str(path), None, "", "a new file that can be written", error.strerror or "an error")
        raise ConfigurationError([problem]) from error
    with open(opened, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _no_key(path: Path, expected: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(path), None, "", expected, "something else")])
