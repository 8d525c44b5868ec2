"""Python's collector is watched: that it ran, how long it took, and what only it could free."""

import gc
import time

from firmware_runtime.executive.live.garbage import GarbageWatch


class Knot:
    """Refers to itself: no count of references ever frees it."""

    def __init__(self) -> None:
        self.me = self


def test_a_collection_is_counted_with_its_time_and_what_it_freed() -> None:
    watch = GarbageWatch(time.monotonic_ns)
    gc.collect()
    watch.begin()
    try:
        for _ in range(10):
            Knot()
        gc.collect()
    finally:
        watch.end()
    figures = watch.figures
    assert figures.collections == figures.whole_collections == 1
    assert figures.collected >= 10
    assert 0 < figures.worst_ns == figures.total_ns
    gc.collect()
    assert figures.collections == 1
