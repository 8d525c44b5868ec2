"""What a technician reads of each fault: the words of each example of `fault_cases`, in their order."""

import pytest

from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from tests.safety.fault_cases import CASES
from tests.safety.fault_examples import Case, bus, found, inputs, message

CONDITIONS = {row.identifier: row.condition for row in FAULTS}
DETAILS: dict[str, tuple[str, ...]] = {
    "estop_channel_lost": ("A CLOSED, B ERROR", "A NOT_AVAILABLE, B CLOSED", "A CLOSED, B NOT_AVAILABLE"),
    "estop_channels_disagree": ("A OPEN, B CLOSED", "A CLOSED, B OPEN"),
    "bumper_pressed": ("PRESSED", "ERROR"),
    "link_lost": ("link OFF", "link NOT_AVAILABLE"),
    "driver_unheard": ("cab_brake", "cab_steering_rad"),
    "message_lost": ("drive.A late",),
    "message_corrupt": ("drive.A",),
    "message_miscounted": ("drive.A",),
    "message_distrusted": ("drive.A",),
    "signal_unusable": ("battery_soc out of range",),
    "foreign_sender": ("drive.A",),
    "bus_off": ("drive BUS_OFF",),
    "bus_given_up": ("drive",),
    "bus_disturbed": ("drive",),
    "frames_lost": ("drive",),
    "frames_lost_on_and_on": ("drive",),
    "traction_failed": ("FAULT", "NOT_AVAILABLE", "OFF", "LATCHED_STOP"),
    "brakes_failed": ("FAULT", "NOT_AVAILABLE", "OFF", "LATCHED_STOP"),
    "steering_failed": ("FAULT", "NOT_AVAILABLE", "OFF", "LATCHED_STOP"),
    "actuator_pending": (
        "traction_status OFF",
        "traction_status LATCHED_STOP",
        "brake_status OFF",
        "brake_status LATCHED_STOP",
        "steering_status OFF",
        "steering_status LATCHED_STOP",
        "traction_status OFF, steering_status LATCHED_STOP",
    ),
    "steering_implausible": ("off",),
    "traction_implausible": ("off",),
    "brake_implausible": ("off",),
    "park_brake_stuck": ("APPLIED", "MOVING", "NOT_AVAILABLE"),
    "park_brake_closed_in_motion": ("APPLIED at 0.3 m/s", "MOVING at -0.3 m/s"),
    "reservoir_low": ("4.5 bar",),
    "reservoir_filling": ("6.5 bar",),
    "supply_low": ("19.9 V",),
    "speed_implausible": (
        "wheels 5.00 m/s, motor 5.90 m/s",
        "wheels -5.00 m/s, motor -5.90 m/s",
        "wheels 0.00 m/s, motor 0.40 m/s",
    ),
    "wheel_implausible": (
        "wheel_speed_front_left_mps 6.89 m/s, mean of all 4.72 m/s",
        "wheel_speed_front_right_mps 0.00 m/s, mean of all 3.00 m/s",
        "wheel_speed_rear_right_mps 0.00 m/s, mean of all -3.00 m/s",
    ),
    "gnss_speed_implausible": (
        "wheels 4.00 m/s, GNSS 2.85 m/s",
        "wheels 4.00 m/s, GNSS 5.32 m/s",
        "wheels 0.00 m/s, GNSS 0.60 m/s",
    ),
    "value_frozen": ("motor_speed_radps",),
    "gnss_frozen": ("3 positions and more are the same",),
    "unintended_motion": ("0.10 m/s in STANDBY", "-0.10 m/s in STANDBY"),
    "rolled_back": ("0.50 m, limit 0.5 m",),
    "hold_left": ("0.10 m/s though held",),
    "limit_not_obeyed": ("2.00 m/s, permitted 1.80, limit 1.50 m/s",),
    "localisation_lost": (
        "lateral standard deviation 0.30 m, limit 0.20 m",
        "fixes and odometry contradict each other",
        "no fix with heading yet",
    ),
    "localisation_uncertain": ("lateral standard deviation 0.15 m, from 0.15 m on it drives slowly",),
    "route_left": (
        "+0.81 m, limit 0.80 m",
        "-0.81 m, limit 0.80 m",
        "heading +0.71 rad off, limit 0.70 rad",
        "heading -3.10 rad off, limit 0.70 rad",
        "1.1 m before its beginning",
    ),
    "battery_failed": ("state FAULT, code 0", "state CLOSED, code 3"),
    "battery_implausible": (
        "pack 23 kW, motor 0 kW",
        "pack 178 kW, motor 100 kW",
        "pack 49 kW, motor 100 kW",
        "pack 195 kW, motor 93 kW",
        "pack 100 kW, motor -100 kW",
    ),
    "battery_limit_exceeded": ("discharge 120 kW, permitted 100 kW", "charge 120 kW, permitted 100 kW"),
    "battery_undervoltage": ("480 V, limit 480 V", "384 V, limit 384 V", "400 V, limit 480 V"),
    "battery_overvoltage": ("701 V, limit 701 V",),
    "battery_temperature": ("coldest cell -36 degC", "warmest cell 61 degC"),
    "battery_isolation": ("70 kohm, needs 70 kohm",),
    "battery_interlock": ("OPEN", "ERROR"),
    "precharge_overdue": ("link 620 V of 620 V after 3 s",),
    "high_voltage_lost": ("link 400 V of 620 V",),
    "contactors_opened": ("plus OPEN, minus CLOSED", "plus CLOSED, minus ERROR"),
    "contactor_stuck": ("plus CLOSED, minus OPEN", "plus OPEN, minus CLOSED"),
    "battery_low": ("10%",),
    "energy_short": (
        "17.4 kWh left, 17.4 kWh to the stop in 3620 m",
        "17.4 kWh left, 23.6 kWh to the stop in 3610 m",
    ),
    "self_test_overdue": ("no position", "nothing is missing any more"),
    "supervisor_took_over": ("no proposal",),
    "configuration_mismatch": ("control a, supervisor b",),
    "deadline_overrun": ("10.0 ms, of which 4.0 ms send, period 10 ms",),
    "deadline_overrun_in_a_row": ("10.0 ms, of which 4.0 ms send, period 10 ms",),
    "deadline_worst": ("50.0 ms, of which 4.0 ms send",),
    "clock_wrong": ("no tick",),
    "clock_stepped": ("drive: +1 s",),
    "computer_warm": ("85 degC, limit 85 degC",),
    "computer_hot": ("100 degC, limit 100 degC",),
    "disk_full": ("5.0% free",),
    "computer_unwatched": ("temperature", "temperature, free disk"),
    "recorder_failed": ("No space left on device",),
    "end_asked": ("SIGTERM",),
    "power_lost_in_motion": ("power lost while moving",),
    "state_not_known": ("latches",),
    "state_not_written": ("disk full",),
}
"""Fault -> what its bad examples say, each wording once."""


