"""What a runtime hears in a drive, with as many frames a tick as wanted: good ones, all of them.

The simulated vehicle drives in lockstep with the runtime. Its ECUs send some nine frames in 10 ms; the rest
are their latest payloads again, each with the counter and checksum that come next.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.controller import Controller
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.profile import Loop
from firmware_runtime.vehicle.route import Route
from vehicle_hil.codec.crc import Profile1Crc
from vehicle_hil.codec.dbc import load_bus
from vehicle_hil.codec.protection import COUNTER_MODULUS
from vehicle_hil.lockstep import runtime_ticks
from vehicle_hil.result import LOCKSTEP, TICK_NS, BusFrame, DriveJob
from vehicle_hil.scene import prepare

ROOT = Path(__file__).parents[3]
PROFILE = ROOT / "configs" / "q_truck.toml"
ROUTE = ROOT / "configs" / "routes" / "yard.csv"
DBCS = {"drive": ROOT / "dbc" / "q_truck_drive.dbc", "body": ROOT / "dbc" / "yard_body.dbc"}


class Tick(NamedTuple):
    now_ns: int
    frames: list[Frame]
    serial: bytes


class DriveRecord(NamedTuple):
    profile: Profile
    route: Route
    ticks: list[Tick]
    driving_from: int
    """Index of the first tick in which the truck drives by itself, until the end."""


class Multiplied:
    """`of(now_ns, frames)`: those frames and more of the same, `count` in all, with counters in order."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._layouts = {
            (bus, layout.can_id): layout
            for bus, path in DBCS.items()
            for layout in load_bus(bus, path).values()
        }
        self._crcs: dict[tuple[str, int], Profile1Crc] = {}
        self._counters: dict[tuple[str, int], int] = {}
        self._latest: dict[tuple[str, int], bytes] = {}
        self._turn = 0

    def of(self, now_ns: int, last_ns: int, frames: Sequence[BusFrame]) -> list[Frame]:
        said = [(bus, can_id, data) for _, bus, can_id, data in frames]
        for bus, can_id, data in said:
            self._latest[bus, can_id] = data
        known = list(self._latest.items())
        while known and len(said) < self._count:
            (bus, can_id), data = known[self._turn % len(known)]
            self._turn += 1
            said.append((bus, can_id, data))
        step_ns = (now_ns - last_ns) // max(1, len(said))
        return [
            Frame(last_ns + (place + 1) * step_ns, bus, can_id, self._protected(bus, can_id, data))
            for place, (bus, can_id, data) in enumerate(said)
        ]

    def _protected(self, bus: str, can_id: int, data: bytes) -> bytes:
        key = (bus, can_id)
        if key not in self._crcs:
            layout = self._layouts[key]
            self._crcs[key] = Profile1Crc(layout.data_id, layout.length)
        counter = (self._counters.get(key, -1) + 1) % COUNTER_MODULUS
        self._counters[key] = counter
        tail = bytes((data[1] & 0xF0 | counter,)) + data[2:]
        return bytes((self._crcs[key].of(tail),)) + tail


def record(frames_per_tick: int, ticks: int, rate_hz: int = 100) -> DriveRecord:
    """A drive from power-on, so many ticks of a loop at this rate long."""
    with tempfile.TemporaryDirectory() as folder:
        job = DriveJob(PROFILE, ROUTE, None, False, 1, None, None, Path(folder))
        scene = prepare(job, LOCKSTEP)
    data = msgspec.structs.replace(scene.profile.data, loop=Loop(rate_hz=rate_hz))
    profile, tick_ns = replace(scene.profile, data=data), data.loop.tick_ns
    controller, supervisor = Controller(profile, scene.route), Supervisor(profile)
    multiplied, host = Multiplied(frames_per_tick), HostReport(period_ns=tick_ns)
    said: list[BusFrame] = []
    kept: list[Tick] = []
    driving_from, step_ns = 0, 0
    while len(kept) < ticks:
        step_ns += TICK_NS
        scene.operator.step(said)
        step = [Frame(*frame) for frame in scene.vehicle.step(step_ns, said)]
        said = []
        for now_ns, heard in runtime_ticks(step_ns, tick_ns, step):
            frames = multiplied.of(now_ns, now_ns - tick_ns, heard)
            tick = Tick(now_ns, frames, scene.vehicle.serial_bytes() if now_ns == step_ns else b"")
            kept.append(tick)
            proposal = controller.step(now_ns, tick.frames, tick.serial, supervisor.report, host)
            said += supervisor.step(now_ns, tick.frames, proposal)
            if proposal.state is not SafetyState.AUTO:
                driving_from = len(kept)
    return DriveRecord(profile, scene.route, kept, driving_from)
