"""The offline column decode equals cantools, frame by frame, over databases of every kind."""

import math
import random
import struct
from collections.abc import Sequence
from pathlib import Path

import cantools
import numpy as np
import pytest
from cantools.database import DecodeError
from cantools.database.can import Database, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.columns import ColumnDecoder, DecodedColumns
from firmware_runtime.can.frame_columns import FrameColumns, identifier_slots
from firmware_runtime.can.message_match import MessageMatch, OfflineDatabase, names_of
from firmware_runtime.can.signal_cut import cut_of
from tests.can.support import DBC_NAMES, EXTENDED, database, database_of, frame_id

FOXBMS = Path(__file__).parents[3] / "shared" / "data" / "can" / "foxbms.dbc"

KINDS = """
BO_ 10 Little: 8 X
 SG_ A : 3|13@1- (0.25,-7) [0|0] "V" X
 SG_ B : 16|48@1+ (3,0.5) [0|0] "" X
BO_ 11 Big: 8 X
 SG_ A : 5|13@0- (-0.5,0) [0|0] "A" X
 SG_ B : 31|40@0+ (1,0) [0|0] "" X
BO_ 12 Wide: 8 X
 SG_ U : 0|64@1+ (1,0) [0|0] "" X
BO_ 13 WideScaled: 8 X
 SG_ S : 7|64@0- (3,7) [0|0] "" X
BO_ 14 Float: 8 X
 SG_ F : 0|32@1- (2,1) [0|0] "" X
 SG_ G : 39|32@0- (1,0) [0|0] "" X
BO_ 15 Double: 8 X
 SG_ D : 0|64@1- (0.1,0) [0|0] "" X
BO_ 16 Short: 3 X
 SG_ A : 0|24@1- (-1,0) [0|0] "" X
BO_ 17 Wideish: 8 X
 SG_ W : 1|63@1- (7,0.25) [0|0] "" X
SIG_VALTYPE_ 14 F : 1;
SIG_VALTYPE_ 14 G : 1;
SIG_VALTYPE_ 15 D : 2;
"""
FD = """
BO_ 30 Long: 64 X
 SG_ Ninth : 83|64@1+ (1,0) [0|0] "" X
 SG_ NinthSigned : 163|62@1- (1,0) [0|0] "" X
 SG_ NinthBig : 258|64@0+ (1,0) [0|0] "" X
 SG_ NinthBigSigned : 354|61@0- (0.5,1) [0|0] "" X
 SG_ Last : 504|8@1+ (1,0) [0|0] "" X
 SG_ LastBig : 487|16@0- (1,0) [0|0] "" X
 SG_ First : 0|12@1- (1,0) [0|0] "" X
BO_ 31 Classic: 5 X
 SG_ A : 0|40@1+ (1,0) [0|0] "" X
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","StandardCAN_FD","ExtendedCAN_FD";
BA_DEF_DEF_ "VFrameFormat" "StandardCAN_FD";
"""
CASCADED = """
BO_ 40 Cascaded: 8 X
 SG_ Top M : 0|4@1+ (1,0) [0|0] "" X
 SG_ Middle m1M : 8|4@1+ (1,0) [0|0] "" X
 SG_ Leaf m2 : 16|16@1- (0.5,0) [0|0] "" X
 SG_ Ranged m0 : 32|8@1+ (1,0) [0|0] "" X
 SG_ Other m3 : 16|8@1+ (1,0) [0|0] "" X
 SG_ Always : 56|8@1+ (1,0) [0|0] "" X
SG_MUL_VAL_ 40 Middle Top 1-2;
SG_MUL_VAL_ 40 Leaf Middle 2-2, 5-9;
SG_MUL_VAL_ 40 Ranged Top 0-0, 2-4;
SG_MUL_VAL_ 40 Other Middle 0-1, 3-4;
"""
SIMPLE = """
BO_ 50 Simple: 8 X
 SG_ Selector M : 7|3@0+ (1,0) [0|0] "" X
 SG_ First m0 : 15|16@0- (0.1,0) [0|0] "" X
 SG_ Second m1 : 15|16@0+ (1,0) [0|0] "" X
 SG_ Third m5 : 31|8@0+ (1,0) [0|0] "" X
 SG_ Always : 63|8@0+ (1,0) [0|0] "" X
"""
GROUP_MESSAGE, PLAIN, TWICE_ONE, TWICE_TWO = 0x8CF004FE, 0x98FEF2FE, 0x8CFF0601, 0x8CFF0602
J1939 = f"""
BO_ {GROUP_MESSAGE} Group: 8 X
 SG_ Speed : 24|16@1+ (0.125,0) [0|0] "rpm" X
BO_ {PLAIN} Plain: 8 X
 SG_ A : 0|8@1+ (1,0) [0|0] "" X
BO_ {TWICE_ONE} TwiceOne: 8 X
 SG_ B : 0|8@1+ (1,0) [0|0] "" X
BO_ {TWICE_TWO} TwiceTwo: 8 X
 SG_ B : 8|8@1+ (1,0) [0|0] "" X
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
BA_DEF_DEF_ "VFrameFormat" "ExtendedCAN";
BA_ "VFrameFormat" BO_ {GROUP_MESSAGE} 3;
BA_ "VFrameFormat" BO_ {TWICE_ONE} 3;
BA_ "VFrameFormat" BO_ {TWICE_TWO} 3;
"""


