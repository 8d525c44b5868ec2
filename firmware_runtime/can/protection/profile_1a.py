"""Profile 1, variant 1A, with the header at the payload's start, byte by byte; at reception and sending.

Layout: byte 0 the CRC, low nibble of byte 1 the counter 0..14, the rest payload. The CRC is CRC-8 with the
polynomial of SAE J1850 over the low byte of the 16-bit data identifier, its high byte, then payload bytes
1..n; profile 1 uses start value and final exclusive-or 0x00, unlike SAE J1850 itself (AUTOSAR PRS E2E
Protocol; checked against the independent `autosar-e2e`). The table of profiles has the same as `P01`.
"""

from firmware_runtime.can.protection.counter import COUNTER_MODULUS
from firmware_runtime.can.protection.crc import SAE_J1850, crc8_table

POLYNOMIAL = SAE_J1850
"""SAE J1850: x^8 + x^4 + x^3 + x^2 + 1."""
CRC_TABLE: tuple[int, ...] = crc8_table(POLYNOMIAL)
"""CRC state after one byte, indexed by state exclusive-or byte."""


def seed(data_id: int) -> int:
    """CRC state after the data identifier's two bytes; computed once a message.

    Raises:
        ValueError: `data_id` does not fit 16 bits.
    """
    if not 0 <= data_id <= 0xFFFF:
        raise ValueError(f"expected a data identifier 0..65535, got {data_id}")
    return CRC_TABLE[CRC_TABLE[data_id & 0xFF] ^ data_id >> 8]


def crc_over(body: bytes | bytearray, state: int) -> int:
    """CRC of payload bytes 1..n (`body`), begun from `seed(data_id)`."""
    table = CRC_TABLE
    for byte in body:
        state = table[state ^ byte]
    return state


def protect(payload: bytearray, data_id: int, counter: int) -> None:
    """Write counter and CRC into `payload` (at least 2 bytes), leaving all other bits.

    Raises:
        ValueError: payload too short, counter not 0..14, or data identifier not 0..65535.
    """
    if len(payload) < 2:
        raise ValueError(f"expected a payload of at least 2 bytes, got {len(payload)}")
    if not 0 <= counter < COUNTER_MODULUS:
        raise ValueError(f"expected a counter 0..14, got {counter}")
    payload[1] = payload[1] & 0xF0 | counter
    payload[0] = crc_over(payload[1:], seed(data_id))


def check(payload: bytes | bytearray, data_id: int) -> bool:
    """True where the CRC in byte 0 is right for this data identifier; False also where it is too short."""
    return len(payload) >= 2 and crc_over(payload[1:], seed(data_id)) == payload[0]
