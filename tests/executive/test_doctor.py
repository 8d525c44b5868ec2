"""`firmware-runtime doctor PROFILE`: the answer first, a status for scripts, and this very computer."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_runtime.executive.doctor import as_json, as_text, wanted_of
from firmware_runtime.executive.machine.checks import examine
from firmware_runtime.executive.machine.facts import Device
from firmware_runtime.executive.machine.live import LiveSystem
from firmware_runtime.executive.terminal import Style
from firmware_runtime.vehicle.load import load_profile
from tests.executive.machine import WANTED, read, unpack
from tests.vehicle.support import PROJECT, Q_TRUCK

COMMAND = [sys.executable, "-m", "firmware_runtime.executive", "doctor", "configs/q_truck.toml"]
BUSES = ["--bus", "drive=socketcan:can0", "--bus", "body=socketcan:can1"]


def run(*further: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *further], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )


def test_what_the_vehicle_wants_comes_from_its_profile_and_the_options_of_run() -> None:
    profile = load_profile(Q_TRUCK)
    assert wanted_of(profile, BUSES[1::2], None, "/var/lib/firmware-runtime") == WANTED
    assert wanted_of(profile, [], "/dev/gnss", "/tmp").serial_port == "/dev/gnss"
    assert {bus.interface for bus in wanted_of(profile, [], None, "/tmp").buses} == {""}


def test_the_answer_comes_first_then_the_table_then_what_mends_it(tmp_path: Path) -> None:
    profile = load_profile(Q_TRUCK)
    rows = examine(read(unpack("laptop", tmp_path)), WANTED)
    lines = as_text(profile, rows, Style(io.StringIO())).splitlines()
    assert lines[0] == "not fit for deployment of Q-Truck: 5 missing, 16 in development only, 8 good"
    assert lines[2].split() == ["verdict", "what", "found", "why", "it", "matters"]
    assert lines[3].startswith("works in development  kernel preemption  ")
    mends = lines[lines.index("what mends it") + 1 :]
    # One command that mends several rows is printed once.
    assert mends.count("# real-time priority, locked memory") == 1
    assert not any("\x1b" in line for line in lines)


def test_a_fit_computer_needs_no_mending(tmp_path: Path) -> None:
    rows = examine(read(unpack("truck", tmp_path)), WANTED)
    text = as_text(load_profile(Q_TRUCK), rows, Style(io.StringIO()))
    assert text.splitlines()[0] == "fit for deployment of Q-Truck: 33 of 33 rows are good"
    assert "what mends it" not in text
    assert json.loads(as_json("p.toml", rows))["fit"] is True


def test_colour_on_terminals_leaves_the_columns_where_they_are(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NO_COLOR", raising=False)
        patch.setenv("TERM", "xterm")
        style = Style(Terminal())
    profile, rows = load_profile(Q_TRUCK), examine(read(unpack("laptop", tmp_path)), WANTED)
    coloured, plain = as_text(profile, rows, style), as_text(profile, rows, Style(io.StringIO()))
    assert "\x1b[31mmissing\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_on_this_very_computer_table_json_and_status_agree() -> None:
    answer = run("--json", *BUSES)
    assert answer.stderr == ""
    told = json.loads(answer.stdout)
    assert answer.returncode == (0 if told["fit"] else 1)
    assert told["fit"] == all(row["verdict"] == "good" for row in told["rows"])
    rows = {row["name"]: row for row in told["rows"]}
    python = ".".join(map(str, sys.version_info[:3]))
    assert rows["Python"]["found"] == python
    assert rows["Python packages"]["verdict"] == "good"
    # Independent of the reader: what the kernel grants this process when it is asked.
    can_have_fifo = subprocess.run(
        [sys.executable, "-c", "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(48))"],
        capture_output=True,
        check=False,
    )
    assert (rows["real-time priority"]["verdict"] == "good") == (can_have_fifo.returncode == 0)
    text = run(*BUSES)
    assert text.returncode == answer.returncode
    assert len(
        [line for line in text.stdout.splitlines() if line.startswith(("good ", "works ", "missing "))]
    ) == len(rows)


@pytest.mark.parametrize(
    ("further", "message"),
    [
        (["--bus", "drive=socketcan:can0"], "--bus: expected --bus body=INTERFACE:CHANNEL"),
        (["--bus", "nonsense"], 'got "nonsense"'),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_wrong_input_has_status_2(further: list[str], message: str) -> None:
    answer = run(*further)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_terminal_is_told_from_other_devices_and_files(tmp_path: Path) -> None:
    system = LiveSystem()
    master, slave = pty.openpty()
    try:
        assert system.device(os.ttyname(slave)) == Device(True, True, True, True)
    finally:
        os.close(slave)
        os.close(master)
    assert system.device("/dev/null") == Device(True, True, True, False)
    assert system.device(str(tmp_path / "none")) == Device(False)
    (tmp_path / "file").touch()
    assert not system.device(str(tmp_path / "file")).is_terminal


def test_the_disk_of_a_directory_that_is_not_there_is_its_parents(tmp_path: Path) -> None:
    system = LiveSystem()
    there, lacking = system.disk(str(tmp_path)), system.disk(str(tmp_path / "a" / "b"))
    assert (there.is_directory, there.writable) == (True, True)
    assert (lacking.is_directory, lacking.writable) == (False, False)
    assert lacking.total_bytes == there.total_bytes > 0
    assert not system.disk("/proc/version").is_directory


def test_a_computer_without_ip_has_no_links_to_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", refuse)
    assert LiveSystem().links() is None
