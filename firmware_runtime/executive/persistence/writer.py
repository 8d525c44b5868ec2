"""Orders in, generations on the disk, acknowledgements out: the writing side without its socket."""

from collections.abc import Callable, Sequence

from firmware_runtime.executive.persistence.generation import Stamp
from firmware_runtime.executive.persistence.items import Record
from firmware_runtime.executive.persistence.messages import BARRIER, Acknowledgement, Order, acknowledge
from firmware_runtime.executive.persistence.store import StateRefused, StateStore


class Writer:
    """Never raises for what a disk does: the error is a word in the acknowledgement.

    It does not try again by itself: whoever needs the content hands it over again (see planner.py), so
    nothing piles up here while a disk is slow or full.
    """

    def __init__(self, store: StateStore, stamp: Callable[[], Stamp]) -> None:
        self._store = store
        self._stamp = stamp
        self.written = 0
        """Contents that are safe."""
        self.failed = 0
        self.error = ""
        """Of the last content, or empty."""

    def handle(self, orders: Sequence[Order], answer: Callable[[Acknowledgement], None]) -> None:
        """Writes the newest content of each record, events first; `answer` is called as each is safe.

        orders: in the order in which they came. An earlier content of a record is made needless by a later
        one, and gets no answer of its own.
        """
        newest = {order.record: order for order in orders}
        for record in Record:
            order = newest.get(record.value)
            if order is not None:
                answer(acknowledge(order, self._write(record, order.content)))
        for order in orders:
            if order.record == BARRIER:
                answer(acknowledge(order))

    def _write(self, record: Record, content: bytes) -> str:
        try:
            self._store.write(record, content, self._stamp())
        except (OSError, StateRefused) as error:
            self.failed += 1
            self.error = f"not written: {error}"
        else:
            self.written += 1
            self.error = ""
        return self.error
