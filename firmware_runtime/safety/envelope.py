"""The command envelope: what a proposal may ask, judged without knowing why it was asked.

One table of checks, tried from the top; the first that fails names value and limit, and the supervisor stops
the vehicle. Every figure comes from the profile, cut by its hard bound (`vehicle/bounds`), and takes the
tolerance that stands here: a profile can tighten the envelope and never loosen it. Where the load is not
known the worse mass counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import atan, isfinite, sin, tan

from firmware_runtime.safety import permits
from firmware_runtime.safety.state_table import (
    CLOSING_STATES,
    MAY_MOVE,
    MOVING_STATES,
    PROPULSION_STATES,
    RECOVERY_SPEED_MPS,
    REMOTE_SPEED_MPS,
)
from firmware_runtime.vehicle import bounds
from firmware_runtime.vehicle.bounds import HardBound
from firmware_runtime.vehicle.enums import (
    ContactorRequest,
    OnOffState,
    ParkBrakeRequest,
    ParkBrakeState,
    SafetyState,
)
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import Commands
from firmware_runtime.vehicle.stop_plan import StopPlan

GRAVITY_MPS2 = 9.81
TICK_S = 0.01
SPEED_FACTOR = 1.1
"""Downhill and at the end of an acceleration the speed exceeds the profile's for a moment (assumption)."""
LATERAL_FACTOR = 2.0
"""A commanded angle leads the real one (assumption)."""
LATERAL_JERK_FACTOR = 2.0
"""`control` cuts its commands at 1.5 times the profile's (assumption)."""
STEERING_RATE_FACTOR = 2.0
"""A command that leads moves faster than the axle: `control` cuts it at 1.5 times (assumption)."""
ACCELERATION_FACTOR = 2.0
"""Speed control asks for more than the plan while it catches up (assumption)."""
SLEW_FACTOR = 1.5
"""A tick that comes early or late (assumption)."""
HOLD_SHARE = 0.9
"""Of the holding force that the profile asks for, which has a reserve of its own (assumption)."""
BACKWARDS_MPS = 0.05
"""Rolling back faster than this, no negative torque (forward routes only, so far)."""
PLAN_REACTION_S = 0.1
"""Driven before the brakes act: age of the proposal, tick, bus (assumption)."""
SLOW_STATES_MPS = {
    SafetyState.REMOTE: SPEED_FACTOR * REMOTE_SPEED_MPS + 0.2,
    SafetyState.MAINTENANCE: SPEED_FACTOR * RECOVERY_SPEED_MPS + 0.2,
}
"""Entered from standstill alone, so that a faster vehicle was not led into them (margin: assumption)."""
DEAD_MAN_STATES = frozenset({SafetyState.REMOTE, SafetyState.MAINTENANCE})
"""Where a person holds a button as long as the vehicle may drive."""
DEAD_MAN_GRACE_MS = 100.0
"""`control` has heard the release of the button and taken the torque away by then (assumption)."""
ON_OFF = (OnOffState.OFF, OnOffState.ON)
WORDS: dict[str, tuple[OnOffState | ParkBrakeRequest | ContactorRequest, ...]] = {
    "traction_enable": ON_OFF,
    "park_brake_request": (ParkBrakeRequest.RELEASE, ParkBrakeRequest.APPLY),
    "steering_enable": ON_OFF,
    "contactor_request": (ContactorRequest.OPEN, ContactorRequest.CLOSE),
    "hazard_lights": ON_OFF,
    "beacon": ON_OFF,
    "brake_lights": ON_OFF,
    "head_lights": ON_OFF,
}
"""What may be asked, without the words for errors; the heartbeat's are the supervisor's own."""
ANGLE_ROUNDING_RAD = 1e-6
NO_CONTACTORS = frozenset(state for state, may in MAY_MOVE.items() if may.contactors is permits.until_low)
"""Where closed contactors may stay only until the current is low (`contactor_hold`), and none closes."""


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
    in_charge: bool
    """What was sent last was a proposal too: only then is the step from one to the next a real one."""
    lightest_kg: float
    heaviest_kg: float
    park_brake: ParkBrakeState
    contactors_may_stay: bool
    dead_man_ns: int
    """When the dead-man button was last held."""

    @property
    def elapsed_s(self) -> float:
        return max((self.now_ns - self.accepted_ns) * 1e-9, TICK_S)


