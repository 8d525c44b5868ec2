"""Resolves `[inputs]` and `[outputs]`: canonical signal -> DBC signal, unit, range, labels; start-up only.

From here on the tick knows only `SignalBinding` rows and look-up tables; names of a maker's DBC end here.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, cast

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.dbc_text import dbc_text, signal_line
from firmware_runtime.can.pgn import ANY_SOURCE, NO_SENDER, heard_source
from firmware_runtime.can.tables import DatabaseTable, MessageTable, SignalLayout
from firmware_runtime.vehicle.fields import Findings
from firmware_runtime.vehicle.messages import BoundSignal
from firmware_runtime.vehicle.needs import Span, carried_range, range_shortfall
from firmware_runtime.vehicle.problems import described, did_you_mean, quoted
from firmware_runtime.vehicle.signals import SignalSpec
from firmware_runtime.vehicle.toml_lines import KeyPath
from firmware_runtime.vehicle.units import UnitMismatchError, conversion

_REFERENCE = re.compile(r"(\w+)\.(\w+)(?:@(\w+))?\.(\w+)")
_FORM = "bus.Message.Signal"
_SOURCE = re.compile(r"0x[0-9A-Fa-f]{1,2}")
_ANY = "any"
ENUM_BITS_MAX = 16
NOT_IN_TABLE = -1.0
"""Raw default of an enumeration whose DBC has no word for NOT_AVAILABLE; no value table holds it."""

_UNSAID = ("ERROR", "NOT_AVAILABLE")
"""Members that a DBC may lack: the runtime never says them, and hears them as a raw value without label."""

SEPARATE: tuple[tuple[str, str], ...] = (
    ("estop_channel_a", "estop_channel_b"),
    ("battery_contactor_plus", "battery_contactor_minus"),
)
"""Pairs that watch each other; bound to one DBC signal they would watch nothing."""


class Bus(NamedTuple):
    """One loaded bus."""

    table: DatabaseTable
    file: str
    content: bytes


EnumTable = Mapping[float, IntEnum]
"""Raw value of an input -> canonical member."""
RawTable = tuple[float, ...]
"""Raw value of an output by the canonical member's number; nan where the DBC has no word for it."""
NeedOf = Callable[[SignalSpec], Span | None]


