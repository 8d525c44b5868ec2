"""A real watchdog driver: fed, it waits; forgotten, it strikes; put to rest by a word alone.

The kernel's software watchdog in user-mode Linux, loaded so that it only says that it would reboot.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.watchdog import HardwareWatchdog
from tests.vcan.side import CHANNEL, IN_USER_MODE_LINUX, PATIENCE_S, Line

ROOT = Path(__file__).parents[2]
DEVICE = Path("/dev/watchdog1")
"""The plain name is taken here by the driver that this kernel has built in."""
SYS_FINIT_MODULE = 313
"""x86-64, <asm/unistd_64.h>; as in tools/vcan_rig."""
STRUCK, LEFT_RUNNING = "Triggered - Reboot ignored", "watchdog did not stop!"
MODULES = Path("/usr/lib/uml/modules")

pytestmark = pytest.mark.skipif(not IN_USER_MODE_LINUX, reason="would reboot the host")


class KernelLog:
    """What the kernel says from now on."""

    def __init__(self) -> None:
        self._file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._file, 0, os.SEEK_END)
        self._said = ""

    def said(self, text: str) -> bool:
        while True:
            try:
                self._said += os.read(self._file, 8192).decode(errors="replace")
            except BlockingIOError:
                return text in self._said

    def waits_for(self, text: str, seconds: float = PATIENCE_S) -> bool:
        end_s = time.monotonic() + seconds
        while not self.said(text) and time.monotonic() < end_s:
            time.sleep(0.05)
        return self.said(text)

    def close(self) -> None:
        os.close(self._file)


@pytest.fixture(scope="module", autouse=True)
def _driver() -> None:
    path = next((MODULES / os.uname().release).rglob("softdog.ko"), None)
    if path is None:
        pytest.skip("no module softdog beside this kernel")
    with open(path, "rb") as module:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.syscall(SYS_FINIT_MODULE, module.fileno(), b"soft_noboot=1 nowayout=0", 0) == 0, (
            ctypes.get_errno()
        )


@pytest.fixture
def log() -> Iterator[KernelLog]:
    log = KernelLog()
    yield log
    log.close()


def feed_for(watchdog: HardwareWatchdog, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        watchdog.feed(time.monotonic_ns())
        time.sleep(0.01)


def test_fed_it_waits_and_put_to_rest_it_never_strikes(log: KernelLog) -> None:
    watchdog = HardwareWatchdog(DEVICE, 5)
    assert watchdog.timeout_s == 5
    feed_for(watchdog, 8.0)
    watchdog.rest()
    assert watchdog.failed == 0
    assert not log.waits_for(STRUCK, 7.0)
    assert not log.said(LEFT_RUNNING)


def test_not_fed_it_strikes(log: KernelLog) -> None:
    watchdog = HardwareWatchdog(DEVICE, 5)
    watchdog.feed(time.monotonic_ns())
    assert log.waits_for(STRUCK, 15.0)
    watchdog.rest()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_supervisor_that_ends_leaves_it_running_unless_it_knows_that_the_vehicle_stands(
    log: KernelLog, line: Line, tmp_path: Path, number: int
) -> None:
    """Killed, and in good order on a bus without a vehicle. A successor takes it over."""
    route = tmp_path / "route.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 61, 2)))
    command = [sys.executable, "-m", "firmware_runtime.executive", "run-supervisor", "configs/q_truck.toml"]
    command += ["--route", str(route), "--development", "--link", str(tmp_path), "--watchdog", str(DEVICE)]
    command += ["--bus", f"drive=socketcan:{CHANNEL}", "--bus", f"body=socketcan:{CHANNEL}"]
    environment = {key: value for key, value in os.environ.items() if "COV" not in key}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("supervisor of q_truck ")
    time.sleep(1.0)
    assert not log.said(LEFT_RUNNING)
    process.send_signal(number)
    process.wait(PATIENCE_S)
    process.stdout.close()
    assert log.waits_for(LEFT_RUNNING)
    HardwareWatchdog(DEVICE).rest()
