"""After the runtime's death the harness waits for the vehicle to stand, and says truly how it came to it."""

import pytest

from vehicle_hil.standstill import StandstillWatch
from vehicle_hil.truth import Truth

TICK_NS = 10_000_000
KILLED_NS = 12_340_000_000


def truth(time_ns: int, speed_mps: float, distance_m: float, parked: bool) -> Truth:
    values = dict.fromkeys(Truth._fields, 0.0)
    values |= {"time_ns": time_ns, "speed_mps": speed_mps, "distance_m": distance_m}
    values |= {"park_brake_applied": parked}
    return Truth(**values)  # type: ignore[arg-type]


def stop_from(speed_mps: float, deceleration_mps2: float, park_after_s: float) -> tuple[str, float]:
    """Detail and time from the kill to the end of the watch, for a stop at constant deceleration."""
    watch = StandstillWatch(KILLED_NS, truth(KILLED_NS, speed_mps, 100.0, False), "signal 9 (SIGKILL)")
    stop_s = speed_mps / deceleration_mps2
    for n in range(1, 10_000):
        t = n * 0.01
        moving_s = min(t, stop_s)
        v = max(0.0, speed_mps - deceleration_mps2 * t)
        distance_m = 100.0 + speed_mps * moving_s - 0.5 * deceleration_mps2 * moving_s**2
        parked = t >= stop_s + park_after_s
        if watch.over(truth(KILLED_NS + n * TICK_NS, v, distance_m, parked)):
            return watch.detail, t
    raise AssertionError("the watch never ended")


def test_a_stop_is_told_with_time_and_distance() -> None:
    """8 m/s at 2 m/s² is 4 s and 16 m, by v/a and v²/2a."""
    detail, ended_s = stop_from(8.0, 2.0, park_after_s=0.2)
    assert detail == (
        "the runtime died, signal 9 (SIGKILL), at t=12.34 s; "
        "the vehicle was braked by its ECUs' own timeouts, from 8.00 m/s to standstill in 4.00 s and 16.00 m"
    )
    assert ended_s == pytest.approx(4.5, abs=0.02)


def test_it_waits_for_the_park_brake() -> None:
    _, ended_s = stop_from(2.0, 2.0, park_after_s=3.0)
    assert ended_s == pytest.approx(4.0, abs=0.02)


def test_a_vehicle_that_never_stops_is_said_to_move_still() -> None:
    watch = StandstillWatch(KILLED_NS, truth(KILLED_NS, 3.0, 0.0, False), "signal 9 (SIGKILL)")
    n = 0
    while not watch.over(truth(KILLED_NS + n * TICK_NS, 3.0, 0.03 * n, False)):
        n += 1
    assert n * TICK_NS == pytest.approx(30e9, abs=TICK_NS)
    assert "was still not held at rest 30 s later, at 3.00 m/s" in watch.detail


def test_a_vehicle_that_stood_already_is_not_said_to_have_braked() -> None:
    watch = StandstillWatch(KILLED_NS, truth(KILLED_NS, 0.0, 5.0, True), "exit status 1")
    n = 0
    while not watch.over(truth(KILLED_NS + n * TICK_NS, 0.0, 5.0, True)):
        n += 1
    assert watch.detail.endswith("stood already and stayed held by its brakes")
    assert "exit status 1" in watch.detail


def test_a_creep_after_the_first_rest_counts_from_the_last_rest() -> None:
    watch = StandstillWatch(KILLED_NS, truth(KILLED_NS, 1.0, 0.0, False), "signal 9 (SIGKILL)")
    speeds = [0.0] * 20 + [0.1] * 10 + [0.0] * 100
    ends = [
        n for n, speed in enumerate(speeds) if watch.over(truth(KILLED_NS + n * TICK_NS, speed, 0.0, True))
    ]
    assert ends[0] == 30 + 50
    assert "in 0.30 s" in watch.detail
