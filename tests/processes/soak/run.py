"""One soak: starts everything, watches it for so long, and says what it saw."""

import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.loop.load import loaded
from firmware_runtime.executive.live.look import look
from firmware_runtime.executive.machine.own_cores import cores_here
from tests.processes.kill_matrix.case import TRIES, NotReachedError, machine_stalled, stopped, write_route
from tests.processes.kill_matrix.cases import PROCESSES
from tests.processes.rig import MISSED_MAX, Computer
from tests.processes.soak.counters import CounterWatch
from tests.processes.soak.growth import Growth, growth
from tests.processes.soak.run_queue import RunQueue
from tests.processes.soak.ticks import AFTER_STALL_NS, PERIOD_NS, Overrun, RecordedTicks, explanation
from vehicle_hil.core_pace import SLOW
from vehicle_hil.stall_meter import Stall, StallMeter

SAMPLE_S = 2.0
WARM_UP_SHARE, WARM_UP_MAX_S = 0.4, 90.0
"""Of the time, before memory is looked at: buffers and caches fill."""
SPEED_MPS = 8.33
"""The route is as long as the time asks for."""
MEMORY_MAX_MB, GROWTH_MAX_KB_PER_H = 250.0, 64.0
START_MAX_S = 90.0
THERE_SHARE, RATE_HZ, FRAMES_PER_S, DRIVEN_MPS = 0.95, 100, 390, 5.0
LONG_S, ARENA_KB = 300.0, 1024.0
"""Python takes memory for small objects by 1 MiB: a step of that tells nothing in a shorter soak."""
BLOCK_MAX_PER_H, BLOCK_SHORT_MAX_PER_H = 1000.0, 10_000.0
"""Of Python's blocks (64 bytes are a usual one, so that these are the 64 kB). They tell in a short soak too,
where a few that come and go are thousands each hour: there one in each 36 ticks is found."""


@dataclass
class Soak:
    """What was seen."""

    seconds: float
    ticks: int = 0
    proposals: int = 0
    overruns: int = 0
    unexplained: list[Overrun] = field(default_factory=list[Overrun])
    explained: dict[str, int] = field(default_factory=dict[str, int])
    """The other overruns, by reason."""
    evidence: dict[int, str] = field(default_factory=dict[int, str])
    """Of each overrun, by its begin: what the kernel did with the processes around it."""
    stalls: list[Stall] = field(default_factory=list[Stall])
    """Longer than a tenth of a tick."""
    worst_stall_ms: float = 0.0
    lost_frames: dict[str, int] = field(default_factory=dict[str, int])
    """By listener, by the frames' own counters."""
    heard_frames: dict[str, int] = field(default_factory=dict[str, int])
    kernel_drops: int = 0
    withheld: int = 0
    """Steps of the supervisor that took so long that it kept their frames back itself: these are not lost."""
    withheld_unexplained: int = 0
    lost_records: int = 0
    growth: dict[str, Growth] = field(default_factory=dict[str, Growth])
    block_growth: dict[str, Growth] = field(default_factory=dict[str, Growth])
    """Of the blocks of memory that Python holds."""
    resident_mb: float = 0.0
    stopped: str = ""
    """Why the drive ended, unless this machine itself is why."""
    ended: list[str] = field(default_factory=list[str])
    driven_m: float = 0.0
    excused: str = ""
    """Why this machine itself stopped the truck; empty where it did not."""

    def problems(self) -> list[str]:
        """What is not as it must be."""
        wrong = [
            f"a cycle of {(one.end_ns - one.begin_ns) / 1e6:.1f} ms ({one.stage}) "
            f"that this machine does not explain ({near(one, self.stalls)}; "
            f"{self.evidence.get(one.begin_ns, 'no samples of the run queue')})"
            for one in self.unexplained
        ]
        wrong += [f"{who} lost {count} frames" for who, count in self.lost_frames.items() if count]
        if self.kernel_drops:
            wrong.append(f"the kernel dropped {self.kernel_drops} frames")
        if self.withheld_unexplained:
            wrong.append(
                f"{self.withheld_unexplained} steps of the supervisor came too late for their frames"
            )
        if self.lost_records:
            wrong.append(f"{self.lost_records} records of ticks were overwritten before they were read")
        # A truck that was stopped meanwhile remembers why, and went through code that is new to it.
        wrong += [
            f"{name} grows by {one.per_h:.0f} ± {one.uncertain_per_h:.0f} kB/h, "
            f"limit {GROWTH_MAX_KB_PER_H:.0f}"
            for name, one in self.growth.items()
            if one.per_h - one.uncertain_per_h > GROWTH_MAX_KB_PER_H and self._tells(one) and not self.excused
        ]
        wrong += [
            f"{name} keeps {one.per_h:.0f} ± {one.uncertain_per_h:.0f} blocks more each hour, "
            f"limit {self.block_max_per_h:.0f}"
            for name, one in self.block_growth.items()
            if one.per_h - one.uncertain_per_h > self.block_max_per_h and not self.excused
        ]
        if self.resident_mb > MEMORY_MAX_MB:
            wrong.append(f"{self.resident_mb:.0f} MB resident, limit {MEMORY_MAX_MB:.0f} MB")
        if self.stopped:
            wrong.append(f"the truck was stopped: {self.stopped}")
        if not self.excused:
            wrong += self._missing()
        return wrong + [f"{name} ended" for name in self.ended]

    def _missing(self) -> list[str]:
        """It was there all the time, and drove: a truck that stands shows nothing."""
        least = {
            "ticks": (self.ticks, THERE_SHARE * RATE_HZ * self.seconds),
            "proposals": (self.proposals, THERE_SHARE * RATE_HZ * self.seconds),
            "m driven": (self.driven_m, DRIVEN_MPS * self.seconds),
            "frames at the quietest listener": (
                min(self.heard_frames.values(), default=0),
                THERE_SHARE * FRAMES_PER_S * self.seconds,
            ),
        }
        return [f"{got:.0f} {what}, at least {most:.0f}" for what, (got, most) in least.items() if got < most]

    @property
    def block_max_per_h(self) -> float:
        return BLOCK_MAX_PER_H if self.seconds >= LONG_S else BLOCK_SHORT_MAX_PER_H

    def _tells(self, one: Growth) -> bool:
        """Whether this was long enough; in a short one more than Python's own step is growth."""
        hours = (self.seconds - warm_up_s(self.seconds)) / 3600.0
        return self.seconds >= LONG_S or one.per_h * hours > ARENA_KB

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "problems": self.problems()}


