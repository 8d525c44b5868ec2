"""Faults of traction, brakes and steering: what they say of themselves, and how they answer."""

from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.fault_row import (
    AWAKE,
    DRIVEN,
    DRIVERLESS,
    MS,
    OPERATED,
    ClearCondition,
    FaultRow,
    degrades,
    dtc,
    stops,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.self_test import READY_STATUS
from firmware_runtime.vehicle.enums import ActuatorStatus, ParkBrakeState
from firmware_runtime.vehicle.enums import SafetyState as S

CLOSED_IN_MOTION_MPS = 0.3
"""A park brake that is not open above this speed is broken, or its report is (assumption)."""
RESERVOIR_MIN_PA = 4.5e5
"""The spring brake begins to close by itself below about 4.5 bar (assumption)."""
RESERVOIR_FULL_PA = 6.5e5
"""To set off: springs of the class open from about 5.5 bar, opening them takes 0.3 bar, and a full braking as
much again (assumption)."""
PENDING_STATUS = (ActuatorStatus.OFF, ActuatorStatus.LATCHED_STOP)
"""At rest no failure: who latched is asked by the heartbeat's handshake, who is off may begin."""
SUPPLY_MIN_V = 20.0
"""24 V supply (assumption: ECUs of the class work from 18 V)."""


def traction_failed(i: MonitorInputs) -> str:
    return _failed(i, i.state.traction_status)


def brakes_failed(i: MonitorInputs) -> str:
    return _failed(i, i.state.brake_status)


def steering_failed(i: MonitorInputs) -> str:
    return _failed(i, i.state.steering_status)


def _failed(i: MonitorInputs, status: ActuatorStatus) -> str:
    if status in READY_STATUS or (status in PENDING_STATUS and i.safety_state not in OPERATED):
        return ""
    return status.name


def actuator_pending(i: MonitorInputs) -> str:
    return ", ".join(
        f"{name} {status.name}"
        for name, status in (
            ("traction_status", i.state.traction_status),
            ("brake_status", i.state.brake_status),
            ("steering_status", i.state.steering_status),
        )
        if status in PENDING_STATUS
    )


def steering_response(i: MonitorInputs) -> str:
    found = i.not_following
    if not found:
        return ""
    return "; ".join(
        found[axle] for axle in (Actuator.STEERING_FRONT, Actuator.STEERING_REAR) if axle in found
    )


def traction_response(i: MonitorInputs) -> str:
    return i.not_following.get(Actuator.TRACTION, "")


def brake_response(i: MonitorInputs) -> str:
    return i.not_following.get(Actuator.BRAKE, "")


def park_brake_stuck(i: MonitorInputs) -> str:
    """Asked to open, and it does not say that it has."""
    state = i.state.park_brake_state
    return state.name if i.park_brake_release_asked and state is not ParkBrakeState.RELEASED else ""


def park_brake_closed(i: MonitorInputs) -> str:
    s = i.state
    if s.park_brake_state is ParkBrakeState.RELEASED:
        return ""
    speed_mps = 0.5 * (s.wheel_speed_rear_left_mps + s.wheel_speed_rear_right_mps)
    return (
        f"{s.park_brake_state.name} at {speed_mps:.1f} m/s" if abs(speed_mps) > CLOSED_IN_MOTION_MPS else ""
    )


def reservoir_low(i: MonitorInputs) -> str:
    pressure_pa = i.state.brake_reservoir_pa
    return f"{pressure_pa / 1e5:.1f} bar" if pressure_pa < RESERVOIR_MIN_PA else ""


def reservoir_filling(i: MonitorInputs) -> str:
    """A pressure that has not arrived yet is no low one: the self-test waits for it."""
    pressure_pa = i.state.brake_reservoir_pa
    low = pressure_pa < RESERVOIR_FULL_PA and i.state.usable("brake_reservoir_pa")
    return f"{pressure_pa / 1e5:.1f} bar" if low else ""


def supply_low(i: MonitorInputs) -> str:
    voltage_v = i.state.supply_voltage_v
    return f"{voltage_v:.1f} V" if voltage_v < SUPPLY_MIN_V else ""


_STATUS = "status neither READY nor ACTIVE; at rest OFF and LATCHED_STOP are none (actuator_pending)"
_WORKING = AWAKE - {S.SHUTDOWN}
"""Who still says at rest that it has failed: no acknowledge, no READY. In SHUTDOWN ECUs go off. Assumption:
none says FAULT for want of high voltage; the self-test, which is made without it, would never pass."""
_BAND = "left the band that its model allows (safety/actuator_response.py; figures of the profile)"

ACTUATORS: tuple[FaultRow, ...] = (
    FaultRow(
        identifier="traction_failed",
        text="The inverter does not obey",
        dtc=dtc("P1101-96"),
        spn=516116,
        fmi=12,
        monitors="traction_status",
        threshold=_STATUS,
        condition=traction_failed,
        debounce_count=3,
        debounce_ns=30 * MS,
        severity=stops(_WORKING),
        recovery=False,
        look_at="inverter status and its own fault memory",
    ),
    FaultRow(
        identifier="brakes_failed",
        text="The brake ECU does not obey",
        dtc=dtc("C1201-96"),
        spn=516117,
        fmi=12,
        monitors="brake_status",
        threshold=_STATUS,
        condition=brakes_failed,
        debounce_count=3,
        debounce_ns=30 * MS,
        severity=stops(_WORKING),
        recovery=False,
        look_at="brake ECU status and its own fault memory",
    ),
    FaultRow(
        identifier="steering_failed",
        text="The steering ECU does not obey",
        dtc=dtc("C1101-96"),
        spn=516118,
        fmi=12,
        monitors="steering_status",
        threshold=_STATUS,
        condition=steering_failed,
        debounce_count=3,
        debounce_ns=30 * MS,
        severity=stops(_WORKING),
        recovery=False,
        look_at="steering ECU status and its own fault memory",
    ),
    # No failure, and no drive: run would open the springs and end in a stop.
    FaultRow(
        identifier="actuator_pending",
        text="An actuator is not ready to drive yet",
        dtc=dtc("C1207-92"),
        spn=516127,
        fmi=31,
        monitors="traction_status, brake_status, steering_status at standstill",
        threshold="OFF or LATCHED_STOP, for longer than the heartbeat's handshake takes (drive DBC: 200 ms)",
        condition=actuator_pending,
        debounce_count=3,
        debounce_ns=500 * MS,
        severity=warns({S.STANDBY, S.READY, S.SAFE_STOP, S.FAULT}),
        recovery=True,
        bars_ready=True,
        lists_names=True,
        look_at="ECU it names: its supply, whether it hears heartbeat and command",
    ),
    # The supervisor stops for the same verdict by itself and within its budget; here it gets its name. A
    # person must look before it drives again: at rest a stuck actuator answers as well as a sound one.
    FaultRow(
        identifier="steering_implausible",
        text="The steering does not follow its command",
        dtc=dtc("C1102-77"),
        spn=516119,
        fmi=7,
        monitors="steering angles against the commands on their way",
        threshold=_BAND,
        condition=steering_response,
        severity=stops(DRIVEN),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="steering gear and hydraulics, angle sensors, calibration steering_*_zero_rad",
    ),
    FaultRow(
        identifier="traction_implausible",
        text="The torque does not follow its command",
        dtc=dtc("P1102-77"),
        spn=516120,
        fmi=7,
        monitors="motor torque against the commands on their way",
        threshold=_BAND,
        condition=traction_response,
        severity=stops(DRIVEN),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="inverter: derating, resolver, current sensors",
    ),
    FaultRow(
        identifier="brake_implausible",
        text="The brake does not follow its command",
        dtc=dtc("C1202-77"),
        spn=516121,
        fmi=7,
        monitors="service-brake force against the commands on their way",
        threshold=_BAND,
        condition=brake_response,
        severity=stops(DRIVEN),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="brake valves and linings, pressure sensors, calibration brake_gain",
    ),
    FaultRow(
        identifier="park_brake_stuck",
        text="The park brake does not open",
        dtc=dtc("C1203-73"),
        spn=516122,
        fmi=7,
        monitors="park_brake_state while it is asked to open",
        threshold="not RELEASED",
        condition=park_brake_stuck,
        debounce_count=3,
        debounce_ns=3000 * MS,
        # At standstill it is to be closed, and one that never opens looks as it should: a person must look.
        severity=stops(DRIVERLESS),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="air reservoir, park-brake valve, its sensor",
    ),
    FaultRow(
        identifier="park_brake_closed_in_motion",
        text="The park brake says closed",
        dtc=dtc("C1204-94"),
        spn=516123,
        fmi=7,
        monitors="park_brake_state against the rear wheels' speed",
        threshold=f"not RELEASED above {CLOSED_IN_MOTION_MPS:g} m/s",
        condition=park_brake_closed,
        debounce_count=3,
        debounce_ns=300 * MS,
        # At standstill it is to be closed, and a sensor that lies looks as it should: a person must look.
        severity=stops(OPERATED),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="park-brake sensor; air lines",
    ),
    FaultRow(
        identifier="reservoir_low",
        text="Air pressure of the brakes is low",
        dtc=dtc("C1205-84"),
        spn=516124,
        fmi=1,
        monitors="brake_reservoir_pa",
        threshold=f"below {RESERVOIR_MIN_PA / 1e5:g} bar",
        condition=reservoir_low,
        debounce_count=3,
        debounce_ns=500 * MS,
        # At rest the springs hold, and they need no air. A harder word there could never be cleared: it opens
        # the contactors or keeps them open, and the compressor lives on high voltage.
        severity=stops(OPERATED) | warns(AWAKE - OPERATED),
        recovery=False,
        look_at="compressor and air lines; it fills in STANDBY, with high voltage",
    ),
    FaultRow(
        identifier="reservoir_filling",
        text="Too little air in the brakes to set off",
        dtc=dtc("C1206-84"),
        spn=516126,
        fmi=17,
        monitors="brake_reservoir_pa at standstill",
        threshold=f"below {RESERVOIR_FULL_PA / 1e5:g} bar",
        condition=reservoir_filling,
        debounce_count=3,
        debounce_ns=50 * MS,
        # In the self-test too, so that it is known before STANDBY lets go.
        severity=warns((AWAKE - OPERATED) | {S.SELF_TEST}),
        recovery=True,
        bars_ready=True,
        look_at="wait a minute; if it does not fill: compressor, its supply of high voltage, air lines",
    ),
    FaultRow(
        identifier="supply_low",
        text="The 24 V supply is low",
        dtc=dtc("P1103-16"),
        spn=516125,
        fmi=4,
        monitors="supply_voltage_v",
        threshold=f"below {SUPPLY_MIN_V:g} V",
        condition=supply_low,
        debounce_count=3,
        debounce_ns=500 * MS,
        severity=degrades(AWAKE),
        recovery=True,
        look_at="DC/DC converter, 24 V battery",
    ),
)
