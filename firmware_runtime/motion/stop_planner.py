"""The stop plan that goes with each proposal: the route ahead, over more than the stopping distance.

How far: on the worst downhill grade, with the worst load that may be on it, with worn brakes, from the
present speed. The stop is the supervisor's: it begins when the proposal is found too old, its deceleration
is built up jerk-limited behind the brakes' lag, and what grade and worn brakes take from it is found by the
speed that is left and braked in addition. That controller integrates, so the way that it costs is the missing
deceleration over the integral gain, whatever the speed, and 5 % more where it overshoots (damping 0.7).
"""

from math import atan, ceil, sin

from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.motion.stop_kinds import StopChooser
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.stop_plan import StopPlan

STEP_M = 1.0
"""Between samples of the plan, to the nearest multiple of the route's."""
GRAVITY_MPS2 = 9.81
REACTION_S = 0.06
"""Ticks, bus and ECU beside the permitted age of a proposal (assumption)."""
LAG_SHARE = 1.6
"""Lag of the slowest healthy brakes over the profile's (assumption)."""
STOP_JERK_MPS3 = 4.0
"""With which the supervisor builds its deceleration up."""
WEAK_BRAKE_SHARE = 0.15
"""What worn brakes do not give (assumption)."""
SHORTFALL_INTEGRAL_1PS2 = 0.5
"""Integral gain of the supervisor's stop."""
SHORTFALL_OVERSHOOT = 1.05
RESERVE_M = 3.0
"""Beyond all that: the angle is read ahead of the vehicle, the load is not exactly known (assumption)."""
SPEED_MIN_MPS = 0.5
"""Of a vehicle that is about to set off."""


class StopPlanner:
    def __init__(self, data: ProfileData, route_step_m: float) -> None:
        self._chooser = StopChooser(data)
        self._life_ns = round(data.safety.stop_plan_life_s * 1e9)
        self._grade_mps2 = GRAVITY_MPS2 * sin(atan(data.resistance.grade_max))
        self._delay_s = data.safety.proposal_age_max_s + REACTION_S + LAG_SHARE * data.brake.lag_s
        self._stride = max(round(STEP_M / route_step_m), 1)
        self._step_m = self._stride * route_step_m

    def reach_m(self, speed_mps: float, deceleration_mps2: float) -> float:
        """Longest stop from this speed, with the reserve."""
        speed = max(abs(speed_mps), SPEED_MIN_MPS)
        delay_s = self._delay_s + 0.5 * deceleration_mps2 / STOP_JERK_MPS3
        missing_mps2 = self._grade_mps2 + WEAK_BRAKE_SHARE * deceleration_mps2
        found_m = SHORTFALL_OVERSHOOT * missing_mps2 / SHORTFALL_INTEGRAL_1PS2
        return speed * delay_s + speed * speed / (2.0 * deceleration_mps2) + found_m + RESERVE_M

    def along_route(self, now_ns: int, pose: Pose, load_kg: float | None, tracker: RouteTracker) -> StopPlan:
        """`load_kg`: None where it is not known."""
        deceleration_mps2 = self._chooser.minimal_risk_mps2(load_kg)
        samples = self._samples(pose, deceleration_mps2)
        curvatures = tracker.curvature_ahead(tracker.distance_m, self._stride, samples)
        return self._plan(now_ns, pose, deceleration_mps2, curvatures)

    def along_arc(self, now_ns: int, pose: Pose, load_kg: float | None, curvature_1pm: float) -> StopPlan:
        """Where a person steers: on with the present curvature."""
        deceleration_mps2 = self._chooser.minimal_risk_mps2(load_kg)
        samples = self._samples(pose, deceleration_mps2)
        return self._plan(now_ns, pose, deceleration_mps2, (curvature_1pm,) * samples)

    def _samples(self, pose: Pose, deceleration_mps2: float) -> int:
        return ceil(self.reach_m(pose.speed_mps, deceleration_mps2) / self._step_m) + 1

    def _plan(
        self, now_ns: int, pose: Pose, deceleration_mps2: float, curvature_1pm: tuple[float, ...]
    ) -> StopPlan:
        return StopPlan(
            anchor_odometer_m=pose.odometer_m,
            expires_ns=now_ns + self._life_ns,
            direction=Direction.FORWARD,
            step_m=self._step_m,
            curvature_1pm=curvature_1pm,
            crab_rad=(0.0,) * len(curvature_1pm),
            deceleration_mps2=deceleration_mps2,
            hold_park_brake=True,
        )
