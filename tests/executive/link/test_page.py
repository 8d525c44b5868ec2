"""One value through memory: whole and the latest, whoever writes and whoever dies."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from firmware_runtime.executive.link.page import LONGEST_BYTES, PageReader, PageWriter
from firmware_runtime.executive.link.shared_file import LinkError
from tests.executive.link.test_ring import number_of, record


def test_the_latest_value_is_read_as_often_as_one_likes(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "page")
    reader = PageReader(tmp_path / "page")
    assert reader.read() is None
    for value in (b"", b"one", b"x" * LONGEST_BYTES, b"two"):
        assert writer.write(value)
        assert reader.read() == value
        assert reader.read() == value


def test_a_value_too_long_leaves_the_last_one(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "page")
    writer.write(b"last")
    assert not writer.write(b"x" * (LONGEST_BYTES + 1))
    assert writer.too_long == 1
    assert PageReader(tmp_path / "page").read() == b"last"


def test_a_reader_needs_a_page(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="page: expected a file to share, got: No such file"):
        PageReader(tmp_path / "page")


def test_a_value_that_was_damaged_is_none(tmp_path: Path) -> None:
    path = tmp_path / "page"
    PageWriter(path).write(b"hello")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"hello", b"hallo"))
    assert PageReader(path).read() is None


def _write_on(path: Path, first: int, seed: int) -> None:
    writer, sizes = PageWriter(path), random.Random(seed)
    number = first
    while True:
        writer.write(record(number, sizes.randrange(4, 9000)))
        number += 1


def test_a_writer_killed_at_any_moment_leaves_a_whole_value_that_never_goes_back(tmp_path: Path) -> None:
    path, chance = tmp_path / "page", random.Random(11)
    PageWriter(path).write(record(1, 8))
    reader = PageReader(path)
    context = multiprocessing.get_context("fork")
    last = looks = 0
    for life in range(1, 31):
        process = context.Process(target=_write_on, args=(path, life * 1_000_000, life))
        process.start()
        end_s = time.monotonic() + chance.uniform(0.02, 0.06)
        while time.monotonic() < end_s:
            value = reader.read()
            if value is not None:
                number = number_of(value)
                assert number >= last
                last, looks = number, looks + 1
        pid = process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        process.join()
        at_rest = reader.read()
        assert at_rest is not None
        assert number_of(at_rest) >= last
        last = number_of(at_rest)
    assert looks > 300
