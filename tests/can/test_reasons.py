"""Why a signal is unusable: what was refused last, and the window of its channel."""

from collections import Counter

import pytest
from cantools.database.can import Database

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.protection import PROTECTIONS, ChannelState, ProtectionContract
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.verdict import Rejection, Unusable
from tests.can.support import ATTRIBUTES, EXTENDED, MS, bindings_of, database, database_of, frame_of

DRIVE = database("q_truck_drive")
SPEEDS = DRIVE.get_message_by_name("WheelSpeedsFront")
DEADLINE_MS = 1000


def speeds() -> Receiver:
    limits = {("drive", SPEEDS.name): DEADLINE_MS * MS}
    return Receiver({"drive": DRIVE}, bindings_of("drive", [SPEEDS]), limits)


def corrupted(frame: Frame) -> Frame:
    return frame._replace(data=bytes([frame.data[0] ^ 1]) + frame.data[1:])


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (lambda: corrupted(frame_of(SPEEDS, 1)), Unusable.BAD_CRC),
        (lambda: frame_of(SPEEDS, 0), Unusable.BAD_COUNTER),
        (lambda: frame_of(SPEEDS, 9), Unusable.BAD_COUNTER),
        (lambda: frame_of(SPEEDS, 1)._replace(data=b"\0" * 7), Unusable.BAD_LENGTH),
    ],
)
def test_a_late_signal_says_what_was_refused_last(last, reason: Unusable) -> None:
    receiver = speeds()
    receiver.sample(0)
    receiver.push(frame_of(SPEEDS, 0))
    receiver.push(last())
    assert receiver.sample(1).all_ok, "one refused frame makes no value bad"
    assert set(receiver.sample(2 * DEADLINE_MS * MS).reasons) == {reason}


def test_a_message_of_which_only_bad_frames_came_says_so() -> None:
    receiver = speeds()
    assert set(receiver.sample(0).reasons) == {Unusable.NEVER_RECEIVED}
    receiver.push(corrupted(frame_of(SPEEDS, 0)))
    assert set(receiver.sample(1).reasons) == {Unusable.BAD_CRC}
    receiver.push(frame_of(SPEEDS, 0))
    assert receiver.sample(2).all_ok
    assert set(receiver.sample(2 * DEADLINE_MS * MS).reasons) == {Unusable.LATE}, "nothing refused since"


WINDOW = 'BA_DEF_ BO_ "E2eWindowSizeValid" INT 0 255;\nBA_ "E2eWindowSizeValid" BO_ 1 6;\n'
GUARDED = (
    'BU_: A\nBO_ 1 Guarded: 8 A\n SG_ S : 16|8@1+ (1,0) [0|0] "" A\n'
    + ATTRIBUTES
    + 'BA_ "E2eProfile" BO_ 1 "P01";\nBA_ "E2eDataId" BO_ 1 7;\nBA_ "GenMsgCycleTime" BO_ 1 10;\n'
    + WINDOW
)
BINDING = [SignalBinding("it", "drive", "Guarded", "S")]


def test_the_window_is_stepped_each_period_also_without_frames() -> None:
    windowed = database_of(GUARDED)
    sender, receiver = Sender({"drive": windowed}, BINDING), Receiver({"drive": windowed}, BINDING)
    reasons: list[Unusable] = []
    for tick in range(40):
        now_ns = tick * 10 * MS
        for frame in sender.frames(now_ns, [tick]):
            if not 20 <= tick < 23:
                receiver.push(frame)
        reasons.append(receiver.sample(now_ns).reasons[0])
    # Four good periods to VALID; the third silent period in a row ends it; then a window without silence.
    assert reasons[0] is Unusable.CHANNEL_NOT_VALID
    assert reasons.index(Unusable.OK) in (4, 5, 6)
    lost = [tick for tick, reason in enumerate(reasons) if tick > 10 and reason is not Unusable.OK]
    assert lost, "the silence was seen"
    assert 20 < lost[0] <= 24
    assert lost[-1] < 35
    assert receiver.message_statistics()[0].channel is ChannelState.VALID
    again = Receiver({"drive": windowed}, BINDING)
    again.restore(receiver.snapshot())
    assert again.sample(400 * MS) == receiver.sample(400 * MS)
    assert speeds().message_statistics()[0].channel is None


