"""The motion part of the tick: who leads, where on the route, which stop, angles, force and stop plan."""

from math import inf, tan

import msgspec

from firmware_runtime.motion.hand_driving import HandDriving
from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry
from firmware_runtime.motion.lead import LEADS, Lead, Leader
from firmware_runtime.motion.mission import Mission, MissionPhase
from firmware_runtime.motion.pure_pursuit import PurePursuit
from firmware_runtime.motion.route_track import RouteTracker
from firmware_runtime.motion.speed_control import PREVIEW_S, SpeedControl, SpeedDemand
from firmware_runtime.motion.speed_profile import SpeedProfile
from firmware_runtime.motion.stop_kinds import Stop, StopChooser, stop_asked
from firmware_runtime.motion.stop_planner import StopPlanner
from firmware_runtime.vehicle.enums import ParkBrakeState, SafetyState, StopKind
from firmware_runtime.vehicle.motion_limit import MotionLimit
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import Route
from firmware_runtime.vehicle.signals import VehicleState
from firmware_runtime.vehicle.stop_plan import StopPlan

COMMAND_RATE_FACTOR = 1.5
"""Steering is commanded no faster than this multiple of the axle's rate: what leads a lag may be quicker than
it, and no fix that jumps makes a step (assumption; the supervisor refuses twice the rate)."""
COMMAND_LATERAL_JERK_FACTOR = 1.5
"""The same for the profile's lateral jerk (assumption)."""
FIELD_SET_SPEEDS_MPS = (0.3, 1.0, 2.0, 4.0, 6.0)
"""Protective field sets by speed: 1 the smallest, up to 6; 0, the largest, at standstill (assumption)."""


class Motion(msgspec.Struct, frozen=True):
    """What motion asks in this tick."""

    force_n: float
    hold: bool
    emergency_brake_n: float
    catch_brake_n: float
    """Friction while the vehicle is caught on a hill."""
    front_rad: float
    rear_rad: float
    stop_plan: StopPlan | None
    arrived: bool
    """At the route's end."""
    done: bool
    """What the drive was for: the route's end is reached, or a remote driver has come to rest."""
    speed_mps: float
    plan_mps: float
    target_mps: float
    cap_mps: float
    route_distance_m: float
    route_share: float
    cross_track_m: float
    heading_error_rad: float
    next_stop: str
    to_stop_m: float
    """Along the route to the next stop; infinite while the route was not met yet."""
    scanner_field_set: float
    stop: StopKind = StopKind.NONE
    """The stop that is made."""
    stop_overdue: bool = False
    """It was to be comfortable, and its budget does not suffice."""


def at_rest(route: Route) -> Motion:
    """Before the first tick."""
    return Motion(
        force_n=0.0,
        hold=True,
        emergency_brake_n=0.0,
        catch_brake_n=0.0,
        front_rad=0.0,
        rear_rad=0.0,
        stop_plan=None,
        arrived=False,
        done=False,
        speed_mps=0.0,
        plan_mps=0.0,
        target_mps=0.0,
        cap_mps=0.0,
        route_distance_m=0.0,
        route_share=0.0,
        cross_track_m=0.0,
        heading_error_rad=0.0,
        next_stop=route.stops[0].name,
        to_stop_m=inf,
        scanner_field_set=0.0,
    )


