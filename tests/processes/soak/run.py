"""One soak: starts everything, watches it for so long, and says what it saw."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.loop.load import loaded
from tests.processes.kill_matrix.case import write_route
from tests.processes.kill_matrix.cases import PROCESSES
from tests.processes.rig import Computer
from tests.processes.soak.counters import CounterWatch
from tests.processes.soak.growth import Growth, growth
from tests.processes.soak.ticks import Overrun, RecordedTicks, explained
from vehicle_hil.stall_meter import Stall, StallMeter

SAMPLE_S = 2.0
WARM_UP_SHARE, WARM_UP_MAX_S = 0.4, 90.0
"""Of the time, before memory is looked at: buffers and caches fill."""
SPEED_MPS = 8.33
"""The route is as long as the time asks for."""
MEMORY_MAX_MB, GROWTH_MAX_KB_PER_H = 250.0, 64.0
START_MAX_S = 90.0
LONG_S, ARENA_KB = 300.0, 1024.0
"""Python takes memory for small objects by 1 MiB: a step of that tells nothing in a shorter soak."""


@dataclass
class Soak:
    """What was seen."""

    seconds: float
    ticks: int = 0
    proposals: int = 0
    overruns: int = 0
    unexplained: list[Overrun] = field(default_factory=list[Overrun])
    stalls: list[Stall] = field(default_factory=list[Stall])
    """Longer than a tenth of a tick."""
    worst_stall_ms: float = 0.0
    lost_frames: dict[str, int] = field(default_factory=dict[str, int])
    """By listener, by the frames' own counters."""
    heard_frames: dict[str, int] = field(default_factory=dict[str, int])
    kernel_drops: int = 0
    lost_records: int = 0
    growth: dict[str, Growth] = field(default_factory=dict[str, Growth])
    resident_mb: float = 0.0
    took_over: str = ""
    ended: list[str] = field(default_factory=list[str])
    driven_m: float = 0.0

    def problems(self) -> list[str]:
        """What is not as it must be."""
        wrong = [
            f"a cycle of {(one.end_ns - one.begin_ns) / 1e6:.1f} ms ({one.stage}) that no stall explains"
            for one in self.unexplained
        ]
        wrong += [f"{who} lost {count} frames" for who, count in self.lost_frames.items() if count]
        if self.kernel_drops:
            wrong.append(f"the kernel dropped {self.kernel_drops} frames")
        if self.lost_records:
            wrong.append(f"{self.lost_records} records of ticks were overwritten before they were read")
        wrong += [
            f"{name} grows by {one.kb_per_h:.0f} ± {one.uncertain_kb_per_h:.0f} kB/h, "
            f"limit {GROWTH_MAX_KB_PER_H:.0f}"
            for name, one in self.growth.items()
            if one.kb_per_h - one.uncertain_kb_per_h > GROWTH_MAX_KB_PER_H and self._tells(one)
        ]
        if self.resident_mb > MEMORY_MAX_MB:
            wrong.append(f"{self.resident_mb:.0f} MB resident, limit {MEMORY_MAX_MB:.0f} MB")
        if self.took_over and not self.stalls:
            wrong.append(f"the supervisor stopped the truck: {self.took_over}")
        return wrong + [f"{name} ended" for name in self.ended]

    def _tells(self, one: Growth) -> bool:
        """Whether this was long enough; in a short one more than Python's own step is growth."""
        hours = (self.seconds - warm_up_s(self.seconds)) / 3600.0
        return self.seconds >= LONG_S or one.kb_per_h * hours > ARENA_KB

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "problems": self.problems()}


def warm_up_s(seconds: float) -> float:
    return min(WARM_UP_MAX_S, WARM_UP_SHARE * seconds)


