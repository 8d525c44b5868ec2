"""Receives messages of 9 to 1785 bytes by the transport protocol of SAE J1939-21; pure, one object a bus.

A sender announces a message to all (BAM) or asks one address for leave (RTS) and is answered (CTS, end of
message). Formats and times are those of SAE J1939-21 (secondary: Linux' net/can/j1939/transport.c and its
history). Of its times T1 and T2 bind a receiver; T3 and T4 bind a sender, which this is not. A message is
delivered whole and in order, or not at all.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.j1939 import GLOBAL_ADDRESS, split_id
from firmware_runtime.can.j1939_session import (
    PACKET_BYTES,
    SIZE_MAX,
    SIZE_MIN,
    Abort,
    Control,
    Packet,
    Session,
)

PGN_CONTROL = 0xEC00
"""TP.CM, connection management."""
PGN_DATA = 0xEB00
"""TP.DT, data transfer."""
T1_NS = 750_000_000
"""Longest wait of a receiver between two data packets."""
T2_NS = 1_250_000_000
"""Longest wait of a receiver for the first data packet after its CTS."""
RETRANSMITS_MAX = 2
"""Times that a packet is asked for again before the connection is aborted; assumption."""
SESSIONS_MAX = 32
"""Assumption: more than the control units of a bus that send long messages at the same time."""
WINDOW_PACKETS = 16
"""Packets asked for in one CTS; assumption: at 0.5 ms a frame fewer than two ticks' worth."""
_PRIORITY_ID = 7 << 26
_SCHEMA = 1


class TransportMessage(NamedTuple):
    """A message that was put together."""

    time_ns: int
    """Of its last packet."""
    bus: str
    pgn: int
    source: int
    destination: int
    """GLOBAL_ADDRESS for a broadcast."""
    data: bytes


class TransportResult(NamedTuple):
    """What a step gives."""

    messages: list[TransportMessage]
    frames: list[Frame]
    """To be sent: CTS, end of message, abort."""


