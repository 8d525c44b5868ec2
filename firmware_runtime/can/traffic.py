"""Figures of the traffic on each bus and message, and how long a frame is; read by diagnostics, not the tick.

Lengths follow Davis, Burns, Bril and Lukkien, "Controller Area Network (CAN) schedulability analysis:
Refuted, revisited and revised", Real-Time Systems 35 (2007): a classic data frame of s bytes has
g + 8 s bits that can be stuffed (g = 34 for 11-bit, 54 for 29-bit identifiers) and 13 that cannot
(CRC delimiter, acknowledge, end of frame, 3 bits interframe space); at worst every fourth bit after the
first is followed by a stuff bit.
"""

from dataclasses import dataclass

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
_LENGTHS = 9
_EXTENDED_ROW = 16


def frame_bits_worst(extended: bool, length: int) -> int:
    """Greatest length of a classic data frame with `length` payload bytes, in bit times."""
    stuffable = _stuffable(extended, length)
    return stuffable + _UNSTUFFED_BITS + (stuffable - 1) // 4


def frame_bits_average(extended: bool, length: int) -> float:
    """Mean length of a classic data frame with random content, in bit times."""
    stuffable = _stuffable(extended, length)
    return stuffable + _UNSTUFFED_BITS + stuffable / _RANDOM_BITS_PER_STUFF_BIT


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
    """What was seen on one bus since start; load = bits / bit rate / time."""

    bus: str
    """Empty for frames of a bus that is not configured."""
    frames: int
    unknown: int
    """Frames that no bound message has asked for."""
    bits_average: float
    """Estimate with random content."""
    bits_worst: int
    """Estimate with the most stuff bits."""


class FrameCounts:
    """Frames of one bus counted by identifier format and length: all that their bits depend on."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts = [0] * (_EXTENDED_ROW + _LENGTHS)

    def add(self, can_id: int, length: int, count: int = 1) -> None:
        """Count frames; payloads beyond classic CAN count as 8 bytes."""
        row = _EXTENDED_ROW if can_id & EXTENDED_FLAG else 0
        self.counts[row + min(length, _LENGTHS - 1)] += count

    def bits(self) -> tuple[float, int]:
        """Average and worst sum of bits."""
        average, worst = 0.0, 0
        for index, count in enumerate(self.counts):
            extended, length = index >= _EXTENDED_ROW, index % _EXTENDED_ROW
            average += count * frame_bits_average(extended, length)
            worst += count * frame_bits_worst(extended, length)
        return average, worst


def saturated(count: int) -> int:
    """`count`, or COUNT_MAX where it is more."""
    return min(count, COUNT_MAX)
