"""What the runtime asks of the port of each bus, by the profile: whose frames it hears, which are its own.

The kernel leaves out every frame that nobody here reads. So a node that floods a bus with other identifiers
costs the tick nothing and cannot push a needed frame out of the receive queue, and a black box holds what
the runtime went by. The price: rates and load of the whole bus are not known to this process;
`vehicle-diag bus` reads them from a socket of its own.
"""

from collections.abc import Iterable

from firmware_runtime.can.layout import MessageLayout, bind
from firmware_runtime.can.ownership import Owned, OwnershipGuard, transmit_ownership
from firmware_runtime.can.pgn import ANY_SOURCE, pgn_of
from firmware_runtime.vehicle.load import Profile

SENDER = "supervisor"
"""Whose all outputs are: the second eye is the only sender."""
_PDU2_FIRST = 0xF000
_PDU_FORMAT = 0xFF00
"""Groups whose PDU format is less hold a destination in the next byte (SAE J1939-21, secondary)."""
_PRIORITIES = 8
_PRIORITY_SHIFT = 26
"""Three bits above the other 26 of a J1939 identifier (SAE J1939-21, secondary)."""


def ownership(profile: Profile) -> tuple[Owned, ...]:
    """The table of transmit ownership: every message of the profile's outputs."""
    return transmit_ownership(bind(profile.databases, profile.outputs).messages, SENDER)


def guards(profile: Profile) -> dict[str, OwnershipGuard]:
    """Judge of foreign senders for each bus of the profile."""
    table = ownership(profile)
    return {bus: OwnershipGuard(bus, SENDER, table) for bus in profile.databases}


def heard_identifiers(profile: Profile) -> dict[str, frozenset[int] | None]:
    """For each bus of the profile `identifiers_of` its bound inputs; our own come with the guard."""
    messages = bind(profile.databases, profile.inputs).messages
    return {bus: identifiers_of(m for m in messages if m.bus == bus) for bus in profile.databases}


def identifiers_of(messages: Iterable[MessageLayout]) -> frozenset[int] | None:
    """Every identifier under which one of these may come, as `Frame.can_id`; None where no list can say.

    A J1939 message is heard at any priority. From any source, or to any destination, its identifiers are
    too many to list.
    """
    identifiers: set[int] = set()
    for message in messages:
        can_id = message.can_id
        if message.source is None:
            identifiers.add(can_id)
        elif message.source == ANY_SOURCE or pgn_of(can_id) & _PDU_FORMAT < _PDU2_FIRST:
            return None
        else:
            low = can_id & ~((_PRIORITIES - 1) << _PRIORITY_SHIFT)
            identifiers.update(low | priority << _PRIORITY_SHIFT for priority in range(_PRIORITIES))
    return frozenset(identifiers)
