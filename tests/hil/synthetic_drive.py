"""A made-up drive for tests of figures, report and command: a point moved along a line by a speed ramp.

No controller, no plant, no buses: truth and telemetry are written down as they would be if a vehicle kept
to the line with a known lateral error, so that every figure has a known answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import atan, cos, pi, sin, sqrt
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.interpolate import CubicSpline

from firmware_runtime.vehicle.enums import Direction, SafetyState, Severity
from firmware_runtime.vehicle.profile import ProfileData
from firmware_runtime.vehicle.route import Route, RouteStop
from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.result import (
    LOCKSTEP,
    BusFrame,
    DriveJob,
    DriveResult,
    DriveSetup,
    Ending,
    FloatArray,
    Observer,
    RoutePoints,
)
from vehicle_hil.truth import Truth

ROOT = Path(__file__).parents[2]
PROFILE_PATH = ROOT / "configs/q_truck.toml"
TICK_NS = 10_000_000
ACCELERATION_MPS2 = 0.6
LATERAL_MPS2 = 1.0
SPEED_MAX_MPS = 8.0
START_UP_S = 2.0


def make_truth(time_ns: int, x_m: float, y_m: float, heading_rad: float = 0.0, **changes: Any) -> Truth:
    """A vehicle at rest, but for the changes."""
    rest = Truth(
        time_ns=time_ns,
        x_m=x_m,
        y_m=y_m,
        heading_rad=heading_rad,
        speed_mps=0.0,
        acceleration_mps2=0.0,
        front_angle_rad=0.0,
        rear_angle_rad=0.0,
        motor_torque_nm=0.0,
        brake_force_n=0.0,
        park_brake_applied=False,
        inverter_latched=False,
        brakes_latched=False,
        steering_latched=False,
        soc=0.8,
        pack_voltage_v=620.0,
        pack_current_a=0.0,
        cell_temperature_degc=22.0,
        energy_drawn_j=0.0,
        energy_regenerated_j=0.0,
        distance_m=0.0,
        load_mass_kg=0.0,
        gnss_fix_valid=True,
        auxiliary_energy_j=0.0,
        yaw_rate_radps=0.0,
        lateral_acceleration_mps2=0.0,
        beyond_validity_s=0.0,
    )
    return rest._replace(**changes)


def yard_points() -> RoutePoints:
    """An open line of some 260 m: straight, a left turn of 12 m radius, straight, a right turn, straight."""
    x, y, heading = [0.0], [0.0], 0.0
    for turn, metres in ((0, 80), (1 / 12, 19), (0, 60), (-1 / 15, 24), (0, 80)):
        for _ in range(metres):
            heading += turn
            x.append(x[-1] + cos(heading))
            y.append(y[-1] + sin(heading))
    return RoutePoints(np.array(x), np.array(y), closed=False)


def ring_points(radius_m: float = 40.0, count: int = 60) -> RoutePoints:
    angle = np.arange(count) * 2 * pi / count
    return RoutePoints(radius_m * np.sin(angle), radius_m * (1 - np.cos(angle)), closed=True)


def make_route(
    points: RoutePoints, stops: tuple[tuple[float, str, float], ...] = (), name: str = "test yard"
) -> Route:
    """Route on the spline through the points; `stops` are (distance, name, dwell) before the end."""
    x, y = points.x_m, points.y_m
    if points.closed:
        x, y = np.append(x, x[0]), np.append(y, y[0])
    chord = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    kind = "periodic" if points.closed else "not-a-knot"
    spline = CubicSpline(chord, np.column_stack((x, y)), bc_type=kind)
    fine = np.linspace(0, chord[-1], int(chord[-1] / 0.01))
    pieces = np.hypot(*np.diff(spline(fine), axis=0).T)
    arc = np.concatenate(([0.0], np.cumsum(pieces)))
    distance = np.linspace(0, arc[-1], int(arc[-1] / 0.25) + 1)
    parameter = np.interp(distance, arc, fine)
    position, tangent = spline(parameter), spline(parameter, 1)
    bend = spline(parameter, 2)
    norm = np.hypot(tangent[:, 0], tangent[:, 1])
    curvature = (tangent[:, 0] * bend[:, 1] - tangent[:, 1] * bend[:, 0]) / norm**3
    end = RouteStop(float(distance[-1]), "end", 0.0)
    return Route(
        name=name,
        step_m=float(distance[1]),
        distance_m=distance,
        x_m=position[:, 0],
        y_m=position[:, 1],
        heading_rad=np.unwrap(np.arctan2(tangent[:, 1], tangent[:, 0])),
        curvature_1pm=curvature,
        crab_rad=np.zeros_like(distance),
        speed_limit_mps=np.full_like(distance, SPEED_MAX_MPS),
        direction=Direction.FORWARD,
        closed=points.closed,
        stops=(*(RouteStop(*stop) for stop in stops), end),
        datum_latitude_deg=22.33,
        datum_longitude_deg=114.12,
        datum_height_m=5.0,
        deviation_max_m=0.0,
    )


def load_profile(path: Path = PROFILE_PATH) -> ProfileData:
    return msgspec.toml.decode(path.read_bytes(), type=ProfileData)


def make_setup(points: RoutePoints | None = None, **changes: Any) -> DriveSetup:
    points = points or yard_points()
    setup = DriveSetup(
        mode=LOCKSTEP,
        profile=load_profile(),
        route=make_route(points, stops=() if points.closed else ((90.0, "pick-up", 4.0),)),
        points=points,
        identity="1a2b3c4d5e6f7788",
        gnss="noise 0.010 m, latency 60 to 100 ms, drop-outs of up to 1.5 s every 40 s",
        conditions=(("Payload", "0 t, from the pick-up on 20 t"), ("Road", "dry, level")),
    )
    return replace(setup, **changes)


def make_job(out_dir: Path, **changes: Any) -> DriveJob:
    job = DriveJob(
        profile_path=PROFILE_PATH,
        route_path=ROOT / "configs/routes/yard.csv",
        distance_m=None,
        allow_infeasible=False,
        seed=1,
        seconds=None,
        kill_runtime_at_s=None,
        out_dir=out_dir,
    )
    return replace(job, **changes)


@dataclass
class Fake:
    """State of the made-up vehicle between ticks."""

    time_ns: int = 0
    distance_m: float = 0.0
    speed_mps: float = 0.0
    stood_s: float = 0.0
    drawn_j: float = 0.0
    regenerated_j: float = 0.0
    load_kg: float = 0.0


def ticks(
    setup: DriveSetup, lateral: Callable[[float], float] = lambda s: 0.0, stop_short_m: float = 0.0
) -> Iterator[tuple[Truth, Telemetry]]:
    """Truth and telemetry of each tick from the start to arrival and one second beyond.

    lateral: offset from the route (left positive) at a distance along it.
    stop_short_m: how far before each stop it stands.
    """
    fake, profile, route = Fake(), setup.profile, setup.route
    mass_kg, stops = profile.mass.empty_kg, list(route.stops)
    cap = np.minimum(SPEED_MAX_MPS, np.sqrt(LATERAL_MPS2 / np.maximum(np.abs(route.curvature_1pm), 1e-6)))
    for i in range(len(cap) - 2, -1, -1):
        cap[i] = min(cap[i], sqrt(cap[i + 1] ** 2 + 2 * ACCELERATION_MPS2 * route.step_m))
    end_s = None
    while end_s is None or fake.time_ns / 1e9 < end_s:
        fake.time_ns += TICK_NS
        goal_m = stops[0].distance_m - stop_short_m if stops else fake.distance_m
        before = fake.speed_mps
        rest_m = goal_m - fake.distance_m
        plan = min(float(np.interp(fake.distance_m, route.distance_m, cap)), sqrt(2 * 0.6 * max(rest_m, 0)))
        if fake.time_ns / 1e9 > START_UP_S and stops:
            fake.speed_mps = min(before + ACCELERATION_MPS2 * 0.01, plan, max(rest_m, 0.0) * 100)
        if stops and rest_m < 0.001:
            fake.distance_m, fake.speed_mps = goal_m, 0.0
            fake.stood_s += 0.01
            if stops[0].dwell_s == 0 or fake.stood_s > stops[0].dwell_s:
                fake.load_kg, fake.stood_s = 20_000.0, 0.0
                stops.pop(0)
                end_s = None if stops else fake.time_ns / 1e9 + 1.0
        fake.distance_m += fake.speed_mps * 0.01
        acceleration = (fake.speed_mps - before) / 0.01
        power_w = (mass_kg * acceleration + mass_kg * 9.81 * 0.01) * fake.speed_mps + 2000.0
        if power_w > 0:
            fake.drawn_j += power_w * 0.01
        else:
            fake.regenerated_j += -0.6 * power_w * 0.01
        truth = _truth(fake, setup, lateral(fake.distance_m), acceleration, power_w)
        yield truth, _telemetry(truth, fake, setup, plan, stops[0].name if stops else "", end_s is not None)


def _truth(fake: Fake, setup: DriveSetup, lateral_m: float, acceleration: float, power_w: float) -> Truth:
    route, profile = setup.route, setup.profile
    heading = float(np.interp(fake.distance_m, route.distance_m, route.heading_rad))
    curvature = float(np.interp(fake.distance_m, route.distance_m, route.curvature_1pm))
    angle = atan(curvature * profile.geometry.wheelbase_m / 2)
    force = profile.mass.empty_kg * acceleration
    waiting = fake.time_ns / 1e9 <= START_UP_S
    return make_truth(
        time_ns=fake.time_ns,
        x_m=float(np.interp(fake.distance_m, route.distance_m, route.x_m)) - lateral_m * sin(heading),
        y_m=float(np.interp(fake.distance_m, route.distance_m, route.y_m)) + lateral_m * cos(heading),
        heading_rad=heading,
        speed_mps=fake.speed_mps,
        acceleration_mps2=acceleration,
        front_angle_rad=angle,
        rear_angle_rad=-angle,
        lateral_acceleration_mps2=curvature * fake.speed_mps**2,
        motor_torque_nm=max(force, -8000.0) * 0.6 / 20,
        brake_force_n=max(-force - 8000.0, 0.0),
        park_brake_applied=fake.speed_mps == 0,
        inverter_latched=waiting,
        brakes_latched=waiting,
        steering_latched=waiting,
        soc=0.8 - (fake.drawn_j - fake.regenerated_j) / 9e8,
        pack_voltage_v=620.0 - power_w / 620 * 0.05,
        pack_current_a=power_w / 620,
        cell_temperature_degc=22.0 + fake.drawn_j / 5e6,
        energy_drawn_j=fake.drawn_j,
        energy_regenerated_j=fake.regenerated_j,
        distance_m=fake.distance_m,
        load_mass_kg=fake.load_kg,
        gnss_fix_valid=not 20.0 < fake.time_ns / 1e9 % 40 < 21.2,
    )


def _telemetry(
    truth: Truth, fake: Fake, setup: DriveSetup, plan: float, next_stop: str, arrived: bool
) -> Telemetry:
    now_s = fake.time_ns / 1e9
    state = (
        SafetyState.SELF_TEST
        if now_s < 0.5 * START_UP_S
        else SafetyState.READY
        if now_s < START_UP_S or arrived
        else SafetyState.AUTO
    )
    return Telemetry(
        time_ns=fake.time_ns,
        state=state,
        severity=Severity.OK,
        faults=(),
        arrived=arrived,
        route_distance_m=fake.distance_m,
        route_share=fake.distance_m / setup.route.length_m,
        cross_track_m=0.01 * sin(now_s),
        speed_plan_mps=plan,
        speed_target_mps=plan if state is SafetyState.AUTO else 0.0,
        speed_mps=truth.speed_mps,
        x_m=truth.x_m,
        y_m=truth.y_m,
        heading_rad=truth.heading_rad,
        lateral_std_m=0.012,
        fix_age_s=0.08,
        torque_request_nm=truth.motor_torque_nm * 1.02,
        brake_request_n=truth.brake_force_n,
        steering_front_request_rad=truth.front_angle_rad,
        steering_rear_request_rad=truth.rear_angle_rad,
        battery_soc=truth.soc,
        battery_power_w=truth.pack_voltage_v * truth.pack_current_a,
        next_stop=next_stop,
    )


def frames_at(time_ns: int) -> list[BusFrame]:
    return [
        (time_ns, "drive", 0x8CFF0027, bytes.fromhex("a1b2c3d4e5f60718")),
        (time_ns + 250_000, "body", 0x98FF2021, bytes(8)),
        (time_ns + 250_000, "body", 0x123, b"\x01"),
    ]


def run(
    setup: DriveSetup,
    observer: Observer,
    lateral: Callable[[float], float] = lambda s: 0.0,
    stop_short_m: float = 0.0,
    end_after_s: float = 1e9,
) -> DriveResult:
    """A runner of the made-up drive, of the same shape as the real ones."""
    observer.on_start(setup)
    last_s = 0.0
    for truth, telemetry in ticks(setup, lateral, stop_short_m):
        observer.on_tick(truth, telemetry, frames_at(truth.time_ns))
        last_s = truth.time_ns / 1e9
        if last_s >= end_after_s:
            return DriveResult(Ending.SECONDS, "", wall_s=last_s / 30, virtual_s=last_s)
    return DriveResult(Ending.ARRIVED, "", wall_s=last_s / 30, virtual_s=last_s)


def array(values: list[float]) -> FloatArray:
    return np.array(values, dtype=float)
