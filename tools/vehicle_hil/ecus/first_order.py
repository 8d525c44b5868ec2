"""First-order lags in closed form, so that their result does not hang on the length of a tick."""

from math import exp

NEGLIGIBLE = 1e-6
"""Distance to the target, in its unit (N, Nm), at which a lag has arrived."""


class FirstOrderLag:
    """y follows its target with one time constant; exact for a target held over the step."""

    __slots__ = ("_dt_s", "_share", "_time_constant_s", "value")

    def __init__(self, time_constant_s: float, value: float = 0.0) -> None:
        """time_constant_s: 0 or more; 0 follows at once."""
        self._time_constant_s = time_constant_s
        self._dt_s = -1.0
        self._share = 1.0
        self.value = value

    def step(self, dt_s: float, target: float) -> float:
        if dt_s != self._dt_s:
            # Ticks have one length nearly always; the exponential is worth keeping.
            self._dt_s = dt_s
            self._share = 1.0 - exp(-dt_s / self._time_constant_s) if self._time_constant_s > 0 else 1.0
        rest = (target - self.value) * (1.0 - self._share)
        # The tail ends: a torque of 1e-90 Nm is none, and denormal numbers are slow.
        self.value = target - rest if abs(rest) > NEGLIGIBLE else target
        return self.value


def lag_with_rate_limit(value: float, target: float, dt_s: float, lag_s: float, rate_max: float) -> float:
    """dy/dt = clip((target - y) / lag, ±rate_max) over dt_s, in closed form.

    Far from the target it moves at the rate limit; within rate_max * lag_s of it, exponentially.
    lag_s may be 0: then it moves at the rate limit until it is there.
    """
    error = target - value
    distance = abs(error)
    direction = 1.0 if error >= 0 else -1.0
    linear = rate_max * lag_s
    if distance > linear:
        saturated_s = (distance - linear) / rate_max
        if saturated_s >= dt_s:
            return value + direction * rate_max * dt_s
        dt_s -= saturated_s
        distance = linear
    if lag_s <= 0 or distance == 0.0:
        return target
    return target - direction * distance * exp(-dt_s / lag_s)
