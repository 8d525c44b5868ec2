"""What the events of the buses amount to: memory between an event of one tick and the monitors of the next.

A port reports an event once. This keeps what it says for as long as it holds: a bus's state until the next
state, a loss of frames or a step of the clock for HOLD_NS, a foreign sender until a person has acknowledged
it, a recovery that was given up until a person has acknowledged it, which renews the attempts.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind

HOLD_NS = 1_000_000_000
"""An event without an end of its own holds so long (assumption: long enough to be seen on a display)."""
FOREIGN_QUIET_NS = 1_000_000_000
"""A foreign sender must have been silent for so long before an acknowledge counts (assumption: ten cycles
of our slowest messages, 100 ms; a port reports one that goes on every 100 ms)."""


class BusFindings(msgspec.Struct, frozen=True, gc=False):
    """One phrase for each thing that is wrong with a bus now, beginning with the bus or its message."""

    foreign_senders: tuple[str, ...] = ()
    """Messages of ours that somebody else sent, not yet acknowledged."""
    off: tuple[str, ...] = ()
    """Needed buses that carry nothing: off, down or gone."""
    given_up: tuple[str, ...] = ()
    """Needed buses that will not be restarted any more."""
    disturbed: tuple[str, ...] = ()
    """Buses at error-passive or worse that are not in `off`."""
    frames_lost: tuple[str, ...] = ()
    """Buses whose receive queue overflowed within HOLD_NS."""
    clock_steps: tuple[str, ...] = ()
    """Steps of the wall clock within HOLD_NS."""


ALL_WELL = BusFindings()


class BusWatch:
    """`step(now_ns, events, acknowledged) -> BusFindings`, once a tick."""

    def __init__(self, needed: Collection[str]) -> None:
        """needed: buses without which the vehicle cannot be driven."""
        self._needed = frozenset(needed)
        self._states: dict[str, BusState] = {}
        self._foreign: dict[tuple[str, int], tuple[str, int]] = {}
        """By bus and identifier: what was said of it first, and when it was reported last."""
        self._given_up: dict[str, str] = {}
        self._overflow_ns: dict[str, int] = {}
        self._clock_steps: dict[str, tuple[str, int]] = {}
        self.renewals: Mapping[str, int] = {}
        """By bus: how often a person has renewed the attempts to restart it; told to whoever has its port."""
        self.renewed: tuple[str, ...] = ()
        """Buses whose attempts the press of the last step renewed."""
        self.released: tuple[str, ...] = ()
        """Foreign senders that it released, in the words for each."""
        self.counts: dict[str, dict[str, int]] = {}
        """Events by bus and kind since start; both only grow."""

    def step(self, now_ns: int, events: Iterable[BusEvent], acknowledged: bool) -> BusFindings:
        """
        acknowledged: a person has just pressed acknowledge at standstill.
        """
        self.renewed = self.released = ()
        if self._given_up and acknowledged:
            # What a port gives up in this very tick was given up before the press: it stays for the next one.
            renewals = dict(self.renewals)
            for bus in self._given_up:
                renewals[bus] = renewals.get(bus, 0) + 1
            self.renewals = renewals
            self.renewed = tuple(self._given_up)
            self._given_up.clear()
        for event in events:
            self._take(now_ns, event)
        if self._foreign and acknowledged:
            heard = {
                key: (text, last_ns)
                for key, (text, last_ns) in self._foreign.items()
                if now_ns - last_ns < FOREIGN_QUIET_NS
            }
            self.released = tuple(text for key, (text, _) in self._foreign.items() if key not in heard)
            self._foreign = heard
        if self._foreign or self._states or self._given_up or self._overflow_ns or self._clock_steps:
            return self._findings(now_ns)
        return ALL_WELL

    def _take(self, now_ns: int, event: BusEvent) -> None:
        bus, kind = event.bus, event.kind
        counts = self.counts.setdefault(bus, {})
        counts[kind.name] = counts.get(kind.name, 0) + 1
        if kind is EventKind.STATE:
            self._states[bus] = BusState(event.detail)
        elif kind is EventKind.FOREIGN_SENDER:
            key = bus, event.can_id
            text, _ = self._foreign.get(key, (event.text or f"{bus} 0x{event.can_id:X}", 0))
            self._foreign[key] = text, now_ns
        elif kind is EventKind.OVERFLOW:
            self._overflow_ns[bus] = now_ns
        elif kind is EventKind.CLOCK_STEP:
            self._clock_steps[bus] = f"{bus}: {event.detail * 1e-9:+.3f} s", now_ns
        elif kind is EventKind.RECOVERY_GIVEN_UP:
            self._given_up[bus] = f"{bus} after {event.detail} attempts"

    def _findings(self, now_ns: int) -> BusFindings:
        off: list[str] = []
        disturbed: list[str] = []
        for bus, state in self._states.items():
            if state >= BusState.BUS_OFF and bus in self._needed:
                off.append(f"{bus} {state.name}")
            elif state >= BusState.ERROR_PASSIVE:
                disturbed.append(f"{bus} {state.name}")
        return BusFindings(
            foreign_senders=tuple(text for text, _ in self._foreign.values()),
            off=tuple(off),
            given_up=tuple(text for bus, text in self._given_up.items() if bus in self._needed),
            disturbed=tuple(disturbed),
            frames_lost=tuple(bus for bus, at_ns in self._overflow_ns.items() if now_ns - at_ns < HOLD_NS),
            clock_steps=tuple(text for text, at_ns in self._clock_steps.values() if now_ns - at_ns < HOLD_NS),
        )
