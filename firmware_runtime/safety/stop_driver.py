"""The supervisor's own stop: along the last accepted stop plan, by friction alone, without `control`.

Steering follows the plan's curvature at the distance driven since its anchor, by a second implementation of
the steering geometry, from the angle sent last on as fast as the envelope permits a proposal and no faster: a
plan that is wrong must not throw the wheels about. Where the plan has ended or expired, and where there never
was one, the angle is held, never straightened. A minimal-risk stop builds its deceleration up jerk-limited,
and adds what the vehicle is too fast: a hill must not lengthen a stop beyond its plan. An emergency stop is
the whole service brake at once (the brakes' own anti-lock keeps the wheels turning). Regeneration counts in
neither.
"""

from dataclasses import dataclass
from math import atan, sin, tan

from firmware_runtime.safety.gross_mass import GrossMass
from firmware_runtime.safety.steering_limits import SteeringLimits
from firmware_runtime.vehicle.bounds import MINIMAL_RISK
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.stop_plan import StopPlan

FIRST_STEP_NS = 10_000_000
STEP_MAX_NS = 50_000_000
"""A stop goes by the time since its last step, but its first one, and but for a long pause (assumptions)."""
MINIMAL_RISK_JERK_MPS3 = 4.0
"""Of the supervisor's minimal-risk stop (assumption)."""
DECELERATION_MIN_MPS2 = 0.5
SHORTFALL_GAIN_1PS = 1.0
SHORTFALL_INTEGRAL_1PS2 = 0.5
GRAVITY_MPS2 = 9.81
WEAK_BRAKE_SHARE = 0.3
"""Worn or cold, brakes give so much less than they are asked (assumption)."""
BRAKE_LAG_S = 0.25
"""From command to deceleration: less than the commanded one is no shortfall until then (assumption)."""
PLAN_LEAD_S = 0.2
"""Steering acts late: the plan is read so far ahead (assumption)."""


@dataclass(frozen=True, slots=True)
class StopCommand:
    brake_force_n: float
    front_rad: float
    rear_rad: float


