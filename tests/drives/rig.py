"""Runtime and simulated vehicle in lockstep, with hands in between: what a scenario needs, and no more."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import hypot

import msgspec

from firmware_runtime.can.bus_events import BusEvent
from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.enums import SafetyState
from firmware_runtime.vehicle.load import Profile, load_profile
from firmware_runtime.vehicle.profile import Loop
from firmware_runtime.vehicle.route import Route
from firmware_runtime.vehicle.telemetry import Telemetry
from tests.bus_vehicle import ROOT
from tests.motion.lines import route_of
from vehicle_hil.lockstep import runtime_ticks
from vehicle_hil.scene import place
from vehicle_hil.truth import Truth
from vehicle_hil.vehicle_file import built_in_vehicle, load_vehicle_file

TICK_NS = 10_000_000
BEND = route_of([(60, 0, 0), (12, 0, 0.08), (20, 0.08, 0.08), (12, 0.08, 0), (60, 0, 0)])
"""A straight, a bend of 12.5 m radius, a straight: 164 m."""


def at_rate(profile: Profile, rate_hz: int) -> Profile:
    """The same vehicle with a loop of this rate."""
    return replace(profile, data=msgspec.structs.replace(profile.data, loop=Loop(rate_hz=rate_hz)))


Hand = Callable[["Rig"], None]


class Rig:
    """One drive; `run` until a condition holds, then meddle, then run on."""

    def __init__(
        self, route: Route = BEND, seed: int = 1, vehicle: str = "q_truck", rate_hz: int = 100
    ) -> None:
        self.profile = at_rate(load_profile(ROOT / "configs" / f"{vehicle}.toml"), rate_hz)
        self.vehicle = place(load_vehicle_file(built_in_vehicle(vehicle)), seed, route)
        self.vehicle.body.turn_mode_key("AUTO")
        self.onboard: Onboard = Onboard(self.profile, route)
        self.route = route
        self.now_ns = 0
        self.heard: list[Frame] = []
        self.said: list[Frame] = []
        self.log: list[tuple[int, str, int, bytes]] = []
        self.states: list[SafetyState] = []
        self.runtime_alive = True
        self.control_alive = True
        self.bus_events: list[BusEvent] = []
        """What the ports say in the next tick."""
        self.cut: set[str] = set()
        """Buses on which nothing comes or goes."""
        self.records: list[TickRecord] | None = None
        """A list keeps every tick, for a replay."""
        self.cross_track_max_m = 0.0
        self._line = RouteTracker(route)

    @property
    def truth(self) -> Truth:
        return self.vehicle.truth

    @property
    def telemetry(self) -> Telemetry:
        return self.onboard.telemetry

    @property
    def state(self) -> SafetyState:
        return self.telemetry.state

    def tick(self) -> None:
        """10 ms: one step of the vehicle, and as many of the runtime as its rate makes of that."""
        self.now_ns += TICK_NS
        arriving = [frame for frame in self.said if frame.bus not in self.cut]
        heard = [Frame(*frame) for frame in self.vehicle.step(self.now_ns, arriving)]
        self.heard = [frame for frame in heard if frame.bus not in self.cut]
        serial = self.vehicle.serial_bytes()
        if not self.runtime_alive:
            self.said = []
        elif self.control_alive:
            self.said = []
            for time_ns, frames in runtime_ticks(self.now_ns, self.profile.data.loop.tick_ns, self.heard):
                self._runtime(time_ns, frames, serial if time_ns == self.now_ns else b"")
        else:
            self.said = self.onboard.supervisor.step(self.now_ns, self.heard, None)
        self.log += [*self.heard, *self.said]
        self._line.update(self.truth.x_m, self.truth.y_m, self.truth.heading_rad)
        self.cross_track_max_m = max(self.cross_track_max_m, abs(self._line.cross_track_m))

    def _runtime(self, now_ns: int, frames: Sequence[Frame], serial: bytes) -> None:
        host = HostReport(tuple(self.bus_events))
        self.bus_events.clear()
        said = self.onboard.step(now_ns, frames, serial, host)
        self.said += said
        if self.records is not None:
            tick = TickRecord(now_ns, frames, serial, said, self.telemetry, host=host)
            self.records.append(tick)
        if not self.states or self.states[-1] is not self.state:
            self.states.append(self.state)

    def run(self, until: Callable[["Rig"], bool], seconds: float = 120.0) -> None:
        """Ticks until the condition holds; fails where it does not in time."""
        end_ns = self.now_ns + round(seconds * 1e9)
        while not until(self):
            self.tick()
            assert self.now_ns < end_ns, (
                f"not within {seconds} s: {self.state.name} {self.telemetry.faults}, "
                f"{self.truth.speed_mps:.2f} m/s at {self.telemetry.route_distance_m:.1f} m"
            )

    def pause(self, seconds: float) -> None:
        end_ns = self.now_ns + round(seconds * 1e9)
        while self.now_ns < end_ns:
            self.tick()

    def start(self) -> None:
        self.run(lambda r: r.now_ns > 0 and r.state is SafetyState.READY, 20)
        self.pause(0.5)
        self.vehicle.body.press_run()
        self.run(lambda r: r.state is SafetyState.AUTO, 2)

    def drive_to(self, distance_m: float) -> None:
        self.start()
        self.run(lambda r: r.telemetry.route_distance_m >= distance_m)

    def acknowledge(self) -> None:
        self.pause(0.5)
        self.vehicle.body.press_acknowledge()
        self.pause(0.5)

    @property
    def stop_error_m(self) -> float:
        return hypot(self.truth.x_m - float(self.route.x_m[-1]), self.truth.y_m - float(self.route.y_m[-1]))


def standing(rig: Rig) -> bool:
    return rig.truth.speed_mps == 0.0


def arrived(rig: Rig) -> bool:
    return rig.telemetry.arrived and rig.truth.speed_mps == 0.0
