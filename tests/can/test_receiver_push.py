"""Each frame is judged as it arrives; only a good one changes a value or an age."""

import random
from collections import Counter

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.verdict import Rejection
from tests.can.support import (
    DBC_NAMES,
    EXTENDED,
    MS,
    bindings_of,
    data_id,
    database,
    database_of,
    frame_id,
    frame_of,
    protected,
)

DRIVE = database("q_truck_drive")
SPEEDS = DRIVE.get_message_by_name("WheelSpeedsFront")
BRAKES = DRIVE.get_message_by_name("BrakeFeedback")
ONE_KMH = bytes([0, 0, 250, 0, 250, 0, 0, 0])
"""250 steps of 0.004 km/h on both wheels."""


@pytest.fixture
def receiver() -> Receiver:
    return Receiver({"drive": DRIVE}, bindings_of("drive", [SPEEDS]))


def speeds(counter: int, time_ns: int = 0, payload: bytes = ONE_KMH) -> Frame:
    return frame_of(SPEEDS, counter, time_ns, payload)


def rejected(receiver: Receiver) -> dict[Rejection, int]:
    return receiver.message_statistics()[0].rejected


def test_a_good_frame_is_accepted_and_its_values_are_sampled(receiver: Receiver) -> None:
    assert receiver.push(speeds(0)) is Rejection.ACCEPTED
    assert receiver.sample(0).values == [1.0, 1.0]


def test_a_plain_tuple_is_as_good_as_a_frame(receiver: Receiver) -> None:
    assert receiver.push(tuple(speeds(0))) is Rejection.ACCEPTED  # pyright: ignore[reportArgumentType]


def test_a_message_without_a_binding_is_unknown(receiver: Receiver) -> None:
    assert receiver.push(frame_of(BRAKES, 0)) is Rejection.UNKNOWN
    assert receiver.bus_statistics()[0].unknown == 1


def test_bus_and_identifier_format_are_part_of_the_identity(receiver: Receiver) -> None:
    good = speeds(0)
    assert receiver.push(good._replace(bus="body")) is Rejection.UNKNOWN
    assert receiver.push(good._replace(can_id=good.can_id & ~EXTENDED)) is Rejection.UNKNOWN
    assert [figures.unknown for figures in receiver.bus_statistics()] == [1, 1]
    assert [figures.bus for figures in receiver.bus_statistics()] == ["drive", ""]


@pytest.mark.parametrize("length", [0, 1, 2, 7, 9, 64])
@pytest.mark.requirement("SR-13")
def test_another_length_is_rejected(receiver: Receiver, length: int) -> None:
    assert receiver.push(speeds(0)._replace(data=bytes(length))) is Rejection.LENGTH
    assert rejected(receiver) == {Rejection.LENGTH: 1}


