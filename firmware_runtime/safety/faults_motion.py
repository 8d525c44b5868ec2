"""Faults of speed and motion: sources that disagree, values that freeze, motion that nobody asked for."""

from firmware_runtime.safety import frozen, gnss_watch, limit_watch
from firmware_runtime.safety.fault_row import (
    AWAKE,
    DRIVERLESS,
    MS,
    ROLLING,
    STANDS,
    ClearCondition,
    FaultRow,
    degrades,
    dtc,
    stops,
    stops_at_once,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import SafetyState as S
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS

SPEED_DISAGREEMENT_MPS = 0.4
SPEED_DISAGREEMENT_SHARE = 0.10
"""Wheels against motor: absolute plus a share (assumption: tyre radius, slip, sensor)."""
WHEEL_DISAGREEMENT_MPS = 0.5
WHEEL_DISAGREEMENT_SHARE = 0.35
"""One wheel against the mean of all: in the tightest bend of the yardstick truck (6.6 m) the inner wheel of a
2.5 m track is a fifth slower, the steered axle a tenth faster (assumption: and some slip)."""
GNSS_DISAGREEMENT_MPS = 0.5
GNSS_DISAGREEMENT_SHARE = 0.15
"""Wheels against the receiver's speed: its noise, its age while braking hard, the antenna's way in a bend
(assumption)."""
UNINTENDED_MPS = 0.10
"""Faster than this in a state that must stand is motion nobody asked for (assumption)."""
ROLLED_BACK_MAX_M = 0.5
"""A loaded start on the steepest grade rolls back by less than 0.3 m; more is a hill that nothing holds."""

_REAR_WHEELS = ("wheel_speed_rear_left_mps", "wheel_speed_rear_right_mps")


def speed_implausible(i: MonitorInputs) -> str:
    """Of two living sources: a lost one keeps its last value, and that is no evidence."""
    s, traction = i.state, i.profile.traction
    if not s.usable(*_REAR_WHEELS, "motor_speed_radps"):
        return ""
    wheels_mps = 0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps)
    motor_mps = s.motor_speed_radps * traction.wheel_radius_m / traction.gear_ratio
    if abs(wheels_mps - motor_mps) <= SPEED_DISAGREEMENT_MPS + SPEED_DISAGREEMENT_SHARE * abs(wheels_mps):
        return ""
    return f"wheels {wheels_mps:.2f} m/s, motor {motor_mps:.2f} m/s"


def wheel_implausible(i: MonitorInputs) -> str:
    s = i.state
    a, b = s.wheel_speed_front_left_mps, s.wheel_speed_front_right_mps
    c, d = s.wheel_speed_rear_left_mps, s.wheel_speed_rear_right_mps
    mean_mps = 0.25 * (a + b + c + d)
    band_mps = WHEEL_DISAGREEMENT_MPS + WHEEL_DISAGREEMENT_SHARE * abs(mean_mps)
    low, high = mean_mps - band_mps, mean_mps + band_mps
    if (low <= a <= high and low <= b <= high and low <= c <= high and low <= d <= high) or not s.usable(
        *WHEEL_SPEEDS
    ):
        return ""
    name = max(WHEEL_SPEEDS, key=lambda wheel: abs(getattr(s, wheel) - mean_mps))
    return f"{name} {getattr(s, name):.2f} m/s, mean of all {mean_mps:.2f} m/s"


def gnss_speed_implausible(i: MonitorInputs) -> str:
    s, gnss_mps = i.state, i.found.gnss.speed_mps
    if gnss_mps is None or not s.usable(*_REAR_WHEELS):
        return ""
    wheels_mps = abs(0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps))
    if abs(wheels_mps - gnss_mps) <= GNSS_DISAGREEMENT_MPS + GNSS_DISAGREEMENT_SHARE * max(
        wheels_mps, gnss_mps
    ):
        return ""
    return f"wheels {wheels_mps:.2f} m/s, GNSS {gnss_mps:.2f} m/s"


