"""SIGTERM to `control` in a whole drive: a minimal-risk stop where it moves; at rest no latch is left."""

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.people import driver
from tests.drives.fault_matrix.world import World

S = SafetyState
MINIMAL_RISK_MPS2, EMERGENCY_MPS2 = 1.8, 3.0


class Ending(World):
    """A drive whose `control` is asked to end, and is gone when it may be."""

    def ask(self) -> None:
        self.host["end_asked"] = True

    @property
    def control_may_end(self) -> bool:
        return self.onboard.controller.may_end

    @property
    def latched(self) -> bool:
        latches = self.onboard.controller.safety.snapshot()
        return any(latches[name] for name in ("estop", "immediate", "minimal_risk"))

    @property
    def without_voltage(self) -> bool:
        contactors = self.vehicle.battery.contactors
        return not (contactors.plus or contactors.minus)

    def let_end(self, seconds: float) -> None:
        self.run(lambda _: self.control_may_end, seconds)


def under_way(state: SafetyState = S.AUTO) -> Ending:
    world = Ending()
    world.make_ready()
    world.set_off(state)
    world.run(lambda w: w.truth.speed_mps > 4.0, 30)
    return world


@pytest.mark.requirement("SR-04")
def test_under_way_it_stops_with_minimal_risk_and_ends_held_and_without_voltage() -> None:
    world = under_way()
    speed_mps, from_m = world.truth.speed_mps, world.truth.distance_m
    world.ask()
    hardest_mps2 = 0.0
    while world.truth.speed_mps > 0.0:
        world.tick()
        assert not world.control_may_end
        hardest_mps2 = max(hardest_mps2, -world.truth.acceleration_mps2)
    assert MINIMAL_RISK_MPS2 * 0.8 < hardest_mps2 < EMERGENCY_MPS2
    assert world.truth.distance_m - from_m < speed_mps**2 / (2 * 0.8 * MINIMAL_RISK_MPS2) + 0.5 * speed_mps
    assert abs(world.line.cross_track_m) < 0.1
    assert not world.truth.brakes_latched
    world.let_end(3)
    assert world.states[-3:] == [S.MRM, S.SAFE_STOP, S.SHUTDOWN]
    assert world.truth.park_brake_applied
    assert world.without_voltage
    assert world.latched, "no pull-away without a person (UN R157)"


def test_at_rest_it_leaves_nothing_to_acknowledge() -> None:
    world = Ending()
    world.make_ready()
    world.ask()
    world.let_end(2)
    assert world.states[-2:] == [S.READY, S.SHUTDOWN]
    assert not world.latched
    assert not world.telemetry.faults
    assert world.truth.park_brake_applied
    assert world.without_voltage


@pytest.mark.parametrize("after_s", [0.02, 0.2])
def test_before_the_self_test_has_passed_it_ends_as_soon_as_the_truck_is_known_to_stand(
    after_s: float,
) -> None:
    world = Ending()
    world.pause(after_s)
    assert world.state in (S.INIT, S.SELF_TEST)
    world.ask()
    world.let_end(1)
    assert not world.latched


def test_a_truck_that_is_stopped_and_latched_keeps_its_latch_through_the_end() -> None:
    world = under_way()
    world.vehicle.body.estop()
    world.run(lambda w: w.truth.speed_mps == 0.0, 10)
    world.ask()
    world.let_end(5)
    assert world.states[-2:] == [S.ESTOP, S.SHUTDOWN]
    assert world.onboard.controller.safety.estop_latch


def test_the_supervisor_then_holds_the_truck_until_it_ends_itself() -> None:
    world = under_way()
    world.ask()
    world.let_end(15)
    supervisor = world.onboard.supervisor
    supervisor.ask_end()
    stood_m = world.truth.distance_m
    for _ in range(10):
        world.hang_ticks = 1
        world.tick()
    assert supervisor.may_end
    assert world.truth.distance_m == stood_m
    assert not world.truth.brakes_latched
    assert world.truth.park_brake_applied


@pytest.mark.requirement("SR-04")
def test_the_supervisor_alone_is_asked_and_stops_the_truck_along_its_path() -> None:
    world = under_way()
    world.onboard.supervisor.ask_end()
    hardest_mps2 = 0.0
    while world.truth.speed_mps > 0.0:
        world.tick()
        hardest_mps2 = max(hardest_mps2, -world.truth.acceleration_mps2)
    assert hardest_mps2 < EMERGENCY_MPS2
    assert abs(world.line.cross_track_m) < 0.15
    assert not world.truth.brakes_latched
    world.pause(1.0)
    assert world.truth.park_brake_applied


def test_a_driver_is_warned_and_slowed_and_all_ends_when_he_has_stood_for_5_s() -> None:
    world = Ending(vehicle="e_truck")
    world.make_ready()
    world.vehicle.body.turn_mode_key("MANUAL")
    world.run(lambda w: w.state is S.MANUAL, 2)
    world.pause(0.1)
    world.person = driver
    world.run(lambda w: w.truth.speed_mps > 4.0, 30)
    world.ask()
    world.pause(9.0)
    assert world.state is S.MANUAL
    assert 1.5 < world.truth.speed_mps < 2.3
    world.person = lambda w: w.vehicle.body.cab.hold(0.0, 0.3, 0.0)
    world.run(lambda w: w.truth.speed_mps == 0.0, 10)
    world.pause(5.0)
    assert not world.control_may_end
    world.let_end(0.5)
    assert world.state is S.MANUAL
    assert not world.latched
