"""Replay of a black box: the recorded inputs into a fresh component, its outputs against the recorded ones.

Byte identity is promised on one architecture with the pinned numpy, from a component's beginning on.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from firmware_runtime.can.frame import Frame
from firmware_runtime.recorder.comparison import Finding, compare_frames, compare_structs
from firmware_runtime.recorder.tick_record import (
    ControlBegin,
    ControlTick,
    Record,
    SupervisorBegin,
    SupervisorTick,
    TickRecord,
)
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.vehicle.enums import Configuration
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.telemetry import Telemetry

NOT_REPLAYED = "not replayed"
NOT_BEGUN = Finding("records", "begins in the middle, without the process's start", NOT_REPLAYED)


class Steppable(Protocol):
    """Controller and supervisor as one component."""

    @property
    def telemetry(self) -> Telemetry: ...

    def step(
        self, now_ns: int, frames: Sequence[Frame], serial: bytes, host: HostReport, /
    ) -> Sequence[Frame]: ...


class ControlComponent(Protocol):
    @property
    def telemetry(self) -> Telemetry | None: ...

    def step(
        self,
        now_ns: int,
        frames: Sequence[Frame],
        serial: bytes,
        supervisor: SupervisorReport,
        host: HostReport,
        /,
    ) -> Proposal: ...


class SupervisorComponent(Protocol):
    @property
    def report(self) -> SupervisorReport: ...

    def ask_end(self) -> None: ...

    def hear(self, now_ns: int, frames: Sequence[Frame], /) -> bool: ...

    def look(self, now_ns: int, /) -> None: ...

    def withhold(self) -> None: ...

    def step(
        self, now_ns: int, frames: Sequence[Frame], proposal: Proposal | None, arrived: int | None, /
    ) -> Sequence[Frame]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay first left the record."""

    tick: int
    """Of the component, from 0."""
    time_ns: int
    where: str
    """`frame 2 of 6`, `number of frames`, `telemetry.speed_mps`, `records`."""
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class ReplayResult:
    ticks: int
    """Ticks that were the same."""
    difference: Difference | None
    begins: int = 1
    """So often the component began in them."""


def replay(ticks: Iterable[TickRecord], runtime: Steppable) -> ReplayResult:
    """Steps `runtime`, which has seen no tick yet, through the records until the first difference."""
    same = 0
    for tick in ticks:
        finding = _gap(tick.dropped_before)
        if finding is None:
            out = runtime.step(tick.time_ns, tick.frames_in, tick.serial_in, tick.host)
            finding = compare_frames(tick.frames_out, out) or compare_structs(
                "telemetry", tick.telemetry, runtime.telemetry
            )
        if finding is not None:
            return ReplayResult(same, Difference(same, tick.time_ns, *finding))
        same += 1
    return ReplayResult(same, None)


def replay_control(records: Iterable[Record], new: Callable[[], ControlComponent]) -> ReplayResult:
    """Steps a component of `new` through all records of `control`, another one wherever it began anew."""

    def step(component: ControlComponent, tick: ControlTick) -> Finding | None:
        proposal = component.step(tick.time_ns, tick.frames_in, tick.serial_in, tick.report, tick.host)
        return compare_structs("proposal", tick.proposal, proposal) or compare_structs(
            "telemetry", tick.telemetry, component.telemetry
        )

    return _replay_lives(records, ControlBegin, ControlTick, lambda _: new(), step)


def replay_supervisor(
    records: Iterable[Record], new: Callable[[Configuration], SupervisorComponent]
) -> ReplayResult:
    """The same for the supervisor, with the very calls that its process made.

    new: told by what right the process was started, which its frames say.
    """

    def step(component: SupervisorComponent, tick: SupervisorTick) -> Finding | None:
        if tick.end_asked:
            component.ask_end()
        for heard in tick.heard:
            if heard.looked:
                component.look(heard.time_ns)
            else:
                component.hear(heard.time_ns, heard.frames)
        out = component.step(tick.time_ns, (), tick.proposal, tick.arrived)
        if tick.withheld:
            component.withhold()
        return compare_frames(tick.frames_out, out) or compare_structs(
            "report", tick.report, component.report
        )

    return _replay_lives(
        records, SupervisorBegin, SupervisorTick, lambda begin: new(begin.configuration), step
    )


_Component = TypeVar("_Component")
_Begin = TypeVar("_Begin", ControlBegin, SupervisorBegin)
_Tick = TypeVar("_Tick", ControlTick, SupervisorTick)


def _replay_lives(
    records: Iterable[Record],
    begin: type[_Begin],
    tick: type[_Tick],
    new: Callable[[_Begin], _Component],
    step: Callable[[_Component, _Tick], Finding | None],
) -> ReplayResult:
    """Records of one process; those of others are passed over."""
    component: _Component | None = None
    same = begins = 0
    for record in records:
        if isinstance(record, begin):
            finding = _gap(record.dropped_before)
            component = new(record)
            begins += 1
        elif isinstance(record, tick):
            finding = _gap(record.dropped_before)
            if finding is None:
                finding = NOT_BEGUN if component is None else step(component, record)
        else:
            continue
        if finding is not None:
            return ReplayResult(same, Difference(same, record.time_ns, *finding), begins)
        same += isinstance(record, tick)
    return ReplayResult(same, None, begins)


def _gap(missing: int) -> Finding | None:
    return Finding("records", f"{missing} ticks missing", NOT_REPLAYED) if missing else None
