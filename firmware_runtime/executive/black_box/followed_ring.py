"""The records of one process out of its ring, whenever that process begins, ends, or makes the ring anew."""

from pathlib import Path

import msgspec

from firmware_runtime.executive.link.ring import CAPACITY_BYTES, RingReader
from firmware_runtime.executive.link.shared_file import LinkError
from firmware_runtime.recorder.tick_record import Record

RECORDS_MAX = 1000
"""Taken in one call (assumption: ten seconds of ticks, 20 ms of work): each call ends, however much waits."""


class FollowedRing:
    """`take() -> records`, as they are to be written."""

    def __init__(self, path: Path, after_ns: int | None = None, capacity: int = CAPACITY_BYTES) -> None:
        """path: of the ring, which need not be there yet.

        after_ns: time of the last record that is kept already; None where all that is there is wanted.
        capacity: of the ring, in bytes.
        """
        self._path, self._capacity = path, capacity
        self._after_ns = after_ns
        self._joined = after_ns is None
        """Nothing between what is kept already and what comes now can be missing."""
        self._reader: RingReader | None = None
        self._decoder = msgspec.msgpack.Decoder(Record)
        self._missing = 0
        """Before the next record."""
        self.taken = 0
        self.lost = 0
        """Overwritten before they were read, or no records of this version."""

    def take(self) -> list[bytes]:
        """What came since the last call, at most RECORDS_MAX."""
        reader = self._reader or self._open()
        taken: list[bytes] = []
        while reader is not None and len(taken) < RECORDS_MAX:
            before = reader.lost
            payload = reader.read()
            self._lose(reader.lost - before)
            if payload is None:
                if reader.replaced:
                    reader.close()
                    self._reader = None
                break
            record = self._checked(payload)
            if record is not None:
                taken.append(record)
        self.taken += len(taken)
        return taken

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self) -> RingReader | None:
        try:
            self._reader = RingReader(self._path, self._capacity)
        except LinkError:
            # Not begun yet: looked for again in the next call.
            return None
        return self._reader

    def _checked(self, payload: bytes) -> bytes | None:
        """The record as it is to be kept; None where it is kept already, or is none."""
        try:
            record: Record = self._decoder.decode(payload)
        except msgspec.DecodeError:
            self._lose(1)
            return None
        if self._after_ns is not None:
            if record.time_ns <= self._after_ns:
                self._joined = True
                return None
            self._after_ns = None
            if not self._joined:
                # Overwritten while nobody took them: how many, nobody can say any more.
                self._lose(1)
        if not self._missing:
            return payload
        record = msgspec.structs.replace(record, dropped_before=record.dropped_before + self._missing)
        self._missing = 0
        return msgspec.msgpack.encode(record)

    def _lose(self, records: int) -> None:
        self._missing += records
        self.lost += records
