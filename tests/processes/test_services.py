"""`services` beside the two others: it keeps all that they do, whoever of the three dies."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.clock import MonotonicClock
from firmware_runtime.executive.live.look import look
from firmware_runtime.executive.services_word import ServicesWord
from firmware_runtime.recorder.blackbox import BlackBoxReader
from firmware_runtime.recorder.tick_record import ControlBegin, ControlTick, SupervisorBegin, SupervisorTick
from tests.processes.rig import PROFILE, ROOT, Computer

PATIENCE_S = 20.0


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    route = tmp_path / "route.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 201, 2)))
    with Computer(tmp_path, route) as made:
        yield made


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def finish(computer: Computer, name: str) -> dict[str, object]:
    computer.signal(name, signal.SIGTERM)
    figures = json.loads(computer.children[name].stdout.readline())
    until(lambda: computer.children[name].status() == 0)
    return figures


@pytest.mark.requirement("SR-30")
def test_a_drive_in_which_each_process_died_once_replays_to_the_same_bytes(computer: Computer) -> None:
    box = computer.folder / "box"
    # Before the others: it waits for their rings.
    computer.further["services"] = ["--record", str(box), "--append"]
    computer.start("services", "supervisor", "control")
    computer.go()
    computer.drive_to(1.0)
    computer.kill("services")
    computer.watch(0.5)
    computer.start("services")
    computer.watch(0.5)
    computer.kill("control")
    computer.start("control")
    computer.kill("supervisor")
    computer.start("supervisor")
    computer.watch(0.5)
    computer.until_standing()
    for name in ("control", "supervisor"):
        finish(computer, name)
    figures = finish(computer, "services")
    assert figures["errors"] == []
    assert figures["control records lost"] == figures["supervisor records lost"] == 0

    records = list(BlackBoxReader(box).records())
    assert sum(isinstance(record, ControlBegin) for record in records) == 2
    assert sum(isinstance(record, SupervisorBegin) for record in records) == 2
    assert not any(record.dropped_before for record in records)
    ticks = sum(isinstance(record, ControlTick) for record in records)
    steps = sum(isinstance(record, SupervisorTick) for record in records)
    command = [sys.executable, "-m", "firmware_runtime.executive", "replay", str(box), str(PROFILE)]
    command += ["--route", str(computer.route)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stdout == (
        f"control: {ticks} ticks, every byte the same in 2 lives of its process\n"
        f"supervisor: {steps} ticks, every byte the same in 2 lives of its process\n"
    ), answer.stderr


def test_a_disk_that_fails_ends_the_recording_and_no_process_and_control_is_told(computer: Computer) -> None:
    (computer.folder / "letter").write_text("dear")
    computer.further["services"] = ["--record", str(computer.folder / "letter"), "--append"]
    computer.start("services", "supervisor", "control")
    word = ServicesWord(computer.link, MonotonicClock())
    until(lambda: "expected a black box" in word().recorder_error)
    share = word().free_share
    assert share is not None
    assert 0.0 <= share <= 1.0

    def told() -> bool:
        page = look(computer.link, time.monotonic_ns()).control
        drive = page.drive if page is not None else None
        return drive is not None and any(fault.startswith("recorder_failed") for fault in drive.faults)

    until(told)
    assert all(computer.children[name].status() is None for name in ("services", "supervisor", "control"))
    figures = finish(computer, "services")
    assert figures["records kept"] == 0
    assert (computer.folder / "letter").read_text() == "dear"


def test_what_cannot_be_begun_is_told(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    cases = {
        ("--link", str(tmp_path), "--record", str(tmp_path / "there")): (2, "--record: "),
        ("--link", str(tmp_path / "none")): (75, "--link: "),
    }
    for options, (status, message) in cases.items():
        command = [sys.executable, "-m", "firmware_runtime.executive", "run-services", str(PROFILE), *options]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert answer.returncode == status
        assert answer.stderr.startswith(message)
        assert "Traceback" not in answer.stderr
