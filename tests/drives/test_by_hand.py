"""People drive: at a distance, with the pendant beside the truck, in the cab. In lockstep, over the buses.

Figures are the requirement's and the plant's truth: a remote drive stays at walking pace (1.5 m/s),
a recovery at 0.3 m/s (ISO 3691-4, secondary), a vehicle without a person who means it stands.
"""

from math import tan

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig, standing
from tests.motion.lines import route_of

S = SafetyState
STRAIGHT = route_of([(200, 0, 0)])
REMOTE_MPS, RECOVERY_MPS = 1.5, 0.3
WHEELBASE_M = 8.0


def ready(key: str, vehicle: str = "q_truck") -> Rig:
    rig = Rig(STRAIGHT, vehicle=vehicle)
    rig.vehicle.body.turn_mode_key(key)
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.pause(0.5)
    return rig


def remote() -> Rig:
    """In REMOTE, the dead-man held, nothing asked yet."""
    rig = ready("REMOTE")
    rig.vehicle.body.hold_dead_man()
    rig.pause(0.1)
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.state is S.REMOTE, 2)
    return rig


def in_cab(key: str = "MANUAL") -> Rig:
    """The E-Truck at rest with a driver in it; at MANUAL it is his."""
    rig = Rig(STRAIGHT, vehicle="e_truck")
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.pause(0.5)
    if key == "MANUAL":
        rig.vehicle.body.turn_mode_key("MANUAL")
        rig.run(lambda r: r.state is S.MANUAL, 2)
    return rig


def fastest(rig: Rig, seconds: float) -> float:
    """Highest true speed in this time."""
    end_ns, most = rig.now_ns + round(seconds * 1e9), 0.0
    while rig.now_ns < end_ns:
        rig.tick()
        most = max(most, abs(rig.truth.speed_mps))
    return most


@pytest.mark.requirement("SR-28")
def test_a_remote_driver_gets_speed_and_curve_but_no_more_than_walking_pace() -> None:
    rig = remote()
    assert fastest(rig, 1.0) == 0.0, "nothing asked"
    rig.vehicle.body.remote.ask(0.8, 0.10)
    rig.pause(8.0)
    assert rig.truth.speed_mps == pytest.approx(0.8, abs=0.05)
    # Both axles steer alike, opposed: twice the tangent over the wheelbase.
    turned = rig.truth.yaw_rate_radps / rig.truth.speed_mps
    assert turned == pytest.approx(2.0 * tan(0.10) / WHEELBASE_M, rel=0.1)
    rig.vehicle.body.remote.ask(6.0, 0.10)
    assert REMOTE_MPS - 0.25 <= fastest(rig, 8.0) <= REMOTE_MPS
    assert rig.state is S.REMOTE


@pytest.mark.requirement("SR-28")
def test_a_dead_man_let_go_stops_the_truck_on_the_arc_that_it_was_on() -> None:
    rig = remote()
    rig.vehicle.body.remote.ask(1.5, 0.20)
    rig.pause(10.0)
    angle_rad, heading_rad, way_m = (
        rig.truth.front_angle_rad,
        rig.truth.heading_rad,
        rig.truth.distance_m,
    )
    rig.vehicle.body.hold_dead_man(False)
    rig.run(lambda r: r.state is S.MRM, 0.1)
    rig.run(lambda r: standing(r) and r.state is S.SAFE_STOP, 5)
    driven_m = rig.truth.distance_m - way_m
    assert driven_m <= 1.5**2 / (2 * 1.8) + 1.0
    assert rig.truth.front_angle_rad == pytest.approx(angle_rad, abs=0.01)
    turned_rad = rig.truth.heading_rad - heading_rad
    assert turned_rad == pytest.approx(driven_m * 2.0 * tan(angle_rad) / WHEELBASE_M, rel=0.1)


