"""`firmware-runtime state`: begins a state, shows one, and tells what is wrong in one line."""

import json
from pathlib import Path

import pytest

from firmware_runtime.executive.command import main
from firmware_runtime.executive.persistence.content import (
    Charge,
    KeptPose,
    Values,
    encode_events,
    encode_running,
)
from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.executive.persistence.store import StateStore
from firmware_runtime.safety.facts import SafetyConfig
from tests.executive.persistence.support import STAMP, VEHICLE, codes


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    place = tmp_path / "deep" / "state"
    assert main(["state", "commission", str(place), "--vehicle", VEHICLE, "--odometer-m", "1234.5"]) == 0
    assert (
        capsys.readouterr().out == f"{place}: the state of vehicle {VEHICLE} begins, all latched, 1234.5 m\n"
    )
    return place


def test_a_commissioned_state_is_known_and_all_latched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["state", "show", str(folder), "--vehicle", VEHICLE, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["latches"] == {"estop": True, "immediate": True, "minimal_risk": True}
    assert (shown["vehicle"], shown["running"]["odometer_m"]) == (VEHICLE, 1234.5)


def test_lines_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = StateStore(OsDisk(folder), VEHICLE)
    kept = encode_events(1, Shutdown.RUNNING_MOVING, SafetyConfig(estop_latch=True), codes("MotorStatus"))
    store.write(Record.EVENTS, kept, STAMP)
    pose = KeptPose(1, 2.0, 3.0, 0.1, 0.01, 0.01, 0.001)
    store.write(Record.RUNNING, encode_running(1, Values(7.0, Charge(0.5, 0.02), pose)), STAMP)
    assert main(["state", "show", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        f"folder: commissioned, vehicle {VEHICLE}",
        "last shutdown: power lost, or this software ended, while moving",
        "latched: estop, minimal_risk",
        "odometer_m: 7.0",
    ]
    assert "code D20187 message_lost: MotorStatus (MINIMAL_RISK, active, 1x)" in lines
    assert lines[-1].endswith("minimal-risk latch is set, to be acknowledged")


def test_a_damaged_state_is_status_1_and_says_what_and_where(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for slot in "ab":
        (folder / f"running.{slot}.state").write_bytes(b"")
    assert main(["state", "show", str(folder)]) == 1
    out = capsys.readouterr().out
    assert f"{folder}/running.a.state: expected to begin with 'firmware-runtime-state sha256='" in out
    assert "odometer_m: not known" in out


def test_nothing_there_is_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", "show", str(tmp_path)]) == 1
    assert "folder: not commissioned, vehicle not known" in capsys.readouterr().out


def test_a_second_commissioning_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["state", "commission", str(folder), "--vehicle", VEHICLE]) == 2
    err = capsys.readouterr().err
    assert "expected no state there, it is commissioned; to begin anew, move the folder away" in err


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["state", "commission", str(tmp_path / "file"), "--vehicle", VEHICLE]) == 2
    assert "expected a folder to begin a state in" in capsys.readouterr().err


@pytest.mark.parametrize("odometer", ["-1", "nan", "inf", "far"])
def test_an_odometer_that_is_no_distance_is_refused(odometer: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["state", "commission", str(tmp_path), "--vehicle", VEHICLE, f"--odometer-m={odometer}"])
    assert ended.value.code == 2
    assert list(tmp_path.iterdir()) == []
