"""The drive fails under a driver: the torque goes, wheel and brake stay, and all of the braking with them."""

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig, standing
from tests.drives.test_by_hand import fastest, in_cab

S = SafetyState


def at_speed() -> Rig:
    rig = in_cab()
    rig.vehicle.body.cab.hold(accelerator=0.6)
    rig.pause(10.0)
    assert rig.truth.speed_mps > 3.0
    return rig


@pytest.mark.parametrize("cause", ["says so", "falls silent"])
@pytest.mark.requirement("SR-20")
def test_a_drive_that_fails_leaves_the_driver_wheel_and_brake_until_he_has_stopped(cause: str) -> None:
    rig = at_speed()
    if cause == "says so":
        rig.vehicle.inverter.failed = True
    else:
        rig.vehicle.sender("TractionFeedback").muted = True
    rig.pause(0.1)
    assert rig.onboard.supervisor.report.torque_taken
    rig.vehicle.body.cab.hold(accelerator=0.6, steering_rad=-0.05)
    rig.pause(1.0)
    assert rig.onboard.supervisor.report.took_over == ""
    assert rig.state is S.MANUAL
    assert rig.telemetry.torque_request_nm == 0.0
    assert rig.truth.front_angle_rad == pytest.approx(-0.05, abs=0.01)
    assert rig.telemetry.faults, "he is told"
    rig.vehicle.body.cab.hold(brake=0.2)
    from_mps, from_m = rig.truth.speed_mps, rig.truth.distance_m
    rig.run(standing, 6)
    sound_mps2 = braking_of_a_sound_truck()
    assert rig.truth.distance_m - from_m <= from_mps**2 / (2.0 * sound_mps2) + 0.6 * from_mps
    rig.vehicle.body.cab.hold(accelerator=0.6)
    assert fastest(rig, 2.0) == 0.0


def braking_of_a_sound_truck() -> float:
    """What the same pedal gives where the motor brakes too."""
    rig = at_speed()
    rig.vehicle.body.cab.hold(brake=0.2)
    rig.pause(0.6)
    from_mps = rig.truth.speed_mps
    rig.pause(0.5)
    return (from_mps - rig.truth.speed_mps) / 0.5
