"""Every reachable configuration of the shipped machine, with every input, against what must always hold.

Time is explored as two choices a step: nothing much passes, or every budget is spent.
"""

from collections import deque
from itertools import product
from typing import Any

import msgspec

from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity
from tests.safety.support import profile

S = SafetyState
DRIVE = {S.AUTO, S.DEGRADED}
LATCHED = {S.SAFE_STOP, S.ESTOP, S.FAULT}
SHORT_NS, LONG_NS = 10_000_000, 1_000_000_000_000

_EITHER = (False, True)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "estop_pressed": _EITHER,
    "severity": (Severity.OK, Severity.DEGRADE, Severity.MINIMAL_RISK, Severity.IMMEDIATE),
    "standing": _EITHER,
    "run_pressed": _EITHER,
    "acknowledge_pressed": _EITHER,
    "high_voltage_ready": _EITHER,
    "mode": (ModeKey.AUTO, ModeKey.OFF),
    "plugged": _EITHER,
    "link_alive": _EITHER,
    "self_test_passed": _EITHER,
    "mission_done": _EITHER,
}
ALL_INPUTS = [
    SafetyInputs(**dict(zip(_CHOICES, values, strict=True))) for values in product(*_CHOICES.values())
]


def violations(before: SafetyConfig, i: SafetyInputs, after: SafetyConfig) -> list[str]:
    """What this one step breaks; written from the requirement, not from the table."""
    run_edge = i.run_pressed and before.run_released
    ack_edge = i.acknowledge_pressed and before.acknowledge_released
    b, a = before.state, after.state
    broken: list[str] = []

    def must(holds: bool, text: str) -> None:
        if not holds:
            broken.append(text)

    must(not i.estop_pressed or (a is S.ESTOP and after.estop_latch), "the e-stop always wins")
    must(a not in DRIVE or i.severity < Severity.MINIMAL_RISK, "severity 3 never drives")
    if b in DRIVE:
        must(
            not (a in DRIVE and (i.plugged or not i.high_voltage_ready or not i.link_alive)),
            "no drive when lost",
        )
    if b not in DRIVE and a in DRIVE:
        must(b is S.READY and run_edge and i.standing, "drive only from READY, on an edge, at standstill")
        must(
            not (before.estop_latch or before.immediate_latch or before.minimal_risk_latch),
            "a latch blocks drive",
        )
        must(i.high_voltage_ready or b is S.READY, "drive wants high voltage")
    if b in LATCHED and a not in LATCHED:
        must(ack_edge and i.standing, "a latched state is left only by an acknowledge edge at standstill")
    if b is S.SAFE_STOP and a is S.STANDBY:
        must(i.severity < Severity.MINIMAL_RISK, "cause gone")
    if b is S.DEGRADED and a is S.AUTO:
        must(i.standing, "never up while moving")
    if b is S.MRM:
        must(a in (S.MRM, *LATCHED), "a minimal-risk stop never returns to drive")
    if a is S.READY:
        must(
            not (after.estop_latch or after.immediate_latch or after.minimal_risk_latch),
            "a latch blocks READY",
        )
    for latch in ("estop_latch", "immediate_latch", "minimal_risk_latch"):
        if getattr(before, latch) and not getattr(after, latch):
            must(ack_edge and i.standing and not i.estop_pressed, f"{latch} clears only by acknowledge")
    cleared = sum(
        getattr(before, latch) and not getattr(after, latch)
        for latch in ("estop_latch", "immediate_latch", "minimal_risk_latch")
    )
    must(cleared <= 1, "one acknowledge clears one latch")
    return broken


def test_every_reachable_configuration_keeps_every_invariant() -> None:
    data = profile().data
    machine = SafetyMachine(data.safety, data.limits)
    start = SafetyConfig()
    seen: set[tuple[object, ...]] = set()
    reached: set[SafetyState] = set()
    queue = deque([start])
    steps = 0
    while queue:
        config = queue.popleft()
        key = msgspec.structs.astuple(msgspec.structs.replace(config, entered_ns=0))
        if key in seen:
            continue
        seen.add(key)
        reached.add(config.state)
        config = msgspec.structs.replace(config, entered_ns=0)
        for elapsed_ns in (SHORT_NS, LONG_NS):
            for inputs in ALL_INPUTS:
                after = machine.step(elapsed_ns, config, inputs)
                steps += 1
                broken = violations(config, inputs, after)
                assert not broken, f"{broken} in {config} with {inputs} -> {after}"
                queue.append(after)
    print(f"explored {len(seen)} configurations, {steps} transitions")
    assert reached == {s for s in S if s.name in REACHABLE}
    assert steps > 100_000


REACHABLE = {
    "INIT", "SELF_TEST", "STANDBY", "READY", "CHARGING", "AUTO", "DEGRADED",
    "MRM", "SAFE_STOP", "ESTOP", "FAULT",
}  # fmt: skip
"""Written again: the states that have rows."""
