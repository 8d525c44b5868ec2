"""What cannot be received or sent is refused at start-up, by name, all of it at once."""

import dataclasses
from typing import Any

import pytest
from cantools.database.can import Database, Message

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from tests.can.support import ATTRIBUTES, EXTENDED, database_of, one_signal_message

HEADER = """
 SG_ Crc : 0|8@1+ (1,0) [0|255] "" A
 SG_ Counter : 8|4@1+ (1,0) [0|14] "" A
"""


def receive(database: Database, message: str, signal: str = "S", **given: Any) -> Receiver:
    return Receiver({"drive": database}, [SignalBinding("it", "drive", message, signal, **given)])


def send(database: Database, message: str, signal: str = "S") -> Sender:
    return Sender({"drive": database}, [SignalBinding("it", "drive", message, signal)])


def dbc(body: str, attributes: str = "") -> Database:
    return database_of("BU_: A\n" + body + ATTRIBUTES + attributes)


def test_more_bytes_than_a_frame_has() -> None:
    database = Database([one_signal_message("Long", 1, 0, 8, message_length=65)])
    with pytest.raises(ValueError, match=r"drive\.Long: expected at most 64 bytes \(CAN FD\), got 65"):
        receive(database, "Long")
    wide = dbc('BO_ 1 Long: 16 A\n SG_ S : 0|65@1+ (1,0) [0|0] "" A\n')
    with pytest.raises(ValueError, match=r"drive\.Long\.S: expected 1 to 64 bits, got 65"):
        receive(wide, "Long")


def test_a_signal_that_is_not_in_its_message() -> None:
    long = one_signal_message("M", 1, 0, 9)
    long.refresh(strict=False)
    database = Database(
        [Message(1, "M", 1, long.signals, is_extended_frame=True, strict=False)], strict=False
    )
    with pytest.raises(ValueError, match=r"drive\.M\.S: expected all its bits within the 1 bytes"):
        receive(database, "M")


def test_a_floating_point_multiplexor() -> None:
    database = dbc(
        'BO_ 1 Muxed: 8 A\n SG_ Page M : 0|32@1- (1,0) [0|0] "" A\n SG_ S m0 : 32|8@1+ (1,0) [0|0] "" A\n',
        "SIG_VALTYPE_ 1 Page : 1;\n",
    )
    with pytest.raises(
        ValueError, match=r"drive\.Muxed: expected an integer of up to 64 bits as multiplexor"
    ):
        receive(database, "Muxed")


@pytest.mark.parametrize("scaling", ["2,0", "1,5", "-1,0", "0.5,0"])
def test_a_multiplexor_whose_pages_could_be_read_two_ways(scaling: str) -> None:
    database = dbc(
        f'BO_ 1 Muxed: 8 A\n SG_ Page M : 0|8@1+ ({scaling}) [0|0] "" A\n'
        ' SG_ S m2 : 8|8@1+ (1,0) [0|0] "" A\n SG_ T m4 : 8|8@1+ (1,0) [0|0] "" A\n'
    )
    words = r"drive\.Muxed: expected factor 1 and offset 0 of multiplexor Page, got \(" + scaling
    with pytest.raises(ValueError, match=words):
        receive(database, "Muxed")


def test_a_source_address_without_j1939() -> None:
    database = Database([one_signal_message("M", 1, 0, 8)])
    binding = SignalBinding("it", "drive", "M", "S", source=3)
    with pytest.raises(ValueError, match="it: expected a VFrameFormat of J1939PG for a source address"):
        Receiver({"drive": database}, [binding])
    with pytest.raises(ValueError, match=r"it: expected a J1939 source address 0\.\.255, or any .*, got 256"):
        Receiver({"drive": database}, [dataclasses.replace(binding, source=256)])


def test_container_messages() -> None:
    database = Database([Message(1, "Box", 8, [], contained_messages=[one_signal_message("M", 2, 0, 8)])])
    with pytest.raises(ValueError, match=r"no signal S in drive\.Box"):
        receive(database, "Box")


@pytest.mark.parametrize("profile", ["P99", "p01"])
def test_unknown_protection_profiles_name_message_and_profile(profile: str) -> None:
    database = dbc(
        'BO_ 1 Guarded: 8 A\n SG_ S : 16|8@1+ (1,0) [0|0] "" A\n', f'BA_ "E2eProfile" BO_ 1 "{profile}";\n'
    )
    with pytest.raises(ValueError, match=rf"drive\.Guarded: expected E2eProfile of P01, .*got '{profile}'"):
        receive(database, "Guarded")


