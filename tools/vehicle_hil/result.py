"""What a drive is asked to do and what comes back: the types between command, runners and report.

A runner (`lockstep.run_lockstep`, `realtime.run_realtime`) takes a `DriveJob` and an `Observer`, calls
`on_start` once, `on_tick` after every tick of the vehicle (10 ms), `on_note` where something happened that no
tick shows (the runtime was killed, the load changed hands), and returns a `DriveResult`. It leaves Ctrl-C to
the caller: an observer holds all that was recorded so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import Route
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.truth import Truth

FloatArray = npt.NDArray[np.float64]

TICK_NS = 10_000_000
"""One tick of the vehicle. The runtime's own may be shorter, as its profile says."""

LOCKSTEP, REALTIME = "lockstep", "realtime"
"""`DriveSetup.mode`: virtual time in one process, or the wall clock and two processes."""

BusFrame = tuple[int, str, int, bytes]
"""time_ns, bus, can_id with bit 31 set for 29-bit identifiers, data; NamedTuples of this order fit."""


@dataclass(frozen=True, slots=True)
class DriveJob:
    """What the user asked for; paths as given, absolute or relative to the working directory."""

    profile_path: Path
    route_path: Path
    distance_m: float | None
    """Drive only so far along the route; None for all of it."""
    allow_infeasible: bool
    """Smooth a route that the vehicle cannot follow instead of refusing it."""
    seed: int
    seconds: float | None
    """End after so much vehicle time; None drives until arrival or failure."""
    kill_runtime_at_s: float | None
    """Real time only: SIGKILL to the runtime at this vehicle time."""
    out_dir: Path
    """Exists. The runner may leave files of its own there (black box)."""


@dataclass(frozen=True, slots=True)
class RoutePoints:
    """The points of the route file in the route's plane, as written: neither thinned nor smoothed."""

    x_m: FloatArray
    y_m: FloatArray
    closed: bool
    """True where the line returns from the last point to the first; the first is not repeated."""


@dataclass(frozen=True, slots=True)
class DriveSetup:
    """Known before the first tick."""

    mode: str
    """LOCKSTEP or REALTIME."""
    profile: ProfileData
    route: Route
    """As the runtime drives it: cut to `distance_m`, smoothed where allowed."""
    points: RoutePoints
    """Of the part that is driven (all of them where nothing was cut; more does no harm)."""
    identity: str
    """Configuration identity (profile, DBCs, code version) in hex."""
    gnss: str
    """Noise, latency and drop-outs of the simulated receiver, in one line of plain text with units."""
    conditions: tuple[tuple[str, str], ...] = ()
    """Further conditions for the report: label and text with unit (payload, grade, temperature, ...)."""


class Ending(Enum):
    """Why the runner stopped ticking."""

    ARRIVED = "arrived"
    """The runtime says arrived and the vehicle stands."""
    SECONDS = "seconds"
    """`DriveJob.seconds` are over."""
    STUCK = "stuck"
    """The vehicle stands for long without a reason on the route (a latched fault, an open contactor)."""
    RUNTIME_LOST = "runtime_lost"
    """The runtime's process ended or was killed, and the vehicle came to a standstill or ran out of time."""
    INTERRUPTED = "interrupted"
    """Ctrl-C."""


@dataclass(frozen=True, slots=True)
class DriveResult:
    """What only the runner knows when the drive is over; the rest is in the observer's recording."""

    ending: Ending
    detail: str
    """One plain sentence for the user where it did not arrive; empty otherwise."""
    wall_s: float
    """Wall time of the ticks alone, without start-up and report."""
    virtual_s: float
    """Vehicle time of the ticks."""
    runtime_killed_ns: int | None = None
    """Vehicle time at which the runtime's process was gone, killed or not; None while it lived."""
    telemetry_afterwards: Sequence[Telemetry] = ()
    """Real time: from the runtime's black box, on the time base of `Truth.time_ns`; may end early."""


class Observer(Protocol):
    """Watches a drive. All three are called from the runner's own thread; `on_tick` must stay cheap."""

    def on_start(self, setup: DriveSetup) -> None: ...

    def on_tick(self, truth: Truth, telemetry: Telemetry | None, frames: Sequence[BusFrame]) -> None:
        """After each tick of the vehicle, in order of time.

        telemetry: of the runtime's last tick in it; None where the runtime runs in another process.
        frames: all frames of this tick on all buses in the order they were on them; the observer keeps
            no reference to the list.
        """
        ...

    def on_note(self, time_ns: int, text: str) -> None:
        """Something that no tick shows, for the list of events, e.g. `runtime killed (SIGKILL)`."""
        ...
