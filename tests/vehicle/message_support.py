"""Small DBCs of every kind of message, bound on a bus of their own in a copy of the committed Q-Truck."""

import json
from collections.abc import Mapping
from typing import Any

import cantools
import pytest
from cantools.database.can import Database, Message
from e2e import p01

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.verdict import Rejection, Unusable
from firmware_runtime.executive.command import main
from tests.vehicle.support import PROFILE_FILE, Configuration

MS = 1_000_000
EXTRA_DBC = "dbc/extra.dbc"
HEAD = "BU_: A\n"
ATTRIBUTES = """
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_ BO_ "GenMsgTimeoutTime" INT 0 65535;
BA_DEF_ BO_ "E2eProfile" STRING ;
BA_DEF_ BO_ "E2eDataId" INT 0 65535;
BA_DEF_ BO_ "E2eDataIdList" STRING ;
BA_DEF_ BO_ "E2ePolynomial" INT 0 255;
BA_DEF_ BO_ "E2eChecksumByte" INT 0 63;
BA_DEF_ BO_ "E2eCounterBit" INT 0 511;
BA_DEF_ BO_ "E2eCounterWidth" INT 0 8;
BA_DEF_ BO_ "E2eStart" INT 0 255;
BA_DEF_ BO_ "E2eMaxDeltaCounter" INT 0 255;
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG","","","","","","","","","","","StandardCAN_FD","ExtendedCAN_FD";
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_DEF_DEF_ "GenMsgTimeoutTime" 0;
BA_DEF_DEF_ "E2eProfile" "";
BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
"""  # noqa: E501
STANDARD, J1939, FD = 0, 3, 14


def dbc(*messages: str, **attributes: Mapping[str, int | str]) -> str:
    """A DBC of `BO_` texts; `attributes` by `m` and the number in their `BO_`."""
    lines = [
        f'BA_ "{name}" BO_ {number[1:]} {json.dumps(value)};'
        for number, values in attributes.items()
        for name, value in values.items()
    ]
    return HEAD + "\n".join(messages) + "\n" + ATTRIBUTES + "\n".join(lines) + "\n"


def cyclic(frame_format: int = STANDARD, **more: int | str) -> dict[str, int | str]:
    return {"GenMsgCycleTime": 20, "GenMsgTimeoutTime": 60, "VFrameFormat": frame_format, **more}


def bind(
    configuration: Configuration, text: str, bound: Mapping[str, str], more: str = "", fd: bool = False
) -> None:
    """Put the DBC on bus `extra` and bind signals to it, `>` before the name of an output."""
    (configuration.folder / EXTRA_DBC).write_text(text)
    path = configuration.folder / PROFILE_FILE
    profile = path.read_text()
    for name, reference in bound.items():
        key = name.removeprefix(">")
        table = profile.index("[outputs]" if key != name else "[inputs]")
        place = profile.index(f"\n{key} = ", table) + 1
        end = profile.index("\n", place)
        profile = profile[:place] + f'{key} = "extra.{reference}"' + profile[end:]
    declared = f'[buses.extra]\ndbc = "../{EXTRA_DBC}"\nbitrate_bps = 500000\n'
    if fd:
        declared += "data_bitrate_bps = 2000000\n"
    path.write_text(profile.replace("[inputs]", f"{declared}{more}\n[inputs]"))


def leave_out(configuration: Configuration, bus: str, signal: str) -> None:
    """A signal that nobody sends any more must be declared constant."""
    message, name = signal.split(".")
    path = configuration.folder / PROFILE_FILE
    constant = f"[messages.{bus}.{message}.constants]\n{name} = 0\n"
    path.write_text(path.read_text().replace("[inputs]", f"{constant}\n[inputs]"))


