"""Pure pursuit (Coulter 1992, CMU-RI-TR-92-01): the arc through a point of the route ahead.

Three additions: the target point is interpolated on the route, the lookahead grows with speed, and the
pursuit starts from the pose predicted for the end of the steering's dead time, which permits the short
lookahead that keeps bends tight. The lag that remains is shortened by a lead on the angle.
"""

from math import cos, sin

import msgspec

from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry
from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.motion.steering_model import SteeringModel
from firmware_runtime.vehicle.enums import Direction
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import Control, Steering

LAG_LEAD = 2.0
"""Command over remaining angle; 1 is none. Found on the five public race tracks (see tools/bench)."""


class SteeringRequest(msgspec.Struct, frozen=True):
    front_rad: float
    rear_rad: float
    curvature_1pm: float
    """Of the pursued arc, before limits."""


class PurePursuit:
    def __init__(self, control: Control, steering: Steering, geometry: SteeringGeometry) -> None:
        self._control = control
        self._geometry = geometry
        self._model = SteeringModel(geometry, steering)
        self._angle_max_rad = steering.front_angle_max_rad
        self._lead = LAG_LEAD

    def step(
        self,
        pose: Pose,
        measured: SteeringAngles,
        tracker: RouteTracker,
        direction: Direction = Direction.FORWARD,
    ) -> SteeringRequest:
        """Angles to command now. `tracker` must have been advanced with this pose already."""
        x_m, y_m, heading_rad, angles = self._model.predict(pose, measured)
        travel_m = abs(pose.speed_mps) * self._model.lead_s
        lookahead_m = self._control.lookahead_base_m + self._control.lookahead_gain_s * abs(pose.speed_mps)
        target_x, target_y = tracker.point_at(tracker.distance_m + travel_m + lookahead_m)
        ahead_x, ahead_y = target_x - x_m, target_y - y_m
        c, s = cos(heading_rad), sin(heading_rad)
        along_m, across_m = c * ahead_x + s * ahead_y, -s * ahead_x + c * ahead_y
        curvature_1pm = 2.0 * across_m / max(along_m * along_m + across_m * across_m, 1e-6)
        wanted = self._geometry.angles(curvature_1pm)
        command = SteeringAngles(
            self._led(angles.front_rad, wanted.front_rad), self._led(angles.rear_rad, wanted.rear_rad)
        )
        self._model.command(command)
        return SteeringRequest(command.front_rad, command.rear_rad, curvature_1pm)

    def _led(self, angle_rad: float, wanted_rad: float) -> float:
        """Ask beyond the wanted angle, so that the lag reaches it sooner."""
        bound = self._angle_max_rad
        asked = angle_rad + self._lead * (wanted_rad - angle_rad)
        return min(max(asked, -bound), bound)