def value_frozen(i: MonitorInputs) -> str:
    return ", ".join(i.found.frozen)


def gnss_frozen(i: MonitorInputs) -> str:
    return f"{gnss_watch.EPOCHS} positions and more are the same" if i.found.gnss.frozen else ""


def unintended_motion(i: MonitorInputs) -> str:
    """By the wheels; by the motor where they are lost. A proved standstill outweighs one that lies."""
    s, traction = i.state, i.profile.traction
    if i.standing:
        return ""
    if s.usable(*_REAR_WHEELS):
        speed_mps = 0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps)
    elif s.usable("motor_speed_radps"):
        speed_mps = s.motor_speed_radps * traction.wheel_radius_m / traction.gear_ratio
    else:
        return ""
    return f"{speed_mps:.2f} m/s in {i.safety_state.name}" if abs(speed_mps) > UNINTENDED_MPS else ""


def rolled_back(i: MonitorInputs) -> str:
    back_m = i.found.unintended.rolled_back_m
    return f"{back_m:.2f} m, limit {ROLLED_BACK_MAX_M:g} m" if back_m > ROLLED_BACK_MAX_M else ""


def hold_left(i: MonitorInputs) -> str:
    speed_mps = i.found.unintended.left_hold_mps
    return f"{speed_mps:.2f} m/s though held" if speed_mps > UNINTENDED_MPS else ""


def limit_not_obeyed(i: MonitorInputs) -> str:
    over = i.found.overspeed
    if over is None:
        return ""
    return f"{over.speed_mps:.2f} m/s, permitted {over.permitted_mps:.2f}, limit {over.limit_mps:.2f} m/s"


_SPEED_HOLD_S = frozen.SPEED_HOLD_NS * 1e-9
_REST_HOLDS = ", ".join(f"{rest.name} {rest.hold_ns * 1e-9:g} s" for rest in frozen.RESTS)

