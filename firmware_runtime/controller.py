"""The tick of `control`, from frames to proposal; read it beside the picture in the README.

Data goes one way. What lies downstream comes back only as last tick's result (`self._last_*`). The
controller proposes; the supervisor, another component with eyes of its own, disposes.
"""

from collections.abc import Callable, Iterable

from firmware_runtime.actuation import commands_of
from firmware_runtime.battery.contactors import OFF, Contactors
from firmware_runtime.battery.power_limits import PowerLimiter, PowerLimits
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.drive.blending import Blending, ForceSplit
from firmware_runtime.drive.park_brake import HoldRequest, ParkBrake
from firmware_runtime.motion.driver import Driver, Motion, at_rest
from firmware_runtime.motion.geodesy import LocalFrame
from firmware_runtime.motion.kinematics import SteeringGeometry
from firmware_runtime.motion.localisation import Localisation
from firmware_runtime.motion.telling import tell
from firmware_runtime.safety.brake_proof import BrakeProof
from firmware_runtime.safety.bus_watch import BusWatch
from firmware_runtime.safety.buttons import Buttons, pressed
from firmware_runtime.safety.estop_ear import EStopEar
from firmware_runtime.safety.facts import Acknowledgement, Released, SafetyConfig, SafetyInputs
from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.gnss_watch import NOTHING_HEARD, GnssHeard
from firmware_runtime.safety.host_report import NOTHING_TO_REPORT, HostReport
from firmware_runtime.safety.latch_causes import LatchCauses
from firmware_runtime.safety.message_findings import MessageFindings, MessageJudge
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.motion_limits import motion_limit
from firmware_runtime.safety.motion_wish import motion_wanted
from firmware_runtime.safety.orderly_end import CONTROL_PATIENCE_NS, OrderlyEnd, nothing_left
from firmware_runtime.safety.self_test import missing as missing_for_self_test
from firmware_runtime.safety.standstill import Standstill
from firmware_runtime.safety.state_machine import SafetyMachine, acknowledgement
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.safety.watches import Watched, Watches
from firmware_runtime.vehicle.control_flow import ControlStage, begun, passed
from firmware_runtime.vehicle.enums import (
    Direction,
    OnOffState,
    ParkBrakeRequest,
    PlugState,
    SafetyState,
    StopKind,
)
from firmware_runtime.vehicle.faults import NO_FAULTS, FaultSet
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.route import Route
from firmware_runtime.vehicle.signals import Commands, VehicleState
from firmware_runtime.vehicle.state_builder import StateBuilder
from firmware_runtime.vehicle.telemetry import Telemetry

NS_PER_MS = 1_000_000
"""No rate makes a tick shorter (`profile.RATES_HZ`), so that numbers never overtake the time."""
NO_POSE = Pose(0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e3, 1e3, 1e3, 0, 0.0, False)


def mark_nothing(stage: str) -> None:
    """Nobody measures how long the parts of the tick take."""


