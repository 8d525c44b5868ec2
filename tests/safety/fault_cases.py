"""Every fault of the catalogue, written again by hand: what just does not raise it, what does, how it acts.

Nothing here is read from the catalogue: changing a limit, a debounce, a severity or a clear condition takes
two deliberate edits.
"""

from typing import Any, NamedTuple

import msgspec

from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.bus_watch import BusFindings
from firmware_runtime.safety.fault_row import ClearCondition
from firmware_runtime.safety.gnss_watch import GnssFindings
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.limit_watch import Overspeed
from firmware_runtime.safety.message_findings import MessageFindings
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.motion_watch import UnintendedMotion
from firmware_runtime.safety.watches import Findings
from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    BatteryState,
    ButtonState,
    ContactorRequest,
    OnOffState,
    ParkBrakeState,
    SafetyState,
    SwitchState,
)
from firmware_runtime.vehicle.pose import Pose
from tests.safety.support import profile
from tests.vehicle_state import rolling, vehicle_state

S = SafetyState
C = ClearCondition
DATA = profile().data
"""Of the Q-Truck."""
POSE = Pose(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.01, 0.001, 1, 0.0, True)
WELL = MonitorInputs(
    profile=DATA,
    state=vehicle_state(),
    messages=MessageFindings(),
    safety_state=S.AUTO,
    standing=True,
    pose=POSE,
    cross_track_m=0.0,
    precharge_overdue=False,
    supervisor_took_over="",
    contactor_request=ContactorRequest.CLOSE,
)


def inputs(**changes: Any) -> MonitorInputs:
    return msgspec.structs.replace(WELL, **changes)


def seen(**signals: Any) -> MonitorInputs:
    return inputs(state=vehicle_state(**signals))


def rolls(speed_mps: float, **signals: Any) -> MonitorInputs:
    return inputs(state=rolling(speed_mps, **signals))


def found(**findings: Any) -> MonitorInputs:
    return inputs(found=Findings(**findings))


def bus(**findings: tuple[str, ...]) -> MonitorInputs:
    return found(buses=BusFindings(**findings))


def message(**findings: tuple[str, ...]) -> MonitorInputs:
    return inputs(messages=MessageFindings(**findings))


def pose(**changes: Any) -> MonitorInputs:
    return inputs(pose=msgspec.structs.replace(POSE, **changes))


def host(**figures: Any) -> MonitorInputs:
    return inputs(host=HostReport(**figures))


def cycle(cycle_ms: float) -> MonitorInputs:
    return host(
        period_ns=10_000_000, cycle_ns=round(cycle_ms * 1e6), slowest_stage="send", slowest_stage_ns=4_000_000
    )


def in_state(state: SafetyState, i: MonitorInputs) -> MonitorInputs:
    return msgspec.structs.replace(i, safety_state=state)


class Case(NamedTuple):
    identifier: str
    well: tuple[MonitorInputs, ...]
    """Just not a fault: at the limit, or as near to it as it gets."""
    bad: tuple[MonitorInputs, ...]
    """Just a fault."""
    count: int
    ms: int
    severity: dict[str, int]
    """State -> severity; where a state is missing the fault is not looked at."""
    clear: ClearCondition
    recovery: bool


def _in(severity: int, names: str) -> dict[str, int]:
    return dict.fromkeys(names.split(), severity)


ALL = (
    "INIT SELF_TEST STANDBY READY AUTO REMOTE MANUAL DEGRADED MRM SAFE_STOP ESTOP FAULT CHARGING MAINTENANCE "
    "SHUTDOWN"
)
AWAKE = "STANDBY READY AUTO REMOTE MANUAL DEGRADED MRM SAFE_STOP ESTOP FAULT CHARGING MAINTENANCE SHUTDOWN"
OPERATED = "AUTO REMOTE MANUAL DEGRADED MRM MAINTENANCE"
DRIVEN = "AUTO REMOTE MANUAL DEGRADED MRM"
ROLLING = "AUTO REMOTE DEGRADED MRM"
DRIVERLESS = "AUTO REMOTE DEGRADED"
EARLY = _in(1, "INIT SELF_TEST")

