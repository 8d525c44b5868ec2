"""The hardware watchdog where there is none: told, and refused by a deployment; tests/vcan has a real one."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from firmware_runtime.executive.watchdog import HardwareWatchdog, WatchdogError, open_watchdog
from firmware_runtime.vehicle.problems import ConfigurationError


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WatchdogError, match="none: No such file or directory"):
        HardwareWatchdog(tmp_path / "none")


def test_what_is_no_watchdog_is_told() -> None:
    with pytest.raises(WatchdogError, match="/dev/null: no watchdog that takes a timeout: "):
        HardwareWatchdog(Path("/dev/null"))


class Driver:
    """In the kernel's place: takes this timeout, and signs of life until it fails with this error number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, timeout_s: int, fails: int = 0) -> None:
        self.timeout_s, self.fails = timeout_s, fails
        monkeypatch.setattr(fcntl, "ioctl", self.ioctl)

    def ioctl(self, descriptor: int, request: int, argument: bytearray | int) -> None:
        if self.fails:
            raise OSError(self.fails, os.strerror(self.fails))
        if isinstance(argument, bytearray):
            argument[:] = self.timeout_s.to_bytes(4, "little")


def test_a_driver_that_strikes_within_five_times_to_feed_it_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    device = tmp_path / "watchdog"
    device.touch()
    Driver(monkeypatch, 4)
    with pytest.raises(WatchdogError, match="timeout of 4 s, least 5 s"):
        HardwareWatchdog(device)
    assert device.read_bytes() == b"V", "which it had started, and is put to rest"
    Driver(monkeypatch, 5)
    assert HardwareWatchdog(device).timeout_s == 5


@pytest.mark.parametrize(
    ("fails", "written"),
    [(errno.EOPNOTSUPP, b"V"), (errno.EINVAL, b"V"), (errno.ENOTTY, b""), (errno.EIO, b"")],
    ids=["a timeout that is fixed", "one that it has not", "no watchdog", "one that fails, and may be armed"],
)
def test_a_driver_whose_timeout_cannot_be_set_is_put_to_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fails: int, written: bytes
) -> None:
    """It runs since it was opened, and would reboot a computer that drives on without it."""
    device = tmp_path / "watchdog"
    device.touch()
    Driver(monkeypatch, 15, fails)
    with pytest.raises(WatchdogError, match="no watchdog that takes a timeout"):
        HardwareWatchdog(device)
    assert device.read_bytes() == written


def test_signs_of_life_that_it_does_not_take_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    device = tmp_path / "watchdog"
    device.touch()
    driver = Driver(monkeypatch, 15)
    watchdog = HardwareWatchdog(device)
    watchdog.feed(0)
    driver.fails = errno.EIO
    watchdog.feed(999_999_999)
    assert watchdog.failed == 0
    watchdog.feed(1_000_000_000)
    assert watchdog.failed == 1


def test_development_goes_on_without_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert open_watchdog(Path("/dev/null"), needed=False) is None
    assert capsys.readouterr().err.startswith("development without a hardware watchdog: /dev/null: ")
    assert open_watchdog(None, needed=False) is None
    assert capsys.readouterr().err == ""


def test_deployment_does_not() -> None:
    with pytest.raises(ConfigurationError, match="expected a hardware watchdog"):
        open_watchdog(Path("/dev/null"), needed=True)
