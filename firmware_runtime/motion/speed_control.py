"""Speed along the route: reference from the speed profile and the caps, then the force that follows it.

The reference obeys acceleration and jerk in time, whatever the caps do; the force is feed-forward
(acceleration, rolling and air resistance) plus proportional-integral feedback, whose integral stands for
grade and what the masses and resistances are really. At a stop, and whenever standstill is asked, it ends in
a hold. Signs: forward positive.
"""

from dataclasses import dataclass
from math import atan, sin

import msgspec

from firmware_runtime.vehicle.profile import Control, Limits, Mass, Resistance

GRAVITY_MPS2 = 9.81
AIR_DENSITY_KGPM3 = 1.225
"""At 15 °C and sea level (ISO 2533)."""
ROTATING_SHARE = 0.06
"""Rotating parts as a share of the empty mass (assumption)."""
HOLD_DISTANCE_M = 0.015
"""So near to a stop the vehicle is held rather than moved on."""
CREEP_MPS = 0.25
"""Reference on leaving a stop, where the profile itself starts at zero."""
PREVIEW_S = 0.18
"""The profile is read this far ahead: brake lag and tick, so that braking begins in time (assumption)."""
INTEGRAL_MAX_MPS2 = 2.0
"""Bound of the integral: the acceleration of a 15 % grade and some."""
INTEGRAL_WINDOW_MPS = 0.6
"""Too slow by more than this, the drive is at its limit and the integral waits; too fast has no excuse."""
CLOSING_MPS = 0.15
"""Where standstill is asked, the brake closes between this speed and none, forward or back (assumption)."""
ROLLBACK_MPS = 0.03
"""Backwards faster than this while driving forward is a hill that the torque does not hold yet."""
CATCH_MPS2 = 2.0
"""Brake that catches the roll-back: holds a 15 % grade and some."""
CATCH_RELEASE_MPS3 = 1.0
CATCH_RISE_MPS3 = 0.6
"""While caught, the brake eases and the drive grows at these rates, until the vehicle goes (assumption)."""
EASE_MPS = 0.05
"""Reference until it goes (assumption)."""
EASE_RISE_MPS3 = 1.0
"""The brake that holds the hill is eased so fast, where it is eased to learn the hill (assumption)."""
EASE_LAG_MPS2 = 0.4
"""By so much it was eased too far until the wheels told: 0.2 s to roll at 0.03 m/s, 0.2 s of brake lag."""
DRIVE_FACTOR = 1.25
"""No drive beyond so many times the profile's acceleration on its steepest grade: the supervisor refuses
twice, at the motor's shaft (assumption)."""


@dataclass(frozen=True, slots=True)
class SpeedDemand:
    """What the route and the permissions ask for in this tick."""

    plan_mps: float
    """Speed profile a preview ahead."""
    plan_mps2: float
    """Acceleration of the profile there."""
    cap_mps: float
    """Least of all caps; 0 asks for standstill."""
    stop_deceleration_mps2: float
    """With which a lower cap is met."""
    stop_jerk_mps3: float
    """With which that deceleration is built up."""
    to_stop_m: float
    """Distance to the next stop of the route."""
    standstill: bool
    """Whoever asks for it wants it held."""
    eased: bool = False
    """From rest the brake is eased until the vehicle goes: what it took then is the hill. It sets off
    up to 2 s later, but no descent makes it faster than it was asked to be."""
    drive_limited: bool = False
    """Last tick's force was more than motor and battery could give: asking for more still is no use."""


class SpeedRequest(msgspec.Struct, frozen=True):
    force_n: float
    """At the tyres; negative brakes."""
    target_mps: float
    hold: bool
    """Stand: park brake on, no torque."""
    catch_brake_n: float = 0.0
    """Friction beside the force, where the vehicle rolled back on a hill; magnitude."""


