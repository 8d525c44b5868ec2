"""Motion along the body under drive, grade, friction, rolling and air resistance; once a tick.

    (m + rotating share) * dv/dt = drive - weight * sin(slope) - friction

Friction (brakes, springs, rolling) opposes the motion and never reverses it; at standstill it holds
against anything smaller than itself, so there is no creeping through zero. Within a step the forces are
constant and the motion is exact, its moment of stopping included.

Rolling resistance acts at standstill as breakaway resistance too (assumption). The tyres transmit at most
adhesion times weight to the brakes; drive torque never comes near that.
"""

from bisect import bisect_right
from math import sqrt

from vehicle_hil.plant.parameters import MassParameters, ResistanceParameters

GRAVITY_MPS2 = 9.80665
"""Standard gravity (CGPM 1901)."""


class Longitudinal:
    """Speed of the body and what changes it."""

    __slots__ = (
        "_drag_kgpm",
        "_empty_kg",
        "_p",
        "_rotating_kg",
        "acceleration_mps2",
        "distance_m",
        "friction_force_n",
        "load_mass_kg",
        "speed_mps",
    )

    def __init__(self, mass: MassParameters, resistance: ResistanceParameters, load_mass_kg: float) -> None:
        self._p = resistance
        self._drag_kgpm = 0.5 * resistance.air_density_kgpm3 * resistance.drag_area_m2
        self._empty_kg = mass.empty_kg
        self._rotating_kg = (mass.rotating_factor - 1.0) * mass.empty_kg
        self.load_mass_kg = load_mass_kg
        self.speed_mps = 0.0
        """Along the body, forward positive; exactly 0.0 while it stands."""
        self.acceleration_mps2 = 0.0
        """Mean over the last step."""
        self.distance_m = 0.0
        """Signed, since the start."""
        self.friction_force_n = 0.0
        """Greatest friction of the brakes in the last step, after adhesion; magnitude."""

    def step(self, dt_s: float, drive_force_n: float, brake_force_n: float, grade: float) -> float:
        """One step; returns the signed distance in m.

        drive_force_n: at the tyres, forward positive. brake_force_n: friction that the brakes can give,
        magnitude. grade: rise over run, uphill ahead positive.
        """
        if dt_s <= 0.0:
            return 0.0
        p = self._p
        mass = self._empty_kg + self.load_mass_kg
        inertia = mass + self._rotating_kg
        normal_n = mass * GRAVITY_MPS2 / sqrt(1.0 + grade * grade)
        brake_n = self.friction_force_n = min(brake_force_n, p.adhesion * normal_n)
        friction_n = brake_n + p.rolling_coefficient * normal_n
        free_n = drive_force_n - normal_n * grade
        speed = before = self.speed_mps
        distance, remaining_s = 0.0, dt_s
        if speed != 0.0:
            direction = 1.0 if speed > 0.0 else -1.0
            a = (free_n - direction * (friction_n + self._drag_kgpm * speed * speed)) / inertia
            after = speed + a * remaining_s
            if after * direction > 0.0:
                distance, speed, remaining_s = 0.5 * (speed + after) * remaining_s, after, 0.0
            else:
                stop_s = -speed / a
                distance, speed, remaining_s = 0.5 * speed * stop_s, 0.0, remaining_s - stop_s
        if remaining_s > 0.0 and abs(free_n) > friction_n:
            a = (free_n - friction_n if free_n > 0.0 else free_n + friction_n) / inertia
            speed = a * remaining_s
            distance += 0.5 * speed * remaining_s
        self.speed_mps = speed
        self.acceleration_mps2 = (speed - before) / dt_s
        self.distance_m += distance
        return distance


class Grade:
    """Grade against distance driven: linear between rows, constant beyond them."""

    __slots__ = ("_distances", "_grades", "_single")

    def __init__(self, rows: tuple[tuple[float, float], ...]) -> None:
        """rows: (distance in m, grade as rise over run), by rising distance; one row is a constant grade."""
        self._distances = [row[0] for row in rows]
        self._grades = [row[1] for row in rows]
        self._single = len(rows) == 1

    def at(self, distance_m: float) -> float:
        if self._single:
            return self._grades[0]
        index = bisect_right(self._distances, distance_m)
        if index == 0 or index == len(self._distances):
            return self._grades[0 if index == 0 else -1]
        x0, x1 = self._distances[index - 1], self._distances[index]
        g0, g1 = self._grades[index - 1], self._grades[index]
        return g0 + (g1 - g0) * (distance_m - x0) / (x1 - x0)
