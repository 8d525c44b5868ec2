"""Canonical signals bound to DBC signals: conversion, range, labels, and what a message must promise."""

import math
from pathlib import Path

import cantools
import pytest

from firmware_runtime.safety import state_table
from firmware_runtime.vehicle.enums import ActuatorStatus, ModeKey, SwitchState
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.needs import REMOTE_SPEED_MPS, Span
from firmware_runtime.vehicle.signals import INPUT_SPECS, OUTPUT_SPECS
from tests.vehicle.support import (
    BODY_DBC,
    DRIVE_DBC,
    E_TRUCK,
    PROFILE_FILE,
    PROJECT,
    YARD_TRACTOR,
    Configuration,
)


def test_each_binding_converts_as_its_unit_says(configuration: Configuration) -> None:
    inputs = {binding.name: binding for binding in configuration.load().inputs}
    assert inputs["wheel_speed_front_left_mps"].si_factor == pytest.approx(1 / 3.6, rel=1e-15)
    assert inputs["motor_speed_radps"].si_factor == pytest.approx(math.tau / 60, rel=1e-15)
    assert inputs["steering_front_angle_rad"].si_factor == pytest.approx(math.pi / 180, rel=1e-15)
    assert inputs["brake_reservoir_pa"].si_factor == 100_000
    assert inputs["battery_soc"].si_factor == 0.01
    assert inputs["battery_isolation_ohm"].si_factor == 1000
    assert inputs["battery_discharge_power_max_w"].si_factor == 1000
    assert inputs["supply_voltage_v"].si_factor == 1


def test_an_input_is_plausible_within_the_canonical_and_the_dbcs_range(configuration: Configuration) -> None:
    inputs = {binding.name: binding for binding in configuration.load().inputs}
    wheel = inputs["wheel_speed_front_left_mps"]
    assert (wheel.low, wheel.high) == (-20, 20), "the DBC's range is wider"
    assert (inputs["load_mass_kg"].low, inputs["load_mass_kg"].high) == (0, 320_000)
    configuration.edit(DRIVE_DBC, '(0.05,0) [0|12.5] "bar"', '(0.05,0) [0|10] "bar"')
    inputs = {binding.name: binding for binding in configuration.load().inputs}
    assert inputs["brake_reservoir_pa"].high == 1_000_000, "the DBC's range is narrower"


def test_an_output_may_use_what_the_dbc_carries(configuration: Configuration) -> None:
    outputs = {binding.name: binding for binding in configuration.load().outputs}
    torque = outputs["traction_torque_nm"]
    assert (torque.low, torque.high) == (-16000, 16000)
    configuration.edit(DRIVE_DBC, 'TorqueRequest : 16|16@1- (0.5,0) [-16000|16000]',
                       'TorqueRequest : 16|16@1- (0.25,-100) [0|0]')  # fmt: skip
    outputs = {binding.name: binding for binding in configuration.load().outputs}
    torque = outputs["traction_torque_nm"]
    assert (torque.low, torque.high) == (-32768 * 0.25 - 100, 32767 * 0.25 - 100)


def test_bindings_stand_in_the_canonical_order() -> None:
    profile = load_profile(YARD_TRACTOR)
    without_rear = [spec.name for spec in INPUT_SPECS if spec.name != "steering_rear_angle_rad"]
    assert [binding.name for binding in profile.inputs] == without_rear
    without_rear = [spec.name for spec in OUTPUT_SPECS if spec.name != "steering_rear_angle_rad"]
    assert [binding.name for binding in profile.outputs] == without_rear


def test_every_vehicle_hears_the_dead_man_the_off_button_and_a_remote_driver(
    configuration: Configuration,
) -> None:
    bound = {binding.name: binding.path for binding in configuration.load().inputs}
    assert bound["dead_man"] == "body.OperatorInputs.DeadMan"
    assert bound["off_button"] == "body.OperatorInputs.OffButton"
    assert bound["remote_speed_mps"] == "body.RemoteDemand.Speed"
    assert bound["remote_steering_rad"] == "body.RemoteDemand.SteeringAngle"


CAB = {
    "cab_override": "Override",
    "cab_accelerator": "Accelerator",
    "cab_brake": "Brake",
    "cab_steering_rad": "SteeringAngle",
}


@pytest.mark.parametrize("profile", [YARD_TRACTOR, E_TRUCK])
def test_a_cab_is_heard_where_the_vehicle_has_one(profile: Path) -> None:
    bound = {binding.name: binding.path for binding in load_profile(profile).inputs}
    assert {name: bound.get(name) for name in CAB} == {k: f"body.CabInputs.{v}" for k, v in CAB.items()}


