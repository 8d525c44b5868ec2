"""The command envelope: what a proposal may ask, judged without knowing why it was asked.

One table of checks, tried from the top; the first that fails names value and limit, and the supervisor stops
the vehicle. Every figure comes from the profile, cut by its hard bound (`vehicle/bounds`), and takes the
tolerance that stands here: a profile can tighten the envelope and never loosen it. Where the load is not
known the worse mass counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import atan, isfinite, sin, tan

from firmware_runtime.safety import permits, plan_checks
from firmware_runtime.safety.envelope_memory import EnvelopeMemory
from firmware_runtime.safety.state_table import (
    CLOSING_STATES,
    MAY_MOVE,
    MOVING_STATES,
    PROPULSION_STATES,
    RECOVERY_SPEED_MPS,
    REMOTE_SPEED_MPS,
)
from firmware_runtime.safety.steering_limits import ANGLE_ROUNDING_RAD, SteeringLimits
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

GRAVITY_MPS2 = 9.81
CYCLE_S = 0.01
"""Of the actuators' messages: however often `control` proposes, no step reaches them sooner after another."""
SPEED_FACTOR = 1.1
"""Downhill and at the end of an acceleration the speed exceeds the profile's for a moment (assumption)."""
ACCELERATION_FACTOR = 2.0
"""Speed control asks for more than the plan while it catches up (assumption)."""
SLEW_FACTOR = 1.5
"""A tick that comes early or late (assumption)."""
HOLD_SHARE = 0.9
"""Of the holding force that the profile asks for, which has a reserve of its own (assumption)."""
BACKWARDS_MPS = 0.05
"""Rolling back faster than this, no negative torque (forward routes only, so far)."""
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
PLUG_GRACE_MS = 100.0
"""`control`, which hears the same word, has taken the torque away by then (assumption)."""
DEGRADED_MARGIN_MPS = 0.4
DEGRADED_REACTION_S = 0.8
DEGRADED_BRAKING_SHARE = 0.7
DEGRADED_OVERSHOOT_MPS = 0.6
"""The way down to the cap of DEGRADED, from the speed at which it was entered: as `control` watches itself
(`limit_watch`), with 0.2 m/s and 0.3 s more, so that its own stop comes first (assumption)."""
NO_CONTACTORS = frozenset(state for state, may in MAY_MOVE.items() if may.contactors is permits.until_low)
"""Where closed contactors may stay only until the current is low (`contactor_hold`), and none closes."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check sees."""

    now_ns: int
    proposal: Proposal
    accepted: Commands
    """The last proposal (or stop of the supervisor's own) that went out to the actuators."""
    accepted_ns: int
    """When it first did."""
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
    memory: EnvelopeMemory

    @property
    def elapsed_s(self) -> float:
        return max((self.now_ns - self.accepted_ns) * 1e-9, CYCLE_S)


class Limits:
    """The profile's figures, each cut by its hard bound, tolerances included."""

    def __init__(self, data: ProfileData) -> None:
        limits, traction = data.limits, data.traction
        self.age_max_ms = 1e3 * _cut(data.safety.proposal_age_max_s, bounds.PROPOSAL_AGE)
        self.torque_max_nm = _cut(traction.torque_max_nm, bounds.TORQUE)
        self.regeneration_max_nm = min(traction.regeneration_torque_max_nm, self.torque_max_nm)
        self.regeneration_fade_mps = traction.regeneration_fade_speed_mps
        self.rolling_mps2 = GRAVITY_MPS2 * data.resistance.rolling_coefficient
        self.slew_nmps = SLEW_FACTOR * traction.torque_slew_nmps
        self.force_per_torque = traction.gear_ratio / traction.wheel_radius_m
        grade = _cut(data.resistance.grade_max, bounds.GRADE)
        self.acceleration_mps2 = (
            ACCELERATION_FACTOR * _cut(limits.acceleration_max_mps2, bounds.ACCELERATION)
            + GRAVITY_MPS2 * sin(atan(grade))
            + self.rolling_mps2
        )
        self.jerk_mps3 = bounds.TRACTION_JERK.high
        self.brake_max_n = _cut(data.brake.force_max_n, bounds.BRAKE_FORCE)
        self.hold_n = HOLD_SHARE * data.brake.hold_force_n
        steering = SteeringLimits(data)
        self.angle_max_rad = steering.angle_max_rad + ANGLE_ROUNDING_RAD
        self.rate_max_radps = steering.rate_max_radps
        self.lateral_mps2 = steering.lateral_mps2
        self.lateral_jerk_mps3 = steering.lateral_jerk_mps3
        self.wheelbase_m = data.geometry.wheelbase_m
        self.plan = plan_checks.PlanLimits(data)
        self.speed_mps = _cut(SPEED_FACTOR * limits.speed_max_mps, bounds.SPEED)
        self.degraded_mps = SPEED_FACTOR * data.safety.degraded_speed_mps + DEGRADED_MARGIN_MPS
        self.degrading_mps2 = DEGRADED_BRAKING_SHARE * limits.deceleration_max_mps2
        self.degraded_reaction_s = DEGRADED_REACTION_S + limits.deceleration_max_mps2 / limits.jerk_max_mps3
        self.degraded_overshoot_mps = DEGRADED_OVERSHOOT_MPS + limits.acceleration_max_mps2**2 / (
            2.0 * limits.jerk_max_mps3
        )


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


