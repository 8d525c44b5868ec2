"""By the wall clock, in separate processes: the runtime drives; killed, it leaves a vehicle that stops."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_runtime.can.bus import BusError, open_bus
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.realtime import run_realtime
from vehicle_hil.result import REALTIME, BusFrame, DriveJob, DriveResult, DriveSetup, Ending
from vehicle_hil.truth import Truth

ROOT = Path(__file__).parents[2]
KILL_AT_S = 6.0


@pytest.fixture(scope="module", autouse=True)
def needs_multicast() -> None:
    try:
        open_bus("drive", "udp_multicast", "239.192.0.1", {"port": 43113}).close()
    except BusError as error:
        pytest.skip(f"this host has no multicast: {error}")


@pytest.fixture(scope="module")
def route(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("route") / "straight.csv"
    path.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 201, 2)))
    return path


@dataclass
class Witness:
    """An observer that keeps everything."""

    setup: DriveSetup | None = None
    truths: list[Truth] = field(default_factory=list[Truth])
    frames: list[BusFrame] = field(default_factory=list[BusFrame])
    notes: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def on_start(self, setup: DriveSetup) -> None:
        self.setup = setup

    def on_tick(self, truth: Truth, telemetry: Telemetry | None, frames: Sequence[BusFrame]) -> None:
        assert telemetry is None, "the runtime is in another process"
        self.truths.append(truth)
        self.frames += frames

    def on_note(self, time_ns: int, text: str) -> None:
        self.notes.append((time_ns, text))

    @property
    def runtime_pid(self) -> int:
        return int(self.notes[0][1].split("process ")[1].split()[0])


def job(route: Path, out_dir: Path, seconds: float | None, kill_at_s: float | None) -> DriveJob:
    return DriveJob(
        profile_path=ROOT / "configs" / "q_truck.toml",
        route_path=route,
        distance_m=None,
        allow_infeasible=False,
        seed=3,
        seconds=seconds,
        kill_runtime_at_s=kill_at_s,
        out_dir=out_dir,
    )


@dataclass
class KilledDrive:
    witness: Witness
    result: DriveResult
    out_dir: Path


@pytest.fixture(scope="module")
def killed(route: Path, tmp_path_factory: pytest.TempPathFactory) -> KilledDrive:
    """A drive whose runtime gets SIGKILL while the truck is on its way."""
    out_dir = tmp_path_factory.mktemp("killed")
    witness = Witness()
    result = run_realtime(job(route, out_dir, 60.0, KILL_AT_S), witness)
    stopped_before = [telemetry.faults for telemetry in result.telemetry_afterwards if telemetry.faults]
    if stopped_before:
        why = f"{witness.notes[-1][1]}; {stopped_before[0]}"
        pytest.skip(f"this machine was too busy to drive by the wall clock: {why}")
    return KilledDrive(witness, result, out_dir)


def at(witness: Witness, time_ns: int) -> Truth:
    return next(truth for truth in witness.truths if truth.time_ns >= time_ns)


def test_the_runtime_drives_the_vehicle_until_it_is_killed(killed: KilledDrive) -> None:
    assert killed.witness.setup is not None
    assert killed.witness.setup.mode == REALTIME
    assert at(killed.witness, int(KILL_AT_S * 1e9)).speed_mps > 0.5
    times_ns = [truth.time_ns for truth in killed.witness.truths]
    assert times_ns == sorted(times_ns)
    assert len(times_ns) > 0.9 * times_ns[-1] / 10e6


def test_the_kill_is_noticed_and_told(killed: KilledDrive) -> None:
    result = killed.result
    assert result.ending is Ending.RUNTIME_LOST
    assert result.runtime_killed_ns is not None
    assert KILL_AT_S * 1e9 <= result.runtime_killed_ns < (KILL_AT_S + 1.0) * 1e9
    assert "signal 9 (SIGKILL)" in result.detail
    assert any("runtime died: signal 9 (SIGKILL)" in text for _, text in killed.witness.notes)


@pytest.mark.requirement("SR-11")
def test_the_vehicle_stops_by_its_ecus_alone(killed: KilledDrive) -> None:
    last = killed.witness.truths[-1]
    assert last.speed_mps == 0.0
    assert last.park_brake_applied
    assert last.inverter_latched
    assert last.brakes_latched
    assert last.steering_latched
    assert "braked by its ECUs' own timeouts" in killed.result.detail


def test_told_time_and_distance_of_the_stop_are_the_true_ones(killed: KilledDrive) -> None:
    found = re.search(r"from ([\d.]+) m/s to standstill in ([\d.]+) s and ([\d.]+) m", killed.result.detail)
    assert found is not None, killed.result.detail
    speed_mps, stop_s, stop_m = map(float, found.groups())
    assert killed.result.runtime_killed_ns is not None
    death = at(killed.witness, killed.result.runtime_killed_ns)
    rest = next(t for t in killed.witness.truths if t.time_ns > death.time_ns and t.speed_mps == 0.0)
    assert speed_mps == pytest.approx(death.speed_mps, abs=0.1)
    assert stop_s == pytest.approx((rest.time_ns - death.time_ns) / 1e9, abs=0.1)
    assert stop_m == pytest.approx(rest.distance_m - death.distance_m, abs=0.2)


def test_both_sides_frames_are_on_record_and_the_dead_sends_none(killed: KilledDrive) -> None:
    heartbeat = 0x8CFF0027
    beats_ns = [time_ns for time_ns, _, can_id, _ in killed.witness.frames if can_id == heartbeat]
    feedback = [frame for frame in killed.witness.frames if frame[2] == 0x8CFF10EF]
    assert killed.result.runtime_killed_ns is not None
    assert beats_ns[0] < 1e9
    assert max(beats_ns) <= killed.result.runtime_killed_ns + 50_000_000
    assert feedback[-1][0] > killed.result.runtime_killed_ns + 300_000_000
    assert {bus for _, bus, _, _ in killed.witness.frames} == {"drive", "body"}


def test_telemetry_comes_from_the_black_box_on_the_drives_time(killed: KilledDrive) -> None:
    telemetry = killed.result.telemetry_afterwards
    times_ns = [each.time_ns for each in telemetry]
    assert times_ns == sorted(times_ns)
    assert times_ns[0] < 200_000_000
    assert killed.result.runtime_killed_ns is not None
    assert KILL_AT_S * 1e9 - 500_000_000 < times_ns[-1] <= killed.result.runtime_killed_ns
    middle = telemetry[len(telemetry) * 3 // 4]
    assert middle.speed_mps == pytest.approx(at(killed.witness, middle.time_ns).speed_mps, abs=0.3)


def test_nothing_is_left_behind(killed: KilledDrive) -> None:
    assert sorted(path.name for path in killed.out_dir.iterdir()) == ["blackbox.bin"]
    assert not Path(f"/proc/{killed.witness.runtime_pid}").exists()
    named = re.findall(r"(control|supervisor|services) (\d+)", killed.witness.notes[0][1])
    assert len(named) == 3
    assert not any(lives(int(pid)) for _, pid in named)


def test_interrupting_the_harness_ends_all_its_processes(route: Path, tmp_path: Path) -> None:
    """Ctrl-C in the middle: the user gets the terminal back, and no process stays."""
    command = [Path(sys.executable).parent / "vehicle-hil", "drive", "--realtime", "--no-report"]
    command += ["--route", route, "--out", tmp_path / "out"]

    def as_from_a_terminal() -> None:
        """A job in the background ignores Ctrl-C, and hands that on."""
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=as_from_a_terminal
    ) as harness:
        assert harness.stdout is not None
        pid = 0
        for line in harness.stdout:
            if found := re.search(r"runtime is process (\d+)", line):
                pid = int(found[1])
                break
        assert pid, "the runtime never began"
        children = descendants(harness.pid)
        assert pid in children
        assert len(children) >= 5, "the vehicle, the runtime and its three processes"
        time.sleep(0.5)
        harness.send_signal(signal.SIGINT)
        harness.stdout.read()
        assert harness.wait(20) == 1
    end_s = time.monotonic() + 5.0
    while any(lives(child) for child in children):
        assert time.monotonic() < end_s, children
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """What is dead and only waits for its parent to hear of it does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] not in ("Z", "X")
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """Its children and theirs."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for word in path.read_text().split():
            found += [int(word), *descendants(int(word))]
    return found
