"""Faults of actuators, motion and position. See fault_cases."""

import msgspec

from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.gnss_watch import GnssFindings
from firmware_runtime.safety.limit_watch import Overspeed
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.motion_watch import UnintendedMotion
from firmware_runtime.safety.watches import Findings
from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    ModeKey,
    ParkBrakeState,
)
from tests.safety.fault_examples import (
    AWAKE,
    DRIVEN,
    DRIVERLESS,
    OPERATED,
    ROLLING,
    C,
    Case,
    S,
    at,
    found,
    in_state,
    inputs,
    pose,
    rolls,
    seen,
)
from tests.vehicle_state import rolling, vehicle_state


def led(i: MonitorInputs, names: str) -> list[MonitorInputs]:
    """The same in these states, with the key anywhere but at AUTO."""
    return [
        in_state(S[name], msgspec.structs.replace(i, state=vehicle_state(mode_key=key)))
        for name in names.split()
        for key in ModeKey
        if key is not ModeKey.AUTO
    ]


def led_at_rest(i: MonitorInputs) -> list[MonitorInputs]:
    """There nothing asks for a position."""
    return led(i, "READY SAFE_STOP FAULT")


MOTION: tuple[Case, ...] = (
    *(
        Case(
            identifier,
            (
                seen(**{signal: ActuatorStatus.READY}),
                seen(**{signal: ActuatorStatus.ACTIVE}),
                *(
                    in_state(state, seen(**{signal: status}))
                    for state in (S.STANDBY, S.READY, S.SAFE_STOP, S.ESTOP, S.FAULT, S.CHARGING)
                    for status in (ActuatorStatus.OFF, ActuatorStatus.LATCHED_STOP)
                ),
            ),
            (
                seen(**{signal: ActuatorStatus.FAULT}),
                seen(**{signal: ActuatorStatus.NOT_AVAILABLE}),
                seen(**{signal: ActuatorStatus.OFF}),
                seen(**{signal: ActuatorStatus.LATCHED_STOP}),
                in_state(S.MAINTENANCE, seen(**{signal: ActuatorStatus.LATCHED_STOP})),
            ),
            3,
            30,
            {name: 3 for name in AWAKE.split() if name != "SHUTDOWN"},
            C.WHEN_GONE,
            False,
        )
        for identifier, signal in (
            ("traction_failed", "traction_status"),
            ("brakes_failed", "brake_status"),
            ("steering_failed", "steering_status"),
        )
    ),
    Case(
        "actuator_pending",
        tuple(
            in_state(S.READY, seen(brake_status=status))
            for status in ActuatorStatus
            if status not in (ActuatorStatus.OFF, ActuatorStatus.LATCHED_STOP)
        ),
        (
            *(
                in_state(S.READY, seen(**{signal: status}))
                for signal in ("traction_status", "brake_status", "steering_status")
                for status in (ActuatorStatus.OFF, ActuatorStatus.LATCHED_STOP)
            ),
            in_state(
                S.READY,
                seen(traction_status=ActuatorStatus.OFF, steering_status=ActuatorStatus.LATCHED_STOP),
            ),
        ),
        3,
        500,
        at(1, "STANDBY READY SAFE_STOP FAULT"),
        C.WHEN_GONE,
        True,
    ),
    *(
        Case(
            identifier,
            (inputs(),),
            (inputs(not_following={actuator: "off"}),),
            1,
            0,
            at(3, DRIVEN),
            C.BY_ACKNOWLEDGE,
            False,
        )
        for identifier, actuator in (
            ("steering_implausible", Actuator.STEERING_REAR),
            ("traction_implausible", Actuator.TRACTION),
            ("brake_implausible", Actuator.BRAKE),
        )
    ),
    Case(
        "park_brake_stuck",
        (
            rolls(0.0, park_brake_state=ParkBrakeState.APPLIED),
            inputs(state=rolling(0.0), park_brake_release_asked=True),
        ),
        tuple(
            inputs(state=rolling(0.0, park_brake_state=state), park_brake_release_asked=True)
            for state in (ParkBrakeState.APPLIED, ParkBrakeState.MOVING, ParkBrakeState.NOT_AVAILABLE)
        ),
        3,
        3000,
        at(3, DRIVERLESS),
        C.BY_ACKNOWLEDGE,
        False,
    ),
    Case(
        "park_brake_closed_in_motion",
        (rolls(0.3, park_brake_state=ParkBrakeState.APPLIED), rolls(8.0)),
        (
            rolls(0.301, park_brake_state=ParkBrakeState.APPLIED),
            rolls(-0.301, park_brake_state=ParkBrakeState.MOVING),
        ),
        3,
        300,
        at(3, OPERATED),
        C.BY_ACKNOWLEDGE,
        False,
    ),
    Case(
        "reservoir_low",
        (seen(brake_reservoir_pa=4.5e5),),
        (seen(brake_reservoir_pa=4.49e5),),
        3,
        500,
        at(3, OPERATED) | at(1, "STANDBY READY SAFE_STOP ESTOP FAULT CHARGING SHUTDOWN"),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "reservoir_filling",
        (
            seen(brake_reservoir_pa=6.5e5),
            seen(brake_reservoir_pa=0.0, unusable=frozenset({"brake_reservoir_pa"})),
        ),
        (seen(brake_reservoir_pa=6.49e5),),
        3,
        50,
        at(1, "SELF_TEST STANDBY READY SAFE_STOP ESTOP FAULT CHARGING SHUTDOWN"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "supply_low",
        (seen(supply_voltage_v=20.0),),
        (seen(supply_voltage_v=19.9),),
        3,
        500,
        at(2, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "speed_implausible",
        (
            rolls(5.0, motor_speed_radps=(5.0 + 0.899) / 0.6 * 20),
            rolls(-5.0, motor_speed_radps=(-5.0 - 0.899) / 0.6 * 20),
            seen(motor_speed_radps=20.0, unusable=frozenset({"motor_speed_radps"})),
        ),
        (
            rolls(5.0, motor_speed_radps=(5.0 + 0.901) / 0.6 * 20),
            rolls(-5.0, motor_speed_radps=(-5.0 - 0.901) / 0.6 * 20),
            seen(motor_speed_radps=0.401 / 0.6 * 20),
        ),
        3,
        100,
        at(3, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        # One wheel of four at 4 + x lifts the mean to 4 + x/4; 0.5 + 35 % of that is left from x = 2.868 on.
        "wheel_implausible",
        (
            rolls(4.0, wheel_speed_front_left_mps=4.0 + 2.85),
            rolls(4.0, wheel_speed_rear_left_mps=0.0, unusable=frozenset({"wheel_speed_rear_left_mps"})),
            rolls(-4.0),
        ),
        (
            rolls(4.0, wheel_speed_front_left_mps=4.0 + 2.89),
            rolls(4.0, wheel_speed_front_right_mps=0.0),
            inputs(state=rolling(-4.0, wheel_speed_rear_right_mps=0.0, motor_speed_radps=-3.0 / 0.6 * 20)),
        ),
        10,
        300,
        at(3, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "gnss_speed_implausible",
        (
            inputs(state=rolling(4.0), found=Findings(gnss=GnssFindings(speed_mps=2.95))),
            inputs(state=rolling(4.0), found=Findings(gnss=GnssFindings(speed_mps=5.27))),
            inputs(state=rolling(-4.0), found=Findings(gnss=GnssFindings(speed_mps=4.0))),
            inputs(state=rolling(4.0), found=Findings(gnss=GnssFindings(speed_mps=None))),
        ),
        (
            inputs(state=rolling(4.0), found=Findings(gnss=GnssFindings(speed_mps=2.85))),
            inputs(state=rolling(4.0), found=Findings(gnss=GnssFindings(speed_mps=5.32))),
            inputs(state=rolling(0.0), found=Findings(gnss=GnssFindings(speed_mps=0.6))),
        ),
        50,
        1000,
        at(2, ROLLING) | at(1, "MANUAL"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "value_frozen",
        (found(),),
        (found(frozen=("motor_speed_radps",)),),
        2,
        10,
        at(3, ROLLING) | at(1, "MANUAL"),
        C.BY_ACKNOWLEDGE,
        True,
    ),
    Case(
        "gnss_frozen",
        (found(),),
        (found(gnss=GnssFindings(speed_mps=0.0, frozen=True)),),
        1,
        0,
        at(3, ROLLING) | at(1, "MANUAL"),
        C.AT_STANDSTILL,
        True,
    ),
    Case(
        "unintended_motion",
        (
            in_state(S.STANDBY, rolls(0.1)),
            in_state(S.STANDBY, rolls(-0.1)),
            in_state(S.STANDBY, seen(wheel_speed_rear_left_mps=5.0)),
            in_state(
                S.STANDBY, rolls(5.0, unusable=frozenset({"wheel_speed_rear_left_mps", "motor_speed_radps"}))
            ),
        ),
        (
            in_state(S.STANDBY, rolls(0.101)),
            in_state(S.STANDBY, rolls(-0.101)),
            in_state(S.STANDBY, rolls(0.101, unusable=frozenset({"wheel_speed_rear_left_mps"}))),
        ),
        3,
        50,
        at(4, "INIT SELF_TEST STANDBY READY SAFE_STOP CHARGING SHUTDOWN"),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "rolled_back",
        (found(unintended=UnintendedMotion(rolled_back_m=0.5)),),
        (found(unintended=UnintendedMotion(rolled_back_m=0.501)),),
        2,
        10,
        at(4, ROLLING) | at(1, "MANUAL"),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "hold_left",
        (found(unintended=UnintendedMotion(left_hold_mps=0.1)),),
        (found(unintended=UnintendedMotion(left_hold_mps=0.101)),),
        3,
        100,
        at(4, ROLLING),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "limit_not_obeyed",
        (found(),),
        (found(overspeed=Overspeed(2.0, 1.8, 1.5)),),
        3,
        100,
        at(3, DRIVERLESS) | at(4, "MRM MAINTENANCE") | at(1, "MANUAL"),
        C.BY_ACKNOWLEDGE,
        False,
    ),
    Case(
        "localisation_lost",
        (pose(), *led_at_rest(pose(valid=False, lateral_std_m=0.3))),
        (
            pose(valid=False, lateral_std_m=0.3),
            pose(valid=False, lateral_std_m=0.05),
            pose(valid=False, measured_ns=0, lateral_std_m=1e3),
        ),
        1,
        0,
        at(3, "READY AUTO DEGRADED MRM SAFE_STOP FAULT") | at(1, "MANUAL REMOTE"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "localisation_uncertain",
        (pose(lateral_std_m=0.149), *led_at_rest(pose(lateral_std_m=0.151))),
        (pose(lateral_std_m=0.151),),
        3,
        200,
        at(2, "READY AUTO DEGRADED MRM") | at(1, "MANUAL REMOTE"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "route_left",
        (
            inputs(cross_track_m=0.8),
            inputs(cross_track_m=-0.8),
            inputs(heading_error_rad=0.7),
            inputs(route_distance_m=-1.0),
            *led_at_rest(inputs(cross_track_m=0.81)),
        ),
        (
            inputs(cross_track_m=0.81),
            inputs(cross_track_m=-0.81),
            inputs(heading_error_rad=0.71),
            inputs(heading_error_rad=-3.1),
            inputs(route_distance_m=-1.1),
        ),
        3,
        50,
        at(3, "AUTO DEGRADED SAFE_STOP"),
        C.WHEN_GONE,
        True,
    ),
)
