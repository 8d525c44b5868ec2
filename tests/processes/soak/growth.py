"""How fast something grows, and how sure that is: a straight line through samples."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple


class Growth(NamedTuple):
    """Of a size in kB, or of a number of things, an hour."""

    per_h: float
    uncertain_per_h: float
    """Two standard errors of the slope."""
    last: float

    @property
    def bound_per_h(self) -> float:
        """It grows no faster than this, as far as these samples tell."""
        return self.per_h + self.uncertain_per_h


PAGE_KB = 4.0
"""What a size cannot show. Over the time of the samples it is the least uncertainty."""


def growth(samples: Sequence[tuple[float, float]], resolution: float = PAGE_KB) -> Growth:
    """samples: seconds and kB, at least three. resolution: the smallest step that a sample can show."""
    count = len(samples)
    mean_s = sum(at for at, _ in samples) / count
    mean = sum(kb for _, kb in samples) / count
    spread = sum((at - mean_s) ** 2 for at, _ in samples)
    slope = sum((at - mean_s) * (kb - mean) for at, kb in samples) / spread
    left = sum((kb - mean - slope * (at - mean_s)) ** 2 for at, kb in samples)
    error = sqrt(left / (count - 2) / spread)
    least = resolution / (samples[-1][0] - samples[0][0])
    return Growth(3600.0 * slope, 3600.0 * max(2.0 * error, least), samples[-1][1])
