"""End-to-end protection of frames: checksums, counters and the window; at reception and sending.

`PROTECTIONS` binds a profile to a message, `CounterCheck` judges the order of its frames, `WindowMonitor` its
channel. The functions of profile 1A byte by byte are what receiver and packer inline.
"""

from firmware_runtime.can.protection.contract import (
    Checker,
    CounterField,
    ProtectionContract,
    ProtectionProfile,
)
from firmware_runtime.can.protection.counter import (
    COUNTER_ATTRIBUTES,
    COUNTER_MODULUS,
    LOST_MAX,
    MAX_DELTA,
    NEXT_COUNTER,
    RESYNC_GOOD,
    CounterCheck,
    bind_counter,
    successors,
)
from firmware_runtime.can.protection.profile_1a import (
    CRC_TABLE,
    POLYNOMIAL,
    check,
    crc_over,
    protect,
    seed,
)
from firmware_runtime.can.protection.profiles import PROTECTIONS
from firmware_runtime.can.protection.window import (
    WINDOW_ATTRIBUTES,
    ChannelState,
    CheckStatus,
    WindowLimits,
    WindowMonitor,
    bind_window,
    status_of,
)

__all__ = [
    "COUNTER_ATTRIBUTES",
    "COUNTER_MODULUS",
    "CRC_TABLE",
    "LOST_MAX",
    "MAX_DELTA",
    "NEXT_COUNTER",
    "POLYNOMIAL",
    "PROTECTIONS",
    "RESYNC_GOOD",
    "WINDOW_ATTRIBUTES",
    "ChannelState",
    "CheckStatus",
    "Checker",
    "CounterCheck",
    "CounterField",
    "ProtectionContract",
    "ProtectionProfile",
    "WindowLimits",
    "WindowMonitor",
    "bind_counter",
    "bind_window",
    "check",
    "crc_over",
    "protect",
    "seed",
    "status_of",
    "successors",
]
