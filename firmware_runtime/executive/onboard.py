"""Controller and supervisor as one component, for virtual time; on a vehicle each has a process of its own.

The two still share nothing but the proposal and the supervisor's report of the tick before.
"""

from collections.abc import Callable, Sequence

from firmware_runtime.can.frame import Frame
from firmware_runtime.controller import Controller, mark_nothing
from firmware_runtime.safety.host_report import NOTHING_TO_REPORT, HostReport
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.route import Route
from firmware_runtime.vehicle.telemetry import Telemetry


class Onboard:
    """The whole runtime as one pure component."""

    def __init__(self, profile: Profile, route: Route, mark: Callable[[str], None] = mark_nothing) -> None:
        """mark: told the name of each part as it ends."""
        self._mark = mark
        self.controller = Controller(profile, route, mark)
        self.supervisor = Supervisor(profile)
        self._report = self.supervisor.report

    @property
    def telemetry(self) -> Telemetry:
        """Of the last tick. Before the first there is none: reading it then is a programming error."""
        telemetry = self.controller.telemetry
        if telemetry is None:
            raise RuntimeError("telemetry: expected at least one step before it is read, none was made")
        return telemetry

    def step(
        self, now_ns: int, frames: Sequence[Frame], serial: bytes, host: HostReport = NOTHING_TO_REPORT
    ) -> list[Frame]:
        """One tick: frames, serial bytes and events that came since the last; frames to send now."""
        proposal = self.controller.step(now_ns, frames, serial, self._report, host)
        out = self.supervisor.step(now_ns, frames, proposal)
        self._mark("supervisor")
        self._report = self.supervisor.report
        return out
