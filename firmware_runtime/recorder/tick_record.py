"""What a black box holds: one header, then one record a tick with all that went in and came out."""

from collections.abc import Sequence

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.host_report import NOTHING_TO_REPORT, HostReport
from firmware_runtime.vehicle.telemetry import Telemetry

SCHEMA_VERSION = 4
"""Rises when the meaning or order of the fields below changes; a reader takes its own version only."""


class BlackBoxHeader(msgspec.Struct, frozen=True, kw_only=True):
    """First record of a file: of what the ticks are. Encoded with its keys, so that any version reads it."""

    schema_version: int = SCHEMA_VERSION
    identity: str
    """Configuration identity (profile, DBCs, code version) in hex."""
    vehicle: str = ""
    """Name of the profile."""
    route: str = ""
    """Name of the route; empty where there is none."""
    tick_ns: int = 10_000_000
    """Nominal period of a tick."""
    started_ns: int = 0
    """Monotonic clock at the opening of the file."""
    started_unix_ns: int = 0
    """Wall clock at the same moment, for people; nothing is computed from it. 0 in virtual time."""


class TickRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Inputs and outputs of one tick. The sequences must not change after the record is made."""

    time_ns: int
    """The `now_ns` that the tick was given."""
    frames_in: Sequence[Frame]
    serial_in: bytes
    frames_out: Sequence[Frame]
    telemetry: Telemetry
    dropped_before: int = 0
    """Ticks between the last record and this one that were not kept."""
    host: HostReport = NOTHING_TO_REPORT
    """What the shell saw beside frames and serial bytes: an input too."""
