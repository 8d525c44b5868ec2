"""What a drive is made of, from the files that the user named: profile, route, simulated vehicle, people."""

from dataclasses import dataclass, replace
from pathlib import Path

from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import RoutePoints as FilePoints
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.recorder.tick_record import BlackBoxHeader
from firmware_runtime.vehicle.load import Profile, load_profile
from firmware_runtime.vehicle.route import Route
from vehicle_hil.crane import Crane
from vehicle_hil.heartbeat import HeartbeatState
from vehicle_hil.operator import Operator
from vehicle_hil.result import DriveJob, DriveSetup, RoutePoints
from vehicle_hil.smoothed_route import drivable
from vehicle_hil.vehicle import SimulatedVehicle
from vehicle_hil.vehicle_file import VehicleParameters, built_in_vehicle, load_vehicle_file


@dataclass(frozen=True, slots=True)
class Scene:
    profile: Profile
    route: Route
    vehicle: SimulatedVehicle
    operator: Operator
    crane: Crane
    setup: DriveSetup
    job: DriveJob
    """As asked for, or with the smoothed route in the file's place: what every process is given."""

    def black_box_header(self) -> BlackBoxHeader:
        """Of a drive in virtual time, which starts at zero and has no wall clock."""
        return BlackBoxHeader(
            identity=self.profile.identity,
            vehicle=self.profile.data.vehicle.name,
            route=self.route.name,
            tick_ns=self.profile.data.loop.tick_ns,
            started_ns=0,
            started_unix_ns=0,
        )


def prepare(job: DriveJob, mode: str) -> Scene:
    """Load and check everything before the first tick.

    Raises:
        ConfigurationError, RouteError, VehicleFileError: with every problem of the file.
    """
    profile = load_profile(job.profile_path)
    points = read_route_file(job.route_path, distance_max_m=job.distance_m)
    if job.allow_infeasible:
        route, smoothed = drivable(points, profile.data, job.out_dir)
        if smoothed is not None:
            job = replace(job, route_path=smoothed, distance_m=None, allow_infeasible=False)
    else:
        route = build_route(points, profile.data)
    parameters = load_vehicle_file(vehicle_file_of(profile))
    vehicle = place(parameters, job.seed, route)
    return Scene(
        profile=profile,
        route=route,
        vehicle=vehicle,
        operator=Operator(vehicle.body, HeartbeatState(profile.data, job.profile_path)),
        crane=Crane(route, parameters.mass.payload_max_kg, vehicle.set_load),
        setup=DriveSetup(
            mode=mode,
            profile=profile.data,
            route=route,
            points=_as_written(points),
            identity=profile.identity,
            gnss=vehicle.gnss.description,
            conditions=conditions(parameters),
        ),
        job=job,
    )


def vehicle_file_of(profile: Profile) -> Path:
    """The simulated vehicle that goes with a profile, by the profile's vehicle name."""
    return built_in_vehicle(profile.data.vehicle.name)


def place(parameters: VehicleParameters, seed: int, route: Route) -> SimulatedVehicle:
    """The vehicle at the start of the route, standing along it."""
    return SimulatedVehicle(
        parameters,
        seed,
        float(route.x_m[0]),
        float(route.y_m[0]),
        float(route.heading_rad[0]),
        (route.datum_latitude_deg, route.datum_longitude_deg, route.datum_height_m),
    )


def conditions(parameters: VehicleParameters) -> tuple[tuple[str, str], ...]:
    """What the report says of the surroundings."""
    around = parameters.surroundings
    return (
        ("Ambient temperature", f"{around.ambient_degc:g} °C"),
        ("Empty mass, true", f"{parameters.mass.empty_kg / 1000:.2f} t"),
    )


def _as_written(points: FilePoints) -> RoutePoints:
    return RoutePoints(points.x_m, points.y_m, points.closed)
