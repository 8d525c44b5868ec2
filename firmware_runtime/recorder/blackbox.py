"""The black box's file: append-only, every record with its length and checksum, after the tick.

Layout: the eight bytes of MAGIC, then records. A record is its payload's length (4 bytes, little-endian),
the CRC-32 (zlib's) of the payload (4 bytes), and the payload in MessagePack: the header first, records
of ticks after it. None depends on another, so a file that ends anywhere, killed or without power,
loses its torn last record and nothing before it.

About 1 kB a tick, at 100 Hz 0.4 GB an hour; twice that with two processes, and some ten times at 1 kHz.

Not yet: key frames (snapshots of the components every so many ticks, to begin a replay in the middle).
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from firmware_runtime.recorder.tick_record import SCHEMA_VERSION, BlackBoxHeader, DrivingRecord, Record

MAGIC = b"FRBBOX\r\n"
"""The line end shows a transfer that changed line ends, as PNG's does."""
PREFIX = struct.Struct("<II")
RECORD_MAX_BYTES = 1 << 20
"""A longer length is damage, not a record; assumption: a tick with full buses stays below 40 kB."""
FLUSH_BYTES = 1 << 16
"""Bytes gathered before the writer hands them to the kernel by itself."""


class BlackBoxError(Exception):
    """A file is no black box, or one of another version; the message says which file, and what came."""


class BlackBoxWriter:
    """Writes a black box in the caller's thread."""

    def __init__(self, path: Path, header: BlackBoxHeader | None) -> None:
        """Makes a new file; FileExistsError where there is one, as a record is never overwritten.

        header: None goes on in a file that ends with a whole record (see resume.py).
        """
        new = os.O_CREAT | os.O_EXCL if header is not None else 0
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | new, 0o644)
        self._encoder = msgspec.msgpack.Encoder()
        self._buffer = bytearray()
        self._payload = bytearray()
        self.bytes = 0
        """Of the file, with what is not flushed yet."""
        if header is None:
            self.bytes = os.fstat(self._file).st_size
            return
        self._buffer += MAGIC
        self.bytes = len(MAGIC)
        self._append(header)
        self.sync()
        # The file's name is safe only once its folder is.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _append(self, record: BlackBoxHeader | Record) -> None:
        self._encoder.encode_into(record, self._payload)
        self.append(self._payload)

    def append(self, payload: bytes | bytearray) -> None:
        """Appends a record that is encoded already; OSError where the disk takes no more."""
        self._buffer += PREFIX.pack(len(payload), zlib.crc32(payload))
        self._buffer += payload
        self.bytes += PREFIX.size + len(payload)
        if len(self._buffer) >= FLUSH_BYTES:
            self.flush()

    def record(self, tick: Record) -> None:
        """Appends one record; OSError where the disk takes no more."""
        self._append(tick)

    def flush(self) -> None:
        """Hands all to the kernel: from here on it survives the death of this process."""
        view = memoryview(self._buffer)
        done = 0
        try:
            while done < len(view):
                done += os.write(self._file, view[done:])
        finally:
            # After an error the rest would follow a torn record and could never be read.
            view.release()
            self._buffer.clear()

    def sync(self) -> None:
        """Flushes, and waits until it is on the disk: from here on it survives a loss of power."""
        self.flush()
        os.fsync(self._file)

    def close(self) -> None:
        """Syncs and closes; a second call does nothing."""
        if self._file < 0:
            return
        try:
            self.sync()
        finally:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BlackBoxReader:
    """Reads a black box, also one that is still being written."""

    def __init__(self, path: Path) -> None:
        """BlackBoxError where it is no black box of this schema version; OSError where it cannot be read."""
        self.path = path
        self._decoder = msgspec.msgpack.Decoder(Record)
        self._payload_at = 0
        self.unread_bytes = 0
        """Bytes at the end that are no whole record, once `records` is through: a torn one, or damage."""
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
            if magic != MAGIC:
                raise BlackBoxError(f"{path}: expected a black box (beginning {MAGIC!r}), came {magic!r}")
            payload = _read_payload(file)
            self.position = self._payload_at = file.tell()
            """Behind the last whole record that was read."""
        if payload is None:
            raise BlackBoxError(f"{path}: expected a header, came a file cut off in it")
        try:
            self.header = msgspec.msgpack.decode(payload, type=BlackBoxHeader)
        except msgspec.DecodeError as error:
            raise BlackBoxError(f"{path}: the header does not fit: {error}") from error
        version = self.header.schema_version
        if version != SCHEMA_VERSION:
            raise BlackBoxError(
                f"{path}: expected schema version {SCHEMA_VERSION}, came {version}; "
                "the release of the runtime that wrote it can read it"
            )

    def ticks(self) -> Iterator[DrivingRecord]:
        """As `records`, those alone that tell of the drive."""
        return (record for record in self.records() if isinstance(record, DrivingRecord))

    def records(self) -> Iterator[Record]:
        """Whole records in order, from where the last call stopped; stops before one that is not whole.

        While a file is being written, a later call goes on with what came since.
        """
        for payload in self.payloads():
            try:
                yield self._decoder.decode(payload)
            except msgspec.DecodeError as error:
                raise BlackBoxError(f"{self.path}: record at byte {self._payload_at}: {error}") from error

    def payloads(self) -> Iterator[bytes]:
        """As `records`, as they stand in the file."""
        with self.path.open("rb") as file:
            file.seek(self.position)
            while (payload := _read_payload(file)) is not None:
                self._payload_at, self.position = self.position, file.tell()
                yield payload
            self.unread_bytes = file.seek(0, os.SEEK_END) - self.position


def _read_payload(file: BinaryIO) -> bytes | None:
    """Payload of the record that begins here; None where there is none, or no whole one."""
    prefix = file.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    length, checksum = PREFIX.unpack(prefix)
    if length > RECORD_MAX_BYTES:
        return None
    payload = file.read(length)
    if len(payload) < length or zlib.crc32(payload) != checksum:
        return None
    return payload
