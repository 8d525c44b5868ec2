"""Brake ECU: service brake, spring-applied park brake, air, wheel speeds.

Contract: the head comment of the drive DBC. Latched it brakes with 40 % of its force until standstill,
then the park brake, and stays so until the latch is cleared. The park brake is spring-applied: it needs
air to release, and without air it applies by itself.
"""

import random
from collections.abc import Sequence

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox
from vehicle_hil.ecus.contract import ActuatorLatch
from vehicle_hil.ecus.first_order import FirstOrderLag
from vehicle_hil.ecus.parameters import BrakeParameters, WheelSensorParameters
from vehicle_hil.ecus.reservoir import Reservoir
from vehicle_hil.ecus.wheel_sensors import WheelSensors

FALLBACK_SHARE = 0.40
STANDSTILL_MPS = 0.03
STANDSTILL_NS = 100_000_000
"""The wheels must read below STANDSTILL_MPS for so long. Assumption."""


class Brakes:
    """Inputs: RuntimeHeartbeat, BrakeCommand. Outputs: BrakeFeedback, WheelSpeedsFront, WheelSpeedsRear."""

    def __init__(
        self,
        parameters: BrakeParameters,
        sensors: WheelSensorParameters,
        true_wheel_radius_m: float,
        network: Network,
        rng: random.Random,
    ) -> None:
        self._p = parameters
        self.latch = ActuatorLatch(network)
        self._command = network.receiver("BrakeCommand", ("ForceRequest", "ParkBrakeRequest"))
        self._release = network.code("BrakeCommand", "ParkBrakeRequest", "RELEASE")
        self._apply = network.code("BrakeCommand", "ParkBrakeRequest", "APPLY")
        self._front_speeds = network.sender("WheelSpeedsFront", ("Left", "Right"))
        self._rear_speeds = network.sender("WheelSpeedsRear", ("Left", "Right"))
        self._feedback = network.sender(
            "BrakeFeedback", ("Status", "Force", "ParkBrakeState", "ReservoirPressure")
        )
        self._status_codes = {
            label: network.code("BrakeFeedback", "Status", label)
            for label in ("READY", "ACTIVE", "LATCHED_STOP", "FAULT")
        }
        self._park_codes = {
            label: network.code("BrakeFeedback", "ParkBrakeState", label)
            for label in ("RELEASED", "APPLIED", "MOVING")
        }
        self.inputs = {
            "RuntimeHeartbeat": self.latch.on_heartbeat,
            "BrakeCommand": self._on_command,
        }
        self.reservoir = Reservoir(parameters)
        self._sensors = WheelSensors(sensors, true_wheel_radius_m, rng)
        self._measured = [0.0, 0.0, 0.0, 0.0]
        self._moving_ns: int | None = None
        self._requested_n = 0.0
        self._park_wanted = True
        self._stopped_by_latch = True
        self._force = FirstOrderLag(parameters.lag_s)
        self._springs = 1.0
        """Share of the spring force that acts: 0 released, 1 applied."""
        self.failed = False
        """Fault hook: True loses the service brake and reports FAULT; the springs still work."""

    @property
    def service_force_n(self) -> float:
        """True friction force of the service brake, magnitude."""
        return self._force.value * self._p.gain

    @property
    def park_force_n(self) -> float:
        """Friction force that the springs can hold now, magnitude."""
        return self._springs * self._p.park_force_n

    @property
    def park_brake_applied(self) -> bool:
        return self._springs >= 1.0

    def _on_command(self, now_ns: int, data: bytes) -> None:
        values = self._command.take(data)
        if values is None:
            return
        self.latch.on_command(now_ns)
        self._requested_n = values[0]
        request = int(values[1])
        if request == self._apply:
            self._park_wanted = True
        elif request == self._release:
            self._park_wanted = False

    def step(self, now_ns: int, dt_s: float, compressor_powered: bool) -> None:
        """One tick with the wheel speeds measured at the end of the last one."""
        standstill = self._standstill(now_ns)
        if self.latch.step(now_ns, standstill):
            self._stopped_by_latch = self._stopped_by_latch or standstill
            # The service brake holds until the springs do.
            holds = self.park_brake_applied and self._stopped_by_latch
            target_n = 0.0 if holds else FALLBACK_SHARE * self._p.force_max_n
            park = self._stopped_by_latch
        else:
            self._stopped_by_latch = False
            target_n = min(self._requested_n, self._p.force_max_n)
            park = self._park_wanted
        self._step_service(dt_s, target_n)
        self._step_springs(dt_s, park)
        self.reservoir.step(dt_s, compressor_powered)

    def _standstill(self, now_ns: int) -> bool:
        if self._moving_ns is None or max(map(abs, self._measured)) >= STANDSTILL_MPS:
            self._moving_ns = now_ns
        return now_ns - self._moving_ns >= STANDSTILL_NS

    def _step_service(self, dt_s: float, target_n: float) -> None:
        pressure_pa = self.reservoir.pressure_pa
        if pressure_pa < self._p.pressure_spring_pa:
            target_n *= pressure_pa / self._p.pressure_spring_pa
        before_n = self._force.value
        rise_n = self._force.step(dt_s, 0.0 if self.failed else target_n) - before_n
        if rise_n > 0:
            self.reservoir.consume(self._p.application_drop_pa * rise_n / self._p.force_max_n)

    def _step_springs(self, dt_s: float, park: bool) -> None:
        p = self._p
        pressure_pa = self.reservoir.pressure_pa
        if park or pressure_pa < p.pressure_spring_pa:
            self._springs = min(1.0, self._springs + dt_s / p.park_apply_time_s)
        elif self._springs > 0.0 and (self._springs < 1.0 or pressure_pa >= p.pressure_release_pa):
            if self._springs >= 1.0:
                self.reservoir.consume(p.release_drop_pa)
            self._springs = max(0.0, self._springs - dt_s / p.park_release_time_s)

    def report(self, now_ns: int, true_wheel_mps: Sequence[float], out: Outbox) -> None:
        """Measures and queues. true_wheel_mps: front left, front right, rear left, rear right."""
        measured = self._measured = self._sensors.measure(true_wheel_mps)
        if self._front_speeds.due(now_ns):
            self._front_speeds.send(measured[:2], out)
        if self._rear_speeds.due(now_ns):
            self._rear_speeds.send(measured[2:], out)
        if self._feedback.due(now_ns):
            self._feedback.send(
                (
                    self._status_codes[self.status],
                    self._force.value,
                    self._park_codes[self.park_state],
                    self.reservoir.pressure_pa,
                ),
                out,
            )

    @property
    def park_state(self) -> str:
        """Label of BrakeFeedback.ParkBrakeState."""
        if self._springs >= 1.0:
            return "APPLIED"
        return "RELEASED" if self._springs <= 0.0 else "MOVING"

    @property
    def status(self) -> str:
        """Label of BrakeFeedback.Status."""
        if self.failed:
            return "FAULT"
        if self.latch.latched:
            return "LATCHED_STOP"
        return "ACTIVE" if self._force.value > 1.0 or self._springs > 0.0 else "READY"
