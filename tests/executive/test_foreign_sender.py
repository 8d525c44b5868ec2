"""By the wall clock, over a bus between processes: somebody else sends a command of ours in mid-drive."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_runtime.can.bus import BusError, open_bus
from firmware_runtime.can.bus_events import EventKind, Origin
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.bus_options import BusOption, parse_bus_options
from firmware_runtime.recorder.blackbox import BlackBoxReader
from firmware_runtime.recorder.tick_record import DrivingRecord
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.realtime import BLACK_BOX, run_realtime
from vehicle_hil.result import BusFrame, DriveJob, DriveSetup
from vehicle_hil.truth import Truth

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "configs" / "q_truck.toml"
STEERING = 0x8CFF0327
ATTACK_MPS = 1.0


class Attacker:
    """Watches the drive from outside; once the truck rolls, sends the runtime's own steering command."""

    def __init__(self) -> None:
        self._notes: list[str] = []
        self.attacked_at: Truth | None = None
        self.last: Truth | None = None

    def on_start(self, setup: DriveSetup) -> None:
        """Nothing to be learned from it."""

    def on_note(self, time_ns: int, text: str) -> None:
        self._notes.append(text)

    def on_tick(self, truth: Truth, telemetry: Telemetry | None, frames: Sequence[BusFrame]) -> None:
        self.last = truth
        if self.attacked_at is None and truth.speed_mps > ATTACK_MPS:
            self.attacked_at = truth
            bus = self._drive_bus()
            port = open_bus(bus.name, bus.interface, bus.channel, bus.options)
            # No ECU takes it: its checksum is wrong. That it was sent is enough.
            port.send([Frame(0, "drive", STEERING, bytes(8))])
            port.close()

    def _drive_bus(self) -> BusOption:
        """As the command line of the runtime names it."""
        note = next(note for note in self._notes if note.startswith("runtime is process"))
        pid = note.split()[3]
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        texts = [words[place + 1] for place, word in enumerate(words) if word == "--bus"]
        return parse_bus_options(texts, ["drive", "body"])[0]


@dataclass
class Attacked:
    before: Truth
    after: Truth
    box: Path
    ticks: list[DrivingRecord]
    route: Path

    @property
    def first(self) -> int:
        """Number of the tick that was told of it."""
        return next(number for number, tick in enumerate(self.ticks) if tick.host.bus_events)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    try:
        open_bus("drive", "udp_multicast", "239.192.0.1", {"port": 43113}).close()
    except BusError as error:
        pytest.skip(f"this host has no multicast: {error}")
    folder = tmp_path_factory.mktemp("attacked")
    route = folder / "straight.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 201, 2)))
    attacker = Attacker()
    run_realtime(DriveJob(PROFILE, route, None, False, 3, 40.0, None, folder), attacker)
    ticks = list(BlackBoxReader(folder / BLACK_BOX).ticks())
    told_ns = min((tick.time_ns for tick in ticks if tick.host.bus_events), default=sys.maxsize)
    earlier = [tick for tick in ticks if tick.telemetry.faults and tick.time_ns < told_ns]
    if earlier:
        pytest.skip(f"this machine was too busy to drive by the wall clock: {earlier[0].telemetry.faults}")
    assert attacker.attacked_at is not None
    assert attacker.last is not None
    return Attacked(attacker.attacked_at, attacker.last, folder / BLACK_BOX, ticks, route)


def test_the_port_tells_whose_message_it_was(attacked: Attacked) -> None:
    events = [event for tick in attacked.ticks for event in tick.host.bus_events]
    assert [(event.kind, event.bus, event.can_id, event.detail) for event in events] == [
        (EventKind.FOREIGN_SENDER, "drive", STEERING, Origin.OTHER)
    ]


@pytest.mark.requirement("SR-14")
def test_the_fault_names_the_message_and_the_stop_begins_in_the_same_tick(attacked: Attacked) -> None:
    before, then = attacked.ticks[attacked.first - 1 : attacked.first + 1]
    assert (before.telemetry.state, before.telemetry.faults) == (SafetyState.AUTO, ())
    assert then.telemetry.state is SafetyState.MRM
    fault = then.telemetry.faults[0]
    assert fault.startswith(
        "foreign_sender: drive.SteeringCommand (0xCFF0327) of supervisor, sent by somebody"
    )


@pytest.mark.requirement("SR-14")
def test_the_truck_stands_and_holds_and_the_fault_waits_for_a_person(attacked: Attacked) -> None:
    assert attacked.after.speed_mps == 0.0
    assert attacked.after.park_brake_applied
    speed_mps = attacked.before.speed_mps
    assert attacked.after.distance_m - attacked.before.distance_m < speed_mps**2 / (2 * 0.7) + 1.5 * speed_mps
    # After it the harness ends the processes, which is a shutdown.
    last = [tick for tick in attacked.ticks if not tick.host.end_asked][-1].telemetry
    assert last.state is SafetyState.SAFE_STOP
    assert last.faults[0].startswith("foreign_sender: drive.SteeringCommand")


@pytest.mark.requirement("SR-30")
def test_the_black_box_replays_to_the_same_bytes(attacked: Attacked) -> None:
    command = [sys.executable, "-m", "firmware_runtime.executive", "replay", str(attacked.box), str(PROFILE)]
    command += ["--route", str(attacked.route)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    control, supervisor = answer.stdout.splitlines()
    assert control == f"control: {len(attacked.ticks)} ticks, every byte the same", answer.stderr
    assert supervisor.endswith("ticks, every byte the same"), answer.stdout
