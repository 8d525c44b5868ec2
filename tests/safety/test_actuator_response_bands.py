"""How far an actuator may be from what it was told: the figures of each band, and its edges once settled."""

from typing import Any

import pytest

from firmware_runtime.safety.actuator_response import Actuator, ActuatorResponse, band_models
from firmware_runtime.safety.response_band import BandModel
from firmware_runtime.vehicle.enums import ActuatorStatus, OnOffState
from firmware_runtime.vehicle.signals import Commands
from tests.safety.support import TICK_NS, profile
from tests.vehicle_state import rolling

DATA = profile().data
ON = OnOffState.ON
SETTLED = 500
"""Ticks after which every band stands."""
DRIVING = Commands(traction_enable=ON, traction_torque_nm=1000.0)
REGENERATING = Commands(traction_enable=ON, traction_torque_nm=-1000.0)
BRAKING = Commands(brake_force_n=100_000.0)


def test_the_bands_of_the_q_truck() -> None:
    """0.08 s, 0.15 s and 0.35 rad/s of steering, half as much to 1.6 times, and 50 ms of transport."""
    steering = BandModel(0.5 * 0.08, 1.6 * 0.08 + 0.05, 0.5 * 0.15, 1.6 * 0.15, 0.7 * 0.35, 1.3 * 0.35, 0.01)
    assert band_models(DATA) == {
        Actuator.STEERING_FRONT: steering,
        Actuator.STEERING_REAR: steering,
        Actuator.TRACTION: BandModel(0.0, 0.05, 0.0, 0.05, 0.7 * 8000.0, 1e12, 0.03 * 5600.0),
        Actuator.BRAKE: BandModel(0.0, 0.05, 0.5 * 0.15, 1.6 * 0.15, 1e12, 1e12, 0.03 * 420_000.0),
    }


def found(
    sent: Commands,
    settled: dict[str, Any],
    then: dict[str, Any],
    driving: bool = True,
    speed_mps: float = 4.0,
    ticks: int = 16,
) -> dict[Actuator, str]:
    """What is found after 5 s of one state, the first of them at rest, and so many ticks of another."""
    response = ActuatorResponse(DATA)
    before, after = rolling(4.0, **settled), rolling(4.0, **settled | then)
    for tick in range(1, SETTLED):
        assert response.step(tick * TICK_NS, sent, driving, before, speed_mps if tick > 100 else 0.0) == {}
    for tick in range(SETTLED, SETTLED + ticks):
        last = response.step(tick * TICK_NS, sent, driving, after, speed_mps)
    return last


LIMITED = {"traction_torque_max_nm": 500.0, "traction_regen_max_nm": 500.0}
UNLIMITED = {"traction_torque_max_nm": 5600.0, "traction_regen_max_nm": 3000.0}
UNKNOWN = {"unusable": frozenset({"traction_torque_max_nm", "traction_regen_max_nm"})}
OFF = Commands(traction_enable=OnOffState.OFF, traction_torque_nm=1000.0)


@pytest.mark.parametrize(
    ("sent", "driving", "limits", "least_nm", "most_nm"),
    [
        (DRIVING, True, UNLIMITED, 940.0, 1060.0),
        (DRIVING, True, LIMITED, 440.0, 1060.0),
        (DRIVING, True, UNKNOWN, 0.0, 1060.0),
        (DRIVING, False, UNLIMITED, 0.0, 1060.0),
        (REGENERATING, True, UNLIMITED, -1060.0, -940.0),
        (REGENERATING, False, LIMITED, -1060.0, -440.0),
        (REGENERATING, True, UNKNOWN, -1060.0, 0.0),
        (Commands(traction_enable=ON, traction_torque_nm=0.5), True, UNLIMITED, 0.47, 0.53),
        (Commands(traction_enable=ON, traction_torque_nm=10.0), True, UNKNOWN, 0.0, 10.6),
        (Commands(traction_enable=ON, traction_torque_nm=-10.0), True, UNKNOWN, -10.6, 0.0),
        (OFF, True, UNLIMITED, 0.0, 0.0),
        (Commands(traction_enable=ON, traction_torque_nm=0.0), True, UNLIMITED, 0.0, 0.0),
    ],
)
@pytest.mark.requirement("SR-20")
def test_torque_may_be_6_percent_and_168_nm_beside_what_was_asked_and_less_by_a_limit_told(
    sent: Commands, driving: bool, limits: dict[str, Any], least_nm: float, most_nm: float
) -> None:
    """168 Nm are 3 % of 5600 Nm."""
    for settled_nm, edge_nm, out in ((least_nm, least_nm - 168.0, -0.1), (most_nm, most_nm + 168.0, 0.1)):
        settled = {**limits, "motor_torque_nm": settled_nm}
        assert found(sent, settled, {"motor_torque_nm": edge_nm - out}, driving) == {}
        assert Actuator.TRACTION in found(sent, settled, {"motor_torque_nm": edge_nm + out}, driving)


