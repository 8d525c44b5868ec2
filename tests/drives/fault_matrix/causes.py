"""What a cause is, and the hands that cause what `injections` lists: on bus, plant and computer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind
from firmware_runtime.safety.state_report import Restored, StateReport
from firmware_runtime.safety.supervisor import Supervisor
from tests.drives.fault_matrix.world import World
from vehicle_hil.plant.longitudinal import Grade

STEERING_COMMAND = 0x8CFF0327
MOTOR_RADPS_PER_MPS = 20.0 / 0.60
"""Of the Q-Truck: gear ratio over wheel radius."""
PERIOD_NS = 10_000_000

Hand = Callable[[World], None]


class Place(Enum):
    """Where in the drive the cause begins."""

    MOVING = "moving"
    SETTING_OFF = "setting off"
    ASIDE = "setting off a metre aside"
    HELD = "held by the scanner"
    """In a drive state, at standstill."""
    READY = "waiting"
    BOOT = "at boot"


def nothing(world: World) -> None:
    """No end of its own."""


@dataclass(frozen=True, slots=True)
class Injection:
    cause: str
    begin: Hand
    end: Hand
    each: Hand = nothing
    place: Place = Place.MOVING
    until_named: bool = False
    """The cause goes away as soon as the fault has its name: longer it would cause another one too."""


def says(cause: str, message: str, place: Place = Place.MOVING, **values: float) -> Injection:
    return Injection(
        cause, lambda w: w.says(message, **values), lambda w: w.says_true(message, *values), place=place
    )


def sender(cause: str, message: str, flag: str) -> Injection:
    def switch(on: bool) -> Hand:
        return lambda w: setattr(w.vehicle.sender(message), flag, on)

    return Injection(cause, switch(True), switch(False))


def part(cause: str, ecu: str, name: str, bad: Any, well: Any) -> Injection:
    return Injection(
        cause,
        lambda w: setattr(getattr(w.vehicle, ecu), name, bad),
        lambda w: setattr(getattr(w.vehicle, ecu), name, well),
    )


def computer(cause: str, until_named: bool = False, **figures: Any) -> Injection:
    def end(world: World) -> None:
        for name in figures:
            del world.host[name]

    return Injection(cause, lambda w: w.host.update(figures), end, until_named=until_named)


def found_at_boot(cause: str, restored: Restored) -> Injection:
    """What a start took of the state that outlives power: it is told in one tick."""
    injection = computer(cause, until_named=True, state=StateReport(restored=restored))
    return replace(injection, place=Place.BOOT)


def event(bus: str, kind: EventKind, detail: int = 0, can_id: int = 0, text: str = "") -> Hand:
    return lambda w: w.bus_events.append(BusEvent(w.now_ns, bus, kind, detail, can_id, text))


def both(*hands: Hand) -> Hand:
    def hand(world: World) -> None:
        for one in hands:
            one(world)

    return hand


def state(bus: str, what: BusState) -> Hand:
    return event(bus, EventKind.STATE, int(what), text=what.name)


# Things that take more than a line.


class Wrapped:
    """A part of the simulated vehicle, all of it but what a subclass changes."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class SlowReceiver(Wrapped):
    """Its velocities are half the true ones."""

    def step(self, now_ns: int, pose: Any) -> bytes:
        return self.inner.step(now_ns, pose._replace(speed_mps=0.5 * pose.speed_mps))


class Worn(Wrapped):
    """Service brake and springs give a share, and the ECU does not know: it measures pressure."""

    def __init__(self, inner: Any, world: World, share: float, springs: float = 1.0) -> None:
        super().__init__(inner)
        self.world, self.share, self.springs = world, share, springs

    def step(self, dt_s: float, actuation: Any) -> None:
        brakes = self.world.vehicle.brakes
        force_n = self.share * brakes.service_force_n + self.springs * brakes.park_force_n
        self.inner.step(dt_s, actuation._replace(brake_force_n=force_n))


def slow_receiver(world: World) -> None:
    world.vehicle.gnss = SlowReceiver(world.vehicle.gnss)  # type: ignore[assignment]


def well_receiver(world: World) -> None:
    receiver: Any = world.vehicle.gnss
    world.vehicle.gnss = receiver.inner


def repeat_position(world: World) -> None:
    """Every epoch from now on has the time of now and the measurement of this moment."""
    receiver: Any = world.vehicle.gnss
    measure, kept = receiver._fix, []

    def fix(pose: Any) -> Any:
        kept.append(kept[0] if kept else measure(pose))
        return kept[0]

    receiver._fix = fix


