"""The few things asked of a disk, in one folder, each with what it leaves behind when power is lost.

- `write_new`: after it returned, the bytes are safe (fsync of the file); before, the file may be absent, cut
  off anywhere, or hold blocks of zeros. The *name* is not promised yet.
- `replace`: a name leads to the one file or the other, never to half of each (rename of a journalling file
  system: ext4, XFS, Btrfs, F2FS); which of the two a loss of power leaves is open until `sync`.
- `sync`: after it returned, names are safe (fsync of the folder).

After a failed fsync the kernel may have dropped the bytes and may say "written" the next time, so a file that
failed is never synced again: `write_new` always begins with a fresh one.
"""

import contextlib
import os
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """One folder; every call may raise OSError."""

    @property
    def place(self) -> str:
        """For words to people."""
        ...

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """All bytes, at most `max_bytes`; None where there is no such file."""
        ...

    def write_new(self, name: str, data: bytes) -> None:
        """A fresh file, synced; what stood under the name is removed first."""
        ...

    def replace(self, name: str, by: str) -> None:
        """`name` now leads to the file `by`, and `by` is gone."""
        ...

    def keep_aside(self, name: str, as_name: str) -> None:
        """A second name for a file as it stands, for people; best effort."""
        ...

    def sync(self) -> None: ...


class OsDisk:
    """The operating system's. Held by one descriptor: what is mounted over the folder changes nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._folder: int | None = None

    @property
    def place(self) -> str:
        return str(self._directory)

    def read(self, name: str, max_bytes: int) -> bytes | None:
        folder = self._opened()
        try:
            # Not waiting: should a pipe stand there, it is read as empty.
            file = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
        except FileNotFoundError:
            return None
        try:
            parts: list[bytes] = []
            left = max_bytes
            while left > 0 and (part := os.read(file, left)):
                parts.append(part)
                left -= len(part)
            return b"".join(parts)
        finally:
            os.close(file)

    def write_new(self, name: str, data: bytes) -> None:
        folder = self._opened()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        file = os.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644, dir_fd=folder
        )
        try:
            done = 0
            while done < len(data):
                done += os.write(file, data[done:])
            os.fsync(file)
        finally:
            os.close(file)

    def replace(self, name: str, by: str) -> None:
        folder = self._opened()
        os.replace(by, name, src_dir_fd=folder, dst_dir_fd=folder)

    def keep_aside(self, name: str, as_name: str) -> None:
        folder = self._opened()
        with contextlib.suppress(OSError):
            os.unlink(as_name, dir_fd=folder)
        with contextlib.suppress(OSError):
            os.link(name, as_name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)

    def sync(self) -> None:
        os.fsync(self._opened())

    def close(self) -> None:
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _opened(self) -> int:
        if self._folder is None:
            self._folder = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self._folder
