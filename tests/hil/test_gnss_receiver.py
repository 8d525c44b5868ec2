"""The receiver: epochs, latency, the line's speed, statistics of its errors, drop-outs, lever arm."""

import itertools
import math
import os
import statistics
from dataclasses import replace
from random import Random

import pytest

from tests.hil.vehicles import parameters
from vehicle_hil.gnss.nmea import checksum
from vehicle_hil.gnss.outages import FIX_LOST, SILENT, WELL, Outages
from vehicle_hil.gnss.parameters import Datum, ReceiverParameters
from vehicle_hil.gnss.pty import GnssPty
from vehicle_hil.gnss.receiver import Receiver, TruePose
from vehicle_hil.gnss.serial_line import SerialLine
from vehicle_hil.gnss.wgs84 import LocalPlane

TICK_NS = 10_000_000
DATUM = Datum(53.5, 9.9, 40.0)
STILL = TruePose(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def receiver_parameters(**changes: float) -> ReceiverParameters:
    return replace(parameters("q_truck").gnss, **changes)


NOISELESS = {
    "position_white_m": 0.0,
    "position_drift_m": 0.0,
    "heading_noise_deg": 0.0,
    "speed_noise_mps": 0.0,
    "outage_interval_s": 1e9,
}


def sentences(data: bytes, kind: str) -> list[list[str]]:
    rows = []
    for line in data.decode("ascii").split("\r\n")[:-1]:
        if line.startswith(f"$GN{kind}"):
            body, _, digits = line[1:].partition("*")
            assert digits == checksum(body)
            rows.append(body.split(","))
    return rows


def degrees(field: str, hemisphere: str) -> float:
    point = field.index(".") - 2
    value = int(field[:point]) + float(field[point:]) / 60
    return value if hemisphere in "NE" else -value


def place(row: list[str]) -> tuple[float, float, float]:
    """East, north, up of a GGA sentence."""
    height = float(row[9]) + float(row[11])
    return LocalPlane(DATUM).from_geodetic(degrees(row[2], row[3]), degrees(row[4], row[5]), height)


def run(receiver: Receiver, seconds: float, pose: TruePose = STILL) -> bytes:
    return b"".join(receiver.step(tick * TICK_NS, pose) for tick in range(round(seconds * 100) + 1))


def test_writes_all_four_sentences_ten_times_a_second() -> None:
    data = run(Receiver(receiver_parameters(outage_interval_s=1e9), DATUM, Random(1)), 10.2)
    for kind in ("GGA", "HDT", "GST", "RMC"):
        rows = sentences(data, kind)
        assert len(rows) in (100, 101)
    times = [row[1] for row in sentences(data, "GGA")]
    assert times[:3] == ["063000.10", "063000.20", "063000.30"]


def test_epochs_lie_on_whole_tenths_of_utc_whatever_the_ticks_are() -> None:
    receiver = Receiver(receiver_parameters(**NOISELESS), DATUM, Random(1))
    data, now = b"", 123_456_789
    for step in range(300):
        pose = TruePose((now - 123_456_789) * 1e-9 * 5.0, 0.0, 0.0, 5.0, 0.0, 0.0)
        data += receiver.step(now, pose)
        now += 10_000_000 + (step % 7 - 3) * 900_000
    for row in sentences(data, "GGA"):
        elapsed = int(row[1][4:6]) + int(row[1][7:9]) / 100
        # Interpolated to its own instant, not to the tick's: 5 m/s from the first tick on.
        assert place(row)[0] == pytest.approx(elapsed * 5.0 + 2.01, abs=1e-3)


@pytest.mark.parametrize("heading", [0.0, 1.0, math.pi, -2.0])
def test_measures_the_antenna_not_the_reference_point(heading: float) -> None:
    p = receiver_parameters(**NOISELESS, antenna_x_m=3.0, antenna_y_m=-1.0)
    pose = TruePose(100.0, 50.0, heading, 0.0, 0.0, 0.0)
    row = sentences(run(Receiver(p, DATUM, Random(1)), 0.5, pose), "GGA")[0]
    east = 100.0 + 3.0 * math.cos(heading) + math.sin(heading)
    north = 50.0 + 3.0 * math.sin(heading) - math.cos(heading)
    assert place(row) == pytest.approx((east, north, 3.2), abs=2e-3)


@pytest.mark.parametrize(
    ("heading", "expected"), [(0.0, 90.0), (math.pi / 2, 0.0), (math.pi, 270.0), (-math.pi / 2, 180.0)]
)
def test_heading_is_clockwise_from_true_north(heading: float, expected: float) -> None:
    p = receiver_parameters(**NOISELESS, heading_offset_rad=0.0)
    pose = TruePose(0.0, 0.0, heading + 6 * math.pi, 0.0, 0.0, 0.0)
    row = sentences(run(Receiver(p, DATUM, Random(1)), 0.5, pose), "HDT")[0]
    difference = (float(row[1]) - expected + 180) % 360 - 180
    assert abs(difference) < 1e-3
    assert 0 <= float(row[1]) < 360.0005


def test_heading_is_from_the_true_north_of_its_own_place() -> None:
    p = receiver_parameters(**NOISELESS, heading_offset_rad=0.0)
    pose = TruePose(20_000.0, 0.0, math.pi / 2, 0.0, 0.0, 0.0)
    row = sentences(run(Receiver(p, DATUM, Random(1)), 0.5, pose), "HDT")[0]
    # East of the datum the meridians lean to the left of the plane's north.
    meridian_deg = math.degrees(20_000.0 / 6_391_000.0 * math.tan(math.radians(53.5)))
    assert float(row[1]) == pytest.approx(meridian_deg, abs=0.003)


def test_course_and_speed_are_those_of_the_antenna() -> None:
    p = receiver_parameters(**NOISELESS, antenna_x_m=2.0, antenna_y_m=0.0)
    pose = TruePose(0.0, 0.0, math.pi / 2, 4.0, 0.0, 0.5)
    row = sentences(run(Receiver(p, DATUM, Random(1)), 0.5, pose), "RMC")[0]
    assert float(row[7]) * 1852 / 3600 == pytest.approx(math.hypot(4.0, 1.0), abs=1e-3)
    assert float(row[8]) == pytest.approx(360 - math.degrees(math.atan2(1.0, 4.0)), abs=0.01)


def test_standing_it_gives_no_course() -> None:
    row = sentences(run(Receiver(receiver_parameters(), DATUM, Random(1)), 0.5), "RMC")[0]
    assert row[8] == ""


def test_latency_to_the_last_byte_of_the_first_sentence() -> None:
    receiver = Receiver(receiver_parameters(outage_interval_s=1e9), DATUM, Random(3))
    tail, latencies = b"", []
    for millisecond in range(40_000):
        *lines, tail = (tail + receiver.step(millisecond * 1_000_000, STILL)).split(b"\r\n")
        for line in lines:
            if line.startswith(b"$GNGGA"):
                epoch_ms = int(line[11:13]) * 1000 + int(line[14:16]) * 10
                latencies.append(millisecond - epoch_ms)
    assert len(latencies) > 390
    assert 60 <= min(latencies) <= 62
    assert 89 <= max(latencies) <= 91
    assert statistics.mean(latencies) == pytest.approx(75.5, abs=2)


def test_a_tick_sees_part_of_a_sentence() -> None:
    receiver = Receiver(receiver_parameters(), DATUM, Random(1))
    chunks = [receiver.step(tick * TICK_NS, STILL) for tick in range(1000)]
    assert max(map(len, chunks)) <= 116
    assert sum(1 for chunk in chunks if chunk and not chunk.endswith(b"\r\n")) > 100


def test_white_and_drifting_noise_have_their_sizes() -> None:
    p = receiver_parameters(outage_interval_s=1e9)
    east, north = [], []
    for seed in range(4):
        for row in sentences(run(Receiver(p, DATUM, Random(seed)), 600), "GGA"):
            x, y, _ = place(row)
            east.append(x - 2.01)
            north.append(y)
    for errors in (east, north):
        # White part alone: differences of neighbours hardly see the drift (30 s).
        steps = [b - a for a, b in itertools.pairwise(errors)]
        assert statistics.stdev(steps) / math.sqrt(2) == pytest.approx(0.008, rel=0.05)
        assert statistics.stdev(errors) == pytest.approx(math.hypot(0.008, 0.010), rel=0.2)
        # Ten seconds apart the drift still agrees by exp(-10/30).
        pairs = list(zip(errors, errors[100:], strict=False))
        covariance = statistics.mean(a * b for a, b in pairs) - statistics.mean(errors) ** 2
        assert covariance == pytest.approx(0.010**2 * math.exp(-1 / 3), rel=0.45)


def test_heading_noise_has_its_size() -> None:
    p = receiver_parameters(outage_interval_s=1e9)
    rows = sentences(run(Receiver(p, DATUM, Random(5)), 300), "HDT")
    headings = [float(row[1]) for row in rows]
    assert statistics.stdev(headings) == pytest.approx(0.15, rel=0.06)
    assert statistics.mean(headings) == pytest.approx(90 - math.degrees(0.0009), abs=0.01)


def test_states_the_accuracy_that_it_has() -> None:
    row = sentences(run(Receiver(receiver_parameters(), DATUM, Random(1)), 0.5), "GST")[0]
    assert float(row[6]) == float(row[7]) == pytest.approx(0.0128, abs=5e-4)


def test_drop_outs_come_about_every_45_s_for_half_to_two_seconds() -> None:
    outages = Outages(receiver_parameters(), Random(2), 0)
    states = [outages.at(tenth * 100_000_000) for tenth in range(10 * 36_000)]
    runs: list[tuple[str, int]] = []
    for state in states:
        if runs and runs[-1][0] == state:
            runs[-1] = (state, runs[-1][1] + 1)
        else:
            runs.append((state, 1))
    bad = [(state, count) for state, count in runs if state != WELL]
    assert len(bad) == pytest.approx(36_000 / 46.25, rel=0.1)
    # Two drop-outs may touch; single ones last 0.5 to 2 s.
    assert statistics.median(count for _, count in bad) == pytest.approx(12.5, abs=2)
    assert min(count for _, count in bad) >= 4
    assert sum(count > 21 for _, count in bad) < 0.03 * len(bad)
    lost = sum(state == FIX_LOST for state, _ in bad)
    assert lost / len(bad) == pytest.approx(0.5, abs=0.07)


def test_a_lost_fix_says_so_in_every_sentence() -> None:
    receiver = Receiver(receiver_parameters(), DATUM, Random(1))
    receiver.forced = FIX_LOST
    data = run(receiver, 2.0)
    assert {row[6] for row in sentences(data, "GGA")} == {"0"}
    assert {row[1] for row in sentences(data, "HDT")} == {""}
    assert {row[2] for row in sentences(data, "RMC")} == {"V"}
    assert not receiver.fix_valid


def test_a_silent_receiver_sends_nothing() -> None:
    receiver = Receiver(receiver_parameters(), DATUM, Random(1))
    receiver.forced = SILENT
    assert run(receiver, 2.0) == b""
    assert not receiver.fix_valid


def test_the_same_seed_gives_the_same_bytes_another_does_not() -> None:
    p = receiver_parameters()
    first, second, third = (run(Receiver(p, DATUM, Random(seed)), 30) for seed in (9, 9, 10))
    assert first == second
    assert first != third


def test_describes_itself_with_units() -> None:
    text = Receiver(receiver_parameters(), DATUM, Random(1)).description
    for part in ("10 Hz", "8 mm white", "10 mm drifting", "0.15 deg", "60-90 ms", "0.5-2.0 s", "45 s"):
        assert part in text


def test_serial_line_takes_87_microseconds_a_byte() -> None:
    line = SerialLine(115_200)
    line.write(0, b"abcdefghij")
    assert line.read(86_000) == b""
    assert line.read(87_000) == b"a"
    assert line.read(500_000) == b"bcde"
    line.write(500_000, b"XY")
    assert line.read(1_000_000_000) == b"fghijXY"
    assert line.read(2_000_000_000) == b""


def test_a_second_block_waits_for_the_first() -> None:
    line = SerialLine(9600)
    line.write(0, bytes(10))
    line.write(1000, b"B")
    assert b"B" not in line.read(10 * 1_041_667)
    assert line.read(11 * 1_041_667) == b"B"


def test_the_pseudo_terminal_carries_bytes_unchanged() -> None:
    with GnssPty() as pty:
        reader = os.open(pty.name, os.O_RDONLY | os.O_NOCTTY)
        try:
            pty.write(b"$GNHDT,1.000,T*12\r\n")
            pty.write(b"")
            assert os.read(reader, 100) == b"$GNHDT,1.000,T*12\r\n"
        finally:
            os.close(reader)


def test_the_pseudo_terminal_never_blocks() -> None:
    with GnssPty() as pty:
        for _ in range(1000):
            pty.write(bytes(200))
        assert pty.dropped_bytes > 0
