"""What must follow each cause, written for the requirement and the design's budgets, not from the catalogue.

Figures stand here as literals, on purpose a second time: whoever changes a debounce, a severity or a
deceleration changes two places. Budgets of the design: an e-stop 20 ms, an actuator that is lost or has
failed 100 ms, control that hangs 50 ms, a required message three of its periods and two ticks. Elsewhere:
what the detection needs by its nature, a period of the message that carries it, and two ticks.
"""

from dataclasses import dataclass, replace
from enum import Enum

MINIMAL_RISK_MPS2, MINIMAL_RISK_MAX_MPS2, WORST_SHARE = 1.8, 4.0, 0.7
EMERGENCY_MPS2 = 3.0
CAPS_MPS = {"DEGRADED": 2.0, "REMOTE": 0.75, "MANUAL": 2.0}
"""Of a truck that is slower for a fault, by the state in which it drives on."""
OVER_MPS = {"DEGRADED": 0.25, "REMOTE": 0.0, "MANUAL": 0.25}
ARC_RAD = 0.02
"""A stop that nobody steers any more keeps the wheels where they were, but for what they lag behind."""
SPEED_KEPT_MPS = 0.3
RAMP_S = 0.04
"""A minimal-risk stop is limited in jerk: so long after its first frame the torque has crossed zero."""
ROUNDING_S = 1e-6


class Reaction(Enum):
    TOLD = "told, drives on"
    SLOWER = "drives on, slower"
    LOWER = "state kept, lower speed cap"
    NO_TORQUE = "no torque; the driver steers and brakes"
    MINIMAL_RISK = "minimal-risk stop"
    EMERGENCY = "emergency stop"
    FAULT = "FAULT, at standstill"
    LATCHED = "latched since the start"


@dataclass(frozen=True, slots=True)
class Expect:
    reaction: Reaction
    within_s: float
    """From the cause to the safe frame on the bus."""
    named_s: float
    """From the cause to the fault's name."""
    braking_s: float = 0.0
    """From the cause to braking frames."""
    ends: tuple[str, ...] = ()
    """States in which it may stand in the end."""
    after: str = "READY"
    """After people have acknowledged and the cause has gone."""
    stays_named: bool = False
    """Until the runtime starts anew, or, where the truck drives on, until somebody acknowledges."""
    stop_extra_m: float = 0.0
    """Beyond the way that the stop's deceleration gives: where it stands first, and then rolls."""
    stands: bool = False
    """Drives on in a state in which nothing may roll: until the cause goes it stands."""
    brakes_gone: bool = False
    """By the cause: whoever brakes, it does not help."""
    cap_factor: float = 1.0
    """So much faster than the cap, where the cause itself makes the truck believe that it is slower."""
    stop_mps2: float = 0.0
    """In place of the stop's own deceleration, where the truck has not got it any more."""


def told(within_s: float, stays_named: bool = False) -> Expect:
    return Expect(Reaction.TOLD, within_s, within_s, stays_named=stays_named)


def slower(within_s: float) -> Expect:
    return Expect(Reaction.SLOWER, within_s, within_s)


def lower(within_s: float, stays_named: bool = False) -> Expect:
    return Expect(Reaction.LOWER, within_s, within_s, stays_named=stays_named)


def no_torque(within_s: float) -> Expect:
    return Expect(Reaction.NO_TORQUE, within_s, within_s)


def minimal_risk(within_s: float, end: str = "SAFE_STOP", after: str = "READY") -> Expect:
    return Expect(
        Reaction.MINIMAL_RISK,
        within_s,
        within_s,
        within_s + RAMP_S,
        tuple(end.split(" or ")),
        after,
        after != "READY",
    )


def minimal_risk_braking(within_s: float) -> Expect:
    """Where the design's budget is to the braking frame."""
    return replace(minimal_risk(within_s), braking_s=within_s, named_s=within_s + RAMP_S)


def emergency(within_s: float, end: str, named_s: float | None = None) -> Expect:
    named_s = within_s + 0.02 if named_s is None else named_s
    return Expect(Reaction.EMERGENCY, within_s, named_s, within_s, tuple(end.split(" or ")))


def kept_latch(end: str) -> Expect:
    return Expect(Reaction.LATCHED, 0.02, 0.02, ends=(end,))


def fault_at_rest(within_s: float) -> Expect:
    return Expect(Reaction.FAULT, within_s, within_s, within_s, ("FAULT",))


