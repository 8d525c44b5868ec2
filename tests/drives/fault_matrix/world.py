"""The rig of the matrix: the lockstep rig, with a computer that has a temperature, a disk and a period."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.safety.host_report import NOTHING_TO_REPORT, HostReport
from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig
from tests.motion.lines import route_of

S = SafetyState
WINDING = route_of([(10, 0, 0), (20, 0, 0.01), *[(40, 0.01, -0.01), (40, -0.01, 0.01)] * 5, (20, 0, 0)])
"""450 m of bends of 100 m radius, left and right: full speed is permitted, and the steering never rests."""
AUTO_AT_M, DEGRADED_AT_M, REMOTE_AT_M, MANUAL_AT_M = 90.0, 40.0, 25.0, 60.0
"""Where on the route the causes begin that need a moving truck."""


class HostedOnboard(Onboard):
    """The runtime on a computer whose figures the harness sets."""

    figures: dict[str, Any]
    queued: list[Frame]
    """What came while control hung: its sockets keep it."""

    def step(
        self,
        now_ns: int,
        frames: Sequence[Frame],
        serial: bytes,
        host: HostReport = NOTHING_TO_REPORT,
    ) -> list[Frame]:
        for frame in self.queued:
            self.controller._receiver.push(frame)
        self.queued.clear()
        return super().step(now_ns, frames, serial, msgspec.structs.replace(host, **self.figures))


Person = Callable[["World"], None]


class World(Rig):
    def __init__(self, aside_m: float = 0.0, vehicle: str = "q_truck", person: Person | None = None) -> None:
        """aside_m: so far left of the route's first point it stands. person: drives it by hand, each tick."""
        super().__init__(WINDING, vehicle=vehicle)
        self.person = person
        self.vehicle.plant.kinematics.y_m += aside_m
        onboard = HostedOnboard(self.profile, self.route)
        onboard.figures = self.host = {}
        """Figures of the computer, by their names in HostReport."""
        onboard.queued = self.queued = []
        self.onboard = onboard
        self.hang_ticks = 0
        """So many ticks from now on control does nothing; then it finds all that came meanwhile."""

    @property
    def line(self) -> RouteTracker:
        """Where on the route it truly is."""
        return self._line

    def tick(self) -> None:
        if self.person is not None:
            self.person(self)
        hangs = self.hang_ticks > 0
        self.hang_ticks -= hangs
        self.control_alive = not hangs
        super().tick()
        if hangs:
            self.queued.extend(self.heard)

    def says(self, message: str, **values: float) -> None:
        """From now on these signals of the message say this, in SI units."""
        self.vehicle.sender(message).override.update(values)

    def says_true(self, message: str, *names: str) -> None:
        for name in names:
            self.vehicle.sender(message).override.pop(name, None)

    def named(self, identifier: str) -> str:
        """Detail of an active fault; empty where it is not active."""
        start = f"{identifier}: "
        return next((text[len(start) :] for text in self.telemetry.faults if text.startswith(start)), "")

    def make_ready(self) -> None:
        self.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
        self.pause(0.5)

    def set_off(self, state: SafetyState) -> None:
        self.vehicle.body.press_run()
        self.run(lambda r: r.state is state, 2)

    def roll_to(self, distance_m: float) -> None:
        self.run(lambda r: r.telemetry.route_distance_m >= distance_m)
        self.log.clear()