class Limits:
    """The profile's figures, each cut by its hard bound, tolerances included."""

    def __init__(self, data: ProfileData) -> None:
        limits, traction, steering = data.limits, data.traction, data.steering
        self.age_max_ms = 1e3 * _cut(data.safety.proposal_age_max_s, bounds.PROPOSAL_AGE)
        self.torque_max_nm = _cut(traction.torque_max_nm, bounds.TORQUE)
        self.regeneration_max_nm = min(traction.regeneration_torque_max_nm, self.torque_max_nm)
        self.slew_nmps = SLEW_FACTOR * traction.torque_slew_nmps
        self.force_per_torque = traction.gear_ratio / traction.wheel_radius_m
        grade = _cut(data.resistance.grade_max, bounds.GRADE)
        self.acceleration_mps2 = (
            ACCELERATION_FACTOR * _cut(limits.acceleration_max_mps2, bounds.ACCELERATION)
            + GRAVITY_MPS2 * sin(atan(grade))
            + GRAVITY_MPS2 * data.resistance.rolling_coefficient
        )
        self.jerk_mps3 = bounds.TRACTION_JERK.high
        self.brake_max_n = _cut(data.brake.force_max_n, bounds.BRAKE_FORCE)
        self.hold_n = HOLD_SHARE * data.brake.hold_force_n
        self.angle_max_rad = _cut(steering.front_angle_max_rad, bounds.STEERING_ANGLE) + ANGLE_ROUNDING_RAD
        self.rate_max_radps = STEERING_RATE_FACTOR * _cut(steering.rate_max_radps, bounds.STEERING_RATE)
        self.wheelbase_m = data.geometry.wheelbase_m
        self.lateral_mps2 = _cut(
            LATERAL_FACTOR * limits.lateral_acceleration_max_mps2, bounds.LATERAL_ACCELERATION
        )
        self.lateral_jerk_mps3 = LATERAL_JERK_FACTOR * _cut(limits.lateral_jerk_max_mps3, bounds.LATERAL_JERK)
        self.speed_mps = _cut(SPEED_FACTOR * limits.speed_max_mps, bounds.SPEED)
        self.minimal_risk_mps2 = _cut(limits.minimal_risk_deceleration_mps2, bounds.MINIMAL_RISK)


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the envelope."""

    name: str
    bound: HardBound | None
    """None where it is no figure of the profile that is kept."""
    judge: Callable[[Limits, Context], str]
    """Empty where the proposal is good, else what it asks and what it may."""


class Envelope:
    def __init__(self, data: ProfileData) -> None:
        self._limits = Limits(data)

    def check(self, context: Context) -> str:
        """Empty where the proposal is good, else the reason with value and limit."""
        for row in CHECKS:
            told = row.judge(self._limits, context)
            if told:
                return f"{row.name}: {told}"
        return ""


def _cut(value: float, bound: HardBound) -> float:
    return min(value, bound.high)


def _over(value: float, limit: float, unit: str) -> str:
    """Empty where the value keeps the limit; what is not a number keeps none."""
    return "" if value <= limit else f"{value:.5g} {unit}, limit {limit:.5g} {unit}"


def _state_forbids(c: Context, what: str) -> str:
    return f"{what} in {c.proposal.state.name}"


def _order(_: Limits, c: Context) -> str:
    if c.proposal.sequence > c.last_sequence:
        return ""
    return f"number {c.proposal.sequence} after {c.last_sequence}"


def _age(limits: Limits, c: Context) -> str:
    age_ns = c.now_ns - c.proposal.time_ns
    if age_ns < 0:
        return f"{age_ns * 1e-9:.3f} s, from the future"
    return _over(age_ns * 1e-6, limits.age_max_ms, "ms")


def _numbers(_: Limits, c: Context) -> str:
    commands = c.proposal.commands
    for name in (
        "traction_torque_nm",
        "brake_force_n",
        "steering_front_angle_rad",
        "steering_rear_angle_rad",
    ):
        if not isfinite(getattr(commands, name)):
            return f"{name} is {getattr(commands, name)}"
    return ""


def _words(_: Limits, c: Context) -> str:
    """A stop of the supervisor's own goes on with some of them: what no bus can say must not stay."""
    if c.proposal.state is SafetyState.NOT_AVAILABLE:
        return "state is NOT_AVAILABLE"
    for name, words in WORDS.items():
        word = getattr(c.proposal.commands, name)
        if word not in words:
            return f"{name} is {word.name}"
    return ""


def _propulsion(_: Limits, c: Context) -> str:
    permitted = c.proposal.state in PROPULSION_STATES or c.proposal.commands.traction_torque_nm <= 0.0
    return "" if permitted else _state_forbids(c, f"{c.proposal.commands.traction_torque_nm:.5g} Nm")


def _dead_man(_: Limits, c: Context) -> str:
    """By the button as this process hears it, not as `control` says."""
    released = c.standing and c.proposal.commands.park_brake_request is ParkBrakeRequest.RELEASE
    drives = c.proposal.commands.traction_torque_nm > 0.0 or released
    if c.proposal.state not in DEAD_MAN_STATES or not drives:
        return ""
    return _over((c.now_ns - c.dead_man_ns) * 1e-6, DEAD_MAN_GRACE_MS, "ms let go")


