"""Exit statuses of processes: 2 for what a person must change, 75 for what may be there at the next start."""

import fcntl
import signal
from pathlib import Path

import pytest

from firmware_runtime.executive import check, command
from firmware_runtime.vehicle.problems import ConfigurationError, Problem, UnavailableError

PROFILE = "configs/q_truck.toml"
ROUTE = "configs/routes/yard_short.csv"
TEMPORARY = 75
"""EX_TEMPFAIL of <sysexits.h>."""
BUSES = ("--bus", "drive=virtual:d", "--bus", "body=virtual:b")
NO_BUS = ("--bus", "drive=socketcan:no_such_bus", "--bus", "body=virtual:b")


def supervisor(link: Path, *further: str) -> list[str]:
    return ["run-supervisor", PROFILE, "--route", ROUTE, "--development", "--link", str(link), *further]


def control(link: Path, *further: str) -> list[str]:
    return ["run-control", PROFILE, "--route", ROUTE, "--development", "--link", str(link), *further]


def status(arguments: list[str], capsys: pytest.CaptureFixture[str], words: str) -> int:
    found = command.main(arguments)
    assert words in capsys.readouterr().err
    return found


def test_a_bus_that_is_gone_may_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "expected an interface that can be opened"
    for process in (supervisor, control):
        assert status(process(tmp_path, *NO_BUS), capsys, words) == TEMPORARY


def test_who_interrupts_a_command_sees_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(check, "run", interrupted)
    # Commands of processes, which other tests run here, listen to it in their own way.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert status(["check", PROFILE], capsys, "firmware-runtime: interrupted") == 130
    finally:
        signal.signal(signal.SIGINT, before)


def test_so_may_the_links_folder_and_the_receivers_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = tmp_path / "none"
    words = "expected a folder for the processes' links"
    port = ("--serial", "/nowhere")
    assert status(supervisor(none, *BUSES), capsys, words) == TEMPORARY
    assert status(["run-services", PROFILE, "--link", str(none)], capsys, words) == TEMPORARY
    assert status(control(tmp_path, *BUSES, *port), capsys, "a serial port that can be opened") == TEMPORARY
    pseudo = ("--serial", "/dev/ptmx")
    assert status(control(none, *BUSES, *pseudo), capsys, words) == TEMPORARY


def test_so_may_the_lock_of_a_predecessor_that_has_not_ended_yet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run-services", PROFILE, "--link", str(tmp_path), "--state", str(tmp_path)]
    with (tmp_path / "state.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert status(arguments, capsys, "expected no other process that writes") == TEMPORARY


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--bus", "drive=virtual:d"), "expected --bus body="),
        (("--bus", "nonsense", *BUSES), 'got "nonsense"'),
        ((*BUSES, "--route", "/none.csv"), "/none.csv"),
        ((*BUSES, "--manifest", "/none"), "--manifest and --public-key together"),
    ],
)
def test_what_was_written_wrong_stays_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert status(supervisor(tmp_path, *arguments), capsys, words) == 2


def test_a_thing_that_cannot_be_had_is_told_like_every_other_problem() -> None:
    error = UnavailableError([Problem("--bus", None, "can0", "an interface", "No such device")])
    assert isinstance(error, ConfigurationError)
    assert str(error) == "--bus: can0: expected an interface, got No such device"
