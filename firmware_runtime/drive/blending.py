"""Force at the tyres -> motor torque and friction: regeneration first, friction for the rest.

Regeneration is bounded by the inverter, by what the battery may take, and fades out at low speed, where a
motor holds no vehicle; friction takes over exactly what regeneration does not give.
"""

import msgspec

from firmware_runtime.vehicle.profile import Brake, Traction


class ForceSplit(msgspec.Struct, frozen=True):
    torque_nm: float
    """At the motor shaft, forward positive."""
    brake_force_n: float
    """Friction, magnitude."""
    drive_limited: bool = False
    """Less drive than was asked, by a limit of motor or battery."""


class Blending:
    """Remembers the last torque, for its slew limit."""

    def __init__(self, traction: Traction, brake: Brake, tick_s: float) -> None:
        """tick_s: between two steps."""
        self._traction = traction
        self._brake = brake
        self._force_per_torque = traction.gear_ratio / traction.wheel_radius_m
        """Tyre force per motor torque without losses, 1/m."""
        self._step_nm = traction.torque_slew_nmps * tick_s
        self._torque_nm = 0.0

    def step(
        self,
        force_n: float,
        speed_mps: float,
        motor_radps: float,
        torque_max_nm: float,
        regen_max_nm: float,
        discharge_power_w: float,
        charge_power_w: float,
    ) -> ForceSplit:
        """Split `force_n` (negative brakes) for a vehicle that rolls with `speed_mps`, forward positive.

        motor_radps: of the shaft, as its own sensor measures it.
        """
        traction = self._traction
        per_torque = self._force_per_torque
        shaft_radps = max(abs(speed_mps) * per_torque, 1.0)
        if force_n >= 0.0:
            asked_nm = force_n / (per_torque * traction.efficiency)
            wanted_nm = min(
                asked_nm,
                torque_max_nm,
                traction.torque_max_nm,
                min(discharge_power_w, traction.power_max_w) * traction.efficiency / shaft_radps,
            )
        else:
            # Rolling back or at rest, a negative torque would propel: friction alone brakes there. The shaft
            # itself must say that it turns: a wheel speed that repeats itself never comes to rest.
            slower_mps = min(speed_mps, motor_radps / per_torque)
            fade = min(max(slower_mps, 0.0) / traction.regeneration_fade_speed_mps, 1.0)
            wanted_nm = -min(
                -force_n * traction.efficiency / per_torque,
                fade * min(regen_max_nm, traction.regeneration_torque_max_nm),
                charge_power_w / shaft_radps,
            )
            asked_nm = wanted_nm
        self._torque_nm = torque_nm = self._slewed(wanted_nm)
        if torque_nm >= 0.0:
            given_n = torque_nm * per_torque * traction.efficiency
        else:
            given_n = torque_nm * per_torque / traction.efficiency
        missing_n = given_n - force_n if force_n < 0.0 else 0.0
        friction_n = min(max(missing_n, 0.0), self._brake.force_max_n)
        return ForceSplit(torque_nm, friction_n, asked_nm > wanted_nm)

    def end_propulsion(self) -> None:
        """Propelling torque goes at once, without slope: the state does not permit it any more."""
        self._torque_nm = min(self._torque_nm, 0.0)

    def release(self, force_n: float) -> ForceSplit:
        """No torque, at once; braking is by friction alone. The next step starts from zero."""
        self._torque_nm = 0.0
        return ForceSplit(0.0, min(max(-force_n, 0.0), self._brake.force_max_n))

    def _slewed(self, wanted_nm: float) -> float:
        step_nm = self._step_nm
        return min(max(wanted_nm, self._torque_nm - step_nm), self._torque_nm + step_nm)
