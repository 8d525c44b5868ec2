"""Scanner, bumper and zone: the strictest wins, and no word from them is standstill."""

import pytest

from firmware_runtime.safety.motion_limits import motion_limit
from firmware_runtime.safety.standstill import Standstill
from firmware_runtime.vehicle.enums import ButtonState, ScannerState
from tests.safety.support import TICK_NS, profile
from tests.vehicle_state import rolling, vehicle_state

DATA = profile().data
STANDSTILL_MPS = 0.03
CONFIRM_TICKS = 20


@pytest.mark.parametrize(
    ("signals", "speed_mps", "cause"),
    [
        ({"zone_speed_limit_mps": 3.0}, 3.0, "zone"),
        ({"scanner_stop": ScannerState.STOP}, 0.0, "scanner"),
        ({"scanner_stop": ScannerState.ERROR}, 0.0, "scanner"),
        ({"bumper": ButtonState.PRESSED, "scanner_stop": ScannerState.STOP}, 0.0, "bumper"),
        ({"bumper": ButtonState.NOT_AVAILABLE}, 0.0, "bumper"),
        ({"unusable": frozenset({"scanner_stop"})}, 0.0, "no word from the scanner"),
    ],
)
@pytest.mark.requirement("SR-26")
def test_the_limit_and_its_cause(signals: dict[str, object], speed_mps: float, cause: str) -> None:
    limit = motion_limit(vehicle_state(**signals))
    assert (limit.speed_max_mps, limit.cause) == (speed_mps, cause)


@pytest.mark.requirement("SR-24")
def test_standstill_is_confirmed_over_200_ms_by_every_wheel_and_the_motor() -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    for tick in range(CONFIRM_TICKS):
        assert not standstill.step(tick * TICK_NS, rolling(STANDSTILL_MPS - 0.001))
    assert standstill.step(CONFIRM_TICKS * TICK_NS, rolling(-STANDSTILL_MPS + 0.001))
    assert not standstill.step(21 * TICK_NS, rolling(STANDSTILL_MPS + 0.001))


@pytest.mark.parametrize(
    "moving",
    [
        {"wheel_speed_front_left_mps": 0.04},
        {"wheel_speed_rear_right_mps": -0.04},
        {"motor_speed_radps": 0.04 / 0.6 * 20},
        {"motor_speed_radps": 2.0, "unusable": frozenset({"wheel_speed_rear_left_mps"})},
        {"unusable": frozenset({"motor_speed_radps", "wheel_speed_rear_left_mps"})},
    ],
)
@pytest.mark.requirement("SR-24")
def test_one_moving_or_doubtful_signal_is_no_standstill(moving: dict[str, object]) -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    for tick in range(2 * CONFIRM_TICKS):
        assert not standstill.step(tick * TICK_NS, vehicle_state(**moving))


@pytest.mark.parametrize(
    "lost",
    [
        {"motor_speed_radps": 50.0, "unusable": frozenset({"motor_speed_radps"})},
        {"wheel_speed_front_left_mps": 3.0, "unusable": frozenset({"wheel_speed_front_left_mps"})},
    ],
)
@pytest.mark.requirement("SR-24")
def test_with_one_source_lost_the_other_is_enough_after_a_second(lost: dict[str, object]) -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    for tick in range(100):
        assert not standstill.step(tick * TICK_NS, vehicle_state(**lost))
    assert standstill.step(100 * TICK_NS, vehicle_state(**lost))


WHEELS = [f"wheel_speed_{axle}_{side}_mps" for axle in ("front", "rear") for side in ("left", "right")]


