"""What must follow where people drive: REMOTE in the Q-Truck, MANUAL in the E-Truck.

The requirement says it in a line for each state, and so does this: in REMOTE severity 2 lowers the cap and
nothing else, severity 3 is a minimal-risk stop on the arc that was steered. In MANUAL severity 2 is told,
severity 3 is told and lowers the cap; without high voltage there is no torque, and wheel and brake stay the
driver's; severity 4 and the e-stop are what they are everywhere. What is otherwise has a row of its own.
"""

from dataclasses import replace

from tests.drives.fault_matrix.expectations import (
    EXPECTATIONS,
    Expect,
    Reaction,
    emergency,
    lower,
    minimal_risk_braking,
    no_torque,
    told,
)

_LED = "a person may lead the truck off its route, and sees where it goes"
NOT_BY_HAND: dict[tuple[str, str], str] = {
    ("driver_unheard", "REMOTE"): "there is nobody in a cab",
    ("route_left", "REMOTE"): _LED,
    ("route_left", "MANUAL"): _LED,
    ("energy_short", "REMOTE"): "nobody knows how far the person will drive",
    ("energy_short", "MANUAL"): "nobody knows how far the driver will drive",
    ("gnss_speed_implausible", "REMOTE"): "at walking pace half the speed is within what receivers err",
    ("park_brake_stuck", "MANUAL"): "the driver feels that the truck does not move, and nothing rolls",
    ("hold_left", "MANUAL"): "the driver may let the truck roll; rolled_back tells him",
}
"""Rows that a state in which people drive does not have, and why."""

REMOTE: dict[str, Expect] = {
    # A person sees by camera where it goes; a new position is taken at standstill.
    "localisation_lost": told(1.25, stays_named=True),
    "localisation_uncertain": told(20.0),
    # The cause goes as soon as it has its name, and with it the lower cap.
    "battery_limit_exceeded": told(1.12),
    # At walking pace the route asks for another angle later still.
    "steering_implausible": emergency(4.0, "SAFE_STOP"),
}
"""Where it is not what the line says."""

MANUAL: dict[str, Expect] = {
    # The driver sees and feels these himself, and needs neither link nor position.
    "link_lost": told(0.04),
    "value_frozen": told(1.05, stays_named=True),
    "gnss_frozen": told(0.60),
    "localisation_lost": told(1.25),
    "rolled_back": replace(told(4.0), brakes_gone=True),
    "limit_not_obeyed": replace(told(6.0, stays_named=True), brakes_gone=True),
    # Over before the truck is slower.
    "clock_wrong": told(0.18),
    # What surrounds the truck is not known: its cap is zero.
    "message_lost": replace(lower(0.08), stands=True),
    # The dead wheel is one of four in the speed that the cap is held with.
    "wheel_implausible": replace(lower(0.33), cap_factor=4 / 3),
    # Until somebody acknowledges, or the runtime starts anew.
    "foreign_sender": lower(0.03, stays_named=True),
    "bus_given_up": lower(0.03, stays_named=True),
    # High voltage is lost, or nobody says that it is there.
    "battery_interlock": no_torque(0.09),
    "battery_overvoltage": no_torque(0.62),
    "contactors_opened": no_torque(0.07),
    "high_voltage_lost": no_torque(0.29),
    "message_corrupt": no_torque(0.08),
    "message_miscounted": no_torque(0.32),
    # No torque against a park brake that says that it is closed; told until somebody acknowledges.
    "park_brake_closed_in_motion": replace(no_torque(0.33), stays_named=True),
    # Without the body bus the e-stop chain is not heard: both channels lost are an e-stop.
    "bus_off": emergency(0.03, "ESTOP"),
    # A traction that failed or does not follow takes the torque alone.
    "traction_failed": no_torque(0.10),
    "traction_implausible": replace(no_torque(0.20), stays_named=True),
    # Wheel and brake are by wire: where they do not do what they are told, the supervisor stops the truck
    # whoever drives it, and where control hangs. The state is left by the key.
    "brakes_failed": emergency(0.10, "MANUAL"),
    "steering_failed": emergency(0.10, "MANUAL"),
    "steering_implausible": emergency(3.0, "MANUAL"),
    "brake_implausible": emergency(0.20, "MANUAL"),
    "supervisor_took_over": replace(minimal_risk_braking(0.05), named_s=0.08, ends=("MANUAL",)),
    # A supervisor that begins beside rolling wheels stops them, whatever installation it comes from.
    "configuration_mismatch": replace(
        minimal_risk_braking(0.05), ends=("MANUAL",), after="FAULT", stays_named=True
    ),
}
"""Where it is not what the line says."""


def remote(identifier: str) -> Expect:
    return REMOTE.get(identifier) or _in_remote(_slow(identifier))


def manual(identifier: str) -> Expect:
    return MANUAL.get(identifier) or _in_manual(_slow(identifier))


def _slow(identifier: str) -> Expect:
    """At walking pace or in a driver's hands nothing shows sooner than in DEGRADED."""
    row = EXPECTATIONS[identifier]
    return row if isinstance(row, Expect) else row[1]


def _in_remote(row: Expect) -> Expect:
    return replace(row, reaction=Reaction.LOWER) if row.reaction is Reaction.SLOWER else row


def _in_manual(row: Expect) -> Expect:
    if row.reaction is Reaction.SLOWER:
        return replace(row, reaction=Reaction.TOLD)
    if row.reaction is Reaction.MINIMAL_RISK:
        return replace(row, reaction=Reaction.LOWER, ends=(), after="READY")
    return row
