"""SI values to the payload of one message, checked, with checksum and counter; the last step of the tick."""

from collections.abc import Sequence

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.fields import FLOATS, Field, FieldGroup, field_group, mirrored
from firmware_runtime.can.layout import MessageLayout
from firmware_runtime.can.limits import from_raw
from firmware_runtime.can.multiplexing import Selector, selectors_of
from firmware_runtime.can.protection import successors
from firmware_runtime.can.tables import NO_PAGE

_ROUNDER = 1.5 * 2.0**52
"""Added to a float below 2^51 and taken away again, it leaves the nearest whole number, of two the even one:
what `round` gives, in a third of its time."""


class EncodeError(Exception):
    """A value that its DBC signal cannot carry; `low` and `high` are what it can, all in SI units.

    Of a multiplexor that selects no page which can be sent: its raw value, between the least and the
    greatest that does.
    """

    def __init__(
        self, message: str, signal: str, value: float, low: float, high: float, expected: str = ""
    ) -> None:
        words = expected or f"{low:g} to {high:g} in SI units"
        super().__init__(f"{message}.{signal}: expected {words}, got {value}")
        self.message = message
        self.signal = signal
        self.value = value
        self.low = low
        self.high = high


class MessagePacker:
    """Packs one message from the values of all bindings.

    Of a multiplexed message the page that its multiplexor's value selects is packed; the values of other
    pages are not looked at.

    Raises:
        ValueError: one line for each signal that cannot be sent or whose value nothing defines.
    """

    __slots__ = ("_group", "_layout", "_length", "_pages", "_seal", "_selectors", "_successor", "counter")

    def __init__(self, layout: MessageLayout, bindings: dict[int, SignalBinding]) -> None:
        """`bindings`: those of this message, by their index among all values."""
        problems: list[str] = []
        self._layout = layout
        self._length = layout.length
        checker = layout.checker
        self._seal = None if checker is None else checker.seal
        self._successor = (0,) if checker is None else successors(checker.modulus)
        self.counter = 0
        """E2E counter of the next frame; the sender advances it once the frame is out."""
        self._group = field_group(layout, NO_PAGE, bindings, problems)
        self._selectors = selectors_of(layout)
        self._pages = _pages(layout, bindings, problems)
        if len({binding.signal for binding in bindings.values()}) < len(bindings):
            problems.append(f"message {layout.path}: a signal is bound twice")
        if problems:
            raise ValueError("\n".join(problems))

    def pack(self, values: Sequence[float]) -> bytes:
        """Payload with the present counter and its CRC; changes nothing.

        Raises:
            EncodeError: a value does not fit, or is NaN, or selects a page that cannot be sent.
        """
        word = self._group_word(self._group, values)
        if self._selectors:
            word = self._with_pages(word, values)
        payload = word.to_bytes(self._length, "little")
        if self._seal is None:
            return payload
        protected = bytearray(payload)
        self._seal(protected, self.counter)
        return bytes(protected)

    def _group_word(self, group: FieldGroup, values: Sequence[float]) -> int:
        base, runs, little, big, little_floats, big_floats = group
        word = base
        for fields, signs, shift, is_mirrored, wholes in runs:
            total = 0.0
            for index, offset, factor, low, high, weight in fields:
                steps = (values[index] - offset) / factor
                # Written so that NaN, which compares false with anything, is refused too.
                if not low <= steps <= high:
                    raise self._first_refusal(wholes, values)
                total += (steps + _ROUNDER - _ROUNDER) * weight
            part = (int(total) + signs ^ signs) << shift
            word |= mirrored(part, self._length) if is_mirrored else part
        if little:
            word |= self._word(little, values)
        if big:
            word |= mirrored(self._word(big, values), self._length)
        if little_floats:
            word |= self._float_word(little_floats, values)
        if big_floats:
            word |= mirrored(self._float_word(big_floats, values), self._length)
        return word

    def _with_pages(self, word: int, values: Sequence[float]) -> int:
        """The word with the pages that its multiplexors select; a page may hold further multiplexors."""
        pending = list(self._selectors)
        for selector in pending:
            read = mirrored(word, self._length) if selector.order == "big" else word
            value = read >> selector.shift & selector.mask
            selected = selector.targets.get(value)
            if selected is None:
                raise self._no_page(selector, value)
            for page in selected.pages:
                group = self._pages.get(page)
                if group is None:
                    raise self._no_page(selector, value)
                word |= self._group_word(group, values)
            pending.extend(selected.selectors)
        return word

    def _word(self, fields: tuple[Field, ...], values: Sequence[float]) -> int:
        word = 0
        for field in fields:
            steps = _steps(field, values)
            if not field.low <= steps <= field.high:
                raise self._refusal(field, values[field.value_index])
            raw = min(max(round(steps), field.raw_low), field.raw_high)
            word |= (raw & field.mask) << field.shift
        return word

    def _float_word(self, fields: tuple[Field, ...], values: Sequence[float]) -> int:
        word = 0
        for field in fields:
            number = _steps(field, values)
            if not field.low <= number <= field.high:
                raise self._refusal(field, values[field.value_index])
            packed = FLOATS[field.mask.bit_length()].pack(number)
            word |= int.from_bytes(packed, "little") << field.shift
        return word

    def advance_counter(self) -> None:
        """The frame with the present counter is out."""
        self.counter = self._successor[self.counter]

    def _first_refusal(self, fields: tuple[Field, ...], values: Sequence[float]) -> EncodeError:
        refused = (one for one in fields if not one.low <= _steps(one, values) <= one.high)
        field = next(refused, fields[-1])
        return self._refusal(field, values[field.value_index])

    def _refusal(self, field: Field, value: float) -> EncodeError:
        binding = field.binding
        signal = self._layout.signals[binding.signal]
        ends = sorted(
            from_raw(steps, signal, binding.si_factor, binding.si_offset) for steps in (field.low, field.high)
        )
        return EncodeError(self._layout.path, signal.name, value, ends[0], ends[1])

    def _no_page(self, selector: Selector, value: int) -> EncodeError:
        known = [
            raw
            for raw, selected in selector.targets.items()
            if all(page in self._pages for page in selected.pages)
        ]
        low, high = (known[0], known[-1]) if known else (0, 0)
        words = f"a raw value of a page that is fully defined ({', '.join(map(str, known)) or 'none'})"
        return EncodeError(self._layout.path, selector.name, value, low, high, words)


def _steps(field: Field, values: Sequence[float]) -> float:
    """The field's value in unrounded raw steps, by the operations and in the order of `limits.to_steps`."""
    value = values[field.value_index]
    return ((value - field.si_offset) / field.si_factor - field.offset) / field.factor


def _pages(
    layout: MessageLayout, bindings: dict[int, SignalBinding], problems: list[str]
) -> dict[int, FieldGroup]:
    """Groups of the pages that can be sent; a page with a binding must be one of them."""
    bound = {layout.signals[binding.signal].page for binding in bindings.values()}
    groups: dict[int, FieldGroup] = {}
    for page in range(len(layout.pages)):
        shortfalls: list[str] = []
        group = field_group(layout, page, bindings, shortfalls)
        if page in bound:
            problems.extend(shortfalls)
        if not shortfalls:
            groups[page] = group
    return groups
