"""At each start the service brake proves itself: one that died while the truck was off is found at rest."""

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig

S = SafetyState
STANDBY_S = 1.2
"""Of the 1.5 s from the start of the process to STANDBY: what is left beside loading (0.3 s, assumption)."""


def test_a_sound_brake_proves_itself_in_time_while_the_springs_hold() -> None:
    rig = Rig()
    most_n = 0.0
    while rig.now_ns < STANDBY_S * 1e9:
        rig.tick()
        most_n = max(most_n, rig.vehicle.brakes.service_force_n)
        if rig.state is S.SELF_TEST:
            assert rig.truth.park_brake_applied
    assert rig.state in (S.STANDBY, S.READY)
    # The true force; the ECU's belief of it may be a tenth off.
    assert most_n >= 0.8 * rig.profile.data.brake.hold_force_n
    assert rig.truth.distance_m == pytest.approx(0.0, abs=1e-3)


@pytest.mark.requirement("SR-20")
def test_a_brake_that_is_dead_and_does_not_say_so_keeps_the_truck_where_it_is() -> None:
    rig = Rig()
    # Its line is cut: no force is measured, and the ECU has not noticed.
    rig.vehicle.sender("BrakeFeedback").override["Force"] = 0.0
    while rig.now_ns < 12e9:
        rig.tick()
    assert rig.state is S.FAULT
    told = [fault for fault in rig.telemetry.faults if fault.startswith("self_test_overdue")]
    assert "no proof that the service brake comes at 180000 N asked: 0 N" in told[0]
