"""Vehicle files: the yardstick's figures, and one clear message for every kind of mistake."""

import tomllib
from pathlib import Path

import pytest

from tests.hil.vehicles import BOTH, parameters
from vehicle_hil.vehicle_file import VehicleFileError, built_in_vehicle, load_vehicle_file

TEXT = built_in_vehicle("q_truck").read_text(encoding="utf-8")


def load(tmp_path: Path, old: str, new: str, text: str = TEXT) -> str:
    """Message of the error that a changed file gives."""
    assert old in text
    dbc = built_in_vehicle("q_truck").parents[3] / "dbc"
    text = text.replace(old, new, 1).replace("../../../dbc", str(dbc))
    path = tmp_path / "vehicle.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VehicleFileError) as caught:
        load_vehicle_file(path)
    return str(caught.value)


def line_of(key: str) -> int:
    return next(n for n, line in enumerate(TEXT.splitlines(), 1) if line.startswith(key))


def test_the_yard_tractor_is_the_yardstick_exactly() -> None:
    p = parameters("yard_tractor")
    assert p.geometry.wheelbase_m == 4.5
    assert p.geometry.rear_steer_ratio == 0.0
    s = p.steering
    assert (s.angle_max_rad, s.rate_max_radps, s.lag_s, s.dead_time_s) == (0.6, 0.3, 0.2, 0.1)


@pytest.mark.parametrize("name", [*BOTH, "e_truck"])
def test_the_vehicle_is_a_little_other_than_its_profile(name: str) -> None:
    p = parameters(name)
    profile = tomllib.loads((p.dbc_path("drive").parents[1] / f"configs/{name}.toml").read_text("utf-8"))
    assert p.vehicle.name == profile["vehicle"]["name"]
    assert p.vehicle.cab == profile["vehicle"]["cab"]
    assert p.mass.empty_kg / profile["mass"]["empty_kg"] == pytest.approx(1.015, abs=1e-3)
    assert p.driveline.wheel_radius_m / profile["traction"]["wheel_radius_m"] == pytest.approx(1.002)
    rolling = profile["resistance"]["rolling_coefficient"]
    assert p.resistance.rolling_coefficient / rolling == pytest.approx(1.10)
    assert p.brakes.gain == 0.95
    assert p.steering.front_zero_rad == pytest.approx(0.000873, abs=5e-6)
    for key in ("lag_s", "dead_time_s", "rate_max_radps"):
        assert getattr(p.steering, key) == profile["steering"][key]
    assert p.brakes.lag_s == profile["brake"]["lag_s"]
    assert p.geometry.rear_steer_ratio == profile["geometry"]["rear_steer_ratio"]
    for bus, table in profile["buses"].items():
        assert p.buses[bus].bitrate_bps == table["bitrate_bps"]
        assert p.dbc_path(bus).name == Path(table["dbc"]).name


def test_an_unknown_vehicle_is_told_with_those_there_are() -> None:
    with pytest.raises(
        VehicleFileError, match=r"expected a simulated vehicle 'bus', got only e_truck, q_truck, q_truck_f"
    ):
        built_in_vehicle("bus")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(VehicleFileError, match="expected a readable vehicle file, got: No such file"):
        load_vehicle_file(tmp_path / "none.toml")


def test_text_that_is_no_toml(tmp_path: Path) -> None:
    assert "expected TOML, got:" in load(tmp_path, "[geometry]", "[geometry")


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        (
            "wheelbase_m = 8.0",
            "wheelbase_m = 80.0",
            "wheelbase_m",
            "expected a number from 0.2 to 20, got 80.0",
        ),
        (
            "wheelbase_m = 8.0",
            'wheelbase_m = "8"',
            "wheelbase_m",
            "expected a number from 0.2 to 20, got '8'",
        ),
        (
            "wheelbase_m = 8.0",
            "wheelbase_m = true",
            "wheelbase_m",
            "expected a number from 0.2 to 20, got True",
        ),
        (
            "wheelbase_m = 8.0",
            "wheelbase_m = nan",
            "wheelbase_m",
            "expected a number from 0.2 to 20, got nan",
        ),
        ("rate_hz = 10", "rate_hz = 10.5", "rate_hz", "expected a whole number from 1 to 20, got 10.5"),
        ("rate_hz = 10", "rate_hz = 3", "rate_hz", "expected a rate that divides 100, got 3"),
        ("latency_max_s = 0.09", "latency_max_s = 0.05", "latency_max_s", "expected at least 0.06, got 0.05"),
        ('title = "Q-Truck"', "title = 5", "title", "expected a text, got 5"),
        ("cab = false", 'cab = "no"', "cab", "expected true or false, got 'no'"),
        ("[[0.0, 0.0]]", "[[0.0]]", "grade", "expected rows [distance_m, grade], got [[0.0]]"),
        ("[[0.0, 0.0]]", "[[0, 0.1], [0, 0.2]]", "grade", "expected distances that rise, got [0, 0]"),
        ("[[0.0, 0.0]]", "[[0.0, 0.5]]", "grade", "expected grades from -0.3 to 0.3, got [0.5]"),
        ("T06:30:00Z", "T06:30:00", "utc_start", "expected a time with its offset"),
    ],
)
def test_a_bad_value_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, key: str, message: str
) -> None:
    text = load(tmp_path, old, new)
    assert f"vehicle.toml:{line_of(key)}: " in text
    assert message in text
    assert "\n" not in text


def test_a_missing_key_is_named_with_its_section(tmp_path: Path) -> None:
    text = load(tmp_path, "wheelbase_m = 8.0\n", "")
    assert f":{line_of('[geometry]')}: geometry.wheelbase_m: expected a value, got nothing" in text


def test_a_misspelt_key(tmp_path: Path) -> None:
    text = load(tmp_path, "wheelbase_m = 8.0", "weelbase_m = 8.0")
    assert "geometry.weelbase_m: expected a key of wheelbase_m," in text
    assert "geometry.wheelbase_m: expected a value, got nothing" in text


def test_a_missing_section_and_an_unknown_one(tmp_path: Path) -> None:
    text = load(tmp_path, "[link]", "[lynk]")
    assert "link: expected a section [link], got nothing" in text
    assert "lynk: expected a section of vehicle, geometry," in text


def test_no_buses(tmp_path: Path) -> None:
    cut = TEXT[: TEXT.index("[buses.drive]")]
    assert "buses: expected a section [buses.<name>] for each bus" in load(tmp_path, "[link]", "[link]", cut)


def test_a_dbc_that_is_not_there(tmp_path: Path) -> None:
    text = load(tmp_path, "yard_body.dbc", "yard_buddy.dbc")
    assert "buses.body.dbc: expected an existing DBC file, got " in text


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = TEXT.replace("gear_ratio = 20.0", "gear_ratio = 0.0").replace("baud = 115200", "baud = 1")
    assert len(load(tmp_path, "wheelbase_m = 8.0", "wheelbase_m = 0.0", text).splitlines()) == 3
