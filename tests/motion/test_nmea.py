"""NMEA sentences from the receiver: exact figures out, nothing from damaged bytes."""

from math import radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.motion.nmea import NmeaReader
from firmware_runtime.motion.utc_clock import UtcClock


def sentence(body: str) -> bytes:
    checksum = 0
    for character in body.encode():
        checksum ^= character
    return f"${body}*{checksum:02X}\r\n".encode()


GGA = sentence("GNGGA,102030.400,2218.1234567,N,11411.7654321,E,4,20,0.6,12.345,M,-2.100,M,1.0,0000")
GST = sentence("GNGST,102030.400,0.02,0.011,0.009,45.0,0.012,0.010,0.020")
HDT = sentence("GNHDT,30.000,T")
RMC = sentence("GNRMC,102030.400,A,2218.1234567,N,11411.7654321,E,0.0,,211126,,,R")
EPOCH = GGA + GST + HDT + RMC


def test_an_epoch_gives_one_fix_with_exact_figures() -> None:
    (fix,) = NmeaReader().feed(77, EPOCH)
    assert fix.latitude_deg == pytest.approx(22 + 18.1234567 / 60, abs=1e-12)
    assert fix.longitude_deg == pytest.approx(114 + 11.7654321 / 60, abs=1e-12)
    assert fix.height_m == pytest.approx(10.245)
    assert fix.utc_ns == (10 * 3600 + 20 * 60 + 30) * 10**9 + 400_000_000
    assert (fix.quality, fix.north_std_m, fix.east_std_m) == (4, 0.012, 0.010)
    assert fix.heading_rad == pytest.approx(radians(60.0))
    assert fix.arrival_ns == 77


def test_south_and_west_are_negative() -> None:
    gga = sentence("GNGGA,102030.400,2218.0,S,11411.0,W,4,20,0.6,12.3,M,0.0,M,1.0,0000")
    (fix,) = NmeaReader().feed(0, gga + GST + HDT)
    assert fix.latitude_deg < -22
    assert fix.longitude_deg < -114


@given(st.lists(st.integers(1, 60), max_size=20))
def test_bytes_may_be_cut_anywhere(cuts: list[int]) -> None:
    reader = NmeaReader()
    fixes = []
    rest = EPOCH
    for cut in [*cuts, len(EPOCH)]:
        fixes += reader.feed(0, rest[:cut])
        rest = rest[cut:]
    assert len(fixes) == 1
    assert reader.rejected == 0


@given(st.integers(0, len(GGA) - 3), st.integers(1, 255))
def test_a_damaged_byte_never_changes_a_figure(place: int, flip: int) -> None:
    damaged = bytearray(GGA)
    damaged[place] ^= flip
    reader = NmeaReader()
    for fix in reader.feed(0, bytes(damaged) + GST + HDT):
        assert fix == NmeaReader().feed(0, EPOCH)[0]


@given(st.binary(max_size=300))
def test_noise_never_raises(noise: bytes) -> None:
    reader = NmeaReader()
    reader.feed(0, noise)
    assert len(reader.feed(0, b"\r\n" + EPOCH)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "GNGGA,1020xx.4,2218.1,N,11411.7,E,4,20,0.6,12.3,M,-2.1,M,1.0,0000",
        "GNGGA,102030.4,2218.1,X,11411.7,E,4,20,0.6,12.3,M,-2.1,M,1.0,0000",
        "GNGGA,102030.4,--18.1,N,11411.7,E,4,20,0.6,12.3,M,-2.1,M,1.0,0000",
        "GNGGA,102030.4,2218.1,N,,E,4,20,0.6,12.3,M,-2.1,M,1.0,0000",
        "GNGGA,102030.4,2218.1,N,11411.7,E,4,20,0.6,1e3,M,-2.1,M,1.0,0000",
        "GNGGA,102030.4,2218.1,N",
    ],
)
def test_a_bad_field_drops_the_sentence_and_is_counted(body: str) -> None:
    reader = NmeaReader()
    assert reader.feed(0, sentence(body) + GST + HDT) == []
    assert reader.rejected == 1


def test_quality_0_is_no_fix_and_no_error() -> None:
    reader = NmeaReader()
    assert reader.feed(0, sentence("GNGGA,102030.400,,,,,0,00,,,M,,M,,") + GST + HDT) == []
    assert reader.rejected == 0