@dataclass(slots=True)
class Resolution:
    """What one of the two tables resolves to."""

    bindings: list[SignalBinding] = field(default_factory=list[SignalBinding])
    bound: list[BoundSignal] = field(default_factory=list[BoundSignal])
    enums: dict[str, EnumTable] = field(default_factory=dict[str, EnumTable])
    raws: dict[str, RawTable] = field(default_factory=dict[str, RawTable])


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves one table, `inputs` or `outputs`, against the loaded buses."""

    table: str
    specs: tuple[SignalSpec, ...]
    declared_buses: frozenset[str]
    buses: Mapping[str, Bus]
    """Those that could be loaded; a declared bus that is not here was reported already."""
    need_of: NeedOf
    findings: Findings
    cab: bool | None
    """The profile's `vehicle.cab`; None where it says none, which was noted already."""

    def resolve(self) -> Resolution:
        """Resolve every key; all defects go to `findings`.

        What is no table, or no text, `fields` has noted already.
        """
        entries = self.findings.document.data.get(self.table)
        if not isinstance(entries, dict):
            return Resolution()
        return self._resolve_all(cast(dict[str, Any], entries))

    def _resolve_all(self, entries: dict[str, Any]) -> Resolution:
        known = [spec.name for spec in self.specs]
        for key in entries:
            if key not in known:
                expected = f"a canonical {self.table[:-1]}{did_you_mean(key, known)}"
                self.findings.add((self.table, key), expected, f"the unknown key {quoted(key)}")
        resolution = Resolution()
        for spec in self.specs:
            if spec.name not in entries:
                if self._required(spec):
                    self._add(spec, f"bus.Message.Signal ({spec.quantity.doc})", "nothing")
            elif spec.quantity.cab and self.cab is False:
                self._add(spec, "no input of a cab, as [vehicle] cab is false", described(entries[spec.name]))
            else:
                self._resolve_one(spec, entries[spec.name], resolution)
        self._check_shared(resolution)
        return resolution

    def _required(self, spec: SignalSpec) -> bool:
        quantity = spec.quantity
        return not quantity.optional and (not quantity.cab or self.cab is True)

    def _resolve_one(self, spec: SignalSpec, reference: object, resolution: Resolution) -> None:
        bound = self._find(spec, reference)
        if bound is None:
            return
        resolution.bound.append(bound)
        if spec.enum is None:
            binding = self._number(spec, bound)
        else:
            binding = self._enumeration(spec, spec.enum, bound, resolution)
        if binding is not None:
            resolution.bindings.append(binding)

    def _find(self, spec: SignalSpec, reference: object) -> BoundSignal | None:
        if not isinstance(reference, str) or not reference.strip():
            return None
        parts = _REFERENCE.fullmatch(reference)
        if parts is None:
            self._add(
                spec, f"text of the form {_FORM}, or bus.Message@0x27.Signal for J1939", quoted(reference)
            )
            return None
        bus_name, message_name, source_name, signal_name = parts.groups()
        if bus_name not in self.declared_buses:
            hint = did_you_mean(bus_name, self.declared_buses)
            buses = ", ".join(sorted(self.declared_buses)) or "none"
            self._add(spec, f"a bus of [buses] ({buses}){hint}", quoted(bus_name))
            return None
        bus = self.buses.get(bus_name)
        if bus is None:
            return None
        message = bus.table.message(message_name)
        if message is None:
            names = [message.name for message in bus.table.messages]
            expected = f"a message of {bus.file}{did_you_mean(message_name, names)}"
            self._add(spec, expected, quoted(message_name))
            return None
        signal = message.signal(signal_name)
        if signal is None:
            names = [signal.name for signal in message.signals]
            expected = f"a signal of {message_name} in {bus.file}{did_you_mean(signal_name, names)}"
            self._add(spec, expected, quoted(signal_name))
            return None
        try:
            source = _source(source_name, message)
        except ValueError as error:
            self._add(spec, str(error), quoted(source_name))
            return None
        return BoundSignal((self.table, spec.name), spec.name, bus_name, message, signal, source)

    def _number(self, spec: SignalSpec, bound: BoundSignal) -> SignalBinding | None:
        try:
            row = conversion(bound.signal.unit, spec.quantity.unit)
        except UnitMismatchError as error:
            self._add(spec, error.expected, f"{error.got} of {self._place(bound)}")
            return None
        carried = carried_range(bound.signal, row)
        usable = carried
        if self.table == "inputs":
            quantity = spec.quantity
            usable = Span(max(carried.low, quantity.low), min(carried.high, quantity.high))
        need = self.need_of(spec)
        if need is not None and not usable.holds(need):
            self._add(spec, *range_shortfall(spec, need, carried, self._place(bound)))
            return None
        return SignalBinding(
            name=spec.name,
            bus=bound.bus,
            message=bound.message.name,
            signal=bound.signal.name,
            si_factor=row.factor,
            si_offset=row.offset,
            low=usable.low,
            high=usable.high,
            default=spec.quantity.default,
            source=bound.source,
        )

    def _enumeration(
        self, spec: SignalSpec, enum: type[IntEnum], bound: BoundSignal, resolution: Resolution
    ) -> SignalBinding | None:
        problems = list(_label_problems(enum, bound.signal, self.table == "outputs"))
        for expected, got in problems:
            self._add(spec, expected, f"{got} in {self._place(bound)}")
        if problems:
            return None
        labels = _labels(bound.signal)
        raw_of = {label: float(raw) for raw, label in reversed(labels.items())}
        default = raw_of.get("NOT_AVAILABLE", NOT_IN_TABLE)
        low, high = -math.inf, math.inf
        if self.table == "inputs":
            resolution.enums[spec.name] = {float(raw): enum[label] for raw, label in labels.items()}
        else:
            by_number = {member.value: raw_of.get(member.name, math.nan) for member in enum}
            raws = tuple(by_number.get(value, math.nan) for value in range(max(by_number) + 1))
            resolution.raws[spec.name] = raws
            low, high = float(min(labels)), float(max(labels))
        return SignalBinding(
            name=spec.name,
            bus=bound.bus,
            message=bound.message.name,
            signal=bound.signal.name,
            low=low,
            high=high,
            default=default,
            source=bound.source,
        )

    def _check_shared(self, resolution: Resolution) -> None:
        for index, bound in enumerate(resolution.bound):
            for owner in resolution.bound[:index]:
                apart = self.table == "outputs" or (owner.canonical, bound.canonical) in SEPARATE
                if apart and _are_one(owner, bound):
                    expected = f"a DBC signal of its own, apart from {owner.canonical}"
                    got = f"{bound.bound_message}.{bound.signal.name} for both"
                    self.findings.add(bound.path, expected, got)
                    break

    def _place(self, bound: BoundSignal) -> str:
        bus = self.buses[bound.bus]
        line = signal_line(dbc_text(bus.content), bound.message.name, bound.signal.name)
        return f"{bound.bound_message}.{bound.signal.name} ({bus.file}:{line})"

    def _add(self, spec: SignalSpec, expected: str, got: str) -> None:
        path: KeyPath = (self.table, spec.name)
        self.findings.add(path, expected, got)