@pytest.mark.requirement("SR-28")
def test_holding_the_button_again_does_not_drive_on() -> None:
    rig = remote()
    rig.vehicle.body.remote.ask(1.0)
    rig.pause(4.0)
    rig.vehicle.body.hold_dead_man(False)
    rig.run(lambda r: r.state is S.SAFE_STOP, 5)
    rig.vehicle.body.hold_dead_man()
    assert fastest(rig, 3.0) < 0.05
    rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 5)
    assert fastest(rig, 3.0) == 0.0, "a new drive needs run"


def test_a_remote_drive_ends_where_nobody_asks_for_more() -> None:
    rig = remote()
    rig.vehicle.body.remote.ask(1.0)
    rig.pause(4.0)
    rig.vehicle.body.remote.ask(0.0)
    rig.run(standing, 8)
    rig.pause(8.0)
    assert rig.state is S.REMOTE, "a pause is no end"
    rig.run(lambda r: r.state is S.READY, 5)
    rig.vehicle.body.remote.ask(1.0)
    assert fastest(rig, 3.0) == 0.0


def test_after_a_remote_drive_beside_it_the_route_is_driven_on_from_there() -> None:
    """3 m to the left and back again, then by itself to the end."""
    rig = remote()
    for left_m in (3.0, 0.0):
        for _ in range(2500):
            aside_m = rig.telemetry.cross_track_m - left_m
            rig.vehicle.body.remote.ask(1.2, -0.03 * aside_m - 0.4 * rig.truth.heading_rad)
            rig.tick()
    assert rig.cross_track_max_m > 2.5, "farther than AUTO may leave it"
    assert rig.telemetry.faults == ()
    rig.vehicle.body.remote.ask(0.0)
    rig.run(lambda r: r.state is S.READY, 30)
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.pause(1.0)
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.telemetry.arrived and standing(r), 120)
    assert rig.telemetry.faults == ()
    assert rig.stop_error_m <= 0.10


@pytest.mark.requirement("SR-28")
def test_hold_to_run_moves_a_truck_off_its_stop_slowly_and_only_while_held() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(20.0)
    rig.vehicle.body.set_bumper(True)
    rig.run(lambda r: standing(r) and r.state is S.FAULT, 10)
    rig.vehicle.body.turn_mode_key("MAINTENANCE")
    rig.run(lambda r: r.state is S.MAINTENANCE, 2)
    rig.vehicle.body.remote.ask(1.0)
    assert fastest(rig, 3.0) == 0.0, "the button is not held"
    # The contactors were opened by the fault: they close first.
    rig.vehicle.body.hold_dead_man()
    most_mps = fastest(rig, 15.0)
    assert RECOVERY_MPS - 0.05 <= most_mps <= RECOVERY_MPS
    from_m = rig.truth.distance_m
    rig.vehicle.body.hold_dead_man(False)
    rig.run(lambda r: r.truth.park_brake_applied and standing(r), 3)
    assert rig.truth.distance_m - from_m <= 0.15
    assert rig.state is S.MAINTENANCE
    assert rig.onboard.supervisor.report.took_over == ""


@pytest.mark.requirement("SR-28")
def test_a_button_that_was_held_before_the_key_was_turned_moves_nothing() -> None:
    rig = ready("AUTO")
    rig.vehicle.body.hold_dead_man()
    rig.vehicle.body.remote.ask(0.3)
    rig.vehicle.body.turn_mode_key("MAINTENANCE")
    rig.run(lambda r: r.state is S.MAINTENANCE, 2)
    assert fastest(rig, 5.0) == 0.0


def test_the_driver_in_the_cab_drives_with_pedals_and_wheel() -> None:
    rig = in_cab()
    assert fastest(rig, 1.0) == 0.0
    rig.vehicle.body.cab.hold(accelerator=0.5)
    rig.pause(10.0)
    faster_mps = rig.truth.speed_mps
    assert faster_mps > 2.0
    rig.vehicle.body.cab.hold(steering_rad=0.08)
    rig.pause(1.0)
    assert faster_mps - 0.4 <= rig.truth.speed_mps <= faster_mps + 0.1, "the foot lifted: it rolls on"
    assert rig.truth.front_angle_rad == pytest.approx(0.08, abs=0.01)
    rig.vehicle.body.cab.hold(brake=0.2)
    rig.run(standing, 5)
    rig.vehicle.body.cab.hold()
    rig.run(lambda r: r.truth.park_brake_applied, 3)
    assert fastest(rig, 2.0) == 0.0, "held without a foot on the brake"
    assert rig.telemetry.faults == ()
    rig.vehicle.body.turn_mode_key("AUTO")
    rig.run(lambda r: r.state is S.READY, 2)


