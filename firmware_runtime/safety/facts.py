"""What the state machine is told each tick, what it remembers from tick to tick, and what its guards read.

`Facts` holds inputs and memory by reference and works nothing out that no guard asks for. So an exploration
can hand in inputs that take a value only when the shipped code reads them: what is never read needs no
trying.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind

SNAPSHOT_VERSION = 1


class Latch(StrEnum):
    """The three latches; each is cleared by its own conditions alone, and survives power loss."""

    ESTOP = "estop"
    IMMEDIATE = "immediate"
    MINIMAL_RISK = "minimal_risk"


class SafetyInputs(msgspec.Struct, frozen=True):
    """One tick's word from monitors, buttons and managers."""

    estop_pressed: bool
    severity: Severity
    """Highest of all active faults."""
    standing: bool
    run_pressed: bool
    acknowledge_pressed: bool
    high_voltage_ready: bool
    mode: ModeKey
    plugged: bool
    link_alive: bool
    self_test_passed: bool
    mission_done: bool
    dead_man_pressed: bool = False
    """Held by the remote driver in REMOTE, and by the technician for hold-to-run in MAINTENANCE."""
    cab_override: bool = False
    """The driver in the cab takes over (steering wheel or pedal); without a cab it is never looked at."""
    shutdown_requested: bool = False
    ready_barred: bool = False
    """An active fault's row of the catalogue bars READY."""
    stop_overdue: bool = False
    """Motion finds that the comfortable stop under way will not end within its budget."""
    recovery_permitted: bool = False
    """Every active fault's row of the catalogue permits a recovery drive; True without any fault."""
    acknowledge_source: str = "acknowledge_button"
    """Who acknowledges, for the record: bus, message and signal that the button is bound to. That is all that
    the hardware says: which person pressed it, no input tells."""


class SafetyConfig(msgspec.Struct, frozen=True):
    """The whole memory of the state machine: state, latches, stop, button history, timer."""

    state: SafetyState = SafetyState.INIT
    entered_ns: int = 0
    estop_latch: bool = False
    immediate_latch: bool = False
    minimal_risk_latch: bool = False
    stop: StopKind = StopKind.NONE
    """The stop that the row which led here commands; NONE where the state itself says it."""
    run_released: bool = False
    """The run button was seen released; only then does pressing it count (no restart by a stuck button)."""
    acknowledge_released: bool = False
    manual_key_released: bool = False
    """The mode key was last seen in a position other than MANUAL; only then does turning it there count."""
    hold_armed: bool = False
    """MAINTENANCE: hold-to-run was seen released since the state was entered and the recovery permitted."""

    def snapshot(self) -> dict[str, Any]:
        """What must survive power loss: the latches and nothing else, as plain values."""
        return {
            "version": SNAPSHOT_VERSION,
            Latch.ESTOP.value: self.estop_latch,
            Latch.IMMEDIATE.value: self.immediate_latch,
            Latch.MINIMAL_RISK.value: self.minimal_risk_latch,
        }

    @staticmethod
    def restore(snapshot: Mapping[str, Any]) -> "SafetyConfig":
        """INIT with the latches of a snapshot: no state, timer or button outlives the power.

        Raises ValueError for another version, and for latches that are missing or not boolean; the vehicle
        then begins with ALL_LATCHED.
        """
        version = snapshot.get("version")
        if version != SNAPSHOT_VERSION:
            raise ValueError(f"expected a safety snapshot of version {SNAPSHOT_VERSION}, got {version!r}")
        for latch in Latch:
            if not isinstance(snapshot.get(latch.value), bool):
                raise ValueError(
                    f"expected true or false for latch {latch.value} of a safety snapshot, "
                    f"got {snapshot.get(latch.value)!r}"
                )
        return SafetyConfig(
            estop_latch=snapshot[Latch.ESTOP.value],
            immediate_latch=snapshot[Latch.IMMEDIATE.value],
            minimal_risk_latch=snapshot[Latch.MINIMAL_RISK.value],
        )


ALL_LATCHED = SafetyConfig(estop_latch=True, immediate_latch=True, minimal_risk_latch=True)
"""To begin with where the snapshot was damaged: what was latched is not known, so all of it is."""


class Released(msgspec.Struct, frozen=True, gc=False):
    """What a press of acknowledge cleared beside a latch."""

    faults: tuple[str, ...] = ()
    """Identifiers of those that had waited for it."""
    foreign_senders: tuple[str, ...] = ()
    """In the words that they were reported with."""
    renewed_buses: tuple[str, ...] = ()
    """Those whose attempts to restart it renewed."""


NOTHING_RELEASED = Released()


class Acknowledgement(msgspec.Struct, frozen=True):
    """An acknowledge that took effect: who pressed, and what it cleared."""

    time_ns: int
    source: str
    """`SafetyInputs.acknowledge_source` of that tick."""
    latch: Latch | None
    """None where it cleared none."""
    cause: str
    """What had set the latch; empty without one."""
    released: Released
    state_before: SafetyState
    state_after: SafetyState

    @property
    def text(self) -> str:
        """For the black box and for people."""
        cleared = [] if self.latch is None else [f"{self.latch} latch (cause: {self.cause})"]
        cleared += [f"fault {name}" for name in self.released.faults]
        cleared += [f"foreign sender {text}" for text in self.released.foreign_senders]
        cleared += [f"bus {name} given up, attempts renewed" for name in self.released.renewed_buses]
        moved = f"{self.state_before.name} -> {self.state_after.name}"
        return f"{self.source} cleared {'; '.join(cleared)}: {moved}"


class Budgets(msgspec.Struct, frozen=True):
    """What the machine was built with: times in ns, and the modes that this vehicle drives in."""

    self_test_ns: int
    comfortable_ns: int
    minimal_risk_ns: int
    degraded_ns: int
    drive_modes: frozenset[ModeKey]


class Facts:
    """Inputs, memory and this tick's latches as the guards read them; made once a tick by the machine."""

    __slots__ = ("budgets", "config", "estop_latch", "immediate_latch", "inputs", "now_ns")

    def __init__(
        self,
        now_ns: int,
        config: SafetyConfig,
        inputs: SafetyInputs,
        budgets: Budgets,
        estop_latch: bool,
        immediate_latch: bool,
    ) -> None:
        self.now_ns = now_ns
        self.config = config
        self.inputs = inputs
        self.budgets = budgets
        self.estop_latch = estop_latch
        self.immediate_latch = immediate_latch

    @property
    def in_state_ns(self) -> int:
        return self.now_ns - self.config.entered_ns

    @property
    def run_edge(self) -> bool:
        return self.config.run_released and self.inputs.run_pressed

    @property
    def acknowledge_edge(self) -> bool:
        return self.config.acknowledge_released and self.inputs.acknowledge_pressed

    @property
    def manual_key_edge(self) -> bool:
        return self.config.manual_key_released and self.inputs.mode is ModeKey.MANUAL
