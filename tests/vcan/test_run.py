"""Controller and supervisor on a real CAN stack: what happens on their buses becomes faults and is on record.

As one component in this process: the kernel under it may be too slow for processes that watch their own time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.can.bus_port import send_all
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive import bus_setup
from firmware_runtime.executive.bus_figures import bus_figures
from firmware_runtime.executive.bus_ports import open_buses
from firmware_runtime.executive.bus_restarts import BusRestarts
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.recorder.replay import replay
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.load import load_profile
from tests.drives.rig import BEND
from tests.vcan.side import CHANNEL, PATIENCE_S, Line, error_frame, run

PROFILE = Path(__file__).parents[2] / "configs" / "q_truck.toml"
BODY = "vcan1"
STEERING, WHEELS, NOBODYS = "0CFF0327", "0CFF120B", "18FF9955"
CONTROLLER, BUS_OFF, RESTARTED = 0x004, 0x040, 0x100
TX_PASSIVE = 0x20
GIVE_UP_S = 30.0
"""Five attempts, their waits and answers take 6.3 s by the runtime's clock, in a kernel that may be slow."""
PAUSE_S = 0.005


class Running:
    """On two buses without a vehicle, tick after tick as fast as this kernel goes."""

    def __init__(self, stack: ExitStack) -> None:
        self.profile = load_profile(PROFILE)
        self._guards = bus_setup.guards(self.profile)
        options = [f"drive=socketcan:{CHANNEL}", f"body=socketcan:{BODY}"]
        self._buses = open_buses(options, self.profile, self._guards, stack)
        self._ports = {bus.name: bus for bus in self._buses}
        self._onboard = Onboard(self.profile, BEND)
        self._restarts = BusRestarts(self._buses)
        self.ticks: list[TickRecord] = []

    def _tick(self) -> TickRecord:
        now_ns = time.monotonic_ns()
        frames: list[Frame] = []
        events: list[BusEvent] = []
        for bus in self._buses:
            frames += bus.receive(now_ns)
            events += bus.take_events()
        host = HostReport(tuple(events))
        out = self._onboard.step(now_ns, frames, b"", host)
        send_all(self._ports, out)
        self._restarts.take(now_ns, self._onboard.controller.bus_watch.renewals)
        tick = TickRecord(now_ns, frames, b"", out, self._onboard.telemetry, host=host)
        self.ticks.append(tick)
        return tick

    def until(self, enough: Callable[[TickRecord], bool], seconds: float = PATIENCE_S) -> TickRecord:
        """The next tick for which it holds."""
        end_s = time.monotonic() + seconds
        while not enough(tick := self._tick()):
            assert time.monotonic() < end_s, tick.telemetry.faults
            time.sleep(PAUSE_S)
        return tick

    def until_fault(self, text: str, seconds: float = PATIENCE_S) -> TickRecord:
        return self.until(lambda t: any(text in fault for fault in t.telemetry.faults), seconds)

    def figures(self) -> dict[str, dict[str, object]]:
        """Of each bus, as a process tells them at its end."""
        return bus_figures(self._buses, self._guards)

    def events(self, bus: str) -> dict[str, int]:
        """Of this bus, by kind."""
        return self._onboard.controller.bus_watch.counts[bus]


@pytest.fixture(scope="module")
def body_bus() -> Iterator[None]:
    run("ip", "link", "add", "dev", BODY, "type", "vcan")
    run("ip", "link", "set", BODY, "up")
    yield
    run("ip", "link", "del", BODY)


@pytest.fixture
def running(body_bus: None) -> Iterator[Running]:
    with ExitStack() as stack:
        yield Running(stack)


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
    buses = running.figures()
    drive, body = buses["drive"], buses["body"]
    assert (drive["state"], body["state"]) == ("ERROR_ACTIVE", "BUS_OFF")
    assert running.events("drive") == {"FOREIGN_SENDER": 1, "STATE": 2}
    assert drive["foreign_sender_frames"] == {"drive.SteeringCommand": 1}
    assert running.events("body") == {"STATE": 1, "RESTART": 5, "RECOVERY_GIVEN_UP": 1}
    assert body["restarts"] == 5
    assert body["error_classes"] == {"BUS_OFF": 1}
    assert "not supported" in str(body["restart_error"]), "vcan is no CAN controller"
    heard = {frame.can_id for tick in running.ticks for frame in tick.frames_in if frame.bus == "drive"}
    assert heard == {0x8000_0000 | int(text, 16) for text in (WHEELS, STEERING)}, (
        "what is nobody's is left out"
    )
    decoder = msgspec.msgpack.Decoder(TickRecord)
    read = [decoder.decode(msgspec.msgpack.encode(tick)) for tick in running.ticks]
    result = replay(read, Onboard(running.profile, BEND))
    assert (result.ticks, result.difference) == (len(read), None)
