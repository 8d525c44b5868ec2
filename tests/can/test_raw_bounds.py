"""A signal is in range by its raw number exactly where its DBC-unit and SI values are, as float64 numbers."""

import math
import random
import struct

import pytest
from cantools.database.can import Database
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.layout import bind
from firmware_runtime.can.limits import measured_range, raw_bounds, reachable_range
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.tables import SignalLayout
from tests.can.support import EXTENDED, one_signal_message

FACTORS = (1, 0.1, -0.1, 0.125, 0.004, -3, 1e-9, 1e6, 0.3333333333333333)
OFFSETS = (0, -40, 0.5, 1e6, -273.15)
SI_FACTORS = (1.0, 1 / 3.6, math.pi / 180, -0.001, 1e5)

limits = st.none() | st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(lambda ends: (min(ends), max(ends)))


def is_in_range(raw: int, signal: SignalLayout, binding: SignalBinding) -> bool:
    """By the values, computed as the decode computes them."""
    dbc = float(raw) * float(signal.factor) + float(signal.offset)
    si = dbc * binding.si_factor + binding.si_offset
    low, high = measured_range(signal)
    si_low, si_high = reachable_range(binding.low, binding.high, signal, binding.si_factor, binding.si_offset)
    return low <= dbc <= high and si_low <= si <= si_high


@settings(deadline=None, max_examples=300)
@given(
    length=st.integers(1, 40),
    signed=st.booleans(),
    factor=st.sampled_from(FACTORS),
    offset=st.sampled_from(OFFSETS),
    si_factor=st.sampled_from(SI_FACTORS),
    si_offset=st.sampled_from((0.0, 20.0, -0.1)),
    shares=limits,
    si_shares=limits,
    seed=st.integers(0, 1000),
)
@example(8, False, 1, 0, 1.0, 0.0, (1.5, 1.75), None, 0)
def test_raw_bounds_say_what_the_values_say(
    length: int,
    signed: bool,
    factor: float,
    offset: float,
    si_factor: float,
    si_offset: float,
    shares: tuple[float, float] | None,
    si_shares: tuple[float, float] | None,
    seed: int,
) -> None:
    # Limits as shares of what the raw range covers: -2 and 2 lie far outside of it.
    span = abs(factor) * 2.0**length
    dbc_limits = None if shares is None else (offset + shares[0] * span, offset + shares[1] * span)
    low, high = (-math.inf, math.inf)
    if si_shares is not None:
        low, high = sorted((offset + share * span) * si_factor + si_offset for share in si_shares)
    message = one_signal_message(
        "M", 1, 0, length, signed=signed, factor=factor, offset=offset, limits=dbc_limits
    )
    binding = SignalBinding("value", "bus", "M", "S", si_factor, si_offset, low, high)
    signal = bind({"bus": Database([message])}, [binding]).signals[0]
    least, greatest = raw_bounds(signal, binding)
    raw_low, raw_high = signal.raw_range
    source = random.Random(seed)
    near = [end + step for end in (least, greatest, raw_low, raw_high) for step in (-2, -1, 0, 1, 2)]
    for raw in [*near, *(source.randint(raw_low, raw_high) for _ in range(20))]:
        if raw_low <= raw <= raw_high:
            assert (least <= raw <= greatest) == is_in_range(raw, signal, binding), raw
    if least > greatest:
        assert not any(is_in_range(raw, signal, binding) for raw in (raw_low, raw_high))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("factor", [0.1, -0.1])
def test_every_raw_value_of_ten_bits_is_judged_as_its_value_says(signed: bool, factor: float) -> None:
    message = one_signal_message("M", 1, 3, 10, signed=signed, factor=factor, limits=(-20.05, 30.3))
    binding = SignalBinding("value", "bus", "M", "S", si_factor=1 / 3.6, low=-5.0, high=7.5)
    receiver = Receiver({"bus": Database([message])}, [binding])
    signal = bind({"bus": Database([message])}, [binding]).signals[0]
    seen: set[bool] = set()
    for pattern in range(1 << 10):
        receiver.push(Frame(0, "bus", 1 | EXTENDED, struct.pack("<Q", pattern << 3 | 0b111)))
        raw = pattern - (1 << 10) if signed and pattern >> 9 else pattern
        seen.add(is_in_range(raw, signal, binding))
        assert receiver.sample(0).all_ok == is_in_range(raw, signal, binding), raw
    assert seen == {False, True}


def test_a_range_that_no_raw_value_reaches_makes_every_value_unusable() -> None:
    for length, signed in ((8, True), (45, True), (52, False), (64, True)):
        message = one_signal_message("M", 1, 0, length, signed=signed)
        binding = SignalBinding("value", "bus", "M", "S", low=1e30, high=2e30)
        receiver = Receiver({"bus": Database([message])}, [binding])
        for payload in (bytes(8), b"\xff" * 8, b"\xff" * 7 + b"\x7f"):
            receiver.push(Frame(0, "bus", 1 | EXTENDED, payload))
            assert not receiver.sample(0).all_ok
