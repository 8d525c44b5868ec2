"""What the supervisor's own senses tell: state, standstill, way, speed, and which actuators do not follow.

Nothing of it depends on what is proposed, so it may be looked at just before a proposal is due: then only
judging is left when it comes. What was seen is used once, and only while it is all that was heard: a proposal
may be made from a frame that came a moment before it, and a judge who does not know that frame would stop a
truck that is well.
"""

from collections.abc import Sequence
from math import cos
from typing import NamedTuple

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.safety.actuator_response import Actuator, ActuatorResponse
from firmware_runtime.safety.estop import CHANNELS
from firmware_runtime.safety.fitness import VITAL
from firmware_runtime.safety.standstill import Standstill
from firmware_runtime.vehicle.enums import MotionState
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, Commands, VehicleState
from firmware_runtime.vehicle.state_builder import StateBuilder

HEARD = frozenset(
    (
        *VITAL,
        *CHANNELS,
        "steering_rear_angle_rad",
        "motor_torque_nm",
        "traction_torque_max_nm",
        "traction_regen_max_nm",
        "brake_force_n",
        "battery_current_a",
        "acknowledge_button",
        "load_mass_kg",
        "charge_plug",
        "dead_man",
    )
)
SEEN_MAX_NS = 3_000_000
"""What was seen is not older when it is judged by: the vehicle has gone 25 mm at 8.33 m/s, and what is lost
or too old is found so much later (assumption: well within every failure budget, the shortest of 100 ms)."""


class Seen(NamedTuple):
    """One look."""

    time_ns: int
    state: VehicleState
    standing: bool
    not_following: dict[Actuator, str]
    """Actuators that do not do what was sent last, with the words for it."""


class OwnSenses:
    def __init__(self, profile: Profile) -> None:
        inputs = tuple(binding for binding in profile.inputs if binding.name in HEARD)
        self.names = tuple(binding.name for binding in inputs)
        """Of all signals that are heard."""
        self.receiver = Receiver(profile.databases, inputs)
        self._builder = StateBuilder(inputs, profile.input_enums, profile.calibration)
        self._standstill = Standstill(profile.data.safety, profile.data.traction)
        self._response = ActuatorResponse(profile.data)
        self._metres_per_radian = profile.data.traction.wheel_radius_m / profile.data.traction.gear_ratio
        self.odometer_m = 0.0
        self.speed_mps = 0.0
        self._last_ns: int | None = None
        self._seen: Seen | None = None

    @property
    def has_seen(self) -> bool:
        """There is a look that nobody has used yet, and nothing was heard since."""
        return self._seen is not None

    def push(self, frames: Sequence[Frame]) -> None:
        """Hear frames: what was seen before is no longer all that is known."""
        if not frames:
            return
        self._seen = None
        push = self.receiver.push
        for frame in frames:
            push(frame)

    def look(self, now_ns: int, sent: Commands) -> Seen:
        """At everything that was heard up to now. sent: the commands that went out last."""
        sample = self.receiver.sample(now_ns)
        state = self._builder.build(sample.values, sample.reasons, now_ns)
        standing = self._standstill.step(now_ns, state)
        self._move(now_ns, state)
        driving = sent.heartbeat_motion_state is MotionState.DRIVING
        not_following = self._response.step(now_ns, sent, driving, state, self.speed_mps)
        self._seen = Seen(now_ns, state, standing, not_following)
        return self._seen

    def take(self, now_ns: int, sent: Commands, anew: bool) -> Seen:
        """To judge by, once: what was seen, where that may be; a look of its own otherwise.

        anew: what was seen before may not be used, however young it is.
        """
        seen = self._seen
        if anew or seen is None or now_ns - seen.time_ns > SEEN_MAX_NS:
            seen = self.look(now_ns, sent)
        self._seen = None
        return seen

    def _move(self, now_ns: int, state: VehicleState) -> None:
        """Own odometer, by all wheels; by the motor where one of them is lost."""
        if state.usable(*WHEEL_SPEEDS) or not state.usable("motor_speed_radps"):
            speed_mps = 0.25 * (
                (state.wheel_speed_front_left_mps + state.wheel_speed_front_right_mps)
                * cos(state.steering_front_angle_rad)
                + (state.wheel_speed_rear_left_mps + state.wheel_speed_rear_right_mps)
                * cos(state.steering_rear_angle_rad)
            )
        else:
            speed_mps = state.motor_speed_radps * self._metres_per_radian
        if self._last_ns is not None:
            self.odometer_m += 0.5 * (self.speed_mps + speed_mps) * (now_ns - self._last_ns) * 1e-9
        self.speed_mps = speed_mps
        self._last_ns = now_ns
