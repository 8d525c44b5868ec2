"""What the receiver keeps of one bound message besides its payload; one object a message, touched a frame."""

from typing import Any

from firmware_runtime.can.freshness import NEVER_NS
from firmware_runtime.can.layout import MessageLayout
from firmware_runtime.can.protection import CounterCheck, seed
from firmware_runtime.can.traffic import MessageStatistics, saturated
from firmware_runtime.can.verdict import Rejection

_NO_INTERVAL_NS = 1 << 62


class Reception:
    """Checks, counts and intervals of one message."""

    __slots__ = (
        "counter",
        "first_ns",
        "index",
        "layout",
        "length",
        "longest_ns",
        "payload_index",
        "received",
        "rejected",
        "seed",
        "shortest_ns",
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
        self.first_ns = NEVER_NS
        # Before the second frame no interval lies between these, so that `note_interval` is asked.
        self.shortest_ns = _NO_INTERVAL_NS
        self.longest_ns = -1

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
            "first_ns": self.first_ns,
            "shortest_ns": self.shortest_ns,
            "longest_ns": self.longest_ns,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        if self.counter is not None:
            self.counter.restore_state(state["counter"])
        self.received = state["received"]
        self.rejected = list(state["rejected"])
        self.first_ns = state["first_ns"]
        self.shortest_ns = state["shortest_ns"]
        self.longest_ns = state["longest_ns"]