def near(overrun: Overrun, stalls: Sequence[Stall]) -> str:
    """Stalls of any core around it, for people."""
    told = [
        f"core {one.core} for {one.late_ns / 1e6:.1f} ms "
        f"from {(one.begin_ns - overrun.begin_ns) / 1e6:+.1f} ms"
        for one in stalls
        if one.begin_ns <= overrun.end_ns and one.end_ns >= overrun.begin_ns - PERIOD_NS
    ]
    return f"stalled: {', '.join(told) or 'none'}"


def warm_up_s(seconds: float) -> float:
    return min(WARM_UP_MAX_S, WARM_UP_SHARE * seconds)


def soak(
    seconds: float,
    folder: Path,
    tell: Callable[[str], None],
    misbehaving: Mapping[str, str] | None = None,
) -> Soak:
    """misbehaving: what a process does once the truck drives (`tests.processes.misbehaving`), by process.

    The first of some tries whose drive began at all, where this machine itself is why the others did not.

    Raises StallMeterError where the machine's own stalls cannot be measured, NotReachedError where the truck
    did not drive on a machine that is well.
    """
    for _ in range(TRIES):
        try:
            # A short name: addresses of sockets may lie in it, which end at 107 bytes.
            return _soak_once(seconds, Path(tempfile.mkdtemp(prefix="", dir=folder)), tell, misbehaving or {})
        except NotReachedError as error:
            if not error.stalled:
                raise
    return Soak(seconds, excused=f"this machine stalled in each of {TRIES} begins of the drive")


def _soak_once(
    seconds: float, folder: Path, tell: Callable[[str], None], misbehaving: Mapping[str, str]
) -> Soak:
    found = Soak(seconds)
    with ExitStack() as stack:
        meter = stack.enter_context(StallMeter(folder))
        route = write_route(folder, SPEED_MPS * (seconds + 20.0))
        computer = stack.enter_context(Computer(folder, route, metered=False))
        computer.further["services"] = ["--record", str(folder / "box.bin")]
        computer.start("services", "supervisor", "control", misbehaving=misbehaving)
        computer.go()
        ticks = RecordedTicks(computer.link)
        for core in cores_here():
            place = folder / f"load-{core}"
            place.mkdir()
            stack.enter_context(loaded(core, place))
        _until_driving(computer, meter)
        ticks.take()
        # What start-up took does not count.
        ticks.overruns.clear()
        ticks.withheld.clear()
        for name in misbehaving:
            computer.signal(name, signal.SIGUSR1)
        memory, blocks = _watch(seconds, computer, meter, ticks, found, tell)
        found.overruns = len(ticks.overruns)
        found.stalls = [one for one in meter.stalls() if one.late_ns > 1_000_000]
        found.worst_stall_ms = max((one.late_ns for one in found.stalls), default=0) / 1e6
        cores = computer.cores["control"]
        own = [one for one in meter.stalls() if one.core in cores]
        for one in ticks.overruns:
            how = explanation(one, own, meter.slowness(cores, one.begin_ns, one.end_ns))
            if how is None:
                found.unexplained.append(one)
            else:
                found.explained[how] = found.explained.get(how, 0) + 1

        def why(at_ns: int, missed_in_a_row: int) -> str:
            slowness = meter.slowness(cores, at_ns - AFTER_STALL_NS, at_ns)
            return excuse(at_ns, found.stalls, slowness, missed_in_a_row)

        found.withheld_unexplained = sum(not why(one.time_ns, 0) for one in ticks.withheld)
        if ticks.stopped:
            reason = why(ticks.stopped_ns, computer.missed_in_a_row)
            found.excused = f"{ticks.stopped}, and {reason}" if reason else ""
            found.stopped = "" if reason else ticks.stopped
        found.ended = [name for name in PROCESSES if computer.children[name].status() is not None]
        alive = [name for name in PROCESSES if computer.children[name].status() is None]
        found.resident_mb = sum(share_kb(computer.children[name].pid) for name in alive) * 1024 / 1e6
        for name in alive:
            computer.kill(name)
    found.ticks, found.proposals = ticks.ticks, ticks.proposals
    found.withheld = len(ticks.withheld)
    found.lost_records = ticks.lost_records
    found.growth = {name: growth(samples) for name, samples in memory.items() if len(samples) > 2}
    found.block_growth = {name: growth(samples, 1.0) for name, samples in blocks.items() if len(samples) > 2}
    return found