EXPECTATIONS: dict[str, Expect | tuple[Expect, Expect]] = {
    # People and surroundings.
    "estop_channel_lost": minimal_risk(0.05),
    "estop_channels_disagree": emergency(0.02, "ESTOP", named_s=0.13),
    "bumper_pressed": emergency(0.04, "FAULT"),
    "link_lost": minimal_risk(0.04),
    "driver_unheard": emergency(0.16, "FAULT"),
    # Messages: MotionLimits and BatteryStatus come each 20 ms, BatteryPack each 100 ms.
    "message_lost": minimal_risk(0.08),
    "message_corrupt": minimal_risk(0.08),
    "message_miscounted": minimal_risk(0.32),
    "signal_unusable": minimal_risk(0.10),
    # Buses. Without the body bus the e-stop chain is not heard: both channels lost are an e-stop.
    "foreign_sender": minimal_risk(0.03),
    "bus_off": minimal_risk(0.03, end="ESTOP"),
    "bus_given_up": minimal_risk(0.03),
    "bus_disturbed": told(0.13),
    "frames_lost": told(0.03),
    "frames_lost_on_and_on": slower(3.03),
    # Actuators. A steering that seizes shows once the path asks for another angle: later at low speed.
    "traction_failed": minimal_risk_braking(0.10),
    "brakes_failed": emergency(0.10, "SAFE_STOP or FAULT"),
    "steering_failed": emergency(0.10, "SAFE_STOP"),
    "steering_implausible": (emergency(1.0, "SAFE_STOP"), emergency(3.0, "SAFE_STOP")),
    "traction_implausible": minimal_risk_braking(0.20),
    "brake_implausible": emergency(0.20, "SAFE_STOP"),
    "park_brake_stuck": minimal_risk(3.05),
    "park_brake_closed_in_motion": minimal_risk(0.33),
    "reservoir_low": minimal_risk(0.53),
    "supply_low": slower(0.62),
    # Motion. A wheel speed that rests hides the standstill: the stop's time or its limit ends it.
    "speed_implausible": minimal_risk(0.13),
    "wheel_implausible": minimal_risk(0.33),
    "gnss_speed_implausible": slower(1.35),
    "value_frozen": minimal_risk(1.05, end="SAFE_STOP or FAULT"),
    "gnss_frozen": minimal_risk(0.60),
    # Half a metre back is the limit, and as much again is what its worn linings need.
    "rolled_back": replace(emergency(4.0, "FAULT"), stop_extra_m=1.2),
    "hold_left": replace(emergency(1.0, "FAULT"), stop_extra_m=0.3),
    # The worn linings give a fiftieth of 420 kN on 26.5 t, and rolling the rest.
    "limit_not_obeyed": (
        # It rolls on beyond its plan and off its route: no acknowledge lets AUTO go on from there.
        replace(minimal_risk(6.0, end="FAULT"), stop_mps2=0.35, after="SAFE_STOP"),
        replace(minimal_risk(4.0, end="FAULT"), stop_mps2=0.35),
    ),
    # Position. The further it drives blind, the less it knows: slowly so at 2 m/s.
    "localisation_lost": minimal_risk(1.25),
    "localisation_uncertain": (slower(5.0), slower(20.0)),
    "route_left": minimal_risk(0.10),
    # Battery. Its status comes each 20 ms, the pack each 100 ms, temperatures and isolation each 500 ms.
    "battery_failed": minimal_risk(0.04),
    "battery_implausible": minimal_risk(1.62),
    "battery_limit_exceeded": slower(1.12),
    "battery_undervoltage": minimal_risk(1.12),
    "battery_overvoltage": minimal_risk(0.62),
    "battery_temperature": minimal_risk(1.52),
    "battery_isolation": minimal_risk(1.52),
    "battery_interlock": minimal_risk(0.09),
    "high_voltage_lost": minimal_risk(0.29),
    "contactors_opened": minimal_risk(0.07),
    "contactor_stuck": emergency(0.02, "ESTOP", named_s=8.0),
    "battery_low": slower(1.12),
    "energy_short": slower(1.12),
    # This computer.
    "supervisor_took_over": replace(minimal_risk_braking(0.05), named_s=0.08),
    "configuration_mismatch": minimal_risk(0.03, after="SAFE_STOP"),
    "deadline_overrun": told(0.02),
    "deadline_overrun_in_a_row": slower(0.07),
    "deadline_worst": minimal_risk(0.02),
    "clock_wrong": minimal_risk(0.18),
    "clock_stepped": told(0.02),
    "computer_warm": told(1.03),
    "computer_hot": slower(1.03),
    "disk_full": told(1.03),
    # It goes as slowly as it came.
    "computer_unwatched": told(10.03, stays_named=True),
    "recorder_failed": told(0.02, stays_named=True),
    # Only a start gets out of SHUTDOWN; at rest it is no fault any more.
    "end_asked": replace(minimal_risk(0.02, end="SHUTDOWN", after="SHUTDOWN"), stays_named=False),
    "state_not_written": told(0.02),
    # At standstill. A latch that was kept waits for people as on the day when it was set.
    "unintended_motion": fault_at_rest(0.09),
    "precharge_overdue": fault_at_rest(5.0),
    "self_test_overdue": fault_at_rest(8.05),
    "power_lost_in_motion": kept_latch("SAFE_STOP"),
    "state_not_known": kept_latch("ESTOP"),
}
"""In AUTO and in DEGRADED, where they differ."""

OPEN: dict[tuple[str, str], str] = {}
"""Cases (identifier, state) that do not meet their expectation yet, with what is wrong. None passes unseen:
one that begins to meet it fails the test until it is taken out here."""