@pytest.mark.parametrize("name", CAB)
def test_a_cab_that_is_not_heard_is_refused(name: str, configuration: Configuration) -> None:
    """Also where another key of the profile is wrong: all that is wrong is told at once."""
    configuration.edit(PROFILE_FILE, "cab = false", "cab = true")
    configuration.edit(PROFILE_FILE, "wheelbase_m = 8.0 ", "wheelbase_m = -8.0 ")
    keys = [problem.key for problem in configuration.problems()]
    assert f"[inputs] {name}" in keys
    assert "[geometry] wheelbase_m" in keys
    expected, got = told(configuration, f"[inputs] {name}")[0]
    assert expected.startswith("bus.Message.Signal (")
    assert got == "nothing"


@pytest.mark.parametrize("name", CAB)
def test_a_cab_is_not_heard_where_the_vehicle_has_none(name: str, configuration: Configuration) -> None:
    reference = f'"body.CabInputs.{CAB[name]}"'
    line = configuration.edit(PROFILE_FILE, 'dead_man = "', f'{name} = {reference}\ndead_man = "')
    problem = configuration.problem()
    assert (problem.key, problem.line) == (f"[inputs] {name}", line)
    assert (problem.expected, problem.got) == ("no input of a cab, as [vehicle] cab is false", reference)


def test_a_profile_that_does_not_say_whether_it_has_a_cab_is_asked_that_alone(
    configuration: Configuration,
) -> None:
    configuration.edit(PROFILE_FILE, "cab = false", 'cab = "no"')
    assert configuration.problem().key == "[vehicle] cab"


def test_a_remote_driver_must_be_able_to_ask_for_what_he_is_granted(configuration: Configuration) -> None:
    assert REMOTE_SPEED_MPS == state_table.REMOTE_SPEED_MPS == 1.5
    configuration.edit(BODY_DBC, "(0.001,0) [-10|10]", "(0.001,0) [-1.4|10]")
    ((expected, got),) = told(configuration, "[inputs] remote_speed_mps")
    assert expected == "a signal that carries -1.5 to 1.5 m/s, as this vehicle needs"
    assert got.startswith("-1.4 to 10 m/s in body.RemoteDemand.Speed (")


def test_every_enumerations_numbers_are_the_dbcs_as_cantools_reads_them() -> None:
    profile = load_profile(YARD_TRACTOR)
    checked = 0
    for bus, dbc in (("drive", "yard_tractor_drive.dbc"), ("body", "yard_body.dbc")):
        database = cantools.database.Database()
        database.add_dbc_file(PROJECT / "dbc" / dbc)
        for binding in (*profile.inputs, *profile.outputs):
            if binding.bus != bus:
                continue
            choices = database.get_message_by_name(binding.message).get_signal_by_name(binding.signal).choices
            for raw, label in (choices or {}).items():
                if binding.name in profile.input_enums and binding in profile.inputs:
                    assert profile.input_enums[binding.name][float(raw)].name == str(label)
                    checked += 1
                if binding.name in profile.output_raws and binding in profile.outputs:
                    assert raw in profile.output_raws[binding.name]
                    checked += 1
    assert checked > 150


def test_a_dbc_may_use_other_numbers_than_ours(configuration: Configuration) -> None:
    configuration.edit(BODY_DBC, 'ChannelA 0 "OPEN" 1 "CLOSED" 2 "ERROR" 3 "NOT_AVAILABLE"',
                       'ChannelA 2 "OPEN" 1 "CLOSED" 3 "OPEN"')  # fmt: skip
    configuration.edit(BODY_DBC, 'ContactorRequest 0 "OPEN" 1 "CLOSE" 2 "ERROR" 3 "NOT_AVAILABLE"',
                       'ContactorRequest 2 "OPEN" 1 "CLOSE"')  # fmt: skip
    profile = configuration.load()
    table = profile.input_enums["estop_channel_a"]
    assert table == {2.0: SwitchState.OPEN, 1.0: SwitchState.CLOSED, 3.0: SwitchState.OPEN}
    open_, close, error, absent = profile.output_raws["contactor_request"]
    assert (open_, close) == (2.0, 1.0)
    assert math.isnan(error), "no word for it in the DBC"
    assert math.isnan(absent)


