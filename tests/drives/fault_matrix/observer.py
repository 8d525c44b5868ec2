"""Watches bus and truth of one case, tick by tick, since its cause began."""

from functools import cache
from typing import Any

import cantools
from cantools.database.can import Database

from firmware_runtime.vehicle.enums import SafetyState
from tests.bus_vehicle import ROOT
from tests.drives.fault_matrix.world import World
from tests.drives.rig import standing

S = SafetyState
LATCHED = (S.SAFE_STOP, S.ESTOP, S.FAULT)
DRIVING = 1
"""RuntimeHeartbeat.MotionState."""


@cache
def drive_bus() -> Database:
    database = cantools.database.load_file(ROOT / "dbc" / "q_truck_drive.dbc")
    assert isinstance(database, Database)
    return database


class Observer:
    """Watches the bus and the truth, tick by tick, since the cause began."""

    def __init__(self, world: World, identifier: str) -> None:
        self.world, self.identifier = world, identifier
        self.from_ns, self.from_m = world.now_ns, world.truth.distance_m
        self.speed_mps = world.truth.speed_mps
        self.fault_s: float | None = None
        self.detail = ""
        self.slowing_s: float | None = None
        self.stopping_s: float | None = None
        self.warned_s: float | None = None
        self.degraded_s: float | None = None
        self.stop_m: float | None = None
        self.hardest_mps2 = 0.0
        self.further: dict[str, None] = {}
        self.took_over = ""
        self.before = {text.split(":")[0] for text in world.telemetry.faults}
        self.states = [world.state.name]
        self.torque_nm = 0.0
        """Asked of the motor last."""
        self.arc_left_rad = 0.0
        self._brake_n = 0.0
        self._arc_rad: float | None = None
        self._began_in = world.state

    @property
    def now_s(self) -> float:
        return round((self.world.now_ns - self.from_ns) * 1e-9, 3)

    @property
    def stopped(self) -> bool:
        """At rest by the state machine; in MANUAL, which a stop of the supervisor does not leave, by that."""
        state = self.world.state
        return standing(self.world) and (state in LATCHED or (state is S.MANUAL and bool(self.took_over)))

    def look(self) -> None:
        world = self.world
        if self.states[-1] != world.state.name:
            self.states.append(world.state.name)
        for text in world.telemetry.faults:
            name, _, detail = text.partition(": ")
            if name != self.identifier:
                self.further[name] = None
            elif self.fault_s is None:
                self.fault_s, self.detail = self.now_s, detail
        self.took_over = self.took_over or world.onboard.supervisor.report.took_over
        if self.stop_m is None:
            self._look_at_bus()
            self.hardest_mps2 = max(self.hardest_mps2, -world.truth.acceleration_mps2)
            self._look_at_arc()
            if self.stopped:
                self.stop_m = abs(world.truth.distance_m - self.from_m)

    def _look_at_arc(self) -> None:
        """How far the wheels turn from where they were when the person who steered was heard no more."""
        angle_rad = self.world.vehicle.steering.front_angle_rad
        if self._arc_rad is not None:
            self.arc_left_rad = max(self.arc_left_rad, abs(angle_rad - self._arc_rad))
        elif self.world.state is not self._began_in or self.took_over:
            self._arc_rad = angle_rad

    def _look_at_bus(self) -> None:
        for _, bus, can_id, data in self.world.said:
            if bus != "drive" or bus in self.world.cut:
                continue
            message = drive_bus().get_message_by_frame_id(can_id & 0x1FFF_FFFF)
            if message.name == "SteeringCommand":
                continue
            values: Any = message.decode(data, decode_choices=False)
            if message.name == "TractionCommand":
                self.torque_nm = values["TorqueRequest"]
            elif message.name == "BrakeCommand":
                self._brake_n = values["ForceRequest"]
            elif message.name == "RuntimeHeartbeat":
                if values["MotionState"] == DRIVING:
                    self.stopping_s = None
                elif self.stopping_s is None:
                    self.stopping_s = self.now_s
                if self.warned_s is None and values["Severity"] >= 1:
                    self.warned_s = self.now_s
                if self.degraded_s is None and values["SafetyState"] == S.DEGRADED:
                    self.degraded_s = self.now_s
        if self.torque_nm > 0.0:
            self.slowing_s = None
        elif self.slowing_s is None and (self.torque_nm < 0.0 or self._brake_n > 0.0):
            self.slowing_s = self.now_s
