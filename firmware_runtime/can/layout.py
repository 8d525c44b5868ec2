"""Flat, checked layout of bound DBC messages and signals, made once at start-up for receiver and sender.

Each message is handled as one 64-bit word. A little-endian signal is cut out of the word read from the
payload in little-endian order, a big-endian signal out of the word read in big-endian order, the payload
padded at its end to 8 bytes; `shift` is then the number of bits to the right of the signal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from cantools.database.can import Database, Message, Signal

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import can_id, contract_of
from firmware_runtime.can.j1939 import format_id
from firmware_runtime.can.refusals import (
    HEADER_BITS,
    PROFILE_01,
    binding_problems,
    message_problems,
    network_bit,
    payload_bits,
    signal_problems,
)

NS_PER_MS = 1_000_000
DEFAULT_DEADLINE_CYCLES = 3
"""Deadline in cycles where the DBC states none (design: three periods)."""


class RawKind(Enum):
    """How the bits of a signal are read."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    FLOAT32 = "float32"
    FLOAT64 = "float64"


@dataclass(frozen=True, slots=True)
class SignalLayout:
    """One signal of a message; factor and offset keep the DBC's number type, as cantools computes with it."""

    name: str
    shift: int
    length: int
    big_endian: bool
    kind: RawKind
    factor: float
    offset: float
    minimum: float | None
    """DBC-unit lower limit; None for the DBC's [0|0]."""
    maximum: float | None
    initial_raw: int | None
    """`GenSigStartValue`."""

    @property
    def raw_range(self) -> tuple[int, int]:
        """Least and greatest raw integer (of the bit pattern, for a float)."""
        if self.kind is RawKind.SIGNED:
            return -(1 << self.length - 1), (1 << self.length - 1) - 1
        return 0, (1 << self.length) - 1

    @property
    def is_float(self) -> bool:
        return self.kind in (RawKind.FLOAT32, RawKind.FLOAT64)


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One bound message."""

    bus: str
    name: str
    can_id: int
    """With EXTENDED_FLAG for 29 bits."""
    length: int
    """Payload bytes, 0..8."""
    cycle_ns: int
    """0 where the DBC states none."""
    deadline_ns: int | None
    """None: never late."""
    data_id: int | None
    """E2E data identifier; None: unprotected."""
    signals: Mapping[str, SignalLayout]
    """All of the message, by name."""
    header_signals: frozenset[str]
    """Names of the E2E checksum and counter signals."""

    @property
    def path(self) -> str:
        """`bus.Message`."""
        return f"{self.bus}.{self.name}"


@dataclass(frozen=True, slots=True)
class BoundLayout:
    """Messages in order of their first binding, and for each binding its message and signal."""

    bindings: tuple[SignalBinding, ...]
    messages: tuple[MessageLayout, ...]
    message_index: tuple[int, ...]
    """For each binding, the index of its message in `messages`."""
    signals: tuple[SignalLayout, ...]
    """For each binding, its signal."""


def bind(databases: Mapping[str, Database], bindings: Sequence[SignalBinding]) -> BoundLayout:
    """Resolve bindings against the databases, by bus name.

    Raises:
        ValueError: one line for each defect of bindings and bound messages.
    """
    problems: list[str] = []
    layouts: dict[tuple[str, str], MessageLayout] = {}
    found: list[tuple[SignalBinding, tuple[str, str]]] = []
    names: set[str] = set()
    for binding in bindings:
        problems.extend(binding_problems(binding, names))
        names.add(binding.name)
        message = _find(databases, binding, problems)
        if message is None:
            continue
        key = (binding.bus, binding.message)
        if key not in layouts:
            problems.extend(message_problems(message, f"{binding.bus}.{binding.message}"))
            layouts[key] = _message_layout(message, binding.bus)
        problems.extend(signal_problems(message.get_signal_by_name(binding.signal), binding))
        found.append((binding, key))
    problems.extend(_shared_identifiers(layouts.values()))
    if problems:
        raise ValueError("\n".join(problems))
    order = {key: index for index, key in enumerate(layouts)}
    return BoundLayout(
        bindings=tuple(bindings),
        messages=tuple(layouts.values()),
        message_index=tuple(order[key] for _, key in found),
        signals=tuple(layouts[key].signals[binding.signal] for binding, key in found),
    )


def _shared_identifiers(layouts: Iterable[MessageLayout]) -> Iterator[str]:
    """A frame must belong to one message only."""
    first: dict[tuple[str, int], MessageLayout] = {}
    for layout in layouts:
        other = first.setdefault((layout.bus, layout.can_id), layout)
        if other is not layout:
            yield f"messages {other.path} and {layout.path} share the identifier {format_id(layout.can_id)}"


def _find(databases: Mapping[str, Database], binding: SignalBinding, problems: list[str]) -> Message | None:
    database = databases.get(binding.bus)
    if database is None:
        known = ", ".join(databases) or "none"
        problems.append(f"{binding.name}: expected a bus of {known}, got {binding.bus} in {binding.path}")
        return None
    messages = [message for message in database.messages if message.name == binding.message]
    if not messages:
        problems.append(f"{binding.name}: no message {binding.message} in the DBC of bus {binding.bus}")
        return None
    if all(signal.name != binding.signal for signal in messages[0].signals):
        problems.append(f"{binding.name}: no signal {binding.signal} in {binding.bus}.{binding.message}")
        return None
    return messages[0]


def _message_layout(message: Message, bus: str) -> MessageLayout:
    contract = contract_of(message)
    deadline_ms = contract.deadline_ms or contract.cycle_ms * DEFAULT_DEADLINE_CYCLES
    protected = contract.protection == PROFILE_01
    header = frozenset(
        signal.name for signal in message.signals if protected and payload_bits(signal) & HEADER_BITS
    )
    return MessageLayout(
        bus=bus,
        name=message.name,
        can_id=can_id(message),
        length=message.length,
        cycle_ns=contract.cycle_ms * NS_PER_MS,
        deadline_ns=deadline_ms * NS_PER_MS or None,
        data_id=contract.data_id if protected else None,
        signals={signal.name: _signal_layout(signal) for signal in message.signals},
        header_signals=header,
    )


def _signal_layout(signal: Signal) -> SignalLayout:
    big_endian = signal.byte_order == "big_endian"
    shift = 64 - network_bit(signal.start) - signal.length if big_endian else signal.start
    if signal.is_float:
        kind = RawKind.FLOAT32 if signal.length == 32 else RawKind.FLOAT64
    else:
        kind = RawKind.SIGNED if signal.is_signed else RawKind.UNSIGNED
    return SignalLayout(
        name=signal.name,
        shift=shift,
        length=signal.length,
        big_endian=big_endian,
        kind=kind,
        factor=signal.scale,
        offset=signal.offset,
        minimum=signal.minimum,
        maximum=signal.maximum,
        initial_raw=None if signal.raw_initial is None or signal.is_float else int(signal.raw_initial),
    )
