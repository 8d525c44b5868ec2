"""A restored receiver or sender goes on, byte for byte, as the one it was taken from."""

import json
import random

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from tests.can.support import MS, bindings_of, data_id, database, frame_id, protected

DRIVE = database("q_truck_drive")


def traffic(ticks: int, seed: int) -> list[list[Frame]]:
    """Ticks of frames of all messages, with gaps, repeats and corruption among them."""
    source = random.Random(seed)
    result: list[list[Frame]] = []
    for tick in range(ticks):
        frames: list[Frame] = []
        for message in DRIVE.messages:
            data = protected(source.randbytes(8), data_id(message), tick % 15)
            if source.random() < 0.1:
                data = source.randbytes(8)
            if source.random() < 0.9:
                frames.append(Frame(tick * 10 * MS, "drive", frame_id(message), data))
        frames.append(Frame(tick * 10 * MS, "drive", source.randrange(0x800), b"\0"))
        result.append(frames)
    return result


def new_receiver() -> Receiver:
    return Receiver({"drive": DRIVE}, bindings_of("drive", DRIVE.messages, default=1.0))


def test_a_restored_receiver_gives_the_same_samples_and_figures() -> None:
    ticks = traffic(200, seed=3)
    first, second = new_receiver(), new_receiver()
    for tick, frames in enumerate(ticks):
        if tick == 100:
            second.restore(first.snapshot())
        for frame in frames:
            verdict = first.push(frame)
            if tick >= 100:
                assert second.push(frame) is verdict
        sample = first.sample(tick * 10 * MS)
        if tick >= 100:
            again = second.sample(tick * 10 * MS)
            assert (again.values, again.reasons, again.ages_ns) == (
                sample.values,
                sample.reasons,
                sample.ages_ns,
            )
            assert second.late_messages(tick * 10 * MS) == first.late_messages(tick * 10 * MS)
    assert second.message_statistics() == first.message_statistics()
    assert second.bus_statistics() == first.bus_statistics()
    assert second.snapshot() == first.snapshot()


def test_a_snapshot_does_not_change_afterwards() -> None:
    receiver = new_receiver()
    kept = receiver.snapshot()
    before = repr(kept)
    for frames in traffic(20, seed=4):
        for frame in frames:
            receiver.push(frame)
        receiver.sample(10**9)
    assert repr(kept) == before
    receiver.restore(kept)
    assert repr(receiver.snapshot()) == before


def test_a_restored_sender_sends_the_same_frames() -> None:
    bindings = bindings_of("drive", DRIVE.messages)
    values = [0.0] * len(bindings)
    first, second = Sender({"drive": DRIVE}, bindings), Sender({"drive": DRIVE}, bindings)
    for tick in range(60):
        if tick == 33:
            second.restore(json.loads(json.dumps(first.snapshot())))
        frames = first.frames(tick * 10 * MS, values)
        if tick >= 33:
            assert second.frames(tick * 10 * MS, values) == frames


def test_another_version_or_another_layout_is_refused() -> None:
    receiver = new_receiver()
    with pytest.raises(ValueError, match="version 3, got 1"):
        receiver.restore({**receiver.snapshot(), "version": 1})
    other = Receiver({"drive": DRIVE}, bindings_of("drive", DRIVE.messages[:3]))
    with pytest.raises(ValueError, match="same messages and bindings"):
        receiver.restore(other.snapshot())
    sender = Sender({"drive": DRIVE}, bindings_of("drive", DRIVE.messages[:1]))
    with pytest.raises(ValueError, match="version 1, got 0"):
        sender.restore({**sender.snapshot(), "version": 0})
    with pytest.raises(ValueError, match=r"expected a snapshot of \['drive\.RuntimeHeartbeat'\]"):
        sender.restore({**sender.snapshot(), "messages": ["drive.Other"]})
