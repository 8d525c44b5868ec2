"""AUTOSAR E2E profiles 1, 2, 5 and 11, bound to a message at start-up.

Source: AUTOSAR PRS E2E Protocol; each is checked against the independent `autosar-e2e`. Profiles 1, 2 and 11
carry the CRC-8 in the header's first byte and the counter in the low nibble of its second; profile 5 carries
a CRC-16, low byte first, and a counter byte. Profile 1 computes from start value 0 without a final
exclusive-or, unlike SAE J1850 itself; profile 11 is the same on the wire. A CRC-8 passes one of 256 random
payloads whatever their length, a CRC-16 one of 65,536: CAN FD's long payloads belong to profile 5.
"""

from binascii import crc_hqx
from collections.abc import Sequence
from enum import Enum

from firmware_runtime.can.protection.contract import (
    Checker,
    CounterField,
    Options,
    ProtectionContract,
    byte_bits,
    counter_reader,
    refused_counter,
)
from firmware_runtime.can.protection.crc import AUTOSAR_8H2F, SAE_J1850, crc8_key
from firmware_runtime.can.protection.crc8_checker import NO_KEY, Crc8Layout, crc8_checker

NIBBLE = 0x0F
MODULUS_1 = 15
"""Profiles 1 and 11 count 0..14; 15 is invalid."""
MODULUS_2 = 16
MODULUS_5 = 256
START_2 = FINAL_XOR_2 = 0xFF
START_5 = 0xFFFF


class DataIdMode(Enum):
    """How profiles 1 and 11 take the 16-bit data identifier into the CRC, ahead of the payload."""

    BOTH = "both"
    """Low byte, high byte (variants 1A, 11A)."""
    ALT = "alt"
    """Low byte where the counter is even, high byte where it is odd (variant 1B)."""
    LOW = "low"
    """Low byte alone."""
    NIBBLE = "nibble"
    """Low byte, 0; the high byte's low nibble is sent beside the counter (variants 1C, 11C)."""


_GREATEST_ID = {
    DataIdMode.BOTH: 0xFFFF,
    DataIdMode.ALT: 0xFFFF,
    DataIdMode.LOW: 0xFF,
    DataIdMode.NIBBLE: 0xFFF,
}
"""A greater one would be told apart by nothing that is computed over."""


def bind_profile_1(mode: DataIdMode, contract: ProtectionContract, length: int) -> Checker:
    """Profile 1 or 11: `E2eDataId` (not 0), `E2eOffset` of the header in bytes (default 0)."""
    options = Options(contract)
    data_id = options.integer("E2eDataId", 1, _GREATEST_ID[mode])
    offset = _offset(options, length, header=2)
    options.finish()
    explicit = mode is DataIdMode.NIBBLE
    return crc8_checker(
        Crc8Layout(
            polynomial=SAE_J1850,
            length=length,
            crc_byte=offset,
            appended=0,
            field=CounterField(offset + 1, 0, NIBBLE, MODULUS_1),
            keys=_keys_1(mode, data_id, length),
            fixed_bits=data_id >> 8 << 4 if explicit else 0,
            fixed_mask=NIBBLE << 4 if explicit else 0,
        )
    )


def _keys_1(mode: DataIdMode, data_id: int, length: int) -> Sequence[int]:
    low, high = data_id & 0xFF, data_id >> 8
    included = {
        DataIdMode.BOTH: (bytes([low, high]), bytes([low, high])),
        DataIdMode.ALT: (bytes([low]), bytes([high])),
        DataIdMode.LOW: (bytes([low]), bytes([low])),
        DataIdMode.NIBBLE: (bytes([low, 0]), bytes([low, 0])),
    }[mode]
    even_odd = [crc8_key(SAE_J1850, 0, 0, length, before=before) for before in included]
    return [
        NO_KEY if mode is DataIdMode.NIBBLE and header >> 4 != high else even_odd[header & 1]
        for header in range(256)
    ]


def bind_profile_2(contract: ProtectionContract, length: int) -> Checker:
    """Profile 2: `E2eDataIdList`, 16 bytes in hexadecimal digits, of which the counter chooses one."""
    options = Options(contract)
    id_list = options.hex_bytes("E2eDataIdList", MODULUS_2)
    if length < 2:
        options.refuse(f"expected a message of at least 2 bytes, got {length}")
    options.finish()
    keys = [
        crc8_key(AUTOSAR_8H2F, START_2, FINAL_XOR_2, length, after=id_list[counter : counter + 1])
        for counter in range(MODULUS_2)
    ]
    return crc8_checker(
        Crc8Layout(
            polynomial=AUTOSAR_8H2F,
            length=length,
            crc_byte=0,
            appended=1,
            field=CounterField(1, 0, NIBBLE, MODULUS_2),
            keys=[keys[header & NIBBLE] for header in range(256)],
        )
    )


def bind_profile_5(contract: ProtectionContract, length: int) -> Checker:
    """Profile 5: `E2eDataId` (not 0), `E2eOffset` of the header in bytes (default 0)."""
    options = Options(contract)
    data_id = options.integer("E2eDataId", 1, 0xFFFF)
    offset = _offset(options, length, header=3)
    options.finish()
    after_crc, counter_byte = offset + 2, offset + 2
    data_id_bytes = data_id.to_bytes(2, "little")
    before = slice(offset)

    def crc(data: bytes | bytearray) -> int:
        return crc_hqx(data_id_bytes, crc_hqx(data[after_crc:], crc_hqx(data[before], START_5)))

    def check(data: bytes) -> bool:
        return crc(data) == data[offset] | data[offset + 1] << 8

    def check_at_start(data: bytes) -> bool:
        return crc_hqx(data[2:] + data_id_bytes, START_5) == data[0] | data[1] << 8

    def seal(payload: bytearray, counter: int) -> None:
        if not 0 <= counter < MODULUS_5:
            raise refused_counter(counter, MODULUS_5)
        payload[counter_byte] = counter
        payload[offset:after_crc] = crc(payload).to_bytes(2, "little")

    field = CounterField(counter_byte, 0, 0xFF, MODULUS_5)
    return Checker(
        check=check if offset else check_at_start,
        counter=counter_reader(field),
        seal=seal,
        field=field,
        header_bits=byte_bits(offset, offset + 1, counter_byte),
    )


def _offset(options: Options, length: int, header: int) -> int:
    if length < header:
        options.refuse(f"expected a message of at least {header} bytes, got {length}")
        return 0
    return options.integer("E2eOffset", 0, length - header, default=0)
