"""Do steering, traction and brake do what they were told? A band each, its width from the profile.

Part of the supervisor, after decode and before it judges a proposal; pure, so that `control` can watch by the
same means. It compares what was *sent* (whoever made it) with what the ECUs report, only while the vehicle
moves and the ECU says that it works: what is lost or reports itself failed is judged elsewhere. An answer
outside its band for CONFIRM is a fault; the design's budgets, 100 ms for steering and 200 ms for traction and
brake from leaving the band to the safe frame, contain that.

Less torque than asked is explained by what the inverter reports as its limit; more of it, or the wrong sign,
by nothing.
"""

from enum import Enum

from firmware_runtime.safety.response_band import BandModel, ResponseBand
from firmware_runtime.vehicle.enums import ActuatorStatus, OnOffState
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.signals import Commands, VehicleState

STEERED_MPS = 0.3
"""Below it tyres scrub, and a turning axle may stick (assumption)."""
MOVING_MPS = 0.1
"""Torque and friction are judged from here on, hold-to-run (0.3 m/s) included; below, brakes hold and torque
starts, and nothing moves far (assumption)."""
TRANSPORT_S = 0.05
"""Command and feedback on the bus, a tick each, and two feedbacks lost (assumption)."""
QUICK_SHARE = 0.5
"""Lag and dead time of the quickest healthy actuator over the profile's (assumption)."""
SLOW_SHARE = 1.6
"""Lag and dead time of the slowest healthy one: cold oil, low pressure (assumption)."""
RATE_SHARES = (0.7, 1.3)
"""Rates of the slowest and quickest healthy steering (assumption)."""
STEERING_TOLERANCE_RAD = 0.010
"""Play and sensor of a truck's steering: 0.6 degrees (assumption)."""
TORQUE_TOLERANCE_SHARE = 0.03
TORQUE_GAIN_TOLERANCE = 0.06
"""Accuracy of an inverter's torque: of its maximum, and of what is asked (assumption)."""
TORQUE_LAG_S = 0.05
"""Of current control, slowest (assumption)."""
BRAKE_TOLERANCE_SHARE = 0.03
BRAKE_GAIN_TOLERANCE = 0.10
"""Accuracy of a brake's force as its ECU knows it (assumption)."""
STEERING_CONFIRM_NS = 60_000_000
FORCE_CONFIRM_NS = 150_000_000
"""Outside the band for so long, within the budgets; reports of limits come each 100 ms."""
WORKING = (ActuatorStatus.READY, ActuatorStatus.ACTIVE)


class Actuator(Enum):
    STEERING_FRONT = "front steering"
    STEERING_REAR = "rear steering"
    TRACTION = "traction"
    BRAKE = "brake"


class _Watch:
    """One band with its debounce."""

    __slots__ = ("_band", "_confirm_ns", "_name", "_since_ns", "_unit")

    def __init__(self, name: str, unit: str, model: BandModel, confirm_ns: int) -> None:
        self._band = ResponseBand(model)
        self._name = name
        self._unit = unit
        self._confirm_ns = confirm_ns
        self._since_ns: int | None = None

    def rest(self, now_ns: int, low: float, high: float, measured: float) -> str:
        self._band.rest(now_ns, low, high, measured)
        self._since_ns = None
        return ""

    def step(self, now_ns: int, low: float, high: float, measured: float) -> str:
        excess = self._band.step(now_ns, low, high, measured)
        if excess == 0.0:
            self._since_ns = None
            return ""
        if self._since_ns is None:
            self._since_ns = now_ns
        if now_ns - self._since_ns < self._confirm_ns:
            return ""
        told = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        return (
            f"{self._name} does not follow: told {told} {self._unit}, is at {measured:g} {self._unit}, "
            f"{abs(excess):.3g} {self._unit} outside its band"
        )


def band_models(data: ProfileData) -> dict[Actuator, BandModel]:
    """What counts as a healthy answer, by the profile; both axles steer alike."""
    steering, traction, brake = data.steering, data.traction, data.brake
    turning = BandModel(
        dead_min_s=QUICK_SHARE * steering.dead_time_s,
        dead_max_s=SLOW_SHARE * steering.dead_time_s + TRANSPORT_S,
        lag_min_s=QUICK_SHARE * steering.lag_s,
        lag_max_s=SLOW_SHARE * steering.lag_s,
        rate_min=RATE_SHARES[0] * steering.rate_max_radps,
        rate_max=RATE_SHARES[1] * steering.rate_max_radps,
        tolerance=STEERING_TOLERANCE_RAD,
    )
    driving = BandModel(
        dead_min_s=0.0,
        dead_max_s=TRANSPORT_S,
        lag_min_s=0.0,
        lag_max_s=TORQUE_LAG_S,
        rate_min=RATE_SHARES[0] * traction.torque_slew_nmps,
        rate_max=1e12,
        tolerance=TORQUE_TOLERANCE_SHARE * traction.torque_max_nm,
    )
    braking = BandModel(
        dead_min_s=0.0,
        dead_max_s=TRANSPORT_S,
        lag_min_s=QUICK_SHARE * brake.lag_s,
        lag_max_s=SLOW_SHARE * brake.lag_s,
        rate_min=1e12,
        rate_max=1e12,
        tolerance=BRAKE_TOLERANCE_SHARE * brake.force_max_n,
    )
    return {
        Actuator.STEERING_FRONT: turning,
        Actuator.STEERING_REAR: turning,
        Actuator.TRACTION: driving,
        Actuator.BRAKE: braking,
    }