@pytest.mark.parametrize("case", CASES, ids=[case.identifier for case in CASES])
@pytest.mark.requirement("SR-29")
def test_the_detail_of_a_fault_says_what_a_technician_needs(case: Case) -> None:
    told = [CONDITIONS[case.identifier](bad) for bad in case.bad]
    assert tuple(dict.fromkeys(told)) == DETAILS[case.identifier]


def test_no_detail_is_left_of_a_fault_that_is_gone() -> None:
    assert DETAILS.keys() == CONDITIONS.keys()


TWO = ("drive.A", "body.B")


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ("message_lost", message(lost=TWO)),
        ("message_corrupt", message(corrupt=TWO)),
        ("message_miscounted", message(miscounted=TWO)),
        ("message_distrusted", message(distrusted=TWO)),
        ("signal_unusable", message(signals=TWO)),
        ("bus_off", bus(off=TWO)),
        ("bus_given_up", bus(given_up=TWO)),
        ("bus_disturbed", bus(disturbed=TWO)),
        ("frames_lost", bus(frames_lost=TWO)),
        ("clock_stepped", bus(clock_steps=TWO)),
        ("value_frozen", found(frozen=TWO)),
        ("self_test_overdue", inputs(in_state_ns=10**12, self_test_missing=TWO)),
    ],
)
def test_where_there_are_several_all_are_named(identifier: str, told: MonitorInputs) -> None:
    assert CONDITIONS[identifier](told) == "drive.A, body.B"


@pytest.mark.parametrize(
    ("identifier", "told", "words"),
    [
        (
            "foreign_sender",
            bus(foreign_senders=("drive.A, by X", "body.B, by Y")),
            "drive.A, by X; body.B, by Y",
        ),
        (
            "steering_implausible",
            inputs(
                not_following={Actuator.STEERING_REAR: "rear, off", Actuator.STEERING_FRONT: "front, off"}
            ),
            "front, off; rear, off",
        ),
        ("steering_implausible", inputs(not_following={Actuator.STEERING_REAR: "rear, off"}), "rear, off"),
    ],
)
def test_what_has_commas_of_its_own_is_told_apart_by_semicolons(
    identifier: str, told: MonitorInputs, words: str
) -> None:
    assert CONDITIONS[identifier](told) == words


def test_of_an_identity_eight_characters_are_enough_to_compare() -> None:
    told = inputs(identity="0123456789abcdef", supervisor_identity="fedcba9876543210")
    assert CONDITIONS["configuration_mismatch"](told) == "control 01234567, supervisor fedcba98"
