"""Inputs of the safety tests: a healthy vehicle at rest, and how to vary it."""

from pathlib import Path
from typing import Any

import msgspec

from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity
from firmware_runtime.vehicle.load import Profile, load_profile
from firmware_runtime.vehicle.permissions import Permissions

ROOT = Path(__file__).parents[2]
TICK_NS = 10_000_000

HEALTHY = SafetyInputs(
    estop_pressed=False,
    severity=Severity.OK,
    standing=True,
    run_pressed=False,
    acknowledge_pressed=False,
    high_voltage_ready=True,
    mode=ModeKey.AUTO,
    plugged=False,
    link_alive=True,
    self_test_passed=True,
    mission_done=False,
)


def profile() -> Profile:
    return load_profile(ROOT / "configs" / "q_truck.toml")


class Walk:
    """Drives a machine by keyword changes, one tick a call."""

    def __init__(self, machine: SafetyMachine, config: SafetyConfig | None = None) -> None:
        self.machine = machine
        self.config = config or SafetyConfig()
        self.now_ns = 0

    def tick(self, ticks: int = 1, **changes: Any) -> SafetyState:
        inputs = msgspec.structs.replace(HEALTHY, **changes)
        for _ in range(ticks):
            self.now_ns += TICK_NS
            self.config = self.machine.step(self.now_ns, self.config, inputs)
        return self.config.state

    def may(self, **changes: Any) -> Permissions:
        """What may move now, told this."""
        return self.machine.permissions(self.config, msgspec.structs.replace(HEALTHY, **changes))

    def press(self, **changes: Any) -> SafetyState:
        """Release both buttons for a tick, then hold the given ones for one."""
        steady = {k: v for k, v in changes.items() if k not in ("run_pressed", "acknowledge_pressed")}
        self.tick(**steady)
        return self.tick(**changes)

    def to_ready(self) -> None:
        self.tick(5)
        assert self.config.state is SafetyState.READY

    def to_auto(self) -> None:
        self.to_ready()
        self.press(run_pressed=True)
        assert self.config.state is SafetyState.AUTO
