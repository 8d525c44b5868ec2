"""One record's hand-overs: what the disk was asked for, what it has, and since when that is true no more."""

from firmware_runtime.executive.persistence.items import MS, PROMISED_AGE_NS, S
from firmware_runtime.executive.persistence.messages import Acknowledgement

AGAIN_NS = 500 * MS
"""Until an order without acknowledgement is handed over again; a sound disk is done by then."""
PENDING_MAX = 16
"""Orders remembered until their acknowledgement comes."""


class Track:
    """Times in ns of the ticks' monotonic clock; a value is whatever tells two contents apart."""

    def __init__(self, interval_ns: int) -> None:
        self._interval_ns = interval_ns
        self._pending: list[tuple[int, int, object]] = []
        """Sequence, time and value of each order, oldest first."""
        self._sequence = 0
        self._handed_ns = 0
        self._handed: object = None
        self._on_disk: object = None
        self._true_ns: int | None = None
        """Last time at which the disk said what was to be kept; before any, the first step."""
        self._error = ""
        self.acknowledged = 0
        """Highest sequence that is safe; 0 while none is."""

    def due(self, now_ns: int, value: object, at_once: bool = False, refresh_ns: int | None = None) -> bool:
        """Whether `value` is to be handed over now; at_once: without keeping the interval."""
        if self._true_ns is None or value == self._on_disk:
            self._true_ns = now_ns
        since_ns = now_ns - self._handed_ns
        if self._sequence == 0:
            return True
        if value != self._handed:
            return at_once or since_ns >= self._interval_ns
        if self.acknowledged < self._sequence:
            return since_ns >= AGAIN_NS
        return refresh_ns is not None and since_ns >= refresh_ns

    def hand_over(self, now_ns: int, sequence: int, value: object) -> None:
        self._sequence, self._handed_ns, self._handed = sequence, now_ns, value
        # Where all places are taken the newest makes room: the oldest tells how late the disk is.
        del self._pending[PENDING_MAX - 1 :]
        self._pending.append((sequence, now_ns, value))

    def take(self, acknowledgement: Acknowledgement) -> None:
        if acknowledgement.error:
            self._error = acknowledgement.error
            return
        sequence = acknowledgement.sequence
        if not self.acknowledged < sequence <= self._sequence:
            return
        self.acknowledged, self._error = sequence, ""
        while self._pending and self._pending[0][0] <= sequence:
            _, self._true_ns, self._on_disk = self._pending.pop(0)

    def written(self, value: object) -> bool:
        """Whether the disk has `value`, and nothing else is on its way there."""
        return self.acknowledged == self._sequence > 0 and value == self._on_disk

    def error(self, now_ns: int) -> str:
        """Why the promise is not kept, or empty; of the time of the last `due`."""
        if self._error:
            return self._error
        age_ns = 0 if self._true_ns is None else now_ns - self._true_ns
        return f"not acknowledged for {age_ns / S:.1f} s" if age_ns > PROMISED_AGE_NS else ""