def _release(_: Limits, c: Context) -> str:
    """Released at standstill only where the state lets the wheels turn; while rolling it stays open."""
    permitted = (
        c.proposal.commands.park_brake_request is ParkBrakeRequest.APPLY
        or not c.standing
        or c.proposal.state in MOVING_STATES
    )
    return "" if permitted else _state_forbids(c, "released at standstill")


def _holding(limits: Limits, c: Context) -> str:
    """At standstill the service brake bridges: until the springs hold, and until they have let go."""
    commands, springs = c.proposal.commands, c.park_brake
    releasing = commands.park_brake_request is ParkBrakeRequest.RELEASE
    awaited = ParkBrakeState.RELEASED if releasing else ParkBrakeState.APPLIED
    if not c.standing or springs is awaited or commands.brake_force_n >= limits.hold_n:
        return ""
    return f"{commands.brake_force_n:.5g} N while the springs are {springs.name}, least {limits.hold_n:.5g} N"


def _contactors(_: Limits, c: Context) -> str:
    """What `control` asked to be opened it closes again only where the table says so. After a stop of the
    supervisor's own, which opens them too, `control` sees it late: then the states in between are open."""
    state = c.proposal.state
    if c.proposal.commands.contactor_request is ContactorRequest.OPEN:
        return ""
    closes = c.accepted.contactor_request is ContactorRequest.OPEN
    if closes and state not in CLOSING_STATES and (c.in_charge or state in NO_CONTACTORS):
        return _state_forbids(c, "asked to close")
    stays = c.contactors_may_stay or state not in NO_CONTACTORS
    return "" if stays else _state_forbids(c, "held closed for too long")


def _stop_plan(limits: Limits, c: Context) -> str:
    plan = c.proposal.stop_plan
    # One that comes at standstill is kept too, and the next stop is along it.
    defect = _plan_defect(plan) if plan is not None else ""
    if (
        defect
        or c.proposal.state not in MOVING_STATES
        or (c.standing and c.proposal.commands.traction_torque_nm <= 0.0)
    ):
        return defect
    return "none while moving" if plan is None else _plan_reach(limits, c, plan)


def _plan_defect(plan: StopPlan) -> str:
    figures = (plan.step_m, plan.deceleration_mps2, sum(plan.curvature_1pm), sum(plan.crab_rad))
    if not all(isfinite(figure) for figure in figures):
        return "not a number in it"
    if plan.step_m <= 0.0 or plan.deceleration_mps2 <= 0.0:
        return f"step {plan.step_m:.5g} m, deceleration {plan.deceleration_mps2:.5g} m/s²"
    if len(plan.crab_rad) != len(plan.curvature_1pm):
        return f"{len(plan.curvature_1pm)} curvatures, {len(plan.crab_rad)} crab angles"
    return ""


def _plan_reach(limits: Limits, c: Context, plan: StopPlan) -> str:
    """On the flat, which is the least that it must reach; `control` plans for the worst grade."""
    if plan.expires_ns <= c.now_ns:
        return f"expired {(c.now_ns - plan.expires_ns) * 1e-9:.2f} s ago"
    speed_mps = abs(c.speed_mps)
    deceleration_mps2 = min(plan.deceleration_mps2, limits.minimal_risk_mps2)
    needed_m = PLAN_REACTION_S * speed_mps + speed_mps * speed_mps / (2.0 * deceleration_mps2)
    reach_m = plan.step_m * (len(plan.curvature_1pm) - 1)
    return "" if reach_m >= needed_m else f"{reach_m:.1f} m, stopping takes {needed_m:.1f} m"


def _direction(_: Limits, c: Context) -> str:
    """Regeneration ends at standstill: below it the same torque would propel."""
    torque_nm = c.proposal.commands.traction_torque_nm
    if torque_nm >= 0.0 or c.speed_mps > -BACKWARDS_MPS:
        return ""
    return f"{torque_nm:.5g} Nm while rolling back with {-c.speed_mps:.2f} m/s"


def _torque(limits: Limits, c: Context) -> str:
    torque_nm = c.proposal.commands.traction_torque_nm
    return _over(torque_nm, limits.torque_max_nm, "Nm") or _over(
        -torque_nm, limits.regeneration_max_nm, "Nm of regeneration"
    )


