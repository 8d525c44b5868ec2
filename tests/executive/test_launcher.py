"""Which ends of a process `run` takes for final: those of its start alone; shells stand in for the three."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from firmware_runtime.executive.launch.launcher import Launcher
from firmware_runtime.executive.machine.cores import core_text

ORDER = ("control", "supervisor", "services")
RESTART_S = 0.02
CORES = tuple(sorted(os.sched_getaffinity(0)))
LIVES = "echo '{name} of q_truck c0ffee, here'; exec sleep 60"


class Bench:
    """Each start of `supervisor` does the next of `scripts`, the last one again and again."""

    def __init__(self, folder: Path, *scripts: str) -> None:
        self.lives = LIVES
        self.begun: list[str] = []
        self.said: list[str] = []
        self.complaints: list[str] = []
        self._scripts = [script.replace("{folder}", str(folder)) for script in scripts]
        self.launcher = Launcher(
            self._command, ORDER, RESTART_S, self.said.append, self.complaints.append, {"control": CORES[-1:]}
        )

    def _command(self, name: str, again: bool) -> Sequence[str]:
        self.begun.append(name)
        script = self.lives
        if name == "supervisor":
            script = self._scripts[min(self.begun.count(name), len(self._scripts)) - 1]
        return ["sh", "-c", script.format(name=name)]

    def run(self, stop: Callable[[], bool]) -> int:
        end_s = time.monotonic() + 20.0

        def stopped() -> bool:
            assert time.monotonic() < end_s, self.complaints
            return stop()

        return self.launcher.run(stopped)

    def begins(self, times: int) -> Callable[[], bool]:
        return lambda: self.begun.count("supervisor") >= times


def dies(status: int) -> str:
    """Begins, as the others do, and dies once all have."""
    return f"echo 'supervisor of q_truck c0ffee, here'; sleep 0.3; exit {status}"


NOT_NOW = "echo 'can0: No such device' >&2; exit {status}"


@pytest.mark.parametrize("status", [75, 2, 1])
def test_what_comes_back_after_its_death_is_tried_until_it_can_begin(tmp_path: Path, status: int) -> None:
    """can0 vanished: the supervisor dies, finds no device twice, and then it is there again."""
    fails = NOT_NOW.format(status=status)
    bench = Bench(tmp_path, dies(1), fails, fails, LIVES)
    bench.run(bench.begins(4))
    assert bench.begun.count("control") == 1, "and nobody else is ended for it"
    assert bench.complaints[0] == "supervisor ended: exit status 1; it begins again"
    assert f"supervisor ended: exit status {status}; it begins again" in bench.complaints
    assert "supervisor: supervisor: can0" not in "".join(bench.complaints)
    assert "supervisor: can0: No such device" in bench.complaints


@pytest.mark.parametrize(("status", "result"), [(75, 2), (2, 2), (1, 1)])
def test_what_cannot_begin_at_all_ends_all_with_its_words(tmp_path: Path, status: int, result: int) -> None:
    bench = Bench(tmp_path, NOT_NOW.format(status=status))
    assert bench.run(lambda: False) == result
    assert "can0: No such device" in bench.complaints
    assert bench.begun.count("supervisor") == 1
    told = f"supervisor could not begin: exit status {status}"
    assert (told in bench.complaints) == (status == 1), "its own words are the answer"
    assert bench.said == []


def test_each_runs_on_the_cores_that_it_is_given(tmp_path: Path) -> None:
    lists = "echo '{name} of q_truck c0ffee,' $(grep Cpus_allowed_list /proc/self/status); exec sleep 60"
    bench = Bench(tmp_path, lists)
    bench.lives = lists
    bench.run(lambda: bool(bench.said))
    (line,) = bench.said
    everywhere = core_text(CORES)
    assert line.split("control pid ")[1].split()[-1] == str(CORES[-1])
    assert line.split("services pid ")[1].split(";")[0].split()[-1] == everywhere