class SpeedControl:
    def __init__(
        self, control: Control, limits: Limits, mass: Mass, resistance: Resistance, tick_s: float
    ) -> None:
        """tick_s: between two steps."""
        self._tick_s = tick_s
        self._control = control
        self._limits = limits
        self._mass = mass
        self._resistance = resistance
        self._drive_mps2 = (
            DRIVE_FACTOR * limits.acceleration_max_mps2
            + GRAVITY_MPS2 * sin(atan(resistance.grade_max))
            + GRAVITY_MPS2 * resistance.rolling_coefficient
        )
        self._target_mps = 0.0
        self._target_mps2 = 0.0
        self._integral_mps2 = 0.0
        self._closing_mps2 = 0.0
        """Deceleration added since the reference came to rest and the vehicle did not."""
        self._catch_mps2 = 0.0
        self._held = False
        """It stood, and nobody has wanted it to drive since: a speed alone opens no hold, it may be a lie."""
        self._easing = self._eased = False

    def follow(self, speed_mps: float) -> None:
        """Somebody drives by force from this speed on: only what brakes a descent is still of use."""
        integral_mps2 = min(self._integral_mps2, 0.0)
        self.reset(speed_mps)
        self._integral_mps2 = integral_mps2

    def reset(self, speed_mps: float = 0.0) -> None:
        """Start from this speed: no stored acceleration and no stored integral."""
        self._target_mps = max(speed_mps, 0.0)
        self._target_mps2 = self._integral_mps2 = 0.0
        self._closing_mps2 = self._catch_mps2 = 0.0
        self._easing = self._eased = False

    def step(self, speed_mps: float, load_kg: float, demand: SpeedDemand, standing: bool) -> SpeedRequest:
        at_stop = demand.to_stop_m <= HOLD_DISTANCE_M
        if demand.standstill or (at_stop and (standing or demand.to_stop_m <= 0.0 or speed_mps < 0.12)):
            return self._hold(speed_mps, load_kg, demand, standing)
        self._held = False
        self._closing_mps2 = 0.0
        if demand.eased and (not self._eased or self._catch_mps2 > 0.0):
            self._ease(speed_mps)
        else:
            self._advance_target(speed_mps, demand)
        catch_n = self._catch(speed_mps, demand.drive_limited) * (self._mass.empty_kg + load_kg)
        # While the hill is being learnt, the feedback would learn from a vehicle that the brake holds.
        learning = self._easing and (not self._eased or catch_n > 0.0)
        force_n = self._force(speed_mps, load_kg, demand.drive_limited or learning)
        return SpeedRequest(force_n, self._target_mps, False, catch_n)

    def _hold(self, speed_mps: float, load_kg: float, demand: SpeedDemand, standing: bool) -> SpeedRequest:
        """Brake what speed is left, then hold."""
        if standing:
            self.reset()
            self._held = True
            return SpeedRequest(0.0, 0.0, True)
        self._target_mps2 = max(
            self._target_mps2 - demand.stop_jerk_mps3 * self._tick_s, -demand.stop_deceleration_mps2
        )
        self._target_mps = max(min(self._target_mps, speed_mps) + self._target_mps2 * self._tick_s, 0.0)
        # The feedback knows no grade yet and may even ask for drive: what stops is friction, on any hill.
        if self._target_mps <= 0.0:
            self._closing_mps2 = min(
                self._closing_mps2 + demand.stop_jerk_mps3 * self._tick_s, demand.stop_deceleration_mps2
            )
        share = min(max(1.0 - speed_mps / CLOSING_MPS, 0.0), 1.0)
        closing_n = -max(share * CATCH_MPS2, self._closing_mps2) * (self._mass.empty_kg + load_kg)
        force_n = min(self._force(speed_mps, load_kg, False), closing_n)
        return SpeedRequest(force_n, self._target_mps, self._held)

    def _ease(self, speed_mps: float) -> None:
        """The integral, which stands for the hill, begins as a brake for the steepest descent."""
        if not self._easing:
            self._easing = True
            self._integral_mps2 = -CATCH_MPS2
        self._target_mps, self._target_mps2 = EASE_MPS, 0.0
        if self._eased:
            return
        self._eased = abs(speed_mps) > ROLLBACK_MPS
        if speed_mps > ROLLBACK_MPS:
            self._integral_mps2 -= EASE_LAG_MPS2
        elif self._eased:
            # Backwards: what did not hold it any more is what it takes to climb.
            self._integral_mps2 = abs(self._integral_mps2)
        else:
            self._integral_mps2 += EASE_RISE_MPS3 * self._tick_s

    def _catch(self, speed_mps: float, drive_limited: bool) -> float:
        """Deceleration's worth of friction that holds the hill while the integral grows to carry it."""
        if speed_mps < -ROLLBACK_MPS:
            self._catch_mps2 = CATCH_MPS2
        elif speed_mps > ROLLBACK_MPS:
            if self._eased and self._catch_mps2 > 0.0:
                # The drive overcomes hill and brake: without the brake it would be too much by it.
                self._integral_mps2 = max(self._integral_mps2 - self._catch_mps2 - EASE_LAG_MPS2, 0.0)
            self._catch_mps2 = 0.0
        if self._catch_mps2 > 0.0:
            self._catch_mps2 = max(self._catch_mps2 - CATCH_RELEASE_MPS3 * self._tick_s, 0.0)
            if not (self._eased and drive_limited):
                self._integral_mps2 = min(
                    self._integral_mps2 + CATCH_RISE_MPS3 * self._tick_s, INTEGRAL_MAX_MPS2
                )
        return self._catch_mps2

    def _advance_target(self, speed_mps: float, demand: SpeedDemand) -> None:
        """Move the reference one tick towards profile and caps, within acceleration and jerk."""
        jerk_step = self._limits.jerk_max_mps3 * self._tick_s
        plan_mps, plan_mps2 = demand.plan_mps, demand.plan_mps2
        if plan_mps < CREEP_MPS and demand.to_stop_m > 1.0:
            plan_mps, plan_mps2 = CREEP_MPS, 0.0
        goal_mps = min(plan_mps, demand.cap_mps)
        error_mps = goal_mps - self._target_mps
        if goal_mps == plan_mps and error_mps <= 0.0:
            # The profile is already smooth: take it as it is, with its own acceleration as feed-forward.
            self._target_mps2 = min(plan_mps2, self._target_mps2 + jerk_step)
            self._target_mps = plan_mps
            return
        if error_mps > 0.0:
            # Ease into the goal: the acceleration from which jerk can still bring it to zero in time.
            wanted = min(
                self._limits.acceleration_max_mps2, (2.0 * self._limits.jerk_max_mps3 * error_mps) ** 0.5
            )
        else:
            wanted = -min(
                demand.stop_deceleration_mps2, (2.0 * self._limits.jerk_max_mps3 * -error_mps) ** 0.5
            )
        change = wanted - self._target_mps2
        self._target_mps2 += min(max(change, -2.0 * jerk_step), jerk_step)
        moved = self._target_mps + self._target_mps2 * self._tick_s
        self._target_mps = max(min(moved, plan_mps), 0.0)
        # A drive that cannot follow (power limit, grade) must not be left far behind by its reference.
        self._target_mps = min(self._target_mps, speed_mps + 0.5)

    def _force(self, speed_mps: float, load_kg: float, drive_limited: bool) -> float:
        mass_kg = self._mass.empty_kg + load_kg
        inertia_kg = mass_kg + ROTATING_SHARE * self._mass.empty_kg
        error_mps = self._target_mps - speed_mps
        gain = self._control
        if error_mps < (0.0 if drive_limited else INTEGRAL_WINDOW_MPS):
            self._integral_mps2 += gain.speed_integral_1ps2 * error_mps * self._tick_s
            self._integral_mps2 = min(max(self._integral_mps2, -INTEGRAL_MAX_MPS2), INTEGRAL_MAX_MPS2)
        acceleration = self._target_mps2 + gain.speed_gain_1ps * error_mps + self._integral_mps2
        drag_n = 0.5 * AIR_DENSITY_KGPM3 * self._resistance.drag_area_m2 * speed_mps * abs(speed_mps)
        rolling_n = self._resistance.rolling_coefficient * mass_kg * GRAVITY_MPS2
        return min(inertia_kg * acceleration + drag_n + rolling_n, mass_kg * self._drive_mps2)
