"""An acknowledge renews the attempts to restart a bus: from the watch to the port that makes them."""

import time

import pytest

from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.bus_events import EventKind
from firmware_runtime.executive.run import Restarts
from firmware_runtime.safety.bus_watch import BusFindings, BusWatch
from tests.can.test_wild_frames import ERROR, Wire

BUS_OFF = 0x040
ATTEMPTS = 5
STEP_NS = 10_000_000
SECONDS_MAX = 10


class Bench:
    """A real port whose controller stays off, the watch, and the shell between them."""

    def __init__(self) -> None:
        self.wire = Wire("drive")
        other = open_bus("body", "virtual", "test_restarts")
        self.buses = (self.wire.port, other)
        self.watch = BusWatch({"drive", "body"})
        self.restarts = Restarts(self.watch, self.buses)
        self.now_ns = time.monotonic_ns()
        self.kinds: list[EventKind] = []
        self.found = BusFindings()
        self.wire.send(ERROR | BUS_OFF, bytes(8))

    def tick(self, acknowledged: bool = False) -> None:
        self.now_ns += STEP_NS
        self.wire.port.receive(self.now_ns)
        events = self.wire.port.take_events()
        self.kinds += [event.kind for event in events]
        self.found = self.watch.step(self.now_ns, events, acknowledged)
        self.restarts.renew(self.now_ns)

    def until_given_up(self) -> None:
        for _ in range(SECONDS_MAX * 100):
            if self.found.given_up:
                return
            self.tick()
        raise AssertionError(f"not given up: {self.kinds}")

    def close(self) -> None:
        for bus in self.buses:
            bus.close()
        self.wire.sender.close()


@pytest.mark.requirement("SR-14")
def test_an_acknowledge_gives_a_bus_that_was_given_up_as_many_attempts_again() -> None:
    bench = Bench()
    bench.until_given_up()
    assert bench.kinds.count(EventKind.RESTART) == ATTEMPTS
    for _ in range(500):
        bench.tick()
    assert bench.kinds.count(EventKind.RESTART) == ATTEMPTS, "not by waiting"
    bench.tick(acknowledged=True)
    assert bench.found.given_up == ()
    assert bench.found.off == ("drive BUS_OFF",), "which is a fault of its own until it is back"
    bench.until_given_up()
    assert bench.kinds.count(EventKind.RESTART) == 2 * ATTEMPTS
    bench.close()
