"""Compiled form of a DBC: plain, immutable tables of messages and signals; made and read at start-up only.

Nothing here knows the parser, so that tables read from the cache need none. A multiplexed message has
pages: a page is the set of signals that are there for the same values of the same multiplexor.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

WORD_BITS = 64
NO_PAGE = -1
"""Signals outside every page, and parent of a page whose multiplexor is outside every page."""


class RawKind(Enum):
    """How the bits of a signal are read."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    OTHER = "other"
    """A float of another width: in databases, but never bound."""


class MessageContract(NamedTuple):
    """What the DBC's attributes promise of one message."""

    cycle_ms: int
    """`GenMsgCycleTime`; 0 where none is given."""
    deadline_ms: int
    """`GenMsgTimeoutTime`, measured from the last valid frame; 0 where none is given."""
    protection: str
    """`E2eProfile`: `P01` is AUTOSAR E2E profile 1, variant 1A; empty is none."""
    data_id: int
    """`E2eDataId`."""
    attributes: Mapping[str, int | str]
    """All whole-number and text attributes that are given for the message; protection profiles read more."""


class Indicators(NamedTuple):
    """SAE J1939 raw values that are no measurement; the top of the raw range (see `indicators.py`)."""

    error_low: int
    """Least raw value that means "error"; equal to `not_available_low` where the width has no error."""
    not_available_low: int
    """Least raw value that means "not available"."""


class SignalLayout(msgspec.Struct, frozen=True, array_like=True):
    """One signal of a message; factor and offset keep the DBC's number type, as cantools computes with it."""

    name: str
    first: int
    """Its least significant bit (little-endian), or its most significant one counted from the payload's
    first sent bit (big-endian)."""
    length: int
    big_endian: bool
    kind: RawKind
    factor: int | float
    offset: int | float
    minimum: int | float | None
    """DBC-unit lower limit; None for the DBC's [0|0]."""
    maximum: int | float | None
    initial_raw: int | None
    """`GenSigStartValue`, of an integer signal."""
    initial: int | float | None
    """`GenSigStartValue`, of a float signal: its number as sent."""
    page: int
    """Index in `MessageTable.pages`, or NO_PAGE."""
    indicators: Indicators | None
    unit: str
    labels: tuple[tuple[int, str], ...] = ()
    """Value table (`VAL_`): raw values and their labels, in the DBC's order."""

    @property
    def word(self) -> int:
        """The 64-bit word of the payload that holds the signal's right end."""
        return (self.first + self.length - 1 if self.big_endian else self.first) // WORD_BITS

    @property
    def shift(self) -> int:
        """Number of bits to the right of the signal in that word, read in the signal's byte order."""
        if self.big_endian:
            return WORD_BITS - 1 - (self.first + self.length - 1) % WORD_BITS
        return self.first % WORD_BITS

    @property
    def crosses(self) -> bool:
        """True where the signal goes on in the word to the left (possible in CAN FD only)."""
        return self.shift + self.length > WORD_BITS

    def shift_in(self, payload_bits: int) -> int:
        """Number of bits to the right of the signal in the payload read as one number."""
        return payload_bits - self.first - self.length if self.big_endian else self.first

    @property
    def raw_range(self) -> tuple[int, int]:
        """Least and greatest raw integer (of the bit pattern, for a float)."""
        if self.kind is RawKind.SIGNED:
            return -(1 << self.length - 1), (1 << self.length - 1) - 1
        return 0, (1 << self.length) - 1

    @property
    def is_float(self) -> bool:
        return self.kind in (RawKind.FLOAT32, RawKind.FLOAT64, RawKind.OTHER)

    @property
    def bits(self) -> frozenset[int]:
        """Bits of the payload that it covers, as `covered_bits` counts them."""
        return covered_bits(self.first, self.length, self.big_endian)


class PageTable(msgspec.Struct, frozen=True, array_like=True):
    """Signals that are in the payload while a multiplexor has one of these raw values."""

    multiplexor: str
    values: tuple[int, ...]
    parent: int
    """Page of the multiplexor itself (cascaded multiplexing), or NO_PAGE."""
    deadline_ms: int = 0
    """Of this page alone; no DBC states one, a vehicle profile may. 0: its message's times the pages."""

    @property
    def label(self) -> str:
        """`Mux=0-3,7`."""
        return f"{self.multiplexor}={_ranges(self.values)}"


class MessageTable(msgspec.Struct, frozen=True, array_like=True):
    """One message of a DBC."""

    name: str
    can_id: int
    """With EXTENDED_FLAG for 29 bits."""
    length: int
    is_fd: bool
    is_j1939: bool
    """`VFrameFormat` is J1939PG: matched by its parameter group number."""
    contract: MessageContract
    signals: tuple[SignalLayout, ...]
    pages: tuple[PageTable, ...]

    @property
    def wire_length(self) -> int:
        """Payload bytes on the bus: CAN FD has no lengths between 8, 12, 16, 20, 24, 32, 48 and 64."""
        return wire_length(self.length)

    def signal(self, name: str) -> SignalLayout | None:
        """The signal of this name, or None."""
        return next((signal for signal in self.signals if signal.name == name), None)


class DatabaseTable(msgspec.Struct, frozen=True, array_like=True):
    """One compiled DBC."""

    messages: tuple[MessageTable, ...]

    def message(self, name: str) -> MessageTable | None:
        """The message of this name, or None."""
        return next((message for message in self.messages if message.name == name), None)


_FD_LENGTHS = (12, 16, 20, 24, 32, 48, 64)
"""Payload bytes of data length codes 9 to 15 (ISO 11898-1)."""


def wire_length(length: int) -> int:
    """Least payload length on the bus that holds `length` bytes; itself where no frame holds as many."""
    if length <= 8:
        return length
    return next((size for size in _FD_LENGTHS if size >= length), length)


def covered_bits(first: int, length: int, big_endian: bool) -> frozenset[int]:
    """Bits of the payload: 8 * byte + bit, bit 0 the least significant of its byte."""
    places = range(first, first + length)
    return frozenset(8 * (bit // 8) + 7 - bit % 8 for bit in places) if big_endian else frozenset(places)


def network_bit(start: int) -> int:
    """Position of a big-endian signal's most significant bit, counted from the payload's first sent bit."""
    return 8 * (start // 8) + 7 - start % 8


def _ranges(values: tuple[int, ...]) -> str:
    parts: list[list[int]] = []
    for value in sorted(values):
        if parts and parts[-1][1] == value - 1:
            parts[-1][1] = value
        else:
            parts.append([value, value])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in parts)