def guarded_by(profile: str, attributes: str = "", identifier: int = 1) -> Database:
    definitions = "".join(
        f'BA_DEF_ BO_ "{name}" INT 0 65535;\n' for name in ("E2eChecksumByte", "E2eCounterBit")
    )
    definitions += 'BA_DEF_ BO_ "E2eCounterWidth" INT 0 8;\nBA_DEF_ BO_ "E2ePolynomial" INT 0 255;\n'
    definitions += 'BA_DEF_ BO_ "E2eDataIdList" STRING ;\n'
    return database_of(
        f'BU_: A\nBO_ {identifier} Guarded: 8 A\n SG_ S : 24|16@1+ (1,0) [0|0] "" A\n'
        f"{ATTRIBUTES}{definitions}"
        f'BA_ "E2eProfile" BO_ {identifier} "{profile}";\nBA_ "GenMsgCycleTime" BO_ {identifier} 10;\n'
        + attributes.replace("BO_ 1 ", f"BO_ {identifier} ")
    )


ID = 'BA_ "E2eDataId" BO_ 1 77;\n'
PLACES = (
    'BA_ "E2eChecksumByte" BO_ 1 7;\nBA_ "E2eCounterBit" BO_ 1 52;\nBA_ "E2eCounterWidth" BO_ 1 4;\n'
    'BA_ "E2ePolynomial" BO_ 1 47;\n'
)


@pytest.mark.parametrize(
    ("profile", "attributes"),
    [
        ("P01", ID),
        ("P01C", ID),
        ("P02", f'BA_ "E2eDataIdList" BO_ 1 "{bytes(range(16)).hex()}";\n'),
        ("P05", ID),
        ("P11", ID),
        ("CRC8_COUNTER", PLACES),
        ("XOR_COUNTER", PLACES),
        ("SUM_COUNTER", PLACES),
        ("J1939_TSC1", ""),
        ("J1939_XBR", ""),
    ],
)
def test_each_profile_goes_out_protected_and_comes_in_checked(profile: str, attributes: str) -> None:
    assert profile in PROTECTIONS
    guarded = guarded_by(profile, attributes, 0x8C000027 if profile.startswith("J1939") else 1)
    sender, receiver = Sender({"drive": guarded}, BINDING), Receiver({"drive": guarded}, BINDING)
    counted: Counter[Rejection] = Counter()
    for tick in range(40):
        (frame,) = sender.frames(tick * 10 * MS, [tick * 1000])
        spoiled = bytearray(frame.data)
        spoiled[3] ^= 1 << tick % 8
        counted[receiver.push(frame._replace(data=bytes(spoiled)))] += 1
        counted[receiver.push(frame)] += 1
        counted[receiver.push(frame)] += 1
        assert receiver.sample(tick * 10 * MS).values == [tick * 1000]
    assert counted == {Rejection.ACCEPTED: 40, Rejection.CRC: 40, Rejection.REPEATED: 40}


def test_a_j1939_sum_runs_over_the_identifier_that_came() -> None:
    guarded = database_of(
        'BU_: A\nBO_ 2348810494 Guarded: 8 A\n SG_ S : 24|16@1+ (1,0) [0|0] "" A\n'
        + ATTRIBUTES
        + 'BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";\n'
        + 'BA_DEF_DEF_ "VFrameFormat" "StandardCAN";\n'
        + 'BA_ "E2eProfile" BO_ 2348810494 "J1939_TSC1";\nBA_ "VFrameFormat" BO_ 2348810494 3;\n'
    )
    for source in (0x03, 0x27):
        receiver = Receiver({"drive": guarded}, BINDING)
        can_id = 0x0C000000 | EXTENDED | source
        payload = bytearray(8)
        PROTECTIONS["J1939_TSC1"].bind(ProtectionContract(can_id, {}), 8).seal(payload, 1)
        assert receiver.push(Frame(0, "drive", can_id, bytes(payload))) is Rejection.ACCEPTED
        assert receiver.push(Frame(0, "drive", can_id ^ 1, bytes(payload))) is Rejection.CRC
