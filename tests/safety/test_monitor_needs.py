"""What a monitor looks at every vehicle has: a profile that leaves it out is refused at start-up."""

from typing import Any

import pytest

from firmware_runtime.safety.fault_catalogue import FAULTS
from firmware_runtime.safety.frozen import RESTS, SPEEDS
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.problems import ConfigurationError
from firmware_runtime.vehicle.signals import INPUT_SPECS
from tests.safety.fault_cases import CASES
from tests.vehicle.support import PROFILE_FILE, Configuration, copy_configuration

OPTIONAL = {"steering_rear_angle_rad"}
"""A vehicle may steer in front only; then there is nothing that could freeze."""
CAB = {"cab_brake", "cab_steering_rad"}
"""Required of a vehicle with a cab alone."""


class Spy:
    """Stands for a struct and notes which of its fields were asked for; `parts` stand for some of them."""

    def __init__(self, real: Any, names: set[str], **parts: Any) -> None:
        self._real, self._names, self._parts = real, names, parts

    def __getattr__(self, name: str) -> Any:
        self._names.add(name)
        return self._parts[name] if name in self._parts else getattr(self._real, name)

    def usable(self, *names: str) -> bool:
        self._names.update(names)
        return self._real.usable(*names)


class Section(Spy):
    """A profile: notes `section.key`."""

    def __getattr__(self, section: str) -> Any:
        keys: set[str] = set()
        names = self._names

        class Keys(Spy):
            def __getattr__(self, key: str) -> Any:
                names.add(f"{section}.{key}")
                return getattr(self._real, key)

        return Keys(getattr(self._real, section), keys)


def looked_at() -> tuple[set[str], set[str]]:
    """Signals and profile keys that the conditions read in any example of theirs."""
    signals: set[str] = set()
    keys: set[str] = set()
    rows = {row.identifier: row for row in FAULTS}
    for case in CASES:
        for example in (*case.well, *case.bad):
            spied: Any = Spy(
                example, set(), state=Spy(example.state, signals), profile=Section(example.profile, keys)
            )
            rows[case.identifier].condition(spied)
    return signals, keys


SIGNALS, KEYS = looked_at()
INPUTS = {spec.name: spec for spec in INPUT_SPECS}
READ = sorted((SIGNALS | set(SPEEDS) | {rest.name for rest in RESTS}) & set(INPUTS) - OPTIONAL - CAB)


def test_the_spies_see_what_monitors_read() -> None:
    assert {"battery_isolation_ohm", "estop_channel_b", "bumper", "supply_voltage_v"} <= set(READ)
    assert {"battery.voltage_max_v", "safety.self_test_time_max_s", "control.cross_track_limit_m"} <= KEYS
    assert len(READ) >= 30
    assert len(KEYS) >= 15


@pytest.mark.parametrize("name", READ)
@pytest.mark.requirement("SR-17")
def test_a_profile_without_the_signal_of_a_monitor_is_refused(name: str, tmp_path: Any) -> None:
    configuration: Configuration = copy_configuration(tmp_path)
    path = configuration.profile
    text = path.read_text()
    line = next(line for line in text.splitlines(keepends=True) if line.startswith(f"{name} = "))
    # Once: [inputs] stands before [outputs], which may say the same.
    path.write_text(text.replace(line, "", 1))
    assert [problem.key for problem in configuration.problems()] == [f"[inputs] {name}"]


@pytest.mark.parametrize("name", sorted(CAB))
@pytest.mark.requirement("SR-17")
def test_a_profile_with_a_cab_without_the_signal_of_a_monitor_is_refused(name: str, tmp_path: Any) -> None:
    assert name in SIGNALS
    path = copy_configuration(tmp_path).folder / "configs" / "e_truck.toml"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(f"{name} = ")))
    with pytest.raises(ConfigurationError) as caught:
        load_profile(path)
    assert [problem.key for problem in caught.value.problems] == [f"[inputs] {name}"]


@pytest.mark.parametrize("name", sorted(KEYS - {"mass.trailer_max_kg"}))
@pytest.mark.requirement("SR-17")
def test_a_profile_without_the_figure_of_a_monitor_is_refused(name: str, tmp_path: Any) -> None:
    """All but the trailer's mass: a vehicle without it tows nothing."""
    configuration: Configuration = copy_configuration(tmp_path)
    section, key = name.split(".")
    text = (configuration.folder / PROFILE_FILE).read_text()
    (line,) = [line for line in text.splitlines(keepends=True) if line.startswith(f"{key} = ")]
    (configuration.folder / PROFILE_FILE).write_text(text.replace(line, ""))
    assert f"[{section}] {key}" in [problem.key for problem in configuration.problems()]


def test_every_figure_that_a_threshold_names_is_a_key_of_the_profile() -> None:
    """What a condition reads of the profile its row names, so that nobody has to look into code."""
    rows = {row.identifier: row for row in FAULTS}
    for case in CASES:
        keys: set[str] = set()
        for example in (*case.well, *case.bad):
            spied: Any = Spy(example, set(), profile=Section(example.profile, keys))
            rows[case.identifier].condition(spied)
        row = rows[case.identifier]
        told = f"{row.monitors} {row.threshold}"
        for key in keys:
            section = key.split(".")[0]
            # The drive's figures turn motor speed into metres, mass and resistance into a force: no limits.
            if section in ("battery", "safety", "control", "localisation") and key not in UNNAMED:
                assert key in told, f"{row.identifier} reads {key}"


UNNAMED = {"battery.nominal_voltage_v"}
"""Turns a charge into an energy."""
