"""The tick takes what the receiver has sent, and never asks the terminal itself."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.serial_port import SerialReader
from firmware_runtime.executive.serial_thread import SerialThread
from tests.executive.test_serial_port import Receiver


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    return Receiver(tmp_path / "gnss")


@pytest.fixture
def line(receiver: Receiver) -> Iterator[SerialThread]:
    reader = SerialReader(str(receiver.link), 115200)
    line = SerialThread(reader)
    yield line
    line.close()
    reader.close()


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 10.0
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.001)


def collected(line: SerialThread, count: int) -> bytes:
    data = b""

    def enough() -> bool:
        nonlocal data
        data += line.read(0)
        return len(data) >= count

    until(enough)
    return data


def test_all_bytes_come_in_order(receiver: Receiver, line: SerialThread) -> None:
    assert line.read(0) == b""
    sent = b"".join(b"$GPGGA,%06d\r\n" % number for number in range(500))
    for start in range(0, len(sent), 700):
        os.write(receiver.master, sent[start : start + 700])
        time.sleep(0.001)
    assert collected(line, len(sent)) == sent
    assert line.statistics.received_bytes == len(sent)
    assert line.read(0) == b""


def test_a_receiver_that_is_plugged_anew_is_heard_again(receiver: Receiver, line: SerialThread) -> None:
    os.write(receiver.master, b"before")
    assert collected(line, 6) == b"before"
    receiver.unplug()
    until(lambda: line.statistics.hang_ups == 1)
    assert line.read(0) == b""
    receiver.plug()
    until(lambda: line.statistics.reopened == 1)
    os.write(receiver.master, b"after")
    assert collected(line, 5) == b"after"


def test_the_thread_ends_when_told(receiver: Receiver) -> None:
    reader = SerialReader(str(receiver.link), 115200)
    SerialThread(reader).close()
    assert "serial port" not in {thread.name for thread in threading.enumerate()}
    reader.close()
