"""Compiled databases kept between starts, by the content of the DBC; start-up only.

An entry is named by the hash of the DBC's bytes together with the compiler's own source, the version of the
format and of the parser, so that a changed file, a new compiler or another parser never meets an old entry.
It says again inside what it is of, and carries a checksum of its body: an entry that is torn, foreign or old
is compiled anew and written over, without a word, but counted. The directory is no trust boundary: who may
write there may as well write the DBC.
"""

import contextlib
import functools
import hashlib
import os
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path

import msgspec

from firmware_runtime.can.dbc_text import read_dbc
from firmware_runtime.can.tables import DatabaseTable

FORMAT_VERSION = 2
"""Of an entry as it is stored; raised with each change."""
COMPILED_BY = ("compiler.py", "database.py", "dbc_text.py", "indicators.py", "pgn.py", "tables.py")
"""Modules of this package whose code decides what a table holds."""
_MAGIC = b"firmware-runtime dbc"
_DIGEST_BYTES = 32
_ENTRY_BYTES_MAX = 64 * 1024 * 1024
"""A greater file is none of ours (assumption: 2,150 signals take 0.2 MB)."""
_DECODER = msgspec.msgpack.Decoder(DatabaseTable)
_ENCODER = msgspec.msgpack.Encoder()


class DatabaseCache:
    """Loads DBC files, from a directory of compiled ones where they are there.

    The figures count since this object was made. Two processes may use one directory at once: an entry
    appears under its name in one step, whole.
    """

    def __init__(self, directory: Path | None = None) -> None:
        """`directory`: where entries are kept; by default `default_directory()`."""
        self.directory = default_directory() if directory is None else directory
        self.hits = 0
        self.misses = 0
        """Databases that were compiled, broken entries included."""
        self.broken = 0
        """Entries that were there and could not be trusted."""
        self.unwritable = 0
        """Entries that could not be kept: no directory, no permission, no space."""
        self.refusal = ""
        """Why the last of them could not be kept; empty without one."""

    @property
    def note(self) -> str:
        """One line for a person where the cache is of no use to the next start; empty where all is well."""
        if not self.refusal:
            return ""
        return f"compiled databases cannot be kept, each start parses them anew: {self.refusal}"

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
        kept = self._read(identity)
        if kept is not None:
            self.hits += 1
            return kept
        table = self._compiled(content, shown)
        self._write(identity, table)
        return table

    def entry(self, identity: bytes) -> Path | None:
        """File of an entry; None where there is no directory to keep any."""
        return None if self.directory is None else self.directory / f"{identity.hex()}.dbc-tables"

    def _compiled(self, content: bytes, shown: str) -> DatabaseTable:
        self.misses += 1
        # The parser is as slow to import as to run: it must not cost a start that has all it needs.
        from firmware_runtime.can.compiler import compile_database
        from firmware_runtime.can.database import parse_database

        return compile_database(parse_database(content, shown))

    def _read(self, identity: bytes) -> DatabaseTable | None:
        entry = self.entry(identity)
        try:
            if entry is None:
                return None
            kind = entry.stat()
            # A device or a pipe has no size, and may have no end.
            if not stat.S_ISREG(kind.st_mode) or kind.st_size > _ENTRY_BYTES_MAX:
                self.broken += 1
                return None
            stored = entry.read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            self.broken += 1
            return None
        table = unpacked(stored, identity)
        self.broken += table is None
        return table

    def _write(self, identity: bytes, table: DatabaseTable) -> None:
        """Under its name only once it is whole: a process that dies here leaves no half entry."""
        entry = self.entry(identity)
        if entry is None:
            self._refuse("no home directory, and XDG_CACHE_HOME names none")
            return
        try:
            entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=entry.parent, prefix=".", suffix=".part")
        except OSError as error:
            self._refuse(f"{entry.parent}: {error.strerror or error}")
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed(table, identity))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(entry)
        except OSError as error:
            self._refuse(f"{entry}: {error.strerror or error}")
            with contextlib.suppress(OSError):
                Path(name).unlink(missing_ok=True)

    def _refuse(self, why: str) -> None:
        self.unwritable += 1
        self.refusal = why


def default_directory() -> Path | None:
    """`firmware-runtime/dbc` in the user's cache (XDG Base Directory Specification); None without a home."""
    stated = os.environ.get("XDG_CACHE_HOME", "")
    if Path(stated).is_absolute():
        return Path(stated) / "firmware-runtime" / "dbc"
    try:
        return Path.home() / ".cache" / "firmware-runtime" / "dbc"
    except RuntimeError:
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


def packed(table: DatabaseTable, identity: bytes) -> bytes:
    """An entry: magic, identity, checksum of the body, body (MessagePack)."""
    body = _ENCODER.encode(table)
    return _MAGIC + identity + hashlib.sha256(identity + body).digest() + body


def unpacked(stored: bytes, identity: bytes) -> DatabaseTable | None:
    """The tables of an entry; None where it is not of this identity, or not as it was written."""
    body_at = len(_MAGIC) + 2 * _DIGEST_BYTES
    body = stored[body_at:]
    if stored[:body_at] != _MAGIC + identity + hashlib.sha256(identity + body).digest():
        return None
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError:
        return None
