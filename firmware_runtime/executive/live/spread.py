"""How long something takes, over months: counts in fixed classes of time, so that no sample is ever kept.

Classes are a quarter of an octave wide (19 %): fine enough to tell 100 from 120 µs, 81 numbers in all.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence

CLASSES_AN_OCTAVE = 4
SHORTEST_NS = 1_000
"""Whatever is shorter falls into the first class: no part of a tick that matters is."""
OCTAVES = 20
"""Up to 1.05 s; whatever is longer falls into the last class, and is told by `worst_ns`."""
BOUNDS_NS: tuple[int, ...] = tuple(
    round(SHORTEST_NS * 2.0 ** (step / CLASSES_AN_OCTAVE)) for step in range(CLASSES_AN_OCTAVE * OCTAVES + 1)
)
"""Upper ends of the classes, but of the last, which has none."""


class Spread:
    """`add` costs a search in 81 numbers. The counts are made once, and take no memory as they rise."""

    __slots__ = ("counts", "worst_ns")

    def __init__(self) -> None:
        self.counts = array("q", bytes(8 * (len(BOUNDS_NS) + 1)))
        self.worst_ns = 0

    def add(self, duration_ns: int) -> None:
        self.counts[bisect_left(BOUNDS_NS, duration_ns)] += 1
        if duration_ns > self.worst_ns:
            self.worst_ns = duration_ns


def quantile_ns(counts: Sequence[int], worst_ns: int, share: float) -> int:
    """The upper end of the class in which that share of all values is reached, at most the worst value.

    share: 0 to 1. 0 where there are no values.
    """
    total = sum(counts)
    if not total:
        return 0
    reached = 0
    for place, count in enumerate(counts):
        reached += count
        if reached >= share * total:
            return min(BOUNDS_NS[place], worst_ns) if place < len(BOUNDS_NS) else worst_ns
    return worst_ns