def passes(configuration: Configuration, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Rows of `check --json` by canonical signal, with its direction."""
    status = main(["check", str(configuration.profile), "--json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    return {f"{row['direction']} {row['signal']}": row for row in json.loads(out)["bindings"]}


def refused(configuration: Configuration) -> list[str]:
    return [f"{p.key}: expected {p.expected}, got {p.got}" for p in configuration.problems()]


class Ear:
    """What the controller has of a profile's frames: a receiver of all its inputs."""

    def __init__(self, configuration: Configuration) -> None:
        self.profile = configuration.load()
        self.receiver = Receiver(self.profile.databases, self.profile.inputs)
        self.now_ns = 0

    def hear(self, can_id: int, data: bytes) -> Rejection:
        self.now_ns += MS
        return self.receiver.push(Frame(self.now_ns, "extra", can_id, data))

    def read(self, name: str, later_ms: int = 0) -> tuple[float, Unusable]:
        index = [binding.name for binding in self.profile.inputs].index(name)
        sample = self.receiver.sample(self.now_ns + later_ms * MS)
        return sample.values[index], sample.reasons[index]


def database(configuration: Configuration) -> Database:
    loaded = cantools.database.load_file(configuration.folder / EXTRA_DBC)
    assert isinstance(loaded, Database)
    return loaded


def decoded(message: Message, data: bytes) -> dict[str, Any]:
    values = message.decode(data)
    assert isinstance(values, dict)
    return dict(values)


def can_id(message: Message) -> int:
    return message.frame_id | EXTENDED_FLAG if message.is_extended_frame else message.frame_id


def seal_p01(data: bytes, identifier: int, counter: int) -> bytes:
    frame = bytearray(data)
    frame[1] = frame[1] & 0xF0 | counter
    p01.e2e_p01_protect(frame, identifier, increment_counter=False)
    return bytes(frame)


HEADER = ' SG_ Crc : 0|8@1+ (1,0) [0|255] "" A\n SG_ Counter : 8|4@1+ (1,0) [0|14] "" A\n'
PAGED = (
    "BO_ 291 Warmth: 8 A\n"
    + HEADER
    + ' SG_ Mux M : 12|4@1+ (1,0) [0|3] "" A\n'
    + ' SG_ Inverter m0 : 16|16@1- (0.1,0) [-40|210] "degC" A\n'
    + ' SG_ Motor m1 : 31|16@0- (0.1,0) [-40|210] "degC" A\n'
    + ' SG_ Spare m2 : 16|16@1- (0.1,0) [-40|210] "degC" A\n'
)
PAGES = {"inverter_temperature_degc": "Warmth.Inverter", "motor_temperature_degc": "Warmth.Motor"}
FD_COMMAND = (
    "BO_ 513 Steer: 12 A\n"
    ' SG_ Crc : 0|16@1+ (1,0) [0|65535] "" A\n SG_ Counter : 16|8@1+ (1,0) [0|255] "" A\n'
    ' SG_ Angle : 71|32@0- (0.0001,0) [-1.2|1.2] "rad" A\n'
)
# PGN 0xFEEA (vehicle weight) and 0xFF20 (proprietary), from any source by the DBC.
WEIGHT = 0x98FEEAFE
GROUP = f'BO_ {WEIGHT} Weight: 8 A\n{HEADER} SG_ Mass : 16|16@1+ (5,0) [0|320000] "kg" A\n'
GROUP_DBC = dbc(GROUP, **{f"m{WEIGHT}": cyclic(J1939, E2eProfile="P01", E2eDataId=9)})


def weight(source: int, steps: int, counter: int = 0, priority: int = 6) -> tuple[int, bytes]:
    data = seal_p01(bytes(2) + steps.to_bytes(2, "little") + bytes(4), 9, counter)
    return EXTENDED_FLAG | priority << 26 | 0xFEEA00 | source, data


TWO_PLAIN = "BO_ 291 Plain: 8 A\n" + HEADER + ' SG_ Mass : 16|16@1+ (5,0) [0|320000] "kg" A\n'
