"""A vehicle as the buses show it: any state of it as protected frames, by the harness's independent codec.

For tests of components that hear frames. It is no simulation: nothing in it reacts.
"""

from pathlib import Path

from firmware_runtime.can.frame import Frame
from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import CyclicSender

ROOT = Path(__file__).parents[1]
TICK_NS = 10_000_000

HEALTHY: dict[str, dict[str, float | str]] = {
    "TractionFeedback": {"Status": "READY", "MotorSpeed": 0.0, "MotorTorque": 0.0},
    "TractionLimits": {
        "TorqueMaxDrive": 5600.0,
        "TorqueMaxRegen": 3000.0,
        "InverterTemperature": 40.0,
        "MotorTemperature": 40.0,
    },
    "WheelSpeedsFront": {"Left": 0.0, "Right": 0.0},
    "WheelSpeedsRear": {"Left": 0.0, "Right": 0.0},
    "BrakeFeedback": {"Status": "READY", "Force": 0.0, "ParkBrakeState": "APPLIED", "ReservoirPressure": 9e5},
    "SteeringFeedback": {"Status": "READY", "FrontAngle": 0.0, "RearAngle": 0.0},
    "BatteryStatus": {
        "State": "CLOSED",
        "ContactorPlus": "CLOSED",
        "ContactorMinus": "CLOSED",
        "ContactorPrecharge": "OPEN",
        "Interlock": "CLOSED",
        "FaultCode": 0.0,
        "LinkVoltage": 620.0,
    },
    "BatteryPack": {"Voltage": 620.0, "Current": 5.0, "StateOfCharge": 0.8},
    "BatteryLimits": {"DischargePowerMax": 400e3, "ChargePowerMax": 200e3},
    "BatteryTemperatures": {
        "CellMin": 20.0,
        "CellMax": 24.0,
        "CellVoltageMin": 3.2,
        "CellVoltageMax": 3.3,
        "Isolation": 2e6,
    },
    "EStopStatus": {"ChannelA": "CLOSED", "ChannelB": "CLOSED"},
    "OperatorInputs": {
        "RunButton": "RELEASED",
        "AcknowledgeButton": "RELEASED",
        "ModeKey": "AUTO",
        "DeadMan": "RELEASED",
        "LinkAlive": "ON",
        "ChargePlug": "UNPLUGGED",
        "OffButton": "RELEASED",
    },
    "RemoteDemand": {"Speed": 0.0, "SteeringAngle": 0.0},
    "MotionLimits": {"ScannerStop": "CLEAR", "Bumper": "RELEASED", "ZoneSpeedLimit": 60.0},
    "BodyStatus": {
        "HazardLights": "OFF",
        "SupplyVoltage": 27.0,
        "LoadMass": 0.0,
        "LoadLocked": "UNLOCKED",
    },
}
"""SI values by message and signal; labels of the DBC's value tables where a signal has one."""


class BusVehicle:
    """Says HEALTHY with what was `set` on top, every message in every tick."""

    def __init__(self) -> None:
        dbc = ROOT / "dbc"
        self._network = Network({"drive": dbc / "q_truck_drive.dbc", "body": dbc / "yard_body.dbc"})
        self._values = {message: dict(signals) for message, signals in HEALTHY.items()}
        self._senders: dict[str, CyclicSender] = {
            message: self._network.sender(message, tuple(signals)) for message, signals in HEALTHY.items()
        }
        self.silent: set[str] = set()
        """Messages that are not sent."""

    def set(self, message: str, **signals: float | str) -> None:
        for name in signals:
            if name not in self._values[message]:
                raise KeyError(f"{message} has no signal {name}")
        self._values[message].update(signals)

    def roll(self, speed_mps: float) -> None:
        """All wheels and the motor turn as one (radius 0.6 m, ratio 20)."""
        self.set("WheelSpeedsFront", Left=speed_mps, Right=speed_mps)
        self.set("WheelSpeedsRear", Left=speed_mps, Right=speed_mps)
        self.set("TractionFeedback", MotorSpeed=speed_mps / 0.6 * 20.0)
        parked = "APPLIED" if speed_mps == 0.0 else "RELEASED"
        self.set("BrakeFeedback", ParkBrakeState=parked)

    def frames(self, now_ns: int) -> list[Frame]:
        frames: list[Frame] = []
        for message, sender in self._senders.items():
            if message in self.silent:
                continue
            out: dict[str, list[tuple[int, bytes]]] = {"drive": [], "body": []}
            values = [self._code(message, name, value) for name, value in self._values[message].items()]
            sender.send(values, out)
            for bus, sent in out.items():
                frames += [Frame(now_ns, bus, can_id, data) for can_id, data in sent]
        return frames

    def _code(self, message: str, name: str, value: float | str) -> float:
        return float(self._network.code(message, name, value)) if isinstance(value, str) else value
