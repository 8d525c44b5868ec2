"""The safety state machine: `select` chooses a row of the table, `transitions` moves the state.

Pure: `step(now_ns, config, inputs) -> config`. Guards are evaluated by `select` alone; the machine is built
from the same rows, takes the row's identifier as trigger, and refuses any move that has no row. The e-stop is
a plain latch, set before anything else and independent of the library.
"""

import logging
from collections.abc import Callable

from transitions import Machine

from firmware_runtime.safety.facts import Facts, SafetyConfig, SafetyInputs
from firmware_runtime.safety.state_table import MAY_MOVE, TRANSITIONS, Row
from firmware_runtime.vehicle.enums import SafetyState, Severity
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.profile import Limits, Safety

# The library logs each transition; nothing logs in the tick.
logging.getLogger("transitions").setLevel(logging.ERROR)

ROWS_OF: dict[SafetyState, tuple[Row, ...]] = {
    state: tuple(row for row in TRANSITIONS if state in row.sources) for state in MAY_MOVE
}


def select(state: SafetyState, facts: Facts) -> Row | None:
    """The first row of this state whose guard holds."""
    for row in ROWS_OF[state]:
        if row.guard(facts):
            return row
    return None


class _Model:
    """What `transitions` moves; its attribute `state` is set by the library."""

    state: SafetyState
    trigger: Callable[[str], bool]


class SafetyMachine:
    """The shipped machine. It holds no memory between steps: that is all in SafetyConfig."""

    def __init__(self, safety: Safety, limits: Limits) -> None:
        self._self_test_max_ns = round(safety.self_test_time_max_s * 1e9)
        self._minimal_risk_max_ns = round(safety.minimal_risk_time_max_s * 1e9)
        self._degraded_max_ns = round(safety.degraded_time_max_s * 1e9)
        self._model = _Model()
        self._machine = Machine(
            model=self._model,
            states=list(MAY_MOVE),
            transitions=[
                {"trigger": row.identifier, "source": source, "dest": row.target}
                for row in TRANSITIONS
                for source in sorted(row.sources)
            ],
            initial=SafetyState.INIT,
            auto_transitions=False,
            send_event=False,
        )
        self._permissions = {
            state: Permissions(
                propulsion=may.propulsion,
                brake_release=may.brake_release,
                steering=may.steering,
                contactors=may.contactors,
                speed_cap_mps=min(safety.degraded_speed_mps, limits.speed_max_mps)
                if may.capped
                else (limits.speed_max_mps if may.propulsion else 0.0),
            )
            for state, may in MAY_MOVE.items()
        }

    def permissions(self, state: SafetyState) -> Permissions:
        return self._permissions[state]

    def step(self, now_ns: int, config: SafetyConfig, inputs: SafetyInputs) -> SafetyConfig:
        """One tick: latch, choose, move, remember."""
        estop_latch = config.estop_latch or inputs.estop_pressed
        immediate_latch = config.immediate_latch or inputs.severity >= Severity.IMMEDIATE
        facts = self._facts(now_ns, config, inputs, estop_latch, immediate_latch)
        row = select(config.state, facts)
        state = config.state if row is None else self._fire(config.state, row)
        clears = "" if row is None else row.clears
        return SafetyConfig(
            state=state,
            entered_ns=now_ns if row is not None else config.entered_ns,
            estop_latch=(estop_latch and clears != "estop") or state is SafetyState.ESTOP,
            immediate_latch=(immediate_latch and clears != "immediate") or state is SafetyState.FAULT,
            minimal_risk_latch=(config.minimal_risk_latch and clears != "minimal_risk")
            or state is SafetyState.MRM
            or state is SafetyState.SAFE_STOP,
            run_released=not inputs.run_pressed,
            acknowledge_released=not inputs.acknowledge_pressed,
        )

    def _facts(
        self,
        now_ns: int,
        config: SafetyConfig,
        inputs: SafetyInputs,
        estop_latch: bool,
        immediate_latch: bool,
    ) -> Facts:
        in_state_ns = now_ns - config.entered_ns
        state = config.state
        return Facts(
            estop_pressed=inputs.estop_pressed,
            estop_latch=estop_latch,
            immediate_latch=immediate_latch,
            minimal_risk_latch=config.minimal_risk_latch,
            severity=inputs.severity,
            standing=inputs.standing,
            run_edge=inputs.run_pressed and config.run_released,
            acknowledge_edge=inputs.acknowledge_pressed and config.acknowledge_released,
            high_voltage_ready=inputs.high_voltage_ready,
            mode=inputs.mode,
            plugged=inputs.plugged,
            link_alive=inputs.link_alive,
            self_test_passed=inputs.self_test_passed and inputs.severity < Severity.MINIMAL_RISK,
            self_test_overdue=state is SafetyState.SELF_TEST and in_state_ns > self._self_test_max_ns,
            minimal_risk_overdue=state is SafetyState.MRM and in_state_ns > self._minimal_risk_max_ns,
            degraded_overdue=state is SafetyState.DEGRADED and in_state_ns > self._degraded_max_ns,
            mission_done=inputs.mission_done,
        )

    def _fire(self, state: SafetyState, row: Row) -> SafetyState:
        """Let the library make the move; it raises where the table has no such row."""
        self._model.state = state
        self._model.trigger(row.identifier)
        return self._model.state
