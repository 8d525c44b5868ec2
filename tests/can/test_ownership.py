"""The table of transmit ownership, and which senders break it."""

from itertools import pairwise
from typing import NamedTuple

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.bus_events import EventKind, Origin
from firmware_runtime.can.ownership import (
    Owned,
    OwnershipGuard,
    arbitration_key,
    joined,
    transmit_ownership,
)

EXTENDED = 0x8000_0000
MS = 1_000_000


class Message(NamedTuple):
    """What the table takes from a bound message."""

    bus: str
    can_id: int
    path: str
    cycle_ns: int


SENT = (
    Message("drive", 0x120, "drive.Traction", 10 * MS),
    Message("body", 0x18FF1027 | EXTENDED, "body.Lamps", 100 * MS),
    Message("drive", 0x101, "drive.Steering", 10 * MS),
)


def test_rows_say_who_sends_what_how_often_and_who_wins() -> None:
    assert transmit_ownership(SENT, "supervisor") == (
        Owned("body", 0x18FF1027 | EXTENDED, "body.Lamps", "supervisor", 100 * MS, 0),
        Owned("drive", 0x101, "drive.Steering", "supervisor", 10 * MS, 0),
        Owned("drive", 0x120, "drive.Traction", "supervisor", 10 * MS, 1),
    )


def wire_bits(can_id: int) -> str:
    """Arbitration field as sent (CAN 2.0 B): SRR and IDE recessive in a 29-bit identifier, RTR and IDE
    dominant in an 11-bit one; a dominant bit (0) wins."""
    if can_id & EXTENDED:
        text = f"{can_id & 0x1FFF_FFFF:029b}"
        return text[:11] + "11" + text[11:]
    return f"{can_id:011b}" + "00"


identifiers = st.one_of(st.integers(0, 0x7FF), st.integers(0, 0x1FFF_FFFF).map(lambda n: n | EXTENDED))


@given(st.lists(identifiers, unique=True))
def test_priority_is_the_order_of_arbitration(can_ids: list[int]) -> None:
    ordered = sorted(can_ids, key=arbitration_key)
    assert all(wire_bits(first) < wire_bits(second) for first, second in pairwise(ordered))


def test_two_processes_cannot_own_one_message() -> None:
    ours = transmit_ownership(SENT, "supervisor")
    theirs = transmit_ownership([Message("drive", 0x101, "drive.Other", MS)], "services")
    with pytest.raises(
        ValueError, match=r"0x101 on bus drive: expected one sender, got supervisor .*services"
    ):
        joined(ours, theirs)
    elsewhere = transmit_ownership([Message("body", 0x101, "body.Other", MS)], "services")
    assert len(joined(ours, elsewhere)) == 4


@pytest.mark.parametrize(
    ("owner", "origin", "foreign"),
    [
        ("supervisor", Origin.OWN, False),
        ("supervisor", Origin.HOST, True),
        ("supervisor", Origin.REMOTE, True),
        ("supervisor", Origin.OTHER, True),
        ("services", Origin.OWN, True),
        ("services", Origin.HOST, False),
        ("services", Origin.REMOTE, True),
        ("services", Origin.OTHER, False),
    ],
)
@pytest.mark.requirement("SR-14")
def test_who_may_send_what(owner: str, origin: Origin, foreign: bool) -> None:
    guard = OwnershipGuard("drive", "supervisor", [Owned("drive", 0x101, "drive.Steering", owner, MS, 0)])
    assert guard.is_foreign(0x101, origin) == foreign
    assert not guard.is_foreign(0x102, origin)


def test_a_foreign_sender_is_reported_at_once_then_every_100_ms_and_always_counted() -> None:
    guard = OwnershipGuard("drive", "supervisor", transmit_ownership(SENT, "supervisor"))
    events = [guard.judge(tick * MS, 0x101, Origin.REMOTE) for tick in range(250)]
    assert [event.time_ns // MS for event in events if event is not None] == [0, 100, 200]
    assert guard.foreign_counts == {0x101: 250, 0x120: 0}
    assert events[0] is not None
    assert events[0].text == "drive.Steering (0x101) of supervisor, sent by another node"


def test_an_interface_that_cannot_tell_still_reports_it() -> None:
    guard = OwnershipGuard("drive", "supervisor", transmit_ownership(SENT, "supervisor"))
    port = open_bus("drive", "virtual", "ownership", guard=guard)
    with can.Bus(interface="virtual", channel="ownership") as other:
        other.send(can.Message(arbitration_id=0x101, is_extended_id=False))
        other.send(can.Message(arbitration_id=0x101, is_extended_id=True))
    assert len(port.receive(5)) == 2
    assert port.statistics.foreign_senders == 1
    (event,) = port.take_events()
    assert (event.kind, event.detail, event.can_id) == (EventKind.FOREIGN_SENDER, Origin.OTHER, 0x101)
    assert port.take_events() == []
    port.close()
