"""What passes between the harness and the process of the simulated vehicle: records over two pipes."""

import os
import queue
import struct
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from vehicle_hil.result import BusFrame, DriveJob
from vehicle_hil.truth import Truth

_LENGTH = struct.Struct("<I")
CLOSE_TIMEOUT_S = 1.0


class VehicleOrder(msgspec.Struct, frozen=True):
    """First record to the vehicle: what is driven and where its buses are."""

    profile_path: str
    route_path: str
    distance_m: float | None
    allow_infeasible: bool
    seed: int
    out_dir: str
    buses: tuple[str, ...]
    """As `--bus` takes them."""

    def job(self) -> DriveJob:
        return DriveJob(
            profile_path=Path(self.profile_path),
            route_path=Path(self.route_path),
            distance_m=self.distance_m,
            allow_infeasible=self.allow_infeasible,
            seed=self.seed,
            seconds=None,
            kill_runtime_at_s=None,
            out_dir=Path(self.out_dir),
        )


class Go(msgspec.Struct, frozen=True):
    """Second record to the vehicle: begin."""

    start_ns: int
    """Monotonic clock at time 0 of the drive; both processes read the same clock."""


class Ready(msgspec.Struct, frozen=True):
    """First record from the vehicle: it waits for Go."""

    serial_port: str
    """Where its GNSS receiver is to be read."""


class TickReport(msgspec.Struct, frozen=True, array_like=True):
    """Every further record from the vehicle: one tick of it."""

    truth: Truth
    frames: Sequence[BusFrame]
    """The vehicle's and the runtime's, times as in `truth`."""
    note: str
    """What the people around it did; empty mostly."""
    missed_periods: int
    """Periods so far in which the vehicle made no tick, because this machine was busy."""


Record = TypeVar("Record")


def write_record(pipe: IO[bytes], record: object) -> None:
    payload = msgspec.msgpack.encode(record)
    pipe.write(_LENGTH.pack(len(payload)) + payload)
    pipe.flush()


class RecordReader:
    """Reads records off a pipe; blocks until one is whole."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def read(self, kind: type[Record]) -> Record | None:
        """The next record; None where the other side has ended."""
        prefix = self._pipe.read(_LENGTH.size)
        if len(prefix) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(prefix)
        payload = self._pipe.read(length)
        return msgspec.msgpack.decode(payload, type=kind) if len(payload) == length else None


class BackgroundPipe:
    """Writes records in a thread, so that a reader who is slow (a terminal) never holds up a tick.

    The queue has no bound: a drive is bounded, and a reader that is gone takes this process with it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._encoder = msgspec.msgpack.Encoder()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)
        self._thread.start()

    def put(self, record: object) -> None:
        self._queue.put(record)

    def close(self) -> None:
        """Waits until all is written, but not for a reader that takes nothing any more."""
        self._queue.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while (record := self._queue.get()) is not None:
            payload = self._encoder.encode(record)
            rest = memoryview(_LENGTH.pack(len(payload)) + payload)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