def _source(stated: str | None, message: MessageTable) -> int | None:
    """Source of a reference, as in `SignalBinding.source`; ValueError says what was expected."""
    if stated is None:
        return None
    if not message.is_j1939:
        raise ValueError(f"no source, as {message.name} is no J1939 message (VFrameFormat J1939PG)")
    if stated == _ANY:
        return ANY_SOURCE
    if _SOURCE.fullmatch(stated) is None or int(stated, 16) in NO_SENDER:
        raise ValueError(f"a J1939 source of 0x00 to 0xFD, or {_ANY}")
    return int(stated, 16)


def _are_one(one: BoundSignal, other: BoundSignal) -> bool:
    """Both may be filled by one frame: any source is also this one."""
    place = (one.bus, one.message.name, one.signal.name)
    if place != (other.bus, other.message.name, other.signal.name):
        return False
    sources = [heard_source(bound.message, bound.source) for bound in (one, other)]
    return not one.message.is_j1939 or ANY_SOURCE in sources or sources[0] == sources[1]


def _labels(signal: SignalLayout) -> dict[int, str]:
    return dict(signal.labels)


def _label_problems(enum: type[IntEnum], signal: SignalLayout, is_output: bool) -> Iterator[tuple[str, str]]:
    labels = _labels(signal)
    if not labels:
        yield f"a value table (VAL_) with the labels of {enum.__name__}", "none"
        return
    if signal.factor != 1 or signal.offset != 0 or signal.is_float or signal.length > ENUM_BITS_MAX:
        got = f"{signal.length} bits, factor {signal.factor}, offset {signal.offset}"
        yield f"an enumeration: whole numbers of at most {ENUM_BITS_MAX} bits, factor 1, offset 0", got
    said: set[str] = set()
    for raw, label in labels.items():
        if label not in enum.__members__:
            yield (
                f"labels of {enum.__name__}{did_you_mean(label, enum.__members__)}",
                f"{raw} {quoted(label)}",
            )
        elif is_output and label in said:
            yield "one raw value a label", f"a second one, {raw}, for {quoted(label)}"
        said.add(label)
    missing = [name for name in enum.__members__ if name not in said and name not in _UNSAID]
    if missing:
        yield f"every label of {enum.__name__}", f"none for {', '.join(missing)}"
