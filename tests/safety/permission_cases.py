"""What may move, as cases: in this state, told this, exactly this. Written independently of the table."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind
from firmware_runtime.vehicle.permissions import Permissions
from tests.safety.cases import CALM, Case, Told, inputs_of, memory_of

S = SafetyState
NONE, MINIMAL_RISK, EMERGENCY = StopKind.NONE, StopKind.MINIMAL_RISK, StopKind.EMERGENCY
FULL_MPS, DEGRADED_MPS, REMOTE_MPS, REMOTE_DEGRADED_MPS, RECOVERY_MPS = 8.33, 2.0, 1.5, 0.75, 0.3


class Column(NamedTuple):
    """`move` names the letters of what may move: P propulsion, B brake release, S steering, C contactors that
    are closed stay, N contactors close anew."""

    state: S
    told: Told
    move: str
    cap_mps: float = 0.0
    stop: StopKind = NONE
    memory: Mapping[str, Any] = MappingProxyType({})

    @property
    def label(self) -> str:
        return f"{self.state.name}: {self.told} {self.memory}"


STILL: Told = {"standing": True}
MOVING: Told = {"standing": False}
HOLD: Told = {"dead_man_pressed": True, "recovery_permitted": True}
ARMED: Told = {"hold_armed": True}


def _must_stand() -> list[Column]:
    columns: list[Column] = []
    for state, move, stop in (
        (S.INIT, "", MINIMAL_RISK),
        (S.SELF_TEST, "", MINIMAL_RISK),
        (S.STANDBY, "NC", MINIMAL_RISK),
        (S.READY, "C", MINIMAL_RISK),
        (S.SAFE_STOP, "C", MINIMAL_RISK),
        (S.CHARGING, "", MINIMAL_RISK),
        (S.ESTOP, "", EMERGENCY),
        (S.FAULT, "", EMERGENCY),
        (S.SHUTDOWN, "", EMERGENCY),
        (S.MAINTENANCE, "", EMERGENCY),
    ):
        worst: Told = {"severity": Severity.IMMEDIATE, "plugged": True, "high_voltage_ready": False}
        columns += [
            Column(state, STILL, move),
            Column(state, MOVING, move, stop=stop),
            Column(state, {**STILL, **worst}, move),
            Column(state, {**MOVING, **worst}, move, stop=stop),
            Column(state, {**STILL, "dead_man_pressed": True, "cab_override": True}, move),
            Column(state, {**STILL, "high_voltage_ready": True, "plugged": False}, move),
        ]
    return [
        column._replace(cap_mps=RECOVERY_MPS) if column.state is S.MAINTENANCE else column
        for column in columns
    ]


def _drives() -> list[Column]:
    columns: list[Column] = []
    worst: Told = {"severity": Severity.IMMEDIATE, "plugged": True, "high_voltage_ready": False}
    for standing in (STILL, MOVING):
        # The worst leads out of these states; as long as they last, this is what they permit.
        columns += [
            Column(S.AUTO, {**standing, **worst}, "PBSC", FULL_MPS),
            Column(S.DEGRADED, {**standing, **worst}, "PBSC", DEGRADED_MPS),
            Column(S.REMOTE, {**standing, **worst}, "PBSC", REMOTE_DEGRADED_MPS),
            Column(S.AUTO, standing, "PBSC", FULL_MPS),
            Column(S.DEGRADED, standing, "PBSC", DEGRADED_MPS),
            Column(S.REMOTE, standing, "PBSC", REMOTE_MPS),
            Column(S.REMOTE, {**standing, "severity": Severity.WARN}, "PBSC", REMOTE_MPS),
            Column(S.REMOTE, {**standing, "severity": Severity.DEGRADE}, "PBSC", REMOTE_DEGRADED_MPS),
            Column(S.MANUAL, standing, "PBSC", FULL_MPS),
            Column(S.MANUAL, {**standing, "severity": Severity.DEGRADE}, "PBSC", FULL_MPS),
            Column(S.MANUAL, {**standing, "severity": Severity.MINIMAL_RISK}, "PBSC", DEGRADED_MPS),
            Column(S.MANUAL, {**standing, "high_voltage_ready": False}, "BSC", FULL_MPS),
            Column(S.MANUAL, {**standing, "plugged": True}, "BSC", FULL_MPS),
        ]
    for stop in (StopKind.COMFORTABLE, MINIMAL_RISK):
        columns += [
            Column(S.MRM, MOVING, "BSC", stop=stop, memory={"stop": stop}),
            Column(S.MRM, {**MOVING, **worst}, "BSC", stop=stop, memory={"stop": stop}),
            Column(S.MRM, STILL, "BSC", memory={"stop": stop}),
        ]
    return columns


def _recovery() -> list[Column]:
    """Only with the button let go before, no fault that forbids it, high voltage, no plug, the key there."""

    def column(told: Told, move: str, stop: StopKind = NONE, memory: Told = ARMED) -> Column:
        return Column(S.MAINTENANCE, told, move, RECOVERY_MPS, stop, memory)

    return [
        column({**HOLD, **STILL}, "PBSNC"),
        column({**HOLD, **MOVING}, "PBSNC"),
        column({**HOLD, **MOVING, "severity": Severity.IMMEDIATE}, "PBSNC"),
        column({**HOLD, **STILL}, "", memory={}),
        column({**HOLD, **MOVING}, "C", EMERGENCY, memory={}),
        column({**HOLD, **STILL, "high_voltage_ready": False}, "NC"),
        column({**HOLD, **MOVING, "high_voltage_ready": False}, "NC", EMERGENCY),
        column({**HOLD, **MOVING, "recovery_permitted": False}, "", EMERGENCY),
        column({**HOLD, **MOVING, "plugged": True}, "", EMERGENCY),
        column({**HOLD, **MOVING, "dead_man_pressed": False}, "C", EMERGENCY),
        column({**HOLD, **STILL, "dead_man_pressed": False}, ""),
        column({**HOLD, **STILL, "recovery_permitted": False}, ""),
        column({**HOLD, **STILL, "plugged": True}, ""),
        *(column({**HOLD, **STILL, "mode": mode}, "") for mode in ModeKey if mode is not ModeKey.MAINTENANCE),
        column({**HOLD, **MOVING, "mode": ModeKey.OFF}, "", EMERGENCY),
    ]


COLUMNS: tuple[Column, ...] = (*_must_stand(), *_drives(), *_recovery())


def wrong_permissions(machine: SafetyMachine, column: Column) -> str:
    """What the machine permits otherwise than the column says, or an empty string."""
    case = Case(column.state, {**CALM[column.state], **column.told}, column.state, column.memory)
    expected = Permissions(
        propulsion="P" in column.move,
        brake_release="B" in column.move,
        steering="S" in column.move,
        closing="N" in column.move,
        contactors="C" in column.move,
        speed_cap_mps=column.cap_mps,
        stop=column.stop,
    )
    permissions = machine.permissions(memory_of(case), inputs_of(case))
    return "" if permissions == expected else f"permits {permissions}"
