"""Body ECU: e-stop chain, keys and buttons, scanner and bumper, load, lights, 24 V; the operator's hands.

Contract: the body DBC's comments. BodyCommand missing for 500 ms switches the hazard lights on. What a
person or the yard does is set by the methods here, between ticks.
"""

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox
from vehicle_hil.ecus.contract import NEVER_NS
from vehicle_hil.ecus.drivers import CabDriver, RemoteDriver
from vehicle_hil.ecus.parameters import BodyParameters

COMMAND_MISSING_NS = 500_000_000
NO_ZONE_MPS = 60.0
"""What MotionLimits says where no zone applies."""
PRESS_S = 0.3
"""How long a person holds a button. Assumption."""


class _Button:
    """A push button that a press holds for a while."""

    __slots__ = ("_requested_ns", "_until_ns")

    def __init__(self) -> None:
        self._requested_ns = 0
        self._until_ns = NEVER_NS

    def press(self, duration_s: float) -> None:
        self._requested_ns = round(duration_s * 1e9)

    def pressed(self, now_ns: int) -> bool:
        if self._requested_ns:
            self._until_ns = now_ns + self._requested_ns
            self._requested_ns = 0
        return now_ns < self._until_ns


class Body:
    """Input: BodyCommand. Outputs: EStopStatus, OperatorInputs, MotionLimits, BodyStatus, and what the people
    who drive ask for (`drivers`)."""

    def __init__(self, parameters: BodyParameters, network: Network, has_cab: bool = False) -> None:
        self._p = parameters
        self._command = network.receiver(
            "BodyCommand", ("HazardLights", "Beacon", "BrakeLights", "HeadLights", "ScannerFieldSet")
        )
        self._on = network.code("BodyCommand", "HazardLights", "ON")
        self._estop = network.sender("EStopStatus", ("ChannelA", "ChannelB"))
        self._operator = network.sender(
            "OperatorInputs",
            ("RunButton", "AcknowledgeButton", "ModeKey", "DeadMan", "LinkAlive", "ChargePlug", "OffButton"),
        )
        self._motion = network.sender("MotionLimits", ("ScannerStop", "Bumper", "ZoneSpeedLimit"))
        self._status = network.sender(
            "BodyStatus", ("HazardLights", "SupplyVoltage", "LoadMass", "LoadLocked")
        )
        # Last, so that a driver's message shifts the phase of none before it.
        self.remote = RemoteDriver(network)
        """Who drives from the remote desk, or with the technician's pendant."""
        self._cab = CabDriver(network) if has_cab else None
        self._drivers = (self.remote,) if self._cab is None else (self.remote, self._cab)
        self.senders = {driver.sender.layout.name: driver.sender for driver in self._drivers}
        code = network.code
        self._channel_codes = (
            code("EStopStatus", "ChannelA", "OPEN"),
            code("EStopStatus", "ChannelA", "CLOSED"),
        )
        self._mode_codes = network.message("OperatorInputs").signals["ModeKey"].labels
        self.inputs = {"BodyCommand": self._on_command}
        self._command_ns = NEVER_NS
        self._run = _Button()
        self._acknowledge = _Button()
        self._off = _Button()
        self._dead_man = False
        self._mode_key = code("OperatorInputs", "ModeKey", "OFF")
        self._link_alive = True
        self._plugged = False
        self._scanner_stop = False
        self._bumper = False
        self._zone_mps = NO_ZONE_MPS
        self.estop_a_closed = True
        self.estop_b_closed = True
        self.hazard_lights = False
        self.beacon = False
        self.brake_lights = False
        self.head_lights = False
        self.scanner_field_set = 0
        self._hazards_asked = False

    # What people and the yard do.

    def estop(self, a_pressed: bool = True, b_pressed: bool = True) -> None:
        """Presses or releases the two channels of the e-stop chain, each on its own."""
        self.estop_a_closed = not a_pressed
        self.estop_b_closed = not b_pressed

    def release_estop(self) -> None:
        self.estop(False, False)

    def press_run(self, duration_s: float = PRESS_S) -> None:
        """Holds the run button from the next tick on for duration_s."""
        self._run.press(duration_s)

    def press_acknowledge(self, duration_s: float = PRESS_S) -> None:
        self._acknowledge.press(duration_s)

    def press_off(self, duration_s: float = PRESS_S) -> None:
        self._off.press(duration_s)

    @property
    def cab(self) -> CabDriver:
        """The driver in the cab. Raises ValueError where the vehicle has none."""
        if self._cab is None:
            raise ValueError("cab: expected a vehicle with [vehicle] cab = true, got one without")
        return self._cab

    def hold_dead_man(self, held: bool = True) -> None:
        self._dead_man = held

    def turn_mode_key(self, position: str) -> None:
        """position: a label of OperatorInputs.ModeKey, e.g. `AUTO`. The key starts at OFF."""
        if position not in self._mode_codes:
            raise ValueError(f"mode key: expected one of {sorted(self._mode_codes)}, got {position!r}")
        self._mode_key = self._mode_codes[position]

    def set_link(self, alive: bool) -> None:
        self._link_alive = alive

    def set_charge_plug(self, plugged: bool) -> None:
        self._plugged = plugged

    def set_scanner(self, stop: bool) -> None:
        """True: something stands in the protective field."""
        self._scanner_stop = stop

    def set_bumper(self, pressed: bool) -> None:
        self._bumper = pressed

    def set_zone(self, speed_limit_mps: float | None) -> None:
        """Limit of the zone that the vehicle is in, or None."""
        self._zone_mps = NO_ZONE_MPS if speed_limit_mps is None else speed_limit_mps

    # What the ECU does.

    @property
    def safe_torque_off(self) -> bool:
        """True where either channel of the e-stop chain is open: it cuts torque by hardware."""
        return not (self.estop_a_closed and self.estop_b_closed)

    def _on_command(self, now_ns: int, data: bytes) -> None:
        values = self._command.take(data)
        if values is None:
            return
        self._command_ns = now_ns
        on = self._on
        self._hazards_asked = int(values[0]) == on
        self.beacon = int(values[1]) == on
        self.brake_lights = int(values[2]) == on
        self.head_lights = int(values[3]) == on
        self.scanner_field_set = int(values[4])

    def step(self, now_ns: int) -> None:
        missing = now_ns - self._command_ns >= COMMAND_MISSING_NS
        self.hazard_lights = missing or self._hazards_asked

    def report(self, now_ns: int, load_mass_kg: float, converter_on: bool, out: Outbox) -> None:
        """Queues what is due. load_mass_kg: true. converter_on: True while the DC/DC converter runs."""
        if self._estop.due(now_ns):
            codes = self._channel_codes
            self._estop.send((codes[self.estop_a_closed], codes[self.estop_b_closed]), out)
        if self._operator.due(now_ns):
            self._operator.send(
                (
                    self._run.pressed(now_ns),
                    self._acknowledge.pressed(now_ns),
                    self._mode_key,
                    self._dead_man,
                    self._link_alive,
                    self._plugged,
                    self._off.pressed(now_ns),
                ),
                out,
            )
        if self._motion.due(now_ns):
            self._motion.send((self._scanner_stop, self._bumper, self._zone_mps), out)
        if self._status.due(now_ns):
            supply_v = self._p.supply_charging_v if converter_on else self._p.supply_resting_v
            self._status.send(
                (self.hazard_lights, supply_v, load_mass_kg * self._p.load_gain, load_mass_kg > 0), out
            )
        for driver in self._drivers:
            driver.report(now_ns, out)
