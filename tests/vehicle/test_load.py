"""A profile loads whole, or not at all."""

import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_runtime.vehicle.identity import (
    code_digest,
    configuration_identity,
    identity_with_routes,
)
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.problems import ConfigurationError
from tests.vehicle.support import (
    BODY_DBC,
    CALIBRATION_FILE,
    DRIVE_DBC,
    PROFILE_FILE,
    PROJECT,
    Q_TRUCK,
    YARD_TRACTOR,
    Configuration,
    copy_configuration,
)


def test_the_q_truck_is_as_its_file_says() -> None:
    profile = load_profile(Q_TRUCK)
    assert profile.path == Q_TRUCK
    assert profile.data.vehicle.name == "q_truck"
    assert profile.data.geometry.wheelbase_m == 8.0
    assert profile.data.geometry.rear_steer_ratio == 1.0
    assert profile.data.mass.empty_kg == 26500.0
    assert profile.calibration.serial_number == "QT-0001"
    assert list(profile.databases) == ["drive", "body"]
    assert len(profile.databases["drive"].messages) == 10
    assert (len(profile.inputs), len(profile.outputs)) == (50, 25)


def test_the_yard_tractor_is_another_profile_and_no_code() -> None:
    profile = load_profile(YARD_TRACTOR)
    assert profile.data.geometry.rear_steer_ratio == 0.0
    inputs = {binding.name: binding for binding in profile.inputs}
    assert "steering_rear_angle_rad" not in inputs
    assert inputs["wheel_speed_front_left_mps"].si_factor == 1.0, "this DBC has m/s, the other km/h"
    feedback = profile.databases["drive"].message("TractionFeedback")
    speed = None if feedback is None else feedback.signal("MotorSpeed")
    assert speed is not None
    assert speed.big_endian


def test_a_loaded_profile_cannot_be_changed() -> None:
    profile = load_profile(Q_TRUCK)
    with pytest.raises(FrozenInstanceError):
        profile.identity = ""  # type: ignore[misc]
    with pytest.raises(AttributeError):
        profile.data.limits.speed_max_mps = 20.0  # type: ignore[misc]


def test_files_are_named_relative_to_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT / "tests")
    assert load_profile("../configs/q_truck.toml").data.vehicle.name == "q_truck"
    monkeypatch.chdir(PROJECT / "configs")
    assert load_profile("q_truck.toml").data.vehicle.name == "q_truck"


def test_a_file_that_the_profile_names_is_shown_as_a_person_would_reach_it(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(configuration.folder)
    (configuration.folder / BODY_DBC).write_text("?")
    configuration.edit(PROFILE_FILE, '"../dbc/q_truck_drive.dbc"', '"../dbc"')
    with pytest.raises(ConfigurationError) as caught:
        load_profile(PROFILE_FILE)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"{PROFILE_FILE}:")
    assert "[buses.drive] dbc: expected a DBC file, got dbc, a directory" in lines[0]
    assert lines[1].startswith(f"{BODY_DBC}:1: expected DBC syntax at column 1, got")


def test_bindings_to_a_bus_whose_dbc_is_broken_are_not_told_as_well(configuration: Configuration) -> None:
    (configuration.folder / DRIVE_DBC).write_text("?")
    assert [Path(problem.file).name for problem in configuration.problems()] == ["q_truck_drive.dbc"]


def test_the_identity_is_the_same_in_any_folder(tmp_path: Path) -> None:
    one, other = (copy_configuration(tmp_path / name).load() for name in ("one", "two"))
    assert one.identity == other.identity == load_profile(Q_TRUCK).identity
    assert len(one.identity) == 64
    assert one.identity_word == int(one.identity, 16) >> 224


@pytest.mark.parametrize("file", [PROFILE_FILE, CALIBRATION_FILE, DRIVE_DBC, BODY_DBC])
def test_the_identity_changes_with_any_byte_of_any_file(file: str, configuration: Configuration) -> None:
    before = configuration.load().identity
    with open(configuration.folder / file, "ab") as target:
        target.write(b"\n")
    assert configuration.load().identity != before


def test_the_identity_does_not_change_with_the_clock(configuration: Configuration) -> None:
    before = configuration.load().identity
    os.utime(configuration.profile, (0, 0))
    assert configuration.load().identity == before


def test_no_two_sets_of_files_read_alike() -> None:
    sets = [[("a", b"bc")], [("ab", b"c")], [("a", b"b"), ("c", b"")], [("a", b"b"), ("", b"c")], []]
    assert len({configuration_identity(files) for files in sets}) == len(sets)


def test_the_code_is_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = configuration_identity([])
    assert len(code_digest()) == 64
    monkeypatch.setattr("firmware_runtime.vehicle.identity.code_digest", lambda: "other code")
    assert configuration_identity([]) != before


DAMAGE = [
    b"",
    b'"',
    b"0",
    b"-",
    b"1e400",
    b"nan",
    b"[",
    b"]",
    b"\n",
    b"=",
    b".",
    b"{",
    b"true",
    b"\xff",
    b"\x00",
]
DAMAGE += [b"9" * 25, b"BO_ ", b"SG_ ", b"m0 ", b"|", b"_"]
ORIGINAL = {
    name: (PROJECT / name).read_bytes() for name in (PROFILE_FILE, CALIBRATION_FILE, DRIVE_DBC, BODY_DBC)
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120)
@given(
    file=st.sampled_from(list(ORIGINAL)),
    place=st.floats(0, 1, exclude_max=True),
    cut=st.sampled_from([0, 1, 2, 5, 20, 100]),
    inserted=st.sampled_from(DAMAGE),
)
def test_a_damaged_file_loads_or_is_told_line_by_line_and_nothing_else(
    file: str, place: float, cut: int, inserted: bytes, configuration: Configuration
) -> None:
    content = ORIGINAL[file]
    start = int(place * len(content))
    (configuration.folder / file).write_bytes(content[:start] + inserted + content[start + cut :])
    problems = configuration.problems()
    (configuration.folder / file).write_bytes(content)
    for problem in problems:
        assert Path(problem.file).is_relative_to(configuration.folder)
        assert problem.expected
        assert problem.got
        assert str(problem).isprintable()


def test_routes_go_into_the_identity_by_name_and_content_in_any_order() -> None:
    a, b = "a" * 64, "b" * 64
    whole = identity_with_routes(a, {"yard.csv": a, "dock.csv": b})
    assert whole == identity_with_routes(a, {"dock.csv": b, "yard.csv": a})
    assert len(whole) == 64
    others = [
        identity_with_routes(a, {}),
        identity_with_routes(b, {"yard.csv": a, "dock.csv": b}),
        identity_with_routes(a, {"yard.csv": b, "dock.csv": a}),
        identity_with_routes(a, {"yard.csv": a}),
        identity_with_routes(a, {"yard.csv": a, "dock2.csv": b}),
    ]
    assert len({whole, *others}) == 6
    assert others[0] == a, "without a route nothing changes"
