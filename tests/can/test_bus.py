"""A bus port hands on data frames and nothing else, never blocks, and counts what it leaves out."""

import gc
from typing import Any

import can
import pytest

from firmware_runtime.can.bus import RECEIVE_MAX, BusError, PythonCanPort, open_bus
from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind
from firmware_runtime.can.bus_port import BusStatistics, EventQueue
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame

NOW_NS = 1_234_567_890


@pytest.fixture
def virtual(request: pytest.FixtureRequest):
    """A port on python-can's in-process bus, and a plain python-can bus on its other end."""
    channel = request.node.name
    port = open_bus("drive", "virtual", channel)
    other = can.Bus(interface="virtual", channel=channel)
    yield port, other
    port.close()
    other.shutdown()


def test_frames_keep_order_data_and_kind_of_identifier(virtual: tuple[PythonCanPort, can.BusABC]) -> None:
    port, other = virtual
    other.send(can.Message(arbitration_id=0x123, is_extended_id=False, data=b"\x01\x02"))
    other.send(can.Message(arbitration_id=0x123, is_extended_id=True, data=b""))
    other.send(can.Message(arbitration_id=0x0CFF1027, is_extended_id=True, data=bytes(range(8))))
    assert port.receive(NOW_NS) == [
        Frame(NOW_NS, "drive", 0x123, b"\x01\x02"),
        Frame(NOW_NS, "drive", 0x123 | EXTENDED_FLAG, b""),
        Frame(NOW_NS, "drive", 0x0CFF1027 | EXTENDED_FLAG, bytes(range(8))),
    ]
    assert port.receive(NOW_NS) == []
    assert port.statistics.received == 3


def test_sent_frames_arrive_as_they_were(virtual: tuple[PythonCanPort, can.BusABC]) -> None:
    port, other = virtual
    port.send([Frame(0, "drive", 0x7FF, b"ab"), Frame(0, "drive", 0x18FF11EF | EXTENDED_FLAG, b"")])
    first, second = other.recv(timeout=1), other.recv(timeout=1)
    assert first is not None
    assert second is not None
    assert (first.arbitration_id, first.is_extended_id, bytes(first.data)) == (0x7FF, False, b"ab")
    assert (second.arbitration_id, second.is_extended_id, bytes(second.data)) == (0x18FF11EF, True, b"")
    assert port.statistics.sent == 2


def test_error_remote_and_fd_frames_are_counted_and_not_passed(
    virtual: tuple[PythonCanPort, can.BusABC],
) -> None:
    port, other = virtual
    other.send(can.Message(arbitration_id=0x040, is_error_frame=True, data=bytes(8)))
    other.send(can.Message(arbitration_id=0x123, is_remote_frame=True, dlc=4))
    other.send(can.Message(arbitration_id=0x123, is_fd=True, data=bytes(8)))
    other.send(can.Message(arbitration_id=0x123, is_fd=True, data=bytes(12)))
    other.send(can.Message(arbitration_id=0x124, is_extended_id=False, data=b"x"))
    assert [frame.can_id for frame in port.receive(NOW_NS)] == [0x124]
    counts = port.statistics
    assert (counts.error_frames, counts.remote_frames, counts.foreign_frames) == (1, 1, 2)


def test_an_error_frame_of_bus_off_changes_the_state_and_is_told_once(
    virtual: tuple[PythonCanPort, can.BusABC],
) -> None:
    port, other = virtual
    for _ in range(2):
        other.send(can.Message(arbitration_id=0x040, is_error_frame=True, data=bytes(8)))
    assert port.state is BusState.ERROR_ACTIVE
    port.receive(NOW_NS)
    assert port.state is BusState.BUS_OFF
    assert port.take_events() == [
        BusEvent(NOW_NS, "drive", EventKind.STATE, BusState.BUS_OFF, text="BUS_OFF")
    ]


def test_events_that_nobody_takes_are_bounded_and_counted(
    virtual: tuple[PythonCanPort, can.BusABC],
) -> None:
    port, other = virtual
    for _ in range(50):
        for classes in (0x040, 0x100):
            other.send(can.Message(arbitration_id=classes, is_error_frame=True, data=bytes(8)))
    port.receive(NOW_NS)
    assert len(port.take_events()) == 64
    assert port.statistics.events_lost == 36