class Driver:
    def __init__(self, data: ProfileData, route: Route, geometry: SteeringGeometry) -> None:
        self._data = data
        self._route = route
        self._tracker = RouteTracker(route)
        self._profile = SpeedProfile(route, data)
        self._mission = Mission(route)
        self._pursuit = PurePursuit(data.control, data.steering, geometry, data.loop.tick_s)
        self._speed = SpeedControl(data.control, data.limits, data.mass, data.resistance, data.loop.tick_s)
        self._planner = StopPlanner(data, route.step_m)
        self._leader = Leader()
        self._hand = HandDriving(data, geometry, self._speed)
        self._geometry = geometry
        self._stops = StopChooser(data)
        self._tick_s = data.loop.tick_s
        self._wheelbase_m = data.geometry.wheelbase_m
        self._rate_max_radps = COMMAND_RATE_FACTOR * data.steering.rate_max_radps
        self._lateral_jerk_mps3 = COMMAND_LATERAL_JERK_FACTOR * data.limits.lateral_jerk_max_mps3
        self._front_rad = 0.0
        self._rear_rad = 0.0

    def step(
        self,
        now_ns: int,
        pose: Pose,
        state: VehicleState,
        safety_state: SafetyState,
        permissions: Permissions,
        limit: MotionLimit,
        standing: bool,
        drive_limited: bool = False,
    ) -> Motion:
        tracker = self._tracker
        lead = self._leader.step(safety_state)
        located = pose.measured_ns > 0
        if located:
            tracker.update(pose.x_m, pose.y_m, pose.heading_rad)
        held = standing and state.park_brake_state is ParkBrakeState.APPLIED
        if self._leader.back_on_route and located:
            tracker.locate(pose.x_m, pose.y_m, pose.heading_rad)
            self._mission.resume(tracker.distance_m)
        if lead is Lead.ROUTE and permissions.propulsion:
            self._mission.step(now_ns, tracker.distance_m, held)
        if self._leader.begins and lead is not Lead.ROUTE:
            self._hand.begin(pose.speed_mps, standing)
        cap_mps = permissions.speed_cap_mps
        if safety_state is not SafetyState.MAINTENANCE:
            # There a person stands beside it and sees what scanner and bumper see: how else would it be moved
            # off a wall? ISO 3691-4 (secondary) permits 0.3 m/s with muted detection.
            cap_mps = min(cap_mps, limit.speed_max_mps)
        asked = stop_asked(safety_state, permissions.stop, standing)
        stop = self._stops.step(now_ns, asked, pose.speed_mps, state.load_mass_kg)
        if LEADS.get(safety_state, Lead.ROUTE) is Lead.ROUTE:
            demand = self._demand(pose, cap_mps, permissions, stop, drive_limited)
            request = self._speed.step(pose.speed_mps, state.load_mass_kg, demand, standing)
            plan_mps = demand.plan_mps
        else:
            request = self._hand.force(
                lead, state, pose.speed_mps, cap_mps, permissions.propulsion, stop, standing, drive_limited
            )
            plan_mps = cap_mps
        self._steer(lead, safety_state, pose, state, permissions, located, standing)
        emergency = stop.kind is StopKind.EMERGENCY and not standing
        planned = permissions.brake_release or not standing
        arrived = self._mission.phase is MissionPhase.ARRIVED
        return Motion(
            force_n=request.force_n,
            hold=request.hold,
            emergency_brake_n=self._data.brake.force_max_n if emergency else 0.0,
            catch_brake_n=min(request.catch_brake_n, self._data.brake.force_max_n),
            front_rad=self._front_rad,
            rear_rad=self._rear_rad,
            stop_plan=self._stop_plan(now_ns, lead, pose, state) if planned else None,
            arrived=arrived,
            done=arrived if lead is Lead.ROUTE else self._hand.rested(now_ns, lead, state, held),
            speed_mps=pose.speed_mps,
            plan_mps=plan_mps,
            target_mps=request.target_mps,
            cap_mps=cap_mps,
            route_distance_m=tracker.distance_m,
            route_share=min(max(tracker.distance_m / self._route.length_m, 0.0), 1.0),
            cross_track_m=tracker.cross_track_m if located else 0.0,
            heading_error_rad=tracker.heading_error_rad if located else 0.0,
            next_stop=self._mission.next_stop.name,
            to_stop_m=self._mission.next_stop.distance_m - tracker.distance_m if located else inf,
            scanner_field_set=_field_set(pose.speed_mps),
            stop=stop.kind,
            stop_overdue=stop.overdue,
        )

    def _steer(
        self,
        lead: Lead,
        safety_state: SafetyState,
        pose: Pose,
        state: VehicleState,
        permissions: Permissions,
        located: bool,
        standing: bool,
    ) -> None:
        measured = SteeringAngles(state.steering_front_angle_rad, state.steering_rear_angle_rad)
        wanted: SteeringAngles | None = None
        if permissions.steering and lead is Lead.ROUTE:
            if located:
                pursued = self._pursuit.step(pose, measured, self._tracker)
                wanted = SteeringAngles(pursued.front_rad, pursued.rear_rad)
        elif permissions.steering and safety_state in LEADS:
            # In a stop that follows, nobody steers, and the arc goes on.
            wanted = self._hand.angles(lead, state, pose.speed_mps)
        elif not permissions.brake_release and standing:
            # At rest the command follows the wheels, so that enabling the steering moves nothing.
            # A sensor may read a little beyond the lock, and a command may not.
            bound = self._geometry.front_angle_max_rad
            wanted = SteeringAngles(
                min(max(measured.front_rad, -bound), bound), min(max(measured.rear_rad, -bound), bound)
            )
        if wanted is not None:
            self._turn(wanted.front_rad, wanted.rear_rad, pose.speed_mps)

    def _stop_plan(self, now_ns: int, lead: Lead, pose: Pose, state: VehicleState) -> StopPlan:
        load_kg = state.load_mass_kg if state.usable("load_mass_kg") else None
        if lead is Lead.ROUTE:
            return self._planner.along_route(now_ns, pose, load_kg, self._tracker)
        curvature_1pm, _ = self._geometry.turning(self._front_rad, self._rear_rad)
        return self._planner.along_arc(now_ns, pose, load_kg, curvature_1pm)

    def _turn(self, front_rad: float, rear_rad: float, speed_mps: float) -> None:
        """Command the angles, or as far towards them as rate and lateral jerk permit in a tick."""
        most_rad = self._rate_max_radps * self._tick_s
        front, rear = front_rad - self._front_rad, rear_rad - self._rear_rad
        share = min(1.0, most_rad / max(abs(front), abs(rear), most_rad))
        bend = tan(front_rad) - tan(rear_rad) - tan(self._front_rad) + tan(self._rear_rad)
        jerk_mps3 = speed_mps * speed_mps * abs(bend) / (self._wheelbase_m * self._tick_s)
        if jerk_mps3 > self._lateral_jerk_mps3:
            share = min(share, self._lateral_jerk_mps3 / jerk_mps3)
        self._front_rad += share * front
        self._rear_rad += share * rear

    def _demand(
        self,
        pose: Pose,
        cap_mps: float,
        permissions: Permissions,
        stop: Stop,
        drive_limited: bool,
    ) -> SpeedDemand:
        distance_m = self._tracker.distance_m
        to_stop_m = self._mission.next_stop.distance_m - distance_m
        plan_mps, plan_mps2 = self._profile.at(distance_m + pose.speed_mps * PREVIEW_S, self._mission.leg)
        dwells = self._mission.phase is not MissionPhase.DRIVING
        standstill = not permissions.propulsion or dwells or cap_mps <= 0.0
        return SpeedDemand(
            plan_mps=plan_mps,
            plan_mps2=plan_mps2,
            cap_mps=cap_mps if permissions.propulsion else 0.0,
            stop_deceleration_mps2=stop.deceleration_mps2,
            stop_jerk_mps3=stop.jerk_mps3,
            to_stop_m=to_stop_m if permissions.propulsion else inf,
            standstill=standstill,
            drive_limited=drive_limited,
        )


def _field_set(speed_mps: float) -> float:
    speed = abs(speed_mps)
    if speed < 0.05:
        return 0.0
    return 1.0 + sum(speed > bound for bound in FIELD_SET_SPEEDS_MPS)
