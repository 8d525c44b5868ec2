"""Commands become the frames that cantools would encode, protected; or, all of them, none."""

import math
from functools import cache
from typing import Any

import e2e.p01
import pytest
from cantools.database.can import Message, Signal
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.packer import EncodeError
from firmware_runtime.can.sender import Sender
from tests.can.support import (
    ATTRIBUTES,
    DBC_NAMES,
    MS,
    bindings_of,
    data_id,
    database,
    database_of,
    frame_id,
    payload_signals,
    protected,
)

DRIVE = database("q_truck_drive")
TRACTION = DRIVE.get_message_by_name("TractionCommand")
BRAKE = DRIVE.get_message_by_name("BrakeCommand")
ALL_DUE_NS = 10_000 * MS
"""A step after which every message is due."""


def encoded_by_cantools(message: Message, values: dict[str, float], counter: int) -> bytes:
    given = {**values, "Crc": 0, "Counter": counter}
    return protected(message.encode(given, strict=True), data_id(message), counter)


def decoded(message: Message, frame: Frame) -> dict[str, Any]:
    """DBC-unit values by cantools."""
    values = message.decode_simple(frame.data, decode_choices=False)
    assert isinstance(values, dict)
    return values


def in_range(signal: Signal) -> st.SearchStrategy[float]:
    """Any value within [min|max]: its ends, whole numbers, and what lies between the steps."""
    low, high = float(signal.minimum or 0), float(signal.maximum or 0)
    whole = st.integers(math.ceil(low), math.floor(high)).map(float)
    return st.floats(low, high) | whole | st.sampled_from([low, high])


@cache
def all_in_range(name: str) -> st.SearchStrategy[list[dict[str, float]]]:
    """Values of all messages of a database, by signal, in binding order."""
    messages = database(name).messages
    signals = [signal for message in messages for signal in payload_signals(message)]

    def by_message(values: tuple[float, ...]) -> list[dict[str, float]]:
        rest = iter(values)
        return [{signal.name: next(rest) for signal in payload_signals(message)} for message in messages]

    return st.tuples(*(in_range(signal) for signal in signals)).map(by_message)


@pytest.mark.parametrize("name", DBC_NAMES)
@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_frames_equal_those_of_cantools_and_autosar_e2e(name: str, data: st.DataObject) -> None:
    messages = database(name).messages
    sender = Sender({"drive": database(name)}, bindings_of("drive", messages))
    for counter in range(2):
        given = data.draw(all_in_range(name))
        now_ns = (1 + counter) * ALL_DUE_NS
        frames = sender.frames(now_ns, [value for values in given for value in values.values()])
        assert frames == [
            Frame(now_ns, "drive", frame_id(message), encoded_by_cantools(message, values, counter))
            for message, values in zip(messages, given, strict=True)
        ]


@pytest.mark.parametrize("name", DBC_NAMES)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_what_is_decoded_is_the_nearest_step_to_the_si_value(name: str, data: st.DataObject) -> None:
    messages = database(name).messages
    factor = data.draw(st.sampled_from([math.pi / 180, 1 / 3.6, 1000.0, -0.5]))
    sender = Sender(
        {"drive": database(name)}, bindings_of("drive", messages, si_factor=factor, si_offset=20.0)
    )
    given = data.draw(all_in_range(name))
    values = [value * factor + 20.0 for message in given for value in message.values()]
    for frame, message, wanted in zip(sender.frames(0, values), messages, given, strict=True):
        values = decoded(message, frame)
        for signal in payload_signals(message):
            error = abs(float(values[signal.name]) - wanted[signal.name])
            assert error <= abs(signal.scale) * 0.5000001, signal.name


def traction_and_brake(**given: float) -> tuple[Sender, list[SignalBinding]]:
    bindings = bindings_of("drive", [TRACTION, BRAKE], **given)
    return Sender({"drive": DRIVE}, bindings), bindings


