"""The far end of the buses in tests of the simulated vehicle: cantools and autosar-e2e, nothing else.

`Rig` sends what a runtime would send, at its cycles, and keeps the last decoded values of every message.
"""

from functools import cache
from pathlib import Path
from typing import Any

import cantools.database
from e2e.p01 import e2e_p01_check, e2e_p01_protect

from vehicle_hil.vehicle import SimulatedVehicle
from vehicle_hil.vehicle_file import VehicleParameters

TICK_NS = 10_000_000
DATUM = (53.5, 9.9, 40.0)

COMMANDS: dict[str, dict[str, Any]] = {
    "RuntimeHeartbeat": {
        "MotionState": "STANDING",
        "Handshake": 0,
        "ControlWell": 1,
        "Severity": 0,
        "SafetyState": "READY",
        "Identity": 0x12345678,
    },
    "TractionCommand": {"Enable": "OFF", "TorqueRequest": 0},
    "BrakeCommand": {"ParkBrakeRequest": "APPLY", "ForceRequest": 0},
    "SteeringCommand": {"Enable": "ON", "FrontAngle": 0, "RearAngle": 0},
    "BatteryCommand": {"ContactorRequest": "OPEN"},
    "BodyCommand": {
        "HazardLights": "OFF",
        "Beacon": "OFF",
        "BrakeLights": "OFF",
        "HeadLights": "OFF",
        "ScannerFieldSet": 0,
    },
}


@cache
def _database(path: Path) -> Any:
    return cantools.database.load_file(path, strict=True)


class Peer:
    """Encodes and decodes by cantools, protects and checks by autosar-e2e."""

    def __init__(self, parameters: VehicleParameters) -> None:
        self.databases: dict[str, Any] = {
            bus: _database(parameters.dbc_path(bus)) for bus in parameters.buses
        }
        self._buses = {m.name: bus for bus, db in self.databases.items() for m in db.messages}
        self._counters: dict[str, int] = {}
        self._encoded: dict[Any, tuple[int, str, int, bytes]] = {}
        self.cycles_ns = {name: self.message(name).cycle_time * 1_000_000 for name in self._buses}

    def message(self, name: str) -> Any:
        return self.databases[self._buses[name]].get_message_by_name(name)

    def frame(self, name: str, values: dict[str, Any]) -> tuple[int, str, int, bytes]:
        """One protected frame; values in the DBC's units, its counter one on from the last."""
        counter = self._counters[name] = (self._counters.get(name, 0) + 1) % 15
        key = (name, counter, *values.items())
        if key not in self._encoded:
            self._encoded[key] = self._encode(name, counter, values)
        return self._encoded[key]

    def _encode(self, name: str, counter: int, values: dict[str, Any]) -> tuple[int, str, int, bytes]:
        message = self.message(name)
        known = {k: v for k, v in values.items() if k in message.signal_tree}
        data = bytearray(message.encode({"Crc": 0, "Counter": counter, **known}))
        e2e_p01_protect(data, message.dbc.attributes["E2eDataId"].value, increment_counter=False)
        return 0, self._buses[name], message.frame_id | 0x8000_0000, bytes(data)

    def decode(self, frame: tuple[int, str, int, bytes]) -> tuple[str, dict[str, Any]]:
        """Name and values (labels as text) of a frame; its CRC must be right."""
        _, bus, can_id, data = frame
        message = self.databases[bus].get_message_by_frame_id(can_id & 0x1FFF_FFFF)
        assert e2e_p01_check(bytearray(data), message.dbc.attributes["E2eDataId"].value), message.name
        values = message.decode(data)
        return message.name, {k: str(v) if hasattr(v, "name") else v for k, v in values.items()}


class Seen:
    """The last frame of every message, decoded when asked for."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.frames: dict[int, tuple[int, str, int, bytes]] = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._peer.decode(self.frames[self._peer.message(name).frame_id | 0x8000_0000])[1]

    def __contains__(self, name: str) -> bool:
        return self._peer.message(name).frame_id | 0x8000_0000 in self.frames


class Rig:
    """A simulated vehicle, and the frames that a well runtime keeps sending to it."""

    def __init__(self, parameters: VehicleParameters, seed: int = 1, heading_rad: float = 0.0) -> None:
        self.vehicle = SimulatedVehicle(parameters, seed, 0.0, 0.0, heading_rad, DATUM)
        self.peer = Peer(parameters)
        self.commands = {name: dict(values) for name, values in COMMANDS.items()}
        self.silent: set[str] = set()
        """Messages that are not sent now."""
        self.seen = Seen(self.peer)
        self.now_ns = 0
        self.vehicle.step(0, ())

    def tick(self) -> list[tuple[int, str, int, bytes]]:
        frames = []
        for name, values in self.commands.items():
            if name not in self.silent and self.now_ns % self.peer.cycles_ns[name] == 0:
                frames.append(self.peer.frame(name, values))
        self.now_ns += TICK_NS
        out = self.vehicle.step(self.now_ns, frames)
        for frame in out:
            self.seen.frames[frame[2]] = frame
        return list(out)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.tick()

    def ticks_until(self, condition: Any, limit: int = 1000) -> int:
        """Ticks until condition() holds; fails the test where it does not within limit."""
        for count in range(1, limit + 1):
            self.tick()
            if condition():
                return count
        raise AssertionError(f"not within {limit} ticks")

    def set(self, message: str, **values: Any) -> None:
        self.commands[message].update(values)

    def unlatch(self) -> None:
        """Start-up as a runtime does it: commands alive, then the handshake at standstill."""
        self.set("RuntimeHeartbeat", MotionState="STANDING", Handshake=1)
        self.run(0.4)
        self.set("RuntimeHeartbeat", Handshake=0)
        assert not any(self.latches)

    @property
    def latches(self) -> tuple[bool, bool, bool]:
        """Of inverter, brakes, steering."""
        truth = self.vehicle.truth
        return truth.inverter_latched, truth.brakes_latched, truth.steering_latched

    def ready_to_drive(self) -> None:
        """Latches clear, high voltage on, park brake released, DRIVING."""
        self.set("BatteryCommand", ContactorRequest="CLOSE")
        self.run(2.0)
        self.unlatch()
        assert self.seen["BatteryStatus"]["State"] == "CLOSED"
        self.set("RuntimeHeartbeat", MotionState="DRIVING", SafetyState="AUTO")
        self.set("TractionCommand", Enable="ON")
        self.set("BrakeCommand", ParkBrakeRequest="RELEASE")
        self.run(0.8)
        assert self.seen["BrakeFeedback"]["ParkBrakeState"] == "RELEASED"

    def reach_speed(self, speed_mps: float, torque_nm: float) -> None:
        self.set("TractionCommand", TorqueRequest=torque_nm)
        sign = 1 if torque_nm > 0 else -1
        self.ticks_until(lambda: self.vehicle.truth.speed_mps * sign >= speed_mps, limit=4000)
        self.set("TractionCommand", TorqueRequest=0)

    @property
    def truth(self) -> Any:
        return self.vehicle.truth