def test_a_window_needs_a_cycle_time_and_figures_that_fit() -> None:
    window = 'BA_DEF_ BO_ "E2eWindowSizeValid" INT 0 255;\nBA_ "E2eWindowSizeValid" BO_ 1 3;\n'
    protection = 'BA_ "E2eProfile" BO_ 1 "P01";\nBA_ "E2eDataId" BO_ 1 7;\n'
    database = dbc('BO_ 1 Guarded: 8 A\n SG_ S : 16|8@1+ (1,0) [0|0] "" A\n', protection + window)
    with pytest.raises(ValueError, match=r"message drive\.Guarded: expected .*window"):
        receive(database, "Guarded")


def guarded(body: str, length: int = 8, data_id: int = 7) -> Database:
    return dbc(
        f"BO_ 1 Guarded: {length} A\n{body}\n",
        f'BA_ "E2eProfile" BO_ 1 "P01";\nBA_ "E2eDataId" BO_ 1 {data_id};\nBA_ "GenMsgCycleTime" BO_ 1 10;\n',
    )


def test_a_protected_message_without_data_identifier() -> None:
    database = guarded(' SG_ S : 16|8@1+ (1,0) [0|0] "" A', data_id=0)
    with pytest.raises(ValueError, match=r"drive\.Guarded: expected E2eDataId 1\.\.65535, got .* for P01"):
        receive(database, "Guarded")


def test_a_protected_message_too_short_for_its_header() -> None:
    with pytest.raises(ValueError, match=r"expected a message of at least 2 bytes, got 1 for P01"):
        receive(guarded(' SG_ S : 0|8@1+ (1,0) [0|0] "" A', length=1), "Guarded")


@pytest.mark.parametrize("place", ["4|8@1+", "0|4@1+", "7|12@0+", "8|6@1+", "11|8@0+", "0|12@1+"])
def test_a_signal_in_the_way_of_checksum_or_counter(place: str) -> None:
    with pytest.raises(ValueError, match="signal S overlaps the CRC"):
        receive(guarded(f' SG_ S : {place} (1,0) [0|0] "" A'), "Guarded")


@pytest.mark.parametrize("place", ["12|8@1+", "15|4@0+", "12|4@1+", "15|4@0-", "63|1@1+"])
def test_all_other_bits_are_free(place: str) -> None:
    database = guarded(HEADER + f' SG_ S : {place} (1,0) [0|0] "" A')
    assert receive(database, "Guarded") is not None
    assert send(database, "Guarded") is not None


def test_two_messages_with_one_identifier() -> None:
    database = Database([one_signal_message("A", 5, 0, 8), one_signal_message("B", 5, 0, 8)])
    bindings = [SignalBinding(name, "drive", name, "S") for name in "AB"]
    with pytest.raises(ValueError, match=r"drive\.A and drive\.B share the identifier 0x00000005"):
        Receiver({"drive": database}, bindings)


def test_the_same_identifier_in_both_formats_or_on_two_buses_is_no_clash() -> None:
    short = one_signal_message("B", 5, 0, 8)
    short.is_extended_frame = False
    database = Database([one_signal_message("A", 5, 0, 8), short])
    receiver = Receiver(
        {"drive": database, "body": database},
        [SignalBinding(f"{bus}{name}", bus, name, "S") for bus in ("drive", "body") for name in "AB"],
    )
    assert receiver.messages == ("drive.A", "drive.B", "body.A", "body.B")
    assert EXTENDED == 1 << 31


def test_numbers_that_float64_cannot_hold() -> None:
    message = one_signal_message("M", 1, 0, 64, factor=1e300)
    with pytest.raises(ValueError, match=r"drive\.M\.S: values exceed float64"):
        receive(Database([message]), "M")
    message = one_signal_message("M", 1, 0, 16, factor=1e200)
    with pytest.raises(ValueError, match="values exceed float64"):
        receive(Database([message]), "M", si_factor=1e200)


def test_a_float_of_half_width() -> None:
    message = one_signal_message("M", 1, 0, 16, is_float=True)
    with pytest.raises(ValueError, match="float of 32 or 64 bits, got 16"):
        receive(Database([message]), "M")


