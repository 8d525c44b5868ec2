"""A serial line at its baud rate: blocks of bytes in, what has arrived by now out; once a tick."""

from collections import deque

BITS_A_BYTE = 10
"""Start bit, eight data bits, stop bit."""


class SerialLine:
    __slots__ = ("_byte_ns", "_free_ns", "_queue")

    def __init__(self, baud: int) -> None:
        self._byte_ns = 1_000_000_000 * BITS_A_BYTE / baud
        self._free_ns = 0
        self._queue: deque[tuple[int, bytes, int]] = deque()
        """Blocks under way: (start_ns, block, bytes already given out)."""

    def duration_ns(self, byte_count: int) -> int:
        return round(byte_count * self._byte_ns)

    def write(self, start_ns: int, block: bytes) -> None:
        """Queues a block whose first bit leaves at start_ns, or as soon as the one before is out."""
        start_ns = max(start_ns, self._free_ns)
        self._queue.append((start_ns, block, 0))
        self._free_ns = start_ns + self.duration_ns(len(block))

    def read(self, now_ns: int) -> bytes:
        """The bytes that are complete at now_ns and were not read yet."""
        arrived = b""
        while self._queue:
            start_ns, block, given = self._queue[0]
            complete = min(int((now_ns - start_ns) / self._byte_ns), len(block))
            if complete > given:
                arrived += block[given:complete]
                self._queue[0] = (start_ns, block, complete)
            if complete < len(block):
                break
            self._queue.popleft()
        return arrived
