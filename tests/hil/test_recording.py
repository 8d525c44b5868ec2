"""The recording takes in a whole drive, in one process or with the runtime's black box afterwards."""

from pathlib import Path

import can
import msgspec
import numpy as np
import pytest
from rich.console import Console

from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.display import DriveDisplay
from vehicle_hil.heartbeat import HeartbeatState
from vehicle_hil.recording import BUS_LOG, Recording
from vehicle_hil.result import REALTIME, DriveResult, Ending
from vehicle_hil.trace import Trace

from .synthetic_drive import frames_at, make_job, make_setup, make_truth, run, ticks

HEARTBEAT = 0x8CFF0027


def quiet() -> DriveDisplay:
    return DriveDisplay(Console(quiet=True))


def test_trace_keeps_a_row_each_50_ms_of_both_sides(tmp_path: Path) -> None:
    setup = make_setup()
    with Recording(make_job(tmp_path), quiet()) as recording:
        recording.finish(run(setup, recording))
    truth, telemetry = recording.trace.truth(), recording.trace.telemetry()
    assert np.diff(truth["time_s"]) == pytest.approx(0.05)
    assert truth["time_s"].tolist() == telemetry["time_s"].tolist()
    assert truth["progress_m"][-1] == pytest.approx(setup.route.length_m, abs=0.05)
    assert truth["speed_mps"] == pytest.approx(telemetry["speed_mps"])
    assert {len(column) for column in truth.values()} == {len(truth["time_s"])}


@pytest.mark.parametrize("tick_ms", [1, 2, 5, 10])
def test_a_faster_runtime_makes_no_longer_trace(tick_ms: int) -> None:
    trace = Trace()
    _, told = next(iter(ticks(make_setup())))
    for time_ms in range(10, 1010, tick_ms):
        trace.add_telemetry(msgspec.structs.replace(told, time_ns=time_ms * 1_000_000))
    times_s = trace.telemetry()["time_s"][:20]
    assert times_s == pytest.approx([0.01 + 0.05 * n for n in range(20)], abs=0.0026)
    assert len(trace.telemetry()["time_s"]) <= 21


def test_ticks_by_the_wall_clock_are_kept_as_often() -> None:
    trace = Trace()
    truth = make_truth(0, 0.0, 0.0)
    for tick in range(1000):
        jitter_ns = (tick * 7_919) % 2_000_000
        late_ns = 300_000_000 if tick >= 500 else 0
        trace.add_truth(truth._replace(time_ns=tick * 10_000_000 + jitter_ns + late_ns), 0.0, 0.0)
    assert len(trace.truth()["time_s"]) == pytest.approx(200, abs=1)


def test_every_frame_is_in_the_bus_log(tmp_path: Path) -> None:
    with Recording(make_job(tmp_path), quiet()) as recording:
        recording.finish(run(make_setup(), recording, end_after_s=2.0))
    with can.LogReader(tmp_path / BUS_LOG) as reader:
        messages = list(reader)
    assert len(messages) == recording.frames == 200 * len(frames_at(0))


def test_black_box_of_a_killed_runtime_ends_early(tmp_path: Path) -> None:
    setup = make_setup(mode=REALTIME)
    black_box: list[Telemetry] = []
    with Recording(make_job(tmp_path), quiet()) as recording:
        recording.on_start(setup)
        for truth, telemetry in ticks(setup):
            recording.on_tick(truth, None, frames_at(truth.time_ns))
            if truth.time_ns < 10e9:
                black_box.append(telemetry)
            if truth.time_ns >= 15e9:
                break
        result = DriveResult(Ending.RUNTIME_LOST, "", 15.0, 15.0, 10_000_000_000, black_box)
        recording.finish(result)
    assert recording.trace.telemetry()["time_s"][-1] == pytest.approx(10.0, abs=0.05)
    assert recording.trace.truth()["time_s"][-1] == pytest.approx(15.0, abs=0.05)
    states = [(span.name, span.end_s) for span in recording.events.spans() if span.kind == "state"]
    assert states == [
        ("SELF_TEST", 1.0),
        ("READY", 2.0),
        ("AUTO", 10.0),
        ("NO_RUNTIME", pytest.approx(15.0)),
    ]


def test_state_is_heard_on_the_bus_while_the_runtime_is_another_process(tmp_path: Path) -> None:
    job, setup = make_job(tmp_path), make_setup(mode=REALTIME)
    with Recording(job, quiet()) as recording:
        recording.on_start(setup)
        assert recording.state == ""
        truth = make_truth(10_000_000, 0.0, 0.0, 0.0)
        # SafetyState is byte 3 of the Q-Truck's heartbeat: 4 is AUTO, 10 is ESTOP.
        recording.on_tick(truth, None, [(0, "drive", HEARTBEAT, bytes.fromhex("0000000400000000"))])
        assert recording.state == "AUTO"
        recording.on_tick(truth, None, [(0, "body", HEARTBEAT, bytes.fromhex("0000000a00000000"))])
        assert recording.state == "AUTO"
        recording.on_tick(truth, None, [(0, "drive", HEARTBEAT, bytes.fromhex("0000000a00000000"))])
        assert recording.state == "ESTOP"


def test_heartbeat_of_a_big_endian_vehicle_is_read_by_its_own_binding() -> None:
    from .synthetic_drive import ROOT, load_profile

    path = ROOT / "configs/yard_tractor.toml"
    heartbeat = HeartbeatState(load_profile(path), path)
    heartbeat.hear([(0, "drive", HEARTBEAT, bytes.fromhex("0000000900000000"))])
    assert heartbeat.state == "SAFE_STOP"


def test_a_tick_before_the_start_is_refused(tmp_path: Path) -> None:
    with Recording(make_job(tmp_path), quiet()) as recording, pytest.raises(RuntimeError, match="on_start"):
        recording.on_tick(make_truth(0, 0.0, 0.0, 0.0), None, ())
