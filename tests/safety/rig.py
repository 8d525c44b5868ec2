"""A supervisor with hands around it: a vehicle on the buses that answers, and a control that proposes."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cantools
from cantools.database.can import Database

from firmware_runtime.can.frame import Frame
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.enums import (
    ContactorRequest,
    Direction,
    OnOffState,
    ParkBrakeRequest,
    SafetyState,
)
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import Commands
from firmware_runtime.vehicle.stop_plan import StopPlan
from tests.bus_vehicle import TICK_NS, BusVehicle

EMPTY_KG = 26_500.0
MINIMAL_RISK_MPS2 = 1.8
ROOT = Path(__file__).parents[2]
STEERING_DEAD_TICKS, STEERING_LAG_S, STEERING_RATE_RADPS = 8, 0.15, 0.35
BRAKE_LAG_S, TORQUE_LAG_S = 0.15, 0.02


STAGES = (1, 2, 3, 4, 5, 6, 7, 8)
"""Written again: heard, watched, decided, localised, guided, powered, braked, commanded."""


def flow_word(time_ns: int, stages: Sequence[int] = STAGES) -> int:
    """What a tick comes to that passes these stages: CRC-32 of IEEE 802.3, bit by bit."""
    word = 0xFFFF_FFFF
    for byte in [time_ns >> shift & 0xFF for shift in range(0, 64, 8)] + list(stages):
        word ^= byte
        for _ in range(8):
            word = word >> 1 ^ (0xEDB8_8320 if word & 1 else 0)
    return word ^ 0xFFFF_FFFF


class Rig:
    """A supervisor, a vehicle on the buses, a control that proposes, and the frames decoded by cantools."""

    def __init__(self, of: Profile) -> None:
        self.vehicle = BusVehicle()
        self.stuck: set[str] = set()
        """Actuators that do not answer, of `front`, `rear`, `torque`, `brake`."""
        self.answers = {"front": 0.0, "rear": 0.0, "torque": 0.0, "brake": 0.0}
        self._steering_underway: deque[tuple[float, float]] = deque()
        self.supervisor = Supervisor(of)
        self.now_ns = 1_000_000_000
        self.sequence = 0
        self.state = SafetyState.AUTO
        self.commands: dict[str, Any] = {}
        self.curvature_1pm = 0.02
        self.proposing = True
        self.plan: StopPlan | None = None
        self.said: dict[str, dict[str, Any]] = {}
        self._databases: dict[str, Database] = {}
        for bus, name in (("drive", "q_truck_drive"), ("body", "yard_body")):
            database = cantools.database.load_file(ROOT / "dbc" / f"{name}.dbc")
            assert isinstance(database, Database)
            self._databases[bus] = database

    def proposal(self) -> Proposal:
        self.sequence += 1
        plan = self.plan or StopPlan(
            anchor_odometer_m=0.0,
            expires_ns=self.now_ns + 20_000_000_000,
            direction=Direction.FORWARD,
            step_m=1.0,
            curvature_1pm=(self.curvature_1pm,) * 40,
            crab_rad=(0.0,) * 40,
            deceleration_mps2=MINIMAL_RISK_MPS2,
            hold_park_brake=True,
        )
        commands = Commands(**{**DRIVING, **self.commands})
        return Proposal(self.sequence, self.now_ns, self.state, commands, plan, flow_word(self.now_ns))

    def tick(self, ticks: int = 1, proposal: Proposal | None = None) -> list[Frame]:
        frames: list[Frame] = []
        for _ in range(ticks):
            self.now_ns += TICK_NS
            self._answer()
            frames = self.step(proposal or (self.proposal() if self.proposing else None))
        return frames

    def step(self, proposal: Proposal | None, arrived: int | None = None) -> list[Frame]:
        """One step of the supervisor, now."""
        frames = self.supervisor.step(self.now_ns, self.vehicle.frames(self.now_ns), proposal, arrived)
        for _time_ns, bus, can_id, data in frames:
            message = self._databases[bus].get_message_by_frame_id(can_id & 0x1FFF_FFFF)
            decoded = message.decode(data, decode_choices=True)
            assert isinstance(decoded, dict)
            self.said[message.name] = {name: _plain(value) for name, value in decoded.items()}
        return frames

    def _answer(self) -> None:
        """Actuators as the profile describes them, by the frames of the last tick."""
        if not self.said:
            return
        steering, degree = self.said["SteeringCommand"], 0.017453292519943295
        self._steering_underway.append((steering["FrontAngle"] * degree, steering["RearAngle"] * degree))
        if len(self._steering_underway) > STEERING_DEAD_TICKS:
            front, rear = self._steering_underway.popleft()
            most = STEERING_RATE_RADPS * 0.01
            for name, told in (("front", front), ("rear", rear)):
                self._move(name, min(max((told - self.answers[name]) * 0.01 / STEERING_LAG_S, -most), most))
        for name, told, lag_s in (
            ("torque", self.said["TractionCommand"]["TorqueRequest"], TORQUE_LAG_S),
            ("brake", self.said["BrakeCommand"]["ForceRequest"], BRAKE_LAG_S),
        ):
            self._move(name, (told - self.answers[name]) * 0.01 / (lag_s + 0.01))
        self.vehicle.set("SteeringFeedback", FrontAngle=self.answers["front"], RearAngle=self.answers["rear"])
        self.vehicle.set("TractionFeedback", MotorTorque=self.answers["torque"])
        self.vehicle.set("BrakeFeedback", Force=self.answers["brake"])

    def _move(self, name: str, by: float) -> None:
        if name not in self.stuck:
            self.answers[name] += by

    def drive_at(self, speed_mps: float, ticks: int = 30) -> None:
        if not self.said:
            # It begins beside a vehicle at rest; one that rolls is test_supervisor_begins.py's.
            self.vehicle.roll(0.0)
            for _ in range(25):
                self.now_ns += TICK_NS
                self.supervisor.step(self.now_ns, self.vehicle.frames(self.now_ns), None)
        self.vehicle.roll(speed_mps)
        self.tick(ticks)
        assert self.supervisor.report.took_over == ""

    def brake_from(self, speed_mps: float, mass_kg: float, ticks: int) -> None:
        """Ticks in which the vehicle slows down as the friction on the bus says, a quarter second late."""
        deceleration_mps2 = 0.0
        for _ in range(ticks):
            self.vehicle.roll(speed_mps)
            self.tick()
            asked_mps2 = self.said["BrakeCommand"]["ForceRequest"] / mass_kg
            deceleration_mps2 += (asked_mps2 - deceleration_mps2) * 0.01 / 0.25
            speed_mps = max(speed_mps - deceleration_mps2 * 0.01, 0.0)


DRIVING: dict[str, Any] = {
    "traction_enable": OnOffState.ON,
    "traction_torque_nm": 50.0,
    "park_brake_request": ParkBrakeRequest.RELEASE,
    "steering_enable": OnOffState.ON,
    "steering_front_angle_rad": 0.05,
    "steering_rear_angle_rad": -0.05,
    "contactor_request": ContactorRequest.CLOSE,
}


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "name") else value