def test_values_are_taken_in_binding_order_even_across_messages() -> None:
    order = (
        ("BrakeCommand", "ForceRequest"),
        ("TractionCommand", "Enable"),
        ("BrakeCommand", "ParkBrakeRequest"),
        ("TractionCommand", "TorqueRequest"),
    )
    bindings = [SignalBinding(signal, "drive", message, signal) for message, signal in order]
    sender = Sender({"drive": DRIVE}, bindings)
    assert sender.messages == ("drive.BrakeCommand", "drive.TractionCommand")
    brake, traction = sender.frames(0, [5000.0, 1.0, 1.0, -250.0])
    assert decoded(BRAKE, brake)["ForceRequest"] == 5000
    assert decoded(BRAKE, brake)["ParkBrakeRequest"] == 1
    assert decoded(TRACTION, traction)["TorqueRequest"] == -250
    assert decoded(TRACTION, traction)["Enable"] == 1


def test_counters_run_from_0_to_14_and_every_frame_is_protected() -> None:
    sender, _ = traction_and_brake()
    for tick in range(40):
        for frame in sender.frames(tick * 10 * MS, [0.0] * 4):
            assert frame.data[1] & 0x0F == tick % 15
            message = TRACTION if frame.can_id == frame_id(TRACTION) else BRAKE
            assert e2e.p01.e2e_p01_check(bytearray(frame.data), data_id(message))


def test_each_message_keeps_its_own_cycle() -> None:
    body = database("yard_body")
    messages = [body.get_message_by_name(name) for name in ("BatteryCommand", "BodyCommand")]
    sender = Sender({"body": body}, bindings_of("body", messages))
    values = [0.0] * len(sender.bindings)
    assert sender.due(0) == ("body.BatteryCommand", "body.BodyCommand")
    sent = [len(sender.frames(tick * 10 * MS, values)) for tick in range(21)]
    assert sent == [2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2]


def test_due_says_what_frames_would_send_and_changes_nothing() -> None:
    sender, _ = traction_and_brake()
    for _ in range(2):
        assert sender.due(0) == ("drive.TractionCommand", "drive.BrakeCommand")
    sender.frames(0, [0.0] * 4)
    assert sender.due(5 * MS) == ()
    assert sender.frames(5 * MS, [0.0] * 4) == []
    assert len(sender.due(10 * MS)) == 2


def test_it_tells_which_frames_carry_a_value() -> None:
    sender, bindings = traction_and_brake()
    for binding in bindings:
        message = TRACTION if binding.message == "TractionCommand" else BRAKE
        assert sender.identifiers([binding.name]) == {("drive", frame_id(message))}
    sent = {(frame.bus, frame.can_id) for frame in sender.frames(0, [0.0] * 4)}
    assert sender.identifiers([binding.name for binding in bindings]) == sent
    assert sender.identifiers(["nothing that it sends"]) == frozenset()


@pytest.mark.parametrize("value", [16000.5, -16000.5, math.nan, math.inf, -math.inf, 1e300, 32768 * 0.5])
def test_a_value_that_does_not_fit_is_refused_and_never_wrapped(value: float) -> None:
    sender, _ = traction_and_brake()
    with pytest.raises(EncodeError) as caught:
        sender.frames(0, [1.0, value, 0.0, 0.0])
    error = caught.value
    assert (error.message, error.signal) == ("drive.TractionCommand", "TorqueRequest")
    assert (error.low, error.high) == (pytest.approx(-16000), pytest.approx(16000))
    assert error.value == value or math.isnan(value)
    assert str(error).startswith("drive.TractionCommand.TorqueRequest: expected -16000 to 16000 in SI units")


def test_a_refusal_speaks_in_si_units_whatever_the_sign_of_the_factor() -> None:
    sender, _ = traction_and_brake(si_factor=-2.0, si_offset=1.0)
    with pytest.raises(EncodeError) as caught:
        sender.frames(0, [1.0, 40_000.0, 1.0, 1.0])
    assert (caught.value.low, caught.value.high) == (pytest.approx(-31999), pytest.approx(32001))


