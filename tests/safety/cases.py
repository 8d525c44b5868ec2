"""What a case of the state table is, and how a machine is held against it.

Each case is one tick of a machine of a vehicle with a cab (unless it says otherwise) that sat calmly in its
state: CALM is what it was told, MEMORY what it remembered.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind

S = SafetyState
WARN, DEGRADE, MINIMAL_RISK, IMMEDIATE = (
    Severity.WARN,
    Severity.DEGRADE,
    Severity.MINIMAL_RISK,
    Severity.IMMEDIATE,
)
OFF, AUTO, REMOTE, MANUAL, MAINTENANCE, KEY_LOST = (
    ModeKey.OFF,
    ModeKey.AUTO,
    ModeKey.REMOTE,
    ModeKey.MANUAL,
    ModeKey.MAINTENANCE,
    ModeKey.NOT_AVAILABLE,
)
STATES = tuple(state for state in S if state is not S.NOT_AVAILABLE)
Told = dict[str, Any]

SELF_TEST_S, COMFORTABLE_S, MINIMAL_RISK_S, DEGRADED_S = 8.0, 14.0, 15.0, 120.0
"""Written again: firmware_runtime/assessment/figures.py, as the machines of these tests are built with."""
CALM: dict[S, Told] = {
    S.INIT: {},
    S.SELF_TEST: {},
    S.STANDBY: {"high_voltage_ready": False},
    S.READY: {},
    S.AUTO: {"standing": False},
    S.REMOTE: {"standing": False, "mode": REMOTE, "dead_man_pressed": True},
    S.MANUAL: {"standing": False, "mode": MANUAL},
    S.DEGRADED: {"standing": False, "severity": DEGRADE},
    S.MRM: {"standing": False},
    S.SAFE_STOP: {},
    S.ESTOP: {},
    S.FAULT: {},
    S.CHARGING: {"plugged": True},
    S.MAINTENANCE: {"mode": MAINTENANCE},
    S.SHUTDOWN: {},
}
"""What a state is told while it stays; the rest as in BASE."""
BASE = SafetyInputs(
    estop_pressed=False,
    severity=Severity.OK,
    standing=True,
    run_pressed=False,
    acknowledge_pressed=False,
    high_voltage_ready=True,
    mode=AUTO,
    plugged=False,
    link_alive=True,
    self_test_passed=False,
    mission_done=False,
)
HELD = {S.ESTOP: "estop", S.FAULT: "immediate", S.MRM: "minimal_risk", S.SAFE_STOP: "minimal_risk"}
"""The latch that a state holds."""
LATCHES = ("estop", "immediate", "minimal_risk")
ENTERED_NS = 5_000_000_000
TICK_S = 0.01

STANDING = (S.STANDBY, S.READY, S.CHARGING, S.SAFE_STOP, S.FAULT, S.ESTOP, S.MAINTENANCE)
WAITING = (S.INIT, S.SELF_TEST, S.STANDBY, S.READY, S.CHARGING)
DRIVERLESS = (S.AUTO, S.DEGRADED, S.REMOTE)


class Case(NamedTuple):
    state: S
    told: Told
    expected: S
    memory: Mapping[str, Any] = MappingProxyType({})
    """What differs in the memory."""
    clears: str = ""
    stop: StopKind | None = None
    """None where the case does not ask."""
    elapsed_s: float = TICK_S
    """Since the state was entered."""
    cab: bool = True

    @property
    def label(self) -> str:
        told = {**self.memory, **self.told}
        words = ", ".join(f"{name}={getattr(value, 'name', value)}" for name, value in told.items())
        after = f" after {self.elapsed_s:g} s" if self.elapsed_s != TICK_S else ""
        return f"{self.state.name}: {words or 'calm'}{after} -> {self.expected.name}"


def inputs_of(case: Case) -> SafetyInputs:
    return msgspec.structs.replace(BASE, **{**CALM[case.state], **case.told})


def memory_of(case: Case) -> SafetyConfig:
    held = HELD.get(case.state, "")
    memory: Told = {
        "state": case.state,
        "entered_ns": ENTERED_NS,
        "run_released": True,
        "acknowledge_released": True,
        "manual_key_released": True,
        "stop": StopKind.MINIMAL_RISK if case.state is S.MRM else StopKind.NONE,
        **{f"{latch}_latch": latch == held for latch in LATCHES},
    }
    return SafetyConfig(**{**memory, **case.memory})


def wrong(machine: SafetyMachine, case: Case) -> str:
    """What the machine does otherwise than the case demands, or an empty string.

    Once as it stands, and once with each other latch set: where that leads to the same place, it was kept.
    """
    before = memory_of(case)
    what = _wrong(machine, case, before, must_arrive=True)
    for latch in LATCHES:
        also: Told = {f"{latch}_latch": True}
        what = what or _wrong(machine, case, msgspec.structs.replace(before, **also), must_arrive=False)
    return what


def _wrong(machine: SafetyMachine, case: Case, before: SafetyConfig, must_arrive: bool) -> str:
    inputs = inputs_of(case)
    now_ns = ENTERED_NS + round(case.elapsed_s * 1e9)
    after = machine.step(now_ns, before, inputs)
    if after.state is not case.expected:
        return f"went to {after.state.name}" if must_arrive else ""
    if after.entered_ns != (ENTERED_NS if case.expected is case.state else now_ns):
        return f"counts its time from {after.entered_ns} ns"
    for latch in LATCHES:
        set_now = (latch == "estop" and inputs.estop_pressed) or (
            latch == "immediate" and inputs.severity is IMMEDIATE
        )
        expected = HELD.get(after.state) == latch or (
            (getattr(before, f"{latch}_latch") or set_now) and latch != case.clears
        )
        if getattr(after, f"{latch}_latch") is not expected:
            return f"{latch} latch is {not expected}"
    stop = StopKind.NONE if case.stop is None and case.expected is not S.MRM else case.stop
    if stop is not None and after.stop is not stop:
        return f"commands {after.stop.name}"
    return ""
