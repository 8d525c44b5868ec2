"""Frames in, checked SI values out: the first step of the tick.

`push` judges each frame as it arrives (identifier, length, checksum, counter) and keeps the latest good
payload; `sample` decodes all bound signals at once and says which may be trusted at this instant. It reads
no clock: reception times come with the frames, the tick's time with `sample`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.freshness import NEVER_NS, Freshness
from firmware_runtime.can.layout import BoundLayout, Databases, RowLayout, bind, page_deadline_ns
from firmware_runtime.can.multiplexing import pages_in
from firmware_runtime.can.pgn import PgnMatch
from firmware_runtime.can.protection import ChannelState
from firmware_runtime.can.reception import Reception, judges_problems
from firmware_runtime.can.special_numbers import Floats
from firmware_runtime.can.store import SignalStore
from firmware_runtime.can.traffic import BusStatistics, FrameCounts, MessageStatistics, saturated
from firmware_runtime.can.verdict import Rejection, Unusable

SNAPSHOT_VERSION = 3
_MEMO_MAX = 4096
"""Identifiers that are remembered for J1939 messages; further ones are matched anew at each frame, so that
random identifiers cannot fill the memory."""

# Members of an enumeration are slow to look up by attribute; the hot path reads globals.
_ACCEPTED = Rejection.ACCEPTED
_CRC = Rejection.CRC
_OK = Unusable.OK
_NEVER_RECEIVED = Unusable.NEVER_RECEIVED
_LATE = Unusable.LATE
_CHANNEL_NOT_VALID = Unusable.CHANNEL_NOT_VALID
_VALID = ChannelState.VALID


class Sample(msgspec.Struct, frozen=True, eq=False, gc=False):
    """All bound signals at one instant, in binding order. Its array and list are shared: read them only."""

    now_ns: int
    numbers: Floats
    """SI; where `reasons` is not OK, the last usable value or the binding's default."""
    reasons: tuple[Unusable, ...]
    """OK, or why the signal must not be trusted now."""
    last_ns: list[int]
    """Last accepted reception of each row, in order of `Receiver.messages`; NEVER_NS before it. The
    receiver's own list: the next frames change it."""
    all_ok: bool
    """True where every reason is OK."""

    @property
    def values(self) -> list[float]:
        """`numbers` as Python floats, in a list that is made at each call: that takes half as long as the
        decode."""
        return self.numbers.tolist()

    @property
    def ages_ns(self) -> list[int]:
        """Age of each row's last accepted frame; at least 2**62 where it was never received."""
        return [self.now_ns - last_ns for last_ns in self.last_ns]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sample):
            return NotImplemented
        return (self.now_ns, self.values, self.reasons, self.last_ns) == (
            other.now_ns,
            other.values,
            other.reasons,
            other.last_ns,
        )


