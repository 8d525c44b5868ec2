"""Own echo, another process of this computer and another node are told apart; our identifiers are ours."""

import subprocess
from collections.abc import Iterator

import pytest

from firmware_runtime.can.bus_events import BusState, EventKind, Origin
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.ownership import Owned, OwnershipGuard
from tests.vcan.side import CHANNEL, Line, error_frame, run, take, take_frames

MS = 1_000_000
STEERING, REQUEST = 0x101, 0x18FF0127 | EXTENDED_FLAG
TABLE = (
    Owned("drive", STEERING, "drive.SteeringCommand", "supervisor", 10 * MS, 0),
    Owned("drive", REQUEST, "drive.DiagnosticRequest", "services", 100 * MS, 1),
)


def guard() -> OwnershipGuard:
    return OwnershipGuard("drive", "supervisor", TABLE)


@pytest.fixture(scope="module")
def far_end() -> Iterator[str]:
    """An interface whose frames come to `near` as if from another node: two kernels' worth of a cable."""
    made = subprocess.run(
        ["ip", "link", "add", "near", "type", "vxcan", "peer", "name", "far"], capture_output=True, text=True
    )
    if made.returncode != 0:
        pytest.skip(f"no vxcan here: {made.stderr.strip()}")
    run("ip", "link", "set", "near", "up")
    run("ip", "link", "set", "far", "up")
    yield "far"
    run("ip", "link", "del", "near")


def test_our_own_echo_is_left_out_and_is_no_fault(line: Line) -> None:
    port = line.open(options={"receive_own_messages": True}, guard=guard())
    port.send([Frame(0, "drive", STEERING, bytes(8))] * 3)
    run("cansend", CHANNEL, "123#")
    taken = take(port, lambda taken: bool(taken.frames))
    assert [frame.can_id for frame in taken.frames] == [0x123]
    assert (port.statistics.own_echoes, port.statistics.foreign_senders) == (3, 0)


def test_another_process_that_sends_our_message_is_a_fault_that_names_it(line: Line) -> None:
    port = line.open(guard=guard())
    run("cansend", CHANNEL, "101#0000000000000000")
    taken = take(port, lambda taken: bool(taken.events))
    event = taken.events[0]
    assert (event.kind, event.bus, event.detail, event.can_id) == (
        EventKind.FOREIGN_SENDER,
        "drive",
        Origin.HOST,
        STEERING,
    )
    assert (
        event.text == "drive.SteeringCommand (0x101) of supervisor, sent by another process of this computer"
    )


def test_another_process_may_send_what_the_table_gives_it(line: Line) -> None:
    port = line.open(guard=guard())
    run("cansend", CHANNEL, "18FF0127#00")
    run("cansend", CHANNEL, "123#")
    assert len(take_frames(port, 2)) == 2
    assert port.statistics.foreign_senders == 0
    assert port.take_events() == []


@pytest.mark.parametrize(("text", "can_id"), [("101#00", STEERING), ("18FF0127#00", REQUEST)])
def test_another_node_may_send_none_of_ours(line: Line, far_end: str, text: str, can_id: int) -> None:
    port = line.open("near", guard=guard())
    run("cansend", far_end, "123#")
    run("cansend", far_end, text)
    taken = take(port, lambda taken: bool(taken.events))
    assert (taken.events[0].detail, taken.events[0].can_id) == (Origin.REMOTE, can_id)
    assert "another node" in taken.events[0].text
    assert (port.statistics.host_frames, port.statistics.foreign_senders) == (0, 1)


def test_another_nodes_frame_shows_that_bus_off_is_over(line: Line, far_end: str) -> None:
    """Though no error frame said so: the kernel leaves it out when it has no memory for it."""
    port = line.open("near", restart=lambda: None)
    line.plain("near").send(error_frame(0x040))
    take(port, lambda _: port.state is BusState.BUS_OFF)
    run("cansend", "near", "123#")
    take_frames(port, 1)
    assert port.state is BusState.BUS_OFF
    run("cansend", far_end, "123#")
    take_frames(port, 1)
    assert port.state is BusState.ERROR_ACTIVE


def test_a_foreign_sender_at_full_rate_is_counted_frame_by_frame_and_reported_seldom(line: Line) -> None:
    watched = guard()
    port = line.open(guard=watched)
    run("cangen", CHANNEL, "-g", "0", "-n", "2000", "-I", "101", "-L", "8")
    taken = take(port, lambda taken: len(taken.frames) >= 2000)
    assert port.statistics.foreign_senders == watched.foreign_counts[STEERING] == 2000
    assert 1 <= len(taken.events) < 64


def test_our_identifiers_pass_the_kernel_filter_so_that_a_foreign_sender_is_heard(line: Line) -> None:
    port = line.open(identifiers=[0x123], guard=guard())
    run("cansend", CHANNEL, "101#00")
    assert take(port, lambda taken: bool(taken.events)).events[0].can_id == STEERING