@pytest.mark.requirement("SR-13")
def test_a_single_wrong_bit_anywhere_is_rejected(receiver: Receiver) -> None:
    good = speeds(0).data
    for bit in range(64):
        wrong = bytearray(good)
        wrong[bit // 8] ^= 1 << bit % 8
        assert receiver.push(speeds(0)._replace(data=bytes(wrong))) is Rejection.CRC
    assert rejected(receiver) == {Rejection.CRC: 64}


@pytest.mark.requirement("SR-13")
def test_another_messages_frame_under_our_identifier_is_rejected(receiver: Receiver) -> None:
    masquerade = frame_of(BRAKES, 0)._replace(can_id=frame_id(SPEEDS))
    assert receiver.push(masquerade) is Rejection.CRC


@pytest.mark.requirement("SR-13")
def test_a_stuck_sender_is_rejected_and_its_values_grow_old(receiver: Receiver) -> None:
    receiver.sample(0)
    for tick in range(10):
        verdict = receiver.push(speeds(3, tick * 10 * MS))
        assert verdict is (Rejection.REPEATED if tick else Rejection.ACCEPTED)
    assert receiver.sample(90 * MS).ages_ns == [90 * MS]
    assert rejected(receiver) == {Rejection.REPEATED: 9}


@pytest.mark.requirement("SR-13")
def test_a_rejected_frame_changes_neither_value_nor_age(receiver: Receiver) -> None:
    receiver.push(speeds(0, 5 * MS))
    two_kmh = bytes([0, 0, 244, 1, 244, 1, 0, 0])
    for frame in (
        speeds(1, 9 * MS, two_kmh)._replace(data=b"\x55" + speeds(1, 0, two_kmh).data[1:]),
        speeds(0, 9 * MS, two_kmh),
        speeds(9, 9 * MS, two_kmh),
        speeds(1, 9 * MS)._replace(data=b"\1" * 7),
    ):
        assert receiver.push(frame) is not Rejection.ACCEPTED
    sample = receiver.sample(10 * MS)
    assert (sample.values, sample.ages_ns) == ([1.0, 1.0], [5 * MS])


def test_two_lost_frames_are_counted_and_a_long_jump_is_a_wrong_sequence(receiver: Receiver) -> None:
    verdicts = [receiver.push(speeds(counter)) for counter in (0, 3, 4, 9, 10, 11, 12)]
    accepted, sequence = Rejection.ACCEPTED, Rejection.SEQUENCE
    assert verdicts == [accepted, accepted, accepted, sequence, sequence, accepted, accepted]
    assert receiver.message_statistics()[0].lost == 2
    assert rejected(receiver) == {sequence: 2}


def test_an_unprotected_message_is_taken_as_it_comes() -> None:
    plain = database_of('BU_: A\nBO_ 291 Plain: 3 A\n SG_ Level : 8|16@1+ (1,0) [0|0] "" A\n')
    receiver = Receiver({"drive": plain}, bindings_of("drive", plain.messages))
    for _ in range(3):
        assert receiver.push(Frame(0, "drive", 0x123, b"\x00\x34\x12")) is Rejection.ACCEPTED
    assert receiver.push(Frame(0, "drive", 0x123, b"\x00\x34")) is Rejection.LENGTH
    assert receiver.sample(0).values == [float(0x1234)]


def random_frame(source: random.Random, known: list[tuple[str, int, int, int]]) -> Frame:
    """Anything from noise to a frame that is good but for its place in the sequence."""
    bus, can_id, length, identifier = source.choice(known)
    kind = source.randrange(6)
    if kind == 0:
        can_id = source.getrandbits(29) | EXTENDED if source.random() < 0.5 else source.getrandbits(11)
        bus = source.choice(["drive", "body", "else"])
    if kind == 1:
        length = source.choice([0, 1, 2, 3, 5, 7, 9, 12, 64])
    data = source.randbytes(length)
    if kind >= 3 and length >= 2:
        data = protected(data, identifier, source.randrange(15))
    return Frame(source.randrange(10**12), bus, can_id, data)


def test_fifty_thousand_random_frames_never_raise_and_are_all_counted() -> None:
    source = random.Random(11)
    bindings = bindings_of("drive", DRIVE.messages) + bindings_of("body", database("yard_body").messages)
    receiver = Receiver({"drive": DRIVE, "body": database("yard_body")}, bindings)
    known = [
        (bus, frame_id(message), message.length, data_id(message))
        for bus, name in (("drive", "q_truck_drive"), ("body", "yard_body"))
        for message in database(name).messages
    ]
    verdicts: Counter[Rejection] = Counter()
    frames = 50_000
    for index in range(frames):
        verdicts[receiver.push(random_frame(source, known))] += 1
        if index % 1000 == 0:
            receiver.sample(10**12 + index)
            receiver.late_messages(10**12 + index)
    counted: Counter[Rejection] = Counter()
    for statistics in receiver.message_statistics():
        counted.update(statistics.rejected)
        counted[Rejection.ACCEPTED] += statistics.received
    buses = receiver.bus_statistics()
    counted[Rejection.UNKNOWN] = sum(figures.unknown for figures in buses)
    assert counted == verdicts
    assert set(verdicts) == set(Rejection)
    assert sum(figures.frames for figures in buses) == frames
    assert len(DBC_NAMES) == 3


def test_of_a_row_that_is_kept_no_accepted_payload_is_lost_between_two_samples(receiver: Receiver) -> None:
    kept = receiver.keep("WheelSpeedsFront.Left")
    other = bytes([0, 0, 125, 0, 250, 0, 0, 0])
    frames = [speeds(0, 5), speeds(1, 6, other), speeds(1, 7), speeds(2, 8)]
    assert [receiver.push(frame) for frame in frames].count(Rejection.ACCEPTED) == 3
    assert kept == [(frame.time_ns, frame.data) for frame in frames if frame.time_ns != 7], "not the repeated"
    kept.clear()
    receiver.push(speeds(3, 9))
    assert kept == [(9, speeds(3).data)]
    assert receiver.keep("WheelSpeedsFront.Right") is kept, "of one message there is one list"


def test_what_is_not_bound_cannot_be_kept(receiver: Receiver) -> None:
    with pytest.raises(KeyError):
        receiver.keep("BrakeFeedback.Status")
