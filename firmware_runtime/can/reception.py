"""What the receiver keeps of one bound message besides its payload; one object a message, touched a frame."""

from typing import Any

from firmware_runtime.can.freshness import NEVER_NS
from firmware_runtime.can.layout import MessageLayout
from firmware_runtime.can.multiplexing import selectors_of
from firmware_runtime.can.protection import CounterCheck, seed
from firmware_runtime.can.traffic import MessageStatistics, saturated
from firmware_runtime.can.verdict import Rejection, Unusable

_NO_INTERVAL_NS = 1 << 62
_NONE_YET = -1
_REASONS = {
    Rejection.LENGTH: Unusable.BAD_LENGTH,
    Rejection.CRC: Unusable.BAD_CRC,
    Rejection.REPEATED: Unusable.BAD_COUNTER,
    Rejection.SEQUENCE: Unusable.BAD_COUNTER,
}


class Reception:
    """Checks, counts and intervals of one message."""

    __slots__ = (
        "counter",
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
        "seed",
        "selectors",
        "shortest_ns",
        "sources",
        "unknown_pages",
    )

    def __init__(self, layout: MessageLayout, index: int, payload_index: int) -> None:
        self.layout = layout
        self.index = index
        self.payload_index = payload_index
        self.length = layout.length
        self.seed = 0 if layout.data_id is None else seed(layout.data_id)
        self.counter = None if layout.data_id is None else CounterCheck()
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
        self.first_ns = NEVER_NS
        # Before the second frame no interval lies between these, so that `note_interval` is asked.
        self.shortest_ns = _NO_INTERVAL_NS
        self.longest_ns = -1

    def reject(self, rejection: Rejection) -> Rejection:
        """Count a refused frame and remember why; returns the reason."""
        self.rejected[rejection] += 1
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
        self.received = state["received"]
        self.rejected = list(state["rejected"])
        self.rejection = Rejection(state["rejection"])
        self.rejected_after = state["rejected_after"]
        self.unknown_pages = state["unknown_pages"]
        self.sources = set(state["sources"])
        self.first_ns = state["first_ns"]
        self.shortest_ns = state["shortest_ns"]
        self.longest_ns = state["longest_ns"]
