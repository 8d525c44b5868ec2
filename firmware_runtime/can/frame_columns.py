"""Frames of a whole log as columns, for offline work; nothing of this is in the tick."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

CLASSIC_BYTES, FD_BYTES = 8, 64
"""Payload of classic CAN and of CAN FD at most (ISO 11898-1)."""
_SLOT_BITS = 16
_MULTIPLIERS = (
    0x9E3779B1,
    0x85EBCA6B,
    0xC2B2AE35,
    0x27D4EB2F,
    0x165667B1,
    0xD3A2646D,
    0xFD7046C5,
    0xB55A4F09,
)
"""Odd constants with well mixed bits (from common hash functions); one without collision does."""


@dataclass(frozen=True, slots=True)
class FrameColumns:
    """Data frames in the order of their log; all columns have the same length n."""

    time_ns: npt.NDArray[np.int64]
    can_id: npt.NDArray[np.uint32]
    """With EXTENDED_FLAG for 29 bits."""
    length: npt.NDArray[np.uint8]
    """Payload bytes."""
    data: npt.NDArray[np.uint8]
    """(n, 8), or (n, 64) where a frame is longer; C-contiguous, zeros behind the payload."""
    bus: npt.NDArray[np.uint8]
    """Index into `buses`."""
    buses: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.can_id)


class IdentifierSlots(NamedTuple):
    """Which frames carry the same identifier on the same bus, without a sort."""

    keys: list[tuple[int, int]]
    """Pairs of bus index and `can_id`, each once."""
    used: npt.NDArray[np.intp]
    """For each key, its slot."""
    slots: npt.NDArray[Any]
    """For each frame, the slot of its key."""
    size: int
    """Greater than every slot."""


def identifier_slots(frames: FrameColumns) -> IdentifierSlots:
    """Group frames by bus and identifier: a hash table where one multiplier has no collision, else a sort."""
    buses = max(1, len(frames.buses))
    size = buses << _SLOT_BITS
    for multiplier in _MULTIPLIERS:
        slots: npt.NDArray[Any] = frames.can_id * np.uint32(multiplier) >> np.uint32(32 - _SLOT_BITS)
        if buses > 1:
            slots |= frames.bus.astype(np.uint32) << np.uint32(_SLOT_BITS)
        table = np.zeros(size, np.uint32)
        taken = np.zeros(size, np.bool_)
        table[slots] = frames.can_id
        if not np.array_equal(table[slots], frames.can_id):
            continue
        taken[slots] = True
        used = np.flatnonzero(taken)
        keys = list(zip((used >> _SLOT_BITS).tolist(), table[used].tolist(), strict=True))
        return IdentifierSlots(keys, used, slots, size)
    joined = frames.bus.astype(np.uint64) << np.uint64(32) | frames.can_id
    unique, inverse = np.unique(joined, return_inverse=True)
    keys = [(key >> 32, key & 0xFFFF_FFFF) for key in unique.tolist()]
    return IdentifierSlots(keys, np.arange(len(unique)), inverse, max(1, len(unique)))