class ActuatorResponse:
    """`step` once a tick; gives the actuators that do not follow, with the words for it."""

    def __init__(self, data: ProfileData) -> None:
        models = band_models(data)

        def watch(actuator: Actuator, unit: str, confirm_ns: int) -> _Watch:
            return _Watch(actuator.value, unit, models[actuator], confirm_ns)

        self._front = watch(Actuator.STEERING_FRONT, "rad", STEERING_CONFIRM_NS)
        self._rear = watch(Actuator.STEERING_REAR, "rad", STEERING_CONFIRM_NS)
        self._traction = watch(Actuator.TRACTION, "Nm", FORCE_CONFIRM_NS)
        self._brake = watch(Actuator.BRAKE, "N", FORCE_CONFIRM_NS)
        self._rear_steered = data.geometry.rear_steer_ratio > 0.0

    def step(
        self, now_ns: int, sent: Commands, driving: bool, state: VehicleState, speed_mps: float
    ) -> dict[Actuator, str]:
        """`sent`: what went out last; `driving`: the heartbeat that went with it let torque propel."""
        moving, steered = abs(speed_mps) > MOVING_MPS, abs(speed_mps) > STEERED_MPS
        found = {
            Actuator.STEERING_FRONT: self._steering(
                self._front,
                now_ns,
                steered,
                sent,
                state,
                "steering_front_angle_rad",
                sent.steering_front_angle_rad,
                state.steering_front_angle_rad,
            ),
            Actuator.TRACTION: self._torque(now_ns, moving, sent, driving, state),
            Actuator.BRAKE: self._friction(now_ns, moving, sent, state),
        }
        if self._rear_steered:
            found[Actuator.STEERING_REAR] = self._steering(
                self._rear,
                now_ns,
                steered,
                sent,
                state,
                "steering_rear_angle_rad",
                sent.steering_rear_angle_rad,
                state.steering_rear_angle_rad,
            )
        return {actuator: reason for actuator, reason in found.items() if reason}

    def _steering(
        self,
        watch: _Watch,
        now_ns: int,
        steered: bool,
        sent: Commands,
        state: VehicleState,
        signal: str,
        told_rad: float,
        measured_rad: float,
    ) -> str:
        rests = (
            not steered
            or sent.steering_enable is not OnOffState.ON
            or state.steering_status not in WORKING
            or not state.usable(signal, "steering_status")
        )
        judge = watch.rest if rests else watch.step
        return judge(now_ns, told_rad, told_rad, measured_rad)

    def _torque(self, now_ns: int, moving: bool, sent: Commands, driving: bool, state: VehicleState) -> str:
        asked_nm = sent.traction_torque_nm if sent.traction_enable is OnOffState.ON else 0.0
        spread_nm = TORQUE_GAIN_TOLERANCE * abs(asked_nm)
        if asked_nm >= 0.0:
            known = driving and state.usable("traction_torque_max_nm")
            least_nm = min(asked_nm, state.traction_torque_max_nm) if known else 0.0
            low_nm, high_nm = max(least_nm - spread_nm, 0.0), asked_nm + spread_nm
        else:
            known = state.usable("traction_regen_max_nm")
            least_nm = min(-asked_nm, state.traction_regen_max_nm) if known else 0.0
            low_nm, high_nm = asked_nm - spread_nm, -max(least_nm - spread_nm, 0.0)
        rests = (
            not moving
            or state.traction_status not in WORKING
            or not state.usable("motor_torque_nm", "traction_status")
        )
        judge = self._traction.rest if rests else self._traction.step
        return judge(now_ns, low_nm, high_nm, state.motor_torque_nm)

    def _friction(self, now_ns: int, moving: bool, sent: Commands, state: VehicleState) -> str:
        asked_n = sent.brake_force_n
        spread_n = BRAKE_GAIN_TOLERANCE * asked_n
        rests = (
            not moving
            or state.brake_status not in WORKING
            or not state.usable("brake_force_n", "brake_status")
        )
        judge = self._brake.rest if rests else self._brake.step
        return judge(now_ns, asked_n - spread_n, asked_n + spread_n, state.brake_force_n)
