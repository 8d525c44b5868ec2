"""Records through memory: all of them in order, or a count of those that were lost; whoever dies."""

import multiprocessing
import os
import random
import signal
import time
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.executive.link.ring import RingReader, RingWriter
from firmware_runtime.executive.link.shared_file import LinkError

SMALL = 4096


def record(number: int, size: int) -> bytes:
    """Says its own number all over, so that a mixture of two shows."""
    return (number.to_bytes(4, "little") * (size // 4 + 1))[: max(size, 4)]


def number_of(payload: bytes) -> int:
    number = int.from_bytes(payload[:4], "little")
    assert payload == record(number, len(payload)), "a mixture"
    return number


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    writer, reader = RingWriter(tmp_path / "ring", SMALL), None
    for payload in (b"", b"a", b"12345678", b"x" * 1000):
        assert writer.write(payload)
    reader = RingReader(tmp_path / "ring", SMALL)
    assert [reader.read() for _ in range(5)] == [b"", b"a", b"12345678", b"x" * 1000, None]
    writer.write(b"later")
    assert reader.read() == b"later"
    assert reader.lost == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.integers(0, 1900).map(lambda size: ("write", size)), st.just(("read", 0))), max_size=120
    )
)
def test_a_queue_of_the_same_size_would_have_said_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Against a plain list: what comes out is what went in, a gap is counted to the record."""
    path = tmp_path_factory.mktemp("ring") / "ring"
    writer = RingWriter(path, SMALL)
    reader = RingReader(path, SMALL)
    written, last = 0, -1
    kept: deque[int] = deque()
    for step, size in steps:
        if step == "write":
            assert writer.write(record(written, size))
            kept.append(written)
            written += 1
        else:
            payload = reader.read()
            if payload is None:
                assert not kept
                continue
            number = number_of(payload)
            while kept.popleft() != number:
                pass
            last = number
    remaining: list[int] = []
    while (payload := reader.read()) is not None:
        remaining.append(number_of(payload))
    assert remaining == list(kept)[len(kept) - len(remaining) :]
    assert bool(remaining) == bool(kept)
    assert remaining[:1] in ([], [last + 1]) or reader.lost > 0 or last < 0


def test_a_slow_reader_is_told_how_many_it_lost(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "ring", SMALL)
    reader = RingReader(tmp_path / "ring", SMALL)
    writer.write(record(0, 100))
    assert number_of(reader.read() or b"") == 0
    for number in range(1, 501):
        writer.write(record(number, 100))
    read = []
    while (payload := reader.read()) is not None:
        read.append(number_of(payload))
    assert read == list(range(read[0], 501))
    assert reader.lost == read[0] - 1
    # 24 bytes before each payload, which is rounded up to 8.
    assert len(read) >= SMALL // 128 - 1


def test_a_record_longer_than_half_the_ring_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "ring", SMALL)
    reader = RingReader(tmp_path / "ring", SMALL)
    assert not writer.write(b"x" * (SMALL // 2))
    assert writer.too_long == 1
    assert writer.write(b"short")
    assert reader.read() == b"short"


def test_a_new_writer_goes_on_where_the_dead_one_was(tmp_path: Path) -> None:
    first = RingWriter(tmp_path / "ring", SMALL)
    reader = RingReader(tmp_path / "ring", SMALL)
    first.write(record(1, 50))
    second = RingWriter(tmp_path / "ring", SMALL)
    second.write(record(2, 50))
    assert [number_of(reader.read() or b"") for _ in range(2)] == [1, 2]
    assert not reader.replaced


def test_a_file_of_another_making_is_replaced_by_a_writer_and_refused_by_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    with pytest.raises(LinkError, match="ring: expected a file to share, got: No such file"):
        RingReader(path, SMALL)
    path.write_bytes(b"something else")
    with pytest.raises(LinkError, match="expected 4160 bytes that begin with the words"):
        RingReader(path, SMALL)
    RingWriter(path, SMALL).write(b"ours")
    reader = RingReader(path, SMALL)
    assert reader.read() == b"ours"
    RingWriter(path, 2 * SMALL)
    assert reader.replaced
    path.unlink()
    assert reader.replaced


def test_a_record_that_does_not_hold_together_is_looked_at_again_and_then_given_up(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    writer = RingWriter(path, SMALL)
    reader = RingReader(path, SMALL)
    writer.write(record(1, 40))
    with path.open("r+b") as file:
        file.seek(64 + 24 + 10)
        file.write(b"\xff")
    assert [reader.read() for _ in range(3)] == [None, None, None]
    assert reader.lost == 1
    writer.write(record(2, 40))
    assert number_of(reader.read() or b"") == 2


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="No such file or directory"):
        RingWriter(tmp_path / "nowhere" / "ring", SMALL)


def _write_on(path: Path, first: int, seed: int) -> None:
    writer, sizes = RingWriter(path, 1 << 16), random.Random(seed)
    number = first
    while True:
        writer.write(record(number, sizes.randrange(4, 3000)))
        number += 1


def test_a_writer_killed_at_any_moment_leaves_whole_records_and_another_goes_on(tmp_path: Path) -> None:
    """40 writers, each killed in mid-work; the reader reads all the while and never sees a mixture."""
    path, chance = tmp_path / "ring", random.Random(7)
    RingWriter(path, 1 << 16)
    reader = RingReader(path, 1 << 16)
    context = multiprocessing.get_context("fork")
    read = last = 0
    for life in range(1, 41):
        process = context.Process(target=_write_on, args=(path, life * 1_000_000, life))
        process.start()
        end_s = time.monotonic() + chance.uniform(0.02, 0.08)
        while time.monotonic() < end_s:
            payload = reader.read()
            if payload is not None:
                number = number_of(payload)
                assert number > last
                last, read = number, read + 1
        pid = process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        process.join()
        while (payload := reader.read()) is not None:
            assert number_of(payload) > last
            last = number_of(payload)
    assert read > 1000
    RingWriter(path, 1 << 16).write(record(99_000_000, 8))
    assert number_of(reader.read() or b"") == 99_000_000
