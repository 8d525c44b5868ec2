"""What the two records say, as JSON and back.

JSON has no NaN and no infinity: such a figure is kept as `null` and comes back as NaN, or as not known.
"""

import math
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCode, TroubleCodeSnapshot
from firmware_runtime.executive.persistence.items import CONTENT_MAX_BYTES, Shutdown
from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.vehicle.pose import Pose

DETAIL_MAX_CHARS = 40
"""A fault's detail where the codes would not fit otherwise: 64 codes then always do."""


class Charge(msgspec.Struct, frozen=True):
    """Estimate of the battery's charge; nothing on board makes one yet."""

    soc: float
    """0 to 1."""
    std: float
    """Standard deviation of it."""


class KeptPose(msgspec.Struct, frozen=True):
    """See Pose for each field; kept only while it is valid."""

    time_ns: int
    x_m: float
    y_m: float
    heading_rad: float
    lateral_std_m: float
    longitudinal_std_m: float
    heading_std_rad: float


class Events(msgspec.Struct, frozen=True):
    """Content of the record `events`. Latches and codes are read one by one: one may be whole alone."""

    time_ns: int
    """Monotonic time for which all of it holds."""
    shutdown: Shutdown
    latches: msgspec.Raw
    trouble_codes: msgspec.Raw


class Running(msgspec.Struct, frozen=True):
    """Content of the record `running`; None is not known."""

    time_ns: int
    """Monotonic time for which all of it holds."""
    odometer_m: float | None
    """Distance in the vehicle's life, both directions added."""
    charge: Charge | None
    pose: KeptPose | None


class Values(msgspec.Struct, frozen=True):
    """`Running` without its time: what is compared to see a change."""

    odometer_m: float | None = None
    charge: Charge | None = None
    pose: KeptPose | None = None


def encode_events(
    time_ns: int, shutdown: Shutdown, safety: SafetyConfig, codes: TroubleCodeSnapshot
) -> bytes:
    """JSON of at most CONTENT_MAX_BYTES; details are cut where it would be longer."""
    content = _events(time_ns, shutdown, safety, codes)
    if len(content) > CONTENT_MAX_BYTES:
        content = _events(time_ns, shutdown, safety, _shortened(codes))
    return content


def encode_running(time_ns: int, values: Values) -> bytes:
    return msgspec.json.encode(Running(time_ns, values.odometer_m, values.charge, values.pose))


def decode_events(content: bytes | msgspec.Raw) -> Events:
    """Raises msgspec.DecodeError, whose text says what was expected."""
    return msgspec.json.decode(content, type=Events)


def decode_running(content: bytes | msgspec.Raw) -> Running:
    """Raises msgspec.DecodeError, whose text says what was expected."""
    return msgspec.json.decode(content, type=Running)


def decode_latches(latches: msgspec.Raw) -> SafetyConfig:
    """Raises ValueError (msgspec's errors are such) where a latch is missing or the version is another."""
    return SafetyConfig.restore(msgspec.json.decode(latches, type=dict[str, Any]))


def decode_codes(codes: msgspec.Raw) -> TroubleCodeSnapshot:
    """Raises ValueError (msgspec's errors are such) where a field does not fit."""
    plain = msgspec.json.decode(codes, type=dict[str, Any])
    for code in cast(list[dict[str, Any]], plain.get("codes", [])):
        frame: Mapping[str, Any] = code.get("freeze_frame", {})
        code["freeze_frame"] = {name: math.nan if value is None else value for name, value in frame.items()}
    return msgspec.convert(plain, TroubleCodeSnapshot)


def kept_pose(pose: Pose) -> KeptPose | None:
    """Of a valid pose whose figures are all finite; else None."""
    kept = KeptPose(*(getattr(pose, name) for name in KeptPose.__struct_fields__))
    figures = msgspec.structs.astuple(kept)
    return kept if pose.valid and all(map(math.isfinite, figures)) else None


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _events(time_ns: int, shutdown: Shutdown, safety: SafetyConfig, codes: TroubleCodeSnapshot) -> bytes:
    latches = msgspec.Raw(msgspec.json.encode(safety.snapshot()))
    return msgspec.json.encode(Events(time_ns, shutdown, latches, msgspec.Raw(msgspec.json.encode(codes))))


def _shortened(codes: TroubleCodeSnapshot) -> TroubleCodeSnapshot:
    """With details cut, and without the active faults that found no place among the codes."""
    short = [msgspec.structs.replace(code, detail=_cut(code.detail)) for code in codes.codes]
    kept = {(code.identifier, code.detail): code for code in short}
    active = sorted({(name, _cut(detail)) for name, detail in codes.active} & kept.keys())
    return TroubleCodeSnapshot(codes.version, tuple(kept.values()), tuple(active), codes.overflows)


def _cut(detail: str) -> str:
    return detail[:DETAIL_MAX_CHARS]


def signature(codes: TroubleCodeSnapshot) -> tuple[object, ...]:
    """Equal for two snapshots that differ in nothing but `last_ns`, which moves on with each tick."""
    return (codes.overflows, codes.active, *map(_lasting, codes.codes))


def _lasting(code: TroubleCode) -> tuple[object, ...]:
    # A freeze frame stays as it was at first_ns, and may hold NaN, which equals nothing.
    return (code.identifier, code.detail, code.severity, code.first_ns, code.occurrences, code.active)
