"""The hardware watchdog where there is none: told, and refused by a deployment; tests/vcan has a real one."""

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


def test_development_goes_on_without_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert open_watchdog(Path("/dev/null"), needed=False) is None
    assert capsys.readouterr().err.startswith("development without a hardware watchdog: /dev/null: ")
    assert open_watchdog(None, needed=False) is None
    assert capsys.readouterr().err == ""


def test_deployment_does_not() -> None:
    with pytest.raises(ConfigurationError, match="expected a hardware watchdog"):
        open_watchdog(Path("/dev/null"), needed=True)
