"""One case of the matrix: a cause begins, the truck does what it does, people come; all of it measured.

Speed, way and standstill are the plant's truth; times of reaction are read off the bus.
"""

from functools import cache
from typing import Any, NamedTuple

import cantools
from cantools.database.can import Database

from firmware_runtime.vehicle.enums import SafetyState
from tests.bus_vehicle import ROOT
from tests.drives.fault_matrix.causes import Place
from tests.drives.fault_matrix.injections import INJECTIONS
from tests.drives.fault_matrix.world import World
from tests.drives.rig import standing

S = SafetyState
LATCHED = (S.SAFE_STOP, S.ESTOP, S.FAULT)
STOP_MAX_S, NAME_MAX_S = 45.0, 8.0
"""Longest wait for a standstill, and for a name after it."""
SLOW_DOWN_S, GO_ON_S, GONE_S = 12.0, 3.0, 4.5
"""A truck that drives on is watched so long: where it slows down, where not, and after the cause has gone."""
SETTLE_S, LATCH_S, PRESSES_MAX, READY_MAX_S = 1.0, 1.5, 3, 9.0
DRIVING = 1
"""RuntimeHeartbeat.MotionState."""
CATCH_S, THINK_S = 0.5, 3.0
"""After a press of acknowledge: until its effect shows, and before the next one."""


class Outcome(NamedTuple):
    """What happened; seconds from the beginning of the cause, None where it never did."""

    identifier: str
    state: str
    """Of the runtime, when the cause began; `AUTO, setting off` where it was not under way."""
    cause: str
    speed_mps: float
    """Then."""
    fault_s: float | None
    detail: str
    frame_s: float | None
    """To the safe frame on the bus. Of a stop: the first heartbeat that does not say DRIVING, with which the
    inverter refuses to propel. Else: the first that tells the severity, or DEGRADED."""
    braking_s: float | None
    """Of a stop: to the first frame that brakes, by friction or motor, after which nothing propels more."""
    states: tuple[str, ...]
    """Of the runtime since then, the one in which it began first, up to `end_state`."""
    stop_m: float | None
    """Way to standstill; None where it drove on."""
    hardest_mps2: float
    """Largest deceleration up to then; magnitude."""
    speed_after_mps: float
    """Where it drove on: at the end of the watching."""
    end_state: str
    """Before people do anything."""
    latch: str
    """`held`, or what made it end without an acknowledge; empty where there was nothing to hold."""
    after: str
    """State after people have acknowledged, the cause gone; where it drove on, after the cause has gone."""
    presses: int
    """Of acknowledge."""
    named_after: bool
    """The fault is still active then."""
    further: tuple[str, ...]
    """Other faults that the cause raised."""
    took_over: str
    """Reason of a stop by the supervisor itself."""


@cache
def drive_bus() -> Database:
    database = cantools.database.load_file(ROOT / "dbc" / "q_truck_drive.dbc")
    assert isinstance(database, Database)
    return database


