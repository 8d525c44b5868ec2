"""What takes long to make from a file is kept between starts, each entry by the hash of all that it is of.

An entry says again inside what it is of, and carries a checksum of its body: one that is torn, foreign or old
counts as none, without a word, but is counted. Checksums find damage, not intent: who may write there decides
what is driven, so on a vehicle only the processes that drive and supervise may (units). Start-up only.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

_DIGEST_BYTES = 32
_HEAD_BYTES_MAX = 128
"""Of an entry before its body: magic, identity, checksum."""
KEPT_MAX = 16
"""Of one kind; the oldest go first (assumption: more than one vehicle's databases and routes)."""
ENTRY_BYTES_MAX = 64 * 1024 * 1024
"""A greater file is none of ours (assumption: 2,150 signals take 0.2 MB, 10 km of route 6 MB)."""


class EntryStore:
    """The figures count since this object was made. Two processes may use one directory at once: an entry
    appears under its name in one step, whole.
    """

    def __init__(self, directory: Path | None, magic: bytes, suffix: str, kept: str) -> None:
        """
        directory: where entries are kept; by default `default_directory()`.
        magic: begins every entry of this kind.
        suffix: of their names, with its dot.
        kept: what they are, for people.
        """
        self.directory = default_directory() if directory is None else directory
        self._magic = magic
        self._suffix = suffix
        self._shown = kept
        self.hits = 0
        self.misses = 0
        """What had to be made, broken entries included."""
        self.broken = 0
        """Entries that were there and could not be trusted."""
        self.unwritable = 0
        """Entries that could not be kept: no directory, no permission, no space."""
        self.refusal = ""
        """Why the last of them could not be kept; empty without one."""

    @property
    def note(self) -> str:
        """One line for a person where the store is of no use to the next start; empty where all is well."""
        return (
            f"{self._shown} cannot be kept, each start makes them anew: {self.refusal}"
            if self.refusal
            else ""
        )

    def entry(self, identity: bytes) -> Path | None:
        """File of an entry; None where there is no directory to keep any."""
        return None if self.directory is None else self.directory / f"{identity.hex()}{self._suffix}"

    def read(self, identity: bytes) -> bytes | None:
        """Body of the entry of this identity; None where there is none that is whole."""
        entry = self.entry(identity)
        try:
            if entry is None:
                return None
            kind = entry.stat()
            # A device or a pipe has no size, and may have no end.
            if not stat.S_ISREG(kind.st_mode) or kind.st_size > ENTRY_BYTES_MAX:
                self.broken += 1
                return None
            stored = entry.read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            self.broken += 1
            return None
        body = unpacked(stored, self._magic, identity)
        self.broken += body is None
        return body

    def write(self, identity: bytes, body: bytes) -> None:
        """Under its name only once it is whole: a process that dies here leaves no half entry."""
        entry = self.entry(identity)
        if len(body) > ENTRY_BYTES_MAX - _HEAD_BYTES_MAX:
            self._refuse(f"{len(body) / 1e6:.0f} MB, at most {ENTRY_BYTES_MAX / 1e6:.0f} MB are kept")
            return
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
                file.write(packed(body, self._magic, identity))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(entry)
        except OSError as error:
            self._refuse(f"{entry}: {error.strerror or error}")
            with contextlib.suppress(OSError):
                Path(name).unlink(missing_ok=True)
            return
        # Another process may tidy up at the same moment: what is gone already is none of ours.
        with contextlib.suppress(OSError):
            self._tidy_up(entry.parent)

    def _tidy_up(self, directory: Path) -> None:
        """Each change of code or profile leaves entries that nobody will ask for again."""
        kept = sorted(directory.glob(f"*{self._suffix}"), key=lambda entry: entry.stat().st_mtime_ns)
        for oldest in kept[:-KEPT_MAX]:
            oldest.unlink(missing_ok=True)

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


def packed(body: bytes, magic: bytes, identity: bytes) -> bytes:
    """An entry: magic, identity, checksum of the body, body."""
    return magic + identity + hashlib.sha256(identity + body).digest() + body


def unpacked(stored: bytes, magic: bytes, identity: bytes) -> bytes | None:
    """The body of an entry; None where it is not of this identity, or not as it was written."""
    body_at = len(magic) + 2 * _DIGEST_BYTES
    body = stored[body_at:]
    whole = stored[:body_at] == magic + identity + hashlib.sha256(identity + body).digest()
    return body if whole else None