@pytest.mark.requirement("SR-15")
def test_the_whole_pedal_ends_at_the_permitted_speed() -> None:
    rig = in_cab()
    rig.vehicle.body.cab.hold(accelerator=1.0)
    rig.pause(22.0)
    assert 8.0 <= fastest(rig, 4.0) <= 8.33 * 1.05
    assert rig.state is S.MANUAL
    assert rig.onboard.supervisor.report.took_over == ""


def test_the_driver_takes_over_at_full_speed_without_a_jolt() -> None:
    rig = in_cab("AUTO")
    rig.vehicle.body.press_run()
    rig.run(lambda r: r.telemetry.route_distance_m >= 60.0)
    rig.vehicle.body.cab.take_over()
    rig.vehicle.body.cab.hold(accelerator=0.1)
    rig.run(lambda r: r.state is S.MANUAL, 0.1)
    hardest = 0.0
    for _ in range(200):
        rig.tick()
        hardest = max(hardest, abs(rig.truth.acceleration_mps2))
    assert hardest <= 0.6
    rig.vehicle.body.cab.hold(brake=0.15)
    rig.run(standing, 15)
    rig.vehicle.body.cab.take_over(False)
    rig.run(lambda r: r.state is S.READY, 3)
    assert rig.telemetry.faults == ()


def test_without_high_voltage_the_driver_keeps_wheel_and_brake_and_gets_no_torque() -> None:
    rig = in_cab()
    rig.vehicle.body.cab.hold(accelerator=0.6)
    rig.pause(8.0)
    rig.vehicle.body.set_charge_plug(True)
    rig.pause(0.3)
    speed_mps = rig.truth.speed_mps
    assert rig.state is S.MANUAL
    rig.vehicle.body.cab.hold(accelerator=0.6, steering_rad=-0.05)
    rig.pause(2.0)
    assert rig.truth.speed_mps < speed_mps
    assert rig.telemetry.torque_request_nm <= 0.0
    assert rig.truth.front_angle_rad == pytest.approx(-0.05, abs=0.01)
    rig.vehicle.body.cab.hold(brake=0.2)
    rig.run(standing, 5)


def test_pedals_that_are_not_heard_any_more_bring_the_truck_to_rest() -> None:
    rig = in_cab()
    rig.vehicle.body.cab.hold(accelerator=0.6, steering_rad=0.03)
    rig.pause(10.0)
    speed_mps, from_m = rig.truth.speed_mps, rig.truth.distance_m
    rig.vehicle.body.cab.sender.muted = True
    rig.run(standing, 20)
    assert rig.truth.distance_m - from_m <= speed_mps**2 / (2 * 0.7) + 1.5 * speed_mps
    assert rig.truth.front_angle_rad == pytest.approx(0.03, abs=0.01)
    assert any("CabInputs" in text for text in rig.telemetry.faults)


def test_the_off_button_ends_at_rest_and_does_nothing_under_way() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(10.0)
    rig.vehicle.body.press_off()
    rig.pause(1.0)
    assert rig.state is S.AUTO
    rig.vehicle.body.turn_mode_key("OFF")
    rig.run(lambda r: r.state is S.SAFE_STOP, 15)
    rig.vehicle.body.press_off()
    rig.run(lambda r: r.state is S.SHUTDOWN, 1)
    rig.pause(3.0)
    assert rig.truth.park_brake_applied
    assert rig.state is S.SHUTDOWN