def test_without_heading_the_fix_comes_with_the_next_epoch() -> None:
    reader = NmeaReader()
    assert reader.feed(0, GGA + GST + sentence("GNHDT,,T")) == []
    (fix,) = reader.feed(1, GGA)
    assert fix.heading_rad is None


def test_the_standard_deviations_of_another_epoch_are_not_taken() -> None:
    other = sentence("GNGST,102030.300,0.02,0.011,0.009,45.0,0.012,0.010,0.020")
    assert NmeaReader().feed(0, GGA + other + HDT) == []


def test_a_line_that_never_ends_is_dropped() -> None:
    reader = NmeaReader()
    for _ in range(200):
        reader.feed(0, b"$" * 100)
    assert reader.rejected > 0
    assert len(reader.feed(0, b"\n" + EPOCH)) == 1


SECOND_NS = 1_000_000_000


@given(st.lists(st.integers(80_000_000, 140_000_000), min_size=30, max_size=60), st.integers(0, 86_399))
def test_measurement_time_is_right_whatever_the_latency_once_the_least_was_seen(
    latencies_ns: list[int], start_s: int
) -> None:
    clock = UtcClock(0.08)
    boot_ns = 5_000 * SECOND_NS
    clock.measured_ns(start_s * SECOND_NS, boot_ns + 80_000_000)
    for k, latency_ns in enumerate(latencies_ns):
        true_ns = boot_ns + (k + 1) * SECOND_NS // 10
        utc_ns = (start_s * SECOND_NS + (k + 1) * SECOND_NS // 10) % (86_400 * SECOND_NS)
        assert clock.measured_ns(utc_ns, true_ns + latency_ns) == true_ns


def test_the_clock_offset_may_drift_slowly() -> None:
    clock = UtcClock(0.08)
    drift = 50e-6
    for k in range(6000):
        true_ns = k * SECOND_NS // 10
        utc_ns = round(true_ns * (1 + drift))
        measured_ns = clock.measured_ns(utc_ns, true_ns + 80_000_000 + (k % 5) * 5_000_000)
        assert abs(measured_ns - true_ns) < 8_000_000


@pytest.mark.parametrize("body", ["GNGST", "GNHDT", "GNGGA", "GNGST,102030.400", "GNRMC"])
def test_a_sentence_cut_short_by_its_sender_never_raises(body: str) -> None:
    reader = NmeaReader()
    assert reader.feed(0, GGA + sentence(body)) == []
    assert len(reader.feed(0, EPOCH)) == 1


def test_a_number_beyond_a_float_is_no_number() -> None:
    gst = sentence(f"GNGST,102030.400,0.02,0.011,0.009,45.0,{'9' * 400},0.010,0.020")
    assert NmeaReader().feed(0, GGA + gst + HDT) == []


def test_a_step_of_utc_is_taken_in_after_a_second() -> None:
    clock = UtcClock(0.08)
    for k in range(50):
        clock.measured_ns(k * SECOND_NS // 10, k * SECOND_NS // 10 + 80_000_000)
    measured_ns = [
        clock.measured_ns((k - 20) * SECOND_NS // 10, k * SECOND_NS // 10 + 80_000_000) for k in range(50, 70)
    ]
    assert measured_ns[-1] == 69 * SECOND_NS // 10


def test_the_receivers_own_speed_is_taken_from_a_valid_rmc_alone() -> None:
    reader = NmeaReader()
    assert reader.ground_speed_ns == 0
    reader.feed(5, GGA + GST + HDT + sentence("GNRMC,102030.400,A,2218.1,N,11411.7,E,10.0,12.3,211126,,,R"))
    assert reader.ground_speed_mps == pytest.approx(10 * 1852 / 3600)
    assert reader.ground_speed_ns == 5
    for void in (
        "GNRMC,102030.500,V,,,,,20.0,,211126,,,N",
        "GNRMC,102030.500,A,2218.1,N,11411.7,E,,,211126",
        "GNRMC,102030.500,A,2218.1",
    ):
        reader.feed(6, sentence(void))
    assert (round(reader.ground_speed_mps, 3), reader.ground_speed_ns) == (5.144, 5)