UP = 5.0 / 0.6 * 20.0
"""Motor of the Q-Truck at 5 m/s, rad/s: wheel radius 0.6 m, ratio 20."""
NM_100KW = 100_000.0 / UP
A_AT_620V = 1.0 / 620.0

CASES: tuple[Case, ...] = (
    Case(
        "estop_channel_lost",
        (seen(estop_channel_a=SwitchState.OPEN, estop_channel_b=SwitchState.ERROR), seen()),
        (
            seen(estop_channel_b=SwitchState.ERROR),
            seen(estop_channel_a=SwitchState.NOT_AVAILABLE),
            seen(unusable=frozenset({"estop_channel_a"})),
            seen(unusable=frozenset({"estop_channel_b"})),
        ),
        2,
        10,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "estop_channels_disagree",
        (seen(estop_channel_a=SwitchState.OPEN, estop_channel_b=SwitchState.OPEN),),
        (seen(estop_channel_a=SwitchState.OPEN), seen(estop_channel_b=SwitchState.OPEN)),
        3,
        100,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "bumper_pressed",
        (seen(),),
        (seen(bumper=ButtonState.PRESSED), seen(bumper=ButtonState.ERROR)),
        1,
        0,
        _in(4, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "link_lost",
        (seen(),),
        (seen(link_alive=OnOffState.OFF), seen(link_alive=OnOffState.NOT_AVAILABLE)),
        1,
        0,
        _in(1, AWAKE) | _in(3, f"{ROLLING} SAFE_STOP"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "message_lost",
        (message(),),
        (message(lost=("drive.A late",)),),
        1,
        0,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "message_corrupt",
        (message(),),
        (message(corrupt=("drive.A",)),),
        1,
        0,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "message_miscounted",
        (message(),),
        (message(miscounted=("drive.A",)),),
        1,
        0,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "message_distrusted",
        (message(),),
        (message(distrusted=("drive.A",)),),
        3,
        100,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "signal_unusable",
        (message(),),
        (message(signals=("battery_soc out of range",)),),
        3,
        50,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "foreign_sender",
        (bus(),),
        (bus(foreign_senders=("drive.A",)),),
        1,
        0,
        _in(3, ALL),
        C.WHEN_GONE,
        False,
    ),
    Case("bus_off", (bus(),), (bus(off=("drive BUS_OFF",)),), 1, 0, _in(3, ALL), C.WHEN_GONE, False),
    Case("bus_given_up", (bus(),), (bus(given_up=("drive",)),), 1, 0, _in(3, ALL), C.BY_POWER_CYCLE, False),
    Case("bus_disturbed", (bus(),), (bus(disturbed=("drive",)),), 2, 100, _in(1, ALL), C.WHEN_GONE, True),
    Case("frames_lost", (bus(),), (bus(frames_lost=("drive",)),), 1, 0, _in(1, ALL), C.WHEN_GONE, True),
    Case(
        "frames_lost_on_and_on",
        (bus(),),
        (bus(frames_lost=("drive",)),),
        3,
        3000,
        EARLY | _in(2, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    *(
        Case(
            identifier,
            (seen(**{signal: ActuatorStatus.READY}), seen(**{signal: ActuatorStatus.ACTIVE})),
            tuple(
                seen(**{signal: status})
                for status in ActuatorStatus
                if status not in (ActuatorStatus.READY, ActuatorStatus.ACTIVE)
            ),
            3,
            30,
            _in(3, OPERATED),
            C.WHEN_GONE,
            False,
        )
        for identifier, signal in (
            ("traction_failed", "traction_status"),
            ("brakes_failed", "brake_status"),
            ("steering_failed", "steering_status"),
        )
    ),
    *(
        Case(
            identifier,
            (inputs(),),
            (inputs(not_following={actuator: "off"}),),
            1,
            0,
            _in(3, DRIVEN),
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
        _in(3, DRIVERLESS),
        C.WHEN_GONE,
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
        _in(3, OPERATED),
        C.AT_STANDSTILL,
        False,
    ),
    Case(
        "reservoir_low",
        (seen(brake_reservoir_pa=4.5e5),),
        (seen(brake_reservoir_pa=4.49e5),),
        3,
        500,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "supply_low",
        (seen(supply_voltage_v=20.0),),
        (seen(supply_voltage_v=19.9),),
        3,
        500,
        _in(2, AWAKE),
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
        _in(3, AWAKE),
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
        _in(3, AWAKE),
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
        _in(2, ROLLING) | _in(1, "MANUAL"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "value_frozen",
        (found(),),
        (found(frozen=("motor_speed_radps",)),),
        2,
        10,
        _in(3, ROLLING) | _in(1, "MANUAL"),
        C.BY_ACKNOWLEDGE,
        True,
    ),
    Case(
        "gnss_frozen",
        (found(),),
        (found(gnss=GnssFindings(speed_mps=0.0, frozen=True)),),
        1,
        0,
        _in(3, ROLLING) | _in(1, "MANUAL"),
        C.AT_STANDSTILL,
        True,
    ),
    Case(
        "unintended_motion",
        (
            in_state(S.STANDBY, rolls(0.1)),
            in_state(S.STANDBY, rolls(-0.1)),
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
        _in(4, "INIT SELF_TEST STANDBY READY SAFE_STOP CHARGING SHUTDOWN"),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "rolled_back",
        (found(unintended=UnintendedMotion(rolled_back_m=0.5)),),
        (found(unintended=UnintendedMotion(rolled_back_m=0.501)),),
        2,
        10,
        _in(4, ROLLING) | _in(1, "MANUAL"),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "hold_left",
        (found(unintended=UnintendedMotion(left_hold_mps=0.1)),),
        (found(unintended=UnintendedMotion(left_hold_mps=0.101)),),
        3,
        100,
        _in(4, ROLLING),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "limit_not_obeyed",
        (found(),),
        (found(overspeed=Overspeed(2.0, 1.8, 1.5)),),
        3,
        100,
        _in(3, DRIVERLESS) | _in(4, "MRM MAINTENANCE") | _in(1, "MANUAL"),
        C.BY_ACKNOWLEDGE,
        False,
    ),
    Case(
        "localisation_lost",
        (pose(),),
        (
            pose(valid=False, lateral_std_m=0.3),
            pose(valid=False, lateral_std_m=0.05),
            pose(valid=False, measured_ns=0, lateral_std_m=1e3),
        ),
        1,
        0,
        _in(3, f"READY {ROLLING}") | _in(1, "MANUAL"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "localisation_uncertain",
        (pose(lateral_std_m=0.149),),
        (pose(lateral_std_m=0.151),),
        3,
        200,
        _in(2, f"READY {ROLLING}") | _in(1, "MANUAL"),
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
        _in(3, DRIVERLESS),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "battery_failed",
        (seen(),),
        (seen(battery_state=BatteryState.FAULT), seen(battery_fault_code=3.0)),
        1,
        0,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        # 15 kW + 35 % of the larger + 5 % of 350 kW at full torque, by its square.
        "battery_implausible",
        (
            seen(battery_current_a=14_900 * A_AT_620V),
            rolls(5.0, motor_torque_nm=NM_100KW, battery_current_a=175_900 * A_AT_620V),
            rolls(5.0, motor_torque_nm=NM_100KW, battery_current_a=51_000 * A_AT_620V),
            rolls(0.5, motor_torque_nm=5600.0, battery_current_a=190_000 * A_AT_620V),
            rolls(5.0, motor_torque_nm=NM_100KW, unusable=frozenset({"battery_current_a"})),
        ),
        (
            seen(battery_current_a=23_200 * A_AT_620V),
            rolls(5.0, motor_torque_nm=NM_100KW, battery_current_a=178_000 * A_AT_620V),
            rolls(5.0, motor_torque_nm=NM_100KW, battery_current_a=49_000 * A_AT_620V),
            rolls(0.5, motor_torque_nm=5600.0, battery_current_a=195_000 * A_AT_620V),
            rolls(5.0, motor_torque_nm=-NM_100KW, battery_current_a=100_000 * A_AT_620V),
        ),
        50,
        1500,
        _in(3, DRIVEN),
        C.WHEN_GONE,
        True,
    ),
    Case(
        # The motor takes it all, so that nothing else is wrong.
        "battery_limit_exceeded",
        (
            rolls(
                5.0,
                battery_discharge_power_max_w=100e3,
                battery_current_a=119_900 * A_AT_620V,
                motor_torque_nm=NM_100KW,
            ),
            rolls(
                5.0,
                battery_charge_power_max_w=100e3,
                battery_current_a=-119_900 * A_AT_620V,
                motor_torque_nm=-NM_100KW,
            ),
        ),
        (
            rolls(
                5.0,
                battery_discharge_power_max_w=100e3,
                battery_current_a=120_100 * A_AT_620V,
                motor_torque_nm=NM_100KW,
            ),
            rolls(
                5.0,
                battery_charge_power_max_w=100e3,
                battery_current_a=-120_100 * A_AT_620V,
                motor_torque_nm=-NM_100KW,
            ),
        ),
        30,
        1000,
        _in(2, DRIVERLESS) | _in(1, "MANUAL"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "battery_undervoltage",
        (
            seen(battery_voltage_v=480.0),
            seen(battery_voltage_v=384.1, battery_cell_temperature_min_degc=-1.0),
        ),
        (
            seen(battery_voltage_v=479.9),
            seen(battery_voltage_v=383.9, battery_cell_temperature_min_degc=-1.0),
            seen(battery_voltage_v=400.0, battery_cell_temperature_min_degc=0.0),
        ),
        10,
        1000,
        _in(3, f"STANDBY READY SAFE_STOP {OPERATED}"),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "battery_overvoltage",
        (seen(battery_voltage_v=701.0),),
        (seen(battery_voltage_v=701.1),),
        10,
        500,
        {name: 3 for name in AWAKE.split() if name != "SHUTDOWN"},
        C.WHEN_GONE,
        False,
    ),
    Case(
        "battery_temperature",
        (seen(battery_cell_temperature_min_degc=-35.0), seen(battery_cell_temperature_max_degc=60.0)),
        (seen(battery_cell_temperature_min_degc=-36.0), seen(battery_cell_temperature_max_degc=61.0)),
        10,
        1000,
        _in(3, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        # 100 ohm/V at the working voltage of 701 V.
        "battery_isolation",
        (seen(battery_isolation_ohm=70_100.0),),
        (seen(battery_isolation_ohm=70_099.0),),
        10,
        1000,
        {name: 3 for name in AWAKE.split() if name != "SHUTDOWN"},
        C.WHEN_GONE,
        False,
    ),
    Case(
        "battery_interlock",
        (seen(),),
        (seen(battery_interlock=SwitchState.OPEN), seen(battery_interlock=SwitchState.ERROR)),
        3,
        50,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "precharge_overdue",
        (inputs(),),
        (inputs(precharge_overdue=True),),
        1,
        0,
        _in(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "contactors_opened",
        (
            seen(),
            inputs(
                state=vehicle_state(
                    battery_contactor_plus=SwitchState.OPEN, battery_contactor_minus=SwitchState.OPEN
                ),
                contactor_request=ContactorRequest.OPEN,
            ),
        ),
        (seen(battery_contactor_plus=SwitchState.OPEN), seen(battery_contactor_minus=SwitchState.ERROR)),
        2,
        30,
        _in(3, DRIVEN),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "contactor_stuck",
        (
            inputs(
                state=vehicle_state(
                    battery_contactor_plus=SwitchState.OPEN, battery_contactor_minus=SwitchState.OPEN
                ),
                contactor_request=ContactorRequest.OPEN,
            ),
        ),
        (
            inputs(
                state=vehicle_state(battery_contactor_minus=SwitchState.OPEN),
                contactor_request=ContactorRequest.OPEN,
            ),
            inputs(
                state=vehicle_state(battery_contactor_plus=SwitchState.OPEN),
                contactor_request=ContactorRequest.OPEN,
            ),
        ),
        50,
        2500,
        {name: 3 for name in AWAKE.split() if name != "CHARGING"},
        C.BY_ACKNOWLEDGE,
        False,
    ),
    Case(
        "battery_low",
        (seen(battery_soc=0.10),),
        (seen(battery_soc=0.099),),
        3,
        1000,
        {name: 2 for name in AWAKE.split() if name != "CHARGING"},
        C.WHEN_GONE,
        True,
    ),
    Case(
        # 26.5 t: 5198 N at 1 % of rolling and 1 % of climb, over 0.94, and 6000 N for the auxiliaries:
        # 11.529 kJ a metre, times 1.5; 404 Ah at 614 V give 62.51 MJ from 10 % down to 3 %: 3614 m.
        "energy_short",
        (inputs(state=vehicle_state(battery_soc=0.10), to_stop_m=3610.0), inputs()),
        (
            inputs(state=vehicle_state(battery_soc=0.10), to_stop_m=3620.0),
            inputs(state=vehicle_state(battery_soc=0.10, load_mass_kg=20_000.0), to_stop_m=3610.0),
        ),
        10,
        1000,
        _in(2, f"READY {DRIVERLESS}"),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "self_test_overdue",
        (in_state(S.SELF_TEST, inputs(in_state_ns=8_000_000_000, self_test_missing=("no position",))),),
        (
            in_state(S.SELF_TEST, inputs(in_state_ns=8_000_000_001, self_test_missing=("no position",))),
            in_state(S.SELF_TEST, inputs(in_state_ns=8_000_000_001)),
        ),
        1,
        0,
        _in(3, "SELF_TEST"),
        C.BY_ACKNOWLEDGE,
        True,
    ),
    Case(
        "supervisor_took_over",
        (inputs(),),
        (inputs(supervisor_took_over="no proposal"),),
        1,
        0,
        _in(3, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "configuration_mismatch",
        (inputs(identity="a"), inputs(identity="a", supervisor_identity="a")),
        (inputs(identity="a", supervisor_identity="b"),),
        1,
        0,
        _in(3, ALL),
        C.BY_POWER_CYCLE,
        False,
    ),
    Case("deadline_overrun", (cycle(10.0), host()), (cycle(10.001),), 1, 0, _in(1, ALL), C.WHEN_GONE, True),
    Case(
        "deadline_overrun_in_a_row",
        (cycle(10.0),),
        (cycle(10.001),),
        5,
        0,
        EARLY | _in(2, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case("deadline_worst", (cycle(50.0),), (cycle(50.001),), 1, 0, EARLY | _in(3, AWAKE), C.WHEN_GONE, False),
    Case(
        "clock_wrong", (found(),), (found(clock="no tick"),), 1, 0, EARLY | _in(3, AWAKE), C.WHEN_GONE, False
    ),
    Case(
        "clock_stepped", (bus(),), (bus(clock_steps=("drive: +1 s",)),), 1, 0, _in(1, ALL), C.WHEN_GONE, True
    ),
    Case(
        "computer_warm",
        (host(temperature_degc=85.0), host()),
        (host(temperature_degc=85.1),),
        3,
        1000,
        _in(1, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "computer_hot",
        (host(temperature_degc=100.0), host()),
        (host(temperature_degc=100.1),),
        3,
        1000,
        EARLY | _in(2, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "disk_full",
        (host(disk_free_share=0.05), host()),
        (host(disk_free_share=0.0499),),
        3,
        1000,
        _in(1, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "recorder_failed",
        (host(),),
        (host(recorder_error="No space left on device"),),
        1,
        0,
        _in(1, ALL),
        C.BY_POWER_CYCLE,
        True,
    ),
)