def measure_again(world: World) -> None:
    receiver: Any = world.vehicle.gnss
    del receiver._fix


def all_speeds_say(world: World, speed_mps: float) -> None:
    world.says("WheelSpeedsFront", Left=speed_mps, Right=speed_mps)
    world.says("WheelSpeedsRear", Left=speed_mps, Right=speed_mps)
    world.says("TractionFeedback", MotorSpeed=speed_mps * MOTOR_RADPS_PER_MPS)


def all_speeds_true(world: World) -> None:
    world.says_true("WheelSpeedsFront", "Left", "Right")
    world.says_true("WheelSpeedsRear", "Left", "Right")
    world.says_true("TractionFeedback", "MotorSpeed")


def lose_air(world: World) -> None:
    """The compressor just makes up for the leak."""
    reservoir = world.vehicle.brakes.reservoir
    reservoir.pressure_pa, reservoir.leak_paps = 4.4e5, 8000.0


def fill_air(world: World) -> None:
    reservoir = world.vehicle.brakes.reservoir
    reservoir.pressure_pa, reservoir.leak_paps = 9.0e5, 20.0


def release_both(world: World) -> None:
    """What a contradiction waits for: both channels open, then both closed."""
    world.vehicle.body.estop()
    world.pause(0.3)
    world.vehicle.body.release_estop()


def tell_of_the_computer(world: World) -> None:
    world.host.update(temperature_degc=50.0, disk_free_share=0.5)


def fall_silent(world: World) -> None:
    """It has told of itself until now."""
    tell_of_the_computer(world)
    world.tick()
    world.host.update(temperature_degc=None, disk_free_share=None)


def hang(world: World) -> None:
    """The whole process does not run for 150 ms."""
    world.now_ns += 150_000_000


def other_supervisor(world: World) -> None:
    """Its process was restarted from another installation."""
    profile = replace(world.profile, identity="f" * 64)
    world.onboard.supervisor = Supervisor(profile)


def limited_and_loaded(world: World) -> None:
    """The pack permits 2 kW, and 20 kW are drawn by what nobody commands."""
    world.says("BatteryLimits", DischargePowerMax=2_000.0)
    world.says("BatteryPack", Current=33.0)


def unlimited(world: World) -> None:
    world.says_true("BatteryLimits", "DischargePowerMax")
    world.says_true("BatteryPack", "Current")


def weld_and_press(world: World) -> None:
    world.says("BatteryStatus", ContactorPlus=1.0)
    world.vehicle.body.estop()


def part_and_release(world: World) -> None:
    world.says_true("BatteryStatus", "ContactorPlus")
    world.vehicle.body.release_estop()


def freeze_wheel(world: World) -> None:
    world.says("WheelSpeedsRear", Left=world.truth.speed_mps)


def wear_and_limit(world: World) -> None:
    """Linings as good as gone, and a battery so full that the motor may not brake."""
    world.vehicle.plant = Worn(world.vehicle.plant, world, 0.02)  # type: ignore[assignment]
    world.says("TractionLimits", TorqueMaxRegen=0.0)
    world.vehicle.body.set_zone(0.25 * world.truth.speed_mps)


def mend_and_free(world: World) -> None:
    mend(world)
    world.says_true("TractionLimits", "TorqueMaxRegen")
    world.vehicle.body.set_zone(None)


def wear_on_a_hill(world: World) -> None:
    """5 % of climb, a motor too hot to give torque, and linings that hold it with all their force only."""
    world.vehicle.plant = Worn(world.vehicle.plant, world, 0.05)  # type: ignore[assignment]
    world.says("TractionLimits", TorqueMaxDrive=0.0)
    plant: Any = world.vehicle.plant
    plant.inner.grade = Grade(((0.0, 0.05),))


def oil_on_a_hill(world: World) -> None:
    world.vehicle.plant = Worn(world.vehicle.plant, world, 0.05, 0.05)  # type: ignore[assignment]
    plant: Any = world.vehicle.plant
    plant.inner.grade = Grade(((0.0, 0.08),))


def mend_on_the_flat(world: World) -> None:
    mend(world)
    world.says_true("TractionLimits", "TorqueMaxDrive")
    world.vehicle.plant.grade = Grade(((0.0, 0.0),))


def mend(world: World) -> None:
    plant: Any = world.vehicle.plant
    world.vehicle.plant = plant.inner
