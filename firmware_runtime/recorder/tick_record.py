"""What a black box holds: one header, then one record a tick with all that went in and came out."""

from collections.abc import Sequence
from typing import Any

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.vehicle.telemetry import Telemetry

SCHEMA_VERSION = 1
"""Rises when the meaning or order of the fields below changes; a reader takes its own version only."""

TELEMETRY_FIELDS: tuple[str, ...] = Telemetry.__struct_fields__


class BlackBoxHeader(msgspec.Struct, frozen=True, kw_only=True):
    """First record of a file: of what the ticks are. Encoded with its keys, so that any version reads it."""

    schema_version: int = SCHEMA_VERSION
    identity: str
    """Configuration identity (profile, DBCs, code version) in hex."""
    vehicle: str
    """Name of the profile."""
    route: str
    """Name of the route; empty where there is none."""
    tick_ns: int
    """Nominal period of a tick."""
    started_ns: int
    """Monotonic clock at the opening of the file."""
    started_unix_ns: int
    """Wall clock at the same moment, for people; nothing is computed from it. 0 in virtual time."""
    telemetry_fields: tuple[str, ...] = TELEMETRY_FIELDS
    """Names of the values in each record's `telemetry`, in order."""


class TickRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Inputs and outputs of one tick."""

    sequence: int
    """Rises by one a tick from 0; a gap tells of records that were dropped."""
    time_ns: int
    """The `now_ns` that the tick was given."""
    frames_in: tuple[Frame, ...]
    serial_in: bytes
    frames_out: tuple[Frame, ...]
    telemetry: tuple[Any, ...]
    """Values of Telemetry in the order of the header's `telemetry_fields`: without keys, a third the size."""


def make_record(
    sequence: int,
    time_ns: int,
    frames_in: Sequence[Frame],
    serial_in: bytes,
    frames_out: Sequence[Frame],
    telemetry: Telemetry,
) -> TickRecord:
    """The record of a tick that has just ended."""
    return TickRecord(
        sequence,
        time_ns,
        tuple(frames_in),
        serial_in,
        tuple(frames_out),
        msgspec.structs.astuple(telemetry),
    )


def telemetry_of(record: TickRecord, header: BlackBoxHeader) -> Telemetry:
    """The telemetry of a record as it was; msgspec.ValidationError where the file's fields do not fit."""
    return msgspec.convert(dict(zip(header.telemetry_fields, record.telemetry, strict=True)), Telemetry)