def columns_of(frames: Sequence[tuple[str, int, bytes]], width: int | None = None) -> FrameColumns:
    """Frames as columns, in steps of 1 ms."""
    buses = tuple(dict.fromkeys(bus for bus, _, _ in frames)) or ("can0",)
    width = width or (8 if all(len(data) <= 8 for _, _, data in frames) else 64)
    data = b"".join(payload.ljust(width, b"\0") for _, _, payload in frames)
    return FrameColumns(
        np.arange(len(frames), dtype=np.int64) * 1_000_000,
        np.array([identifier for _, identifier, _ in frames], np.uint32),
        np.array([len(payload) for _, _, payload in frames], np.uint8),
        np.frombuffer(data, np.uint8).reshape(-1, width),
        np.array([buses.index(bus) for bus, _, _ in frames], np.uint8),
        buses,
    )


def decoder_of(*databases: Database, force_j1939: bool = False) -> ColumnDecoder:
    entries = [OfflineDatabase(f"{number}.dbc", one) for number, one in enumerate(databases)]
    return ColumnDecoder(MessageMatch(entries, force_j1939), raw=True)


def same(ours: float, theirs: float) -> bool:
    if math.isnan(theirs):
        return math.isnan(ours)
    return struct.pack("d", ours) == struct.pack("d", float(theirs))


def assert_as_cantools(loaded: Database, frames: Sequence[tuple[str, int, bytes]], width: int = 0) -> int:
    """Every frame one by one by cantools; returns how many values were compared."""
    decoded = decoder_of(loaded).decode(columns_of(frames, width or None))
    ours: dict[int, dict[str, tuple[float, int]]] = {row: {} for row in range(len(frames))}
    answered: set[int] = set()
    for message in decoded.messages:
        answered.update(message.rows.tolist())
        for column in message.signals:
            assert column.raw is not None
            for row, value, raw in zip(column.rows.tolist(), column.values, column.raw, strict=True):
                ours[row][column.name] = (float(value), int(raw))
    by_id = {frame_id(message): message for message in loaded.messages}
    compared = 0
    for row, (_, identifier, data) in enumerate(frames):
        message = by_id[identifier]
        try:
            values = message.decode(data, decode_choices=False)
            raws = message.decode(data, decode_choices=False, scaling=False)
        except DecodeError:
            assert row not in answered
            continue
        assert row in answered
        assert isinstance(values, dict)
        assert isinstance(raws, dict)
        assert ours[row].keys() == values.keys()
        for name, value in values.items():
            signal = message.get_signal_by_name(name)
            assert same(ours[row][name][0], float(value)), (  # type: ignore[arg-type]
                message.name,
                name,
                data.hex(),
            )
            if not signal.is_float:
                assert ours[row][name][1] == raws[name], (message.name, name, data.hex())
            compared += 1
    refused = sum(message.too_short + message.no_page for message in decoded.messages)
    assert len(answered) + refused == len(frames)
    return compared


