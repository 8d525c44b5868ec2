"""Decoded values become a VehicleState, Commands become values to encode."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.vehicle.enums import (
    ButtonState,
    ContactorRequest,
    ModeKey,
    MotionState,
    OnOffState,
    ParkBrakeRequest,
    SafetyState,
    SwitchState,
)
from firmware_runtime.vehicle.load import Profile, load_profile
from firmware_runtime.vehicle.signals import INPUT_SPECS, OUTPUT_SPECS, Commands, VehicleState
from firmware_runtime.vehicle.state_builder import CommandValues, StateBuilder
from tests.vehicle.support import BODY_DBC, Q_TRUCK, YARD_TRACTOR, copy_configuration

Q_TRUCK_PROFILE = load_profile(Q_TRUCK)
YARD_TRACTOR_PROFILE = load_profile(YARD_TRACTOR)
CAB = ("cab_override", "cab_accelerator", "cab_brake", "cab_steering_rad")


def builder(profile: Profile, **calibration: Any) -> StateBuilder:
    changed = msgspec.structs.replace(profile.calibration, **calibration)
    return StateBuilder(profile.inputs, profile.input_enums, changed)


def build(profile: Profile, changes: dict[str, float], **calibration: Any) -> VehicleState:
    values = [changes.get(binding.name, 1.0) for binding in profile.inputs]
    return builder(profile, **calibration).build(values, [0] * len(values), 7)


def encode(profile: Profile, commands: Commands, **calibration: Any) -> dict[str, float]:
    changed = msgspec.structs.replace(profile.calibration, **calibration)
    values = CommandValues(profile.outputs, profile.output_raws, changed).values(commands)
    return dict(zip([binding.name for binding in profile.outputs], values, strict=True))


@given(st.lists(st.floats(-1e6, 1e6), min_size=50, max_size=50))
def test_every_number_arrives_at_the_field_of_its_binding(numbers: list[float]) -> None:
    profile = Q_TRUCK_PROFILE
    values = [
        1.0 if binding.name in profile.input_enums else number
        for binding, number in zip(profile.inputs, numbers, strict=True)
    ]
    state = builder(profile).build(values, [0] * 50, 123)
    for binding, value in zip(profile.inputs, values, strict=True):
        assert getattr(state, binding.name) == value
    assert state.time_ns == 123
    assert state.unusable == frozenset()


def test_enumerations_arrive_as_members() -> None:
    state = build(Q_TRUCK_PROFILE, {"estop_channel_a": 0, "mode_key": 4, "bumper": 2})
    assert state.estop_channel_a is SwitchState.OPEN
    assert state.estop_channel_b is SwitchState.CLOSED
    assert state.mode_key is ModeKey.MAINTENANCE
    assert state.bumper is ButtonState.ERROR
    for spec in INPUT_SPECS:
        if spec.enum is not None:
            assert isinstance(getattr(state, spec.name), spec.enum)


@given(
    st.sampled_from([spec.name for spec in INPUT_SPECS if spec.enum is not None]),
    st.one_of(st.floats(), st.integers(-(2**63), 2**63)),
)
def test_a_raw_value_without_a_label_reads_as_not_available_and_is_unusable(name: str, raw: float) -> None:
    profile = YARD_TRACTOR_PROFILE
    known = raw in profile.input_enums[name]
    state = build(profile, {name: raw})
    assert (getattr(state, name).name == "NOT_AVAILABLE") or known
    assert state.unusable == (frozenset() if known else {name})
    assert state.usable(name) is known


def test_what_the_codec_does_not_trust_is_unusable() -> None:
    profile = Q_TRUCK_PROFILE
    reasons = [0] * len(profile.inputs)
    place = {binding.name: index for index, binding in enumerate(profile.inputs)}
    reasons[place["motor_speed_radps"]], reasons[place["load_locked"]] = 2, 1
    values = [1.0] * len(profile.inputs)
    values[place["bumper"]] = 9.0
    state = builder(profile).build(values, reasons, 0)
    assert state.unusable == {"motor_speed_radps", "load_locked", "bumper"}
    assert not state.usable("wheel_speed_front_left_mps", "load_locked")
    assert state.usable("wheel_speed_front_left_mps")


def test_a_vehicle_without_rear_steering_has_rear_wheels_straight_ahead_and_usable() -> None:
    values = {binding.name: float(index) for index, binding in enumerate(YARD_TRACTOR_PROFILE.inputs)}
    values |= dict.fromkeys(YARD_TRACTOR_PROFILE.input_enums, 1.0)
    state = build(YARD_TRACTOR_PROFILE, values, steering_rear_zero_rad=0.1)
    assert state.steering_rear_angle_rad == 0.0
    assert state.usable("steering_rear_angle_rad")
    assert state.load_mass_kg == values["load_mass_kg"]
    assert state.wheel_speed_front_left_mps == values["wheel_speed_front_left_mps"]


def test_without_a_cab_nobody_overrides_and_nothing_is_missing() -> None:
    state = build(Q_TRUCK_PROFILE, {})
    assert state.cab_override is OnOffState.NOT_AVAILABLE
    assert (state.cab_accelerator, state.cab_brake, state.cab_steering_rad) == (0.0, 0.0, 0.0)
    assert state.usable(*CAB)


def test_a_driver_in_the_cab_is_heard() -> None:
    asked = {"cab_override": 1.0, "cab_accelerator": 0.4, "cab_brake": 0.2, "cab_steering_rad": -0.3}
    state = build(YARD_TRACTOR_PROFILE, asked, steering_front_zero_rad=0.05)
    assert state.cab_override is OnOffState.ON
    assert (state.cab_accelerator, state.cab_brake) == (0.4, 0.2)
    assert state.cab_steering_rad == -0.3, "what a wheel asks for has no zero of the axle in it"


def test_who_hears_only_some_signals_must_not_trust_the_others() -> None:
    profile = Q_TRUCK_PROFILE
    some = [binding for binding in profile.inputs if binding.name in ("estop_channel_a", "brake_force_n")]
    hears = StateBuilder(some, profile.input_enums, profile.calibration)
    state = hears.build([500.0, 1.0], [0, 0], 0)
    assert (state.brake_force_n, state.estop_channel_a) == (500.0, SwitchState.CLOSED)
    assert state.estop_channel_b is SwitchState.NOT_AVAILABLE
    assert state.usable("estop_channel_a", "brake_force_n")
    others = {spec.name for spec in INPUT_SPECS} - {"estop_channel_a", "brake_force_n"}
    assert state.unusable == others - {"steering_rear_angle_rad", *CAB}
    assert hears.build([500.0, 1.0], [0, 2], 0).unusable == state.unusable | {"estop_channel_a"}


def test_calibration_of_what_is_heard() -> None:
    heard = {"wheel_speed_front_left_mps": 2.0, "wheel_speed_rear_right_mps": -4.0, "motor_speed_radps": 10.0}
    heard |= {"steering_front_angle_rad": 0.3, "steering_rear_angle_rad": -0.2, "brake_force_n": 1200.0}
    state = build(
        Q_TRUCK_PROFILE,
        heard,
        wheel_radius_scale=1.05,
        steering_front_zero_rad=0.02,
        steering_rear_zero_rad=-0.01,
        brake_gain=1.2,
    )
    assert state.wheel_speed_front_left_mps == pytest.approx(2.1)
    assert state.wheel_speed_front_right_mps == pytest.approx(1.05)
    assert state.wheel_speed_rear_left_mps == pytest.approx(1.05)
    assert state.wheel_speed_rear_right_mps == pytest.approx(-4.2)
    assert state.motor_speed_radps == 10.0
    assert state.steering_front_angle_rad == pytest.approx(0.28)
    assert state.steering_rear_angle_rad == pytest.approx(-0.19)
    assert state.brake_force_n == pytest.approx(1000.0)


def test_the_values_handed_in_are_left_as_they_are() -> None:
    values = [1.0] * len(Q_TRUCK_PROFILE.inputs)
    builder(Q_TRUCK_PROFILE, wheel_radius_scale=1.1).build(values, [0] * len(values), 0)
    assert values == [1.0] * len(Q_TRUCK_PROFILE.inputs)


def test_the_safe_words_are_the_defaults() -> None:
    values = encode(Q_TRUCK_PROFILE, Commands())
    assert values["park_brake_request"] == 1.0, "APPLY"
    assert {name for name, value in values.items() if value != 0.0} == {"park_brake_request"}


def test_commands_in_the_order_of_the_outputs() -> None:
    commands = Commands(
        heartbeat_motion_state=MotionState.DRIVING,
        heartbeat_safety_state=SafetyState.NOT_AVAILABLE,
        heartbeat_identity=4294967295.0,
        traction_enable=OnOffState.ON,
        traction_torque_nm=-120.5,
        brake_force_n=3000.0,
        park_brake_request=ParkBrakeRequest.RELEASE,
        contactor_request=ContactorRequest.CLOSE,
        steering_front_angle_rad=0.25,
        steering_rear_angle_rad=-0.25,
        status_safety_state=SafetyState.AUTO,
    )
    values = encode(Q_TRUCK_PROFILE, commands)
    assert list(values) == [spec.name for spec in OUTPUT_SPECS]
    assert values["heartbeat_motion_state"] == 1.0
    assert values["heartbeat_safety_state"] == 255.0
    assert values["heartbeat_identity"] == 4294967295.0
    assert values["traction_torque_nm"] == -120.5
    assert values["brake_force_n"] == 3000.0
    assert values["park_brake_request"] == 0.0
    assert values["contactor_request"] == 1.0
    assert values["status_safety_state"] == 4.0
    assert (values["steering_front_angle_rad"], values["steering_rear_angle_rad"]) == (0.25, -0.25)
    assert "steering_rear_angle_rad" not in encode(YARD_TRACTOR_PROFILE, commands)


def test_calibration_of_what_is_said() -> None:
    commands = Commands(brake_force_n=1000.0, steering_front_angle_rad=0.28, steering_rear_angle_rad=-0.19)
    values = encode(
        Q_TRUCK_PROFILE,
        commands,
        brake_gain=1.2,
        steering_front_zero_rad=0.02,
        steering_rear_zero_rad=-0.01,
        wheel_radius_scale=1.1,
    )
    assert values["brake_force_n"] == pytest.approx(1200.0)
    assert values["steering_front_angle_rad"] == pytest.approx(0.30)
    assert values["steering_rear_angle_rad"] == pytest.approx(-0.20)


@given(
    angle=st.floats(-0.5, 0.5),
    force=st.floats(0, 400_000),
    zero=st.floats(-0.2, 0.2),
    gain=st.floats(0.5, 2),
)
def test_what_is_said_is_heard_as_it_was_meant(angle: float, force: float, zero: float, gain: float) -> None:
    """An actuator that reports exactly what it was asked for shows no deviation, whatever the calibration."""
    calibration = {"steering_front_zero_rad": zero, "brake_gain": gain}
    said = encode(
        Q_TRUCK_PROFILE, Commands(steering_front_angle_rad=angle, brake_force_n=force), **calibration
    )
    heard = {name: said[name] for name in ("steering_front_angle_rad", "brake_force_n")}
    state = build(Q_TRUCK_PROFILE, heard, **calibration)
    assert state.steering_front_angle_rad == pytest.approx(angle, abs=1e-12)
    assert state.brake_force_n == pytest.approx(force, rel=1e-12)


def test_a_member_without_a_word_in_the_dbc_cannot_be_encoded(tmp_path: Path) -> None:
    configuration = copy_configuration(tmp_path)
    configuration.edit(BODY_DBC, 'ContactorRequest 0 "OPEN" 1 "CLOSE" 2 "ERROR"',
                       'ContactorRequest 0 "OPEN" 1 "CLOSE"')  # fmt: skip
    values = encode(configuration.load(), Commands(contactor_request=ContactorRequest.ERROR))
    assert math.isnan(values["contactor_request"])


def test_every_canonical_enumeration_has_a_word_for_not_available() -> None:
    for spec in (*INPUT_SPECS, *OUTPUT_SPECS):
        if spec.enum is not None:
            assert "NOT_AVAILABLE" in spec.enum.__members__
            assert min(member.value for member in spec.enum) >= 0, "the raw table is indexed by the number"
