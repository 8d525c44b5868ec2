"""Who drives by hand in the matrix: a remote driver, and one in the cab. Neither reacts to anything told.

They see where the truck truly is. A button or a pedal that is held stays held, whatever the runtime says: so
it is the runtime that must stop or slow the truck, and that must not start it again.
"""

from math import atan

from tests.drives.fault_matrix.world import World

WHEELBASE_M = 8.0
REMOTE_ASKED_MPS = 1.5
CAB_MPS = 5.0
"""Speed that the driver in the cab holds with his foot; well below the permitted one."""
BRAKE_SHARE, SWERVE_RAD = 0.3, 0.08
"""What he does in the end, to see whether the truck obeys."""


def remote_driver(world: World) -> None:
    world.vehicle.body.remote.ask(REMOTE_ASKED_MPS, _along_the_route(world))


def driver(world: World) -> None:
    foot = 0.12 + 0.2 * (CAB_MPS - world.truth.speed_mps)
    world.vehicle.body.cab.hold(min(max(foot, 0.05), 1.0), 0.0, _along_the_route(world))


def stopping_driver(world: World) -> None:
    """Swerves and brakes, his other foot still on the accelerator."""
    world.vehicle.body.cab.hold(0.3, BRAKE_SHARE, SWERVE_RAD)


def resting_driver(world: World) -> None:
    world.vehicle.body.cab.hold()


def _along_the_route(world: World) -> float:
    """Front angle, both axles steering alike and opposed: the route's own curve, and back to its line."""
    line = world.line
    curve = atan(0.5 * WHEELBASE_M * line.curvature_1pm)
    back = -0.03 * line.cross_track_m - 0.4 * line.heading_error_rad
    return min(max(curve + back, -0.3), 0.3)
