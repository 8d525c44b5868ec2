"""Driving by a person: asked speed, pedals and steering angle, as far as vehicle and permissions let them.

At a distance (REMOTE), with the technician's pendant (MAINTENANCE): a speed that is followed like a route's,
and an angle. In the cab (MANUAL): pedals that give force, and an angle; above the cap the runtime brakes, at
rest it holds. Forward only, so far: a negative speed asks for standstill. What a person asks through a
message that cannot be trusted is not done: no speed, no accelerator, and the angle stays.
"""

from math import atan, inf, sin, tan

from firmware_runtime.motion.kinematics import SteeringAngles, SteeringGeometry
from firmware_runtime.motion.lead import Lead
from firmware_runtime.motion.speed_control import (
    CLOSING_MPS,
    GRAVITY_MPS2,
    ROLLBACK_MPS,
    SpeedControl,
    SpeedDemand,
    SpeedRequest,
)
from firmware_runtime.motion.stop_kinds import MINIMAL_RISK_JERK_MPS3, Stop
from firmware_runtime.vehicle.enums import ParkBrakeState
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.signals import VehicleState

ASKED_MIN_MPS = 0.05
"""Less is no speed but the play of a joystick (assumption)."""
PEDAL_MIN_SHARE = 0.02
"""Less is the play of a pedal (assumption)."""
CAP_SHARE = 0.9
"""Of the cap is asked at most: what control overshoots stays below it (assumption; 0.03 m/s were seen)."""
LATERAL_FACTOR = 1.5
"""A person may steer so much sharper than a route, at speed; the supervisor refuses twice the profile's
lateral acceleration (assumption)."""
REST_NS = 10_000_000_000
"""A remote drive whose vehicle is held and asked for nothing for so long is over: the next one needs run
(assumption)."""

FREE_MPS = 3.0
"""So far below the cap nothing is taken from the driver's pedal (assumption: what braking down from the
pedal's whole acceleration needs)."""

CAB_PEDALS = ("cab_accelerator", "cab_brake")
REMOTE_DEMAND = ("remote_speed_mps", "remote_steering_rad")


