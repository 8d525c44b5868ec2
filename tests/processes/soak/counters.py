"""Frames that are missing, by the counters that they carry."""

from collections.abc import Iterable

from vehicle_hil.codec.protection import COUNTER_MODULUS


class CounterWatch:
    """What one listener did not hear of each message. Fifteen in a row that are missing look like none."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], int] = {}
        self.heard = 0
        self.lost = 0

    def note(self, frames: Iterable[tuple[str, int, bytes]]) -> None:
        """Bus, identifier and data of each, in the order in which they came."""
        for bus, can_id, data in frames:
            counter, last = data[1] & 0x0F, self._last.get((bus, can_id))
            self._last[bus, can_id] = counter
            self.heard += 1
            if last is not None:
                self.lost += (counter - last - 1) % COUNTER_MODULUS