def excuse(at_ns: int, stalls: Sequence[Stall], slowness: float, missed_in_a_row: int) -> str:
    """Why this machine is the reason for what the supervisor did then, or empty.

    slowness: of its core in the quarter of a second before, 1.0 as usual.
    """
    longest_ns = max(
        (one.late_ns for one in stalls if one.begin_ns <= at_ns and one.end_ns >= at_ns - AFTER_STALL_NS),
        default=0,
    )
    if longest_ns >= PERIOD_NS:
        return f"this machine stalled for {longest_ns / 1e6:.1f} ms"
    if slowness >= SLOW:
        return f"this machine's core was {slowness:.1f} times as slow as usual"
    if missed_in_a_row >= MISSED_MAX:
        return f"the vehicle itself was silent for {missed_in_a_row} periods"
    return ""


Samples = dict[str, list[tuple[float, float]]]


def _until_driving(computer: Computer, meter: StallMeter) -> None:
    begin_ns = time.monotonic_ns()
    while (truth := computer.look()).speed_mps < 1.0:
        if stopped(computer, truth) or time.monotonic_ns() - begin_ns > START_MAX_S * 1e9:
            words = f"expected a drive within {START_MAX_S:g} s:\n{computer.status()}"
            raise NotReachedError(words, machine_stalled(meter, computer, begin_ns))


def _watch(
    seconds: float,
    computer: Computer,
    meter: StallMeter,
    ticks: RecordedTicks,
    found: Soak,
    tell: Callable[[str], None],
) -> tuple[Samples, Samples]:
    """Own memory of each process in kB, and blocks that it holds, by seconds since the begin."""
    said, heard = CounterWatch(), CounterWatch()
    memory: Samples = {name: [] for name in PROCESSES}
    blocks: Samples = {name: [] for name in PROCESSES}
    begin_s = time.monotonic()
    sample_s = begin_s
    begin_m = computer.look().distance_m
    computer.take_raw()
    pids = {name: child.pid for name, child in computer.children.items()}
    queue = RunQueue({**pids, "vehicle": computer.vehicle.pid})
    while (now_s := time.monotonic()) - begin_s < seconds:
        found.driven_m = computer.look().distance_m - begin_m
        heard.note((f.bus, f.can_id, f.data) for f in computer.take_raw())
        said.note((bus, i, data) for _, bus, i, data in computer.vehicle_frames if i in RUNTIME_IDS)
        computer.frames.clear()
        computer.truths.clear()
        overruns = len(ticks.overruns)
        ticks.take()
        queue.sample()
        for one in ticks.overruns[overruns:]:
            found.evidence[one.begin_ns] = queue.around(one.begin_ns, one.end_ns)
        if now_s >= sample_s:
            sample_s += SAMPLE_S
            found.kernel_drops = kernel_drops(computer.ports)
            meter.stalls()
            if now_s - begin_s >= warm_up_s(seconds):
                pages = look(computer.link, time.monotonic_ns())
                for name in PROCESSES:
                    memory[name].append((now_s - begin_s, own_kb(computer.children[name].pid)))
                    figures = pages.figures(name)
                    if figures is not None:
                        blocks[name].append((now_s - begin_s, float(figures.garbage.blocks)))
            tell(f"{now_s - begin_s:.0f} of {seconds:.0f} s, {len(ticks.overruns)} overruns")
    listeners = {
        "control": ticks.control_heard,
        "supervisor": ticks.supervisor_heard,
        "vehicle": said,
        "ear": heard,
    }
    kept_back = [frame.bus for one in ticks.withheld for frame in one.frames_out]
    # `control` and the vehicle hear the runtime on both buses, the ear on the drive bus.
    missing = {"control": len(kept_back), "vehicle": len(kept_back), "ear": kept_back.count("drive")}
    found.lost_frames = {name: watch.lost - missing.get(name, 0) for name, watch in listeners.items()}
    found.heard_frames = {name: watch.heard for name, watch in listeners.items()}
    return memory, blocks


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
