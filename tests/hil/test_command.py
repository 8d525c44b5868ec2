"""The command: options, defaults, what goes to stdout and stderr, exit status."""

import json
from pathlib import Path

import pytest

from firmware_runtime.vehicle.problems import ConfigurationError, Problem
from vehicle_hil import command
from vehicle_hil.report.page import REPORT_FILE
from vehicle_hil.result import LOCKSTEP, REALTIME, DriveJob, DriveResult, Ending, Observer
from vehicle_hil.vehicle_file import VehicleFileError

from .synthetic_drive import ROOT, frames_at, make_setup, run, ticks


class FakeRunner:
    """Drives the made-up drive and remembers the job."""

    def __init__(self, end_after_s: float = 1e9) -> None:
        self.jobs: list[DriveJob] = []
        self._end_after_s = end_after_s

    def __call__(self, job: DriveJob, observer: Observer) -> DriveResult:
        self.jobs.append(job)
        return run(make_setup(), observer, end_after_s=min(job.seconds or 1e9, self._end_after_s))


def drive(*arguments: str, runner: command.Runner | None = None) -> int:
    runner = runner or FakeRunner()
    return command.main(["drive", *arguments], {LOCKSTEP: runner, REALTIME: runner})


def test_a_drive_leaves_summary_report_and_bus_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drive("--out", str(tmp_path / "a/b")) == 0
    assert {path.name for path in (tmp_path / "a/b").iterdir()} == {"summary.json", "report.html", "bus.log"}
    shown = capsys.readouterr()
    assert "Arrived" in shown.out
    assert "report.html" in shown.out.replace("\n", "")
    assert shown.err == ""


def test_json_is_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drive("--json", "--no-report", "--out", str(tmp_path)) == 0
    shown = capsys.readouterr()
    summary = json.loads(shown.out)
    assert summary["arrived"] is True
    assert summary == json.loads((tmp_path / "summary.json").read_text())
    assert "Arrived" in shown.err
    assert not (tmp_path / REPORT_FILE).exists()


def test_defaults_are_the_q_truck_in_the_yard(tmp_path: Path) -> None:
    runner = FakeRunner()
    drive("--no-report", "--out", str(tmp_path), runner=runner)
    (job,) = runner.jobs
    assert job.profile_path == ROOT / "configs/q_truck.toml"
    assert job.route_path == ROOT / "configs/routes/yard.csv"
    assert (job.seed, job.distance_m, job.seconds, job.kill_runtime_at_s) == (1, None, None, None)
    assert not job.allow_infeasible


def test_options_reach_the_job(tmp_path: Path) -> None:
    runner = FakeRunner()
    drive(
        "--vehicle", "configs/yard_tractor.toml", "--route", "lap.csv", "--distance", "2000", "--seed", "7",
        "--seconds", "30", "--realtime", "--kill-runtime-at", "12.5", "--allow-infeasible", "--no-report",
        "--out", str(tmp_path), runner=runner,
    )  # fmt: skip
    assert runner.jobs == [
        DriveJob(
            profile_path=Path("configs/yard_tractor.toml"),
            route_path=Path("lap.csv"),
            distance_m=2000.0,
            allow_infeasible=True,
            seed=7,
            seconds=30.0,
            kill_runtime_at_s=12.5,
            out_dir=tmp_path,
        )
    ]


def test_the_default_folder_names_time_and_vehicle_and_is_never_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "project_root", lambda: tmp_path)
    runner = FakeRunner(end_after_s=0.1)
    for _ in range(3):
        drive("--no-report", "--vehicle", "some/yard_tractor.toml", runner=runner)
    folders = [job.out_dir for job in runner.jobs]
    assert len(set(folders)) == 3
    for folder in folders:
        assert folder.parent == tmp_path / "out"
        assert "-yard_tractor" in folder.name
        assert (folder / "summary.json").exists()


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError(
            [
                Problem("q.toml", 12, "[steering] lag_s", "0 to 2", "7"),
                Problem("q.toml", 15, "[limits] jerk", "a known key", "jerk"),
            ]
        ),
        VehicleFileError("q.toml:12: [steering] lag_s: expected 0 to 2\nq.toml:15: unknown key"),
    ],
)
def test_wrong_input_is_one_line_a_problem_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def refuse(job: DriveJob, observer: Observer) -> DriveResult:
        raise error

    assert drive("--out", str(tmp_path / "new"), runner=refuse) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("q.toml:12:")
    assert lines[1].startswith("q.toml:15:")
    assert not (tmp_path / "new").exists()


def test_a_route_error_is_wrong_input_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from firmware_runtime.motion.route_file import read_route_file

    route = tmp_path / "none.csv"

    def read(job: DriveJob, observer: Observer) -> DriveResult:
        read_route_file(job.route_path)
        raise AssertionError("a file that is not there was read")

    assert drive("--route", str(route), "--out", str(tmp_path / "new"), runner=read) == 2
    assert "none.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--seconds", "0"),
        ("--seconds", "soon"),
        ("--distance", "-5"),
        ("--distance", "nan"),
        ("--seed", "x"),
        ("--kill-runtime-at", "5"),
        ("--lockstep", "--realtime"),
        ("--no-such-option",),
    ],
)
def test_wrong_options_are_status_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        drive(*arguments)
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_wrong_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert drive("--out", str(tmp_path / "file")) == 2
    assert "expected a folder to write to" in capsys.readouterr().err


def test_ctrl_c_reports_what_was_recorded_so_far(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def broken_off(job: DriveJob, observer: Observer) -> DriveResult:
        setup = make_setup()
        observer.on_start(setup)
        for truth, telemetry in ticks(setup):
            observer.on_tick(truth, telemetry, frames_at(truth.time_ns))
            if truth.time_ns > 12e9:
                raise KeyboardInterrupt
        raise AssertionError("the drive was too short")

    assert drive("--out", str(tmp_path), runner=broken_off) == 1
    assert "interrupted at" in capsys.readouterr().out
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["duration_s"] == pytest.approx(12.0, abs=0.02)
    assert (tmp_path / REPORT_FILE).exists()
    assert (tmp_path / "bus.log").read_text().endswith("\n")


def test_ctrl_c_before_the_start_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def broken_off(job: DriveJob, observer: Observer) -> DriveResult:
        raise KeyboardInterrupt

    assert drive("--out", str(tmp_path / "new"), runner=broken_off) == 1
    assert "before the drive began" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_drive_that_did_not_arrive_is_status_1(tmp_path: Path) -> None:
    def stuck(job: DriveJob, observer: Observer) -> DriveResult:
        run(make_setup(), observer, end_after_s=5.0)
        return DriveResult(Ending.STUCK, "stands in FAULT", 1.0, 5.0)

    assert drive("--no-report", "--out", str(tmp_path), runner=stuck) == 1


def test_seconds_without_a_fault_are_status_0(tmp_path: Path) -> None:
    assert drive("--no-report", "--seconds", "5", "--out", str(tmp_path)) == 0


def test_help_has_examples_and_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["drive", "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert "exit status: 0 arrived" in text
    for option in ("--vehicle", "--route", "--seed", "--realtime", "--kill-runtime-at", "--json", "--out"):
        assert option in text
