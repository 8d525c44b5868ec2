"""Each field of a profile is checked by itself, against limits that are written here again."""

from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from firmware_runtime.vehicle.bounds import HARD_BOUNDS
from firmware_runtime.vehicle.fields import Findings, read_struct, unit_of_key
from firmware_runtime.vehicle.profile import Battery, Calibration, ProfileData, Safety
from firmware_runtime.vehicle.toml_lines import TomlDocument
from tests.vehicle.support import CALIBRATION_FILE, PROFILE_FILE, Configuration

SAFETY_RELEVANT_LIMITS = {
    "[limits] minimal_risk_deceleration_mps2": (0.3, 4),  # UN R157: at most 4 m/s²
    "[limits] speed_max_mps": (0.1, 12),
    "[limits] acceleration_max_mps2": (0.05, 2),
    "[limits] deceleration_max_mps2": (0.05, 3),
    "[limits] lateral_acceleration_max_mps2": (0.1, 3),
    "[limits] lateral_jerk_max_mps3": (0.2, 5),
    "[limits] jerk_max_mps3": (0.1, 10),
    "[steering] front_angle_max_rad": (0.05, 1.2),
    "[steering] rate_max_radps": (0.01, 1.5),
    "[traction] torque_max_nm": (1, 20000),
    "[resistance] grade_max": (0, 0.3),
    "[safety] proposal_age_max_s": (0.01, 0.05),  # control hung: supervisor within 50 ms
    "[safety] stop_plan_life_s": (0.1, 60),
    "[safety] standstill_speed_mps": (0.005, 0.2),
    "[safety] estop_disagreement_max_s": (0.02, 1),
    "[safety] self_test_time_max_s": (0.5, 60),
    "[safety] comfortable_time_max_s": (1, 60),
    "[safety] minimal_risk_time_max_s": (1, 60),
    "[safety] degraded_time_max_s": (1, 3600),
    "[battery] precharge_time_max_s": (0.1, 20),
    "[battery] opening_current_max_a": (0.5, 50),
    "[battery] opening_time_max_s": (0.1, 5),
    "[battery] isolation_min_ohm_per_v": (100, 10000),  # UN R100: at least 100 ohm/V
}


@pytest.mark.parametrize("key", SAFETY_RELEVANT_LIMITS)
@pytest.mark.requirement("SR-16")
def test_safety_relevant_limits(key: str, configuration: Configuration) -> None:
    table, name = key[1:].split("] ")
    low, high = SAFETY_RELEVANT_LIMITS[key]
    line = next(
        text for text in configuration.profile.read_text().splitlines() if text.startswith(f"{name} = ")
    )
    for value in (low - 0.001, high + 0.001):
        configuration.edit(PROFILE_FILE, line, f"{name} = {value}")
        problem = next(problem for problem in configuration.problems() if problem.key == key)
        assert problem.expected.startswith(f"a number of {low} to {high}")
        assert problem.got == f"{value:.6g}"
        configuration.edit(PROFILE_FILE, f"{name} = {value}", line)
    assert table in {"limits", "steering", "traction", "resistance", "safety", "battery"}


HARD = {  # name: (low, high), the numbers of `bounds` again
    "speed": (0.1, 12),
    "acceleration": (0.05, 2),
    "deceleration of normal driving": (0.05, 3),
    "deceleration of a minimal-risk stop": (0.3, 4),
    "lateral acceleration": (0.1, 3),
    "lateral jerk": (0.2, 5),
    "jerk of normal driving": (0.1, 10),
    "jerk of the traction": (0, 15),
    "steering angle": (0.05, 1.2),
    "steering rate": (0.01, 1.5),
    "torque": (1, 20000),
    "brake force": (100, 650000),
    "grade": (0, 0.3),
    "load": (0, 200000),
    "age of a proposal": (0.01, 0.05),
    "life of a stop plan": (0.1, 60),
    "disagreement of the e-stop channels": (0.02, 1),
    "time of the self-test": (0.5, 60),
    "time of a comfortable stop": (1, 60),
    "time of a minimal-risk stop": (1, 60),
    "time in DEGRADED": (1, 3600),
    "speed of standstill": (0.005, 0.2),
    "time of precharge": (0.1, 20),
    "current at which contactors open": (0.5, 50),
    "longest wait for that current": (0.1, 5),
}