def soak(seconds: float, folder: Path, tell: Callable[[str], None]) -> Soak:
    """Raises StallMeterError where the machine's own stalls cannot be measured."""
    found = Soak(seconds)
    with ExitStack() as stack:
        meter = stack.enter_context(StallMeter(folder))
        route = write_route(folder, SPEED_MPS * (seconds + 20.0))
        computer = stack.enter_context(Computer(folder, route))
        computer.further["services"] = ["--record", str(folder / "box.bin")]
        computer.start("services", "supervisor", "control")
        computer.go()
        ticks = RecordedTicks(folder)
        for core in sorted(os.sched_getaffinity(0)):
            place = folder / f"load-{core}"
            place.mkdir()
            stack.enter_context(loaded(core, place))
        _until_driving(computer)
        ticks.take()
        # What start-up took does not count.
        ticks.overruns.clear()
        memory = _watch(seconds, computer, ticks, found, tell)
        found.overruns = len(ticks.overruns)
        found.stalls = [one for one in meter.stalls() if one.late_ns > 1_000_000]
        found.worst_stall_ms = max((one.late_ns for one in found.stalls), default=0) / 1e6
        found.unexplained = [one for one in ticks.overruns if not explained(one, meter.stalls())]
        found.ended = [name for name in PROCESSES if computer.children[name].status() is not None]
        alive = [name for name in PROCESSES if computer.children[name].status() is None]
        found.resident_mb = sum(share_kb(computer.children[name].pid) for name in alive) * 1024 / 1e6
        for name in alive:
            computer.kill(name)
    found.ticks, found.proposals, found.took_over = ticks.ticks, ticks.proposals, ticks.took_over
    found.lost_records = ticks.lost_records
    found.growth = {name: growth(samples) for name, samples in memory.items() if len(samples) > 2}
    return found


def _until_driving(computer: Computer) -> None:
    end_s = time.monotonic() + START_MAX_S
    while computer.look().speed_mps < 1.0:
        if time.monotonic() > end_s:
            raise AssertionError(f"expected a drive within {START_MAX_S:g} s:\n{computer.status()}")


def _watch(
    seconds: float, computer: Computer, ticks: RecordedTicks, found: Soak, tell: Callable[[str], None]
) -> dict[str, list[tuple[float, float]]]:
    """Own memory of each process in kB, by seconds since the begin."""
    said, heard = CounterWatch(), CounterWatch()
    memory: dict[str, list[tuple[float, float]]] = {name: [] for name in PROCESSES}
    begin_s = time.monotonic()
    sample_s = begin_s
    begin_m = computer.look().distance_m
    computer.take_raw()
    while (now_s := time.monotonic()) - begin_s < seconds:
        found.driven_m = computer.look().distance_m - begin_m
        heard.note((f.bus, f.can_id, f.data) for f in computer.take_raw())
        said.note((bus, i, data) for _, bus, i, data in computer.vehicle_frames if i in RUNTIME_IDS)
        computer.frames.clear()
        computer.truths.clear()
        ticks.take()
        if now_s >= sample_s:
            sample_s += SAMPLE_S
            found.kernel_drops = kernel_drops(computer.ports)
            if now_s - begin_s >= warm_up_s(seconds):
                for name, samples in memory.items():
                    samples.append((now_s - begin_s, own_kb(computer.children[name].pid)))
            tell(f"{now_s - begin_s:.0f} of {seconds:.0f} s, {len(ticks.overruns)} overruns")
    listeners = {
        "control": ticks.control_heard,
        "supervisor": ticks.supervisor_heard,
        "vehicle": said,
        "ear": heard,
    }
    found.lost_frames = {name: watch.lost for name, watch in listeners.items()}
    found.heard_frames = {name: watch.heard for name, watch in listeners.items()}
    return memory


RUNTIME_IDS = frozenset({0x8CFF0027, 0x8CFF0127, 0x8CFF0227, 0x8CFF0327, 0x8CFF2027, 0x98FF2127, 0x98FF2227})
"""What the runtime sends on both buses."""


def own_kb(pid: int) -> float:
    """What a process holds alone: memory that it asked for. The rings that it maps are not in it."""
    return _field(Path(f"/proc/{pid}/status"), "RssAnon")


def share_kb(pid: int) -> float:
    """Its resident memory; what several processes share (libraries, rings) counts once in their sum."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def _field(path: Path, name: str) -> float:
    lines = path.read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def kernel_drops(ports: Sequence[int]) -> int:
    """Datagrams that the kernel dropped on any socket of these ports."""
    lines = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(int(field[-1]) for field in fields if int(field[1].split(":")[1], 16) in ports)
