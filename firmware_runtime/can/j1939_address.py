"""Claims our address on a J1939 bus, defends it, and gives it up when a better name wants it; pure.

Rules of SAE J1939-81 (secondary: Linux' net/can/j1939/address-claim.c; start-up in Hydac's HPT 1000 guide;
requests in HMS' Anybus manual, HMSI-168-25) for a unit that cannot take another address: the lower NAME
wins; the loser says "cannot claim" from the null address and is silent until it is started anew.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, NamedTuple

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.j1939 import GLOBAL_ADDRESS, split_id

PGN_REQUEST, PGN_ADDRESS_CLAIMED = 0xEA00, 0xEE00
NULL_ADDRESS = 0xFE
"""Source of "cannot claim address"."""
CLAIM_WAIT_NS = 250_000_000
"""From a claim to the first other message, in which somebody may object."""
_DELAY_STEP_NS = 600_000
"""Unit of the delay before "cannot claim", times 0..255: 0 to 153 ms. Assumption: no source at hand."""
_PRIORITY_ID = 6 << 26
_SCHEMA = 1


class ClaimState(IntEnum):
    """Where the claim stands."""

    UNCLAIMED = 0
    """Not yet stepped."""
    WAITING = 1
    """Claimed; others may still object."""
    CLAIMED = 2
    LOST = 3
    """Latched: nothing may be sent."""


class AddressLost(NamedTuple):
    """The fault: our address belongs to somebody else."""

    time_ns: int
    address: int
    winner_name: int
    """NAME of the other unit; our own NAME where a twin of us is on the bus."""


class ClaimResult(NamedTuple):
    """What a step gives."""

    frames: list[Frame]
    """To be sent even where `may_send` is False: they are the claim itself."""
    may_send: bool
    """Whether anything else may go out from our address."""
    lost: AddressLost | None
    """In the step in which the address was lost."""


class AddressClaim:
    """The claim of one address on one bus."""

    def __init__(self, bus: str, address: int, name: int) -> None:
        """
        name: the 64 bits of our NAME.

        Raises:
            ValueError: an address or a name that nobody can have.
        """
        if not 0 <= address < NULL_ADDRESS:
            raise ValueError(f"expected an address of 0..253, got {address}")
        if not 0 <= name < 1 << 64:
            raise ValueError(f"expected a NAME of 64 bits, got {name:#x}")
        self._bus = bus
        self._address = address
        self._name = name
        self._payload = name.to_bytes(8, "little")
        self.state = ClaimState.UNCLAIMED
        self._claimed_ns = 0
        self._goodbye_ns: int | None = None
        """When "cannot claim" is to be sent."""

    def step(self, now_ns: int, frames: Iterable[Frame]) -> ClaimResult:
        """Take the frames of a tick; never raises on any of them."""
        out: list[Frame] = []
        lost: AddressLost | None = None
        if self.state is ClaimState.UNCLAIMED:
            self.state = ClaimState.WAITING
            self._claimed_ns = now_ns
            out.append(self._claim(now_ns, self._address))
        answer = False
        for time_ns, bus, can_id, data in frames:
            # A frame of these groups is one of 0xEAxx and 0xEExx on the first data page.
            if bus != self._bus or not can_id & EXTENDED_FLAG or can_id >> 16 & 0x3FB != 0xEA:
                continue
            parts = split_id(can_id)
            if parts.destination not in (GLOBAL_ADDRESS, self._address):
                continue
            if parts.pgn == PGN_REQUEST:
                answer |= int.from_bytes(data[:3], "little") == PGN_ADDRESS_CLAIMED
            elif parts.source == self._address and len(data) == 8 and self.state is not ClaimState.LOST:
                other = int.from_bytes(data, "little")
                if other > self._name:
                    answer = True
                else:
                    lost = AddressLost(time_ns, self._address, other)
                    self._lose(now_ns)
        if self.state is ClaimState.LOST:
            if answer and lost is None and self._goodbye_ns is None:
                self._goodbye_ns = self._goodbye_at(now_ns)
            if self._goodbye_ns is not None and now_ns >= self._goodbye_ns:
                self._goodbye_ns = None
                out.append(self._claim(now_ns, NULL_ADDRESS))
            return ClaimResult(out, False, lost)
        if answer and not out:
            out.append(self._claim(now_ns, self._address))
        if self.state is ClaimState.WAITING and now_ns - self._claimed_ns >= CLAIM_WAIT_NS:
            self.state = ClaimState.CLAIMED
        return ClaimResult(out, self.state is ClaimState.CLAIMED, None)

    def _lose(self, now_ns: int) -> None:
        self.state = ClaimState.LOST
        self._goodbye_ns = self._goodbye_at(now_ns)

    def _goodbye_at(self, now_ns: int) -> int:
        """Spread by our NAME, so that two losers with different names do not collide at null address."""
        return now_ns + sum(self._payload) % 256 * _DELAY_STEP_NS

    def _claim(self, now_ns: int, source: int) -> Frame:
        can_id = EXTENDED_FLAG | _PRIORITY_ID | PGN_ADDRESS_CLAIMED << 8 | GLOBAL_ADDRESS << 8 | source
        return Frame(now_ns, self._bus, can_id, self._payload)

    def snapshot(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "schema": _SCHEMA,
            "state": int(self.state),
            "claimed_ns": self._claimed_ns,
            "goodbye_ns": self._goodbye_ns,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Raises ValueError for a snapshot of another schema."""
        if state["schema"] != _SCHEMA:
            raise ValueError(f"expected a snapshot of schema {_SCHEMA}, got {state['schema']}")
        self.state = ClaimState(state["state"])
        self._claimed_ns = state["claimed_ns"]
        self._goodbye_ns = state["goodbye_ns"]