@pytest.mark.parametrize(
    ("name", "limit"), [*((name, STANDSTILL_MPS) for name in WHEELS), ("motor_speed_radps", 1.0)]
)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_each_signal_is_still_at_the_limit_and_not_beyond(name: str, limit: float, sign: float) -> None:
    """The motor's 1 rad/s are 0.6 m / 20."""
    for share, still in ((1.0, True), (1.001, False)):
        standstill = Standstill(DATA.safety, DATA.traction)
        state = vehicle_state(**{name: sign * share * limit})
        assert [standstill.step(tick * TICK_NS, state) for tick in range(CONFIRM_TICKS + 1)][-1] is still


def test_standstill_takes_as_long_at_any_time_of_the_clock() -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    found = [standstill.step(10**15 + tick * TICK_NS, vehicle_state()) for tick in range(CONFIRM_TICKS + 1)]
    assert found == [False] * CONFIRM_TICKS + [True]


FIVE = [*WHEELS, "motor_speed_radps"]
ALONE_TICKS = 100


def confirmed(standstill: Standstill, begin: int, ticks: int, **signals: object) -> list[bool]:
    return [standstill.step((begin + k) * TICK_NS, vehicle_state(**signals)) for k in range(ticks)]


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize("value", [0.2, -5.0, 300.0])
@pytest.mark.requirement("SR-24")
def test_a_speed_that_repeats_itself_for_a_second_while_the_four_others_are_still_hides_no_standstill(
    name: str, value: float
) -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    if name == "motor_speed_radps":
        value *= 20 / 0.6
    assert confirmed(standstill, 0, ALONE_TICKS + 1, **{name: value}) == [False] * ALONE_TICKS + [True]
    assert not any(confirmed(standstill, 101, ALONE_TICKS, **{name: value * 1.000001})), "it has moved"


@pytest.mark.parametrize("other", FIVE[1:])
@pytest.mark.requirement("SR-24")
def test_two_speeds_that_say_motion_are_motion_whatever_they_repeat(other: str) -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    assert not any(confirmed(standstill, 0, 300, **{FIVE[0]: 0.5, other: 17.0}))
    alone = confirmed(standstill, 300, ALONE_TICKS + 1, **{FIVE[0]: 0.5})
    assert alone == [False] * ALONE_TICKS + [True], "its second begins when it is alone"


@pytest.mark.parametrize("lost", FIVE)
@pytest.mark.requirement("SR-24")
def test_with_one_of_the_five_lost_none_is_outvoted(lost: str) -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    loud = FIVE[-1] if lost != FIVE[-1] else FIVE[0]
    confirmed(standstill, 0, 50, **{loud: 50.0})
    assert not any(confirmed(standstill, 50, 300, **{loud: 50.0}, unusable=frozenset({lost})))
    again = confirmed(standstill, 350, ALONE_TICKS + 1, **{loud: 50.0})
    assert again == [False] * ALONE_TICKS + [True], "from its return on"


@pytest.mark.requirement("SR-24")
def test_a_speed_that_is_still_in_between_begins_its_second_anew() -> None:
    standstill = Standstill(DATA.safety, DATA.traction)
    confirmed(standstill, 0, 60, **{FIVE[0]: 0.5})
    confirmed(standstill, 60, 1)
    assert not any(confirmed(standstill, 61, ALONE_TICKS, **{FIVE[0]: 0.5}))


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.requirement("SR-24")
def test_beside_a_speed_that_repeats_itself_the_others_are_still_at_the_limit_and_not_beyond(
    name: str, sign: float
) -> None:
    limits = dict.fromkeys(WHEELS, sign * STANDSTILL_MPS) | {FIVE[-1]: sign * 1.0}
    loud = {name: 20.0}
    at_limit = confirmed(Standstill(DATA.safety, DATA.traction), 0, ALONE_TICKS + 1, **(limits | loud))
    assert at_limit == [False] * ALONE_TICKS + [True]
    for other in set(FIVE) - {name}:
        beyond = limits | loud | {other: 1.001 * limits[other]}
        standstill = Standstill(DATA.safety, DATA.traction)
        assert not any(confirmed(standstill, 0, 3 * ALONE_TICKS, **beyond))
