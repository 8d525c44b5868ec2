"""Rules between the figures of a profile, worked out here by hand."""

import math

import pytest

from tests.vehicle.support import PROFILE_FILE, Configuration

FULL_MASS_KG = 26500 + 75000
GRADE_FORCE_N = FULL_MASS_KG * 9.80665 * 0.15 / math.hypot(1, 0.15)

BROKEN = [
    ("wheelbase_m = 8.0", "wheelbase_m = 14.8", "[geometry] wheelbase_m", "below 14.8 ([geometry] length_m)"),
    (
        "track_width_m = 2.5",
        "track_width_m = 3.1",
        "[geometry] track_width_m",
        "at most 3 ([geometry] width_m)",
    ),
    (
        "regeneration_torque_max_nm = 3000",
        "regeneration_torque_max_nm = 5601",
        "[traction] regeneration_torque_max_nm",
        "at most 5600 ([traction] torque_max_nm)",
    ),
    (
        "hold_force_n = 180000",
        "hold_force_n = 420001",
        "[brake] hold_force_n",
        "at most 420000 ([brake] force_max_n)",
    ),
    (
        "deceleration_max_mps2 = 0.7",
        "deceleration_max_mps2 = 1.9",
        "[limits] deceleration_max_mps2",
        "at most 1.8 ([limits] minimal_risk_deceleration_mps2)",
    ),
    (
        "lateral_std_max_m = 0.20",
        "lateral_std_max_m = 0.8",
        "[localisation] lateral_std_max_m",
        "below 0.8 ([control] cross_track_limit_m)",
    ),
    (
        "voltage_min_v = 480 ",
        "voltage_min_v = 614 ",
        "[battery] voltage_min_v",
        "below 614 ([battery] nominal_voltage_v)",
    ),
    (
        "voltage_max_v = 701 ",
        "voltage_max_v = 613 ",
        "[battery] voltage_max_v",
        "at least 614 ([battery] nominal_voltage_v)",
    ),
    (
        "cell_temperature_min_degc = -35",
        "cell_temperature_min_degc = 60",
        "[battery] cell_temperature_min_degc",
        "below 60 ([battery] cell_temperature_max_degc)",
    ),
    (
        "degraded_speed_mps = 2.0",
        "degraded_speed_mps = 9",
        "[safety] degraded_speed_mps",
        "at most 8.33 ([limits] speed_max_mps)",
    ),
    (
        "degraded_speed_mps = 2.0\nstandstill_speed_mps = 0.03",
        "degraded_speed_mps = 0.1\nstandstill_speed_mps = 0.1",
        "[safety] standstill_speed_mps",
        "below 0.1 ([safety] degraded_speed_mps)",
    ),
    (
        "stop_plan_life_s = 20.0",
        "stop_plan_life_s = 4.6",
        "[safety] stop_plan_life_s",
        "at least 4.62778 (the seconds of a stop from speed_max_mps at minimal_risk_deceleration_mps2)",
    ),
    (
        "comfortable_time_max_s = 14.0",
        "comfortable_time_max_s = 12.7",
        "[safety] comfortable_time_max_s",
        "at least 12.775 "
        "(the seconds of a stop from speed_max_mps at deceleration_max_mps2 and jerk_max_mps3)",
    ),
    (
        "comfortable_time_max_s = 14.0",
        "comfortable_time_max_s = 15.0",
        "[safety] comfortable_time_max_s",
        "below 15 ([safety] minimal_risk_time_max_s)",
    ),
    (
        "torque_slew_nmps = 8000",
        "torque_slew_nmps = 11930",
        "[traction] torque_slew_nmps",
        "at most 11925 (the slew at which the empty vehicle jerks with 15 m/s³, the hard bound)",
    ),
    (
        'name = "q_truck"',
        'name = "Q Truck/1"',
        "[vehicle] name",
        "a name for files (lower-case letters, digits, _ and -)",
    ),
    (
        "antenna_x_m = 2.0",
        "antenna_x_m = -20",
        "[localisation] antenna_x_m",
        "-14.8 to 14.8 ([geometry] length_m)",
    ),
    ("antenna_y_m = 0.0", "antenna_y_m = 3.5", "[localisation] antenna_y_m", "-3 to 3 ([geometry] width_m)"),
]


