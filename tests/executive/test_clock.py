"""The clock sleeps until a moment, never for a while: what passes in between takes nothing from the wait."""

import signal
import time

import pytest

from firmware_runtime.executive.clock import MonotonicClock


@pytest.mark.parametrize("absolute", [True, False])
def test_it_wakes_at_or_after_the_moment(absolute: bool) -> None:
    clock = MonotonicClock(absolute)
    for _ in range(5):
        due_ns = clock.now_ns() + 3_000_000
        clock.sleep_until(due_ns)
        assert clock.now_ns() >= due_ns


@pytest.mark.parametrize("absolute", [True, False])
def test_a_moment_that_is_over_is_not_waited_for(absolute: bool) -> None:
    clock = MonotonicClock(absolute)
    moment_ns = clock.now_ns() - 1_000_000_000
    clock.sleep_until(moment_ns)
    clock.sleep_until(0)
    assert clock.now_ns() > moment_ns, "it came back at once, and time went on"


def test_it_is_the_monotonic_clock() -> None:
    before = time.monotonic_ns()
    now = MonotonicClock().now_ns()
    assert before <= now <= time.monotonic_ns()


def test_a_signal_ends_the_sleep_early() -> None:
    """So a stop request is not held up by a long wait."""
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    try:
        clock = MonotonicClock()
        due_ns = clock.now_ns() + 20_000_000_000
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        clock.sleep_until(due_ns)
        assert seen == [signal.SIGALRM]
        assert clock.now_ns() < due_ns
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
