"""What a user gets from `tools/drive`: the command itself, its files, and its figures on the truth."""

import json
from pathlib import Path
from typing import Any

import can
import pytest

from tests.bus_vehicle import ROOT
from vehicle_hil.command import main

SHARED = ROOT.parent / "shared" / "data"
TRACKS = ("Norisring", "Oschersleben", "Shanghai", "Spielberg", "YasMarina")
STOP_ERROR_M, YARD_CROSS_TRACK_M, LAP_CROSS_TRACK_M = 0.10, 0.25, 0.30

real_tracks = pytest.mark.skipif(
    not (SHARED / "tracks").is_dir(), reason="race-track centre lines are not beside the project (../shared)"
)
real_drive = pytest.mark.skipif(
    not (SHARED / "gnss").is_dir(), reason="the RTK drive is not beside the project (../shared)"
)


def drive(out: Path, *arguments: str, report: bool = False) -> dict[str, Any]:
    status = main(["drive", "--out", str(out), *([] if report else ["--no-report"]), *arguments])
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    assert status == (0 if summary["arrived"] else 1)
    return summary


def test_the_yard_route_is_driven_with_load_and_the_folder_is_whole(tmp_path: Path) -> None:
    summary = drive(tmp_path, "--seed", "3", report=True)
    assert summary["arrived"] is True
    assert summary["faults"] == []
    assert summary["stop_error_m"] <= STOP_ERROR_M
    assert summary["cross_track_max_m"] <= YARD_CROSS_TRACK_M
    assert summary["stops_made"] == 3
    assert 0 < summary["regenerated_kwh"] < summary["energy_kwh"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "summary.json",
        "report.html",
        "bus.log",
        "blackbox.bin",
    }
    with can.LogReader(tmp_path / "bus.log") as log:
        buses = {message.channel for message in log}
    assert buses == {"drive", "body"}


@real_tracks
@pytest.mark.parametrize(
    "track", [pytest.param(t, marks=() if t == "Norisring" else pytest.mark.full) for t in TRACKS]
)
def test_the_yardstick_truck_laps_a_real_track(track: str, tmp_path: Path) -> None:
    tractor = str(ROOT / "configs" / "yard_tractor.toml")
    summary = drive(tmp_path, "--vehicle", tractor, "--route", str(SHARED / "tracks" / f"{track}.csv"))
    assert summary["arrived"] is True
    assert summary["faults"] == []
    assert summary["cross_track_max_m"] <= LAP_CROSS_TRACK_M
    assert summary["speed_max_mps"] <= 8.33 * 1.02


@real_drive
@pytest.mark.full
def test_the_first_two_kilometres_of_a_real_drive(tmp_path: Path) -> None:
    route = str(SHARED / "gnss" / "rtk_drive.txt")
    summary = drive(tmp_path, "--route", route, "--distance", "2000")
    assert summary["arrived"] is True
    assert summary["faults"] == []
    assert summary["cross_track_max_m"] <= LAP_CROSS_TRACK_M
    assert 1999 < summary["distance_m"] < 2010


def test_the_same_seed_gives_the_same_bus_log_and_another_does_not(tmp_path: Path) -> None:
    logs: list[bytes] = []
    for number, seed in enumerate((7, 7, 8)):
        out = tmp_path / str(number)
        main(["drive", "--out", str(out), "--no-report", "--seed", str(seed), "--seconds", "25"])
        logs.append((out / "bus.log").read_bytes())
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


def test_a_route_too_tight_is_refused_by_its_place_and_driven_smoothed_where_the_harness_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corner = [(x, 0.0) for x in range(0, 41, 2)] + [(40.0, y) for y in range(2, 41, 2)]
    route = tmp_path / "corner.csv"
    route.write_text("x_m,y_m\n" + "".join(f"{x},{y}\n" for x, y in corner))
    out = tmp_path / "out"
    assert main(["drive", "--route", str(route), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert "corner.csv:2" in told, "the line of the file"
    assert "40" in told
    assert "Traceback" not in told
    summary = drive(out, "--route", str(route), "--allow-infeasible")
    assert summary["arrived"] is True
    assert 0.10 < summary["route_deviation_max_m"] < 3.0
    assert (out / "route.csv").is_file()