@pytest.mark.requirement("SR-20")
def test_a_brake_may_be_10_percent_and_12_6_kn_beside_what_was_asked() -> None:
    for settled_n, edge_n, out in ((90_000.0, 77_400.0, -1.0), (110_000.0, 122_600.0, 1.0)):
        settled = {"brake_force_n": settled_n}
        assert found(BRAKING, settled, {"brake_force_n": edge_n - out}) == {}
        assert Actuator.BRAKE in found(BRAKING, settled, {"brake_force_n": edge_n + out})


@pytest.mark.parametrize("axle", ["front", "rear"])
@pytest.mark.requirement("SR-20")
def test_steering_may_be_0_01_rad_beside_what_was_asked(axle: str) -> None:
    angle = f"steering_{axle}_angle_rad"
    sent, settled = Commands(**{"steering_enable": ON, angle: 0.2}), {angle: 0.2}
    for sign in (-1.0, 1.0):
        assert found(sent, settled, {angle: 0.2 + sign * 0.0099}) == {}
        assert found(sent, settled, {angle: 0.2 + sign * 0.0101}).keys() == {
            Actuator.STEERING_FRONT if axle == "front" else Actuator.STEERING_REAR
        }


@pytest.mark.parametrize(
    ("sent", "settled", "then", "actuator", "words"),
    [
        (
            Commands(steering_enable=ON, steering_front_angle_rad=0.25),
            {"steering_front_angle_rad": 0.25},
            {"steering_front_angle_rad": 0.5},
            Actuator.STEERING_FRONT,
            "front steering does not follow: told 0.25 rad, is at 0.5 rad, 0.24 rad outside its band",
        ),
        (
            Commands(steering_enable=ON, steering_rear_angle_rad=-0.25),
            {"steering_rear_angle_rad": -0.25},
            {"steering_rear_angle_rad": -0.5},
            Actuator.STEERING_REAR,
            "rear steering does not follow: told -0.25 rad, is at -0.5 rad, 0.24 rad outside its band",
        ),
        (
            DRIVING,
            {"motor_torque_nm": 1060.0},
            {"motor_torque_nm": 1328.0},
            Actuator.TRACTION,
            "traction does not follow: told 940 to 1060 Nm, is at 1328 Nm, 100 Nm outside its band",
        ),
        (
            BRAKING,
            {"brake_force_n": 90_000.0},
            {"brake_force_n": 0.0},
            Actuator.BRAKE,
            "brake does not follow: told 90000 to 110000 N, is at 0 N, 7.74e+04 N outside its band",
        ),
    ],
)
def test_what_does_not_follow_is_told_with_what_it_was_told_where_it_is_and_by_how_much(
    sent: Commands, settled: dict[str, Any], then: dict[str, Any], actuator: Actuator, words: str
) -> None:
    assert found(sent, settled, then) == {actuator: words}