def test_an_enumeration_reads_as_not_available_before_its_first_reception(
    configuration: Configuration,
) -> None:
    configuration.edit(BODY_DBC, '4 "MAINTENANCE" 7 "NOT_AVAILABLE"', '4 "MAINTENANCE"')
    profile = configuration.load()
    default = {binding.name: binding.default for binding in profile.inputs}
    assert profile.input_enums["traction_status"][default["traction_status"]] is ActuatorStatus.NOT_AVAILABLE
    assert profile.input_enums["mode_key"].get(default["mode_key"]) is None
    assert ModeKey.NOT_AVAILABLE not in profile.input_enums["mode_key"].values()


def told(configuration: Configuration, key: str) -> list[tuple[str, str]]:
    return [(p.expected, p.got) for p in configuration.problems() if p.key == key]


def test_an_output_label_that_stands_twice_is_ambiguous(configuration: Configuration) -> None:
    configuration.edit(BODY_DBC, 'ContactorRequest 0 "OPEN" 1 "CLOSE" 2 "ERROR"',
                       'ContactorRequest 0 "OPEN" 1 "CLOSE" 2 "CLOSE"')  # fmt: skip
    ((expected, got),) = told(configuration, "[outputs] contactor_request")
    assert expected == "one raw value a label"
    assert got.startswith('a second one, 2, for "CLOSE" in body.BatteryCommand.ContactorRequest')


def test_a_label_may_hold_anything_and_is_quoted(configuration: Configuration) -> None:
    configuration.edit(BODY_DBC, 'ChannelA 0 "OPEN"', 'ChannelA 0 "OP\nEN"')
    first, second = told(configuration, "[inputs] estop_channel_a")
    assert first[0] == 'labels of SwitchState (did you mean "OPEN"?)'
    assert first[1].startswith('0 "OP\\nEN" in body.EStopStatus.ChannelA (')
    assert second[1].startswith("none for OPEN in ")


def test_an_enumeration_is_not_scaled(configuration: Configuration) -> None:
    configuration.edit(BODY_DBC, "ChannelA : 12|2@1+ (1,0)", "ChannelA : 12|2@1+ (2,0)")
    ((expected, got),) = told(configuration, "[inputs] estop_channel_a")
    assert expected == "an enumeration: whole numbers of at most 16 bits, factor 1, offset 0"
    assert got.startswith("2 bits, factor 2, offset 0 in body.EStopStatus.ChannelA")


def test_the_place_of_the_dbc_signal_is_named(configuration: Configuration) -> None:
    line = configuration.edit(DRIVE_DBC, '[-12000|12000] "rpm"', '[-12000|12000] "V"')
    ((_, got),) = told(configuration, "[inputs] motor_speed_radps")
    assert got.endswith(f"drive.TractionFeedback.MotorSpeed ({configuration.folder / DRIVE_DBC}:{line})")


RANGES = [
    # overspeed of 20 % must show: 8.33 m/s / 0.6 m * 20 * 1.2 = 333.2 rad/s
    (
        "MotorSpeed : 16|16@1- (0.5,0) [-12000|12000]",
        DRIVE_DBC,
        "MotorSpeed : 16|16@1- (0.5,0) [-3000|3000]",
        "[inputs] motor_speed_radps",
        "a signal that carries -333.2 to 333.2 rad/s, as this vehicle needs",
    ),
    (
        "Voltage : 16|16@1+ (0.1,0) [0|1500]",
        BODY_DBC,
        "Voltage : 16|12@1+ (0.1,0) [0|0]",
        "[inputs] battery_voltage_v",
        "a signal that carries 0 to 736.05 V, as this vehicle needs",
    ),
    (
        "RouteShare : 32|8@1+ (0.4,0) [0|100]",
        BODY_DBC,
        "RouteShare : 32|8@1+ (0.2,0) [0|50]",
        "[outputs] status_route_share",
        "a signal that carries 0 to 1, as this vehicle needs",
    ),
]


@pytest.mark.parametrize(("old", "file", "new", "key", "expected"), RANGES, ids=[r[3] for r in RANGES])
def test_a_signal_must_carry_what_the_vehicle_needs(
    old: str, file: str, new: str, key: str, expected: str, configuration: Configuration
) -> None:
    configuration.edit(file, old, new)
    ((told_expected, got),) = told(configuration, key)
    assert told_expected == expected
    assert " in " in got


