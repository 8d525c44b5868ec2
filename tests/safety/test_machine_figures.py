"""What the state machine takes from a profile: its time budgets to the nanosecond, its caps, and the cab."""

import pytest

from firmware_runtime.assessment.figures import LIMITS, SAFETY
from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.safety.state_machine import SafetyMachine
from firmware_runtime.vehicle.enums import ModeKey, SafetyState, Severity, StopKind
from tests.safety.cases import COMFORTABLE_S, DEGRADED_S, MINIMAL_RISK_S, SELF_TEST_S
from tests.safety.support import Walk, profile

S = SafetyState
BUDGETS = {
    "self-test": (SELF_TEST_S, SafetyConfig(state=S.SELF_TEST), {"self_test_passed": False}, S.FAULT),
    "degraded": (DEGRADED_S, SafetyConfig(state=S.DEGRADED), {"severity": Severity.DEGRADE}, S.MRM),
    "minimal-risk": (MINIMAL_RISK_S, SafetyConfig(state=S.MRM, stop=StopKind.MINIMAL_RISK), {}, S.ESTOP),
}


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("name", BUDGETS)
def test_a_budget_is_spent_after_its_last_nanosecond(name: str) -> None:
    seconds, config, told, goal = BUDGETS[name]
    for late_ns, state in ((0, config.state), (1, goal)):
        walk = Walk(SafetyMachine(SAFETY, LIMITS), config)
        walk.now_ns = round(seconds * 1e9) + late_ns - 10_000_000
        assert walk.tick(standing=False, **told) is state


@pytest.mark.requirement("SR-08")
def test_a_comfortable_stop_becomes_a_minimal_risk_stop_after_its_last_nanosecond() -> None:
    for late_ns, stop in ((0, StopKind.COMFORTABLE), (1, StopKind.MINIMAL_RISK)):
        config = SafetyConfig(state=S.MRM, stop=StopKind.COMFORTABLE)
        walk = Walk(SafetyMachine(SAFETY, LIMITS), config)
        walk.now_ns = round(COMFORTABLE_S * 1e9) + late_ns - 10_000_000
        walk.tick(standing=False)
        assert (walk.config.state, walk.config.stop) == (S.MRM, stop)


def test_where_nothing_is_said_of_a_cab_there_is_none() -> None:
    data = profile().data
    walk = Walk(SafetyMachine(data.safety, data.limits))
    walk.to_ready()
    assert walk.tick(5, mode=ModeKey.MANUAL) is S.STANDBY, "no mode to drive in, and no way to MANUAL"


@pytest.mark.parametrize(
    ("state", "cap_mps"),
    [(S.STANDBY, 0.0), (S.AUTO, 8.33), (S.DEGRADED, 2.0), (S.FAULT, 0.0)],
)
def test_caps_are_the_profiles(state: SafetyState, cap_mps: float) -> None:
    data = profile().data
    walk = Walk(SafetyMachine(data.safety, data.limits), SafetyConfig(state=state))
    assert walk.may().speed_cap_mps == cap_mps
