"""Compiled databases kept between starts, by the content of the DBC; start-up only.

An entry is named by the hash of the DBC's bytes together with the compiler's own source, the version of the
format and of the parser, so that a changed file, a new compiler or another parser never meets an old entry.
"""

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

import msgspec

from firmware_runtime.can.dbc_text import read_dbc
from firmware_runtime.can.entry_store import EntryStore
from firmware_runtime.can.tables import DatabaseTable

FORMAT_VERSION = 2
"""Of an entry as it is stored; raised with each change."""
COMPILED_BY = ("compiler.py", "database.py", "dbc_text.py", "indicators.py", "pgn.py", "tables.py")
"""Modules of this package whose code decides what a table holds."""
MAGIC = b"firmware-runtime dbc"
_DECODER = msgspec.msgpack.Decoder(DatabaseTable)
_ENCODER = msgspec.msgpack.Encoder()


class DatabaseCache(EntryStore):
    """Loads DBC files, from a directory of compiled ones where they are there."""

    def __init__(self, directory: Path | None = None) -> None:
        super().__init__(directory, MAGIC, ".dbc-tables", "compiled databases")

    def load(self, path: Path | str) -> DatabaseTable:
        """The compiled form of a DBC file.

        Raises:
            DatabaseError: as `load_database`, for a file that cannot be read or used.
        """
        return self.table(read_dbc(path), str(path))

    def table(self, content: bytes, shown: str) -> DatabaseTable:
        """The compiled form of a DBC's content; `shown` is its file, for the defects.

        Raises:
            DatabaseError: as `parse_database`.
        """
        identity = identity_of(content)
        kept = self._kept(identity)
        if kept is not None:
            self.hits += 1
            return kept
        table = self._compiled(content, shown)
        self.write(identity, _ENCODER.encode(table))
        return table

    def _compiled(self, content: bytes, shown: str) -> DatabaseTable:
        self.misses += 1
        # The parser is as slow to import as to run: it must not cost a start that has all it needs.
        from firmware_runtime.can.compiler import compile_database
        from firmware_runtime.can.database import parse_database

        return compile_database(parse_database(content, shown))

    def _kept(self, identity: bytes) -> DatabaseTable | None:
        body = self.read(identity)
        if body is None:
            return None
        try:
            return _DECODER.decode(body)
        except msgspec.DecodeError:
            self.broken += 1
            return None


def identity_of(content: bytes) -> bytes:
    """What an entry is of: the DBC's bytes, as this compiler and this parser understand them."""
    understood = f"{FORMAT_VERSION} {compiler_digest()} cantools {version('cantools')}\n".encode()
    return hashlib.sha256(understood + content).digest()


@functools.cache
def compiler_digest() -> str:
    """SHA-256 (64 hex digits) over the source of all that makes a table of a DBC: no change is forgotten."""
    digest = hashlib.sha256()
    for name in COMPILED_BY:
        content = Path(__file__).with_name(name).read_bytes()
        digest.update(f"{name}:{len(content)}:".encode() + content)
    return digest.hexdigest()
