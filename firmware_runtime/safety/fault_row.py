"""What a row of the fault catalogue is: its columns, and short words to write them with.

Numbers of faults, by secondary sources. DTC: three bytes (ISO 14229-1). The first two are a code as in SAE
J2012, in the part that it leaves to the manufacturer (second digit 1): P11 traction, P12 battery, C11
steering, C12 brakes, C13 speed and motion, C14 position and route, B11 e-stop, B12 surroundings, B13 cab, U11
buses, U12 messages, U13 this computer and its link. The third is the failure type of SAE J2012-DA. SPN: of
the range that SAE J1939-73 leaves to manufacturers (516096 to 524287); FMI: by its meaning there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.state_table import MAY_MOVE
from firmware_runtime.vehicle.enums import SafetyState as S
from firmware_runtime.vehicle.enums import Severity

SPN_FIRST, SPN_LAST = 516096, 524287
MS = 1_000_000
"""ns in a millisecond, to write debounce times with."""


class ClearCondition(Enum):
    """What an active fault waits for; the condition must be gone for its debounce in any case."""

    WHEN_GONE = "when gone"
    AT_STANDSTILL = "when gone, at standstill"
    BY_ACKNOWLEDGE = "when gone, by acknowledge at standstill"
    BY_POWER_CYCLE = "by restart of the runtime"


class Dtc(int):
    """A trouble code of 24 bits; reads as people write it."""

    __slots__ = ()

    def __str__(self) -> str:
        letter = "PCBU"[self >> 22]
        return f"{letter}{self >> 8 & 0x3FFF:04X}-{self & 0xFF:02X}"


def dtc(text: str) -> Dtc:
    """`C1201-29` -> 0x520129."""
    code, _, failure_type = text.partition("-")
    return Dtc("PCBU".index(code[0]) << 22 | int(code[1:], 16) << 8 | int(failure_type, 16))


EVERYWHERE = frozenset(MAY_MOVE)
AWAKE = EVERYWHERE - {S.INIT, S.SELF_TEST}
"""Not before the self-test has passed: until then things are still arriving, and it names what is missing."""
DRIVERLESS = frozenset({S.AUTO, S.REMOTE, S.DEGRADED})
"""Driving with nobody on board."""
ROLLING = DRIVERLESS | {S.MRM}
DRIVEN = ROLLING | {S.MANUAL}
OPERATED = DRIVEN | {S.MAINTENANCE}
"""Where the actuators are asked for something."""
STANDS = frozenset({S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.SAFE_STOP, S.CHARGING, S.SHUTDOWN})
"""Where the vehicle must stand. ESTOP and FAULT begin in motion, and severity 4 has nothing to add there."""
_WAITING = frozenset({S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.CHARGING})

SeverityByState = Mapping[S, Severity]


def warns(states: Iterable[S]) -> dict[S, Severity]:
    return dict.fromkeys(states, Severity.WARN)


def degrades(states: Iterable[S]) -> dict[S, Severity]:
    return dict.fromkeys(states, Severity.DEGRADE)


def stops(states: Iterable[S]) -> dict[S, Severity]:
    """Severity 3."""
    return dict.fromkeys(states, Severity.MINIMAL_RISK)


def stops_at_once(states: Iterable[S]) -> dict[S, Severity]:
    """Severity 4."""
    return dict.fromkeys(states, Severity.IMMEDIATE)


def reaction(severity: Severity, state: S) -> str:
    """What the state machine does about a fault of this severity in this state, for people to read.

    The machine itself reads the severity alone; the tests hold both against each other.
    """
    if severity is Severity.IMMEDIATE:
        if state is S.MAINTENANCE:
            return "no hold-to-run unless permitted; emergency stop if moving, FAULT"
        if state is S.FAULT:
            return "not left"
        if state in (S.ESTOP, S.SHUTDOWN):
            return "latched"
        return "emergency stop, FAULT" if state in DRIVEN else "FAULT"
    if severity is Severity.MINIMAL_RISK:
        if state in DRIVERLESS:
            return "minimal-risk stop, MRM"
        if state in _WAITING:
            return "FAULT"
        if state is S.MANUAL:
            return "warning, lower speed cap"
        if state is S.MRM:
            return "minimal-risk stop"
        return "not left" if state in (S.SAFE_STOP, S.FAULT) else "shown"
    if severity is Severity.DEGRADE:
        if state is S.AUTO:
            return "lower speed cap, DEGRADED"
        if state is S.DEGRADED:
            return "lower speed cap, time budget"
        if state is S.REMOTE:
            return "lower speed cap"
        if state is S.READY:
            return "drives DEGRADED only"
    return "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One fault. The condition must hold without a gap for `debounce_count` observations, one a tick, and for
    `debounce_ns`; for as many and as long it must be gone."""

    identifier: str
    text: str
    dtc: Dtc
    spn: int
    fmi: int
    monitors: str
    """What is looked at."""
    threshold: str
    condition: Callable[[MonitorInputs], str]
    """Says what is wrong, or an empty string."""
    debounce_count: int = 1
    debounce_ns: int = 0
    severity: SeverityByState
    """In a state that is not named it is not looked at; an active fault keeps its last severity there."""
    reaction: str = field(init=False)
    """Derived from `severity`."""
    clear: ClearCondition = ClearCondition.WHEN_GONE
    recovery: bool
    """A recovery drive at hold-to-run is permitted while the fault is active."""
    bars_ready: bool = False
    """While it is active the vehicle waits in STANDBY: what is missing comes by itself, and no person is
    needed."""
    lists_names: bool = False
    """The detail lists names; those that join while the fault is active are added."""
    look_at: str
    """Where a technician begins."""

    def __post_init__(self) -> None:
        states_of: dict[str, list[str]] = {}
        for state in sorted(self.severity):
            states_of.setdefault(reaction(self.severity[state], state), []).append(state.name)
        words = "; ".join(f"{words} ({', '.join(names)})" for words, names in states_of.items())
        object.__setattr__(self, "reaction", words)
