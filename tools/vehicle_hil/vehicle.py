"""The simulated vehicle: ECUs, plant and GNSS receiver behind two buses and a serial line; one step a tick.

In each step the ECUs take the frames that were sent in the last tick, the plant advances to now with what
the actuators do, and the ECUs report what they then measure. No clock, no I/O, no thread: a runner gives
time and frames. The same seed and the same inputs give the same bytes.
"""

from collections.abc import Callable, Iterable
from random import Random

from vehicle_hil.codec.arbitration import Arbiter, FrameOut
from vehicle_hil.codec.dbc import DbcError
from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import CyclicSender
from vehicle_hil.ecus.battery import Battery
from vehicle_hil.ecus.battery_core import PackMeasurement
from vehicle_hil.ecus.body import Body
from vehicle_hil.ecus.brakes import Brakes
from vehicle_hil.ecus.foxbms import BUS as FOXBMS_BUS
from vehicle_hil.ecus.foxbms import FoxBms
from vehicle_hil.ecus.inverter import Inverter
from vehicle_hil.ecus.steering import Steering
from vehicle_hil.gnss.parameters import Datum
from vehicle_hil.gnss.receiver import Receiver, TruePose
from vehicle_hil.plant.plant import Actuation, Plant, PlantParameters
from vehicle_hil.truth import Truth
from vehicle_hil.vehicle_file import VehicleParameters

PART_MAX_NS = 20_000_000
"""Longest stretch of time that ECUs and plant take in one part: their deadlines are finer than a stall."""

Handler = Callable[[int, bytes], None]


