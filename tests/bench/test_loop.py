"""The benchmark `loop`: what it measures is what it says; how fast anything is, is not judged here."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import loop
from bench.loop.drive_record import record
from bench.loop.figures import Peer, percentile, rows_of
from bench.loop.pace import explained
from bench.loop.read_sockets import measure_reading
from bench.loop.start_up import PROCESSES
from bench.loop.tick_child import Runtime
from bench.loop.wake_up import RATES_HZ, histogram, run
from bench.measure import BenchError
from vehicle_hil.stall_meter import Stall

CYCLICTEST_SAYS = """# /dev/cpu_dma_latency set to 0us
# Histogram
000000 000000
000002 000003
000019 000001
# Total: 000000004
# Min Latencies: 00002
# Avg Latencies: 00006
# Max Latencies: 24011
# Histogram Overflows: 00002
# Thread 0: 00004 00005
"""
MS = 1_000_000
NS_PER_S = 1_000_000_000


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 1001)]
    assert [percentile(values, share) for share in (0.5, 0.99, 0.999, 1.0)] == [500.0, 990.0, 999.0, 1000.0]
    assert percentile([7.0], 0.5) == 7.0


def test_cyclictest_is_read_with_what_its_histogram_does_not_hold() -> None:
    assert histogram(CYCLICTEST_SAYS) == [2.0, 2.0, 2.0, 19.0, 24011.0, 24011.0]


def test_a_limit_and_a_multiple_of_the_peer_are_both_judged() -> None:
    values = [1.0] * 99 + [9.0]
    met = rows_of("x", "ms", values, Peer("bare", [2.0] * 100), {"p50": 1.0}, {"max": 4.5}, ("p50", "max"))
    assert [(row.what, row.ours, row.peer, row.met) for row in met] == [
        ("x, p50", 1.0, 2.0, True),
        ("x, max", 9.0, 2.0, True),
    ]
    assert (met[0].ratio, met[0].target, met[1].target) == (2.0, "≤ 1 ms", "≤ 4.5 × the peer")
    missed = rows_of("x", "ms", values, Peer("bare", [2.0]), {"p50": 0.9}, {"max": 4.4}, ("p50", "max"))
    assert [row.met for row in missed] == [False, False]
    alone = rows_of("x", "ms", values, None, None, {"max": 4.4}, ("max",))
    assert (alone[0].peer, alone[0].ratio, alone[0].met) == (None, None, None)


def test_only_a_long_stall_within_the_cycle_explains_an_overrun() -> None:
    begin_ns, end_ns = 100 * MS, 102 * MS
    assert explained(begin_ns, end_ns, [Stall(0, 101 * MS, MS)])
    assert explained(begin_ns, end_ns, [Stall(0, 99 * MS, 2 * MS)])
    assert not explained(begin_ns, end_ns, [Stall(0, 101 * MS, 250_000)])
    assert not explained(begin_ns, end_ns, [Stall(0, 97 * MS, 3 * MS), Stall(0, 103 * MS, 2 * MS)])
    assert not explained(begin_ns, end_ns, [])
    # Only what lies within the cycle counts, from a millisecond before it was told.
    assert not explained(begin_ns, end_ns, [Stall(0, 99 * MS, 2 * MS - 1)])
    assert explained(begin_ns, end_ns + MS, [Stall(0, 101 * MS, MS)])
    assert not explained(begin_ns, end_ns + MS, [Stall(0, 101 * MS, MS - 1)])
    assert explained(begin_ns, begin_ns + MS + 1, [Stall(0, 100 * MS, 300_000)])


@pytest.mark.parametrize(("frames", "ticks", "rate_hz"), [(32, 500, 100), (320, 500, 100), (32, 5000, 1000)])
def test_the_timed_ticks_drive_and_every_frame_of_them_is_good(frames: int, ticks: int, rate_hz: int) -> None:
    given = record(frames, ticks, rate_hz)
    driven = given.ticks[given.driving_from :]
    assert len(driven) > 50
    assert all(len(tick.frames) == frames for tick in driven)
    for before, tick in pairwise(driven):
        times_ns = [frame.time_ns for frame in tick.frames]
        assert times_ns == sorted(times_ns)
        assert before.now_ns < times_ns[0]
        assert times_ns[-1] <= tick.now_ns == before.now_ns + NS_PER_S // rate_hz
    runtime = Runtime(given)
    sent_before = runtime.sent
    for _ in driven:
        runtime.tick()
    assert runtime.problem() == ""
    # Four messages on the drive bus each 10 ms, and those of the body bus.
    assert runtime.sent - sent_before > 4 * len(driven) * 100 // rate_hz


def test_a_sleeper_tells_each_wake_up() -> None:
    try:
        late_us = run("ours", 1000, 50, 0)
    except BenchError as error:
        pytest.skip(f"no real-time priority here: {error}")
    assert len(late_us) == 50
    assert all(late >= 0.0 for late in late_us)
    assert len(run("bare", 1000, 50, 0)) == 50


@pytest.mark.full
def test_each_target_has_its_row(tmp_path: Path) -> None:
    path = command.tell("loop", loop.measure(loop.TINY, command.progress), tmp_path)
    document = json.loads(path.read_text())
    judged = {row["what"]: row["target"] for row in document["rows"] if row["target"] is not None}
    loads = ("idle", "loaded") if document["cores"] > 1 else ("idle",)
    wanted = {f"wake-up, {rate} Hz, {load}, p99": "≤ 3 × the peer" for rate in RATES_HZ for load in loads}
    wanted |= {
        "whole tick, 32 frames in, p50": "≤ 0.35 ms",
        "whole tick, 32 frames in, p99": "≤ 1 ms",
        "whole tick, 320 frames in, p50": "≤ 1 ms",
        "whole tick, 320 frames in, p99": "≤ 2.5 ms",
        "1 kHz, 32 frames, control: overruns without a stall of its core": "≤ 0",
        "1 kHz, 32 frames, supervisor: overruns without a stall of its core": "≤ 0",
        "proposal to bus, first frame, p50": "≤ 0.25 ms",
        "proposal to bus, first frame, p99": "≤ 3 × the peer",
        "exec to STANDBY on the bus, max": "≤ 1500 ms",
        f"resident memory: {', '.join(PROCESSES)}": "≤ 250 MB",
    }
    assert judged == wanted
    assert document["tick"]["problem"] == ""
    assert document["start"]["resident_mb"].keys() == set(PROCESSES)


@pytest.mark.skipif(sys.platform != "linux", reason="the SocketCAN port is Linux's")
def test_both_ways_of_reading_a_socket_get_every_frame() -> None:
    ours_us, theirs_us = measure_reading(32, 3)
    assert len(ours_us) == len(theirs_us) == 3
    assert min(*ours_us, *theirs_us) > 0.0
