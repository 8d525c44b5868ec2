"""The serial port never holds the tick up, and survives a receiver that is unplugged and plugged in again."""

import os
import pty
import tty
from itertools import pairwise
from pathlib import Path

import pytest

from firmware_runtime.executive.serial_port import SerialPortError, SerialReader

S = 1_000_000_000


class Receiver:
    """A pseudo-terminal in the receiver's place, reached by a path that stays when it is plugged anew."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.plug()

    def plug(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self.slave))

    def unplug(self) -> None:
        os.close(self.slave)
        os.close(self.master)
        self.link.unlink()


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    return Receiver(tmp_path / "gnss")


def test_bytes_come_as_they_are_sent_and_none_is_waited_for(receiver: Receiver) -> None:
    reader = SerialReader(str(receiver.link), 115200)
    assert reader.read(0) == b""
    sentence = b"$GPGGA,120000.00,,,,,0,,,,,,,,*00\r\n"
    os.write(receiver.master, sentence[:10])
    assert reader.read(1) == sentence[:10]
    os.write(receiver.master, sentence[10:])
    assert reader.read(2) == sentence[10:]
    assert reader.read(3) == b""
    assert reader.statistics.received_bytes == len(sentence)
    reader.close()


def test_a_port_that_is_not_there_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(SerialPortError, match=r"serial port .*/nowhere: expected a port"):
        SerialReader(str(tmp_path / "nowhere"), 115200)


def test_a_hang_up_is_survived_and_the_port_reopened(receiver: Receiver) -> None:
    reader = SerialReader(str(receiver.link), 115200)
    receiver.unplug()
    assert reader.read(10 * S) == b""
    assert not reader.is_open
    assert reader.statistics.hang_ups == 1
    assert reader.statistics.last_error
    receiver.plug()
    assert reader.read(10 * S + 1) == b"", "tried again before its pause was over"
    assert not reader.is_open
    reader.read(11 * S)
    assert reader.is_open
    os.write(receiver.master, b"$back")
    assert reader.read(11 * S + 1) == b"$back"
    assert reader.statistics.reopened == 1
    reader.close()


def test_tries_are_spaced_out_and_end(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SerialReader(str(receiver.link), 115200)
    receiver.unplug()
    reader.read(0)
    tries_ns: list[int] = []
    really_open = reader._open

    def counting_open() -> object:
        tries_ns.append(now_ns)
        return really_open()

    monkeypatch.setattr(reader, "_open", counting_open)
    for now_ns in range(0, 1000 * S, S // 10):
        assert reader.read(now_ns) == b""
    gaps_s = [(later - earlier) / S for earlier, later in pairwise(tries_ns)]
    assert tries_ns[0] >= 0.5 * S
    assert gaps_s == sorted(gaps_s)
    assert max(gaps_s) <= 8.1
    assert len(tries_ns) == 20
    assert reader.given_up


def test_a_closed_reader_stays_closed(receiver: Receiver) -> None:
    reader = SerialReader(str(receiver.link), 115200)
    reader.close()
    reader.close()
    assert reader.read(100 * S) == b""
    assert not reader.is_open
