"""One DBC signal cut out of many payloads at once, with cantools' values; offline, not in the tick.

A payload is read as a 64-bit word that covers the signal: the whole payload of classic CAN, a window of
CAN FD. A signal that begins within a byte can reach into a ninth byte, which is joined on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from cantools.database.can import Signal

from firmware_runtime.can.frame_columns import CLASSIC_BYTES

_EXACT_MAX = 2.0**52
"""Results up to here are exact in float64 whatever is rounded on the way (2**53, less a bit of margin)."""
_FLOATS: dict[int, tuple[type[np.unsignedinteger[Any]], type[np.floating[Any]]]] = {
    16: (np.uint16, np.float16),
    32: (np.uint32, np.float32),
    64: (np.uint64, np.float64),
}
Words = npt.NDArray[np.uint64]
Block = npt.NDArray[np.uint8]
"""(n, 8) or (n, 64) payload bytes, C-contiguous."""


class WordCache:
    """The words of one block, each made once."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._words: dict[tuple[int, bool], Words] = {}

    def word(self, window: int, big_endian: bool) -> Words:
        """Bytes `window` to `window + 7` of each payload as a number."""
        key = (window, big_endian)
        found = self._words.get(key)
        if found is None:
            part = self.block[:, window : window + 8].view(">u8" if big_endian else "<u8")[:, 0]
            found = self._words[key] = part.astype(np.uint64)
        return found


@dataclass(frozen=True, slots=True)
class SignalCut:
    """How one signal is read; made by `cut_of`."""

    name: str
    unit: str
    length: int
    signed: bool
    is_float: bool
    big_endian: bool
    window: int
    shift: int
    """Bits to the right of the signal in its word; negative where a ninth byte holds the rest."""
    factor: float
    offset: float
    plain: bool
    """Factor 1, offset 0: cantools passes the raw number on."""
    exact: Callable[[int], float] | None
    """cantools' own conversion of one integer, for signals that float64 steps could round otherwise."""

    def raw(self, words: WordCache) -> npt.NDArray[Any]:
        """Raw numbers: int64 for a signed signal, uint64 for all others (the bit pattern of a float)."""
        word = words.word(self.window, self.big_endian)
        left = 64 - self.shift - self.length
        if self.shift < 0 or left < 0:
            return self._joined(words.block, word)
        # To the top and back: the second shift cleans up, and carries the sign where there is one.
        if left:
            word = np.left_shift(word, np.uint64(left))
        if self.signed:
            return np.right_shift(word.view(np.int64), np.int64(64 - self.length))
        return np.right_shift(word, np.uint64(64 - self.length)) if self.length < 64 else word

    def _joined(self, block: Block, word: Words) -> npt.NDArray[Any]:
        ninth = block[:, self.window + 8].astype(np.uint64)
        if self.big_endian:
            raw = word << np.uint64(-self.shift) | ninth >> np.uint64(8 + self.shift)
        else:
            raw = word >> np.uint64(self.shift) | ninth << np.uint64(64 - self.shift)
        raw <<= np.uint64(64 - self.length)
        if self.signed:
            return raw.view(np.int64) >> np.int64(64 - self.length)
        return raw >> np.uint64(64 - self.length)

    def scale(self, raw: npt.NDArray[Any], out: npt.NDArray[np.float64]) -> None:
        """DBC-unit values of raw numbers, by cantools' operations in cantools' order."""
        if self.is_float:
            bits, kind = _FLOATS[self.length]
            with np.errstate(all="ignore"):
                np.copyto(out, raw.astype(bits).view(kind))
                if not self.plain:
                    np.multiply(out, self.factor, out)
                    np.add(out, self.offset, out)
            return
        # Conversion of a signed number is several times faster, and below 64 bits it is the same one.
        np.copyto(out, raw.view(np.int64) if self.length < 64 else raw)
        if self.plain:
            return
        if self.factor != 1:
            np.multiply(out, self.factor, out)
        # -0.0 + 0 is 0.0, which is what cantools says of 0 times a negative factor.
        if self.offset or self.factor < 0:
            np.add(out, self.offset, out)
        if self.exact is not None:
            self._correct(self.exact, raw, out)

    def _correct(
        self, exact: Callable[[int], float], raw: npt.NDArray[Any], out: npt.NDArray[np.float64]
    ) -> None:
        bound = np.abs(raw.astype(np.float64)) * max(1.0, abs(self.factor)) + abs(self.offset)
        for row in np.flatnonzero(bound > _EXACT_MAX).tolist():
            out[row] = exact(int(raw[row]))


def cut_of(signal: Signal, width: int) -> SignalCut:
    """Plan for a signal in payloads of `width` bytes, CLASSIC_BYTES or FD_BYTES.

    Raises:
        ValueError: a length that cannot be cut.
    """
    if not 1 <= signal.length <= 64 or (signal.is_float and signal.length not in _FLOATS):
        kind = "a float of 16, 32 or 64 bits" if signal.is_float else "1 to 64 bits"
        raise ValueError(f"signal {signal.name}: expected {kind}, got {signal.length}")
    big_endian = signal.byte_order == "big_endian"
    # cantools numbers bits from each byte's right; sent first is a big-endian signal's highest bit.
    first = 8 * (signal.start // 8) + 7 - signal.start % 8 if big_endian else signal.start
    window = min(first // 8, width - CLASSIC_BYTES)
    inside = first - 8 * window
    factor, offset = signal.scale, signal.offset
    widest = 2.0**signal.length * max(1.0, abs(float(factor))) + abs(float(offset))
    plain = factor == 1 and offset == 0
    conversion = signal.conversion

    def exact(raw: int) -> float:
        return float(conversion.raw_to_scaled(raw, decode_choices=False))  # type: ignore[arg-type]

    return SignalCut(
        name=signal.name,
        unit=signal.unit or "",
        length=signal.length,
        signed=bool(signal.is_signed) and not signal.is_float,
        is_float=bool(signal.is_float),
        big_endian=big_endian,
        window=window,
        shift=64 - inside - signal.length if big_endian else inside,
        factor=float(factor),
        offset=float(offset),
        plain=plain,
        exact=exact if not plain and not signal.is_float and widest > _EXACT_MAX else None,
    )
