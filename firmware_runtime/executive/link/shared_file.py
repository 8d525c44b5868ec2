"""A file that two processes map: made whole before anyone can open it, found again after a restart.

On a file system in memory (/run, /dev/shm) nothing of it ever waits for a disk. It holds words of 64 bits,
each stored at once on the machines that this runs on (x86-64, arm64: aligned and in one copy), and bytes.
"""

import mmap
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

WORD_BYTES = 8


class LinkError(Exception):
    """A file or socket between the processes cannot be made, or is none of ours; says which and why."""


class SharedFile:
    """Context manager around a mapping of `size` bytes; `words` and `data` are views of all of it."""

    def __init__(self, path: Path, size: int, header: tuple[int, ...], writable: bool) -> None:
        """Opens the file; where it is missing or of another making, a writer replaces it by a new one.

        header: words that the file begins with; what tells a reader that it is this kind of file.
        Raises LinkError where it cannot be made, is missing, or begins with other words.
        """
        self.path = path
        try:
            if writable and not _is_there(path, size, header):
                _make(path, size, header)
            flags = os.O_RDWR if writable else os.O_RDONLY
            descriptor = os.open(path, flags | os.O_CLOEXEC)
        except OSError as error:
            raise LinkError(f"{path}: expected a file to share, got: {error.strerror}") from error
        try:
            self.inode = os.fstat(descriptor).st_ino
            if not _begins_with(descriptor, size, header):
                raise LinkError(f"{path}: expected {size} bytes that begin with the words {header}")
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(descriptor, size, access=access)
        finally:
            os.close(descriptor)
        self.data = memoryview(self._map)
        self.words = self.data.cast("Q")

    @property
    def replaced(self) -> bool:
        """Somebody has put another file in its place, or taken it away."""
        try:
            return self.path.stat().st_ino != self.inode
        except OSError:
            return True

    def close(self) -> None:
        self.words.release()
        self.data.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _words(header: tuple[int, ...]) -> bytes:
    return b"".join(word.to_bytes(WORD_BYTES, "little") for word in header)


def _begins_with(descriptor: int, size: int, header: tuple[int, ...]) -> bool:
    same_size = os.fstat(descriptor).st_size == size
    return same_size and os.pread(descriptor, WORD_BYTES * len(header), 0) == _words(header)


def _is_there(path: Path, size: int, header: tuple[int, ...]) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _begins_with(descriptor, size, header)
    finally:
        os.close(descriptor)


def _make(path: Path, size: int, header: tuple[int, ...]) -> None:
    """Under another name first: nobody ever opens half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.truncate(descriptor, size)
        os.pwrite(descriptor, _words(header), 0)
        os.fchmod(descriptor, 0o644)
        os.rename(name, path)
    except OSError:
        os.unlink(name)
        raise
    finally:
        os.close(descriptor)
