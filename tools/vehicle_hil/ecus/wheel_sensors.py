"""Wheel speeds as the brake ECU measures them: radius error, noise, resolution, threshold; once a tick."""

import random
from collections.abc import Sequence

from vehicle_hil.ecus.parameters import WheelSensorParameters


class WheelSensors:
    def __init__(self, parameters: WheelSensorParameters, true_radius_m: float, rng: random.Random) -> None:
        self._scale = parameters.nominal_radius_m / true_radius_m
        self._noise_mps = parameters.noise_mps
        self._resolution_mps = parameters.resolution_mps
        self._threshold_mps = parameters.threshold_mps
        self._gauss = rng.gauss

    def measure(self, true_mps: Sequence[float]) -> list[float]:
        """Circumferential speeds that the ECU believes, from the true ones in m/s.

        A sensor counts teeth and its ECU multiplies by the nominal radius, so a larger true wheel reads
        slow. A wheel slower than the threshold reads 0 without noise.
        """
        resolution = self._resolution_mps
        measured: list[float] = []
        for speed in true_mps:
            if -self._threshold_mps < speed < self._threshold_mps:
                measured.append(0.0)
            else:
                noisy = speed * self._scale + self._gauss(0.0, self._noise_mps)
                measured.append(round(noisy / resolution) * resolution)
        return measured
