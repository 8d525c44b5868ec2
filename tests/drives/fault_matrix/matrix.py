"""All cases: a drive to each drive state, and a copy of the world for each cause.

A copy is a forked process (as in branches.py), one at a time; it sends back what happened.
"""

import multiprocessing
from collections.abc import Callable, Collection, Iterator
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.case import run_case
from tests.drives.fault_matrix.causes import Place
from tests.drives.fault_matrix.expectations_by_hand import NOT_BY_HAND
from tests.drives.fault_matrix.injections import INJECTIONS
from tests.drives.fault_matrix.people import driver, remote_driver
from tests.drives.fault_matrix.world import AUTO_AT_M, DEGRADED_AT_M, MANUAL_AT_M, REMOTE_AT_M, World

S = SafetyState
AUTO, DEGRADED, REMOTE, MANUAL, STANDING = "AUTO", "DEGRADED", "REMOTE", "MANUAL", "standing"
Case = tuple[str, str]
"""A fault's identifier and the state that its cause begins in."""
ONLY_BY_HAND = {"driver_unheard"}
"""There is no driver in the cab elsewhere."""


Run = Callable[[World, str], Any]
"""What a copy of the world does with a fault's identifier; it sends back the answer."""


class Drive(NamedTuple):
    state: SafetyState
    place_m: float
    begin: Callable[[float], World]
    """So far left of the route, about to be in the state."""


def every_case() -> list[Case]:
    cases: list[Case] = []
    for identifier, injection in INJECTIONS.items():
        if injection.place in (Place.READY, Place.BOOT):
            cases.append((identifier, STANDING))
            continue
        if identifier not in ONLY_BY_HAND:
            cases += [(identifier, AUTO), (identifier, DEGRADED)]
        cases += [(identifier, s) for s in (REMOTE, MANUAL) if (identifier, s) not in NOT_BY_HAND]
    return cases


def outcomes(cases: Collection[Case], run: Run = run_case) -> Iterator[Any]:
    """Drives as far as the cases need it; in the order of the drives. run: what becomes of each, Outcome by
    default."""
    wanted = set(cases)

    def of(wanted_in: str) -> set[str]:
        return {name for name, state in wanted if state == wanted_in}

    slow = of(DEGRADED)
    yield from _standing(of(STANDING), run)
    yield from _driving(of(AUTO), Drive(S.AUTO, AUTO_AT_M, _by_itself(_well)), run)
    # Who is slow for its 24 V supply cannot become so by it.
    yield from _driving(slow - {"supply_low"}, Drive(S.DEGRADED, DEGRADED_AT_M, _by_itself(_low_supply)), run)
    yield from _driving(slow & {"supply_low"}, Drive(S.DEGRADED, DEGRADED_AT_M, _by_itself(_hot)), run)
    yield from _driving(of(REMOTE), Drive(S.REMOTE, REMOTE_AT_M, _remote), run)
    yield from _driving(of(MANUAL), Drive(S.MANUAL, MANUAL_AT_M, _in_cab), run)


def _well(world: World) -> None:
    """Nothing that would lower its speed."""


def _low_supply(world: World) -> None:
    world.says("BodyStatus", SupplyVoltage=19.5)
    world.run(lambda r: any(text.startswith("supply_low") for text in r.telemetry.faults), 2)


def _hot(world: World) -> None:
    world.host["temperature_degc"] = 102.0
    world.run(lambda r: any(text.startswith("computer_hot") for text in r.telemetry.faults), 3)


def _by_itself(lower: Callable[[World], None]) -> Callable[[float], World]:
    def begin(aside_m: float) -> World:
        world = World(aside_m)
        world.make_ready()
        lower(world)
        world.pause(0.5)
        world.vehicle.body.press_run()
        return world

    return begin


def _remote(aside_m: float) -> World:
    world = World(aside_m)
    world.vehicle.body.turn_mode_key("REMOTE")
    world.make_ready()
    world.vehicle.body.hold_dead_man()
    world.person = remote_driver
    world.pause(0.5)
    world.vehicle.body.press_run()
    return world


def _in_cab(aside_m: float) -> World:
    """The E-Truck. Its key must be turned to MANUAL where it is READY, and the foot comes down after that."""
    world = World(aside_m, vehicle="e_truck")
    world.make_ready()
    world.vehicle.body.turn_mode_key("MANUAL")
    world.run(lambda r: r.state is S.MANUAL, 2)
    world.pause(0.1)
    world.person = driver
    return world


def _at(names: Collection[str], place: Place) -> list[str]:
    return sorted(name for name in names if INJECTIONS[name].place is place)


def _standing(names: Collection[str], run: Run) -> Iterator[Any]:
    if not names:
        return
    world = World()
    world.tick()
    for name in _at(names, Place.BOOT):
        yield _copy(world, name, run)
    world.make_ready()
    for name in _at(names, Place.READY):
        yield _copy(world, name, run)


def _driving(names: Collection[str], drive: Drive, run: Run) -> Iterator[Any]:
    aside = _at(names, Place.ASIDE)
    if aside:
        world = drive.begin(1.0)
        world.run(lambda r: r.state is drive.state, 2)
        for name in aside:
            yield _copy(world, name, run)
    if len(aside) == len(names):
        return
    world = drive.begin(0.0)
    yield from _held(world, drive.state, _at(names, Place.HELD), run)
    world.run(lambda r: r.state is drive.state, 2)
    for name in _at(names, Place.SETTING_OFF):
        yield _copy(world, name, run)
    moving = _at(names, Place.MOVING)
    if moving:
        world.roll_to(drive.place_m)
        for name in moving:
            yield _copy(world, name, run)


def _held(world: World, state: SafetyState, names: Collection[str], run: Run) -> Iterator[Any]:
    """In a copy's copy: something stands in the scanner's field when it is told to run."""

    def prepare(copy: World) -> None:
        copy.vehicle.body.set_scanner(True)
        copy.run(lambda r: r.state is state, 2)
        copy.pause(1.0)

    for name in names:
        yield _copy(world, name, run, prepare)


def _copy(world: World, name: str, run: Run, prepare: Callable[[World], None] | None = None) -> Any:
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    copy = context.Process(target=_run, args=(world, name, run, prepare, theirs))
    copy.start()
    theirs.close()
    try:
        return mine.recv()
    except EOFError:
        raise AssertionError(f"{name} in {world.state.name}: the case ended early, see above") from None
    finally:
        mine.close()
        copy.join()


def _run(world: World, name: str, run: Run, prepare: Callable[[World], None] | None, out: Connection) -> None:
    if prepare is not None:
        prepare(world)
    out.send(run(world, name))
    out.close()
