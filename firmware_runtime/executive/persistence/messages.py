"""Hand-over and acknowledgement between a real-time process and the one that writes: one datagram each."""

import msgspec

from firmware_runtime.executive.persistence.items import CONTENT_MAX_BYTES, Record

MESSAGE_VERSION = 1
MESSAGE_MAX_BYTES = CONTENT_MAX_BYTES + 1024
BARRIER = "barrier"
"""In place of a record: write nothing, acknowledge once all that came before is dealt with."""
ERROR_MAX_CHARS = 300
RECORD_NAMES = frozenset(record.value for record in Record)


class Order(msgspec.Struct, frozen=True, array_like=True):
    """The whole content of one record: a later one makes an earlier one needless."""

    version: int
    session: int
    """Of the sending process, so that an answer to its predecessor is not taken for its own."""
    sequence: int
    """Rises by one with each order of a session, all records together."""
    record: str
    """A Record's name, or BARRIER."""
    content: bytes


class Acknowledgement(msgspec.Struct, frozen=True, array_like=True):
    """Without an error: the content of `sequence`, or a later one, is safe in both generations."""

    version: int
    session: int
    sequence: int
    record: str
    error: str
    """Why it is not, or empty."""


def encode(message: Order | Acknowledgement) -> bytes:
    return msgspec.msgpack.encode(message)


def decode_order(data: bytes) -> Order | None:
    """None for what is no order of this version."""
    try:
        order = msgspec.msgpack.decode(data, type=Order)
    except msgspec.DecodeError:
        return None
    known = order.record == BARRIER or order.record in RECORD_NAMES
    return order if order.version == MESSAGE_VERSION and known else None


def decode_acknowledgement(data: bytes) -> Acknowledgement | None:
    """None for what is no acknowledgement of this version."""
    try:
        acknowledgement = msgspec.msgpack.decode(data, type=Acknowledgement)
    except msgspec.DecodeError:
        return None
    return acknowledgement if acknowledgement.version == MESSAGE_VERSION else None


def acknowledge(order: Order, error: str = "") -> Acknowledgement:
    return Acknowledgement(
        MESSAGE_VERSION, order.session, order.sequence, order.record, error[:ERROR_MAX_CHARS]
    )
