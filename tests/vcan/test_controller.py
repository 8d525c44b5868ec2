"""A real CAN driver of Linux (`slcan`, its adapter played here through a pseudo-terminal) reports its state.

What it cannot show: this driver has no way to restart, so the restart of a controller stays unseen. That the
order is well formed shows in the answer of the kernel's CAN core, which says just that.
"""

import errno
import fcntl
import os
import pty
import struct
import termios
import tty
from collections.abc import Iterator

import pytest

from firmware_runtime.can import can_link
from firmware_runtime.can.bus_events import BusState
from firmware_runtime.can.frame import Frame
from tests.vcan.side import Line, run, take, take_frames

N_SLCAN = 17
"""Line discipline, <linux/tty.h>."""


class Adapter:
    """A serial CAN adapter; `say` is what it tells its host (slcan protocol)."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        fcntl.ioctl(self._slave, termios.TIOCSETD, struct.pack("i", N_SLCAN))
        self.name = "can0"

    def say(self, text: str) -> None:
        os.write(self._master, text.encode() + b"\r")

    def heard(self) -> bytes:
        return os.read(self._master, 4096)

    def close(self) -> None:
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    try:
        adapter = Adapter()
    except OSError as error:
        pytest.skip(f"no slcan here: {error.strerror}")
    run("ip", "link", "set", adapter.name, "up")
    yield adapter
    run("ip", "link", "set", adapter.name, "down")
    adapter.close()


def test_the_drivers_states_are_followed_to_bus_off(line: Line, adapter: Adapter) -> None:
    port = line.open(adapter.name, restart=lambda: None)
    adapter.say("t1232ABCD")
    frame = take_frames(port, 1)[0]
    assert (frame.can_id, frame.data) == (0x123, b"\xab\xcd")
    assert port.statistics.host_frames == 0, "from another node"
    for text, state in (
        ("sw096000", BusState.ERROR_WARNING),
        ("sp128000", BusState.ERROR_PASSIVE),
        ("sa000000", BusState.ERROR_ACTIVE),
        ("sb000000", BusState.BUS_OFF),
    ):
        adapter.say(text)
        take(port, lambda _, state=state: port.state is state)
    assert port.errors.counts["BUS_OFF"] == 1


def test_our_frames_reach_the_adapter(line: Line, adapter: Adapter) -> None:
    port = line.open(adapter.name)
    port.send([Frame(0, "drive", 0x321, b"\x01\x02")])
    said = b""
    while b"t" not in said or not said.endswith(b"\r"):
        said += adapter.heard()
    assert b"t32120102\r" in said


def test_the_order_to_restart_reaches_the_driver_core(adapter: Adapter) -> None:
    with pytest.raises(OSError, match=r"restart of can0: .*") as raised:
        can_link.restart(adapter.name)
    # EBUSY: kernels before the driver core asked whether the driver can restart at all.
    assert raised.value.errno == errno.EBUSY or "restart from Bus Off" in str(raised.value)