def test_steering_must_carry_the_largest_angle_and_the_zero(configuration: Configuration) -> None:
    configuration.edit(DRIVE_DBC, 'SG_ FrontAngle : 16|16@1- (0.005,0) [-90|90] "deg" STEERING',
                       'SG_ FrontAngle : 16|16@1- (0.005,0) [-30|30] "deg" STEERING')  # fmt: skip
    assert configuration.problems() == (), "0.5 rad is 28.6 degrees"
    configuration.edit("configs/q_truck.calibration.toml", "steering_front_zero_rad = 0.0",
                       "steering_front_zero_rad = -0.05")  # fmt: skip
    assert (
        configuration.problem().expected == "a signal that carries -0.55 to 0.55 rad, as this vehicle needs"
    )


def test_figures_beyond_the_canonical_range_are_refused(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, "gear_ratio = 20.0", "gear_ratio = 100.0")
    configuration.edit(PROFILE_FILE, "torque_slew_nmps = 8000", "torque_slew_nmps = 2000")
    problem = configuration.problem()
    assert problem.key == "[inputs] motor_speed_radps"
    assert problem.expected.startswith("a signal that carries -1666 to 1666 rad/s")
    assert problem.got.startswith("-1256.64 to 1256.64 rad/s in drive.TractionFeedback.MotorSpeed")
    configuration.edit(DRIVE_DBC, "MotorSpeed : 16|16@1- (0.5,0) [-12000|12000]",
                       "MotorSpeed : 16|16@1- (1,0) [0|0]")  # fmt: skip
    assert configuration.problem().got == "-1300 to 1300 rad/s, the plausible range of motor_speed_radps"


def test_a_span_holds_itself_to_within_rounding() -> None:
    assert Span(-1.0, 1.0).holds(Span(-1.0, 1.0 + 1e-12))
    assert not Span(-1.0, 1.0).holds(Span(-1.0, 1.0 + 1e-6))
    assert not Span(0.0, 1.0).holds(Span(-1e-3, 1.0))


STEERING = "2365527315"