@pytest.mark.requirement("SR-16")
def test_the_hard_bounds_are_these() -> None:
    assert {bound.name: (bound.low, bound.high) for bound in HARD_BOUNDS} == HARD
    assert all(bound.unit and bound.source for bound in HARD_BOUNDS)


def test_a_hard_bound_is_told_as_one(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, "speed_max_mps = 8.33", "speed_max_mps = 14")
    problem = next(p for p in configuration.problems() if p.key == "[limits] speed_max_mps")
    assert problem.expected == "a number of 0.1 to 12 (m/s), the hard bound of the speed"


@pytest.mark.parametrize(
    "key",
    [
        key
        for table in (Safety, Battery)
        for key in table.__struct_fields__
        if (key.endswith("_s") and "time" in key) or key in ("proposal_age_max_s", "stop_plan_life_s")
    ],
)
@pytest.mark.requirement("SR-17")
def test_no_timeout_is_zero(key: str, configuration: Configuration) -> None:
    line = next(
        text for text in configuration.profile.read_text().splitlines() if text.startswith(f"{key} = ")
    )
    configuration.edit(PROFILE_FILE, line, f"{key} = 0")
    assert any(problem.key.endswith(f"] {key}") for problem in configuration.problems())


def document(data: dict[str, Any]) -> TomlDocument:
    return TomlDocument("x.toml", b"", data, {})


GOOD_CALIBRATION: dict[str, Any] = {
    "serial_number": "QT-0001",
    "steering_front_zero_rad": 0,
    "steering_rear_zero_rad": -0.2,
    "wheel_radius_scale": 1.1,
    "brake_gain": 0.5,
}


def read_calibration(**changes: Any) -> tuple[Calibration | None, list[str]]:
    findings = Findings(document({**GOOD_CALIBRATION, **changes}))
    calibration = read_struct(Calibration, findings)
    return calibration, [str(problem) for problem in findings.problems]


def test_limits_belong_to_the_range_and_whole_numbers_are_numbers() -> None:
    calibration, problems = read_calibration()
    assert problems == []
    assert calibration == Calibration("QT-0001", 0.0, -0.2, 1.1, 0.5)
    assert calibration is not None
    assert isinstance(calibration.steering_front_zero_rad, float)


@pytest.mark.parametrize(
    "value", [True, "1", [1.0], {"a": 1}, None, float("nan"), float("inf"), 1.1000001, 10**400]
)
def test_what_is_no_number_in_range_is_refused(value: Any) -> None:
    calibration, problems = read_calibration(wheel_radius_scale=value)
    assert calibration is None
    assert len(problems) == 1
    assert problems[0].startswith("x.toml: wheel_radius_scale: expected a number of 0.9 to 1.1, got ")


@pytest.mark.parametrize("value", ["", "  ", 5, True, "two\nlines", ["QT"]])
def test_what_is_no_text_is_refused(value: Any) -> None:
    _, problems = read_calibration(serial_number=value)
    assert len(problems) == 1
    assert problems[0].startswith("x.toml: serial_number: expected text, got ")


def test_all_defects_of_a_file_are_noted() -> None:
    _, problems = read_calibration(serial_number=1, brake_gain=9, wheel_scale=1, steering_front_zero_rad="a")
    assert len(problems) == 4


def test_whole_numbers_where_they_are_asked_for(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, "baud = 115200", "baud = 115200.0")
    problem = configuration.problem()
    assert problem.expected == "a whole number of 4800 to 921600"
    assert problem.got == "115200"


