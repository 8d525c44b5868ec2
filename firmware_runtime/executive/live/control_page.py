"""The page of `control`: the vehicle's state in words, and how the loop keeps its time."""

from firmware_runtime.controller import Controller
from firmware_runtime.executive.live.loop_figures import LoopFigures
from firmware_runtime.executive.live.pages import FAULTS_MAX, ControlPage, DriveFigures
from firmware_runtime.executive.live.publisher import Publisher
from firmware_runtime.executive.tick_grid import LoopStatistics
from firmware_runtime.safety.facts import Latch


class ControlStatus:
    """`step(now_ns)` once a tick, at its end."""

    def __init__(
        self,
        publisher: Publisher,
        controller: Controller,
        statistics: LoopStatistics,
        figures: LoopFigures,
        period_ns: int,
    ) -> None:
        self._publisher = publisher
        self._controller = controller
        self._statistics = statistics
        self._figures = figures
        self._period_ns = period_ns

    def step(self, now_ns: int) -> None:
        if self._publisher.due(now_ns):
            self._write(now_ns, ended=False)

    def end(self, now_ns: int) -> None:
        """The process ends in good order."""
        self._write(now_ns, ended=True)
        self._publisher.close()

    def _write(self, now_ns: int, ended: bool) -> None:
        statistics = self._statistics
        self._publisher.write(
            ControlPage(
                process=self._publisher.process(now_ns, ended),
                drive=self._drive(),
                period_ns=self._period_ns,
                ticks=statistics.ticks,
                late_ticks=statistics.late_ticks,
                missed_periods=statistics.missed_periods,
                overruns=self._figures.overruns,
            )
        )

    def _drive(self) -> DriveFigures | None:
        controller = self._controller
        told = controller.telemetry
        if told is None:
            return None
        safety = controller.safety
        latched = (
            (Latch.ESTOP, safety.estop_latch),
            (Latch.IMMEDIATE, safety.immediate_latch),
            (Latch.MINIMAL_RISK, safety.minimal_risk_latch),
        )
        return DriveFigures(
            state=told.state.name,
            stop=told.stop.name,
            severity=int(told.severity),
            faults=list(told.faults[:FAULTS_MAX]),
            fault_count=len(told.faults),
            latches=[latch.value for latch, is_set in latched if is_set],
            permissions=controller.permissions,
            speed_mps=told.speed_mps,
            speed_target_mps=told.speed_target_mps,
            cross_track_m=told.cross_track_m,
            route_share=told.route_share,
            route_distance_m=told.route_distance_m,
            next_stop=told.next_stop,
            battery_soc=told.battery_soc,
            fix_age_s=told.fix_age_s,
        )
