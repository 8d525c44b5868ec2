"""Inverter and motor ECU: torque command in, torque at the shaft out; limits and temperatures reported.

Contract: the head comment of the drive DBC. Latched it gives no torque. While the heartbeat does not say
DRIVING it refuses torque that accelerates. It needs link voltage within its window, and the e-stop chain
cuts its torque by hardware (safe torque off), whatever the frames say.
"""

import random

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox
from vehicle_hil.ecus.contract import ActuatorLatch
from vehicle_hil.ecus.first_order import FirstOrderLag
from vehicle_hil.ecus.parameters import InverterParameters

TURNING_RADPS = 0.5
"""Below it the shaft counts as standing: any torque would accelerate. Assumption."""


class Inverter:
    """Inputs: RuntimeHeartbeat, TractionCommand. Outputs: TractionFeedback, TractionLimits."""

    def __init__(
        self, parameters: InverterParameters, network: Network, rng: random.Random, ambient_degc: float
    ) -> None:
        self._p = parameters
        self._rng = rng
        self._ambient_degc = ambient_degc
        self.latch = ActuatorLatch(network)
        self._command = network.receiver("TractionCommand", ("Enable", "TorqueRequest"))
        self._enable_on = network.code("TractionCommand", "Enable", "ON")
        self._feedback = network.sender("TractionFeedback", ("Status", "MotorSpeed", "MotorTorque"))
        self._limits = network.sender(
            "TractionLimits", ("TorqueMaxDrive", "TorqueMaxRegen", "InverterTemperature", "MotorTemperature")
        )
        self._status_codes = {
            label: network.code("TractionFeedback", "Status", label)
            for label in ("READY", "ACTIVE", "LATCHED_STOP", "FAULT")
        }
        self.inputs = {
            "RuntimeHeartbeat": self.latch.on_heartbeat,
            "TractionCommand": self._on_command,
        }
        """Handler of each message that it hears."""
        self._enabled = False
        self._requested_nm = 0.0
        self._target_nm = 0.0
        self._torque = FirstOrderLag(parameters.torque_lag_s)
        self._drive_limit_nm = 0.0
        self._regen_limit_nm = 0.0
        self._powered = False
        self.motor_degc = ambient_degc
        self.inverter_degc = ambient_degc
        self.failed = False
        """Fault hook: True gives no torque and reports FAULT."""

    @property
    def torque_nm(self) -> float:
        """At the shaft, forward positive."""
        return self._torque.value

    def _on_command(self, now_ns: int, data: bytes) -> None:
        values = self._command.take(data)
        if values is None:
            return
        self.latch.on_command(now_ns)
        self._enabled = int(values[0]) == self._enable_on
        self._requested_nm = values[1]

    def step(
        self, now_ns: int, dt_s: float, motor_speed_radps: float, link_voltage_v: float, safe_torque_off: bool
    ) -> float:
        """One tick; returns the torque at the shaft in Nm.

        motor_speed_radps: true, signed. link_voltage_v: behind the contactors. safe_torque_off: True
        where the e-stop chain has cut the gate drivers' supply.
        """
        p = self._p
        latched = self.latch.step(now_ns, abs(motor_speed_radps) < TURNING_RADPS)
        self._powered = (
            p.link_voltage_min_v <= link_voltage_v <= p.link_voltage_max_v
            and not safe_torque_off
            and not self.failed
        )
        self._update_limits(abs(motor_speed_radps))
        if latched or not self._powered or not self._enabled:
            # Gates off: the current decays by itself, no slope is controlled.
            self._target_nm = 0.0
        else:
            wanted_nm = self._permitted(motor_speed_radps)
            change = p.torque_slew_nmps * dt_s
            self._target_nm = min(max(wanted_nm, self._target_nm - change), self._target_nm + change)
        return self._torque.step(dt_s, self._target_nm)

    def _permitted(self, motor_speed_radps: float) -> float:
        """The request within the motor map, and without acceleration unless DRIVING."""
        driving, regen = self._drive_limit_nm, self._regen_limit_nm
        if not self.latch.propulsion_permitted:
            driving = 0.0
        if motor_speed_radps > TURNING_RADPS:
            low, high = -regen, driving
        elif motor_speed_radps < -TURNING_RADPS:
            low, high = -driving, regen
        else:
            low, high = -driving, driving
        return min(max(self._requested_nm, low), high)

    def _update_limits(self, speed_radps: float) -> None:
        p = self._p
        if not self._powered:
            self._drive_limit_nm = self._regen_limit_nm = 0.0
            return
        share = min(
            _derating(self.motor_degc, p.motor_derate_degc, p.motor_cut_degc),
            _derating(self.inverter_degc, p.inverter_derate_degc, p.inverter_cut_degc),
        )
        by_power_nm = p.power_max_w / speed_radps if speed_radps > 0 else p.torque_max_nm
        self._drive_limit_nm = share * min(p.torque_max_nm, by_power_nm)
        self._regen_limit_nm = share * min(p.regeneration_torque_max_nm, by_power_nm)

    def heat(self, dt_s: float, loss_w: float) -> None:
        """Takes one tick's electrical loss. Two lumped masses against the surroundings."""
        p = self._p
        to_motor_w = loss_w * p.motor_loss_share
        self.motor_degc += (
            (to_motor_w - (self.motor_degc - self._ambient_degc) / p.motor_heat_resistance_kpw)
            * dt_s
            / p.motor_heat_capacity_jpk
        )
        self.inverter_degc += (
            (loss_w - to_motor_w - (self.inverter_degc - self._ambient_degc) / p.inverter_heat_resistance_kpw)
            * dt_s
            / p.inverter_heat_capacity_jpk
        )

    def report(self, now_ns: int, motor_speed_radps: float, out: Outbox) -> None:
        """Queues this tick's frames. motor_speed_radps: true, at the end of the tick."""
        if self._feedback.due(now_ns):
            gauss = self._rng.gauss
            speed = motor_speed_radps
            if abs(speed) >= TURNING_RADPS:
                speed += gauss(0.0, self._p.speed_noise_radps)
            torque = self._torque.value
            if torque != 0.0:
                torque += gauss(0.0, self._p.torque_noise_nm)
            self._feedback.send((self._status_codes[self.status], speed, torque), out)
        if self._limits.due(now_ns):
            self._limits.send(
                (self._drive_limit_nm, self._regen_limit_nm, self.inverter_degc, self.motor_degc), out
            )

    @property
    def status(self) -> str:
        """Label of TractionFeedback.Status. READY says nothing of high voltage; TractionLimits does."""
        if self.failed:
            return "FAULT"
        if self.latch.latched:
            return "LATCHED_STOP"
        return "ACTIVE" if self._enabled and self._powered else "READY"


def _derating(temperature_degc: float, derate_degc: float, cut_degc: float) -> float:
    """1 up to derate_degc, falling linearly to 0 at cut_degc."""
    if temperature_degc <= derate_degc:
        return 1.0
    return max(0.0, (cut_degc - temperature_degc) / (cut_degc - derate_degc))
