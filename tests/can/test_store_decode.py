"""The vectorised decode gives cantools' numbers bit for bit, whatever the place, length, order and sign."""

import math
import random
from typing import Any

import pytest
from cantools.database.can import Database, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.layout import bind
from firmware_runtime.can.store import SignalStore
from tests.can.support import DBC_NAMES, bindings_of, bits_of, database, one_signal_message, payload_signals


def store_of(messages: list[Message], **given: Any) -> SignalStore:
    bindings = [
        SignalBinding(f"{message.name}.{signal.name}", "bus", message.name, signal.name, **given)
        for message in messages
        for signal in message.signals
    ]
    return SignalStore(bind({"bus": Database(messages)}, bindings))


def cantools_values(message: Message, payload: bytes, scaling: bool) -> dict[str, Any]:
    decoded = message.decode_simple(payload, decode_choices=False, scaling=scaling)
    assert isinstance(decoded, dict)
    return decoded


def assert_decodes_as_cantools(messages: list[Message], payloads: list[bytes]) -> None:
    store = store_of(messages)
    for index, payload in zip(store.payload_index, payloads, strict=True):
        store.payloads[index] = payload
    si, _ = store.decode()
    raw, dbc = store.raw_values(), store.dbc_values()
    column = 0
    for message, payload in zip(messages, payloads, strict=True):
        theirs = cantools_values(message, payload, scaling=True)
        theirs_raw = cantools_values(message, payload, scaling=False)
        for signal in message.signals:
            expected = float(theirs[signal.name])
            if not signal.is_float:
                assert raw[column] == theirs_raw[signal.name], (message.name, signal)
            if math.isnan(expected):
                assert math.isnan(dbc[column])
            else:
                assert bits_of(dbc[column]) == bits_of(expected), (message.name, signal)
                assert bits_of(si[column]) == bits_of(expected), (message.name, signal)
            column += 1


