"""How long something takes: no sample is kept, and what is told of all of them is never too small."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.executive.live.spread import Spread, quantile_ns

CLASS_WIDTH = 2.0 ** (1 / 4)
SHORTEST_NS, LONGEST_NS = 1_000, 1_048_576_000


@given(
    st.lists(st.integers(0, 5_000_000_000), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0]),
)
def test_a_quantile_is_at_most_a_class_above_the_true_one(durations_ns: list[int], share: float) -> None:
    spread = Spread()
    for duration_ns in durations_ns:
        spread.add(duration_ns)
    true_ns = sorted(durations_ns)[math.ceil(share * len(durations_ns)) - 1]
    told_ns = quantile_ns(spread.counts, spread.worst_ns, share)
    assert true_ns <= told_ns <= max(durations_ns)
    if SHORTEST_NS < true_ns <= LONGEST_NS:
        assert told_ns <= true_ns * CLASS_WIDTH * 1.001
    assert sum(spread.counts) == len(durations_ns)


def test_of_nothing_nothing_is_told() -> None:
    spread = Spread()
    assert quantile_ns(spread.counts, spread.worst_ns, 0.99) == 0


@pytest.mark.parametrize(("share", "told_ns"), [(0.5, 1_000), (0.99, 2_000_000_000)])
def test_what_is_off_the_scale_is_told_by_the_worst(share: float, told_ns: int) -> None:
    spread = Spread()
    for duration_ns in (5, 7, 9, 2_000_000_000):
        spread.add(duration_ns)
    assert quantile_ns(spread.counts, spread.worst_ns, share) == told_ns


def test_it_takes_no_memory_as_its_counts_rise() -> None:
    """Python keeps a number up to 256 once for all, and makes an object of each that is higher."""
    spread = Spread()
    before = sys.getallocatedblocks()
    for power in range(10, 30):
        for _ in range(300):
            spread.add(1 << power)
    assert sys.getallocatedblocks() - before < 10
    assert min(count for count in spread.counts if count) > 256
