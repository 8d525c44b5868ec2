"""Is an interface there and up: asked in the tick, and never so that the kernel goes for a driver."""

import fcntl
import socket
import sys
from collections.abc import Iterator

import pytest

from firmware_runtime.can import can_link

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="interfaces of Linux")


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        yield opened


def test_an_interface_that_is_there_and_up(sock: socket.socket) -> None:
    assert can_link.is_listed("lo")
    assert can_link.is_up(sock, "lo", listed=True)
    # One that goes by another name than its first.
    assert can_link.is_up(sock, "lo", listed=False)


@pytest.mark.parametrize("channel", ["can77", "l", "lo0", "../net/lo", "x" * 40])
def test_the_kernel_is_not_asked_for_one_that_is_gone(
    sock: socket.socket, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With CAP_NET_ADMIN it would start modprobe and wait, ten times a second beside a pulled adapter."""
    asked: list[object] = []

    def ioctl(*request: object) -> bytes:
        asked.append(request)
        raise OSError

    assert not can_link.is_listed(channel)
    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    assert not can_link.is_up(sock, channel, listed=True)
    assert not asked
    assert not can_link.is_up(sock, channel, listed=False)
    assert len(asked) == 1
