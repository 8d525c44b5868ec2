"""SAE J1939 "not available" and "error": raw values at the top of a signal's range; start-up only.

SAE J1939-71, table "transmitted signal ranges" (secondary): a parameter of whole bytes is not available
where its most significant byte is 0xFF, and in error where that is 0xFE. A discrete parameter of two bits
is not available as 0b11 and in error as 0b10. Other widths of up to 32 bits have no error value here, as
parameters use it for meanings of their own (SPN 899: 0b1110 is "other"); all bits set is not available.
One bit, more than 32 bits, signed and floating-point numbers have neither.

The convention holds for unsigned signals of messages whose `VFrameFormat` is J1939PG, save proprietary
parameter groups (0xEF00, 0xFF00 to 0xFFFF, on both data pages), whose content is their maker's. The DBC's
signal attribute `SpnIndicators` says otherwise for one signal: "none" or "standard".
"""

from firmware_runtime.can.tables import Indicators, RawKind

ATTRIBUTE = "SpnIndicators"
_WIDEST = 32


def indicators_of(kind: RawKind, length: int, by_convention: bool, stated: str) -> Indicators | None:
    """The indicators of a signal; `stated` is its attribute, empty where there is none."""
    if stated == "none" or not (by_convention or stated == "standard"):
        return None
    if kind is not RawKind.UNSIGNED or not 1 < length <= _WIDEST:
        return None
    if length % 8 == 0:
        step = 1 << length - 8
        return Indicators(0xFE * step, 0xFF * step)
    greatest = (1 << length) - 1
    return Indicators(greatest - 1 if length == 2 else greatest, greatest)


def is_proprietary(pgn: int) -> bool:
    """True for groups whose content SAE J1939 leaves to the maker (J1939-21: proprietary A, A2 and B)."""
    return pgn & 0xFF00 in (0xEF00, 0xFF00)
