"""The standard observer of a drive: feeds figures, trace, events, bus log and live display each tick.

Everything that the summary and the report need afterwards is an attribute here, so a drive that is broken
off (Ctrl-C) has the same report as one that ran to its end.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.candump import CandumpWriter
from vehicle_hil.events import EventLog
from vehicle_hil.heartbeat import HeartbeatState
from vehicle_hil.metrics import DriveMetrics
from vehicle_hil.reference_line import ReferenceLine
from vehicle_hil.result import REALTIME, BusFrame, DriveJob, DriveResult, DriveSetup
from vehicle_hil.trace import Trace
from vehicle_hil.truth import Truth

BUS_LOG = "bus.log"
NO_RUNTIME = "NO_RUNTIME"
"""Stands in the state timeline where the runtime was dead."""


class Display(Protocol):
    """What the recording wants of a live display (`display.py`)."""

    def start(self, setup: DriveSetup) -> None: ...
    def tick(self, recording: "Recording", truth: Truth, telemetry: Telemetry | None) -> None: ...
    def note(self, time_ns: int, text: str) -> None: ...
    def stop(self) -> None: ...


class Recording:
    """Context manager; on leaving it the bus log is complete and the display gone."""

    def __init__(self, job: DriveJob, display: Display) -> None:
        self.trace = Trace()
        self.events = EventLog()
        self.setup: DriveSetup | None = None
        self.line: ReferenceLine | None = None
        self.metrics: DriveMetrics | None = None
        self.last_telemetry: Telemetry | None = None
        self.begin_s = time.perf_counter()
        """Wall time at which the ticks began."""
        self._job = job
        self._display = display
        self._heartbeat: HeartbeatState | None = None
        self._log: CandumpWriter | None = None

    def on_start(self, setup: DriveSetup) -> None:
        points = setup.points
        self.setup = setup
        self.line = ReferenceLine(points.x_m, points.y_m, points.closed)
        self.metrics = DriveMetrics(self.line)
        if setup.mode == REALTIME:
            self._heartbeat = HeartbeatState(setup.profile, self._job.profile_path)
        self._log = CandumpWriter(self._job.out_dir / BUS_LOG)
        self._display.start(setup)
        self.begin_s = time.perf_counter()

    def on_tick(self, truth: Truth, telemetry: Telemetry | None, frames: Sequence[BusFrame]) -> None:
        metrics, log = self.metrics, self._log
        if metrics is None or log is None:
            raise RuntimeError("on_tick before on_start")
        metrics.add(truth)
        self.trace.add_truth(truth, metrics.cross_track_m, metrics.progress_m)
        self.events.add_truth(truth)
        if telemetry is not None:
            self.last_telemetry = telemetry
            self.trace.add_telemetry(telemetry)
            self.events.add_telemetry(telemetry)
        elif self._heartbeat is not None:
            self._heartbeat.hear(frames)
        log.write(frames)
        self._display.tick(self, truth, telemetry)

    def on_note(self, time_ns: int, text: str) -> None:
        self.events.note(time_ns / 1e9, text)
        self._display.note(time_ns, text)

    def finish(self, result: DriveResult) -> None:
        """Take in what the runner knew only afterwards, and close all spans of time."""
        for telemetry in result.telemetry_afterwards:
            self.last_telemetry = telemetry
            self.trace.add_telemetry(telemetry)
            self.events.add_telemetry(telemetry)
        end_s = self.metrics.last.time_ns / 1e9 if self.metrics and self.metrics.last else 0.0
        if result.runtime_killed_ns is not None:
            self.events.finish_telemetry(result.runtime_killed_ns / 1e9, NO_RUNTIME)
        self.events.finish(end_s)

    @property
    def state(self) -> str:
        """The runtime's safety state: by its telemetry, else as last heard on the bus; may be empty."""
        if self.events.state:
            return self.events.state
        return self._heartbeat.state if self._heartbeat is not None else ""

    @property
    def frames(self) -> int:
        """Frames written to the bus log."""
        return self._log.frames if self._log is not None else 0

    def close(self) -> None:
        self._display.stop()
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
