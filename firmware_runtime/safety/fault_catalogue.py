"""The fault catalogue: every fault the runtime can raise is one row, with what it means and what to do.

A condition must hold without a gap for its debounce before the fault is active, and be gone for the same
time before it clears. `applies` are the states in which it is looked at at all. Latching is the state
machine's business: a stop once begun is not undone by a fault that goes away.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware_runtime.safety import monitors
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.state_table import DRIVE_STATES, MAY_MOVE, MOVING_STATES
from firmware_runtime.vehicle.enums import SafetyState as S
from firmware_runtime.vehicle.enums import Severity


@dataclass(frozen=True, slots=True)
class FaultRow:
    identifier: str
    text: str
    condition: Callable[[MonitorInputs], str]
    severity: Severity
    debounce_ns: int
    applies: frozenset[S]
    look_at: str
    """Where a technician begins."""


_MS = 1_000_000
_ALWAYS = frozenset(MAY_MOVE)
_AWAKE = _ALWAYS - {S.INIT, S.SELF_TEST}
_HIGH_VOLTAGE = frozenset({S.READY}) | MOVING_STATES
_STANDS = _ALWAYS - MOVING_STATES - {S.ESTOP, S.FAULT}
_DRIVEN = MOVING_STATES

FAULTS: tuple[FaultRow, ...] = (
    # Seven in ten field faults are a connector: the message names which ECU to look at first (assumption).
    FaultRow("message_lost", "A required message is late or invalid", monitors.message_lost,
             Severity.MINIMAL_RISK, 0, _AWAKE, "the ECU that sends it, its supply and its bus connector"),
    FaultRow("signal_unusable", "A required signal is out of its range", monitors.signal_unusable,
             Severity.MINIMAL_RISK, 50 * _MS, _AWAKE, "the sensor behind the signal"),
    FaultRow("estop_channels_disagree", "The two e-stop channels disagree", monitors.estop_channels_disagree,
             Severity.MINIMAL_RISK, 100 * _MS, _AWAKE, "e-stop chain: contacts and wiring of both channels"),
    FaultRow("traction_failed", "The inverter does not obey", monitors.traction_failed,
             Severity.MINIMAL_RISK, 30 * _MS, _DRIVEN, "inverter status and its own fault memory"),
    FaultRow("brakes_failed", "The brake ECU does not obey", monitors.brakes_failed,
             Severity.MINIMAL_RISK, 30 * _MS, _DRIVEN, "brake ECU status and its own fault memory"),
    FaultRow("steering_failed", "The steering ECU does not obey", monitors.steering_failed,
             Severity.MINIMAL_RISK, 30 * _MS, _DRIVEN, "steering ECU status and its own fault memory"),
    FaultRow("speed_implausible", "Wheels and motor disagree about the speed", monitors.speed_implausible,
             Severity.MINIMAL_RISK, 100 * _MS, _AWAKE, "wheel speed sensors, tyres, motor resolver"),
    FaultRow("unintended_motion", "The vehicle moves in a state that must stand", monitors.unintended_motion,
             Severity.IMMEDIATE, 50 * _MS, _STANDS, "park brake and its air supply"),
    FaultRow("localisation_lost", "The position is unknown or too uncertain", monitors.localisation_lost,
             Severity.MINIMAL_RISK, 0, _DRIVEN | {S.READY}, "GNSS antennas, corrections, serial cable"),
    FaultRow("route_left", "The vehicle is too far from its route", monitors.route_left,
             Severity.MINIMAL_RISK, 50 * _MS, DRIVE_STATES, "steering zero, antenna position, load"),
    FaultRow("park_brake_stuck", "The park brake does not open", monitors.park_brake_stuck,
             Severity.MINIMAL_RISK, 3000 * _MS, DRIVE_STATES, "air reservoir, park-brake valve, its sensor"),
    FaultRow("park_brake_closed_in_motion", "The park brake says closed", monitors.park_brake_closed,
             Severity.MINIMAL_RISK, 300 * _MS, _DRIVEN, "park-brake sensor; air lines"),
    FaultRow("bumper_pressed", "The safety bumper is pressed or broken", monitors.bumper_pressed,
             Severity.IMMEDIATE, 0, _AWAKE, "bumper, then the surroundings"),
    FaultRow("battery_failed", "The battery reports a fault", monitors.battery_failed,
             Severity.MINIMAL_RISK, 0, _AWAKE, "fault memory of the battery"),
    FaultRow("battery_implausible", "Battery and motor disagree on the power", monitors.battery_implausible,
             Severity.MINIMAL_RISK, 1500 * _MS, _DRIVEN, "the battery's control unit, its current sensor"),
    FaultRow("precharge_overdue", "High voltage does not come up", monitors.precharge_overdue,
             Severity.MINIMAL_RISK, 0, _AWAKE, "precharge resistor, contactors, service disconnect"),
    FaultRow("battery_temperature", "A cell is too cold or too warm", monitors.battery_temperature,
             Severity.MINIMAL_RISK, 1000 * _MS, _AWAKE, "battery heating and cooling"),
    FaultRow("battery_isolation", "Isolation of the high voltage is too low", monitors.battery_isolation,
             Severity.MINIMAL_RISK, 1000 * _MS, _HIGH_VOLTAGE, "high-voltage cables and plugs, moisture"),
    FaultRow("battery_interlock", "The high-voltage interlock is open", monitors.battery_interlock,
             Severity.MINIMAL_RISK, 50 * _MS, _AWAKE, "high-voltage connectors and covers"),
    FaultRow("battery_low", "The battery is nearly empty", monitors.battery_low,
             Severity.DEGRADE, 1000 * _MS, _AWAKE, "charge or swap the battery"),
    FaultRow("reservoir_low", "Air pressure of the brakes is low", monitors.reservoir_low,
             Severity.MINIMAL_RISK, 500 * _MS, _AWAKE, "compressor and air lines"),
    FaultRow("supply_low", "The 24 V supply is low", monitors.supply_low,
             Severity.DEGRADE, 500 * _MS, _AWAKE, "DC/DC converter, 24 V battery"),
    FaultRow("supervisor_took_over", "The supervisor stopped the vehicle", monitors.supervisor_took_over,
             Severity.MINIMAL_RISK, 0, _ALWAYS, "the reason it names; black box of the seconds before"),
    # Two senders of one identifier: an ECU obeys now the one, now the other. Held until acknowledged.
    FaultRow("foreign_sender", "Somebody else sends a message of ours", monitors.foreign_sender,
             Severity.MINIMAL_RISK, 0, _ALWAYS, "a second controller, tool or replay on the bus it names"),
    # Not severity 4: with the drive bus off no command gets out and the ECUs stop by their own timeouts; with
    # another bus off, or this one back in mid-stop, a stop along the path is the better one. No debounce:
    # the CAN controller has counted 256 errors already.
    FaultRow("bus_off", "A bus is off, down or gone", monitors.bus_off,
             Severity.MINIMAL_RISK, 0, _ALWAYS, "the bus's cable, terminators and bit rate; its interface"),
    FaultRow("bus_given_up", "A bus that goes off again and again is not restarted", monitors.bus_given_up,
             Severity.MINIMAL_RISK, 0, _ALWAYS, "why it went off; then start the runtime anew"),
    FaultRow("bus_disturbed", "Many transmission errors on a bus", monitors.bus_disturbed,
             Severity.WARN, 100 * _MS, _ALWAYS, "the bus's cable, terminators, bit rate; a node that broke"),
    # A loss stays true for a second (bus_watch.py): one alone warns, losses that go on for 3 s degrade.
    FaultRow("frames_lost", "Received frames were lost in this computer", monitors.frames_lost,
             Severity.WARN, 0, _ALWAYS, "load of bus and computer; a node that sends too much"),
    FaultRow("frames_lost_on_and_on", "Received frames are lost again and again", monitors.frames_lost,
             Severity.DEGRADE, 3000 * _MS, _ALWAYS, "load of bus and computer; a node that sends too much"),
    FaultRow("clock_stepped", "The wall clock was set", monitors.clock_stepped,
             Severity.WARN, 0, _ALWAYS, "who sets the computer's clock while it drives (NTP should slew it)"),
)  # fmt: skip
