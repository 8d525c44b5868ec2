"""No profile loosens the envelope: whatever it states, the hard bounds in code are kept."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.safety.test_envelope import EMPTY_KG, FORCE_PER_TORQUE, TRUCK, judged, plan

FAR_PLAN = plan(curvature_1pm=(0.0,) * 90, crab_rad=(0.0,) * 90)
SHARP_PLAN = plan(deceleration_mps2=50.0, curvature_1pm=(*(0.0,) * 10, *(0.05,) * 81), crab_rad=(0.0,) * 91)
"""At 4 m/s² 11.9 m/s are still 10.5 m/s 10 m ahead; at 50 m/s² the vehicle would stand there."""
FAST_NM = (2 * 2.0 + 1.56) * EMPTY_KG / FORCE_PER_TORQUE + 20.0
ANGLE, TORQUE = "steering_front_angle_rad", "traction_torque_nm"


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Loosened(NamedTuple):
    key: str
    figure: float
    commands: dict[str, float]
    """Just beyond the hard bound."""
    row: str
    accepted: Mapping[str, float] = NOTHING
    context: Mapping[str, Any] = NOTHING


LOOSE = (
    Loosened("limits.speed_max_mps", 1e3, {}, "speed", {}, {"speed_mps": 12.01}),
    Loosened(
        "limits.lateral_acceleration_max_mps2",
        1e3,
        {ANGLE: 0.59},
        "lateral acceleration",
        {ANGLE: 0.59},
        {"speed_mps": 6.0},
    ),
    Loosened("limits.lateral_jerk_max_mps3", 1e3, {ANGLE: 0.013}, "lateral jerk", {}, {"speed_mps": 8.0}),
    Loosened("limits.acceleration_max_mps2", 1e3, {TORQUE: FAST_NM}, "acceleration", {TORQUE: FAST_NM}),
    Loosened(
        "limits.minimal_risk_deceleration_mps2",
        1e3,
        {},
        "bends of the stop plan",
        {},
        {"speed_mps": 11.9, "stop_plan": SHARP_PLAN},
    ),
    Loosened(
        "traction.torque_max_nm",
        1e6,
        {TORQUE: 20_001.0},
        "torque",
        {TORQUE: 20_001.0},
        {"lightest_kg": 1e6},
    ),
    Loosened("traction.torque_slew_nmps", 1e9, {TORQUE: 119.5}, "jerk"),
    Loosened("brake.force_max_n", 1e9, {"brake_force_n": 650_001.0}, "brake force"),
    Loosened(
        "steering.front_angle_max_rad",
        1.5,
        {ANGLE: 1.21},
        "steering angle",
        {ANGLE: 1.21},
        {"speed_mps": 0.4},
    ),
    Loosened("steering.rate_max_radps", 1e3, {ANGLE: 0.0301}, "steering rate", {}, {"speed_mps": 0.4}),
    Loosened("safety.proposal_age_max_s", 10.0, {}, "age of the proposal", {}, {"age_ns": 51_000_000}),
)


@pytest.mark.parametrize("case", LOOSE, ids=[case.key for case in LOOSE])
@pytest.mark.requirement("SR-16")
def test_no_profile_loosens_the_hard_bounds(case: Loosened) -> None:
    """Even one that was never checked, with every figure beyond its hard bound."""
    loose = TRUCK
    for key, figure in [(other.key, other.figure) for other in LOOSE]:
        table, field = key.split(".")
        part = msgspec.structs.replace(getattr(loose, table), **{field: figure})
        loose = msgspec.structs.replace(loose, **{table: part})
    told = judged(case.commands, case.accepted, loose, **{"stop_plan": FAR_PLAN, **case.context})
    assert told.startswith(f"{case.row}: "), told