def _torque_at_rest(limits: Limits, c: Context) -> str:
    """Where nothing turns, or nothing may, a torque that brakes has nothing to brake: it drives backwards.

    Regeneration that fades with the last of the speed is none: less than the wheels' rolling resistance.
    """
    torque_nm = c.proposal.commands.traction_torque_nm
    if torque_nm >= 0.0:
        return ""
    if c.proposal.state not in MOVING_STATES:
        return _state_forbids(c, f"{torque_nm:.5g} Nm")
    if not c.standing:
        return ""
    rolling_nm = limits.rolling_mps2 * c.lightest_kg / limits.force_per_torque
    faded_nm = limits.regeneration_max_nm * abs(c.speed_mps) / limits.regeneration_fade_mps
    return _over(-torque_nm, rolling_nm + faded_nm, "Nm of regeneration at standstill")


def _plug(_: Limits, c: Context) -> str:
    """By the plug as this process hears it; a word that is lost or wrong counts as plugged.

    A well `control` stops for either by itself, before the grace is over. Springs that are open already are
    no opening: at the end of such a stop they are, for a moment.
    """
    opens = (
        c.standing
        and c.proposal.commands.park_brake_request is ParkBrakeRequest.RELEASE
        and c.park_brake is not ParkBrakeState.RELEASED
    )
    if c.proposal.commands.traction_torque_nm <= 0.0 and not opens:
        return ""
    return _over((c.now_ns - c.memory.unplugged_ns) * 1e-6, PLUG_GRACE_MS, "ms not unplugged")


def _dead_man(_: Limits, c: Context) -> str:
    """By the button as this process hears it, not as `control` says."""
    released = c.standing and c.proposal.commands.park_brake_request is ParkBrakeRequest.RELEASE
    drives = c.proposal.commands.traction_torque_nm > 0.0 or released
    if c.proposal.state not in DEAD_MAN_STATES or not drives:
        return ""
    return _over((c.now_ns - c.memory.dead_man_ns) * 1e-6, DEAD_MAN_GRACE_MS, "ms let go")


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
    """What is no plan is refused in every state, and one that nobody needs yet is judged all the same."""
    plan, moving = c.proposal.stop_plan, c.proposal.state in MOVING_STATES
    if plan is None:
        rests = not moving or (c.standing and c.proposal.commands.traction_torque_nm <= 0.0)
        return "" if rests else "none while moving"
    told = plan_checks.defect(plan)
    if told or not moving:
        return told
    return plan_checks.too_short(limits.plan, plan, c.now_ns, c.speed_mps, c.heaviest_kg)


def _plan_start(limits: Limits, c: Context) -> str:
    plan = c.proposal.stop_plan
    if plan is None or c.proposal.state not in MOVING_STATES:
        return ""
    return plan_checks.begins_elsewhere(plan, c.speed_mps, _curvature_1pm(limits, c.proposal.commands))


def _plan_bends(limits: Limits, c: Context) -> str:
    plan = c.proposal.stop_plan
    if plan is None or c.proposal.state not in MOVING_STATES:
        return ""
    return plan_checks.too_sharp(limits.plan, plan, c.speed_mps)


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


def _degraded_mps(limits: Limits, c: Context) -> float:
    """Down to the cap, from the speed at which the state was entered."""
    braked_s = max((c.now_ns - c.memory.state_ns) * 1e-9 - limits.degraded_reaction_s, 0.0)
    entered_mps = abs(c.memory.state_speed_mps) + limits.degraded_overshoot_mps
    return max(entered_mps - limits.degrading_mps2 * braked_s, limits.degraded_mps)


def _speed(limits: Limits, c: Context) -> str:
    limit_mps = min(SLOW_STATES_MPS.get(c.proposal.state, limits.speed_mps), limits.speed_mps)
    if c.proposal.state is SafetyState.DEGRADED:
        limit_mps = min(_degraded_mps(limits, c), limit_mps)
    return _over(abs(c.speed_mps), limit_mps, "m/s")


CHECKS: tuple[Check, ...] = (
    Check("order of proposals", None, _order),
    Check("age of the proposal", bounds.PROPOSAL_AGE, _age),
    Check("not a number", None, _numbers),
    Check("propulsion", None, _propulsion),
    Check("not a word", None, _words),
    Check("torque at rest", None, _torque_at_rest),
    Check("dead-man button", None, _dead_man),
    Check("charging plug", None, _plug),
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
    Check("start of the stop plan", None, _plan_start),
    Check("bends of the stop plan", bounds.LATERAL_ACCELERATION, _plan_bends),
    Check("speed", bounds.SPEED, _speed),
)
"""Tried in this order."""
