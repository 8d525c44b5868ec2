"""What a stop plan says, judged while it is not needed yet: by it the vehicle stops when `control` is dead.

Rows of the command envelope. A plan must be numbers, reach beyond the longest stop, begin where the vehicle
steers, and bend no sharper and no faster than may be driven at the speed that its braking leaves there. The
longest stop is summed up here again, by the figures of the supervisor's own stop (`stop_driver`): `control`
plans by a sum of its own (`motion/stop_planner.py`), with a reserve on top that is asked of no plan.
"""

from math import atan, isfinite, sin, sqrt, tan

from firmware_runtime.safety.steering_limits import ANGLE_ROUNDING_RAD, SteeringLimits
from firmware_runtime.safety.stop_driver import (
    GRAVITY_MPS2,
    MINIMAL_RISK_JERK_MPS3,
    PLAN_LEAD_S,
    SHORTFALL_INTEGRAL_1PS2,
)
from firmware_runtime.vehicle.bounds import BRAKE_FORCE, GRADE, MINIMAL_RISK
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.stop_plan import StopPlan

REACTION_S = 0.1
"""Driven before the brakes are asked: age of the proposal, tick, bus (assumption)."""
SLOW_BRAKE_SHARE = 1.6
"""Lag of the slowest healthy brakes over the profile's (assumption, as in `actuator_response`)."""
WORN_BRAKE_SHARE = 0.15
"""What worn brakes do not give (assumption)."""
DECELERATION_MIN_MPS2 = 0.3
"""A plan may ask for no less, however heavy the vehicle (a profile that cannot do it is refused)."""
START_LATERAL_MPS2 = 1.0
"""So far apart may the plan's start and the commanded arc be, as lateral acceleration at the present speed: a
command leads its lag and steers back to the route, and both matter less the slower it goes. Lockstep drives
showed 0.45 m/s² at most (Norisring at 8.3 m/s; yard route 0.12, by hand none), doubled here (assumption)."""


class PlanLimits:
    """The profile's figures that a plan is held against."""

    def __init__(self, data: ProfileData) -> None:
        steering = SteeringLimits(data)
        wheelbase_m, ratio = data.geometry.wheelbase_m, data.geometry.rear_steer_ratio
        self.front_span_m = wheelbase_m / (1.0 + ratio)
        """tan(angle) over curvature, without crab."""
        self.rear_span_m = wheelbase_m - self.front_span_m
        self.slope_max = tan(steering.angle_max_rad + ANGLE_ROUNDING_RAD)
        self.rate_max_radps = steering.rate_max_radps
        self.lateral_mps2 = steering.lateral_mps2
        self.lateral_jerk_mps3 = steering.lateral_jerk_mps3
        self.minimal_risk_mps2 = min(data.limits.minimal_risk_deceleration_mps2, MINIMAL_RISK.high)
        self.grade_mps2 = GRAVITY_MPS2 * sin(atan(min(data.resistance.grade_max, GRADE.high)))
        self.worn_force_n = (1.0 - WORN_BRAKE_SHARE) * min(data.brake.force_max_n, BRAKE_FORCE.high)
        self.delay_s = REACTION_S + SLOW_BRAKE_SHARE * data.brake.lag_s


def defect(plan: StopPlan) -> str:
    """What makes it no plan at all: nobody could steer by it."""
    figures = (plan.step_m, plan.deceleration_mps2, sum(plan.curvature_1pm), sum(plan.crab_rad))
    if not all(isfinite(figure) for figure in figures):
        return "not a number in it"
    if plan.step_m <= 0.0 or plan.deceleration_mps2 <= 0.0:
        return f"step {plan.step_m:.5g} m, deceleration {plan.deceleration_mps2:.5g} m/s²"
    if len(plan.crab_rad) != len(plan.curvature_1pm) or len(plan.curvature_1pm) < 2:
        return f"{len(plan.curvature_1pm)} curvatures, {len(plan.crab_rad)} crab angles"
    return ""


