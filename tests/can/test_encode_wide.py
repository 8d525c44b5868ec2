"""CAN FD and floating-point signals out: equal to cantools' bytes, or refused; never wrapped."""

import math
import struct
from typing import Any

import cantools
import pytest
from cantools.database.can import Database, Message, Signal
from cantools.database.conversion import BaseConversion
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import load_database
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.layout import bind
from firmware_runtime.can.packer import EncodeError, MessagePacker
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


@st.composite
def any_layout(draw: st.DrawFn) -> Message:
    """A classic message whose integers lie side by side in any widths, order, sign and scale."""
    big_endian = draw(st.booleans())
    signals: list[Signal] = []
    first = draw(st.integers(0, 20))
    while first < 64 and len(signals) < 12:
        length = draw(st.integers(1, min(64 - first, draw(st.sampled_from([3, 8, 16, 40, 64])))))
        factor, offset = draw(st.sampled_from([(1, 0), (0.5, -40), (-0.125, 3), (2, 1000)]))
        signals.append(
            Signal(
                f"S{len(signals)}",
                8 * (first // 8) + 7 - first % 8 if big_endian else first,
                length,
                "big_endian" if big_endian else "little_endian",
                draw(st.booleans()),
                conversion=BaseConversion.factory(factor, offset, None, False),
            )
        )
        first += length + draw(st.sampled_from([0, 0, 1, 9]))
    return Message(1, "M", 8, signals, is_extended_frame=True, strict=True, cycle_time=10)


def encoded(message: Message, values: dict[str, float]) -> bytes:
    bound = [SignalBinding(name, "bus", "M", name) for name in values]
    layout = bind({"bus": Database([message])}, bound)
    return MessagePacker(layout.messages[0], dict(enumerate(bound))).pack(list(values.values()))


@settings(deadline=None, max_examples=200)
@given(message=any_layout(), payload=st.binary(min_size=8, max_size=8), data=st.data())
def test_integers_side_by_side_go_out_as_cantools_bytes(
    message: Message, payload: bytes, data: st.DataObject
) -> None:
    raw: dict[str, Any] = message.decode_simple(payload, scaling=False)
    values: dict[str, float] = {}
    for signal in message.signals:
        # Beyond 2^50 a step is no exact float with these factors.
        number = raw[signal.name] if signal.length <= 50 else raw[signal.name] % 2**50
        off_step = data.draw(st.sampled_from([0.0, 0.25, -0.25, 0.5, -0.5])) if signal.length < 40 else 0.0
        low, high = (0, (1 << signal.length) - 1)
        if signal.is_signed:
            low, high = -(1 << signal.length - 1), (1 << signal.length - 1) - 1
        steps = min(max(number + off_step, low), high)
        values[signal.name] = float(steps * signal.scale + signal.offset)
    assert encoded(message, values) == message.encode(values, strict=False)


@pytest.mark.parametrize("big_endian", [False, True])
def test_of_many_signals_the_one_that_does_not_fit_is_named(big_endian: bool) -> None:
    order = "big_endian" if big_endian else "little_endian"
    signals = [
        Signal(f"S{place}", 8 * place + 7 * big_endian, 8, order, place % 2 == 1) for place in range(8)
    ]
    message = Message(1, "M", 8, signals, is_extended_frame=True, strict=True)
    good = {f"S{place}": 1.0 for place in range(8)}
    for place in range(8):
        low, high = (-128, 127) if place % 2 else (0, 255)
        for value in (low - 1.0, high + 1.0, math.nan, math.inf):
            with pytest.raises(EncodeError) as caught:
                encoded(message, {**good, f"S{place}": value})
            assert (caught.value.message, caught.value.signal) == ("bus.M", f"S{place}")
            assert (caught.value.low, caught.value.high) == pytest.approx((low, high), abs=1e-5)
        for value in (low, high):
            assert encoded(message, {**good, f"S{place}": value})[place] == value % 256