def test_the_state_that_holds_is_told_however_often_it_changed(
    virtual: tuple[PythonCanPort, can.BusABC],
) -> None:
    port, other = virtual
    for classes in (*(0x040, 0x100) * 50, 0x040):
        other.send(can.Message(arbitration_id=classes, is_error_frame=True, data=bytes(8)))
    port.receive(NOW_NS)
    assert port.take_events()[-1].detail == port.state == BusState.BUS_OFF


def test_a_state_goes_before_what_else_fills_the_queue() -> None:
    queue = EventQueue(BusStatistics())
    senders = [BusEvent(number, "drive", EventKind.FOREIGN_SENDER, 3, can_id=number) for number in range(70)]
    off = BusEvent(70, "drive", EventKind.STATE, BusState.BUS_OFF)
    given_up = BusEvent(71, "drive", EventKind.RECOVERY_GIVEN_UP, 5)
    for event in (*senders, off, off, given_up):
        queue.put(event)
    assert queue.take() == [*senders[2:64], off, given_up]


def test_fd_frames_belong_to_a_bus_that_was_opened_so() -> None:
    options: dict[str, Any] = {"protocol": can.CanProtocol.CAN_FD, "fd": True}
    port = open_bus("drive", "virtual", "fd", options)
    with can.Bus(interface="virtual", channel="fd", protocol=can.CanProtocol.CAN_FD) as other:
        payload = bytes(range(64))
        other.send(can.Message(arbitration_id=1, is_extended_id=False, is_fd=True, data=payload))
        assert port.receive(NOW_NS) == [Frame(NOW_NS, "drive", 1, payload)]
        port.send([Frame(0, "drive", 2, payload), Frame(0, "drive", 3, b"classic")])
        first, second = other.recv(timeout=1), other.recv(timeout=1)
    assert first is not None
    assert second is not None
    assert (first.is_fd, bytes(first.data), second.is_fd) == (True, payload, False)
    port.close()


def test_a_flood_is_taken_in_bounded_portions(virtual: tuple[PythonCanPort, can.BusABC]) -> None:
    port, other = virtual
    for number in range(RECEIVE_MAX + 10):
        other.send(can.Message(arbitration_id=number, is_extended_id=True))
    assert len(port.receive(NOW_NS)) == RECEIVE_MAX == 512
    assert len(port.receive(NOW_NS)) == 10
    assert port.statistics.batches_full == 1


def test_a_full_bus_costs_frames_but_never_time() -> None:
    """python-can's virtual bus blocks its sender for ever when a receiver's queue is full."""
    with can.Bus(interface="virtual", channel="full", rx_queue_size=2):
        port = open_bus("drive", "virtual", "full")
        port.send([Frame(0, "drive", 1, b"")] * 5)
        assert (port.statistics.sent, port.statistics.send_drops) == (2, 3)
        port.close()


class BrokenBus(can.BusABC):
    """An interface that has gone down: each call fails, as SocketCAN does with ENETDOWN."""

    def __init__(self) -> None:
        super().__init__("broken")

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        raise can.CanOperationError("network is down")

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        raise can.CanOperationError("network is down")


def test_an_interface_that_is_down_is_counted_not_raised() -> None:
    port = PythonCanPort("drive", BrokenBus())
    assert port.receive(NOW_NS) == []
    assert 1 <= port.statistics.receive_errors <= 20
    port.send([Frame(0, "drive", 1, b"")])
    assert port.statistics.send_drops == 1
    port.close()
    port.close()


def test_what_cannot_be_opened_is_named() -> None:
    with pytest.raises(BusError, match=r"bus drive: nonsense:can0 cannot be opened: .*nonsense"):
        open_bus("drive", "nonsense", "can0")
    with pytest.raises(BusError, match=r"bus body: socketcan:no_such_bus cannot be opened"):
        open_bus("body", "socketcan", "no_such_bus")


def test_a_bus_that_could_not_be_opened_leaves_no_complaint_behind(caplog: pytest.LogCaptureFixture) -> None:
    """python-can's object, half made, would log a second line after ours when it is collected."""
    with pytest.raises(BusError):
        open_bus("drive", "udp_multicast", "192.0.2.1")
    gc.collect()
    assert "not properly shut down" not in caplog.text
