"""The records of a process are taken whatever becomes of it; what is lost is told by the record after."""

from pathlib import Path

import msgspec

from firmware_runtime.executive.black_box.followed_ring import RECORDS_MAX, FollowedRing
from firmware_runtime.executive.link.ring import RingWriter
from firmware_runtime.executive.link.tick_log import TickLog
from firmware_runtime.recorder.tick_record import Record, SupervisorBegin, SupervisorTick
from firmware_runtime.safety.supervisor_report import SupervisorReport

MS = 1_000_000


def tick(number: int) -> SupervisorTick:
    return SupervisorTick(number * MS, [], None, [], SupervisorReport("", False, number))


def numbers(payloads: list[bytes]) -> list[int]:
    """Of the ticks, by their time."""
    return [record.time_ns // MS for record in records(payloads)]


def records(payloads: list[bytes]) -> list[Record]:
    return [msgspec.msgpack.decode(payload, type=Record) for payload in payloads]


def drops(payloads: list[bytes]) -> list[int]:
    return [record.dropped_before for record in records(payloads)]


def test_a_process_that_has_not_begun_is_waited_for(tmp_path: Path) -> None:
    ring = FollowedRing(tmp_path / "ring")
    assert ring.take() == []
    log = TickLog(RingWriter(tmp_path / "ring"))
    log.write(SupervisorBegin(0, "c0ffee"))
    log.write(tick(1))
    assert numbers(ring.take()) == [0, 1]
    log.write(tick(2))
    assert numbers(ring.take()) == [2]
    assert (ring.taken, ring.lost) == (3, 0)


def test_a_ring_that_is_made_anew_is_followed_and_what_stood_in_the_old_one_comes_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ring"
    first = TickLog(RingWriter(path))
    ring = FollowedRing(path)
    first.write(tick(1))
    assert numbers(ring.take()) == [1]
    first.write(tick(2))
    path.unlink()
    second = TickLog(RingWriter(path))
    second.write(tick(3))
    assert numbers([*ring.take(), *ring.take()]) == [2, 3]
    assert ring.lost == 0


def test_what_was_overwritten_before_it_was_read_is_told_by_the_next_record(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "ring", capacity=1 << 12)
    log = TickLog(writer)
    ring = FollowedRing(tmp_path / "ring", capacity=1 << 12)
    log.write(tick(0))
    assert numbers(ring.take()) == [0]
    for number in range(1, 101):
        log.write(tick(number))
    taken = ring.take()
    first = numbers(taken)[0]
    assert numbers(taken) == list(range(first, 101))
    assert drops(taken) == [first - 1] + [0] * (100 - first)
    assert ring.lost == first - 1 > 0


def test_what_is_no_record_is_left_out_and_counts_as_lost(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "ring")
    ring = FollowedRing(tmp_path / "ring")
    TickLog(writer).write(tick(1))
    writer.write(b"\x93\xa7nothing")
    writer.write(b"")
    TickLog(writer).write(tick(2))
    taken = ring.take()
    assert (numbers(taken), drops(taken), ring.lost) == ([1, 2], [0, 2], 2)


def test_a_record_that_no_ring_holds_is_missing_before_the_next(tmp_path: Path) -> None:
    log = TickLog(RingWriter(tmp_path / "ring", capacity=1 << 12))
    ring = FollowedRing(tmp_path / "ring", capacity=1 << 12)
    log.write(SupervisorBegin(0, "x" * (1 << 12)))
    log.write(tick(1))
    log.write(tick(2))
    assert drops(ring.take()) == [1, 0]


def test_what_is_kept_already_is_not_taken_again(tmp_path: Path) -> None:
    log = TickLog(RingWriter(tmp_path / "ring"))
    for number in range(10):
        log.write(tick(number))
    taken = FollowedRing(tmp_path / "ring", after_ns=6 * MS).take()
    assert (numbers(taken), drops(taken)) == ([7, 8, 9], [0, 0, 0])


def test_a_gap_behind_what_is_kept_already_is_told(tmp_path: Path) -> None:
    """How much of it is missing nobody can say: one at least."""
    log = TickLog(RingWriter(tmp_path / "ring"))
    for number in range(20, 23):
        log.write(tick(number))
    taken = FollowedRing(tmp_path / "ring", after_ns=6 * MS).take()
    assert (numbers(taken), drops(taken)) == ([20, 21, 22], [1, 0, 0])


def test_one_call_ends_whatever_waits(tmp_path: Path) -> None:
    log = TickLog(RingWriter(tmp_path / "ring"))
    for number in range(RECORDS_MAX + 5):
        log.write(tick(number))
    ring = FollowedRing(tmp_path / "ring")
    assert len(ring.take()) == RECORDS_MAX
    assert len(ring.take()) == 5
    ring.close()
    ring.close()