@pytest.mark.parametrize("name", DBC_NAMES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_our_databases_decode_as_cantools_decodes_them(name: str, data: st.DataObject) -> None:
    messages = database(name).messages
    payloads = [data.draw(st.binary(min_size=m.length, max_size=m.length)) for m in messages]
    assert_decodes_as_cantools(messages, payloads)


@pytest.mark.parametrize("name", DBC_NAMES)
@settings(deadline=None, max_examples=60)
@given(
    payload=st.binary(min_size=8, max_size=8),
    factor=st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6),
    offset=st.floats(-1e6, 1e6),
)
def test_si_is_one_further_multiplication_and_addition(
    name: str, payload: bytes, factor: float, offset: float
) -> None:
    messages = database(name).messages
    bindings = bindings_of("bus", messages, si_factor=factor, si_offset=offset)
    store = SignalStore(bind({"bus": database(name)}, bindings))
    for index in store.payload_index:
        store.payloads[index] = payload
    si, _ = store.decode()
    values = [
        float(cantools_values(message, payload, scaling=True)[signal.name])
        for message in messages
        for signal in payload_signals(message)
    ]
    for ours, dbc in zip(si, values, strict=True):
        assert bits_of(ours) == bits_of(dbc * factor + offset if offset else dbc * factor)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_every_place_and_length_of_a_signal(big_endian: bool, signed: bool) -> None:
    source = random.Random(5)
    messages: list[Message] = []
    for length in range(1, 65):
        for first in range(65 - length):
            start = 8 * (first // 8) + 7 - first % 8 if big_endian else first
            name = f"M{length}_{first}"
            messages.append(
                one_signal_message(name, len(messages), start, length, big_endian=big_endian, signed=signed)
            )
    store = store_of(messages)
    for payload_of in (source.randbytes, lambda size: b"\xff" * size, lambda size: b"\x80" + bytes(size - 1)):
        for index in store.payload_index:
            store.payloads[index] = payload_of(8)
        store.decode()
        for index, message, value in zip(store.payload_index, messages, store.raw_values(), strict=True):
            word = int.from_bytes(store.payloads[index], "big" if big_endian else "little")
            length, first = (int(part) for part in message.name[1:].split("_"))
            expected = word >> (64 - first - length if big_endian else first) & (1 << length) - 1
            if signed and expected >> length - 1:
                expected -= 1 << length
            assert value == expected, message.name
    # The oracle above is ours; that cantools agrees is checked on some of them.
    sampled = source.sample(messages, 100)
    assert_decodes_as_cantools(sampled, [source.randbytes(8) for _ in sampled])


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_long_signals_anywhere_in_a_payload_of_can_fd(big_endian: bool, signed: bool) -> None:
    source = random.Random(6)
    messages: list[Message] = []
    for length in (8, 33, 44, 45, 46, 52, 53, 57, 63, 64):
        for first in range(0, 129 - length, 3):
            start = 8 * (first // 8) + 7 - first % 8 if big_endian else first
            messages.append(
                one_signal_message(
                    f"M{length}_{first}",
                    len(messages),
                    start,
                    length,
                    big_endian=big_endian,
                    signed=signed,
                    factor=0.1,
                    message_length=16,
                )
            )
    assert_decodes_as_cantools(messages, [source.randbytes(16) for _ in messages])
    assert_decodes_as_cantools(messages, [b"\xff" * 16 for _ in messages])


def test_floats_anywhere_in_a_payload_of_can_fd() -> None:
    source = random.Random(7)
    messages: list[Message] = []
    for length in (32, 64):
        for first in range(0, 129 - length, 5):
            for big_endian in (False, True):
                start = 8 * (first // 8) + 7 - first % 8 if big_endian else first
                messages.append(
                    one_signal_message(
                        f"M{len(messages)}",
                        len(messages),
                        start,
                        length,
                        big_endian=big_endian,
                        is_float=True,
                        message_length=16,
                    )
                )
    assert_decodes_as_cantools(messages, [source.randbytes(16) for _ in messages])


def test_a_factor_at_the_end_of_float64_scales_as_cantools_scales() -> None:
    for factor in (5e-324, 2.0**-1060, 1e-300):
        for signed in (False, True):
            message = one_signal_message("M", 1, 30, 20, signed=signed, factor=factor)
            assert_decodes_as_cantools([message], [b"\xff\x12\x34\x56\x78\x9a\xbc\xde"])


def test_the_values_of_a_tick_stay_what_they_are_in_the_next() -> None:
    store = store_of([one_signal_message("M", 1, 0, 8)])
    kept: list[Any] = []
    for value in range(5):
        store.payloads[store.payload_index[0]] = bytes([value]) + bytes(7)
        kept.append(store.decode()[0])
    assert [list(values) for values in kept] == [[0.0], [1.0], [2.0], [3.0], [4.0]]


numbers = (
    st.integers(-1000, 1000).filter(bool)
    | st.floats(1e-9, 1e9)
    | st.floats(-1e9, -1e-9)
    | st.sampled_from([0.1, 0.004, 0.001, 0.01, 0.05, 0.4, 1, 1.0, 1e15, 2**40])
)


@st.composite
def any_message(draw: st.DrawFn, index: int) -> tuple[Message, bytes]:
    """One signal anywhere in a message of any classic length, with any factor and offset."""
    size = draw(st.integers(1, 8))
    big_endian, signed = draw(st.booleans()), draw(st.booleans())
    is_float = size >= 4 and draw(st.booleans())
    length = draw(st.sampled_from([32, 64] if size == 8 else [32])) if is_float else None
    length = length or draw(st.integers(1, 8 * size))
    first = draw(st.integers(0, 8 * size - length))
    message = one_signal_message(
        f"M{index}",
        index,
        8 * (first // 8) + 7 - first % 8 if big_endian else first,
        length,
        big_endian=big_endian,
        signed=signed and not is_float,
        is_float=is_float,
        factor=draw(numbers),
        offset=draw(st.just(0) | st.integers(-(10**6), 10**6) | st.floats(-1e9, 1e9)),
        message_length=size,
    )
    return message, draw(st.binary(min_size=size, max_size=size))


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(*(any_message(index) for index in range(n)))))
def test_any_database_decodes_as_cantools_decodes_it(pairs: tuple[tuple[Message, bytes], ...]) -> None:
    assert_decodes_as_cantools([message for message, _ in pairs], [payload for _, payload in pairs])


@pytest.mark.parametrize("factor", [1, 3, 0.5, 1.5, -2])
@pytest.mark.parametrize("signed", [False, True])
def test_integers_beyond_float64s_exactness_round_as_cantools_rounds(factor: float, signed: bool) -> None:
    for length in (53, 54, 60, 63, 64):
        message = one_signal_message("M", 1, 0, length, signed=signed, factor=factor, offset=7)
        for payload in (b"\xff" * 8, b"\xff" * 7 + b"\x7f", b"\x01\x04" + b"\0" * 5 + b"\x80", b"\x01" * 8):
            assert_decodes_as_cantools([message], [payload])


def test_negative_zero_and_both_float_widths_stay_what_they_are() -> None:
    for length, negative_zero in ((32, b"\0\0\0\x80" + bytes(4)), (64, bytes(7) + b"\x80")):
        for factor, offset in ((1, 0), (2.5, 0), (-1, 0), (1, 0.5)):
            message = one_signal_message("M", 1, 0, length, is_float=True, factor=factor, offset=offset)
            assert_decodes_as_cantools([message], [negative_zero])


def test_signalling_nan_and_infinity_give_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    single = one_signal_message("A", 1, 0, 32, is_float=True, factor=1e30)
    double = one_signal_message("B", 2, 0, 64, is_float=True, factor=1e30)
    store = store_of([single, double], si_factor=1e30)
    for first, second in (
        (b"\x01\0\xa0\x7f", b"\x01" + bytes(5) + b"\xf4\x7f"),
        (b"\0\0\x80\x7f", bytes(6) + b"\xf0\x7f"),
        (b"\xff\xff\x7f\x7f", b"\xff" * 6 + b"\xef\x7f"),
    ):
        store.payloads[store.payload_index[0]] = first + bytes(4)
        store.payloads[store.payload_index[1]] = second
        _, in_range = store.decode()
        assert not in_range
    assert list(recwarn) == []
