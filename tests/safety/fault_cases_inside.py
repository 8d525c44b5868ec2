"""Faults of battery and computer. See fault_cases."""

from typing import Any

from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import (
    BatteryState,
    ContactorRequest,
    SwitchState,
)
from tests.safety.fault_examples import (
    ALL,
    AWAKE,
    DRIVEN,
    DRIVERLESS,
    EARLY,
    OPERATED,
    C,
    Case,
    S,
    at,
    bus,
    cycle,
    found,
    host,
    in_state,
    inputs,
    rolls,
    seen,
)
from tests.vehicle_state import vehicle_state

UP = 5.0 / 0.6 * 20.0
"""Motor of the Q-Truck at 5 m/s, rad/s: wheel radius 0.6 m, ratio 20."""
NM_100KW = 100_000.0 / UP
A_AT_620V = 1.0 / 620.0


def opened_in_stop(**told: Any) -> list[MonitorInputs]:
    """By supervisor or battery, while `control` still asks for them: not lost, but off."""
    return [
        in_state(
            S.SAFE_STOP,
            inputs(state=vehicle_state(battery_state=state, battery_contactor_plus=SwitchState.OPEN), **told),
        )
        for state in BatteryState
        if state is not BatteryState.CLOSED
    ]


INSIDE: tuple[Case, ...] = (
    Case(
        "battery_failed",
        (seen(),),
        (seen(battery_state=BatteryState.FAULT), seen(battery_fault_code=3.0)),
        1,
        0,
        at(3, AWAKE),
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
        at(3, f"{DRIVEN} SAFE_STOP"),
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
        at(2, DRIVERLESS) | at(1, "MANUAL"),
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
        at(3, f"STANDBY READY SAFE_STOP {OPERATED}"),
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
        at(3, AWAKE),
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
        at(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "precharge_overdue",
        (inputs(),),
        (inputs(precharge_overdue=True),),
        1,
        0,
        at(3, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case(
        "high_voltage_lost",
        (inputs(), *opened_in_stop(high_voltage_lost="battery STANDBY")),
        (inputs(high_voltage_lost="link 400 V of 620 V"),),
        1,
        0,
        at(3, f"{DRIVEN} SAFE_STOP"),
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
            *opened_in_stop(),
        ),
        (
            seen(battery_contactor_plus=SwitchState.OPEN),
            seen(battery_contactor_minus=SwitchState.ERROR),
            seen(battery_contactor_plus=SwitchState.OPEN, battery_state=BatteryState.OPENING),
        ),
        2,
        30,
        at(3, f"{DRIVEN} SAFE_STOP"),
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
        at(2, "READY AUTO DEGRADED"),
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
        at(3, "SELF_TEST"),
        C.BY_ACKNOWLEDGE,
        True,
    ),
    Case(
        "supervisor_took_over",
        (inputs(),),
        (inputs(supervisor_took_over="no proposal"),),
        1,
        0,
        at(3, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "configuration_mismatch",
        (inputs(identity="a"), inputs(identity="a", supervisor_identity="a")),
        (inputs(identity="a", supervisor_identity="b"),),
        1,
        0,
        at(3, ALL),
        C.BY_POWER_CYCLE,
        False,
    ),
    Case("deadline_overrun", (cycle(10.0), host()), (cycle(10.001),), 1, 0, at(1, ALL), C.WHEN_GONE, True),
    Case(
        "deadline_overrun_in_a_row",
        (cycle(10.0),),
        (cycle(10.001),),
        5,
        35,
        EARLY | at(2, AWAKE),
        C.WHEN_GONE,
        False,
    ),
    Case("deadline_worst", (cycle(50.0),), (cycle(50.001),), 1, 0, EARLY | at(3, AWAKE), C.WHEN_GONE, False),
    Case(
        "clock_wrong", (found(),), (found(clock="no tick"),), 1, 0, EARLY | at(3, AWAKE), C.WHEN_GONE, False
    ),
    Case(
        "clock_stepped", (bus(),), (bus(clock_steps=("drive: +1 s",)),), 1, 0, at(1, ALL), C.WHEN_GONE, True
    ),
    Case(
        "computer_warm",
        (host(temperature_degc=85.0), host()),
        (host(temperature_degc=85.1),),
        3,
        1000,
        at(1, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "computer_hot",
        (host(temperature_degc=100.0), host()),
        (host(temperature_degc=100.1),),
        3,
        1000,
        EARLY | at(2, AWAKE),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "disk_full",
        (host(disk_free_share=0.05), host()),
        (host(disk_free_share=0.0499),),
        3,
        1000,
        at(1, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "computer_unwatched",
        (found(), host()),
        (found(host_silent=("temperature",)), found(host_silent=("temperature", "free disk"))),
        3,
        10_000,
        at(1, ALL),
        C.WHEN_GONE,
        True,
    ),
    Case(
        "recorder_failed",
        (host(),),
        (host(recorder_error="No space left on device"),),
        1,
        0,
        at(1, ALL),
        C.BY_POWER_CYCLE,
        True,
    ),
)
