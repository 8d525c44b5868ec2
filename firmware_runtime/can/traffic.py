"""Figures of the traffic on each bus and message, and how long a frame is; read by diagnostics, not the tick.

Lengths follow Davis, Burns, Bril and Lukkien, "Controller Area Network (CAN) schedulability analysis:
Refuted, revisited and revised", Real-Time Systems 35 (2007): a classic data frame of s bytes has
g + 8 s bits that can be stuffed (g = 34 for 11-bit, 54 for 29-bit identifiers) and 13 that cannot
(CRC delimiter, acknowledge, end of frame, 3 bits interframe space); at worst every fourth bit after the
first is followed by a stuff bit.

A CAN FD frame (ISO 11898-1:2015, secondary: Bosch's and controller makers' renderings of its fields) has up
to its bit-rate switch 17 bits (11-bit identifier) or 36 (29-bit), and 12 after its CRC delimiter (acknowledge
2, end of frame 7, interframe space 3), all at the bus's bit rate. Between them is the data phase: error state
1, length code 4, 8 s data, stuff count 4, CRC 17 (up to 16 bytes) or 21, CRC delimiter 1, and a fixed stuff
bit before each four bits of stuff count and CRC. Stuff bits by content end with the data. Assumed: the rate
is switched, which no frame tells here, and a frame of up to 8 bytes is classic unless its message is known as
CAN FD.
"""

from dataclasses import dataclass
from typing import NamedTuple

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.protection import ChannelState
from firmware_runtime.can.verdict import Rejection

_UNSTUFFED_BITS = 13
_STUFFABLE_BASE_BITS = 34
_STUFFABLE_EXTENDED_BITS = 54
_RANDOM_BITS_PER_STUFF_BIT = 30
"""Mean run of equally likely bits between stuff bits: E(1) = 30 in E(k) = 1 + E(k+1)/2 + E(1)/2, E(5) = 0."""
COUNT_MAX = 0xFFFF_FFFF
"""Figures saturate here when they are read; they never wrap."""
_FD_ARBITRATION_BASE_BITS, _FD_ARBITRATION_EXTENDED_BITS = 17, 36
_FD_END_BITS = 12
_FD_STUFFABLE_DATA_BITS = 5
"""Of the data phase, besides the data."""
_FD_SHORT_CRC_BYTES = 16
_FD_UNSTUFFED_SHORT_BITS, _FD_UNSTUFFED_LONG_BITS = 4 + 17 + 6 + 1, 4 + 21 + 7 + 1
"""Stuff count, CRC, its fixed stuff bits, its delimiter."""
_CLASSIC_MAX = 8
_LENGTHS = 65
_EXTENDED_ROW, _FD_ROW = _LENGTHS, 2 * _LENGTHS
_ROWS = 4 * _LENGTHS


class FrameBits(NamedTuple):
    """Length of frames in bits, apart for both phases of CAN FD; classic frames have the first alone.

    Time on the bus = bits / bit rate + data bits / bit rate of the data phase.
    """

    average: float
    """At the bus's bit rate: with random content."""
    worst: int
    """With the most stuff bits."""
    data_average: float
    """At the bit rate of the data phase: with random content."""
    data_worst: int

    def load(self, seconds: float, bitrate_bps: int, data_bitrate_bps: int = 0) -> tuple[float, float]:
        """Shares of the bus's time, average and worst; without a data bit rate both phases are alike."""
        data_rate = data_bitrate_bps or bitrate_bps
        return (
            (self.average / bitrate_bps + self.data_average / data_rate) / seconds,
            (self.worst / bitrate_bps + self.data_worst / data_rate) / seconds,
        )


def frame_bits_worst(extended: bool, length: int) -> int:
    """Greatest length of a classic data frame with `length` payload bytes, in bit times."""
    stuffable = _stuffable(extended, length)
    return stuffable + _UNSTUFFED_BITS + (stuffable - 1) // 4


def frame_bits_average(extended: bool, length: int) -> float:
    """Mean length of a classic data frame with random content, in bit times."""
    stuffable = _stuffable(extended, length)
    return stuffable + _UNSTUFFED_BITS + stuffable / _RANDOM_BITS_PER_STUFF_BIT


