"""The safety state machine: `select` chooses a row of the table, `transitions` moves the state.

Pure: `step(now_ns, config, inputs) -> config`. Guards are evaluated by `select` alone; the machine is built
from the same rows, takes the row's identifier as trigger, and refuses any move that has no row. The e-stop is
a plain latch, set before anything else and independent of the library.
"""

import logging
from collections.abc import Callable

from transitions import Machine

from firmware_runtime.safety import permits, state_table
from firmware_runtime.safety.facts import (
    NOTHING_RELEASED,
    Acknowledgement,
    Budgets,
    Facts,
    Latch,
    Released,
    SafetyConfig,
    SafetyInputs,
)
from firmware_runtime.safety.latch_causes import LatchCauses
from firmware_runtime.safety.state_table import Cap, Row
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.profile import Limits, Safety

# The library logs each transition; nothing logs in the tick.
logging.getLogger("transitions").setLevel(logging.ERROR)


def select(rows: tuple[Row, ...], facts: Facts) -> Row | None:
    """The first of these rows, those of one state by priority, whose guard holds."""
    for row in rows:
        if row.guard(facts):
            return row
    return None


class _Model:
    """What `transitions` moves; its attribute `state` is set by the library."""

    state: SafetyState
    trigger: Callable[[str], bool]


class SafetyMachine:
    """The shipped machine. It holds no memory between steps: that is all in SafetyConfig."""

    def __init__(self, safety: Safety, limits: Limits, cab: bool = False) -> None:
        """Without a cab no row leads to MANUAL, and no mode of it makes the vehicle ready."""
        rows = tuple(row for row in state_table.TRANSITIONS if cab or row.target is not SafetyState.MANUAL)
        self._may_move = state_table.MAY_MOVE
        self._rows_of = {
            state: tuple(row for row in rows if state in row.sources) for state in self._may_move
        }
        drive_modes = {ModeKey.AUTO, ModeKey.REMOTE} | ({ModeKey.MANUAL} if cab else set[ModeKey]())
        self._budgets = Budgets(
            self_test_ns=round(safety.self_test_time_max_s * 1e9),
            comfortable_ns=round(safety.comfortable_time_max_s * 1e9),
            minimal_risk_ns=round(safety.minimal_risk_time_max_s * 1e9),
            degraded_ns=round(safety.degraded_time_max_s * 1e9),
            drive_modes=frozenset(drive_modes),
        )
        self._model = _Model()
        self._machine = Machine(
            model=self._model,
            states=list(self._may_move),
            transitions=[
                {"trigger": row.identifier, "source": source, "dest": row.target}
                for row in rows
                for source in sorted(row.sources)
            ],
            initial=SafetyState.INIT,
            auto_transitions=False,
            send_event=False,
        )
        speed_max_mps = limits.speed_max_mps
        self._cap_mps = {
            Cap.NONE: 0.0,
            Cap.FULL: speed_max_mps,
            Cap.DEGRADED: min(safety.degraded_speed_mps, speed_max_mps),
            Cap.REMOTE: min(state_table.REMOTE_SPEED_MPS, speed_max_mps),
            Cap.REMOTE_DEGRADED: min(state_table.REMOTE_DEGRADED_SPEED_MPS, speed_max_mps),
            Cap.RECOVERY: min(state_table.RECOVERY_SPEED_MPS, speed_max_mps),
        }

    def step(self, now_ns: int, config: SafetyConfig, inputs: SafetyInputs) -> SafetyConfig:
        """One tick: latch, choose, move, remember."""
        estop_latch = config.estop_latch or inputs.estop_pressed
        immediate_latch = config.immediate_latch or inputs.severity >= Severity.IMMEDIATE
        facts = Facts(now_ns, config, inputs, self._budgets, estop_latch, immediate_latch)
        row = select(self._rows_of[config.state], facts)
        if row is None:
            state, clears, stop = config.state, None, config.stop
        else:
            state, clears, stop = self._fire(config.state, row), row.clears, row.stop
        held = self._may_move[state].latch
        return SafetyConfig(
            state=state,
            entered_ns=config.entered_ns if state is config.state else now_ns,
            estop_latch=(estop_latch and clears is not Latch.ESTOP) or held is Latch.ESTOP,
            immediate_latch=(immediate_latch and clears is not Latch.IMMEDIATE) or held is Latch.IMMEDIATE,
            minimal_risk_latch=(config.minimal_risk_latch and clears is not Latch.MINIMAL_RISK)
            or held is Latch.MINIMAL_RISK,
            stop=stop,
            run_released=not inputs.run_pressed,
            acknowledge_released=not inputs.acknowledge_pressed,
            manual_key_released=_manual_key_released(config, inputs),
            hold_armed=state is SafetyState.MAINTENANCE and _hold_armed(config, inputs),
        )

    def permissions(self, config: SafetyConfig, inputs: SafetyInputs) -> Permissions:
        """What may move after the step that gave `config` out of the same `inputs`."""
        may = self._may_move[config.state]
        propulsion = may.propulsion(config, inputs)
        cap = may.cap
        if may.lowered_from is not None and inputs.severity >= may.lowered_from:
            cap = may.lowered
        stop = max(may.stop, config.stop)
        if stop is not StopKind.NONE and (propulsion or inputs.standing):
            stop = StopKind.NONE
        return Permissions(
            propulsion=propulsion,
            brake_release=may.brake_release(config, inputs),
            steering=may.steering(config, inputs),
            closing=may.closing(config, inputs),
            contactors=may.contactors(config, inputs),
            speed_cap_mps=self._cap_mps[cap],
            stop=stop,
        )

    def _fire(self, state: SafetyState, row: Row) -> SafetyState:
        """Let the library make the move; it raises where the table has no such row."""
        self._model.state = state
        self._model.trigger(row.identifier)
        return self._model.state


def acknowledgement(
    now_ns: int,
    before: SafetyConfig,
    after: SafetyConfig,
    inputs: SafetyInputs,
    causes: LatchCauses,
    released: Released = NOTHING_RELEASED,
) -> Acknowledgement | None:
    """Who cleared what in the step from `before` to `after`; None where nothing was cleared.

    causes: not stepped for this step yet. released: what the press cleared beside the latch.
    """
    cleared = _cleared(before, after)
    if cleared is None and released == NOTHING_RELEASED:
        return None
    cause = "" if cleared is None else causes.of(cleared)
    return Acknowledgement(
        now_ns, inputs.acknowledge_source, cleared, cause, released, before.state, after.state
    )


def _cleared(before: SafetyConfig, after: SafetyConfig) -> Latch | None:
    """One press clears one latch at most."""
    for latch, was, remains in (
        (Latch.ESTOP, before.estop_latch, after.estop_latch),
        (Latch.IMMEDIATE, before.immediate_latch, after.immediate_latch),
        (Latch.MINIMAL_RISK, before.minimal_risk_latch, after.minimal_risk_latch),
    ):
        if was and not remains:
            return latch
    return None


def _manual_key_released(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """A key that is lost was not turned, so that its return is no new turn."""
    if inputs.mode is ModeKey.NOT_AVAILABLE:
        return config.manual_key_released
    return inputs.mode is not ModeKey.MANUAL


def _hold_armed(config: SafetyConfig, inputs: SafetyInputs) -> bool:
    """Released once, and from then on not held through anything that forbids the recovery."""
    return not inputs.dead_man_pressed or (config.hold_armed and permits.may_recover(inputs))
