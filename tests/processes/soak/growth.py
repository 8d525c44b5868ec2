"""How fast something grows, and how sure that is: a straight line through samples."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple


class Growth(NamedTuple):
    """Of a size, in kB an hour."""

    kb_per_h: float
    uncertain_kb_per_h: float
    """Two standard errors of the slope."""
    last_kb: float

    @property
    def bound_kb_per_h(self) -> float:
        """It grows no faster than this, as far as these samples tell."""
        return self.kb_per_h + self.uncertain_kb_per_h


RESOLUTION_KB = 4.0
"""A page: what a size cannot show. Over the time of the samples it is the least uncertainty."""


def growth(samples: Sequence[tuple[float, float]]) -> Growth:
    """samples: seconds and kB, at least three."""
    count = len(samples)
    mean_s = sum(at for at, _ in samples) / count
    mean_kb = sum(kb for _, kb in samples) / count
    spread = sum((at - mean_s) ** 2 for at, _ in samples)
    slope = sum((at - mean_s) * (kb - mean_kb) for at, kb in samples) / spread
    left = sum((kb - mean_kb - slope * (at - mean_s)) ** 2 for at, kb in samples)
    error = sqrt(left / (count - 2) / spread)
    least = RESOLUTION_KB / (samples[-1][0] - samples[0][0])
    return Growth(3600.0 * slope, 3600.0 * max(2.0 * error, least), samples[-1][1])