LOST_TORQUE = {"motor_torque_nm": 1000.0}, {"motor_torque_nm": -1000.0}
LOST_FORCE = {"brake_force_n": 100_000.0}, {"brake_force_n": 0.0}
LOST_ANGLE = {"steering_front_angle_rad": 0.2}, {"steering_front_angle_rad": 0.0}
STEERING = Commands(steering_enable=ON, steering_front_angle_rad=0.2)


@pytest.mark.parametrize(
    ("sent", "told", "confirm_ticks"),
    [(DRIVING, LOST_TORQUE, 15), (BRAKING, LOST_FORCE, 15), (STEERING, LOST_ANGLE, 6)],
    ids=["traction", "brake", "steering"],
)
class TestOfEach:
    """Traction and brake are confirmed for 150 ms, steering for 60 ms."""

    def test_its_debounce_is_exact(self, sent: Commands, told: Any, confirm_ticks: int) -> None:
        assert found(sent, *told, ticks=confirm_ticks) == {}
        assert len(found(sent, *told, ticks=confirm_ticks + 1)) == 1

    def test_it_is_found_though_it_never_was_inside(
        self, sent: Commands, told: Any, confirm_ticks: int
    ) -> None:
        """From the first tick on, and from the first that is not at rest."""
        for resting in (1, 100):
            response = ActuatorResponse(DATA)
            for tick in range(1, resting):
                assert response.step(tick * TICK_NS, Commands(), True, rolling(0.0), 0.0) == {}
            (measured,) = told[0]
            state = rolling(4.0, **{measured: -0.4 if sent is STEERING else 50_000.0})
            for tick in range(resting, resting + confirm_ticks + 1):
                found = response.step(tick * TICK_NS, Commands(steering_enable=ON), True, state, 4.0)
            assert len(found) == 1

    @pytest.mark.parametrize(("over_mps", "judged"), [(0.0, 0), (0.001, 1)])
    @pytest.mark.parametrize("sign", [1.0, -1.0])
    def test_it_is_judged_while_the_vehicle_moves(
        self, sent: Commands, told: Any, confirm_ticks: int, over_mps: float, judged: int, sign: float
    ) -> None:
        """Torque and friction at hold-to-run too; steering where its tyres do not scrub."""
        speed_mps = sign * ((0.3 if sent is STEERING else 0.1) + over_mps)
        assert len(found(sent, *told, speed_mps=speed_mps, ticks=confirm_ticks + 1)) == judged

    @pytest.mark.parametrize("status", [ActuatorStatus.FAULT, ActuatorStatus.LATCHED_STOP])
    def test_one_that_says_it_does_not_work_is_judged_elsewhere(
        self, sent: Commands, told: Any, confirm_ticks: int, status: ActuatorStatus
    ) -> None:
        failed = {f"{name}_status": status for name in ("traction", "brake", "steering")}
        assert found(sent, told[0], told[1] | failed, ticks=confirm_ticks + 9) == {}

    def test_one_without_word_is_judged_elsewhere(
        self, sent: Commands, told: Any, confirm_ticks: int
    ) -> None:
        (measured,) = told[0]
        for lost in (measured, *(f"{name}_status" for name in ("traction", "brake", "steering"))):
            unusable = {"unusable": frozenset({lost})}
            judged = found(sent, told[0], told[1] | unusable, ticks=confirm_ticks + 9)
            own = lost == measured or lost.startswith(measured.partition("_")[0].replace("motor", "traction"))
            assert (judged == {}) is own, lost

    def test_a_moment_without_word_begins_its_debounce_anew(
        self, sent: Commands, told: Any, confirm_ticks: int
    ) -> None:
        response, words = ActuatorResponse(DATA), frozenset(told[0])
        for tick in range(1, 300):
            # Out of its band from tick 150 on, and now and then without word, as in the first second.
            state = told[0] if tick < 150 else told[1]
            silent = tick < 100 or (tick >= 150 and tick % confirm_ticks == 0)
            lost = {"unusable": words} if silent else {}
            assert response.step(tick * TICK_NS, sent, True, rolling(4.0, **state, **lost), 4.0) == {}
