"""DM1: lamps and trouble codes, from a single frame and through the transport protocol."""

from collections import Counter
from pathlib import Path

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.j1939_dm1 import Flash, Lamp, decode_dm1, dm1_of
from firmware_runtime.can.j1939_transport import J1939Transport, TransportMessage
from tests.can.test_j1939_transport import announce, packets, timed

EXTENDED = 0x8000_0000
REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "can" / "j1939_vehicle.log.gz"

code = st.tuples(st.integers(1, (1 << 19) - 2), st.integers(0, 31), st.integers(0, 127), st.integers(0, 1))


def packed(codes: list[tuple[int, int, int, int]]) -> bytes:
    """Trouble codes by arithmetic on one 32-bit number."""
    return b"".join(
        (spn & 0xFFFF | fmi << 16 | (spn >> 16) << 21 | count << 24 | method << 31).to_bytes(4, "little")
        for spn, fmi, count, method in codes
    )


@given(st.lists(code, min_size=2, max_size=200), st.integers(0, 253))
def test_many_codes_come_by_transport(codes: list[tuple[int, int, int, int]], source: int) -> None:
    data = b"\x04\xff" + packed(codes)
    transport = J1939Transport("drive")
    frames = timed([announce(data, source=source), *packets(data, source)], step_ms=10)
    messages = transport.step(frames[-1].time_ns, frames).messages
    (found,), short = dm1_of(frames, messages)
    assert short == 0
    assert (found.source, found.bus, found.time_ns) == (source, "drive", frames[-1].time_ns)
    assert found.lamps.amber_warning is Lamp.ON
    assert [(c.spn, c.fmi, c.occurrence_count, c.conversion_method) for c in found.codes] == [
        (spn, fmi, None if count == 127 else count, method) for spn, fmi, count, method in codes
    ]


def test_a_code_in_a_single_frame() -> None:
    """SPN 100 (engine oil pressure), FMI 1, third time: red stop lamp, blinking fast."""
    frame = Frame(5, "drive", EXTENDED | 0x18FECA00, bytes.fromhex("10DF64000103FFFF"))
    (found,), short = dm1_of([frame], [])
    assert short == 0
    (reported,) = found.codes
    assert (reported.spn, reported.fmi, reported.occurrence_count, reported.conversion_method) == (
        100,
        1,
        3,
        0,
    )
    assert (found.lamps.red_stop, found.lamps.malfunction) == (Lamp.ON, Lamp.OFF)
    assert (found.lamps.red_stop_flash, found.lamps.protect_flash) == (Flash.FAST, Flash.NONE)


def test_each_lamp_has_its_own_bits() -> None:
    found = decode_dm1(0, "drive", 0, bytes.fromhex("1BE400000000"))
    assert found is not None
    lamps = found.lamps
    assert [lamps.malfunction, lamps.red_stop, lamps.amber_warning, lamps.protect] == [0, 1, 2, 3]
    assert [
        lamps.malfunction_flash, lamps.red_stop_flash, lamps.amber_warning_flash, lamps.protect_flash,
    ] == [3, 2, 1, 0]  # fmt: skip


@pytest.mark.parametrize("body", ["00000000FFFF", "FFFFFFFFFFFF", "FFFFFF7FFFFF"])
def test_no_code_is_told_from_a_code(body: str) -> None:
    found = decode_dm1(0, "drive", 0, bytes.fromhex("00FF" + body))
    assert found is not None
    assert found.codes == ()


def test_old_conversion_methods_are_all_given() -> None:
    """SPN 0x2ABCD by version 1: the upper 16 bits with the highest byte first; by version 2 the other way."""
    spn = 0x2ABCD
    upper, low = spn >> 3, spn & 7
    first = bytes([upper >> 8, upper & 0xFF, low << 5 | 4, 0x81])
    second = bytes([upper & 0xFF, upper >> 8, low << 5 | 4, 0x81])
    one, two = (decode_dm1(0, "drive", 0, b"\x00\xff" + part) for part in (first, second))
    assert one is not None
    assert two is not None
    assert one.codes[0].spn_version_1 == spn
    assert two.codes[0].spn_version_2 == spn
    assert one.codes[0].conversion_method == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_counted_as_too_short(data: bytes) -> None:
    message = TransportMessage(0, "drive", 0xFECA, 1, 255, data)
    found, short = dm1_of([Frame(0, "drive", EXTENDED | 0x18FECB00, data)], [message])
    assert (len(found), short) == ((1, 0) if len(data) >= 6 else (0, 1))


def test_the_real_logs_dm1_are_those_of_a_slow_reading() -> None:
    if not REAL_LOG.exists():
        pytest.skip(f"no {REAL_LOG.name} beside the project: real data is not part of it")
    frames: list[Frame] = []
    expected: Counter[tuple[int, int]] = Counter()
    for message in can.LogReader(REAL_LOG):
        can_id = message.arbitration_id | EXTENDED * message.is_extended_id
        frames.append(Frame(round(message.timestamp * 1e9), "drive", can_id, bytes(message.data)))
        text = f"{message.arbitration_id:08X}"
        if message.is_extended_id and text[2:6] == "FECA":
            codes = [message.data[2:6]] if any(message.data[2:6]) else []
            expected[int(text[6:], 16), len(codes)] += 1
    transport = J1939Transport("drive")
    messages = transport.step(frames[-1].time_ns, frames).messages
    found, short = dm1_of(frames, messages)
    assert short == 0
    assert Counter((one.source, len(one.codes)) for one in found) == expected
    assert sum(expected.values()) == 10
    assert found[0].lamps.malfunction is Lamp.NOT_AVAILABLE
