"""The page of the supervisor: whether it stops the vehicle by itself, and how quick its hand-over is."""

from firmware_runtime.executive.live.pages import ShellStatistics, SupervisorPage, WatchdogFigures
from firmware_runtime.executive.live.publisher import Publisher
from firmware_runtime.executive.watchdog import HardwareWatchdog
from firmware_runtime.safety.supervisor import Supervisor


def watchdog_figures(watchdog: HardwareWatchdog | None) -> WatchdogFigures | None:
    return None if watchdog is None else WatchdogFigures(watchdog.timeout_s, watchdog.failed)


class SupervisorStatus:
    """`step(now_ns, counts)` after each of its steps."""

    def __init__(
        self, publisher: Publisher, supervisor: Supervisor, watchdog: HardwareWatchdog | None = None
    ) -> None:
        self._publisher = publisher
        self._supervisor = supervisor
        self._watchdog = watchdog

    def step(self, now_ns: int, counts: ShellStatistics) -> None:
        """counts: of the shell."""
        if self._publisher.due(now_ns):
            self._write(now_ns, counts, ended=False)

    def end(self, now_ns: int, counts: ShellStatistics) -> None:
        """The process ends in good order."""
        self._write(now_ns, counts, ended=True)
        self._publisher.close()

    def _write(self, now_ns: int, counts: ShellStatistics, ended: bool) -> None:
        report = self._supervisor.report
        self._publisher.write(
            SupervisorPage(
                process=self._publisher.process(now_ns, ended),
                took_over=report.took_over,
                estop=report.estop,
                rejected=report.rejected,
                shell=counts,
                watchdog=watchdog_figures(self._watchdog),
                not_following=[
                    f"{actuator.value}: {text}" for actuator, text in report.not_following.items()
                ],
            )
        )
