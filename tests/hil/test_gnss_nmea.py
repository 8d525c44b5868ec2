"""NMEA sentences: layout, checksum, rounding, and what they say without a fix."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicle_hil.gnss.nmea import Fix, angle_field, checksum, gga, gst, hdt, rmc, time_field
from vehicle_hil.gnss.receiver import parse_utc_ns

UTC_NS = parse_utc_ns("2026-03-02T23:59:59Z") + 900_000_000
FIX = Fix(53.5123456789, -9.9123456789, 61.234, 271.5, 5.0, 92.25, 0.0128, 0.0218)


def test_checksum_of_a_known_sentence() -> None:
    body = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"
    assert checksum(body) == "47"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            gga(UTC_NS, FIX, 40.0),
            "$GNGGA,235959.90,5330.7407407,N,00954.7407407,W,4,24,0.6,21.234,M,40.000,M,1.0,0001*",
        ),
        (hdt(FIX), "$GNHDT,271.500,T*"),
        (gst(UTC_NS, FIX), "$GNGST,235959.90,0.013,0.013,0.013,0.0,0.013,0.013,0.022*"),
        (
            rmc(UTC_NS, FIX),
            "$GNRMC,235959.90,A,5330.7407407,N,00954.7407407,W,9.719,92.25,020326,,,R,V*",
        ),
        (gga(UTC_NS, None, 40.0), "$GNGGA,235959.90,,,,,0,00,,,M,,M,,*"),
        (hdt(None), "$GNHDT,,T*"),
        (gst(UTC_NS, None), "$GNGST,235959.90,,,,,,,*"),
        (rmc(UTC_NS, None), "$GNRMC,235959.90,V,,,,,,,020326,,,N,V*"),
    ],
)
def test_sentences(sentence: bytes, expected: str) -> None:
    text = sentence.decode("ascii")
    assert text.startswith(expected)
    assert re.fullmatch(r"\$[^*$]+\*[0-9A-F]{2}\r\n", text)
    assert text[-4:-2] == checksum(text[1:-5])


@given(st.floats(-179.9999999, 179.9999999))
def test_angles_read_back_within_half_a_digit(angle: float) -> None:
    text, hemisphere = angle_field(angle, 3, "E", "W").split(",")
    degrees, minutes = int(text[:3]), float(text[3:])
    assert minutes < 60.0
    value = (degrees + minutes / 60) * (1 if hemisphere == "E" else -1)
    assert value == pytest.approx(angle, abs=0.6e-7 / 60)


def test_rounding_carries_into_the_degrees() -> None:
    assert angle_field(9.99999999999, 2, "N", "S") == "1000.0000000,N"


@given(st.integers(0, 8_639_999))
def test_time_of_day(hundredths: int) -> None:
    text = time_field(parse_utc_ns("2026-03-02T00:00:00Z") + hundredths * 10_000_000)
    seconds = int(text[:2]) * 3600 + int(text[2:4]) * 60
    assert seconds * 100 + int(text[4:6]) * 100 + int(text[7:9]) == hundredths


@pytest.mark.parametrize("bad", ["", "yesterday", "2026-03-02T06:30:00"])
def test_a_start_time_without_its_offset_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="expected a time"):
        parse_utc_ns(bad)
