"""Which vehicle, figures, buses and code are running: one digest for the heartbeat, records and reports."""

import functools
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import firmware_runtime


def configuration_identity(files: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 (64 hex digits) over the code digest and the named contents, in their order.

    Each part goes in with its name and length, so that no two different sets of files read alike. Paths do
    not go in: the same files give the same identity in any folder.
    """
    return _digest([("code", code_digest().encode()), *files])


def identity_with_routes(identity: str, routes: Mapping[str, str]) -> str:
    """The identity with the routes in it: SHA-256 (64 hex digits), by their file names, in any order.

    routes: file name -> SHA-256 of its content. Without routes it is the identity itself. Digests suffice, so
    that a process which reads no route knows the same identity from the manifest.
    """
    if not routes:
        return identity
    parts = [(f"route {name}", routes[name].encode()) for name in sorted(routes)]
    return _digest([("configuration", identity.encode()), *parts])


@functools.cache
def code_digest() -> str:
    """SHA-256 (64 hex digits) over the names and contents of all modules of `firmware_runtime`, by name."""
    root = Path(firmware_runtime.__file__).parent
    modules = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*.py"))
    return _digest((name, path.read_bytes()) for name, path in modules)


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in parts:
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()
