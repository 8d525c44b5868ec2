"""Motion along the body: energy, coast-down, standstill, hill hold, no creeping through zero."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from vehicle_hil.plant.longitudinal import Grade, Longitudinal
from vehicle_hil.plant.parameters import MassParameters, ResistanceParameters

G = 9.80665
EMPTY_KG, ROTATING = 20_000.0, 1.1
ROLLING, DRAG_AREA, DENSITY, ADHESION = 0.01, 8.0, 1.2, 0.7


def vehicle(load_kg: float = 0.0, speed_mps: float = 0.0, rolling: float = ROLLING) -> Longitudinal:
    body = Longitudinal(
        MassParameters(EMPTY_KG, 50_000.0, ROTATING),
        ResistanceParameters(rolling, DRAG_AREA, DENSITY, ADHESION),
        load_kg,
    )
    body.speed_mps = speed_mps
    return body


def test_acceleration_is_force_over_inertia() -> None:
    body = vehicle(load_kg=10_000.0)
    body.step(0.01, 50_000.0, 0.0, 0.0)
    expected = (50_000.0 - ROLLING * 30_000.0 * G) / (30_000.0 + 0.1 * EMPTY_KG)
    assert body.acceleration_mps2 == pytest.approx(expected)
    assert body.speed_mps == pytest.approx(expected * 0.01)


def test_coast_down_equals_the_differential_equation() -> None:
    body = vehicle(speed_mps=12.0)
    inertia = EMPTY_KG * ROTATING

    def derivative(_: float, x: list[float]) -> list[float]:
        force = ROLLING * EMPTY_KG * G + 0.5 * DENSITY * DRAG_AREA * x[1] ** 2
        return [x[1], -force / inertia]

    oracle = solve_ivp(derivative, (0, 60), [0.0, 12.0], rtol=1e-10, atol=1e-10).y[:, -1]
    for _ in range(6000):
        body.step(0.01, 0.0, 0.0, 0.0)
    assert body.speed_mps == pytest.approx(oracle[1], abs=2e-3)
    assert body.distance_m == pytest.approx(oracle[0], abs=0.05)


def test_coasting_ends_at_standstill_and_stays_there() -> None:
    body = vehicle(speed_mps=0.5)
    for _ in range(1000):
        body.step(0.01, 0.0, 0.0, 0.0)
    assert body.speed_mps == 0.0
    # v²/2a with constant rolling resistance: the last step's stop is exact.
    deceleration = ROLLING * G / ROTATING
    assert body.distance_m == pytest.approx(0.5**2 / 2 / deceleration, rel=2e-3)


@pytest.mark.parametrize("direction", [1, -1])
def test_energy_is_conserved(direction: int) -> None:
    """Work of the drive = kinetic energy + what resistance, brakes and the climb took."""
    body, grade = vehicle(load_kg=5000.0), 0.04
    mass, inertia = 25_000.0, 25_000.0 + 0.1 * EMPTY_KG
    slope = math.atan(grade)
    work = taken = 0.0
    for step in range(4000):
        drive = direction * (40_000.0 if step < 2000 else -5000.0)
        brake = 3000.0 if step >= 1000 else 0.0
        before = body.speed_mps
        distance = body.step(0.01, drive, brake, grade)
        speed = 0.5 * (before + body.speed_mps)
        work += drive * distance
        taken += (ROLLING * mass * G * math.cos(slope) + brake) * abs(distance)
        taken += 0.5 * DENSITY * DRAG_AREA * abs(speed) ** 2 * abs(distance)
        taken += mass * G * math.sin(slope) * distance
    kinetic = 0.5 * inertia * body.speed_mps**2
    assert abs(body.distance_m) > 20
    assert work == pytest.approx(kinetic + taken, rel=1e-3)


@given(
    speed=st.floats(-10, 10),
    drive=st.floats(-60_000, 60_000),
    brake=st.floats(0, 300_000),
    grade=st.floats(-0.2, 0.2),
)
def test_friction_never_makes_it_faster_than_without(
    speed: float, drive: float, brake: float, grade: float
) -> None:
    free, braked = vehicle(speed_mps=speed), vehicle(speed_mps=speed)
    free.step(0.01, drive, 0.0, grade)
    braked.step(0.01, drive, brake, grade)
    assert abs(braked.speed_mps) <= abs(free.speed_mps) + 1e-12 or free.speed_mps * speed <= 0


@given(
    speed=st.floats(0.001, 5),
    direction=st.sampled_from([1, -1]),
    brake=st.floats(1000, 130_000),
    grade=st.floats(-0.03, 0.03),
)
def test_brakes_bring_it_to_exactly_zero_and_never_through(
    speed: float, direction: int, brake: float, grade: float
) -> None:
    body = vehicle(speed_mps=direction * speed)
    brake += abs(grade) * EMPTY_KG * G
    for _ in range(20_000):
        body.step(0.01, 0.0, brake, grade)
        assert body.speed_mps * direction >= 0.0
        if body.speed_mps == 0.0:
            break
    assert body.speed_mps == 0.0
    at = body.distance_m
    for _ in range(100):
        assert body.step(0.01, 0.0, brake, grade) == 0.0
    assert body.distance_m == at


@pytest.mark.parametrize("grade", [0.15, -0.15])
def test_holds_on_a_hill_and_rolls_without_the_brake(grade: float) -> None:
    body = vehicle(load_kg=50_000.0)
    pull = 70_000.0 * G * math.sin(math.atan(0.15))
    for _ in range(1000):
        body.step(0.01, 0.0, pull, grade)
    assert body.distance_m == 0.0
    for _ in range(100):
        body.step(0.01, 0.0, 0.8 * pull, grade)
    assert math.copysign(1, body.speed_mps) == -math.copysign(1, grade)


def test_starts_when_the_drive_overcomes_what_holds_it() -> None:
    body = vehicle()
    held = 10_000.0 + ROLLING * EMPTY_KG * G
    body.step(0.01, held * 0.999, 10_000.0, 0.0)
    assert body.speed_mps == 0.0
    body.step(0.01, held * 1.001, 10_000.0, 0.0)
    assert body.speed_mps > 0.0


def test_drive_against_the_motion_reverses_only_through_standstill() -> None:
    body = vehicle(speed_mps=0.01)
    body.step(0.1, -30_000.0, 0.0, 0.0)
    friction = ROLLING * EMPTY_KG * G
    inertia = EMPTY_KG * ROTATING
    stop_s = 0.01 / ((30_000.0 + friction) / inertia)
    assert body.speed_mps == pytest.approx(-(30_000.0 - friction) / inertia * (0.1 - stop_s), rel=1e-3)


def test_tyres_limit_the_brakes() -> None:
    body = vehicle(speed_mps=10.0, rolling=0.001)
    body.step(0.01, 0.0, 1e6, 0.0)
    assert body.friction_force_n == pytest.approx(ADHESION * EMPTY_KG * G)
    assert body.acceleration_mps2 == pytest.approx(-(ADHESION + 0.001) * G / ROTATING, rel=0.02)


def test_no_time_no_motion() -> None:
    body = vehicle(speed_mps=3.0)
    assert body.step(0.0, 1e5, 0.0, 0.0) == 0.0
    assert body.speed_mps == 3.0


def test_grade_is_linear_between_its_rows() -> None:
    grade = Grade(((0.0, 0.0), (10.0, 0.05), (20.0, -0.02)))
    assert [grade.at(d) for d in (-5, 0, 5, 10, 15, 20, 99)] == pytest.approx(
        [0.0, 0.0, 0.025, 0.05, 0.015, -0.02, -0.02]
    )
    assert Grade(((0.0, 0.03),)).at(1234.0) == 0.03