def stop_m(limits: PlanLimits, deceleration_mps2: float, speed_mps: float, mass_kg: float) -> float:
    """Longest way to standstill: on the worst descent, with worn brakes, whatever mass this may be.

    Until the brakes are asked and bite the speed stays; deceleration is built up with limited jerk, which
    costs half of the time that it takes. What hill and worn brakes take the supervisor finds by the speed
    that is left, by an integrator: that costs the missing deceleration over the gain, whatever the speed, and
    worn brakes give less of what is added, too. Where that is more than the supervisor adds at most, on the
    worst descent with brakes worn by a seventh, the stop is longer by up to 3 m: `control`'s reserve.
    """
    left_mps2 = max(limits.worn_force_n / mass_kg - limits.grade_mps2, DECELERATION_MIN_MPS2)
    braking_mps2 = min(deceleration_mps2, limits.minimal_risk_mps2, left_mps2)
    delay_s = limits.delay_s + 0.5 * braking_mps2 / MINIMAL_RISK_JERK_MPS3
    missing_mps2 = limits.grade_mps2 + WORN_BRAKE_SHARE * braking_mps2
    return (
        speed_mps * delay_s
        + speed_mps * speed_mps / (2.0 * braking_mps2)
        + missing_mps2 / ((1.0 - WORN_BRAKE_SHARE) * SHORTFALL_INTEGRAL_1PS2)
    )


def too_short(limits: PlanLimits, plan: StopPlan, now_ns: int, speed_mps: float, mass_kg: float) -> str:
    """`mass_kg`: the heaviest that it may be."""
    if plan.expires_ns <= now_ns:
        return f"expired {(now_ns - plan.expires_ns) * 1e-9:.2f} s ago"
    needed_m = stop_m(limits, plan.deceleration_mps2, abs(speed_mps), mass_kg)
    reach_m = plan.step_m * (len(plan.curvature_1pm) - 1)
    return "" if reach_m >= needed_m else f"{reach_m:.1f} m, the longest stop takes {needed_m:.1f} m"


def begins_elsewhere(plan: StopPlan, speed_mps: float, curvature_1pm: float) -> str:
    """Where the supervisor would begin to steer by it, against what is steered now."""
    speed_mps = abs(speed_mps)
    place = PLAN_LEAD_S * speed_mps / plan.step_m
    index = int(place)
    share = place - index
    planned_1pm = plan.curvature_1pm[index] * (1.0 - share) + plan.curvature_1pm[index + 1] * share
    if abs(planned_1pm - curvature_1pm) * speed_mps * speed_mps <= START_LATERAL_MPS2:
        return ""
    apart = f"{START_LATERAL_MPS2:g} m/s² apart at most"
    return f"{planned_1pm:.4f} 1/m planned, {curvature_1pm:.4f} 1/m steered, {apart}"


def too_sharp(limits: PlanLimits, plan: StopPlan, speed_mps: float) -> str:
    """Each sample at the speed that the plan's own braking leaves there, on the flat.

    Written out, for it costs most of what the envelope costs.
    """
    braking_mps2 = min(plan.deceleration_mps2, limits.minimal_risk_mps2)
    speed_mps = abs(speed_mps)
    square = speed_mps * speed_mps
    free_m = speed_mps * limits.delay_s
    step_m = plan.step_m
    ahead_m, last_1pm, last_front, last_rear = 0.0, 0.0, 0.0, 0.0
    for curvature_1pm, crab_rad in zip(plan.curvature_1pm, plan.crab_rad, strict=True):
        left = square - 2.0 * braking_mps2 * (ahead_m - free_m) if ahead_m > free_m else square
        if left <= 0.0:
            break
        across = tan(crab_rad)
        front = across + curvature_1pm * limits.front_span_m
        rear = across - curvature_1pm * limits.rear_span_m
        if abs(front) > limits.slope_max or abs(rear) > limits.slope_max:
            return _told(max(abs(front), abs(rear)), limits.slope_max, "of slope", ahead_m)
        if abs(curvature_1pm) * left > limits.lateral_mps2:
            return _told(abs(curvature_1pm) * left, limits.lateral_mps2, "m/s²", ahead_m)
        change_1pm = curvature_1pm - last_1pm
        # How it begins is another check.
        if ahead_m > 0.0:
            pace_1ps = sqrt(left) / step_m
            # A slope turns no slower than its angle.
            turned_1ps = max(abs(front - last_front), abs(rear - last_rear)) * pace_1ps
            if turned_1ps > limits.rate_max_radps:
                return _told(turned_1ps, limits.rate_max_radps, "rad/s", ahead_m)
            if abs(change_1pm) * left * pace_1ps > limits.lateral_jerk_mps3:
                return _told(abs(change_1pm) * left * pace_1ps, limits.lateral_jerk_mps3, "m/s³", ahead_m)
        ahead_m += step_m
        last_1pm, last_front, last_rear = curvature_1pm, front, rear
    return ""


def _told(value: float, limit: float, unit: str, ahead_m: float) -> str:
    return f"{value:.5g} {unit}, limit {limit:.5g} {unit}, {ahead_m:.0f} m ahead"
