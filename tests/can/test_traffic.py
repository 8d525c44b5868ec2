"""Figures of messages and buses: intervals judged one by one, counts that saturate, bits of a frame."""

import random

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.traffic import (
    FrameCounts,
    fd_frame_bits,
    frame_bits_average,
    frame_bits_worst,
    saturated,
)
from firmware_runtime.can.verdict import Rejection
from tests.can.support import MS, bindings_of, database, database_of, frame_of

DRIVE = database("q_truck_drive")
SPEEDS = DRIVE.get_message_by_name("WheelSpeedsFront")
LIMITS = DRIVE.get_message_by_name("TractionLimits")


def stuff_bits(bits: list[int]) -> int:
    """Stuff bits that a transmitter adds, by the rule itself: after five equal bits one opposite."""
    added, run, last = 0, 0, -1
    for bit in bits:
        run = run + 1 if bit == last else 1
        last = bit
        if run == 5:
            added, run, last = added + 1, 1, 1 - last
    return added


@pytest.mark.parametrize("length", range(9))
@pytest.mark.parametrize(("extended", "arbitration_bits"), [(False, 19), (True, 39)])
def test_frame_lengths_against_the_stuffing_rule(extended: bool, arbitration_bits: int, length: int) -> None:
    # Start of frame to data length code, data, 15 bits of CRC; then 10 bits to the end, 3 between frames.
    stuffable = arbitration_bits + 8 * length + 15
    unstuffed = stuffable + 10 + 3
    worst = [1] * 5 + [index // 4 % 2 for index in range(stuffable - 5)]
    assert frame_bits_worst(extended, length) == unstuffed + stuff_bits(worst)
    source = random.Random(length)
    lengths = [unstuffed + stuff_bits([source.getrandbits(1) for _ in range(stuffable)]) for _ in range(1500)]
    assert max(lengths) <= frame_bits_worst(extended, length)
    assert abs(sum(lengths) / len(lengths) - frame_bits_average(extended, length)) < 0.25


def test_well_known_lengths() -> None:
    # Davis et al. 2007: 135 bit times for 8 bytes with an 11-bit identifier, 160 with 29 bits.
    assert frame_bits_worst(False, 8) == 135
    assert frame_bits_worst(True, 8) == 160


FD_LENGTHS = (0, 1, 7, 8, 12, 16, 20, 24, 32, 48, 64)


def fd_bits(arbitration: list[int], data: list[int]) -> tuple[int, int]:
    """Bits of both phases of a CAN FD frame, built as a transmitter does (ISO 11898-1 by its fields)."""
    # Stuff bits by content up to the end of the data; one that falls due behind the last bit is not sent, as
    # the first fixed stuff bit takes its place.
    phases, run, last = [0, 0], 0, -1
    bits = [(bit, 0) for bit in arbitration] + [(bit, 1) for bit in data]
    for place, (bit, phase) in enumerate(bits):
        phases[phase] += 1
        run = run + 1 if bit == last else 1
        last = bit
        if run == 5 and place < len(bits) - 1:
            phases[phase], run, last = phases[phase] + 1, 1, 1 - last
    payload = (len(data) - 5) // 8
    checked = 4 + (17 if payload <= 16 else 21)
    fixed = len(range(0, checked, 4))
    return phases[0] + 2 + 7 + 3, phases[1] + checked + fixed + 1


@pytest.mark.parametrize("length", FD_LENGTHS)
@pytest.mark.parametrize(("extended", "arbitration"), [(False, 17), (True, 36)])
def test_can_fd_lengths_against_a_frame_built_bit_by_bit(
    extended: bool, arbitration: int, length: int
) -> None:
    # Start, identifier, RRS, IDE, FDF, reserved, BRS; for 29 bits SRR, IDE and 18 more bits of identifier.
    assert arbitration == (1 + 11 + 5 if not extended else 1 + 11 + 2 + 18 + 4)
    told = fd_frame_bits(extended, length)
    source = random.Random(length)
    seen: list[tuple[int, int]] = []
    for _ in range(1500):
        bits = [source.getrandbits(1) for _ in range(arbitration + 5 + 8 * length)]
        seen.append(fd_bits(bits[:arbitration], bits[arbitration:]))
    assert max(one for one, _ in seen) <= told.worst
    assert max(one + other for one, other in seen) <= told.worst + told.data_worst
    assert abs(sum(one for one, _ in seen) / 1500 - told.average) < 0.25
    assert abs(sum(other for _, other in seen) / 1500 - told.data_average) < 0.35
    alternating = [1] * 5 + [index // 4 % 2 for index in range(arbitration + 8 * length)]
    most = fd_bits(alternating[:arbitration], alternating[arbitration:])
    assert told.worst + told.data_worst - sum(most) in (0, 1), "the bound is reached, to a bit"


def test_well_known_lengths_of_can_fd() -> None:
    """64 bytes, 11-bit identifier: 29 bits at the slow rate and 550 at the fast one, without stuff bits."""
    told = fd_frame_bits(False, 64)
    assert (told.worst - 4, told.data_worst - (17 + 517 - 1) // 4 + 4) == (29, 550)


def test_can_fd_counts_by_its_length_with_the_data_phase_at_its_own_rate() -> None:
    counts = FrameCounts()
    counts.add(0x123, 64, 100)
    counts.add(0x124, 8, 10)
    counts.add(0x125, 8, 1, is_fd=True)
    told = counts.bits()
    wide, short = fd_frame_bits(False, 64), fd_frame_bits(False, 8)
    assert told.worst == 100 * wide.worst + 10 * 135 + short.worst
    assert told.data_worst == 100 * wide.data_worst + short.data_worst
    assert told.data_average == pytest.approx(100 * wide.data_average + short.data_average)
    slow, fast = told.load(1.0, 500_000), told.load(1.0, 500_000, 2_000_000)
    assert slow[1] == pytest.approx((told.worst + told.data_worst) / 500_000)
    assert fast[1] == pytest.approx(told.worst / 500_000 + told.data_worst / 2_000_000)
    assert slow[0] > fast[0] > told.average / 500_000


def receiver_of_speeds() -> Receiver:
    return Receiver({"drive": DRIVE}, bindings_of("drive", [SPEEDS, LIMITS]))


def test_before_any_frame_there_is_nothing_to_tell() -> None:
    figures = receiver_of_speeds().message_statistics()[0]
    assert (figures.message, figures.received, figures.rejected, figures.lost) == (
        "drive.WheelSpeedsFront",
        0,
        {},
        0,
    )
    assert (figures.last_ns, figures.period_ns, figures.period_min_ns, figures.jitter_ns) == (None,) * 4


def test_one_frame_has_a_time_but_no_interval() -> None:
    receiver = receiver_of_speeds()
    receiver.push(frame_of(SPEEDS, 0, 77))
    figures = receiver.message_statistics()[0]
    assert (figures.last_ns, figures.period_ns, figures.period_max_ns, figures.jitter_ns) == (
        77,
        None,
        None,
        None,
    )


def test_a_single_stall_shows_although_the_mean_hides_it() -> None:
    receiver = receiver_of_speeds()
    time_ns = 0
    for index in range(101):
        time_ns += 100 * MS if index == 50 else 9 * MS if index == 51 else 10 * MS
        receiver.push(frame_of(SPEEDS, index % 15, time_ns))
    figures = receiver.message_statistics()[0]
    assert figures.received == 101
    assert figures.period_ns == pytest.approx(10.89 * MS)
    assert (figures.period_min_ns, figures.period_max_ns) == (9 * MS, 100 * MS)
    # Against the 10 ms of the DBC.
    assert figures.jitter_ns == 90 * MS
    assert figures.last_ns == time_ns


def test_jitter_of_a_message_without_cycle_time_is_against_its_mean() -> None:
    event = database_of('BU_: A\nBO_ 5 Event: 1 A\n SG_ V : 0|8@1+ (1,0) [0|0] "" A\n')
    receiver = Receiver({"drive": event}, bindings_of("drive", event.messages))
    for time_ns in (0, 10, 40):
        receiver.push(Frame(time_ns, "drive", 5, b"\0"))
    figures = receiver.message_statistics()[0]
    assert (figures.period_ns, figures.jitter_ns) == (20.0, 10.0)


def test_bus_figures_count_every_frame_that_took_bus_time() -> None:
    receiver = receiver_of_speeds()
    receiver.push(frame_of(SPEEDS, 0))
    receiver.push(frame_of(SPEEDS, 0))
    receiver.push(frame_of(SPEEDS, 1)._replace(data=bytes(8)))
    receiver.push(frame_of(LIMITS, 0)._replace(data=b"abc"))
    receiver.push(Frame(0, "drive", 0x123, b""))
    receiver.push(Frame(0, "other", 0x123, b"\0"))
    drive, other = receiver.bus_statistics()
    assert (drive.bus, drive.frames, drive.unknown) == ("drive", 5, 1)
    assert drive.bits.worst == 3 * 160 + frame_bits_worst(True, 3) + frame_bits_worst(False, 0)
    assert drive.bits.average == pytest.approx(
        3 * frame_bits_average(True, 8) + frame_bits_average(True, 3) + frame_bits_average(False, 0)
    )
    assert (other.bus, other.frames, other.unknown) == ("", 1, 1)
    assert other.bits == (frame_bits_average(False, 1), frame_bits_worst(False, 1), 0, 0)
    rejected = receiver.message_statistics()[0].rejected
    assert rejected == {Rejection.REPEATED: 1, Rejection.CRC: 1}


def test_figures_saturate() -> None:
    assert saturated(0xFFFF_FFFE) == 0xFFFF_FFFE
    assert saturated(1 << 40) == 0xFFFF_FFFF


def test_a_bound_message_of_can_fd_counts_as_such_whatever_its_length() -> None:
    text = 'BU_: A\nBO_ 5 Wide: 24 A\n SG_ V : 0|8@1+ (1,0) [0|0] "" A\n'
    receiver = Receiver({"drive": database_of(text)}, bindings_of("drive", database_of(text).messages))
    receiver.push(Frame(0, "drive", 5, bytes(24)))
    receiver.push(Frame(0, "drive", 6, bytes(48)))
    (figures, _) = receiver.bus_statistics()
    assert (
        figures.bits.data_worst == fd_frame_bits(False, 24).data_worst + fd_frame_bits(False, 48).data_worst
    )
