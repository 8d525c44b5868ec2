"""Writes a process's page ten times a second, within its loop: one encoding and one copy, never a wait."""

import os
import resource
from collections.abc import Callable, Mapping, Sequence

import msgspec

from firmware_runtime.can.bus_port import WatchedBus
from firmware_runtime.can.ownership import OwnershipGuard
from firmware_runtime.executive.link.page import PageWriter
from firmware_runtime.executive.live.garbage import GarbageWatch
from firmware_runtime.executive.live.pages import (
    INTERVAL_NS,
    BusFigures,
    ControlPage,
    ProcessFigures,
    ServicesPage,
    SpreadFigures,
    SupervisorPage,
)
from firmware_runtime.executive.live.spread import Spread

BYTES_PER_KIB = 1024
"""ru_maxrss of Linux is in KiB (getrusage(2))."""


class Publisher:
    """`due` and `process` within the loop, then `write`."""

    def __init__(
        self,
        name: str,
        page: PageWriter,
        identity: str,
        vehicle: str,
        scheduling: str,
        now_ns: Callable[[], int],
        spreads: Mapping[str, Spread],
        buses: Sequence[WatchedBus] = (),
        guards: Mapping[str, OwnershipGuard] | None = None,
    ) -> None:
        """spreads: may grow later; all that are there at a writing are told."""
        self._name, self._page = name, page
        self._identity, self._vehicle, self._scheduling = identity, vehicle, scheduling
        self._spreads, self._buses, self._guards = spreads, buses, guards or {}
        self._pid = os.getpid()
        self._began_ns = now_ns()
        self._next_ns = 0
        self._encoder = msgspec.msgpack.Encoder()
        self.garbage = GarbageWatch(now_ns)
        self.garbage.begin()

    def due(self, now_ns: int) -> bool:
        if now_ns < self._next_ns:
            return False
        self._next_ns = now_ns + INTERVAL_NS
        return True

    def process(self, now_ns: int, ended: bool = False) -> ProcessFigures:
        return ProcessFigures(
            name=self._name,
            pid=self._pid,
            began_ns=self._began_ns,
            time_ns=now_ns,
            ended=ended,
            identity=self._identity,
            vehicle=self._vehicle,
            scheduling=self._scheduling,
            peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_KIB,
            garbage=self.garbage.look(),
            spreads={
                name: SpreadFigures(one.counts.tolist(), one.worst_ns) for name, one in self._spreads.items()
            },
            buses={bus.name: self._bus(bus) for bus in self._buses},
        )

    def write(self, page: ControlPage | SupervisorPage | ServicesPage) -> None:
        self._page.write(self._encoder.encode(page))

    def close(self) -> None:
        """The page stays, and says how it ended if that was written last."""
        self.garbage.end()
        self._page.close()

    def _bus(self, bus: WatchedBus) -> BusFigures:
        guard = self._guards.get(bus.name)
        foreign = (
            {guard.rows[can_id].message: count for can_id, count in guard.foreign_counts.items() if count}
            if guard is not None
            else {}
        )
        return BusFigures(bus.state.name, bus.statistics, foreign)