def test_factors_and_limits_that_are_no_numbers() -> None:
    for message in (
        one_signal_message("M", 1, 0, 8, factor=float("nan")),
        one_signal_message("M", 1, 0, 8, offset=float("inf")),
        one_signal_message("M", 1, 0, 8, limits=(0, float("inf"))),
    ):
        with pytest.raises(ValueError, match=r"drive\.M\.S: expected finite factor"):
            receive(Database([message]), "M")


GOOD = SignalBinding("speed", "drive", "M", "S")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bus": "cabin"}, "expected a bus of drive, got cabin in cabin.M.S"),
        ({"message": "N"}, "no message N in the DBC of bus drive"),
        ({"signal": "T"}, "no signal T in drive.M"),
        ({"si_factor": 0.0}, "finite SI factor other than 0, got 0.0"),
        ({"si_factor": float("nan")}, "finite SI factor other than 0, got nan"),
        ({"si_offset": float("inf")}, "finite SI offset, got inf"),
        ({"low": 2.0, "high": 1.0}, "expected low <= high, got 2.0 and 1.0"),
        ({"low": float("nan")}, "expected low <= high, got nan"),
        ({"default": float("nan")}, "finite default, got nan"),
    ],
)
def test_bindings_that_say_nothing_usable(changes: dict[str, object], words: str) -> None:
    database = Database([one_signal_message("M", 1, 0, 8)])
    with pytest.raises(ValueError, match=words) as caught:
        Receiver({"drive": database}, [dataclasses.replace(GOOD, **changes)])  # pyright: ignore[reportArgumentType]
    assert str(caught.value).startswith("speed: ")


def test_all_defects_come_at_once() -> None:
    database = Database([one_signal_message("M", 1, 0, 8)])
    bindings = [GOOD, GOOD, dataclasses.replace(GOOD, name="other", signal="T", si_factor=0.0)]
    with pytest.raises(ValueError, match="speed: bound twice") as caught:
        Receiver({"drive": database}, bindings)
    assert len(str(caught.value).splitlines()) == 3


def test_a_receiver_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one binding"):
        Receiver({"drive": Database([])}, [])


SENT = "BO_ 1 Command: 8 A\n"
CYCLE = 'BA_ "GenMsgCycleTime" BO_ 1 10;\n'


def test_a_sent_message_needs_a_cycle_time() -> None:
    database = dbc(SENT + ' SG_ S : 0|8@1+ (1,0) [0|0] "" A\n')
    with pytest.raises(ValueError, match=r"drive\.Command: expected a GenMsgCycleTime above 0 ms"):
        send(database, "Command")


def test_a_sent_message_leaves_no_signal_undefined() -> None:
    signals = ' SG_ S : 0|8@1+ (1,0) [0|0] "" A\n SG_ Other : 8|8@1+ (1,0) [0|0] "" A\n'
    with pytest.raises(ValueError, match=r"drive\.Command\.Other: expected a binding or a start value"):
        send(dbc(SENT + signals, CYCLE), "Command")
    start = 'BA_ "GenSigStartValue" SG_ 1 Other '
    with pytest.raises(ValueError, match=r"Command\.Other.* 0\.\.255, got 256"):
        send(dbc(SENT + signals, CYCLE + start + "256;\n"), "Command")
    send(dbc(SENT + signals, CYCLE + start + "255;\n"), "Command")


def test_checksum_and_counter_are_not_sent_from_a_binding() -> None:
    with pytest.raises(ValueError, match=r"Guarded\.Crc: is written by the end-to-end protection"):
        send(guarded(HEADER), "Guarded", "Crc")
    with pytest.raises(ValueError, match=r"Guarded\.Counter: is written by the end-to-end protection"):
        send(guarded(HEADER), "Guarded", "Counter")


def test_one_signal_is_not_sent_from_two_bindings() -> None:
    database = dbc(SENT + ' SG_ S : 0|8@1+ (1,0) [0|0] "" A\n', CYCLE)
    bindings = [SignalBinding(name, "drive", "Command", "S") for name in ("one", "two")]
    with pytest.raises(ValueError, match=r"drive\.Command: a signal is bound twice"):
        Sender({"drive": database}, bindings)


def test_a_range_without_any_raw_step_is_not_sent() -> None:
    database = dbc(SENT + ' SG_ S : 0|8@1+ (10,0) [1|9] "" A\n', CYCLE)
    with pytest.raises(ValueError, match=r"Command\.S: no raw value lies within \[1\|9\]"):
        send(database, "Command")
