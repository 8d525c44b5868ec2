"""What stands on the page of each process: plain figures, written ten times a second, read by `status`.

The supervisor's process imports this: nothing of motion, battery or drive may be named here.
"""

from dataclasses import dataclass, field

import msgspec

from firmware_runtime.can.bus_port import BusStatistics
from firmware_runtime.vehicle.permissions import Permissions

PAGE_VERSION = 1
INTERVAL_NS = 100_000_000
"""Between two writings: a person reads no faster."""
SILENT_NS = 1_000_000_000
"""A page that is older belongs to a process that hangs or is gone (assumption: ten writings)."""
FAULTS_MAX = 64
"""Told; how many there are is told in any case."""


def page_name(process: str) -> str:
    """File name of its page in the folder of the links."""
    return f"{process}.status"


@dataclass(slots=True)
class OverrunFigures:
    """Cycles that ended after the next was due."""

    count: int = 0
    in_a_row: int = 0
    """Up to the last cycle."""
    most_in_a_row: int = 0
    by_stage: dict[str, int] = field(default_factory=dict[str, int])
    """The part of the cycle that took longest -> how many."""
    last_ns: int = 0
    last_stage: str = ""


@dataclass(slots=True)
class GarbageFigures:
    """Python's collector since the loop began."""

    collections: int = 0
    whole_collections: int = 0
    """Of all generations: the long ones."""
    collected: int = 0
    """Objects that only the collector could free; a tick that makes cycles shows here."""
    total_ns: int = 0
    worst_ns: int = 0
    blocks: int = 0
    """Of memory that Python holds (`sys.getallocatedblocks`): what grows shows here long before the process
    asks the kernel for more."""


@dataclass(slots=True)
class ShellStatistics:
    """What the supervisor's shell counts since its start."""

    steps: int = 0
    forwarded: int = 0
    """Steps that had a proposal."""
    urgent: int = 0
    """Steps that a frame asked for."""
    without: int = 0
    """Steps at the deadline."""
    overtaken: int = 0
    """Proposals that found a newer one beside them in the queue: this process had hung."""
    unreadable: int = 0
    worst_late_ns: int = 0
    """Of a step at its deadline."""
    worst_hand_over_ns: int = 0
    """From a proposal's tick to its frames on the socket."""
    withheld: int = 0
    """Steps that took so long that their frames were old: not sent."""


class SpreadFigures(msgspec.Struct, frozen=True, array_like=True):
    """A `Spread` as it stands on a page."""

    counts: list[int]
    worst_ns: int


class BusFigures(msgspec.Struct, frozen=True):
    """A port of this process."""

    state: str
    statistics: BusStatistics
    foreign: dict[str, int]
    """Messages of ours that others sent -> how often."""


class ProcessFigures(msgspec.Struct, frozen=True):
    """Of any process."""

    name: str
    pid: int
    began_ns: int
    time_ns: int
    """Monotonic, of this writing."""
    ended: bool
    """In good order."""
    identity: str
    vehicle: str
    scheduling: str
    """In words, as granted at its start."""
    peak_memory_bytes: int
    """Resident, most so far."""
    garbage: GarbageFigures
    spreads: dict[str, SpreadFigures]
    """How long what takes."""
    buses: dict[str, BusFigures]


class DriveFigures(msgspec.Struct, frozen=True):
    """What `control` says of the vehicle."""

    state: str
    stop: str
    severity: int
    faults: list[str]
    """Worst first, at most FAULTS_MAX."""
    fault_count: int
    latches: list[str]
    permissions: Permissions | None
    speed_mps: float
    speed_target_mps: float
    cross_track_m: float
    route_share: float
    route_distance_m: float
    next_stop: str
    battery_soc: float
    fix_age_s: float


class ControlPage(msgspec.Struct, frozen=True):
    process: ProcessFigures
    drive: DriveFigures | None
    """None before the first tick."""
    period_ns: int
    ticks: int
    late_ticks: int
    missed_periods: int
    overruns: OverrunFigures
    version: int = PAGE_VERSION


class WatchdogFigures(msgspec.Struct, frozen=True):
    """Of the hardware watchdog."""

    timeout_s: int
    """That the driver took."""
    failed: int
    """Times that it did not take a sign of life."""


class SupervisorPage(msgspec.Struct, frozen=True):
    process: ProcessFigures
    took_over: str
    """Reason of a stop of its own that is in force, or empty."""
    estop: bool
    rejected: int
    not_following: list[str]
    shell: ShellStatistics
    watchdog: WatchdogFigures | None = None
    """None: it feeds none."""
    version: int = PAGE_VERSION


class ServicesPage(msgspec.Struct, frozen=True):
    process: ProcessFigures
    counts: dict[str, int]
    """Records written, records lost, orders written and the like, in its own words."""
    errors: list[str]
    """Why it does not write any more."""
    recorder_error: str = ""
    """Why the black box ended early, or empty; in `errors` too."""
    disk_free_share: float | None = None
    """Of the file system that it writes to; None where it writes nothing, or cannot ask."""
    version: int = PAGE_VERSION
