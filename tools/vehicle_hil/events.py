"""What happened when: states, faults, latches and GNSS drop-outs as spans of time, the rest as events.

The state timeline of the report draws the spans; its table of events and the summary's list of faults are
read from them. All times are vehicle time in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.truth import Truth

SPANS_MAX = 2000
"""A fault that comes and goes each tick must not fill the memory; beyond it spans are only counted."""
FAULTS_MAX = 200
"""Different faults named; a drive that reaches it has failed anyway."""

STATE, FAULT, LATCH, GNSS = "state", "fault", "latch", "gnss"
NO_FIX = "no GNSS fix"
_LATCHES = (("inverter latched", 1), ("brakes latched", 2), ("steering latched", 4))


@dataclass(frozen=True, slots=True)
class Span:
    kind: str
    """STATE, FAULT, LATCH or GNSS."""
    name: str
    start_s: float
    end_s: float
    over: bool
    """It ended by itself; False where only the drive ended."""


@dataclass(frozen=True, slots=True)
class Event:
    time_s: float
    kind: str
    """`state`, `fault`, `cleared`, `latch`, `gnss`, `stop` or `note`."""
    text: str


class EventLog:
    """Fed every tick; compares with the last one and notes only changes."""

    def __init__(self) -> None:
        self.notes: list[Event] = []
        self.faults_ever: list[str] = []
        """In order of their first appearance."""
        self.spans_left_out = 0
        self._spans: list[Span] = []
        self._open: dict[tuple[str, str], float] = {}
        self._state = ""
        self._faults: tuple[str, ...] = ()
        self._latches = 0
        self._fix = True
        self._ever: set[str] = set()

    def add_truth(self, truth: Truth) -> None:
        now_s = truth.time_ns / 1e9
        latches = truth.inverter_latched + 2 * truth.brakes_latched + 4 * truth.steering_latched
        if latches != self._latches:
            for name, bit in _LATCHES:
                self._change(LATCH, name, bool(self._latches & bit), bool(latches & bit), now_s)
            self._latches = latches
        fix = truth.gnss_fix_valid
        if fix != self._fix:
            self._change(GNSS, NO_FIX, not self._fix, not fix, now_s)
            self._fix = fix

    def add_telemetry(self, telemetry: Telemetry) -> None:
        now_s = telemetry.time_ns / 1e9
        state = telemetry.state.name
        if state != self._state:
            if self._state:
                self._end(STATE, self._state, now_s)
            self._begin(STATE, state, now_s)
            self._state = state
        if telemetry.faults != self._faults:
            self._change_faults(telemetry.faults, now_s)

    def note(self, time_s: float, text: str) -> None:
        self.notes.append(Event(time_s, "note", text))

    def finish(self, end_s: float) -> None:
        """Close what is still open at the end of the drive."""
        for kind, name in list(self._open):
            self._end(kind, name, end_s, over=False)

    def finish_telemetry(self, end_s: float, then: str) -> None:
        """The runtime is gone from `end_s` on: its state and faults end; `then` names what follows."""
        for kind, name in list(self._open):
            if kind in (STATE, FAULT):
                self._end(kind, name, end_s, over=False)
        self._begin(STATE, then, end_s)

    def spans(self) -> list[Span]:
        """By start time."""
        return sorted(self._spans, key=lambda span: (span.start_s, span.kind, span.name))

    def events(self, further: Iterable[Event] = ()) -> list[Event]:
        """Notes, `further` ones and the changes that the spans tell of, by time.

        Changes of one kind in one tick are one event.
        """
        found = [*self.notes, *further]
        for span in self._spans:
            if span.kind == GNSS:
                found.append(Event(span.start_s, GNSS, f"{span.name} for {span.end_s - span.start_s:.2f} s"))
                continue
            found.append(Event(span.start_s, span.kind, span.name))
            if span.kind != STATE and span.over:
                found.append(Event(span.end_s, "cleared", f"{span.name} is over"))
        joined: dict[tuple[float, str], list[str]] = {}
        for event in sorted(found, key=lambda event: event.time_s):
            joined.setdefault((event.time_s, event.kind), []).append(event.text)
        return [Event(time_s, kind, ", ".join(texts)) for (time_s, kind), texts in joined.items()]

    @property
    def state(self) -> str:
        """Name of the runtime's state, last heard; empty before the first telemetry."""
        return self._state

    def _change_faults(self, faults: tuple[str, ...], now_s: float) -> None:
        for name in self._faults:
            if name not in faults:
                self._end(FAULT, name, now_s)
        for name in faults:
            if name not in self._faults:
                self._begin(FAULT, name, now_s)
                if name not in self._ever and len(self._ever) < FAULTS_MAX:
                    self._ever.add(name)
                    self.faults_ever.append(name)
        self._faults = faults

    def _change(self, kind: str, name: str, before: bool, after: bool, now_s: float) -> None:
        if after and not before:
            self._begin(kind, name, now_s)
        elif before and not after:
            self._end(kind, name, now_s)

    def _begin(self, kind: str, name: str, now_s: float) -> None:
        self._open[kind, name] = now_s

    def _end(self, kind: str, name: str, now_s: float, over: bool = True) -> None:
        start_s = self._open.pop((kind, name), now_s)
        if len(self._spans) < SPANS_MAX:
            self._spans.append(Span(kind, name, start_s, now_s, over))
        else:
            self.spans_left_out += 1
