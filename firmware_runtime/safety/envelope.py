"""The command envelope: what a proposal may ask, judged without knowing why it was asked.

One table of checks, tried from the top; the first that fails names the reason, and the supervisor stops the
vehicle. Bounds come from the profile and are cut by the hard bounds here, which no profile can loosen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, tan

from firmware_runtime.safety.state_table import DRIVE_STATES, MOVING_STATES
from firmware_runtime.vehicle.enums import ContactorRequest, ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import Commands

HARD_SPEED_MAX_MPS = 12.0
"""No vehicle of this runtime goes faster without a driver (assumption: 40 km/h class, plus margin)."""
HARD_LATERAL_ACCELERATION_MPS2 = 3.0
"""A loaded container vehicle tips well above (assumption)."""
COMMAND_LATERAL_FACTOR = 2.0
"""A commanded angle leads the real one; it may ask this multiple of the profile's lateral acceleration."""
SPEED_TOLERANCE = 1.1
SLEW_TOLERANCE = 1.5
LATERAL_SPEED_FLOOR_MPS = 1.0
BACKWARDS_MPS = 0.05
"""Rolling back faster than this, no negative torque (forward routes only, so far)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check sees."""

    now_ns: int
    proposal: Proposal
    accepted: Commands
    """The last commands that were sent."""
    accepted_ns: int
    last_sequence: int
    speed_mps: float
    """By the supervisor's own wheels."""
    standing: bool


class Envelope:
    def __init__(self, data: ProfileData) -> None:
        self._torque_max_nm = data.traction.torque_max_nm
        self._torque_slew_nmps = data.traction.torque_slew_nmps
        self._brake_max_n = data.brake.force_max_n
        self._angle_max_rad = data.steering.front_angle_max_rad + 1e-6
        self._wheelbase_m = data.geometry.wheelbase_m
        self._lateral_max_mps2 = min(
            COMMAND_LATERAL_FACTOR * data.limits.lateral_acceleration_max_mps2, HARD_LATERAL_ACCELERATION_MPS2
        )
        self._speed_max_mps = min(SPEED_TOLERANCE * data.limits.speed_max_mps, HARD_SPEED_MAX_MPS)
        self._age_max_ns = round(data.safety.proposal_age_max_s * 1e9)
        self._checks: tuple[tuple[str, Callable[[Context], bool]], ...] = (
            ("proposal out of order", lambda c: c.proposal.sequence > c.last_sequence),
            ("proposal too old", self._young),
            ("proposal is not a number", _finite),
            ("propulsion in a state that forbids it", _propulsion_permitted),
            ("park brake released in a state that forbids it", _release_permitted),
            ("contactors asked in a state that forbids it", _contactors_permitted),
            ("no stop plan while moving", self._planned),
            ("torque that would drive backwards", _not_backwards),
            (
                "torque beyond its limit",
                lambda c: abs(c.proposal.commands.traction_torque_nm) <= self._torque_max_nm,
            ),
            ("torque changes too fast", self._torque_slewed),
            (
                "brake force beyond its limit",
                lambda c: 0.0 <= c.proposal.commands.brake_force_n <= self._brake_max_n,
            ),
            ("steering beyond its limit", self._steering_within),
            ("steering too sharp for this speed", self._lateral_within),
            ("too fast", lambda c: abs(c.speed_mps) <= self._speed_max_mps),
        )

    def check(self, context: Context) -> str:
        """Empty where the proposal is good, else the reason."""
        for reason, holds in self._checks:
            if not holds(context):
                return reason
        return ""

    def _young(self, c: Context) -> bool:
        return 0 <= c.now_ns - c.proposal.time_ns <= self._age_max_ns

    def _planned(self, c: Context) -> bool:
        plan = c.proposal.stop_plan
        if c.proposal.state not in MOVING_STATES or (
            c.standing and c.proposal.commands.traction_torque_nm <= 0.0
        ):
            return True
        return plan is not None and plan.expires_ns > c.now_ns and len(plan.curvature_1pm) > 0

    def _torque_slewed(self, c: Context) -> bool:
        """Only growth is limited: taking torque away is always permitted."""
        new, old = c.proposal.commands.traction_torque_nm, c.accepted.traction_torque_nm
        elapsed_s = max((c.now_ns - c.accepted_ns) * 1e-9, 0.01)
        step = SLEW_TOLERANCE * self._torque_slew_nmps * elapsed_s
        return abs(new) <= abs(old) or abs(new - old) <= step

    def _steering_within(self, c: Context) -> bool:
        commands, bound = c.proposal.commands, self._angle_max_rad
        return (
            abs(commands.steering_front_angle_rad) <= bound and abs(commands.steering_rear_angle_rad) <= bound
        )

    def _lateral_within(self, c: Context) -> bool:
        commands = c.proposal.commands
        speed_mps = abs(c.speed_mps)
        if speed_mps < LATERAL_SPEED_FLOOR_MPS:
            return True
        curvature_1pm = (
            tan(commands.steering_front_angle_rad) - tan(commands.steering_rear_angle_rad)
        ) / self._wheelbase_m
        return speed_mps * speed_mps * abs(curvature_1pm) <= self._lateral_max_mps2


def _finite(c: Context) -> bool:
    commands = c.proposal.commands
    return (
        isfinite(commands.traction_torque_nm)
        and isfinite(commands.brake_force_n)
        and isfinite(commands.steering_front_angle_rad)
        and isfinite(commands.steering_rear_angle_rad)
    )


def _propulsion_permitted(c: Context) -> bool:
    return c.proposal.commands.traction_torque_nm <= 0.0 or c.proposal.state in DRIVE_STATES


def _not_backwards(c: Context) -> bool:
    """Regeneration ends at standstill: below it the same torque would propel."""
    return c.proposal.commands.traction_torque_nm >= 0.0 or c.speed_mps > -BACKWARDS_MPS


def _release_permitted(c: Context) -> bool:
    """Released at standstill only where the state lets the wheels turn; while rolling it stays open."""
    commands = c.proposal.commands
    return (
        commands.park_brake_request is ParkBrakeRequest.APPLY
        or not c.standing
        or c.proposal.state in MOVING_STATES
    )


def _contactors_permitted(c: Context) -> bool:
    return c.proposal.commands.contactor_request is ContactorRequest.OPEN or c.proposal.state not in (
        SafetyState.INIT,
        SafetyState.SELF_TEST,
        SafetyState.ESTOP,
        SafetyState.FAULT,
    )