def fd_frame_bits(extended: bool, length: int) -> FrameBits:
    """Length of a CAN FD frame with `length` payload bytes (a length that CAN FD has)."""
    arbitration = _FD_ARBITRATION_EXTENDED_BITS if extended else _FD_ARBITRATION_BASE_BITS
    data = _FD_STUFFABLE_DATA_BITS + 8 * length
    unstuffed = _FD_UNSTUFFED_SHORT_BITS if length <= _FD_SHORT_CRC_BYTES else _FD_UNSTUFFED_LONG_BITS
    # At worst as many of the stuff bits as can be lie in the slower phase.
    stuffed = (arbitration - 1) // 4
    return FrameBits(
        average=arbitration + _FD_END_BITS + arbitration / _RANDOM_BITS_PER_STUFF_BIT,
        worst=arbitration + _FD_END_BITS + stuffed,
        data_average=data + unstuffed + data / _RANDOM_BITS_PER_STUFF_BIT,
        data_worst=data + unstuffed + (arbitration + data - 1) // 4 - stuffed,
    )


def frame_bits(extended: bool, length: int, is_fd: bool) -> FrameBits:
    """Length of a frame of either kind."""
    if is_fd:
        return fd_frame_bits(extended, length)
    return FrameBits(frame_bits_average(extended, length), frame_bits_worst(extended, length), 0.0, 0)


def _stuffable(extended: bool, length: int) -> int:
    return (_STUFFABLE_EXTENDED_BITS if extended else _STUFFABLE_BASE_BITS) + 8 * length


@dataclass(frozen=True, slots=True)
class MessageStatistics:
    """What was seen of one bound message since start; saturating counts, intervals of accepted frames."""

    message: str
    """`bus.Message`."""
    received: int
    """Accepted frames."""
    rejected: dict[Rejection, int]
    """Rejected frames by reason; reasons without any are left out."""
    lost: int
    """Frames missing by the E2E counter."""
    unknown_pages: int
    """Accepted frames whose multiplexor had a value that the DBC does not know."""
    sources: tuple[int, ...]
    """J1939: addresses that frames came from, rising."""
    channel: ChannelState | None
    """State of the end-to-end window; None where the DBC states no window."""
    last_ns: int | None
    """Reception of the last accepted frame; None before the first."""
    period_ns: float | None
    """Mean interval; None before the second frame."""
    period_min_ns: int | None
    period_max_ns: int | None
    """The longest interval: a single stall shows here, while a mean hides it."""
    jitter_ns: float | None
    """Greatest deviation of an interval from the DBC's cycle time (from the mean where it states none)."""


@dataclass(frozen=True, slots=True)
class BusStatistics:
    """What was seen on one bus since start; its load is `bits.load`."""

    bus: str
    """Empty for frames of a bus that is not configured."""
    frames: int
    unknown: int
    """Frames that no bound message has asked for."""
    bits: FrameBits
    """Of all frames together."""


class FrameCounts:
    """Frames of one bus counted by kind, identifier format and length: all that their bits depend on."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts = [0] * _ROWS

    def add(self, can_id: int, length: int, count: int = 1, is_fd: bool = False) -> None:
        """Count frames; more than 8 bytes are CAN FD, more than 64 count as 64."""
        row = _EXTENDED_ROW if can_id & EXTENDED_FLAG else 0
        if is_fd or length > _CLASSIC_MAX:
            row += _FD_ROW
        self.counts[row + min(length, _LENGTHS - 1)] += count

    def bits(self) -> FrameBits:
        """Sums over all frames."""
        sums = [0.0, 0, 0.0, 0]
        for index, count in enumerate(self.counts):
            if count:
                row, length = divmod(index, _LENGTHS)
                one = frame_bits(bool(row & 1), length, row >= _FD_ROW // _LENGTHS)
                sums = [so_far + count * bits for so_far, bits in zip(sums, one, strict=True)]
        return FrameBits(sums[0], int(sums[1]), sums[2], int(sums[3]))


def saturated(count: int) -> int:
    """`count`, or COUNT_MAX where it is more."""
    return min(count, COUNT_MAX)
