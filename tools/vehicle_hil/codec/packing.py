"""Compiled packing and unpacking of one message: SI values to bytes and back; runs once a frame.

A frame is one Python integer in the message's byte order; each signal is a shift, a mask and one
multiply-add in it.
"""

from collections.abc import Sequence
from math import floor

from vehicle_hil.codec.dbc import MessageLayout, SignalLayout


class Packer:
    """Packs the named signals of one message; all other bits are 0. CRC and counter are not its business."""

    __slots__ = ("_big", "_length", "_message", "_names", "_order", "_rows")

    def __init__(self, layout: MessageLayout, names: Sequence[str]) -> None:
        """names: signals in the order in which `pack` gets their values; one not in the DBC is skipped."""
        self._message = layout.name
        self._length = layout.length
        self._order = "little" if layout.little_endian else "big"
        self._names = tuple(names)
        self._rows = tuple(
            None if (signal := layout.signals.get(name)) is None else _packing_row(signal) for name in names
        )

    def pack(self, values: Sequence[float]) -> int:
        """The frame as an integer. Values beyond the signal's range saturate; NaN raises ValueError."""
        word = 0
        try:
            for row, value in zip(self._rows, values, strict=True):
                if row is None:
                    continue
                gain, bias, low, high, mask, shift = row
                raw = floor(value * gain + bias)
                if raw < low:
                    raw = low
                elif raw > high:
                    raw = high
                word |= (raw & mask) << shift
        except (ValueError, OverflowError) as error:
            told = ", ".join(f"{n}={v!r}" for n, v in zip(self._names, values, strict=False))
            raise ValueError(f"{self._message}: expected one finite value a signal, got {told}") from error
        return word

    def to_bytes(self, word: int) -> bytes:
        return word.to_bytes(self._length, self._order)  # type: ignore[arg-type]


class Unpacker:
    """Unpacks the named signals of one message into SI values; one that the DBC lacks reads 0.0."""

    __slots__ = ("_order", "_rows")

    def __init__(self, layout: MessageLayout, names: Sequence[str]) -> None:
        self._order = "little" if layout.little_endian else "big"
        self._rows = tuple(
            (0, 0, 0, 0.0, 0.0) if (signal := layout.signals.get(name)) is None else _unpacking_row(signal)
            for name in names
        )

    def unpack(self, data: bytes) -> list[float]:
        """SI values in the order of the names. data: of the message's length."""
        word = int.from_bytes(data, self._order)  # type: ignore[arg-type]
        return [
            ((((word >> shift) & mask) ^ sign) - sign) * gain + bias
            for shift, mask, sign, gain, bias in self._rows
        ]


def _packing_row(signal: SignalLayout) -> tuple[float, float, int, int, int, int]:
    gain = 1.0 / (signal.scale * signal.si_factor)
    # The half rounds to the nearest raw value under floor().
    bias = 0.5 - signal.offset / signal.scale
    return gain, bias, signal.raw_min, signal.raw_max, (1 << signal.length) - 1, signal.shift


def _unpacking_row(signal: SignalLayout) -> tuple[int, int, int, float, float]:
    sign = 1 << (signal.length - 1) if signal.signed else 0
    gain = signal.scale * signal.si_factor
    return signal.shift, (1 << signal.length) - 1, sign, gain, signal.offset * signal.si_factor