class J1939Transport:
    """Sessions of one bus, at most SESSIONS_MAX."""

    def __init__(self, bus: str, address: int | None = None) -> None:
        """
        address: our own; None hears broadcasts only and never answers.

        Raises:
            ValueError: an address that nobody can have.
        """
        if address is not None and not 0 <= address < 0xFE:
            raise ValueError(f"expected an address of 0..253, got {address}")
        self._bus = bus
        self._address = address
        self._sessions: dict[tuple[int, int], Session] = {}
        self.completed = 0
        self.timeouts = 0
        """Sessions that fell silent, a packet asked for in vain included."""
        self.out_of_order = 0
        """Broadcasts given up for a packet that was not the next one."""
        self.aborts_received = 0
        self.aborts_sent = 0
        self.superseded = 0
        """Sessions given up because their sender began anew."""
        self.refused = 0
        """Announcements with impossible figures, or beyond SESSIONS_MAX."""
        self.malformed = 0
        """Transport frames that are not of 8 bytes, or of no known kind."""

    @property
    def open_sessions(self) -> int:
        return len(self._sessions)

    def step(self, now_ns: int, frames: Iterable[Frame]) -> TransportResult:
        """Take the frames of a tick, those of other buses and groups too; never raises on any of them."""
        result = TransportResult([], [])
        for time_ns, bus, can_id, data in frames:
            group = can_id >> 16 & 0xFF
            if not can_id & EXTENDED_FLAG or group not in (0xEB, 0xEC) or bus != self._bus:
                continue
            parts = split_id(can_id)
            if parts.pgn not in (PGN_CONTROL, PGN_DATA):
                continue
            if parts.destination not in (GLOBAL_ADDRESS, self._address):
                continue
            if len(data) != 8:
                self.malformed += 1
            elif parts.pgn == PGN_DATA:
                self._on_data(time_ns, (parts.source, parts.destination), data, result)
            else:
                self._on_control(time_ns, (parts.source, parts.destination), data, result)
        for key, session in [*self._sessions.items()]:
            if now_ns > session.deadline_ns:
                self._on_timeout(now_ns, key, session, result)
        return result

    def _on_control(self, time_ns: int, key: tuple[int, int], data: bytes, result: TransportResult) -> None:
        kind, broadcast = data[0], key[1] == GLOBAL_ADDRESS
        if kind == (Control.BAM if broadcast else Control.RTS):
            self._open(time_ns, key, data, result)
        elif kind == Control.ABORT and not broadcast:
            session = self._sessions.get(key)
            if session is not None and session.pgn == _pgn_of(data):
                del self._sessions[key]
                self.aborts_received += 1
        elif kind not in (Control.CTS, Control.END_OF_MESSAGE):
            # Answers to a sender are legitimate traffic, but we send nothing by this protocol.
            self.malformed += 1

    def _open(self, time_ns: int, key: tuple[int, int], data: bytes, result: TransportResult) -> None:
        broadcast = key[1] == GLOBAL_ADDRESS
        size, packets, pgn = data[1] | data[2] << 8, data[3], _pgn_of(data)
        if self._sessions.pop(key, None) is not None:
            self.superseded += 1
        if not SIZE_MIN <= size <= SIZE_MAX or packets != -(-size // PACKET_BYTES):
            reason = Abort.TOO_LONG if size > SIZE_MAX else Abort.OTHER
        elif len(self._sessions) >= SESSIONS_MAX:
            reason = Abort.NO_RESOURCES
        else:
            # A limit of 0 packets would never end; 255 is none at all.
            window = packets if broadcast else min(WINDOW_PACKETS, data[4] or 1)
            session = Session(pgn, size, window, time_ns + (T1_NS if broadcast else T2_NS))
            self._sessions[key] = session
            if not broadcast:
                self._clear_to_send(time_ns, key, session, result)
            return
        self.refused += 1
        if not broadcast:
            self._abort(time_ns, key, pgn, reason, result)

    def _on_data(self, time_ns: int, key: tuple[int, int], data: bytes, result: TransportResult) -> None:
        session = self._sessions.get(key)
        if session is None:
            return
        if time_ns > session.deadline_ns:
            self._on_timeout(time_ns, key, session, result)
            if key not in self._sessions:
                return
        outcome = session.take(data[0], data[1:])
        if outcome is Packet.DUPLICATE:
            return
        if outcome is not Packet.TAKEN:
            if key[1] == GLOBAL_ADDRESS:
                del self._sessions[key]
                self.out_of_order += 1
            elif outcome is Packet.AHEAD:
                # The sender goes on to the end of its window: it must not be interrupted before.
                session.deadline_ns = time_ns + T1_NS
                if data[0] == session.window_last:
                    self._ask_again(time_ns, key, session, result)
            return
        session.deadline_ns = time_ns + T1_NS
        if session.complete:
            self._finish(time_ns, key, session, result)
        elif key[1] != GLOBAL_ADDRESS and session.next_packet > session.window_last:
            self._clear_to_send(time_ns, key, session, result)

    def _finish(self, time_ns: int, key: tuple[int, int], session: Session, result: TransportResult) -> None:
        del self._sessions[key]
        self.completed += 1
        source, destination = key
        message = TransportMessage(time_ns, self._bus, session.pgn, source, destination, session.message())
        result.messages.append(message)
        if destination != GLOBAL_ADDRESS:
            head = bytes(
                (Control.END_OF_MESSAGE, session.size & 0xFF, session.size >> 8, session.packets, 0xFF)
            )
            self._answer(time_ns, key, head, session.pgn, result)

    def _clear_to_send(
        self, time_ns: int, key: tuple[int, int], session: Session, result: TransportResult
    ) -> None:
        count = session.open_window()
        session.deadline_ns = time_ns + T2_NS
        head = bytes((Control.CTS, count, session.next_packet, 0xFF, 0xFF))
        self._answer(time_ns, key, head, session.pgn, result)

    def _ask_again(
        self, time_ns: int, key: tuple[int, int], session: Session, result: TransportResult
    ) -> None:
        if session.retransmits < RETRANSMITS_MAX:
            session.retransmits += 1
            self._clear_to_send(time_ns, key, session, result)
        else:
            del self._sessions[key]
            self._abort(time_ns, key, session.pgn, Abort.RETRANSMITS, result)

    def _on_timeout(
        self, time_ns: int, key: tuple[int, int], session: Session, result: TransportResult
    ) -> None:
        if key[1] != GLOBAL_ADDRESS and session.started and session.retransmits < RETRANSMITS_MAX:
            # The last packet of a window was lost: nothing else would tell.
            self._ask_again(time_ns, key, session, result)
            return
        del self._sessions[key]
        self.timeouts += 1
        if key[1] != GLOBAL_ADDRESS:
            self._abort(time_ns, key, session.pgn, Abort.TIMEOUT, result)

    def _abort(
        self, time_ns: int, key: tuple[int, int], pgn: int, reason: Abort, result: TransportResult
    ) -> None:
        self.aborts_sent += 1
        self._answer(time_ns, key, bytes((Control.ABORT, reason, 0xFF, 0xFF, 0xFF)), pgn, result)

    def _answer(
        self, time_ns: int, key: tuple[int, int], head: bytes, pgn: int, result: TransportResult
    ) -> None:
        sender, own = key
        can_id = EXTENDED_FLAG | _PRIORITY_ID | PGN_CONTROL << 8 | sender << 8 | own
        result.frames.append(Frame(time_ns, self._bus, can_id, head + pgn.to_bytes(3, "little")))

    def snapshot(self) -> dict[str, Any]:
        """Plain values, open sessions included."""
        return {
            "schema": _SCHEMA,
            "sessions": [[*key, session.state()] for key, session in self._sessions.items()],
            "counts": [getattr(self, name) for name in _COUNTS],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Raises ValueError for a snapshot of another schema."""
        if state["schema"] != _SCHEMA:
            raise ValueError(f"expected a snapshot of schema {_SCHEMA}, got {state['schema']}")
        self._sessions = {
            (source, destination): Session.from_state(values)
            for source, destination, values in state["sessions"]
        }
        for name, count in zip(_COUNTS, state["counts"], strict=True):
            setattr(self, name, count)


_COUNTS = (
    "completed",
    "timeouts",
    "out_of_order",
    "aborts_received",
    "aborts_sent",
    "superseded",
    "refused",
    "malformed",
)


def _pgn_of(data: bytes) -> int:
    return int.from_bytes(data[5:8], "little") & 0x3FFFF
