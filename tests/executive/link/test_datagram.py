"""Messages that wake: nobody waits for the other, whoever hangs, dies or begins again."""

import select
from pathlib import Path

import pytest

from firmware_runtime.executive.link.datagram import DATAGRAM_MAX_BYTES, Inbox, Outbox
from firmware_runtime.executive.link.shared_file import LinkError


def test_messages_come_whole_and_in_order_and_wake_the_receiver(tmp_path: Path) -> None:
    inbox, outbox = Inbox(tmp_path / "in"), Outbox(tmp_path / "in")
    assert inbox.take() == []
    assert outbox.send(b"one")
    assert outbox.send(b"x" * DATAGRAM_MAX_BYTES)
    assert select.select([inbox], [], [], 0)[0] == [inbox]
    assert inbox.take() == [b"one", b"x" * DATAGRAM_MAX_BYTES]
    assert inbox.statistics.received == outbox.statistics.sent == 2


def test_a_receiver_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    inbox, outbox = Inbox(tmp_path / "in"), Outbox(tmp_path / "in")
    sent = sum(outbox.send(b"x") for _ in range(2000))
    assert 1 <= sent < 2000
    assert outbox.statistics.refused == 2000 - sent
    assert len(inbox.take()) == min(sent, 600)
    assert outbox.send(b"again")


def test_without_a_receiver_messages_are_counted_and_a_new_one_finds_none_of_the_old(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "in")
    assert not outbox.send(b"nobody there")
    first = Inbox(tmp_path / "in")
    assert outbox.send(b"to the first")
    first.close()
    assert not outbox.send(b"gone")
    assert outbox.statistics.nobody == 2
    second = Inbox(tmp_path / "in")
    assert outbox.send(b"to the second")
    assert second.take() == [b"to the second"]


def test_who_opens_last_has_the_path(tmp_path: Path) -> None:
    first, second = Inbox(tmp_path / "in"), Inbox(tmp_path / "in")
    Outbox(tmp_path / "in").send(b"hello")
    assert first.take() == []
    assert second.take() == [b"hello"]


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="No such file or directory"):
        Inbox(tmp_path / "nowhere" / "in")
    with pytest.raises(LinkError, match="expected a socket's path of at most 107 bytes"):
        Outbox(tmp_path / ("x" * 120))
