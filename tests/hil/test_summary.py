"""summary.json, the closing table and the exit status."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from firmware_runtime.vehicle.route import RouteStop
from vehicle_hil import summary as summaries
from vehicle_hil.display import DriveDisplay
from vehicle_hil.recording import Recording
from vehicle_hil.result import DriveResult, DriveSetup, Ending
from vehicle_hil.summary import Summary

from .synthetic_drive import make_job, make_route, make_setup, run, ticks, yard_points

KEYS_ASKED_FOR = {
    "arrived", "stop_error_m", "cross_track_mean_m", "cross_track_max_m", "distance_m", "duration_s",
    "realtime_factor", "energy_kwh", "regenerated_kwh", "faults", "final_state", "seed", "identity",
}  # fmt: skip


def driven(tmp_path: Path, setup: DriveSetup | None = None, **changes: Any) -> tuple[Summary, DriveResult]:
    setup = setup or make_setup()
    job = make_job(tmp_path, seed=7)
    with Recording(job, DriveDisplay(Console(quiet=True))) as recording:
        result = run(setup, recording, **changes)
        recording.finish(result)
    summary, _ = summaries.summarise(job, setup, result, recording)
    return summary, result


def killed(tmp_path: Path, until_s: float) -> tuple[Summary, DriveResult]:
    """The runtime is killed at 10 s; telemetry ends there, the vehicle drives on to its first stop."""
    job, setup = make_job(tmp_path), make_setup()
    with Recording(job, DriveDisplay(Console(quiet=True))) as recording:
        recording.on_start(setup)
        for truth, telemetry in ticks(setup):
            recording.on_tick(truth, telemetry if truth.time_ns < 10e9 else None, ())
            if truth.time_ns >= until_s * 1e9:
                break
        result = DriveResult(Ending.RUNTIME_LOST, "", until_s, until_s, runtime_killed_ns=10_000_000_000)
        recording.finish(result)
    return summaries.summarise(job, setup, result, recording)[0], result


def table(summary: Summary, ending: Ending, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(summaries.closing_table(summary, ending, Path("out/x/report.html")))
    return out.getvalue()


def test_a_good_drive(tmp_path: Path) -> None:
    summary, result = driven(tmp_path, lateral=lambda s: 0.03, stop_short_m=0.04)
    assert summary.arrived
    assert summary.reason == ""
    assert summary.stop_error_m == pytest.approx(0.05, abs=1e-3)
    assert summary.cross_track_mean_m == pytest.approx(0.03, abs=1e-3)
    assert summary.faults == []
    assert summary.seed == 7
    assert summary.realtime_factor == pytest.approx(30.0, abs=0.01)
    assert (summary.stops_made, summary.stops_total) == (2, 2)
    assert summary.final_state == "READY"
    assert summaries.exit_status(summary, result.ending) == 0


def test_the_file_has_flat_keys_and_plain_values(tmp_path: Path) -> None:
    summary, _ = driven(tmp_path)
    written = json.loads(summaries.write(summary, tmp_path).read_text())
    assert set(written) >= KEYS_ASKED_FOR
    assert all(
        isinstance(value, bool | int | float | str | list) or value is None for value in written.values()
    )
    assert written["vehicle"] == "q_truck"
    assert written["route"] == "yard.csv"
    assert "drop-outs" in written["gnss"]


def test_the_largest_of_all_stop_errors_counts(tmp_path: Path) -> None:
    summary, _ = driven(tmp_path, lateral=lambda s: 0.08 if s < 120 else 0.01)
    assert summary.stop_error_m == pytest.approx(0.08, abs=1e-3)


def test_time_is_up_as_asked(tmp_path: Path) -> None:
    summary, result = driven(tmp_path, end_after_s=10.0)
    assert not summary.arrived
    assert summary.stop_error_m is None
    assert summary.reason.startswith("10 s are over at ")
    assert summaries.exit_status(summary, result.ending) == 0
    assert summaries.verdict(summary, result.ending)[-1] == "open"


@pytest.mark.parametrize(
    ("ending", "detail", "reason"),
    [
        (Ending.STUCK, "stands in FAULT: message_lost", "stands in FAULT: message_lost"),
        (Ending.INTERRUPTED, "", "interrupted at 7% of the route"),
        (Ending.RUNTIME_LOST, "", "the drive ended at 7% of the route (runtime_lost)"),
    ],
)
def test_a_drive_that_ended_early_says_why(tmp_path: Path, ending: Ending, detail: str, reason: str) -> None:
    job, setup = make_job(tmp_path), make_setup()
    with Recording(job, DriveDisplay(Console(quiet=True))) as recording:
        run(setup, recording, end_after_s=10.0)
        result = DriveResult(ending, detail, 1.0, 10.0)
        recording.finish(result)
    summary, _ = summaries.summarise(job, setup, result, recording)
    assert summary.reason == reason
    assert summaries.exit_status(summary, ending) == 1
    assert f"Did not arrive: {reason}" in table(summary, ending)


def test_the_runtimes_word_alone_is_no_arrival(tmp_path: Path) -> None:
    summary, result = driven(tmp_path, stop_short_m=0.8)
    assert not summary.arrived
    assert summary.reason == "the runtime says arrived, but the vehicle stands 0.80 m from the end"
    assert summaries.exit_status(summary, result.ending) == 1


def test_a_missed_stop_is_told_and_fails(tmp_path: Path) -> None:
    setup = make_setup()
    # The made-up vehicle knows only the end; the route that it is measured against has another stop.
    driven_setup = make_setup(route=make_route(yard_points()))
    job = make_job(tmp_path)
    with Recording(job, DriveDisplay(Console(quiet=True))) as recording:
        result = run(driven_setup, recording)
        recording.finish(result)
    summary, _ = summaries.summarise(job, setup, result, recording)
    assert summary.arrived
    assert (summary.stops_made, summary.stops_total) == (1, 2)
    assert summaries.exit_status(summary, result.ending) == 1
    assert "missed 1 of 2 stops" in table(summary, result.ending)
    assert isinstance(setup.route.stops[0], RouteStop)


def test_a_fault_on_the_way_fails_a_drive_that_arrived(tmp_path: Path) -> None:
    summary, result = driven(tmp_path)
    summary = msgspec.structs.replace(summary, faults=["message_lost: drive.BrakeFeedback"])
    assert summaries.exit_status(summary, result.ending) == 1
    assert "Arrived, with faults" in table(summary, result.ending)
    assert "message_lost: drive.BrakeFeedback" in table(summary, result.ending)


def test_a_killed_runtime_is_told_with_the_way_to_standstill(tmp_path: Path) -> None:
    summary, result = killed(tmp_path, until_s=28.0)
    assert summary.runtime_lost_s == 10.0
    assert summary.final_state == "NO_RUNTIME"
    assert summary.standing
    # The made-up vehicle stands at its stop, 90 m along, since 26.9 s.
    assert summary.standstill_after_s == pytest.approx(16.9, abs=0.1)
    assert summary.standstill_after_m == pytest.approx(90.0 - 19.0, abs=1.5)
    assert "lost at 10.00 s; the vehicle's own time-outs brought it to a standstill in" in summary.reason
    assert summaries.exit_status(summary, result.ending) == 1


def test_a_vehicle_that_does_not_stop_after_the_kill_is_told(tmp_path: Path) -> None:
    summary, _ = killed(tmp_path, until_s=15.0)
    assert not summary.standing
    assert summary.standstill_after_s is None
    assert "did not come to a standstill" in summary.reason


def test_the_table_answers_first_and_has_units(tmp_path: Path) -> None:
    summary, result = driven(tmp_path, lateral=lambda s: 0.03)
    rows = [row.strip() for row in table(summary, result.ending).splitlines() if row.strip()]
    assert rows[0] == "Arrived"
    text = "\n".join(rows)
    for part in ("0.030 m", "mean 0.030 m", "m/s", "kWh drawn", "kWh/km net", "30.0 times real time"):
        assert part in text
    assert "out/x/report.html" in text


def test_the_table_fits_a_narrow_terminal(tmp_path: Path) -> None:
    summary, result = driven(tmp_path)
    assert max(len(row.rstrip()) for row in table(summary, result.ending, width=60).splitlines()) <= 60


def test_markup_in_names_is_shown_as_it_is(tmp_path: Path) -> None:
    summary, result = driven(tmp_path, setup=make_setup(gnss="[bold]loud[/bold]"))
    assert "[bold]loud[/bold]" in table(summary, result.ending)


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.2, "3.2 s"), (59.94, "59.9 s"), (67.4, "1 min 07 s"), (3600, "60 min 00 s")]
)
def test_times_are_written_for_people(seconds: float, text: str) -> None:
    assert summaries.clock(seconds) == text