class Receiver:
    """Receives the messages that have a binding; all others are only counted.

    `databases` are by bus name and loaded strictly; `deadlines_ns` replaces the deadline of single
    messages, by (bus, message), or of a page, by (bus, "Message[Mux=3]"). A message without timeout
    attribute is late after three cycles; one without cycle time never. A page's deadline is its message's
    times the number of its pages, unless given.

    Raises:
        ValueError: bindings, databases or deadlines do not fit each other or are not supported.
    """

    def __init__(
        self,
        databases: Databases,
        bindings: Sequence[SignalBinding],
        deadlines_ns: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        if not bindings:
            raise ValueError("expected at least one binding of an input, got none")
        layout = bind(databases, bindings)
        problems = [problem for message in layout.messages for problem in judges_problems(message)]
        if problems:
            raise ValueError("\n".join(problems))
        self._layout = layout
        self.bindings = layout.bindings
        self.messages = tuple(row.path for row in layout.rows)
        """Row by row what has an age of its own: `bus.Message` of each received message, then
        `bus.Message[Mux=3]` of each page of a multiplexed one that has a binding."""
        self.message_index = layout.row_index
        """For each binding, the index of its row in `messages`."""
        self.deadlines_ns = _deadlines(layout, deadlines_ns or {})
        """Deadline of each row, None for never late."""
        self._store = SignalStore(layout)
        self._freshness = Freshness(self.deadlines_ns)
        self._receptions = [
            Reception(message, index, self._store.payload_index[index])
            for index, message in enumerate(layout.messages)
        ]
        self._windows = [reception.window for reception in self._receptions if reception.window is not None]
        self._by_id: dict[tuple[str, int], Reception] = {}
        self._by_pgn = PgnMatch()
        for index, message in enumerate(layout.messages):
            if message.source is None:
                self._by_id[message.bus, message.can_id] = self._receptions[index]
            else:
                self._by_pgn.add(message.bus, message.can_id, message.source, index)
        self._memo_left = _MEMO_MAX
        for index, row in enumerate(layout.rows[len(layout.messages) :], len(layout.messages)):
            self._receptions[row.message].page_rows[row.page] = index
        self._other_frames = {bus: FrameCounts() for bus in (*databases, "")}
        self._unknown = dict.fromkeys((*databases, ""), 0)
        self._numbers: Floats = np.array([binding.default for binding in layout.bindings], np.float64)
        self._no_reasons = (_OK,) * len(layout.bindings)
        # The same for as long as the receiver lives: `push` and `sample` save attribute chains.
        self._payloads = self._store.payloads
        self._decode = self._store.decode
        self._last_ns = self._freshness.last_ns
        self._kept: dict[int, list[tuple[int, bytes]]] = {}
        """By row, what `keep` gave away."""

    def keep(self, name: str) -> list[tuple[int, bytes]]:
        """From now on each accepted payload of this binding's row with its time, in the order of arrival.

        For signals of which no frame may pass unseen: `sample` tells of the last one alone. The list is
        filled by `push`; whoever asked for it empties it. It is no part of a snapshot.

        Raises:
            KeyError: no binding has this name.
        """
        names = [binding.name for binding in self.bindings]
        row = dict(zip(names, self.message_index, strict=True))[name]
        self._receptions[self._layout.rows[row].message].watched = True
        return self._kept.setdefault(row, [])

    def push(self, frame: Frame) -> Rejection:
        """Judge one frame and keep it where it is good. Never raises on content; about 1 µs."""
        time_ns, bus, can_id, data = frame
        reception = self._by_id.get((bus, can_id))
        if reception is None:
            reception = self._matched(bus, can_id)
            if reception is None:
                return self._count_unknown(bus, can_id, len(data))
        if len(data) != reception.length:
            return self._count_length(reception, can_id, len(data))
        counter = reception.counter
        if counter is not None:
            if not (reception.check or reception.check_of(can_id))(data):
                return reception.reject(_CRC)
            alive = data[reception.counter_byte] >> reception.counter_shift & reception.counter_mask
            if alive == counter.expected:
                counter.expected = counter.successor[alive]
            else:
                verdict = counter.judge(alive)
                if verdict is not _ACCEPTED:
                    return reception.reject(verdict)
        self._payloads[reception.payload_index] = data
        index = reception.index
        interval_ns = time_ns - self._last_ns[index]
        if not reception.shortest_ns <= interval_ns <= reception.longest_ns:
            time_ns = self._note_interval(reception, time_ns, interval_ns)
        self._last_ns[index] = time_ns
        reception.received += 1
        if reception.watched:
            self._note_accepted(reception, time_ns, data)
        return _ACCEPTED

    def _note_accepted(self, reception: Reception, time_ns: int, data: bytes) -> None:
        if reception.window is not None:
            reception.window.note(_ACCEPTED)
        if reception.index in self._kept:
            self._kept[reception.index].append((time_ns, data))
        if reception.selectors:
            self._store_pages(reception, time_ns, data)

    def _store_pages(self, reception: Reception, time_ns: int, data: bytes) -> None:
        """The payload goes to the row of each page that it carries, and only those get younger."""
        pages, unknown = pages_in(reception.selectors, data)
        if unknown is not None:
            reception.unknown_pages += 1
        last_ns, page_rows = self._last_ns, reception.page_rows
        for page in pages:
            row = page_rows.get(page)
            if row is not None:
                if last_ns[row] == NEVER_NS:
                    self._freshness.arrived()
                self._payloads[self._store.payload_index[row]] = data
                last_ns[row] = time_ns
                if row in self._kept:
                    self._kept[row].append((time_ns, data))

    def _matched(self, bus: str, can_id: int) -> Reception | None:
        """The J1939 message of an identifier that was not met before."""
        index = self._by_pgn.find(bus, can_id)
        if index is None:
            return None
        reception = self._receptions[index]
        reception.sources.add(can_id & 0xFF)
        if self._memo_left:
            self._memo_left -= 1
            self._by_id[bus, can_id] = reception
        return reception

    def _note_interval(self, reception: Reception, time_ns: int, interval_ns: int) -> int:
        """First frame, a new shortest or longest interval, or a stamp that runs backwards; rare."""
        if reception.received == 0:
            reception.first_ns = time_ns
            self._freshness.arrived()
        elif interval_ns < 0:
            return self._last_ns[reception.index]
        else:
            reception.note_interval(interval_ns)
        return time_ns

    def _count_unknown(self, bus: str, can_id: int, length: int) -> Rejection:
        if bus not in self._unknown:
            bus = ""
        self._unknown[bus] += 1
        self._other_frames[bus].add(can_id, length)
        return Rejection.UNKNOWN

    def _count_length(self, reception: Reception, can_id: int, length: int) -> Rejection:
        self._other_frames[reception.layout.bus].add(can_id, length)
        return reception.reject(Rejection.LENGTH)

    def sample(self, now_ns: int) -> Sample:
        """Decode and judge all bound signals at `now_ns`, which must not run backwards.

        The first call starts the first-arrival grace of all deadlines.
        """
        numbers, in_range = self._decode()
        all_valid = not self._windows or self._all_valid(now_ns)
        freshness = self._freshness
        is_fresh = now_ns <= freshness.all_fresh_until_ns or freshness.all_fresh(now_ns)
        if in_range and is_fresh and all_valid:
            self._numbers = numbers
            return Sample(now_ns, numbers, self._no_reasons, self._last_ns, True)
        return self._judged(now_ns, numbers)

    def _all_valid(self, now_ns: int) -> bool:
        """Step every window; True where all channels are valid."""
        states = [window.advance(now_ns) for window in self._windows]
        return states.count(_VALID) == len(states)

    def _judged(self, now_ns: int, numbers: Floats) -> Sample:
        """The sample where something is amiss: unusable signals keep their last usable value."""
        by_row = [self._row_verdict(row, now_ns) for row in range(len(self.messages))]
        by_signal = self._store.verdicts()
        reasons = tuple([by_row[row] or by_signal[signal] for signal, row in enumerate(self.message_index)])
        unusable = [signal for signal, reason in enumerate(reasons) if reason]
        numbers[unusable] = self._numbers[unusable]
        self._numbers = numbers
        return Sample(now_ns, numbers, reasons, self._last_ns, not unusable)

    def _row_verdict(self, row: int, now_ns: int) -> Unusable:
        reception = self._receptions[self._layout.rows[row].message]
        if self._last_ns[row] == NEVER_NS:
            verdict = _NEVER_RECEIVED
        elif self._freshness.is_late(row, now_ns):
            verdict = _LATE
        elif reception.window is not None and reception.window.state is not _VALID:
            verdict = _CHANNEL_NOT_VALID
        else:
            return _OK
        return reception.reason(verdict)

    def late_messages(self, now_ns: int) -> tuple[str, ...]:
        """Path of each row (see `messages`) past its deadline, or never received past the grace."""
        freshness = self._freshness
        if not freshness.any_late(now_ns):
            return ()
        return tuple(name for index, name in enumerate(self.messages) if freshness.is_late(index, now_ns))

    def message_statistics(self) -> list[MessageStatistics]:
        """Figures of each bound message, in order of `messages` (which goes on with pages)."""
        return [reception.statistics(self._last_ns[reception.index]) for reception in self._receptions]

    def bus_statistics(self) -> list[BusStatistics]:
        """Figures of each configured bus, and under an empty name of all others."""
        figures: list[BusStatistics] = []
        for bus, other in self._other_frames.items():
            frames = FrameCounts()
            frames.counts = list(other.counts)
            for reception in self._receptions:
                if reception.layout.bus == bus:
                    seen = reception.received + sum(reception.rejected) - reception.rejected[Rejection.LENGTH]
                    frames.add(reception.layout.can_id, reception.length, seen, reception.layout.is_fd)
            unknown = saturated(self._unknown[bus])
            figures.append(BusStatistics(bus, saturated(sum(frames.counts)), unknown, frames.bits()))
        return figures

    def snapshot(self) -> dict[str, Any]:
        """The whole state in plain types, versioned."""
        return {
            "version": SNAPSHOT_VERSION,
            "layout": self._identity(),
            "payloads": list(self._payloads),
            "values": self._numbers.tolist(),
            "last_ns": list(self._last_ns),
            "start_ns": self._freshness.start_ns,
            "receptions": [reception.state() for reception in self._receptions],
            "unknown": dict(self._unknown),
            "other_frames": {bus: list(other.counts) for bus, other in self._other_frames.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a snapshot of a receiver with the same databases and bindings.

        Raises:
            ValueError: another version, or other messages or signals.
        """
        if state["version"] != SNAPSHOT_VERSION:
            raise ValueError(
                f"expected a receiver snapshot of version {SNAPSHOT_VERSION}, got {state['version']}"
            )
        if state["layout"] != self._identity():
            raise ValueError(
                "expected a snapshot of a receiver with the same messages and bindings, got another's"
            )
        self._payloads[:] = state["payloads"]
        self._numbers = np.array(state["values"], np.float64)
        self._freshness.restore(list(state["last_ns"]), state["start_ns"])
        for reception, kept in zip(self._receptions, state["receptions"], strict=True):
            reception.restore_state(kept)
        self._unknown = dict(state["unknown"])
        for bus, counts in state["other_frames"].items():
            self._other_frames[bus].counts = list(counts)

    def _identity(self) -> list[str]:
        messages = [
            f"{m.path} 0x{m.can_id:X} {m.length} {m.contract.protection} {m.contract.data_id}"
            for m in self._layout.messages
        ]
        pages = self.messages[len(messages) :]
        return [*messages, *pages, *(f"{binding.name} {binding.path}" for binding in self.bindings)]


def _deadlines(layout: BoundLayout, given: Mapping[tuple[str, str], int]) -> list[int | None]:
    stated = {f"{bus}.{message}": deadline_ns for (bus, message), deadline_ns in given.items()}
    paths = {row.path for row in layout.rows}
    problems = [
        f"deadline of {path}: no bound message of this name"
        if path not in paths
        else f"deadline of {path}: expected more than 0 ns, got {deadline_ns}"
        for path, deadline_ns in stated.items()
        if path not in paths or deadline_ns <= 0
    ]
    if problems:
        raise ValueError("\n".join(problems))
    return [_deadline(layout, row, stated) for row in layout.rows]


def _deadline(layout: BoundLayout, row: RowLayout, stated: Mapping[str, int]) -> int | None:
    message = layout.messages[row.message]
    if row.path in stated:
        return stated[row.path]
    if message.path in stated:
        return page_deadline_ns(stated[message.path], len(message.pages))
    return row.deadline_ns