@pytest.mark.parametrize(("old", "new", "key", "expected"), BROKEN, ids=[row[2] for row in BROKEN])
def test_figures_that_contradict_each_other(
    old: str, new: str, key: str, expected: str, configuration: Configuration
) -> None:
    configuration.edit(PROFILE_FILE, old, new)
    problem = configuration.problem()
    assert (problem.key, problem.expected) == (key, expected)
    assert problem.line is not None


@pytest.mark.parametrize(("share", "holds"), [(0.999, False), (1.001, True)])
@pytest.mark.requirement("SR-23")
def test_the_held_force_must_hold_the_full_mass_on_the_grade(
    share: float, holds: bool, configuration: Configuration
) -> None:
    configuration.edit(PROFILE_FILE, "hold_force_n = 180000", f"hold_force_n = {share * GRADE_FORCE_N}")
    assert [problem.key for problem in configuration.problems()] == (
        [] if holds else ["[brake] hold_force_n"]
    )


@pytest.mark.parametrize(("share", "stops"), [(0.999, False), (1.001, True)])
def test_the_brakes_must_stop_the_full_mass_on_the_grade(
    share: float, stops: bool, configuration: Configuration
) -> None:
    force = share * (GRADE_FORCE_N + FULL_MASS_KG * 1.8)
    configuration.edit(PROFILE_FILE, "force_max_n = 420000", f"force_max_n = {force}")
    assert [problem.key for problem in configuration.problems()] == ([] if stops else ["[brake] force_max_n"])


EQUAL = [
    ("track_width_m = 2.5", "track_width_m = 3.0"),
    ("hold_force_n = 180000", "hold_force_n = 420000"),
    ("deceleration_max_mps2 = 0.7", "deceleration_max_mps2 = 1.8"),
    ("regeneration_torque_max_nm = 3000", "regeneration_torque_max_nm = 5600"),
    ("degraded_speed_mps = 2.0", "degraded_speed_mps = 8.33"),
    ("antenna_x_m = 2.0", "antenna_x_m = -14.8"),
    ("antenna_y_m = 0.0", "antenna_y_m = 3.0"),
]


@pytest.mark.parametrize(("old", "new"), EQUAL, ids=[row[1] for row in EQUAL])
def test_a_bound_itself_is_permitted(old: str, new: str, configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, old, new)
    assert configuration.problems() == ()


def test_no_budget_is_shorter_than_the_stop_that_it_is_for(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, "minimal_risk_time_max_s = 15.0", "minimal_risk_time_max_s = 4.6")
    told = {problem.key: problem.expected for problem in configuration.problems()}
    assert told["[safety] minimal_risk_time_max_s"] == (
        "at least 4.62778 (the seconds of a stop from speed_max_mps at minimal_risk_deceleration_mps2)"
    )


def test_what_it_tows_must_be_stopped_and_held_on_the_grade_too(configuration: Configuration) -> None:
    configuration.edit(
        PROFILE_FILE, "payload_max_kg = 75000", "payload_max_kg = 35000\ntrailer_max_kg = 40000"
    )
    assert configuration.problems() == ()
    configuration.edit(PROFILE_FILE, "trailer_max_kg = 40000", "trailer_max_kg = 80000")
    assert {problem.key for problem in configuration.problems()} == {
        "[brake] hold_force_n",
        "[brake] force_max_n",
    }


def test_rear_steering_needs_its_signals(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, 'steering_rear_angle_rad = "drive.SteeringFeedback.RearAngle"\n', "")
    problem = configuration.problem()
    assert problem.key == "[inputs] steering_rear_angle_rad"
    assert problem.expected == "bus.Message.Signal, as [geometry] rear_steer_ratio is not 0"
    assert problem.got == "nothing"
    assert problem.line == configuration.line(PROFILE_FILE, "[inputs]")