def random_frames(messages: Sequence[Message], each: int, seed: int) -> list[tuple[str, int, bytes]]:
    """Random payloads of each message in a mixed order; some all ones, all zeros, too long, too short."""
    chance = random.Random(seed)
    frames: list[tuple[str, int, bytes]] = []
    for message in messages:
        for number in range(each):
            length = message.length
            data = {0: bytes(length), 1: b"\xff" * length}.get(number, chance.randbytes(length))
            if number == 2:
                data = data[:-1]
            if number == 3 and length < 8:
                data += b"\x55"
            frames.append(("can0", frame_id(message), data))
    chance.shuffle(frames)
    return frames


@pytest.mark.parametrize("text", [KINDS, FD, CASCADED, SIMPLE], ids=["kinds", "fd", "cascaded", "simple"])
def test_each_kind_of_signal_and_multiplexing_equals_cantools(text: str) -> None:
    loaded = database_of(text)
    assert assert_as_cantools(loaded, random_frames(loaded.messages, 400, seed=7)) > 300


@pytest.mark.parametrize("text", [KINDS, CASCADED, SIMPLE], ids=["kinds", "cascaded", "simple"])
def test_classic_frames_in_a_log_with_long_ones_equal_cantools(text: str) -> None:
    loaded = database_of(text)
    assert assert_as_cantools(loaded, random_frames(loaded.messages, 200, seed=8), width=64) > 100


@pytest.mark.parametrize("name", DBC_NAMES)
def test_the_projects_databases_equal_cantools(name: str) -> None:
    loaded = database(name)
    assert assert_as_cantools(loaded, random_frames(loaded.messages, 40, seed=9)) > 1000


