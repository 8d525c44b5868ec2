"""`firmware-runtime status` beside processes that run: what it says is so, and it disturbs nobody."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.rig import Computer


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    route = tmp_path / "route.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 101, 2)))
    with Computer(tmp_path, route) as made:
        made.start("supervisor", "control")
        made.go()
        yield made


def status(link: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "firmware_runtime.executive", "status", "--link", str(link), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)


def test_it_tells_what_the_processes_do_and_notices_one_that_hangs(computer: Computer) -> None:
    computer.drive_to(1.0)
    told = status(computer.link)
    assert (told["life"]["control"], told["life"]["supervisor"]) == ("runs", "runs")
    assert told["control"]["drive"]["state"] == "AUTO"
    assert told["control"]["drive"]["permissions"]["propulsion"] is True
    assert told["control"]["process"]["identity"] == told["supervisor"]["process"]["identity"]
    assert told["control"]["process"]["pid"] == computer.children["control"].pid
    assert told["supervisor"]["process"]["buses"]["drive"]["statistics"]["sent"] > 100
    stages = told["control"]["process"]["spreads"]
    assert {"waking up", "receive", "decode", "motion", "record", "whole cycle"} <= set(stages)
    assert stages["motion"]["times"] > 100
    computer.signal("control", signal.SIGSTOP)
    end_s = time.monotonic() + 10.0
    while status(computer.link)["life"]["control"] == "runs":
        assert time.monotonic() < end_s
    told = status(computer.link)
    assert told["life"] == {"supervisor": "runs", "control": "no sign of life", "services": "not started"}
    assert told["supervisor"]["took_over"] == "no proposal from control"
    os.kill(computer.children["control"].pid, signal.SIGCONT)
