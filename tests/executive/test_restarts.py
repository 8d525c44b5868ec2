"""An acknowledge renews the attempts to restart a bus: from the watch to the port that makes them."""

import time

import pytest

from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.bus_events import EventKind
from firmware_runtime.can.bus_off import RecoveryState
from firmware_runtime.executive.bus_restarts import BusRestarts
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
        self.restarts = BusRestarts(self.buses)
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
        self.restarts.take(self.now_ns, self.watch.renewals)

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


def test_a_control_that_begins_again_counts_from_zero_and_is_heard_again() -> None:
    bench = Bench()
    bench.until_given_up()
    bench.tick(acknowledged=True)
    bench.until_given_up()
    for renewals in ({}, {"drive": 1}):
        bench.restarts.take(bench.now_ns, renewals)
    assert bench.wire.port.recovery.state is not RecoveryState.GIVEN_UP
    bench.close()


def test_a_port_that_only_listens_restarts_nothing_and_says_nothing_of_it() -> None:
    wire = Wire("drive", recovers=False)
    wire.send(ERROR | BUS_OFF, bytes(8))
    kinds: list[EventKind] = []
    for step in range(SECONDS_MAX * 100):
        wire.port.receive(time.monotonic_ns() + step * STEP_NS)
        kinds += [event.kind for event in wire.port.take_events()]
    assert kinds == [EventKind.STATE]
    wire.port.close()
    wire.sender.close()