def test_nothing_is_half_sent() -> None:
    sender, _ = traction_and_brake()
    sender.frames(0, [0.0] * 4)
    before = sender.snapshot()
    for _ in range(3):
        with pytest.raises(EncodeError, match=r"BrakeCommand\.ForceRequest"):
            sender.frames(10 * MS, [1.0, 100.0, 0.0, -1.0])
    assert sender.snapshot() == before
    frames = sender.frames(10 * MS, [1.0, 100.0, 0.0, 10.0])
    assert [frame.data[1] & 0x0F for frame in frames] == [1, 1]


@pytest.mark.parametrize("value", [1.0, math.nan, 1e300])
def test_a_rehearsal_packs_everything_and_changes_nothing(value: float) -> None:
    sender, _ = traction_and_brake()
    plain, _ = traction_and_brake()
    for tick in range(20):
        before = sender.snapshot()
        sender.rehearse([1.0, value, 0.0, 0.0])
        assert sender.snapshot() == before
        assert sender.frames(tick * 10 * MS, [0.0] * 4) == plain.frames(tick * 10 * MS, [0.0] * 4)


def test_a_limit_reached_through_unit_conversion_still_fits() -> None:
    steering = DRIVE.get_message_by_name("SteeringCommand")
    for steps in range(1, 200):
        # Factors of all sizes: the limit in SI and back is a last place beyond it as often as not.
        factor = math.pi / 180 * steps / 7
        sender = Sender({"drive": DRIVE}, bindings_of("drive", [steering], si_factor=factor))
        (frame,) = sender.frames(0, [0.0, 90 * factor, -90 * factor])
        angles = decoded(steering, frame)
        assert (angles["FrontAngle"], angles["RearAngle"]) == (90.0, -90.0)


def test_the_raw_range_limits_where_the_dbc_states_none_and_the_nearest_step_within_is_sent() -> None:
    text = 'BU_: A\nBO_ 1 Command: 3 A\n SG_ Free : 0|8@1- (0.5,0) [0|0] "" A\n'
    text += ' SG_ Between : 15|8@0+ (1,0) [0|9.7] "" A\n SG_ Fixed : 19|3@0+ (1,0) [0|0] "" A\n'
    text += ATTRIBUTES + 'BA_ "GenMsgCycleTime" BO_ 1 10;\nBA_ "GenSigStartValue" SG_ 1 Fixed 5;\n'
    loaded = database_of(text)
    names = ("Free", "Between")
    bindings = [SignalBinding(name, "drive", "Command", name) for name in names]

    def sent(free: float, between: float) -> dict[str, Any]:
        (frame,) = Sender({"drive": loaded}, bindings).frames(0, [free, between])
        return decoded(loaded.messages[0], frame)

    assert sent(-64.0, 9.7) == {"Free": -64.0, "Between": 9, "Fixed": 5}
    assert sent(63.5, 9.4) == {"Free": 63.5, "Between": 9, "Fixed": 5}
    assert sent(0.24, 0.6) == {"Free": 0.0, "Between": 1, "Fixed": 5}
    for free, between in ((-64.5, 0.0), (64.0, 0.0), (0.0, 9.8), (0.0, -0.1)):
        with pytest.raises(EncodeError):
            sent(free, between)


def test_a_negative_factor_swaps_the_raw_limits() -> None:
    text = 'BU_: A\nBO_ 1 Command: 1 A\n SG_ Down : 0|8@1+ (-2,10) [-20|10] "" A\n'
    loaded = database_of(text + ATTRIBUTES + 'BA_ "GenMsgCycleTime" BO_ 1 10;\n')
    for value, raw in ((10.0, 0), (-20.0, 15), (0.0, 5)):
        sender = Sender({"drive": loaded}, bindings_of("drive", loaded.messages))
        assert sender.frames(0, [value])[0].data == bytes([raw])
    sender = Sender({"drive": loaded}, bindings_of("drive", loaded.messages))
    for value in (12.0, -22.0):
        with pytest.raises(EncodeError):
            sender.frames(0, [value])


def test_one_value_a_binding_is_demanded() -> None:
    sender, _ = traction_and_brake()
    with pytest.raises(ValueError, match="expected 4 values, one a binding, got 3"):
        sender.frames(0, [0.0] * 3)
