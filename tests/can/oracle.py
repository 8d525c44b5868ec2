"""Payloads through our decode and through cantools, compared bit for bit; for databases of any kind."""

import logging
import math
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cantools
from cantools.database.can import Database, Message

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import contract_of
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.tables import DatabaseTable
from tests.can.support import bits_of, data_id, frame_id, protected

DATABASES = Path(__file__).parent / "databases"


def loaded(path: Path) -> Database | None:
    """What cantools makes of a file, strictly or at least loosely; None where it cannot load it."""
    logging.getLogger("cantools").setLevel(logging.CRITICAL)
    for strict in (True, False):
        try:
            database = cantools.database.load_file(path, strict=strict, prune_choices=False)
        except cantools.Error:
            continue
        assert isinstance(database, Database)
        return database
    return None


def comparable(message: Message) -> list[str]:
    """Signals that lie within their message and are numbers of up to 64 bits."""
    return [
        signal.name
        for signal in message.signals
        if signal.length <= 64 and all(0 <= bit < 8 * message.length for bit in bits(signal))
    ]


def bits(signal: Any) -> Iterable[int]:
    if signal.byte_order == "little_endian":
        return (signal.start, signal.start + signal.length - 1)
    first = 8 * (signal.start // 8) + 7 - signal.start % 8
    return (first, first + signal.length - 1)


class Comparison:
    """A receiver of every signal of a database, fed side by side with cantools."""

    def __init__(self, database: Database, compiled: DatabaseTable | None = None) -> None:
        self.messages = [message for message in database.messages if comparable(message)]
        self.bindings = [
            SignalBinding(f"{message.name}.{name}", "bus", message.name, name)
            for message in self.messages
            for name in comparable(message)
        ]
        self.receiver = Receiver({"bus": compiled or database}, self.bindings)
        self.time_ns = 0
        self.compared = 0
        self._turn = 0

    def run(self, rounds: int, source: random.Random) -> None:
        """Random payloads, each multiplexor going round its values."""
        for _ in range(rounds):
            payloads = {m.name: payload_for(m, source, self._turn) for m in self.messages}
            for message in self.messages:
                if contract_of(message).protection == "P01":
                    payload = payloads[message.name]
                    payloads[message.name] = protected(payload, data_id(message), self._turn % 15)
            self._turn += 1
            self.check(payloads)

    def push(self, message: Message, payload: bytes) -> None:
        self.time_ns += 1_000_000
        padding = bytes(self.receiver._layout.messages[self._index(message)].length - len(payload))
        self.receiver.push(Frame(self.time_ns, "bus", frame_id(message), payload + padding))

    def _index(self, message: Message) -> int:
        return self.receiver.messages.index(f"bus.{message.name}")

    def check(self, payloads: dict[str, bytes]) -> None:
        """One payload a message; every signal that cantools finds in it must be ours, raw and scaled."""
        for message in self.messages:
            self.push(message, payloads[message.name])
        sample = self.receiver.sample(self.time_ns)
        store = self.receiver._store
        raws, values = store.raw_values(), store.dbc_values()
        columns = {binding.name: column for column, binding in enumerate(self.bindings)}
        for message in self.messages:
            for name, raw, value in self._theirs(message, payloads[message.name]):
                column = columns.get(f"{message.name}.{name}")
                if column is None:
                    continue
                self.compared += 1
                row = self.receiver.message_index[column]
                # Its row is of this round: the page was met just now.
                assert sample.last_ns[row] == sample.last_ns[self._index(message)], (message.name, name)
                if isinstance(raw, int):
                    assert raws[column] == raw, (message.name, name, payloads[message.name].hex())
                if math.isnan(value):
                    assert math.isnan(values[column])
                else:
                    assert bits_of(values[column]) == bits_of(value), (message.name, name)

    def _theirs(self, message: Message, payload: bytes) -> Iterator[tuple[str, int | float, float]]:
        try:
            scaled = message.decode_simple(payload, decode_choices=False)
            raw = message.decode_simple(payload, decode_choices=False, scaling=False)
        except cantools.database.DecodeError:
            return
        for name, value in scaled.items():
            yield name, raw[name], float(value)  # type: ignore[arg-type]


def payload_for(message: Message, source: random.Random, turn: int) -> bytes:
    """Random bytes, or, of a multiplexed message, mostly such as carry a page that the DBC has."""
    payload = source.randbytes(message.length)
    if not message.is_multiplexed() or source.random() < 0.1:
        return payload
    word = bytearray(payload)
    for signal in (one for one in message.signals if one.is_multiplexer):
        known = sorted(
            {
                value
                for one in message.signals
                if one.multiplexer_signal == signal.name
                for value in one.multiplexer_ids or ()
            }
        )
        if known:
            write(word, signal, known[turn % len(known)])
    return bytes(word)


def write(word: bytearray, signal: Any, value: int) -> None:
    """Write a raw number bit by bit, by the definition of the two byte orders."""
    start, length = signal.start, signal.length
    if signal.byte_order == "little_endian":
        places = list(range(start, start + length))
    else:
        first = 8 * (start // 8) + 7 - start % 8
        places = [8 * (bit // 8) + 7 - bit % 8 for bit in range(first + length - 1, first - 1, -1)]
    for index, place in enumerate(places):
        mask = 1 << place % 8
        word[place // 8] = word[place // 8] & ~mask | (mask if value >> index & 1 else 0)