class Controller:
    """`step(now_ns, frames, serial, supervisor, host) -> Proposal`, once a tick."""

    def __init__(self, profile: Profile, route: Route, mark: Callable[[str], None] = mark_nothing) -> None:
        """mark: told the name of each part of the tick as it ends; the tick learns nothing from it."""
        data = profile.data
        self._mark = mark
        geometry, tick_s = SteeringGeometry(data.geometry, data.steering), data.loop.tick_s
        frame = LocalFrame(route.datum_latitude_deg, route.datum_longitude_deg, route.datum_height_m)
        self._data = data
        self._receiver = Receiver(profile.databases, profile.inputs)
        self._builder = StateBuilder(profile.inputs, profile.input_enums, profile.calibration)
        self._standstill = Standstill(data.safety, data.traction)
        self._estop = EStopEar(profile, self._receiver)
        self._judge = MessageJudge(
            self._receiver.messages,
            self._receiver.message_index,
            [binding.name for binding in profile.inputs],
        )
        self._watches = Watches(profile)
        self._identity = profile.identity
        self._monitor = FaultMonitor()
        self._machine = SafetyMachine(data.safety, data.limits, data.vehicle.cab)
        self._localisation = Localisation(data.localisation, geometry, data.traction, frame, tick_s)
        self._driver = Driver(data, route, geometry)
        self._contactors = Contactors(data.battery)
        self._power = PowerLimiter(data.traction, tick_s)
        self._blending = Blending(data.traction, data.brake, tick_s)
        self._park_brake = ParkBrake(data.brake)
        self._brake_proof = BrakeProof(data.brake)
        self._latch_causes = LatchCauses()
        self._config = SafetyConfig()
        self._end = OrderlyEnd(CONTROL_PATIENCE_NS)
        self._acknowledge_source = next(b.path for b in profile.inputs if b.name == "acknowledge_button")
        self._sequence = 0
        self._flow = 0
        """Of this tick: the word of the stages that it has passed so far."""
        self._last_pose = NO_POSE
        self._last_high_voltage = OFF
        self._last_drive_limited = False
        self._last_release_asked = False
        self._last_gnss = NOTHING_HEARD
        self._buttons = Buttons()
        self._last_motion = at_rest(route)
        self._last_supervisor_estop = False
        self._torque_taken = False
        """The supervisor lets no torque through."""
        self.faults: FaultSet = NO_FAULTS
        self.state: VehicleState | None = None
        self.telemetry: Telemetry | None = None
        self.permissions: Permissions | None = None
        self.standing = False
        self.motion_wanted = False
        """It wants leave to move, of the disk."""
        self.may_end = False
        """It was asked to end, the vehicle stands and is held: the process need not go on."""

    @property
    def pose(self) -> Pose:
        """Of the last tick."""
        return self._last_pose

    @property
    def safety(self) -> SafetyConfig:
        """State, latches and memory of the state machine after the last tick."""
        return self._config

    @property
    def bus_watch(self) -> BusWatch:
        """What the buses' events amounted to since start."""
        return self._watches.buses

    def step(
        self,
        now_ns: int,
        frames: Iterable[Frame],
        serial: bytes,
        supervisor: SupervisorReport,
        host: HostReport = NOTHING_TO_REPORT,
    ) -> Proposal:
        self._flow = begun(now_ns)
        state, messages = self._hear(now_ns, frames)
        self._mark("decode")
        self.standing = standing = self._standstill.step(now_ns, state)
        permissions, cleared = self._decide(now_ns, state, standing, messages, supervisor, host)
        self._mark("monitors")
        pose = self._localisation.step(now_ns, state, serial)
        self._passed(ControlStage.LOCALISED)
        self._mark("localisation")
        motion = self._driver.step(
            now_ns,
            pose,
            state,
            self._config.state,
            permissions,
            motion_limit(state),
            standing,
            self._last_drive_limited,
        )
        self._passed(ControlStage.GUIDED)
        self._mark("motion")
        commands = self._actuate(now_ns, state, standing, permissions, motion, supervisor)
        self._last_pose, self._last_motion = pose, motion
        if serial:
            self._last_gnss = self._hear_gnss()
        told = "" if cleared is None else cleared.text
        self.telemetry = tell(
            now_ns, self._config.state, permissions.stop, self.faults, state, pose, motion, commands, told
        )
        self._look_for_end(now_ns, state, standing, host)
        self._mark("battery and drive")
        return self._proposal(now_ns, commands, motion)

    def _decide(
        self,
        now_ns: int,
        state: VehicleState,
        standing: bool,
        messages: MessageFindings,
        supervisor: SupervisorReport,
        host: HostReport,
    ) -> tuple[Permissions, Acknowledgement | None]:
        """Faults, state, and what may move; with what an acknowledge has cleared in this tick."""
        if host.state.restored is not None:
            self._config = host.state.restored.latched(self._config)
        self._buttons.step(state)
        missing = self._missing(state, standing)
        self.faults = faults = self._watch(now_ns, state, messages, standing, missing, supervisor, host)
        inputs = self._safety_inputs(now_ns, state, standing, missing, faults, supervisor, host)
        before = self._config
        self._config = config = self._machine.step(now_ns, before, inputs)
        released = Released(self._monitor.acknowledged, self.bus_watch.released, self.bus_watch.renewed)
        cleared = acknowledgement(now_ns, before, config, inputs, self._latch_causes, released)
        self._latch_causes.step(before, config, inputs, faults)
        self.motion_wanted = motion_wanted(config, inputs, faults.ready_barred)
        self.permissions = permissions = self._machine.permissions(config, inputs)
        self._passed(ControlStage.DECIDED)
        return permissions, cleared

    def _actuate(
        self,
        now_ns: int,
        state: VehicleState,
        standing: bool,
        permissions: Permissions,
        motion: Motion,
        supervisor: SupervisorReport,
    ) -> Commands:
        """High voltage, torque and friction for the motion that is wanted, as far as it may be."""
        high_voltage = self._contactors.step(
            now_ns, permissions.closing, permissions.contactors, standing, state
        )
        power = self._power.step(high_voltage.ready, state)
        self._passed(ControlStage.POWERED)
        hold = self._park_brake.step(
            motion.hold or not permissions.brake_release,
            standing,
            permissions.brake_release,
            state.park_brake_state,
        )
        self._torque_taken = bool(supervisor.torque_taken)
        split = self._split(state, permissions, motion, power, hold)
        self._passed(ControlStage.BRAKED)
        safety_state = self._config.state
        proof_n = self._brake_proof.step(safety_state is SafetyState.SELF_TEST, standing, state)
        self._last_high_voltage = high_voltage
        self._last_drive_limited = split.drive_limited
        self._last_release_asked = hold.park_brake is ParkBrakeRequest.RELEASE
        commands = commands_of(
            state,
            safety_state,
            permissions,
            standing,
            self.faults,
            motion,
            high_voltage,
            hold,
            split,
            proof_n,
        )
        self._passed(ControlStage.COMMANDED)
        return commands

    def _look_for_end(self, now_ns: int, state: VehicleState, standing: bool, host: HostReport) -> None:
        self._end.asked = self._end.asked or host.end_asked
        done = host.state.ended and nothing_left(self._config.state, self._last_high_voltage.request, state)
        self.may_end = self._end.step(now_ns, state, standing, done)

    def _proposal(self, now_ns: int, commands: Commands, motion: Motion) -> Proposal:
        # From the time at which it began: a `control` that begins again is not refused for old numbers.
        self._sequence = self._sequence + 1 if self._sequence else now_ns // NS_PER_MS + 1
        return Proposal(
            self._sequence,
            now_ns,
            self._config.state,
            commands,
            motion.stop_plan,
            self._flow,
            self.bus_watch.renewals,
        )

    def _passed(self, stage: ControlStage) -> None:
        """After its work: the supervisor knows which stages a tick must have passed, and in which order."""
        self._flow = passed(self._flow, stage)

    def _hear(self, now_ns: int, frames: Iterable[Frame]) -> tuple[VehicleState, MessageFindings]:
        push = self._receiver.push
        for frame in frames:
            push(frame)
        self._estop.hear(now_ns)
        sample = self._receiver.sample(now_ns)
        self.state = state = self._builder.build(sample.values, sample.reasons, now_ns)
        late = self._receiver.late_messages(now_ns)
        findings = self._judge.step(sample.reasons, late, state.unusable)
        self._passed(ControlStage.HEARD)
        return state, findings

    def _acknowledges(self, standing: bool) -> bool:
        """Pressed just now, at standstill. In ESTOP a press clears that latch alone."""
        config = self._config
        edge = self._buttons.acknowledge_held and config.acknowledge_released
        return edge and standing and config.state is not SafetyState.ESTOP

    def _missing(self, state: VehicleState, standing: bool) -> tuple[str, ...]:
        """What the self-test waits for; only asked in it."""
        if self._config.state is not SafetyState.SELF_TEST:
            return ()
        return missing_for_self_test(state, self._last_pose, standing, self._brake_proof.missing)

    def _watch(
        self,
        now_ns: int,
        state: VehicleState,
        messages: MessageFindings,
        standing: bool,
        missing: tuple[str, ...],
        supervisor: SupervisorReport,
        host: HostReport,
    ) -> FaultSet:
        acknowledged = self._acknowledges(standing)
        motion, high_voltage = self._last_motion, self._last_high_voltage
        found = self._watches.step(
            now_ns,
            Watched(
                state=state,
                standing=standing,
                acknowledged=acknowledged,
                host=host,
                speed_mps=self._last_pose.speed_mps,
                speed_limit_mps=motion.cap_mps,
                # A hold that the vehicle leaves is asked for no more; that it should stand still is.
                hold_asked=motion.hold or motion.target_mps <= 0.0,
                direction=Direction.FORWARD if motion.stop_plan is None else motion.stop_plan.direction,
                steering_front_asked_rad=motion.front_rad,
                steering_rear_asked_rad=motion.rear_rad,
                gnss=self._last_gnss,
            ),
        )
        faults = self._monitor.step(
            now_ns,
            MonitorInputs(
                profile=self._data,
                state=state,
                messages=messages,
                safety_state=self._config.state,
                standing=standing,
                pose=self._last_pose,
                cross_track_m=motion.cross_track_m,
                heading_error_rad=motion.heading_error_rad,
                route_distance_m=motion.route_distance_m,
                to_stop_m=motion.to_stop_m,
                park_brake_release_asked=self._last_release_asked,
                precharge_overdue=high_voltage.precharge_overdue,
                high_voltage_lost=high_voltage.lost,
                contactor_request=high_voltage.request,
                supervisor_took_over=supervisor.took_over,
                not_following=supervisor.not_following,
                supervisor_identity=supervisor.identity,
                in_state_ns=now_ns - self._config.entered_ns,
                self_test_missing=missing,
                found=found,
                host=host,
                identity=self._identity,
            ),
            acknowledged,
        )
        self._passed(ControlStage.WATCHED)
        return faults

    def _hear_gnss(self) -> GnssHeard:
        """What the receiver has said so far beside the pose."""
        fix = self._localisation.last_fix
        if fix is None:
            return NOTHING_HEARD
        return GnssHeard(
            (fix.latitude_deg, fix.longitude_deg), fix.arrival_ns, *self._localisation.ground_speed
        )

    def _safety_inputs(
        self,
        now_ns: int,
        state: VehicleState,
        standing: bool,
        missing: tuple[str, ...],
        faults: FaultSet,
        supervisor: SupervisorReport,
        host: HostReport,
    ) -> SafetyInputs:
        # What the other eye alone has seen is a press here too. Its edge: the latch is told a tick late, and
        # by its level one acknowledge could not clear both. As long as it lasts nobody gets ready to drive.
        other_eye = supervisor.estop and not self._last_supervisor_estop
        self._last_supervisor_estop = supervisor.estop
        return SafetyInputs(
            estop_pressed=self._estop.step(now_ns, state) or other_eye,
            severity=faults.severity,
            standing=standing,
            run_pressed=self._buttons.run_held,
            acknowledge_pressed=self._buttons.acknowledge_held,
            high_voltage_ready=self._last_high_voltage.ready,
            mode=state.mode_key,
            plugged=state.charge_plug is not PlugState.UNPLUGGED,
            link_alive=state.link_alive is OnOffState.ON,
            self_test_passed=self._config.state is SafetyState.SELF_TEST and not missing,
            ready_barred=faults.ready_barred or supervisor.estop or not host.state.may_move,
            stop_overdue=self._last_motion.stop_overdue,
            mission_done=self._last_motion.done,
            dead_man_pressed=pressed(state, "dead_man", state.dead_man),
            cab_override=state.cab_override is OnOffState.ON and state.usable("cab_override"),
            shutdown_requested=host.end_asked or pressed(state, "off_button", state.off_button),
            recovery_permitted=faults.recovery_permitted,
            acknowledge_source=self._acknowledge_source,
        )

    def _split(
        self,
        state: VehicleState,
        permissions: Permissions,
        motion: Motion,
        power: PowerLimits,
        hold: HoldRequest,
    ) -> ForceSplit:
        """Torque only with an open park brake, and where the supervisor lets it through: else friction brakes
        alone, and all of what was asked. Propulsion only where permitted."""
        if not hold.may_drive or self._torque_taken or motion.stop is StopKind.EMERGENCY:
            return self._blending.release(motion.force_n)
        force_n = motion.force_n
        if not permissions.propulsion:
            force_n = min(force_n, 0.0)
            self._blending.end_propulsion()
        return self._blending.step(
            force_n,
            motion.speed_mps,
            state.motor_speed_radps,
            state.traction_torque_max_nm,
            state.traction_regen_max_nm,
            power.discharge_w,
            power.charge_w,
        )