def test_the_foxbms_database_equals_cantools() -> None:
    if not FOXBMS.exists():
        pytest.skip(f"no {FOXBMS.name} beside the project: real data is not part of it")
    loaded = cantools.database.load_file(FOXBMS)
    assert isinstance(loaded, Database)
    assert assert_as_cantools(loaded, random_frames(loaded.messages, 60, seed=10)) > 3000


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 63),
    length=st.integers(1, 64),
    big=st.booleans(),
    signed=st.booleans(),
    factor=st.sampled_from(["1", "-1", "3", "0.1", "-0.125", "1000"]),
    offset=st.sampled_from(["0", "-40", "0.3", "1000000007"]),
    payloads=st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=20),
)
def test_any_signal_of_eight_bytes_equals_cantools(
    start: int, length: int, big: bool, signed: bool, factor: str, offset: str, payloads: list[bytes]
) -> None:
    room = 64 - (8 * (start // 8) + 7 - start % 8) if big else 64 - start
    length = min(length, room)
    text = (
        f"BO_ 9 M: 8 X\n SG_ S : {start}|{length}@{int(not big)}{'-' if signed else '+'}"
        f' ({factor},{offset}) [0|0] "" X\n'
    )
    payloads = [*payloads, bytes(8), b"\xff" * 8, b"\x80" + bytes(7), bytes(7) + b"\x80"]
    assert_as_cantools(database_of(text), [("can0", 9, data) for data in payloads])


def found(decoded: DecodedColumns) -> dict[str, list[int]]:
    return {message.candidate.message.name: message.rows.tolist() for message in decoded.messages}


J1939_FRAMES = [
    ("can0", identifier, bytes(8))
    for identifier in (
        0x8CF00400, 0x98F00421, 0x8CF00500,  # two sources and priorities of one group; another group
        PLAIN, 0x98FEF200,                   # not J1939 by its database: its own identifier only
        0x98FF0601, 0x8CFF0602, 0x8CFF0603,  # held for sources 1 and 2
        0x0CF00400 & 0x7FF,                  # 11 bits
    )
]  # fmt: skip


def test_j1939_messages_match_by_group_of_any_source_and_priority() -> None:
    decoded = decoder_of(database_of(J1939)).decode(columns_of(J1939_FRAMES))
    assert found(decoded) == {"Group": [0, 1], "Plain": [3], "TwiceOne": [5], "TwiceTwo": [6]}
    assert {can_id for _, can_id in decoded.unknown} == {0x8CF00500, 0x98FEF200, 0x8CFF0603, 0x400}


def test_all_extended_messages_can_be_matched_by_group() -> None:
    decoded = decoder_of(database_of(J1939), force_j1939=True).decode(columns_of(J1939_FRAMES))
    assert found(decoded)["Plain"] == [3, 4]


def test_two_messages_for_one_identifier_are_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.dbc: message Group and Group of 0\.dbc share 0x0CF004FE"):
        decoder_of(database_of(J1939), database_of(J1939))


def test_only_the_signals_asked_for_are_decoded() -> None:
    match = MessageMatch([OfflineDatabase("a.dbc", database_of(SIMPLE))])
    frames = columns_of([("can0", 50, bytes([number << 5] + [7] * 7)) for number in (0, 1, 1, 5)])
    (message,) = ColumnDecoder(match, {0: frozenset({"Second"})}).decode(frames).messages
    (column,) = message.signals
    assert (column.name, column.rows.tolist(), column.values.tolist(), column.raw) == (
        "Second", [1, 2], [0x0707, 0x0707], None,
    )  # fmt: skip
    assert set(names_of(match.candidates)) >= {"Second", "Simple.Second", "Selector"}


def test_a_signal_that_cannot_be_cut_is_named() -> None:
    signal = database_of(KINDS).get_message_by_name("Float").signals[0]
    signal.length = 24
    with pytest.raises(ValueError, match="signal F: expected a float of 16, 32 or 64 bits, got 24"):
        cut_of(signal, 8)


def test_more_identifiers_than_the_hash_keeps_apart_are_sorted() -> None:
    chance = random.Random(3)
    identifiers = sorted({chance.randrange(1 << 29) for _ in range(5000)})
    frames = columns_of([("ab"[number % 2], one | EXTENDED, b"") for number, one in enumerate(identifiers)])
    keys, used, slots, size = identifier_slots(frames)
    assert size > used.max()
    by_slot = dict(zip(used.tolist(), keys, strict=True))
    assert [by_slot[slot] for slot in slots.tolist()] == list(
        zip(frames.bus.tolist(), frames.can_id.tolist(), strict=True)
    )


def test_an_empty_log_decodes_to_nothing() -> None:
    decoded = decoder_of(database_of(J1939)).decode(columns_of([]))
    assert (decoded.messages, decoded.unknown) == ([], {})


def group_of(name: str, identifier: int) -> str:
    return f'BO_ {identifier | 1 << 31} {name}: 8 A\n SG_ {name}V : 0|8@1+ (1,0) [0|0] "" A\n'


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ({"One": 0x18F00411}, {0x11: "One", 0x27: "One"}),
        ({"One": 0x18F00411, "Two": 0x18F00412}, {0x11: "One", 0x12: "Two", 0x27: None}),
        ({"One": 0x18F00411, "All": 0x18F004FE}, {0x11: "One", 0x12: "All", 0xFE: "All"}),
    ],
    ids=["alone", "two sources", "one source and any"],
)
def test_a_parameter_group_is_found_by_the_matcher_of_the_tick(
    messages: dict[str, int], found: dict[int, str | None]
) -> None:
    """A stated source counts where the databases hold the group for several; 0xFE there is any other."""
    text = "".join(group_of(name, identifier) for name, identifier in messages.items())
    match = MessageMatch([OfflineDatabase("it", database_of("BU_: A\n" + text))], force_j1939=True)
    for source, name in found.items():
        index = match.find("can0", 0x0CF00400 | source | EXTENDED)
        assert (None if index is None else match.candidates[index].message.name) == name, hex(source)
        assert match.find("can0", 0x00F004 | source) is None, "11 bits have no group"
