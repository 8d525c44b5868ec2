"""Decides each tick what is to be handed over to the disk, and says what is safe there: a pure component.

The promise of the last shutdown, and why no moment breaks it. `motion_acknowledged` becomes true only by the
acknowledgement of an order that says `running_moving`, and that acknowledgement comes only once the word
stands in both generations. It becomes false in the very step that hands over another word. So, at any
instant at which it is true, the disk says `running_moving` whichever file is lost: whoever lets the wheels
turn only while it is true can never lose power unnoticed while moving. The word is taken back only after
the vehicle stood for STANDING_HOLD_NS without leave to move, by an order that carries, in the same
generation, every latch of that step: there is no instant with the word taken back and a latch missing.
Not promised: a vehicle that begins to roll by itself without leave; the word is then handed over at once, as
any other change is.

An order that is not acknowledged is handed over again, at a bounded rate and for ever: the writer may have
died with it, or the disk may have been full.
"""

from collections.abc import Iterable

import msgspec

from firmware_runtime.diagnostics.trouble_codes import TroubleCodeSnapshot
from firmware_runtime.executive.persistence.content import Values, encode_events, encode_running, signature
from firmware_runtime.executive.persistence.items import INTERVAL_NS, Record, S, Shutdown
from firmware_runtime.executive.persistence.messages import MESSAGE_VERSION, Acknowledgement, Order
from firmware_runtime.executive.persistence.track import Track
from firmware_runtime.safety.facts import SafetyConfig

STANDING_HOLD_NS = 2 * S
"""At standstill before `running_moving` is taken back: a short stop costs no write, no wait (assumption)."""
REFRESH_NS = 10 * S
"""A code that stays active moves its `last_ns` on the disk so often."""


class Snapshot(msgspec.Struct, frozen=True):
    """What there is to keep, as of one tick."""

    safety: SafetyConfig
    trouble_codes: TroubleCodeSnapshot
    motion_wanted: bool
    """The state machine is in a state that may move, or waits for leave to enter one."""
    standing: bool
    """Proved standstill; False where it is not known."""
    shutdown: bool = False
    """Shutting down as asked."""
    values: Values = Values()
    """Finite figures only (`content.finite`, `content.kept_pose`)."""


class Planner:
    """One for each process that has a state to keep."""

    def __init__(self, session: int) -> None:
        """session: differs from that of every earlier process, such as its start by the wall clock."""
        self._session = session
        self._sequence = 0
        self._events = Track(INTERVAL_NS[Record.EVENTS])
        self._running = Track(INTERVAL_NS[Record.RUNNING])
        self._tracks = {Record.EVENTS.value: self._events, Record.RUNNING.value: self._running}
        self._stood_since_ns: int | None = None
        self._moving_from: int | None = None
        """First order of the unbroken row that says `running_moving`."""
        self.shutdown: Shutdown | None = None
        """The word last handed over; None before the first step."""
        self.all_written = False
        """Everything of the last step's snapshot is on the disk; after a shutdown, power may go."""
        self.error = ""
        """Why a promise is not kept at the moment, or empty."""

    def step(
        self, now_ns: int, snapshot: Snapshot, acknowledgements: Iterable[Acknowledgement] = ()
    ) -> tuple[Order, ...]:
        """Orders to hand over now, in this order; now_ns: monotonic time of the tick, never going back."""
        for acknowledgement in acknowledgements:
            track = self._tracks.get(acknowledgement.record)
            if track is not None and acknowledgement.session == self._session:
                track.take(acknowledgement)
        orders = (*self._events_due(now_ns, snapshot), *self._running_due(now_ns, snapshot))
        errors = ((name, track.error(now_ns)) for name, track in self._tracks.items())
        self.error = "; ".join(f"{name} of the persistent state: {text}" for name, text in errors if text)
        return orders

    @property
    def motion_acknowledged(self) -> bool:
        """The disk says `running_moving`, in both generations: the wheels may turn."""
        return self._moving_from is not None and self._events.acknowledged >= self._moving_from

    def _events_due(self, now_ns: int, snapshot: Snapshot) -> list[Order]:
        safety, codes = snapshot.safety, snapshot.trouble_codes
        self.shutdown = self._word(now_ns, snapshot)
        value = (
            self.shutdown,
            safety.estop_latch,
            safety.immediate_latch,
            safety.minimal_risk_latch,
            signature(codes),
        )
        refresh_ns = REFRESH_NS if any(code.active for code in codes.codes) else None
        orders: list[Order] = []
        if self._events.due(now_ns, value, refresh_ns=refresh_ns):
            content = encode_events(now_ns, self.shutdown, safety, codes)
            orders.append(self._order(now_ns, Record.EVENTS, self._events, value, content))
            if self.shutdown is not Shutdown.RUNNING_MOVING:
                self._moving_from = None
            elif self._moving_from is None:
                self._moving_from = self._sequence
        self.all_written = self._events.written(value)
        return orders

    def _running_due(self, now_ns: int, snapshot: Snapshot) -> list[Order]:
        values = snapshot.values
        orders: list[Order] = []
        if self._running.due(now_ns, values, at_once=snapshot.shutdown):
            content = encode_running(now_ns, values)
            orders.append(self._order(now_ns, Record.RUNNING, self._running, values, content))
        self.all_written = self.all_written and self._running.written(values)
        return orders

    def _word(self, now_ns: int, snapshot: Snapshot) -> Shutdown:
        if snapshot.motion_wanted or not snapshot.standing:
            self._stood_since_ns = None
            return Shutdown.RUNNING_MOVING
        if self._stood_since_ns is None:
            self._stood_since_ns = now_ns
        held = now_ns - self._stood_since_ns >= STANDING_HOLD_NS
        if self.shutdown is Shutdown.RUNNING_MOVING and not held:
            return Shutdown.RUNNING_MOVING
        return Shutdown.ORDERLY if snapshot.shutdown else Shutdown.RUNNING_STANDING

    def _order(self, now_ns: int, record: Record, track: Track, value: object, content: bytes) -> Order:
        self._sequence += 1
        track.hand_over(now_ns, self._sequence, value)
        return Order(MESSAGE_VERSION, self._session, self._sequence, record.value, content)
