"""AUTOSAR E2E profile 1, variant 1A: checksum and alive counter of one frame; at reception and sending.

Layout: byte 0 the CRC, low nibble of byte 1 the counter 0..14, the rest payload. The CRC is CRC-8 with the
polynomial of SAE J1850 over the low byte of the 16-bit data identifier, its high byte, then payload bytes
1..n; profile 1 uses start value and final exclusive-or 0x00, unlike SAE J1850 itself (AUTOSAR PRS E2E
Protocol; checked against the independent `autosar-e2e`).
"""

from firmware_runtime.can.verdict import Rejection

POLYNOMIAL = 0x1D
"""SAE J1850: x^8 + x^4 + x^3 + x^2 + 1."""
COUNTER_MODULUS = 15
"""The counter runs 0..14; 15 is invalid in profile 1."""
MAX_DELTA = 3
"""Greatest accepted counter step: up to two lost frames in a row (assumption: a 30 ms deadline at 10 ms)."""
RESYNC_GOOD = 2
"""Consecutive steps of exactly 1 that end a wrong sequence; the last of them is accepted (assumption)."""
LOST_MAX = 0xFFFF_FFFF
"""Counts of lost frames saturate here and never wrap."""

_ACCEPTED = Rejection.ACCEPTED
_REPEATED = Rejection.REPEATED
_SEQUENCE = Rejection.SEQUENCE


def _crc_step(value: int) -> int:
    for _ in range(8):
        value = (value << 1) ^ POLYNOMIAL if value & 0x80 else value << 1
    return value & 0xFF


CRC_TABLE: tuple[int, ...] = tuple(_crc_step(value) for value in range(256))
"""CRC state after one byte, indexed by state exclusive-or byte."""
NEXT_COUNTER: tuple[int, ...] = (*range(1, COUNTER_MODULUS), 0, 0)
"""Successor of each counter value; the invalid 15 has an entry only so that indexing cannot fail."""


def seed(data_id: int) -> int:
    """CRC state after the data identifier's two bytes; computed once a message.

    Raises:
        ValueError: `data_id` does not fit 16 bits.
    """
    if not 0 <= data_id <= 0xFFFF:
        raise ValueError(f"expected a data identifier 0..65535, got {data_id}")
    return CRC_TABLE[CRC_TABLE[data_id & 0xFF] ^ data_id >> 8]


def crc_over(body: bytes | bytearray, state: int) -> int:
    """CRC of payload bytes 1..n (`body`), begun from `seed(data_id)`."""
    table = CRC_TABLE
    for byte in body:
        state = table[state ^ byte]
    return state


def protect(payload: bytearray, data_id: int, counter: int) -> None:
    """Write counter and CRC into `payload` (at least 2 bytes), leaving all other bits.

    Raises:
        ValueError: payload too short, counter not 0..14, or data identifier not 0..65535.
    """
    if len(payload) < 2:
        raise ValueError(f"expected a payload of at least 2 bytes, got {len(payload)}")
    if not 0 <= counter < COUNTER_MODULUS:
        raise ValueError(f"expected a counter 0..14, got {counter}")
    payload[1] = payload[1] & 0xF0 | counter
    payload[0] = crc_over(payload[1:], seed(data_id))


def check(payload: bytes | bytearray, data_id: int) -> bool:
    """True where the CRC in byte 0 is right for this data identifier; False also where it is too short."""
    return len(payload) >= 2 and crc_over(payload[1:], seed(data_id)) == payload[0]


class CounterCheck:
    """Judges the alive counter of one message, frame by frame.

    A step of 1 is good. 0 is REPEATED. 2 to MAX_DELTA is accepted and the missing frames count as lost. A
    greater step is a wrong SEQUENCE: that frame and the following are rejected until RESYNC_GOOD
    consecutive steps of 1 were seen. The first frame of all is accepted as it is: there is nothing to
    compare it with, and its CRC is right.

    The receiver's hot path compares with `expected` by itself and calls `judge` only where it differs.
    """

    __slots__ = ("_candidate", "_good_left", "expected", "lost")

    def __init__(self) -> None:
        self.expected = -1
        """Next good counter; -1 before the first frame and while out of sequence."""
        self.lost = 0
        """Frames missing between accepted ones, from counter steps of 2 to MAX_DELTA; saturates at LOST_MAX.

        A longer gap is not counted here: it makes the message late, and its length is unknown modulo 15."""
        self._candidate = -1
        self._good_left = 0

    def judge(self, counter: int) -> Rejection:
        """ACCEPTED, REPEATED or SEQUENCE for a frame with this counter (0..15)."""
        if counter >= COUNTER_MODULUS:
            self._candidate = self.expected if self.expected >= 0 else self._candidate
            return self._out_of_sequence()
        if self.expected < 0:
            return self._resynchronise(counter)
        delta = (counter - self.expected + 1) % COUNTER_MODULUS
        if delta == 0:
            return _REPEATED
        if delta <= MAX_DELTA:
            self.lost = min(self.lost + delta - 1, LOST_MAX)
            self.expected = NEXT_COUNTER[counter]
            return _ACCEPTED
        self._candidate = NEXT_COUNTER[counter]
        return self._out_of_sequence()

    def _out_of_sequence(self) -> Rejection:
        self.expected = -1
        self._good_left = RESYNC_GOOD
        return _SEQUENCE

    def _resynchronise(self, counter: int) -> Rejection:
        good = counter == self._candidate
        repeated = NEXT_COUNTER[counter] == self._candidate
        never = self._candidate < 0
        self._candidate = NEXT_COUNTER[counter]
        if never:
            self._good_left = 0
        elif good:
            self._good_left -= 1
        else:
            self._good_left = RESYNC_GOOD
        if self._good_left > 0:
            return _REPEATED if repeated else _SEQUENCE
        self.expected = self._candidate
        return _ACCEPTED

    def state(self) -> list[int]:
        """All that `restore_state` needs."""
        return [self.expected, self.lost, self._candidate, self._good_left]

    def restore_state(self, state: list[int]) -> None:
        self.expected, self.lost, self._candidate, self._good_left = state
