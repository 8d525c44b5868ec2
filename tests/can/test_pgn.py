"""J1939 messages are known by their parameter group; "not available" and "error" are no values."""

from pathlib import Path

import pytest

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import load_database
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.packer import EncodeError
from firmware_runtime.can.pgn import pgn_of
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.verdict import Rejection, Unusable
from tests.can.oracle import DATABASES
from tests.can.support import MS

GROUPS = load_database(DATABASES / "j1939.dbc")
ENGINE = 0x0CF00400
UNKNOWN, ACCEPTED = Rejection.UNKNOWN, Rejection.ACCEPTED


def receiver(message: str, signal: str, *sources: int | None) -> Receiver:
    bindings = [
        SignalBinding(f"{signal}{source}", "bus", message, signal, source=source)
        for source in sources or (None,)
    ]
    return Receiver({"bus": GROUPS}, bindings)


def push(receiver: Receiver, identifier: int, data: bytes = bytes(8)) -> Rejection:
    return receiver.push(Frame(0, "bus", identifier | EXTENDED_FLAG, data))


def test_any_source_and_any_priority_but_no_other_group() -> None:
    engine = receiver("Engine", "Speed")
    for identifier in (0x0CF004FE, 0x0CF00400, 0x18F004FE, 0x00F00427, 0x1CF00431):
        assert push(engine, identifier) is ACCEPTED, hex(identifier)
    for identifier in (0x0CF00500, 0x0DF00400, 0x0EF00400, 0x0CF10400, 0x0C00F004):
        assert push(engine, identifier) is UNKNOWN, hex(identifier)
    assert engine.push(Frame(0, "bus", 0x0CF00400, bytes(8))) is UNKNOWN, "no 29-bit identifier"
    assert engine.push(Frame(0, "other", 0x0CF00400 | EXTENDED_FLAG, bytes(8))) is UNKNOWN
    assert engine.message_statistics()[0].sources == (0x00, 0x27, 0x31, 0xFE)


def test_a_source_that_the_dbc_states_is_the_only_one() -> None:
    cruise = receiver("Cruise", "Speed")
    assert push(cruise, 0x18FEF127) is ACCEPTED
    assert push(cruise, 0x0CFEF127) is ACCEPTED, "priority is no part of it"
    assert push(cruise, 0x18FEF128) is UNKNOWN


def test_a_source_that_the_binding_states_goes_before_all() -> None:
    engine = receiver("Engine", "Plain", 3, None, 4)
    assert engine.messages == ("bus.Engine@0x03", "bus.Engine", "bus.Engine@0x04")
    for source in (3, 4, 5):
        assert push(engine, ENGINE | source, bytes([0] * 5 + [source] + [0] * 2)) is ACCEPTED
    assert engine.sample(0).values == [3, 5, 4]
    cruise = receiver("Cruise", "Speed", 9)
    assert push(cruise, 0x18FEF109) is ACCEPTED
    assert push(cruise, 0x18FEF127) is UNKNOWN


def test_a_group_to_a_destination_is_one_whatever_the_destination() -> None:
    torque = receiver("Torque", "Requested")
    for identifier in (0x0C0000FE, 0x0C000B27, 0x0C00FF03):
        assert push(torque, identifier) is ACCEPTED
    assert push(torque, 0x0C010003) is UNKNOWN
    assert pgn_of(0x0C000B27) == 0
    assert pgn_of(0x18EAFF00) == 0xEA00
    assert pgn_of(0x19FEF100) == 0x1FEF1


def test_one_number_in_both_identifier_formats_is_two_messages() -> None:
    bindings = [SignalBinding(name, "bus", name, "Byte") for name in ("Short", "Wide")]
    both = Receiver({"bus": GROUPS}, bindings)
    both.push(Frame(0, "bus", 0x123, b"\x01" + bytes(7)))
    push(both, 0x123, b"\x02" + bytes(7))
    assert both.sample(0).values == [1, 2]
    assert push(both, 0x0C000123) is UNKNOWN, "an identifier of its own has a priority that counts"


def test_two_messages_of_one_group_and_source_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.dbc"
    text = (DATABASES / "j1939.dbc").read_text()
    again = 0x18F004FE | EXTENDED_FLAG
    message = f'BO_ {again} Again: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n'
    path.write_text(
        text.replace("BO_ 291 Short", message + "BO_ 291 Short") + f'BA_ "VFrameFormat" BO_ {again} 3;\n'
    )
    bindings = [SignalBinding("a", "bus", "Engine", "Speed"), SignalBinding("b", "bus", "Again", "S")]
    with pytest.raises(ValueError, match=r"bus\.Engine and bus\.Again share PGN 0xF004 from any source"):
        Receiver({"bus": load_database(path)}, bindings)


