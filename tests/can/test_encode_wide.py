"""CAN FD and floating-point signals out: equal to cantools' bytes, or refused; never wrapped."""

import math
import struct
from typing import Any

import cantools
import pytest
from cantools.database.can import Database
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import load_database
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.packer import EncodeError
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from tests.can.oracle import DATABASES

WIDE = load_database(DATABASES / "fd_and_float.dbc")
FLOAT32_MAX = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


def bindings(message: str) -> list[SignalBinding]:
    signals = WIDE.get_message_by_name(message).signals
    return [SignalBinding(signal.name, "bus", message, signal.name) for signal in signals]


def data_of(message: str, values: dict[str, float]) -> bytes:
    bound = bindings(message)
    (frame,) = Sender({"bus": WIDE}, bound).frames(0, [values[binding.name] for binding in bound])
    return frame.data


@settings(deadline=None, max_examples=100)
@given(payload=st.binary(min_size=64, max_size=64))
def test_what_cantools_decodes_goes_out_as_the_bytes_that_came(payload: bytes) -> None:
    message = WIDE.get_message_by_name("Long")
    raw: dict[str, Any] = message.decode_simple(payload, scaling=False)
    if not all(math.isfinite(value) for value in raw.values()):
        return
    # Integers beyond float64 and float32 steps beyond its factor's rounding cannot all come back.
    scaled: dict[str, Any] = message.decode_simple(payload)
    values = {name: float(value) for name, value in scaled.items()}
    values.update(LittleWide=float(raw["LittleWide"] % 2**53), BigWide=float(raw["BigWide"] % 2**53))
    values["LittleFloat"] = 0.5
    assert data_of("Long", values) == message.encode(values, strict=False)


def test_a_length_that_can_fd_does_not_have_is_filled_up() -> None:
    data = data_of("Odd", {"Tail": 9, "Middle": -4096})
    assert len(data) == 12
    assert data[:10] == WIDE.get_message_by_name("Odd").encode({"Tail": 9, "Middle": -4096})
    odd = Receiver({"bus": WIDE}, bindings("Odd"))
    odd.push(Frame(0, "bus", 513, data))
    assert dict(zip([b.name for b in odd.bindings], odd.sample(0).values, strict=True)) == {
        "Tail": 9,
        "Middle": -4096,
    }


@settings(deadline=None, max_examples=200)
@given(f=st.floats(-100, 100), g=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_rounds_to_the_nearest_and_is_received_again(f: float, g: float) -> None:
    data = data_of("Single", {"F": f, "G": g})
    assert data == struct.pack("<f", f / 0.25) + struct.pack(">f", g)
    single = Receiver({"bus": WIDE}, bindings("Single"))
    single.push(Frame(0, "bus", 514, data))
    sample = single.sample(0)
    assert sample.all_ok, "what was sent within limits arrives within limits"


@settings(deadline=None, max_examples=100)
@given(value=st.floats(-1e300, 1e300))
def test_float64_goes_out_as_it_is(value: float) -> None:
    assert data_of("Double", {"F": value}) == struct.pack(">d", value - 0.5)


@pytest.mark.parametrize(
    ("message", "values", "signal"),
    [
        ("Single", {"F": 100.001, "G": 0}, "F"),
        ("Single", {"F": math.nan, "G": 0}, "F"),
        ("Single", {"F": 0, "G": FLOAT32_MAX * 1.0001}, "G"),
        ("Single", {"F": 0, "G": -math.inf}, "G"),
        ("Double", {"F": math.nan}, "F"),
        ("Double", {"F": math.inf}, "F"),
        ("Odd", {"Tail": 16, "Middle": 0}, "Tail"),
        ("Odd", {"Tail": 0, "Middle": 4096}, "Middle"),
        ("Paged", {"Page": 1, "One": 512, "Two": 0}, "One"),
        ("Paged", {"Page": 2, "One": 0, "Two": -257}, "Two"),
    ],
)
def test_what_does_not_fit_is_refused(message: str, values: dict[str, float], signal: str) -> None:
    with pytest.raises(EncodeError, match=rf"bus\.{message}\.{signal}: expected .* to .*") as refused:
        data_of(message, values)
    assert refused.value.signal == signal
    assert refused.value.low <= refused.value.high


def test_a_page_of_can_fd_is_sent_as_cantools_packs_it() -> None:
    message = WIDE.get_message_by_name("Paged")
    for values in ({"Page": 1, "One": 511}, {"Page": 2, "Two": -256}):
        assert data_of("Paged", {"One": 0, "Two": 0, **values}) == message.encode(values)


def start_value(value: str) -> Sender:
    text = (DATABASES / "fd_and_float.dbc").read_text() + f'BA_ "GenSigStartValue" SG_ 514 G {value};\n'
    database = cantools.database.load_string(text, database_format="dbc")
    assert isinstance(database, Database)
    return Sender({"bus": database}, [SignalBinding("F", "bus", "Single", "F")])


def test_a_float_that_nobody_binds_is_sent_as_its_start_value() -> None:
    assert start_value("-2.5").frames(0, [0.0])[0].data == struct.pack("<f", 0) + struct.pack(">f", -2.5)
    with pytest.raises(ValueError, match=r"bus\.Single\.G: expected a binding or a start value"):
        start_value("1e39")