def _torque_rise_nmps(c: Context) -> float:
    """Only growth counts, and beyond zero all is growth: taking torque away is always permitted."""
    new_nm, old_nm = c.proposal.commands.traction_torque_nm, c.accepted.traction_torque_nm
    kept_nm = abs(old_nm) if new_nm * old_nm > 0.0 else 0.0
    return max(abs(new_nm) - kept_nm, 0.0) / c.elapsed_s if c.in_charge else 0.0


def _slew(limits: Limits, c: Context) -> str:
    return _over(_torque_rise_nmps(c), limits.slew_nmps, "Nm/s")


def _jerk(limits: Limits, c: Context) -> str:
    return _over(_torque_rise_nmps(c) * limits.force_per_torque / c.lightest_kg, limits.jerk_mps3, "m/s³")


def _acceleration(limits: Limits, c: Context) -> str:
    """With which the lightest vehicle would set off; uphill it needs that much for less."""
    force_n = c.proposal.commands.traction_torque_nm * limits.force_per_torque
    return _over(force_n / c.lightest_kg, limits.acceleration_mps2, "m/s²")


def _brake(limits: Limits, c: Context) -> str:
    force_n = c.proposal.commands.brake_force_n
    return f"{force_n:.5g} N, limit 0 N" if force_n < 0.0 else _over(force_n, limits.brake_max_n, "N")


def _angle(limits: Limits, c: Context) -> str:
    commands = c.proposal.commands
    angle_rad = max(abs(commands.steering_front_angle_rad), abs(commands.steering_rear_angle_rad))
    return _over(angle_rad, limits.angle_max_rad, "rad")


def _steers_on(c: Context) -> bool:
    """Steering goes on from the last angle; where it is only being enabled there is none."""
    on = OnOffState.ON
    return c.in_charge and c.accepted.steering_enable is on and c.proposal.commands.steering_enable is on


def _steering_rate(limits: Limits, c: Context) -> str:
    if not _steers_on(c):
        return ""
    new, old = c.proposal.commands, c.accepted
    turned_rad = max(
        abs(new.steering_front_angle_rad - old.steering_front_angle_rad),
        abs(new.steering_rear_angle_rad - old.steering_rear_angle_rad),
    )
    return _over(turned_rad / c.elapsed_s, limits.rate_max_radps, "rad/s")


def _curvature_1pm(limits: Limits, commands: Commands) -> float:
    slope = tan(commands.steering_front_angle_rad) - tan(commands.steering_rear_angle_rad)
    return slope / limits.wheelbase_m


def _lateral(limits: Limits, c: Context) -> str:
    curvature_1pm = abs(_curvature_1pm(limits, c.proposal.commands))
    return _over(c.speed_mps * c.speed_mps * curvature_1pm, limits.lateral_mps2, "m/s²")


def _lateral_jerk(limits: Limits, c: Context) -> str:
    if not _steers_on(c):
        return ""
    change_1pm = _curvature_1pm(limits, c.proposal.commands) - _curvature_1pm(limits, c.accepted)
    jerk_mps3 = c.speed_mps * c.speed_mps * abs(change_1pm) / c.elapsed_s
    return _over(jerk_mps3, limits.lateral_jerk_mps3, "m/s³")


def _speed(limits: Limits, c: Context) -> str:
    limit_mps = min(SLOW_STATES_MPS.get(c.proposal.state, limits.speed_mps), limits.speed_mps)
    return _over(abs(c.speed_mps), limit_mps, "m/s")


CHECKS: tuple[Check, ...] = (
    Check("order of proposals", None, _order),
    Check("age of the proposal", bounds.PROPOSAL_AGE, _age),
    Check("not a number", None, _numbers),
    Check("propulsion", None, _propulsion),
    Check("not a word", None, _words),
    Check("dead-man button", None, _dead_man),
    Check("park brake", None, _release),
    Check("holding at standstill", bounds.BRAKE_FORCE, _holding),
    Check("contactors", bounds.OPENING_TIME, _contactors),
    Check("stop plan", bounds.MINIMAL_RISK, _stop_plan),
    Check("direction of torque", None, _direction),
    Check("torque", bounds.TORQUE, _torque),
    Check("slew of torque", bounds.TRACTION_JERK, _slew),
    Check("jerk", bounds.TRACTION_JERK, _jerk),
    Check("acceleration", bounds.ACCELERATION, _acceleration),
    Check("brake force", bounds.BRAKE_FORCE, _brake),
    Check("steering angle", bounds.STEERING_ANGLE, _angle),
    Check("steering rate", bounds.STEERING_RATE, _steering_rate),
    Check("lateral acceleration", bounds.LATERAL_ACCELERATION, _lateral),
    Check("lateral jerk", bounds.LATERAL_JERK, _lateral_jerk),
    Check("speed", bounds.SPEED, _speed),
)
"""Tried in this order."""
