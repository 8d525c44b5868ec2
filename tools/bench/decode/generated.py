"""Generated database and frames: 200 signals in 60 messages, half big-endian, 87 signed, cycle 10 ms."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cantools
from cantools.database.can import Database

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.protection.profile_1a import protect

TICK_NS = 10_000_000
COUNTERS = 15
"""Counter values of AUTOSAR profile 1."""
FIRST_BODY_BIT, BODY_BITS = 16, 48
"""Behind checksum and counter."""
FACTOR, OFFSET = 0.125, -40
FIRST_ID = 0x100
SIGNED = 87
SIGNALS_PER_MESSAGE = ((4,) * 10 + (3,) * 20) * 2
"""First half little-endian, second half big-endian: 100 signals each."""
_HEAD = 'VERSION ""\n\nBU_: Peer\n\n'
_ATTRIBUTES = """
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_ BO_ "E2eProfile" STRING ;
BA_DEF_ BO_ "E2eDataId" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_DEF_DEF_ "E2eProfile" "";
BA_DEF_DEF_ "E2eDataId" 0;
"""


class Generated(NamedTuple):
    """A database, and what the runtime binds of it."""

    text: str
    database: Database
    bindings: tuple[SignalBinding, ...]


def generated(
    bus: str, signals: Sequence[int] = SIGNALS_PER_MESSAGE, signed: int = SIGNED, is_protected: bool = True
) -> Generated:
    """Messages with so many signals each; the second half of them big-endian, `signed` signals spread."""
    total, number = sum(signals), 0
    blocks: list[str] = []
    attributes: list[str] = []
    bindings: list[SignalBinding] = []
    for index, count in enumerate(signals):
        can_id, big_endian = FIRST_ID + index, index >= len(signals) / 2
        lines = [f"BO_ {can_id} M{index}: 8 Peer"]
        attributes.append(f'BA_ "GenMsgCycleTime" BO_ {can_id} 10;')
        if is_protected:
            lines += [' SG_ Crc : 0|8@1+ (1,0) [0|255] "" Peer', ' SG_ Counter : 8|4@1+ (1,0) [0|15] "" Peer']
            attributes.append(f'BA_ "E2eProfile" BO_ {can_id} "P01";')
            attributes.append(f'BA_ "E2eDataId" BO_ {can_id} {data_id(index)};')
        for place in range(count):
            is_signed = (number + 1) * signed // total > number * signed // total
            lines.append(_signal(f"S{number}", place, BODY_BITS // count, big_endian, is_signed))
            bindings.append(SignalBinding(f"{bus}_s{number}", bus, f"M{index}", f"S{number}"))
            number += 1
        blocks.append("\n".join(lines) + "\n")
    text = _HEAD + "\n".join(blocks) + _ATTRIBUTES + "\n".join(attributes) + "\n"
    database = cantools.database.load_string(text, database_format="dbc", strict=True)
    if not isinstance(database, Database):
        raise TypeError(f"expected a CAN database, got {type(database).__name__}")
    return Generated(text, database, tuple(bindings))


def _signal(name: str, place: int, width: int, big_endian: bool, signed: bool) -> str:
    first = FIRST_BODY_BIT + place * width
    start = 8 * (first // 8) + 7 - first % 8 if big_endian else first
    # The greatest raw value is out of range, so that every signal's range has to be judged.
    low, high = (-(1 << width - 1), (1 << width - 1) - 2) if signed else (0, (1 << width) - 2)
    limits = f"[{low * FACTOR + OFFSET}|{high * FACTOR + OFFSET}]"
    sign, order = "-" if signed else "+", 0 if big_endian else 1
    return f' SG_ {name} : {start}|{width}@{order}{sign} ({FACTOR},{OFFSET}) {limits} "" Peer'


def data_id(index: int) -> int:
    return 0x1000 + index


def body(chance: random.Random) -> bytes:
    """A payload without checksum and counter; no nibble is 15, so no signal has its greatest raw value."""
    nibbles = [16 * chance.randrange(15) + chance.randrange(15) for _ in range(BODY_BITS // 8)]
    return bytes(FIRST_BODY_BIT // 8) + bytes(nibbles)


class FrameSource:
    """Good frames of all messages in turn on some buses, one tick after the other, without an end."""

    def __init__(self, buses: Sequence[str], per_bus: int, messages: int = len(SIGNALS_PER_MESSAGE)) -> None:
        """`per_bus`: frames in a tick on each bus."""
        chance = random.Random(1)
        self._buses, self._per_bus, self._messages = buses, per_bus, messages
        self._payloads: list[bytes] = []
        for number in range(messages * COUNTERS):
            payload = bytearray(body(chance))
            protect(payload, data_id(number % messages), number // messages)
            self._payloads.append(bytes(payload))
        self.now_ns = 0
        """Time of the last tick that was given out."""
        self._number = 0

    def ticks(self, count: int) -> Iterator[list[Frame]]:
        """The next ticks."""
        gap_ns = TICK_NS // self._per_bus
        for _ in range(count):
            began_ns, self.now_ns = self.now_ns, self.now_ns + TICK_NS
            frames: list[Frame] = []
            for place in range(self._per_bus):
                can_id = FIRST_ID + self._number % self._messages
                data = self._payloads[self._number % len(self._payloads)]
                time_ns = began_ns + place * gap_ns
                frames += [Frame(time_ns, bus, can_id, data) for bus in self._buses]
                self._number += 1
            yield frames
