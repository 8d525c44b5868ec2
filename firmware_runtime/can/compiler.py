"""cantools' database to compiled tables; start-up only, and not even then where the cache has them."""

import math

from cantools.database.can import Database, Message, Signal

from firmware_runtime.can import indicators
from firmware_runtime.can.database import can_id, contract_of
from firmware_runtime.can.pgn import pgn_of
from firmware_runtime.can.tables import (
    NO_PAGE,
    DatabaseTable,
    MessageTable,
    PageTable,
    RawKind,
    SignalLayout,
    network_bit,
)

_INTEGER_MAX = (1 << 63) - 1
_SIGNED, _RAWS = 1 << 63, 1 << 64
"""No raw value is beyond; a label of such a number is never met, and the compiled form cannot hold it."""
_FLOATS = {32: RawKind.FLOAT32, 64: RawKind.FLOAT64}


def compile_database(database: Database) -> DatabaseTable:
    """All messages of a database, whether or not they can be bound: `layout.bind` judges that."""
    return DatabaseTable(tuple(compile_message(message) for message in database.messages))


def compile_message(message: Message) -> MessageTable:
    """One message with its signals and pages."""
    is_j1939 = message.protocol == "j1939" and message.is_extended_frame
    has_spns = is_j1939 and not indicators.is_proprietary(pgn_of(message.frame_id))
    pages, place = _pages(message)
    return MessageTable(
        name=message.name,
        can_id=can_id(message),
        length=message.length,
        is_fd=bool(message.is_fd),
        is_j1939=is_j1939,
        contract=contract_of(message),
        signals=tuple(_signal(signal, has_spns, place[signal.name]) for signal in message.signals),
        pages=tuple(pages),
    )


def _pages(message: Message) -> tuple[list[PageTable], dict[str, int]]:
    """Pages, parents first, and the page of each signal."""
    pages: list[PageTable] = []
    place: dict[str, int] = {}
    by_name = {signal.name: signal for signal in message.signals}

    def page_of(signal: Signal) -> int:
        if signal.name in place:
            return place[signal.name]
        # A multiplexor that leads to itself would otherwise recurse for ever.
        place[signal.name] = NO_PAGE
        owner = by_name.get(signal.multiplexer_signal or "")
        if owner is not None and signal.multiplexer_ids is not None:
            page = PageTable(owner.name, tuple(sorted(signal.multiplexer_ids)), page_of(owner))
            if page not in pages:
                pages.append(page)
            place[signal.name] = pages.index(page)
        return place[signal.name]

    for signal in message.signals:
        page_of(signal)
    return pages, place


def _signal(signal: Signal, has_spns: bool, page: int) -> SignalLayout:
    big_endian = signal.byte_order == "big_endian"
    if signal.is_float:
        kind = _FLOATS.get(signal.length, RawKind.OTHER)
    else:
        kind = RawKind.SIGNED if signal.is_signed else RawKind.UNSIGNED
    start = signal.raw_initial
    minimum, maximum = _limits(signal)
    return SignalLayout(
        name=signal.name,
        first=network_bit(signal.start) if big_endian else signal.start,
        length=signal.length,
        big_endian=big_endian,
        kind=kind,
        factor=_number(signal.scale),
        offset=_number(signal.offset),
        minimum=minimum,
        maximum=maximum,
        initial_raw=None if start is None or signal.is_float else int(start),
        initial=float(start) if start is not None and signal.is_float else None,
        page=page,
        indicators=indicators.indicators_of(kind, signal.length, has_spns, _stated(signal)),
        unit=signal.unit or "",
        labels=tuple(
            (int(raw), str(label)) for raw, label in (signal.choices or {}).items() if -_SIGNED <= raw < _RAWS
        ),
    )


def _stated(signal: Signal) -> str:
    if indicators.ATTRIBUTE not in signal.dbc.attributes:
        return ""
    attribute = signal.dbc.attributes[indicators.ATTRIBUTE]
    choices = attribute.definition.choices
    # A DBC states an enumeration by its place or by its text.
    if isinstance(attribute.value, int) and choices and 0 <= attribute.value < len(choices):
        return choices[attribute.value]
    return str(attribute.value)


def _limits(signal: Signal) -> tuple[int | float | None, int | float | None]:
    """The DBC's [min|max]; None where it states none: [0|0], which the parser knows, or [0.0|0.0]."""
    low, high = signal.minimum, signal.maximum
    if low == 0 and high == 0:
        return None, None
    return None if low is None else _number(low), None if high is None else _number(high)


def _number(value: float) -> int | float:
    """A whole number beyond 64 bits becomes the float next to it: the compiled form has no greater ones."""
    if isinstance(value, int) and abs(value) > _INTEGER_MAX:
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)
    return value
