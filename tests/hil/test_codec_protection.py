"""Protected sending and receiving: schedule, counter, CRC, and the fault hooks of the harness."""

import itertools

import pytest
from e2e.p01 import e2e_p01_check, e2e_p01_protect

from tests.hil.vehicles import parameters
from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import CyclicSender, ProtectedReceiver

MS = 1_000_000


@pytest.fixture
def network() -> Network:
    p = parameters("q_truck")
    return Network({bus: p.dbc_path(bus) for bus in p.buses})


@pytest.fixture
def sender(network: Network) -> CyclicSender:
    return network.sender("TractionFeedback", ("Status", "MotorSpeed", "MotorTorque"))


@pytest.fixture
def receiver(network: Network) -> ProtectedReceiver:
    return network.receiver("TractionFeedback", ("MotorTorque",))


def frame(sender: CyclicSender, torque_nm: float = 0.0) -> bytes:
    out: dict[str, list[tuple[int, bytes]]] = {"drive": []}
    sender.send((1, 0.0, torque_nm), out)
    return out["drive"][0][1]


def test_counter_runs_from_0_to_14_and_round(sender: CyclicSender) -> None:
    counters = [frame(sender)[1] & 0x0F for _ in range(31)]
    assert counters[:16] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 1]
    assert 15 not in counters


def test_frames_pass_autosar_e2e(sender: CyclicSender) -> None:
    for torque in (-400.0, 0.0, 1234.5):
        assert e2e_p01_check(bytearray(frame(sender, torque)), 65296)


def test_the_first_frame_only_sets_the_counter(sender: CyclicSender, receiver: ProtectedReceiver) -> None:
    assert receiver.take(frame(sender)) is None
    assert receiver.take(frame(sender, 7.5)) == [7.5]


def test_a_repeated_frame_is_no_message(sender: CyclicSender, receiver: ProtectedReceiver) -> None:
    receiver.take(frame(sender))
    again = frame(sender)
    assert receiver.take(again) is not None
    assert receiver.take(again) is None


def test_a_stuck_counter_is_no_message(sender: CyclicSender, receiver: ProtectedReceiver) -> None:
    receiver.take(frame(sender))
    receiver.take(frame(sender))
    sender.freeze_counter = True
    assert [receiver.take(frame(sender, float(n))) for n in range(5)] == [None] * 5


@pytest.mark.parametrize(("lost", "taken"), [(0, True), (4, True), (5, False), (9, False), (13, False)])
def test_up_to_four_frames_in_a_row_may_be_lost(
    sender: CyclicSender, receiver: ProtectedReceiver, lost: int, taken: bool
) -> None:
    receiver.take(frame(sender))
    for _ in range(lost):
        frame(sender)
    assert (receiver.take(frame(sender)) is not None) == taken
    assert receiver.take(frame(sender)) is not None


def test_a_wrong_crc_is_no_message(sender: CyclicSender, receiver: ProtectedReceiver) -> None:
    receiver.take(frame(sender))
    sender.corrupt_crc = True
    assert receiver.take(frame(sender)) is None
    sender.corrupt_crc = False
    assert receiver.take(frame(sender)) is not None


def test_a_wrong_length_is_no_message(sender: CyclicSender, receiver: ProtectedReceiver) -> None:
    receiver.take(frame(sender))
    assert receiver.take(frame(sender)[:7]) is None
    assert receiver.take(b"") is None


def test_the_reserved_counter_is_no_message(network: Network, receiver: ProtectedReceiver) -> None:
    data = bytearray(8)
    data[1] = 0x0F
    e2e_p01_protect(data, 65296, increment_counter=False)
    assert receiver.take(bytes(data)) is None
    assert receiver.rejected == 1


def test_the_hook_for_values_changes_what_is_said(sender: CyclicSender, receiver: ProtectedReceiver) -> None:
    sender.override["MotorTorque"] = 999.0
    receiver.take(frame(sender))
    assert receiver.take(frame(sender, 1.0)) == [999.0]


def test_a_muted_sender_says_nothing(sender: CyclicSender) -> None:
    sender.muted = True
    out: dict[str, list[tuple[int, bytes]]] = {"drive": []}
    sender.send((1, 0.0, 0.0), out)
    assert out == {"drive": []}


def test_is_due_once_a_cycle(network: Network) -> None:
    sender = network.sender("BatteryPack", ("Voltage", "Current", "StateOfCharge"))
    due = [tick for tick in range(100) if sender.due(tick * 10 * MS)]
    assert len(due) == 10
    assert {b - a for a, b in itertools.pairwise(due)} == {10}


def test_slow_messages_are_spread_over_the_ticks() -> None:
    p = parameters("q_truck")
    network = Network({bus: p.dbc_path(bus) for bus in p.buses})
    names = ("BatteryPack", "BatteryLimits", "BodyStatus", "TractionLimits")
    senders = [network.sender(name, ()) for name in names]
    first = [next(tick for tick in range(20) if sender.due(tick * 10 * MS)) for sender in senders]
    assert len(set(first)) == len(names)


def test_a_stall_is_not_made_up_for_in_a_burst(sender: CyclicSender) -> None:
    assert sender.due(0)
    assert sender.due(500 * MS)
    assert not sender.due(503 * MS)
    assert sender.due(510 * MS)


def test_a_tick_that_comes_early_still_sends(sender: CyclicSender) -> None:
    times = [n * 10 * MS + (-MS if n % 2 else MS) for n in range(50)]
    assert all(sender.due(t) for t in times)
