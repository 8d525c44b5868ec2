"""A value outside the DBC's range, implausible or not finite is not used; the last usable one stays."""

import struct
from typing import Any

import pytest
from cantools.database.can import Database

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver, Sample
from firmware_runtime.can.verdict import Unusable
from tests.can.support import EXTENDED, database_of, one_signal_message

OK, OUT, NOT_FINITE = Unusable.OK, Unusable.OUT_OF_RANGE, Unusable.NOT_FINITE


def receiver_of(limits: tuple[float, float] | None = None, **given: Any) -> Receiver:
    """One signed 16-bit signal with a factor of 0.1, in a message 0x1."""
    message = one_signal_message("M", 1, 0, 16, signed=True, factor=0.1, limits=limits)
    return Receiver({"drive": Database([message])}, [SignalBinding("value", "drive", "M", "S", **given)])


def sampled(receiver: Receiver, raw: int) -> Sample:
    receiver.push(Frame(0, "drive", 1 | EXTENDED, struct.pack("<h", raw) + bytes(6)))
    return receiver.sample(0)


@pytest.mark.parametrize(("raw", "reason"), [(-30, OK), (-31, OUT), (30, OK), (31, OUT), (0, OK)])
def test_the_dbcs_limits_are_part_of_the_range(raw: int, reason: Unusable) -> None:
    # 30 * 0.1 is 3.0000000000000004 in float64: the step that the limit means is inside.
    assert sampled(receiver_of((-3, 3)), raw).reasons == (reason,)


@pytest.mark.parametrize(("raw", "reason"), [(-1, OUT), (0, OK), (14, OK), (15, OUT)])
def test_a_limit_means_its_step_also_beside_a_great_offset(raw: int, reason: Unusable) -> None:
    # (-273.149999986 + 273.15) / 1e-9 is 13.99996 in float64.
    message = one_signal_message(
        "M", 1, 0, 16, signed=True, factor=1e-9, offset=-273.15, limits=(-273.15, -273.149999986)
    )
    receiver = Receiver({"drive": Database([message])}, [SignalBinding("value", "drive", "M", "S")])
    assert sampled(receiver, raw).reasons == (reason,)


@pytest.mark.parametrize("raw", [-32768, 32767])
def test_a_dbc_without_limits_limits_nothing(raw: int) -> None:
    assert sampled(receiver_of(), raw).all_ok


@pytest.mark.parametrize("no_limits", ["[0|0]", "[0.0|0.0]", "[0|0.0]", "[-0|0]", "[0E-2|0.000]"])
def test_a_range_of_nothing_but_zero_is_no_limit_however_it_is_written(no_limits: str) -> None:
    # Cluster_Engine_RPM of opendbc's hyundai_2015_ccan.dbc has [0.0|0.0].
    text = f'BU_: A\nBO_ 1 M: 2 A\n SG_ S : 0|16@1- (0.1,0) {no_limits} "" A\n'
    receiver = Receiver({"drive": database_of(text)}, [SignalBinding("value", "drive", "M", "S")])
    for raw in (-32768, 0, 32767):
        receiver.push(Frame(0, "drive", 1, struct.pack("<h", raw)))
        assert receiver.sample(0).all_ok, raw


@pytest.mark.parametrize(("raw", "reason"), [(5, OK), (4, OUT), (10, OK), (11, OUT)])
def test_the_bindings_plausible_range_is_in_si_and_closed(raw: int, reason: Unusable) -> None:
    receiver = receiver_of((-3, 3), si_factor=1000.0, si_offset=50.0, low=550.0, high=1050.0)
    assert sampled(receiver, raw).reasons == (reason,)


def test_an_unusable_signal_keeps_its_last_usable_value_else_its_default() -> None:
    receiver = receiver_of((-3, 3), default=42.0)
    assert sampled(receiver, 500).values == [42.0]
    assert sampled(receiver, 20).values == [2.0]
    for _ in range(3):
        bad = sampled(receiver, 500)
        assert (bad.values, bad.reasons, bad.all_ok) == ([2.0], (OUT,), False)
    assert sampled(receiver, -10).values == [-1.0]


def test_one_bad_signal_leaves_the_others_alone() -> None:
    good = one_signal_message("Good", 1, 0, 16, limits=(0, 100))
    bad = one_signal_message("Bad", 2, 0, 16, limits=(0, 100))
    bindings = [SignalBinding(name, "drive", name, "S") for name in ("Good", "Bad")]
    receiver = Receiver({"drive": Database([good, bad])}, bindings)
    for can_id, raw in ((1, 7), (2, 101)):
        receiver.push(Frame(0, "drive", can_id | EXTENDED, struct.pack("<q", raw)))
    sample = receiver.sample(0)
    assert sample.reasons == (OK, OUT)
    assert sample.values == [7.0, 0.0]


@pytest.mark.parametrize(("length", "code"), [(32, "<f"), (64, "<d")])
def test_nan_and_infinity_are_not_finite_even_without_limits(length: int, code: str) -> None:
    message = one_signal_message("M", 1, 0, length, is_float=True)
    receiver = Receiver({"drive": Database([message])}, [SignalBinding("value", "drive", "M", "S")])
    for value, reason in (
        (1.5, OK),
        (float("nan"), NOT_FINITE),
        (float("inf"), NOT_FINITE),
        (-float("inf"), NOT_FINITE),
        (-1.5, OK),
    ):
        data = struct.pack(code, value).ljust(8, b"\0")
        receiver.push(Frame(0, "drive", 1 | EXTENDED, data))
        sample = receiver.sample(0)
        assert sample.reasons == (reason,)
        assert sample.values == ([value] if reason is OK else [1.5])


def test_a_large_double_that_overflows_in_si_is_not_finite() -> None:
    message = one_signal_message("M", 1, 0, 64, is_float=True)
    binding = SignalBinding("value", "drive", "M", "S", si_factor=1e10)
    receiver = Receiver({"drive": Database([message])}, [binding])
    receiver.push(Frame(0, "drive", 1 | EXTENDED, struct.pack("<d", 1e300)))
    assert receiver.sample(0).reasons == (NOT_FINITE,)
