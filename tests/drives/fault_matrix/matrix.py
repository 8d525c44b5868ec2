"""All cases: a drive to each drive state, and a copy of the world for each cause.

A copy is a forked process (as in branches.py), one at a time; it sends back what happened.
"""

import multiprocessing
from collections.abc import Callable, Collection, Iterator
from multiprocessing.connection import Connection

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.fault_matrix.case import Outcome, run_case
from tests.drives.fault_matrix.causes import Place
from tests.drives.fault_matrix.injections import INJECTIONS
from tests.drives.fault_matrix.world import AUTO_AT_M, DEGRADED_AT_M, World

S = SafetyState
AUTO, DEGRADED, STANDING = "AUTO", "DEGRADED", "standing"
Case = tuple[str, str]
"""A fault's identifier and the state that its cause begins in."""


def every_case() -> list[Case]:
    cases: list[Case] = []
    for identifier, injection in INJECTIONS.items():
        if injection.place in (Place.READY, Place.BOOT):
            cases.append((identifier, STANDING))
        else:
            cases += [(identifier, AUTO), (identifier, DEGRADED)]
    return cases


def outcomes(cases: Collection[Case]) -> Iterator[Outcome]:
    """Drives as far as the cases need it; in the order of the drives."""
    wanted = set(cases)
    yield from _standing({name for name, state in wanted if state == STANDING})
    yield from _driving({name for name, state in wanted if state == AUTO}, S.AUTO, AUTO_AT_M, _well)
    slow = {name for name, state in wanted if state == DEGRADED}
    # Who is slow for its 24 V supply cannot become so by it.
    yield from _driving(slow - {"supply_low"}, S.DEGRADED, DEGRADED_AT_M, _low_supply)
    yield from _driving(slow & {"supply_low"}, S.DEGRADED, DEGRADED_AT_M, _hot)


def _well(world: World) -> None:
    """Nothing that would lower its speed."""


def _low_supply(world: World) -> None:
    world.says("BodyStatus", SupplyVoltage=19.5)
    world.run(lambda r: any(text.startswith("supply_low") for text in r.telemetry.faults), 2)


def _hot(world: World) -> None:
    world.host["temperature_degc"] = 102.0
    world.run(lambda r: any(text.startswith("computer_hot") for text in r.telemetry.faults), 3)


def _at(names: Collection[str], place: Place) -> list[str]:
    return sorted(name for name in names if INJECTIONS[name].place is place)


def _standing(names: Collection[str]) -> Iterator[Outcome]:
    if not names:
        return
    world = World()
    world.tick()
    for name in _at(names, Place.BOOT):
        yield _copy(world, name)
    world.make_ready()
    for name in _at(names, Place.READY):
        yield _copy(world, name)


def _driving(
    names: Collection[str], state: SafetyState, place_m: float, lower: Callable[[World], None]
) -> Iterator[Outcome]:
    if _at(names, Place.ASIDE):
        world = _about_to_run(lower, aside_m=1.0)
        world.run(lambda r: r.state is state, 2)
        for name in _at(names, Place.ASIDE):
            yield _copy(world, name)
    if len(_at(names, Place.ASIDE)) == len(names):
        return
    world = _about_to_run(lower)
    held = _at(names, Place.HELD)
    if held:
        yield from _held(world, state, held)
    world.run(lambda r: r.state is state, 2)
    for name in _at(names, Place.SETTING_OFF):
        yield _copy(world, name)
    moving = _at(names, Place.MOVING)
    if moving:
        world.roll_to(place_m)
        for name in moving:
            yield _copy(world, name)


def _about_to_run(lower: Callable[[World], None], aside_m: float = 0.0) -> World:
    world = World(aside_m)
    world.make_ready()
    lower(world)
    world.pause(0.5)
    world.vehicle.body.press_run()
    return world


def _held(world: World, state: SafetyState, names: Collection[str]) -> Iterator[Outcome]:
    """In a copy's copy: something stands in the scanner's field when it is told to run."""

    def prepare(copy: World) -> None:
        copy.vehicle.body.set_scanner(True)
        copy.run(lambda r: r.state is state, 2)
        copy.pause(1.0)

    for name in names:
        yield _copy(world, name, prepare)


def _copy(world: World, name: str, prepare: Callable[[World], None] | None = None) -> Outcome:
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    copy = context.Process(target=_run, args=(world, name, prepare, theirs))
    copy.start()
    theirs.close()
    try:
        return mine.recv()
    except EOFError:
        raise AssertionError(f"{name} in {world.state.name}: the case ended early, see above") from None
    finally:
        mine.close()
        copy.join()


def _run(world: World, name: str, prepare: Callable[[World], None] | None, out: Connection) -> None:
    if prepare is not None:
        prepare(world)
    out.send(run_case(world, name))
    out.close()
