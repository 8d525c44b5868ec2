"""The state table, cell by cell: every transition, and every cell of what may move."""

import pytest

from firmware_runtime.assessment.figures import LIMITS, SAFETY
from firmware_runtime.safety.facts import ALL_LATCHED, SafetyConfig
from firmware_runtime.safety.latch_causes import LatchCauses
from firmware_runtime.safety.state_machine import SafetyMachine, acknowledgement
from firmware_runtime.safety.state_table import (
    DRIVE_STATES,
    MAY_MOVE,
    MOVING_STATES,
    PRIORITIES,
    PROPULSION_STATES,
    STANDING_STATES,
    TRANSITIONS,
)
from firmware_runtime.vehicle.enums import SafetyState, StopKind
from tests.safety.cases import STANDING, STATES, Case, inputs_of, memory_of, wrong
from tests.safety.permission_cases import COLUMNS, Column, wrong_permissions
from tests.safety.transition_cases import ACKNOWLEDGE, CASES

S = SafetyState
MACHINES = {cab: SafetyMachine(SAFETY, LIMITS, cab) for cab in (False, True)}


@pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])
@pytest.mark.requirement("SR-09")
def test_from_this_state_told_this_it_goes_there(case: Case) -> None:
    assert wrong(MACHINES[case.cab], case) == ""


@pytest.mark.parametrize("column", COLUMNS, ids=[column.label for column in COLUMNS])
@pytest.mark.requirement("SR-09")
def test_in_this_state_told_this_exactly_this_may_move(column: Column) -> None:
    assert wrong_permissions(MACHINES[True], column) == ""


def test_every_state_is_in_the_table_and_in_the_cases() -> None:
    assert set(MAY_MOVE) == set(STATES) == {case.state for case in CASES} == {c.state for c in COLUMNS}
    assert {row.target for row in TRANSITIONS} | {S.INIT} == set(STATES)


def test_every_row_has_a_name_of_its_own_and_a_condition_in_words() -> None:
    names = [row.identifier for row in TRANSITIONS]
    assert len(names) == len(set(names))
    assert all(row.guard.__doc__ for row in TRANSITIONS)
    assert [name for name, _ in PRIORITIES] == ["E-stop", "Severity 4", "Severity 3", "Mode logic"]


def test_the_named_sets_of_states() -> None:
    assert set(STANDING) == STANDING_STATES
    assert {S.AUTO, S.DEGRADED} == DRIVE_STATES, "by itself, along the route"
    assert {S.AUTO, S.REMOTE, S.MANUAL, S.DEGRADED, S.MAINTENANCE} == PROPULSION_STATES
    assert PROPULSION_STATES | {S.MRM} == MOVING_STATES


def test_without_a_cab_there_is_no_way_to_manual() -> None:
    for case in CASES:
        after = MACHINES[False].step(10, memory_of(case), inputs_of(case))
        assert case.state is S.MANUAL or after.state is not S.MANUAL


@pytest.mark.requirement("SR-06")
def test_power_loss_leaves_the_latches_and_nothing_else() -> None:
    for case in CASES:
        before = memory_of(case)
        after = SafetyConfig.restore(before.snapshot())
        assert after == SafetyConfig(
            estop_latch=before.estop_latch,
            immediate_latch=before.immediate_latch,
            minimal_risk_latch=before.minimal_risk_latch,
        )


@pytest.mark.parametrize(
    "damage",
    [{"version": 2}, {"version": None}, {"estop": None}, {"immediate": 1}, {"minimal_risk": "false"}],
)
@pytest.mark.requirement("SR-06")
def test_a_snapshot_that_cannot_be_trusted_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected .* got"):
        SafetyConfig.restore({**SafetyConfig().snapshot(), **damage})
    assert SafetyConfig.restore(ALL_LATCHED.snapshot()) == ALL_LATCHED


@pytest.mark.requirement("SR-06")
def test_a_latch_that_is_missing_from_a_snapshot_is_no_released_latch() -> None:
    for latch in ("estop", "immediate", "minimal_risk"):
        snapshot = SafetyConfig().snapshot()
        del snapshot[latch]
        with pytest.raises(ValueError, match=latch):
            SafetyConfig.restore(snapshot)


@pytest.mark.parametrize("case", [c for c in CASES if c.clears], ids=[c.label for c in CASES if c.clears])
@pytest.mark.requirement("SR-07")
def test_an_acknowledge_that_took_effect_is_recorded_with_who_and_why(case: Case) -> None:
    case = case._replace(told={**case.told, "acknowledge_source": "body.OperatorInputs"})
    before, inputs = memory_of(case), inputs_of(case)
    after = MACHINES[True].step(before.entered_ns + 10, before, inputs)
    record = acknowledgement(before.entered_ns + 10, before, after, inputs, LatchCauses())
    assert record is not None
    assert record.time_ns == before.entered_ns + 10
    assert (record.source, record.latch) == ("body.OperatorInputs", case.clears)
    assert (record.state_before, record.state_after) == (case.state, case.expected)
    moved = f"{case.state.name} -> {case.expected.name}"
    assert record.text == (
        f"body.OperatorInputs cleared {case.clears} latch (cause: set before this start): {moved}"
    )


@pytest.mark.requirement("SR-07")
def test_an_acknowledge_without_effect_leaves_no_record() -> None:
    silent = [case for case in CASES if not case.clears]
    for case in silent:
        before, inputs = memory_of(case), inputs_of(case._replace(told={**case.told, **ACKNOWLEDGE}))
        after = MACHINES[True].step(before.entered_ns + 10, before, inputs)
        record = acknowledgement(before.entered_ns + 10, before, after, inputs, LatchCauses())
        gone = [n for n in ("estop", "immediate", "minimal_risk") if getattr(before, f"{n}_latch")]
        assert (record is None) == all(getattr(after, f"{n}_latch") for n in gone)


def test_a_stop_that_has_begun_keeps_its_time_when_it_becomes_harder() -> None:
    case = Case(S.MRM, {"link_alive": False}, S.MRM, {"stop": StopKind.COMFORTABLE})
    before = memory_of(case)
    after = MACHINES[True].step(before.entered_ns + 10**9, before, inputs_of(case))
    assert (after.stop, after.entered_ns) == (StopKind.MINIMAL_RISK, before.entered_ns)
