"""`firmware-runtime check PROFILE`: what it prints of a good profile, and how it refuses a bad one."""

import io
import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NamedTuple

import pytest

from firmware_runtime.executive.command import main
from firmware_runtime.executive.terminal import Style
from tests.vehicle.support import (
    BODY_DBC,
    CALIBRATION_FILE,
    DRIVE_DBC,
    E_TRUCK,
    PROFILE_FILE,
    PROJECT,
    Q_TRUCK,
    YARD_TRACTOR,
    Configuration,
)

COMMAND = Path(sys.executable).with_name("firmware-runtime")


class Defect(NamedTuple):
    """One slip of a person: an edit of one file, and what the command must say of it, where."""

    file: str
    old: str
    new: str
    told_in: str
    told_at: str
    """Text on the line that must be named, after the edit."""
    key: str
    expected: str
    got: str
    told: str = "1 problem"


ENABLE_LABELS = 'VAL_ 2365522215 Enable 0 "OFF" 1 "ON"'

DEFECTS = {
    "unknown key": Defect(
        PROFILE_FILE, "wheelbase_m = 8.0", "wheel_base_m = 8.0\nwheelbase_m = 8.0",
        PROFILE_FILE, "wheel_base_m", "[geometry] wheel_base_m",
        'a key of [geometry] (did you mean "wheelbase_m"?)', 'the unknown key "wheel_base_m"',
    ),
    "missing key": Defect(
        PROFILE_FILE, "empty_kg = 26500", "# empty",
        PROFILE_FILE, "[mass]", "[mass] empty_kg", "a number of 20 to 100000 (kg)", "nothing",
    ),
    "text instead of a number": Defect(
        PROFILE_FILE, "gear_ratio = 20.0", 'gear_ratio = "20:1"',
        PROFILE_FILE, "gear_ratio", "[traction] gear_ratio", "a number of 0.5 to 100", '"20:1"',
    ),
    "true instead of a number": Defect(
        PROFILE_FILE, "soc_min = 0.10", "soc_min = true",
        PROFILE_FILE, "soc_min", "[battery] soc_min", "a number of 0 to 0.9", "true",
    ),
    "number out of range": Defect(
        PROFILE_FILE, "wheel_radius_m = 0.60", "wheel_radius_m = -3",
        PROFILE_FILE, "wheel_radius_m", "[traction] wheel_radius_m", "a number of 0.05 to 1.5 (m)", "-3",
    ),
    "not a number": Defect(
        PROFILE_FILE, "dead_time_s = 0.08", "dead_time_s = nan",
        PROFILE_FILE, "dead_time_s", "[steering] dead_time_s", "a number of 0 to 1 (s)", "not a number (nan)",
    ),
    "infinite": Defect(
        PROFILE_FILE, "power_max_w = 350000", "power_max_w = inf",
        PROFILE_FILE, "power_max_w", "[traction] power_max_w", "a number of 100 to 2000000 (W)", "inf",
    ),
    "brakes that do not hold the grade": Defect(
        PROFILE_FILE, "hold_force_n = 180000", "hold_force_n = 100000",
        PROFILE_FILE, "hold_force_n", "[brake] hold_force_n", "at least 147", "100000",
    ),
    "TOML syntax": Defect(
        PROFILE_FILE, "length_m = 14.8", "length_m 14.8",
        PROFILE_FILE, "length_m 14.8", "", "TOML at column", '"length_m 14.8',
    ),
    "key given twice": Defect(
        PROFILE_FILE, "lag_s = 0.15                 # assumption\ndead", "rate_max_radps = 0.2\ndead",
        PROFILE_FILE, "rate_max_radps = 0.2\n", "", "TOML at column", "cannot overwrite a value",
    ),
    "byte that is no UTF-8": Defect(
        PROFILE_FILE, 'title = "Q-Truck"', 'title = "Q-Tr\xfcck"',
        PROFILE_FILE, "title", "", "UTF-8 text", "byte 0xfc",
    ),
    "calibration that is missing": Defect(
        PROFILE_FILE, '"q_truck.calibration.toml"', '"q_truck.calib.toml"',
        PROFILE_FILE, "calibration = ", "calibration", "a calibration file", "which does not exist",
    ),
    "calibration out of range": Defect(
        CALIBRATION_FILE, "wheel_radius_scale = 1.0", "wheel_radius_scale = 10",
        CALIBRATION_FILE, "wheel_radius_scale", "wheel_radius_scale", "a number of 0.9 to 1.1", "10",
    ),
    "DBC that is missing": Defect(
        PROFILE_FILE, '"../dbc/q_truck_drive.dbc"', '"../dbc/truck.dbc"',
        PROFILE_FILE, "truck.dbc", "[buses.drive] dbc", "a DBC file", "which does not exist",
    ),
    "DBC syntax": Defect(
        DRIVE_DBC, "MotorSpeed : 16|16@1-", "MotorSpeed : 16|@1-",
        DRIVE_DBC, "MotorSpeed : ", "", "DBC syntax at column", '"SG_ MotorSpeed : 16|@1-',
    ),
    "DBC signals that overlap": Defect(
        DRIVE_DBC, "MotorTorque : 32|16@1-", "MotorTorque : 24|16@1-",
        DRIVE_DBC, "MotorTorque : 24", "", "a DBC without contradictions", "overlapping",
    ),
    "DBC signal beyond its message": Defect(
        DRIVE_DBC, "MotorTorque : 32|16@1-", "MotorTorque : 56|16@1-",
        DRIVE_DBC, "MotorTorque : 56", "", "a DBC without contradictions", "does not fit in message",
    ),
    "malformed binding": Defect(
        PROFILE_FILE, '"drive.TractionFeedback.MotorSpeed"', '"drive.MotorSpeed"',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        "text of the form bus.Message.Signal", '"drive.MotorSpeed"',
    ),
    "unknown bus": Defect(
        PROFILE_FILE, '"drive.TractionFeedback.MotorSpeed"', '"drives.TractionFeedback.MotorSpeed"',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        'a bus of [buses] (body, drive) (did you mean "drive"?)', '"drives"',
    ),
    "unknown message": Defect(
        PROFILE_FILE, '"drive.TractionFeedback.MotorSpeed"', '"drive.TractionFeedbak.MotorSpeed"',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        '(did you mean "TractionFeedback"?)', '"TractionFeedbak"',
    ),
    "unknown signal": Defect(
        PROFILE_FILE, '"drive.TractionFeedback.MotorSpeed"', '"drive.TractionFeedback.Speed"',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        'a signal of TractionFeedback in', '"Speed"',
    ),
    "unknown canonical signal": Defect(
        PROFILE_FILE, "[outputs]", '[outputs]\nhorn = "body.BodyCommand.Beacon"',
        PROFILE_FILE, "horn", "[outputs] horn", "a canonical output", 'the unknown key "horn"',
    ),
    "missing canonical signal": Defect(
        PROFILE_FILE, 'estop_channel_b = "body.EStopStatus.ChannelB"\n', "",
        PROFILE_FILE, "[inputs]", "[inputs] estop_channel_b",
        "bus.Message.Signal (OPEN is pressed)", "nothing",
    ),
    "unknown unit": Defect(
        DRIVE_DBC, '[-12000|12000] "rpm"', '[-12000|12000] "furlong"',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        "a unit of rad/s (one of rad/s, ", 'the unknown unit "furlong" of drive.TractionFeedback.MotorSpeed',
    ),
    "unit of another dimension": Defect(
        DRIVE_DBC, '[-12000|12000] "rpm"', '[-12000|12000] "km/h"',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        "a unit of rad/s (one of rad/s, ", '"km/h" (a unit of m/s) of drive.TractionFeedback.MotorSpeed',
    ),
    "number without a unit": Defect(
        DRIVE_DBC, '[-12000|12000] "rpm"', '[-12000|12000] ""',
        PROFILE_FILE, "motor_speed_radps", "[inputs] motor_speed_radps",
        "a unit of rad/s (one of rad/s, ", "no unit of drive.TractionFeedback.MotorSpeed",
    ),
    "unit where none belongs": Defect(
        PROFILE_FILE, '"body.BatteryStatus.FaultCode"', '"body.BatteryStatus.LinkVoltage"',
        PROFILE_FILE, "battery_fault_code", "[inputs] battery_fault_code",
        'a plain number (unit "", "1" or "%")', '"V" (a unit of V) of body.BatteryStatus.LinkVoltage',
    ),
    "enumeration without a value table": Defect(
        PROFILE_FILE, 'hazard_lights = "body.BodyStatus.HazardLights"',
        'hazard_lights = "body.BodyStatus.SupplyVoltage"',
        PROFILE_FILE, 'hazard_lights = "body.BodyStatus', "[inputs] hazard_lights",
        "a value table (VAL_) with the labels of OnOffState", "none in body.BodyStatus.SupplyVoltage",
    ),
    "label that is unknown": Defect(
        BODY_DBC, 'ChannelA 0 "OPEN" 1 "CLOSED" 2 "ERROR"', 'ChannelA 0 "OPEN" 1 "CLOSED" 2 "BROKEN"',
        PROFILE_FILE, "estop_channel_a", "[inputs] estop_channel_a", "labels of SwitchState", '2 "BROKEN"',
    ),
    "label that is missing": Defect(
        BODY_DBC, '1 "AUTO" 2 "REMOTE"', '1 "AUTO"',
        PROFILE_FILE, "mode_key", "[inputs] mode_key", "every label of ModeKey", "none for REMOTE",
    ),
    "torque that the signal cannot carry": Defect(
        DRIVE_DBC, 'TorqueRequest : 16|16@1- (0.5,0) [-16000|16000]',
        'TorqueRequest : 16|16@1- (0.1,0) [-3000|3000]',
        PROFILE_FILE, "traction_torque_nm", "[outputs] traction_torque_nm",
        "a signal that carries -5600 to 5600 Nm", "-3000 to 3000 Nm in drive.TractionCommand.TorqueRequest",
    ),
    "brake force that the signal's bits cannot carry": Defect(
        DRIVE_DBC, "ForceRequest : 16|16@1+ (10,0)", "ForceRequest : 16|16@1+ (5,0)",
        PROFILE_FILE, 'brake_force_n = "drive.BrakeCommand', "[outputs] brake_force_n",
        "a signal that carries 0 to 420000 N", "0 to 327675 N",
    ),
    "two outputs on one signal": Defect(
        PROFILE_FILE, '"body.BodyCommand.HeadLights"', '"body.BodyCommand.BrakeLights"',
        PROFILE_FILE, "head_lights", "[outputs] head_lights",
        "a DBC signal of its own, apart from brake_lights", "body.BodyCommand.BrakeLights for both",
        "2 problems",  # and HeadLights is left unbound
    ),
    "both e-stop channels on one signal": Defect(
        PROFILE_FILE, '"body.EStopStatus.ChannelB"', '"body.EStopStatus.ChannelA"',
        PROFILE_FILE, "estop_channel_b", "[inputs] estop_channel_b",
        "a DBC signal of its own, apart from estop_channel_a", "body.EStopStatus.ChannelA for both",
    ),
    "signal of a command left unbound": Defect(
        DRIVE_DBC, ' SG_ TorqueRequest', ' SG_ Boost : 40|8@1+ (1,0) [0|0] "" INVERTER\n SG_ TorqueRequest',
        PROFILE_FILE, "traction_enable", "[outputs] traction_enable",
        "every signal bound to an output for drive.TractionCommand", "Boost unbound",
    ),
    "message without protection": Defect(
        DRIVE_DBC, 'BA_ "E2eProfile" BO_ 2365527315 "P01";\n', "",
        PROFILE_FILE, '"drive.SteeringFeedback.FrontAngle"', "[inputs] steering_front_angle_rad",
        "end-to-end protection (E2eProfile) for drive.SteeringFeedback",
        "none although it decides about motion",
    ),
    "message without a cycle time": Defect(
        DRIVE_DBC, 'BA_ "GenMsgCycleTime" BO_ 2365527315 10;\n', "",
        PROFILE_FILE, '"drive.SteeringFeedback.FrontAngle"', "[inputs] steering_front_angle_rad",
        "a cycle time (GenMsgCycleTime, ms) for drive.SteeringFeedback", "none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_told_with_file_line_expectation_and_what_came(
    name: str, configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    defect = DEFECTS[name]
    configuration.edit(defect.file, defect.old, defect.new)
    content = (configuration.folder / defect.told_in).read_bytes().decode("latin-1")
    line = content.count("\n", 0, content.index(defect.told_at)) + 1
    place = f"{configuration.folder / defect.told_in}:{line}:"

    assert main(["check", str(configuration.profile)]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    told = [text for text in err.splitlines() if text.startswith(place)]
    assert len(told) == 1, err
    key = f" {defect.key}:" if defect.key else ""
    assert told[0].startswith(f"{place}{key} expected ")
    expected, _, got = told[0].partition(", got ")
    assert defect.expected in expected
    assert defect.got in got
    assert err.splitlines()[-1] == defect.told


@pytest.mark.parametrize(
    ("argument", "got"), [("none.toml", "no such file"), ("configs", "a directory"), ("", "a directory")]
)
def test_a_profile_that_is_no_file(
    argument: str, got: str, configuration: Configuration, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(configuration.folder)
    assert main(["check", argument]) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"{argument or '.'}: expected a TOML file, got {got}"


def test_all_defects_of_all_files_are_told_at_once_by_file_and_line(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["number out of range", "missing canonical signal", "calibration out of range", "unknown unit"]
    for name in names:
        configuration.edit(DEFECTS[name].file, DEFECTS[name].old, DEFECTS[name].new)
    (configuration.folder / BODY_DBC).write_text("no DBC\n")

    assert main(["check", str(configuration.profile)]) == 2

    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "5 problems"
    keys = ["wheel_radius_scale", "[traction] wheel_radius_m", "[inputs] estop_channel_b",
            "[inputs] motor_speed_radps", "DBC syntax"]  # fmt: skip
    for line, key in zip(lines, keys, strict=False):
        assert key in line, lines


def run_command(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **more}
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, cwd=PROJECT, env=environment, check=False
    )


@pytest.mark.parametrize("name", ["number out of range", "DBC syntax", "unit of another dimension"])
def test_the_installed_command_refuses_a_bad_profile(name: str, configuration: Configuration) -> None:
    defect = DEFECTS[name]
    configuration.edit(defect.file, defect.old, defect.new)
    done = run_command("check", configuration.profile)
    assert done.returncode == 2
    assert done.stdout == ""
    assert defect.expected in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr, "colour although stderr is no terminal"


@pytest.mark.parametrize("profile", [Q_TRUCK, E_TRUCK, YARD_TRACTOR], ids=lambda path: path.stem)
def test_the_committed_profiles_pass(profile: Path) -> None:
    done = run_command("check", profile.relative_to(PROJECT))
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith(f"valid: configs/{profile.name}, ")
    assert "\x1b" not in done.stdout


def test_the_table_tells_of_each_binding_where_it_comes_from_and_how_it_converts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", str(Q_TRUCK)]) == 0
    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line}
    assert rows["wheel_speed_rear_left_mps"][1:] == [
        "m/s", "drive", "WheelSpeedsRear", "0x0CFF130B", "Left", "km/h", "0.277777778", "10", "30", "P01",
        "id", "65299",
    ]  # fmt: skip
    assert rows["estop_channel_a"][1:4] == ["SwitchState", "body", "EStopStatus"]
    assert rows["50"] == ["50", "inputs,", "25", "outputs,", "22", "messages,", "2", "buses"]
    assert len(rows["identity"][1]) == 64


def test_json_is_one_object_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(YARD_TRACTOR), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["valid"] is True
    assert content["vehicle"] == "yard_tractor"
    assert content["counts"] == {"inputs": 53, "outputs": 24, "messages": 23, "buses": 2}
    torque = next(row for row in content["bindings"] if row["signal"] == "traction_torque_nm")
    assert torque["direction"] == "output"
    assert torque["identifier"] == "0x0CFF0127"
    assert torque["cycle_ms"] == 10


def test_json_tells_problems_too(configuration: Configuration, capsys: pytest.CaptureFixture[str]) -> None:
    line = configuration.edit(
        PROFILE_FILE, "lag_s = 0.15                 # assumption\nhold", "lag_s = 2\nhold"
    )
    assert main(["check", str(configuration.profile), "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "valid": False,
        "problems": [
            {
                "file": str(configuration.profile),
                "line": line,
                "key": "[brake] lag_s",
                "expected": "a number of 0 to 1 (s)",
                "got": "2",
            }
        ],
    }
    assert err.splitlines()[-1] == "1 problem"


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["check", "--help"]):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 0
        assert "firmware-runtime check configs/q_truck.toml" in capsys.readouterr().out


def test_version_names_release_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out.startswith("firmware-runtime 0.1.0 (code ")


def test_version_of_code_that_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr("firmware_runtime.executive.command.version", absent)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("firmware-runtime (not installed) (code ")


def test_colour_on_a_terminal_unless_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Style(Terminal()).red("x") == "\x1b[31mx\x1b[0m"
    assert Style(io.StringIO()).red("x") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Style(Terminal()).red("x") == "x"


@pytest.mark.parametrize("arguments", [[], ["chekc"], ["check"], ["check", "a", "--colour"]])
def test_a_wrong_command_line_is_told_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: firmware-runtime" in capsys.readouterr().err


def test_a_check_loads_nothing_that_drives() -> None:
    code = """if True:
        import sys
        from firmware_runtime.executive.command import main
        assert main(["check", sys.argv[1]]) == 0
        parts = {name.split(".")[1] for name in sys.modules if name.startswith("firmware_runtime.")}
        assert parts == {"can", "vehicle", "executive"}, parts
    """
    done = subprocess.run([sys.executable, "-c", code, Q_TRUCK], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    """As with `firmware-runtime check ... | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [COMMAND, "check", Q_TRUCK], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""
