"""What a profile may say: permitted ranges of its numbers, and the hard bounds that no profile loosens.

The one place that knows them. `profile` puts a row here beside each field, so that the loader and
`firmware-runtime check` refuse what lies outside; the command envelope reads the same rows and keeps them
even where a profile was never checked. The tests write the numbers again.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """Permitted range of a number in a profile, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HardBound(Range):
    """A range that protects people: a profile may tighten it, never leave it."""

    name: str
    unit: str
    source: str


Positive = Range(1e-9, 1e12)

SPEED = HardBound(0.1, 12.0, "speed", "m/s", "assumption: 40 km/h class of yard vehicles, and margin")
ACCELERATION = HardBound(0.05, 2.0, "acceleration", "m/s²", "assumption: twice what a laden tractor does")
DECELERATION = HardBound(0.05, 3.0, "deceleration of normal driving", "m/s²", "assumption")
MINIMAL_RISK = HardBound(0.3, 4.0, "deceleration of a minimal-risk stop", "m/s²", "UN R157 (secondary)")
LATERAL_ACCELERATION = HardBound(
    0.1, 3.0, "lateral acceleration", "m/s²", "assumption: well below where a laden container vehicle tips"
)
LATERAL_JERK = HardBound(0.2, 5.0, "lateral jerk", "m/s³", "assumption")
JERK = HardBound(0.1, 10.0, "jerk of normal driving", "m/s³", "assumption")
TRACTION_JERK = HardBound(
    0.0, 15.0, "jerk of the traction", "m/s³", "assumption: drives of the class give 11"
)
STEERING_ANGLE = HardBound(0.05, 1.2, "steering angle", "rad", "assumption: no axle turns further")
STEERING_RATE = HardBound(0.01, 1.5, "steering rate", "rad/s", "assumption")
TORQUE = HardBound(1.0, 20_000.0, "torque", "Nm", "assumption: largest motor of the class")
BRAKE_FORCE = HardBound(100.0, 650_000.0, "brake force", "N", "range of BrakeCommand.ForceRequest")
GRADE = HardBound(0.0, 0.3, "grade", "1", "assumption: steepest ramp of a yard")
LOAD = HardBound(0.0, 200_000.0, "load", "kg", "assumption")

PROPOSAL_AGE = HardBound(0.01, 0.05, "age of a proposal", "s", "design: control hung, stop within 50 ms")
STOP_PLAN_LIFE = HardBound(0.1, 60.0, "life of a stop plan", "s", "assumption")
ESTOP_DISAGREEMENT = HardBound(0.02, 1.0, "disagreement of the e-stop channels", "s", "assumption")
SELF_TEST_TIME = HardBound(0.5, 60.0, "time of the self-test", "s", "assumption")
COMFORTABLE_TIME = HardBound(1.0, 60.0, "time of a comfortable stop", "s", "assumption")
MINIMAL_RISK_TIME = HardBound(1.0, 60.0, "time of a minimal-risk stop", "s", "assumption")
DEGRADED_TIME = HardBound(1.0, 3600.0, "time in DEGRADED", "s", "assumption")
STANDSTILL_SPEED = HardBound(0.005, 0.2, "speed of standstill", "m/s", "assumption")
PRECHARGE_TIME = HardBound(0.1, 20.0, "time of precharge", "s", "assumption")
OPENING_CURRENT = HardBound(
    0.5, 50.0, "current at which contactors open", "A", "assumption: a tenth of what contactors break unworn"
)
OPENING_TIME = HardBound(0.1, 5.0, "longest wait for that current", "s", "assumption")

HARD_BOUNDS: tuple[HardBound, ...] = (
    SPEED,
    ACCELERATION,
    DECELERATION,
    MINIMAL_RISK,
    LATERAL_ACCELERATION,
    LATERAL_JERK,
    JERK,
    TRACTION_JERK,
    STEERING_ANGLE,
    STEERING_RATE,
    TORQUE,
    BRAKE_FORCE,
    GRADE,
    LOAD,
    PROPOSAL_AGE,
    STOP_PLAN_LIFE,
    ESTOP_DISAGREEMENT,
    SELF_TEST_TIME,
    COMFORTABLE_TIME,
    MINIMAL_RISK_TIME,
    DEGRADED_TIME,
    STANDSTILL_SPEED,
    PRECHARGE_TIME,
    OPENING_CURRENT,
    OPENING_TIME,
)
"""All of them, for tables and tests."""
