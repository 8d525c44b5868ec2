"""These tests need the bus that tools/vcan_run makes; without it pytest does not collect them."""

import os
import shutil
from collections.abc import Iterator

import pytest

from firmware_runtime.can.socketcan import SocketCanPort
from tests.vcan.side import CHANNEL, Line, run

CAN_UTILS = ("candump", "cangen", "canplayer", "cansend")
collect_ignore_glob = [] if "VCAN_CHANNEL" in os.environ else ["test_*.py"]


@pytest.fixture(autouse=True, scope="session")
def _can_utils() -> None:
    missing = [name for name in CAN_UTILS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} (Debian package can-utils)")


@pytest.fixture
def line() -> Iterator[Line]:
    """Opens ports on the bus; closes them and puts the bus back as it was."""
    line = Line()
    yield line
    line.close()
    run("ip", "link", "set", CHANNEL, "up")


@pytest.fixture
def port(line: Line) -> SocketCanPort:
    return line.open()
