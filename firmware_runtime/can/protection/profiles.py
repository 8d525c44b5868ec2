"""The table of end-to-end protections, by the text of the DBC attribute `E2eProfile`; empty is none."""

from collections.abc import Mapping
from functools import partial

from firmware_runtime.can.protection.autosar import (
    DataIdMode,
    bind_profile_1,
    bind_profile_2,
    bind_profile_5,
)
from firmware_runtime.can.protection.contract import ProtectionProfile
from firmware_runtime.can.protection.j1939_sum import (
    MODULUS_TSC1,
    MODULUS_XBR,
    bind_j1939,
    fold_tsc1,
    fold_xbr,
)
from firmware_runtime.can.protection.plain import (
    CRC8_ATTRIBUTES,
    PLAIN_ATTRIBUTES,
    bind_crc8,
    bind_sum,
    bind_xor,
)

_BOTH, _ALT, _LOW, _NIBBLE = (
    partial(bind_profile_1, mode)
    for mode in (DataIdMode.BOTH, DataIdMode.ALT, DataIdMode.LOW, DataIdMode.NIBBLE)
)
_TSC1 = partial(bind_j1939, fold_tsc1, MODULUS_TSC1)
_XBR = partial(bind_j1939, fold_xbr, MODULUS_XBR)
_HEADER = ("E2eDataId", "E2eOffset")

_ROWS = (
    ProtectionProfile("P01", "AUTOSAR profile 1, variant 1A: both identifier bytes", _HEADER, _BOTH),
    ProtectionProfile("P01B", "AUTOSAR profile 1, variant 1B: identifier bytes alternate", _HEADER, _ALT),
    ProtectionProfile("P01C", "AUTOSAR profile 1, variant 1C: identifier nibble sent", _HEADER, _NIBBLE),
    ProtectionProfile("P01_LOW", "AUTOSAR profile 1, low identifier byte", _HEADER, _LOW),
    ProtectionProfile("P02", "AUTOSAR profile 2", ("E2eDataIdList",), bind_profile_2),
    ProtectionProfile("P05", "AUTOSAR profile 5", _HEADER, bind_profile_5),
    ProtectionProfile("P11", "AUTOSAR profile 11, variant 11A: both identifier bytes", _HEADER, _BOTH),
    ProtectionProfile("P11C", "AUTOSAR profile 11, variant 11C: identifier nibble sent", _HEADER, _NIBBLE),
    ProtectionProfile("CRC8_COUNTER", "CRC-8 and counter, configured", CRC8_ATTRIBUTES, bind_crc8),
    ProtectionProfile("XOR_COUNTER", "exclusive-or and counter, configured", PLAIN_ATTRIBUTES, bind_xor),
    ProtectionProfile("SUM_COUNTER", "sum of bytes and counter, configured", PLAIN_ATTRIBUTES, bind_sum),
    ProtectionProfile("J1939_TSC1", "SAE J1939-71 TSC1 message counter and checksum", (), _TSC1),
    ProtectionProfile("J1939_XBR", "SAE J1939-71 XBR message counter and checksum", (), _XBR),
)

PROTECTIONS: Mapping[str, ProtectionProfile] = {row.name: row for row in _ROWS}
"""All profiles by name."""