MOTION: tuple[FaultRow, ...] = (
    FaultRow(
        identifier="speed_implausible",
        text="Wheels and motor disagree about the speed",
        dtc=dtc("C1301-62"),
        spn=516156,
        fmi=2,
        monitors="mean of the rear wheels against the motor",
        threshold=f"{SPEED_DISAGREEMENT_MPS:g} m/s + {SPEED_DISAGREEMENT_SHARE:.0%} of the wheels' speed",
        condition=speed_implausible,
        debounce_count=3,
        debounce_ns=100 * MS,
        severity=stops(AWAKE),
        recovery=True,
        look_at="wheel speed sensors, tyres, motor resolver",
    ),
    FaultRow(
        identifier="wheel_implausible",
        text="One wheel disagrees with the others about the speed",
        dtc=dtc("C1302-62"),
        spn=516157,
        fmi=2,
        monitors="each wheel against the mean of all four",
        threshold=f"{WHEEL_DISAGREEMENT_MPS:g} m/s + {WHEEL_DISAGREEMENT_SHARE:.0%} of the mean",
        condition=wheel_implausible,
        debounce_count=10,
        debounce_ns=300 * MS,
        severity=stops(AWAKE),
        recovery=True,
        look_at="that wheel's sensor, its tyre, its brake",
    ),
    # Two sources on board agree with each other here, so the stop distances still hold: slower is enough.
    FaultRow(
        identifier="gnss_speed_implausible",
        text="Wheels and GNSS disagree about the speed",
        dtc=dtc("C1303-62"),
        spn=516158,
        fmi=2,
        monitors="mean of the rear wheels against the speed over ground that the GNSS receiver measures",
        threshold=f"{GNSS_DISAGREEMENT_MPS:g} m/s + {GNSS_DISAGREEMENT_SHARE:.0%} of the larger",
        condition=gnss_speed_implausible,
        debounce_count=50,
        debounce_ns=1000 * MS,
        severity=degrades(ROLLING) | warns({S.MANUAL}),
        recovery=True,
        look_at="calibration wheel_radius_scale, tyres, slippery ground; GNSS antenna and multipath",
    ),
    FaultRow(
        identifier="value_frozen",
        text="A measured value does not change any more",
        dtc=dtc("C1304-2A"),
        spn=516159,
        fmi=2,
        monitors="wheel and motor speeds while the median of the five moves; steering angles while their "
        "command moves; battery current while the motor's power changes (safety/frozen.py)",
        threshold=f"bit for bit the same: speeds {_SPEED_HOLD_S:g} s above {frozen.MOVING_MPS:g} m/s, "
        f"{_REST_HOLDS}",
        condition=value_frozen,
        debounce_count=2,
        debounce_ns=10 * MS,
        severity=stops(ROLLING) | warns({S.MANUAL}),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=True,
        lists_names=True,
        look_at="that sensor and its ECU, which repeats its last reading; a gateway between",
    ),
    FaultRow(
        identifier="gnss_frozen",
        text="The GNSS receiver repeats its position",
        dtc=dtc("C1404-2A"),
        spn=516160,
        fmi=2,
        monitors="positions of successive epochs while the wheels turn",
        threshold=f"{gnss_watch.EPOCHS} repetitions in a row above {gnss_watch.MOVING_MPS:g} m/s",
        condition=gnss_frozen,
        severity=stops(ROLLING) | warns({S.MANUAL}),
        clear=ClearCondition.AT_STANDSTILL,
        recovery=True,
        look_at="GNSS receiver: restart it, look at its firmware and simulator mode",
    ),
    FaultRow(
        identifier="unintended_motion",
        text="The vehicle moves in a state that must stand",
        dtc=dtc("C1305-94"),
        spn=516161,
        fmi=7,
        monitors="rear wheels, or the motor where they are lost",
        threshold=f"{UNINTENDED_MPS:g} m/s",
        condition=unintended_motion,
        debounce_count=3,
        debounce_ns=50 * MS,
        severity=stops_at_once(STANDS),
        recovery=False,
        look_at="park brake and its air supply",
    ),
    FaultRow(
        identifier="rolled_back",
        text="The vehicle rolls against its direction of driving",
        dtc=dtc("C1306-94"),
        spn=516162,
        fmi=7,
        monitors="way against the direction of the route since it last went forward",
        threshold=f"{ROLLED_BACK_MAX_M:g} m",
        condition=rolled_back,
        debounce_count=2,
        debounce_ns=10 * MS,
        severity=stops_at_once(ROLLING) | warns({S.MANUAL}),
        recovery=False,
        look_at="grade and load against traction.torque_max_nm, inverter limits, service brake",
    ),
    FaultRow(
        identifier="hold_left",
        text="The vehicle leaves a hold",
        dtc=dtc("C1307-94"),
        spn=516163,
        fmi=7,
        monitors="speed of a vehicle that stood and is to be held in a driving state",
        threshold=f"{UNINTENDED_MPS:g} m/s",
        condition=hold_left,
        debounce_count=3,
        debounce_ns=100 * MS,
        severity=stops_at_once(ROLLING),
        recovery=False,
        look_at="service brake and park brake, load beyond what they hold",
    ),
    FaultRow(
        identifier="limit_not_obeyed",
        text="A motion limit is not obeyed",
        dtc=dtc("B1202-92"),
        spn=516164,
        fmi=0,
        monitors="speed against the least of scanner, bumper, zone, state and profile (limits.speed_max_mps)",
        threshold=f"limit + {limit_watch.MARGIN_SHARE:.0%} + {limit_watch.MARGIN_MPS:g} m/s; where it falls, "
        f"on the way down with {limit_watch.BRAKING_SHARE:.0%} of limits.deceleration_max_mps2 after "
        f"{limit_watch.REACTION_S:g} s and the time that limits.jerk_max_mps3 takes",
        condition=limit_not_obeyed,
        debounce_count=3,
        debounce_ns=100 * MS,
        severity=stops(DRIVERLESS) | stops_at_once({S.MRM, S.MAINTENANCE}) | warns({S.MANUAL}),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="service brake, brake gain, grade and load; black box: what the limit did",
    ),
)
