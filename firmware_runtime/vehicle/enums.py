"""Canonical enumerations. A DBC value table is matched to them by its labels, not by its numbers."""

from enum import IntEnum


class SwitchState(IntEnum):
    """A monitored contact; for an e-stop channel OPEN is pressed."""

    OPEN = 0
    CLOSED = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class ButtonState(IntEnum):
    RELEASED = 0
    PRESSED = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class OnOffState(IntEnum):
    OFF = 0
    ON = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class ScannerState(IntEnum):
    CLEAR = 0
    STOP = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class PlugState(IntEnum):
    UNPLUGGED = 0
    PLUGGED = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class LockState(IntEnum):
    UNLOCKED = 0
    LOCKED = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class ModeKey(IntEnum):
    OFF = 0
    AUTO = 1
    REMOTE = 2
    MANUAL = 3
    MAINTENANCE = 4
    NOT_AVAILABLE = 7


class ActuatorStatus(IntEnum):
    """State an actuator ECU reports of itself; LATCHED_STOP clears only by the handshake at standstill."""

    OFF = 0
    READY = 1
    ACTIVE = 2
    LATCHED_STOP = 3
    FAULT = 4
    NOT_AVAILABLE = 15


class ParkBrakeState(IntEnum):
    RELEASED = 0
    APPLIED = 1
    MOVING = 2
    NOT_AVAILABLE = 3


class ParkBrakeRequest(IntEnum):
    RELEASE = 0
    APPLY = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class ContactorRequest(IntEnum):
    OPEN = 0
    CLOSE = 1
    ERROR = 2
    NOT_AVAILABLE = 3


class BatteryState(IntEnum):
    INIT = 0
    STANDBY = 1
    PRECHARGE = 2
    CLOSED = 3
    OPENING = 4
    FAULT = 5
    CHARGING = 6
    NOT_AVAILABLE = 15


class Configuration(IntEnum):
    """By what right this process was started, for people on the bus."""

    NOT_KNOWN = 0
    """In virtual time: nobody asked."""
    DEPLOYMENT = 1
    """Signed, with the rights that it needs."""
    DEVELOPMENT = 2
    NOT_AVAILABLE = 3


class MotionState(IntEnum):
    """What the heartbeat tells the actuator ECUs."""

    STANDING = 0
    DRIVING = 1
    STOPPING = 2
    NOT_AVAILABLE = 7


class SafetyState(IntEnum):
    """States of the safety state machine; the numbers are on the bus."""

    INIT = 0
    SELF_TEST = 1
    STANDBY = 2
    READY = 3
    AUTO = 4
    REMOTE = 5
    MANUAL = 6
    DEGRADED = 7
    MRM = 8
    SAFE_STOP = 9
    ESTOP = 10
    FAULT = 11
    CHARGING = 12
    MAINTENANCE = 13
    SHUTDOWN = 14
    NOT_AVAILABLE = 255


class Severity(IntEnum):
    """Severity of a fault (design: 0 ok, 1 warn, 2 degrade, 3 minimal-risk manoeuvre, 4 immediate)."""

    OK = 0
    WARN = 1
    DEGRADE = 2
    MINIMAL_RISK = 3
    IMMEDIATE = 4


class StopKind(IntEnum):
    """The stops, softest first; which one is made is decided by its cause."""

    NONE = 0
    COMFORTABLE = 1
    """Within a time budget, as in normal driving."""
    MINIMAL_RISK = 2
    """Along the path, jerk-limited, never above 4 m/s² (UN R157, secondary)."""
    EMERGENCY = 3
    """Full service brake, friction alone counted, torque off."""


class Direction(IntEnum):
    FORWARD = 1
    REVERSE = -1
