"""Vehicle and runtime take turns at every rate of it: each frame is heard once, and not too early."""

import pytest

from firmware_runtime.can.frame import Frame
from vehicle_hil.lockstep import runtime_ticks

MS = 1_000_000
STAMPS_MS = (9.9, 10.0, 10.001, 11.0, 14.2, 15.0, 19.95, 20.0)


@pytest.mark.parametrize("tick_ms", [1, 2, 5, 10])
def test_each_frame_of_a_step_is_heard_in_the_first_tick_not_before_its_stamp(tick_ms: int) -> None:
    frames = [Frame(round(stamp * MS), "drive", place, b"") for place, stamp in enumerate(STAMPS_MS)]
    turns = list(runtime_ticks(20 * MS, tick_ms * MS, frames))
    assert [time_ns for time_ns, _ in turns] == list(range((10 + tick_ms) * MS, 21 * MS, tick_ms * MS))
    assert [frame for _, heard in turns for frame in heard] == frames
    for time_ns, heard in turns:
        for frame in heard:
            early_ns = time_ns - frame.time_ns
            assert 0 <= early_ns < tick_ms * MS or frame.time_ns <= 10 * MS
