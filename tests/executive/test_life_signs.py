"""What a process says of itself after each good cycle, heard on a real socket; and what it does not say."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.life_signs import LifeSigns
from firmware_runtime.executive.notify import Notifier

MS = 1_000_000
SECOND = 1_000 * MS


class Watchdog:
    """Of what it was fed."""

    def __init__(self) -> None:
        self.fed_ns: list[int] = []

    def feed(self, now_ns: int) -> None:
        self.fed_ns.append(now_ns)


class Heard:
    """systemd's end, and the process's words."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        self._listener = listener
        self.words = "STANDBY"
        self.asked = 0
        self.watchdog = Watchdog()
        self.life = LifeSigns(Notifier(address, SECOND), self._words, self.watchdog)

    def _words(self) -> str:
        self.asked += 1
        return self.words

    def take(self) -> list[str]:
        messages: list[str] = []
        while True:
            try:
                messages.append(self._listener.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.setblocking(False)
        yield Heard(listener, address)


def test_it_is_ready_once_the_first_cycle_went_well_and_not_before(heard: Heard) -> None:
    assert heard.take() == []
    heard.life.well(5 * SECOND)
    assert sorted(heard.take()) == ["READY=1\nSTATUS=STANDBY", "WATCHDOG=1"]


def test_each_good_cycle_keeps_it_alive_and_feeds_the_watchdog(heard: Heard) -> None:
    cycles = range(SECOND, 3 * SECOND, 10 * MS)
    for now_ns in cycles:
        heard.life.well(now_ns)
    assert heard.take().count("WATCHDOG=1") == 4, "twice in systemd's patience of a second"
    assert heard.watchdog.fed_ns == list(cycles)


def test_without_good_cycles_nothing_is_said(heard: Heard) -> None:
    heard.life.well(SECOND)
    heard.take()
    fed = len(heard.watchdog.fed_ns)
    assert heard.take() == []
    assert len(heard.watchdog.fed_ns) == fed


def test_the_words_are_asked_once_a_second_and_told_when_they_change(heard: Heard) -> None:
    for now_ns in range(SECOND, 4 * SECOND, 10 * MS):
        if now_ns == 2_500 * MS:
            heard.words = "AUTO"
        heard.life.well(now_ns)
    assert heard.asked == 3
    said = [message for message in heard.take() if message != "WATCHDOG=1"]
    assert said == ["READY=1\nSTATUS=STANDBY", "STATUS=AUTO"]


def test_that_it_was_asked_to_end_is_told_once(heard: Heard) -> None:
    heard.life.ending()
    heard.life.ending()
    assert heard.take() == ["STOPPING=1"]


def test_without_systemd_and_watchdog_it_asks_for_its_words_and_tells_nobody() -> None:
    asked: list[int] = []
    life = LifeSigns(Notifier(None), lambda: str(asked.append(1)))
    life.well(0)
    life.well(10 * MS)
    life.ending()
    assert len(asked) == 1
