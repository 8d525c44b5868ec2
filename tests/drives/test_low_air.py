"""Little air in the brakes: it fills up by itself, and the truck sets off no earlier."""

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig, standing

S = SafetyState
LITTLE_PA, SPRINGS_OPEN_PA, ENOUGH_PA = 4.0e5, 5.5e5, 6.5e5
COMPRESSOR_PAPS = 8000.0
"""Of the simulated truck: 2.5 bar take 31 s."""


def told(rig: Rig) -> set[str]:
    return {text.split(":")[0] for text in rig.telemetry.faults}


@pytest.mark.requirement("SR-04", "SR-23")
def test_a_truck_that_wakes_with_little_air_fills_up_and_becomes_ready_without_anybody() -> None:
    rig = Rig()
    air = rig.vehicle.brakes.reservoir
    air.pressure_pa = LITTLE_PA
    rig.run(lambda r: r.now_ns > 0 and r.state is S.STANDBY, 10)
    began_ns, from_pa = rig.now_ns, air.pressure_pa
    while rig.state is not S.READY:
        rig.tick()
        # Somebody is impatient: the presses must have no effect, now or later.
        if rig.now_ns % 1_000_000_000 == 0 and air.pressure_pa < ENOUGH_PA - 0.2e5:
            rig.vehicle.body.press_run()
        assert rig.state in (S.STANDBY, S.READY)
        assert rig.truth.park_brake_applied
        if air.pressure_pa < ENOUGH_PA - 0.05e5:
            assert rig.state is S.STANDBY
            assert "reservoir_filling" in told(rig)
        assert rig.now_ns - began_ns < 45e9
    assert air.pressure_pa > SPRINGS_OPEN_PA
    seconds = (rig.now_ns - began_ns) * 1e-9
    assert seconds == pytest.approx((ENOUGH_PA - from_pa) / COMPRESSOR_PAPS, abs=3.0), "no time is lost"
    rig.pause(2.0)
    assert rig.state is S.READY, "a press from before is no press"
    assert rig.truth.distance_m == 0.0
    assert S.FAULT not in rig.states
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.truth.speed_mps > 3.0, 20)
    assert rig.telemetry.faults == ()


@pytest.mark.requirement("SR-05", "SR-08")
@pytest.mark.parametrize("stop", ["air alone", "e-stop on top"])
def test_a_truck_that_lost_its_air_in_a_drive_stops_fills_up_and_drives_again(stop: str) -> None:
    rig = Rig()
    rig.drive_to(20.0)
    air = rig.vehicle.brakes.reservoir
    air.pressure_pa, air.leak_paps = 4.4e5, COMPRESSOR_PAPS
    rig.run(lambda r: r.state is S.MRM, 1)
    if stop != "air alone":
        rig.vehicle.body.estop()
    rig.run(standing, 15)
    rig.pause(2.0)
    assert "reservoir_low" in told(rig)
    air.leak_paps = 20.0
    rig.vehicle.body.release_estop()
    rig.pause(1.0)
    for _ in range(3):
        if rig.state in (S.SAFE_STOP, S.ESTOP):
            rig.acknowledge()
            rig.pause(1.0)
    assert rig.state is S.STANDBY, "acknowledged, and not ready: there is no air"
    rig.run(lambda r: r.state is S.READY, 45)
    assert air.pressure_pa > ENOUGH_PA - 0.05e5
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.truth.speed_mps > 3.0, 20)
