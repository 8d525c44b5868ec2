"""What a black box holds: one header, then records, each with all that went into one step and came out.

Of virtual time, where controller and supervisor are one component: TickRecord. Of a vehicle's computer:
ControlTick and SupervisorTick side by side, each in the order of its own time, after a record that its
process has begun. A file may hold several such beginnings of each.

The supervisor's process imports this, so that nothing of motion, battery or drive may be named here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.host_report import NOTHING_TO_REPORT, HostReport
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.vehicle.enums import Configuration
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.telemetry import Telemetry

SCHEMA_VERSION = 6
"""Rises when the meaning or order of the fields below changes; a reader takes its own version only."""


class BlackBoxHeader(msgspec.Struct, frozen=True, kw_only=True):
    """First record of a file: of what the ticks are. Encoded with its keys, so that any version reads it."""

    schema_version: int = SCHEMA_VERSION
    identity: str
    """Configuration identity (profile, DBCs, code version) in hex."""
    vehicle: str = ""
    """Name of the profile."""
    route: str = ""
    """Name of the route; empty where there is none, and where each ControlBegin has it."""
    tick_ns: int = 10_000_000
    """Nominal period of a tick."""
    started_ns: int = 0
    """Monotonic clock at the opening of the file."""
    started_unix_ns: int = 0
    """Wall clock at the same moment, for people; nothing is computed from it. 0 in virtual time."""


class TickRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="tick"):
    """Of controller and supervisor as one component. The sequences must not change after it is made."""

    time_ns: int
    """The `now_ns` that the tick was given."""
    frames_in: Sequence[Frame]
    serial_in: bytes
    frames_out: Sequence[Frame]
    telemetry: Telemetry
    dropped_before: int = 0
    """Records between the last one and this that were not kept; in every kind of record."""
    host: HostReport = NOTHING_TO_REPORT


class ControlBegin(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="control begins"):
    """`control` has begun: what follows is of a fresh component."""

    time_ns: int
    """Before its first tick."""
    identity: str
    route: str
    """Its name."""
    dropped_before: int = 0


class ControlTick(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="control"):
    """One tick of `control`."""

    time_ns: int
    frames_in: Sequence[Frame]
    serial_in: bytes
    report: SupervisorReport
    """As it came from the supervisor's process, or as old as it was by then."""
    host: HostReport
    proposal: Proposal
    telemetry: Telemetry
    dropped_before: int = 0


class SupervisorBegin(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="supervisor begins"):
    """The supervisor's process has begun: what follows is of a fresh component."""

    time_ns: int
    identity: str
    dropped_before: int = 0
    configuration: Configuration = Configuration.NOT_KNOWN
    """As it says on the bus."""


class Heard(NamedTuple):
    """One call of `Supervisor.hear`: what it makes of frames depends on when it got them. Or of `look`."""

    time_ns: int
    frames: Sequence[Frame]
    looked: bool = False
    """It looked, at everything of the entries before."""


class SupervisorTick(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="supervisor"):
    """One step of the supervisor, and what it heard, and when it looked, since the one before."""

    time_ns: int
    heard: Sequence[Heard]
    proposal: Proposal | None
    """The one that it judged: of several that waited, the newest."""
    frames_out: Sequence[Frame]
    report: SupervisorReport
    """After the step."""
    end_asked: bool = False
    """`Supervisor.ask_end` had been called before the step."""
    dropped_before: int = 0
    arrived: int | None = None
    """Proposals since the step before, those that were overtaken among them; None: the one that it judged."""
    withheld: bool = False
    """The step took so long that its frames were not sent."""


DrivingRecord = TickRecord | ControlTick
"""With inputs and telemetry of the controller."""
ControlRecord = ControlBegin | ControlTick
SupervisorRecord = SupervisorBegin | SupervisorTick
Record = TickRecord | ControlRecord | SupervisorRecord
