"""Error frames become a bus state; bus-off is left by a bounded number of restarts; a lost bus comes back.

`vcan` passes error frames that a raw socket sends, so every class can be injected. It is no controller: it
never goes bus-off by itself and refuses a restart. Here a stand-in answers a restart with the error frame
that a real driver sends; what cannot be shown is the restart of a real controller.
"""

import time

import pytest

from firmware_runtime.can import bus_off
from firmware_runtime.can.bus_events import BusState, EventKind
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.socketcan import SocketCanPort
from tests.vcan.side import CHANNEL, Line, error_frame, run, take, take_frames

CONTROLLER, BUS_OFF, RESTARTED, LOST_ARBITRATION = 0x004, 0x040, 0x100, 0x002
TX_WARNING, TX_PASSIVE, ACTIVE = 0x08, 0x20, 0x40
TICK_NS = 10_000_000


def states(line: Line, port: SocketCanPort, *frames: object) -> list[BusState]:
    plain = line.plain()
    seen: list[BusState] = []
    for frame in frames:
        before = port.statistics.error_frames
        plain.send(frame)  # type: ignore[arg-type]
        take(port, lambda _, before=before: port.statistics.error_frames > before)
        seen.append(port.state)
    return seen


def test_the_state_follows_the_controller(line: Line, port: SocketCanPort) -> None:
    assert states(
        line,
        port,
        error_frame(CONTROLLER, TX_WARNING, tx_errors=96),
        error_frame(CONTROLLER, TX_PASSIVE, tx_errors=128),
        error_frame(CONTROLLER, ACTIVE, tx_errors=90),
        error_frame(LOST_ARBITRATION),
        error_frame(BUS_OFF),
        error_frame(RESTARTED),
    ) == [
        BusState.ERROR_WARNING,
        BusState.ERROR_PASSIVE,
        BusState.ERROR_ACTIVE,
        BusState.ERROR_ACTIVE,
        BusState.BUS_OFF,
        BusState.ERROR_ACTIVE,
    ]
    assert port.errors.counts["LOST_ARBITRATION"] == port.errors.counts["BUS_OFF"] == 1
    assert port.errors.tx_errors == 90


def test_an_error_frame_is_never_a_message(line: Line, port: SocketCanPort) -> None:
    """Bus-off looks like identifier 0x040 to who does not ask."""
    line.plain().send(error_frame(BUS_OFF))
    run("cansend", CHANNEL, "040#01")
    assert [(frame.can_id, frame.data) for frame in take_frames(port, 1)] == [(0x040, b"\x01")]
    assert port.statistics.error_frames == 1


def test_bus_off_is_left_by_a_restart(line: Line) -> None:
    plain = line.plain()
    port = line.open(restart=lambda: plain.send(error_frame(RESTARTED)))
    plain.send(error_frame(BUS_OFF))
    taken = take(port, lambda _: port.statistics.restarts == 1 and port.state is BusState.ERROR_ACTIVE)
    taken.events += take(port, lambda taken: bool(taken.events)).events if len(taken.events) < 3 else []
    assert [(event.kind, event.detail) for event in taken.events] == [
        (EventKind.STATE, BusState.BUS_OFF),
        (EventKind.RESTART, 1),
        (EventKind.STATE, BusState.ERROR_ACTIVE),
    ]


def test_a_bus_that_stays_off_is_given_up(line: Line) -> None:
    """Time is given, not waited for; the stand-in never answers."""
    asked: list[int] = []
    port = line.open(restart=lambda: asked.append(1))
    line.plain().send(error_frame(BUS_OFF))
    take(port, lambda _: port.statistics.error_frames == 1)
    now_ns = time.monotonic_ns()
    for tick in range(3000):
        port.receive(now_ns + tick * TICK_NS)
    kinds = [event.kind for event in port.take_events()]
    assert len(asked) == port.statistics.restarts == 5
    assert kinds[-1] is EventKind.RECOVERY_GIVEN_UP
    assert port.recovery.state is bus_off.RecoveryState.GIVEN_UP
    port.reset_recovery(now_ns + 3000 * TICK_NS)
    for tick in range(3000, 3020):
        port.receive(now_ns + tick * TICK_NS)
    assert len(asked) == 6


def test_a_restart_that_the_kernel_refuses_is_told_and_waits_for_nobody(line: Line) -> None:
    port = line.open()
    line.plain().send(error_frame(BUS_OFF))
    take(port, lambda _: port.restart_error != "")
    assert "not supported" in port.restart_error
    assert port.statistics.restarts == 1


@pytest.mark.parametrize("vanishes", [False, True], ids=["down", "gone"])
def test_a_bus_that_goes_comes_back_by_itself(line: Line, vanishes: bool) -> None:
    """In a network of its own the interface may even be taken out."""
    name = "vcan7"
    make = ("ip", "link", "add", "dev", name, "type", "vcan")
    run(*make)
    run("ip", "link", "set", name, "up")
    try:
        port = line.open(name)
        run("ip", "link", *(("del", name) if vanishes else ("set", name, "down")))
        taken = take(port, lambda _: port.state is BusState.DOWN)
        port.send([Frame(0, "drive", 0x123, b"")] * 3)
        assert (port.statistics.sent, port.statistics.send_drops) == (0, 3)
        if vanishes:
            run(*make)
        run("ip", "link", "set", name, "up")
        taken.events += take(port, lambda _: port.state is BusState.ERROR_ACTIVE).events
        run("cansend", name, "123#01")
        assert take_frames(port, 1)[0].data == b"\x01"
        port.send([Frame(0, "drive", 0x123, b"")])
        assert port.statistics.sent == 1
        assert port.statistics.interface_losses == 1
        assert [event.detail for event in taken.events] == [BusState.DOWN, BusState.ERROR_ACTIVE]
    finally:
        run("ip", "link", "del", name)
