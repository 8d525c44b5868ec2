"""SI values to the payload of one message, checked, with checksum and counter; the last step of the tick."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.layout import MessageLayout, SignalLayout
from firmware_runtime.can.limits import from_raw, step_tolerance, to_steps
from firmware_runtime.can.protection import CRC_TABLE, NEXT_COUNTER, seed
from firmware_runtime.can.refusals import WORD_BYTES

_BYTES = tuple(bytes([value]) for value in range(256))


class EncodeError(Exception):
    """A value that its DBC signal cannot carry; `low` and `high` are what it can, all in SI units."""

    def __init__(self, message: str, signal: str, value: float, low: float, high: float) -> None:
        super().__init__(f"{message}.{signal}: expected {low:g} to {high:g} in SI units, got {value}")
        self.message = message
        self.signal = signal
        self.value = value
        self.low = low
        self.high = high


class _Field(NamedTuple):
    """One signal to pack; limits in raw steps."""

    value_index: int
    si_offset: float
    si_factor: float
    offset: float
    factor: float
    low: float
    high: float
    raw_low: int
    raw_high: int
    mask: int
    shift: int
    binding: SignalBinding


class MessagePacker:
    """Packs one message from the values of all bindings.

    Raises:
        ValueError: one line for each signal that cannot be sent or whose value nothing defines.
    """

    __slots__ = ("_base", "_big", "_layout", "_length", "_little", "_seed", "counter")

    def __init__(self, layout: MessageLayout, bindings: dict[int, SignalBinding]) -> None:
        """`bindings`: those of this message, by their index among all values."""
        problems: list[str] = []
        self._layout = layout
        self._length = layout.length
        self._seed = None if layout.data_id is None else seed(layout.data_id)
        self.counter = 0
        """E2E counter of the next frame, 0..14; the sender advances it once the frame is out."""
        bound = {binding.signal for binding in bindings.values()}
        self._base = _base_word(layout, bound, problems)
        fields = [
            (signal.big_endian, _field(layout, signal, index, binding, problems))
            for index, binding in bindings.items()
            for signal in [layout.signals[binding.signal]]
        ]
        if len(bound) < len(bindings):
            problems.append(f"message {layout.path}: a signal is bound twice")
        if problems:
            raise ValueError("\n".join(problems))
        self._little = tuple(field for big, field in fields if field and not big)
        self._big = tuple(field for big, field in fields if field and big)

    def pack(self, values: Sequence[float]) -> bytes:
        """Payload with the present counter and its CRC; changes nothing.

        Raises:
            EncodeError: a value does not fit, or is NaN.
        """
        word = self._base
        if self._little:
            word |= self._word(self._little, values)
        if self._big:
            word |= int.from_bytes(self._word(self._big, values).to_bytes(WORD_BYTES, "big"), "little")
        crc = self._seed
        if crc is None:
            return word.to_bytes(self._length, "little")
        body = (word >> 8 | self.counter).to_bytes(self._length - 1, "little")
        # protection.crc_over, inlined as in the receiver.
        table = CRC_TABLE
        for byte in body:
            crc = table[crc ^ byte]
        return _BYTES[crc] + body

    def _word(self, fields: tuple[_Field, ...], values: Sequence[float]) -> int:
        word = 0
        for (
            index,
            si_offset,
            si_factor,
            offset,
            factor,
            low,
            high,
            raw_low,
            raw_high,
            mask,
            shift,
            _,
        ) in fields:
            steps = ((values[index] - si_offset) / si_factor - offset) / factor
            # Written so that NaN, which compares false with anything, is refused too.
            if not low <= steps <= high:
                raise self._refusal(index, values[index])
            raw = round(steps)
            if not raw_low <= raw <= raw_high:
                raw = raw_low if raw < raw_low else raw_high
            word |= (raw & mask) << shift
        return word

    def advance_counter(self) -> None:
        """The frame with the present counter is out."""
        self.counter = NEXT_COUNTER[self.counter]

    def _refusal(self, index: int, value: float) -> EncodeError:
        field = next(field for field in self._little + self._big if field.value_index == index)
        binding = field.binding
        signal = self._layout.signals[binding.signal]
        ends = sorted(
            from_raw(steps, signal, binding.si_factor, binding.si_offset) for steps in (field.low, field.high)
        )
        return EncodeError(self._layout.path, signal.name, value, ends[0], ends[1])


def _base_word(layout: MessageLayout, bound: set[str], problems: list[str]) -> int:
    """Start values of the signals that nobody binds; unused bits are 0."""
    word = 0
    for signal in layout.signals.values():
        if signal.name in bound or signal.name in layout.header_signals:
            continue
        raw = signal.initial_raw
        low, high = signal.raw_range
        if raw is None or not low <= raw <= high:
            problems.append(
                f"signal {layout.path}.{signal.name}: expected a binding or a start value (GenSigStartValue) "
                f"{low}..{high}, got {'none' if raw is None else raw}"
            )
            continue
        part = (raw & (1 << signal.length) - 1) << signal.shift
        word |= int.from_bytes(part.to_bytes(WORD_BYTES, "big"), "little") if signal.big_endian else part
    return word


def _field(
    layout: MessageLayout, signal: SignalLayout, index: int, binding: SignalBinding, problems: list[str]
) -> _Field | None:
    path = f"{layout.path}.{signal.name}"
    if signal.name in layout.header_signals:
        problems.append(f"signal {path}: is written by the end-to-end protection and cannot be bound")
        return None
    if signal.is_float:
        problems.append(f"signal {path}: sending floating-point signals is not supported yet")
        return None
    raw_low, raw_high = signal.raw_range
    low, high = float(raw_low), float(raw_high)
    limits = [
        None if limit is None else to_steps(limit, signal) for limit in (signal.minimum, signal.maximum)
    ]
    if signal.factor < 0:
        limits.reverse()
    if limits[0] is not None:
        low = max(low, limits[0])
    if limits[1] is not None:
        high = min(high, limits[1])
    low, high = low - step_tolerance(low), high + step_tolerance(high)
    raw_low, raw_high = max(raw_low, math.ceil(low)), min(raw_high, math.floor(high))
    if raw_low > raw_high:
        problems.append(f"signal {path}: no raw value lies within [{signal.minimum}|{signal.maximum}]")
        return None
    return _Field(
        value_index=index,
        si_offset=binding.si_offset,
        si_factor=binding.si_factor,
        offset=signal.offset,
        factor=signal.factor,
        low=low,
        high=high,
        raw_low=raw_low,
        raw_high=raw_high,
        mask=(1 << signal.length) - 1,
        shift=signal.shift,
        binding=binding,
    )
