"""One case of the matrix: a cause begins, the truck does what it does, people come; all of it measured.

Speed, way and standstill are the plant's truth; times of reaction are read off the bus.
"""

from typing import Any

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.causes import Place
from tests.drives.fault_matrix.injections import INJECTIONS
from tests.drives.fault_matrix.observer import LATCHED, Observer
from tests.drives.fault_matrix.outcome import Outcome
from tests.drives.fault_matrix.people import SWERVE_RAD, resting_driver, stopping_driver
from tests.drives.fault_matrix.world import World
from tests.drives.rig import standing

S = SafetyState
STOP_MAX_S, NAME_MAX_S = 45.0, 8.0
"""Longest wait for a standstill, and for a name after it."""
SLOW_DOWN_S, GO_ON_S, BY_HAND_S, GONE_S = 12.0, 3.0, 9.0, 4.5
"""A truck that drives on is watched so long: where it slows down, where not, where people drive it, in which
states do not tell it, and after the cause has gone."""
SETTLE_S, LATCH_S, PRESSES_MAX, READY_MAX_S = 1.0, 1.5, 3, 9.0
CATCH_S, THINK_S = 0.5, 3.0
"""After a press of acknowledge: until its effect shows, and before the next one."""
STEER_S, STEER_RAD, BRAKE_MAX_S = 1.0, 0.02, 6.0
"""A driver who swerves: the wheels are there by then, so exactly; and he stands by then."""


class _Course:
    """The world as it goes on with a cause in it, observed in each tick."""

    def __init__(self, world: World, identifier: str) -> None:
        self.world = world
        self.injection = INJECTIONS[identifier]
        self.watch = Observer(world, identifier)
        self.injection.begin(world)
        self._caused = True

    def tick(self) -> None:
        if self._caused:
            self.injection.each(self.world)
        self.world.tick()
        self.world.log.clear()
        self.watch.look()
        if self.injection.until_named and self.watch.fault_s is not None:
            self.end_cause()

    def let_run(self, seconds: float) -> None:
        end_ns = self.world.now_ns + round(seconds * 1e9)
        while self.world.now_ns < end_ns:
            self.tick()

    def end_cause(self) -> None:
        if self._caused:
            self.injection.end(self.world)
            self._caused = False


def run_case(world: World, identifier: str) -> Outcome:
    """From a world in the drive state on, to the very end."""
    state = world.state
    course = _Course(world, identifier)
    injection, watch = course.injection, course.watch
    began_in = state.name
    if injection.place is not Place.MOVING:
        began_in = f"{began_in}, {injection.place.value}"
    stopped = _react(course, state)
    end_state, speed_after_mps, torque_nm = world.state.name, world.truth.speed_mps, watch.torque_nm
    states, not_obeyed = tuple(watch.states), ""
    if world.state is S.MANUAL and not stopped:
        not_obeyed = _driver_stops(world, course.tick)
    course.end_cause()
    latch, presses = "", 0
    if stopped:
        latch, presses = _people(world, course.let_run)
    else:
        course.let_run(GONE_S)
    frame_s = watch.stopping_s
    if not stopped:
        frame_s = watch.warned_s if began_in.startswith(states[-1]) else watch.degraded_s
    return Outcome(
        identifier=identifier,
        state=began_in,
        cause=injection.cause,
        speed_mps=watch.speed_mps,
        fault_s=watch.fault_s,
        detail=watch.detail,
        frame_s=frame_s,
        braking_s=watch.slowing_s if stopped else None,
        states=states,
        stop_m=watch.stop_m if stopped else None,
        hardest_mps2=watch.hardest_mps2,
        speed_after_mps=speed_after_mps,
        end_state=end_state,
        latch=latch,
        after=world.state.name,
        presses=presses,
        named_after=bool(world.named(identifier)),
        further=tuple(name for name in watch.further if name not in watch.before),
        took_over=watch.took_over,
        arc_left_rad=watch.arc_left_rad,
        torque_after_nm=torque_nm,
        not_obeyed=not_obeyed,
    )


def _react(course: _Course, state: SafetyState) -> bool:
    """Until the truck stands, or has driven on for long enough; True where it stopped.

    state: in which it was when the cause began.
    """
    world, watch = course.world, course.watch
    while not watch.stopped and watch.now_s < STOP_MAX_S:
        course.tick()
        drives_on = watch.states[-1] in ("AUTO", "DEGRADED", "REMOTE", "MANUAL") and not watch.took_over
        watched_s = GO_ON_S if world.state is state else SLOW_DOWN_S
        if state in (S.REMOTE, S.MANUAL):
            watched_s = BY_HAND_S
        if drives_on and watch.fault_s is not None and watch.now_s >= watch.fault_s + watched_s:
            break
    stopped = watch.stopped or world.state in LATCHED
    if stopped:
        while watch.fault_s is None and watch.now_s < STOP_MAX_S + NAME_MAX_S:
            course.tick()
        course.let_run(SETTLE_S)
    return stopped


def _driver_stops(world: World, tick: Any) -> str:
    """The cause still lasts. The driver swerves and brakes; what of it the truck does not do."""
    wrong: list[str] = []
    world.person = stopping_driver
    from_ns = world.now_ns
    while world.now_ns - from_ns < STEER_S * 1e9:
        tick()
    turned_rad = world.vehicle.steering.front_angle_rad
    if abs(turned_rad - SWERVE_RAD) > STEER_RAD:
        wrong.append(f"steered to {turned_rad:.3f} rad, asked {SWERVE_RAD:.3f}")
    while world.now_ns - from_ns < BRAKE_MAX_S * 1e9 and not standing(world):
        tick()
    if not standing(world):
        wrong.append(f"still {world.truth.speed_mps:.2f} m/s after {BRAKE_MAX_S:.0f} s of braking")
    world.person = resting_driver
    return ", ".join(wrong)


def _people(world: World, let_run: Any) -> tuple[str, int]:
    """The cause is gone. Somebody presses run, which must do nothing; then acknowledge, up to thrice.

    A stop that latched no state, in the cab, is left by the key.
    """
    state, from_m = world.state, world.truth.distance_m
    let_run(LATCH_S)
    world.vehicle.body.press_run()
    let_run(LATCH_S)
    if world.state is not state:
        return f"left to {world.state.name}", 0
    if state is S.MANUAL:
        world.vehicle.body.turn_mode_key("AUTO")
        let_run(LATCH_S)
    presses = 0
    while world.state is not S.READY and presses < PRESSES_MAX:
        presses += 1
        if presses > 1:
            let_run(THINK_S)
        world.vehicle.body.press_acknowledge()
        let_run(CATCH_S)
        end_ns = world.now_ns + round(READY_MAX_S * 1e9)
        while world.state in (S.SELF_TEST, S.STANDBY) and world.now_ns < end_ns:
            let_run(0.01)
    let_run(LATCH_S)
    moved = abs(world.truth.distance_m - from_m) > 0.05
    return ("moved" if moved else "held"), presses
