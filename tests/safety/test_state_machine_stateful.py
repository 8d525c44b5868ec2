"""Random lives of the machine in (simulated) real time, beside a small model of its latches and budgets.

The exploration tries every step; this tries long chains of them with real timers and power loss.
The model knows no table: a latch is set by its cause, cleared by its acknowledge; a budget ends by the clock.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware_runtime.assessment.figures import LIMITS, SAFETY
from firmware_runtime.safety.facts import SafetyConfig, SafetyInputs
from firmware_runtime.safety.latch_causes import LatchCauses
from firmware_runtime.safety.state_machine import SafetyMachine, acknowledgement
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind
from tests.safety.cases import BASE, COMFORTABLE_S, DEGRADED_S, LATCHES, MINIMAL_RISK_S, SELF_TEST_S

pytestmark = pytest.mark.requirement("SR-05", "SR-09")

S = SafetyState
TICK_NS = 10_000_000
BUDGETS_S = {S.SELF_TEST: SELF_TEST_S, S.MRM: MINIMAL_RISK_S, S.DEGRADED: DEGRADED_S}
BY_ITSELF = {S.AUTO, S.DEGRADED, S.REMOTE}
DRIVE = BY_ITSELF | {S.MANUAL}
MACHINES = {cab: SafetyMachine(SAFETY, LIMITS, cab) for cab in (False, True)}
BOOLEANS = [name for name in SafetyInputs.__struct_fields__ if isinstance(getattr(BASE, name), bool)]


class Life(RuleBasedStateMachine):
    """Inputs stay as they are until something changes them, as on a vehicle."""

    @initialize(cab=st.booleans())
    def power_on(self, cab: bool) -> None:
        self.cab = cab
        self.machine = MACHINES[cab]
        self.inputs = BASE
        self.before = self.config = SafetyConfig()
        self.now_ns = 0
        self.latched: set[str] = set()
        self.in_state_since_ns = 0
        self.released = {"run": False, "acknowledge": False}
        self.may = self.machine.permissions(self.config, self.inputs)
        self.stepped = False

    def step(self, **changes: Any) -> None:
        self.inputs = inputs = msgspec.structs.replace(self.inputs, **changes)
        self.now_ns += TICK_NS
        before = self.before = self.config
        after = self.config = self.machine.step(self.now_ns, before, inputs)
        self.may = self.machine.permissions(after, inputs)
        self.stepped = True
        self.model(before, after)

    def model(self, before: SafetyConfig, after: SafetyConfig) -> None:
        """Latches and budgets, from causes and the clock alone."""
        i = self.inputs
        if i.estop_pressed:
            self.latched.add("estop")
        if i.severity is Severity.IMMEDIATE:
            self.latched.add("immediate")
        record = acknowledgement(self.now_ns, before, after, i, LatchCauses())
        pressed = i.acknowledge_pressed and self.released["acknowledge"]
        if record is not None:
            assert pressed, "an acknowledge that took effect was an edge"
            assert i.standing
            assert record.latch is not None
            assert record.latch in self.latched
            assert record.latch != "estop" or not i.estop_pressed
            assert record.latch == "estop" or i.severity < Severity.MINIMAL_RISK
            self.latched.discard(record.latch)
        spent_s = (self.now_ns - self.in_state_since_ns) * 1e-9
        budget_s = BUDGETS_S.get(before.state)
        if budget_s is not None and after.state is before.state:
            harder = after.stop > before.stop
            assert spent_s <= budget_s + 1e-9 or harder, f"{before.state.name} for {spent_s} s"
            if before.stop is after.stop is StopKind.COMFORTABLE:
                assert spent_s <= COMFORTABLE_S + 1e-9
        if budget_s is not None and spent_s > budget_s and before.state is S.MRM:
            assert not i.standing or after.state in (S.SAFE_STOP, S.ESTOP, S.FAULT, S.MRM)
        if after.state is S.ESTOP and before.state is not S.ESTOP and not i.estop_pressed:
            assert before.state is S.MRM or before.estop_latch, "escalation, or kept over a power loss"
            if before.state is S.MRM:
                assert spent_s > MINIMAL_RISK_S
        if after.state is S.FAULT and before.state is not S.FAULT:
            assert i.severity >= Severity.MINIMAL_RISK or before.state in (
                S.SELF_TEST,
                S.ESTOP,
                S.MAINTENANCE,
            )
        # What a state holds was caused by what led there.
        held = {S.ESTOP: "estop", S.FAULT: "immediate", S.MRM: "minimal_risk"}.get(after.state)
        if held and after.state is not before.state:
            self.latched.add(held)
        if after.state in BY_ITSELF and before.state not in BY_ITSELF:
            assert i.run_pressed
            assert self.released["run"], "drives by a rising edge alone"
        self.drive_ends(before, after)
        if after.state is not before.state:
            self.in_state_since_ns = self.now_ns
        self.released = {"run": not i.run_pressed, "acknowledge": not i.acknowledge_pressed}

    def drive_ends(self, before: SafetyConfig, after: SafetyConfig) -> None:
        """What ends a drive without a driver ends it in the same tick; standing, a stop is over."""
        i = self.inputs
        mode = ModeKey.REMOTE if before.state is S.REMOTE else ModeKey.AUTO
        lost = not i.link_alive or not i.high_voltage_ready or i.plugged or i.mode is not mode
        if before.state in BY_ITSELF:
            if (
                lost
                or i.severity >= Severity.MINIMAL_RISK
                or (mode is ModeKey.REMOTE and not i.dead_man_pressed)
            ):
                assert after.state in (S.MRM, S.FAULT, S.ESTOP)
            elif i.mission_done and i.standing:
                assert after.state in (S.READY, S.ESTOP)
        if before.state is S.AUTO and i.severity is Severity.DEGRADE:
            assert after.state is not S.AUTO
        if before.state is S.MRM and i.standing and before.stop is StopKind.MINIMAL_RISK:
            assert after.state in (S.SAFE_STOP, S.FAULT, S.ESTOP)

    @rule(name=st.sampled_from([name for name in BOOLEANS if name != "shutdown_requested"]))
    def something_changes(self, name: str) -> None:
        self.step(**{name: not getattr(self.inputs, name)})

    @rule(severity=st.sampled_from(Severity))
    def faults_change(self, severity: Severity) -> None:
        self.step(severity=severity)

    @rule(mode=st.sampled_from(ModeKey))
    def the_key_is_turned(self, mode: ModeKey) -> None:
        self.step(mode=mode)

    @rule(name=st.sampled_from(("run_pressed", "acknowledge_pressed", "dead_man_pressed")))
    def a_button_is_pressed_anew(self, name: str) -> None:
        self.step(**{name: False})
        self.step(**{name: True})

    def well(self) -> None:
        """Nothing wrong, standing, and every latch acknowledged: as a person brings a vehicle back."""
        if self.config.state is S.SHUTDOWN:
            self.the_power_is_lost()
        calm = msgspec.structs.replace(BASE, self_test_passed=True, mission_done=True)
        self.step(**{name: getattr(calm, name) for name in (*BOOLEANS, "severity", "mode")})
        for _ in range(6):
            self.step(acknowledge_pressed=False)
            self.step(acknowledge_pressed=True)
        self.step(mission_done=False)
        assert self.config.state is S.READY, "nothing wrong, all acknowledged, and not ready"
        assert self.latched == set()

    @rule()
    def a_person_brings_it_back(self) -> None:
        self.well()

    @rule(
        mode=st.sampled_from((ModeKey.AUTO, ModeKey.REMOTE, ModeKey.MANUAL)),
        severity=st.sampled_from((Severity.OK, Severity.WARN, Severity.DEGRADE)),
    )
    def somebody_drives_off(self, mode: ModeKey, severity: Severity) -> None:
        self.well()
        self.step(mode=mode, dead_man_pressed=mode is ModeKey.REMOTE, severity=severity)
        self.step(run_pressed=True)
        self.step(standing=False, run_pressed=False)

    @rule()
    def somebody_charges(self) -> None:
        self.well()
        self.step(plugged=True)
        self.step()
        assert self.config.state is S.CHARGING

    @rule(permitted=st.booleans())
    def somebody_maintains(self, permitted: bool) -> None:
        self.step(mode=ModeKey.MAINTENANCE, standing=True, recovery_permitted=permitted)
        self.step(dead_man_pressed=False)
        self.step(dead_man_pressed=True)

    @rule(budget=st.sampled_from((0.5, SELF_TEST_S, COMFORTABLE_S, MINIMAL_RISK_S, DEGRADED_S)))
    def time_goes_by(self, budget: float) -> None:
        """Most of it in one leap: nothing is told in between, so only its end matters."""
        leap_ns = max(self.in_state_since_ns + round(budget * 1e9) - self.now_ns - TICK_NS, 0)
        self.now_ns += leap_ns // TICK_NS * TICK_NS
        for _ in range(3):
            self.step()

    @rule()
    def somebody_switches_off(self) -> None:
        self.step(shutdown_requested=True)
        self.step(shutdown_requested=False)

    @rule()
    def the_power_is_lost(self) -> None:
        self.config = SafetyConfig.restore(self.config.snapshot())
        self.now_ns += 60_000_000_000
        self.in_state_since_ns = self.now_ns
        self.released = {"run": False, "acknowledge": False}
        self.step()

    @invariant()
    def latches_are_the_models(self) -> None:
        if self.stepped:
            assert {name for name in LATCHES if getattr(self.config, f"{name}_latch")} == self.latched

    @invariant()
    def what_moves_may_move(self) -> None:
        if not self.stepped:
            return
        i, state, may = self.inputs, self.config.state, self.may
        if i.estop_pressed:
            assert state in (S.ESTOP, S.SHUTDOWN)
        if may.propulsion:
            assert i.high_voltage_ready
            assert not i.plugged
            assert "estop" not in self.latched
            assert state in DRIVE or (
                i.dead_man_pressed and i.recovery_permitted and may.speed_cap_mps <= 0.3
            )
            if state in BY_ITSELF:
                assert i.severity < Severity.MINIMAL_RISK
                assert i.link_alive
                assert not self.latched
        if not i.standing and state in (S.ESTOP, S.FAULT):
            assert may.stop is StopKind.EMERGENCY
        if state is S.READY:
            assert not self.latched
        assert self.cab or state is not S.MANUAL


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