class HandDriving:
    def __init__(self, data: ProfileData, geometry: SteeringGeometry, speed: SpeedControl) -> None:
        """speed: shared with driving along the route, so that a driver who takes over finds no jump."""
        self._speed = speed
        self._geometry = geometry
        self._mass = data.mass
        self._limits = data.limits
        self._tick_s = data.loop.tick_s
        self._brake_max_n = data.brake.force_max_n
        grade = atan(data.resistance.grade_max)
        self._pedal_mps2 = (
            data.limits.acceleration_max_mps2
            + GRAVITY_MPS2 * sin(grade)
            + GRAVITY_MPS2 * data.resistance.rolling_coefficient
        )
        """What the whole pedal gives: the profile's acceleration on its steepest grade."""
        self._lateral_mps2 = LATERAL_FACTOR * data.limits.lateral_acceleration_max_mps2
        self._drive_n = 0.0
        self._limited = False
        """Last tick the cap gave less than the pedal asked."""
        self._pedal_let_go = False
        """Since it could not drive; only then does pressing it count."""
        self._rest_since_ns: int | None = None

    def begin(self, speed_mps: float, standing: bool) -> None:
        """Somebody begins to lead. What is left from an earlier time counts for nothing.

        From rest a pedal that is pressed already counts only after it was let go: no vehicle sets off by the
        turn of a key. Under way it counts at once, for a driver may take over by it.
        """
        self._speed.follow(speed_mps)
        self._drive_n = 0.0
        self._limited = False
        self._rest_since_ns = None
        self._pedal_let_go = not standing

    def rested(self, now_ns: int, lead: Lead, state: VehicleState, held: bool) -> bool:
        """A remote drive is over. held: standing, with the park brake applied."""
        if lead is not Lead.REMOTE or not held or _asked_mps(state) > 0.0:
            self._rest_since_ns = None
            return False
        if self._rest_since_ns is None:
            self._rest_since_ns = now_ns
        return now_ns - self._rest_since_ns >= REST_NS

    def angles(self, lead: Lead, state: VehicleState, speed_mps: float) -> SteeringAngles | None:
        """What the person steers, within what this speed permits; None where nobody can be understood."""
        name = "cab_steering_rad" if lead is Lead.CAB else "remote_steering_rad"
        if not state.usable(name):
            return None
        asked_rad: float = getattr(state, name)
        bound = self._geometry.front_angle_max_rad
        curvature_1pm = tan(min(max(asked_rad, -bound), bound)) / self._geometry.front_x_m
        most_1pm = self._lateral_mps2 / max(speed_mps * speed_mps, 1e-3)
        return self._geometry.angles(min(max(curvature_1pm, -most_1pm), most_1pm))

    def force(
        self,
        lead: Lead,
        state: VehicleState,
        speed_mps: float,
        cap_mps: float,
        propulsion: bool,
        stop: Stop,
        standing: bool,
        drive_limited: bool,
    ) -> SpeedRequest:
        """cap_mps: least of all caps. propulsion: permitted now. stop: that is made where it is not."""
        if lead is Lead.CAB:
            return self._by_pedals(state, speed_mps, cap_mps, propulsion, stop, standing, drive_limited)
        asked_mps = _asked_mps(state) if propulsion else 0.0
        goal_mps = min(asked_mps, CAP_SHARE * cap_mps)
        held = state.park_brake_state is not ParkBrakeState.RELEASED
        if held:
            # A reference that ran ahead while the springs still hold would be too fast afterwards.
            goal_mps = min(goal_mps, ASKED_MIN_MPS)
        demand = self._demand(goal_mps, stop, goal_mps <= 0.0, drive_limited or held, eased=not held)
        return self._speed.step(speed_mps, state.load_mass_kg, demand, standing)

    def _by_pedals(
        self,
        state: VehicleState,
        speed_mps: float,
        cap_mps: float,
        propulsion: bool,
        stop: Stop,
        standing: bool,
        drive_limited: bool,
    ) -> SpeedRequest:
        load_kg = state.load_mass_kg
        heard = state.usable(*CAB_PEDALS)
        may_drive = heard and propulsion and cap_mps > 0.0
        if not may_drive and standing:
            self._pedal_let_go = False
        elif heard and state.cab_accelerator <= PEDAL_MIN_SHARE:
            self._pedal_let_go = True
        accelerator = state.cab_accelerator if may_drive and self._pedal_let_go else 0.0
        brake = state.cab_brake if heard else 0.0
        drives = accelerator > PEDAL_MIN_SHARE >= brake
        # Let go near standstill it is brought to rest and held; at any speed where the pedals are lost.
        rests = not drives and (speed_mps < CLOSING_MPS or not heard)
        if not heard:
            stop = Stop(stop.kind, self._limits.deceleration_max_mps2, MINIMAL_RISK_JERK_MPS3)
        # Lifting the foot is no braking: only the cap limits, by the same control as along a route. Far below
        # the cap it has nothing to say, nor to remember.
        free = not rests and ROLLBACK_MPS < speed_mps < cap_mps - FREE_MPS
        if free:
            self._speed.follow(speed_mps)
        demand = self._demand(cap_mps, stop, rests, drive_limited or not self._limited)
        request = self._speed.step(speed_mps, load_kg, demand, standing)
        self._drive_n = drive_n = self._pressed(accelerator, load_kg) if drives and not rests else 0.0
        self._limited = not rests and not free and request.force_n < drive_n
        force_n = request.force_n if rests or self._limited else drive_n
        if brake > PEDAL_MIN_SHARE:
            force_n = min(force_n, -brake * self._brake_max_n)
        catch_n = request.catch_brake_n if drives else 0.0
        return SpeedRequest(force_n, request.target_mps, request.hold, catch_n)

    def _pressed(self, accelerator: float, load_kg: float) -> float:
        """Force of the pedal, N; it grows no faster than the profile's jerk."""
        mass_kg = self._mass.empty_kg + load_kg
        step_n = self._limits.jerk_max_mps3 * mass_kg * self._tick_s
        return min(accelerator * self._pedal_mps2 * mass_kg, self._drive_n + step_n)

    def _demand(
        self, goal_mps: float, stop: Stop, standstill: bool, drive_limited: bool, eased: bool = False
    ) -> SpeedDemand:
        """The goal as a cap, which is met within acceleration and jerk; a plan would be taken as it is."""
        return SpeedDemand(
            plan_mps=inf,
            plan_mps2=0.0,
            cap_mps=goal_mps,
            stop_deceleration_mps2=stop.deceleration_mps2,
            stop_jerk_mps3=stop.jerk_mps3,
            to_stop_m=inf,
            standstill=standstill,
            eased=eased,
            drive_limited=drive_limited,
        )


def _asked_mps(state: VehicleState) -> float:
    """Speed that a person at a distance asks for; 0 where it is none, backwards or not heard."""
    if not state.usable(*REMOTE_DEMAND) or state.remote_speed_mps < ASKED_MIN_MPS:
        return 0.0
    return state.remote_speed_mps