def test_random_identifiers_fill_no_memory() -> None:
    engine = receiver("Engine", "Speed")
    for priority in range(8):
        for source in range(256):
            for page in range(4):
                push(engine, priority << 26 | page << 24 | 0xF00400 | source)
    assert engine.message_statistics()[0].received == 8 * 256
    assert len(engine._by_id) <= 4096


SPEED, TORQUE, SWITCH, MODE, PLAIN, FALLING = "Speed", "Torque", "Switch", "Mode", "Plain", "Falling"


@pytest.mark.parametrize(
    ("signal", "data", "reason"),
    [
        (SPEED, "000000ff faff0000", Unusable.OK),
        (SPEED, "000000ffff000000", Unusable.NOT_AVAILABLE),
        (SPEED, "00000000ff000000", Unusable.NOT_AVAILABLE),
        (SPEED, "00000000fe000000", Unusable.ERROR_INDICATED),
        (SPEED, "000000fffd000000", Unusable.OUT_OF_RANGE),
        (TORQUE, "0000ff0000000000", Unusable.NOT_AVAILABLE),
        (TORQUE, "0000fe0000000000", Unusable.ERROR_INDICATED),
        (TORQUE, "0000fb0000000000", Unusable.OUT_OF_RANGE),
        (TORQUE, "0000fa0000000000", Unusable.OK),
        (SWITCH, "0300000000000000", Unusable.NOT_AVAILABLE),
        (SWITCH, "0200000000000000", Unusable.ERROR_INDICATED),
        (SWITCH, "0100000000000000", Unusable.OK),
        (MODE, "f000000000000000", Unusable.NOT_AVAILABLE),
        (MODE, "e000000000000000", Unusable.OK),
        (PLAIN, "0000000000ff0000", Unusable.OK),
        (FALLING, "000000000000ffff", Unusable.NOT_AVAILABLE),
        (FALLING, "00000000000000fe", Unusable.ERROR_INDICATED),
        (FALLING, "000000000000fffd", Unusable.OK),
    ],
)
def test_raw_values_at_the_top_are_no_measurement(signal: str, data: str, reason: Unusable) -> None:
    engine = receiver("Engine", signal)
    push(engine, ENGINE, bytes.fromhex(data))
    sample = engine.sample(0)
    assert sample.reasons == (reason,)
    if reason is not Unusable.OK:
        assert sample.values == [0.0], "the default: there was no usable value yet"


def test_what_a_maker_defines_follows_no_convention() -> None:
    own = receiver("Own", "Byte")
    push(own, 0x18FF1044, b"\xff" * 8)
    assert own.sample(0).reasons == (Unusable.OK,)
    assert own.sample(0).values == [255]


def test_one_signal_that_is_not_available_leaves_the_others() -> None:
    bindings = [SignalBinding(name, "bus", "Engine", name) for name in (SPEED, TORQUE)]
    engine = Receiver({"bus": GROUPS}, bindings)
    push(engine, ENGINE, bytes.fromhex("0000c8ffff000000"))
    sample = engine.sample(0)
    assert sample.reasons == (Unusable.NOT_AVAILABLE, Unusable.OK)
    assert sample.values == [0, 75]


def test_a_group_is_sent_from_an_address_and_never_as_an_indicator() -> None:
    with pytest.raises(ValueError, match=r"bus\.Torque: expected a J1939 source address.*got 0xFE"):
        Sender({"bus": GROUPS}, [SignalBinding("it", "bus", "Torque", "Requested")])
    sender = Sender({"bus": GROUPS}, [SignalBinding("it", "bus", "Torque", "Requested", source=0x27)])
    (frame,) = sender.frames(0, [8031.875])
    assert frame.can_id == 0x0C000027 | EXTENDED_FLAG
    assert frame.data[1:3] == (64255).to_bytes(2, "little")
    with pytest.raises(EncodeError):
        sender.frames(100 * MS, [0xFE00 * 0.125])
    known = Sender({"bus": GROUPS}, [SignalBinding("it", "bus", "Cruise", "Speed")])
    assert known.frames(0, [1.0])[0].can_id == 0x18FEF127 | EXTENDED_FLAG