class Observer:
    """Watches the bus and the truth, tick by tick, since the cause began."""

    def __init__(self, world: World, identifier: str) -> None:
        self.world, self.identifier = world, identifier
        self.from_ns, self.from_m = world.now_ns, world.truth.distance_m
        self.speed_mps = world.truth.speed_mps
        self.fault_s: float | None = None
        self.detail = ""
        self.slowing_s: float | None = None
        self.stopping_s: float | None = None
        self.warned_s: float | None = None
        self.degraded_s: float | None = None
        self.stop_m: float | None = None
        self.hardest_mps2 = 0.0
        self.further: dict[str, None] = {}
        self.took_over = ""
        self.before = {text.split(":")[0] for text in world.telemetry.faults}
        self.states = [world.state.name]
        self._torque_nm = self._brake_n = 0.0

    @property
    def now_s(self) -> float:
        return round((self.world.now_ns - self.from_ns) * 1e-9, 3)

    def look(self) -> None:
        world = self.world
        if self.states[-1] != world.state.name:
            self.states.append(world.state.name)
        for text in world.telemetry.faults:
            name, _, detail = text.partition(": ")
            if name != self.identifier:
                self.further[name] = None
            elif self.fault_s is None:
                self.fault_s, self.detail = self.now_s, detail
        self.took_over = self.took_over or world.onboard.supervisor.report.took_over
        if self.stop_m is None:
            self._look_at_bus()
            self.hardest_mps2 = max(self.hardest_mps2, -world.truth.acceleration_mps2)
            if standing(world) and world.state in LATCHED:
                self.stop_m = abs(world.truth.distance_m - self.from_m)

    def _look_at_bus(self) -> None:
        for _, bus, can_id, data in self.world.said:
            if bus != "drive" or bus in self.world.cut:
                continue
            message = drive_bus().get_message_by_frame_id(can_id & 0x1FFF_FFFF)
            if message.name == "SteeringCommand":
                continue
            values: Any = message.decode(data, decode_choices=False)
            if message.name == "TractionCommand":
                self._torque_nm = values["TorqueRequest"]
            elif message.name == "BrakeCommand":
                self._brake_n = values["ForceRequest"]
            elif message.name == "RuntimeHeartbeat":
                if values["MotionState"] == DRIVING:
                    self.stopping_s = None
                elif self.stopping_s is None:
                    self.stopping_s = self.now_s
                if self.warned_s is None and values["Severity"] >= 1:
                    self.warned_s = self.now_s
                if self.degraded_s is None and values["SafetyState"] == S.DEGRADED:
                    self.degraded_s = self.now_s
        if self._torque_nm > 0.0:
            self.slowing_s = None
        elif self.slowing_s is None and (self._torque_nm < 0.0 or self._brake_n > 0.0):
            self.slowing_s = self.now_s


def run_case(world: World, identifier: str) -> Outcome:
    """From a world in the drive state on, to the very end."""
    injection = INJECTIONS[identifier]
    began_in = world.state.name
    if injection.place is not Place.MOVING:
        began_in = f"{began_in}, {injection.place.value}"
    watch = Observer(world, identifier)
    injection.begin(world)
    caused = True

    def tick() -> None:
        nonlocal caused
        if caused:
            injection.each(world)
        world.tick()
        world.log.clear()
        watch.look()
        if caused and injection.until_named and watch.fault_s is not None:
            injection.end(world)
            caused = False

    def let_run(seconds: float) -> None:
        end_ns = world.now_ns + round(seconds * 1e9)
        while world.now_ns < end_ns:
            tick()

    while not (standing(world) and world.state in LATCHED) and watch.now_s < STOP_MAX_S:
        tick()
        drives_on = watch.states[-1] in ("AUTO", "DEGRADED")
        watched_s = GO_ON_S if began_in.startswith(watch.states[-1]) else SLOW_DOWN_S
        if drives_on and watch.fault_s is not None and watch.now_s >= watch.fault_s + watched_s:
            break
    stopped = world.state in LATCHED
    if stopped:
        while watch.fault_s is None and watch.now_s < STOP_MAX_S + NAME_MAX_S:
            tick()
        let_run(SETTLE_S)
    end_state, speed_after_mps = world.state.name, world.truth.speed_mps
    states = tuple(watch.states)
    if caused:
        injection.end(world)
        caused = False
    latch, presses = "", 0
    if stopped:
        latch, presses = _people(world, let_run)
    else:
        let_run(GONE_S)
    frame_s = watch.stopping_s
    if not stopped:
        frame_s = watch.warned_s if began_in.startswith(watch.states[-1]) else watch.degraded_s
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
    )


def _people(world: World, let_run: Any) -> tuple[str, int]:
    """The cause is gone. Somebody presses run, which must do nothing; then acknowledge, up to thrice."""
    state, from_m = world.state, world.truth.distance_m
    let_run(LATCH_S)
    world.vehicle.body.press_run()
    let_run(LATCH_S)
    if world.state is not state:
        return f"left to {world.state.name}", 0
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
