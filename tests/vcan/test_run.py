"""The command that drives a vehicle, on a real CAN stack: what happens on its buses becomes its faults."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_runtime.recorder.blackbox import BlackBoxReader
from firmware_runtime.recorder.tick_record import DrivingRecord
from tests.vcan.side import CHANNEL, PATIENCE_S, Line, error_frame, run

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "firmware_runtime.executive"]
PROFILE = "configs/q_truck.toml"
BODY = "vcan1"
STEERING, WHEELS, NOBODYS = "0CFF0327", "0CFF120B", "18FF9955"
CONTROLLER, BUS_OFF, RESTARTED = 0x004, 0x040, 0x100
TX_PASSIVE = 0x20
UNMEASURED = {key: value for key, value in os.environ.items() if "COV" not in key}
"""Coverage of a whole runtime in there would take longer than all other tests on the bus."""
GIVE_UP_S = 30.0
"""Five attempts, their waits and answers take 6.3 s by the runtime's clock, in a kernel that may be slow."""


class Running:
    """`firmware-runtime run` on two buses without a vehicle; its black box is read as it grows."""

    def __init__(self, folder: Path, receiver: str) -> None:
        self.box = folder / "box"
        self.route = folder / "straight.csv"
        self.route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 61, 2)))
        words = ["run", PROFILE, "--route", str(self.route), "--serial", receiver, "--record", str(self.box)]
        words += ["--development"]
        words += ["--bus", f"drive=socketcan:{CHANNEL}", "--bus", f"body=socketcan:{BODY}"]
        self._process = subprocess.Popen(
            [*COMMAND, *words], cwd=ROOT, env=UNMEASURED, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("running q_truck")
        self._reader = BlackBoxReader(self.box)
        self.ticks: list[DrivingRecord] = []

    def until(self, enough: Callable[[DrivingRecord], bool], seconds: float = PATIENCE_S) -> DrivingRecord:
        """The next tick for which it holds."""
        end_s = time.monotonic() + seconds
        while True:
            for tick in self._reader.ticks():
                self.ticks.append(tick)
                if enough(tick):
                    return tick
            assert time.monotonic() < end_s, self.ticks[-1].telemetry.faults
            time.sleep(0.05)

    def until_fault(self, text: str, seconds: float = PATIENCE_S) -> DrivingRecord:
        return self.until(lambda t: any(text in fault for fault in t.telemetry.faults), seconds)

    def finish(self) -> dict[str, dict[str, object]]:
        """Ends it as a service manager does; the supervisor's figures of each bus."""
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=PATIENCE_S)
        assert self._process.returncode == 0
        self.ticks += self._reader.ticks()
        return json.loads(said)["supervisor"]["buses"]

    def kill(self) -> None:
        """The kernel asks the three to end then."""
        self._process.kill()
        self._process.wait()

    def events(self, bus: str) -> set[str]:
        """Kinds that came of this bus, from either process's port."""
        return {event.kind.name for tick in self.ticks for event in tick.host.bus_events if event.bus == bus}


@pytest.fixture(scope="module")
def body_bus() -> Iterator[None]:
    run("ip", "link", "add", "dev", BODY, "type", "vcan")
    run("ip", "link", "set", BODY, "up")
    yield
    run("ip", "link", "del", BODY)


@pytest.fixture
def running(tmp_path: Path, body_bus: None) -> Iterator[Running]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    running = Running(tmp_path, os.ttyname(slave))
    yield running
    running.kill()
    os.close(slave)
    os.close(master)


def test_the_run_tells_of_its_buses_and_its_black_box_replays(line: Line, running: Running) -> None:
    """One run, because each takes long here to begin: a foreign sender, errors, bus-off, giving up."""
    running.until(lambda tick: len(running.ticks) > 10)
    for text in (f"{NOBODYS}#00", f"{WHEELS}#0000000000000000", f"{STEERING}#0000000000000000"):
        run("cansend", CHANNEL, text)
    tick = running.until_fault("foreign_sender")
    assert (
        "foreign_sender: drive.SteeringCommand (0xCFF0327) of supervisor, sent by another process of this "
        "computer"
    ) in tick.telemetry.faults
    assert tick.host.bus_events, "in the tick that was told of it"
    plain = line.plain()
    plain.send(error_frame(CONTROLLER, TX_PASSIVE, tx_errors=128))
    running.until_fault("bus_disturbed: drive ERROR_PASSIVE")
    line.plain(BODY).send(error_frame(BUS_OFF))
    running.until_fault("bus_off: body BUS_OFF")
    running.until_fault("bus_given_up: body after 5 attempts", GIVE_UP_S)
    plain.send(error_frame(RESTARTED))
    running.until(lambda t: not any("bus_disturbed" in fault for fault in t.telemetry.faults))
    buses = running.finish()
    drive, body = buses["drive"], buses["body"]
    assert (drive["state"], body["state"]) == ("ERROR_ACTIVE", "BUS_OFF")
    assert running.events("drive") == {"FOREIGN_SENDER", "STATE"}
    assert drive["foreign_sender_frames"] == {"drive.SteeringCommand": 1}
    assert running.events("body") == {"STATE", "RESTART", "RECOVERY_GIVEN_UP"}
    assert body["restarts"] == 5
    assert body["error_classes"] == {"BUS_OFF": 1}
    assert "not supported" in str(body["restart_error"]), "vcan is no CAN controller"
    heard = {frame.can_id for tick in running.ticks for frame in tick.frames_in if frame.bus == "drive"}
    assert heard == {0x8000_0000 | int(text, 16) for text in (WHEELS, STEERING)}, (
        "what is nobody's is left out"
    )
    command = [*COMMAND, "replay", str(running.box), PROFILE, "--route", str(running.route)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=UNMEASURED, check=False)
    control, supervisor = answer.stdout.splitlines()
    assert control == f"control: {len(running.ticks)} ticks, every byte the same", answer.stderr
    assert supervisor.startswith("supervisor: ")
    assert supervisor.endswith("every byte the same")
