"""What the receiver keeps of one bound message besides its payload; one object a message, touched a frame."""

from collections.abc import Callable
from typing import Any

from firmware_runtime.can.freshness import NEVER_NS
from firmware_runtime.can.layout import MessageLayout
from firmware_runtime.can.multiplexing import selectors_of
from firmware_runtime.can.protection import (
    PROTECTIONS,
    WINDOW_ATTRIBUTES,
    CounterCheck,
    ProtectionContract,
    WindowMonitor,
    bind_counter,
    bind_window,
)
from firmware_runtime.can.traffic import MessageStatistics, saturated
from firmware_runtime.can.verdict import Rejection, Unusable

_NO_INTERVAL_NS = 1 << 62
_NONE_YET = -1
_OF_IDENTIFIER = "J1939_"
"""Profiles whose checksum runs over the identifier."""
_CHECKS_MAX = 256
"""Identifiers whose checksum is kept; further ones are bound anew at each frame, and nothing grows."""
_REASONS = {
    Rejection.LENGTH: Unusable.BAD_LENGTH,
    Rejection.CRC: Unusable.BAD_CRC,
    Rejection.REPEATED: Unusable.BAD_COUNTER,
    Rejection.SEQUENCE: Unusable.BAD_COUNTER,
}


class Reception:
    """Checks, counts and intervals of one message."""

    __slots__ = (
        "_checks",
        "check",
        "counter",
        "counter_byte",
        "counter_mask",
        "counter_shift",
        "first_ns",
        "index",
        "layout",
        "length",
        "longest_ns",
        "page_rows",
        "payload_index",
        "received",
        "rejected",
        "rejected_after",
        "rejection",
        "selectors",
        "shortest_ns",
        "sources",
        "unknown_pages",
        "watched",
        "window",
    )

    def __init__(self, layout: MessageLayout, index: int, payload_index: int) -> None:
        self.layout = layout
        self.index = index
        self.payload_index = payload_index
        self.length = layout.length
        self.counter, self.window = _judges(layout)
        checker = layout.checker
        self.counter_byte, self.counter_shift, self.counter_mask, _ = (
            checker.field if checker else (0, 0, 0, 0)
        )
        of_identifier = layout.contract.protection.startswith(_OF_IDENTIFIER)
        self.check = checker.check if checker and not of_identifier else None
        """Checksum of a payload; None where each identifier has its own (`check_of`)."""
        self._checks: dict[int, Callable[[bytes], bool]] = {}
        self.received = 0
        self.rejected = [0] * len(Rejection)
        self.rejection = Rejection.ACCEPTED
        """The last refusal, and behind how many accepted frames it came."""
        self.rejected_after = _NONE_YET
        self.selectors = selectors_of(layout)
        """Multiplexors to look at in each frame; empty where there are none."""
        self.page_rows: dict[int, int] = {}
        """Rows of the pages that have a binding; filled by the receiver."""
        self.unknown_pages = 0
        """Frames whose multiplexor had a value that the DBC does not know."""
        self.sources: set[int] = set()
        """J1939 addresses that it was heard from."""
        self.watched = bool(self.selectors) or self.window is not None
        """True where an accepted frame has more to tell than its payload."""
        self.first_ns = NEVER_NS
        # Before the second frame no interval lies between these, so that `note_interval` is asked.
        self.shortest_ns = _NO_INTERVAL_NS
        self.longest_ns = -1

    def check_of(self, can_id: int) -> Callable[[bytes], bool]:
        """Checksum of a payload under this identifier: J1939's sums run over source and priority too."""
        check = self._checks.get(can_id)
        if check is None:
            contract = ProtectionContract(can_id, self.layout.contract.attributes)
            check = PROTECTIONS[self.layout.contract.protection].bind(contract, self.length).check
            if len(self._checks) < _CHECKS_MAX:
                self._checks[can_id] = check
        return check

    def reject(self, rejection: Rejection) -> Rejection:
        """Count a refused frame and remember why; returns the reason."""
        self.rejected[rejection] += 1
        if self.window is not None:
            self.window.note(rejection)
        self.rejection = rejection
        self.rejected_after = self.received
        return rejection

    def reason(self, otherwise: Unusable) -> Unusable:
        """Why there is no good frame: the last refusal if none was accepted since, else `otherwise`."""
        return _REASONS[self.rejection] if self.rejected_after == self.received else otherwise

    def note_interval(self, interval_ns: int) -> None:
        """Take in an interval that is shorter or longer than all before."""
        self.shortest_ns = min(self.shortest_ns, interval_ns)
        self.longest_ns = max(self.longest_ns, interval_ns)

    def statistics(self, last_ns: int) -> MessageStatistics:
        """Figures for people and diagnostics."""
        received = self.received
        period_ns = jitter_ns = None
        if received > 1:
            period_ns = (last_ns - self.first_ns) / (received - 1)
            nominal_ns = self.layout.cycle_ns or period_ns
            jitter_ns = max(self.longest_ns - nominal_ns, nominal_ns - self.shortest_ns)
        return MessageStatistics(
            message=self.layout.path,
            received=saturated(received),
            rejected={Rejection(code): saturated(n) for code, n in enumerate(self.rejected) if n},
            lost=0 if self.counter is None else self.counter.lost,
            unknown_pages=saturated(self.unknown_pages),
            sources=tuple(sorted(self.sources)),
            channel=None if self.window is None else self.window.state,
            last_ns=last_ns if received else None,
            period_ns=period_ns,
            period_min_ns=self.shortest_ns if received > 1 else None,
            period_max_ns=self.longest_ns if received > 1 else None,
            jitter_ns=jitter_ns,
        )

    def state(self) -> dict[str, Any]:
        """Plain values for a snapshot."""
        return {
            "counter": None if self.counter is None else self.counter.state(),
            "window": None if self.window is None else self.window.snapshot(),
            "received": self.received,
            "rejected": list(self.rejected),
            "rejection": int(self.rejection),
            "rejected_after": self.rejected_after,
            "unknown_pages": self.unknown_pages,
            "sources": sorted(self.sources),
            "first_ns": self.first_ns,
            "shortest_ns": self.shortest_ns,
            "longest_ns": self.longest_ns,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        if self.counter is not None:
            self.counter.restore_state(state["counter"])
        if self.window is not None:
            self.window.restore(state["window"])
        self.received = state["received"]
        self.rejected = list(state["rejected"])
        self.rejection = Rejection(state["rejection"])
        self.rejected_after = state["rejected_after"]
        self.unknown_pages = state["unknown_pages"]
        self.sources = set(state["sources"])
        self.first_ns = state["first_ns"]
        self.shortest_ns = state["shortest_ns"]
        self.longest_ns = state["longest_ns"]


def judges_problems(layout: MessageLayout) -> list[str]:
    """What keeps counter check and window of a protected message from being made, a line each."""
    try:
        _judges(layout)
    except ValueError as error:
        return [f"message {layout.path}: {line}" for line in str(error).splitlines()]
    return []


def _judges(layout: MessageLayout) -> tuple[CounterCheck | None, WindowMonitor | None]:
    """Counter check, and the window where the DBC states any of its figures."""
    if layout.checker is None:
        return None, None
    attributes = layout.contract.attributes
    contract = ProtectionContract(layout.can_id, attributes)
    counter = bind_counter(contract, layout.checker.modulus)
    if not any(name in attributes for name in WINDOW_ATTRIBUTES):
        return counter, None
    return counter, WindowMonitor(layout.cycle_ns, bind_window(contract))