class StopDriver:
    def __init__(self, data: ProfileData) -> None:
        self._grade_mps2 = GRAVITY_MPS2 * sin(atan(data.resistance.grade_max))
        self._gain_span_m = data.geometry.wheelbase_m / (1.0 + data.geometry.rear_steer_ratio)
        """Front axle ahead of the reference point: tan(front) = curvature * span without crab."""
        self._rear_span_m = data.geometry.wheelbase_m - self._gain_span_m
        self._steering = SteeringLimits(data)
        self._wheelbase_m = data.geometry.wheelbase_m
        self._deceleration_max_mps2 = min(data.limits.minimal_risk_deceleration_mps2, MINIMAL_RISK.high)
        self._hold_force_n = data.brake.hold_force_n
        self._force_max_n = data.brake.force_max_n
        self.reset()

    def reset(self) -> None:
        """The next stop begins gently again."""
        self._deceleration_mps2 = 0.0
        self._expected_mps: float | None = None
        """Speed that the commanded deceleration should have left by now."""
        self._expected_mps2 = 0.0
        self._shortfall_mps2 = 0.0
        self._stepped_ns: int | None = None

    def step(
        self,
        now_ns: int,
        odometer_m: float,
        speed_mps: float,
        speed_known: bool,
        mass: GrossMass,
        plan: StopPlan | None,
        held_rad: tuple[float, float],
        emergency: bool,
        standing: bool,
    ) -> StopCommand:
        """Brake and steer from now on; `held_rad` are the angles sent last (front, rear)."""
        step_s = self._step_s(now_ns)
        front, rear = self._angles(now_ns, step_s, odometer_m, speed_mps, plan, held_rad)
        if standing:
            self.reset()
            return StopCommand(self._hold_force_n, held_rad[0], held_rad[1])
        if emergency:
            return StopCommand(self._force_max_n, front, rear)
        asked = self._deceleration_max_mps2 if plan is None else plan.deceleration_mps2
        wanted = min(max(asked, DECELERATION_MIN_MPS2), self._deceleration_max_mps2)
        self._deceleration_mps2 = max(
            min(self._deceleration_mps2 + MINIMAL_RISK_JERK_MPS3 * step_s, wanted),
            min(self._deceleration_mps2, wanted),
        )
        # Where the mass is not known: no more than 4 m/s² is asked of the lightest vehicle, and what it is
        # still too fast is braked with the force that the heaviest needs.
        asked_kg = min(mass.heaviest_kg, mass.lightest_kg * MINIMAL_RISK.high / wanted)
        unknown_mps2 = wanted * (1.0 - asked_kg / mass.heaviest_kg)
        added_max_mps2 = self._grade_mps2 + WEAK_BRAKE_SHARE * wanted + unknown_mps2
        added_mps2 = self._added_mps2(step_s, abs(speed_mps), added_max_mps2) if speed_known else 0.0
        force_n = asked_kg * self._deceleration_mps2 + mass.heaviest_kg * added_mps2
        return StopCommand(min(force_n, self._force_max_n), front, rear)

    def _step_s(self, now_ns: int) -> float:
        last_ns, self._stepped_ns = self._stepped_ns, now_ns
        step_ns = FIRST_STEP_NS if last_ns is None else min(now_ns - last_ns, STEP_MAX_NS)
        return step_ns / 1e9

    def _added_mps2(self, step_s: float, speed_mps: float, most_mps2: float) -> float:
        """Proportional-integral on the speed that is left beyond what the stop should have left."""
        if self._expected_mps is None:
            self._expected_mps = speed_mps
        self._expected_mps2 += (self._deceleration_mps2 - self._expected_mps2) * step_s / BRAKE_LAG_S
        self._expected_mps = max(self._expected_mps - self._expected_mps2 * step_s, 0.0)
        excess_mps = speed_mps - self._expected_mps
        grown = self._shortfall_mps2 + SHORTFALL_INTEGRAL_1PS2 * excess_mps * step_s
        self._shortfall_mps2 = min(max(grown, 0.0), most_mps2)
        return min(max(self._shortfall_mps2 + SHORTFALL_GAIN_1PS * excess_mps, 0.0), most_mps2)

    def _angles(
        self,
        now_ns: int,
        step_s: float,
        odometer_m: float,
        speed_mps: float,
        plan: StopPlan | None,
        held_rad: tuple[float, float],
    ) -> tuple[float, float]:
        if plan is None or now_ns >= plan.expires_ns:
            return held_rad
        travelled_m = abs(odometer_m - plan.anchor_odometer_m) + PLAN_LEAD_S * abs(speed_mps)
        position = travelled_m / plan.step_m
        # Before it becomes a whole number: the finest steps are more than there are numbers.
        if position >= len(plan.curvature_1pm) - 1:
            return held_rad
        index = int(position)
        share = position - index
        curvature = plan.curvature_1pm[index] * (1.0 - share) + plan.curvature_1pm[index + 1] * share
        slope = tan(plan.crab_rad[index] * (1.0 - share) + plan.crab_rad[index + 1] * share)
        front = self._bounded(atan(slope + curvature * self._gain_span_m))
        rear = self._bounded(atan(slope - curvature * self._rear_span_m)) if self._rear_span_m else 0.0
        return self._towards(front, rear, held_rad, speed_mps, step_s)

    def _bounded(self, angle_rad: float) -> float:
        most_rad = self._steering.angle_max_rad
        return min(max(angle_rad, -most_rad), most_rad)

    def _towards(
        self,
        front_rad: float,
        rear_rad: float,
        held_rad: tuple[float, float],
        speed_mps: float,
        step_s: float,
    ) -> tuple[float, float]:
        """These angles, or the share of the way to them that rate and lateral jerk permit since last step."""
        held_front, held_rear = held_rad
        front, rear = front_rad - held_front, rear_rad - held_rear
        share = _share(self._steering.rate_max_radps * step_s, max(abs(front), abs(rear)))
        front, rear = share * front, share * rear
        bend = tan(held_front + front) - tan(held_front) - tan(held_rear + rear) + tan(held_rear)
        most_mps2 = self._steering.lateral_jerk_mps3 * step_s
        share = _share(most_mps2, speed_mps * speed_mps * abs(bend) / self._wheelbase_m)
        return held_front + share * front, held_rear + share * rear


def _share(most: float, wanted: float) -> float:
    """Of what is wanted; all of it where it is no more than the most."""
    return 1.0 if wanted <= most else most / wanted