PROMISES = [
    (
        f'BA_ "E2eProfile" BO_ {STEERING} "P01"',
        f'BA_ "E2eProfile" BO_ {STEERING} "P07"',
        "an E2eProfile of P01, P01B, P01C, P01_LOW, P02, P05, P11, P11C, CRC8_COUNTER, XOR_COUNTER, "
        "SUM_COUNTER, J1939_TSC1, J1939_XBR for drive.SteeringFeedback",
        '"P07"',
    ),
    (
        'SG_ Crc : 0|8@1+ (1,0) [0|255] "" RUNTIME\n SG_ Counter : 8|4@1+ (1,0) [0|14] "" RUNTIME\n'
        ' SG_ Status : 12|4@1+ (1,0) [0|15] "" RUNTIME\n SG_ FrontAngle',
        'SG_ Counter : 8|4@1+ (1,0) [0|14] "" RUNTIME\n'
        ' SG_ Status : 12|4@1+ (1,0) [0|15] "" RUNTIME\n SG_ FrontAngle',
        "the checksum of P01 as a signal of byte 0 for drive.SteeringFeedback",
        "no such signal",
    ),
    (
        'SG_ Crc : 0|8@1+ (1,0) [0|255] "" RUNTIME\n SG_ Counter : 8|4@1+ (1,0) [0|14] "" RUNTIME\n'
        ' SG_ Status : 12|4@1+ (1,0) [0|15] "" RUNTIME\n SG_ FrontAngle',
        'SG_ Crc : 0|8@1+ (1,0) [0|255] "" RUNTIME\n'
        ' SG_ Status : 12|4@1+ (1,0) [0|15] "" RUNTIME\n SG_ FrontAngle',
        "the counter of P01 as a signal of bits 8 to 11 for drive.SteeringFeedback",
        "no such signal",
    ),
    (
        f'BA_ "E2eDataId" BO_ {STEERING} 65301;\n',
        "",
        "E2eDataId 1..65535 (P01) for drive.SteeringFeedback",
        "none",
    ),
    (
        f'BA_ "E2eDataId" BO_ {STEERING} 65301',
        f'BA_ "E2eDataId" BO_ {STEERING} 65300',
        "an E2eDataId of its own for drive.SteeringFeedback",
        "65300, which BrakeFeedback has too",
    ),
    (
        f'BA_ "GenMsgTimeoutTime" BO_ {STEERING} 30',
        f'BA_ "GenMsgTimeoutTime" BO_ {STEERING} 41',
        "a deadline (GenMsgTimeoutTime) of 10 to 40 ms for drive.SteeringFeedback",
        "41 ms",
    ),
    (
        f'BA_ "GenMsgTimeoutTime" BO_ {STEERING} 30;\n',
        "",
        "a deadline (GenMsgTimeoutTime) of 10 to 40 ms for drive.SteeringFeedback",
        "none",
    ),
    (
        f"BO_ {STEERING} SteeringFeedback: 8",
        f"BO_ {STEERING} SteeringFeedback: 12",
        "1 to 8 bytes, as J1939 sends in one frame for drive.SteeringFeedback",
        "12",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected", "got"), PROMISES, ids=[row[2] for row in PROMISES])
def test_a_heard_message_must_promise_protection_and_deadline(
    old: str, new: str, expected: str, got: str, configuration: Configuration
) -> None:
    configuration.edit(DRIVE_DBC, old, new)
    problem = configuration.problem()
    assert (problem.key, problem.expected, problem.got) == (
        "[inputs] steering_front_angle_rad",
        expected,
        got,
    )


@pytest.mark.parametrize(("deadline_ms", "good"), [(9, False), (10, True), (40, True), (41, False)])
def test_a_deadline_is_one_to_four_cycles(deadline_ms: int, good: bool, configuration: Configuration) -> None:
    attribute = f'BA_ "GenMsgTimeoutTime" BO_ {STEERING}'
    configuration.edit(DRIVE_DBC, f"{attribute} 30", f"{attribute} {deadline_ms}")
    assert (configuration.problems() == ()) is good


def test_the_greatest_data_identifier_is_permitted(configuration: Configuration) -> None:
    configuration.edit(
        DRIVE_DBC, f'BA_ "E2eDataId" BO_ {STEERING} 65301', f'BA_ "E2eDataId" BO_ {STEERING} 65535'
    )
    assert configuration.problems() == ()


def test_a_sent_message_goes_out_in_whole_ticks(configuration: Configuration) -> None:
    configuration.edit(
        BODY_DBC, 'BA_ "GenMsgCycleTime" BO_ 2365530151 20', 'BA_ "GenMsgCycleTime" BO_ 2365530151 25'
    )
    problem = configuration.problem()
    assert problem.key == "[outputs] contactor_request"
    assert problem.expected == "a cycle time in whole ticks of 10 ms for body.BatteryCommand"
    assert problem.got == "25 ms"


def test_a_message_that_only_informs_people_may_go_unprotected(configuration: Configuration) -> None:
    configuration.edit(BODY_DBC, 'BA_ "E2eProfile" BO_ 2566857255 "P01";\n', "")
    crc = ' SG_ Crc : 0|8@1+ (1,0) [0|255] "" BODY\n'
    counter = ' SG_ Counter : 8|4@1+ (1,0) [0|14] "" BODY\n'
    configuration.edit(BODY_DBC, f"{crc}{counter} SG_ SafetyState", " SG_ SafetyState")
    assert configuration.problems() == ()


def test_attributes_may_be_given_by_their_default(configuration: Configuration) -> None:
    configuration.edit(DRIVE_DBC, f'BA_ "GenMsgCycleTime" BO_ {STEERING} 10;\n', "")
    configuration.edit(DRIVE_DBC, 'BA_DEF_DEF_ "GenMsgCycleTime" 0', 'BA_DEF_DEF_ "GenMsgCycleTime" 10')
    assert configuration.problems() == ()


def test_crc_and_counter_cannot_be_bound(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, '"body.BatteryStatus.FaultCode"', '"body.BatteryStatus.Counter"')
    problem = configuration.problem()
    assert (problem.expected, problem.got) == ("a signal beside the protection", "Counter, a CRC or counter")


def test_what_the_runtime_says_it_does_not_hear(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, '"body.BatteryStatus.FaultCode"', '"body.RuntimeStatus.ActiveFaults"')
    problem = configuration.problem()
    assert problem.key == "[outputs] status_safety_state"
    assert problem.expected == "a message that is not bound as an input too"
    assert problem.got == "RuntimeStatus"


def test_what_only_the_codec_refuses_is_told_too(configuration: Configuration) -> None:
    """Floating-point numbers of 16 bits are good DBC, and no business of the binding, but of the codec."""
    with open(configuration.folder / BODY_DBC, "a") as target:
        target.write("SIG_VALTYPE_ 2365534451 LinkVoltage : 1;\n")
    problem = configuration.problem()
    assert problem.key == "[inputs]"
    assert problem.line == configuration.line(PROFILE_FILE, "[inputs]")
    assert problem.expected == "signals that can be used"
    assert "body.BatteryStatus.LinkVoltage: expected a float of 32 or 64 bits" in problem.got