def test_a_flag_is_true_or_false(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, "cab = false", "cab = 0")
    assert str(configuration.problem()).endswith("[vehicle] cab: expected true or false, got 0")


@pytest.mark.parametrize(
    ("old", "new", "key", "expected", "got"),
    [
        ("[vehicle]\n", "[vehicles]\n", "vehicle", "a table", "nothing"),
        ('calibration = "q_truck.calibration.toml"', "calibration = 3", "calibration", "text", "3"),
        (
            '[buses.drive]\ndbc = "../dbc/q_truck_drive.dbc"\nbitrate_bps = 500000',
            "[buses]\ndrive = 3",
            "[buses] drive",
            "a table",
            "3",
        ),
        ('dbc = "../dbc/q_truck_drive.dbc"', "", "[buses.drive] dbc", "text", "nothing"),
        (
            "bitrate_bps = 500000",
            "bitrate_bps = 5",
            "[buses.drive] bitrate_bps",
            "a whole number of 10000 to 1000000 (bit/s)",
            "5",
        ),
        ("[buses.drive]", '[buses."drive bus"]', "[buses] drive bus", "a bus name", '"drive bus"'),
        ('bumper = "body.MotionLimits.Bumper"', "bumper = 3", "[inputs] bumper", "text", "3"),
        ('bumper = "body.MotionLimits.Bumper"', 'bumper = ""', "[inputs] bumper", "text", '""'),
    ],
)
def test_tables_and_keys_of_the_wrong_kind(
    old: str, new: str, key: str, expected: str, got: str, configuration: Configuration
) -> None:
    configuration.edit(PROFILE_FILE, old, new)
    told = [problem for problem in configuration.problems() if problem.key == key]
    assert [(problem.expected[: len(expected)], problem.got) for problem in told] == [(expected, got)]


@pytest.mark.parametrize("name", ["buses", "inputs", "outputs", "geometry"])
def test_a_value_where_a_table_belongs_is_one_problem_of_its_own(
    name: str, configuration: Configuration
) -> None:
    path = configuration.profile
    lines = path.read_text().splitlines()
    kept = [f"{name} = 7"]
    inside = False
    for line in lines:
        if line.startswith("["):
            inside = line.startswith((f"[{name}]", f"[{name}."))
        if not inside:
            kept.append(line)
    path.write_text("\n".join(kept) + "\n")
    told = [problem for problem in configuration.problems() if problem.key == name]
    assert [(problem.line, problem.expected, problem.got) for problem in told] == [(1, "a table", "7")]


def test_a_calibration_that_cannot_be_read(configuration: Configuration) -> None:
    configuration.edit(CALIBRATION_FILE, "brake_gain = 1.0", "brake_gain 1.0")
    assert configuration.problem().expected.startswith("TOML at column")


def test_every_number_of_a_profile_has_a_range_and_every_key_a_known_type() -> None:
    seen = 0
    structs: list[type[msgspec.Struct]] = [ProfileData, Calibration]
    while structs:
        for name, hint in get_type_hints(structs.pop(), include_extras=True).items():
            inner = hint
            while get_origin(inner) is dict:
                inner = get_args(inner)[1]
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                structs.append(inner)
            # What a protection's attributes may be, the codec judges.
            elif inner not in (str, bool, int | str):
                low, high = inner.__metadata__[0].low, inner.__metadata__[0].high
                assert low < high, name
                seen += 1
    assert seen > 40


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("wheelbase_m", "m"),
        ("drag_area_m2", "m²"),
        ("jerk_max_mps3", "m/s³"),
        ("torque_slew_nmps", "Nm/s"),
        ("isolation_min_ohm_per_v", "ohm/V"),
        ("lookahead_gain_s", "s"),
        ("speed_integral_1ps2", "1/s²"),
        ("soc_min", ""),
        ("gear_ratio", ""),
        ("efficiency", ""),
    ],
)
def test_the_unit_in_a_message_is_the_one_in_the_keys_name(key: str, unit: str) -> None:
    assert unit_of_key(key) == unit