class SimulatedVehicle:
    """One vehicle at a pose, standing, contactors open, ECUs latched, mode key OFF."""

    def __init__(
        self,
        parameters: VehicleParameters,
        seed: int,
        x_m: float,
        y_m: float,
        heading_rad: float,
        datum: Datum | tuple[float, float, float],
    ) -> None:
        """Pose of the reference point in the route's plane; datum: its origin on the Earth.

        Raises DbcError where the vehicle file's DBCs lack a message or signal of an ECU.
        """
        p = parameters
        self.parameters = p
        network = Network({bus: p.dbc_path(bus) for bus in p.buses if bus != FOXBMS_BUS})
        self._network = network
        self._arbiter = Arbiter({bus: table.bitrate_bps for bus, table in p.buses.items()})
        self.plant = Plant(_plant_parameters(p), x_m, y_m, heading_rad)
        # One generator a component: a draw more in one does not shift the noise of another.
        self.inverter = Inverter(p.inverter, network, Random(f"{seed}/inverter"), p.surroundings.ambient_degc)
        self.brakes = Brakes(
            p.brakes, p.wheel_sensors, p.driveline.wheel_radius_m, network, Random(f"{seed}/brakes")
        )
        self.steering = Steering(p.steering, network, Random(f"{seed}/steering"))
        self.battery = self._battery(network, Random(f"{seed}/battery"))
        self.body = Body(p.body, network, p.vehicle.cab)
        """The operator's interface too: buttons, keys, e-stop, scanner."""
        self.gnss = Receiver(p.gnss, Datum(*datum), Random(f"{seed}/gnss"))
        self.ecus = {
            "inverter": self.inverter,
            "brakes": self.brakes,
            "steering": self.steering,
            "battery": self.battery,
            "body": self.body,
        }
        self._handlers = self._routes(network)
        self._now_ns: int | None = None
        self._pack = self._measure_pack()
        self._serial = b""
        self.truth = self._truth(0)
        """As of the last step."""

    def _battery(self, network: Network, rng: Random) -> Battery | FoxBms:
        """The one that speaks on a bus of its own where the vehicle has that bus."""
        p = self.parameters
        if FOXBMS_BUS not in p.buses:
            return Battery(p.battery, p.pack.capacity_ah, p.start.soc, network, rng)
        battery = FoxBms(p.battery, p.pack.capacity_ah, p.start.soc, p.dbc_path(FOXBMS_BUS), rng)
        network.messages.update(battery.layouts)
        network.senders.update(battery.senders)
        return battery

    def _routes(self, network: Network) -> dict[tuple[str, int], tuple[Handler, ...]]:
        routes: dict[tuple[str, int], tuple[Handler, ...]] = {}
        for ecu in self.ecus.values():
            for name, handler in ecu.inputs.items():
                layout = network.message(name)
                key = (layout.bus, layout.can_id)
                routes[key] = (*routes.get(key, ()), handler)
        return routes

    def step(self, now_ns: int, frames_in: Iterable[tuple[int, str, int, bytes]]) -> list[FrameOut]:
        """One tick: returns the vehicle's frames of it by rising time, none later than now_ns.

        now_ns: monotonic, must rise from call to call; the first call powers up and sends nothing. frames_in:
        what the runtime sent since the last tick, as (time_ns, bus, can_id with bit 31, data); frames
        that no ECU hears are ignored.
        """
        if self._now_ns is not None and now_ns <= self._now_ns:
            raise ValueError(f"now_ns: expected more than {self._now_ns}, got {now_ns}")
        last_ns, self._now_ns = self._now_ns, now_ns
        handlers = self._handlers
        for _, bus, can_id, data in frames_in:
            for handle in handlers.get((bus, can_id), ()):
                handle(now_ns, data)
        if last_ns is None:
            self._actuate(now_ns, 0.0)
        else:
            self._advance(last_ns, now_ns)
            self._report(now_ns)
        motion, course = self.plant.longitudinal, self.plant.kinematics
        pose = TruePose(
            course.x_m,
            course.y_m,
            course.heading_rad,
            motion.speed_mps,
            course.lateral_mps,
            course.yaw_rate_radps,
        )
        self._serial += self.gnss.step(now_ns, pose)
        self.truth = self._truth(now_ns)
        return self._arbiter.frames(now_ns)

    def serial_bytes(self) -> bytes:
        """What the GNSS receiver's serial line gave since the last call, up to the last step."""
        taken, self._serial = self._serial, b""
        return taken

    def set_load(self, mass_kg: float) -> None:
        """Picks up or sets down: the load is mass_kg from now on.

        Raises ValueError while the vehicle moves, or where the mass is negative or beyond its payload.
        """
        payload_kg = self.parameters.mass.payload_max_kg
        if not 0.0 <= mass_kg <= payload_kg:
            raise ValueError(f"load: expected 0 to {payload_kg:g} kg, got {mass_kg:g} kg")
        self.plant.set_load(mass_kg)

    def sender(self, message: str) -> CyclicSender:
        """The sender of a message, with its fault hooks (`muted`, `corrupt_crc`, ...). Raises DbcError."""
        senders = self._network.senders
        if message not in senders:
            raise DbcError(f"expected a message that an ECU sends ({', '.join(senders)}), got {message!r}")
        return senders[message]

    def mute(self, ecu: str, muted: bool = True) -> None:
        """Silences a whole ECU (a node of the DBC, by the name it has in `ecus`), or lets it speak again."""
        parts = vars(self.ecus[ecu])
        for value in (*parts.values(), *parts.get("senders", {}).values()):
            if isinstance(value, CyclicSender):
                value.muted = muted

    def _advance(self, last_ns: int, now_ns: int) -> None:
        """The tick in equal parts of at most PART_MAX_NS: one, unless the process had stalled."""
        parts = -(-(now_ns - last_ns) // PART_MAX_NS)
        for part in range(1, parts + 1):
            at_ns = last_ns + (now_ns - last_ns) * part // parts
            self._actuate(at_ns, (now_ns - last_ns) * 1e-9 / parts)

    def _actuate(self, now_ns: int, dt_s: float) -> None:
        plant, pack, contactors = self.plant, self._pack, self.battery.contactors
        self.battery.step(now_ns, dt_s, pack)
        self.body.step(now_ns)
        torque = self.inverter.step(
            now_ns, dt_s, plant.motor_speed_radps, pack.link_voltage_v, self.body.safe_torque_off
        )
        self.brakes.step(now_ns, dt_s, contactors.plus)
        self.steering.step(now_ns, dt_s, plant.longitudinal.speed_mps == 0.0)
        plant.step(
            dt_s,
            Actuation(
                torque,
                self.brakes.service_force_n + self.brakes.park_force_n,
                self.steering.front_angle_rad,
                self.steering.rear_angle_rad,
                contactors.minus,
                contactors.precharge,
                contactors.plus,
            ),
        )
        self.inverter.heat(dt_s, plant.motor_loss_w)
        self._pack = self._measure_pack()

    def _measure_pack(self) -> PackMeasurement:
        electrics = self.plant.electrics
        pack = electrics.pack
        return PackMeasurement(
            pack.voltage_v,
            pack.current_a,
            electrics.link_voltage_v,
            pack.cell_voltage_v,
            pack.temperature_degc,
        )

    def _report(self, now_ns: int) -> None:
        plant, out = self.plant, self._arbiter.outbox
        self.inverter.report(now_ns, plant.motor_speed_radps, out)
        speed = plant.longitudinal.speed_mps
        self.brakes.report(now_ns, plant.kinematics.wheel_speeds(speed), out)
        self.steering.report(now_ns, out)
        self.battery.report(now_ns, self._pack, out)
        self.body.report(now_ns, plant.longitudinal.load_mass_kg, self.battery.contactors.plus, out)

    def _truth(self, now_ns: int) -> Truth:
        plant = self.plant
        motion, course, electrics = plant.longitudinal, plant.kinematics, plant.electrics
        pack = electrics.pack
        return Truth(
            now_ns,
            course.x_m,
            course.y_m,
            course.heading_rad,
            motion.speed_mps,
            motion.acceleration_mps2,
            self.steering.front_angle_rad,
            self.steering.rear_angle_rad,
            self.inverter.torque_nm,
            motion.friction_force_n,
            self.brakes.park_brake_applied,
            self.inverter.latch.latched,
            self.brakes.latch.latched,
            self.steering.latch.latched,
            pack.soc,
            pack.voltage_v,
            pack.current_a,
            pack.temperature_degc,
            electrics.energy_drawn_j,
            electrics.energy_regenerated_j,
            motion.distance_m,
            motion.load_mass_kg,
            self.gnss.fix_valid,
            electrics.auxiliary_energy_j,
            course.yaw_rate_radps,
            plant.lateral_acceleration_mps2,
            plant.beyond_validity_s,
        )


def _plant_parameters(p: VehicleParameters) -> PlantParameters:
    return PlantParameters(
        p.geometry, p.mass, p.resistance, p.driveline, p.pack, p.link, p.surroundings, p.start
    )
