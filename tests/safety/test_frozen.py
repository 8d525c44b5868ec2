"""Values that stand still behind a live counter: which, after how long, and what is no finding."""

import msgspec
import pytest

from firmware_runtime.safety.frozen import FrozenInputs, FrozenWatch
from firmware_runtime.vehicle.signals import VehicleState
from tests.vehicle_state import vehicle_state

TICK_NS = 10_000_000
METRES_PER_RADIAN = 0.6 / 20.0
SPEEDS = (
    "wheel_speed_front_left_mps",
    "wheel_speed_front_right_mps",
    "wheel_speed_rear_left_mps",
    "wheel_speed_rear_right_mps",
    "motor_speed_radps",
)


class Drive:
    """Feeds a watch tick by tick with a vehicle whose values all move a little, save what is held."""

    def __init__(self) -> None:
        self.watch = FrozenWatch(METRES_PER_RADIAN)
        self.tick = 0

    def state(self, speed_mps: float, **held: float) -> VehicleState:
        wobble = 0.001 * (self.tick % 7)
        values: dict[str, float] = {
            name: speed_mps + wobble if speed_mps else 0.0 for name in SPEEDS if name != "motor_speed_radps"
        }
        values["motor_speed_radps"] = (speed_mps + wobble) / METRES_PER_RADIAN if speed_mps else 0.0
        values["steering_front_angle_rad"] = values["steering_rear_angle_rad"] = wobble
        values["battery_current_a"] = 100.0 + wobble
        return vehicle_state(**(values | held))

    def run(
        self,
        seconds: float,
        speed_mps: float,
        held: dict[str, float] | None = None,
        asked_rad: float = 0.0,
        lost: str = "",
    ) -> tuple[str, ...]:
        for _ in range(round(seconds * 100)):
            self.tick += 1
            state = self.state(speed_mps, **(held or {}))
            if lost:
                state = msgspec.structs.replace(state, unusable=frozenset({lost}))
            # The command swings to and fro within the second; what is held does not follow it.
            asked = asked_rad * ((self.tick // 25) % 2)
            found = self.watch.step(self.tick * TICK_NS, FrozenInputs(state, asked, asked))
        return found


@pytest.mark.parametrize("name", SPEEDS)
@pytest.mark.parametrize("value", [0.0, 2.5])
@pytest.mark.requirement("SR-12")
def test_a_speed_that_stays_bit_for_bit_the_same_for_a_second_while_the_others_move_is_frozen(
    name: str, value: float
) -> None:
    drive = Drive()
    assert drive.run(2.0, 2.0) == ()
    assert drive.run(1.0, 2.0, held={name: value}) == (), "the hundredth repetition ends the second"
    assert drive.run(0.01, 2.0, held={name: value}) == (name,)
    assert drive.run(0.01, 2.0) == ()


def test_at_rest_every_speed_may_repeat_its_zero() -> None:
    assert Drive().run(10.0, 0.0) == ()


@pytest.mark.parametrize(("speed_mps", "frozen"), [(0.49, ()), (0.51, ("motor_speed_radps",))])
def test_creeping_is_too_slow_to_judge(speed_mps: float, frozen: tuple[str, ...]) -> None:
    drive = Drive()
    assert drive.run(3.0, speed_mps, held={"motor_speed_radps": speed_mps / METRES_PER_RADIAN}) == frozen


@pytest.mark.parametrize("name", SPEEDS)
def test_one_sensor_that_stands_at_a_speed_does_not_make_the_others_frozen_at_rest(name: str) -> None:
    assert Drive().run(5.0, 0.0, held={name: 100.0}) == ()


WHEEL_AT_REST = dict.fromkeys(SPEEDS[:2], 0.0)


@pytest.mark.parametrize(
    ("motor_mps", "held", "frozen"),
    [
        (0.4, WHEEL_AT_REST, ()),
        (0.6, WHEEL_AT_REST, (*SPEEDS[:2], "motor_speed_radps")),
        (2.0, dict.fromkeys(SPEEDS[:3], 0.0), ()),
        (0.5, dict.fromkeys(SPEEDS[:4], 0.5), ()),
        (0.501, dict.fromkeys(SPEEDS[:4], 0.501), SPEEDS),
    ],
)
def test_that_it_moves_say_three_of_the_five_the_motor_by_its_gear(
    motor_mps: float, held: dict[str, float], frozen: tuple[str, ...]
) -> None:
    held = held | {"motor_speed_radps": motor_mps / METRES_PER_RADIAN}
    assert Drive().run(3.0, 2.0, held=held) == frozen


@pytest.mark.parametrize("name", ["motor_speed_radps", "battery_current_a"])
def test_a_lost_signal_keeps_its_value_and_is_not_frozen(name: str) -> None:
    drive = Drive()
    for torque in (0.0, 800.0):
        assert drive.run(6.0, 2.0, lost=name, held={"motor_torque_nm": torque, name: 60.0}) == ()


@pytest.mark.parametrize("name", ["steering_front_angle_rad", "steering_rear_angle_rad"])
def test_a_steering_angle_is_frozen_when_its_command_moves_and_it_does_not(name: str) -> None:
    drive = Drive()
    drive.run(2.0, 2.0)
    assert drive.run(10.0, 2.0, asked_rad=0.02, held={name: 0.1}) == ()
    assert drive.run(1.0, 2.0, asked_rad=0.0201, held={name: 0.2}) == ()
    assert drive.run(0.01, 2.0, asked_rad=0.0201, held={name: 0.2}) == (name,)


@pytest.mark.parametrize("name", ["steering_front_angle_rad", "steering_rear_angle_rad"])
def test_an_angle_of_zero_that_is_met_while_rolling_has_its_second_too(name: str) -> None:
    """A control that begins anew on a rolling vehicle, long after the clock began."""
    drive = Drive()
    drive.tick = 1000
    assert drive.run(1.0, 2.0, asked_rad=0.3, held={name: 0.0}) == ()
    assert drive.run(0.01, 2.0, asked_rad=0.3, held={name: 0.0}) == (name,)


def test_a_command_far_from_the_middle_that_hardly_moves_is_no_cause() -> None:
    watch, drive = FrozenWatch(METRES_PER_RADIAN), Drive()
    for tick in range(1, 300):
        drive.tick = tick
        state = drive.state(2.0, steering_front_angle_rad=0.3, steering_rear_angle_rad=-0.3)
        asked_rad = 0.3 + 0.01 * (tick % 2)
        assert watch.step(tick * TICK_NS, FrozenInputs(state, asked_rad, -asked_rad)) == ()


def test_steering_at_rest_may_stand_against_its_command() -> None:
    assert Drive().run(5.0, 0.0, asked_rad=0.3, held={"steering_front_angle_rad": 0.1}) == ()


def test_a_battery_current_is_frozen_when_the_motors_power_changes_and_it_does_not() -> None:
    drive = Drive()
    drive.run(1.0, 2.0, held={"motor_torque_nm": 0.0})
    assert drive.run(10.0, 2.0, held={"motor_torque_nm": 0.0, "battery_current_a": 90.0}) == ()
    # 2 m/s are 66.7 rad/s: 310 Nm are 20.7 kW more than none.
    assert drive.run(0.01, 2.0, held={"motor_torque_nm": 310.0, "battery_current_a": 90.0}) == (
        "battery_current_a",
    )
    drive.run(0.01, 2.0)
    drive.run(2.0, 2.0, held={"motor_torque_nm": 0.0, "battery_current_a": 90.0})
    assert drive.run(2.99, 2.0, held={"motor_torque_nm": 310.0, "battery_current_a": 90.0}) == (), (
        "not five seconds yet"
    )
    assert drive.run(0.02, 2.0, held={"motor_torque_nm": 310.0, "battery_current_a": 90.0}) == (
        "battery_current_a",
    )
