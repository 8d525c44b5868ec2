"""The stop plan that goes with each proposal: the route ahead, over more than the stopping distance."""

from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.stop_plan import StopPlan

STEP_M = 1.0
"""Between samples of the plan, to the nearest multiple of the route's."""
RESERVE_M = 6.0
"""Beyond the computed distance: reaction, brake lag, a weak brake (assumption)."""
GRADE_SHARE = 0.6
"""Deceleration that is left on the worst downhill grade and with the worst load, as a share (assumption)."""


class StopPlanner:
    def __init__(self, data: ProfileData, route_step_m: float) -> None:
        self._deceleration_mps2 = data.limits.minimal_risk_deceleration_mps2
        self._life_ns = round(data.safety.stop_plan_life_s * 1e9)
        speed_mps = data.limits.speed_max_mps
        reach_m = speed_mps * speed_mps / (2.0 * GRADE_SHARE * self._deceleration_mps2) + RESERVE_M
        self._stride = max(round(STEP_M / route_step_m), 1)
        self._step_m = self._stride * route_step_m
        self._samples = int(reach_m / self._step_m) + 2
        self._straight = (0.0,) * self._samples

    def step(self, now_ns: int, pose: Pose, tracker: RouteTracker) -> StopPlan:
        return StopPlan(
            anchor_odometer_m=pose.odometer_m,
            expires_ns=now_ns + self._life_ns,
            direction=Direction.FORWARD,
            step_m=self._step_m,
            curvature_1pm=tracker.curvature_ahead(tracker.distance_m, self._stride, self._samples),
            crab_rad=self._straight,
            deceleration_mps2=self._deceleration_mps2,
            hold_park_brake=True,
        )
