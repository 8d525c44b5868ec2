"""All that the monitors need memory for, stepped once a tick: what the parts found goes to the conditions.

Each part is a pure component of its own; this only hands each what it looks at.
"""

import msgspec

from firmware_runtime.safety.bus_watch import ALL_WELL, BusFindings, BusWatch
from firmware_runtime.safety.clock_watch import ClockWatch
from firmware_runtime.safety.frozen import FrozenInputs, FrozenWatch
from firmware_runtime.safety.gnss_watch import NO_GNSS, GnssFindings, GnssHeard, GnssWatch
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.host_watch import HostWatch
from firmware_runtime.safety.limit_watch import LimitWatch, Overspeed
from firmware_runtime.safety.motion_watch import NO_UNINTENDED_MOTION, MotionWatch, UnintendedMotion
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.signals import VehicleState


class Watched(msgspec.Struct, frozen=True, gc=False):
    """This tick's state, and what the last tick knew and asked."""

    state: VehicleState
    standing: bool
    acknowledged: bool
    """A person has pressed acknowledge just now, at standstill."""
    host: HostReport
    """Of this tick: events of the buses, and what the computer tells of itself."""
    speed_mps: float
    """Along the body, forward positive."""
    speed_limit_mps: float
    """Least of all limits in force."""
    hold_asked: bool
    direction: Direction
    """Of driving."""
    steering_front_asked_rad: float
    steering_rear_asked_rad: float
    gnss: GnssHeard


class Findings(msgspec.Struct, frozen=True, gc=False):
    buses: BusFindings = ALL_WELL
    clock: str = ""
    """What was wrong with the tick's time, or empty."""
    frozen: tuple[str, ...] = ()
    """Signals that stand still while they should not."""
    gnss: GnssFindings = NO_GNSS
    unintended: UnintendedMotion = NO_UNINTENDED_MOTION
    overspeed: Overspeed | None = None
    host_silent: tuple[str, ...] = ()
    """What this computer told of itself and tells no more."""


ALL_QUIET = Findings()


class Watches:
    """`step(now_ns, watched) -> Findings`, once a tick."""

    def __init__(self, profile: Profile) -> None:
        traction = profile.data.traction
        self.buses = BusWatch({binding.bus for binding in (*profile.inputs, *profile.outputs)})
        self._clock = ClockWatch()
        self._frozen = FrozenWatch(traction.wheel_radius_m / traction.gear_ratio)
        self._gnss = GnssWatch()
        self._motion = MotionWatch()
        self._limit = LimitWatch(profile.data.limits)
        self._host = HostWatch()

    def step(self, now_ns: int, watched: Watched) -> Findings:
        w = watched
        return Findings(
            self.buses.step(now_ns, w.host.bus_events, w.acknowledged),
            self._clock.step(now_ns),
            self._frozen.step(
                now_ns,
                FrozenInputs(w.state, w.steering_front_asked_rad, w.steering_rear_asked_rad),
            ),
            self._gnss.step(now_ns, w.gnss, w.speed_mps),
            self._motion.step(now_ns, w.speed_mps, w.standing, w.hold_asked, w.direction),
            self._limit.step(now_ns, abs(w.speed_mps), w.speed_limit_mps),
            self._host.step(w.host),
        )
