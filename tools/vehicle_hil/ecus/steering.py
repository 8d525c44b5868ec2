"""Steering ECU: angle commands of both axles in, true angles out; dead time, rate limit, lag, end stops.

Contract: the head comment of the drive DBC. Latched, disabled or without commands it holds its angle and
never straightens by itself.
"""

import random
from collections import deque

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox
from vehicle_hil.ecus.contract import ActuatorLatch
from vehicle_hil.ecus.first_order import lag_with_rate_limit
from vehicle_hil.ecus.parameters import SteeringParameters


class Steering:
    """Inputs: RuntimeHeartbeat, SteeringCommand. Output: SteeringFeedback.

    Inside, angles are as the ECU reads them: true angle plus the zero error of the axle's sensor. A
    vehicle whose DBC has no RearAngle steers in front only.
    """

    def __init__(self, parameters: SteeringParameters, network: Network, rng: random.Random) -> None:
        self._p = parameters
        self._rng = rng
        self._dead_time_ns = round(parameters.dead_time_s * 1e9)
        self.latch = ActuatorLatch(network)
        self._command = network.receiver(
            "SteeringCommand", ("Enable", "FrontAngle", "RearAngle"), ("RearAngle",)
        )
        self._enable_on = network.code("SteeringCommand", "Enable", "ON")
        self._feedback = network.sender(
            "SteeringFeedback", ("Status", "FrontAngle", "RearAngle"), ("RearAngle",)
        )
        self._rear_steered = "RearAngle" in self._command.layout.signals
        self._status_codes = {
            label: network.code("SteeringFeedback", "Status", label)
            for label in ("READY", "ACTIVE", "LATCHED_STOP", "FAULT")
        }
        self.inputs = {
            "RuntimeHeartbeat": self.latch.on_heartbeat,
            "SteeringCommand": self._on_command,
        }
        self._enabled = False
        self._pending: deque[tuple[int, float, float]] = deque()
        """Commands on their way through the dead time: (due_ns, front, rear)."""
        self._interval_start_ns = 0
        self._front = parameters.front_zero_rad
        self._rear = parameters.rear_zero_rad
        self._front_target = self._front
        self._rear_target = self._rear
        self.stuck = False
        """Fault hook: True holds the angle while still reporting itself well."""
        self.failed = False
        """Fault hook: True holds the angle and reports FAULT."""

    @property
    def front_angle_rad(self) -> float:
        """True single-track angle of the front axle, left positive."""
        return self._front - self._p.front_zero_rad

    @property
    def rear_angle_rad(self) -> float:
        """True single-track angle of the rear axle, left positive; 0 where it is not steered."""
        return self._rear - self._p.rear_zero_rad if self._rear_steered else 0.0

    def _on_command(self, now_ns: int, data: bytes) -> None:
        values = self._command.take(data)
        if values is None:
            return
        self.latch.on_command(now_ns)
        self._enabled = int(values[0]) == self._enable_on
        if self._enabled:
            self._pending.append((self._interval_start_ns + self._dead_time_ns, values[1], values[2]))

    def step(self, now_ns: int, dt_s: float, standstill: bool) -> None:
        """Moves both axles over the interval that ends at now_ns; its commands came at its start."""
        latched = self.latch.step(now_ns, standstill)
        pending = self._pending
        if latched or not self._enabled or self.failed or self.stuck:
            pending.clear()
            self._front_target, self._rear_target = self._front, self._rear
        else:
            # The dead time runs from the start of the interval in which a command came.
            while pending and pending[0][0] <= self._interval_start_ns:
                _, self._front_target, self._rear_target = pending.popleft()
            self._front = self._moved(self._front, self._front_target, dt_s, self._p.front_zero_rad)
            if self._rear_steered:
                self._rear = self._moved(self._rear, self._rear_target, dt_s, self._p.rear_zero_rad)
        self._interval_start_ns = now_ns

    def _moved(self, angle: float, target: float, dt_s: float, zero_rad: float) -> float:
        p = self._p
        moved = lag_with_rate_limit(angle, target, dt_s, p.lag_s, p.rate_max_radps)
        # The end stops are mechanical: they bound the true angle, not the one that the sensor reads.
        return min(max(moved, zero_rad - p.angle_max_rad), zero_rad + p.angle_max_rad)

    def report(self, now_ns: int, out: Outbox) -> None:
        if self._feedback.due(now_ns):
            gauss, noise = self._rng.gauss, self._p.noise_rad
            rear = self._rear + gauss(0.0, noise) if self._rear_steered else 0.0
            self._feedback.send((self._status_codes[self.status], self._front + gauss(0.0, noise), rear), out)

    @property
    def status(self) -> str:
        """Label of SteeringFeedback.Status."""
        if self.failed:
            return "FAULT"
        if self.latch.latched:
            return "LATCHED_STOP"
        return "ACTIVE" if self._enabled else "READY"
